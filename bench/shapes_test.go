package main

import (
	"fmt"
	"reflect"
	"testing"
)

func TestShapes(t *testing.T) {
	total := 0
	for _, set := range sets {
		cases, err := shapes(set, 1, 10)
		if err != nil || len(cases) == 0 {
			t.Fatalf("shapes(%q): %d cases, %v", set, len(cases), err)
		}
		total += len(cases)
		seen := map[string]bool{}
		for _, p := range cases {
			if seen[p.String()] {
				t.Errorf("set %s has %s twice", set, p)
			}
			seen[p.String()] = true
			if min(p.m, p.n, p.k) < 1 || max(p.m, p.n, p.k) > maxSide || p.set != set {
				t.Errorf("set %s: %+v", set, p)
			}
		}
	}
	if all, err := shapes("all", 1, 10); err != nil || len(all) != total {
		t.Errorf("shapes(all): %d cases, %v, want %d", len(all), err, total)
	}
	if cases, err := shapes("ancors", 1, 10); err == nil {
		t.Errorf("shapes(ancors): %d cases, want an error", len(cases))
	}
}

func TestRandomShapes(t *testing.T) {
	draw := func(seed uint64) []product {
		cases, err := shapes("random", seed, 200)
		if err != nil {
			t.Fatal(err)
		}
		return cases
	}
	if !reflect.DeepEqual(draw(7), draw(7)) {
		t.Error("one seed gives different shapes")
	}
	if reflect.DeepEqual(draw(7), draw(8)) {
		t.Error("two seeds give the same shapes")
	}
	for _, p := range draw(7) {
		if max(p.m, p.n, p.k) > 300 {
			t.Errorf("%s: a side above 300", p)
		}
	}
}

func TestParseShapes(t *testing.T) {
	got, err := parseShapes("NN:64x10x128,NT:1x2x3,TN:784x128x64")
	want := []product{
		{set: "chosen", m: 64, n: 10, k: 128},
		{set: "chosen", tb: true, m: 1, n: 2, k: 3},
		{set: "chosen", ta: true, m: 784, n: 128, k: 64},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("parseShapes = %v, %v, want %v", got, err, want)
	}
	for _, text := range []string{"", "NN", "TT:1x1x1", "NN:1x1", "NN:0x1x1", "NN:1x-1x1", "NN:1x1x1x1", "nn:1x1x1", "NN:1x1x1,", fmt.Sprintf("NN:%dx1x1", maxSide+1)} {
		if got, err := parseShapes(text); err == nil {
			t.Errorf("parseShapes(%q) = %v, want an error", text, got)
		}
	}
}

func TestStrides(t *testing.T) {
	for _, c := range []struct {
		orientation string
		lda, ldb    int
	}{{"NN", 4, 3}, {"NT", 4, 4}, {"TN", 2, 3}} {
		p := newProduct("", c.orientation, [3]int{2, 3, 4})
		if p.lda() != c.lda || p.ldb() != c.ldb {
			t.Errorf("%s: lda %d, ldb %d, want %d, %d", p, p.lda(), p.ldb(), c.lda, c.ldb)
		}
	}
}
