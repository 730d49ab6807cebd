package net_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/safetensors"
	"github.com/sinew-ml/sinew/net"
)

var update = flag.Bool("update", false, "write net/testdata anew")

// small is the network of most tests below: two layers, every field of a layer in use.
func small(t testing.TB) *net.Network {
	return randomNetwork(t, net.Config{Inputs: 2, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{
		{Units: 3, Activation: net.ReLU, Init: net.Gaussian, Std: 0.75}, {Units: 2},
	}})
}

// saved returns the file of a network.
func saved(t testing.TB, m *net.Network) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := m.Save(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func sameNetwork(t testing.TB, got, want *net.Network) {
	t.Helper()
	if !reflect.DeepEqual(got.Config(), want.Config()) {
		t.Errorf("configuration %+v, want %+v", got.Config(), want.Config())
	}
	sameBits(t, "parameters", got.Params(), want.Params())
	sameBits(t, "running averages", got.Stats(), want.Stats())
	if !reflect.DeepEqual(got.Transform(), want.Transform()) {
		t.Errorf("transform %+v, want %+v", got.Transform(), want.Transform())
	}
}

func TestSaveLoad(t *testing.T) {
	for _, c := range []net.Config{
		small(t).Config(),
		{Inputs: 1, Layers: []net.Layer{{Units: 1, Activation: net.Sigmoid}}},
		{Inputs: 9, Layers: []net.Layer{{Units: 40, Activation: net.Tanh, Init: net.He}, {Units: 17, Activation: net.ReLU, Init: net.Glorot}, {Units: 3, Activation: net.Sigmoid}}},
		{Inputs: 3, Layers: make12(3)}, // layers.10 sorts before layers.2
	} {
		m := randomNetwork(t, c)
		m.Params()[0] = float32(math.Copysign(0, -1))
		m.Params()[1] = 1e-45
		path := filepath.Join(t.TempDir(), "model.safetensors")
		if err := m.SaveFile(path); err != nil {
			t.Fatal(err)
		}
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if again := saved(t, m); !bytes.Equal(file, again) || !bytes.Equal(again, saved(t, m)) {
			t.Error("SaveFile and Save, or two calls of it, write different bytes")
		}
		fromPath, err := net.LoadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		fromReader, err := net.Load(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		x := randomBatch(m, 5, values).X
		for _, back := range []*net.Network{fromPath, fromReader} {
			sameNetwork(t, back, m)
			onEveryLevel(t, func(t *testing.T, _ isa.Level) {
				sameBits(t, "predictions", back.NewPredictor(5).Predict(x), m.NewPredictor(5).Predict(x))
			})
		}
		m.Params()[0], m.Params()[1] = float32(math.NaN()), float32(math.Inf(-1))
		back, err := net.Load(bytes.NewReader(saved(t, m)))
		if err != nil {
			t.Fatal(err)
		}
		sameNetwork(t, back, m)
	}
}

func make12(units int) []net.Layer {
	layers := make([]net.Layer, 12)
	for i := range layers {
		layers[i].Units = units
	}
	return layers
}

// The file is one that other tools open: names, shapes and dtype as documented.
func TestFileLayout(t *testing.T) {
	m := small(t)
	f, err := safetensors.Parse(saved(t, m))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Tensors) != 4 {
		t.Errorf("%d tensors, want 4", len(f.Tensors))
	}
	for i, shapes := range [][2][]int{{{2, 3}, {3}}, {{3, 2}, {2}}} {
		w, b := m.Layer(i)
		for part, want := range [][]float32{w, b} {
			name := fmt.Sprintf("layers.%d.%s", i, []string{"weight", "bias"}[part])
			got, shape, err := f.Float32(name) // says so unless the dtype is F32
			if err != nil {
				t.Fatal(err)
			}
			sameBits(t, name, got, want)
			if !reflect.DeepEqual(shape, shapes[part]) {
				t.Errorf("%s: shape %v, want %v", name, shape, shapes[part])
			}
		}
	}
	want := map[string]string{
		"format":        "pt",
		"sinew.version": "1",
		"sinew.config": `{"inputs":2,"layers":[{"units":3,"activation":"relu","init":"gaussian","std":0.75},` +
			`{"units":2,"activation":"identity"}],"loss":"softmax-cross-entropy"}`,
	}
	if !reflect.DeepEqual(f.Metadata, want) {
		t.Errorf("metadata %v, want %v", f.Metadata, want)
	}
}

// mustFail loads a file in both ways and returns the error's text.
func mustFail(t *testing.T, what string, file []byte) string {
	t.Helper()
	m, err := net.Load(bytes.NewReader(file))
	if err == nil || m != nil {
		t.Errorf("%s: read without an error", what)
		return ""
	}
	path := filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	m, fileErr := net.LoadFile(path)
	if fileErr == nil || m != nil {
		t.Errorf("%s: LoadFile reads it without an error", what)
		return ""
	}
	if !strings.HasPrefix(err.Error(), "net: load model: ") || !strings.HasPrefix(fileErr.Error(), "net: load model: ") || !strings.Contains(fileErr.Error(), path) {
		t.Errorf("%s: errors %q and %q: want where it happened", what, err, fileErr)
	}
	return err.Error()
}

func TestTruncatedFiles(t *testing.T) {
	file := saved(t, small(t))
	for n := range file {
		mustFail(t, fmt.Sprintf("the first %d of %d bytes", n, len(file)), file[:n:n])
	}
	mustFail(t, "one byte more", append(file[:len(file):len(file)], 0))
}

// Any change of one byte gives a network of the same shape or an error, never a panic.
func TestDamagedFiles(t *testing.T) {
	file := saved(t, small(t))
	for i := range file {
		for _, flip := range []byte{1, 0x20, 0x80, 0xff} {
			damaged := bytes.Clone(file)
			damaged[i] ^= flip
			if m, err := net.Load(bytes.NewReader(damaged)); err == nil {
				m.NewPredictor(1).Predict(make([]float32, m.Inputs()))
			} else if m != nil {
				t.Fatalf("byte %d: a network and the error %v", i, err)
			}
		}
	}
}

const (
	goodConfig = `{"inputs":2,"layers":[{"units":3,"activation":"relu"},{"units":2,"activation":"identity"}],"loss":"softmax-cross-entropy"}`
	// hugeConfig has 2²⁷ parameters and a few.
	hugeConfig = `{"inputs":2,"layers":[{"units":8192,"activation":"relu"},{"units":16380,"activation":"relu"},{"units":2,"activation":"identity"}],"loss":"half-squared-error"}`
)

func f32(name string, shape ...int) safetensors.Tensor {
	n := 1
	for _, dim := range shape {
		n *= dim
	}
	return safetensors.NewFloat32(name, shape, make([]float32, n))
}

func TestContradictoryFiles(t *testing.T) {
	good := func() []safetensors.Tensor {
		return []safetensors.Tensor{f32("layers.0.weight", 2, 3), f32("layers.0.bias", 3), f32("layers.1.weight", 3, 2), f32("layers.1.bias", 2)}
	}
	with := func(i int, replacement ...safetensors.Tensor) []safetensors.Tensor {
		g := good()
		return append(append(g[:i:i], replacement...), g[i+1:]...)
	}
	meta := func(version, config string) map[string]string {
		return map[string]string{"sinew.version": version, "sinew.config": config}
	}
	edited := func(old, new string) map[string]string {
		config := strings.Replace(goodConfig, old, new, 1)
		if config == goodConfig {
			t.Fatalf("%s does not occur in the configuration", old)
		}
		return meta("1", config)
	}
	half := safetensors.Tensor{Name: "layers.0.weight", DType: "F16", Shape: []int{2, 3}, Data: make([]byte, 12)}
	whole := safetensors.Tensor{Name: "layers.1.bias", DType: "I32", Shape: []int{2}, Data: make([]byte, 8)}
	for _, c := range []struct {
		name     string
		tensors  []safetensors.Tensor
		metadata map[string]string
		want     []string
	}{
		{"good", good(), meta("1", goodConfig), nil},
		{"good, formatted", good(), meta("1", " "+strings.ReplaceAll(goodConfig, ",", ",\n ")+"\n"), nil},
		{"no metadata", good(), nil, []string{`no "sinew.version"`, "not a Sinew model"}},
		{"no version", good(), map[string]string{"sinew.config": goodConfig}, []string{`no "sinew.version"`}},
		{"later version", good(), meta("2", goodConfig), []string{`version "2"`, `reads version "1"`}},
		{"empty version", good(), meta("", goodConfig), []string{`version ""`, `reads version "1"`}},
		{"no configuration", good(), map[string]string{"sinew.version": "1"}, []string{`"sinew.config": missing`}},
		{"no JSON", good(), meta("1", "inputs=2"), []string{`"sinew.config"`, "invalid character"}},
		{"half a JSON", good(), meta("1", goodConfig[:len(goodConfig)-1]), []string{`"sinew.config"`, "EOF"}},
		{"two JSON values", good(), meta("1", goodConfig+"{}"), []string{"after top-level value"}},
		{"null", good(), meta("1", "null"), []string{"inputs 0"}},
		{"unknown field", good(), edited(`"inputs":2,`, `"inputs":2,"dropout":0.5,`), []string{"unknown field", "dropout"}},
		{"unknown field of a layer", good(), edited(`"units":3,`, `"units":3,"bias":false,`), []string{"unknown field", "bias"}},
		{"repeated field", good(), edited(`"inputs":2,`, `"inputs":1,"inputs":2,`), []string{"not as SaveFile writes it"}},
		{"field in capitals", good(), edited(`"inputs"`, `"INPUTS"`), []string{"not as SaveFile writes it"}},
		{"null activation", good(), edited(`"identity"`, "null"), []string{"not as SaveFile writes it"}},
		{"unknown activation", good(), edited("relu", "gelo"), []string{`unknown activation "gelo"`}},
		{"wrong type", good(), edited(`"inputs":2`, `"inputs":"2"`), []string{"inputs"}},
		{"no whole number", good(), edited(`"inputs":2`, `"inputs":2.5`), []string{"2.5"}},
		{"out of range", good(), edited(`"units":3`, `"units":1000000000`), []string{"layer 0: units 1000000000: want 1...16777216"}},
		{"invalid together", good(), edited("identity", "tanh"), []string{"takes logits"}},
		{"configuration too long", good(), meta("1", goodConfig+strings.Repeat(" ", 1<<20)), []string{"bytes: want at most 1048576"}},
		{"more inputs", good(), edited(`"inputs":2`, `"inputs":3`), []string{`"layers.0.weight" has shape [2 3]: the configuration wants [3 3]`}},
		{"more units", good(), edited(`"units":3`, `"units":4`), []string{`"layers.0.weight" has shape [2 3]: the configuration wants [2 4]`}},
		{"transposed", with(0, f32("layers.0.weight", 3, 2)), meta("1", goodConfig), []string{`"layers.0.weight" has shape [3 2]: the configuration wants [2 3]`}},
		{"flat weight", with(0, f32("layers.0.weight", 6)), meta("1", goodConfig), []string{"shape [6]"}},
		{"deep bias", with(1, f32("layers.0.bias", 1, 3)), meta("1", goodConfig), []string{`"layers.0.bias" has shape [1 3]: the configuration wants [3]`}},
		{"bias of another layer's shape", with(3, f32("layers.1.bias", 3)), meta("1", goodConfig), []string{`"layers.1.bias" has shape [3]: the configuration wants [2]`}},
		{"weight missing", with(2), meta("1", goodConfig), []string{`"layers.1.weight" is missing`}},
		{"bias missing", with(3), meta("1", goodConfig), []string{`"layers.1.bias" is missing`}},
		{"a layer more", append(good(), f32("layers.2.weight", 2, 2), f32("layers.2.bias", 2)), meta("1", goodConfig), []string{`"layers.2.`, "belongs to no layer"}},
		{"a stray tensor", append(good(), f32("optimizer.step")), meta("1", goodConfig), []string{`"optimizer.step" belongs to no layer`}},
		{"half precision", with(0, half), meta("1", goodConfig), []string{`"layers.0.weight" has dtype "F16": want F32`}},
		{"integers", with(3, whole), meta("1", goodConfig), []string{`"layers.1.bias" has dtype "I32": want F32`}},
		{"huge", good(), meta("1", hugeConfig), []string{`"layers.0.weight" has shape [2 3]: the configuration wants [2 8192]`}},
		{"huge, without tensors", nil, meta("1", hugeConfig), []string{`"layers.0.weight" is missing`}},
	} {
		var file bytes.Buffer
		if err := safetensors.Write(&file, c.tensors, c.metadata); err != nil {
			t.Fatal(c.name, err)
		}
		if c.want == nil {
			if _, err := net.Load(&file); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		text := mustFail(t, c.name, file.Bytes())
		for _, part := range c.want {
			if !strings.Contains(text, part) {
				t.Errorf("%s: error %q does not say %q", c.name, text, part)
			}
		}
	}
}

// A small file that claims to be large fails before memory is taken for the claim.
func TestHugeClaims(t *testing.T) {
	tensors := func(config string, list ...safetensors.Tensor) []byte {
		var file bytes.Buffer
		if err := safetensors.Write(&file, list, map[string]string{"sinew.version": "1", "sinew.config": config}); err != nil {
			t.Fatal(err)
		}
		return file.Bytes()
	}
	// A header that agrees with the configuration, without the data.
	header := `{"__metadata__":{"sinew.version":"1","sinew.config":` + strconv.Quote(hugeConfig) + `},` +
		`"layers.0.bias":{"dtype":"F32","shape":[8192],"data_offsets":[0,32768]},` +
		`"layers.0.weight":{"dtype":"F32","shape":[2,8192],"data_offsets":[32768,98304]},` +
		`"layers.1.bias":{"dtype":"F32","shape":[16380],"data_offsets":[98304,163824]},` +
		`"layers.1.weight":{"dtype":"F32","shape":[8192,16380],"data_offsets":[163824,536903664]},` +
		`"layers.2.bias":{"dtype":"F32","shape":[2],"data_offsets":[536903664,536903672]},` +
		`"layers.2.weight":{"dtype":"F32","shape":[16380,2],"data_offsets":[536903672,537034712]}}`
	file := append([]byte{byte(len(header)), byte(len(header) >> 8), 0, 0, 0, 0, 0, 0}, header...)
	for name, file := range map[string][]byte{
		"configuration alone": tensors(hugeConfig),
		"first layer alone":   tensors(hugeConfig, f32("layers.0.weight", 2, 8192), f32("layers.0.bias", 8192)),
		"header alone":        file,
		"header length":       {0xff, 0xff, 0xff, 5, 0, 0, 0, 0, '{'},
	} {
		path := filepath.Join(t.TempDir(), "huge")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, load := range []func() (*net.Network, error){
			func() (*net.Network, error) { return net.LoadFile(path) },
			func() (*net.Network, error) { return net.Load(bytes.NewReader(file)) },
		} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := load()
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Errorf("%s: no error", name)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 2<<20 {
				t.Errorf("%s (%d bytes): %d bytes taken before %q", name, len(file), took, err)
			}
		}
	}
}

// limited is a writer that is full after n bytes.
type limited struct{ n int }

var errFull = errors.New("full")

func (w *limited) Write(p []byte) (int, error) {
	if len(p) > w.n {
		return w.n, errFull
	}
	w.n -= len(p)
	return len(p), nil
}

func TestSaveErrors(t *testing.T) {
	m := small(t)
	for n := range len(saved(t, m)) {
		if err := m.Save(&limited{n}); !errors.Is(err, errFull) {
			t.Fatalf("writer full after %d bytes: error %v", n, err)
		}
	}
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "missing", "model"), ""} {
		if err := m.SaveFile(path); err == nil || !strings.HasPrefix(err.Error(), "net: save model: ") {
			t.Errorf("SaveFile(%q): error %v", path, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v left behind by failures, %v", left, err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "missing")} {
		if _, err := net.LoadFile(path); err == nil || !strings.HasPrefix(err.Error(), "net: load model: ") {
			t.Errorf("LoadFile(%q): error %v", path, err)
		}
	}
	if _, err := net.LoadFile(filepath.Join(dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: error %v does not wrap os.ErrNotExist", err)
	}
}

// SaveFile puts a new file in the place of the old one and never writes into it: a
// second name keeps the old content, and whoever reads meanwhile sees a whole file.
func TestSaveFileAtomic(t *testing.T) {
	dir := t.TempDir()
	path, second := filepath.Join(dir, "model"), filepath.Join(dir, "second")
	m := small(t)
	if err := m.SaveFile(path); err != nil {
		t.Fatal(err)
	}
	old := saved(t, m)
	if err := os.Link(path, second); err != nil {
		t.Skip("no hard links here:", err)
	}
	wide := newNetwork(t, net.Config{Inputs: 50, Layers: []net.Layer{{Units: 400}, {Units: 50}}})
	done := make(chan error)
	go func() {
		var err error
		for i := 0; i < 30 && err == nil; i++ {
			err = []*net.Network{wide, m}[i%2].SaveFile(path)
		}
		done <- err
	}()
	for reads := 0; ; reads++ {
		if _, err := net.LoadFile(path); err != nil && runtime.GOOS != "windows" {
			t.Errorf("read %d beside a writer: %v", reads, err)
			<-done
			break
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
		default:
			runtime.Gosched() // WASI has one thread, and files do not give it away
			continue
		}
		break
	}
	if kept, err := os.ReadFile(second); err != nil || !bytes.Equal(kept, old) {
		t.Errorf("the old content under its second name has changed, %v", err)
	}
	// A failure that is found while the file is being replaced leaves the old one.
	os.Remove(path)
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := m.SaveFile(path); err == nil {
		t.Error("a directory is replaced")
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 2 || !names[0].IsDir() {
		t.Errorf("%v, %v: want the directory and the second name", names, err)
	}
}

// Files of earlier versions stay readable, and predict what they did. The file and
// the bits of its predictions were written by
//
//	go test ./net -run TestGoldenFile -update
//
// which is right only together with a new version of the format.
func TestGoldenFile(t *testing.T) {
	model, predictions := filepath.Join("testdata", "model-v1.safetensors"), filepath.Join("testdata", "model-v1.txt")
	x := []float32{0, 0, 0, 1, -0.5, 0.25, -2, 3, 100, 0.1, -0.2, 0.3}
	if *update {
		m := randomNetwork(t, net.Config{Inputs: 3, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{
			{Units: 4, Activation: net.Sigmoid},
			{Units: 5, Activation: net.Tanh, Init: net.Gaussian, Std: 0.5},
			{Units: 3, Activation: net.ReLU},
			{Units: 2, Init: net.He},
		}})
		var text strings.Builder
		for _, v := range m.NewPredictor(4).Predict(x) {
			fmt.Fprintf(&text, "%08x %v\n", math.Float32bits(v), v)
		}
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(m.SaveFile(model), os.WriteFile(predictions, []byte(text.String()), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	m, err := net.LoadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(predictions)
	if err != nil {
		t.Fatal(err)
	}
	var want []float32
	for line := range strings.Lines(string(text)) {
		bits, err := strconv.ParseUint(line[:8], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, math.Float32frombits(uint32(bits)))
	}
	if file, err := os.ReadFile(model); err != nil || !bytes.Equal(saved(t, m), file) {
		t.Errorf("saved again it is another file, %v", err)
	}
	onEveryLevel(t, func(t *testing.T, level isa.Level) {
		got := m.NewPredictor(4).Predict(x)
		if level.Fused() {
			sameBits(t, "predictions", got, want)
		}
		for i := range want {
			if !(math.Abs(float64(got[i]-want[i])) <= 1e-6) {
				t.Errorf("prediction %d: %g, want %g", i, got[i], want[i])
			}
		}
	})
}

// Whatever the bytes, Load and LoadEnsemble give an error or what works and can be saved, and
// take memory in proportion to the bytes: a number of a shape takes up to 16 bytes, a layer in the
// configuration a few hundred, in memory that grows.
func FuzzLoad(f *testing.F) {
	file := saved(f, small(f))
	f.Add(file)
	f.Add(file[:len(file)-1])
	f.Add(file[:8])
	f.Add(bytes.Replace(file, []byte(`\"inputs\":2`), []byte(`\"inputs\":3`), 1))
	f.Add(bytes.Replace(file, []byte(`"shape":[2,3]`), []byte(`"shape":[3,2]`), 1))
	f.Add(bytes.Replace(file, []byte("relu"), []byte("tanh"), 1))
	f.Add([]byte{})
	for _, p := range []net.Precision{net.Float32, net.BFloat16} {
		var all bytes.Buffer
		if err := threeMembers(f, net.MSE).SaveAs(&all, p); err != nil {
			f.Fatal(err)
		}
		f.Add(all.Bytes())
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		most := uint64(1<<18 + 1024*len(file))
		var m *net.Network
		var e *net.Ensemble
		var err, errAll error
		if got := allocated(func() { m, err = net.Load(bytes.NewReader(file)) }); got > most {
			t.Errorf("Load: %d bytes allocated for a file of %d, want at most %d", got, len(file), most)
		}
		if got := allocated(func() { e, errAll = net.LoadEnsemble(bytes.NewReader(file)) }); got > most {
			t.Errorf("LoadEnsemble: %d bytes allocated for a file of %d, want at most %d", got, len(file), most)
		}
		switch {
		case errAll != nil && (e != nil || err == nil || !strings.HasPrefix(errAll.Error(), "net: load ensemble: ")):
			t.Fatalf("ensemble %v, error %v; of one network %v", e, errAll, err)
		case errAll == nil:
			var again bytes.Buffer
			if err := e.Save(&again); err != nil {
				t.Fatal(err)
			}
			back, err := net.LoadEnsemble(&again)
			if err != nil {
				t.Fatal(err)
			}
			for k, m := range back.Members() {
				sameNetwork(t, m, e.Members()[k])
			}
		}
		if err != nil {
			if m != nil || !strings.HasPrefix(err.Error(), "net: load model: ") {
				t.Fatalf("network %v, error %v", m, err)
			}
			return
		}
		if out := m.NewPredictor(2).Predict(make([]float32, 2*m.Inputs())); len(out) != 2*m.Outputs() {
			t.Fatalf("%d outputs", len(out))
		}
		back, err := net.Load(bytes.NewReader(saved(t, m)))
		if err != nil {
			t.Fatal(err)
		}
		sameNetwork(t, back, m)
	})
}

// allocated returns the bytes that f takes from the heap, freed ones included.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
