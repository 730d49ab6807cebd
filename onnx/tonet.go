package onnx

import (
	"fmt"

	"github.com/sinew-ml/sinew/net"
)

// Network returns the model as a network that predicts what the model's floating-point
// output holds, within rounding, and can be trained further. The model must be a chain of
// dense layers with one input: activations and norms between them, scales and shifts per
// column anywhere, dropout (which ONNX models leave out) nowhere.
//
// A model that ends in a softmax gets the loss SoftmaxCrossEntropy; others get
// HalfSquaredError, and [Model.NetworkFor] another one. Of outputs that are the logarithm of
// a softmax the network predicts the exponential: the probabilities. scikit-learn's two
// columns 1-p and p, with p a sigmoid, become a softmax over the logits 0 and z. A model
// whose only outputs are labels gives a network of the scores that the labels are the
// largest of.
//
// Scales and shifts of the inputs and batch norms are put into the weights. The error says
// which operator and node is not part of such a chain; [Model.NewRunner] runs the model
// all the same.
func (m *Model) Network() (*net.Network, error) {
	c, err := m.chain()
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	loss := net.HalfSquaredError
	if c.head == softmaxHead {
		loss = net.SoftmaxCrossEntropy
	}
	return c.network(loss)
}

// NetworkFor is Network with a loss to train on. PyTorch's classifiers end in logits, for
// example, and are trained with SoftmaxCrossEntropy; the network then predicts
// probabilities. It fails if the loss does not go with the last layer.
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

// network makes the network. The chain's memory is not shared.
func (c *chain) network(loss net.Loss) (*net.Network, error) {
	c.fold()
	config := net.Config{Inputs: c.inputs, Loss: loss}
	for i, l := range c.layers {
		layer := net.Layer{Units: l.out}
		if err := layer.Activation.UnmarshalText([]byte(l.act)); err != nil {
			return nil, fmt.Errorf("onnx: layer %d: %w", i, err)
		}
		if l.norm != nil {
			return nil, notChain(l.norm, fmt.Errorf("layer %d: a network has no layer normalisation", i))
		}
		config.Layers = append(config.Layers, layer)
	}
	n, err := net.New(config)
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	for i, l := range c.layers {
		w, b := n.Layer(i)
		copy(w, l.w)
		copy(b, l.b)
	}
	return n, nil
}
