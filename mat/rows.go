package mat

import "math/bits"

// Rows of a batch: gathered from a data set, filled with a bias, summed over, classified.
// Nothing is fused here, so all levels, generic included, give the same bits.

// Gather copies rows of n elements: row i of dst (len(index), n) is row index[i] of src.
// dst and src must not overlap. Panics if n < 1, len(dst) is not len(index)·n, or an index is
// not that of a whole row of src.
func Gather(dst, src []float32, index []int, n int) {
	checkGather(dst, src, index, n)
	if shared(dst, src) {
		panic(badOverlap)
	}
	for i, r := range index {
		copy(dst[i*n:][:n], src[r*n:][:n])
	}
}

// GatherAffine is Gather with the map of Affine: dst[i,j] = (src[index[i],j] - mean[j])·scale[j].
// Panics as both do.
func GatherAffine(dst, src []float32, index []int, n int, mean, scale []float32) {
	checkGather(dst, src, index, n)
	checkAffine(n, mean, scale)
	if shared(dst, src) || shared(dst, mean) || shared(dst, scale) {
		panic(badOverlap)
	}
	if n < groupWidth {
		gatherNarrow(dst, src, index, n, mean, scale)
		return
	}
	for i, r := range index {
		affineRow(dst[i*n:][:n], src[r*n:][:n], mean, scale)
	}
}

// gatherNarrow writes whole groups where there is room: what is beyond a row's end is
// overwritten by the next rows.
func gatherNarrow(dst, src []float32, index []int, n int, mean, scale []float32) {
	var m, s [groupWidth]float32
	copy(m[:], mean)
	if copy(s[:], scale) == 0 {
		for j := range s {
			s[j] = 1 // exact
		}
	}
	for i, r := range index {
		to, from := i*n, r*n
		touchRows(dst[to:][:n], src[from:][:n], nil, 1, n, n)
		if to+groupWidth <= len(dst) && from+groupWidth <= len(src) &&
			affine(dst[to:][:groupWidth], src[from:][:groupWidth], m[:], s[:]) > 0 {
			continue
		}
		affineGo(dst[to:][:n], src[from:][:n], m[:], s[:])
	}
}

// Affine sets dst[i,j] = (x[i,j] - mean[j])·scale[j] for rows of n = len(mean) elements, with
// two roundings; scale nil leaves out the product. dst may be x. Panics if lengths differ,
// len(x) is not a multiple of n, or n is 0.
func Affine(dst, x, mean, scale []float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	n := len(mean)
	checkAffine(n, mean, scale)
	if len(x)%n != 0 {
		panic("mat: len(x) is not a multiple of len(mean)")
	}
	apart(dst, x)
	if shared(dst, mean) || shared(dst, scale) {
		panic(badOverlap)
	}
	for at := 0; at < len(x); at += n {
		affineRow(dst[at:][:n], x[at:][:n], mean, scale)
	}
}

func checkGather(dst, src []float32, index []int, n int) {
	if n < 1 {
		panic("mat: n < 1")
	}
	if !holdsRows(dst, len(index), n) {
		panic("mat: len(dst) != len(index)*n")
	}
	rows := uint(len(src) / n)
	for _, r := range index {
		if uint(r) >= rows {
			panic("mat: Gather: index out of range")
		}
	}
}

func checkAffine(n int, mean, scale []float32) {
	if n < 1 {
		panic("mat: n < 1")
	}
	if len(mean) != n || scale != nil && len(scale) != n {
		panic("mat: len(mean) or len(scale) != n")
	}
}

func affineRow(dst, x, mean, scale []float32) {
	touchRows(dst, x, mean, 1, len(dst), 0)
	touch(nil, scale, nil)
	if scale == nil {
		Sub(dst, x, mean)
		return
	}
	for len(dst) > 0 {
		n := min(block, len(dst))
		done := affine(dst[:n], x[:n], mean, scale)
		affineGo(dst[done:n], x[done:n], mean[done:], scale[done:])
		dst, x, mean, scale = dst[n:], x[n:], mean[n:], scale[n:]
	}
}

func affineGo(dst, x, mean, scale []float32) {
	for i, v := range x {
		dst[i] = (v - mean[i]) * scale[i]
	}
}

// FillRows copies row to every row of dst, whose length is a multiple of len(row): the bias,
// from which the sums of a product start. Panics if it is not, or row is empty.
func FillRows(dst, row []float32) {
	if len(row) == 0 || len(dst)%len(row) != 0 {
		panic("mat: len(dst) is not a multiple of len(row)")
	}
	// What is there is copied behind itself: few long copies, also of narrow rows.
	unit := len(row)
	for done := copy(dst, row); done < len(dst); {
		done += copy(dst[done:], dst[:unit])
		if unit < block {
			unit = done
		}
	}
}

// AddRows adds row to every row of x, whose length is a multiple of len(row). Panics if it is
// not, or row is empty.
func AddRows(x, row []float32) {
	if len(row) == 0 || len(x)%len(row) != 0 {
		panic("mat: len(x) is not a multiple of len(row)")
	}
	if shared(x, row) {
		panic(badOverlap)
	}
	for ; len(x) > 0; x = x[len(row):] {
		Add(x[:len(row)], x[:len(row)], row)
	}
}

