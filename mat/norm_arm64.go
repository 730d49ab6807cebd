//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// The functions below do at least one row of groupWidth columns; false if there is no assembly.

func columnAddAsm(sums *[groupWidth]float64, x []float32, rows, ld int) bool {
	switch isa.Active() {
	case isa.NEON:
		columnAddNEON(&sums[0], &x[0], rows, ld)
	default:
		return false
	}
	return true
}

func columnSquaresAsm(sums *[groupWidth]float64, x []float32, mean *[groupWidth]float32, rows, ld int) bool {
	switch isa.Active() {
	case isa.NEON:
		columnSquaresNEON(&sums[0], &x[0], &mean[0], rows, ld)
	default:
		return false
	}
	return true
}

func batchDotsAsm(acc *normSums, dy, x []float32, mean, invstd *[groupWidth]float32, rows, ld int) bool {
	switch isa.Active() {
	case isa.NEON:
		batchDotsNEON(acc, &dy[0], &x[0], &mean[0], &invstd[0], rows, ld)
	default:
		return false
	}
	return true
}

func layerDotsAsm(acc *normSums, dy, x, mean, invstd []float32, rows, ld int) bool {
	switch isa.Active() {
	case isa.NEON:
		layerDotsNEON(acc, &dy[0], &x[0], &mean[0], &invstd[0], rows, ld)
	default:
		return false
	}
	return true
}

func batchApply(dst, x []float32, p *batchMap, rows, ld int) bool {
	switch isa.Active() {
	case isa.NEON:
		batchApplyNEON(&dst[0], &x[0], p, rows, ld)
	default:
		return false
	}
	return true
}

func batchGrad(dx, dy, x []float32, p *batchGradMap, rows, ld int) bool {
	switch isa.Active() {
	case isa.NEON:
		batchGradNEON(&dx[0], &dy[0], &x[0], p, rows, ld)
	default:
		return false
	}
	return true
}

// The functions below do the first elements and return how many: a multiple of groupWidth.

func centreAsm(dst, x []float32, m, s float32) (done int) {
	n := len(dst) / groupWidth * groupWidth
	if n == 0 {
		return 0
	}
	switch isa.Active() {
	case isa.NEON:
		centreNEON(&dst[0], &x[0], n, m, s)
	default:
		return 0
	}
	return n
}

func scaleShiftAsm(dst, x, gamma, beta []float32, s float32) (done int) {
	n := len(dst) / groupWidth * groupWidth
	if n == 0 {
		return 0
	}
	switch isa.Active() {
	case isa.NEON:
		scaleShiftNEON(&dst[0], &x[0], &gamma[0], &beta[0], n, s)
	default:
		return 0
	}
	return n
}

func layerGradAsm(dx, h []float32, a, b, s float32) (done int) {
	n := len(dx) / groupWidth * groupWidth
	if n == 0 {
		return 0
	}
	switch isa.Active() {
	case isa.NEON:
		layerGradNEON(&dx[0], &h[0], n, a, b, s)
	default:
		return 0
	}
	return n
}

// The bodies, in norm_arm64.s. They trust their arguments: rows > 0; n is a positive multiple of
// groupWidth.

//go:noescape
func columnAddNEON(sums *float64, x *float32, rows, ld int)

//go:noescape
func columnSquaresNEON(sums *float64, x, mean *float32, rows, ld int)

//go:noescape
func batchDotsNEON(acc *normSums, dy, x, mean, invstd *float32, rows, ld int)

//go:noescape
func layerDotsNEON(acc *normSums, dy, x, mean, invstd *float32, rows, ld int)

//go:noescape
func batchApplyNEON(dst, x *float32, p *batchMap, rows, ld int)

//go:noescape
func batchGradNEON(dx, dy, x *float32, p *batchGradMap, rows, ld int)

//go:noescape
func centreNEON(dst, x *float32, n int, m, s float32)

//go:noescape
func scaleShiftNEON(dst, x, gamma, beta *float32, n int, s float32)

//go:noescape
func layerGradNEON(dx, h *float32, n int, a, b, s float32)
