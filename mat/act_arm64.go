//go:build !purego

package mat

import (
	"math"
	"unsafe"

	"github.com/sinew-ml/sinew/internal/isa"
)

// The exponential family in scalar Go, operation by operation as in internal/ref, so
// that the level gives the specification's bits. NEON bodies will take its place: a fused
// multiply-add in float32 is emulated here, which costs some 50 ns an element.

const (
	log2e = 0x1.715476p+0
	ln2Hi = 0x1.62e43p-1 // n·ln2Hi is exact in 24 bits up to |n| = 8
	ln2Lo = -0x1.05c61p-29

	// Added to |y| < 2²¹ and subtracted again, roundMagic rounds y to an integer n, ties to
	// even, and its sum has 254+n in the low bits: twice the bias of an exponent, as
	// powers of 2 are made of two factors (see scale2).
	roundMagic = 0x1.8p23 + 254

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

// horner32 returns the polynomial with coefficients c, the constant first.
func horner32(x float32, c []float32) float32 {
	p := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		p = fma32(p, x, c[i])
	}
	return p
}

// clamp32 keeps NaN.
func clamp32(x, lo, hi float32) float32 {
	if x > hi {
		return hi
	}
	if x < lo {
		return lo
	}
	return x
}

// scale2 returns y·2ⁿ, rounded once even where it is subnormal. Without an instruction
// for it, that is two products with the powers of ⌊n/2⌋ and ⌈n/2⌉; the first is exact.
func scale2(y, n float32) float32 { return float32(math.Ldexp(float64(y), int(n))) }

// expm1r returns u = e^r - 1 by the polynomial.
func expm1r(r float32) float32 { return fma32(float32(r*r), horner32(r, expPoly), r) }

// reduce returns n and r with x = n·ln2 + r, |r| ≤ ln2/2.
func reduce(x float32) (n, r float32) {
	n = fma32(x, log2e, roundMagic) - roundMagic
	return n, fma32(n, -ln2Lo, fma32(n, -ln2Hi, x))
}

// tail32 returns q and n with sigmoid(-a) = q·2ⁿ for a = a + lo ≥ 0, |lo| ≪ a.
//
// With e^a = 2⁻ⁿ·(1+u) that is 2ⁿ/(2ⁿ + (1+u)). The divisor d gets a second part dl of
// what its two additions round away, and the quotient a correction by what it leaves of 1.
func tail32(a, lo float32) (q, n float32) {
	n, r := reduce(-a)
	u := expm1r(lo - r)
	s := scale2(1, n)
	p := 1 + u
	d := p + s
	dl := (s - (d - p)) + (u - (p - 1))
	q = 1 / d
	left := fma32(-q, dl, fma32(-q, d, 1))
	return fma32(left, q, q), n
}

// oneExp returns eˣ.
func oneExp(x float32) float32 {
	n, r := reduce(clamp32(x, expMin, expMax))
	return scale2(fma32(fma32(horner32(r, expPoly), r, 1), r, 1), n)
}

// oneLog returns the natural logarithm.
func oneLog(x float32) float32 {
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
	y := fma32(fma32(horner32(f, logPoly), f, -0.5), float32(f*f), float32(n*ln2Lo))
	return fma32(n, ln2Hi, f+y)
}

// oneSigmoid returns 1/(1+e^-x).
func oneSigmoid(x float32) float32 {
	s := scale2(tail32(clamp32(abs(x), 0, tailMax), 0))
	if x < 0 {
		return s
	}
	return 1 - s
}

// oneTanh returns tanh x.
func oneTanh(x float32) float32 {
	a := abs(x)
	y := fma32(-2, scale2(tail32(clamp32(float32(2*a), 0, tailMax), 0)), 1)
	if a < tanhSmall {
		a2 := float32(a * a)
		y = fma32(float32(a2*horner32(a2, tanhPoly)), a, a)
	}
	return float32(math.Copysign(float64(y), float64(x)))
}

// log1ps returns -log(1-s).
func log1ps(s float32) float32 { return fma32(float32(s*s), horner32(s, log1pPoly), s) }

