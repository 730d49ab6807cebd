//go:build !purego

package mat

import (
	"fmt"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

// TestCopyingTile runs the tile that copies B between unreadable pages, which fetching ahead
// must not touch, and compares C with chains of ref.FMA and the copy with B.
func TestCopyingTile(t *testing.T) {
	if !slices.Contains(isa.Available(), isa.AVX512) {
		t.Skip("no AVX-512 on this machine")
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	const most, cols = 100, panelWidth
	memA, intactA := fenced(t, tile1RowsAVX512*(2*most+1)+most*(tile1RowsAVX512+5))
	memB, intactB := fenced(t, most*(cols+7))
	memC, intactC := fenced(t, tile1RowsAVX512*(cols+3))
	memTo, intactTo := fenced(t, most*cols)
	_, in := generate(normal, most*cols+tile1RowsAVX512*most, 3)
	for rows := packLeastRows; rows <= tile1RowsAVX512; rows++ {
		for _, k := range []int{1, packAhead - 1, packAhead, packAhead + 1, most} {
			for layout, stride := range strides {
				for _, floor := range []float32{0, noFloor} {
					atEnd := (rows+k)%2 == 0
					where := fmt.Sprintf("%d rows, %d terms, %s, floor %g, at end %v", rows, k, strides[layout].name, floor, atEnd)
					ars, acs := stride.of(rows, k)
					ldb, ldc := cols+7, cols+3
					poisonAll(memC)
					poisonAll(memTo)
					a := tileOf(memA, (rows-1)*ars+(k-1)*acs+1, atEnd)
					b := tileOf(memB, (k-1)*ldb+cols, atEnd)
					c := tileOf(memC, (rows-1)*ldc+cols, atEnd)
					to := tileOf(memTo, k*cols, atEnd)
					copy(a, in[0])
					copy(b, in[1])
					start, gate := in[2][:rows*cols], in[1][:rows*cols]
					func() {
						defer func() {
							if r := recover(); r != nil {
								t.Fatalf("%s: %v", where, r)
							}
						}()
						panelCopyAVX512(&panel{a: &a[0], ars: 4 * ars, acs: 4 * acs, b: &b[0], ldb: 4 * ldb,
							start: &start[0], lds: 4 * cols, gate: &gate[0], ldg: 4 * cols, c: &c[0], ldc: 4 * ldc,
							rows: rows, m: rows, cols: cols, k: k, floor: floor, to: &to[0], next: &b[0]})
					}()
					for i := range rows {
						for j := range cols {
							want := start[i*cols+j]
							for p := range k {
								want = ref.FMA(a[i*ars+p*acs], b[p*ldb+j], want)
							}
							if gate[i*cols+j] <= 0 || want < floor {
								want = 0
							}
							if got := c[i*ldc+j]; !same(got, want) {
								t.Fatalf("%s: c[%d,%d] is %g, want %g", where, i, j, got, want)
							}
						}
						poisonAll(c[i*ldc:][:cols])
					}
					for p := range k {
						if !bitsEqual(to[p*cols:][:cols], b[p*ldb:][:cols]) {
							t.Fatalf("%s: row %d of the copy is not B's", where, p)
						}
					}
					poisonAll(to)
					if !poisoned(memC) || !poisoned(memTo) || !intactA() || !intactB() || !intactC() || !intactTo() {
						t.Fatalf("%s: memory beside an operand is written", where)
					}
				}
			}
		}
	}
	if work := tile1RowsAVX512 * panelWidth * packDepth; work > callWork*3/2 {
		t.Errorf("a tile that copies takes %d multiply-adds in one call, want at most %d", work, callWork*3/2)
	}
}
