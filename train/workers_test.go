package train_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/rng"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// wholeHouse is a network with all kinds of layers: with width 100 its passes and updates are
// large enough to be shared (net.sharedWork, train.sharedParams).
func wholeHouse(t testing.TB, width int) *net.Network {
	return network(t, net.Config{Inputs: 64, Layers: []net.Layer{
		{Units: 2 * width, Activation: net.GELU, Norm: net.BatchNorm, Dropout: 0.2},
		{Units: width, Activation: net.ELU, Norm: net.LayerNorm, Dropout: 0.1},
		{Units: width, Activation: net.SiLU, Norm: net.BatchNorm},
		{Units: 10},
	}, Loss: net.SoftmaxCrossEntropy, LabelSmoothing: 0.1})
}

// everyOption is a configuration with all that a step can do.
func everyOption(o train.Optimizer) train.Config {
	return train.Config{
		Optimizer: o, LearnRate: train.Warmup{Steps: 3, Then: train.Cosine{Start: 0.01, Steps: 1000}}, BatchSize: 64, Epochs: 2, Seed: 9,
		ClipValue: 0.1, ClipNorm: 0.5, L1: 1e-4, L2: 1e-3, DecayBiases: true, MaxNorm: 2, EMA: 0.9,
	}
}

// Any number of workers gives the same bits, on networks below and above the sizes from which
// they share the work.
func TestWorkersSameBits(t *testing.T) {
	data, test := digits()
	_, data = data.Split(0.2, 1)
	eachLevel(t, func(t *testing.T, level isa.Level) {
		for name, c := range map[string]struct {
			width  int
			config train.Config
		}{
			"small":  {10, everyOption(train.Adam{})},
			"large":  {100, everyOption(train.AdamW{})},
			"frozen": {100, train.Config{Epochs: 1, BatchSize: 50, ClipNorm: 0.1, Layers: []train.LayerConfig{{}, {Frozen: true}, {}, {Frozen: true}}, Balanced: true}},
			"below":  {100, train.Config{Epochs: 1, BatchSize: 50, SWA: 1, Layers: []train.LayerConfig{{Frozen: true}, {Frozen: true}, {}, {}}}},
		} {
			if level == isa.Generic && c.width > 10 {
				c.config.Epochs = 1
			}
			var want uint64
			var history string
			for _, workers := range []int{1, 2, 3, 7} {
				m := wholeHouse(t, c.width)
				if large := len(m.Params()) >= 1<<15; large != (c.width > 10) {
					t.Fatalf("%d parameters", len(m.Params()))
				}
				c.config.Workers = workers
				tr := trainer(t, m, c.config)
				h, err := tr.Fit(context.Background(), data, test)
				tr.Close()
				if err != nil {
					t.Fatal(err)
				}
				for i := range h.Epochs {
					h.Epochs[i].Seconds = 0
				}
				got, figures := hash(slices.Concat(m.Params(), m.Stats())), fmt.Sprintf("%+v", *h)
				if workers == 1 {
					want, history = got, figures
				} else if got != want || figures != history {
					t.Errorf("%s: %d workers give other results than 1: weights %v, history %v", name, workers, got == want, figures == history)
				}
			}
		}
	})
}

// Batches that workers gather together are the same, the incomplete last one included.
func TestGatherSameBits(t *testing.T) {
	const in, rows = 700, 130
	src := rng.New(1, 0, 0)
	d := &train.Dataset{Inputs: in, X: make([]float32, rows*in), Labels: make([]int, rows)}
	for i := range d.X {
		d.X[i] = float32(src.Float64())
	}
	for i := range d.Labels {
		d.Labels[i] = src.IntN(3)
	}
	units := 128 // as many as may be divided, so that all ways are tried
	if testing.Short() {
		units = 8
	}
	var want uint64
	for _, workers := range []int{1, 2, 3} {
		m := network(t, net.Config{Inputs: in, Layers: []net.Layer{{Units: units, Activation: net.ReLU}, {Units: 3}}, Loss: net.SoftmaxCrossEntropy})
		tr := trainer(t, m, train.Config{BatchSize: 50, Epochs: 12, Workers: workers})
		_, err := tr.Fit(context.Background(), d, nil)
		tr.Close()
		if err != nil {
			t.Fatal(err)
		}
		if got := hash(m.Params()); workers == 1 {
			want = got
		} else if got != want {
			t.Errorf("%d workers give other weights than 1", workers)
		}
	}
}

