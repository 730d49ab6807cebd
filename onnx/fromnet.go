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
	g := newGraph(m.Inputs(), m.Outputs())
	x, err := g.network("", m)
	if err != nil {
		return nil, err
	}
	g.node("Identity", "output", []string{x})
	return g, nil
}

// fromEnsemble writes the graph of an ensemble: that of each member, side by side, and
// their mean, summed in the order of the members as the ensemble's Predictor does.
func fromEnsemble(e *net.Ensemble) (*graphWriter, error) {
	members := e.Members()
	if len(members) == 1 {
		return fromNet(members[0])
	}
	g := newGraph(e.Inputs(), e.Outputs())
	var all []string
	for k, m := range members {
		x, err := g.network(fmt.Sprintf("members.%d.", k), m)
		if err != nil {
			return nil, fmt.Errorf("member %d: %w", k, err)
		}
		all = append(all, x)
	}
	sum := g.node("Sum", "mean/Sum", all)
	g.node("Mul", "output", []string{sum, g.constant("mean.share", []float32{1 / float32(len(members))})})
	return g, nil
}

// newGraph returns a graph with its input and output, and no nodes.
func newGraph(inputs, outputs int) *graphWriter {
	g := &graphWriter{}
	g.graph.text(2, "sinew")
	g.tensorInfo(11, "input", inputs)
	g.tensorInfo(12, "output", outputs)
	return g
}

// network adds the nodes of a network and returns the name of what it predicts. Names of
// nodes and constants begin with prefix.
func (g *graphWriter) network(prefix string, m *net.Network) (string, error) {
	config := m.Config()
	if config.Classes != nil {
		g.classes = config.Classes // of an ensemble the members agree, as far as they have them
	}
	x, in := g.transform(prefix, m.Transform()), config.Inputs
	for i, l := range config.Layers {
		layer := fmt.Sprintf("%slayers.%d", prefix, i)
		w, b := m.Layer(i)
		x = g.node("Gemm", layer+"/Gemm", []string{
			x, g.constant(layer+".weight", w, in, l.Units), g.constant(layer+".bias", b, l.Units),
		})
		x = g.norm(layer, x, m, i, l)
		var err error
		if x, err = g.activate(layer, x, l.Activation.String(), alphaOf(l)); err != nil {
			return "", fmt.Errorf("layer %d: %w", i, err)
		}
		in = l.Units
	}
	switch config.Loss {
	case net.SoftmaxCrossEntropy:
		x = g.node("Softmax", prefix+"Softmax", []string{x}, intAttr("axis", -1))
	case net.BinaryCrossEntropy:
		x = g.node("Sigmoid", prefix+"Sigmoid", []string{x})
	}
	return x, nil
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
func (g *graphWriter) transform(prefix string, t *net.Transform) string {
	x := "input"
	if t == nil {
		return x
	}
	prefix += "input"
	x = g.node("Sub", prefix+"/Sub", []string{x, g.constant(prefix+".mean", t.Mean, t.Inputs())})
	if t.Scale != nil {
		x = g.node("Mul", prefix+"/Mul", []string{x, g.constant(prefix+".scale", t.Scale, t.Inputs())})
	}
	if t.Matrix != nil {
		x = g.node("MatMul", prefix+"/MatMul", []string{x, g.constant(prefix+".matrix", t.Matrix, t.Inputs(), t.Outputs())})
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
