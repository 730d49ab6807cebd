//go:build (amd64 || arm64) && !purego

package mat

// How the levels with tile kernels cut a product: tiles of C whose sums stay in
// registers, called on A, B and C as they lie. Only NT's B is copied: panel by panel, to
// bring it into NN's orientation.

const (
	// depth is the most terms of one tile call where C may be stored and taken up
	// again between calls (one chain): 12×32 of them are a few microseconds.
	depth = 1024
	// narrowDepth is the same where the interleaved chains must end in one call.
	narrowDepth = 8192
	// setStride is the distance of elements that share a set of the first-level cache.
	// Rows so far apart evict each other: a tile then has as many rows as a set has
	// lines, and as few terms as leave its part of B in the second-level cache.
	setStride, setRows, setDepth = 4096 / 4, 8, 256
	// A panel is on the stack: 256 terms of 32 columns stay in the first-level cache.
	// A small product takes a small one, as clearing 32 KiB costs half a microsecond.
	panelSize, smallPanel = 256 * 32, 32 * 32
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
	if m > rows && ars%setStride == 0 {
		rows = min(rows, setRows)
	}
	rows = evenly(m, rows)
	d := depth
	if m > rows && max(lda, ldb)%setStride == 0 {
		d = setDepth
	}
	switch {
	case q > 1 && (k > narrowDepth || bool(transB) && k*cols > panelSize):
		return false
	case bool(transB) && k*min(n, cols) <= smallPanel:
		smallPanels(q, rows, cols, m, n, k, a, lda, b, ldb, c, ldc)
	case bool(transB):
		largePanels(q, rows, cols, m, n, k, a, lda, b, ldb, c, ldc)
	case m == 1 && q == 1:
		oneRow(n, k, a, acs, b, ldb, c)
	default:
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

// smallPanels and largePanels differ in the size of the panel.
func smallPanels(q, rows, cols, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	var panel [smallPanel]float32
	panels(panel[:], q, rows, cols, m, n, k, a, lda, b, ldb, c, ldc)
}

func largePanels(q, rows, cols, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	var panel [panelSize]float32
	panels(panel[:], q, rows, cols, m, n, k, a, lda, b, ldb, c, ldc)
}

// panels adds A·Bᵗ: parts of B are transposed into the panel, as wide as a tile.
func panels(panel []float32, q, rows, cols, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	cols = min(cols, n)
	d := min(len(panel)/cols, setDepth)
	if q > 1 {
		d = k
	}
	for p := 0; p < k; p += d {
		kp := min(d, k-p)
		for j := 0; j < n; j += cols {
			w := min(cols, n-j)
			callTranspose(w, kp, &b[j*ldb+p], ldb, &panel[0], w)
			tileColumn(q, rows, m, w, kp, a[p:], lda, 1, panel, w, c[j:], ldc)
		}
	}
}
