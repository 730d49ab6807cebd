//go:build !purego

#include "textflag.h"

// Level 1: the bodies behind level1_amd64.go. All of them get 1 ≤ n ≤ block elements,
// load and store unaligned, touch nothing beyond x[n-1], and clear the upper
// vector halves on return. Per operation AVX2 stands before AVX-512.
//
// Registers, everywhere:
//
//	SI, DI     next element of the first and second input
//	DX         next element of the destination
//	CX         elements left
//	R8         mask of the last elements (AVX2: its address)
//	K1         mask of the last elements (AVX-512)
//	Y15, Z15   alpha, zero or the mask of the magnitude

// 16 set words, then 16 clear ones: the words from number 16-r on are a mask of
// r elements.
DATA lastMask<>+0(SB)/8, $-1
DATA lastMask<>+8(SB)/8, $-1
DATA lastMask<>+16(SB)/8, $-1
DATA lastMask<>+24(SB)/8, $-1
DATA lastMask<>+32(SB)/8, $-1
DATA lastMask<>+40(SB)/8, $-1
DATA lastMask<>+48(SB)/8, $-1
DATA lastMask<>+56(SB)/8, $-1
GLOBL lastMask<>(SB), RODATA|NOPTR, $128

// MASK256 points R8 at the mask of CX-skip elements, 1...16 of them. CX is lost.
#define MASK256(skip) \
	LEAQ lastMask<>+64(SB), R8 \
	SUBQ $(skip), CX           \
	SHLQ $2, CX                \
	SUBQ CX, R8

// MASK512 sets K1 for CX-skip elements, 1...16 of them. CX is lost.
#define MASK512(skip) \
	MOVL  $1, R8      \
	SUBQ  $(skip), CX \
	SHLL  CX, R8      \
	DECL  R8          \
	KMOVW R8, K1

// MAGNITUDE256 and MAGNITUDE512 set every element to 0x7fffffff: all but the sign.
#define MAGNITUDE256(v) \
	VPCMPEQD v, v, v \
	VPSRLD   $1, v, v

#define MAGNITUDE512(v) \
	VPTERNLOGD $0xff, v, v, v \
	VPSRLD     $1, v, v

// ---- Sums ----
//
// Element i goes to lane i mod 64 (squares in float64: mod 32). Lanes come in four
// groups g0...g3 of 16 (8): Y(2g) and Y(2g+1), or Z(g). The last group is filled up
// with +0 by masked loads; those zeros count, as they turn a lane of -0 into +0. Then
// comes the tree (g0+g1)+(g2+g3), and halves of what remains.
//
// Up to one group, g1...g3 are +0: one addition of +0 stands for them, and for what
// the group itself is filled up with, as adding +0 twice is adding it once.
//
// REDUCE256 and REDUCE512 leave one register, Y0 or Z0, to fold. STEP(off, acc, tmp)
// adds the vector at byte off to acc; PART does so with the masked one, whose mask is
// at byte moff of R8 (AVX2) or in K1. For REDUCE256 G is the elements of a
// group, two vectors of B bytes, and ADD adds vectors. Their blocks:
//
//	loop4      4 groups per pass, registers of their own: covers the latency of FMA
//	rest       0 to 3 groups, then
//	part0–2    1 to G elements, masked, into that group (g3 stands in rest)
//	tree       of the groups, and with AVX2 of the last one's halves
//	one        n ≤ G: no other groups, so most of the tree is left out

#define REDUCE256(STEP, PART, ADD, G, B) \
	VXORPS Y0, Y0, Y0    \
	VXORPS Y1, Y1, Y1    \
	VXORPS Y2, Y2, Y2    \
	CMPQ   CX, $(G)      \
	JBE    one           \
	VXORPS Y3, Y3, Y3    \
	VXORPS Y4, Y4, Y4    \
	VXORPS Y5, Y5, Y5    \
	VXORPS Y6, Y6, Y6    \
	VXORPS Y7, Y7, Y7    \
	SUBQ   $(4*G), CX    \
	JB     rest          \
loop4:                       \
	STEP(0, Y0, Y8)      \
	STEP((1*B), Y1, Y9)  \
	STEP((2*B), Y2, Y10) \
	STEP((3*B), Y3, Y11) \
	STEP((4*B), Y4, Y8)  \
	STEP((5*B), Y5, Y9)  \
	STEP((6*B), Y6, Y10) \
	STEP((7*B), Y7, Y11) \
	ADDQ   $(8*B), SI    \
	ADDQ   $(8*B), DI    \
	SUBQ   $(4*G), CX    \
	JAE    loop4         \
rest:                        \
	ADDQ   $(4*G), CX    \
	JZ     tree          \
	CMPQ   CX, $(G)      \
	JBE    part0         \
	STEP(0, Y0, Y8)      \
	STEP((1*B), Y1, Y9)  \
	CMPQ   CX, $(2*G)    \
	JBE    part1         \
	STEP((2*B), Y2, Y10) \
	STEP((3*B), Y3, Y11) \
	CMPQ   CX, $(3*G)    \
	JBE    part2         \
	STEP((4*B), Y4, Y8)  \
	STEP((5*B), Y5, Y9)  \
	MASK256(3*G)         \
	PART((6*B), 0, Y6)   \
	PART((7*B), B, Y7)   \
	JMP    tree          \
part2:                       \
	MASK256(2*G)         \
	PART((4*B), 0, Y4)   \
	PART((5*B), B, Y5)   \
	JMP    tree          \
part1:                       \
	MASK256(G)           \
	PART((2*B), 0, Y2)   \
	PART((3*B), B, Y3)   \
	JMP    tree          \
part0:                       \
	MASK256(0)           \
	PART(0, 0, Y0)       \
	PART((1*B), B, Y1)   \
tree:                        \
	ADD    Y2, Y0, Y0    \
	ADD    Y3, Y1, Y1    \
	ADD    Y6, Y4, Y4    \
	ADD    Y7, Y5, Y5    \
	ADD    Y4, Y0, Y0    \
	ADD    Y5, Y1, Y1    \
	JMP    halves        \
