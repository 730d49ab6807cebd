//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Norms. The kernels of columns take 16 of them while rows go by; those of rows take 16
// elements a pass. Products of two float32 are exact in float64, so fused or not is the same.
//
//	R0  sums, or next row or element written     R1  next x      R2  next dy or second input
//	R3  rows or elements left                    R5, R6  mean, invstd      R7  coefficients
//	R4  distance of rows in bytes

// LOAD_SUMS and STORE_SUMS move 16 float64; they change the address.
#define LOAD_SUMS(at) \
	VLD1.P 64(at), [V0.D2, V1.D2, V2.D2, V3.D2]; \
	VLD1   (at), [V4.D2, V5.D2, V6.D2, V7.D2]

#define STORE_SUMS(at) \
	VST1.P [V0.D2, V1.D2, V2.D2, V3.D2], 64(at); \
	VST1   [V4.D2, V5.D2, V6.D2, V7.D2], (at)

// WIDEN converts four registers from number x on to float64 in eight from d on.
#define WIDEN(x, d) \
	VFCVTL_D2(x, d);      \
	VFCVTL2_D2(x, d+1);   \
	VFCVTL_D2(x+1, d+2);  \
	VFCVTL2_D2(x+1, d+3); \
	VFCVTL_D2(x+2, d+4);  \
	VFCVTL2_D2(x+2, d+5); \
	VFCVTL_D2(x+3, d+6);  \
	VFCVTL2_D2(x+3, d+7)

// ADD8 adds eight registers of float64 from number x on to those from acc on.
#define ADD8(x, acc) \
	VFADD_D2(x, acc, acc);       \
	VFADD_D2(x+1, acc+1, acc+1); \
	VFADD_D2(x+2, acc+2, acc+2); \
	VFADD_D2(x+3, acc+3, acc+3); \
	VFADD_D2(x+4, acc+4, acc+4); \
	VFADD_D2(x+5, acc+5, acc+5); \
	VFADD_D2(x+6, acc+6, acc+6); \
	VFADD_D2(x+7, acc+7, acc+7)

// SUB4, MUL4 and ADD4 set x = x-y, x*y, x+y for four registers of float32 from each number on.
#define SUB4(y, x) \
	VFSUB_S4(y, x, x);       \
	VFSUB_S4(y+1, x+1, x+1); \
	VFSUB_S4(y+2, x+2, x+2); \
	VFSUB_S4(y+3, x+3, x+3)

#define MUL4(y, x) \
	VFMUL_S4(y, x, x);       \
	VFMUL_S4(y+1, x+1, x+1); \
	VFMUL_S4(y+2, x+2, x+2); \
	VFMUL_S4(y+3, x+3, x+3)

#define ADD4(y, x) \
	VFADD_S4(y, x, x);       \
	VFADD_S4(y+1, x+1, x+1); \
	VFADD_S4(y+2, x+2, x+2); \
	VFADD_S4(y+3, x+3, x+3)

// SUB1 and MUL1 are SUB4 and MUL4 with one register y.
#define SUB1(y, x) \
	VFSUB_S4(y, x, x);     \
	VFSUB_S4(y, x+1, x+1); \
	VFSUB_S4(y, x+2, x+2); \
	VFSUB_S4(y, x+3, x+3)

#define MUL1(y, x) \
	VFMUL_S4(y, x, x);     \
	VFMUL_S4(y, x+1, x+1); \
	VFMUL_S4(y, x+2, x+2); \
	VFMUL_S4(y, x+3, x+3)

// DOT_ROW adds a row: dy, in V20–V23, to V0–V7, and dy·h, h in V16–V19, to V8–V15. V24–V31 are scratch.
#define DOT_PART(h, dy, b, g) \
	VFCVTL_D2(dy, 24);      \
	VFCVTL2_D2(dy, 25);     \
	VFCVTL_D2(h, 26);       \
	VFCVTL2_D2(h, 27);      \
	VFADD_D2(24, b, b);     \
	VFADD_D2(25, b+1, b+1); \
	VFMUL_D2(24, 26, 26);   \
	VFMUL_D2(25, 27, 27);   \
	VFADD_D2(26, g, g);     \
	VFADD_D2(27, g+1, g+1)

