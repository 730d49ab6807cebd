package data_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"github.com/sinew-ml/sinew/data"
	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// Training on a file that need not fit memory: in every epoch it is read again, in
// another order, and the next rows are read while the present ones are used.
func Example() {
	path, err := irisCSV()
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(path)
	flowers, err := data.OpenCSV(path, data.CSV{Label: "species"})
	if err != nil {
		log.Fatal(err)
	}
	defer flowers.Close()
	fmt.Println(flowers.Rows(), "rows of", flowers.Table().Columns, "in classes", flowers.Classes())

	rows := data.Prefetch(data.Shuffle(flowers, 150, 1), 64)
	defer rows.Close()
	m, err := net.New(net.Config{
		Inputs: rows.Inputs(),
		Layers: []net.Layer{{Units: 16, Activation: net.Tanh}, {Units: len(flowers.Classes())}},
		Loss:   net.SoftmaxCrossEntropy,
	})
	if err != nil {
		log.Fatal(err)
	}
	m.Init(1)
	t, err := train.New(m, train.Config{Epochs: 60, BatchSize: 16, LearnRate: train.Constant(0.01)})
	if err != nil {
		log.Fatal(err)
	}
	history, err := t.FitSource(context.Background(), rows, rows.Outputs() == 0, nil)
	if err != nil {
		log.Fatal(err)
	}
	last := history.Epochs[len(history.Epochs)-1]
	fmt.Println("right on more than 95 %:", last.Train.Accuracy > 0.95)
	// Output:
	// 150 rows of [length width petal-length petal-width] in classes [setosa versicolor virginica]
	// right on more than 95 %: true
}

// irisCSV writes the bundled flowers as a table.
func irisCSV() (path string, err error) {
	f, err := os.CreateTemp("", "iris-*.csv")
	if err != nil {
		return "", err
	}
	x, labels := fixtures.Iris()
	fmt.Fprintln(f, "length,width,petal-length,petal-width,species")
	for i, l := range labels {
		for _, v := range x[4*i : 4*i+4] {
			fmt.Fprint(f, v, ",")
		}
		fmt.Fprintln(f, fixtures.IrisClasses[l])
	}
	return f.Name(), f.Close()
}

// A table with a header, a column of class names and a missing value.
func ExampleReadCSV() {
	const text = `length,width,kind
5.1,3.5,setosa
7.0,,versicolor
4.9,3.0,setosa
`
	table, err := data.ReadCSV(strings.NewReader(text), data.CSV{Label: "kind", Missing: data.MissingMean})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(table.Columns, table.Data.Classes)
	fmt.Println(table.Data.X, table.Data.Labels)

	_, err = data.ReadCSV(strings.NewReader(text), data.CSV{Label: "kind"})
	fmt.Println(err)
	// Output:
	// [length width] [setosa versicolor]
	// [5.1 3.5 7 3.25 4.9 3] [0 1 0]
	// data: line 3, column 2 ("width"): the value is missing (""): set a policy for missing values
}

// Images and labels in the format of MNIST, as they are published.
func ExampleArrays_Load() {
	const folder = "/usr/share/datasets/fashion-mnist" // of Debian's package dataset-fashion-mnist
	if _, err := os.Stat(folder); err != nil {
		return
	}
	d, err := data.Arrays{
		Inputs:  folder + "/train-images-idx3-ubyte.gz",
		Targets: folder + "/train-labels-idx1-ubyte.gz",
		Divide:  255,
	}.Load()
	if err != nil {
		log.Fatal(err)
	}
	log.Println(d.Rows(), "images of", d.Inputs, "pixels")
}

// Rows of a file, which may be larger than memory, in random order; the next ones are
// read while the present ones are used.
func ExamplePrefetch() {
	src, err := data.Arrays{Inputs: "testdata/set.npz"}.Open()
	if err != nil {
		log.Fatal(err)
	}
	defer src.Close()
	rows := data.Prefetch(data.Shuffle(src, 1000, 1), 1024)
	defer rows.Close()

	x, labels := make([]float32, 3*rows.Inputs()), make([]int, 3) // a batch
	for pass := range 2 {
		if err := rows.Rewind(pass); err != nil {
			log.Fatal(err)
		}
		for {
			n, err := rows.Read(x, labels, nil)
			if err == io.EOF {
				break
			}
			if err != nil {
				log.Fatal(err)
			}
			fmt.Printf("pass %d: %d rows\n", pass, n)
		}
	}
	// Output:
	// pass 0: 3 rows
	// pass 0: 1 rows
	// pass 1: 3 rows
	// pass 1: 1 rows
}

func ExampleStratifiedKFold() {
	x, labels := fixtures.Iris()
	d := &train.Dataset{Inputs: fixtures.IrisInputs, X: x, Labels: labels}
	folds, err := data.StratifiedKFold(d, 5, 1)
	if err != nil {
		log.Fatal(err)
	}
	for i, f := range folds {
		training, test := f.Of(d)
		fmt.Printf("fold %d: train on %d rows, test on %d\n", i, training.Rows(), test.Rows())
	}
	// Output:
	// fold 0: train on 120 rows, test on 30
	// fold 1: train on 120 rows, test on 30
	// fold 2: train on 120 rows, test on 30
	// fold 3: train on 120 rows, test on 30
	// fold 4: train on 120 rows, test on 30
}

func ExamplePredictionWriter() {
	w := data.NewPredictionWriter(os.Stdout, 2, true, []string{"healthy", "ill"})
	if err := w.Write([]float32{0.875, 0.125, 0.25, 0.75}, []int{0, 1}); err != nil {
		log.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// class,healthy,ill
	// healthy,0.875,0.125
	// ill,0.25,0.75
}

func ExampleWriteNPY() {
	f, err := os.CreateTemp("", "*.npy")
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(f.Name())
	if err := data.WriteNPY(f, []float32{1, 2, 3, 4, 5, 6}, 3, 2); err != nil {
		log.Fatal(err)
	}
	if err := f.Close(); err != nil {
		log.Fatal(err)
	}
	d, err := data.Arrays{Inputs: f.Name()}.Load()
	fmt.Println(d.Rows(), d.Inputs, err)
	// Output: 3 2 <nil>
}
