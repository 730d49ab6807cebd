package ref

import "math"

// The exponential family: one polynomial and one sequence of operations for all
// instruction sets. Every function is written as what one lane of a vector unit
// does: both sides of a condition can be computed and one chosen, there is no table,
// and a clamp that meets NaN keeps it. Products that are not fused stand in
// float32(...), which keeps compilers from fusing them.
//
// Coefficients are minimax fits of the relative error (least squares with Lawson's weights,
// in float64), rounded to float32 one after the other, each time with a new fit of the
// rest. The errors given are those of the polynomial with rounded coefficients.

const (
	log2e = 0x1.715476p+0
	ln2Hi = 0x1.62e43p-1 // n·ln2Hi is exact in 24 bits up to |n| = 8
	ln2Lo = -0x1.05c61p-29

	// Added to |y| < 2²¹ and subtracted again, magic rounds y to an integer n, ties to
	// even, and its sum has 254+n in the low bits: twice the bias of an exponent, as
	// powers of 2 are made of two factors (see scale).
	magic = 0x1.8p23 + 254

	// Arguments beyond these give what the functions have at infinity: e^89 overflows,
	// e^-104 rounds to 0 and so does sigmoid(-105); 15·Φ(-15) and 110·e^-110 do; the
	// exponential of GELUTanh at 11 is that of -112.5.
	expMax, expMin = 89, -104
	expm1Min       = -87 // the last one with a power of 2 that is not subnormal
	tailMax        = 105
	geluMax        = 15
	siluMax        = 110
	geluTanhMax    = 11

	tanhSmall = 0x1.333334p-1 // 0.6: below, tanh is a polynomial
)

// expPoly is c of e^r - 1 = r + r²·c(r) for |r| ≤ ln2/2: 2^-26.1 of e^r - 1, 2^-27.4 of e^r.
var expPoly = []float32{0x1.fffffep-2, 0x1.5554b4p-3, 0x1.5556f2p-5, 0x1.122542p-7, 0x1.6b9c62p-10}

// tanhPoly is c of tanh x = x + x³·c(x²) for |x| ≤ 0.6: 2^-28.4.
var tanhPoly = []float32{-0x1.55553ep-2, 0x1.1109bep-3, -0x1.b89abap-5, 0x1.54c3cp-6, -0x1.82875cp-8}

// log1pPoly is c of -log(1-s) = s + s²·c(s) for 0 ≤ s ≤ ½: 2^-28.0.
var log1pPoly = []float32{
	0x1.00001ep-1, 0x1.5542f4p-2, 0x1.01ea2ep-2, 0x1.6826d8p-3, 0x1.5c611ep-2, -0x1.2f8dd2p-1,
	0x1.f8ec74p+0, -0x1.3d35bp+1, 0x1.be8bb4p+0,
}

// logPoly is c of log(1+f) = f - f²/2 + f³·c(f) for √½ ≤ 1+f ≤ √2: 2^-27.3.
var logPoly = []float32{
	0x1.555554p-2, -0x1.000228p-2, 0x1.99a026p-3, -0x1.547202p-3, 0x1.22d7b8p-3, -0x1.0d860cp-3,
	0x1.056bbcp-3, -0x1.38d6fcp-4,
}

// tailP/tailQ is e^(a²/2)·Φ(-a), where Φ is the normal distribution, for 0 ≤ a ≤ 15: 2^-26.1.
var (
	tailP = []float32{0.5, 0x1.c119dep-2, 0x1.77ad8p-3, 0x1.4d6888p-5, 0x1.0e5cdep-8}
	tailQ = []float32{1, 0x1.accf1ep+0, 0x1.340ef6p+0, 0x1.e147aap-2, 0x1.a1e428p-4, 0x1.52d87ep-7}
)

const (
	density = 0x1.988454p-2 // 1/√(2π)

	// 2·√(2/π)·(x + 0.044715·x³), the argument of GELUTanh's sigmoid: two coefficients
	// and what float32 leaves of them, and three times the second.
	gt1, gt1Lo = 0x1.988454p+0, -0x1.857936p-25
	gt3, gt3Lo = 0x1.2444f2p-4, 0x1.49b16ap-29
	gt3Times3  = 0x1.b6676cp-3
)

// horner returns the polynomial with coefficients c, the constant first.
func horner(x float32, c []float32) float32 {
	p := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		p = FMA(p, x, c[i])
	}
	return p
}

