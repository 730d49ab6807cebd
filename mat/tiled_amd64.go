//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// fusedEnds: the kernels take the start and apply gate and floor.
const fusedEnds = true

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

func callPanel(q int, p *panel) {
	switch avx512 := isa.Active() == isa.AVX512; {
	case avx512 && q == 4:
		panel4AVX512(p)
	case avx512 && q == 2:
		panel2AVX512(p)
	case avx512 && p.m == 1 && p.rows == 1:
		rowAVX512(p)
	case avx512:
		panel1AVX512(p)
	case q == 4:
		panel4AVX2(p)
	case q == 2:
		panel2AVX2(p)
	case p.m == 1 && p.rows == 1:
		rowAVX2(p)
	default:
		panel1AVX2(p)
	}
}

func callTranspose(rows, cols int, src *float32, lds int, dst *float32, ldd int) {
	transposeAVX2(rows, cols, src, lds, dst, ldd)
}
