package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/sinew-ml/sinew/mat"
)

// function is an element-wise function of one variable with up to two parameters.
type function struct {
	name string
	run  func(dst, x []float32, alpha, beta float32) // dst may be x
}

// unary is y = f(x), element by element.
type unary struct {
	stepBase
	f           *function
	alpha, beta float32
}

func (s *unary) run(m *memory, rows int) {
	s.f.run(m.floats(s.out, rows), m.floats(s.in[0], rows), s.alpha, s.beta)
}

func (b *builder) unary(n *node, f *function, x *value, alpha, beta float64) (*value, error) {
	if err := wantFloats(x); err != nil {
		return nil, err
	}
	s := &unary{stepBase: stepBase{node: n, in: []*value{x}}, f: f, alpha: float32(alpha), beta: float32(beta)}
	y, err := b.emit(s, floats, x.shape)
	if err != nil {
		return nil, err
	}
	y.rowsLast = x.rowsLast
	return y, nil
}

// buildUnary is the operator of a function without parameters.
func buildUnary(f *function) buildFunc {
	return func(b *builder, n *node, in []*value) ([]*value, error) {
		return one(b.unary(n, f, in[0], 0, 0))
	}
}

// buildUnaryAlpha is the operator of a function with the attribute alpha.
func buildUnaryAlpha(f *function, missing float64) buildFunc {
	return func(b *builder, n *node, in []*value) ([]*value, error) {
		at := &attrs{n: n}
		alpha := at.float("alpha", missing)
		if at.err != nil {
			return nil, at.err
		}
		return one(b.unary(n, f, in[0], alpha, 0))
	}
}

// buildUnaryAlphaBeta is the operator of a function with two attributes.
func buildUnaryAlphaBeta(f *function, alphaName string, alpha float64, betaName string, beta float64) buildFunc {
	return func(b *builder, n *node, in []*value) ([]*value, error) {
		at := &attrs{n: n}
		alpha, beta := at.float(alphaName, alpha), at.float(betaName, beta)
		if at.err != nil {
			return nil, at.err
		}
		return one(b.unary(n, f, in[0], alpha, beta))
	}
}

func buildGelu(b *builder, n *node, in []*value) ([]*value, error) {
	at := &attrs{n: n}
	form := at.text("approximate", "none")
	switch {
	case at.err != nil:
		return nil, at.err
	case form == "none":
		return one(b.unary(n, geluFunc, in[0], 0, 0))
	case form == "tanh":
		return one(b.unary(n, geluTanhFunc, in[0], 0, 0))
	}
	return nil, fmt.Errorf("approximate %.40q: want \"none\" or \"tanh\"", form)
}

// buildSwish: with the factor 1 it is SiLU.
func buildSwish(b *builder, n *node, in []*value) ([]*value, error) {
	at := &attrs{n: n}
	alpha := at.float("alpha", 1)
	if at.err != nil {
		return nil, at.err
	}
	if alpha == 1 {
		return one(b.unary(n, siluFunc, in[0], 0, 0))
	}
	return one(b.unary(n, swishFunc, in[0], alpha, 0))
}

// buildClip reads the bounds from attributes before opset 11 and from inputs since then.
func buildClip(b *builder, n *node, in []*value) ([]*value, error) {
	lo, hi := math.Inf(-1), math.Inf(1)
	if n.opset < 11 {
		at := &attrs{n: n}
		lo, hi = at.float("min", lo), at.float("max", hi)
		if at.err != nil {
			return nil, at.err
		}
	}
	for i, bound := range []*float64{&lo, &hi} {
		if v := in[i+1]; v != nil {
			x, err := constFloat(v)
			if err != nil {
				return nil, err
			}
			*bound = x
		}
	}
	return one(b.unary(n, clipFunc, in[0], lo, hi))
}

// pairOp is an element-wise function of two variables.
type pairOp struct {
	name  string
	f     func(x, y float32) float32
	whole func(dst, x, y []float32) // the same on slices of one length, if mat has it
	// ints computes with shapes; nil where no exporter does.
	ints func(x, y int64) (int64, error)
}

