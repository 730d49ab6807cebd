package mat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

var testIndexes = map[int][]int{}

// testIndex is a list of rows with repetitions.
func testIndex(rows int) []int {
	if index, ok := testIndexes[rows]; ok {
		return index
	}
	index := make([]int, rows)
	testIndexes[rows] = index
	for i := range index {
		index[i] = (i*i*7 + 3*i) % rows
	}
	return index
}

// orOne is n, and 1 for 0: these kernels have no empty rows.
func orOne(n int) int { return max(n, 1) }

func init() {
	size := func(s shape) int { return s.rows * orOne(s.n) }
	width := func(s shape) int { return orOne(s.n) }
	matrixOps = append(matrixOps,
		matrixOp{
			name: "Gather", packed: true,
			args: []operand{{name: "dst", size: size, writes: true}, {name: "src", size: size}},
			call: func(s shape, v *operands) { Gather(v.f[0], v.f[1], testIndex(s.rows), orOne(s.n)) },
			spec: func(s shape, v *operands) {
				n := orOne(s.n)
				for i, r := range testIndex(s.rows) {
					copy(v.f[0][i*n:][:n], v.f[1][r*n:])
				}
			},
			stack: func() {
				var dst, src [30]float32
				var index [3]int
				Gather(dst[:], src[:], index[:], 10)
			},
		},
		matrixOp{
			name: "GatherAffine", packed: true,
			args: []operand{{name: "dst", size: size, writes: true}, {name: "src", size: size}, {name: "mean", size: width}, {name: "scale", size: width}},
			call: func(s shape, v *operands) {
				GatherAffine(v.f[0], v.f[1], testIndex(s.rows), orOne(s.n), v.f[2], v.f[3])
			},
			spec: func(s shape, v *operands) {
				n := orOne(s.n)
				for i, r := range testIndex(s.rows) {
					ref.Affine(v.f[0][i*n:][:n], v.f[1][r*n:][:n], v.f[2], v.f[3])
				}
			},
			stack: func() {
				var dst, src [30]float32
				var mean, scale [10]float32
				var index [3]int
				GatherAffine(dst[:], src[:], index[:], 10, mean[:], scale[:])
			},
		},
		matrixOp{
			name: "Affine", packed: true,
			args: []operand{{name: "dst", size: size, writes: true}, {name: "x", size: size}, {name: "mean", size: width}, {name: "scale", size: width}},
			call: func(_ shape, v *operands) { Affine(v.f[0], v.f[1], v.f[2], v.f[3]) },
			spec: func(s shape, v *operands) {
				n := orOne(s.n)
				for i := range s.rows {
					ref.Affine(v.f[0][i*n:][:n], v.f[1][i*n:][:n], v.f[2], v.f[3])
				}
			},
			stack: func() {
				var dst, x [30]float32
				var mean, scale [10]float32
				Affine(dst[:], x[:], mean[:], scale[:])
			},
		},
		matrixOp{
			name: "FillRows", packed: true,
			args: []operand{{name: "dst", size: size, writes: true}, {name: "row", size: width}},
			call: func(_ shape, v *operands) { FillRows(v.f[0], v.f[1]) },
			spec: func(s shape, v *operands) {
				for i := range v.f[0] {
					v.f[0][i] = v.f[1][i%orOne(s.n)]
				}
			},
			stack: func() {
				var dst [30]float32
				var row [10]float32
				FillRows(dst[:], row[:])
			},
		},
		matrixOp{
			name: "AddRows", packed: true,
			args: []operand{{name: "x", size: size, writes: true, reads: true}, {name: "row", size: width}},
			call: func(_ shape, v *operands) { AddRows(v.f[0], v.f[1]) },
			spec: func(s shape, v *operands) {
				for i := range v.f[0] {
					v.f[0][i] += v.f[1][i%orOne(s.n)]
				}
			},
			stack: func() {
				var x [30]float32
				var row [10]float32
				AddRows(x[:], row[:])
			},
		},
		matrixOp{
			name: "ColumnSums",
			args: []operand{{name: "dst", size: shape.columns, writes: true}, {name: "x", size: shape.matrix}},
			call: func(s shape, v *operands) { ColumnSums(v.f[0], v.f[1], s.rows, s.n, s.ld) },
			spec: func(s shape, v *operands) { ref.ColumnSums(v.f[0], v.f[1], s.rows, s.ld) },
			stack: func() {
				var dst [10]float32
				var x [100]float32
				ColumnSums(dst[:], x[:], 10, 10, 10)
			},
		},
	)
	// The index goes into one row of the table of vectors: all lengths and places.
	operations = append(operations, operation{
		name: "argmax", args: []string{"x"}, reads: true,
		call: func(_ float32, v *vectors) float64 {
			if len(v[0]) == 0 {
				return 0
			}
			return float64(argmax(v[0]))
		},
		spec: func(_ float32, v *vectors) float64 { return float64(ref.Argmax(v[0])) },
		stack: func() {
			var x [stackLen]float32
			sink = float64(argmax(x[:]))
		},
	})
}

