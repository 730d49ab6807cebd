package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// Operators that give the same elements another shape, or no change at all.

func buildIdentity(_ *builder, _ *node, in []*value) ([]*value, error) {
	return []*value{in[0]}, nil
}

func buildDropout(_ *builder, n *node, in []*value) ([]*value, error) {
	at := &attrs{n: n}
	at.ignore("ratio", "seed") // of training only
	if err := wantFloats(in[0]); err != nil {
		return nil, err
	}
	if n.opset >= 12 && in[2] != nil {
		training := in[2]
		if training.dynamic || training.kind != bools || len(training.i) != 1 || training.i[0] != 0 {
			return nil, errors.New("training_mode: want a constant false")
		}
	}
	return []*value{in[0]}, at.err
}

func buildConstant(b *builder, n *node, _ []*value) ([]*value, error) {
	at := &attrs{n: n}
	var v *value
	if t := at.get("value", attrTensor); t != nil && t.t != nil {
		var err error
		if v, err = b.constant(t.t); err != nil {
			return nil, err
		}
	} else if n.opset < 12 {
		return nil, errors.New("want attribute value")
	} else if f := at.get("value_float", attrFloat); f != nil {
		v = number(float64(f.f))
	} else if i := at.get("value_int", attrInt); i != nil {
		v = &value{kind: ints, i: []int64{i.i}}
	} else if f := at.get("value_floats", attrFloats); f != nil {
		v = vector(f.floats)
	} else if i := at.get("value_ints", attrInts); i != nil {
		v = &value{kind: ints, i: i.ints, shape: []int{len(i.ints)}}
	} else if at.err == nil {
		return nil, errors.New("want attribute value, value_float, value_int, value_floats or value_ints")
	}
	if at.err != nil {
		return nil, at.err
	}
	return []*value{v}, v.checkInts(dtInt64)
}

func buildShape(_ *builder, n *node, in []*value) ([]*value, error) {
	x := in[0]
	at := &attrs{n: n}
	start, end := at.int("start", 0), at.int("end", int64(x.rank()))
	if at.err != nil {
		return nil, at.err
	}
	v := &value{kind: ints}
	if x.dynamic {
		v.i = append(v.i, rowsSymbol)
	}
	for _, d := range x.shape {
		v.i = append(v.i, int64(d))
	}
	if x.rowsLast {
		v.i[0], v.i[1] = v.i[1], v.i[0]
	}
	lo, hi := span(start, end, len(v.i))
	v.i = v.i[lo:hi]
	v.shape = []int{len(v.i)}
	return []*value{v}, nil
}

// span brings the ends of a slice of n elements into range, as Python does.
func span(start, end int64, n int) (lo, hi int) {
	fix := func(x int64) int {
		if x < 0 {
			x += int64(n)
		}
		return int(min(max(x, 0), int64(n)))
	}
	lo, hi = fix(start), fix(end)
	return lo, max(lo, hi)
}

// buildReshape keeps rows: the first dimension of the result must come out as their number.
func buildReshape(b *builder, n *node, in []*value) ([]*value, error) {
	x := in[0]
	at := &attrs{n: n}
	allowZero := at.flag("allowzero", false)
	if at.err != nil {
		return nil, at.err
	}
	if in[1].dynamic {
		return nil, errConstant
	}
	if in[1].kind != ints || len(in[1].shape) != 1 || len(in[1].i) > maxRank {
		return nil, fmt.Errorf("a shape of %d %v elements: want a list of up to %d integers", in[1].size(), in[1].kind, maxRank)
	}
	if x.rowsLast && x.size() != 1 {
		return nil, fmt.Errorf("input of shape %s: want rows first", x.describe())
	}
	dims := append([]int64(nil), in[1].i...)
	if !allowZero {
		for i, d := range dims {
			if d != 0 {
				continue
			}
			switch {
			case i >= x.rank():
				return nil, fmt.Errorf("shape %v: dimension %d of %s is to be copied", in[1].i, i, x.describe())
			case x.rowsLast:
				dims[i] = []int64{int64(x.shape[0]), rowsSymbol}[i]
			case x.dynamic && i == 0:
				dims[i] = rowsSymbol
			case x.dynamic:
				dims[i] = int64(x.shape[i-1])
			default:
				dims[i] = int64(x.shape[i])
			}
		}
	}
	if x.dynamic {
		if len(dims) == 0 {
			return nil, errors.New("no dimensions left: rows would mix")
		}
		switch first := dims[0]; {
		case first == rowsSymbol || first == -1 || b.batch > 0 && first == b.batch:
			if first == -1 && slices.Contains(dims[1:], -1) {
				return nil, fmt.Errorf("shape %v: more than one dimension is to be inferred", in[1].i)
			}
		default:
			return nil, fmt.Errorf("from shape %s to a fixed number of rows, %d: rows would mix", x.describe(), first)
		}
		dims = dims[1:]
	}
	shape, err := infer(dims, x.size())
	if err != nil {
		return nil, fmt.Errorf("from shape %s: %w", x.describe(), err)
	}
	return []*value{x.alias(shape)}, nil
}

