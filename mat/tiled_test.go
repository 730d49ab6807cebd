package mat

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

// TestTiledShapes compares products that are cut in more than one way: several depths,
// several panels, rows a multiple of 4 KiB apart, one row of more terms than a call
// takes, narrow products at the limits of one call.
func TestTiledShapes(t *testing.T) {
	shapes := []struct {
		transA, transB Trans
		m, n, k        int
		lda, ldb       int // 0: without a gap
	}{
		{NoTrans, Transpose, 3, 40, 700, 0, 0},
		{NoTrans, Transpose, 13, 65, 530, 0, 0},
		{NoTrans, Transpose, 5, 20, 256, 0, 0},
		{NoTrans, Transpose, 5, 20, 257, 0, 0},
		{NoTrans, Transpose, 7, 10, 520, 0, 0},
		{NoTrans, Transpose, 14, 33, 300, 1024, 1024},
		{NoTrans, Transpose, 9, 31, 33, 0, 0},
		{NoTrans, NoTrans, 1, 200, 2500, 0, 0},
		{NoTrans, NoTrans, 13, 40, 2100, 0, 0},
		{NoTrans, NoTrans, 14, 40, 600, 1024, 1024},
		{NoTrans, NoTrans, 13, 20, 300, 1024, 2048},
		{NoTrans, NoTrans, 2, 10, 8192, 0, 0},
		{NoTrans, NoTrans, 2, 10, 8193, 0, 0},
		{Transpose, NoTrans, 14, 40, 600, 1024, 1024},
		{Transpose, NoTrans, 3, 40, 2100, 0, 0},
		{Transpose, NoTrans, 1, 130, 1030, 0, 0},
		{Transpose, NoTrans, 30, 5, 70, 0, 0},
		{NoTrans, NoTrans, 50, 75, 530, 0, 1024},     // on a copy of B
		{NoTrans, NoTrans, 53, 64, 1030, 2048, 0},    // the same, 8 rows at once
		{NoTrans, NoTrans, 50, 32, 70, 1024, 0},      // two chains, which have no copies
		{NoTrans, NoTrans, 20, 70, 1100, 2048, 1024}, // all rows of A copied, two depths
		{NoTrans, NoTrans, 97, 340, 760, 0, 0},       // large, B's rows begin anywhere
		{Transpose, NoTrans, 50, 64, 530, 1024, 0},   // a copy of B
		{Transpose, NoTrans, 600, 70, 300, 0, 1024},  // on copies of A and B
		{Transpose, NoTrans, 580, 70, 70, 0, 1024},   // the same, the last rows fewer than a tile that copies has
		{NoTrans, NoTrans, 70, 65, 1100, 0, 0},       // the last column as a row, in two depths
		{Transpose, NoTrans, 70, 67, 1100, 0, 0},
		{NoTrans, NoTrans, 130, 19, 40, 0, 0},
		{NoTrans, NoTrans, 6, 100, 30, 0, 0},  // four vectors wide
		{NoTrans, Transpose, 70, 9, 70, 0, 0}, // in lanes
		{NoTrans, Transpose, 1, 100, 2100, 0, 0},
		{NoTrans, Transpose, 66, 40, 200, 1024, 1024},
		{NoTrans, Transpose, 26, 50, 100, 0, 0}, // transposed in registers, and a panel
		{NoTrans, Transpose, 1, 70, 50, 0, 0},
		{NoTrans, Transpose, 20, 32, 35, 0, 0}, // the same with two chains, with four
		{NoTrans, Transpose, 17, 16, 63, 0, 0},
		{NoTrans, Transpose, 65, 32, 9, 0, 0}, // too many rows for that
		{NoTrans, Transpose, 33, 16, 9, 0, 0},
		{NoTrans, Transpose, 4, 5, 6, 0, 0},       // a tiny panel
		{NoTrans, Transpose, 33, 17, 65, 0, 0},    // in lanes, the last column as a row
		{NoTrans, Transpose, 30, 10, 2100, 0, 80}, // the last two
		{NoTrans, Transpose, 80, 2, 128, 0, 1024}, // both
		{NoTrans, Transpose, 80, 5, 128, 1024, 0},
		{NoTrans, NoTrans, 47, 17, 80, 0, 0}, // the last column as rows but for the last rows
		{NoTrans, NoTrans, 85, 10, 1100, 0, 0},
		{Transpose, NoTrans, 37, 10, 40, 0, 0}, // by vectors along the rows
		{Transpose, NoTrans, 64, 9, 33, 0, 0},
		{Transpose, NoTrans, 16, 13, 1024, 0, 0},
		{Transpose, NoTrans, 16, 13, 1025, 0, 0},
		{Transpose, NoTrans, 700, 15, 100, 1024, 0},
	}
	everyLevel(t, func(t *testing.T, level isa.Level) {
		if !level.Fused() {
			t.Log("the generic level has no tiles: TestProducts covers it")
			return
		}
		for _, s := range shapes {
			if testing.Short() && s.m*s.n*s.k > 400_000 {
				continue // the specification takes long under emulation
			}
			t.Run(fmt.Sprintf("transA=%v,transB=%v,m=%d,n=%d,k=%d", s.transA, s.transB, s.m, s.n, s.k), func(t *testing.T) {
				lda, ldb, rowsA, rowsB := max(s.lda, s.k), max(s.ldb, s.n), s.m, s.k
				if s.transA {
					lda, rowsA = max(s.lda, s.m), s.k
				}
				if s.transB {
					ldb, rowsB = max(s.ldb, s.k), s.n
				}
				r := rand.New(rand.NewPCG(uint64(s.m), uint64(s.k)))
				draw := func(n int) []float32 {
					x := make([]float32, n)
					for i := range x {
						x[i] = float32(r.NormFloat64())
					}
					return x
				}
				a, b, c := draw(rowsA*lda), draw(rowsB*ldb), draw(s.m*s.n)
				for _, beta := range []float32{0, 1} {
					mem, want := arena(len(c)), slices.Clone(c)
					got := mem[margin:][:len(c):len(c)]
					copy(got, c)
					Gemm(s.transA, s.transB, s.m, s.n, s.k, 1, a, lda, b, ldb, beta, got, s.n)
					ref.Gemm(bool(s.transA), bool(s.transB), s.m, s.n, s.k, 1, a, lda, b, ldb, beta, want, s.n)
					for i := range got {
						if !same(got[i], want[i]) {
							t.Fatalf("isa %v, beta %g: element %d, %d is %g, want %g", level, beta, i/s.n, i%s.n, got[i], want[i])
						}
					}
					if poisonAll(got); !poisoned(mem) {
						t.Fatalf("isa %v, beta %g: memory beside C is written", level, beta)
					}
				}
			})
		}
	})
}
