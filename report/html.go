package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sinew-ml/sinew/internal/atomicfile"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// Fact is a line of the report's head, such as {"data", "iris.csv"}.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Run is what a report is about. Every part but one of Networks and Histories may be
// missing; what is missing is left out.
type Run struct {
	Title string
	Facts []Fact // in their order: data, seed, machine, whatever the reader should know

	// Networks and Histories of the run: one, or the members of an ensemble.
	Networks  []*net.Network
	Histories []*train.History

	Config        *train.Config
	Configuration []byte // the same and more as text for the reader to copy, such as JSON

	Steps        int // of the whole run, for the drawing of Config's LearnRate; 0: the rates that the epochs had
	Measurements []*Measurement

	// Pictures of the first layer's weights have so many pixels, see [Weights]. They are drawn
	// if both are given or the inputs are a square of at least 4×4.
	Height, Width int
}

// page is what the template is given.
type page struct {
	*Run
	Layers      []layerRow
	Parameters  int
	Loss        string
	Preparation string
	Settings    []Fact
	Members     []member
	Measured    []measured
	Schedule    template.HTML
	Weights     template.HTML
	ConfigText  string
}

type layerRow struct {
	Number, Inputs, Units        int
	Activation, Norm, Init       string
	Dropout                      string
	Parameters, MultiplyAddsARow int
}

type member struct {
	Name     string
	Curves   template.HTML
	Findings []train.Finding
	Short    bool // too few epochs for a diagnosis
	History  *train.History
	Labels   bool
	Bounded  bool // some layer has outputs near a bound
}

type measured struct {
	*Measurement
	Picture template.HTML
	Table   string
}

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"number": number, "percent": percent, "ratios": ratios, "dead": dead, "saturated": saturated, "sparsity": sparsity, "rows": rowsPerSecond,
}).Parse(pageText))

// HTML writes the report: data, configuration, curves, schedule, history, diagnosis,
// figures and confusion matrices, on one page that needs nothing else.
func HTML(w io.Writer, r *Run) error {
	if r == nil || slices.Contains(r.Networks, nil) || slices.Contains(r.Histories, nil) {
		return errors.New("report: the run, or one of its networks or histories, is nil")
	}
	if len(r.Networks) == 0 && len(r.Histories) == 0 {
		return errors.New("report: a run with neither networks nor histories: want one of them")
	}
	p := &page{Run: r, ConfigText: string(r.Configuration)}
	if p.Title == "" {
		p.Title = "Training run"
	}
	if err := p.network(); err != nil {
		return err
	}
	if err := p.training(); err != nil {
		return err
	}
	for _, m := range r.Measurements {
		one := measured{Measurement: m}
		if c := m.Confusion; c != nil {
			one.Table = c.Report(m.Classes)
			if c.Classes <= maxDrawn {
				var err error
				if one.Picture, err = picture(Confusion(c, m.Classes)); err != nil {
					return err
				}
			}
		}
		p.Measured = append(p.Measured, one)
	}
	return pageTemplate.Execute(w, p)
}

// SaveHTML writes the report to a file, which it replaces as a whole.
func SaveHTML(path string, r *Run) error {
	if err := atomicfile.Write(path, func(w io.Writer) error { return HTML(w, r) }); err != nil {
		return fmt.Errorf("report: save: %w", err)
	}
	return nil
}

// picture returns a plot as part of the page.
func picture(p *Plot, err error) (template.HTML, error) {
	if err != nil {
		return "", err
	}
	text, err := p.inline()
	return template.HTML(text), err // vgsvg escapes the texts in it
}

// network fills in what the page says of the networks, by the first.
func (p *page) network() error {
	if len(p.Networks) == 0 {
		return nil
	}
	m := p.Networks[0]
	c := m.Config()
	p.Parameters, p.Loss = len(m.Params()), c.Loss.String()
	p.Preparation = Preparation(m.Transform())
	in := c.Inputs
	for i, l := range c.Layers {
		row := layerRow{
			Number: i, Inputs: in, Units: l.Units, Activation: l.Activation.String(), Norm: l.Norm.String(), Init: l.Init.String(),
			Parameters: (in + 1) * l.Units, MultiplyAddsARow: in * l.Units,
		}
		if l.Norm != net.NoNorm {
			row.Parameters += 2 * l.Units
		}
		if l.Dropout > 0 {
			row.Dropout = number(l.Dropout)
		}
		p.Layers = append(p.Layers, row)
		in = l.Units
	}
	side := int(math.Sqrt(float64(m.Inputs())))
	if p.Height > 0 || side >= 4 && side*side == m.Inputs() {
		var err error
		if p.Weights, err = picture(Weights(m, p.Height, p.Width)); err != nil {
			return err
		}
	}
	return nil
}

