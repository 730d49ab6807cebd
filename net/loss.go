package net

import (
	"math"

	"github.com/sinew-ml/sinew/mat"
)

// Loss is what training makes small: a mean over the rows of a batch of what each row
// costs. With row weights ([Batch.Weights]) it is the weighted mean Σ w·cost / Σ w.
//
// z are the last layer's outputs, n their number, t the targets. Class labels stand for
// one-hot targets, or, with a single output, for the targets 0 and 1.
type Loss uint8

// The losses, with a row's cost and its gradient with respect to z.
const (
	// HalfSquaredError is ½ Σ (z-t)², as in the classic derivation of back-propagation:
	// a sum over the outputs. Gradient z-t.
	HalfSquaredError Loss = iota

	// SoftmaxCrossEntropy is -Σ t·log p with p = softmax(z), computed in the log-sum-exp
	// form. Gradient p·Σt - t. The last layer's outputs are logits: its activation must be
	// Identity. Targets are class labels or probabilities (which should sum to 1).
	// Predictions are p.
	SoftmaxCrossEntropy

	// MSE is Σ (z-t)² / n, a mean over the outputs too, as PyTorch's MSELoss.
	// Gradient 2(z-t)/n.
	MSE

	// MAE is Σ |z-t| / n, PyTorch's L1Loss. Gradient sign(z-t)/n, 0 where z = t.
	MAE

	// Huber is Σ h(z-t) / n with h(e) = e²/2 for |e| ≤ δ, else δ·(|e|-δ/2), PyTorch's
	// HuberLoss (Huber 1964). Gradient min(max(z-t, -δ), δ)/n.
	Huber

	// BinaryCrossEntropy is Σ (log(1+eᶻ) - t·z) / n, for outputs that are yes or no
	// independently of each other (multi-label), PyTorch's BCEWithLogitsLoss. Gradient
	// (sigmoid(z)-t)/n. The activation must be Identity; targets are in [0, 1].
	// Predictions are sigmoid(z).
	BinaryCrossEntropy
)

var lossNames = []string{
	HalfSquaredError: "half-squared-error", SoftmaxCrossEntropy: "softmax-cross-entropy",
	MSE: "mse", MAE: "mae", Huber: "huber", BinaryCrossEntropy: "binary-cross-entropy",
}

// Losses returns all of them, in the order of their constants.
func Losses() []Loss {
	all := make([]Loss, len(lossNames))
	for i := range all {
		all[i] = Loss(i)
	}
	return all
}

// String returns the name used in JSON.
func (l Loss) String() string { return enumName("Loss", lossNames, l) }

// MarshalText writes the name.
func (l Loss) MarshalText() ([]byte, error) { return enumText("loss", lossNames, l) }

// UnmarshalText reads the name.
func (l *Loss) UnmarshalText(text []byte) error { return enumParse("loss", lossNames, l, text) }

// logits reports whether predictions are a function of the last layer's outputs that the
// loss has inside.
func (l Loss) logits() bool { return l == SoftmaxCrossEntropy || l == BinaryCrossEntropy }

// probabilities turns rows of logits into what is predicted, in place.
func (l Loss) probabilities(z []float32, n int) {
	switch l {
	case SoftmaxCrossEntropy:
		for ; len(z) > 0; z = z[n:] {
			mat.Softmax(z[:n], z[:n])
		}
	case BinaryCrossEntropy:
		mat.Sigmoid(z, z)
	}
}

// lossRows computes the costs of rows from...to, weights included, turns logits into
// probabilities, and, if a gradient is wanted, sets dy.
func (ws *Workspace) lossRows(from, to int, gradient bool) {
	n := ws.m.Outputs()
	last := &ws.layers[len(ws.layers)-1]
	c := &ws.m.config
	for i := from; i < to; i++ {
		y := last.y[i*n:][:n]
		var d []float32
		if gradient {
			d = last.dy[i*n:][:n]
		}
		weight := 1.0
		if ws.batch.Weights != nil {
			weight = float64(ws.batch.Weights[i])
		}
		factor := float32(weight / ws.weight)
		var cost float64
		switch c.Loss {
		case SoftmaxCrossEntropy:
			cost = crossEntropy(&ws.batch, i, y, d, c.LabelSmoothing)
		case BinaryCrossEntropy:
			cost = binaryCrossEntropy(&ws.batch, i, y, d) / float64(n)
			factor = float32(weight / ws.weight / float64(n))
		case HalfSquaredError:
			cost = squaredError(&ws.batch, i, y, d) / 2
		case MSE:
			cost = squaredError(&ws.batch, i, y, d) / float64(n)
			factor = float32(weight / ws.weight * 2 / float64(n))
		case MAE:
			cost = absoluteError(&ws.batch, i, y, d) / float64(n)
			factor = float32(weight / ws.weight / float64(n))
		case Huber:
			cost = huber(&ws.batch, i, y, d, c.delta()) / float64(n)
			factor = float32(weight / ws.weight / float64(n))
		}
		ws.rowLoss[i] = weight * cost
		if d != nil {
			mat.Scal(factor, d)
		}
	}
}

