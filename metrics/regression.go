package metrics

import "math"

// checkTargets panics unless outputs and targets are both (rows, columns).
func checkTargets(outputs, targets []float32, columns int) (rows int) {
	if columns < 1 {
		panic("metrics: columns < 1")
	}
	if len(outputs) != len(targets) || len(targets)%columns != 0 {
		panic("metrics: lengths of outputs and targets do not fit columns")
	}
	return len(targets) / columns
}

// R2 returns the coefficient of determination, 1 - Σ(t-y)²/Σ(t-mean t)², for outputs y
// and targets t (rows, columns): its unweighted mean over the columns. 1 is perfect, 0
// is as good as the mean of the targets, and there is no lower limit.
//
// A column of equal targets gives 1 if all outputs equal them too and 0 otherwise, as in
// scikit-learn. With fewer than two rows it is NaN.
func R2(outputs, targets []float32, columns int) float64 {
	rows := checkTargets(outputs, targets, columns)
	if rows < 2 {
		return math.NaN()
	}
	total := 0.0
	for c := range columns {
		mean := 0.0
		for i := c; i < len(targets); i += columns {
			mean += float64(targets[i])
		}
		mean /= float64(rows)
		residual, spread, constant := 0.0, 0.0, true
		for i := c; i < len(targets); i += columns {
			t := float64(targets[i])
			residual += square(t - float64(outputs[i]))
			spread += square(t - mean)
			constant = constant && targets[i] == targets[c]
		}
		switch {
		case !constant: // NaN too, which is not equal to itself
			total += 1 - residual/spread
		case residual != residual:
			total += residual
		case residual == 0:
			total++
		}
	}
	return total / float64(columns)
}

func square(v float64) float64 { return v * v }

// MAE returns the mean of |y-t| over rows and columns.
func MAE(outputs, targets []float32, columns int) float64 {
	checkTargets(outputs, targets, columns)
	total := 0.0
	for i, t := range targets {
		total += math.Abs(float64(outputs[i]) - float64(t))
	}
	return total / float64(len(targets))
}

// RMSE returns the root of the mean over the rows of (y-t)²: its unweighted mean over the
// columns, as in scikit-learn (the root of the mean over all elements is larger where
// columns differ). It is in the unit of the targets.
func RMSE(outputs, targets []float32, columns int) float64 {
	rows := checkTargets(outputs, targets, columns)
	total := 0.0
	for c := range columns {
		sum := 0.0
		for i := c; i < len(targets); i += columns {
			sum += square(float64(outputs[i]) - float64(targets[i]))
		}
		total += math.Sqrt(sum / float64(rows))
	}
	return total / float64(columns)
}
