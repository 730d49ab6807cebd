package train_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// normedDigits returns a network for the digits whose figures go up and down at a high rate.
func normedDigits(t testing.TB) *net.Network {
	return network(t, net.Config{Inputs: 64, Layers: []net.Layer{{Units: 12, Activation: net.ReLU, Norm: net.BatchNorm}, {Units: 10}}, Loss: net.SoftmaxCrossEntropy})
}

// snapshots collects parameters and running averages.
type snapshots [][]float32

func (s *snapshots) add(m *net.Network) { *s = append(*s, slices.Concat(m.Params(), m.Stats())) }

// Fit leaves the weights, and the running averages, of the epoch with the best watched
// figure, to the bit, whichever figure that is, and ends after Patience worse ones.
func TestBestEpoch(t *testing.T) {
	data, test := digits()
	figure := map[train.Figure]func(e *train.Epoch) float64{
		train.ValidationLoss:     func(e *train.Epoch) float64 { return e.Validation.Loss },
		train.ValidationAccuracy: func(e *train.Epoch) float64 { return -e.Validation.Accuracy },
		train.TrainLoss:          func(e *train.Epoch) float64 { return e.Train.Loss },
		train.TrainAccuracy:      func(e *train.Epoch) float64 { return -e.Train.Accuracy },
	}
	data, _ = data.Split(0.8, 3) // few rows: the figures soon get worse
	test, _ = test.Split(0.8, 3)
	for watch, of := range figure {
		for _, c := range []train.Config{
			{Epochs: 30, Patience: 3}, {Epochs: 30, Patience: 2, MinDelta: 0.1}, {Epochs: 12, KeepBest: true}, {Epochs: 12, KeepBest: true, EMA: 0.5},
			{Epochs: 3, Patience: 100},
		} {
			for _, validation := range []*train.Dataset{test, nil} {
				name := fmt.Sprintf("%s, patience %d, min delta %g, EMA %g, validation %v", watch, c.Patience, c.MinDelta, c.EMA, validation != nil)
				m := normedDigits(t)
				var seen snapshots
				c.Watch, c.LearnRate, c.BatchSize = watch, train.Constant(0.3), 32
				c.Progress = func(p train.Progress) {
					if p.Done != nil {
						seen.add(m)
					}
				}
				h, err := trainer(t, m, c).Fit(context.Background(), data, validation)
				if err != nil {
					t.Fatal(name, err)
				}
				if validation == nil {
					of = map[train.Figure]func(e *train.Epoch) float64{
						train.ValidationLoss: figure[train.TrainLoss], train.ValidationAccuracy: figure[train.TrainAccuracy],
						train.TrainLoss: of, train.TrainAccuracy: of,
					}[watch]
				}
				best, ends := 0, c.Epochs
				for i := range h.Epochs {
					if of(&h.Epochs[i]) < of(&h.Epochs[best])-c.MinDelta {
						best = i
					}
					if c.Patience > 0 && i-best == c.Patience {
						ends = i + 1
						break
					}
				}
				if h.Best != best+1 || len(h.Epochs) != ends {
					t.Errorf("%s: best epoch %d of %d, want %d of %d", name, h.Best, len(h.Epochs), best+1, ends)
				}
				if c.EMA == 0 && hash(slices.Concat(m.Params(), m.Stats())) != hash(seen[best]) {
					t.Errorf("%s: the weights are not those of epoch %d", name, best+1)
				}
				if validation != nil {
					got, err := train.Evaluate(m, validation)
					if want := h.Epochs[best].Validation; err != nil || got.Accuracy != want.Accuracy || !(math.Abs(got.Loss-want.Loss) <= 1e-9*(1+want.Loss)) {
						t.Errorf("%s: the weights left give %+v, epoch %d had %+v, %v", name, got, best+1, want, err)
					}
				}
				of = figure[watch]
			}
		}
	}
}

// A run that is cancelled, or stopped by a loss of NaN, leaves the best weights so far if
// KeepBest is set.
func TestBestOfInterruptedRun(t *testing.T) {
	data, test := digits()
	for _, broken := range []bool{false, true} {
		m := normedDigits(t)
		ctx, cancel := context.WithCancel(context.Background())
		var seen snapshots
		c := train.Config{Epochs: 30, KeepBest: true, LearnRate: train.Constant(0.3), BatchSize: 200}
		c.Progress = func(p train.Progress) {
			if p.Done != nil {
				seen.add(m)
			}
			if p.Epoch == 8 && p.Step == 2 {
				if broken {
					m.Params()[0] = float32(math.NaN())
				} else {
					cancel()
				}
			}
		}
		h, err := trainer(t, m, c).Fit(ctx, data, test)
		cancel()
		var e *train.NonFiniteError
		if len(h.Epochs) != 7 || h.Best < 1 || h.Best == 7 || broken && (!errors.As(err, &e) || e.Restored != h.Best) || !broken && !errors.Is(err, context.Canceled) {
			t.Fatalf("%d epochs, best %d, error %v", len(h.Epochs), h.Best, err)
		}
		if hash(slices.Concat(m.Params(), m.Stats())) != hash(seen[h.Best-1]) {
			t.Errorf("broken %v: the weights are not those of epoch %d", broken, h.Best)
		}
	}
}

