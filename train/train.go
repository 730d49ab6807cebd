// Package train trains a network of package net: the data set type, optimizers, the
// training loop, and the history of a run.
//
// [Trainer.Fit] runs whole epochs; [Trainer.Step] is one update for loops of your own
// and allocates nothing. A seed fixes the order of the rows, so the same seed, data
// and configuration give the same weights, bit for bit, on avx2, avx512 and neon.
//
// Training that stops early leaves usable weights: a cancelled context leaves those of
// the last finished step; if loss, gradient or weights stop being finite, Fit puts back
// weights and optimizer as they were at the end of the last finished epoch.
package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/sinew-ml/sinew/internal/rng"
	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/net"
)

// Config says how to train. Every zero value stands for a default.
type Config struct {
	Optimizer Optimizer // nil: Adam{}
	LearnRate Schedule  // nil: Constant(the optimizer's own default)
	BatchSize int       // rows per step; 0: 32. The last batch of an epoch may be smaller
	Epochs    int       // passes over the training set by Fit; 0: 20
	Seed      uint64    // order of the rows

	// Progress is called by Fit after each step and each epoch, on Fit's goroutine.
	Progress func(Progress)
}

// Defaults of Config. 32 rows are the batch size of Bengio, Practical
// recommendations for gradient-based training, 2012.
const (
	DefaultBatchSize = 32
	DefaultEpochs    = 20
)

// Progress is where a run of Fit is.
type Progress struct {
	Epoch, Epochs int     // current epoch, 1...Epochs
	Step, Steps   int     // finished steps of the epoch, of all its steps
	Loss          float64 // mean training loss of the epoch so far

	// Done points to the record of the epoch when it has ended, and is nil before.
	Done *Epoch
}

// Trainer changes the parameters of one network. It must not be used from two
// goroutines at once, nor while others use the network.
type Trainer struct {
	m     *net.Network
	c     Config
	ws    *net.Workspace
	state [][]float32
	steps int // updates made
	epoch int // epochs finished: the next one's order follows from it

	batch  net.Batch // gathered rows
	labels []int
	y      []float32
}

// New returns a Trainer for m. A configuration out of range gives an error that names
// the value and the range.
func New(m *net.Network, c Config) (*Trainer, error) {
	if m == nil {
		return nil, errors.New("train: the network is nil")
	}
	if c.Optimizer == nil {
		c.Optimizer = Adam{}
	}
	if c.LearnRate == nil {
		c.LearnRate = Constant(c.Optimizer.defaultRate())
	}
	if c.BatchSize == 0 {
		c.BatchSize = DefaultBatchSize
	}
	if c.Epochs == 0 {
		c.Epochs = DefaultEpochs
	}
	const most = 1 << 24
	switch {
	case c.BatchSize < 0 || c.BatchSize > most:
		return nil, fmt.Errorf("train: batch size %d: want 1...%d, or 0 for %d", c.BatchSize, most, DefaultBatchSize)
	case c.Epochs < 0 || c.Epochs > most:
		return nil, fmt.Errorf("train: epochs %d: want 1...%d, or 0 for %d", c.Epochs, most, DefaultEpochs)
	}
	if err := c.Optimizer.check(); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	if err := checkRate(c.LearnRate.Rate(0), 0); err != nil {
		return nil, err
	}
	if err := widest(m, c.BatchSize); err != nil {
		return nil, err
	}
	t := &Trainer{m: m, c: c, ws: m.NewWorkspace(c.BatchSize)}
	for range c.Optimizer.arenas() {
		t.state = append(t.state, make([]float32, len(m.Params())))
	}
	t.batch.X = make([]float32, c.BatchSize*m.Inputs())
	t.labels = make([]int, c.BatchSize)
	t.y = make([]float32, c.BatchSize*m.Outputs())
	return t, nil
}

func checkRate(r float64, step int) error {
	if !(r >= 0 && r <= math.MaxFloat32) {
		return fmt.Errorf("train: learning rate %g at step %d: want a finite number, at least 0", r, step)
	}
	return nil
}

