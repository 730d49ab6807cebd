//go:build !purego

#include "textflag.h"

#include "stages_avx2_amd64.h"

// Sigmoid, Softplus and SiLU with AVX2, the gradient of SiLU and the cross-entropy of Sigmoid: the
// operations of internal/ref in five stages.
//
//	ENTER       T = min(|x|, LIMIT), N = MAGIC+n
//	REDUCE      N2 = N, R = r, P the first half of the exponential's polynomial
//	POLYNOMIAL  U = e^r-1, E*F = 2ⁿ = S
//	DIVIDE      D+DL = 2ⁿ+e^r, Q = 1/D
//	*LEAVE      D = result
//
// On Zen 4 a pass takes 14.5 cycles for Sigmoid, 15.5 for SiLU, 17 for its gradient, 21.5 for
// Softplus and 24.5 for the cross-entropy; vectors one after the other took a third more.

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
#define LIMIT     C(60) // SiLU's: sigmoid is 0 before it

// The polynomial of Softplus.
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
#define GT $14

#define ENTER(LOAD, x) \
	LOAD(x, T)                   \
	VMOVUPS      LIMIT, V        \
	VANDPS       MAGNITUDE, T, T \
	VMINPS       T, V, T         \
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

#define SIGMOIDLEAVE(LOAD, x) \
	QUOTIENT               \
	LOAD(x, W)             \
	VMULPS    E4, D, D     \
	VMULPS    F4, D, D     \
	VMOVUPS   ONE, V       \
	VSUBPS    D, V, V      \
	VCMPPS    LT, ZERO, W, W \
	VBLENDVPS W, D, V, D

// SOFTPLUSLEAVE: -log(1-D) + max(0, x), the first as in internal/ref.
#define SOFTPLUSLEAVE(LOAD, x) \
	QUOTIENT                 \
	VMULPS      E4, D, D     \
	VMULPS      F4, D, D     \
	VMOVUPS     LOG1P8, V    \
	VFMADD213PS LOG1P7, D, V \
	VFMADD213PS LOG1P6, D, V \
	VFMADD213PS LOG1P5, D, V \
	VFMADD213PS LOG1P4, D, V \
	VFMADD213PS LOG1P3, D, V \
	VFMADD213PS LOG1P2, D, V \
	VFMADD213PS LOG1P1, D, V \
	VFMADD213PS LOG1P0, D, V \
	VMULPS      D, D, W      \
	VFMADD213PS D, W, V      \
	LOAD(x, W)               \
	VMAXPS      ZERO, W, W   \
	VADDPS      W, V, D

// SILULEAVE: c*D*2ⁿ for c = x in -LIMIT...LIMIT, taken from x where x > 0. Of NaN c is LIMIT, but D
// is NaN then.
#define SILULEAVE(LOAD, x) \
	QUOTIENT                   \
	LOAD(x, W)                 \
	VANDPS    MAGNITUDE, W, V  \
	VMINPS    LIMIT, V, V      \
	VANDPS    SIGN, W, Q       \
	VORPS     Q, V, V          \
	VMULPS    V, D, D          \
	VMULPS    E4, D, D         \
	VMULPS    F4, D, D         \
	VSUBPS    D, W, V          \
	VCMPPS    GT, ZERO, W, W   \
	VBLENDVPS W, V, D, D

// SILUGRADLEAVE: s + c*s*(1-s), for c as in SILULEAVE.
#define SILUGRADLEAVE(LOAD, x) \
	QUOTIENT                     \
	LOAD(x, W)                   \
	VMULPS      E4, D, D         \
	VMULPS      F4, D, D         \
	VANDPS      MAGNITUDE, W, Q  \
	VMINPS      LIMIT, Q, Q      \
	VANDPS      SIGN, W, DL      \
	VORPS       DL, Q, Q         \
	VMOVUPS     ONE, V           \
	VSUBPS      D, V, V          \
	VCMPPS      LT, ZERO, W, W   \
	VBLENDVPS   W, D, V, W       \
	VMULPS      Q, D, D          \
	VFMADD213PS W, V, D

