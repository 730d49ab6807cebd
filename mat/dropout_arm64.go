//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// dropout does whole groups of dropoutWidth elements; false if there is no assembly.
func dropout(dst, x []float32, a *dropoutArgs) bool {
	if isa.Active() != isa.NEON {
		return false
	}
	dropoutNEON(&dst[0], &x[0], len(dst), a)
	return true
}

// The body, in dropout_arm64.s. It trusts its arguments: n is a positive multiple of
// dropoutWidth.

//go:noescape
func dropoutNEON(dst, x *float32, n int, a *dropoutArgs)
