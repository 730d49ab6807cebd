package main

import (
	"math"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
)

// TestSample sweeps a sample of all arguments: the step is a prime, so the low bits vary.
func TestSample(t *testing.T) {
	step := uint64(4001)
	if testing.Short() {
		step = 20011
	}
	for _, f := range functions {
		for _, level := range isa.Available() {
			restore := isa.Force(level)
			r := sweep(f, arguments{0, 1<<31 - 1, step})
			restore()
			if !(r.worst <= f.bound(level)) {
				t.Errorf("%s, isa %v: off by %.4f at %g (%#08x), bound %g", f.name, level, r.worst, r.at, math.Float32bits(r.at), f.bound(level))
			}
			if want := ((1<<31-1)/step + 1) * 2; r.count != want {
				t.Errorf("%s, isa %v: %d arguments, want %d", f.name, level, r.count, want)
			}
			// A step as large as the sample's never misses by so much that a bound is far off.
			if !testing.Short() && level == isa.Generic && r.worst < 0.4 {
				t.Errorf("%s: largest error %g: is the truth float32 itself?", f.name, r.worst)
			}
		}
	}
}

// TestDistance has errors that must show.
func TestDistance(t *testing.T) {
	f := &function{truth: math.Exp}
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		x, got float32
		want   float64
	}{
		{0, 1, 0}, {0, 1 + 0x1p-23, 1}, {0, 1 - 0x1p-24, 0.5}, {100, inf, 0}, {100, math.MaxFloat32, math.Inf(1)}, {1, inf, math.Inf(1)},
		{0, float32(math.NaN()), math.Inf(1)}, {float32(math.NaN()), 0, math.Inf(1)}, {float32(math.NaN()), float32(math.NaN()), 0},
		{-200, 0x1p-149, 1}, {100, -inf, math.Inf(1)},
	} {
		if got := f.distance(c.x, c.got); got != c.want && !(math.Abs(got-c.want) < 1e-9) {
			t.Errorf("exp(%g) = %g is off by %g, want %g", c.x, c.got, got, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		name, level string
		args        arguments
	}{{"", "", arguments{0, 1, 0}}, {"exq", "", arguments{0, 1, 1}}, {"exp", "neno", arguments{0, 1, 1}}, {"exp", "", arguments{2, 1, 1}},
		{"exp", "", arguments{0, 1 << 31, 1}}} {
		if err := run(c.name, c.level, c.args); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}
