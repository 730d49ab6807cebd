package ref

// rowLanes is the number of partial sums over one row of a softmax: one 512-bit,
// two 256-bit or four 128-bit registers.
const rowLanes = 16

// rowSum folds elements 0...n-1 into lanes by step and adds the lanes up by halves.
// Element i goes to lane i mod 16; a lane without elements is +0. Blocks of Block
// elements are added up in order.
func rowSum(n int, step func(acc float32, i int) float32) float32 {
	return blocks(n, func(from, to int) float32 {
		var v [rowLanes]float32
		for i := from; i < to; i++ {
			v[i%rowLanes] = step(v[i%rowLanes], i)
		}
		for half := rowLanes / 2; half > 0; half /= 2 {
			for l := range half {
				v[l] += v[half+l]
			}
		}
		return v[0]
	})
}

// expRow returns e^(x[i]-top), where top is the largest x, and their sum.
func expRow(x []float32) (e []float32, top, sum float32) {
	top = Max(x)
	e = make([]float32, len(x))
	sum = rowSum(len(x), func(acc float32, i int) float32 {
		e[i] = Exp(x[i] - top)
		return acc + e[i]
	})
	return e, top, sum
}

// Softmax returns e^x[i] / Σ e^x[j] and log Σ e^x[j].
func Softmax(x []float32) (p []float32, logSumExp float64) {
	p, top, sum := expRow(x)
	Scal(1/sum, p)
	return p, float64(top) + float64(Log(sum))
}

// LogSoftmax returns x[i] - log Σ e^x[j].
func LogSoftmax(x []float32) []float32 {
	y, top, sum := expRow(x)
	Minus(y, x, top, Log(sum))
	return y
}

// SoftmaxCrossEntropy returns for one row of logits z with targets t the probabilities
// p, the loss Σ t'·(log Σ e^z - z) and its gradient times factor, (p·Σt' - t')·factor,
// where t' = keep·t + spread are the smoothed targets. A product with t' = 0 counts as 0
// even if z is infinite.
func SoftmaxCrossEntropy(z, t []float32, keep, spread, factor float32) (p, dz []float32, loss float64) {
	p, top, sum := expRow(z)
	smooth := make([]float32, len(t))
	for i, v := range t {
		smooth[i] = FMA(v, keep, spread)
	}
	total := rowSum(len(t), func(acc float32, i int) float32 { return acc + smooth[i] })
	below := rowSum(len(t), func(acc float32, i int) float32 { // Σ t'·(top - z)
		if smooth[i] == 0 {
			return acc
		}
		return FMA(-smooth[i], z[i]-top, acc)
	})
	inv := 1 / sum
	dz = make([]float32, len(z))
	for i := range p {
		p[i] = float32(p[i] * inv)
		dz[i] = float32(FMA(p[i], total, -smooth[i]) * factor)
	}
	// The product of two float32 is exact in float64.
	return p, dz, float64(below) + float64(float64(total)*float64(Log(sum)))
}

// BinaryCrossEntropy returns for one logit z with target t the loss
// log(1+e^z) - t·z and its gradient times factor, (sigmoid(z) - t)·factor.
func BinaryCrossEntropy(z, t, factor float32) (loss, dz float32) {
	s := scale(tail(clamp(abs(z), 0, tailMax), 0))
	return FMA(-t, z, max(z, 0)) + log1ps(s), float32((side(z, s) - t) * factor)
}

// binaryBlock is the number of losses that are added up in float32.
const binaryBlock = 512

// BinaryRowLoss returns the loss of one row from its elements' losses.
func BinaryRowLoss(elements []float32) float64 {
	loss := 0.0
	for i := 0; i < len(elements); i += binaryBlock {
		loss += float64(Sum(elements[i:min(len(elements), i+binaryBlock)]))
	}
	return loss
}
