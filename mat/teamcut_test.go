package mat

import (
	"math"
	"testing"
)

// The parts of the workers are all there is, one behind the other, and nearly equal: also where
// the number of pieces times that of workers is more than 32 bits hold.
func TestCut(t *testing.T) {
	for _, n := range []int{0, 1, 3, 4, 5, 31, 32, 33, 1000, 4099, math.MaxInt32 - 40} {
		for _, whole := range []int{4, 32} {
			for _, workers := range []int{1, 2, 3, 7, 64, MaxWorkers} {
				end := 0
				for worker := range workers {
					from, to := cut(n, whole, worker, workers)
					if from != end || to < from || to-from > n/workers+whole || from%whole > 0 && from < n {
						t.Fatalf("%d in pieces of %d: worker %d of %d has %d...%d, the one before ended at %d", n, whole, worker, workers, from, to, end)
					}
					end = to
				}
				if end != n {
					t.Fatalf("%d in pieces of %d for %d workers: the last ends at %d", n, whole, workers, end)
				}
			}
		}
	}
}
