package net

import "github.com/sinew-ml/sinew/mat"

// Activation is the function f of a layer, applied to each element.
type Activation uint8

// The activations. Where a function has no derivative, back-propagation takes the one
// named here, as PyTorch does.
const (
	Identity    Activation = iota // z
	Sigmoid                       // 1/(1+e⁻ᶻ), the logistic unit
	Tanh                          // tanh z
	ReLU                          // max(z, 0); derivative at 0: 0
	LeakyReLU                     // z for z > 0, else Alpha·z; derivative at 0: Alpha
	ELU                           // z for z > 0, else Alpha·(eᶻ-1) (Clevert et al. 2016)
	SELU                          // λ·ELU with Klambauer et al.'s (2017) λ = 1.0507..., α = 1.6733...
	GELU                          // z·Φ(z) = z·(1+erf(z/√2))/2 (Hendrycks and Gimpel 2016)
	GELUTanh                      // z·(1+tanh(√(2/π)·(z+0.044715·z³)))/2, its approximation
	SiLU                          // z·sigmoid(z), also called swish
	Softplus                      // log(1+eᶻ)
	HardSigmoid                   // min(max(z/6+½, 0), 1); derivative at ±3: 0
	HardSwish                     // z·HardSigmoid(z) (Howard et al. 2019); derivative at -3: 0 (PyTorch 1.13 has -½), at 3: 1
	ReLU6                         // min(max(z, 0), 6); derivative at 0 and 6: 0
)

var activationNames = []string{
	Identity: "identity", Sigmoid: "sigmoid", Tanh: "tanh", ReLU: "relu", LeakyReLU: "leaky-relu", ELU: "elu",
	SELU: "selu", GELU: "gelu", GELUTanh: "gelu-tanh", SiLU: "silu", Softplus: "softplus",
	HardSigmoid: "hard-sigmoid", HardSwish: "hard-swish", ReLU6: "relu6",
}

// Activations returns all of them, in the order of their constants.
func Activations() []Activation {
	all := make([]Activation, len(activationNames))
	for i := range all {
		all[i] = Activation(i)
	}
	return all
}

// String returns the name used in JSON.
func (a Activation) String() string { return enumName("Activation", activationNames, a) }

// MarshalText writes the name.
func (a Activation) MarshalText() ([]byte, error) {
	return enumText("activation", activationNames, a)
}

// UnmarshalText reads the name.
func (a *Activation) UnmarshalText(text []byte) error {
	return enumParse("activation", activationNames, a, text)
}

// fromInput reports whether the derivative is computed from the input z: where the
// output does not fix it.
func (a Activation) fromInput() bool {
	return a == GELU || a == GELUTanh || a == SiLU || a == HardSwish
}

// apply sets y = f(z). y may be z.
func (l *dense) apply(y, z []float32) {
	switch l.activation {
	case Identity:
		if len(z) > 0 && &y[0] != &z[0] {
			copy(y, z)
		}
	case Sigmoid:
		mat.Sigmoid(y, z)
	case Tanh:
		mat.Tanh(y, z)
	case ReLU:
		mat.ReLU(y, z)
	case LeakyReLU:
		mat.LeakyReLU(y, z, l.alpha)
	case ReLU6:
		mat.ReLU6(y, z)
	case HardSigmoid:
		mat.HardSigmoid(y, z)
	case HardSwish:
		mat.HardSwish(y, z)
	case ELU:
		mat.ELU(y, z, l.alpha)
	case SELU:
		mat.SELU(y, z)
	case GELU:
		mat.GELU(y, z)
	case GELUTanh:
		mat.GELUTanh(y, z)
	case SiLU:
		mat.SiLU(y, z)
	case Softplus:
		mat.Softplus(y, z)
	}
}

// activationGrad turns dy, the gradient with respect to f's output, in place into that
// with respect to its input z. y is f(z); z is valid only if the derivative needs it.
func (l *dense) activationGrad(dy, z, y []float32) {
	switch l.activation {
	case Identity:
	case Sigmoid:
		mat.SigmoidGrad(dy, dy, y)
	case Tanh:
		mat.TanhGrad(dy, dy, y)
	case ReLU:
		mat.ReLUGrad(dy, dy, y)
	case LeakyReLU:
		mat.LeakyReLUGrad(dy, dy, y, l.alpha)
	case ReLU6:
		mat.ReLU6Grad(dy, dy, y)
	case HardSigmoid:
		mat.HardSigmoidGrad(dy, dy, y)
	case HardSwish:
		mat.HardSwishGrad(dy, dy, z)
	case ELU:
		mat.ELUGrad(dy, dy, y, l.alpha)
	case SELU:
		mat.SELUGrad(dy, dy, y)
	case GELU:
		mat.GELUGrad(dy, dy, z)
	case GELUTanh:
		mat.GELUTanhGrad(dy, dy, z)
	case SiLU:
		mat.SiLUGrad(dy, dy, z)
	case Softplus:
		mat.SoftplusGrad(dy, dy, y)
	}
}
