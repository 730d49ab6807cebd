//go:build purego || !(amd64 || arm64)

package mat

// All elements are left to the portable Go.

func finite(x []float32) (done int, ok bool) { return 0, true }

func clip(x []float32, limit float32) (done int) { return 0 }

func lerp(dst, x []float32, t float32) (done int) { return 0 }

func unitSquares(sums *unitSums, w []float32, rows, stride int) (done bool) {
	return false
}

func columnScale(factors *[updateWidth]float32, w []float32, rows, stride int) (done bool) {
	return false
}
