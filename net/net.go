// Package net holds the network: a multi-layer perceptron with its parameters, the
// forward and backward pass, losses, initialisers, the gradient check and the model
// file. How parameters are changed is package train's business.
//
// # Memory
//
// All parameters of a network are one flat []float32 ([Network.Params]), all
// gradients another of the same layout ([Workspace.Grads]): for each layer in order W
// (in, out), row-major, then b (out), then, with a norm, γ (out) and β (out). Inputs and outputs of a batch are row-major
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

	"github.com/sinew-ml/sinew/mat"
)

// Network is a configuration and its parameters. It is safe to share between
// goroutines as long as nobody writes the parameters.
type Network struct {
	config    Config
	size      int       // number of parameters
	params    []float32 // nil in a Mapped network
	stats     []float32 // running averages of the batch norms; nil in a Mapped network
	layers    []dense
	transform *Transform // nil: rows are the first layer's inputs as they are
}

// dense is one layer's view of the parameters.
type dense struct {
	in, out     int
	from        int // offset of W in the arena; b, γ and β follow W
	activation  Activation
	alpha       float32
	norm        Norm
	eps         float32
	dropout     float64
	floor       bool // ReLU right after the product, which then does it in passing
	w, b        []float32
	gamma, beta []float32 // (out), nil without a norm
	mean, vari  []float32 // (out) running averages, nil without batch norm
}

// New returns the network that config describes, with all parameters 0: call
// [Network.Init] or load weights next. A wrong configuration gives an error that
// names the value and what is accepted, before memory is taken. It also fails if the
// environment variable SINEW_ISA asks for an instruction set that is not there.
func New(config Config) (*Network, error) {
	m, err := layOut(config)
	if err != nil {
		return nil, err
	}
	stats := 0
	for i := range m.layers {
		if m.layers[i].norm == BatchNorm {
			stats += 2 * m.layers[i].out
		}
	}
	m.params, m.stats = make([]float32, m.size), make([]float32, stats)
	rest := m.stats
	for i := range m.layers {
		l := &m.layers[i]
		l.w, l.b, l.gamma, l.beta = l.views(m.params)
		if l.norm == BatchNorm {
			l.mean, l.vari, rest = rest[:l.out:l.out], rest[l.out:2*l.out:2*l.out], rest[2*l.out:]
		}
	}
	m.resetStats()
	return m, nil
}

// layOut returns a network that has no memory for its parameters yet.
func layOut(config Config) (*Network, error) {
	if err := mat.ISA().Err; err != nil {
		return nil, err
	}
	if _, err := config.check(); err != nil {
		return nil, fmt.Errorf("net: %w", err)
	}
	config = config.clone()
	m := &Network{config: config}
	in, from := config.Inputs, 0
	for _, c := range config.Layers {
		l := dense{
			in: in, out: c.Units, from: from, activation: c.Activation, alpha: c.slope(),
			norm: c.Norm, eps: float32(c.Eps), dropout: c.Dropout,
			floor: c.Activation == ReLU && c.Norm == NoNorm,
		}
		if l.eps == 0 {
			l.eps = defaultEps
		}
		m.layers = append(m.layers, l)
		in, from = l.out, from+l.size()
	}
	m.size = from
	return m, nil
}

// slope returns Alpha or its default.
func (l *Layer) slope() float32 {
	switch {
	case l.Alpha != 0:
		return float32(l.Alpha)
	case l.Activation == LeakyReLU:
		return 0.01
	}
	return 1
}

// size returns the number of the layer's parameters.
func (l *dense) size() int { return (l.in + 1 + int(l.norm.params())) * l.out }

// views returns the parts of an arena of parameters that belong to the layer.
func (l *dense) views(arena []float32) (w, b, gamma, beta []float32) {
	rest := arena[l.from:][:l.size()]
	n := l.in * l.out
	w, b, rest = rest[:n:n], rest[n:n+l.out:n+l.out], rest[n+l.out:]
	if l.norm != NoNorm {
		gamma, beta = rest[:l.out:l.out], rest[l.out:]
	}
	return w, b, gamma, beta
}

// resetStats makes the batch norms predict as if every unit had mean 0 and variance 1.
func (m *Network) resetStats() {
	for i := range m.layers {
		clear(m.layers[i].mean)
		for j := range m.layers[i].vari {
			m.layers[i].vari[j] = 1
		}
	}
}

// Config returns a copy of the configuration.
func (m *Network) Config() Config { return m.config.clone() }

// Inputs returns the number of features per row that batches and predictions take:
// Config.Inputs, or what the transform takes if there is one.
func (m *Network) Inputs() int {
	if m.transform != nil {
		return m.transform.Inputs()
	}
	return m.config.Inputs
}

// Outputs returns the number of units of the last layer.
func (m *Network) Outputs() int { return m.layers[len(m.layers)-1].out }

// widest returns the most units of a layer.
func (m *Network) widest() int {
	n := 0
	for i := range m.layers {
		n = max(n, m.layers[i].out)
	}
	return n
}

// Layers returns the number of layers.
func (m *Network) Layers() int { return len(m.layers) }

// Params returns all parameters, in the layout of the package documentation. It is
// the network's memory, not a copy: write it only while nobody else uses the network.
func (m *Network) Params() []float32 { return m.params }

// Stats returns the running means and variances of all batch norms, for each layer that
// has one the mean (out), then the variance (out). It is the network's memory.
func (m *Network) Stats() []float32 { return m.stats }

// Layer returns views of layer i's weights W (in, out), row-major, and biases b (out).
func (m *Network) Layer(i int) (w, b []float32) { return m.layers[i].w, m.layers[i].b }

// Norm returns views of the norm's γ and β (out) of layer i, nil if it has none.
func (m *Network) Norm(i int) (gamma, beta []float32) { return m.layers[i].gamma, m.layers[i].beta }

// Running returns views of the running mean and variance (out) of layer i's batch norm,
// nil if it has none.
func (m *Network) Running(i int) (mean, variance []float32) {
	return m.layers[i].mean, m.layers[i].vari
}

// Clone returns a network of its own with equal parameters.
func (m *Network) Clone() *Network {
	c, err := New(m.config)
	if err != nil {
		panic("net: Clone: " + err.Error()) // m was made from the same configuration
	}
	c.transform = m.transform.clone()
	from := m.parts()
	for i, to := range c.parts() {
		copy(*to, *from[i])
	}
	return c
}
