package onnx

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// Models of a few lines, for tests of what the scripts in testdata cannot write.

// testModel is a model being written.
type testModel struct {
	graphWriter
	opset, ml int64
}

// node1 is a node with everything open.
func (m *testModel) node1(domain, op, name string, in, out []string, attrs ...attr) {
	m.graph.message(1, nodeMessage(domain, op, name, in, out, attrs...))
}

func nodeMessage(domain, op, name string, in, out []string, attrs ...attr) *message {
	n := &message{}
	for _, s := range in {
		n.text(1, s)
	}
	for _, s := range out {
		n.text(2, s)
	}
	n.text(3, name)
	n.text(4, op)
	for _, a := range attrs {
		a(n)
	}
	n.text(7, domain)
	return n
}

// ints adds an initializer of int64.
func (m *testModel) ints(name string, v ...int64) string {
	t := &message{}
	t.int(1, int64(len(v)))
	t.int(2, int64(dtInt64))
	for _, x := range v {
		t.int(7, x)
	}
	t.text(8, name)
	m.graph.message(5, t)
	return name
}

func textAttr(name, v string) attr {
	return func(node *message) {
		a := &message{}
		a.text(1, name)
		a.text(4, v)
		a.int(20, attrString)
		node.message(5, a)
	}
}

func intsAttr(name string, v ...int64) attr {
	return func(node *message) {
		a := &message{}
		a.text(1, name)
		for _, x := range v {
			a.int(8, x)
		}
		a.int(20, attrInts)
		node.message(5, a)
	}
}

func floatsAttr(name string, v ...float32) attr {
	return func(node *message) {
		a := &message{}
		a.text(1, name)
		a.rawFloats(7, v)
		a.int(20, attrFloats)
		node.message(5, a)
	}
}

