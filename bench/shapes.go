package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// product is one case: C (m, n) = op(A)·op(B), dense row-major operands.
type product struct {
	set     string
	ta, tb  bool
	m, n, k int
}

func (p product) orientation() string {
	return map[[2]bool]string{{false, false}: "NN", {false, true}: "NT", {true, false}: "TN"}[[2]bool{p.ta, p.tb}]
}

func (p product) String() string {
	return fmt.Sprintf("%s %dx%dx%d", p.orientation(), p.m, p.n, p.k)
}

func (p product) volume() int   { return p.m * p.n * p.k }
func (p product) flop() float64 { return 2 * float64(p.volume()) }

// lda and ldb are the lengths of a stored row.
func (p product) lda() int {
	if p.ta {
		return p.m
	}
	return p.k
}

func (p product) ldb() int {
	if p.tb {
		return p.k
	}
	return p.n
}

// Limits of a side: far above any layer, and low enough for 32-bit sizes.
const maxSide = 1 << 14

var sets = []string{"anchors", "thin", "narrow", "random", "powers"}

// shapes returns the cases of a set; all of them for "all".
func shapes(set string, seed uint64, count int) ([]product, error) {
	var sizes [][3]int
	all := []string{"NN", "NT", "TN"}
	orientations := all
	switch set {
	case "all":
		var cases []product
		for _, s := range sets {
			more, err := shapes(s, seed, count)
			if err != nil {
				return nil, err
			}
			cases = append(cases, more...)
		}
		return cases, nil
	case "anchors": // layers of multi-layer perceptrons, their gradients, and small ones
		sizes = [][3]int{
			{1, 128, 784}, {1, 512, 512}, {8, 128, 784}, {32, 128, 784}, {64, 256, 784}, {64, 10, 128},
			{128, 512, 512}, {256, 1024, 1024}, {128, 784, 128}, {784, 128, 64}, {512, 512, 128},
			{1024, 1024, 1024}, {33, 17, 65}, {4, 4, 4}, {16, 16, 16}, {32, 32, 32},
		}
	case "thin": // few rows against growing square weights
		orientations = all[:1]
		for _, m := range []int{1, 4, 8, 16, 32} {
			for _, n := range []int{128, 256, 320, 384, 480, 512, 768, 992, 1008, 1024, 2048} {
				sizes = append(sizes, [3]int{m, n, n})
			}
		}
	case "narrow": // few outputs, as last layers have them
		for _, n := range []int{1, 2, 3, 5, 8, 10, 16} {
			for _, mk := range [][2]int{{1, 784}, {16, 32}, {64, 128}, {256, 64}, {128, 512}} {
				sizes = append(sizes, [3]int{mk[0], n, mk[1]})
			}
		}
	case "random":
		src := rand.New(rand.NewPCG(seed, 0))
		for range count {
			sizes = append(sizes, [3]int{1 + src.IntN(300), 1 + src.IntN(300), 1 + src.IntN(300)})
		}
	case "powers": // powers of two and their neighbours; 1x1 results
		sizes = append(sizes, [3]int{1, 1, 1}, [3]int{1, 1, 17}, [3]int{1, 1, 256}, [3]int{1, 1, 4096})
		for s := 2; s <= 1024; s *= 2 {
			for _, n := range []int{s - 1, s, s + 1} {
				if n > 1 && !slices.Contains(sizes, [3]int{n, n, n}) {
					sizes = append(sizes, [3]int{n, n, n})
				}
			}
		}
	default:
		return nil, fmt.Errorf("set %q: want one of %s, all", set, strings.Join(sets, ", "))
	}
	var cases []product
	for _, size := range sizes {
		for _, o := range orientations {
			cases = append(cases, newProduct(set, o, size))
		}
	}
	return cases, nil
}

func newProduct(set, orientation string, size [3]int) product {
	return product{set: set, ta: orientation == "TN", tb: orientation == "NT", m: size[0], n: size[1], k: size[2]}
}

// parseShapes reads a list like "NN:64x10x128,TN:784x128x64".
func parseShapes(text string) ([]product, error) {
	var cases []product
	for _, item := range strings.Split(text, ",") {
		var size [3]int
		o, numbers, _ := strings.Cut(item, ":")
		read, err := fmt.Sscanf(numbers, "%dx%dx%d", &size[0], &size[1], &size[2])
		fits := !slices.ContainsFunc(size[:], func(v int) bool { return v < 1 || v > maxSide })
		p := newProduct("chosen", o, size)
		if err != nil || read != 3 || !fits || item != strings.Replace(p.String(), " ", ":", 1) {
			return nil, fmt.Errorf("shape %q: want NN:MxNxK, NT:MxNxK or TN:MxNxK with sides 1...%d", item, maxSide)
		}
		cases = append(cases, p)
	}
	return cases, nil
}
