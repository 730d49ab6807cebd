package train_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// Train a classifier on the bundled digits and look at what it answers for one image.
func Example() {
	x, labels := fixtures.Digits()
	all := &train.Dataset{Inputs: 64, X: x, Labels: labels}
	data, test := all.Split(0.2, 1) // the same fifth of each class is held back every time

	m, err := net.New(net.Config{
		Inputs: 64,
		Layers: []net.Layer{{Units: 64, Activation: net.ReLU}, {Units: 10}},
		Loss:   net.SoftmaxCrossEntropy,
	})
	if err != nil {
		log.Fatal(err)
	}
	m.Init(1)

	t, err := train.New(m, train.Config{Epochs: 10, LearnRate: train.Constant(0.003), Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	history, err := t.Fit(context.Background(), data, test)
	if err != nil {
		log.Fatal(err)
	}
	last := history.Epochs[len(history.Epochs)-1]
	fmt.Printf("%d epochs, right on more than 95%%: %v\n", len(history.Epochs), last.Validation.Accuracy > 0.95)

	p := m.NewPredictor(1)
	probabilities := p.Predict(test.X[:64])
	class := net.Class(probabilities)
	fmt.Printf("a %d, taken for a %d, quite sure: %v\n", test.Labels[0], class, probabilities[class] > 0.9)
	// Output:
	// 10 epochs, right on more than 95%: true
	// a 1, taken for a 1, quite sure: true
}

// A loop of one's own: Step makes one update and allocates nothing.
func ExampleTrainer_Step() {
	m, err := net.New(net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1}}}) // y = w·x + b, squared error
	if err != nil {
		log.Fatal(err)
	}
	t, err := train.New(m, train.Config{Optimizer: train.SGD{}, LearnRate: train.Constant(0.1), BatchSize: 4})
	if err != nil {
		log.Fatal(err)
	}
	batch := net.Batch{X: []float32{-1, 0, 1, 2}, Y: []float32{-1, 1, 3, 5}} // y = 2x + 1
	for range 300 {
		if _, err := t.Step(batch); err != nil {
			log.Fatal(err)
		}
	}
	w, b := m.Layer(0)
	fmt.Printf("y = %.3f·x + %.3f\n", w[0], b[0])
	// Output: y = 2.000·x + 1.000
}

// A configuration is JSON, with names for optimizers and schedules; what is left out has its
// default.
func ExampleConfig() {
	text, err := json.MarshalIndent(train.Config{
		Optimizer: train.AdamW{WeightDecay: 0.05},
		LearnRate: train.Warmup{Steps: 100, Then: train.Cosine{Start: 0.002}}, // over all steps of Fit
		Epochs:    50, ClipNorm: 1, Balanced: true,
		Patience: 5, Watch: train.ValidationAccuracy, // stop early, keep the best weights
	}, "", "  ")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
	var c train.Config
	fmt.Println(json.Unmarshal([]byte(`{"optimizer": {"name": "adamax"}}`), &c))
	// Output:
	// {
	//   "optimizer": {
	//     "name": "adamw",
	//     "weight_decay": 0.05
	//   },
	//   "learn_rate": {
	//     "name": "warmup",
	//     "steps": 100,
	//     "then": {
	//       "name": "cosine",
	//       "start": 0.002
	//     }
	//   },
	//   "epochs": 50,
	//   "clip_norm": 1,
	//   "balanced": true,
	//   "patience": 5,
	//   "watch": "validation-accuracy"
	// }
	// train: configuration: optimizer: unknown name "adamax"; known: adagrad, adam, adamw, rmsprop, rprop, sgd
}

// L1 brings the weights of inputs that say nothing to 0, exactly.
func ExampleConfig_l1() {
	r := rand.New(rand.NewPCG(1, 2))
	data := &train.Dataset{Inputs: 6}
	for range 500 {
		row := make([]float32, 6)
		for i := range row {
			row[i] = float32(r.NormFloat64())
		}
		data.X = append(data.X, row...)
		data.Y = append(data.Y, 2*row[0]-3*row[1]) // the other four are noise
	}
	m, err := net.New(net.Config{Inputs: 6, Layers: []net.Layer{{Units: 1}}, Loss: net.MSE})
	if err != nil {
		log.Fatal(err)
	}
	m.Init(1)
	t, err := train.New(m, train.Config{Optimizer: train.SGD{}, L1: 0.5, Epochs: 30})
	if err != nil {
		log.Fatal(err)
	}
	history, err := t.Fit(context.Background(), data, nil)
	if err != nil {
		log.Fatal(err)
	}
	w, _ := m.Layer(0)
	fmt.Printf("%.0f\n", w)
	fmt.Printf("%.0f%% of the weights are 0\n", 100*history.Epochs[29].Layers[0].Sparsity)
	// Output:
	// [2 -3 0 0 0 0]
	// 67% of the weights are 0
}

