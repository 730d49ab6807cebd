package onnx

import (
	"math"

	"github.com/sinew-ml/sinew/internal/fmath"
)

// Element-wise functions that package mat has no kernel for: evaluated in float64 and rounded
// once to float32.

// each makes a function on slices of one on numbers.
func each(f func(x, alpha, beta float64) float64) func(dst, x []float32, alpha, beta float32) {
	return func(dst, x []float32, alpha, beta float32) {
		a, b := float64(alpha), float64(beta)
		for i, v := range x {
			dst[i] = float32(f(float64(v), a, b))
		}
	}
}

func pow(x, y float32) float32 {
	switch y {
	case 2:
		return x * x
	case 3:
		return float32(float64(x) * float64(x) * float64(x))
	}
	return float32(math.Pow(float64(x), float64(y)))
}

// selu is gamma·(x, or alpha·(eˣ-1) below 0).
func selu(x, alpha, gamma float64) float64 {
	if x < 0 {
		return gamma * alpha * math.Expm1(x)
	}
	return gamma * x
}

func celu(x, alpha, _ float64) float64 {
	if x < 0 {
		return alpha * math.Expm1(x/alpha)
	}
	return x
}

func thresholdedReLU(x, alpha, _ float64) float64 {
	if x > alpha {
		return x
	}
	return 0
}

// mish is x·tanh(log(1+eˣ)).
func mish(x, _, _ float64) float64 {
	return x * fmath.Tanh(max(x, 0)+math.Log1p(fmath.Exp(-math.Abs(x))))
}

// swish is x·sigmoid(alpha·x).
func swish(x, alpha, _ float64) float64 { return x / (1 + fmath.Exp(-alpha*x)) }

func softsign(x, _, _ float64) float64 { return x / (1 + math.Abs(x)) }

func hardSigmoid(x, alpha, beta float64) float64 { return max(0, min(1, alpha*x+beta)) }

// clip gives hi where lo > hi, as ONNX says.
func clip(x, lo, hi float64) float64 { return min(max(x, lo), hi) }

// greater is 1 above alpha and 0 elsewhere.
func greater(x, alpha, _ float64) float64 {
	if x > alpha {
		return 1
	}
	return 0
}

func erf(x, _, _ float64) float64        { return math.Erf(x) }
func sqrt(x, _, _ float64) float64       { return math.Sqrt(x) }
func neg(x, _, _ float64) float64        { return -x }
func abs(x, _, _ float64) float64        { return math.Abs(x) }
func reciprocal(x, _, _ float64) float64 { return 1 / x }
