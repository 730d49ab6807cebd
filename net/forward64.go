package net

import (
	"math"
	"slices"

	"github.com/sinew-ml/sinew/internal/rng"
)

// forward64 is the network's training loss in plain float64, for the gradient check: it
// shares no code with the passes.
type forward64 struct {
	m      *Network
	params []float64

	// Of the last call: on which side of its activation's kinks each unit was, for each
	// layer (rows, out), and with MAE of its target each output (rows, outputs).
	side []int8
}

func newForward64(m *Network) *forward64 {
	f := &forward64{m: m}
	for i := range m.layers {
		l := &m.layers[i]
		for _, part := range [][]float32{l.w, l.b, l.gamma, l.beta} {
			f.params = append(f.params, widen(part)...)
		}
	}
	return f
}

// loss returns the mean loss of b and records the sides.
func (f *forward64) loss(b *Batch) float64 {
	in := f.m.Inputs()
	rows := len(b.X) / in
	f.side = f.side[:0]
	x := f.transformed(b.X, rows)
	for i := range f.m.layers {
		x = f.layer(i, x, rows)
	}
	total, weights := 0.0, 0.0
	n := f.m.Outputs()
	for r := range rows {
		w := 1.0
		if b.Weights != nil {
			w = float64(b.Weights[r])
		}
		z := x[r*n:][:n]
		if f.m.config.Loss == MAE {
			for j, v := range z {
				f.side = append(f.side, signOf(v-float64(b.target(r, j, n))))
			}
		}
		total += w * f.rowLoss(b, r, z)
		weights += w
	}
	return total / weights
}

func (f *forward64) transformed(x []float32, rows int) []float64 {
	t := f.m.transform
	if t == nil {
		return widen(x)
	}
	in, out := t.Inputs(), t.Outputs()
	y := make([]float64, rows*out)
	for r := range rows {
		for i := range in {
			d := float64(x[r*in+i]) - float64(t.Mean[i])
			switch {
			case t.Matrix != nil:
				for j := range out {
					y[r*out+j] += d * float64(t.Matrix[i*out+j])
				}
			case t.Scale != nil:
				y[r*out+i] = d * float64(t.Scale[i])
			default:
				y[r*out+i] = d
			}
		}
	}
	return y
}

// layer returns the outputs (rows, out) of a layer for x (rows, in).
func (f *forward64) layer(layer int, x []float64, rows int) []float64 {
	l := &f.m.layers[layer]
	w := f.params[l.from:]
	bias := w[l.in*l.out:]
	y := make([]float64, rows*l.out)
	for r := range rows {
		z := y[r*l.out:][:l.out]
		copy(z, bias)
		for i, v := range x[r*l.in:][:l.in] {
			for j := range z {
				z[j] += v * w[i*l.out+j]
			}
		}
	}
	gamma := bias[l.out:]
	switch l.norm {
	case BatchNorm:
		for j := range l.out {
			normalise(y[j:], rows, l.out, float64(l.eps), func(int) (float64, float64) { return gamma[j], gamma[l.out+j] })
		}
	case LayerNorm:
		for r := range rows {
			normalise(y[r*l.out:], l.out, 1, float64(l.eps), func(j int) (float64, float64) { return gamma[j], gamma[l.out+j] })
		}
	}
	for i, z := range y {
		f.side = append(f.side, sideOf(l.activation, l.alpha, z))
		y[i] = activation64(l.activation, float64(l.alpha), z)
		if l.dropout > 0 {
			if y[i] /= 1 - l.dropout; dropped(l.dropout, layer, i) {
				y[i] = 0
			}
		}
	}
	return y
}

// dropped reports whether the mask of seed 0, step 0 drops an element of a layer.
func dropped(p float64, layer, element int) bool {
	words := rng.Philox([4]uint32{uint32(element / 4), 0, uint32(layer), rng.Dropout}, [2]uint32{})
	return float64(words[element%4]) >= math.RoundToEven((1-p)*(1<<32))
}

// normalise brings n elements of x, a stride apart, to mean 0 and variance 1, and then to
// what affine says.
func normalise(x []float64, n, stride int, eps float64, affine func(i int) (gamma, beta float64)) {
	mean, variance := 0.0, 0.0
	for i := range n {
		mean += x[i*stride] / float64(n)
	}
	for i := range n {
		d := x[i*stride] - mean
		variance += d * d / float64(n)
	}
	for i := range n {
		gamma, beta := affine(i)
		x[i*stride] = gamma*(x[i*stride]-mean)/math.Sqrt(variance+eps) + beta
	}
}

