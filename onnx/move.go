package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// pick copies elements of a row to other places: y[j] = x[from[j]]; in order if from is nil.
// It is what Transpose, Slice, Gather and the like come to.
type pick struct {
	stepBase
	from []int32
}

func (s *pick) run(m *memory, rows int) {
	if s.out.kind == floats {
		pickRows(m.floats(s.out, rows), m.floats(s.in[0], rows), s.from, rows)
	} else {
		pickRows(m.ints(s.out, rows), m.ints(s.in[0], rows), s.from, rows)
	}
}

func pickRows[T any](dst, src []T, from []int32, rows int) {
	if from == nil {
		copy(dst, src)
		return
	}
	if rows == 0 {
		return
	}
	n := len(src) / rows
	for r := range rows {
		d, s := dst[r*len(from):][:len(from)], src[r*n:][:n]
		for j, i := range from {
			d[j] = s[i]
		}
	}
}

// pick emits the step; stride and start give the element of x for each of shape.
func (b *builder) pick(n *node, x *value, shape []int, start int, stride []int) (*value, error) {
	if err := b.take(shape); err != nil {
		return nil, err
	}
	from := strided(shape, stride)
	for j := range from {
		from[j] += int32(start)
	}
	return b.pickFrom(n, x, shape, from)
}

func (b *builder) pickFrom(n *node, x *value, shape []int, from []int32) (*value, error) {
	y, err := b.emit(&pick{stepBase: stepBase{node: n, in: []*value{x}}, from: from}, x.kind, shape)
	if err != nil {
		return nil, err
	}
	y.texts = x.texts
	return y, nil
}

// strides returns the distance between neighbours along each dimension.
func strides(shape []int) []int {
	s, n := make([]int, len(shape)), 1
	for i := len(shape) - 1; i >= 0; i-- {
		s[i] = n
		n *= shape[i]
	}
	return s
}

func buildTranspose(b *builder, n *node, in []*value) ([]*value, error) {
	x := in[0]
	at := &attrs{n: n}
	perm, given := at.ints("perm")
	if at.err != nil {
		return nil, at.err
	}
	rank := x.rank()
	if !given {
		for i := range rank {
			perm = append(perm, int64(rank-1-i))
		}
	}
	seen := make([]bool, rank)
	for _, p := range perm {
		if p < 0 || p >= int64(rank) || seen[p] {
			return nil, fmt.Errorf("perm %v: want each of 0...%d once", perm, rank-1)
		}
		seen[p] = true
	}
	if len(perm) != rank {
		return nil, fmt.Errorf("perm %v: want %d axes", perm, rank)
	}
	if x.dynamic && rank == 2 {
		y := *x
		y.rowsLast = x.rowsLast != (perm[0] == 1)
		return []*value{&y}, nil
	}
	if x.dynamic {
		if perm[0] != 0 {
			return nil, fmt.Errorf("perm %v of shape %s: want rows first", perm, x.describe())
		}
		perm = append([]int64(nil), perm[1:]...)
		for i := range perm {
			perm[i]--
		}
	}
	old := strides(x.shape)
	shape, stride := make([]int, len(perm)), make([]int, len(perm))
	for i, p := range perm {
		shape[i], stride[i] = x.shape[p], old[p]
	}
	return one(b.pick(n, x, shape, 0, stride))
}

// concat joins values along a dimension.
type concat struct {
	stepBase
	chunks []int // what each input gives in turn, in elements
}

func (s *concat) run(m *memory, rows int) {
	total := 0
	for _, c := range s.chunks {
		total += c
	}
	if total == 0 {
		return
	}
	at := 0
	for i, x := range s.in {
		if c := s.chunks[i]; s.out.kind == floats {
			copyChunks(m.floats(s.out, rows), m.floats(x, rows), at, c, total)
		} else {
			copyChunks(m.ints(s.out, rows), m.ints(x, rows), at, c, total)
		}
		at += s.chunks[i]
	}
}

// copyChunks copies src in pieces of n elements to dst[at], dst[at+stride], ...
func copyChunks[T any](dst, src []T, at, n, stride int) {
	for ; len(src) > 0; src = src[n:] {
		copy(dst[at:][:n], src)
		at += stride
	}
}

