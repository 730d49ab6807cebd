//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// The exponential family with AVX-512 F, VL and DQ: bodies and their terms are in
// act_amd64.h, constants in registers as far as those go.

#define C(i) ·actConstants+(64*i)(SB)

#define LOG2E     Z10
#define MAGIC     Z11
#define LN2HI     Z12
#define LN2LO     Z13
#define EXP0      Z14
#define EXP1      Z15
#define EXP2      Z16
#define EXP3      Z17
#define EXP4      Z18
#define ONE       Z19
#define ZERO      Z21
#define MAGNITUDE Z20
#define SIGN      Z25
#define EXPMAX    Z22
#define EXPMIN    Z23
#define EXPM1MIN  Z22
#define NEGHALF   Z23
#define LOG0      Z24
#define LOG1      Z25
#define LOG2      Z26
#define LOG3      Z27
#define LOG4      Z28
#define LOG5      Z29
#define LOG6      Z30
#define LOG7      Z31
#define MINNORMAL Z14
#define TWO23     Z15
#define NEG23     Z16
#define ROOT      Z17
#define INF       Z18
#define NEGINF    Z22
#define NAN       Z20
#define TAILP0    Z26
#define TAILP1    Z27
#define TAILP2    Z28
#define TAILP3    Z29
#define TAILP4    Z30
#define TAILQ1    Z24
#define TAILQ2    Z31
#define TAILQ3    C(56)
#define TAILQ4    C(57)
#define TAILQ5    C(58)
#define GELUMAX   Z22
#define DENSITY   C(62)

#define V0 Z0
#define V1 Z1
#define V2 Z2
#define V3 Z3
#define V4 Z4
#define V5 Z5
#define V6 Z6
#define V7 Z7
#define V8 Z8
#define V9 Z9

// Scalar arguments of a call.
#define LAMBDA Z30
#define SCALED Z31

#define LOADCORE \
	VBROADCASTSS C(0), LOG2E \
	VBROADCASTSS C(1), MAGIC \
	VBROADCASTSS C(2), LN2HI \
	VBROADCASTSS C(3), LN2LO \
	VBROADCASTSS C(4), EXP0 \
	VBROADCASTSS C(5), EXP1 \
	VBROADCASTSS C(6), EXP2 \
	VBROADCASTSS C(7), EXP3 \
	VBROADCASTSS C(8), EXP4 \
	VBROADCASTSS C(9), ONE \
	VBROADCASTSS C(11), MAGNITUDE \
	VBROADCASTSS C(10), ZERO

#define LOADEXP \
	VBROADCASTSS C(13), EXPMAX \
	VBROADCASTSS C(14), EXPMIN

#define LOADEXPM1 \
	VBROADCASTSS C(16), EXPM1MIN

#define LOADNORMAL \
	VBROADCASTSS C(59), GELUMAX \
	VBROADCASTSS C(18), NEGHALF \
	VBROADCASTSS C(12), SIGN \
	VBROADCASTSS C(49), TAILP0 \
	VBROADCASTSS C(50), TAILP1 \
	VBROADCASTSS C(51), TAILP2 \
	VBROADCASTSS C(52), TAILP3 \
	VBROADCASTSS C(53), TAILP4 \
	VBROADCASTSS C(54), TAILQ1 \
	VBROADCASTSS C(55), TAILQ2

#define LOADLOG \
	VBROADCASTSS C(2), LN2HI \
	VBROADCASTSS C(3), LN2LO \
	VBROADCASTSS C(42), MINNORMAL \
	VBROADCASTSS C(43), TWO23 \
	VBROADCASTSS C(44), NEG23 \
	VBROADCASTSS C(45), ROOT \
	VBROADCASTSS C(46), INF \
	VBROADCASTSS C(9), ONE \
	VBROADCASTSS C(48), NAN \
	VBROADCASTSS C(10), ZERO \
	VBROADCASTSS C(47), NEGINF \
	VBROADCASTSS C(18), NEGHALF \
	VBROADCASTSS C(34), LOG0 \
	VBROADCASTSS C(35), LOG1 \
	VBROADCASTSS C(36), LOG2 \
	VBROADCASTSS C(37), LOG3 \
	VBROADCASTSS C(38), LOG4 \
	VBROADCASTSS C(39), LOG5 \
	VBROADCASTSS C(40), LOG6 \
	VBROADCASTSS C(41), LOG7

#define CAP(limit, x, tmp) \
	VMINPS x, limit, x

#define FLOOR(limit, x, tmp) \
	VMAXPS x, limit, x

#define SELECT(p, x, y, a, b, dst, tmp) \
	VCMPPS    p, y, x, K2 \
	VBLENDMPS a, b, K2, dst

