package ref

// Network is a multi-layer perceptron: the specification of package net.
type Network struct {
	Layers []Layer
	Loss   string // half-squared-error or softmax-cross-entropy
}

// Layer is one dense layer, y = f(x·W + b).
type Layer struct {
	W, B       []float32 // (in, out), row-major, and (out)
	Activation string    // identity, sigmoid, tanh or relu
}

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

// layers returns the output of every layer for x (rows, inputs). A sum starts from
// the bias.
func (m *Network) layers(x []float32, rows int) [][]float32 {
	var ys [][]float32
	for _, l := range m.Layers {
		out := len(l.B)
		in := len(l.W) / out
		var y []float32
		for range rows {
			y = append(y, l.B...)
		}
		Gemm(false, false, rows, out, in, 1, x, in, l.W, out, 1, y, out)
		for i, z := range y {
			switch l.Activation {
			case "sigmoid":
				y[i] = Sigmoid(z)
			case "tanh":
				y[i] = Tanh(z)
			case "relu":
				ReLU(y[i:i+1], y[i:i+1])
			}
		}
		ys = append(ys, y)
		x = y
	}
	return ys
}

// activationGrad returns the gradient with respect to z from that with respect to the
// outputs y = f(z).
func (l *Layer) activationGrad(dy, y []float32) []float32 {
	dz := make([]float32, len(dy))
	for i := range dy {
		switch l.Activation {
		case "identity":
			dz[i] = dy[i]
		case "sigmoid":
			dz[i] = SigmoidGrad(dy[i], y[i])
		case "tanh":
			dz[i] = TanhGrad(dy[i], y[i])
		case "relu":
			ReLUGrad(dz[i:i+1], dy[i:i+1], y[i:i+1])
		}
	}
	return dz
}

// rowLoss returns the loss of one row with the last layer's output y and targets t,
// and its gradient with respect to y.
//
//	half-squared-error     ½ Σ (y-t)²              y - t
//	softmax-cross-entropy  log Σ eʸ · Σ t - Σ t·y   p·Σt - t, p = softmax y
//
// Loss sums are in float64; a product with t = 0 counts as 0 even if y is infinite.
func (m *Network) rowLoss(y, t []float32) (loss float64, dy []float32) {
	dy = make([]float32, len(y))
	if m.Loss == "half-squared-error" {
		return HalfSquaredError(dy, y, t, 1), dy
	}
	p, logSumExp := Softmax(y)
	ty, sum := 0.0, 0.0
	for j := range t {
		sum += float64(t[j])
		if t[j] != 0 {
			ty += float64(float64(t[j]) * float64(y[j]))
		}
	}
	for j := range p {
		dy[j] = float32(p[j]*float32(sum)) - t[j]
	}
	return float64(logSumExp*sum) - ty, dy
}

// Forward returns the predictions (rows, outputs) for x (rows, inputs).
func (m *Network) Forward(x []float32, rows int) []float32 {
	ys := m.layers(x, rows)
	last := ys[len(ys)-1]
	if m.Loss == "half-squared-error" {
		return last
	}
	var p []float32
	for n := len(last) / rows; len(last) > 0; last = last[n:] {
		row, _ := Softmax(last[:n])
		p = append(p, row...)
	}
	return p
}

// Gradient returns the mean loss over the rows of x with targets t (rows, outputs),
// and its gradient with respect to the parameters: for each layer in order dW, db.
func (m *Network) Gradient(x, t []float32, rows int) (loss float64, grads []float32) {
	ys := m.layers(x, rows)
	last := len(m.Layers) - 1
	n := len(t) / rows
	var d []float32 // with respect to the output of the layer at hand
	for i := range rows {
		rowLoss, dy := m.rowLoss(ys[last][i*n:][:n], t[i*n:][:n])
		loss += rowLoss
		d = append(d, dy...)
	}
	loss /= float64(rows)
	Scal(float32(1)/float32(rows), d)

	for i := last; i >= 0; i-- {
		l := m.Layers[i]
		out := len(l.B)
		in := len(l.W) / out
		below := x
		if i > 0 {
			below = ys[i-1]
		}
		dz := l.activationGrad(d, ys[i])
		dw := make([]float32, in*out)
		Gemm(true, false, in, out, rows, 1, below, in, dz, out, 0, dw, out) // Xᵗ·dZ
		db := make([]float32, out)
		for r := range rows {
			Add(db, db, dz[r*out:][:out])
		}
		d = make([]float32, rows*in)
		Gemm(false, true, rows, in, out, 1, dz, out, l.W, out, 0, d, in) // dZ·Wᵗ
		grads = append(append(dw, db...), grads...)
	}
	return loss, grads
}