// bytes returns the file.
func (m *testModel) bytes() []byte {
	model := &message{}
	model.int(1, 8)
	model.message(7, &m.graph)
	for domain, version := range map[string]int64{"": m.opset, mlDomain: m.ml} {
		if version > 0 {
			o := &message{}
			o.text(1, domain)
			o.int(2, version)
			model.message(8, o)
		}
	}
	var b bytes.Buffer
	if err := model.writeTo(&b); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// oneNode returns a model of x (rows, 4) and a node that makes y of it. Constants w (4, 3),
// m (4, 4), v (4), one () and the int64 lists i (2) and j (0, 1) are there to be used.
func oneNode(opset int64, op string, in []string, attrs ...attr) *testModel {
	m := newModel(opset)
	m.node1("", op, "the node", in, []string{"y"}, attrs...)
	return m
}

func newModel(opset int64) *testModel {
	m := &testModel{opset: opset, ml: 3}
	m.tensorInfo(11, "x", 4)
	y := &message{} // an output may leave its type to be inferred
	y.text(1, "y")
	m.graph.message(12, y)
	m.constant("w", make([]float32, 12), 4, 3)
	m.constant("m", make([]float32, 16), 4, 4)
	m.constant("v", []float32{1, 2, 3, 4}, 4)
	m.constant("one", []float32{1})
	m.ints("i", 2)
	m.ints("j", 0, 1)
	m.ints("last", -1)
	return m
}

// TestRefused wants errors that name the operator, the node and the version.
func TestRefused(t *testing.T) {
	x := []string{"x"}
	for _, c := range []struct {
		m    *testModel
		want string // in the error, beside operator, node and opset
	}{
		{oneNode(13, "Conv", []string{"x", "w"}), "not supported"},
		{oneNode(13, "LSTM", x), "not supported"},
		{oneNode(13, "Loop", x), "not supported"},
		{oneNode(13, "Gelu", x), "exists from opset 20 on"},
		{oneNode(23, "Swish", x), "exists from opset 24 on"},
		{oneNode(23, "Attention", x), "not supported"},
		{oneNode(13, "LayerNormalization", []string{"x", "v"}), "exists from opset 17 on"},
		{oneNode(13, "Gemm", x), "1 inputs: want 2...3"},
		{oneNode(9, "Gemm", []string{"x", "w"}), "input C is missing"},
		{oneNode(13, "Gemm", []string{"x", "x"}), "both operands depend"},
		{oneNode(13, "Gemm", []string{"x", "m", "w"}), "broadcast"},
		{oneNode(13, "Gemm", []string{"x", "w"}, intAttr("transA", 1)), "rows would mix"},
		{oneNode(13, "Gemm", []string{"x", "w"}, intAttr("transB", 1)), "do not match"},
		{oneNode(13, "Gemm", []string{"m", "x"}), "transB false with shape [rows 4]: rows would mix"},
		{oneNode(13, "Gemm", []string{"x", "w"}, intAttr("broadcast", 1)), `attribute "broadcast" is not supported`},
		{oneNode(13, "Gemm", []string{"x", "w"}, floatAttr("transB", 1)), "attribute transB is of type 1: want 2"},
		{oneNode(13, "Gemm", []string{"x", "v"}), "want 2 dimensions"},
		{oneNode(13, "MatMul", []string{"w", "x"}), "rows would mix"},
		{oneNode(13, "MatMul", []string{"x", "i"}), "integer elements"},
		{oneNode(13, "Add", []string{"x", "w"}), "does not broadcast along the rows"},
		{oneNode(13, "Add", []string{"x", "missing"}), `value "missing" is not defined before its use`},
		{oneNode(13, "Add", []string{"x", ""}), "input 1 is missing"},
		{oneNode(13, "Softmax", x, intAttr("axis", 0)), "rows would mix"},
		{oneNode(13, "Softmax", x, intAttr("axis", 2)), "axis 2: a tensor of shape [rows 4] wants -2...1"},
		{oneNode(9, "Softmax", x, intAttr("axis", -1)), "negative ones exist from opset 11 on"},
		{oneNode(13, "Reshape", []string{"x", "i"}), "rows would mix"},
		{oneNode(13, "Reshape", []string{"x", "x"}), "should be constant"},
		{oneNode(13, "Transpose", x, intsAttr("perm", 0, 0)), "want each of 0...1 once"},
		{oneNode(13, "Transpose", x), "want rows first"},
		{oneNode(13, "Concat", []string{"x", "x"}, intAttr("axis", 0)), "rows would mix"},
		{oneNode(13, "Concat", []string{"x", "x"}), "want attribute axis"},
		{oneNode(13, "ReduceMean", x), "rows would mix"},
		{oneNode(13, "ReduceMean", x, intsAttr("axes", 0)), "rows would mix"},
		{oneNode(13, "Squeeze", []string{"x", "j"}), "rows would mix"},
		{oneNode(13, "Unsqueeze", []string{"x", "j"}), "want rows first"},
		{oneNode(13, "Flatten", x, intAttr("axis", 0)), "rows would mix"},
		{oneNode(13, "Gather", []string{"x", "j"}), "rows would mix"},
		{oneNode(13, "Gather", []string{"x", "j"}, intAttr("axis", 7)), "axis 7"},
		{oneNode(13, "Gather", []string{"w", "j"}, intAttr("axis", 0)), "does not depend on the inputs"},
		{oneNode(9, "Gather", []string{"x", "last"}, intAttr("axis", 1)), "index -1 into a dimension of 4"},
		{oneNode(13, "Cast", x, intAttr("to", 8)), "from floating-point to string"},
		{oneNode(13, "Cast", x, intAttr("to", 99)), "type 99"},
		{oneNode(13, "Dropout", []string{"x", "one", "one"}), "training_mode"},
		{oneNode(13, "Clip", []string{"x", "v"}), "want one number"},
		{oneNode(9, "Clip", []string{"x", "one"}), "2 inputs: want 1...1"},
		{oneNode(13, "Slice", []string{"x"}), "want starts and ends"},
		{oneNode(9, "Slice", x, intsAttr("ends", 1)), "want starts and ends"},
		{oneNode(9, "Squeeze", []string{"x", "j"}), "2 inputs: want 1...1"},
		{oneNode(13, "BatchNormalization", []string{"x", "v", "v", "v", "one"}), "want [4]"},
		{oneNode(14, "BatchNormalization", []string{"x", "v", "v", "v", "v"}, intAttr("training_mode", 1)), "training_mode 1"},
		{oneNode(17, "LayerNormalization", []string{"x", "v"}, floatAttr("epsilon", -1)), "epsilon -1"},
		{oneNode(20, "Gelu", x, textAttr("approximate", "quick")), `approximate "quick"`},
		{oneNode(13, "Constant", nil), "want attribute value"},
		{oneNode(13, "Identity", []string{"w"}), "does not depend on the inputs"},
	} {
		_, err := Load(bytes.NewReader(c.m.bytes()))
		if err == nil {
			t.Errorf("no error, want one with %q", c.want)
			continue
		}
		for _, part := range []string{"onnx: ", c.want} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("error %q: want %q in it", err, part)
			}
		}
		if !strings.HasPrefix(err.Error(), "onnx: operator ") && !strings.HasPrefix(err.Error(), "onnx: output ") {
			t.Errorf("error %q: want the operator first", err)
		}
		if strings.HasPrefix(err.Error(), "onnx: operator ") && (!strings.Contains(err.Error(), `node "the node"`) || !strings.Contains(err.Error(), fmt.Sprintf("opset %d", c.m.opset))) {
			t.Errorf("error %q: want the node's name and the opset in it", err)
		}
	}
}

