package train

import (
	"context"
	"slices"

	"github.com/sinew-ml/sinew/internal/parts"
	"github.com/sinew-ml/sinew/mat"
)

// below is the deterministic prefix of a network whose first layers are frozen: what the
// layers below from give for a row is the same in every epoch.
type below struct {
	from  int          // 0: there is none
	stats []LayerStats // of these layers, from the first epoch on
	probe *Dataset     // nil: of whole rows
	whole *Dataset     // the training set, if its rows are kept
}

// keptBytes is what the outputs of frozen layers may take if the data itself is smaller.
const keptBytes = 64 << 20

// keeps reports whether so many rows of outputs may be kept.
func keeps(rows, inputs, units int) bool {
	return units <= inputs || rows <= keptBytes/4/units
}

// firstTrained returns the first layer that is not frozen.
func (c *Config) firstTrained() int {
	first := 0
	for c.Layers != nil && c.Layers[first].Frozen {
		first++
	}
	return first
}

// keepable returns the layer whose inputs are the same in every epoch: the first that is
// trained, or, further down, the one above the first dropout; 0: none.
func (t *Trainer) keepable() int {
	layers := t.m.Config().Layers
	for i := range t.first {
		if layers[i].Dropout > 0 {
			return i + 1
		}
	}
	return t.first
}

// keepFrozen runs the rows of the run's sets through the frozen layers, once.
func (f *fit) keepFrozen(ctx context.Context) {
	t := f.t
	from := t.keepable()
	if from == 0 || t.whole || f.below.from > 0 {
		return
	}
	if s, ok := f.rows.(*shuffled); ok {
		if d := t.inputsOf(ctx, from, s.data); d != nil {
			f.below.whole, s.data = s.data, d
			f.below.probe = d.Take(probed(d.Rows()))
			if n := t.c.BatchSize * d.Inputs; n > len(t.batch.X) {
				t.batch.X = make([]float32, n)
			}
		}
	}
	if f.validation != nil {
		if d := t.inputsOf(ctx, from, f.validation); d != nil {
			f.validation = d
		}
	}
	f.below.from = from
}

// layerStats measures the layers at the end of an epoch; what it finds for frozen ones,
// over the probe of a set in memory, holds for all epochs.
func (f *fit) layerStats() []LayerStats {
	t := f.t
	probe := f.probe
	if probe == nil {
		probe = f.rows.first()
	} else if f.below.stats != nil {
		probe = f.below.probe
	}
	stats := layerStats(t.m, t.ws, t.before, probe, f.below.stats)
	if f.below.probe != nil {
		f.below.stats = slices.Clone(stats[:f.below.from])
	}
	return stats
}

// nonFinite is Workspace.NonFinite for the last batch, with the layers that it did not run.
func (f *fit) nonFinite() (layer int, gradient bool) {
	layer, gradient = f.t.ws.NonFinite()
	if f.below.whole == nil {
		return layer, gradient
	}
	d := f.below.whole.Take(f.rows.(*shuffled).last)
	if _, err := f.t.ws.Loss(d.slice(0, d.Rows())); err != nil {
		panic("train: frozen layers: " + err.Error()) // the data was checked
	}
	n := f.below.from
	if f.t.m.Config().Layers[n-1].Dropout > 0 {
		n-- // seen above, after its dropout
	}
	for i := range n {
		if !mat.AllFinite(f.t.ws.Activations(i, d.Rows())) {
			return i, false
		}
	}
	return layer, gradient
}

// noteBefore makes a copy of the parameters before the last step of an epoch.
func (t *Trainer) noteBefore() {
	p := t.m.Params()
	if cap(t.before) < len(p) {
		t.before = slices.Clone(p)
		return
	}
	t.before = t.before[:len(p)]
	copy(t.before[t.params:], p[t.params:])
}

// inputsOf returns d with the inputs of a layer in the place of the network's, nil if they
// take too much memory or ctx ended.
func (t *Trainer) inputsOf(ctx context.Context, layer int, d *Dataset) *Dataset {
	units, rows := t.m.Config().Layers[layer-1].Units, d.Rows()
	if !keeps(rows, d.Inputs, units) {
		return nil
	}
	own := *d
	own.Inputs, own.X, own.from = units, make([]float32, rows*units), layer
	const size = 256 // as in Evaluate
	part := func(worker, workers int) {
		from, to := parts.Of(rows, worker, workers)
		if from == to {
			return
		}
		p := t.m.NewPredictor(min(size, to-from))
		for ; from < to && ctx.Err() == nil; from += size {
			n := min(size, to-from)
			copy(own.X[from*units:], p.LayerInputs(layer, d.X[from*d.Inputs:(from+n)*d.Inputs]))
		}
	}
	if t.team == nil || rows < 2*size {
		part(0, 1)
	} else {
		t.team.Run(part)
	}
	if ctx.Err() != nil {
		return nil
	}
	return &own
}
