package data

import (
	"bufio"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// WriteNPY writes an array in NumPy's format, version 1.0: little-endian float32 ("<f4"), C
// order, data beginning at a multiple of 64 bytes, as NumPy itself writes it. An
// error says what does not fit.
func WriteNPY(w io.Writer, values []float32, shape ...int) error {
	n := 1
	for _, s := range shape {
		if s < 0 || s > 0 && n > math.MaxInt/s {
			return fmt.Errorf("data: WriteNPY: shape %v: want sizes of at least 0, within memory", shape)
		}
		n *= s
	}
	if n != len(values) || len(shape) > maxDims {
		return fmt.Errorf("data: WriteNPY: %d values for shape %v: want their product, at most %d sizes", len(values), shape, maxDims)
	}
	var text strings.Builder
	text.WriteString("{'descr': '<f4', 'fortran_order': False, 'shape': (")
	for i, s := range shape {
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteString(strconv.Itoa(s))
	}
	if len(shape) == 1 {
		text.WriteString(",")
	}
	text.WriteString("), }")
	const before = len(npyMagic) + 2 + 2
	for (before+text.Len()+1)%64 != 0 {
		text.WriteString(" ")
	}
	text.WriteString("\n")
	b := bufio.NewWriterSize(w, bufferSize)
	b.WriteString(npyMagic + "\x01\x00")
	b.Write(binary.LittleEndian.AppendUint16(nil, uint16(text.Len())))
	b.WriteString(text.String())
	var e [4]byte
	for _, v := range values {
		binary.LittleEndian.PutUint32(e[:], math.Float32bits(v))
		b.Write(e[:])
	}
	if err := b.Flush(); err != nil { // the first error of all writes
		return fmt.Errorf("data: WriteNPY: %w", err)
	}
	return nil
}

// PredictionWriter writes predictions as CSV, row by row, with a header. Numbers have the
// shortest form that reads back as the same float32.
type PredictionWriter struct {
	w        *csv.Writer
	classify bool
	classes  []string
	columns  int
	record   []string
	begun    bool
}

// NewPredictionWriter returns a writer of rows of so many outputs.
//
// With classify the columns are the class and then the outputs: class names stand for the
// label and head the outputs, numbers if classes is nil. Without it classes, if not nil, are the
// names of the outputs.
//
// It panics if columns < 1 or classes has too few names: columns, or 2 for a single
// output with classify, which is the probability of class 1.
func NewPredictionWriter(w io.Writer, columns int, classify bool, classes []string) *PredictionWriter {
	if columns < 1 {
		panic("data: NewPredictionWriter: columns < 1")
	}
	names := columns
	if classify {
		names = max(2, columns)
	}
	if classes == nil {
		for i := range names {
			classes = append(classes, strconv.Itoa(i))
		}
	}
	if len(classes) < names {
		panic("data: NewPredictionWriter: too few classes")
	}
	return &PredictionWriter{w: csv.NewWriter(w), classify: classify, classes: classes, columns: columns}
}

// Write writes rows of outputs (rows, columns); labels are their classes with classify, and are
// not used otherwise. It panics if lengths do not fit or a label has no name.
func (p *PredictionWriter) Write(outputs []float32, labels []int) error {
	rows := len(outputs) / p.columns
	if rows*p.columns != len(outputs) || p.classify && len(labels) != rows {
		panic("data: PredictionWriter: lengths do not fit")
	}
	if !p.begun {
		p.begun = true
		p.header()
	}
	for i := range rows {
		p.record = p.record[:0]
		if p.classify {
			p.record = append(p.record, p.classes[labels[i]])
		}
		for _, v := range outputs[i*p.columns:][:p.columns] {
			p.record = append(p.record, strconv.FormatFloat(float64(v), 'g', -1, 32))
		}
		p.w.Write(p.record) // its errors stay in w
	}
	return p.error()
}

func (p *PredictionWriter) header() {
	var names []string
	switch {
	case p.classify && p.columns == 1:
		names = []string{"class", p.classes[1]}
	case p.classify:
		names = append([]string{"class"}, p.classes[:p.columns]...)
	default:
		names = p.classes[:p.columns]
	}
	p.w.Write(names)
}

func (p *PredictionWriter) error() error {
	if err := p.w.Error(); err != nil {
		return fmt.Errorf("data: writing predictions: %w", err)
	}
	return nil
}

// Flush writes what is still in the buffer; call it at the end.
func (p *PredictionWriter) Flush() error {
	p.w.Flush()
	return p.error()
}
