// Regress predicts the progress of diabetes from ten measurements, standardised inside
// the model, and compares the network with predicting the mean. It is trained on scaled
// targets, and predicts in their own unit.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/metrics"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/prep"
	"github.com/sinew-ml/sinew/train"
)

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(w io.Writer) error {
	x, y := fixtures.Diabetes()
	data, test := (&train.Dataset{Inputs: fixtures.DiabetesInputs, X: x, Y: y}).Split(0.25, 1)

	m, err := net.New(net.Config{
		Inputs: fixtures.DiabetesInputs,
		Layers: []net.Layer{{Units: 24, Activation: net.Tanh}, {Units: 1}},
		Loss:   net.Huber, // outliers pull less than with squares
	})
	if err != nil {
		return err
	}
	m.Init(1)
	fit, err := prep.Standardize(data) // on the training rows only
	if err != nil {
		return err
	}
	if err := m.SetTransform(fit.Transform); err != nil {
		return err
	}

	targets, err := prep.ScaleTargets(data) // values near 1 suit the usual rates
	if err != nil {
		return err
	}

	t, err := train.New(m, train.Config{Epochs: 60, L2: 0.01, LearnRate: train.Cosine{Start: 0.01}, Seed: 1})
	if err != nil {
		return err
	}
	defer t.Close()
	history, err := t.Fit(context.Background(), targets.Apply(data), targets.Apply(test))
	if err != nil {
		return err
	}
	last := history.Epochs[len(history.Epochs)-1]
	fmt.Fprintf(w, "predicting the mean costs %.3f, the network %.3f\n", history.Baseline, last.Train.Loss)

	if err := targets.Undo(m); err != nil { // predictions are in the values' own unit again
		return err
	}
	folded := m.Fold() // the standardising is multiplied into the weights: serving pays nothing for it
	out := folded.NewPredictor(test.Rows()).Predict(test.X)
	fmt.Fprintf(w, "on new patients: R2 %.2f, mean absolute error %.0f\n", metrics.R2(out, test.Y, 1), metrics.MAE(out, test.Y, 1))
	return nil
}
