package main

import (
	"math"
	"strings"
	"testing"
)

var nan = math.NaN()

func TestGeomean(t *testing.T) {
	if got := geomean([]float64{2, nan, 8, math.Inf(1)}); math.Abs(got-4) > 1e-12 {
		t.Errorf("geomean(2, NaN, 8, Inf) = %g, want 4", got)
	}
	if got := geomean([]float64{nan}); got == got {
		t.Errorf("geomean of nothing = %g, want NaN", got)
	}
}

func TestLowest(t *testing.T) {
	for _, c := range []struct {
		ratios []float64
		want   float64
	}{{[]float64{nan, 3, nan, 2, 5, nan}, 2}, {[]float64{1}, 1}} {
		if got := lowest(c.ratios); got != c.want {
			t.Errorf("lowest(%v) = %g, want %g", c.ratios, got, c.want)
		}
	}
	if got := lowest([]float64{nan}); got == got {
		t.Errorf("lowest of nothing = %g, want NaN", got)
	}
}

func TestBelow(t *testing.T) {
	peers := []peer{{name: "Sinew"}, {name: "Rival", class: rival}}
	at := func(o string, side int, best, exact float64) row {
		return row{product: newProduct("random", o, [3]int{side, side, side}), best: 1, vsBest: best, vsJIT: exact}
	}
	rows := []row{
		at("NN", 15, 0.5, 0.5),   // below 4096
		at("NN", 16, 0.96, 0.5),  // below 32768: held against rivals only
		at("NT", 32, 0.9, nan),   // no exact code
		at("TN", 32, 0.97, 0.92), // at the limits
		at("TN", 33, 1.2, 0.91),
	}
	var b strings.Builder
	printBelow(&b, rows, peers, limits{rival: 0.97, exact: 0.92})
	want := `Below 0.97 of the best rival, m·n·k ≥ 4096: 2 of 4 shapes.
    NT 32x32x32        0.90 of Rival, set random
    NN 16x16x16        0.96 of Rival, set random
Below 0.92 of exact code, m·n·k ≥ 32768: 1 of 2 shapes.
    TN 33x33x33        0.91 of code for the shape, set random
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestTable(t *testing.T) {
	for markdown, want := range map[bool]string{
		true:  "| a | b |\n| --- | ---: |\n| x | 1 |\n\n",
		false: "  a  b\n  x  1\n\n",
	} {
		var b strings.Builder
		table := newTable(&b, markdown, "a", "b")
		table.row("x", "1")
		table.end()
		if b.String() != want {
			t.Errorf("markdown %v: %q, want %q", markdown, b.String(), want)
		}
	}
}
