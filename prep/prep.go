// Package prep fits the input transform of a network on training data: centring,
// standardising, min-max scaling, PCA, PCA whitening and ZCA whitening. All of them are
// affine maps,
//
//	x -> (x - Mean) ∘ Scale      or      x -> (x - Mean) · Matrix
//
// which the model holds ([net.Network.SetTransform]) and its file too, so that who uses the model
// needs neither this package nor the libraries under it, and gives it rows as they are.
//
// Fit on the training set only, never on all data: what a transform knows of the test
// rows makes the test look better than the model is.
//
//	fit, err := prep.Standardize(training)
//	...
//	err = m.SetTransform(fit.Transform)
//
// For rows that do not fit into memory, [Stats] takes them piece by piece and gives the
// same fits.
//
// Missing values are filled first, by [FillMissing]: all fits refuse NaN. The targets of a
// regression have [ScaleTargets]. Weights of rows do not count here, 0 neither: leave out rows whose
// values mean nothing.
//
// # Precision
//
// All sums and decompositions are in float64, the decompositions by gonum; the result is rounded
// to float32. The mean is rounded too: a column whose spread is below the resolution
// of float32 at its mean is not centred better than that. Fits without a decomposition
// are the same bits on every machine and however the rows come in pieces. PCA and ZCA give
// the same bits for the same calls on one machine; elsewhere the last bits may differ.
//
// # Columns
//
// Every fit takes a choice of columns, by number from 0; no numbers mean all of them. The other
// columns pass unchanged. A column whose values are all equal has no spread to
// divide by: its scale is 1, which leaves it 0 (or at the lower end of the range of
// MinMax), and it is named in Fit.Constant, since it is of no use to a network.
//
// # Errors
//
// An error says what cannot be: no rows, a NaN or infinity with its row and column, a
// column that is not there, a spread so small that its inverse overflows float32.
package prep

import (
	"fmt"
	"math"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// Fit is a transform and what is known of it.
type Fit struct {
	Transform *net.Transform // for Network.SetTransform

	Rows     int   // rows it was fitted on
	Constant []int // chosen columns whose values are all equal, ascending

	// Of PCA and ZCA: the variance along each direction kept, descending, with divisor
	// rows-1, and its share of the variance of all directions.
	Variances []float64
	Shares    []float64
}

// Center fits x - mean.
func Center(d *train.Dataset, columns ...int) (*Fit, error) {
	s, err := statsOf(d, false)
	if err != nil {
		return nil, err
	}
	return s.Center(columns...)
}

// Standardize fits (x - mean) / standard deviation, the latter with divisor rows, as
// scikit-learn's StandardScaler.
func Standardize(d *train.Dataset, columns ...int) (*Fit, error) {
	s, err := statsOf(d, false)
	if err != nil {
		return nil, err
	}
	return s.Standardize(columns...)
}

// MinMax fits the map of each column's range to [lo, hi], as scikit-learn's MinMaxScaler: usual
// are 0, 1 and -1, 1. Values that exceed the training set's range leave [lo, hi], and
// by rounding its largest value may, by some units in the last place.
func MinMax(d *train.Dataset, lo, hi float64, columns ...int) (*Fit, error) {
	s, err := statsOf(d, false)
	if err != nil {
		return nil, err
	}
	return s.MinMax(lo, hi, columns...)
}

// PCA fits the projection on the principal components; see [PCAOptions].
func PCA(d *train.Dataset, o PCAOptions) (*Fit, error) {
	s, err := statsOf(d, true)
	if err != nil {
		return nil, err
	}
	return s.PCA(o)
}

// ZCA fits whitening that changes the columns as little as possible; see [ZCAOptions].
func ZCA(d *train.Dataset, o ZCAOptions) (*Fit, error) {
	s, err := statsOf(d, true)
	if err != nil {
		return nil, err
	}
	return s.ZCA(o)
}

func statsOf(d *train.Dataset, covariance bool) (*Stats, error) {
	if d == nil {
		return nil, fmt.Errorf("prep: the data set is nil")
	}
	s, err := NewStats(d.Inputs, covariance)
	if err != nil {
		return nil, err
	}
	return s, s.Add(d.X)
}

// Center fits x - mean.
func (s *Stats) Center(columns ...int) (*Fit, error) {
	chosen, f, err := s.begin(columns)
	if err != nil {
		return nil, err
	}
	for _, j := range chosen {
		f.Transform.Mean[j] = float32(s.mean[j])
	}
	return f, nil
}

// Standardize fits (x - mean) / standard deviation, as the function of this name.
func (s *Stats) Standardize(columns ...int) (*Fit, error) {
	return s.scale(columns, func(j int) (mean, scale float64) {
		return s.mean[j], s.inverseDeviation(j)
	})
}

// inverseDeviation returns 1 / standard deviation of column j, 1 for a constant one.
func (s *Stats) inverseDeviation(j int) float64 {
	if s.constant(j) {
		return 1
	}
	return math.Sqrt(float64(s.rows) / s.squares[j])
}

// MinMax fits the map of each column's range to [lo, hi], as the function of this name.
func (s *Stats) MinMax(lo, hi float64, columns ...int) (*Fit, error) {
	if !(lo < hi) || !(hi-lo <= math.MaxFloat32) || !(math.Abs(lo) <= math.MaxFloat32) {
		return nil, fmt.Errorf("prep: range %g...%g: want finite ends, the first below the second", lo, hi)
	}
	return s.scale(columns, func(j int) (mean, scale float64) {
		least, most := float64(s.least[j]), float64(s.most[j])
		if s.constant(j) {
			return least - lo, 1
		}
		scale = (hi - lo) / (most - least)
		return least - lo/scale, scale
	})
}

// scale fits a transform with Scale.
func (s *Stats) scale(columns []int, column func(j int) (mean, scale float64)) (*Fit, error) {
	chosen, f, err := s.begin(columns)
	if err != nil {
		return nil, err
	}
	t := f.Transform
	t.Scale = make([]float32, s.inputs)
	for j := range t.Scale {
		t.Scale[j] = 1
	}
	for _, j := range chosen {
		mean, scale := column(j)
		t.Mean[j], t.Scale[j] = float32(mean), float32(scale)
		if !finite(t.Mean[j]) || !finite(t.Scale[j]) || t.Scale[j] == 0 {
			return nil, fmt.Errorf("prep: column %d: (x - %g)·%g is beyond float32: scale the data before", j, mean, scale)
		}
	}
	return f, nil
}

func finite(v float32) bool { return v-v == 0 }

// begin checks the choice of columns and makes a fit that leaves everything unchanged.
func (s *Stats) begin(columns []int) (chosen []int, f *Fit, err error) {
	if s.rows == 0 {
		return nil, nil, fmt.Errorf("prep: no rows to fit a transform on")
	}
	used := make([]bool, s.inputs)
	for _, j := range columns {
		if j < 0 || j >= s.inputs {
			return nil, nil, fmt.Errorf("prep: column %d: want 0...%d", j, s.inputs-1)
		}
		if used[j] {
			return nil, nil, fmt.Errorf("prep: column %d is chosen twice", j)
		}
		used[j] = true
	}
	f = &Fit{Transform: &net.Transform{Mean: make([]float32, s.inputs)}, Rows: s.rows}
	for j := range used {
		if len(columns) > 0 && !used[j] {
			continue
		}
		chosen = append(chosen, j)
		if s.constant(j) {
			f.Constant = append(f.Constant, j)
		}
	}
	return chosen, f, nil
}
