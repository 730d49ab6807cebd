//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// finite, clip and lerp take the first elements and return how many: a multiple of
// updateWidth. unitSquares and columnScale take updateWidth columns, of at least one
// row, or return false.

func finite(x []float32) (done int, ok bool) {
	n := len(x) / updateWidth * updateWidth
	if n == 0 {
		return 0, true
	}
	switch isa.Active() {
	case isa.AVX512:
		return n, finiteAVX512(&x[0], n)
	case isa.AVX2:
		return n, finiteAVX2(&x[0], n)
	}
	return 0, true
}

func clip(x []float32, limit float32) (done int) {
	n := len(x) / updateWidth * updateWidth
	if n == 0 {
		return 0
	}
	switch isa.Active() {
	case isa.AVX512:
		clipAVX512(&x[0], n, limit)
	case isa.AVX2:
		clipAVX2(&x[0], n, limit)
	default:
		return 0
	}
	return n
}

func lerp(dst, x []float32, t float32) (done int) {
	n := len(x) / updateWidth * updateWidth
	if n == 0 {
		return 0
	}
	switch isa.Active() {
	case isa.AVX512:
		lerpAVX512(&dst[0], &x[0], n, t)
	case isa.AVX2:
		lerpAVX2(&dst[0], &x[0], n, t)
	default:
		return 0
	}
	return n
}

// Conversions and the distance of rows bound the columns, not the width of vectors.
func unitSquares(sums *unitSums, w []float32, rows, stride int) (done bool) {
	switch isa.Active() {
	case isa.AVX512, isa.AVX2:
		unitSquaresAVX2(&sums[0][0], &w[0], rows, stride)
		return true
	}
	return false
}

func columnScale(factors *[updateWidth]float32, w []float32, rows, stride int) (done bool) {
	switch isa.Active() {
	case isa.AVX512, isa.AVX2:
		columnScaleAVX2(&factors[0], &w[0], rows, stride)
		return true
	}
	return false
}

// The bodies, in update_arena_amd64.s. They trust their arguments: n a positive multiple
// of updateWidth and at most block, rows in 1...columnRows.

//go:noescape
func finiteAVX512(x *float32, n int) bool

//go:noescape
func clipAVX512(x *float32, n int, limit float32)

//go:noescape
func lerpAVX512(dst, x *float32, n int, t float32)

//go:noescape
func finiteAVX2(x *float32, n int) bool

//go:noescape
func clipAVX2(x *float32, n int, limit float32)

//go:noescape
func lerpAVX2(dst, x *float32, n int, t float32)

//go:noescape
func unitSquaresAVX2(sums *float64, w *float32, rows, stride int)

//go:noescape
func columnScaleAVX2(factors, w *float32, rows, stride int)
