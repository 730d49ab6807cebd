//go:build !race

package mat

// What race.go tells the race detector; here nothing, and the calls cost nothing.

// touch only panics as apart does.
func touch(w, x, y []float32) { apart(w, x, y) }

func touchRows(w, x, y []float32, rows, n, ld int) {}
func touch64(w []float64)                          {}
func (g *job) touch()                              {}

// detecting: the way through job, which tells the detector, is not taken by all products.
const detecting = false
