package train

import (
	"math"

	"github.com/sinew-ml/sinew/net"
)

// baseline returns the mean loss of predicting, for every row of d, the mean of all
// targets: the frequencies of the classes, or the means of the values. Row weights count.
// It is 0, as where it is not known, if that cost is not finite.
// A network that does no better has learned nothing from the inputs.
func baseline(c net.Config, d *Dataset, weights []float32) float64 {
	n := c.Layers[len(c.Layers)-1].Units
	mean, total := make([]float64, n), 0.0
	each := func(f func(t func(j int) float64, w float64)) {
		for i := range d.Rows() {
			w := 1.0
			if weights != nil {
				w = float64(weights[i])
			}
			if w > 0 { // the cost of a class that has no weight is infinite
				f(func(j int) float64 { return target(d, i, j, n) }, w)
			}
		}
	}
	each(func(t func(int) float64, w float64) {
		for j := range mean {
			mean[j] += w * t(j)
		}
		total += w
	})
	for j := range mean {
		mean[j] /= total
	}
	loss := 0.0
	each(func(t func(int) float64, w float64) {
		for j, m := range mean {
			loss += w * constantCost(&c, t(j), m, n)
		}
	})
	if loss /= total; !finite(loss) {
		return 0 // targets that are no probabilities
	}
	return loss
}

// target returns what row i of d has at output j of n.
func target(d *Dataset, i, j, n int) float64 {
	switch {
	case d.Labels == nil:
		return float64(d.Y[i*n+j])
	case n == 1:
		return float64(d.Labels[i])
	case d.Labels[i] == j:
		return 1
	}
	return 0
}

// constantCost returns what one output adds to the loss for target t if m is predicted.
func constantCost(c *net.Config, t, m float64, n int) float64 {
	e := math.Abs(t - m)
	switch c.Loss {
	case net.SoftmaxCrossEntropy:
		if t = (1-c.LabelSmoothing)*t + c.LabelSmoothing/float64(n); t == 0 {
			return 0
		}
		return -t * math.Log((1-c.LabelSmoothing)*m+c.LabelSmoothing/float64(n))
	case net.BinaryCrossEntropy:
		cost := 0.0
		if t > 0 {
			cost -= t * math.Log(m)
		}
		if t < 1 {
			cost -= (1 - t) * math.Log(1-m)
		}
		return cost / float64(n)
	case net.MSE:
		return e * e / float64(n)
	case net.MAE:
		return e / float64(n)
	case net.Huber:
		delta := orDefault(c.Delta, 1)
		if e > delta {
			return delta * (e - delta/2) / float64(n)
		}
		return e * e / 2 / float64(n)
	}
	return e * e / 2
}
