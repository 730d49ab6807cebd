package prep

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// lines has two targets of very different size, and a third that is constant.
func lines() *train.Dataset {
	d := &train.Dataset{Inputs: 1}
	for i := range 64 {
		x := float32(i)/32 - 1
		d.X = append(d.X, x)
		d.Y = append(d.Y, 2e5+1e4*x, 1e-3*x, 7)
	}
	return d
}

func regressor(t *testing.T, change func(*net.Config)) *net.Network {
	t.Helper()
	c := net.Config{Inputs: 1, Layers: []net.Layer{{Units: 8, Activation: net.Tanh}, {Units: 3}}}
	if change != nil {
		change(&c)
	}
	m, err := net.New(c)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	return m
}

func TestTargets(t *testing.T) {
	d := lines()
	targets, err := ScaleTargets(d)
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(d.Y)
	scaled := targets.Apply(d)
	if !slices.Equal(d.Y, before) || &scaled.X[0] != &d.X[0] {
		t.Error("Apply changes its argument, or copies the inputs")
	}
	for j := range 3 {
		mean, square := 0.0, 0.0
		for i := j; i < len(scaled.Y); i += 3 {
			mean += float64(scaled.Y[i]) / 64
			square += float64(scaled.Y[i]) * float64(scaled.Y[i]) / 64
		}
		want := 1.0
		if j == 2 { // constant
			want = 0
		}
		if !(math.Abs(mean) <= 1e-5 && math.Abs(square-want) <= 1e-5) {
			t.Errorf("target %d: mean %g, variance %g, want 0 and %g", j, mean, square, want)
		}
	}
	if targets.Apply(nil) != nil {
		t.Error("Apply(nil) is not nil")
	}

	m := regressor(t, nil)
	tr, err := train.New(m, train.Config{Epochs: 200, LearnRate: train.Cosine{Start: 0.02}, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Fit(context.Background(), scaled, nil); err != nil {
		t.Fatal(err)
	}
	p := slices.Clone(m.NewPredictor(64).Predict(d.X))
	if err := targets.Undo(m); err != nil {
		t.Fatal(err)
	}
	own := m.NewPredictor(64).Predict(d.X)
	for i, v := range own {
		j := i % 3
		want := float64(p[i])/float64(targets.Scale[j]) + float64(targets.Mean[j])
		if !(math.Abs(float64(v)-want) <= 1e-6*(math.Abs(want)+10/float64(targets.Scale[j]))) {
			t.Fatalf("output %d is %g, want %g", i, v, want)
		}
		// A network that never learned would be off by about 1.
		if off := math.Abs(float64(v-d.Y[i])) * float64(targets.Scale[j]); !(off <= 0.25) {
			t.Fatalf("output %d is %g, %g standard deviations from %g", i, v, off, d.Y[i])
		}
	}
	// Once there and back again is within rounding.
	params := slices.Clone(m.Params())
	if err := targets.Redo(m); err != nil {
		t.Fatal(err)
	}
	if err := targets.Undo(m); err != nil {
		t.Fatal(err)
	}
	for i, v := range m.Params() {
		if !(math.Abs(float64(v-params[i])) <= 1e-6*(math.Abs(float64(params[i]))+math.Abs(float64(targets.Mean[0])))) {
			t.Errorf("parameter %d is %g, was %g", i, v, params[i])
		}
	}
}

func TestTargetErrors(t *testing.T) {
	d := lines()
	targets, err := ScaleTargets(d)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*net.Config){
		"2 outputs: want 3":      func(c *net.Config) { c.Layers[1].Units = 2 },
		"last layer has tanh":    func(c *net.Config) { c.Layers[1].Activation = net.Tanh },
		"norm layer":             func(c *net.Config) { c.Layers[1].Norm = net.LayerNorm },
		"softmax-cross-entropy:": func(c *net.Config) { c.Loss = net.SoftmaxCrossEntropy },
	} {
		m := regressor(t, change)
		before := slices.Clone(m.Params())
		for _, err := range []error{targets.Undo(m), targets.Redo(m)} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
		}
		if !slices.Equal(m.Params(), before) {
			t.Errorf("%s: the network was changed", want)
		}
	}
	path := filepath.Join(t.TempDir(), "model")
	if err := regressor(t, nil).SaveFile(path); err != nil {
		t.Fatal(err)
	}
	mapped, err := net.MapFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer mapped.Close()
	for _, m := range []*net.Network{nil, mapped.Network} { // whose memory cannot be written
		if err := targets.Undo(m); err == nil || !strings.Contains(err.Error(), "read-only") {
			t.Errorf("error %v", err)
		}
	}
	for want, d := range map[string]*train.Dataset{
		"the data set is nil":       nil,
		"0 target values in 2 rows": {Inputs: 1, X: []float32{1, 2}, Labels: []int{0, 1}},
		"3 target values in 2 rows": {Inputs: 1, X: []float32{1, 2}, Y: []float32{1, 2, 3}},
		"in 0 rows":                 {Inputs: 1},
		"NaN":                       {Inputs: 1, X: []float32{1, 2}, Y: []float32{1, float32(math.NaN())}},
	} {
		if _, err := ScaleTargets(d); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("another number of targets does not panic")
		}
	}()
	targets.Apply(&train.Dataset{Inputs: 1, X: []float32{1}, Y: []float32{1}})
}
