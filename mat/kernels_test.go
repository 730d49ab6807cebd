package mat

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"unsafe"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

// vectors are the slices an operation takes, the destination first if it has one.
type vectors [3][]float32

// operation is one row of the table that every check below ranges over.
type operation struct {
	name   string
	stub   string   // the assembly stubs are called this plus AVX2, AVX512 or NEON; "" if another row has them
	args   []string // what the documentation calls the vectors
	writes bool     // args[0] is written
	reads  bool     // args[0] is read (always so if nothing is written)
	alpha  bool     // there is a scalar factor
	wrong  [3]string
	flops  int // per element; the benchmark reports GFLOP/s where it is set

	// call runs the function under test, spec the specification. What a reduction
	// returns fits in float64 exactly: float32 or an index.
	call, spec func(alpha float32, v *vectors) float64

	// unfused says that the generic level gives other bits than the specification.
	unfused bool
	// truth computes results in float64, each with the sum of its terms' magnitudes;
	// roundings is how many units 2⁻²⁴ of that the result may be off.
	truth     func(alpha float32, v *vectors) (want, magnitude []float64)
	roundings func(n int, fused bool) float64

	// stack calls the function directly on buffers that escape analysis can leave
	// on the stack; through call they would move to the heap.
	stack func()
}

// sumRoundings bounds a sum of n terms in the given number of lanes: rem terms are
// left over, and all of them go to one lane. Its first term meets the rounding of
// its product, at most (n-rem)/lanes + rem - 1 additions and the tree's. For dotGo
// that is 1 + n/8 + 7·rem/8 - 1 + 3 ≤ n/8 + 9.2, for sumGo (4 lanes) at most
// n/4 + 3.3, and for the 64 lanes ⌈n/64⌉ + 6 (there the left-over terms spread, and
// the product is not rounded). Every further block costs one addition and saves n/lanes/blocks.
// The rest to 10 covers the terms of second order and the rounding of the truth itself.
func sumRoundings(genericLanes int) func(n int, fused bool) float64 {
	return func(n int, fused bool) float64 {
		lanes := genericLanes
		if fused {
			lanes = ref.Lanes
		}
		return float64(n)/float64(lanes) + 10
	}
}

func sumTruth(v *vectors, term func(i int) float64) (want, magnitude []float64) {
	s, m := 0.0, 0.0
	for i := range v[0] {
		s += term(i)
		m += math.Abs(term(i))
	}
	return []float64{s}, []float64{m}
}

const (
	wrongXY   = "mat: len(x) != len(y)"
	wrongDstX = "mat: len(dst) != len(x)"
	wrongDstY = "mat: len(dst) != len(y)"
)

// blockwise adds up a kernel's results as the exported functions do.
func blockwise(x []float32, f func([]float32) float64) float64 {
	s := 0.0
	for len(x) > 0 {
		n := min(block, len(x))
		s += f(x[:n])
		x = x[n:]
	}
	return s
}

// sumsqSpec is the sum in ref.Nrm2: 32 lanes, four groups of 8, then halves.
func sumsqSpec(x []float32) float64 {
	var lanes [32]float64
	for i, v := range x {
		lanes[i%32] += float64(v) * float64(v)
	}
	for _, half := range [][]float64{lanes[:16], lanes[16:]} {
		for l := range 8 {
			half[l] += half[8+l]
		}
	}
	for l := range 8 {
		lanes[l] += lanes[16+l]
	}
	for half := 4; half > 0; half /= 2 {
		for l := range half {
			lanes[l] += lanes[half+l]
		}
	}
	return lanes[0]
}

const stackLen = 100

var sink float64

