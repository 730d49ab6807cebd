package data

import (
	"errors"
	"io"
)

// ArrayStream is a Source that reads array files anew in every pass. Close it after use.
type ArrayStream struct {
	a       Arrays
	rows    int
	in, out int

	f      *arrayFiles // nil before Rewind and after Close
	at     int         // next row
	err    error       // what ended the pass
	buffer []float32   // targets on their way: streamRows rows
}

// streamRows is how many rows of targets are read at once.
const streamRows = 256

// Inputs returns the number of features per row.
func (s *ArrayStream) Inputs() int { return s.in }

// Outputs returns the number of target values per row, 0 if there are labels or no
// targets.
func (s *ArrayStream) Outputs() int { return s.out }

// Rows returns the number of rows of a pass.
func (s *ArrayStream) Rows() int { return s.rows }

// Rewind begins a pass, always with the rows in the order of the files.
func (s *ArrayStream) Rewind(int) error {
	s.Close()
	f, err := s.a.open(maxStream)
	if err != nil {
		return err
	}
	if f.rows != s.rows || f.in != s.in || f.out != s.out {
		f.close()
		return f.x.wrap(errors.New("the shape has changed since the file was opened"))
	}
	s.f, s.at, s.err = f, 0, nil
	return nil
}

// Read gives the next rows; see [Source].
func (s *ArrayStream) Read(x []float32, labels []int, y []float32) (int, error) {
	rows := room(s, x, labels, y)
	if s.f == nil {
		return 0, errNotRewound
	}
	rows = min(rows, s.rows-s.at)
	if s.err == nil {
		s.err = s.read(rows, x, labels, y)
	}
	if s.err != nil {
		return 0, s.err
	}
	s.at += rows
	return rows, nil
}

func (s *ArrayStream) read(rows int, x []float32, labels []int, y []float32) error {
	f := s.f
	if rows == 0 {
		if err := f.x.end(); err != nil {
			return f.x.wrap(err)
		}
		if f.y != nil {
			if err := f.y.end(); err != nil {
				return f.y.wrap(err)
			}
		}
		return io.EOF
	}
	x = x[:rows*s.in]
	if err := f.x.read(x); err != nil {
		return f.x.wrap(err)
	}
	if err := f.finishX(x, s.at); err != nil {
		return err
	}
	if labels != nil && !f.labels {
		noLabels(labels[:rows])
	}
	if f.y == nil {
		return nil
	}
	columns := max(1, s.out)
	for from := 0; from < rows; from += streamRows {
		n := min(streamRows, rows-from)
		b := s.buffer[:n*columns]
		if err := f.y.read(b); err != nil {
			return f.y.wrap(err)
		}
		var err error
		switch {
		case !f.labels:
			if y != nil {
				copy(y[from*columns:], b)
			}
			err = f.finishY(b, s.at+from)
		case labels != nil:
			err = f.toLabels(labels[from:], b, s.at+from)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Close closes the files. Closing again does nothing.
func (s *ArrayStream) Close() error {
	if s.f != nil {
		s.f.close()
		s.f = nil
	}
	return nil
}
