package mat

import (
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

// arenaOp is one row of the table of element-wise operations on arrays; x[0] is the
// destination, s a scalar.
type arenaOp struct {
	name    string
	vectors int
	scalars []float32
	call    func(x [2][]float32, s float32) bool
	spec    func(a, b, s float32) (float32, bool) // the new element, and whether it is finite
	stack   func()
}

var arenaOps = []arenaOp{
	{
		name: "ClipValue", vectors: 1, scalars: []float32{0, 1, 0.5, 0x1p-149, 1e30, inf32},
		call: func(x [2][]float32, s float32) bool { ClipValue(x[0], s); return true },
		spec: func(a, _, s float32) (float32, bool) { return ref.ClipValue(a, s), true },
		stack: func() {
			var x [stackLen]float32
			ClipValue(x[:], 1)
		},
	},
	{
		name: "Lerp", vectors: 2, scalars: []float32{0, 1, 0.1, 0.001, 1. / 3},
		call: func(x [2][]float32, s float32) bool { Lerp(x[0], x[1], s); return true },
		spec: func(a, b, s float32) (float32, bool) { return ref.Lerp(a, b, s), true },
		stack: func() {
			var x, y [stackLen]float32
			Lerp(x[:], y[:], 0.5)
		},
	},
	{
		name: "AllFinite", vectors: 1, scalars: []float32{0},
		call: func(x [2][]float32, _ float32) bool { return AllFinite(x[0]) },
		spec: func(a, _, _ float32) (float32, bool) { return a, isFinite(a) },
		stack: func() {
			var x [stackLen]float32
			AllFinite(x[:])
		},
	},
}

// TestArenaOps compares bits with the specification at all lengths to two groups and
// one, and around blocks, with every distribution; beside the arrays nothing is written.
func TestArenaOps(t *testing.T) {
	lengths := []int{63, 64, 65, block - 1, block, block + 1, 2*block + 17}
	for n := range 2*updateWidth + 2 {
		lengths = append(lengths, n)
	}
	everyLevel(t, func(t *testing.T, level isa.Level) {
		mem := [2][]float32{arena(slices.Max(lengths)), arena(slices.Max(lengths))}
		for _, op := range arenaOps {
			for _, n := range lengths {
				for d, dist := range distributions {
					if testing.Short() && d > 0 && ((n+d)%3 > 0 || n >= block-1) {
						continue
					}
					for _, s := range op.scalars {
						_, in := generate(dist, n, 2)
						var got [2][]float32
						var at [2]int
						for j := range op.vectors {
							at[j] = margin + (n+5*j)%16
							got[j] = mem[j][at[j]:][:n:n]
							copy(got[j], in[j])
						}
						wantOK := true
						want := make([]float32, n)
						for i := range want {
							var ok bool
							want[i], ok = op.spec(in[0][i], in[1][i], s)
							wantOK = wantOK && ok
						}
						where := fmt.Sprintf("%s, isa %v, length %d, %s inputs, scalar %g", op.name, level, n, dist, s)
						if ok := op.call(got, s); ok != wantOK {
							t.Fatalf("%s: %v, want %v", where, ok, wantOK)
						}
						for i, x := range got[0] {
							if !same(x, want[i]) {
								t.Fatalf("%s: element %d of %g, %g is %g (%#08x), want %g (%#08x)", where, i, in[0][i], in[1][i],
									x, math.Float32bits(x), want[i], math.Float32bits(want[i]))
							}
						}
						for j := range op.vectors {
							if !poisoned(mem[j][at[j]-margin:at[j]]) || !poisoned(mem[j][at[j]+n:][:margin]) {
								t.Fatalf("%s: memory beside vector %d is written", where, j)
							}
							for i, x := range got[j] {
								if j > 0 && math.Float32bits(x) != math.Float32bits(in[j][i]) {
									t.Fatalf("%s: input %d is changed", where, i)
								}
							}
							poisonAll(got[j])
						}
					}
				}
			}
		}
	})
}

func TestArenaGuardPages(t *testing.T) {
	lengths := []int{block - 1, block, block + 1}
	for n := range 4*updateWidth + 2 {
		lengths = append(lengths, n)
	}
	everyLevel(t, func(t *testing.T, level isa.Level) {
		var mem [2][]float32
		var intact [2]func() bool
		for j := range mem {
			mem[j], intact[j] = fenced(t, block+1)
		}
		check := func(where string, call func()) {
			t.Helper()
			defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
			defer func() {
				if r := recover(); r != nil {
					t.Fatalf("%s, isa %v: %v", where, level, r)
				}
				if !intact[0]() || !intact[1]() {
					t.Fatalf("%s, isa %v: memory beside is written", where, level)
				}
			}()
			call()
		}
		for _, n := range lengths {
			for _, end := range []bool{false, true} {
				var x [2][]float32
				for j := range x {
					x[j] = mem[j][:n]
					if end {
						x[j] = mem[j][len(mem[j])-n:]
					}
				}
				for _, op := range arenaOps {
					check(fmt.Sprintf("%s, length %d, end %v", op.name, n, end), func() { op.call(x, 0.5) })
				}
				for _, cols := range []int{1, 16, 17, 33} {
					rows := n / cols
					w := x[0][:rows*cols]
					if end {
						w = x[0][n-rows*cols:]
					}
					for i := range w {
						w[i] = 1
					}
					check(fmt.Sprintf("MaxNorm, %d×%d, end %v", rows, cols, end), func() { MaxNorm(w, rows, cols, 0.5) })
				}
			}
		}
	})
}

// TestAllFinitePlaces plants one value at every place.
func TestAllFinitePlaces(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		x := make([]float32, block+3*updateWidth+3)
		for i := range x {
			x[i] = math.MaxFloat32 // sums of them overflow
		}
		if !AllFinite(x) || !AllFinite(nil) {
			t.Errorf("isa %v: largest numbers: false", level)
		}
		for i := range x {
			if i > 4*updateWidth && i < block-4*updateWidth && i%61 != 0 {
				continue
			}
			for _, bad := range []float32{nan32, math.Float32frombits(0x7f800001), inf32, -inf32} {
				x[i] = bad
				if AllFinite(x) {
					t.Fatalf("isa %v: %g at %d: true", level, bad, i)
				}
			}
			x[i] = math.MaxFloat32
		}
	})
}

