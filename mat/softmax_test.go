package mat

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"testing"
	"unsafe"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

// logitRows are finite logits of all sizes that a network may give.
func logitRows() [][]float32 {
	var rows [][]float32
	for n := 1; n <= 130; n++ {
		for _, dist := range []string{normal, wide, underflow, zeros, ties, negative} {
			_, v := generate(dist, n, 1)
			rows = append(rows, v[0])
			for _, by := range []float32{30, 1e4, -1e4} {
				scaled, shifted := slices.Clone(v[0]), slices.Clone(v[0])
				for i := range n {
					scaled[i] *= by
					shifted[i] += by
				}
				rows = append(rows, scaled, shifted)
			}
		}
	}
	_, v := generate(normal, block+100, 1)
	v[0][block+50] = 1e4 // without the maximum of the last block, its exponential overflows
	return append(rows, v[0],
		[]float32{1e4, -1e4}, []float32{-1e4, 1e4, 1e4}, []float32{-1e4, -1e4}, []float32{88, 89, 90},
		[]float32{math.MaxFloat32, -math.MaxFloat32, 0}, []float32{-math.MaxFloat32, -math.MaxFloat32},
		[]float32{-inf32, 1, 2}, []float32{3, -inf32}, []float32{negZero, 0}, []float32{0, 0x1p-149, -0x1p-149},
		[]float32{0, -87, -88, -100, -103, -104, -104.5}, // probabilities down to 0 by way of subnormals
	)
}

// nonFinite are rows that give NaN.
var nonFinite = [][]float32{
	{nan32}, {1, nan32, 2}, {nan32, inf32}, {nan32, -inf32}, {inf32}, {inf32, 1}, {inf32, inf32}, {-inf32, inf32},
	{-inf32}, {-inf32, -inf32, -inf32}, append(make([]float32, 100), nan32), append(make([]float32, 100), inf32),
	append(slices.Repeat([]float32{nan32}, 20), make([]float32, 30)...),
}

// softmax64 returns e^(x-top) in float64, top and the sum.
func softmax64(x []float32) (e []float64, top, sum float64) {
	top = math.Inf(-1)
	for _, v := range x {
		top = max(top, float64(v))
	}
	for _, v := range x {
		e = append(e, math.Exp(float64(v)-top))
		sum += e[len(e)-1]
	}
	return e, top, sum
}

// lseBound bounds the error of a row's log-sum-exp: n/16 additions and the tree round,
// and each term by its argument's rounding, |x-top|·e^(x-top) ≤ 1/e, and its own.
func lseBound(level isa.Level, n int, top, sum float64) float64 {
	bound := 0x1p-52 * (math.Abs(top) + math.Log(sum) + float64(n+10))
	if level.Fused() {
		bound += 0x1p-24 * (float64(n)/16 + 10)
	}
	return bound
}

// TestSoftmax compares with the specification and with the definition.
func TestSoftmax(t *testing.T) {
	rows := logitRows()
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, x := range rows {
			spec, specLog := ref.Softmax(x)
			exp, top, sum := softmax64(x)
			y := slices.Repeat([]float32{nan32}, len(x))
			input := slices.Clone(x)
			got := Softmax(y, x)
			where := func() string {
				return fmt.Sprintf("Softmax, isa %v, %d elements, the first %g", level, len(x), x[:min(8, len(x))])
			}
			if !sameAll(x, input) {
				t.Fatalf("%s: the input is changed", where())
			}
			if level.Fused() && (!sameAll(y, spec) || got != specLog) {
				t.Fatalf("%s: %g and logarithm %v, want %g and %v", where(), y[:min(8, len(x))], got, spec[:min(8, len(x))], specLog)
			}
			for i, v := range y {
				want := exp[i] / sum
				bound := 0.501 * ulp(want)
				if level.Fused() {
					bound = want*0x1p-24*(top-float64(x[i])+float64(len(x))/16+8) + 0x1p-148
				}
				if !(math.Abs(float64(v)-want) <= bound) && !(want == 0 && v == 0) {
					t.Fatalf("%s: element %d is %g, in float64 %g: off by %g, bound %g", where(), i, v, want, math.Abs(float64(v)-want), bound)
				}
			}
			want := top + math.Log(sum)
			if bound := lseBound(level, len(x), top, sum); !(math.Abs(got-want) <= bound) {
				t.Fatalf("%s: the logarithm is %v, want %v, bound %g", where(), got, want, bound)
			}
			inPlace := slices.Clone(x)
			if again := Softmax(inPlace, inPlace); again != got || !sameAll(inPlace, y) {
				t.Fatalf("%s: the result is different with dst = x", where())
			}
		}
		// What all machines must give, as for the activations. The inputs are exact:
		// package rand's normal numbers may differ in the last bit.
		var bits []byte
		for n := 1; n <= 100; n++ {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32((i*37+n*11)%257-128) / 16
			}
			log := Softmax(x, x)
			bits = binary.LittleEndian.AppendUint64(appendBits(bits, x...), math.Float64bits(log))
		}
		want := uint32(0xaefbe9d8)
		if level.Fused() {
			want = 0x7a103abb
		}
		if got := crc32.ChecksumIEEE(bits); got != want {
			t.Errorf("Softmax, isa %v: CRC-32 of 100 rows is %#08x, want %#08x", level, got, want)
		}
	})
}

