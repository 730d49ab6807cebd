//go:build (amd64 || arm64) && !purego

package mat

import "sync/atomic"

// Large products of NN and TN run on copies. B's rows for a column of tiles lie in as many
// pages, and rows a multiple of 4 KiB apart share a few sets of the caches: the part of B for
// a column of tiles is copied once for all rows of C. With AVX-512 the first tile copies while
// it computes, and fetches the rows to come from the third-level cache.
//
// Rows of A are read well from where they are, 8 at once if they share sets; but beside rows of
// B that do so too only from a copy. TN's A has its terms in as many pages: tall ones are copied
// as well, block by block.
const (
	packDepth = 1024           // the most terms of B's copy: 128 KiB of the second-level cache
	packLow   = 256            // the same with a block of A, packRows rows, beside it
	packRows  = 192            // a multiple of the rows of all tiles: 6 and 12
	packTall  = 512            // rows of C from which on the copy of TN's A pays
	packFirst = 36             // the most rows of NN's A to copy; of more only the first tile's
	packLine  = packDepth + 16 // from row to row of that copy: other sets

	// A tile that copies has packLeastRows at least, and fetches packAhead rows ahead.
	packLeastRows, packAhead = 7, 32
)

// scratch is the memory of the copies of one product. On the stack it would be cleared at
// each call, which takes as long as copies may cost.
type scratch struct {
	b [packDepth * panelWidth]float32
	a [max(packFirst*packLine, packLow*packRows)]float32
}

// scratches are those that no product has at the moment. A product that finds none makes
// one, which is dropped at the end if there is no place.
var scratches [16]atomic.Pointer[scratch]

func takeScratch() *scratch {
	for i := range scratches {
		if scratches[i].Load() != nil {
			if s := scratches[i].Swap(nil); s != nil {
				return s
			}
		}
	}
	return new(scratch)
}

func (s *scratch) release() {
	for i := range scratches {
		if scratches[i].Load() == nil && scratches[i].CompareAndSwap(nil, s) {
			return
		}
	}
}

// packs reports whether a product is better done on copies. full is the columns of a tile.
func (g *job) packs(q, full int) bool {
	if !packing || q > 1 || g.n < 2*full || g.k < 64 {
		return false
	}
	return g.packsFrom() <= g.m
}

// packed does n columns of a product on copies, in tiles of rows and cols.
func (g *job) packed(n, rows, cols int) {
	s := takeScratch()
	if bool(g.transA) && g.m > packTall {
		g.packedBoth(s, n, rows, cols)
	} else {
		g.packedB(s, n, evenly(g.m, rows), cols)
	}
	s.release()
}

// packedB copies B, and of A, if its rows share sets, those of the first tiles.
func (g *job) packedB(s *scratch, n, rows, cols int) {
	depth := evenly(g.k, packTerms())
	for at := 0; at < g.k; at += depth {
		kp := min(depth, g.k-at)
		top := g.block(0, g.m, at, kp)
		var rest job
		if g.transA {
			top.a = g.a[at*g.lda:]
		} else if top.a = g.a[at:]; g.lda%setStride == 0 && tilesCopy() {
			if g.m > packFirst {
				top.m = rows
				rest = g.block(rows, g.m-rows, at, kp)
				rest.a = g.a[rows*g.lda+at:]
			}
			for i := range top.m {
				copy(s.a[i*packLine:][:kp], top.a[i*g.lda:])
			}
			top.a, top.lda = s.a[:], packLine
		}
		for j := 0; j < n; j += cols {
			w := min(cols, n-j)
			b, ldb := top.top(s, at, j, w, rows, cols)
			if rest.m > 0 {
				rest.column(1, evenly(rest.m, setRows), 0, rest.m, j, w, 0, kp, b, ldb)
			}
		}
	}
}

// top does w columns of a block from j on, with the terms from at on of B, and returns where
// these are then: in s, if they are a whole tile's.
func (g *job) top(s *scratch, at, j, w, rows, cols int) (b *float32, ldb int) {
	b, ldb = &g.b[at*g.ldb+j], g.ldb
	done := 0
	switch {
	case w < cols:
	case tilesCopy() && rows >= packLeastRows:
		h := *g
		if h.to, h.next = &s.b[0], b; j+cols < g.n {
			h.next = &g.b[at*g.ldb+j+cols]
		}
		done = rows
		h.column(kindCopy, rows, 0, rows, j, cols, 0, g.k, b, ldb)
		b, ldb = &s.b[0], cols
	default:
		callCopy(g.k, cols, b, ldb, &s.b[0])
		b, ldb = &s.b[0], cols
	}
	if done < g.m {
		g.column(1, rows, done, g.m-done, j, w, 0, g.k, b, ldb)
	}
	return b, ldb
}

// packedBoth copies a block of A, as it lies in TN, as well.
func (g *job) packedBoth(s *scratch, n, rows, cols int) {
	for at := 0; at < g.k; at += packLow {
		kp := min(packLow, g.k-at)
		for i := 0; i < g.m; i += packRows {
			h := g.block(i, min(packRows, g.m-i), at, kp)
			h.a, h.lda = s.a[:], packRows
			for p := range kp {
				copy(s.a[p*packRows:][:h.m], g.a[(at+p)*g.lda+i:])
			}
			for j := 0; j < n; j += cols {
				h.top(s, at, j, min(cols, n-j), evenly(h.m, rows), cols)
			}
		}
	}
}

// block is the product of m rows from i on and the terms at...at+kp: A is still to be set, B is
// that of all terms. Products on copies have no gate.
func (g *job) block(i, m, at, kp int) job {
	h := *g
	h.m, h.k = m, kp
	h.c = g.c[i*g.ldc:]
	if at > 0 {
		h.start, h.lds = h.c, h.ldc
	} else if g.start != nil {
		h.start = g.start[i*g.lds:]
	}
	if at+kp < g.k {
		h.floor = noFloor
	}
	return h
}
