//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// The exponential family with AVX2 and FMA3: bodies and their terms are in act_amd64.h,
// constants are memory operands.

#define C(i) ·actConstants+(64*i)(SB)

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
#define EXPMAX    C(13)
#define EXPMIN    C(14)
#define EXPM1MIN  C(16)
#define NEGHALF   C(18)
#define LOG0      C(34)
#define LOG1      C(35)
#define LOG2      C(36)
#define LOG3      C(37)
#define LOG4      C(38)
#define LOG5      C(39)
#define LOG6      C(40)
#define LOG7      C(41)
#define MINNORMAL C(42)
#define TWO23     C(43)
#define NEG23     C(44)
#define ROOT      C(45)
#define INF       C(46)
#define NEGINF    C(47)
#define NAN       C(48)
#define TAILP0    C(49)
#define TAILP1    C(50)
#define TAILP2    C(51)
#define TAILP3    C(52)
#define TAILP4    C(53)
#define TAILQ1    C(54)
#define TAILQ2    C(55)
#define TAILQ3    C(56)
#define TAILQ4    C(57)
#define TAILQ5    C(58)
#define GELUMAX   C(59)
#define GTMAX     C(61)
#define DENSITY   C(62)
#define GT1       C(63)
#define GT1LO     C(64)
#define GT3       C(65)
#define GT3LO     C(66)

#define V0 Y0
#define V1 Y1
#define V2 Y2
#define V3 Y3
#define V4 Y4
#define V5 Y5
#define V6 Y6
#define V7 Y7
#define V8 Y8
#define V9 Y9

// Scalar arguments of a call.
#define LAMBDA Y13
#define SCALED Y14

#define CAP(limit, x, tmp) \
	VMOVUPS limit, tmp \
	VMINPS  x, tmp, x

#define FLOOR(limit, x, tmp) \
	VMOVUPS limit, tmp \
	VMAXPS  x, tmp, x

#define SELECT(p, x, y, a, b, dst, tmp) \
	VCMPPS    p, y, x, tmp \
	VBLENDVPS tmp, a, b, dst

// HALVES turns e1 = n*ln2's n + magic into two powers of 2 whose product is 2^n: the low
// bits of e1 are n+254, so each half of them is a biased exponent.
#define HALVES(e1, e2) \
	VPSRLD $1, e1, e2   \
	VPSUBD e2, e1, e1   \
	VPSLLD $23, e2, e2  \
	VPSLLD $23, e1, e1

#define REDUCE(x, e1, e2) \
	VMOVUPS      LOG2E, e1     \
	VFMADD213PS  MAGIC, x, e1  \
	VSUBPS       MAGIC, e1, e2 \
	VFNMADD231PS LN2HI, e2, x  \
	VFNMADD231PS LN2LO, e2, x  \
	HALVES(e1, e2)

#define REDUCENEG(x, e1, e2) \
	VMOVUPS      LOG2E, e1     \
	VFNMADD213PS MAGIC, x, e1  \
	VSUBPS       MAGIC, e1, e2 \
	VFMADD231PS  LN2HI, e2, x  \
	VFMADD231PS  LN2LO, e2, x  \
	HALVES(e1, e2)

#define SCALE(e1, e2, y) \
	VMULPS e1, y, y \
	VMULPS e2, y, y

#define POW2(e1, e2, y) \
	VMULPS e1, e2, y

#include "act_amd64.h"

// MASK points R8 at the mask of the CX elements left, 1...7 of them. CX is lost.
#define MASK \
	LEAQ    ·actMask+32(SB), R8 \
	SHLQ    $2, CX              \
	SUBQ    CX, R8              \
	VMOVDQU (R8), Y15

// UNARY runs BODY over n elements at SI, to DI: one vector per pass, the rest masked.
#define UNARY(BODY) \
	SUBQ       $8, CX          \
	JB         rest            \
loop8:                             \
	VMOVUPS    (SI), Y0        \
	BODY                       \
	VMOVUPS    Y0, (DI)        \
	ADDQ       $32, SI         \
	ADDQ       $32, DI         \
	SUBQ       $8, CX          \
	JAE        loop8           \
