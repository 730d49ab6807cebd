package net_test

import (
	"math"
	"testing"

	"github.com/sinew-ml/sinew/net"
)

// unit is the unit roundoff of float32.
const unit = 0x1p-24

// ball is an interval: the value of a float64 pass and how far a float32 pass may be
// from it. Every function below adds to the error that comes in what its own roundings
// can do at any level: (n+3)·u·Σ|terms| for a sum of n products, as mat.Gemm promises
// (one more covers terms of second order), 1.01·u for one operation, 1.01·u for an
// activation (0.501 units in the last place).
type ball struct{ v, r float64 }

type balls []ball

// size is the largest magnitude within the ball.
func (a ball) size() float64 { return math.Abs(a.v) + a.r }

// rounded adds the error of n operations whose results are about a.
func (a ball) rounded(n float64) ball { return ball{a.v, a.r + 1.01*n*unit*a.size()} }

func (a ball) times(b ball) ball {
	return ball{a.v * b.v, math.Abs(a.v)*b.r + math.Abs(b.v)*a.r + a.r*b.r}.rounded(1)
}

// sum returns c0 + Σ a(i)·b(i).
func sum(n int, c0 float64, a, b func(i int) ball) ball {
	s, size := ball{v: c0}, math.Abs(c0)
	for i := range n {
		x, y := a(i), b(i)
		s.v += x.v * y.v
		s.r += math.Abs(x.v)*y.r + math.Abs(y.v)*x.r + x.r*y.r
		size += x.size() * y.size()
	}
	s.r += float64(n+4) * unit * size
	return s
}

func exactly(x float32) ball { return ball{v: float64(x)} }

// check compares a float32 pass with the balls. 1e-40 covers underflow.
func (want balls) check(t testing.TB, what string, got []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: length %d, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		if !(math.Abs(float64(got[i])-w.v) <= w.r+1e-40) {
			t.Fatalf("%s[%d] = %g, want %g ± %.2g", what, i, got[i], w.v, w.r)
		}
	}
}

// width returns the largest error bound relative to the largest value.
func (want balls) width() float64 {
	r, v := 0.0, 0.0
	for _, b := range want {
		r, v = math.Max(r, b.r), math.Max(v, math.Abs(b.v))
	}
	if r == 0 {
		return 0 // as where all units are dead
	}
	return r / v
}

// bounds is a pass over a batch in balls.
type bounds struct {
	out, grads balls // predictions; gradient in the arena's layout
	loss       ball
}

func passBounds(m *net.Network, x, targets []float32, rows int) (b bounds) {
	config := m.Config()
	last := len(config.Layers) - 1
	outputs := m.Outputs()
	var in balls
	for _, v := range x {
		in = append(in, exactly(v))
	}
	acts := []balls{in}
	for i, l := range config.Layers {
		w, bias := m.Layer(i)
		n := len(in) / rows
		var out balls
		for r := range rows {
			for j := range l.Units {
				z := sum(n, float64(bias[j]), func(p int) ball { return in[r*n+p] }, func(p int) ball { return exactly(w[p*l.Units+j]) })
				out = append(out, activationBall(l.Activation, z))
			}
		}
		acts = append(acts, out)
		in = out
	}
	var d balls
	for r := range rows {
		row, t := in[r*outputs:][:outputs], targets[r*outputs:][:outputs]
		loss, dy, p := lossBall(config.Loss, row, t)
		b.loss.v += loss.v / float64(rows)
		b.loss.r += loss.r / float64(rows)
		b.out = append(b.out, p...)
		for _, e := range dy {
			d = append(d, ball{e.v / float64(rows), e.r / float64(rows)}.rounded(2))
		}
	}
	for i := last; i >= 0; i-- {
		out := config.Layers[i].Units
		w, _ := m.Layer(i)
		below, n := acts[i], len(acts[i])/rows
		for j, y := range acts[i+1] {
			d[j] = activationGradBall(config.Layers[i].Activation, d[j], y)
		}
		column := func(j int) func(int) ball { return func(r int) ball { return d[r*out+j] } }
		var dw, db, dx balls
		for p := range n {
			for j := range out {
				dw = append(dw, sum(rows, 0, func(r int) ball { return below[r*n+p] }, column(j)))
			}
		}
		for j := range out {
			db = append(db, sum(rows, 0, func(int) ball { return ball{v: 1} }, column(j)))
		}
		for r := range rows {
			for p := range n {
				dx = append(dx, sum(out, 0, func(j int) ball { return d[r*out+j] }, func(j int) ball { return exactly(w[p*out+j]) }))
			}
		}
		b.grads = append(append(dw, db...), b.grads...)
		d = dx
	}
	return b
}

// activationBall uses the largest slopes: ¼ for the logistic function, 1 for the others.
func activationBall(a net.Activation, z ball) ball {
	switch a {
	case net.Sigmoid:
		return ball{1 / (1 + math.Exp(-z.v)), z.r / 4}.rounded(1)
	case net.Tanh:
		return ball{math.Tanh(z.v), z.r}.rounded(1)
	case net.ReLU:
		if z.v+z.r <= 0 {
			return ball{}
		}
		return ball{math.Max(z.v, 0), z.r}
	}
	return z
}

// activationGradBall multiplies dy by the slope that back-propagation takes from y.
func activationGradBall(a net.Activation, dy, y ball) ball {
	switch a {
	case net.Sigmoid: // y(1-y), whose own slope is at most 1 + r
		return dy.times(ball{y.v * (1 - y.v), y.r * (1 + y.r)}.rounded(2))
	case net.Tanh: // 1-y²: the square is rounded, at most 1
		return dy.times(ball{1 - y.v*y.v, 2*math.Abs(y.v)*y.r + y.r*y.r + 2.1*unit})
	case net.ReLU:
		switch {
		case y.v > y.r:
			return dy
		case y.v == 0 && y.r == 0:
			return ball{}
		}
		return dy.times(ball{0.5, 0.5}) // either side
	}
	return dy
}

// lossBall returns the loss of a row with outputs y and targets t, its gradient, and
// the predictions.
func lossBall(loss net.Loss, y balls, t []float32) (l ball, dy, prediction balls) {
	if loss == net.HalfSquaredError {
		for j := range y {
			e := ball{y[j].v - float64(t[j]), y[j].r}.rounded(1)
			dy = append(dy, e)
			l.v += e.v * e.v / 2
			l.r += math.Abs(e.v)*e.r + e.r*e.r/2 + 1e-15
		}
		return l, dy, y
	}
	top, widest, s := math.Inf(-1), 0.0, 0.0
	for _, z := range y {
		top, widest = math.Max(top, z.v), math.Max(widest, z.r)
	}
	for _, z := range y {
		s += math.Exp(z.v - top)
	}
	total := 0.0
	for _, v := range t {
		total += float64(v)
	}
	for j, z := range y {
		p := math.Exp(z.v-top) / s
		pb := ball{p, p * math.Expm1(2*widest)}.rounded(1) // numerator and sum each change by e^±widest
		prediction = append(prediction, pb)
		scaled := pb.times(ball{total, unit * total})
		dy = append(dy, ball{scaled.v - float64(t[j]), scaled.r}.rounded(1))
		l.v += float64(t[j]) * (top + math.Log(s) - z.v)
		l.r += float64(t[j]) * (2*widest + 1e-12)
	}
	return l, dy, prediction
}
