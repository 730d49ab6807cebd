package ref

import "math"

// Reductions run over blocks of Block elements, whose results are combined in
// order, so that one call of a kernel stays short and goroutines preemptible.
const Block = 1 << 14

// Lanes is the number of partial sums of a reduction: four 512-bit, eight
// 256-bit or sixteen 128-bit registers.
const Lanes = 64

// width is the granule to which a block is padded with +0.
const width = 16

// lanes folds elements 0...n-1 into their lanes by step and adds the lanes up by a
// fixed tree. Element i goes to lane i mod 64; the last group of 16 is filled up
// with zero elements, as a vector unit loads it.
func lanes(n int, step func(acc float32, i int) float32) float32 {
	var acc [Lanes]float32
	for i := range (n + width - 1) / width * width {
		acc[i%Lanes] = step(acc[i%Lanes], i)
	}
	return tree(acc)
}

// tree adds the four groups of 16 lanes pairwise, then halves: 16, 8, 4, 2, 1.
func tree(acc [Lanes]float32) float32 {
	var v [width]float32
	for l := range v {
		v[l] = (acc[l] + acc[16+l]) + (acc[32+l] + acc[48+l])
	}
	for half := width / 2; half > 0; half /= 2 {
		for l := range half {
			v[l] += v[half+l]
		}
	}
	return v[0]
}

// at returns x[i], or +0 beyond the end.
func at(x []float32, i int) float32 {
	if i < len(x) {
		return x[i]
	}
	return 0
}

// blocks adds up f over the blocks of n elements, in order.
func blocks(n int, f func(from, to int) float32) float32 {
	if n == 0 {
		return 0
	}
	s := f(0, min(n, Block))
	for i := Block; i < n; i += Block {
		s += f(i, min(n, i+Block))
	}
	return s
}

// Dot returns the sum of x[i]*y[i], one fused multiply-add per element.
func Dot(x, y []float32) float32 {
	return blocks(len(x), func(from, to int) float32 {
		x, y := x[from:to], y[from:to]
		return lanes(len(x), func(acc float32, i int) float32 { return FMA(at(x, i), at(y, i), acc) })
	})
}

// Sum returns the sum of x[i].
func Sum(x []float32) float32 {
	return blocks(len(x), func(from, to int) float32 {
		x := x[from:to]
		return lanes(len(x), func(acc float32, i int) float32 { return acc + at(x, i) })
	})
}

// Asum returns the sum of |x[i]|.
func Asum(x []float32) float32 {
	return blocks(len(x), func(from, to int) float32 {
		x := x[from:to]
		return lanes(len(x), func(acc float32, i int) float32 { return acc + abs(at(x, i)) })
	})
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// normLanes is the number of float64 partial sums of Nrm2.
const normLanes = 32

// Nrm2 returns the square root of the sum of squares, summed in float64, where a
// square of a float32 is exact and can neither overflow nor underflow. Element i
// goes to lane i mod 32; the lanes are added as four groups of 8, then halves.
func Nrm2(x []float32) float32 {
	sumsq := 0.0
	for from := 0; from < len(x); from += Block {
		var acc [normLanes]float64
		for i, v := range x[from:min(len(x), from+Block)] {
			acc[i%normLanes] += float64(v) * float64(v)
		}
		var v [8]float64
		for l := range v {
			v[l] = (acc[l] + acc[8+l]) + (acc[16+l] + acc[24+l])
		}
		sumsq += ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]))
	}
	return float32(math.Sqrt(sumsq))
}

// Max returns the largest x[i], NaN if there is one, -Inf for no elements; +0 > -0.
func Max(x []float32) float32 {
	m := float32(math.Inf(-1))
	for _, v := range x {
		m = max(m, v)
	}
	return m
}

// Iamax returns the first index of the largest |x[i]|, the first NaN's if there
// is one, -1 for no elements.
func Iamax(x []float32) int {
	best := -1
	for i, v := range x {
		if v != v {
			return i
		}
		if best < 0 || abs(v) > abs(x[best]) {
			best = i
		}
	}
	return best
}

// Axpy sets y[i] = alpha*x[i] + y[i], fused.
func Axpy(alpha float32, x, y []float32) {
	for i := range y {
		y[i] = FMA(alpha, x[i], y[i])
	}
}

// Scal sets x[i] = alpha*x[i].
func Scal(alpha float32, x []float32) {
	for i := range x {
		x[i] = alpha * x[i]
	}
}

// Add sets dst[i] = x[i] + y[i].
func Add(dst, x, y []float32) {
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

// Sub sets dst[i] = x[i] - y[i].
func Sub(dst, x, y []float32) {
	for i := range dst {
		dst[i] = x[i] - y[i]
	}
}

// Mul sets dst[i] = x[i] * y[i].
func Mul(dst, x, y []float32) {
	for i := range dst {
		dst[i] = x[i] * y[i]
	}
}

// Minus sets dst[i] = (x[i] - a) - b.
func Minus(dst, x []float32, a, b float32) {
	for i, v := range x {
		dst[i] = (v - a) - b
	}
}

// ReLU sets dst[i] = +0 where x[i] < 0 and x[i] elsewhere: -0 and NaN pass.
func ReLU(dst, x []float32) {
	for i := range dst {
		dst[i] = x[i]
		if x[i] < 0 {
			dst[i] = 0
		}
	}
}

// ReLUGrad sets dx[i] = +0 where y[i] <= 0 and dy[i] elsewhere, a NaN y[i] included.
func ReLUGrad(dx, dy, y []float32) {
	for i := range dx {
		dx[i] = dy[i]
		if y[i] <= 0 {
			dx[i] = 0
		}
	}
}
