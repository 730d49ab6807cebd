package mat

import (
	"github.com/sinew-ml/sinew/internal/fmath"
)

// Softmax and the losses that start from logits. The largest logit of a row is
// subtracted first, so logits of any size are safe (log-sum-exp form). With z-top rounded
// to float32, a probability is within (|z-top| + n/16 + 8)·2⁻²⁴ of itself; a sum runs in
// 16 lanes (element i in lane i mod 16) that are added up by halves, per block of 16384
// elements, and its logarithm is in float32. The generic level evaluates rows in float64
// and in order.
//
// A row with NaN or +Inf, or with nothing but -Inf, gives NaN.

const (
	rowWidth = 16 // the kernels for many rows take rows of one vector of AVX-512
	rowChunk = 64 // rows per kernel call
)

// rowSums are the sums of a chunk of rows; the assembly knows the order.
type rowSums struct {
	top   [rowChunk]float32 // largest logit
	sum   [rowChunk]float32 // of e^(z-top)
	total [rowChunk]float32 // of the targets
	below [rowChunk]float32 // of target·(top-z)
}

const (
	badRows    = "mat: rows and columns do not fit the length"
	badLSE     = "mat: len(logSumExp) != rows"
	badLabels  = "mat: len(labels) != rows"
	badLabel   = "mat: label out of range"
	badWeights = "mat: len(weights) != rows"
	badSmooth  = "mat: label smoothing outside [0, 1)"
)

// Softmax sets dst[i] = e^x[i] / Σ e^x[j] for the elements of one row and returns the
// logarithm of the sum, log Σ e^x[j]. dst may be x. Panics if lengths differ or there
// are no elements.
func Softmax(dst, x []float32) (logSumExp float64) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	if len(x) == 0 {
		panic("mat: Softmax: no elements")
	}
	var lse [1]float64
	SoftmaxRows(dst, x, 1, len(x), lse[:])
	return lse[0]
}

// SoftmaxRows is Softmax for each row of x (rows, n) and writes dst (rows, n). If
// logSumExp is not nil it gets the logarithms of the rows' sums. dst may be x.
// Panics if lengths do not fit or n < 1.
func SoftmaxRows(dst, x []float32, rows, n int, logSumExp []float64) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	checkLogits(x, rows, n)
	if logSumExp != nil && len(logSumExp) != rows {
		panic(badLSE)
	}
	touch(dst, x, nil)
	if rows == 1 && n <= rowWidth && logSumExp == nil && softmaxRow(dst, x) {
		return
	}
	softmaxRows(dst, x, rows, n, logSumExp)
}

// LogSumExpRows sets logSumExp[i] = log Σ e^x[i,j] for each row of x (rows, n).
// Panics if lengths do not fit or n < 1.
func LogSumExpRows(logSumExp []float64, x []float32, n int) {
	checkLogits(x, len(logSumExp), n)
	touch(nil, x, nil)
	softmaxRows(nil, x, len(logSumExp), n, logSumExp)
}

// LogSoftmaxRows sets dst[i,j] = x[i,j] - log Σ e^x[i,k] for each row of x (rows, n),
// as (x - top) - log Σ e^(x-top). dst may be x. Panics if lengths do not fit or n < 1.
func LogSoftmaxRows(dst, x []float32, rows, n int) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	checkLogits(x, rows, n)
	touch(dst, x, nil)
	if !vectorRows() {
		for i := range rows {
			d, x := dst[i*n:][:n], x[i*n:][:n]
			top, sum := expSum64(x)
			shift := top + fmath.Log(sum)
			for j, v := range x {
				d[j] = float32(float64(v) - shift)
			}
		}
		return
	}
	var s rowSums
	for from := 0; from < rows; from += rowChunk {
		m := min(rowChunk, rows-from)
		rowSumsOf(nil, x[from*n:][:m*n], m, n, &s)
		log(s.sum[:m], s.sum[:m])
		for i := range m {
			minusAll(dst[(from+i)*n:][:n], x[(from+i)*n:][:n], s.top[i], s.sum[i])
		}
	}
}

