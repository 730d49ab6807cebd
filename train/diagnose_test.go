package train_test

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// diagnosed is a run that was made to show something.
type diagnosed struct {
	name  string
	net   net.Config
	train train.Config
	want  []train.Verdict // all of them and no other
	text  []string        // parts of the first finding
	data  func() (data, validation *train.Dataset)
	spoil func(m *net.Network)
}

func hidden(act net.Activation, units int) []net.Layer {
	return []net.Layer{{Units: units, Activation: act}, {Units: 10}}
}

// few returns a few training rows, which a network learns by heart.
func few() (data, validation *train.Dataset) {
	data, validation = digits()
	rows := make([]int, 60)
	for i := range rows {
		rows[i] = i
	}
	return data.Take(rows), validation
}

// wave is y = sin 4x of one input, which takes some units to fit.
func wave() (data, validation *train.Dataset) {
	d := &train.Dataset{Inputs: 1}
	for i := range 400 {
		x := float64(i)/200 - 1
		d.X = append(d.X, float32(x))
		d.Y = append(d.Y, float32(math.Sin(4*x)))
	}
	return d.Split(0.25, 1)
}

// far is wave with targets that a network takes for ever to reach.
func far() (data, validation *train.Dataset) {
	data, validation = wave()
	for _, d := range []*train.Dataset{data, validation} {
		for i := range d.Y {
			d.Y[i] = 5000 + 100*d.Y[i]
		}
	}
	return data, validation
}

