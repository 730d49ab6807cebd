// Package mat holds Sinew's kernels on flat []float32: vector operations (BLAS
// level 1), matrix-vector and matrix-matrix products (levels 2 and 3), activations,
// softmax and parameter updates.
//
// # Instruction sets
//
// Every kernel has a portable Go body and, where it pays, hand-written assembly for
// AVX2+FMA3, AVX-512 and NEON. The set in use is chosen once, at start, from what
// the machine offers; the environment variable SINEW_ISA (generic, avx2, avx512,
// neon) overrides it, the build tag purego leaves all assembly out, and [ISA]
// reports what was found and chosen.
//
// # Numeric contract
//
// The order of operations of every kernel is fixed. All instruction sets with fused
// multiply-add (avx2, avx512, neon) give identical bits, signed zeros and subnormals
// included; a result that is NaN is NaN everywhere, its payload is not specified.
// Reductions run over 64 lanes (element i in lane i mod 64; Nrm2 over 32 in float64)
// that a fixed tree adds up, per block of 16384 elements; sums of a softmax have 16. Products are chains of fused
// multiply-adds in increasing inner index or, where A·Bᵗ has long rows, sums over 16
// lanes. A row of a product gives the same bits alone
// and in any batch. The generic level rounds products before it adds and sums in fewer
// lanes; it gives the same bits on every machine too. Sums and products state their error
// bound, with u = 2⁻²⁴, the unit roundoff of float32, barring overflow and underflow.
//
// # Memory
//
// Matrices are row-major with a leading dimension (the distance between rows, in
// elements). No function keeps its arguments or allocates, but for [NewTeam], and a large
// product that finds no memory for copies of its operands, which it leaves to the next one.
// Kernels are safe to call
// from many goroutines on disjoint outputs; one assembly call handles at most a block of
// a vector or a tile of a product, so goroutines stay preemptible. A destination may be the same slice as an
// input where the function says so; any other element that it shares with another operand is a
// panic before anything is written. Matrices side by side in the columns of one are separate.
//
// # Panics
//
// Wrong lengths are bugs of the caller: every function checks all of its arguments
// before it writes anything and panics with a constant text.
package mat

import "github.com/sinew-ml/sinew/internal/isa"

// Info describes the instruction set in use.
type Info struct {
	Level     string   // in use: generic, avx2, avx512 or neon
	Available []string // what this machine and build can run, slowest first
	CPU       string   // the processor's name, "" where it is unknown
	Err       error    // what is wrong with SINEW_ISA, which is then ignored; nil if nothing
}

// ISA reports which instruction set the kernels use and which they could use.
func ISA() Info {
	info := Info{Level: isa.Active().String(), CPU: isa.CPU(), Err: isa.Err()}
	for _, l := range isa.Available() {
		info.Available = append(info.Available, l.String())
	}
	return info
}
