//go:build !purego

#include "textflag.h"

#include "stages_avx512_amd64.h"

// Sigmoid, Softplus and SiLU with AVX-512, the gradient of SiLU and the cross-entropy of Sigmoid: the
// operations of internal/ref in five stages.
//
//	ENTER       T = min(|x|, LIMIT), N = MAGIC+n
//	REDUCE      N2 = n, R = r, P the first half of the exponential's polynomial
//	POLYNOMIAL  U = e^r-1, S = 2ⁿ
//	DIVIDE      D+DL = 2ⁿ+e^r, Q = 1/D
//	*LEAVE      D = result
//
// Zen 4 takes 2 cycles for an operation and has four pipes. Of a vector of Sigmoid, two of them
// get 13 multiply-adds, products and comparisons and VDIVPS, which counts as 2; the other two
// 10 sums and minima and 2 VSCALEFPS, which count as 2 each; any 2 more. That is 15.5 cycles, and
// loop16 takes 19; for Softplus 24 and 28, for SiLU 16.5 and 20, for its gradient 18 and 22, for the
// cross-entropy 27 and 31.5.

// From stage to stage, in order (stages_avx512_amd64.h); V, W, X and Y are scratch of any.
#define T  Z0
#define N  Z1
#define N2 Z2
#define R  Z3
#define P  Z4
#define N3 Z5
#define U  Z6
#define S  Z7
#define N4 Z8
#define D  Z9
#define DL Z10
#define Q  Z11
#define V  Z12
#define W  Z13
#define X  Z14
#define Y  Z15

#define LOG2E     Z16
#define MAGIC     Z17
#define LN2HI     Z18
#define LN2LO     Z19
#define EXP0      Z20
#define EXP1      Z21
#define EXP2      Z22
#define EXP3      Z23
#define EXP4      Z24
#define ONE       Z25
#define ZERO      Z26
#define MAGNITUDE Z27
#define LIMIT     Z28
#define FACTOR    Z29

// The polynomial of Softplus, in memory.
#define LOG1P0 C(25)
#define LOG1P1 C(26)
#define LOG1P2 C(27)
#define LOG1P3 C(28)
#define LOG1P4 C(29)
#define LOG1P5 C(30)
#define LOG1P6 C(31)
#define LOG1P7 C(32)
#define LOG1P8 C(33)

#define LT $1

#define LOADSTAGES(limit) \
	VBROADCASTSS C(0), LOG2E      \
	VBROADCASTSS C(1), MAGIC      \
	VBROADCASTSS C(2), LN2HI      \
	VBROADCASTSS C(3), LN2LO      \
	VBROADCASTSS C(4), EXP0       \
	VBROADCASTSS C(5), EXP1       \
	VBROADCASTSS C(6), EXP2       \
	VBROADCASTSS C(7), EXP3       \
	VBROADCASTSS C(8), EXP4       \
	VBROADCASTSS C(9), ONE        \
	VBROADCASTSS C(10), ZERO      \
	VBROADCASTSS C(11), MAGNITUDE \
	VBROADCASTSS limit, LIMIT

#define ENTER(x) \
	VANDPS       x, MAGNITUDE, T \
	VMINPS       T, LIMIT, T     \
	VMOVAPS      LOG2E, N        \
	VFNMADD213PS MAGIC, T, N

#define REDUCE \
	VSUBPS      MAGIC, N, N2  \
	VMOVAPS     T, R          \
	VFMADD231PS LN2HI, N2, R  \
	VFMADD231PS LN2LO, N2, R  \
	VMOVAPS     EXP4, P       \
	VFMADD213PS EXP3, R, P    \
	VFMADD213PS EXP2, R, P

#define POLYNOMIAL \
	VFMADD213PS EXP1, R, P    \
	VFMADD213PS EXP0, R, P    \
	VMULPS      R, R, U       \
	VFMADD213PS R, P, U       \
	VSCALEFPS   N2, ONE, S    \
	VMOVAPS     N2, N3

#define DIVIDE \
	DIVISOR(S)     \
	VMOVAPS N3, N4

#define SIGMOIDLEAVE(x) \
	QUOTIENT                  \
	VSCALEFPS N4, D, D        \
	VSUBPS    D, ONE, V       \
	VMOVUPS   x, W            \
	VCMPPS    LT, ZERO, W, K2 \
	VBLENDMPS D, V, K2, D

