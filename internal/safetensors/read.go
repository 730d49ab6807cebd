package safetensors

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
)

// Parse reads a whole file from memory. The tensors' Data are views of data, which must not
// change while the File is in use.
func Parse(data []byte) (*File, error) {
	size := uint64(len(data))
	if size < lengthSize {
		return nil, fmt.Errorf("safetensors: file of %d bytes, want at least %d", size, lengthSize)
	}
	n, err := headerLength(data[:lengthSize], size)
	if err != nil {
		return nil, err
	}
	h, err := parseHeader(data[lengthSize : lengthSize+n])
	if err != nil {
		return nil, err
	}
	return h.file(data[lengthSize+n:])
}

// Read reads a whole file from r, to its end. A file of more than limit bytes is an error.
//
// Memory grows with the bytes that really arrive, never with what the header says.
func Read(r io.Reader, limit int64) (*File, error) {
	most := uint64(max(limit, 0))
	if most < lengthSize {
		return nil, fmt.Errorf("safetensors: limit of %d bytes, want at least %d", limit, lengthSize)
	}
	start, err := readGrowing(r, lengthSize)
	if err != nil {
		return nil, err
	}
	n, err := headerLength(start, most)
	if err != nil {
		return nil, err
	}
	header, err := readGrowing(r, n)
	if err != nil {
		return nil, err
	}
	h, err := parseHeader(header)
	if err != nil {
		return nil, err
	}
	if rest := most - lengthSize - n; h.size > rest {
		return nil, fmt.Errorf("safetensors: header promises %d bytes of data, want at most %d", h.size, rest)
	}
	data, err := readGrowing(r, h.size)
	if err != nil {
		return nil, err
	}
	switch n, err := io.ReadFull(r, make([]byte, 1)); {
	case n > 0:
		return nil, fmt.Errorf("safetensors: bytes after the %d that the header promises, want none", h.size)
	case err != io.EOF:
		return nil, fmt.Errorf("safetensors: read: %w", err)
	}
	return h.file(data)
}

// ReadFile reads the file at path, which must be a regular file: anything else (a
// directory, a pipe, a device) has no size to hold against the header.
func ReadFile(path string) (*File, error) {
	// Before opening, because opening a named pipe waits for its writer.
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	if err := checkRegular(path, info); err != nil {
		return nil, err
	}
	r, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	defer r.Close()
	// Again, because another file may have taken the name since.
	if info, err = r.Stat(); err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	if err := checkRegular(path, info); err != nil {
		return nil, err
	}
	f, err := readSized(r, uint64(info.Size()))
	if err != nil {
		return nil, fmt.Errorf("%w (file %s)", err, path)
	}
	return f, nil
}

// checkRegular refuses what is not a regular file and names what it is.
func checkRegular(path string, info fs.FileInfo) error {
	mode := info.Mode()
	if mode.IsRegular() {
		return nil
	}
	kind := "special file"
	switch {
	case mode.IsDir():
		kind = "directory"
	case mode&fs.ModeNamedPipe != 0:
		kind = "named pipe"
	case mode&fs.ModeSocket != 0:
		kind = "socket"
	case mode&fs.ModeDevice != 0:
		kind = "device"
	}
	return fmt.Errorf("safetensors: %s is a %s, want a regular file", path, kind)
}

// readSized reads a file whose true size is known, so both parts can be allocated at once.
func readSized(r io.Reader, size uint64) (*File, error) {
	if size < lengthSize {
		return nil, fmt.Errorf("safetensors: file of %d bytes, want at least %d", size, lengthSize)
	}
	start, err := readExactly(r, lengthSize)
	if err != nil {
		return nil, err
	}
	n, err := headerLength(start, size)
	if err != nil {
		return nil, err
	}
	header, err := readExactly(r, n)
	if err != nil {
		return nil, err
	}
	h, err := parseHeader(header)
	if err != nil {
		return nil, err
	}
	if err := h.checkData(size - lengthSize - n); err != nil {
		return nil, err
	}
	data, err := readExactly(r, h.size)
	if err != nil {
		return nil, err
	}
	return h.file(data)
}

// readExactly reads n bytes that are known to exist.
func readExactly(r io.Reader, n uint64) ([]byte, error) {
	if n > math.MaxInt {
		return nil, fmt.Errorf("safetensors: %d bytes in one piece, want at most %d on this machine", n, math.MaxInt)
	}
	buf := make([]byte, n)
	got, err := io.ReadFull(r, buf)
	return buf, readError(err, uint64(got), n)
}

// readGrowing reads n bytes into memory that grows with what arrives.
func readGrowing(r io.Reader, n uint64) ([]byte, error) {
	if n > math.MaxInt {
		return nil, fmt.Errorf("safetensors: %d bytes in one piece, want at most %d on this machine", n, math.MaxInt)
	}
	var buf bytes.Buffer
	_, err := io.CopyN(&buf, r, int64(n))
	return buf.Bytes(), readError(err, uint64(buf.Len()), n)
}

// readError names a premature end. The cause stays io.ErrUnexpectedEOF, or the reader's own.
func readError(err error, got, want uint64) error {
	switch {
	case err == nil:
		return nil
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return fmt.Errorf("safetensors: file ends %d bytes into a part of %d: %w", got, want, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("safetensors: read: %w", err)
}
