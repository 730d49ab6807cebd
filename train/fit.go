package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/sinew-ml/sinew/internal/parts"
	"github.com/sinew-ml/sinew/internal/rng"
	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/net"
)

// Progress is where a run of Fit is.
type Progress struct {
	Epoch, Epochs int     // current epoch, 1...Epochs
	Step, Steps   int     // finished steps of the epoch, of all its steps (0: not known, a stream's first epoch)
	Loss          float64 // mean training loss of the epoch so far

	// Done points to the record of the epoch when it has ended, and is nil before.
	Done *Epoch

	// NotSaved, a *NotSavedError, says why the newest checkpoint could not be written, and is
	// nil if it was.
	NotSaved error
}

// run is where a Fit is, and what it needs to go on from there.
type run struct {
	Epochs int     `json:"epochs"` // how many to run
	Done   int     `json:"done"`   // how many are finished
	Step   int     `json:"step"`   // finished steps of the one at hand
	Rate   float64 `json:"rate"`   // its first
	Loss   float64 `json:"loss"`   // its sum of losses, each times its rows' weight
	Weight float64 `json:"weight"` // its sum of weights
	Rows   int     `json:"rows"`   // its rows
	Right  int     `json:"right"`  // of them right
	Norms  float64 `json:"norms"`  // its sum of gradient norms
	Norm   float64 `json:"norm"`   // its largest
	Waited int     `json:"waited"` // epochs since the best
	Best   float64 `json:"best"`   // watched figure, lower being better
	Last   int     `json:"last"`   // steps of the epoch before; 0: none

	History History `json:"-"`
}

// over reports whether nothing is left to do.
func (r *run) over(c *Config) bool {
	return r.Done >= r.Epochs || c.Patience > 0 && r.Waited >= c.Patience
}

// kept is the state at the end of the last finished epoch.
type kept struct {
	arenas   [][]float32 // all that an update changes
	steps    int
	averaged int
}

// Fit trains for Epochs passes over data, in an order that the seed and the number of
// the epoch fix, and measures loss and accuracy on validation after each (nil: no
// validation). The history holds every finished epoch, whatever the error.
//
//   - If ctx ends, Fit stops after the current step and returns ctx's error; the
//     parameters are those of the last step, or with KeepBest or Patience those of the
//     best epoch, or with EMA or SWA the average so far. The steps of an unfinished
//     epoch count.
//   - If a loss, gradient or weight is not finite, it returns a *NonFiniteError; the
//     parameters and the optimizer are as at the end of the last finished epoch (the
//     parameters, with KeepBest or Patience, those of the best). They are finite; if the
//     loss rose before, an earlier copy may be better.
//   - Data that does not fit the network gives an error before anything is changed.
//   - If a checkpoint cannot be written, Fit goes on, and tries again at the next. If the
//     last one fails, it returns a *NotSavedError, joined to the other error if there is one.
//
// Calling Fit again goes on from where parameters and optimizer are, with the order of
// the next epoch: two runs of one epoch give the bits of one run of two, unless KeepBest,
// Patience, EMA or SWA leave other weights than the last in between. After
// [Trainer.Resume] it finishes the run that was interrupted.
func (t *Trainer) Fit(ctx context.Context, data, validation *Dataset) (*History, error) {
	if err := data.check(t.m, "training"); err != nil {
		return new(History), err
	}
	classes, err := t.classWeights(data)
	if err != nil {
		return new(History), err
	}
	weights := data.weighted(classes)
	if err := checkWeights("training", weights); err != nil {
		return new(History), err
	}
	rows := newShuffled(t, data, weights)
	if len(rows.rows) == 0 {
		return new(History), errors.New("train: training set: all rows have weight 0")
	}
	return t.fit(ctx, &fit{
		t: t, rows: rows, labels: data.Labels != nil, classes: classes, probe: data.Take(probed(data.Rows())), validation: validation,
		baseline: baseline(t.m.Config(), data, weights), digest: data.Digest,
	})
}

// probeRows is the number of training rows over which [LayerStats] are taken.
const probeRows = 512

