package onnx

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// TestFloat16 goes through all numbers of binary16, by the definition of IEEE 754.
func TestFloat16(t *testing.T) {
	for h := range 1 << 16 {
		sign, exp, frac := 1.0, h>>10&31, float64(h&1023)/1024
		if h>>15 == 1 {
			sign = -1
		}
		want := 0.0
		switch exp {
		case 0:
			want = math.Copysign(frac*math.Exp2(-14), sign)
		case 31:
			want = math.Inf(int(sign))
			if frac != 0 {
				want = math.NaN()
			}
		default:
			want = sign * (1 + frac) * math.Exp2(float64(exp-15))
		}
		got := fromFloat16(uint16(h))
		if math.Float32bits(got) != math.Float32bits(float32(want)) && (got == got || want == want) {
			t.Fatalf("%#04x gives %g, want %g", h, got, want)
		}
	}
}

// TestTensorTypes reads one tensor of each type in raw data and in the list for its type, packed
// and one by one.
func TestTensorTypes(t *testing.T) {
	lists := map[dtype]protowire.Number{
		dtFloat: 4, dtDouble: 10, dtFloat16: 5, dtBfloat16: 5, dtInt8: 5, dtUint8: 5, dtInt16: 5, dtUint16: 5, dtInt32: 5, dtBool: 5,
		dtInt64: 7, dtUint32: 11, dtUint64: 11, dtString: 6,
	}
	type form struct {
		name  string
		write func(m *message, d dtype, bits []uint64)
	}
	forms := []form{
		{"raw", func(m *message, d dtype, bits []uint64) {
			var b []byte
			for _, v := range bits {
				for i := range d.size() {
					b = append(b, byte(v>>(8*i)))
				}
			}
			m.bytes(protowire.AppendBytes(protowire.AppendTag(nil, 9, protowire.BytesType), b))
		}},
		{"packed", func(m *message, d dtype, bits []uint64) {
			var b []byte
			for _, v := range bits {
				switch d {
				case dtFloat:
					b = protowire.AppendFixed32(b, uint32(v))
				case dtDouble:
					b = protowire.AppendFixed64(b, v)
				default:
					b = protowire.AppendVarint(b, v)
				}
			}
			m.bytes(protowire.AppendBytes(protowire.AppendTag(nil, lists[d], protowire.BytesType), b))
		}},
		{"single", func(m *message, d dtype, bits []uint64) {
			for _, v := range bits {
				switch d {
				case dtFloat:
					m.bytes(protowire.AppendFixed32(protowire.AppendTag(nil, lists[d], protowire.Fixed32Type), uint32(v)))
				case dtDouble:
					m.bytes(protowire.AppendFixed64(protowire.AppendTag(nil, lists[d], protowire.Fixed64Type), v))
				default:
					m.bytes(protowire.AppendVarint(protowire.AppendTag(nil, lists[d], protowire.VarintType), v))
				}
			}
		}},
	}
	minus := ^uint64(0) // -1 in every width
	for _, c := range []struct {
		d    dtype
		bits []uint64
		f    []float32
		i    []int64
	}{
		{dtFloat, []uint64{0x3fc00000, 0xff800000}, []float32{1.5, float32(math.Inf(-1))}, nil},
		{dtDouble, []uint64{0x3ff8000000000000, math.Float64bits(0.1)}, []float32{1.5, 0.1}, nil},
		{dtFloat16, []uint64{0x3e00, 0xc000}, []float32{1.5, -2}, nil},
		{dtBfloat16, []uint64{0x3fc0, 0xc000}, []float32{1.5, -2}, nil},
		{dtInt8, []uint64{7, minus}, nil, []int64{7, -1}},
		{dtInt16, []uint64{300, minus}, nil, []int64{300, -1}},
		{dtInt32, []uint64{70000, minus}, nil, []int64{70000, -1}},
		{dtInt64, []uint64{1 << 40, minus}, nil, []int64{1 << 40, -1}},
		{dtUint8, []uint64{7, 255}, nil, []int64{7, 255}},
		{dtUint16, []uint64{7, 65535}, nil, []int64{7, 65535}},
		{dtUint32, []uint64{7, 1<<32 - 1}, nil, []int64{7, 1<<32 - 1}},
		{dtUint64, []uint64{7, 1 << 62}, nil, []int64{7, 1 << 62}},
		{dtBool, []uint64{0, 1}, nil, []int64{0, 1}},
	} {
		for _, form := range forms {
			m := &message{}
			m.int(1, 2)
			m.int(2, int64(c.d))
			form.write(m, c.d, c.bits)
			m.int(999, 5) // a field of a later version
			var b bytes.Buffer
			if err := m.writeTo(&b); err != nil {
				t.Fatal(err)
			}
			p, err := (&reader{}).tensor(b.Bytes())
			if err != nil {
				t.Errorf("%v, %s: %v", c.d, form.name, err)
				continue
			}
			v, err := p.constant(nil)
			if err != nil {
				t.Errorf("%v, %s: %v", c.d, form.name, err)
				continue
			}
			if !reflect.DeepEqual(v.f, c.f) || !reflect.DeepEqual(v.i, c.i) || !reflect.DeepEqual(v.shape, []int{2}) {
				t.Errorf("%v, %s: %v %v of shape %v, want %v %v", c.d, form.name, v.f, v.i, v.shape, c.f, c.i)
			}
			p.dims[0] = 3
			if _, err := p.constant(nil); err == nil {
				t.Errorf("%v, %s: two elements are taken for three", c.d, form.name)
			}
		}
	}
	if _, err := (&tensorProto{typ: int64(dtUint64), dims: []int64{1}, uints: []uint64{1 << 63}}).constant(nil); err == nil {
		t.Error("2⁶³ is taken for an int64")
	}
	if _, err := (&tensorProto{typ: int64(dtInt64), dims: []int64{1}, ints: []int64{rowsSymbol}}).constant(nil); err == nil {
		t.Error("the symbol for rows is taken from a file")
	}
}

