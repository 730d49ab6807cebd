//go:build race

package mat

import (
	"runtime"
	"unsafe"
)

// The race detector sees what the compiler makes of Go code, not what assembly does. Under
// its build tag every function that calls a kernel says here what it reads and writes,
// through the interface that package runtime has for that.

// detecting: touch tells the detector, and all products take the way through job.
const detecting = true

// touchRows declares that w is written and that x and y are read, any of which may be nil: rows of n
// elements that lie ld apart; n < 0 stands for whole slices.
func touchRows(w, x, y []float32, rows, n, ld int) {
	if n == 0 {
		return // any number of rows, also one that takes years to count
	}
	for i := range rows {
		if row := rowOf(w, i, n, ld); len(row) > 0 {
			runtime.RaceWriteRange(hidden(&row[0]), 4*len(row))
		}
		if row := rowOf(x, i, n, ld); len(row) > 0 {
			runtime.RaceReadRange(hidden(&row[0]), 4*len(row))
		}
		if row := rowOf(y, i, n, ld); len(row) > 0 {
			runtime.RaceReadRange(hidden(&row[0]), 4*len(row))
		}
	}
}

// touch64 declares that w is written.
func touch64(w []float64) {
	if len(w) > 0 {
		runtime.RaceWriteRange(hidden(&w[0]), 8*len(w))
	}
}

func rowOf(x []float32, i, n, ld int) []float32 {
	switch {
	case x == nil:
		return nil
	case n < 0:
		return x
	}
	return x[i*ld:][:n]
}

// hidden keeps from escape analysis that the address is passed on: the detector does not
// keep it, but its functions do not say so, and callers' buffers would move to the heap.
func hidden[T any](x *T) unsafe.Pointer {
	address := uintptr(unsafe.Pointer(x))
	return *(*unsafe.Pointer)(unsafe.Pointer(&address))
}

// touch declares what a product reads and writes.
func (g *job) touch() {
	if g.k > 0 && g.alpha != 0 {
		rowsA, colsA, rowsB, colsB := g.m, g.k, g.k, g.n
		if g.transA {
			rowsA, colsA = g.k, g.m
		}
		if g.transB {
			rowsB, colsB = g.n, g.k
		}
		touchRows(nil, g.a, nil, rowsA, colsA, g.lda)
		touchRows(nil, g.b, nil, rowsB, colsB, g.ldb)
	}
	touchRows(nil, g.start, nil, g.m, g.n, g.lds)
	touchRows(nil, g.gate, nil, g.m, g.n, g.ldg)
	touchRows(g.c, nil, nil, g.m, g.n, g.ldc)
}
