package data

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// parser turns the records of a CSV file into rows.
type parser struct {
	c       CSV
	r       *csv.Reader
	limit   *recordLimit
	first   []string // the first record if it is data and not yet given
	names   []string // of all columns
	inputs  []int    // columns of the inputs
	targets []int    // and of the targets
	label   int      // column of the label, -1 if there is none
	weights int      // and of the weights

	missing        map[string]bool
	missingNumbers bool // one of missing could be read as a number

	number   map[string]int // classes found or given, as row numbers them
	classes  []string       // by final label; set by finish
	renumber []int          // row's labels to final ones; set by finish
	sums     []float64      // per input, of what is not missing, for MissingMean
	counts   []int
	fill     []float32 // per input; for MissingMean set by finish

	weight        float32 // of the last row
	rows, dropped int
}

func newParser(r io.Reader, c CSV) (*parser, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p := &parser{c: c, limit: &recordLimit{r: r}}
	b := bufio.NewReaderSize(p.limit, bufferSize)
	p.limit.next()
	if bom, _ := b.Peek(3); string(bom) == "\ufeff" {
		b.Discard(len(bom))
	}
	p.r = csv.NewReader(b)
	p.r.ReuseRecord = true
	p.r.Comma, _ = utf8.DecodeRuneInString(c.separator())
	if c.Comment != "" {
		p.r.Comment, _ = utf8.DecodeRuneInString(c.Comment)
	}
	p.limit.next()
	record, err := p.r.Read()
	switch {
	case err == io.EOF:
		return nil, errors.New("the file is empty")
	case err != nil:
		return nil, p.syntax(err)
	case len(record) > MaxColumns:
		return nil, fmt.Errorf("line %d has %d columns: want at most %d", p.line(0), len(record), MaxColumns)
	}
	if c.NoHeader {
		p.first = record
		for i := range record {
			p.names = append(p.names, strconv.Itoa(i))
		}
	} else {
		for _, name := range record {
			p.names = append(p.names, strings.TrimSpace(name))
		}
	}
	if err := p.columns(); err != nil {
		return nil, err
	}
	texts := c.MissingTexts
	if texts == nil {
		texts = DefaultMissingTexts
	}
	p.missing = map[string]bool{}
	for _, text := range texts {
		p.missing[text] = true
		_, err := parseNumber(text)
		p.missingNumbers = p.missingNumbers || err == nil
	}
	switch n := len(p.inputs); {
	case c.Missing == MissingMean:
		p.sums, p.counts, p.fill = make([]float64, n), make([]int, n), make([]float32, n)
	case c.Missing == MissingFill && len(c.Fill) > 1 && len(c.Fill) != n:
		return nil, fmt.Errorf("%d fill values for %d inputs: want one for all or one each", len(c.Fill), n)
	case c.Missing == MissingFill:
		p.fill = make([]float32, n)
		for i := range p.fill {
			switch len(c.Fill) {
			case 0:
			case 1:
				p.fill[i] = c.Fill[0]
			default:
				p.fill[i] = c.Fill[i]
			}
		}
	}
	p.number = map[string]int{}
	for i, name := range c.Classes {
		p.number[name] = i
	}
	return p, nil
}

// columns finds the columns that the configuration names.
func (p *parser) columns() (err error) {
	use := map[int]string{} // what a column is already used for
	list := func(what string, names []string) (columns []int) {
		for _, name := range names {
			i, e := p.column(name)
			if e == nil && use[i] != "" {
				e = fmt.Errorf("column %s is both %s and %s", quote(name), use[i], what)
			}
			if e != nil {
				err = firstErr(err, e)
				return nil
			}
			use[i] = what
			columns = append(columns, i)
		}
		return columns
	}
	p.label, p.weights = -1, -1
	if p.c.Label != "" {
		if l := list("the label", []string{p.c.Label}); l != nil {
			p.label = l[0]
		}
	}
	if p.c.Weights != "" {
		if l := list("the weight", []string{p.c.Weights}); l != nil {
			p.weights = l[0]
		}
	}
	p.targets = list("a target", p.c.Targets)
	p.inputs = list("an input", p.c.Inputs)
	if p.c.Inputs == nil {
		list("ignored", p.c.Ignore)
		for i := range p.names {
			if use[i] == "" {
				p.inputs = append(p.inputs, i)
			}
		}
	}
	if err == nil && len(p.inputs) == 0 {
		err = fmt.Errorf("%d columns and none of them is an input", len(p.names))
	}
	return err
}

