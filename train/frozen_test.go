package train_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// frozens are runs whose first layers are frozen, with what comes before, within and after
// them.
func frozens() []small {
	cross := func(layers ...net.Layer) net.Config {
		return net.Config{Inputs: 4, Layers: append(layers, net.Layer{Units: 3}), Loss: net.SoftmaxCrossEntropy}
	}
	frozen := func(n, of int) []train.LayerConfig {
		l := make([]train.LayerConfig, of)
		for i := range n {
			l[i].Frozen = true
		}
		return l
	}
	scale := &net.Transform{Mean: []float32{5, 3, 4, 1}, Scale: []float32{1, 2, 0.5, 1}}
	pca := &net.Transform{Mean: []float32{5, 3, 4, 1}, Matrix: []float32{1, 0.5, 0, 0, 0, 1, -0.5, 0, 0.25, 0, 1, 0, 1, 2, 3, 4}}
	relu, tanh := net.Layer{Units: 7, Activation: net.ReLU}, net.Layer{Units: 5, Activation: net.Tanh}
	batch, layer := net.Layer{Units: 6, Activation: net.GELU, Norm: net.BatchNorm}, net.Layer{Units: 5, Activation: net.SiLU, Norm: net.LayerNorm}
	drop := net.Layer{Units: 6, Activation: net.ReLU, Dropout: 0.4}
	values := net.Config{Inputs: 4, Layers: []net.Layer{batch, drop, {Units: 2}}, Loss: net.Huber}
	all := []small{
		{name: "last layer", net: cross(relu), config: train.Config{Layers: frozen(1, 2)}},
		{name: "single rows", net: cross(relu, tanh), config: train.Config{Layers: frozen(2, 3), BatchSize: 3}},
		{name: "scaled inputs", net: cross(relu, tanh), map1: scale, config: train.Config{Layers: frozen(1, 3), ClipNorm: 0.5, L2: 1e-3, Optimizer: train.AdamW{}}},
		{name: "matrix", net: cross(tanh, relu), map1: pca, config: train.Config{Layers: frozen(2, 3), ClipValue: 0.01, L1: 1e-3, MaxNorm: 1}},
		{name: "norms", net: cross(batch, layer, tanh), config: train.Config{Layers: frozen(2, 4), ClassWeights: []float64{1, 0, 2}, EMA: 0.7}},
		{name: "norms above", net: cross(tanh, batch, layer), config: train.Config{Layers: frozen(1, 4), Balanced: true, SWA: 2}},
		{name: "dropout above", net: cross(layer, drop, drop), config: train.Config{Layers: frozen(1, 4), KeepBest: true}},
		{name: "dropout at the end", net: cross(batch, drop), config: train.Config{Layers: frozen(2, 3), LearnRate: train.Constant(0.05), EMA: 0.5, KeepBest: true}},
		{name: "dropout within", net: cross(relu, drop, batch, layer), config: train.Config{Layers: frozen(4, 5), Optimizer: train.SGD{Momentum: 0.9}}},
		{name: "frozen once more above", net: cross(relu, tanh, batch), config: train.Config{Layers: []train.LayerConfig{{Frozen: true}, {}, {Frozen: true}, {}}}},
		{name: "early stop", net: cross(relu), config: train.Config{Layers: frozen(1, 2), Patience: 1, MinDelta: 0.05, LearnRate: train.Constant(0.05), Epochs: 9}},
		{name: "plateau of values", net: values, values: true, config: train.Config{Layers: frozen(2, 3), LearnRate: train.Plateau{Start: 0.05, Factor: 0.5, Patience: 1}, Optimizer: train.RProp{}, BatchSize: 28, Epochs: 9}},
		{name: "validation of a stream", net: cross(relu, drop, tanh), stream: true, config: train.Config{Layers: frozen(2, 4)}},
		{name: "not finite, above", net: cross(tanh, relu), config: train.Config{Layers: frozen(1, 3), Optimizer: train.SGD{Momentum: 0.5}, LearnRate: &rates{0.01, 10, 1e30}, SWA: 1, Epochs: 4}},
	}
	for i := range all {
		all[i].name = "frozen: " + all[i].name
	}
	return all
}