// TestArgmax has the largest element, and its equals, at every place, among numbers,
// infinities and NaN, and rows at once.
func TestArgmax(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		r := rand.New(rand.NewPCG(1, 1))
		for n := 1; n <= 70; n++ {
			const rows = 40
			x, labels := make([]float32, rows*n), make([]int, rows)
			want := 0
			for i := range rows {
				row := x[i*n:][:n]
				for j := range row {
					switch i % 4 {
					case 0:
						row[j] = float32(r.NormFloat64())
					case 1:
						row[j] = -inf32
					case 2:
						row[j] = nan32
					case 3:
						row[j] = odd[r.IntN(len(odd))]
					}
				}
				if i%8 < 6 {
					row[r.IntN(n)] = []float32{5, -5, inf32, 0}[r.IntN(4)]
					row[r.IntN(n)] = []float32{5, -5, -inf32, negZero}[r.IntN(4)]
				}
				labels[i] = r.IntN(n)
				if i%3 == 0 {
					labels[i] = ref.Argmax(row)
				}
				if labels[i] == ref.Argmax(row) {
					want++
				}
			}
			got := make([]int, rows)
			Argmax(got, x, n)
			for i := range rows {
				if w := ref.Argmax(x[i*n:][:n]); got[i] != w {
					t.Fatalf("isa %v: Argmax of %v is %d, want %d", level, x[i*n:][:n], got[i], w)
				}
			}
			if c := Correct(labels, x, n); c != want {
				t.Errorf("isa %v, n %d: %d rows are correct, want %d", level, n, c, want)
			}
		}
		long := make([]float32, 3*block)
		for i := range long {
			long[i] = nan32
		}
		for _, at := range []int{3*block - 1, 2*block + 1, block, 7} {
			long[at] = -1
			if got := argmax(long); got != at {
				t.Errorf("isa %v: the only largest number is %d, want %d", level, got, at)
			}
		}
	})
}

// TestColumnSumsAsAdd compares with additions of rows to a cleared vector.
func TestColumnSumsAsAdd(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, dist := range distributions {
			for _, n := range []int{1, 10, 16, 17, 128, 200} {
				_, v := generate(dist, 65*n, 1)
				want, got := make([]float32, n), make([]float32, n)
				for i := range 65 {
					Add(want, want, v[0][i*n:][:n])
				}
				ColumnSums(got, v[0], 65, n, n)
				for _, cut := range []int{0, 1, n / 2, n} {
					parts := make([]float32, n)
					ColumnSums(parts[:cut], v[0], 65, cut, n)
					ColumnSums(parts[cut:], v[0][cut:], 65, n-cut, n)
					for j := range want {
						if !same(got[j], want[j]) || !same(parts[j], want[j]) {
							t.Fatalf("isa %v, %s inputs, n %d, cut %d: column %d is %g, in parts %g, want %g", level, dist, n, cut, j, got[j], parts[j], want[j])
						}
					}
				}
			}
		}
	})
}

