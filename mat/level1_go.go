package mat

import "math"

// The portable kernels: the generic level, and the meaning of the assembly except
// for fused rounding. float32(a*b)+c keeps compilers for arm64 and others from
// fusing on their own, so that the generic level gives the same bits everywhere.
// Callers pass at least one element and equal lengths.

// dotGo sums in 8 lanes: enough to hide the latency of the addition.
func dotGo(x, y []float32) float32 {
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for len(x) >= 8 && len(y) >= 8 {
		s0 += float32(x[0] * y[0])
		s1 += float32(x[1] * y[1])
		s2 += float32(x[2] * y[2])
		s3 += float32(x[3] * y[3])
		s4 += float32(x[4] * y[4])
		s5 += float32(x[5] * y[5])
		s6 += float32(x[6] * y[6])
		s7 += float32(x[7] * y[7])
		x, y = x[8:], y[8:]
	}
	y = y[:len(x)]
	for i, v := range x {
		s0 += float32(v * y[i])
	}
	return ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7))
}

func sumGo(x []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(x) >= 4 {
		s0 += x[0]
		s1 += x[1]
		s2 += x[2]
		s3 += x[3]
		x = x[4:]
	}
	for _, v := range x {
		s0 += v
	}
	return (s0 + s2) + (s1 + s3)
}

func asumGo(x []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(x) >= 4 {
		s0 += abs(x[0])
		s1 += abs(x[1])
		s2 += abs(x[2])
		s3 += abs(x[3])
		x = x[4:]
	}
	for _, v := range x {
		s0 += abs(v)
	}
	return (s0 + s2) + (s1 + s3)
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// sumsqGo follows the fused levels' 32 lanes: a float32's square is exact in
// float64, so there is nothing to fuse and the bits agree.
func sumsqGo(x []float32) float64 {
	var acc [32]float64
	for ; len(x) >= len(acc); x = x[len(acc):] {
		for l := range acc {
			acc[l] += float64(x[l]) * float64(x[l])
		}
	}
	for l, v := range x {
		acc[l] += float64(v) * float64(v)
	}
	var v [8]float64
	for l := range v {
		v[l] = (acc[l] + acc[8+l]) + (acc[16+l] + acc[24+l])
	}
	return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]))
}

func maxGo(x []float32) float32 {
	m := x[0]
	for _, v := range x[1:] {
		m = max(m, v)
	}
	return m
}

func iamaxGo(x []float32) int {
	best, size := 0, magnitude(x[0])
	for i, v := range x {
		if s := magnitude(v); s > size {
			best, size = i, s
		}
	}
	return best
}

func axpyGo(alpha float32, x, y []float32) {
	x = x[:len(y)] // here and below: leaves fewer indices to check in the loop
	i := 0
	for ; i < len(y)-3; i += 4 { // four sums: a processor that keeps its order waits less
		s0, s1, s2, s3 := y[i], y[i+1], y[i+2], y[i+3]
		s0 += float32(alpha * x[i])
		s1 += float32(alpha * x[i+1])
		s2 += float32(alpha * x[i+2])
		s3 += float32(alpha * x[i+3])
		y[i], y[i+1], y[i+2], y[i+3] = s0, s1, s2, s3
	}
	for ; i < len(y); i++ {
		y[i] += float32(alpha * x[i])
	}
}

func scalGo(alpha float32, x []float32) {
	for i := range x {
		x[i] *= alpha
	}
}

func addGo(dst, x, y []float32) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

func subGo(dst, x, y []float32) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] - y[i]
	}
}

func mulGo(dst, x, y []float32) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] * y[i]
	}
}

func minusGo(dst, x []float32, a, b float32) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = (v - a) - b
	}
}

func reluGo(dst, x []float32) {
	dst = dst[:len(x)]
	for i, v := range x {
		if v < 0 {
			v = 0
		}
		dst[i] = v
	}
}

func reluGradGo(dx, dy, y []float32) {
	dx, y = dx[:len(dy)], y[:len(dy)]
	for i, v := range dy {
		if y[i] <= 0 {
			v = 0
		}
		dx[i] = v
	}
}