var (
	addOp = &pairOp{name: "Add", f: func(x, y float32) float32 { return x + y }, whole: mat.Add,
		ints: func(x, y int64) (int64, error) { return x + y, nil }}
	subOp = &pairOp{name: "Sub", f: func(x, y float32) float32 { return x - y }, whole: mat.Sub,
		ints: func(x, y int64) (int64, error) { return x - y, nil }}
	mulOp = &pairOp{name: "Mul", f: func(x, y float32) float32 { return x * y }, whole: mat.Mul,
		ints: func(x, y int64) (int64, error) { return x * y, nil }}
	divOp = &pairOp{name: "Div", f: func(x, y float32) float32 { return x / y },
		ints: func(x, y int64) (int64, error) {
			if y == 0 {
				return 0, errors.New("integer division by zero")
			}
			return x / y, nil // truncates, as ONNX says
		}}
	powOp = &pairOp{name: "Pow", f: pow}
	minOp = &pairOp{name: "Min", f: func(x, y float32) float32 { return min(x, y) }}
	maxOp = &pairOp{name: "Max", f: func(x, y float32) float32 { return max(x, y) }}
	// The slope of PRelu is the second operand.
	preluOp = &pairOp{name: "PRelu", f: func(x, slope float32) float32 {
		if x < 0 {
			return x * slope
		}
		return x
	}}
)

// changesNothing tells whether x op y is x, to the bit, for a number y: exporters write x·1 for
// a scale that the user left alone, and it would hide patterns and layers.
func (op *pairOp) changesNothing(y *value) bool {
	if y.dynamic || len(y.f) != 1 {
		return false
	}
	switch op {
	case mulOp, divOp, powOp:
		return y.f[0] == 1
	case subOp:
		return math.Float32bits(y.f[0]) == 0
	}
	return false
}

// pair is z = f(x, y) with numpy's broadcasting within a row.
type pair struct {
	stepBase
	op   *pairOp
	x, y operand
}

// operand says where the element of an operand is that goes with element j of a row.
type operand struct {
	at     []int32 // at[j], if there is such a list
	period int     // j mod period otherwise
	row    int     // the distance between rows, 0 for constants
}

// operand works out how a value is broadcast to rows of the shape.
func (b *builder) operand(v *value, inner, shape []int) (operand, error) {
	o := operand{}
	if v.dynamic {
		o.row = v.size()
	}
	// Equal trailing dimensions repeat the operand as a whole; otherwise it needs a map.
	for len(inner) > 0 && inner[0] == 1 {
		inner = inner[1:]
	}
	if equalTail(shape, inner) {
		o.period = product(inner)
		return o, nil
	}
	if err := b.take(shape); err != nil {
		return o, err
	}
	o.at = positions(inner, shape)
	return o, nil
}

// operands is operand for several, of which inner are the shapes.
func (b *builder) operands(in []*value, inner [][]int, shape []int, to ...*operand) error {
	for i, v := range in {
		var err error
		if *to[i], err = b.operand(v, inner[i], shape); err != nil {
			return err
		}
	}
	return nil
}

func equalTail(shape, tail []int) bool {
	if len(tail) > len(shape) {
		return false
	}
	for i, d := range tail {
		if d != shape[len(shape)-len(tail)+i] {
			return false
		}
	}
	return true
}

// index returns where in its row the operand's element is that goes with element j.
func (o *operand) index(j int) int {
	if o.at != nil {
		return int(o.at[j])
	}
	return j % o.period
}

func (s *pair) run(m *memory, rows int) {
	x, y, z := m.floats(s.in[0], rows), m.floats(s.in[1], rows), m.floats(s.out, rows)
	n := s.out.size()
	switch {
	case n == 0: // a constant without elements: operands may have some
	case s.op.whole != nil && s.x.period == n && s.x.row == n && s.y.period == n && s.y.row == n:
		s.op.whole(z, x, y)
	case s.op.whole != nil && s.x.period == n && s.y.period > 1 && (s.y.row == 0 || s.y.period == n):
		for r := range rows {
			xr, yr, zr := x[r*s.x.row:], y[r*s.y.row:], z[r*n:][:n]
			for p := s.y.period; len(zr) > 0; zr, xr = zr[p:], xr[p:] {
				s.op.whole(zr[:p], xr[:p], yr[:p])
			}
		}
	default:
		f := s.op.f
		for r := range rows {
			xr, yr, zr := x[r*s.x.row:], y[r*s.y.row:], z[r*n:][:n]
			switch {
			case s.x.period == n && s.y.period == n:
				for j := range zr {
					zr[j] = f(xr[j], yr[j])
				}
			case s.x.period == n && s.y.period == 1:
				for j := range zr {
					zr[j] = f(xr[j], yr[0])
				}
			default:
				for j := range zr {
					zr[j] = f(xr[s.x.index(j)], yr[s.y.index(j)])
				}
			}
		}
	}
}

