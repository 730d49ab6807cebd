package net_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
	"github.com/sinew-ml/sinew/net"
)

var activations = []net.Activation{net.Identity, net.Sigmoid, net.Tanh, net.ReLU}

// onEveryLevel runs f under each instruction set of this machine.
func onEveryLevel(t *testing.T, f func(t *testing.T, level isa.Level)) {
	for _, level := range isa.Available() {
		t.Run(level.String(), func(t *testing.T) {
			t.Cleanup(isa.Force(level))
			f(t, level)
		})
	}
}

// newNetwork returns the network of a configuration that must be good.
func newNetwork(t testing.TB, c net.Config) *net.Network {
	t.Helper()
	m, err := net.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// randomNetwork returns an initialised network whose biases are not 0 either.
func randomNetwork(t testing.TB, c net.Config) *net.Network {
	t.Helper()
	m := newNetwork(t, c)
	m.Init(7)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range c.Layers {
		_, b := m.Layer(i)
		for j := range b {
			b[j] = float32(r.NormFloat64()) / 4
		}
	}
	return m
}

// targetsOf is the form in which a batch has its targets.
type targetsOf string

const (
	labels       targetsOf = "labels"
	values       targetsOf = "Y"
	unnormalised targetsOf = "Y with sums other than 1"
)

// randomBatch returns rows of inputs, a fifth of them 0, with targets.
func randomBatch(m *net.Network, rows int, form targetsOf) net.Batch {
	r := rand.New(rand.NewPCG(uint64(rows), 3))
	b := net.Batch{X: make([]float32, rows*m.Inputs())}
	for i := range b.X {
		if r.IntN(5) > 0 {
			b.X[i] = float32(r.NormFloat64())
		}
	}
	n := m.Outputs()
	if form == labels {
		b.Labels = make([]int, rows)
		for i := range b.Labels {
			b.Labels[i] = r.IntN(max(2, n))
		}
		return b
	}
	b.Y = make([]float32, rows*n)
	for i := range b.Y {
		b.Y[i] = float32(r.NormFloat64())
		if m.Config().Loss == net.SoftmaxCrossEntropy {
			b.Y[i] = float32(r.IntN(3)) / 2 // 0 among them
		}
	}
	if m.Config().Loss == net.SoftmaxCrossEntropy && form == values {
		for i := range rows {
			sum := float32(0)
			row := b.Y[i*n:][:n]
			for _, v := range row {
				sum += v
			}
			for j := range row {
				if sum == 0 {
					row[j] = 1 / float32(n)
				} else {
					row[j] /= sum
				}
			}
		}
	}
	return b
}

// spec returns the specification's network with m's parameters.
func spec(m *net.Network) *ref.Network {
	c := m.Config()
	s := &ref.Network{Loss: c.Loss.String(), Delta: float32(c.Delta), Smoothing: c.LabelSmoothing}
	if s.Delta == 0 {
		s.Delta = 1
	}
	if t := m.Transform(); t != nil {
		s.Transform = &ref.Transform{Mean: t.Mean, Scale: t.Scale, Matrix: t.Matrix}
	}
	for i, l := range c.Layers {
		r := ref.Layer{Activation: l.Activation.String(), Alpha: float32(l.Alpha), Eps: float32(l.Eps), Dropout: l.Dropout}
		r.W, r.B = m.Layer(i)
		r.Gamma, r.Beta = m.Norm(i)
		r.Mean, r.Var = m.Running(i)
		if l.Norm != net.NoNorm {
			r.Norm = l.Norm.String()
		}
		if r.Eps == 0 {
			r.Eps = 1e-5
		}
		if r.Alpha == 0 {
			r.Alpha = map[net.Activation]float32{net.LeakyReLU: 0.01, net.ELU: 1}[l.Activation]
		}
		s.Layers = append(s.Layers, r)
	}
	return s
}

// specTargets returns b's targets as the specification takes them.
func specTargets(m *net.Network, b net.Batch) []float32 {
	if b.Labels != nil {
		return ref.OneHot(b.Labels, m.Outputs())
	}
	return b.Y
}

// firstDifference returns the first index at which the bits of x and y differ (NaN
// equals NaN), or -1.
func firstDifference(x, y []float32) int {
	for i := range max(len(x), len(y)) {
		if i >= len(x) || i >= len(y) {
			return i
		}
		if math.Float32bits(x[i]) != math.Float32bits(y[i]) && (x[i] == x[i] || y[i] == y[i]) {
			return i
		}
	}
	return -1
}

func sameBits(t testing.TB, what string, got, want []float32) {
	t.Helper()
	if i := firstDifference(got, want); i >= 0 {
		if i >= len(got) || i >= len(want) {
			t.Fatalf("%s: length %d, want %d", what, len(got), len(want))
		}
		t.Fatalf("%s[%d] = %g (%#08x), want %g (%#08x)", what, i,
			got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
	}
}

// passCase is one network and batch of the sweep against the specification.
type passCase struct {
	config net.Config
	rows   int
	form   targetsOf
}

func (c passCase) String() string {
	s := fmt.Sprintf("inputs=%d", c.config.Inputs)
	for _, l := range c.config.Layers {
		s += fmt.Sprintf(" %d:%s", l.Units, l.Activation)
	}
	return fmt.Sprintf("%s %s rows=%d targets=%s", s, c.config.Loss, c.rows, c.form)
}

// passCases has every activation × loss, with widths on both sides of each change in
// the order of summation (1, 16, 32).
func passCases() []passCase {
	var cases []passCase
	sizes := []int{1, 3, 16, 17, 33, 70}
	for _, act := range activations {
		for _, loss := range []net.Loss{net.HalfSquaredError, net.SoftmaxCrossEntropy} {
			last, outputs := act, []int{1, 3, 40}
			if loss == net.SoftmaxCrossEntropy {
				last, outputs = net.Identity, []int{2, 10, 40}
			}
			for i, size := range sizes {
				for j, rows := range []int{1, 2, 5, 33} {
					for k, out := range outputs {
						if testing.Short() && (i+2*j+3*k)%8 != 0 {
							continue
						}
						c := net.Config{Inputs: 5, Loss: loss, Layers: []net.Layer{
							{Units: size, Activation: act},
							{Units: sizes[(i+2)%len(sizes)], Activation: act},
							{Units: out, Activation: last},
						}}
						if (i+j+k)%3 == 0 { // one layer less, other numbers of inputs
							c.Inputs, c.Layers = size, c.Layers[1:]
						}
						for _, form := range []targetsOf{labels, values, unnormalised} {
							if form != unnormalised || loss == net.SoftmaxCrossEntropy {
								cases = append(cases, passCase{c, rows, form})
							}
						}
					}
				}
			}
		}
	}
	return append(cases, passCase{net.Config{Inputs: 3, Layers: []net.Layer{{Units: 1}}}, 4, values})
}

// The fused levels give the specification's bits; all levels, and the specification,
// lie within the error bound that intervals around a float64 pass derive.
func TestPassesEqualSpecification(t *testing.T) {
	cases := passCases()
	var widths []float64
	for _, c := range cases {
		m := randomNetwork(t, c.config)
		b := randomBatch(m, c.rows, c.form)
		s, targets := spec(m), specTargets(m, b)
		wantOut := s.Forward(b.X, c.rows)
		wantLoss, wantGrads := s.Gradient(b.X, targets, nil, c.rows)
		bound := passBounds(m, b.X, targets, c.rows)
		bound.out.check(t, fmt.Sprintf("specification: %s: outputs", c), wantOut)
		bound.grads.check(t, fmt.Sprintf("specification: %s: gradient", c), wantGrads)
		widths = append(widths, bound.grads.width())

		ws, p := m.NewWorkspace(c.rows), m.NewPredictor(c.rows)
		for _, level := range isa.Available() {
			name := fmt.Sprintf("%s: %s: ", level, c)
			restore := isa.Force(level)
			out := append([]float32(nil), p.Predict(b.X)...)
			loss, err := ws.Gradient(b)
			lossAlone, errLoss := m.NewWorkspace(c.rows).Loss(b)
			restore()
			if err != nil || errLoss != nil {
				t.Fatal(name, err, errLoss)
			}
			if loss != lossAlone {
				t.Fatalf("%sGradient returns loss %v, Loss %v", name, loss, lossAlone)
			}
			sameBits(t, name+"Outputs after Gradient, beside Predict's, ", ws.Outputs(c.rows), out)
			if level.Fused() {
				sameBits(t, name+"outputs", out, wantOut)
				sameBits(t, name+"gradient", ws.Grads(), wantGrads)
				// The specification takes e^x and log from the standard library, whose float64
				// results may differ from fmath's in the last bits; float32 hides it.
				tolerance := 0.0
				if c.config.Loss == net.SoftmaxCrossEntropy {
					tolerance = 1e-13 * (math.Abs(wantLoss) + 1)
				}
				if !(math.Abs(loss-wantLoss) <= tolerance) {
					t.Fatalf("%sloss %v, want %v within %g", name, loss, wantLoss, tolerance)
				}
			}
			bound.out.check(t, name+"outputs", out)
			bound.grads.check(t, name+"gradient", ws.Grads())
			if !(math.Abs(loss-bound.loss.v) <= bound.loss.r) {
				t.Fatalf("%sloss %v: want %v ± %g", name, loss, bound.loss.v, bound.loss.r)
			}
		}
	}
	// Bounds that are wide prove nothing.
	slices.Sort(widths)
	if most := widths[len(widths)*9/10]; len(cases) < 100 || !(most <= 1e-3) {
		t.Errorf("%d cases; in a tenth of them bounds of the gradient are above %.2g of its largest element, want at most 1e-3", len(cases), most)
	}
}

// Infinite and NaN values take the same way as in the specification.
func TestPassesNotFinite(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, act := range activations {
		for _, loss := range []net.Loss{net.HalfSquaredError, net.SoftmaxCrossEntropy} {
			last := act
			if loss == net.SoftmaxCrossEntropy {
				last = net.Identity
			}
			m := randomNetwork(t, net.Config{Inputs: 2, Loss: loss, Layers: []net.Layer{{Units: 5, Activation: act}, {Units: 3, Activation: last}}})
			b := randomBatch(m, 6, labels)
			copy(b.X, []float32{inf, 1, nan, 1, -inf, 2, 3e38, 3e38, -1e30, 1e30})
			want := spec(m).Forward(b.X, 6)
			wantLoss, wantGrads := spec(m).Gradient(b.X, specTargets(m, b), nil, 6)
			onEveryLevel(t, func(t *testing.T, level isa.Level) {
				ws := m.NewWorkspace(6)
				got, err := ws.Gradient(b)
				if err != nil {
					t.Fatal(err)
				}
				if got == got || wantLoss == wantLoss {
					t.Errorf("loss %g, specification %g: want NaN", got, wantLoss)
				}
				if level.Fused() {
					sameBits(t, "outputs", m.NewPredictor(6).Predict(b.X), want)
					sameBits(t, "gradient", ws.Grads(), wantGrads)
				}
			})
		}
	}
}

// A class that cannot be (logit -Inf) costs nothing where its target is 0.
func TestImpossibleClass(t *testing.T) {
	m := newNetwork(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 3}}, Loss: net.SoftmaxCrossEntropy})
	_, bias := m.Layer(0)
	copy(bias, []float32{1, float32(math.Inf(-1)), 1})
	for _, b := range []net.Batch{
		{X: []float32{0}, Labels: []int{2}},
		{X: []float32{0}, Y: []float32{0, 0, 1}},
	} {
		ws := m.NewWorkspace(1)
		loss, err := ws.Gradient(b)
		if err != nil || !(math.Abs(loss-math.Ln2) <= 0x1p-25) { // the logarithm is a float32
			t.Errorf("loss %v, %v; want log 2 = %v", loss, err, math.Ln2)
		}
		sameBits(t, "db", ws.Grads()[3:], []float32{0.5, 0, -0.5})
	}
	// Logits far apart and large neither overflow nor lose the difference.
	copy(bias, []float32{10000, 9999, -1e30})
	loss, err := m.NewWorkspace(1).Loss(net.Batch{X: []float32{0}, Labels: []int{1}})
	if want := 1 + math.Log1p(math.Exp(-1)); err != nil || !(math.Abs(loss-want) <= 0x1p-23) {
		t.Errorf("loss %v, %v; want %v", loss, err, want)
	}
}

