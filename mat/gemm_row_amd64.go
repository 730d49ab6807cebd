//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// narrowWork multiply-adds take less time than the way through job.
const narrowWork = 1 << 14

// narrowRow is GemvBias for 2 to 32 columns and a little work: the layers of a small network, for which
// the way to the tiles, and these for one row, take longer than the product. It reports
// false, with nothing done, if the level has no kernel for it.
func narrowRow(relu bool, n, k int, x, w []float32, ldw int, bias, y []float32) bool {
	if isa.Active() != isa.AVX512 || n < 2 || n > 32 || k < 1 || n*k > narrowWork || detecting {
		return false
	}
	floor := noFloor
	if relu {
		floor = 0
	}
	if n > 16 {
		row2AVX512(&x[0], &w[0], &bias[0], &y[0], n, k, 4*ldw, floor)
	} else {
		row4AVX512(&x[0], &w[0], &bias[0], &y[0], n, k, 4*ldw, floor)
	}
	return true
}

// The bodies, in rows_avx512_amd64.s. They trust their arguments; ldw is in bytes.

//go:noescape
func row2AVX512(x, w, bias, y *float32, n, k, ldw int, floor float32)

//go:noescape
func row4AVX512(x, w, bias, y *float32, n, k, ldw int, floor float32)
