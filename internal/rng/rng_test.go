package rng

import (
	"math"
	"slices"
	"testing"
)

// The known answers of the Random123 distribution (kat_vectors).
func TestPhilox(t *testing.T) {
	const ff = 0xffffffff
	for _, c := range []struct {
		ctr  [4]uint32
		key  [2]uint32
		want [4]uint32
	}{
		{[4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{ff, ff, ff, ff}, [2]uint32{ff, ff}, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		if got := Philox(c.ctr, c.key); got != c.want {
			t.Errorf("Philox(%x, %x) = %x, want %x", c.ctr, c.key, got, c.want)
		}
	}
}

func TestStreamsDiffer(t *testing.T) {
	seen := map[uint64]bool{}
	for seed := range uint64(3) {
		for stream := range uint32(3) {
			for word := range uint32(3) {
				s := New(seed, stream, word)
				for range 100 {
					seen[s.Uint64()] = true
				}
			}
		}
	}
	if len(seen) != 2700 {
		t.Errorf("%d different numbers of 2700", len(seen))
	}
}

func TestCounterCarries(t *testing.T) {
	s := New(1, 2, 3)
	s.ctr[0] = math.MaxUint32
	for range 5 {
		s.Uint32()
	}
	if want := [4]uint32{1, 1, 3, 2}; s.ctr != want {
		t.Errorf("counter %v, want %v", s.ctr, want)
	}
}

func TestDistributions(t *testing.T) {
	s := New(7, 0, 0)
	const n = 200_000
	var sum, sumsq, u float64
	counts := make([]int, 7)
	beyond2 := 0
	for range n {
		x := s.Normal()
		sum += x
		sumsq += x * x
		if math.Abs(x) > 2 {
			beyond2++
		}
		f := s.Float64()
		if f < 0 || f >= 1 {
			t.Fatalf("Float64() = %g", f)
		}
		u += f
		counts[s.IntN(len(counts))]++
	}
	// Five standard deviations of each statistic.
	if m := sum / n; math.Abs(m) > 5/math.Sqrt(n) {
		t.Errorf("mean of Normal %g", m)
	}
	if v := sumsq / n; math.Abs(v-1) > 5*math.Sqrt(2./n) {
		t.Errorf("variance of Normal %g", v)
	}
	if p := float64(beyond2) / n; math.Abs(p-0.0455) > 5*math.Sqrt(0.0455/n) {
		t.Errorf("share beyond 2 sigma %g, want 0.0455", p)
	}
	if m := u / n; math.Abs(m-0.5) > 5*math.Sqrt(1./12/n) {
		t.Errorf("mean of Float64 %g", m)
	}
	for v, c := range counts {
		if math.Abs(float64(c)-n/7.) > 5*math.Sqrt(n/7.) {
			t.Errorf("IntN: %d drawn %d times of %d", v, c, n)
		}
	}
}

func TestShuffle(t *testing.T) {
	p := make([]int, 100)
	for i := range p {
		p[i] = i
	}
	New(1, Shuffle, 0).Shuffle(p)
	if slices.IsSorted(p) {
		t.Error("nothing moved")
	}
	q := slices.Clone(p)
	slices.Sort(q)
	for i, v := range q {
		if i != v {
			t.Fatalf("not a permutation: %v", p)
		}
	}
	// Golden start: a change here changes every trained network.
	if want := []int{17, 47, 29}; !slices.Equal(p[:3], want) {
		t.Errorf("first of the shuffle %v, want %v", p[:3], want)
	}
}
