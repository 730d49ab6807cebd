package rng

// Streams of package data, counted apart from those of the core.
const (
	Fold   uint32 = iota + 256 // k-fold splits; the word is the class, from 1, or 0 for all rows
	Window                     // order of the rows of a stream; the word is the pass
)