// EMA and SWA against plain averages of the weights seen on the way.
func TestAverages(t *testing.T) {
	data, test := digits()
	for _, c := range []train.Config{{EMA: 0.9}, {EMA: 0.999}, {SWA: 1}, {SWA: 3}, {SWA: 9}} {
		m := normedDigits(t)
		var steps, ends snapshots
		c.Epochs, c.BatchSize, c.LearnRate = 5, 200, train.Constant(0.01)
		c.Progress = func(p train.Progress) {
			if p.Done != nil {
				ends.add(m)
			} else {
				steps.add(m)
			}
		}
		tr := trainer(t, m, c)
		h, err := tr.Fit(context.Background(), data, test)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]float64, len(m.Params())+len(m.Stats()))
		total := 0.0
		add := func(x []float32, weight float64) {
			for i, v := range x {
				want[i] += weight * float64(v)
			}
			total += weight
		}
		switch {
		case c.EMA > 0:
			for k, x := range steps {
				add(x, math.Pow(c.EMA, float64(len(steps)-1-k)))
			}
		case c.SWA > c.Epochs:
			add(ends[len(ends)-1], 1)
		default:
			for _, x := range ends[c.SWA-1:] {
				add(x, 1)
			}
		}
		worst := 0.0
		for i, got := range slices.Concat(m.Params(), m.Stats()) {
			off := math.Abs(float64(got) - want[i]/total)
			if worst = max(worst, off); !(off <= 2e-6*(1+math.Abs(want[i]/total))) {
				t.Fatalf("EMA %g, SWA %d: number %d is %g, want %g", c.EMA, c.SWA, i, got, want[i]/total)
			}
		}
		if c.SWA != 9 && hash(slices.Concat(m.Params(), m.Stats())) == hash(ends[len(ends)-1]) {
			t.Errorf("EMA %g, SWA %d: the weights are the last, not an average", c.EMA, c.SWA)
		}
		got, err := train.Evaluate(m, test)
		if last := h.Epochs[4].Validation; err != nil || got.Accuracy != last.Accuracy || !(math.Abs(got.Loss-last.Loss) <= 1e-12) {
			t.Errorf("EMA %g, SWA %d: validation %+v, the weights left have %+v, %v", c.EMA, c.SWA, last, got, err)
		}
	}
}

// A run that is cancelled leaves its average too, which is what LoadNetwork finds in its
// checkpoint, and the weights of the last step where there is none yet.
func TestAverageOfCancelledRun(t *testing.T) {
	data, test := digits()
	for _, c := range []train.Config{{EMA: 0.9}, {SWA: 1}, {SWA: 3}} {
		m := normedDigits(t)
		ctx, cancel := context.WithCancel(context.Background())
		var last []float32
		c.Epochs, c.BatchSize, c.Checkpoint.Path = 4, 200, filepath.Join(t.TempDir(), "c")
		c.Progress = func(p train.Progress) {
			if p.Epoch == 2 && p.Step == 3 {
				last = slices.Clone(m.Params())
				cancel()
			}
		}
		tr := trainer(t, m, c)
		if _, err := tr.Fit(ctx, data, test); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if averaged := !slices.Equal(last, m.Params()); averaged != (c.SWA != 3) {
			t.Errorf("EMA %g, SWA %d: an average is left: %v", c.EMA, c.SWA, averaged)
		}
		kept, err := train.LoadNetwork(c.Checkpoint.Path)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(kept.Params(), m.Params()) || !slices.Equal(kept.Stats(), m.Stats()) {
			t.Errorf("EMA %g, SWA %d: LoadNetwork gives other weights", c.EMA, c.SWA)
		}
	}
}

// SWA averages weights of one run: another run of the same Trainer measures its own weights until
// its own average begins, and leaves that.
func TestAverageOfOneRun(t *testing.T) {
	data, test := digits()
	m := normedDigits(t)
	var ends snapshots
	c := train.Config{Epochs: 3, SWA: 2, BatchSize: 200, Progress: func(p train.Progress) {
		if p.Done != nil {
			ends.add(m)
		}
	}}
	tr := trainer(t, m, c)
	for run := range 2 {
		ends = nil
		h, err := tr.Fit(context.Background(), data, test)
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range slices.Concat(m.Params(), m.Stats()) {
			want := (float64(ends[1][i]) + float64(ends[2][i])) / 2
			if !(math.Abs(float64(got)-want) <= 2e-6*(1+math.Abs(want))) {
				t.Fatalf("run %d: number %d is %g, want %g, the mean of this run's", run, i, got, want)
			}
		}
		first := m.Clone()
		n := copy(first.Params(), ends[0])
		copy(first.Stats(), ends[0][n:])
		if want, err := train.Evaluate(first, test); err != nil || !(math.Abs(h.Epochs[0].Validation.Loss-want.Loss) <= 1e-12) {
			t.Errorf("run %d: the first epoch's validation is %+v, its weights have %+v, %v", run, h.Epochs[0].Validation, want, err)
		}
	}
}

