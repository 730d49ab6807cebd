package data

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"

	"github.com/sinew-ml/sinew/train"
)

// Arrays names the array files of a data set: IDX, NPY or NPZ, which is seen from their
// first bytes.
//
// The inputs have the shape (rows, ...): all sizes after the first are flattened, so
// that images become rows of pixels. The targets have as many rows. Class
// labels are whole numbers from 0, (rows) or (rows, 1); other targets (rows) or (rows,
// outputs).
type Arrays struct {
	Inputs  string `json:"inputs"`            // path
	Targets string `json:"targets,omitempty"` // path; "": none, or in the same archive if Inputs is NPZ

	// Names of the members of NPZ archives; "": x and y. Targets of the same archive as
	// the inputs may be missing if TargetsName is "".
	InputsName  string `json:"inputs_name,omitempty"`
	TargetsName string `json:"targets_name,omitempty"`

	Kind   TargetKind `json:"kind,omitempty"`   // what the targets are
	Divide float32    `json:"divide,omitempty"` // the inputs are divided by it; 0: 1. 255 brings bytes into [0, 1]

	// Classes are the names of the classes, if any. With them, a label must be below their
	// number.
	Classes []string `json:"classes,omitempty"`
}

// TargetKind says what the numbers of a target array are.
type TargetKind uint8

// The kinds.
const (
	AutoTargets TargetKind = iota // labels if the file holds whole numbers in (rows) or (rows, 1), else values
	LabelTargets
	ValueTargets
)

var targetNames = []string{"auto", "labels", "values"}

// String returns "auto", "labels" or "values".
func (k TargetKind) String() string { return enumString("TargetKind", targetNames, uint8(k)) }

// MarshalText writes the name.
func (k TargetKind) MarshalText() ([]byte, error) {
	return enumText("kind of targets", targetNames, uint8(k))
}

// UnmarshalText reads the name.
func (k *TargetKind) UnmarshalText(text []byte) error {
	return enumParse("kind of targets", targetNames, (*uint8)(k), text)
}

// MaxLabel is the largest class label that is read: far more than a network has outputs,
// and float32 holds every whole number up to it.
const MaxLabel = 1<<24 - 1

// Load reads the whole data set: at most MaxValues values of each file, and at least one
// row.
func (a Arrays) Load() (*train.Dataset, error) {
	f, err := a.open(MaxValues)
	if err != nil {
		return nil, err
	}
	defer f.close()
	x, err := f.x.all()
	if err != nil {
		return nil, f.x.wrap(err)
	}
	d := &train.Dataset{Inputs: f.in, X: x.Data, Classes: a.Classes}
	if err := f.finishX(d.X, 0); err != nil {
		return nil, err
	}
	if f.y == nil {
		return d, nil
	}
	y, err := f.y.all()
	if err != nil {
		return nil, f.y.wrap(err)
	}
	if !f.labels {
		d.Y = y.Data
		return d, f.finishY(d.Y, 0)
	}
	d.Labels = make([]int, f.rows)
	return d, f.toLabels(d.Labels, y.Data, 0)
}

// Open returns a Source of the rows, in their order, that may be larger than memory. Only
// the headers are read at once. An NPY file of several columns in Fortran order is
// refused, since its rows are scattered.
func (a Arrays) Open() (*ArrayStream, error) {
	f, err := a.open(maxStream)
	if err != nil {
		return nil, err
	}
	defer f.close()
	for _, file := range []*arrayFile{f.x, f.y} {
		if file != nil && file.fortran && file.values > file.shape[0] {
			return nil, file.wrap(fmt.Errorf("shape %v in Fortran order cannot be streamed: load it, or save it in C order", file.shape))
		}
	}
	s := &ArrayStream{a: a, rows: f.rows, in: f.in, out: f.out}
	s.buffer = make([]float32, max(1, f.out)*streamRows)
	return s, nil
}

// arrayFiles are the open files of a data set, which fit together.
type arrayFiles struct {
	a       Arrays
	x, y    *arrayFile // y is nil if there are no targets
	rows    int
	in, out int  // out is 0 for labels
	labels  bool // y holds labels
}

func (f *arrayFiles) close() {
	f.x.close()
	if f.y != nil {
		f.y.close()
	}
}

