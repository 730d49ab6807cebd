package onnx

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/net"
)

type exported struct {
	name string
	m    *net.Network
}

// exports returns networks that have between them every activation, norm, loss and transform.
func exports(t testing.TB) []exported {
	t.Helper()
	var list []exported
	add := func(name string, c net.Config, transform *net.Transform) {
		m, err := net.New(c)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		randomise(m, uint64(len(list)))
		if transform != nil {
			if err := m.SetTransform(transform); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		list = append(list, exported{name, m})
	}
	for _, a := range net.Activations() {
		for _, norm := range []net.Norm{net.NoNorm, net.BatchNorm, net.LayerNorm} {
			c := net.Config{Inputs: 5, Layers: []net.Layer{{Units: 9, Activation: a, Norm: norm}, {Units: 3}}}
			if norm != net.NoNorm {
				c.Layers[0].Eps = 1e-3
			}
			add(fmt.Sprintf("%v,%v", a, norm), c, nil)
		}
	}
	for _, a := range []net.Activation{net.LeakyReLU, net.ELU} {
		add(fmt.Sprintf("%v,alpha", a), net.Config{Inputs: 4, Layers: []net.Layer{{Units: 6, Activation: a, Alpha: 0.3}, {Units: 1, Activation: a, Alpha: 0.7}}}, nil)
	}
	for _, loss := range []net.Loss{net.HalfSquaredError, net.SoftmaxCrossEntropy, net.MSE, net.MAE, net.Huber, net.BinaryCrossEntropy} {
		add(loss.String(), net.Config{Inputs: 4, Layers: []net.Layer{{Units: 6, Activation: net.Tanh, Dropout: 0.5, Norm: net.BatchNorm}, {Units: 3}}, Loss: loss}, nil)
	}
	add("one output", net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1}}, Loss: net.BinaryCrossEntropy}, nil)
	add("classes", net.Config{Inputs: 2, Layers: []net.Layer{{Units: 3}}, Loss: net.SoftmaxCrossEntropy, Classes: []string{"a", "b", "c"}}, nil)
	// Wide enough that no row has a variance near 0, which would magnify rounding.
	add("normed output", net.Config{Inputs: 3, Layers: []net.Layer{{Units: 12, Norm: net.LayerNorm}}, Loss: net.SoftmaxCrossEntropy}, nil)
	mean, scale := []float32{100, -50, 3, 0}, []float32{0.02, 1, 0, -3}
	matrix := []float32{1, 0.5, 0.25, -1, 0, 2, -0.5, 0.125}
	layers := []net.Layer{{Units: 5, Activation: net.Softplus}, {Units: 2}}
	add("mean", net.Config{Inputs: 4, Layers: layers}, &net.Transform{Mean: mean})
	add("scale", net.Config{Inputs: 4, Layers: layers}, &net.Transform{Mean: mean, Scale: scale})
	add("matrix", net.Config{Inputs: 2, Layers: layers}, &net.Transform{Mean: mean, Matrix: matrix})
	return list
}

// randomise gives all parameters and statistics values of a usual size.
func randomise(m *net.Network, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	for i := range m.Params() {
		m.Params()[i] = float32(rng.NormFloat64())
	}
	for i := range m.Config().Layers {
		mean, variance := m.Running(i)
		for j := range mean {
			mean[j], variance[j] = float32(rng.NormFloat64()), 0.2+rng.Float32()
		}
	}
}

// inputsFor returns rows within the reach of the network's transform.
func inputsFor(m *net.Network, rows int) []float32 {
	rng := rand.New(rand.NewPCG(7, 7))
	x := make([]float32, rows*m.Inputs())
	for i := range x {
		x[i] = 2 * float32(rng.NormFloat64())
		if t := m.Transform(); t != nil {
			x[i] += t.Mean[i%len(t.Mean)]
		}
	}
	return x
}