func firstErr(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

// column finds one column by name or number.
func (p *parser) column(name string) (int, error) {
	if !p.c.NoHeader {
		if i := slices.Index(p.names, name); i >= 0 {
			if slices.Index(p.names[i+1:], name) >= 0 {
				return 0, fmt.Errorf("two columns are named %s: give the number of the one you mean", quote(name))
			}
			return i, nil
		}
	}
	n := len(p.names)
	i, err := strconv.Atoi(name)
	if err != nil {
		return 0, fmt.Errorf("no column %s: want one of %s, or a number", quote(name), listNames(p.names))
	}
	if i < -n || i >= n {
		return 0, fmt.Errorf("no column %d: want %d...%d", i, -n, n-1)
	}
	if i < 0 {
		i += n
	}
	return i, nil
}

// listNames shows the first names of a list in an error.
func listNames(names []string) string {
	const most = 10
	var shown []string
	for _, name := range names[:min(most, len(names))] {
		shown = append(shown, quote(name))
	}
	if len(names) > most {
		shown = append(shown, fmt.Sprintf("... (%d)", len(names)))
	}
	return strings.Join(shown, ", ")
}

// table returns what is known when all rows were read.
func (p *parser) table() *Table {
	t := &Table{Fill: p.fill, Dropped: p.dropped}
	for _, i := range p.inputs {
		t.Columns = append(t.Columns, p.names[i])
	}
	for _, i := range p.targets {
		t.Targets = append(t.Targets, p.names[i])
	}
	return t
}

// line returns the line of a field of the last record, from 1.
func (p *parser) line(field int) int {
	line, _ := p.r.FieldPos(field)
	return line
}

// fail says where in the last record something is wrong.
func (p *parser) fail(field int, format string, args ...any) error {
	where := fmt.Sprintf("line %d, column %d", p.line(field), field+1)
	if !p.c.NoHeader {
		where += fmt.Sprintf(" (%s)", quote(p.names[field]))
	}
	return fmt.Errorf("%s: %w", where, fmt.Errorf(format, args...))
}

// syntax makes csv's errors ours.
func (p *parser) syntax(err error) error {
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		return fmt.Errorf("line %d, byte %d: %w", e.Line, e.Column, e.Err)
	}
	return err
}

// row reads the next row into x and y, and returns the number of its class, in the
// order of CSV.Classes or as first seen. With MissingMean and MissingKeep a missing
// input is NaN. At the end it returns io.EOF.
func (p *parser) row(x, y []float32) (label int, err error) {
	for {
		record := p.first
		if p.first = nil; record == nil {
			p.limit.next()
			record, err = p.r.Read()
			switch {
			case err == io.EOF:
				return 0, err
			case errors.Is(err, csv.ErrFieldCount):
				return 0, fmt.Errorf("line %d has %d columns: want %d, as the first one", p.line(0), len(record), len(p.names))
			case err != nil:
				return 0, p.syntax(err)
			}
		}
		label, ok, err := p.record(record, x, y)
		if err != nil {
			return 0, err
		}
		if !ok {
			p.dropped++
			continue
		}
		p.rows++
		if p.sums != nil {
			for i, v := range x {
				if v == v {
					p.sums[i] += float64(v)
					p.counts[i]++
				}
			}
		}
		return label, nil
	}
}

// record is row for one record; ok is false if it is to be dropped.
func (p *parser) record(record []string, x, y []float32) (label int, ok bool, err error) {
	for i, field := range p.targets {
		v, ok, err := p.value(field, record[field])
		if err != nil {
			return 0, false, err
		}
		if !ok {
			if p.c.Missing != MissingDrop {
				return 0, false, p.fail(field, "the target is missing: only dropping the row (missing %q) would help", MissingDrop)
			}
			return 0, false, nil
		}
		y[i] = v
	}
	for i, field := range p.inputs {
		v, ok, err := p.value(field, record[field])
		if err != nil {
			return 0, false, err
		}
		if !ok {
			switch p.c.Missing {
			case MissingDrop:
				return 0, false, nil
			case MissingMean, MissingKeep:
				v = float32(math.NaN())
			case MissingFill:
				v = p.fill[i]
			default:
				return 0, false, p.fail(field, "the value is missing (%s): set a policy for missing values", quote(record[field]))
			}
		}
		x[i] = v
	}
	if p.weights >= 0 {
		if ok, err := p.readWeight(record[p.weights]); !ok || err != nil {
			return 0, false, err
		}
	}
	if p.label >= 0 { // at last: a row that is dropped must not add a class
		return p.class(record[p.label])
	}
	return 0, true, nil
}

// readWeight reads the weight of a row; ok is false if the row is to be dropped.
func (p *parser) readWeight(text string) (ok bool, err error) {
	v, ok, err := p.value(p.weights, text)
	switch {
	case err != nil:
		return false, err
	case !ok && p.c.Missing != MissingDrop:
		return false, p.fail(p.weights, "the weight is missing (%s): only dropping the row (missing %q) would help", quote(text), MissingDrop)
	case ok && v < 0:
		return false, p.fail(p.weights, "weight %s: want a finite number, at least 0", quote(text))
	}
	p.weight = v
	return ok, nil
}

