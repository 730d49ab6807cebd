package net

// unitsShare is what the number of units of a worker is a multiple of, if workers divide those
// of the first layer: columns of whole tiles, beyond those numbers for which the order of
// sums is another, and no cache line of two workers.
const unitsShare = 64

// mostUnits is the most units of a first layer to be divided: longer rows of W lie too far
// apart to go through them by columns. dividedWeights are the fewest weights for which
// it pays.
const mostUnits, dividedWeights = 256, 1 << 15

// makePlans makes the plans for the layers that are not frozen.
func (ws *Workspace) makePlans() {
	transformed := ws.m.transform != nil
	ws.plan, ws.unitsPlan = plan(ws.m.layers, ws.frozen, false, transformed), nil
	l := &ws.m.layers[0]
	// A frozen layer has no gradient, and a batch may begin above it.
	if !ws.frozen[0] && l.out >= 2*unitsShare && l.out <= mostUnits && l.out%unitsShare == 0 && l.in*l.out >= dividedWeights {
		ws.unitsPlan = plan(ws.m.layers, ws.frozen, true, transformed)
	}
}

// Divisible reports whether the first layer is one whose units some numbers of workers may
// divide among themselves: 128, 192 or 256 units, 2¹⁵ weights or more, not frozen.
func (ws *Workspace) Divisible() bool { return ws.unitsPlan != nil }

// DivideUnits says whether workers are to divide the first layer by units instead of rows of
// the batch, if it is Divisible, each of them gets a multiple of 64, and the batch is large enough for
// all workers of the Team: each computes the
// outputs and the gradient of its columns of W. If it updates the same ones, no W moves from one
// core's cache to another's. Results do not depend on it.
func (ws *Workspace) DivideUnits(on bool) { ws.divide = on }

// Divided reports whether the last call of Gradient did so: worker i of n has columns
// out·i/n ... out·(i+1)/n of the first layer's dW in its cache. Else workers have rows
// of each dW, as many elements each.
func (ws *Workspace) Divided() bool { return ws.divided }

// divides reports whether a pass of so many workers is to do so.
func (ws *Workspace) divides(workers int) bool {
	return ws.divide && ws.unitsPlan != nil && workers > 1 && workers == ws.team.Workers() && ws.m.layers[0].out%(workers*unitsShare) == 0
}