// probed returns which of so many rows these are: from all over the set, which may be in
// the order of its classes.
func probed(rows int) []int {
	probe := make([]int, min(probeRows, rows))
	for i := range probe {
		probe[i] = i * rows / len(probe)
	}
	return probe
}

// Source gives the rows of a data set that need not fit memory, pass by pass. Package data
// has some, and a reader ahead for all.
//
// A run that is resumed goes on within a pass: it calls Rewind with the number of that pass
// first, and reads the rows that it has used already once more. So the rows of a pass must
// be a function of its number. A source that also has a method Digest() string is held
// against the digest in the checkpoint.
type Source interface {
	// Inputs returns the number of features per row.
	Inputs() int
	// Rewind begins pass 1, 2, ...; a source may give each its own order of the rows.
	Rewind(pass int) error
	// Read fills x (rows, inputs) and labels (rows) or y (rows, outputs), whichever is not
	// nil, as far as it has rows, and returns how many. The end of a pass is io.EOF with 0
	// rows.
	Read(x []float32, labels []int, y []float32) (rows int, err error)
}

// FitSource is Fit for data that is read while it is used. labels says whether the
// source has class labels or values; a source with a method Outputs() int, the number of
// targets per row or 0 for labels, is held to it. Class weights must be given, not Balanced.
func (t *Trainer) FitSource(ctx context.Context, source Source, labels bool, validation *Dataset) (*History, error) {
	switch {
	case source == nil:
		return new(History), errors.New("train: the source is nil")
	case source.Inputs() != t.m.Inputs():
		return new(History), fmt.Errorf("train: source: %d inputs per row: the network has %d", source.Inputs(), t.m.Inputs())
	case t.c.Balanced:
		return new(History), errors.New("train: Balanced needs to see all labels first: give ClassWeights instead")
	}
	if s, ok := source.(interface{ Outputs() int }); ok {
		want := t.m.Outputs()
		if labels {
			want = 0
		}
		if n := s.Outputs(); n != want {
			return new(History), fmt.Errorf("train: source: %d targets per row (0: class labels): want %d", n, want)
		}
	}
	classes, err := t.givenWeights(labels)
	if err != nil {
		return new(History), err
	}
	rows := &streamed{t: t, source: source, labels: labels, loss: t.m.Config().Loss, classes: classes}
	digest := func() string {
		if s, ok := source.(interface{ Digest() string }); ok {
			return "stream " + s.Digest()
		}
		return "stream"
	}
	return t.fit(ctx, &fit{t: t, rows: rows, labels: labels, classes: classes, validation: validation, digest: digest})
}

// feed gives the batches of a run.
type feed interface {
	// begin starts an epoch, counted from 1, after skip steps of it; it returns their
	// number, 0 if it is not known. It ends with ctx.
	begin(ctx context.Context, epoch, skip int) (steps int, err error)
	// next returns the next batch, or io.EOF.
	next() (net.Batch, error)
	// first returns the rows of the epoch's first batch, of a stream.
	first() *Dataset
}

// fit runs what is left of a run.
func (t *Trainer) fit(ctx context.Context, f *fit) (*History, error) {
	if t.fitting != nil {
		return new(History), errors.New("train: Fit is called while it runs")
	}
	given := f.validation
	if err := f.check(); err != nil {
		return new(History), err
	}
	f.digests = sync.OnceValue(func() digests {
		d := digests{Data: f.digest()}
		if given != nil {
			d.Validation = given.Digest()
		}
		return d
	})
	if t.resumed != nil {
		if err := f.digests().same(*t.resumed); err != nil {
			return new(History), err
		}
	} else {
		t.run, t.before, t.kept = run{Epochs: t.c.Epochs, History: History{Baseline: f.baseline}}, nil, nil
		t.averaged = 0 // SWA's average is of this run
	}
	t.resumed = nil
	t.copyFrozen(t.average)
	t.copyFrozen(t.best)
	if t.kept == nil {
		t.keep()
	}
	if f.best = t.c.bestWanted(); f.best && t.best == nil {
		t.best = append(append([]float32(nil), t.m.Params()...), t.m.Stats()...)
	}
	t.fitting = f
	defer func() { t.fitting, t.before, t.kept = nil, nil, nil }()
	f.saver.begin(t)
	err := f.epochs(ctx)
	if notSaved := f.saver.last(t); notSaved != nil {
		err = errors.Join(err, notSaved)
	}
	ended := f.left == nil && t.run.Done > 0
	cancelled := f.left != nil && errors.Is(f.left, ctx.Err())
	if ended || f.best && t.run.History.Best > 0 || cancelled && !f.best {
		f.leave()
	}
	h := t.run.History
	return &h, err
}

