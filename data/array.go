package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Array is the contents of an IDX or NPY file.
type Array struct {
	Shape   []int     // sizes, the first one that of the rows; empty for a single number
	Data    []float32 // row-major, whatever the file's order
	Integer bool      // the file holds whole numbers or truth values (1 and 0), no floating point
}

// kind is an element type.
type kind struct {
	size    int // bytes
	integer bool
	decode  func(dst []float32, src []byte, order binary.ByteOrder)
}

func elements[T any](size int, get func([]byte, binary.ByteOrder) T, to func(T) float32) func([]float32, []byte, binary.ByteOrder) {
	return func(dst []float32, src []byte, order binary.ByteOrder) {
		for i := range dst {
			dst[i] = to(get(src[i*size:], order))
		}
	}
}

func u16(b []byte, o binary.ByteOrder) uint16 { return o.Uint16(b) }
func u32(b []byte, o binary.ByteOrder) uint32 { return o.Uint32(b) }
func u64(b []byte, o binary.ByteOrder) uint64 { return o.Uint64(b) }
func u8(b []byte, _ binary.ByteOrder) uint8   { return b[0] }

// The element types. Floating point is rounded to nearest, and a finite double beyond
// float32 becomes an infinity; whole numbers above 2²⁴ are rounded too.
var (
	kindBool = kind{1, true, elements(1, u8, func(v uint8) float32 {
		if v != 0 {
			return 1
		}
		return 0
	})}
	kindU8  = kind{1, true, elements(1, u8, func(v uint8) float32 { return float32(v) })}
	kindI8  = kind{1, true, elements(1, u8, func(v uint8) float32 { return float32(int8(v)) })}
	kindU16 = kind{2, true, elements(2, u16, func(v uint16) float32 { return float32(v) })}
	kindI16 = kind{2, true, elements(2, u16, func(v uint16) float32 { return float32(int16(v)) })}
	kindU32 = kind{4, true, elements(4, u32, func(v uint32) float32 { return float32(v) })}
	kindI32 = kind{4, true, elements(4, u32, func(v uint32) float32 { return float32(int32(v)) })}
	kindU64 = kind{8, true, elements(8, u64, func(v uint64) float32 { return float32(v) })}
	kindI64 = kind{8, true, elements(8, u64, func(v uint64) float32 { return float32(int64(v)) })}
	kindF16 = kind{2, false, elements(2, u16, half)}
	kindF32 = kind{4, false, elements(4, u32, math.Float32frombits)}
	kindF64 = kind{8, false, elements(8, u64, func(v uint64) float32 { return float32(math.Float64frombits(v)) })}
)

// half widens an IEEE 754 binary16 number, exactly.
func half(v uint16) float32 {
	sign, exponent, fraction := uint32(v>>15)<<31, int(v>>10&31), uint32(v&1023)
	switch exponent {
	case 0: // subnormal: multiples of 2⁻²⁴
		f := float32(fraction) * 0x1p-24
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 31: // infinity, NaN
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | uint32(exponent-15+127)<<23 | fraction<<13)
}

// arrayReader reads the elements of one array, in the file's order, piece by piece.
type arrayReader struct {
	r       io.Reader
	kind    kind
	order   binary.ByteOrder
	shape   []int
	fortran bool // the first index runs fastest
	values  int  // product of shape
	given   int  // values read
	buf     []byte
}

// pieceValues is how many elements are decoded at once.
const pieceValues = 1 << 12

// setShape checks the sizes that a file claims against a limit of values.
func (a *arrayReader) setShape(shape []int, most int) error {
	a.shape, a.values = shape, 1
	empty := false
	for _, n := range shape {
		if n < 0 {
			return fmt.Errorf("shape %v: want sizes of at least 0", shape)
		}
		empty = empty || n == 0
	}
	if empty {
		a.values = 0
		return nil
	}
	for _, n := range shape {
		if n > most/a.values {
			return fmt.Errorf("shape %v: more than %d values", shape, most)
		}
		a.values *= n
	}
	return nil
}

// read decodes the next len(dst) elements, of which there must be so many left.
func (a *arrayReader) read(dst []float32) error {
	for len(dst) > 0 {
		if a.buf == nil {
			a.buf = make([]byte, pieceValues*a.kind.size)
		}
		n := min(len(dst), pieceValues)
		b := a.buf[:n*a.kind.size]
		if got, err := io.ReadFull(a.r, b); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return fmt.Errorf("the file ends after %d of %d values: %w", a.given+got/a.kind.size, a.values, io.ErrUnexpectedEOF)
			}
			return err
		}
		a.kind.decode(dst[:n], b, a.order)
		a.given += n
		dst = dst[n:]
	}
	return nil
}

// end says whether the file ends where the array does.
func (a *arrayReader) end() error {
	var b [1]byte
	switch _, err := io.ReadFull(a.r, b[:]); err {
	case io.EOF:
		return nil
	case nil:
		return fmt.Errorf("the file goes on after the %d values of shape %v", a.values, a.shape)
	default:
		return err
	}
}

// all reads the whole array. Memory grows with what was read, so that a false size takes
// none.
func (a *arrayReader) all() (*Array, error) {
	data := make([]float32, 0, min(a.values, 1<<16))
	for a.given < a.values {
		n := min(a.values-a.given, max(len(data), 1<<16))
		from := len(data)
		if cap(data) < from+n {
			data = append(make([]float32, 0, from+n), data...)
		}
		data = data[:from+n]
		// Pieces: of a short file only as much is allocated as it has, twice at most.
		if err := a.read(data[from:]); err != nil {
			return nil, err
		}
	}
	if err := a.end(); err != nil {
		return nil, err
	}
	if a.fortran && len(a.shape) > 1 {
		data = rowMajor(data, a.shape)
	}
	return &Array{Shape: a.shape, Data: data, Integer: a.kind.integer}, nil
}

// rowMajor reorders elements whose first index runs fastest.
func rowMajor(data []float32, shape []int) []float32 {
	result := make([]float32, len(data))
	index := make([]int, len(shape))
	stride := make([]int, len(shape)) // of result
	for i, n := len(shape)-1, 1; i >= 0; i-- {
		stride[i] = n
		n *= shape[i]
	}
	at := 0
	for _, v := range data {
		result[at] = v
		for i := range index {
			at += stride[i]
			if index[i]++; index[i] < shape[i] {
				break
			}
			at -= stride[i] * shape[i]
			index[i] = 0
		}
	}
	return result
}
