package main

import (
	"fmt"
	"io"
	"math"
	"slices"
)

// limits below which a shape is listed.
type limits struct {
	rival, exact float64
}

// Volumes m·n·k from which the limits hold: below, a call costs more than its work.
const (
	rivalFrom = 4096
	exactFrom = 32768
)

func printProducts(w io.Writer, rows []row, peers []peer, peak float64, l limits, markdown bool) {
	head := []string{"m×n×k"}
	for _, p := range peers {
		head = append(head, p.name)
	}
	t := newTable(w, markdown, append(head, "/ best", "/ exact", "of peak")...)
	for _, r := range rows {
		cells := []string{r.String()}
		for i, g := range r.gflops {
			text := number("%.1f", g)
			if i == r.best && markdown {
				text = "**" + text + "**"
			}
			cells = append(cells, text)
		}
		cells = append(cells, times(r.vsBest), times(r.vsJIT), percent(r.gflops[0]*1e9, peak))
		t.row(cells...)
	}
	t.end()
	printMeans(w, rows, peers, markdown)
	printBelow(w, rows, peers, l)
}

func percent(v, of float64) string {
	if !(of > 0) {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100*v/of)
}

// printMeans has the geometric means of each set and orientation, of each class of
// volume, and of everything.
func printMeans(w io.Writer, rows []row, peers []peer, markdown bool) {
	head := []string{"geometric means", "shapes", "Sinew / best rival", "lowest", "Sinew / exact", "lowest"}
	for _, p := range peers[1:] {
		head = append(head, "/ "+p.name)
	}
	t := newTable(w, markdown, head...)
	class := func(name string, in func(row) bool) {
		var best, jit []float64
		each := make([][]float64, len(peers))
		n := 0
		for _, r := range rows {
			if !in(r) {
				continue
			}
			n++
			best, jit = append(best, r.vsBest), append(jit, r.vsJIT)
			for i := range peers {
				each[i] = append(each[i], r.gflops[0]/r.gflops[i])
			}
		}
		if n == 0 {
			return
		}
		cells := []string{name, fmt.Sprint(n)}
		for _, ratios := range [][]float64{best, jit} {
			cells = append(cells, times(geomean(ratios)), times(lowest(ratios)))
		}
		for i := range peers[1:] {
			cells = append(cells, times(geomean(each[i+1])))
		}
		t.row(cells...)
	}
	for _, set := range append(slices.Clone(sets), "chosen") {
		for _, o := range []string{"NN", "NT", "TN"} {
			class(set+" "+o, func(r row) bool { return r.set == set && r.orientation() == o })
		}
	}
	class(fmt.Sprintf("m·n·k < %d", rivalFrom), func(r row) bool { return r.volume() < rivalFrom })
	class(fmt.Sprintf("m·n·k < %d", exactFrom), func(r row) bool { return r.volume() >= rivalFrom && r.volume() < exactFrom })
	class(fmt.Sprintf("m·n·k ≥ %d", exactFrom), func(r row) bool { return r.volume() >= exactFrom })
	class("all", func(row) bool { return true })
	t.end()
}

// lowest ignores NaN; NaN if there is nothing else.
func lowest(ratios []float64) float64 {
	low := math.NaN()
	for _, r := range ratios {
		if !(r >= low) && !math.IsNaN(r) {
			low = r
		}
	}
	return low
}

func printBelow(w io.Writer, rows []row, peers []peer, l limits) {
	list := func(what string, limit float64, from int, ratio func(row) float64) {
		held := 0
		var below []row
		for _, r := range rows {
			if v := ratio(r); r.volume() >= from && !math.IsNaN(v) {
				held++
				if v < limit {
					below = append(below, r)
				}
			}
		}
		fmt.Fprintf(w, "Below %.2f of %s, m·n·k ≥ %d: %d of %d shapes.\n", limit, what, from, len(below), held)
		slices.SortFunc(below, func(a, b row) int {
			if ratio(a) < ratio(b) {
				return -1
			}
			return 1
		})
		for _, r := range below {
			name := "code for the shape"
			if what == "the best rival" {
				name = peers[r.best].name
			}
			fmt.Fprintf(w, "    %-18s %s of %s, set %s\n", r, times(ratio(r)), name, r.set)
		}
	}
	list("the best rival", l.rival, rivalFrom, func(r row) float64 { return r.vsBest })
	list("exact code", l.exact, exactFrom, func(r row) float64 { return r.vsJIT })
}
