//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// Norms. The kernels of columns take 16 of them, whose sums or coefficients stay in registers
// while rows go by; those of rows take 16 elements a pass. Products of two float32 are exact
// in float64, so fused or not is the same.
//
//	DI  sums, or next row or element written     SI  next x      BX  next dy or second input
//	CX  rows or elements left                    R8, R9  mean, invstd      AX  coefficients
//	DX  distance of rows in bytes

#define COLUMNARGS \
	MOVQ sums+0(FP), DI \
	MOVQ x+8(FP), SI

#define DOTARGS \
	MOVQ acc+0(FP), DI   \
	MOVQ dy+8(FP), BX    \
	MOVQ x+16(FP), SI    \
	MOVQ mean+24(FP), R8 \
	MOVQ invstd+32(FP), R9

#define ROWARGS(rows, ld) \
	MOVQ rows, CX \
	MOVQ ld, DX   \
	SHLQ $2, DX

// WIDEN256 and WIDEN512 convert a vector to float64: its low half to low, its high half to
// high, by way of the lower part of a scratch register.
#define WIDEN256(x, xv, low, high, half) \
	VCVTPS2PD    x, low       \
	VEXTRACTF128 $1, xv, half \
	VCVTPS2PD    half, high

#define WIDEN512(x, xv, low, high, half) \
	VCVTPS2PD     x, low       \
	VEXTRACTF64X4 $1, xv, half \
	VCVTPS2PD     half, high

// func columnAddAVX2(sums *float64, x *float32, rows, ld int)
//
// sums[j] += x[i,j] for all rows i, 0 ≤ j < 16.      needs AVX2
//
//	Y0–Y3  sums
TEXT ·columnAddAVX2(SB), NOSPLIT, $0-32
	COLUMNARGS
	ROWARGS(rows+16(FP), ld+24(FP))
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS 64(DI), Y2
	VMOVUPS 96(DI), Y3

row:
	VCVTPS2PD (SI), Y4
	VCVTPS2PD 16(SI), Y5
	VCVTPS2PD 32(SI), Y6
	VCVTPS2PD 48(SI), Y7
	VADDPD    Y4, Y0, Y0
	VADDPD    Y5, Y1, Y1
	VADDPD    Y6, Y2, Y2
	VADDPD    Y7, Y3, Y3
	ADDQ      DX, SI
	DECQ      CX
	JNE       row
	VMOVUPS   Y0, (DI)
	VMOVUPS   Y1, 32(DI)
	VMOVUPS   Y2, 64(DI)
	VMOVUPS   Y3, 96(DI)
	VZEROUPPER
	RET

// func columnAddAVX512(sums *float64, x *float32, rows, ld int)
//
// sums[j] += x[i,j] for all rows i, 0 ≤ j < 16.      needs AVX-512 F
//
//	Z0, Z1  sums
TEXT ·columnAddAVX512(SB), NOSPLIT, $0-32
	COLUMNARGS
	ROWARGS(rows+16(FP), ld+24(FP))
	VMOVUPS (DI), Z0
	VMOVUPS 64(DI), Z1

row:
	VCVTPS2PD (SI), Z2
	VCVTPS2PD 32(SI), Z3
	VADDPD    Z2, Z0, Z0
	VADDPD    Z3, Z1, Z1
	ADDQ      DX, SI
	DECQ      CX
	JNE       row
	VMOVUPS   Z0, (DI)
	VMOVUPS   Z1, 64(DI)
	VZEROUPPER
	RET

// func columnSquaresAVX2(sums *float64, x, mean *float32, rows, ld int)
//
// sums[j] += (x[i,j]-mean[j])² for all rows i, 0 ≤ j < 16.      needs AVX2, FMA3
//
//	Y0–Y3  sums     Y14, Y15  mean
TEXT ·columnSquaresAVX2(SB), NOSPLIT, $0-40
	COLUMNARGS
	MOVQ mean+16(FP), R8
	ROWARGS(rows+24(FP), ld+32(FP))
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS 64(DI), Y2
	VMOVUPS 96(DI), Y3
	VMOVUPS (R8), Y14
	VMOVUPS 32(R8), Y15

row:
	VMOVUPS (SI), Y4
	VMOVUPS 32(SI), Y5
	VSUBPS  Y14, Y4, Y4
	VSUBPS  Y15, Y5, Y5
	WIDEN256(X4, Y4, Y6, Y7, X8)
	WIDEN256(X5, Y5, Y9, Y10, X11)
	VFMADD231PD Y6, Y6, Y0
	VFMADD231PD Y7, Y7, Y1
	VFMADD231PD Y9, Y9, Y2
	VFMADD231PD Y10, Y10, Y3
	ADDQ        DX, SI
	DECQ        CX
	JNE         row
	VMOVUPS     Y0, (DI)
	VMOVUPS     Y1, 32(DI)
	VMOVUPS     Y2, 64(DI)
	VMOVUPS     Y3, 96(DI)
	VZEROUPPER
	RET

