package net_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/net"
)

func TestConfigJSON(t *testing.T) {
	c := net.Config{Inputs: 3, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{
		{Units: 4, Activation: net.Sigmoid, Init: net.Gaussian, Std: 0.25},
		{Units: 4, Activation: net.Tanh, Init: net.Glorot},
		{Units: 4, Activation: net.ReLU, Init: net.He},
		{Units: 2},
	}}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"inputs":3,"layers":[{"units":4,"activation":"sigmoid","init":"gaussian","std":0.25},` +
		`{"units":4,"activation":"tanh","init":"glorot"},{"units":4,"activation":"relu","init":"he"},` +
		`{"units":2,"activation":"identity"}],"loss":"softmax-cross-entropy"}`
	if string(text) != want {
		t.Errorf("JSON\n%s\nwant\n%s", text, want)
	}
	var back net.Config
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, c) {
		t.Errorf("read back %+v, %v; want %+v", back, err, c)
	}
	for _, bad := range []string{`{"loss":"MSE"}`, `{"layers":[{"activation":"Relu"}]}`, `{"layers":[{"init":""}]}`, `{"loss":1}`} {
		if err := json.Unmarshal([]byte(bad), new(net.Config)); err == nil {
			t.Errorf("%s is read without an error", bad)
		}
	}
	for want, v := range map[string]fmt.Stringer{
		"Activation(99)": net.Activation(99), "Loss(9)": net.Loss(9), "Initializer(9)": net.Initializer(9), "auto": net.AutoInit,
	} {
		if v.String() != want {
			t.Errorf("%q, want %q", v, want)
		}
	}
	if _, err := json.Marshal(net.Config{Loss: 9}); err == nil {
		t.Error("an unknown loss is written")
	}
}

func TestBadConfigs(t *testing.T) {
	layers := func(l ...net.Layer) []net.Layer { return l }
	one := layers(net.Layer{Units: 1})
	for _, c := range []struct {
		config net.Config
		want   []string // parts of the error
	}{
		{net.Config{}, []string{"inputs 0", "1...16777216"}},
		{net.Config{Inputs: -1, Layers: one}, []string{"inputs -1", "1...16777216"}},
		{net.Config{Inputs: net.MaxUnits + 1, Layers: one}, []string{"inputs 16777217", "1...16777216"}},
		{net.Config{Inputs: 1e9, Layers: one}, []string{"inputs 1000000000", "1...16777216"}},
		{net.Config{Inputs: 1}, []string{"number of layers 0", "1...1024"}},
		{net.Config{Inputs: 1, Layers: make([]net.Layer, net.MaxLayers+1)}, []string{"number of layers 1025", "1...1024"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{})}, []string{"layer 0", "units 0", "1...16777216"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 1}, net.Layer{Units: -5})}, []string{"layer 1", "units -5", "1...16777216"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 1e9})}, []string{"layer 0", "units 1000000000", "1...16777216"}},
		{net.Config{Inputs: net.MaxUnits, Layers: layers(net.Layer{Units: net.MaxUnits})}, []string{"layer 0", "more than 268435456 parameters"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 1 << 14}, net.Layer{Units: 1 << 14})}, []string{"layer 1", "more than 268435456 parameters"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 1, Activation: 14})}, []string{"layer 0", "unknown activation 14"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 1, Init: 6})}, []string{"layer 0", "unknown initializer 6"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 1, Init: net.Gaussian, Std: -1})}, []string{"layer 0", "std -1", "0...1e6"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 1, Init: net.Gaussian, Std: 2e6})}, []string{"std 2e+06", "0...1e6"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 1, Init: net.Gaussian, Std: math.NaN()})}, []string{"std NaN", "0...1e6"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 1, Std: 0.1})}, []string{"std 0.1", "gaussian", "auto"}},
		{net.Config{Inputs: 1, Layers: one, Loss: 6}, []string{"unknown loss 6"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 1, Norm: 3})}, []string{"layer 0", "unknown norm 3"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 1, Activation: net.ELU, Alpha: -1})}, []string{"alpha -1", "0...1e6"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 1, Activation: net.ReLU, Alpha: 1})}, []string{"alpha 1 goes with", "leaky-relu", "elu"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 1, Norm: net.BatchNorm, Eps: 2})}, []string{"eps 2", "1e-12...1"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 1, Eps: 0.1})}, []string{"eps 0.1 goes with a norm"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 1, Dropout: 1}, net.Layer{Units: 1})}, []string{"layer 0", "dropout 1", "[0, 1)"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 1, Dropout: math.NaN()}, net.Layer{Units: 1})}, []string{"dropout NaN"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 1, Dropout: 0.5})}, []string{"dropout 0.5 of the last layer"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 1, Activation: net.ReLU}), Loss: net.BinaryCrossEntropy}, []string{"logits", `"relu"`}},
		{net.Config{Inputs: 1, Layers: one, Delta: 1}, []string{"delta 1 goes with", "huber"}},
		{net.Config{Inputs: 1, Layers: one, Loss: net.Huber, Delta: -1}, []string{"delta -1", "1e-6...1e6"}},
		{net.Config{Inputs: 1, Layers: one, LabelSmoothing: 0.1}, []string{"label smoothing 0.1 goes with", "softmax"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 2}), Loss: net.SoftmaxCrossEntropy, LabelSmoothing: 1}, []string{"label smoothing 1", "[0, 1)"}},
		{net.Config{Inputs: 1, Layers: one, Classes: []string{"a"}}, []string{"1 names of classes: want 2"}},
		{net.Config{Inputs: 1, Layers: one, Classes: []string{"a", "a"}}, []string{`name "a" of class 1 is given twice`}},
		{net.Config{Inputs: 1, Layers: one, Classes: []string{"a", ""}}, []string{"of class 1", "1...256 bytes"}},
		{net.Config{Inputs: 1, Layers: one, Classes: []string{"a", "\xff"}}, []string{"of class 1", "UTF-8"}},
		{net.Config{Inputs: 1, Layers: one, Loss: net.SoftmaxCrossEntropy}, []string{"at least 2 outputs"}},
		{net.Config{Inputs: 1, Layers: layers(net.Layer{Units: 2, Activation: net.ReLU}), Loss: net.SoftmaxCrossEntropy}, []string{"logits", `"relu"`, `"identity"`}},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m, err := net.New(c.config)
		runtime.ReadMemStats(&after)
		if m != nil || err == nil {
			t.Errorf("%+v is accepted", c.config)
			continue
		}
		for _, part := range append(c.want, "net: ") {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("error %q does not say %q", err, part)
			}
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
			t.Errorf("%v: %d bytes taken before the error", err, took)
		}
	}
}

// The largest numbers that a configuration may have are accepted: checked with a
// network that has many units but few parameters.
func TestConfigLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 130 MB")
	}
	newNetwork(t, net.Config{Inputs: 1, Layers: []net.Layer{{Units: net.MaxUnits}}})
	deep := net.Config{Inputs: 1}
	for range net.MaxLayers {
		deep.Layers = append(deep.Layers, net.Layer{Units: 1})
	}
	newNetwork(t, deep)
}

func TestNewCopiesConfig(t *testing.T) {
	c := net.Config{Inputs: 2, Layers: []net.Layer{{Units: 3, Activation: net.Tanh}, {Units: 1}}}
	m := newNetwork(t, c)
	c.Layers[0] = net.Layer{Units: 99}
	m.Config().Layers[1] = net.Layer{Units: 98}
	want := net.Config{Inputs: 2, Layers: []net.Layer{{Units: 3, Activation: net.Tanh}, {Units: 1}}}
	if got := m.Config(); !reflect.DeepEqual(got, want) {
		t.Errorf("configuration changed from outside: %+v", got)
	}
}

// New passes on what is wrong with SINEW_ISA. The variable is read at start, so the
// test runs itself in a second process.
func TestNewReportsISA(t *testing.T) {
	const inner = "SINEW_TEST_NEW"
	if os.Getenv(inner) != "" {
		_, err := net.New(net.Config{Inputs: 1, Layers: []net.Layer{{Units: 1}}})
		if err == nil || !strings.Contains(err.Error(), "SINEW_ISA") || !strings.Contains(err.Error(), "abacus") {
			t.Errorf("error %v: want one that names SINEW_ISA and its value", err)
		}
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestNewReportsISA$")
	cmd.Env = append(os.Environ(), inner+"=1", isa.EnvVar+"=abacus")
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Skip("cannot start this program again:", err)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
