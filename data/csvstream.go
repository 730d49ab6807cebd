package data

import (
	"errors"
	"fmt"
	"io"
)

// CSVStream is a Source that reads a CSV file anew in every pass. Close it after use.
type CSVStream struct {
	open     func() (io.ReadCloser, error)
	c        CSV // with what the first reading found: classes, fill values
	table    *Table
	path     string
	rows     int
	outputs  int
	from     io.Closer
	p        *parser
	err      error     // what ended the pass
	y        []float32 // of one row
	consumed bool      // the reader of StreamCSV
}

// OpenCSV returns a Source of the rows of a file, which may be compressed with gzip, and
// may be larger than memory. It reads the file once, to number the classes as LoadCSV
// does, to find the means of MissingMean, to count the rows, and to find errors before
// training begins. The file must not change afterwards.
func OpenCSV(path string, c CSV) (*CSVStream, error) {
	if c.Weights != "" {
		return nil, fmt.Errorf("data: %s: %w", path, errWeights)
	}
	s := &CSVStream{c: c, path: path + ": ", open: func() (io.ReadCloser, error) { return openFile(path) }}
	if err := s.scan(); err != nil {
		return nil, fmt.Errorf("data: %s: %w", path, err)
	}
	return s, nil
}

var errWeights = errors.New("a stream has no weights of rows: read the file whole")

// scan reads the whole file and keeps what OpenCSV needs of it.
func (s *CSVStream) scan() error {
	if err := s.start(); err != nil {
		return err
	}
	defer s.end()
	p := s.p
	x, y := make([]float32, len(p.inputs)), make([]float32, len(p.targets))
	for {
		if _, err := p.row(x, y); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
	}
	if err := p.finish(); err != nil {
		return err
	}
	s.found(p)
	s.rows = p.rows
	s.c.Classes = p.classes
	if s.c.Missing == MissingMean {
		s.c.Missing, s.c.Fill = MissingFill, p.fill
	}
	return nil
}

// found keeps what a parser knows.
func (s *CSVStream) found(p *parser) {
	s.table, s.outputs = p.table(), len(p.targets)
	s.y = make([]float32, len(p.targets))
}

// StreamCSV returns a Source of the rows of r, standard input for example, for a single
// pass. Since r cannot be read twice, c must name the Classes if there is a label, and
// MissingMean is refused. It reads the header at once.
func StreamCSV(r io.Reader, c CSV) (*CSVStream, error) {
	b, err := unpack(r)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	s := &CSVStream{c: c, open: func() (io.ReadCloser, error) { return io.NopCloser(b), nil }}
	switch {
	case c.Weights != "":
		err = errWeights
	case c.Label != "" && c.Classes == nil:
		err = errors.New("a stream that is read once needs the classes of its label column")
	case c.Missing == MissingMean:
		err = fmt.Errorf("a stream that is read once has no means to fill in: use missing %q", MissingFill)
	default:
		err = s.start()
	}
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	s.found(s.p)
	s.rows = -1
	return s, nil
}

func (s *CSVStream) start() error {
	f, err := s.open()
	if err != nil {
		return err
	}
	p, err := newParser(f, s.c)
	if err != nil {
		f.Close()
		return err
	}
	s.from, s.p, s.err = f, p, nil
	return nil
}

func (s *CSVStream) end() error {
	if s.from == nil {
		return nil
	}
	err := s.from.Close()
	s.from, s.p = nil, nil
	return err
}

// Inputs returns the number of input columns.
func (s *CSVStream) Inputs() int { return len(s.table.Columns) }

// Outputs returns the number of target columns, 0 if there is a label column or none.
func (s *CSVStream) Outputs() int { return s.outputs }

// Rows returns the number of rows of a pass, -1 if StreamCSV cannot know it.
func (s *CSVStream) Rows() int { return s.rows }

// Table returns what is known of the file; its Data is nil.
func (s *CSVStream) Table() *Table { return s.table }

// Classes returns the classes by label, nil without a label column.
func (s *CSVStream) Classes() []string { return s.c.Classes }

// Rewind begins a pass, always with the rows of the file in their order. A Source of
// StreamCSV has one pass.
func (s *CSVStream) Rewind(int) error {
	if s.rows < 0 { // of StreamCSV, which has begun
		if s.consumed {
			return errors.New("data: a stream that is not a file is read once: there is no second pass")
		}
		s.consumed = true
		return nil
	}
	err := s.end()
	if err == nil {
		err = s.start()
	}
	if err == nil && (len(s.p.inputs) != s.Inputs() || len(s.p.targets) != s.outputs) {
		err = errors.New("the columns have changed since the file was opened")
	}
	if err != nil {
		s.end()
		return fmt.Errorf("data: %s%w", s.path, err)
	}
	return nil
}

// Read gives the next rows; see [Source].
func (s *CSVStream) Read(x []float32, labels []int, y []float32) (int, error) {
	rows := room(s, x, labels, y)
	if s.p == nil || s.rows < 0 && !s.consumed {
		return 0, errNotRewound
	}
	in, out := s.Inputs(), s.outputs
	n := 0
	for ; n < rows && s.err == nil; n++ {
		row := s.y
		if y != nil {
			row = y[n*out:][:out]
		}
		label, err := s.p.row(x[n*in:][:in], row)
		if err != nil {
			s.err = err
			break
		}
		if labels != nil {
			if labels[n] = label; s.p.label < 0 {
				labels[n] = -1
			}
		}
	}
	if s.err != nil && s.err != io.EOF {
		return 0, fmt.Errorf("data: %s%w", s.path, s.err)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Close closes the file. Closing again does nothing.
func (s *CSVStream) Close() error {
	if err := s.end(); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	return nil
}
