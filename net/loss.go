package net

import "github.com/sinew-ml/sinew/mat"

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
	// Identity. Targets are class labels or probabilities (at least 0; they should sum to 1).
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

// probabilities sets p to what is predicted for rows of logits z with n columns.
func (l Loss) probabilities(p, z []float32, n int) {
	if l == SoftmaxCrossEntropy {
		mat.SoftmaxRows(p, z, len(z)/n, n, nil)
	} else {
		mat.Sigmoid(p, z)
	}
}

// lossRows computes the costs of rows from...to, weights included, the probabilities of
// logits, and dy.
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
		// Not in place: stores with a mask hold up loads that begin within their 64 bytes.
		if ws.batch.Labels != nil && n > 1 && c.LabelSmoothing == 0 {
			mat.SoftmaxCrossEntropyLabels(costs, rowsOf(ws.probs, n, from, to), dy, y, ws.batch.Labels[from:to], n, 0, float32(factor), weights)
			break
		}
		mat.SoftmaxCrossEntropy(costs, rowsOf(ws.probs, n, from, to), dy, y, ws.target(from, to), n, c.LabelSmoothing, float32(factor), weights)
	case BinaryCrossEntropy:
		mat.BinaryCrossEntropy(costs, dy, y, ws.target(from, to), n, float32(factor), weights)
		mat.Sigmoid(rowsOf(ws.probs, n, from, to), y)
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
	if each == 1 && weights == nil {
		return
	}
	for i := range costs {
		costs[i] *= each
		switch {
		case weights == nil:
		case weights[i] == 0: // whatever it costs, infinity included
			costs[i] = 0
		default:
			costs[i] *= float64(weights[i])
		}
	}
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