rest:                              \
	ADDQ       $8, CX          \
	JZ         done            \
	MASK                       \
	VMASKMOVPS (SI), Y15, Y0   \
	BODY                       \
	VMASKMOVPS Y0, Y15, (DI)   \
done:                              \
	VZEROUPPER                 \
	RET

// GRADIENT does so for a derivative and multiplies it by dy at DX.
#define GRADIENT(BODY) \
	SUBQ       $8, CX          \
	JB         rest            \
loop8:                             \
	VMOVUPS    (SI), Y0        \
	BODY                       \
	VMULPS     (DX), Y0, Y0    \
	VMOVUPS    Y0, (DI)        \
	ADDQ       $32, SI         \
	ADDQ       $32, DX         \
	ADDQ       $32, DI         \
	SUBQ       $8, CX          \
	JAE        loop8           \
rest:                              \
	ADDQ       $8, CX          \
	JZ         done            \
	MASK                       \
	VMASKMOVPS (SI), Y15, Y0   \
	BODY                       \
	VMASKMOVPS (DX), Y15, Y1   \
	VMULPS     Y1, Y0, Y0      \
	VMASKMOVPS Y0, Y15, (DI)   \
done:                              \
	VZEROUPPER                 \
	RET

// func expAVX2(dst, x *float32, n int)
//
// dst[i] = eˣ.      needs AVX2, FMA3
TEXT ·expAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	UNARY(EXP)

// func logAVX2(dst, x *float32, n int)
//
// dst[i] = natural logarithms.      needs AVX2, FMA3
TEXT ·logAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	UNARY(LOG)

// func eluAVX2(dst, x *float32, n int, lambda, scaled float32)
//
// dst[i] = lambda*x, or scaled*(eˣ-1) for x < 0.      needs AVX2, FMA3
TEXT ·eluAVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS lambda+24(FP), LAMBDA
	VBROADCASTSS scaled+28(FP), SCALED
	UNARY(ELU)

// func geluAVX2(dst, x *float32, n int)
//
// dst[i] = x*Φ(x).      needs AVX2, FMA3
TEXT ·geluAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	UNARY(GELU)

// func geluTanhAVX2(dst, x *float32, n int)
//
// dst[i] = GELU by tanh.      needs AVX2, FMA3
TEXT ·geluTanhAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	UNARY(GELUTANH)

// func sigmoidGradAVX2(dx, dy, y *float32, n int)
//
// dx[i] = dy*(y*(1-y)).      needs AVX2, FMA3
TEXT ·sigmoidGradAVX2(SB), NOSPLIT, $0-32
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), DX
	MOVQ y+16(FP), SI
	MOVQ n+24(FP), CX
	GRADIENT(SIGMOIDGRAD)

// func tanhGradAVX2(dx, dy, y *float32, n int)
//
// dx[i] = dy*(1-y²).      needs AVX2, FMA3
TEXT ·tanhGradAVX2(SB), NOSPLIT, $0-32
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), DX
	MOVQ y+16(FP), SI
	MOVQ n+24(FP), CX
	GRADIENT(TANHGRAD)

// func softplusGradAVX2(dx, dy, y *float32, n int)
//
// dx[i] = dy*(1-e^-y).      needs AVX2, FMA3
TEXT ·softplusGradAVX2(SB), NOSPLIT, $0-32
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), DX
	MOVQ y+16(FP), SI
	MOVQ n+24(FP), CX
	GRADIENT(SOFTPLUSGRAD)

// func eluGradAVX2(dx, dy, y *float32, n int, lambda, scaled float32)
//
// dx[i] = dy*lambda for y > 0, dy*(y+scaled) otherwise.      needs AVX2, FMA3
TEXT ·eluGradAVX2(SB), NOSPLIT, $0-40
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), DX
	MOVQ y+16(FP), SI
	MOVQ n+24(FP), CX
	VBROADCASTSS lambda+32(FP), LAMBDA
	VBROADCASTSS scaled+36(FP), SCALED
	GRADIENT(ELUGRAD)

