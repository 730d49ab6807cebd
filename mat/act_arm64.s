//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"
#include "act_arm64.h"

// The exponential family with NEON: bodies and their terms are in act_arm64.h. Polynomials
// and limits are internal/ref's, where they are explained.

// CONSTANT4 has lanes 0 and 1 in low, the first one in its lower half; CONSTANT has one
// number in all lanes.
#define CONSTANT4(k, low, high) \
	DATA ·actConstants+(16*k+0)(SB)/8, low \
	DATA ·actConstants+(16*k+8)(SB)/8, high

#define CONSTANT(k, v) CONSTANT4(k, v, v)

CONSTANT4(kEXPS, $0x3f3172183fb8aa3b, $0x3ab5ce31b102e308) // 1/ln2, LN2HI and LN2LO (ln2 in two parts), expPoly[4]
CONSTANT(kMAGIC, $0x4b4000fe4b4000fe) // 1.5*2^23 + 254
CONSTANT(kMAGIC1, $0x4b40007f4b40007f) // 1.5*2^23 + 127
CONSTANT(kONE, $0x3f8000003f800000)
CONSTANT(kEXP0, $0x3effffff3effffff) // expPoly
CONSTANT(kEXP1, $0x3e2aaa5a3e2aaa5a)
CONSTANT(kEXP2, $0x3d2aab793d2aab79)
CONSTANT(kEXP3, $0x3c0912a13c0912a1)
CONSTANT(kSIGN, $0x8000000080000000) // the sign bit
CONSTANT(kEXPMAX, $0x42b2000042b20000)
CONSTANT(kEXPMIN, $0xc2d00000c2d00000)
CONSTANT(kTAILMAX, $0x42d2000042d20000)
CONSTANT(kEXPM1MAX, $0x42ae000042ae0000) // -expm1Min
CONSTANT(kEXPM1MIN, $0xc2ae0000c2ae0000)
CONSTANT(kNEGHALF, $0xbf000000bf000000)
CONSTANT(kTANHS, $0xbbc143aebbc143ae) // tanhPoly[4]
CONSTANT(kTANHSMALL, $0x3f19999a3f19999a)
CONSTANT(kTANH0, $0xbeaaaa9fbeaaaa9f) // tanhPoly
CONSTANT(kTANH1, $0x3e0884df3e0884df)
CONSTANT(kTANH2, $0xbd5c4d5dbd5c4d5d)
CONSTANT(kTANH3, $0x3caa61e03caa61e0)
CONSTANT(kLOG1PS, $0x3fdf45da3fdf45da) // log1pPoly[8]
CONSTANT(kLOG1P0, $0x3f00000f3f00000f) // log1pPoly
CONSTANT(kLOG1P1, $0x3eaaa17a3eaaa17a)
CONSTANT(kLOG1P2, $0x3e80f5173e80f517)
CONSTANT(kLOG1P3, $0x3e34136c3e34136c)
CONSTANT(kLOG1P4, $0x3eae308f3eae308f)
CONSTANT(kLOG1P5, $0xbf17c6e9bf17c6e9)
CONSTANT(kLOG1P6, $0x3ffc763a3ffc763a)
CONSTANT(kLOG1P7, $0xc01e9ad8c01e9ad8)
CONSTANT4(kLOGS, $0xbd9c6b7e4b000000, $0x3f317218b102e308) // 2^23, logPoly[7], LN2LO, LN2HI
CONSTANT(kLOG0, $0x3eaaaaaa3eaaaaaa) // logPoly
CONSTANT(kLOG1, $0xbe800114be800114)
CONSTANT(kLOG2, $0x3e4cd0133e4cd013)
CONSTANT(kLOG3, $0xbe2a3901be2a3901)
CONSTANT(kLOG4, $0x3e116bdc3e116bdc)
CONSTANT(kLOG5, $0xbe06c306be06c306)
CONSTANT(kLOG6, $0x3e02b5de3e02b5de)
CONSTANT(kMINNORMAL, $0x0080000000800000) // 2^-126
CONSTANT(kNEG23, $0xc1b80000c1b80000)
CONSTANT(kROOT, $0x3f3504f33f3504f3) // bits of the root of 1/2
CONSTANT(kINF, $0x7f8000007f800000)
CONSTANT(kNEGINF, $0xff800000ff800000)
CONSTANT4(kGELUS, $0x3b872e6fbf000000, $0x3ecc422a3c296c3f) // -1/2, tailP[4], tailQ[5], density
CONSTANT(kGELUMAX, $0x4170000041700000)
CONSTANT(kGELUMIN, $0xc1700000c1700000)
CONSTANT(kTAILP0, $0x3f0000003f000000) // tailP
CONSTANT(kTAILP1, $0x3ee08cef3ee08cef)
CONSTANT(kTAILP2, $0x3e3bd6c03e3bd6c0)
CONSTANT(kTAILP3, $0x3d26b4443d26b444)
CONSTANT(kTAILQ1, $0x3fd6678f3fd6678f) // tailQ from the second on; the first is 1
CONSTANT(kTAILQ2, $0x3f9a077b3f9a077b)
CONSTANT(kTAILQ3, $0x3ef0a3d53ef0a3d5)
CONSTANT(kTAILQ4, $0x3dd0f2143dd0f214)
CONSTANT(kSILUMAX, $0x42dc000042dc0000)
CONSTANT(kSILUMIN, $0xc2dc0000c2dc0000)
CONSTANT4(kGTS, $0x3124d8b53d922279, $0x3d9222793e5b33b6) // gt3, gt3Lo, gt3Times3
CONSTANT(kGTMAX, $0x4130000041300000) // geluTanhMax
CONSTANT(kGTMIN, $0xc1300000c1300000)
CONSTANT(kGT1, $0x3fcc422a3fcc422a)
CONSTANT(kGT1LO, $0xb342bc9bb342bc9b)
GLOBL ·actConstants(SB), RODATA|NOPTR, $(16*kCOUNT)

