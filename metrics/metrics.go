// Package metrics measures predictions against what is true: accuracy, top-k, the
// confusion matrix with precision, recall and F1, ROC-AUC, log loss and calibration
// error of classifiers; R², mean absolute and root mean squared error of regressors.
//
// # Inputs
//
// Outputs are flat, row-major (rows, columns): what net.Predictor returns. labels holds
// the class of each row, from 0. One column stands for two classes: it is the
// probability of class 1. Targets of a regression have the shape of the outputs.
// Nothing is written but results; all sums are in float64, in row order.
//
// # What is undefined
//
// A figure that is not defined is NaN, never an error: every figure of no rows, an AUC
// without rows of both kinds. Where scikit-learn raises an exception instead, the
// function says so.
//
// Classes are chosen as net.Class does: the largest output, the first of equals; with one
// column 1 above ½, else 0. There a NaN loses to every number, so Accuracy, TopK and
// Confusion count a row of NaN as class 0 or as wrong and stay finite. Everywhere else a
// NaN in the outputs or targets makes the figure NaN.
//
// # Panics
//
// Lengths that do not fit together and labels outside 0...classes-1 are bugs of the
// caller, since data sets are checked before training: functions panic with a constant
// text.
package metrics

import "math"

// class is the argmax rule of net.Class, which this package does not import.
func class(outputs []float32) int {
	if len(outputs) == 1 {
		if outputs[0] > 0.5 {
			return 1
		}
		return 0
	}
	best := 0
	for j, v := range outputs {
		if v > outputs[best] || outputs[best] != outputs[best] && v == v {
			best = j
		}
	}
	return best
}

// classes returns the number of classes that outputs of so many columns tell apart.
func classes(columns int) int { return max(columns, 2) }

// check panics unless outputs is (len(labels), columns) and the labels are classes.
func check(outputs []float32, columns int, labels []int) {
	if columns < 1 {
		panic("metrics: columns < 1")
	}
	if len(outputs)%columns != 0 || len(outputs)/columns != len(labels) {
		panic("metrics: len(outputs) != columns*len(labels)")
	}
	checkLabels(labels, classes(columns))
}

func checkLabels(labels []int, classes int) {
	for _, l := range labels {
		if l < 0 || l >= classes {
			panic("metrics: label outside 0...classes-1")
		}
	}
}

// Accuracy returns the share of rows whose class is the label, in [0, 1].
func Accuracy(outputs []float32, columns int, labels []int) float64 {
	check(outputs, columns, labels)
	right := 0
	for i, l := range labels {
		if class(outputs[i*columns:][:columns]) == l {
			right++
		}
	}
	return float64(right) / float64(len(labels))
}

// TopK returns the share of rows whose label is among the k largest outputs, in [0, 1].
// Of equal outputs the one in the earlier column ranks higher, so that TopK with k = 1 is
// Accuracy (scikit-learn's top_k_accuracy_score ranks the later one higher). NaN ranks
// below every number.
//
// It panics if columns < 2 or k is outside 1...columns.
func TopK(outputs []float32, columns int, labels []int, k int) float64 {
	check(outputs, columns, labels)
	if columns < 2 {
		panic("metrics: TopK: columns < 2")
	}
	if k < 1 || k > columns {
		panic("metrics: TopK: k outside 1...columns")
	}
	right := 0
	for i, l := range labels {
		row := outputs[i*columns:][:columns]
		own := row[l]
		above := 0
		for j, v := range row {
			switch {
			case v > own, v == own && j < l: // ahead of the label
				above++
			case own != own && (v == v || j < l): // the label's output is NaN
				above++
			}
		}
		if above < k {
			right++
		}
	}
	return float64(right) / float64(len(labels))
}

// LogLoss returns the mean over the rows of -ln p, p the probability that the row gives
// to its label: the loss of softmax cross-entropy and, with one column, of binary
// cross-entropy. p is brought into [2⁻²³, 1-2⁻²³] first, as scikit-learn's log_loss does
// with float32, so that one confident error does not make the mean infinite. Rows are not
// divided by their sums.
//
// A probability outside [0, 1] makes the result NaN: logits are no probabilities.
func LogLoss(probabilities []float32, columns int, labels []int) float64 {
	check(probabilities, columns, labels)
	if !areProbabilities(probabilities) {
		return math.NaN()
	}
	const eps = 0x1p-23
	total := 0.0
	for i, l := range labels {
		var p float64
		switch {
		case columns > 1:
			p = float64(probabilities[i*columns+l])
		case l == 1:
			p = float64(probabilities[i])
		default:
			p = 1 - float64(probabilities[i])
		}
		total -= math.Log(min(max(p, eps), 1-eps))
	}
	return total / float64(len(labels))
}

// areProbabilities says whether all values are in [0, 1]; NaN is not.
func areProbabilities(p []float32) bool {
	for _, v := range p {
		if !(v >= 0 && v <= 1) {
			return false
		}
	}
	return true
}

// CalibrationError returns the expected calibration error (Guo et al., On Calibration of
// Modern Neural Networks, 2017, equation 3): the rows are put into bins of equal width by
// their confidence, the probability of the class they choose, and the result is
//
//	Σ over bins of (rows of the bin / rows)·|accuracy of the bin - mean confidence of the bin|
//
// in [0, 1]. Bin b of n holds confidences in (b/n, (b+1)/n], and 0 belongs to the first. 15
// bins are the paper's choice. With one column the confidence is p for class 1 and 1-p
// for class 0.
//
// A probability outside [0, 1] makes the result NaN. It panics if bins is outside 1...2²⁰.
func CalibrationError(probabilities []float32, columns int, labels []int, bins int) float64 {
	check(probabilities, columns, labels)
	if bins < 1 || bins > 1<<20 {
		panic("metrics: CalibrationError: bins outside 1...1<<20")
	}
	if !areProbabilities(probabilities) || len(labels) == 0 {
		return math.NaN()
	}
	// Per bin the sum of (right - confidence): its magnitude is the bin's term times rows.
	gap := make([]float64, bins)
	for i, l := range labels {
		row := probabilities[i*columns:][:columns]
		c := class(row)
		var confidence float64
		switch {
		case columns > 1:
			confidence = float64(row[c])
		case c == 1:
			confidence = float64(row[0])
		default:
			confidence = 1 - float64(row[0])
		}
		b := max(int(math.Ceil(confidence*float64(bins)))-1, 0)
		if c == l {
			gap[b]++
		}
		gap[b] -= confidence
	}
	total := 0.0
	for _, g := range gap {
		total += math.Abs(g)
	}
	return total / float64(len(labels))
}