// TestMaxNorm compares bits with the specification around the groups of columns and
// the chunks of rows, and holds the promised norm.
func TestMaxNorm(t *testing.T) {
	shapes := [][2]int{{0, 0}, {0, 5}, {5, 0}, {1, 1}, {1, 16}, {7, 15}, {7, 16}, {7, 17}, {3, 33}, {50, 64}, {128, 10},
		{columnRows - 1, 17}, {columnRows, 16}, {columnRows + 1, 33}, {2*columnRows + 3, 16}}
	everyLevel(t, func(t *testing.T, level isa.Level) {
		scaled, kept := 0, 0
		for _, shape := range shapes {
			rows, cols := shape[0], shape[1]
			for _, dist := range []string{normal, wide, special, oneOdd, zeros, ties} {
				for _, c := range []float64{0, 0.5, 1, 3} {
					limit := c * math.Sqrt(float64(rows)) // a normal column's norm for c = 1
					_, in := generate(dist, rows*cols, 1)
					mem := arena(rows * cols)
					got := mem[margin:][: rows*cols : rows*cols]
					copy(got, in[0])
					want := slices.Clone(in[0])
					ref.MaxNorm(want, rows, cols, limit)
					MaxNorm(got, rows, cols, limit)
					for i, x := range got {
						if !same(x, want[i]) {
							t.Fatalf("isa %v, %d×%d, %s inputs, limit %g: element %d is %g (%#08x), want %g (%#08x)", level, rows, cols, dist, limit,
								i, x, math.Float32bits(x), want[i], math.Float32bits(want[i]))
						}
					}
					if !poisoned(mem[:margin]) || !poisoned(mem[margin+rows*cols:]) {
						t.Fatalf("isa %v, %d×%d: memory beside is written", level, rows, cols)
					}
					for j := range cols {
						before, after := 0.0, 0.0
						for i := range rows {
							before += float64(in[0][i*cols+j]) * float64(in[0][i*cols+j])
							after += float64(got[i*cols+j]) * float64(got[i*cols+j])
						}
						before, after = math.Sqrt(before), math.Sqrt(after)
						switch {
						case dist != normal && dist != ties:
						case before > limit:
							scaled++
							if !(math.Abs(after-limit) <= 0x1p-23*limit) {
								t.Fatalf("isa %v, %d×%d, column %d: norm %g becomes %g, want %g", level, rows, cols, j, before, after, limit)
							}
						default:
							kept++
							if !(after == before) {
								t.Fatalf("isa %v, %d×%d, column %d: norm %g within %g becomes %g", level, rows, cols, j, before, limit, after)
							}
						}
					}
				}
			}
		}
		if scaled == 0 || kept == 0 {
			t.Errorf("isa %v: %d columns scaled, %d kept", level, scaled, kept)
		}
	})
}

// TestUnitSquares compares the sums to the bit: the norms that they become hide the last.
func TestUnitSquares(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for rows := 1; rows <= 9; rows++ {
			for _, stride := range []int{updateWidth, updateWidth + 1, 50} {
				_, v := generate(wide, rows*stride, 1)
				var got, want unitSums
				for l := range updateWidth {
					got[0][l], got[1][l] = float64(l), 1
				}
				want = got
				unitSquaresGo(&want, updateWidth, v[0], rows, stride)
				if done := unitSquares(&got, v[0], rows, stride); done != level.Fused() {
					t.Fatalf("isa %v: done is %v", level, done)
				} else if done && got != want {
					t.Errorf("isa %v, %d rows %d apart: sums %v, want %v", level, rows, stride, got, want)
				}
				for l := range updateWidth {
					sums := [2]float64{float64(l), 1}
					for i := range rows {
						x := float64(v[0][i*stride+l])
						sums[i%2] += x * x
					}
					if want[0][l] != sums[0] || want[1][l] != sums[1] {
						t.Errorf("%d rows %d apart: portable sums %g, %g, want %g", rows, stride, want[0][l], want[1][l], sums)
					}
				}
			}
		}
	})
}

