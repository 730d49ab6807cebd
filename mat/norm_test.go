package mat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

func init() {
	rows := func(s shape) int { return orOne(s.rows) }
	matrix := func(s shape) int { s.rows = orOne(s.rows); return s.matrix() }
	layer := func(s shape) int { return orOne(s.rows) * orOne(s.n) }
	width := func(s shape) int { return orOne(s.n) }
	vector := func(name string) operand { return operand{name: name, size: shape.columns} }
	out := func(name string, size func(shape) int) operand {
		return operand{name: name, size: size, writes: true}
	}
	in := func(name string, size func(shape) int) operand { return operand{name: name, size: size} }
	matrixOps = append(matrixOps,
		matrixOp{
			name: "ColumnMoments",
			args: []operand{out("mean", shape.columns), out("variance", shape.columns), in("x", matrix)},
			call: func(s shape, v *operands) { ColumnMoments(v.f[0], v.f[1], v.f[2], rows(s), s.n, s.ld) },
			spec: func(s shape, v *operands) {
				mean, variance := ref.Moments(v.f[2], rows(s), s.n, s.ld)
				copy(v.f[0], mean)
				copy(v.f[1], variance)
			},
			stack: func() {
				var mean, variance [10]float32
				var x [100]float32
				ColumnMoments(mean[:], variance[:], x[:], 10, 10, 10)
			},
		},
		matrixOp{
			name: "InvStd", packed: true,
			args: []operand{out("dst", shape.columns), in("variance", shape.columns)},
			call: func(s shape, v *operands) { InvStd(v.f[0], v.f[1], 1e-5) },
			spec: func(s shape, v *operands) {
				for j, x := range v.f[1] {
					v.f[0][j] = ref.InvStd(x, 1e-5)
				}
			},
			stack: func() {
				var x [10]float32
				InvStd(x[:], x[:], 1e-5)
			},
		},
		matrixOp{
			name: "MoveAverage", packed: true,
			args: []operand{{name: "running", size: shape.columns, writes: true, reads: true}, in("batch", shape.columns)},
			call: func(s shape, v *operands) { MoveAverage(v.f[0], v.f[1], 0.1, 1.25) },
			spec: func(s shape, v *operands) {
				for j, x := range v.f[1] {
					v.f[0][j] = float32(float32(0.9)*v.f[0][j]) + float32(float32(0.1)*float32(1.25*x))
				}
			},
			stack: func() {
				var x, y [10]float32
				MoveAverage(x[:], y[:], 0.1, 1)
			},
		},
		matrixOp{
			name: "BatchNorm",
			args: []operand{out("dst", matrix), in("x", matrix), vector("mean"), vector("invstd"), vector("gamma"), vector("beta")},
			call: func(s shape, v *operands) {
				BatchNorm(v.f[0], v.f[1], v.f[2], v.f[3], v.f[4], v.f[5], rows(s), s.n, s.ld)
			},
			spec: func(s shape, v *operands) {
				for i := range rows(s) {
					for j := range s.n {
						v.f[0][i*s.ld+j] = ref.BatchNorm(v.f[1][i*s.ld+j], v.f[2][j], v.f[3][j], v.f[4][j], v.f[5][j])
					}
				}
			},
			stack: func() {
				var y, x [100]float32
				var m, s, g, b [10]float32
				BatchNorm(y[:], x[:], m[:], s[:], g[:], b[:], 10, 10, 10)
			},
		},
		matrixOp{
			name: "BatchNormSums",
			args: []operand{out("dgamma", shape.columns), out("dbeta", shape.columns), in("dy", matrix), in("x", matrix), vector("mean"), vector("invstd")},
			call: func(s shape, v *operands) {
				BatchNormSums(v.f[0], v.f[1], v.f[2], v.f[3], v.f[4], v.f[5], rows(s), s.n, s.ld)
			},
			spec: func(s shape, v *operands) {
				dgamma, dbeta := ref.NormSums(v.f[2], v.f[3], rows(s), s.n, s.ld, func(_, j int) (mean, invstd float32) { return v.f[4][j], v.f[5][j] })
				copy(v.f[0], dgamma)
				copy(v.f[1], dbeta)
			},
			stack: func() {
				var dy, x [100]float32
				var dg, db, m, s [10]float32
				BatchNormSums(dg[:], db[:], dy[:], x[:], m[:], s[:], 10, 10, 10)
			},
		},
		matrixOp{
			name: "BatchNormGrad",
			args: []operand{out("dx", matrix), in("dy", matrix), in("x", matrix), vector("mean"), vector("invstd"), vector("gamma"), vector("dgamma"), vector("dbeta")},
			call: func(s shape, v *operands) {
				BatchNormGrad(v.f[0], v.f[1], v.f[2], v.f[3], v.f[4], v.f[5], v.f[6], v.f[7], rows(s), s.n, s.ld)
			},
			spec: func(s shape, v *operands) {
				for i := range rows(s) {
					for j := range s.n {
						at := i*s.ld + j
						v.f[0][at] = ref.BatchNormGrad(v.f[1][at], v.f[2][at], v.f[3][j], v.f[4][j], v.f[5][j], v.f[6][j], v.f[7][j], rows(s))
					}
				}
			},
			stack: func() {
				var dx, dy, x [100]float32
				var m, s, g, dg, db [10]float32
				BatchNormGrad(dx[:], dy[:], x[:], m[:], s[:], g[:], dg[:], db[:], 10, 10, 10)
			},
		},
		matrixOp{
			name: "LayerNorm", packed: true, fused: true,
			args: []operand{out("dst", layer), in("x", layer), in("gamma", width), in("beta", width), out("mean", rows), out("invstd", rows)},
			call: func(s shape, v *operands) { LayerNorm(v.f[0], v.f[1], v.f[2], v.f[3], 1e-5, v.f[4], v.f[5]) },
			spec: func(s shape, v *operands) {
				n := orOne(s.n)
				for i := range rows(s) {
					y, mean, invstd := ref.LayerNorm(v.f[1][i*n:][:n], v.f[2], v.f[3], 1e-5)
					copy(v.f[0][i*n:], y)
					v.f[4][i], v.f[5][i] = mean, invstd
				}
			},
			stack: func() {
				var y, x [100]float32
				var g, b, m, s [10]float32
				LayerNorm(y[:], x[:], g[:], b[:], 1e-5, m[:], s[:])
			},
		},
		matrixOp{
			name: "LayerNormSums",
			args: []operand{out("dgamma", shape.columns), out("dbeta", shape.columns), in("dy", matrix), in("x", matrix), in("mean", rows), in("invstd", rows)},
			call: func(s shape, v *operands) {
				LayerNormSums(v.f[0], v.f[1], v.f[2], v.f[3], v.f[4], v.f[5], rows(s), s.n, s.ld)
			},
			spec: func(s shape, v *operands) {
				dgamma, dbeta := ref.NormSums(v.f[2], v.f[3], rows(s), s.n, s.ld, func(i, _ int) (mean, invstd float32) { return v.f[4][i], v.f[5][i] })
				copy(v.f[0], dgamma)
				copy(v.f[1], dbeta)
			},
			stack: func() {
				var dy, x [100]float32
				var dg, db, m, s [10]float32
				LayerNormSums(dg[:], db[:], dy[:], x[:], m[:], s[:], 10, 10, 10)
			},
		},
		matrixOp{
			name: "LayerNormGrad", packed: true, fused: true,
			args: []operand{out("dx", layer), in("dy", layer), in("x", layer), in("gamma", width), in("mean", rows), in("invstd", rows), out("scratch", width)},
			call: func(s shape, v *operands) {
				LayerNormGrad(v.f[0], v.f[1], v.f[2], v.f[3], v.f[4], v.f[5], v.f[6])
			},
			spec: func(s shape, v *operands) {
				n := orOne(s.n)
				for i := range rows(s) {
					x, mean, invstd := v.f[2][i*n:][:n], v.f[4][i], v.f[5][i]
					copy(v.f[0][i*n:], ref.LayerNormGrad(v.f[1][i*n:][:n], x, v.f[3], mean, invstd))
					for j := range n {
						v.f[6][j] = (x[j] - mean) * invstd
					}
				}
			},
			stack: func() {
				var dx, dy, x [100]float32
				var g, m, s, h [10]float32
				LayerNormGrad(dx[:], dy[:], x[:], g[:], m[:], s[:], h[:])
			},
		},
	)
}