// delta returns Delta or its default.
func (c *Config) delta() float32 {
	if c.Delta == 0 {
		return 1
	}
	return float32(c.Delta)
}

// squaredError returns Σ (y-t)² of row i and sets d = y - t.
func squaredError(b *Batch, i int, y, d []float32) float64 {
	sum := 0.0
	for j, v := range y {
		e := v - b.target(i, j, len(y))
		sum += float64(float64(e) * float64(e))
		if d != nil {
			d[j] = e
		}
	}
	return sum
}

// absoluteError returns Σ |y-t| and sets d to its sign.
func absoluteError(b *Batch, i int, y, d []float32) float64 {
	sum := 0.0
	for j, v := range y {
		e := v - b.target(i, j, len(y))
		sum += math.Abs(float64(e))
		if d != nil {
			switch {
			case e > 0:
				e = 1
			case e < 0:
				e = -1
			}
			d[j] = e
		}
	}
	return sum
}

// huber returns Σ h(y-t) and sets d to its derivative.
func huber(b *Batch, i int, y, d []float32, delta float32) float64 {
	sum, bound := 0.0, float64(delta)
	for j, v := range y {
		e := v - b.target(i, j, len(y))
		if a := math.Abs(float64(e)); a > bound {
			sum += float64(bound * (a - bound/2))
		} else {
			sum += float64(float64(e)*float64(e)) / 2
		}
		if d != nil {
			d[j] = min(max(e, -delta), delta)
		}
	}
	return sum
}

// binaryCrossEntropy returns Σ log(1+eᶻ) - t·z of row i, turns the logits z in y into
// probabilities p and sets d = p - t.
func binaryCrossEntropy(b *Batch, i int, y, d []float32) float64 {
	sum := 0.0
	for j, v := range y {
		z, t := float64(v), float64(b.target(i, j, len(y)))
		sum += max(z, 0) + math.Log1p(math.Exp(-math.Abs(z)))
		if t != 0 { // 0·Inf: a certain no costs nothing
			sum -= float64(t * z)
		}
	}
	mat.Sigmoid(y, y)
	for j := range d {
		d[j] = y[j] - b.target(i, j, len(y))
	}
	return sum
}

// crossEntropy returns Σ t·(log Σ eᶻ - z) of row i, turns the logits z in y into
// probabilities p and sets d = p·Σt - t, which is p - t for targets that sum to 1.
// eps smooths the targets: t becomes (1-eps)·t + eps/n.
func crossEntropy(b *Batch, i int, y, d []float32, eps float64) float64 {
	if b.Labels != nil && eps == 0 {
		label := b.Labels[i]
		z := float64(y[label])
		loss := mat.Softmax(y, y) - z
		if d != nil {
			copy(d, y)
			d[label]--
		}
		return loss
	}
	n := float64(len(y))
	target := func(j int) float64 { return float64(b.target(i, j, len(y))) }
	if eps != 0 {
		target = func(j int) float64 { return (1-eps)*float64(b.target(i, j, len(y))) + eps/n }
	}
	dot, sum := 0.0, 0.0
	for j := range y {
		v := target(j)
		if v != 0 { // 0·Inf: an impossible class with target 0 costs nothing
			dot += float64(v * float64(y[j]))
		}
		sum += v
	}
	loss := float64(mat.Softmax(y, y)*sum) - dot
	for j := range d {
		d[j] = float32(y[j]*float32(sum)) - float32(target(j))
	}
	return loss
}
