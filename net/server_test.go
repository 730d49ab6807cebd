package net_test

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sinew-ml/sinew/net"
)

// Hundreds of goroutines predict while networks are swapped and another one is trained:
// each answer is that of one of the networks, whole.
func TestServer(t *testing.T) {
	c := net.Config{Inputs: 6, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{{Units: 33, Activation: net.Tanh}, {Units: 4}}}
	var all []*net.Network
	var want [][]float32
	b := randomBatch(newNetwork(t, c), 3, values)
	for seed := range uint64(3) {
		m := newNetwork(t, c)
		m.Init(seed)
		all = append(all, m)
		want = append(want, append([]float32(nil), m.NewPredictor(3).Predict(b.X)...))
	}
	s := net.NewServer(all[0], 3)
	calls := 300
	if testing.Short() {
		calls = 30
	}
	var wait sync.WaitGroup
	stop := make(chan struct{})
	wait.Go(func() { // a clone is trained meanwhile
		m := all[1].Clone()
		ws := m.NewWorkspace(3)
		for {
			select {
			case <-stop:
				return
			default:
			}
			runtime.Gosched() // on wasm nobody else takes turns by force
			if _, err := ws.Gradient(b); err != nil {
				t.Error(err)
				return
			}
			for i, g := range ws.Grads() {
				m.Params()[i] -= 0.1 * g
			}
		}
	})
	began := time.Now()
	var users sync.WaitGroup
	for range 200 {
		users.Go(func() {
			var out []float32
			for range calls {
				out = s.Predict(out[:0], b.X)
				known := false
				for _, w := range want {
					known = known || firstDifference(out, w) < 0
				}
				if !known {
					t.Error("an answer is that of no network")
					return
				}
			}
		})
	}
	users.Go(func() {
		for i := range calls {
			if err := s.Swap(all[i%3]); err != nil {
				t.Error(err)
			}
		}
	})
	users.Wait()
	t.Logf("200 goroutines: %d requests of 3 rows and %d swaps in %v, one network trained beside them", 200*calls, calls, time.Since(began))
	close(stop)
	wait.Wait()
	if err := s.Swap(all[2]); err != nil {
		t.Fatal(err)
	}
	sameBits(t, "after the last swap", s.Predict(nil, b.X), want[2])
	classes := s.Classify(nil, b.X)
	for i, class := range classes {
		if class != net.Class(want[2][i*4:][:4]) {
			t.Errorf("row %d: class %d", i, class)
		}
	}
	for _, none := range []net.Model{nil, (*net.Network)(nil), (*net.Mapped)(nil), (*net.Ensemble)(nil)} {
		if err := s.Swap(none); err == nil || !strings.Contains(err.Error(), "is nil") {
			t.Errorf("%T: error %v", none, err)
		}
	}
	if err := s.Swap(randomNetwork(t, net.Config{Inputs: 6, Layers: []net.Layer{{Units: 5}}})); err == nil || !strings.Contains(err.Error(), "6 inputs and 5 outputs: want 6 and 4") {
		t.Errorf("another shape: %v", err)
	}
	c.Loss = net.MSE
	if err := s.Swap(newNetwork(t, c)); err == nil || !strings.Contains(err.Error(), "outputs are values: want probabilities of one class each") {
		t.Errorf("another loss: %v", err)
	}
	sameBits(t, "after a swap that failed", s.Predict(nil, b.X), want[2])
	e := threeMembers(t, net.MSE)
	es := net.NewServer(e, 1)
	if es.Inputs() != 5 || es.Outputs() != 3 {
		t.Error("shape of a served ensemble")
	}
	sameBits(t, "ensemble", es.Predict(nil, b.X[:5]), e.NewPredictor(1).Predict(b.X[:5]))
}

// A network with other classes would be answered right and read wrong.
func TestSwapKeepsTheMeaning(t *testing.T) {
	named := func(loss net.Loss, outputs int, classes ...string) *net.Network {
		return newNetwork(t, net.Config{Inputs: 2, Loss: loss, Layers: []net.Layer{{Units: outputs}}, Classes: classes})
	}
	ensemble := func(members ...*net.Network) *net.Ensemble {
		e, err := net.NewEnsemble(members...)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	softmax := net.SoftmaxCrossEntropy
	catDog := named(softmax, 2, "cat", "dog")
	for _, c := range []struct {
		name     string
		old, new net.Model
		want     string // in the error; "": none
	}{
		{"same names", catDog, named(softmax, 2, "cat", "dog"), ""},
		{"no names any more", catDog, named(softmax, 2), ""},
		{"names now", named(softmax, 2), catDog, ""},
		{"another order", catDog, named(softmax, 2, "dog", "cat"), `class 0 is "dog": want "cat"`},
		{"another name", catDog, named(softmax, 2, "cat", "fox"), `class 1 is "fox": want "dog"`},
		{"names of a single output", named(net.BinaryCrossEntropy, 1, "no", "yes"), named(net.BinaryCrossEntropy, 1, "yes", "no"), `class 0 is "yes"`},
		{"values for probabilities", catDog, named(net.MSE, 2, "cat", "dog"), "outputs are values: want probabilities of one class each"},
		{"yes or no for one of all", catDog, named(net.BinaryCrossEntropy, 2, "cat", "dog"), "probabilities of yes, each for itself: want"},
		{"a loss of values for another", named(net.MSE, 2), named(net.Huber, 2), ""},
		{"an ensemble whose second member has names", catDog, ensemble(named(softmax, 2), named(softmax, 2, "dog", "cat")), `class 0 is "dog"`},
		{"the other way round", ensemble(named(softmax, 2), catDog), named(softmax, 2, "dog", "cat"), `class 0 is "dog"`},
		{"mapped", &net.Mapped{Network: catDog}, named(softmax, 2, "dog", "cat"), `class 0 is "dog"`},
	} {
		err := net.NewServer(c.old, 1).Swap(c.new)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}