// outcome runs s with its frozen layers in each epoch, or once.
func (s *small) outcome(t *testing.T, c train.Config, each bool) outcome {
	t.Helper()
	m := network(t, s.net)
	m.Init(3)
	for i := range m.Stats() { // as if trained
		m.Stats()[i] += float32(i%7) / 8
	}
	if err := m.SetTransform(s.map1); err != nil {
		t.Fatal(err)
	}
	tr := trainer(t, m, c)
	defer tr.Close()
	if each {
		tr.RunFrozen()
	}
	h, err := s.fit(context.Background(), tr)
	return outcomeOf(tr, h, err)
}

// Frozen layers that are run once leave the bits of those that are run in each epoch: weights,
// optimizer, averages, history and errors, for any number of workers.
func TestFrozenOnce(t *testing.T) {
	for _, s := range frozens() {
		t.Run(s.name, func(t *testing.T) {
			eachLevel(t, func(t *testing.T, level isa.Level) {
				for _, workers := range []int{1, 2} {
					c := s.config
					c.Seed, c.Workers = 5, workers
					if c.BatchSize == 0 {
						c.BatchSize = 8
					}
					if c.Epochs == 0 {
						c.Epochs = 4
					}
					want, got := s.outcome(t, c, true), s.outcome(t, c, false)
					if d := got.diff(&want); d != "" {
						t.Fatalf("%d workers: %s", workers, d)
					}
					if failed := want.err != "<nil>"; failed != strings.Contains(s.name, "not finite") {
						t.Fatal(want.err)
					}
				}
			})
		})
	}
}

// The same with steps and passes that are large enough for workers to share.
func TestFrozenOnceShared(t *testing.T) {
	data, test := digits()
	for _, c := range []train.Config{
		{Epochs: 2, BatchSize: 100, EMA: 0.9, ClipNorm: 0.1, Layers: []train.LayerConfig{{}, {}, {}, {}}},
		{Epochs: 2, BatchSize: 100, ClipValue: 1e-3, KeepBest: true, L2: 1e-3, MaxNorm: 1, Layers: []train.LayerConfig{{}, {Frozen: true}, {}, {}}},
	} {
		c.Layers[0].Frozen = true
		var want uint64
		var history string
		for _, workers := range []int{1, 2, 3} {
			for _, each := range []bool{true, false} {
				c.Workers = workers
				m := wholeHouse(t, 150)
				tr := trainer(t, m, c)
				if each {
					tr.RunFrozen()
				}
				h, err := tr.Fit(context.Background(), data, test)
				tr.Close()
				if err != nil {
					t.Fatal(err)
				}
				got, figures := hash(slices.Concat(m.Params(), m.Stats())), fmt.Sprintf("%+v", withoutSeconds(h))
				if want == 0 {
					want, history = got, figures
				} else if got != want || figures != history {
					t.Errorf("%d workers, frozen layers in each epoch %v: weights %v, history %v", workers, each, got == want, figures == history)
				}
			}
		}
	}
}

// The cost of the last layer only: after the first epoch nothing reads a frozen layer. The
// test breaks it then, which a run that reads it does not survive.
func TestFrozenIsNotRead(t *testing.T) {
	for _, s := range frozens() {
		if s.stream || s.config.Epochs == 4 || s.name == "frozen: dropout within" { // whose upper layers are read
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			for _, each := range []bool{false, true} {
				m := network(t, s.net)
				if err := m.SetTransform(s.map1); err != nil {
					t.Fatal(err)
				}
				before := m.Clone()
				c := s.config
				if c.Epochs = 3; c.BatchSize == 0 {
					c.BatchSize = 8
				}
				c.Progress = func(p train.Progress) {
					if p.Epoch != 1 || p.Done == nil {
						return
					}
					for i := 0; c.Layers[i].Frozen; i++ {
						w, b := m.Layer(i)
						gamma, beta := m.Norm(i)
						mean, variance := m.Running(i)
						for _, x := range [][]float32{w, b, gamma, beta, mean, variance} {
							for k := range x {
								x[k] = float32(math.NaN())
							}
						}
					}
				}
				tr := trainer(t, m, c)
				if each {
					tr.RunFrozen()
				}
				h, err := s.fit(context.Background(), tr)
				tr.Close()
				if failed := errors.Is(err, train.ErrNonFinite); failed != each || !each && err != nil {
					t.Fatalf("in each epoch %v: %v", each, err)
				}
				if each {
					continue
				}
				for _, e := range h.Epochs[1:] {
					for i := 0; c.Layers[i].Frozen; i++ {
						if e.Layers[i] != h.Epochs[0].Layers[i] {
							t.Errorf("epoch %d, layer %d: %+v, in the first epoch %+v", e.Epoch, i, e.Layers[i], h.Epochs[0].Layers[i])
						}
					}
				}
				w, _ := m.Layer(m.Layers() - 1)
				was, _ := before.Layer(m.Layers() - 1)
				if len(h.Epochs) < 2 || hash(w) == hash(was) {
					t.Errorf("%d epochs, the last layer has changed: %v", len(h.Epochs), hash(w) != hash(was))
				}
			}
		})
	}
}