// TestRowsInPlace has what the table has not: dst as x, and no scale.
func TestRowsInPlace(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, n := range []int{1, 5, 15, 16, 37} {
			_, v := generate(normal, 6*n, 3)
			mean, scale := v[1][:n], v[2][:n]
			want, got := make([]float32, 6*n), slices.Clone(v[0])
			Affine(want, v[0], mean, scale)
			Affine(got, got, mean, scale)
			centred, gathered := make([]float32, 6*n), make([]float32, 6*n)
			Affine(centred, v[0], mean, nil)
			GatherAffine(gathered, v[0], []int{5, 4, 3, 2, 1, 0}, n, mean, nil)
			for i := range want {
				if !same(got[i], want[i]) {
					t.Errorf("isa %v, n %d: in place element %d is %g, want %g", level, n, i, got[i], want[i])
				}
				if w := v[0][i] - mean[i%n]; !same(centred[i], w) || !same(gathered[(5-i/n)*n+i%n], w) {
					t.Errorf("isa %v, n %d: without scale element %d is %g, want %g", level, n, i, centred[i], w)
				}
			}
		}
	})
}

func TestRowPanics(t *testing.T) {
	x := func(n int) []float32 {
		x := make([]float32, n)
		poisonAll(x)
		return x
	}
	dst, large := x(6), x(1<<17)
	ints := []int{-9, -9}
	for i, c := range []struct {
		call func()
		want string
	}{
		{func() { Gather(dst, x(6), []int{0, 2}, 3) }, "mat: Gather: index out of range"},
		{func() { Gather(dst, x(8), []int{0, 2}, 3) }, "mat: Gather: index out of range"},
		{func() { Gather(dst, x(6), []int{0, -1}, 3) }, "mat: Gather: index out of range"},
		{func() { Gather(dst, x(6), []int{0}, 3) }, "mat: len(dst) != len(index)*n"},
		{func() { Gather(large, x(1<<16+2), make([]int, 1<<16), 1<<16+2) }, "mat: len(dst) != len(index)*n"}, // in 32 bits it is
		{func() { Gather(nil, x(6), []int{0}, 0) }, "mat: n < 1"},
		{func() { GatherAffine(dst, x(6), []int{0, 1}, 3, x(2), nil) }, "mat: len(mean) or len(scale) != n"},
		{func() { GatherAffine(dst, x(6), []int{0, 1}, 3, x(3), x(2)) }, "mat: len(mean) or len(scale) != n"},
		{func() { Affine(dst, x(6), x(4), nil) }, "mat: len(x) is not a multiple of len(mean)"},
		{func() { Affine(dst, x(6), nil, nil) }, "mat: n < 1"},
		{func() { Affine(dst, x(5), x(3), nil) }, wrongDstX},
		{func() { FillRows(dst, x(4)) }, "mat: len(dst) is not a multiple of len(row)"},
		{func() { FillRows(dst, nil) }, "mat: len(dst) is not a multiple of len(row)"},
		{func() { AddRows(dst, x(4)) }, "mat: len(x) is not a multiple of len(row)"},
		{func() { Argmax(ints, x(5), 3) }, "mat: len(x) is not a row of n for each element"},
		{func() { Argmax(ints, nil, 0) }, "mat: n < 1"},
		{func() { Correct(ints, x(5), 3) }, "mat: len(x) is not a row of n for each element"},
		{func() { ColumnSums(dst, x(20), 3, 5, 5) }, "mat: len(dst) != n"},
		{func() { ColumnSums(dst, x(20), 3, 6, 5) }, "mat: ld < n"},
		{func() { ColumnSums(dst, x(19), 3, 6, 7) }, "mat: a matrix is too short"},
		{func() { ColumnSums(dst, x(19), -1, 6, 7) }, "mat: rows < 0 or n < 0"},
		{func() { ColumnSums(dst, x(19), math.MaxInt, 6, math.MaxInt) }, "mat: a matrix is too short"},
	} {
		got := func() (r any) {
			defer func() { r = recover() }()
			c.call()
			return nil
		}()
		if got != c.want {
			t.Errorf("call %d: panic %v, want %q", i, got, c.want)
		}
		if !poisoned(dst) || !poisoned(large) || fmt.Sprint(ints) != "[-9 -9]" {
			t.Errorf("call %d: written before the panic", i)
		}
	}
}
