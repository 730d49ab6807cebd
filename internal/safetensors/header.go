package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// headerLength decodes the header's length and checks it against the format's limit and
// against the file's size, which is at least lengthSize.
func headerLength(start []byte, size uint64) (uint64, error) {
	n := binary.LittleEndian.Uint64(start)
	// As uint64 and before any sum: 2⁶⁴-1 plus lengthSize would be 7.
	if n > maxHeader {
		return 0, fmt.Errorf("safetensors: header of %d bytes, want at most %d", n, maxHeader)
	}
	if n > size-lengthSize {
		return 0, fmt.Errorf("safetensors: header of %d bytes, want at most %d in a file of %d", n, size-lengthSize, size)
	}
	return n, nil
}

// header is the checked content of a header.
type header struct {
	metadata map[string]string
	entries  []entry // in the order of their data
	size     uint64  // of the data behind the header, in bytes
}

// entry describes one tensor.
type entry struct {
	name, dtype string
	shape       []int
	begin, end  uint64 // in bytes from the end of the header
}

// parseHeader decodes a header and checks all that can be checked without the data.
func parseHeader(text []byte) (*header, error) {
	// encoding/json would replace either by U+FFFD without a word, and so change names.
	if !utf8.Valid(text) {
		return nil, errors.New("safetensors: header is not valid UTF-8")
	}
	if loneSurrogate(text) {
		return nil, errors.New(`safetensors: header has half of a surrogate pair in a \u escape, want both`)
	}
	h := new(header)
	d := headerDecoder{dec: json.NewDecoder(bytes.NewReader(text))}
	d.dec.UseNumber()
	if err := d.header(h); err != nil {
		return nil, fmt.Errorf("safetensors: header: %w", err)
	}
	if err := h.layout(); err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	return h, nil
}

