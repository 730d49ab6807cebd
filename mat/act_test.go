package mat

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

// activation is one row of the table of element-wise activations; x is only used
// by gradients, as the derivative of what comes after.
type activation struct {
	name  string
	grad  bool
	call  func(dst, x, y []float32) // y is the input, or the output for a gradient
	spec  func(x, y float32) float32
	truth func(y float64) float64 // nil: no bound in ulp is documented
	wrong [2]string               // the panics for wrong lengths of y and x
	stack func()

	pinned uint32 // CRC-32 of TestActivationsEverywhere
}

var activations = []activation{
	{
		name: "Sigmoid", wrong: [2]string{wrongDstX},
		call:  func(dst, _, y []float32) { Sigmoid(dst, y) },
		spec:  func(_, y float32) float32 { return ref.Sigmoid(y) },
		truth: func(y float64) float64 { return 1 / (1 + math.Exp(-y)) },
		stack: func() {
			var x [stackLen]float32
			Sigmoid(x[:], x[:])
		},
		pinned: 0xd8f164fd,
	},
	{
		name: "Tanh", wrong: [2]string{wrongDstX},
		call:  func(dst, _, y []float32) { Tanh(dst, y) },
		spec:  func(_, y float32) float32 { return ref.Tanh(y) },
		truth: math.Tanh,
		stack: func() {
			var x [stackLen]float32
			Tanh(x[:], x[:])
		},
		pinned: 0xda916679,
	},
	{
		name: "SigmoidGrad", grad: true, wrong: [2]string{wrongDstY, wrongDstX},
		call: SigmoidGrad,
		spec: ref.SigmoidGrad,
		stack: func() {
			var x [stackLen]float32
			SigmoidGrad(x[:], x[:], x[:])
		},
		pinned: 0xe72ea708,
	},
	{
		name: "TanhGrad", grad: true, wrong: [2]string{wrongDstY, wrongDstX},
		call: TanhGrad,
		spec: ref.TanhGrad,
		stack: func() {
			var x [stackLen]float32
			TanhGrad(x[:], x[:], x[:])
		},
		pinned: 0x9e70e347,
	},
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

// TestActivations compares all levels with the specification over the sample, and
// with float64 where a bound of 0.501 ulp is promised. The sample serves for the
// outputs that gradients take, too.
func TestActivations(t *testing.T) {
	step := uint64(dense)
	if testing.Short() {
		step = sparse
	}
	x, y := sample(step)
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for a := range activations {
			op := &activations[a]
			dst := slices.Repeat([]float32{nan32}, len(y))
			op.call(dst, x, y)
			for i, got := range dst {
				if want := op.spec(x[i], y[i]); !same(got, want) {
					t.Fatalf("%s, isa %v: of %g (%#08x), factor %g: %g (%#08x), want %g (%#08x)", op.name, level, y[i],
						math.Float32bits(y[i]), x[i], got, math.Float32bits(got), want, math.Float32bits(want))
				}
				if op.truth != nil {
					if want := op.truth(float64(y[i])); want == want && !(math.Abs(float64(got)-want) <= 0.501*ulp(want)) {
						t.Fatalf("%s, isa %v: of %g (%#08x): %g, in float64 %g: off by %g ulp, bound 0.501", op.name, level, y[i],
							math.Float32bits(y[i]), got, want, math.Abs(float64(got)-want)/ulp(want))
					}
				}
			}
		}
	})
}

