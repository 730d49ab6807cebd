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
	case isa.NEON:
		leakyNEON(&dx[0], &dy[0], &y[0], n, alpha)
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
	case isa.NEON:
		relu6NEON(&dst[0], &x[0], n)
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
	case isa.NEON:
		bandNEON(&dx[0], &dy[0], &y[0], n, top, slope)
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
	case isa.NEON:
		hardSigmoidNEON(&dst[0], &x[0], n)
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
	case isa.NEON:
		hardSwishNEON(&dst[0], &x[0], n)
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
	case isa.NEON:
		hardSwishGradNEON(&dx[0], &dy[0], &x[0], n)
	default:
		return 0
	}
	return n
}

// The bodies, in piecewise_arm64.s. They trust their arguments: n is a positive multiple of
// groupWidth.

//go:noescape
func leakyNEON(dx, dy, y *float32, n int, alpha float32)

//go:noescape
func relu6NEON(dst, x *float32, n int)

//go:noescape
func bandNEON(dx, dy, y *float32, n int, top, slope float32)

//go:noescape
func hardSigmoidNEON(dst, x *float32, n int)

//go:noescape
func hardSwishNEON(dst, x *float32, n int)

//go:noescape
func hardSwishGradNEON(dx, dy, x *float32, n int)