// normCase is a small problem: the loss is Σ w·y, so that dy is w.
type normCase struct {
	rows, n           int
	x, w, gamma, beta []float32
}

const normEps = 1e-3

func newNormCase(rows, n int) *normCase {
	r := rand.New(rand.NewPCG(uint64(rows), uint64(n)))
	draw := func(n int, offset float64) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64() + offset)
		}
		return x
	}
	return &normCase{rows, n, draw(rows*n, 0.5), draw(rows*n, 0), draw(n, 1), draw(n, 0)}
}

// loss is the float64 truth: groups are what is normalised together, as lists of elements.
func (c *normCase) loss(groups [][]int, x, gamma, beta []float64) float64 {
	loss := 0.0
	for _, group := range groups {
		mean, variance := 0.0, 0.0
		for _, i := range group {
			mean += x[i] / float64(len(group))
		}
		for _, i := range group {
			variance += (x[i] - mean) * (x[i] - mean) / float64(len(group))
		}
		for _, i := range group {
			h := (x[i] - mean) / math.Sqrt(variance+normEps)
			loss += float64(c.w[i]) * (h*gamma[i%c.n] + beta[i%c.n])
		}
	}
	return loss
}

func float64s(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// check compares gradients with central differences of the loss, and its value.
func (c *normCase) check(t *testing.T, what string, groups [][]int, y, dx, dgamma, dbeta []float32) {
	t.Helper()
	x, gamma, beta := float64s(c.x), float64s(c.gamma), float64s(c.beta)
	value := 0.0
	for i, v := range y {
		value += float64(v) * float64(c.w[i])
	}
	if want := c.loss(groups, x, gamma, beta); !(math.Abs(value-want) <= 1e-4*float64(1+c.rows)) {
		t.Errorf("%s: the loss is %g, want %g", what, value, want)
	}
	for _, part := range []struct {
		name string
		at   []float64
		got  []float32
	}{{"dx", x, dx}, {"dgamma", gamma, dgamma}, {"dbeta", beta, dbeta}} {
		for i := range part.at {
			const h = 1e-5
			v := part.at[i]
			part.at[i] = v + h
			up := c.loss(groups, x, gamma, beta)
			part.at[i] = v - h
			down := c.loss(groups, x, gamma, beta)
			part.at[i] = v
			slope := (up - down) / (2 * h)
			// Float32 sums of some 50 terms of size 1, and 1e-9 of the differences.
			if !(math.Abs(float64(part.got[i])-slope) <= 3e-5*(1+math.Abs(slope))) {
				t.Errorf("%s: %s[%d] is %g, by differences %g", what, part.name, i, part.got[i], slope)
			}
		}
	}
}

func TestBatchNormGradients(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, s := range [][2]int{{2, 1}, {5, 3}, {12, 16}, {9, 21}, {50, 4}} {
			c := newNormCase(s[0], s[1])
			rows, n := s[0], s[1]
			var groups [][]int
			for j := range n {
				var column []int
				for i := range rows {
					column = append(column, i*n+j)
				}
				groups = append(groups, column)
			}
			mean, variance, invstd := make([]float32, n), make([]float32, n), make([]float32, n)
			y, dx, dgamma, dbeta := make([]float32, rows*n), make([]float32, rows*n), make([]float32, n), make([]float32, n)
			ColumnMoments(mean, variance, c.x, rows, n, n)
			InvStd(invstd, variance, normEps)
			BatchNorm(y, c.x, mean, invstd, c.gamma, c.beta, rows, n, n)
			BatchNormSums(dgamma, dbeta, c.w, c.x, mean, invstd, rows, n, n)
			BatchNormGrad(dx, c.w, c.x, mean, invstd, c.gamma, dgamma, dbeta, rows, n, n)
			c.check(t, "batch norm, isa "+level.String(), groups, y, dx, dgamma, dbeta)

			// In place, and in two ranges of columns.
			inPlace := slices.Clone(c.x)
			BatchNorm(inPlace, inPlace, mean, invstd, c.gamma, c.beta, rows, n, n)
			overDy, overX := slices.Clone(c.w), slices.Clone(c.x)
			BatchNormGrad(overDy, overDy, c.x, mean, invstd, c.gamma, dgamma, dbeta, rows, n, n)
			BatchNormGrad(overX, c.w, overX, mean, invstd, c.gamma, dgamma, dbeta, rows, n, n)
			parts := make([]float32, rows*n)
			moments := [2][]float32{make([]float32, n), make([]float32, n)}
			for _, r := range [][2]int{{0, n / 3}, {n / 3, n}} {
				a, b := r[0], r[1]
				ColumnMoments(moments[0][a:b], moments[1][a:b], c.x[a:], rows, b-a, n)
				BatchNorm(parts[a:], c.x[a:], mean[a:b], invstd[a:b], c.gamma[a:b], c.beta[a:b], rows, b-a, n)
			}
			for i := range y {
				if !same(inPlace[i], y[i]) || !same(parts[i], y[i]) || !same(overDy[i], dx[i]) || !same(overX[i], dx[i]) {
					t.Fatalf("isa %v, %d rows of %d: element %d: y %g, in place %g, in parts %g; dx %g, over dy %g, over x %g", level, rows, n, i,
						y[i], inPlace[i], parts[i], dx[i], overDy[i], overX[i])
				}
			}
			if !slices.Equal(moments[0], mean) || !slices.Equal(moments[1], variance) {
				t.Fatalf("isa %v, %d rows of %d: moments in parts differ", level, rows, n)
			}
		}
	})
}