// n is a float in e1, which is what VSCALEFPS takes.
#define REDUCE(x, e1, e2) \
	VMOVAPS      LOG2E, e1     \
	VFMADD213PS  MAGIC, x, e1  \
	VSUBPS       MAGIC, e1, e1 \
	VFNMADD231PS LN2HI, e1, x  \
	VFNMADD231PS LN2LO, e1, x

#define SCALE(e1, e2, y) \
	VSCALEFPS e1, y, y

#define POW2(e1, e2, y) \
	VSCALEFPS e1, ONE, y

#include "act_amd64.h"

// MASK sets K1 for the CX elements left, 1...15 of them. CX is lost.
#define MASK \
	MOVL  $1, R8 \
	SHLL  CX, R8 \
	DECL  R8     \
	KMOVW R8, K1

// UNARY runs BODY over n elements at SI, to DI: one vector per pass, the rest masked.
#define UNARY(BODY) \
	SUBQ      $16, CX         \
	JB        rest            \
loop16:                           \
	VMOVUPS   (SI), Z0        \
	BODY                      \
	VMOVUPS   Z0, (DI)        \
	ADDQ      $64, SI         \
	ADDQ      $64, DI         \
	SUBQ      $16, CX         \
	JAE       loop16          \
rest:                             \
	ADDQ      $16, CX         \
	JZ        done            \
	MASK                      \
	VMOVUPS.Z (SI), K1, Z0    \
	BODY                      \
	VMOVUPS   Z0, K1, (DI)    \
done:                             \
	VZEROUPPER                \
	RET

// GRADIENT does so for a derivative and multiplies it by dy at DX.
#define GRADIENT(BODY) \
	SUBQ      $16, CX         \
	JB        rest            \
loop16:                           \
	VMOVUPS   (SI), Z0        \
	BODY                      \
	VMULPS    (DX), Z0, Z0    \
	VMOVUPS   Z0, (DI)        \
	ADDQ      $64, SI         \
	ADDQ      $64, DX         \
	ADDQ      $64, DI         \
	SUBQ      $16, CX         \
	JAE       loop16          \
rest:                             \
	ADDQ      $16, CX         \
	JZ        done            \
	MASK                      \
	VMOVUPS.Z (SI), K1, Z0    \
	BODY                      \
	VMOVUPS.Z (DX), K1, Z1    \
	VMULPS    Z1, Z0, Z0      \
	VMOVUPS   Z0, K1, (DI)    \
done:                             \
	VZEROUPPER                \
	RET

// func expAVX512(dst, x *float32, n int)
//
// dst[i] = eˣ.      needs AVX-512 F, VL, DQ
TEXT ·expAVX512(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	LOADCORE
	LOADEXP
	UNARY(EXP)

// func logAVX512(dst, x *float32, n int)
//
// dst[i] = natural logarithms.      needs AVX-512 F, VL, DQ
TEXT ·logAVX512(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	LOADLOG
	UNARY(LOG)

// func eluAVX512(dst, x *float32, n int, lambda, scaled float32)
//
// dst[i] = lambda*x, or scaled*(eˣ-1) for x < 0.      needs AVX-512 F, VL, DQ
TEXT ·eluAVX512(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS lambda+24(FP), LAMBDA
	VBROADCASTSS scaled+28(FP), SCALED
	LOADCORE
	LOADEXPM1
	UNARY(ELU)

// func geluAVX512(dst, x *float32, n int)
//
// dst[i] = x*Φ(x).      needs AVX-512 F, VL, DQ
TEXT ·geluAVX512(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	LOADCORE
	LOADNORMAL
	UNARY(GELU)

// func sigmoidGradAVX512(dx, dy, y *float32, n int)
//
// dx[i] = dy*(y*(1-y)).      needs AVX-512 F, VL, DQ
TEXT ·sigmoidGradAVX512(SB), NOSPLIT, $0-32
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), DX
	MOVQ y+16(FP), SI
	MOVQ n+24(FP), CX
	VBROADCASTSS C(9), ONE
	GRADIENT(SIGMOIDGRAD)

// func tanhGradAVX512(dx, dy, y *float32, n int)
//
// dx[i] = dy*(1-y²).      needs AVX-512 F, VL, DQ
TEXT ·tanhGradAVX512(SB), NOSPLIT, $0-32
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), DX
	MOVQ y+16(FP), SI
	MOVQ n+24(FP), CX
	VBROADCASTSS C(9), ONE
	GRADIENT(TANHGRAD)

// func softplusGradAVX512(dx, dy, y *float32, n int)
//
// dx[i] = dy*(1-e^-y).      needs AVX-512 F, VL, DQ
TEXT ·softplusGradAVX512(SB), NOSPLIT, $0-32
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), DX
	MOVQ y+16(FP), SI
	MOVQ n+24(FP), CX
	VBROADCASTSS C(12), SIGN
	LOADCORE
	LOADEXPM1
	GRADIENT(SOFTPLUSGRAD)

// func eluGradAVX512(dx, dy, y *float32, n int, lambda, scaled float32)
//
// dx[i] = dy*lambda for y > 0, dy*(y+scaled) otherwise.      needs AVX-512 F, VL, DQ
TEXT ·eluGradAVX512(SB), NOSPLIT, $0-40
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), DX
	MOVQ y+16(FP), SI
	MOVQ n+24(FP), CX
	VBROADCASTSS lambda+32(FP), LAMBDA
	VBROADCASTSS scaled+36(FP), SCALED
	GRADIENT(ELUGRAD)

