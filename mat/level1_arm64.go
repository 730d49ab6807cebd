//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// Direct calls in a switch: through a function variable the compiler could not see
// that the arguments do not escape, and callers' stack buffers would move to the heap.

func dot(x, y []float32) float32 {
	switch isa.Active() {
	case isa.NEON:
		return dotNEON(&x[0], &y[0], len(x))
	}
	return dotGo(x, y)
}

func sum(x []float32) float32 {
	switch isa.Active() {
	case isa.NEON:
		return sumNEON(&x[0], len(x))
	}
	return sumGo(x)
}

func asum(x []float32) float32 {
	switch isa.Active() {
	case isa.NEON:
		return asumNEON(&x[0], len(x))
	}
	return asumGo(x)
}

func sumsq(x []float32) float64 {
	switch isa.Active() {
	case isa.NEON:
		return sumsqNEON(&x[0], len(x))
	}
	return sumsqGo(x)
}

func maxOf(x []float32) float32 {
	switch isa.Active() {
	case isa.NEON:
		return maxNEON(&x[0], len(x))
	}
	return maxGo(x)
}

func iamax(x []float32) int {
	switch isa.Active() {
	case isa.NEON:
		return iamaxNEON(&x[0], len(x))
	}
	return iamaxGo(x)
}

func axpy(alpha float32, x, y []float32) {
	switch isa.Active() {
	case isa.NEON:
		axpyNEON(alpha, &x[0], &y[0], len(x))
	default:
		axpyGo(alpha, x, y)
	}
}

func scal(alpha float32, x []float32) {
	switch isa.Active() {
	case isa.NEON:
		scalNEON(alpha, &x[0], len(x))
	default:
		scalGo(alpha, x)
	}
}

func add(dst, x, y []float32) {
	switch isa.Active() {
	case isa.NEON:
		addNEON(&dst[0], &x[0], &y[0], len(dst))
	default:
		addGo(dst, x, y)
	}
}

func sub(dst, x, y []float32) {
	switch isa.Active() {
	case isa.NEON:
		subNEON(&dst[0], &x[0], &y[0], len(dst))
	default:
		subGo(dst, x, y)
	}
}

func mul(dst, x, y []float32) {
	switch isa.Active() {
	case isa.NEON:
		mulNEON(&dst[0], &x[0], &y[0], len(dst))
	default:
		mulGo(dst, x, y)
	}
}

func minus(dst, x []float32, a, b float32) {
	switch isa.Active() {
	case isa.NEON:
		minusNEON(&dst[0], &x[0], len(dst), a, b)
	default:
		minusGo(dst, x, a, b)
	}
}

func relu(dst, x []float32) {
	switch isa.Active() {
	case isa.NEON:
		reluNEON(&dst[0], &x[0], len(dst))
	default:
		reluGo(dst, x)
	}
}

func reluGrad(dx, dy, y []float32) {
	switch isa.Active() {
	case isa.NEON:
		reluGradNEON(&dx[0], &dy[0], &y[0], len(dx))
	default:
		reluGradGo(dx, dy, y)
	}
}

// The bodies, in asm_arm64.s. They trust their arguments: n in 1...block.

//go:noescape
func dotNEON(x, y *float32, n int) float32

//go:noescape
func sumNEON(x *float32, n int) float32

//go:noescape
func asumNEON(x *float32, n int) float32

//go:noescape
func sumsqNEON(x *float32, n int) float64

//go:noescape
func maxNEON(x *float32, n int) float32

//go:noescape
func iamaxNEON(x *float32, n int) int

//go:noescape
func axpyNEON(alpha float32, x, y *float32, n int)

//go:noescape
func scalNEON(alpha float32, x *float32, n int)

//go:noescape
func addNEON(dst, x, y *float32, n int)

//go:noescape
func subNEON(dst, x, y *float32, n int)

//go:noescape
func mulNEON(dst, x, y *float32, n int)

//go:noescape
func minusNEON(dst, x *float32, n int, a, b float32)

//go:noescape
func reluNEON(dst, x *float32, n int)

//go:noescape
func reluGradNEON(dx, dy, y *float32, n int)
