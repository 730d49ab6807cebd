package mat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

const testDelta = 0.75

// lossFunc is a loss of the table: call has the shape of all three, spec does a row.
type lossFunc struct {
	name string
	call func(losses []float64, dy, y, t []float32, n int, factor float64, weights []float32)
	spec func(dy, y, t []float32, c float32) float64
	// f and slope are one element's loss and derivative in float64.
	f, slope func(d float64) float64
	stack    func()
}

var lossFuncs = []lossFunc{
	{
		"HalfSquaredError", HalfSquaredError, ref.HalfSquaredError,
		func(d float64) float64 { return d * d / 2 }, func(d float64) float64 { return d },
		func() {
			var losses [10]float64
			var dy, y, t [100]float32
			var w [10]float32
			HalfSquaredError(losses[:], dy[:], y[:], t[:], 10, 1, w[:])
		},
	},
	{
		"AbsoluteError", AbsoluteError, ref.AbsoluteError,
		math.Abs, func(d float64) float64 { return math.Copysign(1, d) },
		func() {
			var losses [10]float64
			var dy, y, t [100]float32
			var w [10]float32
			AbsoluteError(losses[:], dy[:], y[:], t[:], 10, 1, w[:])
		},
	},
	{
		"HuberError", func(losses []float64, dy, y, t []float32, n int, factor float64, weights []float32) {
			HuberError(losses, dy, y, t, n, factor, weights, testDelta)
		},
		func(dy, y, t []float32, c float32) float64 { return ref.HuberError(dy, y, t, c, testDelta) },
		func(d float64) float64 {
			if a := math.Abs(d); a > testDelta {
				return testDelta * (a - testDelta/2)
			}
			return d * d / 2
		},
		func(d float64) float64 { return math.Min(math.Max(d, -testDelta), testDelta) },
		func() {
			var losses [10]float64
			var dy, y, t [100]float32
			var w [10]float32
			HuberError(losses[:], dy[:], y[:], t[:], 10, 1, w[:], testDelta)
		},
	},
}

func init() {
	for _, l := range lossFuncs {
		for _, weighted := range []bool{false, true} {
			op := matrixOp{
				name: l.name,
				args: []operand{
					{name: "losses", size: shape.eachRow, writes: true, wide: true},
					{name: "dy", size: shape.matrix, writes: true},
					{name: "y", size: shape.matrix},
					{name: "t", size: shape.matrix},
				},
				packed: true,
			}
			if weighted {
				op.name += ", weights"
				op.args = append(op.args, operand{name: "weights", size: shape.eachRow})
			}
			const factor = 1.0 / 3
			op.call = func(s shape, v *operands) {
				var w []float32
				if weighted {
					w = v.f[4]
					if w == nil {
						w = []float32{}
					}
				}
				l.call(v.w[0], v.f[1], v.f[2], v.f[3], s.n, factor, w)
			}
			op.spec = func(s shape, v *operands) {
				for i := range v.w[0] {
					c := float32(factor)
					if weighted {
						c = float32(factor * float64(v.f[4][i]))
					}
					at := i * s.n
					v.w[0][i] = l.spec(v.f[1][at:][:s.n], v.f[2][at:][:s.n], v.f[3][at:][:s.n], c)
				}
			}
			op.stack = l.stack
			matrixOps = append(matrixOps, op)
		}
	}
}