// oneSoftplus returns log(1+eˣ), as max(x, 0) - log(1 - sigmoid(-|x|)).
func oneSoftplus(x float32) float32 {
	return max(x, 0) + log1ps(scale2(tail32(clamp32(abs(x), 0, tailMax), 0)))
}

// oneSoftplusGrad returns dy·(1 - e^-y) for the output y.
func oneSoftplusGrad(dy, y float32) float32 {
	n, r := reduce(clamp32(-y, expm1Min, 0))
	s := scale2(1, n)
	return float32(dy * fma32(-s, expm1r(r), 1-s))
}

// oneELU returns λ·x for x ≥ 0 and scaled·(eˣ - 1) below. ELU has λ = 1 and scaled = α,
// SELU has λ and λ·α.
func oneELU(x, lambda, scaled float32) float32 {
	if x < 0 {
		n, r := reduce(clamp32(x, expm1Min, 0))
		s := scale2(1, n)
		return float32(scaled * fma32(s, expm1r(r), s-1))
	}
	return float32(lambda * x)
}

// normalTail returns e^(-a²/2) as (1+u)·2ⁿ.
func normalTail(a float32) (u, n float32) {
	a2 := float32(a * a)
	n, r := reduce(float32(a2 * -0.5))
	r = fma32(fma32(a, a, -a2), -0.5, r) // the part of a² that a2 rounds away
	return expm1r(r), n
}

// oneGELU returns x·Φ(x).
func oneGELU(x float32) float32 {
	c := clamp32(x, -geluMax, geluMax)
	a := abs(c)
	u, n := normalTail(a)
	m := float32(c * horner32(a, tailP))
	return gate32(x, scale2(fma32(m, u, m)/horner32(a, tailQ), n))
}

// gate32 returns x·f(x), given m = x·f(-|x|), where f(-x) = 1 - f(x). At ±0 it is m, which
// has the sign of x.
func gate32(x, m float32) float32 {
	if x > 0 {
		return x - m
	}
	return m
}

// oneGELUGrad returns dy·(Φ(z) + z·φ(z)) for the input z.
func oneGELUGrad(dy, z float32) float32 {
	a := abs(clamp32(z, -geluMax, geluMax))
	u, n := normalTail(a)
	w := fma32(-a, density, horner32(a, tailP)/horner32(a, tailQ))
	return float32(dy * side32(z, scale2(fma32(w, u, w), n)))
}

// side32 returns f for z < 0 and 1-f for others.
func side32(z, f float32) float32 {
	if z < 0 {
		return f
	}
	return 1 - f
}

// oneGELUTanh returns x·(1+tanh(√(2/π)·(x + 0.044715·x³)))/2, which is x times the sigmoid
// of twice that argument.
func oneGELUTanh(x float32) float32 {
	c := clamp32(x, -geluTanhMax, geluTanhMax)
	a := abs(c)
	// The argument as w + lo, since its error is multiplied by its size: a times the
	// sum of gt1 and a²·gt3, where each rounding is caught.
	a2 := float32(a * a)
	a2Lo := fma32(a, a, -a2)
	p := float32(a2 * gt3)
	pLo := fma32(a2, gt3, -p)
	g := gt1 + p
	b := g - gt1
	gLo := (gt1 - (g - b)) + (p - b)
	gLo = gLo + (pLo + fma32(a2Lo, gt3, fma32(a2, gt3Lo, gt1Lo)))
	w := float32(a * g)
	lo := fma32(a, gLo, fma32(a, g, -w))
	q, n := tail32(w, lo)
	return gate32(x, scale2(float32(c*q), n))
}

// oneGELUTanhGrad returns dy·(s + z·s·(1-s)·w') for the input z, where s is the sigmoid of w, the argument.
func oneGELUTanhGrad(dy, z float32) float32 {
	c := clamp32(z, -geluTanhMax, geluTanhMax)
	a := abs(c)
	a2 := float32(a * a)
	s := scale2(tail32(float32(a*fma32(a2, gt3, gt1)), 0))
	t := float32(float32(c*fma32(a2, gt3Times3, gt1)) * s)
	return float32(dy * fma32(t, 1-s, side32(z, s)))
}