var operations = []operation{
	{
		name: "Dot", stub: "dot", args: []string{"x", "y"}, reads: true, wrong: [3]string{1: wrongXY}, flops: 2,
		call:    func(_ float32, v *vectors) float64 { return float64(Dot(v[0], v[1])) },
		spec:    func(_ float32, v *vectors) float64 { return float64(ref.Dot(v[0], v[1])) },
		unfused: true,
		truth: func(_ float32, v *vectors) (want, magnitude []float64) {
			return sumTruth(v, func(i int) float64 { return float64(v[0][i]) * float64(v[1][i]) })
		},
		roundings: sumRoundings(8),
		stack: func() {
			var x, y [stackLen]float32
			sink = float64(Dot(x[:], y[:]))
		},
	},
	{
		// A body of its own on amd64, where loads are what bounds Dot.
		name: "Dot of x and x", stub: map[string]string{"amd64": "squares"}[runtime.GOARCH], args: []string{"x"}, reads: true, flops: 2,
		call:    func(_ float32, v *vectors) float64 { return float64(Dot(v[0], v[0])) },
		spec:    func(_ float32, v *vectors) float64 { return float64(ref.Dot(v[0], v[0])) },
		unfused: true,
		truth: func(_ float32, v *vectors) (want, magnitude []float64) {
			return sumTruth(v, func(i int) float64 { return float64(v[0][i]) * float64(v[0][i]) })
		},
		roundings: sumRoundings(8),
		stack: func() {
			var x [stackLen]float32
			sink = float64(Dot(x[:], x[:]))
		},
	},
	{
		name: "Sum", stub: "sum", args: []string{"x"}, reads: true,
		call:    func(_ float32, v *vectors) float64 { return float64(Sum(v[0])) },
		spec:    func(_ float32, v *vectors) float64 { return float64(ref.Sum(v[0])) },
		unfused: true,
		truth: func(_ float32, v *vectors) (want, magnitude []float64) {
			return sumTruth(v, func(i int) float64 { return float64(v[0][i]) })
		},
		roundings: sumRoundings(4),
		stack: func() {
			var x [stackLen]float32
			sink = float64(Sum(x[:]))
		},
	},
	{
		name: "Asum", stub: "asum", args: []string{"x"}, reads: true,
		call:    func(_ float32, v *vectors) float64 { return float64(Asum(v[0])) },
		spec:    func(_ float32, v *vectors) float64 { return float64(ref.Asum(v[0])) },
		unfused: true,
		truth: func(_ float32, v *vectors) (want, magnitude []float64) {
			return sumTruth(v, func(i int) float64 { return math.Abs(float64(v[0][i])) })
		},
		roundings: sumRoundings(4),
		stack: func() {
			var x [stackLen]float32
			sink = float64(Asum(x[:]))
		},
	},
	{
		name: "Nrm2", args: []string{"x"}, reads: true,
		call: func(_ float32, v *vectors) float64 { return float64(Nrm2(v[0])) },
		spec: func(_ float32, v *vectors) float64 { return float64(ref.Nrm2(v[0])) },
		truth: func(_ float32, v *vectors) (want, magnitude []float64) {
			s, _ := sumTruth(v, func(i int) float64 { return float64(v[0][i]) * float64(v[0][i]) })
			s[0] = math.Sqrt(s[0])
			return s, s
		},
		roundings: func(int, bool) float64 { return 2 }, // one unit in the last place is at most 2u
		stack: func() {
			var x [stackLen]float32
			sink = float64(Nrm2(x[:]))
		},
	},
	{
		// Nrm2 rounds away the last bits of its float64 sum, so the kernel has a row too.
		name: "sumsq", stub: "sumsq", args: []string{"x"}, reads: true,
		call: func(_ float32, v *vectors) float64 { return blockwise(v[0], sumsq) },
		spec: func(_ float32, v *vectors) float64 { return blockwise(v[0], sumsqSpec) },
		stack: func() {
			var x [stackLen]float32
			sink = sumsq(x[:])
		},
	},
	{
		name: "Max", stub: "max", args: []string{"x"}, reads: true,
		call: func(_ float32, v *vectors) float64 { return float64(Max(v[0])) },
		spec: func(_ float32, v *vectors) float64 { return float64(ref.Max(v[0])) },
		stack: func() {
			var x [stackLen]float32
			sink = float64(Max(x[:]))
		},
	},
	{
		name: "Iamax", stub: "iamax", args: []string{"x"}, reads: true,
		call: func(_ float32, v *vectors) float64 { return float64(Iamax(v[0])) },
		spec: func(_ float32, v *vectors) float64 { return float64(ref.Iamax(v[0])) },
		stack: func() {
			var x [stackLen]float32
			sink = float64(Iamax(x[:]))
		},
	},
	{
		name: "Axpy", stub: "axpy", args: []string{"y", "x"}, writes: true, reads: true, alpha: true,
		wrong: [3]string{1: wrongXY}, flops: 2,
		call:    func(alpha float32, v *vectors) float64 { Axpy(alpha, v[1], v[0]); return 0 },
		spec:    func(alpha float32, v *vectors) float64 { ref.Axpy(alpha, v[1], v[0]); return 0 },
		unfused: true,
		truth: func(alpha float32, v *vectors) (want, magnitude []float64) {
			for i, y := range v[0] {
				p := float64(alpha) * float64(v[1][i])
				want = append(want, p+float64(y))
				magnitude = append(magnitude, math.Abs(p)+math.Abs(float64(y)))
			}
			return want, magnitude
		},
		// The product and the sum, and what is left of the third covers the second order.
		roundings: func(int, bool) float64 { return 3 },
		stack: func() {
			var x, y [stackLen]float32
			Axpy(2, x[:], y[:])
		},
	},
	{
		name: "Scal", stub: "scal", args: []string{"x"}, writes: true, reads: true, alpha: true,
		call: func(alpha float32, v *vectors) float64 { Scal(alpha, v[0]); return 0 },
		spec: func(alpha float32, v *vectors) float64 { ref.Scal(alpha, v[0]); return 0 },
		stack: func() {
			var x [stackLen]float32
			Scal(2, x[:])
		},
	},
	{
		name: "Add", stub: "add", args: []string{"dst", "x", "y"}, writes: true,
		wrong: [3]string{1: wrongDstX, 2: wrongDstY},
		call:  func(_ float32, v *vectors) float64 { Add(v[0], v[1], v[2]); return 0 },
		spec:  func(_ float32, v *vectors) float64 { ref.Add(v[0], v[1], v[2]); return 0 },
		stack: func() {
			var dst, x, y [stackLen]float32
			Add(dst[:], x[:], y[:])
		},
	},
	{
		name: "Sub", stub: "sub", args: []string{"dst", "x", "y"}, writes: true,
		wrong: [3]string{1: wrongDstX, 2: wrongDstY},
		call:  func(_ float32, v *vectors) float64 { Sub(v[0], v[1], v[2]); return 0 },
		spec:  func(_ float32, v *vectors) float64 { ref.Sub(v[0], v[1], v[2]); return 0 },
		stack: func() {
			var dst, x, y [stackLen]float32
			Sub(dst[:], x[:], y[:])
		},
	},
	{
		name: "Mul", stub: "mul", args: []string{"dst", "x", "y"}, writes: true,
		wrong: [3]string{1: wrongDstX, 2: wrongDstY},
		call:  func(_ float32, v *vectors) float64 { Mul(v[0], v[1], v[2]); return 0 },
		spec:  func(_ float32, v *vectors) float64 { ref.Mul(v[0], v[1], v[2]); return 0 },
		stack: func() {
			var dst, x, y [stackLen]float32
			Mul(dst[:], x[:], y[:])
		},
	},
	{
		// The end of LogSoftmaxRows.
		name: "minus", stub: "minus", args: []string{"dst", "x"}, writes: true, alpha: true,
		wrong: [3]string{1: wrongDstX},
		call:  func(alpha float32, v *vectors) float64 { minusAll(v[0], v[1], alpha, alpha/3); return 0 },
		spec:  func(alpha float32, v *vectors) float64 { ref.Minus(v[0], v[1], alpha, alpha/3); return 0 },
		stack: func() {
			var dst, x [stackLen]float32
			minusAll(dst[:], x[:], 2, 3)
		},
	},
	{
		name: "ReLU", stub: "relu", args: []string{"dst", "x"}, writes: true,
		wrong: [3]string{1: wrongDstX},
		call:  func(_ float32, v *vectors) float64 { ReLU(v[0], v[1]); return 0 },
		spec:  func(_ float32, v *vectors) float64 { ref.ReLU(v[0], v[1]); return 0 },
		stack: func() {
			var dst, x [stackLen]float32
			ReLU(dst[:], x[:])
		},
	},
	{
		name: "ReLUGrad", stub: "reluGrad", args: []string{"dx", "dy", "y"}, writes: true,
		wrong: [3]string{1: wrongDstX, 2: wrongDstY},
		call:  func(_ float32, v *vectors) float64 { ReLUGrad(v[0], v[1], v[2]); return 0 },
		spec:  func(_ float32, v *vectors) float64 { ref.ReLUGrad(v[0], v[1], v[2]); return 0 },
		stack: func() {
			var dx, dy, y [stackLen]float32
			ReLUGrad(dx[:], dy[:], y[:])
		},
	},
}

