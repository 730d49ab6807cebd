//go:build !purego

package mat

// Limits of the tiles. tile4NEON does 5 or more columns two rows at a time, since four
// chains of 2×8 elements fill the registers.
const (
	tile1Rows, tile1Cols = 8, 8
	tile2Rows, tile2Cols = 4, 8
	tile4Rows, tile4Cols = 4, 8
	row1Cols             = 64
	dotsTileCols         = 3
)

// The bodies, in gemm_arm64.s. They trust their arguments: all dimensions are at least
// 1 and at most the limits; strides are in elements.

// tile1NEON adds A·B to the rows×cols tile c, one chain per element: A[i,p] is
// a[i*ars+p*acs], fast where acs or ars is 1.
//
//go:noescape
func tile1NEON(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)

// tile2NEON is tile1NEON with two chains, fast where acs is 1.
//
//go:noescape
func tile2NEON(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)

// tile4NEON is tile1NEON with four chains, fast where acs is 1.
//
//go:noescape
func tile4NEON(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)

// row1NEON is tile1NEON for one row of up to row1Cols columns.
//
//go:noescape
func row1NEON(cols, k int, a *float32, acs int, b *float32, ldb int, c *float32)

// transposeNEON sets dst[j*ldd+i] = src[i*lds+j]; any rows and cols, no overlap.
//
//go:noescape
func transposeNEON(rows, cols int, src *float32, lds int, dst *float32, ldd int)

// dotsNEON adds A·Bᵗ in lanes to the rows×cols matrix c: A[i,p] is a[i*ars+p], B[p,j] is
// b[j*ldb+p]; any rows, cols ≤ dotsTileCols: sums of 2×3 elements fill the registers.
//
//go:noescape
func dotsNEON(rows, cols, k int, a *float32, ars int, b *float32, ldb int, c *float32, ldc int)
