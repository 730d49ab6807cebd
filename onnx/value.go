package onnx

import (
	"fmt"
	"math"
)

// kind is how the elements of a value are held.
type kind uint8

const (
	floats kind = iota // float32
	ints               // int64
	bools              // 0 or 1 as int64
	texts              // an index into the value's list of strings, as int64
)

func (k kind) String() string {
	return [...]string{"floating-point", "integer", "bool", "string"}[k]
}

const (
	// maxRank is the most dimensions of a tensor: batches of images, split into heads,
	// have five.
	maxRank = 8
	// maxRankBytes is what so many dimensions take in a file at most.
	maxRankBytes = 10 * maxRank
	// maxElements bounds a constant: net.MaxParams, the largest network.
	maxElements = 1 << 28
	// maxRow bounds the elements of one row of a value: an image of 1024 by 1024 pixels in
	// four channels.
	maxRow = 1 << 22
	// maxRowTotal bounds what all values of a model have for one row, together: 1024 layers
	// of 16,384 units. Broadcasting needs up to 8 bytes for each.
	maxRowTotal = 1 << 24

	// rowsSymbol stands for the number of rows where a model computes with shapes. It is
	// known only when the model runs.
	rowsSymbol = math.MinInt64 + 0x51e3
)

// value is a tensor of the graph: a constant, or dynamic, which means that its first
// dimension counts the rows of the batch and its elements depend on the inputs.
type value struct {
	name    string
	kind    kind
	dynamic bool
	shape   []int // without the dimension that counts rows
	// rowsLast: rows are the last dimension of two, as after a transposition. In memory
	// they still come first.
	rowsLast bool
	slot     int // of a dynamic value: where its elements are (values of one memory share it)

	f     []float32 // elements of a constant of floats
	i     []int64   // elements of other constants
	texts []string  // what elements of kind texts refer to, also in a dynamic value

	columns *value // classes that the columns stand for, where the file says so
}

// size returns the number of elements, of one row if v is dynamic.
func (v *value) size() int { return product(v.shape) }

// product is only called on shapes that were checked against maxElements.
func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// rank counts the dimensions as the file does.
func (v *value) rank() int {
	if v.dynamic {
		return len(v.shape) + 1
	}
	return len(v.shape)
}

// describe gives the shape as the file does.
func (v *value) describe() string {
	switch {
	case !v.dynamic:
		return fmt.Sprint(v.shape)
	case v.rowsLast:
		return fmt.Sprintf("[%d rows]", v.shape[0])
	}
	s := "[rows"
	for _, d := range v.shape {
		s += fmt.Sprintf(" %d", d)
	}
	return s + "]"
}

// axis translates an axis of the file into an index of v.shape. With end, the axis after
// the last one counts too.
func (v *value) axis(a int64, end bool) (int, error) {
	rank := int64(v.rank())
	most := rank - 1
	if end {
		most = rank
	}
	if a < -rank || a > most {
		return 0, fmt.Errorf("axis %d: a tensor of shape %s wants %d...%d", a, v.describe(), -rank, most)
	}
	if a < 0 {
		a += rank
	}
	if !v.dynamic {
		return int(a), nil
	}
	if v.rowsLast {
		if a == 0 && !end {
			return 0, nil
		}
		return 0, fmt.Errorf("axis %d of shape %s: rows would mix", a, v.describe())
	}
	if a == 0 {
		return 0, fmt.Errorf("axis %d of shape %s: rows would mix", a, v.describe())
	}
	return int(a) - 1, nil
}

// alias returns another view of v's elements.
func (v *value) alias(shape []int) *value {
	w := *v
	w.shape = shape
	w.rowsLast = false
	return &w
}

// broadcast returns the shape that a and b have together under numpy's rules.
func broadcast(a, b []int) ([]int, error) {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := append([]int(nil), a...)
	for i, d := range b {
		o := &out[len(a)-len(b)+i]
		switch {
		case *o == d || d == 1:
		case *o == 1:
			*o = d
		default:
			return nil, fmt.Errorf("shapes %v and %v do not broadcast", a, b)
		}
	}
	return out, nil
}

// positions returns for each element of shape out the one of shape in that broadcasting
// puts there.
func positions(in, out []int) []int32 {
	stride := make([]int, len(out))
	s := 1
	for i := len(in) - 1; i >= 0; i-- {
		if in[i] != 1 {
			stride[len(out)-len(in)+i] = s
		}
		s *= in[i]
	}
	return strided(out, stride)
}

// strided returns the offsets of a shape's elements in row-major order.
func strided(shape, stride []int) []int32 {
	at := make([]int32, product(shape))
	index := make([]int, len(shape))
	pos := 0
	for i := range at {
		at[i] = int32(pos)
		for d := len(shape) - 1; d >= 0; d-- {
			index[d]++
			pos += stride[d]
			if index[d] < shape[d] {
				break
			}
			pos -= index[d] * stride[d]
			index[d] = 0
		}
	}
	return at
}
