package net_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/net"
)

// golden is testdata/torch.json, which testdata/torch_golden.py writes: what PyTorch
// computes in float64.
type golden struct {
	Z, Y, Shares, Soft, Gamma, Beta []float32
	Labels                          []int
	ClassWeights                    []float32 `json:"class_weights"`

	Losses []struct {
		Name string
		Loss float64
		DZ   []float64
	}
	Norms []struct {
		Name                                   string
		Eps, Loss                              float64
		Out, DZ, DGamma, DBeta, Mean, Variance []float64
		Eval                                   []float64
	}
	Activations []struct {
		Name  string
		Z     []float32
		Y, DZ []float64
	}
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	text, err := os.ReadFile("testdata/torch.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Losses) < 11 || len(g.Norms) < 4 || len(g.Activations) < 15 {
		t.Fatalf("testdata/torch.json has %d losses, %d norms, %d activations", len(g.Losses), len(g.Norms), len(g.Activations))
	}
	return g
}

// The golden batch: with unit vectors for inputs and z for weights, a layer computes z, and
// the gradient of its weights is that of z.
const goldenRows, goldenOut = 5, 3

func unitRows(n int) []float32 {
	x := make([]float32, n*n)
	for i := range n {
		x[i*n+i] = 1
	}
	return x
}

// near fails where got is further than units·2⁻²⁴ of the larger of scale and |want|.
func near(t *testing.T, what string, got []float32, want []float64, units, scale float64) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	worst := 0.0
	for i, w := range want {
		off := math.Abs(float64(got[i])-w) / (math.Max(scale, math.Abs(w)) * 0x1p-24)
		if worst = math.Max(worst, off); !(off <= units) {
			t.Errorf("%s: number %d is %v, PyTorch has %v: off by %.2f units of 2⁻²⁴", what, i, got[i], w, off)
		}
	}
	t.Logf("%s: within %.2f units of 2⁻²⁴", what, worst)
}

// Losses and their gradients are PyTorch's.
func TestLossesEqualTorch(t *testing.T) {
	g := readGolden(t)
	rowWeights := make([]float32, goldenRows)
	for i, l := range g.Labels {
		rowWeights[i] = g.ClassWeights[l]
	}
	cases := map[string]struct {
		config net.Config
		batch  net.Batch
	}{
		"mse":                             {net.Config{Loss: net.MSE}, net.Batch{Y: g.Y}},
		"mae":                             {net.Config{Loss: net.MAE}, net.Batch{Y: g.Y}},
		"huber":                           {net.Config{Loss: net.Huber}, net.Batch{Y: g.Y}},
		"huber delta":                     {net.Config{Loss: net.Huber, Delta: 2.5}, net.Batch{Y: g.Y}},
		"binary-cross-entropy":            {net.Config{Loss: net.BinaryCrossEntropy}, net.Batch{Y: g.Shares}},
		"cross-entropy":                   {net.Config{}, net.Batch{Labels: g.Labels}},
		"cross-entropy smoothing":         {net.Config{LabelSmoothing: 0.125}, net.Batch{Labels: g.Labels}},
		"cross-entropy weights":           {net.Config{}, net.Batch{Labels: g.Labels, Weights: rowWeights}},
		"cross-entropy soft":              {net.Config{}, net.Batch{Y: g.Soft}},
		"cross-entropy soft smoothing":    {net.Config{LabelSmoothing: 0.125}, net.Batch{Y: g.Soft}},
		"cross-entropy smoothing weights": {net.Config{LabelSmoothing: 0.125}, net.Batch{Labels: g.Labels, Weights: rowWeights}},
	}
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		for _, want := range g.Losses {
			c, ok := cases[want.Name]
			if !ok {
				t.Fatalf("no case for %q", want.Name)
			}
			if strings.HasPrefix(want.Name, "cross-entropy") {
				c.config.Loss = net.SoftmaxCrossEntropy
			}
			c.config.Inputs, c.config.Layers = goldenRows, []net.Layer{{Units: goldenOut}}
			m := newNetwork(t, c.config)
			copy(m.Params(), g.Z)
			ws := m.NewWorkspace(goldenRows)
			c.batch.X = unitRows(goldenRows)
			loss, err := ws.Gradient(c.batch)
			if err != nil {
				t.Fatal(err)
			}
			if !(math.Abs(loss-want.Loss) <= 4*0x1p-24*want.Loss) {
				t.Errorf("%s: loss %v, PyTorch has %v", want.Name, loss, want.Loss)
			}
			dz, _ := ws.Layer(0)
			// An output's gradient is a difference of numbers up to 1 over rows (and outputs),
			// of which the exponentials are good to 2 units.
			near(t, want.Name, dz, want.DZ, 4, 1.0/goldenRows)
		}
	})
}