// A row gives the same bits alone, in any batch and at any place in it, and from a
// workspace of any size.
func TestRowAloneAndInBatch(t *testing.T) {
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		for _, size := range []int{1, 8, 20, 70} {
			m := randomNetwork(t, net.Config{Inputs: 9, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{
				{Units: size, Activation: net.Tanh}, {Units: size, Activation: net.ReLU}, {Units: 4},
			}})
			const rows = 33
			b := randomBatch(m, rows, labels)
			in, out := m.Inputs(), m.Outputs()
			want := append([]float32(nil), m.NewPredictor(rows).Predict(b.X)...)
			p := m.NewPredictor(7)
			for _, n := range []int{1, 2, 7} {
				for from := 0; from < rows; from += n {
					to := min(from+n, rows)
					sameBits(t, fmt.Sprintf("hidden=%d rows %d...%d", size, from, to-1), p.Predict(b.X[from*in:to*in]), want[from*out:to*out])
				}
			}
		}
	})
}

func TestInit(t *testing.T) {
	for _, c := range []struct {
		name    string
		layer   net.Layer
		std     float64
		uniform bool
	}{
		{"gaussian", net.Layer{Init: net.Gaussian}, 0.01, false},
		{"gaussian std 0.5", net.Layer{Init: net.Gaussian, Std: 0.5, Activation: net.ReLU}, 0.5, false},
		{"glorot", net.Layer{Init: net.Glorot, Activation: net.ReLU}, math.Sqrt(2.0 / (120 + 90)), true},
		{"he", net.Layer{Init: net.He}, math.Sqrt(2.0 / 120), false},
		{"auto relu", net.Layer{Activation: net.ReLU}, math.Sqrt(2.0 / 120), false},
		{"auto tanh", net.Layer{Activation: net.Tanh}, math.Sqrt(2.0 / (120 + 90)), true},
		{"auto sigmoid", net.Layer{Activation: net.Sigmoid}, math.Sqrt(2.0 / (120 + 90)), true},
		{"auto identity", net.Layer{}, math.Sqrt(2.0 / (120 + 90)), true},
	} {
		c.layer.Units = 90
		m := newNetwork(t, net.Config{Inputs: 120, Layers: []net.Layer{c.layer}})
		for i := range m.Params() {
			m.Params()[i] = float32(math.NaN())
		}
		m.Init(3)
		w, b := m.Layer(0)
		n := float64(len(w))
		mean, variance, most, beyond := 0.0, 0.0, 0.0, 0.0
		for _, v := range w {
			x := float64(v) / c.std
			mean += x / n
			variance += x * x / n
			most = math.Max(most, math.Abs(x))
			if math.Abs(x) > 2 {
				beyond += 1 / n
			}
		}
		// Five standard errors of each statistic; the fourth moment of the normal is the larger.
		if !(math.Abs(mean) <= 5/math.Sqrt(n)) || !(math.Abs(variance-1) <= 5*math.Sqrt(2/n)) {
			t.Errorf("%s: in units of the standard deviation %g mean %g, variance %g", c.name, c.std, mean, variance)
		}
		if c.uniform && !(most <= math.Sqrt(3)*(1+1e-6) && most > 1.72) {
			t.Errorf("%s: largest |w| %g standard deviations: want just below √3", c.name, most)
		}
		if !c.uniform && !(most > 3 && math.Abs(beyond-0.0455) <= 5*math.Sqrt(0.0455/n)) {
			t.Errorf("%s: largest |w| %g standard deviations, %.3g beyond 2: not normal", c.name, most, beyond)
		}
		for j, v := range b {
			if math.Float32bits(v) != 0 {
				t.Errorf("%s: b[%d] = %g, want 0", c.name, j, v)
			}
		}
	}
}

