package mat

import "math"

// block is the most elements that one kernel call handles: 16384 float32 are
// 64 KiB a stream, a few microseconds even from memory. Reductions are defined per
// block, so this is part of the numeric contract.
const block = 1 << 14

const (
	badXY   = "mat: len(x) != len(y)"
	badDstX = "mat: len(dst) != len(x)"
	badDstY = "mat: len(dst) != len(y)"
)

// Dot returns Σ x[i]·y[i]; 0 for no elements.
//
// One fused multiply-add per element in 64 lanes. The error is at most
// (n/64+10)·u·Σ|x[i]·y[i]| within a block of 16384, (n/8+10)·u·Σ|x[i]·y[i]| at the generic
// level, which has 8 lanes. Panics if len(x) != len(y).
func Dot(x, y []float32) float32 {
	if len(x) != len(y) {
		panic(badXY)
	}
	touch(nil, x, y)
	if len(x) <= block {
		if len(x) == 0 {
			return 0
		}
		return dot(x, y)
	}
	s := dot(x[:block], y[:block]) // may be -0 by underflow, so not added to +0
	for from := block; from < len(x); from += block {
		to := min(from+block, len(x))
		s += dot(x[from:to], y[from:to])
	}
	return s
}

// Sum returns Σ x[i]; 0 for no elements.
//
// The error is at most (n/64+10)·u·Σ|x[i]| within a block of 16384, (n/4+10)·u·Σ|x[i]|
// at the generic level, which has 4 lanes.
func Sum(x []float32) float32 {
	touch(nil, x, nil)
	var s float32
	for len(x) > 0 {
		n := min(block, len(x))
		s += sum(x[:n]) // a sum of lanes that start from +0 is never -0: adding it to +0 is exact
		x = x[n:]
	}
	return s
}

// Asum returns Σ |x[i]|; 0 for no elements. The error bound is Sum's.
func Asum(x []float32) float32 {
	touch(nil, x, nil)
	var s float32
	for len(x) > 0 {
		n := min(block, len(x))
		s += asum(x[:n])
		x = x[n:]
	}
	return s
}

// Nrm2 returns the Euclidean norm √Σ x[i]²; 0 for no elements.
//
// The squares are summed in float64, where the square of a float32 is exact and
// neither overflows nor underflows: the result is within one unit in the last place
// of float32, and is +Inf only if the norm itself exceeds the largest float32 or an
// element is infinite. NaN if an element is NaN. All levels, generic included, give
// the same bits.
func Nrm2(x []float32) float32 {
	touch(nil, x, nil)
	s := 0.0
	for len(x) > 0 {
		n := min(block, len(x))
		s += sumsq(x[:n])
		x = x[n:]
	}
	return float32(math.Sqrt(s))
}

// Max returns the largest x[i], NaN if an element is NaN, and -Inf for no elements.
// +0 is larger than -0.
func Max(x []float32) float32 {
	touch(nil, x, nil)
	m := float32(math.Inf(-1))
	for len(x) > 0 {
		n := min(block, len(x))
		m = max(m, maxOf(x[:n]))
		x = x[n:]
	}
	return m
}

// Iamax returns the index of the first element of largest absolute value, that of
// the first NaN if there is one, and -1 for no elements.
func Iamax(x []float32) int {
	touch(nil, x, nil)
	best, size := -1, uint32(0)
	for from := 0; from < len(x); from += block {
		i := from + iamax(x[from:min(from+block, len(x))])
		if s := magnitude(x[i]); best < 0 || s > size {
			best, size = i, s
		}
	}
	return best
}

// magnitude orders floats by absolute value, with every NaN above infinity.
func magnitude(x float32) uint32 {
	const firstNaN = 0x7f800001
	return min(math.Float32bits(x)&^(1<<31), firstNaN)
}

// Axpy sets y[i] = alpha·x[i] + y[i], one fused multiply-add per element (two
// roundings at the generic level). x and y may be the same slice.
// Panics if len(x) != len(y).
func Axpy(alpha float32, x, y []float32) {
	if len(x) != len(y) {
		panic(badXY)
	}
	touch(y, x, nil)
	for len(x) > block {
		axpy(alpha, x[:block], y[:block])
		x, y = x[block:], y[block:]
	}
	if len(x) > 0 {
		axpy(alpha, x, y)
	}
}

// Scal sets x[i] = alpha·x[i]. With alpha 0, NaN and infinities give NaN as IEEE 754 has it.
func Scal(alpha float32, x []float32) {
	touch(x, nil, nil)
	for len(x) > 0 {
		n := min(block, len(x))
		scal(alpha, x[:n])
		x = x[n:]
	}
}

// Add sets dst[i] = x[i] + y[i]. dst may be x or y. Panics if lengths differ.
func Add(dst, x, y []float32) {
	check3(dst, x, y)
	touch(dst, x, y)
	for len(dst) > 0 {
		n := min(block, len(dst))
		add(dst[:n], x[:n], y[:n])
		dst, x, y = dst[n:], x[n:], y[n:]
	}
}

// Sub sets dst[i] = x[i] - y[i]. dst may be x or y. Panics if lengths differ.
func Sub(dst, x, y []float32) {
	check3(dst, x, y)
	touch(dst, x, y)
	for len(dst) > 0 {
		n := min(block, len(dst))
		sub(dst[:n], x[:n], y[:n])
		dst, x, y = dst[n:], x[n:], y[n:]
	}
}

// Mul sets dst[i] = x[i]·y[i], element by element. dst may be x or y. Panics if lengths differ.
func Mul(dst, x, y []float32) {
	check3(dst, x, y)
	touch(dst, x, y)
	for len(dst) > 0 {
		n := min(block, len(dst))
		mul(dst[:n], x[:n], y[:n])
		dst, x, y = dst[n:], x[n:], y[n:]
	}
}

// ReLU sets dst[i] = +0 where x[i] < 0 and x[i] elsewhere, so NaN and -0 pass.
// dst may be x. Panics if lengths differ.
func ReLU(dst, x []float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	touch(dst, x, nil)
	for len(dst) > 0 {
		n := min(block, len(dst))
		relu(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// ReLUGrad sets dx[i] = +0 where y[i] ≤ 0 and dy[i] elsewhere, where y is ReLU's
// output (or its input: the sign decides). The derivative at 0 is taken as 0; where
// y is NaN, dy passes. dx may be dy or y. Panics if lengths differ.
func ReLUGrad(dx, dy, y []float32) {
	check3(dx, dy, y)
	touch(dx, dy, y)
	for len(dx) > 0 {
		n := min(block, len(dx))
		reluGrad(dx[:n], dy[:n], y[:n])
		dx, dy, y = dx[n:], dy[n:], y[n:]
	}
}

func check3(dst, x, y []float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	if len(dst) != len(y) {
		panic(badDstY)
	}
}
