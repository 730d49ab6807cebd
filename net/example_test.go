package net_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/sinew-ml/sinew/net"
)

// A network learns exclusive or by plain gradient descent. Package train has better
// optimizers and the loop.
func Example() {
	m, err := net.New(net.Config{
		Inputs: 2,
		Layers: []net.Layer{
			{Units: 4, Activation: net.Tanh},
			{Units: 1, Activation: net.Sigmoid},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	m.Init(1)
	xor := net.Batch{
		X:      []float32{0, 0, 0, 1, 1, 0, 1, 1}, // 4 rows
		Labels: []int{0, 1, 1, 0},
	}
	ws := m.NewWorkspace(4)
	for range 2000 {
		if _, err := ws.Gradient(xor); err != nil {
			log.Fatal(err)
		}
		for i, g := range ws.Grads() {
			m.Params()[i] -= 2 * g
		}
	}
	loss, err := ws.Loss(xor)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("loss below 0.01:", loss < 0.01)
	fmt.Println(m.NewPredictor(4).Classify(xor.X))
	// Output:
	// loss below 0.01: true
	// [0 1 1 0]
}

// The weights are set by hand here: two classes, told apart by the larger input.
func ExamplePredictor() {
	m, err := net.New(net.Config{Inputs: 2, Layers: []net.Layer{{Units: 2}}, Loss: net.SoftmaxCrossEntropy})
	if err != nil {
		log.Fatal(err)
	}
	w, _ := m.Layer(0)
	copy(w, []float32{ // (in, out), row-major
		1, 0,
		0, 1,
	})
	p := m.NewPredictor(2) // one for each goroutine; all share m
	x := []float32{
		3, 1,
		0, 0.5,
	}
	fmt.Printf("%.2f\n", p.Predict(x))
	fmt.Println(p.Classify(x))
	// Output:
	// [0.88 0.12 0.38 0.62]
	// [0 1]
}

func ExampleNetwork_SaveFile() {
	dir, err := os.MkdirTemp("", "sinew")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.safetensors")

	m, err := net.New(net.Config{Inputs: 4, Layers: []net.Layer{{Units: 8, Activation: net.ReLU}, {Units: 3}}})
	if err != nil {
		log.Fatal(err)
	}
	m.Init(42)
	if err := m.SaveFile(path); err != nil {
		log.Fatal(err)
	}
	same, err := net.LoadFile(path) // the architecture is in the file
	if err != nil {
		log.Fatal(err)
	}
	x := []float32{1, 2, 3, 4}
	fmt.Println(same.Config().Layers[0].Activation, len(same.Params()))
	fmt.Println(same.NewPredictor(1).Predict(x)[0] == m.NewPredictor(1).Predict(x)[0])
	// Output:
	// relu 67
	// true
}

func ExampleCheckGradients() {
	m, err := net.New(net.Config{Inputs: 2, Layers: []net.Layer{{Units: 3, Activation: net.Tanh}, {Units: 1}}})
	if err != nil {
		log.Fatal(err)
	}
	m.Init(1)
	report, err := net.CheckGradients(m, net.Batch{X: []float32{1, -2, 0.5, 3}, Y: []float32{1, -1}})
	if err != nil {
		log.Fatal(err)
	}
	for _, g := range report.Groups {
		fmt.Printf("%s: %d of %d, error below 0.001: %v\n", g.Name, g.Checked, g.Params, g.Error < 1e-3)
	}
	fmt.Println(report.Err())
	// Output:
	// layer 0 W: 6 of 6, error below 0.001: true
	// layer 0 b: 3 of 3, error below 0.001: true
	// layer 1 W: 3 of 3, error below 0.001: true
	// layer 1 b: 1 of 1, error below 0.001: true
	// <nil>
}

// A service replaces its model while requests run; one whose answers would be read wrong is
// refused.
func ExampleServer() {
	model := func(bias float32, classes ...string) *net.Network {
		m, err := net.New(net.Config{Inputs: 1, Layers: []net.Layer{{Units: 2}}, Loss: net.SoftmaxCrossEntropy, Classes: classes})
		if err != nil {
			log.Fatal(err)
		}
		_, b := m.Layer(0)
		b[1] = bias
		return m
	}
	server := net.NewServer(model(-5, "no", "yes"), 1)
	fmt.Printf("%.2f\n", server.Predict(nil, []float32{7})) // on any goroutine
	if err := server.Swap(model(5, "no", "yes")); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f\n", server.Predict(nil, []float32{7}))
	fmt.Println(server.Swap(model(5, "yes", "no")))
	// Output:
	// [0.99 0.01]
	// [0.01 0.99]
	// net: server: the network's class 0 is "yes": want "no"
}
