package data

import (
	"bytes"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// checkArray fails unless what was read fits together and is no larger than its file
// can hold.
func checkArray(t *testing.T, a *Array, bytes int) {
	n := 1
	for _, s := range a.Shape {
		n *= s
	}
	if n != len(a.Data) || n > bytes {
		t.Fatalf("%d values of shape %v from %d bytes", len(a.Data), a.Shape, bytes)
	}
}

// packed says whether a fuzzed file is compressed: the fuzzer is to look at formats, not
// at the standard library's gzip.
func packed(b []byte) bool { return len(b) > 1 && b[0] == 0x1f && b[1] == 0x8b }

func FuzzIDX(f *testing.F) {
	f.Add(idx(8, []byte{1, 2, 3, 4}, 2, 2))
	f.Add(idx(14, make([]byte, 16), 2))
	f.Add(idx(12, nil, 1<<28))
	f.Fuzz(func(t *testing.T, b []byte) {
		if packed(b) {
			return
		}
		a, err := ReadIDX(bytes.NewReader(b))
		if err == nil {
			checkArray(t, a, len(b))
		} else if err == io.EOF || !strings.HasPrefix(err.Error(), "data: ") {
			t.Fatal(err)
		}
	})
}

func FuzzNPY(f *testing.F) {
	for _, name := range []string{"x", "version2", "version3", "objects", "structure", "text"} {
		b, err := os.ReadFile("testdata/" + name + ".npy")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(npyFile("{'descr':'|b1','fortran_order':True,'shape':(2,2)}") + "\x00\x01\x02\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if packed(b) {
			return
		}
		a, err := ReadNPY(bytes.NewReader(b))
		if err != nil {
			if err == io.EOF || !strings.HasPrefix(err.Error(), "data: ") {
				t.Fatal(err)
			}
			return
		}
		checkArray(t, a, len(b))
		// What was read can be written and read again.
		var w bytes.Buffer
		if err := WriteNPY(&w, a.Data, a.Shape...); err != nil {
			t.Fatal(err)
		}
		again, err := ReadNPY(&w)
		if err != nil || !slices.Equal(again.Shape, a.Shape) || len(again.Data) != len(a.Data) {
			t.Fatalf("%v: %v became %v", err, a.Shape, again)
		}
	})
}

func FuzzNPZ(f *testing.F) {
	for _, name := range []string{"set", "types"} {
		b, err := os.ReadFile("testdata/" + name + ".npz")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		arrays, err := ReadNPZ(bytes.NewReader(b), int64(len(b)))
		if err != nil && !strings.HasPrefix(err.Error(), "data: ") {
			t.Fatal(err)
		}
		for _, a := range arrays {
			checkArray(t, a, 1<<30) // deflate packs up to a thousand to one
		}
	})
}

// FuzzCSV reads a text whole and as a stream, which must come to the same.
func FuzzCSV(f *testing.F) {
	f.Add("a,b\n1,?\nNA,4\n", "", "", false, "", "", uint8(MissingKeep), uint8(Sorted))
	for _, c := range csvCases {
		f.Add(c.text, c.c.Separator, c.c.Comment, c.c.NoHeader, c.c.Label, strings.Join(c.c.Targets, "|"), uint8(c.c.Missing), uint8(c.c.Order))
	}
	f.Fuzz(func(t *testing.T, text, separator, comment string, noHeader bool, label, targets string, missing, order uint8) {
		if packed([]byte(text)) {
			return
		}
		c := CSV{Separator: separator, Comment: comment, NoHeader: noHeader, Label: label, Missing: Missing(missing), Order: ClassOrder(order)}
		if targets != "" {
			c.Targets = strings.Split(targets, "|")
		}
		table, err := ReadCSV(strings.NewReader(text), c)
		path := write(t, "fuzz.csv", []byte(text))
		s, streamErr := OpenCSV(path, c)
		if (err == nil) != (streamErr == nil) {
			t.Fatalf("whole: %v; stream: %v", err, streamErr)
		}
		if err != nil {
			if !strings.HasPrefix(err.Error(), "data: ") {
				t.Fatal(err)
			}
			return
		}
		defer s.Close()
		d := table.Data
		b, err := whole(d)
		if err != nil {
			t.Fatal(err)
		}
		if c.Missing == MissingKeep {
			fill(d.X, []float32{0.125}) // NaN is equal to nothing
		}
		if notFinite(d.X) >= 0 || notFinite(d.Y) >= 0 {
			t.Fatal("values that are not finite")
		}
		for _, l := range d.Labels {
			if l < 0 || l >= len(d.Classes) {
				t.Fatalf("label %d of %d classes", l, len(d.Classes))
			}
		}
		got := newBlock(s, b.rows+1)
		if err := s.Rewind(0); err != nil {
			t.Fatal(err)
		}
		if err := got.fill(s); err != nil || got.rows != b.rows {
			t.Fatalf("%d rows, %v; want %d", got.rows, err, b.rows)
		}
		if c.Missing == MissingKeep {
			fill(got.x, []float32{0.125})
		}
		if !slices.Equal(got.x[:len(d.X)], d.X) || !slices.Equal(got.y[:len(d.Y)], d.Y) || label != "" && !reflect.DeepEqual(got.labels[:b.rows], d.Labels) {
			t.Fatal("the stream gives other rows")
		}
	})
}
