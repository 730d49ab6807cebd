//go:build (amd64 || arm64) && !purego

package mat

// Large products of NN and TN run on copies. B's rows for a column of tiles lie in as many
// pages, and rows a multiple of 4 KiB apart share a few sets of the caches: the part of B for
// a column of tiles is copied once for all rows of C. Rows of A are read well from where they
// are, 8 at once if they share sets. TN's A has its terms in as many pages: tall ones are
// copied too, block by block.
const (
	packDepth = 512 // terms of B's copy: C is stored and taken up again so much less often
	packLow   = 256 // the same with a block of A, packRows rows, beside it
	packRows  = 192 // a multiple of the rows of all tiles: 6 and 12
	packTall  = 512 // rows of C from which on the copy of A pays
	// packLeast is from how many elements of A or B on copies pay: twice what the
	// second-level cache of 1 MiB holds. packShort is the least rows of C, else the copy costs
	// as much as it saves.
	packLeast, packShort = 1 << 19, 48
)

// packs reports whether a product is better done on copies. full is the columns of a tile.
func (g *job) packs(q, full int) bool {
	return packing && q == 1 && g.m >= packShort && g.n >= 2*full && g.k >= 64 &&
		(max(g.m, g.n)*g.k >= packLeast || g.lda%setStride == 0 || g.ldb%setStride == 0)
}

// packed does n columns of a product on copies, in tiles of rows and cols.
func (g *job) packed(n, rows, cols int) {
	switch {
	case bool(g.transA) && g.m > packTall:
		g.packedBoth(n, rows, cols)
	case !bool(g.transA) && g.lda%setStride == 0:
		g.packedB(n, min(rows, setRows), cols)
	default:
		g.packedB(n, rows, cols)
	}
}

// packedB copies B only.
//
//go:noinline
func (g *job) packedB(n, rows, cols int) {
	var buf [packDepth * panelWidth]float32
	for at := 0; at < g.k; at += packDepth {
		kp := min(packDepth, g.k-at)
		for j := 0; j < n; j += cols {
			w := min(cols, n-j)
			b, ldb := g.packB(buf[:], at, kp, j, w, cols)
			g.column(1, evenly(g.m, rows), 0, g.m, j, w, at, kp, b, ldb)
		}
	}
}

// packB copies kp rows of w columns of B to buf, if that is a whole tile, and returns where
// they are now.
func (g *job) packB(buf []float32, at, kp, j, w, cols int) (b *float32, ldb int) {
	b = &g.b[at*g.ldb+j]
	if w < cols {
		return b, g.ldb
	}
	callCopy(kp, cols, b, g.ldb, &buf[0])
	return &buf[0], cols
}

// packedBoth copies a block of A, as it lies in TN, as well.
//
//go:noinline
func (g *job) packedBoth(n, rows, cols int) {
	var bufA [packLow * packRows]float32
	var bufB [packLow * panelWidth]float32
	for at := 0; at < g.k; at += packLow {
		kp := min(packLow, g.k-at)
		for i := 0; i < g.m; i += packRows {
			h := g.block(i, min(packRows, g.m-i), at, kp)
			h.a, h.lda = bufA[:], packRows
			for p := range kp {
				copy(bufA[p*packRows:][:h.m], g.a[(at+p)*g.lda+i:])
			}
			for j := 0; j < n; j += cols {
				w := min(cols, n-j)
				b, ldb := g.packB(bufB[:], at, kp, j, w, cols)
				h.column(1, evenly(h.m, rows), 0, h.m, j, w, 0, kp, b, ldb)
			}
		}
	}
}

// block is the product of m rows from i on and the terms at...at+kp: A and B are still to be
// set. TN has neither gate nor floor.
func (g *job) block(i, m, at, kp int) job {
	h := *g
	h.m, h.k = m, kp
	h.c = g.c[i*g.ldc:]
	if at > 0 {
		h.start, h.lds = h.c, h.ldc
	} else if g.start != nil {
		h.start = g.start[i*g.lds:]
	}
	return h
}
