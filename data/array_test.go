package data

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// idx returns an IDX file.
func idx(kind byte, body []byte, sizes ...uint32) []byte {
	b := []byte{0, 0, kind, byte(len(sizes))}
	for _, n := range sizes {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return append(b, body...)
}

func zipped(b []byte) []byte {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(b)
	w.Close()
	return z.Bytes()
}

// write makes a file of the test's own and returns its path.
func write(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// wantError fails unless err holds all the texts.
func wantError(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", texts)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q, want one with %q", err, text)
		}
	}
}

func TestReadIDX(t *testing.T) {
	f64 := func(values ...float64) (b []byte) {
		for _, v := range values {
			b = binary.BigEndian.AppendUint64(b, math.Float64bits(v))
		}
		return b
	}
	for _, c := range []struct {
		name    string
		file    []byte
		shape   []int
		want    []float32
		integer bool
	}{
		{"u8", idx(8, []byte{0, 127, 128, 255}, 2, 2), []int{2, 2}, []float32{0, 127, 128, 255}, true},
		{"i8", idx(9, []byte{0, 127, 128, 255}, 4), []int{4}, []float32{0, 127, -128, -1}, true},
		{"i16", idx(11, []byte{1, 2, 255, 254}, 2), []int{2}, []float32{258, -2}, true},
		{"i32", idx(12, []byte{0, 1, 0, 0, 255, 255, 255, 253}, 2), []int{2}, []float32{65536, -3}, true},
		{"f32", idx(13, []byte{0x3f, 0xc0, 0, 0}, 1), []int{1}, []float32{1.5}, false},
		{"f64", idx(14, f64(-0.25, 3), 2, 1), []int{2, 1}, []float32{-0.25, 3}, false},
		{"three sizes", idx(8, []byte{1, 2, 3, 4, 5, 6, 7, 8}, 2, 2, 2), []int{2, 2, 2}, []float32{1, 2, 3, 4, 5, 6, 7, 8}, true},
		{"a size of 0", idx(8, nil, 0, 28, 28), []int{0, 28, 28}, nil, true},
		{"no size", idx(8, []byte{9}), nil, []float32{9}, true},
	} {
		for _, packed := range []bool{false, true} {
			b := c.file
			if packed {
				b = zipped(b)
			}
			a, err := ReadIDX(bytes.NewReader(b))
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			if !slices.Equal(a.Shape, c.shape) || !slices.Equal(a.Data, c.want) || a.Integer != c.integer {
				t.Errorf("%s: %+v, want shape %v, %v", c.name, a, c.shape, c.want)
			}
		}
	}
}

func TestIDXErrors(t *testing.T) {
	huge := uint32(math.MaxUint32)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":         {nil, "cut off"},
		"header":        {[]byte{0, 0, 8}, "cut off"},
		"sizes":         {[]byte{0, 0, 8, 2, 0, 0, 0, 1}, "cut off"},
		"magic":         {idx(8, []byte{1}, 1)[1:], "two zero bytes"},
		"type":          {idx(10, []byte{1}, 1), "element type 0x0a"},
		"many sizes":    {idx(8, []byte{1}, slices.Repeat([]uint32{1}, 33)...), "33 sizes"},
		"short":         {idx(12, make([]byte, 11), 3), "ends after 2 of 3 values"},
		"long":          {idx(8, make([]byte, 4), 3), "goes on after the 3 values"},
		"huge":          {idx(8, nil, huge), "more than"},
		"overflow":      {idx(14, nil, slices.Repeat([]uint32{1 << 16}, 32)...), "more than"},
		"false size":    {idx(14, make([]byte, 80), 1<<14, 1<<14), "ends after 10 of 268435456"},
		"damaged gzip":  {zipped(idx(8, make([]byte, 40), 40))[:30], "unexpected EOF"},
		"no gzip":       {[]byte{0x1f, 0x8b, 1}, "EOF"},
		"size over the": {idx(8, nil, 1<<28+1), "more than"},
	} {
		_, err := ReadIDX(bytes.NewReader(c.file))
		if err == nil || !strings.HasPrefix(err.Error(), "data: ") {
			t.Errorf("%s: error %v without a prefix", name, err)
		}
		wantError(t, err, c.want)
		if err == io.EOF {
			t.Errorf("%s: the error is io.EOF, which ends passes", name)
		}
	}
}

