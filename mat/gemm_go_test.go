package mat

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
)

// The portable products give the bits of the plain way, chain by chain.
func TestPortableProducts(t *testing.T) {
	defer isa.Force(isa.Generic)()
	r := rand.New(rand.NewPCG(1, 2))
	random := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return x
	}
	const pad = 3 // beyond the columns, in every row
	for _, m := range []int{1, 2, 5} {
		for _, n := range []int{2, 3, 15, 16, 17, 31, 32, 33, 35, 70} {
			for _, k := range []int{1, 2, 3, 4, 5, 6, 7, 8, 63, 130} {
				for _, kind := range []string{"NN", "NT", "TN"} {
					rowsA, colsA, rowsB, colsB := m, k, k, n
					if kind == "TN" {
						rowsA, colsA = k, m
					}
					if kind == "NT" {
						rowsB, colsB = n, k
					}
					lda, ldb, ldc := colsA+pad, colsB+pad, n+pad
					a, b, c := random((rowsA-1)*lda+colsA), random((rowsB-1)*ldb+colsB), random((m-1)*ldc+n)
					want := append([]float32(nil), c...)
					switch kind {
					case "NN":
						gemmNN(m, n, k, 1, a, lda, b, ldb, want, ldc)
					case "NT":
						gemmNT(m, n, k, 1, a, lda, b, ldb, want, ldc)
					case "TN":
						gemmTN(m, n, k, 1, a, lda, b, ldb, want, ldc)
					}
					g := job{transA: kind == "TN", transB: kind == "NT", m: m, n: n, k: k, alpha: 1, a: a, lda: lda, b: b, ldb: ldb, c: c, ldc: ldc}
					g.portable()
					for i := range want {
						if math.Float32bits(c[i]) != math.Float32bits(want[i]) {
							t.Fatalf("%s, %d×%d, k = %d: c[%d] = %g, want %g", kind, m, n, k, i, c[i], want[i])
						}
					}
				}
			}
		}
	}
}
