//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Parameter updates: n pairs of vectors, n > 0, step bytes apart: side by side, or a few
// columns of rows. The rest of an array is Go's: nothing is fused here, so its bits are the same.
//
// A rule is a macro between LOAD, which gives the gradient, and STORE, which makes the
// step. Two vectors go through together, for the latencies: of a pair of registers the
// name is the first one's number.
//
//	R0, R1, R2, R3, R4   next w, dw, a, b, c (the state)      R5  pairs left
//	R6, R7               coefficients, terms: next to load    R11 step
//	R8, R9, R10          bits of l2, of the limit, of shrink: 0 for none
//
//	W, G         parameter, gradient       T, U   scratch; T takes the step from the rule to STORE
//	A, B, C      state                     BAD    NaN in a lane that met what is not finite, else ±0
//	ZERO         +0                        others coefficients and terms by their names in Go
#define W 0
#define G 2
#define A 4
#define B 6
#define C 16
#define T 18
#define U 20
#define BAD 22
#define ZERO 23
#define CLIP 24
#define L2 25
#define LIMIT 26
#define DOWN 27

// TWO is an operation with pairs m, n and d, CON with the constant c in the place of m,
// ONE with pairs n and d.
#define TWO(OP, m, n, d) \
	OP(m, n, d) \
	OP((m)+1, (n)+1, (d)+1)

#define CON(OP, c, n, d) \
	OP(c, n, d) \
	OP(c, (n)+1, (d)+1)

#define ONE(OP, n, d) \
	OP(n, d) \
	OP((n)+1, (d)+1)

// The state is loaded before any of it is stored: arrays may lie a multiple of 4 KiB apart,
// where processors may take a load to depend on a store to the same place in another array.
#define LOADA VLD1 (R2), [V4.S4, V5.S4]
#define LOADB VLD1 (R3), [V6.S4, V7.S4]
#define LOADC VLD1 (R4), [V16.S4, V17.S4]
#define STOREA VST1.P [V4.S4, V5.S4], (R2)(R11)
#define STOREB VST1.P [V6.S4, V7.S4], (R3)(R11)
#define STOREC VST1.P [V16.S4, V17.S4], (R4)(R11)

// ENTER loads the arguments and the terms, in their order in Go.
#define ENTER \
	MOVD    w+0(FP), R0        \
	MOVD    dw+8(FP), R1       \
	MOVD    a+16(FP), R2       \
	MOVD    b+24(FP), R3       \
	MOVD    c+32(FP), R4       \
	MOVD    n+40(FP), R5       \
	MOVD    step+48(FP), R11   \
	MOVD    co+56(FP), R6      \
	MOVD    e+64(FP), R7       \
	VEOR_B16(BAD, BAD, BAD)    \
	VEOR_B16(ZERO, ZERO, ZERO) \
	VLD1R.P 4(R7), [V24.S4]    \
	VLD1R.P 4(R7), [V25.S4]    \
	VLD1R.P 4(R7), [V26.S4]    \
	VLD1R.P 4(R7), [V27.S4]    \
	FMOVS   F25, R8            \
	FMOVS   F26, R9

// RULES loads the coefficients up to shrink, in their order in Go.
#define RATE 8
#define MU 9
#define B1 10
#define C1 11
#define B2 12
#define C2 13
#define ROOT 14
#define EPS 15
#define SHRINK 28

#define RULES \
	FMOVQ.P 32(R6), F8  \
	FMOVQ.P 32(R6), F9  \
	FMOVQ.P 32(R6), F10 \
	FMOVQ.P 32(R6), F11 \
	FMOVQ.P 32(R6), F12 \
	FMOVQ.P 32(R6), F13 \
	FMOVQ.P 32(R6), F14 \
	FMOVQ.P 32(R6), F15 \
	FMOVQ.P 32(R6), F28 \
	FMOVS   F28, R10

// SIGNS loads the coefficients after shrink, in their order in Go.
#define LARGER 8
#define KEEP 9
#define SMALLER 10
#define LO 11
#define HI 12
#define SIGN 13

