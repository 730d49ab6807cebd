package onnx

import (
	"errors"
	"fmt"
	"math"

	"github.com/sinew-ml/sinew/mat"
)

// linear is y = x·W + b over the last dimension of x, with ReLU of that if relu is true.
type linear struct {
	stepBase
	inputs, outputs int
	w               []float32 // (inputs, outputs), as package net has it
	b               []float32 // (outputs) or nil
	relu            bool      // only with b
}

func (s *linear) run(m *memory, rows int) {
	x, y := m.floats(s.in[0], rows), m.floats(s.out, rows)
	n := len(x) / s.inputs
	if s.b == nil {
		mat.Gemm(mat.NoTrans, mat.NoTrans, n, s.outputs, s.inputs, 1, x, s.inputs, s.w, s.outputs, 0, y, s.outputs)
		return
	}
	mat.GemmBias(s.relu, n, s.outputs, s.inputs, x, s.inputs, s.w, s.outputs, s.b, y, s.outputs)
}

func (s *linear) work() int64 { return int64(s.in[0].size()) * int64(s.outputs) }

// linear emits x·W + bias for a W of shape (k, n).
func (b *builder) linear(node *node, x *value, w []float32, k, n int, bias []float32) (*value, error) {
	if k == 0 || n == 0 {
		return nil, fmt.Errorf("a matrix of shape [%d %d]", k, n)
	}
	if len(x.shape) == 0 || x.shape[len(x.shape)-1] != k {
		return nil, fmt.Errorf("shapes %s and [%d %d] do not match", x.describe(), k, n)
	}
	shape := append([]int(nil), x.shape...)
	shape[len(shape)-1] = n
	s := &linear{stepBase: stepBase{node: node, in: []*value{x}}, inputs: k, outputs: n, w: w, b: bias}
	return b.emit(s, floats, shape)
}

// matrix returns the elements of a constant matrix, transposed if asked, times scale.
// They may be the constant's own, or those that another node asked for.
func (b *builder) matrix(v *value, transposed bool, scale float64) (w []float32, rows, cols int, err error) {
	if v.dynamic {
		return nil, 0, 0, errConstant
	}
	if len(v.shape) != 2 {
		return nil, 0, 0, fmt.Errorf("a matrix of shape %v: want 2 dimensions", v.shape)
	}
	w, rows, cols = v.f, v.shape[0], v.shape[1]
	if transposed {
		rows, cols = cols, rows
	}
	if len(w) == 0 || !transposed && scale == 1 {
		return w, rows, cols, nil
	}
	// Once for all nodes that share the matrix, and counted: a small file can have many
	// nodes and ask for many scales.
	key := changed{&w[0], len(w), transposed, rows, math.Float64bits(scale)}
	if done := b.changed[key]; done != nil {
		return done, rows, cols, nil
	}
	if err := b.take(v.shape); err != nil {
		return nil, 0, 0, err
	}
	if transposed {
		w = transpose(w, v.shape[0], v.shape[1])
	}
	b.changed[key] = scaled(w, scale)
	return b.changed[key], rows, cols, nil
}

// changed is what matrix was asked for.
type changed struct {
	first      *float32
	n          int
	transposed bool
	rows       int
	scale      uint64 // its bits: NaN is a scale too
}

// transpose returns the transpose of w (rows, cols).
func transpose(w []float32, rows, cols int) []float32 {
	const block = 32 // columns written in turn: their lines stay in the cache
	t := make([]float32, len(w))
	for i0 := 0; i0 < rows; i0 += block {
		for j := range cols {
			for i := i0; i < min(i0+block, rows); i++ {
				t[j*rows+i] = w[i*cols+j]
			}
		}
	}
	return t
}

// scaled returns a times x, in new memory unless a is 1.
func scaled(x []float32, a float64) []float32 {
	if a == 1 {
		return x
	}
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(a * float64(v))
	}
	return y
}

var errProduct = errors.New("both operands depend on the model's inputs: products of such are not supported")

