package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// raw joins a header, as it stands, and data to a file.
func raw(header string, data ...byte) []byte {
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	file = append(file, header...)
	return append(file, data...)
}

// one is a header with one entry.
func one(dtype, shape, offsets string) string {
	return `{"a":{"dtype":"` + dtype + `","shape":` + shape + `,"data_offsets":` + offsets + `}}`
}

// nested returns a header whose value under an unknown field makes levels levels of
// nesting, the header's object and the tensor's included.
func nested(levels int) string {
	return `{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"x":` +
		strings.Repeat("[", levels-2) + strings.Repeat("]", levels-2) + `}}`
}

// golden is a file put together by hand from the format's rules, not by Write.
const golden = "\x38\x01\x00\x00\x00\x00\x00\x00" + // 312 bytes of header: 308 and padding
	`{"__metadata__":{"<&>":"a/b` + "\u2028" + `é","format":"pt","q":"\"\\\b\f\n\r\t\u0001\u001f` + "\x7f" + `"},` +
	`"steps":{"dtype":"I64","shape":[],"data_offsets":[0,8]},` +
	`"":{"dtype":"F32","shape":[0,3],"data_offsets":[8,8]},` +
	`"w<0>":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]},` +
	`"m":{"dtype":"BOOL","shape":[3],"data_offsets":[16,19]}}` + "    " +
	"\x07\x00\x00\x00\x00\x00\x00\x00" + // 7
	"\x00\x00\xc0\x3f" + "\x00\x00\x00\xc0" + // 1.5, -2
	"\x01\x00\x01"

func goldenInput() ([]Tensor, map[string]string) {
	return []Tensor{
			{Name: "m", DType: "BOOL", Shape: []int{3}, Data: []byte{1, 0, 1}},
			NewFloat32("w<0>", []int{2, 1}, []float32{1.5, -2}),
			{Name: "steps", DType: "I64", Data: []byte{7, 0, 0, 0, 0, 0, 0, 0}},
			NewFloat32("", []int{0, 3}, nil),
		}, map[string]string{
			"q":      "\"\\\b\f\n\r\t\x01\x1f\x7f",
			"format": "pt",
			"<&>":    "a/b\u2028é",
		}
}

func write(t testing.TB, tensors []Tensor, metadata map[string]string) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := Write(&buf, tensors, metadata); err != nil {
		t.Fatalf("Write: %v", err)
	}
	return buf.Bytes()
}

func TestWriteGolden(t *testing.T) {
	tensors, metadata := goldenInput()
	before := slices.Clone(tensors)
	if got := write(t, tensors, metadata); string(got) != golden {
		t.Errorf("Write:\n got %q\nwant %q", got, golden)
	}
	if !reflect.DeepEqual(tensors, before) {
		t.Errorf("Write changed its input: %v, was %v", tensors, before)
	}
	for _, c := range []struct {
		name     string
		tensors  []Tensor
		metadata map[string]string
		want     string
	}{
		{"nothing", nil, nil, "\x08\x00\x00\x00\x00\x00\x00\x00{}      "},
		{"empty metadata", nil, map[string]string{}, "\x18\x00\x00\x00\x00\x00\x00\x00" + `{"__metadata__":{}}     `},
		{"metadata only", nil, map[string]string{"framework": "pt"}, "\x28\x00\x00\x00\x00\x00\x00\x00" + `{"__metadata__":{"framework":"pt"}}     `},
		{"no padding", nil, map[string]string{"format": "pt"}, "\x20\x00\x00\x00\x00\x00\x00\x00" + `{"__metadata__":{"format":"pt"}}`},
		{"padding of one", []Tensor{NewFloat32("abcdef", []int{1, 2, 1}, []float32{0, 1})}, nil,
			"\x40\x00\x00\x00\x00\x00\x00\x00" + `{"abcdef":{"dtype":"F32","shape":[1,2,1],"data_offsets":[0,8]}} ` + "\x00\x00\x00\x00\x00\x00\x80\x3f"},
	} {
		if got := write(t, c.tensors, c.metadata); string(got) != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestParseGolden(t *testing.T) {
	f, err := Parse([]byte(golden))
	if err != nil {
		t.Fatal(err)
	}
	_, metadata := goldenInput()
	if !reflect.DeepEqual(f.Metadata, metadata) {
		t.Errorf("metadata %q, want %q", f.Metadata, metadata)
	}
	var names []string
	for _, tensor := range f.Tensors {
		names = append(names, tensor.Name)
	}
	if want := []string{"steps", "", "w<0>", "m"}; !slices.Equal(names, want) {
		t.Errorf("order %q, want %q", names, want)
	}
	values, shape, err := f.Float32("w<0>")
	if err != nil || !slices.Equal(values, []float32{1.5, -2}) || !slices.Equal(shape, []int{2, 1}) {
		t.Errorf("Float32: %v, %v, %v, want [1.5 -2], [2 1]", values, shape, err)
	}
	if values, shape, err := f.Float32(""); err != nil || len(values) != 0 || !slices.Equal(shape, []int{0, 3}) {
		t.Errorf("Float32 of the empty name: %v, %v, %v, want [], [0 3]", values, shape, err)
	}
	steps, ok := f.Tensor("steps")
	if want := (Tensor{"steps", "I64", []int{}, []byte{7, 0, 0, 0, 0, 0, 0, 0}}); !ok || !reflect.DeepEqual(steps, want) {
		t.Errorf("Tensor: %v, %t, want %v", steps, ok, want)
	}
	if cap(steps.Data) != len(steps.Data) {
		t.Errorf("data has capacity %d beyond its %d bytes: an append would overwrite the next tensor", cap(steps.Data), len(steps.Data))
	}
	if _, ok := f.Tensor("missing"); ok {
		t.Error("Tensor found a tensor that is not there")
	}

	// What callers get of shape and values is theirs.
	values[0], shape[0] = 99, 99
	if again, shape, _ := f.Float32("w<0>"); again[0] != 1.5 || shape[0] != 2 {
		t.Error("Float32 returned memory of the File")
	}

	_, _, err = f.Float32("steps")
	wantError(t, err, `"steps"`, `"I64"`, "F32")
	_, _, err = f.Float32("missing")
	wantError(t, err, `"missing"`, "4")
}

// wantError checks for an error of this package that holds all parts.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", parts)
		return
	}
	if !strings.HasPrefix(err.Error(), "safetensors: ") {
		t.Errorf("error %q, want prefix %q", err, "safetensors: ")
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q, want %q in it", err, part)
		}
	}
}