// func geluGradAVX2(dx, dy, z *float32, n int)
//
// dx[i] = dy*(Φ(z)+z*φ(z)).      needs AVX2, FMA3
TEXT ·geluGradAVX2(SB), NOSPLIT, $0-32
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), DX
	MOVQ z+16(FP), SI
	MOVQ n+24(FP), CX
	GRADIENT(GELUGRAD)

// ---- Softmax ----
//
// Lanes 0–7 of a row's 16 are in one vector and lanes 8–15 in another. Row i's sums go to
// element i of the fields of a rowSums.

// MASKS sets the masks of CX elements, 1...16 of them. CX is lost.
#define MASKS(low, high) \
	MOVQ    CX, R8             \
	SUBQ    $8, CX             \
	JAE     2(PC)              \
	XORL    CX, CX             \
	SUBQ    CX, R8             \
	SHLQ    $2, R8             \
	SHLQ    $2, CX             \
	LEAQ    ·actMask+32(SB), AX \
	SUBQ    R8, AX             \
	VMOVDQU (AX), low          \
	LEAQ    ·actMask+32(SB), AX \
	SUBQ    CX, AX             \
	VMOVDQU (AX), high

// EXPPART is EXPONENTIAL for the elements of a mask; the others of y are 0. Their argument is
// 0, as processors take long for a product that underflows.
#define EXPPART(x, mask, e1, e2, y) \
	VANDPS mask, x, x          \
	EXPONENTIAL(x, e1, e2, y)  \
	VANDPS mask, y, y

// ROWPART loads the elements of a mask; the others are -Inf, for the maximum.
#define ROWPART(mem, mask, y, tmp) \
	VMOVUPS    NEGINF, tmp     \
	VMASKMOVPS mem, mask, y    \
	VBLENDVPS  mask, y, tmp, y

// STOREROW writes the R11 elements of lo and hi, 1...16 of them, by their binary digits:
// masked stores take long on several processors. lo and R8 are lost.
#define STOREROW(lo, xlo, hi, mem) \
	LEAQ         mem, R8      \
	TESTQ        $24, R11     \
	JZ           7(PC)        \
	VMOVUPS      lo, (R8)     \
	VMOVAPS      hi, lo       \
	ADDQ         $32, R8      \
	TESTQ        $16, R11     \
	JZ           2(PC)        \
	VMOVUPS      lo, (R8)     \
	TESTQ        $4, R11      \
	JZ           4(PC)        \
	VMOVUPS      xlo, (R8)    \
	VEXTRACTF128 $1, lo, xlo  \
	ADDQ         $16, R8      \
	TESTQ        $2, R11      \
	JZ           4(PC)        \
	VMOVLPS      xlo, (R8)    \
	VPERMILPD    $1, xlo, xlo \
	ADDQ         $8, R8       \
	TESTQ        $1, R11      \
	JZ           2(PC)        \
	VMOVSS       xlo, (R8)

// LANES folds a vector by halves, 4, 2, 1, until op over all lanes is in every one.
#define LANES(op, y, tmp) \
	VPERM2F128 $1, y, y, tmp \
	op         tmp, y, y     \
	VPERMILPS  $0x4e, y, tmp \
	op         tmp, y, y     \
	VPERMILPS  $0xb1, y, tmp \
	op         tmp, y, y

// INVERSE sets y to 1/sum for a sum in all lanes.
#define INVERSE(sum, y) \
	VMOVUPS ONE, y           \
	VDIVPS  sum, y, y

// func softmax16AVX2(p, x *float32, rows, n int, s *rowSums)
//
// p = e^(x-top)/sum per row, 1 ≤ n ≤ 16; nothing is written to p = nil.      needs AVX2, FMA3
//
//	Y14, Y15  masks     R11  n
TEXT ·softmax16AVX2(SB), NOSPLIT, $0-40
	MOVQ p+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ rows+16(FP), R9
	MOVQ n+24(FP), CX
	MOVQ s+32(FP), R10
	LEAQ (CX*4), R12
	MOVQ CX, R11
	MASKS(Y14, Y15)

