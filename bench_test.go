package sinew_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/rng"
	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// Whole-library benchmarks. Every one runs under each level of the machine, so the
// portable Go path (isa=generic) stands beside the assembly:
//
//	go test -run='^$' -bench=. .

// sizes are the networks: features, units of the layers; ReLU inside, logits out.
var sizes = [][]int{{64, 32, 10}, {784, 128, 10}, {784, 512, 512, 10}}

func sizeName(size []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(size), " ", "-"), "[]")
}

func benchNetwork(b testing.TB, size []int) *net.Network {
	b.Helper()
	c := net.Config{Inputs: size[0], Loss: net.SoftmaxCrossEntropy}
	for _, units := range size[1:] {
		c.Layers = append(c.Layers, net.Layer{Units: units, Activation: net.ReLU})
	}
	c.Layers[len(c.Layers)-1].Activation = net.Identity
	m, err := net.New(c)
	if err != nil {
		b.Fatal(err)
	}
	m.Init(1)
	return m
}

// weights returns how many multiply-adds a row costs forward.
func weights(size []int) (n int) {
	for i, in := range size[:len(size)-1] {
		n += in * size[i+1]
	}
	return n
}

func benchBatch(rows int, size []int) net.Batch {
	src := rng.New(1, 0, 0)
	batch := net.Batch{X: make([]float32, rows*size[0]), Labels: make([]int, rows)}
	for i := range batch.X {
		batch.X[i] = float32(2*src.Float64() - 1)
	}
	for i := range batch.Labels {
		batch.Labels[i] = src.IntN(size[len(size)-1])
	}
	return batch
}