// TestActivationsEverywhere pins bits: all machines must give them, also where
// package math, which the specification calls, has assembly of its own.
func TestActivationsEverywhere(t *testing.T) {
	x, y := sample(sparse)
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, op := range activations {
			dst := make([]float32, len(y))
			op.call(dst, x, y)
			if got := crc32.ChecksumIEEE(appendBits(nil, dst...)); got != op.pinned {
				t.Errorf("%s, isa %v: CRC-32 of %d results is %#08x, want %#08x", op.name, level, len(dst), got, op.pinned)
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
		{"Sigmoid", 0, 0.5}, {"Sigmoid", negZero, 0.5}, {"Sigmoid", tiny, 0.5}, {"Sigmoid", -tiny, 0.5},
		{"Sigmoid", inf32, 1}, {"Sigmoid", -inf32, 0}, {"Sigmoid", nan32, nan32}, {"Sigmoid", 1e4, 1}, {"Sigmoid", -1e4, 0},
		{"Sigmoid", math.MaxFloat32, 1}, {"Sigmoid", -math.MaxFloat32, 0},
		{"Sigmoid", -100, 27 * tiny}, // e⁻¹⁰⁰ = 3.72e-44: subnormal, and not flushed to 0
		{"Tanh", 0, 0}, {"Tanh", negZero, negZero}, {"Tanh", tiny, tiny}, {"Tanh", -tiny, -tiny},
		{"Tanh", inf32, 1}, {"Tanh", -inf32, -1}, {"Tanh", nan32, nan32}, {"Tanh", 1e4, 1}, {"Tanh", -1e4, -1},
		{"Tanh", 1e-5, 1e-5}, {"Tanh", -0x1.8p-127, -0x1.8p-127}, {"Tanh", math.MaxFloat32, 1}, {"Tanh", -math.MaxFloat32, -1},
		// With dy = 1, at the outputs where a unit is saturated and where it is steepest.
		{"SigmoidGrad", 0, 0}, {"SigmoidGrad", 1, 0}, {"SigmoidGrad", 0.5, 0.25}, {"SigmoidGrad", nan32, nan32},
		{"TanhGrad", 1, 0}, {"TanhGrad", -1, 0}, {"TanhGrad", 0, 1}, {"TanhGrad", negZero, 1}, {"TanhGrad", nan32, nan32},
	} {
		for _, op := range activations {
			if op.name != c.f {
				continue
			}
			got := []float32{7}
			op.call(got, []float32{1}, []float32{c.x})
			if !same(got[0], c.want) {
				t.Errorf("%s(%g) = %g (%#08x), want %g", c.f, c.x, got[0], math.Float32bits(got[0]), c.want)
			}
		}
	}
}

// TestActivationsInPlace lets the destination be any of the inputs.
func TestActivationsInPlace(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, op := range activations {
			for _, n := range []int{0, 1, 2, 17, 1000} {
				_, v := generate(normal, n, 2)
				want := make([]float32, n)
				op.call(want, v[0], v[1])
				y := slices.Clone(v[1])
				op.call(y, v[0], y)
				if !sameBits(y, want) {
					t.Errorf("%s, isa %v, length %d: the result is different with dst = y", op.name, level, n)
				}
				x := slices.Clone(v[0])
				if op.call(x, x, v[1]); op.grad && !sameBits(x, want) {
					t.Errorf("%s, isa %v, length %d: the result is different with dx = dy", op.name, level, n)
				}
			}
		}
	})
}

func TestActivationPanics(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		check := func(name string, call func(dst, x, y []float32), wrong [2]string) {
			for j, want := range wrong {
				if want == "" {
					continue
				}
				for _, lengths := range [][2]int{{0, 1}, {1, 0}, {5, 6}, {17, 16}} {
					n := [3]int{lengths[0], lengths[0], lengths[0]}
					n[2-j] = lengths[1]
					var v vectors
					for i := range v {
						v[i] = make([]float32, n[i])
						poisonAll(v[i])
					}
					got := func() (r any) {
						defer func() { r = recover() }()
						call(v[0], v[1], v[2])
						return nil
					}()
					if got != want {
						t.Errorf("%s, isa %v, lengths %v: panic %v, want %q", name, level, n, got, want)
					}
					if !poisoned(v[0]) || !poisoned(v[1]) || !poisoned(v[2]) {
						t.Errorf("%s, isa %v, lengths %v: written before the panic", name, level, n)
					}
				}
			}
		}
		for _, op := range activations {
			check(op.name, op.call, op.wrong)
		}
		check("Softmax", func(dst, _, y []float32) { Softmax(dst, y) }, [2]string{wrongDstX})
		func() {
			defer func() {
				if got, want := recover(), "mat: Softmax: no elements"; got != want {
					t.Errorf("Softmax, isa %v, no elements: panic %v, want %q", level, got, want)
				}
			}()
			Softmax(nil, nil)
		}()
	})
}

