package mat

import "math"

// A Rule is one step of an optimizer: how a parameter follows its gradient, with the
// coefficients of this step. It is made once per step by [SGD], [Momentum], [Nesterov],
// [AdaGrad], [RMSProp], [Adam] or [RProp], and applied by [Rule.Update] to the whole
// arena or, with different [Terms], to parts of it; it is not changed by that, so that
// goroutines may share it.
//
// Coefficients are computed in float64 by correctly rounded operations and rounded to
// float32 once. Elements are updated in float32, every operation rounded, none fused,
// divisions and roots correctly rounded: all levels, generic included, give the same bits.
//
// Subnormal numbers are numbers like others, never flushed to zero. Where gradients stay
// 0, moments shrink into their range and stay there, which some processors slow down.
type Rule struct {
	kind kind
	rate float64
	c    coefficients
}

// kind is a body of assembly and a loop in Go.
type kind uint8

const (
	sgd kind = iota
	momentum
	nesterov
	adaGrad
	rmsProp
	rmsPropMomentum
	rmsPropCentered
	rmsPropCenteredMomentum
	adam
	amsGrad
	rProp
)

// lanes is a coefficient as the assembly reads it: 8 times the same.
type lanes [8]float32

// spread rounds x, and -0 to +0: the assembly looks at the bits of what may be 0.
func spread(x float64) lanes { return fill(positive(x)) }

func positive(x float64) float32 { return float32(x) + 0 }

func fill(x float32) lanes { return lanes{x, x, x, x, x, x, x, x} }

// coefficients are what a step has for all parameters. A rule sets those it uses. The
// assembly for arm64 knows their order, and that of terms.
type coefficients struct {
	rate   lanes // the step's length; Adam's with the correction of its mean
	mu     lanes // of the velocity
	b1, c1 lanes // of the mean: old, new
	b2, c2 lanes // of the mean square: old, new
	root   lanes // Adam: correction of the root of the mean square
	eps    lanes
	shrink lanes // decoupled decay: w += shrink·w

	up, keep, down lanes // RProp: factors of the step by the sign of the product
	lo, hi         lanes // RProp: bounds of the step
	sign           lanes // RProp: -0, the bit of the sign
}

// Terms are what Update adds to every rule. All numbers must be finite.
type Terms struct {
	Clip float64 // factor of the gradient, for clipping by norm: 1 for none, and 0 leaves no gradient
	L2   float64 // L2·w is added to the gradient: 0 for none
	L1   float64 // weights move towards 0 by rate·L1, and stop there: 0 for none
}

// terms are the Terms as the assembly reads them.
type terms struct {
	clip, l2    float32
	limit, down float32 // rate·L1 and its negative
}

func (t *Terms) round(rate float64) terms {
	return terms{clip: positive(t.Clip), l2: positive(t.L2), limit: positive(rate * t.L1), down: positive(-rate * t.L1)}
}

// SGD is plain gradient descent, without state:
//
//	w = w - rate·g
func SGD(rate float64) Rule {
	return Rule{kind: sgd, rate: rate, c: coefficients{rate: spread(rate)}}
}

// Momentum is gradient descent with a velocity v, its state:
//
//	v = mu·v + g
//	w = w - rate·v
//
// in the form of PyTorch (the rate is outside of the velocity; Sutskever et al. 2013
// have it inside).
func Momentum(rate, mu float64) Rule {
	return Rule{kind: momentum, rate: rate, c: coefficients{rate: spread(rate), mu: spread(mu)}}
}

// Nesterov is gradient descent with Nesterov's momentum and the state v, in the form
// of PyTorch:
//
//	v = mu·v + g
//	w = w - rate·(g + mu·v)
func Nesterov(rate, mu float64) Rule {
	return Rule{kind: nesterov, rate: rate, c: coefficients{rate: spread(rate), mu: spread(mu)}}
}

// AdaGrad divides by the root of the sum of all squares so far, its state s (Duchi,
// Hazan and Singer 2011):
//
//	s = s + g²
//	w = w - rate·g / (√s + eps)
//
// eps must be above 0 if s may be 0.
func AdaGrad(rate, eps float64) Rule {
	return Rule{kind: adaGrad, rate: rate, c: coefficients{rate: spread(rate), eps: spread(eps)}}
}

