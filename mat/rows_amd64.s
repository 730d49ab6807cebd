//go:build !purego

#include "textflag.h"

// Rows of a batch.

// Column sums have their sums in registers, and rows go by.
//
//	DI  sums     SI  next row     CX  rows left     DX  distance of rows in bytes

#define SUMSARGS \
	MOVQ sums+0(FP), DI  \
	MOVQ x+8(FP), SI     \
	MOVQ rows+16(FP), CX \
	MOVQ ld+24(FP), DX   \
	SHLQ $2, DX

// func affineAVX2(dst, x, mean, scale *float32, n int)
//
// dst[i] = (x[i]-mean[i])*scale[i]; n is a positive multiple of 16.      needs AVX2
//
//	DI, SI  next dst, next x     BX, DX  next mean, next scale     CX  elements left
TEXT ·affineAVX2(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ mean+16(FP), BX
	MOVQ scale+24(FP), DX
	MOVQ n+32(FP), CX

loop16:
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VSUBPS  (BX), Y0, Y0
	VSUBPS  32(BX), Y1, Y1
	VMULPS  (DX), Y0, Y0
	VMULPS  32(DX), Y1, Y1
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	ADDQ    $64, BX
	ADDQ    $64, DX
	SUBQ    $16, CX
	JNE     loop16
	VZEROUPPER
	RET

// func affineAVX512(dst, x, mean, scale *float32, n int)
//
// dst[i] = (x[i]-mean[i])*scale[i]; n is a positive multiple of 16.      needs AVX-512 F
//
//	DI, SI  next dst, next x     BX, DX  next mean, next scale     CX  elements left
TEXT ·affineAVX512(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ mean+16(FP), BX
	MOVQ scale+24(FP), DX
	MOVQ n+32(FP), CX

loop16:
	VMOVUPS (SI), Z0
	VSUBPS  (BX), Z0, Z0
	VMULPS  (DX), Z0, Z0
	VMOVUPS Z0, (DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	ADDQ    $64, BX
	ADDQ    $64, DX
	SUBQ    $16, CX
	JNE     loop16
	VZEROUPPER
	RET

DATA negInf<>+0(SB)/4, $0xFF800000
GLOBL negInf<>(SB), RODATA|NOPTR, $4

// 8 set words, then 8 clear ones.
DATA rowsMask<>+0(SB)/8, $-1
DATA rowsMask<>+8(SB)/8, $-1
DATA rowsMask<>+16(SB)/8, $-1
DATA rowsMask<>+24(SB)/8, $-1
GLOBL rowsMask<>(SB), RODATA|NOPTR, $64

// func argmaxAVX2(x *float32, n int) int
//
// The first index of the largest x[i]; NaN loses, all NaN give 0; n > 0.      needs AVX2
//
//	SI  x     CX  n     AX  index     BX  n less n mod 8
//	Y0  largest so far     Y1  x     Y14  mask of the last elements     Y15  -Inf
//
//	max8   8 elements per pass: of x and the largest VMAXPS gives the latter, its second
//	       source, if x is NaN; the last elements are filled up with -Inf
//	find8  the first equal to the largest; in what is filled up it is not found: all NaN
TEXT ·argmaxAVX2(SB), NOSPLIT, $0-24
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	VBROADCASTSS negInf<>(SB), Y15
	VMOVAPS      Y15, Y0
	MOVQ         CX, BX
	ANDQ         $~7, BX
	LEAQ         rowsMask<>+32(SB), R8
	MOVQ         CX, AX
	ANDQ         $7, AX
	SHLQ         $2, AX
	SUBQ         AX, R8
	VMOVDQU      (R8), Y14
	XORL         AX, AX

max8:
	CMPQ    AX, BX
	JE      maxtail
	VMOVUPS (SI)(AX*4), Y1
	VMAXPS  Y0, Y1, Y0
	ADDQ    $8, AX
	JMP     max8

maxtail:
	VMASKMOVPS   (SI)(AX*4), Y14, Y1
	VBLENDVPS    Y14, Y1, Y15, Y1
	VMAXPS       Y0, Y1, Y0
	VEXTRACTF128 $1, Y0, X2
	VMAXPS       X2, X0, X0
	VPERMILPD    $1, X0, X2
	VMAXPS       X2, X0, X0
	VMOVSHDUP    X0, X2
	VMAXPS       X2, X0, X0
	VBROADCASTSS X0, Y0
	XORL         AX, AX

find8:
	CMPQ      AX, BX
	JE        findtail
	VCMPPS    $0, (SI)(AX*4), Y0, Y2
	VMOVMSKPS Y2, DX
	TESTL     DX, DX
	JNE       found
	ADDQ      $8, AX
	JMP       find8

findtail:
	VCMPPS    $0, Y1, Y0, Y2
	VMOVMSKPS Y2, DX
	TESTL     DX, DX
	JE        none

found:
	BSFL DX, DX
	ADDQ DX, AX
	CMPQ AX, CX
	JB   done

none:
	XORL AX, AX

done:
	MOVQ AX, ret+16(FP)
	VZEROUPPER
	RET

// func argmaxAVX512(x *float32, n int) int
//
// The first index of the largest x[i]; NaN loses, all NaN give 0; n > 0.      needs AVX-512 F
//
//	SI  x     CX  n, then n mod 16     AX  index     BX  n less n mod 16
//	Z0  largest so far     Z1  x     K1  mask of the last elements
//
//	max16   16 elements per pass, as in argmaxAVX2; the last ones are masked
//	find16  the first equal to the largest
TEXT ·argmaxAVX512(SB), NOSPLIT, $0-24
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	VBROADCASTSS negInf<>(SB), Z0
	MOVQ         CX, BX
	ANDQ         $~15, BX
	ANDQ         $15, CX
	MOVL         $1, R8
	SHLL         CX, R8
	DECL         R8
	KMOVW        R8, K1
	XORL         AX, AX

max16:
	CMPQ    AX, BX
	JE      maxtail
	VMOVUPS (SI)(AX*4), Z1
	VMAXPS  Z0, Z1, Z0
	ADDQ    $16, AX
	JMP     max16

maxtail:
	VMOVUPS.Z     (SI)(AX*4), K1, Z1
	VMAXPS        Z0, Z1, K1, Z0
	VEXTRACTF64X4 $1, Z0, Y2
	VMAXPS        Y2, Y0, Y0
	VEXTRACTF128  $1, Y0, X2
	VMAXPS        X2, X0, X0
	VPERMILPD     $1, X0, X2
	VMAXPS        X2, X0, X0
	VMOVSHDUP     X0, X2
	VMAXPS        X2, X0, X0
	VBROADCASTSS  X0, Z0
	XORL          AX, AX

find16:
	CMPQ   AX, BX
	JE     findtail
	VCMPPS $0, (SI)(AX*4), Z0, K2
	KMOVW  K2, DX
	TESTL  DX, DX
	JNE    found
	ADDQ   $16, AX
	JMP    find16

findtail:
	VCMPPS $0, Z1, Z0, K1, K2
	KMOVW  K2, DX
	TESTL  DX, DX
	JE     none

found:
	BSFL DX, DX
	ADDQ DX, AX
	JMP  done

none:
	XORL AX, AX

done:
	MOVQ AX, ret+16(FP)
	VZEROUPPER
	RET

// func columnSums64AVX2(sums, x *float32, rows, ld int)
//
// sums[j] = sums[j] + x[0,j] + x[1,j] + ..., 0 ≤ j < 64; rows > 0.      needs AVX2
//
//	Y0–Y7  sums
TEXT ·columnSums64AVX2(SB), NOSPLIT, $0-32
	SUMSARGS
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS 64(DI), Y2
	VMOVUPS 96(DI), Y3
	VMOVUPS 128(DI), Y4
	VMOVUPS 160(DI), Y5
	VMOVUPS 192(DI), Y6
	VMOVUPS 224(DI), Y7

row:
	VADDPS  (SI), Y0, Y0
	VADDPS  32(SI), Y1, Y1
	VADDPS  64(SI), Y2, Y2
	VADDPS  96(SI), Y3, Y3
	VADDPS  128(SI), Y4, Y4
	VADDPS  160(SI), Y5, Y5
	VADDPS  192(SI), Y6, Y6
	VADDPS  224(SI), Y7, Y7
	ADDQ    DX, SI
	DECQ    CX
	JNE     row
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	VMOVUPS Y4, 128(DI)
	VMOVUPS Y5, 160(DI)
	VMOVUPS Y6, 192(DI)
	VMOVUPS Y7, 224(DI)
	VZEROUPPER
	RET

// func columnSums16AVX2(sums, x *float32, rows, ld int)
//
// sums[j] = sums[j] + x[0,j] + x[1,j] + ..., 0 ≤ j < 16; rows > 0.      needs AVX2
//
//	Y0, Y1  sums
TEXT ·columnSums16AVX2(SB), NOSPLIT, $0-32
	SUMSARGS
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1

row:
	VADDPS  (SI), Y0, Y0
	VADDPS  32(SI), Y1, Y1
	ADDQ    DX, SI
	DECQ    CX
	JNE     row
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VZEROUPPER
	RET

// func columnSums64AVX512(sums, x *float32, rows, ld int)
//
// sums[j] = sums[j] + x[0,j] + x[1,j] + ..., 0 ≤ j < 64; rows > 0.      needs AVX-512 F
//
//	Z0–Z3  sums
TEXT ·columnSums64AVX512(SB), NOSPLIT, $0-32
	SUMSARGS
	VMOVUPS (DI), Z0
	VMOVUPS 64(DI), Z1
	VMOVUPS 128(DI), Z2
	VMOVUPS 192(DI), Z3

row:
	VADDPS  (SI), Z0, Z0
	VADDPS  64(SI), Z1, Z1
	VADDPS  128(SI), Z2, Z2
	VADDPS  192(SI), Z3, Z3
	ADDQ    DX, SI
	DECQ    CX
	JNE     row
	VMOVUPS Z0, (DI)
	VMOVUPS Z1, 64(DI)
	VMOVUPS Z2, 128(DI)
	VMOVUPS Z3, 192(DI)
	VZEROUPPER
	RET

// func columnSums16AVX512(sums, x *float32, rows, ld int)
//
// sums[j] = sums[j] + x[0,j] + x[1,j] + ..., 0 ≤ j < 16; rows > 0.      needs AVX-512 F
//
//	Z0  sums
TEXT ·columnSums16AVX512(SB), NOSPLIT, $0-32
	SUMSARGS
	VMOVUPS (DI), Z0

row:
	VADDPS  (SI), Z0, Z0
	ADDQ    DX, SI
	DECQ    CX
	JNE     row
	VMOVUPS Z0, (DI)
	VZEROUPPER
	RET

// func narrowSumsAVX512(sums, x *float32, rows, ld, n int)
//
// sums[j] = 0 + x[0,j] + x[1,j] + ..., 0 ≤ j < n, 1 ≤ n ≤ 32; rows > 0.      needs AVX-512 F
//
//	Z0, Z1  sums     Z2, Z3  a row     K1, K2  their columns
TEXT ·narrowSumsAVX512(SB), NOSPLIT, $0-40
	MOVQ   n+32(FP), CX
	MOVQ   $1, AX
	SHLQ   CX, AX
	DECQ   AX
	KMOVW  AX, K1
	SHRQ   $16, AX
	KMOVW  AX, K2
	SUMSARGS
	VXORPS X0, X0, X0
	VXORPS X1, X1, X1

row:
	VMOVUPS.Z (SI), K1, Z2
	VMOVUPS.Z 64(SI), K2, Z3
	VADDPS    Z2, Z0, Z0
	VADDPS    Z3, Z1, Z1
	ADDQ      DX, SI
	DECQ      CX
	JNE       row
	VMOVUPS   Z0, K1, (DI)
	VMOVUPS   Z1, K2, 64(DI)
	VZEROUPPER
	RET
