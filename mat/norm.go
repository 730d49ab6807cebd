package mat

import "math"

// Batch normalisation: S. Ioffe and C. Szegedy, Batch normalization: accelerating deep
// network training by reducing internal covariate shift, ICML 2015.
//
// A step over x (rows, n) with leading dimension ld is ColumnMoments, InvStd and BatchNorm
// forward, BatchNormSums and BatchNormGrad backward; inference is BatchNorm with the running
// statistics. Sums over rows are chains in float64 in row order; the rest is float32, rounded
// after every operation. Nothing inexact is fused, so all levels, generic included, give the
// same bits. Columns do not depend on each other: for columns from...to-1 pass x[from:] (and
// so on), n = to-from and the same ld, and the parts are the bits of the whole.
//
// All functions panic if rows < 1, n < 0, ld < n, a matrix is shorter than (rows-1)·ld+n, or
// a vector's length is not n.

// panelRows bounds one kernel call over groupWidth columns.
const panelRows = block / groupWidth

// ColumnMoments sets mean[j] to the mean of column j, and variance[j] to its biased
// variance, the mean of squares of x - mean[j] (in two passes, as that is accurate):
//
//	mean[j] = Σᵢ x[i,j] / rows          variance[j] = Σᵢ (x[i,j]-mean[j])² / rows
//
// The differences are rounded to float32, the quotients once. The unbiased variance, of
// which running statistics are made, is rows/(rows-1) times as large.
func ColumnMoments(mean, variance, x []float32, rows, n, ld int) {
	checkNorm(rows, n, ld, [][]float32{x}, [][]float32{mean, variance})
	separateSums(mean, variance, rows, n, ld, [][]float32{x}, nil)
	touchRows(nil, x, nil, rows, n, ld)
	count := float64(rows)
	for j := 0; j < n; j += groupWidth {
		at, w := columnPanel(j, n)
		var centre [groupWidth]float32
		var sums, squares [groupWidth]float64
		part := extent(x[at:], rows, w, ld)
		columnAdd(&sums, part, w, rows, ld)
		for c := range w {
			centre[c] = float32(sums[c] / count)
		}
		columnSquares(&squares, part, &centre, w, rows, ld)
		for c := range w {
			mean[at+c], variance[at+c] = centre[c], float32(squares[c]/count)
		}
	}
}

// InvStd sets dst[j] = 1/√(variance[j]+eps), rounded after each of the three operations.
// dst may be variance. Panics if lengths differ.
func InvStd(dst, variance []float32, eps float32) {
	if len(dst) != len(variance) {
		panic("mat: len(dst) != len(variance)")
	}
	apart(dst, variance)
	for j, v := range variance {
		dst[j] = invStd(v, eps)
	}
}

func invStd(variance, eps float32) float32 {
	return 1 / float32(math.Sqrt(float64(variance+eps))) // the root is the rounded one of float32
}

// MoveAverage sets running[j] = (1-rate)·running[j] + rate·(correction·batch[j]), rounded after
// every operation: correction is 1 for means and rows/(rows-1) for variances. rate is what
// PyTorch calls momentum, 0.1 there; that of Keras is 1-rate. running may be batch. Panics if
// lengths differ.
func MoveAverage(running, batch []float32, rate, correction float32) {
	if len(running) != len(batch) {
		panic("mat: len(running) != len(batch)")
	}
	apart(running, batch)
	keep := 1 - rate
	for j, v := range batch {
		running[j] = float32(keep*running[j]) + float32(rate*float32(correction*v))
	}
}

// BatchNorm sets
//
//	dst[i,j] = (x[i,j]-mean[j])·s[j] + beta[j],  s[j] = gamma[j]·invstd[j]
//
// dst has x's leading dimension and may be x.
func BatchNorm(dst, x, mean, invstd, gamma, beta []float32, rows, n, ld int) {
	checkNorm(rows, n, ld, [][]float32{dst, x}, [][]float32{mean, invstd, gamma, beta})
	separateNorm(dst, rows, n, ld, [][]float32{x}, [][]float32{mean, invstd, gamma, beta})
	touchRows(dst, x, nil, rows, n, ld)
	dst, x = extent(dst, rows, n, ld), extent(x, rows, n, ld)
	inPlace := n > 0 && &dst[0] == &x[0]
	for j := 0; j < n; j += groupWidth {
		at, w := panelOnce(j, n, inPlace)
		var p batchMap
		for c := range w {
			p.mean[c], p.scale[c], p.shift[c] = mean[at+c], gamma[at+c]*invstd[at+c], beta[at+c]
		}
		done := 0
		for whole := rowsToWrite(len(dst)-at, w, rows, n, ld, inPlace); done < whole; {
			k := min(panelRows, whole-done)
			if !batchApply(dst[at+done*ld:], x[at+done*ld:], &p, k, ld) {
				break
			}
			done += k
		}
		for i := done; i < rows; i++ {
			row := at + i*ld
			for c, v := range x[row:][:w] {
				dst[row+c] = float32((v-p.mean[c])*p.scale[c]) + p.shift[c]
			}
		}
	}
}

