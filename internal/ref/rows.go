package ref

// Affine sets dst[i] = (x[i]-mean[i])·scale[i].
func Affine(dst, x, mean, scale []float32) {
	for i := range dst {
		dst[i] = float32((x[i] - mean[i]) * scale[i])
	}
}

// Argmax returns the index of the largest element, the first of equals; NaN loses to
// every number, all NaN give 0.
func Argmax(x []float32) int {
	best := -1
	for i, v := range x {
		if v == v && (best < 0 || v > x[best]) {
			best = i
		}
	}
	return max(best, 0)
}

// ColumnSums sets dst[j] to +0 + x[0,j] + x[1,j] + ..., one addition per row.
func ColumnSums(dst, x []float32, rows, ld int) {
	for j := range dst {
		dst[j] = 0
		for i := range rows {
			dst[j] += x[i*ld+j]
		}
	}
}
