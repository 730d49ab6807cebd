package onnx

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// field is one field of a message.
type field struct {
	num protowire.Number
	typ protowire.Type
	u   uint64 // of varints and fixed-size fields
	b   []byte // of length-delimited fields
}

// eachField calls f for each field of a message, unknown ones included.
func eachField(b []byte, f func(field) error) error {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return damaged(n)
		}
		b = b[n:]
		fl := field{num: num, typ: typ}
		switch typ {
		case protowire.VarintType:
			fl.u, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var u uint32
			u, n = protowire.ConsumeFixed32(b)
			fl.u = uint64(u)
		case protowire.Fixed64Type:
			fl.u, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			fl.b, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(num, typ, b) // a group: old, and nowhere in ONNX
		}
		if n < 0 {
			return damaged(n)
		}
		b = b[n:]
		if err := f(fl); err != nil {
			return err
		}
	}
	return nil
}

// damaged is what is wrong where a field cannot be read.
func damaged(n int) error {
	return fmt.Errorf("%w: cut off, damaged, or no ONNX model", protowire.ParseError(n))
}

// want checks the wire type of a field that is known.
func (f field) want(typ protowire.Type) error {
	if f.typ != typ {
		return fmt.Errorf("field %d has wire type %d: want %d", f.num, f.typ, typ)
	}
	return nil
}

func (f field) text(dst *string) error {
	*dst = string(f.b)
	return f.want(protowire.BytesType)
}

func (f field) bytes(dst *[]byte) error {
	*dst = f.b
	return f.want(protowire.BytesType)
}

func (f field) int(dst *int64) error {
	*dst = int64(f.u)
	return f.want(protowire.VarintType)
}

// texts appends one string.
func (f field) texts(r *reader, dst *[]string) error {
	if err := r.item(); err != nil {
		return err
	}
	*dst = append(*dst, string(f.b))
	return f.want(protowire.BytesType)
}

// Repeated numbers may come packed into one field or in a field each.

func varints[T int64 | uint64](f field, dst *[]T) error {
	if f.typ == protowire.VarintType {
		*dst = append(*dst, T(f.u))
		return nil
	}
	if err := f.want(protowire.BytesType); err != nil {
		return err
	}
	count := 0 // every varint ends in a byte below 128
	for _, c := range f.b {
		if c < 0x80 {
			count++
		}
	}
	*dst = grow(*dst, count)
	for b := f.b; len(b) > 0; {
		u, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return damaged(n)
		}
		*dst = append(*dst, T(u))
		b = b[n:]
	}
	return nil
}

func (f field) float32s(dst *[]float32) error {
	if f.typ == protowire.Fixed32Type {
		*dst = append(*dst, math.Float32frombits(uint32(f.u)))
		return nil
	}
	if err := f.want(protowire.BytesType); err != nil {
		return err
	}
	if len(f.b)%4 != 0 {
		return fmt.Errorf("field %d has %d bytes: want a multiple of 4", f.num, len(f.b))
	}
	*dst = grow(*dst, len(f.b)/4)
	for b := f.b; len(b) > 0; b = b[4:] {
		u, _ := protowire.ConsumeFixed32(b)
		*dst = append(*dst, math.Float32frombits(u))
	}
	return nil
}

func (f field) float64s(dst *[]float64) error {
	if f.typ == protowire.Fixed64Type {
		*dst = append(*dst, math.Float64frombits(f.u))
		return nil
	}
	if err := f.want(protowire.BytesType); err != nil {
		return err
	}
	if len(f.b)%8 != 0 {
		return fmt.Errorf("field %d has %d bytes: want a multiple of 8", f.num, len(f.b))
	}
	*dst = grow(*dst, len(f.b)/8)
	for b := f.b; len(b) > 0; b = b[8:] {
		u, _ := protowire.ConsumeFixed64(b)
		*dst = append(*dst, math.Float64frombits(u))
	}
	return nil
}

// grow makes room for n more elements: exactly so many the first time, as nearly every
// list comes in one piece.
func grow[T any](s []T, n int) []T {
	if s == nil {
		return make([]T, 0, n)
	}
	return s
}
