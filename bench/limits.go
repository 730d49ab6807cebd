package main

// #include "lib.h"
import "C"

import (
	"math"
	"time"
	"unsafe"

	"github.com/sinew-ml/sinew/mat"
)

// machine measures what one core can do at most, with native/peak.c.
type machine struct {
	chains, read, axpy unsafe.Pointer
	lanes              int
	flops              float64 // best seen, per second
}

func newMachine() (*machine, error) {
	l, err := compile("peak.c", plainC)
	if err != nil {
		return nil, err
	}
	f, err := l.need("fma_chains", "read_all", "axpy_all")
	if err != nil {
		return nil, err
	}
	// The vectors of Sinew's level, so that its share means something on CPUs whose
	// peak depends on the width; the widest for the generic level.
	lanes := map[string]int{"avx512": 16, "avx2": 8, "neon": 4}[mat.ISA().Level]
	m := &machine{chains: f[0], read: f[1], axpy: f[2], lanes: lanes}
	for range 20 {
		m.peak(time.Millisecond)
	}
	return m, nil
}

// peak takes one more sample of the multiply-add peak and returns the best so far, in
// flop per second; 0 where the machine has no fused vectors.
func (m *machine) peak(sample time.Duration) float64 {
	var flop C.double
	reps := 1000
	if m.flops > 0 {
		reps = max(reps, int(sample.Seconds()*m.flops/(2*14*16)))
	}
	seconds := float64(C.call_chains(m.chains, C.int(m.lanes), C.long(reps), &flop))
	if seconds > 0 {
		m.flops = max(m.flops, float64(flop)*float64(reps)/seconds)
	}
	return m.flops
}

// sampler is peak as one of those that take turns: every shape adds samples.
func (m *machine) sampler() sampler {
	return func(reps int) float64 {
		began := time.Now()
		for range reps {
			m.peak(200 * time.Microsecond)
		}
		return time.Since(began).Seconds()
	}
}

// readRate returns bytes per second of reading an array of n floats over and over, so
// from the cache that holds it.
func (m *machine) readRate(e effort, n int) float64 {
	x := aligned(n)
	s := e.best([]sampler{func(reps int) float64 {
		return float64(C.call_read(m.read, cFloats(x), C.long(n), C.long(reps)))
	}})
	return 4 * float64(n) / s[0]
}

// axpyRate returns bytes per second of y += s·x, two reads and one write, over two
// arrays of n floats together.
func (m *machine) axpyRate(e effort, n int) float64 {
	half := max(1, n/2)
	x, y := aligned(half), aligned(half)
	s := e.best([]sampler{func(reps int) float64 {
		return float64(C.call_axpy(m.axpy, cFloats(x), cFloats(y), C.long(half), C.long(reps)))
	}})
	return 12 * float64(half) / s[0]
}

// geomean of the finite ratios; NaN if there are none.
func geomean(ratios []float64) float64 {
	sum, n := 0.0, 0
	for _, r := range ratios {
		if r > 0 && !math.IsInf(r, 0) {
			sum += math.Log(r)
			n++
		}
	}
	return math.Exp(sum / float64(n))
}