// TestArenaEverywhere pins bits, as TestUpdatesEverywhere does.
func TestArenaEverywhere(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		r := rand.New(rand.NewPCG(12, 0))
		next := func(n int) []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(r.IntN(1<<24)-1<<23) * 0x1p-23
			}
			return x
		}
		const n = 35 * 19
		var b []byte
		x, y := next(n), next(n)
		for range 10 {
			Lerp(x, y, 0.3)
			b = appendBits(b, x...)
			MaxNorm(x, 35, 19, 3)
			b = appendBits(b, x...)
			ClipValue(x, 0.7)
			b = appendBits(b, x...)
			y = next(n)
		}
		const pinned = 0x3c961866
		if got := crc32.ChecksumIEEE(b); got != pinned {
			t.Errorf("isa %v: CRC-32 %#08x, want %#08x", level, got, uint32(pinned))
		}
	})
}

func TestArenaPanics(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		check := func(want, what string, call func(x, y []float32), nx, ny int) {
			t.Helper()
			x, y := make([]float32, nx), make([]float32, ny)
			poisonAll(x)
			poisonAll(y)
			got := func() (r any) {
				defer func() { r = recover() }()
				call(x, y)
				return nil
			}()
			if got != want {
				t.Errorf("%s, isa %v: panic %v, want %q", what, level, got, want)
			}
			if !poisoned(x) || !poisoned(y) {
				t.Errorf("%s, isa %v: written before the panic", what, level)
			}
		}
		for _, n := range [][2]int{{0, 1}, {1, 0}, {17, 16}, {2*block + 1, block}} {
			check("mat: len(dst) != len(x)", "Lerp", func(x, y []float32) { Lerp(x, y, 0.5) }, n[0], n[1])
		}
		for _, s := range [][3]int{{0, 1, 1}, {1, 0, 1}, {31, 2, 16}, {33, 2, 16}, {6, -2, -3}, {6, -2, 3}, {6, 2, -3},
			{0, math.MaxInt, 2}, {0, math.MaxInt/2 + 1, 4}, {0, -1, 0}, {0, 0, -1}} {
			check("mat: MaxNorm: len(w) is not rows·cols", fmt.Sprint("MaxNorm ", s), func(x, _ []float32) { MaxNorm(x, s[1], s[2], 1) }, s[0], 0)
		}
	})
}

func TestArenaOpsDoNotAllocate(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		stacks := map[string]func(){"MaxNorm": func() {
			var w [stackLen]float32
			for i := range w {
				w[i] = 1
			}
			MaxNorm(w[:], 5, 20, 1)
		}}
		for _, op := range arenaOps {
			stacks[op.name] = op.stack
		}
		for name, f := range stacks {
			if n := testing.AllocsPerRun(20, f); n != 0 {
				t.Errorf("%s, isa %v: %v allocations on stack buffers, want 0", name, level, n)
			}
		}
	})
}

// BenchmarkArena measures what goes over all parameters of a network; Sum reads as
// much as AllFinite does, and is its ceiling.
func BenchmarkArena(b *testing.B) {
	for _, n := range []int{784 * 128, 1024 * 640} {
		ops := []struct {
			name    string
			streams int
			call    func(x, y []float32)
		}{
			{"Sum", 1, func(x, _ []float32) { sink = float64(Sum(x)) }},
			{"Nrm2", 1, func(x, _ []float32) { sink = float64(Nrm2(x)) }},
			{"AllFinite", 1, func(x, _ []float32) { AllFinite(x) }},
			{"ClipValue", 2, func(x, _ []float32) { ClipValue(x, 1) }},
			{"Lerp", 3, func(x, y []float32) { Lerp(x, y, 0.01) }},
			{"MaxNorm/scaled=none", 1, func(x, _ []float32) { MaxNorm(x, n/128, 128, 1e9) }},
			{"MaxNorm/scaled=all", 3, func(x, _ []float32) { MaxNorm(x, n/128, 128, 0x1p-40) }},
			{"Copy", 2, func(x, y []float32) { copy(x, y) }},
		}
		for _, op := range ops {
			for _, level := range isa.Available() {
				b.Run(fmt.Sprintf("%s/n=%d/isa=%v", op.name, n, level), func(b *testing.B) {
					b.Cleanup(isa.Force(level))
					_, v := generate(normal, n, 2)
					b.SetBytes(int64(4 * n * op.streams))
					b.ReportAllocs()
					for b.Loop() {
						op.call(v[0], v[1])
					}
				})
			}
		}
	}
}
