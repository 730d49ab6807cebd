//go:build purego || !amd64

package mat

// gemvSkip reports that there is no kernel that leaves out zeros.
func gemvSkip(relu bool, n int, x, w []float32, ldw int, bias, y []float32) bool { return false }

// narrowRow is for levels with a kernel for it.
func narrowRow(relu bool, n, k int, x, w []float32, ldw int, bias, y []float32) bool { return false }