func TestActivationsDoNotAllocate(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, op := range activations {
			if n := testing.AllocsPerRun(20, op.stack); n != 0 {
				t.Errorf("%s, isa %v: %v allocations, want 0", op.name, level, n)
			}
		}
		softmax := func() {
			var x [stackLen]float32
			sink = Softmax(x[:], x[:])
		}
		if n := testing.AllocsPerRun(20, softmax); n != 0 {
			t.Errorf("Softmax, isa %v: %v allocations, want 0", level, n)
		}
	})
}

// softmaxRows are finite logits of all sizes that a network may give.
func softmaxRows() [][]float32 {
	var rows [][]float32
	for n := 1; n <= 130; n++ {
		for _, dist := range []string{normal, wide, underflow, zeros, ties, negative} {
			_, v := generate(dist, n, 1)
			rows = append(rows, v[0])
			for _, by := range []float32{30, 1e4, -1e4} {
				scaled, shifted := slices.Clone(v[0]), slices.Clone(v[0])
				for i := range n {
					scaled[i] *= by
					shifted[i] += by
				}
				rows = append(rows, scaled, shifted)
			}
		}
	}
	_, v := generate(normal, block+100, 1)
	v[0][block+50] = 1e4 // without the maximum of the last block, its exponential overflows
	return append(rows, v[0],
		[]float32{1e4, -1e4}, []float32{-1e4, 1e4, 1e4}, []float32{-1e4, -1e4}, []float32{88, 89, 90},
		[]float32{math.MaxFloat32, -math.MaxFloat32, 0}, []float32{-math.MaxFloat32, -math.MaxFloat32},
		[]float32{-inf32, 1, 2}, []float32{3, -inf32}, []float32{negZero, 0}, []float32{0, 0x1p-149, -0x1p-149},
		[]float32{0, -87, -88, -100, -103, -104, -104.5}, // probabilities down to 0 by way of subnormals
	)
}

// TestSoftmax compares with the specification and with the definition: elements
// within 0.501 ulp of float64, a sum of 1, the logarithm within float64's rounding.
func TestSoftmax(t *testing.T) {
	const u = 0x1p-24
	rows := softmaxRows()
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, x := range rows {
			spec, specLog := ref.Softmax(x)
			top := math.Inf(-1)
			for _, v := range x {
				top = max(top, float64(v))
			}
			exp, sum := make([]float64, len(x)), 0.0
			for i, v := range x {
				exp[i] = math.Exp(float64(v) - top)
				sum += exp[i]
			}
			y := slices.Repeat([]float32{nan32}, len(x))
			input := slices.Clone(x)
			got := Softmax(y, x)
			where := func() string {
				return fmt.Sprintf("Softmax, isa %v, %d elements, the first %g", level, len(x), x[:min(8, len(x))])
			}
			if !sameBits(x, input) {
				t.Fatalf("%s: the input is changed", where())
			}
			total := 0.0
			for i, v := range y {
				total += float64(v)
				if !same(v, spec[i]) {
					t.Fatalf("%s: element %d is %g (%#08x), want %g (%#08x)", where(), i, v, math.Float32bits(v), spec[i], math.Float32bits(spec[i]))
				}
				if want := exp[i] / sum; !(math.Abs(float64(v)-want) <= 0.501*ulp(want)) {
					t.Fatalf("%s: element %d is %g, in float64 %g: off by %g ulp, bound 0.501", where(), i, v, want, math.Abs(float64(v)-want)/ulp(want))
				}
			}
			// Each element is off by at most u of itself, or by half of 2⁻¹⁴⁹.
			if bound := 1.01*u + float64(len(y))*0x1p-150; !(math.Abs(total-1) <= bound) {
				t.Fatalf("%s: the elements add up to 1%+g, bound %g", where(), total-1, bound)
			}
			// Sum and logarithm round in their last bits, and once more where top is added.
			want := top + math.Log(sum)
			bound := 0x1p-52 * (math.Abs(want) + math.Log(sum) + float64(len(x)+10))
			if !(math.Abs(got-want) <= bound) || !(math.Abs(got-specLog) <= bound) {
				t.Fatalf("%s: the logarithm is %v, want %v (specification %v), bound %g", where(), got, want, specLog, bound)
			}
			inPlace := slices.Clone(x)
			if again := Softmax(inPlace, inPlace); again != got || !sameBits(inPlace, y) {
				t.Fatalf("%s: the result is different with dst = x", where())
			}
		}
		// What all machines must give, as for the other activations. The inputs are exact:
		// package rand's normal numbers may differ in the last bit.
		var bits []byte
		for n := 1; n <= 100; n++ {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32((i*37+n*11)%257-128) / 16
			}
			log := Softmax(x, x)
			bits = binary.LittleEndian.AppendUint64(appendBits(bits, x...), math.Float64bits(log))
		}
		if got, want := crc32.ChecksumIEEE(bits), uint32(0xaefbe9d8); got != want {
			t.Errorf("Softmax, isa %v: CRC-32 of 100 rows is %#08x, want %#08x", level, got, want)
		}
	})
}

