package net_test

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/net"
)

// checkable returns a small network: two layers with the activation, and a last one
// that the loss allows.
func checkable(t testing.TB, act net.Activation, loss net.Loss, outputs int) *net.Network {
	last := act
	if loss == net.SoftmaxCrossEntropy {
		last = net.Identity
	}
	return randomNetwork(t, net.Config{Inputs: 5, Loss: loss, Layers: []net.Layer{
		{Units: 7, Activation: act}, {Units: 6, Activation: act}, {Units: outputs, Activation: last},
	}})
}

func TestCheckGradients(t *testing.T) {
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		for _, act := range activations {
			for _, loss := range []net.Loss{net.HalfSquaredError, net.SoftmaxCrossEntropy} {
				for _, outputs := range []int{1, 4} {
					for _, form := range []targetsOf{labels, values, unnormalised} {
						if loss == net.SoftmaxCrossEntropy && outputs == 1 || loss == net.HalfSquaredError && form == unnormalised {
							continue
						}
						name := fmt.Sprintf("%s, %s, %d outputs, targets %s", act, loss, outputs, form)
						m := checkable(t, act, loss, outputs)
						before := append([]float32(nil), m.Params()...)
						r, err := net.CheckGradients(m, randomBatch(m, 6, form))
						if err != nil {
							t.Fatal(name, err)
						}
						if err := r.Err(); err != nil {
							t.Errorf("%s: %v", name, err)
						}
						sameBits(t, name+": parameters after the check", m.Params(), before)
						if len(r.Groups) != 6 || r.SkippedRows != 0 {
							t.Fatalf("%s: report\n%s", name, r)
						}
						for i, g := range r.Groups {
							part := []string{"W", "b"}[i%2]
							w, b := m.Layer(i / 2)
							if n := []int{len(w), len(b)}[i%2]; g.Name != fmt.Sprintf("layer %d %s", i/2, part) || g.Params != n || g.Checked != n || g.Kinks != 0 {
								t.Errorf("%s: group %+v", name, g)
							}
							// Far below what is accepted, so that the acceptance has room on other machines.
							if !(g.Error < 2e-4) {
								t.Errorf("%s: %s: error %.2g", name, g.Name, g.Error)
							}
						}
					}
				}
			}
		}
	})
}

