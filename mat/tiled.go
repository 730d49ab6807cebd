//go:build (amd64 || arm64) && !purego

package mat

import "math"

// How the levels with tile kernels cut a product: tiles of C whose sums stay in registers,
// on A, B and C as they lie as far as that pays. B of NT with short rows is brought into
// NN's orientation panel by panel where no kernel transposes in registers; large products
// run on copies, see pack.go; a few columns may be rows of Cᵗ, see mirror.go.

const (
	// depth is the most terms of one call where C may be stored and taken up again
	// between calls (one chain): 32 columns of them are 128 KiB of the second-level cache.
	depth = 1024
	// narrowDepth is the same where the interleaved chains must end in one call.
	narrowDepth = 8192
	// callWork is the most multiply-adds of one call, unless one row has more, or a tile that
	// copies: 5 µs at 100 GFLOP/s, 35 at 15, on a slow core.
	callWork = 1 << 18
	// setStride is the distance of elements that share a set of the first-level cache.
	// Rows so far apart evict each other: a tile then has as many rows as a set has
	// lines, and as few terms as leave its part of B in the second-level cache.
	setStride, setRows, setDepth = 4096 / 4, 8, 256
	// fetchLeast elements of C do not stay in the second-level cache; fetchDepth terms hide the
	// cost of fetching.
	fetchLeast, fetchDepth = 1 << 17, 64
	// dotsRows rows of A of lanesBlock terms stay in the second-level cache while columns of B
	// pass by.
	dotsRows = 64
	// Columns beyond a multiple of 8 may be done as rows of Cᵗ, mirrorCols at most, in pieces
	// of mirrorPiece rows of C: see mirror.go.
	mirrorCols, mirrorRows, mirrorPiece = 7, 16, 64
	// Kinds of kernels: 1, 2 or 4 chains; in lanes; and 1, 2 or 4 more than kindCross for Cᵗ of
	// NN on A as it lies, more than kindColumns for NT on B as it lies; TN by Cᵗ. kindCopy
	// copies B: see pack.go.
	kindDots, kindCopy, kindCross, kindColumns, kindTurn = 6, 7, 8, 16, 32
	// A panel is on the stack: the 127 terms of 64 columns, which stay in the first-level cache.
	// A small product takes a small one, as clearing 32 KiB costs half a microsecond, and 4 KiB
	// half of what 16×16×16 does.
	panelSize, smallPanel, tinyPanel = 128 * 64, 32 * 32, 16 * 16
)

// panel is the argument of the kernels: tiles below each other, of the same columns.
// C[i,j] is the sum of A[i,p]·B[p,j] from start[i,j]; then +0 where the gate is ≤ 0 (not
// where it is NaN); then no less than floor, NaN passing. The kernels trust that m, cols,
// k and rows are at least 1 and the latter at most the tile's. Strides are in bytes; A's
// element (i, p) lies at i·ars + p·acs, so NN and TN differ in the strides only.
type panel struct {
	a, b, start, gate, c *float32 // gate nil: none
	ars, acs             int
	ldb, lds, ldg, ldc   int // lds 0: the same row for all
	rows                 int // of a tile; the last one may have fewer
	m, cols, k           int
	far                  int // not 0: rows of the start are far away, so fetch them ahead
	floor                float32
	to, next             *float32    // of kindCopy: where to, and the rows that come after B's
	scs                  int         // from column to column of start: 4, or 0 for zeroRow
	room                 [10]uintptr //lint:ignore U1000 for the assembly: where the next tile begins, rows and columns left
}

// zeroRow is what sums start from if not from C or a bias.
var zeroRow [128]float32

// tiled does a product with alpha 1, n > 1 and k > 0 by tile kernels. It reports false,
// with nothing done, if the level has none or the shape needs the plain way.
func (g *job) tiled() bool {
	q := 1 // chains
	switch {
	case bool(g.transB) && laneSums(g.n, g.k):
		return g.dots()
	case !bool(g.transA):
		q = chains(g.n)
	}
	if bool(g.transA) && g.start == nil && turns(g.m, g.n, g.k) {
		g.column(kindTurn, turnRows, 0, g.m, 0, g.n, 0, g.k, &g.b[0], g.ldb)
		return true
	}
	rows, cols := tileSize(q, g.m)
	if rows == 0 || q > 1 && g.k > narrowDepth {
		return false
	}
	if !fusedEnds {
		g.fill()
		g.start, g.lds = g.c, g.ldc
		defer g.finish()
	}
	stride := g.lda
	if g.transA {
		stride = 1
	}
	if g.m > rows && stride%setStride == 0 {
		rows = min(rows, setRows)
	}
	d := depth
	if g.m > rows {
		d = tileDepth()
		if max(g.lda, g.ldb)%setStride == 0 {
			d = min(d, setDepth)
		}
	}
	rows = evenly(g.m, min(rows, calmRows(g.k)))
	if g.transB {
		g.tiledNT(q, rows, cols)
		return true
	}
	if q > 1 {
		d = g.k
	}
	n := g.n
	if g.gate == nil {
		n -= mirrorable(g.transA, g.m, g.n, g.k)
	}
	if tall, wide := packTile(); g.packs(q, wide) {
		g.packed(n, tall, wide)
		if n < g.n {
			g.mirror(q, n)
		}
		return true
	}
	for at := 0; at < g.k; at += d {
		kp := min(d, g.k-at)
		for j := 0; j < n; {
			w := panelCols(cols, n-j)
			g.column(q, rows, 0, g.m, j, w, at, kp, &g.b[at*g.ldb+j], g.ldb)
			j += w
		}
	}
	if n < g.n {
		g.mirror(q, n)
	}
	return true
}

