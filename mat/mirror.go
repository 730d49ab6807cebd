//go:build (amd64 || arm64) && !purego

package mat

// A few columns beyond a multiple of 8 leave most of a vector idle. As rows of
// Cᵗ = op(B)ᵗ·op(A)ᵗ they fill vectors along the rows of C instead, with the same bits: an
// element's terms and chains are the same. TN has Aᵗ already and takes the kernels of all
// products; NN has kernels that transpose A in registers, 16 rows at once. Of products in lanes,
// whose tiles are 4 columns wide, one or two columns take the kernels for as many rows.

// mirrorable returns how many columns at the end to do so, 0 if it does not pay.
func mirrorable(transA Trans, m, n, k int) int {
	const setUp = 250 // cycles, for what does not depend on the size
	w := n % 8
	if w == 0 || m < mirrorRows || m*k < 2*setUp || !bool(transA) && m*k < 4*setUp {
		return 0
	}
	// Cycles per row and term, in which 16 multiply-adds are done; the columns as they are
	// take half of one.
	var cost float32
	switch {
	case bool(transA) && mirrors:
		// Vectors along the rows, rounded up to halves, and the transposition of Cᵗ.
		cost = float32(w*((m+7)/8*8))/float32(16*m) + 0.8*float32(w)/float32(k)
	case !bool(transA) && w <= crossCols():
		// 16 rows and 4 terms take 13 cycles and 3 per column.
		cost = float32(13+3*w) / 64
		m -= m % mirrorRows
	default:
		return 0
	}
	if (0.5-cost)*float32(m)*float32(k) < setUp {
		return 0
	}
	return w
}

// mirror does the columns from j on, mirrorCols at most.
func (g *job) mirror(q, j int) {
	m, piece := g.m, mirrorPiece
	if !g.transA {
		m -= m % mirrorRows // the kernels take so many rows of A
		g.corner(q, m, j)
	}
	if g.n-j > mirrorCols/2 {
		piece /= 2
	}
	for i, rows := 0, 0; i < m; i += rows {
		rows = min(piece, m-i)
		if left := m - i - rows; left > 0 && left < mirrorRows {
			rows -= mirrorRows // no piece has fewer
		}
		if g.n-j == 1 {
			g.mirrorOne(q, i, rows, j)
		} else {
			g.mirrorSome(q, i, rows, j)
		}
	}
}

// corner does the rows from i on, fewer than mirrorRows, of the columns from j on as they lie.
func (g *job) corner(q, i, j int) {
	m, d := g.m-i, depth
	if m == 0 {
		return
	}
	if q > 1 {
		d = g.k
	}
	rows, _ := tileSize(q, m)
	for at := 0; at < g.k; at += d {
		g.column(q, evenly(m, rows), i, m, j, g.n-j, at, min(d, g.k-at), &g.b[at*g.ldb+j], g.ldb)
	}
}

// mirrorOne and mirrorSome differ in the size of Cᵗ, which takes time to clear.
//
//go:noinline
func (g *job) mirrorOne(q, i, m, j int) {
	var ct [mirrorPiece]float32
	g.mirrorRows(q, i, m, j, ct[:])
}

//go:noinline
func (g *job) mirrorSome(q, i, m, j int) {
	var ct [(mirrorCols + 1) / 2 * mirrorPiece]float32
	g.mirrorRows(q, i, m, j, ct[:])
}

// mirrorRows does m rows from i on of the columns from j on.
func (g *job) mirrorRows(q, i, m, j int, ct []float32) {
	// A and B change places: op(B)'s element (p, j) is that of row j and term p.
	h := job{transA: Transpose, m: g.n - j, n: m, k: g.k, a: g.b[j:], lda: g.ldb, c: ct, ldc: m, floor: g.floor}
	if g.start != nil {
		h.start, h.lds = h.c, h.ldc
		for l := range m {
			for s, v := range g.start[(i+l)*g.lds+j:][:h.m] {
				ct[s*m+l] = v
			}
		}
	}
	d := depth
	if q > 1 {
		d = g.k
	}
	for at := 0; at < g.k; at += d {
		kp := min(d, g.k-at)
		if !g.transA {
			h.column(kindCross+q, h.m, 0, h.m, 0, m, at, kp, &g.a[i*g.lda+at], g.lda)
			continue
		}
		rows, cols := tileSize(q, h.m)
		rows = evenly(h.m, rows)
		for l := 0; l < m; {
			v := panelCols(cols, m-l)
			h.column(q, rows, 0, h.m, l, v, at, kp, &g.a[at*g.lda+i+l], g.lda)
			l += v
		}
	}
	callTranspose(h.m, m, &ct[0], m, &g.c[i*g.ldc+j], g.ldc)
}

// mirrorDots does m rows from i on, dotsRows at most, of the columns from j on, two at most, of a
// product in lanes. NT has no floor.
func (g *job) mirrorDots(i, m, j int) {
	var ct, gate [2 * dotsRows]float32
	w := g.n - j
	h := job{transB: Transpose, m: w, n: m, k: g.k, a: g.b[j*g.ldb:], lda: g.ldb, c: ct[:], ldc: m, floor: noFloor}
	if g.start != nil {
		callTranspose(m, w, &g.start[i*g.lds+j], g.lds, &ct[0], m)
		h.start, h.lds = h.c, h.ldc
	}
	if g.gate != nil {
		callTranspose(m, w, &g.gate[i*g.ldg+j], g.ldg, &gate[0], m)
		h.gate, h.ldg = gate[:], m
	}
	for at := 0; at < g.k; at += lanesBlock {
		h.column(kindDots, w, 0, w, 0, m, at, min(lanesBlock, g.k-at), &g.a[i*g.lda+at], g.lda)
	}
	callTranspose(w, m, &ct[0], m, &g.c[i*g.ldc+j], g.ldc)
}
