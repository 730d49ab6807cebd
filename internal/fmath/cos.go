package fmath

import "math"

// Taylor coefficients of cos in x² up to x¹⁶/16!, and of sin(x)/x up to x¹⁶/17!; for
// x ≤ π/4 the rest is below 3e-18.
var (
	cosPoly = [...]float64{
		1. / 20922789888000, -1. / 87178291200, 1. / 479001600, -1. / 3628800, 1. / 40320, -1. / 720, 1. / 24, -1. / 2, 1,
	}
	sinPoly = [...]float64{
		1. / 355687428096000, -1. / 1307674368000, 1. / 6227020800, -1. / 39916800, 1. / 362880, -1. / 5040, 1. / 120, -1. / 6, 1,
	}
)

// CosPi returns cos(π·x) for 0 ≤ x ≤ 1.
func CosPi(x float64) float64 {
	switch {
	case x > 0.5:
		return -CosPi(1 - x)
	case x > 0.25:
		y := math.Pi * (0.5 - x)
		return float64(y * inSquare(sinPoly[:], y))
	}
	return inSquare(cosPoly[:], math.Pi*x)
}

// inSquare returns the polynomial in x².
func inSquare(coefficients []float64, x float64) float64 {
	x2, p := float64(x*x), 0.0
	for _, c := range coefficients {
		p = float64(p*x2) + c
	}
	return p
}
