package ref

// Piecewise activations, element by element. No operation is fused.

// LeakyReLU returns alpha·x for x ≤ 0, else x.
func LeakyReLU(x, alpha float32) float32 { return LeakyReLUGrad(x, x, alpha) }

// LeakyReLUGrad returns alpha·dy for y ≤ 0, else dy.
func LeakyReLUGrad(dy, y, alpha float32) float32 {
	if y <= 0 {
		return float32(alpha * dy)
	}
	return dy
}

// ReLU6 returns min(max(x, 0), 6); -0 and NaN pass.
func ReLU6(x float32) float32 {
	switch {
	case x < 0:
		return 0
	case x > 6:
		return 6
	}
	return x
}

// ReLU6Grad returns +0 for y ≤ 0 and y ≥ 6, else dy.
func ReLU6Grad(dy, y float32) float32 {
	if y <= 0 || y >= 6 {
		return 0
	}
	return dy
}

// HardSigmoid returns clamp(x+3, 0, 6) times the rounded sixth; NaN passes.
func HardSigmoid(x float32) float32 { return float32(ReLU6(x+3) * float32(1.0/6)) }

// HardSigmoidGrad returns +0 for y ≤ 0 and y ≥ 1, else dy times the rounded sixth.
func HardSigmoidGrad(dy, y float32) float32 {
	if y <= 0 || y >= 1 {
		return 0
	}
	return float32(dy * float32(1.0/6))
}

// HardSwish returns x·HardSigmoid(x).
func HardSwish(x float32) float32 { return float32(x * HardSigmoid(x)) }

// HardSwishGrad returns +0 for x ≤ -3, dy for x ≥ 3, else dy·(x/3 + ½) with the rounded third.
func HardSwishGrad(dy, x float32) float32 {
	switch {
	case x <= -3:
		return 0
	case x >= 3:
		return dy
	}
	return float32(dy * (float32(x*float32(1.0/3)) + 0.5))
}
