// Package rng is Sinew's source of random numbers: counter-based, so that a number
// is a function of (seed, stream, index) alone. Streams for different uses do not
// touch each other, position costs nothing to store, and the numbers are the same on
// every platform, for good.
package rng

import (
	"math"
	"math/bits"

	"github.com/sinew-ml/sinew/internal/fmath"
)

// Streams. A use of randomness has one; a second word (a layer, an epoch) selects
// within it.
const (
	Init      uint32 = iota + 1 // initial weights; the word is the layer
	Shuffle                     // order of the training rows; the word is the epoch
	Split                       // splits of a data set; the word is the class
	Check                       // sampled parameters of a gradient check; the word is the group
	Dropout                     // masks; word and block number are those of mat.Dropout
	Bootstrap                   // rows drawn with replacement
)

// Source yields the numbers of one stream, in order.
type Source struct {
	key  [2]uint32
	ctr  [4]uint32 // block number (64 bits), word, stream
	buf  [4]uint32
	left int
}

// New returns the source of (seed, stream, word), at its beginning.
func New(seed uint64, stream, word uint32) *Source {
	return &Source{key: [2]uint32{uint32(seed), uint32(seed >> 32)}, ctr: [4]uint32{2: word, 3: stream}}
}

// Mul0 and Mul1 are what Philox multiplies words 0 and 2 with in each round; Bump0 and Bump1 are
// what it adds to its key from round to round.
const (
	Mul0  uint32 = 0xD2511F53
	Mul1  uint32 = 0xCD9E8D57
	Bump0 uint32 = 0x9E3779B9
	Bump1 uint32 = 0xBB67AE85
)

// Philox returns block ctr of the generator with the given key.
// Philox4x32-10: J. Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011.
func Philox(ctr [4]uint32, key [2]uint32) [4]uint32 {
	for range 10 {
		hi0, lo0 := bits.Mul32(Mul0, ctr[0])
		hi1, lo1 := bits.Mul32(Mul1, ctr[2])
		ctr = [4]uint32{hi1 ^ ctr[1] ^ key[0], lo1, hi0 ^ ctr[3] ^ key[1], lo0}
		key[0] += Bump0
		key[1] += Bump1
	}
	return ctr
}

// Uint32 returns the next 32 bits.
func (s *Source) Uint32() uint32 {
	if s.left == 0 {
		s.buf = Philox(s.ctr, s.key)
		s.left = len(s.buf)
		if s.ctr[0]++; s.ctr[0] == 0 {
			s.ctr[1]++
		}
	}
	v := s.buf[len(s.buf)-s.left]
	s.left--
	return v
}

// Uint64 returns the next 64 bits, low half first.
func (s *Source) Uint64() uint64 { return uint64(s.Uint32()) | uint64(s.Uint32())<<32 }

// Float64 returns a uniform number in [0, 1), a multiple of 2⁻⁵³.
func (s *Source) Float64() float64 { return float64(s.Uint64()>>11) * 0x1p-53 }

// IntN returns a uniform number in 0...n-1. It panics if n < 1.
func (s *Source) IntN(n int) int {
	if n < 1 {
		panic("rng: n < 1")
	}
	// D. Lemire, Fast random integer generation in an interval, 2019: no bias.
	hi, lo := bits.Mul64(s.Uint64(), uint64(n))
	for limit := -uint64(n) % uint64(n); lo < limit; {
		hi, lo = bits.Mul64(s.Uint64(), uint64(n))
	}
	return int(hi)
}

// Normal returns a standard Gaussian number by Marsaglia's polar method, one per
// pair: keeping the other would be state.
func (s *Source) Normal() float64 {
	for {
		u, v := 2*s.Float64()-1, 2*s.Float64()-1
		q := float64(u*u) + float64(v*v)
		if q > 0 && q < 1 {
			return u * math.Sqrt(-2*fmath.Log(q)/q)
		}
	}
}

// Shuffle permutes p (Fisher and Yates).
func (s *Source) Shuffle(p []int) {
	for i := len(p) - 1; i > 0; i-- {
		j := s.IntN(i + 1)
		p[i], p[j] = p[j], p[i]
	}
}
