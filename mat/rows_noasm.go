//go:build purego || !(amd64 || arm64)

package mat

func affine(dst, x, mean, scale []float32) (done int)    { return 0 }
func argmaxBlock(x []float32) int                        { return argmaxGo(x) }
func columnSumsAsm(sums, x []float32, rows, ld int) bool { return false }
func narrowSums(dst, x []float32, rows, ld int) bool     { return false }
