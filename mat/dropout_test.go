package mat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
	"github.com/sinew-ml/sinew/internal/rng"
)

const (
	dropoutSeed = 0x0123456789abcdef
	dropoutStep = 0x7654_fedc_ba98
)

// One row of kernels_test.go's table for each way to start: every level, length and
// offset, guard pages, aliases, allocations, and the benchmark.
func init() {
	for _, c := range []struct {
		p     float64
		first int
	}{{0.5, 0}, {0.2, 10}, {0, 1}} {
		operations = append(operations, operation{
			name: fmt.Sprintf("Dropout(p %g, first %d)", c.p, c.first), args: []string{"dst", "x"}, writes: true,
			wrong: [3]string{1: wrongDstX},
			call: func(_ float32, v *vectors) float64 {
				Dropout(v[0], v[1], c.p, dropoutSeed, dropoutStep, 3, c.first)
				return 0
			},
			spec: func(_ float32, v *vectors) float64 {
				for i, x := range v[1] {
					v[0][i] = ref.Dropout(x, c.p, dropoutSeed, dropoutStep, 3, c.first+i)
				}
				return 0
			},
			stack: func() {
				var dst, x [stackLen]float32
				Dropout(dst[:], x[:], c.p, 1, 2, 3, c.first)
			},
		})
	}
}

// TestDropoutWords compares masks with the words of internal/rng: in step 0 they are the
// stream Dropout of the layer, one word an element.
func TestDropoutWords(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		const n, layer, seed = 10_000, 65535, 0xfedcba9876543210
		x, y := make([]float32, n), make([]float32, n)
		for i := range x {
			x[i] = 1
		}
		for _, p := range []float64{0.5, 0.1, 0.9, 0x1p-32, 1 - 0x1p-32, 0x1p-40, 1 - 0x1p-40} {
			Dropout(y, x, p, seed, 0, layer, 0)
			s := rng.New(seed, rng.Dropout, layer)
			below := uint64(math.RoundToEven((1 - p) * (1 << 32)))
			for i, v := range y {
				want := float32(0)
				if uint64(s.Uint32()) < below {
					want = float32(1 / (1 - p))
				}
				if !same(v, want) {
					t.Fatalf("isa %v, p %g: element %d is %g, want %g", level, p, i, v, want)
				}
			}
		}
	})
}

// TestDropoutLimits puts the limit at a word and beside it: it decides exactly.
func TestDropoutLimits(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		const seed, step, layer = 9, 8, 7
		for e := range 64 {
			w := ref.Philox([4]uint32{uint32(e / 4), step, layer, rng.Dropout}, seed)[e%4]
			var x, y [64]float32
			x[e] = 1
			for _, c := range []struct {
				below uint64
				keep  bool
			}{{uint64(w) + 1, true}, {uint64(w), false}} {
				p := 1 - float64(c.below)*0x1p-32 // exact
				Dropout(y[:], x[:], p, seed, step, layer, 0)
				if (y[e] != 0) != c.keep {
					t.Errorf("isa %v, element %d, word %#x, limit %#x: got %g", level, e, w, c.below, y[e])
				}
			}
		}
	})
}

// TestDropoutSplits cuts the elements anywhere, far into a layer: the mask does not change.
func TestDropoutSplits(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		const n = 300
		r := rand.New(rand.NewPCG(5, 6))
		firsts := []uint64{0, 1, 1<<34 - n, 1<<33 - 7}
		for _, first := range firsts {
			if first > math.MaxInt-n {
				continue
			}
			whole, parts, x := make([]float32, n), make([]float32, n), make([]float32, n)
			for i := range x {
				x[i] = float32(r.NormFloat64())
			}
			Dropout(whole, x, 0.3, 1, 2, 3, int(first))
			for range 100 {
				cut := r.IntN(n + 1)
				Dropout(parts[:cut], x[:cut], 0.3, 1, 2, 3, int(first))
				Dropout(parts[cut:], x[cut:], 0.3, 1, 2, 3, int(first)+cut)
				for i := range whole {
					if want := ref.Dropout(x[i], 0.3, 1, 2, 3, int(first)+i); !same(whole[i], want) || !same(parts[i], want) {
						t.Fatalf("isa %v, first %d, cut at %d: element %d is %g, in parts %g, want %g", level, first, cut, i, whole[i], parts[i], want)
					}
				}
			}
		}
	})
}