// infer returns the shape of so many elements; a dimension -1 is worked out.
func infer(dims []int64, size int) ([]int, error) {
	shape, open, known := make([]int, len(dims)), -1, 1
	for i, d := range dims {
		switch {
		case d == rowsSymbol:
			return nil, errors.New("the number of rows in another place: rows would mix")
		case d == -1 && open < 0:
			open = i
			continue
		case d < 0 || d > maxElements:
			return nil, fmt.Errorf("dimension %d: want -1, once, or 0...%d", d, maxElements)
		}
		shape[i] = int(d)
		if d > 0 && known > maxElements/int(d) {
			return nil, fmt.Errorf("more than %d elements", maxElements)
		}
		known *= int(d)
	}
	if open >= 0 {
		if known == 0 || size%known != 0 {
			return nil, fmt.Errorf("%d elements do not divide by %d", size, known)
		}
		shape[open] = size / known
		known = size
	}
	if known != size {
		return nil, fmt.Errorf("to %d elements instead of %d", known, size)
	}
	return shape, nil
}

func buildFlatten(_ *builder, n *node, in []*value) ([]*value, error) {
	x := in[0]
	at := &attrs{n: n}
	a := at.int("axis", 1)
	if at.err != nil {
		return nil, at.err
	}
	if a < 0 && n.opset < 11 {
		return nil, fmt.Errorf("axis %d: negative ones exist from opset 11 on", a)
	}
	axis, err := x.axis(a, true)
	if err != nil {
		return nil, err
	}
	left, right := product(x.shape[:axis]), product(x.shape[axis:])
	if !x.dynamic {
		return []*value{x.alias([]int{left, right})}, nil
	}
	if left != 1 {
		return nil, fmt.Errorf("axis %d of shape %s: rows would mix", a, x.describe())
	}
	return []*value{x.alias([]int{right})}, nil
}

// axesOf returns the axes of Squeeze, Unsqueeze or a reduction: an attribute before opset
// since, input 1 from then on; false if there are none.
func axesOf(n *node, in []*value, since int64) ([]int64, bool, error) {
	if n.opset < since {
		at := &attrs{n: n}
		axes, ok := at.ints("axes")
		return axes, ok, at.err
	}
	if len(in) < 2 || in[1] == nil {
		return nil, false, nil
	}
	axes, err := constInts(in[1])
	return axes, true, err
}

func buildSqueeze(_ *builder, n *node, in []*value) ([]*value, error) {
	x := in[0]
	axes, given, err := axesOf(n, in, 13)
	if err != nil {
		return nil, err
	}
	drop := make([]bool, len(x.shape))
	for i, d := range x.shape {
		drop[i] = !given && d == 1
	}
	for _, a := range axes {
		i, err := x.axis(a, false)
		if err != nil {
			return nil, err
		}
		if x.shape[i] != 1 {
			return nil, fmt.Errorf("axis %d of shape %s: want a dimension of 1", a, x.describe())
		}
		drop[i] = true
	}
	var shape []int
	for i, d := range x.shape {
		if !drop[i] {
			shape = append(shape, d)
		}
	}
	return []*value{x.alias(shape)}, nil
}

func buildUnsqueeze(_ *builder, n *node, in []*value) ([]*value, error) {
	x := in[0]
	axes, given, err := axesOf(n, in, 13)
	if err != nil {
		return nil, err
	}
	if !given {
		return nil, errors.New("no axes")
	}
	rank := x.rank() + len(axes)
	if rank > maxRank {
		return nil, fmt.Errorf("%d dimensions: want at most %d", rank, maxRank)
	}
	added := make([]bool, rank)
	for _, a := range axes {
		if a < 0 {
			a += int64(rank)
		}
		if a < 0 || a >= int64(rank) || added[a] {
			return nil, fmt.Errorf("axes %v: want different ones within %d dimensions", axes, rank)
		}
		added[a] = true
	}
	if x.dynamic {
		if added[0] {
			return nil, fmt.Errorf("axes %v of shape %s: want rows first", axes, x.describe())
		}
		added = added[1:]
	}
	shape, left := []int{}, x.shape
	for _, one := range added {
		if one {
			shape = append(shape, 1)
		} else {
			shape, left = append(shape, left[0]), left[1:]
		}
	}
	return []*value{x.alias(shape)}, nil
}
