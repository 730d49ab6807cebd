package onnx

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/sinew-ml/sinew/net"
)

// testCase is one model of testdata and what it gives, as the scripts there write it.
type testCase struct {
	Model   string `json:"model"`
	Chain   bool   `json:"chain"`
	SkipORT string `json:"skip_ort"` // why ONNX Runtime cannot run it
	Inputs  []struct {
		Shape  []int     `json:"shape"`
		Values []float32 `json:"values"`
	} `json:"inputs"`
	Outputs []struct {
		Name   string `json:"name"`
		Shape  []int  `json:"shape"`
		Values []any  `json:"values"` // numbers or strings
	} `json:"outputs"`
}

// allCases reads every list of cases in testdata.
func allCases(t testing.TB) []testCase {
	t.Helper()
	lists, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []testCase
	for _, list := range lists {
		if filepath.Base(list) == "package.json" || filepath.Base(list) == "package-lock.json" {
			continue
		}
		text, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		var cases []testCase
		if err := json.Unmarshal(text, &cases); err != nil {
			t.Fatalf("%s: %v", list, err)
		}
		all = append(all, cases...)
	}
	if len(all) < 50 {
		t.Fatalf("%d cases in testdata: some lists are missing", len(all))
	}
	return all
}

// rows returns the number of rows of the case.
func (c *testCase) rows() int { return c.Inputs[0].Shape[0] }

// inputs returns the values as Run takes them.
func (c *testCase) inputs() [][]float32 {
	var x [][]float32
	for _, in := range c.Inputs {
		x = append(x, in.Values)
	}
	return x
}

// joined returns the values as a network takes them: those of all inputs, row by row.
func (c *testCase) joined() []float32 {
	var x []float32
	for r := range c.rows() {
		for _, in := range c.Inputs {
			n := len(in.Values) / c.rows()
			x = append(x, in.Values[r*n:][:n]...)
		}
	}
	return x
}

// The promise: predictions within 1e-5 relative. It is taken relative to the largest output
// of its tensor as well, for elements that cancel to nearly 0.
const tolerance = 1e-5

// compareFloats compares an output with what is expected.
func compareFloats(got []float32, want []any) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d numbers, want %d", len(got), len(want))
	}
	largest := 0.0
	for _, w := range want {
		largest = max(largest, math.Abs(w.(float64)))
	}
	for i, w := range want {
		d := math.Abs(float64(got[i]) - w.(float64))
		if !(d <= tolerance*max(math.Abs(w.(float64)), 0.1*largest)) {
			return fmt.Errorf("element %d: got %g, want %g, difference %g", i, got[i], w, d)
		}
	}
	return nil
}

// TestCases runs every model of testdata.
func TestCases(t *testing.T) {
	for _, c := range allCases(t) {
		t.Run(c.Model, func(t *testing.T) {
			m, err := LoadFile(filepath.Join("testdata", c.Model))
			if err != nil {
				t.Fatal(err)
			}
			r, err := m.NewRunner(c.rows())
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Run(c.inputs()...); err != nil {
				t.Fatal(err)
			}
			infos := m.Outputs()
			if len(infos) != len(c.Outputs) {
				t.Fatalf("%d outputs, want %d", len(infos), len(c.Outputs))
			}
			for i, want := range c.Outputs {
				info := infos[i]
				if info.Name != want.Name {
					t.Errorf("output %d is %q, want %q", i, info.Name, want.Name)
				}
				if got := append([]int{c.rows()}, info.Shape...); fmt.Sprint(got) != fmt.Sprint(want.Shape) {
					t.Errorf("output %q has shape %v, want %v", info.Name, got, want.Shape)
				}
				switch info.Type {
				case Float:
					if err := compareFloats(r.Floats(i), want.Values); err != nil {
						t.Errorf("output %q: %v", info.Name, err)
					}
				case Int:
					for j, v := range r.Ints(i) {
						if w, ok := want.Values[j].(float64); !ok || float64(v) != w {
							t.Errorf("output %q, element %d: got %d, want %v", info.Name, j, v, want.Values[j])
						}
					}
				case String:
					for j, v := range r.Strings(i) {
						if v != want.Values[j] {
							t.Errorf("output %q, element %d: got %q, want %v", info.Name, j, v, want.Values[j])
						}
					}
				}
			}
			checkNetwork(t, &c, m)
		})
	}
}

