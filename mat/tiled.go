//go:build (amd64 || arm64) && !purego

package mat

// How the levels with tile kernels cut a product: tiles of C whose sums stay in
// registers, called on A, B and C as they lie. Copying operands pays only where the
// kernels could not read them well: NT, whose B is brought into NN's orientation panel
// by panel, and rows of B that lie a multiple of 4 KiB apart and so fall into the same
// cache sets.

const (
	// depth is the most terms of one tile call where C may be stored and taken up
	// again between calls (one chain): 12×32 of them are a few microseconds.
	depth = 1024
	// narrowDepth is the same where the interleaved chains must end in one call.
	narrowDepth = 8192
	// panelSize is that of the copy of a part of B, on the stack: 256 terms of 32
	// columns stay in the first-level cache.
	panelSize = 256 * 32
	// copyRows is from how many rows of C on it pays to copy badly lying rows of B.
	copyRows = 48
	// setStride is the distance of elements that share a cache set.
	setStride = 4096 / 4
)

// tiled adds op(A)·op(B) to C for alpha 1 and n > 1, by tile kernels. It reports
// false, with nothing done, if the level has none or the shape needs the plain way.
func tiled(transA, transB Trans, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) bool {
	q := 1 // chains
	if !transA {
		q = chains(n)
	}
	rows, cols := tileSize(q)
	if rows == 0 {
		return false
	}
	ars, acs := lda, 1
	if transA {
		ars, acs = 1, lda
	}
	switch copies := bool(transB) || ldb%setStride == 0 && m >= copyRows; {
	case q > 1 && (k > narrowDepth || copies && k*cols > panelSize):
		return false
	case copies:
		panels(bool(transB), q, rows, cols, m, n, k, a, ars, acs, b, ldb, c, ldc)
	case m == 1 && q == 1:
		oneRow(n, k, a, acs, b, ldb, c)
	default:
		d := depth
		if q > 1 {
			d = k
		}
		for p := 0; p < k; p += d {
			kp := min(d, k-p)
			for j := 0; j < n; j += cols {
				tileColumn(q, rows, m, min(cols, n-j), kp, a[p*acs:], ars, acs, b[p*ldb+j:], ldb, c[j:], ldc)
			}
		}
	}
	return true
}

// tileColumn runs down the tiles of one column of tiles.
func tileColumn(q, rows, m, cols, k int, a []float32, ars, acs int, b []float32, ldb int, c []float32, ldc int) {
	rows = evenly(m, rows)
	for i := 0; i < m; i += rows {
		callTile(q, min(rows, m-i), cols, k, &a[i*ars], ars, acs, &b[0], ldb, &c[i*ldc], ldc)
	}
}

// oneRow is one row of C: wide tiles, to have enough sums in flight.
func oneRow(n, k int, a []float32, acs int, b []float32, ldb int, c []float32) {
	const vector = 16 // the widest register: whole ones but at the end
	cols := min(rowCols(), (evenly(n, rowCols())+vector-1)/vector*vector)
	for p := 0; p < k; p += depth {
		kp := min(depth, k-p)
		for j := 0; j < n; j += cols {
			callRow(min(cols, n-j), kp, &a[p*acs], acs, &b[p*ldb+j], ldb, &c[j])
		}
	}
}

// evenly returns the size, at most most, of pieces of n that are nearly equal: a thin
// last piece has too few sums in flight to hide the latency of the multiply-add.
func evenly(n, most int) int {
	pieces := (n + most - 1) / most
	return (n + pieces - 1) / pieces
}

// panels copies B, transposed if need be, into panels as wide as a tile.
func panels(transB bool, q, rows, cols, m, n, k int, a []float32, ars, acs int, b []float32, ldb int, c []float32, ldc int) {
	var panel [panelSize]float32
	d := panelSize / cols
	for p := 0; p < k; p += d {
		kp := min(d, k-p)
		for j := 0; j < n; j += cols {
			w := min(cols, n-j)
			if transB {
				callTranspose(w, kp, &b[j*ldb+p], ldb, &panel[0], w)
			} else {
				for r := range kp {
					copy(panel[r*w:][:w], b[(p+r)*ldb+j:])
				}
			}
			tileColumn(q, rows, m, w, kp, a[p*acs:], ars, acs, panel[:], w, c[j:], ldc)
		}
	}
}
