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

// Momentum updates one parameter w and its velocity v.
func Momentum(w, g, v, rate, mu float32) (w1, v1 float32) {
	v1 = float32(mu*v) + g
	return w - float32(rate*v1), v1
}

// Adam updates one parameter w and its moments m and v in step t ≥ 1.
func Adam(w, g, m, v float32, t int, rate, beta1, beta2, eps float64) (w1, m1, v1 float32) {
	m1 = float32(float32(beta1)*m) + float32(float32(1-beta1)*g)
	v1 = float32(float32(beta2)*v) + float32(float32(1-beta2)*float32(g*g))
	step := float32(rate / (1 - power(beta1, t)))
	root := float32(1 / math.Sqrt(1-power(beta2, t)))
	denominator := float32(float32(math.Sqrt(float64(v1)))*root) + float32(eps)
	return w - float32(step*m1)/denominator, m1, v1
}

// power returns xᵗ by repeated squaring, from the lowest bit of t up.
func power(x float64, t int) float64 {
	p := 1.0
	for ; t > 0; t /= 2 {
		if t%2 == 1 {
			p = float64(p * x)
		}
		x = float64(x * x)
	}
	return p
}