// everyKernel runs f for every operation at every level of this machine.
func everyKernel(t *testing.T, f func(t *testing.T, level isa.Level, op *operation)) {
	for _, level := range isa.Available() {
		t.Run(level.String(), func(t *testing.T) {
			t.Cleanup(isa.Force(level))
			for i := range operations {
				t.Run(operations[i].name, func(t *testing.T) { f(t, level, &operations[i]) })
			}
		})
	}
}

// allLengths is the last length up to which every one is run: four and a half
// rounds of the 64 lanes.
const allLengths = 300

// skipLength thins out the lengths of -short, for emulators and the race detector: all stay
// to two rounds of the lanes with the first distribution and to 20 with each, then few.
func skipLength(n, dist int) bool {
	if dist == 0 {
		return n > 2*ref.Lanes && n%7 > 0
	}
	return n > 20 && (n+dist)%11 > 0
}

// longLengths lie around what the kernels and their wrappers count in, plus primes.
func longLengths() []int {
	var lengths []int
	for _, n := range []int{320, 384, 448, 512, 1024, 4096, block} {
		lengths = append(lengths, n-1, n, n+1)
	}
	return append(lengths, 331, 997, 2053, 7919, 20011, 2*block+17, 3*block+5)
}

// Distributions of inputs.
const (
	normal    = "normal"     // sums depend on their order in the last bits
	wide      = "wide"       // 2⁻¹⁴⁹...2⁶⁰, no overflow in a product
	special   = "special"    // NaN, ±Inf, ±0, subnormal and huge values among normal ones
	oneOdd    = "one odd"    // exactly one of those, so that sums are not NaN all over
	underflow = "underflow"  // products round to -0: sums start as -0 and padding matters
	zeros     = "zeros"      // ±0
	negZeros  = "neg zeros"  // -0 only
	nanTail   = "NaN at end" // up to 16 NaN at the end
	ties      = "ties"       // ±1, ±2, ±3: everything exact, many equal magnitudes
	negative  = "negative"   // a maximum below zero
)

