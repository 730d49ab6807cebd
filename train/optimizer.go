package train

import (
	"fmt"

	"github.com/sinew-ml/sinew/mat"
)

// Optimizer is a rule that turns gradients into updates: [SGD] or [Adam].
type Optimizer interface {
	check() error
	defaultRate() float64
	arenas() int // arrays of the parameters' length that it keeps
	update(w, g []float32, state [][]float32, step int, rate float64)
}

// SGD is stochastic gradient descent, with momentum if Momentum is not 0:
//
//	v = Momentum·v + g
//	w = w - rate·v
//
// in the form of PyTorch, with the rate outside of the velocity. The default rate is 0.01.
type SGD struct {
	Momentum float64 `json:"momentum,omitempty"` // in [0, 1); 0.9 is usual
}

func (o SGD) check() error {
	if !(o.Momentum >= 0 && o.Momentum < 1) {
		return fmt.Errorf("momentum %g: want a number in [0, 1)", o.Momentum)
	}
	return nil
}

func (SGD) defaultRate() float64 { return 0.01 }
func (SGD) arenas() int          { return 1 }

func (o SGD) update(w, g []float32, state [][]float32, _ int, rate float64) {
	rule := mat.Momentum(rate, o.Momentum)
	rule.Update(w, g, state, mat.Terms{Clip: 1})
}

// Adam adapts the rate of each parameter to the first two moments of its gradient:
// Kingma and Ba, Adam: a method for stochastic optimization, 2015, algorithm 1, with
// Eps added after the bias correction, as PyTorch has it. The default rate is 0.001.
// A zero field stands for its default, which is the paper's.
type Adam struct {
	Beta1 float64 `json:"beta1,omitempty"` // decay of the mean, in (0, 1); 0: 0.9
	Beta2 float64 `json:"beta2,omitempty"` // decay of the mean square, in (0, 1); 0: 0.999
	Eps   float64 `json:"eps,omitempty"`   // added to the root of the mean square; 0: 1e-8
}

func (o Adam) withDefaults() Adam {
	if o.Beta1 == 0 {
		o.Beta1 = 0.9
	}
	if o.Beta2 == 0 {
		o.Beta2 = 0.999
	}
	if o.Eps == 0 {
		o.Eps = 1e-8
	}
	return o
}

func (o Adam) check() error {
	o = o.withDefaults()
	switch {
	case !(o.Beta1 > 0 && o.Beta1 < 1):
		return fmt.Errorf("beta1 %g: want a number in (0, 1), or 0 for 0.9", o.Beta1)
	case !(o.Beta2 > 0 && o.Beta2 < 1):
		return fmt.Errorf("beta2 %g: want a number in (0, 1), or 0 for 0.999", o.Beta2)
	case !(o.Eps >= 1e-30 && o.Eps <= 1):
		return fmt.Errorf("eps %g: want a number in [1e-30, 1], or 0 for 1e-8", o.Eps)
	}
	return nil
}

func (Adam) defaultRate() float64 { return 0.001 }
func (Adam) arenas() int          { return 2 }

func (o Adam) update(w, g []float32, state [][]float32, step int, rate float64) {
	o = o.withDefaults()
	rule := mat.Adam(step, rate, o.Beta1, o.Beta2, o.Eps, 0, false)
	rule.Update(w, g, state, mat.Terms{Clip: 1})
}

// Schedule gives the learning rate of each step, counted from 0.
type Schedule interface {
	Rate(step int) float64
}

// Constant is a learning rate that stays the same.
type Constant float64

// Rate returns the constant.
func (c Constant) Rate(int) float64 { return float64(c) }
