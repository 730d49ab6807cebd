package train

import (
	"errors"
	"fmt"
	"math"

	"github.com/sinew-ml/sinew/internal/fmath"
)

// Schedule gives the learning rate of each step, counted from 0: [Constant], [StepDecay],
// [Exponential], [Cosine], [OneCycle] and [Plateau], each of which may follow a [Warmup].
// A schedule of your own must be a function of the step alone, so that a resumed run
// goes on the same way.
type Schedule interface {
	Rate(step int) float64 // of that step, finite and at least 0
}

// bounded is a schedule whose length may be left to Fit: that of all its epochs.
type bounded interface {
	Schedule
	within(steps int) Schedule // its length, where it has none, is steps
	unbounded() bool
}

// checked is a schedule that can say what is wrong with it.
type checked interface{ check() error }

// Constant is a learning rate that stays the same.
type Constant float64

// Rate returns the constant.
func (c Constant) Rate(int) float64 { return float64(c) }

// StepDecay multiplies the rate by Factor after every Every steps, as PyTorch's StepLR.
type StepDecay struct {
	Start  float64 `json:"start"`            // the first rate
	Factor float64 `json:"factor,omitempty"` // in (0, 1]; 0: 0.1
	Every  int     `json:"every"`            // steps
}

// Rate returns Start·Factor^⌊step/Every⌋.
func (s StepDecay) Rate(step int) float64 {
	return s.Start * math.Pow(orDefault(s.Factor, 0.1), float64(step/max(1, s.Every)))
}

func (s StepDecay) check() error {
	return errors.Join(inUnit("factor", orDefault(s.Factor, 0.1)), atLeast("every", s.Every, 1))
}

// Exponential multiplies the rate by Factor after each step, as PyTorch's ExponentialLR
// does when it is stepped with each batch.
type Exponential struct {
	Start  float64 `json:"start"`  // the first rate
	Factor float64 `json:"factor"` // in (0, 1]
}

// Rate returns Start·Factor^step.
func (s Exponential) Rate(step int) float64 { return s.Start * math.Pow(s.Factor, float64(step)) }

func (s Exponential) check() error { return inUnit("factor", s.Factor) }

// Cosine lowers the rate from Start to End along half a wave (Loshchilov and Hutter 2017,
// equation 5), as PyTorch's CosineAnnealingLR. With Cycles above 1 it starts again as
// often within Steps: warm restarts of equal length.
type Cosine struct {
	Start  float64 `json:"start"`
	End    float64 `json:"end,omitempty"`
	Steps  int     `json:"steps,omitempty"`  // 0: all steps of the first Fit
	Cycles int     `json:"cycles,omitempty"` // 0: 1
}

// Rate returns End + (Start-End)·(1+cos πx)/2 where x goes from 0 to 1 within a cycle; End
// after the last.
func (s Cosine) Rate(step int) float64 {
	steps := max(1, s.Steps)
	if step >= steps {
		return s.End
	}
	x := float64(step) * float64(max(1, s.Cycles)) / float64(steps)
	return wave(s.Start, s.End, x-math.Floor(x))
}

// wave goes from from to to along half a cosine while x goes from 0 to 1, with the same
// bits on every machine.
func wave(from, to, x float64) float64 {
	return to + float64((from-to)/2*(1+fmath.CosPi(x)))
}

func (s Cosine) check() error {
	return errors.Join(atLeast("steps", s.Steps, 0), atLeast("cycles", s.Cycles, 0), rateRange("end", s.End))
}
func (s Cosine) unbounded() bool { return s.Steps == 0 }
func (s Cosine) within(steps int) Schedule {
	if s.Steps == 0 {
		s.Steps = steps
	}
	return s
}

// OneCycle raises the rate from Peak/Divide to Peak within the share Rise of the steps and
// lowers it to Peak/(Divide·FinalDivide), both along half a cosine wave: the 1cycle
// policy (Smith and Topin 2018) in the form and with the defaults of PyTorch's OneCycleLR
// with cycle_momentum=False: a momentum stays as it is.
type OneCycle struct {
	Peak        float64 `json:"peak"`
	Steps       int     `json:"steps,omitempty"`        // 0: all steps of the first Fit
	Rise        float64 `json:"rise,omitempty"`         // in (0, 1); 0: 0.3
	Divide      float64 `json:"divide,omitempty"`       // at least 1; 0: 25
	FinalDivide float64 `json:"final_divide,omitempty"` // at least 1; 0: 1e4
}

// Rate returns the rate of the step; that of the last step after it.
func (s OneCycle) Rate(step int) float64 {
	low := s.Peak / orDefault(s.Divide, 25)
	final := low / orDefault(s.FinalDivide, 1e4)
	last := float64(max(1, s.Steps) - 1)
	top := float64(orDefault(s.Rise, 0.3)*(last+1)) - 1
	switch x := math.Min(float64(step), last); {
	case x <= top && top > 0:
		return wave(low, s.Peak, x/top)
	case last > top:
		return wave(s.Peak, final, (x-top)/(last-top))
	}
	return final
}

func (s OneCycle) check() error {
	var err error
	if r := orDefault(s.Rise, 0.3); !(r > 0 && r < 1) {
		err = fmt.Errorf("rise %g: want a number in (0, 1), or 0 for 0.3", r)
	}
	for _, d := range []struct {
		name string
		v    float64
	}{{"divide", orDefault(s.Divide, 25)}, {"final_divide", orDefault(s.FinalDivide, 1e4)}} {
		if !(d.v >= 1 && d.v <= math.MaxFloat32) {
			err = errors.Join(err, fmt.Errorf("%s %g: want at least 1", d.name, d.v))
		}
	}
	return errors.Join(err, atLeast("steps", s.Steps, 0))
}
func (s OneCycle) unbounded() bool { return s.Steps == 0 }
func (s OneCycle) within(steps int) Schedule {
	if s.Steps == 0 {
		s.Steps = steps
	}
	return s
}