// The weights that a seed stands for are part of the contract: models and published
// results depend on them.
func TestInitGolden(t *testing.T) {
	m := newNetwork(t, net.Config{Inputs: 2, Layers: []net.Layer{
		{Units: 2, Activation: net.ReLU}, {Units: 2, Activation: net.Tanh}, {Units: 1, Init: net.Gaussian},
	}})
	init := func(seed uint64) []float32 {
		m.Init(seed)
		return append([]float32(nil), m.Params()...)
	}
	got := init(42)
	sameBits(t, "Init(42)", got, []float32{
		0x1.c99f52p-02, -0x1.e31916p+00, 0x1.793ef8p-04, 0x1.14981cp+00, 0, 0,
		0x1.49721ap-01, 0x1.c03e32p-01, -0x1.fa952ap-01, 0x1.4275bcp-01, 0, 0,
		0x1.4c9ec2p-08, -0x1.38b1eap-06, 0})
	sameBits(t, "Init(42) again", init(42), got)
	for _, seed := range []uint64{0, 41, 43, 42 | 1<<32} {
		if firstDifference(init(seed), got) != 0 {
			t.Errorf("Init(%d) begins as Init(42)", seed)
		}
	}
	twin := newNetwork(t, net.Config{Inputs: 3, Layers: []net.Layer{{Units: 3}, {Units: 3}}})
	twin.Init(1)
	w0, _ := twin.Layer(0)
	w1, _ := twin.Layer(1)
	if firstDifference(w0, w1) != 0 {
		t.Error("two layers of one shape start with the same weight")
	}
}

