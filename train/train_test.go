package train_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// digits returns the bundled digits split into a training set and a held-back fifth.
func digits() (data, test *train.Dataset) {
	x, labels := fixtures.Digits()
	d := &train.Dataset{Inputs: fixtures.DigitsInputs, X: x, Labels: labels}
	return d.Split(0.2, 1)
}

func network(t testing.TB, c net.Config) *net.Network {
	t.Helper()
	m, err := net.New(c)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	return m
}

func classifier(t testing.TB, in, hidden, out int, a net.Activation) *net.Network {
	return network(t, net.Config{Inputs: in, Layers: []net.Layer{{Units: hidden, Activation: a}, {Units: out}},
		Loss: net.SoftmaxCrossEntropy})
}

func trainer(t testing.TB, m *net.Network, c train.Config) *train.Trainer {
	t.Helper()
	tr, err := train.New(m, c)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func eachLevel(t *testing.T, f func(t *testing.T, level isa.Level)) {
	for _, level := range isa.Available() {
		t.Run(level.String(), func(t *testing.T) {
			t.Cleanup(isa.Force(level))
			f(t, level)
		})
	}
}

// hash folds the bits of the parameters into 64.
func hash(params []float32) uint64 {
	h := fnv.New64a()
	for _, p := range params {
		b := math.Float32bits(p)
		h.Write([]byte{byte(b), byte(b >> 8), byte(b >> 16), byte(b >> 24)})
	}
	return h.Sum64()
}

// A whole training run gives the same weights, bit for bit, under every instruction set
// with fused multiply-add, and one other set of weights under generic on any platform.
// A changed value moves every user's results: it belongs in the changelog. The failure
// prints the line to put here.
func TestSameBitsOnEveryLevel(t *testing.T) {
	data, test := digits()
	few, _ := data.Split(0.75, 2)
	hashes := map[string]struct{ fused, generic uint64 }{
		"adam relu cross-entropy":             {0xc7e22c33576f746b, 0xf5f6c40114f0f7bb},
		"momentum tanh sigmoid squared error": {0x54cb779f9ebc817e, 0x81d7eeea8920fe36},
		"wide":                                {0x645870edec799679, 0x7ca7fd5d16921921},
		"everything":                          {0xbf597ee5ad8d2491, 0x52dd53db9238c06b},
	}
	for _, run := range []struct {
		name   string
		config train.Config
		layers []net.Layer
		loss   net.Loss
	}{
		{"adam relu cross-entropy", train.Config{Epochs: 2, Seed: 5}, []net.Layer{{Units: 40, Activation: net.ReLU}, {Units: 10}},
			net.SoftmaxCrossEntropy},
		{"momentum tanh sigmoid squared error", train.Config{Epochs: 1, Seed: 6, BatchSize: 50, Optimizer: train.SGD{Momentum: 0.9}, LearnRate: train.Constant(0.1)},
			[]net.Layer{{Units: 17, Activation: net.Tanh}, {Units: 12, Activation: net.Sigmoid}, {Units: 10, Activation: net.Sigmoid}},
			net.HalfSquaredError},
		// Wide enough for products in several tiles, panels and depths.
		{"wide", train.Config{Epochs: 1, Seed: 7, BatchSize: 400}, []net.Layer{{Units: 40, Activation: net.ReLU}, {Units: 530, Activation: net.ReLU}, {Units: 10}},
			net.SoftmaxCrossEntropy},
		// All kinds of layers and everything that a step and an epoch do, on two workers; on
		// few rows, for the sake of emulators.
		{"everything", train.Config{
			Optimizer: train.AdamW{}, LearnRate: train.Warmup{Steps: 5, Then: train.Cosine{Start: 0.01}}, BatchSize: 64, Epochs: 2, Seed: 8,
			ClipValue: 0.5, ClipNorm: 1, L1: 1e-4, L2: 1e-3, MaxNorm: 3, ClassWeights: []float64{1, 2, 0, 1, 1, 0.5, 1, 1, 3, 1},
			EMA: 0.95, KeepBest: true, Workers: 2,
		}, []net.Layer{
			{Units: 200, Activation: net.GELU, Norm: net.BatchNorm, Dropout: 0.2}, {Units: 150, Activation: net.ELU, Norm: net.LayerNorm, Dropout: 0.1},
			{Units: 30, Activation: net.SiLU, Norm: net.BatchNorm}, {Units: 20, Activation: net.LeakyReLU}, {Units: 20, Activation: net.Softplus, Norm: net.LayerNorm},
			{Units: 20, Activation: net.GELUTanh}, {Units: 20, Activation: net.HardSwish}, {Units: 20, Activation: net.SELU}, {Units: 10},
		}, net.SoftmaxCrossEntropy},
	} {
		t.Run(run.name, func(t *testing.T) {
			eachLevel(t, func(t *testing.T, level isa.Level) {
				m := network(t, net.Config{Inputs: 64, Layers: run.layers, Loss: run.loss})
				rows := data
				if run.name == "everything" {
					rows = few
				}
				if _, err := trainer(t, m, run.config).Fit(context.Background(), rows, test); err != nil {
					t.Fatal(err)
				}
				want, is := hashes[run.name].generic, "generic"
				if level.Fused() {
					want, is = hashes[run.name].fused, "fused"
				}
				if got := hash(slices.Concat(m.Params(), m.Stats())); got != want {
					t.Errorf("%q, %s: %#016x, want %#016x", run.name, is, got, want)
				}
			})
		})
	}
}

func TestDigitsAccuracy(t *testing.T) {
	if testing.Short() {
		t.Skip("30 epochs of the whole set take long under emulation")
	}
	data, test := digits()
	eachLevel(t, func(t *testing.T, _ isa.Level) {
		m := classifier(t, 64, 128, 10, net.ReLU)
		h, err := trainer(t, m, train.Config{Seed: 1, Epochs: 30, BatchSize: 16, LearnRate: train.Constant(0.002)}).Fit(context.Background(), data, test)
		if err != nil {
			t.Fatal(err)
		}
		last := h.Epochs[len(h.Epochs)-1]
		if !(last.Validation.Accuracy >= 0.97) {
			t.Errorf("accuracy on the held-back fifth %.4f, want at least 0.97", last.Validation.Accuracy)
		}
		if !(last.Train.Loss < 0.05 && last.Train.Accuracy > 0.99) {
			t.Errorf("training loss %.4f and accuracy %.4f at the end", last.Train.Loss, last.Train.Accuracy)
		}
		got, err := train.Evaluate(m, test)
		if err != nil || got.Accuracy != last.Validation.Accuracy || math.Abs(got.Loss-last.Validation.Loss) > 1e-12 {
			t.Errorf("Evaluate gives %v, %v; the history has %v", got, err, last.Validation)
		}
	})
}

// Each optimizer finds the minimum of a convex bowl (linear regression, whose answer is
// known) and gets through a curved problem (XOR).
func TestOptimizers(t *testing.T) {
	bowl := &train.Dataset{Inputs: 2}
	for i := range 64 {
		a, b := float32(i%8)/4-1, float32(i/8)/4-1
		bowl.X = append(bowl.X, a, b)
		bowl.Y = append(bowl.Y, 2*a-3*b+0.5)
	}
	xor := &train.Dataset{Inputs: 2, X: []float32{0, 0, 0, 1, 1, 0, 1, 1}, Labels: []int{0, 1, 1, 0}}
	for _, o := range []struct {
		name      string
		optimizer train.Optimizer
		rate      train.Constant
	}{
		{"sgd", train.SGD{}, 0.3},
		{"momentum", train.SGD{Momentum: 0.9}, 0.05},
		{"adam", train.Adam{}, 0.03},
	} {
		t.Run(o.name, func(t *testing.T) {
			eachLevel(t, func(t *testing.T, _ isa.Level) {
				c := train.Config{Optimizer: o.optimizer, LearnRate: o.rate, Epochs: 300, BatchSize: 64}
				m := network(t, net.Config{Inputs: 2, Layers: []net.Layer{{Units: 1}}})
				if _, err := trainer(t, m, c).Fit(context.Background(), bowl, nil); err != nil {
					t.Fatal(err)
				}
				for i, want := range []float32{2, -3, 0.5} {
					if got := m.Params()[i]; !(math.Abs(float64(got-want)) < 2e-3) {
						t.Errorf("bowl: parameter %d is %g, want %g", i, got, want)
					}
				}
				c.Epochs = 1500
				m = network(t, net.Config{Inputs: 2, Layers: []net.Layer{{Units: 8, Activation: net.Tanh}, {Units: 1, Activation: net.Sigmoid}}})
				if _, err := trainer(t, m, c).Fit(context.Background(), xor, nil); err != nil {
					t.Fatal(err)
				}
				got, err := train.Evaluate(m, xor)
				if err != nil || got.Accuracy != 1 || !(got.Loss < 0.02) {
					t.Errorf("xor: %+v, %v", got, err)
				}
			})
		})
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	eachLevel(t, func(t *testing.T, _ isa.Level) {
		for _, c := range []net.Config{
			{Inputs: 64, Layers: []net.Layer{{Units: 33, Activation: net.ReLU}, {Units: 10}}, Loss: net.SoftmaxCrossEntropy},
			{Inputs: 5, Layers: []net.Layer{{Units: 7, Activation: net.Tanh}, {Units: 1, Activation: net.Sigmoid}}},
			{Inputs: 40, Layers: []net.Layer{{Units: 520, Activation: net.Sigmoid}, {Units: 40}, {Units: 3}}},
		} {
			for _, o := range []train.Optimizer{train.Adam{}, train.SGD{Momentum: 0.9}} {
				m := network(t, c)
				tr := trainer(t, m, train.Config{Optimizer: o, BatchSize: 16})
				for _, rows := range []int{16, 1} {
					b := net.Batch{X: make([]float32, rows*c.Inputs)}
					if c.Loss == net.SoftmaxCrossEntropy {
						b.Labels = make([]int, rows)
					} else {
						b.Y = make([]float32, rows*m.Outputs())
					}
					if n := testing.AllocsPerRun(5, func() {
						if _, err := tr.Step(b); err != nil {
							t.Fatal(err)
						}
					}); n != 0 {
						t.Errorf("%T, %d rows, %+v: %v allocations per step", o, rows, c, n)
					}
				}
			}
		}
	})
}

// Step sees the rows that Fit takes, in Fit's order: an own loop gives Fit's bits.
func TestStepEqualsFit(t *testing.T) {
	x, labels := fixtures.Iris()
	data := &train.Dataset{Inputs: 4, X: x, Labels: labels}
	c := train.Config{Epochs: 1, BatchSize: len(labels), Seed: 3, LearnRate: train.Constant(0.01)}
	a, b := classifier(t, 4, 6, 3, net.Tanh), classifier(t, 4, 6, 3, net.Tanh)
	h, err := trainer(t, a, c).Fit(context.Background(), data, nil)
	if err != nil {
		t.Fatal(err)
	}
	loss, err := trainer(t, b, c).Step(net.Batch{X: x, Labels: labels})
	if err != nil {
		t.Fatal(err)
	}
	// One batch holds all rows; only the order, and so the rounding, differs.
	if math.Abs(loss-h.Epochs[0].Train.Loss) > 1e-12 {
		t.Errorf("losses %v and %v", loss, h.Epochs[0].Train.Loss)
	}
	for i := range a.Params() {
		if math.Abs(float64(a.Params()[i]-b.Params()[i])) > 1e-4 {
			t.Errorf("parameter %d: %g and %g", i, a.Params()[i], b.Params()[i])
		}
	}
}

func TestSeeds(t *testing.T) {
	data, _ := digits()
	weights := func(seed uint64) []float32 {
		m := classifier(t, 64, 10, 10, net.ReLU)
		if _, err := trainer(t, m, train.Config{Epochs: 1, Seed: seed}).Fit(context.Background(), data, nil); err != nil {
			t.Fatal(err)
		}
		return m.Params()
	}
	if !slices.Equal(weights(1), weights(1)) {
		t.Error("the same seed gives other weights")
	}
	if slices.Equal(weights(1), weights(2)) {
		t.Error("another seed gives the same weights")
	}
}

func TestProgressAndHistory(t *testing.T) {
	data, test := digits()
	var steps, ends int
	var last train.Progress
	c := train.Config{Epochs: 2, BatchSize: 100, Progress: func(p train.Progress) {
		if p.Done != nil {
			ends++
			if p.Step != p.Steps || p.Done.Epoch != p.Epoch || p.Done.Train.Loss != p.Loss {
				t.Errorf("end of epoch: %+v, %+v", p, *p.Done)
			}
			return
		}
		steps++
		if p.Epochs != 2 || p.Steps != 15 || p.Step != (steps-1)%15+1 || p.Epoch != (steps-1)/15+1 || !(p.Loss > 0) {
			t.Errorf("step %d: %+v", steps, p)
		}
		last = p
	}}
	m := classifier(t, 64, 16, 10, net.ReLU)
	tr := trainer(t, m, c)
	h, err := tr.Fit(context.Background(), data, test)
	if err != nil {
		t.Fatal(err)
	}
	// 1438 rows in batches of 100: 14 whole ones and one of 38.
	if data.Rows() != 1438 || steps != 30 || ends != 2 || tr.Steps() != 30 || len(h.Epochs) != 2 {
		t.Errorf("%d rows, %d steps, %d ends, Steps() %d, %d epochs", data.Rows(), steps, ends, tr.Steps(), len(h.Epochs))
	}
	e := h.Epochs[1]
	if e.Train.Loss != last.Loss || e.Epoch != 2 || e.Rate != 0.001 || !(e.Seconds > 0) || !(e.Train.Loss < h.Epochs[0].Train.Loss) {
		t.Errorf("history %+v, last progress %+v", e, last)
	}
	h, err = trainer(t, m, train.Config{Epochs: 1}).Fit(context.Background(), data, nil)
	if err != nil || !math.IsNaN(h.Epochs[0].Validation.Loss) || !math.IsNaN(h.Epochs[0].Validation.Accuracy) {
		t.Errorf("without validation: %+v, %v", h.Epochs, err)
	}
}

func TestCancel(t *testing.T) {
	data, _ := digits()
	ctx, cancel := context.WithCancel(context.Background())
	m := classifier(t, 64, 16, 10, net.ReLU)
	var at []float32
	tr := trainer(t, m, train.Config{Epochs: 5, BatchSize: 20, Progress: func(p train.Progress) {
		if p.Epoch == 2 && p.Step == 3 {
			at = slices.Clone(m.Params())
			cancel()
		}
	}})
	h, err := tr.Fit(ctx, data, nil)
	if !errors.Is(err, context.Canceled) || len(h.Epochs) != 1 || tr.Steps() != 72+3 {
		t.Errorf("error %v, %d epochs, %d steps", err, len(h.Epochs), tr.Steps())
	}
	if !slices.Equal(at, m.Params()) {
		t.Error("weights are not those of the last step")
	}
	got, err := train.Evaluate(m, data)
	if err != nil || !(got.Accuracy > 0.3) {
		t.Errorf("after cancelling: %+v, %v", got, err)
	}
	// A context that has ended already changes nothing.
	before := slices.Clone(m.Params())
	if _, err := tr.Fit(ctx, data, nil); !errors.Is(err, context.Canceled) || !slices.Equal(before, m.Params()) {
		t.Errorf("error %v", err)
	}
}

func TestNotFinite(t *testing.T) {
	data, test := digits()
	m := classifier(t, 64, 16, 10, net.ReLU)
	var good []float32
	rate := &rates{1e-3, 15, 1e30} // the second epoch explodes
	tr := trainer(t, m, train.Config{Epochs: 3, BatchSize: 100, Optimizer: train.SGD{}, LearnRate: rate, Progress: func(p train.Progress) {
		if p.Done != nil {
			good = slices.Clone(m.Params())
		}
	}})
	h, err := tr.Fit(context.Background(), data, test)
	var e *train.NonFiniteError
	if !errors.As(err, &e) || !errors.Is(err, train.ErrNonFinite) || e.Epoch != 2 || e.Step < 2 || e.Restored != 1 || len(h.Epochs) != 1 {
		t.Fatalf("error %#v, %d epochs", err, len(h.Epochs))
	}
	if !strings.Contains(err.Error(), "epoch 2, step ") || !strings.Contains(err.Error(), "end of epoch 1") {
		t.Errorf("text: %v", err)
	}
	if !slices.Equal(good, m.Params()) {
		t.Error("weights are not those of epoch 1")
	}

	// Already the first loss: nothing changes.
	m.Params()[0] = float32(math.NaN())
	_, err = trainer(t, m, train.Config{}).Fit(context.Background(), data, nil)
	if !errors.As(err, &e) || e.Epoch != 1 || e.Step != 1 || e.Restored != 0 {
		t.Errorf("error %v", err)
	}
	// The last update of all overflows: no loss follows to show it.
	m = classifier(t, 64, 16, 10, net.ReLU)
	before := slices.Clone(m.Params())
	tr = trainer(t, m, train.Config{Epochs: 1, BatchSize: data.Rows(), Optimizer: train.SGD{}, LearnRate: train.Constant(math.MaxFloat32)})
	for i := range data.X { // large inputs for large gradients
		data.X[i] *= 1e3
	}
	if _, err = tr.Fit(context.Background(), data, nil); !errors.As(err, &e) || e.Epoch != 1 || e.Step != 1 || !slices.Equal(before, m.Params()) {
		t.Errorf("error %v", err)
	}
	// A finite loss whose gradient overflows: a huge input on a weight of 0.
	m = network(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1}}})
	m.Params()[0] = 0
	before = slices.Clone(m.Params())
	tr = trainer(t, m, train.Config{})
	if loss, err := tr.Step(net.Batch{X: []float32{3e38}, Y: []float32{-1e3}}); !errors.Is(err, train.ErrNonFinite) || loss != 5e5 {
		t.Errorf("loss %v, error %v", loss, err)
	}
	if !slices.Equal(before, m.Params()) || tr.Steps() != 0 {
		t.Error("the step was made")
	}
}

