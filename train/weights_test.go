package train_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// uneven returns rows of iris, 20 of class 0, 30 of class 1, 10 of class 2.
func uneven() *train.Dataset {
	x, labels := fixtures.Iris()
	all := &train.Dataset{Inputs: 4, X: x, Labels: labels}
	left := []int{20, 30, 10}
	var rows []int
	for i, l := range labels {
		if left[l] > 0 {
			left[l]--
			rows = append(rows, i)
		}
	}
	return all.Take(rows)
}

// fullBatch trains on the whole set at once, so that the order of rows is no matter.
func fullBatch(t *testing.T, c train.Config, data, validation *train.Dataset) (*net.Network, *train.History) {
	t.Helper()
	m := classifier(t, 4, 6, 3, net.Tanh)
	c.Optimizer, c.LearnRate, c.BatchSize, c.Epochs = train.SGD{}, train.Constant(0.1), 400, 20
	h, err := trainer(t, m, c).Fit(context.Background(), data, validation)
	if err != nil {
		t.Fatal(err)
	}
	return m, h
}

func sameWithin(t *testing.T, what string, a, b []float32, bound float64) {
	t.Helper()
	if len(a) != len(b) || len(a) == 0 {
		t.Fatalf("%s: %d and %d numbers", what, len(a), len(b))
	}
	for i := range a {
		if !(math.Abs(float64(a[i])-float64(b[i])) <= bound) {
			t.Errorf("%s: number %d is %g, want %g", what, i, a[i], b[i])
		}
	}
}

// Weights of classes and rows are as good as repeated rows; Balanced gives each class the
// same say; a row of weight 0 might as well not be there.
func TestWeightsAreRepeatedRows(t *testing.T) {
	data := uneven()
	repeated := func(times func(row, label int) int) *train.Dataset {
		var rows []int
		for i, l := range data.Labels {
			for range times(i, l) {
				rows = append(rows, i)
			}
		}
		return data.Take(rows)
	}
	weights := func(of func(row int) float32) *train.Dataset {
		d := *data
		for i := range d.Labels {
			d.Weights = append(d.Weights, of(i))
		}
		return &d
	}
	for name, c := range map[string]struct {
		config   train.Config
		data     *train.Dataset
		repeated *train.Dataset
	}{
		"classes":          {train.Config{ClassWeights: []float64{2, 1, 3}}, data, repeated(func(_, l int) int { return []int{2, 1, 3}[l] })},
		"without a class":  {train.Config{ClassWeights: []float64{1, 0, 0.5}}, data, repeated(func(_, l int) int { return []int{2, 0, 1}[l] })},
		"balanced":         {train.Config{Balanced: true}, data, repeated(func(_, l int) int { return []int{3, 2, 6}[l] })},
		"rows":             {train.Config{}, weights(func(i int) float32 { return float32(i%3) / 2 }), repeated(func(i, _ int) int { return i % 3 })},
		"rows and classes": {train.Config{ClassWeights: []float64{2, 1, 3}}, weights(func(i int) float32 { return float32(i % 3) }), repeated(func(i, l int) int { return i % 3 * []int{2, 1, 3}[l] })},
	} {
		t.Run(name, func(t *testing.T) {
			a, ha := fullBatch(t, c.config, c.data, data)
			b, hb := fullBatch(t, train.Config{}, c.repeated, c.repeated)
			sameWithin(t, "parameters", a.Params(), b.Params(), 2e-6)
			plain, _ := fullBatch(t, train.Config{}, data, nil)
			if slices.Equal(plain.Params(), a.Params()) {
				t.Error("the weights change nothing")
			}
			last, want := ha.Epochs[19], hb.Epochs[19]
			if !(math.Abs(last.Train.Loss-want.Train.Loss) <= 1e-6) {
				t.Errorf("training loss %g, want %g", last.Train.Loss, want.Train.Loss)
			}
			// Class weights are those of the validation loss too, row weights are each set's own.
			if c.data.Weights == nil && !(math.Abs(last.Validation.Loss-want.Validation.Loss) <= 1e-6) {
				t.Errorf("validation loss %g, want %g", last.Validation.Loss, want.Validation.Loss)
			}
			if got, err := train.Evaluate(a, data); err != nil || got.Accuracy != last.Validation.Accuracy {
				t.Errorf("validation accuracy %g, want %g, %v", last.Validation.Accuracy, got.Accuracy, err)
			}
		})
	}
}

