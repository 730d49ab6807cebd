package mat

// Piecewise linear and quadratic activations. Nothing is fused here, so all levels,
// generic included, give the same bits. The assembly takes whole groups of groupWidth
// elements; the portable Go does the rest.

// groupWidth is what the vector kernels of activations, rows and norms count in: one
// register of AVX-512, two of AVX2, four of NEON.
const groupWidth = 16

// Reciprocals for the hard activations. Rounded, 6·sixth is 1, 3·sixth is ½.
const (
	sixth = float32(1.0 / 6)
	third = float32(1.0 / 3)
)

// LeakyReLU sets dst[i] = alpha·x[i] where x[i] ≤ 0 and x[i] elsewhere, so NaN passes,
// and with a finite alpha ≥ 0 so does -0. dst may be x. Panics if lengths differ.
// Source: Maas, Hannun and Ng 2013, Rectifier nonlinearities improve neural network acoustic models.
func LeakyReLU(dst, x []float32, alpha float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	leakyAll(dst, x, x, alpha) // the slope times x, as of a gradient
}

// LeakyReLUGrad sets dx[i] = alpha·dy[i] where y[i] ≤ 0 and dy[i] elsewhere, where y is
// LeakyReLU's output, for alpha ≥ 0, or its input, for any. The derivative at 0 is taken
// as alpha, as in PyTorch; where y is NaN, dy passes. With alpha 0 a positive dy becomes
// +0 and a negative one -0. dx may be dy or y. Panics if lengths differ.
func LeakyReLUGrad(dx, dy, y []float32, alpha float32) {
	check3(dx, dy, y)
	leakyAll(dx, dy, y, alpha)
}

func leakyAll(dx, dy, y []float32, alpha float32) {
	touch(dx, dy, y)
	for len(dx) > 0 {
		n := min(block, len(dx))
		done := leaky(dx[:n], dy[:n], y[:n], alpha)
		leakyGo(dx[done:n], dy[done:n], y[done:n], alpha)
		dx, dy, y = dx[n:], dy[n:], y[n:]
	}
}

func leakyGo(dx, dy, y []float32, alpha float32) {
	for i, v := range dy {
		if y[i] <= 0 {
			v *= alpha
		}
		dx[i] = v
	}
}

// ReLU6 sets dst[i] = +0 where x[i] < 0, 6 where x[i] > 6 and x[i] elsewhere, so NaN and
// -0 pass. dst may be x. Panics if lengths differ.
func ReLU6(dst, x []float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	touch(dst, x, nil)
	for len(dst) > 0 {
		n := min(block, len(dst))
		done := relu6(dst[:n], x[:n])
		relu6Go(dst[done:n], x[done:n])
		dst, x = dst[n:], x[n:]
	}
}

func relu6Go(dst, x []float32) {
	for i, v := range x {
		if v < 0 {
			v = 0
		}
		if v > 6 {
			v = 6
		}
		dst[i] = v
	}
}

// ReLU6Grad sets dx[i] = +0 where y[i] ≤ 0 or y[i] ≥ 6 and dy[i] elsewhere, where y is
// ReLU6's output or its input. The derivative at 0 and at 6 is taken as 0, as in
// PyTorch; where y is NaN, dy passes. dx may be dy or y. Panics if lengths differ.
func ReLU6Grad(dx, dy, y []float32) {
	check3(dx, dy, y)
	bandAll(dx, dy, y, 6, 1)
}

// HardSigmoid sets dst[i] = clamp(x[i]/6 + ½, 0, 1), computed as clamp(x[i]+3, 0, 6)·r
// with r = 1/6 rounded to float32: monotone, exact at -3, 0 and 3, and within 2⁻²³ of the
// true value elsewhere. NaN passes. dst may be x. Panics if lengths differ.
//
// This is PyTorch's slope; Keras 2 and the ONNX default have 1/5 in place of 1/6.
func HardSigmoid(dst, x []float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	touch(dst, x, nil)
	for len(dst) > 0 {
		n := min(block, len(dst))
		done := hardSigmoid(dst[:n], x[:n])
		hardSigmoidGo(dst[done:n], x[done:n])
		dst, x = dst[n:], x[n:]
	}
}

