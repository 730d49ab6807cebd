//go:build !purego

package mat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"testing"

	"github.com/sinew-ml/sinew/internal/ref"
)

// tile is one row of the table of micro-kernels.
type tile struct {
	name       string
	chains     int
	rows, cols int // limits
	call       func(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)
}

var tiles = []tile{
	{"tile1NEON", 1, tile1Rows, tile1Cols, tile1NEON},
	{"tile2NEON", 2, tile2Rows, tile2Cols, tile2NEON},
	{"tile4NEON", 4, tile4Rows, tile4Cols, tile4NEON},
	{"row1NEON", 1, 1, row1Cols, func(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int) {
		row1NEON(cols, k, a, acs, b, ldb, c)
	}},
}

// grid is a matrix in memory of its own: element i, j at x[i*rs+j*cs].
type grid struct {
	x      []float32
	rs, cs int
}

// newGrid lays out a matrix; all else in it is poison.
func newGrid(rows, cols, rs, cs int) grid {
	g := grid{make([]float32, (rows-1)*rs+(cols-1)*cs+1), rs, cs}
	poisonAll(g.x)
	return g
}

func (g grid) at(i, j int) *float32 { return &g.x[i*g.rs+j*g.cs] }

// fill sets the elements of a matrix to values of a distribution.
func (g grid) fill(r *rand.Rand, rows, cols int, dist string, negate bool) {
	for i := range rows {
		for j := range cols {
			v := float32(r.NormFloat64())
			switch dist {
			case special:
				if r.IntN(3*rows*cols) < 4 { // a few in each matrix
					v = odd[r.IntN(len(odd))]
				}
			case underflow:
				v = 0x1p-100 * (1 + float32(r.Float64()))
				if negate {
					v = -v
				}
			case zeros:
				v = 0
				if r.IntN(2) == 0 {
					v = negZero
				}
			}
			*g.at(i, j) = v
		}
	}
}

// wantTile computes C from the specification, on a copy of all of its memory.
func wantTile(chains, rows, cols, k int, a, b, c grid) []float32 {
	w := grid{append([]float32(nil), c.x...), c.rs, c.cs}
	for i := range rows {
		for j := range cols {
			s := [4]float32{*w.at(i, j)}
			for p := range k {
				s[p%chains] = ref.FMA(*a.at(i, p), *b.at(p, j), s[p%chains])
			}
			switch chains {
			case 1:
				*w.at(i, j) = s[0]
			case 2:
				*w.at(i, j) = s[0] + s[1]
			case 4:
				*w.at(i, j) = (s[0] + s[1]) + (s[2] + s[3])
			}
		}
	}
	return w.x
}

// fence is memory between two pages that cannot be touched.
type fence struct {
	mem    []float32
	intact func() bool
}

func newFence(t *testing.T, n int) fence {
	mem, intact := fenced(t, n)
	poisonAll(mem)
	return fence{mem, intact}
}

// put copies x flush with the end or the start of the memory.
func (f fence) put(x []float32, end bool) []float32 {
	from := 0
	if end {
		from = len(f.mem) - len(x)
	}
	to := f.mem[from:][:len(x):len(x)]
	copy(to, x)
	return to
}

// clean poisons x again and reports whether nothing beside it was written.
func (f fence) clean(x []float32) bool {
	poisonAll(x)
	return f.intact()
}

// faultFree calls f and turns a memory fault into a failure.
func faultFree(t *testing.T, where string, f func()) {
	t.Helper()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			t.Fatalf("%s: %v", where, r)
		}
	}()
	f()
}

// TestTiles compares every size of tile with the specification, to the bit, between
// pages that cannot be touched, at the end of one and at the start of the other by turns.
func TestTiles(t *testing.T) {
	depths := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 17}
	dists := []string{normal, special, underflow, zeros}
	for _, tile := range tiles {
		t.Run(tile.name, func(t *testing.T) {
			const most = 4096
			fences := [3]fence{newFence(t, most), newFence(t, most), newFence(t, most)}
			r := rand.New(rand.NewPCG(3, 4))
			cases := 0
			check := func(rows, cols, k int, layout, dist string, end bool, a, b, c grid) {
				t.Helper()
				cases++
				where := fmt.Sprintf("%s, %d×%d, k=%d, %s (strides %d, %d; ldb %d, ldc %d), %s inputs, at the end %v",
					tile.name, rows, cols, k, layout, a.rs, a.cs, b.rs, c.rs, dist, end)
				a.fill(r, rows, k, dist, true)
				b.fill(r, k, cols, dist, false)
				c.fill(r, rows, cols, dist, false)
				if dist == underflow && r.IntN(2) == 0 {
					for i := range rows {
						for j := range cols {
							*c.at(i, j) = negZero // the sum stays -0 or becomes +0, by the chains
						}
					}
				}
				want := wantTile(tile.chains, rows, cols, k, a, b, c)
				fa, fb, fc := fences[0].put(a.x, end), fences[1].put(b.x, end), fences[2].put(c.x, end)
				faultFree(t, where, func() {
					tile.call(rows, cols, k, &fa[0], a.rs, a.cs, &fb[0], b.rs, &fc[0], c.rs)
				})
				for i, w := range want {
					if !same(fc[i], w) || i%c.rs >= cols && math.Float32bits(fc[i]) != math.Float32bits(w) {
						t.Fatalf("%s: row %d, column %d is %g (%#08x), want %g (%#08x)", where, i/c.rs, i%c.rs, fc[i], math.Float32bits(fc[i]), w, math.Float32bits(w))
					}
				}
				for j, x := range [][]float32{a.x, b.x} {
					for i := range x {
						if math.Float32bits(x[i]) != math.Float32bits([][]float32{fa, fb}[j][i]) {
							t.Fatalf("%s: input %c[%d] is changed", where, 'a'+j, i)
						}
					}
				}
				for j, x := range [][]float32{fa, fb, fc} {
					if !fences[j].clean(x) {
						t.Fatalf("%s: memory beside %c is written", where, 'a'+j)
					}
				}
			}
			for rows := 1; rows <= tile.rows; rows++ {
				for cols := 1; cols <= tile.cols; cols++ {
					for _, k := range depths {
						layouts := []struct {
							name     string
							ars, acs int
						}{
							{"NN", k, 1}, {"NN", k + 3, 1},
							{"TN", 1, rows}, {"TN", 1, rows + 5},
							{"general", 3, 3*rows + 2}, {"general", 2*k + 1, 2},
						}
						for l, layout := range layouts {
							spare := l % 2 * (1 + r.IntN(4)) // no gaps between rows, or some
							for _, end := range []bool{true, false} {
								check(rows, cols, k, layout.name, dists[r.IntN(len(dists))], end,
									newGrid(rows, k, layout.ars, layout.acs), newGrid(k, cols, cols+spare, 1), newGrid(rows, cols, cols+2*spare, 1))
							}
						}
					}
				}
			}
			for j, f := range fences {
				if !poisoned(f.mem) {
					t.Errorf("memory beside %c is written", 'a'+j)
				}
			}
			if cases == 0 {
				t.Error("no case was run")
			}
		})
	}
}

