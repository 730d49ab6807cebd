// Loop trains with a loop of its own, batch by batch, as for data that arrives as it is
// made: points inside and outside of a circle.
package main

import (
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(w io.Writer) error {
	m, err := net.New(net.Config{
		Inputs: 2,
		Layers: []net.Layer{{Units: 16, Activation: net.Tanh}, {Units: 1}},
		Loss:   net.BinaryCrossEntropy,
	})
	if err != nil {
		return err
	}
	m.Init(1)
	const rows, steps = 64, 2000
	t, err := train.New(m, train.Config{BatchSize: rows, LearnRate: train.Cosine{Start: 0.02, Steps: steps}})
	if err != nil {
		return err
	}
	defer t.Close()

	r := rand.New(rand.NewPCG(1, 2))
	batch := net.Batch{X: make([]float32, 2*rows), Labels: make([]int, rows)}
	draw := func() {
		for i := range rows {
			x, y := 2*r.Float32()-1, 2*r.Float32()-1
			batch.X[2*i], batch.X[2*i+1], batch.Labels[i] = x, y, 0
			if x*x+y*y < 0.5 {
				batch.Labels[i] = 1
			}
		}
	}
	for step := range steps {
		draw()
		loss, err := t.Step(batch) // allocates nothing
		if err != nil {
			return err
		}
		if step%500 == 0 {
			fmt.Fprintf(w, "step %d: loss %.2f\n", step, loss)
		}
	}
	p := m.NewPredictor(1)
	for _, point := range [][]float32{{0, 0}, {0.9, 0.9}} {
		fmt.Fprintf(w, "%v lies inside with probability %.2f\n", point, p.Predict(point)[0])
	}
	return nil
}
