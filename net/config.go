package net

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Config describes a network. It is checked once, by [New], can be written as JSON,
// and is stored in the model file.
type Config struct {
	Inputs int     `json:"inputs"` // features per row of the first layer, at least 1
	Layers []Layer `json:"layers"` // in order from the input; the last one is the output
	Loss   Loss    `json:"loss"`

	Delta          float64 `json:"delta,omitempty"`           // Huber's δ, where it turns from square to line; 0 stands for 1
	LabelSmoothing float64 `json:"label_smoothing,omitempty"` // ε in [0, 1) of SoftmaxCrossEntropy: targets become (1-ε)·t + ε/outputs

	// Classes names the classes, one per output (two if there is a single output), or is
	// nil. Training does not need them; whoever reads the model file may.
	Classes []string `json:"classes,omitempty"`
}

// Layer is one dense layer. x (rows, in), W (in, out), b (out):
//
//	y = dropout(f(norm(x·W + b)))
type Layer struct {
	Units      int         `json:"units"` // outputs of the layer, at least 1
	Activation Activation  `json:"activation"`
	Alpha      float64     `json:"alpha,omitempty"` // LeakyReLU's slope below 0 (0 stands for 0.01) or ELU's α (0 stands for 1)
	Norm       Norm        `json:"norm,omitempty"`
	Eps        float64     `json:"eps,omitempty"`     // added to the norm's variance; 0 stands for 1e-5
	Dropout    float64     `json:"dropout,omitempty"` // probability in [0, 1) that training drops an output; see [Workspace.Gradient]
	Init       Initializer `json:"init,omitempty"`    // how Init draws W; the zero value chooses by activation
	Std        float64     `json:"std,omitempty"`     // standard deviation of Gaussian and Uniform; 0 stands for 0.01
}

// Limits of a Config: far beyond what a multi-layer perceptron is, and low enough
// that a hostile or mistyped file is refused before memory is taken for it.
const (
	MaxLayers = 1 << 10
	MaxUnits  = 1 << 24
	MaxParams = 1 << 28 // 1 GiB of float32
)

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
		if err := l.check(); err != nil {
			return 0, fmt.Errorf("layer %d: %w", i, err)
		}
		// Each term is below 2⁴⁹, and the sum is checked before the next is added.
		if total += (in + 1 + l.Norm.params()) * int64(l.Units); total > MaxParams {
			return 0, fmt.Errorf("layer %d: more than %d parameters", i, MaxParams)
		}
		in = int64(l.Units)
	}
	return int(total), c.checkLoss()
}

func (l *Layer) check() error {
	if err := inRange("units", l.Units, 1, MaxUnits); err != nil {
		return err
	}
	if _, err := l.Activation.MarshalText(); err != nil {
		return err
	}
	if _, err := l.Norm.MarshalText(); err != nil {
		return err
	}
	if _, err := l.Init.MarshalText(); err != nil {
		return err
	}
	switch {
	case !(l.Alpha >= 0 && l.Alpha <= 1e6):
		return fmt.Errorf("alpha %g: want 0...1e6", l.Alpha)
	case l.Alpha != 0 && l.Activation != LeakyReLU && l.Activation != ELU:
		return fmt.Errorf("alpha %g goes with activation %q or %q, not %q", l.Alpha, LeakyReLU, ELU, l.Activation)
	case l.Eps != 0 && !(l.Eps >= 1e-12 && l.Eps <= 1):
		return fmt.Errorf("eps %g: want 1e-12...1, or 0 for %g", l.Eps, defaultEps)
	case l.Eps != 0 && l.Norm == NoNorm:
		return fmt.Errorf("eps %g goes with a norm", l.Eps)
	case !(l.Dropout >= 0 && l.Dropout < 1):
		return fmt.Errorf("dropout %g: want a number in [0, 1)", l.Dropout)
	case !(l.Std >= 0 && l.Std <= 1e6):
		return fmt.Errorf("std %g: want 0...1e6", l.Std)
	case l.Std != 0 && l.Init != Gaussian && l.Init != Uniform:
		return fmt.Errorf("std %g goes with init %q or %q, not %q", l.Std, Gaussian, Uniform, l.Init)
	}
	return nil
}

// Limits of the names of classes, which a file may hold.
const (
	maxClasses  = 1 << 16
	maxClass    = 256     // bytes of a name
	maxAllNames = 1 << 19 // bytes of all of them as JSON, which escapes some characters: half of maxConfig
)

func (c *Config) checkLoss() error {
	if _, err := c.Loss.MarshalText(); err != nil {
		return err
	}
	last := c.Layers[len(c.Layers)-1]
	switch {
	case c.Loss.logits() && last.Activation != Identity:
		return fmt.Errorf("loss %s takes logits: the last layer's activation is %q, want %q", c.Loss, last.Activation, Identity)
	case c.Loss == SoftmaxCrossEntropy && last.Units < 2:
		return errors.New("loss softmax-cross-entropy needs at least 2 outputs, one per class")
	case last.Dropout != 0:
		return fmt.Errorf("dropout %g of the last layer: outputs are not dropped, want 0", last.Dropout)
	case c.Delta != 0 && c.Loss != Huber:
		return fmt.Errorf("delta %g goes with loss %q, not %q", c.Delta, Huber, c.Loss)
	case c.Delta != 0 && !(c.Delta >= 1e-6 && c.Delta <= 1e6):
		return fmt.Errorf("delta %g: want 1e-6...1e6, or 0 for 1", c.Delta)
	case c.LabelSmoothing != 0 && c.Loss != SoftmaxCrossEntropy:
		return fmt.Errorf("label smoothing %g goes with loss %q, not %q", c.LabelSmoothing, SoftmaxCrossEntropy, c.Loss)
	case !(c.LabelSmoothing >= 0 && c.LabelSmoothing < 1):
		return fmt.Errorf("label smoothing %g: want a number in [0, 1)", c.LabelSmoothing)
	}
	if c.Classes == nil {
		return nil
	}
	if n := max(2, last.Units); len(c.Classes) != n || n > maxClasses {
		return fmt.Errorf("%d names of classes: want %d, and at most %d", len(c.Classes), n, maxClasses)
	}
	seen, all := map[string]bool{}, 0
	for i, name := range c.Classes {
		if name == "" || len(name) > maxClass || !utf8.ValidString(name) {
			return fmt.Errorf("name %.40q of class %d: want 1...%d bytes of UTF-8", name, i, maxClass)
		}
		text, err := json.Marshal(name)
		if err != nil {
			return err
		}
		if all += len(text) + 1; all > maxAllNames {
			return fmt.Errorf("the names of %d classes take more than %d bytes as JSON", len(c.Classes), maxAllNames)
		}
		if seen[name] {
			return fmt.Errorf("name %.40q of class %d is given twice", name, i)
		}
		seen[name] = true
	}
	return nil
}

// clone returns a copy that shares nothing with c.
func (c Config) clone() Config {
	c.Layers = slices.Clone(c.Layers)
	c.Classes = slices.Clone(c.Classes)
	return c
}

func inRange(what string, v, lo, hi int) error {
	if v < lo || v > hi {
		return fmt.Errorf("%s %d: want %d...%d", what, v, lo, hi)
	}
	return nil
}