#define SIGNS \
	ADD     $(9*32), R6 \
	FMOVQ.P 32(R6), F8  \
	FMOVQ.P 32(R6), F9  \
	FMOVQ.P 32(R6), F10 \
	FMOVQ.P 32(R6), F11 \
	FMOVQ.P 32(R6), F12 \
	FMOVQ.P 32(R6), F13

// LOAD: G = clip*dw + l2*w, without the sum if l2 is 0.
#define LOAD \
	VLD1   (R0), [V0.S4, V1.S4]      \
	VLD1.P (R1)(R11), [V2.S4, V3.S4] \
	CON(VFMUL_S4, CLIP, G, G)        \
	CBNZW  R8, decay                 \
loaded:

// STORE: w = w - T, then towards 0 by the limit unless that is 0.
#define STORE \
	TWO(VFSUB_S4, T, W, W)           \
	CBNZW  R9, threshold             \
stepped:                                 \
	VST1.P [V0.S4, V1.S4], (R0)(R11) \
	MARK(W)

// ASIDE is what LOAD and STORE seldom need. w moves by max(min(w, limit), -limit).
#define ASIDE \
decay:                             \
	CON(VFMUL_S4, L2, W, T)    \
	TWO(VFADD_S4, T, G, G)     \
	JMP loaded                 \
threshold:                         \
	CON(VFMIN_S4, LIMIT, W, T) \
	CON(VFMAX_S4, DOWN, T, T)  \
	TWO(VFSUB_S4, T, W, W)     \
	JMP stepped

// MARK: NaN in BAD where v is not finite, from v - v. T is lost.
#define MARK(v) \
	TWO(VFSUB_S4, v, v, T) \
	VORR_B16(T, BAD, BAD)  \
	VORR_B16((T)+1, BAD, BAD)

#define SGD \
	CON(VFMUL_S4, RATE, G, T)

// VELOCITY: v = MU*v + x.
#define VELOCITY(x, v) \
	CON(VFMUL_S4, MU, v, v) \
	TWO(VFADD_S4, x, v, v)

#define MOMENTUM \
	LOADA          \
	VELOCITY(G, A) \
	STOREA         \
	CON(VFMUL_S4, RATE, A, T)

#define NESTEROV \
	LOADA                   \
	VELOCITY(G, A)          \
	STOREA                  \
	CON(VFMUL_S4, MU, A, T) \
	TWO(VFADD_S4, G, T, T)  \
	CON(VFMUL_S4, RATE, T, T)

// QUOTIENT: T = (RATE*x) / (U + EPS).
#define QUOTIENT(x) \
	CON(VFADD_S4, EPS, U, U)  \
	CON(VFMUL_S4, RATE, x, T) \
	TWO(VFDIV_S4, U, T, T)

#define ADAGRAD \
	LOADA                  \
	TWO(VFMUL_S4, G, G, T) \
	TWO(VFADD_S4, T, A, A) \
	STOREA                 \
	MARK(A)                \
	ONE(VFSQRT_S4, A, U)   \
	QUOTIENT(G)

// MEAN: m = B1*m + C1*G. SQUARE: s = B2*s + C2*(G*G). T is lost.
#define MEAN(m) \
	CON(VFMUL_S4, B1, m, m) \
	CON(VFMUL_S4, C1, G, T) \
	TWO(VFADD_S4, T, m, m)

#define SQUARE(s) \
	TWO(VFMUL_S4, G, G, T)  \
	CON(VFMUL_S4, B2, s, s) \
	CON(VFMUL_S4, C2, T, T) \
	TWO(VFADD_S4, T, s, s)

// VARIANCE: U = max(A - B*B, 0).
#define VARIANCE \
	TWO(VFMUL_S4, B, B, T) \
	TWO(VFSUB_S4, T, A, U) \
	CON(VFMAX_S4, ZERO, U, U)

