package metrics

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Confusion counts how often each class was taken for each. Rows may be added in any
// number of calls, so that it measures a stream too. It must not be changed from two
// goroutines at once.
type Confusion struct {
	Classes int   // how many
	Counts  []int // (Classes, Classes), row-major: true class by predicted class
}

// NewConfusion returns the empty matrix of so many classes. It panics if classes is
// outside 1...2¹⁴.
func NewConfusion(classes int) *Confusion {
	if classes < 1 || classes > 1<<14 {
		panic("metrics: NewConfusion: classes outside 1...1<<14")
	}
	return &Confusion{Classes: classes, Counts: make([]int, classes*classes)}
}

// Add counts one row. It panics if a class is outside 0...Classes-1.
func (c *Confusion) Add(label, predicted int) {
	if label < 0 || label >= c.Classes || predicted < 0 || predicted >= c.Classes {
		panic("metrics: Confusion: class outside 0...Classes-1")
	}
	c.Counts[label*c.Classes+predicted]++
}

// AddOutputs counts rows of outputs (rows, columns), where columns is the number of
// classes, or 1 if there are two. It panics if they do not fit together, before it counts.
func (c *Confusion) AddOutputs(outputs []float32, columns int, labels []int) {
	check(outputs, columns, labels)
	if classes(columns) != c.Classes {
		panic("metrics: Confusion: columns do not fit the number of classes")
	}
	for i, l := range labels {
		c.Add(l, class(outputs[i*columns:][:columns]))
	}
}

// At returns how many rows of the class label were taken for predicted.
func (c *Confusion) At(label, predicted int) int { return c.Counts[label*c.Classes+predicted] }

// Rows returns the number of rows counted.
func (c *Confusion) Rows() int {
	n := 0
	for _, v := range c.Counts {
		n += v
	}
	return n
}

// Accuracy returns the share of rows on the diagonal; NaN without rows.
func (c *Confusion) Accuracy() float64 {
	right := 0
	for i := range c.Classes {
		right += c.At(i, i)
	}
	return float64(right) / float64(c.Rows())
}

// Scores are the figures of one class, or a mean over classes.
type Scores struct {
	Precision float64 // right / predicted as the class
	Recall    float64 // right / rows of the class
	F1        float64 // harmonic mean: 2·right / (predicted + rows)
	Rows      int     // rows whose true class it is
}

// Scores returns the figures of each class. A quotient with denominator 0 is 0, as
// with scikit-learn's zero_division=0: the precision of a class that was never
// predicted, the recall of one without rows.
func (c *Confusion) Scores() []Scores {
	s := make([]Scores, c.Classes)
	for i := range s {
		rows, predicted := 0, 0
		for j := range c.Classes {
			rows += c.At(i, j)
			predicted += c.At(j, i)
		}
		s[i] = scores(c.At(i, i), predicted, rows)
	}
	return s
}

func scores(right, predicted, rows int) Scores {
	return Scores{
		Precision: ratio(right, predicted),
		Recall:    ratio(right, rows),
		F1:        ratio(2*right, predicted+rows),
		Rows:      rows,
	}
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// Macro returns the unweighted means over all classes, those without rows included
// (scikit-learn's average="macro" with labels=range(Classes)).
func (c *Confusion) Macro() Scores {
	return c.mean(func(Scores) float64 { return 1 })
}

// Weighted returns the means over the classes weighted by their rows (scikit-learn's
// average="weighted"). Its F1 need not lie between its precision and its recall. It is 0
// without rows.
func (c *Confusion) Weighted() Scores {
	return c.mean(func(s Scores) float64 { return float64(s.Rows) })
}

func (c *Confusion) mean(weight func(Scores) float64) Scores {
	var m Scores
	total := 0.0
	for _, s := range c.Scores() {
		w := weight(s)
		total += w
		m.Precision += w * s.Precision
		m.Recall += w * s.Recall
		m.F1 += w * s.F1
		m.Rows += s.Rows
	}
	if total > 0 {
		m.Precision /= total
		m.Recall /= total
		m.F1 /= total
	}
	return m
}

// Micro returns the figures of all decisions pooled. With one class per row each wrong
// row is one false positive and one false negative, so that all three equal the
// accuracy; 0 without rows.
func (c *Confusion) Micro() Scores {
	right := 0
	for i := range c.Classes {
		right += c.At(i, i)
	}
	n := c.Rows()
	return scores(right, n, n)
}

// Report returns a table for people: the figures of each class, the means and the
// accuracy, to four digits. names are those of the classes; nil: their numbers. It
// panics if names is neither nil nor one per class.
func (c *Confusion) Report(names []string) string {
	if names != nil && len(names) != c.Classes {
		panic("metrics: Report: len(names) != Classes")
	}
	const macro, weighted, accuracy = "macro mean", "weighted mean", "accuracy"
	width := len(weighted)
	name := func(i int) string {
		if names == nil {
			return fmt.Sprint(i)
		}
		return names[i]
	}
	for i := range c.Classes {
		width = max(width, utf8.RuneCountInString(name(i)))
	}
	var b strings.Builder
	line := func(name string, s Scores) {
		fmt.Fprintf(&b, "%-*s  %9.4f  %6.4f  %6.4f  %7d\n", width, name, s.Precision, s.Recall, s.F1, s.Rows)
	}
	fmt.Fprintf(&b, "%-*s  precision  recall      F1     rows\n", width, "")
	for i, s := range c.Scores() {
		line(name(i), s)
	}
	line(macro, c.Macro())
	line(weighted, c.Weighted())
	fmt.Fprintf(&b, "%-*s  %25.4f  %7d\n", width, accuracy, c.Accuracy(), c.Rows())
	return b.String()
}
