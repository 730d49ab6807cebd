package parts

import (
	"math"
	"testing"
)

// The parts are all there is, one behind the other, and nearly equal: also where
// n times the number of workers is more than 32 bits hold.
func TestOf(t *testing.T) {
	for _, n := range []int{0, 1, 2, 63, 1000, 1 << 22, 1 << 28, math.MaxInt32} {
		for _, workers := range []int{1, 2, 3, 7, 64, 1024} {
			end := 0
			for worker := range workers {
				from, to := Of(n, worker, workers)
				if from != end || to < from || to-from-1 > n/workers {
					t.Fatalf("%d: worker %d of %d has %d...%d, the one before ended at %d", n, worker, workers, from, to, end)
				}
				end = to
			}
			if end != n {
				t.Fatalf("%d for %d workers: the last ends at %d", n, workers, end)
			}
		}
	}
}