// What is not finite is named as if all layers were run in each step.
func TestFrozenNonFinite(t *testing.T) {
	inf := float32(math.Inf(1))
	for name, c := range map[string]struct {
		first, second net.Layer
		params        []float32 // w, b of three layers of one unit
		y             float32
		want          string
	}{
		"first, hidden by the second":   {net.Layer{}, net.Layer{Activation: net.Tanh}, []float32{inf, 0, 1, 0, 1, 0}, 1e30, "outputs of layer 0"},
		"second":                        {net.Layer{}, net.Layer{}, []float32{1, 0, inf, 0, 1, 0}, 0, "outputs of layer 1"},
		"second, of dropout":            {net.Layer{}, net.Layer{Dropout: 0.5}, []float32{1, 0, 3e38, 0, 1, 0}, 0, "outputs of layer 1"},
		"first, dropout in the second":  {net.Layer{}, net.Layer{Dropout: 0.5}, []float32{inf, 0, 1, 0, 1, 0}, 0, "outputs of layer 0"},
		"second, dropout in the first":  {net.Layer{Dropout: 0.5}, net.Layer{}, []float32{1, 0, inf, 0, 1, 0}, 0, "outputs of layer 1"},
		"the last":                      {net.Layer{}, net.Layer{}, []float32{1, 0, 1e30, 0, 1e30, 0}, 0, "outputs of layer 2"},
		"only in the sum of the losses": {net.Layer{}, net.Layer{}, []float32{1, 0, 1, 0, 1, 0}, 1e30, ""},
	} {
		c.first.Units, c.second.Units = 1, 1
		for _, each := range []bool{true, false} {
			m := network(t, net.Config{Inputs: 1, Layers: []net.Layer{c.first, c.second, {Units: 1}}})
			copy(m.Params(), c.params)
			data := &train.Dataset{Inputs: 1, Weights: []float32{1, 1, 0, 1, 1, 1, 1}}
			for range data.Weights {
				data.X, data.Y = append(data.X, 1), append(data.Y, c.y)
			}
			tr := trainer(t, m, train.Config{Optimizer: train.SGD{}, Layers: []train.LayerConfig{{Frozen: true}, {Frozen: true}, {}}})
			if each {
				tr.RunFrozen()
			}
			_, err := tr.Fit(context.Background(), data, nil)
			tr.Close()
			var e *train.NonFiniteError
			if !errors.As(err, &e) || e.Where != c.want {
				t.Errorf("%s, frozen layers in each epoch %v: error %v, want %q", name, each, err, c.want)
			}
		}
	}
}

// An infinite output that its dropout drops is not what fails.
func TestFrozenNonFiniteDropped(t *testing.T) {
	named := map[string]bool{}
	for seed := range uint64(8) {
		var errs [2]string
		for i := range errs {
			m := network(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1}, {Units: 1, Dropout: 0.5}, {Units: 1}}})
			copy(m.Params(), []float32{1, 0, 3e38, 3e38, 1, 0})
			tr := trainer(t, m, train.Config{Seed: seed, Layers: []train.LayerConfig{{Frozen: true}, {Frozen: true}, {}}})
			if i == 1 {
				tr.RunFrozen()
			}
			_, err := tr.Fit(context.Background(), &train.Dataset{Inputs: 1, X: []float32{1}, Y: []float32{1e30}}, nil)
			tr.Close()
			errs[i] = fmt.Sprint(err)
		}
		if errs[0] != errs[1] {
			t.Errorf("seed %d: %s; with frozen layers in each epoch %s", seed, errs[0], errs[1])
		}
		named[errs[0]] = true
	}
	if len(named) < 2 {
		t.Errorf("the output is always or never dropped: %v", named)
	}
}