// Wrong gradients of the kinds that happen are found, and the group is named.
func TestCheckFindsWrongGradients(t *testing.T) {
	const rows = 6
	for _, c := range []struct {
		name  string
		spoil func(m *net.Network, b net.Batch, ws *net.Workspace)
		group string
	}{
		{"sign of dW", func(_ *net.Network, _ net.Batch, ws *net.Workspace) { scale(layerW(ws, 1), -1) }, "layer 1 W"},
		{"sign of db", func(_ *net.Network, _ net.Batch, ws *net.Workspace) { scale(layerB(ws, 0), -1) }, "layer 0 b"},
		{"factor 1.01", func(_ *net.Network, _ net.Batch, ws *net.Workspace) { scale(layerW(ws, 0), 1.01) }, "layer 0 W"},
		{"factor 0.99", func(_ *net.Network, _ net.Batch, ws *net.Workspace) { scale(layerB(ws, 2), 0.99) }, "layer 2 b"},
		{"one element 0", func(_ *net.Network, _ net.Batch, ws *net.Workspace) { layerW(ws, 1)[5] = 0 }, "layer 1 W[5]"},
		{"last element 0", func(_ *net.Network, _ net.Batch, ws *net.Workspace) { layerB(ws, 2)[3] = 0 }, "layer 2 b[3]"},
		{"db summed, not averaged", func(_ *net.Network, _ net.Batch, ws *net.Workspace) { scale(layerB(ws, 1), rows) }, "layer 1 b"},
		{"other activation", func(m *net.Network, b net.Batch, ws *net.Workspace) {
			config := m.Config()
			for i := range config.Layers[:2] {
				config.Layers[i].Activation = net.Tanh
				if m.Config().Layers[i].Activation == net.Tanh {
					config.Layers[i].Activation = net.Identity
				}
			}
			other := newNetwork(t, config)
			copy(other.Params(), m.Params())
			o := other.NewWorkspace(rows)
			o.Gradient(b)
			copy(ws.Grads(), o.Grads())
		}, "layer 0 W"},
		{"dW transposed", func(_ *net.Network, _ net.Batch, ws *net.Workspace) {
			dw := layerW(ws, 1)
			for i := range 6 {
				for j := range i {
					dw[i*6+j], dw[j*6+i] = dw[j*6+i], dw[i*6+j]
				}
			}
		}, "layer 1 W"},
		{"NaN", func(_ *net.Network, _ net.Batch, ws *net.Workspace) { layerW(ws, 2)[2] = float32(math.NaN()) }, "layer 2 W[2]: back-propagation gives NaN"},
		{"Inf", func(_ *net.Network, _ net.Batch, ws *net.Workspace) { layerB(ws, 0)[1] = float32(math.Inf(1)) }, "layer 0 b[1]: back-propagation gives +Inf"},
		{"nothing but 0", func(_ *net.Network, _ net.Batch, ws *net.Workspace) { clear(ws.Grads()) }, "layer 0 W"},
	} {
		for _, act := range activations {
			for _, loss := range []net.Loss{net.HalfSquaredError, net.SoftmaxCrossEntropy} {
				name := fmt.Sprintf("%s, %s, %s", c.name, act, loss)
				config := checkable(t, act, loss, 4).Config()
				config.Layers[0].Units = 6 // square layer 1
				m := randomNetwork(t, config)
				b := randomBatch(m, rows, values)
				ws := m.NewWorkspace(rows)
				if _, err := ws.Gradient(b); err != nil {
					t.Fatal(err)
				}
				if c.name == "one element 0" && !(math.Abs(float64(layerW(ws, 1)[5])) > 1e-2) {
					layerW(ws, 1)[5] = 0.5 // dead or small: spoil it the other way round
				} else {
					r, err := net.CompareGradients(m, b, ws.Grads())
					if err != nil || r.Err() != nil {
						t.Fatalf("%s: before it is spoiled: %v, %v", name, err, r.Err())
					}
					c.spoil(m, b, ws)
				}
				r, err := net.CompareGradients(m, b, ws.Grads())
				if err != nil {
					t.Fatal(name, err)
				}
				if err := r.Err(); err == nil {
					t.Errorf("%s: not found\n%s", name, r)
				} else if !strings.Contains(err.Error(), c.group) {
					t.Errorf("%s: error %q does not name %q", name, err, c.group)
				}
			}
		}
	}
}

