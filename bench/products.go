package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
)

// row is the result of one product: GFLOP/s of each peer, NaN where it has none.
type row struct {
	product
	gflops []float64
	best   int     // index of the best rival, -1 without one
	vsBest float64 // Sinew / best rival, NaN without one
	vsJIT  float64 // Sinew / code made for the shape, NaN without it
}

// products measures every case. A peer whose result is not Sinew's within rounding is
// an error: its time means nothing.
func products(cases []product, peers []peer, m *machine, e effort, progress io.Writer) ([]row, error) {
	var rows []row
	for i, p := range cases {
		a, b, c := operands(p)
		var samplers []sampler
		for _, peer := range peers {
			samplers = append(samplers, peer.product(p, a, b, c))
		}
		if err := agree(p, peers, samplers, a, b, c); err != nil {
			return nil, err
		}
		seconds := e.best(append(samplers, m.sampler()))
		r := row{product: p, best: -1, vsBest: math.NaN(), vsJIT: math.NaN()}
		for j, peer := range peers {
			r.gflops = append(r.gflops, p.flop()/seconds[j]/1e9)
			switch {
			case math.IsNaN(seconds[j]):
			case peer.class == rival && (r.best < 0 || r.gflops[j] > r.gflops[r.best]):
				r.best = j
				r.vsBest = r.gflops[0] / r.gflops[j]
			case peer.class == exact:
				r.vsJIT = r.gflops[0] / r.gflops[j]
			}
		}
		rows = append(rows, r)
		fmt.Fprintf(progress, "\r%d of %d: %-24s", i+1, len(cases), p)
		runtime.GC() // what gonum left, outside of any sample
	}
	fmt.Fprintf(progress, "\r%40s\r", "")
	return rows, nil
}

// operands are uniform in [-1, 1), the same in every run.
func operands(p product) (a, b, c []float32) {
	src := rand.New(rand.NewPCG(1, uint64(p.volume())))
	draw := func(n int) []float32 {
		x := aligned(n)
		for i := range x {
			x[i] = 2*src.Float32() - 1
		}
		return x
	}
	return draw(p.m * p.k), draw(p.k * p.n), aligned(p.m * p.n)
}

// agree holds the peers' results against Sinew's. Both are within (k+3)·u·Σ|a·b| of
// the exact sum, in whatever order they add; Σ|a·b| is at most the product of the norms.
func agree(p product, peers []peer, samplers []sampler, a, b, c []float32) error {
	rowNorm := norms(a, p.m, p.k, p.lda(), p.ta)
	colNorm := norms(b, p.n, p.k, p.ldb(), !p.tb)
	want := make([]float32, len(c))
	samplers[0](1)
	copy(want, c)
	for i, s := range samplers[1:] {
		if s == nil {
			continue
		}
		for j := range c {
			c[j] = float32(math.NaN())
		}
		s(1)
		for j, got := range c {
			bound := 2 * float64(p.k+3) * 0x1p-24 * rowNorm[j/p.n] * colNorm[j%p.n]
			if diff := math.Abs(float64(got) - float64(want[j])); !(diff <= bound) {
				return fmt.Errorf("%s: %s has %g at (%d, %d), Sinew has %g: more than %.2g apart",
					p, peers[i+1].name, got, j/p.n, j%p.n, want[j], bound)
			}
		}
	}
	return nil
}

// norms returns the Euclidean norms of n vectors of length k: the rows of a matrix, or
// its columns.
func norms(x []float32, n, k, ld int, columns bool) []float64 {
	sums := make([]float64, n)
	for i := range sums {
		for q := range k {
			at := i*ld + q
			if columns {
				at = q*ld + i
			}
			sums[i] += float64(x[at]) * float64(x[at])
		}
		sums[i] = math.Sqrt(sums[i])
	}
	return sums
}
