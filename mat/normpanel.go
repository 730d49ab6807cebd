package mat

// Panels: how the norms split columns into groups of groupWidth for the assembly, which
// always takes whole groups. The columns left over are computed with some before them
// once more where that gives the same; narrow matrices are read and, where rows follow
// each other, written beyond the end of a row.

func checkNorm(rows, n, ld int, matrices, vectors [][]float32) {
	if rows < 1 {
		panic("mat: rows < 1")
	}
	for _, m := range matrices {
		checkMatrix(m, rows, n, ld)
	}
	for _, v := range vectors {
		if len(v) != n {
			panic("mat: a vector's length is not n")
		}
	}
}

// extent is what a matrix has of a slice: what follows is not to be touched.
func extent(x []float32, rows, n, ld int) []float32 {
	if n == 0 {
		return x[:0]
	}
	return x[:(rows-1)*ld+n]
}

// panel is where the group for column j starts, and its width: the last group has
// columns of the one before it, and fewer than groupWidth only if n is less.
func columnPanel(j, n int) (at, width int) {
	return max(0, min(j, n-groupWidth)), min(groupWidth, n)
}

// panelOnce is panel, but no column is done twice where that would change it.
func panelOnce(j, n int, inPlace bool) (at, width int) {
	if inPlace {
		return j, min(groupWidth, n-j)
	}
	return columnPanel(j, n)
}

// rowsToRead is how many of the first rows can be read for groupWidth columns, in a matrix
// with length elements left from the first of them on.
func rowsToRead(length, width, rows, ld int) int {
	if width == groupWidth {
		return rows
	}
	return wholeRows(length, rows, ld)
}

// rowsToWrite is how many of the first rows can be written for groupWidth columns: all if
// there are as many, else those that next rows follow without a gap, which are written
// later. In place they are inputs and not to be overwritten.
func rowsToWrite(length, width, rows, n, ld int, inPlace bool) int {
	switch {
	case width == groupWidth:
		return rows
	case inPlace || ld != n || width != n:
		return 0
	}
	return wholeRows(length, rows, ld)
}

// columnAdd adds the rows of w columns to sums. In it and the next functions the assembly
// takes what rows it can, in calls of panelRows, and the Go the rest.
func columnAdd(sums *[groupWidth]float64, x []float32, w, rows, ld int) {
	done := 0
	for whole := rowsToRead(len(x), w, rows, ld); done < whole; {
		k := min(panelRows, whole-done)
		if !columnAddAsm(sums, x[done*ld:], k, ld) {
			break
		}
		done += k
	}
	for i := done; i < rows; i++ {
		for c, v := range x[i*ld:][:w] {
			sums[c] += float64(v)
		}
	}
}

func columnSquares(sums *[groupWidth]float64, x []float32, mean *[groupWidth]float32, w, rows, ld int) {
	done := 0
	for whole := rowsToRead(len(x), w, rows, ld); done < whole; {
		k := min(panelRows, whole-done)
		if !columnSquaresAsm(sums, x[done*ld:], mean, k, ld) {
			break
		}
		done += k
	}
	for i := done; i < rows; i++ {
		for c, v := range x[i*ld:][:w] {
			d := float64(v - mean[c])
			sums[c] += d * d // exact, so fused or not is the same
		}
	}
}

// batchDots adds dy and dy·h to acc, with h from the moments of columns.
func batchDots(acc *normSums, dy, x []float32, mean, invstd *[groupWidth]float32, w, rows, ld int) {
	done := 0
	for whole := rowsToRead(len(x), w, rows, ld); done < whole; {
		k := min(panelRows, whole-done)
		if !batchDotsAsm(acc, dy[done*ld:], x[done*ld:], mean, invstd, k, ld) {
			break
		}
		done += k
	}
	for i := done; i < rows; i++ {
		for c, v := range x[i*ld:][:w] {
			d := float64(dy[i*ld+c])
			acc.beta[c] += d
			acc.gamma[c] += d * float64((v-mean[c])*invstd[c]) // exact
		}
	}
}

// layerDots is batchDots with the moments of rows.
func layerDots(acc *normSums, dy, x, mean, invstd []float32, w, rows, ld int) {
	done := 0
	for whole := rowsToRead(len(x), w, rows, ld); done < whole; {
		k := min(panelRows, whole-done)
		if !layerDotsAsm(acc, dy[done*ld:], x[done*ld:], mean[done:], invstd[done:], k, ld) {
			break
		}
		done += k
	}
	for i := done; i < rows; i++ {
		for c, v := range x[i*ld:][:w] {
			d := float64(dy[i*ld+c])
			acc.beta[c] += d
			acc.gamma[c] += d * float64((v-mean[i])*invstd[i]) // exact
		}
	}
}
