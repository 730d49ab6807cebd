package report

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"github.com/sinew-ml/sinew/net"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// maxPictures bounds the units of Weights: a screenful.
const maxPictures = 100

// Weights draws the weights of each unit of the first layer as a picture of height×width
// inputs: white is 0, blue positive, orange negative, all on one scale. With height and
// width 0 the inputs are a square if their number is one, and a single row of pixels
// else. At most 100 units are drawn, the first ones.
//
// If the network's transform has a matrix (PCA), the pictures are of the inputs before
// it: the matrix times the weights. A transform that only scales is left out, so that a
// pixel that hardly varies does not outshine the others.
func Weights(m *net.Network, height, width int) (*Plot, error) {
	w, _ := m.Layer(0)
	units := m.Config().Layers[0].Units
	inputs := m.Config().Inputs
	if t := m.Transform(); t != nil && t.Matrix != nil {
		w, inputs = product(t.Matrix, w, len(t.Mean), inputs, units), len(t.Mean)
	}
	switch {
	case height == 0 && width == 0:
		height, width = 1, inputs
		if side := int(math.Sqrt(float64(inputs))); side*side == inputs {
			height, width = side, side
		}
	case height < 1 || width < 1 || height > inputs || height*width != inputs:
		return nil, fmt.Errorf("report: weights: pictures of %d×%d: want %d pixels, one for each input", height, width, inputs)
	}
	largest := 0.0
	for _, v := range w {
		largest = max(largest, math.Abs(float64(v)))
	}
	n := min(units, maxPictures)
	columns := min(n, max(1, int(math.Ceil(math.Sqrt(float64(n)*float64(height)/float64(width))))))
	rows := (n + columns - 1) / columns
	const border = 1
	scale := max(1, 800/(columns*(width+border)))
	img := image.NewRGBA(image.Rect(0, 0, (columns*(width+border)+border)*scale, (rows*(height+border)+border)*scale))
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			img.SetRGBA(x, y, color.RGBA{0xe8, 0xe8, 0xe8, 0xff})
			px, py := x/scale-border, y/scale-border
			if px < 0 || py < 0 || px%(width+border) >= width || py%(height+border) >= height {
				continue
			}
			unit := py/(height+border)*columns + px/(width+border)
			if unit < n {
				input := py%(height+border)*width + px%(width+border)
				img.SetRGBA(x, y, shade(float64(w[input*units+unit])/largest))
			}
		}
	}
	title := fmt.Sprintf("Weights of the first layer: %d units, ±%.3g", n, largest)
	if n < units {
		title = fmt.Sprintf("Weights of the first layer: %d of %d units, ±%.3g", n, units, largest)
	}
	const side, head = 6 * vg.Inch, 28
	tall := side * vg.Length(img.Rect.Dy()) / vg.Length(img.Rect.Dx())
	return &Plot{side + 16, tall + head + 8, func(c draw.Canvas) {
		c.FillText(textStyle(13), vg.Point{X: c.Min.X + 8, Y: c.Max.Y - 18}, title)
		c.DrawImage(vg.Rectangle{Min: vg.Point{X: c.Min.X + 8, Y: c.Max.Y - head - tall}, Max: vg.Point{X: c.Min.X + 8 + side, Y: c.Max.Y - head}}, img)
	}}, nil
}

// product returns a·b for a (m, k) and b (k, n).
func product(a, b []float32, m, k, n int) []float32 {
	c := make([]float32, m*n)
	for i := range m {
		for l := range k {
			v := a[i*k+l]
			for j := range n {
				c[i*n+j] += v * b[l*n+j]
			}
		}
	}
	return c
}

// shade is the colour of a number in [-1, 1]; NaN, of weights that are all 0, is white.
func shade(v float64) color.RGBA {
	end := trainingColor
	if v < 0 {
		end, v = validationColor, -v
	}
	if v != v {
		v = 0
	}
	mix := func(c uint8) uint8 { return uint8(math.Round(255 - v*float64(255-c))) }
	return color.RGBA{mix(end.R), mix(end.G), mix(end.B), 0xff}
}

func textStyle(size vg.Length) draw.TextStyle {
	return draw.TextStyle{
		Color:   color.Black,
		Font:    font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, size),
		Handler: text.Plain{Fonts: font.DefaultCache},
	}
}
