package mat

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

// The activations are rows of the table of operations, so every check of kernels_test.go
// covers them: lengths, offsets, guard pages, aliases, allocations. How close they come to
// the truth over all arguments is package internal/sweep's.

// activationRow is a value: y = f(x), within ulps units in the last place of truth.
func activationRow(name string, call func(dst, x []float32), spec func(float32) float32, ulps float64,
	truth func(float64) float64, stack func()) operation {
	return operation{
		name: name, args: []string{"dst", "x"}, writes: true, wrong: [3]string{1: wrongDstX},
		call: func(_ float32, v *vectors) float64 { call(v[0], v[1]); return 0 },
		spec: func(_ float32, v *vectors) float64 {
			for i, x := range v[1] {
				v[0][i] = spec(x)
			}
			return 0
		},
		unfused: true,
		truth: func(_ float32, v *vectors) (want, magnitude []float64) {
			for _, x := range v[1] {
				y := truth(float64(x))
				want, magnitude = append(want, y), append(magnitude, math.Abs(y))
			}
			return want, magnitude
		},
		roundings: func(int, bool) float64 { return 2 * ulps }, // a unit in the last place is at most 2u
		stack:     stack,
	}
}

// gradientRow is dx = dy·f'(arg); the derivative is off by at most units of 2⁻²⁴. truth
// is nil where all levels give the same bits.
func gradientRow(name, arg string, call func(dx, dy, y []float32), spec func(dy, y float32) float32, units float64,
	truth func(float64) float64, stack func()) operation {
	op := operation{
		name: name, args: []string{"dx", "dy", arg}, writes: true, wrong: [3]string{1: wrongDstX, 2: "mat: len(dst) != len(" + arg + ")"},
		call: func(_ float32, v *vectors) float64 { call(v[0], v[1], v[2]); return 0 },
		spec: func(_ float32, v *vectors) float64 {
			for i := range v[0] {
				v[0][i] = spec(v[1][i], v[2][i])
			}
			return 0
		},
		stack: stack,
	}
	if truth != nil {
		op.unfused = true
		op.roundings = func(int, bool) float64 { return units + 2 }
		op.truth = func(_ float32, v *vectors) (want, magnitude []float64) {
			for i, dy := range v[1] {
				dx := float64(dy) * truth(float64(v[2][i]))
				want, magnitude = append(want, dx), append(magnitude, max(math.Abs(dx), math.Abs(float64(dy))))
			}
			return want, magnitude
		}
	}
	return op
}

const (
	seluL32 = float32(seluLambda)
	seluS32 = float32(seluScaled)
)

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// gated returns x·f, which vanishes with f.
func gated(x, f float64) float64 {
	if f == 0 {
		return 0
	}
	return x * f
}