// TestDropoutStatistics: the share of kept elements, and of pairs of them between
// neighbours, rows, steps, layers and seeds, is what independent draws give.
func TestDropoutStatistics(t *testing.T) {
	n := 1 << 20
	if testing.Short() {
		n = 1 << 18
	}
	all := float64(n)
	x := make([]float32, n)
	for i := range x {
		x[i] = 1
	}
	mask := func(seed, step uint64, layer, first int, p float64) []float32 {
		y := make([]float32, n)
		Dropout(y, x, p, seed, step, layer, first)
		return y
	}
	for _, p := range []float64{0.5, 0.1, 0.8} {
		base := mask(1, 1, 1, 0, p)
		sum := 0.0
		for _, v := range base {
			sum += float64(v)
		}
		// The sum of scaled elements has mean n and deviation √(n·p/(1-p)): five of them.
		if !(math.Abs(sum-all) <= 5*math.Sqrt(all*p/(1-p))) {
			t.Errorf("p %g: the sum of %d ones became %g", p, n, sum)
		}
		for name, other := range map[string][]float32{
			"next element": mask(1, 1, 1, 1, p), "next block": mask(1, 1, 1, 4, p), "next step": mask(1, 2, 1, 0, p),
			"step 2³² on": mask(1, 1+1<<32, 1, 0, p), "next layer": mask(1, 1, 2, 0, p), "next seed": mask(2, 1, 1, 0, p),
			"seed 2³² on": mask(1+1<<32, 1, 1, 0, p),
		} {
			both := 0.0
			for i, v := range base {
				if v != 0 && other[i] != 0 {
					both++
				}
			}
			q := (1 - p) * (1 - p)
			if !(math.Abs(both-all*q) <= 5*math.Sqrt(all*q*(1-q))*2) { // neighbours overlap: twice the deviation at most
				t.Errorf("p %g, %s: %g of %d elements kept in both, want about %g", p, name, both, n, all*q)
			}
		}
	}
}

func TestDropoutPanics(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, c := range []struct {
			p            float64
			layer, first int
			want         string
		}{
			{-0.1, 0, 0, "mat: Dropout: p is not in [0, 1)"},
			{1, 0, 0, "mat: Dropout: p is not in [0, 1)"},
			{math.NaN(), 0, 0, "mat: Dropout: p is not in [0, 1)"},
			{0.5, -1, 0, "mat: Dropout: layer is not in 0...65535"},
			{0.5, 65536, 0, "mat: Dropout: layer is not in 0...65535"},
			{0.5, 0, -1, "mat: Dropout: element outside of 0...2³⁴-1"},
			{0.5, 0, math.MaxInt, "mat: Dropout: element outside of 0...2³⁴-1"},
		} {
			if c.first == math.MaxInt && math.MaxInt == math.MaxInt32 {
				continue // such an element exists
			}
			y := make([]float32, 40)
			poisonAll(y)
			got := func() (r any) {
				defer func() { r = recover() }()
				Dropout(y, make([]float32, 40), c.p, 1, 2, c.layer, c.first)
				return nil
			}()
			if got != c.want || !poisoned(y) {
				t.Errorf("isa %v, p %g, layer %d, first %d: panic %v, want %q; written: %v", level, c.p, c.layer, c.first, got, c.want, !poisoned(y))
			}
		}
	})
}

// TestDropoutAfterReLU: the sign of a ReLU's output after dropout tells what both stopped.
func TestDropoutAfterReLU(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, n := range []int{1, 31, 64, 1000} {
			for _, p := range []float64{0, 0.25, 0.5, 1 - 0x1p-20, 1 - 0x1p-40} {
				for _, dist := range []string{normal, special, wide, underflow} {
					_, v := generate(dist, n, 2)
					a, dy := v[0], v[1]
					ReLU(a, a)
					y, want, got := make([]float32, n), make([]float32, n), make([]float32, n)
					Dropout(y, a, p, 1, 2, 3, 5)
					Dropout(want, dy, p, 1, 2, 3, 5)
					ReLUGrad(want, want, a)
					ReLUGrad(got, dy, y)
					Scal(DropoutScale(p), got)
					if !sameAll(got, want) {
						t.Fatalf("isa %v, p %g, %s inputs, %d elements: another gradient", level, p, dist, n)
					}
				}
			}
		}
	})
}
