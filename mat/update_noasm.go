//go:build purego || !(amd64 || arm64)

package mat

// momentum and adam leave all elements to the portable Go.

func momentum(w, g, v []float32, rate, mu float32) (done int) { return 0 }

func adam(w, g, m, v []float32, c *adamCoefficients) (done int) { return 0 }
