package onnx

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

func open(t testing.TB, name string) *Model {
	t.Helper()
	m, err := LoadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestRunDoesNotAllocate goes through all kinds of steps.
func TestRunDoesNotAllocate(t *testing.T) {
	for _, c := range allCases(t) {
		m := open(t, c.Model)
		r, err := m.NewRunner(c.rows())
		if err != nil {
			t.Fatal(err)
		}
		x := c.inputs()
		if got := testing.AllocsPerRun(5, func() {
			if err := r.Run(x...); err != nil {
				t.Fatal(err)
			}
			for i := range c.Outputs {
				r.Floats(i)
				r.Ints(i)
				r.Strings(i)
			}
		}); got != 0 {
			t.Errorf("%s: %g allocations", c.Model, got)
		}
	}
}

// TestRunRows runs fewer rows than a Runner has room for, none, and the same ones again.
func TestRunRows(t *testing.T) {
	for _, c := range allCases(t) {
		m := open(t, c.Model)
		r, err := m.NewRunner(c.rows() + 3)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Run(c.inputs()...); err != nil {
			t.Fatal(err)
		}
		var all [][]float32
		for i := range c.Outputs {
			all = append(all, append([]float32(nil), r.Floats(i)...))
		}
		for row := range c.rows() {
			var x [][]float32
			for i, in := range m.Inputs() {
				x = append(x, c.Inputs[i].Values[row*in.Size():][:in.Size()])
			}
			if err := r.Run(x...); err != nil {
				t.Fatal(err)
			}
			for i, info := range m.Outputs() {
				for j, v := range r.Floats(i) {
					if want := all[i][row*info.Size()+j]; math.Float32bits(v) != math.Float32bits(want) {
						t.Fatalf("%s: output %d, row %d alone: %g, in the batch %g", c.Model, i, row, v, want)
					}
				}
			}
		}
		none := make([][]float32, len(c.Inputs))
		if err := r.Run(none...); err != nil || len(r.Floats(0)) != 0 || len(r.Ints(0)) != 0 {
			t.Errorf("%s: no rows give %v, %d numbers", c.Model, err, len(r.Floats(0)))
		}
	}
}

// TestShared runs one model from several goroutines; the race detector looks on.
func TestShared(t *testing.T) {
	c := allCases(t)[0]
	for _, name := range []string{"torch_residual_17.onnx", "sklearn_iris_names.onnx"} {
		for _, k := range allCases(t) {
			if k.Model == name {
				c = k
			}
		}
		m := open(t, name)
		var done sync.WaitGroup
		for range 4 {
			done.Go(func() {
				r, err := m.NewRunner(c.rows())
				if err != nil {
					t.Error(err)
					return
				}
				for range 20 {
					if err := r.Run(c.inputs()...); err != nil {
						t.Error(err)
					}
					for i, info := range m.Outputs() {
						if info.Type == Float {
							if err := compareFloats(r.Floats(i), c.Outputs[i].Values); err != nil {
								t.Error(err)
							}
						}
						r.Strings(i)
					}
				}
			})
		}
		done.Wait()
	}
}

func TestRunErrors(t *testing.T) {
	m := open(t, "torch_two_inputs_13.onnx")
	for _, rows := range []int{0, -1, math.MaxInt} {
		if _, err := m.NewRunner(rows); err == nil || !strings.HasPrefix(err.Error(), "onnx: maxRows ") {
			t.Errorf("%d rows: %v", rows, err)
		}
	}
	r, err := m.NewRunner(2)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		in   [][]float32
		want string
	}{
		{[][]float32{make([]float32, 5)}, "onnx: 1 inputs: the model has 2"},
		{[][]float32{make([]float32, 5), make([]float32, 6)}, `onnx: input 1, "x1", has 6 numbers: want 3 for each of 1 rows`},
		{[][]float32{make([]float32, 6), make([]float32, 3)}, `onnx: input 0, "x0", has 6 numbers`},
		{[][]float32{make([]float32, 15), make([]float32, 9)}, "onnx: 3 rows: the Runner was made for 2"},
	} {
		if err := r.Run(c.in...); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	if r.Ints(0) != nil || r.Strings(0) != nil || r.Floats(0) == nil {
		t.Error("an output of floats is something else")
	}
}

// TestInputsAreKept wants a Runner to leave the caller's numbers alone, and not to keep them.
func TestInputsAreKept(t *testing.T) {
	m := open(t, "hand_shapes_13.onnx") // one output is the input itself
	r, err := m.NewRunner(2)
	if err != nil {
		t.Fatal(err)
	}
	x := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	before := append([]float32(nil), x...)
	if err := r.Run(x); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(x, before) {
		t.Errorf("inputs are now %v", x)
	}
	last := len(m.Outputs()) - 1
	if !reflect.DeepEqual(r.Floats(last), before) {
		t.Errorf("output %v, want the input %v", r.Floats(last), before)
	}
	if &r.Floats(last)[0] == &x[0] {
		t.Error("the output is the caller's memory")
	}
}

func TestInfo(t *testing.T) {
	m := open(t, "sklearn_iris_zipmap_names.onnx")
	want := []Info{
		{Name: "output_label", Type: String},
		{Name: "output_probability", Shape: []int{3}, Classes: []string{"setosa", "versicolor", "virginica"}},
	}
	if got := m.Outputs(); !reflect.DeepEqual(got, want) {
		t.Errorf("outputs %+v, want %+v", got, want)
	}
	if got, want := m.Inputs(), []Info{{Name: "X", Shape: []int{4}}}; !reflect.DeepEqual(got, want) {
		t.Errorf("inputs %+v, want %+v", got, want)
	}
	if m.Producer() != "skl2onnx" || m.Opset() != 15 {
		t.Errorf("producer %q, opset %d", m.Producer(), m.Opset())
	}
	for _, name := range []string{"sklearn_iris_names.onnx", "sklearn_iris_zipmap_names.onnx", "sklearn_logistic_names.onnx"} {
		n, err := open(t, name).Network()
		if err != nil {
			t.Fatal(err)
		}
		if got := n.Config().Classes; !reflect.DeepEqual(got, want[1].Classes) {
			t.Errorf("%s: classes %q, want %q", name, got, want[1].Classes)
		}
	}
}

// TestNetworkFor wants a loss other than the one that the end of the model suggests.
func TestNetworkFor(t *testing.T) {
	logits, probabilities := open(t, "torch_relu_17.onnx"), open(t, "torch_softmax_13.onnx")
	sigmoid := open(t, "torch_sigmoid_out_13.onnx")
	for _, c := range []struct {
		m    *Model
		loss net.Loss
		want string
	}{
		{logits, net.SoftmaxCrossEntropy, ""},
		{logits, net.BinaryCrossEntropy, ""},
		{logits, net.MAE, ""},
		{probabilities, net.SoftmaxCrossEntropy, ""},
		{probabilities, net.MSE, "the model ends in a softmax, which the loss mse does not go with"},
		{sigmoid, net.BinaryCrossEntropy, ""},
		{sigmoid, net.MSE, ""},
		{sigmoid, net.SoftmaxCrossEntropy, "takes logits"},
	} {
		n, err := c.m.NetworkFor(c.loss)
		switch {
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%v: error %v, want %q in it", c.loss, err, c.want)
		case c.want == "" && err != nil:
			t.Errorf("%v: %v", c.loss, err)
		case c.want == "" && n.Config().Loss != c.loss:
			t.Errorf("loss %v, want %v", n.Config().Loss, c.loss)
		}
	}
	n, err := sigmoid.NetworkFor(net.MSE)
	if err != nil || n.Config().Layers[1].Activation != net.Sigmoid {
		t.Errorf("%v: with another loss the sigmoid stays an activation", err)
	}
}

// TestTrainFurther trains a network from a file.
func TestTrainFurther(t *testing.T) {
	m, err := open(t, "torch_batchnorm_17.onnx").NetworkFor(net.MSE)
	if err != nil {
		t.Fatal(err)
	}
	const rows = 64
	set := &train.Dataset{Inputs: 5, X: make([]float32, 5*rows), Y: make([]float32, 3*rows)}
	for i := range set.X {
		set.X[i] = float32(math.Sin(float64(i)))
	}
	for i := range set.Y {
		set.Y[i] = set.X[5*(i/3)+i%3] * 0.5
	}
	tr, err := train.New(m, train.Config{Optimizer: train.Adam{}, LearnRate: train.Constant(0.01), BatchSize: 16, Epochs: 60, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	h, err := tr.Fit(context.Background(), set, nil)
	if err != nil {
		t.Fatal(err)
	}
	first, last := h.Epochs[0].Train.Loss, h.Epochs[len(h.Epochs)-1].Train.Loss
	if !(last < first/10) {
		t.Errorf("loss went from %g to %g, want a tenth", first, last)
	}
}

func TestNoNetwork(t *testing.T) {
	for name, want := range map[string]string{
		"torch_residual_17.onnx":        "outputs \"y0\" and \"y1\" are both floating-point",
		"torch_two_inputs_13.onnx":      "outputs \"y0\" and \"y1\" are both floating-point",
		"sklearn_iris_int64.onnx":       `input "X" has integer elements`,
		"torch_steps_13.onnx":           "node \"/a/Add\": a layer for parts of 5 elements of a row of 15",
		"hand_gemm_residual.onnx":       "operator Gemm (opset 13), node \"Gemm3\": two operands depend on the inputs",
		"torch_mish_other.onnx":         "two operands depend on the inputs",
		"torch_softsign_other.onnx":     "operator ",
		"torch_prelu_other.onnx":        "operator PRelu (opset 13)",
		"torch_hardtanh_other.onnx":     "clip to -2...2: want 0...6",
		"hand_dynamo_18.onnx":           "operator Clip (opset 18), node \"Clip20\": an activation that does not follow a dense layer",
		"sklearn_regressor_minmax.onnx": "operator Clip",
		"sklearn_logistic_ovr.onnx":     "operator ai.onnx.ml.Normalizer (opset 1)",
	} {
		_, err := open(t, name).Network()
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "onnx: not a chain of dense layers: ") {
			t.Errorf("%s: error %v, want %q in it", name, err, want)
		}
	}
}

// TestJoinedInputs has networks of models with several inputs only where these are joined in
// their order, and nothing else is done to them.
func TestJoinedInputs(t *testing.T) {
	for _, c := range []struct {
		join []string
		want string
	}{
		{[]string{"x", "u"}, ""},
		{[]string{"u", "x"}, "two operands depend on the inputs"},
		{[]string{"x", "x", "u"}, "two operands depend on the inputs"},
		{[]string{"x"}, "2 inputs: want one, or all joined in their order"},
	} {
		m := newModel(13)
		m.tensorInfo(11, "u", 2)
		h := m.node("Concat", "joined", c.join, intAttr("axis", 1))
		width := map[int]int{1: 4, 2: 6, 3: 10}[len(c.join)]
		w := make([]float32, 2*width)
		for i := range w {
			w[i] = float32(i)
		}
		m.node("MatMul", "y", []string{h, m.constant("weights", w, width, 2)})
		model, err := Load(bytes.NewReader(m.bytes()))
		if err != nil {
			t.Fatal(err)
		}
		n, err := model.Network()
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v: error %v, want %q", c.join, err, c.want)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := n.NewPredictor(1).Predict([]float32{0, 0, 0, 0, 0, 1}); !reflect.DeepEqual(got, []float32{10, 11}) {
			t.Errorf("%v: predicts %v", c.join, got)
		}
	}
}

// BenchmarkRun puts a Runner beside the network's own Predictor.
func BenchmarkRun(b *testing.B) {
	m, err := net.New(net.Config{Inputs: 784, Layers: []net.Layer{{Units: 128, Activation: net.ReLU}, {Units: 10}}, Loss: net.SoftmaxCrossEntropy})
	if err != nil {
		b.Fatal(err)
	}
	m.Init(1)
	var file bytes.Buffer
	if err := Save(&file, m); err != nil {
		b.Fatal(err)
	}
	model, err := Load(&file)
	if err != nil {
		b.Fatal(err)
	}
	for _, rows := range []int{1, 64} {
		x := inputsFor(m, rows)
		b.Run(fmt.Sprintf("rows=%d/runner", rows), func(b *testing.B) {
			r, err := model.NewRunner(rows)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := r.Run(x); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("rows=%d/predictor", rows), func(b *testing.B) {
			p := m.NewPredictor(rows)
			b.ReportAllocs()
			for b.Loop() {
				p.Predict(x)
			}
		})
	}
}
