package train

import (
	"errors"
	"fmt"

	"github.com/sinew-ml/sinew/mat"
)

// Optimizer is a rule that turns gradients into updates: [SGD], [AdaGrad], [RMSProp],
// [Adam], [AdamW] or [RProp]. A zero field stands for its default.
//
// L2 of [Config] is added to the gradient before the rule, as PyTorch's weight_decay is
// (so the adaptive rules scale it too; AdamW's WeightDecay they do not). L1 is a proximal
// step after it.
type Optimizer interface {
	check() error
	defaultRate() float64
	// rule returns step t (from 1) at a learning rate; decays is false for parameters
	// that weight decay leaves alone.
	rule(t int, rate float64, decays bool) mat.Rule
	// start fills the state before the first step.
	start(state [][]float32, rate float64)
}

// steady reports whether all steps of one rate have the same rule.
func steady(o Optimizer) bool {
	switch o.(type) {
	case Adam, AdamW:
		return false
	}
	return true
}

// SGD is stochastic gradient descent, with momentum if Momentum is not 0:
//
//	v = Momentum·v + g
//	w = w - rate·v                       with Nesterov: w - rate·(g + Momentum·v)
//
// in the form of PyTorch, with the rate outside of the velocity (Sutskever et al. 2013 have
// it inside, which differs when the rate changes). The default rate is 0.01.
type SGD struct {
	Momentum float64 `json:"momentum,omitempty"` // in [0, 1); 0.9 is usual
	Nesterov bool    `json:"nesterov,omitempty"` // Nesterov's momentum (Sutskever et al. 2013)
}

func (o SGD) check() error {
	if o.Nesterov && o.Momentum == 0 {
		return errors.New("nesterov wants a momentum above 0")
	}
	return decay("momentum", o.Momentum)
}

func (SGD) defaultRate() float64       { return 0.01 }
func (SGD) start([][]float32, float64) {}
func (o SGD) rule(_ int, rate float64, _ bool) mat.Rule {
	switch {
	case o.Momentum == 0:
		return mat.SGD(rate)
	case o.Nesterov:
		return mat.Nesterov(rate, o.Momentum)
	}
	return mat.Momentum(rate, o.Momentum)
}

// AdaGrad divides by the root of the sum of all squared gradients so far (Duchi, Hazan
// and Singer 2011):
//
//	s = s + g²
//	w = w - rate·g / (√s + Eps)
//
// in the form of PyTorch, from s = 0. The default rate is 0.01.
type AdaGrad struct {
	Eps float64 `json:"eps,omitempty"` // added to the root; 0: 1e-10, PyTorch's
}

func (o AdaGrad) check() error             { return epsilon(orDefault(o.Eps, 1e-10)) }
func (AdaGrad) defaultRate() float64       { return 0.01 }
func (AdaGrad) start([][]float32, float64) {}
func (o AdaGrad) rule(_ int, rate float64, _ bool) mat.Rule {
	return mat.AdaGrad(rate, orDefault(o.Eps, 1e-10))
}

// RMSProp divides by the root of the running mean of squared gradients (Hinton, lecture 6e,
// 2012), or, Centered, of their variance (Graves 2013):
//
//	s = Alpha·s + (1-Alpha)·g²             m = Alpha·m + (1-Alpha)·g
//	d = √s + Eps                           Centered: √(s-m²) + Eps
//	w = w - rate·g / d                     with Momentum: u = Momentum·u + g/d, w = w - rate·u
//
// in the form of PyTorch, with Eps outside of the root (Graves and TensorFlow have it
// inside). The default rate is 0.01. The defaults are PyTorch's; Hinton's Alpha is 0.9.
type RMSProp struct {
	Alpha    float64 `json:"alpha,omitempty"`    // decay of the mean, in (0, 1); 0: 0.99
	Eps      float64 `json:"eps,omitempty"`      // 0: 1e-8
	Momentum float64 `json:"momentum,omitempty"` // in [0, 1)
	Centered bool    `json:"centered,omitempty"`
}

func (o RMSProp) check() error {
	return errors.Join(share("alpha", orDefault(o.Alpha, 0.99)), epsilon(orDefault(o.Eps, 1e-8)), decay("momentum", o.Momentum))
}
func (RMSProp) defaultRate() float64       { return 0.01 }
func (RMSProp) start([][]float32, float64) {}
func (o RMSProp) rule(_ int, rate float64, _ bool) mat.Rule {
	return mat.RMSProp(rate, orDefault(o.Alpha, 0.99), orDefault(o.Eps, 1e-8), o.Momentum, o.Centered)
}

