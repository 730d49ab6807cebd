package safetensors

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzParse holds for any bytes: no panic, memory in proportion to them, one verdict by all
// readers, and a file that is accepted says the same after being written again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(golden))
	for _, c := range good {
		f.Add(c.file)
	}
	for _, c := range bad {
		if len(c.file) < 1000 {
			f.Add(c.file)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var file *File
		var err error
		// A key and its map cost most: "{" opens an object, three more bytes a key.
		most := 1<<16 + 512*uint64(len(data))
		if got := allocated(func() { file, err = Parse(data) }); got > most {
			t.Errorf("%d bytes allocated for a file of %d, want at most %d", got, len(data), most)
		}
		read, readErr := Read(bytes.NewReader(data), int64(len(data)))
		if (err == nil) != (readErr == nil) {
			t.Fatalf("Parse says %v, Read says %v", err, readErr)
		}
		if err != nil {
			if file != nil || read != nil {
				t.Fatal("a File beside an error")
			}
			return
		}
		if !reflect.DeepEqual(file, read) {
			t.Fatalf("Parse gives %v, Read gives %v", file, read)
		}
		n, err := headerLength(data[:lengthSize], uint64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		if text := data[lengthSize : lengthSize+n]; !json.Valid(text) {
			t.Fatalf("header %q accepted, but it is not JSON", text)
		}
		total := uint64(0)
		for _, tensor := range file.Tensors {
			total += uint64(len(tensor.Data))
			if dtypeRank(tensor.DType) < 0 {
				return // readable, not writable
			}
		}
		if total != uint64(len(data))-lengthSize-n {
			t.Fatalf("tensors hold %d bytes of %d", total, uint64(len(data))-lengthSize-n)
		}
		again, err := Parse(write(t, file.Tensors, file.Metadata))
		if err != nil {
			t.Fatalf("written again: %v", err)
		}
		if len(again.Tensors) != len(file.Tensors) || !reflect.DeepEqual(again.Metadata, file.Metadata) {
			t.Fatalf("written again: %v, want %v", again, file)
		}
		for _, want := range file.Tensors {
			got, ok := again.Tensor(want.Name)
			if !ok || got.DType != want.DType || !reflect.DeepEqual(got.Shape, want.Shape) || !bytes.Equal(got.Data, want.Data) {
				t.Fatalf("written again: %v, want %v", got, want)
			}
		}
	})
}
