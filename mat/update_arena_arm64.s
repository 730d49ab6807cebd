//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Whole arrays beside the rules, behind update_arena_arm64.go: whole groups of
// updateWidth (16) elements or columns, nothing fused.

// func finiteNEON(x *float32, n int) bool
//
// Whether no x[i], 0 ≤ i < n, is NaN or infinite.
//
//	R0      next x        R1   elements left
//	V0–V3   x - x: +0, or NaN where x is not finite
//	V4, V5  bits of all of these
TEXT ·finiteNEON(SB), NOSPLIT, $0-17
	MOVD x+0(FP), R0
	MOVD n+8(FP), R1
	VEOR V4.B16, V4.B16, V4.B16
	VEOR V5.B16, V5.B16, V5.B16

loop16:
	VLD1.P 64(R0), [V0.S4, V1.S4, V2.S4, V3.S4]
	VFSUB_S4(0, 0, 0)
	VFSUB_S4(1, 1, 1)
	VFSUB_S4(2, 2, 2)
	VFSUB_S4(3, 3, 3)
	VORR   V0.B16, V4.B16, V4.B16
	VORR   V1.B16, V5.B16, V5.B16
	VORR   V2.B16, V4.B16, V4.B16
	VORR   V3.B16, V5.B16, V5.B16
	SUBS   $16, R1
	BNE    loop16
	VORR   V5.B16, V4.B16, V4.B16
	VFMAXV_S4(4, 0)
	FCMPS  F0, F0
	CSET   VC, R0
	MOVB   R0, ret+16(FP)
	RET

// func clipNEON(x *float32, n int, limit float32)
//
// x[i] = max(min(x[i], limit), -limit), 0 ≤ i < n; NaN stays.
//
//	R0       next x        R1   elements left
//	V0–V3    x             V4, V5  limit, -limit
TEXT ·clipNEON(SB), NOSPLIT, $0-20
	MOVD  x+0(FP), R0
	MOVD  n+8(FP), R1
	FMOVS limit+16(FP), F4
	FNEGS F4, F5
	VDUP  V4.S[0], V4.S4
	VDUP  V5.S[0], V5.S4

loop16:
	VLD1   (R0), [V0.S4, V1.S4, V2.S4, V3.S4]
	VFMIN_S4(4, 0, 0)
	VFMIN_S4(4, 1, 1)
	VFMIN_S4(4, 2, 2)
	VFMIN_S4(4, 3, 3)
	VFMAX_S4(5, 0, 0)
	VFMAX_S4(5, 1, 1)
	VFMAX_S4(5, 2, 2)
	VFMAX_S4(5, 3, 3)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	SUBS   $16, R1
	BNE    loop16
	RET

// func lerpNEON(dst, x *float32, n int, t float32)
//
// dst[i] = dst[i] + t*(x[i] - dst[i]), 0 ≤ i < n.
//
//	R0, R1   next dst, next x      R2   elements left
//	V0–V3    dst                   V4–V7  x, then the step
//	V16 lane 0  t
TEXT ·lerpNEON(SB), NOSPLIT, $0-28
	MOVD  dst+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  n+16(FP), R2
	FMOVS t+24(FP), F16

loop16:
	VLD1   (R0), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4]
	VFSUB_S4(0, 4, 4)
	VFSUB_S4(1, 5, 5)
	VFSUB_S4(2, 6, 6)
	VFSUB_S4(3, 7, 7)
	VFMUL_S4E(16, 0, 4, 4)
	VFMUL_S4E(16, 0, 5, 5)
	VFMUL_S4E(16, 0, 6, 6)
	VFMUL_S4E(16, 0, 7, 7)
	VFADD_S4(4, 0, 0)
	VFADD_S4(5, 1, 1)
	VFADD_S4(6, 2, 2)
	VFADD_S4(7, 3, 3)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	SUBS   $16, R2
	BNE    loop16
	RET