// What a step spoils without a loss that shows it.
func TestStepNotFinite(t *testing.T) {
	step := func(tr *train.Trainer, y float32) error {
		_, err := tr.Step(net.Batch{X: []float32{1}, Y: []float32{y}})
		return err
	}
	// A gradient whose square overflows would freeze Adam for good.
	m := network(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1}}})
	tr := trainer(t, m, train.Config{})
	before := slices.Clone(m.Params())
	if err := step(tr, 3e19); !errors.Is(err, train.ErrNonFinite) || !slices.Equal(before, m.Params()) {
		t.Errorf("gradient of 3e19: error %v, weights %v", err, m.Params())
	}
	if err := step(tr, 1e18); err != nil || slices.Equal(before, m.Params()) {
		t.Errorf("gradient of 1e18: error %v, weights %v", err, m.Params())
	}
	// Infinite weights before a tanh give a finite loss.
	m = network(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1, Activation: net.Tanh}}})
	if err := step(trainer(t, m, train.Config{Optimizer: train.SGD{}, LearnRate: train.Constant(3e38)}), 1e3); !errors.Is(err, train.ErrNonFinite) {
		t.Errorf("weights %v: error %v", m.Params(), err)
	}
	// A schedule that goes wrong later.
	m = network(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1}}})
	tr = trainer(t, m, train.Config{LearnRate: &rates{0.1, 1, math.NaN()}})
	if err := step(tr, 1); err != nil {
		t.Error(err)
	}
	before = slices.Clone(m.Params())
	if err := step(tr, 1); err == nil || !strings.Contains(err.Error(), "learning rate NaN at step 1") || !slices.Equal(before, m.Params()) {
		t.Errorf("rate NaN: error %v", err)
	}
}

