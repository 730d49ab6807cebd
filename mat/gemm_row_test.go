package mat

import (
	"math/rand/v2"
	"runtime/debug"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
)

// TestNarrowRows compares one row of every narrow width with rows of a batch, to the bit, on
// slices flush with unreadable memory on either side.
func TestNarrowRows(t *testing.T) {
	const widest, deepest, gap = 34, 70, 3
	everyLevel(t, func(t *testing.T, level isa.Level) {
		var mem [4][]float32 // x, w, bias, y
		var intact [4]func() bool
		for i := range mem {
			mem[i], intact[i] = fenced(t, deepest*(widest+gap))
			poisonAll(mem[i])
		}
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		r := rand.New(rand.NewPCG(17, 0))
		for n := 1; n <= widest; n++ {
			for _, k := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 64, 69, 70} {
				ldw := n + r.IntN(2)*gap
				sizes := [4]int{k, max(0, (k-1)*ldw+n), n, n}
				relu, dist := r.IntN(2) == 0, []string{normal, wide, special, oneOdd}[r.IntN(4)]
				for _, end := range []bool{false, true} {
					var v [4][]float32
					for i, size := range sizes {
						at := 0
						if end {
							at = len(mem[i]) - size
						}
						v[i] = mem[i][at:][:size:size]
						if i < 3 && size > 0 {
							_, from := generate(dist, size+i, 1)
							copy(v[i], from[0])
						}
					}
					want := make([]float32, 2*n)
					GemmBias(relu, 2, n, k, append(append([]float32(nil), v[0]...), v[0]...), max(1, k), v[1], ldw, v[2], want, n)
					func() {
						defer func() {
							if e := recover(); e != nil {
								t.Fatalf("isa %v, n=%d, k=%d, at the end %v: %v", level, n, k, end, e)
							}
						}()
						GemvBias(relu, false, n, k, v[0], v[1], ldw, v[2], v[3])
					}()
					if !sameAll(v[3], want[:n]) {
						t.Fatalf("isa %v, n=%d, k=%d, ldw=%d, relu %v, %s inputs: %g, want %g", level, n, k, ldw, relu, dist, v[3], want[:n])
					}
					for i := range mem {
						poisonAll(v[i])
						if !poisoned(mem[i]) || !intact[i]() {
							t.Fatalf("isa %v, n=%d, k=%d, at the end %v: memory beside slice %d is written", level, n, k, end, i)
						}
					}
				}
			}
		}
	})
}