// func geluGradAVX512(dx, dy, z *float32, n int)
//
// dx[i] = dy*(Φ(z)+z*φ(z)).      needs AVX-512 F, VL, DQ
TEXT ·geluGradAVX512(SB), NOSPLIT, $0-32
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), DX
	MOVQ z+16(FP), SI
	MOVQ n+24(FP), CX
	LOADCORE
	LOADNORMAL
	GRADIENT(GELUGRAD)

// ---- Softmax ----
//
// Rows of up to 16 elements are one vector. Row i's sums go to element i of the fields
// of a rowSums.
//
//	Z24      -Inf
//	K1       mask of a row's elements, or of the last ones

// EXPPART is EXPONENTIAL for the elements of K1; the others of y are 0. Their argument is
// 0, as processors take long for a result that underflows.
#define EXPPART(x, e1, e2, y) \
	VMOVAPS.Z x, K1, x         \
	EXPONENTIAL(x, e1, e2, y)  \
	VMOVAPS.Z y, K1, y

// LANES folds a vector by halves, 8, 4, 2, 1, until op over all lanes is in every one.
#define LANES(op, z, tmp) \
	VSHUFF64X2 $0x4e, z, z, tmp \
	op         tmp, z, z        \
	VSHUFF64X2 $0xb1, z, z, tmp \
	op         tmp, z, z        \
	VPERMILPS  $0x4e, z, tmp    \
	op         tmp, z, z        \
	VPERMILPS  $0xb1, z, tmp    \
	op         tmp, z, z

// func softmax16AVX512(p, x *float32, rows, n int, s *rowSums)
//
// p = e^(x-top)/sum per row, 1 ≤ n ≤ 16; nothing is written to p = nil.      needs AVX-512 F, VL, DQ
TEXT ·softmax16AVX512(SB), NOSPLIT, $0-40
	MOVQ p+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ rows+16(FP), R9
	MOVQ n+24(FP), CX
	MOVQ s+32(FP), R10
	LEAQ (CX*4), R12
	MASK
	LOADCORE
	LOADEXP
	VBROADCASTSS C(47), Z24

row:
	VMOVAPS Z24, Z0
	VMOVUPS (SI), K1, Z0
	VMOVAPS Z0, Z1
	LANES(VMAXPS, Z1, Z2)
	VMOVSS  X1, rowSums_top(R10)
	VSUBPS  Z1, Z0, Z0
	EXPPART(Z0, Z1, Z2, Z3)
	VMOVAPS Z3, Z4
	LANES(VADDPS, Z4, Z5)
	VMOVSS  X4, rowSums_sum(R10)
	TESTQ   DI, DI
	JZ      next
	VDIVSS  X4, X19, X4
	VBROADCASTSS X4, Z4
	VMULPS  Z4, Z3, Z3
	VMOVUPS Z3, K1, (DI)
	ADDQ    R12, DI

next:
	ADDQ R12, SI
	ADDQ $4, R10
	DECQ R9
	JNE  row
	VZEROUPPER
	RET

// func cross16AVX512(p, dz, z, t, factor *float32, rows, n int, keep, spread float32, s *rowSums)
//
// Softmax and cross-entropy per row, 1 ≤ n ≤ 16, as crossSum and crossGrad.      needs AVX-512 F, VL, DQ
//
//	Z6  z-top     Z7  smoothed targets, total in Z5     Z8  terms of below
TEXT ·cross16AVX512(SB), NOSPLIT, $0-72
	MOVQ p+0(FP), DI
	MOVQ dz+8(FP), BX
	MOVQ z+16(FP), SI
	MOVQ t+24(FP), DX
	MOVQ factor+32(FP), R13
	MOVQ rows+40(FP), R9
	MOVQ n+48(FP), CX
	VBROADCASTSS keep+56(FP), Z25
	VBROADCASTSS spread+60(FP), Z26
	MOVQ s+64(FP), R10
	LEAQ (CX*4), R12
	MASK
	LOADCORE
	LOADEXP
	VBROADCASTSS C(47), Z24

