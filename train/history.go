package train

import (
	"encoding/json"
	"errors"
	"math"

	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/net"
)

// Metrics is how well a network does on a data set.
type Metrics struct {
	Loss     float64 // mean over the rows, weighted by their weights (and their classes' in Fit)
	Accuracy float64 // share of rows whose class is right, whatever their weights, in [0, 1]; NaN without labels
}

// Epoch is the record of one pass over the training set.
type Epoch struct {
	Epoch int     `json:"epoch"` // from 1
	Rate  float64 `json:"rate"`  // learning rate of its first step

	// Train is measured during the epoch, each batch before its update, so it lags
	// behind Validation, which is measured at the end and is NaN without such a set.
	Train      Metrics `json:"train"`
	Validation Metrics `json:"validation"`

	Steps       int          `json:"steps"`     // updates of the epoch
	Rows        int          `json:"rows"`      // rows that it saw: those with a weight above 0
	GradNorm    float64      `json:"grad_norm"` // mean 2-norm of the steps' gradients, before clipping
	MaxGradNorm float64      `json:"max_norm"`  // the largest of them
	Layers      []LayerStats `json:"layers"`    // one for each

	Seconds float64 `json:"seconds"` // training and validation
}

// RowsPerSecond returns how many training rows a second the epoch took, validation included.
func (e *Epoch) RowsPerSecond() float64 { return float64(e.Rows) / e.Seconds }

// LayerStats is the state of a layer at the end of an epoch. Dead and Saturated are taken
// over a probe of up to 512 rows from all over the training set (of a stream: the
// epoch's first batch), as predictions see them.
type LayerStats struct {
	Units       int     `json:"units"`        // of the layer
	UpdateRatio float64 `json:"update_ratio"` // 2-norm of the last step's change of W over that of W; about 1e-3 is healthy
	WeightNorm  float64 `json:"weight_norm"`  // 2-norm of W
	Sparsity    float64 `json:"sparsity"`     // share of W that is exactly 0
	Dead        int     `json:"dead"`         // units that are 0 in all rows of the probe
	Saturated   float64 `json:"saturated"`    // share of outputs of sigmoid and tanh within 1 % of a bound
}

// History is the record of a run.
type History struct {
	Epochs []Epoch `json:"epochs"` // in order
	Best   int     `json:"best"`   // the epoch with the best watched figure, from 1; 0 before the first

	// Baseline is the training loss of predicting the mean target for every row; 0 if it is
	// not known, as for streams.
	Baseline float64 `json:"baseline,omitempty"`
}

func none() Metrics { return Metrics{Loss: math.NaN(), Accuracy: math.NaN()} }

// metricsJSON has null where Metrics has what JSON cannot write.
type metricsJSON struct {
	Loss     *float64 `json:"loss"`
	Accuracy *float64 `json:"accuracy"`
}

// MarshalJSON writes NaN and infinities as null.
func (m Metrics) MarshalJSON() ([]byte, error) {
	orNull := func(v float64) *float64 {
		if !finite(v) {
			return nil
		}
		return &v
	}
	return json.Marshal(metricsJSON{orNull(m.Loss), orNull(m.Accuracy)})
}

// UnmarshalJSON reads null as NaN.
func (m *Metrics) UnmarshalJSON(text []byte) error {
	var j metricsJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	*m = none()
	if j.Loss != nil {
		m.Loss = *j.Loss
	}
	if j.Accuracy != nil {
		m.Accuracy = *j.Accuracy
	}
	return nil
}

// Evaluate returns the loss and accuracy of m on d. An error says what does not fit.
func Evaluate(m *net.Network, d *Dataset) (Metrics, error) {
	if m == nil {
		return none(), errors.New("train: the network is nil")
	}
	if err := d.check(m, "evaluation"); err != nil {
		return none(), err
	}
	const rows = 256 // large enough to amortise a batch, small enough for the cache
	return evaluate(m.NewWorkspace(min(rows, d.Rows())), d), nil
}