// Norms, their gradients and running averages are PyTorch's.
func TestNormsEqualTorch(t *testing.T) {
	g := readGolden(t)
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		for _, want := range g.Norms {
			layer := net.Layer{Units: goldenOut, Norm: net.LayerNorm, Eps: want.Eps}
			if want.Name == "batch" {
				layer.Norm = net.BatchNorm
			}
			m := newNetwork(t, net.Config{Inputs: goldenRows, Layers: []net.Layer{layer}, Loss: net.MSE})
			w, _ := m.Layer(0)
			gamma, beta := m.Norm(0)
			copy(w, g.Z)
			copy(gamma, g.Gamma)
			copy(beta, g.Beta)
			ws := m.NewWorkspace(goldenRows)
			b := net.Batch{X: unitRows(goldenRows), Y: g.Y}
			loss, err := ws.Gradient(b)
			if err != nil {
				t.Fatal(err)
			}
			name := want.Name + " norm: "
			if !(math.Abs(loss-want.Loss) <= 4*0x1p-24*want.Loss) {
				t.Errorf("%sloss %v, PyTorch has %v", name, loss, want.Loss)
			}
			dz, _ := ws.Layer(0)
			dgamma, dbeta := ws.Norm(0)
			near(t, name+"outputs", ws.Outputs(goldenRows), want.Out, 8, 1)
			near(t, name+"dγ", dgamma, want.DGamma, 8, 1)
			near(t, name+"dβ", dbeta, want.DBeta, 8, 1)
			near(t, name+"dz", dz, want.DZ, 8, 1)
			if want.Name == "batch" {
				ws.UpdateStats()
				copy(w, g.Y)
				if _, err := ws.Gradient(b); err != nil {
					t.Fatal(err)
				}
				ws.UpdateStats()
				copy(w, g.Z)
				mean, variance := m.Running(0)
				near(t, name+"running mean", mean, want.Mean, 4, 1)
				near(t, name+"running variance", variance, want.Variance, 4, 1)
			}
			near(t, name+"prediction", m.NewPredictor(goldenRows).Predict(b.X), want.Eval, 8, 1)
		}
	})
}

// Activations and their derivatives are PyTorch's, at the kinks too.
func TestActivationsEqualTorch(t *testing.T) {
	g := readGolden(t)
	onEveryLevel(t, func(t *testing.T, _ isa.Level) {
		tested := map[net.Activation]bool{net.Identity: true}
		for _, want := range g.Activations {
			layer := net.Layer{Units: len(want.Z)}
			name, alpha, found := strings.Cut(want.Name, " ")
			if err := layer.Activation.UnmarshalText([]byte(name)); err != nil {
				t.Fatal(err)
			}
			if found {
				if err := json.Unmarshal([]byte(alpha), &layer.Alpha); err != nil {
					t.Fatal(err)
				}
			}
			tested[layer.Activation] = true
			if name == "hard-swish" {
				// PyTorch 1.13 has -½ at -3 but 1 at 3: the slope on the right. Here both are
				// those outside.
				for i, z := range want.Z {
					if z == -3 {
						want.DZ[i] = 0
					}
				}
			}
			m := newNetwork(t, net.Config{Inputs: 1, Layers: []net.Layer{layer}, Loss: net.MAE})
			w, _ := m.Layer(0)
			copy(w, want.Z)
			b := net.Batch{X: []float32{1}, Y: make([]float32, len(w))}
			for i := range b.Y {
				b.Y[i] = -1e3 // below all outputs: the gradient of each is 1/len(w)
			}
			ws := m.NewWorkspace(1)
			if _, err := ws.Gradient(b); err != nil {
				t.Fatal(err)
			}
			near(t, want.Name, ws.Outputs(1), want.Y, 4, 0x1p-6)
			dw, _ := ws.Layer(0)
			for i := range dw {
				dw[i] *= float32(len(w)) // a power of 2
			}
			near(t, want.Name+"'", dw, want.DZ, 4, 0.5)
		}
		for _, a := range net.Activations() {
			if !tested[a] {
				t.Errorf("%s is not in testdata/torch.json", a)
			}
		}
	})
}
