//go:build !purego

package mat

import "github.com/sinew-ml/sinew/internal/isa"

func evict(x []float32) {
	if isa.Active() == isa.AVX512 {
		evictAVX512(&x[0], len(x))
	}
}

//go:noescape
func evictAVX512(x *float32, n int)