// checkNetwork asks for the model as layers and as a network, and compares what they predict.
func checkNetwork(t *testing.T, c *testCase, m *Model) {
	layers, err := m.chain()
	if !c.Chain {
		if err == nil {
			t.Error("a chain of layers, although the model is none")
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	x := c.joined()
	compare := func(what string, got []float32) {
		for i, info := range m.Outputs() {
			if info.Type != Float {
				checkLabels(t, what, got, len(got)/c.rows(), c.Outputs[i].Values)
				continue
			}
			want := c.Outputs[i].Values
			if layers.head == softmaxHead && want[0].(float64) < 0 { // logarithms of probabilities
				for j := range got {
					got[j] = float32(math.Log(float64(got[j])))
				}
			}
			if err := compareFloats(got, want); err != nil {
				t.Errorf("%s, output %q: %v", what, info.Name, err)
			}
		}
	}
	compare("layers", layers.predict(x, c.rows()))
	n, err := m.Network()
	if err != nil {
		t.Fatal(err)
	}
	compare("network", n.NewPredictor(c.rows()).Predict(x))
}

// checkLabels compares the largest output of each row with labels that are class numbers.
func checkLabels(t *testing.T, what string, got []float32, n int, want []any) {
	t.Helper()
	if len(want)*n != len(got) {
		return // several labels per row
	}
	for r, label := range want {
		class, ok := label.(float64)
		if !ok || class < 0 || int(class) >= n {
			return // names, or numbers of their own
		}
		if c := net.Class(got[r*n:][:n]); c != int(class) && n > 1 {
			t.Errorf("%s, row %d: class %d, want %v", what, r, c, class)
		}
	}
}

// predict runs the layers in float64.
func (c *chain) predict(x []float32, rows int) []float32 {
	out := make([]float64, 0, len(x))
	for i, v := range x {
		f := float64(v)
		if c.pre != nil {
			f = (f - c.pre.sub[i%c.inputs]) * c.pre.mul[i%c.inputs]
		}
		out = append(out, f)
	}
	if c.matrix != nil {
		n := c.layers[0].in
		y := make([]float64, rows*n)
		for i, v := range c.matrix {
			for r := range rows {
				y[r*n+i%n] += out[r*c.inputs+i/n] * float64(v)
			}
		}
		out = y
	}
	for _, l := range c.layers {
		y := make([]float64, rows*l.out)
		for r := range rows {
			for j := range l.out {
				z := float64(l.b[j])
				for k := range l.in {
					z += out[r*l.in+k] * float64(l.w[k*l.out+j])
				}
				y[r*l.out+j] = z
			}
			row := y[r*l.out:][:l.out]
			switch s := l.norm.(type) {
			case *batchNorm:
				for j := range row {
					row[j] = (row[j]-float64(s.mean[j]))/math.Sqrt(float64(s.variance[j])+s.eps)*float64(s.gamma[j]) + float64(s.beta[j])
				}
			case *layerNorm:
				mean, square := 0.0, 0.0
				for _, v := range row {
					mean += v / float64(l.out)
				}
				for _, v := range row {
					square += (v - mean) * (v - mean) / float64(l.out)
				}
				for j := range row {
					row[j] = (row[j]-mean)/math.Sqrt(square+s.eps)*float64(s.gamma[j]) + float64(s.beta[j])
				}
			}
			for j, v := range row {
				row[j] = activations[l.act](v, l.alpha)
			}
		}
		out = y
	}
	if c.head == softmaxHead {
		n := c.layers[len(c.layers)-1].out
		for r := range rows {
			row, sum := out[r*n:][:n], 0.0
			for _, v := range row {
				sum += math.Exp(v)
			}
			for j, v := range row {
				row[j] = math.Exp(v) / sum
			}
		}
	}
	var single []float32
	for _, v := range out {
		single = append(single, float32(v))
	}
	return single
}

// activations are package net's, by its names and written down once more.
var activations = map[string]func(x, alpha float64) float64{
	"identity":   func(x, _ float64) float64 { return x },
	"sigmoid":    func(x, _ float64) float64 { return 1 / (1 + math.Exp(-x)) },
	"tanh":       func(x, _ float64) float64 { return math.Tanh(x) },
	"relu":       func(x, _ float64) float64 { return max(x, 0) },
	"leaky-relu": func(x, alpha float64) float64 { return max(x, 0) + alpha*min(x, 0) },
	"elu":        func(x, alpha float64) float64 { return max(x, 0) + alpha*(math.Exp(min(x, 0))-1) },
	"selu": func(x, _ float64) float64 {
		return 1.0507009873554805 * (max(x, 0) + 1.6732632423543772*(math.Exp(min(x, 0))-1))
	},
	"gelu":         func(x, _ float64) float64 { return 0.5 * x * (1 + math.Erf(x/math.Sqrt2)) },
	"gelu-tanh":    func(x, _ float64) float64 { return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))) },
	"silu":         func(x, _ float64) float64 { return x / (1 + math.Exp(-x)) },
	"softplus":     func(x, _ float64) float64 { return math.Log1p(math.Exp(x)) },
	"hard-sigmoid": func(x, _ float64) float64 { return max(0, min(1, x/6+0.5)) },
	"hard-swish":   func(x, _ float64) float64 { return x * max(0, min(1, x/6+0.5)) },
	"relu6":        func(x, _ float64) float64 { return max(0, min(6, x)) },
}