// check says what does not fit about the validation set and the watched figure, and
// gives the set its classes' weights.
func (f *fit) check() error {
	t, labels := f.t, f.labels
	if v := f.validation; v != nil {
		if err := v.check(t.m, "validation"); err != nil {
			return err
		}
		if f.classes != nil {
			if v.Labels == nil {
				return errors.New("train: class weights: the validation set has no labels")
			}
			own := *v
			own.Weights = v.weighted(f.classes)
			if err := checkWeights("validation", own.Weights); err != nil {
				return err
			}
			if !(sumOf(own.Weights, own.Rows()) > 0) {
				return errors.New("train: validation set: all rows have weight 0")
			}
			f.validation = &own
		}
		if t.c.Watch == ValidationAccuracy {
			labels = v.Labels != nil
		}
	}
	if (t.c.Watch == ValidationAccuracy || t.c.Watch == TrainAccuracy) && !labels {
		return fmt.Errorf("train: watch %s: the set has no labels", t.c.Watch)
	}
	return nil
}

// bestWanted reports whether Fit leaves the weights of the best epoch.
func (c *Config) bestWanted() bool { return c.KeepBest || c.Patience > 0 }

// fit is one call of Fit.
type fit struct {
	t          *Trainer
	rows       feed
	labels     bool      // whether the training set has labels
	classes    []float64 // weights of the classes, nil: none
	probe      *Dataset  // nil: a stream, whose first batch of an epoch stands in
	validation *Dataset
	baseline   float64 // of History
	below      below
	best       bool
	left       error // why the run was left before its end

	digest  func() string  // of the training set
	digests func() digests // of both sets, computed once: they take a pass over the data
	saver   saver
}

// arenas returns all that an update changes.
func (t *Trainer) arenas() [][]float32 {
	return append([][]float32{t.m.Params(), t.m.Stats(), t.average}, t.state...)
}

// trained returns where in arena i what belongs to the first, frozen layers ends.
func (t *Trainer) trained(i int) int {
	if i == 1 {
		return t.stats
	}
	return t.params
}

// keep makes a copy of what is good.
func (t *Trainer) keep() {
	arenas := t.arenas()
	if t.kept == nil {
		t.kept = new(kept)
		for _, a := range arenas {
			t.kept.arenas = append(t.kept.arenas, slices.Clone(a))
		}
	}
	for i, a := range arenas {
		if from := t.trained(i); a != nil {
			copy(t.kept.arenas[i][from:], a[from:])
		}
	}
	t.kept.steps, t.kept.averaged = t.steps, t.averaged
}

// restore puts back what was good.
func (t *Trainer) restore() {
	for i, a := range t.arenas() {
		if from := t.trained(i); a != nil {
			copy(a[from:], t.kept.arenas[i][from:])
		}
	}
	t.steps, t.averaged = t.kept.steps, t.kept.averaged
	t.run.Step = 0
}

// epochs runs the epochs that are left.
func (f *fit) epochs(ctx context.Context) error {
	for !f.t.run.over(&f.t.c) {
		if f.left = f.epoch(ctx); f.left != nil {
			return f.left
		}
	}
	return nil
}

// leave puts the weights in place that the run is to leave: the best, or the average.
func (f *fit) leave() {
	from := f.t.average
	if f.best {
		from = f.t.best
	}
	if from != nil && (f.best || f.t.averages()) {
		n := copy(f.t.m.Params(), from)
		copy(f.t.m.Stats(), from[n:])
	}
}

