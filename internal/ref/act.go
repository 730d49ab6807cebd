package ref

import "math"

// The activations are those of float64, rounded once to float32.

// Sigmoid returns 1/(1+e^-x).
func Sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }

// SigmoidGrad returns dy·(y·(1-y)).
func SigmoidGrad(dy, y float32) float32 { return float32(dy * float32(y*float32(1-y))) }

// Tanh returns tanh x.
func Tanh(x float32) float32 { return float32(math.Tanh(float64(x))) }

// TanhGrad returns dy·(1-y²).
func TanhGrad(dy, y float32) float32 { return float32(dy * float32(1-float32(y*y))) }

// Softmax returns e^x[i] / Σ e^x[j] and log Σ e^x[j].
func Softmax(x []float32) (y []float32, logSumExp float64) {
	top := float64(Max(x))
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(float64(v) - top)
	}
	y = make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(math.Exp(float64(v)-top) / sum)
	}
	return y, top + math.Log(sum)
}
