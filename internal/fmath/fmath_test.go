package fmath

import (
	"math"
	"testing"
)

// The standard library serves as truth: both are within about an ulp of float64,
// far below what is asserted in units of float32.
func TestAgainstMath(t *testing.T) {
	for _, f := range []struct {
		name      string
		got, want func(float64) float64
		lo, hi    float64
		bound     float64 // relative
	}{
		{"exp", Exp, math.Exp, -708, 709, 1e-15},
		{"log", Log, math.Log, 1e-300, 1e3, 1e-15},
		{"log", Log, math.Log, 0.5, 2, 1e-15},
		{"tanh", Tanh, math.Tanh, -25, 25, 3e-14},
		{"tanh", Tanh, math.Tanh, -0.1, 0.1, 3e-14},
		{"sigmoid", Sigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, -700, 40, 1e-15},
	} {
		const n = 100_000
		worst := 0.0
		for i := range n + 1 {
			x := f.lo + (f.hi-f.lo)*float64(i)/n
			got, want := f.got(x), f.want(x)
			e := math.Abs(got - want)
			if want != 0 {
				e /= math.Abs(want)
			}
			if !(e <= f.bound) {
				t.Fatalf("%s(%g) = %g, want %g, relative error %g", f.name, x, got, want, e)
			}
			worst = max(worst, e)
		}
		if worst == 0 {
			t.Errorf("%s: no difference at all: is it math's own?", f.name)
		}
	}
}

func TestSpecialValues(t *testing.T) {
	inf := math.Inf(1)
	negZero := math.Copysign(0, -1)
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"exp(0)", Exp(0), 1}, {"exp(-0)", Exp(negZero), 1}, {"exp(inf)", Exp(inf), inf}, {"exp(-inf)", Exp(-inf), 0},
		{"exp(1e4)", Exp(1e4), inf}, {"exp(-1e4)", Exp(-1e4), 0}, {"exp(nan)", Exp(math.NaN()), math.NaN()},
		{"log(1)", Log(1), 0}, {"log(0)", Log(0), -inf}, {"log(inf)", Log(inf), inf}, {"log(-1)", Log(-1), math.NaN()},
		{"log(nan)", Log(math.NaN()), math.NaN()}, {"tanh(0)", Tanh(0), 0}, {"tanh(-0)", Tanh(negZero), negZero},
		{"tanh(inf)", Tanh(inf), 1}, {"tanh(-inf)", Tanh(-inf), -1}, {"tanh(1e4)", Tanh(1e4), 1}, {"tanh(nan)", Tanh(math.NaN()), math.NaN()},
		{"sigmoid(0)", Sigmoid(0), 0.5}, {"sigmoid(1e4)", Sigmoid(1e4), 1}, {"sigmoid(-1e4)", Sigmoid(-1e4), 0},
		{"sigmoid(inf)", Sigmoid(inf), 1}, {"sigmoid(-inf)", Sigmoid(-inf), 0}, {"sigmoid(nan)", Sigmoid(math.NaN()), math.NaN()},
	} {
		same := math.Float64bits(c.got) == math.Float64bits(c.want) || c.got != c.got && c.want != c.want
		if !same {
			t.Errorf("%s = %g, want %g", c.name, c.got, c.want)
		}
	}
}