// open opens the files and checks their headers.
func (a Arrays) open(most int) (f *arrayFiles, err error) {
	if _, err := a.Kind.MarshalText(); err != nil {
		return nil, err
	}
	if notFinite([]float32{a.Divide}) >= 0 {
		return nil, fmt.Errorf("data: divide %g: want a finite number, or 0 for 1", a.Divide)
	}
	f = &arrayFiles{a: a}
	if f.x, err = openArray(a.Inputs, orElse(a.InputsName, "x"), most); err != nil {
		return nil, err
	}
	if a.Targets != "" || f.x.archive {
		f.y, err = openArray(orElse(a.Targets, a.Inputs), orElse(a.TargetsName, "y"), most)
		if a.Targets == "" && a.TargetsName == "" && errors.Is(err, errNoMember) {
			f.y, err = nil, nil
		}
		if err != nil {
			f.x.close()
			return nil, err
		}
	}
	if err := f.fit(); err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

func orElse(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}

// fit sets the sizes from the files' shapes.
func (f *arrayFiles) fit() error {
	x := f.x.shape
	if f.x.values == 0 || len(x) == 0 {
		return f.x.wrap(fmt.Errorf("shape %v: want (rows, ...), no size of them 0", x))
	}
	f.rows, f.in = x[0], f.x.values/x[0]
	if f.in > MaxColumns {
		return f.x.wrap(fmt.Errorf("shape %v: %d values per row: want at most %d", x, f.in, MaxColumns))
	}
	if f.y == nil {
		return nil
	}
	y := f.y.shape
	if len(y) == 0 || y[0] != f.rows {
		return f.y.wrap(fmt.Errorf("shape %v for %d rows of inputs: want (%[2]d) or (%[2]d, outputs)", y, f.rows))
	}
	column := f.y.values == f.rows
	switch {
	case len(y) > 2 || f.y.values == 0 || f.y.values/f.rows > MaxColumns:
		return f.y.wrap(fmt.Errorf("shape %v: want (%d) or (%[2]d, outputs), at most %d outputs", y, f.rows, MaxColumns))
	case f.a.Kind == LabelTargets && !column:
		return f.y.wrap(fmt.Errorf("shape %v for labels: want (%d) or (%[2]d, 1)", y, f.rows))
	}
	f.labels = f.a.Kind == LabelTargets || f.a.Kind == AutoTargets && column && f.y.kind.integer
	if !f.labels {
		f.out = f.y.values / f.rows
	}
	return nil
}

// finishX divides inputs, whose first row has the given number, and checks them.
func (f *arrayFiles) finishX(x []float32, row int) error {
	if d := f.a.Divide; d != 0 && d != 1 {
		for i := range x {
			x[i] /= d
		}
	}
	return f.x.finite(x, f.in, row)
}

func (f *arrayFiles) finishY(y []float32, row int) error { return f.y.finite(y, f.out, row) }

// toLabels makes labels of numbers, whose first row has the given number.
func (f *arrayFiles) toLabels(labels []int, y []float32, row int) error {
	most := MaxLabel
	if f.a.Classes != nil {
		most = len(f.a.Classes) - 1
	}
	for i, v := range y {
		// Not NaN, and in range, before it becomes an int.
		if !(v >= 0 && v <= MaxLabel) || float32(int(v)) != v || int(v) > most {
			return f.y.wrap(fmt.Errorf("label %g in row %d (from 0): want a whole number in 0...%d", v, row+i, most))
		}
		labels[i] = int(v)
	}
	return nil
}

// arrayFile is an open array.
type arrayFile struct {
	*arrayReader
	path    string
	archive bool
	close   func() error
}

// wrap says in which file.
func (f *arrayFile) wrap(err error) error { return fmt.Errorf("data: %s: %w", f.path, err) }

// finite checks values, columns per row, whose first row has the given number.
func (f *arrayFile) finite(x []float32, columns, row int) error {
	if i := notFinite(x); i >= 0 {
		return f.wrap(fmt.Errorf("%g in row %d, column %d (from 0): want finite values that float32 holds", x[i], row+i/columns, i%columns))
	}
	return nil
}

// openArray opens an IDX or NPY file, or the named member of an NPZ archive.
func openArray(path, name string, most int) (*arrayFile, error) {
	r, err := openFile(path)
	if err != nil {
		return nil, err
	}
	f := &arrayFile{path: path, close: r.Close}
	head, err := r.Peek(8)
	if err == nil || err == io.EOF {
		switch detect(head) {
		case FormatNPZ:
			r.Close()
			f.close = func() error { return nil }
			f.archive = true
			err = f.openMember(name, most)
		case FormatNPY:
			f.arrayReader, err = openNPY(r, most)
		case FormatIDX:
			f.arrayReader, err = openIDX(r, most)
		default:
			err = fmt.Errorf("begins with %q: want IDX, NPY or NPZ", head)
		}
	}
	if err != nil {
		f.close()
		return nil, f.wrap(err)
	}
	return f, nil
}

// openMember opens a member of the archive f.path.
func (f *arrayFile) openMember(name string, most int) error {
	z, err := zip.OpenReader(f.path)
	if err != nil {
		return err
	}
	f.close = z.Close
	m, err := findMember(&z.Reader, name)
	if err != nil {
		return err
	}
	r, err := m.Open()
	if err != nil {
		return err
	}
	f.close = func() error { return errors.Join(r.Close(), z.Close()) }
	if f.arrayReader, err = openNPY(r, most); err != nil {
		return fmt.Errorf("member %s: %w", quote(name), err)
	}
	return nil
}
