package mat

import "math"

// The portable updates: the meaning of the assembly, to the bit. float32(a*b) keeps
// compilers for arm64 and others from fusing.
//
// Each function adds x - x of what must be finite to a sum: +0, or NaN from the first
// x that is not finite on. It returns whether that sum is still 0.

// gradient returns clip·g + l2·w.
func (e *terms) gradient(g, w float32) float32 {
	g = float32(e.clip * g)
	if e.l2 != 0 {
		g += float32(e.l2 * w)
	}
	return g
}

// threshold returns w moved towards 0 by the limit.
func (e *terms) threshold(w float32) float32 {
	if e.limit == 0 {
		return w
	}
	switch {
	case w > e.limit:
		return w - e.limit
	case w < e.down:
		return w - e.down
	}
	return w - w // +0, or NaN
}

func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// update is the rule's step for all elements of w; a, b and c are its state, empty where
// it has less.
func (r *Rule) update(w, dw, a, b, c []float32, e *terms) (finite bool) {
	switch r.kind {
	case sgd:
		return r.sgd(w, dw, e)
	case momentum, nesterov:
		return r.momentum(w, dw, a, e)
	case adaGrad:
		return r.adaGrad(w, dw, a, e)
	case rmsProp:
		return r.rmsProp(w, dw, a, nil, nil, e)
	case rmsPropMomentum:
		return r.rmsProp(w, dw, a, nil, b, e)
	case rmsPropCentered:
		return r.rmsProp(w, dw, a, b, nil, e)
	case rmsPropCenteredMomentum:
		return r.rmsProp(w, dw, a, b, c, e)
	case adam:
		return r.adam(w, dw, a, b, nil, e)
	case amsGrad:
		return r.adam(w, dw, a, b, c, e)
	}
	return r.rProp(w, dw, a, b, e)
}

func (r *Rule) sgd(w, dw []float32, e *terms) bool {
	rate, sum := r.c.rate[0], float32(0)
	dw = dw[:len(w)]
	for i, wi := range w {
		wi = e.threshold(wi - float32(rate*e.gradient(dw[i], wi)))
		w[i] = wi
		sum += wi - wi
	}
	return sum == 0
}

func (r *Rule) momentum(w, dw, v []float32, e *terms) bool {
	rate, mu, sum := r.c.rate[0], r.c.mu[0], float32(0)
	dw, v = dw[:len(w)], v[:len(w)]
	for i, wi := range w {
		g := e.gradient(dw[i], wi)
		vi := float32(mu*v[i]) + g
		v[i] = vi
		if r.kind == nesterov {
			vi = float32(mu*vi) + g
		}
		wi = e.threshold(wi - float32(rate*vi))
		w[i] = wi
		sum += wi - wi
	}
	return sum == 0
}

func (r *Rule) adaGrad(w, dw, s []float32, e *terms) bool {
	rate, eps, sum := r.c.rate[0], r.c.eps[0], float32(0)
	dw, s = dw[:len(w)], s[:len(w)]
	for i, wi := range w {
		g := e.gradient(dw[i], wi)
		si := s[i] + float32(g*g)
		s[i] = si
		wi = e.threshold(wi - float32(rate*g)/(root(si)+eps))
		w[i] = wi
		sum += (wi - wi) + (si - si)
	}
	return sum == 0
}

// rmsProp takes nil for what the rule does not have: the mean, the velocity.
func (r *Rule) rmsProp(w, dw, s, m, u []float32, e *terms) bool {
	rate, mu, eps, sum := r.c.rate[0], r.c.mu[0], r.c.eps[0], float32(0)
	b1, c1, b2, c2 := r.c.b1[0], r.c.c1[0], r.c.b2[0], r.c.c2[0]
	for i, wi := range w {
		g := e.gradient(dw[i], wi)
		si := float32(b2*s[i]) + float32(c2*float32(g*g))
		s[i] = si
		d := si
		if m != nil {
			mi := float32(b1*m[i]) + float32(c1*g)
			m[i] = mi
			d = max(d-float32(mi*mi), 0)
		}
		d = root(d) + eps
		if u != nil {
			ui := float32(mu*u[i]) + g/d
			u[i] = ui
			wi -= float32(rate * ui)
		} else {
			wi -= float32(rate*g) / d
		}
		wi = e.threshold(wi)
		w[i] = wi
		sum += (wi - wi) + (si - si)
	}
	return sum == 0
}

// adam takes nil for the largest mean squares x if the rule has none.
func (r *Rule) adam(w, dw, m, v, x []float32, e *terms) bool {
	rate, shrink, corr, eps, sum := r.c.rate[0], r.c.shrink[0], r.c.root[0], r.c.eps[0], float32(0)
	b1, c1, b2, c2 := r.c.b1[0], r.c.c1[0], r.c.b2[0], r.c.c2[0]
	dw, m, v = dw[:len(w)], m[:len(w)], v[:len(w)]
	for i, wi := range w {
		g := e.gradient(dw[i], wi)
		mi := float32(b1*m[i]) + float32(c1*g)
		vi := float32(b2*v[i]) + float32(c2*float32(g*g))
		m[i], v[i] = mi, vi
		if x != nil {
			if x[i] > vi {
				vi = x[i]
			}
			x[i] = vi
		}
		d := float32(root(vi)*corr) + eps
		if shrink != 0 {
			wi += float32(shrink * wi)
		}
		wi = e.threshold(wi - float32(rate*mi)/d)
		w[i] = wi
		sum += (wi - wi) + (vi - vi)
	}
	return sum == 0
}

func (r *Rule) rProp(w, dw, p, s []float32, e *terms) bool {
	up, down, lo, hi, sum := r.c.up[0], r.c.down[0], r.c.lo[0], r.c.hi[0], float32(0)
	for i, wi := range w {
		g := e.gradient(dw[i], wi)
		sum += g - g
		si := s[i]
		switch product := float32(g * p[i]); {
		case product > 0:
			si *= up
		case product < 0:
			si *= down
			g = 0
		}
		if si < lo {
			si = lo
		}
		if si > hi {
			si = hi
		}
		p[i], s[i] = g, si
		switch {
		case g > 0:
			wi -= si
		case g < 0:
			wi += si
		}
		wi = e.threshold(wi)
		w[i] = wi
		sum += wi - wi
	}
	return sum == 0
}