row:
	VMOVAPS       Z24, Z0
	VMOVUPS       (SI), K1, Z0
	VMOVUPS.Z     (DX), K1, Z7
	VFMADD213PS.Z Z26, Z25, K1, Z7
	VMOVAPS       Z0, Z1
	LANES(VMAXPS, Z1, Z2)
	VMOVSS        X1, rowSums_top(R10)
	VSUBPS        Z1, Z0, Z0
	VCMPPS        $4, ZERO, Z7, K2
	VMOVAPS.Z     Z0, K2, Z6
	VXORPS        X8, X8, X8
	VFNMADD231PS  Z6, Z7, Z8
	EXPPART(Z0, Z1, Z2, Z3)
	VMOVAPS       Z3, Z4
	VMOVAPS       Z7, Z5
	LANES(VADDPS, Z4, Z1)
	LANES(VADDPS, Z5, Z2)
	LANES(VADDPS, Z8, Z6)
	VMOVSS        X4, rowSums_sum(R10)
	VMOVSS        X5, rowSums_total(R10)
	VMOVSS        X8, rowSums_below(R10)
	VDIVSS        X4, X19, X4
	VBROADCASTSS  X4, Z4
	VMULPS        Z4, Z3, Z3
	VMOVUPS       Z3, K1, (DI)
	VFMSUB213PS   Z7, Z5, Z3
	VMULPS.BCST   (R13), Z3, Z3
	VMOVUPS       Z3, K1, (BX)
	ADDQ          R12, DI
	ADDQ          R12, SI
	ADDQ          R12, DX
	ADDQ          R12, BX
	ADDQ          $4, R13
	ADDQ          $4, R10
	DECQ          R9
	JNE           row
	VZEROUPPER
	RET

// func expSumAVX512(e, x *float32, n int, top float32) float32
//
// e[i] = e^(x[i]-top) and their sum, n > 0; nothing is written to e = nil.      needs AVX-512 F, VL, DQ
//
//	Z8  top     Z9  sums
TEXT ·expSumAVX512(SB), NOSPLIT, $0-36
	MOVQ e+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	LOADCORE
	LOADEXP
	VBROADCASTSS top+24(FP), Z8
	VXORPS X9, X9, X9
	SUBQ   $16, CX
	JB     rest

loop16:
	VMOVUPS (SI), Z0
	VSUBPS  Z8, Z0, Z0
	EXPONENTIAL(Z0, Z1, Z2, Z3)
	VADDPS  Z3, Z9, Z9
	TESTQ   DI, DI
	JZ      next
	VMOVUPS Z3, (DI)
	ADDQ    $64, DI

next:
	ADDQ $64, SI
	SUBQ $16, CX
	JAE  loop16

rest:
	ADDQ    $16, CX
	JZ      done
	MASK
	VMOVUPS.Z (SI), K1, Z0
	VSUBPS  Z8, Z0, Z0
	EXPPART(Z0, Z1, Z2, Z3)
	VADDPS  Z3, Z9, Z9
	TESTQ   DI, DI
	JZ      done
	VMOVUPS Z3, K1, (DI)

done:
	LANES(VADDPS, Z9, Z1)
	VMOVSS X9, ret+32(FP)
	VZEROUPPER
	RET

// func crossSumAVX512(e, z, t *float32, n int, top, keep, spread float32, s *[3]float32)
//
// e[i] = e^(z[i]-top) for targets t' = keep*t + spread; s becomes the sums of e, of t'
// and of t'*(top-z) where t' is not 0; n > 0.      needs AVX-512 F, VL, DQ
//
//	Z8  top     Z9, Z27, Z28  sums     Z7  t'
TEXT ·crossSumAVX512(SB), NOSPLIT, $0-56
	MOVQ e+0(FP), DI
	MOVQ z+8(FP), SI
	MOVQ t+16(FP), DX
	MOVQ n+24(FP), CX
	VBROADCASTSS top+32(FP), Z8
	VBROADCASTSS keep+36(FP), Z25
	VBROADCASTSS spread+40(FP), Z26
	MOVQ s+48(FP), R10
	LOADCORE
	LOADEXP
	VXORPS Z9, Z9, Z9
	VXORPS Z27, Z27, Z27
	VXORPS Z28, Z28, Z28
	SUBQ   $16, CX
	JB     rest

loop16:
	VMOVUPS      (SI), Z0
	VMOVUPS      (DX), Z7
	VFMADD213PS  Z26, Z25, Z7
	VSUBPS       Z8, Z0, Z0
	VCMPPS       $4, ZERO, Z7, K2
	VMOVAPS.Z    Z0, K2, Z6
	VADDPS       Z7, Z27, Z27
	VFNMADD231PS Z6, Z7, Z28
	EXPONENTIAL(Z0, Z1, Z2, Z3)
	VADDPS       Z3, Z9, Z9
	VMOVUPS      Z3, (DI)
	ADDQ         $64, SI
	ADDQ         $64, DX
	ADDQ         $64, DI
	SUBQ         $16, CX
	JAE          loop16