// goroutinesBack waits until there are no more goroutines than before.
func goroutinesBack(t *testing.T, before int) {
	t.Helper()
	for range 200 {
		runtime.GC()
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

// settled returns the number of goroutines when those of earlier tests have gone.
func settled() int {
	n := runtime.NumGoroutine()
	for same := 0; same < 5; same++ {
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
		if now := runtime.NumGoroutine(); now != n {
			n, same = now, 0
		}
	}
	return n
}

// A Trainer's workers end with Close, or when it is dropped; after Close one worker is left,
// and the bits are the same.
func TestClose(t *testing.T) {
	before := settled()
	data, _ := digits()
	b := net.Batch{X: data.X[:64*64], Labels: data.Labels[:64]}
	var hashes []uint64
	for _, early := range []bool{false, true} {
		m := wholeHouse(t, 100)
		c := everyOption(train.AdamW{})
		c.Workers = 5
		tr := trainer(t, m, c)
		for i := range 4 {
			if i == 2 && early {
				tr.Close()
			}
			if _, err := tr.Step(b); err != nil {
				t.Fatal(err)
			}
		}
		// Goroutines of earlier tests may end meanwhile: more than these do not begin, and
		// Close ends at least as many.
		with := runtime.NumGoroutine()
		if with > before+4 {
			t.Errorf("%d goroutines with 5 workers, %d before", with, before)
		}
		tr.Close()
		tr.Close()
		goroutinesBack(t, before)
		for wait := 0; !early && with-runtime.NumGoroutine() < 4; wait++ {
			if wait == 500 {
				t.Fatalf("Close of 5 workers ends %d goroutines", with-runtime.NumGoroutine())
			}
			time.Sleep(10 * time.Millisecond)
		}
		hashes = append(hashes, hash(m.Params()))
	}
	if hashes[0] != hashes[1] {
		t.Error("Close changes the results")
	}
	func() {
		tr := trainer(t, wholeHouse(t, 100), train.Config{Workers: 5, BatchSize: 64})
		if _, err := tr.Step(b); err != nil {
			t.Fatal(err)
		}
	}()
	goroutinesBack(t, before)
}

// With every option on and every optimizer, with one worker and with two, a step allocates
// nothing.
func TestStepWithEverythingAllocatesNothing(t *testing.T) {
	data, _ := digits()
	weights := make([]float32, 64)
	for i := range weights {
		weights[i] = float32(i)
	}
	eachLevel(t, func(t *testing.T, _ isa.Level) {
		for _, width := range []int{10, 100} {
			all := append(optimizers(), train.SGD{Momentum: 0.9}, train.RMSProp{Momentum: 0.9, Centered: true}, train.Adam{AMSGrad: true})
			if width > 10 {
				all = all[3:4]
			}
			for _, o := range all {
				for _, workers := range []int{1, 2} {
					c := everyOption(o)
					c.Workers, c.ClipNorm, c.Layers = workers, 1e-3, []train.LayerConfig{{}, {Frozen: true}, {}, {}}
					tr := trainer(t, wholeHouse(t, width), c)
					for _, b := range []net.Batch{{X: data.X[:64*64], Labels: data.Labels[:64], Weights: weights}, {X: data.X[:64], Labels: data.Labels[:1]}} {
						if n := testing.AllocsPerRun(5, func() {
							if _, err := tr.Step(b); err != nil {
								t.Fatal(err)
							}
						}); n != 0 {
							t.Errorf("width %d, %+v, %d workers, %d rows: %v allocations", width, o, workers, len(b.X)/64, n)
						}
					}
					tr.Close()
				}
			}
		}
	})
}
