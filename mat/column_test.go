package mat

import (
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
)

// TestColumnIsDot compares products of one column with Dot row by row, at every length around
// the vectors and groups of the kernels that take several rows at once. NaN between the
// rows shows what is read beyond one.
func TestColumnIsDot(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for k := 1; k <= 200; k++ {
			for m := 1; m <= 9; m++ {
				lda := k + 3
				_, in := generate(normal, m*lda, 2)
				a, x := in[0], in[1][:k]
				want := make([]float32, m)
				for i := range m {
					want[i] = Dot(a[i*lda:][:k], x) + 0
					poisonAll(a[i*lda+k:][:lda-k])
				}
				got := make([]float32, m)
				poisonAll(got)
				Gemm(NoTrans, NoTrans, m, 1, k, 1, a, lda, x, 1, 0, got, 1)
				for i := range m {
					if !same(got[i], want[i]) {
						t.Fatalf("isa %v, %d rows of %d: row %d is %g, Dot gives %g", level, m, k, i, got[i], want[i])
					}
				}
			}
		}
	})
}