// RMSProp divides by the root of the mean square s (Hinton's lecture 6e of 2012), if
// centered by that of the variance (Graves 2013). With mu other than 0 there is a
// velocity u. In the form of PyTorch, with eps outside of the root:
//
//	s = alpha·s + (1-alpha)·g²
//	m = alpha·m + (1-alpha)·g            centered only
//	d = √s + eps, or √max(s-m², 0) + eps if centered
//	w = w - rate·g / d                   if mu is 0, else
//	u = mu·u + g / d;  w = w - rate·u
//
// (PyTorch lets a variance that rounding makes negative become NaN.) The state is s,
// then m if centered, then u if mu is not 0. eps must be above 0 if g may be 0.
func RMSProp(rate, alpha, eps, mu float64, centered bool) Rule {
	k := rmsProp
	switch {
	case centered && mu != 0:
		k = rmsPropCenteredMomentum
	case centered:
		k = rmsPropCentered
	case mu != 0:
		k = rmsPropMomentum
	}
	return Rule{kind: k, rate: rate, c: coefficients{
		rate: spread(rate), mu: spread(mu), eps: spread(eps),
		b1: spread(alpha), c1: spread(1 - alpha), b2: spread(alpha), c2: spread(1 - alpha),
	}}
}

// Adam is step t (1, 2, ...) of Adam (Kingma and Ba 2015, algorithm 1) with the state
// m, v:
//
//	w = w - rate·decay·w
//	m = beta1·m + (1-beta1)·g          v = beta2·v + (1-beta2)·g²
//	w = w - rate/(1-beta1ᵗ) · m / (√v/√(1-beta2ᵗ) + eps)
//
// eps is added after the bias correction, as in the paper's algorithm and in PyTorch;
// the paper's section 2 and scikit-learn add it before. It must be above 0 if g may be 0.
//
// decay other than 0 is AdamW's decoupled weight decay (Loshchilov and Hutter 2019). With
// amsgrad there is a third state x, the largest v so far: x = max(x, v) takes the place
// of v under the root (Reddi, Kale and Kumar 2018; as in PyTorch, without bias correction in x).
//
// Panics if t < 1.
func Adam(t int, rate, beta1, beta2, eps, decay float64, amsgrad bool) Rule {
	if t < 1 {
		panic("mat: Adam: t < 1")
	}
	k := adam
	if amsgrad {
		k = amsGrad
	}
	return Rule{kind: k, rate: rate, c: coefficients{
		b1: spread(beta1), c1: spread(1 - beta1), b2: spread(beta2), c2: spread(1 - beta2),
		rate: spread(rate / (1 - pow(beta1, t))), root: spread(1 / math.Sqrt(1-pow(beta2, t))),
		eps: spread(eps), shrink: spread(-rate * decay),
	}}
}

// RProp follows only the signs of the gradients of full batches (Riedmiller and Braun
// 1993, without its weight backtracking; the form of PyTorch, iRprop- of Igel and Hüsken
// 2000). Its state is the last gradient p and the step s of each parameter, to be filled
// with the first step before the first update, and in (0, +Inf):
//
//	s = s·up if g·p > 0, s·down if g·p < 0, s else; then within lo ≤ s ≤ hi
//	g = 0 if g·p < 0
//	w = w - s if g > 0, w + s if g < 0
//	p = g
//
// PyTorch has up 1.2, down 0.5, lo 1e-6 and hi 50. rate is that of L1 only, usually the
// first step. The product is rounded: gradients below 1e-23 in size leave the step.
func RProp(rate, up, down, lo, hi float64) Rule {
	return Rule{kind: rProp, rate: rate, c: coefficients{
		up: spread(up), keep: spread(1), down: spread(down), lo: spread(lo), hi: spread(hi), sign: fill(float32(math.Copysign(0, -1))),
	}}
}

// States returns how many arrays of the parameters' length the rule keeps: 0 to 3.
func (r *Rule) States() int {
	switch r.kind {
	case sgd:
		return 0
	case momentum, nesterov, adaGrad, rmsProp:
		return 1
	case rmsPropMomentum, rmsPropCentered, adam, rProp:
		return 2
	}
	return 3
}

const (
	badUpdate = "mat: parameters, gradients and state differ in length"
	badStates = "mat: Update: len(state) is not the rule's States"
)

