package net

import (
	"math"

	"github.com/sinew-ml/sinew/internal/rng"
)

// Initializer says how the weights of a layer are drawn. Biases start at 0.
type Initializer uint8

// The initialisers; in and out are the layer's numbers of inputs and units.
const (
	AutoInit Initializer = iota // by activation: see below
	Gaussian                    // normal with standard deviation Layer.Std
	Glorot                      // uniform in ±√(6/(in+out)) (Glorot and Bengio 2010, equation 16)
	He                          // normal with standard deviation √(2/in) (He et al. 2015, equation 10)
	LeCun                       // normal with standard deviation √(1/in) (LeCun et al. 1998, equation 16)
	Uniform                     // uniform in ±√3·Std, whose standard deviation is Layer.Std
)

var initNames = []string{AutoInit: "auto", Gaussian: "gaussian", Glorot: "glorot", He: "he", LeCun: "lecun", Uniform: "uniform"}

// String returns the name used in JSON.
func (i Initializer) String() string { return enumName("Initializer", initNames, i) }

// MarshalText writes the name.
func (i Initializer) MarshalText() ([]byte, error) { return enumText("initializer", initNames, i) }

// UnmarshalText reads the name.
func (i *Initializer) UnmarshalText(text []byte) error {
	return enumParse("initializer", initNames, i, text)
}

// auto returns the initialiser that goes with an activation: He for those that pass
// positive values and cut or bend negative ones, LeCun for SELU, which was derived
// with it, Glorot for the others.
func (a Activation) auto() Initializer {
	switch a {
	case ReLU, LeakyReLU, ReLU6, ELU, GELU, GELUTanh, SiLU, HardSwish, Softplus:
		return He
	case SELU:
		return LeCun
	}
	return Glorot
}

// Init draws the weights, each layer by its Initializer, and sets the biases to 0, the
// norms' γ to 1 and β to 0, and running averages to mean 0 and variance 1.
// The same seed gives the same weights on every machine.
func (m *Network) Init(seed uint64) {
	for i := range m.layers {
		m.layers[i].init(rng.New(seed, rng.Init, uint32(i)), &m.config.Layers[i])
	}
	m.resetStats()
}

func (l *dense) init(src *rng.Source, c *Layer) {
	kind := c.Init
	if kind == AutoInit {
		kind = c.Activation.auto()
	}
	std := c.Std
	if std == 0 {
		std = 0.01
	}
	uniform := func() float64 { return 2*src.Float64() - 1 }
	draw, scale := src.Normal, std
	switch kind {
	case He:
		scale = math.Sqrt(2 / float64(l.in))
	case LeCun:
		scale = math.Sqrt(1 / float64(l.in))
	case Glorot:
		draw, scale = uniform, math.Sqrt(6/float64(l.in+l.out))
	case Uniform:
		draw, scale = uniform, math.Sqrt(3)*std
	}
	for j := range l.w {
		l.w[j] = float32(scale * draw())
	}
	clear(l.b)
	for j := range l.gamma {
		l.gamma[j], l.beta[j] = 1, 0
	}
}
