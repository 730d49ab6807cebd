package prep

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"
)

// Stats gathers what fits need from rows that come in pieces, in any sizes. It belongs
// to one goroutine.
type Stats struct {
	inputs, rows int
	mean         []float64 // of each column
	squares      []float64 // Σ (x - mean)²
	least, most  []float32

	factor *factor // nil without covariance
}

// Limits of Stats.
const (
	MaxInputs           = 1 << 24 // columns
	MaxCovarianceInputs = 1 << 13 // columns with covariance: about 1 GiB is used for so many
)

// NewStats returns an empty Stats for rows of so many inputs: with covariance one that can
// fit PCA and ZCA too, which takes about 8·inputs² bytes of memory and as much again, at
// least 32 MiB (for fewer than 512 inputs 128·inputs² bytes), and about 4·inputs² operations
// per row.
func NewStats(inputs int, covariance bool) (*Stats, error) {
	most := MaxInputs
	if covariance {
		most = MaxCovarianceInputs
	}
	if inputs < 1 || inputs > most {
		return nil, fmt.Errorf("prep: %d inputs: want 1...%d", inputs, most)
	}
	s := &Stats{
		inputs: inputs, mean: make([]float64, inputs), squares: make([]float64, inputs),
		least: make([]float32, inputs), most: make([]float32, inputs),
	}
	if covariance {
		s.factor = newFactor(inputs)
	}
	return s, nil
}

// Rows returns the number of rows added.
func (s *Stats) Rows() int { return s.rows }

// Add takes rows x (rows, inputs). An error says where a value is NaN or infinite, with
// the row counted from 0 over all calls; then nothing of x is taken.
func (s *Stats) Add(x []float32) error {
	if len(x)%s.inputs != 0 {
		return fmt.Errorf("prep: %d values: want whole rows of %d", len(x), s.inputs)
	}
	for i, v := range x {
		if !finite(v) {
			return fmt.Errorf("prep: %g in row %d, column %d (from 0): want finite values", v, s.rows+i/s.inputs, i%s.inputs)
		}
	}
	for ; len(x) > 0; x = x[s.inputs:] {
		row := x[:s.inputs]
		if s.rows == 0 {
			copy(s.least, row)
			copy(s.most, row)
		}
		s.rows++
		n := float64(s.rows)
		for j, v := range row {
			s.least[j], s.most[j] = min(s.least[j], v), max(s.most[j], v)
			// B. P. Welford, Note on a method for calculating corrected sums of squares and
			// products, 1962. The conversion keeps the product from being fused on some machines.
			d := float64(v) - s.mean[j]
			s.mean[j] += d / n
			s.squares[j] += float64(d * (float64(v) - s.mean[j]))
		}
		if s.factor != nil {
			s.factor.add(row)
		}
	}
	return nil
}

// constant says whether all values of column j are equal.
func (s *Stats) constant(j int) bool { return s.least[j] == s.most[j] }

// factor keeps a matrix F with FᵀF = XᵀX for the rows X seen so far, each row a 1 and then
// the inputs less those of the first row. X itself is such an F; when there are too many
// rows, the R of X's QR decomposition takes their place. So F holds the covariance without
// ever squaring a number, which would lose the small half of its digits.
type factor struct {
	columns int       // inputs + 1
	shift   []float64 // the first row: brings the numbers near 0
	f       []float64 // (rows, columns), row-major
	rows    int
	most    int // rows before f is reduced
	reduced bool
	tau     []float64
	work    []float64
}

func newFactor(inputs int) *factor {
	n := inputs + 1
	// Of each reduction n rows are those of the last one: the more others, the less work. 2²²
	// numbers are 32 MiB.
	others := max(n, min(16*n, 1<<22/n))
	return &factor{columns: n, most: n + others}
}

func (q *factor) add(row []float32) {
	if q.shift == nil {
		for _, v := range row {
			q.shift = append(q.shift, float64(v))
		}
	}
	if q.rows == q.most {
		q.reduce()
	}
	q.f = append(q.f[:q.rows*q.columns], 1)
	for j, v := range row {
		q.f = append(q.f, float64(v)-q.shift[j])
	}
	q.rows++
}

// reduce replaces the rows by R.
func (q *factor) reduce() {
	n := q.columns
	a := blas64.General{Rows: q.rows, Cols: n, Stride: n, Data: q.f}
	if q.tau == nil {
		q.tau = make([]float64, n)
		size := make([]float64, 1)
		lapack64.Geqrf(a, q.tau, size, -1)
		q.work = make([]float64, int(size[0]))
	}
	lapack64.Geqrf(a, q.tau, q.work, len(q.work))
	for i := 1; i < n; i++ {
		clear(q.f[i*n:][:i]) // below the diagonal are the reflections
	}
	q.rows, q.reduced = n, true
}

// centred returns a matrix C of the chosen columns, each multiplied by its scale, with
// CᵀC = Σ (x-mean)(x-mean)ᵀ. mean is that of all columns.
func (q *factor) centred(chosen []int, mean, scale []float64) *mat.Dense {
	if q.rows > q.columns {
		q.reduce()
	}
	// R's first row belongs to the column of ones. The others are what is orthogonal to
	// it: the rows less their mean.
	first := 0
	if q.reduced {
		first = 1
	}
	c := mat.NewDense(q.rows-first, len(chosen), nil)
	for i := range q.rows - first {
		for k, j := range chosen {
			v := q.f[(i+first)*q.columns+1+j]
			if !q.reduced {
				v -= mean[j] - q.shift[j]
			}
			c.Set(i, k, v*scale[k])
		}
	}
	return c
}

// rounding is the relative size below which a singular value is taken for 0: the usual
// bound of the decomposition's error.
func rounding(rows, columns int) float64 { return float64(max(rows, columns)) * 0x1p-52 }

// directions returns the right singular vectors of c (columns, k) and the singular values, k of
// them, largest first: those above rounding only. Of each vector the element of largest
// magnitude is positive.
func directions(c *mat.Dense, rows int) (v *mat.Dense, values []float64, err error) {
	var svd mat.SVD
	if !svd.Factorize(c, mat.SVDThinV) {
		return nil, nil, fmt.Errorf("prep: the singular value decomposition did not converge")
	}
	values = svd.Values(nil)
	v = new(mat.Dense)
	svd.VTo(v)
	n, _ := v.Dims()
	k := 0
	for k < len(values) && values[k] > values[0]*rounding(rows, n) {
		k++
	}
	for j := range k {
		// Of two that are equal but for rounding the first one decides.
		const tie = 1 - 1e-9
		best := 0.0
		for i := range n {
			if w := v.At(i, j); math.Abs(w)*tie > math.Abs(best) {
				best = w
			}
		}
		if best < 0 {
			for i := range n {
				v.Set(i, j, -v.At(i, j))
			}
		}
	}
	return v, values[:k], nil
}