// widest refuses batches whose activations alone would pass 2³⁰ elements (2²⁸ where an
// address has 32 bits).
func widest(m *net.Network, rows int) error {
	units := m.Inputs()
	for _, l := range m.Config().Layers {
		units += l.Units
	}
	if most := min(1<<30, math.MaxInt/8) / units; rows > most {
		return fmt.Errorf("train: batch size %d: want 1...%d for a network of %d inputs and units", rows, most, units)
	}
	return nil
}

// Network returns the network that t trains.
func (t *Trainer) Network() *net.Network { return t.m }

// Steps returns how many updates t has made.
func (t *Trainer) Steps() int { return t.steps }

// Step makes one update from b, which has at most BatchSize rows, and returns the
// mean loss before it. It allocates nothing.
//
// An error says what does not fit about b or about the schedule's rate, or is
// ErrNonFinite if the loss is NaN or infinite or the norm of the gradient above 1e19,
// where its squares overflow; the parameters are not changed then. It is ErrNonFinite
// too if the update itself overflowed, which leaves parameters that are of no use:
// keep a copy, as Fit does.
func (t *Trainer) Step(b net.Batch) (loss float64, err error) {
	rate := t.c.LearnRate.Rate(t.steps)
	if err := checkRate(rate, t.steps); err != nil {
		return 0, err
	}
	loss, err = t.ws.Gradient(b)
	if err != nil {
		return 0, err
	}
	const most = 1e19
	if !finite(loss) || !(mat.Nrm2(t.ws.Grads()) <= most) {
		return loss, ErrNonFinite
	}
	t.steps++
	t.c.Optimizer.update(t.m.Params(), t.ws.Grads(), t.state, t.steps, rate)
	if !finite(float64(mat.Nrm2(t.m.Params()))) {
		return loss, ErrNonFinite
	}
	return loss, nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// ErrNonFinite is what Step returns, and what a NonFiniteError of Fit wraps, when the
// loss, the gradient or the weights overflow or are NaN.
var ErrNonFinite = errors.New("train: loss, gradient or weights are NaN or infinite")

// NonFiniteError says where Fit met what is not finite. Usual
// causes are a learning rate that is too high and inputs that were not scaled.
type NonFiniteError struct {
	Epoch, Step int     // both from 1, as in Progress
	Loss        float64 // of the step; of the validation set if Step is 0
	Restored    int     // the epoch whose weights were put back, 0 for those before Fit
}

func (e *NonFiniteError) Error() string {
	where := fmt.Sprintf("epoch %d, step %d", e.Epoch, e.Step)
	if e.Step == 0 {
		where = fmt.Sprintf("epoch %d, validation", e.Epoch)
	}
	from := fmt.Sprintf("at the end of epoch %d", e.Restored)
	if e.Restored == 0 {
		from = "before the first epoch"
	}
	return fmt.Sprintf("train: loss, gradient or weights are not finite (loss %g) at %s; the weights are put back to those %s", e.Loss, where, from)
}

// Unwrap returns ErrNonFinite.
func (e *NonFiniteError) Unwrap() error { return ErrNonFinite }

// Fit trains for Epochs passes over data, in an order that the seed and the number of
// the epoch fix, and measures loss and accuracy on validation after each (nil: no
// validation). The history holds every finished epoch, whatever the error.
//
//   - If ctx ends, Fit stops after the current step and returns ctx's error; the
//     parameters are those of the last step. The steps of an unfinished epoch count.
//   - If a loss, gradient or weight is not finite, it returns a *NonFiniteError; the
//     parameters and the optimizer are as at the end of the last finished epoch. They
//     are finite; if the loss rose before, an earlier copy may be better.
//   - Data that does not fit the network gives an error before anything is changed.
//
// Calling Fit again goes on from where parameters and optimizer are, with the order of
// the next epoch: two runs of one epoch give the bits of one run of two.
func (t *Trainer) Fit(ctx context.Context, data, validation *Dataset) (*History, error) {
	h := new(History)
	if err := data.check(t.m, "training"); err != nil {
		return h, err
	}
	if validation != nil {
		if err := validation.check(t.m, "validation"); err != nil {
			return h, err
		}
	}
	f := &fit{t: t, data: data, validation: validation, order: make([]int, data.Rows())}
	for _, arena := range t.arenas() {
		f.good = append(f.good, append([]float32(nil), arena...))
	}
	f.steps = t.steps
	for epoch := 1; epoch <= t.c.Epochs; epoch++ {
		if err := f.epoch(ctx, h, epoch); err != nil {
			return h, err
		}
	}
	return h, nil
}

// fit is one run of Fit.
type fit struct {
	t                *Trainer
	data, validation *Dataset
	order            []int

	// At the end of the last finished epoch.
	good  [][]float32 // the parameters and the optimizer's state
	steps int
}

// arenas returns all that an update changes.
func (t *Trainer) arenas() [][]float32 { return append([][]float32{t.m.Params()}, t.state...) }

// epoch runs one pass and appends its record to h.
func (f *fit) epoch(ctx context.Context, h *History, epoch int) error {
	t, began := f.t, time.Now()
	for i := range f.order {
		f.order[i] = i
	}
	rng.New(t.c.Seed, rng.Shuffle, uint32(t.epoch+1)).Shuffle(f.order)

	rows := len(f.order)
	steps := (rows + t.c.BatchSize - 1) / t.c.BatchSize
	e := Epoch{Epoch: epoch, Rate: t.c.LearnRate.Rate(t.steps), Train: Metrics{Accuracy: math.NaN()}, Validation: none()}
	total, right := 0.0, 0
	for step := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := t.gather(f.data, f.order[step*t.c.BatchSize:min(rows, (step+1)*t.c.BatchSize)])
		loss, err := t.Step(b)
		if err != nil {
			return f.stopped(err, epoch, step+1, loss)
		}
		n := len(b.X) / t.m.Inputs()
		total += float64(loss * float64(n))
		if b.Labels != nil {
			right += correct(t.ws.Outputs(n), b.Labels)
		}
		if t.c.Progress != nil {
			seen := min(rows, (step+1)*t.c.BatchSize)
			t.c.Progress(Progress{Epoch: epoch, Epochs: t.c.Epochs, Step: step + 1, Steps: steps, Loss: total / float64(seen)})
		}
	}
	e.Train.Loss = total / float64(rows)
	if f.data.Labels != nil {
		e.Train.Accuracy = float64(right) / float64(rows)
	}
	if f.validation != nil {
		e.Validation = evaluate(t.ws, f.validation)
		if !finite(e.Validation.Loss) {
			return f.stopped(ErrNonFinite, epoch, 0, e.Validation.Loss)
		}
	}
	e.Seconds = time.Since(began).Seconds()
	t.epoch++
	f.steps = t.steps
	for i, arena := range t.arenas() {
		copy(f.good[i], arena)
	}
	h.Epochs = append(h.Epochs, e)
	if t.c.Progress != nil {
		t.c.Progress(Progress{Epoch: epoch, Epochs: t.c.Epochs, Step: steps, Steps: steps, Loss: e.Train.Loss, Done: &e})
	}
	return nil
}

// stopped puts back what was good and says where something was not finite.
func (f *fit) stopped(err error, epoch, step int, loss float64) error {
	if !errors.Is(err, ErrNonFinite) {
		return err
	}
	for i, arena := range f.t.arenas() {
		copy(arena, f.good[i])
	}
	f.t.steps = f.steps
	return &NonFiniteError{Epoch: epoch, Step: step, Loss: loss, Restored: epoch - 1}
}

// gather copies the rows of d into the Trainer's batch buffers.
func (t *Trainer) gather(d *Dataset, rows []int) net.Batch {
	in, out := t.m.Inputs(), t.m.Outputs()
	b := net.Batch{X: t.batch.X[:len(rows)*in]}
	if d.Labels != nil {
		b.Labels = t.labels[:len(rows)]
	} else {
		b.Y = t.y[:len(rows)*out]
	}
	for i, r := range rows {
		copy(b.X[i*in:][:in], d.X[r*in:][:in])
		if d.Labels != nil {
			b.Labels[i] = d.Labels[r]
		} else {
			copy(b.Y[i*out:][:out], d.Y[r*out:][:out])
		}
	}
	return b
}
