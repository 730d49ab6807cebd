package onnx

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// notInstalled is the exit status of the scripts in testdata if what they need is missing.
const notInstalled = 3

// ortCase and ortOutput are what testdata/ort.js reads and writes.
type ortCase struct {
	Model  string    `json:"model"`
	Inputs []ortData `json:"inputs"`
}

type ortData struct {
	Name   string `json:"name,omitempty"`
	Shape  []int  `json:"shape"`
	Values any    `json:"values"`
	Type   string `json:"type,omitempty"`
}

type ortResult struct {
	Error   string
	Outputs []struct {
		Name   string
		Values []any
	}
}

// runORT runs models in ONNX Runtime, or skips the test.
func runORT(t *testing.T, cases []ortCase) []ortResult {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no node on this machine: nothing was compared with ONNX Runtime")
	}
	in, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(node, "ort.js")
	cmd.Dir = "testdata"
	cmd.Stdin = bytes.NewReader(in)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == notInstalled {
		t.Skipf("no ONNX Runtime (npm install in onnx/testdata brings it): nothing was compared with it: %.200s", complaint.String())
	}
	if err != nil {
		t.Fatalf("%v: %s", err, complaint.String())
	}
	var results []ortResult
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatal(err)
	}
	if len(results) != len(cases) {
		t.Fatalf("%d results for %d models", len(results), len(cases))
	}
	return results
}

// checkONNX runs ONNX's checker on files, or skips the test.
func checkONNX(t *testing.T, paths []string) {
	t.Helper()
	reason := "no python3"
	for _, python := range []string{"python3", "/usr/bin/python3"} { // the second is Debian's
		out, err := exec.Command(python, append([]string{"testdata/check.py"}, paths...)...).CombinedOutput()
		var exit *exec.ExitError
		switch {
		case err == nil:
			return
		case errors.As(err, &exit) && exit.ExitCode() != notInstalled:
			t.Fatalf("%v: %s", err, out)
		}
		reason = fmt.Sprintf("%v: %s", err, out)
	}
	t.Skip("nothing was checked by ONNX's checker: ", reason)
}

// TestCasesInRuntime asks ONNX Runtime about the models of testdata: what is expected of them
// was computed by other means, and both are right or the test fails.
func TestCasesInRuntime(t *testing.T) {
	types := map[string]string{
		"torch_double_13.onnx": "float64", "sklearn_regressor_double.onnx": "float64", "sklearn_iris_int64.onnx": "int64",
	}
	var asked []testCase
	var list []ortCase
	for _, c := range allCases(t) {
		if c.SkipORT != "" {
			continue
		}
		o := ortCase{Model: c.Model}
		for _, in := range c.Inputs {
			o.Inputs = append(o.Inputs, ortData{Shape: in.Shape, Values: in.Values, Type: types[c.Model]})
		}
		asked, list = append(asked, c), append(list, o)
	}
	for i, r := range runORT(t, list) {
		c := asked[i]
		if r.Error != "" {
			t.Errorf("%s: %s", c.Model, r.Error)
			continue
		}
		for j, want := range c.Outputs {
			if _, isText := want.Values[0].(string); isText {
				if fmt.Sprint(r.Outputs[j].Values) != fmt.Sprint(want.Values) {
					t.Errorf("%s, output %q: ONNX Runtime says %v, testdata %v", c.Model, want.Name, r.Outputs[j].Values, want.Values)
				}
				continue
			}
			var got []float32
			for _, v := range r.Outputs[j].Values {
				f, ok := v.(float64)
				if !ok {
					t.Fatalf("%s, output %q: ONNX Runtime says %v", c.Model, want.Name, v)
				}
				got = append(got, float32(f))
			}
			if err := compareFloats(got, want.Values); err != nil {
				t.Errorf("%s, output %q, ONNX Runtime: %v", c.Model, want.Name, err)
			}
		}
	}
}