#define RMSPROP \
	LOADA                \
	SQUARE(A)            \
	STOREA               \
	MARK(A)              \
	ONE(VFSQRT_S4, A, U) \
	QUOTIENT(G)

#define RMSPROPMOMENTUM \
	LOADA                    \
	LOADB                    \
	SQUARE(A)                \
	MARK(A)                  \
	ONE(VFSQRT_S4, A, U)     \
	CON(VFADD_S4, EPS, U, U) \
	TWO(VFDIV_S4, U, G, G)   \
	VELOCITY(G, B)           \
	STOREA                   \
	STOREB                   \
	CON(VFMUL_S4, RATE, B, T)

#define RMSPROPCENTERED \
	LOADA                \
	LOADB                \
	SQUARE(A)            \
	MEAN(B)              \
	STOREA               \
	STOREB               \
	MARK(A)              \
	VARIANCE             \
	ONE(VFSQRT_S4, U, U) \
	QUOTIENT(G)

#define RMSPROPCENTEREDMOMENTUM \
	LOADA                    \
	LOADB                    \
	LOADC                    \
	SQUARE(A)                \
	MEAN(B)                  \
	STOREA                   \
	STOREB                   \
	MARK(A)                  \
	VARIANCE                 \
	ONE(VFSQRT_S4, U, U)     \
	CON(VFADD_S4, EPS, U, U) \
	TWO(VFDIV_S4, U, G, G)   \
	VELOCITY(G, C)           \
	STOREC                   \
	CON(VFMUL_S4, RATE, C, T)

// CORRECTED: W = W + SHRINK*W unless SHRINK is 0; T = (RATE*A) / (sqrt(s)*ROOT + EPS).
#define CORRECTED(s) \
	MARK(s)                     \
	ONE(VFSQRT_S4, s, U)        \
	CON(VFMUL_S4, ROOT, U, U)   \
	CBZW R10, shrunk            \
	CON(VFMUL_S4, SHRINK, W, T) \
	TWO(VFADD_S4, T, W, W)      \
shrunk:                             \
	QUOTIENT(A)

#define ADAM \
	LOADA     \
	LOADB     \
	MEAN(A)   \
	SQUARE(B) \
	STOREA    \
	STOREB    \
	CORRECTED(B)

// c stays where it is above b: not where one of them is NaN, as with a maximum.
#define AMSGRAD \
	LOADA                   \
	LOADB                   \
	LOADC                   \
	MEAN(A)                 \
	SQUARE(B)               \
	TWO(VFCMGT_S4, B, C, T) \
	TWO(VBIF_B16, T, B, C)  \
	STOREA                  \
	STOREB                  \
	STOREC                  \
	CORRECTED(C)

// RPROP: a is the last gradient, b the step. T = b with G's sign, or +0 where G is 0 or NaN.
//
//	T, then U   G*a, where it is below or above 0
//	C           factor of the step, then where G is below 0
#define RPROP \
	LOADA                           \
	LOADB                           \
	MARK(G)                         \
	TWO(VFMUL_S4, A, G, T)          \
	ONE(VFCMLT0_S4, T, U)           \
	TWO(VBIC_B16, U, G, G)          \
	VORR_B16(KEEP, KEEP, C)         \
	VORR_B16(KEEP, KEEP, (C)+1)     \
	VBIT_B16(U, SMALLER, C)         \
	VBIT_B16((U)+1, SMALLER, (C)+1) \
	CON(VFCMGT_S4, ZERO, T, U)      \
	VBIT_B16(U, LARGER, C)          \
	VBIT_B16((U)+1, LARGER, (C)+1)  \
	TWO(VORR_B16, G, G, A)          \
	STOREA                          \
	TWO(VFMUL_S4, C, B, B)          \
	CON(VFMAX_S4, LO, B, B)         \
	CON(VFMIN_S4, HI, B, B)         \
	STOREB                          \
	CON(VAND_B16, SIGN, G, T)       \
	TWO(VEOR_B16, B, T, T)          \
	CON(VFCMGT_S4, ZERO, G, U)      \
	ONE(VFCMLT0_S4, G, C)           \
	TWO(VORR_B16, C, U, U)          \
	TWO(VAND_B16, U, T, T)

