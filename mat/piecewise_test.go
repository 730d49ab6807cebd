package mat

import (
	"math"
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

// The rows join the table of kernels_test.go, whose tests then cover them: every level,
// length and offset, guard pages, aliases, panics, allocations, and the benchmark.
func init() {
	each := func(f func(x, alpha float32) float32) func(alpha float32, v *vectors) float64 {
		return func(alpha float32, v *vectors) float64 {
			for i, x := range v[1] {
				v[0][i] = f(x, alpha)
			}
			return 0
		}
	}
	eachGrad := func(f func(dy, y, alpha float32) float32) func(alpha float32, v *vectors) float64 {
		return func(alpha float32, v *vectors) float64 {
			for i, dy := range v[1] {
				v[0][i] = f(dy, v[2][i], alpha)
			}
			return 0
		}
	}
	type call = func(alpha float32, v *vectors) float64
	unary := func(name string, call, spec call, stack func()) {
		operations = append(operations, operation{name: name, args: []string{"dst", "x"}, writes: true,
			wrong: [3]string{1: wrongDstX}, call: call, spec: spec, stack: stack})
	}
	binary := func(name string, wrong [3]string, call, spec call, stack func()) {
		operations = append(operations, operation{name: name, args: []string{"dx", "dy", "y"}, writes: true,
			wrong: wrong, call: call, spec: spec, stack: stack})
	}
	wrong := [3]string{1: wrongDstX, 2: wrongDstY}
	unary("LeakyReLU",
		func(alpha float32, v *vectors) float64 { LeakyReLU(v[0], v[1], alpha); return 0 },
		each(ref.LeakyReLU), func() {
			var dst, x [stackLen]float32
			LeakyReLU(dst[:], x[:], 0.01)
		})
	operations[len(operations)-1].alpha = true
	binary("LeakyReLUGrad", wrong,
		func(alpha float32, v *vectors) float64 { LeakyReLUGrad(v[0], v[1], v[2], alpha); return 0 },
		eachGrad(ref.LeakyReLUGrad), func() {
			var dx, dy, y [stackLen]float32
			LeakyReLUGrad(dx[:], dy[:], y[:], 0.01)
		})
	operations[len(operations)-1].alpha = true
	unary("ReLU6",
		func(_ float32, v *vectors) float64 { ReLU6(v[0], v[1]); return 0 },
		each(func(x, _ float32) float32 { return ref.ReLU6(x) }), func() {
			var dst, x [stackLen]float32
			ReLU6(dst[:], x[:])
		})
	binary("ReLU6Grad", wrong,
		func(_ float32, v *vectors) float64 { ReLU6Grad(v[0], v[1], v[2]); return 0 },
		eachGrad(func(dy, y, _ float32) float32 { return ref.ReLU6Grad(dy, y) }), func() {
			var dx, dy, y [stackLen]float32
			ReLU6Grad(dx[:], dy[:], y[:])
		})
	unary("HardSigmoid",
		func(_ float32, v *vectors) float64 { HardSigmoid(v[0], v[1]); return 0 },
		each(func(x, _ float32) float32 { return ref.HardSigmoid(x) }), func() {
			var dst, x [stackLen]float32
			HardSigmoid(dst[:], x[:])
		})
	binary("HardSigmoidGrad", wrong,
		func(_ float32, v *vectors) float64 { HardSigmoidGrad(v[0], v[1], v[2]); return 0 },
		eachGrad(func(dy, y, _ float32) float32 { return ref.HardSigmoidGrad(dy, y) }), func() {
			var dx, dy, y [stackLen]float32
			HardSigmoidGrad(dx[:], dy[:], y[:])
		})
	unary("HardSwish",
		func(_ float32, v *vectors) float64 { HardSwish(v[0], v[1]); return 0 },
		each(func(x, _ float32) float32 { return ref.HardSwish(x) }), func() {
			var dst, x [stackLen]float32
			HardSwish(dst[:], x[:])
		})
	binary("HardSwishGrad", [3]string{1: "mat: len(dx) != len(dy)", 2: "mat: len(dx) != len(x)"},
		func(_ float32, v *vectors) float64 { HardSwishGrad(v[0], v[1], v[2]); return 0 },
		eachGrad(func(dy, x, _ float32) float32 { return ref.HardSwishGrad(dy, x) }), func() {
			var dx, dy, x [stackLen]float32
			HardSwishGrad(dx[:], dy[:], x[:])
		})
}

// piecewise is an activation in float64, without the roundings, and its kinks.
type piecewise struct {
	name   string
	kinks  []float32
	slopes []float32 // what the gradient is at the kinks
	f      func(x float64) float64
	forth  func(dst, x []float32)
	back   func(dx, dy, x, y []float32)
}

func clamp01(x float64) float64 { return math.Min(math.Max(x, 0), 1) }

var piecewises = []piecewise{
	{
		"LeakyReLU", []float32{0}, []float32{0.25}, func(x float64) float64 { return math.Max(x, 0.25*x) },
		func(dst, x []float32) { LeakyReLU(dst, x, 0.25) },
		func(dx, dy, _, y []float32) { LeakyReLUGrad(dx, dy, y, 0.25) },
	},
	{
		"ReLU6", []float32{0, 6}, []float32{0, 0}, func(x float64) float64 { return 6 * clamp01(x/6) },
		ReLU6, func(dx, dy, _, y []float32) { ReLU6Grad(dx, dy, y) },
	},
	{
		"HardSigmoid", []float32{-3, 3}, []float32{0, 0}, func(x float64) float64 { return clamp01(x/6 + 0.5) },
		HardSigmoid, func(dx, dy, _, y []float32) { HardSigmoidGrad(dx, dy, y) },
	},
	{
		"HardSwish", []float32{-3, 3}, []float32{0, 1}, func(x float64) float64 { return x * clamp01(x/6+0.5) },
		HardSwish, func(dx, dy, x, _ []float32) { HardSwishGrad(dx, dy, x) },
	},
}

// TestPiecewise compares values with float64 and gradients with central differences,
// and has the values and slopes at the kinks exactly.
func TestPiecewise(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, p := range piecewises {
			x := append([]float32(nil), p.kinks...) // in front: the vector code sees them
			for i := -1000; i <= 1000; i++ {
				x = append(x, float32(i)*0.01+0.003)
			}
			y, dy, dx := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
			p.forth(y, x)
			for i := range dy {
				dy[i] = 2
			}
			p.back(dx, dy, x, y)
			for i, v := range x {
				// Three roundings, of values up to 1 times x.
				want := p.f(float64(v))
				if bound := 0x1p-23 * math.Max(1, math.Abs(float64(v))); !(math.Abs(float64(y[i])-want) <= bound) {
					t.Errorf("%s, isa %v: %g gives %g, want %g", p.name, level, v, y[i], want)
				}
				if i < len(p.kinks) {
					if want := 2 * p.slopes[i]; float64(y[i]) != p.f(float64(v)) || dx[i] != want {
						t.Errorf("%s, isa %v: kink %g has value %g and twice the slope %g, want %g", p.name, level, v, y[i], dx[i], want)
					}
					continue
				}
				const h = 1e-4 // kinks are at least 0.003 away
				slope := (p.f(float64(v)+h) - p.f(float64(v)-h)) / (2 * h)
				if !(math.Abs(float64(dx[i])-2*slope) <= 1e-6) {
					t.Errorf("%s, isa %v: twice the slope at %g is %g, want %g", p.name, level, v, dx[i], 2*slope)
				}
			}
		}
	})
}

