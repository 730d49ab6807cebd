//go:build !purego

package mat

import (
	"math"

	"github.com/sinew-ml/sinew/internal/isa"
)

// fusedEnds: the kernels take the start and apply gate and floor.
const fusedEnds = true

// mirrors: a few columns of TN may be done as rows of Cᵗ, see mirror.go.
const mirrors = true

// crossCols is the most columns of NN to be done so: AVX2 has no kernels for it.
func crossCols() int {
	if isa.Active() == isa.AVX512 {
		return 4
	}
	return 0
}

// turnRows and turnCols are the tile of the kernel for TN whose vectors lie along the rows of C.
const turnRows, turnCols = 16, 15

// turns reports whether a TN that starts from +0 takes that kernel: its columns leave vectors
// partly idle, and transposing the tiles, 50 cycles each, takes less than that.
func turns(m, n, k int) bool {
	return n > 8 && n <= turnCols && k <= depth && (m+turnRows-1)/turnRows*(n*k+50) < m*k && isa.Active() == isa.AVX512
}

// tileSize returns the largest tile of C for q chains and m rows, 0 if the level has no
// kernels.
func tileSize(q, m int) (rows, cols int) {
	switch isa.Active() {
	case isa.AVX512:
		switch {
		case q == 4:
			return tile4RowsAVX512, tile4ColsAVX512
		case q == 2:
			return tile2RowsAVX512, tile2ColsAVX512
		case m == 1:
			return 1, rowColsAVX512
		case m <= quadRowsAVX512:
			return quadRowsAVX512, quadColsAVX512
		}
		return tile1RowsAVX512, tile1ColsAVX512
	case isa.AVX2:
		switch {
		case q == 4:
			return tile4RowsAVX2, tile4ColsAVX2
		case q == 2:
			return tile2RowsAVX2, tile2ColsAVX2
		case m == 1:
			return 1, rowColsAVX2
		}
		return tile1RowsAVX2, tile1ColsAVX2
	}
	return 0, 0
}

// tileDepth returns the most terms of a call with several tiles. Those of AVX2 read B at
// twice the rate: 16 columns of so many terms stay in the first-level cache.
func tileDepth() int {
	if isa.Active() == isa.AVX512 {
		return depth
	}
	return 384
}

// panelCols returns the columns of the next panel if left are left and the largest has
// cols.
func panelCols(cols, left int) int {
	switch {
	case left >= cols:
		return cols
	case cols == quadColsAVX512 && left > 32 && left <= 48 && isa.Active() == isa.AVX512:
		return 32 // three vectors have no kernel
	}
	return left
}

// callPanel calls the kernel of a kind; those of NT take multiples of some columns.
func callPanel(kind int, p *panel) {
	if isa.Active() == isa.AVX512 {
		switch kind {
		case 1:
			if p.m == 1 && p.rows == 1 {
				rowAVX512(p)
			} else {
				panel1AVX512(p)
			}
		case 2:
			panel2AVX512(p)
		case 4:
			panel4AVX512(p)
		case kindDots:
			callDots(p)
		case kindColumns + 1:
			if p.m == 1 && p.cols%columnsColsAVX2 == 0 {
				columnsAVX2(p)
			} else {
				columnsAVX512(p)
			}
		case kindColumns + 2:
			columns2AVX512(p)
		case kindColumns + 4:
			columns4AVX512(p)
		case kindTurn:
			turnAVX512(p)
		case kindCopy:
			panelCopyAVX512(p)
		case kindCross + 1:
			cross1AVX512(p)
		case kindCross + 2:
			cross2AVX512(p)
		case kindCross + 4:
			cross4AVX512(p)
		}
		return
	}
	switch {
	case kind == 4:
		panel4AVX2(p)
	case kind == 2:
		panel2AVX2(p)
	case kind == kindDots:
		dots2x3AVX2(p)
	case kind == kindColumns+1:
		columnsAVX2(p)
	case p.m == 1 && p.rows == 1:
		rowAVX2(p)
	default:
		panel1AVX2(p)
	}
}

// callDots calls the kernel in lanes of AVX-512 for so many rows.
func callDots(p *panel) {
	switch {
	case p.m == 1 && p.cols%16 == 0 && p.ldb%(4*setStride) == 0 && p.start != p.c:
		// 16 rows of B would share the 8 lines of a set: 8 at once, for the same row twice.
		twice := *p
		twice.m, twice.ars, twice.lds, twice.ldg, twice.ldc = 2, 0, 0, 0, 0
		dots2x8AVX512(&twice)
	case p.m == 1 && p.cols%16 == 0:
		dots1x16AVX512(p)
	case p.m == 2 && p.cols%8 == 0:
		dots2x8AVX512(p)
	default:
		dots4x4AVX512(p)
	}
}

