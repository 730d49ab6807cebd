package main

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"strconv"

	"github.com/sinew-ml/sinew/internal/atomicfile"
	"github.com/sinew-ml/sinew/train"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// The picture: 1320×540 pixels, large enough to read beside text on a page.
const (
	curvesWidth  = 11 * vg.Inch
	curvesHeight = 4.5 * vg.Inch
	curvesDPI    = 120
)

// Blue and orange stay apart for readers with any kind of colour vision (Okabe and Ito,
// Color universal design, 2008).
var (
	trainingColor   = color.RGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}
	validationColor = color.RGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}
	gridColor       = color.Gray{Y: 0xdc}
)

// saveCurves draws loss and accuracy by epoch to a PNG file.
func saveCurves(path string, h *train.History) error {
	img, err := drawCurves(h)
	if err != nil {
		return err
	}
	err = atomicfile.Write(path, func(w io.Writer) error {
		_, err := vgimg.PngCanvas{Canvas: img}.WriteTo(w)
		return err
	})
	if err != nil {
		return fmt.Errorf("save curves: %w", err)
	}
	return nil
}

// drawCurves draws the two panels side by side.
func drawCurves(h *train.History) (*vgimg.Canvas, error) {
	loss, err := panel("Loss", "mean loss", h, func(m train.Metrics) float64 { return m.Loss })
	if err != nil {
		return nil, err
	}
	loss.Y.Min, loss.Y.Max = 0, roundOut(loss.Y.Max, loss.Y.Max)
	loss.Legend.Top, loss.Legend.YOffs = true, -loss.Legend.YOffs

	accuracy, err := panel("Accuracy", "rows classified correctly, %", h, func(m train.Metrics) float64 { return 100 * m.Accuracy })
	if err != nil {
		return nil, err
	}
	// At least two points of range: a perfect run would leave none.
	below := max(2, 100-accuracy.Y.Min)
	accuracy.Y.Min, accuracy.Y.Max = 100-min(100, roundOut(below, below)), 100

	img := vgimg.NewWith(vgimg.UseWH(curvesWidth, curvesHeight), vgimg.UseDPI(curvesDPI))
	tiles := draw.Tiles{
		Rows: 1, Cols: 2,
		PadX: 24, PadTop: 8, PadBottom: 8, PadLeft: 8, PadRight: 16,
	}
	plots := [][]*plot.Plot{{loss, accuracy}}
	for i, c := range plot.Align(plots, tiles, draw.New(img))[0] {
		plots[0][i].Draw(c)
	}
	return img, nil
}

// panel returns a plot of one value of training and validation over the epochs.
func panel(title, label string, h *train.History, value func(train.Metrics) float64) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, "epoch", label
	p.Title.Padding = 8
	for style, size := range map[*text.Style]vg.Length{
		&p.Title.TextStyle:   15,
		&p.X.Label.TextStyle: 12,
		&p.Y.Label.TextStyle: 12,
		&p.X.Tick.Label:      11,
		&p.Y.Tick.Label:      11,
		&p.Legend.TextStyle:  12,
	} {
		style.Font.Variant = "Sans"
		style.Font.Size = size
	}
	p.X.Tick.Marker = plot.TickerFunc(func(lo, hi float64) []plot.Tick { return ticks(lo, hi, 1) })
	p.Y.Tick.Marker = plot.TickerFunc(func(lo, hi float64) []plot.Tick { return ticks(lo, hi, 0) })
	p.X.Padding, p.Y.Padding = 0, 0
	p.Legend.Padding = 3
	p.Legend.ThumbnailWidth = 24
	p.Legend.XOffs, p.Legend.YOffs = -8, 8

	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = gridColor, gridColor
	p.Add(grid)
	for _, curve := range []struct {
		name   string
		color  color.Color
		metric func(train.Epoch) train.Metrics
	}{
		{"training", trainingColor, func(e train.Epoch) train.Metrics { return e.Train }},
		{"validation", validationColor, func(e train.Epoch) train.Metrics { return e.Validation }},
	} {
		var points plotter.XYs
		for _, e := range h.Epochs {
			if v := value(curve.metric(e)); !math.IsNaN(v) { // NaN stands for not measured
				points = append(points, plotter.XY{X: float64(e.Epoch), Y: v})
			}
		}
		if len(points) == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = curve.color, 1.75
		dots.Color, dots.Radius, dots.Shape = curve.color, 2.25, draw.CircleGlyph{}
		p.Add(line)
		p.Legend.Add(curve.name, line)
		if len(points) <= 40 { // more would touch each other
			p.Add(dots)
		}
	}
	p.X.Min, p.X.Max = 1, float64(len(h.Epochs))
	if len(h.Epochs) == 1 {
		p.X.Min, p.X.Max = 0, 2
	}
	return p, nil
}

// tickStep returns the distance of ticks on a range: 1, 2 or 5 times a power of ten, at
// least the given step, so that the range holds at most 8 of them.
func tickStep(span, least float64) float64 {
	const most = 8
	step := math.Pow(10, math.Floor(math.Log10(span/most)))
	for i := 0; step < least || span/step > most; i++ {
		step *= []float64{2, 2.5, 2}[i%3]
	}
	return step
}

// roundOut returns v rounded up to a whole tick of a range.
func roundOut(v, span float64) float64 {
	if !(span > 0 && span <= math.MaxFloat32) {
		return 1
	}
	step := tickStep(span, 0)
	return math.Ceil(v/step) * step
}

// ticks labels a range with as many decimals as its step needs; least is the smallest step.
func ticks(lo, hi, least float64) []plot.Tick {
	step := tickStep(hi-lo, least)
	format, decimals := byte('f'), max(0, int(-math.Floor(math.Log10(step))))
	if decimals > 4 || hi > 1e6 {
		format, decimals = 'g', 3
	}
	var t []plot.Tick
	for i := math.Ceil(lo / step); i*step <= hi+step/1e6; i++ { // i*step may round up
		t = append(t, plot.Tick{Value: i * step, Label: strconv.FormatFloat(i*step, format, decimals, 64)})
	}
	return t
}