// oneSiLU returns x·sigmoid(x).
func oneSiLU(x float32) float32 {
	c := clamp32(x, -siluMax, siluMax)
	q, n := tail32(abs(c), 0)
	return gate32(x, scale2(float32(c*q), n))
}

// oneSiLUGrad returns dy·(s + z·s·(1-s)) for the input z, where s is its sigmoid.
func oneSiLUGrad(dy, z float32) float32 {
	c := clamp32(z, -siluMax, siluMax)
	s := scale2(tail32(abs(c), 0))
	return float32(dy * fma32(float32(c*s), 1-s, side32(z, s)))
}

// fma32 returns x*y+z rounded once to float32 (round to nearest, ties to even).
//
// In float64 the product of two float32 is exact, but adding z rounds, and
// rounding that sum again to float32 may be wrong by one unit: the first rounding
// can land on a tie of the second. So the sum is rounded to odd: if it is
// inexact its last bit is set, which marks "not a tie" and survives, since 53 bits
// are at least 24+2 (Boldo and Melquiond, Emulation of FMA and correctly rounded
// sums, IEEE Trans. Computers 57, 2008).
func fma32(x, y, z float32) float32 {
	p := float64(float64(x) * float64(y)) // exact
	c := float64(z)
	s := p + c
	if math.IsInf(s, 0) || math.IsNaN(s) {
		return float32(s)
	}
	// Knuth's TwoSum: p + c = s + e exactly.
	t := s - p
	e := (p - (s - t)) + (c - t)
	if e != 0 {
		bits := math.Float64bits(s)
		if bits&1 == 0 {
			if (e > 0) == (s > 0) {
				bits++ // the exact sum lies farther from zero than s
			} else {
				bits--
			}
		}
		s = math.Float64frombits(bits)
	}
	return float32(s)
}

func each(dst, x []float32, f func(float32) float32) {
	for i, v := range x {
		dst[i] = f(v)
	}
}

func eachGrad(dx, dy, y []float32, f func(dy, y float32) float32) {
	for i, v := range y {
		dx[i] = f(dy[i], v)
	}
}

func exp(dst, x []float32) {
	if isa.Active().Fused() {
		expNEON(&dst[0], &x[0], len(dst))
	} else {
		expGo(dst, x)
	}
}

func log(dst, x []float32) {
	if isa.Active().Fused() {
		each(dst, x, oneLog)
	} else {
		logGo(dst, x)
	}
}

func sigmoid(dst, x []float32) {
	if isa.Active().Fused() {
		each(dst, x, oneSigmoid)
	} else {
		sigmoidGo(dst, x)
	}
}

func tanh(dst, x []float32) {
	if isa.Active().Fused() {
		each(dst, x, oneTanh)
	} else {
		tanhGo(dst, x)
	}
}

func softplus(dst, x []float32) {
	if isa.Active().Fused() {
		each(dst, x, oneSoftplus)
	} else {
		softplusGo(dst, x)
	}
}

func gelu(dst, x []float32) {
	if isa.Active().Fused() {
		each(dst, x, oneGELU)
	} else {
		geluGo(dst, x)
	}
}

func geluTanh(dst, x []float32) {
	if isa.Active().Fused() {
		each(dst, x, oneGELUTanh)
	} else {
		geluTanhGo(dst, x)
	}
}

func silu(dst, x []float32) {
	if isa.Active().Fused() {
		each(dst, x, oneSiLU)
	} else {
		siluGo(dst, x)
	}
}

func softplusGrad(dx, dy, y []float32) {
	if isa.Active().Fused() {
		eachGrad(dx, dy, y, oneSoftplusGrad)
	} else {
		softplusGradGo(dx, dy, y)
	}
}

func geluGrad(dx, dy, z []float32) {
	if isa.Active().Fused() {
		eachGrad(dx, dy, z, oneGELUGrad)
	} else {
		geluGradGo(dx, dy, z)
	}
}

func geluTanhGrad(dx, dy, z []float32) {
	if isa.Active().Fused() {
		eachGrad(dx, dy, z, oneGELUTanhGrad)
	} else {
		geluTanhGradGo(dx, dy, z)
	}
}

func siluGrad(dx, dy, z []float32) {
	if isa.Active().Fused() {
		eachGrad(dx, dy, z, oneSiLUGrad)
	} else {
		siluGradGo(dx, dy, z)
	}
}