one:                         \
	CMPQ   CX, $(G/2)    \
	JBE    onehalf       \
	STEP(0, Y0, Y8)      \
	MASK256(0)           \
	PART((1*B), B, Y1)   \
	ADD    Y2, Y0, Y0    \
halves:                      \
	ADD    Y1, Y0, Y0    \
	JMP    fold          \
onehalf:                     \
	MASK256(0)           \
	PART(0, 0, Y0)       \
	ADD    Y2, Y0, Y0    \
fold:

#define REDUCE512(STEP, PART) \
	VXORPS X0, X0, X0     \
	VXORPS X1, X1, X1     \
	CMPQ   CX, $16        \
	JBE    one            \
	VXORPS X2, X2, X2     \
	VXORPS X3, X3, X3     \
	SUBQ   $64, CX        \
	JB     rest           \
loop4:                        \
	STEP(0, Z0, Z4)       \
	STEP(64, Z1, Z5)      \
	STEP(128, Z2, Z6)     \
	STEP(192, Z3, Z7)     \
	ADDQ   $256, SI       \
	ADDQ   $256, DI       \
	SUBQ   $64, CX        \
	JAE    loop4          \
rest:                         \
	ADDQ   $64, CX        \
	JZ     tree           \
	CMPQ   CX, $16        \
	JBE    part0          \
	STEP(0, Z0, Z4)       \
	CMPQ   CX, $32        \
	JBE    part1          \
	STEP(64, Z1, Z5)      \
	CMPQ   CX, $48        \
	JBE    part2          \
	STEP(128, Z2, Z6)     \
	MASK512(48)           \
	PART(192, Z3, Z7, Z8) \
	JMP    tree           \
part2:                        \
	MASK512(32)           \
	PART(128, Z2, Z7, Z8) \
	JMP    tree           \
part1:                        \
	MASK512(16)           \
	PART(64, Z1, Z7, Z8)  \
	JMP    tree           \
part0:                        \
	MASK512(0)            \
	PART(0, Z0, Z7, Z8)   \
tree:                         \
	VADDPS Z1, Z0, Z0     \
	VADDPS Z3, Z2, Z2     \
	VADDPS Z2, Z0, Z0     \
	JMP    fold           \
one:                          \
	MASK512(0)            \
	PART(0, Z0, Z7, Z8)   \
	VADDPS Z1, Z0, Z0     \
fold:

// SHORT512 sums n ≤ 8 elements in Y0, whose upper half of the group would be +0.
#define SHORT512(PART) \
	VXORPS X0, X0, X0   \
	VXORPS X1, X1, X1   \
	MASK512(0)          \
	PART(0, Y0, Y7, Y8) \
	VADDPS Y1, Y0, Y0

// FOLD16 and FOLD8 add lane half+l to lane l of Z0 or Y0 until X0[0] is the sum.
#define FOLD16 \
	VEXTRACTF64X4 $1, Z0, Y1 \
	VADDPS        Y1, Y0, Y0

#define FOLD8 \
	VEXTRACTF128 $1, Y0, X1 \
	VADDPS       X1, X0, X0 \
	VPERMILPD    $1, X0, X1 \
	VADDPS       X1, X0, X0 \
	VMOVSHDUP    X0, X1     \
	VADDSS       X1, X0, X0

// FOLD4D is FOLD8 for 4 float64.
#define FOLD4D \
	VEXTRACTF128 $1, Y0, X1 \
	VADDPD       X1, X0, X0 \
	VPERMILPD    $1, X0, X1 \
	VADDSD       X1, X0, X0

#define DOT(off, acc, tmp) \
	VMOVUPS     off(SI), tmp \
	VFMADD231PS off(DI), tmp, acc

#define DOTPART256(off, moff, acc) \
	VMOVDQU     moff(R8), Y12     \
	VMASKMOVPS  off(SI), Y12, Y13 \
	VMASKMOVPS  off(DI), Y12, Y14 \
	VFMADD231PS Y14, Y13, acc

#define DOTPART512(off, acc, tmp, tmp2) \
	VMOVUPS.Z   off(SI), K1, tmp  \
	VMOVUPS.Z   off(DI), K1, tmp2 \
	VFMADD231PS tmp2, tmp, acc

// func dotAVX2(x, y *float32, n int) float32
//
// Sum of x[i]*y[i], 0 ≤ i < n; n > 0.      needs AVX2, FMA3
//
//	SI, DI   next x, next y        CX   elements left
//	Y0–Y7    partial sums          Y8–Y11, Y13–Y14  loaded x, y; Y12 mask
//
//	order    one FMA per element in 64 lanes, see REDUCE256
TEXT ·dotAVX2(SB), NOSPLIT, $0-28
	MOVQ x+0(FP), SI
	MOVQ y+8(FP), DI
	MOVQ n+16(FP), CX
	REDUCE256(DOT, DOTPART256, VADDPS, 16, 32)
	FOLD8
	VMOVSS X0, ret+24(FP)
	VZEROUPPER
	RET

// func dotAVX512(x, y *float32, n int) float32
//
// Sum of x[i]*y[i], 0 ≤ i < n; n > 0.      needs AVX-512 F, VL
//
//	SI, DI   next x, next y        CX   elements left
//	Z0–Z3    partial sums          Z4–Z8  loaded x, y
//
//	order    one FMA per element in 64 lanes, see REDUCE512
TEXT ·dotAVX512(SB), NOSPLIT, $0-28
	MOVQ x+0(FP), SI
	MOVQ y+8(FP), DI
	MOVQ n+16(FP), CX
	CMPQ CX, $8
	JBE  short
	REDUCE512(DOT, DOTPART512)
	FOLD16
	JMP  eight

short:
	SHORT512(DOTPART512)

eight:
	FOLD8
	VMOVSS X0, ret+24(FP)
	VZEROUPPER
	RET

#define SQUARE(off, acc, tmp) \
	VMOVUPS     off(SI), tmp \
	VFMADD231PS tmp, tmp, acc

#define SQUAREPART256(off, moff, acc) \
	VMOVDQU     moff(R8), Y12     \
	VMASKMOVPS  off(SI), Y12, Y13 \
	VFMADD231PS Y13, Y13, acc