func TestNoAllocations(t *testing.T) {
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		for _, c := range []net.Config{
			{Inputs: 7, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{{Units: 40, Activation: net.ReLU}, {Units: 20, Activation: net.Tanh}, {Units: 3}}},
			{Inputs: 70, Layers: []net.Layer{{Units: 33, Activation: net.Sigmoid}, {Units: 1, Activation: net.Sigmoid}}},
			everything(net.SoftmaxCrossEntropy).Config(),
			everything(net.BinaryCrossEntropy).Config(),
			everything(net.Huber).Config(),
		} {
			m := randomNetwork(t, c)
			const rows = 6
			ws, p := m.NewWorkspace(rows), m.NewPredictor(rows)
			for _, form := range []targetsOf{labels, values} {
				b := randomBatch(m, rows, form)
				for _, op := range []struct {
					name string
					call func()
				}{
					{"Gradient", func() { ws.Gradient(b) }},
					{"Loss", func() { ws.Loss(b) }},
					{"Predict", func() { p.Predict(b.X) }},
					{"Classify", func() { p.Classify(b.X) }},
				} {
					if n := testing.AllocsPerRun(20, op.call); n != 0 {
						t.Errorf("%s, %s, targets %s: %g allocations a call, want 0", op.name, c.Loss, form, n)
					}
				}
			}
		}
	})
}

