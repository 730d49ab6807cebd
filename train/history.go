package train

import (
	"math"

	"github.com/sinew-ml/sinew/net"
)

// Metrics is how well a network does on a data set.
type Metrics struct {
	Loss     float64 // mean over the rows
	Accuracy float64 // share of rows whose class is right, in [0, 1]; NaN without labels
}

// Epoch is the record of one pass over the training set.
type Epoch struct {
	Epoch int     // from 1
	Rate  float64 // learning rate of its first step

	// Train is measured during the epoch, each batch before its update, so it lags
	// behind Validation, which is measured at the end and is NaN without such a set.
	Train, Validation Metrics

	Seconds float64 // training and validation
}

// History is the record of a run.
type History struct {
	Epochs []Epoch
}

func none() Metrics { return Metrics{Loss: math.NaN(), Accuracy: math.NaN()} }

// Evaluate returns the loss and accuracy of m on d. An error says what does not fit.
func Evaluate(m *net.Network, d *Dataset) (Metrics, error) {
	if err := d.check(m, "evaluation"); err != nil {
		return none(), err
	}
	const rows = 256 // large enough to amortise a batch, small enough for the cache
	return evaluate(m.NewWorkspace(min(rows, d.Rows())), d), nil
}

// evaluate runs d, which was checked, in batches of the workspace's size.
func evaluate(ws *net.Workspace, d *Dataset) Metrics {
	out := ws.Network().Outputs()
	rows, total, right := d.Rows(), 0.0, 0
	for from := 0; from < rows; from += ws.MaxRows() {
		to := min(rows, from+ws.MaxRows())
		b := net.Batch{X: d.X[from*d.Inputs : to*d.Inputs]}
		if d.Labels != nil {
			b.Labels = d.Labels[from:to]
		} else {
			b.Y = d.Y[from*out : to*out]
		}
		loss, err := ws.Loss(b)
		if err != nil {
			panic("train: evaluate: " + err.Error()) // d was checked
		}
		total += float64(loss * float64(to-from))
		if d.Labels != nil {
			right += correct(ws.Outputs(to-from), b.Labels)
		}
	}
	m := Metrics{Loss: total / float64(rows), Accuracy: math.NaN()}
	if d.Labels != nil {
		m.Accuracy = float64(right) / float64(rows)
	}
	return m
}

// correct counts the rows of outputs (rows, n) whose class is the label.
func correct(outputs []float32, labels []int) int {
	n, right := len(outputs)/len(labels), 0
	for i, l := range labels {
		if net.Class(outputs[i*n:][:n]) == l {
			right++
		}
	}
	return right
}