#define SQUAREPART512(off, acc, tmp, tmp2) \
	VMOVUPS.Z   off(SI), K1, tmp \
	VFMADD231PS tmp, tmp, acc

// func squaresAVX2(x *float32, n int) float32
//
// dotAVX2 of x and x, each loaded once: loads are what bounds dotAVX2.      needs AVX2, FMA3
//
//	SI       next x                CX   elements left
//	Y0–Y7    partial sums          Y8–Y11, Y13  loaded x; Y12 mask
//
//	order    one FMA per element in 64 lanes, see REDUCE256
TEXT ·squaresAVX2(SB), NOSPLIT, $0-20
	MOVQ x+0(FP), SI
	MOVQ n+8(FP), CX
	REDUCE256(SQUARE, SQUAREPART256, VADDPS, 16, 32)
	FOLD8
	VMOVSS X0, ret+16(FP)
	VZEROUPPER
	RET

// func squaresAVX512(x *float32, n int) float32
//
// dotAVX512 of x and x, each loaded once: loads are what bounds dotAVX512.      needs AVX-512 F, VL
//
//	SI       next x                CX   elements left
//	Z0–Z3    partial sums          Z4–Z7  loaded x
//
//	order    one FMA per element in 64 lanes, see REDUCE512
TEXT ·squaresAVX512(SB), NOSPLIT, $0-20
	MOVQ x+0(FP), SI
	MOVQ n+8(FP), CX
	CMPQ CX, $8
	JBE  short
	REDUCE512(SQUARE, SQUAREPART512)
	FOLD16
	JMP  eight

short:
	SHORT512(SQUAREPART512)

eight:
	FOLD8
	VMOVSS X0, ret+16(FP)
	VZEROUPPER
	RET

#define SUM(off, acc, tmp) \
	VADDPS off(SI), acc, acc

#define SUMPART256(off, moff, acc) \
	VMOVDQU    moff(R8), Y12     \
	VMASKMOVPS off(SI), Y12, Y13 \
	VADDPS     Y13, acc, acc

#define SUMPART512(off, acc, tmp, tmp2) \
	VMOVUPS.Z off(SI), K1, tmp \
	VADDPS    tmp, acc, acc

// func sumAVX2(x *float32, n int) float32
//
// Sum of x[i], 0 ≤ i < n; n > 0.      needs AVX2
//
//	SI       next x                CX   elements left
//	Y0–Y7    partial sums          Y12  mask, Y13 loaded x
//
//	order    64 lanes, see REDUCE256
TEXT ·sumAVX2(SB), NOSPLIT, $0-20
	MOVQ x+0(FP), SI
	MOVQ n+8(FP), CX
	REDUCE256(SUM, SUMPART256, VADDPS, 16, 32)
	FOLD8
	VMOVSS X0, ret+16(FP)
	VZEROUPPER
	RET

// func sumAVX512(x *float32, n int) float32
//
// Sum of x[i], 0 ≤ i < n; n > 0.      needs AVX-512 F, VL
//
//	SI       next x                CX   elements left
//	Z0–Z3    partial sums          Z7   loaded x
//
//	order    64 lanes, see REDUCE512
TEXT ·sumAVX512(SB), NOSPLIT, $0-20
	MOVQ x+0(FP), SI
	MOVQ n+8(FP), CX
	CMPQ CX, $8
	JBE  short
	REDUCE512(SUM, SUMPART512)
	FOLD16
	JMP  eight

short:
	SHORT512(SUMPART512)

eight:
	FOLD8
	VMOVSS X0, ret+16(FP)
	VZEROUPPER
	RET

#define ASUM256(off, acc, tmp) \
	VANDPS off(SI), Y15, tmp \
	VADDPS tmp, acc, acc

#define ASUMPART256(off, moff, acc) \
	VMOVDQU    moff(R8), Y12     \
	VMASKMOVPS off(SI), Y12, Y13 \
	VANDPS     Y13, Y15, Y13     \
	VADDPS     Y13, acc, acc

#define ASUM512(off, acc, tmp) \
	VPANDD off(SI), Z15, tmp \
	VADDPS tmp, acc, acc

#define ASUMPART512(off, acc, tmp, tmp2) \
	VMOVUPS.Z off(SI), K1, tmp \
	VPANDD    tmp, Z15, tmp    \
	VADDPS    tmp, acc, acc

#define ASUMSHORT512(off, acc, tmp, tmp2) \
	VMOVUPS.Z off(SI), K1, tmp \
	VPANDD    tmp, Y15, tmp    \
	VADDPS    tmp, acc, acc

// func asumAVX2(x *float32, n int) float32
//
// Sum of |x[i]|, 0 ≤ i < n; n > 0.      needs AVX2
//
//	SI       next x                CX   elements left
//	Y0–Y7    partial sums          Y8–Y11, Y13  |x|; Y12 mask
//	Y15      0x7fffffff
//
//	order    64 lanes, see REDUCE256
TEXT ·asumAVX2(SB), NOSPLIT, $0-20
	MOVQ x+0(FP), SI
	MOVQ n+8(FP), CX
	MAGNITUDE256(Y15)
	REDUCE256(ASUM256, ASUMPART256, VADDPS, 16, 32)
	FOLD8
	VMOVSS X0, ret+16(FP)
	VZEROUPPER
	RET

// func asumAVX512(x *float32, n int) float32
//
// Sum of |x[i]|, 0 ≤ i < n; n > 0.      needs AVX-512 F, VL
//
//	SI       next x                CX   elements left
//	Z0–Z3    partial sums          Z4–Z7  |x|
//	Z15      0x7fffffff
//
//	order    64 lanes, see REDUCE512
TEXT ·asumAVX512(SB), NOSPLIT, $0-20
	MOVQ x+0(FP), SI
	MOVQ n+8(FP), CX
	MAGNITUDE512(Z15)
	CMPQ CX, $8
	JBE  short
	REDUCE512(ASUM512, ASUMPART512)
	FOLD16
	JMP  eight