// oneCall returns the kernel, and the rows of its tiles, that does a product with alpha 1 by one
// call, and 0 rows if there is none: tiled would do the same, but the way to it takes as long
// as hundreds of multiply-adds. start and gate say whether there are any; m and n are not 0.
func oneCall(transA, transB Trans, start, gate bool, m, n, k, lda int) (kind, rows int) {
	switch {
	case !fusedEnds || detecting || n == 1 || k == 0 || m*n*k > callWork: // no overflow: slices hold m·n, m·k and n·k
		return 0, 0
	case bool(transB) && laneSums(n, k):
		if !lanesKernels() || m > dotsRows || k > lanesBlock || dotsPiece(m, k) < m || dotsCols(m, n) < n {
			return 0, 0
		}
		if w, _ := dotsMirror(m, n); w > 0 {
			return 0, 0
		}
		return kindDots, 4
	case bool(transB):
		q := chains(n)
		rows, cols := columnsTile(q, m)
		if rows == 0 || n%cols > 0 {
			return 0, 0
		}
		return kindColumns + q, evenly(m, rows)
	case bool(transA) && !start && turns(m, n, k):
		return kindTurn, turnRows
	}
	q, stride := chains(n), lda
	if transA {
		q, stride = 1, 1
	}
	rows, cols := tileSize(q, m)
	if n > cols || panelCols(cols, n) < n || k > tileDepth() || m > rows && stride%setStride == 0 || !gate && mirrorable(transA, m, n, k) > 0 {
		return 0, 0
	}
	return q, evenly(m, min(rows, calmRows(k)))
}

// callOnce does a product by one call of a kernel. start and gate may be nil.
func callOnce(kind, rows int, transA Trans, m, n, k int, a *float32, lda int, b *float32, ldb int, start *float32, lds int, gate *float32, ldg int, floor float32, c *float32, ldc int) {
	var p panel
	p.a, p.ars, p.acs = a, 4*lda, 4
	if transA {
		p.ars, p.acs = 4, 4*lda
	}
	p.b, p.ldb, p.c, p.ldc = b, 4*ldb, c, 4*ldc
	if p.start, p.lds, p.scs = start, 4*lds, 4; start == nil {
		p.start, p.scs = &zeroRow[0], 0
	}
	p.gate, p.ldg, p.floor = gate, 4*ldg, floor
	p.m, p.cols, p.k, p.rows = m, n, k, rows
	callPanel(kind, &p)
}

// dots does A·Bᵗ in lanes.
func (g *job) dots() bool {
	if !lanesKernels() {
		return false
	}
	if !fusedEnds {
		g.fill()
		g.start, g.lds = g.c, g.ldc
		defer g.finish()
	}
	for i, m := 0, 0; i < g.m; i += m {
		m = dotsPiece(min(dotsRows, g.m-i), min(g.k, lanesBlock))
		n := g.n
		if w, rows := dotsMirror(m, n); w > 0 {
			m, n = m-m%rows, n-w
			g.mirrorDots(i, m, n)
		}
		for at := 0; at < g.k; at += lanesBlock {
			kp := min(lanesBlock, g.k-at)
			for j := 0; j < n; {
				w := dotsCols(m, n-j)
				if most := max(callWork/(m*kp), 16); w > most {
					w = most / 16 * 16
				}
				g.column(kindDots, 4, i, m, j, w, at, kp, &g.b[j*g.ldb+at], g.ldb)
				j += w
			}
		}
	}
	return true
}

