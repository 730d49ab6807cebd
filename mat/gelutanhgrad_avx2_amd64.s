//go:build !purego

#include "textflag.h"

#include "stages_avx2_amd64.h"

// The gradient of GELUTanh with AVX2: the operations of internal/ref in five stages.
//
//	ENTER       T = a*(GT1+GT3*a²) for a = min(|x|, LIMIT), N = MAGIC+n
//	REDUCE      N2 = N, R = r, P the first half of the exponential's polynomial
//	POLYNOMIAL  U = e^r-1, E*F = 2ⁿ = S
//	DIVIDE      D+DL = 2ⁿ+e^r, Q = 1/D
//	LEAVE       D = derivative
//
// On Zen 4 a pass takes 20 cycles; vectors one after the other took 28.

// From stage to stage, in order (stages_avx2_amd64.h); V and W are scratch of any.
#define T  Y0
#define N  Y1
#define N2 Y2
#define R  Y3
#define P  Y4
#define U  Y5
#define S  Y6
#define E  Y7
#define F  Y8
#define D  Y9
#define DL Y10
#define Q  Y11
#define E4 Y12
#define F4 Y13
#define V  Y14
#define W  Y15

#define LOG2E     C(0)
#define MAGIC     C(1)
#define LN2HI     C(2)
#define LN2LO     C(3)
#define EXP0      C(4)
#define EXP1      C(5)
#define EXP2      C(6)
#define EXP3      C(7)
#define EXP4      C(8)
#define ONE       C(9)
#define ZERO      C(10)
#define MAGNITUDE C(11)
#define SIGN      C(12)
#define LIMIT     C(61)
#define GT1       C(63)
#define GT3       C(65)
#define GT3TIMES3 C(67)

#define LT $1

#define ENTER(LOAD, x) \
	LOAD(x, T)                   \
	VMOVUPS      LIMIT, V        \
	VANDPS       MAGNITUDE, T, T \
	VMINPS       T, V, T         \
	VMULPS       T, T, V         \
	VMOVUPS      GT3, W          \
	VFMADD213PS  GT1, V, W       \
	VMULPS       W, T, T         \
	VMOVUPS      LOG2E, N        \
	VFNMADD213PS MAGIC, T, N

#define REDUCE \
	VSUBPS      MAGIC, N, V  \
	VMOVAPS     T, R         \
	VFMADD231PS LN2HI, V, R  \
	VFMADD231PS LN2LO, V, R  \
	VMOVUPS     EXP4, P      \
	VFMADD213PS EXP3, R, P   \
	VFMADD213PS EXP2, R, P   \
	VMOVAPS     N, N2

#define POLYNOMIAL \
	VPSRLD      $1, N2, F  \
	VPSUBD      F, N2, E   \
	VPSLLD      $23, F, F  \
	VPSLLD      $23, E, E  \
	VFMADD213PS EXP1, R, P \
	VFMADD213PS EXP0, R, P \
	VMULPS      R, R, U    \
	VFMADD213PS R, P, U    \
	VMULPS      E, F, S

#define DIVIDE \
	DIVISOR(S)    \
	VMOVAPS E, E4 \
	VMOVAPS F, F4

// LEAVE: s + c*(GT1+3*GT3*c²)*s*(1-s), for c = x in -LIMIT...LIMIT. Of NaN c is LIMIT, but s is NaN then.
#define LEAVE(LOAD, x) \
	QUOTIENT                      \
	LOAD(x, W)                    \
	VMULPS      E4, D, D          \
	VMULPS      F4, D, D          \
	VANDPS      MAGNITUDE, W, Q   \
	VMINPS      LIMIT, Q, Q       \
	VMULPS      Q, Q, V           \
	VANDPS      SIGN, W, DL       \
	VORPS       DL, Q, Q          \
	VMOVUPS     GT3TIMES3, DL     \
	VFMADD213PS GT1, V, DL        \
	VMULPS      DL, Q, Q          \
	VMOVUPS     ONE, V            \
	VSUBPS      D, V, V           \
	VCMPPS      LT, ZERO, W, W    \
	VBLENDVPS   W, D, V, W        \
	VMULPS      Q, D, D           \
	VFMADD213PS W, V, D

// func geluTanhGradAVX2(dx, dy, z *float32, n int)
//
// dx[i] = dy times the derivative of GELU by tanh.      needs AVX2, FMA3
TEXT ·geluTanhGradAVX2(SB), NOSPLIT, $0-32
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), DX
	MOVQ z+16(FP), SI
	MOVQ n+24(FP), CX
	GRADIENTSTAGES(LEAVE, D)
