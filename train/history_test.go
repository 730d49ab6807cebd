package train_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

func close6(got, want float64) bool { return math.Abs(got-want) <= 1e-6*(1+math.Abs(want)) }

// The figures of an epoch by hand. y = w·x + b with cost ½(y-t)²: the gradient of a row is
// (e·x, e) with e = y - t.
func TestEpochByHand(t *testing.T) {
	m := network(t, net.Config{Inputs: 2, Layers: []net.Layer{{Units: 1}}})
	start := []float32{3, 0, 1}
	data := &train.Dataset{Inputs: 2, X: []float32{1, 0, 1, 0}, Y: []float32{0, 0}}
	for _, c := range []struct {
		name   string
		config train.Config
		want   train.Epoch // of two steps with the same row
		layer  train.LayerStats
	}{
		// Step 1: e = 4, norm √(16+16); w = 3 - ¼·4 = 2, b = 0. Step 2: e = 2, norm √8; w = 1.5.
		{"plain", train.Config{}, train.Epoch{Rate: 0.25, Steps: 2, Rows: 2, GradNorm: (math.Sqrt(32) + math.Sqrt(8)) / 2, MaxGradNorm: math.Sqrt(32), Train: train.Metrics{Loss: (8 + 2) / 2.0}},
			train.LayerStats{UpdateRatio: 0.5 / 1.5, WeightNorm: 1.5, Sparsity: 0.5}},
		// GradNorm is that before clipping by value: steps of ¼·1; e = 4, then 3.5.
		{"clip value", train.Config{ClipValue: 1}, train.Epoch{Rate: 0.25, Steps: 2, Rows: 2, GradNorm: (4 + 3.5) / 2 * math.Sqrt2, MaxGradNorm: 4 * math.Sqrt2, Train: train.Metrics{Loss: (16 + 12.25) / 4}},
			train.LayerStats{UpdateRatio: 0.25 / 2.5, WeightNorm: 2.5, Sparsity: 0.5}},
		// And by norm: the gradient is √½·(1, 1) both times.
		{"clip norm", train.Config{ClipNorm: 1}, train.Epoch{Rate: 0.25, Steps: 2, Rows: 2, GradNorm: (4 + 4 - 0.5*math.Sqrt(0.5)) / 2 * math.Sqrt2, MaxGradNorm: 4 * math.Sqrt2,
			Train: train.Metrics{Loss: (16 + math.Pow(4-0.5*math.Sqrt(0.5), 2)) / 4}},
			train.LayerStats{UpdateRatio: 0.25 * math.Sqrt(0.5) / (3 - 0.5*math.Sqrt(0.5)), WeightNorm: 3 - 0.5*math.Sqrt(0.5), Sparsity: 0.5}},
		// L1 moves w by ¼·2 more and makes it 1.25, then 0: e = 4; 2.25.
		{"l1", train.Config{L1: 4}, train.Epoch{Rate: 0.25, Steps: 2, Rows: 2, GradNorm: (4 + 1) / 2.0 * math.Sqrt2, MaxGradNorm: 4 * math.Sqrt2, Train: train.Metrics{Loss: (16 + 1) / 4.0}},
			train.LayerStats{UpdateRatio: 0, WeightNorm: 0, Sparsity: 1}},
	} {
		copy(m.Params(), start)
		c.config.Optimizer, c.config.LearnRate, c.config.BatchSize, c.config.Epochs = train.SGD{}, train.Constant(0.25), 1, 1
		h, err := trainer(t, m, c.config).Fit(context.Background(), data, nil)
		if err != nil {
			t.Fatal(err)
		}
		e, l := h.Epochs[0], h.Epochs[0].Layers[0]
		if e.Epoch != 1 || e.Rate != c.want.Rate || e.Steps != c.want.Steps || e.Rows != c.want.Rows || !close6(e.GradNorm, c.want.GradNorm) || !close6(e.MaxGradNorm, c.want.MaxGradNorm) || !close6(e.Train.Loss, c.want.Train.Loss) {
			t.Errorf("%s: %+v, want %+v", c.name, e, c.want)
		}
		if !close6(l.UpdateRatio, c.layer.UpdateRatio) || !close6(l.WeightNorm, c.layer.WeightNorm) || l.Sparsity != c.layer.Sparsity {
			t.Errorf("%s: %+v, want %+v", c.name, l, c.layer)
		}
	}
}

