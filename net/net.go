// Package net holds the network: a multi-layer perceptron with its parameters, the
// forward and backward pass, losses, initialisers, the gradient check and the model
// file. How parameters are changed is package train's business.
//
// # Memory
//
// All parameters of a network are one flat []float32 ([Network.Params]), all
// gradients another of the same layout ([Workspace.Grads]): for each layer in order W
// (in, out), row-major, then b (out). Inputs and outputs of a batch are row-major
// (rows, features). Everything that a pass writes lives in a [Workspace], sized once;
// forward, backward and prediction allocate nothing.
//
// # Concurrency
//
// Inference only reads the parameters: any number of goroutines may share one
// Network, each with a [Predictor] or Workspace of its own. Writing parameters
// (Init, training) must not run beside them.
//
// # Determinism
//
// A seed fixes the initial weights. The passes follow the numeric contract of package
// mat: avx2, avx512 and neon give the same bits, and a row gives the same bits alone
// and in any batch.
//
// In a file that also imports the standard library's net, rename one of them:
//
//	import mlp "github.com/sinew-ml/sinew/net"
package net

import (
	"fmt"
	"math"

	"github.com/sinew-ml/sinew/internal/rng"
	"github.com/sinew-ml/sinew/mat"
)

// Network is a configuration and its parameters. It is safe to share between
// goroutines as long as nobody writes the parameters.
type Network struct {
	config Config
	params []float32
	layers []dense
}

// dense is one layer's view of the parameters.
type dense struct {
	in, out    int
	from       int // offset of W in the arena; b follows W
	activation Activation
	w, b       []float32
}

// New returns the network that config describes, with all parameters 0: call
// [Network.Init] or load weights next. A wrong configuration gives an error that
// names the value and what is accepted, before memory is taken. It also fails if the
// environment variable SINEW_ISA asks for an instruction set that is not there.
func New(config Config) (*Network, error) {
	if err := mat.ISA().Err; err != nil {
		return nil, err
	}
	size, err := config.check()
	if err != nil {
		return nil, fmt.Errorf("net: %w", err)
	}
	config.Layers = append([]Layer(nil), config.Layers...)
	m := &Network{config: config, params: make([]float32, size)}
	in, from := config.Inputs, 0
	for _, l := range config.Layers {
		w, end := from+in*l.Units, from+(in+1)*l.Units
		m.layers = append(m.layers, dense{
			in: in, out: l.Units, from: from, activation: l.Activation,
			w: m.params[from:w:w], b: m.params[w:end:end],
		})
		in, from = l.Units, end
	}
	return m, nil
}

// Config returns a copy of the configuration.
func (m *Network) Config() Config {
	c := m.config
	c.Layers = append([]Layer(nil), c.Layers...)
	return c
}

// Inputs returns the number of features per row.
func (m *Network) Inputs() int { return m.config.Inputs }

// Outputs returns the number of units of the last layer.
func (m *Network) Outputs() int { return m.layers[len(m.layers)-1].out }

// Params returns all parameters, in the layout of the package documentation. It is
// the network's memory, not a copy: write it only while nobody else uses the network.
func (m *Network) Params() []float32 { return m.params }

// Layer returns views of layer i's weights W (in, out), row-major, and biases b (out).
func (m *Network) Layer(i int) (w, b []float32) { return m.layers[i].w, m.layers[i].b }

// Clone returns a network of its own with equal parameters.
func (m *Network) Clone() *Network {
	c, err := New(m.config)
	if err != nil {
		panic("net: Clone: " + err.Error()) // m was made from the same configuration
	}
	copy(c.params, m.params)
	return c
}

// Init draws the weights, each layer by its Initializer, and sets the biases to 0.
// The same seed gives the same weights on every machine.
func (m *Network) Init(seed uint64) {
	for i, l := range m.layers {
		src := rng.New(seed, rng.Init, uint32(i))
		c := m.config.Layers[i]
		kind := c.Init
		if kind == AutoInit {
			kind = Glorot
			if l.activation == ReLU {
				kind = He
			}
		}
		draw := src.Normal
		scale := c.Std
		switch kind {
		case Gaussian:
			if scale == 0 {
				scale = 0.01
			}
		case He:
			scale = math.Sqrt(2 / float64(l.in))
		case Glorot:
			scale = math.Sqrt(6 / float64(l.in+l.out))
			draw = func() float64 { return 2*src.Float64() - 1 }
		}
		for j := range l.w {
			l.w[j] = float32(scale * draw())
		}
		clear(l.b)
	}
}
