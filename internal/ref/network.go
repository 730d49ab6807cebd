package ref

// Network is a multi-layer perceptron: the specification of package net.
type Network struct {
	Layers    []Layer
	Loss      string // as in a configuration's JSON
	Delta     float32
	Smoothing float64
	Transform *Transform
}

// Layer is one dense layer, y = dropout(f(norm(x·W + b))).
type Layer struct {
	W, B       []float32 // (in, out), row-major, and (out)
	Activation string    // as in a configuration's JSON
	Alpha      float32
	Norm       string // "", "batch" or "layer"
	Eps        float32
	Gamma      []float32 // (out), with a norm
	Beta       []float32
	Mean, Var  []float32 // (out) running averages of a batch norm
	Dropout    float64
}

// Transform is (x-Mean)·Scale, element by element, or (x-Mean)·Matrix.
type Transform struct{ Mean, Scale, Matrix []float32 }

// OneHot returns the targets (rows, outputs) that class labels stand for; with one
// output the label itself, 0 or 1.
func OneHot(labels []int, outputs int) []float32 {
	t := make([]float32, len(labels)*outputs)
	for i, label := range labels {
		if outputs == 1 {
			t[i] = float32(label)
		} else {
			t[i*outputs+label] = 1
		}
	}
	return t
}

// pass is what a pass leaves of one layer.
type pass struct {
	x, z, n, a, y []float32 // input, x·W + b, norm, activation, dropout
	mean, inv     []float32 // of the norm: (out) in batch norm, (rows) in layer norm
}

// inputs runs x (rows, features) through the transform.
func (m *Network) inputs(x []float32, rows int) []float32 {
	t := m.Transform
	if t == nil {
		return x
	}
	in := len(t.Mean)
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = v - t.Mean[i%in]
		if t.Scale != nil {
			y[i] = float32(y[i] * t.Scale[i%in])
		}
	}
	if t.Matrix == nil {
		return y
	}
	out := len(t.Matrix) / in
	c := make([]float32, rows*out)
	Gemm(false, false, rows, out, in, 1, y, in, t.Matrix, out, 0, c, out)
	return c
}

// layers runs x (rows, features) through all layers: as training does, with batch
// statistics and the dropout masks of seed 0, step 0, or as predictions do. A sum of
// products starts from the bias.
func (m *Network) layers(x []float32, rows int, training bool) []pass {
	x = m.inputs(x, rows)
	var all []pass
	for number, l := range m.Layers {
		out := len(l.B)
		in := len(l.W) / out
		p := pass{x: x}
		for range rows {
			p.z = append(p.z, l.B...)
		}
		Gemm(false, false, rows, out, in, 1, x, in, l.W, out, 1, p.z, out)
		l.normalise(&p, rows, training)
		for i, v := range p.n {
			p.a = append(p.a, l.activate(v))
			if l.Dropout > 0 && training {
				p.y = append(p.y, Dropout(p.a[i], l.Dropout, 0, 0, number, i))
			} else {
				p.y = append(p.y, p.a[i])
			}
		}
		all = append(all, p)
		x = p.y
	}
	return all
}

func (l *Layer) normalise(p *pass, rows int, training bool) {
	out := len(l.B)
	switch l.Norm {
	case "batch":
		variance := l.Var
		p.mean = l.Mean
		if training {
			p.mean, variance = Moments(p.z, rows, out, out)
		}
		for _, v := range variance {
			p.inv = append(p.inv, InvStd(v, l.Eps))
		}
		for i, z := range p.z {
			j := i % out
			p.n = append(p.n, BatchNorm(z, p.mean[j], p.inv[j], l.Gamma[j], l.Beta[j]))
		}
	case "layer":
		for r := range rows {
			y, mean, inv := LayerNorm(p.z[r*out:][:out], l.Gamma, l.Beta, l.Eps)
			p.n, p.mean, p.inv = append(p.n, y...), append(p.mean, mean), append(p.inv, inv)
		}
	default:
		p.n = p.z
	}
}

func (l *Layer) activate(z float32) float32 {
	one := []float32{z}
	switch l.Activation {
	case "sigmoid":
		return Sigmoid(z)
	case "tanh":
		return Tanh(z)
	case "relu":
		ReLU(one, one)
		return one[0]
	case "leaky-relu":
		return LeakyReLU(z, l.Alpha)
	case "elu":
		return ELU(z, 1, l.Alpha)
	case "selu":
		return ELU(z, SELULambda, SELUScaled)
	case "gelu":
		return GELU(z)
	case "gelu-tanh":
		return GELUTanh(z)
	case "silu":
		return SiLU(z)
	case "softplus":
		return Softplus(z)
	case "hard-sigmoid":
		return HardSigmoid(z)
	case "hard-swish":
		return HardSwish(z)
	case "relu6":
		return ReLU6(z)
	}
	return z
}

// activationGrad returns the gradient with respect to the activation's input z from
// that with respect to its output y = f(z).
func (l *Layer) activationGrad(dy, z, y float32) float32 {
	switch l.Activation {
	case "sigmoid":
		return SigmoidGrad(dy, y)
	case "tanh":
		return TanhGrad(dy, y)
	case "relu":
		one := []float32{dy}
		ReLUGrad(one, one, []float32{y})
		return one[0]
	case "leaky-relu":
		return LeakyReLUGrad(dy, y, l.Alpha)
	case "elu":
		return ELUGrad(dy, y, 1, l.Alpha)
	case "selu":
		return ELUGrad(dy, y, SELULambda, SELUScaled)
	case "gelu":
		return GELUGrad(dy, z)
	case "gelu-tanh":
		return GELUTanhGrad(dy, z)
	case "silu":
		return SiLUGrad(dy, z)
	case "softplus":
		return SoftplusGrad(dy, y)
	case "hard-sigmoid":
		return HardSigmoidGrad(dy, y)
	case "hard-swish":
		return HardSwishGrad(dy, z)
	case "relu6":
		return ReLU6Grad(dy, y)
	}
	return dy
}

