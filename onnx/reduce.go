package onnx

import (
	"errors"
	"fmt"
	"math"

	"github.com/sinew-ml/sinew/internal/fmath"
	"github.com/sinew-ml/sinew/mat"
)

// lines splits the elements of a value into lines of n along its axes: outer blocks of
// n·inner elements, where element j of line i is at i + j·inner.
type lines struct{ outer, n, inner int }

func linesOf(shape []int, from, to int) lines {
	return lines{product(shape[:from]), product(shape[from:to]), product(shape[to:])}
}

// softmax normalises each line: e^x / Σ e^x, or the logarithm of that.
type softmax struct {
	stepBase
	lines
	log bool
}

func (s *softmax) run(m *memory, rows int) {
	x, y := m.floats(s.in[0], rows), m.floats(s.out, rows)
	switch {
	case s.inner == 1 && s.log:
		mat.LogSoftmaxRows(y, x, len(x)/s.n, s.n)
		return
	case s.inner == 1:
		mat.SoftmaxRows(y, x, len(x)/s.n, s.n, nil)
		return
	}
	block := s.n * s.inner
	for ; len(x) > 0; x, y = x[block:], y[block:] {
		for i := range s.inner {
			softmaxLine(y[i:block], x[i:block], s.inner, s.log)
		}
	}
}

// softmaxLine takes every inner'th element, in float64.
func softmaxLine(y, x []float32, inner int, log bool) {
	top := math.Inf(-1)
	for i := 0; i < len(x); i += inner {
		top = max(top, float64(x[i]))
	}
	sum := 0.0
	for i := 0; i < len(x); i += inner {
		sum += fmath.Exp(float64(x[i]) - top)
	}
	logSum := fmath.Log(sum)
	for i := 0; i < len(x); i += inner {
		if d := float64(x[i]) - top; log {
			y[i] = float32(d - logSum)
		} else {
			y[i] = float32(fmath.Exp(d) / sum)
		}
	}
}

// buildSoftmax: before opset 13 all dimensions from the axis on (default 1) are one line;
// since then it is the axis alone (default -1).
func buildSoftmax(log bool) buildFunc {
	return func(b *builder, n *node, in []*value) ([]*value, error) {
		x := in[0]
		at := &attrs{n: n}
		missing := int64(-1)
		if n.opset < 13 {
			missing = 1
		}
		a := at.int("axis", missing)
		if at.err != nil {
			return nil, at.err
		}
		if err := wantFloats(x); err != nil {
			return nil, err
		}
		if a < 0 && n.opset < 11 {
			return nil, fmt.Errorf("axis %d: negative ones exist from opset 11 on", a)
		}
		if x.rowsLast && n.opset < 13 {
			return nil, fmt.Errorf("shape %s: rows would mix", x.describe())
		}
		axis, err := x.axis(a, false)
		if err != nil {
			return nil, err
		}
		l := linesOf(x.shape, axis, axis+1)
		if n.opset < 13 {
			l = linesOf(x.shape, axis, len(x.shape))
		}
		if l.n == 0 || l.inner == 0 {
			return nil, fmt.Errorf("shape %s: no elements", x.describe())
		}
		y, err := b.emit(&softmax{stepBase: stepBase{node: n, in: []*value{x}}, lines: l, log: log}, floats, x.shape)
		if err != nil {
			return nil, err
		}
		y.rowsLast = x.rowsLast
		return []*value{y}, nil
	}
}

// argMax gives the index of each line's largest element, or smallest.
type argMax struct {
	stepBase
	lines
	smallest bool
	last     bool // of equals the last, not the first
}

func (s *argMax) run(m *memory, rows int) {
	x, y := m.floats(s.in[0], rows), m.ints(s.out, rows)
	block := s.n * s.inner
	for ; len(x) > 0; x, y = x[block:], y[s.inner:] {
		for i := range s.inner {
			best := 0
			for j := 1; j < s.n; j++ {
				v, top := x[i+j*s.inner], x[i+best*s.inner]
				if s.smallest {
					v, top = -v, -top
				}
				if v > top || s.last && v == top {
					best = j
				}
			}
			y[i] = int64(best)
		}
	}
}