// averages reports whether there is an average to measure and leave.
func (t *Trainer) averages() bool {
	return t.c.EMA > 0 && t.steps > 0 || t.c.SWA > 0 && t.averaged > 0
}

// epoch runs one pass, or what is left of it, and appends its record to the history.
func (f *fit) epoch(ctx context.Context) error {
	t, r, began := f.t, &f.t.run, time.Now()
	number := r.Done + 1
	f.keepFrozen(ctx)
	steps, err := f.rows.begin(ctx, t.epoch+1, r.Step)
	if err != nil {
		return err
	}
	exact := steps // or 0
	if steps == 0 {
		steps = r.Last
	}
	if s, ok := t.schedule.(bounded); ok && s.unbounded() {
		if steps == 0 {
			return errors.New("train: the learning rate's schedule has no number of steps, and the length of a stream is not known")
		}
		t.bind(times(steps, r.Epochs))
	}
	if r.Step == 0 {
		t.before = t.before[:0]
		r.Rate, r.Loss, r.Weight, r.Rows, r.Right, r.Norms, r.Norm = t.rate(), 0, 0, 0, 0, 0, 0
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := f.rows.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if exact == 0 || r.Step+1 == exact { // any step of a stream may be its last
			t.noteBefore()
		}
		loss, err := t.Step(b)
		if err != nil {
			return f.stopped(err, number, r.Step+1, loss)
		}
		n := len(b.Y) / t.m.Outputs()
		if b.Labels != nil {
			n = len(b.Labels)
		}
		w := sumOf(b.Weights, n)
		r.Step++
		r.Loss += float64(loss * w)
		r.Weight += w
		r.Rows += n
		r.Norms += t.gradNorm
		r.Norm = max(r.Norm, t.gradNorm)
		if b.Labels != nil {
			r.Right += correct(t.m, t.ws.Outputs(n), b.Labels)
		}
		f.saver.step(t)
		if t.c.Progress != nil {
			t.c.Progress(Progress{Epoch: number, Epochs: r.Epochs, Step: r.Step, Steps: steps, Loss: r.Loss / r.Weight, NotSaved: f.saver.failed})
		}
	}
	if r.Rows == 0 {
		return errors.New("train: the source has no rows that count")
	}
	if len(t.before) == 0 {
		return errors.New("train: resume: the epoch has no step left, and the weights before its last are missing")
	}
	e := Epoch{Epoch: number, Rate: r.Rate, Steps: r.Step, Rows: r.Rows, GradNorm: r.Norms / float64(r.Step), MaxGradNorm: r.Norm,
		Train: Metrics{Loss: r.Loss / r.Weight, Accuracy: math.NaN()}, Validation: none()}
	if f.labels {
		e.Train.Accuracy = float64(r.Right) / float64(r.Rows)
	}
	if t.c.SWA > 0 && number >= t.c.SWA {
		t.averaged++
		t.moveAverage(1 / float64(t.averaged))
	}
	e.Layers = f.layerStats()
	averages := t.averages()
	if averages {
		t.swapAverage()
	}
	if f.validation != nil {
		e.Validation = evaluate(t.ws, f.validation)
	}
	e.Seconds = time.Since(began).Seconds()
	bad := f.validation != nil && !finite(e.Validation.Loss)
	if !bad {
		f.watch(&e)
	}
	if averages {
		t.swapAverage()
	}
	if bad {
		return f.stopped(ErrNonFinite, number, 0, e.Validation.Loss)
	}
	t.epoch++
	r.Done, r.Last, r.Step = number, r.Step, 0
	r.History.Epochs = append(r.History.Epochs, e)
	t.keep()
	f.saver.due(t)
	if t.c.Progress != nil {
		t.c.Progress(Progress{Epoch: number, Epochs: r.Epochs, Step: r.Last, Steps: r.Last, Loss: e.Train.Loss, Done: &e, NotSaved: f.saver.failed})
	}
	return nil
}

