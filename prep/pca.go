package prep

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// DefaultEps is what whitening adds to the variances unless told otherwise: the value of
// Stanford's course CS231n.
const DefaultEps = 1e-5

// PCAOptions say what PCA does; the zero value keeps all directions.
//
//	x -> (x - mean) · V                                  Matrix (inputs, components)
//	x -> (x - mean) · V · diag(1/√(variance + Eps))      with Whiten
//
// The columns of V are the principal components: the eigenvectors of the covariance
// matrix, the largest variance first. Variances have the divisor rows-1. A component's sign is
// such that its element of largest magnitude is positive, the first of equals
// (scikit-learn's svd_flip with u_based_decision=False, which its PCA uses since version
// 1.5); components of equal variance are any basis of their space.
//
// Directions along which the rows do not vary, beyond float64's rounding, are always left
// out: there are at most min(inputs, rows-1) components.
//
// If some columns are chosen, the components come first and the other columns after
// them, in their order.
type PCAOptions struct {
	// How many components, one of the two; both 0: all.
	Components int     // in 1...the number of directions with variance
	Share      float64 // in (0, 1]: the fewest that have more than this share of the variance; 1: all

	Whiten bool    // divide by the standard deviations: unit variances (a little below: Eps)
	Eps    float64 // with Whiten: added to the variances; 0: DefaultEps. Give 1e-30 for none

	Standardize bool  // divide each column by its standard deviation first, as Standardize
	Columns     []int // nil: all
}

// PCA fits the projection on the principal components.
func (s *Stats) PCA(o PCAOptions) (*Fit, error) {
	if o.Components != 0 && o.Share != 0 {
		return nil, fmt.Errorf("prep: both %d components and a share of %g: want one of them", o.Components, o.Share)
	}
	if !(o.Share >= 0 && o.Share <= 1) {
		return nil, fmt.Errorf("prep: share of the variance %g: want a number in (0, 1], or 0 for all", o.Share)
	}
	d, err := s.decompose(o.Columns, o.Standardize, o.Eps)
	if err != nil {
		return nil, err
	}
	if o.Eps != 0 && !o.Whiten {
		return nil, fmt.Errorf("prep: eps %g without whitening", o.Eps)
	}
	k := len(d.f.Variances)
	switch {
	case o.Components < 0 || o.Components > k:
		return nil, fmt.Errorf("prep: %d components: want 1...%d, the directions with variance, or 0 for all", o.Components, k)
	case o.Components > 0:
		k = o.Components
	case o.Share > 0 && o.Share < 1:
		sum := 0.0
		for i, v := range d.f.Shares {
			if sum += v; sum > o.Share {
				k = i + 1
				break
			}
		}
	}
	d.f.Variances, d.f.Shares = d.f.Variances[:k], d.f.Shares[:k]

	out := k + s.inputs - len(d.chosen)
	m := make([]float32, s.inputs*out)
	for row, j := range d.chosen {
		for c := range k {
			v := d.v.At(row, c) * d.scale[row]
			if o.Whiten {
				v /= math.Sqrt(d.f.Variances[c] + d.eps)
			}
			m[j*out+c] = float32(v)
		}
	}
	next := k
	for j := range s.inputs {
		if !d.isChosen[j] {
			m[j*out+next] = 1
			next++
		}
	}
	return d.finish(m)
}

// ZCAOptions say what ZCA does; the zero value is usual.
//
//	x -> (x - mean) · V · diag(1/√(variance + Eps)) · Vᵀ      Matrix (inputs, inputs)
//
// with V and the variances of PCA: of all maps that make the covariance the unit matrix the
// one whose result is nearest to the centred rows (A. J. Bell and T. J. Sejnowski, The
// "independent components" of natural scenes are edge filters, 1997). Columns keep their
// places and meaning: whitened images are images. Directions without variance are mapped
// to 0, not multiplied by 1/√Eps.
type ZCAOptions struct {
	Eps         float64 // added to the variances; 0: DefaultEps. Give 1e-30 for none
	Standardize bool    // divide each column by its standard deviation first, as Standardize
	Columns     []int   // nil: all
}

// ZCA fits whitening that changes the columns as little as possible.
func (s *Stats) ZCA(o ZCAOptions) (*Fit, error) {
	d, err := s.decompose(o.Columns, o.Standardize, o.Eps)
	if err != nil {
		return nil, err
	}
	n, k := len(d.chosen), len(d.f.Variances)
	scaled := mat.NewDense(n, k, nil)
	for i := range n {
		for c := range k {
			scaled.Set(i, c, d.v.At(i, c)/math.Sqrt(d.f.Variances[c]+d.eps))
		}
	}
	var w mat.Dense
	w.Mul(scaled, d.v.Slice(0, n, 0, k).T())
	m := make([]float32, s.inputs*s.inputs)
	for j := range s.inputs {
		if !d.isChosen[j] {
			m[j*s.inputs+j] = 1
		}
	}
	for row, j := range d.chosen {
		for column, i := range d.chosen {
			m[j*s.inputs+i] = float32(w.At(row, column) * d.scale[row])
		}
	}
	return d.finish(m)
}

// decomposition is what PCA and ZCA have in common.
type decomposition struct {
	f        *Fit // with all directions
	chosen   []int
	isChosen []bool
	scale    []float64  // of each chosen column
	v        *mat.Dense // (chosen, at least as many as there are variances)
	eps      float64
}

func (s *Stats) decompose(columns []int, standardize bool, eps float64) (*decomposition, error) {
	if !(eps >= 0 && eps <= math.MaxFloat32) {
		return nil, fmt.Errorf("prep: eps %g: want a finite number, at least 0", eps)
	}
	if eps == 0 {
		eps = DefaultEps
	}
	chosen, f, err := s.begin(columns)
	if err != nil {
		return nil, err
	}
	if s.factor == nil {
		return nil, fmt.Errorf("prep: the Stats was made without covariance")
	}
	if s.rows < 2 {
		return nil, fmt.Errorf("prep: one row has no covariance: want at least 2")
	}
	d := &decomposition{f: f, chosen: chosen, isChosen: make([]bool, s.inputs), eps: eps}
	for _, j := range chosen {
		f.Transform.Mean[j] = float32(s.mean[j])
		d.isChosen[j] = true
		scale := 1.0
		if standardize {
			scale = s.inverseDeviation(j)
		}
		d.scale = append(d.scale, scale)
	}
	v, values, err := directions(s.factor.centred(chosen, s.mean, d.scale), s.rows)
	if err != nil {
		return nil, err
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("prep: all rows are equal in the chosen columns: there is no variance")
	}
	d.v = v
	total := 0.0
	for _, value := range values {
		variance := value * value / float64(s.rows-1)
		f.Variances = append(f.Variances, variance)
		total += variance
	}
	for _, variance := range f.Variances {
		f.Shares = append(f.Shares, variance/total)
	}
	return d, nil
}

// finish sets the matrix.
func (d *decomposition) finish(m []float32) (*Fit, error) {
	for _, v := range m {
		if !finite(v) {
			return nil, fmt.Errorf("prep: the matrix is beyond float32: scale the data before, or take a larger eps")
		}
	}
	d.f.Transform.Matrix = m
	return d.f, nil
}
