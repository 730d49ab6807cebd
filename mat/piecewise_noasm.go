//go:build purego || !(amd64 || arm64)

package mat

// All elements are left to the portable Go.

func leaky(dx, dy, y []float32, alpha float32) (done int)     { return 0 }
func relu6(dst, x []float32) (done int)                       { return 0 }
func band(dx, dy, y []float32, top, slope float32) (done int) { return 0 }
func hardSigmoid(dst, x []float32) (done int)                 { return 0 }
func hardSwish(dst, x []float32) (done int)                   { return 0 }
func hardSwishGrad(dx, dy, x []float32) (done int)            { return 0 }