// TestRoundTrip writes networks, reads them back and wants the same network, to the bit,
// but for what ONNX has no place for: dropout, the loss of training.
func TestRoundTrip(t *testing.T) {
	const rows = 6
	for _, e := range exports(t) {
		var file bytes.Buffer
		if err := Save(&file, e.m); err != nil {
			t.Fatalf("%s: %v", e.name, err)
		}
		model, err := Load(&file)
		if err != nil {
			t.Fatalf("%s: %v", e.name, err)
		}
		x := inputsFor(e.m, rows)
		want := e.m.NewPredictor(rows).Predict(x)
		r, err := model.NewRunner(rows)
		if err != nil {
			t.Fatalf("%s: %v", e.name, err)
		}
		if err := r.Run(x); err != nil {
			t.Fatalf("%s: %v", e.name, err)
		}
		for i, v := range r.Floats(0) {
			if math.Float32bits(v) != math.Float32bits(want[i]) {
				t.Errorf("%s: runner: output %d: %g, want the same bits as %g", e.name, i, v, want[i])
				break
			}
		}
		back, err := model.Network()
		if err != nil {
			t.Errorf("%s: %v", e.name, err)
			continue
		}
		for i, v := range back.NewPredictor(rows).Predict(x) {
			if math.Float32bits(v) != math.Float32bits(want[i]) {
				t.Errorf("%s: output %d: %g, want the same bits as %g", e.name, i, v, want[i])
				break
			}
		}
		if !reflect.DeepEqual(back.Params(), e.m.Params()) || !reflect.DeepEqual(back.Stats(), e.m.Stats()) {
			t.Errorf("%s: parameters changed", e.name)
		}
		if !reflect.DeepEqual(back.Transform(), e.m.Transform()) {
			t.Errorf("%s: transform %v, want %v", e.name, back.Transform(), e.m.Transform())
		}
		if got, want := back.Config().Layers, e.m.Config().Layers; len(got) != len(want) {
			t.Errorf("%s: %d layers, want %d", e.name, len(got), len(want))
		}
	}
}

// TestClasses wants names of classes back, and no harm of names that cannot be.
func TestClasses(t *testing.T) {
	for _, c := range []struct {
		loss    net.Loss
		outputs int
		classes []string
	}{
		{net.SoftmaxCrossEntropy, 3, []string{"a", `b "c"`, "ć"}},
		{net.BinaryCrossEntropy, 1, []string{"no", "yes"}},
		{net.SoftmaxCrossEntropy, 2, nil},
	} {
		m, err := net.New(net.Config{Inputs: 2, Layers: []net.Layer{{Units: c.outputs}}, Loss: c.loss, Classes: c.classes})
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if err := Save(&file, m); err != nil {
			t.Fatal(err)
		}
		model, err := Load(&file)
		if err != nil {
			t.Fatal(err)
		}
		back, err := model.Network()
		if err != nil || !reflect.DeepEqual(back.Config().Classes, c.classes) {
			t.Errorf("classes %q, %v, want %q", back.Config().Classes, err, c.classes)
		}
		if got := model.Outputs()[0].Classes; len(c.classes) == c.outputs && !reflect.DeepEqual(got, c.classes) {
			t.Errorf("columns %q, want %q", got, c.classes)
		}
	}
}

// TestOddClasses reads metadata that name no classes, or not those of the outputs: names that
// do not fit are left out.
func TestOddClasses(t *testing.T) {
	for _, c := range []struct {
		text    string
		columns bool // whether they name the columns; of a network they do not
	}{
		{`["a","b","c","d"]`, true}, {`["a","b","c"]`, false}, {`["a","a","a","a"]`, true}, {`["","b","c","d"]`, true},
		{`["` + strings.Repeat("x", 1<<16) + `","b","c","d"]`, true}, {`{"a":1}`, false}, {`["a",1]`, false}, {`[`, false}, {``, false},
	} {
		m := newModel(13)
		m.node("MatMul", "y", []string{"x", "m"})
		entry, all := &message{}, &message{}
		entry.text(1, classesKey)
		entry.text(2, c.text)
		all.bytes(m.bytes())
		all.message(14, entry)
		var file bytes.Buffer
		if err := all.writeTo(&file); err != nil {
			t.Fatal(err)
		}
		model, err := Load(&file)
		if err != nil {
			t.Errorf("%.40s: %v", c.text, err)
			continue
		}
		if got := model.Outputs()[0].Classes; (got != nil) != c.columns {
			t.Errorf("%.40s: classes %.40q", c.text, got)
		}
		n, err := model.Network()
		if err != nil || (n.Config().Classes != nil) != (c.text == `["a","b","c","d"]`) {
			t.Errorf("%.40s: network with classes %.40q, %v", c.text, n.Config().Classes, err)
		}
	}
}
