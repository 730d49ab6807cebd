//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// vectorRows reports whether the softmax kernels have bodies at the level in use.
func vectorRows() bool { return isa.Active() == isa.NEON }

func softmax16(p, x *float32, rows, n int, s *rowSums) { softmax16NEON(p, x, rows, n, s) }

func cross16(p, dz, z, t, factor *float32, rows, n int, keep, spread float32, s *rowSums) {
	cross16NEON(p, dz, z, t, factor, rows, n, keep, spread, s)
}

// softmaxRow and labels16 are for levels with kernels for them.
func softmaxRow(p, x []float32) bool { return false }

func labels16(loss []float64, p, dz, z *float32, labels *int, n int, factor *float32, step int) bool {
	return false
}

func expSum(e, x *float32, n int, top float32) float32 { return expSumNEON(e, x, n, top) }

func crossSum(e, z, t *float32, n int, top, keep, spread float32, s *[3]float32) {
	crossSumNEON(e, z, t, n, top, keep, spread, s)
}

func crossGrad(p, dz, t *float32, n int, inv, total, factor, keep, spread float32) {
	crossGradNEON(p, dz, t, n, inv, total, factor, keep, spread)
}

// The bodies, in softmax_arm64.s. They trust their arguments.

//go:noescape
func softmax16NEON(p, x *float32, rows, n int, s *rowSums)

//go:noescape
func cross16NEON(p, dz, z, t, factor *float32, rows, n int, keep, spread float32, s *rowSums)

//go:noescape
func expSumNEON(e, x *float32, n int, top float32) float32

//go:noescape
func crossSumNEON(e, z, t *float32, n int, top, keep, spread float32, s *[3]float32)

//go:noescape
func crossGradNEON(p, dz, t *float32, n int, inv, total, factor, keep, spread float32)
