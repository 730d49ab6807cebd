package net

import (
	"fmt"
	"math"

	"github.com/sinew-ml/sinew/mat"
)

// Workspace holds everything that the passes over a batch write: outputs of all
// layers, their gradients, and the gradient of all parameters. It belongs to one
// network and one goroutine at a time.
type Workspace struct {
	m       *Network
	maxRows int
	acts    [][]float32 // acts[l] (rows, out) is layer l's output
	delta   [2][]float32
	grads   []float32
}

// NewWorkspace returns a workspace for batches of up to maxRows rows, in
// 4·(params + maxRows·(Σ units + 2·widest layer)) bytes. It panics if
// maxRows < 1 or beyond any memory.
func (m *Network) NewWorkspace(maxRows int) *Workspace {
	ws := m.newInference(maxRows)
	wide := 0
	for _, l := range m.layers {
		wide = max(wide, l.out)
	}
	ws.delta = [2][]float32{make([]float32, maxRows*wide), make([]float32, maxRows*wide)}
	ws.grads = make([]float32, len(m.params))
	return ws
}

// newInference returns a workspace that can run only forward.
func (m *Network) newInference(maxRows int) *Workspace {
	if maxRows < 1 {
		panic("net: maxRows < 1")
	}
	for _, l := range m.layers {
		if maxRows > math.MaxInt/4/max(l.in, l.out) {
			panic("net: maxRows is more than memory can hold")
		}
	}
	ws := &Workspace{m: m, maxRows: maxRows, acts: make([][]float32, len(m.layers))}
	for i, l := range m.layers {
		ws.acts[i] = make([]float32, maxRows*l.out)
	}
	return ws
}

// Network returns the network that ws belongs to.
func (ws *Workspace) Network() *Network { return ws.m }

// MaxRows returns the largest number of rows that ws has room for.
func (ws *Workspace) MaxRows() int { return ws.maxRows }

// Grads returns the gradient of the loss with respect to all parameters, in the
// layout of [Network.Params], as the last call of Gradient left it.
func (ws *Workspace) Grads() []float32 { return ws.grads }

// Layer returns the views of [Workspace.Grads] that belong to layer i: dW (in, out)
// and db (out).
func (ws *Workspace) Layer(i int) (dw, db []float32) { return ws.m.layers[i].views(ws.grads) }

// views returns the parts of an arena that belong to the layer.
func (l *dense) views(arena []float32) (w, b []float32) {
	mid := l.from + l.in*l.out
	return arena[l.from:mid], arena[mid:][:l.out]
}

// forward runs x (rows, inputs) through all layers and returns the last one's output.
func (ws *Workspace) forward(x []float32, rows int) []float32 {
	for i := range ws.m.layers {
		l := &ws.m.layers[i]
		y := ws.acts[i][:rows*l.out]
		l.forward(x, y, rows)
		x = y
	}
	return x
}

// x (rows, in)   w (in, out)   b (out)   y (rows, out)
func (l *dense) forward(x, y []float32, rows int) {
	for r := range rows {
		copy(y[r*l.out:][:l.out], l.b) // the products' sums start from the bias
	}
	mat.Gemm(mat.NoTrans, mat.NoTrans, rows, l.out, l.in, 1, x, l.in, l.w, l.out, 1, y, l.out)
	switch l.activation {
	case Sigmoid:
		mat.Sigmoid(y, y)
	case Tanh:
		mat.Tanh(y, y)
	case ReLU:
		mat.ReLU(y, y)
	}
}

// activationGrad turns dy, the gradient with respect to the layer's output y, into
// that with respect to z = x·W + b, in place.
func (l *dense) activationGrad(dy, y []float32) {
	switch l.activation {
	case Sigmoid:
		mat.SigmoidGrad(dy, dy, y)
	case Tanh:
		mat.TanhGrad(dy, dy, y)
	case ReLU:
		mat.ReLUGrad(dy, dy, y)
	}
}

// Outputs returns the outputs (rows, outputs) that the last pass over a batch of so
// many rows left: probabilities for SoftmaxCrossEntropy. Valid until the next pass.
func (ws *Workspace) Outputs(rows int) []float32 {
	return ws.acts[len(ws.acts)-1][:rows*ws.m.Outputs()]
}

// Loss runs b forward and returns its mean loss, NaN or Inf included.
// An error says what does not fit: lengths, a label out of range, too many rows.
func (ws *Workspace) Loss(b Batch) (float64, error) {
	rows, err := ws.check(b)
	if err != nil {
		return 0, err
	}
	return ws.loss(&b, rows, ws.forward(b.X, rows), nil), nil
}

// Gradient runs b forward and backward and returns its mean loss, NaN or Inf
// included. Grads then holds the gradient of that mean. Errors are those of Loss.
func (ws *Workspace) Gradient(b Batch) (float64, error) {
	rows, err := ws.check(b)
	if err != nil {
		return 0, err
	}
	if ws.grads == nil {
		panic("net: Gradient: workspace for inference only")
	}
	out := ws.forward(b.X, rows)
	dz := ws.delta[0][:len(out)]
	loss := ws.loss(&b, rows, out, dz)
	ws.backward(b.X, rows, dz)
	return loss, nil
}

func (ws *Workspace) check(b Batch) (rows int, err error) {
	rows, err = ws.m.Check(b)
	if err == nil && rows > ws.maxRows {
		err = fmt.Errorf("net: %d rows: the workspace has room for %d", rows, ws.maxRows)
	}
	return rows, err
}

// backward fills grads; dz is the gradient with respect to the last layer's z.
func (ws *Workspace) backward(x []float32, rows int, dz []float32) {
	layers := ws.m.layers
	other := 1
	for i := len(layers) - 1; i >= 0; i-- {
		l := &layers[i]
		in := x
		if i > 0 {
			in = ws.acts[i-1][:rows*l.in]
		}
		dw, db := l.views(ws.grads)
		mat.Gemm(mat.Transpose, mat.NoTrans, l.in, l.out, rows, 1, in, l.in, dz, l.out, 0, dw, l.out) // dW = Xᵗ·dZ
		clear(db)
		for r := range rows {
			mat.Add(db, db, dz[r*l.out:][:l.out])
		}
		if i == 0 {
			return
		}
		dx := ws.delta[other][:rows*l.in]
		mat.Gemm(mat.NoTrans, mat.Transpose, rows, l.in, l.out, 1, dz, l.out, l.w, l.out, 0, dx, l.in) // dX = dZ·Wᵗ
		layers[i-1].activationGrad(dx, in)
		dz, other = dx, 1-other
	}
}
