package onnx

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// The parts of ONNX's protobuf messages that a dense network needs, by the names of
// onnx.proto. Byte slices are views of the file.

type modelProto struct {
	producer  string
	opsets    []opset
	graph     *graphProto
	functions []*functionProto
	classes   string // of the metadata, as this package writes them
}

type opset struct {
	domain  string
	version int64
}

type graphProto struct {
	nodes           []*node
	initializers    []*tensorProto
	inputs, outputs []valueInfo
	sparse          int // sparse initializers, which are not read
}

type node struct {
	op, name, domain, overload string
	inputs, outputs            []string
	attrs                      []attribute
	// Version of the node's domain: of nodes of a function what it imports, otherwise set
	// when the graph is built.
	opset int64
	call  *node // the function's call that the node is of, or nil
}

// functionProto is an operator that the model defines by a graph.
type functionProto struct {
	name, domain, overload string
	inputs, outputs        []string
	attrs                  []string    // those without default
	defaults               []attribute // the others
	nodes                  []*node
	opsets                 []opset
}

type attribute struct {
	name   string
	typ    int64 // attrFloat, ...; 0 in files older than IR version 2
	f      float32
	i      int64
	s      []byte
	t      *tensorProto
	floats []float32
	ints   []int64
	texts  []string
	ref    string // the attribute of the function's call that this one is
	other  bool   // a graph, a sparse tensor: nothing that is understood
	used   bool   // its operator asked for it
}

// Values of AttributeProto.AttributeType.
const (
	attrFloat   = 1
	attrInt     = 2
	attrString  = 3
	attrTensor  = 4
	attrFloats  = 6
	attrInts    = 7
	attrStrings = 8
)

type tensorProto struct {
	name     string
	dims     []int64
	typ      int64 // dtype
	raw      []byte
	hasRaw   bool
	floats   []float32
	doubles  []float64
	ints     []int64 // int32_data and int64_data
	uints    []uint64
	texts    []string
	external map[string]string // nil: the data are in the file
	segment  bool
}

// valueInfo describes an input or output of the graph.
type valueInfo struct {
	name   string
	typ    int64 // dtype of the elements, 0 if it is no tensor or not given
	shaped bool  // dims is what the file says; otherwise it says nothing
	dims   []dim
}

// dim is a dimension: a number, a name, or neither.
type dim struct {
	value int64 // 0 or less: unknown
	param string
}

// maxItems bounds how many nodes, names, attributes, tensors and dimensions a file may
// have in all: each can take two bytes there and some 200 in memory. A network of
// 1024 layers, spelled out with ten nodes per layer, has 100,000.
const maxItems = 1 << 18

// reader parses one file and counts what it holds.
type reader struct{ items int }

var errItems = fmt.Errorf("more than %d nodes, names, attributes, tensors and dimensions", maxItems)

// item counts one more of what maxItems bounds.
func (r *reader) item() error {
	if r.items++; r.items > maxItems {
		return errItems
	}
	return nil
}

