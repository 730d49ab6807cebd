package train_test

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// Rows of weight 0 cost nothing: the baseline is that of the other rows, and a run whose
// set has a class in such rows alone can write its checkpoints.
func TestBaselineWithoutAClass(t *testing.T) {
	for _, loss := range []net.Loss{net.SoftmaxCrossEntropy, net.BinaryCrossEntropy} {
		data := &train.Dataset{Inputs: 1, X: []float32{1, 2, 3, 4, 5, 6}, Labels: []int{0, 1, 2, 0, 1, 2}}
		some := &train.Dataset{Inputs: 1, X: []float32{1, 2, 4, 5}, Labels: []int{0, 1, 0, 1}}
		var baselines [2]float64
		for i, c := range []struct {
			data    *train.Dataset
			weights []float64
		}{{data, []float64{1, 1, 0}}, {some, nil}} {
			m := network(t, net.Config{Inputs: 1, Loss: loss, Layers: []net.Layer{{Units: 3}}})
			path := filepath.Join(t.TempDir(), "checkpoint")
			h, err := trainer(t, m, train.Config{Epochs: 1, ClassWeights: c.weights, Checkpoint: train.Checkpoint{Path: path}}).Fit(context.Background(), c.data, nil)
			if err != nil {
				t.Errorf("%s: %v", loss, err)
			}
			baselines[i] = h.Baseline
		}
		if baselines[0] != baselines[1] || !(baselines[0] > 0) {
			t.Errorf("%s: baseline %g with rows of weight 0, %g without them", loss, baselines[0], baselines[1])
		}
	}
}

// A run without validation set is told nothing about one.
func TestDiagnoseWithoutValidation(t *testing.T) {
	none := train.Metrics{Loss: math.NaN(), Accuracy: math.NaN()}
	for _, accuracy := range []float64{0.5, math.NaN()} {
		h := train.History{Baseline: 1}
		for i, loss := range []float64{0.9, 0.5, 0.5, 0.5, 0.5, 0.5} {
			h.Epochs = append(h.Epochs, train.Epoch{Epoch: i + 1, Train: train.Metrics{Loss: loss, Accuracy: accuracy}, Validation: none})
		}
		found := h.Diagnose()
		if len(found) != 1 || found[0].Verdict != train.UnderFitting {
			t.Errorf("accuracy %g: found %v", accuracy, found)
			continue
		}
		if text := found[0].Text; strings.Contains(text, "NaN") || strings.Contains(text, "no gap") || !strings.Contains(text, "More capacity") {
			t.Errorf("accuracy %g: %s", accuracy, text)
		}
	}
}

// Weights of rows and classes whose product float32 cannot hold give an error before the
// run, no panic in the midst of it.
func TestWeightsOverflow(t *testing.T) {
	plain := &train.Dataset{Inputs: 1, X: []float32{1, 2}, Labels: []int{0, 1}}
	heavy := &train.Dataset{Inputs: 1, X: []float32{1, 2}, Labels: []int{0, 1}, Weights: []float32{1, 3e38}}
	for _, c := range []struct {
		name             string
		data, validation *train.Dataset
	}{{"training", heavy, nil}, {"validation", plain, heavy}} {
		m := network(t, net.Config{Inputs: 1, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{{Units: 2}}})
		before := append([]float32(nil), m.Params()...)
		_, err := trainer(t, m, train.Config{Epochs: 1, ClassWeights: []float64{1, 2}}).Fit(context.Background(), c.data, c.validation)
		if want := c.name + " set: the weight of row 1 times that of its class is +Inf"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
		for i, v := range m.Params() {
			if v != before[i] {
				t.Fatalf("%s: the parameters have changed", c.name)
			}
		}
	}
}
