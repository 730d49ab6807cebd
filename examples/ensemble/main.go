// Ensemble trains five networks side by side, averages their probabilities, and keeps
// them in one file.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/metrics"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

func main() {
	if err := run(os.Stdout, os.TempDir()); err != nil {
		log.Fatal(err)
	}
}

func run(w io.Writer, dir string) error {
	x, labels := fixtures.Digits()
	data, test := (&train.Dataset{Inputs: fixtures.DigitsInputs, X: x, Labels: labels}).Split(0.3, 1)
	m, err := net.New(net.Config{
		Inputs: fixtures.DigitsInputs,
		Layers: []net.Layer{{Units: 32, Activation: net.ReLU, Dropout: 0.2}, {Units: 10}},
		Loss:   net.SoftmaxCrossEntropy,
	})
	if err != nil {
		return err
	}
	e, _, err := train.FitEnsemble(context.Background(), m, train.Config{Epochs: 25}, train.EnsembleConfig{Members: 5, Bootstrap: true}, data, nil)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "ensemble.safetensors")
	if err := e.SaveFile(path); err != nil {
		return err
	}
	if e, err = net.LoadEnsembleFile(path); err != nil {
		return err
	}
	mean := 0.0
	for _, member := range e.Members() {
		mean += metrics.Accuracy(member.NewPredictor(test.Rows()).Predict(test.X), 10, test.Labels) / 5
	}
	together := metrics.Accuracy(e.NewPredictor(test.Rows()).Predict(test.X), 10, test.Labels)
	fmt.Fprintf(w, "accuracy of a member %.3f on average, of all together %.3f\n", mean, together)
	return nil
}