#define DOT_ROW \
	DOT_PART(16, 20, 0, 8);  \
	DOT_PART(17, 21, 2, 10); \
	DOT_PART(18, 22, 4, 12); \
	DOT_PART(19, 23, 6, 14)

#define DOT_ARGS \
	MOVD acc+0(FP), R0;     \
	MOVD dy+8(FP), R2;      \
	MOVD x+16(FP), R1;      \
	MOVD mean+24(FP), R5;   \
	MOVD invstd+32(FP), R6; \
	MOVD rows+40(FP), R3;   \
	MOVD ld+48(FP), R4;     \
	LSL  $2, R4

// func columnAddNEON(sums *float64, x *float32, rows, ld int)
//
// sums[j] += x[i,j] for all rows i, 0 <= j < 16.
//
//	V0–V7  sums     V16–V19  x
TEXT ·columnAddNEON(SB), NOSPLIT, $0-32
	MOVD sums+0(FP), R0
	MOVD x+8(FP), R1
	MOVD rows+16(FP), R3
	MOVD ld+24(FP), R4
	LSL  $2, R4
	MOVD R0, R8
	LOAD_SUMS(R8)

row:
	VLD1 (R1), [V16.S4, V17.S4, V18.S4, V19.S4]
	WIDEN(16, 24)
	ADD8(24, 0)
	ADD  R4, R1
	SUBS $1, R3
	BNE  row
	STORE_SUMS(R0)
	RET

// func columnSquaresNEON(sums *float64, x, mean *float32, rows, ld int)
//
// sums[j] += (x[i,j]-mean[j])² for all rows i, 0 <= j < 16.
//
//	V0–V7  sums     V16–V19  x, then the difference     V20–V23  mean
TEXT ·columnSquaresNEON(SB), NOSPLIT, $0-40
	MOVD sums+0(FP), R0
	MOVD x+8(FP), R1
	MOVD mean+16(FP), R5
	MOVD rows+24(FP), R3
	MOVD ld+32(FP), R4
	LSL  $2, R4
	MOVD R0, R8
	LOAD_SUMS(R8)
	VLD1 (R5), [V20.S4, V21.S4, V22.S4, V23.S4]

row:
	VLD1 (R1), [V16.S4, V17.S4, V18.S4, V19.S4]
	SUB4(20, 16)
	WIDEN(16, 24)
	VFMLA V24.D2, V24.D2, V0.D2
	VFMLA V25.D2, V25.D2, V1.D2
	VFMLA V26.D2, V26.D2, V2.D2
	VFMLA V27.D2, V27.D2, V3.D2
	VFMLA V28.D2, V28.D2, V4.D2
	VFMLA V29.D2, V29.D2, V5.D2
	VFMLA V30.D2, V30.D2, V6.D2
	VFMLA V31.D2, V31.D2, V7.D2
	ADD   R4, R1
	SUBS  $1, R3
	BNE   row
	STORE_SUMS(R0)
	RET

// func batchDotsNEON(acc *normSums, dy, x, mean, invstd *float32, rows, ld int)
//
// acc.beta[j] += dy[i,j], acc.gamma[j] += dy[i,j]*h for all rows i, h = (x[i,j]-mean[j])*invstd[j].
//
//	V0–V7  sums of dy     V8–V15  of dy*h     V16–V19  x, then h     V20–V23  dy     V24–V31  mean, invstd, then scratch
TEXT ·batchDotsNEON(SB), NOSPLIT, $0-56
	DOT_ARGS
	MOVD   R0, R8
	VLD1.P 64(R8), [V0.D2, V1.D2, V2.D2, V3.D2]
	VLD1.P 64(R8), [V4.D2, V5.D2, V6.D2, V7.D2]
	VLD1.P 64(R8), [V8.D2, V9.D2, V10.D2, V11.D2]
	VLD1.P 64(R8), [V12.D2, V13.D2, V14.D2, V15.D2]