// activation64 is the activation by its definition.
func activation64(a Activation, alpha, z float64) float64 {
	switch a {
	case Sigmoid:
		return 1 / (1 + math.Exp(-z))
	case Tanh:
		return math.Tanh(z)
	case ReLU:
		return math.Max(z, 0)
	case LeakyReLU:
		if z > 0 {
			return z
		}
		return alpha * z
	case ELU:
		if z > 0 {
			return z
		}
		return alpha * math.Expm1(z)
	case SELU:
		const scale, alpha = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
		if z > 0 {
			return scale * z
		}
		return scale * alpha * math.Expm1(z)
	case GELU:
		return z / 2 * (1 + math.Erf(z/math.Sqrt2))
	case GELUTanh:
		return z / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(z+0.044715*z*z*z)))
	case SiLU:
		return z / (1 + math.Exp(-z))
	case Softplus:
		return math.Max(z, 0) + math.Log1p(math.Exp(-math.Abs(z)))
	case HardSigmoid:
		return math.Min(math.Max(z/6+0.5, 0), 1)
	case HardSwish:
		return z * math.Min(math.Max(z/6+0.5, 0), 1)
	case ReLU6:
		return math.Min(math.Max(z, 0), 6)
	}
	return z
}

// sideOf counts the kinks of an activation that lie below z.
func sideOf(a Activation, alpha float32, z float64) int8 {
	var kinks [2]float64
	n := 0
	switch a {
	case ReLU, LeakyReLU, SELU:
		n = 1
	case ELU:
		if alpha != 1 { // with 1 the derivative is continuous
			n = 1
		}
	case ReLU6:
		kinks, n = [2]float64{0, 6}, 2
	case HardSigmoid, HardSwish:
		kinks, n = [2]float64{-3, 3}, 2
	}
	side := int8(0)
	for _, k := range kinks[:n] {
		if z > k {
			side++
		}
	}
	return side
}

// signOf returns the side of MAE's kink: on it, where back-propagation takes 0, is neither.
func signOf(d float64) int8 {
	switch {
	case d > 0:
		return 1
	case d < 0:
		return -1
	}
	return 0
}

// rowLoss returns the cost of row r with outputs z.
func (f *forward64) rowLoss(b *Batch, r int, z []float64) float64 {
	c := &f.m.config
	n := float64(len(z))
	target := func(j int) float64 { return float64(b.target(r, j, len(z))) }
	sum := 0.0
	switch c.Loss {
	case SoftmaxCrossEntropy:
		top := math.Inf(-1)
		for _, v := range z {
			top = math.Max(top, v)
		}
		for _, v := range z {
			sum += math.Exp(v - top)
		}
		lse, loss := top+math.Log(sum), 0.0
		for j, v := range z {
			if t := (1-c.LabelSmoothing)*target(j) + c.LabelSmoothing/n; t != 0 {
				loss += t * (lse - v)
			}
		}
		return loss
	case BinaryCrossEntropy:
		for j, v := range z {
			sum += activation64(Softplus, 0, v) - target(j)*v
		}
		return sum / n
	case MAE:
		for j, v := range z {
			sum += math.Abs(v - target(j))
		}
		return sum / n
	case Huber:
		delta := float64(c.delta())
		for j, v := range z {
			if e := math.Abs(v - target(j)); e > delta {
				sum += delta * (e - delta/2)
			} else {
				sum += e * e / 2
			}
		}
		return sum / n
	}
	for j, v := range z {
		e := v - target(j)
		sum += e * e
	}
	if c.Loss == MSE {
		return sum / n
	}
	return sum / 2
}

// sides returns on which side of the kinks the units and MAE's outputs were in the last pass
// of Gradient, in the order of forward64's.
func (ws *Workspace) sides(rows int) []int8 {
	var s []int8
	for i := range ws.m.layers {
		l, r := &ws.m.layers[i], &ws.layers[i]
		for k, a := range r.a[:rows*l.out] {
			z := float64(a) // of the same sign where the input is not kept
			switch l.activation {
			case HardSwish:
				z = float64(r.n[k])
			case HardSigmoid:
				z = 6 * (z - 0.5)
				switch a {
				case 0:
					z = -3
				case 1:
					z = 4
				}
			case ReLU6:
				if a == 6 {
					z = 7
				}
			}
			s = append(s, sideOf(l.activation, l.alpha, z))
		}
	}
	if ws.m.config.Loss == MAE {
		n := ws.m.Outputs()
		for k, y := range ws.Outputs(rows) {
			s = append(s, signOf(float64(y-ws.batch.target(k/n, k%n, n))))
		}
	}
	return s
}

// sameSides compares row r, of so many, of the sides of a float32 pass with its own.
func (f *forward64) sameSides(sides []int8, r, rows int) bool {
	from := 0
	same := func(n int) bool { // of the next n columns
		k := from + r*n
		from += rows * n
		return slices.Equal(sides[k:k+n], f.side[k:k+n])
	}
	for i := range f.m.layers {
		if !same(f.m.layers[i].out) {
			return false
		}
	}
	return f.m.config.Loss != MAE || same(f.m.Outputs())
}

// pick returns the rows of b for which keep is true.
func (b *Batch) pick(m *Network, keep func(r int) bool) (kept Batch) {
	in, out := m.Inputs(), m.Outputs()
	for r := range len(b.X) / in {
		if !keep(r) {
			continue
		}
		kept.X = append(kept.X, b.X[r*in:][:in]...)
		if b.Labels != nil {
			kept.Labels = append(kept.Labels, b.Labels[r])
		} else {
			kept.Y = append(kept.Y, b.Y[r*out:][:out]...)
		}
		if b.Weights != nil {
			kept.Weights = append(kept.Weights, b.Weights[r])
		}
	}
	return kept
}
