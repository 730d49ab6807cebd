package onnx

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// testFunction is a function being written, of the domain "f" that imports the standard set 13.
type testFunction struct {
	name     string
	in, out  []string
	attrs    []string
	defaults []attr
	nodes    []*message
	opset    int64
}

// define returns a function of which body adds the nodes.
func define(name string, in, out []string, body func(f *testFunction)) *testFunction {
	f := &testFunction{name: name, in: in, out: out, opset: 13}
	body(f)
	return f
}

func (f *testFunction) add(domain, op, name string, in, out []string, attrs ...attr) {
	f.nodes = append(f.nodes, nodeMessage(domain, op, name, in, out, attrs...))
}

func (f *testFunction) message() *message {
	m := &message{}
	m.text(1, f.name)
	for _, s := range f.in {
		m.text(4, s)
	}
	for _, s := range f.out {
		m.text(5, s)
	}
	for _, s := range f.attrs {
		m.text(6, s)
	}
	for _, n := range f.nodes {
		m.message(7, n)
	}
	for domain, version := range map[string]int64{"": f.opset, "f": 1} {
		o := &message{}
		o.text(1, domain)
		o.int(2, version)
		m.message(9, o)
	}
	m.text(10, "f")
	for _, a := range f.defaults {
		n := &message{}
		a(n) // as field 5 of a node
		n.parts[0].b[0] = 11<<3 | byte(protowire.BytesType)
		m.parts, m.size = append(m.parts, n.parts...), m.size+n.size
	}
	return m
}

// refAttr is an attribute that the call of a function gives.
func refAttr(name, ref string, typ int64) attr {
	return func(node *message) {
		a := &message{}
		a.text(1, name)
		a.int(20, typ)
		a.text(21, ref)
		node.message(5, a)
	}
}

// withFunctions returns the file of a model with functions.
func withFunctions(m *testModel, functions ...*testFunction) []byte {
	b := m.bytes()
	for _, f := range functions {
		var inner bytes.Buffer
		if err := f.message().writeTo(&inner); err != nil {
			panic(err)
		}
		b = protowire.AppendBytes(protowire.AppendTag(b, 25, protowire.BytesType), inner.Bytes())
	}
	return b
}

func TestFunctions(t *testing.T) {
	leaky := define("leaky", []string{"a"}, []string{"b"}, func(f *testFunction) {
		f.attrs = []string{"slope"}
		f.add("", "LeakyRelu", "inner", []string{"a"}, []string{"b"}, refAttr("alpha", "slope", attrFloat))
	})
	scaled := define("scaled", []string{"a"}, []string{"b"}, func(f *testFunction) {
		f.defaults = []attr{floatAttr("by", 3)}
		f.add("", "Constant", "", nil, []string{"k"}, refAttr("value_float", "by", attrFloat))
		f.add("", "Mul", "", []string{"a", "k"}, []string{"b"})
	})
	both := define("both", []string{"a", "b"}, []string{"s", "a", "s", "other"}, func(f *testFunction) {
		f.add("", "Clip", "", []string{"a", "", "b"}, []string{"s"})
		f.add("", "Neg", "", []string{"a"}, []string{"other"})
	})
	nest := define("nest", []string{"a"}, []string{"b"}, func(f *testFunction) {
		f.add("f", "leaky", "", []string{"a"}, []string{"t"}, floatAttr("slope", 0.5))
		f.add("f", "scaled", "", []string{"t"}, []string{"b"})
	})
	old := define("old", []string{"a"}, []string{"b"}, func(f *testFunction) {
		f.opset = 10 // where the bounds are attributes
		f.add("", "Clip", "", []string{"a"}, []string{"b"}, floatAttr("max", 1))
	})
	x := []float32{-2, -1, 1, 2}
	for _, c := range []struct {
		op    string
		in    []string
		out   []string
		attrs []attr
		want  []float32
	}{
		{"leaky", []string{"x"}, []string{"y"}, []attr{floatAttr("slope", 0.25)}, []float32{-0.5, -0.25, 1, 2}},
		{"leaky", []string{"x"}, []string{"y"}, nil, []float32{-0.02, -0.01, 1, 2}}, // the operator's default
		{"scaled", []string{"x"}, []string{"y"}, nil, []float32{-6, -3, 3, 6}},
		{"scaled", []string{"x"}, []string{"y"}, []attr{floatAttr("by", -1)}, []float32{2, 1, -1, -2}},
		{"nest", []string{"x"}, []string{"y"}, nil, []float32{-3, -1.5, 3, 6}},
		{"both", []string{"x"}, []string{"y"}, nil, x},
		{"both", []string{"x", "one"}, []string{"y"}, nil, []float32{-2, -1, 1, 1}},
		{"both", []string{"x", "one"}, []string{"", "y"}, nil, x},
		{"both", []string{"x", "one"}, []string{"t", "", "y"}, nil, []float32{-2, -1, 1, 1}},
		{"both", []string{"x"}, []string{"", "", "", "y"}, nil, []float32{2, 1, -1, -2}},
		{"old", []string{"x"}, []string{"y"}, nil, []float32{-2, -1, 1, 1}},
	} {
		m := newModel(13)
		m.node1("f", c.op, "call", c.in, c.out, c.attrs...)
		model, err := Load(bytes.NewReader(withFunctions(m, leaky, scaled, both, nest, old)))
		if err != nil {
			t.Errorf("%s: %v", c.op, err)
			continue
		}
		r, err := model.NewRunner(1)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Run(x); err != nil {
			t.Fatal(err)
		}
		if got := r.Floats(0); !slices.Equal(got, c.want) {
			t.Errorf("%s %v to %v: %v, want %v", c.op, c.in, c.out, got, c.want)
		}
	}
}

