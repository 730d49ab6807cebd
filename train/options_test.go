package train_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// normed returns a network with batch and layer norm and random parameters, and a batch.
func normed(t testing.TB, seed uint64) (*net.Network, net.Batch) {
	m := network(t, net.Config{Inputs: 4, Layers: []net.Layer{
		{Units: 6, Activation: net.Tanh, Norm: net.BatchNorm}, {Units: 5, Activation: net.Tanh, Norm: net.LayerNorm}, {Units: 3},
	}, Loss: net.SoftmaxCrossEntropy})
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range m.Params() {
		m.Params()[i] = float32(r.NormFloat64())
	}
	b := net.Batch{X: make([]float32, 8*4), Labels: make([]int, 8)}
	for i := range b.X {
		b.X[i] = float32(r.NormFloat64())
	}
	for i := range b.Labels {
		b.Labels[i] = r.IntN(3)
	}
	return m, b
}

// plainStep returns the parameters after one step of SGD with the regularisers of c, by
// their definitions, in float64.
func plainStep(m *net.Network, c train.Config, b net.Batch) []float64 {
	ws := m.NewWorkspace(c.BatchSize)
	frozen := make([]bool, m.Layers())
	for i := range c.Layers {
		frozen[i] = c.Layers[i].Frozen
	}
	ws.Freeze(frozen)
	if _, err := ws.Gradient(b); err != nil {
		panic(err)
	}
	rate := c.LearnRate.Rate(0)
	norm := 0.0
	g := make([]float64, len(ws.Grads()))
	for i, v := range ws.Grads() {
		g[i] = float64(v)
		if c.ClipValue > 0 {
			g[i] = math.Max(-c.ClipValue, math.Min(g[i], c.ClipValue))
		}
		norm += g[i] * g[i]
	}
	clip := 1.0
	if norm = math.Sqrt(norm); c.ClipNorm > 0 && norm > c.ClipNorm {
		clip = c.ClipNorm / norm
	}
	var after []float64
	at := 0
	for i := range m.Layers() {
		w, bias := m.Layer(i)
		gamma, beta := m.Norm(i)
		l1, l2 := c.L1, c.L2
		if c.Layers != nil && c.Layers[i].L1 != nil {
			l1 = *c.Layers[i].L1
		}
		if c.Layers != nil && c.Layers[i].L2 != nil {
			l2 = *c.Layers[i].L2
		}
		for k, v := range slices.Concat(w, bias, gamma, beta) {
			x := float64(v)
			decays := k < len(w) || c.DecayBiases
			if !frozen[i] {
				d := clip * g[at]
				if decays {
					d += l2 * x
				}
				x -= rate * d
				if decays {
					x = math.Copysign(math.Max(math.Abs(x)-rate*l1, 0), x)
				}
			}
			after = append(after, x)
			at++
		}
		if c.MaxNorm > 0 && !frozen[i] {
			own := after[at-len(w)-len(bias)-len(gamma)-len(beta):][:len(w)]
			for j := range bias {
				sum := 0.0
				for k := j; k < len(w); k += len(bias) {
					sum += own[k] * own[k]
				}
				if s := c.MaxNorm / math.Sqrt(sum); s < 1 {
					for k := j; k < len(w); k += len(bias) {
						own[k] *= s
					}
				}
			}
		}
	}
	return after
}

