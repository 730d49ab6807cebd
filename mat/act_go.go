package mat

import (
	"math"

	"github.com/sinew-ml/sinew/internal/fmath"
)

// The portable activations: evaluated in float64 and rounded once, which is within 0.501
// units in the last place for a value. Derivatives from outputs that need no
// exponential are in float32, as in the assembly.

func expGo(dst, x []float32) {
	for i, v := range x {
		dst[i] = float32(fmath.Exp(float64(v)))
	}
}

func logGo(dst, x []float32) {
	for i, v := range x {
		dst[i] = float32(fmath.Log(float64(v)))
	}
}

func sigmoidGo(dst, x []float32) {
	for i, v := range x {
		dst[i] = float32(fmath.Sigmoid(float64(v)))
	}
}

func sigmoidGradGo(dx, dy, y []float32) {
	for i, v := range y {
		dx[i] = dy[i] * float32(v*(1-v))
	}
}

func tanhGo(dst, x []float32) {
	for i, v := range x {
		dst[i] = float32(fmath.Tanh(float64(v)))
	}
}

func tanhGradGo(dx, dy, y []float32) {
	for i, v := range y {
		dx[i] = dy[i] * float32(1-float32(v*v))
	}
}

// softplus64 returns log(1+e^x).
func softplus64(x float64) float64 { return math.Max(x, 0) + fmath.Log1p(fmath.Exp(-math.Abs(x))) }

func softplusGo(dst, x []float32) {
	for i, v := range x {
		dst[i] = float32(softplus64(float64(v)))
	}
}

func softplusGradGo(dx, dy, y []float32) {
	for i, v := range y {
		dx[i] = dy[i] * float32(-fmath.Expm1(-math.Max(float64(v), 0)))
	}
}

func eluGo(dst, x []float32, lambda, scaled float32) {
	for i, v := range x {
		if v < 0 {
			dst[i] = float32(float64(scaled) * fmath.Expm1(float64(v)))
		} else {
			dst[i] = lambda * v
		}
	}
}

func eluGradGo(dx, dy, y []float32, lambda, scaled float32) {
	for i, v := range y {
		if v > 0 {
			dx[i] = dy[i] * lambda
		} else {
			dx[i] = dy[i] * float32(v+scaled)
		}
	}
}

// gate64 returns x·f(x) for f with f(-x) = 1-f(x), given tail = f(-|x|); 0 where the
// tail has vanished, at x = -Inf too.
func gate64(x, tail float64) float64 {
	switch {
	case tail == 0 && x < 0:
		return math.Copysign(0, -1)
	case tail == 0:
		return x
	}
	return x * side64(x, tail)
}

func side64(x, tail float64) float64 {
	if x < 0 {
		return tail
	}
	return 1 - tail
}

func geluGo(dst, x []float32) {
	for i, v := range x {
		tail, _ := fmath.NormalTail(math.Abs(float64(v)))
		dst[i] = float32(gate64(float64(v), tail))
	}
}

func geluGradGo(dx, dy, z []float32) {
	for i, v := range z {
		z := float64(v)
		tail, density := fmath.NormalTail(math.Abs(z))
		slope := side64(z, tail)
		if density != 0 {
			slope += float64(z * density)
		}
		dx[i] = dy[i] * float32(slope)
	}
}

func siluGo(dst, x []float32) {
	for i, v := range x {
		dst[i] = float32(gate64(float64(v), fmath.Sigmoid(-math.Abs(float64(v)))))
	}
}

func siluGradGo(dx, dy, z []float32) {
	for i, v := range z {
		dx[i] = dy[i] * float32(gateSlope(float64(v), float64(v), 1))
	}
}

// gateSlope returns the derivative of z·sigmoid(w(z)) for w and its derivative.
func gateSlope(z, w, slope float64) float64 {
	s := fmath.Sigmoid(-math.Abs(w))
	if s == 0 {
		return side64(z, s)
	}
	return side64(z, s) + float64(float64(z*slope)*float64(s*(1-s)))
}

// geluTanhArgument returns w = 2·√(2/π)·(x + 0.044715·x³) and its derivative.
func geluTanhArgument(x float64) (w, slope float64) {
	const c = 1.5957691216057308 // 2·√(2/π)
	x2 := float64(x * x)
	return float64(float64(c*x) * (1 + float64(0.044715*x2))), c * (1 + float64(0.134145*x2))
}

func geluTanhGo(dst, x []float32) {
	for i, v := range x {
		w, _ := geluTanhArgument(float64(v))
		dst[i] = float32(gate64(float64(v), fmath.Sigmoid(-math.Abs(w))))
	}
}

func geluTanhGradGo(dx, dy, z []float32) {
	for i, v := range z {
		w, slope := geluTanhArgument(float64(v))
		dx[i] = dy[i] * float32(gateSlope(float64(v), w, slope))
	}
}

func crossBinaryGo(loss, dz, z, t []float32, factor float32) {
	for i, v := range z {
		z, t := float64(v), float64(t[i])
		loss[i] = float32((math.Max(z, 0) - float64(t*z)) + fmath.Log1p(fmath.Exp(-math.Abs(z))))
		dz[i] = float32(fmath.Sigmoid(z)-t) * factor
	}
}
