package mat

// Evict writes x back to memory and takes it out of all caches, if the active level can
// (AVX-512); its elements stay as they are. What one core is to write next and others have
// read is written several times faster after it, where the cores do not share a third-level
// cache: memory that several caches hold is claimed line by line, while what none holds is
// fetched in a stream. Elsewhere it costs the time of reading x from memory.
func Evict(x []float32) {
	for len(x) > 0 {
		n := min(block, len(x))
		evict(x[:n])
		x = x[n:]
	}
}
