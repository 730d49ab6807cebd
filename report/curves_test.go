package report

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/train"
)

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
		p, err := Curves(h)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if testing.Short() { // pixels take long under emulation and the race detector
			if _, err := p.inline(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		img := decoded(t, p)
		if !has(img, image.Rect(100, 80, 600, 460), trainingColor) { // where the data are
			t.Errorf("%s: no training curve", name)
		}
	}
	if _, err := Curves(new(train.History)); err == nil {
		t.Error("a history without epochs gives no error")
	}
	// A gap is shaded, and two equal curves have none.
	for name, c := range map[string]struct {
		validation float64
		gap        bool
	}{"gap": {0.9, true}, "no gap": {0.5, false}} {
		h := history(2, 0.5, 0.5, c.validation)
		h.Epochs[1].Train.Loss = 0.5
		p, err := Curves(h)
		if err != nil {
			t.Fatal(err)
		}
		if got := has(decoded(t, p), image.Rect(100, 80, 600, 460), gapColor); got != c.gap {
			t.Errorf("%s: shaded: %t", name, got)
		}
	}
	// Without labels there is one panel.
	one, err := Curves(history(3, 1, math.NaN(), math.NaN()))
	if err != nil {
		t.Fatal(err)
	}
	if w := decoded(t, one).Bounds().Dx(); w != 660 {
		t.Errorf("a history without accuracies is drawn %d pixels wide, want 660", w)
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

// decoded returns the picture that a plot is as PNG.
func decoded(t *testing.T, p *Plot) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := p.PNG(&b); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// has reports whether a colour is somewhere in a rectangle of the picture.
func has(img image.Image, in image.Rectangle, c color.RGBA) bool {
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			if r, g, b, _ := img.At(x, y).RGBA(); r>>8 == uint32(c.R) && g>>8 == uint32(c.G) && b>>8 == uint32(c.B) {
				return true
			}
		}
	}
	return false
}