func TestViewsAndClone(t *testing.T) {
	c := net.Config{Inputs: 2, Layers: []net.Layer{{Units: 3, Activation: net.Tanh}, {Units: 2}}}
	m := newNetwork(t, c)
	if n := len(m.Params()); n != (2+1)*3+(3+1)*2 {
		t.Fatalf("%d parameters", n)
	}
	if m.Inputs() != 2 || m.Outputs() != 2 {
		t.Errorf("%d inputs, %d outputs", m.Inputs(), m.Outputs())
	}
	ws := m.NewWorkspace(4)
	if ws.Network() != m || ws.MaxRows() != 4 || len(ws.Grads()) != len(m.Params()) {
		t.Error("workspace does not say what it is for")
	}
	for name, v := range map[string]struct {
		arena []float32
		layer func(i int) (w, b []float32)
	}{"Params": {m.Params(), m.Layer}, "Grads": {ws.Grads(), ws.Layer}} {
		at := 0
		for i, sizes := range [][2]int{{6, 3}, {6, 2}} {
			w, b := v.layer(i)
			for part, view := range [][]float32{w, b} {
				if len(view) != sizes[part] || &view[0] != &v.arena[at] {
					t.Errorf("%s: layer %d part %d: %d elements, want %d from %d on", name, i, part, len(view), sizes[part], at)
				}
				at += sizes[part]
			}
		}
	}
	if w, b := m.Layer(0); cap(w) != len(w) || cap(b) != len(b) {
		t.Error("appending to a view would write its neighbour")
	}
	m.Init(1)
	other := m.Clone()
	sameBits(t, "clone", other.Params(), m.Params())
	if !reflect.DeepEqual(other.Config(), m.Config()) {
		t.Error("clone has another configuration")
	}
	other.Params()[0]++
	w, _ := other.Layer(0)
	if other.Params()[0] == m.Params()[0] || w[0] != other.Params()[0] {
		t.Error("clone shares memory with the original, or not with its own views")
	}
	// The last batch may be smaller than the workspace: its gradient is that of its rows.
	b := randomBatch(m, 4, values)
	small := net.Batch{X: b.X[:2], Y: b.Y[:2]}
	ws.Gradient(b)
	ws.Gradient(small)
	alone := m.NewWorkspace(1)
	alone.Gradient(small)
	sameBits(t, "gradient after a larger batch", ws.Grads(), alone.Grads())
}

