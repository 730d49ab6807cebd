package mat

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

// FuzzKernels compares an operation of the table with the specification on any bits, at every level.
func FuzzKernels(f *testing.F) {
	for i := range operations {
		op := &operations[i]
		for _, dist := range distributions {
			alpha, v := generate(dist, 37, len(op.args))
			var data []byte
			for _, x := range v[:len(op.args)] {
				for _, e := range x {
					data = binary.LittleEndian.AppendUint32(data, math.Float32bits(e))
				}
			}
			f.Add(uint8(i), uint8(5*i), alpha, data)
		}
	}
	f.Fuzz(func(t *testing.T, which, offset uint8, alpha float32, data []byte) {
		op := &operations[int(which)%len(operations)]
		n := min(len(data)/4/len(op.args), 2*block)
		var in vectors
		var mem [3][]float32
		for j := range op.args {
			in[j] = make([]float32, n)
			for i := range in[j] {
				in[j][i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*(j*n+i):]))
			}
			mem[j] = arena(n)
		}
		for _, level := range isa.Available() {
			restore := isa.Force(level)
			w := want(level, op, "fuzzed", alpha, in)
			w.truth = nil // its bounds are for the distributions of the table
			var v vectors
			for j := range op.args {
				v[j] = w.place(j, mem[j], margin+(int(offset)+5*j)%16)
			}
			w.check(t, op.call(alpha, &v), v[0], "fuzzed")
			for j := range op.args {
				poisonAll(v[j])
				if !poisoned(mem[j]) {
					t.Fatalf("%s, isa %v, length %d: memory beside %s is written", op.name, level, n, op.args[j])
				}
			}
			restore()
		}
	})
}

// FuzzMatrixKernels does so for the operations on rows: a shape of the table, any bits in its
// matrices and vectors.
func FuzzMatrixKernels(f *testing.F) {
	for i := range matrixOps {
		f.Add(uint8(i), uint16(3*i), []byte{0, 0, 0x80, 0x7f, 0, 0, 0xc0, 0xff, 1, 0, 0, 0})
	}
	f.Fuzz(func(t *testing.T, which uint8, shape uint16, data []byte) {
		op := &matrixOps[int(which)%len(matrixOps)]
		shapes := op.shapes()
		s := shapes[int(shape)%len(shapes)]
		in := op.inputs(s, normal)
		for j := range in.f {
			for i := range in.f[j] {
				if len(data) < 4 {
					break
				}
				in.f[j][i] = math.Float32frombits(binary.LittleEndian.Uint32(data))
				data = data[4:]
			}
		}
		want := in.clone()
		op.spec(s, want)
		for _, level := range isa.Available() {
			if op.fused && !level.Fused() {
				continue // the generic level gives other bits
			}
			restore := isa.Force(level)
			got := in.clone()
			op.call(s, got)
			op.compare(t, got, want, "fuzzed, isa "+level.String())
			restore()
		}
	})
}

// FuzzProducts does so for the products of the table and the fused ones: any shape, distances of
// rows and factors, any bits at any places of the operands.
func FuzzProducts(f *testing.F) {
	special := []byte{0, 0, 0x80, 0x7f, 0, 0, 0xc0, 0xff, 1, 0, 0, 0, 0, 0, 0, 0x80}
	for i := range len(products) + len(fusedProducts) {
		for s, shape := range [][3]uint16{{3, 5, 7}, {17, 33, 65}, {4, 16, 130}, {1, 100, 300}, {40, 1, 64}, {12, 64, 1030}} {
			f.Add(uint8(i), shape[0], shape[1], shape[2], uint64(s), float32(1), float32(s%2), special[:s%2*len(special)])
			f.Add(uint8(i), shape[0], shape[1], shape[2], uint64(s), float32(-0.5), float32(1.5), special)
		}
	}
	ps := pools{}
	f.Fuzz(func(t *testing.T, which uint8, m, n, k uint16, seed uint64, alpha, beta float32, data []byte) {
		p := &product{}
		i := int(which) % (len(products) + len(fusedProducts))
		if i < len(products) {
			p = &products[i]
		} else {
			p = &fusedProducts[i-len(products)].product
			alpha, beta = 1, 0
		}
		rows, cols, terms := int(m%70), int(n%140), int(k%1100)
		for rows*cols*terms > 1<<18 { // a few milliseconds
			rows, cols, terms = (rows+1)/2, (cols+1)/2, max(1, terms-200)
		}
		if p.fits != nil { // a vector is an operand
			for _, one := range []*int{&rows, &cols, &terms} {
				was := *one
				if *one = 1; p.fits(rows, cols, terms) {
					break
				}
				*one = was
			}
		}
		r := rand.New(rand.NewPCG(seed, 7))
		q := ps.build(p, rows, cols, terms, alpha, beta, normal, r, int(seed%16), nil)
		for len(data) >= 4 {
			v := math.Float32frombits(binary.LittleEndian.Uint32(data))
			data = data[4:]
			if x := []*matrix{&q.a, &q.b, &q.c}[r.IntN(3)]; len(x.data) > 0 && (x != &q.c || q.beta != 0) {
				x.data[r.IntN(x.rows)*x.ld+r.IntN(x.cols)] = v
			}
		}
		for _, level := range isa.Available() {
			restore := isa.Force(level)
			was := slices.Clone(q.c.data)
			if i < len(products) {
				q.run(t, level, "fuzzed", func() { p.call(q) })
			} else {
				fusedProducts[i-len(products)].compare(t, q, level, r)
			}
			copy(q.c.data, was)
			restore()
		}
	})
}

