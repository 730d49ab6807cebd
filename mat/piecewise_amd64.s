//go:build !purego

#include "textflag.h"

// Piecewise activations: whole groups only, n is a positive multiple of groupWidth (16).
// The rest of an array is Go's: nothing is fused here, so its bits are the same. AVX2 takes
// two vectors a pass, AVX-512 one.
//
//	DI  next dst or dx     SI  next x or dy     BX  next y, or x of HardSwishGrad
//	CX  elements left      Y0, Z0  x or dy, then the result     Y1, Z1  y     Y2, Y3  scratch
//	Y11–Y15, Z11–Z15       constants

DATA hard<>+0(SB)/4, $0x40400000  // 3
DATA hard<>+4(SB)/4, $0x40C00000  // 6
DATA hard<>+8(SB)/4, $0x3E2AAAAB  // 1/6
DATA hard<>+12(SB)/4, $0x3EAAAAAB // 1/3
DATA hard<>+16(SB)/4, $0x3F000000 // ½
DATA hard<>+20(SB)/4, $0xC0400000 // -3
GLOBL hard<>(SB), RODATA|NOPTR, $24

// MAP1 and MAP2 apply OP to whole vectors of B bytes: OP(v0), or OP(v0, v1).
#define MAP1(OP, V0, B) \
	VMOVUPS (SI), V0 \
	OP(V0)           \
	VMOVUPS V0, (DI) \
	ADDQ    $(B), SI \
	ADDQ    $(B), DI

#define MAP2(OP, V0, V1, B) \
	VMOVUPS (SI), V0 \
	VMOVUPS (BX), V1 \
	OP(V0, V1)       \
	VMOVUPS V0, (DI) \
	ADDQ    $(B), SI \
	ADDQ    $(B), BX \
	ADDQ    $(B), DI

#define LOOP1_256(OP) \
loop16:                  \
	MAP1(OP, Y0, 32) \
	MAP1(OP, Y0, 32) \
	SUBQ $16, CX     \
	JNE  loop16      \
	VZEROUPPER       \
	RET

#define LOOP1_512(OP) \
loop16:                  \
	MAP1(OP, Z0, 64) \
	SUBQ $16, CX     \
	JNE  loop16      \
	VZEROUPPER       \
	RET

#define LOOP2_256(OP) \
loop16:                      \
	MAP2(OP, Y0, Y1, 32) \
	MAP2(OP, Y0, Y1, 32) \
	SUBQ $16, CX         \
	JNE  loop16          \
	VZEROUPPER           \
	RET

#define LOOP2_512(OP) \
loop16:                      \
	MAP2(OP, Z0, Z1, 64) \
	SUBQ $16, CX         \
	JNE  loop16          \
	VZEROUPPER           \
	RET

// LEAKY: a·alpha where b ≤ 0, else a.
#define LEAKY256(a, b) \
	VCMPPS    $0x12, Y15, b, b \
	VMULPS    a, Y14, Y2       \
	VBLENDVPS b, Y2, a, a

#define LEAKY512(a, b) \
	VCMPPS $0x12, Z15, b, K1 \
	VMULPS a, Z14, K1, a

// func leakyAVX2(dx, dy, y *float32, n int, alpha float32)
//
// dx[i] = alpha*dy[i] where y[i] ≤ 0, else dy[i].      needs AVX2
//
//	Y14, Y15  alpha, +0
TEXT ·leakyAVX2(SB), NOSPLIT, $0-36
	MOVQ         dx+0(FP), DI
	MOVQ         dy+8(FP), SI
	MOVQ         y+16(FP), BX
	MOVQ         n+24(FP), CX
	VBROADCASTSS alpha+32(FP), Y14
	VXORPS       X15, X15, X15
	LOOP2_256(LEAKY256)

// func leakyAVX512(dx, dy, y *float32, n int, alpha float32)
//
// dx[i] = alpha*dy[i] where y[i] ≤ 0, else dy[i].      needs AVX-512 F
//
//	Z14, Z15  alpha, +0
TEXT ·leakyAVX512(SB), NOSPLIT, $0-36
	MOVQ         dx+0(FP), DI
	MOVQ         dy+8(FP), SI
	MOVQ         y+16(FP), BX
	MOVQ         n+24(FP), CX
	VBROADCASTSS alpha+32(FP), Z14
	VXORPS       X15, X15, X15
	LOOP2_512(LEAKY512)