// One step with each regulariser, alone and together, is what its definition says.
func TestRegularisersByDefinition(t *testing.T) {
	zero, much := 0.0, 0.7
	base := train.Config{Optimizer: train.SGD{}, LearnRate: train.Constant(0.5), BatchSize: 8}
	for name, change := range map[string]func(c *train.Config){
		"none":            func(*train.Config) {},
		"l1":              func(c *train.Config) { c.L1 = 0.3 },
		"l2":              func(c *train.Config) { c.L2 = 0.3 },
		"both":            func(c *train.Config) { c.L1, c.L2 = 0.2, 0.3 },
		"both and biases": func(c *train.Config) { c.L1, c.L2, c.DecayBiases = 0.2, 0.3, true },
		"layers": func(c *train.Config) {
			c.L1, c.L2 = 0.2, 0.3
			c.Layers = []train.LayerConfig{{L1: &zero, L2: &much}, {L1: &much}, {L2: &zero}}
		},
		"layers and biases": func(c *train.Config) {
			c.DecayBiases = true
			c.Layers = []train.LayerConfig{{L1: &much, L2: &much}, {}, {L2: &much}}
		},
		"frozen below":        func(c *train.Config) { c.L2, c.Layers = 0.1, []train.LayerConfig{{Frozen: true}, {Frozen: true}, {}} },
		"frozen above":        func(c *train.Config) { c.L1, c.Layers = 0.1, []train.LayerConfig{{}, {Frozen: true}, {Frozen: true}} },
		"clip value":          func(c *train.Config) { c.ClipValue = 0.05 },
		"clip norm":           func(c *train.Config) { c.ClipNorm = 0.1 },
		"clip norm not met":   func(c *train.Config) { c.ClipNorm = 1e3 },
		"clip both":           func(c *train.Config) { c.ClipValue, c.ClipNorm = 0.05, 0.1 },
		"clip frozen":         func(c *train.Config) { c.ClipNorm, c.Layers = 0.1, []train.LayerConfig{{Frozen: true}, {}, {}} },
		"max norm":            func(c *train.Config) { c.MaxNorm = 1.5 },
		"max norm and frozen": func(c *train.Config) { c.MaxNorm, c.Layers = 1.5, []train.LayerConfig{{}, {Frozen: true}, {}} },
		"all": func(c *train.Config) {
			c.L1, c.L2, c.DecayBiases, c.ClipValue, c.ClipNorm, c.MaxNorm = 0.02, 0.03, true, 0.1, 0.2, 1.2
			c.Layers = []train.LayerConfig{{L1: &much}, {Frozen: true}, {L2: &much}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachLevel(t, func(t *testing.T, _ isa.Level) {
				m, b := normed(t, 3)
				c := base
				change(&c)
				want := plainStep(m, c, b)
				before, stats := slices.Clone(m.Params()), slices.Clone(m.Stats())
				if _, err := trainer(t, m, c).Step(b); err != nil {
					t.Fatal(err)
				}
				moved := false
				for i, p := range m.Params() {
					if !(math.Abs(float64(p)-want[i]) <= 1e-6*(1+math.Abs(want[i]))) || want[i] == 0 && p != 0 {
						t.Errorf("parameter %d is %g, want %g", i, p, want[i])
					}
					moved = moved || p != before[i]
				}
				if !moved {
					t.Error("nothing has changed")
				}
				from := 0
				for i := range m.Layers() {
					w, bias := m.Layer(i)
					gamma, beta := m.Norm(i)
					n := len(w) + len(bias) + len(gamma) + len(beta)
					if c.Layers != nil && c.Layers[i].Frozen && hash(m.Params()[from:][:n]) != hash(before[from:][:n]) {
						t.Errorf("the parameters of frozen layer %d have changed", i)
					}
					from += n
				}
				if frozen := c.Layers != nil && c.Layers[0].Frozen; frozen != (hash(stats) == hash(m.Stats())) {
					t.Errorf("frozen: %v; running averages before %v, after %v", frozen, stats, m.Stats())
				}
			})
		})
	}
}

// AdamW's decay is for weights, and for the rest if asked.
func TestAdamWDecay(t *testing.T) {
	for _, all := range []bool{false, true} {
		m, b := normed(t, 5)
		plain := m.Clone()
		c := train.Config{Optimizer: train.AdamW{WeightDecay: 0.5}, LearnRate: train.Constant(0.1), BatchSize: 8, DecayBiases: all}
		if _, err := trainer(t, m, c).Step(b); err != nil {
			t.Fatal(err)
		}
		before := slices.Clone(plain.Params())
		c.Optimizer = train.Adam{}
		if _, err := trainer(t, plain, c).Step(b); err != nil {
			t.Fatal(err)
		}
		from := 0
		for i := range m.Layers() {
			w, bias := m.Layer(i)
			gamma, beta := m.Norm(i)
			for k := range len(w) + len(bias) + len(gamma) + len(beta) {
				want := float64(plain.Params()[from])
				if all || k < len(w) {
					want -= 0.1 * 0.5 * float64(before[from])
				}
				if got := float64(m.Params()[from]); !(math.Abs(got-want) <= 1e-6*(1+math.Abs(want))) {
					t.Errorf("DecayBiases %v: layer %d, parameter %d is %g, want %g", all, i, k, got, want)
				}
				from++
			}
		}
	}
}

