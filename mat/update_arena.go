package mat

import "math"

// What training does to whole arrays beside the rules. Nothing is fused: all levels,
// generic included, give the same bits. The assembly takes whole groups of updateWidth
// elements or columns, the portable Go the rest.

// AllFinite reports whether no x[i] is NaN or infinite.
func AllFinite(x []float32) bool {
	touch(nil, x, nil)
	for len(x) > 0 {
		n := min(block, len(x))
		done, ok := finite(x[:n])
		if !ok || !finiteGo(x[done:n]) {
			return false
		}
		x = x[n:]
	}
	return true
}

func finiteGo(x []float32) bool {
	var sum float32 // of +0, or NaN
	for _, v := range x {
		sum += v - v
	}
	return sum == 0
}

// ClipValue sets x[i] to -limit where it is below and to limit where it is above, as
// for clipping gradients by value. NaN stays. limit must be at least 0, or +Inf.
func ClipValue(x []float32, limit float32) {
	touch(x, nil, nil)
	for len(x) > 0 {
		n := min(block, len(x))
		done := clip(x[:n], limit)
		clipGo(x[done:n], limit)
		x = x[n:]
	}
}

func clipGo(x []float32, limit float32) {
	for i, v := range x {
		switch {
		case v > limit:
			x[i] = limit
		case v < -limit:
			x[i] = -limit
		}
	}
}

// Lerp sets dst[i] = dst[i] + t·(x[i] - dst[i]): a step of 0 ≤ t ≤ 1 from dst to x. An
// exponential moving average of weights with decay d takes t = 1-d, an even average of k
// of them t = 1/k with the k-th. With t = 1 the result is x only up to rounding; with
// t = 0 dst stays, but for -0, which may become +0, and what is not finite.
// dst may be x. Panics if lengths differ.
func Lerp(dst, x []float32, t float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	touch(dst, x, nil)
	for len(dst) > 0 {
		n := min(block, len(dst))
		done := lerp(dst[:n], x[:n], t)
		lerpGo(dst[done:n], x[done:n], t)
		dst, x = dst[n:], x[n:]
	}
}

func lerpGo(dst, x []float32, t float32) {
	for i, v := range x {
		dst[i] += float32(t * (v - dst[i]))
	}
}

const badMaxNorm = "mat: MaxNorm: len(w) is not rows·cols"

// MaxNorm scales each column of a row-major rows×cols matrix whose Euclidean norm
// exceeds limit down to that: with weights (in, out) a column holds the incoming
// weights of one unit (Srebro and Shraibman 2005; Srivastava et al. 2014). Other columns,
// and those with a NaN, are left as they are.
//
// The squares of a column are summed in float64, without overflow: those of even rows,
// those of odd rows, each from the first to the last, then both. The factor limit/norm and its products are rounded to float32, so that the new
// norm is limit to within 2⁻²³ of it, barring underflow. limit must be at least 0.
// Panics if rows or cols is negative or len(w) is not rows·cols.
func MaxNorm(w []float32, rows, cols int, limit float64) {
	if !holdsRows(w, rows, cols) {
		panic(badMaxNorm)
	}
	touch(w, nil, nil)
	for j := 0; j < cols && rows > 0; j += updateWidth {
		n := min(updateWidth, cols-j)
		var sums unitSums
		sums.add(w[j:], rows, n, cols)
		var factors [updateWidth]float32
		longer := false
		for l := range factors {
			factors[l] = 1
			if norm := math.Sqrt(sums[0][l] + sums[1][l]); norm > limit {
				factors[l] = float32(limit / norm)
				longer = true
			}
		}
		if !longer {
			continue
		}
		for i := 0; i < rows; i += columnRows {
			m := min(columnRows, rows-i)
			if n < updateWidth || !columnScale(&factors, w[i*cols+j:], m, cols) {
				columnScaleGo(factors[:n], w[i*cols+j:], m, cols)
			}
		}
	}
}

// SquareSum returns Σ w[i,j]² over a row-major rows×cols matrix with leading dimension ld, in
// float64, where squares are exact: of each column those of even rows and those of odd
// rows, each from the first to the last, then both; of 16 columns those of columns l and l+8, l
// and l+4, l and l+2, 0 and 1; then these from the first to the last, columns that the last ones
// lack being 0. For a range of columns pass w[from:] and cols = to-from. Panics if rows or cols
// is negative, ld < cols, or w is too short.
func SquareSum(w []float32, rows, cols, ld int) float64 {
	checkMatrix(w, rows, cols, ld)
	if rows == 0 || cols == 0 {
		return 0
	}
	touchRows(nil, w, nil, rows, cols, ld)
	sum := 0.0
	for j := 0; j < cols; j += updateWidth {
		var sums unitSums
		sums.add(w[j:], rows, min(updateWidth, cols-j), ld)
		var s [updateWidth / 2]float64
		for l := range s {
			s[l] = (sums[0][l] + sums[1][l]) + (sums[0][l+8] + sums[1][l+8])
		}
		sum += ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
	}
	return sum
}

// add adds the squares of n columns, at most updateWidth.
func (s *unitSums) add(w []float32, rows, n, stride int) {
	for i := 0; i < rows; i += columnRows {
		m := min(columnRows, rows-i)
		if n < updateWidth || !unitSquares(s, w[i*stride:], m, stride) {
			unitSquaresGo(s, n, w[i*stride:], m, stride)
		}
	}
}

// columnRows is how many rows of updateWidth columns one call of a kernel handles: even,
// so that every call starts with an even row.
const columnRows = block / updateWidth

// unitSums are those of even and of odd rows: two chains keep the units busy.
type unitSums [2][updateWidth]float64

// unitSquaresGo adds the squares of n columns in rows of the given distance.
func unitSquaresGo(sums *unitSums, n int, w []float32, rows, stride int) {
	for i := range rows {
		s := sums[i%2][:n]
		for l, v := range w[i*stride:][:n] {
			s[l] += float64(v) * float64(v) // the product is exact: fused or not
		}
	}
}

func columnScaleGo(factors []float32, w []float32, rows, stride int) {
	for i := range rows {
		row := w[i*stride:][:len(factors)]
		for l, f := range factors {
			row[l] *= f
		}
	}
}
