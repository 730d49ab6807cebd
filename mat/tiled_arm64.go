//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

// tileSize returns the largest tile of C for q chains, 0 if the level has no kernels.
func tileSize(q int) (rows, cols int) {
	switch {
	case isa.Active() != isa.NEON:
		return 0, 0
	case q == 1:
		return tile1Rows, tile1Cols
	case q == 2:
		return tile2Rows, tile2Cols
	}
	return tile4Rows, tile4Cols
}

// rowCols returns the widest tile of one row.
func rowCols() int { return row1Cols }

func callTile(q, rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int) {
	switch q {
	case 1:
		tile1NEON(rows, cols, k, a, ars, acs, b, ldb, c, ldc)
	case 2:
		tile2NEON(rows, cols, k, a, ars, acs, b, ldb, c, ldc)
	default:
		tile4NEON(rows, cols, k, a, ars, acs, b, ldb, c, ldc)
	}
}

func callRow(cols, k int, a *float32, acs int, b *float32, ldb int, c *float32) {
	row1NEON(cols, k, a, acs, b, ldb, c)
}

func callTranspose(rows, cols int, src *float32, lds int, dst *float32, ldd int) {
	transposeNEON(rows, cols, src, lds, dst, ldd)
}
