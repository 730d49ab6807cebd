package net

// A training pass as data: stages, in order. The workers of a [mat.Team] share each stage
// and meet before the next, so no sum is ever split and results do not depend on their
// number.
//
// Without batch norm there are two stages: each worker runs its rows of the batch
// forward, through the loss, and back; then each computes the gradient of its part of
// every layer's weights. Batch norm, whose statistics need all rows, cuts the first into
// more.
//
// Rows of the batch need all of W, which moves from core to core at each step, as other
// workers update their parts. The first layer's need not, if its units are divided (see
// [Workspace.DivideUnits]): each worker has some columns of W to itself. This cuts
// the first stage into two. Other layers need rows of W forward and columns backward.

// split says what the workers of a stage divide among themselves.
type split uint8

const (
	byRows    split = iota // rows of the batch
	byColumns              // units of the stage's layer
	byInputs               // rows of all layers' W, one after the other
	byUnits                // columns of the first layer's W
)

// kind is one piece of work of a stage, for one layer.
type kind uint8

const (
	enter      kind = iota // the transform of the inputs, or dropout below Batch.From
	linear                 // z = x·W + b
	batchStats             // mean and variance of z's columns
	outputs                // norm, activation, dropout: y from z
	lossRows               // loss and gradient of the outputs
	undo                   // through dropout and activation (and layer norm, and frozen batch norm): dz from dy
	batchGrad              // through a batch norm: dγ, dβ and dz
	inputGrad              // dy of the layer below
	paramGrad              // dW and db (and a layer norm's dγ and dβ)
)

type task struct {
	kind  kind
	layer int
	split split
}

type stage struct {
	tasks   []task
	weights int // of byInputs: elements of the W
}

// plan returns the stages of a pass over layers whose gradients are wanted but for those
// that are frozen. Nothing goes back beyond the first other one. units says whether the first
// layer, not frozen then, is divided by units, transformed whether there is a transform.
func plan(layers []dense, frozen []bool, units, transformed bool) []stage {
	first := 0
	for first < len(layers) && frozen[first] {
		first++
	}
	ofBatch := func(i int) bool { return layers[i].norm == BatchNorm && !frozen[i] }
	var p []stage
	add := func(s split, k kind, layer int) {
		if n := len(p); n == 0 || p[n-1].tasks[0].split != s {
			p = append(p, stage{})
		}
		last := &p[len(p)-1]
		last.tasks = append(last.tasks, task{k, layer, s})
	}
	if transformed || !units {
		add(byRows, enter, 0)
	}
	for i := range layers {
		if units && i == 0 {
			add(byUnits, linear, i)
		} else {
			add(byRows, linear, i)
		}
		if ofBatch(i) {
			add(byColumns, batchStats, i)
		}
		if !layers[i].straight() {
			add(byRows, outputs, i)
		}
	}
	add(byRows, lossRows, len(layers)-1)
	for i := len(layers) - 1; i >= first; i-- {
		if l := &layers[i]; !l.straight() || l.floor && i == len(layers)-1 { // else inputGrad's gate is all
			add(byRows, undo, i)
		}
		if ofBatch(i) {
			add(byColumns, batchGrad, i)
		}
		if i > first {
			add(byRows, inputGrad, i)
		}
	}
	var last stage // whose tasks need nothing of each other
	for i := first; i < len(layers); i++ {
		switch {
		case units && i == 0:
			last.tasks = append(last.tasks, task{paramGrad, i, byUnits})
		case !frozen[i]:
			last.tasks = append(last.tasks, task{paramGrad, i, byInputs})
			last.weights += layers[i].in * layers[i].out
		}
	}
	if len(last.tasks) > 0 {
		p = append(p, last)
	}
	return p
}
