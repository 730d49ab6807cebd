package torch_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/internal/safetensors"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/torch"
)

var update = flag.Bool("update", false, "write testdata/sinew-* anew; then run testdata/make.py check")

// close compares outputs within 1e-5, relative to 1 + their size.
func closeTo(t *testing.T, name string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d outputs, want %d", name, len(got), len(want))
	}
	for i, v := range got {
		if !(math.Abs(float64(v)-want[i]) <= 1e-5*(1+math.Abs(want[i]))) {
			t.Errorf("%s: output %d is %g, PyTorch's %g", name, i, v, want[i])
		}
	}
}

// State dicts that PyTorch wrote predict what PyTorch predicts.
func TestLoad(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 9 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if name == "sinew" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c struct {
			Activation net.Activation
			X          []float32
			Y          []float64
		}
		if err := json.Unmarshal(text, &c); err != nil {
			t.Fatal(err)
		}
		path := "testdata/" + name + ".safetensors"
		m, err := torch.LoadFile(path, torch.Options{Activation: c.Activation})
		if err != nil {
			t.Error(err)
			continue
		}
		closeTo(t, name, m.NewPredictor(5).Predict(c.X), c.Y)

		// The same with the architecture given, which may say more.
		config := m.Config()
		config.Loss = net.SoftmaxCrossEntropy
		with, err := torch.LoadFile(path, torch.Options{Config: &config})
		if err != nil || with.Config().Loss != net.SoftmaxCrossEntropy {
			t.Errorf("%s with its configuration: %v", name, err)
		}
		config.Layers[0].Units++
		if _, err := torch.LoadFile(path, torch.Options{Config: &config}); err == nil || !strings.Contains(err.Error(), "layer 0 of the state dict has") {
			t.Errorf("%s with another configuration: %v", name, err)
		}
	}
}

// written are networks whose files PyTorch was seen to load: testdata/make.py check.
func written(t *testing.T) map[string]*net.Network {
	all := map[string]*net.Network{}
	for _, a := range net.Activations() {
		for norm, name := range []string{"", "-batch", "-layer"} {
			m, err := net.New(net.Config{Inputs: 3, Layers: []net.Layer{{Units: 5, Activation: a, Norm: net.Norm(norm), Dropout: 0.5}, {Units: 4, Activation: a}, {Units: 2}}})
			if err != nil {
				t.Fatal(err)
			}
			m.Init(uint64(a))
			mean, variance := m.Running(0)
			for j := range mean {
				mean[j], variance[j] = float32(j)/8, 1+float32(j)/4
			}
			all[a.String()+name] = m
		}
	}
	return all
}