func buildArgMax(smallest bool) buildFunc {
	return func(b *builder, n *node, in []*value) ([]*value, error) {
		x := in[0]
		at := &attrs{n: n}
		a, keep, last := at.int("axis", 0), at.flag("keepdims", true), at.flag("select_last_index", false)
		if at.err != nil {
			return nil, at.err
		}
		if err := wantFloats(x); err != nil {
			return nil, err
		}
		axis, err := x.axis(a, false)
		if err != nil {
			return nil, err
		}
		l := linesOf(x.shape, axis, axis+1)
		if l.n == 0 || l.inner == 0 {
			return nil, fmt.Errorf("shape %s: no elements", x.describe())
		}
		s := &argMax{stepBase: stepBase{node: n, in: []*value{x}}, lines: l, smallest: smallest, last: last}
		return one(b.emit(s, ints, reduced(x.shape, axis, axis+1, keep)))
	}
}

// reduced returns a shape without the axes from...to-1, or with 1 in their place.
func reduced(shape []int, from, to int, keep bool) []int {
	out := append([]int(nil), shape[:from]...)
	if keep {
		for range to - from {
			out = append(out, 1)
		}
	}
	return append(out, shape[to:]...)
}

// reduce sums up each line in float64, in order, or finds its largest or smallest element.
type reduce struct {
	stepBase
	lines
	how reduction
}

type reduction uint8

const (
	sumOf reduction = iota
	meanOf
	maxOf
	minOf
)

func (s *reduce) run(m *memory, rows int) {
	x, y := m.floats(s.in[0], rows), m.floats(s.out, rows)
	block := s.n * s.inner
	for ; len(x) > 0; x, y = x[block:], y[s.inner:] {
		for i := range s.inner {
			total := 0.0
			if s.how >= maxOf {
				total = float64(x[i])
			}
			for j := i; j < block; j += s.inner {
				switch v := float64(x[j]); s.how {
				case maxOf:
					total = max(total, v)
				case minOf:
					total = min(total, v)
				default:
					total += v
				}
			}
			if s.how == meanOf {
				total /= float64(s.n)
			}
			y[i] = float32(total)
		}
	}
}

// buildReduce has the axes as an attribute before opset since and as an input from then on.
func buildReduce(how reduction, since int64) buildFunc {
	return func(b *builder, n *node, in []*value) ([]*value, error) {
		x := in[0]
		at := &attrs{n: n}
		keep := at.flag("keepdims", true)
		none := n.opset >= since && at.flag("noop_with_empty_axes", false)
		axes, _, err := axesOf(n, in, since)
		if err := errors.Join(at.err, err, wantFloats(x)); err != nil {
			return nil, err
		}
		switch {
		case len(axes) == 0 && none:
			return []*value{x}, nil
		case len(axes) == 0 && x.dynamic:
			return nil, errors.New("no axes: rows would mix")
		case len(axes) == 0:
			for i := range x.shape {
				axes = append(axes, int64(i))
			}
		}
		chosen := make([]bool, len(x.shape))
		from, to, count := len(x.shape), 0, 0
		for _, a := range axes {
			i, err := x.axis(a, false)
			if err != nil {
				return nil, err
			}
			if chosen[i] {
				return nil, fmt.Errorf("axes %v: want each once", axes)
			}
			chosen[i] = true
			from, to, count = min(from, i), max(to, i+1), count+1
		}
		if count > 0 && to-from != count {
			return nil, fmt.Errorf("axes %v: want neighbours", axes)
		}
		if x.size() == 0 {
			return nil, fmt.Errorf("shape %s: no elements", x.describe())
		}
		from = min(from, to)
		s := &reduce{stepBase: stepBase{node: n, in: []*value{x}}, lines: linesOf(x.shape, from, to), how: how}
		return one(b.emit(s, floats, reduced(x.shape, from, to, keep)))
	}
}

// layerNorm is y = (x - mean)/√(variance + eps)·gamma + beta over each line of n elements.
type layerNorm struct {
	stepBase
	n           int
	gamma, beta []float32 // (n)
	eps         float64
}

func (s *layerNorm) run(m *memory, rows int) {
	mat.LayerNorm(m.floats(s.out, rows), m.floats(s.in[0], rows), s.gamma, s.beta, float32(s.eps), nil, nil)
}