func elu(dst, x []float32, lambda, scaled float32) {
	if isa.Active().Fused() {
		each(dst, x, func(x float32) float32 { return oneELU(x, lambda, scaled) })
	} else {
		eluGo(dst, x, lambda, scaled)
	}
}

func sigmoidGrad(dx, dy, y []float32) { sigmoidGradGo(dx, dy, y) }

func tanhGrad(dx, dy, y []float32) { tanhGradGo(dx, dy, y) }

func eluGrad(dx, dy, y []float32, lambda, scaled float32) { eluGradGo(dx, dy, y, lambda, scaled) }

func crossBinary(loss, dz, z, t []float32, factor float32) {
	if !isa.Active().Fused() {
		crossBinaryGo(loss, dz, z, t, factor)
		return
	}
	for i, v := range z {
		s := scale2(tail32(clamp32(abs(v), 0, tailMax), 0))
		t := t[i]
		loss[i] = fma32(-t, v, max(v, 0)) + log1ps(s)
		dz[i] = float32((side32(v, s) - t) * factor)
	}
}

// vectorRows reports whether the softmax kernels have bodies at the level in use.
func vectorRows() bool { return isa.Active().Fused() }

// rowLanes adds up in 16 lanes, then by halves.
type rowLanes [16]float32

func (v *rowLanes) sum() float32 {
	for half := len(v) / 2; half > 0; half /= 2 {
		for l := range half {
			v[l] += v[half+l]
		}
	}
	return v[0]
}

// slice returns the n elements at x, none for nil.
func slice(x *float32, n int) []float32 {
	if x == nil {
		return nil
	}
	return unsafe.Slice(x, n)
}

func expSum(e, x *float32, n int, top float32) float32 {
	var sum rowLanes
	out := slice(e, n)
	for i, v := range slice(x, n) {
		e := oneExp(v - top)
		sum[i%len(sum)] += e
		if out != nil {
			out[i] = e
		}
	}
	return sum.sum()
}

func crossSum(e, z, t *float32, n int, top, keep, spread float32, s *[3]float32) {
	var sum, total, below rowLanes
	out, target := slice(e, n), slice(t, n)
	for i, v := range slice(z, n) {
		l := i % len(sum)
		d := v - top
		t := fma32(target[i], keep, spread)
		total[l] += t
		if t != 0 {
			below[l] = fma32(-t, d, below[l])
		}
		out[i] = oneExp(d)
		sum[l] += out[i]
	}
	*s = [3]float32{sum.sum(), total.sum(), below.sum()}
}

func crossGrad(p, dz, t *float32, n int, inv, total, factor, keep, spread float32) {
	out, d := slice(p, n), slice(dz, n)
	for i, t := range slice(t, n) {
		out[i] = float32(out[i] * inv)
		d[i] = float32(fma32(out[i], total, -fma32(t, keep, spread)) * factor)
	}
}

func softmax16(p, x *float32, rows, n int, s *rowSums) {
	out, in := slice(p, rows*n), slice(x, rows*n)
	for i := range rows {
		x := in[i*n:][:n]
		var e *float32
		if out != nil {
			e = &out[i*n]
		}
		s.top[i] = maxGo(x)
		s.sum[i] = expSum(e, &x[0], n, s.top[i])
		if out != nil {
			scalGo(1/s.sum[i], out[i*n:][:n])
		}
	}
}

func cross16(p, dz, z, t, factor *float32, rows, n int, keep, spread float32, s *rowSums) {
	out, d, in, target, factors := slice(p, rows*n), slice(dz, rows*n), slice(z, rows*n), slice(t, rows*n), slice(factor, rows)
	for i, f := range factors {
		at := i * n
		s.top[i] = maxGo(in[at:][:n])
		var sum [3]float32
		crossSum(&out[at], &in[at], &target[at], n, s.top[i], keep, spread, &sum)
		s.sum[i], s.total[i], s.below[i] = sum[0], sum[1], sum[2]
		crossGrad(&out[at], &d[at], &target[at], n, 1/sum[0], sum[1], f, keep, spread)
	}
}

//go:noescape
func expNEON(dst, x *float32, n int)
