// Package fmath has exp, log, tanh and cos in float64 with the same bits on every
// platform. The standard library's may differ: several ports have assembly of their
// own, and compilers fuse a*b+c on some and not on others. Here every product is
// rounded by an explicit conversion, so one sequence of IEEE 754 operations is left.
//
// Relative errors are below 3e-14 (Tanh; the others 1e-15 or so), a millionth of a unit
// in the last place of float32: rounded to float32, nearly all results are correct.
package fmath

import "math"

// ln2 in two parts: k·ln2Hi is exact for |k| < 2²⁰.
const (
	ln2Hi = 6.93147180369123816490e-01
	ln2Lo = 1.90821492927058770002e-10
	log2e = 1.44269504088896338700e+00
)

// Taylor coefficients 1/13!...1/0!; for |r| ≤ ln2/2 the rest is below 5e-18.
var expPoly = [...]float64{
	1. / 6227020800, 1. / 479001600, 1. / 39916800, 1. / 3628800, 1. / 362880, 1. / 40320,
	1. / 5040, 1. / 720, 1. / 120, 1. / 24, 1. / 6, 1. / 2, 1, 1,
}

// Exp returns eˣ; 0 below about -745, +Inf above 709.78.
func Exp(x float64) float64 {
	switch {
	case x != x:
		return x
	case x > 709.782712893384:
		return math.Inf(1)
	case x < -745.2:
		return 0
	}
	k := math.Floor(float64(x*log2e) + 0.5)
	r := x - float64(k*ln2Hi)
	r -= float64(k * ln2Lo)
	p := 0.0
	for _, c := range expPoly {
		p = float64(p*r) + c
	}
	return math.Ldexp(p, int(k))
}

// Coefficients 2/23, 2/21, ..., 2/1 of 2·atanh(s) in s²; |s| ≤ 0.1716.
var logPoly = [...]float64{2. / 23, 2. / 21, 2. / 19, 2. / 17, 2. / 15, 2. / 13, 2. / 11, 2. / 9, 2. / 7, 2. / 5, 2. / 3, 2}

// Log returns the natural logarithm; -Inf at 0, NaN below.
func Log(x float64) float64 {
	switch {
	case x != x || x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	case x > math.MaxFloat64:
		return x
	}
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m *= 2
		e--
	}
	s := (m - 1) / (m + 1)
	s2 := float64(s * s)
	p := 0.0
	for _, c := range logPoly {
		p = float64(p*s2) + c
	}
	k := float64(e)
	return float64(k*ln2Hi) + (float64(s*p) + float64(k*ln2Lo))
}

// Tanh returns the hyperbolic tangent.
func Tanh(x float64) float64 {
	a := math.Abs(x)
	if a < 1./32 { // x - x³/3 + 2x⁵/15 - 17x⁷/315: below, exp(2x)-1 would cancel
		if x == 0 {
			return x // keeps the sign of zero
		}
		x2 := float64(x * x)
		p := float64(x2*(-17./315)) + 2./15
		p = float64(p*x2) - 1./3
		return x + float64(float64(x*x2)*p)
	}
	t := 1 - 2/(Exp(2*a)+1)
	return math.Copysign(t, x)
}

// Sigmoid returns the logistic function 1/(1+e⁻ˣ).
func Sigmoid(x float64) float64 { return 1 / (1 + Exp(-x)) }