short:
	SHORT512(ASUMSHORT512)

eight:
	FOLD8
	VMOVSS X0, ret+16(FP)
	VZEROUPPER
	RET

#define SUMSQ(off, acc, tmp) \
	VCVTPS2PD   off(SI), tmp \
	VFMADD231PD tmp, tmp, acc

#define SUMSQPART256(off, moff, acc) \
	VMOVDQU     moff(R8), X12     \
	VMASKMOVPS  off(SI), X12, X13 \
	VCVTPS2PD   X13, Y13          \
	VFMADD231PD Y13, Y13, acc

// func sumsqAVX2(x *float32, n int) float64
//
// Sum of x[i]², 0 ≤ i < n, in float64; n > 0.      needs AVX2, FMA3
//
//	SI       next x                CX   elements left
//	Y0–Y7    partial sums          Y8–Y11, Y13  x in float64; X12 mask
//
//	order    32 lanes, see REDUCE256; a square is exact, so FMA rounds as an addition does
TEXT ·sumsqAVX2(SB), NOSPLIT, $0-24
	MOVQ x+0(FP), SI
	MOVQ n+8(FP), CX
	REDUCE256(SUMSQ, SUMSQPART256, VADDPD, 8, 16)
	FOLD4D
	VMOVSD X0, ret+16(FP)
	VZEROUPPER
	RET

// func sumsqAVX512(x *float32, n int) float64
//
// The AVX2 body: conversions bound this loop, and on Zen 4 one to 512 bits takes 1.7
// times as long as two to 256.
TEXT ·sumsqAVX512(SB), NOSPLIT, $0-24
	JMP ·sumsqAVX2(SB)

// ---- Extremes ----
//
// The maximum works on bits, as VMAXPS loses NaN and the sign of zero. With a
// non-negative element the largest float is the largest signed integer, a positive
// NaN above all; without one it is the smallest unsigned integer. A negative NaN shows
// as an unsigned maximum above -Inf's bits, and then is the result. The last
// elements share their vector with copies of x[0], which change nothing.

#define EXTREMES256(v) \
	VPMAXSD v, Y0, Y0 \
	VPMINUD v, Y1, Y1 \
	VPMAXUD v, Y2, Y2

#define EXTREMES512(v) \
	VPMAXSD v, Z0, Z0 \
	VPMINUD v, Z1, Z1 \
	VPMAXUD v, Z2, Z2

// HALVE8 leaves OP over the 8 elements of y, whose lower half is x, in all of x.
#define HALVE8(OP, x, y) \
	VEXTRACTI128 $1, y, X5    \
	OP           X5, x, x     \
	VPSHUFD      $0x4e, x, X5 \
	OP           X5, x, x     \
	VPSHUFD      $0xb1, x, X5 \
	OP           X5, x, x

// LARGEST puts the bits of the maximum into AX, from the extremes in X0, X1, X2.
#define LARGEST \
	VMOVD   X0, AX          \
	VMOVD   X1, BX          \
	VMOVD   X2, DX          \
	TESTL   AX, AX          \
	CMOVLMI BX, AX          \
	CMPL    DX, $0xff800000 \
	CMOVLHI DX, AX

// func maxAVX2(x *float32, n int) float32
//
// Largest x[i], 0 ≤ i < n, NaN if an element is, +0 above -0; n > 0.      needs AVX2
//
//	SI       next x                CX   elements left
//	Y0       signed maximum        Y1, Y2  unsigned minimum and maximum
//	Y3, Y4   loaded x              Y15  x[0] everywhere
//
//	loop32   4 vectors per pass
//	loop8    1 vector per pass
//	tail     n mod 8 elements, masked
TEXT ·maxAVX2(SB), NOSPLIT, $0-20
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	VPBROADCASTD (SI), Y15
	VMOVDQA      Y15, Y0
	VMOVDQA      Y15, Y1
	VMOVDQA      Y15, Y2
	SUBQ         $32, CX
	JB           rest

loop32:
	VMOVDQU (SI), Y3
	VMOVDQU 32(SI), Y4
	VMOVDQU 64(SI), Y5
	VMOVDQU 96(SI), Y6
	EXTREMES256(Y3)
	EXTREMES256(Y4)
	EXTREMES256(Y5)
	EXTREMES256(Y6)
	ADDQ    $128, SI
	SUBQ    $32, CX
	JAE     loop32

rest:
	ADDQ $24, CX
	JLT  tail

loop8:
	VMOVDQU (SI), Y3
	EXTREMES256(Y3)
	ADDQ    $32, SI
	SUBQ    $8, CX
	JGE     loop8

tail:
	ADDQ       $8, CX
	JZ         done
	MASK256(0)
	VMOVDQU    (R8), Y4
	VPMASKMOVD (SI), Y4, Y3
	VBLENDVPS  Y4, Y3, Y15, Y3
	EXTREMES256(Y3)

done:
	HALVE8(VPMAXSD, X0, Y0)
	HALVE8(VPMINUD, X1, Y1)
	HALVE8(VPMAXUD, X2, Y2)
	LARGEST
	MOVL AX, ret+16(FP)
	VZEROUPPER
	RET

// func maxAVX512(x *float32, n int) float32
//
// Largest x[i], 0 ≤ i < n, NaN if an element is, +0 above -0; n > 0.      needs AVX-512 F
//
//	SI       next x                CX   elements left
//	Z0       signed maximum        Z1, Z2  unsigned minimum and maximum
//	Z3–Z6    loaded x              Z15  x[0] everywhere
//
//	loop64   4 vectors per pass
//	loop16   1 vector per pass
//	tail     n mod 16 elements, masked
TEXT ·maxAVX512(SB), NOSPLIT, $0-20
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	VPBROADCASTD (SI), Z15
	VMOVDQA32    Z15, Z0
	VMOVDQA32    Z15, Z1
	VMOVDQA32    Z15, Z2
	SUBQ         $64, CX
	JB           rest