func buildMatMul(b *builder, n *node, in []*value) ([]*value, error) {
	x, w := in[0], in[1]
	if err := wantFloats(x, w); err != nil {
		return nil, err
	}
	switch {
	case x.dynamic && w.dynamic:
		return nil, errProduct
	case w.dynamic && w.rowsLast: // A·Xᵗ = (X·Aᵗ)ᵗ
		t, k, m, err := b.matrix(x, true, 1)
		if err != nil {
			return nil, err
		}
		return one(b.linearT(n, w, t, k, m))
	case w.dynamic:
		return nil, fmt.Errorf("a constant times shape %s: rows would mix", w.describe())
	case x.rowsLast:
		return nil, fmt.Errorf("shape %s times a constant: rows would mix", x.describe())
	}
	shape := w.shape
	for len(shape) > 2 && shape[0] == 1 && len(shape) <= x.rank() {
		shape = shape[1:]
	}
	switch len(shape) {
	case 2:
		return one(b.linear(n, x, w.f, shape[0], shape[1], nil))
	case 1:
		y, err := b.linear(n, x, w.f, shape[0], 1, nil)
		if err != nil {
			return nil, err
		}
		return []*value{y.alias(y.shape[:len(y.shape)-1])}, nil
	}
	return nil, fmt.Errorf("shapes %s and %v: want a matrix as the second", x.describe(), w.shape)
}

// linearT is linear on a value with its rows last.
func (b *builder) linearT(node *node, x *value, w []float32, k, n int) (*value, error) {
	y, err := b.linear(node, x.alias(x.shape), w, k, n, nil)
	if err != nil {
		return nil, err
	}
	y.rowsLast = true
	return y, nil
}

func buildGemm(b *builder, n *node, in []*value) ([]*value, error) {
	x, w, c := in[0], in[1], in[2]
	at := &attrs{n: n}
	alpha, beta := at.float("alpha", 1), at.float("beta", 1)
	transA, transB := at.flag("transA", false), at.flag("transB", false)
	if at.err != nil {
		return nil, at.err
	}
	if c == nil && n.opset < 11 {
		return nil, errors.New("input C is missing: optional from opset 11 on")
	}
	if err := wantFloats(x, w, c); err != nil {
		return nil, err
	}
	if x.rank() != 2 || w.rank() != 2 || c != nil && c.rank() > 2 {
		return nil, fmt.Errorf("shapes %s and %s: want 2 dimensions", x.describe(), w.describe())
	}
	var y *value
	var err error
	switch {
	case x.dynamic && w.dynamic:
		return nil, errProduct
	case w.dynamic: // op(A)·op(X) with rows last
		if w.rowsLast == transB {
			return nil, fmt.Errorf("transB %t with shape %s: rows would mix", transB, w.describe())
		}
		m, rows, cols, err := b.matrix(x, !transA, alpha)
		if err != nil {
			return nil, err
		}
		if y, err = b.linearT(n, w, m, rows, cols); err != nil {
			return nil, err
		}
	case x.dynamic && x.rowsLast != transA:
		return nil, fmt.Errorf("transA %t with shape %s: rows would mix", transA, x.describe())
	default:
		m, rows, cols, err := b.matrix(w, transB, alpha)
		if err != nil {
			return nil, err
		}
		a := x.alias(x.shape)
		if !x.dynamic && transA {
			t, m, k, err := b.matrix(x, true, 1)
			if err != nil {
				return nil, err
			}
			a = &value{shape: []int{m, k}, f: t}
		}
		if bias, ok := rowVector(c, cols); ok && x.dynamic {
			return one(b.linear(n, a, m, rows, cols, scaled(bias, beta)))
		}
		if y, err = b.linear(n, a, m, rows, cols, nil); err != nil {
			return nil, err
		}
	}
	if c == nil {
		return []*value{y}, nil
	}
	if beta != 1 {
		if c, err = b.binary(n, mulOp, c, number(beta)); err != nil {
			return nil, err
		}
	}
	z, err := b.binary(n, addOp, y, c)
	if err == nil && (z.rowsLast != y.rowsLast || product(z.shape) != product(y.shape)) {
		err = fmt.Errorf("input C of shape %s: want one that broadcasts to %s", c.describe(), y.describe())
	}
	return one(z, err)
}

// rowVector returns the n elements that a constant adds to every row; false if it is
// nothing so simple.
func rowVector(c *value, n int) ([]float32, bool) {
	if c == nil || c.dynamic || len(c.shape) == 2 && c.shape[0] != 1 {
		return nil, false
	}
	switch len(c.f) {
	case n:
		return c.f, true
	case 1:
		bias := make([]float32, n)
		for i := range bias {
			bias[i] = c.f[0]
		}
		return bias, true
	}
	return nil, false
}

// one makes the list of results of an operator that has one.
func one(v *value, err error) ([]*value, error) {
	if err != nil {
		return nil, err
	}
	return []*value{v}, nil
}
