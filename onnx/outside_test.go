package onnx

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
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