func buildConcat(b *builder, n *node, in []*value) ([]*value, error) {
	at := &attrs{n: n}
	a := at.get("axis", attrInt)
	if at.err != nil || a == nil {
		return nil, errors.Join(at.err, errors.New("want attribute axis"))
	}
	if slices.Contains(in, nil) {
		return nil, errors.New("an input is missing")
	}
	x := in[0]
	axis, err := x.axis(a.i, false)
	if err != nil {
		return nil, err
	}
	shape := append([]int(nil), x.shape...)
	shape[axis] = 0
	s := &concat{stepBase: stepBase{node: n, in: in}}
	for _, v := range in {
		if v.kind != x.kind || v.dynamic != x.dynamic || len(v.shape) != len(shape) || v.kind == texts {
			return nil, fmt.Errorf("shapes %s and %s: want equal types and numbers of dimensions", x.describe(), v.describe())
		}
		for i, d := range v.shape {
			if i != axis && d != shape[i] {
				return nil, fmt.Errorf("shapes %s and %s differ in more than axis %d", x.describe(), v.describe(), a.i)
			}
		}
		if shape[axis] += v.shape[axis]; shape[axis] > maxElements {
			return nil, fmt.Errorf("more than %d elements", maxElements)
		}
		s.chunks = append(s.chunks, product(v.shape[axis:]))
	}
	return one(b.emit(s, x.kind, shape))
}

func buildGather(b *builder, n *node, in []*value) ([]*value, error) {
	x, index := in[0], in[1]
	at := &attrs{n: n}
	a := at.int("axis", 0)
	if at.err != nil {
		return nil, at.err
	}
	if index.dynamic {
		if axis, err := x.axis(a, false); err != nil || axis != 0 || len(x.shape) != 1 {
			return nil, fmt.Errorf("indexes that depend on the model's inputs into shape %s: want a constant list", x.describe())
		}
		return one(b.lookup(n, x, index))
	}
	axis, err := x.axis(a, false)
	if err != nil {
		return nil, err
	}
	list, err := constInts(index)
	if err != nil {
		return nil, err
	}
	d, inner := x.shape[axis], product(x.shape[axis+1:])
	shape := slices.Concat(x.shape[:axis], index.shape, x.shape[axis+1:])
	if len(shape)+1 > maxRank {
		return nil, fmt.Errorf("%d dimensions: want at most %d", len(shape)+1, maxRank)
	}
	if err := b.take(shape); err != nil {
		return nil, err
	}
	for _, i := range list {
		if i < -int64(d) || i >= int64(d) || i < 0 && n.opset < 11 {
			return nil, fmt.Errorf("index %d into a dimension of %d", i, d)
		}
	}
	from := make([]int32, 0, product(shape))
	for outer := range product(x.shape[:axis]) {
		for _, i := range list {
			if i < 0 {
				i += int64(d)
			}
			start := (outer*d + int(i)) * inner
			for j := range inner {
				from = append(from, int32(start+j))
			}
		}
	}
	return one(b.pickFrom(n, x, shape, from))
}

// buildSlice reads attributes before opset 10 and inputs since then.
func buildSlice(b *builder, n *node, in []*value) ([]*value, error) {
	x := in[0]
	var starts, ends, axes, steps []int64
	var err error
	if n.opset < 10 {
		at := &attrs{n: n}
		starts, _ = at.ints("starts")
		ends, _ = at.ints("ends")
		axes, _ = at.ints("axes")
		if at.err != nil {
			return nil, at.err
		}
	} else {
		for i, list := range []*[]int64{&starts, &ends, &axes, &steps} {
			if v := in[i+1]; v != nil {
				if *list, err = constInts(v); err != nil {
					return nil, err
				}
			}
		}
	}
	if starts == nil || ends == nil {
		return nil, errors.New("want starts and ends")
	}
	if axes == nil {
		for i := range starts {
			axes = append(axes, int64(i))
		}
	}
	if steps == nil {
		for range starts {
			steps = append(steps, 1)
		}
	}
	if len(starts) != len(ends) || len(starts) != len(axes) || len(starts) != len(steps) || len(starts) > maxRank {
		return nil, fmt.Errorf("%d starts, %d ends, %d axes, %d steps: want as many of each, up to %d", len(starts), len(ends), len(axes), len(steps), maxRank)
	}
	shape, stride, begin := append([]int(nil), x.shape...), strides(x.shape), 0
	done := make([]bool, len(shape))
	for i, a := range axes {
		axis, err := x.axis(a, false)
		if err != nil {
			return nil, err
		}
		if done[axis] || steps[i] < 1 {
			return nil, fmt.Errorf("axis %d, step %d: want each axis once and steps from 1 on", a, steps[i])
		}
		done[axis] = true
		lo, hi := span(starts[i], ends[i], shape[axis])
		step := int(min(steps[i], maxElements)) // a larger one takes no more
		begin += lo * stride[axis]
		shape[axis] = (hi - lo + step - 1) / step
		stride[axis] *= step
	}
	if product(shape) == 0 {
		begin = 0
	}
	return one(b.pick(n, x, shape, begin, stride))
}
