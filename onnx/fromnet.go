package onnx

import (
	"fmt"

	"github.com/sinew-ml/sinew/net"
)

// What package net's zero values stand for.
const (
	leakySlope = 0.01
	eluAlpha   = 1
	normEps    = 1e-5
)

// fromNet writes the graph of a network.
func fromNet(m *net.Network) (*graphWriter, error) {
	g := &graphWriter{}
	config := m.Config()
	g.graph.text(2, "sinew")
	g.tensorInfo(11, "input", m.Inputs())
	g.tensorInfo(12, "output", m.Outputs())
	x, in := g.transform("input", m.Transform()), config.Inputs
	for i, l := range config.Layers {
		prefix := fmt.Sprintf("layers.%d", i)
		w, b := m.Layer(i)
		x = g.node("Gemm", prefix+"/Gemm", []string{
			x, g.constant(prefix+".weight", w, in, l.Units), g.constant(prefix+".bias", b, l.Units),
		})
		x = g.norm(prefix, x, m, i, l)
		var err error
		if x, err = g.activate(prefix, x, l.Activation.String(), alphaOf(l)); err != nil {
			return nil, fmt.Errorf("layer %d: %w", i, err)
		}
		in = l.Units
	}
	switch config.Loss {
	case net.SoftmaxCrossEntropy:
		x = g.node("Softmax", "Softmax", []string{x}, intAttr("axis", -1))
	case net.BinaryCrossEntropy:
		x = g.node("Sigmoid", "Sigmoid", []string{x})
	}
	g.node("Identity", "output", []string{x})
	return g, nil
}

func alphaOf(l net.Layer) float64 {
	switch {
	case l.Alpha != 0:
		return l.Alpha
	case l.Activation == net.LeakyReLU:
		return leakySlope
	}
	return eluAlpha
}

// transform adds the map of the inputs.
func (g *graphWriter) transform(x string, t *net.Transform) string {
	if t == nil {
		return x
	}
	x = g.node("Sub", "input/Sub", []string{x, g.constant("input.mean", t.Mean, t.Inputs())})
	if t.Scale != nil {
		x = g.node("Mul", "input/Mul", []string{x, g.constant("input.scale", t.Scale, t.Inputs())})
	}
	if t.Matrix != nil {
		x = g.node("MatMul", "input/MatMul", []string{x, g.constant("input.matrix", t.Matrix, t.Inputs(), t.Outputs())})
	}
	return x
}

// norm adds the norm of layer i.
func (g *graphWriter) norm(prefix, x string, m *net.Network, i int, l net.Layer) string {
	if l.Norm == net.NoNorm {
		return x
	}
	eps := l.Eps
	if eps == 0 {
		eps = normEps
	}
	gamma, beta := m.Norm(i)
	inputs := []string{x, g.constant(prefix+".norm.weight", gamma, l.Units), g.constant(prefix+".norm.bias", beta, l.Units)}
	if l.Norm == net.LayerNorm {
		return g.node("LayerNormalization", prefix+"/LayerNormalization", inputs, intAttr("axis", -1), floatAttr("epsilon", eps))
	}
	mean, variance := m.Running(i)
	inputs = append(inputs, g.constant(prefix+".norm.running_mean", mean, l.Units), g.constant(prefix+".norm.running_var", variance, l.Units))
	return g.node("BatchNormalization", prefix+"/BatchNormalization", inputs, floatAttr("epsilon", eps))
}
