package train_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// A schedule over all steps of a run keeps its rate where these are more than an int of 32 bits
// holds.
func TestMoreStepsThanAnInt(t *testing.T) {
	m := network(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1}}})
	data := &train.Dataset{Inputs: 1}
	for i := range 256 {
		data.X, data.Y = append(data.X, float32(i%7)), append(data.Y, float32(i%5))
	}
	ctx, cancel := context.WithCancel(context.Background())
	var before []float32
	tr := trainer(t, m, train.Config{
		Optimizer: train.SGD{}, LearnRate: train.Cosine{Start: 1e-3}, BatchSize: 1, Epochs: 1 << 24,
		Progress: func(p train.Progress) {
			if p.Step == 9 {
				before = slices.Clone(m.Params())
			}
			if p.Step == 10 {
				cancel()
			}
		},
	})
	if _, err := tr.Fit(ctx, data, nil); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if slices.Equal(m.Params(), before) {
		t.Error("the rate is 0 in the tenth step")
	}
}