// minusAll sets dst[i] = (x[i] - a) - b, with two roundings. dst may be x.
func minusAll(dst, x []float32, a, b float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	for len(dst) > 0 {
		n := min(block, len(dst))
		minus(dst[:n], x[:n], a, b)
		dst, x = dst[n:], x[n:]
	}
}

// checkLogits panics unless x holds rows of n ≥ 1 elements.
func checkLogits(x []float32, rows, n int) {
	if n < 1 || !holdsRows(x, rows, n) {
		panic(badRows)
	}
}

func softmaxRows(dst, x []float32, rows, n int, logSumExp []float64) {
	if !vectorRows() {
		for i := range rows {
			var d []float32
			if dst != nil {
				d = dst[i*n:][:n]
			}
			if lse := softmaxGo(d, x[i*n:][:n]); logSumExp != nil {
				logSumExp[i] = lse
			}
		}
		return
	}
	var s rowSums
	for from := 0; from < rows; from += rowChunk {
		m := min(rowChunk, rows-from)
		var d []float32
		if dst != nil {
			d = dst[from*n:][:m*n]
		}
		rowSumsOf(d, x[from*n:][:m*n], m, n, &s)
		if logSumExp != nil {
			log(s.sum[:m], s.sum[:m])
			for i := range m {
				logSumExp[from+i] = float64(s.top[i]) + float64(s.sum[i])
			}
		}
	}
}

// rowSumsOf sets the tops and sums of at most rowChunk rows, and p to their softmax
// unless it is nil.
func rowSumsOf(p, x []float32, rows, n int, s *rowSums) {
	if n <= rowWidth {
		var first *float32
		if p != nil {
			first = &p[0]
		}
		softmax16(first, &x[0], rows, n, s)
		return
	}
	for i := range rows {
		x := x[i*n:][:n]
		top := Max(x)
		var sum float32
		for from := 0; from < n; from += block {
			m := min(block, n-from)
			var e *float32
			if p != nil {
				e = &p[i*n+from]
			}
			sum += expSum(e, &x[from], m, top)
		}
		if p != nil {
			Scal(1/sum, p[i*n:][:n])
		}
		s.top[i], s.sum[i] = top, sum
	}
}

// softmaxGo is Softmax of one row in float64; nothing is written to dst = nil.
func softmaxGo(dst, x []float32) (logSumExp float64) {
	top, sum := expSum64(x)
	if dst != nil {
		for i, v := range x {
			dst[i] = float32(fmath.Exp(float64(v)-top) / sum)
		}
	}
	return top + fmath.Log(sum)
}

// expSum64 returns the largest x and Σ e^(x-top).
func expSum64(x []float32) (top, sum float64) {
	top = float64(Max(x))
	for _, v := range x {
		sum += fmath.Exp(float64(v) - top)
	}
	return top, sum
}

// SoftmaxCrossEntropy computes for each row of logits z (rows, n) with targets t (rows, n)
//
//	p = softmax z      loss = Σ t'·(log Σ e^z - z)      dz = (p·Σt' - t')·f
//
// where t' = (1-smoothing)·t + smoothing/n are the smoothed targets (Szegedy and others
// 2016) and f is scale, or scale·weights[row] if weights is not nil; a mean over the rows
// has scale 1/rows. dz is the gradient of Σ f·loss; the losses themselves are neither
// weighted nor scaled. Products with t' = 0 count as 0 even if z is -Inf.
//
// loss has one element per row. p may be z, and dz may be t. Panics if lengths do not fit,
// n < 1 or smoothing is not in [0, 1).
func SoftmaxCrossEntropy(loss []float64, p, dz, z, t []float32, n int, smoothing float64, scale float32, weights []float32) {
	rows := len(loss)
	if len(t) != len(z) {
		panic("mat: len(t) != len(z)")
	}
	checkCrossEntropy(p, dz, z, rows, n, smoothing, weights)
	apart(dz, t)
	if shared(p, t) {
		panic(badOverlap)
	}
	crossEntropy(loss, p, dz, z, t, rows, n, smoothing, scale, weights)
}

