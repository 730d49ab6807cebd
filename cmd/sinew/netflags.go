package main

import (
	"encoding"
	"fmt"
	"strconv"
	"strings"

	"github.com/sinew-ml/sinew/net"
	"github.com/spf13/pflag"
)

// netFlags are the flags of net.Config.
type netFlags struct {
	hidden, activation, slope, norm, normEps, dropout, init, std string
	output, loss                                                 string
	delta, smoothing                                             float64
}

func (f *netFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.hidden, "hidden", "", "`UNITS` of each hidden layer, at least 1, as a list 128,64; \"\" for none (default by data set)")
	fs.StringVar(&f.activation, "activation", "relu", "`FUNCTION` of the hidden layers: identity, sigmoid, tanh, relu, leaky-relu, elu, selu, gelu, gelu-tanh, silu, softplus, hard-sigmoid, hard-swish or relu6; one for all or a list")
	fs.StringVar(&f.slope, "alpha", "", "`A` of leaky-relu (default 0.01) and elu (default 1), in [0, 1e6]; one for all or a list")
	fs.StringVar(&f.norm, "norm", "none", "`NORM` of the hidden layers: none, batch or layer; one for all or a list")
	fs.StringVar(&f.normEps, "norm-eps", "", "`E` added to the norm's variance, in [1e-12, 1] (default 1e-5); one for all or a list")
	fs.StringVar(&f.dropout, "dropout", "0", "`PROBABILITY` in [0, 1) that training drops an output of a hidden layer; one for all or a list")
	fs.StringVar(&f.init, "init", "auto", "`RULE` of the initial weights of all layers: "+strings.Join(initNames(), ", ")+"; one for all or a list with the output layer")
	fs.StringVar(&f.std, "std", "", "standard deviation `S` of --init gaussian and uniform, in [0, 1e6] (default 0.01); one for all or a list with the output layer")
	fs.StringVar(&f.output, "output-activation", "identity", "`FUNCTION` of the output layer; the cross entropies have their own")
	fs.StringVar(&f.loss, "loss", "", "`LOSS`: softmax-cross-entropy (default with labels), mse (default with values), mae, huber, half-squared-error or binary-cross-entropy")
	fs.Float64Var(&f.delta, "delta", 1, "`D` of --loss huber, where it turns from square to line, in [1e-6, 1e6]; with --scale-targets of the scaled values")
	fs.Float64Var(&f.smoothing, "label-smoothing", 0, "`E` in [0, 1) of --loss softmax-cross-entropy; 0 for none")
}

// initNames lists the initialisers.
func initNames() []string {
	var names []string
	for i := net.Initializer(0); ; i++ {
		text, err := i.MarshalText()
		if err != nil {
			return names
		}
		names = append(names, string(text))
	}
}

// netNames are the flags of register.
var netNames = []string{"hidden", "activation", "alpha", "norm", "norm-eps", "dropout", "init", "std", "output-activation", "loss", "delta", "label-smoothing"}

// apply changes c by the flags that were given. hidden are the units of the data set's
// default, for a configuration without layers. The output layer gets its units from the
// data, later.
func (f *netFlags) apply(fs *pflag.FlagSet, c *netConfig, hidden string) error {
	if fs.Changed("hidden") || len(c.Layers) == 0 {
		if fs.Changed("hidden") {
			hidden = f.hidden
		}
		units, err := parseInts("hidden", hidden, 1, "number of units")
		if err != nil {
			return err
		}
		var layers []net.Layer
		for _, n := range units {
			layers = append(layers, net.Layer{Units: n, Activation: net.ReLU})
		}
		output := net.Layer{}
		if n := len(c.Layers); n > 0 {
			output = c.Layers[n-1]
		}
		c.Layers = append(layers, output)
	}
	layers := c.Layers[:len(c.Layers)-1]
	for _, p := range []struct {
		name, value string
		layers      []net.Layer
		set         func(l *net.Layer, value string) error
	}{
		{"activation", f.activation, layers, func(l *net.Layer, v string) error { return name(&l.Activation, v) }},
		{"norm", f.norm, layers, func(l *net.Layer, v string) error { return name(&l.Norm, v) }},
		{"alpha", f.slope, layers, func(l *net.Layer, v string) error { return float(&l.Alpha, v) }},
		{"norm-eps", f.normEps, layers, func(l *net.Layer, v string) error { return float(&l.Eps, v) }},
		{"dropout", f.dropout, layers, func(l *net.Layer, v string) error { return float(&l.Dropout, v) }},
		{"init", f.init, c.Layers, func(l *net.Layer, v string) error { return name(&l.Init, v) }},
		{"std", f.std, c.Layers, func(l *net.Layer, v string) error { return float(&l.Std, v) }},
	} {
		if !fs.Changed(p.name) {
			continue
		}
		values := splitList(p.value)
		if len(values) != 1 && len(values) != len(p.layers) {
			return usage("--%s %q: %d values, want one for all or one for each of %d layers", p.name, p.value, len(values), len(p.layers))
		}
		for i := range p.layers {
			v := values[0]
			if len(values) > 1 {
				v = values[i]
			}
			if err := p.set(&p.layers[i], v); err != nil {
				return usage("--%s: %w", p.name, err)
			}
		}
	}
	last := &c.Layers[len(c.Layers)-1]
	if fs.Changed("output-activation") {
		if err := last.Activation.UnmarshalText([]byte(f.output)); err != nil {
			return usage("--output-activation: %w", err)
		}
	}
	if fs.Changed("loss") {
		if err := c.Loss.UnmarshalText([]byte(f.loss)); err != nil {
			return usage("--loss: %w", err)
		}
		c.hasLoss = true
	}
	if fs.Changed("delta") {
		c.Delta = f.delta
	}
	if fs.Changed("label-smoothing") {
		c.LabelSmoothing = f.smoothing
	}
	return nil
}

// name reads a value that has one.
func name(to encoding.TextUnmarshaler, text string) error { return to.UnmarshalText([]byte(text)) }

// float reads a number; the network says what range it has.
func float(to *float64, text string) error {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("%q is not a number", text)
	}
	*to = v
	return nil
}

// complete fills in what follows from the data: inputs, outputs, loss and names.
func (c *netConfig) complete(inputs, outputs int, classes []string) {
	labels := outputs == 0
	if !c.hasLoss {
		if c.Loss = net.MSE; labels {
			c.Loss = net.SoftmaxCrossEntropy
		}
		c.hasLoss = true
	}
	if c.Inputs == 0 {
		c.Inputs = inputs
	}
	last := &c.Layers[len(c.Layers)-1]
	if last.Units == 0 {
		switch last.Units = outputs; {
		case labels && len(classes) <= 2 && c.Loss == net.BinaryCrossEntropy:
			last.Units = 1
		case labels:
			last.Units = max(2, len(classes))
		}
	}
	if labels && c.Classes == nil && len(classes) == max(2, last.Units) {
		c.Classes = classes
	}
}
