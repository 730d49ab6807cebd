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

func buildIdentity(_ *builder, _ *node, in []*value) ([]*value, error) {
	return []*value{in[0]}, nil
}

// buildCastLike has the type from its second input.
func buildCastLike(b *builder, n *node, in []*value) ([]*value, error) {
	if in[0].kind != in[1].kind {
		return nil, fmt.Errorf("from %v to %v elements: not supported", in[0].kind, in[1].kind)
	}
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

func buildConstant(_ *builder, n *node, _ []*value) ([]*value, error) {
	at := &attrs{n: n}
	var v *value
	if t := at.get("value", attrTensor); t != nil && t.t != nil {
		var err error
		if v, err = t.t.constant(nil); err != nil {
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
		step := clampInt(steps[i])
		begin += lo * stride[axis]
		shape[axis] = (hi - lo + step - 1) / step
		stride[axis] *= step
	}
	if product(shape) == 0 {
		begin = 0
	}
	return one(b.pick(n, x, shape, begin, stride))
}

// cast converts between floats and the other kinds.
type cast struct {
	stepBase
	bools bool // the result is 0 or 1
}

func (s *cast) run(m *memory, rows int) {
	x := s.in[0]
	switch {
	case s.out.kind == floats:
		dst := m.floats(s.out, rows)
		for i, v := range m.ints(x, rows) {
			dst[i] = float32(v)
		}
	case x.kind == floats:
		dst := m.ints(s.out, rows)
		for i, v := range m.floats(x, rows) {
			if s.bools {
				dst[i] = truth(v != 0)
			} else {
				dst[i] = toInt(v)
			}
		}
	default:
		dst := m.ints(s.out, rows)
		for i, v := range m.ints(x, rows) {
			dst[i] = truth(v != 0)
		}
	}
}

// toInt rounds towards zero. ONNX leaves open what becomes of NaN and of numbers that are
// too large; here they are 0 and the nearest integer.
func toInt(v float32) int64 {
	switch {
	case v != v:
		return 0
	case v >= 1<<63:
		return 1<<63 - 1
	case v <= -1<<63:
		return -1 << 63
	}
	return int64(v)
}

func buildCast(b *builder, n *node, in []*value) ([]*value, error) {
	x := in[0]
	at := &attrs{n: n}
	to := at.get("to", attrInt)
	at.ignore("saturate") // of 8-bit types
	if at.err != nil || to == nil {
		return nil, errors.Join(at.err, errors.New("want attribute to"))
	}
	k, err := dtype(to.i).kind()
	if err != nil {
		return nil, err
	}
	wide := dtype(to.i) == dtInt64 || dtype(to.i) == dtInt32
	switch {
	case k == ints && !wide:
		return nil, fmt.Errorf("to %v: not supported", dtype(to.i))
	case k == x.kind:
		return []*value{x}, nil
	case k == texts || x.kind == texts:
		return nil, fmt.Errorf("from %v to %v elements: not supported", x.kind, k)
	case k == ints && x.kind == bools:
		y := *x
		y.kind = ints // 0 and 1 as they are
		return []*value{&y}, nil
	case x.kind == ints && !x.dynamic:
		if _, err := constInts(x); err != nil {
			return nil, err
		}
	}
	y, err := b.emit(&cast{stepBase: stepBase{node: n, in: []*value{x}}, bools: k == bools}, k, x.shape)
	if err != nil {
		return nil, err
	}
	y.rowsLast = x.rowsLast
	return []*value{y}, nil
}

// toFloat returns a constant of integers as floats.
func (b *builder) toFloat(v *value) (*value, error) {
	if _, err := constInts(v); err != nil {
		return nil, err
	}
	return b.emit(&cast{stepBase: stepBase{in: []*value{v}}}, floats, v.shape)
}

// lookup is y = table[x], element by element; an index out of range gives the first or last.
type lookup struct {
	stepBase
	table *value
}

func (s *lookup) run(m *memory, rows int) {
	x := m.ints(s.in[0], rows)
	if s.out.kind == floats {
		dst, table := m.floats(s.out, rows), s.table.f
		for i, v := range x {
			dst[i] = table[within(v, len(table))]
		}
		return
	}
	dst, table := m.ints(s.out, rows), s.table.i
	for i, v := range x {
		dst[i] = table[within(v, len(table))]
	}
}

func within(v int64, n int) int64 {
	if v < 0 {
		v += int64(n)
	}
	return min(max(v, 0), int64(n-1))
}

func (b *builder) lookup(n *node, table, x *value) (*value, error) {
	switch {
	case table.dynamic:
		return nil, errConstant
	case x.kind != ints:
		return nil, fmt.Errorf("indexes of %v elements: want integer", x.kind)
	case table.size() == 0:
		return nil, errors.New("an empty list")
	}
	y, err := b.emit(&lookup{stepBase: stepBase{node: n, in: []*value{x}}, table: table}, table.kind, x.shape)
	if err != nil {
		return nil, err
	}
	y.texts = table.texts
	return y, nil
}
