//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// The functions below do the first elements and return how many: a multiple of groupWidth.

func leaky(dx, dy, y []float32, alpha float32) (done int) {
	n := len(dx) / groupWidth * groupWidth
	if n == 0 {
		return 0
	}
	switch isa.Active() {
	case isa.AVX512:
		leakyAVX512(&dx[0], &dy[0], &y[0], n, alpha)
	case isa.AVX2:
		leakyAVX2(&dx[0], &dy[0], &y[0], n, alpha)
	default:
		return 0
	}
	return n
}

func relu6(dst, x []float32) (done int) {
	n := len(dst) / groupWidth * groupWidth
	if n == 0 {
		return 0
	}
	switch isa.Active() {
	case isa.AVX512:
		relu6AVX512(&dst[0], &x[0], n)
	case isa.AVX2:
		relu6AVX2(&dst[0], &x[0], n)
	default:
		return 0
	}
	return n
}

func band(dx, dy, y []float32, top, slope float32) (done int) {
	n := len(dx) / groupWidth * groupWidth
	if n == 0 {
		return 0
	}
	switch isa.Active() {
	case isa.AVX512:
		bandAVX512(&dx[0], &dy[0], &y[0], n, top, slope)
	case isa.AVX2:
		bandAVX2(&dx[0], &dy[0], &y[0], n, top, slope)
	default:
		return 0
	}
	return n
}

func hardSigmoid(dst, x []float32) (done int) {
	n := len(dst) / groupWidth * groupWidth
	if n == 0 {
		return 0
	}
	switch isa.Active() {
	case isa.AVX512:
		hardSigmoidAVX512(&dst[0], &x[0], n)
	case isa.AVX2:
		hardSigmoidAVX2(&dst[0], &x[0], n)
	default:
		return 0
	}
	return n
}

func hardSwish(dst, x []float32) (done int) {
	n := len(dst) / groupWidth * groupWidth
	if n == 0 {
		return 0
	}
	switch isa.Active() {
	case isa.AVX512:
		hardSwishAVX512(&dst[0], &x[0], n)
	case isa.AVX2:
		hardSwishAVX2(&dst[0], &x[0], n)
	default:
		return 0
	}
	return n
}

func hardSwishGrad(dx, dy, x []float32) (done int) {
	n := len(dx) / groupWidth * groupWidth
	if n == 0 {
		return 0
	}
	switch isa.Active() {
	case isa.AVX512:
		hardSwishGradAVX512(&dx[0], &dy[0], &x[0], n)
	case isa.AVX2:
		hardSwishGradAVX2(&dx[0], &dy[0], &x[0], n)
	default:
		return 0
	}
	return n
}

// The bodies, in piecewise_amd64.s. They trust their arguments: n is a positive multiple of
// groupWidth.

//go:noescape
func leakyAVX512(dx, dy, y *float32, n int, alpha float32)

//go:noescape
func relu6AVX512(dst, x *float32, n int)

//go:noescape
func bandAVX512(dx, dy, y *float32, n int, top, slope float32)

//go:noescape
func hardSigmoidAVX512(dst, x *float32, n int)

//go:noescape
func hardSwishAVX512(dst, x *float32, n int)

//go:noescape
func hardSwishGradAVX512(dx, dy, x *float32, n int)

//go:noescape
func leakyAVX2(dx, dy, y *float32, n int, alpha float32)

//go:noescape
func relu6AVX2(dst, x *float32, n int)

//go:noescape
func bandAVX2(dx, dy, y *float32, n int, top, slope float32)

//go:noescape
func hardSigmoidAVX2(dst, x *float32, n int)

//go:noescape
func hardSwishAVX2(dst, x *float32, n int)

//go:noescape
func hardSwishGradAVX2(dx, dy, x *float32, n int)
