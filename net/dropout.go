package net

import "github.com/sinew-ml/sinew/internal/rng"

// drop sets dst[i] to 0 with probability p and to x[i]/(1-p) otherwise. The choice is a
// function of seed, step, layer and from+i alone. dst may be x.
func drop(dst, x []float32, p float64, seed, step uint64, layer, from int) {
	threshold := uint64((1 - p) * (1 << 32))
	scale := float32(1 / (1 - p))
	for i, v := range x {
		k := from + i
		if uint64(rng.DropoutWord(seed, step, uint32(layer), uint64(k))) < threshold {
			dst[i] = v * scale
		} else {
			dst[i] = 0
		}
	}
}