func buildLayerNorm(b *builder, n *node, in []*value) ([]*value, error) {
	x := in[0]
	at := &attrs{n: n}
	a, eps := at.int("axis", -1), at.float("epsilon", 1e-5)
	at.ignore("stash_type") // the precision of mean and variance: float64 here
	if at.err != nil {
		return nil, at.err
	}
	if err := wantFloats(in...); err != nil {
		return nil, err
	}
	axis, err := x.axis(a, false)
	if err != nil {
		return nil, err
	}
	size := product(x.shape[axis:])
	gamma, err := b.spread(in[1], x.shape[axis:], 1)
	if err != nil {
		return nil, err
	}
	beta, err := b.spread(in[2], x.shape[axis:], 0)
	if err != nil {
		return nil, err
	}
	if size == 0 || !(eps >= 0) {
		return nil, fmt.Errorf("shape %s, epsilon %g: want elements, and epsilon from 0 on", x.describe(), eps)
	}
	s := &layerNorm{stepBase: stepBase{node: n, in: []*value{x}}, n: size, gamma: gamma, beta: beta, eps: eps}
	return one(b.emit(s, floats, x.shape))
}

// spread returns a constant broadcast to the shape; missing stands for nil.
func (b *builder) spread(v *value, shape []int, missing float32) ([]float32, error) {
	n := product(shape)
	if v == nil || len(v.f) != n {
		if err := b.take(shape, shape); err != nil {
			return nil, err
		}
	}
	if v == nil {
		out := make([]float32, n)
		for i := range out {
			out[i] = missing
		}
		return out, nil
	}
	if v.dynamic {
		return nil, errConstant
	}
	both, err := broadcast(v.shape, shape)
	if err != nil || len(both) != len(shape) || product(both) != n {
		return nil, fmt.Errorf("a parameter of shape %v: want one that broadcasts to %v", v.shape, shape)
	}
	if len(v.f) == n {
		return v.f, nil
	}
	out := make([]float32, n)
	for j, i := range positions(v.shape, shape) {
		out[j] = v.f[i]
	}
	return out, nil
}

// batchNorm is y = (x - mean)/√(variance + eps)·gamma + beta for each of the channels, which have inner elements each.
type batchNorm struct {
	stepBase
	inner                       int
	gamma, beta, mean, variance []float32
	invstd                      []float32 // 1/√(variance + eps)
	eps                         float64
}

func (s *batchNorm) run(m *memory, rows int) {
	x, y := m.floats(s.in[0], rows), m.floats(s.out, rows)
	if n := len(s.gamma); s.inner == 1 {
		mat.BatchNorm(y, x, s.mean, s.invstd, s.gamma, s.beta, rows, n, n)
		return
	}
	for len(x) > 0 {
		for c, gamma := range s.gamma {
			mean, beta, scale := s.mean[c], s.beta[c], gamma*s.invstd[c]
			for j, v := range x[:s.inner] {
				y[j] = float32((v-mean)*scale) + beta
			}
			x, y = x[s.inner:], y[s.inner:]
		}
	}
}

func buildBatchNorm(b *builder, n *node, in []*value) ([]*value, error) {
	x := in[0]
	at := &attrs{n: n}
	eps := at.float("epsilon", 1e-5)
	at.ignore("momentum") // of training only
	training := n.opset >= 14 && at.flag("training_mode", false)
	spatial := n.opset >= 9 || at.flag("spatial", true)
	if at.err != nil {
		return nil, at.err
	}
	if training {
		return nil, errors.New("training_mode 1: want 0")
	}
	if err := wantFloats(in...); err != nil {
		return nil, err
	}
	if !x.dynamic || len(x.shape) == 0 || !spatial && len(x.shape) > 1 {
		return nil, fmt.Errorf("shape %s, spatial %t: want rows and channels", x.describe(), spatial)
	}
	channels := x.shape[0]
	s := &batchNorm{stepBase: stepBase{node: n, in: []*value{x}}, inner: product(x.shape[1:]), eps: eps}
	for i, p := range []*[]float32{&s.gamma, &s.beta, &s.mean, &s.variance} {
		v := in[i+1]
		if v.dynamic {
			return nil, errConstant
		}
		if len(v.shape) != 1 || len(v.f) != channels {
			return nil, fmt.Errorf("a parameter of shape %v: want [%d]", v.shape, channels)
		}
		*p = v.f
	}
	s.invstd = make([]float32, channels)
	mat.InvStd(s.invstd, s.variance, float32(eps))
	return one(b.emit(s, floats, x.shape))
}
