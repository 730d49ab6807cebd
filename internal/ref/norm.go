package ref

import "math"

// Norms of a matrix x (rows, n) with leading dimension ld. A step is Moments, InvStd,
// BatchNorm, NormSums and BatchNormGrad, or LayerNorm, NormSums and LayerNormGrad.

// Moments returns mean and biased variance of n columns: sums over rows in float64, of
// differences rounded to float32, whose squares are exact.
func Moments(x []float32, rows, n, ld int) (mean, variance []float32) {
	mean, variance = make([]float32, n), make([]float32, n)
	for j := range n {
		sum, squares := 0.0, 0.0
		for i := range rows {
			sum += float64(x[i*ld+j])
		}
		mean[j] = float32(sum / float64(rows))
		for i := range rows {
			d := float64(x[i*ld+j] - mean[j])
			squares += d * d
		}
		variance[j] = float32(squares / float64(rows))
	}
	return mean, variance
}

// InvStd returns 1/√(variance+eps), each operation rounded.
func InvStd(variance, eps float32) float32 {
	return 1 / float32(math.Sqrt(float64(variance+eps)))
}

// BatchNorm returns (x-mean)·(gamma·invstd) + beta.
func BatchNorm(x, mean, invstd, gamma, beta float32) float32 {
	return float32((x-mean)*float32(gamma*invstd)) + beta
}

// NormSums returns the sums over rows, in float64, of dy·h and dy for n columns, with
// h = (x-mean)·invstd; moments says which mean and invstd belong to element (i, j).
func NormSums(dy, x []float32, rows, n, ld int, moments func(i, j int) (mean, invstd float32)) (dgamma, dbeta []float32) {
	dgamma, dbeta = make([]float32, n), make([]float32, n)
	for j := range n {
		g, b := 0.0, 0.0
		for i := range rows {
			mean, invstd := moments(i, j)
			h := float32((x[i*ld+j] - mean) * invstd)
			g += float64(dy[i*ld+j]) * float64(h) // exact product
			b += float64(dy[i*ld+j])
		}
		dgamma[j], dbeta[j] = float32(g), float32(b)
	}
	return dgamma, dbeta
}

// BatchNormGrad returns ((dy - dbeta/rows) - (x-mean)·(invstd·(dgamma/rows)))·(gamma·invstd).
func BatchNormGrad(dy, x, mean, invstd, gamma, dgamma, dbeta float32, rows int) float32 {
	slope := float32(invstd * float32(dgamma/float32(rows)))
	t := float32((x - mean) * slope)
	return float32(((dy - float32(dbeta/float32(rows))) - t) * float32(gamma*invstd))
}

// LayerNorm returns one row's ((x-mean)·invstd)·gamma + beta, mean and invstd.
func LayerNorm(x, gamma, beta []float32, eps float32) (y []float32, mean, invstd float32) {
	n := float32(len(x))
	mean = Sum(x) / n
	d := make([]float32, len(x))
	for j := range d {
		d[j] = x[j] - mean
	}
	invstd = InvStd(Dot(d, d)/n, eps)
	y = make([]float32, len(x))
	for j := range y {
		y[j] = float32(float32(d[j]*invstd)*gamma[j]) + beta[j]
	}
	return y, mean, invstd
}

// LayerNormGrad returns one row's ((g-a) - h·b)·invstd, with g = dy·gamma, h = (x-mean)·invstd,
// and a and b the means of g and g·h.
func LayerNormGrad(dy, x, gamma []float32, mean, invstd float32) []float32 {
	n := float32(len(x))
	g, h, dx := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
	for j := range g {
		g[j] = dy[j] * gamma[j]
		h[j] = float32((x[j] - mean) * invstd)
	}
	a, b := Sum(g)/n, Dot(g, h)/n
	for j := range dx {
		dx[j] = float32(((g[j] - a) - float32(h[j]*b)) * invstd)
	}
	return dx
}
