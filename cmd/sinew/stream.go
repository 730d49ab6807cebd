package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"github.com/sinew-ml/sinew/data"
	"github.com/sinew-ml/sinew/prep"
)

// source is a data.Source of a file.
type source interface {
	data.Source
	Rows() int
	Close() error
}

// openStream opens the training file to be read anew in each pass, and reads the test and
// validation files whole.
func (c *dataConfig) openStream(seed uint64) (*parts, error) {
	p := &parts{name: c.name()}
	var src source
	others := c.CSV
	if c.CSV != nil {
		s, err := data.OpenCSV(c.File, *c.CSV)
		if err != nil {
			return nil, err
		}
		t := s.Table()
		p.columns, p.dropped, p.classes = t.Columns, t.Dropped, s.Classes()
		own := *c.CSV
		own.Classes = s.Classes()
		if own.Missing == data.MissingMean { // the training file's, not their own
			own.Missing, own.Fill, p.means = data.MissingFill, t.Fill, t.Fill
		}
		src, others = s, &own
	} else {
		a := *c.Arrays
		a.Inputs = c.File
		s, err := a.Open()
		if err != nil {
			return nil, err
		}
		src, p.classes = s, a.Classes
	}
	if err := c.readOthers(p, others); err != nil {
		src.Close()
		return nil, err
	}
	p.rows, p.outputs = src.Rows(), src.Outputs()
	// More than all rows are no better a window; the largest are refused before there is memory for them.
	window := min(c.Stream, p.rows)
	if most := data.MaxValues / (src.Inputs() + max(1, src.Outputs())); window > most {
		src.Close()
		return nil, usage("--stream %d: want at most %d rows of %s, which are held in memory", c.Stream, most, p.name)
	}
	const ahead = 1024 // rows: a change of goroutine costs little beside reading them
	read := data.Prefetch(data.Shuffle(src, window, seed), ahead)
	p.source = read
	p.close = func() {
		read.Close()
		src.Close()
	}
	return p, nil
}

// scan makes a pass over a stream: for the fit of the preparation, and to see the labels.
func scan(src data.Source, covariance bool) (*prep.Stats, int, error) {
	stats, err := prep.NewStats(src.Inputs(), covariance)
	if err != nil {
		return nil, 0, err
	}
	if err := src.Rewind(1); err != nil {
		return nil, 0, err
	}
	const size = 512
	x, largest := make([]float32, size*src.Inputs()), -1
	var labels []int
	var y []float32
	if src.Outputs() == 0 {
		labels = make([]int, size)
	} else {
		y = make([]float32, size*src.Outputs())
	}
	for {
		n, err := src.Read(x, labels, y)
		if err == io.EOF {
			return stats, largest, nil
		}
		if err != nil {
			return nil, 0, err
		}
		if err := stats.Add(x[:n*src.Inputs()]); err != nil {
			return nil, 0, err
		}
		for _, l := range labels[:min(n, len(labels))] {
			largest = max(largest, l)
		}
	}
}

// unzipped returns what r holds, or what its gzip stream holds.
func unzipped(r io.Reader) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	if head, _ := b.Peek(2); !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return b, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	return bufio.NewReaderSize(z, 64<<10), nil
}
