//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// lossAsm does all rows, at least one of at least one element; false if there is no assembly.
func lossAsm(kind lossKind, losses []float64, dy, y, t []float32, n int, c []float32, delta float32) bool {
	rows := len(losses)
	switch isa.Active() {
	case isa.AVX512:
		switch kind {
		case squared:
			squaredAVX512(&losses[0], &dy[0], &y[0], &t[0], rows, n, &c[0])
		case absolute:
			absoluteAVX512(&losses[0], &dy[0], &y[0], &t[0], rows, n, &c[0])
		case huber:
			huberAVX512(&losses[0], &dy[0], &y[0], &t[0], rows, n, &c[0], delta)
		}
	case isa.AVX2:
		switch kind {
		case squared:
			squaredAVX2(&losses[0], &dy[0], &y[0], &t[0], rows, n, &c[0])
		case absolute:
			absoluteAVX2(&losses[0], &dy[0], &y[0], &t[0], rows, n, &c[0])
		case huber:
			huberAVX2(&losses[0], &dy[0], &y[0], &t[0], rows, n, &c[0], delta)
		}
	default:
		return false
	}
	return true
}

// The bodies, in loss_amd64.s. They trust their arguments: rows > 0, n > 0.

//go:noescape
func squaredAVX512(losses *float64, dy, y, t *float32, rows, n int, c *float32)

//go:noescape
func absoluteAVX512(losses *float64, dy, y, t *float32, rows, n int, c *float32)

//go:noescape
func huberAVX512(losses *float64, dy, y, t *float32, rows, n int, c *float32, delta float32)

//go:noescape
func squaredAVX2(losses *float64, dy, y, t *float32, rows, n int, c *float32)

//go:noescape
func absoluteAVX2(losses *float64, dy, y, t *float32, rows, n int, c *float32)

//go:noescape
func huberAVX2(losses *float64, dy, y, t *float32, rows, n int, c *float32, delta float32)
