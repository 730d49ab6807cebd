package ref

import "math"

// Parameter updates of one element: float32, every operation rounded, none fused.
// Coefficients are rounded to float32 from float64 where they enter. Each function
// takes the parameter w, its gradient g and its state, and returns the new w and state.

// Gradient returns clip·g + l2·w, the gradient that the rules take. An l2 of 0 adds nothing.
func Gradient(g, w float32, clip, l2 float64) float32 {
	g = float32(float32(clip) * g)
	if float32(l2) != 0 {
		g += float32(float32(l2) * w)
	}
	return g
}

// SoftThreshold returns sign(w)·max(|w|-t, 0) for t = rate·l1 ≥ 0: +0 within ±t, and w
// itself, -0 included, if t is 0.
func SoftThreshold(w float32, rate, l1 float64) float32 {
	t := float32(rate * l1)
	switch {
	case t == 0:
		return w
	case w > t:
		return w - t
	case w < -t:
		return w + t
	case w != w:
		return w
	}
	return 0
}

// SGD is plain gradient descent.
func SGD(w, g float32, rate float64) float32 { return w - float32(float32(rate)*g) }

// Momentum has the velocity v.
func Momentum(w, g, v float32, rate, mu float64) (w1, v1 float32) {
	v1 = float32(float32(mu)*v) + g
	return w - float32(float32(rate)*v1), v1
}

// Nesterov steps along the gradient and the velocity.
func Nesterov(w, g, v float32, rate, mu float64) (w1, v1 float32) {
	v1 = float32(float32(mu)*v) + g
	step := float32(float32(mu)*v1) + g
	return w - float32(float32(rate)*step), v1
}

// AdaGrad has the sum of squares s.
func AdaGrad(w, g, s float32, rate, eps float64) (w1, s1 float32) {
	s1 = s + float32(g*g)
	return w - float32(float32(rate)*g)/(sqrt(s1)+float32(eps)), s1
}

// RMSProp has the mean square s, if centered the mean m, and if mu is not 0 the velocity u.
func RMSProp(w, g, s, m, u float32, rate, alpha, eps, mu float64, centered bool) (w1, s1, m1, u1 float32) {
	s1 = mean(s, float32(g*g), alpha)
	variance := s1
	if centered {
		m1 = mean(m, g, alpha)
		variance = max(s1-float32(m1*m1), 0)
	}
	d := sqrt(variance) + float32(eps)
	if mu == 0 {
		return w - float32(float32(rate)*g)/d, s1, m1, 0
	}
	u1 = float32(float32(mu)*u) + g/d
	return w - float32(float32(rate)*u1), s1, m1, u1
}

// Adam is step t ≥ 1 with the mean m and the mean square v, and AdamW's decay.
func Adam(w, g, m, v float32, t int, rate, beta1, beta2, eps, decay float64) (w1, m1, v1 float32) {
	m1, v1 = mean(m, g, beta1), mean(v, float32(g*g), beta2)
	return adamStep(w, m1, v1, t, rate, beta1, beta2, eps, decay), m1, v1
}

// AMSGrad is Adam with the largest mean square so far, x.
func AMSGrad(w, g, m, v, x float32, t int, rate, beta1, beta2, eps, decay float64) (w1, m1, v1, x1 float32) {
	m1, v1 = mean(m, g, beta1), mean(v, float32(g*g), beta2)
	x1 = v1
	if x > v1 {
		x1 = x
	}
	return adamStep(w, m1, x1, t, rate, beta1, beta2, eps, decay), m1, v1, x1
}

func adamStep(w, m, v float32, t int, rate, beta1, beta2, eps, decay float64) float32 {
	if decay != 0 {
		w -= float32(float32(rate*decay) * w)
	}
	step := float32(rate / (1 - power(beta1, t)))
	root := float32(1 / math.Sqrt(1-power(beta2, t)))
	return w - float32(step*m)/(float32(sqrt(v)*root)+float32(eps))
}

// RProp has the last gradient p and the step s.
func RProp(w, g, p, s float32, up, down, lo, hi float64) (w1, p1, s1 float32) {
	product := float32(g * p)
	if product > 0 {
		s = float32(s * float32(up))
	}
	if product < 0 {
		s = float32(s * float32(down))
		g = 0
	}
	s = min(max(s, float32(lo)), float32(hi))
	if g > 0 {
		w -= s
	}
	if g < 0 {
		w += s
	}
	return w, g, s
}

// mean returns beta·old + (1-beta)·x.
func mean(old, x float32, beta float64) float32 {
	return float32(float32(beta)*old) + float32(float32(1-beta)*x)
}

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

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

// ClipValue returns x, or ±limit where it is beyond.
func ClipValue(x, limit float32) float32 {
	if x > limit {
		return limit
	}
	if x < -limit {
		return -limit
	}
	return x
}

// Lerp returns a + t·(b - a).
func Lerp(a, b, t float32) float32 { return a + float32(t*float32(b-a)) }

// MaxNorm scales the columns of a rows×cols matrix whose norm exceeds limit down to it.
func MaxNorm(w []float32, rows, cols int, limit float64) {
	for j := range cols {
		var sums [2]float64 // of even and odd rows
		for i := range rows {
			x := float64(w[i*cols+j])
			sums[i%2] += x * x
		}
		if norm := math.Sqrt(sums[0] + sums[1]); norm > limit {
			for i := range rows {
				w[i*cols+j] *= float32(limit / norm)
			}
		}
	}
}