// batchMap is what a panel of columns has; the assembly knows the order.
type batchMap struct{ mean, scale, shift [groupWidth]float32 }

// BatchNormSums sets the gradients of gamma and beta,
//
//	dgamma[j] = Σᵢ dy[i,j]·h[i,j]          dbeta[j] = Σᵢ dy[i,j]
//
// with h[i,j] = (x[i,j]-mean[j])·invstd[j]; both are also what BatchNormGrad needs.
func BatchNormSums(dgamma, dbeta, dy, x, mean, invstd []float32, rows, n, ld int) {
	checkNorm(rows, n, ld, [][]float32{dy, x}, [][]float32{dgamma, dbeta, mean, invstd})
	separateSums(dgamma, dbeta, rows, n, ld, [][]float32{dy, x}, [][]float32{mean, invstd})
	touchRows(nil, dy, x, rows, n, ld)
	for j := 0; j < n; j += groupWidth {
		at, w := columnPanel(j, n)
		var m, s [groupWidth]float32
		copy(m[:], mean[at:][:w])
		copy(s[:], invstd[at:][:w])
		var acc normSums
		batchDots(&acc, extent(dy[at:], rows, w, ld), extent(x[at:], rows, w, ld), &m, &s, w, rows, ld)
		acc.store(dgamma[at:], dbeta[at:], w)
	}
}

// normSums are the sums of a panel of columns; the assembly knows the order.
type normSums struct{ beta, gamma [groupWidth]float64 }

func (acc *normSums) store(dgamma, dbeta []float32, w int) {
	for c := range w {
		dgamma[c], dbeta[c] = float32(acc.gamma[c]), float32(acc.beta[c])
	}
}

// BatchNormGrad sets the gradient of the input of batch normalisation by the batch's own
// moments,
//
//	dx[i,j] = ((dy[i,j] - a[j]) - (x[i,j]-mean[j])·c[j])·s[j]
//
// with a = dbeta/rows, c = invstd·(dgamma/rows), s = gamma·invstd, and dgamma, dbeta
// from BatchNormSums. dx has the leading dimension of dy and x and may be dy or x.
func BatchNormGrad(dx, dy, x, mean, invstd, gamma, dgamma, dbeta []float32, rows, n, ld int) {
	checkNorm(rows, n, ld, [][]float32{dx, dy, x}, [][]float32{mean, invstd, gamma, dgamma, dbeta})
	separateNorm(dx, rows, n, ld, [][]float32{dy, x}, [][]float32{mean, invstd, gamma, dgamma, dbeta})
	touchRows(dx, dy, x, rows, n, ld)
	dx, dy, x = extent(dx, rows, n, ld), extent(dy, rows, n, ld), extent(x, rows, n, ld)
	inPlace := n > 0 && (&dx[0] == &dy[0] || &dx[0] == &x[0])
	count := float32(rows)
	for j := 0; j < n; j += groupWidth {
		at, w := panelOnce(j, n, inPlace)
		var p batchGradMap
		for c := range w {
			p.mean[c], p.offset[c] = mean[at+c], dbeta[at+c]/count
			p.slope[c] = invstd[at+c] * float32(dgamma[at+c]/count)
			p.scale[c] = gamma[at+c] * invstd[at+c]
		}
		done := 0
		for whole := rowsToWrite(len(dx)-at, w, rows, n, ld, inPlace); done < whole; {
			k := min(panelRows, whole-done)
			if !batchGrad(dx[at+done*ld:], dy[at+done*ld:], x[at+done*ld:], &p, k, ld) {
				break
			}
			done += k
		}
		for i := done; i < rows; i++ {
			row := at + i*ld
			for c, v := range x[row:][:w] {
				t := float32((v - p.mean[c]) * p.slope[c])
				dx[row+c] = ((dy[row+c] - p.offset[c]) - t) * p.scale[c]
			}
		}
	}
}

// batchGradMap is what a panel of columns has; the assembly knows the order.
type batchGradMap struct{ mean, offset, slope, scale [groupWidth]float32 }
