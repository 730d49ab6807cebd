package data

import (
	"fmt"
	"maps"
	"slices"

	"github.com/sinew-ml/sinew/internal/rng"
	"github.com/sinew-ml/sinew/train"
)

// Fold is one division of a data set: the rows to train on and the rows to test on, both
// ascending. Together they are all rows.
type Fold struct {
	Train, Test []int // row numbers, from 0
}

// Of returns the two parts of d as copies.
func (f Fold) Of(d *train.Dataset) (training, test *train.Dataset) {
	return d.Take(f.Train), d.Take(f.Test)
}

// KFold divides the rows of d into k folds at random, fixed by seed: every row is in the
// test part of exactly one, and the test parts' sizes differ by one row at most. k is in
// 2...rows, and k·rows at most MaxValues, since each fold lists all rows.
func KFold(d *train.Dataset, k int, seed uint64) ([]Fold, error) {
	if _, err := whole(d); err != nil {
		return nil, err
	}
	rows := make([]int, d.Rows())
	for i := range rows {
		rows[i] = i
	}
	return deal([][]int{rows}, len(rows), k, func(int) *rng.Source { return rng.New(seed, rng.Fold, 0) })
}

// StratifiedKFold is KFold for a data set with labels where each class is spread evenly:
// the numbers of its rows in two test parts differ by one at most. A class of fewer than
// k rows is missing in some test parts.
func StratifiedKFold(d *train.Dataset, k int, seed uint64) ([]Fold, error) {
	if _, err := whole(d); err != nil {
		return nil, err
	}
	if d.Labels == nil {
		return nil, fmt.Errorf("data: stratified folds need labels: use KFold for other targets")
	}
	groups := map[int][]int{}
	for i, l := range d.Labels {
		groups[l] = append(groups[l], i)
	}
	classes := slices.Sorted(maps.Keys(groups))
	var dealt [][]int
	for _, c := range classes {
		dealt = append(dealt, groups[c])
	}
	return deal(dealt, d.Rows(), k, func(g int) *rng.Source { return rng.New(seed, rng.Fold, uint32(classes[g]+1)) })
}

// deal shuffles each group and deals all of them out like cards, one group after the
// other: so the folds are even within a group and altogether.
func deal(groups [][]int, rows, k int, random func(group int) *rng.Source) ([]Fold, error) {
	if k < 2 || k > rows {
		return nil, fmt.Errorf("data: %d folds: want 2...%d, the number of rows", k, rows)
	}
	if most := MaxValues / rows; k > most {
		return nil, fmt.Errorf("data: %d folds of %d rows: want at most %d, as each fold lists all rows", k, rows, most)
	}
	fold := make([]int, rows) // of each row
	next := 0
	for g, group := range groups {
		random(g).Shuffle(group)
		for _, row := range group {
			fold[row] = next
			next = (next + 1) % k
		}
	}
	folds := make([]Fold, k)
	for row, own := range fold {
		for i := range folds {
			if i == own {
				folds[i].Test = append(folds[i].Test, row)
			} else {
				folds[i].Train = append(folds[i].Train, row)
			}
		}
	}
	return folds, nil
}

// whole returns d as a block and checks that its parts fit together.
func whole(d *train.Dataset) (*block, error) {
	if d == nil {
		return nil, fmt.Errorf("data: the data set is nil")
	}
	if d.Inputs < 1 || len(d.X) == 0 || len(d.X)%d.Inputs != 0 {
		return nil, fmt.Errorf("data: the data set has %d values for rows of %d inputs: want whole rows, at least one", len(d.X), d.Inputs)
	}
	b := &block{rows: d.Rows(), in: d.Inputs, x: d.X, labels: d.Labels, y: d.Y}
	switch {
	case d.Labels != nil && d.Y != nil:
		return nil, fmt.Errorf("data: the data set has both Labels and Y: want one of them")
	case d.Labels != nil && len(d.Labels) != b.rows:
		return nil, fmt.Errorf("data: the data set has %d labels for %d rows", len(d.Labels), b.rows)
	case d.Weights != nil && len(d.Weights) != b.rows:
		return nil, fmt.Errorf("data: the data set has %d weights for %d rows", len(d.Weights), b.rows)
	case d.Y != nil:
		if len(d.Y) == 0 || len(d.Y)%b.rows != 0 {
			return nil, fmt.Errorf("data: the data set has %d target values for %d rows: want the same number for each", len(d.Y), b.rows)
		}
		b.out = len(d.Y) / b.rows
	}
	return b, nil
}
