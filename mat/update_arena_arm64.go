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
	case isa.NEON:
		return n, finiteNEON(&x[0], n)
	}
	return 0, true
}

func clip(x []float32, limit float32) (done int) {
	n := len(x) / updateWidth * updateWidth
	if n == 0 {
		return 0
	}
	switch isa.Active() {
	case isa.NEON:
		clipNEON(&x[0], n, limit)
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
	case isa.NEON:
		lerpNEON(&dst[0], &x[0], n, t)
	default:
		return 0
	}
	return n
}

func unitSquares(sums *unitSums, w []float32, rows, stride int) (done bool) {
	switch isa.Active() {
	case isa.NEON:
		unitSquaresNEON(&sums[0][0], &w[0], rows, stride)
		return true
	}
	return false
}

func columnScale(factors *[updateWidth]float32, w []float32, rows, stride int) (done bool) {
	switch isa.Active() {
	case isa.NEON:
		columnScaleNEON(&factors[0], &w[0], rows, stride)
		return true
	}
	return false
}

// The bodies, in update_arena_arm64.s. They trust their arguments: n a positive multiple
// of updateWidth and at most block, rows in 1...columnRows.

//go:noescape
func finiteNEON(x *float32, n int) bool

//go:noescape
func clipNEON(x *float32, n int, limit float32)

//go:noescape
func lerpNEON(dst, x *float32, n int, t float32)

//go:noescape
func unitSquaresNEON(sums *float64, w *float32, rows, stride int)

//go:noescape
func columnScaleNEON(factors, w *float32, rows, stride int)
