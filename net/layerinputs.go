package net

// LayerInputs returns what enters layer i, 1 ... Layers-1, for rows x: the outputs (rows,
// units) of the layer below without its dropout. They are the features that the layers
// below have found; those of many rows, kept, train the layers from i on at their own cost
// ([Batch.From]). The result is the Predictor's memory, valid until its next call. Each
// row has the same bits alone and in any batch, those that Loss, and Gradient of frozen
// layers without dropout, compute on the way.
//
// It panics as Predict does, if there is no such layer, and for an ensemble.
func (p *Predictor) LayerInputs(i int, x []float32) []float32 {
	m := p.ws.m
	if i < 1 || i >= len(m.layers) {
		panic("net: LayerInputs: no such layer, or the first")
	}
	if p.others != nil {
		panic("net: LayerInputs: of an ensemble")
	}
	rows := len(x) / m.Inputs()
	if rows*m.Inputs() != len(x) {
		panic("net: LayerInputs: len(x) is not a multiple of the number of inputs")
	}
	if rows > p.ws.maxRows {
		panic("net: LayerInputs: more rows than the Predictor was made for")
	}
	if t := m.transform; t != nil {
		y := p.ws.input[:rows*t.Outputs()]
		t.Apply(y, x, p.ws.centred)
		x = y
	}
	for k := range i {
		l := &m.layers[k]
		y := p.outs[k%2][:rows*l.out]
		l.predict(x, y, rows, p.ws.inv, false) // zeros of weights are not left out: Gradient does not
		x = y
	}
	return x
}
