package net

import (
	"fmt"
	"math"
	"slices"

	"github.com/sinew-ml/sinew/mat"
)

// Workspace holds everything that the passes over a batch write: outputs of all
// layers, their gradients, and the gradient of all parameters. It belongs to one
// network and one goroutine at a time.
type Workspace struct {
	m       *Network
	maxRows int

	input, centred []float32 // (rows, inputs) after the transform, and on the way to a matrix
	layers         []record
	rowLoss        []float64
	targets        []float32 // (rows, outputs) one-hot rows for labels
	probs          []float32 // (rows, outputs) predictions, where they are not the last layer's outputs
	inv            []float32 // scratch of a batch norm that predicts
	scratch        []float32 // of a norm's gradient, a row for each worker
	grads          []float32
	frozen         []bool
	plan           []stage
	unitsPlan      []stage // with the first layer divided by units; nil if it is not Divisible

	// The pass at hand.
	batch  Batch
	rows   int
	x      []float32 // inputs of the first layer that is run
	weight float64   // Σ of the row weights
	scaled []float32 // (rows) the weights times a power of two, if their sum is beyond bounds
	seed   uint64
	step   uint64
	stage  *stage

	team    *mat.Team
	shared  bool                      // the last pass
	divide  bool                      // DivideUnits
	divided bool                      // the last pass: its plan was unitsPlan
	part    func(worker, workers int) // run, made once: a method value allocates
}

// sharedWork is the number of multiply-adds per pass from which a second worker pays: some
// 40 µs of one core. Each worker must have sharedRows: with fewer, moving the weights and
// gradients between the cores' caches costs more than the rows.
const sharedWork, sharedRows = 1 << 21, 8

// record is what a pass keeps of one layer, each (rows, out). Slices share memory where
// nothing is lost by it: n is z without a norm, a is n where the gradient needs only the
// output, y is a without dropout.
type record struct {
	z  []float32 // x·W + b
	n  []float32 // normalised
	a  []float32 // activation
	y  []float32 // after dropout
	dy []float32 // gradient with respect to y, then to n
	dz []float32 // gradient with respect to z; shares dy's memory but with a layer norm

	mean, inv []float32 // of the norm: (out) in batch norm, (rows) in layer norm
	vari      []float32 // (out) biased variance of a batch norm

	dw, db, dgamma, dbeta []float32 // views of the gradient
}

// NewWorkspace returns a workspace for batches of up to maxRows rows. It takes about
// 4·(params + maxRows·2·Σ units) bytes, see [MemoryFor]; a norm, dropout and an activation of
// those whose derivative needs their input add maxRows·units each. It panics if
// maxRows < 1 or beyond any memory.
func (m *Network) NewWorkspace(maxRows int) *Workspace {
	ws := m.newWorkspace(maxRows)
	rows := func(n int) []float32 { return make([]float32, maxRows*n) }
	ws.layers = make([]record, len(m.layers))
	for i := range m.layers {
		l, r := &m.layers[i], &ws.layers[i]
		r.z = rows(l.out)
		r.n = r.z
		switch l.norm {
		case BatchNorm:
			r.n, r.mean, r.inv, r.vari = rows(l.out), make([]float32, l.out), make([]float32, l.out), make([]float32, l.out)
		case LayerNorm:
			r.n, r.mean, r.inv = rows(l.out), rows(1), rows(1)
		}
		if r.a = r.n; l.activation.fromInput() {
			r.a = rows(l.out)
		}
		if r.y = r.a; l.dropout > 0 {
			r.y = rows(l.out)
		}
		r.dy = rows(l.out)
		if r.dz = r.dy; l.norm == LayerNorm {
			r.dz = rows(l.out)
		}
	}
	ws.rowLoss = make([]float64, maxRows)
	ws.targets = rows(m.Outputs())
	if m.config.Loss.logits() {
		ws.probs = rows(m.Outputs())
	}
	ws.scratch = make([]float32, m.widest())
	ws.grads = make([]float32, m.size)
	for i := range ws.layers {
		r := &ws.layers[i]
		r.dw, r.db, r.dgamma, r.dbeta = m.layers[i].views(ws.grads)
	}
	ws.frozen = make([]bool, len(m.layers))
	ws.makePlans()
	return ws
}

// newWorkspace returns a workspace that has room for inputs only.
func (m *Network) newWorkspace(maxRows int) *Workspace {
	if maxRows < 1 {
		panic("net: maxRows < 1")
	}
	widest := max(m.Inputs(), m.config.Inputs)
	for _, l := range m.layers {
		widest = max(widest, l.out)
	}
	if maxRows > math.MaxInt/4/widest {
		panic("net: maxRows is more than memory can hold")
	}
	ws := &Workspace{m: m, maxRows: maxRows}
	for i := range m.layers {
		if l := &m.layers[i]; l.norm == BatchNorm && l.out > len(ws.inv) {
			ws.inv = make([]float32, l.out)
		}
	}
	if t := m.transform; t != nil {
		ws.input = make([]float32, maxRows*t.Outputs())
		if t.Matrix != nil {
			ws.centred = make([]float32, maxRows*t.Inputs())
		}
	}
	return ws
}

