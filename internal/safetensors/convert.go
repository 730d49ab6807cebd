package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Convert copies the values of t to dst as float32, whatever number its dtype stands for:
// F64, F32, F16, BF16, integers and BOOL. Values that float32 cannot hold are rounded to
// the nearest, ties to even; a finite one beyond its range is an error, with dst in part
// written. It is an error too if len(dst) differs from t's number of elements, or for
// the dtypes of less than 8 bits, the FP8 kinds and complex numbers.
func Convert(dst []float32, t Tensor) error {
	if t.DType == float32DType {
		return DecodeFloat32(dst, t)
	}
	if err := Convertible(t); err != nil {
		return err
	}
	read, size := reader(t.DType)
	if uint64(len(t.Data)) != uint64(size)*uint64(len(dst)) {
		return fmt.Errorf("safetensors: tensor %s: %d bytes of data, want %d for %d elements", quoted(t.Name), len(t.Data), uint64(size)*uint64(len(dst)), len(dst))
	}
	for i := range dst {
		v := read(t.Data[i*size:])
		dst[i] = float32(v)
		if math.IsInf(float64(dst[i]), 0) && !math.IsInf(v, 0) {
			return fmt.Errorf("safetensors: tensor %s: element %d is %g, beyond float32", quoted(t.Name), i, v)
		}
	}
	return nil
}

// Convertible returns the error that Convert has for t's dtype, nil if it takes it. The
// shape of such a tensor from a file fits its bytes.
func Convertible(t Tensor) error {
	if read, _ := reader(t.DType); read == nil && t.DType != float32DType {
		return fmt.Errorf("safetensors: tensor %s: dtype %s has no conversion, want one of F64, F32, F16, BF16, I8, I16, I32, I64, U8, U16, U32, U64, BOOL", quoted(t.Name), quoted(t.DType))
	}
	return nil
}

// reader returns how to read one element of a dtype other than F32, and its size in bytes. 64-bit
// integers are rounded to float64 first; float32 has fewer bits still, and a double
// rounding that matters would need more than 53 equal ones in between.
func reader(dtype string) (read func(b []byte) float64, size int) {
	le := binary.LittleEndian
	switch dtype {
	case "F64":
		return func(b []byte) float64 { return math.Float64frombits(le.Uint64(b)) }, 8
	case "F16":
		return func(b []byte) float64 { return fromHalf(le.Uint16(b)) }, 2
	case "BF16":
		return func(b []byte) float64 { return float64(math.Float32frombits(uint32(le.Uint16(b)) << 16)) }, 2
	case "I8":
		return func(b []byte) float64 { return float64(int8(b[0])) }, 1
	case "U8":
		return func(b []byte) float64 { return float64(b[0]) }, 1
	case "BOOL":
		return func(b []byte) float64 { return float64(min(b[0], 1)) }, 1
	case "I16":
		return func(b []byte) float64 { return float64(int16(le.Uint16(b))) }, 2
	case "U16":
		return func(b []byte) float64 { return float64(le.Uint16(b)) }, 2
	case "I32":
		return func(b []byte) float64 { return float64(int32(le.Uint32(b))) }, 4
	case "U32":
		return func(b []byte) float64 { return float64(le.Uint32(b)) }, 4
	case "I64":
		return func(b []byte) float64 { return float64(int64(le.Uint64(b))) }, 8
	case "U64":
		return func(b []byte) float64 { return float64(le.Uint64(b)) }, 8
	}
	return nil, 0
}

// fromHalf returns the value of an IEEE 754 binary16 number.
func fromHalf(h uint16) float64 {
	fraction, exponent := float64(h&0x3ff), int(h>>10&0x1f)
	v := 0.0
	switch exponent {
	case 0:
		v = math.Ldexp(fraction, -24)
	case 0x1f:
		if v = math.Inf(1); fraction != 0 {
			v = math.NaN()
		}
	default:
		v = math.Ldexp(1024+fraction, exponent-25)
	}
	if h>>15 != 0 {
		v = -v
	}
	return v
}

// toHalf returns the binary16 number nearest to v, ties to even.
func toHalf(v float32) uint16 {
	bits := math.Float32bits(v)
	sign := uint16(bits >> 16 & 0x8000)
	size := math.Abs(float64(v))
	switch {
	case v != v:
		return sign | 0x7e00
	case size >= 65520: // half way between the largest number and the next power
		return sign | 0x7c00
	case size < 0x1p-14:
		return sign | uint16(math.RoundToEven(size*0x1p24)) // subnormal; 1024 is the smallest normal
	}
	// Round the fraction to 10 bits by adding half a unit, less one if even.
	bits = bits&0x7fffffff - (127-15)<<23
	return sign | uint16((bits+0xfff+bits>>13&1)>>13)
}

// toBfloat returns the bfloat16 number nearest to v, ties to even.
func toBfloat(v float32) uint16 {
	bits := math.Float32bits(v)
	if v != v {
		return uint16(bits>>16) | 0x40
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}

// NewHalf returns a tensor of dtype F16 or BF16 with the values rounded to the nearest, ties
// to even. A finite value that would become infinite is an error.
func NewHalf(dtype, name string, shape []int, values []float32) (Tensor, error) {
	to, most := toHalf, 65504.0
	switch dtype {
	case "F16":
	case "BF16":
		to, most = toBfloat, float64(math.Float32frombits(0x7f7f0000))
	default:
		return Tensor{}, fmt.Errorf("safetensors: dtype %s: want F16 or BF16", quoted(dtype))
	}
	data := make([]byte, 2*len(values))
	for i, v := range values {
		h := to(v)
		if h&0x7fff == to(float32(math.Inf(1))) && !math.IsInf(float64(v), 0) {
			return Tensor{}, fmt.Errorf("safetensors: tensor %s: element %d is %g: %s holds up to %g", quoted(name), i, v, dtype, most)
		}
		binary.LittleEndian.PutUint16(data[2*i:], h)
	}
	return Tensor{Name: name, DType: dtype, Shape: slices.Clone(shape), Data: data}, nil
}
