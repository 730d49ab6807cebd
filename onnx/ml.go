package onnx

import (
	"errors"
	"fmt"
	"math"
)

// The operators of ai.onnx.ml that skl2onnx writes around a dense network or a linear model.

// buildScaler is (x - offset)·scale.
func buildScaler(b *builder, n *node, in []*value) ([]*value, error) {
	x := in[0]
	at := &attrs{n: n}
	offset, scale := at.floats("offset"), at.floats("scale")
	if at.err != nil {
		return nil, at.err
	}
	if len(x.shape) == 0 {
		return nil, fmt.Errorf("shape %s: want rows and features", x.describe())
	}
	x, err := b.asFloat(n, x)
	if err != nil {
		return nil, err
	}
	for _, p := range []struct {
		op *pairOp
		f  []float32
	}{{subOp, offset}, {mulOp, scale}} {
		if d := x.shape[len(x.shape)-1]; len(p.f) != 1 && len(p.f) != d {
			return nil, fmt.Errorf("%d offsets and %d scales: want %d or 1 of each", len(offset), len(scale), d)
		}
		if x, err = b.binary(n, p.op, x, vector(p.f)); err != nil {
			return nil, err
		}
	}
	return []*value{x}, nil
}

// asFloat casts integers: the operators of this domain take both and give floats.
func (b *builder) asFloat(n *node, x *value) (*value, error) {
	if x.kind == floats {
		return x, nil
	}
	if x.kind != ints {
		return nil, fmt.Errorf("elements of %v: want numbers", x.kind)
	}
	if !x.dynamic {
		return b.toFloat(x)
	}
	return b.emit(&cast{stepBase: stepBase{node: n, in: []*value{x}}}, floats, x.shape)
}

// buildVectorizer joins the columns of its inputs: a table with an input for each column
// begins so.
func buildVectorizer(b *builder, n *node, in []*value) ([]*value, error) {
	at := &attrs{n: n}
	sizes, given := at.ints("inputdimensions")
	if at.err != nil {
		return nil, at.err
	}
	if given && len(sizes) != len(in) {
		return nil, fmt.Errorf("%d inputdimensions for %d inputs", len(sizes), len(in))
	}
	s := &concat{stepBase: stepBase{node: n}}
	total := 0
	for i, x := range in {
		if x == nil {
			return nil, errors.New("an input is missing")
		}
		x, err := b.asFloat(n, x)
		if err != nil {
			return nil, err
		}
		if !x.dynamic || len(x.shape) != 1 || given && sizes[i] != int64(x.shape[0]) {
			return nil, fmt.Errorf("input %d of shape %s: want rows and as many features as inputdimensions says", i, x.describe())
		}
		s.in, s.chunks, total = append(s.in, x), append(s.chunks, x.shape[0]), total+x.shape[0]
	}
	return one(b.emit(s, floats, []int{total}))
}

func buildBinarizer(b *builder, n *node, in []*value) ([]*value, error) {
	at := &attrs{n: n}
	threshold := at.float("threshold", 0)
	if at.err != nil {
		return nil, at.err
	}
	return one(b.unary(n, stepFunc, in[0], threshold, 0))
}

// normalizer divides each line by a norm; where that is 0, the line stays.
type normalizer struct {
	stepBase
	n    int
	norm string
}

func (s *normalizer) run(m *memory, rows int) {
	x, y := m.floats(s.in[0], rows), m.floats(s.out, rows)
	for ; len(x) > 0; x, y = x[s.n:], y[s.n:] {
		norm := 0.0
		if s.norm == "MAX" {
			norm = math.Inf(-1)
		}
		for _, v := range x[:s.n] {
			switch v := float64(v); s.norm {
			case "L1":
				norm += math.Abs(v)
			case "L2":
				norm += v * v
			default:
				if v > norm {
					norm = v
				}
			}
		}
		if s.norm == "L2" {
			norm = math.Sqrt(norm)
		}
		if norm == 0 {
			norm = 1
		}
		for j, v := range x[:s.n] {
			y[j] = float32(float64(v) / norm)
		}
	}
}

func buildNormalizer(b *builder, n *node, in []*value) ([]*value, error) {
	at := &attrs{n: n}
	norm := at.text("norm", "MAX")
	if at.err != nil {
		return nil, at.err
	}
	if norm != "MAX" && norm != "L1" && norm != "L2" {
		return nil, fmt.Errorf("norm %.40q: want MAX, L1 or L2", norm)
	}
	x, err := b.asFloat(n, in[0])
	if err != nil {
		return nil, err
	}
	if !x.dynamic || len(x.shape) != 1 {
		return nil, fmt.Errorf("shape %s: want rows and features", x.describe())
	}
	return one(b.emit(&normalizer{stepBase: stepBase{node: n, in: []*value{x}}, n: x.size(), norm: norm}, floats, x.shape))
}

// buildExtractor takes columns of x, or looks indexes up in a constant: the classes.
func buildExtractor(b *builder, n *node, in []*value) ([]*value, error) {
	x, index := in[0], in[1]
	if !index.dynamic {
		list, err := constInts(index)
		if err != nil {
			return nil, err
		}
		if len(x.shape) == 0 || len(list) == 0 {
			return nil, fmt.Errorf("%d indexes into shape %s: want 1 or more into features", len(list), x.describe())
		}
		shape := append([]int(nil), x.shape...)
		shape[len(shape)-1] = len(list)
		if err := b.take(shape); err != nil {
			return nil, err
		}
		columns := x.shape[len(x.shape)-1]
		lines := product(x.shape[:len(x.shape)-1])
		var from []int32
		for line := range lines {
			for _, i := range list {
				if i < 0 || i >= int64(columns) {
					return nil, fmt.Errorf("index %d into %d features", i, columns)
				}
				from = append(from, int32(line*columns+int(i)))
			}
		}
		return one(b.pickFrom(n, x, shape, from))
	}
	if x.dynamic {
		return nil, errProductOfTwo
	}
	if product(x.shape[:max(len(x.shape)-1, 0)]) != 1 || index.size() != 1 {
		return nil, fmt.Errorf("indexes of shape %s into shape %v: want one per row into one list", index.describe(), x.shape)
	}
	y, err := b.lookup(n, x, index)
	if err != nil {
		return nil, err
	}
	// The result is one row of as many columns as there were rows.
	y.shape, y.rowsLast = []int{1}, true
	return []*value{y}, nil
}