// fusedProduct is a product with what a layer does to it, and the same in steps.
type fusedProduct struct {
	product
	fused func(p *problem, more []float32, relu bool)
	steps func(p *problem, more []float32, relu bool) // by the specification; at the generic level by Gemm
	size  func(p *problem) int                        // of more
}

func biasSteps(p *problem, bias []float32, relu bool) {
	for i := range p.m {
		copy(p.c.row(i), bias)
	}
	p.specify(NoTrans, 1)
	for i := range p.m {
		if relu {
			ReLU(p.c.row(i), p.c.row(i))
		}
	}
}

func biasSize(p *problem) int { return p.n }

// specify is the product with alpha 1, NN or NT. The specification's bits are not the generic
// level's, whose Gemm other rows compare with the truth.
func (p *problem) specify(transB Trans, beta float32) {
	if isa.Active().Fused() {
		ref.Gemm(false, bool(transB), p.m, p.n, p.k, 1, p.a.data, p.a.ld, p.b.data, p.b.ld, beta, p.c.data, p.c.ld)
		return
	}
	Gemm(NoTrans, transB, p.m, p.n, p.k, 1, p.a.data, p.a.ld, p.b.data, p.b.ld, beta, p.c.data, p.c.ld)
}

var fusedProducts = []fusedProduct{
	{
		product{name: "GemmBias"},
		func(p *problem, bias []float32, relu bool) {
			GemmBias(relu, p.m, p.n, p.k, p.a.data, p.a.ld, p.b.data, p.b.ld, bias, p.c.data, p.c.ld)
		},
		biasSteps, biasSize,
	},
	{
		product{name: "GemvBias", vector: [3]bool{0: true, 2: true}, fits: func(m, _, _ int) bool { return m == 1 }},
		func(p *problem, bias []float32, relu bool) {
			GemvBias(relu, false, p.n, p.k, p.a.data, p.b.data, p.b.ld, bias, p.c.data)
		},
		biasSteps, biasSize,
	},
	{
		product{name: "GemmReLUGrad", transB: true},
		func(p *problem, y []float32, _ bool) {
			GemmReLUGrad(p.m, p.n, p.k, p.a.data, p.a.ld, p.b.data, p.b.ld, y, max(1, p.n), p.c.data, p.c.ld)
		},
		func(p *problem, y []float32, _ bool) {
			p.specify(Transpose, 0)
			for i := range p.m {
				ReLUGrad(p.c.row(i), p.c.row(i), y[i*p.n:][:p.n])
			}
		},
		func(p *problem) int { return p.m * p.n },
	},
}

// compare runs the steps and the fused product.
func (f *fusedProduct) compare(t *testing.T, p *problem, level isa.Level, r *rand.Rand) {
	t.Helper()
	more := make([]float32, f.size(p))
	for i := range more {
		more[i] = float32(r.NormFloat64())
		if r.IntN(20) == 0 {
			more[i] = odd[r.IntN(len(odd))]
		}
	}
	relu := r.IntN(2) == 0
	f.steps(p, more, relu)
	want := p.c.tight()
	poisonAll(p.c.data)
	f.fused(p, more, relu)
	for at, got := range p.c.tight() {
		if !same(got, want[at]) {
			t.Fatalf("%v, isa %v: C[%d,%d] is %g (%#08x), in steps %g (%#08x)", p, level, at/p.n, at%p.n, got, math.Float32bits(got), want[at], math.Float32bits(want[at]))
		}
	}
	if !p.a.surrounded() || !p.b.surrounded() || !p.c.surrounded() {
		t.Fatalf("%v, isa %v: memory beside the elements is written", p, level)
	}
}