row:
	VLD1 (R1), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1 (R5), [V24.S4, V25.S4, V26.S4, V27.S4]
	VLD1 (R6), [V28.S4, V29.S4, V30.S4, V31.S4]
	VLD1 (R2), [V20.S4, V21.S4, V22.S4, V23.S4]
	SUB4(24, 16)
	MUL4(28, 16)
	DOT_ROW
	ADD    R4, R2
	ADD    R4, R1
	SUBS   $1, R3
	BNE    row
	VST1.P [V0.D2, V1.D2, V2.D2, V3.D2], 64(R0)
	VST1.P [V4.D2, V5.D2, V6.D2, V7.D2], 64(R0)
	VST1.P [V8.D2, V9.D2, V10.D2, V11.D2], 64(R0)
	VST1.P [V12.D2, V13.D2, V14.D2, V15.D2], 64(R0)
	RET

// func layerDotsNEON(acc *normSums, dy, x, mean, invstd *float32, rows, ld int)
//
// acc.beta[j] += dy[i,j], acc.gamma[j] += dy[i,j]*h for all rows i, h = (x[i,j]-mean[i])*invstd[i].
//
//	V0–V7  sums of dy     V8–V15  of dy*h     V16–V19  x, then h     V20–V23  dy     V24–V31  mean, invstd, then scratch
TEXT ·layerDotsNEON(SB), NOSPLIT, $0-56
	DOT_ARGS
	MOVD   R0, R8
	VLD1.P 64(R8), [V0.D2, V1.D2, V2.D2, V3.D2]
	VLD1.P 64(R8), [V4.D2, V5.D2, V6.D2, V7.D2]
	VLD1.P 64(R8), [V8.D2, V9.D2, V10.D2, V11.D2]
	VLD1.P 64(R8), [V12.D2, V13.D2, V14.D2, V15.D2]

row:
	VLD1    (R1), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1R.P 4(R5), [V24.S4]
	VLD1R.P 4(R6), [V28.S4]
	VLD1    (R2), [V20.S4, V21.S4, V22.S4, V23.S4]
	SUB1(24, 16)
	MUL1(28, 16)
	DOT_ROW
	ADD    R4, R2
	ADD    R4, R1
	SUBS   $1, R3
	BNE    row
	VST1.P [V0.D2, V1.D2, V2.D2, V3.D2], 64(R0)
	VST1.P [V4.D2, V5.D2, V6.D2, V7.D2], 64(R0)
	VST1.P [V8.D2, V9.D2, V10.D2, V11.D2], 64(R0)
	VST1.P [V12.D2, V13.D2, V14.D2, V15.D2], 64(R0)
	RET

// func batchApplyNEON(dst, x *float32, p *batchMap, rows, ld int)
//
// dst[i,j] = (x[i,j]-mean[j])*scale[j] + shift[j] for all rows i, 0 <= j < 16.
//
//	V0–V3  mean     V4–V7  scale     V8–V11  shift     V16–V19  x
TEXT ·batchApplyNEON(SB), NOSPLIT, $0-40
	MOVD   dst+0(FP), R0
	MOVD   x+8(FP), R1
	MOVD   p+16(FP), R7
	MOVD   rows+24(FP), R3
	MOVD   ld+32(FP), R4
	LSL    $2, R4
	VLD1.P 64(R7), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R7), [V4.S4, V5.S4, V6.S4, V7.S4]
	VLD1.P 64(R7), [V8.S4, V9.S4, V10.S4, V11.S4]

row:
	VLD1 (R1), [V16.S4, V17.S4, V18.S4, V19.S4]
	SUB4(0, 16)
	MUL4(4, 16)
	ADD4(8, 16)
	VST1 [V16.S4, V17.S4, V18.S4, V19.S4], (R0)
	ADD  R4, R0
	ADD  R4, R1
	SUBS $1, R3
	BNE  row
	RET