// bind gives the schedule, which has none, its number of steps.
func (t *Trainer) bind(steps int) {
	if s, ok := t.schedule.(bounded); ok && s.unbounded() {
		t.schedule, t.bound = s.within(steps), steps
	}
}

// times returns the product of two numbers of at least 1, or the largest int if it is larger.
func times(x, y int) int { return min(x, math.MaxInt/y) * y }

// swapAverage exchanges weights and running averages with their average.
func (t *Trainer) swapAverage() {
	n := len(t.m.Params())
	swap := func(x, y []float32) {
		for i, v := range x {
			x[i], y[i] = y[i], v
		}
	}
	swap(t.m.Params()[t.params:], t.average[t.params:n])
	swap(t.m.Stats()[t.stats:], t.average[n+t.stats:])
}

// watch compares the epoch's figure with the best, and tells a Plateau.
func (f *fit) watch(e *Epoch) {
	t, r := f.t, &f.t.run
	figure := t.c.Watch.of(e)
	if p, ok := plateauOf(t.c.LearnRate); ok {
		t.plateau.after(p, figure)
	}
	if r.History.Best == 0 || figure < r.Best-t.c.MinDelta {
		r.Best, r.Waited, r.History.Best = figure, 0, e.Epoch
		if f.best {
			t.copyTrained(t.best)
		}
		return
	}
	r.Waited++
}

// stopped puts back what was good and says where something was not finite.
func (f *fit) stopped(err error, epoch, step int, loss float64) error {
	if !errors.Is(err, ErrNonFinite) {
		return err
	}
	where := ""
	if step > 0 {
		switch layer, gradient := f.nonFinite(); {
		case layer >= 0 && gradient:
			where = fmt.Sprintf("gradient of layer %d", layer)
		case layer >= 0:
			where = fmt.Sprintf("outputs of layer %d", layer)
		default:
			where = f.t.overflown()
		}
	}
	f.t.restore()
	restored := epoch - 1
	if best := f.t.run.History.Best; f.best && best > 0 {
		restored = best // fit puts it in place
	}
	return &NonFiniteError{Epoch: epoch, Step: step, Loss: loss, Restored: restored, Where: where}
}

// overflown says what the update of a step has left that is not finite, "" if there is nothing:
// the passes were, or their sum was not.
func (t *Trainer) overflown() string {
	for _, of := range []struct {
		what   string
		arrays [][]float32
	}{{"new weights", [][]float32{t.m.Params()}}, {"optimizer's state", t.state}} {
		from := 0
		for i := range t.m.Layers() {
			w, b := t.m.Layer(i)
			gamma, beta := t.m.Norm(i)
			to := from + len(w) + len(b) + len(gamma) + len(beta)
			for _, x := range of.arrays {
				if !mat.AllFinite(x[from:to]) {
					return fmt.Sprintf("%s of layer %d", of.what, i)
				}
			}
			from = to
		}
	}
	for i := range t.m.Layers() {
		if mean, variance := t.m.Running(i); !mat.AllFinite(mean) || !mat.AllFinite(variance) {
			return fmt.Sprintf("running averages of layer %d", i)
		}
	}
	return ""
}

// shuffled feeds a data set in memory, in a new order each epoch.
type shuffled struct {
	t       *Trainer
	data    *Dataset
	weights []float32 // (rows), nil: none
	rows    []int     // those with a weight above 0
	order   []int     // of them in this epoch
	at      int
	last    []int // rows of the last batch
}

func newShuffled(t *Trainer, data *Dataset, weights []float32) *shuffled {
	s := &shuffled{t: t, data: data, weights: weights}
	for i := range data.Rows() {
		if weights == nil || weights[i] > 0 {
			s.rows = append(s.rows, i)
		}
	}
	s.order = make([]int, len(s.rows))
	return s
}

