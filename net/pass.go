package net

import (
	"github.com/sinew-ml/sinew/internal/parts"
	"github.com/sinew-ml/sinew/mat"
)

// run does worker's part, of so many workers, of the stage at hand.
func (ws *Workspace) run(worker, workers int) {
	part := func(n int) (from, to int) {
		if workers == 1 { // divisions are slow
			return 0, n
		}
		return parts.Of(n, worker, workers)
	}
	before := 0 // weights of the layers before, of those whose gradient is computed
	for _, t := range ws.stage.tasks {
		if t.layer < ws.batch.From && t.kind != enter {
			continue
		}
		l, r := &ws.m.layers[t.layer], &ws.layers[t.layer]
		var from, to int
		switch t.split {
		case byRows:
			from, to = part(ws.rows)
		case byColumns, byUnits:
			from, to = part(l.out)
		case byInputs:
			// The part of the whole that the worker updates later: it has it in its cache then.
			from, to = part(ws.stage.weights)
			from, to = l.rowsFrom(from-before), l.rowsFrom(to-before)
			before += l.in * l.out
		}
		if t.split == byUnits {
			ws.units(t.kind, t.layer, from, to)
			continue
		}
		if from == to && !(t.kind == paramGrad && worker == workers-1) {
			continue
		}
		switch t.kind {
		case enter:
			ws.enter(from, to)
		case linear:
			l.linear(rowsOf(ws.inputOf(t.layer), l.in, from, to), rowsOf(r.z, l.out, from, to), to-from)
		case batchStats:
			mat.ColumnMoments(r.mean[from:to], r.vari[from:to], r.z[from:], ws.rows, to-from, l.out)
			mat.InvStd(r.inv[from:to], r.vari[from:to], l.eps)
		case outputs:
			ws.outputs(t.layer, from, to)
		case lossRows:
			ws.lossRows(from, to)
		case undo:
			ws.undo(t.layer, from, to, worker)
		case batchGrad:
			ws.batchGrad(t.layer, from, to)
		case inputGrad:
			ws.inputGrad(t.layer, from, to)
		case paramGrad:
			ws.paramGrad(t.layer, from, to, worker == workers-1)
		}
	}
}

// rowsFrom returns the first row of W that begins at or after its element i.
func (l *dense) rowsFrom(i int) int { return max(0, min(l.in, (i+l.out-1)/l.out)) }

// rowsOf returns rows from...to of a matrix with so many columns.
func rowsOf(x []float32, columns, from, to int) []float32 { return x[from*columns : to*columns] }

// inputOf returns the inputs of a layer.
func (ws *Workspace) inputOf(layer int) []float32 {
	if layer == ws.batch.From {
		return ws.x
	}
	return ws.layers[layer-1].y
}

// enter runs rows from...to through what lies before the first layer that is run: the
// transform, or the dropout of the layer below.
func (ws *Workspace) enter(from, to int) {
	if below := ws.batch.From - 1; below >= 0 {
		if l := &ws.m.layers[below]; l.dropout > 0 {
			mat.Dropout(rowsOf(ws.x, l.out, from, to), rowsOf(ws.batch.X, l.out, from, to), l.dropout, ws.seed, ws.step, below, from*l.out)
		}
		return
	}
	t := ws.m.transform
	if t == nil {
		return
	}
	in := t.Inputs()
	var scratch []float32
	if t.Matrix != nil {
		scratch = rowsOf(ws.centred, in, from, to)
	}
	t.Apply(rowsOf(ws.x, t.Outputs(), from, to), rowsOf(ws.batch.X, in, from, to), scratch)
}

// linear sets z = x·W + b, and through ReLU if it follows right after.
//
// x (rows, in)   w (in, out)   b (out)   z (rows, out)
func (l *dense) linear(x, z []float32, rows int) {
	mat.GemmBias(l.floor, rows, l.out, l.in, x, l.in, l.w, l.out, l.b, z, l.out)
}

// units does what a task does for units from...to of a layer: linear, or the gradients of their
// parameters.
func (ws *Workspace) units(k kind, layer, from, to int) {
	l, r := &ws.m.layers[layer], &ws.layers[layer]
	x, n := ws.inputOf(layer), to-from
	if k == linear {
		mat.GemmBias(l.floor, ws.rows, n, l.in, x, l.in, l.w[from:], l.out, l.b[from:to], r.z[from:], l.out)
		return
	}
	if l.norm == LayerNorm {
		mat.LayerNormSums(r.dgamma[from:to], r.dbeta[from:to], r.dy[from:], r.z[from:], r.mean[:ws.rows], r.inv[:ws.rows], ws.rows, n, l.out)
	}
	mat.ColumnSums(r.db[from:to], r.dz[from:], ws.rows, n, l.out)
	mat.Gemm(mat.Transpose, mat.NoTrans, l.in, n, ws.rows, 1, x, l.in, r.dz[from:], l.out, 0, r.dw[from:], l.out)
}

// straight reports whether the layer's outputs are what linear leaves.
func (l *dense) straight() bool {
	return l.norm == NoNorm && l.dropout == 0 && (l.floor || l.activation == Identity)
}

// activate is apply, but for what linear has done.
func (l *dense) activate(y, z []float32) {
	if !l.floor {
		l.apply(y, z)
	}
}