func parseModel(b []byte) (*modelProto, error) {
	r := &reader{}
	m := &modelProto{}
	err := eachField(b, func(f field) error {
		switch f.num {
		case 2:
			return f.text(&m.producer)
		case 7:
			if err := f.want(protowire.BytesType); err != nil {
				return err
			}
			if m.graph != nil {
				return errors.New("more than one graph")
			}
			var err error
			m.graph, err = r.graph(f.b)
			return wrap(err, "graph")
		case 8:
			if err := r.item(); err != nil {
				return err
			}
			o, err := parseOpset(f)
			m.opsets = append(m.opsets, o)
			return wrap(err, "operator set")
		case 14:
			if err := f.want(protowire.BytesType); err != nil {
				return err
			}
			if err := r.item(); err != nil {
				return err
			}
			key, value, err := parseEntry(f.b)
			if key == classesKey {
				m.classes = value
			}
			return wrap(err, "metadata")
		case 25:
			if err := f.want(protowire.BytesType); err != nil {
				return err
			}
			if err := r.item(); err != nil {
				return err
			}
			fn, err := r.function(f.b)
			m.functions = append(m.functions, fn)
			return wrapf(err, "function %d", len(m.functions)-1)
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case m.graph == nil:
		return nil, errors.New("no graph: not an ONNX model")
	}
	return m, nil
}

func parseOpset(f field) (o opset, err error) {
	if err := f.want(protowire.BytesType); err != nil {
		return o, err
	}
	err = eachField(f.b, func(f field) error {
		switch f.num {
		case 1:
			return f.text(&o.domain)
		case 2:
			return f.int(&o.version)
		}
		return nil
	})
	return o, err
}

func (r *reader) graph(b []byte) (*graphProto, error) {
	g := &graphProto{}
	err := eachField(b, func(f field) error {
		switch f.num {
		case 1, 5, 11, 12, 15:
			if err := f.want(protowire.BytesType); err != nil {
				return err
			}
			if err := r.item(); err != nil {
				return err
			}
		}
		switch f.num {
		case 1:
			n, err := r.node(f.b)
			g.nodes = append(g.nodes, n)
			return wrapf(err, "node %d", len(g.nodes)-1)
		case 5:
			t, err := r.tensor(f.b)
			g.initializers = append(g.initializers, t)
			return wrapf(err, "initializer %d", len(g.initializers)-1)
		case 11:
			v, err := r.valueInfo(f.b)
			g.inputs = append(g.inputs, v)
			return wrapf(err, "input %d", len(g.inputs)-1)
		case 12:
			v, err := r.valueInfo(f.b)
			g.outputs = append(g.outputs, v)
			return wrapf(err, "output %d", len(g.outputs)-1)
		case 15:
			g.sparse++
		}
		return nil
	})
	return g, err
}

func (r *reader) function(b []byte) (*functionProto, error) {
	fn := &functionProto{}
	err := eachField(b, func(f field) error {
		switch f.num {
		case 1:
			return f.text(&fn.name)
		case 4:
			return f.texts(r, &fn.inputs)
		case 5:
			return f.texts(r, &fn.outputs)
		case 6:
			return f.texts(r, &fn.attrs)
		case 10:
			return f.text(&fn.domain)
		case 13:
			return f.text(&fn.overload)
		case 7, 9, 11:
			if err := f.want(protowire.BytesType); err != nil {
				return err
			}
			if err := r.item(); err != nil {
				return err
			}
		}
		switch f.num {
		case 7:
			n, err := r.node(f.b)
			fn.nodes = append(fn.nodes, n)
			return wrapf(err, "node %d", len(fn.nodes)-1)
		case 9:
			o, err := parseOpset(f)
			fn.opsets = append(fn.opsets, o)
			return wrap(err, "operator set")
		case 11:
			a, err := r.attribute(f.b)
			fn.defaults = append(fn.defaults, a)
			return wrapf(err, "attribute %d", len(fn.defaults)-1)
		}
		return nil
	})
	return fn, err
}

func (r *reader) node(b []byte) (*node, error) {
	n := &node{}
	err := eachField(b, func(f field) error {
		switch f.num {
		case 1:
			return f.texts(r, &n.inputs)
		case 2:
			return f.texts(r, &n.outputs)
		case 3:
			return f.text(&n.name)
		case 4:
			return f.text(&n.op)
		case 5:
			if err := f.want(protowire.BytesType); err != nil {
				return err
			}
			if err := r.item(); err != nil {
				return err
			}
			a, err := r.attribute(f.b)
			n.attrs = append(n.attrs, a)
			return wrapf(err, "attribute %d", len(n.attrs)-1)
		case 7:
			return f.text(&n.domain)
		case 8:
			return f.text(&n.overload)
		}
		return nil
	})
	return n, err
}

func (r *reader) attribute(b []byte) (a attribute, err error) {
	err = eachField(b, func(f field) error {
		switch f.num {
		case 1:
			return f.text(&a.name)
		case 2:
			a.f = math.Float32frombits(uint32(f.u))
			return f.want(protowire.Fixed32Type)
		case 3:
			return f.int(&a.i)
		case 4:
			return f.bytes(&a.s)
		case 5:
			if err := f.want(protowire.BytesType); err != nil {
				return err
			}
			if err := r.item(); err != nil {
				return err
			}
			var err error
			a.t, err = r.tensor(f.b)
			return wrap(err, "tensor")
		case 7:
			return f.float32s(&a.floats)
		case 8:
			return varints(f, &a.ints)
		case 9:
			return f.texts(r, &a.texts)
		case 20:
			return f.int(&a.typ)
		case 21:
			return f.text(&a.ref)
		case 6, 10, 11, 14, 15, 22, 23: // graphs, lists of tensors, types
			a.other = true
		}
		return nil
	})
	return a, err
}

func (r *reader) tensor(b []byte) (*tensorProto, error) {
	t := &tensorProto{}
	err := eachField(b, func(f field) error {
		switch f.num {
		case 1:
			if len(t.dims)+len(f.b) > maxRankBytes {
				return fmt.Errorf("more than %d dimensions", maxRank)
			}
			return varints(f, &t.dims)
		case 2:
			return f.int(&t.typ)
		case 3:
			t.segment = true
		case 4:
			return f.float32s(&t.floats)
		case 5, 7:
			return varints(f, &t.ints)
		case 6:
			return f.texts(r, &t.texts)
		case 8:
			return f.text(&t.name)
		case 9:
			t.hasRaw = true
			return f.bytes(&t.raw)
		case 10:
			return f.float64s(&t.doubles)
		case 11:
			return varints(f, &t.uints)
		case 13:
			if err := f.want(protowire.BytesType); err != nil {
				return err
			}
			if err := r.item(); err != nil {
				return err
			}
			key, value, err := parseEntry(f.b)
			if t.external == nil {
				t.external = map[string]string{}
			}
			if _, twice := t.external[key]; twice && err == nil {
				err = fmt.Errorf("external data has the key %.40q twice", key)
			}
			t.external[key] = value
			return err
		case 14:
			if f.u == 1 && t.external == nil {
				t.external = map[string]string{}
			}
			return f.want(protowire.VarintType)
		}
		return nil
	})
	return t, err
}

// parseEntry reads a StringStringEntryProto.
func parseEntry(b []byte) (key, value string, err error) {
	err = eachField(b, func(f field) error {
		switch f.num {
		case 1:
			return f.text(&key)
		case 2:
			return f.text(&value)
		}
		return nil
	})
	return key, value, err
}

// valueInfo reads name and, from the type within the type within it, the tensor's shape.
func (r *reader) valueInfo(b []byte) (v valueInfo, err error) {
	inner := func(f field, parse func(field) error) error {
		if err := f.want(protowire.BytesType); err != nil {
			return err
		}
		return eachField(f.b, parse)
	}
	dimension := func(f field) error {
		d := &v.dims[len(v.dims)-1]
		switch f.num {
		case 1:
			return f.int(&d.value)
		case 2:
			return f.text(&d.param)
		}
		return nil
	}
	shape := func(f field) error {
		if f.num != 1 {
			return nil
		}
		if len(v.dims) == maxRank {
			return fmt.Errorf("more than %d dimensions", maxRank)
		}
		if err := r.item(); err != nil {
			return err
		}
		v.dims = append(v.dims, dim{})
		return inner(f, dimension)
	}
	tensor := func(f field) error {
		switch f.num {
		case 1:
			return f.int(&v.typ)
		case 2:
			v.shaped = true
			return inner(f, shape)
		}
		return nil
	}
	err = eachField(b, func(f field) error {
		switch f.num {
		case 1:
			return f.text(&v.name)
		case 2:
			return inner(f, func(f field) error {
				if f.num == 1 {
					return inner(f, tensor)
				}
				return nil
			})
		}
		return nil
	})
	return v, err
}

// wrap puts where before an error.
func wrap(err error, where string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", where, err)
}

func wrapf(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return wrap(err, fmt.Sprintf(format, args...))
}
