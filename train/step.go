package train

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/sinew-ml/sinew/internal/parts"
	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/net"
)

// Step makes one update from b, which has at most BatchSize rows, and returns the
// mean loss before it. It allocates nothing. Class weights are Fit's: here b has weights
// of its own. A [Plateau] lowers the rate in Fit only.
//
// An error says what does not fit about b or about the schedule's rate, or is
// ErrNonFinite if the loss is NaN or infinite or the norm of the gradient above 1e19,
// where its squares overflow; the parameters are not changed then. It is ErrNonFinite
// too if the update itself or the running variance of a batch norm overflowed, which leaves
// parameters that are of no use: keep a copy, as Fit does.
func (t *Trainer) Step(b net.Batch) (loss float64, err error) {
	if s, ok := t.schedule.(bounded); ok && s.unbounded() {
		return 0, errors.New("train: the learning rate's schedule has no number of steps: set it, or use Fit")
	}
	if t.fitting == nil {
		t.resumed = nil
	}
	rate := t.rate()
	if err := checkRate(rate, t.steps); err != nil {
		return 0, fmt.Errorf("train: %w", err)
	}
	measured := false
	var began time.Time
	if t.team != nil {
		var w way
		w, measured = t.pace.next(max(len(b.Labels), len(b.Y)/t.m.Outputs()) == t.c.BatchSize)
		if w == alone {
			t.ws.SetTeam(nil)
		} else {
			t.ws.SetTeam(t.team)
			t.ws.DivideUnits(w == divided)
		}
		if measured {
			began = time.Now()
		}
	}
	t.ws.SetDropout(t.c.Seed, uint64(t.steps))
	loss, err = t.ws.Gradient(b)
	if err != nil {
		return 0, err
	}
	t.gradNorm = t.norm()
	const most = 1e19
	if !finite(loss) || !(t.gradNorm <= most) {
		return loss, ErrNonFinite
	}
	norm := t.gradNorm
	if t.c.ClipValue > 0 {
		mat.ClipValue(t.ws.Grads()[t.params:], float32(t.c.ClipValue))
		if t.c.ClipNorm > 0 {
			norm = t.norm()
		}
	}
	t.clip = 1
	if c := t.c.ClipNorm; c > 0 && norm > c {
		t.clip = c / norm
	}
	t.steps++
	if !t.steady || rate != t.ruled {
		t.rules[0] = t.c.Optimizer.rule(t.steps, rate, false)
		if t.decays {
			t.rules[1] = t.c.Optimizer.rule(t.steps, rate, true)
		}
		t.ruled = rate
	}
	for i := range t.finite {
		t.finite[i] = true
	}
	t.share(t.updatePart)
	for _, ok := range t.finite {
		if !ok {
			return loss, ErrNonFinite
		}
	}
	if t.c.MaxNorm > 0 {
		t.maxNorm()
	}
	if stats := t.m.Stats()[t.stats:]; len(stats) > 0 {
		t.ws.UpdateStats()
		if !mat.AllFinite(stats) { // the loss is finite: a unit divided by ∞ is 0
			return loss, ErrNonFinite
		}
	}
	if d := t.c.EMA; d > 0 {
		t.moveAverage((1 - d) / (1 - math.Pow(d, float64(t.steps))))
	}
	if measured {
		t.pace.took(time.Since(began))
	}
	return loss, nil
}

// rate returns the learning rate of the next step.
func (t *Trainer) rate() float64 { return t.schedule.Rate(t.steps) * t.plateau.Scale }

// sharedParams is the number of parameters from which a second worker pays for an update.
const sharedParams = 1 << 15

// share runs f on as many workers as pay for a pass over the parameters.
func (t *Trainer) share(f func(worker, workers int)) {
	if t.team == nil || !t.ws.Shared() || len(t.m.Params())-t.params < sharedParams {
		f(0, 1)
	} else {
		t.team.Run(f)
	}
}

// normBlock is the number of gradients whose squares are summed in float32.
const normBlock = 4096

// norm returns the 2-norm of the gradient: sums of squares of its pieces, added in
// float64 in their order, so that it does not depend on the workers. Those of the first
// layers, if they are frozen, are 0.
func (t *Trainer) norm() float64 {
	t.share(t.normPart)
	sum := 0.0
	for _, s := range t.unitSums {
		sum += s
	}
	for _, s := range t.partial {
		sum += s
	}
	return math.Sqrt(sum)
}

