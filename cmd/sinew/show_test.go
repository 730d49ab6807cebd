package main

import (
	"bytes"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

func TestInfo(t *testing.T) {
	out, _ := succeed(t, "info")
	isa := mat.ISA()
	for _, want := range []string{
		runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH,
		"kernels     " + isa.Level + ", available: " + strings.Join(isa.Available, ", ") + "\n",
		"GOMAXPROCS", "cpu         " + isa.CPU, "sinew       " + version() + "\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("info lacks %q:\n%s", want, out)
		}
	}
	saved(t, net.HalfSquaredError)
	out, _ = succeed(t, "info", defaultModel)
	if !strings.HasSuffix(out, `loss        half-squared-error
parameters  6

  layer  inputs  units  activation  parameters
      0       2      2    identity           6
`) {
		t.Errorf("info of a model:\n%s", out)
	}
	stat, err := os.Stat(defaultModel)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	m, err := net.LoadFile(defaultModel)
	if err != nil {
		t.Fatal(err)
	}
	modelInfo(&text, m, defaultModel, stat.Size())
	if !strings.HasSuffix(out, text.String()) {
		t.Errorf("info does not print the size of the file:\n%s", out)
	}
}

func TestConfusionText(t *testing.T) {
	got := confusionText([][]int{{10, 0}, {3, 1}}, []string{"a", "long"})
	const want = `         a  long     right
   a    10     .    100.0%
long     3     1     25.0%
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// history makes up a history; NaN stands for a run without validation.
func history(epochs int, loss, accuracy, validation float64) *train.History {
	h := new(train.History)
	for i := range epochs {
		h.Epochs = append(h.Epochs, train.Epoch{
			Epoch:      i + 1,
			Train:      train.Metrics{Loss: loss / float64(i+1), Accuracy: accuracy},
			Validation: train.Metrics{Loss: validation, Accuracy: validation},
		})
	}
	return h
}

// TestCurves draws runs whose ranges are degenerate in one way or another.
func TestCurves(t *testing.T) {
	for name, h := range map[string]*train.History{
		"one epoch":           history(1, 1, 0.5, 0.4),
		"no validation":       history(3, 1, 0.5, math.NaN()),
		"one, no validation":  history(1, 1, 0.5, math.NaN()),
		"perfect":             history(5, 0, 1, 1),
		"nothing right":       history(5, 2, 0, 0),
		"huge loss":           history(5, 1e300, 0.5, 0.5),
		"largest loss":        history(5, math.MaxFloat64, 0.5, 0.5),
		"tiny loss":           history(5, 1e-300, 1, math.NaN()),
		"more epochs than px": history(1500, 1, 0.5, 0.5),
	} {
		img, err := drawCurves(h)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		drawn := false
		for y := 80; y < 460 && !drawn; y++ { // where the data are
			for x := 100; x < 600 && !drawn; x++ {
				r, g, b, _ := img.Image().At(x, y).RGBA()
				drawn = r>>8 == uint32(trainingColor.R) && g>>8 == uint32(trainingColor.G) && b>>8 == uint32(trainingColor.B)
			}
		}
		if !drawn {
			t.Errorf("%s: no training curve", name)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi, least float64
		want          string
	}{
		{0, 1.2, 0, "0.0 0.2 0.4 0.6 0.8 1.0 1.2"},
		{0, 0.05, 0, "0.00 0.01 0.02 0.03 0.04 0.05"},
		{70, 100, 0, "70 75 80 85 90 95 100"},
		{0, 3e6, 0, "0 5e+05 1e+06 1.5e+06 2e+06 2.5e+06 3e+06"},
		{0, 2e-5, 0, "0 5e-06 1e-05 1.5e-05 2e-05"},
		{1, 3, 1, "1 2 3"},
		{1, 30, 1, "5 10 15 20 25 30"},
		{1, 100, 1, "20 40 60 80 100"},
	} {
		var labels []string
		for _, tick := range ticks(c.lo, c.hi, c.least) {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("ticks(%g, %g, %g) = %s, want %s", c.lo, c.hi, c.least, got, c.want)
		}
	}
}

func TestBar(t *testing.T) {
	var w bytes.Buffer
	b := &bar{w: &w}
	epochs := history(2, 1, 0.5, 0.25).Epochs
	for i := range epochs {
		for step := 1; step <= 4; step++ {
			b.update(train.Progress{Epoch: i + 1, Epochs: 2, Step: step, Steps: 4})
		}
		b.update(train.Progress{Epoch: i + 1, Epochs: 2, Step: 4, Steps: 4, Done: &epochs[i]})
	}
	b.close()
	frames := strings.Split(w.String(), "\r")
	last := frames[len(frames)-1]
	if len(frames) < 3 || !strings.HasPrefix(last, "epoch 2/2  loss 0.5000  val 25.00% 100% [====================]") || !strings.HasSuffix(last, "\n") {
		t.Errorf("frames: %q", frames)
	}
	w.Reset()
	(&bar{w: &w}).close() // an error before the first step leaves no empty line
	if w.Len() != 0 {
		t.Errorf("a bar that was never drawn prints %q", w.String())
	}
}
