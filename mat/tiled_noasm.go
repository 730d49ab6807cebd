//go:build purego || !(amd64 || arm64)

package mat

// tiled reports that there are no tile kernels.
func (g *job) tiled() bool { return false }

// onePanel reports that there are no kernels.
func onePanel(relu bool, m, n, k int, x []float32, ldx int, w []float32, ldw int, bias, c []float32, ldc int) bool {
	return false
}

// dots is not called: the only level is generic.
func (g *job) dots() bool { return false }

// columnDots does nothing: there are no kernels.
func columnDots(m, k int, a []float32, lda int, x, c []float32, ldc int) int { return 0 }
