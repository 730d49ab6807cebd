package data

import (
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/sinew-ml/sinew/train"
)

// CSV says how to read a table of text: RFC 4180 with any separator, quoted fields,
// line ends \n or \r\n, and a byte order mark that is skipped. Every zero value is a
// default. Fields are taken without the white space around them.
//
// A column is named by its name in the header, or else by its number from 0; negative
// numbers count from the end, so that "-1" is the last one. Names come first: with a
// header "1,0", "0" is the second column.
type CSV struct {
	Separator string `json:"separator,omitempty"` // one character; "": comma
	Comment   string `json:"comment,omitempty"`   // lines that begin with this character are skipped; "": none
	NoHeader  bool   `json:"no_header,omitempty"` // the first line is data, not names

	// The targets, one of the two or neither: the column of the class, or those of the
	// numbers to predict.
	Label   string   `json:"label,omitempty"`
	Targets []string `json:"targets,omitempty"`

	// Weights is the column of how much each row counts: finite numbers, at least 0. "": none.
	// It is no input. A [Source] cannot pass weights on, so streams refuse it.
	Weights string `json:"weights,omitempty"`

	Inputs []string `json:"inputs,omitempty"` // the inputs in this order; nil: all other columns, as in the file
	Ignore []string `json:"ignore,omitempty"` // columns left out of "all other columns"

	// Classes are the texts of the label column, by label; another text is an error. nil:
	// the texts that are found, of at most 256 bytes each, in the given Order. Give those of the
	// training set when reading others.
	Classes []string   `json:"classes,omitempty"`
	Order   ClassOrder `json:"order,omitempty"`

	// Missing is what to do about an input, target or weight whose text is one of MissingTexts
	// (nil: DefaultMissingTexts), or a label whose text is empty.
	Missing      Missing  `json:"missing,omitempty"`
	MissingTexts []string `json:"missing_texts,omitempty"`
	// Fill are the values that MissingFill puts in: one for all inputs or one each. nil: 0.
	Fill []float32 `json:"fill,omitempty"`
}

// DefaultMissingTexts stand for a missing number unless others are given.
var DefaultMissingTexts = []string{"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"}

// ClassOrder is how classes found in a file are numbered.
type ClassOrder uint8

// The orders.
const (
	Sorted    ClassOrder = iota // by number if all texts are whole numbers, else by bytes
	FirstSeen                   // as they come in the file
)

// Missing is a policy for missing values.
type Missing uint8

// The policies. A missing label or target cannot be filled: it is an error unless its
// row is dropped. MissingMean is for a file of training rows alone: where test rows are split
// off afterwards, their values have a share in its means, which MissingKeep avoids.
const (
	MissingError Missing = iota // an error with line and column
	MissingDrop                 // leave the row out
	MissingMean                 // for an input: the mean of the column's other values in this file
	MissingFill                 // for an input: its value of CSV.Fill, such as Table.Fill of the training set
	MissingKeep                 // for an input: NaN, which training refuses: fill it, as prep.FillMissing does after a split
)

var (
	orderNames   = []string{"sorted", "first-seen"}
	missingNames = []string{"error", "drop", "mean", "fill", "keep"}
)

// String returns "sorted" or "first-seen".
func (o ClassOrder) String() string { return enumString("ClassOrder", orderNames, uint8(o)) }

// MarshalText writes the name.
func (o ClassOrder) MarshalText() ([]byte, error) {
	return enumText("class order", orderNames, uint8(o))
}

// UnmarshalText reads the name.
func (o *ClassOrder) UnmarshalText(text []byte) error {
	return enumParse("class order", orderNames, (*uint8)(o), text)
}

// String returns "error", "drop", "mean", "fill" or "keep".
func (m Missing) String() string { return enumString("Missing", missingNames, uint8(m)) }

// MarshalText writes the name.
func (m Missing) MarshalText() ([]byte, error) {
	return enumText("policy for missing values", missingNames, uint8(m))
}

// UnmarshalText reads the name.
func (m *Missing) UnmarshalText(text []byte) error {
	return enumParse("policy for missing values", missingNames, (*uint8)(m), text)
}

func enumString(typ string, names []string, v uint8) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%s(%d)", typ, v)
}

func enumText(what string, names []string, v uint8) ([]byte, error) {
	if int(v) < len(names) {
		return []byte(names[v]), nil
	}
	return nil, fmt.Errorf("data: unknown %s %d", what, v)
}

