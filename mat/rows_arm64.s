//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Rows of a batch.

// func affineNEON(dst, x, mean, scale *float32, n int)
//
// dst[i] = (x[i]-mean[i])*scale[i]; n is a positive multiple of 16.
//
//	R0, R1  next dst, next x     R2, R3  next mean, next scale     R4  elements left
//	V0–V3  x     V4–V7  mean     V16–V19  scale
TEXT ·affineNEON(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD mean+16(FP), R2
	MOVD scale+24(FP), R3
	MOVD n+32(FP), R4

loop16:
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R2), [V4.S4, V5.S4, V6.S4, V7.S4]
	VLD1.P 64(R3), [V16.S4, V17.S4, V18.S4, V19.S4]
	VFSUB_S4(4, 0, 0)
	VFSUB_S4(5, 1, 1)
	VFSUB_S4(6, 2, 2)
	VFSUB_S4(7, 3, 3)
	VFMUL_S4(16, 0, 0)
	VFMUL_S4(17, 1, 1)
	VFMUL_S4(18, 2, 2)
	VFMUL_S4(19, 3, 3)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	SUBS   $16, R4
	BNE    loop16
	RET

// LARGER takes the elements x that are larger: false for NaN. FMAX would give NaN.
#define LARGER(x) \
	VFCMGT_S4(0, x, x+4); \
	VBIT_B16(x+4, x, 0)

// func argmaxNEON(x *float32, n int) int
//
// The first index of the largest x[i]; NaN loses, all NaN give 0; n > 3.
//
//	R0  x     R1  next x     R2  elements left     R4  n     V0  largest so far     V1  x
//
//	max4   4 elements per pass, then the last 4 once more
//	find4  the first equal to the largest; what the last 4 have before it is not equal
TEXT ·argmaxNEON(SB), NOSPLIT, $0-24
	MOVD x+0(FP), R0
	MOVD n+8(FP), R4
	MOVD $0xFF800000, R5
	VDUP R5, V0.S4
	MOVD R0, R1
	SUB  $4, R4, R2

max4:
	FMOVQ.P 16(R1), F1
	LARGER(1)
	SUBS  $4, R2
	BGE   max4
	ADD   R4<<2, R0, R6
	SUB   $16, R6
	FMOVQ (R6), F1
	LARGER(1)
	VFMAXV_S4(0, 0)
	VDUP V0.S[0], V0.S4
	MOVD R0, R1
	SUB  $4, R4, R2

find4:
	FMOVQ.P 16(R1), F1
	VFCMEQ_S4(0, 1, 1)
	VUZP1 V1.H8, V1.H8, V1.H8 // 16 bits a lane
	VMOV  V1.D[0], R7
	CBNZ  R7, found
	SUBS  $4, R2
	BGE   find4
	ADD   $16, R6, R1
	FMOVQ (R6), F1
	VFCMEQ_S4(0, 1, 1)
	VUZP1 V1.H8, V1.H8, V1.H8
	VMOV  V1.D[0], R7
	CBZ   R7, none

found:
	RBIT R7, R7
	CLZ  R7, R7 // 16 times the lane
	SUB  R0, R1, R1
	SUB  $16, R1
	LSR  $2, R1
	ADD  R7>>4, R1, R1
	MOVD R1, ret+16(FP)
	RET

none:
	MOVD ZR, ret+16(FP)
	RET

// Column sums have their sums in registers, and rows go by.

// ADD_ROW adds 16 elements at R3 to the sums from register acc on; R3 moves on.
#define ADD_ROW(acc) \
	VLD1.P 64(R3), [V16.S4, V17.S4, V18.S4, V19.S4]; \
	VFADD_S4(16, acc, acc);                          \
	VFADD_S4(17, acc+1, acc+1);                      \
	VFADD_S4(18, acc+2, acc+2);                      \
	VFADD_S4(19, acc+3, acc+3)

// func columnSums64NEON(sums, x *float32, rows, ld int)
//
// sums[j] = sums[j] + x[0,j] + x[1,j] + ..., 0 <= j < 64; rows > 0.
//
//	R0  sums     R1  next row     R2  rows left     R4  distance of rows in bytes
//	V0–V15  sums     V16–V19  x
TEXT ·columnSums64NEON(SB), NOSPLIT, $0-32
	MOVD   sums+0(FP), R0
	MOVD   x+8(FP), R1
	MOVD   rows+16(FP), R2
	MOVD   ld+24(FP), R4
	LSL    $2, R4
	MOVD   R0, R5
	VLD1.P 64(R5), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R5), [V4.S4, V5.S4, V6.S4, V7.S4]
	VLD1.P 64(R5), [V8.S4, V9.S4, V10.S4, V11.S4]
	VLD1.P 64(R5), [V12.S4, V13.S4, V14.S4, V15.S4]

row:
	MOVD R1, R3
	ADD  R4, R1
	ADD_ROW(0)
	ADD_ROW(4)
	ADD_ROW(8)
	ADD_ROW(12)
	SUBS   $1, R2
	BNE    row
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	VST1.P [V4.S4, V5.S4, V6.S4, V7.S4], 64(R0)
	VST1.P [V8.S4, V9.S4, V10.S4, V11.S4], 64(R0)
	VST1.P [V12.S4, V13.S4, V14.S4, V15.S4], 64(R0)
	RET

// func columnSums16NEON(sums, x *float32, rows, ld int)
//
// sums[j] = sums[j] + x[0,j] + x[1,j] + ..., 0 <= j < 16; rows > 0.
//
//	R0  sums     R1  next row     R2  rows left     R4  distance of rows in bytes
//	V0–V3  sums     V16–V19  x
TEXT ·columnSums16NEON(SB), NOSPLIT, $0-32
	MOVD sums+0(FP), R0
	MOVD x+8(FP), R1
	MOVD rows+16(FP), R2
	MOVD ld+24(FP), R4
	LSL  $2, R4
	VLD1 (R0), [V0.S4, V1.S4, V2.S4, V3.S4]

row:
	MOVD R1, R3
	ADD  R4, R1
	ADD_ROW(0)
	SUBS $1, R2
	BNE  row
	VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R0)
	RET
