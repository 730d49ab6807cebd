//go:build !purego

#include "textflag.h"

#include "stages_avx512_amd64.h"

// GELUTanh with AVX-512: the operations of GELUTANH of act_amd64.h in five stages.
//
//	ENTER       A = min(|x|, LIMIT), SQ+SQLO = A², B+BLO = GT3*SQ, G = GT1+B,
//	            M+LO = A*G, N = MAGIC+n
//	REDUCE      N2 = n, R = r for the argument M+LO+A*gLo
//	POLYNOMIAL  U = e^r-1, S = 2ⁿ
//	DIVIDE      D+DL = 2ⁿ+e^r, Q = 1/D
//	LEAVE       D = GELUTanh
//
// Zen 4 takes 2 cycles for an operation and has four pipes. Of a vector, two of them get 23
// multiply-adds, products and comparisons and VDIVPS, which counts as 2; the other two 20
// sums and minima and 2 VSCALEFPS, which count as 2 each; any 2 more. That is 25.5 cycles, and
// loop16 takes 31.

// From stage to stage, in order (stages_avx512_amd64.h); V, W and X are scratch of any.
#define A    Z0
#define SQ   Z1
#define B    Z2
#define BLO  Z3
#define G    Z4
#define M    Z5
#define LO   Z6
#define N    Z7
#define N2   Z8
#define R    Z9
#define N3   Z10
#define U    Z11
#define S    Z12
#define N4   Z13
#define D    Z14
#define DL   Z15
#define Q    Z16
#define V    Z17
#define W    Z18
#define X    Z19
#define SQLO Z20

#define LOG2E     Z21
#define MAGIC     Z22
#define LN2HI     Z23
#define LN2LO     Z24
#define ONE       Z25
#define LIMIT     Z26
#define GT1       Z27
#define GT3       Z28
#define GT3LO     Z29
#define ZERO      Z30
#define MAGNITUDE Z31

// In memory.
#define EXP0  C(4)
#define EXP1  C(5)
#define EXP2  C(6)
#define EXP3  C(7)
#define EXP4  C(8)
#define GT1LO C(64)

#define ENTER(x) \
	VANDPS       x, MAGNITUDE, A \
	VMINPS       A, LIMIT, A     \
	VMULPS       A, A, SQ        \
	VMULPS       GT3, SQ, B      \
	VADDPS       GT1, B, G       \
	VMULPS       G, A, M         \
	VMOVAPS      LOG2E, N        \
	VFNMADD213PS MAGIC, M, N     \
	VMOVAPS      A, SQLO         \
	VFMSUB213PS  SQ, A, SQLO     \
	VMOVAPS      GT3, BLO        \
	VFMSUB213PS  B, SQ, BLO      \
	VMOVAPS      G, LO           \
	VFMSUB213PS  M, A, LO

// The steps of gLo in internal/ref, which B becomes, and of lo.
#define REDUCE \
	VSUBPS      GT1, G, V        \
	VSUBPS      MAGIC, N, N2     \
	VSUBPS      V, B, B          \
	VSUBPS      V, G, V          \
	VMOVAPS     GT3LO, W         \
	VFMADD213PS GT1LO, SQ, W     \
	VFMADD231PS GT3, SQLO, W     \
	VSUBPS      GT1, V, V        \
	VMOVAPS     M, R             \
	VFMADD231PS LN2HI, N2, R     \
	VSUBPS      V, B, B          \
	VADDPS      W, BLO, BLO      \
	VFMADD231PS LN2LO, N2, R     \
	VADDPS      BLO, B, B        \
	VFMADD231PS B, A, LO         \
	VADDPS      LO, R, R

#define POLYNOMIAL \
	VMOVUPS     EXP4, U     \
	VFMADD213PS EXP3, R, U  \
	VFMADD213PS EXP2, R, U  \
	VFMADD213PS EXP1, R, U  \
	VFMADD213PS EXP0, R, U  \
	VMULPS      R, R, W     \
	VFMADD213PS R, W, U     \
	VSCALEFPS   N2, ONE, S  \
	VMOVAPS     N2, N3

#define DIVIDE \
	DIVISOR(S)     \
	VMOVAPS N3, N4

#define LEAVE(x) \
	QUOTIENT \
	GATED(x)

// func geluTanhAVX512(dst, x *float32, n int)
//
// dst[i] = GELU by tanh.      needs AVX-512 F, VL, DQ
TEXT ·geluTanhAVX512(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS C(0), LOG2E
	VBROADCASTSS C(1), MAGIC
	VBROADCASTSS C(2), LN2HI
	VBROADCASTSS C(3), LN2LO
	VBROADCASTSS C(9), ONE
	VBROADCASTSS C(10), ZERO
	VBROADCASTSS C(11), MAGNITUDE
	VBROADCASTSS C(61), LIMIT
	VBROADCASTSS C(63), GT1
	VBROADCASTSS C(65), GT3
	VBROADCASTSS C(66), GT3LO
	STAGES(LEAVE, D)
