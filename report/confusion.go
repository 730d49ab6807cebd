package report

import (
	"fmt"
	"image/color"
	"math"
	"strconv"

	"github.com/sinew-ml/sinew/metrics"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// maxDrawn bounds the classes of a drawn confusion matrix.
const maxDrawn = 200

// Confusion draws a confusion matrix: a row for each true class, a column for each
// predicted one, shaded by the share of the row's class, right ones blue and wrong ones
// orange. names are those of the classes; nil: their numbers. Counts are written into the
// cells of up to 30 classes.
func Confusion(c *metrics.Confusion, names []string) (*Plot, error) {
	n := c.Classes
	if n > maxDrawn {
		return nil, fmt.Errorf("report: confusion matrix of %d classes: want at most %d", n, maxDrawn)
	}
	if names != nil && len(names) != n {
		return nil, fmt.Errorf("report: %d names of %d classes", len(names), n)
	}
	cell := vg.Length(math.Max(4, math.Min(40, 600/float64(n))))
	style := textStyle(vg.Length(math.Min(11, float64(cell)*0.6)))
	label := func(i int) string {
		name := strconv.Itoa(i)
		if names != nil {
			name = names[i]
		}
		if r := []rune(name); len(r) > 16 {
			name = string(r[:15]) + "…"
		}
		return name
	}
	widest := vg.Length(0)
	for i := range n {
		widest = max(widest, style.Width(label(i)))
	}
	const head, foot, edge = 30, 24, 12
	left, top := edge+20+widest+6, head+widest+6
	side := cell * vg.Length(n)
	width, height := max(left+side+edge, 260), top+side+foot
	return &Plot{width, height, func(canvas draw.Canvas) {
		at := func(x, y vg.Length) vg.Point { return vg.Point{X: canvas.Min.X + x, Y: canvas.Max.Y - y} }
		canvas.FillText(textStyle(13), at(edge, 18), "Confusion matrix")
		axis := textStyle(11)
		axis.XAlign = text.XCenter
		canvas.FillText(axis, at(left+side/2, top+side+16), "predicted class")
		axis.Rotation = math.Pi / 2
		canvas.FillText(axis, at(edge+8, top+side/2), "true class")
		for i := range n {
			total := 0
			for j := range n {
				total += c.At(i, j)
			}
			mid := cell * (vg.Length(i) + 0.5)
			right := style
			right.XAlign, right.YAlign = text.XRight, text.YCenter
			canvas.FillText(right, at(left-6, top+mid), label(i))
			up := style
			up.Rotation, up.YAlign = math.Pi/2, text.YCenter
			canvas.FillText(up, at(left+mid, top-6), label(i))
			for j := range n {
				x, y := left+cell*vg.Length(j), top+cell*vg.Length(i)
				count := c.At(i, j)
				share := 0.0
				if total > 0 {
					share = float64(count) / float64(total)
				}
				fill := shade(share)
				if i != j {
					fill = shade(-share)
				}
				canvas.FillPolygon(fill, []vg.Point{at(x, y), at(x+cell, y), at(x+cell, y+cell), at(x, y+cell)})
				if n <= 30 && count > 0 {
					s := style
					s.XAlign, s.YAlign = text.XCenter, text.YCenter
					if s.Color = color.Black; share > 0.6 {
						s.Color = color.White
					}
					canvas.FillText(s, at(x+cell/2, y+cell/2), strconv.Itoa(count))
				}
			}
		}
		frame := draw.LineStyle{Color: gridColor, Width: 0.5}
		for i := range n + 1 {
			d := cell * vg.Length(i)
			canvas.StrokeLines(frame, []vg.Point{at(left, top+d), at(left+side, top+d)}, []vg.Point{at(left+d, top), at(left+d, top+side)})
		}
	}}, nil
}
