package onnx

import (
	"bytes"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/net"
)

// ensembles returns ensembles whose members differ in all that they may.
func ensembles(t testing.TB) map[string]*net.Ensemble {
	t.Helper()
	member := func(loss net.Loss, seed uint64, transform *net.Transform, layers ...net.Layer) *net.Network {
		m, err := net.New(net.Config{Inputs: 4, Layers: layers, Loss: loss})
		if err != nil {
			t.Fatal(err)
		}
		randomise(m, seed)
		if err := m.SetTransform(transform); transform != nil && err != nil {
			t.Fatal(err)
		}
		return m
	}
	all := map[string]*net.Ensemble{}
	for _, loss := range []net.Loss{net.MSE, net.SoftmaxCrossEntropy, net.BinaryCrossEntropy} {
		for k, name := range []string{"one", "two", "three"} {
			members := []*net.Network{
				member(loss, 1, &net.Transform{Mean: []float32{1, -1, 2, 0}, Scale: []float32{2, 1, 0.5, 3}}, net.Layer{Units: 6, Activation: net.Tanh}, net.Layer{Units: 3}),
				member(loss, 2, nil, net.Layer{Units: 5, Activation: net.ReLU, Norm: net.BatchNorm}, net.Layer{Units: 4, Activation: net.GELU}, net.Layer{Units: 3}),
				member(loss, 3, nil, net.Layer{Units: 3}),
			}
			e, err := net.NewEnsemble(members[:k+1]...)
			if err != nil {
				t.Fatal(err)
			}
			all[loss.String()+", "+name] = e
		}
	}
	return all
}

// TestEnsembles wants the bits of an ensemble from the graph that it is written as, and no
// network of a graph that is several.
func TestEnsembles(t *testing.T) {
	const rows = 5
	for name, e := range ensembles(t) {
		path := filepath.Join(t.TempDir(), "ensemble.onnx")
		if err := SaveEnsembleFile(path, e); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		m, err := LoadFile(path)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r, err := m.NewRunner(rows)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		x := inputsFor(e.Members()[0], rows)
		if err := r.Run(x); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := e.NewPredictor(rows).Predict(x)
		for i, v := range r.Floats(0) {
			if math.Float32bits(v) != math.Float32bits(want[i]) {
				t.Errorf("%s: output %d: %g, want the same bits as %g", name, i, v, want[i])
				break
			}
		}
		if allocs := testing.AllocsPerRun(10, func() { _ = r.Run(x) }); allocs != 0 {
			t.Errorf("%s: %g allocations a run", name, allocs)
		}
		if _, err := m.Network(); (err == nil) != (len(e.Members()) == 1) || err != nil && !strings.Contains(err.Error(), "two operands depend on the inputs") {
			t.Errorf("%s: Network gives the error %v", name, err)
		}
	}
}

// TestSaveNothing: an ensemble that was interrupted may be nil.
func TestSaveNothing(t *testing.T) {
	for _, err := range []error{SaveEnsemble(io.Discard, nil), Save(io.Discard, nil)} {
		if err == nil || !strings.Contains(err.Error(), "is nil") {
			t.Errorf("error %v", err)
		}
	}
}

// TestEnsembleOfOne is written as the network that it is.
func TestEnsembleOfOne(t *testing.T) {
	e := ensembles(t)["mse, one"]
	var a, b bytes.Buffer
	if err := SaveEnsemble(&a, e); err != nil {
		t.Fatal(err)
	}
	if err := Save(&b, e.Members()[0]); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("an ensemble of one network is not written as the network")
	}
}
