// Serve answers requests from many goroutines and replaces the model behind them while
// they run. (With net/http, each request's goroutine would call Predict the same way.)
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"sync"
	"sync/atomic"

	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(w io.Writer) error {
	x, labels := fixtures.Iris()
	data := &train.Dataset{Inputs: fixtures.IrisInputs, X: x, Labels: labels}
	first, err := fit(data, 2)
	if err != nil {
		return err
	}
	server := net.NewServer(first, 1)

	const users, requests = 100, 300
	var right, replaced atomic.Int64
	var wait sync.WaitGroup
	for user := range users {
		wait.Go(func() {
			var class []int
			for i := range requests {
				row := (user*requests + i) % data.Rows()
				class = server.Classify(class[:0], data.X[row*data.Inputs:][:data.Inputs])
				if class[0] == data.Labels[row] {
					right.Add(1)
				}
			}
		})
	}
	wait.Go(func() { // meanwhile a better one is trained, and takes over
		better, err := fit(data, 60)
		if err == nil && server.Swap(better) == nil {
			replaced.Add(1)
		}
	})
	wait.Wait()

	last := server.Classify(nil, data.X[:data.Inputs])
	fmt.Fprintf(w, "%d requests answered, model replaced %d time, the first flower is of class %d\n", users*requests, replaced.Load(), last[0])
	if right.Load() == 0 {
		return fmt.Errorf("no request was answered right")
	}
	return nil
}

func fit(data *train.Dataset, epochs int) (*net.Network, error) {
	m, err := net.New(net.Config{
		Inputs: data.Inputs, Layers: []net.Layer{{Units: 16, Activation: net.ReLU}, {Units: 3}}, Loss: net.SoftmaxCrossEntropy,
	})
	if err != nil {
		return nil, err
	}
	m.Init(1)
	t, err := train.New(m, train.Config{Epochs: epochs, LearnRate: train.Constant(0.01), Workers: 1})
	if err != nil {
		return nil, err
	}
	_, err = t.Fit(context.Background(), data, nil)
	return m, err
}