// func batchGradNEON(dx, dy, x *float32, p *batchGradMap, rows, ld int)
//
// dx = ((dy-offset) - (x-mean)*slope)*scale for all rows and 16 columns.
//
//	V0–V3  mean     V4–V7  offset     V8–V11  slope     V12–V15  scale     V16–V19  x     V20–V23  dy
TEXT ·batchGradNEON(SB), NOSPLIT, $0-48
	MOVD   dx+0(FP), R0
	MOVD   dy+8(FP), R2
	MOVD   x+16(FP), R1
	MOVD   p+24(FP), R7
	MOVD   rows+32(FP), R3
	MOVD   ld+40(FP), R4
	LSL    $2, R4
	VLD1.P 64(R7), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R7), [V4.S4, V5.S4, V6.S4, V7.S4]
	VLD1.P 64(R7), [V8.S4, V9.S4, V10.S4, V11.S4]
	VLD1.P 64(R7), [V12.S4, V13.S4, V14.S4, V15.S4]

row:
	VLD1 (R1), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1 (R2), [V20.S4, V21.S4, V22.S4, V23.S4]
	SUB4(0, 16)
	SUB4(4, 20)
	MUL4(8, 16)
	SUB4(16, 20)
	MUL4(12, 20)
	VST1 [V20.S4, V21.S4, V22.S4, V23.S4], (R0)
	ADD  R4, R0
	ADD  R4, R2
	ADD  R4, R1
	SUBS $1, R3
	BNE  row
	RET

// func centreNEON(dst, x *float32, n int, m, s float32)
//
// dst[i] = (x[i]-m)*s.
//
//	V0, V1  m, s     V16–V19  x
TEXT ·centreNEON(SB), NOSPLIT, $0-32
	MOVD  dst+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  n+16(FP), R3
	MOVWU m+24(FP), R5
	VDUP  R5, V0.S4
	MOVWU s+28(FP), R5
	VDUP  R5, V1.S4

loop16:
	VLD1.P 64(R1), [V16.S4, V17.S4, V18.S4, V19.S4]
	SUB1(0, 16)
	MUL1(1, 16)
	VST1.P [V16.S4, V17.S4, V18.S4, V19.S4], 64(R0)
	SUBS   $16, R3
	BNE    loop16
	RET

// func scaleShiftNEON(dst, x, gamma, beta *float32, n int, s float32)
//
// dst[i] = (x[i]*s)*gamma[i] + beta[i].
//
//	V1  s     V16–V19  x     V20–V23  gamma     V24–V27  beta     R5, R6  next gamma, next beta
TEXT ·scaleShiftNEON(SB), NOSPLIT, $0-44
	MOVD  dst+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  gamma+16(FP), R5
	MOVD  beta+24(FP), R6
	MOVD  n+32(FP), R3
	MOVWU s+40(FP), R7
	VDUP  R7, V1.S4

loop16:
	VLD1.P 64(R1), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1.P 64(R5), [V20.S4, V21.S4, V22.S4, V23.S4]
	VLD1.P 64(R6), [V24.S4, V25.S4, V26.S4, V27.S4]
	MUL1(1, 16)
	MUL4(20, 16)
	ADD4(24, 16)
	VST1.P [V16.S4, V17.S4, V18.S4, V19.S4], 64(R0)
	SUBS   $16, R3
	BNE    loop16
	RET

// func layerGradNEON(dx, h *float32, n int, a, b, s float32)
//
// dx[i] = ((dx[i]-a) - h[i]*b)*s.
//
//	V0–V2  a, b, s     V16–V19  dx     V20–V23  h
TEXT ·layerGradNEON(SB), NOSPLIT, $0-36
	MOVD  dx+0(FP), R0
	MOVD  h+8(FP), R1
	MOVD  n+16(FP), R3
	MOVWU a+24(FP), R5
	VDUP  R5, V0.S4
	MOVWU b+28(FP), R5
	VDUP  R5, V1.S4
	MOVWU s+32(FP), R5
	VDUP  R5, V2.S4

loop16:
	VLD1   (R0), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1.P 64(R1), [V20.S4, V21.S4, V22.S4, V23.S4]
	MUL1(1, 20)
	SUB1(0, 16)
	SUB4(20, 16)
	MUL1(2, 16)
	VST1.P [V16.S4, V17.S4, V18.S4, V19.S4], 64(R0)
	SUBS   $16, R3
	BNE    loop16
	RET