func (s *shuffled) begin(_ context.Context, epoch, skip int) (steps int, err error) {
	copy(s.order, s.rows)
	rng.New(s.t.c.Seed, rng.Shuffle, uint32(epoch)).Shuffle(s.order)
	size := s.t.c.BatchSize
	steps = (len(s.order) + size - 1) / size
	if skip > steps {
		return 0, fmt.Errorf("train: resume: step %d of an epoch of %d", skip, steps)
	}
	s.at = min(len(s.order), skip*size)
	return steps, nil
}

func (s *shuffled) next() (net.Batch, error) {
	if s.at == len(s.order) {
		return net.Batch{}, io.EOF
	}
	to := min(len(s.order), s.at+s.t.c.BatchSize)
	s.last = s.order[s.at:to]
	s.at = to
	return s.t.gather(s.data, s.weights, s.last), nil
}

func (s *shuffled) first() *Dataset { return nil } // the data set is at hand

// gather copies the rows of d into the Trainer's batch buffers.
func (t *Trainer) gather(d *Dataset, weights []float32, rows []int) net.Batch {
	in, out := d.Inputs, t.m.Outputs()
	b := net.Batch{X: t.batch.X[:len(rows)*in], From: d.from}
	if d.Labels != nil {
		b.Labels = t.labels[:len(rows)]
	} else {
		b.Y = t.y[:len(rows)*out]
	}
	if weights != nil {
		b.Weights = t.weights[:len(rows)]
	}
	t.gathered, t.gatheredRows = d, rows
	if t.team == nil || t.pace.way == alone || len(b.X) < sharedInputs {
		t.gatherInputs(0, 1)
	} else {
		t.team.Run(t.gatherPart)
	}
	t.gathered, t.gatheredRows = nil, nil
	if d.Labels == nil {
		mat.Gather(b.Y, d.Y, rows, out)
	}
	for i, r := range rows {
		if d.Labels != nil {
			b.Labels[i] = d.Labels[r]
		}
		if weights != nil {
			b.Weights[i] = weights[r]
		}
	}
	return b
}

// sharedInputs is the number of inputs of a batch from which a second worker pays for
// gathering them: 5 µs, and more where they come from memory.
const sharedInputs = 1 << 14

// gatherInputs copies one worker's part of the rows that are being gathered.
func (t *Trainer) gatherInputs(worker, workers int) {
	rows := t.gatheredRows
	from, to := parts.Of(len(rows), worker, workers)
	in := t.gathered.Inputs
	x := t.batch.X[from*in : to*in]
	if workers > 1 && (t.pace.way == apart || t.pace.way == divided) {
		mat.Evict(x) // all workers have read the rows of the batch before
	}
	mat.Gather(x, t.gathered.X, rows[from:to], in)
}

// streamed feeds a source.
type streamed struct {
	t       *Trainer
	source  Source
	labels  bool
	loss    net.Loss
	classes []float64
	row     int
	start   Dataset // the epoch's first batch; empty before
}

func (s *streamed) first() *Dataset { return &s.start }

func (s *streamed) begin(ctx context.Context, epoch, skip int) (steps int, err error) {
	if err := s.source.Rewind(epoch); err != nil {
		return 0, fmt.Errorf("train: source: %w", err)
	}
	s.row, s.start.X = 0, s.start.X[:0]
	for range skip {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if _, err := s.next(); err != nil {
			return 0, fmt.Errorf("train: source: it ends before the step to go on from: %w", err)
		}
	}
	return 0, nil
}

func (s *streamed) next() (net.Batch, error) {
	for {
		b, err := s.read()
		if err != nil {
			return b, err
		}
		if b.Weights == nil || sumOf(b.Weights, len(b.Weights)) > 0 {
			s.note(b)
			return b, nil
		} // else none of its rows counts
	}
}

// note copies the epoch's first batch.
func (s *streamed) note(b net.Batch) {
	d := &s.start
	if len(d.X) > 0 {
		return
	}
	*d = Dataset{Inputs: s.source.Inputs(), X: append(d.X, b.X...), Y: append(d.Y[:0], b.Y...)}
	if b.Labels != nil {
		d.Labels, d.Y = append([]int(nil), b.Labels...), nil
	}
}