var distributions = []string{normal, wide, special, oneOdd, underflow, zeros, negZeros, nanTail, ties, negative}

var (
	nan32   = float32(math.NaN())
	inf32   = float32(math.Inf(1))
	negZero = float32(math.Copysign(0, -1))
)

var odd = []float32{
	nan32, math.Float32frombits(0xff800001), math.Float32frombits(0x7fffffff), inf32, -inf32, 0, negZero,
	0x1p-149, -0x1p-149, 0x1.8p-127, -0x1.8p-127, math.MaxFloat32, -math.MaxFloat32, 0x1p-126, 1e-30, -1e30,
}

// generate returns inputs that depend on nothing but its arguments.
func generate(dist string, n, count int) (alpha float32, v vectors) {
	seed := uint64(n)
	for _, c := range dist {
		seed = seed*131 + uint64(c)
	}
	r := rand.New(rand.NewPCG(1, seed))
	alpha = float32(r.NormFloat64())
	switch dist {
	case special, nanTail, zeros:
		alpha = odd[r.IntN(len(odd))]
	case underflow:
		alpha = -0x1p-100
	case ties:
		alpha = float32(r.IntN(5) - 2)
	}
	for j := range count {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
			switch dist {
			case wide:
				x[i] = float32(math.Ldexp(float64(x[i]), 60-r.IntN(122)))
				if r.IntN(16) == 0 {
					x[i] = float32(r.IntN(1<<20)-1<<19) * 0x1p-149
				}
			case special:
				if r.IntN(4) == 0 {
					x[i] = odd[r.IntN(len(odd))]
				}
			case underflow:
				x[i] = 0x1p-100 * (1 + float32(r.Float64()))
				if j == 0 {
					x[i] = -x[i]
				}
			case zeros:
				x[i] = 0
				if r.IntN(2) == 0 {
					x[i] = negZero
				}
			case negZeros:
				x[i] = negZero
			case ties:
				x[i] = float32(1 + r.IntN(3))
				if r.IntN(2) == 0 {
					x[i] = -x[i]
				}
			case negative:
				x[i] = -abs(x[i])
			}
		}
		if n > 0 {
			switch dist {
			case oneOdd:
				x[r.IntN(n)] = odd[r.IntN(len(odd))]
			case nanTail:
				for i := max(0, n-1-r.IntN(16)); i < n; i++ {
					x[i] = nan32
				}
			}
		}
		v[j] = x
	}
	return alpha, v
}