// Of two zeros or a NaN VMAXPS and VMINPS return their second source, a: -0 and NaN pass.
#define RELU6_256(a) \
	VMAXPS a, Y15, a \
	VMINPS a, Y14, a

#define RELU6_512(a) \
	VMAXPS a, Z15, a \
	VMINPS a, Z14, a

// func relu6AVX2(dst, x *float32, n int)
//
// dst[i] = min(max(x[i], 0), 6); NaN and -0 pass.      needs AVX2
//
//	Y14, Y15  6, +0
TEXT ·relu6AVX2(SB), NOSPLIT, $0-24
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS hard<>+4(SB), Y14
	VXORPS       X15, X15, X15
	LOOP1_256(RELU6_256)

// func relu6AVX512(dst, x *float32, n int)
//
// dst[i] = min(max(x[i], 0), 6); NaN and -0 pass.      needs AVX-512 F
//
//	Z14, Z15  6, +0
TEXT ·relu6AVX512(SB), NOSPLIT, $0-24
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS hard<>+4(SB), Z14
	VXORPS       X15, X15, X15
	LOOP1_512(RELU6_512)

// BAND: +0 where b ≤ 0 or b ≥ top, else a·slope.
#define BAND256(a, b) \
	VCMPPS  $0x12, Y15, b, Y2 \
	VCMPPS  $0x1d, Y14, b, Y3 \
	VORPS   Y2, Y3, Y2        \
	VMULPS  a, Y13, a         \
	VANDNPS a, Y2, a

// Predicates 0x16 and 0x19 are "not b ≤ 0" and "not b ≥ top", true for NaN.
#define BAND512(a, b) \
	VCMPPS   $0x16, Z15, b, K1     \
	VCMPPS   $0x19, Z14, b, K1, K1 \
	VMULPS.Z a, Z13, K1, a

// func bandAVX2(dx, dy, y *float32, n int, top, slope float32)
//
// dx[i] = +0 where y[i] ≤ 0 or y[i] ≥ top, else slope*dy[i].      needs AVX2
//
//	Y13–Y15  slope, top, +0
TEXT ·bandAVX2(SB), NOSPLIT, $0-40
	MOVQ         dx+0(FP), DI
	MOVQ         dy+8(FP), SI
	MOVQ         y+16(FP), BX
	MOVQ         n+24(FP), CX
	VBROADCASTSS top+32(FP), Y14
	VBROADCASTSS slope+36(FP), Y13
	VXORPS       X15, X15, X15
	LOOP2_256(BAND256)

// func bandAVX512(dx, dy, y *float32, n int, top, slope float32)
//
// dx[i] = +0 where y[i] ≤ 0 or y[i] ≥ top, else slope*dy[i].      needs AVX-512 F
//
//	Z13–Z15  slope, top, +0
TEXT ·bandAVX512(SB), NOSPLIT, $0-40
	MOVQ         dx+0(FP), DI
	MOVQ         dy+8(FP), SI
	MOVQ         y+16(FP), BX
	MOVQ         n+24(FP), CX
	VBROADCASTSS top+32(FP), Z14
	VBROADCASTSS slope+36(FP), Z13
	VXORPS       X15, X15, X15
	LOOP2_512(BAND512)

// HARD: t = clamp(a+3, 0, 6)/6, NaN passing. t may be a.
#define HARD256(a, t) \
	VADDPS a, Y11, t \
	VMAXPS t, Y15, t \
	VMINPS t, Y14, t \
	VMULPS t, Y13, t

#define HARD512(a, t) \
	VADDPS a, Z11, t \
	VMAXPS t, Z15, t \
	VMINPS t, Z14, t \
	VMULPS t, Z13, t

#define HARDSIGMOID256(a) HARD256(a, a)
#define HARDSIGMOID512(a) HARD512(a, a)

// func hardSigmoidAVX2(dst, x *float32, n int)
//
// dst[i] = clamp(x[i]+3, 0, 6)/6.      needs AVX2
//
//	Y11, Y13–Y15  3, 1/6, 6, +0
TEXT ·hardSigmoidAVX2(SB), NOSPLIT, $0-24
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS hard<>+0(SB), Y11
	VBROADCASTSS hard<>+8(SB), Y13
	VBROADCASTSS hard<>+4(SB), Y14
	VXORPS       X15, X15, X15
	LOOP1_256(HARDSIGMOID256)