// The weights of inputs that say nothing become exactly 0 under L1, those of others do not,
// and the history reports the share.
func TestL1FindsUselessInputs(t *testing.T) {
	data := noisy()
	m := network(t, net.Config{Inputs: 6, Layers: []net.Layer{{Units: 1}}, Loss: net.MSE})
	h, err := trainer(t, m, train.Config{Optimizer: train.SGD{}, Epochs: 30, L1: 0.5}).Fit(context.Background(), data, nil)
	if err != nil {
		t.Fatal(err)
	}
	w, _ := m.Layer(0)
	for i, v := range w {
		if useful := i < 2; useful != (v != 0) {
			t.Errorf("weight of input %d: %g", i, v)
		}
	}
	if got := h.Epochs[29].Layers[0].Sparsity; got != 4.0/6 {
		t.Errorf("sparsity %g, want 4/6", got)
	}
}

// noisy returns rows whose target depends on the first two of six inputs.
func noisy() *train.Dataset {
	r := rand.New(rand.NewPCG(1, 2))
	data := &train.Dataset{Inputs: 6}
	for range 500 {
		row := make([]float32, 6)
		for i := range row {
			row[i] = float32(r.NormFloat64())
		}
		data.X = append(data.X, row...)
		data.Y = append(data.Y, 2*row[0]-3*row[1])
	}
	return data
}

// Whole runs with frozen layers leave their bits, and train the others to some use.
func TestFrozenRun(t *testing.T) {
	data, _ := digits()
	m := network(t, net.Config{Inputs: 64, Layers: []net.Layer{
		{Units: 30, Activation: net.ReLU, Norm: net.BatchNorm, Dropout: 0.1}, {Units: 20, Activation: net.Tanh, Norm: net.LayerNorm}, {Units: 10},
	}, Loss: net.SoftmaxCrossEntropy})
	before, stats := m.Clone(), slices.Clone(m.Stats())
	c := train.Config{Optimizer: train.AdamW{}, Epochs: 2, L1: 1e-3, L2: 1e-3, DecayBiases: true, MaxNorm: 0.5, EMA: 0.9,
		Layers: []train.LayerConfig{{Frozen: true}, {Frozen: true}, {}}}
	h, err := trainer(t, m, c).Fit(context.Background(), data, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		w, bias := m.Layer(i)
		gamma, beta := m.Norm(i)
		w0, bias0 := before.Layer(i)
		gamma0, beta0 := before.Norm(i)
		same := hash(slices.Concat(w, bias, gamma, beta)) == hash(slices.Concat(w0, bias0, gamma0, beta0))
		if same != (i < 2) {
			t.Errorf("layer %d is unchanged: %v", i, same)
		}
	}
	if hash(stats) != hash(m.Stats()) {
		t.Error("the running averages of a frozen batch norm have changed")
	}
	if h.Epochs[0].Layers[0].UpdateRatio != 0 || !(h.Epochs[0].Layers[2].UpdateRatio > 0) {
		t.Errorf("update ratios %g and %g", h.Epochs[0].Layers[0].UpdateRatio, h.Epochs[0].Layers[2].UpdateRatio)
	}
	if !(h.Epochs[1].Train.Loss < h.Epochs[0].Train.Loss) {
		t.Errorf("losses %g, %g", h.Epochs[0].Train.Loss, h.Epochs[1].Train.Loss)
	}
}