// poison is what memory beside the slices holds: a NaN, so that a stray read spoils the result,
// with a payload of the place's own, so that a stray write shows, of another place's poison too.
func poison(at *float32) uint32 {
	return 0x7fc00000 | uint32(uintptr(unsafe.Pointer(at))/4)&0x3fffff
}

func poisonAll(x []float32) {
	onHeap = x
	for i := range x {
		x[i] = math.Float32frombits(poison(&x[i]))
	}
}

var onHeap []float32 // memory on a stack may move

func poisoned(x []float32) bool {
	for i := range x {
		if math.Float32bits(x[i]) != poison(&x[i]) {
			return false
		}
	}
	return true
}

// margin is how far beside a slice stray writes are looked for after every call.
const margin = 64

// arena is poisoned memory that starts at a multiple of 64 bytes, so that an
// offset of 0...15 floats is one within a cache line and a vector.
func arena(n int) []float32 {
	mem := make([]float32, n+2*margin+32)
	for uintptr(unsafe.Pointer(&mem[0]))%64 != 0 {
		mem = mem[1:]
	}
	poisonAll(mem)
	return mem
}

func same(got, want float32) bool {
	return math.Float32bits(got) == math.Float32bits(want) || got != got && want != want
}

// wanted is what one set of inputs must give.
type wanted struct {
	op    *operation
	level isa.Level
	dist  string
	alpha float32
	in    vectors
	dst   []float32 // args[0] afterwards, if written
	ret   float64   // what is returned, if not

	truth, tolerance []float64 // nil: bits decide
}

// want computes the expected result from the specification.
func want(level isa.Level, op *operation, dist string, alpha float32, in vectors) *wanted {
	w := &wanted{op: op, level: level, dist: dist, alpha: alpha, in: in}
	copied := in
	if op.writes {
		w.dst = make([]float32, len(in[0]))
		copy(w.dst, in[0])
		copied[0] = w.dst
	}
	w.ret = op.spec(alpha, &copied)
	if op.truth != nil {
		var magnitude []float64
		w.truth, magnitude = op.truth(alpha, &in)
		for _, m := range magnitude {
			// A rounding to a subnormal is off by at most half of 2⁻¹⁴⁹, whatever its size.
			tolerance := op.roundings(len(in[0]), level.Fused())*0x1p-24*m + float64(len(in[0])+1)*0x1p-149
			if !(m <= math.MaxFloat32) {
				tolerance = math.Inf(1) // a partial sum may overflow, or an element is not finite
			}
			w.tolerance = append(w.tolerance, tolerance)
		}
	}
	return w
}

