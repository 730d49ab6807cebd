package train

import (
	"fmt"
	"math"
	"slices"
)

// Verdict is a kind of trouble that the curves of a run show.
type Verdict string

// The verdicts.
const (
	RateTooHigh        Verdict = "learning rate too high" // the loss rises or jumps
	RateTooLow         Verdict = "learning rate too low"  // the loss is almost a straight line
	OnPlateau          Verdict = "plateau"                // the loss no longer falls, and is not small
	OverFitting        Verdict = "over-fitting"           // validation parts from training
	UnderFitting       Verdict = "under-fitting"          // no gap, and a poor fit
	DeadUnits          Verdict = "dead units"
	Saturation         Verdict = "saturated units"
	ExplodingGradients Verdict = "exploding gradients"
)

// Finding is one verdict with the numbers that it rests on.
type Finding struct {
	Verdict Verdict
	Layer   int    // from 0; -1 if it is about no layer
	Text    string // what was seen and what usually helps, in a sentence or two
}

// String returns the verdict and the text.
func (f Finding) String() string { return fmt.Sprintf("%s: %s", f.Verdict, f.Text) }

// What the verdicts rest on. They are rules of thumb, drawn from the practice that
// Goodfellow, Bengio and Courville, Deep Learning, 2016, chapter 11, and Karpathy, A recipe
// for training neural networks, 2019, describe; the tests train networks on which each
// must speak, and healthy ones on which none may.
const (
	diagnoseLeast = 4    // epochs, fewer show nothing
	jump          = 1.15 // a loss so many times the best before it jumps
	noticeable    = 0.02 // and rises by this share of the first loss: near 0 any run is restless
	jumpsShare    = 0.2  // of the epochs, at least 2
	straight      = 0.6  // the second half of the run falls by this share of what the first does
	slowFall      = 0.5  // a slow run has come down by less than this share of its first loss
	slowUpdates   = 3e-4 // update-to-weight ratio below which steps are small (Karpathy: about 1e-3 is healthy)
	flat          = 0.05 // share of the whole fall that the last third of a plateau falls
	still         = 0.01 // or share of the loss itself
	poorFit       = 0.25 // share of the baseline above which a fit is poor
	gapLoss       = 1.15 // the validation loss is so many times its smallest when over-fitting
	gapAccuracy   = 0.1  // or its accuracy so far below training's
	noGap         = 1.2  // validation loss up to so many times training's is no gap
	deadShare     = 0.4  // of a layer's units; ReLU networks do well with a fifth dead
	saturatedMost = 0.5  // of a layer's outputs
	explosion     = 50   // largest gradient norm of an epoch, in means of its others
	explodeLeast  = 8    // steps of an epoch, fewer have no usual norm
)

// Diagnose says in plain words what the curves show, nothing for a healthy run or one of
// fewer than four epochs. The first finding is the one to see to first.
func (h *History) Diagnose() []Finding {
	e := h.Epochs
	if len(e) < diagnoseLeast {
		return nil
	}
	d := diagnosis{e: e, baseline: h.Baseline, first: e[0].Train.Loss, last: e[len(e)-1].Train.Loss}
	if d.baseline == 0 {
		d.baseline = math.NaN()
	}
	if d.tooHigh() {
		return d.found // the rest may follow from it
	}
	exploding := d.explosions()
	d.units()
	if !d.tooLow() && !d.overFitting() && !exploding && d.flat() && d.poor() {
		if d.gap() > noGap || !d.underFitting() {
			d.plateau()
		}
	}
	return d.found
}

type diagnosis struct {
	e                     []Epoch
	baseline, first, last float64
	found                 []Finding
}

func (d *diagnosis) add(v Verdict, layer int, format string, args ...any) {
	d.found = append(d.found, Finding{v, layer, fmt.Sprintf(format, args...)})
}