// Update makes one step in one pass: it updates the parameters w and the rule's state
// by the gradients dw, which it does not change. For each element:
//
//	g = Clip·dw                          if L2 is 0, else Clip·dw + L2·w
//	w = the rule's step with g
//	w = sign(w)·max(|w| - rate·L1, 0)    unless rate·L1 is 0
//
// The last line is the proximal step of L1 (soft threshold): weights within ±rate·L1
// become +0 exactly, -0 too. rate·L1 must not be negative.
//
// Update reports whether all is finite: every new parameter, and every sum or mean of squares
// (AMSGrad's largest), whose overflow would only stop a parameter, and every g of RProp,
// which uses no more than its sign. No second pass is needed to find out.
//
// state has States arrays in the order of the rule's documentation. No two of w, dw and
// the arrays may overlap. Panics if lengths differ, or len(state) is not States.
func (r *Rule) Update(w, dw []float32, state [][]float32, t Terms) (finite bool) {
	r.check(w, dw, state)
	for _, s := range state {
		touch(s, nil, nil)
	}
	touch(w, dw, nil)
	e := t.round(r.rate)
	finite = true
	for from := 0; from < len(w); {
		to := min(from+block, len(w))
		if n := (to - from) / updateWidth * updateWidth; n > 0 {
			var s [3]*float32
			for i := range state {
				s[i] = &state[i][from]
			}
			if done, ok := updateVectors(r.kind, &w[from], &dw[from], s[0], s[1], s[2], n, &r.c, &e); done {
				finite = ok && finite
				from += n
			}
		}
		var s [3][]float32
		for i := range state {
			s[i] = state[i][from:to]
		}
		finite = r.update(w[from:to], dw[from:to], s[0], s[1], s[2], &e) && finite
		from = to
	}
	return finite
}

// UpdateColumns is [Rule.Update] of columns from...to of matrices with ld columns, which w, dw
// and the arrays of state are. It goes through them some columns of many rows at a time: what
// lies beside them, which another worker may be writing, is not fetched ahead by the processor.
//
// Panics as Update, or if ld < 1, len(w) is not a multiple of ld, or not 0 ≤ from ≤ to ≤ ld.
func (r *Rule) UpdateColumns(w, dw []float32, state [][]float32, ld, from, to int, t Terms) (finite bool) {
	r.check(w, dw, state)
	if ld < 1 || len(w)%ld != 0 || from < 0 || to < from || to > ld {
		panic("mat: UpdateColumns: wrong columns")
	}
	if from == to || len(w) == 0 {
		return true
	}
	rows := len(w) / ld
	touchRows(w[from:], dw[from:], nil, rows, to-from, ld)
	for _, s := range state {
		touchRows(s[from:], nil, nil, rows, to-from, ld)
	}
	e := t.round(r.rate)
	finite = true
	for i := 0; i < rows; i += updateRows {
		m := min(updateRows, rows-i)
		j := from
		for to-j >= updateWidth {
			var s [3]*float32
			for k := range state {
				s[k] = &state[k][i*ld+j]
			}
			n, ok := updateColumns(r.kind, &w[i*ld+j], &dw[i*ld+j], s[0], s[1], s[2], m, ld, &r.c, &e)
			if n == 0 {
				break
			}
			finite = ok && finite
			j += n
		}
		for at := i * ld; at < (i+m)*ld && j < to; at += ld {
			var s [3][]float32
			for k := range state {
				s[k] = state[k][at+j : at+to]
			}
			finite = r.update(w[at+j:at+to], dw[at+j:at+to], s[0], s[1], s[2], &e) && finite
		}
	}
	return finite
}

// updateRows is how many rows UpdateColumns goes down at a time: their lines stay in the
// first-level cache until all of each are done.
const updateRows = 64

// check panics if lengths do not fit or two of the arrays overlap.
func (r *Rule) check(w, dw []float32, state [][]float32) {
	if len(state) != r.States() {
		panic(badStates)
	}
	if len(w) != len(dw) {
		panic(badUpdate)
	}
	for _, s := range state {
		if len(w) != len(s) {
			panic(badUpdate)
		}
	}
	clash := shared(w, dw)
	for i, s := range state {
		clash = clash || shared(s, w) || shared(s, dw)
		for _, other := range state[:i] {
			clash = clash || shared(s, other)
		}
	}
	if clash {
		panic(badOverlap)
	}
}

// updateWidth is the granule of the assembly: whole groups of so many elements. The
// portable Go does the rest; nothing is fused, so its bits are the same.
const updateWidth = 16

// pow returns xᵗ by squaring: the same bits everywhere, unlike math.Pow.
func pow(x float64, t int) float64 {
	p := 1.0
	for ; t > 0; t >>= 1 {
		if t&1 == 1 {
			p = float64(p * x) // not fused with the caller's 1-p
		}
		x = float64(x * x)
	}
	return p
}
