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
	// NT without a panel: whole groups of so many columns.
	columnsRowsAVX512, columnsColsAVX512 = 12, 16
	columns4RowsAVX512                   = 6 // with four chains

	tile1RowsAVX2, tile1ColsAVX2 = 6, 16
	tile2RowsAVX2, tile2ColsAVX2 = 3, 16
	tile4RowsAVX2, tile4ColsAVX2 = 3, 8
	rowColsAVX2                  = 64
	columnsColsAVX2              = 32 // one row
)

// The bodies: AVX2's in gemm_amd64.s and dots_amd64.s, AVX-512's in gemm_, rows_, columns_,
// dots_, turn_ and pack_avx512_amd64.s. They trust their arguments.

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

//go:noescape
func columnsAVX512(p *panel)

//go:noescape
func columns2AVX512(p *panel)

//go:noescape
func columns4AVX512(p *panel)

//go:noescape
func columnsAVX2(p *panel)

//go:noescape
func turnAVX512(p *panel)

//go:noescape
func dots4x4AVX512(p *panel)

//go:noescape
func dots2x8AVX512(p *panel)

//go:noescape
func dots1x16AVX512(p *panel)

//go:noescape
func dots2x3AVX2(p *panel)

//go:noescape
func cross1AVX512(p *panel)

//go:noescape
func cross2AVX512(p *panel)

//go:noescape
func cross4AVX512(p *panel)

//go:noescape
func copyAVX2(rows, cols int, src *float32, lds int, dst *float32)

//go:noescape
func panelCopyAVX512(p *panel)

//go:noescape
func rowSkipAVX512(p *panel, terms *uint32)

//go:noescape
func rowSkipAVX2(p *panel, terms *uint32)

//go:noescape
func listAVX512(list *uint32, x *float32, n int) int

//go:noescape
func columnDotsAVX512(m, k int, a *float32, lda int, x, c *float32, ldc int)