// maxClass is how many bytes a class found in a file may have, as in a network: a few long ones,
// packed a thousand to one, would fill any memory.
const maxClass = 256

// class numbers a label; ok is false if its row is to be dropped.
func (p *parser) class(text string) (label int, ok bool, err error) {
	text = strings.TrimSpace(text)
	if text == "" {
		if p.c.Missing == MissingDrop {
			return 0, false, nil
		}
		return 0, false, p.fail(p.label, "the label is missing: only dropping the row (missing %q) would help", MissingDrop)
	}
	label, ok = p.number[text]
	if ok {
		return label, true, nil
	}
	if p.c.Classes != nil {
		return 0, false, p.fail(p.label, "unknown class %s: want one of %s", quote(text), listNames(p.c.Classes))
	}
	if len(text) > maxClass {
		return 0, false, p.fail(p.label, "a class of %d bytes: want at most %d", len(text), maxClass)
	}
	if label = len(p.number); label == MaxClasses {
		return 0, false, p.fail(p.label, "more than %d classes: is the column a number to predict, a target?", MaxClasses)
	}
	p.number[strings.Clone(text)] = label // the record's memory would keep the whole line
	return label, true, nil
}

// value reads one number; ok is false if it is missing.
func (p *parser) value(field int, text string) (v float32, ok bool, err error) {
	text = strings.TrimSpace(text)
	if p.missingNumbers && p.missing[text] {
		return 0, false, nil
	}
	v, err = parseNumber(text)
	if err == nil {
		return v, true, nil
	}
	if p.missing[text] {
		return 0, false, nil
	}
	return 0, false, p.fail(field, "%s: %w", quote(text), err)
}

var (
	errNoNumber = errors.New("want a number")
	errTooLarge = errors.New("beyond float32, whose largest number is 3.4028235e38")
)

// parseNumber reads a decimal number. strconv's other forms, such as inf, 0x1p-2 and 1_000, are
// likelier to be names or codes than numbers.
func parseNumber(text string) (float32, error) {
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9', c == '.', c == '-', c == '+', c == 'e', c == 'E':
		default:
			return 0, errNoNumber
		}
	}
	v, err := strconv.ParseFloat(text, 32)
	if errors.Is(err, strconv.ErrRange) {
		return 0, errTooLarge
	}
	if err != nil {
		return 0, errNoNumber
	}
	return float32(v), nil
}

// finish settles what all rows decide: means, classes.
func (p *parser) finish() error {
	if p.rows == 0 {
		if p.dropped > 0 {
			return fmt.Errorf("all %d rows have missing values and were dropped", p.dropped)
		}
		return errors.New("the file has no rows")
	}
	for i := range p.sums {
		if p.counts[i] == 0 {
			return fmt.Errorf("column %d (%s) has no values at all: there is no mean", p.inputs[i]+1, quote(p.names[p.inputs[i]]))
		}
		p.fill[i] = float32(p.sums[i] / float64(p.counts[i]))
	}
	if p.label < 0 {
		return nil
	}
	p.classes, p.renumber = orderClasses(p.c, p.number)
	return nil
}

// orderClasses returns the classes by label, and the labels of row's numbers.
func orderClasses(c CSV, number map[string]int) (classes []string, renumber []int) {
	classes = make([]string, len(number))
	for name, i := range number {
		classes[i] = name
	}
	if c.Classes == nil && c.Order == Sorted {
		sortClasses(classes)
	}
	renumber = make([]int, len(classes))
	for i, name := range classes {
		renumber[number[name]] = i
	}
	return classes, renumber
}

// sortClasses sorts by number if all are whole numbers, texts of one number by bytes;
// else all by bytes.
func sortClasses(classes []string) {
	values := make(map[string]int, len(classes))
	for _, name := range classes {
		v, err := strconv.Atoi(name)
		if err != nil {
			clear(values)
			break
		}
		values[name] = v
	}
	slices.SortFunc(classes, func(a, b string) int {
		return cmp.Or(cmp.Compare(values[a], values[b]), cmp.Compare(a, b))
	})
}

// recordLimit passes r on, a limited number of bytes per record: encoding/csv keeps a
// whole record, and a quote that nobody closes makes a record of the rest of the file.
type recordLimit struct {
	r    io.Reader
	left int
}

// maxRecord leaves room for MaxColumns numbers of 16 bytes. What is read ahead by buffers
// counts for the record after it, which makes the limit a little smaller or larger.
const maxRecord = 16 * MaxColumns

// next begins a record.
func (l *recordLimit) next() { l.left = maxRecord }

func (l *recordLimit) Read(b []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("a record of more than %d bytes: is a quote not closed?", maxRecord)
	}
	n, err := l.r.Read(b[:min(len(b), l.left)])
	l.left -= n
	return n, err
}