// 16 set words, then 16 clear ones: the words from number 16-n on are a mask of n elements.
#define MASKWORDS(at, v) \
	DATA ·actMask+(at+0)(SB)/8, v \
	DATA ·actMask+(at+8)(SB)/8, v \
	DATA ·actMask+(at+16)(SB)/8, v \
	DATA ·actMask+(at+24)(SB)/8, v

MASKWORDS(0, $-1)
MASKWORDS(32, $-1)
GLOBL ·actMask(SB), RODATA|NOPTR, $128

// UNARY runs BODY over R4 elements at R1, to R0, 8 per pass. In the last pass, of fewer,
// R4 is negative.
#define UNARY(BODY) \
loop8:                                     \
	SUBS   $8, R4                      \
	BLT    part                        \
	VLD1.P 32(R1), [V20.S4, V21.S4]    \
body:                                      \
	BODY                               \
	TBNZ   $63, R4, last               \
	VST1.P [V0.S4, V1.S4], 32(R0)      \
	CBNZ   R4, loop8                   \
	RET                                \
part:                                      \
	LOAD_PART(R1, V20, F20, V21)       \
	JMP    body                        \
last:                                      \
	STORE_PART(R0, V0, F0, V1)         \
	RET

// func expNEON(dst, x *float32, n int)
//
// dst[i] = e^x, n > 0.
//
//	R0, R1  next dst, next x     R4  elements left     R5  constants     R6  scratch
//
// Registers of the vectors are act_arm64.h's, here and below.
TEXT ·expNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R4
	EXPENTER
	UNARY(EXP)

// func logNEON(dst, x *float32, n int)
//
// dst[i] = the natural logarithm, n > 0.
TEXT ·logNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R4
	LOGENTER
	UNARY(LOG)

// func sigmoidNEON(dst, x *float32, n int)
//
// dst[i] = 1/(1+e^-x), n > 0.
TEXT ·sigmoidNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R4
	SIGMOIDENTER
	UNARY(SIGMOID)

// func tanhNEON(dst, x *float32, n int)
//
// dst[i] = tanh x, n > 0.
TEXT ·tanhNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R4
	TANHENTER
	UNARY(TANH)

// func softplusNEON(dst, x *float32, n int)
//
// dst[i] = log(1+e^x), n > 0.
TEXT ·softplusNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R4
	SOFTPLUSENTER
	UNARY(SOFTPLUS)

// func eluNEON(dst, x *float32, n int, lambda, scaled float32)
//
// dst[i] = lambda*x, scaled*(e^x-1) where x < 0, n > 0.
TEXT ·eluNEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R4
	FMOVD lambda+24(FP), F26 // and scaled
	EXPM1ENTER
	UNARY(ELU)

// func geluNEON(dst, x *float32, n int)
//
// dst[i] = x*Φ(x), n > 0.
TEXT ·geluNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R4
	GELUENTER
	UNARY(GELU)

// func geluTanhNEON(dst, x *float32, n int)
//
// dst[i] = GELU by tanh, n > 0.
TEXT ·geluTanhNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R4
	GTENTER
	UNARY(GELUTANH)

// func siluNEON(dst, x *float32, n int)
//
// dst[i] = x*sigmoid(x), n > 0.
TEXT ·siluNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R4
	SILUENTER
	UNARY(SILU)

// GRADIENT does so for a derivative at the elements at R2 and multiplies it by dy at R1.
#define GRADIENT(BODY) \
loop8:                                     \
	SUBS   $8, R4                      \
	BLT    part                        \
	VLD1.P 32(R2), [V20.S4, V21.S4]    \
	VLD1.P 32(R1), [V22.S4, V23.S4]    \
body:                                      \
	BODY                               \
	TWO(VFMUL_S4, DY, X, X)            \
	TBNZ   $63, R4, last               \
	VST1.P [V0.S4, V1.S4], 32(R0)      \
	CBNZ   R4, loop8                   \
	RET                                \