// TestPiecewiseSpecial has what the documentation says of zeros, infinities and NaN.
func TestPiecewiseSpecial(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		in := []float32{negZero, 0, inf32, -inf32, nan32, math.MaxFloat32, -math.MaxFloat32}
		ones := slices.Repeat([]float32{-1}, len(in))
		for _, c := range []struct {
			name string
			f    func(dst, x []float32)
			want []float32
		}{
			{"LeakyReLU", func(dst, x []float32) { LeakyReLU(dst, x, 0.5) }, []float32{negZero, 0, inf32, -inf32, nan32, math.MaxFloat32, -0.5 * math.MaxFloat32}},
			{"ReLU6", ReLU6, []float32{negZero, 0, 6, 0, nan32, 6, 0}},
			{"HardSigmoid", HardSigmoid, []float32{0.5, 0.5, 1, 0, nan32, 1, 0}},
			{"HardSwish", HardSwish, []float32{negZero, 0, inf32, nan32, nan32, math.MaxFloat32, negZero}},
			{"LeakyReLUGrad", func(dst, x []float32) { LeakyReLUGrad(dst, ones[:len(x)], x, 0) }, []float32{negZero, negZero, -1, negZero, -1, -1, negZero}},
			{"ReLU6Grad", func(dst, x []float32) { ReLU6Grad(dst, ones[:len(x)], x) }, []float32{0, 0, 0, 0, -1, 0, 0}},
			{"HardSigmoidGrad", func(dst, x []float32) { HardSigmoidGrad(dst, ones[:len(x)], x) }, []float32{0, 0, 0, 0, -sixth, 0, 0}},
			{"HardSwishGrad", func(dst, x []float32) { HardSwishGrad(dst, ones[:len(x)], x) }, []float32{-0.5, -0.5, -1, 0, nan32, -1, 0}},
		} {
			for _, n := range []int{len(in), 16 * len(in)} { // the portable tail, and the assembly
				x, got := make([]float32, n), make([]float32, n)
				ones = slices.Repeat([]float32{-1}, n)
				for i := range x {
					x[i] = in[i%len(in)]
				}
				c.f(got, x)
				for i := range got {
					if want := c.want[i%len(in)]; !same(got[i], want) {
						t.Errorf("%s, isa %v, length %d: %g gives %g, want %g", c.name, level, n, x[i], got[i], want)
					}
				}
			}
		}
	})
}

// TestHardSigmoidMonotone walks the floats near the kinks: values rise, stay inside of
// 0...1 and the gradient is there wherever the value is inside.
func TestHardSigmoidMonotone(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, kink := range []float32{-3, 3} {
			const n = 4001
			x := make([]float32, n)
			v := kink
			for range n / 2 {
				v = math.Nextafter32(v, -10)
			}
			for i := range x {
				x[i] = v
				v = math.Nextafter32(v, 10)
			}
			y := make([]float32, n)
			HardSigmoid(y, x)
			for i := 1; i < n; i++ {
				if !(y[i] >= y[i-1]) || !(y[i] >= 0) || !(y[i] <= 1) {
					t.Fatalf("isa %v: HardSigmoid(%g) = %g after %g", level, x[i], y[i], y[i-1])
				}
			}
			if x[0] >= kink || x[n-1] <= kink {
				t.Fatal("the walk does not cross the kink")
			}
		}
	})
}
