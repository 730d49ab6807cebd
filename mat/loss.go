package mat

// Losses of regression, and their gradients, row by row. The elements' losses are computed
// and summed in float64, over lossLanes lanes (element j in lane j mod 16) that are added
// as halves: 8, 4, 2, 1; rows longer than a block add up their blocks. Nothing inexact is
// fused, so all levels, generic included, give the same bits, and a row gives the same
// bits alone and in any batch.

// lossLanes is the number of partial sums: two registers of AVX-512, in float64.
const lossLanes = 16

// lossRowsMax is how many rows' factors are prepared for one kernel call.
const lossRowsMax = 64

type lossKind uint8

const (
	squared lossKind = iota
	absolute
	huber
)

// HalfSquaredError computes, for each row i of y and t (rows, n), with d = y[i,j]-t[i,j]
// rounded to float32,
//
//	losses[i] = ½·Σ d²          dy[i,j] = c·d,  c = factor·weights[i], rounded
//
// where rows is len(losses) and weights nil stands for ones. losses are without weights and
// factor: the caller adds them up, in row order. For the mean of squares over rows and
// outputs (PyTorch's MSELoss) factor is 2/(rows·n) and losses count twice over n.
//
// dy may be y or t. Panics if n < 0, or a slice's length is not rows·n (weights: rows).
func HalfSquaredError(losses []float64, dy, y, t []float32, n int, factor float64, weights []float32) {
	lossAll(squared, losses, dy, y, t, n, factor, weights, 0)
	for i := range losses {
		losses[i] *= 0.5
	}
}

// AbsoluteError is as HalfSquaredError, with
//
//	losses[i] = Σ |d|           dy[i,j] = c·sign(d)
//
// where the sign of ±0 is ±0, as PyTorch has the derivative there, and that of NaN NaN.
func AbsoluteError(losses []float64, dy, y, t []float32, n int, factor float64, weights []float32) {
	lossAll(absolute, losses, dy, y, t, n, factor, weights, 0)
}

// HuberError is as HalfSquaredError, with
//
//	losses[i] = Σ ½d² where |d| ≤ delta, delta·(|d| - ½delta) elsewhere
//	dy[i,j] = c·min(max(d, -delta), delta)
//
// evaluated as m·(|d| - ½m) with m = min(|d|, delta), so that both meet at delta.
// It panics also if delta is not above 0. Source: Huber 1964; PyTorch's HuberLoss.
func HuberError(losses []float64, dy, y, t []float32, n int, factor float64, weights []float32, delta float32) {
	if !(delta > 0) {
		panic("mat: HuberError: delta is not above 0")
	}
	lossAll(huber, losses, dy, y, t, n, factor, weights, delta)
}

// OneHot sets the rows of dst (len(labels), n) to the targets that class labels stand for:
// 1 in the label's column and +0 elsewhere; with n = 1 the label itself, 0 or 1. Panics if
// len(dst) is not len(labels)·n or a label is not a column (with one column: not 0 or 1).
func OneHot(dst []float32, labels []int, n int) {
	if !holdsRows(dst, len(labels), n) {
		panic("mat: OneHot: len(dst) != len(labels)*n")
	}
	values := n
	if n == 1 {
		values = 2
	}
	for _, label := range labels {
		if label < 0 || label >= values {
			panic("mat: OneHot: label out of range")
		}
	}
	if n == 1 {
		for i, label := range labels {
			dst[i] = float32(label)
		}
		return
	}
	clear(dst)
	for i, label := range labels {
		dst[i*n+label] = 1
	}
}

func lossAll(kind lossKind, losses []float64, dy, y, t []float32, n int, factor float64, weights []float32, delta float32) {
	rows := len(losses)
	if n < 0 {
		panic("mat: n < 0")
	}
	if !holdsRows(dy, rows, n) || !holdsRows(y, rows, n) || !holdsRows(t, rows, n) {
		panic("mat: dy, y or t is not len(losses) rows of n")
	}
	if weights != nil && len(weights) != rows {
		panic("mat: len(weights) != len(losses)")
	}
	touch64(losses)
	touch(dy, y, t)
	if shared(dy, weights) {
		panic(badOverlap)
	}
	var c [lossRowsMax]float32
	for i := range c[:min(rows, len(c))] {
		c[i] = float32(factor)
	}
	for from := 0; from < rows; {
		to := min(rows, from+max(1, min(len(c), block/max(n, 1))))
		if weights != nil {
			for i, w := range weights[from:to] {
				c[i] = float32(factor * float64(w))
			}
		}
		at := from * n
		end := to * n
		if n <= block {
			lossRows(kind, losses[from:to], dy[at:end], y[at:end], t[at:end], n, c[:to-from], delta)
		} else { // one row
			losses[from] = 0
			for ; at < end; at += block {
				stop := min(end, at+block)
				var part [1]float64
				lossRows(kind, part[:], dy[at:stop], y[at:stop], t[at:stop], stop-at, c[:1], delta)
				losses[from] += part[0]
			}
		}
		from = to
	}
}

// lossRows does up to lossRowsMax rows, of n ≤ block each; c is the factor of each.
func lossRows(kind lossKind, losses []float64, dy, y, t []float32, n int, c []float32, delta float32) {
	if n > 0 && lossAsm(kind, losses, dy, y, t, n, c, delta) {
		return
	}
	for i := range losses {
		at := i * n
		losses[i] = lossGo(kind, dy[at:][:n], y[at:][:n], t[at:][:n], c[i], delta)
	}
}

func lossGo(kind lossKind, dy, y, t []float32, c, delta float32) float64 {
	var acc [lossLanes]float64
	switch kind {
	case squared:
		for j := range dy {
			d := y[j] - t[j]
			dy[j] = c * d
			acc[j%lossLanes] += float64(d) * float64(d) // exact, so fused or not is the same
		}
	case absolute:
		for j := range dy {
			d := y[j] - t[j]
			s := d
			if d > 0 {
				s = 1
			} else if d < 0 {
				s = -1
			}
			dy[j] = c * s
			acc[j%lossLanes] += float64(abs(d))
		}
	case huber:
		for j := range dy {
			d := y[j] - t[j]
			a := abs(d)
			m, s := a, d
			if a > delta {
				m = delta
				s = delta
				if d < 0 {
					s = -delta
				}
			}
			dy[j] = c * s
			acc[j%lossLanes] += float64(float64(m) * (float64(a) - 0.5*float64(m))) // ½m is exact
		}
	}
	for half := lossLanes / 2; half > 0; half /= 2 {
		for l := half; l < min(2*half, len(dy)); l++ { // the others are +0
			acc[l-half] += acc[l]
		}
	}
	return acc[0]
}