// TestMLRefused is TestRefused for the other domain.
func TestMLRefused(t *testing.T) {
	for _, c := range []struct {
		op    string
		in    []string
		attrs []attr
		want  string
	}{
		{"TreeEnsembleClassifier", []string{"x"}, nil, "not supported"},
		{"Scaler", []string{"x"}, []attr{floatsAttr("offset", 1, 2), floatsAttr("scale", 1)}, "2 offsets and 1 scales: want 4 or 1"},
		{"Normalizer", []string{"x"}, []attr{textAttr("norm", "L3")}, `norm "L3"`},
		{"LinearClassifier", []string{"x"}, []attr{floatsAttr("coefficients", make([]float32, 7)...), floatsAttr("intercepts", 1, 2)}, "7 coefficients and 2 intercepts"},
		{"LinearClassifier", []string{"x"}, []attr{floatsAttr("coefficients", make([]float32, 8)...), floatsAttr("intercepts", 1, 2), intsAttr("classlabels_ints", 1, 2, 3)}, "2 rows of coefficients for 3 classes"},
		{"LinearClassifier", []string{"x"}, []attr{floatsAttr("coefficients", make([]float32, 8)...), floatsAttr("intercepts", 1, 2), intsAttr("classlabels_ints", 1, 2), textAttr("post_transform", "PROBIT")}, "PROBIT"},
		{"LinearRegressor", []string{"x"}, []attr{intAttr("targets", -1)}, "targets -1"},
		{"ZipMap", []string{"x"}, nil, "classlabels"},
		{"FeatureVectorizer", []string{"x", "x"}, []attr{intsAttr("inputdimensions", 4)}, "1 inputdimensions for 2 inputs"},
		{"FeatureVectorizer", []string{"x", "x"}, []attr{intsAttr("inputdimensions", 4, 3)}, "input 1 of shape [rows 4]"},
		{"FeatureVectorizer", []string{"x", ""}, nil, "an input is missing"},
		{"FeatureVectorizer", []string{"x", "v"}, nil, "input 1 of shape [4]"},
		{"Imputer", []string{"x"}, nil, "not supported"},
		{"OneHotEncoder", []string{"x"}, nil, "not supported"},
		{"ArrayFeatureExtractor", []string{"x", "i"}, nil, ""},
		{"ArrayFeatureExtractor", []string{"x", "x"}, nil, "depend"},
	} {
		m := newModel(13)
		m.node1(mlDomain, c.op, "the node", c.in, []string{"y"}, c.attrs...)
		_, err := Load(bytes.NewReader(m.bytes()))
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.op, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%s: no error, want one with %q", c.op, c.want)
			continue
		}
		for _, part := range []string{"onnx: operator ai.onnx.ml." + c.op + " (opset 3), node \"the node\": ", c.want} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("error %q: want %q in it", err, part)
			}
		}
	}
}

