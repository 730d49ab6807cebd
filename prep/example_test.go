package prep_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/sinew-ml/sinew/data"
	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/prep"
	"github.com/sinew-ml/sinew/train"
)

func iris() *train.Dataset {
	x, labels := fixtures.Iris()
	return &train.Dataset{Inputs: fixtures.IrisInputs, X: x, Labels: labels}
}

// The transform becomes part of the model, which then takes rows as they are.
func Example() {
	training, test := iris().Split(0.2, 1)
	fit, err := prep.PCA(training, prep.PCAOptions{Components: 3, Whiten: true})
	if err != nil {
		log.Fatal(err)
	}
	m, err := net.New(net.Config{
		Inputs: fit.Transform.Outputs(), // of the network; the model takes 4
		Layers: []net.Layer{{Units: 16, Activation: net.Tanh}, {Units: 3}},
		Loss:   net.SoftmaxCrossEntropy,
	})
	if err != nil {
		log.Fatal(err)
	}
	m.Init(1)
	if err := m.SetTransform(fit.Transform); err != nil {
		log.Fatal(err)
	}
	t, err := train.New(m, train.Config{Epochs: 100, BatchSize: 16, LearnRate: train.Constant(0.01)})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := t.Fit(context.Background(), training, nil); err != nil {
		log.Fatal(err)
	}
	result, err := train.Evaluate(m, test)
	if err != nil {
		log.Fatal(err)
	}
	folded := m.Fold() // the same predictions, within rounding, and nothing to do before the first layer
	fmt.Println(m.Inputs(), "inputs, as many folded:", folded.Inputs(), "- right on more than 90 % of the test:", result.Accuracy > 0.9)
	// Output: 4 inputs, as many folded: 4 - right on more than 90 % of the test: true
}

// The fit sees the training part only.
func ExampleStandardize() {
	training, test := iris().Split(0.2, 1)
	fit, err := prep.Standardize(training)
	if err != nil {
		log.Fatal(err)
	}
	scaled := make([]float32, len(test.X))
	fit.Transform.Apply(scaled, test.X, nil)
	fmt.Printf("fitted on %d rows: mean %.2f, scale %.2f\n", fit.Rows, fit.Transform.Mean, fit.Transform.Scale)
	fmt.Printf("%.1f becomes %.2f\n", test.X[:4], scaled[:4])
	// Output:
	// fitted on 120 rows: mean [5.84 3.05 3.74 1.19], scale [1.25 2.22 0.57 1.34]
	// [5.0 3.4 1.5 0.2] becomes [-1.04 0.77 -1.29 -1.32]
}

// As many components as hold more than 95 % of the variance.
func ExamplePCA() {
	fit, err := prep.PCA(iris(), prep.PCAOptions{Share: 0.95})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d inputs become %d\n", fit.Transform.Inputs(), fit.Transform.Outputs())
	fmt.Printf("shares of the variance %.3f\n", fit.Shares)
	fmt.Printf("matrix %.2f\n", fit.Transform.Matrix)
	// Output:
	// 4 inputs become 2
	// shares of the variance [0.925 0.053]
	// matrix [0.36 0.66 -0.08 0.73 0.86 -0.17 0.36 -0.08]
}

// Rows in pieces, from a file larger than memory for example.
func ExampleStats() {
	stats, err := prep.NewStats(2, false)
	if err != nil {
		log.Fatal(err)
	}
	for _, piece := range [][]float32{{1, 10}, {2, 10, 4, 10}, {5, 10}} {
		if err := stats.Add(piece); err != nil {
			log.Fatal(err)
		}
	}
	fit, err := stats.MinMax(0, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(fit.Rows, "rows, constant columns", fit.Constant)
	fmt.Println(fit.Transform.Mean, fit.Transform.Scale)
	// Output:
	// 4 rows, constant columns [1]
	// [1 10] [0.25 1]
}

// The test rows have no share in what is filled in.
func ExampleFillMissing() {
	const text = "a,b,y\n1,10,0\n?,30,1\n3,?,0\n100,?,1\n"
	table, err := data.ReadCSV(strings.NewReader(text), data.CSV{Targets: []string{"y"}, Missing: data.MissingKeep})
	if err != nil {
		log.Fatal(err)
	}
	training, test := table.Data.Take([]int{0, 1, 2}), table.Data.Take([]int{3})
	means, filled, err := prep.FillMissing(training, test)
	fmt.Println(means, filled, training.X, test.X, err)
	// Output: [2 20] 3 [1 10 2 30 3 20] [100 20] <nil>
}

// Prices are learned as values near 1 and predicted as prices.
func ExampleScaleTargets() {
	d := &train.Dataset{Inputs: 1}
	for size := range 100 {
		d.X, d.Y = append(d.X, float32(size)/50-1), append(d.Y, 200_000+1_000*float32(size))
	}
	m, err := net.New(net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1}}})
	if err != nil {
		log.Fatal(err)
	}
	m.Init(1)
	t, err := train.New(m, train.Config{Epochs: 100, LearnRate: train.Constant(0.01)})
	if err != nil {
		log.Fatal(err)
	}
	targets, err := prep.ScaleTargets(d)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := t.Fit(context.Background(), targets.Apply(d), nil); err != nil {
		log.Fatal(err)
	}
	if err := targets.Undo(m); err != nil {
		log.Fatal(err)
	}
	price := m.NewPredictor(1).Predict([]float32{0})[0]
	fmt.Printf("%.0f thousand\n", price/1000)
	// Output: 250 thousand
}
