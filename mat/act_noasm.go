//go:build purego || !(amd64 || arm64)

package mat

func exp(dst, x []float32)                                 { expGo(dst, x) }
func log(dst, x []float32)                                 { logGo(dst, x) }
func sigmoid(dst, x []float32)                             { sigmoidGo(dst, x) }
func sigmoidGrad(dx, dy, y []float32)                      { sigmoidGradGo(dx, dy, y) }
func tanh(dst, x []float32)                                { tanhGo(dst, x) }
func tanhGrad(dx, dy, y []float32)                         { tanhGradGo(dx, dy, y) }
func softplus(dst, x []float32)                            { softplusGo(dst, x) }
func softplusGrad(dx, dy, y []float32)                     { softplusGradGo(dx, dy, y) }
func elu(dst, x []float32, lambda, scaled float32)         { eluGo(dst, x, lambda, scaled) }
func eluGrad(dx, dy, y []float32, lambda, scaled float32)  { eluGradGo(dx, dy, y, lambda, scaled) }
func gelu(dst, x []float32)                                { geluGo(dst, x) }
func geluGrad(dx, dy, z []float32)                         { geluGradGo(dx, dy, z) }
func geluTanh(dst, x []float32)                            { geluTanhGo(dst, x) }
func geluTanhGrad(dx, dy, z []float32)                     { geluTanhGradGo(dx, dy, z) }
func silu(dst, x []float32)                                { siluGo(dst, x) }
func siluGrad(dx, dy, z []float32)                         { siluGradGo(dx, dy, z) }
func crossBinary(loss, dz, z, t []float32, factor float32) { crossBinaryGo(loss, dz, z, t, factor) }
func softmax16(p, x *float32, rows, n int, s *rowSums)     { panic(noRows) }
func cross16(p, dz, z, t, factor *float32, rows, n int, keep, spread float32, s *rowSums) {
	panic(noRows)
}
func softmaxRow(p, x []float32) bool { return false }
func labels16(loss []float64, p, dz, z *float32, labels *int, n int, factor *float32, step int) bool {
	return false
}
func expSum(e, x *float32, n int, top float32) float32                             { panic(noRows) }
func crossSum(e, z, t *float32, n int, top, keep, spread float32, s *[3]float32)   { panic(noRows) }
func crossGrad(p, dz, t *float32, n int, inv, total, factor, keep, spread float32) { panic(noRows) }

func vectorRows() bool { return false }

const noRows = "mat: no softmax kernels"