// TestSoftmaxClosedForms has rows whose result is known.
func TestSoftmaxClosedForms(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, c := range []struct {
			x, want []float32
			log     float64
		}{
			{[]float32{5}, []float32{1}, 5},
			{[]float32{-1e4}, []float32{1}, -1e4},
			{[]float32{0, 0, 0, 0}, []float32{0.25, 0.25, 0.25, 0.25}, 2 * math.Ln2},
			{[]float32{1e4, 1e4}, []float32{0.5, 0.5}, 1e4 + math.Ln2},
			{[]float32{1e4, -1e4}, []float32{1, 0}, 1e4},
			{[]float32{-inf32, -3}, []float32{0, 1}, -3},
			{[]float32{math.MaxFloat32, 0}, []float32{1, 0}, math.MaxFloat32},
			{make([]float32, 32), slices.Repeat([]float32{1. / 32}, 32), 5 * math.Ln2},
		} {
			y := make([]float32, len(c.x))
			log := Softmax(y, c.x)
			bound := 0x1p-52 * math.Abs(c.log)
			if level.Fused() {
				bound += 0x1p-24 * math.Ln2 * 5 // the logarithm of the sum is a float32
			}
			if !slices.Equal(y, c.want) || !(math.Abs(log-c.log) <= bound) {
				t.Errorf("Softmax, isa %v, of %g: %g and logarithm %v, want %g and %v", level, c.x, y, log, c.want, c.log)
			}
		}
		for _, x := range nonFinite {
			y, z := make([]float32, len(x)), make([]float32, len(x))
			log := Softmax(y, x)
			LogSoftmaxRows(z, x, 1, len(x))
			for i, v := range y {
				if v == v || z[i] == z[i] {
					t.Errorf("isa %v, of %g: element %d is %g and its logarithm %g, want NaN", level, x, i, v, z[i])
				}
			}
			if log == log {
				t.Errorf("Softmax, isa %v, of %g: the logarithm is %g, want NaN", level, x, log)
			}
		}
	})
}

// shapes are rows and columns: every width of the kernels for narrow rows and some of
// the others, and numbers of rows around a chunk.
func shapes() (s [][2]int) {
	for n := 1; n <= 50; n++ {
		for _, rows := range []int{1, 2, 3, 4, 7, 16, 17} {
			s = append(s, [2]int{rows, n})
		}
	}
	for _, n := range []int{1, 3, 8, 10, 15, 16, 17, 26} {
		for _, rows := range []int{rowChunk - 1, rowChunk, rowChunk + 1, 2*rowChunk + 5} {
			s = append(s, [2]int{rows, n})
		}
	}
	return append(s, [2]int{2, 100}, [2]int{3, 511}, [2]int{3, 512}, [2]int{2, 513}, [2]int{3, 1000}, [2]int{2, block - 1}, [2]int{2, block},
		[2]int{2, block + 1}, [2]int{1, 2*block + 37}, [2]int{0, 5})
}

// logits returns rows of one kind each, some with values that give NaN, and targets.
func logits(rows, n int, r *rand.Rand) (z, t []float32) {
	kinds := []string{normal, wide, special, oneOdd, zeros, ties, negative, normal, normal}
	for i := range rows {
		_, v := generate(kinds[(i+n)%len(kinds)], n, 1)
		by := []float32{1, 10, 1e4}[r.IntN(3)]
		for _, v := range v[0] {
			z = append(z, v*by)
			x := float32(0)
			if r.IntN(3) > 0 {
				x = float32(r.Float64())
			}
			t = append(t, x)
		}
	}
	return z, t
}