func hardSigmoidGo(dst, x []float32) {
	for i, v := range x {
		dst[i] = hardSigmoidOf(v)
	}
}

func hardSigmoidOf(x float32) float32 {
	x += 3
	if x < 0 {
		x = 0
	}
	if x > 6 {
		x = 6
	}
	return x * sixth
}

// HardSigmoidGrad sets dx[i] = +0 where y[i] ≤ 0 or y[i] ≥ 1 and dy[i]·r elsewhere,
// r = 1/6 rounded, where y is HardSigmoid's output. The derivative at the kinks is taken
// as 0, as in PyTorch. dx may be dy or y. Panics if lengths differ.
func HardSigmoidGrad(dx, dy, y []float32) {
	check3(dx, dy, y)
	bandAll(dx, dy, y, 1, sixth)
}

// bandAll sets dx = slope·dy where y is inside of 0...top (or NaN), and +0 outside.
func bandAll(dx, dy, y []float32, top, slope float32) {
	touch(dx, dy, y)
	for len(dx) > 0 {
		n := min(block, len(dx))
		done := band(dx[:n], dy[:n], y[:n], top, slope)
		bandGo(dx[done:n], dy[done:n], y[done:n], top, slope)
		dx, dy, y = dx[n:], dy[n:], y[n:]
	}
}

func bandGo(dx, dy, y []float32, top, slope float32) {
	for i, v := range dy {
		if y[i] <= 0 || y[i] >= top {
			v = 0
		} else {
			v *= slope
		}
		dx[i] = v
	}
}

// HardSwish sets dst[i] = x[i]·h, where h is HardSigmoid(x[i]) rounded. -Inf gives NaN,
// as in PyTorch; NaN passes. dst may be x. Panics if lengths differ.
// Source: Howard et al. 2019, Searching for MobileNetV3, section 5.2.
func HardSwish(dst, x []float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	touch(dst, x, nil)
	for len(dst) > 0 {
		n := min(block, len(dst))
		done := hardSwish(dst[:n], x[:n])
		hardSwishGo(dst[done:n], x[done:n])
		dst, x = dst[n:], x[n:]
	}
}

func hardSwishGo(dst, x []float32) {
	for i, v := range x {
		dst[i] = v * hardSigmoidOf(v)
	}
}

// HardSwishGrad sets dx[i] = +0 where x[i] ≤ -3, dy[i] where x[i] ≥ 3, and dy[i]·(x[i]·t + ½)
// elsewhere, t = 1/3 rounded, where x is HardSwish's input: its output does not tell the
// slope. So the derivative at -3 is 0 and at 3 it is 1, as in PyTorch since 2.8 (before,
// -½ and 1½). NaN in x gives NaN. dx may be dy or x. Panics if lengths differ.
func HardSwishGrad(dx, dy, x []float32) {
	if len(dx) != len(dy) {
		panic("mat: len(dx) != len(dy)")
	}
	if len(dx) != len(x) {
		panic("mat: len(dx) != len(x)")
	}
	touch(dx, dy, x)
	for len(dx) > 0 {
		n := min(block, len(dx))
		done := hardSwishGrad(dx[:n], dy[:n], x[:n])
		hardSwishGradGo(dx[done:n], dy[done:n], x[done:n])
		dx, dy, x = dx[n:], dy[n:], x[n:]
	}
}

func hardSwishGradGo(dx, dy, x []float32) {
	for i, v := range x {
		d := dy[i]
		switch {
		case v <= -3:
			d = 0
		case v >= 3:
		default:
			d *= float32(v*third) + 0.5
		}
		dx[i] = d
	}
}