// Network returns the network that ws belongs to.
func (ws *Workspace) Network() *Network { return ws.m }

// MaxRows returns the largest number of rows that ws has room for.
func (ws *Workspace) MaxRows() int { return ws.maxRows }

// Grads returns the gradient of the loss with respect to all parameters, in the
// layout of [Network.Params], as the last call of Gradient left it; 0 for frozen layers.
func (ws *Workspace) Grads() []float32 { return ws.grads }

// Layer returns the views of [Workspace.Grads] that belong to layer i: dW (in, out)
// and db (out).
func (ws *Workspace) Layer(i int) (dw, db []float32) {
	return ws.layers[i].dw, ws.layers[i].db
}

// Norm returns the views of [Workspace.Grads] that belong to layer i's norm: dγ and dβ
// (out), nil if it has none.
func (ws *Workspace) Norm(i int) (dgamma, dbeta []float32) {
	return ws.layers[i].dgamma, ws.layers[i].dbeta
}

// Freeze says for which layers Gradient leaves out the gradient; it panics unless there
// is one value per layer. Frozen layers below the first other one cost nothing
// backwards, and with [Batch.From] nothing forwards.
func (ws *Workspace) Freeze(frozen []bool) {
	if len(frozen) != len(ws.m.layers) {
		panic("net: Freeze: wrong length")
	}
	copy(ws.frozen, frozen)
	ws.makePlans()
	clear(ws.grads)
}

// SetDropout chooses the masks of the following calls of Gradient: an output of a layer
// is dropped or not by a function of seed, step, layer and its place in the batch alone.
func (ws *Workspace) SetDropout(seed, step uint64) { ws.seed, ws.step = seed, step }

// Outputs returns the outputs (rows, outputs) that the last pass over a batch of so
// many rows left: probabilities where [Predictor.Predict] gives them. Valid until the next
// pass.
func (ws *Workspace) Outputs(rows int) []float32 {
	out := ws.probs
	if out == nil {
		out = ws.layers[len(ws.layers)-1].y
	}
	return out[:rows*ws.m.Outputs()]
}

// Activations returns the outputs (rows, units) of layer i that the last pass over a batch
// of so many rows left, of one that it ran. Valid until the next pass.
func (ws *Workspace) Activations(i, rows int) []float32 {
	return ws.layers[i].y[:rows*ws.m.layers[i].out]
}

// NonFinite says where the last call of Gradient first left numbers that are NaN or
// infinite: in the outputs, or their variance in a batch norm, of the first such layer, else in
// the gradient of the last one; layer is -1 if there are none.
func (ws *Workspace) NonFinite() (layer int, gradient bool) {
	first := ws.batch.From
	if first > 0 && ws.m.layers[first-1].dropout > 0 {
		first-- // its dropout was run, which may overflow
	}
	for i := first; i < len(ws.layers); i++ {
		// The outputs of a batch norm whose variance overflows are finite, and β.
		if !mat.AllFinite(ws.layers[i].vari) || !mat.AllFinite(ws.Activations(i, ws.rows)) {
			return i, false
		}
	}
	for i := len(ws.layers) - 1; i >= 0; i-- {
		r := &ws.layers[i]
		if !mat.AllFinite(r.dw) || !mat.AllFinite(r.db) || !mat.AllFinite(r.dgamma) || !mat.AllFinite(r.dbeta) {
			return i, true
		}
	}
	return -1, false
}

// SetTeam lets the workers of team, nil for none, share the passes of Gradient, as far
// as a batch is worth it. Results do not depend on it. With a team it had before, SetTeam
// allocates nothing.
func (ws *Workspace) SetTeam(team *mat.Team) {
	ws.team = team
	if team == nil {
		return
	}
	if ws.part == nil {
		ws.part = ws.run
	}
	if n := ws.m.widest() * team.Workers(); len(ws.scratch) < n {
		ws.scratch = make([]float32, n)
	}
}

// Shared reports whether the last call of Gradient was worth sharing among the workers of
// SetTeam: then what follows a pass is, too.
func (ws *Workspace) Shared() bool { return ws.shared }