// Dead units and saturated outputs, of units made for it by their biases.
func TestUnitStats(t *testing.T) {
	const rows = 2000 // the probe is some of them
	data := &train.Dataset{Inputs: 1, X: make([]float32, rows), Y: make([]float32, rows)}
	for i := range rows {
		if i >= rows/2 {
			data.X[i] = 1 // rows in order: the probe has to look at the second half too
		}
	}
	for _, c := range []struct {
		activation net.Activation
		w, b       [4]float32
		dead       int
		saturated  float64
	}{
		// Dead: the second, and the third, not the last, which lives for x = 1.
		{net.ReLU, [4]float32{1, -1, 0, 2}, [4]float32{1, -1, 0, -1}, 2, 0},
		{net.ReLU6, [4]float32{1, -1, 0, 2}, [4]float32{1, -1, 0, -1}, 2, 0},
		{net.HardSigmoid, [4]float32{0, 0, 0, 0}, [4]float32{0, -4, 4, -2}, 1, 0},
		// Saturated: always, for x = 1, never, always.
		{net.Tanh, [4]float32{0, 3, 0, 1}, [4]float32{3, 0, 2.2, -9}, 0, 2.5 / 4},
		{net.Sigmoid, [4]float32{0, 5, 0, 1}, [4]float32{5, 0, 4.5, -9}, 0, 2.5 / 4},
		{net.Identity, [4]float32{0, 5, 0, 1}, [4]float32{5, 0, 4.5, -9}, 0, 0},
	} {
		m := network(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 4, Activation: c.activation, Dropout: 0.5}, {Units: 1}}})
		w, b := m.Layer(0)
		copy(w, c.w[:])
		copy(b, c.b[:])
		last, _ := m.Layer(1)
		clear(last)
		h, err := trainer(t, m, train.Config{Optimizer: train.SGD{}, LearnRate: train.Constant(0), Epochs: 1, BatchSize: 100}).Fit(context.Background(), data, nil)
		if err != nil {
			t.Fatal(err)
		}
		if l := h.Epochs[0].Layers[0]; l.Dead != c.dead || l.Saturated != c.saturated {
			t.Errorf("%s: %d dead units, %g saturated; want %d, %g", c.activation, l.Dead, l.Saturated, c.dead, c.saturated)
		}
		if l := h.Epochs[0].Layers[1]; l.Dead != 0 || l.Sparsity != 1 || l.UpdateRatio != 0 {
			t.Errorf("%s: last layer %+v", c.activation, l)
		}
	}
}

// The update ratio is that of the last step, for a stream of unknown length too.
func TestUpdateRatioIsOfLastStep(t *testing.T) {
	data := &train.Dataset{Inputs: 1, X: []float32{1, 1, 1, 1, 1}, Y: []float32{0, 0, 0, 0, 0}}
	for _, stream := range []bool{false, true} {
		m := network(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1}}})
		m.Params()[0], m.Params()[1] = 8, 0
		tr := trainer(t, m, train.Config{Optimizer: train.SGD{}, LearnRate: train.Constant(0.25), BatchSize: 2, Epochs: 2})
		var h *train.History
		var err error
		if stream {
			h, err = tr.FitSource(context.Background(), &memory{data: data, most: 2, outs: 1}, false, nil)
		} else {
			h, err = tr.Fit(context.Background(), data, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		// e = 8, 4, 2 | 1, ½, ¼; w falls by a quarter of it: 6, 5, 4.5 | 4.25, 4.125, 4.0625.
		for i, want := range []float64{0.5 / 4.5, 0.0625 / 4.0625} {
			if got := h.Epochs[i].Layers[0].UpdateRatio; !close6(got, want) {
				t.Errorf("stream %v: update ratio of epoch %d %g, want %g", stream, i+1, got, want)
			}
		}
	}
}

