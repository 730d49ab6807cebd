//go:build !purego

#include "textflag.h"

// Whole arrays beside the rules, behind update_arena_amd64.go: whole groups of
// updateWidth (16) elements or columns, nothing fused. Loads and stores are unaligned.

// func finiteAVX2(x *float32, n int) bool
//
// Whether no x[i], 0 ≤ i < n, is NaN or infinite.      needs AVX2
//
//	SI       next x        CX   elements left
//	Y0, Y2   x - x: +0, or NaN where x is not finite
//	Y1       bits of all of these
TEXT ·finiteAVX2(SB), NOSPLIT, $0-17
	MOVQ   x+0(FP), SI
	MOVQ   n+8(FP), CX
	VXORPS X1, X1, X1

loop16:
	VMOVUPS   (SI), Y0
	VMOVUPS   32(SI), Y2
	VSUBPS    Y0, Y0, Y0
	VSUBPS    Y2, Y2, Y2
	VORPS     Y0, Y1, Y1
	VORPS     Y2, Y1, Y1
	ADDQ      $64, SI
	SUBQ      $16, CX
	JNE       loop16
	VCMPPS    $3, Y1, Y1, Y0
	VMOVMSKPS Y0, AX
	TESTL     AX, AX
	SETEQ     ret+16(FP)
	VZEROUPPER
	RET

// func finiteAVX512(x *float32, n int) bool
//
// Whether no x[i], 0 ≤ i < n, is NaN or infinite.      needs AVX-512 F, DQ
//
//	SI   next x        CX   elements left
//	Z0   x - x: +0, or NaN where x is not finite
//	Z1   bits of all of these
TEXT ·finiteAVX512(SB), NOSPLIT, $0-17
	MOVQ   x+0(FP), SI
	MOVQ   n+8(FP), CX
	VXORPS X1, X1, X1

loop16:
	VMOVUPS  (SI), Z0
	VSUBPS   Z0, Z0, Z0
	VORPS    Z0, Z1, Z1
	ADDQ     $64, SI
	SUBQ     $16, CX
	JNE      loop16
	VCMPPS   $3, Z1, Z1, K1
	KORTESTW K1, K1
	SETEQ    ret+16(FP)
	VZEROUPPER
	RET

// func clipAVX2(x *float32, n int, limit float32)
//
// x[i] = max(min(x[i], limit), -limit), 0 ≤ i < n; NaN stays: VMINPS and VMAXPS return
// their first argument here, as they do for two zeros.      needs AVX2
//
//	SI       next x        CX       elements left
//	Y2, Y3   limit, -limit
TEXT ·clipAVX2(SB), NOSPLIT, $0-20
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	VBROADCASTSS limit+16(FP), Y2
	VPCMPEQD     Y3, Y3, Y3
	VPSLLD       $31, Y3, Y3
	VXORPS       Y3, Y2, Y3

loop16:
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VMINPS  Y0, Y2, Y0
	VMINPS  Y1, Y2, Y1
	VMAXPS  Y0, Y3, Y0
	VMAXPS  Y1, Y3, Y1
	VMOVUPS Y0, (SI)
	VMOVUPS Y1, 32(SI)
	ADDQ    $64, SI
	SUBQ    $16, CX
	JNE     loop16
	VZEROUPPER
	RET

// func clipAVX512(x *float32, n int, limit float32)
//
// x[i] = max(min(x[i], limit), -limit), 0 ≤ i < n; NaN stays: VMINPS and VMAXPS return
// their first argument here, as they do for two zeros.      needs AVX-512 F
//
//	SI       next x        CX       elements left
//	Z2, Z3   limit, -limit
TEXT ·clipAVX512(SB), NOSPLIT, $0-20
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	VBROADCASTSS limit+16(FP), Z2
	VPCMPEQD     Y3, Y3, Y3
	VPSLLD       $31, Y3, Y3
	VXORPS       Y3, Y2, Y3
	VBROADCASTSS X3, Z3

loop16:
	VMOVUPS (SI), Z0
	VMINPS  Z0, Z2, Z0
	VMAXPS  Z0, Z3, Z0
	VMOVUPS Z0, (SI)
	ADDQ    $64, SI
	SUBQ    $16, CX
	JNE     loop16
	VZEROUPPER
	RET

// func lerpAVX2(dst, x *float32, n int, t float32)
//
// dst[i] = dst[i] + t*(x[i] - dst[i]), 0 ≤ i < n.      needs AVX2
//
//	DI, SI   next dst, next x      CX   elements left
//	Y4       t
TEXT ·lerpAVX2(SB), NOSPLIT, $0-28
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS t+24(FP), Y4