// clamp keeps NaN.
func clamp(x, lo, hi float32) float32 {
	if x > hi {
		return hi
	}
	if x < lo {
		return lo
	}
	return x
}

// scale returns y·2ⁿ, rounded once even where it is subnormal. Without an instruction
// for it, that is two products with the powers of ⌊n/2⌋ and ⌈n/2⌉; the first is exact.
func scale(y, n float32) float32 { return float32(math.Ldexp(float64(y), int(n))) }

// expm1r returns u = e^r - 1 by the polynomial.
func expm1r(r float32) float32 { return FMA(float32(r*r), horner(r, expPoly), r) }

// reduce returns n and r with x = n·ln2 + r, |r| ≤ ln2/2.
func reduce(x float32) (n, r float32) {
	n = FMA(x, log2e, magic) - magic
	return n, FMA(n, -ln2Lo, FMA(n, -ln2Hi, x))
}

// tail returns q and n with sigmoid(-a) = q·2ⁿ for a = a + lo ≥ 0, |lo| ≪ a.
//
// With e^a = 2⁻ⁿ·(1+u) that is 2ⁿ/(2ⁿ + (1+u)). The divisor d gets a second part dl of
// what its two additions round away, and the quotient a correction by what it leaves of 1.
func tail(a, lo float32) (q, n float32) {
	n, r := reduce(-a)
	u := expm1r(lo - r)
	s := scale(1, n)
	p := 1 + u
	d := p + s
	dl := (s - (d - p)) + (u - (p - 1))
	q = 1 / d
	left := FMA(-q, dl, FMA(-q, d, 1))
	return FMA(left, q, q), n
}

// Exp returns eˣ.
func Exp(x float32) float32 {
	n, r := reduce(clamp(x, expMin, expMax))
	return scale(FMA(FMA(horner(r, expPoly), r, 1), r, 1), n)
}

// Log returns the natural logarithm.
func Log(x float32) float32 {
	switch {
	case x != x || x < 0:
		return float32(math.NaN())
	case x == 0:
		return float32(math.Inf(-1))
	case x > math.MaxFloat32:
		return x
	}
	var n float32
	if x < 0x1p-126 {
		x *= 0x1p23
		n = -23
	}
	const root = 0x3f3504f3 // the bits of √½
	bits := math.Float32bits(x)
	k := int32(bits-root) >> 23
	n += float32(k)
	f := math.Float32frombits(bits-uint32(k)<<23) - 1
	y := FMA(FMA(horner(f, logPoly), f, -0.5), float32(f*f), float32(n*ln2Lo))
	return FMA(n, ln2Hi, f+y)
}

// Sigmoid returns 1/(1+e^-x).
func Sigmoid(x float32) float32 {
	s := scale(tail(clamp(abs(x), 0, tailMax), 0))
	if x < 0 {
		return s
	}
	return 1 - s
}

// SigmoidGrad returns dy·(y·(1-y)) for the output y.
func SigmoidGrad(dy, y float32) float32 { return float32(dy * float32(y*float32(1-y))) }

// Tanh returns tanh x.
func Tanh(x float32) float32 {
	a := abs(x)
	y := FMA(-2, scale(tail(clamp(float32(2*a), 0, tailMax), 0)), 1)
	if a < tanhSmall {
		a2 := float32(a * a)
		y = FMA(float32(a2*horner(a2, tanhPoly)), a, a)
	}
	return float32(math.Copysign(float64(y), float64(x)))
}

// TanhGrad returns dy·(1-y²) for the output y.
func TanhGrad(dy, y float32) float32 { return float32(dy * float32(1-float32(y*y))) }

// log1ps returns -log(1-s).
func log1ps(s float32) float32 { return FMA(float32(s*s), horner(s, log1pPoly), s) }

// Softplus returns log(1+eˣ), as max(x, 0) - log(1 - sigmoid(-|x|)).
func Softplus(x float32) float32 {
	return max(x, 0) + log1ps(scale(tail(clamp(abs(x), 0, tailMax), 0)))
}

// SoftplusGrad returns dy·(1 - e^-y) for the output y.
func SoftplusGrad(dy, y float32) float32 {
	n, r := reduce(clamp(-y, expm1Min, 0))
	s := scale(1, n)
	return float32(dy * FMA(-s, expm1r(r), 1-s))
}

// SELU's λ and λ·α (Klambauer et al. 2017).
const (
	SELULambda = 1.0507009873554804934193349852946
	SELUScaled = SELULambda * 1.6732632423543772848170429916717
)

