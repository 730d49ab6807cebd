//go:build !purego

package mat

import (
	"math"
	"unsafe"

	"github.com/sinew-ml/sinew/internal/isa"
)

const (
	log2e = 0x1.715476p+0
	ln2Hi = 0x1.62e43p-1 // n·ln2Hi is exact in 24 bits up to |n| = 8
	ln2Lo = -0x1.05c61p-29

	// Added to |y| < 2²¹ and subtracted again, roundMagic rounds y to an integer n, ties to
	// even, and its sum has 254+n in the low bits: twice the bias of an exponent, as
	// powers of 2 are made of two factors (see scale2).
	roundMagic = 0x1.8p23 + 254

	expMax, expMin = 89, -104
)

// expPoly is c of e^r - 1 = r + r²·c(r) for |r| ≤ ln2/2: 2^-26.1 of e^r - 1, 2^-27.4 of e^r.
var expPoly = []float32{0x1.fffffep-2, 0x1.5554b4p-3, 0x1.5556f2p-5, 0x1.122542p-7, 0x1.6b9c62p-10}

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

// reduce returns n and r with x = n·ln2 + r, |r| ≤ ln2/2.
func reduce(x float32) (n, r float32) {
	n = fma32(x, log2e, roundMagic) - roundMagic
	return n, fma32(n, -ln2Lo, fma32(n, -ln2Hi, x))
}

// oneExp returns eˣ.
func oneExp(x float32) float32 {
	n, r := reduce(clamp32(x, expMin, expMax))
	return scale2(fma32(fma32(horner32(r, expPoly), r, 1), r, 1), n)
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
