//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// Slices are not empty and of at most actBlock elements; rows of the softmax kernels have at
// most rowWidth.

func exp(dst, x []float32) {
	if isa.Active() == isa.NEON {
		expNEON(&dst[0], &x[0], len(dst))
	} else {
		expGo(dst, x)
	}
}

func log(dst, x []float32) {
	if isa.Active() == isa.NEON {
		logNEON(&dst[0], &x[0], len(dst))
	} else {
		logGo(dst, x)
	}
}

func sigmoid(dst, x []float32) {
	if isa.Active() == isa.NEON {
		sigmoidNEON(&dst[0], &x[0], len(dst))
	} else {
		sigmoidGo(dst, x)
	}
}

func tanh(dst, x []float32) {
	if isa.Active() == isa.NEON {
		tanhNEON(&dst[0], &x[0], len(dst))
	} else {
		tanhGo(dst, x)
	}
}

func softplus(dst, x []float32) {
	if isa.Active() == isa.NEON {
		softplusNEON(&dst[0], &x[0], len(dst))
	} else {
		softplusGo(dst, x)
	}
}

func elu(dst, x []float32, lambda, scaled float32) {
	if isa.Active() == isa.NEON {
		eluNEON(&dst[0], &x[0], len(dst), lambda, scaled)
	} else {
		eluGo(dst, x, lambda, scaled)
	}
}

func gelu(dst, x []float32) {
	if isa.Active() == isa.NEON {
		geluNEON(&dst[0], &x[0], len(dst))
	} else {
		geluGo(dst, x)
	}
}

func geluTanh(dst, x []float32) {
	if isa.Active() == isa.NEON {
		geluTanhNEON(&dst[0], &x[0], len(dst))
	} else {
		geluTanhGo(dst, x)
	}
}

func silu(dst, x []float32) {
	if isa.Active() == isa.NEON {
		siluNEON(&dst[0], &x[0], len(dst))
	} else {
		siluGo(dst, x)
	}
}

func sigmoidGrad(dx, dy, y []float32) {
	if isa.Active() == isa.NEON {
		sigmoidGradNEON(&dx[0], &dy[0], &y[0], len(dx))
	} else {
		sigmoidGradGo(dx, dy, y)
	}
}

func tanhGrad(dx, dy, y []float32) {
	if isa.Active() == isa.NEON {
		tanhGradNEON(&dx[0], &dy[0], &y[0], len(dx))
	} else {
		tanhGradGo(dx, dy, y)
	}
}

func softplusGrad(dx, dy, y []float32) {
	if isa.Active() == isa.NEON {
		softplusGradNEON(&dx[0], &dy[0], &y[0], len(dx))
	} else {
		softplusGradGo(dx, dy, y)
	}
}

func eluGrad(dx, dy, y []float32, lambda, scaled float32) {
	if isa.Active() == isa.NEON {
		eluGradNEON(&dx[0], &dy[0], &y[0], len(dx), lambda, scaled)
	} else {
		eluGradGo(dx, dy, y, lambda, scaled)
	}
}

func geluGrad(dx, dy, z []float32) {
	if isa.Active() == isa.NEON {
		geluGradNEON(&dx[0], &dy[0], &z[0], len(dx))
	} else {
		geluGradGo(dx, dy, z)
	}
}

func geluTanhGrad(dx, dy, z []float32) {
	if isa.Active() == isa.NEON {
		geluTanhGradNEON(&dx[0], &dy[0], &z[0], len(dx))
	} else {
		geluTanhGradGo(dx, dy, z)
	}
}

func siluGrad(dx, dy, z []float32) {
	if isa.Active() == isa.NEON {
		siluGradNEON(&dx[0], &dy[0], &z[0], len(dx))
	} else {
		siluGradGo(dx, dy, z)
	}
}

func crossBinary(loss, dz, z, t []float32, factor float32) {
	if isa.Active() == isa.NEON {
		crossBinaryNEON(&loss[0], &dz[0], &z[0], &t[0], len(z), factor)
	} else {
		crossBinaryGo(loss, dz, z, t, factor)
	}
}

// The bodies, in act_arm64.s. They trust their arguments.

//go:noescape
func expNEON(dst, x *float32, n int)

//go:noescape
func logNEON(dst, x *float32, n int)

//go:noescape
func sigmoidNEON(dst, x *float32, n int)

//go:noescape
func tanhNEON(dst, x *float32, n int)

//go:noescape
func softplusNEON(dst, x *float32, n int)

//go:noescape
func eluNEON(dst, x *float32, n int, lambda, scaled float32)

//go:noescape
func geluNEON(dst, x *float32, n int)

//go:noescape
func geluTanhNEON(dst, x *float32, n int)

//go:noescape
func siluNEON(dst, x *float32, n int)

//go:noescape
func sigmoidGradNEON(dx, dy, y *float32, n int)

//go:noescape
func tanhGradNEON(dx, dy, y *float32, n int)

//go:noescape
func softplusGradNEON(dx, dy, y *float32, n int)

//go:noescape
func eluGradNEON(dx, dy, y *float32, n int, lambda, scaled float32)

//go:noescape
func geluGradNEON(dx, dy, z *float32, n int)

//go:noescape
func geluTanhGradNEON(dx, dy, z *float32, n int)

//go:noescape
func siluGradNEON(dx, dy, z *float32, n int)

//go:noescape
func crossBinaryNEON(loss, dz, z, t *float32, n int, factor float32)
