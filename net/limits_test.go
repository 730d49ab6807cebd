package net_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/net"
)

// A configuration that New accepts can be saved, and its file be loaded: names that JSON
// has to escape take more room there.
func TestEscapedClassNames(t *testing.T) {
	c := net.Config{Inputs: 1, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{{Units: 2000}}}
	for i := range c.Layers[0].Units {
		c.Classes = append(c.Classes, fmt.Sprintf("%04d", i)+strings.Repeat("<", 250))
	}
	m, err := net.New(c)
	if err != nil {
		if !strings.Contains(err.Error(), "the names of 2000 classes take more than 524288 bytes as JSON") {
			t.Error(err)
		}
		c.Classes = nil
		for i := range c.Layers[0].Units {
			c.Classes = append(c.Classes, fmt.Sprintf("%04d", i)+strings.Repeat("<", 42))
		}
		m = newNetwork(t, c)
	}
	if _, err := net.Load(bytes.NewReader(saved(t, m))); err != nil {
		t.Errorf("%.100s", err)
	}
}

// Only the ratios of the rows' weights matter, however small or large their sum.
func TestWeightsOfAnySize(t *testing.T) {
	for _, loss := range net.Losses() {
		m := randomNetwork(t, net.Config{Inputs: 4, Loss: loss, Layers: []net.Layer{{Units: 9, Activation: net.Tanh}, {Units: 3}}})
		b := randomBatch(m, 4, labels)
		b.Weights = []float32{1, 3, 0, 4}
		ws := m.NewWorkspace(4)
		wantLoss, err := ws.Gradient(b)
		if err != nil {
			t.Fatal(err)
		}
		want := append([]float32(nil), ws.Grads()...)
		for _, by := range []int{-149, -127, -65, 62, 125} {
			for i, w := range []float64{1, 3, 0, 4} {
				b.Weights[i] = float32(math.Ldexp(w, by))
			}
			got, err := ws.Gradient(b)
			if err != nil || got != wantLoss {
				t.Errorf("%s, weights times 2^%d: loss %g, %v: want %g", loss, by, got, err, wantLoss)
			}
			sameBits(t, fmt.Sprintf("%s, weights times 2^%d: gradient", loss, by), ws.Grads(), want)
			if got, err = ws.Loss(b); err != nil || got != wantLoss {
				t.Errorf("%s, weights times 2^%d: Loss %g, %v: want %g", loss, by, got, err, wantLoss)
			}
		}
	}
	m := randomNetwork(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1}}})
	_, err := m.NewWorkspace(2).Loss(net.Batch{X: []float32{1, 2}, Y: []float32{1, 2}, Weights: []float32{0, 0}})
	if err == nil || !strings.Contains(err.Error(), "the weights of all rows are 0") {
		t.Errorf("weights of 0: error %v", err)
	}
}

// Errors of saving begin with what was called, and those of files name them, once.
func TestSaveErrorTexts(t *testing.T) {
	m := randomNetwork(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1}}})
	huge := m.Clone()
	huge.Params()[0] = 1e30
	e, err := net.NewEnsemble(m)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "missing", "model")
	for _, c := range []struct{ err, prefix, part string }{
		{fmt.Sprint(m.Save(&limited{})), "net: save model: ", errFull.Error()},
		{fmt.Sprint(m.SaveAs(&limited{}, net.Float16)), "net: save model: ", errFull.Error()},
		{fmt.Sprint(m.SaveAs(io.Discard, 9)), "net: save model: ", "unknown precision 9"},
		{fmt.Sprint(huge.SaveAs(io.Discard, net.Float16)), "net: save model: ", `tensor "layers.0.weight": element 0 is 1e+30: F16 holds up to`},
		{fmt.Sprint(e.Save(&limited{})), "net: save ensemble: ", errFull.Error()},
		{fmt.Sprint(m.SaveFile(path)), "net: save model: ", path},
		{fmt.Sprint(huge.SaveFileAs(filepath.Join(t.TempDir(), "half"), net.Float16)), "net: save model: ", "half: "},
		{fmt.Sprint(e.SaveFile(path)), "net: save ensemble: ", path},
	} {
		if !strings.HasPrefix(c.err, c.prefix) || strings.Count(c.err, "net: save") != 1 || strings.Count(c.err, c.part) != 1 {
			t.Errorf("error %q: want %q first and %q, both once", c.err, c.prefix, c.part)
		}
	}
}

