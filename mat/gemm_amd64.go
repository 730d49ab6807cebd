//go:build !purego

package mat

// Largest tiles of the micro-kernels: rows×columns of C that the registers hold. The
// name's digit counts the chains per element. A kernel takes any smaller tile too; thin
// ones run slower, as fewer accumulators cover less of the multiply-add's latency.
const (
	tile1RowsAVX512, tile1ColsAVX512 = 12, 32
	quadRowsAVX512, quadColsAVX512   = 6, 64 // wider, of 49 columns or more
	tile2RowsAVX512, tile2ColsAVX512 = 6, 32
	tile4RowsAVX512, tile4ColsAVX512 = 6, 16
	rowColsAVX512                    = 128

	tile1RowsAVX2, tile1ColsAVX2 = 6, 16
	tile2RowsAVX2, tile2ColsAVX2 = 3, 16
	tile4RowsAVX2, tile4ColsAVX2 = 3, 8
	rowColsAVX2                  = 64
)

// The bodies, in gemm_avx512_amd64.s and gemm_amd64.s.

//go:noescape
func panel1AVX512(p *panel)

//go:noescape
func panel2AVX512(p *panel)

//go:noescape
func panel4AVX512(p *panel)

//go:noescape
func rowAVX512(p *panel)

//go:noescape
func panel1AVX2(p *panel)

//go:noescape
func panel2AVX2(p *panel)

//go:noescape
func panel4AVX2(p *panel)

//go:noescape
func rowAVX2(p *panel)

//go:noescape
func transposeAVX2(rows, cols int, src *float32, lds int, dst *float32, ldd int)