// ELU returns λ·x for x ≥ 0 and scaled·(eˣ - 1) below. ELU has λ = 1 and scaled = α,
// SELU has λ and λ·α.
func ELU(x, lambda, scaled float32) float32 {
	if x < 0 {
		n, r := reduce(clamp(x, expm1Min, 0))
		s := scale(1, n)
		return float32(scaled * FMA(s, expm1r(r), s-1))
	}
	return float32(lambda * x)
}

// ELUGrad returns dy·λ for an output y > 0 and dy·(y + scaled) for others.
func ELUGrad(dy, y, lambda, scaled float32) float32 {
	if 0 < y {
		return float32(dy * lambda)
	}
	return float32(dy * (y + scaled))
}

// normalTail returns e^(-a²/2) as (1+u)·2ⁿ.
func normalTail(a float32) (u, n float32) {
	a2 := float32(a * a)
	n, r := reduce(float32(a2 * -0.5))
	r = FMA(FMA(a, a, -a2), -0.5, r) // the part of a² that a2 rounds away
	return expm1r(r), n
}

// GELU returns x·Φ(x).
func GELU(x float32) float32 {
	c := clamp(x, -geluMax, geluMax)
	a := abs(c)
	u, n := normalTail(a)
	m := float32(c * horner(a, tailP))
	return gate(x, scale(FMA(m, u, m)/horner(a, tailQ), n))
}

// gate returns x·f(x), given m = x·f(-|x|), where f(-x) = 1 - f(x). At ±0 it is m, which
// has the sign of x.
func gate(x, m float32) float32 {
	if x > 0 {
		return x - m
	}
	return m
}

// GELUGrad returns dy·(Φ(z) + z·φ(z)) for the input z.
func GELUGrad(dy, z float32) float32 {
	a := abs(clamp(z, -geluMax, geluMax))
	u, n := normalTail(a)
	w := FMA(-a, density, horner(a, tailP)/horner(a, tailQ))
	return float32(dy * side(z, scale(FMA(w, u, w), n)))
}

// side returns f for z < 0 and 1-f for others.
func side(z, f float32) float32 {
	if z < 0 {
		return f
	}
	return 1 - f
}

// GELUTanh returns x·(1+tanh(√(2/π)·(x + 0.044715·x³)))/2, which is x times the sigmoid
// of twice that argument.
func GELUTanh(x float32) float32 {
	c := clamp(x, -geluTanhMax, geluTanhMax)
	a := abs(c)
	// The argument as w + lo, since its error is multiplied by its size: a times the
	// sum of gt1 and a²·gt3, where each rounding is caught.
	a2 := float32(a * a)
	a2Lo := FMA(a, a, -a2)
	p := float32(a2 * gt3)
	pLo := FMA(a2, gt3, -p)
	g := gt1 + p
	b := g - gt1
	gLo := (gt1 - (g - b)) + (p - b)
	gLo = gLo + (pLo + FMA(a2Lo, gt3, FMA(a2, gt3Lo, gt1Lo)))
	w := float32(a * g)
	lo := FMA(a, gLo, FMA(a, g, -w))
	q, n := tail(w, lo)
	return gate(x, scale(float32(c*q), n))
}

// GELUTanhGrad returns dy·(s + z·s·(1-s)·w') for the input z, where s is the sigmoid of w, the argument.
func GELUTanhGrad(dy, z float32) float32 {
	c := clamp(z, -geluTanhMax, geluTanhMax)
	a := abs(c)
	a2 := float32(a * a)
	s := scale(tail(float32(a*FMA(a2, gt3, gt1)), 0))
	t := float32(float32(c*FMA(a2, gt3Times3, gt1)) * s)
	return float32(dy * FMA(t, 1-s, side(z, s)))
}

// SiLU returns x·sigmoid(x).
func SiLU(x float32) float32 {
	c := clamp(x, -siluMax, siluMax)
	q, n := tail(abs(c), 0)
	return gate(x, scale(float32(c*q), n))
}

// SiLUGrad returns dy·(s + z·s·(1-s)) for the input z, where s is its sigmoid.
func SiLUGrad(dy, z float32) float32 {
	c := clamp(z, -siluMax, siluMax)
	s := scale(tail(abs(c), 0))
	return float32(dy * FMA(float32(c*s), 1-s, side(z, s)))
}
