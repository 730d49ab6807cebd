//go:build purego || !(amd64 || arm64)

package mat

// updateVectors leaves all elements to the portable Go.
func updateVectors(k kind, w, dw, a, b, c *float32, n int, co *coefficients, e *terms) (done, finite bool) {
	return false, true
}