// eachLevel runs f under every level and reports flop per call as GFLOP/s.
func eachLevel(b *testing.B, name string, flop int, f func(b *testing.B)) {
	for _, level := range isa.Available() {
		b.Run(fmt.Sprintf("%s/isa=%s", name, level), func(b *testing.B) {
			b.Cleanup(isa.Force(level))
			b.ReportAllocs()
			f(b)
			if flop > 0 {
				b.ReportMetric(float64(flop)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			}
		})
	}
}

func BenchmarkKernels(b *testing.B) {
	for _, n := range []int{16, 64, 256, 1024, 4096, 65536} {
		x, y, z := make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range x {
			x[i], y[i] = float32(i%7)-3, float32(i%5)-2
		}
		for _, k := range []struct {
			name    string
			flop    int // per element
			streams int // arrays read and written
			call    func()
		}{
			{"Dot", 2, 2, func() { sink = mat.Dot(x, y) }},
			{"Axpy", 2, 3, func() { mat.Axpy(1e-9, x, y) }},
			{"Sum", 1, 1, func() { sink = mat.Sum(x) }},
			{"Asum", 1, 1, func() { sink = mat.Asum(x) }},
			{"Nrm2", 2, 1, func() { sink = mat.Nrm2(x) }},
			{"Max", 0, 1, func() { sink = mat.Max(x) }},
			{"Iamax", 0, 1, func() { sink = float32(mat.Iamax(x)) }},
			{"Scal", 1, 2, func() { mat.Scal(1, y) }},
			{"Add", 1, 3, func() { mat.Add(z, x, y) }},
			{"Sub", 1, 3, func() { mat.Sub(z, x, y) }},
			{"Mul", 1, 3, func() { mat.Mul(z, x, y) }},
			{"ReLU", 0, 2, func() { mat.ReLU(z, x) }},
			{"ReLUGrad", 0, 3, func() { mat.ReLUGrad(z, x, y) }},
			{"Sigmoid", 0, 2, func() { mat.Sigmoid(z, x) }},
			{"Tanh", 0, 2, func() { mat.Tanh(z, x) }},
			{"Softmax", 0, 2, func() { mat.Softmax(z, x) }},
			{"Copy", 0, 2, func() { copy(z, x) }}, // the ceiling of one stream in, one out
		} {
			eachLevel(b, fmt.Sprintf("%s/n=%d", k.name, n), k.flop*n, func(b *testing.B) {
				b.SetBytes(int64(4 * k.streams * n))
				for b.Loop() {
					k.call()
				}
			})
		}
	}
}

var sink float32

// BenchmarkGemm has the three products of training and a narrow one.
func BenchmarkGemm(b *testing.B) {
	for _, s := range []struct {
		name           string
		transA, transB mat.Trans
		m, n, k        int
	}{
		{"NN", mat.NoTrans, mat.NoTrans, 64, 128, 784},
		{"TN", mat.Transpose, mat.NoTrans, 784, 128, 64},
		{"NT", mat.NoTrans, mat.Transpose, 64, 512, 512},
		{"NN", mat.NoTrans, mat.NoTrans, 64, 10, 128},
	} {
		x, y, z := make([]float32, s.m*s.k), make([]float32, s.k*s.n), make([]float32, s.m*s.n)
		lda, ldb := s.k, s.n
		if s.transA {
			lda = s.m
		}
		if s.transB {
			ldb = s.k
		}
		eachLevel(b, fmt.Sprintf("%s/m=%d,n=%d,k=%d", s.name, s.m, s.n, s.k), 2*s.m*s.n*s.k, func(b *testing.B) {
			for b.Loop() {
				mat.Gemm(s.transA, s.transB, s.m, s.n, s.k, 1, x, lda, y, ldb, 0, z, s.n)
			}
		})
	}
}

// BenchmarkForward is the forward pass and the loss.
func BenchmarkForward(b *testing.B) {
	for _, size := range sizes {
		const rows = 64
		m, batch := benchNetwork(b, size), benchBatch(rows, size)
		ws := m.NewWorkspace(rows)
		eachLevel(b, fmt.Sprintf("net=%s,rows=%d", sizeName(size), rows), 2*rows*weights(size), func(b *testing.B) {
			for b.Loop() {
				if _, err := ws.Loss(batch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPredict has rows without zeros, and single ones of which so many percent are blank, as
// those of images are.
func BenchmarkPredict(b *testing.B) {
	for _, size := range sizes {
		for _, c := range []struct{ rows, blank int }{{1, 0}, {1, 80}, {32, 0}} {
			m, batch := benchNetwork(b, size), benchBatch(c.rows, size)
			for i := range batch.X {
				if i%100 < c.blank {
					batch.X[i] = 0
				}
			}
			p := m.NewPredictor(c.rows)
			eachLevel(b, fmt.Sprintf("net=%s,rows=%d,blank=%d", sizeName(size), c.rows, c.blank), 2*c.rows*weights(size), func(b *testing.B) {
				for b.Loop() {
					p.Predict(batch.X)
				}
			})
		}
	}
}

// BenchmarkGradient is forward and backward, without the update. Flops are those of
// the products: 2 per weight and row forward, 2 for dW, 2 for dX but in the first layer.
func BenchmarkGradient(b *testing.B) {
	for _, size := range sizes {
		const rows = 64
		m, batch := benchNetwork(b, size), benchBatch(rows, size)
		ws := m.NewWorkspace(rows)
		eachLevel(b, fmt.Sprintf("net=%s,rows=%d", sizeName(size), rows), stepFlop(rows, size), func(b *testing.B) {
			for b.Loop() {
				if _, err := ws.Gradient(batch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func stepFlop(rows int, size []int) int { return rows * (6*weights(size) - 2*size[0]*size[1]) }

func BenchmarkStep(b *testing.B) {
	for _, o := range []struct {
		name      string
		optimizer train.Optimizer
	}{{"sgdm", train.SGD{Momentum: 0.9}}, {"adam", train.Adam{}}} {
		for i, size := range sizes {
			rows := []int{16, 64, 64}[i]
			batch := benchBatch(rows, size)
			eachLevel(b, fmt.Sprintf("net=%s,rows=%d,opt=%s", sizeName(size), rows, o.name), stepFlop(rows, size), func(b *testing.B) {
				// A rate of almost 0: random labels must not drive the weights anywhere.
				t, err := train.New(benchNetwork(b, size), train.Config{Optimizer: o.optimizer, BatchSize: rows, LearnRate: train.Constant(1e-12), Workers: 1})
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					if _, err := t.Step(batch); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
