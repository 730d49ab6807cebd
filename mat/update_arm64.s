//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Parameter updates: whole vectors only, n is a positive multiple of updateWidth (16).
// The rest of an array is Go's: nothing is fused here, so its bits are the same.
//
//	R0  next w     R1  next dw    R2  next m     R3  next v     R4  elements left

// func momentumNEON(w, dw, v *float32, n int, rate, mu float32)
//
// v = mu*v + g, then w = w - rate*v.
//
//	V30, V31 lane 0  rate, mu
//	V0–V3  w     V4–V7  g     V16–V19  v, then rate*v
//	loop16  four vectors per pass
TEXT ·momentumNEON(SB), NOSPLIT, $0-40
	MOVD  w+0(FP), R0
	MOVD  dw+8(FP), R1
	MOVD  v+16(FP), R3
	MOVD  n+24(FP), R4
	FMOVS rate+32(FP), F30
	FMOVS mu+36(FP), F31

loop16:
	VLD1   (R3), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4]
	VLD1   (R0), [V0.S4, V1.S4, V2.S4, V3.S4]
	VFMUL_S4E(31, 0, 16, 16)
	VFMUL_S4E(31, 0, 17, 17)
	VFMUL_S4E(31, 0, 18, 18)
	VFMUL_S4E(31, 0, 19, 19)
	VFADD_S4(4, 16, 16)
	VFADD_S4(5, 17, 17)
	VFADD_S4(6, 18, 18)
	VFADD_S4(7, 19, 19)
	VST1.P [V16.S4, V17.S4, V18.S4, V19.S4], 64(R3)
	VFMUL_S4E(30, 0, 16, 16)
	VFMUL_S4E(30, 0, 17, 17)
	VFMUL_S4E(30, 0, 18, 18)
	VFMUL_S4E(30, 0, 19, 19)
	VFSUB_S4(16, 0, 0)
	VFSUB_S4(17, 1, 1)
	VFSUB_S4(18, 2, 2)
	VFSUB_S4(19, 3, 3)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	SUBS   $16, R4
	BNE    loop16
	RET

// ADAM: m = b1*m + c1*g; v = b2*v + c2*(g*g); w = w - (step*m) / (sqrt(v)*root + eps)
// for one vector: w, g, m and v are its registers, V20 and V21 scratch.
//
//	V28.S[0–3]  b1, c1, b2, c2     V29.S[0, 1]  step, root     V30  eps in all lanes
#define ADAM(w, g, m, v) \
	VFMUL_S4E(28, 0, m, m)   \
	VFMUL_S4E(28, 1, g, 20)  \
	VFADD_S4(20, m, m)       \
	VFMUL_S4(g, g, 21)       \
	VFMUL_S4E(28, 2, v, v)   \
	VFMUL_S4E(28, 3, 21, 21) \
	VFADD_S4(21, v, v)       \
	VFSQRT_S4(v, 20)         \
	VFMUL_S4E(29, 1, 20, 20) \
	VFADD_S4(30, 20, 20)     \
	VFMUL_S4E(29, 0, m, 21)  \
	VFDIV_S4(20, 21, 21)     \
	VFSUB_S4(21, w, w)

// func adamNEON(w, dw, m, v *float32, n int, c *adamCoefficients)
//
// One step of Adam.
//
//	V0, V1  w     V2, V3  g     V4, V5  m     V6, V7  v
//	loop8   two vectors per pass: division and root bound it
TEXT ·adamNEON(SB), NOSPLIT, $0-48
	MOVD  w+0(FP), R0
	MOVD  dw+8(FP), R1
	MOVD  m+16(FP), R2
	MOVD  v+24(FP), R3
	MOVD  n+32(FP), R4
	MOVD  c+40(FP), R5
	VLD1.P 16(R5), [V28.S4]
	VLD1.P 8(R5), [V29.S2]
	VLD1R (R5), [V30.S4]

loop8:
	VLD1.P 32(R1), [V2.S4, V3.S4]
	VLD1   (R2), [V4.S4, V5.S4]
	VLD1   (R3), [V6.S4, V7.S4]
	VLD1   (R0), [V0.S4, V1.S4]
	ADAM(0, 2, 4, 6)
	ADAM(1, 3, 5, 7)
	VST1.P [V4.S4, V5.S4], 32(R2)
	VST1.P [V6.S4, V7.S4], 32(R3)
	VST1.P [V0.S4, V1.S4], 32(R0)
	SUBS   $8, R4
	BNE    loop8
	RET
