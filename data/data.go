// Package data reads files into data sets for package train, whole or as streams larger
// than memory, divides data sets into folds, and writes predictions.
//
//   - CSV and relatives: [LoadCSV], [ReadCSV], [OpenCSV];
//   - arrays, which are IDX (MNIST's format), NPY and NPZ: [Arrays.Load], [Arrays.Open], and one
//     file at a time [ReadIDX], [ReadNPY], [ReadNPZ];
//   - [Detect] says which of them a file is;
//   - [KFold] and [StratifiedKFold] for cross-validation;
//   - [WriteNPY] and [PredictionWriter] for results.
//
// CSV, IDX and NPY files may be compressed with gzip, which is seen from their first bytes.
//
// # Streams
//
// A [Source] gives rows in passes (epochs). [OpenCSV] and [Arrays.Open] read files again in
// every pass, [Memory] reads a data set. [Shuffle] puts rows into random order
// within a window, and [Prefetch] reads the next rows while the present ones are used:
//
//	src, err := data.OpenCSV("big.csv.gz", data.CSV{Label: "species"})
//	...
//	defer src.Close()
//	rows := data.Prefetch(data.Shuffle(src, 10000, seed), 1024)
//	defer rows.Close()
//
// # Hostile files
//
// A damaged or hostile file gives an error that says where, never a panic. Sizes that a
// file claims are checked against [MaxValues] before anything is allocated for them, and
// memory then grows with the bytes that really come: a few times their number. Compressed
// files, whose bytes unpack to a thousand times as many, are bounded by MaxValues.
//
// # Values
//
// Numbers are rounded to float32. Data sets and sources hold finite values only: NaN,
// infinities and numbers beyond float32 give an error with their place. Only [Array]
// keeps NaN and infinities as they stand in the file, and [MissingKeep] has NaN for what is
// missing.
package data

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// Limits. What passes them gives an error.
const (
	MaxValues  = 1 << 28 // values of what is read into memory: 1 GiB of float32
	MaxColumns = 1 << 20 // columns of a CSV file, values per row of an array
	MaxClasses = 1 << 16 // classes found in a label column
)

// maxStream limits what the shape of a streamed array may claim: its size in bytes
// fits an int.
const maxStream = math.MaxInt / 8

// Format is the kind of a file.
type Format uint8

// The formats.
const (
	FormatCSV Format = iota // text: whatever is none of the others
	FormatIDX
	FormatNPY
	FormatNPZ
)

var formatNames = [...]string{"csv", "idx", "npy", "npz"}

// String returns "csv", "idx", "npy" or "npz".
func (f Format) String() string {
	if int(f) < len(formatNames) {
		return formatNames[f]
	}
	return fmt.Sprintf("Format(%d)", uint8(f))
}

// Detect tells the format of a file by its first bytes; its name does not count. A file
// that is none of the array formats is taken for CSV, unless it holds a zero byte near
// its beginning.
func Detect(path string) (Format, error) {
	r, err := openFile(path)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	head, err := r.Peek(512)
	if err != nil && err != io.EOF {
		return 0, fmt.Errorf("data: %s: %w", path, err)
	}
	f := detect(head)
	if f == FormatCSV && bytes.IndexByte(head, 0) >= 0 {
		return 0, fmt.Errorf("data: %s: is neither text nor IDX, NPY or NPZ", path)
	}
	return f, nil
}

func detect(head []byte) Format {
	switch {
	case bytes.HasPrefix(head, []byte(npyMagic)):
		return FormatNPY
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return FormatNPZ
	case len(head) >= 4 && head[0] == 0 && head[1] == 0 && idxKinds[head[2]].size > 0:
		return FormatIDX
	}
	return FormatCSV
}

// file is an open file, unpacked if it was compressed.
type file struct {
	*bufio.Reader
	f *os.File
}

func (f *file) Close() error { return f.f.Close() }

// bufferSize is enough that system calls do not count.
const bufferSize = 1 << 16

// openFile opens a file for reading from its beginning.
func openFile(path string) (*file, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	r, err := unpack(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("data: %s: %w", path, err)
	}
	return &file{Reader: r, f: f}, nil
}

// unpack returns a reader of what r holds, or of what its gzip stream holds.
func unpack(r io.Reader) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(r, bufferSize)
	head, err := b.Peek(2)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return b, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(z, bufferSize), nil
}

// quote shows a piece of a file in an error, not more than a line of it.
func quote(s string) string {
	const most = 40
	if len(s) > most {
		return fmt.Sprintf("%q...", s[:most])
	}
	return fmt.Sprintf("%q", s)
}

// errNotRewound is what reading a source gives before its first Rewind and after Close.
var errNotRewound = errors.New("data: Read before Rewind or after Close")