func TestBatchErrors(t *testing.T) {
	m := newNetwork(t, net.Config{Inputs: 3, Layers: []net.Layer{{Units: 4}}})
	single := newNetwork(t, net.Config{Inputs: 3, Layers: []net.Layer{{Units: 1}}})
	x := func(n int) []float32 { return make([]float32, n) }
	for _, c := range []struct {
		m     *net.Network
		batch net.Batch
		want  []string // parts of the error; none if there is none
	}{
		{m, net.Batch{X: x(6), Labels: []int{0, 3}}, nil},
		{m, net.Batch{X: x(6), Y: x(8)}, nil},
		{single, net.Batch{X: x(6), Labels: []int{0, 1}}, nil},
		{single, net.Batch{X: x(6), Y: x(2)}, nil},
		{m, net.Batch{}, []string{"len(X) = 0", "positive multiple of 3"}},
		{m, net.Batch{X: x(2), Labels: []int{}}, []string{"len(X) = 2", "positive multiple of 3"}},
		{m, net.Batch{X: x(7), Labels: []int{0, 0}}, []string{"len(X) = 7", "positive multiple of 3"}},
		{m, net.Batch{X: x(6), Labels: []int{0}}, []string{"1 labels for 2 rows"}},
		{m, net.Batch{X: x(6), Labels: []int{0, 0, 0}}, []string{"3 labels for 2 rows"}},
		{m, net.Batch{X: x(6), Labels: []int{0, 4}}, []string{"label 4 in row 1", "0...3"}},
		{m, net.Batch{X: x(6), Labels: []int{-1, 0}}, []string{"label -1 in row 0", "0...3"}},
		{single, net.Batch{X: x(6), Labels: []int{0, 2}}, []string{"label 2 in row 1", "0...1"}},
		{m, net.Batch{X: x(6), Y: x(7)}, []string{"len(Y) = 7", "want 8", "2 rows of 4 outputs"}},
		{m, net.Batch{X: x(6), Y: x(9)}, []string{"len(Y) = 9", "want 8"}},
		{m, net.Batch{X: x(6)}, []string{"len(Y) = 0", "want 8"}},
		{m, net.Batch{X: x(6), Labels: []int{0, 0}, Y: x(8)}, []string{"both Labels and Y"}},
		{m, net.Batch{X: x(9), Labels: []int{0, 0, 0}}, []string{"3 rows", "room for 2"}}, // of the workspace alone
	} {
		ws := c.m.NewWorkspace(2)
		for i := range ws.Grads() {
			ws.Grads()[i] = 5
		}
		_, errGradient := ws.Gradient(c.batch)
		if written := ws.Grads()[0] != 5; written != (errGradient == nil) {
			t.Errorf("%+v: gradient written: %v, error %v", c.batch, written, errGradient)
		}
		_, errLoss := ws.Loss(c.batch)
		rows, errCheck := c.m.Check(c.batch)
		if len(c.want) > 0 && c.want[len(c.want)-1] == "room for 2" {
			if rows != 3 || errCheck != nil {
				t.Errorf("%+v: Check gives %d, %v", c.batch, rows, errCheck)
			}
			errCheck = errLoss
		}
		if errCheck == nil && rows != 2 {
			t.Errorf("%+v: %d rows", c.batch, rows)
		}
		for _, err := range []error{errCheck, errLoss, errGradient} {
			if (err == nil) != (c.want == nil) {
				t.Errorf("%+v: error %v, want one with %q", c.batch, err, c.want)
			}
			for _, part := range c.want {
				if err != nil && !strings.Contains(err.Error(), part) {
					t.Errorf("%+v: error %q does not say %q", c.batch, err, part)
				}
			}
		}
	}
}

func panicText(f func()) (text any) {
	defer func() { text = recover() }()
	f()
	return nil
}