// check compares a result: to the bit with the specification if the level is bound
// to it, and with the truth in float64 where the operation has one.
func (w *wanted) check(t *testing.T, ret float64, dst []float32, where string) {
	t.Helper()
	bits := w.level.Fused() || !w.op.unfused
	fail := func(i int, got, want float32) {
		t.Helper()
		t.Fatalf("%s, isa %v, %s inputs, alpha %g, length %d, %s: element %d is %g (%#08x), want %g (%#08x)", w.op.name, w.level,
			w.dist, w.alpha, len(w.in[0]), where, i, got, math.Float32bits(got), want, math.Float32bits(want))
	}
	if bits && !w.op.writes && math.Float64bits(ret) != math.Float64bits(w.ret) && !(math.IsNaN(ret) && math.IsNaN(w.ret)) {
		t.Fatalf("%s, isa %v, %s inputs, length %d, %s: got %v (float32 %#08x, float64 %#016x), want %v (%#08x, %#016x)",
			w.op.name, w.level, w.dist, len(w.in[0]), where, ret, math.Float32bits(float32(ret)), math.Float64bits(ret),
			w.ret, math.Float32bits(float32(w.ret)), math.Float64bits(w.ret))
	}
	if bits {
		for i, want := range w.dst {
			if !same(dst[i], want) {
				fail(i, dst[i], want)
			}
		}
	}
	for i, want := range w.truth {
		got := ret
		if w.op.writes {
			got = float64(dst[i])
		}
		switch tolerance := w.tolerance[i]; {
		case math.IsNaN(want):
			if !math.IsNaN(got) {
				t.Fatalf("%s, isa %v, %s inputs, alpha %g, length %d, %s: result %d is %g, want NaN", w.op.name, w.level, w.dist,
					w.alpha, len(w.in[0]), where, i, got)
			}
		case math.IsInf(tolerance, 1):
		case !(math.Abs(got-want) <= tolerance):
			t.Fatalf("%s, isa %v, %s inputs, alpha %g, length %d, %s: result %d is %g, in float64 %g: off by %g, bound %g", w.op.name,
				w.level, w.dist, w.alpha, len(w.in[0]), where, i, got, want, math.Abs(got-want), tolerance)
		}
	}
}

// place copies src to mem[at:]. A destination that is only written keeps its
// poison, so that a result which depends on it is NaN.
func (w *wanted) place(j int, mem []float32, at int) []float32 {
	x := mem[at:][:len(w.in[j]):len(w.in[j])]
	if j > 0 || w.op.reads {
		copy(x, w.in[j])
	}
	return x
}

// TestKernels compares every operation with the specification at all lengths and
// offsets, and looks for writes beside the destination.
func TestKernels(t *testing.T) {
	longest := longLengths()[len(longLengths())-1]
	everyKernel(t, func(t *testing.T, level isa.Level, op *operation) {
		cases := 0
		var mem [3][]float32
		for j := range op.args {
			mem[j] = arena(longest)
		}
		run := func(w *wanted, offset int) {
			cases++
			n := len(w.in[0])
			var v vectors
			var at [3]int
			for j := range op.args {
				at[j] = margin + (offset+5*j)%16 // unequal, but all equally far apart
				v[j] = w.place(j, mem[j], at[j])
			}
			where := fmt.Sprintf("offset %d", offset)
			if level != isa.Generic {
				fillRegisters()
			}
			w.check(t, op.call(w.alpha, &v), v[0], where)
			for j, x := range v[:len(op.args)] {
				if !poisoned(mem[j][at[j]-margin:at[j]]) || !poisoned(mem[j][at[j]+n:][:margin]) {
					t.Fatalf("%s, isa %v, length %d, %s: memory beside %s is written", op.name, level, n, where, op.args[j])
				}
				if j > 0 || !op.writes {
					for i := range x {
						if math.Float32bits(x[i]) != math.Float32bits(w.in[j][i]) {
							t.Fatalf("%s, isa %v, length %d, %s: input %s[%d] is changed", op.name, level, n, where, op.args[j], i)
						}
					}
				}
				poisonAll(x)
			}
		}
		for d, dist := range distributions {
			for n := range allLengths + 1 {
				if testing.Short() && skipLength(n, d) {
					continue
				}
				alpha, in := generate(dist, n, len(op.args))
				w := want(level, op, dist, alpha, in)
				for offset := range 16 {
					if !testing.Short() || offset == 0 || offset == 1+n%15 {
						run(w, offset)
					}
				}
			}
			for _, n := range longLengths() {
				// Short: one long length after another only for sums, whose order it is about.
				if testing.Short() && (dist != normal && dist != underflow || op.writes && n != 1025 && n != block+1) {
					continue
				}
				alpha, in := generate(dist, n, len(op.args))
				w := want(level, op, dist, alpha, in)
				run(w, 0)
				run(w, 1+n%15)
			}
		}
		for j := range op.args {
			if !poisoned(mem[j]) {
				t.Errorf("%s, isa %v: memory far beside %s is written", op.name, level, op.args[j])
			}
		}
		if cases == 0 {
			t.Error("no case was run")
		}
	})
}

