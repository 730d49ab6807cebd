package onnx

import (
	"fmt"
	"math"
)

// Runner runs rows through a model. It holds the buffers of one goroutine; any number of
// Runners share a Model.
type Runner struct {
	m       *Model
	maxRows int
	rows    int // of the last run
	mem     memory
	strings [][]string // by output
}

// MaxRunner is the most bytes that a Runner takes for its buffers.
const MaxRunner = 1 << 33

// NewRunner returns a Runner for up to maxRows rows a call. Buffers are shared where the
// model allows. It computes with the kernels of package mat, so what is said there of bits
// holds here, and a model that [Save] wrote gives the bits of the network's Predictor.
// It fails if maxRows < 1 or if the buffers would take more than [MaxRunner] bytes.
func (m *Model) NewRunner(maxRows int) (*Runner, error) {
	p := newPlan(m)
	perRow := int64(0)
	for _, n := range p.floats {
		perRow += 4 * int64(n)
	}
	for _, n := range p.ints {
		perRow += 8 * int64(n)
	}
	for _, v := range m.inputs {
		if v.kind != floats {
			perRow += 8 * int64(v.size())
		}
	}
	limit := min(int64(MaxRunner), math.MaxInt/8)
	if maxRows < 1 || int64(maxRows) > limit/max(perRow, 1) {
		return nil, fmt.Errorf("onnx: maxRows %d: want 1...%d, as a row takes %d bytes", maxRows, limit/max(perRow, 1), perRow)
	}
	r := &Runner{m: m, maxRows: maxRows, strings: make([][]string, len(m.outputs))}
	r.mem.f, r.mem.i = make([][]float32, len(m.slots)), make([][]int64, len(m.slots))
	bufF, bufI := make([][]float32, len(p.floats)), make([][]int64, len(p.ints))
	for i, n := range p.floats {
		bufF[i] = make([]float32, maxRows*n)
	}
	for i, n := range p.ints {
		bufI[i] = make([]int64, maxRows*n)
	}
	for s := range m.slots {
		if i := p.float[s]; i >= 0 {
			r.mem.f[s] = bufF[i]
		}
		if i := p.int[s]; i >= 0 {
			r.mem.i[s] = bufI[i]
		}
	}
	for _, v := range m.inputs {
		if v.kind != floats {
			r.mem.i[v.slot] = make([]int64, maxRows*v.size())
		}
	}
	for i, v := range m.outputs {
		if v.kind == texts {
			r.strings[i] = make([]string, maxRows*v.size())
		}
	}
	return r, nil
}

// Run computes all outputs for the inputs, each (rows, size of [Info]) row-major, in the
// order of [Model.Inputs]. Numbers for inputs of integers are rounded towards zero. It
// allocates nothing unless it fails. An error says which input has a wrong length. A row
// gives the same bits alone and in any batch.
func (r *Runner) Run(inputs ...[]float32) error {
	m := r.m
	if len(inputs) != len(m.inputs) {
		return fmt.Errorf("onnx: %d inputs: the model has %d", len(inputs), len(m.inputs))
	}
	rows := 0
	for i, v := range m.inputs {
		n := v.size()
		if i == 0 {
			rows = len(inputs[0]) / n
		}
		if len(inputs[i])%n != 0 || len(inputs[i])/n != rows {
			return fmt.Errorf("onnx: input %d, %q, has %d numbers: want %d for each of %d rows", i, v.name, len(inputs[i]), n, rows)
		}
	}
	if rows > r.maxRows {
		return fmt.Errorf("onnx: %d rows: the Runner was made for %d", rows, r.maxRows)
	}
	r.rows = rows
	if rows == 0 {
		return nil
	}
	for i, v := range m.inputs {
		if v.kind == floats {
			r.mem.f[v.slot] = inputs[i]
			continue
		}
		for j, x := range inputs[i] {
			r.mem.i[v.slot][j] = toInt(x)
		}
	}
	for _, s := range m.steps {
		s.run(&r.mem, rows)
	}
	for _, v := range m.inputs {
		if v.kind == floats {
			r.mem.f[v.slot] = nil // the caller's memory
		}
	}
	return nil
}

// Floats returns output i of the last run (rows, size), or nil if its type is not [Float].
// It is the Runner's memory, valid until the next run; so are the results of Ints and Strings.
func (r *Runner) Floats(i int) []float32 {
	v := r.m.outputs[i]
	if v.kind != floats {
		return nil
	}
	return r.mem.floats(v, r.rows)
}

// Ints returns output i of the last run (rows, size), or nil if its type is not [Int]:
// class labels, indexes, or 0 and 1 for bools.
func (r *Runner) Ints(i int) []int64 {
	v := r.m.outputs[i]
	if v.kind != ints && v.kind != bools {
		return nil
	}
	return r.mem.ints(v, r.rows)
}

// Strings returns output i of the last run (rows, size), or nil if its type is not [String].
func (r *Runner) Strings(i int) []string {
	v := r.m.outputs[i]
	if v.kind != texts {
		return nil
	}
	out := r.strings[i][:r.rows*v.size()]
	for j, x := range r.mem.ints(v, r.rows) {
		out[j] = v.texts[x]
	}
	return out
}