// A validation loss that is not finite stops the run like a training loss.
func TestValidationNotFinite(t *testing.T) {
	data := &train.Dataset{Inputs: 1, X: []float32{1, 2}, Y: []float32{1, 2}}
	huge := &train.Dataset{Inputs: 1, X: []float32{3e38}, Y: []float32{0}}
	m := network(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1}}})
	m.Params()[0] = 10
	before := slices.Clone(m.Params())
	_, err := trainer(t, m, train.Config{}).Fit(context.Background(), data, huge)
	var e *train.NonFiniteError
	if !errors.As(err, &e) || e.Step != 0 || !strings.Contains(err.Error(), "epoch 1, validation") || !slices.Equal(before, m.Params()) {
		t.Errorf("error %v", err)
	}
}

// Two runs of one epoch are one run of two, also after a run that was put back.
func TestFitGoesOn(t *testing.T) {
	data, _ := digits()
	c := train.Config{Epochs: 2, BatchSize: 100}
	once, twice := classifier(t, 64, 8, 10, net.ReLU), classifier(t, 64, 8, 10, net.ReLU)
	h, err := trainer(t, once, c).Fit(context.Background(), data, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Epochs = 1
	tr := trainer(t, twice, c)
	for range 2 {
		// A run that ends in a validation loss of NaN must leave no trace.
		nan := &train.Dataset{Inputs: 64, X: slices.Repeat([]float32{3e38}, 64), Labels: []int{0}}
		if _, err := tr.Fit(context.Background(), data, nan); !errors.Is(err, train.ErrNonFinite) {
			t.Fatalf("error %v", err)
		}
		if _, err := tr.Fit(context.Background(), data, nil); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(once.Params(), twice.Params()) {
		t.Error("two runs of one epoch give other weights than one of two")
	}
	if len(h.Epochs) != 2 {
		t.Errorf("%d epochs", len(h.Epochs))
	}
}

// The figures of an epoch are means over rows, whatever the batches: with a rate of 0
// they are those of Evaluate.
func TestHistoryIsMeanOverRows(t *testing.T) {
	data, test := digits()
	m := classifier(t, 64, 8, 10, net.ReLU)
	want, err := train.Evaluate(m, data)
	if err != nil {
		t.Fatal(err)
	}
	tr := trainer(t, m, train.Config{Epochs: 2, BatchSize: 1000, Optimizer: train.SGD{}, LearnRate: &rates{0, 3, 1e-20}})
	h, err := tr.Fit(context.Background(), data, test)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range h.Epochs {
		if !(math.Abs(e.Train.Loss-want.Loss) < 1e-6) || e.Train.Accuracy != want.Accuracy || e.Seconds > 60 {
			t.Errorf("epoch %d: %+v, Evaluate gives %+v", i+1, e, want)
		}
	}
	if h.Epochs[0].Rate != 0 || h.Epochs[1].Rate != 0 {
		t.Errorf("rates %g and %g, want 0: steps 0 and 2", h.Epochs[0].Rate, h.Epochs[1].Rate)
	}
	if h, err = tr.Fit(context.Background(), data, nil); err != nil || h.Epochs[0].Rate != 1e-20 {
		t.Errorf("rate of step 4: %g, %v", h.Epochs[0].Rate, err)
	}
}

// Momentum by hand: y = b on x = 0, so that the gradient is b - t.
func TestMomentumByHand(t *testing.T) {
	m := network(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1}}})
	m.Params()[1] = 8
	tr := trainer(t, m, train.Config{Optimizer: train.SGD{Momentum: 0.5}, LearnRate: train.Constant(0.25)})
	// v = 8, b = 6; v = 4+6 = 10, b = 3.5; v = 5+3.5 = 8.5, b = 1.375.
	for _, want := range []float32{6, 3.5, 1.375} {
		if _, err := tr.Step(net.Batch{X: []float32{0}, Y: []float32{0}}); err != nil || m.Params()[1] != want {
			t.Fatalf("b = %g, want %g (%v)", m.Params()[1], want, err)
		}
	}
}