// With few rows a batch norm leaves of some derivatives little but the rounding of terms that
// cancel, most of all of the biases before it. That is no fault; what is one is still found.
func TestCheckBatchNormOfFewRows(t *testing.T) {
	for rows := 2; rows <= 6; rows++ {
		for _, act := range []net.Activation{net.Identity, net.Sigmoid, net.Tanh, net.ReLU, net.HardSigmoid} {
			for _, loss := range []net.Loss{net.HalfSquaredError, net.SoftmaxCrossEntropy} {
				for seed := range uint64(3) {
					if testing.Short() && seed != uint64(rows%3) {
						continue
					}
					name := fmt.Sprintf("%d rows, %s, %s, seed %d", rows, act, loss, seed)
					m := randomNetwork(t, net.Config{Inputs: 5, Loss: loss, Layers: []net.Layer{
						{Units: 7, Activation: act, Norm: net.BatchNorm}, {Units: 6, Activation: act, Norm: net.BatchNorm}, {Units: 3},
					}})
					m.Init(seed)
					b := randomBatch(m, rows, map[net.Loss]targetsOf{net.HalfSquaredError: values, net.SoftmaxCrossEntropy: labels}[loss])
					r, err := net.CheckGradients(m, b)
					if err != nil {
						t.Fatal(name, err)
					}
					if err := r.Err(); err != nil {
						t.Errorf("%s: %v", name, err)
						continue
					}
					if r.SkippedRows > 0 {
						continue
					}
					for what, spoil := range map[string]func(*net.Workspace){
						"layer 2 W": func(ws *net.Workspace) { scale(layerW(ws, 2), 1.01) },
						"layer 2 b": func(ws *net.Workspace) { scale(layerB(ws, 2), 0.99) },
						"layer 1 γ": func(ws *net.Workspace) { dgamma, _ := ws.Norm(1); scale(dgamma, 0.98) },
						"layer 1 b": func(ws *net.Workspace) { _, dbeta := ws.Norm(1); copy(layerB(ws, 1), dbeta) }, // as without the norm
						"layer 0 b": func(ws *net.Workspace) { layerB(ws, 0)[2] += 1e-3 },
					} {
						ws := m.NewWorkspace(rows)
						if _, err := ws.Gradient(b); err != nil {
							t.Fatal(err)
						}
						spoil(ws)
						r, err := net.CompareGradients(m, b, ws.Grads())
						if err != nil {
							t.Fatal(err)
						}
						if err := r.Err(); err == nil || !strings.Contains(err.Error(), what) {
							t.Errorf("%s: %s is spoiled: %v\n%s", name, what, err, r)
						}
					}
				}
			}
		}
	}
}

func layerW(ws *net.Workspace, i int) []float32 { w, _ := ws.Layer(i); return w }
func layerB(ws *net.Workspace, i int) []float32 { _, b := ws.Layer(i); return b }

func scale(x []float32, factor float32) {
	for i := range x {
		x[i] *= factor
	}
}

// kinked returns a ReLU network whose first unit has z exactly 0 for the input (1, 1).
func kinked(t *testing.T) *net.Network {
	m := newNetwork(t, net.Config{Inputs: 2, Layers: []net.Layer{{Units: 3, Activation: net.ReLU}, {Units: 1}}})
	copy(m.Params(), []float32{
		1, 0.5, 0.25, // W: unit 0 has 1·x0 - 1·x1
		-1, 0.5, 0.5,
		0, 0.125, 0.25, // b
		1, -1, 2, 0.5,
	})
	return m
}

func TestCheckAtKinks(t *testing.T) {
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		m := kinked(t)
		b := net.Batch{X: []float32{1, 1, 2, -1, -3, 0.5}, Y: []float32{0, 1, 2}}
		r, err := net.CheckGradients(m, b)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Err(); err != nil {
			t.Error(err)
		}
		// Unit 0's two weights and its bias move it across 0.
		for i, want := range [][2]int{{4, 2}, {2, 1}, {3, 0}, {1, 0}} {
			if g := r.Groups[i]; g.Checked != want[0] || g.Kinks != want[1] {
				t.Errorf("%s: %d checked, %d kinks, want %v", g.Name, g.Checked, g.Kinks, want)
			}
		}
		if r.SkippedRows != 0 {
			t.Errorf("%d rows skipped: both passes have unit 0 at exactly 0", r.SkippedRows)
		}

		// A kink nearer than the first step, but not than the smallest, 1e-8: compared.
		for _, distance := range []float32{3e-6, 3e-7, 3e-8, 3e-9} {
			m.Params()[6] = distance
			r, err := net.CheckGradients(m, net.Batch{X: []float32{0.01, 0.01}, Y: []float32{0}})
			if err != nil || r.Err() != nil {
				t.Fatal(err, r)
			}
			want := 0
			if distance < 1e-8 {
				want = 1
			}
			if g := r.Groups[1]; g.Kinks != want || g.Checked != 3-want {
				t.Errorf("kink at %g: %s: %d checked, %d kinks, want %d", distance, g.Name, g.Checked, g.Kinks, want)
			}
		}

		// Where everything lies at a kink nothing is proved: that is an error.
		clear(m.Params())
		copy(m.Params()[9:], []float32{1, 1, 1})
		r, err = net.CheckGradients(m, net.Batch{X: []float32{1, 1}, Y: []float32{1}})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Err(); err == nil || !strings.Contains(err.Error(), "layer 0 W: nothing compared, all 6 sampled parameters lie at kinks") ||
			!strings.Contains(err.Error(), "layer 0 b: nothing compared, all 3") {
			t.Errorf("error %v", err)
		}
	})
}