// Rows of weight 0 are left out, whichever batch they would fall into.
func TestRowsOfWeightZero(t *testing.T) {
	data := uneven()
	data.Weights = make([]float32, data.Rows())
	for i := range data.Weights {
		if i%7 == 0 {
			data.Weights[i] = 2
		}
	}
	m := classifier(t, 4, 6, 3, net.Tanh)
	h, err := trainer(t, m, train.Config{BatchSize: 2, Epochs: 2}).Fit(context.Background(), data, data)
	if err != nil {
		t.Fatal(err)
	}
	if e := h.Epochs[1]; e.Rows != 9 || e.Steps != 5 {
		t.Errorf("%d rows in %d steps, want 9 in 5", e.Rows, e.Steps)
	}
	// In accuracy all rows count, also if a whole batch of Evaluate has no weight.
	plain := *data
	plain.Weights = nil
	want, err := train.Evaluate(m, &plain)
	if err != nil {
		t.Fatal(err)
	}
	big := data.Take(slices.Repeat([]int{1, 2, 3, 30, 31, 32, 59, 58, 57}, 100))
	if big.Weights[899] = 1; slices.Max(big.Weights[:898]) != 0 {
		t.Fatal("the rows have weights")
	}
	got, err := train.Evaluate(m, data)
	if err != nil || got.Accuracy != want.Accuracy {
		t.Errorf("accuracy %g, want %g, %v", got.Accuracy, want.Accuracy, err)
	}
	got, err = train.Evaluate(m, big)
	big.Weights = nil
	want, _ = train.Evaluate(m, big)
	if err != nil || got.Accuracy != want.Accuracy || math.IsNaN(got.Loss) {
		t.Errorf("accuracy %g, want %g, loss %g, %v", got.Accuracy, want.Accuracy, got.Loss, err)
	}
}

// The cycles of snapshots are as long as their epochs, in which rows of weight 0 take no step.
func TestSnapshotsOfWeights(t *testing.T) {
	data := uneven()
	m := classifier(t, 4, 6, 3, net.Tanh)
	c := train.Config{BatchSize: 2, Epochs: 2, LearnRate: train.Constant(0.25), ClassWeights: []float64{0, 1, 0}}
	_, h, err := train.FitEnsemble(context.Background(), m, c, train.EnsembleConfig{Members: 3, Snapshots: true}, data, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range h {
		if h.Epochs[0].Steps != 15 || h.Epochs[0].Rate != 0.25 || h.Epochs[1].Rate != 0.125 {
			t.Errorf("member %d: %d steps, rates %g and %g, want 15 and a wave from 0.25", i, h.Epochs[0].Steps, h.Epochs[0].Rate, h.Epochs[1].Rate)
		}
	}
}

func TestWeightErrors(t *testing.T) {
	data := uneven()
	m := classifier(t, 4, 6, 3, net.Tanh)
	zero, soft, one := *data, *data, *data
	zero.Weights = make([]float32, data.Rows())
	soft.Labels, soft.Y = nil, make([]float32, data.Rows()*3)
	one.Weights = make([]float32, data.Rows())
	one.Weights[0] = 1
	for _, c := range []struct {
		config           train.Config
		data, validation *train.Dataset
		want             string
	}{
		{train.Config{}, &zero, nil, "weights of the rows sum to 0"},
		{train.Config{ClassWeights: []float64{0, 0, 0}}, data, nil, "training set: all rows have weight 0"},
		{train.Config{ClassWeights: []float64{0, 1, 1}}, &one, nil, "training set: all rows have weight 0"},
		{train.Config{ClassWeights: []float64{0, 1, 1}}, data, &one, "validation set: all rows have weight 0"},
		{train.Config{ClassWeights: []float64{1, 1, 1}}, &soft, nil, "class weights: the training set has no labels"},
		{train.Config{Balanced: true}, &soft, nil, "class weights: the training set has no labels"},
		{train.Config{Balanced: true}, data, &soft, "class weights: the validation set has no labels"},
		{train.Config{Watch: train.ValidationAccuracy}, data, &soft, "watch validation-accuracy: the set has no labels"},
		{train.Config{Watch: train.ValidationAccuracy}, &soft, nil, "watch validation-accuracy: the set has no labels"},
		{train.Config{Watch: train.TrainAccuracy}, &soft, data, "watch train-accuracy: the set has no labels"},
	} {
		before := hash(m.Params())
		h, err := trainer(t, m, c.config).Fit(context.Background(), c.data, c.validation)
		if err == nil || !strings.HasPrefix(err.Error(), "train: ") || !strings.Contains(err.Error(), c.want) || h == nil || hash(m.Params()) != before {
			t.Errorf("%+v: error %v, want %q", c.config, err, c.want)
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
