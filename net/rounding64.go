package net

import "math"

// rounding64 estimates how far float32 rounding moves each derivative of forward64's loss, for
// where the terms of one cancel: the bias before a batch norm, whose derivative is 0, or all
// that lies below a batch norm of two rows, whose outputs hardly depend on its inputs.
//
// It is a probabilistic error analysis to first order (Higham and Mary, A new approach to
// probabilistic rounding error analysis, 2019) of a plain pass forward and back. Each rounding
// counts as an independent error of the size of what is rounded; a value has the variance v,
// in squares of 2⁻²⁴, of what its operands pass on to it and of its own roundings.
type rounding64 struct {
	f      *forward64
	rows   int
	layers []trace64
}

// trace64 is what a layer's way back needs, each (rows, in) or (rows, out).
type trace64 struct {
	x, vx       []float64
	hat, vhat   []float64 // normalised; nil without a norm
	inv, vinv   []float64 // 1/deviation of each column or row, and the variance of its relative error
	vn          []float64 // of what the activation takes
	slope, bend []float64 // its derivatives there, the first and the second, through dropout
}

// roundings returns the standard deviations of all derivatives, in the layout of the
// parameters.
func (f *forward64) roundings(b *Batch) []float64 {
	r := &rounding64{f: f, rows: len(b.X) / f.m.Inputs()}
	x := f.transformed(b.X, r.rows)
	vx := make([]float64, len(x))
	if f.m.transform != nil {
		for i, v := range x {
			vx[i] = v * v
		}
	}
	for i := range f.m.layers {
		x, vx = r.forward(i, x, vx)
	}
	g, v := r.loss(b, x, vx)
	all := make([]float64, len(f.params))
	for i := len(f.m.layers) - 1; i >= 0; i-- {
		g, v = r.back(i, g, v, all)
	}
	for i, v := range all {
		all[i] = math.Sqrt(v)
	}
	return all
}

// forward returns the outputs of a layer for x, and their variances.
func (r *rounding64) forward(layer int, x, vx []float64) (y, vy []float64) {
	l := &r.f.m.layers[layer]
	w := r.f.params[l.from:]
	bias := w[l.in*l.out:]
	size := r.rows * l.out
	floats := func() []float64 { return make([]float64, size) }
	t := trace64{x: x, vx: vx, vn: floats(), slope: floats(), bend: floats()}
	n := floats()
	y, vy = floats(), floats()
	for k := range n {
		i, j := k/l.out, k%l.out
		n[k] = bias[j]
		for p := range l.in {
			a, c := x[i*l.in+p], w[p*l.out+j]
			n[k] += a * c
			t.vn[k] += c * c * (a*a + vx[i*l.in+p])
		}
		t.vn[k] += n[k] * n[k]
	}
	if l.norm != NoNorm {
		r.normalise(l, &t, n, bias[l.out:])
	}
	for k, n := range n {
		alpha := float64(l.alpha)
		const h = 1e-5
		down, at, up := activation64(l.activation, alpha, n-h), activation64(l.activation, alpha, n), activation64(l.activation, alpha, n+h)
		t.slope[k] = (up - down) / (2 * h)
		if sideOf(l.activation, l.alpha, n-h) == sideOf(l.activation, l.alpha, n+h) {
			t.bend[k] = (up - 2*at + down) / (h * h)
		}
		if l.dropout > 0 {
			keep := 1 / (1 - l.dropout)
			if dropped(l.dropout, layer, k) {
				keep = 0
			}
			at *= keep
			t.slope[k] *= keep
			t.bend[k] *= keep
		}
		y[k], vy[k] = at, t.slope[k]*t.slope[k]*t.vn[k]+at*at
	}
	r.layers = append(r.layers, t)
	return y, vy
}

// groups calls do for each set of elements of a (rows, out) that a norm takes together: count
// elements from first on, a stride apart.
func (r *rounding64) groups(l *dense, do func(group, first, count, stride int)) {
	if l.norm == BatchNorm {
		for j := range l.out {
			do(j, j, r.rows, l.out)
		}
		return
	}
	for i := range r.rows {
		do(i, i*l.out, l.out, 1)
	}
}

// normalise takes n through the layer's norm, with γ and β of affine.
func (r *rounding64) normalise(l *dense, t *trace64, n, affine []float64) {
	t.hat, t.vhat = make([]float64, len(n)), make([]float64, len(n))
	r.groups(l, func(_, first, count, stride int) {
		end, c := first+count*stride, float64(count)
		mean, square, variance, vinv := 0.0, 0.0, 0.0, 0.0
		for k := first; k < end; k += stride {
			mean += n[k] / c
			square += n[k] * n[k] / c
		}
		for k := first; k < end; k += stride {
			variance += (n[k] - mean) * (n[k] - mean) / c
		}
		inv := 1 / math.Sqrt(variance+float64(l.eps))
		for k := first; k < end; k += stride {
			t.hat[k] = (n[k] - mean) * inv
			vinv += t.hat[k] * t.hat[k] * inv * inv * t.vn[k] / c / c
		}
		t.inv, t.vinv = append(t.inv, inv), append(t.vinv, vinv+1)
		project(t.vhat, t.vn, t.hat, first, end, stride)
		for k := first; k < end; k += stride {
			j, hat := k%l.out, t.hat[k]
			t.vhat[k] = (t.vhat[k]+square/c)*inv*inv + 3*hat*hat
			n[k] = affine[j]*hat + affine[l.out+j]
			t.vn[k] = affine[j]*affine[j]*(t.vhat[k]+hat*hat) + n[k]*n[k]
		}
	})
}