// In float32 the second row's first unit is 2⁻³⁰ + 1 - 1 = 0, in float64 it is active.
func TestCheckSkipsRows(t *testing.T) {
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		m := kinked(t)
		m.Params()[6] = 0x1p-30
		full := net.Batch{X: []float32{2, 1, 1, 1, -3, 0.5, 1, 2}, Y: []float32{0, 1, 2, 3}}
		kept := net.Batch{X: []float32{2, 1, -3, 0.5, 1, 2}, Y: []float32{0, 2, 3}}
		for range 2 {
			r, err := net.CheckGradients(m, full)
			if err != nil {
				t.Fatal(err)
			}
			ws := m.NewWorkspace(3) // CheckGradients would leave out rows of its own
			if _, err := ws.Gradient(kept); err != nil {
				t.Fatal(err)
			}
			want, err := net.CompareGradients(m, kept, ws.Grads())
			if err != nil {
				t.Fatal(err)
			}
			if r.SkippedRows != 1 {
				t.Errorf("%d rows skipped, want 1", r.SkippedRows)
			}
			if r.Err() != nil || !reflect.DeepEqual(r.Groups, want.Groups) {
				t.Errorf("%v; with the row skipped\n%swithout it\n%s", r.Err(), r, want)
			}
			const line = "1 rows skipped: within float32 rounding the input of a unit is at a kink of its activation, or an output of MAE at its target\n"
			if !strings.HasSuffix(r.String(), line) || strings.Contains(want.String(), "skipped") {
				t.Errorf("report\n%s", r)
			}
			// Again with labels.
			full.Y, full.Labels = nil, []int{0, 1, 0, 1}
			kept.Y, kept.Labels = nil, []int{0, 0, 1}
		}
		if _, err := net.CheckGradients(m, net.Batch{X: full.X[2:4], Labels: []int{1}}); err == nil || !strings.Contains(err.Error(), "in every row") {
			t.Errorf("no row left: error %v", err)
		}
	})
}

// Rows of MAE whose output is at its target in one of the passes alone are left out: float32
// rounds 1+2⁻²⁵ to the target 1 and takes derivative 0, or another side. Where both see z = t
// the row stays: a unit that nothing moves has derivative 0, one that moves is a kink.
func TestCheckAbsoluteError(t *testing.T) {
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		m := newNetwork(t, net.Config{Inputs: 2, Loss: net.MAE, Layers: []net.Layer{{Units: 2}}})
		copy(m.Params(), []float32{
			1, 1, // W
			0x1p-25, 0,
			0, 0.5, // b
		})
		b := net.Batch{X: []float32{1, 1, 2, 1, -1, 3}, Y: []float32{1, 0, 3, 1, -2, 2}}
		r, err := net.CheckGradients(m, b)
		if err != nil || r.Err() != nil || r.SkippedRows != 1 {
			t.Errorf("row 0 is at its target in float32 alone: %v %v, report\n%s", err, r.Err(), r)
		}
		if _, err := net.CheckGradients(m, net.Batch{X: b.X[:2], Y: b.Y[:2]}); err == nil || !strings.Contains(err.Error(), "in every row") {
			t.Errorf("no row left: error %v", err)
		}
		dead := newNetwork(t, net.Config{Inputs: 1, Loss: net.MAE, Layers: []net.Layer{{Units: 2, Activation: net.ReLU}}})
		copy(dead.Params(), []float32{1, 1, -5, 0}) // W, b
		r, err = net.CheckGradients(dead, net.Batch{X: []float32{1, 2}, Y: []float32{0, 0, 0, 2}})
		if err != nil || r.Err() != nil || r.SkippedRows != 0 {
			t.Fatalf("exact targets: %v %v, report\n%s", err, r.Err(), r)
		}
		for _, g := range r.Groups {
			if g.Checked != 1 || g.Kinks != 1 {
				t.Errorf("%s: %d checked, %d kinks, want 1 (of the dead unit) and 1", g.Name, g.Checked, g.Kinks)
			}
		}
	})
}

