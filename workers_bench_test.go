package sinew_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/train"
)

// BenchmarkWorkers reports how much faster two workers are than one: samples of both in
// turn, the best of each. How much a second one helps in training also depends on
// whether the two processors share a cache.
//
//	go test -run='^$' -bench=Workers -benchtime=200x .
func BenchmarkWorkers(b *testing.B) {
	for _, shape := range [][3]int{{16, 32, 64}, {64, 128, 256}, {64, 128, 784}, {128, 512, 512}, {256, 1024, 1024}, {1, 2048, 1024}} {
		m, n, k := shape[0], shape[1], shape[2]
		x, w, y := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
		b.Run(fmt.Sprintf("gemm=%dx%dx%d", m, n, k), func(b *testing.B) {
			team := mat.NewTeam(2)
			defer team.Close()
			speedup(b, max(1, 1<<22/(m*n*k)),
				func() { mat.Gemm(mat.NoTrans, mat.NoTrans, m, n, k, 1, x, k, w, n, 0, y, n) },
				func() { team.Gemm(mat.NoTrans, mat.NoTrans, m, n, k, 1, x, k, w, n, 0, y, n) })
		})
	}
	for _, c := range []struct {
		size []int
		rows int
	}{{sizes[0], 16}, {[]int{256, 128, 10}, 32}, {sizes[1], 16}, {sizes[1], 64}, {sizes[1], 256}, {sizes[2], 64}, {[]int{1024, 1024, 10}, 64}} {
		batch := benchBatch(c.rows, c.size)
		b.Run(fmt.Sprintf("step=%s,rows=%d", sizeName(c.size), c.rows), func(b *testing.B) {
			step := func(workers int) func() {
				t, err := train.New(benchNetwork(b, c.size), train.Config{Optimizer: train.Adam{}, BatchSize: c.rows, LearnRate: train.Constant(1e-12), Workers: workers})
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(t.Close)
				return func() {
					if _, err := t.Step(batch); err != nil {
						b.Fatal(err)
					}
				}
			}
			speedup(b, max(20, 1<<24/(3*c.rows*weights(c.size))), step(1), step(2))
		})
	}
}

// speedup measures one and two in turn, calls times a sample.
func speedup(b *testing.B, calls int, one, two func()) {
	sample := func(f func()) time.Duration {
		began := time.Now()
		for range calls {
			f()
		}
		return time.Since(began)
	}
	sample(one)
	sample(two)
	var least [2]time.Duration
	for b.Loop() {
		for i, f := range []func(){one, two} {
			if d := sample(f); least[i] == 0 || d < least[i] {
				least[i] = d
			}
		}
	}
	b.ReportMetric(float64(least[0])/float64(least[1]), "speedup")
	b.ReportMetric(float64(least[1])/float64(calls), "ns/two")
	b.ReportMetric(0, "ns/op")
}