// Where says where a number that is not finite was met first.
func TestNonFiniteWhere(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		name   string
		layers []net.Layer
		params []float32 // per layer w, b
		x, y   float32
		rate   float64
		want   string
	}{
		{"outputs of the first", []net.Layer{{Units: 1}, {Units: 1}}, []float32{inf, 0, 1, 0}, 1, 0, 0.1, "outputs of layer 0"},
		{"outputs of the last", []net.Layer{{Units: 1}, {Units: 1}}, []float32{1e30, 0, 1e30, 0}, 1, 0, 0.1, "outputs of layer 1"},
		{"gradient of the first", []net.Layer{{Units: 1}, {Units: 1}}, []float32{1e-30, 0, 1e15, 0}, 1e30, 0, 0.1, "gradient of layer 0"},
		{"only the norm", []net.Layer{{Units: 1}, {Units: 1}}, []float32{0, 0, 0, 0}, 1, 1e20, 0.1, ""},
		// The update, not the passes, overflows.
		{"weights", []net.Layer{{Units: 1, Activation: net.Tanh}, {Units: 1}}, []float32{0, 0, 1, 0}, 1, 1e10, 1e30, "new weights of layer 0"},
		{"later weights", []net.Layer{{Units: 1, Activation: net.ReLU}, {Units: 1}}, []float32{-1, 0, 1, 0}, 1, 1e10, 1e30, "new weights of layer 1"},
	} {
		m := network(t, net.Config{Inputs: 1, Layers: c.layers})
		copy(m.Params(), c.params)
		before := hash(m.Params())
		data := &train.Dataset{Inputs: 1, X: []float32{c.x}, Y: []float32{c.y}}
		_, err := trainer(t, m, train.Config{Optimizer: train.SGD{}, LearnRate: train.Constant(c.rate)}).Fit(context.Background(), data, nil)
		var e *train.NonFiniteError
		if !errors.As(err, &e) || e.Where != c.want || e.Epoch != 1 || e.Step != 1 || e.Restored != 0 || strings.Contains(err.Error(), "first in the") != (c.want != "") {
			t.Errorf("%s: error %v, where %+v, want %q", c.name, err, e, c.want)
		}
		if hash(m.Params()) != before {
			t.Errorf("%s: the weights are not put back", c.name)
		}
	}
}

// A sum of squares overflows after some steps whose gradients and weights are finite: from then
// on its parameter would not move.
func TestStateOverflows(t *testing.T) {
	data := &train.Dataset{Inputs: 1, X: slices.Repeat([]float32{1}, 30), Y: slices.Repeat([]float32{5e18}, 30)}
	m := network(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1}}})
	_, err := trainer(t, m, train.Config{Optimizer: train.AdaGrad{}, LearnRate: train.Constant(1e-9), BatchSize: 1}).Fit(context.Background(), data, nil)
	var e *train.NonFiniteError
	if !errors.As(err, &e) || e.Where != "optimizer's state of layer 0" || e.Step < 10 {
		t.Errorf("error %v", err)
	}
}

// A batch norm's variance overflows at activations of 1e20: the loss and the gradient stay
// finite, since x divided by ∞ is 0, but the network has nothing to say any more.
func TestVarianceOverflows(t *testing.T) {
	m := network(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 2}, {Units: 2, Norm: net.BatchNorm}, {Units: 1}}})
	m.Init(1)
	w, _ := m.Layer(1)
	w[0] = 1e20
	before := hash(append(m.Params(), m.Stats()...))
	data := &train.Dataset{Inputs: 1, X: []float32{1, 2, 3, 4}, Y: []float32{0, 1, 0, 1}}
	_, err := trainer(t, m, train.Config{}).Fit(context.Background(), data, nil)
	var e *train.NonFiniteError
	if !errors.As(err, &e) || e.Where != "outputs of layer 1" || e.Epoch != 1 || e.Step != 1 {
		t.Errorf("error %v", err)
	}
	if hash(append(m.Params(), m.Stats()...)) != before {
		t.Error("weights and running averages are not put back")
	}
}