part:                                      \
	LOAD_PART(R2, V20, F20, V21)       \
	LOAD_PART(R1, V22, F22, V23)       \
	JMP    body                        \
last:                                      \
	STORE_PART(R0, V0, F0, V1)         \
	RET

// func sigmoidGradNEON(dx, dy, y *float32, n int)
//
// dx[i] = dy*(y*(1-y)), n > 0.
TEXT ·sigmoidGradNEON(SB), NOSPLIT, $0-32
	MOVD dx+0(FP), R0
	MOVD dy+8(FP), R1
	MOVD y+16(FP), R2
	MOVD n+24(FP), R4
	CONSTANTS
	GRADIENT(SIGMOIDGRAD)

// func tanhGradNEON(dx, dy, y *float32, n int)
//
// dx[i] = dy*(1-y²), n > 0.
TEXT ·tanhGradNEON(SB), NOSPLIT, $0-32
	MOVD dx+0(FP), R0
	MOVD dy+8(FP), R1
	MOVD y+16(FP), R2
	MOVD n+24(FP), R4
	CONSTANTS
	GRADIENT(TANHGRAD)

// func softplusGradNEON(dx, dy, y *float32, n int)
//
// dx[i] = dy*(1-e^-y), n > 0.
TEXT ·softplusGradNEON(SB), NOSPLIT, $0-32
	MOVD dx+0(FP), R0
	MOVD dy+8(FP), R1
	MOVD y+16(FP), R2
	MOVD n+24(FP), R4
	EXPM1ENTER
	GRADIENT(SOFTPLUSGRAD)

// func eluGradNEON(dx, dy, y *float32, n int, lambda, scaled float32)
//
// dx[i] = dy*lambda for y > 0, dy*(y+scaled) otherwise, n > 0.
TEXT ·eluGradNEON(SB), NOSPLIT, $0-40
	MOVD dx+0(FP), R0
	MOVD dy+8(FP), R1
	MOVD y+16(FP), R2
	MOVD n+24(FP), R4
	MOVWU lambda+32(FP), R7
	VDUP R7, V25.S4
	MOVWU scaled+36(FP), R7
	VDUP R7, V24.S4
	GRADIENT(ELUGRAD)

// func geluGradNEON(dx, dy, z *float32, n int)
//
// dx[i] = dy*(Φ(z)+z*φ(z)), n > 0.
TEXT ·geluGradNEON(SB), NOSPLIT, $0-32
	MOVD dx+0(FP), R0
	MOVD dy+8(FP), R1
	MOVD z+16(FP), R2
	MOVD n+24(FP), R4
	GELUENTER
	GRADIENT(GELUGRAD)

// func geluTanhGradNEON(dx, dy, z *float32, n int)
//
// dx[i] = dy times the derivative of GELU by tanh, n > 0.
TEXT ·geluTanhGradNEON(SB), NOSPLIT, $0-32
	MOVD dx+0(FP), R0
	MOVD dy+8(FP), R1
	MOVD z+16(FP), R2
	MOVD n+24(FP), R4
	GTENTER
	GRADIENT(GELUTANHGRAD)

// func siluGradNEON(dx, dy, z *float32, n int)
//
// dx[i] = dy*(s+z*s*(1-s)), s = sigmoid(z), n > 0.
TEXT ·siluGradNEON(SB), NOSPLIT, $0-32
	MOVD dx+0(FP), R0
	MOVD dy+8(FP), R1
	MOVD z+16(FP), R2
	MOVD n+24(FP), R4
	SILUENTER
	GRADIENT(SILUGRAD)

// func crossBinaryNEON(loss, dz, z, t *float32, n int, factor float32)
//
// loss[i] = log(1+e^z) - t*z, dz[i] = (sigmoid(z)-t)*factor, n > 0.
//
//	R0, R3  next loss, next dz     R1, R2  next z, next t
TEXT ·crossBinaryNEON(SB), NOSPLIT, $0-44
	MOVD  loss+0(FP), R0
	MOVD  dz+8(FP), R3
	MOVD  z+16(FP), R1
	MOVD  t+24(FP), R2
	MOVD  n+32(FP), R4
	FMOVS factor+40(FP), F27
	SOFTPLUSENTER

loop8:
	SUBS   $8, R4
	BLT    part
	VLD1.P 32(R1), [V20.S4, V21.S4]
	VLD1.P 32(R2), [V22.S4, V23.S4]

body:
	CROSSBINARY
	TBNZ   $63, R4, last
	VST1.P [V0.S4, V1.S4], 32(R0)
	VST1.P [V14.S4, V15.S4], 32(R3)
	CBNZ   R4, loop8
	RET

part:
	LOAD_PART(R1, V20, F20, V21)
	LOAD_PART(R2, V22, F22, V23)
	JMP body

last:
	STORE_PART(R0, V0, F0, V1)
	STORE_PART(R3, V14, F14, V15)
	RET