// named is a file that must be refused, and what the error must hold.
type named struct {
	name string
	file []byte
	want string
}

// tensorOf returns an initializer of so many bytes of raw data.
func tensorOf(name string, typ int64, raw int, dims ...int64) *message {
	t := &message{}
	for _, d := range dims {
		t.int(1, d)
	}
	t.int(2, typ)
	t.text(8, name)
	t.bytes(protowire.AppendBytes(protowire.AppendTag(nil, 9, protowire.BytesType), make([]byte, raw)))
	return t
}

// hostile returns files that lie.
func hostile() []named {
	var list []named
	add := func(name, want string, m *testModel) { list = append(list, named{name, m.bytes(), want}) }
	init := func(t *message) *testModel {
		m := newModel(13)
		m.graph.message(5, t)
		m.node("Add", "y", []string{"x", "t"})
		return m
	}
	add("size", "wants 16 bytes of raw data, not 12", init(tensorOf("t", 1, 12, 4)))
	add("giant", "more than 268435456 elements", init(tensorOf("t", 1, 12, 1<<30, 1<<30, 1<<30)))
	add("overflow", "dimension 4611686018427387904: want", init(tensorOf("t", 1, 16, 1<<62, 4)))
	add("negative", "dimension -1: want", init(tensorOf("t", 1, 4, -1)))
	add("rank", "9 dimensions", init(tensorOf("t", 1, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1)))
	add("type", "elements of complex64", init(tensorOf("t", 14, 8, 1)))
	add("quantised", "elements of int4", init(tensorOf("t", 22, 8, 16)))
	add("twice", `initializer "t": want a name, and once`, func() *testModel {
		m := init(tensorOf("t", 1, 4, 1))
		m.graph.message(5, tensorOf("t", 1, 4, 1))
		return m
	}())

	cycle := newModel(13)
	cycle.node("Relu", "a", []string{"b"})
	cycle.node("Relu", "b", []string{"a"})
	cycle.node("Add", "y", []string{"x", "a"})
	add("cycle", `value "b" is not defined before its use`, cycle)
	self := newModel(13)
	self.node("Add", "y", []string{"x", "y"})
	add("self", `value "y" is not defined`, self)
	again := newModel(13)
	again.node("Relu", "y", []string{"x"})
	again.node("Relu", "y", []string{"x"})
	add("defined twice", `value "y" is defined twice`, again)
	nothing := newModel(13)
	add("no node", `output "y": value "y" is not defined`, nothing)
	old := newModel(6)
	old.node("Relu", "y", []string{"x"})
	add("old", "opset 6 of domain \"\": want 7...25", old)
	young := newModel(26)
	young.node("Relu", "y", []string{"x"})
	add("young", "opset 26 of domain \"\": want 7...25", young)
	foreign := newModel(13)
	foreign.node1("com.example", "Relu", "the node", []string{"x"}, []string{"y"})
	add("domain", `operator com.example.Relu, node "the node": domain "com.example" is not supported`, foreign)

	// Constants of constants: each doubling fits, all together do not.
	growing := newModel(13)
	last := "v"
	for i := range 40 {
		last = growing.node("Concat", fmt.Sprint("c", i), []string{last, last}, intAttr("axis", 0))
	}
	growing.node("Add", "y", []string{"x", last})
	add("growing constant", "the file's constants are too few", growing)
	// Rows that grow by broadcasting.
	wide := newModel(13)
	row := wide.node("Unsqueeze", "u", []string{"x", wide.ints("two", 2)})
	for i := range 14 {
		row = wide.node("Concat", fmt.Sprint("c", i), []string{row, row}, intAttr("axis", 2))
	}
	flat := wide.node("Flatten", "f", []string{row})
	up := wide.node("Unsqueeze", "up", []string{flat, "two"})
	down := wide.node("Unsqueeze", "down", []string{flat, wide.ints("1", 1)})
	wide.node("Mul", "y", []string{up, down})
	add("growing rows", "of shape", wide)
	// One matrix multiplied with itself many times.
	work := newModel(13)
	work.constant("big", make([]float32, 128*128), 128, 128)
	last = "big"
	for i := range 200 {
		last = work.node("MatMul", fmt.Sprint("p", i), []string{last, "big"})
	}
	work.node("Add", "y", []string{"x", last})
	add("work", "constants", work)

	many := newModel(13)
	for range maxItems {
		many.graph.text(1, "")
	}
	many.node("Relu", "y", []string{"x"})
	add("many", "more than 262144 nodes", many)

	good := oneNode(13, "Relu", []string{"x"}).bytes()
	list = append(list,
		named{"empty", nil, "no graph"},
		named{"text", []byte("hello"), "damaged, or not an ONNX model: "},
		named{"truncated", good[:len(good)-30], "damaged, or not an ONNX model: "},
		named{"varint", []byte{0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, ""},
		named{"length", []byte{0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2}, ""},
		named{"groups", bytes.Repeat([]byte{0x0b}, 1<<20), ""},
		named{"two graphs", append(append([]byte(nil), good...), good...), "more than one graph"},
	)
	return list
}

func TestHostile(t *testing.T) {
	for _, c := range hostile() {
		var err error
		got := allocated(func() { _, err = Load(bytes.NewReader(c.file)) })
		if err == nil {
			t.Errorf("%s: no error, want one with %q", c.name, c.want)
			continue
		}
		if !strings.HasPrefix(err.Error(), "onnx: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %q, want %q in it", c.name, err, c.want)
		}
		if most := loadLimit(len(c.file)); got > most {
			t.Errorf("%s: %d bytes allocated for a file of %d, want at most %d", c.name, got, len(c.file), most)
		}
	}
}