// TestHostileFunctions has functions that lie.
func TestHostileFunctions(t *testing.T) {
	a, b := []string{"a"}, []string{"b"}
	relu := define("relu", a, b, func(f *testFunction) { f.add("", "Relu", "inner", a, b) })
	functions := []*testFunction{
		relu,
		define("self", a, b, func(f *testFunction) { f.add("f", "self", "again", a, b) }),
		define("ping", a, b, func(f *testFunction) { f.add("f", "pong", "", a, b) }),
		define("pong", a, b, func(f *testFunction) { f.add("f", "ping", "", a, b) }),
		define("outer", a, b, func(f *testFunction) { f.add("", "Add", "", []string{"a", "v"}, b) }), // v is the graph's
		define("overwrites", a, b, func(f *testFunction) { f.add("", "Relu", "", a, a) }),
		define("cycle", a, b, func(f *testFunction) {
			f.add("", "Relu", "", []string{"c"}, b)
			f.add("", "Relu", "", b, []string{"c"})
		}),
		define("twice", []string{"a", "a"}, b, func(f *testFunction) { f.add("", "Relu", "", a, b) }),
		define("unset", a, b, func(f *testFunction) { f.add("", "LeakyRelu", "", a, b, refAttr("alpha", "none", attrFloat)) }),
		define("future", a, b, func(f *testFunction) {
			f.opset = 99
			f.add("", "Relu", "", a, b)
		}),
		define("unknown", a, b, func(f *testFunction) { f.add("", "Conv", "conv", a, b) }),
		define("twoAttrs", a, b, func(f *testFunction) {
			f.attrs = []string{"k"}
			f.add("", "LeakyRelu", "", a, b, refAttr("alpha", "k", attrFloat))
		}),
		define("nothing", a, b, func(*testFunction) {}),
	}
	const levels = 30
	for i := range levels { // 2³⁰ nodes
		next := fmt.Sprint("double", i+1)
		if i == levels-1 {
			next = "relu"
		}
		functions = append(functions, define(fmt.Sprint("double", i), a, b, func(f *testFunction) {
			f.add("f", next, "", a, []string{"t"})
			f.add("f", next, "", []string{"t"}, b)
		}))
	}
	for _, c := range []struct {
		op, want string
		in       []string
		attrs    []attr
	}{
		{"self", "calls itself", []string{"x"}, nil},
		{"ping", "calls itself", []string{"x"}, nil},
		{"double0", "functions stand for more than 131072 nodes, names and attributes", []string{"x"}, nil},
		{"outer", `value "v#1" is not defined before its use`, []string{"x"}, nil},
		{"overwrites", `value "a" of the function is an input, and computed`, []string{"x"}, nil},
		{"cycle", `value "c#1" is not defined before its use`, []string{"x"}, nil},
		{"twice", `input "a" of the function: want a name, and once`, []string{"x", "x"}, nil},
		{"unset", `the function refers to attribute "none", which it does not have`, []string{"x"}, nil},
		{"future", "want opset 7...", []string{"x"}, nil},
		{"unknown", `operator Conv (opset 13), node "conv" of the function f.unknown that node "call" calls: this operator is not supported`, []string{"x"}, nil},
		{"nothing", `output "y": value "y" is not defined`, []string{"x"}, nil},
		{"relu", `operator f.relu, node "call": 2 inputs and 1 outputs: the function has 1 and 1`, []string{"x", "x"}, nil},
		{"relu", "input 0 is missing", nil, nil},
		{"relu", `attribute "alpha": the function has none of that name`, []string{"x"}, []attr{floatAttr("alpha", 1)}},
		{"twoAttrs", "or it is given twice", []string{"x"}, []attr{floatAttr("k", 1), floatAttr("k", 2)}},
		{"missing", `domain "f" is not supported`, []string{"x"}, nil},
	} {
		m := newModel(13)
		m.node1("f", c.op, "call", c.in, []string{"y"}, c.attrs...)
		file := withFunctions(m, functions...)
		var err error
		got := allocated(func() { _, err = Load(bytes.NewReader(file)) })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.op, err, c.want)
		}
		if most := loadLimit(len(file)); got > most {
			t.Errorf("%s: %d bytes allocated for a file of %d, want at most %d", c.op, got, len(file), most)
		}
	}
	m := newModel(13)
	m.node1("f", "relu", "call", []string{"x"}, []string{"y"})
	if _, err := Load(bytes.NewReader(withFunctions(m, relu, relu))); err == nil || !strings.Contains(err.Error(), `function "relu" of domain "f" is defined twice`) {
		t.Errorf("error %v", err)
	}
	m = oneNode(13, "LeakyRelu", []string{"x"}, refAttr("alpha", "slope", attrFloat))
	if _, err := Load(bytes.NewReader(m.bytes())); err == nil || !strings.Contains(err.Error(), `attribute alpha refers to another, "slope", outside of a function`) {
		t.Errorf("error %v", err)
	}
}

