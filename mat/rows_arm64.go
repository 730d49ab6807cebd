//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// affine does the first elements and returns how many: a multiple of groupWidth.
func affine(dst, x, mean, scale []float32) (done int) {
	n := len(dst) / groupWidth * groupWidth
	if n == 0 || isa.Active() != isa.NEON {
		return 0
	}
	affineNEON(&dst[0], &x[0], &mean[0], &scale[0], n)
	return n
}

// argmaxBlock is argmax of 1 to block elements; the assembly needs a whole register.
func argmaxBlock(x []float32) int {
	if len(x) < 4 || isa.Active() != isa.NEON {
		return argmaxGo(x)
	}
	return argmaxNEON(&x[0], len(x))
}

// columnSumsAsm adds at least one row to widePanel or groupWidth sums; false if there is no assembly.
func columnSumsAsm(sums, x []float32, rows, ld int) bool {
	if isa.Active() != isa.NEON {
		return false
	}
	if len(sums) == widePanel {
		columnSums64NEON(&sums[0], &x[0], rows, ld)
	} else {
		columnSums16NEON(&sums[0], &x[0], rows, ld)
	}
	return true
}

// narrowSums is for levels with masks.
func narrowSums(dst, x []float32, rows, ld int) bool { return false }

// The bodies, in rows_arm64.s. They trust their arguments.

//go:noescape
func affineNEON(dst, x, mean, scale *float32, n int)

//go:noescape
func argmaxNEON(x *float32, n int) int

//go:noescape
func columnSums64NEON(sums, x *float32, rows, ld int)

//go:noescape
func columnSums16NEON(sums, x *float32, rows, ld int)
