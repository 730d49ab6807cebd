//go:build !purego

package mat

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

// tileKernel is one micro-kernel: its largest tile, its interleaved chains, and the least
// columns of this family of its bodies.
type tileKernel struct {
	name                     string
	level                    isa.Level
	rows, from, cols, chains int
	call                     func(p *panel)
}

var tileKernels = []tileKernel{
	{"panel1AVX2", isa.AVX2, tile1RowsAVX2, 1, tile1ColsAVX2, 1, panel1AVX2},
	{"panel2AVX2", isa.AVX2, tile2RowsAVX2, 1, tile2ColsAVX2, 2, panel2AVX2},
	{"panel4AVX2", isa.AVX2, tile4RowsAVX2, 1, tile4ColsAVX2, 4, panel4AVX2},
	{"rowAVX2", isa.AVX2, 1, 1, rowColsAVX2, 1, rowAVX2},
	{"panel1AVX512", isa.AVX512, tile1RowsAVX512, 1, tile1ColsAVX512, 1, panel1AVX512},
	{"panel1AVX512", isa.AVX512, quadRowsAVX512, 49, quadColsAVX512, 1, panel1AVX512},
	{"panel2AVX512", isa.AVX512, tile2RowsAVX512, 17, tile2ColsAVX512, 2, panel2AVX512},
	{"panel4AVX512", isa.AVX512, tile4RowsAVX512, 1, tile4ColsAVX512, 4, panel4AVX512},
	{"rowAVX512", isa.AVX512, 1, 1, rowColsAVX512, 1, rowAVX512},
}

// plainTile is a call for one tile that starts from C and has no epilogue.
func (kernel *tileKernel) plainTile(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int) {
	kernel.call(&panel{a: a, ars: 4 * ars, acs: 4 * acs, b: b, ldb: 4 * ldb, start: c, lds: 4 * ldc, c: c, ldc: 4 * ldc,
		rows: rows, m: rows, cols: cols, k: k, floor: noFloor})
}

// strides places A: element (i, p) at i*ars+p*acs.
var strides = []struct {
	name string
	of   func(rows, k int) (ars, acs int)
}{
	{"NN", func(rows, k int) (ars, acs int) { return k + 3, 1 }},
	{"TN", func(rows, k int) (ars, acs int) { return 1, rows + 5 }},
	{"both strides", func(rows, k int) (ars, acs int) { return 2*k + 1, 2 }},
}

// tileOf returns n elements of mem that adjoin its end or its start.
func tileOf(mem []float32, n int, atEnd bool) []float32 {
	if atEnd {
		return mem[len(mem)-n:]
	}
	return mem[:n]
}

// bitsEqual compares all bits, NaN's too: for memory that must not change.
func bitsEqual(x, y []float32) bool {
	return slices.EqualFunc(x, y, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) })
}