// Loss runs b forward as a prediction does, without dropout and with the running averages
// of batch norms, and returns its mean loss, NaN or Inf included.
// An error says what does not fit: lengths, a label out of range, too many rows.
func (ws *Workspace) Loss(b Batch) (float64, error) {
	if err := ws.begin(&b); err != nil {
		return 0, err
	}
	x := ws.batch.X
	if b.From == 0 {
		ws.enter(0, ws.rows)
		x = ws.x
	}
	for i := b.From; i < len(ws.m.layers); i++ {
		l, r := &ws.m.layers[i], &ws.layers[i]
		y := r.y[:ws.rows*l.out]
		l.predict(x, y, ws.rows, ws.inv, false)
		x = y
	}
	ws.lossRows(0, ws.rows)
	return ws.total(), nil
}

// Gradient runs b forward and backward and returns its mean loss, NaN or Inf
// included. Grads then holds the gradient of that mean. Errors are those of Loss.
//
// It is the pass of training: batch norms take the mean and variance of b (frozen ones the
// running averages, as predictions do), and dropout
// sets each output of a layer to 0 with the layer's probability p and divides the others
// by 1-p (inverted dropout: predictions need no correction; Srivastava et al. 2014).
// Both are no matter to networks without them: there the loss is that of Loss.
func (ws *Workspace) Gradient(b Batch) (float64, error) {
	if err := ws.begin(&b); err != nil {
		return 0, err
	}
	for i := range b.From {
		if !ws.frozen[i] {
			return 0, fmt.Errorf("net: From = %d: layer %d is not frozen", b.From, i)
		}
	}
	for i := b.From; i < len(ws.m.layers); i++ {
		if l, r := &ws.m.layers[i], &ws.layers[i]; l.norm == BatchNorm && ws.frozen[i] {
			copy(r.mean, l.mean)
			mat.InvStd(r.inv, l.vari, l.eps)
		}
	}
	workers := 1
	ws.shared = ws.team != nil && ws.rows >= 2*sharedRows && float64(ws.rows)*float64(ws.m.size-ws.m.layers[b.From].from)*3 >= sharedWork
	if ws.shared {
		workers = min(ws.team.Workers(), ws.rows/sharedRows)
	}
	p := ws.plan
	ws.divided = ws.divides(workers)
	if ws.divided {
		p = ws.unitsPlan
	}
	for i := range p {
		ws.stage = &p[i]
		if workers == 1 {
			ws.run(0, 1)
		} else {
			ws.team.RunUpTo(workers, ws.part)
		}
	}
	return ws.total(), nil
}

// begin checks the batch and makes it the one at hand.
func (ws *Workspace) begin(b *Batch) error {
	rows, err := ws.m.check(b)
	if err != nil {
		return err
	}
	if rows > ws.maxRows {
		return fmt.Errorf("net: %d rows: the workspace has room for %d", rows, ws.maxRows)
	}
	ws.batch, ws.rows = *b, rows
	ws.weight = float64(rows)
	if b.Weights != nil {
		ws.weight = 0
		for _, w := range b.Weights {
			ws.weight += float64(w)
		}
		if ws.weight == 0 {
			return errNoWeight
		}
		ws.scaleWeights()
	}
	ws.x = b.X
	if b.From > 0 {
		if r := &ws.layers[b.From-1]; ws.m.layers[b.From-1].dropout > 0 {
			ws.x = r.y[:len(b.X)]
		}
	} else if t := ws.m.transform; t != nil {
		ws.x = ws.input[:rows*t.Outputs()]
	}
	return nil
}

// scaleWeights brings weights whose sum is so small or large that its inverse, or the
// inverse's share of an output, is beyond float32 to a sum of about 1. Nothing is rounded that
// counts: what becomes subnormal is below 2⁻¹²⁶ of the sum.
func (ws *Workspace) scaleWeights() {
	const small, large = 0x1p-64, 0x1p64
	if ws.weight >= small && ws.weight <= large {
		return
	}
	by := -math.Ilogb(ws.weight)
	ws.scaled = slices.Grow(ws.scaled[:0], ws.maxRows)[:ws.rows]
	for i, w := range ws.batch.Weights {
		ws.scaled[i] = float32(math.Ldexp(float64(w), by))
	}
	ws.batch.Weights, ws.weight = ws.scaled, math.Ldexp(ws.weight, by)
}

// total returns the weighted mean of the rows' losses, summed in row order.
func (ws *Workspace) total() float64 {
	sum := 0.0
	for _, l := range ws.rowLoss[:ws.rows] {
		sum += l
	}
	return sum / ws.weight
}

// UpdateStats moves the running averages of the network's batch norms by the batch of
// the last call of Gradient. Frozen layers keep theirs, and all the variance if it had one row.
func (ws *Workspace) UpdateStats() {
	for i := range ws.m.layers {
		l, r := &ws.m.layers[i], &ws.layers[i]
		if l.norm != BatchNorm || ws.frozen[i] {
			continue
		}
		mat.MoveAverage(l.mean, r.mean, runningShare, 1)
		if n := float32(ws.rows); n > 1 {
			mat.MoveAverage(l.vari, r.vari, runningShare, n/(n-1))
		}
	}
}
