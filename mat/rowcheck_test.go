package mat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"testing"
	"unsafe"

	"github.com/sinew-ml/sinew/internal/isa"
)

// The checks of kernels on matrices, as kernels_test.go has them for vectors: one table,
// filled by the files that test a family.

// shape is that of a matrix: ld ≥ n is the distance of rows.
type shape struct{ rows, n, ld int }

// matrix is how long a matrix with a leading dimension is at least, and so exactly here.
func (s shape) matrix() int {
	if s.rows == 0 || s.n == 0 {
		return 0
	}
	return (s.rows-1)*s.ld + s.n
}

func (s shape) columns() int { return s.n }
func (s shape) eachRow() int { return s.rows }

// operand is one argument of a kernel.
type operand struct {
	name   string
	size   func(s shape) int
	writes bool
	reads  bool // only what is written need say so
	wide   bool // float64
}

// operands are the values: by number, each either float32 or float64.
type operands struct {
	f [][]float32
	w [][]float64
}

// matrixOp is one row of the table.
type matrixOp struct {
	name       string
	args       []operand
	packed     bool // ld is n
	call, spec func(s shape, v *operands)
	fused      bool // the generic level gives other bits
	stack      func()
}

var matrixOps []matrixOp

func everyMatrixOp(t *testing.T, f func(t *testing.T, level isa.Level, op *matrixOp)) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for i := range matrixOps {
			t.Run(matrixOps[i].name, func(t *testing.T) { f(t, level, &matrixOps[i]) })
		}
	})
}

func wideSlice(mem []float32, n int) []float64 {
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*float64)(unsafe.Pointer(&mem[0])), n)
}

// unwritten is what elements hold that are only written: a NaN that shows which were.
const unwritten = 0x7fc0dead

// inputs returns the arguments before the call.
func (op *matrixOp) inputs(s shape, dist string) *operands {
	v := &operands{make([][]float32, len(op.args)), make([][]float64, len(op.args))}
	for i, a := range op.args {
		n := a.size(s)
		switch {
		case a.wide:
			v.w[i] = make([]float64, n)
			for j := range v.w[i] {
				v.w[i][j] = math.Float64frombits(unwritten<<32 | unwritten)
			}
		case a.writes && !a.reads:
			v.f[i] = slices.Repeat([]float32{math.Float32frombits(unwritten)}, n)
		default:
			_, x := generate(dist, n+i, 1) // another length: other values
			v.f[i] = x[0][:n:n]
		}
	}
	return v
}

func (v *operands) clone() *operands {
	c := &operands{make([][]float32, len(v.f)), make([][]float64, len(v.w))}
	for i := range v.f {
		c.f[i] = append([]float32(nil), v.f[i]...)
		c.w[i] = append([]float64(nil), v.w[i]...)
	}
	return c
}

// compare fails unless all arguments are as wanted, to the bit; NaN is NaN, but what is
// unwritten must have stayed so.
func (op *matrixOp) compare(t *testing.T, got, want *operands, where string) {
	t.Helper()
	for i, a := range op.args {
		for j, w := range want.f[i] {
			g := got.f[i][j]
			if !same(g, w) || math.Float32bits(w) == unwritten && math.Float32bits(g) != unwritten {
				t.Fatalf("%s, %s: %s[%d] is %g (%#08x), want %g (%#08x)", op.name, where, a.name, j, g, math.Float32bits(g), w, math.Float32bits(w))
			}
		}
		for j, w := range want.w[i] {
			g := got.w[i][j]
			if math.Float64bits(g) != math.Float64bits(w) && !(g != g && w != w) {
				t.Fatalf("%s, %s: %s[%d] is %g (%#016x), want %g (%#016x)", op.name, where, a.name, j, g, math.Float64bits(g), w, math.Float64bits(w))
			}
		}
	}
}

func (op *matrixOp) shapes() []shape {
	var all []shape
	ns := []int{47, 48, 49, 63, 64, 65, 79, 80, 95, 100, 130}
	for n := range 36 {
		ns = append(ns, n)
	}
	for _, n := range ns {
		for _, rows := range []int{0, 1, 2, 3, 7, 16, 66} {
			all = append(all, shape{rows, n, n})
			if !op.packed {
				all = append(all, shape{rows, n, n + 1 + n%5})
			}
		}
	}
	return append(all, shape{3, 1030, 1030}, shape{1100, 17, 17}, shape{2, block + 5, block + 5}, shape{2050, 1, 1})
}