// tooHigh looks for a loss that rises or jumps.
func (d *diagnosis) tooHigh() bool {
	best, jumps, worst, at := d.first, 0, 1.0, 0
	for i, e := range d.e[1:] {
		if r := e.Train.Loss / best; r > jump && e.Train.Loss-best > noticeable*d.first {
			jumps++
			if r > worst {
				worst, at = r, i+2
			}
		}
		best = math.Min(best, e.Train.Loss)
	}
	n := float64(len(d.e))
	switch {
	case d.last > jump*d.first:
		d.add(RateTooHigh, -1, "the training loss rose from %.3g to %.3g in %d epochs, at a rate of %.3g. Divide the rate by 3 to 10.", d.first, d.last, len(d.e), d.rate(len(d.e)))
	case jumps >= 2 && float64(jumps) >= jumpsShare*n:
		d.add(RateTooHigh, -1, "the training loss jumped in %d of %d epochs, most in epoch %d, to %.1f times the best before it. Divide the rate (%.3g) by 3 to 10, or let it fall during the run.", jumps, len(d.e), at, worst, d.rate(at))
	default:
		return false
	}
	return true
}

// tooLow looks for a loss that falls slowly along a straight line.
func (d *diagnosis) tooLow() bool {
	n := len(d.e)
	middle := d.e[n/2].Train.Loss
	firstHalf, secondHalf := d.first-middle, middle-d.last
	ratio := d.updateRatio()
	if !(firstHalf > 0 && secondHalf > straight*firstHalf && d.first-d.last < slowFall*d.first && ratio < slowUpdates) {
		return false
	}
	d.add(RateTooLow, -1, "the training loss fell along almost a straight line, from %.3g to %.3g in %d epochs, and a step changes the weights by %.1g of their size (about 1e-3 is usual). Multiply the rate (%.3g) by 3 to 10.", d.first, d.last, n, ratio, d.rate(n))
	return true
}

// rate returns the largest learning rate of the first so many epochs: the first one is none
// to speak of after a warm-up.
func (d *diagnosis) rate(epochs int) float64 {
	most := 0.0
	for _, e := range d.e[:epochs] {
		most = math.Max(most, e.Rate)
	}
	return most
}

// updateRatio returns the median over the epochs of the largest layer's.
func (d *diagnosis) updateRatio() float64 {
	var all []float64
	for _, e := range d.e {
		most := 0.0
		for _, l := range e.Layers {
			most = math.Max(most, l.UpdateRatio)
		}
		all = append(all, most)
	}
	return median(all)
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	if len(x) == 0 {
		return 0
	}
	return x[len(x)/2]
}

// flat reports whether the last third of the run brought almost nothing.
func (d *diagnosis) flat() bool {
	third := len(d.e) - 1 - max(1, len(d.e)/3)
	best := d.e[third].Train.Loss
	return best-d.last < math.Max(flat*(d.first-d.last), still*d.last)
}

// poor reports whether the fit is far from as good as it could be.
func (d *diagnosis) poor() bool {
	last := d.e[len(d.e)-1].Train
	if !math.IsNaN(last.Accuracy) {
		return last.Accuracy < 0.9
	}
	return d.last > poorFit*d.baseline // false if there is no baseline
}

// gap returns the last validation loss in training losses, 0 without validation.
func (d *diagnosis) gap() float64 {
	v := d.e[len(d.e)-1].Validation.Loss
	if math.IsNaN(v) || d.last <= 0 {
		return 0
	}
	return v / d.last
}

// overFitting looks for validation that gets worse while training gets better.
func (d *diagnosis) overFitting() bool {
	last := d.e[len(d.e)-1]
	if math.IsNaN(last.Validation.Loss) {
		return false
	}
	best := 0
	for i, e := range d.e {
		if e.Validation.Loss < d.e[best].Validation.Loss {
			best = i
		}
	}
	low := d.e[best]
	const advice = "More regularisation helps (L2, dropout, early stopping), more data helps most."
	switch gap := last.Train.Accuracy - last.Validation.Accuracy; {
	case last.Validation.Loss > gapLoss*low.Validation.Loss && last.Validation.Loss-low.Validation.Loss > noticeable*d.first && last.Train.Loss < low.Train.Loss:
		d.add(OverFitting, -1, "the validation loss rose from %.3g in epoch %d to %.3g while the training loss fell from %.3g to %.3g. "+advice, low.Validation.Loss, low.Epoch, last.Validation.Loss, low.Train.Loss, last.Train.Loss)
	case gap > gapAccuracy:
		d.add(OverFitting, -1, "accuracy is %.1f %% on the training set and %.1f %% on the validation set. "+advice, 100*last.Train.Accuracy, 100*last.Validation.Accuracy)
	default:
		return false
	}
	return true
}

