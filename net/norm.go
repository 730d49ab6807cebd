package net

// Norm says whether a layer normalises z = x·W + b before the activation.
type Norm uint8

// The norms. Both end in γ·ẑ + β with parameters γ and β (out), which start as 1 and 0.
const (
	NoNorm Norm = iota

	// BatchNorm subtracts from each unit its mean over the batch and divides by the
	// root of its (biased) variance plus Eps (Ioffe and Szegedy 2015). Predictions take
	// running averages instead, which training moves by a tenth towards each batch's
	// mean and unbiased variance, as PyTorch does; [Network.Fold] then makes it free. A batch of
	// one row, which PyTorch refuses, is what a remainder may be: its outputs are β, and having
	// no variance it leaves that average as it is.
	BatchNorm

	// LayerNorm does the same with the mean and variance over the units of each row
	// (Ba et al. 2016), in training and prediction alike.
	LayerNorm
)

const (
	defaultEps = 1e-5
	// runningShare is how far one batch moves the running averages.
	runningShare = 0.1
)

var normNames = []string{NoNorm: "none", BatchNorm: "batch", LayerNorm: "layer"}

// String returns the name used in JSON.
func (n Norm) String() string { return enumName("Norm", normNames, n) }

// MarshalText writes the name.
func (n Norm) MarshalText() ([]byte, error) { return enumText("norm", normNames, n) }

// UnmarshalText reads the name.
func (n *Norm) UnmarshalText(text []byte) error { return enumParse("norm", normNames, n, text) }

// params returns how many parameters a unit has for its norm.
func (n Norm) params() int64 {
	if n == NoNorm {
		return 0
	}
	return 2
}
