//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// Parameter updates: n vectors, n > 0, step bytes apart: side by side, or a few columns of
// rows. The rest of an array is Go's: nothing is fused here, so its bits are the same.
//
// A rule is one macro for both widths: it stands between LOAD, which gives the gradient,
// and STEP, and is written with names of vectors and constants that are those of YMM
// registers in the first half of the file, of ZMM in the second. A body has two loops: one
// with decay and threshold, and one without, as their tests cost as much as plain descent.
//
//	BX, CX       byte offset of the next vector from the ends, -n*step...0; step
//	DI, SI       ends of w, dw
//	R8, R9, R10  ends of the state a, b, c
//	AX           coefficients
//	R11, R12     bits of l2 and of the limit: 0 for none
//	R13          bits of shrink: 0 for none
//
//	W, G         parameter, gradient       T, U   scratch; T takes the step from the rule to STEP
//	A, B, C      state                     BAD    NaN in a lane that met what is not finite, else ±0
//	ZERO         +0                        others coefficients and terms by their names in Go
//
// Constants come first in an instruction: with AVX2 some are in memory.

// ENTER loads the arguments.
#define ENTER \
	MOVQ w+0(FP), DI                  \
	MOVQ dw+8(FP), SI                 \
	MOVQ a+16(FP), R8                 \
	MOVQ b+24(FP), R9                 \
	MOVQ c+32(FP), R10                \
	MOVQ n+40(FP), BX                 \
	MOVQ step+48(FP), CX              \
	MOVQ co+56(FP), AX                \
	MOVQ e+64(FP), DX                 \
	MOVL terms_l2(DX), R11            \
	MOVL terms_limit(DX), R12         \
	MOVL coefficients_shrink(AX), R13 \
	IMULQ CX, BX                      \
	ADDQ BX, DI                       \
	ADDQ BX, SI                       \
	ADDQ BX, R8                       \
	ADDQ BX, R9                       \
	ADDQ BX, R10                      \
	NEGQ BX

// LOAD: G = clip*dw.
#define LOAD \
	VMOVUPS (DI)(BX*1), W \
	VMULPS  (SI)(BX*1), CLIP, G

// DECAY: G = G + l2*W, then W = W + shrink*W; what is 0 adds nothing.
#define DECAY \
	TESTL  R11, R11     \
	JEQ    loaded       \
	VMULPS L2, W, T     \
	VADDPS T, G, G      \
loaded:                     \
	TESTL  R13, R13     \
	JEQ    shrunk       \
	VMULPS SHRINK, W, T \
	VADDPS T, W, W      \
shrunk:

// STEP: W = W - T.
#define STEP \
	VSUBPS T, W, W

// THRESHOLD moves W towards 0 by the limit, unless that is 0: W - max(min(W, limit), -limit).
// A W of NaN stays one whatever VMINPS and VMAXPS make of it.
#define THRESHOLD \
	TESTL  R12, R12    \
	JEQ    stepped     \
	VMINPS LIMIT, W, T \
	VMAXPS DOWN, T, T  \
	VSUBPS T, W, W     \
stepped:

#define STORE \
	VMOVUPS W, (DI)(BX*1) \
	MARK(W)

// MARK: NaN in BAD where v is not finite, from v - v: sums have units to spare. T is lost.
#define MARK(v) \
	VSUBPS v, v, T \
	VORPS  T, BAD, BAD

// The state is loaded before any of it is stored: arrays may lie a multiple of 4 KiB apart,
// where processors take a load to depend on a store to the same place in another array.
#define GETA VMOVUPS (R8)(BX*1), A
#define GETB VMOVUPS (R9)(BX*1), B
#define GETC VMOVUPS (R10)(BX*1), C
#define PUTA VMOVUPS A, (R8)(BX*1)
#define PUTB VMOVUPS B, (R9)(BX*1)
#define PUTC VMOVUPS C, (R10)(BX*1)

#define SGD \
	VMULPS RATE, G, T

// VELOCITY: v = MU*v + x.
#define VELOCITY(x, v) \
	VMULPS MU, v, v \
	VADDPS x, v, v

#define MOMENTUM \
	GETA           \
	VELOCITY(G, A) \
	PUTA           \
	VMULPS RATE, A, T

