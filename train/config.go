package train

import (
	"errors"
	"fmt"
	"math"
	"runtime"

	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/net"
)

// Config says how to train. Every zero value stands for a default. It can be written as
// JSON and read back.
type Config struct {
	Optimizer Optimizer // nil: Adam{}
	LearnRate Schedule  // nil: Constant(the optimizer's own default)
	BatchSize int       // rows per step, with a batch norm at least 2; 0: 32. The last batch of an epoch may be smaller
	Epochs    int       // passes over the training set by Fit; 0: 20
	Seed      uint64    // order of the rows, and dropout

	// Regularisers, in the order in which a step applies them. All are at least 0.
	ClipValue   float64 // each gradient is brought into ±ClipValue; 0: no
	ClipNorm    float64 // a gradient whose 2-norm is larger is scaled down to it (PyTorch: by 1e-6/norm more); 0: no
	L2          float64 // λ₂/2·w² is added to the loss: λ₂·w to the gradient
	L1          float64 // λ₁·|w| is added to the loss: by a proximal step, which makes true zeros; see below
	DecayBiases bool    // L1, L2 and AdamW's decay for biases, γ and β as well
	MaxNorm     float64 // the weights into a unit whose 2-norm is larger are scaled down to it; 0: no

	// The proximal step moves each weight by rate·L1 towards 0, where it stops, whatever the
	// optimizer. AdaGrad, RMSProp and Adam bring gradients to a size of about 1, so that L1 is
	// compared with that, not with the loss: to be felt it must be larger than with SGD, and
	// near 1 it wins over everything.

	// Layers overrides some of it per layer: nil, or one per layer of the network.
	//
	// Frozen layers below the first other one cost nothing backwards. Fit runs a data set in
	// memory through them, and through the network's transform, once, before the first step,
	// and trains on what comes out, so that each epoch has the cost of the layers above;
	// results have the same bits. It keeps that for the training and for the validation rows, as far
	// as it takes no more memory than the rows themselves or 64 MiB, and else runs the
	// frozen layers each time. Dropout in one of them, which draws anew in each step, ends
	// what is run once. FitSource keeps its validation rows only, and
	// Step takes rows as they are given: for your own loop see [net.Batch].From.
	Layers []LayerConfig

	// ClassWeights says how much the rows of each class count in Fit (labels only), in
	// training and validation, as a factor of the rows' own weights. Balanced gives the
	// classes the weights rows/(classes·rows of the class in the training set), of
	// scikit-learn's "balanced". Both weigh the whole loss of a row; with label smoothing
	// PyTorch's class weights do not, but the share of each class in it.
	ClassWeights []float64
	Balanced     bool

	// Patience ends Fit when Watch has not become better, by more than MinDelta, in so many
	// epochs, and leaves the weights of the best epoch, which is the last one that was
	// better in that sense; 0: never. KeepBest leaves them without ending Fit.
	Patience int
	Watch    Figure
	MinDelta float64
	KeepBest bool

	// EMA keeps a running average of the weights after each step: after t steps that of
	// step k counts (1-EMA)·EMA^(t-k)/(1-EMA^t), which leaves out the weights before
	// the first (as Adam's correction does). SWA averages those at the end of epochs SWA,
	// SWA+1, ... of a run (Izmailov et al. 2018): none, if it has fewer epochs. Running
	// averages of batch norms are averaged too. Validation then measures the average, and Fit
	// leaves it. 0: no; at most one of them.
	EMA float64
	SWA int

	// Workers is the most goroutines that share a step: 0 stands for the number of
	// processors. Small steps are done by one, and results do not depend on it.
	Workers int

	// Checkpoint says where Fit keeps its state, so that a run that was stopped, whatever
	// stopped it, can be finished by [Trainer.Resume] and Fit.
	Checkpoint Checkpoint

	// Progress is called by Fit after each step and each epoch, on Fit's goroutine.
	Progress func(Progress)
}

// LayerConfig is what one layer has of its own.
type LayerConfig struct {
	L1     *float64 `json:"l1,omitempty"`     // nil: Config's
	L2     *float64 `json:"l2,omitempty"`     // nil: Config's
	Frozen bool     `json:"frozen,omitempty"` // not changed by training; its batch norm takes the running averages
}

// Defaults of Config. 32 rows are the batch size of Bengio, Practical
// recommendations for gradient-based training, 2012.
const (
	DefaultBatchSize = 32
	DefaultEpochs    = 20
)

// withDefaults returns c with defaults in the place of zero values.
func (c Config) withDefaults() Config {
	if c.Optimizer == nil {
		c.Optimizer = Adam{}
	}
	if c.LearnRate == nil && c.checkOptimizer() == nil {
		c.LearnRate = Constant(c.Optimizer.defaultRate())
	}
	if c.BatchSize == 0 {
		c.BatchSize = DefaultBatchSize
	}
	if c.Epochs == 0 {
		c.Epochs = DefaultEpochs
	}
	if c.Workers == 0 {
		c.Workers = min(runtime.GOMAXPROCS(0), mat.MaxWorkers)
	}
	return c
}

