package ref

// LossLanes is the number of partial sums of a row's loss.
const LossLanes = 16

// sumLoss adds n terms in float64, term j in lane j mod 16, then the lanes as halves: 8, 4, 2, 1.
// Rows longer than a block add up their blocks.
func sumLoss(n int, term func(j int) float64) float64 {
	s := 0.0
	for from := 0; from < n; from += Block {
		var acc [LossLanes]float64
		for j := from; j < min(n, from+Block); j++ {
			acc[(j-from)%LossLanes] += term(j)
		}
		for half := LossLanes / 2; half > 0; half /= 2 {
			for l := range half {
				acc[l] += acc[half+l]
			}
		}
		s += acc[0]
	}
	return s
}

// HalfSquaredError returns ½Σd², d = y-t, of one row, and sets dy to c·d.
func HalfSquaredError(dy, y, t []float32, c float32) float64 {
	d := difference(y, t)
	for j := range dy {
		dy[j] = float32(c * d[j])
	}
	return 0.5 * sumLoss(len(d), func(j int) float64 { return float64(d[j]) * float64(d[j]) }) // exact squares
}

// AbsoluteError returns Σ|d|, d = y-t, of one row, and sets dy to c·sign(d): d's own value for ±0 and NaN.
func AbsoluteError(dy, y, t []float32, c float32) float64 {
	d := difference(y, t)
	for j, sign := range d {
		switch {
		case sign > 0:
			sign = 1
		case sign < 0:
			sign = -1
		}
		dy[j] = float32(c * sign)
	}
	return sumLoss(len(d), func(j int) float64 { return float64(abs(d[j])) })
}

// HuberError returns Σ m·(|d|-½m), d = y-t, m = min(|d|, delta), of one row, and sets dy to
// c times d limited to ±delta.
func HuberError(dy, y, t []float32, c, delta float32) float64 {
	d := difference(y, t)
	for j, limited := range d {
		switch {
		case limited > delta:
			limited = delta
		case limited < -delta:
			limited = -delta
		}
		dy[j] = float32(c * limited)
	}
	return sumLoss(len(d), func(j int) float64 {
		a := float64(abs(d[j]))
		m := min(a, float64(delta))
		return float64(m * (a - float64(0.5*m)))
	})
}

func difference(y, t []float32) []float32 {
	d := make([]float32, len(y))
	for j := range d {
		d[j] = y[j] - t[j]
	}
	return d
}