// func columnSquaresAVX512(sums *float64, x, mean *float32, rows, ld int)
//
// sums[j] += (x[i,j]-mean[j])² for all rows i, 0 ≤ j < 16.      needs AVX-512 F
//
//	Z0, Z1  sums     Z15  mean
TEXT ·columnSquaresAVX512(SB), NOSPLIT, $0-40
	COLUMNARGS
	MOVQ mean+16(FP), R8
	ROWARGS(rows+24(FP), ld+32(FP))
	VMOVUPS (DI), Z0
	VMOVUPS 64(DI), Z1
	VMOVUPS (R8), Z15

row:
	VMOVUPS (SI), Z2
	VSUBPS  Z15, Z2, Z2
	WIDEN512(Y2, Z2, Z3, Z4, Y5)
	VFMADD231PD Z3, Z3, Z0
	VFMADD231PD Z4, Z4, Z1
	ADDQ        DX, SI
	DECQ        CX
	JNE         row
	VMOVUPS     Z0, (DI)
	VMOVUPS     Z1, 64(DI)
	VZEROUPPER
	RET

// DOTS256 adds 8 columns at byte off: dy to b0 and b1, dy·h to g0 and g1; mean and invstd are
// given. DOTS512 adds 16.
#define DOTS256(off, mean, invstd, b0, b1, g0, g1) \
	VMOVUPS      off(SI), Y8       \
	VSUBPS       mean, Y8, Y8      \
	VMULPS       invstd, Y8, Y8    \
	VMOVUPS      off(BX), Y9       \
	WIDEN256(X9, Y9, Y10, Y11, X9) \
	VADDPD       Y10, b0, b0       \
	VADDPD       Y11, b1, b1       \
	VCVTPS2PD    X8, Y9            \
	VFMADD231PD  Y9, Y10, g0       \
	VEXTRACTF128 $1, Y8, X8        \
	VCVTPS2PD    X8, Y9            \
	VFMADD231PD  Y9, Y11, g1

#define DOTS512(mean, invstd) \
	VMOVUPS     (SI), Z4         \
	VSUBPS      mean, Z4, Z4     \
	VMULPS      invstd, Z4, Z4   \
	VMOVUPS     (BX), Z5         \
	WIDEN512(Y5, Z5, Z6, Z7, Y5) \
	WIDEN512(Y4, Z4, Z8, Z9, Y4) \
	VADDPD      Z6, Z0, Z0       \
	VADDPD      Z7, Z1, Z1       \
	VFMADD231PD Z6, Z8, Z2       \
	VFMADD231PD Z7, Z9, Z3

// func batchDotsAVX2(acc *normSums, dy, x, mean, invstd *float32, rows, ld int)
//
// acc.beta[j] += dy[i,j], acc.gamma[j] += dy[i,j]*h for all rows i, h = (x[i,j]-mean[j])*invstd[j].      needs AVX2, FMA3
//
//	Y0–Y3  sums of dy     Y4–Y7  of dy*h     Y12, Y13  mean     Y14, Y15  invstd
TEXT ·batchDotsAVX2(SB), NOSPLIT, $0-56
	DOTARGS
	ROWARGS(rows+40(FP), ld+48(FP))
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS 64(DI), Y2
	VMOVUPS 96(DI), Y3
	VMOVUPS 128(DI), Y4
	VMOVUPS 160(DI), Y5
	VMOVUPS 192(DI), Y6
	VMOVUPS 224(DI), Y7
	VMOVUPS (R8), Y12
	VMOVUPS 32(R8), Y13
	VMOVUPS (R9), Y14
	VMOVUPS 32(R9), Y15

row:
	DOTS256(0, Y12, Y14, Y0, Y1, Y4, Y5)
	DOTS256(32, Y13, Y15, Y2, Y3, Y6, Y7)
	ADDQ    DX, BX
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