// rowLoss returns the cost of one row with outputs z and targets t, and its gradient with
// respect to z for a row of the given weight in a batch whose weights sum to total. A row
// without a weight of its own has factors that are rounded once.
func (m *Network) rowLoss(z, t []float32, weight *float32, total float64) (loss float64, dz []float32) {
	dz = make([]float32, len(z))
	n := float64(len(z))
	factor := func(f float64) float32 {
		if weight == nil {
			return float32(f)
		}
		return float32(f * float64(*weight))
	}
	scaled := func(f float64) float32 {
		if weight == nil {
			return float32(f)
		}
		return float32(float32(f) * *weight)
	}
	switch m.Loss {
	case "half-squared-error":
		return HalfSquaredError(dz, z, t, factor(1/total)), dz
	case "mse":
		return HalfSquaredError(dz, z, t, factor(2*(1/total/n))) * (2 * (1 / n)), dz
	case "mae":
		return AbsoluteError(dz, z, t, factor(1/total/n)) * (1 / n), dz
	case "huber":
		return HuberError(dz, z, t, factor(1/total/n), m.Delta) * (1 / n), dz
	case "binary-cross-entropy":
		var elements []float32
		for j := range z {
			element, d := BinaryCrossEntropy(z[j], t[j], float32(1/total/n))
			if dz[j] = d; weight != nil {
				dz[j] = float32(d * *weight)
			}
			elements = append(elements, element)
		}
		return BinaryRowLoss(elements) * (1 / n), dz
	}
	_, dz, loss = SoftmaxCrossEntropy(z, t, float32(1-m.Smoothing), float32(m.Smoothing/n), scaled(1/total))
	return loss, dz
}

// predictions turns the last layer's outputs into what is predicted.
func (m *Network) predictions(z []float32, rows int) []float32 {
	var p []float32
	switch m.Loss {
	case "softmax-cross-entropy":
		for n := len(z) / rows; len(z) > 0; z = z[n:] {
			row, _ := Softmax(z[:n])
			p = append(p, row...)
		}
		return p
	case "binary-cross-entropy":
		for _, v := range z {
			p = append(p, Sigmoid(v))
		}
		return p
	}
	return z
}

// Forward returns the predictions (rows, outputs) for x (rows, features).
func (m *Network) Forward(x []float32, rows int) []float32 {
	all := m.layers(x, rows, false)
	return m.predictions(all[len(all)-1].y, rows)
}

// Gradient returns the mean loss over the rows of x with targets t (rows, outputs), and
// its gradient with respect to the parameters: for each layer in order dW, db, dγ, dβ.
// weights is nil or one per row.
func (m *Network) Gradient(x, t, weights []float32, rows int) (loss float64, grads []float32) {
	all := m.layers(x, rows, true)
	total := float64(rows)
	if weights != nil {
		total = 0
		for _, w := range weights {
			total += float64(w)
		}
	}
	n := len(t) / rows
	var dy []float32 // with respect to the output of the layer at hand
	for i := range rows {
		var weight *float32
		if weights != nil {
			weight = &weights[i]
		}
		cost, d := m.rowLoss(all[len(all)-1].y[i*n:][:n], t[i*n:][:n], weight, total)
		if weights != nil {
			cost *= float64(weights[i])
		}
		loss += cost
		dy = append(dy, d...)
	}
	for i := len(all) - 1; i >= 0; i-- {
		l, p := m.Layers[i], all[i]
		out := len(l.B)
		in := len(l.W) / out
		for k := range dy {
			if l.Dropout > 0 {
				dy[k] = Dropout(dy[k], l.Dropout, 0, 0, i, k)
			}
			dy[k] = l.activationGrad(dy[k], p.n[k], p.a[k])
		}
		dz, dgamma, dbeta := l.unnorm(&p, dy, rows)
		dw := make([]float32, in*out)
		Gemm(true, false, in, out, rows, 1, p.x, in, dz, out, 0, dw, out) // Xᵗ·dZ
		db := make([]float32, out)
		ColumnSums(db, dz, rows, out)
		dy = make([]float32, rows*in)
		Gemm(false, true, rows, in, out, 1, dz, out, l.W, out, 0, dy, in) // dZ·Wᵗ
		grads = append(append(append(append(dw, db...), dgamma...), dbeta...), grads...)
	}
	return loss / total, grads
}

// unnorm returns the gradient with respect to z from dn, that with respect to the norm's
// output, and those of γ and β.
func (l *Layer) unnorm(p *pass, dn []float32, rows int) (dz, dgamma, dbeta []float32) {
	out := len(l.B)
	switch l.Norm {
	case "batch":
		dgamma, dbeta = NormSums(dn, p.z, rows, out, out, func(_, j int) (mean, inv float32) { return p.mean[j], p.inv[j] })
		for i, z := range p.z {
			j := i % out
			dz = append(dz, BatchNormGrad(dn[i], z, p.mean[j], p.inv[j], l.Gamma[j], dgamma[j], dbeta[j], rows))
		}
		return dz, dgamma, dbeta
	case "layer":
		dgamma, dbeta = NormSums(dn, p.z, rows, out, out, func(i, _ int) (mean, inv float32) { return p.mean[i], p.inv[i] })
		for r := range rows {
			dz = append(dz, LayerNormGrad(dn[r*out:][:out], p.z[r*out:][:out], l.Gamma, p.mean[r], p.inv[r])...)
		}
		return dz, dgamma, dbeta
	}
	return dn, nil, nil
}