row:
	ROWPART((SI), Y14, Y0, Y2)
	ROWPART(32(SI), Y15, Y1, Y2)
	VMAXPS Y1, Y0, Y2
	LANES(VMAXPS, Y2, Y3)
	VMOVSS X2, rowSums_top(R10)
	VSUBPS Y2, Y0, Y0
	VSUBPS Y2, Y1, Y1
	EXPPART(Y0, Y14, Y2, Y3, Y4)
	VXORPS Y5, Y5, Y5
	CMPQ   R11, $8
	JBE    low
	EXPPART(Y1, Y15, Y2, Y3, Y5)

low:
	VADDPS Y5, Y4, Y6
	LANES(VADDPS, Y6, Y7)
	VMOVSS X6, rowSums_sum(R10)
	TESTQ  DI, DI
	JZ     next
	INVERSE(Y6, Y7)
	VMULPS Y7, Y4, Y4
	VMULPS Y7, Y5, Y5
	STOREROW(Y4, X4, Y5, (DI))
	ADDQ   R12, DI

next:
	ADDQ R12, SI
	ADDQ $4, R10
	DECQ R9
	JNE  row
	VZEROUPPER
	RET

// TERMS adds t'*(top-z) to below where t' is not 0, for z-top in d.
#define TERMS(t, d, below, tmp) \
	VCMPPS       $4, ZERO, t, tmp \
	VANDPS       d, tmp, tmp      \
	VFNMADD231PS tmp, t, below

// func cross16AVX2(p, dz, z, t, factor *float32, rows, n int, keep, spread float32, s *rowSums)
//
// Softmax and cross-entropy per row, 1 ≤ n ≤ 16, as crossSum and crossGrad.      needs AVX2, FMA3
//
//	Y0, Y1  z-top     Y2, Y3  smoothed targets, total in Y5     Y4, Y6  terms of below
//	Y12, Y13  keep, spread     Y14, Y15  masks
TEXT ·cross16AVX2(SB), NOSPLIT, $0-72
	MOVQ p+0(FP), DI
	MOVQ dz+8(FP), BX
	MOVQ z+16(FP), SI
	MOVQ t+24(FP), DX
	MOVQ factor+32(FP), R13
	MOVQ rows+40(FP), R9
	MOVQ n+48(FP), CX
	VBROADCASTSS keep+56(FP), Y12
	VBROADCASTSS spread+60(FP), Y13
	MOVQ s+64(FP), R10
	LEAQ (CX*4), R12
	MOVQ CX, R11
	MASKS(Y14, Y15)

row:
	ROWPART((SI), Y14, Y0, Y2)
	ROWPART(32(SI), Y15, Y1, Y2)
	VMAXPS Y1, Y0, Y2
	LANES(VMAXPS, Y2, Y3)
	VMOVSS X2, rowSums_top(R10)
	VSUBPS Y2, Y0, Y0
	VSUBPS Y2, Y1, Y1
	VMASKMOVPS (DX), Y14, Y2
	VMASKMOVPS 32(DX), Y15, Y3
	VFMADD213PS Y13, Y12, Y2
	VFMADD213PS Y13, Y12, Y3
	VANDPS Y14, Y2, Y2
	VANDPS Y15, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y6, Y6, Y6
	TERMS(Y2, Y0, Y4, Y5)
	TERMS(Y3, Y1, Y6, Y5)
	VADDPS Y6, Y4, Y4
	LANES(VADDPS, Y4, Y5)
	VMOVSS X4, rowSums_below(R10)
	VADDPS Y3, Y2, Y5
	LANES(VADDPS, Y5, Y6)
	VMOVSS X5, rowSums_total(R10)
	EXPPART(Y0, Y14, Y8, Y9, Y6)
	VXORPS Y7, Y7, Y7
	CMPQ   R11, $8
	JBE    low
	EXPPART(Y1, Y15, Y8, Y9, Y7)

