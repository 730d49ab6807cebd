//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// momentum and adam update the first elements and return how many: a multiple of
// updateWidth.

func momentum(w, g, v []float32, rate, mu float32) (done int) {
	n := len(w) / updateWidth * updateWidth
	if n == 0 {
		return 0
	}
	switch isa.Active() {
	case isa.NEON:
		momentumNEON(&w[0], &g[0], &v[0], n, rate, mu)
	default:
		return 0
	}
	return n
}

func adam(w, g, m, v []float32, c *adamCoefficients) (done int) {
	n := len(w) / updateWidth * updateWidth
	if n == 0 {
		return 0
	}
	switch isa.Active() {
	case isa.NEON:
		adamNEON(&w[0], &g[0], &m[0], &v[0], n, c)
	default:
		return 0
	}
	return n
}

// The bodies, in update_arm64.s. They trust their arguments: n is a positive multiple of
// updateWidth.

//go:noescape
func momentumNEON(w, dw, v *float32, n int, rate, mu float32)

//go:noescape
func adamNEON(w, dw, m, v *float32, n int, c *adamCoefficients)