func (t *Trainer) squares(worker, workers int) {
	if t.units > 0 {
		t.unitSquares(worker, workers)
	}
	g := t.ws.Grads()[t.units:]
	first := t.params / normBlock
	from, to := first, len(t.partial)
	if workers > 1 {
		from, to = parts.Of(to-first, worker, workers)
		from, to = first+from, first+to
	}
	for i := from; i < to; i++ {
		block := g[i*normBlock : min(len(g), (i+1)*normBlock)]
		t.partial[i] = float64(mat.Dot(block, block))
	}
}

// update is one worker's part of the optimizer's pass.
func (t *Trainer) update(worker, workers int) {
	w, g := t.m.Params(), t.ws.Grads()
	const whole = 64 // a cache line and more: workers do not write to the same one
	first := t.params / whole
	if workers > 1 && t.ws.Divided() {
		t.updateUnits(worker, workers)
		first = t.units / whole // without remainder
	}
	from, to := first*whole, len(w)
	if workers > 1 {
		begin, end := parts.Of((to+whole-1)/whole-first, worker, workers)
		from, to = (first+begin)*whole, min(to, (first+end)*whole)
	}
	var state [3][]float32
	for i := range t.segments {
		s := &t.segments[i]
		lo, hi := max(from, s.from), min(to, s.to)
		if lo >= hi {
			continue
		}
		for j := range t.state {
			state[j] = t.state[j][lo:hi]
		}
		if workers > 1 && t.pace.way == apart {
			mat.Evict(w[lo:hi])
		}
		if !t.ruleOf(s).Update(w[lo:hi], g[lo:hi], state[:len(t.state)], t.termsOf(s)) {
			t.finite[worker] = false
		}
	}
}

// ruleOf and termsOf return how the parameters of a segment are updated.
func (t *Trainer) ruleOf(s *segment) *mat.Rule {
	if s.decays {
		return &t.rules[1]
	}
	return &t.rules[0]
}

func (t *Trainer) termsOf(s *segment) mat.Terms {
	return mat.Terms{Clip: t.clip, L1: s.l1, L2: s.l2}
}

// maxNorm scales the weights into each unit down to a 2-norm of MaxNorm.
func (t *Trainer) maxNorm() {
	for i := range t.m.Layers() {
		if t.c.Layers != nil && t.c.Layers[i].Frozen {
			continue
		}
		w, b := t.m.Layer(i)
		mat.MaxNorm(w, len(w)/len(b), len(b), t.c.MaxNorm)
	}
}

// moveAverage moves the average by a share towards the weights and running averages.
func (t *Trainer) moveAverage(share float64) {
	n := len(t.m.Params())
	mat.Lerp(t.average[t.params:n], t.m.Params()[t.params:], float32(share))
	mat.Lerp(t.average[n+t.stats:], t.m.Stats()[t.stats:], float32(share))
}

// copyFrozen gives a copy of parameters and running averages, or nil, those of the first,
// frozen layers, which nothing else writes.
func (t *Trainer) copyFrozen(to []float32) {
	if to != nil {
		copy(to, t.m.Params()[:t.params])
		copy(to[len(t.m.Params()):], t.m.Stats()[:t.stats])
	}
}

// copyTrained gives it the others.
func (t *Trainer) copyTrained(to []float32) {
	copy(to[t.params:], t.m.Params()[t.params:])
	copy(to[len(t.m.Params()):], t.m.Stats())
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
	Restored    int     // the epoch whose weights were put back, the last or the best; 0 for those before Fit
	Where       string  // "outputs of layer 1", "new weights of layer 0", where it was met first; "" if only a sum overflows
}

func (e *NonFiniteError) Error() string {
	where := fmt.Sprintf("epoch %d, step %d", e.Epoch, e.Step)
	if e.Step == 0 {
		where = fmt.Sprintf("epoch %d, validation", e.Epoch)
	}
	if e.Where != "" {
		where += ", first in the " + e.Where
	}
	from := fmt.Sprintf("at the end of epoch %d", e.Restored)
	if e.Restored == 0 {
		from = "before the first epoch"
	}
	return fmt.Sprintf("train: loss, gradient or weights are not finite (loss %g) at %s; the weights are put back to those %s", e.Loss, where, from)
}

// Unwrap returns ErrNonFinite.
func (e *NonFiniteError) Unwrap() error { return ErrNonFinite }