// Derivatives of saturated units are far below float32's resolution of the others;
// that is no fault of back-propagation.
func TestCheckSaturated(t *testing.T) {
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		for _, act := range []net.Activation{net.Sigmoid, net.Tanh} {
			for _, factor := range []float32{5, 30, 1000} {
				m := checkable(t, act, net.HalfSquaredError, 3)
				scale(m.Params(), factor)
				r, err := net.CheckGradients(m, randomBatch(m, 5, values))
				if err != nil || r.Err() != nil {
					t.Errorf("%s, weights ×%g: %v %v", act, factor, err, r.Err())
				}
			}
		}
		// Near 1 an output has few bits left for 1-y: the derivative is off by some 1e-3 of
		// itself. Alone it is below the absolute floor; for inputs of 1000 it is not, but a
		// unit beside it has one that is 10⁴ times larger.
		for z := float32(9); z < 15; z += 0.25 {
			for _, c := range []struct {
				x float32
				w []float32
			}{{1, []float32{z}}, {1000, []float32{z / 1000, 1e-4}}} {
				m := newNetwork(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: len(c.w), Activation: net.Sigmoid}}})
				copy(m.Params(), c.w)
				r, err := net.CheckGradients(m, net.Batch{X: []float32{c.x}, Y: make([]float32, len(c.w))})
				if err != nil || r.Err() != nil {
					t.Errorf("z = %g, x = %g: %v %v", z, c.x, err, r.Err())
				}
			}
		}
	})
}

func TestCheckSamples(t *testing.T) {
	m := randomNetwork(t, net.Config{Inputs: 40, Layers: []net.Layer{{Units: 300, Activation: net.Tanh}, {Units: 1}}})
	b := randomBatch(m, 2, values)
	r, err := net.CheckGradients(m, b)
	if err != nil || r.Err() != nil {
		t.Fatal(err, r.Err())
	}
	for i, want := range [][2]int{{12000, 256}, {300, 256}, {300, 256}, {1, 1}} {
		if g := r.Groups[i]; g.Params != want[0] || g.Checked != want[1] {
			t.Errorf("%s: %d of %d, want %v", g.Name, g.Checked, g.Params, want)
		}
	}
	again, err := net.CheckGradients(m, b)
	if err != nil || !reflect.DeepEqual(r, again) {
		t.Errorf("a second check differs: %v\n%s%s", err, r, again)
	}
	// The sample is spread over the group, without repetition: if all elements are
	// wrong but the first 256, or but every second, that is found.
	for name, right := range map[string]func(i int) bool{
		"first 256": func(i int) bool { return i < 256 }, "even": func(i int) bool { return i%2 == 0 },
	} {
		ws := m.NewWorkspace(2)
		ws.Gradient(b)
		for i := range layerW(ws, 0) {
			if !right(i) {
				layerW(ws, 0)[i] += 1
			}
		}
		if r, err := net.CompareGradients(m, b, ws.Grads()); err != nil || r.Err() == nil {
			t.Errorf("only the %s elements are right: not found", name)
		}
	}
}

