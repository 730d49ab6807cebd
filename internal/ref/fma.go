// Package ref is the specification of Sinew's kernels and of the network: the
// plainest Go that says which IEEE 754 operations happen in which order. Every
// instruction set with fused multiply-add gives the same bits; tests compare them.
//
// It is slow on purpose, allocates freely, imports nothing of Sinew, and only
// tests import it.
package ref

import "math"

// FMA returns x*y+z rounded once to float32 (round to nearest, ties to even).
//
// In float64 the product of two float32 is exact, but adding z rounds, and
// rounding that sum again to float32 may be wrong by one unit: the first rounding
// can land on a tie of the second. So the sum is rounded to odd: if it is
// inexact its last bit is set, which marks "not a tie" and survives, since 53 bits
// are at least 24+2 (Boldo and Melquiond, Emulation of FMA and correctly rounded
// sums, IEEE Trans. Computers 57, 2008).
func FMA(x, y, z float32) float32 {
	p := float64(x) * float64(y) // exact
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
