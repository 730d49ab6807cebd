package main

import (
	"math"
	"time"
	"unsafe"
)

// sampler does its work reps times and returns the seconds that took.
type sampler func(reps int) float64

// goLoop is the sampler of Go code.
func goLoop(call func()) sampler {
	return func(reps int) float64 {
		began := time.Now()
		for range reps {
			call()
		}
		return time.Since(began).Seconds()
	}
}

// effort says how long to measure.
type effort struct {
	sample time.Duration // least time of one sample
	rounds int           // samples of each sampler; the best counts
}

// best returns the least seconds per repetition of each sampler (NaN for nil). The
// samplers take turns, so that a slow phase of a shared machine meets all of them, and
// each warms the caches up for itself before its sample.
func (e effort) best(samplers []sampler) []float64 {
	seconds := make([]float64, len(samplers))
	reps := make([]int, len(samplers))
	for i, s := range samplers {
		seconds[i] = math.NaN()
		if s != nil {
			seconds[i] = math.Inf(1)
			reps[i] = e.calibrate(s)
		}
	}
	for range e.rounds {
		for i, s := range samplers {
			if s == nil {
				continue
			}
			s(max(1, reps[i]/8))
			seconds[i] = min(seconds[i], s(reps[i])/float64(reps[i]))
		}
	}
	return seconds
}

// calibrate returns how many repetitions a sample needs.
func (e effort) calibrate(s sampler) int {
	s(1) // libraries set themselves up in their first call
	for reps := 1; ; {
		took := s(reps)
		if took >= 0.7*e.sample.Seconds() || reps > 1<<28 {
			return reps
		}
		reps = int(float64(reps)*min(10, e.sample.Seconds()/max(took, 1e-9))) + 1
	}
}

// aligned returns n floats that begin a page.
func aligned(n int) []float32 {
	const page = 4096
	x := make([]float32, n+page/4)
	skip := (page - int(uintptr(unsafe.Pointer(&x[0]))%page)) % page / 4
	return x[skip:][:n:n]
}
