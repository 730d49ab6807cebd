package main

import (
	"math"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/mat"
)

// function is a row of the table of what is swept. Derivatives are swept by what the
// gradient function makes of dy = 1.
type function struct {
	name     string
	call     func(dst, x []float32)
	truth    func(float64) float64
	fused    float64 // the documented bound of the levels with fused operations
	generic  float64
	absolute bool // bounds are in units of 2⁻²⁴
}

func (f *function) bound(level isa.Level) float64 {
	if level.Fused() {
		return f.fused
	}
	return f.generic
}

// distance returns the error of got for the argument x; +Inf where infinities or NaN differ.
func (f *function) distance(x, got float32) float64 {
	const overflow = 0x1.ffffffp127 // halfway from the largest float32 to the next power of 2
	want := f.truth(float64(x))
	switch g := float64(got); {
	case want != want || g != g:
		if (want != want) == (g != g) {
			return 0
		}
		return math.Inf(1)
	case math.Abs(want) >= overflow || math.IsInf(g, 0):
		if g == math.Copysign(math.Inf(1), want) && math.Abs(want) >= math.MaxFloat32 {
			return 0
		}
		return math.Inf(1)
	case f.absolute:
		return math.Abs(g-want) * 0x1p24
	default:
		return math.Abs(g-want) / ulp(want)
	}
}

// ulp is the distance between float32 numbers at x.
func ulp(x float64) float64 {
	if x == 0 {
		return 0x1p-149
	}
	_, e := math.Frexp(x)
	return math.Ldexp(1, max(e-24, -149))
}

// slope makes a function of a gradient: its dx for dy = 1.
func slope(grad func(dx, dy, y []float32)) func(dst, x []float32) {
	return func(dst, x []float32) {
		var ones [chunk]float32
		for i := range ones {
			ones[i] = 1
		}
		grad(dst, ones[:len(x)], x)
	}
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// gated returns x·f, which vanishes with f.
func gated(x, f float64) float64 {
	if f == 0 {
		return 0
	}
	return x * f
}

func normal(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

func elu(x, lambda, scaled float64) float64 {
	if x < 0 {
		return scaled * math.Expm1(x)
	}
	return lambda * x
}

// tanhArgument is the argument of GELUTanh's sigmoid, and its derivative.
func tanhArgument(x float64) (w, slope float64) {
	c := 2 * math.Sqrt(2/math.Pi)
	return c * (x + 0.044715*x*x*x), c * (1 + 3*0.044715*x*x)
}

// gateSlope returns the derivative of x·sigmoid(w(x)).
func gateSlope(x, w, slope float64) float64 {
	s := logistic(w)
	if s == 0 || s == 1 {
		return s
	}
	return s + x*slope*s*(1-s)
}

const (
	seluLambda = 1.0507009873554804934193349852946
	seluScaled = seluLambda * 1.6732632423543772848170429916717
)

var functions = []function{
	{name: "Exp", call: mat.Exp, truth: math.Exp, fused: 0.95, generic: 0.501},
	{name: "Log", call: mat.Log, truth: math.Log, fused: 0.9, generic: 0.501},
	{name: "Sigmoid", call: mat.Sigmoid, truth: logistic, fused: 1, generic: 0.501},
	{name: "Tanh", call: mat.Tanh, truth: math.Tanh, fused: 0.9, generic: 0.501},
	{name: "Softplus", call: mat.Softplus, fused: 1.8, generic: 0.501,
		truth: func(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }},
	{name: "ELU", call: func(dst, x []float32) { mat.ELU(dst, x, 1) }, fused: 1, generic: 0.501,
		truth: func(x float64) float64 { return elu(x, 1, 1) }},
	{name: "SELU", call: mat.SELU, fused: 2, generic: 1.5, // the rounded λ and λ·α
		truth: func(x float64) float64 { return elu(x, seluLambda, seluScaled) }},
	{name: "GELU", call: mat.GELU, fused: 6, generic: 0.501, truth: func(x float64) float64 { return gated(x, normal(x)) }},
	{name: "GELUTanh", call: mat.GELUTanh, fused: 2, generic: 0.501,
		truth: func(x float64) float64 {
			w, _ := tanhArgument(x)
			return gated(x, logistic(w))
		}},
	{name: "SiLU", call: mat.SiLU, fused: 1.8, generic: 0.501, truth: func(x float64) float64 { return gated(x, logistic(x)) }},

	// Softplus's output is not negative; other y count as 0.
	{name: "SoftplusGrad", call: slope(mat.SoftplusGrad), fused: 1, generic: 0.501,
		truth: func(y float64) float64 { return -math.Expm1(-math.Max(y, 0)) }},
	{name: "GELUGrad", call: slope(mat.GELUGrad), fused: 2.5, generic: 1, absolute: true,
		truth: func(z float64) float64 { return normal(z) + gated(z, math.Exp(-z*z/2)/math.Sqrt(2*math.Pi)) }},
	{name: "GELUTanhGrad", call: slope(mat.GELUTanhGrad), fused: 2.5, generic: 1, absolute: true,
		truth: func(z float64) float64 {
			w, slope := tanhArgument(z)
			return gateSlope(z, w, slope)
		}},
	{name: "SiLUGrad", call: slope(mat.SiLUGrad), fused: 2.5, generic: 1, absolute: true,
		truth: func(z float64) float64 { return gateSlope(z, z, 1) }},
}
