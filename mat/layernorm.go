package mat

// Layer normalisation: J. Ba, J. Kiros and G. Hinton, Layer normalization, 2016. Rows do
// not depend on each other, and a row gives the same bits alone and in any batch. The
// sums over a row are Sum and Dot: fused levels give identical bits, the generic one agrees
// within their bounds.

// LayerNorm normalises each row of x (rows, n), packed:
//
//	mean = Σⱼ x[j] / n     d = x - mean     variance = Σⱼ d[j]² / n (biased)
//	invstd = 1/√(variance+eps)          dst[j] = (d[j]·invstd)·gamma[j] + beta[j]
//
// rounded after every operation except in the sums. mean[i] and invstd[i] of each row are
// kept for the gradient; both may be nil. dst may be x. Panics if n < 1, len(x) is not a
// multiple of n = len(gamma), or another length does not fit.
func LayerNorm(dst, x, gamma, beta []float32, eps float32, mean, invstd []float32) {
	n := len(gamma)
	rows := checkLayer(dst, x, gamma)
	if len(beta) != n {
		panic("mat: len(beta) != len(gamma)")
	}
	if (mean != nil || invstd != nil) && (len(mean) != rows || len(invstd) != rows) {
		panic("mat: len(mean) or len(invstd) is not the number of rows")
	}
	apart(dst, x)
	separate(dst, gamma, beta, mean, invstd)
	if mean != nil {
		separate(mean, x, gamma, beta, invstd)
		separate(invstd, x, gamma, beta)
	}
	for i := range rows {
		row := dst[i*n:][:n]
		m := Sum(x[i*n:][:n]) / float32(n)
		centre(row, x[i*n:][:n], m, 1) // a product with 1 is exact
		s := invStd(Dot(row, row)/float32(n), eps)
		scaleShift(row, row, gamma, beta, s)
		if mean != nil {
			mean[i], invstd[i] = m, s
		}
	}
}

// LayerNormSums sets the gradients of gamma and beta, as chains over rows in float64,
//
//	dgamma[j] = Σᵢ dy[i,j]·h[i,j]          dbeta[j] = Σᵢ dy[i,j]
//
// with h[i,j] = (x[i,j]-mean[i])·invstd[i], mean and invstd from LayerNorm. For a range of
// columns pass dy[from:] and so on, as for BatchNorm. All levels, generic included, give the
// same bits. Panics if rows < 1, n < 0, ld < n, a matrix is too short, dgamma's or dbeta's
// length is not n, or mean's or invstd's not rows.
func LayerNormSums(dgamma, dbeta, dy, x, mean, invstd []float32, rows, n, ld int) {
	checkNorm(rows, n, ld, [][]float32{dy, x}, [][]float32{dgamma, dbeta})
	if len(mean) != rows || len(invstd) != rows {
		panic("mat: len(mean) or len(invstd) is not the number of rows")
	}
	separateSums(dgamma, dbeta, rows, n, ld, [][]float32{dy, x}, [][]float32{mean, invstd})
	touchRows(nil, dy, x, rows, n, ld)
	touch(nil, mean, invstd)
	for j := 0; j < n; j += groupWidth {
		at, w := columnPanel(j, n)
		var acc normSums
		layerDots(&acc, extent(dy[at:], rows, w, ld), extent(x[at:], rows, w, ld), mean, invstd, w, rows, ld)
		acc.store(dgamma[at:], dbeta[at:], w)
	}
}

// LayerNormGrad sets the gradient of LayerNorm's input x (rows, n), packed: for each row
//
//	g[j] = dy[j]·gamma[j]     h[j] = (x[j]-mean)·invstd
//	a = Σⱼ g[j] / n           b = Σⱼ g[j]·h[j] / n
//	dx[j] = ((g[j] - a) - h[j]·b)·invstd
//
// with mean and invstd of the row from LayerNorm. scratch has n elements and is overwritten;
// dx may be dy or x. Panics if lengths do not fit, as LayerNorm does.
func LayerNormGrad(dx, dy, x, gamma, mean, invstd, scratch []float32) {
	n := len(gamma)
	rows := checkLayer(dx, x, gamma)
	if len(dy) != len(x) {
		panic("mat: len(dy) != len(x)")
	}
	if len(mean) != rows || len(invstd) != rows {
		panic("mat: len(mean) or len(invstd) is not the number of rows")
	}
	if len(scratch) != n {
		panic("mat: len(scratch) != len(gamma)")
	}
	apart(dx, dy, x)
	separate(dx, gamma, mean, invstd, scratch)
	separate(scratch, dy, x, gamma, mean, invstd)
	for i := range rows {
		row := dx[i*n:][:n]
		centre(scratch, x[i*n:][:n], mean[i], invstd[i])
		Mul(row, dy[i*n:][:n], gamma)
		a := Sum(row) / float32(n)
		b := Dot(row, scratch) / float32(n)
		layerGrad(row, scratch, a, b, invstd[i])
	}
}

func checkLayer(dst, x, gamma []float32) (rows int) {
	if len(gamma) == 0 {
		panic("mat: len(gamma) is 0")
	}
	if len(dst) != len(x) {
		panic(badDstX)
	}
	if len(x)%len(gamma) != 0 {
		panic("mat: len(x) is not a multiple of len(gamma)")
	}
	return len(x) / len(gamma)
}

// centre sets dst = (x-m)·s.
func centre(dst, x []float32, m, s float32) {
	touch(dst, x, nil)
	for len(dst) > 0 {
		n := min(block, len(dst))
		for i := centreAsm(dst[:n], x[:n], m, s); i < n; i++ {
			dst[i] = (x[i] - m) * s
		}
		dst, x = dst[n:], x[n:]
	}
}

// scaleShift sets dst = (x·s)·gamma + beta.
func scaleShift(dst, x, gamma, beta []float32, s float32) {
	touch(dst, x, gamma)
	touch(nil, beta, nil)
	for len(dst) > 0 {
		n := min(block, len(dst))
		for i := scaleShiftAsm(dst[:n], x[:n], gamma, beta, s); i < n; i++ {
			dst[i] = float32(float32(x[i]*s)*gamma[i]) + beta[i]
		}
		dst, x, gamma, beta = dst[n:], x[n:], gamma[n:], beta[n:]
	}
}

// layerGrad sets dx = ((dx-a) - h·b)·s.
func layerGrad(dx, h []float32, a, b, s float32) {
	touch(dx, h, nil)
	for len(dx) > 0 {
		n := min(block, len(dx))
		for i := layerGradAsm(dx[:n], h[:n], a, b, s); i < n; i++ {
			dx[i] = ((dx[i] - a) - float32(h[i]*b)) * s
		}
		dx, h = dx[n:], h[n:]
	}
}