// read returns the next rows of the source as a batch.
func (s *streamed) read() (net.Batch, error) {
	t := s.t
	in, out := t.m.Inputs(), t.m.Outputs()
	labels, y := t.labels, []float32(nil)
	if !s.labels {
		labels, y = nil, t.y
	}
	n, size := 0, t.c.BatchSize
	for n < size {
		var l []int
		var v []float32
		if s.labels {
			l = labels[n:]
		} else {
			v = y[n*out:]
		}
		rows, err := s.source.Read(t.batch.X[n*in:size*in], l, v) // the buffer may be larger: see keepFrozen
		if rows < 0 || rows > size-n {
			return net.Batch{}, fmt.Errorf("train: source: %d rows read: want 0...%d", rows, size-n)
		}
		n += rows
		if err == io.EOF || rows == 0 && err == nil {
			break
		}
		if err != nil {
			return net.Batch{}, fmt.Errorf("train: source: row %d (from 0): %w", s.row+n, err)
		}
	}
	if n == 0 {
		return net.Batch{}, io.EOF
	}
	b := net.Batch{X: t.batch.X[:n*in]}
	if i := notFinite(b.X); i >= 0 {
		return b, fmt.Errorf("train: source: X is %g in row %d, column %d (from 0): want finite values", b.X[i], s.row+i/in, i%in)
	}
	if s.labels {
		b.Labels = labels[:n]
		for i, l := range b.Labels {
			if classes := max(2, out); uint(l) >= uint(classes) {
				return b, fmt.Errorf("train: source: label %d in row %d (from 0): want 0...%d", l, s.row+i, classes-1)
			}
		}
	} else {
		b.Y = y[:n*out]
		if i := notFinite(b.Y); i >= 0 {
			return b, fmt.Errorf("train: source: Y is %g in row %d, column %d (from 0): want finite values", b.Y[i], s.row+i/out, i%out)
		}
		if i, want := noTarget(s.loss, b.Y); i >= 0 {
			return b, fmt.Errorf("train: source: Y is %g in row %d, column %d (from 0): %s wants %s", b.Y[i], s.row+i/out, i%out, s.loss, want)
		}
	}
	s.row += n
	if s.classes != nil {
		b.Weights = t.weights[:n]
		for i, l := range b.Labels {
			b.Weights[i] = float32(s.classes[l])
		}
	}
	return b, nil
}

// givenWeights returns ClassWeights if they fit.
func (t *Trainer) givenWeights(labels bool) ([]float64, error) {
	if !labels && (t.c.ClassWeights != nil || t.c.Balanced) {
		return nil, errors.New("train: class weights: the training set has no labels")
	}
	return t.c.ClassWeights, nil
}

// classWeights returns the weight of each class; nil for none.
func (t *Trainer) classWeights(d *Dataset) ([]float64, error) {
	classes, err := t.givenWeights(d.Labels != nil)
	if err != nil || !t.c.Balanced {
		return classes, err
	}
	counts := make([]int, max(2, t.m.Outputs()))
	for _, l := range d.Labels {
		counts[l]++
	}
	classes = make([]float64, len(counts))
	for i, n := range counts {
		if n > 0 {
			classes[i] = float64(d.Rows()) / float64(len(counts)*n)
		}
	}
	return classes, nil
}

// weighted returns the weight of each row: its own times its class's; nil for none.
func (d *Dataset) weighted(classes []float64) []float32 {
	if classes == nil {
		return d.Weights
	}
	weights := make([]float32, d.Rows())
	for i, l := range d.Labels {
		w := classes[l]
		if d.Weights != nil {
			w *= float64(d.Weights[i])
		}
		weights[i] = float32(w)
	}
	return weights
}

// checkWeights says which product of weighted has overflowed.
func checkWeights(set string, weights []float32) error {
	if i := notFinite(weights); i >= 0 {
		return fmt.Errorf("train: %s set: the weight of row %d times that of its class is %g: want a finite number", set, i, weights[i])
	}
	return nil
}