func normal64(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

func elu64(x, lambda, scaled float64) float64 {
	if x < 0 {
		return scaled * math.Expm1(x)
	}
	return lambda * x
}

func tanhArgument64(x float64) (w, slope float64) {
	c := 2 * math.Sqrt(2/math.Pi)
	return c * (x + 0.044715*x*x*x), c * (1 + 3*0.044715*x*x)
}

// gateSlope64 returns the derivative of x·sigmoid(w(x)).
func gateSlope64(x, w, slope float64) float64 {
	s := logistic(w)
	if s == 0 || s == 1 {
		return s
	}
	return s + x*slope*s*(1-s)
}

var activations = []operation{
	activationRow("Exp", Exp, ref.Exp, 0.95, math.Exp, func() { var x [stackLen]float32; Exp(x[:], x[:]) }),
	activationRow("Log", Log, ref.Log, 0.9, math.Log, func() { var x [stackLen]float32; Log(x[:], x[:]) }),
	activationRow("Sigmoid", Sigmoid, ref.Sigmoid, 1, logistic, func() { var x [stackLen]float32; Sigmoid(x[:], x[:]) }),
	activationRow("Tanh", Tanh, ref.Tanh, 0.9, math.Tanh, func() { var x [stackLen]float32; Tanh(x[:], x[:]) }),
	activationRow("Softplus", Softplus, ref.Softplus, 1.8, func(x float64) float64 {
		return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
	}, func() { var x [stackLen]float32; Softplus(x[:], x[:]) }),
	activationRow("ELU(1)", func(dst, x []float32) { ELU(dst, x, 1) }, func(x float32) float32 { return ref.ELU(x, 1, 1) }, 1,
		func(x float64) float64 { return elu64(x, 1, 1) }, func() { var x [stackLen]float32; ELU(x[:], x[:], 0.5) }),
	activationRow("SELU", SELU, func(x float32) float32 { return ref.ELU(x, seluL32, seluS32) }, 2,
		func(x float64) float64 { return elu64(x, seluLambda, seluScaled) }, func() { var x [stackLen]float32; SELU(x[:], x[:]) }),
	activationRow("GELU", GELU, ref.GELU, 6, func(x float64) float64 { return gated(x, normal64(x)) },
		func() { var x [stackLen]float32; GELU(x[:], x[:]) }),
	activationRow("GELUTanh", GELUTanh, ref.GELUTanh, 2, func(x float64) float64 {
		w, _ := tanhArgument64(x)
		return gated(x, logistic(w))
	}, func() { var x [stackLen]float32; GELUTanh(x[:], x[:]) }),
	activationRow("SiLU", SiLU, ref.SiLU, 1.8, func(x float64) float64 { return gated(x, logistic(x)) },
		func() { var x [stackLen]float32; SiLU(x[:], x[:]) }),

	gradientRow("SigmoidGrad", "y", SigmoidGrad, ref.SigmoidGrad, 0, nil, func() { var x [stackLen]float32; SigmoidGrad(x[:], x[:], x[:]) }),
	gradientRow("TanhGrad", "y", TanhGrad, ref.TanhGrad, 0, nil, func() { var x [stackLen]float32; TanhGrad(x[:], x[:], x[:]) }),
	gradientRow("SoftplusGrad", "y", SoftplusGrad, ref.SoftplusGrad, 1, func(y float64) float64 { return -math.Expm1(-max(y, 0)) },
		func() { var x [stackLen]float32; SoftplusGrad(x[:], x[:], x[:]) }),
	gradientRow("ELUGrad(0.5)", "y", func(dx, dy, y []float32) { ELUGrad(dx, dy, y, 0.5) },
		func(dy, y float32) float32 { return ref.ELUGrad(dy, y, 1, 0.5) }, 0, nil,
		func() { var x [stackLen]float32; ELUGrad(x[:], x[:], x[:], 0.5) }),
	gradientRow("SELUGrad", "y", SELUGrad, func(dy, y float32) float32 { return ref.ELUGrad(dy, y, seluL32, seluS32) }, 0, nil,
		func() { var x [stackLen]float32; SELUGrad(x[:], x[:], x[:]) }),
	gradientRow("GELUGrad", "z", GELUGrad, ref.GELUGrad, 2.5, func(z float64) float64 {
		return normal64(z) + gated(z, math.Exp(-z*z/2)/math.Sqrt(2*math.Pi))
	}, func() { var x [stackLen]float32; GELUGrad(x[:], x[:], x[:]) }),
	gradientRow("GELUTanhGrad", "z", GELUTanhGrad, ref.GELUTanhGrad, 2.5, func(z float64) float64 {
		w, slope := tanhArgument64(z)
		return gateSlope64(z, w, slope)
	}, func() { var x [stackLen]float32; GELUTanhGrad(x[:], x[:], x[:]) }),
	gradientRow("SiLUGrad", "z", SiLUGrad, ref.SiLUGrad, 2.5, func(z float64) float64 { return gateSlope64(z, z, 1) },
		func() { var x [stackLen]float32; SiLUGrad(x[:], x[:], x[:]) }),

	{
		// The factor is alpha: any, though only 0 and more are meant.
		name: "ELU", args: []string{"dst", "x"}, writes: true, alpha: true, wrong: [3]string{1: wrongDstX},
		call: func(alpha float32, v *vectors) float64 { ELU(v[0], v[1], alpha); return 0 },
		spec: func(alpha float32, v *vectors) float64 {
			for i, x := range v[1] {
				v[0][i] = ref.ELU(x, 1, alpha)
			}
			return 0
		},
		unfused: true,
		truth: func(alpha float32, v *vectors) (want, magnitude []float64) {
			for _, x := range v[1] {
				y := elu64(float64(x), 1, float64(alpha))
				want, magnitude = append(want, y), append(magnitude, math.Abs(y))
			}
			return want, magnitude
		},
		roundings: func(int, bool) float64 { return 4 },
		stack:     func() { var x [stackLen]float32; ELU(x[:], x[:], 0.5) },
	},
}

func init() {
	operations = append(operations, activations...)
}

// sample returns float32 of all kinds: bit patterns a prime apart, so that the low
// bits vary too, and the special ones. x is the other input of gradients.
func sample(step uint64) (x, y []float32) {
	y = slices.Clone(odd)
	for bits := uint64(0); bits < 1<<32; bits += step {
		y = append(y, math.Float32frombits(uint32(bits)))
	}
	// Half of all patterns are below 1 in size; the functions bend around 1.
	for i := -2000; i <= 2000; i++ {
		y = append(y, float32(i)/64, float32(i)/1024)
	}
	x = make([]float32, len(y))
	for i := range x {
		x[i] = float32(i%2001-1000) / 512
		if i%100 == 0 {
			x[i] = odd[i/100%len(odd)]
		}
	}
	return x, y
}

// Distances of the sample's patterns: 2²⁰ and 2¹⁵ of them.
const (
	dense  = 4093
	sparse = 131071
)

// ulp is the distance between float32 numbers at x.
func ulp(x float64) float64 {
	if x == 0 {
		return 0x1p-149
	}
	_, e := math.Frexp(x)
	return math.Ldexp(1, max(e-24, -149))
}

// appendBits appends the bits of x with one pattern for all NaN, whose payload is
// not specified.
func appendBits(b []byte, x ...float32) []byte {
	for _, v := range x {
		if v != v {
			v = nan32
		}
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// run calls an activation with x as the other input and y as the argument.
func (op *operation) run(dst, x, y []float32) {
	v := vectors{dst, x, y}
	if len(op.args) == 2 {
		v[1] = y
	}
	op.call(1.5, &v)
}

// TestActivations compares the vector code with the specification over the sample.
func TestActivations(t *testing.T) {
	step := uint64(dense)
	if testing.Short() {
		step = sparse
	}
	x, y := sample(step)
	for i := range activations {
		op := &activations[i]
		spec := vectors{make([]float32, len(y)), x, y}
		if len(op.args) == 2 {
			spec[1] = y
		}
		op.spec(1.5, &spec)
		everyLevel(t, func(t *testing.T, level isa.Level) {
			if op.unfused && !level.Fused() {
				return
			}
			dst := slices.Repeat([]float32{nan32}, len(y))
			op.run(dst, x, y)
			for i, got := range dst {
				if want := spec[0][i]; !same(got, want) {
					t.Fatalf("%s, isa %v: of %g (%#08x), factor %g: %g (%#08x), want %g (%#08x)", op.name, level, y[i],
						math.Float32bits(y[i]), x[i], got, math.Float32bits(got), want, math.Float32bits(want))
				}
			}
		})
	}
}

// TestActivationsEverywhere pins bits of the levels with fused operations and of those without: all machines must give them.
func TestActivationsEverywhere(t *testing.T) {
	pinned := map[string][2]uint32{ // generic, fused
		"Exp":          {0x6f4b701a, 0x35d48b9b},
		"Log":          {0xe09019be, 0x95d12ea0},
		"Sigmoid":      {0xd8f164fd, 0x907b4455},
		"Tanh":         {0xda916679, 0xe62b6f7e},
		"Softplus":     {0xc93dd6f1, 0x14042d1f},
		"ELU(1)":       {0x6275e1e6, 0x3021f97a},
		"SELU":         {0x3ed87078, 0xefd6b3db},
		"GELU":         {0x00e4d5d9, 0xaa2819d2},
		"GELUTanh":     {0x31604ebc, 0xc4085b5e},
		"SiLU":         {0x903baf80, 0x7498cd02},
		"SigmoidGrad":  {0xe72ea708, 0xe72ea708},
		"TanhGrad":     {0x9e70e347, 0x9e70e347},
		"SoftplusGrad": {0x4ed12895, 0x3ae791f8},
		"ELUGrad(0.5)": {0x0742b9c2, 0x0742b9c2},
		"SELUGrad":     {0xc8855d1a, 0xc8855d1a},
		"GELUGrad":     {0x89e6109c, 0xfb2fee48},
		"GELUTanhGrad": {0x3cc587d9, 0xd44f766e},
		"SiLUGrad":     {0x6aa109bd, 0x785091a3},
		"ELU":          {0x36e01390, 0x2c14af4c},
	}
	x, y := sample(sparse)
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for i := range activations {
			op := &activations[i]
			dst := make([]float32, len(y))
			op.run(dst, x, y)
			kind := 0
			if level.Fused() {
				kind = 1
			}
			if got, want := crc32.ChecksumIEEE(appendBits(nil, dst...)), pinned[op.name][kind]; got != want {
				t.Errorf("%s, isa %v: CRC-32 of %d results is %#08x, want %#08x", op.name, level, len(dst), got, want)
			}
		}
	})
}

func TestActivationSpecialValues(t *testing.T) {
	const tiny = 0x1p-149
	for _, c := range []struct {
		f       string
		x, want float32
	}{
		{"Exp", 0, 1}, {"Exp", negZero, 1}, {"Exp", tiny, 1}, {"Exp", inf32, inf32}, {"Exp", -inf32, 0}, {"Exp", nan32, nan32},
		{"Exp", 1e4, inf32}, {"Exp", -1e4, 0}, {"Exp", -100, 27 * tiny}, {"Exp", -90, 584744 * tiny}, {"Exp", -103.9, tiny}, {"Exp", -104, 0},
		{"Exp", 0x1.62e42ep+6, 0x1.ffff08p+127}, {"Exp", 0x1.62e43p+6, inf32}, // the last finite one, and the next
		{"Log", 1, 0}, {"Log", 0, -inf32}, {"Log", negZero, -inf32}, {"Log", inf32, inf32}, {"Log", -1, nan32}, {"Log", -inf32, nan32},
		{"Log", nan32, nan32}, {"Log", -tiny, nan32}, {"Log", tiny, -103.27893},
		{"Sigmoid", 0, 0.5}, {"Sigmoid", negZero, 0.5}, {"Sigmoid", tiny, 0.5}, {"Sigmoid", -tiny, 0.5},
		{"Sigmoid", inf32, 1}, {"Sigmoid", -inf32, 0}, {"Sigmoid", nan32, nan32}, {"Sigmoid", 1e4, 1}, {"Sigmoid", -1e4, 0},
		{"Sigmoid", math.MaxFloat32, 1}, {"Sigmoid", -math.MaxFloat32, 0},
		{"Sigmoid", -100, 27 * tiny}, // e⁻¹⁰⁰ = 3.72e-44: subnormal, and not flushed to 0
		{"Tanh", 0, 0}, {"Tanh", negZero, negZero}, {"Tanh", tiny, tiny}, {"Tanh", -tiny, -tiny},
		{"Tanh", inf32, 1}, {"Tanh", -inf32, -1}, {"Tanh", nan32, nan32}, {"Tanh", 1e4, 1}, {"Tanh", -1e4, -1},
		{"Tanh", 1e-5, 1e-5}, {"Tanh", -0x1.8p-127, -0x1.8p-127}, {"Tanh", math.MaxFloat32, 1}, {"Tanh", -math.MaxFloat32, -1},
		{"Softplus", 0, math.Ln2}, {"Softplus", -inf32, 0}, {"Softplus", inf32, inf32}, {"Softplus", nan32, nan32}, {"Softplus", 1e4, 1e4},
		{"Softplus", -1e4, 0}, {"Softplus", -100, 27 * tiny},
		{"ELU", -inf32, -1.5}, {"ELU(1)", 0, 0}, {"ELU(1)", negZero, negZero}, {"ELU(1)", inf32, inf32}, {"ELU(1)", -inf32, -1}, {"ELU(1)", nan32, nan32},
		{"ELU(1)", -tiny, -tiny}, {"ELU(1)", 7, 7}, {"SELU", 1, seluL32}, {"SELU", -inf32, -seluS32},
		{"GELU", 0, 0}, {"GELU", negZero, negZero}, {"GELU", inf32, inf32}, {"GELU", -inf32, negZero}, {"GELU", nan32, nan32}, {"GELU", 1e4, 1e4},
		{"GELU", -1e4, negZero}, {"GELU", 0x1p-140, 0x1p-141},
		{"GELUTanh", 0, 0}, {"GELUTanh", negZero, negZero}, {"GELUTanh", inf32, inf32}, {"GELUTanh", -inf32, negZero}, {"GELUTanh", nan32, nan32},
		{"GELUTanh", 1e4, 1e4}, {"GELUTanh", -1e4, negZero},
		{"SiLU", 0, 0}, {"SiLU", negZero, negZero}, {"SiLU", inf32, inf32}, {"SiLU", -inf32, negZero}, {"SiLU", nan32, nan32}, {"SiLU", 1e4, 1e4},
		{"SiLU", -1e4, negZero}, {"SiLU", -100, -2655 * tiny},
		// With dy = 1, at the outputs where a unit is saturated and where it is steepest.
		{"SigmoidGrad", 0, 0}, {"SigmoidGrad", 1, 0}, {"SigmoidGrad", 0.5, 0.25}, {"SigmoidGrad", nan32, nan32},
		{"TanhGrad", 1, 0}, {"TanhGrad", -1, 0}, {"TanhGrad", 0, 1}, {"TanhGrad", negZero, 1}, {"TanhGrad", nan32, nan32},
		{"SoftplusGrad", 0, 0}, {"SoftplusGrad", inf32, 1}, {"SoftplusGrad", 1e4, 1}, {"SoftplusGrad", tiny, tiny}, {"SoftplusGrad", nan32, nan32},
		{"ELUGrad(0.5)", 3, 1}, {"ELUGrad(0.5)", 0, 0.5}, {"ELUGrad(0.5)", -0.5, 0}, {"ELUGrad(0.5)", nan32, nan32},
		{"SELUGrad", 3, seluL32}, {"SELUGrad", -seluS32, 0},
		{"GELUGrad", 0, 0.5}, {"GELUGrad", inf32, 1}, {"GELUGrad", 1e4, 1}, {"GELUGrad", nan32, nan32},
		{"GELUTanhGrad", 0, 0.5}, {"GELUTanhGrad", inf32, 1}, {"GELUTanhGrad", -inf32, 0}, {"GELUTanhGrad", nan32, nan32},
		{"SiLUGrad", 0, 0.5}, {"SiLUGrad", inf32, 1}, {"SiLUGrad", 1e4, 1}, {"SiLUGrad", nan32, nan32},
	} {
		everyLevel(t, func(t *testing.T, level isa.Level) {
			found := false
			for i := range activations {
				op := &activations[i]
				if op.name != c.f {
					continue
				}
				found = true
				got := []float32{7}
				op.run(got, []float32{1}, []float32{c.x})
				if !same(got[0], c.want) {
					t.Errorf("%s, isa %v: of %g: %g (%#08x), want %g (%#08x)", c.f, level, c.x, got[0], math.Float32bits(got[0]), c.want, math.Float32bits(c.want))
				}
			}
			if !found {
				t.Fatalf("no activation %s", c.f)
			}
		})
	}
}
