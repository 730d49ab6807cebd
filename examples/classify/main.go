// Classify trains a classifier of hand-written digits, says what its curves show, and
// saves it.
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
	all := &train.Dataset{Inputs: fixtures.DigitsInputs, X: x, Labels: labels}
	rest, test := all.Split(0.2, 1)
	data, validation := rest.Split(0.2, 2)

	m, err := net.New(net.Config{
		Inputs: fixtures.DigitsInputs,
		Layers: []net.Layer{
			{Units: 64, Activation: net.ReLU, Dropout: 0.1},
			{Units: 10}, // logits
		},
		Loss: net.SoftmaxCrossEntropy,
	})
	if err != nil {
		return err
	}
	m.Init(1)

	t, err := train.New(m, train.Config{
		LearnRate: train.Warmup{Steps: 20, Then: train.Cosine{Start: 0.005}},
		Epochs:    60, L2: 1e-4, Seed: 1,
		Patience: 15, // ends early, and leaves the weights of the best epoch
	})
	if err != nil {
		return err
	}
	defer t.Close()
	history, err := t.Fit(context.Background(), data, validation)
	if err != nil {
		return err
	}
	for _, finding := range history.Diagnose() {
		fmt.Fprintln(w, finding)
	}

	p := m.NewPredictor(test.Rows())
	probabilities := p.Predict(test.X)
	fmt.Fprintf(w, "accuracy %.3f, log loss %.3f, calibration error %.3f\n",
		metrics.Accuracy(probabilities, 10, test.Labels),
		metrics.LogLoss(probabilities, 10, test.Labels),
		metrics.CalibrationError(probabilities, 10, test.Labels, 10))

	path := filepath.Join(dir, "digits.safetensors")
	if err := m.SaveFile(path); err != nil {
		return err
	}
	back, err := net.LoadFile(path)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "read back, the first digit is a", back.NewPredictor(1).Classify(test.X[:64])[0])
	return nil
}