// TestExternal keeps a model's external data within its folder.
func TestExternal(t *testing.T) {
	outer := t.TempDir()
	dir := filepath.Join(outer, "model")
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 48) // of a matrix (4, 3)
	for i := range data {
		data[i] = byte(i)
	}
	for _, path := range []string{filepath.Join(dir, "w.bin"), filepath.Join(dir, "sub", "w.bin"), filepath.Join(outer, "secret.bin")} {
		if err := os.WriteFile(path, append(make([]byte, 16), data...), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	links := os.Symlink(filepath.Join(outer, "secret.bin"), filepath.Join(dir, "link.bin")) == nil &&
		os.Symlink(outer, filepath.Join(dir, "out")) == nil && os.Symlink("w.bin", filepath.Join(dir, "inner.bin")) == nil
	for _, c := range []struct {
		entries []string // key, value, ...
		want    string   // "" if it is fine
		link    bool
	}{
		{[]string{"location", "w.bin", "offset", "16", "length", "48"}, "", false},
		{[]string{"location", "w.bin", "offset", "16"}, "", false},
		{[]string{"location", "sub/w.bin", "offset", "16"}, "", false},
		{[]string{"location", "inner.bin", "offset", "16"}, "", true},
		{[]string{"location", "w.bin", "offset", "16", "checksum", "anything"}, "", false},
		{[]string{"location", "link.bin", "offset", "16"}, "external data", true},
		{[]string{"location", "out/secret.bin", "offset", "16"}, "external data", true},
		{[]string{"location", "../secret.bin", "offset", "16"}, "want a path within the model's folder", false},
		{[]string{"location", "sub/../w.bin", "offset", "16"}, "want a path within the model's folder", false},
		{[]string{"location", `sub\..\..\secret.bin`, "offset", "16"}, "want a path within the model's folder", false},
		{[]string{"location", filepath.Join(outer, "secret.bin"), "offset", "16"}, "want a path within the model's folder", false},
		{[]string{"location", "sub"}, "want a regular file", false},
		{[]string{"location", "nothing.bin"}, "nothing.bin", false},
		{[]string{"offset", "16"}, "no location", false},
		{[]string{"location", "w.bin", "offset", "17"}, "has 64 bytes: want 48 at offset 17", false},
		{[]string{"location", "w.bin", "offset", "9223372036854775807"}, "has 64 bytes", false},
		{[]string{"location", "w.bin", "offset", "-1"}, `offset "-1"`, false},
		{[]string{"location", "w.bin", "offset", "99999999999999999999"}, "offset", false},
		{[]string{"location", "w.bin", "offset", "16", "length", "44"}, "length 44: the tensor's shape wants 48", false},
		{[]string{"location", "w.bin", "location", "sub/w.bin"}, `key "location" twice`, false},
	} {
		if c.link && !links {
			t.Log("no symbolic links here: ", c.entries)
			continue
		}
		tensor := &message{}
		tensor.int(1, 4)
		tensor.int(1, 3)
		tensor.int(2, int64(dtFloat))
		tensor.text(8, "external")
		tensor.int(14, 1)
		for i := 0; i < len(c.entries); i += 2 {
			e := &message{}
			e.text(1, c.entries[i])
			e.text(2, c.entries[i+1])
			tensor.message(13, e)
		}
		m := newModel(13)
		m.graph.message(5, tensor)
		m.node("MatMul", "y", []string{"x", "external"})
		path := filepath.Join(dir, "m.onnx")
		if err := os.WriteFile(path, m.bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		model, err := LoadFile(path)
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "onnx: "+path) {
				t.Errorf("%q: error %v, want %q in it", c.entries, err, c.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", c.entries, err)
			continue
		}
		n, err := model.Network()
		if err != nil {
			t.Fatal(err)
		}
		if w, _ := n.Layer(0); math.Float32bits(w[1]) != 0x07060504 {
			t.Errorf("%q: weight 1 is %#x", c.entries, math.Float32bits(w[1]))
		}
		if _, err := Load(bytes.NewReader(m.bytes())); err == nil || !strings.Contains(err.Error(), "only LoadFile knows") {
			t.Errorf("%q: Load: %v", c.entries, err)
		}
	}
}

// TestManyExternal opens no more files than it may.
func TestManyExternal(t *testing.T) {
	dir := t.TempDir()
	m := newModel(13)
	last := "x"
	for i := range maxDataFiles + 1 {
		name := strconv.Itoa(i)
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, 4), 0o644); err != nil {
			t.Fatal(err)
		}
		tensor, e := &message{}, &message{}
		e.text(1, "location")
		e.text(2, name)
		tensor.int(2, int64(dtFloat))
		tensor.text(8, name)
		tensor.message(13, e)
		tensor.int(14, 1)
		m.graph.message(5, tensor)
		last = m.node("Add", "n"+name, []string{last, name})
	}
	m.node("Identity", "y", []string{last})
	path := filepath.Join(dir, "m.onnx")
	if err := os.WriteFile(path, m.bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadFile(path); err == nil || !strings.Contains(err.Error(), "more than 256 files") {
		t.Errorf("error %v", err)
	}
}

// TestSharedExternal has tensors that share the bytes of a data file: a few may, many would
// make gigabytes of megabytes.
func TestSharedExternal(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "w.bin"), make([]byte, 64<<10), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		tensors int
		want    string
	}{{4, ""}, {5, `"./w.bin": tensors share its bytes, and take more than 4 times its size together`}} {
		m := newModel(13)
		last := m.node("MatMul", "in", []string{"x", "w"})
		for i := range c.tensors {
			name := strconv.Itoa(i)
			tensor, e := &message{}, &message{}
			e.text(1, "location")
			e.text(2, []string{"./w.bin", "w.bin"}[i%2]) // one file
			tensor.int(1, 16<<10)
			tensor.int(2, int64(dtFloat))
			tensor.text(8, name)
			tensor.message(13, e)
			tensor.int(14, 1)
			m.graph.message(5, tensor)
			g := m.node("Gather", "g"+name, []string{name, "j"}, intAttr("axis", 0))
			s := m.node("ReduceSum", "s"+name, []string{g}, intAttr("keepdims", 0))
			last = m.node("Add", "a"+name, []string{last, s})
		}
		m.node("Identity", "y", []string{last})
		path := filepath.Join(dir, "m.onnx")
		if err := os.WriteFile(path, m.bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := LoadFile(path)
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d tensors: error %v, want %q in it", c.tensors, err, c.want)
		}
	}
}

func TestLoadFileErrors(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "missing.onnx"): "no such file",
		dir:                                "a directory: want a regular file",
	} {
		if _, err := LoadFile(path); err == nil || !strings.HasPrefix(err.Error(), "onnx: "+path+": ") || !strings.Contains(err.Error(), want) && want != "no such file" {
			t.Errorf("%s: error %v, want %q in it", path, err, want)
		}
	}
}
