//go:build !purego

package mat

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

// tileKernel is one micro-kernel: its largest tile, its interleaved chains (0: lanes), and
// the least columns of this family of its bodies.
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
	{"panel2AVX512", isa.AVX512, tile2RowsAVX512, 1, tile2ColsAVX512, 2, panel2AVX512},
	{"panel4AVX512", isa.AVX512, tile4RowsAVX512, 1, tile4ColsAVX512, 4, panel4AVX512},
	{"rowAVX512", isa.AVX512, 1, 1, rowColsAVX512, 1, rowAVX512},
}

// columnKernels read B of NT as it lies. They do any multiple of from columns, up to cols in
// the tests, and any number of rows up to most in one call.
var columnKernels = []struct {
	tileKernel
	most int
}{
	{tileKernel{"columnsAVX2", isa.AVX2, 1, columnsColsAVX2, 3 * columnsColsAVX2, 1, columnsAVX2}, 4},
	{tileKernel{"columnsAVX512", isa.AVX512, columnsRowsAVX512, columnsColsAVX512, 3 * columnsColsAVX512, 1, columnsAVX512}, 30},
	{tileKernel{"columns2AVX512", isa.AVX512, columnsRowsAVX512, columnsColsAVX512, 2 * columnsColsAVX512, 2, columns2AVX512}, 30},
	{tileKernel{"columns4AVX512", isa.AVX512, columns4RowsAVX512, columnsColsAVX512, columnsColsAVX512, 4, columns4AVX512}, 20},
	{tileKernel{"cross1AVX512", isa.AVX512, 4, 16, 48, 1, cross1AVX512}, 4},
	{tileKernel{"cross2AVX512", isa.AVX512, 4, 16, 48, 2, cross2AVX512}, 4},
	{tileKernel{"cross4AVX512", isa.AVX512, 4, 16, 48, 4, cross4AVX512}, 4},
	{tileKernel{"dots2x3AVX2", isa.AVX2, 2, 1, 11, 0, dots2x3AVX2}, 7},
	{tileKernel{"dots4x4AVX512", isa.AVX512, 4, 1, 14, 0, dots4x4AVX512}, 13},
	{tileKernel{"dots2x8AVX512", isa.AVX512, 2, 8, 24, 0, dots2x8AVX512}, 2},
	{tileKernel{"dots1x16AVX512", isa.AVX512, 1, 16, 48, 0, dots1x16AVX512}, 1},
}

// turnKernel reads A as TN has it, and has neither start nor gate nor floor.
var turnKernel = tileKernel{"turnAVX512", isa.AVX512, turnRows, 9, turnCols, 1, turnAVX512}

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

// fence is memory between unreadable pages.
type fence struct {
	mem    []float32
	intact func() bool
}

// put lays out rows×cols elements, ld apart, flush with the end or the start of the memory.
func (f *fence) put(rows, cols, ld int, atEnd bool, element func(i, j int) float32) []float32 {
	x := tileOf(f.mem, (rows-1)*ld+cols, atEnd)
	for i := range rows {
		for j := range cols {
			x[i*ld+j] = element(i, j)
		}
	}
	return x
}

