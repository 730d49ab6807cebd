//go:build purego || !(amd64 || arm64)

package mat

// updateVectors leaves all elements to the portable Go.
func updateVectors(k kind, w, dw, a, b, c *float32, n int, co *coefficients, e *terms) (done, finite bool) {
	return false, true
}

// updateColumns leaves all columns to it.
func updateColumns(k kind, w, dw, a, b, c *float32, rows, ld int, co *coefficients, e *terms) (columns int, finite bool) {
	return 0, true
}