// TestSoftmaxRows: each row has the bits that it has alone, and those of the specification.
func TestSoftmaxRows(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		r := rand.New(rand.NewPCG(1, 2))
		for _, s := range shapes() {
			rows, n := s[0], s[1]
			z, _ := logits(rows, n, r)
			p, logp := make([]float32, rows*n), make([]float32, rows*n)
			lse, lse2 := make([]float64, rows), make([]float64, rows)
			SoftmaxRows(p, z, rows, n, lse)
			LogSoftmaxRows(logp, z, rows, n)
			LogSumExpRows(lse2, z, n)
			q := slices.Clone(z)
			SoftmaxRows(q, q, rows, n, nil)
			if !sameAll(p, q) {
				t.Fatalf("isa %v, %d×%d: different with dst = x, or without logarithms", level, rows, n)
			}
			q = slices.Clone(z)
			LogSoftmaxRows(q, q, rows, n)
			if !sameAll(logp, q) {
				t.Fatalf("LogSoftmaxRows, isa %v, %d×%d: different with dst = x", level, rows, n)
			}
			for i := range rows {
				x := z[i*n:][:n]
				want, wantLog := make([]float32, n), []float32(nil)
				wantLSE := Softmax(want, x)
				if level.Fused() {
					want, wantLSE = ref.Softmax(x)
					wantLog = ref.LogSoftmax(x)
				}
				if !sameAll(p[i*n:][:n], want) || !same64(lse[i], wantLSE) || !same64(lse2[i], wantLSE) {
					t.Fatalf("isa %v, %d×%d, row %d: logarithms %v, %v, want %v, or other probabilities", level, rows, n, i, lse[i], lse2[i], wantLSE)
				}
				if wantLog != nil && !sameAll(logp[i*n:][:n], wantLog) {
					t.Fatalf("LogSoftmaxRows, isa %v, %d×%d, row %d: %g, want %g", level, rows, n, i, logp[i*n:][:min(n, 8)], wantLog[:min(n, 8)])
				}
				for j, v := range logp[i*n:][:n] {
					want := float64(x[j]) - wantLSE
					if want-want == 0 && !(math.Abs(float64(v)-want) <= 0x1p-22*(1+math.Abs(want))) { // two roundings of up to |want|, and the logarithm's
						t.Fatalf("LogSoftmaxRows, isa %v, %d×%d, row %d: element %d is %g, want %g", level, rows, n, i, j, v, want)
					}
				}
			}
		}
	})
}

// sameAll takes any NaN for any other.
func sameAll(got, want []float32) bool { return slices.EqualFunc(got, want, same) }

func same64(got, want float64) bool {
	return math.Float64bits(got) == math.Float64bits(want) || got != got && want != want
}

