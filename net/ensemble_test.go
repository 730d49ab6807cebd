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

// threeMembers have different layers and transforms, the same inputs, outputs and loss.
func threeMembers(t testing.TB, loss net.Loss) *net.Ensemble {
	c := net.Config{Inputs: 5, Loss: loss, Layers: []net.Layer{{Units: 8, Activation: net.Tanh}, {Units: 3}}}
	wide := net.Config{Inputs: 5, Loss: loss, Layers: []net.Layer{{Units: 40, Activation: net.SiLU, Norm: net.LayerNorm}, {Units: 3}}}
	a, b := randomNetwork(t, c), randomNetwork(t, wide)
	b.Init(99)
	e, err := net.NewEnsemble(a, b, everything(loss))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEnsembleAverages(t *testing.T) {
	for _, loss := range net.Losses() {
		e := threeMembers(t, loss)
		b := randomBatch(e.Members()[0], 6, values)
		got := e.NewPredictor(6).Predict(b.X)
		want := make([]float64, len(got))
		for _, m := range e.Members() {
			for i, v := range m.NewPredictor(6).Predict(b.X) {
				want[i] += float64(v) / 3
			}
		}
		for i := range got {
			if !(math.Abs(float64(got[i])-want[i]) <= 2e-7*(1+math.Abs(want[i]))) {
				t.Errorf("%s: output %d is %g, want the mean %g", loss, i, got[i], want[i])
			}
		}
		p := e.NewPredictor(6)
		classes := p.Classify(b.X)
		for i, c := range classes {
			if c != net.Class(got[i*3:][:3]) {
				t.Errorf("%s: row %d: class %d", loss, i, c)
			}
		}
		if n := testing.AllocsPerRun(20, func() { p.Predict(b.X) }); n != 0 {
			t.Errorf("%s: %g allocations a prediction", loss, n)
		}
		sameBits(t, "first row alone", e.NewPredictor(1).Predict(b.X[:5]), got[:3])
	}
}

func TestEnsembleFile(t *testing.T) {
	for _, loss := range net.Losses() {
		e := threeMembers(t, loss)
		path := filepath.Join(t.TempDir(), "ensemble.safetensors")
		if err := e.SaveFile(path); err != nil {
			t.Fatal(err)
		}
		back, err := net.LoadEnsembleFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for k, m := range back.Members() {
			sameNetwork(t, m, e.Members()[k])
		}
		if _, err := net.LoadFile(path); err == nil || !strings.Contains(err.Error(), "use LoadEnsemble") {
			t.Errorf("LoadFile of an ensemble: %v", err)
		}
		// Every truncation is an error, and so is every other number of members.
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; n < len(file); n += 1 + len(file)/300 {
			if _, err := net.LoadEnsemble(bytes.NewReader(file[:n])); err == nil {
				t.Fatalf("the first %d of %d bytes are read without an error", n, len(file))
			}
		}
	}
	// A network's file is an ensemble of one.
	m := everything(net.MSE)
	one, err := net.LoadEnsemble(bytes.NewReader(saved(t, m)))
	if err != nil || len(one.Members()) != 1 {
		t.Fatal(one, err)
	}
	sameNetwork(t, one.Members()[0], m)
}

func TestEnsembleErrors(t *testing.T) {
	m := everything(net.MSE)
	named := func(classes ...string) *net.Network {
		return newNetwork(t, net.Config{Inputs: 5, Loss: net.MSE, Layers: []net.Layer{{Units: 3}}, Classes: classes})
	}
	for _, c := range []struct {
		members []*net.Network
		want    string
	}{
		{nil, "members 0: want 1...1024"},
		{make([]*net.Network, 1025), "members 1025: want 1...1024"},
		{[]*net.Network{m, nil}, "member 1 is nil"},
		{[]*net.Network{m, everything(net.MAE)}, "member 1 has 5 inputs, 3 outputs and loss mae: want those of member 0, 5, 3 and mse"},
		{[]*net.Network{m, randomNetwork(t, net.Config{Inputs: 4, Loss: net.MSE, Layers: []net.Layer{{Units: 3}}})}, "member 1 has 4 inputs"},
		{[]*net.Network{named(), named("a", "b", "c"), named("a", "c", "b")}, `member 2 has class 1 "c": another member has "b" there`},
	} {
		if _, err := net.NewEnsemble(c.members...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}
