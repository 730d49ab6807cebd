package data

import (
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/train"
)

// checkFolds fails unless the folds divide the rows, evenly.
func checkFolds(t *testing.T, folds []Fold, rows, k int) {
	t.Helper()
	if len(folds) != k {
		t.Fatalf("%d folds, want %d", len(folds), k)
	}
	var all []int
	for _, f := range folds {
		if n := len(f.Test); n != rows/k && n != (rows+k-1)/k {
			t.Errorf("%d of %d rows in one of %d folds", n, rows, k)
		}
		if !slices.IsSorted(f.Test) || !slices.IsSorted(f.Train) {
			t.Error("rows are not ascending")
		}
		both := slices.Concat(f.Test, f.Train)
		slices.Sort(both)
		if !slices.Equal(both, upTo(rows)) {
			t.Error("training and test rows are not all rows, once")
		}
		all = append(all, f.Test...)
	}
	slices.Sort(all)
	if !slices.Equal(all, upTo(rows)) {
		t.Error("the test parts are not all rows, once")
	}
}

func TestKFold(t *testing.T) {
	for _, c := range [][2]int{{10, 2}, {10, 3}, {11, 5}, {7, 7}} {
		rows, k := c[0], c[1]
		d := counted(rows, false)
		folds, err := KFold(d, k, 1)
		if err != nil {
			t.Fatal(err)
		}
		checkFolds(t, folds, rows, k)
		training, test := folds[0].Of(d)
		if !slices.Equal(order(t, training), folds[0].Train) || !slices.Equal(order(t, test), folds[0].Test) {
			t.Error("Of takes other rows")
		}
	}
	d := counted(100, true)
	a, _ := KFold(d, 5, 1)
	again, _ := KFold(d, 5, 1)
	other, _ := KFold(d, 5, 2)
	if !slices.Equal(a[0].Test, again[0].Test) || slices.Equal(a[0].Test, other[0].Test) {
		t.Error("the seed does not fix the folds")
	}
	for _, k := range []int{-1, 0, 1, 101} {
		_, err := KFold(d, k, 1)
		wantError(t, err, "want 2...100")
	}
	_, err := KFold(&train.Dataset{Inputs: 1}, 2, 1)
	wantError(t, err, "data: ")
	// Leaving out one of 20000 would list 400 million rows.
	_, err = KFold(counted(20000, false), 20000, 1)
	wantError(t, err, "20000 folds of 20000 rows: want at most 13421, as each fold lists all rows")
}

func TestStratifiedKFold(t *testing.T) {
	x, labels := fixtures.Digits()
	d := &train.Dataset{Inputs: fixtures.DigitsInputs, X: x, Labels: labels, Classes: fixtures.DigitsClasses[:]}
	const k = 7
	folds, err := StratifiedKFold(d, k, 3)
	if err != nil {
		t.Fatal(err)
	}
	checkFolds(t, folds, d.Rows(), k)
	for class := range 10 {
		var counts []int
		for _, f := range folds {
			n := 0
			for _, row := range f.Test {
				if labels[row] == class {
					n++
				}
			}
			counts = append(counts, n)
		}
		if slices.Max(counts)-slices.Min(counts) > 1 {
			t.Errorf("class %d: %v rows in the folds", class, counts)
		}
	}
	training, test := folds[1].Of(d)
	if training.Rows()+test.Rows() != d.Rows() || len(test.Classes) != 10 || test.Labels[0] != labels[folds[1].Test[0]] {
		t.Error("Of gives other rows")
	}
	other, _ := StratifiedKFold(d, k, 4)
	if slices.Equal(folds[0].Test, other[0].Test) {
		t.Error("the seed does not matter")
	}
	_, err = StratifiedKFold(counted(5, false), 2, 1)
	wantError(t, err, "need labels")
	_, err = StratifiedKFold(nil, 2, 1)
	wantError(t, err, "nil")
	_, err = StratifiedKFold(d, d.Rows()+1, 1)
	wantError(t, err, "1798 folds")
	// Labels as strange as a data set may hold before it is checked.
	if folds, err = StratifiedKFold(&train.Dataset{Inputs: 1, X: make([]float32, 4), Labels: []int{-5, 1 << 30, -5, 1 << 30}}, 2, 1); err != nil {
		t.Error(err)
	}
	checkFolds(t, folds, 4, 2)
}
