//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// affine does the first elements and returns how many: a multiple of groupWidth.
func affine(dst, x, mean, scale []float32) (done int) {
	n := len(dst) / groupWidth * groupWidth
	if n == 0 {
		return 0
	}
	switch isa.Active() {
	case isa.AVX512:
		affineAVX512(&dst[0], &x[0], &mean[0], &scale[0], n)
	case isa.AVX2:
		affineAVX2(&dst[0], &x[0], &mean[0], &scale[0], n)
	default:
		return 0
	}
	return n
}

// argmaxBlock is argmax of 1 to block elements.
func argmaxBlock(x []float32) int {
	switch isa.Active() {
	case isa.AVX512:
		return argmaxAVX512(&x[0], len(x))
	case isa.AVX2:
		return argmaxAVX2(&x[0], len(x))
	}
	return argmaxGo(x)
}

// columnSumsAsm adds at least one row to widePanel or groupWidth sums; false if there is no assembly.
func columnSumsAsm(sums, x []float32, rows, ld int) bool {
	wide := len(sums) == widePanel
	switch isa.Active() {
	case isa.AVX512:
		if wide {
			columnSums64AVX512(&sums[0], &x[0], rows, ld)
		} else {
			columnSums16AVX512(&sums[0], &x[0], rows, ld)
		}
	case isa.AVX2:
		if wide {
			columnSums64AVX2(&sums[0], &x[0], rows, ld)
		} else {
			columnSums16AVX2(&sums[0], &x[0], rows, ld)
		}
	default:
		return false
	}
	return true
}

// narrowSums is ColumnSums of 1 to narrowWidth columns and at least one row, as many as one call
// may take; false if there is no assembly for it, with nothing done.
func narrowSums(dst, x []float32, rows, ld int) bool {
	if isa.Active() != isa.AVX512 {
		return false
	}
	narrowSumsAVX512(&dst[0], &x[0], rows, ld, len(dst))
	return true
}

// The bodies, in rows_amd64.s. They trust their arguments.

//go:noescape
func affineAVX512(dst, x, mean, scale *float32, n int)

//go:noescape
func argmaxAVX512(x *float32, n int) int

//go:noescape
func columnSums64AVX512(sums, x *float32, rows, ld int)

//go:noescape
func columnSums16AVX512(sums, x *float32, rows, ld int)

//go:noescape
func narrowSumsAVX512(sums, x *float32, rows, ld, n int)

//go:noescape
func affineAVX2(dst, x, mean, scale *float32, n int)

//go:noescape
func argmaxAVX2(x *float32, n int) int

//go:noescape
func columnSums64AVX2(sums, x *float32, rows, ld int)

//go:noescape
func columnSums16AVX2(sums, x *float32, rows, ld int)