// TestPanels draws calls at random: several tiles below each other and, of NT, beside each
// other, from every kind of start, with and without gate and floor.
func TestPanels(t *testing.T) {
	type row struct {
		tileKernel
		most     int
		columnar bool
	}
	var rows []row
	for _, kernel := range tileKernels {
		most := 3*kernel.rows + 2
		if kernel.rows == 1 {
			most = 1
		}
		rows = append(rows, row{kernel, most, false})
	}
	for _, kernel := range columnKernels {
		rows = append(rows, row{kernel.tileKernel, kernel.most, true})
	}
	rows = append(rows, row{turnKernel, 50, false})
	for _, kernel := range rows {
		t.Run(fmt.Sprintf("%s/rows=%d", kernel.name, kernel.rows), func(t *testing.T) {
			if !slices.Contains(isa.Available(), kernel.level) {
				t.Skipf("no %v on this machine", kernel.level)
			}
			defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
			const deepest = 70
			var fences [5]fence
			for j := range fences {
				fences[j].mem, fences[j].intact = fenced(t, 120*(deepest+130))
				poisonAll(fences[j].mem)
			}
			r := rand.New(rand.NewPCG(12, uint64(kernel.rows+kernel.cols)))
			pool := pools{}
			draws := 1000
			if testing.Short() {
				draws = 200
			}
			for draw := range draws {
				m, k := 1+r.IntN(kernel.most), 1+r.IntN(deepest)
				if kernel.name == "dots2x8AVX512" {
					m = 2
				}
				tall := 1 + r.IntN(kernel.rows)
				cols := kernel.from + r.IntN(kernel.cols-kernel.from+1)
				if kernel.columnar {
					cols = kernel.from * (1 + r.IntN(kernel.cols/kernel.from))
				}
				dist := []string{normal, normal, wide, oneOdd, underflow, zeros}[r.IntN(6)]
				in, ok := pool[dist]
				if !ok {
					_, in = generate(dist, 20011, 3)
					pool[dist] = in
				}
				value := func(j int) func(int, int) float32 {
					from := r.IntN(20011)
					return func(i, l int) float32 { return in[j][(from+i*151+l)%20011] }
				}
				atEnd := r.IntN(2) == 0
				gap := func() int { return r.IntN(2) * (1 + r.IntN(20)) }
				p := panel{rows: tall, m: m, cols: cols, k: k, floor: noFloor}
				var restore []func()
				put := func(f, rows, cols, ld int, element func(i, j int) float32) *float32 {
					x := fences[f].put(rows, cols, ld, atEnd, element)
					restore = append(restore, func() { poisonAll(x) })
					return &x[0]
				}
				elementA, elementB, elementS, elementG := value(0), value(1), value(2), value(0)
				lda, ldb, ldc := k+gap(), cols+gap(), cols+gap()
				cross := strings.HasPrefix(kernel.name, "cross") // they read A as TN has it, and have no gate
				turn := kernel.name == turnKernel.name
				transA := cross || turn || !kernel.columnar && r.IntN(2) == 0
				switch {
				case transA:
					lda = m + gap()
					p.a, p.ars, p.acs = put(0, k, m, lda, func(l, i int) float32 { return elementA(i, l) }), 4, 4*lda
				default:
					p.a, p.ars, p.acs = put(0, m, k, lda, elementA), 4*lda, 4
				}
				if kernel.columnar {
					ldb = k + gap()
					p.b = put(1, cols, k, ldb, func(j, l int) float32 { return elementB(l, j) })
				} else {
					p.b = put(1, k, cols, ldb, elementB)
				}
				p.ldb, p.ldc, p.scs = 4*ldb, 4*ldc, 4
				c0 := func(i, j int) float32 { return nan32 }
				start := r.IntN(4)
				if turn {
					start = 0
				}
				switch start {
				case 0:
					elementS = func(i, j int) float32 { return 0 }
					// As short as may be: a group of columns, or all of them.
					p.start, p.scs = put(3, 1, min(cols, 128), 128, elementS), 0
					if kernel.columnar {
						*p.start = nan32
						poisonAll(tileOf(fences[3].mem, min(cols, 128), atEnd))
						width := min(cols, max(kernel.from, 4))
						p.start = put(3, 1, width, width, elementS)
					}
				case 1:
					row := elementS
					elementS = func(i, j int) float32 { return row(0, j) }
					p.start = put(3, 1, cols, cols, elementS)
				case 2:
					lds := cols + gap()
					p.start, p.lds = put(3, m, cols, lds, elementS), 4*lds
				case 3:
					c0 = elementS
				}
				p.c = put(2, m, cols, ldc, c0)
				if start == 3 {
					p.start, p.lds = p.c, p.ldc
				}
				gated, floored := !cross && !turn && r.IntN(3) == 0, !turn && r.IntN(2) == 0
				if gated {
					ldg := cols + gap()
					p.gate, p.ldg = put(4, m, cols, ldg, elementG), 4*ldg
				}
				if floored {
					p.floor = 0
				}
				where := fmt.Sprintf("%s, draw %d: m=%d, cols=%d, k=%d, tiles of %d rows, TN %v, start %d, gate %v, floor %v, %s inputs, at end %v",
					kernel.name, draw, m, cols, k, tall, transA, start, gated, floored, dist, atEnd)
				func() {
					defer func() {
						if r := recover(); r != nil {
							t.Fatalf("%s: %v", where, r)
						}
					}()
					kernel.call(&p)
				}()
				c := tileOf(fences[2].mem, (m-1)*ldc+cols, atEnd)
				x, y := make([]float32, k), make([]float32, k)
				for i := range m {
					for j := range cols {
						for l := range k {
							x[l], y[l] = elementA(i, l), elementB(l, j)
						}
						want := elementS(i, j)
						if kernel.chains == 0 {
							want += ref.LaneSum(x, y)
						} else {
							s := [4]float32{want}
							for l := range k {
								s[l%kernel.chains] = ref.FMA(x[l], y[l], s[l%kernel.chains])
							}
							switch kernel.chains {
							case 1:
								want = s[0]
							case 2:
								want = s[0] + s[1]
							case 4:
								want = (s[0] + s[1]) + (s[2] + s[3])
							}
						}
						one := []float32{want}
						if gated {
							ref.ReLUGrad(one, one, []float32{elementG(i, j)})
						}
						if floored {
							ref.ReLU(one, one)
						}
						if got := c[i*ldc+j]; !same(got, one[0]) {
							t.Fatalf("%s: c[%d,%d] is %g (%#08x), want %g (%#08x)", where, i, j, got, math.Float32bits(got), one[0], math.Float32bits(one[0]))
						}
					}
					poisonAll(c[i*ldc:][:cols])
				}
				if !poisoned(fences[2].mem) {
					t.Fatalf("%s: memory beside C is written", where)
				}
				for _, f := range restore {
					f()
				}
				for j := range fences {
					if !poisoned(fences[j].mem) || !fences[j].intact() {
						t.Fatalf("%s: memory beside operand %d is written", where, j)
					}
				}
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
		if f, ok := d.(*ast.FuncDecl); ok && f.Body == nil && f.Name.Name != "transposeAVX2" && f.Name.Name != "copyAVX2" && !strings.HasPrefix(f.Name.Name, "rowSkip") && f.Name.Name != "listAVX512" && f.Name.Name != "columnDotsAVX512" && f.Name.Name != "panelCopyAVX512" {
			stubs = append(stubs, f.Name.Name)
		}
	}
	for _, kernel := range tileKernels {
		rows = append(rows, kernel.name)
	}
	for _, kernel := range columnKernels {
		rows = append(rows, kernel.name)
	}
	rows = append(rows, turnKernel.name)
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
	exits := 0
	for _, name := range []string{"panel_amd64.h", "gemm_amd64.s", "avx512_amd64.h", "gemm_avx512_amd64.s", "rows_avx512_amd64.s", "columns_avx512_amd64.s", "turn_avx512_amd64.s", "pack_avx512_amd64.s", "dots_amd64.s", "dots_avx512_amd64.s"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		before := ""
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
	}
	if exits < 10 {
		t.Errorf("only %d RET found", exits)
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