// UPDATE is a body but for its end; R0 is 1 if no lane is bad, else 0.
#define UPDATE(COEFFICIENTS, RULE) \
	ENTER             \
	COEFFICIENTS      \
	JMP   loop8       \
	ASIDE             \
loop8:                    \
	LOAD              \
	RULE              \
	STORE             \
	SUBS  $1, R5      \
	BNE   loop8       \
	VFMAXV_S4(BAD, 0) \
	FCMPS F0, F0      \
	CSET  VC, R0

// func sgdNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// w = w - rate*g
TEXT ·sgdNEON(SB), NOSPLIT, $0-73
	UPDATE(RULES, SGD)
	MOVB R0, ret+72(FP)
	RET

// func momentumNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = mu*a + g; w = w - rate*a
TEXT ·momentumNEON(SB), NOSPLIT, $0-73
	UPDATE(RULES, MOMENTUM)
	MOVB R0, ret+72(FP)
	RET

// func nesterovNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = mu*a + g; w = w - rate*(mu*a + g)
TEXT ·nesterovNEON(SB), NOSPLIT, $0-73
	UPDATE(RULES, NESTEROV)
	MOVB R0, ret+72(FP)
	RET

// func adaGradNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = a + g*g; w = w - (rate*g) / (sqrt(a) + eps)
TEXT ·adaGradNEON(SB), NOSPLIT, $0-73
	UPDATE(RULES, ADAGRAD)
	MOVB R0, ret+72(FP)
	RET

// func rmsPropNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = b2*a + c2*(g*g); w = w - (rate*g) / (sqrt(a) + eps)
TEXT ·rmsPropNEON(SB), NOSPLIT, $0-73
	UPDATE(RULES, RMSPROP)
	MOVB R0, ret+72(FP)
	RET

// func rmsPropMomentumNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = b2*a + c2*(g*g); b = mu*b + g/(sqrt(a) + eps); w = w - rate*b
TEXT ·rmsPropMomentumNEON(SB), NOSPLIT, $0-73
	UPDATE(RULES, RMSPROPMOMENTUM)
	MOVB R0, ret+72(FP)
	RET

// func rmsPropCenteredNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = b2*a + c2*(g*g); b = b1*b + c1*g; w = w - (rate*g) / (sqrt(max(a - b*b, 0)) + eps)
TEXT ·rmsPropCenteredNEON(SB), NOSPLIT, $0-73
	UPDATE(RULES, RMSPROPCENTERED)
	MOVB R0, ret+72(FP)
	RET

// func rmsPropCenteredMomentumNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a, b as rmsPropCentered; c = mu*c + g/(sqrt(max(a - b*b, 0)) + eps); w = w - rate*c
TEXT ·rmsPropCenteredMomentumNEON(SB), NOSPLIT, $0-73
	UPDATE(RULES, RMSPROPCENTEREDMOMENTUM)
	MOVB R0, ret+72(FP)
	RET

// func adamNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = b1*a + c1*g; b = b2*b + c2*(g*g); w = (w + shrink*w) - (rate*a) / (sqrt(b)*root + eps)
TEXT ·adamNEON(SB), NOSPLIT, $0-73
	UPDATE(RULES, ADAM)
	MOVB R0, ret+72(FP)
	RET

// func amsGradNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a, b as adam; c = max(c, b), which takes the place of b under the root
TEXT ·amsGradNEON(SB), NOSPLIT, $0-73
	UPDATE(RULES, AMSGRAD)
	MOVB R0, ret+72(FP)
	RET

// func rPropNEON(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a, b = gradient, step; w = w - b with the sign of a, or w where a is 0
TEXT ·rPropNEON(SB), NOSPLIT, $0-73
	UPDATE(SIGNS, RPROP)
	MOVB R0, ret+72(FP)
	RET