// func hardSigmoidAVX512(dst, x *float32, n int)
//
// dst[i] = clamp(x[i]+3, 0, 6)/6.      needs AVX-512 F
//
//	Z11, Z13–Z15  3, 1/6, 6, +0
TEXT ·hardSigmoidAVX512(SB), NOSPLIT, $0-24
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS hard<>+0(SB), Z11
	VBROADCASTSS hard<>+8(SB), Z13
	VBROADCASTSS hard<>+4(SB), Z14
	VXORPS       X15, X15, X15
	LOOP1_512(HARDSIGMOID512)

#define HARDSWISH256(a) \
	HARD256(a, Y1) \
	VMULPS a, Y1, a

#define HARDSWISH512(a) \
	HARD512(a, Z1) \
	VMULPS a, Z1, a

// func hardSwishAVX2(dst, x *float32, n int)
//
// dst[i] = x[i]*clamp(x[i]+3, 0, 6)/6.      needs AVX2
//
//	Y11, Y13–Y15  3, 1/6, 6, +0
TEXT ·hardSwishAVX2(SB), NOSPLIT, $0-24
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS hard<>+0(SB), Y11
	VBROADCASTSS hard<>+8(SB), Y13
	VBROADCASTSS hard<>+4(SB), Y14
	VXORPS       X15, X15, X15
	LOOP1_256(HARDSWISH256)

// func hardSwishAVX512(dst, x *float32, n int)
//
// dst[i] = x[i]*clamp(x[i]+3, 0, 6)/6.      needs AVX-512 F
//
//	Z11, Z13–Z15  3, 1/6, 6, +0
TEXT ·hardSwishAVX512(SB), NOSPLIT, $0-24
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS hard<>+0(SB), Z11
	VBROADCASTSS hard<>+8(SB), Z13
	VBROADCASTSS hard<>+4(SB), Z14
	VXORPS       X15, X15, X15
	LOOP1_512(HARDSWISH512)

// HARDSWISHGRAD: +0 where b ≤ -3, a where b ≥ 3, else a·(b/3+½).
#define HARDSWISHGRAD256(a, b) \
	VCMPPS    $0x12, Y12, b, Y2 \
	VCMPPS    $0x1d, Y11, b, Y3 \
	VMULPS    b, Y13, b         \
	VADDPS    b, Y14, b         \
	VMULPS    a, b, b           \
	VBLENDVPS Y3, a, b, b       \
	VANDNPS   b, Y2, a

// The predicates are "not b ≥ 3" and "not b ≤ -3", true for NaN.
#define HARDSWISHGRAD512(a, b) \
	VCMPPS    $0x19, Z11, b, K1 \
	VCMPPS    $0x16, Z12, b, K2 \
	VMULPS    b, Z13, b         \
	VADDPS    b, Z14, b         \
	VMULPS    a, b, K1, a       \
	VMOVAPS.Z a, K2, a

// func hardSwishGradAVX2(dx, dy, x *float32, n int)
//
// dx[i] = +0 where x[i] ≤ -3, dy[i] where x[i] ≥ 3, else dy[i]*(x[i]/3 + ½).      needs AVX2
//
//	Y11–Y14  3, -3, 1/3, ½
TEXT ·hardSwishGradAVX2(SB), NOSPLIT, $0-32
	MOVQ         dx+0(FP), DI
	MOVQ         dy+8(FP), SI
	MOVQ         x+16(FP), BX
	MOVQ         n+24(FP), CX
	VBROADCASTSS hard<>+0(SB), Y11
	VBROADCASTSS hard<>+20(SB), Y12
	VBROADCASTSS hard<>+12(SB), Y13
	VBROADCASTSS hard<>+16(SB), Y14
	LOOP2_256(HARDSWISHGRAD256)

// func hardSwishGradAVX512(dx, dy, x *float32, n int)
//
// dx[i] = +0 where x[i] ≤ -3, dy[i] where x[i] ≥ 3, else dy[i]*(x[i]/3 + ½).      needs AVX-512 F
//
//	Z11–Z14  3, -3, 1/3, ½
TEXT ·hardSwishGradAVX512(SB), NOSPLIT, $0-32
	MOVQ         dx+0(FP), DI
	MOVQ         dy+8(FP), SI
	MOVQ         x+16(FP), BX
	MOVQ         n+24(FP), CX
	VBROADCASTSS hard<>+0(SB), Z11
	VBROADCASTSS hard<>+20(SB), Z12
	VBROADCASTSS hard<>+12(SB), Z13
	VBROADCASTSS hard<>+16(SB), Z14
	LOOP2_512(HARDSWISHGRAD512)
