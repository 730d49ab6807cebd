//go:build !unix

package mat

import "testing"

// fenced returns n floats between two strips of poison, where there are no guard pages.
func fenced(t *testing.T, n int) (mem []float32, intact func() bool) {
	t.Helper()
	return strips(n)
}
