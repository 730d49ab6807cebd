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
// probabilities, and sets dy.
func (ws *Workspace) lossRows(from, to int) {
	if from == to {
		return
	}
	c, n := &ws.m.config, ws.m.Outputs()
	last := &ws.layers[len(ws.layers)-1]
	y, dy := rowsOf(last.y, n, from, to), rowsOf(last.dy, n, from, to)
	costs := ws.rowLoss[from:to]
	var weights []float32
	if ws.batch.Weights != nil {
		weights = ws.batch.Weights[from:to]
	}
	each, factor := 1.0, 1/ws.weight // what a row's sum over its outputs counts, and its gradient
	if c.Loss.meanOfOutputs() {
		each, factor = 1/float64(n), factor/float64(n)
	}
	switch c.Loss {
	case SoftmaxCrossEntropy:
		for i := from; i < to; i++ {
			costs[i-from] = crossEntropy(&ws.batch, i, y[(i-from)*n:][:n], dy[(i-from)*n:][:n], c.LabelSmoothing)
			mat.Scal(rowFactor(factor, weights, i-from), dy[(i-from)*n:][:n])
		}
	case BinaryCrossEntropy:
		for i := from; i < to; i++ {
			costs[i-from] = binaryCrossEntropy(&ws.batch, i, y[(i-from)*n:][:n], dy[(i-from)*n:][:n])
			mat.Scal(rowFactor(factor, weights, i-from), dy[(i-from)*n:][:n])
		}
	case HalfSquaredError:
		mat.HalfSquaredError(costs, dy, y, ws.target(from, to), n, factor, weights)
	case MSE:
		each *= 2
		mat.HalfSquaredError(costs, dy, y, ws.target(from, to), n, 2*factor, weights)
	case MAE:
		mat.AbsoluteError(costs, dy, y, ws.target(from, to), n, factor, weights)
	case Huber:
		mat.HuberError(costs, dy, y, ws.target(from, to), n, factor, weights, c.delta())
	}
	for i := range costs {
		if costs[i] *= each; weights != nil {
			costs[i] *= float64(weights[i])
		}
	}
}

// rowFactor returns the factor of a row's gradient, its weight included.
func rowFactor(factor float64, weights []float32, row int) float32 {
	if weights == nil {
		return float32(factor)
	}
	return float32(factor * float64(weights[row]))
}

// target returns the targets of rows from...to as a matrix.
func (ws *Workspace) target(from, to int) []float32 {
	n := ws.m.Outputs()
	if ws.batch.Labels == nil {
		return rowsOf(ws.batch.Y, n, from, to)
	}
	t := rowsOf(ws.targets, n, from, to)
	mat.OneHot(t, ws.batch.Labels[from:to], n)
	return t
}

// meanOfOutputs reports whether a row's cost is a mean over its outputs, not a sum.
func (l Loss) meanOfOutputs() bool { return l != HalfSquaredError && l != SoftmaxCrossEntropy }

// delta returns Delta or its default.
func (c *Config) delta() float32 {
	if c.Delta == 0 {
		return 1
	}
	return float32(c.Delta)
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
		target = func(j int) float64 { return float64((1-eps)*float64(b.target(i, j, len(y)))) + eps/n } // not fused
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
