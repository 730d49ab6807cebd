package metrics

import (
	"math"
	"slices"
)

// ROCAUC returns the area under the ROC curve of two classes: the probability that a
// random row of class 1 has a higher score than a random row of class 0, equal scores
// counting one half. scores holds one number per row, larger for class 1: probabilities,
// or logits, since only their order counts. The pairs are counted in whole numbers and
// divided once.
//
// It is NaN if a score is NaN or one of the classes has no rows (scikit-learn: an
// exception).
func ROCAUC(scores []float32, labels []int) float64 {
	check(scores, 1, labels)
	order := make([]int, len(scores))
	return auc(order, func(i int) float32 { return scores[i] }, func(i int) bool { return labels[i] == 1 })
}

// ROCAUCMacro returns the unweighted mean over the classes of the AUC of the class
// against all others, scored by its column of outputs (rows, columns)
// (scikit-learn's multi_class="ovr", average="macro"). Classes without rows, or
// without rows of other classes, are left out of the mean; it is NaN if none
// remains (scikit-learn: an exception in both cases) and if an output is NaN.
//
// It panics if columns < 2; with one column use ROCAUC.
func ROCAUCMacro(outputs []float32, columns int, labels []int) float64 {
	check(outputs, columns, labels)
	if columns < 2 {
		panic("metrics: ROCAUCMacro: columns < 2")
	}
	for _, v := range outputs {
		if v != v {
			return math.NaN()
		}
	}
	order := make([]int, len(labels))
	total, defined := 0.0, 0
	for c := range columns {
		a := auc(order, func(i int) float32 { return outputs[i*columns+c] }, func(i int) bool { return labels[i] == c })
		if a == a {
			total += a
			defined++
		}
	}
	return total / float64(defined)
}

// auc counts pairs of rows in order's memory; score and positive tell about a row.
func auc(order []int, score func(int) float32, positive func(int) bool) float64 {
	pos := uint64(0)
	for i := range order {
		order[i] = i
		if positive(i) {
			pos++
		}
		if s := score(i); s != s {
			return math.NaN()
		}
	}
	neg := uint64(len(order)) - pos
	if pos == 0 || neg == 0 {
		return math.NaN()
	}
	slices.SortFunc(order, func(a, b int) int {
		switch x, y := score(a), score(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	// Twice the pairs in the right order, ties once. At most 2·(n/2)² = n²/2 < 2⁶³ for n < 2³².
	var twice, below uint64 // below: negatives with a smaller score
	for from := 0; from < len(order); {
		to := from
		var p, n uint64 // of equal score
		for ; to < len(order) && score(order[to]) == score(order[from]); to++ {
			if positive(order[to]) {
				p++
			} else {
				n++
			}
		}
		twice += p * (2*below + n)
		below += n
		from = to
	}
	return float64(twice) / (2 * float64(pos) * float64(neg))
}
