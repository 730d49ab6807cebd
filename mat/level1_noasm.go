//go:build purego || !(amd64 || arm64)

package mat

func dot(x, y []float32) float32           { return dotGo(x, y) }
func sum(x []float32) float32              { return sumGo(x) }
func asum(x []float32) float32             { return asumGo(x) }
func sumsq(x []float32) float64            { return sumsqGo(x) }
func maxOf(x []float32) float32            { return maxGo(x) }
func iamax(x []float32) int                { return iamaxGo(x) }
func axpy(alpha float32, x, y []float32)   { axpyGo(alpha, x, y) }
func scal(alpha float32, x []float32)      { scalGo(alpha, x) }
func add(dst, x, y []float32)              { addGo(dst, x, y) }
func sub(dst, x, y []float32)              { subGo(dst, x, y) }
func mul(dst, x, y []float32)              { mulGo(dst, x, y) }
func minus(dst, x []float32, a, b float32) { minusGo(dst, x, a, b) }
func relu(dst, x []float32)                { reluGo(dst, x) }
func reluGrad(dx, dy, y []float32)         { reluGradGo(dx, dy, y) }