// Warmup raises the rate in a straight line within the first Steps, and then follows
// Then, which counts from the end of the warm-up:
//
//	Then(0)·(step+1)/(Steps+1)
type Warmup struct {
	Steps int      `json:"steps"`
	Then  Schedule `json:"then"`
}

// Rate returns the rate of the step.
func (s Warmup) Rate(step int) float64 {
	if step < s.Steps {
		return s.Then.Rate(0) * float64(step+1) / float64(s.Steps+1)
	}
	return s.Then.Rate(step - s.Steps)
}

func (s Warmup) check() error {
	if s.Then == nil {
		return errors.New("warm-up without a schedule to follow")
	}
	return errors.Join(atLeast("steps", s.Steps, 0), checkSchedule(s.Then))
}
func (s Warmup) unbounded() bool {
	b, ok := s.Then.(bounded)
	return ok && b.unbounded()
}
func (s Warmup) within(steps int) Schedule {
	if b, ok := s.Then.(bounded); ok {
		s.Then = b.within(max(1, steps-s.Steps))
	}
	return s
}

// Plateau multiplies the rate by Factor when the watched figure of Config has not become
// better for more than Patience epochs of Fit, as PyTorch's ReduceLROnPlateau with its
// defaults: better means lower by a share of 1e-4 (higher, for an accuracy), and a step
// down of 1e-8 or less is not made. Within a Warmup it lowers those rates too.
type Plateau struct {
	Start    float64 `json:"start"`              // the first rate
	Factor   float64 `json:"factor,omitempty"`   // in (0, 1); 0: 0.1
	Patience int     `json:"patience,omitempty"` // epochs; 0: 10
	Floor    float64 `json:"floor,omitempty"`    // the rate falls no lower; at most Start
}

// Rate returns Start: the trainer keeps by how much it has been lowered.
func (s Plateau) Rate(int) float64 { return s.Start }

func (s Plateau) check() error {
	if err := checkRate(s.Start, 0); err != nil {
		return err
	}
	var err error
	if !(s.Floor >= 0 && s.Floor <= s.Start) {
		err = fmt.Errorf("floor %g: want a number in [0, %g], the start", s.Floor, s.Start)
	}
	return errors.Join(share("factor", orDefault(s.Factor, 0.1)), atLeast("patience", s.Patience, 0), err)
}

// plateauOf returns the Plateau of a schedule, which may be what a Warmup leads to.
func plateauOf(s Schedule) (p Plateau, ok bool) {
	for {
		w, warm := s.(Warmup)
		if !warm {
			break
		}
		s = w.Then
	}
	p, ok = s.(Plateau)
	return p, ok
}

// plateau is the state of a Plateau in a run.
type plateau struct {
	Scale  float64 `json:"scale"` // of the rate
	Best   float64 `json:"best"`  // of the watched figure, lower being better
	Any    bool    `json:"any"`   // whether Best is one
	Waited int     `json:"waited"`
}

// after takes the watched figure of an epoch, lower being better.
func (p *plateau) after(s Plateau, figure float64) {
	threshold := p.Best - float64(1e-4*math.Abs(p.Best)) // not fused: the same on every machine
	if !p.Any || figure < threshold {
		p.Best, p.Any, p.Waited = figure, true, 0
		return
	}
	patience := s.Patience
	if patience == 0 {
		patience = 10
	}
	if p.Waited++; p.Waited > patience {
		scale := p.Scale * orDefault(s.Factor, 0.1)
		if s.Start*scale < s.Floor {
			scale = s.Floor / s.Start
		}
		if s.Start*(p.Scale-scale) > 1e-8 { // PyTorch's eps
			p.Scale = scale
		}
		p.Waited = 0
	}
}

func orDefault(v, otherwise float64) float64 {
	if v == 0 {
		return otherwise
	}
	return v
}

func inUnit(name string, v float64) error {
	if !(v > 0 && v <= 1) {
		return fmt.Errorf("%s %g: want a number in (0, 1]", name, v)
	}
	return nil
}

func atLeast(name string, v, least int) error {
	if v < least {
		return fmt.Errorf("%s %d: want at least %d", name, v, least)
	}
	return nil
}

func rateRange(name string, r float64) error {
	if !(r >= 0 && r <= math.MaxFloat32) {
		return fmt.Errorf("%s %g: want a finite number, at least 0", name, r)
	}
	return nil
}

// checkSchedule says what is wrong with a schedule.
func checkSchedule(s Schedule) error {
	switch s.(type) {
	case *Constant, *StepDecay, *Exponential, *Cosine, *OneCycle, *Warmup, *Plateau:
		return fmt.Errorf("learning rate of type %T: want a value, not a pointer", s)
	}
	if c, ok := s.(checked); ok {
		if err := c.check(); err != nil {
			return err
		}
	}
	return checkRate(s.Rate(0), 0)
}

func checkRate(r float64, step int) error {
	if !(r >= 0 && r <= math.MaxFloat32) {
		return fmt.Errorf("learning rate %g at step %d: want a finite number, at least 0", r, step)
	}
	return nil
}