// check says what is out of range in a configuration with its defaults.
func (c *Config) check(m *net.Network) error {
	const most = 1 << 24
	classes := max(2, m.Outputs())
	switch {
	case c.BatchSize < 0 || c.BatchSize > most:
		return fmt.Errorf("batch size %d: want 1...%d, or 0 for %d", c.BatchSize, most, DefaultBatchSize)
	case c.Epochs < 0 || c.Epochs > most:
		return fmt.Errorf("epochs %d: want 1...%d, or 0 for %d", c.Epochs, most, DefaultEpochs)
	case c.Workers < 0 || c.Workers > mat.MaxWorkers:
		return fmt.Errorf("workers %d: want 1...%d, or 0 for the number of processors", c.Workers, mat.MaxWorkers)
	case c.Patience < 0:
		return fmt.Errorf("patience %d: want at least 0", c.Patience)
	case !(c.EMA >= 0 && c.EMA < 1):
		return fmt.Errorf("EMA %g: want a number in [0, 1)", c.EMA)
	case c.SWA < 0:
		return fmt.Errorf("SWA %d: want at least 0", c.SWA)
	case c.EMA != 0 && c.SWA != 0:
		return errors.New("both EMA and SWA are given: want at most one of them")
	case c.Balanced && c.ClassWeights != nil:
		return errors.New("both Balanced and ClassWeights are given: want at most one of them")
	case c.ClassWeights != nil && len(c.ClassWeights) != classes:
		return fmt.Errorf("%d class weights: want %d, one per class", len(c.ClassWeights), classes)
	case c.Layers != nil && len(c.Layers) != m.Layers():
		return fmt.Errorf("%d layer configurations: the network has %d layers", len(c.Layers), m.Layers())
	}
	if _, err := c.Watch.MarshalText(); err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		v    float64
	}{{"clip value", c.ClipValue}, {"clip norm", c.ClipNorm}, {"max norm", c.MaxNorm}, {"L1", c.L1}, {"L2", c.L2}, {"min delta", c.MinDelta}} {
		if err := rateRange(f.name, f.v); err != nil {
			return err
		}
	}
	for i, w := range c.ClassWeights {
		if err := rateRange(fmt.Sprintf("weight of class %d", i), w); err != nil {
			return err
		}
	}
	trains := c.Layers == nil
	for i, l := range c.Layers {
		trains = trains || !l.Frozen
		for _, v := range []*float64{l.L1, l.L2} {
			if v == nil {
				continue
			}
			if err := rateRange(fmt.Sprintf("L1 or L2 of layer %d", i), *v); err != nil {
				return err
			}
		}
	}
	if !trains {
		return errors.New("all layers are frozen")
	}
	if c.BatchSize == 1 {
		for i, l := range m.Config().Layers {
			if l.Norm == net.BatchNorm && (c.Layers == nil || !c.Layers[i].Frozen) {
				return fmt.Errorf("batch size 1: the batch norm of layer %d needs 2 rows or more, of one its outputs are β", i)
			}
		}
	}
	if err := c.Checkpoint.check(); err != nil {
		return err
	}
	if err := c.checkOptimizer(); err != nil {
		return err
	}
	if err := c.Optimizer.check(); err != nil {
		return err
	}
	if err := checkSchedule(c.LearnRate); err != nil {
		return err
	}
	return widest(m, c.BatchSize)
}

// checkOptimizer refuses types of others, and pointers, which may be nil.
func (c *Config) checkOptimizer() error {
	switch c.Optimizer.(type) {
	case SGD, AdaGrad, RMSProp, Adam, AdamW, RProp:
		return nil
	}
	return fmt.Errorf("optimizer of type %T: want a value of SGD, AdaGrad, RMSProp, Adam, AdamW or RProp", c.Optimizer)
}

// widest refuses batches whose activations alone would pass 2³⁰ elements (2²⁸ where an
// address has 32 bits).
func widest(m *net.Network, rows int) error {
	units := m.Inputs()
	for _, l := range m.Config().Layers {
		units += l.Units
	}
	if most := min(1<<30, math.MaxInt/8) / units; rows > most {
		return fmt.Errorf("batch size %d: want 1...%d for a network of %d inputs and units", rows, most, units)
	}
	return nil
}

// Figure is a figure of an epoch that can be watched.
type Figure uint8

// The figures. Where there is no validation set, the training set stands in.
const (
	ValidationLoss     Figure = iota
	ValidationAccuracy        // higher is better
	TrainLoss
	TrainAccuracy // higher is better
)

var figureNames = []string{"validation-loss", "validation-accuracy", "train-loss", "train-accuracy"}

// String returns the name used in JSON.
func (f Figure) String() string {
	if int(f) < len(figureNames) {
		return figureNames[f]
	}
	return fmt.Sprintf("Figure(%d)", uint8(f))
}

// MarshalText writes the name.
func (f Figure) MarshalText() ([]byte, error) {
	if int(f) < len(figureNames) {
		return []byte(figureNames[f]), nil
	}
	return nil, fmt.Errorf("unknown figure %d", uint8(f))
}

// UnmarshalText reads the name.
func (f *Figure) UnmarshalText(text []byte) error {
	for i, name := range figureNames {
		if name == string(text) {
			*f = Figure(i)
			return nil
		}
	}
	return fmt.Errorf("unknown figure %q; known: %q", text, figureNames)
}

// of returns the figure of an epoch, turned so that lower is better.
func (f Figure) of(e *Epoch) float64 {
	m := e.Validation
	if f == TrainLoss || f == TrainAccuracy || math.IsNaN(m.Loss) {
		m = e.Train
	}
	if f == ValidationAccuracy || f == TrainAccuracy {
		return -m.Accuracy
	}
	return m.Loss
}
