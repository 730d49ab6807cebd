package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/sinew-ml/sinew/metrics"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// Figure is one named number of a measurement.
type Figure struct {
	Name  string
	Value float64
	Share bool // in [0, 1], shown in percent
}

// String returns the value as people read it.
func (f Figure) String() string {
	if f.Share {
		return fmt.Sprintf("%.2f%%", 100*f.Value)
	}
	return fmt.Sprintf("%.4f", f.Value)
}

// Measurement is how well a model does on a data set.
type Measurement struct {
	Name    string // of the data set, for people
	Rows    int
	Figures []Figure

	// Of classifiers; nil otherwise, and for more than 2¹⁴ classes.
	Confusion *metrics.Confusion
	Classes   []string // their names, may be nil
}

// Model is what can be measured: a *net.Network or *net.Ensemble.
type Model interface {
	Inputs() int
	Outputs() int
	NewPredictor(maxRows int) *net.Predictor
}

// calibrationBins are those of Guo et al. 2017, see [metrics.CalibrationError].
const calibrationBins = 15

// Measure runs a data set through a model and takes the figures of package metrics that
// its loss and targets have. The row weights of d do not count, but in the loss of a
// network. A loss of an ensemble is that of its mean prediction, and known for the cross
// entropies only. An error says what does not fit.
func Measure(name string, m Model, loss net.Loss, d *train.Dataset) (*Measurement, error) {
	if d == nil || d.Rows() == 0 {
		return nil, fmt.Errorf("report: measure: no rows of %s", name)
	}
	r := &Measurement{Name: name, Rows: d.Rows(), Classes: d.Classes}
	first, one := m.(*net.Network)
	if e, ok := m.(*net.Ensemble); ok {
		first = e.Members()[0]
	}
	if first != nil { // checks all of d
		result, err := train.Evaluate(first, d)
		if err != nil {
			return nil, err
		}
		if one {
			r.add("loss", result.Loss)
		}
	}
	outputs, n := predictAll(m, d), m.Outputs()
	probabilities := loss == net.SoftmaxCrossEntropy || loss == net.BinaryCrossEntropy
	switch {
	case d.Labels != nil:
		r.classify(outputs, n, d.Labels, probabilities, loss)
	case loss == net.BinaryCrossEntropy:
		r.decide(outputs, d.Y, n)
	case loss == net.SoftmaxCrossEntropy:
		r.soft(outputs, d.Y, n)
	default:
		r.add("R²", metrics.R2(outputs, d.Y, n))
		r.add("mean absolute error", metrics.MAE(outputs, d.Y, n))
		r.add("root mean squared error", metrics.RMSE(outputs, d.Y, n))
	}
	return r, nil
}

func (r *Measurement) add(name string, value float64) {
	r.Figures = append(r.Figures, Figure{Name: name, Value: value})
}

func (r *Measurement) share(name string, value float64) {
	r.Figures = append(r.Figures, Figure{name, value, true})
}

// Figure returns the figure of that name, NaN if there is none.
func (r *Measurement) Figure(name string) float64 {
	for _, f := range r.Figures {
		if f.Name == name {
			return f.Value
		}
	}
	return math.NaN()
}

// classify takes the figures of a classifier.
func (r *Measurement) classify(outputs []float32, n int, labels []int, probabilities bool, loss net.Loss) {
	r.share("accuracy", metrics.Accuracy(outputs, n, labels))
	for _, k := range []int{2, 3, 5} {
		if n > 2*k {
			r.share(fmt.Sprintf("top-%d accuracy", k), metrics.TopK(outputs, n, labels, k))
		}
	}
	if probabilities && (n == 1 || loss == net.SoftmaxCrossEntropy) {
		r.add("log loss", metrics.LogLoss(outputs, n, labels))
		r.add("calibration error", metrics.CalibrationError(outputs, n, labels, calibrationBins))
	}
	switch {
	case n == 1:
		r.add("ROC AUC", metrics.ROCAUC(outputs, labels))
	case n == 2:
		second := make([]float32, len(labels))
		for i := range second {
			second[i] = outputs[2*i+1]
		}
		r.add("ROC AUC", metrics.ROCAUC(second, labels))
	default:
		r.add("ROC AUC, mean over classes", metrics.ROCAUCMacro(outputs, n, labels))
	}
	if classes := max(2, n); classes <= 1<<14 {
		r.Confusion = metrics.NewConfusion(classes)
		r.Confusion.AddOutputs(outputs, n, labels)
	}
}