// TestSoftmaxCrossEntropy compares with the specification, and with float64 for
// logits that are finite.
func TestSoftmaxCrossEntropy(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		r := rand.New(rand.NewPCG(3, 4))
		for c, s := range shapes() {
			rows, n := s[0], s[1]
			z, target := logits(rows, n, r)
			smoothing := []float64{0, 0.1, 0, 0.5}[c%4]
			keep, spread := float32(1-smoothing), float32(smoothing/float64(n))
			const scale = 0.0078125 * 1.1
			var weights []float32
			if c%3 == 1 {
				for range rows {
					weights = append(weights, float32(r.Float64()*2))
				}
			}
			factor := func(i int) float32 {
				f := float32(scale)
				if weights != nil {
					f *= weights[i]
				}
				return f
			}
			var labels []int
			onehot := make([]float32, rows*n)
			for i := range rows {
				labels = append(labels, r.IntN(n))
				onehot[i*n+labels[i]] = 1
			}
			for _, byLabel := range []bool{false, true} {
				p, dz := slices.Repeat([]float32{nan32}, rows*n), slices.Repeat([]float32{nan32}, rows*n)
				loss := make([]float64, rows)
				q := slices.Clone(z)
				loss2 := make([]float64, rows)
				var d2, tt []float32
				if byLabel {
					tt = onehot
					SoftmaxCrossEntropyLabels(loss, p, dz, z, labels, n, smoothing, scale, weights)
					d2 = make([]float32, rows*n)
					SoftmaxCrossEntropyLabels(loss2, q, d2, q, labels, n, smoothing, scale, weights)
				} else {
					tt = target
					SoftmaxCrossEntropy(loss, p, dz, z, tt, n, smoothing, scale, weights)
					d2 = slices.Clone(tt)
					SoftmaxCrossEntropy(loss2, q, d2, q, d2, n, smoothing, scale, weights)
				}
				where := func(i int) string {
					return fmt.Sprintf("isa %v, %d×%d, labels %v, smoothing %v, row %d, logits %g", level, rows, n, byLabel, smoothing, i, z[i*n:][:min(n, 8)])
				}
				for i := range rows {
					z, tt, p, dz := z[i*n:][:n], tt[i*n:][:n], p[i*n:][:n], dz[i*n:][:n]
					if !sameAll(p, q[i*n:][:n]) || !sameAll(dz, d2[i*n:][:n]) || !same64(loss[i], loss2[i]) {
						t.Fatalf("%s: different with p = z and dz = t", where(i))
					}
					if level.Fused() {
						wp, wd, wl := ref.SoftmaxCrossEntropy(z, tt, keep, spread, factor(i))
						if !sameAll(p, wp) || !sameAll(dz, wd) || !same64(loss[i], wl) {
							t.Fatalf("%s: loss %v, dz %g, want %v, %g, or other probabilities", where(i), loss[i], dz[:min(n, 8)], wl, wd[:min(n, 8)])
						}
					}
					e, top, sum := softmax64(z)
					if !(math.Abs(top) <= 1e6) || math.IsNaN(sum) {
						continue
					}
					want, total, size := 0.0, 0.0, 0.0
					for j, v := range tt {
						v := float64(v)*float64(keep) + float64(spread)
						total += v
						if v != 0 {
							want += v * (top + math.Log(sum) - float64(z[j]))
							size += v * (top - float64(z[j]) + math.Log(sum) + 1)
						}
					}
					if bound := 0x1p-24 * size * (float64(n)/16 + 12); !(math.Abs(loss[i]-want) <= bound) && bound < math.Inf(1) {
						t.Fatalf("%s: loss %v, want %v, bound %g", where(i), loss[i], want, bound)
					}
					for j, v := range tt {
						v := float64(v)*float64(keep) + float64(spread)
						want := (e[j]/sum*total - v) * float64(factor(i))
						if bound := 0x1p-24 * (v + total) * (2*float64(n)/16 + 30) * float64(factor(i)); !(math.Abs(float64(dz[j])-want) <= bound+0x1p-148) {
							t.Fatalf("%s: dz[%d] is %v, want %v, bound %g", where(i), j, dz[j], want, bound)
						}
					}
				}
			}
		}
	})
}

// TestCrossEntropyIgnoresImpossibleClasses: a logit of -Inf costs nothing with target 0.
func TestCrossEntropyIgnoresImpossibleClasses(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, n := range []int{2, 16, 17, 40} {
			z, p, dz := make([]float32, n), make([]float32, n), make([]float32, n)
			for i := range z {
				z[i] = -inf32
			}
			z[n-1] = 3
			var loss [1]float64
			SoftmaxCrossEntropyLabels(loss[:], p, dz, z, []int{n - 1}, n, 0, 1, nil)
			if loss[0] != 0 || p[n-1] != 1 || dz[n-1] != 0 || dz[0] != 0 {
				t.Errorf("isa %v, %d classes: loss %v, p %v, dz %v", level, n, loss[0], p, dz)
			}
			SoftmaxCrossEntropyLabels(loss[:], p, dz, z, []int{0}, n, 0, 1, nil)
			if loss[0] != math.Inf(1) || dz[0] != -1 {
				t.Errorf("isa %v, %d classes: loss %v, dz %v, want +Inf and -1", level, n, loss[0], dz[0])
			}
		}
	})
}