// TestConstantInFunction decodes a constant once, however often its function is called.
func TestConstantInFunction(t *testing.T) {
	const n, calls = 1 << 16, 500
	big := define("big", []string{"a"}, []string{"b"}, func(f *testFunction) {
		f.add("", "Constant", "", nil, []string{"k"}, func(node *message) {
			a := &message{}
			a.text(1, "value")
			a.message(5, tensorOf("t", 1, 4*n, n))
			a.int(20, attrTensor)
			node.message(5, a)
		})
		f.add("", "Constant", "", nil, []string{"i"}, intsAttr("value_ints", 1))
		f.add("", "Gather", "", []string{"k", "i"}, []string{"one"}, intAttr("axis", 0))
		f.add("", "Add", "", []string{"a", "one"}, []string{"b"})
	})
	m := newModel(13)
	last := "x"
	for i := range calls {
		next := fmt.Sprint("n", i)
		m.node1("f", "big", next, []string{last}, []string{next})
		last = next
	}
	m.node("Relu", "y", []string{last})
	file := withFunctions(m, big)
	var err error
	got := allocated(func() { _, err = Load(bytes.NewReader(file)) })
	if most := 16 * uint64(len(file)); err != nil || got > most {
		t.Errorf("%d bytes allocated for a file of %d, want at most %d; %v", got, len(file), most, err)
	}
}

// A value of the graph that is called as one within a call would be by its number is another
// value, wherever it is.
func TestInlinedNamesAreNew(t *testing.T) {
	a, b := []string{"a"}, []string{"b"}
	double := define("double", a, b, func(f *testFunction) {
		f.add("", "Identity", "", a, []string{"h"})
		f.add("", "Add", "", []string{"h", "a"}, b)
	})
	for _, place := range []string{"node before", "node after", "initializer"} {
		m := newModel(13)
		want := []float32{-4, -2, 2, 4}
		x := "x"
		switch place {
		case "node before": // -x
			m.node("Neg", "h#1", []string{"x"})
			x = "h#1"
			want = []float32{4, 2, -2, -4}
		case "initializer":
			m.constant("h#1", []float32{0})
		}
		m.node1("f", "double", "call", []string{x}, []string{"d"})
		last := "d"
		switch place {
		case "node after":
			m.node("Identity", "h#1", []string{"d"})
			last = "h#1"
		case "initializer":
			m.node("Add", "h#2", []string{"d", "h#1"})
			last = "h#2"
		}
		m.node("Identity", "y", []string{last})
		model, err := Load(bytes.NewReader(withFunctions(m, double)))
		if err != nil {
			t.Errorf("%s: %v", place, err)
			continue
		}
		r, err := model.NewRunner(1)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Run([]float32{-2, -1, 1, 2}); err != nil {
			t.Fatal(err)
		}
		if got := r.Floats(0); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", place, got, want)
		}
	}
}

// Errors of calls say which version of the function's domain the model imports.
func TestCallErrorNamesOpset(t *testing.T) {
	relu := define("relu", []string{"a"}, []string{"b"}, func(f *testFunction) { f.add("", "Relu", "inner", []string{"a"}, []string{"b"}) })
	for _, c := range []struct{ op, want string }{
		{"relu", `operator f.relu (opset 3), node "call": 2 inputs`},
		{"missing", `operator f.missing (opset 3), node "call": domain "f" is not supported`},
	} {
		m := newModel(13)
		m.node1("f", c.op, "call", []string{"x", "x"}, []string{"y"})
		o := &message{}
		o.text(1, "f")
		o.int(2, 3)
		var text bytes.Buffer
		if err := o.writeTo(&text); err != nil {
			t.Fatal(err)
		}
		file := protowire.AppendBytes(protowire.AppendTag(withFunctions(m, relu), 8, protowire.BytesType), text.Bytes())
		if _, err := Load(bytes.NewReader(file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}
