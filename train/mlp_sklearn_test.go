package train_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/metrics"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/prep"
	"github.com/sinew-ml/sinew/train"
)

// peerRuns are the runs of one data set in testdata/mlp_sklearn.json, whose script says
// what they are.
type peerRuns struct {
	Hidden    []int
	Epochs    int
	BatchSize int `json:"batch_size"`
	L2        float64
	Test      [][]int // rows held back, by run
	Adam, SGD struct {
		Rate      float64
		Mean, Std float64
	}
}

// peerSet returns a data set and its network without hidden layers.
func peerSet(t *testing.T, name string) (*train.Dataset, net.Config) {
	t.Helper()
	labelled := func(x []float32, labels []int, inputs, classes int) (*train.Dataset, net.Config) {
		c := net.Config{Inputs: inputs, Layers: []net.Layer{{Units: classes}}, Loss: net.SoftmaxCrossEntropy}
		if classes == 2 {
			c.Layers[0].Units, c.Loss = 1, net.BinaryCrossEntropy
		}
		return &train.Dataset{Inputs: inputs, X: x, Labels: labels}, c
	}
	switch name {
	case "digits":
		x, labels := fixtures.Digits()
		return labelled(x, labels, fixtures.DigitsInputs, 10)
	case "iris":
		x, labels := fixtures.Iris()
		return labelled(x, labels, fixtures.IrisInputs, 3)
	case "wine":
		x, labels := fixtures.Wine()
		return labelled(x, labels, fixtures.WineInputs, 3)
	case "breast_cancer":
		x, labels := fixtures.BreastCancer()
		return labelled(x, labels, fixtures.BreastCancerInputs, 2)
	case "diabetes":
		x, y := fixtures.Diabetes()
		return &train.Dataset{Inputs: fixtures.DiabetesInputs, X: x, Y: y},
			net.Config{Inputs: fixtures.DiabetesInputs, Layers: []net.Layer{{Units: 1}}, Loss: net.HalfSquaredError}
	}
	t.Fatalf("unknown data set %q", name)
	return nil, net.Config{}
}

// The mean score of ten runs, each with its own test rows and seed, is within one standard
// deviation of scikit-learn's with the same rows and settings, or better.
func TestLikeScikitLearn(t *testing.T) {
	if testing.Short() {
		t.Skip("a hundred trainings: minutes under emulation")
	}
	text, err := os.ReadFile("testdata/mlp_sklearn.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Sets map[string]peerRuns }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Sets) != 5 {
		t.Fatalf("%d data sets, want 5", len(file.Sets))
	}
	for name, p := range file.Sets {
		for optimizer, want := range map[train.Optimizer]struct{ Rate, Mean, Std float64 }{
			train.Adam{}:                             p.Adam,
			train.SGD{Momentum: 0.9, Nesterov: true}: p.SGD,
		} {
			sum := 0.0
			for seed := range p.Test {
				sum += likePeer(t, name, p, optimizer, want.Rate, seed)
			}
			mean := sum / float64(len(p.Test))
			t.Logf("%s, %+v: %.4f; scikit-learn %.4f ± %.4f", name, optimizer, mean, want.Mean, want.Std)
			if !(mean >= want.Mean-want.Std) {
				t.Errorf("%s, %+v: mean score %.4f, want at least %.4f - %.4f", name, optimizer, mean, want.Mean, want.Std)
			}
		}
	}
}

// likePeer trains as the script does and returns the score on the test rows.
func likePeer(t *testing.T, name string, p peerRuns, optimizer train.Optimizer, rate float64, seed int) float64 {
	t.Helper()
	d, c := peerSet(t, name)
	held := make([]bool, d.Rows())
	for _, row := range p.Test[seed] {
		held[row] = true
	}
	var rest []int
	for row := range held {
		if !held[row] {
			rest = append(rest, row)
		}
	}
	training, test := d.Take(rest), d.Take(p.Test[seed])
	fit, err := prep.Standardize(training)
	if err != nil {
		t.Fatal(err)
	}
	if d.Y != nil {
		targets, err := prep.Standardize(&train.Dataset{Inputs: 1, X: training.Y})
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []*train.Dataset{training, test} {
			targets.Transform.Apply(part.Y, part.Y, nil)
		}
	}
	hidden := net.Layer{Units: p.Hidden[0], Activation: net.ReLU, Init: net.Glorot}
	c.Layers[0].Init = net.Glorot
	c.Layers = append([]net.Layer{hidden}, c.Layers...)
	m, err := net.New(c)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(uint64(seed))
	if err := m.SetTransform(fit.Transform); err != nil {
		t.Fatal(err)
	}
	trainer, err := train.New(m, train.Config{
		Optimizer: optimizer, LearnRate: train.Constant(rate), Epochs: p.Epochs, BatchSize: p.BatchSize, L2: p.L2, Seed: uint64(seed),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trainer.Fit(context.Background(), training, nil); err != nil {
		t.Fatal(err)
	}
	out := m.NewPredictor(test.Rows()).Predict(test.X)
	if d.Y != nil {
		return metrics.R2(out, test.Y, 1)
	}
	score := metrics.Accuracy(out, m.Outputs(), test.Labels)
	if math.IsNaN(score) {
		t.Fatal("no score")
	}
	return score
}
