//go:build (amd64 || arm64) && !purego

package mat

import (
	"runtime"
	"sync/atomic"
	"testing"
)

// TestCallsAreShort holds the work of one call of assembly, which nothing can interrupt, to
// callWork multiply-adds, or a single row's, which is no more than twice that.
func TestCallsAreShort(t *testing.T) {
	for _, rows := range []int{1, 2, 3, 4, 6, 8, 12} {
		for _, w := range []int{1, 2, 7, 8, 16, 17, 31, 32, 48, 64, 128} {
			for _, kp := range []int{1, 2, 63, 64, 255, 256, 512, 1000, depth, narrowDepth} {
				if kp > depth && w > 64 {
					continue // only interleaved chains go so deep, in tiles of 32 columns or 64 of Cᵗ
				}
				for _, m := range []int{1, 2, 3, 5, 11, 12, 13, 64, 100, 1000, 100_000} {
					few := callRows(m, w, kp, rows)
					switch {
					case few < 1 || few > m:
						t.Fatalf("%d rows, %d columns, %d terms: %d rows in a call", m, w, kp, few)
					case few*w*kp > callWork && few > 1, w*kp > 2*callWork:
						t.Fatalf("%d rows, %d columns, %d terms: %d rows in a call are %d multiply-adds, want at most %d", m, w, kp, few, few*w*kp, callWork)
					case few < m && few > rows && few%rows > 0:
						t.Fatalf("%d rows, %d columns, %d terms: %d rows in a call, not a multiple of %d", m, w, kp, few, rows)
					}
				}
			}
		}
	}
	if callWork > 1<<18 {
		t.Errorf("callWork is %d: at 15 GFLOP/s, a slow core, more than 35 µs", callWork)
	}
}

// TestGarbageCollectionDuringProducts: a collection, which stops all goroutines, ends while
// one large product is still going on.
func TestGarbageCollectionDuringProducts(t *testing.T) {
	n := 1200
	if testing.Short() {
		n = 500
	}
	for _, trans := range [][2]Trans{{NoTrans, NoTrans}, {Transpose, NoTrans}, {NoTrans, Transpose}} {
		// On a busy machine a collection may take as long as a small product.
		if !collectionWithin(trans, n) && !collectionWithin(trans, 2*n) && !collectionWithin(trans, 4*n) {
			t.Errorf("transA %v, transB %v: no collection ended within a product of %d³", trans[0], trans[1], 4*n)
		}
	}
}

// collectionWithin reports whether one of 50 collections ended within a product of n³.
func collectionWithin(trans [2]Trans, n int) bool {
	a, b, c := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
	var began, ended atomic.Int64
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			began.Add(1)
			Gemm(trans[0], trans[1], n, n, n, 1, a, n, b, n, 0, c, n)
			ended.Add(1)
		}
	}()
	defer func() {
		close(stop)
		<-done
	}()
	for range 50 {
		for began.Load() == ended.Load() {
			runtime.Gosched()
		}
		number := ended.Load()
		runtime.GC()
		if ended.Load() == number {
			return true
		}
	}
	return false
}
