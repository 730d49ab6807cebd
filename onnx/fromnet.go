package onnx

import (
	"fmt"

	"github.com/sinew-ml/sinew/net"
)

// fromNet writes the graph of a network.
func fromNet(m *net.Network) (*graphWriter, error) {
	g := &graphWriter{}
	config := m.Config()
	g.graph.text(2, "sinew")
	g.tensorInfo(11, "input", m.Inputs())
	g.tensorInfo(12, "output", m.Outputs())
	x, in := "input", config.Inputs
	for i, l := range config.Layers {
		prefix := fmt.Sprintf("layers.%d", i)
		w, b := m.Layer(i)
		x = g.node("Gemm", prefix+"/Gemm", []string{
			x, g.constant(prefix+".weight", w, in, l.Units), g.constant(prefix+".bias", b, l.Units),
		})
		var err error
		if x, err = g.activate(prefix, x, l.Activation.String(), 0); err != nil {
			return nil, fmt.Errorf("layer %d: %w", i, err)
		}
		in = l.Units
	}
	if config.Loss == net.SoftmaxCrossEntropy {
		x = g.node("Softmax", "Softmax", []string{x}, intAttr("axis", -1))
	}
	g.node("Identity", "output", []string{x})
	return g, nil
}