func TestCheckReport(t *testing.T) {
	r := &net.GradientReport{SkippedRows: 2, Groups: []net.GradientGroup{
		{Name: "layer 0 W", Params: 300, Checked: 250, Kinks: 6, Error: 1.5e-5, Worst: 7, Analytic: 1, Numeric: 1},
		{Name: "layer 0 b", Params: 3, Checked: 3, Error: 0.25, Worst: 2, Analytic: 3, Numeric: 4},
	}}
	const table = "group          params  checked  kinks      error\n" +
		"layer 0 W         300      250      6   1.50e-05\n" +
		"layer 0 b           3        3      0   2.50e-01\n" +
		"2 rows skipped: within float32 rounding the input of a unit is at a kink of its activation, or an output of MAE at its target\n"
	if r.String() != table {
		t.Errorf("report\n%s\nwant\n%s", r, table)
	}
	const text = "net: gradient of layer 0 b[2]: back-propagation gives 3, the central difference 4 (error 0.25, accepted up to 0.001)"
	if err := r.Err(); err == nil || err.Error() != text {
		t.Errorf("error\n%v\nwant\n%s", err, text)
	}
	r.Groups[1].Error = 1e-3
	if err := r.Err(); err != nil {
		t.Errorf("error at the limit: %v", err)
	}
	r.Groups[1].Error = math.NaN()
	if r.Err() == nil {
		t.Error("NaN is accepted")
	}
}

func TestCheckErrors(t *testing.T) {
	m := checkable(t, net.Tanh, net.HalfSquaredError, 2)
	b := randomBatch(m, 3, values)
	if _, err := net.CheckGradients(m, net.Batch{X: b.X}); err == nil {
		t.Error("CheckGradients takes a batch without targets")
	}
	if _, err := net.CompareGradients(m, net.Batch{X: b.X}, m.Params()); err == nil {
		t.Error("CompareGradients takes a batch without targets")
	}
	n := len(m.Params())
	want := fmt.Sprintf("net: len(grads) = %d: want %d, the number of parameters", n-1, n)
	if _, err := net.CompareGradients(m, b, m.Params()[1:]); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// Units beyond the upper bound of their activation are no reason to leave out rows.
func TestCheckBeyondBounds(t *testing.T) {
	for _, a := range []net.Activation{net.HardSigmoid, net.HardSwish, net.ReLU6} {
		m := newNetwork(t, net.Config{Inputs: 1, Loss: net.MSE, Layers: []net.Layer{{Units: 3, Activation: a}, {Units: 1}}})
		for i := range m.Params() {
			m.Params()[i] = 1
		}
		_, b := m.Layer(0)
		copy(b, []float32{-10, 0.5, 10}) // below, between, above
		r, err := net.CheckGradients(m, net.Batch{X: []float32{1, -1}, Y: []float32{0, 1}})
		if err != nil {
			t.Errorf("%s: %v", a, err)
			continue
		}
		if r.SkippedRows != 0 || r.Err() != nil {
			t.Errorf("%s: %v, report\n%s", a, r.Err(), r)
		}
	}
}

// Without weight the mean loss is 0/0: an error, not a report full of NaN.
func TestCheckGradientsWithoutWeight(t *testing.T) {
	m := randomNetwork(t, net.Config{Inputs: 3, Loss: net.MSE, Layers: []net.Layer{{Units: 2}}})
	b := randomBatch(m, 2, values)
	b.Weights = []float32{0, 0}
	const want = "net: the weights of all rows are 0: want one that is not"
	if _, err := net.CheckGradients(m, b); err == nil || err.Error() != want {
		t.Errorf("CheckGradients: error %v, want %q", err, want)
	}
	grads := make([]float32, len(m.Params()))
	if _, err := net.CompareGradients(m, b, grads); err == nil || err.Error() != want {
		t.Errorf("CompareGradients: error %v, want %q", err, want)
	}
	b.Weights[1] = 1e-30
	ws := m.NewWorkspace(2)
	if _, err := ws.Gradient(b); err != nil {
		t.Fatal(err)
	}
	r, err := net.CompareGradients(m, b, ws.Grads())
	if err == nil {
		err = r.Err()
	}
	if err != nil {
		t.Errorf("a weight that is hardly one: %v", err)
	}
}
