//go:build !purego

#include "textflag.h"

#include "stages_avx512_amd64.h"

// Tanh with AVX-512: the bits of internal/ref's, in five stages.
//
//	ENTER       a = |x|, mask of not small, t = min(2a, EXPM1MAX) or a², N = MAGIC1+n
//	REDUCE      R = r or t, S = 2ⁿ, P the first half of a polynomial of R
//	POLYNOMIAL  U = e^r-1, Y = 1 or tanh, SS = 2ⁿ⁺¹ or 0
//	DIVIDE      D+DL = 2ⁿ+e^r, Q = 1/D
//	LEAVE       Y4 = tanh
//
// "Or" is for a < TANHSMALL, where tanh is a polynomial of a². It and that of the exponential
// have as many terms: there is one evaluation, with coefficients that the mask chooses, and
// n = 0 leaves a² as it is. The rest of the exponential changes nothing, as 2ⁿ⁺¹ is taken as 0.
// n is not below -126, so 2ⁿ is N's bits, shifted: the last bits of MAGIC1 are the bias
// of exponents. Above EXPM1MAX tanh is 1, as it is far below.
//
// Zen 4 takes 2 cycles for an operation and has four pipes. Of a vector, two of them get 17
// multiply-adds, products and comparisons and VDIVPS, which counts as 2; the other two 12
// sums, minima and shifts; any 8 more, and KMOVW for 1 cycle. That is 20 cycles, and loop16 takes 24.5.

// From stage to stage, in order (stages_avx512_amd64.h); V, W and X are scratch of any.
#define A   Z0
#define T   Z1
#define N   Z2
#define A2  Z3
#define R   Z4
#define P   Z5
#define S   Z6
#define U   Z7
#define Y   Z8
#define S3  Z9
#define SS  Z10
#define D   Z11
#define DL  Z12
#define Q   Z13
#define Y4  Z14
#define SS4 Z15
#define V   Z16
#define W   Z17
#define X   Z18

// Constants; those of the exponential's polynomial stay in memory.
#define LOG2E     Z19
#define MAGIC1    Z20
#define LN2HI     Z21
#define LN2LO     Z22
#define TANH0     Z23
#define TANH1     Z24
#define TANH2     Z25
#define TANH3     Z26
#define TANH4     Z27
#define TANHSMALL Z28
#define EXPM1MAX  Z29
#define ONE       Z30
#define SIGN      Z31

#define EXP0 C(4)
#define EXP1 C(5)
#define EXP2 C(6)
#define EXP3 C(7)
#define EXP4 C(8)

#define GE $13

#define ENTER(x) \
	VANDNPS      x, SIGN, A            \
	VCMPPS       GE, TANHSMALL, A, K2  \
	VADDPS       A, A, N               \
	VMULPS       A, A, T               \
	VMINPS       N, EXPM1MAX, K2, T    \
	VMOVAPS      LOG2E, N              \
	VFNMADD213PS MAGIC1, T, N

#define REDUCE \
	VSUBPS.Z    MAGIC1, N, K2, V    \
	VMOVAPS     T, R                \
	VFMADD231PS LN2HI, V, R         \
	VPSLLD      $23, N, S           \
	VBLENDMPS   EXP4, TANH4, K2, P  \
	VFMADD231PS LN2LO, V, R         \
	VBLENDMPS   EXP3, TANH3, K2, W  \
	VFMADD231PS R, P, W             \
	VBLENDMPS   EXP2, TANH2, K2, P  \
	VFMADD231PS R, W, P             \
	VMOVAPS     A, A2               \
	KMOVW       K2, K3

#define POLYNOMIAL \
	VBLENDMPS   EXP1, TANH1, K3, W  \
	VFMADD231PS R, P, W             \
	VBLENDMPS   EXP0, TANH0, K3, V  \
	VFMADD231PS R, W, V             \
	VMULPS      R, R, U             \
	VMULPS      R, V, Y             \
	VFMADD213PS R, V, U             \
	VFMADD213PS A2, A2, Y           \
	VBLENDMPS   ONE, Y, K3, Y       \
	VADDPS.Z    S, S, K3, SS        \
	VMOVAPS     S, S3

#define DIVIDE \
	DIVISOR(S3)     \
	VMOVAPS Y, Y4   \
	VMOVAPS SS, SS4

#define LEAVE(x) \
	QUOTIENT                        \
	VFNMADD231PS SS4, D, Y4         \
	VPTERNLOGD   $0xf8, x, SIGN, Y4

// func tanhAVX512(dst, x *float32, n int)
//
// dst[i] = hyperbolic tangents.      needs AVX-512 F, VL, DQ
TEXT ·tanhAVX512(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS C(0), LOG2E
	VBROADCASTSS C(17), MAGIC1
	VBROADCASTSS C(2), LN2HI
	VBROADCASTSS C(3), LN2LO
	VBROADCASTSS C(20), TANH0
	VBROADCASTSS C(21), TANH1
	VBROADCASTSS C(22), TANH2
	VBROADCASTSS C(23), TANH3
	VBROADCASTSS C(24), TANH4
	VBROADCASTSS C(19), TANHSMALL
	VBROADCASTSS C(68), EXPM1MAX
	VBROADCASTSS C(9), ONE
	VBROADCASTSS C(12), SIGN
	STAGES(LEAVE, Y4)