rest:
	ADDQ          $16, CX
	JZ            done
	MASK
	VMOVUPS.Z (SI), K1, Z0
	VMOVUPS.Z     (DX), K1, Z7
	VFMADD213PS.Z Z26, Z25, K1, Z7
	VSUBPS        Z8, Z0, Z0
	VCMPPS        $4, ZERO, Z7, K2
	VMOVAPS.Z     Z0, K2, Z6
	VADDPS        Z7, Z27, Z27
	VFNMADD231PS  Z6, Z7, Z28
	EXPPART(Z0, Z1, Z2, Z3)
	VADDPS        Z3, Z9, Z9
	VMOVUPS       Z3, K1, (DI)

done:
	LANES(VADDPS, Z9, Z1)
	LANES(VADDPS, Z27, Z2)
	LANES(VADDPS, Z28, Z3)
	VMOVSS X9, (R10)
	VMOVSS X27, 4(R10)
	VMOVSS X28, 8(R10)
	VZEROUPPER
	RET

// func crossGradAVX512(p, dz, t *float32, n int, inv, total, factor, keep, spread float32)
//
// p[i] = p[i]*inv, dz[i] = (p[i]*total - (keep*t[i]+spread))*factor; n > 0.      needs AVX-512 F
TEXT ·crossGradAVX512(SB), NOSPLIT, $0-52
	MOVQ p+0(FP), DI
	MOVQ dz+8(FP), BX
	MOVQ t+16(FP), DX
	MOVQ n+24(FP), CX
	VBROADCASTSS inv+32(FP), Z4
	VBROADCASTSS total+36(FP), Z5
	VBROADCASTSS factor+40(FP), Z6
	VBROADCASTSS keep+44(FP), Z25
	VBROADCASTSS spread+48(FP), Z26
	SUBQ $16, CX
	JB   rest

loop16:
	VMULPS      (DI), Z4, Z3
	VMOVUPS     (DX), Z7
	VFMADD213PS Z26, Z25, Z7
	VMOVUPS     Z3, (DI)
	VFMSUB213PS Z7, Z5, Z3
	VMULPS      Z6, Z3, Z3
	VMOVUPS     Z3, (BX)
	ADDQ        $64, DI
	ADDQ        $64, DX
	ADDQ        $64, BX
	SUBQ        $16, CX
	JAE         loop16

rest:
	ADDQ        $16, CX
	JZ          done
	MASK
	VMOVUPS.Z   (DI), K1, Z3
	VMOVUPS.Z   (DX), K1, Z7
	VMULPS      Z4, Z3, Z3
	VFMADD213PS Z26, Z25, Z7
	VMOVUPS     Z3, K1, (DI)
	VFMSUB213PS Z7, Z5, Z3
	VMULPS      Z6, Z3, Z3
	VMOVUPS     Z3, K1, (BX)

done:
	VZEROUPPER
	RET

// ---- Cross-entropy of labels ----
//
// Four rows at once: their chains of operations, each of which waits for the one before,
// overlap, and they are folded together. Quarter q of a vector, its elements 4q...4q+3, is row q's.

// QUADS folds the rows a, b, c and d by halves as LANES does: op over a row is in every
// element of its quarter of dst.
#define QUADS(op, a, b, c, d, dst, t, u) \
	VSHUFF64X2 $0x44, b, a, t     \
	VSHUFF64X2 $0xee, b, a, u     \
	op         u, t, t            \
	VSHUFF64X2 $0x44, d, c, dst   \
	VSHUFF64X2 $0xee, d, c, u     \
	op         u, dst, dst        \
	VSHUFF64X2 $0xdd, dst, t, u   \
	VSHUFF64X2 $0x88, dst, t, dst \
	op         u, dst, dst        \
	VPERMILPS  $0x4e, dst, t      \
	op         t, dst, dst        \
	VPERMILPS  $0xb1, dst, t      \
	op         t, dst, dst

// EXPBELOW: x becomes e^(x-top) in the elements of K1 and 0 in the others.
#define EXPBELOW(top, x, e1, y) \
	VSUBPS.Z    top, x, K1, x \
	EXPNEGATIVE(x, e1, y)

// EXPNEGATIVE: x becomes e^x in the elements of K1 and 0 in the others. None is above 0, where
// CAP would matter.
#define EXPNEGATIVE(x, e1, y) \
	FLOOR(EXPMIN, x, y)       \
	REDUCE(x, e1, y)          \
	VMOVAPS     EXP4, y       \
	VFMADD213PS EXP3, x, y    \
	VFMADD213PS EXP2, x, y    \
	VFMADD213PS EXP1, x, y    \
	VFMADD213PS EXP0, x, y    \
	VFMADD213PS ONE, x, y     \
	VFMADD213PS ONE, x, y     \
	VSCALEFPS.Z e1, y, K1, x