// inner returns the shape of v below the rows, in a result of the rank; rowsLast says where
// the result has its rows.
func (v *value) inner(rank int, rowsLast bool) ([]int, error) {
	fail := func() ([]int, error) {
		return nil, fmt.Errorf("shape %s does not broadcast along the rows of the other operand", v.describe())
	}
	switch {
	case v.dynamic:
		if v.rank() != rank || v.rowsLast != rowsLast {
			return fail()
		}
		return v.shape, nil
	case rowsLast:
		if len(v.shape) == 0 {
			return nil, nil
		}
		if len(v.shape) > rank || v.shape[len(v.shape)-1] != 1 {
			return fail()
		}
		return v.shape[:len(v.shape)-1], nil
	case len(v.shape) < rank:
		return v.shape, nil
	case len(v.shape) == rank && v.shape[0] == 1:
		return v.shape[1:], nil
	}
	return fail()
}

// joint returns the shapes of the operands and the result below the rows, which are there if
// any operand is dynamic.
func joint(in ...*value) (inner [][]int, shape []int, rowsLast bool, err error) {
	rank, dynamic := 0, false
	for _, v := range in {
		if v.dynamic {
			dynamic, rowsLast = true, v.rowsLast
			rank = max(rank, v.rank())
		}
	}
	inner = make([][]int, len(in))
	for i, v := range in {
		inner[i] = v.shape
		if dynamic {
			if inner[i], err = v.inner(rank, rowsLast); err != nil {
				return nil, nil, false, err
			}
		}
		if shape, err = broadcast(shape, inner[i]); err != nil {
			return nil, nil, false, err
		}
	}
	return inner, shape, rowsLast, nil
}

func (b *builder) binary(n *node, op *pairOp, x, y *value) (*value, error) {
	if x.kind == ints && y.kind == ints && !x.dynamic && !y.dynamic && op.ints != nil {
		return b.intBinary(op, x, y)
	}
	if err := wantFloats(x, y); err != nil {
		return nil, err
	}
	if !x.dynamic && y.dynamic && (op == addOp || op == mulOp) {
		x, y = y, x // the same sum or product; steps and patterns then know one order only
	}
	inner, shape, rowsLast, err := joint(x, y)
	if err != nil {
		return nil, err
	}
	if x.dynamic && slices.Equal(shape, x.shape) && op.changesNothing(y) {
		return x, nil
	}
	s := &pair{stepBase: stepBase{node: n, in: []*value{x, y}}, op: op}
	if err := b.operands(s.in, inner, shape, &s.x, &s.y); err != nil {
		return nil, err
	}
	z, err := b.emit(s, floats, shape)
	if err != nil {
		return nil, err
	}
	z.rowsLast = rowsLast
	return z, nil
}

// intBinary computes with constants of integers at once.
func (b *builder) intBinary(op *pairOp, x, y *value) (*value, error) {
	xs, err := constInts(x)
	if err != nil {
		return nil, err
	}
	ys, err := constInts(y)
	if err != nil {
		return nil, err
	}
	shape, err := broadcast(x.shape, y.shape)
	if err != nil {
		return nil, err
	}
	z, err := b.fresh(ints, shape, false)
	if err != nil {
		return nil, err
	}
	if err := b.take(shape, shape); err != nil {
		return nil, err
	}
	atX, atY := positions(x.shape, shape), positions(y.shape, shape)
	for i := range z.i {
		if z.i[i], err = op.ints(xs[atX[i]], ys[atY[i]]); err != nil {
			return nil, err
		}
		if z.i[i] == rowsSymbol {
			return nil, fmt.Errorf("the integer %d is not supported", z.i[i])
		}
	}
	return z, nil
}

// buildBinary is the operator of a function of two variables.
func buildBinary(op *pairOp) buildFunc {
	return func(b *builder, n *node, in []*value) ([]*value, error) {
		return one(b.binary(n, op, in[0], in[1]))
	}
}