// CROSSLEAVE has the loss in D and its gradient in V.
#define CROSSLEAVE(LOAD, x, t) \
	QUOTIENT                      \
	VMULPS       E4, D, D         \
	VMULPS       F4, D, D         \
	VMOVUPS      LOG1P8, Q        \
	VFMADD213PS  LOG1P7, D, Q     \
	VFMADD213PS  LOG1P6, D, Q     \
	VFMADD213PS  LOG1P5, D, Q     \
	VFMADD213PS  LOG1P4, D, Q     \
	VFMADD213PS  LOG1P3, D, Q     \
	VFMADD213PS  LOG1P2, D, Q     \
	VFMADD213PS  LOG1P1, D, Q     \
	VFMADD213PS  LOG1P0, D, Q     \
	VMULPS       D, D, W          \
	VFMADD213PS  D, W, Q          \
	LOAD(x, W)                    \
	VMOVUPS      ONE, V           \
	VSUBPS       D, V, V          \
	VCMPPS       LT, ZERO, W, DL  \
	VBLENDVPS    DL, D, V, V      \
	LOAD(t, D)                    \
	VBROADCASTSS factor+40(FP), DL \
	VSUBPS       D, V, V          \
	VMULPS       DL, V, V         \
	VMAXPS       ZERO, W, DL      \
	VFNMADD213PS DL, W, D         \
	VADDPS       Q, D, D

// func sigmoidAVX2(dst, x *float32, n int)
//
// dst[i] = 1/(1+e^-x).      needs AVX2, FMA3
TEXT ·sigmoidAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	STAGES(SIGMOIDLEAVE, D)

// func softplusAVX2(dst, x *float32, n int)
//
// dst[i] = log(1+eˣ).      needs AVX2, FMA3
TEXT ·softplusAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	STAGES(SOFTPLUSLEAVE, D)

// func siluAVX2(dst, x *float32, n int)
//
// dst[i] = x*sigmoid(x).      needs AVX2, FMA3
TEXT ·siluAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	STAGES(SILULEAVE, D)

// func siluGradAVX2(dx, dy, z *float32, n int)
//
// dx[i] = dy*(s+z*s*(1-s)), s = sigmoid(z).      needs AVX2, FMA3
TEXT ·siluGradAVX2(SB), NOSPLIT, $0-32
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), DX
	MOVQ z+16(FP), SI
	MOVQ n+24(FP), CX
	GRADIENTSTAGES(SILUGRADLEAVE, D)

// For the cross-entropy targets are at DX, and the gradient goes to BX.
#define STORECROSS(LEAVE, y, off) \
	LEAVE(LOAD, off(SI), off(DX)) \
	VMOVUPS y, off(DI)            \
	VMOVUPS V, off(BX)

#define STORELASTCROSS(LEAVE, y) \
	LEAVE(LOADLAST, (SI), (DX)) \
	VMOVDQU    (R8), W          \
	VMASKMOVPS y, W, (DI)       \
	VMASKMOVPS V, W, (BX)

#define NEXTCROSS(bytes) \
	ADDQ bytes, SI \
	ADDQ bytes, DX \
	ADDQ bytes, DI \
	ADDQ bytes, BX

// func crossBinaryAVX2(loss, dz, z, t *float32, n int, factor float32)
//
// loss[i] = log(1+e^z) - t*z, dz[i] = (sigmoid(z)-t)*factor.      needs AVX2, FMA3
TEXT ·crossBinaryAVX2(SB), NOSPLIT, $0-44
	MOVQ loss+0(FP), DI
	MOVQ dz+8(FP), BX
	MOVQ z+16(FP), SI
	MOVQ t+24(FP), DX
	MOVQ n+32(FP), CX
	PIPELINE(CROSSLEAVE, D, STORECROSS, STORELASTCROSS, NEXTCROSS)
