package mat

import (
	"math"
	"math/bits"

	"github.com/sinew-ml/sinew/internal/rng"
)

// dropoutWidth is how many elements the assembly of Dropout counts in: 8 blocks of 4
// random words fill a register of AVX-512 with one word each in 64 bits.
const dropoutWidth = 32

// dropoutBlock bounds one call of it: random words cost more than other elements.
const dropoutBlock = 1 << 12

// dropoutArgs are what all elements of a call share; the assembly knows the order.
type dropoutArgs struct {
	keys  [20]uint32 // two per round
	ctr   [4]uint32  // of the first block
	limit uint32     // words up to this one keep their element
	scale float32    // 1/(1-p)
	// What rounds 1 and 2 need, as only word 0 changes from block to block: after round 2 the words
	// are hi(q)^second[1], lo(q), lo(p)^second[2] and second[3], for p = Mul0·ctr[0] and
	// q = Mul1·(hi(p)^second[0]).
	second [4]uint32
}

// seed sets keys, ctr but its block number, and second.
func (a *dropoutArgs) seed(seed, step uint64, layer int) {
	a.ctr = [4]uint32{1: uint32(step), 2: uint32(layer) | uint32(step>>32)<<16, 3: rng.Dropout}
	k0, k1 := uint32(seed), uint32(seed>>32)
	for i := 0; i < len(a.keys); i += 2 {
		a.keys[i], a.keys[i+1] = k0, k1
		k0, k1 = k0+rng.Bump0, k1+rng.Bump1
	}
	hi1, lo1 := bits.Mul32(rng.Mul1, a.ctr[2])
	hi0, lo0 := bits.Mul32(rng.Mul0, hi1^a.ctr[1]^a.keys[0])
	a.second = [4]uint32{a.ctr[3] ^ a.keys[1], lo1 ^ a.keys[2], hi0 ^ a.keys[3], lo0}
}

// Dropout is inverted dropout: dst[i] = x[i]·(1/(1-p)) with probability 1-p, rounded once,
// and +0 otherwise, NaN included. The gradient is the same call on the gradients: the
// mask depends on nothing but (seed, step, layer, first+i), so nothing need be kept, and
// any split of the elements over calls, threads and instruction sets gives the same bits.
//
// Element e keeps its value if word e mod 4 of block e/4 of Philox4x32-10 is below
// (1-p)·2³², rounded; the key is seed, and the counter holds block number, step and layer:
// it is the generator's stream Dropout (internal/rng). first is the number of x[0] in the
// layer's output of this step; step counts modulo 2⁴⁸.
//
// dst may be x. Panics if lengths differ, p is not in [0, 1), layer is not in 0...65535,
// or an element's number is not in 0...2³⁴-1.
// Source: Srivastava et al. 2014, Dropout, section 10 (scaling at training time).
func Dropout(dst, x []float32, p float64, seed, step uint64, layer, first int) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	if !(p >= 0 && p < 1) {
		panic("mat: Dropout: p is not in [0, 1)")
	}
	if layer < 0 || layer > math.MaxUint16 {
		panic("mat: Dropout: layer is not in 0...65535")
	}
	if first < 0 || uint64(first)+uint64(len(x)) > 1<<34 {
		panic("mat: Dropout: element outside of 0...2³⁴-1")
	}
	touch(dst, x, nil)
	below := math.RoundToEven((1 - p) * (1 << 32))
	if below == 0 { // p within 2⁻³³ of 1: no word is below
		clear(dst)
		return
	}
	a := dropoutArgs{limit: uint32(uint64(below) - 1), scale: DropoutScale(p)}
	a.seed(seed, step, layer)
	e := uint64(first) // 34 bits, also where int has 32
	for len(x) > 0 {
		a.ctr[0] = uint32(e / 4)
		n := min(dropoutBlock, len(x)/dropoutWidth*dropoutWidth)
		if skip := int(e % 4); skip > 0 || n == 0 {
			n = min(dropoutWidth-skip, len(x))
			dropoutPart(dst[:n], x[:n], &a, skip)
		} else if !dropout(dst[:n], x[:n], &a) {
			dropoutGo(dst[:n], x[:n], &a)
		}
		dst, x, e = dst[n:], x[n:], e+uint64(n)
	}
}

// DropoutScale returns 1/(1-p), rounded: what Dropout multiplies with. Behind a ReLU the gradient
// needs no more: ReLU's output after Dropout is above 0 (or NaN) just where both let it pass, as
// no product with a number of at least 1 becomes 0, so [ReLUGrad] by that output, times
// DropoutScale, has the bits of Dropout and then ReLUGrad by the output before.
func DropoutScale(p float64) float32 { return float32(1 / (1 - p)) }

// dropoutPart does what is not a whole group: elements that start skip into the first block.
func dropoutPart(dst, x []float32, a *dropoutArgs, skip int) {
	var buf [dropoutWidth]float32
	copy(buf[skip:], x)
	if !dropout(buf[:], buf[:], a) {
		used := buf[:skip+len(x)]
		dropoutGo(used, used, a)
	}
	copy(dst, buf[skip:])
}

func dropoutGo(dst, x []float32, a *dropoutArgs) {
	ctr := a.ctr
	for from := 0; from < len(x); from += 4 {
		words := rng.Philox(ctr, [2]uint32{a.keys[0], a.keys[1]})
		ctr[0]++
		for i := from; i < min(from+4, len(x)); i++ {
			v := x[i] * a.scale
			if words[i-from] > a.limit {
				v = 0
			}
			dst[i] = v
		}
	}
}
