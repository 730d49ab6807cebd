//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// dropout does whole groups of dropoutWidth elements; false if there is no assembly.
func dropout(dst, x []float32, a *dropoutArgs) bool {
	switch isa.Active() {
	case isa.AVX512:
		dropoutAVX512(&dst[0], &x[0], len(dst), a)
	case isa.AVX2:
		dropoutAVX2(&dst[0], &x[0], len(dst), a)
	default:
		return false
	}
	return true
}

// The bodies, in dropout_amd64.s. They trust their arguments: n is a positive multiple
// of dropoutWidth.

//go:noescape
func dropoutAVX512(dst, x *float32, n int, a *dropoutArgs)

//go:noescape
func dropoutAVX2(dst, x *float32, n int, a *dropoutArgs)