// TestGuardPages puts slices flush against unreadable memory on either side.
func TestGuardPages(t *testing.T) {
	lengths := []int{331, 997, 4095, 4096, 4097, block - 1, block, block + 1}
	if testing.Short() {
		lengths = []int{331, block + 1}
	}
	for n := range allLengths + 1 {
		if !testing.Short() || !skipLength(n, 0) {
			lengths = append(lengths, n)
		}
	}
	everyKernel(t, func(t *testing.T, level isa.Level, op *operation) {
		var mem [3][]float32
		var intact [3]func() bool
		for j := range op.args {
			mem[j], intact[j] = fenced(t, block+1)
			poisonAll(mem[j])
		}
		cases := 0
		for _, n := range lengths {
			alpha, in := generate(normal, n, len(op.args))
			w := want(level, op, normal, alpha, in)
			for _, where := range []string{"flush with the end of a page", "flush with the start of a page"} {
				cases++
				var v vectors
				for j := range op.args {
					at := 0
					if where == "flush with the end of a page" {
						at = len(mem[j]) - n
					}
					v[j] = w.place(j, mem[j], at)
				}
				w.check(t, faultless(t, w, &v, where), v[0], where)
				for j := range op.args {
					poisonAll(v[j])
					if !intact[j]() {
						t.Fatalf("%s, isa %v, length %d, %s: memory beside %s is written", op.name, level, n, where, op.args[j])
					}
				}
			}
		}
		for j := range op.args {
			if !poisoned(mem[j]) {
				t.Errorf("%s, isa %v: memory beside %s is written", op.name, level, op.args[j])
			}
		}
		if cases == 0 {
			t.Error("no case was run")
		}
	})
}

// faultless calls the operation and turns a memory fault into a failure that names it.
func faultless(t *testing.T, w *wanted, v *vectors, where string) float64 {
	t.Helper()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			t.Fatalf("%s, isa %v, length %d, %s: %v", w.op.name, w.level, len(v[0]), where, r)
		}
	}()
	return w.op.call(w.alpha, v)
}

// TestAliases lets any vectors of an operation be the same slice: the result must
// be that of separate slices with equal contents.
func TestAliases(t *testing.T) {
	// Each entry maps a vector to the one whose slice it is.
	patterns := map[int][][3]int{
		1: {{0}},
		2: {{0, 0}},
		3: {{0, 0, 2}, {0, 1, 0}, {0, 1, 1}, {0, 0, 0}},
	}
	everyKernel(t, func(t *testing.T, level isa.Level, op *operation) {
		cases := 0
		for _, pattern := range patterns[len(op.args)] {
			for d, dist := range distributions {
				for n := range 2*ref.Lanes + 20 {
					if testing.Short() && n > 20 && (n+d)%11 > 0 {
						continue
					}
					cases++
					alpha, in := generate(dist, n, len(op.args))
					var v vectors
					var shared [3][]float32
					for j := range op.args {
						if pattern[j] == j {
							shared[j] = append([]float32(nil), in[j]...)
						}
						in[j], v[j] = in[pattern[j]], shared[pattern[j]]
					}
					w := want(level, op, dist, alpha, in)
					w.check(t, op.call(alpha, &v), v[0], fmt.Sprintf("slices shared as %v", pattern[:len(op.args)]))
				}
			}
		}
		if cases == 0 {
			t.Error("no case was run")
		}
	})
}

