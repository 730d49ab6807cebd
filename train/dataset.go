package train

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/sinew-ml/sinew/internal/rng"
	"github.com/sinew-ml/sinew/net"
)

// Dataset is rows of inputs with targets, in memory.
type Dataset struct {
	Inputs int       // features per row
	X      []float32 // (rows, Inputs), row-major

	// The targets, one of the two:
	Labels []int     // (rows) class of each row, from 0
	Y      []float32 // (rows, outputs), row-major

	Weights []float32 // (rows) how much each row counts, 0: training leaves it out; nil: all the same
	Classes []string  // names of the classes, may be nil

	from int // net.Batch's From: within Fit, the layer whose inputs X holds
}

// Rows returns the number of rows.
func (d *Dataset) Rows() int {
	if d.Inputs < 1 {
		return 0
	}
	return len(d.X) / d.Inputs
}

// check says what does not fit the network, and where a value is NaN or infinite.
func (d *Dataset) check(m *net.Network, name string) error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("train: %s set: %w", name, fmt.Errorf(format, args...))
	}
	if d == nil {
		return fail("is nil")
	}
	if d.Inputs != m.Inputs() {
		return fail("%d inputs per row: the network has %d", d.Inputs, m.Inputs())
	}
	if len(d.X) == 0 {
		return fail("has no rows")
	}
	if _, err := m.Check(net.Batch{X: d.X, Labels: d.Labels, Y: d.Y, Weights: d.Weights}); err != nil {
		return fail("%w", err)
	}
	if i := notFinite(d.X); i >= 0 {
		return fail("X is %g in row %d, column %d (from 0): want finite values", d.X[i], i/d.Inputs, i%d.Inputs)
	}
	if i := notFinite(d.Y); i >= 0 {
		return fail("Y is %g in row %d, column %d (from 0): want finite values", d.Y[i], i/m.Outputs(), i%m.Outputs())
	}
	if i, want := noTarget(m.Config().Loss, d.Y); i >= 0 {
		return fail("Y is %g in row %d, column %d (from 0): %s wants %s", d.Y[i], i/m.Outputs(), i%m.Outputs(), m.Config().Loss, want)
	}
	if !(sumOf(d.Weights, d.Rows()) > 0) {
		return fail("the weights of the rows sum to 0: want a positive sum")
	}
	return nil
}

// slice returns rows from...to as a batch, without a copy.
func (d *Dataset) slice(from, to int) net.Batch {
	b := net.Batch{X: d.X[from*d.Inputs : to*d.Inputs], From: d.from}
	if d.Labels != nil {
		b.Labels = d.Labels[from:to]
	} else {
		n := len(d.Y) / d.Rows()
		b.Y = d.Y[from*n : to*n]
	}
	if d.Weights != nil {
		b.Weights = d.Weights[from:to]
	}
	return b
}

// notFinite returns the index of the first NaN or infinity, or -1.
func notFinite(x []float32) int {
	const exponent = 0x7f800000
	for i, v := range x {
		if math.Float32bits(v)&exponent == exponent {
			return i
		}
	}
	return -1
}

// noTarget returns the index of the first value that a loss does not take, or -1, and what it
// takes: a cross entropy has no least value for others.
func noTarget(loss net.Loss, y []float32) (at int, want string) {
	var most float32
	switch loss {
	case net.BinaryCrossEntropy:
		most, want = 1, "0...1"
	case net.SoftmaxCrossEntropy: // a row may be counts
		most, want = math.MaxFloat32, "at least 0"
	default:
		return -1, ""
	}
	for i, v := range y {
		if !(v >= 0 && v <= most) {
			return i, want
		}
	}
	return -1, ""
}

// Split returns two data sets, the second with the given share of the rows, in [0, 1],
// to whole rows. The seed fixes which rows. With labels the split is stratified:
// each class is divided in the same ratio, rounded to whole rows of the class (a class of
// one row stays whole). Within each part the rows keep their order. The parts are copies.
//
// It panics if share is outside [0, 1] or the slices' lengths do not fit together.
func (d *Dataset) Split(share float64, seed uint64) (rest, part *Dataset) {
	if !(share >= 0 && share <= 1) {
		panic("train: Split: share outside [0, 1]")
	}
	rows := d.Rows()
	if rows*d.Inputs != len(d.X) || d.Labels != nil && len(d.Labels) != rows || d.Weights != nil && len(d.Weights) != rows || rows == 0 && len(d.Y) > 0 || rows > 0 && len(d.Y)%rows != 0 {
		panic("train: Split: lengths of X, Labels, Y and Weights do not fit together")
	}
	groups := map[int][]int{}
	for i := range rows {
		class := 0
		if d.Labels != nil {
			class = d.Labels[i]
		}
		groups[class] = append(groups[class], i)
	}
	chosen := make([]bool, rows)
	for _, class := range slices.Sorted(maps.Keys(groups)) {
		g := groups[class]
		rng.New(seed, rng.Split, uint32(class)).Shuffle(g)
		for _, i := range g[:int(math.Round(share*float64(len(g))))] {
			chosen[i] = true
		}
	}
	var first, second []int
	for i, c := range chosen {
		if c {
			second = append(second, i)
		} else {
			first = append(first, i)
		}
	}
	return d.Take(first), d.Take(second)
}

// Take returns a copy of the given rows, in their order; a row may be given more than once.
// It panics if there is no such row.
func (d *Dataset) Take(rows []int) *Dataset {
	t := &Dataset{Inputs: d.Inputs, Classes: d.Classes, from: d.from}
	out := 0
	if n := d.Rows(); n > 0 {
		out = len(d.Y) / n
	}
	for _, r := range rows {
		t.X = append(t.X, d.X[r*d.Inputs:][:d.Inputs]...)
		if d.Labels != nil {
			t.Labels = append(t.Labels, d.Labels[r])
		}
		t.Y = append(t.Y, d.Y[r*out:][:out]...)
		if d.Weights != nil {
			t.Weights = append(t.Weights, d.Weights[r])
		}
	}
	return t
}