// SoftmaxCrossEntropyLabels is SoftmaxCrossEntropy for the class labels 0...n-1 of
// the rows, which stand for targets of 1 at the label and 0 elsewhere.
// It also panics if a label is out of range.
func SoftmaxCrossEntropyLabels(loss []float64, p, dz, z []float32, labels []int, n int, smoothing float64, scale float32, weights []float32) {
	rows := len(loss)
	if len(labels) != rows {
		panic(badLabels)
	}
	checkCrossEntropy(p, dz, z, rows, n, smoothing, weights)
	for _, label := range labels {
		if uint(label) >= uint(n) {
			panic(badLabel)
		}
	}
	if smoothing == 0 && n <= rowWidth && crossLabels(loss, p, dz, z, labels, n, scale, weights) {
		return
	}
	clear(dz)
	for i, label := range labels {
		dz[i*n+label] = 1
	}
	crossEntropy(loss, p, dz, z, dz, rows, n, smoothing, scale, weights)
}

// crossLabels is SoftmaxCrossEntropyLabels without smoothing for rows of at most rowWidth
// logits. It reports false, with nothing done, if the level has no kernel for that.
func crossLabels(loss []float64, p, dz, z []float32, labels []int, n int, scale float32, weights []float32) bool {
	factor, step := [rowWidth]float32{scale}, 0
	if weights != nil {
		step = 4
	}
	for from := 0; from < len(loss); from += rowWidth {
		m := min(rowWidth, len(loss)-from)
		if weights != nil {
			for i, w := range weights[from:][:m] {
				factor[i] = scale * w
			}
		}
		at := from * n
		if !labels16(loss[from:][:m], &p[at], &dz[at], &z[at], &labels[from], n, &factor[0], step) {
			return false
		}
	}
	touch(p, z, nil) // after the kernels: before them the level is not known to have one
	touch(dz, nil, nil)
	touch64(loss)
	return true
}

func checkCrossEntropy(p, dz, z []float32, rows, n int, smoothing float64, weights []float32) {
	checkLogits(z, rows, n)
	if len(p) != len(z) {
		panic("mat: len(p) != len(z)")
	}
	if len(dz) != len(z) {
		panic("mat: len(dz) != len(z)")
	}
	if !(smoothing >= 0 && smoothing < 1) {
		panic(badSmooth)
	}
	if weights != nil && len(weights) != rows {
		panic(badWeights)
	}
	apart(p, z)
	if shared(p, dz) || shared(dz, z) || shared(p, weights) || shared(dz, weights) {
		panic(badOverlap)
	}
}

func crossEntropy(loss []float64, p, dz, z, t []float32, rows, n int, smoothing float64, scale float32, weights []float32) {
	touch(p, z, nil)
	touch(dz, t, nil)
	keep, spread := float32(1-smoothing), float32(smoothing/float64(n))
	vector := vectorRows()
	var s rowSums
	var factor [rowChunk]float32
	for from := 0; from < rows; from += rowChunk {
		m := min(rowChunk, rows-from)
		for i := range m {
			factor[i] = scale
			if weights != nil {
				factor[i] = scale * weights[from+i]
			}
		}
		switch at := from * n; {
		case !vector:
			for i := range m {
				at := (from + i) * n
				loss[from+i] = crossGo(p[at:][:n], dz[at:][:n], z[at:][:n], t[at:][:n], keep, spread, factor[i])
			}
			continue
		case n <= rowWidth:
			cross16(&p[at], &dz[at], &z[at], &t[at], &factor[0], m, n, keep, spread, &s)
		default:
			for i := range m {
				at := (from + i) * n
				crossRow(p[at:][:n], dz[at:][:n], z[at:][:n], t[at:][:n], keep, spread, factor[i], i, &s)
			}
		}
		log(s.sum[:m], s.sum[:m])
		for i := range m { // the product of two float32 is exact in float64
			loss[from+i] = float64(s.below[i]) + float64(float64(s.total[i])*float64(s.sum[i]))
		}
	}
}

