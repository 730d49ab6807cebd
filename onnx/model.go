package onnx

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// Model is an ONNX model that can run. It does not change: any number of goroutines may
// share it, each with a [Runner] of its own.
type Model struct {
	producer        string
	opset, mlOpset  int64
	inputs, outputs []*value
	steps           []step
	slots           []int
	constants       int      // numbers in the file
	named           []string // the classes by the metadata, or nil
}

// nameColumns gives the names of the classes to the one output that has so many columns.
func (m *Model) nameColumns() {
	var found *value
	for _, v := range m.outputs {
		if v.kind != floats || v.columns != nil || len(v.shape) != 1 || v.shape[0] != len(m.named) {
			continue
		}
		if found != nil {
			return
		}
		found = v
	}
	if found == nil {
		return
	}
	found.columns = &value{kind: texts, texts: m.named, shape: []int{len(m.named)}}
	for i := range m.named {
		found.columns.i = append(found.columns.i, int64(i))
	}
}

// maxFile is protobuf's own limit on a message.
const maxFile = 1<<31 - 1

// Type is the type of a model's input or output.
type Type uint8

// The types. Float stands for floating-point numbers of any size, Int for integers and bools.
const (
	Float Type = iota
	Int
	String
)

// String returns "float", "int" or "string".
func (t Type) String() string {
	if int(t) < 3 {
		return [...]string{"float", "int", "string"}[t]
	}
	return fmt.Sprintf("Type(%d)", uint8(t))
}

// Info describes an input or output of a model.
type Info struct {
	Name  string // as the file has it
	Type  Type
	Shape []int // of one row: empty for a single number per row
	// Classes names the columns of a classifier's scores, where the file does (ZipMap,
	// LinearClassifier); nil elsewhere.
	Classes []string
}

// Size returns the number of elements of one row.
func (i Info) Size() int { return product(i.Shape) }

// LoadFile reads the ONNX model in the file at path. External data is read from files in
// the same folder and below it, nowhere else.
//
// A file that is damaged, contradicts itself or needs what this package does not have
// gives an error that says what and where: for an operator its name, its node's name and
// the opset.
func LoadFile(path string) (*Model, error) {
	m, err := loadFile(path)
	if err != nil {
		return nil, fmt.Errorf("onnx: %s: %w", path, err)
	}
	return m, nil
}

func loadFile(path string) (*Model, error) {
	info, err := os.Stat(path) // before opening, which waits on a named pipe
	if err != nil {
		return nil, errors.Unwrap(err) // the path is in front of it already
	}
	if info.IsDir() {
		return nil, errors.New("a directory: want a regular file")
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("a %v: want a regular file", info.Mode().Type())
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer f.Close()
	b, err := readFile(f)
	if err != nil {
		return nil, err
	}
	external := &folder{path: filepath.Dir(path)}
	defer external.close()
	return load(b, external)
}

// Load reads an ONNX model from r, to its end. External data is refused: see [LoadFile].
func Load(r io.Reader) (*Model, error) {
	b, err := readAll(r)
	if err == nil {
		var m *Model
		if m, err = load(b, nil); err == nil {
			return m, nil
		}
	}
	return nil, fmt.Errorf("onnx: %w", err)
}

// readFile takes as much memory as a regular file has bytes.
func readFile(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%d bytes: want at most %d, protobuf's limit", info.Size(), maxFile)
	}
	b := make([]byte, info.Size())
	_, err = io.ReadFull(f, b)
	return b, err
}

func readAll(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("more than %d bytes", maxFile)
	}
	return b, err
}

func load(b []byte, external *folder) (*Model, error) {
	p, err := parseModel(b)
	if err != nil {
		return nil, err
	}
	return build(p, external)
}

// Producer returns the name of the program that wrote the file, as far as it says.
func (m *Model) Producer() string { return m.producer }

// Opset returns the version of the standard operators that the file asks for.
func (m *Model) Opset() int { return int(m.opset) }

// Parameters returns how many numbers of the file the model computes with: weights, biases
// and what norms and other operators have as constants.
func (m *Model) Parameters() int {
	total := 0
	for _, s := range m.steps {
		switch s := s.(type) {
		case *linear:
			total += len(s.w) + len(s.b)
		case *batchNorm:
			total += 4 * len(s.gamma)
		case *layerNorm:
			total += len(s.gamma) + len(s.beta)
		}
		for _, v := range s.base().in {
			total += len(v.f)
		}
	}
	return total
}

// MultiplyAdds returns the multiplications of one row with weights.
func (m *Model) MultiplyAdds() int64 {
	total := int64(0)
	for _, s := range m.steps {
		if l, ok := s.(*linear); ok {
			total += l.work()
		}
	}
	return total
}

// Inputs describes the model's inputs, in the order in which [Runner.Run] takes them.
func (m *Model) Inputs() []Info { return infos(m.inputs) }

// Outputs describes the model's outputs.
func (m *Model) Outputs() []Info { return infos(m.outputs) }

func infos(values []*value) []Info {
	var list []Info
	for _, v := range values {
		i := Info{Name: v.name, Shape: append([]int(nil), v.shape...)}
		switch v.kind {
		case ints, bools:
			i.Type = Int
		case texts:
			i.Type = String
		}
		if c := v.columns; c != nil {
			i.Classes = c.labels()
		}
		list = append(list, i)
	}
	return list
}

// labels writes out a constant of integers or strings.
func (v *value) labels() []string {
	if v.kind == texts {
		var list []string
		for _, i := range v.i {
			list = append(list, v.texts[i])
		}
		return list
	}
	var list []string
	for _, i := range v.i {
		list = append(list, strconv.FormatInt(i, 10))
	}
	return list
}
