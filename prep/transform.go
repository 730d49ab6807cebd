package prep

// Transform is an affine map of rows.
type Transform struct {
	Mean   []float32 // (inputs)
	Scale  []float32 // (inputs) or nil
	Matrix []float32 // (inputs, outputs), row-major, or nil; not with Scale
}

// Inputs returns the number of features that t takes.
func (t *Transform) Inputs() int { return len(t.Mean) }

// Outputs returns the number of features that t gives.
func (t *Transform) Outputs() int {
	if t.Matrix != nil {
		return len(t.Matrix) / len(t.Mean)
	}
	return len(t.Mean)
}

// Apply sets dst (rows, Outputs) to the map of x (rows, Inputs). scratch needs len(x)
// elements if there is a Matrix.
func (t *Transform) Apply(dst, x, scratch []float32) {
	in, out := t.Inputs(), t.Outputs()
	for r := range len(x) / in {
		y := dst[r*out:][:out]
		clear(y)
		for i, v := range x[r*in:][:in] {
			v -= t.Mean[i]
			switch {
			case t.Matrix != nil:
				for k := range y {
					y[k] += v * t.Matrix[i*out+k]
				}
			case t.Scale != nil:
				y[i] = v * t.Scale[i]
			default:
				y[i] = v
			}
		}
	}
}
