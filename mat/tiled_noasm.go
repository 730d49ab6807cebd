//go:build purego || !(amd64 || arm64)

package mat

// tiled reports that there are no tile kernels.
func (g *job) tiled() bool { return false }

// oneCall reports that there are no kernels.
func oneCall(transA, transB Trans, start, gate bool, m, n, k, lda int) (kind, rows int) { return 0, 0 }

// callOnce is not called.
func callOnce(kind, rows int, transA Trans, m, n, k int, a *float32, lda int, b *float32, ldb int, start *float32, lds int, gate *float32, ldg int, floor float32, c *float32, ldc int) {
}

// dots is not called: the only level is generic.
func (g *job) dots() bool { return false }

// columnDots does nothing: there are no kernels.
func columnDots(m, k int, a []float32, lda int, x, c []float32, ldc int) int { return 0 }