func TestBinaryCrossEntropy(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		r := rand.New(rand.NewPCG(5, 6))
		for c, s := range append(shapes(), [2]int{1000, 1}, [2]int{511, 1}, [2]int{512, 1}, [2]int{513, 1}, [2]int{2, 1024}) {
			rows, n := s[0], s[1]
			z, target := logits(rows, n, r)
			for i := range target {
				if c%2 == 0 {
					target[i] = float32(math.Round(float64(target[i])))
				}
			}
			const scale = 0.25 * 1.1
			var weights []float32
			if c%3 == 1 {
				for range rows {
					weights = append(weights, float32(r.Float64()*2))
				}
			}
			loss, dz := make([]float64, rows), slices.Repeat([]float32{nan32}, rows*n)
			BinaryCrossEntropy(loss, dz, z, target, n, scale, weights)
			for k, alias := range [][]float32{slices.Clone(z), slices.Clone(target)} {
				again := make([]float64, rows)
				if k == 0 {
					BinaryCrossEntropy(again, alias, alias, target, n, scale, weights)
				} else {
					BinaryCrossEntropy(again, alias, z, alias, n, scale, weights)
				}
				for i := range again {
					if !same64(again[i], loss[i]) {
						t.Fatalf("isa %v, %d×%d: loss %v with dz = %c, want %v", level, rows, n, again[i], "zt"[k], loss[i])
					}
				}
				if !sameAll(alias, dz) {
					t.Fatalf("isa %v, %d×%d: another gradient with dz = %c", level, rows, n, "zt"[k])
				}
			}
			for i := range rows {
				elements, want := make([]float32, n), 0.0
				size := 0.0
				for j := range n {
					z, y, w := z[i*n+j], target[i*n+j], float32(1)
					if weights != nil {
						w = weights[i]
					}
					var d float32
					elements[j], d = ref.BinaryCrossEntropy(z, y, scale)
					if weights != nil {
						d *= w
					}
					got := dz[i*n+j]
					if level.Fused() && !same(got, d) {
						t.Fatalf("isa %v, %d×%d: dz of logit %g, target %g is %g, want %g", level, rows, n, z, y, got, d)
					}
					if math.Abs(float64(z)) <= 1e30 {
						truth := (logistic(float64(z)) - float64(y)) * scale * float64(w)
						if !(math.Abs(float64(got)-truth) <= 0x1p-22*float64(w)*scale) {
							t.Fatalf("isa %v, %d×%d: dz of logit %g, target %g is %g, in float64 %g", level, rows, n, z, y, got, truth)
						}
					}
					l := max(float64(z), 0) - float64(z)*float64(y) + math.Log1p(math.Exp(-math.Abs(float64(z))))
					want += l
					size += l + math.Abs(float64(z))*float64(y)*math.Abs(1-float64(y))
				}
				if wantRow := ref.BinaryRowLoss(elements); level.Fused() && !same64(loss[i], wantRow) {
					t.Fatalf("isa %v, %d×%d, row %d: loss %v, want %v", level, rows, n, i, loss[i], wantRow)
				}
				if bound := 0x1p-24 * size * 80; bound-bound == 0 && size < 1e30 && !(math.Abs(loss[i]-want) <= bound+float64(n)*0x1p-148) {
					t.Fatalf("isa %v, %d×%d, row %d: loss %v, in float64 %v, bound %g", level, rows, n, i, loss[i], want, bound)
				}
			}
		}
		// A sure and right prediction has a loss that is its exponential, not 0.
		var loss [2]float64
		var dz [2]float32
		BinaryCrossEntropy(loss[:], dz[:], []float32{30, -30}, []float32{1, 0}, 1, 1, nil)
		for _, l := range loss {
			if !(math.Abs(l-math.Exp(-30)) <= 0x1p-22*math.Exp(-30)) {
				t.Errorf("isa %v: loss of a sure and right prediction is %g, want %g", level, l, math.Exp(-30))
			}
		}
	})
}

