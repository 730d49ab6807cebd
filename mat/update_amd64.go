//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// updateVectors makes the step of a rule for n elements, a positive multiple of updateWidth
// and at most block, if the level has a body for it; a, b and c are the state, nil where
// the rule has less. It returns whether it did, and whether the results are finite.
func updateVectors(k kind, w, dw, a, b, c *float32, n int, co *coefficients, e *terms) (done, finite bool) {
	switch isa.Active() {
	case isa.AVX512:
		return true, updateAVX512(k, w, dw, a, b, c, n/16, 64, co, e)
	case isa.AVX2:
		return true, updateAVX2(k, w, dw, a, b, c, n/8, 32, co, e)
	}
	return false, true
}

// updateColumns makes it for the first columns of so many rows of matrices with ld columns, and
// returns how many columns it did: a whole vector, or 0 if the level has no body.
func updateColumns(k kind, w, dw, a, b, c *float32, rows, ld int, co *coefficients, e *terms) (columns int, finite bool) {
	switch isa.Active() {
	case isa.AVX512:
		return 16, updateAVX512(k, w, dw, a, b, c, rows, 4*ld, co, e)
	case isa.AVX2:
		return 8, updateAVX2(k, w, dw, a, b, c, rows, 4*ld, co, e)
	}
	return 0, true
}

func updateAVX512(k kind, w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool {
	switch k {
	case sgd:
		return sgdAVX512(w, dw, a, b, c, n, step, co, e)
	case momentum:
		return momentumAVX512(w, dw, a, b, c, n, step, co, e)
	case nesterov:
		return nesterovAVX512(w, dw, a, b, c, n, step, co, e)
	case adaGrad:
		return adaGradAVX512(w, dw, a, b, c, n, step, co, e)
	case rmsProp:
		return rmsPropAVX512(w, dw, a, b, c, n, step, co, e)
	case rmsPropMomentum:
		return rmsPropMomentumAVX512(w, dw, a, b, c, n, step, co, e)
	case rmsPropCentered:
		return rmsPropCenteredAVX512(w, dw, a, b, c, n, step, co, e)
	case rmsPropCenteredMomentum:
		return rmsPropCenteredMomentumAVX512(w, dw, a, b, c, n, step, co, e)
	case adam:
		return adamAVX512(w, dw, a, b, c, n, step, co, e)
	case amsGrad:
		return amsGradAVX512(w, dw, a, b, c, n, step, co, e)
	}
	return rPropAVX512(w, dw, a, b, c, n, step, co, e)
}

func updateAVX2(k kind, w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool {
	switch k {
	case sgd:
		return sgdAVX2(w, dw, a, b, c, n, step, co, e)
	case momentum:
		return momentumAVX2(w, dw, a, b, c, n, step, co, e)
	case nesterov:
		return nesterovAVX2(w, dw, a, b, c, n, step, co, e)
	case adaGrad:
		return adaGradAVX2(w, dw, a, b, c, n, step, co, e)
	case rmsProp:
		return rmsPropAVX2(w, dw, a, b, c, n, step, co, e)
	case rmsPropMomentum:
		return rmsPropMomentumAVX2(w, dw, a, b, c, n, step, co, e)
	case rmsPropCentered:
		return rmsPropCenteredAVX2(w, dw, a, b, c, n, step, co, e)
	case rmsPropCenteredMomentum:
		return rmsPropCenteredMomentumAVX2(w, dw, a, b, c, n, step, co, e)
	case adam:
		return adamAVX2(w, dw, a, b, c, n, step, co, e)
	case amsGrad:
		return amsGradAVX2(w, dw, a, b, c, n, step, co, e)
	}
	return rPropAVX2(w, dw, a, b, c, n, step, co, e)
}

// The bodies, in update_amd64.s. They trust their arguments.

//go:noescape
func sgdAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func momentumAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func nesterovAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func adaGradAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func rmsPropAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func rmsPropMomentumAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func rmsPropCenteredAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func rmsPropCenteredMomentumAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func adamAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func amsGradAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func rPropAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func sgdAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func momentumAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func nesterovAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func adaGradAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func rmsPropAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func rmsPropMomentumAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func rmsPropCenteredAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func rmsPropCenteredMomentumAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func adamAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func amsGradAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool

//go:noescape
func rPropAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
