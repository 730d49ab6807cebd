package mat

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

// Fuzz targets for the kernels that have tables and tests of their own: updates and what else
// goes over arrays of parameters, softmax and the losses behind it.

// floats are the words of data, up to n.
func floats(data []byte, n int) []float32 {
	x := make([]float32, 0, min(n, len(data)/4))
	for ; len(data) >= 4 && len(x) < n; data = data[4:] {
		x = append(x, math.Float32frombits(binary.LittleEndian.Uint32(data)))
	}
	return x
}

func bytesOf(x ...float32) []byte {
	var b []byte
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// FuzzUpdates compares every rule, and the operations on arrays, with the specification.
func FuzzUpdates(f *testing.F) {
	for i := range len(updates) + len(arenaOps) + 1 {
		for d, dist := range []string{normal, special, wide} {
			_, v := generate(dist, 5*(3*updateWidth+5), 1)
			f.Add(uint8(i), uint8(i+d), uint8(1+3*d), uint8(5*i), bytesOf(v[0]...))
		}
	}
	f.Fuzz(func(t *testing.T, which, choice, step, offset uint8, data []byte) {
		o := int(which) % (len(updates) + len(arenaOps) + 1)
		for _, level := range isa.Available() {
			restore := isa.Force(level)
			switch {
			case o < len(updates):
				op, terms := &updates[o], someTerms[int(choice)%len(someTerms)]
				x := floats(data, op.arrays()*(block+40))
				n := len(x) / op.arrays()
				var got, want memory
				for j := range op.arrays() {
					from := int(offset)%16 + 5*j%16
					got[j] = arena(n)[margin+from:][:n:n]
					copy(got[j], x[j*n:])
					want[j] = slices.Clone(got[j])
				}
				wantFinite := op.specify(&want, 1+int(step), terms)
				rule := op.rule(1 + int(step))
				finite := rule.Update(got[0], got[1], got.state(op), terms)
				op.compare(t, &got, &want, finite, wantFinite, fmt.Sprintf("%+v, isa %v, length %d, offset %d, step %d", terms, level, n, offset, 1+int(step)))
			case o < len(updates)+len(arenaOps):
				op := &arenaOps[o-len(updates)]
				s := op.scalars[int(choice)%len(op.scalars)]
				x := floats(data, 2*(block+40))
				n := len(x) / 2
				a, b := slices.Clone(x[:n]), x[n:][:n]
				wantOK := true
				want := make([]float32, n)
				for i := range want {
					var ok bool
					want[i], ok = op.spec(a[i], b[i], s)
					wantOK = wantOK && ok
				}
				if ok := op.call([2][]float32{a, b}, s); ok != wantOK || !sameAll(a, want) {
					t.Fatalf("%s, isa %v, length %d, scalar %g: %v, want %v, or other elements", op.name, level, n, s, ok, wantOK)
				}
			default:
				x := floats(data, block)
				cols := 1 + int(choice)%70
				rows := len(x) / cols
				got, want := slices.Clone(x[:rows*cols]), slices.Clone(x[:rows*cols])
				limit := float64(step) / 16
				MaxNorm(got, rows, cols, limit)
				ref.MaxNorm(want, rows, cols, limit)
				if !sameAll(got, want) {
					t.Fatalf("MaxNorm, isa %v, %d×%d, limit %g: another result", level, rows, cols, limit)
				}
			}
			restore()
		}
	})
}

// FuzzSoftmax compares softmax and the cross entropies with the specification row by row; at the
// generic level, which has bits of its own, with the row alone.
func FuzzSoftmax(f *testing.F) {
	for kind := range uint8(4) {
		for i, s := range [][2]uint16{{1, 1}, {3, 10}, {70, 16}, {5, 17}, {2, 130}, {17, 2}, {1, 600}} {
			f.Add(kind, s[0], s[1], uint8(i), bytesOf(odd[i%len(odd)], odd[(3*i+5)%len(odd)], 50, -1000))
			f.Add(kind, s[0], s[1], uint8(i+1), []byte(nil))
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, r, c uint16, choice uint8, data []byte) {
		rows, n := 1+int(r)%80, 1+int(c)%700
		rows = min(rows, max(1, 4096/n))
		src := rand.New(rand.NewPCG(uint64(choice), 1))
		z, tt := make([]float32, rows*n), make([]float32, rows*n)
		for i := range z {
			z[i], tt[i] = float32(3*src.NormFloat64()), float32(src.Float64())
		}
		for i, v := range floats(data, rows*n) {
			if kind%4 == 3 && i%2 == 1 {
				tt[src.IntN(rows*n)] = v
			} else {
				z[src.IntN(rows*n)] = v
			}
		}
		labels, onehot := make([]int, rows), make([]float32, rows*n)
		for i := range labels {
			labels[i] = src.IntN(n)
			onehot[i*n+labels[i]] = 1
		}
		smoothing := []float64{0, 0.1, 0.5}[choice%3]
		keep, spread, scale := float32(1-smoothing), float32(smoothing/float64(n)), float32(0.3)
		var weights []float32
		if choice%2 == 1 {
			for range rows {
				weights = append(weights, float32(src.Float64()*2))
			}
		}
		// call does rows from...to.
		call := func(from, to int) (p, dz []float32, loss []float64) {
			m := to - from
			p, dz, loss = make([]float32, m*n), make([]float32, m*n), make([]float64, m)
			var w []float32
			if weights != nil {
				w = weights[from:to]
			}
			switch z, tt := z[from*n:to*n], tt[from*n:to*n]; kind % 4 {
			case 0:
				SoftmaxRows(p, z, m, n, loss)
				LogSoftmaxRows(dz, z, m, n)
			case 1:
				SoftmaxCrossEntropy(loss, p, dz, z, tt, n, smoothing, scale, w)
			case 2:
				SoftmaxCrossEntropyLabels(loss, p, dz, z, labels[from:to], n, smoothing, scale, w)
			case 3:
				BinaryCrossEntropy(loss, dz, z, tt, n, scale, w)
			}
			return p, dz, loss
		}
		specify := func(i int) (p, dz []float32, loss float64) {
			z, tt, hot := z[i*n:][:n], tt[i*n:][:n], onehot[i*n:][:n]
			f := scale
			if weights != nil {
				f *= weights[i]
			}
			switch kind % 4 {
			case 0:
				p, loss = ref.Softmax(z)
				return p, ref.LogSoftmax(z), loss
			case 1:
				return ref.SoftmaxCrossEntropy(z, tt, keep, spread, f)
			case 2:
				return ref.SoftmaxCrossEntropy(z, hot, keep, spread, f)
			}
			elements := make([]float32, n)
			dz = make([]float32, n)
			for j := range elements {
				elements[j], dz[j] = ref.BinaryCrossEntropy(z[j], tt[j], scale)
				if weights != nil {
					dz[j] *= weights[i]
				}
			}
			return make([]float32, n), dz, ref.BinaryRowLoss(elements)
		}
		for _, level := range isa.Available() {
			restore := isa.Force(level)
			p, dz, loss := call(0, rows)
			for i := range rows {
				wp, wd, wl := specify(i)
				if !level.Fused() {
					one := []float64(nil)
					wp, wd, one = call(i, i+1)
					wl = one[0]
				}
				if !sameAll(p[i*n:][:n], wp) || !sameAll(dz[i*n:][:n], wd) || !same64(loss[i], wl) {
					t.Fatalf("kind %d, isa %v, %d×%d, row %d, smoothing %g, weighted %t: loss %v, want %v, or other probabilities or gradients", kind%4, level, rows, n, i, smoothing, weights != nil, loss[i], wl)
				}
			}
			restore()
		}
	})
}
