package net_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/net"
)

// fourLayers is a network of which the first two layers are deterministic, but for the
// dropout of the second.
func fourLayers(t testing.TB) *net.Network {
	m := randomNetwork(t, net.Config{Inputs: 5, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{
		{Units: 9, Activation: net.GELU, Norm: net.BatchNorm},
		{Units: 6, Activation: net.ReLU, Dropout: 0.5},
		{Units: 7, Activation: net.SiLU, Norm: net.BatchNorm, Dropout: 0.25},
		{Units: 3},
	}})
	for i := range m.Stats() {
		m.Stats()[i] += float32(i%5) / 4
	}
	if err := m.SetTransform(&net.Transform{Mean: []float32{1, 2, 0, -1, 0.5}, Scale: []float32{1, 2, 3, 0.5, 1}}); err != nil {
		t.Fatal(err)
	}
	return m
}

// A layer's inputs are what Loss has on its way, in any batch.
func TestLayerInputs(t *testing.T) {
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		for _, m := range []*net.Network{fourLayers(t), everything(net.MSE)} {
			const rows = 9
			b := randomBatch(m, rows, values)
			ws := m.NewWorkspace(rows)
			if _, err := ws.Loss(b); err != nil {
				t.Fatal(err)
			}
			p := m.NewPredictor(rows)
			in := m.Inputs()
			for i := 1; i < m.Layers(); i++ {
				want := ws.Activations(i-1, rows)
				sameBits(t, fmt.Sprintf("inputs of layer %d", i), p.LayerInputs(i, b.X), want)
				n := len(want) / rows
				for r := range rows {
					sameBits(t, fmt.Sprintf("inputs of layer %d, row %d alone", i, r), p.LayerInputs(i, b.X[r*in:][:in]), want[r*n:][:n])
				}
				if a := testing.AllocsPerRun(10, func() { p.LayerInputs(i, b.X) }); a != 0 {
					t.Errorf("%g allocations", a)
				}
			}
			pair, err := net.NewEnsemble(m, m)
			if err != nil {
				t.Fatal(err)
			}
			for name, f := range map[string]func(){
				"of an ensemble": func() { pair.NewPredictor(rows).LayerInputs(1, b.X) },
				"of layer 0":     func() { p.LayerInputs(0, b.X) },
				"of no layer":    func() { p.LayerInputs(m.Layers(), b.X) },
				"of half a row":  func() { p.LayerInputs(1, b.X[1:]) },
				"of more rows":   func() { m.NewPredictor(1).LayerInputs(1, b.X) },
			} {
				if !panics(f) {
					t.Errorf("inputs %s: no panic", name)
				}
			}
		}
	})
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

// A batch that enters at a layer gives what the whole network, frozen below, gives: loss, gradient,
// outputs and running averages, with the dropout of the layer below.
func TestBatchFrom(t *testing.T) {
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		for _, rows := range []int{1, 2, 17} {
			for from := 1; from < 3; from++ {
				for _, workers := range []int{1, 2} {
					m := fourLayers(t)
					b := weighted(randomBatch(m, rows+1, labels), rows+1)
					b.X, b.Labels, b.Weights = b.X[m.Inputs():], b.Labels[1:], b.Weights[1:]
					part := b
					part.From, part.X = from, append([]float32(nil), m.NewPredictor(rows).LayerInputs(from, b.X)...)
					type result struct {
						loss, predicted       float64
						grads, outputs, stats []float32
					}
					var results [2]result
					for i, b := range []net.Batch{b, part} {
						m := m.Clone()
						ws := m.NewWorkspace(rows)
						if workers > 1 {
							team := mat.NewTeam(workers)
							defer team.Close()
							ws.SetTeam(team)
						}
						ws.Freeze([]bool{true, from > 1, false, false})
						ws.SetDropout(3, 4)
						r := &results[i]
						var err error
						if r.loss, err = ws.Gradient(b); err != nil {
							t.Fatal(err)
						}
						r.grads, r.outputs = append(r.grads, ws.Grads()...), append(r.outputs, ws.Outputs(rows)...)
						ws.UpdateStats()
						r.stats = m.Stats()
						if r.predicted, err = ws.Loss(b); err != nil {
							t.Fatal(err)
						}
						if a := testing.AllocsPerRun(5, func() { ws.Gradient(b) }); a != 0 {
							t.Errorf("%g allocations", a)
						}
					}
					want, got := results[0], results[1]
					what := fmt.Sprintf("%d rows from layer %d, %d workers: ", rows, from, workers)
					if got.loss != want.loss || got.predicted != want.predicted {
						t.Errorf("%slosses %g, %g, want %g, %g", what, got.loss, got.predicted, want.loss, want.predicted)
					}
					sameBits(t, what+"gradient", got.grads, want.grads)
					sameBits(t, what+"outputs", got.outputs, want.outputs)
					sameBits(t, what+"running averages", got.stats, want.stats)
				}
			}
		}
	})
}

func TestBatchFromErrors(t *testing.T) {
	m := fourLayers(t)
	ws := m.NewWorkspace(2)
	ws.Freeze([]bool{true, false, true, false})
	for want, b := range map[string]net.Batch{
		"From = -1: want 0...3":                     {From: -1, X: make([]float32, 5), Labels: []int{0}},
		"From = 4: want 0...3":                      {From: 4, X: make([]float32, 5), Labels: []int{0}},
		"len(X) = 5: want a positive multiple of 9": {From: 1, X: make([]float32, 5), Labels: []int{0}},
		"From = 2: layer 1 is not frozen":           {From: 2, X: make([]float32, 6), Labels: []int{0}},
	} {
		if _, err := ws.Gradient(b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	b := net.Batch{From: 1, X: make([]float32, 9), Labels: []int{0}}
	if _, err := net.CheckGradients(m, b); err == nil || !strings.Contains(err.Error(), "From = 1: want 0") {
		t.Errorf("CheckGradients: %v", err)
	}
	if _, err := net.CompareGradients(m, b, ws.Grads()); err == nil || !strings.Contains(err.Error(), "From = 1: want 0") {
		t.Errorf("CompareGradients: %v", err)
	}

	// The layers that were not run are not looked at, but the dropout below the first.
	w, _ := m.Layer(0)
	w[0] = float32(math.NaN())
	ws.Freeze([]bool{true, true, false, false})
	if _, err := ws.Gradient(net.Batch{X: make([]float32, 5), Labels: []int{0}}); err != nil {
		t.Fatal(err)
	}
	if layer, _ := ws.NonFinite(); layer != 0 {
		t.Errorf("layer %d, want 0", layer)
	}
	b = net.Batch{From: 2, X: make([]float32, 6), Labels: []int{0}}
	for _, c := range []struct {
		x     float32
		layer int
	}{{0, -1}, {3e38, 1}} {
		for i := range b.X {
			b.X[i] = c.x
		}
		if _, err := ws.Gradient(b); err != nil {
			t.Fatal(err)
		}
		if layer, _ := ws.NonFinite(); layer != c.layer {
			t.Errorf("layer %d, want %d", layer, c.layer)
		}
	}
}
