package train_test

import (
	"context"
	"fmt"
	"log"

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
