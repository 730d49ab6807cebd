//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// Direct calls in a switch: through a function variable the compiler could not see
// that the arguments do not escape, and callers' stack buffers would move to the heap.

func dot(x, y []float32) float32 {
	switch same := &x[0] == &y[0]; isa.Active() {
	case isa.AVX512:
		if same {
			return squaresAVX512(&x[0], len(x))
		}
		return dotAVX512(&x[0], &y[0], len(x))
	case isa.AVX2:
		if same {
			return squaresAVX2(&x[0], len(x))
		}
		return dotAVX2(&x[0], &y[0], len(x))
	}
	return dotGo(x, y)
}

func sum(x []float32) float32 {
	switch isa.Active() {
	case isa.AVX512:
		return sumAVX512(&x[0], len(x))
	case isa.AVX2:
		return sumAVX2(&x[0], len(x))
	}
	return sumGo(x)
}

func asum(x []float32) float32 {
	switch isa.Active() {
	case isa.AVX512:
		return asumAVX512(&x[0], len(x))
	case isa.AVX2:
		return asumAVX2(&x[0], len(x))
	}
	return asumGo(x)
}

func sumsq(x []float32) float64 {
	switch isa.Active() {
	case isa.AVX512:
		return sumsqAVX512(&x[0], len(x))
	case isa.AVX2:
		return sumsqAVX2(&x[0], len(x))
	}
	return sumsqGo(x)
}

func maxOf(x []float32) float32 {
	switch isa.Active() {
	case isa.AVX512:
		return maxAVX512(&x[0], len(x))
	case isa.AVX2:
		return maxAVX2(&x[0], len(x))
	}
	return maxGo(x)
}

func iamax(x []float32) int {
	switch isa.Active() {
	case isa.AVX512:
		return iamaxAVX512(&x[0], len(x))
	case isa.AVX2:
		return iamaxAVX2(&x[0], len(x))
	}
	return iamaxGo(x)
}

func axpy(alpha float32, x, y []float32) {
	switch isa.Active() {
	case isa.AVX512:
		axpyAVX512(alpha, &x[0], &y[0], len(x))
	case isa.AVX2:
		axpyAVX2(alpha, &x[0], &y[0], len(x))
	default:
		axpyGo(alpha, x, y)
	}
}

func scal(alpha float32, x []float32) {
	switch isa.Active() {
	case isa.AVX512:
		scalAVX512(alpha, &x[0], len(x))
	case isa.AVX2:
		scalAVX2(alpha, &x[0], len(x))
	default:
		scalGo(alpha, x)
	}
}

func add(dst, x, y []float32) {
	switch isa.Active() {
	case isa.AVX512:
		addAVX512(&dst[0], &x[0], &y[0], len(dst))
	case isa.AVX2:
		addAVX2(&dst[0], &x[0], &y[0], len(dst))
	default:
		addGo(dst, x, y)
	}
}

func sub(dst, x, y []float32) {
	switch isa.Active() {
	case isa.AVX512:
		subAVX512(&dst[0], &x[0], &y[0], len(dst))
	case isa.AVX2:
		subAVX2(&dst[0], &x[0], &y[0], len(dst))
	default:
		subGo(dst, x, y)
	}
}

func mul(dst, x, y []float32) {
	switch isa.Active() {
	case isa.AVX512:
		mulAVX512(&dst[0], &x[0], &y[0], len(dst))
	case isa.AVX2:
		mulAVX2(&dst[0], &x[0], &y[0], len(dst))
	default:
		mulGo(dst, x, y)
	}
}

func minus(dst, x []float32, a, b float32) {
	switch isa.Active() {
	case isa.AVX512:
		minusAVX512(&dst[0], &x[0], len(dst), a, b)
	case isa.AVX2:
		minusAVX2(&dst[0], &x[0], len(dst), a, b)
	default:
		minusGo(dst, x, a, b)
	}
}

func relu(dst, x []float32) {
	switch isa.Active() {
	case isa.AVX512:
		reluAVX512(&dst[0], &x[0], len(dst))
	case isa.AVX2:
		reluAVX2(&dst[0], &x[0], len(dst))
	default:
		reluGo(dst, x)
	}
}

func reluGrad(dx, dy, y []float32) {
	switch isa.Active() {
	case isa.AVX512:
		reluGradAVX512(&dx[0], &dy[0], &y[0], len(dx))
	case isa.AVX2:
		reluGradAVX2(&dx[0], &dy[0], &y[0], len(dx))
	default:
		reluGradGo(dx, dy, y)
	}
}

// The bodies, in asm_amd64.s. They trust their arguments: n in 1...block.

//go:noescape
func dotAVX512(x, y *float32, n int) float32

//go:noescape
func squaresAVX512(x *float32, n int) float32

//go:noescape
func sumAVX512(x *float32, n int) float32

//go:noescape
func asumAVX512(x *float32, n int) float32

//go:noescape
func sumsqAVX512(x *float32, n int) float64

//go:noescape
func maxAVX512(x *float32, n int) float32

//go:noescape
func iamaxAVX512(x *float32, n int) int

//go:noescape
func axpyAVX512(alpha float32, x, y *float32, n int)

//go:noescape
func scalAVX512(alpha float32, x *float32, n int)

//go:noescape
func addAVX512(dst, x, y *float32, n int)

//go:noescape
func subAVX512(dst, x, y *float32, n int)

//go:noescape
func mulAVX512(dst, x, y *float32, n int)

//go:noescape
func minusAVX512(dst, x *float32, n int, a, b float32)

//go:noescape
func reluAVX512(dst, x *float32, n int)

//go:noescape
func reluGradAVX512(dx, dy, y *float32, n int)

//go:noescape
func dotAVX2(x, y *float32, n int) float32

//go:noescape
func squaresAVX2(x *float32, n int) float32

//go:noescape
func sumAVX2(x *float32, n int) float32

//go:noescape
func asumAVX2(x *float32, n int) float32

//go:noescape
func sumsqAVX2(x *float32, n int) float64

//go:noescape
func maxAVX2(x *float32, n int) float32

//go:noescape
func iamaxAVX2(x *float32, n int) int

//go:noescape
func axpyAVX2(alpha float32, x, y *float32, n int)

//go:noescape
func scalAVX2(alpha float32, x *float32, n int)

//go:noescape
func addAVX2(dst, x, y *float32, n int)

//go:noescape
func subAVX2(dst, x, y *float32, n int)

//go:noescape
func mulAVX2(dst, x, y *float32, n int)

//go:noescape
func minusAVX2(dst, x *float32, n int, a, b float32)

//go:noescape
func reluAVX2(dst, x *float32, n int)

//go:noescape
func reluGradAVX2(dx, dy, y *float32, n int)