// A run that goes on where it was stopped, by whatever: the same program is simply
// started again.
func ExampleTrainer_Resume() {
	x, labels := fixtures.Digits()
	data := &train.Dataset{Inputs: 64, X: x, Labels: labels}
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "digits.checkpoint")

	program := func(ctx context.Context, progress func(train.Progress)) {
		m, err := net.New(net.Config{Inputs: 64, Layers: []net.Layer{{Units: 10}}, Loss: net.SoftmaxCrossEntropy})
		if err != nil {
			log.Fatal(err)
		}
		m.Init(1)
		t, err := train.New(m, train.Config{Epochs: 3, Checkpoint: train.Checkpoint{Path: path}, Progress: progress})
		if err != nil {
			log.Fatal(err)
		}
		if _, err := t.Resume(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			log.Fatal(err)
		}
		from := t.Steps()
		h, err := t.Fit(ctx, data, nil)
		fmt.Printf("from step %d to %d: %d epochs, %v\n", from, t.Steps(), len(h.Epochs), err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	program(ctx, func(p train.Progress) {
		if p.Epoch == 2 && p.Step == 20 {
			cancel()
		}
	})
	program(context.Background(), nil)
	// Output:
	// from step 0 to 77: 1 epochs, context canceled
	// from step 77 to 171: 3 epochs, <nil>
}

// Fine-tuning: the first layer stays as it came with the model, and is run once for all epochs; the
// last learns the rows at hand.
func ExampleConfig_frozen() {
	x, labels := fixtures.Digits()
	data := &train.Dataset{Inputs: 64, X: x, Labels: labels}
	m, err := net.New(net.Config{Inputs: 64, Layers: []net.Layer{{Units: 100, Activation: net.ReLU}, {Units: 10}}, Loss: net.SoftmaxCrossEntropy})
	if err != nil {
		log.Fatal(err)
	}
	m.Init(1) // in the place of net.LoadFile
	w, _ := m.Layer(0)
	before := slices.Clone(w)
	t, err := train.New(m, train.Config{Epochs: 10, Layers: []train.LayerConfig{{Frozen: true}, {}}})
	if err != nil {
		log.Fatal(err)
	}
	defer t.Close()
	history, err := t.Fit(context.Background(), data, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the first layer is as it was:", slices.Equal(w, before))
	fmt.Println("accuracy above 90 %:", history.Epochs[9].Train.Accuracy > 0.9)
	// Output:
	// the first layer is as it was: true
	// accuracy above 90 %: true
}

// Three networks of different seeds, each trained on rows drawn with replacement, predict
// together.
func ExampleFitEnsemble() {
	x, labels := fixtures.Iris()
	all := &train.Dataset{Inputs: 4, X: x, Labels: labels}
	data, test := all.Split(0.3, 1)
	m, err := net.New(net.Config{Inputs: 4, Layers: []net.Layer{{Units: 16, Activation: net.ReLU}, {Units: 3}}, Loss: net.SoftmaxCrossEntropy})
	if err != nil {
		log.Fatal(err)
	}
	ensemble, histories, err := train.FitEnsemble(context.Background(), m, train.Config{Epochs: 60, LearnRate: train.Constant(0.02)}, train.EnsembleConfig{Members: 3, Bootstrap: true}, data, nil)
	if err != nil {
		log.Fatal(err)
	}
	right := 0
	for i, class := range ensemble.NewPredictor(test.Rows()).Classify(test.X) {
		if class == test.Labels[i] {
			right++
		}
	}
	fmt.Println(len(ensemble.Members()), "members,", len(histories), "histories")
	fmt.Println("above 90 %:", 10*right > 9*test.Rows())
	// Output:
	// 3 members, 3 histories
	// above 90 %: true
}