// underFitting is for a run that has ended on a poor fit without a gap.
func (d *diagnosis) underFitting() bool {
	last := d.e[len(d.e)-1]
	const advice = "More capacity helps: more units, another layer, or inputs that say more."
	if !math.IsNaN(last.Train.Accuracy) {
		if math.IsNaN(d.baseline) || d.last < d.baseline*0.98 { // learns something
			d.add(UnderFitting, -1, "training has settled at an accuracy of %.1f %% (loss %.3g)%s. "+advice, 100*last.Train.Accuracy, d.last, d.noGap("%.1f %%", 100*last.Validation.Accuracy))
			return true
		}
		return false
	}
	if d.last < 0.98*d.baseline {
		d.add(UnderFitting, -1, "training has settled at a loss of %.3g, %.0f %% of what predicting the mean costs%s. "+advice, d.last, 100*d.last/d.baseline, d.noGap("%.3g", last.Validation.Loss))
		return true
	}
	return false
}

// noGap says what the validation set adds to a poor fit, nothing without one.
func (d *diagnosis) noGap(format string, figure float64) string {
	if math.IsNaN(figure) {
		return ": a poor fit"
	}
	return fmt.Sprintf(", validation at "+format+": no gap, and a poor fit", figure)
}

func (d *diagnosis) plateau() {
	third := len(d.e) - 1 - max(1, len(d.e)/3)
	if math.IsNaN(d.e[third].Train.Accuracy) && d.last > d.baseline {
		d.add(OnPlateau, -1, "the training loss has hardly moved since epoch %d (%.3g, now %.3g) and is above the %.3g of predicting the mean. Scale the targets to mean 0 and variance 1, or raise the rate.", d.e[third].Epoch, d.e[third].Train.Loss, d.last, d.baseline)
		return
	}
	d.add(OnPlateau, -1, "the training loss has hardly moved since epoch %d (%.3g, now %.3g). Try another rate or a schedule that lowers it, other initial weights, or inputs scaled to mean 0 and variance 1. If nothing helps, the inputs may say no more.", d.e[third].Epoch, d.e[third].Train.Loss, d.last)
}

// units looks for layers whose units do nothing or are at their bounds.
func (d *diagnosis) units() {
	last := d.e[len(d.e)-1]
	for i, l := range last.Layers {
		if share := float64(l.Dead) / float64(max(1, l.Units)); share >= deadShare {
			d.add(DeadUnits, i, "%d of %d units of layer %d are 0 for every row of the probe: they no longer learn. A lower rate, inputs scaled to mean 0, He's initial weights or leaky ReLU help.", l.Dead, l.Units, i)
		}
		if l.Saturated > saturatedMost {
			d.add(Saturation, i, "%.0f %% of the outputs of layer %d are within 1 %% of a bound, where the gradient vanishes. Scale the inputs to mean 0 and variance 1, or start from smaller weights.", 100*l.Saturated, i)
		}
	}
}

// explosions looks for gradients far larger than the others of their epoch, and than those the
// run began with: where a fit is near perfect the usual ones are near 0.
func (d *diagnosis) explosions() bool {
	for _, e := range d.e {
		if e.Steps < explodeLeast {
			continue
		}
		usual := (e.GradNorm*float64(e.Steps) - e.MaxGradNorm) / float64(e.Steps-1)
		if usual > 0 && e.MaxGradNorm > explosion*usual && e.MaxGradNorm > d.e[0].GradNorm {
			d.add(ExplodingGradients, -1, "a gradient of epoch %d has norm %.3g, %.0f times the usual %.3g. Clip by norm (about %.2g), lower the rate, and look for outliers in the data.", e.Epoch, e.MaxGradNorm, e.MaxGradNorm/usual, usual, 2*usual)
			return true
		}
	}
	return false
}