// layout sorts the entries by their data and checks that they lie end to end and that
// shapes fill them. It sets size.
func (h *header) layout() error {
	slices.SortStableFunc(h.entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	for _, e := range h.entries {
		if e.begin != h.size {
			return fmt.Errorf("tensor %s: data begins at %d, want %d, where the data before it ends", quoted(e.name), e.begin, h.size)
		}
		if e.end < e.begin {
			return fmt.Errorf("tensor %s: data ends at %d, want at least %d, where it begins", quoted(e.name), e.end, e.begin)
		}
		h.size = e.end
		rank := dtypeRank(e.dtype)
		if rank < 0 {
			continue // readable by name; DecodeFloat32 refuses it
		}
		size, ok := dataSize(rank, e.shape)
		if !ok {
			return fmt.Errorf("tensor %s: shape of %d dimensions has too many elements of dtype %s, or they do not fill whole bytes", quoted(e.name), len(e.shape), e.dtype)
		}
		if size != e.end-e.begin {
			return fmt.Errorf("tensor %s: %d bytes of data, want %d for its shape and dtype %s", quoted(e.name), e.end-e.begin, size, e.dtype)
		}
	}
	return nil
}

// checkData checks the size of what follows the header.
func (h *header) checkData(size uint64) error {
	if size != h.size {
		return fmt.Errorf("safetensors: %d bytes behind the header, want the %d that it promises", size, h.size)
	}
	return nil
}

// file joins a header with its data.
func (h *header) file(data []byte) (*File, error) {
	if err := h.checkData(uint64(len(data))); err != nil {
		return nil, err
	}
	f := &File{
		Metadata: h.metadata,
		Tensors:  make([]Tensor, len(h.entries)),
		index:    make(map[string]int, len(h.entries)),
	}
	for i, e := range h.entries {
		// The capacity ends with the tensor, so that an append cannot reach the next one.
		f.Tensors[i] = Tensor{Name: e.name, DType: e.dtype, Shape: e.shape, Data: data[e.begin:e.end:e.end]}
		f.index[e.name] = i
	}
	return f, nil
}

// headerDecoder reads the header token by token: encoding/json's decoding into structs and
// maps keeps the last of two equal keys and takes "DTYPE" for "dtype".
type headerDecoder struct {
	dec   *json.Decoder
	depth int // of open objects and arrays
}

// maxDepth is the reference's limit on nesting (serde_json's). It bounds the recursion here.
const maxDepth = 128

// header reads the one JSON value of the header.
func (d *headerDecoder) header(h *header) error {
	tok, err := d.token()
	if err != nil {
		return err
	}
	if tok != json.Delim('{') {
		return fmt.Errorf("%s, want an object", tokenKind(tok))
	}
	err = d.object(func(key string) error {
		if key == metadataKey {
			return d.metadata(h)
		}
		e := entry{name: key}
		if err := d.entry(&e); err != nil {
			return fmt.Errorf("tensor %s: %w", quoted(key), err)
		}
		h.entries = append(h.entries, e)
		return nil
	})
	if err != nil {
		return err
	}
	// Only white space may follow.
	switch tok, err := d.dec.Token(); {
	case err == io.EOF:
		return nil
	case err != nil:
		return err
	default:
		return fmt.Errorf("%s after the object, want only white space", tokenKind(tok))
	}
}

// metadata reads the value of metadataKey: an object of strings, or null.
func (d *headerDecoder) metadata(h *header) error {
	tok, err := d.token()
	if err != nil {
		return err
	}
	switch tok {
	case nil:
		return nil
	case json.Delim('{'):
	default:
		return fmt.Errorf("%s is %s, want an object of strings", metadataKey, tokenKind(tok))
	}
	h.metadata = make(map[string]string)
	return d.object(func(key string) error {
		tok, err := d.token()
		if err != nil {
			return err
		}
		value, ok := tok.(string)
		if !ok {
			return fmt.Errorf("%s: %s is %s, want a string", metadataKey, quoted(key), tokenKind(tok))
		}
		h.metadata[key] = value
		return nil
	})
}

// entry reads the description of one tensor. Unknown fields are passed over.
func (d *headerDecoder) entry(e *entry) error {
	tok, err := d.token()
	if err != nil {
		return err
	}
	if tok != json.Delim('{') {
		return fmt.Errorf("%s, want an object", tokenKind(tok))
	}
	var hasDType, hasShape, hasOffsets bool
	err = d.object(func(key string) error {
		switch key {
		case "dtype":
			hasDType = true
			tok, err := d.token()
			if err != nil {
				return err
			}
			dtype, ok := tok.(string)
			if !ok {
				return fmt.Errorf("dtype is %s, want a string", tokenKind(tok))
			}
			e.dtype = dtype
			return nil
		case "shape":
			hasShape = true
			e.shape = []int{}
			return d.numbers(key, func(v uint64) error {
				if v > math.MaxInt {
					return fmt.Errorf("dimension %d, want at most %d on this machine", v, math.MaxInt)
				}
				e.shape = append(e.shape, int(v))
				return nil
			})
		case "data_offsets":
			hasOffsets = true
			count := 0
			err := d.numbers(key, func(v uint64) error {
				switch count {
				case 0:
					e.begin = v
				case 1:
					e.end = v
				default:
					return errors.New("data_offsets has more than 2 numbers, want 2")
				}
				count++
				return nil
			})
			if err == nil && count != 2 {
				return fmt.Errorf("data_offsets has %d numbers, want 2", count)
			}
			return err
		}
		return d.skip()
	})
	switch {
	case err != nil:
		return err
	case !hasDType:
		return errors.New("no dtype")
	case !hasShape:
		return errors.New("no shape")
	case !hasOffsets:
		return errors.New("no data_offsets")
	}
	return nil
}

// numbers reads an array of plain non-negative integers.
func (d *headerDecoder) numbers(what string, number func(uint64) error) error {
	tok, err := d.token()
	if err != nil {
		return err
	}
	if tok != json.Delim('[') {
		return fmt.Errorf("%s is %s, want an array", what, tokenKind(tok))
	}
	for d.dec.More() {
		tok, err := d.token()
		if err != nil {
			return err
		}
		literal, ok := tok.(json.Number)
		if !ok {
			return fmt.Errorf("%s holds %s, want integers", what, tokenKind(tok))
		}
		// ParseUint takes digits only, so 1.0, 1e0 and -1 are errors, as the format has it.
		v, err := strconv.ParseUint(literal.String(), 10, 64)
		if err != nil {
			return fmt.Errorf("%s holds %s, want an integer from 0 to 2⁶⁴-1 in plain digits", what, quoted(literal.String()))
		}
		if err := number(v); err != nil {
			return err
		}
	}
	_, err = d.token()
	return err
}

// object reads an object behind its brace. It calls field behind each key, to read the value.
func (d *headerDecoder) object(field func(key string) error) error {
	seen := make(map[string]struct{})
	for d.dec.More() {
		tok, err := d.token()
		if err != nil {
			return err
		}
		key, ok := tok.(string)
		if !ok {
			return fmt.Errorf("%s for a key, want a string", tokenKind(tok))
		}
		if _, twice := seen[key]; twice {
			return fmt.Errorf("key %s occurs twice in one object", quoted(key))
		}
		seen[key] = struct{}{}
		if err := field(key); err != nil {
			return err
		}
	}
	_, err := d.token()
	return err
}

// skip passes over one value, with the same checks.
func (d *headerDecoder) skip() error {
	tok, err := d.token()
	if err != nil {
		return err
	}
	switch tok {
	case json.Delim('{'):
		return d.object(func(string) error { return d.skip() })
	case json.Delim('['):
		for d.dec.More() {
			if err := d.skip(); err != nil {
				return err
			}
		}
		_, err := d.token()
		return err
	}
	return nil
}

// token returns the next token, where the header must not end yet, and counts the nesting.
func (d *headerDecoder) token() (json.Token, error) {
	tok, err := d.dec.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("at byte %d: %w", d.dec.InputOffset(), err)
	}
	switch tok {
	case json.Delim('{'), json.Delim('['):
		if d.depth++; d.depth > maxDepth {
			return nil, fmt.Errorf("at byte %d: nesting of more than %d levels", d.dec.InputOffset(), maxDepth)
		}
	case json.Delim('}'), json.Delim(']'):
		d.depth--
	}
	return tok, nil
}

// tokenKind names a token for an error text, without its possibly long value.
func tokenKind(tok json.Token) string {
	switch tok := tok.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case string:
		return "a string"
	case json.Delim:
		if tok == '[' {
			return "an array"
		}
		return "an object"
	}
	return "a value"
}

// loneSurrogate reports whether a \u escape in JSON text stands for half of a surrogate
// pair. A backslash occurs only in strings there; text that is no JSON may get either
// answer, and is refused later.
func loneSurrogate(text []byte) bool {
	for i := 0; i < len(text); {
		if text[i] != '\\' {
			i++
			continue
		}
		unit, ok := utf16Escape(text[i:])
		switch {
		case !ok: // \n, \\, \", …
			i += 2
		case unit < 0xD800 || unit > 0xDFFF:
			i += 6
		default:
			var low uint64
			if len(text) > i+6 {
				low, ok = utf16Escape(text[i+6:])
			} else {
				ok = false
			}
			if unit >= 0xDC00 || !ok || low < 0xDC00 || low > 0xDFFF {
				return true
			}
			i += 12
		}
	}
	return false
}

// utf16Escape returns the code unit if text begins with \uXXXX.
func utf16Escape(text []byte) (unit uint64, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return unit, err == nil
}
