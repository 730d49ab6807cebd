//go:build !purego

#include "textflag.h"

// Losses of rows and their gradients. The sums are in float64 over 16 lanes, element j of a
// row in lane j mod 16; the last elements of a row are masked, and what is masked adds +0.
//
//	DI  next dy     SI  next y     DX  next t     R8  next loss     R9  rows left
//	R10  n          R11  next c    CX  elements left in the row     R12  n mod 16, then its mask
//	Y0–Y3 (lanes 0–3, 4–7, ...), Z0, Z1  sums
//	Y4–Y9, Z2–Z7    d, gradient and halves in float64
//	Y10, Y11        masks of the last elements      K2  the last elements
//	Y12–Y14, Z12–Z14  constants     Y15, Z15  c

DATA lossMask<>+0(SB)/8, $-1
DATA lossMask<>+8(SB)/8, $-1
DATA lossMask<>+16(SB)/8, $-1
DATA lossMask<>+24(SB)/8, $-1
DATA lossMask<>+32(SB)/8, $-1
DATA lossMask<>+40(SB)/8, $-1
DATA lossMask<>+48(SB)/8, $-1
DATA lossMask<>+56(SB)/8, $-1
GLOBL lossMask<>(SB), RODATA|NOPTR, $128

// The sign, 1, and ½ in float64.
DATA lossConst<>+0(SB)/4, $0x80000000
DATA lossConst<>+4(SB)/4, $0x3F800000
DATA lossConst<>+8(SB)/8, $0x3FE0000000000000
GLOBL lossConst<>(SB), RODATA|NOPTR, $16

#define ARGS \
	MOVQ losses+0(FP), R8 \
	MOVQ dy+8(FP), DI     \
	MOVQ y+16(FP), SI     \
	MOVQ t+24(FP), DX     \
	MOVQ rows+32(FP), R9  \
	MOVQ n+40(FP), R10    \
	MOVQ c+48(FP), R11    \
	MOVQ R10, R12         \
	ANDQ $15, R12

// ROWS256 and ROWS512 are the bodies: OP takes d and leaves c times the loss' derivative
// in place of it, and adds the loss to the lanes.
//
//	row     one row: clear the lanes
//	loop16  16 elements per pass
//	tail    n mod 16 elements, masked
//	fold    halves of 8, 4, 2, 1 lanes
#define ROWS256(OP) \
	LEAQ         lossMask<>+64(SB), AX \
	SHLQ         $2, R12               \
	SUBQ         R12, AX               \
	VMOVDQU      (AX), Y10             \
	VMOVDQU      32(AX), Y11           \
row:                                       \
	VXORPS       X0, X0, X0            \
	VXORPS       X1, X1, X1            \
	VXORPS       X2, X2, X2            \
	VXORPS       X3, X3, X3            \
	VBROADCASTSS (R11), Y15            \
	MOVQ         R10, CX               \
	SUBQ         $16, CX               \
	JB           tail                  \
loop16:                                    \
	VMOVUPS      (SI), Y4              \
	VSUBPS       (DX), Y4, Y4          \
	OP(Y0, Y1)                         \
	VMOVUPS      Y4, (DI)              \
	VMOVUPS      32(SI), Y4            \
	VSUBPS       32(DX), Y4, Y4        \
	OP(Y2, Y3)                         \
	VMOVUPS      Y4, 32(DI)            \
	ADDQ         $64, SI               \
	ADDQ         $64, DX               \
	ADDQ         $64, DI               \
	SUBQ         $16, CX               \
	JAE          loop16                \
tail:                                      \
	TESTQ        R12, R12              \
	JZ           fold                  \
	VMASKMOVPS   (SI), Y10, Y4         \
	VMASKMOVPS   (DX), Y10, Y5         \
	VSUBPS       Y5, Y4, Y4            \
	OP(Y0, Y1)                         \
	VMASKMOVPS   Y4, Y10, (DI)         \
	CMPQ         R12, $32              \
	JBE          end                   \
	VMASKMOVPS   32(SI), Y11, Y4       \
	VMASKMOVPS   32(DX), Y11, Y5       \
	VSUBPS       Y5, Y4, Y4            \
	OP(Y2, Y3)                         \
	VMASKMOVPS   Y4, Y11, 32(DI)       \
end:                                       \
	ADDQ         R12, SI               \
	ADDQ         R12, DX               \
	ADDQ         R12, DI               \
fold:                                      \
	VADDPD       Y2, Y0, Y0            \
	VADDPD       Y3, Y1, Y1            \
	VADDPD       Y1, Y0, Y0            \
	VEXTRACTF128 $1, Y0, X1            \
	VADDPD       X1, X0, X0            \
	VPERMILPD    $1, X0, X1            \
	VADDSD       X1, X0, X0            \
	VMOVSD       X0, (R8)              \
	ADDQ         $8, R8                \
	ADDQ         $4, R11               \
	DECQ         R9                    \
	JNE          row                   \
	VZEROUPPER                         \
	RET