loop64:
	VMOVDQU32 (SI), Z3
	VMOVDQU32 64(SI), Z4
	VMOVDQU32 128(SI), Z5
	VMOVDQU32 192(SI), Z6
	EXTREMES512(Z3)
	EXTREMES512(Z4)
	EXTREMES512(Z5)
	EXTREMES512(Z6)
	ADDQ      $256, SI
	SUBQ      $64, CX
	JAE       loop64

rest:
	ADDQ $48, CX
	JLT  tail

loop16:
	VMOVDQU32 (SI), Z3
	EXTREMES512(Z3)
	ADDQ      $64, SI
	SUBQ      $16, CX
	JGE       loop16

tail:
	ADDQ      $16, CX
	JZ        done
	MASK512(0)
	VMOVDQU32 (SI), K1, Z15
	EXTREMES512(Z15)

done:
	VEXTRACTI64X4 $1, Z0, Y3
	VEXTRACTI64X4 $1, Z1, Y4
	VEXTRACTI64X4 $1, Z2, Y5
	VPMAXSD       Y3, Y0, Y0
	VPMINUD       Y4, Y1, Y1
	VPMAXUD       Y5, Y2, Y2
	HALVE8(VPMAXSD, X0, Y0)
	HALVE8(VPMINUD, X1, Y1)
	HALVE8(VPMAXUD, X2, Y2)
	LARGEST
	MOVL AX, ret+16(FP)
	VZEROUPPER
	RET

// The index of the largest magnitude takes two passes over at most a block: the
// largest bits of |x|, with every NaN counted as the first, 0x7f800001; then the
// first element that reaches them. The second pass always ends at a hit, so its
// last elements need no check of their own: zeros that fill up the vector are hit
// first only if all of x is zero, and then element 0 has been.
//
// FIRSTNAN lowers AX, the largest magnitude, to the first NaN's.
#define FIRSTNAN \
	MOVL    $0x7f800001, DX \
	CMPL    AX, DX          \
	CMOVLHI DX, AX

// func iamaxAVX2(x *float32, n int) int
//
// First index of the largest |x[i]|, 0 ≤ i < n, the first NaN's if there is one;
// n > 0.      needs AVX2
//
//	SI       next x                CX   elements left
//	DI       x                     Y15  0x7fffffff
//	Y0, Y1   largest magnitudes; then Y0 holds what a hit exceeds, everywhere
//
//	most32, most8, mostlast   largest magnitude
//	find32, find8, findlast   first hit; find8 looks closer at what find32 met
TEXT ·iamaxAVX2(SB), NOSPLIT, $0-24
	MOVQ  x+0(FP), SI
	MOVQ  n+8(FP), CX
	MOVQ  SI, DI
	MAGNITUDE256(Y15)
	VPXOR X0, X0, X0
	VPXOR X1, X1, X1
	SUBQ  $32, CX
	JB    mostrest

most32:
	VPAND   (SI), Y15, Y2
	VPAND   32(SI), Y15, Y3
	VPAND   64(SI), Y15, Y4
	VPAND   96(SI), Y15, Y5
	VPMAXUD Y2, Y0, Y0
	VPMAXUD Y3, Y1, Y1
	VPMAXUD Y4, Y0, Y0
	VPMAXUD Y5, Y1, Y1
	ADDQ    $128, SI
	SUBQ    $32, CX
	JAE     most32

mostrest:
	VPMAXUD Y1, Y0, Y0
	ADDQ    $24, CX
	JLT     mostlast

most8:
	VPAND   (SI), Y15, Y2
	VPMAXUD Y2, Y0, Y0
	ADDQ    $32, SI
	SUBQ    $8, CX
	JGE     most8

mostlast:
	ADDQ       $8, CX
	JZ         most
	MASK256(0)
	VMOVDQU    (R8), Y4
	VPMASKMOVD (SI), Y4, Y2
	VPAND      Y2, Y15, Y2
	VPMAXUD    Y2, Y0, Y0

most:
	HALVE8(VPMAXUD, X0, Y0)
	VMOVD        X0, AX
	FIRSTNAN
	DECL         AX
	VMOVD        AX, X0
	VPBROADCASTD X0, Y0
	MOVQ         DI, SI
	MOVQ         n+8(FP), CX
	SUBQ         $32, CX
	JB           findrest

find32:
	VPAND     (SI), Y15, Y2
	VPAND     32(SI), Y15, Y3
	VPAND     64(SI), Y15, Y4
	VPAND     96(SI), Y15, Y5
	VPMAXUD   Y2, Y3, Y3
	VPMAXUD   Y4, Y5, Y5
	VPMAXUD   Y3, Y5, Y5
	VPCMPGTD  Y0, Y5, Y5
	VMOVMSKPS Y5, AX
	TESTL     AX, AX
	JNZ       findrest
	ADDQ      $128, SI
	SUBQ      $32, CX
	JAE       find32

findrest:
	ADDQ $24, CX
	JLT  findlast

find8:
	VPAND     (SI), Y15, Y2
	VPCMPGTD  Y0, Y2, Y2
	VMOVMSKPS Y2, AX
	TESTL     AX, AX
	JNZ       hit
	ADDQ      $32, SI
	SUBQ      $8, CX
	JGE       find8

findlast:
	ADDQ       $8, CX
	MASK256(0)
	VMOVDQU    (R8), Y4
	VPMASKMOVD (SI), Y4, Y2
	VPAND      Y2, Y15, Y2
	VPCMPGTD   Y0, Y2, Y2
	VMOVMSKPS  Y2, AX

hit:
	BSFL AX, AX
	SUBQ DI, SI
	SHRQ $2, SI
	ADDQ SI, AX
	MOVQ AX, ret+16(FP)
	VZEROUPPER
	RET

// func iamaxAVX512(x *float32, n int) int
//
// First index of the largest |x[i]|, 0 ≤ i < n, the first NaN's if there is one;
// n > 0.      needs AVX-512 F
//
//	SI       next x                CX   elements left
//	DI       x                     Z15  0x7fffffff
//	Z0, Z1   largest magnitudes; then Z0 holds the largest of all, everywhere
//
//	most64, most16, mostlast   largest magnitude
//	find64, find16, findlast   first hit; find16 looks closer at what find64 met
TEXT ·iamaxAVX512(SB), NOSPLIT, $0-24
	MOVQ  x+0(FP), SI
	MOVQ  n+8(FP), CX
	MOVQ  SI, DI
	MAGNITUDE512(Z15)
	VPXOR X0, X0, X0
	VPXOR X1, X1, X1
	SUBQ  $64, CX
	JB    mostrest