func TestLayerNormGradients(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, s := range [][2]int{{1, 2}, {5, 3}, {12, 16}, {9, 21}, {3, 50}} {
			c := newNormCase(s[0], s[1])
			rows, n := s[0], s[1]
			var groups [][]int
			for i := range rows {
				var row []int
				for j := range n {
					row = append(row, i*n+j)
				}
				groups = append(groups, row)
			}
			mean, invstd, scratch := make([]float32, rows), make([]float32, rows), make([]float32, n)
			y, dx, dgamma, dbeta := make([]float32, rows*n), make([]float32, rows*n), make([]float32, n), make([]float32, n)
			LayerNorm(y, c.x, c.gamma, c.beta, normEps, mean, invstd)
			LayerNormSums(dgamma, dbeta, c.w, c.x, mean, invstd, rows, n, n)
			LayerNormGrad(dx, c.w, c.x, c.gamma, mean, invstd, scratch)
			c.check(t, "layer norm, isa "+level.String(), groups, y, dx, dgamma, dbeta)

			inPlace, overDy, overX := slices.Clone(c.x), slices.Clone(c.w), slices.Clone(c.x)
			LayerNorm(inPlace, inPlace, c.gamma, c.beta, normEps, nil, nil)
			LayerNormGrad(overDy, overDy, c.x, c.gamma, mean, invstd, scratch)
			LayerNormGrad(overX, c.w, overX, c.gamma, mean, invstd, scratch)
			row := make([]float32, n)
			LayerNorm(row, c.x[(rows-1)*n:], c.gamma, c.beta, normEps, nil, nil)
			for i := range y {
				if !same(inPlace[i], y[i]) || !same(overDy[i], dx[i]) || !same(overX[i], dx[i]) || i >= (rows-1)*n && !same(row[i-(rows-1)*n], y[i]) {
					t.Fatalf("isa %v, %d rows of %d: element %d: y %g, in place %g; dx %g, over dy %g, over x %g", level, rows, n, i,
						y[i], inPlace[i], dx[i], overDy[i], overX[i])
				}
			}
		}
	})
}

