package train_test

import (
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/train"
)

func TestSplitStratified(t *testing.T) {
	x, labels := fixtures.Digits()
	d := &train.Dataset{Inputs: 64, X: x, Labels: labels, Classes: []string{"zero"}}
	rest, part := d.Split(0.2, 7)
	all, held := make([]int, 10), make([]int, 10)
	for _, l := range labels {
		all[l]++
	}
	for _, l := range part.Labels {
		held[l]++
	}
	for class, n := range held {
		if want := (all[class]*2 + 5) / 10; n != want {
			t.Errorf("class %d: %d of %d rows held back, want %d", class, n, all[class], want)
		}
	}
	if rest.Rows()+part.Rows() != d.Rows() || len(part.Classes) != 1 || part.Inputs != 64 {
		t.Errorf("%d + %d rows", rest.Rows(), part.Rows())
	}
	// Every row is in exactly one part, with its label, in the old order.
	i, j := 0, 0
	for r := range d.Rows() {
		row := x[r*64:][:64]
		switch {
		case i < rest.Rows() && slices.Equal(row, rest.X[i*64:][:64]) && labels[r] == rest.Labels[i]:
			i++
		case j < part.Rows() && slices.Equal(row, part.X[j*64:][:64]) && labels[r] == part.Labels[j]:
			j++
		default:
			t.Fatalf("row %d is in neither part", r)
		}
	}
	_, again := d.Split(0.2, 7)
	_, other := d.Split(0.2, 8)
	if !slices.Equal(part.X, again.X) || slices.Equal(part.X, other.X) {
		t.Error("the seed does not fix the rows")
	}
	part.X[0]++
	if rest.X[0]++; slices.Equal(x[:1], rest.X[:1]) {
		t.Error("the parts share memory with the whole")
	}
}

func TestSplitTargets(t *testing.T) {
	d := &train.Dataset{Inputs: 1, X: []float32{0, 1, 2, 3, 4}, Y: []float32{0, 0, 1, 10, 2, 20, 3, 30, 4, 40}}
	rest, part := d.Split(0.4, 1)
	if rest.Rows() != 3 || part.Rows() != 2 {
		t.Fatalf("%d and %d rows", rest.Rows(), part.Rows())
	}
	for _, s := range []*train.Dataset{rest, part} {
		for i, x := range s.X {
			if s.Y[2*i] != x || s.Y[2*i+1] != 10*x || s.Labels != nil {
				t.Errorf("row %d: x %g, y %v", i, x, s.Y[2*i:][:2])
			}
		}
	}
	for _, share := range []float64{0, 1} {
		rest, part := d.Split(share, 1)
		if part.Rows() != int(5*share) || rest.Rows()+part.Rows() != 5 {
			t.Errorf("share %g: %d and %d rows", share, rest.Rows(), part.Rows())
		}
	}
	for name, f := range map[string]func(){
		"share":   func() { d.Split(1.5, 0) },
		"lengths": func() { (&train.Dataset{Inputs: 2, X: make([]float32, 4), Labels: []int{1}}).Split(0.5, 0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}
