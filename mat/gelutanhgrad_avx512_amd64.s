//go:build !purego

#include "textflag.h"

#include "stages_avx512_amd64.h"

// The gradient of GELUTanh with AVX-512: the operations of internal/ref in five stages.
//
//	ENTER       SQ = a², M = a*(GT1+GT3*SQ) for a = min(|x|, LIMIT), N = MAGIC+n
//	REDUCE      N2 = n, R = r for the argument M, P the first half of the exponential's polynomial
//	POLYNOMIAL  U = e^r-1, S = 2ⁿ
//	DIVIDE      D+DL = 2ⁿ+e^r, Q = 1/D
//	LEAVE       D = derivative
//
// Zen 4 takes 2 cycles for an operation and has four pipes. Of a vector, two of them get 21
// multiply-adds, products and comparisons and VDIVPS, which counts as 2: 23 cycles, and loop16 takes 26.

// From stage to stage, in order (stages_avx512_amd64.h); V, W and X are scratch of any.
#define SQ  Z0
#define M   Z1
#define N   Z2
#define SQ2 Z3
#define N2  Z4
#define R   Z5
#define P   Z6
#define SQ3 Z7
#define N3  Z8
#define U   Z9
#define S   Z10
#define SQ4 Z11
#define N4  Z12
#define D   Z13
#define DL  Z14
#define Q   Z15
#define V   Z16
#define W   Z17
#define X   Z18

#define LOG2E     Z19
#define MAGIC     Z20
#define LN2HI     Z21
#define LN2LO     Z22
#define EXP2      Z23
#define EXP3      Z24
#define EXP4      Z25
#define ONE       Z26
#define ZERO      Z27
#define MAGNITUDE Z28
#define LIMIT     Z29
#define GT1       Z30
#define GT3       Z31

// In memory.
#define EXP0      C(4)
#define EXP1      C(5)
#define GT3TIMES3 C(67)

#define LT $1

#define ENTER(x) \
	VANDPS       x, MAGNITUDE, M \
	VMINPS       M, LIMIT, M     \
	VMULPS       M, M, SQ        \
	VMOVAPS      GT3, V          \
	VFMADD213PS  GT1, SQ, V      \
	VMULPS       V, M, M         \
	VMOVAPS      LOG2E, N        \
	VFNMADD213PS MAGIC, M, N

#define REDUCE \
	VSUBPS      MAGIC, N, N2  \
	VMOVAPS     M, R          \
	VFMADD231PS LN2HI, N2, R  \
	VFMADD231PS LN2LO, N2, R  \
	VMOVAPS     EXP4, P       \
	VFMADD213PS EXP3, R, P    \
	VFMADD213PS EXP2, R, P    \
	VMOVAPS     SQ, SQ2

#define POLYNOMIAL \
	VFMADD213PS EXP1, R, P    \
	VFMADD213PS EXP0, R, P    \
	VMULPS      R, R, U       \
	VFMADD213PS R, P, U       \
	VSCALEFPS   N2, ONE, S    \
	VMOVAPS     N2, N3        \
	VMOVAPS     SQ2, SQ3

#define DIVIDE \
	DIVISOR(S)     \
	VMOVAPS N3, N4 \
	VMOVAPS SQ3, SQ4

// LEAVE: s + c*(GT1+3*GT3*a²)*s*(1-s), for c as in GATED.
#define LEAVE(x) \
	QUOTIENT                       \
	VSCALEFPS   N4, D, D           \
	VFMADD132PS GT3TIMES3, GT1, SQ4 \
	VMOVUPS     x, W               \
	VRANGEPS    $2, LIMIT, W, X    \
	VSUBPS      D, ONE, V          \
	VCMPPS      LT, ZERO, W, K2    \
	VBLENDMPS   D, V, K2, W        \
	VMULPS      SQ4, X, X          \
	VMULPS      X, D, D            \
	VFMADD213PS W, V, D

// func geluTanhGradAVX512(dx, dy, z *float32, n int)
//
// dx[i] = dy times the derivative of GELU by tanh.      needs AVX-512 F, VL, DQ
TEXT ·geluTanhGradAVX512(SB), NOSPLIT, $0-32
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), DX
	MOVQ z+16(FP), SI
	MOVQ n+24(FP), CX
	VBROADCASTSS C(0), LOG2E
	VBROADCASTSS C(1), MAGIC
	VBROADCASTSS C(2), LN2HI
	VBROADCASTSS C(3), LN2LO
	VBROADCASTSS C(6), EXP2
	VBROADCASTSS C(7), EXP3
	VBROADCASTSS C(8), EXP4
	VBROADCASTSS C(9), ONE
	VBROADCASTSS C(10), ZERO
	VBROADCASTSS C(11), MAGNITUDE
	VBROADCASTSS C(61), LIMIT
	VBROADCASTSS C(63), GT1
	VBROADCASTSS C(65), GT3
	GRADIENTSTAGES(LEAVE, D)
