package mat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
)

// fusedShapes reach every way to cut a product, NN and NT.
var fusedShapes = [][3]int{
	{1, 1, 1}, {3, 1, 70}, {1, 5, 3}, {7, 5, 9}, {5, 16, 100}, {13, 17, 33}, {2, 31, 64}, {9, 32, 65},
	{1, 200, 50}, {2, 70, 40}, {3, 70, 130}, {4, 100, 30}, {14, 100, 33}, {25, 65, 127}, {30, 40, 300},
	{70, 33, 40}, {129, 66, 50}, {100, 10, 33}, {1, 40, 1100}, {2, 24, 1025}, {5, 33, 2049}, {70, 34, 20}, {4, 3, 0}, {65, 9, 140},
	{50, 80, 1024}, {20, 70, 2048}, {1, 40, 1024}, {64, 1024, 66},
	{1, 32, 64}, {16, 10, 32}, {2, 24, 9}, {3, 33, 6}, {6, 41, 8}, {6, 48, 5}, {5, 49, 7}, {6, 64, 6}, {4, 2, 3}, // tiny
	{16, 32, 64}, {16, 32, 10}, {17, 16, 9}, {47, 17, 80}, {35, 17, 70}, {24, 10, 1100}, {40, 2, 65}, // few columns
}

// stir leaves NaN in the registers of the tiles: a kernel that does not set one it adds to
// must not find there what it would have set it to.
func stir() {
	var a [12 * 4]float32
	var b [4 * 64]float32
	var c [12 * 64]float32
	for i := range a {
		a[i] = nan32
	}
	Gemm(NoTrans, NoTrans, 12, 64, 4, 1, a[:], 4, b[:], 64, 0, c[:], 64)
	Gemm(NoTrans, NoTrans, 6, 64, 4, 1, a[:], 4, b[:], 64, 0, c[:], 64)
	Gemm(NoTrans, NoTrans, 1, 64, 4, 1, a[:], 4, b[:], 64, 0, c[:], 64)
}

// TestFusedProducts compares GemmBias and GemmReLUGrad, bit by bit and at every level, with
// the functions that they stand for.
func TestFusedProducts(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		r := rand.New(rand.NewPCG(11, 0))
		for _, shape := range fusedShapes {
			for draw := range 6 {
				m, n, k := shape[0], shape[1], shape[2]
				if testing.Short() && draw != 1 && m*n*k > 50_000 {
					continue // large ones once, with gaps
				}
				gap := func() int { return draw % 3 * r.IntN(9) }
				lda, ldw, ldwt, ldc, ldy := max(1, k)+gap(), n+gap(), max(1, k)+gap(), n+gap(), n+gap()
				fill := func(n int) []float32 {
					x := make([]float32, n)
					for i := range x {
						x[i] = float32(r.NormFloat64())
						switch {
						case draw == 4 && r.IntN(50) == 0:
							x[i] = odd[r.IntN(len(odd))]
						case draw == 5:
							x[i] = 0
							if r.IntN(2) == 0 {
								x[i] = negZero
							}
						}
					}
					return x
				}
				a, w, wt := fill(m*lda), fill(k*ldw), fill(n*ldwt)
				bias, y := fill(n), fill(m*ldy)
				poison := make([]float32, m*ldc)
				for i := range poison {
					poison[i] = nan32
				}
				check := func(name string, got, want []float32) {
					for i := range m {
						for j := range n {
							if g, w := got[i*ldc+j], want[i*ldc+j]; !same(g, w) {
								t.Fatalf("%s, isa %v, m=%d, n=%d, k=%d, draw %d: C[%d,%d] is %g (%#08x), in steps %g (%#08x)",
									name, level, m, n, k, draw, i, j, g, math.Float32bits(g), w, math.Float32bits(w))
							}
						}
						if i+1 < m {
							for j := n; j < ldc; j++ {
								if got[i*ldc+j] == got[i*ldc+j] {
									t.Fatalf("%s, isa %v, m=%d, n=%d, k=%d: written beside row %d", name, level, m, n, k, i)
								}
							}
						}
					}
				}
				for _, relu := range []bool{false, true} {
					got, want := slices.Clone(poison), slices.Clone(poison)
					stir()
					GemmBias(relu, m, n, k, a, lda, w, ldw, bias, got, ldc)
					for i := range m {
						copy(want[i*ldc:][:n], bias)
					}
					Gemm(NoTrans, NoTrans, m, n, k, 1, a, lda, w, ldw, 1, want, ldc)
					for i := range m {
						if relu {
							ReLU(want[i*ldc:][:n], want[i*ldc:][:n])
						}
					}
					check("GemmBias", got, want)
				}
				got, want := slices.Clone(poison), slices.Clone(poison)
				stir()
				GemmReLUGrad(m, n, k, a, lda, wt, ldwt, y, ldy, got, ldc)
				Gemm(NoTrans, Transpose, m, n, k, 1, a, lda, wt, ldwt, 0, want, ldc)
				for i := range m {
					ReLUGrad(want[i*ldc:][:n], want[i*ldc:][:n], y[i*ldy:][:n])
				}
				check("GemmReLUGrad", got, want)
			}
		}
	})
}

