// Package fmath has exp, log, tanh, cos and the normal distribution in float64 with the same bits on every
// platform. The standard library's may differ: several ports have assembly of their
// own, and compilers fuse a*b+c on some and not on others. Here every product is
// rounded by an explicit conversion, so one sequence of IEEE 754 operations is left.
//
// Relative errors are below 3e-14 (Tanh, NormalTail; the others 1e-15 or so), a millionth of a unit
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

// Expm1 returns eˣ - 1. Like Log1p it corrects for what rounds away around 1, as in
// Kahan's formulas.
func Expm1(x float64) float64 {
	u := Exp(x)
	switch {
	case u == 1 || x != x:
		return x
	case u-1 == -1 || u > math.MaxFloat64:
		return u - 1
	}
	return float64((u-1)*x) / Log(u)
}

// Log1p returns log(1+x).
func Log1p(x float64) float64 {
	u := 1 + x
	if u == 1 || x != x || u > math.MaxFloat64 {
		return x
	}
	return float64(Log(u)*x) / (u - 1)
}

// e^(a²/2)·Φ(-a) is a quotient of polynomials within 2⁻⁴⁵ for 0 ≤ a ≤ 15: a minimax fit
// of the relative error (least squares with Lawson's weights). The constants come first.
var (
	tailP = [...]float64{
		0.4999999999999913, 0.6344973874599172, 0.39766492553792876, 0.15394180682639078, 0.03929474784792778,
		0.0065979566999977805, 0.0006782682130930056, 3.3433153148199556e-05,
	}
	tailQ = [...]float64{
		1, 2.0668793357198276, 1.9444609621604736, 1.091860846167298, 0.40224830011582374, 0.10019736848393904,
		0.01662243372620417, 0.0017001661837236569, 8.38044879720672e-05,
	}
)

// NormalTail returns Φ(-a) and φ(a) of the standard normal distribution for a ≥ 0; both
// are 0 above 15, where a float32 cannot show them.
func NormalTail(a float64) (tail, density float64) {
	if a > 15 {
		return 0, 0
	}
	e := Exp(-float64(a*a) / 2)
	return float64(e*horner(a, tailP[:])) / horner(a, tailQ[:]), e * (1 / 2.5066282746310002) // √(2π)
}

// horner evaluates a polynomial whose coefficients start with the constant.
func horner(x float64, c []float64) float64 {
	p := 0.0
	for i := len(c) - 1; i >= 0; i-- {
		p = float64(p*x) + c[i]
	}
	return p
}