func TestSave(t *testing.T) {
	type golden struct {
		Modules string    `json:"modules"`
		Inputs  int       `json:"inputs"`
		X       []float32 `json:"x"`
		Y       []float64 `json:"y"`
	}
	cases := map[string]golden{}
	x := []float32{1, -2, 0.5, 3, 4, -1}
	for name, m := range written(t) {
		g := golden{Modules: torch.Modules(m.Config()), Inputs: 3, X: x}
		for _, v := range m.NewPredictor(2).Predict(x) {
			g.Y = append(g.Y, float64(v))
		}
		cases[name] = g
		var file bytes.Buffer
		if err := torch.Save(&file, m); err != nil {
			t.Fatal(err)
		}
		path := "testdata/sinew-" + name + ".safetensors"
		if *update {
			if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(file.Bytes(), want) {
			t.Errorf("%s: not the bytes that PyTorch was seen to load, %v", name, err)
		}
		// And back.
		c := m.Config()
		back, err := torch.Load(&file, torch.Options{Config: &c})
		if err != nil {
			t.Fatal(name, err)
		}
		for i, v := range m.Params() {
			if back.Params()[i] != v {
				t.Fatalf("%s: parameter %d is %g after a round trip, was %g", name, i, back.Params()[i], v)
			}
		}
		for i, v := range m.Stats() {
			if back.Stats()[i] != v {
				t.Fatalf("%s: running average %d is %g after a round trip, was %g", name, i, back.Stats()[i], v)
			}
		}
	}
	if *update {
		text, err := json.MarshalIndent(cases, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/sinew.json", text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile("testdata/sinew.json")
	if err != nil {
		t.Fatal(err)
	}
	var old map[string]golden
	if err := json.Unmarshal(text, &old); err != nil || len(old) != len(cases) {
		t.Fatal(len(old), err)
	}
	for name, g := range cases {
		if old[name].Modules != g.Modules {
			t.Errorf("%s: modules\n%s\nwant\n%s", name, g.Modules, old[name].Modules)
		}
	}
	m := written(t)["relu"]
	if err := m.SetTransform(&net.Transform{Mean: make([]float32, 3)}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x")
	if err := torch.SaveFile(path, m); err == nil || !strings.Contains(err.Error(), "has a transform") {
		t.Errorf("with a transform: %v", err)
	}
	if err := torch.SaveFile(path, m.Fold()); err != nil {
		t.Error(err)
	}
}

func f32(name string, shape ...int) safetensors.Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return safetensors.NewFloat32(name, shape, make([]float32, n))
}

func TestSaveNothing(t *testing.T) {
	if err := torch.Save(io.Discard, nil); err == nil || err.Error() != "torch: save: the network is nil" {
		t.Errorf("error %v", err)
	}
}

func TestLoadErrors(t *testing.T) {
	negative := safetensors.NewFloat32("1.running_var", []int{3}, []float32{1, -1, 1})
	linear := []safetensors.Tensor{f32("0.weight", 3, 2), f32("0.bias", 3)}
	norm := append(linear[:2:2], f32("1.weight", 3), f32("1.bias", 3))
	for _, c := range []struct {
		name    string
		tensors []safetensors.Tensor
		want    string
	}{
		{"nothing", nil, "no two-dimensional weight"},
		{"bias alone", linear[1:], `module "0" has no weight`},
		{"other parts", append(linear[:2:2], f32("0.weight_ih", 3)), `"0.weight_ih": want the parts of Linear`},
		{"convolution", []safetensors.Tensor{f32("c.weight", 3, 2, 3, 3)}, `"c.weight" has shape [3 2 3 3]`},
		{"norm first", []safetensors.Tensor{f32("0.weight", 3), f32("0.bias", 3)}, `module "0" is a norm that follows no Linear`},
		{"two norms", append(norm[:4:4], f32("2.weight", 3), f32("2.bias", 3)), `module "2" is a norm that follows no Linear`},
		{"no chain", append(linear[:2:2], f32("1.weight", 3, 4)), `"1.weight" has shape [3 4]: the module before it, "0", has 3 outputs`},
		{"bias too long", []safetensors.Tensor{linear[0], f32("0.bias", 4)}, `"0.bias" has shape [4]: want [3]`},
		{"norm without bias", norm[:3], `module "1" has no bias`},
		{"half a batch norm", append(norm[:4:4], f32("1.running_mean", 3)), "one of running_mean and running_var"},
		{"negative variance", append(norm[:4:4], f32("1.running_mean", 3), negative), `"1.running_var": element 1 is -1`},
		{"complex", []safetensors.Tensor{{Name: "0.weight", DType: "C64", Shape: []int{1, 1}, Data: make([]byte, 8)}}, `dtype "C64" has no conversion`},
	} {
		var file bytes.Buffer
		if err := safetensors.Write(&file, c.tensors, nil); err != nil {
			t.Fatal(c.name, err)
		}
		if _, err := torch.Load(&file, torch.Options{}); err == nil || !strings.HasPrefix(err.Error(), "torch: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
	own, err := net.New(net.Config{Inputs: 2, Layers: []net.Layer{{Units: 2}}})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := own.Save(&file); err != nil {
		t.Fatal(err)
	}
	if _, err := torch.Load(&file, torch.Options{}); err == nil || !strings.Contains(err.Error(), "a Sinew model, not a state dict: package net loads it") {
		t.Errorf("a model: error %v", err)
	}
	if _, err := torch.LoadFile("testdata/none", torch.Options{}); err == nil {
		t.Error("no file, no error")
	}
}

// The shape of a dtype that the reader does not know is not held against its bytes: no
// memory for it.
func TestHugeClaim(t *testing.T) {
	header := `{"0.weight":{"dtype":"X","shape":[4096,4096],"data_offsets":[0,0]}}`
	file := append([]byte{byte(len(header)), 0, 0, 0, 0, 0, 0, 0}, header...)
	var err error
	took := allocated(func() { _, err = torch.Load(bytes.NewReader(file), torch.Options{}) })
	if err == nil || !strings.Contains(err.Error(), `"0.weight": dtype "X" has no conversion`) {
		t.Errorf("error %v", err)
	}
	if took > 1<<20 {
		t.Errorf("%d bytes taken for a file of %d", took, len(file))
	}
}

// allocated returns the bytes that f takes from the heap, freed ones included.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/*.safetensors")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		var m *net.Network
		var err error
		// Weights of one byte become four twice over; entries of the header take most.
		most := uint64(1<<18 + 1024*len(file))
		if got := allocated(func() { m, err = torch.Load(bytes.NewReader(file), torch.Options{Activation: net.ReLU}) }); got > most {
			t.Errorf("%d bytes allocated for a file of %d, want at most %d", got, len(file), most)
		}
		if err != nil {
			return
		}
		if err := torch.Save(new(bytes.Buffer), m); err != nil {
			t.Error(err)
		}
	})
}

func ExampleLoadFile() {
	m, err := torch.LoadFile("testdata/plain.safetensors", torch.Options{Activation: net.ReLU, Loss: net.SoftmaxCrossEntropy})
	if err != nil {
		fmt.Println(err)
		return
	}
	p := m.NewPredictor(1)
	fmt.Println(m.Inputs(), "inputs,", m.Outputs(), "classes")
	fmt.Println("class", p.Classify([]float32{1, 0, -1, 2, 0.5, 3})[0])
	// Output:
	// 6 inputs, 4 classes
	// class 2
}

func ExampleModules() {
	fmt.Println(torch.Modules(net.Config{Inputs: 784, Layers: []net.Layer{
		{Units: 128, Activation: net.ReLU, Norm: net.BatchNorm, Dropout: 0.2}, {Units: 10},
	}}))
	// Output:
	// torch.nn.Sequential(
	//     torch.nn.Linear(784, 128),
	//     torch.nn.BatchNorm1d(128, eps=1e-05),
	//     torch.nn.ReLU(),
	//     torch.nn.Dropout(0.2),
	//     torch.nn.Linear(128, 10),
	// )
}