// good lists files that the format allows.
var good = []struct {
	name string
	file []byte
}{
	{"no tensors", raw(`{}`)},
	{"white space around", raw(" \t\r\n{} \t\r\n")},
	{"white space within", raw("{ \"a\" :\r\n{\t\"dtype\" : \"F32\" , \"shape\" : [ 0 ] , \"data_offsets\" : [ 0 , 0 ] } }")},
	{"null metadata", raw(`{"__metadata__":null}`)},
	{"empty metadata", raw(`{"__metadata__":{}}`)},
	{"metadata last", raw(`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"__metadata__":{"":""}}`, 0, 0, 0, 0)},
	{"scalar", raw(one("F32", "[]", "[0,4]"), 0, 0, 0, 0)},
	{"zero dimension", raw(one("F32", "[5,0,7]", "[0,0]"))},
	{"zero before a large dimension", raw(one("F32", "[0,2147483647,2147483647]", "[0,0]"))},
	{"NaN", raw(one("F32", "[1]", "[0,4]"), 0xff, 0xff, 0xff, 0x7f)},
	{"fields in any order", raw(`{"a":{"data_offsets":[0,4],"shape":[1],"dtype":"F32"}}`, 0, 0, 0, 0)},
	{"tensors in any order", raw(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1, 2, 3)},
	{"empty tensors between", raw(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"b":{"dtype":"U8","shape":[0],"data_offsets":[1,1]},"c":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"d":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}}`, 1, 2)},
	{"unknown fields", raw(`{"a":{"dtype":"F32","shape":[],"x":{"y":[1.5e3,null,true,{"z":[]}]},"data_offsets":[0,4],"DType":1,"Shape":2}}`, 0, 0, 0, 0)},
	{"names", raw(`{"":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"Ä\u00e4\ud83d\ude00\\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`)},
	{"ends of the surrogates", raw(`{"__metadata__":{"\ud800\udc00":"\uDBFF\uDFFF\ud7ff\ue000"}}`)},
	{"same key in different objects", raw(`{"shape":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":{"shape":1}}}`)},
	{"half bytes that fill bytes", raw(one("F4", "[2,3]", "[0,3]"), 1, 2, 3)},
	{"six bits that fill bytes", raw(one("F6_E2M3", "[4]", "[0,3]"), 1, 2, 3)},
	{"unknown dtype", raw(`{"a":{"dtype":"F3","shape":[7],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}`, 9, 0, 0, 0x80, 0x3f)},
	{"128 levels", raw(nested(128))},
}

func TestGood(t *testing.T) {
	for _, c := range good {
		f, err := Parse(c.file)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for i, tensor := range f.Tensors {
			if got, ok := f.Tensor(tensor.Name); !ok || !reflect.DeepEqual(got, f.Tensors[i]) {
				t.Errorf("%s: Tensor(%q) = %v, %t", c.name, tensor.Name, got, ok)
			}
		}
	}
}

func TestGoodDetails(t *testing.T) {
	parse := func(name string) *File {
		i := slices.IndexFunc(good, func(c struct {
			name string
			file []byte
		}) bool {
			return c.name == name
		})
		f, err := Parse(good[i].file)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if f := parse("null metadata"); f.Metadata != nil {
		t.Errorf("null metadata: %v, want nil", f.Metadata)
	}
	if f := parse("empty metadata"); f.Metadata == nil {
		t.Error("empty metadata: nil, want an empty map")
	}
	if f := parse("tensors in any order"); f.Tensors[0].Name != "b" || !bytes.Equal(f.Tensors[1].Data, []byte{2, 3}) {
		t.Errorf("tensors in any order: %v", f.Tensors)
	}
	if f := parse("names"); f.Tensors[1].Name != "Ää😀\\ud800" {
		t.Errorf("names: %q", f.Tensors[1].Name)
	}
	f := parse("NaN")
	if v, _, err := f.Float32("a"); err != nil || math.Float32bits(v[0]) != 0x7fffffff {
		t.Errorf("NaN: %v, %v: bits changed", v, err)
	}
	f = parse("unknown dtype")
	_, _, err := f.Float32("a")
	wantError(t, err, `"a"`, `"F3"`)
	if v, _, err := f.Float32("b"); err != nil || v[0] != 1 {
		t.Errorf("tensor beside one of unknown dtype: %v, %v, want 1", v, err)
	}
}

// bad lists files that break one rule each, and what the error must name.
var bad = []struct {
	name string
	file []byte
	want []string
}{
	{"empty file", nil, []string{"0 bytes", "at least 8"}},
	{"7 bytes", []byte("\x02\x00\x00\x00\x00\x00\x00"), []string{"7 bytes", "at least 8"}},
	{"header of 2⁶⁴-1", []byte("\xff\xff\xff\xff\xff\xff\xff\xff{}"), []string{"18446744073709551615", "at most 100000000"}},
	{"header of 2⁶³", []byte("\x00\x00\x00\x00\x00\x00\x00\x80{}"), []string{"9223372036854775808", "at most 100000000"}},
	{"header of 2³²+2", []byte("\x02\x00\x00\x00\x01\x00\x00\x00{}"), []string{"4294967298", "at most 100000000"}},
	{"header over the limit", []byte("\x01\xe1\xf5\x05\x00\x00\x00\x00{}"), []string{"100000001", "at most 100000000"}},
	{"header at the limit, file smaller", []byte("\x00\xe1\xf5\x05\x00\x00\x00\x00{}"), []string{"100000000", "at most 2", "file of 10"}},
	{"header one too long", []byte("\x03\x00\x00\x00\x00\x00\x00\x00{}"), []string{"3 bytes", "at most 2"}},
	{"header empty", raw(""), []string{"unexpected EOF"}},
	{"header blank", raw("    "), []string{"unexpected EOF"}},

	{"UTF-8 in a name", raw("{\"\xff\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}"), []string{"UTF-8"}},
	{"UTF-8 surrogate", raw("{\"__metadata__\":{\"a\":\"\xed\xa0\x80\"}}"), []string{"UTF-8"}},
	{"high surrogate alone", raw(`{"__metadata__":{"a":"\ud800"}}`), []string{"surrogate"}},
	{"low surrogate alone", raw(`{"__metadata__":{"a":"\udc00"}}`), []string{"surrogate"}},
	{"two high surrogates", raw(`{"__metadata__":{"a":"\ud800\ud800"}}`), []string{"surrogate"}},
	{"two low surrogates", raw(`{"__metadata__":{"a":"\udc00\udc00"}}`), []string{"surrogate"}},
	{"high surrogate, letter", raw(`{"__metadata__":{"a":"\uD800x\udc00"}}`), []string{"surrogate"}},
	{"surrogate in an unknown field", raw(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":"\\\ud800"}}`), []string{"surrogate"}},
	{"byte order mark", raw("\ufeff{}"), []string{"invalid character"}},
	{"NUL padding", raw("{}\x00\x00"), []string{"invalid character"}},
	{"form feed padding", raw("{}\f"), []string{"invalid character"}},
	{"second object", raw("{}{}"), []string{"after the object"}},
	{"number after", raw("{} 1"), []string{"after the object"}},
	{"comma after", raw("{},"), []string{"invalid character"}},
	{"brace after", raw("{}}"), []string{"invalid character"}},
	{"null", raw("null"), []string{"null", "want an object"}},
	{"array", raw("[]"), []string{"array", "want an object"}},
	{"string", raw(`"a"`), []string{"string", "want an object"}},
	{"number", raw("1"), []string{"number", "want an object"}},
	{"boolean", raw("true"), []string{"boolean", "want an object"}},
	{"open object", raw("{"), []string{"unexpected EOF"}},
	{"open string", raw(`{"a`), []string{"unexpected EOF"}},
	{"key without value", raw(`{"a"}`), []string{"invalid character"}},
	{"key without colon", raw(`{"a" {}}`), []string{"invalid character"}},
	{"number for a key", raw(`{1:{}}`), []string{"invalid character"}},
	{"trailing comma", raw(`{"__metadata__":{"a":"b",}}`), []string{"invalid character"}},
	{"trailing comma in an array", raw(one("U8", "[0,]", "[0,0]")), []string{"invalid character"}},
	{"missing comma in an array", raw(one("U8", "[0 0]", "[0,0]")), []string{"invalid character"}},
	{"wrong bracket", raw(one("U8", "[0}", "[0,0]")), []string{"invalid character"}},
	{"comment", raw("{}//"), []string{"invalid character"}},
	{"control character in a string", raw("{\"__metadata__\":{\"a\":\"\n\"}}"), []string{"invalid character"}},
	{"unknown escape", raw(`{"__metadata__":{"a":"\x"}}`), []string{"invalid character"}},
	{"129 levels", raw(nested(129)), []string{"more than 128 levels"}},
	{"many levels", raw(nested(100_000)), []string{"more than 128 levels"}},

	{"metadata number", raw(`{"__metadata__":{"a":1}}`), []string{"__metadata__", `"a"`, "number", "want a string"}},
	{"metadata null value", raw(`{"__metadata__":{"a":null}}`), []string{`"a"`, "null", "want a string"}},
	{"metadata object value", raw(`{"__metadata__":{"a":{}}}`), []string{`"a"`, "object", "want a string"}},
	{"metadata array value", raw(`{"__metadata__":{"a":[]}}`), []string{`"a"`, "array", "want a string"}},
	{"metadata array", raw(`{"__metadata__":[]}`), []string{"__metadata__", "array", "want an object"}},
	{"metadata string", raw(`{"__metadata__":"a"}`), []string{"__metadata__", "string", "want an object"}},

	{"two tensors with one name", raw(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`), []string{`"a"`, "twice"}},
	{"two names equal by escape", raw(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`), []string{`"a"`, "twice"}},
	{"metadata twice", raw(`{"__metadata__":null,"__metadata__":{}}`), []string{"__metadata__", "twice"}},
	{"metadata key twice", raw(`{"__metadata__":{"a":"","a":""}}`), []string{`"a"`, "twice"}},
	{"dtype twice", raw(`{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}`), []string{`"dtype"`, "twice"}},
	{"shape twice", raw(`{"a":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}}`), []string{`"shape"`, "twice"}},
	{"data_offsets twice", raw(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"data_offsets":[0,0]}}`), []string{`"data_offsets"`, "twice"}},
	{"unknown field twice", raw(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1,"x":1}}`), []string{`"x"`, "twice"}},
	{"key twice in an unknown field", raw(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":[{"y":1,"y":1}]}}`), []string{`"y"`, "twice"}},

	{"entry null", raw(`{"a":null}`), []string{`"a"`, "null", "want an object"}},
	{"entry array", raw(`{"a":["U8",[0],[0,0]]}`), []string{`"a"`, "array", "want an object"}},
	{"no dtype", raw(`{"a":{"shape":[0],"data_offsets":[0,0]}}`), []string{`"a"`, "no dtype"}},
	{"no shape", raw(`{"a":{"dtype":"U8","data_offsets":[0,0]}}`), []string{`"a"`, "no shape"}},
	{"no data_offsets", raw(`{"a":{"dtype":"U8","shape":[0]}}`), []string{`"a"`, "no data_offsets"}},
	{"DType for dtype", raw(`{"a":{"DType":"U8","shape":[0],"data_offsets":[0,0]}}`), []string{"no dtype"}},
	{"Shape for shape", raw(`{"a":{"dtype":"U8","Shape":[0],"data_offsets":[0,0]}}`), []string{"no shape"}},
	{"dtype number", raw(`{"a":{"dtype":1,"shape":[0],"data_offsets":[0,0]}}`), []string{"dtype", "number", "want a string"}},
	{"dtype null", raw(`{"a":{"dtype":null,"shape":[0],"data_offsets":[0,0]}}`), []string{"dtype", "null", "want a string"}},
	{"shape number", raw(one("U8", "0", "[0,0]")), []string{"shape", "number", "want an array"}},
	{"shape null", raw(one("U8", "null", "[0,0]")), []string{"shape", "null", "want an array"}},
	{"dimension string", raw(one("U8", `["0"]`, "[0,0]")), []string{"shape", "string", "want integers"}},
	{"dimension null", raw(one("U8", `[null]`, "[0,0]")), []string{"shape", "null", "want integers"}},
	{"dimension array", raw(one("U8", `[[0]]`, "[0,0]")), []string{"shape", "array", "want integers"}},
	{"dimension 0.0", raw(one("U8", "[0.0]", "[0,0]")), []string{"shape", `"0.0"`}},
	{"dimension 0e0", raw(one("U8", "[0e0]", "[0,0]")), []string{"shape", `"0e0"`}},
	{"dimension -0", raw(one("U8", "[-0]", "[0,0]")), []string{"shape", `"-0"`}},
	{"dimension -1", raw(one("U8", "[-1]", "[0,0]")), []string{"shape", `"-1"`}},
	{"dimension 2⁶⁴", raw(one("U8", "[0,18446744073709551616]", "[0,0]")), []string{"shape", `"18446744073709551616"`}},
	{"dimension 2⁶³", raw(one("U8", "[0,9223372036854775808]", "[0,0]")), []string{"9223372036854775808", "at most"}},
	{"dimension 01", raw(one("U8", "[01]", "[0,1]"), 1), []string{"invalid character"}},
	{"offsets number", raw(one("U8", "[0]", "0")), []string{"data_offsets", "number", "want an array"}},
	{"no offsets", raw(one("U8", "[0]", "[]")), []string{"data_offsets", "0 numbers, want 2"}},
	{"one offset", raw(one("U8", "[0]", "[0]")), []string{"data_offsets", "1 numbers, want 2"}},
	{"three offsets", raw(one("U8", "[0]", "[0,0,0]")), []string{"data_offsets", "more than 2"}},
	{"offset 1.0", raw(one("U8", "[1]", "[0,1.0]"), 1), []string{"data_offsets", `"1.0"`}},

	{"first data not at 0", raw(one("U8", "[1]", "[1,2]"), 1, 2), []string{`"a"`, "begins at 1, want 0"}},
	{"hole", raw(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}`, 1, 2, 3), []string{`"b"`, "begins at 2, want 1"}},
	{"overlap", raw(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, 1, 2, 3), []string{`"b"`, "begins at 1, want 2"}},
	{"shared data", raw(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, 1, 2), []string{"begins at 0, want 2"}},
	{"end before begin", raw(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[0],"data_offsets":[2,1]}}`, 1, 2), []string{`"b"`, "ends at 1, want at least 2"}},
	{"unknown dtype, end before begin", raw(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"X","shape":[0],"data_offsets":[2,1]}}`, 1, 2), []string{`"b"`, "ends at 1, want at least 2"}},
	{"unknown dtype, hole", raw(one("X", "[1]", "[1,2]"), 1, 2), []string{`"a"`, "begins at 1, want 0"}},
	{"elements overflow", raw(one("U8", "[4294967296,4294967296]", "[0,0]")), nil},
	{"elements overflow before a 0", raw(one("U8", "[2147483647,2147483647,2147483647,0]", "[0,0]")), []string{"too many elements"}},
	{"bits overflow", raw(one("U64", "[2147483647,2147483647]", "[0,0]")), []string{"too many elements"}},
	{"half bytes left over", raw(one("F4", "[3]", "[0,1]"), 1), []string{`"a"`, "whole bytes"}},
	{"six bits left over", raw(one("F6_E3M2", "[3]", "[0,2]"), 1, 2), []string{`"a"`, "whole bytes"}},
	{"data too small for the shape", raw(one("F32", "[2]", "[0,4]"), 1, 2, 3, 4), []string{`"a"`, "4 bytes", "want 8"}},
	{"data too large for the shape", raw(one("F32", "[]", "[0,8]"), 1, 2, 3, 4, 5, 6, 7, 8), []string{`"a"`, "8 bytes", "want 4"}},
	{"trailing byte", raw(one("F32", "[]", "[0,4]"), 1, 2, 3, 4, 5), nil},
	{"trailing byte without tensors", raw(`{}`, 0), nil},
	{"missing byte", raw(one("F32", "[]", "[0,4]"), 1, 2, 3), nil},
	{"offsets beyond everything", raw(one("X", "[]", "[0,18446744073709551615]"), 1), []string{"18446744073709551615"}},
}

func TestBad(t *testing.T) {
	for _, c := range bad {
		t.Run(c.name, func(t *testing.T) {
			f, err := Parse(c.file)
			if f != nil {
				t.Errorf("Parse returned a File beside the error %v", err)
			}
			wantError(t, err, c.want...)
			f, err = Read(bytes.NewReader(c.file), 1<<40)
			if f != nil {
				t.Errorf("Read returned a File beside the error %v", err)
			}
			wantError(t, err)
			path := filepath.Join(t.TempDir(), "bad.safetensors")
			if err := os.WriteFile(path, c.file, 0o644); err != nil {
				t.Fatal(err)
			}
			f, err = ReadFile(path)
			if f != nil {
				t.Errorf("ReadFile returned a File beside the error %v", err)
			}
			wantError(t, err, append(c.want, "bad.safetensors")...)
			f, _, err = MapFile(path)
			if f != nil {
				t.Errorf("MapFile returned a File beside the error %v", err)
			}
			wantError(t, err, "bad.safetensors")
		})
	}
}

// TestDTypes holds the table against the format: every size, and the order, which decides
// where the writer puts a tensor.
func TestDTypes(t *testing.T) {
	want := strings.Fields("BOOL:8 F4:4 F6_E2M3:6 F6_E3M2:6 U8:8 I8:8 F8_E5M2:8 F8_E4M3:8 F8_E8M0:8 F8_E4M3FNUZ:8 F8_E5M2FNUZ:8 " +
		"I16:16 U16:16 F16:16 BF16:16 I32:32 U32:32 F32:32 C64:64 F64:64 I64:64 U64:64")
	var tensors []Tensor
	for i, w := range want {
		if got := fmt.Sprintf("%s:%d", dtypes[i].name, dtypes[i].bits); got != w {
			t.Errorf("dtype %d is %s, want %s", i, got, w)
		}
		tensors = append(tensors, Tensor{Name: fmt.Sprintf("%02d", i), DType: dtypes[i].name, Shape: []int{8}, Data: make([]byte, dtypes[i].bits)})
	}
	if len(dtypes) != len(want) {
		t.Errorf("%d dtypes, want %d", len(dtypes), len(want))
	}
	f, err := Parse(write(t, tensors, nil))
	if err != nil {
		t.Fatal(err)
	}
	for i, tensor := range f.Tensors {
		if want := tensors[len(tensors)-1-i]; !reflect.DeepEqual(tensor, want) {
			t.Errorf("tensor %d is %v, want %v", i, tensor, want)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	values := []float32{0, float32(math.Copysign(0, -1)), 1, -1.5, math.MaxFloat32, math.SmallestNonzeroFloat32,
		float32(math.Inf(1)), float32(math.Inf(-1)), math.Float32frombits(0x7fc00001), math.Float32frombits(0xffa5a5a5), 3e-39, 2}
	shape := []int{3, 4}
	in := NewFloat32("w", shape, values)
	shape[0] = 99 // the tensor has a copy
	metadata := map[string]string{"a": "b", "": "\x00\U0010ffff"}
	file := write(t, []Tensor{in, NewFloat32("b", nil, values[:1])}, metadata)

	path := filepath.Join(t.TempDir(), "f.safetensors")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func() (*File, error){
		"Parse":         func() (*File, error) { return Parse(file) },
		"Read":          func() (*File, error) { return Read(bytes.NewReader(file), int64(len(file))) },
		"Read by bytes": func() (*File, error) { return Read(iotest.OneByteReader(bytes.NewReader(file)), 1<<30) },
		"ReadFile":      func() (*File, error) { return ReadFile(path) },
		"MapFile": func() (*File, error) {
			f, unmap, err := MapFile(path)
			if err == nil {
				t.Cleanup(func() {
					if err := unmap(); err != nil {
						t.Error(err)
					}
				})
			}
			return f, err
		},
	} {
		f, err := read()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !reflect.DeepEqual(f.Metadata, metadata) {
			t.Errorf("%s: metadata %q, want %q", name, f.Metadata, metadata)
		}
		got, shape, err := f.Float32("w")
		if err != nil || !slices.Equal(shape, []int{3, 4}) {
			t.Errorf("%s: shape %v, %v, want [3 4]", name, shape, err)
		}
		for i := range values {
			if math.Float32bits(got[i]) != math.Float32bits(values[i]) {
				t.Errorf("%s: element %d is %x, want %x", name, i, math.Float32bits(got[i]), math.Float32bits(values[i]))
			}
		}
		if again := write(t, f.Tensors, f.Metadata); !bytes.Equal(again, file) {
			t.Errorf("%s: written again:\n got %q\nwant %q", name, again, file)
		}
	}
}

func TestDecodeFloat32(t *testing.T) {
	dst := []float32{7, 7}
	wantError(t, DecodeFloat32(dst, NewFloat32("n", []int{3}, make([]float32, 3))), `"n"`, "12 bytes", "want 8")
	wantError(t, DecodeFloat32(dst, Tensor{Name: "n", DType: "F32", Data: make([]byte, 7)}), `"n"`, "7 bytes", "want 8")
	wantError(t, DecodeFloat32(dst, Tensor{Name: "n", DType: "f32", Data: make([]byte, 8)}), `"n"`, `"f32"`, "want F32")
	if dst[0] != 7 || dst[1] != 7 {
		t.Errorf("dst %v changed on error", dst)
	}
	if err := DecodeFloat32(dst, NewFloat32("n", []int{2}, []float32{1, 2})); err != nil || dst[0] != 1 || dst[1] != 2 {
		t.Errorf("dst %v, %v, want [1 2]", dst, err)
	}
}

// TestTruncated cuts a file at every byte: no prefix is a file.
func TestTruncated(t *testing.T) {
	dir := t.TempDir()
	for n := range len(golden) {
		file := []byte(golden)[:n:n]
		_, err := Parse(file)
		wantError(t, err)
		_, err = Read(bytes.NewReader(file), 1<<30)
		wantError(t, err)
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("Read of %d bytes: %v, want io.ErrUnexpectedEOF in it", n, err)
		}
		path := filepath.Join(dir, "cut")
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err = ReadFile(path)
		wantError(t, err)
	}
}

func TestReadLimit(t *testing.T) {
	size := int64(len(golden))
	for _, limit := range []int64{math.MinInt64, -1, 0, 7, 8, 100, size - 19, size - 1} {
		_, err := Read(strings.NewReader(golden), limit)
		wantError(t, err)
	}
	for _, limit := range []int64{size, size + 1, math.MaxInt64} {
		if _, err := Read(strings.NewReader(golden), limit); err != nil {
			t.Errorf("limit %d for %d bytes: %v", limit, size, err)
		}
	}
	_, err := Read(strings.NewReader(golden), size-1)
	wantError(t, err, "19 bytes", "at most 18")
	// A stream has no size to check before: the byte too many is found at the end.
	_, err = Read(strings.NewReader(golden+"\x00"), math.MaxInt64)
	wantError(t, err, "bytes after the 19")
}

func TestReadErrors(t *testing.T) {
	// The error may come with any byte, and instead of the end.
	for n := range len(golden) + 1 {
		_, err := Read(io.MultiReader(strings.NewReader(golden[:n]), iotest.ErrReader(fs.ErrPermission)), 1<<30)
		wantError(t, err)
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("reader that fails at byte %d: %v, want its error", n, err)
		}
	}
}

// TestLyingLengths checks that memory follows the bytes that are there, not the header.
func TestLyingLengths(t *testing.T) {
	largest := binary.LittleEndian.AppendUint64(nil, maxHeader)
	huge := raw(one("X", "[]", fmt.Sprintf("[0,%d]", int64(1)<<40)), 1, 2, 3)
	hugeFloats := raw(one("F32", "[1073741823]", "[0,4294967292]"), 1, 2, 3)
	for i, file := range [][]byte{append(largest, "{}"...), huge, hugeFloats} {
		path := filepath.Join(t.TempDir(), "lie")
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		for name, read := range map[string]func() (*File, error){
			"Parse":    func() (*File, error) { return Parse(file) },
			"Read":     func() (*File, error) { return Read(bytes.NewReader(file), math.MaxInt64) },
			"ReadFile": func() (*File, error) { return ReadFile(path) },
		} {
			if got := allocated(func() {
				_, err := read()
				wantError(t, err)
			}); got > 1<<18 {
				t.Errorf("file %d of %d bytes: %s allocated %d bytes, want at most %d", i, len(file), name, got, 1<<18)
			}
		}
	}
}

// allocated returns the bytes that f takes from the heap, freed ones included.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestReadFileErrors(t *testing.T) {
	dir := t.TempDir()
	_, err := ReadFile(dir)
	wantError(t, err, dir, "directory", "regular file")
	missing := filepath.Join(dir, "missing")
	_, err = ReadFile(missing)
	wantError(t, err, missing)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v, want fs.ErrNotExist in it", err)
	}
}

func TestWriteErrors(t *testing.T) {
	f32 := func(name string) Tensor { return NewFloat32(name, []int{1}, []float32{1}) }
	for _, c := range []struct {
		name     string
		tensors  []Tensor
		metadata map[string]string
		want     []string
	}{
		{"name twice", []Tensor{f32("a"), f32("b"), f32("a")}, nil, []string{`"a"`, "twice"}},
		{"name twice, other dtype", []Tensor{f32("a"), {Name: "a", DType: "U8", Shape: []int{0}}}, nil, []string{`"a"`, "twice"}},
		{"name reserved", []Tensor{f32("__metadata__")}, nil, []string{"__metadata__", "reserved"}},
		{"name not UTF-8", []Tensor{f32("a\xff")}, nil, []string{`"a\xff"`, "UTF-8"}},
		{"key not UTF-8", nil, map[string]string{"k\xff": ""}, []string{`"k\xff"`, "UTF-8"}},
		{"value not UTF-8", nil, map[string]string{"k": "\xff"}, []string{`"k"`, "UTF-8"}},
		{"dtype unknown", []Tensor{{Name: "a", DType: "f32"}}, nil, []string{`"a"`, `"f32"`, "F32"}},
		{"dtype empty", []Tensor{{Name: "a"}}, nil, []string{`"a"`, `dtype ""`}},
		{"shape too large", []Tensor{NewFloat32("a", []int{2, 2}, make([]float32, 3))}, nil, []string{`"a"`, "12 bytes", "want 16", "[2 2]"}},
		{"shape too small", []Tensor{NewFloat32("a", nil, make([]float32, 2))}, nil, []string{`"a"`, "8 bytes", "want 4"}},
		{"shape of 0, data", []Tensor{NewFloat32("a", []int{0}, make([]float32, 2))}, nil, []string{`"a"`, "8 bytes", "want 0"}},
		{"dimension negative", []Tensor{NewFloat32("a", []int{-1, -1}, make([]float32, 1))}, nil, []string{`"a"`, "dimension -1"}},
		{"elements overflow", []Tensor{{Name: "a", DType: "U8", Shape: []int{math.MaxInt, math.MaxInt, math.MaxInt, 0}}}, nil, []string{`"a"`, "too many"}},
		{"half bytes", []Tensor{{Name: "a", DType: "F4", Shape: []int{3}, Data: []byte{1}}}, nil, []string{`"a"`, "whole bytes"}},
		{"header too large", nil, map[string]string{"k": strings.Repeat("x", maxHeader)}, []string{"header of 100000032", "at most 100000000"}},
		// Each control character takes 6 bytes in the header.
		{"header too large by escapes", nil, map[string]string{"k": strings.Repeat("\x01", maxHeader/6)}, []string{"at most 100000000"}},
		// 25 bytes around the value: 1 byte over the limit, 8 with the padding.
		{"header too large by a byte", nil, map[string]string{"k": strings.Repeat("x", maxHeader-24)}, []string{"header of 100000008"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && strings.HasPrefix(c.name, "header") {
				t.Skip("100 MB and more")
			}
			var buf bytes.Buffer
			wantError(t, Write(&buf, c.tensors, c.metadata), c.want...)
			if buf.Len() != 0 {
				t.Errorf("%d bytes written before the error", buf.Len())
			}
		})
	}
}

// limitedWriter fails when more than left bytes arrive.
type limitedWriter struct{ left int }

func (w *limitedWriter) Write(p []byte) (int, error) {
	if len(p) > w.left {
		n := w.left
		w.left = 0
		return n, fs.ErrInvalid
	}
	w.left -= len(p)
	return len(p), nil
}

func TestWriterFails(t *testing.T) {
	tensors, metadata := goldenInput()
	for n := range len(golden) {
		err := Write(&limitedWriter{n}, tensors, metadata)
		wantError(t, err)
		if !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("writer that fails at byte %d: %v, want its error", n, err)
		}
	}
	if err := Write(&limitedWriter{len(golden)}, tensors, metadata); err != nil {
		t.Error(err)
	}
}

// TestHeaderAtLimit writes and reads a header of exactly the largest size.
func TestHeaderAtLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("200 MB")
	}
	file := write(t, nil, map[string]string{"k": strings.Repeat("x", maxHeader-25)})
	if got := len(file); got != lengthSize+maxHeader {
		t.Fatalf("file of %d bytes, want %d", got, lengthSize+maxHeader)
	}
	if _, err := Parse(file); err != nil {
		t.Error(err)
	}
}