// func batchDotsAVX512(acc *normSums, dy, x, mean, invstd *float32, rows, ld int)
//
// acc.beta[j] += dy[i,j], acc.gamma[j] += dy[i,j]*h for all rows i, h = (x[i,j]-mean[j])*invstd[j].      needs AVX-512 F
//
//	Z0, Z1  sums of dy     Z2, Z3  of dy*h     Z14  mean     Z15  invstd
TEXT ·batchDotsAVX512(SB), NOSPLIT, $0-56
	DOTARGS
	ROWARGS(rows+40(FP), ld+48(FP))
	VMOVUPS (DI), Z0
	VMOVUPS 64(DI), Z1
	VMOVUPS 128(DI), Z2
	VMOVUPS 192(DI), Z3
	VMOVUPS (R8), Z14
	VMOVUPS (R9), Z15

row:
	DOTS512(Z14, Z15)
	ADDQ    DX, BX
	ADDQ    DX, SI
	DECQ    CX
	JNE     row
	VMOVUPS Z0, (DI)
	VMOVUPS Z1, 64(DI)
	VMOVUPS Z2, 128(DI)
	VMOVUPS Z3, 192(DI)
	VZEROUPPER
	RET

// func layerDotsAVX2(acc *normSums, dy, x, mean, invstd *float32, rows, ld int)
//
// acc.beta[j] += dy[i,j], acc.gamma[j] += dy[i,j]*h for all rows i, h = (x[i,j]-mean[i])*invstd[i].      needs AVX2, FMA3
//
//	Y0–Y3  sums of dy     Y4–Y7  of dy*h     Y12  mean     Y14  invstd
TEXT ·layerDotsAVX2(SB), NOSPLIT, $0-56
	DOTARGS
	ROWARGS(rows+40(FP), ld+48(FP))
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS 64(DI), Y2
	VMOVUPS 96(DI), Y3
	VMOVUPS 128(DI), Y4
	VMOVUPS 160(DI), Y5
	VMOVUPS 192(DI), Y6
	VMOVUPS 224(DI), Y7

row:
	VBROADCASTSS (R8), Y12
	VBROADCASTSS (R9), Y14
	DOTS256(0, Y12, Y14, Y0, Y1, Y4, Y5)
	DOTS256(32, Y12, Y14, Y2, Y3, Y6, Y7)
	ADDQ    $4, R8
	ADDQ    $4, R9
	ADDQ    DX, BX
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

// func layerDotsAVX512(acc *normSums, dy, x, mean, invstd *float32, rows, ld int)
//
// acc.beta[j] += dy[i,j], acc.gamma[j] += dy[i,j]*h for all rows i, h = (x[i,j]-mean[i])*invstd[i].      needs AVX-512 F
//
//	Z0, Z1  sums of dy     Z2, Z3  of dy*h     Z14  mean     Z15  invstd
TEXT ·layerDotsAVX512(SB), NOSPLIT, $0-56
	DOTARGS
	ROWARGS(rows+40(FP), ld+48(FP))
	VMOVUPS (DI), Z0
	VMOVUPS 64(DI), Z1
	VMOVUPS 128(DI), Z2
	VMOVUPS 192(DI), Z3

row:
	VBROADCASTSS (R8), Z14
	VBROADCASTSS (R9), Z15
	DOTS512(Z14, Z15)
	ADDQ    $4, R8
	ADDQ    $4, R9
	ADDQ    DX, BX
	ADDQ    DX, SI
	DECQ    CX
	JNE     row
	VMOVUPS Z0, (DI)
	VMOVUPS Z1, 64(DI)
	VMOVUPS Z2, 128(DI)
	VMOVUPS Z3, 192(DI)
	VZEROUPPER
	RET

