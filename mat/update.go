package mat

import "math"

// Parameter updates: one pass over flat arrays. They round every product, so all
// levels, generic included, give the same bits. The assembly takes whole groups of
// updateWidth elements; the portable Go does the rest.

const updateWidth = 16

const badUpdate = "mat: parameters, gradients and state differ in length"

// Momentum makes one step of stochastic gradient descent with momentum:
//
//	v = mu·v + g
//	w = w - rate·v
//
// in the form of PyTorch (the rate is outside of the velocity; Sutskever et al. 2013
// have it inside). With mu 0 it is plain gradient descent and v holds the gradient.
// Panics if lengths differ.
func Momentum(w, g, v []float32, rate, mu float32) {
	if len(w) != len(g) || len(w) != len(v) {
		panic(badUpdate)
	}
	for len(w) > 0 {
		n := min(block, len(w))
		done := momentum(w[:n], g[:n], v[:n], rate, mu)
		momentumGo(w[done:n], g[done:n], v[done:n], rate, mu)
		w, g, v = w[n:], g[n:], v[n:]
	}
}

func momentumGo(w, g, v []float32, rate, mu float32) {
	for i := range w {
		vi := float32(mu*v[i]) + g[i]
		v[i] = vi
		w[i] -= float32(rate * vi)
	}
}

// Adam makes step t (1, 2, ...) of Adam (Kingma and Ba 2015, algorithm 1):
//
//	m = beta1·m + (1-beta1)·g          v = beta2·v + (1-beta2)·g²
//	w = w - rate/(1-beta1ᵗ) · m / (√v/√(1-beta2ᵗ) + eps)
//
// eps is added after the bias correction, as in the paper's algorithm and in
// PyTorch; the paper's section 2 and scikit-learn add it before.
// Panics if lengths differ or t < 1.
func Adam(w, g, m, v []float32, t int, rate, beta1, beta2, eps float64) {
	if len(w) != len(g) || len(w) != len(m) || len(w) != len(v) {
		panic(badUpdate)
	}
	if t < 1 {
		panic("mat: Adam: t < 1")
	}
	c := adamCoefficients{
		b1: float32(beta1), c1: float32(1 - beta1), b2: float32(beta2), c2: float32(1 - beta2),
		step: float32(rate / (1 - pow(beta1, t))), root: float32(1 / math.Sqrt(1-pow(beta2, t))),
		eps: float32(eps),
	}
	for len(w) > 0 {
		n := min(block, len(w))
		done := adam(w[:n], g[:n], m[:n], v[:n], &c)
		adamGo(w[done:n], g[done:n], m[done:n], v[done:n], &c)
		w, g, m, v = w[n:], g[n:], m[n:], v[n:]
	}
}

// adamCoefficients are what a step has for all parameters; the assembly knows the order.
type adamCoefficients struct{ b1, c1, b2, c2, step, root, eps float32 }

func adamGo(w, g, m, v []float32, c *adamCoefficients) {
	for i := range w {
		gi := g[i]
		mi := float32(c.b1*m[i]) + float32(c.c1*gi)
		vi := float32(c.b2*v[i]) + float32(c.c2*float32(gi*gi))
		m[i], v[i] = mi, vi
		d := float32(float32(math.Sqrt(float64(vi)))*c.root) + c.eps
		w[i] -= float32(c.step*mi) / d
	}
}

// pow returns xᵗ by squaring: the same bits everywhere, unlike math.Pow.
func pow(x float64, t int) float64 {
	p := 1.0
	for ; t > 0; t >>= 1 {
		if t&1 == 1 {
			p = float64(p * x) // not fused with the caller's 1-p
		}
		x = float64(x * x)
	}
	return p
}
