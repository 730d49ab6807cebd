package report

import (
	"errors"
	"image/color"
	"math"
	"slices"
	"strconv"

	"github.com/sinew-ml/sinew/train"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	curvesWidth  = 11 * vg.Inch
	curvesHeight = 4.5 * vg.Inch
)

// errNoEpochs is for a history with nothing to draw.
var errNoEpochs = errors.New("report: the history has no epochs")

// Curves draws loss and accuracy by epoch, training and validation, with the gap
// between them shaded. Without accuracies it draws the loss alone. A loss that is not
// finite is left out.
func Curves(h *train.History) (*Plot, error) {
	if len(h.Epochs) == 0 {
		return nil, errNoEpochs
	}
	loss, _, err := panel("Loss", "mean loss", h, func(m train.Metrics) float64 { return m.Loss })
	if err != nil {
		return nil, err
	}
	loss.Y.Min, loss.Y.Max = 0, roundOut(loss.Y.Max, loss.Y.Max)
	loss.Legend.Top, loss.Legend.YOffs = true, -loss.Legend.YOffs

	accuracy, drawn, err := panel("Accuracy", "rows classified correctly, %", h, func(m train.Metrics) float64 { return 100 * m.Accuracy })
	if err != nil {
		return nil, err
	}
	if !drawn {
		return tiled(curvesWidth/2, curvesHeight, loss), nil
	}
	// At least two points of range: a perfect run would leave none.
	below := max(2, 100-accuracy.Y.Min)
	accuracy.Y.Min, accuracy.Y.Max = 100-min(100, roundOut(below, below)), 100
	return tiled(curvesWidth, curvesHeight, loss, accuracy), nil
}

// panel returns a plot of one value of training and validation over the epochs, and
// whether there was any.
func panel(title, label string, h *train.History, value func(train.Metrics) float64) (p *plot.Plot, drawn bool, err error) {
	p = plot.New()
	styled(p, title, "epoch", label)
	p.X.Tick.Marker = plot.TickerFunc(func(lo, hi float64) []plot.Tick { return ticks(lo, hi, 1) })
	p.Y.Tick.Marker = plot.TickerFunc(func(lo, hi float64) []plot.Tick { return ticks(lo, hi, 0) })
	var training, validation plotter.XYs
	for _, e := range h.Epochs {
		for points, v := range map[*plotter.XYs]float64{&training: value(e.Train), &validation: value(e.Validation)} {
			if v-v == 0 { // NaN stands for not measured
				*points = append(*points, plotter.XY{X: float64(e.Epoch), Y: v})
			}
		}
	}
	// Values beyond the axes, see roundOut, are no matter to lines, which are clipped; but a
	// filled outline far outside of the picture takes for ever.
	_, _, _, top := plotter.XYRange(append(append(plotter.XYs{}, training...), validation...))
	var shaded plot.Thumbnailer
	if len(training) == len(validation) && len(training) > 1 && top <= math.MaxFloat32 {
		outline := append(plotter.XYs{}, training...)
		for i := len(validation) - 1; i >= 0; i-- {
			outline = append(outline, validation[i])
		}
		gap, err := plotter.NewPolygon(outline)
		if err != nil {
			return nil, false, err
		}
		gap.Color, gap.LineStyle.Width = gapColor, 0
		p.Add(gap)
		if !slices.Equal(training, validation) {
			shaded = gap
		}
	}
	addGrid(p)
	for _, curve := range []struct {
		name   string
		color  color.Color
		points plotter.XYs
	}{{"training", trainingColor, training}, {"validation", validationColor, validation}} {
		if len(curve.points) == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(curve.points)
		if err != nil {
			return nil, false, err
		}
		line.Color, line.Width = curve.color, 1.75
		dots.Color, dots.Radius, dots.Shape = curve.color, 2.25, draw.CircleGlyph{}
		p.Add(line)
		p.Legend.Add(curve.name, line)
		if len(curve.points) <= 40 { // more would touch each other
			p.Add(dots)
		}
		drawn = true
	}
	if shaded != nil {
		p.Legend.Add("gap", shaded)
	}
	p.X.Min, p.X.Max = 1, float64(len(h.Epochs))
	if len(h.Epochs) == 1 {
		p.X.Min, p.X.Max = 0, 2
	}
	return p, drawn, nil
}

func addGrid(p *plot.Plot) {
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = gridColor, gridColor
	p.Add(grid)
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
