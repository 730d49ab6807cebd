package ref

import "math"

// Philox returns the four words of block counter of Philox4x32-10 (Salmon et al. 2011).
func Philox(counter [4]uint32, key uint64) [4]uint32 {
	c, k0, k1 := counter, uint32(key), uint32(key>>32)
	for range 10 {
		p0, p1 := uint64(c[0])*0xD2511F53, uint64(c[2])*0xCD9E8D57
		c = [4]uint32{uint32(p1>>32) ^ c[1] ^ k0, uint32(p1), uint32(p0>>32) ^ c[3] ^ k1, uint32(p0)}
		k0 += 0x9E3779B9 // golden ratio
		k1 += 0xBB67AE85 // √3-1
	}
	return c
}

// Dropout returns x/(1-p), as a product, or +0: what inverted dropout makes of element
// number e of a layer's output in a step. Counter: block number e/4, low half of step,
// layer below the upper half, 5 (the number of the stream).
func Dropout(x float32, p float64, seed, step uint64, layer, e int) float32 {
	counter := [4]uint32{uint32(uint64(e) / 4), uint32(step), uint32(layer) + uint32(step>>32)<<16, 5}
	if float64(Philox(counter, seed)[e%4]) < math.RoundToEven((1-p)*(1<<32)) {
		return x * float32(1/(1-p))
	}
	return 0
}