// TestFoldedWork has products of constants that take long and leave little.
func TestFoldedWork(t *testing.T) {
	if testing.Short() {
		t.Skip("maxFoldWork multiplications: not with -short, under emulation")
	}
	m := newModel(13)
	m.constant("a", make([]float32, 64*16384), 64, 16384)
	m.constant("b", make([]float32, 64*16384), 16384, 64)
	last := ""
	for i := range 20 {
		p := m.node("MatMul", fmt.Sprint("p", i), []string{"a", "b"})
		if last == "" {
			last = p
		} else {
			last = m.node("Add", fmt.Sprint("s", i), []string{last, p})
		}
	}
	m.node("Add", "y", []string{"x", last})
	if _, err := Load(bytes.NewReader(m.bytes())); err == nil || !strings.Contains(err.Error(), "take too long") {
		t.Errorf("error %v", err)
	}
}

// TestTruncated cuts a file at every byte: it gives an error or, where only what is not
// needed is lost, a model; never a panic.
func TestTruncated(t *testing.T) {
	whole := oneNode(13, "Gemm", []string{"x", "w", "one"}, floatAttr("alpha", 2)).bytes()
	failed := 0
	for n := range whole {
		if _, err := Load(bytes.NewReader(whole[:n])); err != nil {
			failed++
		}
	}
	if failed < len(whole)-40 { // the list of operator sets is at the end
		t.Errorf("%d of %d truncated files are refused", failed, len(whole))
	}
}
