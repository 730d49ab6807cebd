package net_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/net"
)

// A mapped network predicts the same bits, and can do all that does not write weights.
func TestMapFile(t *testing.T) {
	for _, loss := range net.Losses() {
		m := everything(loss)
		path := filepath.Join(t.TempDir(), "model.safetensors")
		if err := m.SaveFile(path); err != nil {
			t.Fatal(err)
		}
		p, err := net.MapFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b := randomBatch(m, 5, values)
		sameBits(t, "predictions", p.NewPredictor(5).Predict(b.X), m.NewPredictor(5).Predict(b.X))
		sameNetwork(t, p.Clone(), m)
		sameBits(t, "folded", p.Fold().Params(), m.Fold().Params())
		if !bytes.Equal(saved(t, p.Network), saved(t, m)) {
			t.Error("saved again, the file differs")
		}
		if r, err := net.CheckGradients(p.Network, b); err != nil || r.Err() != nil {
			t.Error(err, r.Err())
		}
		// The file may be replaced meanwhile.
		if err := everything(loss).SaveFile(path); err != nil {
			t.Fatal(err)
		}
		sameBits(t, "predictions after the file was replaced", p.NewPredictor(5).Predict(b.X), m.NewPredictor(5).Predict(b.X))
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if err := p.Close(); err != nil {
			t.Error("closed again:", err)
		}
	}
}

func TestMapFileErrors(t *testing.T) {
	dir := t.TempDir()
	file := saved(t, everything(net.MSE))
	for name, content := range map[string][]byte{
		"empty": nil, "short": file[:len(file)-1], "long": append(append([]byte(nil), file...), 0), "seven bytes": file[:7],
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := net.MapFile(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := net.MapFile(dir); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := net.MapFile(filepath.Join(dir, "none")); !os.IsNotExist(unwrapAll(err)) {
		t.Errorf("no file: %v", err)
	}
}

func unwrapAll(err error) error {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return err
		}
		next := u.Unwrap()
		if next == nil {
			return err
		}
		err = next
	}
}

// Half precision keeps what its significant bits hold, halves the weights' size, and is read,
// or mapped, as such; the same dtype without the note in the metadata is not.
func TestSaveFileAs(t *testing.T) {
	m := randomNetwork(t, net.Config{Inputs: 64, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{{Units: 200, Activation: net.ReLU}, {Units: 10}}})
	full := len(saved(t, m))
	for _, c := range []struct {
		p    net.Precision
		unit float64
	}{{net.Float16, 0x1p-11}, {net.BFloat16, 0x1p-8}} {
		path := filepath.Join(t.TempDir(), "half.safetensors")
		if err := m.SaveFileAs(path, c.p); err != nil {
			t.Fatal(err)
		}
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !(float64(len(file)) < 0.55*float64(full)) {
			t.Errorf("%s: %d bytes, in float32 %d", c.p, len(file), full)
		}
		back, err := net.LoadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range m.Params() {
			if got := back.Params()[i]; !(math.Abs(float64(got-v)) <= c.unit*math.Abs(float64(v))+0x1p-24) {
				t.Fatalf("%s: parameter %d is %g, was %g", c.p, i, got, v)
			}
		}
		again := &bytes.Buffer{}
		if err := back.SaveAs(again, c.p); err != nil || !bytes.Equal(again.Bytes(), file) {
			t.Errorf("%s: written again, the file differs, %v", c.p, err)
		}
		p, err := net.MapFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sameNetwork(t, p.Clone(), back)
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		bare := bytes.Replace(file, []byte(`"sinew.precision"`), []byte(`"other.precision"`), 1)
		if _, err := net.Load(bytes.NewReader(bare)); err == nil || !strings.Contains(err.Error(), "want F32") {
			t.Errorf("%s without its note: %v", c.p, err)
		}
	}
	w, _ := m.Layer(0)
	w[0] = 1e5
	path := filepath.Join(t.TempDir(), "x")
	if err := m.SaveFileAs(path, net.Float16); err == nil || !strings.Contains(err.Error(), "100000: F16 holds up to 65504") {
		t.Errorf("1e5 as F16: %v", err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a file is there after the error: %v", err)
	}
	if err := m.SaveFileAs(path, 7); err == nil {
		t.Error("an unknown precision is written")
	}
}

// An ensemble in half precision holds the members that files in half precision of theirs hold.
func TestEnsembleSaveFileAs(t *testing.T) {
	e := threeMembers(t, net.SoftmaxCrossEntropy)
	for _, p := range []net.Precision{net.Float16, net.BFloat16} {
		path := filepath.Join(t.TempDir(), "half.safetensors")
		if err := e.SaveFileAs(path, p); err != nil {
			t.Fatal(err)
		}
		back, err := net.LoadEnsembleFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for k, m := range e.Members() {
			var alone bytes.Buffer
			if err := m.SaveAs(&alone, p); err != nil {
				t.Fatal(err)
			}
			want, err := net.Load(&alone)
			if err != nil {
				t.Fatal(err)
			}
			sameNetwork(t, back.Members()[k], want)
		}
	}
	w, _ := e.Members()[1].Layer(0)
	w[0] = 1e5
	if err := e.SaveAs(new(bytes.Buffer), net.Float16); err == nil || !strings.Contains(err.Error(), `"members.1.layers.0.weight": element 0 is 100000: F16 holds up to 65504`) {
		t.Errorf("1e5 as F16: %v", err)
	}
	if err := e.SaveAs(new(bytes.Buffer), 7); err == nil || !strings.Contains(err.Error(), "precision") {
		t.Errorf("an unknown precision: %v", err)
	}
}
