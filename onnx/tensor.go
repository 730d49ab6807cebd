package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// dtype is a TensorProto.DataType.
type dtype int64

const (
	dtFloat    dtype = 1
	dtUint8    dtype = 2
	dtInt8     dtype = 3
	dtUint16   dtype = 4
	dtInt16    dtype = 5
	dtInt32    dtype = 6
	dtInt64    dtype = 7
	dtString   dtype = 8
	dtBool     dtype = 9
	dtFloat16  dtype = 10
	dtDouble   dtype = 11
	dtUint32   dtype = 12
	dtUint64   dtype = 13
	dtBfloat16 dtype = 16
)

var dtypeNames = [...]string{
	"undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "double", "uint32",
	"uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4", "int4", "float4e2m1",
}

func (d dtype) String() string {
	if d >= 0 && int(d) < len(dtypeNames) {
		return dtypeNames[d]
	}
	return fmt.Sprintf("type %d", int64(d))
}

// size returns the bytes of an element in raw data, 0 for types without a fixed size
// and types that are not understood.
func (d dtype) size() int {
	switch d {
	case dtUint8, dtInt8, dtBool:
		return 1
	case dtUint16, dtInt16, dtFloat16, dtBfloat16:
		return 2
	case dtFloat, dtInt32, dtUint32:
		return 4
	case dtInt64, dtUint64, dtDouble:
		return 8
	}
	return 0
}

// kind returns how values of the type are held here.
func (d dtype) kind() (kind, error) {
	switch d {
	case dtFloat, dtDouble, dtFloat16, dtBfloat16:
		return floats, nil
	case dtUint8, dtInt8, dtUint16, dtInt16, dtInt32, dtInt64, dtUint32, dtUint64:
		return ints, nil
	case dtBool:
		return bools, nil
	case dtString:
		return texts, nil
	}
	return 0, fmt.Errorf("elements of %v: want floating-point numbers, integers of 8 to 64 bits, bools or strings", d)
}

// constant turns a tensor of the file into a value. external reads data that lie in
// another file; it is nil where there is no folder to look in.
func (t *tensorProto) constant(external *folder) (*value, error) {
	d := dtype(t.typ)
	k, err := d.kind()
	if err != nil {
		return nil, err
	}
	if t.segment {
		return nil, errors.New("split into segments: not understood")
	}
	if len(t.dims) > maxRank {
		return nil, fmt.Errorf("%d dimensions: want at most %d", len(t.dims), maxRank)
	}
	shape, count := make([]int, len(t.dims)), 1
	for i, n := range t.dims {
		if n < 0 || n > math.MaxInt32 {
			return nil, fmt.Errorf("shape %v: dimension %d: want 0...%d", t.dims, n, math.MaxInt32)
		}
		shape[i] = int(n)
		if n > 0 && count > maxElements/int(n) {
			return nil, fmt.Errorf("shape %v: more than %d elements", t.dims, maxElements)
		}
		count *= int(n)
	}
	v := &value{name: t.name, kind: k, shape: shape}
	raw := t.raw
	if t.external != nil {
		if k == texts {
			return nil, errors.New("external data: strings cannot be")
		}
		if external == nil {
			return nil, errors.New("external data: only LoadFile knows the model's folder")
		}
		if raw, err = external.read(t.external, int64(count)*int64(d.size())); err != nil {
			return nil, fmt.Errorf("external data: %w", err)
		}
	} else if !t.hasRaw {
		return v, t.typed(v, d, count)
	}
	if want := int64(count) * int64(d.size()); d.size() == 0 || int64(len(raw)) != want {
		return nil, fmt.Errorf("shape %v of %v wants %d bytes of raw data, not %d", t.dims, d, want, len(raw))
	}
	v.raw(raw, d, count)
	return v, v.checkInts(d)
}

// raw decodes little-endian elements.
func (v *value) raw(b []byte, d dtype, count int) {
	le := binary.LittleEndian
	if v.kind == floats {
		v.f = make([]float32, count)
		switch d {
		case dtFloat:
			for i := range v.f {
				v.f[i] = math.Float32frombits(le.Uint32(b[4*i:]))
			}
		case dtDouble:
			for i := range v.f {
				v.f[i] = float32(math.Float64frombits(le.Uint64(b[8*i:])))
			}
		case dtFloat16:
			for i := range v.f {
				v.f[i] = fromFloat16(le.Uint16(b[2*i:]))
			}
		case dtBfloat16:
			for i := range v.f {
				v.f[i] = math.Float32frombits(uint32(le.Uint16(b[2*i:])) << 16)
			}
		}
		return
	}
	v.i = make([]int64, count)
	for i := range v.i {
		switch d {
		case dtUint8, dtBool:
			v.i[i] = int64(b[i])
		case dtInt8:
			v.i[i] = int64(int8(b[i]))
		case dtUint16:
			v.i[i] = int64(le.Uint16(b[2*i:]))
		case dtInt16:
			v.i[i] = int64(int16(le.Uint16(b[2*i:])))
		case dtUint32:
			v.i[i] = int64(le.Uint32(b[4*i:]))
		case dtInt32:
			v.i[i] = int64(int32(le.Uint32(b[4*i:])))
		default:
			v.i[i] = int64(le.Uint64(b[8*i:]))
		}
	}
}

// typed takes the elements from the list that the type has for them.
func (t *tensorProto) typed(v *value, d dtype, count int) error {
	have := 0
	switch d {
	case dtFloat:
		v.f, have = t.floats, len(t.floats)
	case dtDouble:
		have = len(t.doubles)
		v.f = make([]float32, have)
		for i, x := range t.doubles {
			v.f[i] = float32(x)
		}
	case dtFloat16, dtBfloat16: // bit patterns
		have = len(t.ints)
		v.f = make([]float32, have)
		for i, x := range t.ints {
			if v.f[i] = math.Float32frombits(uint32(uint16(x)) << 16); d == dtFloat16 {
				v.f[i] = fromFloat16(uint16(x))
			}
		}
	case dtString:
		v.texts, have = t.texts, len(t.texts)
		v.i = make([]int64, have)
		for i := range v.i {
			v.i[i] = int64(i)
		}
	case dtUint32, dtUint64:
		have = len(t.uints)
		v.i = make([]int64, have)
		for i, x := range t.uints {
			v.i[i] = int64(x)
		}
	default:
		v.i, have = t.ints, len(t.ints)
	}
	if have != count {
		return fmt.Errorf("shape %v of %v wants %d elements, not %d", t.dims, d, count, have)
	}
	return v.checkInts(d)
}

// checkInts makes bools 0 or 1 and keeps out the number that stands for rows, and those of
// uint64 that int64 has not.
func (v *value) checkInts(d dtype) error {
	for i, x := range v.i {
		if v.kind == bools && x != 0 {
			v.i[i] = 1
		}
		if d == dtUint64 && x < 0 {
			return fmt.Errorf("element %d: %d: want at most %d", i, uint64(x), int64(math.MaxInt64))
		}
		if x == rowsSymbol {
			return fmt.Errorf("element %d: the integer %d is not supported", i, x)
		}
	}
	return nil
}

// fromFloat16 widens IEEE 754 binary16, exactly.
func fromFloat16(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch exp {
	case 0: // zero or subnormal: frac·2⁻²⁴
		x := float32(frac) * 0x1p-24
		return math.Float32frombits(sign | math.Float32bits(x))
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}
