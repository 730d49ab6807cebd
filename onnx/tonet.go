package onnx

import (
	"fmt"

	"github.com/sinew-ml/sinew/net"
)

// Network returns the model as a network that predicts what the model's floating-point
// output holds, within rounding, and can be trained further. The model must be a chain of
// dense layers with one input, or several that are joined first, in their order, as where
// each column of a table is one: activations, batch and layer norms between the layers,
// scales and shifts per column anywhere.
//
// The loss is SoftmaxCrossEntropy for a model that ends in a softmax, BinaryCrossEntropy for
// one that ends in a sigmoid and HalfSquaredError for others; [Model.NetworkFor] gives
// another one. Of outputs that are the logarithm of a softmax the network predicts the
// exponential: the probabilities. scikit-learn's two columns 1-p and p, with p the sigmoid of
// z, become a softmax over the logits 0 and z. A model whose only outputs are labels gives a
// network of the scores that the labels are the largest of. Class names are kept where the
// file has them.
//
// A scale and shift of the inputs becomes the network's Transform, and so does a projection
// (x - mean)·W, which is what a principal component analysis comes to; scales and shifts
// elsewhere are multiplied into the weights of their neighbours.
//
// The error says which operator and node is not part of such a chain; [Model.NewRunner] runs
// the model all the same.
func (m *Model) Network() (*net.Network, error) {
	c, err := m.chain()
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	switch {
	case c.head == softmaxHead:
		return c.network(net.SoftmaxCrossEntropy)
	case c.last().act == "sigmoid":
		return c.network(net.BinaryCrossEntropy)
	}
	return c.network(net.HalfSquaredError)
}

// NetworkFor is Network with a given loss, to train on. PyTorch's classifiers, for example,
// end in logits and are trained with SoftmaxCrossEntropy; the network then predicts
// probabilities, the softmax of the model's outputs. It fails if the loss does not go with
// what the model ends in.
func (m *Model) NetworkFor(loss net.Loss) (*net.Network, error) {
	c, err := m.chain()
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	if c.head == softmaxHead && loss != net.SoftmaxCrossEntropy {
		return nil, fmt.Errorf("onnx: the model ends in a softmax, which the loss %v does not go with: want %v", loss, net.SoftmaxCrossEntropy)
	}
	return c.network(loss)
}

// last returns the output layer.
func (c *chain) last() *chainLayer { return &c.layers[len(c.layers)-1] }

// network makes the network. The chain's memory is not shared.
func (c *chain) network(loss net.Loss) (*net.Network, error) {
	config := net.Config{Inputs: c.layers[0].in, Loss: loss, Classes: c.classNames()}
	for i, l := range c.layers {
		layer, err := l.config()
		if err != nil {
			return nil, fmt.Errorf("onnx: layer %d: %w", i, err)
		}
		config.Layers = append(config.Layers, layer)
	}
	// The loss adds the sigmoid back.
	if last := &config.Layers[len(config.Layers)-1]; loss == net.BinaryCrossEntropy && last.Activation == net.Sigmoid {
		last.Activation = net.Identity
	}
	n, err := net.New(config)
	if err != nil && config.Classes != nil {
		config.Classes = nil // too long, say: the model is none the worse
		n, err = net.New(config)
	}
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	for i, l := range c.layers {
		w, b := n.Layer(i)
		copy(w, l.w)
		copy(b, l.b)
		gamma, beta := n.Norm(i)
		switch s := l.norm.(type) {
		case *batchNorm:
			copy(gamma, s.gamma)
			copy(beta, s.beta)
			mean, variance := n.Running(i)
			copy(mean, s.mean)
			_, excess := epsOf(s.eps)
			for j, v := range s.variance {
				variance[j] = v + float32(excess)
			}
		case *layerNorm:
			copy(gamma, s.gamma)
			copy(beta, s.beta)
		}
	}
	if c.pre == nil {
		return n, nil
	}
	if err := n.SetTransform(c.transform()); err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	return n, nil
}

// config translates all of a layer but its numbers.
func (l *chainLayer) config() (net.Layer, error) {
	layer := net.Layer{Units: l.out}
	if err := layer.Activation.UnmarshalText([]byte(l.act)); err != nil {
		return layer, err
	}
	if layer.Activation == net.LeakyReLU || layer.Activation == net.ELU {
		if layer.Alpha = l.alpha; l.alpha == 0 { // which would stand for a default
			layer.Activation = net.ReLU
		}
	}
	excess := 0.0
	switch s := l.norm.(type) {
	case *batchNorm:
		layer.Norm = net.BatchNorm
		layer.Eps, _ = epsOf(s.eps) // the rest goes to the variances
	case *layerNorm:
		layer.Norm = net.LayerNorm
		layer.Eps, excess = epsOf(s.eps)
	}
	if excess != 0 {
		return layer, fmt.Errorf("a layer normalisation's epsilon of %g: want at most %g", layer.Eps+excess, maxEps)
	}
	return layer, nil
}

// The range of a norm's eps in package net, where 0 stands for a default. Below, float32
// variances of any size that matters do not change.
const (
	minEps = 1e-12
	maxEps = 1.0
)

// epsOf returns the nearest eps that package net takes, and what is left above it.
func epsOf(eps float64) (nearest, excess float64) {
	return min(max(eps, minEps), maxEps), max(eps-maxEps, 0)
}

// transform returns the preparation of the inputs.
func (c *chain) transform() *net.Transform {
	t := &net.Transform{Mean: make([]float32, c.inputs), Matrix: c.matrix}
	scaled := false
	for i, v := range c.pre.sub {
		t.Mean[i] = float32(v)
		scaled = scaled || c.pre.mul[i] != 1
	}
	if scaled {
		t.Scale = make([]float32, c.inputs)
		for i, v := range c.pre.mul {
			t.Scale[i] = float32(v)
		}
	}
	return t
}

// classNames returns the names of the classes if they can be a network's.
func (c *chain) classNames() []string {
	seen := map[string]bool{}
	for _, name := range c.classes {
		if name == "" || seen[name] {
			return nil
		}
		seen[name] = true
	}
	if len(c.classes) != max(2, c.last().out) {
		return nil
	}
	return c.classes
}
