package net

import (
	"math"

	"github.com/sinew-ml/sinew/mat"
)

// Norm says whether a layer normalises z = x·W + b before the activation.
type Norm uint8

// The norms. Both end in γ·ẑ + β with parameters γ and β (out), which start as 1 and 0.
const (
	NoNorm Norm = iota

	// BatchNorm subtracts from each unit its mean over the batch and divides by the
	// root of its (biased) variance plus Eps (Ioffe and Szegedy 2015). Predictions take
	// running averages instead, which training moves by a tenth towards each batch's
	// mean and unbiased variance, as PyTorch does; [Network.Fold] then makes it free.
	BatchNorm

	// LayerNorm does the same with the mean and variance over the units of each row
	// (Ba et al. 2016), in training and prediction alike.
	LayerNorm
)

const (
	defaultEps = 1e-5
	// runningShare is how far one batch moves the running averages.
	runningShare = 0.1
)

var normNames = []string{NoNorm: "none", BatchNorm: "batch", LayerNorm: "layer"}

// String returns the name used in JSON.
func (n Norm) String() string { return enumName("Norm", normNames, n) }

// MarshalText writes the name.
func (n Norm) MarshalText() ([]byte, error) { return enumText("norm", normNames, n) }

// UnmarshalText reads the name.
func (n *Norm) UnmarshalText(text []byte) error { return enumParse("norm", normNames, n, text) }

// params returns how many parameters a unit has for its norm.
func (n Norm) params() int64 {
	if n == NoNorm {
		return 0
	}
	return 2
}

// batchStats computes mean, 1/√(variance+eps) and the unbiased variance of z's columns
// from...to.
func (l *dense) batchStats(r *record, rows, from, to int) {
	n := float32(rows)
	for j := from; j < to; j++ {
		var sum, squares float32
		for i := range rows {
			sum += r.z[i*l.out+j]
		}
		mean := sum / n
		for i := range rows {
			d := r.z[i*l.out+j] - mean
			squares += float32(d * d)
		}
		r.mean[j], r.inv[j] = mean, inverseRoot(squares/n+l.eps)
		r.vari[j] = squares / max(n-1, 1)
	}
}

func inverseRoot(x float32) float32 { return 1 / float32(math.Sqrt(float64(x))) }

// batchNorm sets n = γ·(z-mean)·inv + β for rows of z with the batch's statistics.
func (l *dense) batchNorm(n, z []float32, r *record, rows int) {
	for i := range rows {
		zi, ni := z[i*l.out:][:l.out], n[i*l.out:][:l.out]
		for j, v := range zi {
			ni[j] = float32(l.gamma[j]*float32((v-r.mean[j])*r.inv[j])) + l.beta[j]
		}
	}
}

// runningNorm does it in place with the running averages.
func (l *dense) runningNorm(z []float32, rows int) {
	for i := range rows {
		zi := z[i*l.out:][:l.out]
		for j, v := range zi {
			zi[j] = float32(l.gamma[j]*float32((v-l.mean[j])*inverseRoot(l.vari[j]+l.eps))) + l.beta[j]
		}
	}
}

// batchSums computes dγ = Σ dn·ẑ and dβ = Σ dn of columns from...to.
func (l *dense) batchSums(r *record, grads []float32, rows, from, to int) {
	_, _, dgamma, dbeta := l.views(grads)
	for j := from; j < to; j++ {
		var g, b float32
		for i := range rows {
			k := i*l.out + j
			g += float32(r.dy[k] * float32((r.z[k]-r.mean[j])*r.inv[j]))
			b += r.dy[k]
		}
		dgamma[j], dbeta[j] = g, b
	}
}

// batchUnnorm turns dn into dz = γ·inv·(dn - dβ/rows - ẑ·dγ/rows) for rows from...to
// (the paper's gradients, section 3, put together).
func (l *dense) batchUnnorm(r *record, grads []float32, rows, from, to int) {
	_, _, dgamma, dbeta := l.views(grads)
	n := float32(rows)
	for i := from; i < to; i++ {
		for j := range l.out {
			k := i*l.out + j
			hat := (r.z[k] - r.mean[j]) * r.inv[j]
			r.dz[k] = float32(l.gamma[j]*r.inv[j]) * (r.dy[k] - dbeta[j]/n - float32(hat*(dgamma[j]/n)))
		}
	}
}

// layerNorm sets n = γ·(z-mean)·inv + β with the statistics of each row, and keeps them if
// mean and inv are not nil. n may be z.
func (l *dense) layerNorm(n, z, mean, inv []float32, rows int) {
	count := float32(l.out)
	for i := range rows {
		zi, ni := z[i*l.out:][:l.out], n[i*l.out:][:l.out]
		mu := mat.Sum(zi) / count
		var squares float32
		for _, v := range zi {
			squares += float32((v - mu) * (v - mu))
		}
		s := inverseRoot(squares/count + l.eps)
		for j, v := range zi {
			ni[j] = float32(l.gamma[j]*float32((v-mu)*s)) + l.beta[j]
		}
		if mean != nil {
			mean[i], inv[i] = mu, s
		}
	}
}

// layerUnnorm computes rows of dz = inv·(γdn - mean(γdn) - ẑ·mean(γdn·ẑ)).
func (l *dense) layerUnnorm(dz, dn, z, mean, inv []float32) {
	count := float32(l.out)
	for i := range mean {
		zi, di, to := z[i*l.out:][:l.out], dn[i*l.out:][:l.out], dz[i*l.out:][:l.out]
		var sum, product float32
		for j, v := range zi {
			g := float32(l.gamma[j] * di[j])
			sum += g
			product += float32(g * float32((v-mean[i])*inv[i]))
		}
		for j, v := range zi {
			hat := float32((v - mean[i]) * inv[i])
			to[j] = inv[i] * (float32(l.gamma[j]*di[j]) - sum/count - float32(hat*(product/count)))
		}
	}
}

// layerSums computes dγ = Σ dn·ẑ and dβ = Σ dn over all rows.
func (l *dense) layerSums(dgamma, dbeta []float32, r *record, rows int) {
	clear(dgamma)
	clear(dbeta)
	for i := range rows {
		for j := range l.out {
			k := i*l.out + j
			dgamma[j] += float32(r.dy[k] * float32((r.z[k]-r.mean[i])*r.inv[i]))
			dbeta[j] += r.dy[k]
		}
	}
}