// tiledNT does A·Bᵗ of fewer than 128 terms, more being summed in lanes: with few rows on B as it
// lies, as far as there are kernels, else by transposed panels of B. The interleaved chains, of few
// columns, take one or the other.
func (g *job) tiledNT(q, rows, cols int) {
	j := 0
	if tall, wide := columnsTile(q, g.m); tall > 0 && g.n >= wide && (q == 1 || g.n%wide == 0) {
		tall = evenly(g.m, tall)
		for j+wide <= g.n {
			w := max(wide, min(g.n-j, callWork/(g.m*g.k))/wide*wide)
			g.column(kindColumns+q, tall, 0, g.m, j, w, 0, g.k, &g.b[j*g.ldb], g.ldb)
			j += w
		}
	}
	switch {
	case j == g.n:
	case g.k*min(g.n-j, cols) <= tinyPanel:
		g.tinyPanels(q, rows, cols, j)
	case g.k*min(g.n-j, cols) <= smallPanel:
		g.smallPanels(q, rows, cols, j)
	default:
		g.largePanels(q, rows, cols, j)
	}
}

// column does the terms at...at+kp of m rows of C from i on and w columns from j on, by
// kernels of a kind and tiles of so many rows; b is B's part of them.
func (g *job) column(kind, rows, i, m, j, w, at, kp int, b *float32, ldb int) {
	var p panel // field by field: a literal is made elsewhere and copied, which costs 10 ns
	p.b, p.ldb, p.ldc = b, 4*ldb, 4*g.ldc
	p.ars, p.acs = 4*g.lda, 4
	p.rows, p.cols, p.k = rows, w, kp
	p.floor = noFloor
	if kp >= fetchDepth && g.m*g.n >= fetchLeast {
		p.far = 1
	}
	if g.transA {
		p.ars, p.acs = p.acs, p.ars
	}
	last := at+kp == g.k
	if last {
		p.floor, p.ldg = g.floor, 4*g.ldg
	}
	few := callRows(m, w, kp, rows)
	if kind == kindCopy {
		p.to, p.next, few = g.to, g.next, m // one tile
	}
	for end := i + m; i < end; i += few {
		p.m = min(few, end-i)
		p.a = &g.a[(i*p.ars+at*p.acs)/4]
		p.c = &g.c[i*g.ldc+j]
		switch {
		case at > 0:
			p.start, p.lds, p.scs = p.c, p.ldc, 4
		case g.start == nil:
			p.start, p.lds, p.scs = &zeroRow[0], 0, 0
		default:
			p.start, p.lds, p.scs = &g.start[i*g.lds+j], 4*g.lds, 4
		}
		if last && g.gate != nil {
			p.gate = &g.gate[i*g.ldg+j]
		}
		callPanel(kind, &p)
	}
}

// callRows returns how many of m rows of w columns and kp terms one call does, in tiles of so
// many rows.
func callRows(m, w, kp, rows int) int {
	if m*w*kp <= callWork {
		return m
	}
	few := max(1, callWork/(w*kp))
	if few >= rows {
		few -= few % rows // whole tiles
	}
	return few
}

// calmRows returns the most rows of a tile of so many terms: with few of them the start and the
// end of a tall tile do not hide behind the sums of the next one.
func calmRows(k int) int {
	if k <= 128 {
		return 8
	}
	return math.MaxInt
}

// evenly returns the size, at most most, of pieces of n that are nearly equal: a thin
// last piece has too few sums in flight to hide the latency of the multiply-add.
func evenly(n, most int) int {
	switch {
	case n <= most:
		return n
	case n <= 2*most:
		return (n + 1) / 2 // without the divisions, which are slow
	}
	pieces := (n + most - 1) / most
	return (n + pieces - 1) / pieces
}

// tinyPanels, smallPanels and largePanels differ in the size of the panel. None is inlined:
// it would be in the frame of products that need none.
//
//go:noinline
func (g *job) tinyPanels(q, rows, cols, from int) {
	var buf [tinyPanel]float32
	g.panels(q, rows, cols, from, buf[:])
}

//go:noinline
func (g *job) smallPanels(q, rows, cols, from int) {
	var buf [smallPanel]float32
	g.panels(q, rows, cols, from, buf[:])
}

//go:noinline
func (g *job) largePanels(q, rows, cols, from int) {
	var buf [panelSize]float32
	g.panels(q, rows, cols, from, buf[:])
}

// panels does the columns from on: parts of B are transposed into buf, as wide as a tile.
func (g *job) panels(q, rows, cols, from int, buf []float32) {
	for j := from; j < g.n; {
		w := panelCols(cols, g.n-j)
		part := buf[:g.k*w]
		callTranspose(w, g.k, &g.b[j*g.ldb], g.ldb, &part[0], w)
		g.column(q, rows, 0, g.m, j, w, 0, g.k, &part[0], w)
		j += w
	}
}
