package net_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/net"
)

// Many goroutines share one network, each with a Predictor or Workspace of its own:
// the results are those of one goroutine. Under -race the detector watches, and the
// functions of package mat tell it what their assembly touches.
func TestSharedNetwork(t *testing.T) {
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		m := randomNetwork(t, net.Config{Inputs: 11, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{
			{Units: 40, Activation: net.ReLU}, {Units: 17, Activation: net.Sigmoid}, {Units: 5},
		}})
		const goroutines, rows, rounds = 8, 9, 20
		type result struct {
			out     []float32
			classes []int
			loss    float64
			grads   []float32
		}
		batches := make([]net.Batch, goroutines)
		run := func(p *net.Predictor, ws *net.Workspace, g, round int) (r result, err error) {
			n := 1 + (g+round)%rows
			b := net.Batch{X: batches[g].X[:n*11], Labels: batches[g].Labels[:n]}
			r.classes = append(r.classes, p.Classify(b.X)...)
			r.out = append(r.out, p.Predict(b.X)...)
			r.loss, err = ws.Gradient(b)
			r.grads = append(r.grads, ws.Grads()...)
			return r, err
		}
		want := make([][rounds]result, goroutines)
		p, ws := m.NewPredictor(rows), m.NewWorkspace(rows)
		for g := range goroutines {
			batches[g] = randomBatch(m, rows+g, labels) // differs with the number of rows
			for round := range rounds {
				var err error
				if want[g][round], err = run(p, ws, g, round); err != nil {
					t.Fatal(err)
				}
			}
		}
		var all sync.WaitGroup
		errs := make([]error, goroutines)
		for g := range goroutines {
			all.Go(func() {
				p, ws := m.NewPredictor(rows), m.NewWorkspace(rows)
				for round := range rounds {
					got, err := run(p, ws, g, round)
					want := want[g][round]
					if err != nil || got.loss != want.loss || fmt.Sprint(got.classes) != fmt.Sprint(want.classes) ||
						firstDifference(got.out, want.out) >= 0 || firstDifference(got.grads, want.grads) >= 0 {
						errs[g] = fmt.Errorf("goroutine %d, round %d: error %v, or a result other than in one goroutine", g, round, err)
						return
					}
				}
			})
		}
		all.Wait()
		for _, err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
	})
}
