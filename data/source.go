package data

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/sinew-ml/sinew/internal/rng"
	"github.com/sinew-ml/sinew/train"
)

// Source gives the rows of a data set in passes. It belongs to one goroutine. It is a
// [train.Source] for FitSource, whose labels argument is Outputs() == 0.
//
// Every Source of this package gives finite values (but NaN for a missing input with
// [MissingKeep]), and allocates nothing per call of Read, except for parts of the standard
// library that read CSV and gzip.
type Source interface {
	// Inputs returns the number of features per row.
	Inputs() int

	// Outputs returns the number of target values per row, or 0 if the targets are
	// class labels.
	Outputs() int

	// Rewind begins a pass; it comes before the first Read. The number of the pass fixes
	// the order of the rows where that is random, and nothing else: the same number gives
	// the same order again. FitSource counts from 1.
	Rewind(pass int) error

	// Read fills x with the next rows, and labels or y with their targets: the one that
	// does not apply, or whose values are not wanted, may be nil. It reads len(x)/Inputs()
	// rows, fewer only at the end of the pass, and returns their number; err is nil if it
	// is above 0. After the last row it returns 0 and io.EOF. After any other error the
	// pass is over; what was written is of no use.
	//
	// Rows without targets have the label -1. Read panics if x holds no whole row, or
	// labels or y are neither nil nor large enough.
	Read(x []float32, labels []int, y []float32) (rows int, err error)
}

var _ train.Source = Source(nil)

// room returns how many rows a Read has to fill, and panics for one who calls it wrongly.
func room(s Source, x []float32, labels []int, y []float32) int {
	rows := len(x) / s.Inputs()
	if rows < 1 {
		panic("data: Read: len(x) < Inputs()")
	}
	if labels != nil && len(labels) < rows {
		panic("data: Read: len(labels) < rows")
	}
	if y != nil && len(y) < rows*s.Outputs() {
		panic("data: Read: len(y) < rows*Outputs()")
	}
	return rows
}

// block is rows with their targets.
type block struct {
	rows, in, out int
	x             []float32
	labels        []int
	y             []float32
}

// most returns how many rows of s a block may have.
func most(s Source) int { return MaxValues / (s.Inputs() + max(1, s.Outputs())) }

func newBlock(s Source, rows int) *block {
	in, out := s.Inputs(), s.Outputs()
	b := &block{in: in, out: out, x: make([]float32, rows*in)}
	if out > 0 {
		b.y = make([]float32, rows*out)
	} else {
		b.labels = make([]int, rows)
	}
	return b
}

// fill reads as many rows as b has room for.
func (b *block) fill(s Source) (err error) {
	b.rows, err = s.Read(b.x, b.labels, b.y)
	return err
}

// give copies rows from... of b to the row to... of what a Read fills.
func (b *block) give(from, rows int, x []float32, labels []int, y []float32, to int) {
	copy(x[to*b.in:][:rows*b.in], b.x[from*b.in:])
	if labels != nil && b.out == 0 {
		copy(labels[to:][:rows], b.labels[from:])
	}
	if labels != nil && b.out > 0 {
		noLabels(labels[to:][:rows])
	}
	if y != nil && b.out > 0 {
		copy(y[to*b.out:][:rows*b.out], b.y[from*b.out:])
	}
}

// noLabels marks rows that have no label.
func noLabels(labels []int) {
	for i := range labels {
		labels[i] = -1
	}
}

// Memory returns a Source of d's rows, in their order. Changes of d show. An error says
// what does not fit, or where a value is not finite. Weights of rows cannot be passed on: a data
// set that has them is refused.
func Memory(d *train.Dataset) (Source, error) {
	b, err := whole(d)
	if err != nil {
		return nil, err
	}
	if d.Weights != nil {
		return nil, errors.New("data: the data set has weights of rows, which a Source cannot pass on")
	}
	if i := notFinite(b.x); i >= 0 {
		return nil, fmt.Errorf("data: X is %g in row %d, column %d (from 0): want finite values", b.x[i], i/b.in, i%b.in)
	}
	if i := notFinite(b.y); i >= 0 {
		return nil, fmt.Errorf("data: Y is %g in row %d, column %d (from 0): want finite values", b.y[i], i/b.out, i%b.out)
	}
	if b.labels == nil && b.y == nil {
		b.labels = make([]int, b.rows)
		noLabels(b.labels)
	}
	return &memory{b: b, at: -1}, nil
}