// TestSoftmaxGuardPages puts all slices flush against unreadable memory on either side.
func TestSoftmaxGuardPages(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		var mem [4][]float32
		var intact [4]func() bool
		for j := range mem {
			mem[j], intact[j] = fenced(t, 2048)
			poisonAll(mem[j])
		}
		lossMem, lossIntact := fenced(t, 64)
		labelMem, labelIntact := fenced(t, 64)
		const words = int(unsafe.Sizeof(0) / 4) // of a label
		r := rand.New(rand.NewPCG(7, 8))
		for n := 1; n <= 100; n++ {
			for _, rows := range []int{1, 2, 5, 16} {
				for _, end := range []bool{false, true} {
					z, target := logits(rows, n, r)
					var v [4][]float32
					for j := range v {
						at := 0
						if end {
							at = len(mem[j]) - rows*n
						}
						v[j] = mem[j][at:][: rows*n : rows*n]
					}
					copy(v[2], z)
					copy(v[3], target)
					lossAt, labelAt := 0, 0
					if end {
						lossAt, labelAt = len(lossMem)-2*rows, len(labelMem)-words*rows
					}
					loss := wideSlice(lossMem[lossAt:], rows)
					labels := unsafe.Slice((*int)(unsafe.Pointer(&labelMem[labelAt])), rows)
					for i := range labels {
						labels[i] = r.IntN(n)
					}
					func() {
						defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
						defer func() {
							if e := recover(); e != nil {
								t.Fatalf("isa %v, %d×%d, at the end %v: %v", level, rows, n, end, e)
							}
						}()
						SoftmaxRows(v[0], v[2], rows, n, nil)
						SoftmaxRows(v[0], v[2], rows, n, loss)
						LogSumExpRows(loss, v[2], n)
						LogSoftmaxRows(v[0], v[2], rows, n)
						SoftmaxCrossEntropy(loss, v[0], v[1], v[2], v[3], n, 0.1, 1, nil)
						SoftmaxCrossEntropyLabels(loss, v[0], v[1], v[2], labels, n, 0, 1, nil)
						BinaryCrossEntropy(loss, v[1], v[2], v[3], n, 1, nil)
					}()
					if !sameAll(v[2], z) || !sameAll(v[3], target) {
						t.Fatalf("isa %v, %d×%d: an input is changed", level, rows, n)
					}
					for j := range v {
						poisonAll(v[j])
						if !poisoned(mem[j]) || !intact[j]() || !lossIntact() || !labelIntact() {
							t.Fatalf("isa %v, %d×%d, at the end %v: memory beside slice %d is written", level, rows, n, end, j)
						}
					}
				}
			}
		}
	})
}

func TestSoftmaxPanics(t *testing.T) {
	f := func(n int) []float32 { x := make([]float32, n); poisonAll(x); return x }
	l := make([]float64, 2)
	var all [][]float32
	g := func(n int) []float32 { x := f(n); all = append(all, x); return x }
	for _, c := range []struct {
		want string
		call func()
	}{
		{wrongDstX, func() { Softmax(g(3), g(2)) }},
		{"mat: Softmax: no elements", func() { Softmax(nil, nil) }},
		{wrongDstX, func() { SoftmaxRows(g(3), g(4), 2, 2, nil) }},
		{badRows, func() { SoftmaxRows(g(4), g(4), 2, 3, nil) }},
		{badRows, func() { SoftmaxRows(g(4), g(4), 2, 0, nil) }},
		{badRows, func() { SoftmaxRows(g(4), g(4), -2, -2, nil) }},
		{badRows, func() { SoftmaxRows(g(0), g(0), math.MaxInt, 2, nil) }},
		{badLSE, func() { SoftmaxRows(g(4), g(4), 2, 2, make([]float64, 3)) }},
		{badRows, func() { LogSumExpRows(l, g(3), 2) }},
		{wrongDstX, func() { LogSoftmaxRows(g(3), g(4), 2, 2) }},
		{badRows, func() { LogSoftmaxRows(g(4), g(4), 3, 2) }},
		{"mat: len(t) != len(z)", func() { SoftmaxCrossEntropy(l, g(4), g(4), g(4), g(5), 2, 0, 1, nil) }},
		{badRows, func() { SoftmaxCrossEntropy(l, g(4), g(4), g(4), g(4), 3, 0, 1, nil) }},
		{"mat: len(p) != len(z)", func() { SoftmaxCrossEntropy(l, g(3), g(4), g(4), g(4), 2, 0, 1, nil) }},
		{"mat: len(dz) != len(z)", func() { SoftmaxCrossEntropy(l, g(4), g(3), g(4), g(4), 2, 0, 1, nil) }},
		{badSmooth, func() { SoftmaxCrossEntropy(l, g(4), g(4), g(4), g(4), 2, 1, 1, nil) }},
		{badSmooth, func() { SoftmaxCrossEntropy(l, g(4), g(4), g(4), g(4), 2, math.NaN(), 1, nil) }},
		{badWeights, func() { SoftmaxCrossEntropy(l, g(4), g(4), g(4), g(4), 2, 0, 1, make([]float32, 1)) }},
		{badLabels, func() { SoftmaxCrossEntropyLabels(l, g(4), g(4), g(4), make([]int, 1), 2, 0, 1, nil) }},
		{badLabel, func() { SoftmaxCrossEntropyLabels(l, g(4), g(4), g(4), []int{0, 2}, 2, 0, 1, nil) }},
		{badLabel, func() { SoftmaxCrossEntropyLabels(l, g(4), g(4), g(4), []int{-1, 0}, 2, 0, 1, nil) }},
		{"mat: len(t) != len(z)", func() { BinaryCrossEntropy(l, g(4), g(4), g(3), 2, 1, nil) }},
		{badRows, func() { BinaryCrossEntropy(l, g(4), g(4), g(4), 1, 1, nil) }},
		{"mat: len(dz) != len(z)", func() { BinaryCrossEntropy(l, g(5), g(4), g(4), 2, 1, nil) }},
		{badWeights, func() { BinaryCrossEntropy(l, g(4), g(4), g(4), 2, 1, make([]float32, 3)) }},
	} {
		all = nil
		got := func() (r any) {
			defer func() { r = recover() }()
			c.call()
			return nil
		}()
		if got != c.want {
			t.Errorf("panic %v, want %q", got, c.want)
		}
		for _, x := range all {
			if !poisoned(x) {
				t.Errorf("%q: written before the panic", c.want)
			}
		}
	}
}

