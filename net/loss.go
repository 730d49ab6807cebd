package net

import "github.com/sinew-ml/sinew/mat"

// loss returns the mean loss of out, the last layer's output for b. If dz is not nil
// it becomes the gradient with respect to the last layer's z. For SoftmaxCrossEntropy
// out becomes the probabilities. Sums over rows are in float64, in row order.
func (ws *Workspace) loss(b *Batch, rows int, out, dz []float32) float64 {
	n := len(out) / rows
	last := &ws.m.layers[len(ws.m.layers)-1]
	total := 0.0
	for i := range rows {
		y := out[i*n:][:n]
		var d []float32
		if dz != nil {
			d = dz[i*n:][:n]
		}
		if ws.m.config.Loss == SoftmaxCrossEntropy {
			total += crossEntropy(b, i, y, d)
		} else {
			total += halfSquaredError(b, i, y, d)
		}
	}
	if dz != nil {
		mat.Scal(1/float32(rows), dz)
		last.activationGrad(dz, out)
	}
	return total / float64(rows)
}

// halfSquaredError returns ½ Σ (y-t)² of row i and sets d = y - t.
func halfSquaredError(b *Batch, i int, y, d []float32) float64 {
	sum := 0.0
	for j, v := range y {
		e := v - b.target(i, j, len(y))
		sum += float64(float64(e) * float64(e))
		if d != nil {
			d[j] = e
		}
	}
	return sum / 2
}

// crossEntropy returns Σ t·(log Σ eᶻ - z) of row i, turns the logits z in y into
// probabilities p and sets d = p·Σt - t, which is p - t for targets that sum to 1.
func crossEntropy(b *Batch, i int, y, d []float32) float64 {
	if b.Labels != nil {
		label := b.Labels[i]
		z := float64(y[label])
		loss := mat.Softmax(y, y) - z
		if d != nil {
			copy(d, y)
			d[label]--
		}
		return loss
	}
	t := b.Y[i*len(y):][:len(y)]
	dot, sum := 0.0, 0.0
	for j, v := range t {
		if v != 0 { // 0·Inf: an impossible class with target 0 costs nothing
			dot += float64(float64(v) * float64(y[j]))
		}
		sum += float64(v)
	}
	loss := float64(mat.Softmax(y, y)*sum) - dot
	for j := range d {
		d[j] = float32(y[j]*float32(sum)) - t[j]
	}
	return loss
}