// func batchApplyAVX2(dst, x *float32, p *batchMap, rows, ld int)
//
// dst[i,j] = (x[i,j]-mean[j])*scale[j] + shift[j] for all rows i, 0 ≤ j < 16.      needs AVX2
//
//	Y10, Y11  mean     Y12, Y13  scale     Y14, Y15  shift
TEXT ·batchApplyAVX2(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ p+16(FP), AX
	ROWARGS(rows+24(FP), ld+32(FP))
	VMOVUPS batchMap_mean(AX), Y10
	VMOVUPS batchMap_mean+32(AX), Y11
	VMOVUPS batchMap_scale(AX), Y12
	VMOVUPS batchMap_scale+32(AX), Y13
	VMOVUPS batchMap_shift(AX), Y14
	VMOVUPS batchMap_shift+32(AX), Y15

row:
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VSUBPS  Y10, Y0, Y0
	VSUBPS  Y11, Y1, Y1
	VMULPS  Y12, Y0, Y0
	VMULPS  Y13, Y1, Y1
	VADDPS  Y14, Y0, Y0
	VADDPS  Y15, Y1, Y1
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ    DX, DI
	ADDQ    DX, SI
	DECQ    CX
	JNE     row
	VZEROUPPER
	RET

// func batchApplyAVX512(dst, x *float32, p *batchMap, rows, ld int)
//
// dst[i,j] = (x[i,j]-mean[j])*scale[j] + shift[j] for all rows i, 0 ≤ j < 16.      needs AVX-512 F
//
//	Z13–Z15  mean, scale, shift
TEXT ·batchApplyAVX512(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ p+16(FP), AX
	ROWARGS(rows+24(FP), ld+32(FP))
	VMOVUPS batchMap_mean(AX), Z13
	VMOVUPS batchMap_scale(AX), Z14
	VMOVUPS batchMap_shift(AX), Z15

row:
	VMOVUPS (SI), Z0
	VSUBPS  Z13, Z0, Z0
	VMULPS  Z14, Z0, Z0
	VADDPS  Z15, Z0, Z0
	VMOVUPS Z0, (DI)
	ADDQ    DX, DI
	ADDQ    DX, SI
	DECQ    CX
	JNE     row
	VZEROUPPER
	RET

// func batchGradAVX2(dx, dy, x *float32, p *batchGradMap, rows, ld int)
//
// dx = ((dy-offset) - (x-mean)*slope)*scale for all rows and 16 columns.      needs AVX2
//
//	Y8–Y15  mean, offset, slope, scale, two each
TEXT ·batchGradAVX2(SB), NOSPLIT, $0-48
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), BX
	MOVQ x+16(FP), SI
	MOVQ p+24(FP), AX
	ROWARGS(rows+32(FP), ld+40(FP))
	VMOVUPS batchGradMap_mean(AX), Y8
	VMOVUPS batchGradMap_mean+32(AX), Y9
	VMOVUPS batchGradMap_offset(AX), Y10
	VMOVUPS batchGradMap_offset+32(AX), Y11
	VMOVUPS batchGradMap_slope(AX), Y12
	VMOVUPS batchGradMap_slope+32(AX), Y13
	VMOVUPS batchGradMap_scale(AX), Y14
	VMOVUPS batchGradMap_scale+32(AX), Y15

row:
	VMOVUPS (SI), Y0
	VMOVUPS (BX), Y2
	VSUBPS  Y8, Y0, Y0
	VSUBPS  Y10, Y2, Y2
	VMULPS  Y12, Y0, Y0
	VSUBPS  Y0, Y2, Y2
	VMULPS  Y14, Y2, Y2
	VMOVUPS Y2, (DI)
	VMOVUPS 32(SI), Y1
	VMOVUPS 32(BX), Y3
	VSUBPS  Y9, Y1, Y1
	VSUBPS  Y11, Y3, Y3
	VMULPS  Y13, Y1, Y1
	VSUBPS  Y1, Y3, Y3
	VMULPS  Y15, Y3, Y3
	VMOVUPS Y3, 32(DI)
	ADDQ    DX, DI
	ADDQ    DX, BX
	ADDQ    DX, SI
	DECQ    CX
	JNE     row
	VZEROUPPER
	RET

// func batchGradAVX512(dx, dy, x *float32, p *batchGradMap, rows, ld int)
//
// dx = ((dy-offset) - (x-mean)*slope)*scale for all rows and 16 columns.      needs AVX-512 F
//
//	Z12–Z15  mean, offset, slope, scale
TEXT ·batchGradAVX512(SB), NOSPLIT, $0-48
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), BX
	MOVQ x+16(FP), SI
	MOVQ p+24(FP), AX
	ROWARGS(rows+32(FP), ld+40(FP))
	VMOVUPS batchGradMap_mean(AX), Z12
	VMOVUPS batchGradMap_offset(AX), Z13
	VMOVUPS batchGradMap_slope(AX), Z14
	VMOVUPS batchGradMap_scale(AX), Z15

row:
	VMOVUPS (SI), Z0
	VMOVUPS (BX), Z1
	VSUBPS  Z12, Z0, Z0
	VSUBPS  Z13, Z1, Z1
	VMULPS  Z14, Z0, Z0
	VSUBPS  Z0, Z1, Z1
	VMULPS  Z15, Z1, Z1
	VMOVUPS Z1, (DI)
	ADDQ    DX, DI
	ADDQ    DX, BX
	ADDQ    DX, SI
	DECQ    CX
	JNE     row
	VZEROUPPER
	RET