func TestSoftmaxDoesNotAllocate(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for name, f := range map[string]func(){
			"Softmax": func() {
				var x [stackLen]float32
				sink = Softmax(x[:], x[:])
			},
			"rows": func() {
				var x, y [stackLen]float32
				var lse [10]float64
				SoftmaxRows(y[:], x[:], 10, 10, lse[:])
				LogSoftmaxRows(y[:], x[:], 10, 10)
				LogSumExpRows(lse[:], x[:], 10)
			},
			"cross-entropy": func() {
				var p, d, z, t [stackLen]float32
				var loss [10]float64
				var labels [10]int
				SoftmaxCrossEntropy(loss[:], p[:], d[:], z[:], t[:], 10, 0.1, 1, nil)
				SoftmaxCrossEntropy(loss[:5], p[:], d[:], z[:], t[:], 20, 0.1, 1, nil)
				SoftmaxCrossEntropyLabels(loss[:], p[:], d[:], z[:], labels[:], 10, 0, 1, nil)
				BinaryCrossEntropy(loss[:], d[:], z[:], t[:], 10, 1, nil)
			},
		} {
			if n := testing.AllocsPerRun(20, f); n != 0 {
				t.Errorf("%s, isa %v: %v allocations, want 0", name, level, n)
			}
		}
	})
}

// BenchmarkSoftmax measures a batch of 64 rows.
func BenchmarkSoftmax(b *testing.B) {
	const rows = 64
	for _, n := range []int{1, 2, 10, 16, 26, 100, 1000} {
		_, v := generate(normal, rows*n, 3)
		p, z, t := v[0], v[1], v[2]
		dz, loss, labels := make([]float32, rows*n), make([]float64, rows), make([]int, rows)
		for _, k := range []struct {
			name string
			call func()
		}{
			{"Rows", func() { SoftmaxRows(p, z, rows, n, nil) }},
			{"LogSumExp", func() { LogSumExpRows(loss, z, n) }},
			{"CrossEntropy", func() { SoftmaxCrossEntropy(loss, p, dz, z, t, n, 0, 1, nil) }},
			{"CrossEntropyLabels", func() { SoftmaxCrossEntropyLabels(loss, p, dz, z, labels, n, 0, 1, nil) }},
			{"BinaryCrossEntropy", func() { BinaryCrossEntropy(loss, dz, z, t, n, 1, nil) }},
		} {
			for _, level := range isa.Available() {
				b.Run(fmt.Sprintf("%s/rows=%d,n=%d/isa=%v", k.name, rows, n, level), func(b *testing.B) {
					b.Cleanup(isa.Force(level))
					b.ReportAllocs()
					for b.Loop() {
						k.call()
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
				})
			}
		}
	}
}