// predict sets y to the layer's output for x, as predictions have it. inv is scratch for a
// batch norm, as long as the widest one; finite promises that the weights are.
func (l *dense) predict(x, y []float32, rows int, inv []float32, finite bool) {
	switch rows {
	case 0:
		return
	case 1: // may leave out the weights of zeros
		mat.GemvBias(l.floor, finite, l.out, l.in, x, l.w, l.out, l.b, y)
	default:
		l.linear(x, y, rows)
	}
	switch l.norm {
	case BatchNorm:
		inv = inv[:l.out]
		mat.InvStd(inv, l.vari, l.eps)
		mat.BatchNorm(y, y, l.mean, inv, l.gamma, l.beta, rows, l.out, l.out)
	case LayerNorm:
		mat.LayerNorm(y, y, l.gamma, l.beta, l.eps, nil, nil)
	}
	l.activate(y, y)
}

// outputs computes rows from...to of a layer's outputs from z.
func (ws *Workspace) outputs(layer, from, to int) {
	l, r := &ws.m.layers[layer], &ws.layers[layer]
	z, n := rowsOf(r.z, l.out, from, to), rowsOf(r.n, l.out, from, to)
	switch l.norm {
	case BatchNorm:
		mat.BatchNorm(n, z, r.mean, r.inv, l.gamma, l.beta, to-from, l.out, l.out)
	case LayerNorm:
		mat.LayerNorm(n, z, l.gamma, l.beta, l.eps, r.mean[from:to], r.inv[from:to])
	}
	a := rowsOf(r.a, l.out, from, to)
	l.activate(a, n)
	if l.dropout > 0 {
		mat.Dropout(rowsOf(r.y, l.out, from, to), a, l.dropout, ws.seed, ws.step, layer, from*l.out)
	}
}

// inputGrad computes rows from...to of dX = dZ·Wᵗ, the gradient with respect to the outputs
// of the layer below, and through that layer's ReLU where nothing lies between.
func (ws *Workspace) inputGrad(layer, from, to int) {
	l, below := &ws.m.layers[layer], &ws.layers[layer-1]
	dz, dx := rowsOf(ws.layers[layer].dz, l.out, from, to), rowsOf(below.dy, l.in, from, to)
	if ws.m.layers[layer-1].floor {
		mat.GemmReLUGrad(to-from, l.in, l.out, dz, l.out, l.w, l.out, rowsOf(below.y, l.in, from, to), l.in, dx, l.in)
		return
	}
	mat.Gemm(mat.NoTrans, mat.Transpose, to-from, l.in, l.out, 1, dz, l.out, l.w, l.out, 0, dx, l.in)
}

// undo turns rows from...to of dy, the gradient with respect to a layer's output, into
// that with respect to n, the activation's input, and through a layer norm or a frozen
// batch norm, which is a map of each element alone.
func (ws *Workspace) undo(layer, from, to, worker int) {
	l, r := &ws.m.layers[layer], &ws.layers[layer]
	dy := rowsOf(r.dy, l.out, from, to)
	switch {
	case l.dropout > 0 && l.activation == ReLU:
		// The outputs are 0 where the ReLU or the mask stopped them, so that their signs are all
		// that the gradient needs: no mask is drawn again.
		if !l.floor || layer == len(ws.layers)-1 { // elsewhere inputGrad of the layer above has looked at them
			mat.ReLUGrad(dy, dy, rowsOf(r.y, l.out, from, to))
		}
		mat.Scal(mat.DropoutScale(l.dropout), dy)
	case l.dropout > 0:
		mat.Dropout(dy, dy, l.dropout, ws.seed, ws.step, layer, from*l.out)
		fallthrough
	default:
		l.activationGrad(dy, rowsOf(r.n, l.out, from, to), rowsOf(r.a, l.out, from, to))
	}
	scratch := ws.scratch[worker*ws.m.widest():][:l.out]
	switch {
	case l.norm == BatchNorm && ws.frozen[layer]:
		mat.Mul(scratch, l.gamma, r.inv)
		for ; len(dy) > 0; dy = dy[l.out:] {
			mat.Mul(dy[:l.out], dy[:l.out], scratch)
		}
	case l.norm == LayerNorm:
		mat.LayerNormGrad(rowsOf(r.dz, l.out, from, to), dy, rowsOf(r.z, l.out, from, to), l.gamma, r.mean[from:to], r.inv[from:to], scratch)
	}
}

// batchGrad computes columns from...to of a batch norm's gradients: dγ and dβ, and dz in
// the place of dn. It needs all rows: what is subtracted are means over the batch.
func (ws *Workspace) batchGrad(layer, from, to int) {
	l, r := &ws.m.layers[layer], &ws.layers[layer]
	dgamma, dbeta := r.dgamma[from:to], r.dbeta[from:to]
	dz, z, mean, inv := r.dz[from:], r.z[from:], r.mean[from:to], r.inv[from:to]
	mat.BatchNormSums(dgamma, dbeta, dz, z, mean, inv, ws.rows, to-from, l.out)
	mat.BatchNormGrad(dz, dz, z, mean, inv, l.gamma[from:to], dgamma, dbeta, ws.rows, to-from, l.out)
}

// paramGrad computes rows from...to of dW and, for the last worker, db and the norm's
// gradients.
func (ws *Workspace) paramGrad(layer, from, to int, last bool) {
	l, r := &ws.m.layers[layer], &ws.layers[layer]
	dz := r.dz[:ws.rows*l.out]
	if from < to {
		mat.Gemm(mat.Transpose, mat.NoTrans, to-from, l.out, ws.rows, 1, ws.inputOf(layer)[from:], l.in, dz, l.out, 0, rowsOf(r.dw, l.out, from, to), l.out) // dW = Xᵗ·dZ
	}
	if last { // after the product: what stored dz has reached the cache by then
		mat.ColumnSums(r.db, dz, ws.rows, l.out, l.out)
		if l.norm == LayerNorm {
			mat.LayerNormSums(r.dgamma, r.dbeta, r.dy, r.z, r.mean[:ws.rows], r.inv[:ws.rows], ws.rows, l.out, l.out)
		}
	}
}
