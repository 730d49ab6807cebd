//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// updateVectors makes the step of a rule for n elements, a positive multiple of updateWidth
// and at most block, if the level has a body for it; a, b and c are the state, nil where
// the rule has less. It returns whether it did, and whether the results are finite.
func updateVectors(k kind, w, dw, a, b, c *float32, n int, co *coefficients, e *terms) (done, finite bool) {
	switch isa.Active() {
	case isa.NEON:
		return true, updateNEON(k, w, dw, a, b, c, n/8, 32, co, e)
	}
	return false, true
}

// updateColumns makes it for the first columns of so many rows of matrices with ld columns, and
// returns how many columns it did: a pair of vectors, or 0 if the level has no body.
func updateColumns(k kind, w, dw, a, b, c *float32, rows, ld int, co *coefficients, e *terms) (columns int, finite bool) {
	if isa.Active() != isa.NEON {
		return 0, true
	}
	return 8, updateNEON(k, w, dw, a, b, c, rows, 4*ld, co, e)
}

func updateNEON(k kind, w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool {
	switch k {
	case sgd:
		return sgdNEON(w, dw, a, b, c, n, step, co, e)
	case momentum:
		return momentumNEON(w, dw, a, b, c, n, step, co, e)
	case nesterov:
		return nesterovNEON(w, dw, a, b, c, n, step, co, e)
	case adaGrad:
		return adaGradNEON(w, dw, a, b, c, n, step, co, e)
	case rmsProp:
		return rmsPropNEON(w, dw, a, b, c, n, step, co, e)
	case rmsPropMomentum:
		return rmsPropMomentumNEON(w, dw, a, b, c, n, step, co, e)
	case rmsPropCentered:
		return rmsPropCenteredNEON(w, dw, a, b, c, n, step, co, e)
	case rmsPropCenteredMomentum:
		return rmsPropCenteredMomentumNEON(w, dw, a, b, c, n, step, co, e)
	case adam:
		return adamNEON(w, dw, a, b, c, n, step, co, e)
	case amsGrad:
		return amsGradNEON(w, dw, a, b, c, n, step, co, e)
	}
	return rPropNEON(w, dw, a, b, c, n, step, co, e)
}

// The bodies, in update_arm64.s. They trust their arguments.

//go:noescape
func sgdNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func momentumNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func nesterovNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func adaGradNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func rmsPropNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func rmsPropMomentumNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func rmsPropCenteredNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func rmsPropCenteredMomentumNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func adamNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func amsGradNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func rPropNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