low:
	VADDPS Y7, Y6, Y8
	LANES(VADDPS, Y8, Y9)
	VMOVSS X8, rowSums_sum(R10)
	INVERSE(Y8, Y9)
	VMULPS Y9, Y6, Y6
	VMULPS Y9, Y7, Y7
	VMOVAPS Y6, Y8
	STOREROW(Y8, X8, Y7, (DI))
	VFMSUB213PS Y2, Y5, Y6
	VFMSUB213PS Y3, Y5, Y7
	VBROADCASTSS (R13), Y9
	VMULPS Y9, Y6, Y6
	VMULPS Y9, Y7, Y7
	STOREROW(Y6, X6, Y7, (BX))
	ADDQ R12, DI
	ADDQ R12, SI
	ADDQ R12, DX
	ADDQ R12, BX
	ADDQ $4, R13
	ADDQ $4, R10
	DECQ R9
	JNE  row
	VZEROUPPER
	RET

// func expSumAVX2(e, x *float32, n int, top float32) float32
//
// e[i] = e^(x[i]-top) and their sum, n > 0; nothing is written to e = nil.      needs AVX2, FMA3
//
//	Y10, Y11  sums     Y12  top     Y14, Y15  masks
TEXT ·expSumAVX2(SB), NOSPLIT, $0-36
	MOVQ e+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS top+24(FP), Y12
	VXORPS Y10, Y10, Y10
	VXORPS Y11, Y11, Y11
	SUBQ   $16, CX
	JB     rest

loop16:
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VSUBPS  Y12, Y0, Y0
	VSUBPS  Y12, Y1, Y1
	EXPONENTIAL(Y0, Y2, Y3, Y4)
	EXPONENTIAL(Y1, Y2, Y3, Y5)
	VADDPS  Y4, Y10, Y10
	VADDPS  Y5, Y11, Y11
	TESTQ   DI, DI
	JZ      next
	VMOVUPS Y4, (DI)
	VMOVUPS Y5, 32(DI)
	ADDQ    $64, DI

next:
	ADDQ $64, SI
	SUBQ $16, CX
	JAE  loop16

rest:
	ADDQ $16, CX
	JZ   done
	MASKS(Y14, Y15)
	VMASKMOVPS (SI), Y14, Y0
	VMASKMOVPS 32(SI), Y15, Y1
	VSUBPS Y12, Y0, Y0
	VSUBPS Y12, Y1, Y1
	EXPPART(Y0, Y14, Y2, Y3, Y4)
	EXPPART(Y1, Y15, Y2, Y3, Y5)
	VADDPS Y4, Y10, Y10
	VADDPS Y5, Y11, Y11
	TESTQ  DI, DI
	JZ     done
	VMASKMOVPS Y4, Y14, (DI)
	VMASKMOVPS Y5, Y15, 32(DI)

done:
	VADDPS Y11, Y10, Y10
	LANES(VADDPS, Y10, Y1)
	VMOVSS X10, ret+32(FP)
	VZEROUPPER
	RET

// func crossSumAVX2(e, z, t *float32, n int, top, keep, spread float32, s *[3]float32)
//
// e[i] = e^(z[i]-top) for targets t' = keep*t + spread; s becomes the sums of e, of t'
// and of t'*(top-z) where t' is not 0; n > 0.      needs AVX2, FMA3
//
//	Y6–Y11  sums of e, t' and the terms, two each     Y12  top     Y13, Y14  keep, spread
//	Y15     mask
TEXT ·crossSumAVX2(SB), NOSPLIT, $0-56
	MOVQ e+0(FP), DI
	MOVQ z+8(FP), SI
	MOVQ t+16(FP), DX
	MOVQ n+24(FP), CX
	VBROADCASTSS top+32(FP), Y12
	VBROADCASTSS keep+36(FP), Y13
	VBROADCASTSS spread+40(FP), Y14
	MOVQ s+48(FP), R10
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	VXORPS Y8, Y8, Y8
	VXORPS Y9, Y9, Y9
	VXORPS Y10, Y10, Y10
	VXORPS Y11, Y11, Y11
	SUBQ   $16, CX
	JB     rest

