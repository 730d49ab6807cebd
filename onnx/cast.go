package onnx

import (
	"errors"
	"fmt"
)

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
	at.ignore("saturate", "round_mode") // of 8-bit types
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

// buildCastLike has the type from its second input.
func buildCastLike(b *builder, n *node, in []*value) ([]*value, error) {
	if in[0].kind != in[1].kind {
		return nil, fmt.Errorf("from %v to %v elements: not supported", in[0].kind, in[1].kind)
	}
	return []*value{in[0]}, nil
}
