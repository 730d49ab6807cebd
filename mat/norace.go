//go:build !race

package mat

// What race.go tells the race detector; here nothing, and the calls cost nothing.

func touchRows(w, x, y []float32, rows, n, ld int) {}
func touch64(w []float64)                          {}
func (g *job) touch()                              {}

// detecting: touch has nothing to tell, and the way through job is not taken by all products.
const detecting = false
