package mat

// Activations and the functions that they are made of. With fused multiply-adds all of
// them are vector code that follows one sequence of float32 operations (internal/ref),
// so those levels give the same bits; bounds in units in the last place are the largest
// errors that internal/sweep finds over the arguments, rounded up. The generic
// level evaluates in float64 and rounds once, within 0.501 units.
//
// A gradient function takes the output y of its activation where the derivative follows
// from it exactly enough, and the input z for GELU, GELUTanh and SiLU. NaN gives NaN.

// actBlock is the most elements that one kernel call handles: 10 µs of the slowest one.
const actBlock = 1 << 10

const badDstZ = "mat: len(dst) != len(z)"

// SELU's λ and λ·α.
const (
	seluLambda = 1.0507009873554804934193349852946
	seluScaled = seluLambda * 1.6732632423543772848170429916717
)

// Exp sets dst[i] = e^x[i], within 0.95 units in the last place, subnormal results included.
// dst may be x. Panics if lengths differ.
func Exp(dst, x []float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	touch(dst, x, nil)
	for len(dst) > 0 {
		n := min(actBlock, len(dst))
		exp(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// Log sets dst[i] to the natural logarithm of x[i], within 0.9 units in the last place;
// -Inf at ±0 and NaN below. dst may be x. Panics if lengths differ.
func Log(dst, x []float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	touch(dst, x, nil)
	for len(dst) > 0 {
		n := min(actBlock, len(dst))
		log(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// Sigmoid sets dst[i] = 1/(1+e^-x[i]), the logistic function, within 1 unit in the last
// place, subnormal results included. dst may be x. Panics if lengths differ.
func Sigmoid(dst, x []float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	touch(dst, x, nil)
	for len(dst) > 0 {
		n := min(actBlock, len(dst))
		sigmoid(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// SigmoidGrad sets dx[i] = dy[i]·(y[i]·(1-y[i])), where y is Sigmoid's output. All
// levels give the same bits. dx may be dy or y. Panics if lengths differ.
func SigmoidGrad(dx, dy, y []float32) {
	check3(dx, dy, y)
	touch(dx, dy, y)
	for len(dx) > 0 {
		n := min(actBlock, len(dx))
		sigmoidGrad(dx[:n], dy[:n], y[:n])
		dx, dy, y = dx[n:], dy[n:], y[n:]
	}
}

// Tanh sets dst[i] = tanh x[i], within 0.9 units in the last place. dst may be x.
// Panics if lengths differ.
func Tanh(dst, x []float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	touch(dst, x, nil)
	for len(dst) > 0 {
		n := min(actBlock, len(dst))
		tanh(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// TanhGrad sets dx[i] = dy[i]·(1-y[i]²), where y is Tanh's output. All levels give the
// same bits. dx may be dy or y. Panics if lengths differ.
func TanhGrad(dx, dy, y []float32) {
	check3(dx, dy, y)
	touch(dx, dy, y)
	for len(dx) > 0 {
		n := min(actBlock, len(dx))
		tanhGrad(dx[:n], dy[:n], y[:n])
		dx, dy, y = dx[n:], dy[n:], y[n:]
	}
}

// Softplus sets dst[i] = log(1+e^x[i]), within 1.8 units in the last place. dst may be x.
// Panics if lengths differ.
func Softplus(dst, x []float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	touch(dst, x, nil)
	for len(dst) > 0 {
		n := min(actBlock, len(dst))
		softplus(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// SoftplusGrad sets dx[i] = dy[i]·(1 - e^-y[i]), where y is Softplus's output, for which
// that is the sigmoid of its input. dx may be dy or y. Panics if lengths differ.
func SoftplusGrad(dx, dy, y []float32) {
	check3(dx, dy, y)
	touch(dx, dy, y)
	for len(dx) > 0 {
		n := min(actBlock, len(dx))
		softplusGrad(dx[:n], dy[:n], y[:n])
		dx, dy, y = dx[n:], dy[n:], y[n:]
	}
}

// ELU sets dst[i] = x[i], or alpha·(e^x[i] - 1) where x[i] < 0 (Clevert, Unterthiner and
// Hochreiter 2016), within 1 unit in the last place for alpha = 1 and one more
// rounding for others. dst may be x. Panics if lengths differ.
func ELU(dst, x []float32, alpha float32) { eluBlocks(dst, x, 1, alpha) }

// ELUGrad sets dx[i] = dy[i], or dy[i]·(y[i]+alpha) where y[i] ≤ 0, where y is ELU's output
// for an alpha that is not negative. The derivative at 0 is taken as alpha. All levels
// give the same bits. dx may be dy or y. Panics if lengths differ.
func ELUGrad(dx, dy, y []float32, alpha float32) { eluGradBlocks(dx, dy, y, 1, alpha) }

// SELU sets dst[i] = λ·x[i], or λ·α·(e^x[i] - 1) where x[i] < 0, with λ = 1.0507... and
// α = 1.6733... (Klambauer and others 2017). λ and λ·α are rounded to float32, which
// counts in its bound of 2 units in the last place. dst may be x. Panics if lengths differ.
func SELU(dst, x []float32) { eluBlocks(dst, x, seluLambda, seluScaled) }

// SELUGrad sets dx[i] = dy[i]·λ, or dy[i]·(y[i]+λ·α) where y[i] ≤ 0, where y is SELU's
// output. All levels give the same bits. dx may be dy or y. Panics if lengths differ.
func SELUGrad(dx, dy, y []float32) { eluGradBlocks(dx, dy, y, seluLambda, seluScaled) }

// eluBlocks sets dst[i] = lambda·x[i], or scaled·(e^x[i] - 1) where x[i] < 0.
func eluBlocks(dst, x []float32, lambda, scaled float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	touch(dst, x, nil)
	for len(dst) > 0 {
		n := min(actBlock, len(dst))
		elu(dst[:n], x[:n], lambda, scaled)
		dst, x = dst[n:], x[n:]
	}
}

func eluGradBlocks(dx, dy, y []float32, lambda, scaled float32) {
	check3(dx, dy, y)
	touch(dx, dy, y)
	for len(dx) > 0 {
		n := min(actBlock, len(dx))
		eluGrad(dx[:n], dy[:n], y[:n], lambda, scaled)
		dx, dy, y = dx[n:], dy[n:], y[n:]
	}
}

// GELU sets dst[i] = x[i]·Φ(x[i]), where Φ is the normal distribution function (Hendrycks
// and Gimpel 2016, the form with erf), within 6 units in the last place; at -Inf it is
// -0, the limit. dst may be x. Panics if lengths differ.
func GELU(dst, x []float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	touch(dst, x, nil)
	for len(dst) > 0 {
		n := min(actBlock, len(dst))
		gelu(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// GELUGrad sets dx[i] = dy[i]·(Φ(z[i]) + z[i]·φ(z[i])), where z is GELU's input and φ the
// normal density. The derivative is within 2.5·2⁻²⁴. dx may be dy or z. Panics if lengths differ.
func GELUGrad(dx, dy, z []float32) {
	check3z(dx, dy, z)
	touch(dx, dy, z)
	for len(dx) > 0 {
		n := min(actBlock, len(dx))
		geluGrad(dx[:n], dy[:n], z[:n])
		dx, dy, z = dx[n:], dy[n:], z[n:]
	}
}

// GELUTanh sets dst[i] = x[i]/2·(1 + tanh(√(2/π)·(x[i] + 0.044715·x[i]³))), the
// approximation of GELU in the same paper, within 2 units in the last place; at -Inf it is
// -0, the limit. dst may be x. Panics if lengths differ.
func GELUTanh(dst, x []float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	touch(dst, x, nil)
	for len(dst) > 0 {
		n := min(actBlock, len(dst))
		geluTanh(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// GELUTanhGrad sets dx[i] to dy[i] times the derivative of GELUTanh at its input z[i],
// which is within 2.5·2⁻²⁴. dx may be dy or z. Panics if lengths differ.
func GELUTanhGrad(dx, dy, z []float32) {
	check3z(dx, dy, z)
	touch(dx, dy, z)
	for len(dx) > 0 {
		n := min(actBlock, len(dx))
		geluTanhGrad(dx[:n], dy[:n], z[:n])
		dx, dy, z = dx[n:], dy[n:], z[n:]
	}
}

// SiLU sets dst[i] = x[i]·sigmoid(x[i]), also called swish, within 1.8 units in the last
// place; at -Inf it is -0, the limit. dst may be x. Panics if lengths differ.
func SiLU(dst, x []float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	touch(dst, x, nil)
	for len(dst) > 0 {
		n := min(actBlock, len(dst))
		silu(dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// SiLUGrad sets dx[i] = dy[i]·(s + z[i]·s·(1-s)), where z is SiLU's input and s its
// sigmoid. The derivative is within 2.5·2⁻²⁴. dx may be dy or z. Panics if lengths differ.
func SiLUGrad(dx, dy, z []float32) {
	check3z(dx, dy, z)
	touch(dx, dy, z)
	for len(dx) > 0 {
		n := min(actBlock, len(dx))
		siluGrad(dx[:n], dy[:n], z[:n])
		dx, dy, z = dx[n:], dy[n:], z[n:]
	}
}

func check3z(dst, x, z []float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	if len(dst) != len(z) {
		panic(badDstZ)
	}
}