// crossRow does one row of any length and puts its sums at i.
func crossRow(p, dz, z, t []float32, keep, spread, factor float32, i int, s *rowSums) {
	top := Max(z)
	var sum [3]float32
	for from := 0; from < len(z); from += block {
		var part [3]float32
		crossSum(&p[from], &z[from], &t[from], min(block, len(z)-from), top, keep, spread, &part)
		for j, v := range part {
			sum[j] += v
		}
	}
	for from := 0; from < len(z); from += block {
		crossGrad(&p[from], &dz[from], &t[from], min(block, len(z)-from), 1/sum[0], sum[1], factor, keep, spread)
	}
	s.top[i], s.sum[i], s.total[i], s.below[i] = top, sum[0], sum[1], sum[2]
}

// crossGo does one row in float64 and returns its loss.
func crossGo(p, dz, z, t []float32, keep, spread, factor float32) (loss float64) {
	top, sum := expSum64(z)
	logSum := fmath.Log(sum)
	total := 0.0
	for j, v := range t {
		target := float64(float64(v)*float64(keep)) + float64(spread)
		total += target
		if target != 0 {
			loss += float64(target * ((top - float64(z[j])) + logSum))
		}
	}
	for j, v := range z {
		target := float64(float64(t[j])*float64(keep)) + float64(spread)
		prob := fmath.Exp(float64(v)-top) / sum
		p[j] = float32(prob)
		dz[j] = float32(float64(prob*total)-target) * factor
	}
	return loss + float64(0*(top+logSum)) // NaN or infinite logits show even if all targets are 0
}

// binaryBlock is the most elements of a row whose losses Sum adds up; their sums are
// added in float64.
const binaryBlock = 512

// BinaryCrossEntropy computes for each row of logits z (rows, n) with targets t (rows, n) in [0, 1]
//
//	loss = Σ log(1+e^z) - t·z      dz = (sigmoid(z) - t)·scale·weights[row]
//
// which is -t·log s - (1-t)·log(1-s) for s = sigmoid(z), without its overflow and
// cancellation; a mean over rows and outputs has scale 1/(rows·n). Without weights (nil)
// they are 1. The losses are neither weighted nor scaled. An infinite z has a loss of +Inf or NaN.
//
// loss has one element per row, the sum of elements that are within 2.5 units in the last
// place for t = 0 and t = 1. dz may be z or t. Panics if lengths do not fit or n < 1.
func BinaryCrossEntropy(loss []float64, dz, z, t []float32, n int, scale float32, weights []float32) {
	rows := len(loss)
	if len(t) != len(z) {
		panic("mat: len(t) != len(z)")
	}
	checkLogits(z, rows, n)
	if len(dz) != len(z) {
		panic("mat: len(dz) != len(z)")
	}
	if weights != nil && len(weights) != rows {
		panic(badWeights)
	}
	touch(dz, z, t)
	if shared(dz, weights) {
		panic(badOverlap)
	}
	var buffer [binaryBlock]float32
	if n <= binaryBlock {
		for from := 0; from < rows; from += binaryBlock / n {
			m := min(binaryBlock/n, rows-from)
			d := dz[from*n:][:m*n]
			crossBinary(buffer[:m*n], d, z[from*n:][:m*n], t[from*n:][:m*n], scale)
			for i := range m {
				loss[from+i] = float64(Sum(buffer[i*n:][:n]))
			}
		}
	} else {
		for i := range rows {
			loss[i] = 0
			for from := i * n; from < (i+1)*n; from += binaryBlock {
				m := min(binaryBlock, (i+1)*n-from)
				crossBinary(buffer[:m], dz[from:][:m], z[from:][:m], t[from:][:m], scale)
				loss[i] += float64(Sum(buffer[:m]))
			}
		}
	}
	switch {
	case weights == nil:
	case n == 1:
		Mul(dz, dz, weights)
	default:
		for i, w := range weights {
			Scal(w, dz[i*n:][:n])
		}
	}
}
