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
	if w == 0 || m < mirrorRows || m*k < 2*setUp {
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
		// 16 rows and 4 terms take 13 cycles and 3 per column; some rows are done twice.
		cost = float32(13+3*w) / 64 * float32((m+15)/16*16) / float32(m)
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
	for i, m := 0, 0; i < g.m; i += m {
		m = min(mirrorPiece, g.m-i)
		if left := g.m - i - m; left > 0 && left < mirrorRows {
			m -= mirrorRows // no piece has fewer than mirrorRows
		}
		g.mirrorPiece(q, i, m, j)
	}
}

// mirrorPiece does m rows from i on of the columns from j on.
func (g *job) mirrorPiece(q, i, m, j int) {
	var ct [mirrorCols * mirrorPiece]float32
	// A and B change places: op(B)'s element (p, j) is that of row j and term p.
	h := job{transA: Transpose, m: g.n - j, n: m, k: g.k, a: g.b[j:], lda: g.ldb, c: ct[:], floor: g.floor}
	whole := m
	if !g.transA {
		// The kernels take 16 rows of A: the last 16 may be partly those of the group before,
		// and have columns of Cᵗ of their own.
		whole -= m % mirrorRows
		h.n = (m + mirrorRows - 1) / mirrorRows * mirrorRows
	}
	again := h.n - m // rows that are done twice
	h.ldc = h.n
	if g.start != nil {
		h.start, h.lds = h.c, h.ldc
		for l := range h.n {
			r := i + l
			if l >= whole {
				r -= again
			}
			for s, v := range g.start[r*g.lds+j:][:h.m] {
				ct[s*h.ldc+l] = v
			}
		}
	}
	d := depth
	if q > 1 {
		d = g.k
	}
	for at := 0; at < g.k; at += d {
		kp := min(d, g.k-at)
		if g.transA {
			rows, cols := tileSize(q, h.m)
			rows = evenly(h.m, rows)
			for l := 0; l < h.n; {
				v := panelCols(cols, h.n-l)
				h.column(q, rows, 0, h.m, l, v, at, kp, &g.a[at*g.lda+i+l], g.lda)
				l += v
			}
			continue
		}
		if whole > 0 {
			h.column(kindCross+q, h.m, 0, h.m, 0, whole, at, kp, &g.a[i*g.lda+at], g.lda)
		}
		if whole < m {
			h.column(kindCross+q, h.m, 0, h.m, whole, mirrorRows, at, kp, &g.a[(i+whole-again)*g.lda+at], g.lda)
		}
	}
	if whole > 0 {
		callTranspose(h.m, whole, &ct[0], h.ldc, &g.c[i*g.ldc+j], g.ldc)
	}
	if whole < m {
		callTranspose(h.m, m-whole, &ct[whole+again], h.ldc, &g.c[(i+whole)*g.ldc+j], g.ldc)
	}
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
