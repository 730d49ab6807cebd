package fmath

import (
	"math"
	"testing"
)

func TestCosPi(t *testing.T) {
	const n = 100_000
	differ := 0
	for i := range n + 1 {
		x := float64(i) / n
		got, want := CosPi(x), math.Cos(math.Pi*x)
		if !(math.Abs(got-want) <= 4e-16) {
			t.Fatalf("CosPi(%g) = %v, want %v", x, got, want)
		}
		if got != want {
			differ++
		}
	}
	if differ == 0 {
		t.Error("no difference at all: is it math's own?")
	}
	for x, want := range map[float64]float64{0: 1, 0.5: 0, 1: -1} {
		if got := CosPi(x); got != want {
			t.Errorf("CosPi(%g) = %v, want %v", x, got, want)
		}
	}
}