type memory struct {
	b  *block
	at int // next row, -1 before the first Rewind
}

func (m *memory) Inputs() int  { return m.b.in }
func (m *memory) Outputs() int { return m.b.out }

func (m *memory) Rewind(int) error {
	m.at = 0
	return nil
}

func (m *memory) Read(x []float32, labels []int, y []float32) (int, error) {
	rows := room(m, x, labels, y)
	if m.at < 0 {
		return 0, errNotRewound
	}
	rows = min(rows, m.b.rows-m.at)
	if rows == 0 {
		return 0, io.EOF
	}
	m.b.give(m.at, rows, x, labels, y, 0)
	m.at += rows
	return rows, nil
}

// Shuffle returns a Source of src's rows in random order: it keeps window rows, gives
// one of them drawn at random and puts the next row of src into its place. A window of all
// rows is a perfect shuffle; with a smaller one a row moves forward by less than
// window places, and back by any number. The order is fixed by seed and the pass.
//
// The window is allocated here: window·(Inputs+Outputs) values. Shuffle panics if it is
// below 1 or takes more than MaxValues values.
func Shuffle(src Source, window int, seed uint64) Source {
	if window < 1 {
		panic("data: Shuffle: window < 1")
	}
	if window > most(src) {
		panic("data: Shuffle: the window takes more than MaxValues values")
	}
	const chunk = 256 // rows read from src at once: its calls do not count then
	return &shuffled{
		src: src, seed: seed, random: nil,
		window: newBlock(src, window),
		next:   newBlock(src, min(chunk, window)),
	}
}

type shuffled struct {
	src    Source
	seed   uint64
	random *rng.Source // nil before the first Rewind
	window *block      // the rows to draw from
	next   *block      // rows of src that follow
	used   int         // rows of next that are in the window
	err    error       // what ended src
}

func (s *shuffled) Inputs() int  { return s.src.Inputs() }
func (s *shuffled) Outputs() int { return s.src.Outputs() }

func (s *shuffled) Rewind(pass int) error {
	s.random = nil
	if err := s.src.Rewind(pass); err != nil {
		return err
	}
	s.random = rng.New(s.seed, rng.Window, uint32(pass))
	s.window.rows, s.next.rows, s.used, s.err = 0, 0, 0, nil
	return nil
}

// put moves the next row of src to row i of the window and says whether there was one.
func (s *shuffled) put(i int) bool {
	if s.used == s.next.rows {
		if s.err != nil {
			return false
		}
		s.used = 0
		if s.err = s.next.fill(s.src); s.err != nil {
			s.next.rows = 0
			return false
		}
	}
	s.next.give(s.used, 1, s.window.x, s.window.labels, s.window.y, i)
	s.used++
	return true
}

func (s *shuffled) Read(x []float32, labels []int, y []float32) (int, error) {
	rows := room(s, x, labels, y)
	if s.random == nil {
		return 0, errNotRewound
	}
	w := s.window
	for s.err == nil && w.rows < len(w.x)/w.in && s.put(w.rows) {
		w.rows++
	}
	n := 0
	for ; n < rows && w.rows > 0; n++ {
		i := s.random.IntN(w.rows)
		w.give(i, 1, x, labels, y, n)
		if !s.put(i) { // src has ended: the last row fills the gap
			w.rows--
			w.give(w.rows, 1, w.x, w.labels, w.y, i)
		}
	}
	if s.err != nil && !errors.Is(s.err, io.EOF) {
		return 0, s.err
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// notFinite returns the index of the first NaN or infinity, or -1.
func notFinite(x []float32) int {
	const exponent = 0x7f800000
	for i, v := range x {
		if math.Float32bits(v)&exponent == exponent {
			return i
		}
	}
	return -1
}
