//go:build purego || !(amd64 || arm64)

package mat

// All is left to the portable Go.

func columnAddAsm(sums *[groupWidth]float64, x []float32, rows, ld int) bool { return false }

func columnSquaresAsm(sums *[groupWidth]float64, x []float32, mean *[groupWidth]float32, rows, ld int) bool {
	return false
}

func batchDotsAsm(acc *normSums, dy, x []float32, mean, invstd *[groupWidth]float32, rows, ld int) bool {
	return false
}

func layerDotsAsm(acc *normSums, dy, x, mean, invstd []float32, rows, ld int) bool { return false }

func batchApply(dst, x []float32, p *batchMap, rows, ld int) bool { return false }

func batchGrad(dx, dy, x []float32, p *batchGradMap, rows, ld int) bool { return false }

func centreAsm(dst, x []float32, m, s float32) (done int) { return 0 }

func scaleShiftAsm(dst, x, gamma, beta []float32, s float32) (done int) { return 0 }

func layerGradAsm(dx, h []float32, a, b, s float32) (done int) { return 0 }