// TestMomentsAccurate has columns far from zero, where one pass would cancel, and constant
// ones, whose variance is 0 and whose output is beta.
func TestMomentsAccurate(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		const rows, n = 3000, 18
		r := rand.New(rand.NewPCG(8, 8))
		x := make([]float32, rows*n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
			switch i % n {
			case 3, 17:
				x[i] = 10_000 + float32(r.IntN(64)-32)/32
			case 5:
				x[i] = 0.1
			}
		}
		mean, variance, invstd := make([]float32, n), make([]float32, n), make([]float32, n)
		ColumnMoments(mean, variance, x, rows, n, n)
		for j := range n {
			m, v := 0.0, 0.0
			for i := range rows {
				m += float64(x[i*n+j]) / rows
			}
			for i := range rows {
				v += (float64(x[i*n+j]) - m) * (float64(x[i*n+j]) - m) / rows
			}
			// The mean is rounded to float32, which adds its square to the variance.
			off := math.Abs(m) * 0x1p-24
			if !(math.Abs(float64(mean[j])-m) <= 1.01*off+1e-12) || !(math.Abs(float64(variance[j])-v) <= 0x1p-22*v+1.1*off*off) {
				t.Errorf("isa %v: column %d has mean %g and variance %g, want %g and %g", level, j, mean[j], variance[j], m, v)
			}
		}
		if mean[5] != 0.1 || variance[5] != 0 {
			t.Errorf("isa %v: constant column: mean %g, variance %g", level, mean[5], variance[5])
		}
		InvStd(invstd, variance, 1e-5)
		gamma, beta, y := slices.Repeat([]float32{3}, n), slices.Repeat([]float32{7}, n), make([]float32, rows*n)
		BatchNorm(y, x, mean, invstd, gamma, beta, rows, n, n)
		for i := range rows {
			if y[i*n+5] != 7 {
				t.Fatalf("isa %v: constant column gives %g, want beta", level, y[i*n+5])
			}
		}
	})
}

