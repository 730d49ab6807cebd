package net

import "math"

// Activations that package mat has no kernel for, in float64, rounded once.

const (
	seluScale = 1.0507009873554805
	seluAlpha = 1.6732632423543772
)

func scalarActivation(a Activation, alpha float32, y, z []float32) {
	for i, v := range z {
		y[i] = float32(activation64(a, float64(alpha), float64(v)))
	}
}

func scalarActivationGrad(a Activation, alpha float32, dy, z, y []float32) {
	for i, v := range y {
		s, out, c := 0.0, float64(v), float64(alpha)
		switch a {
		case ELU:
			s = 1
			if out <= 0 {
				s = out + c
			}
		case SELU:
			s = seluScale
			if out <= 0 {
				s = out + seluScale*seluAlpha
			}
		case Softplus:
			s = -math.Expm1(-out)
		case GELU:
			x := float64(z[i])
			s = (1+math.Erf(x/math.Sqrt2))/2 + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
		case GELUTanh:
			x := float64(z[i])
			t := math.Tanh(math.Sqrt(2/math.Pi) * (x + 0.044715*x*x*x))
			s = (1+t)/2 + x*(1-t*t)/2*math.Sqrt(2/math.Pi)*(1+3*0.044715*x*x)
		case SiLU:
			x := float64(z[i])
			g := 1 / (1 + math.Exp(-x))
			s = g * (1 + x*(1-g))
		}
		dy[i] = float32(float64(dy[i]) * s)
	}
}