#define ROWS512(OP) \
	MOVQ          R12, CX          \
	MOVL          $1, AX           \
	SHLL          CX, AX           \
	DECL          AX               \
	KMOVW         AX, K2           \
	SHLQ          $2, R12          \
row:                                   \
	VXORPS        X0, X0, X0       \
	VXORPS        X1, X1, X1       \
	VBROADCASTSS  (R11), Z15       \
	MOVQ          R10, CX          \
	SUBQ          $16, CX          \
	JB            tail             \
loop16:                                \
	VMOVUPS       (SI), Z2         \
	VSUBPS        (DX), Z2, Z2     \
	OP                             \
	VMOVUPS       Z2, (DI)         \
	ADDQ          $64, SI          \
	ADDQ          $64, DX          \
	ADDQ          $64, DI          \
	SUBQ          $16, CX          \
	JAE           loop16           \
tail:                                  \
	TESTQ         R12, R12         \
	JZ            fold             \
	VMOVUPS.Z     (SI), K2, Z2     \
	VSUBPS.Z      (DX), Z2, K2, Z2 \
	OP                             \
	VMOVUPS       Z2, K2, (DI)     \
	ADDQ          R12, SI          \
	ADDQ          R12, DX          \
	ADDQ          R12, DI          \
fold:                                  \
	VADDPD        Z1, Z0, Z0       \
	VEXTRACTF64X4 $1, Z0, Y1       \
	VADDPD        Y1, Y0, Y0       \
	VEXTRACTF128  $1, Y0, X1       \
	VADDPD        X1, X0, X0       \
	VPERMILPD     $1, X0, X1       \
	VADDSD        X1, X0, X0       \
	VMOVSD        X0, (R8)         \
	ADDQ          $8, R8           \
	ADDQ          $4, R11          \
	DECQ          R9               \
	JNE           row              \
	VZEROUPPER                     \
	RET

// SQUARED: the square of a float32 is exact in float64.
#define SQUARED256(low, high) \
	VCVTPS2PD    X4, Y6       \
	VEXTRACTF128 $1, Y4, X7   \
	VCVTPS2PD    X7, Y7       \
	VFMADD231PD  Y6, Y6, low  \
	VFMADD231PD  Y7, Y7, high \
	VMULPS       Y15, Y4, Y4

#define SQUARED512 \
	VCVTPS2PD     Y2, Z4     \
	VEXTRACTF64X4 $1, Z2, Y5 \
	VCVTPS2PD     Y5, Z5     \
	VFMADD231PD   Z4, Z4, Z0 \
	VFMADD231PD   Z5, Z5, Z1 \
	VMULPS        Z15, Z2, Z2

// func squaredAVX2(losses *float64, dy, y, t *float32, rows, n int, c *float32)
//
// losses[i] = Σ d², dy = c[i]*d, d = y-t.      needs AVX2, FMA3
TEXT ·squaredAVX2(SB), NOSPLIT, $0-56
	ARGS
	ROWS256(SQUARED256)

// func squaredAVX512(losses *float64, dy, y, t *float32, rows, n int, c *float32)
//
// losses[i] = Σ d², dy = c[i]*d, d = y-t.      needs AVX-512 F
TEXT ·squaredAVX512(SB), NOSPLIT, $0-56
	ARGS
	ROWS512(SQUARED512)

// ABSOLUTE: predicate 0x0c is "not equal to +0, and not NaN"; such d become their sign.
#define ABSOLUTE256(low, high) \
	VXORPS       Y5, Y5, Y5        \
	VCMPPS       $0x0c, Y5, Y4, Y5 \
	VANDPS       Y14, Y4, Y6       \
	VORPS        Y13, Y6, Y6       \
	VANDNPS      Y4, Y14, Y7       \
	VBLENDVPS    Y5, Y6, Y4, Y4    \
	VMULPS       Y15, Y4, Y4       \
	VCVTPS2PD    X7, Y6            \
	VEXTRACTF128 $1, Y7, X7        \
	VCVTPS2PD    X7, Y7            \
	VADDPD       Y6, low, low      \
	VADDPD       Y7, high, high

#define ABSOLUTE512 \
	VXORPS        X3, X3, X3        \
	VCMPPS        $0x0c, Z3, Z2, K3 \
	VPANDND       Z2, Z14, Z4       \
	VCVTPS2PD     Y4, Z5            \
	VEXTRACTF64X4 $1, Z4, Y4        \
	VCVTPS2PD     Y4, Z4            \
	VADDPD        Z5, Z0, Z0        \
	VADDPD        Z4, Z1, Z1        \
	VPANDD        Z14, Z2, K3, Z2   \
	VPORD         Z13, Z2, K3, Z2   \
	VMULPS        Z15, Z2, Z2