func TestNormPanics(t *testing.T) {
	x := func(n int) []float32 { return make([]float32, n) }
	for i, c := range []struct {
		call func()
		want string
	}{
		{func() { ColumnMoments(x(3), x(3), x(6), 0, 3, 3) }, "mat: rows < 1"},
		{func() { ColumnMoments(x(3), x(3), x(6), 2, 3, 2) }, "mat: ld < n"},
		{func() { ColumnMoments(x(3), x(3), x(6), 2, 3, 4) }, "mat: a matrix is too short"},
		{func() { ColumnMoments(nil, nil, x(6), 2, -1, 4) }, "mat: rows < 0 or n < 0"},
		{func() { ColumnMoments(x(3), x(4), x(6), 2, 3, 3) }, "mat: a vector's length is not n"},
		{func() { LayerNorm(x(6), x(6), x(3), x(3), 0, x(2), nil) }, "mat: len(mean) or len(invstd) is not the number of rows"},
		{func() { LayerNorm(x(6), x(6), nil, nil, 0, nil, nil) }, "mat: len(gamma) is 0"},
		{func() { LayerNorm(x(6), x(6), x(4), x(4), 0, nil, nil) }, "mat: len(x) is not a multiple of len(gamma)"},
		{func() { LayerNormGrad(x(6), x(6), x(6), x(3), x(2), x(2), x(2)) }, "mat: len(scratch) != len(gamma)"},
		{func() { LayerNormSums(x(3), x(3), x(6), x(6), x(2), x(1), 2, 3, 3) }, "mat: len(mean) or len(invstd) is not the number of rows"},
	} {
		got := func() (r any) {
			defer func() { r = recover() }()
			c.call()
			return nil
		}()
		if got != c.want {
			t.Errorf("call %d: panic %v, want %q", i, got, c.want)
		}
	}
}