// LOG1P: y = -log(1-D).
#define LOG1P(y, tmp) \
	VMOVUPS     LOG1P8, y    \
	VFMADD213PS LOG1P7, D, y \
	VFMADD213PS LOG1P6, D, y \
	VFMADD213PS LOG1P5, D, y \
	VFMADD213PS LOG1P4, D, y \
	VFMADD213PS LOG1P3, D, y \
	VFMADD213PS LOG1P2, D, y \
	VFMADD213PS LOG1P1, D, y \
	VFMADD213PS LOG1P0, D, y \
	VMULPS      D, D, tmp    \
	VFMADD213PS D, tmp, y

#define SOFTPLUSLEAVE(x) \
	QUOTIENT               \
	VSCALEFPS N4, D, D     \
	LOG1P(V, W)            \
	VMOVUPS   x, W         \
	VMAXPS    ZERO, W, W   \
	VADDPS    W, V, D

#define SILULEAVE(x) \
	QUOTIENT \
	GATED(x)

// SILUGRADLEAVE: s + c*s*(1-s), for c as in GATED.
#define SILUGRADLEAVE(x) \
	QUOTIENT                    \
	VSCALEFPS   N4, D, D        \
	VMOVUPS     x, W            \
	VRANGEPS    $2, LIMIT, W, X \
	VSUBPS      D, ONE, V       \
	VCMPPS      LT, ZERO, W, K2 \
	VBLENDMPS   D, V, K2, W     \
	VMULPS      X, D, D         \
	VFMADD213PS W, V, D

// CROSSLEAVE has the loss in D and its gradient in V.
#define CROSSLEAVE(x, t) \
	QUOTIENT                     \
	VSCALEFPS    N4, D, D        \
	LOG1P(Y, W)                  \
	VMOVUPS      x, W            \
	VSUBPS       D, ONE, V       \
	VCMPPS       LT, ZERO, W, K2 \
	VBLENDMPS    D, V, K2, V     \
	VMOVUPS      t, D            \
	VSUBPS       D, V, V         \
	VMULPS       FACTOR, V, V    \
	VMAXPS       ZERO, W, X      \
	VFNMADD213PS X, W, D         \
	VADDPS       Y, D, D

// func sigmoidAVX512(dst, x *float32, n int)
//
// dst[i] = 1/(1+e^-x).      needs AVX-512 F, VL, DQ
TEXT ·sigmoidAVX512(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	LOADSTAGES(C(15))
	STAGES(SIGMOIDLEAVE, D)

// func softplusAVX512(dst, x *float32, n int)
//
// dst[i] = log(1+eˣ).      needs AVX-512 F, VL, DQ
TEXT ·softplusAVX512(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	LOADSTAGES(C(15))
	STAGES(SOFTPLUSLEAVE, D)

// func siluAVX512(dst, x *float32, n int)
//
// dst[i] = x*sigmoid(x).      needs AVX-512 F, VL, DQ
TEXT ·siluAVX512(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	LOADSTAGES(C(60))
	STAGES(SILULEAVE, D)

// func siluGradAVX512(dx, dy, z *float32, n int)
//
// dx[i] = dy*(s+z*s*(1-s)), s = sigmoid(z).      needs AVX-512 F, VL, DQ
TEXT ·siluGradAVX512(SB), NOSPLIT, $0-32
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), DX
	MOVQ z+16(FP), SI
	MOVQ n+24(FP), CX
	LOADSTAGES(C(60))
	GRADIENTSTAGES(SILUGRADLEAVE, D)

// For the cross-entropy targets are at DX, and the gradient goes to BX.
#define STORECROSS(LEAVE, y, off) \
	LEAVE(off(SI), off(DX)) \
	VMOVUPS y, off(DI)      \
	VMOVUPS V, off(BX)

#define STORELASTCROSS(LEAVE, y) \
	VMOVUPS.Z (DX), K1, T \
	LEAVE(X, T)           \
	VMOVUPS y, K1, (DI)   \
	VMOVUPS V, K1, (BX)

#define NEXTCROSS(bytes) \
	ADDQ bytes, SI \
	ADDQ bytes, DX \
	ADDQ bytes, DI \
	ADDQ bytes, BX

// func crossBinaryAVX512(loss, dz, z, t *float32, n int, factor float32)
//
// loss[i] = log(1+e^z) - t*z, dz[i] = (sigmoid(z)-t)*factor.      needs AVX-512 F, VL, DQ
TEXT ·crossBinaryAVX512(SB), NOSPLIT, $0-44
	MOVQ loss+0(FP), DI
	MOVQ dz+8(FP), BX
	MOVQ z+16(FP), SI
	MOVQ t+24(FP), DX
	MOVQ n+32(FP), CX
	LOADSTAGES(C(15))
	VBROADCASTSS factor+40(FP), FACTOR
	PIPELINE(CROSSLEAVE, D, STORECROSS, STORELASTCROSS, NEXTCROSS)