// A dtype that the reader does not know leaves the shape unchecked: no memory for it.
func TestHugeTransformOfUnknownType(t *testing.T) {
	var file bytes.Buffer
	const config = `{"inputs":1,"layers":[{"units":1,"activation":"identity"}],"loss":"mse"}`
	header := `{"__metadata__":{"sinew.version":"1","sinew.config":"` + strings.ReplaceAll(config, `"`, `\"`) + `"},` +
		`"input.mean":{"dtype":"X","shape":[16777216],"data_offsets":[0,0]}}`
	file.Write([]byte{byte(len(header)), byte(len(header) >> 8), 0, 0, 0, 0, 0, 0})
	file.WriteString(header)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := net.Load(bytes.NewReader(file.Bytes()))
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), `tensor "input.mean" has dtype "X": want F32`) {
		t.Errorf("error %v", err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 2<<20 {
		t.Errorf("%d bytes taken for a file of %d", took, file.Len())
	}
}

// Load takes what Save writes, also for the largest networks with a transform: here their
// header alone.
func TestLargestFile(t *testing.T) {
	const n = 1 << 14
	header := fmt.Sprintf(`{"__metadata__":{"sinew.version":"1","sinew.config":"{}"},`+
		`"input.matrix":{"dtype":"F32","shape":[%d,%[1]d],"data_offsets":[0,%[2]d]},`+
		`"layers.0.weight":{"dtype":"F32","shape":[%[1]d,%[3]d],"data_offsets":[%[2]d,%[4]d]}}`, n, 4*n*n, n-2, 4*n*n+4*n*(n-2))
	file := append([]byte{byte(len(header)), byte(len(header) >> 8), 0, 0, 0, 0, 0, 0}, header...)
	if _, err := net.Load(bytes.NewReader(file)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v, want that the file ends", err)
	}
}

// A wide transform in front of a wide layer does not fit a network without it.
func TestFoldTooLarge(t *testing.T) {
	const features = 1 << 18
	m := newNetwork(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: net.MaxParams/features + 1}}})
	if err := m.SetTransform(&net.Transform{Mean: make([]float32, features), Matrix: make([]float32, features)}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if p := fmt.Sprint(recover()); !strings.Contains(p, "net: Fold") || !strings.Contains(p, "more than") {
			t.Errorf("panic %q", p)
		}
	}()
	m.Fold()
}

// An ensemble's file is held against all its configurations before a network is made.
func TestHugeEnsemble(t *testing.T) {
	const config = `{\"inputs\":16384,\"layers\":[{\"units\":16000,\"activation\":\"identity\"}],\"loss\":\"mse\"}`
	all := strings.Repeat(config+",", net.MaxMembers-1) + config
	header := `{"__metadata__":{"sinew.version":"1","sinew.ensemble":"[` + all + `]"}`
	for _, dtype := range []string{"F32", "X"} {
		file := header + `,"members.0.layers.0.bias":{"dtype":"` + dtype + `","shape":[16000],"data_offsets":[0,0]}}`
		if dtype == "X" {
			file = header + `,"members.0.layers.0.weight":{"dtype":"X","shape":[16384,16000],"data_offsets":[0,0]}}`
		}
		n := len(file)
		file = string([]byte{byte(n), byte(n >> 8), byte(n >> 16), 0, 0, 0, 0, 0}) + file
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := net.LoadEnsemble(strings.NewReader(file))
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Error("no error")
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
			t.Errorf("%d bytes taken for a file of %d before %v", took, len(file), err)
		}
	}
}

// A list of members that are nothing is refused before there is memory for all of them.
func TestLongListOfMembers(t *testing.T) {
	header := `{"__metadata__":{"sinew.version":"1","sinew.ensemble":"[` + strings.Repeat("1,", 7<<20) + `1]"}}`
	n := len(header)
	file := string([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24), 0, 0, 0, 0}) + header
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := net.LoadEnsemble(strings.NewReader(file))
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "more than 1024 members") {
		t.Errorf("error %v", err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 12*uint64(n) {
		t.Errorf("%d bytes taken for a file of %d before %v", took, n, err)
	}
}

// A file that has to be read gives the same kind of network as one that is mapped.
func TestMapFileOfHalves(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model")
	m := everything(net.MSE)
	for _, p := range []net.Precision{net.Float32, net.Float16} {
		if err := m.SaveFileAs(path, p); err != nil {
			t.Fatal(err)
		}
		mapped, err := net.MapFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if mapped.Params() != nil || mapped.Stats() != nil {
			t.Errorf("%s: %d parameters, %d running averages: want nil", p, len(mapped.Params()), len(mapped.Stats()))
		}
		if n := len(mapped.Clone().Params()); n != len(m.Params()) {
			t.Errorf("%s: the clone has %d parameters, want %d", p, n, len(m.Params()))
		}
		if err := mapped.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Names of classes in every member do not keep an ensemble from being saved.
func TestEnsembleOfManyNames(t *testing.T) {
	c := net.Config{Inputs: 1, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{{Units: 1000}}}
	for i := range c.Layers[0].Units {
		c.Classes = append(c.Classes, fmt.Sprintf("a class with the number %d", i))
	}
	members := make([]*net.Network, 50)
	for i := range members {
		members[i] = newNetwork(t, c)
	}
	e, err := net.NewEnsemble(members...)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := e.Save(&file); err != nil {
		t.Fatal(err)
	}
	if e, err = net.LoadEnsemble(&file); err != nil || len(e.Members()) != len(members) {
		t.Error(err)
	}
}

// A gradient check of many outputs takes the memory of some passes, with MAE too, whose kinks are
// looked at in each of them.
func TestCheckOfManyOutputs(t *testing.T) {
	const outputs = 1500
	took := func(loss net.Loss) uint64 {
		m := newNetwork(t, net.Config{Inputs: 1, Loss: loss, Layers: []net.Layer{{Units: outputs}}})
		m.Init(1)
		b := net.Batch{X: []float32{1, 2}, Y: make([]float32, 2*outputs)}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := net.CompareGradients(m, b, make([]float32, len(m.Params()))); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if mse, mae := took(net.MSE), took(net.MAE); mae > mse+mse/4 {
		t.Errorf("%d bytes with MAE, %d with MSE", mae, mse)
	}
}
