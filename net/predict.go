package net

import "github.com/sinew-ml/sinew/mat"

// Predictor runs rows through a network or an [Ensemble]. It holds the buffers of one goroutine; any
// number of Predictors share a Network. Prediction allocates nothing.
type Predictor struct {
	ws      *Workspace
	outs    [2][]float32 // (rows, units) of the layers, in turn
	finite  bool         // no weight is NaN or infinite
	probs   []float32    // (rows, outputs) for a loss of logits
	classes []int
	others  []*Predictor // of an ensemble's further members
}

// NewPredictor returns a Predictor for up to maxRows rows a call. It panics if
// maxRows < 1.
//
// A single row skips the weights that belong to zeros (blank pixels, outputs of ReLU) where
// that is faster. 0·NaN and 0·Inf must not be lost that way: NewPredictor looks for such
// weights, and nothing is skipped if there are any. After writing weights of your own that
// may not be finite, make a new Predictor; training never leaves such weights.
func (m *Network) NewPredictor(maxRows int) *Predictor {
	p := &Predictor{ws: m.newWorkspace(maxRows), classes: make([]int, maxRows)}
	var widest [2]int
	for i, l := range m.layers {
		widest[i%2] = max(widest[i%2], l.out)
	}
	for i, n := range widest {
		p.outs[i] = make([]float32, maxRows*n)
	}
	p.finite = true
	for i := range m.layers {
		p.finite = p.finite && mat.AllFinite(m.layers[i].w)
	}
	if m.config.Loss.logits() {
		p.probs = make([]float32, maxRows*m.Outputs())
	}
	return p
}

// Predict returns the network's outputs (rows, outputs) for x (rows, inputs):
// probabilities for SoftmaxCrossEntropy and BinaryCrossEntropy, the last layer's outputs
// otherwise. The result is the Predictor's memory, valid until its next call. A row
// gives the same bits alone and in any batch, up to the sign of a zero.
//
// It panics if len(x) is not a multiple of the number of inputs, or has more than
// maxRows rows; no rows give no outputs.
func (p *Predictor) Predict(x []float32) []float32 {
	m := p.ws.m
	rows := len(x) / m.Inputs()
	if rows*m.Inputs() != len(x) {
		panic("net: Predict: len(x) is not a multiple of the number of inputs")
	}
	if rows > p.ws.maxRows {
		panic("net: Predict: more rows than the Predictor was made for")
	}
	input := x
	if t := m.transform; t != nil {
		y := p.ws.input[:rows*t.Outputs()]
		t.Apply(y, x, p.ws.centred)
		x = y
	}
	for i := range m.layers {
		l := &m.layers[i]
		y := p.outs[i%2][:rows*l.out]
		l.predict(x, y, rows, p.ws.inv, p.finite)
		x = y
	}
	if p.probs != nil {
		probs := p.probs[:len(x)]
		m.config.Loss.probabilities(probs, x, m.Outputs())
		x = probs
	}
	if p.others != nil {
		p.average(x, input)
	}
	return x
}

// Classify returns the class of each row of x: that of the largest output, the first
// of equals; with a single output 1 where it is above ½ and 0 elsewhere. The result is
// the Predictor's memory, valid until its next call. Panics as Predict does.
func (p *Predictor) Classify(x []float32) []int {
	out := p.Predict(x)
	n := p.ws.m.Outputs()
	classes := p.classes[:len(out)/n]
	for i := range classes {
		classes[i] = Class(out[i*n:][:n])
	}
	return classes
}

// Class returns the class that one row of outputs stands for: the index of the
// largest, the first of equals; with a single output 1 if it is above ½, else 0.
// A NaN loses to every number; all NaN give 0.
func Class(outputs []float32) int {
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