#define LOADBELOW \
	VBROADCASTSS C(0), LOG2E   \
	VBROADCASTSS C(1), MAGIC   \
	VBROADCASTSS C(2), LN2HI   \
	VBROADCASTSS C(3), LN2LO   \
	VBROADCASTSS C(4), EXP0    \
	VBROADCASTSS C(5), EXP1    \
	VBROADCASTSS C(6), EXP2    \
	VBROADCASTSS C(7), EXP3    \
	VBROADCASTSS C(8), EXP4    \
	VBROADCASTSS C(9), ONE     \
	VBROADCASTSS C(14), EXPMIN \
	VBROADCASTSS C(47), Z24

// func softmaxRowAVX512(p, x *float32, n int)
//
// softmax16 of one row, 1 ≤ n ≤ 16, without its sums.      needs AVX-512 F, VL, DQ
//
//	Z0  x, then e^(x-top)      Z1  top, then the sum      Z24  -Inf      K1  elements
TEXT ·softmaxRowAVX512(SB), NOSPLIT, $0-24
	MOVQ    x+8(FP), SI
	MOVQ    n+16(FP), CX
	MASK
	MOVQ    p+0(FP), DI
	LOADBELOW
	VMOVAPS Z24, Z0
	VMOVUPS (SI), K1, Z0
	VMOVAPS Z0, Z1
	LANES(VMAXPS, Z1, Z2)
	EXPBELOW(Z1, Z0, Z2, Z3)
	VMOVAPS Z0, Z1
	LANES(VADDPS, Z1, Z2)
	VDIVPS  Z1, ONE, Z1
	VMULPS  Z1, Z0, Z0
	VMOVUPS Z0, K1, (DI)
	VZEROUPPER
	RET

// LABELROW: k is the mask of the label of the row with the number at, which becomes its
// offset, and X9 has the logit of that label at i.
#define LABELROW(at, i, k) \
	VPCMPEQD.BCST (DX)(at*8), Z31, k       \
	MOVQ          (DX)(at*8), CX           \
	IMULQ         R12, at                  \
	LEAQ          (at)(CX*4), CX           \
	VINSERTPS     i, (SI)(CX*1), X9, X9

// STORELABEL stores p = e*inv and dz = (p - 1 at the label)*f of a row, for the f before R10.
#define STORELABEL(q, invs, e, k, p, dz, t) \
	SUBQ        R8, R10          \
	VSHUFF64X2  q, invs, invs, t \
	VMULPS      t, e, e          \
	VMOVUPS     e, K1, p         \
	VSUBPS      ONE, e, k, e     \
	VMULPS.BCST (R10), e, e      \
	VMOVUPS     e, K1, dz

// Sixteen rows, four of them in one step. Scratch: Z18, Z29, Z30 and Z31.

// TOPS loads four rows, from SI on, less their tops, and keeps top-z[label] in Z26.
#define TOPS(a, b, c, d) \
	VBROADCASTSS C(47), a             \
	VBROADCASTSS C(47), b             \
	VBROADCASTSS C(47), c             \
	VBROADCASTSS C(47), d             \
	VMOVUPS      (SI), K1, a          \
	VMOVUPS      (SI)(R12*1), K1, b   \
	VMOVUPS      (SI)(R12*2), K1, c   \
	VMOVUPS      (SI)(R13*1), K1, d   \
	MOVQ         (DX), AX             \
	MOVQ         8(DX), CX            \
	VMOVSS       (SI)(AX*4), X18      \
	LEAQ         (SI)(R12*1), R11     \
	VINSERTPS    $0x10, (R11)(CX*4), X18, X18 \
	MOVQ         16(DX), AX           \
	MOVQ         24(DX), CX           \
	LEAQ         (SI)(R12*2), R11     \
	VINSERTPS    $0x20, (R11)(AX*4), X18, X18 \
	ADDQ         R13, SI              \
	VINSERTPS    $0x30, (SI)(CX*4), X18, X18 \
	QUADS(VMAXPS, a, b, c, d, Z29, Z30, Z31) \
	VMOVUPS      fours<>(SB), Z30     \
	VPERMPS      Z29, Z30, Z30        \
	VSUBPS       Z18, Z30, Z30        \
	VALIGND      $4, Z26, Z30, Z26    \
	VSHUFF64X2   $0x00, Z29, Z29, Z30 \
	VSUBPS.Z     Z30, a, K1, a        \
	VSHUFF64X2   $0x55, Z29, Z29, Z31 \
	VSUBPS.Z     Z31, b, K1, b        \
	VSHUFF64X2   $0xaa, Z29, Z29, Z30 \
	VSUBPS.Z     Z30, c, K1, c        \
	VSHUFF64X2   $0xff, Z29, Z29, Z31 \
	VSUBPS.Z     Z31, d, K1, d        \
	ADDQ         R12, SI              \
	ADDQ         $32, DX

