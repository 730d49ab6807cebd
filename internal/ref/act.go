package ref

import "math"

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