// SQUARES adds the squares of the 16 elements of a row to eight sums.
#define SQUARES(s0, s1, s2, s3, s4, s5, s6, s7) \
	VLD1  (R1), [V16.S4, V17.S4, V18.S4, V19.S4] \
	ADD   R3, R1                                 \
	VFCVTL_D2(16, 20)                            \
	VFCVTL2_D2(16, 21)                           \
	VFCVTL_D2(17, 22)                            \
	VFCVTL2_D2(17, 23)                           \
	VFCVTL_D2(18, 24)                            \
	VFCVTL2_D2(18, 25)                           \
	VFCVTL_D2(19, 26)                            \
	VFCVTL2_D2(19, 27)                           \
	VFMLA V20.D2, V20.D2, s0                     \
	VFMLA V21.D2, V21.D2, s1                     \
	VFMLA V22.D2, V22.D2, s2                     \
	VFMLA V23.D2, V23.D2, s3                     \
	VFMLA V24.D2, V24.D2, s4                     \
	VFMLA V25.D2, V25.D2, s5                     \
	VFMLA V26.D2, V26.D2, s6                     \
	VFMLA V27.D2, V27.D2, s7

// func unitSquaresNEON(sums *float64, w *float32, rows, stride int)
//
// sums[i%2*16+l] += w[i*stride+l]² for 0 ≤ l < 16, from row 0 to the last, in float64;
// rows > 0. A square is exact there, so FMLA rounds as an addition does.
//
//	R0, R4–R6  sums          R1   next row
//	R2         rows left     R3   bytes between rows
//	V0–V7      even sums     V8–V15   odd sums
//	V16–V19    w             V20–V27  w in float64
//
//	rows2      two rows per pass
TEXT ·unitSquaresNEON(SB), NOSPLIT, $0-32
	MOVD sums+0(FP), R0
	MOVD w+8(FP), R1
	MOVD rows+16(FP), R2
	MOVD stride+24(FP), R3
	LSL  $2, R3
	ADD  $64, R0, R4
	ADD  $128, R0, R5
	ADD  $192, R0, R6
	VLD1 (R0), [V0.D2, V1.D2, V2.D2, V3.D2]
	VLD1 (R4), [V4.D2, V5.D2, V6.D2, V7.D2]
	VLD1 (R5), [V8.D2, V9.D2, V10.D2, V11.D2]
	VLD1 (R6), [V12.D2, V13.D2, V14.D2, V15.D2]
	SUBS $2, R2
	BLT  last

rows2:
	SQUARES(V0.D2, V1.D2, V2.D2, V3.D2, V4.D2, V5.D2, V6.D2, V7.D2)
	SQUARES(V8.D2, V9.D2, V10.D2, V11.D2, V12.D2, V13.D2, V14.D2, V15.D2)
	SUBS $2, R2
	BGE  rows2

last:
	TBZ  $0, R2, done
	SQUARES(V0.D2, V1.D2, V2.D2, V3.D2, V4.D2, V5.D2, V6.D2, V7.D2)

done:
	VST1 [V0.D2, V1.D2, V2.D2, V3.D2], (R0)
	VST1 [V4.D2, V5.D2, V6.D2, V7.D2], (R4)
	VST1 [V8.D2, V9.D2, V10.D2, V11.D2], (R5)
	VST1 [V12.D2, V13.D2, V14.D2, V15.D2], (R6)
	RET

// func columnScaleNEON(factors, w *float32, rows, stride int)
//
// w[i*stride+l] *= factors[l] for 0 ≤ l < 16 in all rows; rows > 0.
//
//	R1       next row      R2   rows left
//	R3       bytes between rows
//	V0–V3    factors       V4–V7  w
TEXT ·columnScaleNEON(SB), NOSPLIT, $0-32
	MOVD factors+0(FP), R0
	MOVD w+8(FP), R1
	MOVD rows+16(FP), R2
	MOVD stride+24(FP), R3
	LSL  $2, R3
	VLD1 (R0), [V0.S4, V1.S4, V2.S4, V3.S4]

row:
	VLD1 (R1), [V4.S4, V5.S4, V6.S4, V7.S4]
	VFMUL_S4(0, 4, 4)
	VFMUL_S4(1, 5, 5)
	VFMUL_S4(2, 6, 6)
	VFMUL_S4(3, 7, 7)
	VST1 [V4.S4, V5.S4, V6.S4, V7.S4], (R1)
	ADD  R3, R1
	SUBS $1, R2
	BNE  row
	RET