#define NESTEROV \
	GETA            \
	VELOCITY(G, A)  \
	PUTA            \
	VMULPS MU, A, T \
	VADDPS G, T, T  \
	VMULPS RATE, T, T

// QUOTIENT: T = (RATE*x) / (U + EPS).
#define QUOTIENT(x) \
	VADDPS EPS, U, U  \
	VMULPS RATE, x, T \
	VDIVPS U, T, T

#define ADAGRAD \
	GETA            \
	VMULPS  G, G, T \
	VADDPS  T, A, A \
	PUTA            \
	MARK(A)         \
	VSQRTPS A, U    \
	QUOTIENT(G)

// MEAN: m = B1*m + C1*G. SQUARE: s = B2*s + C2*(G*G). T is lost.
#define MEAN(m) \
	VMULPS B1, m, m \
	VMULPS C1, G, T \
	VADDPS T, m, m

#define SQUARE(s) \
	VMULPS G, G, T  \
	VMULPS B2, s, s \
	VMULPS C2, T, T \
	VADDPS T, s, s

// VARIANCE: U = max(A - B*B, 0). Of two zeros or a NaN VMAXPS returns its first argument here.
#define VARIANCE \
	VMULPS B, B, T \
	VSUBPS T, A, U \
	VMAXPS U, ZERO, U

#define RMSPROP \
	GETA         \
	SQUARE(A)    \
	PUTA         \
	MARK(A)      \
	VSQRTPS A, U \
	QUOTIENT(G)

#define RMSPROPMOMENTUM \
	GETA              \
	GETB              \
	SQUARE(A)         \
	MARK(A)           \
	VSQRTPS A, U      \
	VADDPS  EPS, U, U \
	VDIVPS  U, G, G   \
	VELOCITY(G, B)    \
	PUTA              \
	PUTB              \
	VMULPS  RATE, B, T

#define RMSPROPCENTERED \
	GETA         \
	GETB         \
	SQUARE(A)    \
	MEAN(B)      \
	PUTA         \
	PUTB         \
	MARK(A)      \
	VARIANCE     \
	VSQRTPS U, U \
	QUOTIENT(G)

#define RMSPROPCENTEREDMOMENTUM \
	GETA              \
	GETB              \
	GETC              \
	SQUARE(A)         \
	MEAN(B)           \
	PUTA              \
	PUTB              \
	MARK(A)           \
	VARIANCE          \
	VSQRTPS U, U      \
	VADDPS  EPS, U, U \
	VDIVPS  U, G, G   \
	VELOCITY(G, C)    \
	PUTC              \
	VMULPS  RATE, C, T

// CORRECTED: T = (RATE*A) / (sqrt(s)*ROOT + EPS).
#define CORRECTED(s) \
	MARK(s)            \
	VSQRTPS s, U       \
	VMULPS  ROOT, U, U \
	QUOTIENT(A)

#define ADAM \
	GETA      \
	GETB      \
	MEAN(A)   \
	SQUARE(B) \
	PUTA      \
	PUTB      \
	CORRECTED(B)

// Where c is not above b, NaN included, VMAXPS returns its first argument b.
#define AMSGRAD \
	GETA           \
	GETB           \
	GETC           \
	MEAN(A)        \
	SQUARE(B)      \
	VMAXPS B, C, C \
	PUTA           \
	PUTB           \
	PUTC           \
	CORRECTED(C)

// RPROP256 and RPROP512: a is the last gradient, b the step. T = b with G's sign, or +0
// where G is 0 or NaN. A step of NaN stays: VMAXPS and VMINPS return their first argument.
//
//	T, then U, K1, K2   G*A, where it is below and above 0
//	C                   factor of the step
#define RPROP256 \
	GETA                          \
	GETB                          \
	MARK(G)                       \
	VMULPS    A, G, T             \
	VCMPPS    $0x11, ZERO, T, U   \
	VANDNPS   G, U, G             \
	VBLENDVPS U, SMALLER, KEEP, C \
	VCMPPS    $0x1e, ZERO, T, U   \
	VBLENDVPS U, LARGER, C, C     \
	VMOVAPS   G, A                \
	PUTA                          \
	VMULPS    C, B, B             \
	VMAXPS    B, LO, B            \
	VMINPS    B, HI, B            \
	PUTB                          \
	VANDPS    SIGN, G, T          \
	VXORPS    B, T, T             \
	VCMPPS    $0x0c, ZERO, G, U   \
	VANDPS    U, T, T

