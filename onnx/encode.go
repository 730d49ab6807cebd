package onnx

import (
	"encoding/binary"
	"io"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is a protobuf message being written: bytes, with large tensors between them that
// are encoded only when they are written out.
type message struct {
	parts []part
	size  int
}

type part struct {
	b []byte
	f []float32 // raw data
}

func (m *message) bytes(b []byte) {
	m.parts = append(m.parts, part{b: b})
	m.size += len(b)
}

func (m *message) int(num protowire.Number, v int64) {
	m.bytes(protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.VarintType), uint64(v)))
}

func (m *message) float(num protowire.Number, v float32) {
	m.bytes(protowire.AppendFixed32(protowire.AppendTag(nil, num, protowire.Fixed32Type), math.Float32bits(v)))
}

func (m *message) text(num protowire.Number, s string) {
	m.bytes(protowire.AppendString(protowire.AppendTag(nil, num, protowire.BytesType), s))
}

func (m *message) message(num protowire.Number, inner *message) {
	m.bytes(protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.BytesType), uint64(inner.size)))
	m.parts = append(m.parts, inner.parts...)
	m.size += inner.size
}

// rawFloats adds a field of little-endian float32.
func (m *message) rawFloats(num protowire.Number, f []float32) {
	m.bytes(protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.BytesType), 4*uint64(len(f))))
	m.parts = append(m.parts, part{f: f})
	m.size += 4 * len(f)
}

// writeTo writes the message; tensors go through a buffer of fixed size.
func (m *message) writeTo(w io.Writer) error {
	const buffer = 16 << 10
	var b []byte
	for _, p := range m.parts {
		if len(b)+len(p.b) > buffer {
			if _, err := w.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
		b = append(b, p.b...)
		for f := p.f; len(f) > 0; {
			if len(b)+4 > buffer {
				if _, err := w.Write(b); err != nil {
					return err
				}
				b = b[:0]
			}
			n := min(len(f), max(1, (buffer-len(b))/4))
			for _, v := range f[:n] {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
			}
			f = f[n:]
		}
	}
	_, err := w.Write(b)
	return err
}

// graphWriter collects the nodes and constants of a graph.
type graphWriter struct {
	graph   message
	classes []string // or nil
}

// attr adds an attribute to a node.
type attr func(node *message)

func intAttr(name string, v int64) attr {
	return func(node *message) {
		a := &message{}
		a.text(1, name)
		a.int(3, v)
		a.int(20, attrInt)
		node.message(5, a)
	}
}

func floatAttr(name string, v float64) attr {
	return func(node *message) {
		a := &message{}
		a.text(1, name)
		a.float(2, float32(v))
		a.int(20, attrFloat)
		node.message(5, a)
	}
}

// constant adds an initializer and returns its name.
func (g *graphWriter) constant(name string, f []float32, shape ...int) string {
	t := &message{}
	for _, d := range shape {
		t.int(1, int64(d))
	}
	t.int(2, int64(dtFloat))
	t.text(8, name)
	t.rawFloats(9, f)
	g.graph.message(5, t)
	return name
}

// node adds a node of one output and returns that output's name, which is the node's too.
func (g *graphWriter) node(op, name string, inputs []string, attrs ...attr) string {
	n := &message{}
	for _, in := range inputs {
		n.text(1, in)
	}
	n.text(2, name)
	n.text(3, name)
	n.text(4, op)
	for _, a := range attrs {
		a(n)
	}
	g.graph.message(1, n)
	return name
}

// tensorInfo adds an input (field 11) or output (12) of float (rows, n).
func (g *graphWriter) tensorInfo(num protowire.Number, name string, n int) {
	rows, features, shape, tensor, typ, info := &message{}, &message{}, &message{}, &message{}, &message{}, &message{}
	rows.text(2, "rows")
	features.int(1, int64(n))
	shape.message(1, rows)
	shape.message(1, features)
	tensor.int(1, int64(dtFloat))
	tensor.message(2, shape)
	typ.message(1, tensor)
	info.text(1, name)
	info.message(2, typ)
	g.graph.message(num, info)
}