// TestTiles runs every kernel on every tile up to its largest, with the operands
// between unreadable pages, and compares the bits with chains of ref.FMA.
func TestTiles(t *testing.T) {
	depths := []int{1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 64}
	deepest := depths[len(depths)-1]
	for _, kernel := range tileKernels {
		t.Run(kernel.name, func(t *testing.T) {
			if !slices.Contains(isa.Available(), kernel.level) {
				t.Skipf("no %v on this machine", kernel.level)
			}
			t.Parallel()
			defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
			memA, intactA := fenced(t, kernel.rows*(2*deepest+1)+deepest*(kernel.rows+5))
			memB, intactB := fenced(t, deepest*(kernel.cols+7))
			memC, intactC := fenced(t, kernel.rows*(kernel.cols+3))
			poisonAll(memA)
			poisonAll(memB)
			poisonAll(memC)
			var beforeA, beforeB []float32
			cases := 0
			for _, dist := range []string{normal, wide, special, oneOdd, underflow, zeros, negZeros} {
				for _, k := range depths {
					if dist != normal && k > 17 {
						continue
					}
					// One reference serves all tiles: an element depends on its row and column only.
					_, in := generate(dist, max(kernel.rows, k)*max(kernel.cols, k), 3)
					elementA := func(i, p int) float32 { return in[0][i*k+p] }
					elementB := func(p, j int) float32 { return in[1][p*kernel.cols+j] }
					elementC := func(i, j int) float32 { return in[2][i*kernel.cols+j] }
					if dist == underflow { // then products round to -0, and signs of zero in C count
						elementC = func(i, j int) float32 { return negZero }
					}
					want := make([]float32, kernel.rows*kernel.cols)
					for i := range kernel.rows {
						for j := range kernel.cols {
							s := [4]float32{elementC(i, j)}
							for p := range k {
								q := p % kernel.chains
								s[q] = ref.FMA(elementA(i, p), elementB(p, j), s[q])
							}
							switch kernel.chains {
							case 2:
								s[0] += s[1]
							case 4:
								s[0] = (s[0] + s[1]) + (s[2] + s[3])
							}
							want[i*kernel.cols+j] = s[0]
						}
					}
					run := func(rows, cols, layout int, atEnd bool) {
						cases++
						ars, acs := strides[layout].of(rows, k)
						ldb, ldc := cols, cols
						if atEnd {
							ldb, ldc = cols+7, cols+3
						}
						where := fmt.Sprintf("%s, %s inputs, %d×%d×%d, %s, at end %v", kernel.name, dist, rows, cols, k, strides[layout].name, atEnd)
						a := tileOf(memA, (rows-1)*ars+(k-1)*acs+1, atEnd)
						b := tileOf(memB, (k-1)*ldb+cols, atEnd)
						c := tileOf(memC, (rows-1)*ldc+cols, atEnd)
						for p := range k {
							for i := range rows {
								a[i*ars+p*acs] = elementA(i, p)
							}
							for j := range cols {
								b[p*ldb+j] = elementB(p, j)
							}
						}
						for i := range rows {
							for j := range cols {
								c[i*ldc+j] = elementC(i, j)
							}
						}
						beforeA, beforeB = append(beforeA[:0], a...), append(beforeB[:0], b...)
						func() {
							defer func() {
								if r := recover(); r != nil {
									t.Fatalf("%s: %v", where, r)
								}
							}()
							kernel.plainTile(rows, cols, k, &a[0], ars, acs, &b[0], ldb, &c[0], ldc)
						}()
						for i := range rows {
							for j := range cols {
								if got, want := c[i*ldc+j], want[i*kernel.cols+j]; !same(got, want) {
									t.Fatalf("%s: c[%d,%d] is %g (%#08x), want %g (%#08x)", where, i, j, got, math.Float32bits(got), want, math.Float32bits(want))
								}
							}
							poisonAll(c[i*ldc:][:cols])
						}
						if !poisoned(memC) || !intactA() || !intactB() || !intactC() {
							t.Fatalf("%s: memory beside C is written", where)
						}
						if !bitsEqual(a, beforeA) || !bitsEqual(b, beforeB) {
							t.Fatalf("%s: an input is changed", where)
						}
						poisonAll(a)
						poisonAll(b)
					}
					for rows := 1; rows <= kernel.rows; rows++ {
						for cols := kernel.from; cols <= kernel.cols; cols++ {
							if dist != normal {
								run(rows, cols, (rows+cols+k)%len(strides), true)
								continue
							}
							for layout := range strides {
								run(rows, cols, layout, true)
							}
							run(rows, cols, (rows+cols+k)%len(strides), false)
						}
					}
				}
			}
			if cases == 0 {
				t.Error("no case was run")
			}
		})
	}
}

// TestTransposeKernel moves every element of every small matrix between unreadable pages.
func TestTransposeKernel(t *testing.T) {
	if !slices.Contains(isa.Available(), isa.AVX2) {
		t.Skip("no AVX2 on this machine")
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	const largest = 40
	memSrc, _ := fenced(t, largest*(largest+5))
	memDst, intact := fenced(t, largest*(largest+3))
	poisonAll(memDst)
	for i := range memSrc {
		memSrc[i] = math.Float32frombits(uint32(i)*2654435761 + 1) // any bits, NaN too: only moved
	}
	for rows := 1; rows <= largest; rows++ {
		for cols := 1; cols <= largest; cols++ {
			for _, atEnd := range []bool{true, false} {
				lds, ldd := cols, rows
				if (rows+cols)%3 > 0 {
					lds, ldd = cols+5, rows+3
				}
				where := fmt.Sprintf("%d×%d, lds %d, ldd %d, at end %v", rows, cols, lds, ldd, atEnd)
				src := tileOf(memSrc, (rows-1)*lds+cols, atEnd)
				dst := tileOf(memDst, (cols-1)*ldd+rows, atEnd)
				func() {
					defer func() {
						if r := recover(); r != nil {
							t.Fatalf("%s: %v", where, r)
						}
					}()
					transposeAVX2(rows, cols, &src[0], lds, &dst[0], ldd)
				}()
				for j := range cols {
					for i := range rows {
						if got, want := math.Float32bits(dst[j*ldd+i]), math.Float32bits(src[i*lds+j]); got != want {
							t.Fatalf("%s: dst[%d,%d] is %#08x, want %#08x", where, j, i, got, want)
						}
					}
					poisonAll(dst[j*ldd:][:rows])
				}
				if !poisoned(memDst) || !intact() {
					t.Fatalf("%s: memory beside dst is written", where)
				}
			}
		}
	}
}

// TestEveryTileHasARow compares the table with the stubs in gemm_amd64.go: what is not in
// the table is not tested.
func TestEveryTileHasARow(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "gemm_amd64.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var stubs, rows []string
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body == nil && f.Name.Name != "transposeAVX2" {
			stubs = append(stubs, f.Name.Name)
		}
	}
	for _, kernel := range tileKernels {
		rows = append(rows, kernel.name)
	}
	slices.Sort(stubs)
	slices.Sort(rows)
	rows = slices.Compact(rows)
	if !slices.Equal(stubs, rows) {
		t.Errorf("stubs %v, rows in the table %v", stubs, rows)
	}
}

