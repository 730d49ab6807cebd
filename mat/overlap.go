package mat

import "unsafe"

// Overlaps. Kernels read and write many elements at once, so a destination that shares some of
// its memory with an input would be overwritten before it is read. Functions say which inputs a
// destination may be; all else panics before anything is written.

const badOverlap = "mat: a destination overlaps another operand"

func address(x []float32) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(x))) }

// touch says what a function reads and writes whose operands are as long as each other, but for
// those that are nil: that w is written, x and y read. It panics if w shares memory with x or
// y, unless it is the same slice, and tells the race detector. It is written so that it is
// inlined: most kernels are called through it.
func touch(w, x, y []float32) {
	size := 4 * uintptr(len(w))
	d, e := address(w)-address(x), address(w)-address(y)
	// Without their own lengths nil would be size bytes at 0, where w may be on small machines.
	if d != 0 && (d < 4*uintptr(len(x)) || -d < size) || e != 0 && (e < 4*uintptr(len(y)) || -e < size) {
		panic(badOverlap)
	}
	if detecting {
		touchRows(w, x, y, 1, -1, 0)
	}
}

// apart panics if w shares memory with any of the others, unless it begins at the same place.
func apart(w []float32, others ...[]float32) {
	for _, x := range others {
		if address(w) != address(x) && shared(w, x) {
			panic(badOverlap)
		}
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

// separateRows, called where memory is shared, panics if the m×n matrix c and the rows×cols
// matrix x, with distances of rows ldc and ld, share elements. Matrices side by side in the
// columns of a larger one do not.
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
