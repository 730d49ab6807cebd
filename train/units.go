package train

import (
	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/net"
)

// A first layer whose units workers may divide (see [net.Workspace.DivideUnits]) is then
// updated by columns of its W. The squares of its gradient are summed in pieces of some
// columns and a part of the rows in any case, so that the sum does not depend on the
// workers, and each worker has its pieces in its cache, be they columns or rows.

// unitsOfSum is the columns of a piece: no more than a worker's, and whole cache lines.
// partsOfSum is how many parts the rows have: with more adding up takes longer.
const unitsOfSum, partsOfSum = 64, 2

// unitsOf returns the number of weights of such a layer, else 0.
func unitsOf(m *net.Network, ws *net.Workspace) int {
	if !ws.Divisible() {
		return 0
	}
	w, _ := m.Layer(0)
	return len(w)
}

// unitSquares sums the squares of one worker's pieces of the first layer's gradient.
func (t *Trainer) unitSquares(worker, workers int) {
	dw, db := t.ws.Layer(0)
	out := len(db)
	rows, groups := len(dw)/out, out/unitsOfSum
	from, to, first, last := 0, partsOfSum, 0, groups
	switch {
	case workers == 1:
	case t.ws.Divided():
		first, last = groups*worker/workers, groups*(worker+1)/workers
	default:
		from, to = partsOfSum*worker/workers, partsOfSum*(worker+1)/workers
	}
	for i := from; i < to; i++ {
		row, end := rows*i/partsOfSum, rows*(i+1)/partsOfSum
		for j := first; j < last; j++ {
			t.unitSums[i*groups+j] = mat.SquareSum(dw[row*out+j*unitsOfSum:], end-row, unitsOfSum, out)
		}
	}
}

// updateUnits updates one worker's columns of the first layer's W.
func (t *Trainer) updateUnits(worker, workers int) {
	w, b := t.m.Layer(0)
	dw, _ := t.ws.Layer(0)
	var state [3][]float32
	for i := range t.state {
		state[i] = t.state[i][:len(w)]
	}
	s, out := &t.segments[0], len(b) // it begins there, as the layer is not frozen
	if !t.ruleOf(s).UpdateColumns(w, dw, state[:len(t.state)], out, out*worker/workers, out*(worker+1)/workers, t.termsOf(s)) {
		t.finite[worker] = false
	}
}
