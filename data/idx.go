package data

import (
	"encoding/binary"
	"fmt"
	"io"
)

// idxKinds are the element types of IDX by their number.
var idxKinds = [256]kind{8: kindU8, 9: kindI8, 11: kindI16, 12: kindI32, 13: kindF32, 14: kindF64}

// ReadIDX reads an array in the format of MNIST (yann.lecun.com/exdb/mnist), which
// may be compressed with gzip: two zero bytes, the element type, the number of sizes,
// the sizes as big-endian 32-bit numbers, then the elements, big-endian, last index
// fastest. It holds at most MaxValues values and 32 sizes, and r ends with it.
func ReadIDX(r io.Reader) (*Array, error) { return readArray(r, openIDX) }

// readArray reads the whole of r.
func readArray(r io.Reader, open func(io.Reader, int) (*arrayReader, error)) (*Array, error) {
	b, err := unpack(r)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	a, err := open(b, MaxValues)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	array, err := a.all()
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	return array, nil
}

// maxDims is NumPy's limit.
const maxDims = 32

// openIDX reads the header of an array of at most so many values.
func openIDX(r io.Reader, most int) (*arrayReader, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, fmt.Errorf("IDX: the header is cut off: %w", noEOF(err))
	}
	a := &arrayReader{r: r, kind: idxKinds[head[2]], order: binary.BigEndian}
	switch {
	case head[0] != 0 || head[1] != 0:
		return nil, fmt.Errorf("IDX: the file begins with %x: want two zero bytes", head)
	case a.kind.size == 0:
		return nil, fmt.Errorf("IDX: element type 0x%02x: want 0x08, 0x09, 0x0b, 0x0c, 0x0d or 0x0e", head[2])
	case head[3] > maxDims:
		return nil, fmt.Errorf("IDX: %d sizes: want at most %d", head[3], maxDims)
	}
	sizes := make([]byte, 4*int(head[3]))
	if _, err := io.ReadFull(r, sizes); err != nil {
		return nil, fmt.Errorf("IDX: the header is cut off: %w", noEOF(err))
	}
	var shape []int
	for ; len(sizes) > 0; sizes = sizes[4:] {
		n := binary.BigEndian.Uint32(sizes)
		if int64(n) > int64(most) { // also keeps int from overflowing on 32-bit machines
			return nil, fmt.Errorf("IDX: size %d: more than %d values", n, most)
		}
		shape = append(shape, int(n))
	}
	if err := a.setShape(shape, most); err != nil {
		return nil, fmt.Errorf("IDX: %w", err)
	}
	return a, nil
}

// noEOF makes a file that is too short differ from the end of a pass.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