// Every row is seen once an epoch, each epoch in another order. The loss of a network
// of zeros on squared targets tells which row a batch of one holds.
func TestEveryRowOnceAnEpoch(t *testing.T) {
	const rows = 50
	data := &train.Dataset{Inputs: 1, X: make([]float32, rows)}
	for i := range rows {
		data.Y = append(data.Y, float32(i))
	}
	m := network(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1}}})
	var orders [2][]int
	sum := 0.0
	tr := trainer(t, m, train.Config{Epochs: 2, BatchSize: 1, Optimizer: train.SGD{}, LearnRate: train.Constant(0), Progress: func(p train.Progress) {
		if p.Done != nil {
			sum = 0
			return
		}
		total := p.Loss * float64(p.Step) // of ½·target²; rounding may leave a little less than sum
		orders[p.Epoch-1] = append(orders[p.Epoch-1], int(math.Round(math.Sqrt(2*max(0, total-sum)))))
		sum = total
	}})
	if _, err := tr.Fit(context.Background(), data, nil); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(orders[0], orders[1]) || slices.IsSorted(orders[0]) {
		t.Errorf("orders %v and %v", orders[0], orders[1])
	}
	for _, order := range orders {
		slices.Sort(order)
		for i, row := range order {
			if i != row {
				t.Fatalf("rows seen: %v", order)
			}
		}
	}
}