// decide takes the figures of outputs that are yes or no independently of each other.
func (r *Measurement) decide(outputs, y []float32, n int) {
	rows := len(y) / n
	right, exact, areas, measured := 0, 0, 0.0, 0
	for i := range rows {
		all := true
		for j := range n {
			if (outputs[i*n+j] > 0.5) == (y[i*n+j] > 0.5) {
				right++
			} else {
				all = false
			}
		}
		if all {
			exact++
		}
	}
	scores, labels := make([]float32, rows), make([]int, rows)
	for j := range n {
		for i := range rows {
			scores[i], labels[i] = outputs[i*n+j], 0
			if y[i*n+j] > 0.5 {
				labels[i] = 1
			}
		}
		if area := metrics.ROCAUC(scores, labels); area == area {
			areas += area
			measured++
		}
	}
	r.share("outputs right", float64(right)/float64(rows*n))
	r.share("rows with all outputs right", float64(exact)/float64(rows))
	if measured > 0 {
		r.add("ROC AUC, mean over outputs", areas/float64(measured))
	}
}

// soft takes the figures of a classifier whose targets are probabilities.
func (r *Measurement) soft(outputs, y []float32, n int) {
	right, cost := 0, 0.0
	rows := len(y) / n
	for i := range rows {
		if net.Class(outputs[i*n:][:n]) == net.Class(y[i*n:][:n]) {
			right++
		}
		for j := range n {
			if t := float64(y[i*n+j]); t > 0 {
				cost -= t * math.Log(math.Max(float64(outputs[i*n+j]), 0x1p-23))
			}
		}
	}
	r.share("most probable class right", float64(right)/float64(rows))
	r.add("cross entropy", cost/float64(rows))
}

// predictAll returns the outputs for all rows of d.
func predictAll(m Model, d *train.Dataset) []float32 {
	const rows = 256
	p := m.NewPredictor(min(rows, d.Rows()))
	var outputs []float32
	for x := d.X; len(x) > 0; {
		n := min(len(x), rows*d.Inputs)
		outputs = append(outputs, p.Predict(x[:n])...)
		x = x[n:]
	}
	return outputs
}

// Text returns the figures as lines, then the table of the classes and the confusion
// matrix (of up to 40 classes), if there is one.
func (r *Measurement) Text() string {
	var s strings.Builder
	widest := 0
	for _, f := range r.Figures {
		widest = max(widest, len([]rune(f.Name)))
	}
	for _, f := range r.Figures {
		fmt.Fprintf(&s, "%s%*s  %s\n", f.Name, widest-len([]rune(f.Name)), "", f)
	}
	if r.Confusion != nil {
		fmt.Fprintf(&s, "\n%s", r.Confusion.Report(r.Classes))
		if r.Confusion.Classes <= 40 {
			fmt.Fprintf(&s, "\nconfusion matrix: a row for each true class, a column for each predicted one\n\n%s", ConfusionText(r.Confusion, r.Classes))
		}
	}
	return s.String()
}

// ConfusionText returns a confusion matrix as a table, with each class's share of right
// rows. Dots for zeros let the errors stand out. names are those of the classes; nil: their
// numbers.
func ConfusionText(c *metrics.Confusion, names []string) string {
	if names == nil {
		for i := range c.Classes {
			names = append(names, fmt.Sprint(i))
		}
	}
	var s strings.Builder
	widest, cell := 0, 5
	for _, name := range names {
		widest = max(widest, len([]rune(name)))
	}
	cell = max(cell, widest+2)
	for i := range c.Classes {
		for j := range c.Classes {
			cell = max(cell, len(fmt.Sprint(c.At(i, j)))+2)
		}
	}
	pad := func(text string, width int) { fmt.Fprintf(&s, "%*s%s", width-len([]rune(text)), "", text) }
	pad("", widest)
	for _, name := range names {
		pad(name, cell)
	}
	pad("right", 10)
	s.WriteByte('\n')
	for i, name := range names {
		pad(name, widest)
		total := 0
		for j := range c.Classes {
			n := c.At(i, j)
			total += n
			text := "."
			if n > 0 {
				text = fmt.Sprint(n)
			}
			pad(text, cell)
		}
		if total > 0 {
			fmt.Fprintf(&s, "%9.1f%%", 100*float64(c.At(i, i))/float64(total))
		}
		s.WriteByte('\n')
	}
	return s.String()
}