// EXPS is EXPNEGATIVE of four rows.
#define EXPS(a, b, c, d) \
	EXPNEGATIVE(a, Z29, Z30) \
	EXPNEGATIVE(b, Z31, Z30) \
	EXPNEGATIVE(c, Z29, Z30) \
	EXPNEGATIVE(d, Z31, Z30)

// ROWOUT stores p and dz of one row; q picks its inverse sum of those in Z29.
#define ROWOUT(q, e, label) \
	VSHUFF64X2   q, Z29, Z29, Z30   \
	VPBROADCASTD label, Z31         \
	VPCMPEQD     lane<>(SB), Z31, K2 \
	VMULPS       Z30, e, e          \
	VMOVUPS      e, K1, (DI)        \
	VSUBPS       ONE, e, K2, e      \
	VMULPS.BCST  (R10), e, e        \
	VMOVUPS      e, K1, (BX)        \
	ADDQ         R8, R10            \
	ADDQ         R12, DI            \
	ADDQ         R12, BX

// SUMS adds up the exponentials of four rows, keeps the sums in Z27 and stores the rows.
#define SUMS(a, b, c, d) \
	QUADS(VADDPS, a, b, c, d, Z29, Z30, Z31) \
	VMOVUPS fours<>(SB), Z30     \
	VPERMPS Z29, Z30, Z30        \
	VALIGND $4, Z27, Z30, Z27    \
	VDIVPS  Z29, ONE, Z29        \
	ROWOUT($0x00, a, (DX))       \
	ROWOUT($0x55, b, 8(DX))      \
	ROWOUT($0xaa, c, 16(DX))     \
	ROWOUT($0xff, d, 24(DX))     \
	ADDQ    $32, DX

DATA fours<>+0(SB)/8, $0x400000000
DATA fours<>+8(SB)/8, $0xC00000008
DATA fours<>+16(SB)/8, $0x400000000
DATA fours<>+24(SB)/8, $0xC00000008
DATA fours<>+32(SB)/8, $0x400000000
DATA fours<>+40(SB)/8, $0xC00000008
DATA fours<>+48(SB)/8, $0x400000000
DATA fours<>+56(SB)/8, $0xC00000008
GLOBL fours<>(SB), RODATA|NOPTR, $64

DATA lane<>+0(SB)/8, $0x100000000
DATA lane<>+8(SB)/8, $0x300000002
DATA lane<>+16(SB)/8, $0x500000004
DATA lane<>+24(SB)/8, $0x700000006
DATA lane<>+32(SB)/8, $0x900000008
DATA lane<>+40(SB)/8, $0xB0000000A
DATA lane<>+48(SB)/8, $0xD0000000C
DATA lane<>+56(SB)/8, $0xF0000000E
GLOBL lane<>(SB), RODATA|NOPTR, $64

// func labels16AVX512(loss *float64, p, dz, z *float32, labels *int, rows, n int, factor *float32, step int)
//
// Softmax and cross-entropy of 1 ≤ rows ≤ 16 rows of 1 ≤ n ≤ 16 logits with labels in 0...n-1, as
// cross16 with targets of 1 at the label and 0 elsewhere: p = e^(z-top)/sum, loss =
// (top-z[label]) + log(sum), dz = p*f, but (p-1)*f at the label; f is step bytes behind the one of
// the row before.      needs AVX-512 F, VL, DQ
//
//	DI, BX, SI      p, dz, z       DX   labels      R10, R8  factor, step     CX  scratch
//	R9   rows left  R12  bytes of a row
//	AX, R11, R13    second to fourth row of the group, or its last: number, then offset
//	Z0–Z3           rows           Z4–Z7  scratch   Z8  tops, then sums       X9  z[label]
//	Z24  -Inf       Z26, Z27  top-z[label] and sums of the rows so far, at the end
//	Z28  0, 4, 8, 12               Z31  0...15
//	K1   elements of a row         K4–K7  labels of the four rows
//
//	sixteen all rows at once, their chains of operations side by side: there, Z0–Z9, Z20–Z22, Z24,
//	        Z25 and Z28 are the rows
//	quad    four rows, stored from the fourth on: a last row in place of others has its own f in the end
//	shift   what of 16 rows there is moves to the front
//	order   sums as LANES
TEXT ·labels16AVX512(SB), NOSPLIT, $0-72
	MOVQ         p+8(FP), DI
	MOVQ         dz+16(FP), BX
	MOVQ         z+24(FP), SI
	MOVQ         labels+32(FP), DX
	MOVQ         rows+40(FP), R9
	MOVQ         n+48(FP), CX
	MOVQ         factor+56(FP), R10
	LEAQ         (CX*4), R12
	MASK
	MOVQ         step+64(FP), R8
	LOADBELOW
	CMPQ         R9, $16
	JEQ          sixteen
	VMOVUPS      lane<>(SB), Z31
	VPSLLD       $2, Z31, Z28