// TestFusedPanics passes one wrong argument at a time; nothing may be written.
func TestFusedPanics(t *testing.T) {
	bias := func(lenX, lenW, lenBias, lenC, ldx, ldw, ldc int) func(c []float32) {
		return func(c []float32) {
			GemmBias(true, 3, 4, 5, make([]float32, lenX), ldx, make([]float32, lenW), ldw, make([]float32, lenBias), c[:lenC], ldc)
		}
	}
	grad := func(lenD, lenW, lenY, lenC, ldd, ldw, ldy, ldc int) func(c []float32) {
		return func(c []float32) {
			GemmReLUGrad(3, 4, 5, make([]float32, lenD), ldd, make([]float32, lenW), ldw, make([]float32, lenY), ldy, c[:lenC], ldc)
		}
	}
	for _, row := range []struct {
		want string
		call func(c []float32)
	}{
		{"", bias(15, 20, 4, 12, 5, 4, 4)},
		{"mat: a too short", bias(14, 20, 4, 12, 5, 4, 4)},
		{"mat: b too short", bias(15, 19, 4, 12, 5, 4, 4)},
		{"mat: len(bias) != n", bias(15, 20, 3, 12, 5, 4, 4)},
		{"mat: len(bias) != n", bias(15, 20, 5, 12, 5, 4, 4)},
		{"mat: c too short", bias(15, 20, 4, 11, 5, 4, 4)},
		{"mat: lda < columns of A", bias(15, 20, 4, 12, 4, 4, 4)},
		{"mat: ldb < columns of B", bias(15, 20, 4, 12, 5, 3, 4)},
		{"mat: ldc < n", bias(15, 20, 4, 12, 5, 4, 3)},
		{"", grad(15, 20, 12, 12, 5, 5, 4, 4)},
		{"mat: a too short", grad(14, 20, 12, 12, 5, 5, 4, 4)},
		{"mat: b too short", grad(15, 19, 12, 12, 5, 5, 4, 4)},
		{"mat: y too short", grad(15, 20, 11, 12, 5, 5, 4, 4)},
		{"mat: c too short", grad(15, 20, 12, 11, 5, 5, 4, 4)},
		{"mat: ldb < columns of B", grad(15, 20, 12, 12, 5, 4, 4, 4)},
		{"mat: ldy < n", grad(15, 20, 12, 12, 5, 5, 3, 4)},
		{"mat: ldc < n", grad(15, 20, 12, 12, 5, 5, 4, 3)},
	} {
		c := make([]float32, 12)
		poisonAll(c)
		got := func() (r any) {
			defer func() { r = recover() }()
			row.call(c)
			return nil
		}()
		if row.want == "" && got != nil || row.want != "" && got != row.want {
			t.Errorf("panic %v, want %q", got, row.want)
		}
		if row.want != "" && !poisoned(c) {
			t.Errorf("C is written before the panic %q", row.want)
		}
	}
}