most64:
	VPANDD  (SI), Z15, Z2
	VPANDD  64(SI), Z15, Z3
	VPANDD  128(SI), Z15, Z4
	VPANDD  192(SI), Z15, Z5
	VPMAXUD Z2, Z0, Z0
	VPMAXUD Z3, Z1, Z1
	VPMAXUD Z4, Z0, Z0
	VPMAXUD Z5, Z1, Z1
	ADDQ    $256, SI
	SUBQ    $64, CX
	JAE     most64

mostrest:
	VPMAXUD Z1, Z0, Z0
	ADDQ    $48, CX
	JLT     mostlast

most16:
	VPANDD  (SI), Z15, Z2
	VPMAXUD Z2, Z0, Z0
	ADDQ    $64, SI
	SUBQ    $16, CX
	JGE     most16

mostlast:
	ADDQ     $16, CX
	JZ       most
	MASK512(0)
	VPANDD.Z (SI), Z15, K1, Z2
	VPMAXUD  Z2, Z0, Z0

most:
	VEXTRACTI64X4 $1, Z0, Y1
	VPMAXUD       Y1, Y0, Y0
	HALVE8(VPMAXUD, X0, Y0)
	VMOVD         X0, AX
	FIRSTNAN
	VPBROADCASTD  AX, Z0
	MOVQ          DI, SI
	MOVQ          n+8(FP), CX
	SUBQ          $64, CX
	JB            findrest

find64:
	VPANDD   (SI), Z15, Z2
	VPANDD   64(SI), Z15, Z3
	VPANDD   128(SI), Z15, Z4
	VPANDD   192(SI), Z15, Z5
	VPMAXUD  Z2, Z3, Z3
	VPMAXUD  Z4, Z5, Z5
	VPMAXUD  Z3, Z5, Z5
	VPCMPUD  $5, Z0, Z5, K2
	KORTESTW K2, K2
	JNZ      findrest
	ADDQ     $256, SI
	SUBQ     $64, CX
	JAE      find64

findrest:
	ADDQ $48, CX
	JLT  findlast

find16:
	VPANDD   (SI), Z15, Z2
	VPCMPUD  $5, Z0, Z2, K2
	KORTESTW K2, K2
	JNZ      hit
	ADDQ     $64, SI
	SUBQ     $16, CX
	JGE      find16

findlast:
	ADDQ     $16, CX
	MASK512(0)
	VPANDD.Z (SI), Z15, K1, Z2
	VPCMPUD  $5, Z0, Z2, K2

hit:
	KMOVW K2, AX
	BSFL  AX, AX
	SUBQ  DI, SI
	SHRQ  $2, SI
	ADDQ  SI, AX
	MOVQ  AX, ret+16(FP)
	VZEROUPPER
	RET

// ---- Element by element ----
//
// MAP256 and MAP512 write OP(a, b) of the streams at SI and DI to DX. LOAD1 and
// PART1 leave out the second stream. Elements are loaded before they are stored, so
// the destination may be an input. OP leaves its result in a and may spoil b.
//
//	loop4    4 vectors per pass, each stored at once: faster than four loads, then four stores
//	loop1    1 vector per pass
//	tail     what is left. AVX2 loads it masked and stores it in pieces of 4, 2 and 1
//	         elements, since its masked stores take some forty operations on AMD.
//	         AVX-512 takes 8 elements whole if it can (HALFOP, a 256-bit OP) and
//	         masks the last: a masked store does not forward to the next load

#define LOAD1(off, a, b) \
	VMOVUPS off(SI), a

#define LOAD2(off, a, b) \
	VMOVUPS off(SI), a \
	VMOVUPS off(DI), b

#define PART1AVX2(mask, a, b) \
	VMASKMOVPS (SI), mask, a

#define PART2AVX2(mask, a, b) \
	VMASKMOVPS (SI), mask, a \
	VMASKMOVPS (DI), mask, b

#define PART1AVX512(a, b) \
	VMOVUPS.Z (SI), K1, a

#define PART2AVX512(a, b) \
	VMOVUPS.Z (SI), K1, a \
	VMOVUPS.Z (DI), K1, b

#define MAP256(LOAD, PART, OP) \
	SUBQ       $32, CX      \
	JB         rest         \
loop4:                          \
	LOAD(0, Y0, Y4)         \
	OP(Y0, Y4)              \
	VMOVUPS    Y0, (DX)     \
	LOAD(32, Y1, Y5)        \
	OP(Y1, Y5)              \
	VMOVUPS    Y1, 32(DX)   \
	LOAD(64, Y2, Y6)        \
	OP(Y2, Y6)              \
	VMOVUPS    Y2, 64(DX)   \
	LOAD(96, Y3, Y7)        \
	OP(Y3, Y7)              \
	VMOVUPS    Y3, 96(DX)   \
	ADDQ       $128, SI     \
	ADDQ       $128, DI     \
	ADDQ       $128, DX     \
	SUBQ       $32, CX      \
	JAE        loop4        \
rest:                           \
	ADDQ       $24, CX      \
	JLT        tail         \
loop1:                          \
	LOAD(0, Y0, Y4)         \
	OP(Y0, Y4)              \
	VMOVUPS    Y0, (DX)     \
	ADDQ       $32, SI      \
	ADDQ       $32, DI      \
	ADDQ       $32, DX      \
	SUBQ       $8, CX       \
	JGE        loop1        \
tail:                           \
	ADDQ       $8, CX       \
	JZ         done         \
	MOVQ       CX, AX       \
	MASK256(0)              \
	VMOVDQU    (R8), Y1     \
	PART(Y1, Y0, Y4)        \
	OP(Y0, Y4)              \
	TESTQ      $4, AX       \
	JZ         two          \
	VMOVUPS    X0, (DX)     \
	ADDQ       $16, DX      \
	VEXTRACTF128 $1, Y0, X0 \