#define RPROP512 \
	GETA                         \
	GETB                         \
	MARK(G)                      \
	VMULPS    A, G, T            \
	VCMPPS    $0x11, ZERO, T, K1 \
	VCMPPS    $0x1e, ZERO, T, K2 \
	VMOVAPS   ZERO, K1, G        \
	VMOVAPS   KEEP, C            \
	VMOVAPS   SMALLER, K1, C     \
	VMOVAPS   LARGER, K2, C      \
	VMOVAPS   G, A               \
	PUTA                         \
	VMULPS    C, B, B            \
	VMAXPS    B, LO, B           \
	VMINPS    B, HI, B           \
	PUTB                         \
	VANDPS    SIGN, G, T         \
	VXORPS    B, T, T            \
	VCMPPS    $0x0c, ZERO, G, K1 \
	VMOVAPS.Z T, K1, T

// UPDATE256 and UPDATE512 are a body but for its end; they leave the flag of equality if
// no lane is bad. Z7 is ZERO, Z8 is BAD.
#define UPDATE256(RULE) \
	ENTER                                    \
	VXORPS       ZERO, ZERO, ZERO            \
	VXORPS       BAD, BAD, BAD               \
	VBROADCASTSS terms_clip(DX), CLIP        \
	VBROADCASTSS terms_l2(DX), L2            \
	VBROADCASTSS terms_limit(DX), LIMIT      \
	VBROADCASTSS terms_down(DX), DOWN        \
	VMOVUPS      coefficients_keep(AX), KEEP \
	VMOVUPS      coefficients_lo(AX), LO     \
	VMOVUPS      coefficients_hi(AX), HI     \
	MOVL         R11, DX                     \
	ORL          R12, DX                     \
	ORL          R13, DX                     \
	JNE          loop8all                    \
loop8:                                           \
	LOAD                                     \
	RULE                                     \
	STEP                                     \
	STORE                                    \
	ADDQ         CX, BX                      \
	JNE          loop8                       \
	JMP          report                      \
loop8all:                                        \
	LOAD                                     \
	DECAY                                    \
	RULE                                     \
	STEP                                     \
	THRESHOLD                                \
	STORE                                    \
	ADDQ         CX, BX                      \
	JNE          loop8all                    \
report:                                          \
	VCMPPS       $3, BAD, BAD, T             \
	VMOVMSKPS    T, AX                       \
	TESTL        AX, AX

#define UPDATE512(RULE) \
	ENTER                                        \
	VXORPS       X7, X7, X7                      \
	VXORPS       X8, X8, X8                      \
	VBROADCASTSS terms_clip(DX), CLIP            \
	VBROADCASTSS terms_l2(DX), L2                \
	VBROADCASTSS terms_limit(DX), LIMIT          \
	VBROADCASTSS terms_down(DX), DOWN            \
	VBROADCASTSS coefficients_rate(AX), RATE     \
	VBROADCASTSS coefficients_mu(AX), MU         \
	VBROADCASTSS coefficients_b1(AX), B1         \
	VBROADCASTSS coefficients_c1(AX), C1         \
	VBROADCASTSS coefficients_b2(AX), B2         \
	VBROADCASTSS coefficients_c2(AX), C2         \
	VBROADCASTSS coefficients_root(AX), ROOT     \
	VBROADCASTSS coefficients_eps(AX), EPS       \
	VBROADCASTSS coefficients_shrink(AX), SHRINK \
	VBROADCASTSS coefficients_up(AX), LARGER     \
	VBROADCASTSS coefficients_keep(AX), KEEP     \
	VBROADCASTSS coefficients_down(AX), SMALLER  \
	VBROADCASTSS coefficients_lo(AX), LO         \
	VBROADCASTSS coefficients_hi(AX), HI         \
	VBROADCASTSS coefficients_sign(AX), SIGN     \
	MOVL         R11, DX                         \
	ORL          R12, DX                         \
	ORL          R13, DX                         \
	JNE          loop16all                       \
loop16:                                              \
	LOAD                                         \
	RULE                                         \
	STEP                                         \
	STORE                                        \
	ADDQ         CX, BX                          \
	JNE          loop16                          \
	JMP          report                          \