// project sets to to the variances of P·x, for x of variances v: P = I - (1·1ᵗ + ĥ·ĥᵗ)/count
// is the derivative of normalising, but for a factor.
func project(to, v, hat []float64, first, end, stride int) {
	c := float64((end - first) / stride)
	sum, slant, square := 0.0, 0.0, 0.0
	for k := first; k < end; k += stride {
		sum += v[k]
		slant += v[k] * hat[k]
		square += v[k] * hat[k] * hat[k]
	}
	for k := first; k < end; k += stride {
		h := hat[k]
		to[k] = max(0, v[k]*(1-2*(1+h*h)/c)+(sum+2*h*slant+h*h*square)/c/c)
	}
}

// loss returns the derivatives of the mean loss with respect to the outputs y.
func (r *rounding64) loss(b *Batch, y, vy []float64) (g, v []float64) {
	c := &r.f.m.config
	n := r.f.m.Outputs()
	g, v = make([]float64, len(y)), make([]float64, len(y))
	weights := float64(r.rows)
	if b.Weights != nil {
		weights = 0
		for _, w := range b.Weights {
			weights += float64(w)
		}
	}
	for i := range r.rows {
		share := 1 / weights
		if b.Weights != nil {
			share *= float64(b.Weights[i])
		}
		z := y[i*n:][:n]
		widest := 0.0
		for _, v := range vy[i*n:][:n] {
			widest = max(widest, v)
		}
		at := r.f.rowLoss(b, i, z)
		for j, was := range z {
			const h = 1e-4
			z[j] = was + h
			up := r.f.rowLoss(b, i, z)
			z[j] = was - h
			down := r.f.rowLoss(b, i, z)
			z[j] = was
			d, bend := (up-down)/(2*h), (up-2*at+down)/(h*h)
			if c.Loss == MAE { // which bends at its kink only
				bend = 0
			}
			own := d * d
			if c.Loss.logits() { // p - t, of probabilities
				t := float64(b.target(i, j, n))
				own += t * t
			}
			// A softmax bends by the other outputs about as much as by its own.
			g[i*n+j], v[i*n+j] = share*d, share*share*(own+2*bend*bend*widest)
		}
	}
	return g, v
}

// back takes the derivatives g with respect to a layer's outputs to those of its inputs, and
// sets the variances of those of its parameters.
func (r *rounding64) back(layer int, g, v, params []float64) (gx, vx []float64) {
	l, t := &r.f.m.layers[layer], &r.layers[layer]
	w := r.f.params[l.from:]
	gamma := w[(l.in+1)*l.out:]
	vw, vb := params[l.from:], params[l.from+l.in*l.out:]
	vgamma := vb[l.out:]
	for k := range g {
		v[k] = t.slope[k]*t.slope[k]*v[k] + g[k]*g[k]*t.bend[k]*t.bend[k]*t.vn[k]
		g[k] *= t.slope[k]
		v[k] += g[k] * g[k]
	}
	if l.norm != NoNorm {
		for k := range g {
			j := k % l.out
			vgamma[j] += v[k]*t.hat[k]*t.hat[k] + g[k]*g[k]*(t.vhat[k]+t.hat[k]*t.hat[k])
			vgamma[l.out+j] += v[k]
			g[k] *= gamma[j]
			v[k] = gamma[j]*gamma[j]*v[k] + g[k]*g[k]
		}
		r.undo(l, t, g, v)
	}
	gx, vx = make([]float64, r.rows*l.in), make([]float64, r.rows*l.in)
	for k, d := range g {
		i, j := k/l.out, k%l.out
		vb[j] += v[k]
		for p := range l.in {
			x, c := i*l.in+p, w[p*l.out+j]
			vw[p*l.out+j] += t.x[x]*t.x[x]*(v[k]+d*d) + d*d*t.vx[x]
			gx[x] += d * c
			vx[x] += c * c * (v[k] + d*d)
		}
	}
	return gx, vx
}

// undo takes the derivatives g with respect to what is normalised, times γ, through the norm:
// g <- inv·(g - mean(g) - ĥ·mean(g·ĥ)).
func (r *rounding64) undo(l *dense, t *trace64, g, v []float64) {
	r.groups(l, func(group, first, count, stride int) {
		end, c, inv := first+count*stride, float64(count), t.inv[group]
		mean, slant, sum, turned, passed := 0.0, 0.0, 0.0, 0.0, 0.0
		for k := first; k < end; k += stride {
			d, h := g[k], t.hat[k]
			mean += d / c
			slant += d * h / c
			sum += d * d / c
			turned += d * d * h * h / c
			passed += d * d * t.vhat[k] / c / c
		}
		project(v, append([]float64(nil), v...), t.hat, first, end, stride)
		for k := first; k < end; k += stride {
			h := t.hat[k]
			own := mean*mean + sum/c + h*h*(slant*slant+turned/c) + slant*slant*t.vhat[k] + h*h*passed
			d := (g[k] - mean - h*slant) * inv
			v[k] = inv*inv*(v[k]+g[k]*g[k]+own) + d*d*(t.vinv[group]+1)
			g[k] = d
		}
	})
}