// TestSoftmaxClosedForms has rows whose result is known.
func TestSoftmaxClosedForms(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, c := range []struct {
			x, want []float32
			log     float64
		}{
			{[]float32{5}, []float32{1}, 5},
			{[]float32{-1e4}, []float32{1}, -1e4},
			{[]float32{0, 0, 0, 0}, []float32{0.25, 0.25, 0.25, 0.25}, 2 * math.Ln2},
			{[]float32{1e4, 1e4}, []float32{0.5, 0.5}, 1e4 + math.Ln2},
			{[]float32{1e4, -1e4}, []float32{1, 0}, 1e4},
			{[]float32{-inf32, -3}, []float32{0, 1}, -3},
			{[]float32{math.MaxFloat32, 0}, []float32{1, 0}, math.MaxFloat32},
		} {
			y := make([]float32, len(c.x))
			log := Softmax(y, c.x)
			if !slices.Equal(y, c.want) || !(math.Abs(log-c.log) <= 0x1p-52*math.Abs(c.log)) {
				t.Errorf("Softmax, isa %v, of %g: %g and logarithm %v, want %g and %v", level, c.x, y, log, c.want, c.log)
			}
		}
		for _, x := range [][]float32{
			{nan32}, {1, nan32, 2}, {nan32, inf32}, {nan32, -inf32}, {inf32}, {inf32, 1}, {inf32, inf32}, {-inf32, inf32},
			{-inf32}, {-inf32, -inf32, -inf32}, append(make([]float32, 100), nan32), append(make([]float32, 100), inf32),
		} {
			y := make([]float32, len(x))
			log := Softmax(y, x)
			for i, v := range y {
				if v == v {
					t.Errorf("Softmax, isa %v, of %g: element %d is %g, want NaN", level, x, i, v)
				}
			}
			if log == log {
				t.Errorf("Softmax, isa %v, of %g: the logarithm is %g, want NaN", level, x, log)
			}
		}
	})
}

// BenchmarkActivations measures a hidden layer's batch, and softmax on one row of ten.
func BenchmarkActivations(b *testing.B) {
	for _, op := range activations {
		b.Run(op.name+"/n=8192", func(b *testing.B) {
			_, v := generate(normal, 8192, 3)
			b.SetBytes(8 * 8192)
			b.ReportAllocs()
			for b.Loop() {
				op.call(v[0], v[1], v[2])
			}
		})
	}
	b.Run("Softmax/n=10", func(b *testing.B) {
		_, v := generate(normal, 10, 2)
		b.ReportAllocs()
		for b.Loop() {
			sink = Softmax(v[0], v[1])
		}
	})
}