func enumParse(what string, names []string, v *uint8, text []byte) error {
	i := slices.Index(names, string(text))
	if i < 0 {
		return fmt.Errorf("data: unknown %s %s: want one of %q", what, quote(string(text)), names)
	}
	*v = uint8(i)
	return nil
}

// check says what is wrong with c itself.
func (c *CSV) check() error {
	for _, s := range []struct{ what, text string }{{"separator", c.Separator}, {"comment", c.Comment}} {
		if s.text == "" {
			continue
		}
		r, size := utf8.DecodeRuneInString(s.text)
		if size != len(s.text) || r == utf8.RuneError || r == '"' || r == '\r' || r == '\n' || r == 0 {
			return fmt.Errorf("%s %s: want one character, not a quote or line end", s.what, quote(s.text))
		}
	}
	if c.Comment != "" && c.separator() == c.Comment {
		return fmt.Errorf("separator and comment are both %q", c.Comment)
	}
	if _, err := c.Order.MarshalText(); err != nil {
		return err
	}
	if _, err := c.Missing.MarshalText(); err != nil {
		return err
	}
	if c.Label != "" && c.Targets != nil {
		return fmt.Errorf("both a label column and targets: want one of them")
	}
	if c.Targets != nil && len(c.Targets) == 0 || c.Inputs != nil && len(c.Inputs) == 0 {
		return fmt.Errorf("a list of columns is empty: leave it out or name at least one")
	}
	if c.Inputs != nil && c.Ignore != nil {
		return fmt.Errorf("both Inputs and Ignore: what is not named as an input is left out anyway")
	}
	seen := map[string]bool{}
	for _, name := range c.Classes {
		if seen[name] {
			return fmt.Errorf("class %s is named twice", quote(name))
		}
		seen[name] = true
	}
	if len(c.Classes) > MaxClasses {
		return fmt.Errorf("%d classes: want at most %d", len(c.Classes), MaxClasses)
	}
	if i := notFinite(c.Fill); i >= 0 {
		return fmt.Errorf("fill %g: want finite values", c.Fill[i])
	}
	if c.Fill != nil && c.Missing != MissingFill {
		return fmt.Errorf("fill values go with missing %q, not %q", MissingFill, c.Missing)
	}
	return nil
}

func (c *CSV) separator() string {
	if c.Separator == "" {
		return ","
	}
	return c.Separator
}

// Table is what a CSV file held.
type Table struct {
	Data    *train.Dataset // inputs and targets or labels of all rows kept
	Columns []string       // of the inputs: their names, or numbers from 0 if there is no header
	Targets []string       // of the targets, likewise; nil with labels
	Fill    []float32      // what a missing value of each input was replaced by, with MissingMean and MissingFill
	Dropped int            // rows left out by MissingDrop
}

// ReadCSV reads all of r. Data.Classes is set if there is a label column. At
// least one row is wanted, and at most MaxValues inputs and targets.
func ReadCSV(r io.Reader, c CSV) (*Table, error) {
	t, err := readCSV(r, c)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	return t, nil
}

// LoadCSV reads a file as ReadCSV does. It may be compressed with gzip.
func LoadCSV(path string, c CSV) (*Table, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := readCSV(f.Reader, c)
	if err != nil {
		return nil, fmt.Errorf("data: %s: %w", path, err)
	}
	return t, nil
}

func readCSV(r io.Reader, c CSV) (*Table, error) {
	p, err := newParser(r, c)
	if err != nil {
		return nil, err
	}
	d := &train.Dataset{Inputs: len(p.inputs)}
	x, y := make([]float32, len(p.inputs)), make([]float32, len(p.targets))
	for {
		label, err := p.row(x, y)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(d.X)+len(d.Y)+len(x)+len(y) > MaxValues {
			return nil, fmt.Errorf("line %d: more than %d values: read the file as a stream", p.line(0), MaxValues)
		}
		d.X = append(d.X, x...)
		d.Y = append(d.Y, y...)
		if p.label >= 0 {
			d.Labels = append(d.Labels, label)
		}
		if p.weights >= 0 {
			d.Weights = append(d.Weights, p.weight)
		}
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	if p.c.Missing == MissingMean {
		fill(d.X, p.fill)
	}
	if p.label >= 0 {
		for i, l := range d.Labels {
			d.Labels[i] = p.renumber[l]
		}
		d.Classes = p.classes
	}
	t := p.table()
	t.Data = d
	return t, nil
}

// fill puts the values of a row in place of every NaN of x.
func fill(x, values []float32) {
	for i, v := range x {
		if v != v {
			x[i] = values[i%len(values)]
		}
	}
}