func diagnosedRuns() []diagnosed {
	softmax := net.SoftmaxCrossEntropy
	return []diagnosed{
		{name: "healthy classifier", net: net.Config{Inputs: 64, Loss: softmax, Layers: hidden(net.ReLU, 64)}, train: train.Config{Epochs: 15}},
		{name: "healthy, sigmoid", net: net.Config{Inputs: 64, Loss: softmax, Layers: hidden(net.Sigmoid, 32)}, train: train.Config{Epochs: 25, LearnRate: train.Constant(0.003)}},
		{name: "healthy, momentum and dropout", net: net.Config{Inputs: 64, Loss: softmax, Layers: []net.Layer{{Units: 64, Activation: net.ReLU, Dropout: 0.2}, {Units: 10}}},
			train: train.Config{Epochs: 20, Optimizer: train.SGD{Momentum: 0.9}, LearnRate: train.Cosine{Start: 0.05}}},
		{name: "healthy regression", data: wave, net: net.Config{Inputs: 1, Layers: []net.Layer{{Units: 32, Activation: net.Tanh}, {Units: 1}}}, train: train.Config{Epochs: 60, BatchSize: 8, LearnRate: train.Constant(0.02)}},

		{name: "rate too high", net: net.Config{Inputs: 64, Loss: softmax, Layers: hidden(net.Tanh, 32)}, train: train.Config{Epochs: 12, Optimizer: train.SGD{Momentum: 0.9}, LearnRate: train.Constant(2)},
			want: []train.Verdict{train.RateTooHigh}, text: []string{"training loss", "2", "Divide the rate"}},
		{name: "rate too high after a warm-up", net: net.Config{Inputs: 64, Loss: softmax, Layers: hidden(net.Tanh, 32)}, train: train.Config{Epochs: 12, Optimizer: train.SGD{Momentum: 0.9}, LearnRate: train.Warmup{Steps: 150, Then: train.Constant(2)}},
			want: []train.Verdict{train.RateTooHigh}, text: []string{"at a rate of 2."}},
		{name: "targets far from 0", data: far, net: net.Config{Inputs: 1, Layers: []net.Layer{{Units: 16, Activation: net.Tanh}, {Units: 1}}}, train: train.Config{Epochs: 12, LearnRate: train.Constant(0.001)},
			want: []train.Verdict{train.OnPlateau}, text: []string{"of predicting the mean", "Scale the targets"}},
		{name: "rate too low", net: net.Config{Inputs: 64, Loss: softmax, Layers: hidden(net.ReLU, 32)}, train: train.Config{Epochs: 12, LearnRate: train.Constant(1e-5)},
			want: []train.Verdict{train.RateTooLow}, text: []string{"straight line", "1e-05", "Multiply the rate"}},
		{name: "over-fitting", data: few, net: net.Config{Inputs: 64, Loss: softmax, Layers: hidden(net.ReLU, 256)}, train: train.Config{Epochs: 60, LearnRate: train.Constant(0.01)},
			want: []train.Verdict{train.OverFitting}, text: []string{"the validation loss rose from", "while the training loss fell", "regularisation"}},
		{name: "under-fitting", net: net.Config{Inputs: 64, Loss: softmax, Layers: hidden(net.Tanh, 1)}, train: train.Config{Epochs: 120, LearnRate: train.Cosine{Start: 0.03}},
			want: []train.Verdict{train.UnderFitting}, text: []string{"no gap", "More capacity"}},
		{name: "under-fitting regression", data: wave, net: net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1}}}, train: train.Config{Epochs: 60, LearnRate: train.Constant(0.02)},
			want: []train.Verdict{train.UnderFitting}, text: []string{"what predicting the mean costs", "More capacity"}},
		{name: "plateau", net: net.Config{Inputs: 64, Loss: softmax, Layers: hidden(net.Tanh, 16)}, train: train.Config{Epochs: 12, LearnRate: train.Constant(0.001)},
			want: []train.Verdict{train.OnPlateau}, text: []string{"hardly moved since epoch 8"}, data: constantInputs},
		{name: "dead units", net: net.Config{Inputs: 64, Loss: softmax, Layers: hidden(net.ReLU, 40)}, train: train.Config{Epochs: 15},
			want: []train.Verdict{train.DeadUnits}, text: []string{"of 40 units of layer 0"}, spoil: func(m *net.Network) {
				_, b := m.Layer(0)
				for i := range b[:20] {
					b[i] = -1000
				}
			}},
		{name: "saturation", net: net.Config{Inputs: 64, Loss: softmax, Layers: hidden(net.Sigmoid, 40)}, train: train.Config{Epochs: 30, LearnRate: train.Constant(0.01)},
			want: []train.Verdict{train.Saturation}, text: []string{"outputs of layer 0 are within 1 % of a bound"}, spoil: func(m *net.Network) {
				w, _ := m.Layer(0)
				for i := range w {
					w[i] *= 60
				}
			}},
		{name: "exploding gradients", net: net.Config{Inputs: 64, Loss: net.MSE, Layers: hidden(net.Tanh, 32)}, train: train.Config{Epochs: 12, ClipNorm: 0.1},
			want: []train.Verdict{train.ExplodingGradients}, text: []string{"times the usual", "Clip by norm"}, data: outlier},
	}
}

// constantInputs have nothing to learn from.
func constantInputs() (data, validation *train.Dataset) {
	data, validation = digits()
	for _, d := range []*train.Dataset{data, validation} {
		clear(d.X)
	}
	return data, validation
}

// outlier has one row whose targets are far away.
func outlier() (data, validation *train.Dataset) {
	data, validation = digits()
	for _, d := range []*train.Dataset{data, validation} {
		d.Y = make([]float32, 10*d.Rows())
		for i, l := range d.Labels {
			d.Y[10*i+l] = 1
		}
		d.Labels = nil
	}
	for j := range 10 {
		data.Y[j] = 5e3
	}
	return data, validation
}

