//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Piecewise activations: whole groups only, n is a positive multiple of groupWidth (16).
// The rest of an array is Go's: nothing is fused here, so its bits are the same.
//
//	R0  next dst or dx     R1  next x or dy     R2  next y, or x of HardSwishGrad
//	R4  elements left      V0–V3  x or dy, then the result     V4–V7  y     V16–V23  scratch
//	V26–V31                constants in all lanes

// CONST sets all lanes of a register to the float32 with the given bits.
#define CONST(bits, v) \
	MOVD $bits, R5; \
	VDUP R5, v.S4

// LOOP1 and LOOP2 apply OP to four registers a pass, given by number: OP(x), or OP(x, y),
// in place in x; x+16 and y+16 are free.
#define LOOP1(OP) \
loop16:                                              \
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]; \
	OP(0);                                       \
	OP(1);                                       \
	OP(2);                                       \
	OP(3);                                       \
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0); \
	SUBS   $16, R4;                              \
	BNE    loop16;                               \
	RET

#define LOOP2(OP) \
loop16:                                              \
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]; \
	VLD1.P 64(R2), [V4.S4, V5.S4, V6.S4, V7.S4]; \
	OP(0, 4);                                    \
	OP(1, 5);                                    \
	OP(2, 6);                                    \
	OP(3, 7);                                    \
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0); \
	SUBS   $16, R4;                              \
	BNE    loop16;                               \
	RET

// LEAKY: x·alpha where y ≤ 0, else x.
#define LEAKY(x, y) \
	VFCMLE0_S4(y, y+16);       \
	VFMUL_S4E(31, 0, x, x+16); \
	VBIT_B16(y+16, x+16, x)

// func leakyNEON(dx, dy, y *float32, n int, alpha float32)
//
// dx[i] = alpha*dy[i] where y[i] <= 0, else dy[i].
//
//	V31 lane 0  alpha
TEXT ·leakyNEON(SB), NOSPLIT, $0-36
	MOVD  dx+0(FP), R0
	MOVD  dy+8(FP), R1
	MOVD  y+16(FP), R2
	MOVD  n+24(FP), R4
	FMOVS alpha+32(FP), F31
	LOOP2(LEAKY)

// FMAX would turn -0 into +0, so comparison and mask.
#define RELU6(x) \
	VFCMLT0_S4(x, x+16);  \
	VBIC_B16(x+16, x, x); \
	VFMIN_S4(30, x, x)

// func relu6NEON(dst, x *float32, n int)
//
// dst[i] = min(max(x[i], 0), 6); NaN and -0 pass.
//
//	V30  6
TEXT ·relu6NEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R4
	CONST(0x40C00000, V30)
	LOOP1(RELU6)

// BAND: +0 where y ≤ 0 or y ≥ top, else x·slope.
#define BAND(x, y) \
	VFCMLE0_S4(y, y+16);    \
	VFCMGE_S4(30, y, y);    \
	VFMUL_S4E(31, 0, x, x); \
	VBIC_B16(y+16, x, x);   \
	VBIC_B16(y, x, x)

// func bandNEON(dx, dy, y *float32, n int, top, slope float32)
//
// dx[i] = +0 where y[i] <= 0 or y[i] >= top, else slope*dy[i].
//
//	V30  top     V31 lane 0  slope
TEXT ·bandNEON(SB), NOSPLIT, $0-40
	MOVD  dx+0(FP), R0
	MOVD  dy+8(FP), R1
	MOVD  y+16(FP), R2
	MOVD  n+24(FP), R4
	MOVWU top+32(FP), R5
	VDUP  R5, V30.S4
	FMOVS slope+36(FP), F31
	LOOP2(BAND)

// HARD: t = clamp(x+3, 0, 6)/6. FMAX and FMIN give NaN for NaN, and x+3 is not -0.
#define HARD(x, t) \
	VFADD_S4(27, x, t); \
	VFMAX_S4(29, t, t); \
	VFMIN_S4(30, t, t); \
	VFMUL_S4E(31, 0, t, t)

#define HARDSIGMOID(x) HARD(x, x)

// func hardSigmoidNEON(dst, x *float32, n int)
//
// dst[i] = clamp(x[i]+3, 0, 6)/6.
//
//	V27, V29–V31  3, 0, 6, 1/6
TEXT ·hardSigmoidNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R4
	CONST(0x40400000, V27)
	VMOVI $0, V29.B16
	CONST(0x40C00000, V30)
	CONST(0x3E2AAAAB, V31)
	LOOP1(HARDSIGMOID)

#define HARDSWISH(x) \
	HARD(x, x+16); \
	VFMUL_S4(x+16, x, x)

// func hardSwishNEON(dst, x *float32, n int)
//
// dst[i] = x[i]*clamp(x[i]+3, 0, 6)/6.
//
//	V27, V29–V31  3, 0, 6, 1/6
TEXT ·hardSwishNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R4
	CONST(0x40400000, V27)
	VMOVI $0, V29.B16
	CONST(0x40C00000, V30)
	CONST(0x3E2AAAAB, V31)
	LOOP1(HARDSWISH)

// HARDSWISHGRAD: +0 where y ≤ -3, x where y ≥ 3, else x·(y/3+½).
#define HARDSWISHGRAD(x, y) \
	VFCMGE_S4(27, y, x+16); \
	VFCMGE_S4(y, 28, y+16); \
	VFMUL_S4E(31, 0, y, y); \
	VFADD_S4(30, y, y);     \
	VFMUL_S4(x, y, y);      \
	VBIT_B16(x+16, x, y);   \
	VBIC_B16(y+16, y, x)

// func hardSwishGradNEON(dx, dy, x *float32, n int)
//
// dx[i] = +0 where x[i] <= -3, dy[i] where x[i] >= 3, else dy[i]*(x[i]/3 + 1/2).
//
//	V27, V28, V30, V31  3, -3, ½, 1/3
TEXT ·hardSwishGradNEON(SB), NOSPLIT, $0-32
	MOVD dx+0(FP), R0
	MOVD dy+8(FP), R1
	MOVD x+16(FP), R2
	MOVD n+24(FP), R4
	CONST(0x40400000, V27)
	CONST(0xC0400000, V28)
	CONST(0x3F000000, V30)
	CONST(0x3EAAAAAB, V31)
	LOOP2(HARDSWISHGRAD)