// TestTileChains tells the chains apart by their order: terms of one chain meet 2²⁴
// before they can meet each other.
func TestTileChains(t *testing.T) {
	for _, tile := range tiles {
		const k = 13
		rows, cols := tile.rows, tile.cols
		for from := range k {
			a, b, c := newGrid(rows, k, k, 1), newGrid(k, cols, cols, 1), newGrid(rows, cols, cols, 1)
			for p := range k {
				for i := range rows {
					*a.at(i, p) = 1
				}
				for j := range cols {
					*b.at(p, j) = 1
					if p == from {
						*b.at(p, j) = 0x1p24
					}
				}
			}
			for i := range c.x {
				c.x[i] = float32(i)
			}
			want := wantTile(tile.chains, rows, cols, k, a, b, c)
			tile.call(rows, cols, k, a.at(0, 0), k, 1, b.at(0, 0), cols, c.at(0, 0), cols)
			for i, w := range want {
				if c.x[i] != w {
					t.Fatalf("%s, 2²⁴ at p=%d: element %d is %v, want %v", tile.name, from, i, c.x[i], w)
				}
			}
		}
	}
}

// TestTranspose transposes every small size between pages that cannot be touched.
func TestTranspose(t *testing.T) {
	const largest = 20
	from, to := newFence(t, largest*(largest+3)), newFence(t, largest*(largest+3))
	next := 0
	for rows := 1; rows <= largest; rows++ {
		for cols := 1; cols <= largest; cols++ {
			for _, spare := range []int{0, 3} {
				for _, end := range []bool{true, false} {
					where := fmt.Sprintf("%d×%d, lds %d, ldd %d, at the end %v", rows, cols, cols+spare, rows+spare, end)
					src, dst := newGrid(rows, cols, cols+spare, 1), newGrid(cols, rows, rows+spare, 1)
					for i := range rows {
						for j := range cols {
							next++
							*src.at(i, j) = float32(next)
						}
					}
					x, y := from.put(src.x, end), to.put(dst.x, end)
					faultFree(t, where, func() { transposeNEON(rows, cols, &x[0], src.rs, &y[0], dst.rs) })
					for i := range rows {
						for j := range cols {
							*dst.at(j, i) = *src.at(i, j)
						}
					}
					for i, w := range dst.x {
						if math.Float32bits(y[i]) != math.Float32bits(w) {
							t.Fatalf("%s: row %d, column %d is %v, want %v", where, i/dst.rs, i%dst.rs, y[i], w)
						}
					}
					for i, w := range src.x {
						if math.Float32bits(x[i]) != math.Float32bits(w) {
							t.Fatalf("%s: src[%d] is changed", where, i)
						}
					}
					if !from.clean(x) || !to.clean(y) {
						t.Fatalf("%s: memory beside a matrix is written", where)
					}
				}
			}
		}
	}
	if !poisoned(from.mem) || !poisoned(to.mem) {
		t.Error("memory beside a matrix is written")
	}
}

// BenchmarkTile is for counting instructions: one call at k = 64 of a full tile.
func BenchmarkTile(b *testing.B) {
	const k = 64
	for _, tile := range tiles {
		for _, layout := range []struct {
			name     string
			ars, acs int
		}{{"NN", k, 1}, {"TN", 1, tile.rows}} {
			b.Run(fmt.Sprintf("%s/%s", tile.name, layout.name), func(b *testing.B) {
				x, y, c := make([]float32, tile.rows*k), make([]float32, k*tile.cols), make([]float32, tile.rows*tile.cols)
				for b.Loop() {
					tile.call(tile.rows, tile.cols, k, &x[0], layout.ars, layout.acs, &y[0], tile.cols, &c[0], tile.cols)
				}
			})
		}
	}
}
