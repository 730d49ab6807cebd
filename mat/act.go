package mat

import "github.com/sinew-ml/sinew/internal/fmath"

// Sigmoid, Tanh and Softmax are evaluated in float64 and rounded once to float32: within
// 0.501 units in the last place (Softmax in rows of up to 10⁵ elements). They and their
// gradients are one sequence of operations, so all levels, generic included, give the
// same bits.

// Sigmoid sets dst[i] = 1/(1+e^-x[i]), the logistic function. dst may be x.
// Panics if lengths differ.
func Sigmoid(dst, x []float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	for i, v := range x {
		dst[i] = float32(fmath.Sigmoid(float64(v)))
	}
}

// SigmoidGrad sets dx[i] = dy[i]·(y[i]·(1-y[i])), where y is Sigmoid's output.
// dx may be dy or y. Panics if lengths differ.
func SigmoidGrad(dx, dy, y []float32) {
	check3(dx, dy, y)
	for i, v := range y {
		dx[i] = dy[i] * float32(v*(1-v))
	}
}

// Tanh sets dst[i] = tanh x[i]. dst may be x. Panics if lengths differ.
func Tanh(dst, x []float32) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	for i, v := range x {
		dst[i] = float32(fmath.Tanh(float64(v)))
	}
}

// TanhGrad sets dx[i] = dy[i]·(1-y[i]²), where y is Tanh's output.
// dx may be dy or y. Panics if lengths differ.
func TanhGrad(dx, dy, y []float32) {
	check3(dx, dy, y)
	for i, v := range y {
		dx[i] = dy[i] * float32(1-float32(v*v))
	}
}

// Softmax sets dst[i] = e^x[i] / Σ e^x[j] for the elements of one row and returns the
// logarithm of the sum, log Σ e^x[j], which the cross-entropy of the row needs.
//
// The largest x is subtracted first, so logits of any size are safe (log-sum-exp
// form); the sum is in float64, in order. A row with NaN or +Inf, or with nothing but
// -Inf, gives NaN. dst may be x. Panics if lengths differ or there are no elements.
func Softmax(dst, x []float32) (logSumExp float64) {
	if len(dst) != len(x) {
		panic(badDstX)
	}
	if len(x) == 0 {
		panic("mat: Softmax: no elements")
	}
	top := float64(Max(x))
	sum := 0.0
	for _, v := range x {
		sum += fmath.Exp(float64(v) - top)
	}
	for i, v := range x {
		dst[i] = float32(fmath.Exp(float64(v)-top) / sum)
	}
	return top + fmath.Log(sum)
}