// dotsCols returns the columns of the next call in lanes of m rows, if left are left: for
// one or two rows there is a kernel for multiples of 16 or 8.
func dotsCols(m, left int) int {
	switch {
	case isa.Active() != isa.AVX512:
	case m == 1 && left > 16:
		return left / 16 * 16
	case m == 2 && left > 8:
		return left / 8 * 8
	}
	return left
}

// dotsPiece returns how many of m rows of k terms to do at once: with AVX-512 one or two
// beyond a multiple of four have their own kernels; AVX2's small tiles need so much of A that
// it must stay in the first-level cache.
func dotsPiece(m, k int) int {
	switch {
	case isa.Active() != isa.AVX512:
		return min(m, max(4, 5120/k/2*2))
	case m > 4 && m%4 < 3:
		return m / 4 * 4
	}
	return m
}

// dotsMirror returns how many of n columns in lanes are better done as rows of Cᵗ, and of how
// many rows of C that takes multiples: one or two beyond a multiple of four have kernels of
// their own, 16 or 8 rows of C wide.
func dotsMirror(m, n int) (w, rows int) {
	switch w = n % 4; {
	case isa.Active() != isa.AVX512:
	case w == 1 && m >= 16:
		return 1, 16
	case w == 2 && m >= 8:
		return 2, 8
	}
	return 0, 0
}

// packing: large products run on copies, see pack.go.
const (
	packing    = true
	panelWidth = 32
)

// packTile returns the tile for copies.
func packTile() (rows, cols int) {
	if isa.Active() == isa.AVX512 {
		return tile1RowsAVX512, tile1ColsAVX512
	}
	return tile1RowsAVX2, tile1ColsAVX2
}

// packTerms returns the most terms of a copy of B.
func packTerms() int {
	if tilesCopy() {
		return packDepth
	}
	return 512
}

// tilesCopy reports whether tiles can copy.
func tilesCopy() bool { return isa.Active() == isa.AVX512 }

// packsFrom returns from how many rows of C on copies pay.
func (g *job) packsFrom() int {
	const large = 1 << 19 // elements of A or B, twice what a second-level cache of 1 MiB holds
	strided := g.lda%setStride == 0 || g.ldb%setStride == 0
	switch {
	case !tilesCopy():
		if strided || max(g.m, g.n)*g.k >= large {
			return 48 // with fewer the copy costs as much as it saves
		}
	case strided || g.n*g.k >= large:
		return 16
	case bool(g.transA):
		if g.m*g.k >= large {
			return 48
		}
	case (g.m+g.n)*g.k >= large*5/8:
		return 96 // A alone takes much of the cache
	}
	return math.MaxInt
}

// callCopy sets the rows×cols matrix dst, without gaps, to src; cols is 16 or 32.
func callCopy(rows, cols int, src *float32, lds int, dst *float32) {
	copyAVX2(rows, cols, src, lds, dst)
}

// lanesKernels reports whether the level has kernels in lanes.
func lanesKernels() bool { return isa.Active().Fused() }

// columnsTile returns the tile of the kernel for NT without a panel, 0 where a panel is
// faster: it pays from so many rows on, earlier where the tiles are small.
func columnsTile(q, m int) (rows, cols int) {
	switch avx512 := isa.Active() == isa.AVX512; {
	case q == 4 && avx512 && m <= 32:
		return columns4RowsAVX512, columnsColsAVX512
	case q == 2 && avx512 && m <= 64:
		return columnsRowsAVX512, columnsColsAVX512
	case q > 1:
	case m == 1 || m <= 3 && !avx512:
		return 1, columnsColsAVX2
	case avx512:
		return columnsRowsAVX512, columnsColsAVX512
	}
	return 0, 0
}

func callTranspose(rows, cols int, src *float32, lds int, dst *float32, ldd int) {
	transposeAVX2(rows, cols, src, lds, dst, ldd)
}

// columnDots adds the dot products of x and as many of m rows of a as there is a kernel for
// to every ldc-th element of c, and returns how many rows that were.
func columnDots(m, k int, a []float32, lda int, x, c []float32, ldc int) int {
	m -= m % 4
	if isa.Active() != isa.AVX512 || m == 0 || k > block {
		return 0
	}
	few := max(4, callWork/k/4*4)
	for i := 0; i < m; i += few {
		columnDotsAVX512(min(few, m-i), k, &a[i*lda], lda, &x[0], &c[i*ldc], ldc)
	}
	return m
}