// TestProductsClearUpperHalves looks in the source: a forgotten VZEROUPPER changes no
// result, it slows down whatever SSE code runs next.
func TestProductsClearUpperHalves(t *testing.T) {
	for _, name := range []string{"gemm_amd64.s", "gemm_avx512_amd64.s"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		before, exits := "", 0
		for i, line := range strings.Split(string(source), "\n") {
			instruction := strings.TrimSpace(strings.TrimSuffix(line, "\\"))
			if instruction == "RET" {
				exits++
				if before != "VZEROUPPER" {
					t.Errorf("%s:%d: RET without VZEROUPPER above it", name, i+1)
				}
			}
			before = instruction
		}
		if exits == 0 {
			t.Errorf("%s: no RET found", name)
		}
	}
}

// BenchmarkTile measures each kernel on its full tile and on thin ones, A as in NN,
// B packed. GFLOP/s is that of the fastest batch of calls, as other loads of a shared
// machine only slow down; the best figure of a run is close to the core's peak.
func BenchmarkTile(b *testing.B) {
	for _, kernel := range tileKernels {
		if !slices.Contains(isa.Available(), kernel.level) {
			continue
		}
		var heights []int
		for _, m := range []int{kernel.rows, 8, 4, 3, 2, 1} {
			if m <= kernel.rows && !slices.Contains(heights, m) {
				heights = append(heights, m)
			}
		}
		for _, m := range heights {
			for _, n := range []int{kernel.cols, kernel.cols - 3, kernel.cols / 2} {
				if n < kernel.from {
					continue
				}
				for _, k := range []int{64, 256, 784} {
					if k != 256 && (n != kernel.cols || m != kernel.rows) {
						continue
					}
					b.Run(fmt.Sprintf("%s/m=%d,n=%d,k=%d", kernel.name, m, n, k), func(b *testing.B) {
						const tiles = 8 // of C in turn, as a tile is not read again right after it is written
						x, y, z := arena(m * k)[margin:], arena(k * n)[margin:], arena(tiles * m * n)[margin:]
						_, in := generate(normal, k*max(m, n), 2)
						copy(x[:m*k], in[0])
						copy(y[:k*n], in[1])
						clear(z)
						flops := 2 * m * n * k
						batch := 1 + 1_000_000/flops // about 10 to 40 µs
						best := time.Duration(math.MaxInt64)
						for b.Loop() {
							start := time.Now()
							for i := range batch {
								kernel.plainTile(m, n, k, &x[0], k, 1, &y[0], n, &z[i%tiles*m*n], n)
							}
							best = min(best, time.Since(start))
						}
						b.ReportMetric(float64(batch*flops)/float64(best.Nanoseconds()), "GFLOP/s")
						b.ReportMetric(float64(best.Nanoseconds())/float64(batch), "ns/call")
						b.ReportMetric(0, "ns/op") // of batches, and with all disturbances
					})
				}
			}
		}
	}
}

func BenchmarkTranspose(b *testing.B) {
	if !slices.Contains(isa.Available(), isa.AVX2) {
		b.Skip("no AVX2 on this machine")
	}
	for _, size := range [][2]int{{32, 256}, {16, 256}, {10, 128}, {7, 128}, {4, 128}, {3, 128}, {1, 128}, {32, 4}} {
		rows, cols := size[0], size[1]
		b.Run(fmt.Sprintf("rows=%d,cols=%d", rows, cols), func(b *testing.B) {
			src, dst := arena(rows * cols)[margin:], arena(rows * cols)[margin:]
			batch := 1 + 10_000/(rows*cols)
			best := time.Duration(math.MaxInt64)
			for b.Loop() {
				start := time.Now()
				for range batch {
					transposeAVX2(rows, cols, &src[0], cols, &dst[0], rows)
				}
				best = min(best, time.Since(start))
			}
			b.ReportMetric(float64(best.Nanoseconds())/float64(batch), "ns/call")
			b.ReportMetric(float64(batch*8*rows*cols)/float64(best.Nanoseconds()), "GB/s") // read and written
			b.ReportMetric(0, "ns/op")
		})
	}
}
