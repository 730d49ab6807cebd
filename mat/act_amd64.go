//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// Direct calls in a switch, as in level1_amd64.go. Slices are not empty and of at most
// actBlock elements; rows of the softmax kernels have at most rowWidth.

func exp(dst, x []float32) {
	switch isa.Active() {
	case isa.AVX512:
		expAVX512(&dst[0], &x[0], len(dst))
	case isa.AVX2:
		expAVX2(&dst[0], &x[0], len(dst))
	default:
		expGo(dst, x)
	}
}

func log(dst, x []float32) {
	switch isa.Active() {
	case isa.AVX512:
		logAVX512(&dst[0], &x[0], len(dst))
	case isa.AVX2:
		logAVX2(&dst[0], &x[0], len(dst))
	default:
		logGo(dst, x)
	}
}

func sigmoid(dst, x []float32) {
	switch isa.Active() {
	case isa.AVX512:
		sigmoidAVX512(&dst[0], &x[0], len(dst))
	case isa.AVX2:
		sigmoidAVX2(&dst[0], &x[0], len(dst))
	default:
		sigmoidGo(dst, x)
	}
}

func sigmoidGrad(dx, dy, y []float32) {
	switch isa.Active() {
	case isa.AVX512:
		sigmoidGradAVX512(&dx[0], &dy[0], &y[0], len(dx))
	case isa.AVX2:
		sigmoidGradAVX2(&dx[0], &dy[0], &y[0], len(dx))
	default:
		sigmoidGradGo(dx, dy, y)
	}
}

func tanh(dst, x []float32) {
	switch isa.Active() {
	case isa.AVX512:
		tanhAVX512(&dst[0], &x[0], len(dst))
	case isa.AVX2:
		tanhAVX2(&dst[0], &x[0], len(dst))
	default:
		tanhGo(dst, x)
	}
}

func tanhGrad(dx, dy, y []float32) {
	switch isa.Active() {
	case isa.AVX512:
		tanhGradAVX512(&dx[0], &dy[0], &y[0], len(dx))
	case isa.AVX2:
		tanhGradAVX2(&dx[0], &dy[0], &y[0], len(dx))
	default:
		tanhGradGo(dx, dy, y)
	}
}

func softplus(dst, x []float32) {
	switch isa.Active() {
	case isa.AVX512:
		softplusAVX512(&dst[0], &x[0], len(dst))
	case isa.AVX2:
		softplusAVX2(&dst[0], &x[0], len(dst))
	default:
		softplusGo(dst, x)
	}
}

func softplusGrad(dx, dy, y []float32) {
	switch isa.Active() {
	case isa.AVX512:
		softplusGradAVX512(&dx[0], &dy[0], &y[0], len(dx))
	case isa.AVX2:
		softplusGradAVX2(&dx[0], &dy[0], &y[0], len(dx))
	default:
		softplusGradGo(dx, dy, y)
	}
}

func elu(dst, x []float32, lambda, scaled float32) {
	switch isa.Active() {
	case isa.AVX512:
		eluAVX512(&dst[0], &x[0], len(dst), lambda, scaled)
	case isa.AVX2:
		eluAVX2(&dst[0], &x[0], len(dst), lambda, scaled)
	default:
		eluGo(dst, x, lambda, scaled)
	}
}

func eluGrad(dx, dy, y []float32, lambda, scaled float32) {
	switch isa.Active() {
	case isa.AVX512:
		eluGradAVX512(&dx[0], &dy[0], &y[0], len(dx), lambda, scaled)
	case isa.AVX2:
		eluGradAVX2(&dx[0], &dy[0], &y[0], len(dx), lambda, scaled)
	default:
		eluGradGo(dx, dy, y, lambda, scaled)
	}
}

func gelu(dst, x []float32) {
	switch isa.Active() {
	case isa.AVX512:
		geluAVX512(&dst[0], &x[0], len(dst))
	case isa.AVX2:
		geluAVX2(&dst[0], &x[0], len(dst))
	default:
		geluGo(dst, x)
	}
}

func geluGrad(dx, dy, z []float32) {
	switch isa.Active() {
	case isa.AVX512:
		geluGradAVX512(&dx[0], &dy[0], &z[0], len(dx))
	case isa.AVX2:
		geluGradAVX2(&dx[0], &dy[0], &z[0], len(dx))
	default:
		geluGradGo(dx, dy, z)
	}
}

