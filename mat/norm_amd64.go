//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// The functions below do at least one row of groupWidth columns; false if there is no assembly.

func columnAddAsm(sums *[groupWidth]float64, x []float32, rows, ld int) bool {
	switch isa.Active() {
	case isa.AVX512:
		columnAddAVX512(&sums[0], &x[0], rows, ld)
	case isa.AVX2:
		columnAddAVX2(&sums[0], &x[0], rows, ld)
	default:
		return false
	}
	return true
}

func columnSquaresAsm(sums *[groupWidth]float64, x []float32, mean *[groupWidth]float32, rows, ld int) bool {
	switch isa.Active() {
	case isa.AVX512:
		columnSquaresAVX512(&sums[0], &x[0], &mean[0], rows, ld)
	case isa.AVX2:
		columnSquaresAVX2(&sums[0], &x[0], &mean[0], rows, ld)
	default:
		return false
	}
	return true
}

func batchDotsAsm(acc *normSums, dy, x []float32, mean, invstd *[groupWidth]float32, rows, ld int) bool {
	switch isa.Active() {
	case isa.AVX512:
		batchDotsAVX512(acc, &dy[0], &x[0], &mean[0], &invstd[0], rows, ld)
	case isa.AVX2:
		batchDotsAVX2(acc, &dy[0], &x[0], &mean[0], &invstd[0], rows, ld)
	default:
		return false
	}
	return true
}

func layerDotsAsm(acc *normSums, dy, x, mean, invstd []float32, rows, ld int) bool {
	switch isa.Active() {
	case isa.AVX512:
		layerDotsAVX512(acc, &dy[0], &x[0], &mean[0], &invstd[0], rows, ld)
	case isa.AVX2:
		layerDotsAVX2(acc, &dy[0], &x[0], &mean[0], &invstd[0], rows, ld)
	default:
		return false
	}
	return true
}

func batchApply(dst, x []float32, p *batchMap, rows, ld int) bool {
	switch isa.Active() {
	case isa.AVX512:
		batchApplyAVX512(&dst[0], &x[0], p, rows, ld)
	case isa.AVX2:
		batchApplyAVX2(&dst[0], &x[0], p, rows, ld)
	default:
		return false
	}
	return true
}

func batchGrad(dx, dy, x []float32, p *batchGradMap, rows, ld int) bool {
	switch isa.Active() {
	case isa.AVX512:
		batchGradAVX512(&dx[0], &dy[0], &x[0], p, rows, ld)
	case isa.AVX2:
		batchGradAVX2(&dx[0], &dy[0], &x[0], p, rows, ld)
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
	case isa.AVX512:
		centreAVX512(&dst[0], &x[0], n, m, s)
	case isa.AVX2:
		centreAVX2(&dst[0], &x[0], n, m, s)
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
	case isa.AVX512:
		scaleShiftAVX512(&dst[0], &x[0], &gamma[0], &beta[0], n, s)
	case isa.AVX2:
		scaleShiftAVX2(&dst[0], &x[0], &gamma[0], &beta[0], n, s)
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
	case isa.AVX512:
		layerGradAVX512(&dx[0], &h[0], n, a, b, s)
	case isa.AVX2:
		layerGradAVX2(&dx[0], &h[0], n, a, b, s)
	default:
		return 0
	}
	return n
}

// The bodies, in norm_amd64.s. They trust their arguments: rows > 0; n is a positive multiple of
// groupWidth.

//go:noescape
func columnAddAVX512(sums *float64, x *float32, rows, ld int)

//go:noescape
func columnSquaresAVX512(sums *float64, x, mean *float32, rows, ld int)

//go:noescape
func batchDotsAVX512(acc *normSums, dy, x, mean, invstd *float32, rows, ld int)

//go:noescape
func layerDotsAVX512(acc *normSums, dy, x, mean, invstd *float32, rows, ld int)

//go:noescape
func batchApplyAVX512(dst, x *float32, p *batchMap, rows, ld int)

//go:noescape
func batchGradAVX512(dx, dy, x *float32, p *batchGradMap, rows, ld int)

//go:noescape
func centreAVX512(dst, x *float32, n int, m, s float32)

//go:noescape
func scaleShiftAVX512(dst, x, gamma, beta *float32, n int, s float32)

//go:noescape
func layerGradAVX512(dx, h *float32, n int, a, b, s float32)

//go:noescape
func columnAddAVX2(sums *float64, x *float32, rows, ld int)

//go:noescape
func columnSquaresAVX2(sums *float64, x, mean *float32, rows, ld int)

//go:noescape
func batchDotsAVX2(acc *normSums, dy, x, mean, invstd *float32, rows, ld int)

//go:noescape
func layerDotsAVX2(acc *normSums, dy, x, mean, invstd *float32, rows, ld int)

//go:noescape
func batchApplyAVX2(dst, x *float32, p *batchMap, rows, ld int)

//go:noescape
func batchGradAVX2(dx, dy, x *float32, p *batchGradMap, rows, ld int)

//go:noescape
func centreAVX2(dst, x *float32, n int, m, s float32)

//go:noescape
func scaleShiftAVX2(dst, x, gamma, beta *float32, n int, s float32)

//go:noescape
func layerGradAVX2(dx, h *float32, n int, a, b, s float32)
