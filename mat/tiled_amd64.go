//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// tileSize returns the largest tile of C for q chains, 0 if the level has no kernels.
func tileSize(q int) (rows, cols int) {
	switch isa.Active() {
	case isa.AVX512:
		switch q {
		case 1:
			return tile1RowsAVX512, tile1ColsAVX512
		case 2:
			return tile2RowsAVX512, tile2ColsAVX512
		}
		return tile4RowsAVX512, tile4ColsAVX512
	case isa.AVX2:
		switch q {
		case 1:
			return tile1RowsAVX2, tile1ColsAVX2
		case 2:
			return tile2RowsAVX2, tile2ColsAVX2
		}
		return tile4RowsAVX2, tile4ColsAVX2
	}
	return 0, 0
}

// rowCols returns the widest tile of one row.
func rowCols() int {
	if isa.Active() == isa.AVX512 {
		return row1ColsAVX512
	}
	return row1ColsAVX2
}

func callTile(q, rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int) {
	switch avx512 := isa.Active() == isa.AVX512; {
	case avx512 && q == 1:
		tile1AVX512(rows, cols, k, a, ars, acs, b, ldb, c, ldc)
	case avx512 && q == 2:
		tile2AVX512(rows, cols, k, a, ars, acs, b, ldb, c, ldc)
	case avx512:
		tile4AVX512(rows, cols, k, a, ars, acs, b, ldb, c, ldc)
	case q == 1:
		tile1AVX2(rows, cols, k, a, ars, acs, b, ldb, c, ldc)
	case q == 2:
		tile2AVX2(rows, cols, k, a, ars, acs, b, ldb, c, ldc)
	default:
		tile4AVX2(rows, cols, k, a, ars, acs, b, ldb, c, ldc)
	}
}

func callRow(cols, k int, a *float32, acs int, b *float32, ldb int, c *float32) {
	if isa.Active() == isa.AVX512 {
		row1AVX512(cols, k, a, acs, b, ldb, c)
	} else {
		row1AVX2(cols, k, a, acs, b, ldb, c)
	}
}

func callTranspose(rows, cols int, src *float32, lds int, dst *float32, ldd int) {
	transposeAVX2(rows, cols, src, lds, dst, ldd)
}