two:                            \
	TESTQ      $2, AX       \
	JZ         single       \
	VMOVLPS    X0, (DX)     \
	ADDQ       $8, DX       \
	VMOVHLPS   X0, X0, X0   \
single:                         \
	TESTQ      $1, AX       \
	JZ         done         \
	VMOVSS     X0, (DX)     \
done:

#define MAP512(LOAD, PART, OP, HALFOP) \
	SUBQ    $64, CX      \
	JB      rest         \
loop4:                       \
	LOAD(0, Z0, Z4)      \
	OP(Z0, Z4)           \
	VMOVUPS Z0, (DX)     \
	LOAD(64, Z1, Z5)     \
	OP(Z1, Z5)           \
	VMOVUPS Z1, 64(DX)   \
	LOAD(128, Z2, Z6)    \
	OP(Z2, Z6)           \
	VMOVUPS Z2, 128(DX)  \
	LOAD(192, Z3, Z7)    \
	OP(Z3, Z7)           \
	VMOVUPS Z3, 192(DX)  \
	ADDQ    $256, SI     \
	ADDQ    $256, DI     \
	ADDQ    $256, DX     \
	SUBQ    $64, CX      \
	JAE     loop4        \
rest:                        \
	ADDQ    $48, CX      \
	JLT     tail         \
loop1:                       \
	LOAD(0, Z0, Z4)      \
	OP(Z0, Z4)           \
	VMOVUPS Z0, (DX)     \
	ADDQ    $64, SI      \
	ADDQ    $64, DI      \
	ADDQ    $64, DX      \
	SUBQ    $16, CX      \
	JGE     loop1        \
tail:                        \
	ADDQ    $16, CX      \
	JZ      done         \
	CMPQ    CX, $8       \
	JLT     last         \
	LOAD(0, Y0, Y4)      \
	HALFOP(Y0, Y4)       \
	VMOVUPS Y0, (DX)     \
	ADDQ    $32, SI      \
	ADDQ    $32, DI      \
	ADDQ    $32, DX      \
	SUBQ    $8, CX       \
	JZ      done         \
last:                        \
	MASK512(0)           \
	PART(Z0, Z4)         \
	OP(Z0, Z4)           \
	VMOVUPS Z0, K1, (DX) \
done:

#define AXPY256(a, b) \
	VFMADD213PS b, Y15, a

#define AXPY512(a, b) \
	VFMADD213PS b, Z15, a

// func axpyAVX2(alpha float32, x, y *float32, n int)
//
// y[i] = alpha*x[i] + y[i], fused, 0 ≤ i < n; n > 0.      needs AVX2, FMA3
//
//	SI, DI   next x, next y        Y15  alpha
TEXT ·axpyAVX2(SB), NOSPLIT, $0-32
	VBROADCASTSS alpha+0(FP), Y15
	MOVQ         x+8(FP), SI
	MOVQ         y+16(FP), DI
	MOVQ         DI, DX
	MOVQ         n+24(FP), CX
	MAP256(LOAD2, PART2AVX2, AXPY256)
	VZEROUPPER
	RET

// func axpyAVX512(alpha float32, x, y *float32, n int)
//
// y[i] = alpha*x[i] + y[i], fused, 0 ≤ i < n; n > 0.      needs AVX-512 F
//
//	SI, DI   next x, next y        Z15  alpha
TEXT ·axpyAVX512(SB), NOSPLIT, $0-32
	VBROADCASTSS alpha+0(FP), Z15
	MOVQ         x+8(FP), SI
	MOVQ         y+16(FP), DI
	MOVQ         DI, DX
	MOVQ         n+24(FP), CX
	MAP512(LOAD2, PART2AVX512, AXPY512, AXPY256)
	VZEROUPPER
	RET

#define SCAL256(a, b) \
	VMULPS a, Y15, a

#define SCAL512(a, b) \
	VMULPS a, Z15, a

// func scalAVX2(alpha float32, x *float32, n int)
//
// x[i] = alpha*x[i], 0 ≤ i < n; n > 0.      needs AVX2
//
//	SI, DX   next x                Y15  alpha
TEXT ·scalAVX2(SB), NOSPLIT, $0-24
	VBROADCASTSS alpha+0(FP), Y15
	MOVQ         x+8(FP), SI
	MOVQ         SI, DX
	MOVQ         n+16(FP), CX
	MAP256(LOAD1, PART1AVX2, SCAL256)
	VZEROUPPER
	RET

// func scalAVX512(alpha float32, x *float32, n int)
//
// x[i] = alpha*x[i], 0 ≤ i < n; n > 0.      needs AVX-512 F
//
//	SI, DX   next x                Z15  alpha
TEXT ·scalAVX512(SB), NOSPLIT, $0-24
	VBROADCASTSS alpha+0(FP), Z15
	MOVQ         x+8(FP), SI
	MOVQ         SI, DX
	MOVQ         n+16(FP), CX
	MAP512(LOAD1, PART1AVX512, SCAL512, SCAL256)
	VZEROUPPER
	RET

#define ADD(a, b) \
	VADDPS b, a, a

#define SUB(a, b) \
	VSUBPS b, a, a

#define MUL(a, b) \
	VMULPS b, a, a

// func addAVX2(dst, x, y *float32, n int)
//
// dst[i] = x[i] + y[i], 0 ≤ i < n; n > 0.      needs AVX2
//
//	SI, DI   next x, next y        DX   next dst
TEXT ·addAVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DX
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), DI
	MOVQ n+24(FP), CX
	MAP256(LOAD2, PART2AVX2, ADD)
	VZEROUPPER
	RET

// func addAVX512(dst, x, y *float32, n int)
//
// dst[i] = x[i] + y[i], 0 ≤ i < n; n > 0.      needs AVX-512 F
//
//	SI, DI   next x, next y        DX   next dst
TEXT ·addAVX512(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DX
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), DI
	MOVQ n+24(FP), CX
	MAP512(LOAD2, PART2AVX512, ADD, ADD)
	VZEROUPPER
	RET