// func centreAVX2(dst, x *float32, n int, m, s float32)
//
// dst[i] = (x[i]-m)*s.      needs AVX2
//
//	Y14, Y15  m, s
TEXT ·centreAVX2(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS m+24(FP), Y14
	VBROADCASTSS s+28(FP), Y15

loop16:
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VSUBPS  Y14, Y0, Y0
	VSUBPS  Y14, Y1, Y1
	VMULPS  Y15, Y0, Y0
	VMULPS  Y15, Y1, Y1
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $16, CX
	JNE     loop16
	VZEROUPPER
	RET

// func centreAVX512(dst, x *float32, n int, m, s float32)
//
// dst[i] = (x[i]-m)*s.      needs AVX-512 F
//
//	Z14, Z15  m, s
TEXT ·centreAVX512(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS m+24(FP), Z14
	VBROADCASTSS s+28(FP), Z15

loop16:
	VMOVUPS (SI), Z0
	VSUBPS  Z14, Z0, Z0
	VMULPS  Z15, Z0, Z0
	VMOVUPS Z0, (DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $16, CX
	JNE     loop16
	VZEROUPPER
	RET

// func scaleShiftAVX2(dst, x, gamma, beta *float32, n int, s float32)
//
// dst[i] = (x[i]*s)*gamma[i] + beta[i].      needs AVX2
//
//	Y15  s     R8, R9  next gamma, next beta
TEXT ·scaleShiftAVX2(SB), NOSPLIT, $0-44
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         gamma+16(FP), R8
	MOVQ         beta+24(FP), R9
	MOVQ         n+32(FP), CX
	VBROADCASTSS s+40(FP), Y15

loop16:
	VMULPS  (SI), Y15, Y0
	VMULPS  32(SI), Y15, Y1
	VMULPS  (R8), Y0, Y0
	VMULPS  32(R8), Y1, Y1
	VADDPS  (R9), Y0, Y0
	VADDPS  32(R9), Y1, Y1
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	ADDQ    $64, R8
	ADDQ    $64, R9
	SUBQ    $16, CX
	JNE     loop16
	VZEROUPPER
	RET

// func scaleShiftAVX512(dst, x, gamma, beta *float32, n int, s float32)
//
// dst[i] = (x[i]*s)*gamma[i] + beta[i].      needs AVX-512 F
//
//	Z15  s     R8, R9  next gamma, next beta
TEXT ·scaleShiftAVX512(SB), NOSPLIT, $0-44
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         gamma+16(FP), R8
	MOVQ         beta+24(FP), R9
	MOVQ         n+32(FP), CX
	VBROADCASTSS s+40(FP), Z15

loop16:
	VMULPS  (SI), Z15, Z0
	VMULPS  (R8), Z0, Z0
	VADDPS  (R9), Z0, Z0
	VMOVUPS Z0, (DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	ADDQ    $64, R8
	ADDQ    $64, R9
	SUBQ    $16, CX
	JNE     loop16
	VZEROUPPER
	RET

// func layerGradAVX2(dx, h *float32, n int, a, b, s float32)
//
// dx[i] = ((dx[i]-a) - h[i]*b)*s.      needs AVX2
//
//	Y13–Y15  a, b, s
TEXT ·layerGradAVX2(SB), NOSPLIT, $0-36
	MOVQ         dx+0(FP), DI
	MOVQ         h+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS a+24(FP), Y13
	VBROADCASTSS b+28(FP), Y14
	VBROADCASTSS s+32(FP), Y15

loop16:
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMULPS  (SI), Y14, Y2
	VMULPS  32(SI), Y14, Y3
	VSUBPS  Y13, Y0, Y0
	VSUBPS  Y13, Y1, Y1
	VSUBPS  Y2, Y0, Y0
	VSUBPS  Y3, Y1, Y1
	VMULPS  Y15, Y0, Y0
	VMULPS  Y15, Y1, Y1
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $16, CX
	JNE     loop16
	VZEROUPPER
	RET

// func layerGradAVX512(dx, h *float32, n int, a, b, s float32)
//
// dx[i] = ((dx[i]-a) - h[i]*b)*s.      needs AVX-512 F
//
//	Z13–Z15  a, b, s
TEXT ·layerGradAVX512(SB), NOSPLIT, $0-36
	MOVQ         dx+0(FP), DI
	MOVQ         h+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS a+24(FP), Z13
	VBROADCASTSS b+28(FP), Z14
	VBROADCASTSS s+32(FP), Z15

loop16:
	VMOVUPS (DI), Z0
	VMULPS  (SI), Z14, Z2
	VSUBPS  Z13, Z0, Z0
	VSUBPS  Z2, Z0, Z0
	VMULPS  Z15, Z0, Z0
	VMOVUPS Z0, (DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $16, CX
	JNE     loop16
	VZEROUPPER
	RET
