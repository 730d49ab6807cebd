package net

import (
	"errors"
	"fmt"
	"math"

	"github.com/sinew-ml/sinew/mat"
)

// Transform is an affine map of the inputs, part of the model: zero-centring, scaling,
// min-max, PCA and whitening are all of this form (package prep fits them).
//
//	x -> (x - Mean) ∘ Scale      or      x -> (x - Mean) · Matrix
//
// Mean, and Scale if given, hold one value per feature; Matrix is (features, outputs),
// row-major. Scale and Matrix exclude each other; without both the map only centres.
type Transform struct {
	Mean   []float32
	Scale  []float32
	Matrix []float32
}

// Inputs returns the number of features that t takes.
func (t *Transform) Inputs() int { return len(t.Mean) }

// Outputs returns the number of features that t gives.
func (t *Transform) Outputs() int {
	if t.Matrix != nil && len(t.Mean) > 0 {
		return len(t.Matrix) / len(t.Mean)
	}
	return len(t.Mean)
}

func (t *Transform) check(outputs int) error {
	in := len(t.Mean)
	if err := inRange("features of the transform", in, 1, MaxUnits); err != nil {
		return err
	}
	switch {
	case t.Scale != nil && t.Matrix != nil:
		return errors.New("the transform has both Scale and Matrix: want one of them")
	case t.Scale != nil && len(t.Scale) != in:
		return fmt.Errorf("the transform has %d scales for %d features", len(t.Scale), in)
	case t.Matrix != nil && (len(t.Matrix) == 0 || len(t.Matrix)%in != 0 || len(t.Matrix) > MaxParams):
		return fmt.Errorf("the transform's matrix has %d elements: want a multiple of its %d features, at most %d", len(t.Matrix), in, MaxParams)
	case t.Outputs() != outputs:
		return fmt.Errorf("the transform gives %d features: the first layer wants %d", t.Outputs(), outputs)
	}
	for _, part := range []struct {
		name string
		v    []float32
	}{{"Mean", t.Mean}, {"Scale", t.Scale}, {"Matrix", t.Matrix}} {
		for i, v := range part.v {
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				return fmt.Errorf("the transform's %s[%d] is %g: want a finite number", part.name, i, v)
			}
		}
	}
	return nil
}

func (t *Transform) clone() *Transform {
	if t == nil {
		return nil
	}
	c := func(x []float32) []float32 { return append([]float32(nil), x...) }
	return &Transform{Mean: c(t.Mean), Scale: c(t.Scale), Matrix: c(t.Matrix)}
}

// Transform returns a copy of the map that inputs pass before the first layer, nil if
// there is none.
func (m *Network) Transform() *Transform { return m.transform.clone() }

// SetTransform makes t, of which it keeps a copy, the map that inputs pass before the
// first layer; nil removes it. Batches and predictions then take t.Inputs() features
// per row. Workspaces and Predictors made before must not be used any more.
// An error says what does not fit.
func (m *Network) SetTransform(t *Transform) error {
	if t != nil {
		if err := t.check(m.config.Inputs); err != nil {
			return fmt.Errorf("net: %w", err)
		}
	}
	m.transform = t.clone()
	return nil
}

// Apply sets dst (rows, Outputs) to the map of x (rows, Inputs), row by row the same bits
// in any batch. scratch needs len(x) elements if there is a Matrix and may be nil else;
// dst must not overlap it. It panics if lengths do not fit.
func (t *Transform) Apply(dst, x, scratch []float32) {
	in, out := t.Inputs(), t.Outputs()
	rows := len(x) / in
	if len(x) != rows*in || len(dst) != rows*out || t.Matrix != nil && len(scratch) < len(x) {
		panic("net: Transform: wrong lengths")
	}
	centred := dst
	if t.Matrix != nil {
		centred = scratch[:len(x)]
	}
	mat.Affine(centred, x, t.Mean, t.Scale)
	if t.Matrix != nil {
		mat.Gemm(mat.NoTrans, mat.NoTrans, rows, out, in, 1, centred, in, t.Matrix, out, 0, dst, out)
	}
}

// Fold returns a network of its own that predicts the same, within rounding, without
// the transform and without batch norms: their affine maps, as predictions use them,
// are multiplied into the layers' weights, in float64. It is for serving; training it
// further is possible but no longer trains a batch norm. It panics if a transform that takes
// more features than it gives makes the first layer too large for MaxParams.
func (m *Network) Fold() *Network {
	c := m.Config()
	c.Inputs = m.Inputs()
	for i := range c.Layers {
		if c.Layers[i].Norm == BatchNorm {
			c.Layers[i].Norm, c.Layers[i].Eps = NoNorm, 0
		}
	}
	f, err := New(c)
	if err != nil {
		panic("net: Fold: " + err.Error()) // smaller than m, but for a wide transform
	}
	for i := range m.layers {
		l, to := &m.layers[i], &f.layers[i]
		w, b := widen(l.w), widen(l.b)
		if i == 0 && m.transform != nil {
			w = m.transform.into(w, b)
		}
		if l.norm == BatchNorm {
			for j := range b {
				s := float64(l.gamma[j]) / math.Sqrt(float64(l.vari[j])+float64(l.eps))
				for k := j; k < len(w); k += l.out {
					w[k] *= s
				}
				b[j] = (b[j]-float64(l.mean[j]))*s + float64(l.beta[j])
			}
		} else if l.norm == LayerNorm {
			copy(to.gamma, l.gamma)
			copy(to.beta, l.beta)
		}
		narrow(to.w, w)
		narrow(to.b, b)
	}
	return f
}

// into returns A·w for x -> (x-μ)·A and subtracts μ·A·w from b.
func (t *Transform) into(w, b []float64) []float64 {
	in, mid, out := t.Inputs(), t.Outputs(), len(b)
	folded := make([]float64, in*out)
	for i := range in {
		row := folded[i*out:][:out]
		for k := range mid {
			a := 1.0
			switch {
			case t.Matrix != nil:
				a = float64(t.Matrix[i*mid+k])
			case k != i:
				continue
			case t.Scale != nil:
				a = float64(t.Scale[i])
			}
			for j := range row {
				row[j] += a * w[k*out+j]
			}
		}
		for j, v := range row {
			b[j] -= float64(t.Mean[i]) * v
		}
	}
	return folded
}

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func narrow(dst []float32, x []float64) {
	for i, v := range x {
		dst[i] = float32(v)
	}
}
