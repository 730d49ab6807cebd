package mat

import "unsafe"

// Overlaps. Kernels read and write many elements at once, so a destination that shares some of
// its memory with an input would be overwritten before it is read. Functions say which inputs a
// destination may be; all else panics before anything is written.

const badOverlap = "mat: a destination overlaps another operand"

func address(x []float32) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(x))) }

// apart panics if w shares memory with x or y, which are as long as w (or nil), unless it is
// the same slice. It is written so that it is inlined: most kernels are called through it.
func apart(w, x, y []float32) {
	size := 4 * uintptr(len(w))
	d, e := address(w)-address(x), address(w)-address(y)
	if d != 0 && (d < size || -d < size) || e != 0 && (e < size || -e < size) {
		panic(badOverlap)
	}
}

// separate panics if w shares memory with any of the others, of any lengths.
func separate(w []float32, others ...[]float32) {
	for _, x := range others {
		if shared(w, x) {
			panic(badOverlap)
		}
	}
}

func shared(w, x []float32) bool {
	a, b := address(w), address(x)
	return a < b+4*uintptr(len(x)) && b < a+4*uintptr(len(w)) && len(w) > 0 && len(x) > 0
}

// separateRows, called where memory is shared, panics if the m×n matrix c and the rows×cols matrix x, with distances of rows ldc
// and ld, share elements. Matrices side by side in the columns of a larger one do not.
func separateRows(c []float32, m, n, ldc int, x []float32, rows, cols, ld int) {
	if n == 0 || rows == 0 || cols == 0 {
		return
	}
	from := (int(address(c)) - int(address(x))) / 4 // where c begins, counted from x
	for range m {
		// The last row of x that begins before the row of c ends is the only one, or the
		// longest of those, that may reach into it.
		if end := from + n; end > 0 {
			if last := min(rows-1, (end-1)/ld); last*ld+cols > from {
				panic(badOverlap)
			}
		}
		from += ldc
	}
}

// separateSums is separate for two vectors that are made of matrices and vectors.
func separateSums(a, b []float32, rows, n, ld int, matrices, vectors [][]float32) {
	separate(a, b)
	separate(a, vectors...)
	separate(b, vectors...)
	for _, x := range matrices {
		if shared(a, x) || shared(b, x) {
			separateRows(x, rows, n, ld, a, 1, len(a), len(a))
			separateRows(x, rows, n, ld, b, 1, len(b), len(b))
		}
	}
}

// separateNorm panics if the rows×n matrix w shares elements with one of the vectors, of n
// each, or with one of the matrices, unless both begin at the same place.
func separateNorm(w []float32, rows, n, ld int, matrices, vectors [][]float32) {
	for _, x := range matrices {
		if address(w) != address(x) && shared(w, x) {
			separateRows(w, rows, n, ld, x, rows, n, ld)
		}
	}
	for _, v := range vectors {
		if shared(w, v) {
			separateRows(w, rows, n, ld, v, 1, n, n)
		}
	}
}
