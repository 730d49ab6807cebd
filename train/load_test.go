package train_test

import (
	"flag"
	"runtime"
	"testing"
	"time"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// Days of a service in a minute:
//
//	go test -run UnderLoad -v ./train -args -load 20000000
var load = flag.Int("load", 0, "steps of TestUnderLoad; 0 stands for a few seconds' worth")

// heap returns the objects and bytes in use after a collection.
func heap() (objects, bytes uint64) {
	runtime.GC()
	runtime.GC() // what finalizers and pools held
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapObjects, s.HeapAlloc
}

// TestUnderLoad makes very many steps of small networks: heap and goroutines stay what they were.
// Time per step is reported, not judged.
func TestUnderLoad(t *testing.T) {
	steps := *load
	switch {
	case steps > 0:
	case testing.Short():
		steps = 3_000
	default:
		steps = 100_000
	}
	for _, workers := range []int{1, 2*runtime.GOMAXPROCS(0) + 1} {
		steps := steps
		if workers > 1 {
			steps = steps/10 + 1 // more workers than processors: each step waits for others
		}
		before := settled()
		width := 8
		if workers > 1 {
			width = 200 // small networks are not shared
		}
		m := network(t, net.Config{Inputs: 16, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{
			{Units: width, Activation: net.Tanh, Norm: net.LayerNorm, Dropout: 0.1}, {Units: width, Activation: net.ReLU}, {Units: 4},
		}})
		c := everyOption(train.AdamW{})
		c.Workers, c.BatchSize = workers, 8
		tr := trainer(t, m, c)
		x, labels := make([]float32, 8*16), make([]int, 8)
		for i := range x {
			x[i] = float32(i%7) - 3
		}
		for i := range labels {
			labels[i] = i % 4
		}
		b := net.Batch{X: x, Labels: labels}
		const parts = 10
		var each [parts]time.Duration
		var objects, bytes uint64
		var goroutines int
		p := m.NewPredictor(8)
		for part := range parts {
			began := time.Now()
			for range max(1, steps/parts) {
				if _, err := tr.Step(b); err != nil {
					t.Fatal(err)
				}
				p.Predict(x)
			}
			each[part] = time.Since(began) / time.Duration(max(1, steps/parts))
			if part == 0 { // from here on nothing may be added
				objects, bytes = heap()
				goroutines = runtime.NumGoroutine()
			}
		}
		o, size := heap()
		// The runtime and the test's own goroutines keep a few objects more or less.
		const few, little = 200, 64 << 10
		if o > objects+few || size > bytes+little {
			t.Errorf("%d workers, %d steps: %d objects of %d bytes, %d of %d after a tenth of them", workers, steps, o, size, objects, bytes)
		}
		if n := runtime.NumGoroutine(); n != goroutines {
			t.Errorf("%d workers: %d goroutines, %d after a tenth of the steps", workers, n, goroutines)
		}
		t.Logf("%d workers, %d steps: %v a step at first, %v at last; heap %d objects of %d bytes, then %d of %d; %d goroutines",
			workers, steps, each[0], each[parts-1], objects, bytes, o, size, goroutines)
		tr.Close()
		for try := 0; runtime.NumGoroutine() > before; try++ {
			if try == 500 {
				t.Fatalf("%d goroutines after Close, %d before", runtime.NumGoroutine(), before)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// TestOneProcessor trains and predicts with GOMAXPROCS 1 and several workers: nothing waits for
// a goroutine that cannot run, and the bits are those of one worker.
func TestOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var want []float32
	for _, workers := range []int{1, 2, 9} {
		m := wholeHouse(t, 100)
		c := everyOption(train.AdamW{})
		c.Workers = workers
		tr := trainer(t, m, c)
		data, _ := digits()
		for range 3 {
			if _, err := tr.Step(net.Batch{X: data.X[:64*64], Labels: data.Labels[:64]}); err != nil {
				t.Fatal(err)
			}
		}
		tr.Close()
		got := append([]float32(nil), m.Params()...)
		if want == nil {
			want = got
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%d workers on one processor: parameter %d is %g, want %g", workers, i, got[i], want[i])
			}
		}
	}
}