// Adam adapts the rate of each parameter to the first two moments of its gradient
// (Kingma and Ba, Adam: a method for stochastic optimization, 2015, algorithm 1). In step t,
// from 1:
//
//	m = Beta1·m + (1-Beta1)·g              v = Beta2·v + (1-Beta2)·g²
//	w = w - rate · m/(1-Beta1ᵗ) / (√(v/(1-Beta2ᵗ)) + Eps)
//
// Eps is added after the bias correction, as in PyTorch; scikit-learn, and the paper's
// section 2, add it before. With AMSGrad the largest v so far takes the place of v, corrected
// as v is, as in PyTorch; Reddi, Kale and Kumar have no correction. The default rate is 0.001.
// The defaults are the paper's, and PyTorch's.
type Adam struct {
	Beta1   float64 `json:"beta1,omitempty"`   // decay of the mean, in (0, 1); 0: 0.9
	Beta2   float64 `json:"beta2,omitempty"`   // decay of the mean square, in (0, 1); 0: 0.999
	Eps     float64 `json:"eps,omitempty"`     // added to the root of the mean square; 0: 1e-8
	AMSGrad bool    `json:"amsgrad,omitempty"` // the largest mean square so far (Reddi, Kale and Kumar 2018)
}

func (o Adam) check() error {
	return errors.Join(share("beta1", orDefault(o.Beta1, 0.9)), share("beta2", orDefault(o.Beta2, 0.999)), epsilon(orDefault(o.Eps, 1e-8)))
}
func (Adam) defaultRate() float64                        { return 0.001 }
func (Adam) start([][]float32, float64)                  {}
func (o Adam) rule(t int, rate float64, _ bool) mat.Rule { return o.decayed(t, rate, 0) }

func (o Adam) decayed(t int, rate, decay float64) mat.Rule {
	return mat.Adam(t, rate, orDefault(o.Beta1, 0.9), orDefault(o.Beta2, 0.999), orDefault(o.Eps, 1e-8), decay, o.AMSGrad)
}

// AdamW is Adam with decoupled weight decay (Loshchilov and Hutter 2019): before Adam's
// step w = w - rate·WeightDecay·w, with the rate as in PyTorch (the paper has the schedule's
// factor alone, without the rate it begins from). Unlike in PyTorch biases and norms do not
// decay unless Config.DecayBiases is set. The default rate is 0.001. For no decay take Adam.
type AdamW struct {
	Adam
	WeightDecay float64 `json:"weight_decay,omitempty"` // at least 0; 0: 0.01, PyTorch's
}

func (o AdamW) check() error {
	var err error
	if !(o.WeightDecay >= 0 && o.WeightDecay <= 1e3) {
		err = fmt.Errorf("weight_decay %g: want a number in [0, 1000], or 0 for 0.01", o.WeightDecay)
	}
	return errors.Join(o.Adam.check(), err)
}

func (o AdamW) rule(t int, rate float64, decays bool) mat.Rule {
	if !decays {
		return o.decayed(t, rate, 0)
	}
	return o.decayed(t, rate, orDefault(o.WeightDecay, 0.01))
}

// RProp follows only the signs of the gradients of full batches: set BatchSize to the
// number of rows (Riedmiller and Braun 1993). Each parameter has a step s of its own, and p is
// its gradient of the step before:
//
//	s = Up·s if g·p > 0, Down·s if g·p < 0, then within Min ≤ s ≤ Max
//	g = 0 if g·p < 0
//	w = w - s·sign(g)
//
// in the form of PyTorch: without the paper's weight backtracking. The learning rate of the
// first step is every parameter's first s, and later rates are no matter, but to L1; the
// default is 0.01. The defaults are the paper's; its first step is 0.1.
type RProp struct {
	Up   float64 `json:"up,omitempty"`   // factor of the step while the sign stays, above 1; 0: 1.2
	Down float64 `json:"down,omitempty"` // factor when it changes, in (0, 1); 0: 0.5
	Min  float64 `json:"min,omitempty"`  // smallest step; 0: 1e-6
	Max  float64 `json:"max,omitempty"`  // largest step; 0: 50
}

func (o RProp) withDefaults() RProp {
	return RProp{orDefault(o.Up, 1.2), orDefault(o.Down, 0.5), orDefault(o.Min, 1e-6), orDefault(o.Max, 50)}
}

func (o RProp) check() error {
	o = o.withDefaults()
	switch {
	case !(o.Up > 1 && o.Up <= 1e3):
		return fmt.Errorf("up %g: want a number in (1, 1000], or 0 for 1.2", o.Up)
	case !(o.Min >= 1e-30 && o.Min <= o.Max && o.Max <= 1e30):
		return fmt.Errorf("min %g, max %g: want 1e-30 ≤ min ≤ max ≤ 1e30", o.Min, o.Max)
	}
	return share("down", o.Down)
}
func (RProp) defaultRate() float64 { return 0.01 }
func (RProp) start(state [][]float32, rate float64) {
	for i := range state[1] {
		state[1][i] = float32(rate)
	}
}
func (o RProp) rule(_ int, rate float64, _ bool) mat.Rule {
	o = o.withDefaults()
	return mat.RProp(rate, o.Up, o.Down, o.Min, o.Max)
}

func decay(name string, v float64) error {
	if !(v >= 0 && v < 1) {
		return fmt.Errorf("%s %g: want a number in [0, 1)", name, v)
	}
	return nil
}

func share(name string, v float64) error {
	if !(v > 0 && v < 1) {
		return fmt.Errorf("%s %g: want a number in (0, 1)", name, v)
	}
	return nil
}

func epsilon(v float64) error {
	if !(v >= 1e-30 && v <= 1) {
		return fmt.Errorf("eps %g: want a number in [1e-30, 1]", v)
	}
	return nil
}