// A validation loss of NaN leaves no trace in SWA's average.
func TestAverageOfBrokenRun(t *testing.T) {
	data, test := digits()
	nan := &train.Dataset{Inputs: 64, X: slices.Repeat([]float32{3e38}, 64), Labels: []int{0}}
	weights := func(broken bool) uint64 {
		m := classifier(t, 64, 8, 10, net.ReLU)
		tr := trainer(t, m, train.Config{Epochs: 3, BatchSize: 200, SWA: 1})
		if broken {
			if _, err := tr.Fit(context.Background(), data, nan); !errors.Is(err, train.ErrNonFinite) {
				t.Fatalf("error %v", err)
			}
		}
		if _, err := tr.Fit(context.Background(), data, test); err != nil {
			t.Fatal(err)
		}
		return hash(m.Params())
	}
	if weights(false) != weights(true) {
		t.Error("a run that was put back has changed the average")
	}
}

// A plateau lowers the rate of the epochs after Patience of them without a better figure,
// also behind a warm-up. A network of zeros with targets of zero stays where it is.
func TestPlateauInFit(t *testing.T) {
	data := &train.Dataset{Inputs: 1, X: make([]float32, 10), Y: make([]float32, 10)}
	plateau := train.Plateau{Start: 0.5, Factor: 0.5, Patience: 2, Floor: 0.2}
	for _, c := range []struct {
		schedule train.Schedule
		want     []float64
	}{
		{plateau, []float64{0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2}},
		{train.Warmup{Steps: 4, Then: plateau}, []float64{0.1, 0.3, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2}},
	} {
		m, err := net.New(net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1}}})
		if err != nil {
			t.Fatal(err)
		}
		h, err := trainer(t, m, train.Config{Epochs: 9, BatchSize: 5, LearnRate: c.schedule}).Fit(context.Background(), data, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range h.Epochs {
			if e.Rate != c.want[i] {
				t.Errorf("%T: rate of epoch %d is %g, want %g", c.schedule, i+1, e.Rate, c.want[i])
			}
		}
	}
}

// Schedules without a length get that of Fit.
func TestScheduleOverFit(t *testing.T) {
	data, _ := digits() // 1438 rows: 15 steps of 100 an epoch
	for _, c := range []struct{ open, fixed train.Schedule }{
		{train.Cosine{Start: 0.1, End: 0.01}, train.Cosine{Start: 0.1, End: 0.01, Steps: 45}},
		{train.Cosine{Start: 0.1, Cycles: 3}, train.Cosine{Start: 0.1, Cycles: 3, Steps: 45}},
		{train.OneCycle{Peak: 0.1}, train.OneCycle{Peak: 0.1, Steps: 45}},
		{train.Warmup{Steps: 5, Then: train.Cosine{Start: 0.1}}, train.Warmup{Steps: 5, Then: train.Cosine{Start: 0.1, Steps: 40}}},
		{train.Warmup{Steps: 5, Then: train.Warmup{Steps: 5, Then: train.OneCycle{Peak: 0.1}}}, train.Warmup{Steps: 5, Then: train.Warmup{Steps: 5, Then: train.OneCycle{Peak: 0.1, Steps: 35}}}},
	} {
		var hashes []uint64
		for _, s := range []train.Schedule{c.open, c.fixed} {
			m := classifier(t, 64, 8, 10, net.ReLU)
			h, err := trainer(t, m, train.Config{Epochs: 3, BatchSize: 100, LearnRate: s}).Fit(context.Background(), data, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i, e := range h.Epochs {
				if e.Rate != c.fixed.Rate(15*i) {
					t.Errorf("%+v: rate of epoch %d is %g, want %g", s, i+1, e.Rate, c.fixed.Rate(15*i))
				}
			}
			hashes = append(hashes, hash(m.Params()))
		}
		if hashes[0] != hashes[1] {
			t.Errorf("%+v and %+v give other weights", c.open, c.fixed)
		}
		m := classifier(t, 64, 8, 10, net.ReLU)
		if _, err := trainer(t, m, train.Config{LearnRate: c.open}).Step(net.Batch{X: data.X[:64], Labels: data.Labels[:1]}); err == nil {
			t.Errorf("%+v: Step works without a number of steps", c.open)
		}
	}
}