// rates is 'first' for 'steps' steps and 'then' after.
type rates struct {
	first float64
	steps int
	then  float64
}

func (r *rates) Rate(step int) float64 {
	if step < r.steps {
		return r.first
	}
	return r.then
}

func TestBadConfig(t *testing.T) {
	m := classifier(t, 4, 3, 3, net.ReLU)
	for _, c := range []struct {
		config train.Config
		want   string
	}{
		{train.Config{BatchSize: -1}, "batch size -1: want 1...16777216"},
		{train.Config{BatchSize: 1 << 25}, "batch size 33554432"},
		{train.Config{Epochs: -2}, "epochs -2: want 1...16777216"},
		{train.Config{Epochs: 1 << 30}, "epochs 1073741824: want 1...16777216"},
		{train.Config{LearnRate: train.Constant(-1)}, "learning rate -1 at step 0: want a finite number, at least 0"},
		{train.Config{LearnRate: train.Constant(math.NaN())}, "learning rate NaN"},
		{train.Config{LearnRate: train.Constant(math.Inf(1))}, "learning rate +Inf"},
		{train.Config{Optimizer: train.SGD{Momentum: 1}}, "momentum 1: want a number in [0, 1)"},
		{train.Config{Optimizer: train.SGD{Momentum: math.NaN()}}, "momentum NaN"},
		{train.Config{Optimizer: train.Adam{Beta1: 1}}, "beta1 1: want a number in (0, 1)"},
		{train.Config{Optimizer: train.Adam{Beta2: -1}}, "beta2 -1: want a number in (0, 1)"},
		{train.Config{Optimizer: train.Adam{Eps: -1}}, "eps -1: want"},
	} {
		if _, err := train.New(m, c.config); err == nil || !strings.HasPrefix(err.Error(), "train: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.config, err, c.want)
		}
	}
	normed := network(t, net.Config{Inputs: 2, Layers: []net.Layer{{Units: 3}, {Units: 3, Norm: net.BatchNorm}, {Units: 1}}})
	if _, err := train.New(normed, train.Config{BatchSize: 1}); err == nil || !strings.Contains(err.Error(), "batch size 1: the batch norm of layer 1 needs 2 rows") {
		t.Errorf("batches of one row for a batch norm: error %v", err)
	}
	if _, err := train.New(normed, train.Config{BatchSize: 1, Layers: []train.LayerConfig{{}, {Frozen: true}, {}}}); err != nil {
		t.Errorf("batches of one row for a frozen batch norm: %v", err)
	}
	wide := network(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1 << 20}, {Units: 1}}})
	if _, err := train.New(wide, train.Config{BatchSize: 1 << 20}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("want 1...%d ", min(1<<30, math.MaxInt/8)/(1<<20+2))) {
		t.Errorf("a batch of 2^40 activations: error %v", err)
	}
}