// HALF takes 8 elements at byte off.
#define HALF(off, sum, total, below) \
	VMOVUPS     off(SI), Y0      \
	VMOVUPS     off(DX), Y4      \
	VSUBPS      Y12, Y0, Y0      \
	VFMADD213PS Y14, Y13, Y4     \
	TERMS(Y4, Y0, below, Y5)     \
	VADDPS      Y4, total, total \
	EXPONENTIAL(Y0, Y1, Y2, Y3)  \
	VADDPS      Y3, sum, sum     \
	VMOVUPS     Y3, off(DI)

loop16:
	HALF(0, Y6, Y8, Y10)
	HALF(32, Y7, Y9, Y11)
	ADDQ $64, SI
	ADDQ $64, DX
	ADDQ $64, DI
	SUBQ $16, CX
	JAE  loop16

rest:
	ADDQ $16, CX
	JZ   done
	CMPQ CX, $8
	JB   part
	HALF(0, Y6, Y8, Y10)
	SUBQ $8, CX
	JZ   done
	ADDQ $32, SI
	ADDQ $32, DX
	ADDQ $32, DI
	MASK
	JMP  high

// PART takes the masked elements.
#define PART(sum, total, below) \
	VMASKMOVPS  (SI), Y15, Y0     \
	VMASKMOVPS  (DX), Y15, Y4     \
	VSUBPS      Y12, Y0, Y0       \
	VFMADD213PS Y14, Y13, Y4      \
	VANDPS      Y15, Y4, Y4       \
	TERMS(Y4, Y0, below, Y5)      \
	VADDPS      Y4, total, total  \
	EXPPART(Y0, Y15, Y1, Y2, Y3)  \
	VADDPS      Y3, sum, sum      \
	VMASKMOVPS  Y3, Y15, (DI)

part:
	MASK
	PART(Y6, Y8, Y10)
	JMP done

high:
	PART(Y7, Y9, Y11)

done:
	VADDPS Y7, Y6, Y6
	VADDPS Y9, Y8, Y8
	VADDPS Y11, Y10, Y10
	LANES(VADDPS, Y6, Y0)
	LANES(VADDPS, Y8, Y1)
	LANES(VADDPS, Y10, Y2)
	VMOVSS X6, (R10)
	VMOVSS X8, 4(R10)
	VMOVSS X10, 8(R10)
	VZEROUPPER
	RET

// func crossGradAVX2(p, dz, t *float32, n int, inv, total, factor, keep, spread float32)
//
// p[i] = p[i]*inv, dz[i] = (p[i]*total - (keep*t[i]+spread))*factor; n > 0.      needs AVX2, FMA3
TEXT ·crossGradAVX2(SB), NOSPLIT, $0-52
	MOVQ p+0(FP), DI
	MOVQ dz+8(FP), BX
	MOVQ t+16(FP), DX
	MOVQ n+24(FP), CX
	VBROADCASTSS inv+32(FP), Y4
	VBROADCASTSS total+36(FP), Y5
	VBROADCASTSS factor+40(FP), Y6
	VBROADCASTSS keep+44(FP), Y8
	VBROADCASTSS spread+48(FP), Y9
	SUBQ $8, CX
	JB   rest

loop8:
	VMULPS      (DI), Y4, Y3
	VMOVUPS     (DX), Y7
	VFMADD213PS Y9, Y8, Y7
	VMOVUPS     Y3, (DI)
	VFMSUB213PS Y7, Y5, Y3
	VMULPS      Y6, Y3, Y3
	VMOVUPS     Y3, (BX)
	ADDQ        $32, DI
	ADDQ        $32, DX
	ADDQ        $32, BX
	SUBQ        $8, CX
	JAE         loop8

rest:
	ADDQ        $8, CX
	JZ          done
	MASK
	VMASKMOVPS  (DI), Y15, Y3
	VMASKMOVPS  (DX), Y15, Y7
	VMULPS      Y4, Y3, Y3
	VFMADD213PS Y9, Y8, Y7
	VMASKMOVPS  Y3, Y15, (DI)
	VFMSUB213PS Y7, Y5, Y3
	VMULPS      Y6, Y3, Y3
	VMASKMOVPS  Y3, Y15, (BX)

done:
	VZEROUPPER
	RET