func TestPanics(t *testing.T) {
	m := newNetwork(t, net.Config{Inputs: 3, Layers: []net.Layer{{Units: 2}}})
	p := m.NewPredictor(2)
	const ragged, tooMany, noRows = "net: Predict: len(x) is not a multiple of the number of inputs",
		"net: Predict: more rows than the Predictor was made for", "net: maxRows < 1"
	for _, c := range []struct {
		name string
		call func()
		want any
	}{
		{"Predict", func() { p.Predict(make([]float32, 4)) }, ragged},
		{"Classify", func() { p.Classify(make([]float32, 2)) }, ragged},
		{"Predict", func() { p.Predict(make([]float32, 9)) }, tooMany},
		{"Classify", func() { p.Classify(make([]float32, 9)) }, tooMany},
		{"Predict", func() { p.Predict(make([]float32, 6)) }, nil},
		{"NewPredictor", func() { m.NewPredictor(0) }, noRows},
		{"NewWorkspace", func() { m.NewWorkspace(-1) }, noRows},
	} {
		if got := panicText(c.call); got != c.want {
			t.Errorf("%s: panics with %v, want %v", c.name, got, c.want)
		}
	}
	if out, classes := p.Predict(nil), p.Classify(nil); len(out) != 0 || len(classes) != 0 {
		t.Errorf("no rows give %v, %v", out, classes)
	}
}

func TestClass(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		outputs []float32
		want    int
	}{
		{[]float32{0.5}, 0}, {[]float32{0.50001}, 1}, {[]float32{-3}, 0}, {[]float32{inf}, 1}, {[]float32{nan}, 0},
		{[]float32{1, 2, 3}, 2}, {[]float32{3, 2, 1}, 0}, {[]float32{1, 3, 3}, 1}, {[]float32{2, 2}, 0},
		{[]float32{-2, -1, -3}, 1}, {[]float32{-inf, -inf, -1e38}, 2},
		{[]float32{nan, 1, 2}, 2}, {[]float32{nan, 2, 1}, 1}, {[]float32{2, nan, 1}, 0}, {[]float32{1, 2, nan}, 1},
		{[]float32{nan, nan, nan}, 0}, {[]float32{nan, nan, -inf}, 2}, {[]float32{nan, -1, nan}, 1}, {[]float32{0, float32(math.Copysign(0, -1))}, 0},
	} {
		if got := net.Class(c.outputs); got != c.want {
			t.Errorf("Class(%v) = %d, want %d", c.outputs, got, c.want)
		}
	}
	m := newNetwork(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 3}}, Loss: net.SoftmaxCrossEntropy})
	copy(m.Params(), []float32{1, 0, -1, 0, 0.5, 0}) // logits x, ½, -x
	p := m.NewPredictor(4)
	if got := p.Classify([]float32{2, 0, -2, 0.5}); !reflect.DeepEqual(got, []int{0, 1, 2, 0}) {
		t.Errorf("Classify = %v", got)
	}
	probabilities := p.Predict([]float32{2, 0})
	for _, row := range [][]float32{probabilities[:3], probabilities[3:]} {
		if sum := row[0] + row[1] + row[2]; !(math.Abs(float64(sum)-1) <= 1e-6) {
			t.Errorf("probabilities %v", row)
		}
	}
}

// A row of blank pixels gives what it gives in a batch, and weights that are not finite
// show although their inputs are 0.
func TestBlankInputs(t *testing.T) {
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		m := randomNetwork(t, net.Config{Inputs: 300, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{{Units: 90, Activation: net.ReLU}, {Units: 70, Activation: net.ReLU}, {Units: 5}}})
		const rows = 4
		x := make([]float32, rows*300)
		for i := range x {
			if i%7 == 0 {
				x[i] = float32(i%13) - 5
			}
		}
		clear(x[600:900]) // nothing at all
		want := append([]float32(nil), m.NewPredictor(rows).Predict(x)...)
		p := m.NewPredictor(1)
		for r := range rows {
			got := p.Predict(x[r*300:][:300])
			for j, v := range got {
				if v != want[r*5+j] {
					t.Errorf("row %d: output %d is %g alone, %g in the batch", r, j, v, want[r*5+j])
				}
			}
		}
		w, _ := m.Layer(0)
		for _, bad := range []float64{math.NaN(), math.Inf(1)} {
			w[1*90+3] = float32(bad) // of input 1, which is 0 in row 0
			if y := m.NewPredictor(1).Predict(x[:300]); y[0] == y[0] {
				t.Errorf("a weight of %g for an input of 0: outputs %v, want NaN", bad, y)
			}
		}
	})
}
