package mat

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
)

// FuzzKernels compares an operation of the table with the specification on any bits, at every level.
func FuzzKernels(f *testing.F) {
	for i := range operations {
		op := &operations[i]
		for _, dist := range distributions {
			alpha, v := generate(dist, 37, len(op.args))
			var data []byte
			for _, x := range v[:len(op.args)] {
				for _, e := range x {
					data = binary.LittleEndian.AppendUint32(data, math.Float32bits(e))
				}
			}
			f.Add(uint8(i), uint8(5*i), alpha, data)
		}
	}
	f.Fuzz(func(t *testing.T, which, offset uint8, alpha float32, data []byte) {
		op := &operations[int(which)%len(operations)]
		n := min(len(data)/4/len(op.args), 2*block)
		var in vectors
		var mem [3][]float32
		for j := range op.args {
			in[j] = make([]float32, n)
			for i := range in[j] {
				in[j][i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*(j*n+i):]))
			}
			mem[j] = arena(n)
		}
		for _, level := range isa.Available() {
			restore := isa.Force(level)
			w := want(level, op, "fuzzed", alpha, in)
			w.truth = nil // its bounds are for the distributions of the table
			var v vectors
			for j := range op.args {
				v[j] = w.place(j, mem[j], margin+(int(offset)+5*j)%16)
			}
			w.check(t, op.call(alpha, &v), v[0], "fuzzed")
			for j := range op.args {
				poisonAll(v[j])
				if !poisoned(mem[j]) {
					t.Fatalf("%s, isa %v, length %d: memory beside %s is written", op.name, level, n, op.args[j])
				}
			}
			restore()
		}
	})
}

// FuzzMatrixKernels does so for the operations on rows: a shape of the table, any bits in its
// matrices and vectors.
func FuzzMatrixKernels(f *testing.F) {
	for i := range matrixOps {
		f.Add(uint8(i), uint16(3*i), []byte{0, 0, 0x80, 0x7f, 0, 0, 0xc0, 0xff, 1, 0, 0, 0})
	}
	f.Fuzz(func(t *testing.T, which uint8, shape uint16, data []byte) {
		op := &matrixOps[int(which)%len(matrixOps)]
		shapes := op.shapes()
		s := shapes[int(shape)%len(shapes)]
		in := op.inputs(s, normal)
		for j := range in.f {
			for i := range in.f[j] {
				if len(data) < 4 {
					break
				}
				in.f[j][i] = math.Float32frombits(binary.LittleEndian.Uint32(data))
				data = data[4:]
			}
		}
		want := in.clone()
		op.spec(s, want)
		for _, level := range isa.Available() {
			if op.fused && !level.Fused() {
				continue // the generic level gives other bits
			}
			restore := isa.Force(level)
			got := in.clone()
			op.call(s, got)
			op.compare(t, got, want, "fuzzed, isa "+level.String())
			restore()
		}
	})
}
