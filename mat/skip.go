package mat

// GemvBias computes the row y = x·W + bias, and y = ReLU of that if relu is true, like
// [GemmBias] with one row: x has k elements, W is k×n with row stride ldw ≥ n.
//
// If finite is true, the caller promises that no weight is NaN or infinite ([AllFinite]
// finds out, once for many rows). Then rows of W that belong to zeros of x may be left out where
// that is faster: blank pixels, the outputs of ReLU. 0 times a finite weight is a zero, so
// the result differs from GemmBias's in the sign of a zero at most. If finite is false
// nothing is left out: NaN and Inf in W show even where x is 0, and the bits are GemmBias's.
//
// len(x) = k, len(bias) = len(y) = n; y must not overlap the inputs. Panics are those of
// GemmBias.
func GemvBias(relu, finite bool, n, k int, x, w []float32, ldw int, bias, y []float32) {
	switch {
	case len(x) != k:
		panic("mat: GemvBias: wrong len(x)")
	case len(y) != n:
		panic("mat: GemvBias: wrong len(y)")
	}
	if !whole(w, k, n, ldw) || shared(y, x) || shared(y, w) {
		checkProduct(NoTrans, NoTrans, 1, n, k, x, max(1, k), w, ldw, y, max(1, n))
	}
	if len(bias) != n {
		panic("mat: len(bias) != n")
	}
	if shared(y, bias) {
		panic(badOverlap)
	}
	if detecting {
		touch(nil, x, bias)
		touch(y, nil, nil)
		touchRows(nil, w, nil, k, n, ldw)
	}
	if finite && n >= skipLeast && k >= 2*skipSample && manyZeros(x) && gemvSkip(relu, n, x, w, ldw, bias, y) {
		return
	}
	if !narrowRow(relu, n, k, x, w, ldw, bias, y) {
		GemmBias(relu, 1, n, k, x, max(1, k), w, ldw, bias, y, max(1, n))
	}
}

const (
	// skipLeast columns or more: fewer have interleaved chains, and little to leave out.
	skipLeast = 33
	// skipSample elements are looked at to tell whether it pays, skipZeros of them must be
	// zero: below a quarter the list of the others costs more than it saves.
	skipSample, skipZeros = 32, 8
)

// manyZeros estimates from a sample whether it pays to leave out zeros.
func manyZeros(x []float32) bool {
	zeros, step := 0, len(x)/skipSample
	for i := range skipSample {
		if x[i*step] == 0 {
			zeros++
		}
	}
	return zeros >= skipZeros
}