// TestMatrixKernels compares every operation with the specification: unaligned slices with
// poison around, and slices flush with an unreadable page on either side.
func TestMatrixKernels(t *testing.T) {
	everyMatrixOp(t, func(t *testing.T, level isa.Level, op *matrixOp) {
		if op.fused && !level.Fused() {
			return // its own test compares with the truth
		}
		longest := 0
		for _, s := range op.shapes() {
			for _, a := range op.args {
				longest = max(longest, 2*a.size(s))
			}
		}
		free, guarded := make([][]float32, len(op.args)), make([][]float32, len(op.args))
		intact := make([]func() bool, len(op.args))
		for i := range op.args {
			free[i] = arena(longest)
			guarded[i], intact[i] = fenced(t, longest)
			poisonAll(guarded[i])
		}
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		r := rand.New(rand.NewPCG(3, 4))
		for i, s := range op.shapes() {
			dists := distributions
			if s.rows*s.n > 4096 {
				dists = []string{normal, special}
			}
			if testing.Short() { // one or the other, and few shapes of many rows
				dists = []string{normal, special}[(i+i/2)%2:][:1]
				if s.rows == 66 && s.n%4 > 0 {
					continue
				}
			}
			for _, dist := range dists {
				in := op.inputs(s, dist)
				want := in.clone()
				op.spec(s, want)
				for _, place := range []string{"unaligned", "flush with the end of a page", "flush with the start of a page"} {
					where := fmt.Sprintf("isa %v, %s inputs, %d rows of %d, ld %d, %s", level, dist, s.rows, s.n, s.ld, place)
					got := in.clone()
					var mem, used [][]float32
					for i, a := range op.args {
						n := a.size(s)
						size := n
						if a.wide {
							size *= 2
						}
						area, at := guarded[i], 0
						switch place {
						case "unaligned":
							area, at = free[i], margin+r.IntN(16)
							if a.wide {
								at &^= 1
							}
						case "flush with the end of a page":
							at = len(area) - size
						}
						x := area[at:][:size:size]
						mem, used = append(mem, area), append(used, x)
						if a.wide {
							got.w[i] = wideSlice(x, n)
							copy(got.w[i], in.w[i])
						} else {
							copy(x, in.f[i])
							got.f[i] = x
						}
					}
					func() {
						defer func() {
							if r := recover(); r != nil {
								t.Fatalf("%s, %s: %v", op.name, where, r)
							}
						}()
						if level != isa.Generic {
							fillRegisters()
						}
						op.call(s, got)
					}()
					op.compare(t, got, want, where)
					for i := range op.args {
						poisonAll(used[i])
						if s.rows*s.n < 400 && !poisoned(mem[i][:min(len(mem[i]), 4*len(used[i])+3*margin)]) || !intact[i]() {
							t.Fatalf("%s, %s: memory beside %s is written", op.name, where, op.args[i].name)
						}
					}
				}
			}
		}
		for i := range op.args {
			if !poisoned(free[i]) || !poisoned(guarded[i]) {
				t.Errorf("%s, isa %v: memory beside %s is written", op.name, level, op.args[i].name)
			}
		}
	})
}

// TestMatrixPanics makes one argument too short by an element, or too long where the length is exact.
func TestMatrixPanics(t *testing.T) {
	everyMatrixOp(t, func(t *testing.T, level isa.Level, op *matrixOp) {
		s := shape{5, 20, 22}
		if op.packed {
			s.ld = s.n
		}
		for i, a := range op.args {
			v := op.inputs(s, normal)
			for j, b := range op.args {
				if !b.wide {
					poisonAll(v.f[j])
				}
			}
			if a.wide {
				v.w[i] = v.w[i][:len(v.w[i])-1]
			} else {
				v.f[i] = v.f[i][:len(v.f[i])-1]
			}
			before := v.clone()
			got := func() (r any) {
				defer func() { r = recover() }()
				op.call(s, v)
				return nil
			}()
			if text, ok := got.(string); !ok || len(text) < 5 || text[:5] != "mat: " {
				t.Errorf("%s, isa %v, %s too short: panic %v, want a text of mat", op.name, level, a.name, got)
			}
			op.compare(t, v, before, a.name+" too short")
		}
	})
}

func TestMatrixKernelsDoNotAllocate(t *testing.T) {
	everyMatrixOp(t, func(t *testing.T, level isa.Level, op *matrixOp) {
		if n := testing.AllocsPerRun(20, op.stack); n != 0 {
			t.Errorf("%s, isa %v: %v allocations on stack buffers, want 0", op.name, level, n)
		}
	})
}

// BenchmarkMatrix measures every operation at every level; bytes are those of all arguments.
func BenchmarkMatrix(b *testing.B) {
	for i := range matrixOps {
		op := &matrixOps[i]
		for _, s := range []shape{{64, 1, 1}, {64, 10, 10}, {64, 128, 128}, {64, 784, 784}} {
			for _, level := range isa.Available() {
				b.Run(fmt.Sprintf("%s/rows=%d,n=%d/isa=%v", op.name, s.rows, s.n, level), func(b *testing.B) {
					b.Cleanup(isa.Force(level))
					v := op.inputs(s, normal)
					bytes := 0
					for _, a := range op.args {
						bytes += 4 * a.size(s)
						if a.wide {
							bytes += 4 * a.size(s)
						}
					}
					b.SetBytes(int64(bytes))
					b.ReportAllocs()
					for b.Loop() {
						op.call(s, v)
					}
				})
			}
		}
	}
}