var errProductOfTwo = errors.New("features and indexes both depend on the model's inputs: not supported")

// buildZipMap would make a list of maps from class to number. Here it stays a tensor, and
// the classes name its columns.
func buildZipMap(_ *builder, n *node, in []*value) ([]*value, error) {
	classes, err := classesOf(n, "classlabels_int64s", "classlabels_strings")
	if err != nil {
		return nil, err
	}
	y := *in[0]
	if len(y.shape) != 1 || y.kind != floats || y.shape[0] != classes.size() {
		return nil, fmt.Errorf("%d classes for shape %s", classes.size(), y.describe())
	}
	y.columns = classes
	return []*value{&y}, nil
}

// classesOf reads the class labels of a classifier.
func classesOf(n *node, intsName, textsName string) (*value, error) {
	at := &attrs{n: n}
	numbers, isInts := at.ints(intsName)
	names := at.texts(textsName)
	if at.err != nil {
		return nil, at.err
	}
	v := &value{kind: ints, i: numbers, shape: []int{len(numbers)}}
	if !isInts || len(numbers) == 0 {
		v = &value{kind: texts, texts: names, shape: []int{len(names)}}
		for i := range names {
			v.i = append(v.i, int64(i))
		}
	}
	if v.size() == 0 || isInts && len(numbers) > 0 && len(names) > 0 {
		return nil, fmt.Errorf("want one of the attributes %s and %s", intsName, textsName)
	}
	return v, v.checkInts(dtInt64)
}

// buildLinearClassifier gives the label and the scores after the transformation.
func buildLinearClassifier(b *builder, n *node, in []*value) ([]*value, error) {
	z, at, err := b.linearModel(n, in[0], "intercepts", 0)
	if err != nil {
		return nil, err
	}
	at.ignore("multi_class") // how it was trained
	classes, err := classesOf(n, "classlabels_ints", "classlabels_strings")
	if err != nil {
		return nil, err
	}
	if z.shape[0] != classes.size() || z.shape[0] < 2 {
		return nil, fmt.Errorf("%d rows of coefficients for %d classes: want as many, at least 2", z.shape[0], classes.size())
	}
	top, err := b.emit(&argMax{stepBase: stepBase{node: n, in: []*value{z}}, lines: linesOf(z.shape, 0, 1)}, ints, nil)
	if err != nil {
		return nil, err
	}
	label, err := b.lookup(n, classes, top)
	if err != nil {
		return nil, err
	}
	scores, err := b.postTransform(n, at, z)
	if err != nil {
		return nil, err
	}
	scores.columns = classes
	return []*value{label, scores}, nil
}

func buildLinearRegressor(b *builder, n *node, in []*value) ([]*value, error) {
	at := &attrs{n: n}
	targets := at.int("targets", 1)
	if at.err != nil {
		return nil, at.err
	}
	if targets < 1 || targets > maxRow {
		return nil, fmt.Errorf("targets %d: want 1...%d", targets, maxRow)
	}
	z, at, err := b.linearModel(n, in[0], "intercepts", int(targets))
	if err != nil {
		return nil, err
	}
	return one(b.postTransform(n, at, z))
}

// linearModel emits x·coefficientsᵗ + intercepts; without intercepts there are so many outputs.
func (b *builder) linearModel(n *node, x *value, biases string, outputs int) (*value, *attrs, error) {
	at := &attrs{n: n}
	w, bias := at.floats("coefficients"), at.floats(biases)
	if at.err != nil {
		return nil, nil, at.err
	}
	x, err := b.asFloat(n, x)
	if err != nil {
		return nil, nil, err
	}
	if outputs == 0 {
		outputs = len(bias)
	}
	if !x.dynamic || len(x.shape) != 1 || outputs == 0 || len(w)/outputs != x.size() || len(w)%outputs != 0 || bias != nil && len(bias) != outputs {
		return nil, nil, fmt.Errorf("%d coefficients and %d intercepts for shape %s", len(w), len(bias), x.describe())
	}
	b.own(w)
	t, _, _, err := b.matrix(&value{f: w, shape: []int{outputs, x.size()}}, true, 1)
	if err != nil {
		return nil, nil, err
	}
	z, err := b.linear(n, x, t, x.size(), outputs, bias)
	return z, at, err
}

// postTransform applies a linear model's link function.
func (b *builder) postTransform(n *node, at *attrs, z *value) (*value, error) {
	post := at.text("post_transform", "NONE")
	if at.err != nil {
		return nil, at.err
	}
	switch post {
	case "NONE":
		w := *z
		return &w, nil
	case "LOGISTIC":
		return b.unary(n, sigmoidFunc, z, 0, 0)
	case "SOFTMAX":
		return b.emit(&softmax{stepBase: stepBase{node: n, in: []*value{z}}, lines: linesOf(z.shape, 0, 1)}, floats, z.shape)
	}
	return nil, fmt.Errorf("post_transform %.40q: want NONE, LOGISTIC or SOFTMAX", post)
}