// func absoluteAVX2(losses *float64, dy, y, t *float32, rows, n int, c *float32)
//
// losses[i] = Σ |d|, dy = c[i]*sign(d), d = y-t.      needs AVX2
//
//	Y13, Y14  1, the sign bit
TEXT ·absoluteAVX2(SB), NOSPLIT, $0-56
	ARGS
	VBROADCASTSS lossConst<>+4(SB), Y13
	VBROADCASTSS lossConst<>+0(SB), Y14
	ROWS256(ABSOLUTE256)

// func absoluteAVX512(losses *float64, dy, y, t *float32, rows, n int, c *float32)
//
// losses[i] = Σ |d|, dy = c[i]*sign(d), d = y-t.      needs AVX-512 F
//
//	Z13, Z14  1, the sign bit
TEXT ·absoluteAVX512(SB), NOSPLIT, $0-56
	ARGS
	VBROADCASTSS lossConst<>+4(SB), Z13
	VBROADCASTSS lossConst<>+0(SB), Z14
	ROWS512(ABSOLUTE512)

// HUBER: m = min(|d|, delta), NaN passing as VMINPS' second source; the loss is m·(|d|-½m),
// and the derivative m with d's sign.
#define HUBER256(low, high) \
	VANDNPS      Y4, Y14, Y5  \
	VMINPS       Y5, Y13, Y6  \
	VANDPS       Y14, Y4, Y4  \
	VORPS        Y6, Y4, Y4   \
	VMULPS       Y15, Y4, Y4  \
	VCVTPS2PD    X5, Y7       \
	VCVTPS2PD    X6, Y8       \
	VMULPD       Y8, Y12, Y9  \
	VSUBPD       Y9, Y7, Y7   \
	VMULPD       Y8, Y7, Y7   \
	VADDPD       Y7, low, low \
	VEXTRACTF128 $1, Y5, X5   \
	VEXTRACTF128 $1, Y6, X6   \
	VCVTPS2PD    X5, Y7       \
	VCVTPS2PD    X6, Y8       \
	VMULPD       Y8, Y12, Y9  \
	VSUBPD       Y9, Y7, Y7   \
	VMULPD       Y8, Y7, Y7   \
	VADDPD       Y7, high, high

#define HUBER512 \
	VPANDND       Z2, Z14, Z3 \
	VMINPS        Z3, Z13, Z4 \
	VPANDD        Z14, Z2, Z2 \
	VPORD         Z4, Z2, Z2  \
	VMULPS        Z15, Z2, Z2 \
	VCVTPS2PD     Y3, Z5      \
	VCVTPS2PD     Y4, Z6      \
	VMULPD        Z6, Z12, Z7 \
	VSUBPD        Z7, Z5, Z5  \
	VMULPD        Z6, Z5, Z5  \
	VADDPD        Z5, Z0, Z0  \
	VEXTRACTF64X4 $1, Z3, Y3  \
	VEXTRACTF64X4 $1, Z4, Y4  \
	VCVTPS2PD     Y3, Z5      \
	VCVTPS2PD     Y4, Z6      \
	VMULPD        Z6, Z12, Z7 \
	VSUBPD        Z7, Z5, Z5  \
	VMULPD        Z6, Z5, Z5  \
	VADDPD        Z5, Z1, Z1

// func huberAVX2(losses *float64, dy, y, t *float32, rows, n int, c *float32, delta float32)
//
// losses[i] = Σ m*(|d|-m/2), dy = c[i]*(m with d's sign), d = y-t, m = min(|d|, delta).      needs AVX2
//
//	Y12–Y14  ½ in float64, delta, the sign bit
TEXT ·huberAVX2(SB), NOSPLIT, $0-60
	ARGS
	VBROADCASTSD lossConst<>+8(SB), Y12
	VBROADCASTSS delta+56(FP), Y13
	VBROADCASTSS lossConst<>+0(SB), Y14
	ROWS256(HUBER256)

// func huberAVX512(losses *float64, dy, y, t *float32, rows, n int, c *float32, delta float32)
//
// losses[i] = Σ m*(|d|-m/2), dy = c[i]*(m with d's sign), d = y-t, m = min(|d|, delta).      needs AVX-512 F
//
//	Z12–Z14  ½ in float64, delta, the sign bit
TEXT ·huberAVX512(SB), NOSPLIT, $0-60
	ARGS
	VBROADCASTSD lossConst<>+8(SB), Z12
	VBROADCASTSS delta+56(FP), Z13
	VBROADCASTSS lossConst<>+0(SB), Z14
	ROWS512(HUBER512)