loop16:
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS (SI), Y2
	VMOVUPS 32(SI), Y3
	VSUBPS  Y0, Y2, Y2
	VSUBPS  Y1, Y3, Y3
	VMULPS  Y4, Y2, Y2
	VMULPS  Y4, Y3, Y3
	VADDPS  Y2, Y0, Y0
	VADDPS  Y3, Y1, Y1
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ    $64, DI
	ADDQ    $64, SI
	SUBQ    $16, CX
	JNE     loop16
	VZEROUPPER
	RET

// func lerpAVX512(dst, x *float32, n int, t float32)
//
// dst[i] = dst[i] + t*(x[i] - dst[i]), 0 ≤ i < n.      needs AVX-512 F
//
//	DI, SI   next dst, next x      CX   elements left
//	Z4       t
TEXT ·lerpAVX512(SB), NOSPLIT, $0-28
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS t+24(FP), Z4

loop16:
	VMOVUPS (DI), Z0
	VMOVUPS (SI), Z2
	VSUBPS  Z0, Z2, Z2
	VMULPS  Z4, Z2, Z2
	VADDPS  Z2, Z0, Z0
	VMOVUPS Z0, (DI)
	ADDQ    $64, DI
	ADDQ    $64, SI
	SUBQ    $16, CX
	JNE     loop16
	VZEROUPPER
	RET

// SQUARES adds the squares of the 16 elements of a row to four sums.
#define SQUARES(r0, r1, r2, r3) \
	VCVTPS2PD   (SI), Y8     \
	VCVTPS2PD   16(SI), Y9   \
	VCVTPS2PD   32(SI), Y10  \
	VCVTPS2PD   48(SI), Y11  \
	VFMADD231PD Y8, Y8, r0   \
	VFMADD231PD Y9, Y9, r1   \
	VFMADD231PD Y10, Y10, r2 \
	VFMADD231PD Y11, Y11, r3 \
	ADDQ        DX, SI

// func unitSquaresAVX2(sums *float64, w *float32, rows, stride int)
//
// sums[i%2*16+l] += w[i*stride+l]² for 0 ≤ l < 16, from row 0 to the last, in float64;
// rows > 0. A square is exact there, so FMA rounds as an addition does.      needs AVX2, FMA3
//
//	DI       sums          SI       next row
//	CX       rows left     DX       bytes between rows
//	Y0–Y3    even sums     Y4–Y7    odd sums
//	Y8–Y11   w in float64
//
//	rows2    two rows per pass: covers the latency of FMA
TEXT ·unitSquaresAVX2(SB), NOSPLIT, $0-32
	MOVQ    sums+0(FP), DI
	MOVQ    w+8(FP), SI
	MOVQ    rows+16(FP), CX
	MOVQ    stride+24(FP), DX
	SHLQ    $2, DX
	VMOVUPD (DI), Y0
	VMOVUPD 32(DI), Y1
	VMOVUPD 64(DI), Y2
	VMOVUPD 96(DI), Y3
	VMOVUPD 128(DI), Y4
	VMOVUPD 160(DI), Y5
	VMOVUPD 192(DI), Y6
	VMOVUPD 224(DI), Y7
	SUBQ    $2, CX
	JB      last

rows2:
	SQUARES(Y0, Y1, Y2, Y3)
	SQUARES(Y4, Y5, Y6, Y7)
	SUBQ $2, CX
	JAE  rows2

last:
	ADDQ $2, CX
	JEQ  done
	SQUARES(Y0, Y1, Y2, Y3)

done:
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VMOVUPD Y2, 64(DI)
	VMOVUPD Y3, 96(DI)
	VMOVUPD Y4, 128(DI)
	VMOVUPD Y5, 160(DI)
	VMOVUPD Y6, 192(DI)
	VMOVUPD Y7, 224(DI)
	VZEROUPPER
	RET

// func columnScaleAVX2(factors, w *float32, rows, stride int)
//
// w[i*stride+l] *= factors[l] for 0 ≤ l < 16 in all rows; rows > 0.      needs AVX2
//
//	SI       next row      CX       rows left
//	DX       bytes between rows
//	Y0, Y1   factors       Y2, Y3   w
TEXT ·columnScaleAVX2(SB), NOSPLIT, $0-32
	MOVQ    factors+0(FP), DI
	MOVQ    w+8(FP), SI
	MOVQ    rows+16(FP), CX
	MOVQ    stride+24(FP), DX
	SHLQ    $2, DX
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1

row:
	VMULPS  (SI), Y0, Y2
	VMULPS  32(SI), Y1, Y3
	VMOVUPS Y2, (SI)
	VMOVUPS Y3, 32(SI)
	ADDQ    DX, SI
	DECQ    CX
	JNE     row
	VZEROUPPER
	RET
