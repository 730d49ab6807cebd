package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

const npyMagic = "\x93NUMPY"

// npyKinds are the element types of NPY by NumPy's names, without the byte order.
var npyKinds = map[string]kind{
	"b1": kindBool,
	"u1": kindU8, "u2": kindU16, "u4": kindU32, "u8": kindU64,
	"i1": kindI8, "i2": kindI16, "i4": kindI32, "i8": kindI64,
	"f2": kindF16, "f4": kindF32, "f8": kindF64,
}

// ReadNPY reads an array in NumPy's format, versions 1, 2 and 3, which may be compressed with
// gzip: numbers and truth values of either byte order, in C or Fortran order. Python objects,
// texts, complex numbers and structures are refused. It holds at most MaxValues values
// and 32 sizes, and r ends with it.
//
// The reader is this package's own: the published Go libraries allocate what the header
// claims before they have seen it, and panic on damaged headers (sbinet/npyio v0.6.0).
func ReadNPY(r io.Reader) (*Array, error) { return readArray(r, openNPY) }

// maxNPYHeader is far above what an array of numbers needs, below 200 bytes mostly;
// NumPy itself reads no more than 10,000 unless told.
const maxNPYHeader = 1 << 16

// openNPY reads the header of an array of at most so many values.
func openNPY(r io.Reader, most int) (*arrayReader, error) {
	a, err := npyHeader(r, most)
	if err != nil {
		return nil, fmt.Errorf("NPY: %w", noEOF(err))
	}
	return a, nil
}

func npyHeader(r io.Reader, most int) (*arrayReader, error) {
	var head [len(npyMagic) + 2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	if string(head[:len(npyMagic)]) != npyMagic {
		return nil, fmt.Errorf("the file begins with %q: want %q", head[:len(npyMagic)], npyMagic)
	}
	size := make([]byte, 4)
	switch major, minor := head[6], head[7]; {
	case major == 1 && minor == 0:
		size = size[:2] // little-endian: the other half stays 0
	case (major == 2 || major == 3) && minor == 0:
	default:
		return nil, fmt.Errorf("version %d.%d: want 1.0, 2.0 or 3.0", major, minor)
	}
	if _, err := io.ReadFull(r, size); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(size[:4])
	if n > maxNPYHeader {
		return nil, fmt.Errorf("a header of %d bytes: want at most %d", n, maxNPYHeader)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, err
	}
	h, err := parseNPYHeader(string(text))
	if err != nil {
		return nil, fmt.Errorf("header %s: %w", quote(strings.TrimSpace(string(text))), err)
	}
	a := &arrayReader{r: r, fortran: h.fortran, order: binary.LittleEndian}
	name := h.descr
	if name != "" && strings.ContainsRune("<>=|", rune(name[0])) {
		if name[0] == '>' {
			a.order = binary.BigEndian
		}
		name = name[1:]
	}
	a.kind = npyKinds[name]
	if a.kind.size == 0 || h.descr == name || h.descr[0] == '=' || h.descr[0] == '|' && a.kind.size > 1 {
		return nil, fmt.Errorf("element type %s: want numbers such as \"<f4\", \">i8\" or \"|b1\"", quote(h.descr))
	}
	if err := a.setShape(h.shape, most); err != nil {
		return nil, err
	}
	return a, nil
}

// npyDict is the dictionary of a header.
type npyDict struct {
	descr   string
	fortran bool
	shape   []int
}

// parseNPYHeader reads the Python literal of a header: a dictionary of exactly the keys
// descr, fortran_order and shape, in any order.
func parseNPYHeader(text string) (h npyDict, err error) {
	p := &literal{rest: text}
	seen := map[string]bool{}
	p.want("{")
	for !p.try("}") {
		key := p.text()
		p.want(":")
		if seen[key] {
			p.fail("the key %s comes twice", quote(key))
		}
		seen[key] = true
		switch key {
		case "descr":
			h.descr = p.text()
		case "fortran_order":
			if h.fortran = p.try("True"); !h.fortran {
				p.want("False")
			}
		case "shape":
			h.shape = p.sizes()
		default:
			p.fail("unknown key %s", quote(key))
		}
		if !p.try(",") {
			p.want("}")
			break
		}
	}
	if p.skip(); p.rest != "" {
		p.fail("text after the dictionary")
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if !seen[key] {
			p.fail("the key %q is missing", key)
		}
	}
	return h, p.err
}

// literal reads Python tokens. After its first error, which it keeps, nothing fits any more.
type literal struct {
	rest string
	err  error
}

func (p *literal) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	p.rest = ""
}

func (p *literal) skip() { p.rest = strings.TrimLeft(p.rest, " \t\r\n\f") }

func (p *literal) try(token string) (ok bool) {
	p.skip()
	p.rest, ok = strings.CutPrefix(p.rest, token)
	return ok || p.err != nil // ends every loop after an error
}

func (p *literal) want(token string) {
	if !p.try(token) {
		p.fail("want %q", token)
	}
}

// text reads a string without escapes.
func (p *literal) text() string {
	p.skip()
	if p.rest == "" || p.rest[0] != '\'' && p.rest[0] != '"' {
		p.fail("want a string")
		return ""
	}
	s, rest, ok := strings.Cut(p.rest[1:], p.rest[:1])
	if !ok || strings.ContainsAny(s, "\\\n") {
		p.fail("a string that does not end")
		return ""
	}
	p.rest = rest
	return s
}

// sizes reads a tuple of whole numbers, with Python 2's suffix L or without.
func (p *literal) sizes() (sizes []int) {
	p.want("(")
	for !p.try(")") {
		p.skip()
		n := 0
		for n < len(p.rest) && p.rest[n] >= '0' && p.rest[n] <= '9' {
			n++
		}
		v, err := strconv.ParseInt(p.rest[:n], 10, 64)
		switch {
		case err != nil && errors.Is(err, strconv.ErrRange), v > math.MaxInt:
			p.fail("size %s is too large", quote(p.rest[:n]))
		case err != nil:
			p.fail("want a size")
		case len(sizes) == maxDims:
			p.fail("more than %d sizes", maxDims)
		}
		if p.err != nil {
			return nil
		}
		sizes = append(sizes, int(v))
		p.rest = strings.TrimPrefix(p.rest[n:], "L")
		if !p.try(",") {
			if len(sizes) == 1 {
				p.fail("(n) is no tuple in Python: want (n,)")
			}
			p.want(")")
			break
		}
	}
	return sizes
}