// Preparation says in words what a transform does; "" for none.
func Preparation(t *net.Transform) string {
	switch {
	case t == nil:
		return ""
	case t.Matrix != nil:
		return fmt.Sprintf("(x - mean) · matrix, %d inputs to %d", t.Inputs(), t.Outputs())
	case t.Scale != nil:
		return fmt.Sprintf("(x - mean) · scale, %d inputs", t.Inputs())
	}
	return fmt.Sprintf("x - mean, %d inputs", t.Inputs())
}

// training fills in settings, curves, schedule and diagnosis.
func (p *page) training() error {
	if c := p.Config; c != nil {
		var err error
		if p.Settings, err = settings(c); err != nil {
			return err
		}
	}
	for i, h := range p.Histories {
		if len(h.Epochs) == 0 {
			continue
		}
		m := member{History: h, Findings: h.Diagnose(), Short: len(h.Epochs) < 4, Labels: !math.IsNaN(h.Epochs[0].Train.Accuracy)}
		for _, e := range h.Epochs {
			m.Bounded = m.Bounded || slices.ContainsFunc(e.Layers, func(l train.LayerStats) bool { return l.Saturated > 0 })
		}
		if len(p.Histories) > 1 {
			m.Name = fmt.Sprintf("Member %d", i)
		}
		var err error
		if m.Curves, err = picture(Curves(h)); err != nil {
			return err
		}
		p.Members = append(p.Members, m)
	}
	if len(p.Members) == 0 {
		return nil
	}
	var err error
	if p.Steps > 0 && p.Config != nil && p.Config.LearnRate != nil {
		p.Schedule, err = picture(Schedule(p.Config.LearnRate, p.Steps))
	} else {
		p.Schedule, err = picture(Rates(p.Members[0].History))
	}
	return err
}

// settings returns the parts of a configuration in words, in the order of its JSON.
func settings(c *train.Config) ([]Fact, error) {
	text, err := json.Marshal(*c)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil { // the opening brace
		return nil, fmt.Errorf("report: %w", err)
	}
	var all []Fact
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
		all = append(all, Fact{strings.ReplaceAll(fmt.Sprint(name), "_", " "), Words(value)})
	}
	return all, nil
}

func number(v float64) string {
	if v-v != 0 {
		return "–"
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

func percent(v float64) string {
	if v-v != 0 {
		return "–"
	}
	return strconv.FormatFloat(100*v, 'f', 2, 64) + " %"
}

// ratios lists the layers' update-to-weight ratios.
func ratios(e train.Epoch) string {
	return list(e, func(l train.LayerStats) string { return strconv.FormatFloat(l.UpdateRatio, 'g', 2, 64) })
}

// dead lists the layers' dead units.
func dead(e train.Epoch) string {
	return list(e, func(l train.LayerStats) string { return strconv.Itoa(l.Dead) })
}

// sparsity lists the layers' shares of weights that are 0.
func sparsity(e train.Epoch) string {
	return list(e, func(l train.LayerStats) string { return strconv.FormatFloat(100*l.Sparsity, 'f', 0, 64) + " %" })
}

// saturated lists the layers' shares of outputs near a bound.
func saturated(e train.Epoch) string {
	return list(e, func(l train.LayerStats) string { return strconv.FormatFloat(100*l.Saturated, 'f', 0, 64) + " %" })
}

func list(e train.Epoch, f func(train.LayerStats) string) string {
	text := ""
	for i, l := range e.Layers {
		if i > 0 {
			text += ", "
		}
		text += f(l)
	}
	return text
}

// rowsPerSecond has no exponent: it is read beside a number of rows.
func rowsPerSecond(e train.Epoch) string {
	v := e.RowsPerSecond()
	if v-v != 0 {
		return number(v)
	}
	return strconv.FormatFloat(math.Round(v), 'f', 0, 64)
}