func TestBadData(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	m := classifier(t, 2, 3, 2, net.ReLU)
	tr := trainer(t, m, train.Config{})
	before := slices.Clone(m.Params())
	good := &train.Dataset{Inputs: 2, X: []float32{1, 2}, Labels: []int{0}}
	for _, c := range []struct {
		data *train.Dataset
		want string
	}{
		{nil, "set: is nil"},
		{&train.Dataset{}, "0 inputs per row: the network has 2"},
		{&train.Dataset{Inputs: 3, X: []float32{1, 2, 3}, Labels: []int{0}}, "3 inputs per row: the network has 2"},
		{&train.Dataset{Inputs: 2, Labels: []int{}}, "has no rows"},
		{&train.Dataset{Inputs: 2, X: []float32{1, 2, 3}, Labels: []int{0}}, "len(X) = 3"},
		{&train.Dataset{Inputs: 2, X: []float32{1, 2}, Labels: []int{2}}, "label 2 in row 0: want 0...1"},
		{&train.Dataset{Inputs: 2, X: []float32{1, 2}, Labels: []int{-1}}, "label -1 in row 0"},
		{&train.Dataset{Inputs: 2, X: []float32{1, 2, 3, 4}, Labels: []int{0}}, "1 labels for 2 rows"},
		{&train.Dataset{Inputs: 2, X: []float32{1, 2}}, "len(Y) = 0: want 2"},
		{&train.Dataset{Inputs: 2, X: []float32{1, 2, 3, nan}, Labels: []int{0, 1}}, "X is NaN in row 1, column 1"},
		{&train.Dataset{Inputs: 2, X: []float32{1, 2, -inf, 3}, Labels: []int{0, 1}}, "X is -Inf in row 1, column 0"},
		{&train.Dataset{Inputs: 2, X: []float32{1, 2}, Y: []float32{1, inf}}, "Y is +Inf in row 0, column 1"},
	} {
		for name, pair := range map[string][2]*train.Dataset{"training": {c.data, good}, "validation": {good, c.data}} {
			if name == "validation" && c.data == nil {
				continue // no validation set is allowed
			}
			_, err := tr.Fit(context.Background(), pair[0], pair[1])
			if err == nil || !strings.HasPrefix(err.Error(), "train: "+name+" set: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s %+v: error %v, want %q", name, c.data, err, c.want)
			}
		}
		if _, err := train.Evaluate(m, c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Evaluate %+v: error %v, want %q", c.data, err, c.want)
		}
	}
	for _, c := range []struct {
		loss net.Loss
		y    float32
		want string
	}{
		{net.BinaryCrossEntropy, 1.5, "binary-cross-entropy wants 0...1"},
		{net.BinaryCrossEntropy, -0.25, "binary-cross-entropy wants 0...1"},
		{net.SoftmaxCrossEntropy, -0.25, "softmax-cross-entropy wants at least 0"},
	} {
		m := network(t, net.Config{Inputs: 2, Layers: []net.Layer{{Units: 2}}, Loss: c.loss})
		d := &train.Dataset{Inputs: 2, X: []float32{1, 2, 3, 4}, Y: []float32{0, 1, 0.5, c.y}}
		want := "Y is " + fmt.Sprint(c.y) + " in row 1, column 1 (from 0): " + c.want
		if _, err := trainer(t, m, train.Config{}).Fit(context.Background(), d, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
		_, err := trainer(t, m, train.Config{}).FitSource(context.Background(), &memory{data: d, most: 5, outs: 2}, false, nil)
		if err == nil || !strings.Contains(err.Error(), "source: "+want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := train.Evaluate(nil, good); err == nil || !strings.Contains(err.Error(), "the network is nil") {
		t.Errorf("Evaluate without a network: error %v", err)
	}
	if _, err := tr.Step(net.Batch{X: []float32{1, 2}, Labels: []int{5}}); err == nil || errors.Is(err, train.ErrNonFinite) {
		t.Errorf("Step: error %v", err)
	}
	if !slices.Equal(before, m.Params()) || tr.Steps() != 0 {
		t.Error("bad data changed the parameters")
	}
}

func TestRegression(t *testing.T) {
	d := &train.Dataset{Inputs: 1}
	for i := range 200 {
		x := float32(i)/100 - 1
		d.X = append(d.X, x)
		d.Y = append(d.Y, x*x, 1-x)
	}
	rest, part := d.Split(0.25, 4)
	m := network(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 16, Activation: net.Tanh}, {Units: 2}}})
	h, err := trainer(t, m, train.Config{Epochs: 200, LearnRate: train.Constant(0.01)}).Fit(context.Background(), rest, part)
	if err != nil {
		t.Fatal(err)
	}
	last := h.Epochs[len(h.Epochs)-1]
	if !(last.Validation.Loss < 1e-3) || !math.IsNaN(last.Train.Accuracy) || !math.IsNaN(last.Validation.Accuracy) {
		t.Errorf("last epoch %+v", last)
	}
}
