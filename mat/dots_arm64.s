//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// NT products in lanes for NEON: an element of C is a sum over 16 lanes, four registers,
// added to it, so that rows of A and of B are read as they lie.

#define rest R5 // terms left

// EIGHT does 8 terms: 2 rows of A, V0–V3, by 3 columns of B, V4–V7 in turn. The arguments
// are the byte of A and B, and the sums of the first and the next 4 terms: columns of row 0, then of row 1.
#define EIGHT(off, a, a2, b, b2, c, c2, d, d2, e, e2, f, f2) \
	FLDPQ   off(R0), (F0, F1);    \
	FLDPQ   off(R2), (F4, F5);    \
	FLDPQ   off(R1), (F2, F3);    \
	FLDPQ   off(R3), (F6, F7);    \
	VFMLA   V4.S4, V0.S4, a.S4;  \
	VFMLA   V5.S4, V1.S4, a2.S4; \
	VFMLA   V4.S4, V2.S4, d.S4;  \
	VFMLA   V5.S4, V3.S4, d2.S4; \
	FLDPQ   off(R4), (F4, F5);    \
	VFMLA   V6.S4, V0.S4, b.S4;  \
	VFMLA   V7.S4, V1.S4, b2.S4; \
	VFMLA   V6.S4, V2.S4, e.S4;  \
	VFMLA   V7.S4, V3.S4, e2.S4; \
	VFMLA   V4.S4, V0.S4, c.S4;  \
	VFMLA   V5.S4, V1.S4, c2.S4; \
	VFMLA   V4.S4, V2.S4, f.S4;  \
	VFMLA   V5.S4, V3.S4, f2.S4

#define EACH(ON) \
	ON(R0, F0, V0); \
	ON(R1, F1, V1); \
	ON(R2, F2, V2); \
	ON(R3, F3, V3); \
	ON(R4, F4, V4)

#define QUAD(r, f, v)   FMOVQ.P 16(r), f
#define TRIPLE(r, f, v) FMOVD.P 8(r), f; VLD1 (r), v.S[2]
#define PAIR(r, f, v)   FMOVD (r), f
#define SINGLE(r, f, v) FMOVS (r), f
#define NONE(r, f, v)   VEOR v.B16, v.B16, v.B16

// FOUR does 4 of the last terms, filled up with +0.
#define FOUR(three, two, one, none, mul, a, b, c, d, e, f) \
	CMP   $3, rest;            \
	BEQ   three;               \
	BLT   two;                 \
	EACH(QUAD);                \
	B     mul;                 \
three: \
	EACH(TRIPLE);              \
	B     mul;                 \
two: \
	CMP   $2, rest;            \
	BLT   one;                 \
	EACH(PAIR);                \
	B     mul;                 \
one: \
	CMP   $1, rest;            \
	BLT   none;                \
	EACH(SINGLE);              \
	B     mul;                 \
none: \
	EACH(NONE);                \
mul: \
	SUB   $4, rest;            \
	VFMLA V2.S4, V0.S4, a.S4;  \
	VFMLA V3.S4, V0.S4, b.S4;  \
	VFMLA V4.S4, V0.S4, c.S4;  \
	VFMLA V2.S4, V1.S4, d.S4;  \
	VFMLA V3.S4, V1.S4, e.S4;  \
	VFMLA V4.S4, V1.S4, f.S4

// FOLD adds lanes l and l+8, then l and l+4, of the 4 registers from v on: the sums are in v.
#define FOLD(v) \
	VFADD_S4(v+2, v, v);     \
	VFADD_S4(v+3, v+1, v+1); \
	VFADD_S4(v+1, v, v)

// ROWSUM adds up the 4 sums of each of three elements, l and l+2 first, in V0.
#define ROWSUM(x, y, z, nx) \
	VZIP1 y.D2, x.D2, V0.D2; \
	VZIP2 y.D2, x.D2, V1.D2; \
	VFADD_S4(1, 0, 0);       \
	VDUP  z.D[1], V1.D2;     \
	VFADD_S4(1, nx, 1);      \
	VFADDP_S4(1, 0, 0)

// ROWOUT adds V0 to a row of C: three elements, or the first one or two.
#define ROWOUT(c, two, one, out) \
	CMP   $2, R9;            \
	BEQ   two;               \
	BLT   one;               \
	FMOVD (c), F1;           \
	ADD   $8, c, R12;        \
	VLD1  (R12), V1.S[2];    \
	VFADD_S4(1, 0, 0);       \
	FMOVD F0, (c);           \
	VST1  V0.S[2], (R12);    \
	B     out;               \
two: \
	FMOVD (c), F1;           \
	VFADD_S4(1, 0, 0);       \
	FMOVD F0, (c);           \
	B     out;               \
one: \
	FMOVS (c), F1;           \
	FADDS F1, F0;            \
	FMOVS F0, (c);           \
