//go:build purego || !(amd64 || arm64)

package mat

// All rows are left to the portable Go.
func lossAsm(kind lossKind, losses []float64, dy, y, t []float32, n int, c []float32, delta float32) bool {
	return false
}
