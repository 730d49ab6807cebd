package prep

import (
	"errors"
	"fmt"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// Targets is a map of the target values of a regression to mean 0 and variance 1,
// y -> (y - Mean) ∘ Scale, for training: initial weights and usual rates suit values near 1, and
// prices in the hundred thousands are hardly reached with them. The model need not know of it:
// Undo puts the inverse into its last layer, so that it predicts in the values' own unit.
//
//	targets, err := prep.ScaleTargets(training)
//	...
//	_, err = trainer.Fit(ctx, targets.Apply(training), targets.Apply(validation))
//	...
//	err = targets.Undo(m)
//
// Losses that Fit reports are those of the scaled values.
type Targets struct {
	Mean, Scale []float32 // one per output; a column whose values are all equal has scale 1
}

// ScaleTargets fits the map on the training set. An error says what cannot be: labels, no rows,
// a NaN or infinity, a spread whose inverse overflows.
func ScaleTargets(d *train.Dataset) (*Targets, error) {
	if d == nil {
		return nil, errors.New("prep: targets: the data set is nil")
	}
	rows := d.Rows()
	if d.Labels != nil || rows == 0 || len(d.Y) == 0 || len(d.Y)%rows != 0 {
		return nil, fmt.Errorf("prep: %d target values in %d rows: want at least one row, as many values in each, and no labels", len(d.Y), rows)
	}
	fit, err := Standardize(&train.Dataset{Inputs: len(d.Y) / rows, X: d.Y})
	if err != nil {
		return nil, fmt.Errorf("prep: targets: %w", err)
	}
	return &Targets{fit.Transform.Mean, fit.Transform.Scale}, nil
}

// Apply returns d with scaled targets and all else shared; nil for nil. It panics if the rows
// have another number of targets.
func (t *Targets) Apply(d *train.Dataset) *train.Dataset {
	if d == nil {
		return nil
	}
	if len(d.Y) != d.Rows()*len(t.Mean) {
		panic("prep: the rows have another number of targets")
	}
	scaled := *d
	scaled.Y = make([]float32, len(d.Y))
	for i, v := range d.Y {
		j := i % len(t.Mean)
		scaled.Y[i] = (v - t.Mean[j]) * t.Scale[j]
	}
	return &scaled
}

// Undo makes a network that was trained on scaled targets predict in their own unit, and Redo
// one that does predict scaled ones, to train it further; one after the other changes
// nothing but by rounding. An error says why a network cannot be changed that way: its last
// layer must be Identity without a norm, its loss none of the cross entropies, and its outputs
// as many as the targets.
func (t *Targets) Undo(m *net.Network) error {
	w, b, err := t.last(m)
	n := len(t.Mean)
	for i := range w {
		w[i] /= t.Scale[i%n]
	}
	for j := range b {
		b[j] = b[j]/t.Scale[j] + t.Mean[j]
	}
	return err
}

// Redo is the inverse of Undo, which see.
func (t *Targets) Redo(m *net.Network) error {
	w, b, err := t.last(m)
	n := len(t.Mean)
	for i := range w {
		w[i] *= t.Scale[i%n]
	}
	for j := range b {
		b[j] = (b[j] - t.Mean[j]) * t.Scale[j]
	}
	return err
}

// last returns the layer into which the map goes, nothing if it cannot.
func (t *Targets) last(m *net.Network) (w, b []float32, err error) {
	if m == nil || m.Params() == nil {
		return nil, nil, errors.New("prep: targets: the network is nil, or its weights are mapped from a file, read-only: load it instead")
	}
	c := m.Config()
	l := c.Layers[len(c.Layers)-1]
	switch {
	case m.Outputs() != len(t.Mean):
		return nil, nil, fmt.Errorf("prep: targets: the network has %d outputs: want %d", m.Outputs(), len(t.Mean))
	case l.Activation != net.Identity || l.Norm != net.NoNorm || c.Loss == net.SoftmaxCrossEntropy || c.Loss == net.BinaryCrossEntropy:
		return nil, nil, fmt.Errorf("prep: targets: the last layer has %s, norm %s and loss %s: want %s without a norm, and no cross entropy", l.Activation, l.Norm, c.Loss, net.Identity)
	}
	w, b = m.Layer(m.Layers() - 1)
	return w, b, nil
}
