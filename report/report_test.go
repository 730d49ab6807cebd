package report

import (
	"bytes"
	"context"
	"encoding/xml"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/metrics"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/prep"
	"github.com/sinew-ml/sinew/train"
)

// trained returns a network of iris after a few epochs, its history and its rows.
func trained(t *testing.T) (*net.Network, *train.History, *train.Dataset, train.Config) {
	t.Helper()
	x, labels := fixtures.Iris()
	d := &train.Dataset{Inputs: 4, X: x, Labels: labels, Classes: []string{"setosa", "<versi&color>", "virginica"}}
	m, err := net.New(net.Config{
		Inputs: 4, Loss: net.SoftmaxCrossEntropy,
		Layers: []net.Layer{{Units: 8, Activation: net.ReLU, Norm: net.BatchNorm, Dropout: 0.1}, {Units: 3}},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	c := train.Config{Optimizer: train.Adam{}, Epochs: 5, LearnRate: train.Cosine{Start: 0.01}, Seed: 1}
	trainer, err := train.New(m, c)
	if err != nil {
		t.Fatal(err)
	}
	rest, part := d.Split(0.2, 1)
	h, err := trainer.Fit(context.Background(), rest, part)
	if err != nil {
		t.Fatal(err)
	}
	return m, h, part, c
}

// TestHTML reads the page as XML: it must hold what it must, and load nothing.
func TestHTML(t *testing.T) {
	m, h, part, c := trained(t)
	measured, err := Measure("test", m, net.SoftmaxCrossEntropy, part)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	err = HTML(&b, &Run{
		Title: "A <title>", Facts: []Fact{{"data", "iris & more"}}, Networks: []*net.Network{m}, Histories: []*train.History{h},
		Config: &c, Configuration: []byte(`{"a": "<b>"}`), Steps: 20, Measurements: []*Measurement{measured}, Height: 2, Width: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(&b)
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	sections, drawings, rows, text := map[string]bool{}, 0, 0, ""
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			switch tok.Name.Local {
			case "section":
				sections[tok.Attr[0].Value] = true
			case "svg":
				drawings++
			case "tr":
				rows++
			case "script", "link", "iframe":
				t.Errorf("the page has a %s", tok.Name.Local)
			}
			for _, a := range tok.Attr {
				if (a.Name.Local == "src" || a.Name.Local == "href") && !strings.HasPrefix(a.Value, "data:") {
					t.Errorf("%s loads %s=%q", tok.Name.Local, a.Name.Local, a.Value)
				}
			}
		case xml.CharData:
			text += string(tok)
		}
	}
	for _, s := range []string{"data", "network", "settings", "diagnosis", "curves", "figures", "weights", "history", "configuration"} {
		if !sections[s] {
			t.Errorf("the page has no section %s", s)
		}
	}
	if drawings != 4 { // curves, schedule, confusion matrix, weights
		t.Errorf("%d drawings, want 4", drawings)
	}
	for _, want := range []string{
		"A <title>", "iris & more", "softmax-cross-entropy", "adam", "learn rate", "cosine, start 0.01", "batch", "accuracy", "log loss", "<versi&color>",
		`{"a": "<b>"}`, "gradient norm", "update / weight", "dead units", "rows/s", "★", "83 parameters",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(text, "url(") || strings.Contains(text, "@import") {
		t.Error("the style loads something")
	}
	if HTML(io.Discard, new(Run)) == nil {
		t.Error("a run without anything gives no error")
	}
	for _, r := range []*Run{nil, {Histories: []*train.History{nil}}, {Networks: []*net.Network{nil}}} {
		if err := HTML(io.Discard, r); err == nil || !strings.Contains(err.Error(), "is nil") {
			t.Errorf("%+v: error %v", r, err)
		}
	}
}

// TestHTMLParts leaves parts out, and has several members.
func TestHTMLParts(t *testing.T) {
	m, h, _, _ := trained(t)
	for name, c := range map[string]struct {
		run  Run
		want []string
		not  []string
	}{
		"network alone": {Run{Networks: []*net.Network{m}}, []string{"83 parameters"}, []string{"Diagnosis", "Curves", "Figures"}},
		"history alone": {Run{Histories: []*train.History{h}}, []string{"Diagnosis", "Learning rate"}, []string{"parameters", "Figures"}},
		"members":       {Run{Histories: []*train.History{h, h}, Networks: []*net.Network{m, m}}, []string{"Member 0", "Member 1", "each of 2 members"}, nil},
		"short":         {Run{Histories: []*train.History{{Epochs: h.Epochs[:2]}}}, []string{"too few for a diagnosis"}, nil},
		"empty history": {Run{Histories: []*train.History{{}}, Networks: []*net.Network{m}}, []string{"83 parameters"}, []string{"Diagnosis"}},
		"finding": {Run{Histories: []*train.History{history(20, 1, 0.5, 0.5), {Epochs: history(6, 0.1, 1, 0.5).Epochs}}},
			[]string{"over-fitting"}, nil},
	} {
		var b bytes.Buffer
		if err := HTML(&b, &c.run); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: the page does not say %q", name, want)
			}
		}
		for _, not := range c.not {
			if strings.Contains(b.String(), not) {
				t.Errorf("%s: the page says %q", name, not)
			}
		}
	}
}

// TestFormats saves each kind of plot in both formats.
func TestFormats(t *testing.T) {
	m, h, part, _ := trained(t)
	measured, err := Measure("test", m, net.SoftmaxCrossEntropy, part)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, draw := range map[string]func() (*Plot, error){
		"curves":    func() (*Plot, error) { return Curves(h) },
		"rates":     func() (*Plot, error) { return Rates(h) },
		"schedule":  func() (*Plot, error) { return Schedule(train.Warmup{Steps: 5, Then: train.OneCycle{Peak: 1}}, 50) },
		"one step":  func() (*Plot, error) { return Schedule(train.Constant(0.1), 1) },
		"weights":   func() (*Plot, error) { return Weights(m, 0, 0) },
		"confusion": func() (*Plot, error) { return Confusion(measured.Confusion, measured.Classes) },
	} {
		p, err := draw()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !testing.Short() { // pixels take long under emulation and the race detector
			if img := decoded(t, p); !has(img, img.Bounds(), color.RGBA{0, 0, 0, 255}) {
				t.Errorf("%s: no text", name)
			}
		}
		path := filepath.Join(dir, name+".svg")
		if err := p.Save(path); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := xml.Unmarshal(text, new(struct {
			XMLName xml.Name `xml:"svg"`
		})); err != nil {
			t.Errorf("%s: the SVG is no XML: %v", name, err)
		}
		if p.Save(filepath.Join(dir, name+".gif")) == nil {
			t.Errorf("%s: a GIF gives no error", name)
		}
	}
}

// TestSavePNG has the other format, by a name in capitals.
func TestSavePNG(t *testing.T) {
	p, err := Schedule(train.Constant(1), 3)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.PNG")
	if err := p.Save(path); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := png.Decode(f); err != nil {
		t.Error(err)
	}
}

func TestSchedule(t *testing.T) {
	for name, s := range map[string]train.Schedule{"nil": nil, "NaN": train.Constant(math.NaN())} {
		if _, err := Schedule(s, 10); err == nil {
			t.Errorf("%s gives no error", name)
		}
	}
	if _, err := Rates(new(train.History)); err == nil {
		t.Error("a history without epochs gives no error")
	}
	for name, c := range map[string]struct {
		s         train.Schedule
		step      int
		want, off float64
	}{
		"cosine":         {train.Cosine{Start: 1}, 50, 0.5, 1e-9},
		"cosine, given":  {train.Cosine{Start: 1, Steps: 10}, 50, 0, 0},
		"one-cycle":      {train.OneCycle{Peak: 1}, 29, 1, 1e-9},
		"warmup, cosine": {train.Warmup{Steps: 20, Then: train.Cosine{Start: 1}}, 60, 0.5, 1e-9},
	} {
		if got := Bounded(c.s, 100).Rate(c.step); !(math.Abs(got-c.want) <= c.off) {
			t.Errorf("%s: rate %g at step %d of 100, want %g", name, got, c.step, c.want)
		}
	}
}

// TestWeights looks at the pixels of pictures whose weights are known.
func TestWeights(t *testing.T) {
	m, err := net.New(net.Config{Inputs: 4, Layers: []net.Layer{{Units: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	w, _ := m.Layer(0)
	copy(w, []float32{1, 0, -1, 0})
	p, err := Weights(m, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	img := decoded(t, p)
	b := img.Bounds()
	left, right := image.Rect(0, b.Dy()/3, b.Dx()/2-20, b.Dy()), image.Rect(b.Dx()/2+20, b.Dy()/3, b.Dx(), b.Dy())
	for name, c := range map[string]struct {
		in    image.Rectangle
		color color.RGBA
		want  bool
	}{
		"1 is blue": {left, trainingColor, true}, "-1 is orange": {left, validationColor, true},
		"0 is not blue": {right, trainingColor, false}, "0 is not orange": {right, validationColor, false}, "0 is white": {right, color.RGBA{255, 255, 255, 255}, true},
	} {
		if has(img, c.in, c.color) != c.want {
			t.Errorf("%s: want %t", name, c.want)
		}
	}
	for _, wrong := range [][2]int{{3, 2}, {-1, -4}, {0, 4}, {4, 0}, {math.MaxInt, 4}} {
		if _, err := Weights(m, wrong[0], wrong[1]); err == nil {
			t.Errorf("pictures of %v pixels of 4 inputs give no error", wrong)
		}
	}
	copy(w, make([]float32, 4)) // no weight to scale by
	if _, err := Weights(m, 0, 0); err != nil {
		t.Error(err)
	}
	// Before a projection the pictures have its inputs.
	x, _ := fixtures.Iris()
	fit, err := prep.PCA(&train.Dataset{Inputs: 4, X: x}, prep.PCAOptions{Components: 2})
	if err != nil {
		t.Fatal(err)
	}
	m, err = net.New(net.Config{Inputs: 2, Layers: []net.Layer{{Units: 120}}})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	if err := m.SetTransform(fit.Transform); err != nil {
		t.Fatal(err)
	}
	if _, err := Weights(m, 4, 1); err != nil {
		t.Error(err)
	}
	if got := product([]float32{1, 2, 3, 4, 5, 6}, []float32{1, 10, 100, 1000}, 3, 2, 2); got[0] != 201 || got[5] != 6050 {
		t.Errorf("product %v", got)
	}
}

func TestConfusion(t *testing.T) {
	c := metrics.NewConfusion(2)
	for range 10 {
		c.Add(0, 0)
	}
	c.Add(1, 0)
	c.Add(1, 0)
	c.Add(1, 0)
	c.Add(1, 1)
	const want = `         a  long     right
   a    10     .    100.0%
long     3     1     25.0%
`
	if got := ConfusionText(c, []string{"a", "long"}); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := ConfusionText(c, nil); !strings.Contains(got, "1    3    1     25.0%") {
		t.Errorf("without names:\n%s", got)
	}
	wrong := metrics.NewConfusion(2)
	wrong.Add(0, 0)
	wrong.Add(1, 0)
	picture, err := Confusion(wrong, nil)
	if err != nil {
		t.Fatal(err)
	}
	img := decoded(t, picture)
	if !has(img, img.Bounds(), trainingColor) || !has(img, img.Bounds(), validationColor) {
		t.Error("the right class is not blue or the wrong one not orange")
	}
	if _, err := Confusion(c, []string{"a"}); err == nil {
		t.Error("too few names give no error")
	}
	if _, err := Confusion(metrics.NewConfusion(maxDrawn+1), nil); err == nil {
		t.Error("too many classes give no error")
	}
	p, err := Confusion(metrics.NewConfusion(maxDrawn), nil) // none of the rows has a class
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.inline(); err != nil {
		t.Error(err)
	}
}

// TestMeasure holds the figures of each kind of model against package metrics.
func TestMeasure(t *testing.T) {
	x := []float32{-2, -1, 1, 2, 3, -3}
	build := func(loss net.Loss, units int) *net.Network {
		m, err := net.New(net.Config{Inputs: 1, Layers: []net.Layer{{Units: units}}, Loss: loss})
		if err != nil {
			t.Fatal(err)
		}
		w, _ := m.Layer(0)
		for i := range w {
			w[i] = []float32{1, -1, 0.5}[i]
		}
		return m
	}
	labels := []int{0, 1, 1, 1, 1, 0}
	values := &train.Dataset{Inputs: 1, X: x, Y: []float32{-2, -1, 1, 2, 3, -2}}
	flags := &train.Dataset{Inputs: 1, X: x, Y: []float32{0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 0, 0}}
	for name, c := range map[string]struct {
		m    *net.Network
		d    *train.Dataset
		want map[string]float64
	}{
		"one output":  {build(net.BinaryCrossEntropy, 1), &train.Dataset{Inputs: 1, X: x, Labels: labels}, map[string]float64{"accuracy": 5.0 / 6, "ROC AUC": 1}},
		"two outputs": {build(net.SoftmaxCrossEntropy, 2), &train.Dataset{Inputs: 1, X: x, Labels: []int{1, 0, 0, 0, 0, 1}}, map[string]float64{"accuracy": 5.0 / 6, "ROC AUC": 1}},
		"values":      {build(net.MSE, 1), values, map[string]float64{"loss": 1.0 / 6, "mean absolute error": 1.0 / 6}},
		"yes and no":  {build(net.BinaryCrossEntropy, 2), flags, map[string]float64{"outputs right": 11.0 / 12, "rows with all outputs right": 5.0 / 6}},
		"soft targets": {build(net.SoftmaxCrossEntropy, 2), &train.Dataset{Inputs: 1, X: []float32{0, 0}, Y: []float32{0.5, 0.5, 0.5, 0.5}},
			map[string]float64{"cross entropy": math.Ln2, "most probable class right": 1}},
	} {
		r, err := Measure(name, c.m, c.m.Config().Loss, c.d)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for figure, want := range c.want {
			if got := r.Figure(figure); !(math.Abs(got-want) <= 1e-6) {
				t.Errorf("%s: %s is %g, want %g", name, figure, got, want)
			}
		}
		if (r.Confusion != nil) != (c.d.Labels != nil) {
			t.Errorf("%s: confusion matrix %v", name, r.Confusion)
		}
		if text := r.Text(); strings.Contains(text, "confusion matrix") != (c.d.Labels != nil) || !strings.Contains(text, "  ") {
			t.Errorf("%s: text\n%s", name, text)
		}
	}
	m := build(net.MSE, 1)
	e, err := net.NewEnsemble(m, m)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Measure("ensemble", e, net.MSE, values)
	if err != nil || !(math.Abs(r.Figure("mean absolute error")-1.0/6) <= 1e-6) || !math.IsNaN(r.Figure("loss")) {
		t.Errorf("ensemble: %v, %v", r, err)
	}
	for name, d := range map[string]*train.Dataset{"no rows": {Inputs: 1}, "other inputs": {Inputs: 2, X: x, Y: values.Y[:3]}, "nil": nil} {
		if _, err := Measure(name, m, net.MSE, d); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