// evaluate runs d, which was checked, in batches of the workspace's size.
func evaluate(ws *net.Workspace, d *Dataset) Metrics {
	rows, total, weights, right := d.Rows(), 0.0, 0.0, 0
	for from := 0; from < rows; from += ws.MaxRows() {
		to := min(rows, from+ws.MaxRows())
		b := d.slice(from, to)
		w := sumOf(b.Weights, to-from)
		if w == 0 {
			b.Weights = nil // no row of these counts in the loss, but all in the accuracy
		}
		loss, err := ws.Loss(b)
		if err != nil {
			panic("train: evaluate: " + err.Error()) // d was checked
		}
		if w > 0 {
			total += float64(loss * w)
			weights += w
		}
		if d.Labels != nil {
			right += correct(ws.Network(), ws.Outputs(to-from), b.Labels)
		}
	}
	m := Metrics{Loss: total / weights, Accuracy: math.NaN()}
	if d.Labels != nil {
		m.Accuracy = float64(right) / float64(rows)
	}
	return m
}

// sumOf returns the sum of the weights of so many rows.
func sumOf(weights []float32, rows int) float64 {
	if weights == nil {
		return float64(rows)
	}
	sum := 0.0
	for _, w := range weights {
		sum += float64(w)
	}
	return sum
}

// correct counts the rows of outputs whose class is the label.
func correct(m *net.Network, outputs []float32, labels []int) int {
	if m.Outputs() > 1 {
		return mat.Correct(labels, outputs, m.Outputs())
	}
	right := 0
	for i, l := range labels {
		if net.Class(outputs[i:][:1]) == l {
			right++
		}
	}
	return right
}

// layerStats measures m's layers, but for those of which it is known. before holds the
// parameters of a step ago.
func layerStats(m *net.Network, ws *net.Workspace, before []float32, probe *Dataset, known []LayerStats) []LayerStats {
	stats := make([]LayerStats, m.Layers())
	from := 0
	for i := range stats {
		w, b := m.Layer(i)
		gamma, beta := m.Norm(i)
		if i < len(known) {
			from += len(w) + len(b) + len(gamma) + len(beta)
			continue
		}
		s := &stats[i]
		change, norm, zeros := 0.0, 0.0, 0
		for j, v := range w {
			d := float64(v) - float64(before[from+j])
			change += float64(d * d)
			norm += float64(float64(v) * float64(v))
			if v == 0 {
				zeros++
			}
		}
		s.Units = len(b)
		s.WeightNorm = math.Sqrt(norm)
		if norm > 0 {
			s.UpdateRatio = math.Sqrt(change / norm)
		}
		s.Sparsity = float64(zeros) / float64(len(w))
		from += len(w) + len(b) + len(gamma) + len(beta)
	}
	units := newUnitStats(m)
	for from := 0; from < probe.Rows(); from += ws.MaxRows() {
		to := min(probe.Rows(), from+ws.MaxRows())
		b := probe.slice(from, to)
		b.Weights = nil
		if _, err := ws.Loss(b); err != nil {
			panic("train: probe: " + err.Error()) // the data was checked
		}
		units.add(ws, b.From, to-from)
	}
	units.into(stats, probe.Rows())
	copy(stats, known)
	return stats
}

// unitStats counts over the rows of a probe.
type unitStats struct {
	m         *net.Network
	alive     [][]bool
	saturated []int
}

func newUnitStats(m *net.Network) *unitStats {
	u := &unitStats{m: m, saturated: make([]int, m.Layers())}
	for _, l := range m.Config().Layers {
		u.alive = append(u.alive, make([]bool, l.Units))
	}
	return u
}

// add counts over the rows that ws has just run through the layers from the given one on.
func (u *unitStats) add(ws *net.Workspace, from, rows int) {
	for i, l := range u.m.Config().Layers[:u.m.Layers()-1] {
		if i < from {
			continue
		}
		y := ws.Activations(i, rows)
		lo, hi := 0.0, 0.0
		switch l.Activation {
		case net.Sigmoid:
			lo, hi = 0.01, 0.99
		case net.Tanh:
			lo, hi = -0.98, 0.98
		}
		for k, v := range y {
			if v != 0 {
				u.alive[i][k%l.Units] = true
			}
			if hi != 0 && (float64(v) <= lo || float64(v) >= hi) {
				u.saturated[i]++
			}
		}
	}
}

func (u *unitStats) into(stats []LayerStats, rows int) {
	for i := range stats[:len(stats)-1] {
		for _, alive := range u.alive[i] {
			if !alive {
				stats[i].Dead++
			}
		}
		stats[i].Saturated = float64(u.saturated[i]) / float64(rows*len(u.alive[i]))
	}
}