// buildPRelu aligns the slope with the last dimensions, as the other functions do.
func buildPRelu(b *builder, n *node, in []*value) ([]*value, error) {
	if in[1].dynamic {
		return nil, errConstant
	}
	return one(b.binary(n, preluOp, in[0], in[1]))
}

// buildPow takes integer exponents too, as opset 12 allows.
func buildPow(b *builder, n *node, in []*value) ([]*value, error) {
	y := in[1]
	if y.kind == ints {
		var err error
		if y, err = b.toFloat(y); err != nil {
			return nil, err
		}
	}
	return one(b.binary(n, powOp, in[0], y))
}

// buildFold is the operator of a function of any number of variables, taken in order.
func buildFold(op *pairOp) buildFunc {
	return func(b *builder, n *node, in []*value) ([]*value, error) {
		z := in[0]
		if z == nil {
			return nil, errors.New("input 0 is missing")
		}
		for _, y := range in[1:] {
			if y == nil {
				return nil, errors.New("an input is missing")
			}
			var err error
			if z, err = b.binary(n, op, z, y); err != nil {
				return nil, err
			}
		}
		return []*value{z}, wantFloats(z)
	}
}

// compare is z = f(x, y) with a bool for each pair.
type compare struct {
	stepBase
	op   *relation
	x, y operand
}

// relation is an element-wise function of two variables that gives bools.
type relation struct {
	name string
	f    func(x, y float32) bool
}

var (
	greaterOp      = &relation{"Greater", func(x, y float32) bool { return x > y }}
	lessOp         = &relation{"Less", func(x, y float32) bool { return x < y }}
	greaterEqualOp = &relation{"GreaterOrEqual", func(x, y float32) bool { return x >= y }}
	lessEqualOp    = &relation{"LessOrEqual", func(x, y float32) bool { return x <= y }}
)

func (s *compare) run(m *memory, rows int) {
	x, y, z := m.floats(s.in[0], rows), m.floats(s.in[1], rows), m.ints(s.out, rows)
	n := s.out.size()
	for r := range rows {
		zr := z[r*n:][:n]
		for j := range zr {
			zr[j] = truth(s.op.f(x[r*s.x.row+s.x.index(j)], y[r*s.y.row+s.y.index(j)]))
		}
	}
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func buildCompare(op *relation) buildFunc {
	return func(b *builder, n *node, in []*value) ([]*value, error) {
		if err := wantFloats(in...); err != nil {
			return nil, err
		}
		inner, shape, rowsLast, err := joint(in...)
		if err != nil {
			return nil, err
		}
		s := &compare{stepBase: stepBase{node: n, in: in}, op: op}
		if err := b.operands(in, inner, shape, &s.x, &s.y); err != nil {
			return nil, err
		}
		z, err := b.emit(s, bools, shape)
		if err != nil {
			return nil, err
		}
		z.rowsLast = rowsLast
		return []*value{z}, nil
	}
}

// where is z = x where c, y elsewhere.
type where struct {
	stepBase // in: c, x, y
	c, x, y  operand
}

func (s *where) run(m *memory, rows int) {
	c, x, y, z := m.ints(s.in[0], rows), m.floats(s.in[1], rows), m.floats(s.in[2], rows), m.floats(s.out, rows)
	n := s.out.size()
	for r := range rows {
		zr := z[r*n:][:n]
		for j := range zr {
			if c[r*s.c.row+s.c.index(j)] != 0 {
				zr[j] = x[r*s.x.row+s.x.index(j)]
			} else {
				zr[j] = y[r*s.y.row+s.y.index(j)]
			}
		}
	}
}

func buildWhere(b *builder, n *node, in []*value) ([]*value, error) {
	if in[0].kind != bools {
		return nil, fmt.Errorf("a condition of %v elements: want bool", in[0].kind)
	}
	if err := wantFloats(in[1:]...); err != nil {
		return nil, err
	}
	inner, shape, rowsLast, err := joint(in...)
	if err != nil {
		return nil, err
	}
	s := &where{stepBase: stepBase{node: n, in: in}}
	if err := b.operands(in, inner, shape, &s.c, &s.x, &s.y); err != nil {
		return nil, err
	}
	z, err := b.emit(s, floats, shape)
	if err != nil {
		return nil, err
	}
	z.rowsLast = rowsLast
	return []*value{z}, nil
}
