package train

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/sinew-ml/sinew/internal/rng"
	"github.com/sinew-ml/sinew/net"
)

// The fastest way is found from full batches, kept, and looked for again.
func TestPace(t *testing.T) {
	t.Run("undivided", func(t *testing.T) { testPace(t, pace{}, apart, alone, together) })
	t.Run("divided", func(t *testing.T) { testPace(t, pace{units: true}, divided, apart, alone, together, divided) })
}

func testPace(t *testing.T, p pace, order ...way) {
	ways := 3
	if p.units {
		ways = 4
	}
	for _, fastest := range order {
		measured := 0
		for i := range ways*tryWay + keepWay {
			if w, m := p.next(false); m || i > 0 && w != p.way {
				t.Fatalf("step %d of fastest way %d: an incomplete batch is measured or changes the way", i, fastest)
			}
			w, m := p.next(true)
			switch {
			case i >= ways*tryWay:
				if m || w != fastest {
					t.Fatalf("step %d goes way %d, want %d", i, w, fastest)
				}
			case w != way(i/tryWay):
				t.Fatalf("step %d goes way %d", i, w)
			case m:
				measured++
				d := time.Duration(300 + 7*(i%tryWay))
				if w == fastest {
					d -= 100
				}
				p.took(d)
			}
		}
		if measured != ways*(tryWay-settle) {
			t.Errorf("%d steps measured", measured)
		}
	}
}

// No way of sharing a step allocates, nor does the change from one to another.
func TestEveryWayAllocatesNothing(t *testing.T) {
	const in = 150
	rows, runs := 64, 5
	if testing.Short() {
		rows, runs = 24, 3 // not 1: a goroutine that waits takes memory once in a while
	}
	m, err := net.New(net.Config{Inputs: in, Layers: []net.Layer{{Units: 256, Activation: net.ReLU, Norm: net.LayerNorm}, {Units: 10}}})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	tr, err := New(m, Config{Workers: 2, BatchSize: rows})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	b := net.Batch{X: make([]float32, rows*in), Y: make([]float32, rows*10)}
	var shared, units [ways]bool
	if n := testing.AllocsPerRun(runs, func() {
		tr.pace = pace{units: tr.pace.units}
		for range int(ways) * tryWay { // a trial
			if _, err := tr.Step(b); err != nil {
				t.Fatal(err)
			}
			shared[tr.pace.way], units[tr.pace.way] = tr.ws.Shared(), tr.ws.Divided()
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if want := [ways]bool{together: true, apart: true, divided: true}; shared != want {
		t.Errorf("ways that share: %v, want %v", shared, want)
	}
	if want := [ways]bool{divided: true}; units != want {
		t.Errorf("ways that divide units: %v, want %v", units, want)
	}
}

// All ways give the same bits, whatever the workers, and report the same norm: with a first
// layer that all, some or none of the numbers of workers divide, and one with frozen weights.
func TestWaysSameBits(t *testing.T) {
	type firstLayer struct {
		in, units int
		norm      net.Norm
		optimizer Optimizer
		frozen    bool
		divide    []int // numbers of workers that do
	}
	decay, amsgrad := AdamW{WeightDecay: 0.1}, Adam{AMSGrad: true}
	rows, most, firsts := 40, 4, []firstLayer{
		{513, 256, net.NoNorm, decay, false, []int{2, 4}}, {513, 192, net.BatchNorm, amsgrad, false, []int{3}}, {513, 128, net.LayerNorm, RProp{}, false, []int{2}},
		{513, 128, net.BatchNorm, decay, true, nil}, {513, 320, net.NoNorm, decay, false, nil}, {513, 96, net.NoNorm, decay, false, nil},
	}
	if testing.Short() { // no larger than what is divided and shared
		rows, most, firsts = 24, 3, []firstLayer{{129, 256, net.BatchNorm, amsgrad, false, []int{2}}, {171, 192, net.LayerNorm, decay, false, []int{3}}, {257, 128, net.NoNorm, decay, true, nil}}
	}
	for _, c := range firsts {
		src := rng.New(1, 0, 0)
		b := net.Batch{X: make([]float32, rows*c.in), Labels: make([]int, rows)}
		for i := range b.X {
			b.X[i] = float32(2*src.Float64() - 1)
		}
		for i := range b.Labels {
			b.Labels[i] = src.IntN(10)
		}
		var want []float32
		var norm float64
		for workers := 1; workers <= most; workers++ {
			for w := range ways {
				if workers == 1 && w > together {
					continue // one worker goes no way
				}
				m, err := net.New(net.Config{Inputs: c.in, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{{Units: c.units, Activation: net.ReLU, Norm: c.norm, Dropout: 0.1}, {Units: 33, Activation: net.ReLU, Norm: net.LayerNorm}, {Units: 10}}})
				if err != nil {
					t.Fatal(err)
				}
				m.Init(1)
				tr, err := New(m, Config{Workers: workers, BatchSize: rows, Optimizer: c.optimizer, L1: 1e-4, L2: 1e-3, ClipValue: 0.1, ClipNorm: 0.5, MaxNorm: 1, Layers: []LayerConfig{{Frozen: c.frozen}, {}, {}}})
				if err != nil {
					t.Fatal(err)
				}
				tr.pace.way, tr.pace.steps = w, tryWay*int(ways)+1 // no trial
				for range 3 {
					if _, err := tr.Step(b); err != nil {
						t.Fatal(err)
					}
				}
				where := fmt.Sprintf("%d units, frozen %v, %d workers, way %d", c.units, c.frozen, workers, w)
				if divides := w == divided && slices.Contains(c.divide, workers); tr.ws.Divided() != divides {
					t.Errorf("%s: units are divided: %v", where, !divides)
				}
				tr.Close()
				if want == nil {
					want, norm = m.Params(), tr.GradNorm()
				}
				if !slices.Equal(m.Params(), want) || tr.GradNorm() != norm {
					t.Errorf("%s: other results than one worker's", where)
				}
			}
		}
	}
}