// Argmax sets dst[i] to the index of the largest element of row i of x (len(dst), n), the
// first of equals. A NaN loses to every number; all NaN give 0. Panics if n < 1 or
// len(x) is not len(dst)·n.
func Argmax(dst []int, x []float32, n int) {
	checkRows(len(dst), x, n)
	for i := range dst {
		dst[i] = argmax(x[i*n:][:n])
	}
}

// Correct returns for how many rows of x (len(labels), n) Argmax is the label. Panics if
// n < 1 or len(x) is not len(labels)·n.
func Correct(labels []int, x []float32, n int) int {
	checkRows(len(labels), x, n)
	count := 0
	for i, label := range labels {
		if argmax(x[i*n:][:n]) == label {
			count++
		}
	}
	return count
}

func checkRows(rows int, x []float32, n int) {
	if n < 1 {
		panic("mat: n < 1")
	}
	if !holdsRows(x, rows, n) {
		panic("mat: len(x) is not a row of n for each element")
	}
}

// holdsRows reports whether x is as long as so many rows of n, whose product may overflow.
func holdsRows(x []float32, rows, n int) bool {
	if rows < 0 || n < 0 {
		return false
	}
	high, low := bits.Mul(uint(rows), uint(n))
	return high == 0 && low == uint(len(x))
}

// argmax goes block by block; a later block must be larger, or the first with a number.
func argmax(x []float32) int {
	touch(nil, x, nil)
	if len(x) <= block {
		return argmaxBlock(x)
	}
	best := 0
	for from := 0; from < len(x); from += block {
		i := from + argmaxBlock(x[from:min(len(x), from+block)])
		if v, top := x[i], x[best]; v > top || top != top && v == v {
			best = i
		}
	}
	return best
}

func argmaxGo(x []float32) int {
	best := 0
	for j, v := range x {
		if v > x[best] || x[best] != x[best] && v == v {
			best = j
		}
	}
	return best
}

// ColumnSums sets dst[j] = Σ x[i,j] over the rows of x (rows, n), row-major with leading
// dimension ld: one addition per row, in order, from +0. It is the gradient of a bias, and
// adding row by row gives the same bits. For a range of columns pass dst[from:to], x[from:]
// and n = to-from. dst must not overlap x. Panics if rows or n is negative, ld < n, len(dst) is not n
// or x is too short.
func ColumnSums(dst, x []float32, rows, n, ld int) {
	if len(dst) != n {
		panic("mat: len(dst) != n")
	}
	checkMatrix(x, rows, n, ld)
	if shared(dst, x) {
		separateRows(x, rows, n, ld, dst, 1, n, n)
	}
	touch(dst, nil, nil)
	touchRows(nil, x, nil, rows, n, ld)
	if rows > 0 && n > 0 && n <= narrowWidth && rows <= block/narrowWidth && narrowSums(dst, x, rows, ld) {
		return
	}
	clear(dst)
	if rows == 0 || n == 0 {
		return
	}
	j := 0
	for ; j+widePanel <= n; j += widePanel {
		columnSums(dst[j:][:widePanel], x[j:], rows, ld)
	}
	for ; j+groupWidth <= n; j += groupWidth {
		columnSums(dst[j:][:groupWidth], x[j:], rows, ld)
	}
	if j == n {
		return
	}
	if n > groupWidth { // the last columns again, with some before them
		clear(dst[n-groupWidth:])
		columnSums(dst[n-groupWidth:], x[n-groupWidth:], rows, ld)
		return
	}
	// Narrow rows are read beyond their end as far as x goes, and what is there is not used.
	var sums [groupWidth]float32
	whole := wholeRows(len(x), rows, ld)
	if whole > 0 {
		columnSums(sums[:], x, whole, ld)
	}
	columnSumsGo(sums[:n], x[whole*ld:], rows-whole, ld)
	copy(dst, sums[:n])
}

// widePanel is how many columns are summed side by side where there are that many: four
// registers of AVX-512, whose additions hide each other's latency.
const widePanel = 64

// narrowWidth columns are two registers of AVX-512, whose masks leave out what is beyond a row.
const narrowWidth = 32

// wholeRows is how many of the first rows can be read for groupWidth elements. The last
// row left is at least one, so that whole·ld is inside of x.
func wholeRows(length, rows, ld int) int {
	if length < groupWidth {
		return 0
	}
	return min(rows-1, (length-groupWidth)/ld+1)
}

func checkMatrix(x []float32, rows, n, ld int) {
	if rows < 0 || n < 0 {
		panic("mat: rows < 0 or n < 0")
	}
	if ld < n {
		panic("mat: ld < n")
	}
	if rows > 0 && n > 0 && !holds(x, rows, n, ld) {
		panic("mat: a matrix is too short")
	}
}

// columnSums adds rows to sums, of widePanel or groupWidth columns, some rows a call.
func columnSums(sums, x []float32, rows, ld int) {
	for step := block / len(sums); ; {
		k := min(step, rows)
		if !columnSumsAsm(sums, x, k, ld) {
			columnSumsGo(sums, x, k, ld)
		}
		if rows -= k; rows == 0 {
			return
		}
		x = x[k*ld:]
	}
}

func columnSumsGo(sums, x []float32, rows, ld int) {
	for i := range rows {
		row := x[i*ld:][:len(sums)]
		for j, v := range row {
			sums[j] += v
		}
	}
}
