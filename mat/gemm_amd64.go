//go:build !purego

package mat

// Largest tiles of the micro-kernels: rows×columns of C that the registers hold. The
// name's digit counts the chains per element. A kernel takes any smaller tile too;
// thin ones run slower, as fewer accumulators cover less of the multiply-add's latency.
const (
	tile1RowsAVX512, tile1ColsAVX512 = 12, 32
	tile2RowsAVX512, tile2ColsAVX512 = 6, 32
	tile4RowsAVX512, tile4ColsAVX512 = 6, 16
	row1ColsAVX512                   = 128

	tile1RowsAVX2, tile1ColsAVX2 = 6, 16
	tile2RowsAVX2, tile2ColsAVX2 = 3, 16
	tile4RowsAVX2, tile4ColsAVX2 = 3, 8
	row1ColsAVX2                 = 64
)

// The bodies, in gemm_amd64.s. They trust their arguments: rows, cols and k at least
// 1, rows and cols at most the tile; strides count elements. A's element (i, p) lies
// at a[i*ars+p*acs], so NN and TN differ in the strides only.

//go:noescape
func tile1AVX512(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)

//go:noescape
func tile2AVX512(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)

//go:noescape
func tile4AVX512(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)

//go:noescape
func tile1AVX2(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)

//go:noescape
func tile2AVX2(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)

//go:noescape
func tile4AVX2(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)

//go:noescape
func row1AVX512(cols, k int, a *float32, acs int, b *float32, ldb int, c *float32)

//go:noescape
func row1AVX2(cols, k int, a *float32, acs int, b *float32, ldb int, c *float32)

//go:noescape
func transposeAVX2(rows, cols int, src *float32, lds int, dst *float32, ldd int)