loop16all:                                           \
	LOAD                                         \
	DECAY                                        \
	RULE                                         \
	STEP                                         \
	THRESHOLD                                    \
	STORE                                        \
	ADDQ         CX, BX                          \
	JNE          loop16all                       \
report:                                              \
	VCMPPS       $3, BAD, BAD, K1                \
	KORTESTW     K1, K1

// ---- AVX2: 8 elements a pass ----

#define W Y0
#define G Y1
#define T Y2
#define U Y3
#define A Y4
#define B Y5
#define C Y6
#define ZERO Y7
#define BAD Y8
#define CLIP Y9
#define L2 Y10
#define LIMIT Y11
#define DOWN Y12
#define KEEP Y13
#define LO Y14
#define HI Y15
#define RATE coefficients_rate(AX)
#define MU coefficients_mu(AX)
#define B1 coefficients_b1(AX)
#define C1 coefficients_c1(AX)
#define B2 coefficients_b2(AX)
#define C2 coefficients_c2(AX)
#define ROOT coefficients_root(AX)
#define EPS coefficients_eps(AX)
#define SHRINK coefficients_shrink(AX)
#define LARGER coefficients_up(AX)
#define SMALLER coefficients_down(AX)
#define SIGN coefficients_sign(AX)

// func sgdAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// w = w - rate*g      needs AVX2
TEXT ·sgdAVX2(SB), NOSPLIT, $0-73
	UPDATE256(SGD)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func momentumAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = mu*a + g; w = w - rate*a      needs AVX2
TEXT ·momentumAVX2(SB), NOSPLIT, $0-73
	UPDATE256(MOMENTUM)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func nesterovAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = mu*a + g; w = w - rate*(mu*a + g)      needs AVX2
TEXT ·nesterovAVX2(SB), NOSPLIT, $0-73
	UPDATE256(NESTEROV)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func adaGradAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = a + g*g; w = w - (rate*g) / (sqrt(a) + eps)      needs AVX2
TEXT ·adaGradAVX2(SB), NOSPLIT, $0-73
	UPDATE256(ADAGRAD)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func rmsPropAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = b2*a + c2*(g*g); w = w - (rate*g) / (sqrt(a) + eps)      needs AVX2
TEXT ·rmsPropAVX2(SB), NOSPLIT, $0-73
	UPDATE256(RMSPROP)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func rmsPropMomentumAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = b2*a + c2*(g*g); b = mu*b + g/(sqrt(a) + eps); w = w - rate*b      needs AVX2
TEXT ·rmsPropMomentumAVX2(SB), NOSPLIT, $0-73
	UPDATE256(RMSPROPMOMENTUM)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func rmsPropCenteredAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = b2*a + c2*(g*g); b = b1*b + c1*g; w = w - (rate*g) / (sqrt(max(a - b*b, 0)) + eps)      needs AVX2
TEXT ·rmsPropCenteredAVX2(SB), NOSPLIT, $0-73
	UPDATE256(RMSPROPCENTERED)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func rmsPropCenteredMomentumAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a, b as rmsPropCentered; c = mu*c + g/(sqrt(max(a - b*b, 0)) + eps); w = w - rate*c      needs AVX2
TEXT ·rmsPropCenteredMomentumAVX2(SB), NOSPLIT, $0-73
	UPDATE256(RMSPROPCENTEREDMOMENTUM)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func adamAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = b1*a + c1*g; b = b2*b + c2*(g*g); w = (w + shrink*w) - (rate*a) / (sqrt(b)*root + eps)      needs AVX2
TEXT ·adamAVX2(SB), NOSPLIT, $0-73
	UPDATE256(ADAM)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func amsGradAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a, b as adam; c = max(c, b), which takes the place of b under the root      needs AVX2
