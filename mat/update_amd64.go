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
	case isa.AVX512:
		momentumAVX512(&w[0], &g[0], &v[0], n, rate, mu)
	case isa.AVX2:
		momentumAVX2(&w[0], &g[0], &v[0], n, rate, mu)
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
	case isa.AVX512:
		adamAVX512(&w[0], &g[0], &m[0], &v[0], n, c)
	case isa.AVX2:
		adamAVX2(&w[0], &g[0], &m[0], &v[0], n, c)
	default:
		return 0
	}
	return n
}

// The bodies, in update_amd64.s. They trust their arguments: n is a positive multiple of
// updateWidth.

//go:noescape
func momentumAVX512(w, dw, v *float32, n int, rate, mu float32)

//go:noescape
func adamAVX512(w, dw, m, v *float32, n int, c *adamCoefficients)

//go:noescape
func momentumAVX2(w, dw, v *float32, n int, rate, mu float32)

//go:noescape
func adamAVX2(w, dw, m, v *float32, n int, c *adamCoefficients)
