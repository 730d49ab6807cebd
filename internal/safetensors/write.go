package safetensors

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Write writes a file in the reference writer's form: tensors by dtype (widest first, so
// that each is aligned to its element), then by name; a compact header with the metadata
// first, padded with spaces to a multiple of 8 bytes. Metadata keys are sorted, so equal
// input gives equal bytes. Nil metadata is left out; empty metadata is written as {}.
//
// It is an error if a name occurs twice, is "__metadata__" or not valid UTF-8, a dtype is
// unknown, Data does not have the size that shape and dtype ask for, or the header would
// exceed 100,000,000 bytes. Nothing is written before all checks pass. The slices are only
// read.
func Write(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	order, err := writeOrder(tensors)
	if err != nil {
		return err
	}
	head, err := appendHeader(make([]byte, lengthSize), order, metadata)
	if err != nil {
		return err
	}
	n := len(head) - lengthSize
	if n > maxHeader {
		return fmt.Errorf("safetensors: header of %d bytes, want at most %d", n, maxHeader)
	}
	binary.LittleEndian.PutUint64(head, uint64(n))
	if _, err := w.Write(head); err != nil {
		return fmt.Errorf("safetensors: write: %w", err)
	}
	for _, t := range order {
		if _, err := w.Write(t.Data); err != nil {
			return fmt.Errorf("safetensors: write: %w", err)
		}
	}
	return nil
}

// writeOrder checks the tensors and returns them in the order of the file.
func writeOrder(tensors []Tensor) ([]Tensor, error) {
	for _, t := range tensors {
		if !utf8.ValidString(t.Name) {
			return nil, fmt.Errorf("safetensors: tensor name %s is not valid UTF-8", quoted(t.Name))
		}
		if t.Name == metadataKey {
			return nil, fmt.Errorf("safetensors: tensor name %s is reserved", metadataKey)
		}
		rank := dtypeRank(t.DType)
		if rank < 0 {
			return nil, fmt.Errorf("safetensors: tensor %s: dtype %s, want one of %s", quoted(t.Name), quoted(t.DType), dtypeNames())
		}
		for _, dim := range t.Shape {
			if dim < 0 {
				return nil, fmt.Errorf("safetensors: tensor %s: dimension %d, want at least 0", quoted(t.Name), dim)
			}
		}
		size, ok := dataSize(rank, t.Shape)
		if !ok {
			return nil, fmt.Errorf("safetensors: tensor %s: shape %v has too many elements of dtype %s, or they do not fill whole bytes", quoted(t.Name), t.Shape, t.DType)
		}
		if size != uint64(len(t.Data)) {
			return nil, fmt.Errorf("safetensors: tensor %s: %d bytes of data, want %d for shape %v and dtype %s", quoted(t.Name), len(t.Data), size, t.Shape, t.DType)
		}
	}
	names := make(map[string]struct{}, len(tensors))
	for _, t := range tensors {
		if _, twice := names[t.Name]; twice {
			return nil, fmt.Errorf("safetensors: tensor name %s occurs twice", quoted(t.Name))
		}
		names[t.Name] = struct{}{}
	}
	order := slices.Clone(tensors)
	slices.SortFunc(order, func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(dtypeRank(b.DType), dtypeRank(a.DType)), cmp.Compare(a.Name, b.Name))
	})
	return order, nil
}

// appendHeader appends the JSON of the header and its padding.
func appendHeader(dst []byte, tensors []Tensor, metadata map[string]string) ([]byte, error) {
	separator := "{"
	if metadata != nil {
		dst = append(dst, separator+`"`+metadataKey+`":{`...)
		for i, key := range slices.Sorted(maps.Keys(metadata)) {
			if !utf8.ValidString(key) || !utf8.ValidString(metadata[key]) {
				return nil, fmt.Errorf("safetensors: metadata %s or its value %s is not valid UTF-8", quoted(key), quoted(metadata[key]))
			}
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, key)
			dst = append(dst, ':')
			dst = appendString(dst, metadata[key])
		}
		dst = append(dst, '}')
		separator = ","
	}
	var offset uint64
	for _, t := range tensors {
		dst = append(dst, separator...)
		separator = ","
		dst = appendString(dst, t.Name)
		dst = append(dst, `:{"dtype":"`+t.DType+`","shape":[`...)
		for i, dim := range t.Shape {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = strconv.AppendInt(dst, int64(dim), 10)
		}
		dst = append(dst, `],"data_offsets":[`...)
		dst = strconv.AppendUint(dst, offset, 10)
		dst = append(dst, ',')
		// Tensors may share memory, so the sum of their sizes can exceed what memory holds.
		end := offset + uint64(len(t.Data))
		if end < offset {
			return nil, errors.New("safetensors: the tensors' sizes sum to more than 2⁶⁴-1 bytes")
		}
		offset = end
		dst = strconv.AppendUint(dst, offset, 10)
		dst = append(dst, "]}"...)
	}
	if separator == "{" {
		dst = append(dst, '{')
	}
	dst = append(dst, '}')
	for len(dst)%8 != 0 { // the length before the header is 8 bytes itself
		dst = append(dst, ' ')
	}
	return dst, nil
}

// appendString appends s as a JSON string, escaping only what JSON requires. encoding/json
// cannot be told to leave U+2028 and U+2029 as they are, which the reference does.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= ' ':
			dst = append(dst, c)
		case c == '\b':
			dst = append(dst, `\b`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\f':
			dst = append(dst, `\f`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		default:
			dst = append(dst, `\u00`...)
			dst = append(dst, hex[c>>4], hex[c&15])
		}
	}
	return append(dst, '"')
}
