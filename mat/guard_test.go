package mat

// strips returns n floats between two strips of poison; intact reports whether nothing
// was written there. A stray read shows only if it changes a result.
func strips(n int) (mem []float32, intact func() bool) {
	const strip = 1024
	all := make([]float32, n+2*strip)
	poisonAll(all)
	return all[strip:][:n:n], func() bool { return poisoned(all[:strip]) && poisoned(all[strip+n:]) }
}