// A header that claims as much as is allowed must not take that memory.
func TestFalseSizeTakesNoMemory(t *testing.T) {
	for name, f := range map[string]func() error{
		"IDX": func() error {
			_, err := ReadIDX(bytes.NewReader(idx(14, make([]byte, 100), MaxValues)))
			return err
		},
		"NPY": func() error {
			var b bytes.Buffer
			b.WriteString(npyFile("{'descr': '<f4', 'fortran_order': True, 'shape': (16384, 16384), }"))
			_, err := ReadNPY(&b)
			return err
		},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := f()
		runtime.ReadMemStats(&after)
		bytes := after.TotalAlloc - before.TotalAlloc
		wantError(t, err, "ends after")
		if bytes > 2<<20 {
			t.Errorf("%s: %d bytes were allocated for a file of a hundred", name, bytes)
		}
	}
}

// npyFile returns a file of version 1 with this header and no values.
func npyFile(header string) string {
	return npyMagic + "\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(header)))) + header
}

func TestReadNPZ(t *testing.T) {
	f, err := os.Open("testdata/types.npz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	arrays, err := ReadNPZ(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	var up, signed, quarters, odd []float32
	for i := range 24 {
		up = append(up, float32(i))
		signed = append(signed, float32(i)-11)
		quarters = append(quarters, (float32(i)-11)/4)
		odd = append(odd, float32(i%2))
	}
	seen := 0
	for name, a := range arrays {
		var want []float32
		shape := []int{2, 3, 4}
		integer := true
		switch _, kind, _ := strings.Cut(name, "_"); {
		case kind == "b1":
			want = odd
		case strings.HasPrefix(kind, "u"):
			want = up
		case strings.HasPrefix(kind, "i"):
			want = signed
		case strings.HasPrefix(kind, "f"), name == "fortran":
			want, integer = quarters, false
		case name == "fortran_2d":
			want, integer, shape = []float32{0, 1, 2, 3, 4, 5}, false, []int{2, 3}
		case name == "scalar":
			want, integer, shape = []float32{2.5}, false, nil
		case name == "empty":
			want, integer, shape = nil, false, []int{0, 3}
		default:
			continue
		}
		seen++
		if !slices.Equal(a.Shape, shape) || !slices.Equal(a.Data, want) || a.Integer != integer {
			t.Errorf("%s: %+v, want shape %v, %v", name, a, shape, want)
		}
	}
	if seen != 28 || len(arrays) != 30 {
		t.Errorf("%d arrays, of which %d were checked", len(arrays), seen)
	}
	inf := math.Inf(1)
	for name, want := range map[string][]float64{
		"special": {math.NaN(), inf, -inf, math.Copysign(0, -1), inf, 6e-8},
		"half":    {math.NaN(), inf, -inf, math.Copysign(0, -1), 65504, 0x1p-24, 6.1e-5},
	} {
		got := arrays[name].Data
		for i, w := range want {
			v := float64(got[i])
			near := math.Abs(v-w) <= math.Abs(w)*0x1p-11
			if !(near || v == w || w != w && v != v) || math.Signbit(v) != math.Signbit(w) && w == w {
				t.Errorf("%s[%d] is %g, want %g", name, i, v, w)
			}
		}
	}
}

func TestNPZErrors(t *testing.T) {
	archive := func(members ...string) []byte { // name, contents, ...
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := 0; i < len(members); i += 2 {
			w, err := z.Create(members[i])
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(w, members[i+1])
		}
		z.Close()
		return b.Bytes()
	}
	good := npyFile("{'descr':'|b1','fortran_order':False,'shape':(2,)}") + "\x00\x01"
	half := npyFile("{'descr':'|b1','fortran_order':False,'shape':(134217729,)}")
	b, err := os.ReadFile("testdata/set.npz")
	if err != nil {
		t.Fatal(err)
	}
	damaged := slices.Clone(b)
	damaged[180]++ // of a value: the checksum tells
	for want, file := range map[string][]byte{
		"zip":                   b[:len(b)-30],
		"checksum":              damaged,
		"two members are named": archive("a.npy", good, "a", good),
		`member "a.txt": NPY`:   archive("a.txt", "hello, world"),
		"goes on":               archive("a.npy", good+"x"),
		"ends after 0":          archive("a.npy", half),
	} {
		_, err := ReadNPZ(bytes.NewReader(file), int64(len(file)))
		wantError(t, err, "data: NPZ: ", want)
	}
	path := write(t, "twice.npz", archive("x.npy", good, "x", good))
	_, err = Arrays{Inputs: path}.Load()
	wantError(t, err, path, "two members are named")
	path = write(t, "bad.npz", archive("x.npy", "hello, world"))
	_, err = Arrays{Inputs: path}.Load()
	wantError(t, err, path, `member "x": NPY`)
}

func TestReadNPY(t *testing.T) {
	want := []float32{0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5}
	for _, name := range []string{"x", "version2", "version3"} {
		b, err := os.ReadFile("testdata/" + name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range [][]byte{b, zipped(b)} {
			a, err := ReadNPY(bytes.NewReader(file))
			if err != nil || !slices.Equal(a.Shape, []int{4, 3}) || !slices.Equal(a.Data, want) {
				t.Errorf("%s: %+v, %v", name, a, err)
			}
		}
	}
	for _, name := range []string{"objects", "structure", "text", "complex"} {
		b, err := os.ReadFile("testdata/" + name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		_, err = ReadNPY(bytes.NewReader(b))
		wantError(t, err, "data: NPY: ", "want ")
	}
}

func TestNPYHeaders(t *testing.T) {
	for _, header := range []string{ // as other writers write them
		`{"shape":(2,),"fortran_order":False,"descr":"<i4"}`,
		"{'descr': '<i4', 'fortran_order': False, 'shape': (2L,), }   \n",
		"{ 'fortran_order' :True ,'shape': ( 2 , ) , 'descr':'<i4'\n}",
		"{'descr': '<i4', 'fortran_order': False, 'shape': (2, 1)}",
	} {
		a, err := ReadNPY(strings.NewReader(npyFile(header) + "\x01\x00\x00\x00\xff\xff\xff\xff"))
		if err != nil || !slices.Equal(a.Data, []float32{1, -1}) || a.Shape[0] != 2 || !a.Integer {
			t.Errorf("%s: %+v, %v", header, a, err)
		}
	}
	for header, want := range map[string]string{
		"":   "want \"{\"",
		"x":  "want \"{\"",
		"{":  "want a string",
		"{}": "is missing",
		"{'descr': '<i4', 'fortran_order': False}":                                `the key "shape" is missing`,
		"{'descr': '<i4', 'fortran_order': False, 'shape': (2,), 'more': 1}":      "unknown key",
		"{'descr': '<i4', 'descr': '<i4', 'fortran_order': False, 'shape': (2,)}": "comes twice",
		"{'descr': '<i4', 'fortran_order': 0, 'shape': (2,)}":                     `want "False"`,
		"{'descr': '<i4', 'fortran_order': False, 'shape': 2}":                    `want "("`,
		"{'descr': '<i4', 'fortran_order': False, 'shape': (2)}":                  "no tuple",
		"{'descr': '<i4', 'fortran_order': False, 'shape': (-2,)}":                "want a size",
		"{'descr': '<i4', 'fortran_order': False, 'shape': (2.0,)}":               "want",
		"{'descr': '<i4', 'fortran_order': False, 'shape': (2,":                   "want a size",
		"{'descr': '<i4', 'fortran_order': False, 'shape': (2,)":                  `want "}"`,
		"{'descr': '<i4', 'fortran_order': False, 'shape': (2,)} x":               "text after",
		"{'descr': '<i4\\'', 'fortran_order': False, 'shape': (2,)}":              "does not end",
		"{'descr': '<i4": "does not end",
		"{'descr': 'i4', 'fortran_order': False, 'shape': (2,)}":                                "element type",
		"{'descr': '=i4', 'fortran_order': False, 'shape': (2,)}":                               "element type",
		"{'descr': '|i4', 'fortran_order': False, 'shape': (2,)}":                               "element type",
		"{'descr': '', 'fortran_order': False, 'shape': (2,)}":                                  "element type",
		"{'descr': '<', 'fortran_order': False, 'shape': (2,)}":                                 "element type",
		"{'descr': '<c8', 'fortran_order': False, 'shape': (2,)}":                               "element type",
		"{'descr': '<i4', 'fortran_order': False, 'shape': (99999999999999999999,)}":            "too large",
		"{'descr': '<i4', 'fortran_order': False, 'shape': (9223372036854775807, 2)}":           "",
		"{'descr': '<i4', 'fortran_order': False, 'shape': (268435457,)}":                       "more than",
		"{'descr': '<i4', 'fortran_order': False, 'shape': (" + strings.Repeat("1,", 33) + ")}": "more than 32 sizes",
	} {
		_, err := ReadNPY(strings.NewReader(npyFile(header) + "\x01\x00\x00\x00\xff\xff\xff\xff"))
		wantError(t, err, "data: NPY: ", want)
	}
	good := npyFile("{'descr': '<i4', 'fortran_order': False, 'shape': (0,)}")
	for name, c := range map[string]struct{ file, want string }{
		"magic":       {"\x93NUMPX\x01\x00", "begins with"},
		"version":     {npyMagic + "\x04\x00", "version 4.0"},
		"minor":       {npyMagic + "\x01\x01", "version 1.1"},
		"long header": {npyMagic + "\x02\x00\xff\xff\xff\xff", "4294967295 bytes"},
		"more":        {good + "x", "goes on"},
	} {
		_, err := ReadNPY(strings.NewReader(c.file))
		t.Log(name, err)
		wantError(t, err, c.want)
	}
	for n := range good { // cut off anywhere
		if _, err := ReadNPY(strings.NewReader(good[:n])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d of %d bytes: error %v", n, len(good), err)
		}
	}
}

// setFiles are the same data set in several files.
func setFiles(t *testing.T) map[string]Arrays {
	t.Helper()
	labels := write(t, "labels", zipped(idx(8, []byte{0, 2, 1, 0}, 4)))
	return map[string]Arrays{
		"npz":       {Inputs: "testdata/set.npz"},
		"npz twice": {Inputs: "testdata/set.npz", InputsName: "x", Targets: "testdata/set.npz", TargetsName: "y"},
		"npy, idx":  {Inputs: "testdata/x.npy", Targets: labels},
		"npz, idx":  {Inputs: "testdata/set.npz", Targets: labels},
		"images":    {Inputs: write(t, "images", idx(8, []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 4, 3, 1)), Targets: labels, Divide: 2},
	}
}

func TestArraysLoad(t *testing.T) {
	want := []float32{0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5}
	for name, a := range setFiles(t) {
		a.Classes = []string{"a", "b", "c"}
		d, err := a.Load()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d.Inputs != 3 || !slices.Equal(d.X, want) || !slices.Equal(d.Labels, []int{0, 2, 1, 0}) || d.Y != nil || len(d.Classes) != 3 {
			t.Errorf("%s: %+v", name, d)
		}
		a.Kind, a.Classes = ValueTargets, nil
		if d, err = a.Load(); err != nil || d.Labels != nil || !slices.Equal(d.Y, []float32{0, 2, 1, 0}) {
			t.Errorf("%s as values: %+v, %v", name, d, err)
		}
	}
	// Targets in floating point are values, and labels if asked.
	y := npyWith(t, []float32{1, 0, 1, 0}, 4)
	d, err := Arrays{Inputs: "testdata/x.npy", Targets: y}.Load()
	if err != nil || d.Labels != nil || len(d.Y) != 4 {
		t.Errorf("%+v, %v", d, err)
	}
	if d, err = (Arrays{Inputs: "testdata/x.npy", Targets: y, Kind: LabelTargets}).Load(); err != nil || !slices.Equal(d.Labels, []int{1, 0, 1, 0}) {
		t.Errorf("%+v, %v", d, err)
	}
	// Several outputs; Fortran order is no trouble in memory.
	d, err = Arrays{Inputs: "testdata/types.npz", InputsName: "fortran", Targets: "testdata/types.npz", TargetsName: "fortran_2d"}.Load()
	if err != nil || d.Inputs != 12 || d.X[1] != -2.5 || !slices.Equal(d.Y, []float32{0, 1, 2, 3, 4, 5}) {
		t.Errorf("%+v, %v", d, err)
	}
	// No targets.
	if d, err = (Arrays{Inputs: "testdata/x.npy"}).Load(); err != nil || d.Labels != nil || d.Y != nil || d.Rows() != 4 {
		t.Errorf("%+v, %v", d, err)
	}
}

func npyWith(t *testing.T, values []float32, shape ...int) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteNPY(&b, values, shape...); err != nil {
		t.Fatal(err)
	}
	return write(t, "array.npy", b.Bytes())
}

func TestArraysErrors(t *testing.T) {
	const x = "testdata/x.npy"
	four := func(v float32) string { return npyWith(t, []float32{0, v, 0, 0}, 4) }
	nan := float32(math.NaN())
	for name, c := range map[string]struct {
		a    Arrays
		want string
	}{
		"no file":      {Arrays{Inputs: "testdata/none"}, "none"},
		"no targets":   {Arrays{Inputs: x, Targets: "testdata/none"}, "none"},
		"format":       {Arrays{Inputs: "array_test.go"}, "want IDX, NPY or NPZ"},
		"empty":        {Arrays{Inputs: write(t, "empty", nil)}, "want IDX, NPY or NPZ"},
		"directory":    {Arrays{Inputs: "testdata"}, "directory"},
		"member":       {Arrays{Inputs: "testdata/set.npz", InputsName: "z"}, `no member "z": want one of "x", "y"`},
		"target name":  {Arrays{Inputs: "testdata/set.npz", TargetsName: "z"}, `no member "z"`},
		"damaged zip":  {Arrays{Inputs: write(t, "set.npz", []byte("PK\x03\x04"))}, "zip"},
		"scalar":       {Arrays{Inputs: "testdata/types.npz", InputsName: "scalar"}, "want (rows, ...)"},
		"no rows":      {Arrays{Inputs: "testdata/types.npz", InputsName: "empty"}, "want (rows, ...)"},
		"nan":          {Arrays{Inputs: "testdata/types.npz", InputsName: "special"}, "NaN in row 0, column 0"},
		"wide":         {Arrays{Inputs: npyWith(t, make([]float32, MaxColumns+1), 1, MaxColumns+1)}, "per row"},
		"rows":         {Arrays{Inputs: x, Targets: npyWith(t, make([]float32, 3), 3)}, "for 4 rows"},
		"target shape": {Arrays{Inputs: x, Targets: npyWith(t, make([]float32, 8), 4, 2, 1)}, "outputs"},
		"no outputs":   {Arrays{Inputs: x, Targets: npyWith(t, nil, 4, 0)}, "outputs"},
		"two labels":   {Arrays{Inputs: x, Targets: npyWith(t, make([]float32, 8), 4, 2), Kind: LabelTargets}, "for labels"},
		"target nan":   {Arrays{Inputs: x, Targets: four(nan)}, "NaN in row 1"},
		"label nan":    {Arrays{Inputs: x, Targets: four(nan), Kind: LabelTargets}, "label NaN in row 1"},
		"label half":   {Arrays{Inputs: x, Targets: four(0.5), Kind: LabelTargets}, "label 0.5 in row 1"},
		"label below":  {Arrays{Inputs: x, Targets: four(-1), Kind: LabelTargets}, "label -1 in row 1"},
		"label above":  {Arrays{Inputs: x, Targets: four(MaxLabel + 1), Kind: LabelTargets}, "in row 1"},
		"no class":     {Arrays{Inputs: x, Targets: four(2), Kind: LabelTargets, Classes: []string{"a", "b"}}, "0...1"},
		"kind":         {Arrays{Inputs: x, Kind: 9}, "kind of targets"},
		"divide":       {Arrays{Inputs: x, Divide: nan}, "divide NaN"},
		"overflow":     {Arrays{Inputs: npyWith(t, []float32{1, 3e38}, 2), Divide: 1e-3}, "+Inf in row 1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.a.Load()
			wantError(t, err, "data: ", c.want)
			// The stream finds the same, at the latest when it reads.
			s, err := c.a.Open()
			if err == nil {
				defer s.Close()
				err = s.Rewind(0)
			}
			if err == nil {
				_, err = s.Read(make([]float32, 4*s.Inputs()), make([]int, 4), make([]float32, 4*max(1, s.Outputs())))
			}
			wantError(t, err, "data: ", c.want)
		})
	}
	s, err := Arrays{Inputs: "testdata/types.npz", InputsName: "fortran"}.Open()
	wantError(t, err, "Fortran")
	if s != nil {
		t.Error("a stream beside the error")
	}
}

func TestDetect(t *testing.T) {
	for path, want := range map[string]Format{
		"testdata/x.npy":                      FormatNPY,
		"testdata/set.npz":                    FormatNPZ,
		"testdata/make.py":                    FormatCSV,
		write(t, "e", nil):                    FormatCSV,
		write(t, "i", idx(8, nil, 0)):         FormatIDX,
		write(t, "z", zipped(idx(8, nil, 0))): FormatIDX,
		write(t, "c", zipped([]byte("a,b"))):  FormatCSV,
	} {
		if got, err := Detect(path); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", path, got, err, want)
		}
	}
	_, err := Detect(write(t, "b", []byte("MZ\x00\x01")))
	wantError(t, err, "neither text nor")
	_, err = Detect("testdata/none")
	wantError(t, err, "data: ")
	if FormatNPZ.String() != "npz" || Format(9).String() != "Format(9)" {
		t.Error("names of formats")
	}
}