// func subAVX2(dst, x, y *float32, n int)
//
// dst[i] = x[i] - y[i], 0 ≤ i < n; n > 0.      needs AVX2
//
//	SI, DI   next x, next y        DX   next dst
TEXT ·subAVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DX
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), DI
	MOVQ n+24(FP), CX
	MAP256(LOAD2, PART2AVX2, SUB)
	VZEROUPPER
	RET

// func subAVX512(dst, x, y *float32, n int)
//
// dst[i] = x[i] - y[i], 0 ≤ i < n; n > 0.      needs AVX-512 F
//
//	SI, DI   next x, next y        DX   next dst
TEXT ·subAVX512(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DX
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), DI
	MOVQ n+24(FP), CX
	MAP512(LOAD2, PART2AVX512, SUB, SUB)
	VZEROUPPER
	RET

// func mulAVX2(dst, x, y *float32, n int)
//
// dst[i] = x[i] * y[i], 0 ≤ i < n; n > 0.      needs AVX2
//
//	SI, DI   next x, next y        DX   next dst
TEXT ·mulAVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DX
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), DI
	MOVQ n+24(FP), CX
	MAP256(LOAD2, PART2AVX2, MUL)
	VZEROUPPER
	RET

// func mulAVX512(dst, x, y *float32, n int)
//
// dst[i] = x[i] * y[i], 0 ≤ i < n; n > 0.      needs AVX-512 F
//
//	SI, DI   next x, next y        DX   next dst
TEXT ·mulAVX512(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DX
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), DI
	MOVQ n+24(FP), CX
	MAP512(LOAD2, PART2AVX512, MUL, MUL)
	VZEROUPPER
	RET

#define MINUS256(x, y) \
	VSUBPS Y15, x, x \
	VSUBPS Y14, x, x

#define MINUS512(x, y) \
	VSUBPS Z15, x, x \
	VSUBPS Z14, x, x

// func minusAVX2(dst, x *float32, n int, a, b float32)
//
// dst[i] = (x[i] - a) - b, 0 ≤ i < n; n > 0.      needs AVX2
//
//	SI, DX   next x, next dst      Y15, Y14  a, b
TEXT ·minusAVX2(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DX
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS a+24(FP), Y15
	VBROADCASTSS b+28(FP), Y14
	MAP256(LOAD1, PART1AVX2, MINUS256)
	VZEROUPPER
	RET

// func minusAVX512(dst, x *float32, n int, a, b float32)
//
// dst[i] = (x[i] - a) - b, 0 ≤ i < n; n > 0.      needs AVX-512 F
//
//	SI, DX   next x, next dst      Z15, Z14  a, b
TEXT ·minusAVX512(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DX
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS a+24(FP), Z15
	VBROADCASTSS b+28(FP), Z14
	MAP512(LOAD1, PART1AVX512, MINUS512, MINUS256)
	VZEROUPPER
	RET

// Of two zeros or a NaN VMAXPS returns its second source, a: -0 and NaN pass.
#define RELU256(a, b) \
	VMAXPS a, Y15, a

#define RELU512(a, b) \
	VMAXPS a, Z15, a

// func reluAVX2(dst, x *float32, n int)
//
// dst[i] = +0 where x[i] < 0, else x[i], 0 ≤ i < n; n > 0.      needs AVX2
//
//	SI, DX   next x, next dst      Y15  +0
TEXT ·reluAVX2(SB), NOSPLIT, $0-24
	MOVQ   dst+0(FP), DX
	MOVQ   x+8(FP), SI
	MOVQ   n+16(FP), CX
	VXORPS X15, X15, X15
	MAP256(LOAD1, PART1AVX2, RELU256)
	VZEROUPPER
	RET

// func reluAVX512(dst, x *float32, n int)
//
// dst[i] = +0 where x[i] < 0, else x[i], 0 ≤ i < n; n > 0.      needs AVX-512 F
//
//	SI, DX   next x, next dst      Z15  +0
TEXT ·reluAVX512(SB), NOSPLIT, $0-24
	MOVQ   dst+0(FP), DX
	MOVQ   x+8(FP), SI
	MOVQ   n+16(FP), CX
	VXORPS X15, X15, X15
	MAP512(LOAD1, PART1AVX512, RELU512, RELU256)
	VZEROUPPER
	RET

// Predicate 0x19 is "not 0 ≥ b, or unordered".
#define RELUGRAD256(a, b) \
	VCMPPS $0x19, b, Y15, b \
	VANDPS b, a, a

#define RELUGRAD512(a, b) \
	VCMPPS    $0x19, b, Z15, K2 \
	VMOVAPS.Z a, K2, a

// func reluGradAVX2(dx, dy, y *float32, n int)
//
// dx[i] = +0 where y[i] ≤ 0, else dy[i], 0 ≤ i < n; n > 0.      needs AVX2
//
//	SI, DI   next dy, next y       DX   next dx        Y15  +0
TEXT ·reluGradAVX2(SB), NOSPLIT, $0-32
	MOVQ   dx+0(FP), DX
	MOVQ   dy+8(FP), SI
	MOVQ   y+16(FP), DI
	MOVQ   n+24(FP), CX
	VXORPS X15, X15, X15
	MAP256(LOAD2, PART2AVX2, RELUGRAD256)
	VZEROUPPER
	RET

// func reluGradAVX512(dx, dy, y *float32, n int)
//
// dx[i] = +0 where y[i] ≤ 0, else dy[i], 0 ≤ i < n; n > 0.      needs AVX-512 F
//
//	SI, DI   next dy, next y       DX   next dx        Z15  +0
TEXT ·reluGradAVX512(SB), NOSPLIT, $0-32
	MOVQ   dx+0(FP), DX
	MOVQ   dy+8(FP), SI
	MOVQ   y+16(FP), DI
	MOVQ   n+24(FP), CX
	VXORPS X15, X15, X15
	MAP512(LOAD2, PART2AVX512, RELUGRAD512, RELUGRAD256)
	VZEROUPPER
	RET