func TestDiagnose(t *testing.T) {
	for _, c := range diagnosedRuns() {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(3) {
				data, validation := digits()
				if c.data != nil {
					data, validation = c.data()
				}
				m := network(t, c.net)
				m.Init(seed)
				if c.spoil != nil {
					c.spoil(m)
				}
				c.train.Seed, c.train.Workers = seed, 1
				h, err := trainer(t, m, c.train).Fit(context.Background(), data, validation)
				if err != nil && !errors.Is(err, train.ErrNonFinite) {
					t.Fatal(err)
				}
				found := h.Diagnose()
				var verdicts []string
				for _, f := range found {
					verdicts = append(verdicts, f.String())
				}
				same := len(found) == len(c.want)
				for i := range c.want {
					same = same && i < len(found) && found[i].Verdict == c.want[i]
				}
				if !same {
					last := h.Epochs[len(h.Epochs)-1]
					t.Errorf("seed %d: found %q, want %q; first %+v, last %+v, baseline %g", seed, verdicts, c.want, h.Epochs[0].Train, last, h.Baseline)
					continue
				}
				for _, part := range c.text {
					if !strings.Contains(found[0].Text, part) {
						t.Errorf("seed %d: %q does not say %q", seed, found[0].Text, part)
					}
				}
				if again := (&train.History{Epochs: h.Epochs[:min(3, len(h.Epochs))]}).Diagnose(); again != nil {
					t.Errorf("three epochs give %v", again)
				}
			}
		})
	}
}

// The baseline is what a network costs that always predicts the mean.
func TestBaseline(t *testing.T) {
	for _, loss := range net.Losses() {
		data, _ := outlier()
		for i := range data.Y {
			data.Y[i] = float32(i%7) / 7 / 10 // rows that sum to about 0.4
		}
		if loss == net.SoftmaxCrossEntropy {
			data, _ = digits()
		}
		m := network(t, net.Config{Inputs: 64, Loss: loss, Layers: []net.Layer{{Units: 10}}})
		h, err := trainer(t, m, train.Config{Epochs: 1}).Fit(context.Background(), data, nil)
		if err != nil {
			t.Fatal(err)
		}
		// The same network with weights 0 and the bias that predicts the mean.
		w, b := m.Layer(0)
		clear(w)
		mean := make([]float64, 10)
		for i := range data.Rows() {
			for j := range mean {
				if data.Labels == nil {
					mean[j] += float64(data.Y[10*i+j]) / float64(data.Rows())
				} else if data.Labels[i] == j {
					mean[j] += 1 / float64(data.Rows())
				}
			}
		}
		for j, p := range mean {
			switch loss {
			case net.SoftmaxCrossEntropy:
				p = math.Log(p)
			case net.BinaryCrossEntropy:
				p = math.Log(p / (1 - p))
			}
			b[j] = float32(p)
		}
		got, err := train.Evaluate(m, data)
		if err != nil || !(math.Abs(got.Loss-h.Baseline) <= 1e-5*(1+h.Baseline)) {
			t.Errorf("%s: baseline %g, a network that predicts the mean costs %g, %v", loss, h.Baseline, got.Loss, err)
		}
	}
}

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

// In a run that fits all but perfectly one row can have a gradient many times that of the others
// and still less than any at the start.
func TestNoExplosionOfSmallGradients(t *testing.T) {
	run := func(largest float64) []train.Finding {
		h := new(train.History)
		for i := range 6 {
			loss := math.Pow(0.1, float64(i))
			e := train.Epoch{Epoch: i + 1, Rate: 0.01, Steps: 40, GradNorm: loss, MaxGradNorm: 2 * loss,
				Train: train.Metrics{Loss: loss, Accuracy: 1}, Validation: train.Metrics{Loss: math.NaN(), Accuracy: math.NaN()}}
			h.Epochs = append(h.Epochs, e)
		}
		last := &h.Epochs[5]
		last.GradNorm, last.MaxGradNorm = (39*last.GradNorm+largest)/40, largest
		return h.Diagnose()
	}
	if found := run(0.01); found != nil {
		t.Errorf("small gradients: %v", found)
	}
	if found := run(10); len(found) != 1 || found[0].Verdict != train.ExplodingGradients {
		t.Errorf("a large one: %v", found)
	}
}
