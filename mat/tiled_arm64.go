//go:build !purego

package mat

import (
	"unsafe"

	"github.com/sinew-ml/sinew/internal/isa"
)

// fusedEnds: the kernels add to C, and know neither gate nor floor. A pass over rows of C
// for each costs less than code for all of them in every one of the many bodies.
const fusedEnds = false

// mirrors: tiles of 4, 2 and 1 columns have little to gain from Cᵗ.
const mirrors = false

func crossCols() int { return 0 }

// turns: there is no kernel for it.
func turns(m, n, k int) bool { return false }

const turnRows = 1

// tileSize returns the largest tile of C for q chains and m rows, 0 if the level has no
// kernels.
func tileSize(q, m int) (rows, cols int) {
	switch {
	case isa.Active() != isa.NEON:
		return 0, 0
	case q == 4:
		return tile4Rows, tile4Cols
	case q == 2:
		return tile2Rows, tile2Cols
	case m == 1:
		return 1, row1Cols
	}
	return tile1Rows, tile1Cols
}

// tileDepth returns the most terms of a call with several tiles.
func tileDepth() int { return depth }

// panelCols returns the columns of the next panel if left are left and the largest has
// cols.
func panelCols(cols, left int) int { return min(cols, left) }

// callPanel calls the kernels of a kind for all tiles.
func callPanel(kind int, p *panel) {
	at := func(x *float32, bytes int) *float32 { return (*float32)(unsafe.Add(unsafe.Pointer(x), bytes)) }
	ars, acs, ldb, ldc := p.ars/4, p.acs/4, p.ldb/4, p.ldc/4
	if kind == kindDots {
		for j := 0; j < p.cols; j += dotsTileCols {
			cols, b := min(dotsTileCols, p.cols-j), at(p.b, j*p.ldb)
			dotsNEON(p.m, cols, p.k, p.a, ars, b, ldb, at(p.c, 4*j), ldc)
		}
		return
	}
	if kind == 1 && p.m == 1 && p.rows == 1 {
		row1NEON(p.cols, p.k, p.a, acs, p.b, ldb, p.c)
		return
	}
	for i := 0; i < p.m; i += p.rows {
		rows, a, c := min(p.rows, p.m-i), at(p.a, i*p.ars), at(p.c, i*p.ldc)
		switch kind {
		case 1:
			tile1NEON(rows, p.cols, p.k, a, ars, acs, p.b, ldb, c, ldc)
		case 2:
			tile2NEON(rows, p.cols, p.k, a, ars, acs, p.b, ldb, c, ldc)
		default:
			tile4NEON(rows, p.cols, p.k, a, ars, acs, p.b, ldb, c, ldc)
		}
	}
}

// columnsTile: NT always goes by panels.
func columnsTile(q, m int) (rows, cols int) { return 0, 0 }

// dotsCols returns the columns of the next call in lanes.
func dotsCols(m, left int) int { return left }

// dotsPiece returns how many of m rows of k terms to do at once.
func dotsPiece(m, k int) int { return m }

// dotsMirror: tiles of three columns have less to gain from Cᵗ.
func dotsMirror(m, n int) (w, rows int) { return 0, 0 }

// packing: tiles of 8 columns would have copies of small parts, see pack.go.
const (
	packing    = false
	panelWidth = tile1Cols
)

func packTile() (rows, cols int) { return tile1Rows, tile1Cols }

func packTerms() int { return packDepth }

func (g *job) packsFrom() int { return 0 }

func tilesCopy() bool { return false }

func callCopy(rows, cols int, src *float32, lds int, dst *float32) {}

// lanesKernels reports whether the level has kernels in lanes.
func lanesKernels() bool { return isa.Active().Fused() }

func callTranspose(rows, cols int, src *float32, lds int, dst *float32, ldd int) {
	transposeNEON(rows, cols, src, lds, dst, ldd)
}

// columnDots does nothing: there is no kernel for more than one row.
func columnDots(m, k int, a []float32, lda int, x, c []float32, ldc int) int { return 0 }