out:

// func dotsNEON(rows, cols, k int, a *float32, ars int, b *float32, ldb int, c *float32, ldc int)
//
// C[i,j] += sum of a[i*ars+p]*b[j*ldb+p] in 16 lanes, 0 ≤ p < k; rows ≥ 1, cols 1...3,
// k ≥ 1. A row or column that is not there is the one before once more, and not stored.
//
//	R0, R1      rows of A             R2–R4     columns of B
//	R6, R7      rows of C             R8, R9    rows left, cols
//	R13, R14    next row of A, column 0 of B    R15, R10, R11  distances of rows of C, A, of
//	R16, R17    terms, column 1                                columns of B, bytes; R19 column 2
//	V0–V7       loaded                V8–V31    sums of row i, column j from V(8+12i+4j) on
//
//	loop    16 terms                  last     the last k mod 16, with +0 up to 16
//	order   lanes 16; then l + (l+8), l + (l+4), l + (l+2), 0 + 1; C + sum
TEXT ·dotsNEON(SB), NOSPLIT, $0-72
	MOVD rows+0(FP), R8
	MOVD cols+8(FP), R9
	MOVD k+16(FP), R16
	MOVD a+24(FP), R13
	MOVD ars+32(FP), R10
	MOVD b+40(FP), R14
	MOVD ldb+48(FP), R11
	MOVD c+56(FP), R6
	MOVD ldc+64(FP), R15
	LSL  $2, R10
	LSL  $2, R15
	CMP  $2, R9
	CSEL GE, R11, ZR, R12
	CSEL GT, R11, ZR, R11
	ADD  R12<<2, R14, R17
	ADD  R11<<2, R17, R19

tile:
	MOVD R13, R0
	CMP  $2, R8
	CSEL GE, R10, ZR, R12
	ADD  R12, R13, R1
	ADD  R10<<1, R13
	MOVD R14, R2
	MOVD R17, R3
	MOVD R19, R4
	MOVD R16, rest
	VEOR V8.B16, V8.B16, V8.B16
	VEOR V9.B16, V9.B16, V9.B16
	VEOR V10.B16, V10.B16, V10.B16
	VEOR V11.B16, V11.B16, V11.B16
	VEOR V12.B16, V12.B16, V12.B16
	VEOR V13.B16, V13.B16, V13.B16
	VEOR V14.B16, V14.B16, V14.B16
	VEOR V15.B16, V15.B16, V15.B16
	VEOR V16.B16, V16.B16, V16.B16
	VEOR V17.B16, V17.B16, V17.B16
	VEOR V18.B16, V18.B16, V18.B16
	VEOR V19.B16, V19.B16, V19.B16
	VEOR V20.B16, V20.B16, V20.B16
	VEOR V21.B16, V21.B16, V21.B16
	VEOR V22.B16, V22.B16, V22.B16
	VEOR V23.B16, V23.B16, V23.B16
	VEOR V24.B16, V24.B16, V24.B16
	VEOR V25.B16, V25.B16, V25.B16
	VEOR V26.B16, V26.B16, V26.B16
	VEOR V27.B16, V27.B16, V27.B16
	VEOR V28.B16, V28.B16, V28.B16
	VEOR V29.B16, V29.B16, V29.B16
	VEOR V30.B16, V30.B16, V30.B16
	VEOR V31.B16, V31.B16, V31.B16
	SUBS $16, rest
	BLT  last

loop:
	EIGHT(0, V8, V9, V12, V13, V16, V17, V20, V21, V24, V25, V28, V29)
	EIGHT(32, V10, V11, V14, V15, V18, V19, V22, V23, V26, V27, V30, V31)
	ADD  $64, R0
	ADD  $64, R1
	ADD  $64, R2
	ADD  $64, R3
	ADD  $64, R4
	SUBS $16, rest
	BGE  loop

last:
	ADDS $16, rest
	BEQ  sum
	FOUR(three0, two0, one0, none0, mul0, V8, V12, V16, V20, V24, V28)
	FOUR(three1, two1, one1, none1, mul1, V9, V13, V17, V21, V25, V29)
	FOUR(three2, two2, one2, none2, mul2, V10, V14, V18, V22, V26, V30)
	FOUR(three3, two3, one3, none3, mul3, V11, V15, V19, V23, V27, V31)

sum:
	FOLD(8)
	FOLD(12)
	FOLD(16)
	FOLD(20)
	FOLD(24)
	FOLD(28)
	ROWSUM(V8, V12, V16, 16)
	ROWOUT(R6, pair0, single0, next0)
	CMP $2, R8
	BLT done
	ADD R15, R6, R7
	ROWSUM(V20, V24, V28, 28)
	ROWOUT(R7, pair1, single1, next1)
	ADD R15<<1, R6
	SUBS $2, R8
	BGT tile

done:
	RET
