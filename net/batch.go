package net

import (
	"errors"
	"fmt"
	"math"
)

// Batch is rows of inputs with what the network should answer.
type Batch struct {
	X []float32 // (rows, inputs), row-major

	// The targets, one of the two:
	Labels []int     // (rows) class of each row, 0 ... classes-1
	Y      []float32 // (rows, outputs), row-major

	// Weights says how much each row counts; nil: all the same. At least 0, and not all
	// of them 0; only their ratios matter.
	Weights []float32

	// From, above 0, says that X holds the inputs of layer From (rows, units of the layer
	// below) in the place of the network's, as [Predictor.LayerInputs] gives them: layers below
	// it are not run, nor is the transform. Gradient then wants all of them frozen, and applies
	// the dropout of the one right below, but not of those further down.
	From int
}

var errNoWeight = errors.New("net: the weights of all rows are 0: want one that is not")

// rowLen returns the number of values per row of X.
func (m *Network) rowLen(from int) int {
	if from > 0 {
		return m.layers[from].in
	}
	return m.Inputs()
}

// classes returns how many classes labels may name: with a single output 0 and 1.
func (m *Network) classes() int { return max(2, m.Outputs()) }

// Check returns the number of rows of b, or an error that says what does not fit m.
func (m *Network) Check(b Batch) (rows int, err error) { return m.check(&b) }

func (m *Network) check(b *Batch) (rows int, err error) {
	if b.From < 0 || b.From >= len(m.layers) {
		return 0, fmt.Errorf("net: From = %d: want 0...%d", b.From, len(m.layers)-1)
	}
	in, out := m.rowLen(b.From), m.Outputs()
	rows = len(b.X) / in
	if rows == 0 || rows*in != len(b.X) {
		return 0, fmt.Errorf("net: len(X) = %d: want a positive multiple of %d, the number of inputs", len(b.X), in)
	}
	switch {
	case b.Labels != nil && b.Y != nil:
		return 0, fmt.Errorf("net: both Labels and Y are given: want one of them")
	case b.Labels != nil:
		if len(b.Labels) != rows {
			return 0, fmt.Errorf("net: %d labels for %d rows", len(b.Labels), rows)
		}
		for i, l := range b.Labels {
			if uint(l) >= uint(m.classes()) {
				return 0, fmt.Errorf("net: label %d in row %d: want 0...%d", l, i, m.classes()-1)
			}
		}
	case len(b.Y) != rows*out:
		return 0, fmt.Errorf("net: len(Y) = %d: want %d (%d rows of %d outputs), or Labels", len(b.Y), rows*out, rows, out)
	}
	if b.Weights != nil && len(b.Weights) != rows {
		return 0, fmt.Errorf("net: %d weights for %d rows", len(b.Weights), rows)
	}
	for i, w := range b.Weights {
		if !(w >= 0 && w <= math.MaxFloat32) {
			return 0, fmt.Errorf("net: weight %g of row %d: want a finite number, at least 0", w, i)
		}
	}
	return rows, nil
}

// target returns what row i should give at output j.
func (b *Batch) target(i, j, outputs int) float32 {
	switch {
	case b.Labels == nil:
		return b.Y[i*outputs+j]
	case outputs == 1:
		return float32(b.Labels[i])
	case b.Labels[i] == j:
		return 1
	}
	return 0
}