// A trainer that goes on with other weights in its frozen layers takes these, whatever an
// earlier run has kept, averaged or found best.
func TestFrozenWeightsReplaced(t *testing.T) {
	s := small{net: net.Config{Inputs: 4, Layers: []net.Layer{{Units: 5, Activation: net.Tanh, Norm: net.BatchNorm}, {Units: 3}}, Loss: net.SoftmaxCrossEntropy}}
	for _, c := range []train.Config{{EMA: 0.9}, {KeepBest: true}, {SWA: 1}, {}} {
		c.Epochs, c.BatchSize, c.Layers = 2, 8, []train.LayerConfig{{Frozen: true}, {}}
		var want uint64
		for _, each := range []bool{true, false} {
			tr := s.trainer(t, 1, c)
			if each {
				tr.RunFrozen()
			}
			m := tr.Network()
			other := network(t, s.net)
			other.Init(77)
			var frozen []float32
			for range 2 {
				w, _ := m.Layer(0)
				from, _ := other.Layer(0)
				mean, _ := m.Running(0)
				copy(w, from)
				mean[0] = 0.5
				w[0], mean[1] = float32(math.Copysign(0, -1)), float32(math.Copysign(0, -1)) // an average of -0 is 0
				frozen = slices.Concat(w, mean)
				if _, err := s.fit(context.Background(), tr); err != nil {
					t.Fatal(err)
				}
				other.Init(78)
				if hash(slices.Concat(w, mean)) != hash(frozen) {
					t.Errorf("%+v: Fit has changed the frozen layer", c)
				}
			}
			got := hash(m.Params())
			if each {
				want = got
			} else if got != want {
				t.Errorf("%+v: other weights than with frozen layers in each epoch", c)
			}
		}
	}
}

// Rows that would take too much memory are not kept: the limit is the size of the data, or
// 64 MiB.
func TestFrozenMemory(t *testing.T) {
	for _, c := range []struct {
		rows, inputs, units int
		kept                bool
	}{{1, 1, 1, true}, {1 << 12, 2, 1 << 12, true}, {1<<12 + 1, 2, 1 << 12, false}, {1 << 20, 1 << 10, 1 << 10, true}, {1 << 20, 1 << 10, 1<<10 + 1, false}, {1 << 20, 1, 16, true}, {1 << 20, 16, 17, false}} {
		if kept := train.KeepsFrozen(c.rows, c.inputs, c.units); kept != c.kept {
			t.Errorf("%d rows of %d inputs and %d units: kept %v, want %v", c.rows, c.inputs, c.units, kept, c.kept)
		}
	}
}

// BenchmarkFinetune is runs of 20 epochs over 1437 rows, measured on 360 more: of all layers of
// 64-512-512-10, of the last one, the same with the frozen layers run in each epoch, and of
// a network that is the last layer alone.
func BenchmarkFinetune(b *testing.B) {
	data, test := digits()
	const units, epochs = 512, 20
	m := network(b, net.Config{Inputs: 64, Layers: []net.Layer{{Units: units, Activation: net.ReLU}, {Units: units, Activation: net.ReLU}, {Units: 10}}, Loss: net.SoftmaxCrossEntropy})
	features := func(d *train.Dataset) *train.Dataset {
		own := *d
		own.Inputs, own.X = units, slices.Clone(m.NewPredictor(d.Rows()).LayerInputs(2, d.X))
		return &own
	}
	last := network(b, net.Config{Inputs: units, Layers: []net.Layer{{Units: 10}}, Loss: net.SoftmaxCrossEntropy})
	for _, c := range []struct {
		name       string
		m          *net.Network
		frozen     []train.LayerConfig
		each       bool
		data, test *train.Dataset
	}{
		{"all layers", m, nil, false, data, test},
		{"frozen each epoch", m, []train.LayerConfig{{Frozen: true}, {Frozen: true}, {}}, true, data, test},
		{"frozen once", m, []train.LayerConfig{{Frozen: true}, {Frozen: true}, {}}, false, data, test},
		{"last layer alone", last, nil, false, features(data), features(test)},
	} {
		b.Run(c.name, func(b *testing.B) {
			tr := trainer(b, c.m, train.Config{Layers: c.frozen, Epochs: epochs, Workers: 1})
			if c.each {
				tr.RunFrozen()
			}
			for b.Loop() {
				if _, err := tr.Fit(context.Background(), c.data, c.test); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e3/float64(b.N*epochs), "ms/epoch")
		})
	}
}
