//go:build !purego

package mat

import (
	"math"

	"github.com/sinew-ml/sinew/internal/isa"
)

// skipBlock terms are listed at once: the list is on the stack.
const skipBlock = 512

// gemvSkip is GemvBias without the zeros of x, for n > 32 and x not empty. It reports false,
// with nothing done, if the level has no kernel for it.
func gemvSkip(relu bool, n int, x, w []float32, ldw int, bias, y []float32) bool {
	var cols int
	switch isa.Active() {
	case isa.AVX512:
		cols = rowColsAVX512
	case isa.AVX2:
		cols = rowColsAVX2
	default:
		return false
	}
	var list [skipBlock + 16]uint32
	for at := 0; at < len(x); at += skipBlock {
		var terms int
		if part := x[at:min(at+skipBlock, len(x))]; isa.Active() == isa.AVX512 {
			terms = listAVX512(&list[0], &part[0], len(part))
		} else {
			terms = nonzero(&list, part)
		}
		terms = max(1, terms) // a zero adds nothing, and the call stores C
		for j := 0; j < n; j += cols {
			var p panel
			p.a, p.acs = &x[at], 4
			p.b, p.ldb = &w[at*ldw+j], 4*ldw
			p.c, p.start = &y[j], &y[j]
			if at == 0 {
				p.start = &bias[j]
			}
			p.floor = noFloor
			if relu && at+skipBlock >= len(x) {
				p.floor = 0
			}
			p.rows, p.m, p.cols, p.k = 1, 1, min(cols, n-j), terms
			if isa.Active() == isa.AVX512 {
				rowSkipAVX512(&p, &list[0])
			} else {
				rowSkipAVX2(&p, &list[0])
			}
		}
	}
	return true
}

// nonzero lists the numbers of the elements that are not zero and returns how many. There may
// be others behind them. len(x) ≤ skipBlock.
func nonzero(list *[skipBlock + 16]uint32, x []float32) int {
	n := 0
	for i, v := range x {
		list[n%skipBlock] = uint32(i)
		// Without a branch, which would be taken at random: 1 if any bit but the sign is set.
		u := math.Float32bits(v) << 1
		n += int((u | -u) >> 31)
	}
	return n
}