func geluTanh(dst, x []float32) {
	switch isa.Active() {
	case isa.AVX512:
		geluTanhAVX512(&dst[0], &x[0], len(dst))
	case isa.AVX2:
		geluTanhAVX2(&dst[0], &x[0], len(dst))
	default:
		geluTanhGo(dst, x)
	}
}

func geluTanhGrad(dx, dy, z []float32) {
	switch isa.Active() {
	case isa.AVX512:
		geluTanhGradAVX512(&dx[0], &dy[0], &z[0], len(dx))
	case isa.AVX2:
		geluTanhGradAVX2(&dx[0], &dy[0], &z[0], len(dx))
	default:
		geluTanhGradGo(dx, dy, z)
	}
}

func silu(dst, x []float32) {
	switch isa.Active() {
	case isa.AVX512:
		siluAVX512(&dst[0], &x[0], len(dst))
	case isa.AVX2:
		siluAVX2(&dst[0], &x[0], len(dst))
	default:
		siluGo(dst, x)
	}
}

func siluGrad(dx, dy, z []float32) {
	switch isa.Active() {
	case isa.AVX512:
		siluGradAVX512(&dx[0], &dy[0], &z[0], len(dx))
	case isa.AVX2:
		siluGradAVX2(&dx[0], &dy[0], &z[0], len(dx))
	default:
		siluGradGo(dx, dy, z)
	}
}

func crossBinary(loss, dz, z, t []float32, factor float32) {
	switch isa.Active() {
	case isa.AVX512:
		crossBinaryAVX512(&loss[0], &dz[0], &z[0], &t[0], len(z), factor)
	case isa.AVX2:
		crossBinaryAVX2(&loss[0], &dz[0], &z[0], &t[0], len(z), factor)
	default:
		crossBinaryGo(loss, dz, z, t, factor)
	}
}

// vectorRows reports whether the softmax kernels have bodies at the level in use.
func vectorRows() bool { return isa.Active() == isa.AVX512 || isa.Active() == isa.AVX2 }

func softmax16(p, x *float32, rows, n int, s *rowSums) {
	if isa.Active() == isa.AVX512 {
		softmax16AVX512(p, x, rows, n, s)
	} else {
		softmax16AVX2(p, x, rows, n, s)
	}
}

func cross16(p, dz, z, t, factor *float32, rows, n int, keep, spread float32, s *rowSums) {
	if isa.Active() == isa.AVX512 {
		cross16AVX512(p, dz, z, t, factor, rows, n, keep, spread, s)
	} else {
		cross16AVX2(p, dz, z, t, factor, rows, n, keep, spread, s)
	}
}

// softmaxRow is softmax16 for one row without its sums. It reports false, with nothing done, if
// the level has no kernel for it.
func softmaxRow(p, x []float32) bool {
	if isa.Active() != isa.AVX512 {
		return false
	}
	softmaxRowAVX512(&p[0], &x[0], len(x))
	return true
}

// labels16 is the cross-entropy of labels without smoothing, for at most rowWidth rows of at most
// rowWidth logits. It reports false, with nothing done, if the level has no kernel for it.
func labels16(loss []float64, p, dz, z *float32, labels *int, n int, factor *float32, step int) bool {
	if isa.Active() != isa.AVX512 {
		return false
	}
	labels16AVX512(&loss[0], p, dz, z, labels, len(loss), n, factor, step)
	return true
}

func expSum(e, x *float32, n int, top float32) float32 {
	if isa.Active() == isa.AVX512 {
		return expSumAVX512(e, x, n, top)
	}
	return expSumAVX2(e, x, n, top)
}

func crossSum(e, z, t *float32, n int, top, keep, spread float32, s *[3]float32) {
	if isa.Active() == isa.AVX512 {
		crossSumAVX512(e, z, t, n, top, keep, spread, s)
	} else {
		crossSumAVX2(e, z, t, n, top, keep, spread, s)
	}
}

func crossGrad(p, dz, t *float32, n int, inv, total, factor, keep, spread float32) {
	if isa.Active() == isa.AVX512 {
		crossGradAVX512(p, dz, t, n, inv, total, factor, keep, spread)
	} else {
		crossGradAVX2(p, dz, t, n, inv, total, factor, keep, spread)
	}
}

