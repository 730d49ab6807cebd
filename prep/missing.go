package prep

import (
	"errors"
	"fmt"

	"github.com/sinew-ml/sinew/train"
)

// FillMissing replaces every NaN among the inputs of data by the mean of the other values
// of its column in data, and every NaN of the others by the same: what is filled in must
// not know the test rows, so split first. It returns the means, for rows that come later,
// and how many values it replaced. Package data reads missing values as NaN with its policy
// MissingKeep.
//
// A column without any value in data is an error, as is another number of inputs; nothing is
// changed then. Others that are nil are passed over.
func FillMissing(data *train.Dataset, others ...*train.Dataset) (means []float32, filled int, err error) {
	if data == nil {
		return nil, 0, errors.New("prep: the data set is nil")
	}
	n := data.Inputs
	if n < 1 || n > MaxInputs {
		return nil, 0, fmt.Errorf("prep: %d inputs: want 1...%d", n, MaxInputs)
	}
	all := []*train.Dataset{data}
	for _, d := range others {
		if d != nil {
			all = append(all, d)
		}
	}
	for _, d := range all {
		if d.Inputs != n || len(d.X)%n != 0 {
			return nil, 0, fmt.Errorf("prep: %d values in rows of %d inputs: want whole rows of %d", len(d.X), d.Inputs, n)
		}
	}
	sums, counts := make([]float64, n), make([]int, n)
	for i, v := range data.X {
		if v == v {
			sums[i%n] += float64(v)
			counts[i%n]++
		}
	}
	means = make([]float32, n)
	for j, count := range counts {
		if count == 0 {
			return nil, 0, fmt.Errorf("prep: column %d has no values in %d rows: leave it out", j, data.Rows())
		}
		means[j] = float32(sums[j] / float64(count))
	}
	for _, d := range all {
		for i, v := range d.X {
			if v != v {
				d.X[i] = means[i%n]
				filled++
			}
		}
	}
	return means, filled, nil
}