quad:
	MOVL    $1, AX
	MOVL    $2, R11
	MOVL    $3, R13
	CMPQ    R9, $4
	JAE     load
	LEAQ    -1(R9), R13
	CMPQ    R11, R13
	CMOVQGT R13, R11
	CMPQ    AX, R13
	CMOVQGT R13, AX

load:
	VPCMPEQD.BCST (DX), Z31, K4
	MOVQ          (DX), CX
	VMOVSS        (SI)(CX*4), X9
	LABELROW(AX, $0x10, K5)
	LABELROW(R11, $0x20, K6)
	LABELROW(R13, $0x30, K7)
	VMOVAPS       Z24, Z0
	VMOVAPS       Z24, Z1
	VMOVAPS       Z24, Z2
	VMOVAPS       Z24, Z3
	VMOVUPS       (SI), K1, Z0
	VMOVUPS       (SI)(AX*1), K1, Z1
	VMOVUPS       (SI)(R11*1), K1, Z2
	VMOVUPS       (SI)(R13*1), K1, Z3
	QUADS(VMAXPS, Z0, Z1, Z2, Z3, Z8, Z4, Z5)
	VPERMPS       Z8, Z28, Z4
	VSUBPS        X9, X4, X4
	VALIGND       $4, Z26, Z4, Z26
	VSHUFF64X2    $0x00, Z8, Z8, Z4
	VSHUFF64X2    $0x55, Z8, Z8, Z5
	VSHUFF64X2    $0xaa, Z8, Z8, Z6
	VSHUFF64X2    $0xff, Z8, Z8, Z7
	EXPBELOW(Z4, Z0, Z4, Z8)
	EXPBELOW(Z5, Z1, Z5, Z8)
	EXPBELOW(Z6, Z2, Z6, Z8)
	EXPBELOW(Z7, Z3, Z7, Z8)
	QUADS(VADDPS, Z0, Z1, Z2, Z3, Z8, Z4, Z5)
	VPERMPS       Z8, Z28, Z4
	VALIGND       $4, Z27, Z4, Z27
	VDIVPS        Z8, ONE, Z8
	LEAQ          (R10)(R8*4), R10
	STORELABEL($0xff, Z8, Z3, K7, (DI)(R13*1), (BX)(R13*1), Z4)
	STORELABEL($0xaa, Z8, Z2, K6, (DI)(R11*1), (BX)(R11*1), Z4)
	STORELABEL($0x55, Z8, Z1, K5, (DI)(AX*1), (BX)(AX*1), Z4)
	STORELABEL($0x00, Z8, Z0, K4, (DI), (BX), Z4)
	LEAQ          (R10)(R8*4), R10
	LEAQ          (SI)(R12*4), SI
	LEAQ          (DI)(R12*4), DI
	LEAQ          (BX)(R12*4), BX
	ADDQ          $32, DX
	SUBQ          $4, R9
	JA            quad

	MOVQ rows+40(FP), R9
	LEAQ 3(R9), AX
	SHRQ $2, AX
	JMP  shifted

shift:
	VALIGND $4, Z26, Z26, Z26
	VALIGND $4, Z27, Z27, Z27
	INCQ    AX

shifted:
	CMPQ  AX, $4
	JNE   shift

logs:
	MOVQ  R9, CX
	MASK
	MOVQ  loss+0(FP), DI
	VMOVAPS Z27, Z0
	VMOVAPS Z26, Z10
	LOADLOG
	LOG
	VEXTRACTF64X4 $1, Z0, Y1
	VEXTRACTF64X4 $1, Z10, Y11
	VCVTPS2PD Y0, Z0
	VCVTPS2PD Y10, Z10
	VCVTPS2PD Y1, Z1
	VCVTPS2PD Y11, Z11
	VADDPD  Z10, Z0, Z0
	VADDPD  Z11, Z1, Z1
	KSHIFTRW $8, K1, K3
	VMOVUPD Z0, K1, (DI)
	VMOVUPD Z1, K3, 64(DI)
	VZEROUPPER
	RET

sixteen:
	LEAQ (R12)(R12*2), R13
	TOPS(Z0, Z1, Z2, Z3)
	TOPS(Z4, Z5, Z6, Z7)
	TOPS(Z8, Z9, Z20, Z21)
	TOPS(Z22, Z24, Z25, Z28)
	VBROADCASTSS C(8), EXP4
	EXPS(Z0, Z1, Z2, Z3)
	EXPS(Z4, Z5, Z6, Z7)
	EXPS(Z8, Z9, Z20, Z21)
	EXPS(Z22, Z24, Z25, Z28)
	MOVQ labels+32(FP), DX
	SUMS(Z0, Z1, Z2, Z3)
	SUMS(Z4, Z5, Z6, Z7)
	SUMS(Z8, Z9, Z20, Z21)
	SUMS(Z22, Z24, Z25, Z28)
	JMP  logs
