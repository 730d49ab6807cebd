// Package report draws a training run and writes it down: learning curves, the schedule
// of the learning rate, the weights of the first layer and the confusion matrix as SVG or
// PNG, and one HTML page with all of them, the figures and the diagnosis in words.
//
//	history, err := trainer.Fit(ctx, training, validation)
//	...
//	plot, err := report.Curves(history)
//	err = plot.Save("curves.png")
//
// The HTML page is one file: its pictures are SVG inside it, it loads nothing and runs
// no script. Everything from outside, such as names of classes, is escaped.
//
// Drawing the same values gives the same bytes. Nothing here is fast or small: it is for
// the end of a run.
package report

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"path/filepath"
	"strings"

	"github.com/sinew-ml/sinew/internal/atomicfile"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Plot is a picture.
type Plot struct {
	width, height vg.Length
	draw          func(draw.Canvas)
}

// pngDPI makes the curves 1320×540 pixels: large enough to read beside text on a page.
const pngDPI = 120

// PNG writes the picture as PNG.
func (p *Plot) PNG(w io.Writer) error {
	img := vgimg.NewWith(vgimg.UseWH(p.width, p.height), vgimg.UseDPI(pngDPI))
	p.draw(draw.New(img))
	_, err := vgimg.PngCanvas{Canvas: img}.WriteTo(w)
	return err
}

// SVG writes the picture as SVG. Its texts ask for Liberation fonts, and are drawn with
// whatever the viewer has instead.
func (p *Plot) SVG(w io.Writer) error {
	svg := vgsvg.New(p.width, p.height)
	p.draw(draw.New(svg))
	_, err := svg.WriteTo(w)
	return err
}

// inline returns the SVG element alone, to stand in HTML.
func (p *Plot) inline() (string, error) {
	var b bytes.Buffer
	if err := p.SVG(&b); err != nil {
		return "", err
	}
	s := b.String()
	i := strings.Index(s, "<svg")
	if i < 0 {
		return "", fmt.Errorf("report: no <svg> in what was drawn")
	}
	return s[i:], nil
}

// Format checks the name of a picture's file: it ends in .png or .svg.
func Format(path string) error {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png", ".svg":
		return nil
	}
	return fmt.Errorf("%q: want a name that ends in .png or .svg", path)
}

// Save writes the picture to a file, which it replaces as a whole, in the format of the
// name's ending: .png or .svg.
func (p *Plot) Save(path string) error {
	if err := Format(path); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	write := p.PNG
	if strings.EqualFold(filepath.Ext(path), ".svg") {
		write = p.SVG
	}
	if err := atomicfile.Write(path, write); err != nil {
		return fmt.Errorf("report: save plot: %w", err)
	}
	return nil
}

// Blue and orange stay apart for readers with any kind of colour vision (Okabe and Ito,
// Color universal design, 2008).
var (
	trainingColor   = color.RGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}
	validationColor = color.RGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}
	gapColor        = color.RGBA{R: 0xf4, G: 0xe6, B: 0xdb, A: 0xff} // a breath of orange
	gridColor       = color.Gray{Y: 0xdc}
)

// styled gives a plot the texts of all of this package's.
func styled(p *plot.Plot, title, x, y string) {
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
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
	p.X.Padding, p.Y.Padding = 0, 0
	p.Legend.Padding = 3
	p.Legend.ThumbnailWidth = 24
	p.Legend.XOffs, p.Legend.YOffs = -8, 8
}

// tiled returns a Plot of plots side by side.
func tiled(width, height vg.Length, plots ...*plot.Plot) *Plot {
	return &Plot{width, height, func(c draw.Canvas) {
		tiles := draw.Tiles{
			Rows: 1, Cols: len(plots),
			PadX: 24, PadTop: 8, PadBottom: 8, PadLeft: 8, PadRight: 16,
		}
		for i, part := range plot.Align([][]*plot.Plot{plots}, tiles, c)[0] {
			plots[i].Draw(part)
		}
	}}
}
