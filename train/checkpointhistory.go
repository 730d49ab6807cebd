package train

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/sinew-ml/sinew/internal/safetensors"
)

// columns are the numbers of an epoch in the order of train.history.
func (e *Epoch) columns() []any {
	return []any{&e.Epoch, &e.Rate, &e.Train.Loss, &e.Train.Accuracy, &e.Validation.Loss, &e.Validation.Accuracy,
		&e.Steps, &e.Rows, &e.GradNorm, &e.MaxGradNorm, &e.Seconds}
}

// columns are the numbers of a layer in the order of train.history.layers.
func (s *LayerStats) columns() []any {
	return []any{&s.Units, &s.UpdateRatio, &s.WeightNorm, &s.Sparsity, &s.Dead, &s.Saturated}
}

var epochColumns, layerColumns = len(new(Epoch).columns()), len(new(LayerStats).columns())

// tensors returns the epochs as two tensors.
func (h *History) tensors(layers int) []safetensors.Tensor {
	var epochs, stats []byte
	put := func(b []byte, columns []any) []byte {
		for _, c := range columns {
			v := 0.0
			switch c := c.(type) {
			case *int:
				v = float64(*c)
			case *float64:
				v = *c
			}
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		return b
	}
	for i := range h.Epochs {
		e := &h.Epochs[i]
		epochs = put(epochs, e.columns())
		for j := range e.Layers {
			stats = put(stats, e.Layers[j].columns())
		}
	}
	n := len(h.Epochs)
	return []safetensors.Tensor{
		{Name: historyPart, DType: "F64", Shape: []int{n, epochColumns}, Data: epochs},
		{Name: layersPart, DType: "F64", Shape: []int{n, layers, layerColumns}, Data: stats},
	}
}

// history reads what tensors wrote, of so many layers and epochs.
func (f *checkpoint) history(layers, epochs int) (History, error) {
	var h History
	var data [2][]byte
	for i, want := range []struct {
		name  string
		shape []int
	}{{historyPart, []int{epochs, epochColumns}}, {layersPart, []int{epochs, layers, layerColumns}}} {
		x, ok := f.Tensor(want.name)
		if !ok || x.DType != "F64" || !slices.Equal(x.Shape, want.shape) {
			return h, fmt.Errorf("tensor %q has dtype %.20q and shape %v: want F64 and %v", want.name, x.DType, x.Shape, want.shape)
		}
		data[i] = x.Data
	}
	var bad error
	take := func(b []byte, columns []any) []byte {
		for _, c := range columns {
			v := math.Float64frombits(binary.LittleEndian.Uint64(b))
			b = b[8:]
			switch c := c.(type) {
			case *int:
				if !(v >= 0 && v <= min(1<<53, math.MaxInt)) || v != math.Trunc(v) {
					bad = fmt.Errorf("history: %g: want an integer, at least 0", v)
					v = 0
				}
				*c = int(v)
			case *float64:
				*c = v
			}
		}
		return b
	}
	h.Epochs = make([]Epoch, epochs)
	for i := range h.Epochs {
		e := &h.Epochs[i]
		data[0] = take(data[0], e.columns())
		e.Layers = make([]LayerStats, layers)
		for j := range e.Layers {
			data[1] = take(data[1], e.Layers[j].columns())
		}
	}
	return h, bad
}
