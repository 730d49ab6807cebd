//go:build purego || !(amd64 || arm64)

package mat

// tiled reports that there are no tile kernels.
func tiled(transA, transB Trans, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) bool {
	return false
}