// TestLosses compares losses and gradients with float64, and gradients with central
// differences of the loss; in place as well.
func TestLosses(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, l := range lossFuncs {
			for _, n := range []int{1, 2, 3, 10, 33} {
				const rows, factor, h = 70, 0.125, 1e-5
				r := rand.New(rand.NewPCG(7, uint64(n)))
				y, target, weights := make([]float32, rows*n), make([]float32, rows*n), make([]float32, rows)
				for i := range y {
					y[i], target[i] = float32(r.NormFloat64()), float32(r.NormFloat64())
					if d := math.Abs(float64(y[i] - target[i])); d < 1e-3 || math.Abs(d-testDelta) < 1e-3 {
						y[i] += 0.01 // away from the kinks
					}
				}
				for i := range weights {
					weights[i] = float32(r.Float64())
				}
				dy, losses := make([]float32, rows*n), make([]float64, rows)
				l.call(losses, dy, y, target, n, factor, weights)
				for i := range rows {
					want := 0.0
					for j := range n {
						at := i*n + j
						d := float64(y[at]) - float64(target[at])
						want += l.f(d)
						slope := factor * float64(weights[i]) * (l.f(d+h) - l.f(d-h)) / (2 * h)
						exact := factor * float64(weights[i]) * l.slope(d)
						if !(math.Abs(float64(dy[at])-slope) <= 1e-6) || !(math.Abs(float64(dy[at])-exact) <= 0x1p-22*math.Abs(exact)) {
							t.Fatalf("%s, isa %v, n %d: dy[%d] is %g, want %g, by differences %g", l.name, level, n, at, dy[at], exact, slope)
						}
					}
					if !(math.Abs(losses[i]-want) <= 0x1p-22*want) {
						t.Fatalf("%s, isa %v, n %d: loss of row %d is %g, want %g", l.name, level, n, i, losses[i], want)
					}
				}
				for name, in := range map[string][]float32{"y": y, "t": target} {
					shared := append([]float32(nil), in...)
					got := make([]float64, rows)
					if name == "y" {
						l.call(got, shared, shared, target, n, factor, weights)
					} else {
						l.call(got, shared, y, shared, n, factor, weights)
					}
					for i := range dy {
						if !same(shared[i], dy[i]) || got[i/n] != losses[i/n] {
							t.Fatalf("%s, isa %v, n %d: in place of %s, element %d is %g, want %g", l.name, level, n, name, i, shared[i], dy[i])
						}
					}
				}
			}
		}
	})
}

// TestLossKinks has differences at the kinks, and values that overflow a square in float32.
func TestLossKinks(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		y := []float32{0, testDelta, -testDelta, 1, -1, 1e30, -1e30, 2}
		target := make([]float32, len(y))
		target[7] = 2
		for _, c := range []struct {
			l    lossFunc
			want float64
			dy   []float32
		}{
			{lossFuncs[0], 1e60, []float32{0, 1.5, -1.5, 2, -2, 2e30, -2e30, 0}},
			{lossFuncs[1], 2e30, []float32{0, 2, -2, 2, -2, 2, -2, 0}},
			{lossFuncs[2], 1.5e30, []float32{0, 1.5, -1.5, 1.5, -1.5, 1.5, -1.5, 0}},
		} {
			losses, dy := make([]float64, 1), make([]float32, len(y))
			c.l.call(losses, dy, y, target, len(y), 2, nil)
			if !(math.Abs(losses[0]-c.want) <= 1e-6*c.want) {
				t.Errorf("%s, isa %v: loss %g, want %g", c.l.name, level, losses[0], c.want)
			}
			for i := range dy {
				if !same(dy[i], c.dy[i]) {
					t.Errorf("%s, isa %v: dy[%d] is %g, want %g", c.l.name, level, i, dy[i], c.dy[i])
				}
			}
		}
	})
}

func TestHuberDelta(t *testing.T) {
	for _, delta := range []float32{0, -1, nan32} {
		func() {
			defer func() {
				if got := recover(); got != "mat: HuberError: delta is not above 0" {
					t.Errorf("delta %g: panic %v", delta, got)
				}
			}()
			HuberError(make([]float64, 1), make([]float32, 1), make([]float32, 1), make([]float32, 1), 1, 1, nil, delta)
		}()
	}
}

func TestOneHot(t *testing.T) {
	dst := []float32{9, 9, 9, 9, 9, 9}
	OneHot(dst, []int{2, 0}, 3)
	if got := fmt.Sprint(dst); got != "[0 0 1 1 0 0]" {
		t.Errorf("two rows of three: %s", got)
	}
	OneHot(dst, []int{0, 1, 1, 0, 1, 0}, 1)
	if got := fmt.Sprint(dst); got != "[0 1 1 0 1 0]" {
		t.Errorf("one column: %s", got)
	}
	for _, c := range []struct {
		labels []int
		size   int
		n      int
		want   string
	}{
		{[]int{0, 3}, 6, 3, "mat: OneHot: label out of range"},
		{[]int{0, -1}, 6, 3, "mat: OneHot: label out of range"},
		{[]int{2}, 1, 1, "mat: OneHot: label out of range"},
		{[]int{0, 1}, 5, 3, "mat: OneHot: len(dst) != len(labels)*n"},
		{[]int{0}, 0, -1, "mat: OneHot: len(dst) != len(labels)*n"},
	} {
		x := make([]float32, c.size)
		poisonAll(x)
		func() {
			defer func() {
				if got := recover(); got != c.want || !poisoned(x) {
					t.Errorf("labels %v, %d elements, n %d: panic %v, want %q", c.labels, c.size, c.n, got, c.want)
				}
			}()
			OneHot(x, c.labels, c.n)
		}()
	}
}
