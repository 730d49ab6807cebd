package train

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
)

// Digest returns a name of the data: "sha256:" and 64 hex digits, equal for two data sets
// exactly if training does the same with them. So the order of the rows counts, which
// decides which rows share a batch, and that weights are given at all; the names of
// the classes do not. It takes a pass over the data.
//
// It is the SHA-256 of these numbers, little-endian: 64 bits each for rows, inputs, values
// of Y per row, and what is given (1 for Labels, plus 2 for Weights), then X in float32,
// Labels in 64 bits, Y and Weights in float32.
func (d *Dataset) Digest() string {
	h := sha256.New()
	rows := d.Rows()
	given, values := 0, 0
	if d.Labels != nil {
		given |= 1
	} else if rows > 0 {
		values = len(d.Y) / rows
	}
	if d.Weights != nil {
		given |= 2
	}
	digestOf(h, []int{rows, d.Inputs, values, given}, putInt)
	digestOf(h, d.X, putFloat)
	digestOf(h, d.Labels, putInt)
	digestOf(h, d.Y, putFloat)
	digestOf(h, d.Weights, putFloat)
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

func putInt(b []byte, v int) []byte { return binary.LittleEndian.AppendUint64(b, uint64(v)) }

func putFloat(b []byte, v float32) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
}

// digestOf feeds values to h in pieces.
func digestOf[T any](h hash.Hash, values []T, put func([]byte, T) []byte) {
	const most = 8 << 10
	b := make([]byte, 0, most)
	for _, v := range values {
		if b = put(b, v); len(b) > most-8 {
			h.Write(b)
			b = b[:0]
		}
	}
	h.Write(b)
}