// TestWrongLengths makes one vector too short or too long: a panic with a constant
// text and nothing written, not even the blocks before the missing elements.
func TestWrongLengths(t *testing.T) {
	everyKernel(t, func(t *testing.T, level isa.Level, op *operation) {
		for j := 1; j < len(op.args); j++ {
			for _, lengths := range [][2]int{{0, 1}, {1, 0}, {5, 6}, {17, 16}, {2*block + 7, 2*block + 8}, {2*block + 7, block}} {
				var v vectors
				for i := range op.args {
					n := lengths[0]
					if i == j {
						n = lengths[1]
					}
					v[i] = make([]float32, n)
					poisonAll(v[i])
				}
				got := func() (r any) {
					defer func() { r = recover() }()
					op.call(2, &v)
					return nil
				}()
				if got != op.wrong[j] {
					t.Errorf("%s, isa %v, len(%s) %d, others %d: panic %v, want %q", op.name, level, op.args[j], lengths[1], lengths[0], got, op.wrong[j])
				}
				for i := range op.args {
					if !poisoned(v[i]) {
						t.Errorf("%s, isa %v, len(%s) %d, others %d: %s is written", op.name, level, op.args[j], lengths[1], lengths[0], op.args[i])
					}
				}
			}
		}
	})
}

func TestNoAllocations(t *testing.T) {
	everyKernel(t, func(t *testing.T, level isa.Level, op *operation) {
		if n := testing.AllocsPerRun(100, op.stack); n != 0 {
			t.Errorf("%s, isa %v: %v allocations on stack buffers, want 0", op.name, level, n)
		}
	})
}

// TestEveryStubHasARow compares the table with the functions without a body in
// level1_<architecture>.go, both ways: what is not in the table is not tested.
func TestEveryStubHasARow(t *testing.T) {
	suffixes := map[string][]string{"amd64": {"AVX512", "AVX2"}, "arm64": {"NEON"}}[runtime.GOARCH]
	if suffixes == nil {
		t.Skip("no assembly for " + runtime.GOARCH)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "level1_"+runtime.GOARCH+".go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	untested := map[string]bool{}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body == nil {
			untested[f.Name.Name] = true
		}
	}
	if len(untested) == 0 {
		t.Fatal("no stub found")
	}
	for _, op := range operations {
		if op.stub == "" {
			continue
		}
		for _, suffix := range suffixes {
			if !untested[op.stub+suffix] {
				t.Errorf("%s: no stub %s%s", op.name, op.stub, suffix)
			}
			delete(untested, op.stub+suffix)
		}
	}
	for name := range untested {
		t.Errorf("stub %s has no row in the table of operations", name)
	}
}

// BenchmarkLevel1 measures every operation at every level; Copy is the ceiling of
// what writes memory. Bytes count each vector once per direction.
func BenchmarkLevel1(b *testing.B) {
	lengths := []int{8, 16, 32, 64, 128, 256, 784, 1024, 4096, 65536}
	for i := range operations {
		op := &operations[i]
		for _, n := range lengths {
			for _, level := range isa.Available() {
				b.Run(fmt.Sprintf("%s/n=%d/isa=%v", op.name, n, level), func(b *testing.B) {
					b.Cleanup(isa.Force(level))
					_, v := generate(normal, n, len(op.args))
					streams := len(op.args)
					if op.writes && op.reads {
						streams++
					}
					b.SetBytes(int64(4 * n * streams))
					b.ReportAllocs()
					for b.Loop() {
						sink = op.call(1, &v) // a factor of 1 keeps repeated scaling finite
					}
					if op.flops > 0 {
						b.ReportMetric(float64(op.flops*n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
					}
				})
			}
		}
	}
	for _, n := range lengths {
		b.Run(fmt.Sprintf("Copy/n=%d", n), func(b *testing.B) {
			_, v := generate(normal, n, 2)
			b.SetBytes(int64(8 * n))
			b.ReportAllocs()
			for b.Loop() {
				copy(v[0], v[1])
			}
		})
	}
}

// fillRegisters leaves NaN in the vector registers, nearly all of them: a kernel that does
// not set one, and finds there what a kernel like it has left, gives the right result.
func fillRegisters() { Gemm(NoTrans, NoTrans, 12, 32, 4, 1, allNaN, 4, allNaN, 32, 0, registers, 32) }

var allNaN, registers = slices.Repeat([]float32{float32(math.NaN())}, 4*32), make([]float32, 12*32)