// TestExportInRuntime checks what is written with ONNX's checker and runs it in ONNX Runtime.
func TestExportInRuntime(t *testing.T) {
	const rows = 9
	dir := t.TempDir()
	var list []ortCase
	var want [][]any
	var paths, names []string
	for i, e := range exports(t) {
		path := filepath.Join(dir, fmt.Sprintf("%d.onnx", i))
		if err := SaveFile(path, e.m); err != nil {
			t.Fatalf("%s: %v", e.name, err)
		}
		x := inputsFor(e.m, rows)
		var y []any
		for _, v := range e.m.NewPredictor(rows).Predict(x) {
			y = append(y, float64(v))
		}
		paths, names, want = append(paths, path), append(names, e.name), append(want, y)
		list = append(list, ortCase{Model: path, Inputs: []ortData{{Shape: []int{rows, e.m.Inputs()}, Values: x}}})
	}
	for name, e := range ensembles(t) {
		path := filepath.Join(dir, name+".onnx")
		if err := SaveEnsembleFile(path, e); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		x := inputsFor(e.Members()[0], rows)
		var y []any
		for _, v := range e.NewPredictor(rows).Predict(x) {
			y = append(y, float64(v))
		}
		paths, names, want = append(paths, path), append(names, "ensemble, "+name), append(want, y)
		list = append(list, ortCase{Model: path, Inputs: []ortData{{Shape: []int{rows, e.Inputs()}, Values: x}}})
	}
	t.Run("checker", func(t *testing.T) { checkONNX(t, paths) })
	t.Run("runtime", func(t *testing.T) {
		for i, r := range runORT(t, list) {
			if r.Error != "" {
				t.Errorf("%s: %s", names[i], r.Error)
				continue
			}
			var got []float32
			for _, v := range r.Outputs[0].Values {
				got = append(got, float32(v.(float64)))
			}
			if err := compareFloats(got, want[i]); err != nil {
				t.Errorf("%s: ONNX Runtime: %v", names[i], err)
			}
		}
	})
}

// TestGraphsInRuntime runs graphs made of random choices here and in ONNX Runtime, where both
// can: what they give must agree.
func TestGraphsInRuntime(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of graphs: not with -short")
	}
	runORT(t, []ortCase{}) // skips before the work
	const rows, graphs = 3, 2000
	dir := t.TempDir()
	var list []ortCase
	var models []*Model
	x := []float32{-2.5, -0.25, 0.5, 3.5, 1, 2, -3, 0.125, 7, -1, 0.75, -0.5}
	for i := range graphs {
		file := graphOf(choices(uint64(i), 2, 300), true)
		m, err := Load(bytes.NewReader(file))
		// Near their poles these magnify the roundings of what is before them without bound.
		poles := func(s step) bool {
			return slices.Contains([]string{"Reciprocal", "Div", "Log", "Pow", "Normalizer"}, s.base().node.op)
		}
		if err != nil || len(m.steps) < 2 || slices.ContainsFunc(m.steps[1:], poles) {
			continue
		}
		path := filepath.Join(dir, fmt.Sprintf("%d.onnx", i))
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		models = append(models, m)
		list = append(list, ortCase{Model: path, Inputs: []ortData{{Shape: []int{rows, 4}, Values: x}}})
	}
	compared := 0
	for i, r := range runORT(t, list) {
		if r.Error != "" {
			t.Log(list[i].Model, r.Error)
			continue
		}
		runner, err := models[i].NewRunner(rows)
		if err != nil {
			t.Fatal(err)
		}
		outputs := func(scale float32) (y []float64) {
			scaled := slices.Clone(x)
			for i := range scaled {
				scaled[i] *= scale
			}
			if err := runner.Run(scaled); err != nil {
				t.Fatal(err)
			}
			for _, v := range runner.Floats(0) {
				y = append(y, float64(v))
			}
			for _, v := range runner.Ints(0) {
				y = append(y, float64(v))
			}
			return y
		}
		got, slack := outputs(1), outputs(1+0x1p-22)
		for j, v := range outputs(1 - 0x1p-22) {
			// A graph that magnifies a change in the inputs' last places magnifies rounding.
			if slack[j] = 4 * max(math.Abs(got[j]-v), math.Abs(got[j]-slack[j])); slack[j] != slack[j] {
				slack[j] = 0
			}
		}
		if err := compareAll(got, slack, r.Outputs[0].Values); err != nil {
			var ops []string
			for _, s := range models[i].steps {
				ops = append(ops, s.base().node.op)
			}
			t.Errorf("graph %s, steps %v: %v", filepath.Base(list[i].Model), ops, err)
		}
		compared++
	}
	t.Logf("%d graphs compared", compared)
	if compared < 200 {
		t.Errorf("%d graphs compared, want at least 200", compared)
	}
}

// compareAll is compareFloats for numbers that may be infinite or NaN, which ort.js writes as
// strings; got[i] may be off by slack[i] more. Of NaN nothing is asked: the runtime's Erf(NaN),
// for one, is -1.
func compareAll(got, slack []float64, want []any) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d numbers, want %d", len(got), len(want))
	}
	for i, w := range want {
		f, ok := w.(float64)
		if s, isText := w.(string); isText {
			f, ok = map[string]float64{"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1)}[s]
		}
		if b, isBool := w.(bool); isBool {
			f, ok = float64(truth(b)), true
		}
		same := f == got[i] || got[i] != got[i] || math.Abs(f-got[i]) <= tolerance*max(math.Abs(f), 0.1)+slack[i]
		if !ok || !same {
			return fmt.Errorf("element %d: got %g, want %v", i, got[i], w)
		}
	}
	return nil
}
