//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Where dropoutArgs has its fields; keys come first.
#define argsCtr 80
#define argsLimit 96
#define argsScale 100

// The first block numbers of a pass, less that of its first.
DATA lanes<>+0(SB)/4, $0
DATA lanes<>+4(SB)/4, $1
DATA lanes<>+8(SB)/4, $2
DATA lanes<>+12(SB)/4, $3
GLOBL lanes<>(SB), RODATA|NOPTR, $16

// ROUND: c0 = hi(m1·c2)^c1^k0, c1 = lo(m1·c2), c2 = hi(m0·c0)^c3^k1, c3 = lo(m0·c0), for the
// eight blocks of V0–V3 and V4–V7. The round keys are next at R5.
#define ROUND \
	VLD2R.P 8(R5), [V8.S4, V9.S4];  \
	VEOR    V8.B16, V1.B16, V1.B16; \
	VEOR    V9.B16, V3.B16, V3.B16; \
	VEOR    V8.B16, V5.B16, V5.B16; \
	VEOR    V9.B16, V7.B16, V7.B16; \
	VUMULL_D2(30, 2, 10);           \
	VUMULL2_D2(30, 2, 11);          \
	VUMULL_D2(29, 0, 12);           \
	VUMULL2_D2(29, 0, 13);          \
	VUMULL_D2(30, 6, 14);           \
	VUMULL2_D2(30, 6, 15);          \
	VUMULL_D2(29, 4, 16);           \
	VUMULL2_D2(29, 4, 17);          \
	VUZP2   V11.S4, V10.S4, V0.S4;  \
	VUZP2   V13.S4, V12.S4, V2.S4;  \
	VUZP2   V15.S4, V14.S4, V4.S4;  \
	VUZP2   V17.S4, V16.S4, V6.S4;  \
	VEOR    V1.B16, V0.B16, V0.B16; \
	VEOR    V3.B16, V2.B16, V2.B16; \
	VEOR    V5.B16, V4.B16, V4.B16; \
	VEOR    V7.B16, V6.B16, V6.B16; \
	VUZP1   V11.S4, V10.S4, V1.S4;  \
	VUZP1   V13.S4, V12.S4, V3.S4;  \
	VUZP1   V15.S4, V14.S4, V5.S4;  \
	VUZP1   V17.S4, V16.S4, V7.S4

// TRANSPOSE puts the four words of a block side by side: lane b of words w0–w3 becomes the
// register b0...b3. t0–t3 are scratch.
#define TRANSPOSE(w0, w1, w2, w3, t0, t1, t2, t3, b0, b1, b2, b3) \
	VTRN1 w1.S4, w0.S4, t0.S4; \
	VTRN2 w1.S4, w0.S4, t1.S4; \
	VTRN1 w3.S4, w2.S4, t2.S4; \
	VTRN2 w3.S4, w2.S4, t3.S4; \
	VTRN1 t2.D2, t0.D2, b0.D2; \
	VTRN1 t3.D2, t1.D2, b1.D2; \
	VTRN2 t2.D2, t0.D2, b2.D2; \
	VTRN2 t3.D2, t1.D2, b3.D2

// KEEP sets elements x, by number, to scale*x where word w is at most limit, else +0.
#define KEEP(w, x) \
	VCMHS_S4(w, 28, w);     \
	VFMUL_S4E(27, 0, x, x); \
	VAND_B16(w, x, x)

// func dropoutNEON(dst, x *float32, n int, a *dropoutArgs)
//
// dst[i] = scale*x[i] if word i is at most limit, else +0; n is a positive multiple of
// dropoutWidth (32).
//
//	R0, R1  next dst, next x     R4  elements left     R5  next round keys     R6  arguments
//	V0–V3, V4–V7  words 0–3 of two groups of four blocks     V8, V9  round keys
//	V10–V17  products, then scratch     V18–V25  words in order, then elements
//	V26  block numbers     V27 lane 0  scale     V28  limit     V29, V30  multipliers
//	V31  4 in all lanes
//
//	loop32  8 blocks per pass, two groups side by side
TEXT ·dropoutNEON(SB), NOSPLIT, $0-32
	MOVD  dst+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  n+16(FP), R4
	MOVD  a+24(FP), R6
	MOVD  $0xD2511F53, R7
	VDUP  R7, V29.S4
	MOVD  $0xCD9E8D57, R7
	VDUP  R7, V30.S4
	MOVD  $4, R7
	VDUP  R7, V31.S4
	FMOVS argsScale(R6), F27
	MOVWU argsLimit(R6), R7
	VDUP  R7, V28.S4
	MOVWU argsCtr(R6), R7
	VDUP  R7, V26.S4
	MOVD  $lanes<>(SB), R7
	VLD1  (R7), [V0.S4]
	VADD  V0.S4, V26.S4, V26.S4
	MOVWU (argsCtr+4)(R6), R8
	MOVWU (argsCtr+8)(R6), R9
	MOVWU (argsCtr+12)(R6), R10

loop32:
	VMOV V26.B16, V0.B16
	VADD V31.S4, V26.S4, V4.S4
	VADD V31.S4, V4.S4, V26.S4
	VDUP R8, V1.S4
	VDUP R9, V2.S4
	VDUP R10, V3.S4
	VDUP R8, V5.S4
	VDUP R9, V6.S4
	VDUP R10, V7.S4
	MOVD R6, R5
	ROUND
	ROUND
	ROUND
	ROUND
	ROUND
	ROUND
	ROUND
	ROUND
	ROUND
	ROUND
	TRANSPOSE(V0, V1, V2, V3, V10, V11, V12, V13, V18, V19, V20, V21)
	TRANSPOSE(V4, V5, V6, V7, V14, V15, V16, V17, V22, V23, V24, V25)
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4]
	KEEP(18, 0)
	KEEP(19, 1)
	KEEP(20, 2)
	KEEP(21, 3)
	KEEP(22, 4)
	KEEP(23, 5)
	KEEP(24, 6)
	KEEP(25, 7)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	VST1.P [V4.S4, V5.S4, V6.S4, V7.S4], 64(R0)
	SUBS   $32, R4
	BNE    loop32
	RET