// The bodies, in act_avx2_amd64.s, act_avx512_amd64.s and the files of stages_avx2_amd64.h and
// stages_avx512_amd64.h. They trust their arguments.

//go:noescape
func expAVX512(dst, x *float32, n int)

//go:noescape
func logAVX512(dst, x *float32, n int)

//go:noescape
func sigmoidAVX512(dst, x *float32, n int)

//go:noescape
func tanhAVX512(dst, x *float32, n int)

//go:noescape
func softplusAVX512(dst, x *float32, n int)

//go:noescape
func eluAVX512(dst, x *float32, n int, lambda, scaled float32)

//go:noescape
func geluAVX512(dst, x *float32, n int)

//go:noescape
func geluTanhAVX512(dst, x *float32, n int)

//go:noescape
func siluAVX512(dst, x *float32, n int)

//go:noescape
func sigmoidGradAVX512(dx, dy, y *float32, n int)

//go:noescape
func tanhGradAVX512(dx, dy, y *float32, n int)

//go:noescape
func softplusGradAVX512(dx, dy, y *float32, n int)

//go:noescape
func eluGradAVX512(dx, dy, y *float32, n int, lambda, scaled float32)

//go:noescape
func geluGradAVX512(dx, dy, z *float32, n int)

//go:noescape
func geluTanhGradAVX512(dx, dy, z *float32, n int)

//go:noescape
func siluGradAVX512(dx, dy, z *float32, n int)

//go:noescape
func crossBinaryAVX512(loss, dz, z, t *float32, n int, factor float32)

//go:noescape
func expAVX2(dst, x *float32, n int)

//go:noescape
func logAVX2(dst, x *float32, n int)

//go:noescape
func sigmoidAVX2(dst, x *float32, n int)

//go:noescape
func tanhAVX2(dst, x *float32, n int)

//go:noescape
func softplusAVX2(dst, x *float32, n int)

//go:noescape
func eluAVX2(dst, x *float32, n int, lambda, scaled float32)

//go:noescape
func geluAVX2(dst, x *float32, n int)

//go:noescape
func geluTanhAVX2(dst, x *float32, n int)

//go:noescape
func siluAVX2(dst, x *float32, n int)

//go:noescape
func sigmoidGradAVX2(dx, dy, y *float32, n int)

//go:noescape
func tanhGradAVX2(dx, dy, y *float32, n int)

//go:noescape
func softplusGradAVX2(dx, dy, y *float32, n int)

//go:noescape
func eluGradAVX2(dx, dy, y *float32, n int, lambda, scaled float32)

//go:noescape
func geluGradAVX2(dx, dy, z *float32, n int)

//go:noescape
func geluTanhGradAVX2(dx, dy, z *float32, n int)

//go:noescape
func siluGradAVX2(dx, dy, z *float32, n int)

//go:noescape
func crossBinaryAVX2(loss, dz, z, t *float32, n int, factor float32)

//go:noescape
func softmax16AVX512(p, x *float32, rows, n int, s *rowSums)

//go:noescape
func cross16AVX512(p, dz, z, t, factor *float32, rows, n int, keep, spread float32, s *rowSums)

//go:noescape
func softmaxRowAVX512(p, x *float32, n int)

//go:noescape
func labels16AVX512(loss *float64, p, dz, z *float32, labels *int, rows, n int, factor *float32, step int)

//go:noescape
func expSumAVX512(e, x *float32, n int, top float32) float32

//go:noescape
func crossSumAVX512(e, z, t *float32, n int, top, keep, spread float32, s *[3]float32)

//go:noescape
func crossGradAVX512(p, dz, t *float32, n int, inv, total, factor, keep, spread float32)

//go:noescape
func softmax16AVX2(p, x *float32, rows, n int, s *rowSums)

//go:noescape
func cross16AVX2(p, dz, z, t, factor *float32, rows, n int, keep, spread float32, s *rowSums)

//go:noescape
func expSumAVX2(e, x *float32, n int, top float32) float32

//go:noescape
func crossSumAVX2(e, z, t *float32, n int, top, keep, spread float32, s *[3]float32)

//go:noescape
func crossGradAVX2(p, dz, t *float32, n int, inv, total, factor, keep, spread float32)
