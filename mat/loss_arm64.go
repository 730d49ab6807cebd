//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// lossAsm does all rows, at least one of at least one element; false if there is no assembly.
func lossAsm(kind lossKind, losses []float64, dy, y, t []float32, n int, c []float32, delta float32) bool {
	if isa.Active() != isa.NEON {
		return false
	}
	rows := len(losses)
	switch kind {
	case squared:
		squaredNEON(&losses[0], &dy[0], &y[0], &t[0], rows, n, &c[0])
	case absolute:
		absoluteNEON(&losses[0], &dy[0], &y[0], &t[0], rows, n, &c[0])
	case huber:
		huberNEON(&losses[0], &dy[0], &y[0], &t[0], rows, n, &c[0], delta)
	}
	return true
}

// The bodies, in loss_arm64.s. They trust their arguments: rows > 0, n > 0.

//go:noescape
func squaredNEON(losses *float64, dy, y, t *float32, rows, n int, c *float32)

//go:noescape
func absoluteNEON(losses *float64, dy, y, t *float32, rows, n int, c *float32)

//go:noescape
func huberNEON(losses *float64, dy, y, t *float32, rows, n int, c *float32, delta float32)
