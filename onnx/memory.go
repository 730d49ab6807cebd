package onnx

// memory holds the elements of dynamic values while a model runs: of slot s in f[s]
// or, unless they are floats, i[s].
type memory struct {
	f [][]float32
	i [][]int64
}

// floats returns the elements of v: those of rows rows, or all of a constant.
func (m *memory) floats(v *value, rows int) []float32 {
	if !v.dynamic {
		return v.f
	}
	return m.f[v.slot][:rows*v.size()]
}

// ints is floats for the other kinds.
func (m *memory) ints(v *value, rows int) []int64 {
	if !v.dynamic {
		return v.i
	}
	return m.i[v.slot][:rows*v.size()]
}

// plan gives every slot that steps write a buffer, and slots that are never needed at the
// same time the same one. It returns the buffer of each slot and the elements per row of
// each buffer, apart for floats and the rest. Slots of inputs and unused ones have -1.
type plan struct {
	float, int []int // by slot
	floats     []int // by buffer
	ints       []int
}

func newPlan(m *Model) *plan {
	p := &plan{float: make([]int, len(m.slots)), int: make([]int, len(m.slots))}
	last := make([]int, len(m.slots)) // the last step that reads a slot
	for s := range m.slots {
		p.float[s], p.int[s] = -1, -1
	}
	for i, s := range m.steps {
		for _, v := range s.base().in {
			if v.dynamic {
				last[v.slot] = i
			}
		}
	}
	for _, v := range m.outputs {
		last[v.slot] = len(m.steps)
	}
	var freeFloats, freeInts []int
	for i, s := range m.steps {
		out := s.base().out
		if out.kind == floats {
			p.float[out.slot] = take(&freeFloats, &p.floats, m.slots[out.slot])
		} else {
			p.int[out.slot] = take(&freeInts, &p.ints, m.slots[out.slot])
		}
		// After the output has its place: no step writes over what it reads.
		for j, v := range s.base().in {
			if !v.dynamic || last[v.slot] != i || repeated(s.base().in[:j], v) {
				continue
			}
			if buffer := p.float[v.slot]; buffer >= 0 {
				freeFloats = append(freeFloats, buffer)
			}
			if buffer := p.int[v.slot]; buffer >= 0 {
				freeInts = append(freeInts, buffer)
			}
		}
	}
	return p
}

// repeated tells whether the slot of v is among the values'.
func repeated(values []*value, v *value) bool {
	for _, w := range values {
		if w.dynamic && w.slot == v.slot {
			return true
		}
	}
	return false
}

// take returns a free buffer, grown to the size, or a new one.
func take(free, sizes *[]int, size int) int {
	if n := len(*free); n > 0 {
		buffer := (*free)[n-1]
		*free = (*free)[:n-1]
		(*sizes)[buffer] = max((*sizes)[buffer], size)
		return buffer
	}
	*sizes = append(*sizes, size)
	return len(*sizes) - 1
}
