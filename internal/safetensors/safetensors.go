// Package safetensors reads and writes the safetensors file format: named tensors behind
// one JSON header.
//
//	8 bytes    N, the header's length, little-endian
//	N bytes    JSON: {"__metadata__":{string:string,…},"NAME":{"dtype":"F32","shape":[…],"data_offsets":[BEGIN,END]},…}
//	the rest   the tensors' bytes: row-major, little-endian, without gaps; offsets count from here
//
// The reader enforces what the reference implementation (huggingface/safetensors,
// read_metadata and validate) enforces, and differs from it in these points:
//
//   - A key that occurs twice in any object is an error. The reference keeps the last of
//     two tensors with one name, although the format forbids them.
//   - An unknown dtype spoils only its own tensor: its shape cannot be checked against its
//     size, and asking for its values is an error. The reference refuses the whole file.
//   - A dimension above the largest int is an error even where another dimension is 0.
//
// The writer's bytes equal the reference writer's, except that metadata keys are sorted
// (the reference writes them in random order), so equal input gives equal files.
//
// Every error of this package begins with "safetensors: ". Nothing here trusts a length
// found in a file before it has been compared with the bytes that are really there.
package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
)

const (
	// maxHeader is the reference's limit on the header's length in bytes, padding included.
	maxHeader = 100_000_000

	// lengthSize is the size in bytes of the header's length at the start of a file.
	lengthSize = 8

	// metadataKey is the one key of the header that is not a tensor's name.
	metadataKey = "__metadata__"

	// float32DType is the dtype of the values that this library computes with.
	float32DType = "F32"
)

// dtypes lists the known dtypes in the reference's order, by which the writer sorts. Names
// are case-sensitive.
var dtypes = [...]struct {
	name string
	bits uint64
}{
	{"BOOL", 8},
	{"F4", 4},
	{"F6_E2M3", 6},
	{"F6_E3M2", 6},
	{"U8", 8},
	{"I8", 8},
	{"F8_E5M2", 8},
	{"F8_E4M3", 8},
	{"F8_E8M0", 8},
	{"F8_E4M3FNUZ", 8},
	{"F8_E5M2FNUZ", 8},
	{"I16", 16},
	{"U16", 16},
	{"F16", 16},
	{"BF16", 16},
	{"I32", 32},
	{"U32", 32},
	{float32DType, 32},
	{"C64", 64},
	{"F64", 64},
	{"I64", 64},
	{"U64", 64},
}

// dtypeRank returns the position of a dtype in dtypes, or -1 if it is unknown.
func dtypeRank(name string) int {
	for i := range dtypes {
		if dtypes[i].name == name {
			return i
		}
	}
	return -1
}

// dtypeNames lists the known dtypes for error texts.
func dtypeNames() string {
	names := make([]string, len(dtypes))
	for i := range dtypes {
		names[i] = dtypes[i].name
	}
	return strings.Join(names, ", ")
}

// Tensor is one named array.
type Tensor struct {
	Name  string
	DType string // "F32", "I64", …; from a file also one that this package does not know
	Shape []int  // no dimensions: one element
	Data  []byte // row-major, little-endian; from a file a view of its bytes, not a copy
}

// File is the content of one safetensors file. Nothing in it changes after parsing, so
// goroutines may share it.
type File struct {
	Metadata map[string]string // nil if the file has none
	Tensors  []Tensor          // in the order of their data

	index map[string]int // name to position in Tensors
}

// Tensor returns the tensor of that name, and whether there is one.
func (f *File) Tensor(name string) (Tensor, bool) {
	i, ok := f.index[name]
	if !ok {
		return Tensor{}, false
	}
	return f.Tensors[i], true
}

// Float32 returns a copy of the values and of the shape of a tensor of dtype F32. It is an
// error if no tensor has that name or if it has another dtype: nothing is converted.
func (f *File) Float32(name string) (values []float32, shape []int, err error) {
	t, ok := f.Tensor(name)
	if !ok {
		return nil, nil, fmt.Errorf("safetensors: no tensor %s among the file's %d", quoted(name), len(f.Tensors))
	}
	values = make([]float32, len(t.Data)/4)
	if err := DecodeFloat32(values, t); err != nil {
		return nil, nil, err
	}
	return values, slices.Clone(t.Shape), nil
}

// DecodeFloat32 copies the values of t, of dtype F32, to dst, bit for bit (NaN included).
// It is an error, with dst unchanged, if t has another dtype or len(dst) differs from its
// number of elements.
func DecodeFloat32(dst []float32, t Tensor) error {
	if t.DType != float32DType {
		return fmt.Errorf("safetensors: tensor %s: dtype %s, want %s", quoted(t.Name), quoted(t.DType), float32DType)
	}
	if uint64(len(t.Data)) != 4*uint64(len(dst)) {
		return fmt.Errorf("safetensors: tensor %s: %d bytes of data, want %d for %d elements", quoted(t.Name), len(t.Data), 4*uint64(len(dst)), len(dst))
	}
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Data[4*i:]))
	}
	return nil
}

// NewFloat32 returns a tensor of dtype F32 with a copy of the values. [Write] refuses it if
// the shape does not have len(values) elements.
func NewFloat32(name string, shape []int, values []float32) Tensor {
	data := make([]byte, 4*len(values))
	for i, v := range values {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(v))
	}
	return Tensor{Name: name, DType: float32DType, Shape: slices.Clone(shape), Data: data}
}

// dataSize returns the size in bytes of an array. The dimensions are multiplied in their
// order and every product is checked, also before a 0 that would hide the overflow: the
// reference does so. ok is false on overflow or if the bits do not fill whole bytes.
func dataSize(rank int, shape []int) (size uint64, ok bool) {
	n := uint64(1)
	for _, dim := range shape {
		hi, lo := bits.Mul64(n, uint64(dim))
		if hi != 0 {
			return 0, false
		}
		n = lo
	}
	hi, n := bits.Mul64(n, dtypes[rank].bits)
	return n / 8, hi == 0 && n%8 == 0
}

// quoted returns s quoted for an error text, cut if a hostile file made it long.
func quoted(s string) string {
	const most = 80
	if len(s) > most {
		return fmt.Sprintf("%q… (%d bytes)", s[:most], len(s))
	}
	return fmt.Sprintf("%q", s)
}
