package net

import (
	"errors"
	"fmt"
)

// Config describes a network. It is checked once, by [New], can be written as JSON,
// and is stored in the model file.
type Config struct {
	Inputs int     `json:"inputs"` // features per row, at least 1
	Layers []Layer `json:"layers"` // in order from the input; the last one is the output
	Loss   Loss    `json:"loss"`
}

// Layer is one dense layer: y = f(x·W + b), x (rows, in), W (in, out), b (out).
type Layer struct {
	Units      int         `json:"units"` // outputs of the layer, at least 1
	Activation Activation  `json:"activation"`
	Init       Initializer `json:"init,omitempty"` // how Init draws W; the zero value chooses by activation
	Std        float64     `json:"std,omitempty"`  // Gaussian's standard deviation; 0 stands for 0.01
}

// Limits of a Config: far beyond what a multi-layer perceptron is, and low enough
// that a hostile or mistyped file is refused before memory is taken for it.
const (
	MaxLayers = 1 << 10
	MaxUnits  = 1 << 24
	MaxParams = 1 << 28 // 1 GiB of float32
)

// Activation is the function f of a layer, applied to each element.
type Activation uint8

// The activations. ReLU's derivative at 0 is taken as 0.
const (
	Identity Activation = iota // z
	Sigmoid                    // 1/(1+e⁻ᶻ), the logistic unit
	Tanh                       // tanh z
	ReLU                       // max(z, 0)
)

var activationNames = []string{Identity: "identity", Sigmoid: "sigmoid", Tanh: "tanh", ReLU: "relu"}

// String returns the name used in JSON.
func (a Activation) String() string { return enumName("Activation", activationNames, a) }

// MarshalText writes the name.
func (a Activation) MarshalText() ([]byte, error) {
	return enumText("activation", activationNames, a)
}

// UnmarshalText reads the name.
func (a *Activation) UnmarshalText(text []byte) error {
	return enumParse("activation", activationNames, a, text)
}

// Loss is what training makes small. Both are sums over the outputs of a row and
// means over the rows of a batch.
type Loss uint8

// The losses.
const (
	// HalfSquaredError is ½ Σ (y-t)², as in the classic derivation of
	// back-propagation; its gradient with respect to y is y-t. The last layer may
	// have any activation. Class labels stand for one-hot targets, or, with a single
	// output, for the targets 0 and 1.
	HalfSquaredError Loss = iota
	// SoftmaxCrossEntropy is -Σ t·log softmax(z) for the outputs z of the last layer,
	// which are logits: its activation must be Identity. It is computed in the
	// log-sum-exp form; the gradient with respect to z is softmax(z)-t. Targets are
	// class labels or probabilities (which should sum to 1). Predictions are the
	// probabilities softmax(z).
	SoftmaxCrossEntropy
)

var lossNames = []string{HalfSquaredError: "half-squared-error", SoftmaxCrossEntropy: "softmax-cross-entropy"}

// String returns the name used in JSON.
func (l Loss) String() string { return enumName("Loss", lossNames, l) }

// MarshalText writes the name.
func (l Loss) MarshalText() ([]byte, error) { return enumText("loss", lossNames, l) }

// UnmarshalText reads the name.
func (l *Loss) UnmarshalText(text []byte) error { return enumParse("loss", lossNames, l, text) }

// Initializer says how the weights of a layer are drawn. Biases start at 0.
type Initializer uint8

// The initialisers; in and out are the layer's numbers of inputs and units.
const (
	AutoInit Initializer = iota // He for ReLU, Glorot for the other activations
	Gaussian                    // normal with standard deviation Layer.Std
	Glorot                      // uniform in ±√(6/(in+out)) (Glorot and Bengio 2010, equation 16)
	He                          // normal with standard deviation √(2/in) (He et al. 2015, equation 10)
)

var initNames = []string{AutoInit: "auto", Gaussian: "gaussian", Glorot: "glorot", He: "he"}

// String returns the name used in JSON.
func (i Initializer) String() string { return enumName("Initializer", initNames, i) }

// MarshalText writes the name.
func (i Initializer) MarshalText() ([]byte, error) { return enumText("initializer", initNames, i) }

// UnmarshalText reads the name.
func (i *Initializer) UnmarshalText(text []byte) error {
	return enumParse("initializer", initNames, i, text)
}

func enumName[T ~uint8](typ string, names []string, v T) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%s(%d)", typ, uint8(v))
}

func enumText[T ~uint8](what string, names []string, v T) ([]byte, error) {
	if int(v) < len(names) {
		return []byte(names[v]), nil
	}
	return nil, fmt.Errorf("unknown %s %d", what, uint8(v))
}

func enumParse[T ~uint8](what string, names []string, v *T, text []byte) error {
	for i, name := range names {
		if name == string(text) {
			*v = T(i)
			return nil
		}
	}
	return fmt.Errorf("unknown %s %q; known: %q", what, text, names)
}

// check returns the number of parameters of a valid configuration.
func (c *Config) check() (params int, err error) {
	if err := inRange("inputs", c.Inputs, 1, MaxUnits); err != nil {
		return 0, err
	}
	if err := inRange("number of layers", len(c.Layers), 1, MaxLayers); err != nil {
		return 0, err
	}
	in, total := int64(c.Inputs), int64(0)
	for i, l := range c.Layers {
		layerErr := func(err error) error { return fmt.Errorf("layer %d: %w", i, err) }
		if err := inRange("units", l.Units, 1, MaxUnits); err != nil {
			return 0, layerErr(err)
		}
		if _, err := l.Activation.MarshalText(); err != nil {
			return 0, layerErr(err)
		}
		if _, err := l.Init.MarshalText(); err != nil {
			return 0, layerErr(err)
		}
		if !(l.Std >= 0 && l.Std <= 1e6) {
			return 0, layerErr(fmt.Errorf("std %g: want 0...1e6", l.Std))
		}
		if l.Std != 0 && l.Init != Gaussian {
			return 0, layerErr(fmt.Errorf("std %g goes with init %q, not %q", l.Std, Gaussian, l.Init))
		}
		// Each term is below 2⁴⁹, and the sum is checked before the next is added.
		if total += (in + 1) * int64(l.Units); total > MaxParams {
			return 0, layerErr(fmt.Errorf("more than %d parameters", MaxParams))
		}
		in = int64(l.Units)
	}
	if _, err := c.Loss.MarshalText(); err != nil {
		return 0, err
	}
	last := c.Layers[len(c.Layers)-1]
	if c.Loss == SoftmaxCrossEntropy && last.Activation != Identity {
		return 0, fmt.Errorf("loss %s takes logits: the last layer's activation is %q, want %q", c.Loss, last.Activation, Identity)
	}
	if c.Loss == SoftmaxCrossEntropy && last.Units < 2 {
		return 0, errors.New("loss softmax-cross-entropy needs at least 2 outputs, one per class")
	}
	return int(total), nil
}

func inRange(what string, v, lo, hi int) error {
	if v < lo || v > hi {
		return fmt.Errorf("%s %d: want %d...%d", what, v, lo, hi)
	}
	return nil
}