TEXT ·amsGradAVX2(SB), NOSPLIT, $0-73
	UPDATE256(AMSGRAD)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func rPropAVX2(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a, b = gradient, step; w = w - b with the sign of a, or w where a is 0      needs AVX2
TEXT ·rPropAVX2(SB), NOSPLIT, $0-73
	UPDATE256(RPROP256)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// ---- AVX-512: 16 elements a pass ----

#undef W
#define W Z0
#undef G
#define G Z1
#undef T
#define T Z2
#undef U
#define U Z3
#undef A
#define A Z4
#undef B
#define B Z5
#undef C
#define C Z6
#undef ZERO
#define ZERO Z7
#undef BAD
#define BAD Z8
#undef CLIP
#define CLIP Z9
#undef L2
#define L2 Z10
#undef LIMIT
#define LIMIT Z11
#undef DOWN
#define DOWN Z12
#undef KEEP
#define KEEP Z13
#undef LO
#define LO Z14
#undef HI
#define HI Z15
#undef RATE
#define RATE Z16
#undef MU
#define MU Z17
#undef B1
#define B1 Z18
#undef C1
#define C1 Z19
#undef B2
#define B2 Z20
#undef C2
#define C2 Z21
#undef ROOT
#define ROOT Z22
#undef EPS
#define EPS Z23
#undef SHRINK
#define SHRINK Z24
#undef LARGER
#define LARGER Z25
#undef SMALLER
#define SMALLER Z26
#undef SIGN
#define SIGN Z27

// func sgdAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// w = w - rate*g      needs AVX-512 F, DQ
TEXT ·sgdAVX512(SB), NOSPLIT, $0-73
	UPDATE512(SGD)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func momentumAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = mu*a + g; w = w - rate*a      needs AVX-512 F, DQ
TEXT ·momentumAVX512(SB), NOSPLIT, $0-73
	UPDATE512(MOMENTUM)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func nesterovAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = mu*a + g; w = w - rate*(mu*a + g)      needs AVX-512 F, DQ
TEXT ·nesterovAVX512(SB), NOSPLIT, $0-73
	UPDATE512(NESTEROV)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func adaGradAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = a + g*g; w = w - (rate*g) / (sqrt(a) + eps)      needs AVX-512 F, DQ
TEXT ·adaGradAVX512(SB), NOSPLIT, $0-73
	UPDATE512(ADAGRAD)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func rmsPropAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = b2*a + c2*(g*g); w = w - (rate*g) / (sqrt(a) + eps)      needs AVX-512 F, DQ
TEXT ·rmsPropAVX512(SB), NOSPLIT, $0-73
	UPDATE512(RMSPROP)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func rmsPropMomentumAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = b2*a + c2*(g*g); b = mu*b + g/(sqrt(a) + eps); w = w - rate*b      needs AVX-512 F, DQ
TEXT ·rmsPropMomentumAVX512(SB), NOSPLIT, $0-73
	UPDATE512(RMSPROPMOMENTUM)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func rmsPropCenteredAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = b2*a + c2*(g*g); b = b1*b + c1*g; w = w - (rate*g) / (sqrt(max(a - b*b, 0)) + eps)      needs AVX-512 F, DQ
TEXT ·rmsPropCenteredAVX512(SB), NOSPLIT, $0-73
	UPDATE512(RMSPROPCENTERED)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func rmsPropCenteredMomentumAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a, b as rmsPropCentered; c = mu*c + g/(sqrt(max(a - b*b, 0)) + eps); w = w - rate*c      needs AVX-512 F, DQ
TEXT ·rmsPropCenteredMomentumAVX512(SB), NOSPLIT, $0-73
	UPDATE512(RMSPROPCENTEREDMOMENTUM)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func adamAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a = b1*a + c1*g; b = b2*b + c2*(g*g); w = (w + shrink*w) - (rate*a) / (sqrt(b)*root + eps)      needs AVX-512 F, DQ
TEXT ·adamAVX512(SB), NOSPLIT, $0-73
	UPDATE512(ADAM)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func amsGradAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a, b as adam; c = max(c, b), which takes the place of b under the root      needs AVX-512 F, DQ
TEXT ·amsGradAVX512(SB), NOSPLIT, $0-73
	UPDATE512(AMSGRAD)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET

// func rPropAVX512(w, dw, a, b, c *float32, n, step int, co *coefficients, e *terms) bool
//
// a, b = gradient, step; w = w - b with the sign of a, or w where a is 0      needs AVX-512 F, DQ
TEXT ·rPropAVX512(SB), NOSPLIT, $0-73
	UPDATE512(RPROP512)
	SETEQ ret+72(FP)
	VZEROUPPER
	RET
