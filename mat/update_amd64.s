//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// Parameter updates: whole vectors only, n is a positive multiple of updateWidth (16).
// The rest of an array is Go's: nothing is fused here, so its bits are the same. One
// macro per update and width; AVX2 takes 8 elements a pass, AVX-512 16.
//
//	DI  next w     SI  next dw    DX  next m     BX  next v     CX  elements left

// MOMENTUM: v = mu*v + g, then w = w - rate*v.
//
//	r0  v, then rate*v      r1  w
#define MOMENTUM(r0, r1, rate, mu) \
	VMULPS  (BX), mu, r0 \
	VADDPS  (SI), r0, r0 \
	VMOVUPS r0, (BX)     \
	VMULPS  r0, rate, r0 \
	VMOVUPS (DI), r1     \
	VSUBPS  r0, r1, r1   \
	VMOVUPS r1, (DI)

// func momentumAVX2(w, dw, v *float32, n int, rate, mu float32)
//
// One step of gradient descent with momentum.      needs AVX2
//
//	Y14, Y15  rate, mu      loop8  one vector per pass
TEXT ·momentumAVX2(SB), NOSPLIT, $0-40
	MOVQ         w+0(FP), DI
	MOVQ         dw+8(FP), SI
	MOVQ         v+16(FP), BX
	MOVQ         n+24(FP), CX
	VBROADCASTSS rate+32(FP), Y14
	VBROADCASTSS mu+36(FP), Y15

loop8:
	MOMENTUM(Y0, Y1, Y14, Y15)
	ADDQ $32, DI
	ADDQ $32, SI
	ADDQ $32, BX
	SUBQ $8, CX
	JNE  loop8
	VZEROUPPER
	RET

// func momentumAVX512(w, dw, v *float32, n int, rate, mu float32)
//
// One step of gradient descent with momentum.      needs AVX-512 F
//
//	Z14, Z15  rate, mu      loop16  one vector per pass
TEXT ·momentumAVX512(SB), NOSPLIT, $0-40
	MOVQ         w+0(FP), DI
	MOVQ         dw+8(FP), SI
	MOVQ         v+16(FP), BX
	MOVQ         n+24(FP), CX
	VBROADCASTSS rate+32(FP), Z14
	VBROADCASTSS mu+36(FP), Z15

loop16:
	MOMENTUM(Z0, Z1, Z14, Z15)
	ADDQ $64, DI
	ADDQ $64, SI
	ADDQ $64, BX
	SUBQ $16, CX
	JNE  loop16
	VZEROUPPER
	RET

// ADAM: m = b1*m + c1*g; v = b2*v + c2*(g*g); w = w - (step*m) / (sqrt(v)*root + eps).
//
//	r0  g, then sqrt(v)*root + eps      r1  m, then the step      r2  v, then w      r3  scratch
#define ADAM(r0, r1, r2, r3, b1, c1, b2, c2, step, root, eps) \
	VMOVUPS (SI), r0     \
	VMULPS  (DX), b1, r1 \
	VMULPS  r0, c1, r3   \
	VADDPS  r3, r1, r1   \
	VMULPS  r0, r0, r0   \
	VMULPS  (BX), b2, r2 \
	VMULPS  r0, c2, r3   \
	VADDPS  r3, r2, r2   \
	VMOVUPS r1, (DX)     \
	VMOVUPS r2, (BX)     \
	VSQRTPS r2, r0       \
	VMULPS  root, r0, r0 \
	VADDPS  eps, r0, r0  \
	VMULPS  step, r1, r1 \
	VDIVPS  r0, r1, r1   \
	VMOVUPS (DI), r2     \
	VSUBPS  r1, r2, r2   \
	VMOVUPS r2, (DI)

// func adamAVX2(w, dw, m, v *float32, n int, c *adamCoefficients)
//
// One step of Adam.      needs AVX2
//
//	Y9–Y15  b1, c1, b2, c2, step, root, eps      loop8  one vector per pass
TEXT ·adamAVX2(SB), NOSPLIT, $0-48
	MOVQ         w+0(FP), DI
	MOVQ         dw+8(FP), SI
	MOVQ         m+16(FP), DX
	MOVQ         v+24(FP), BX
	MOVQ         n+32(FP), CX
	MOVQ         c+40(FP), AX
	VBROADCASTSS adamCoefficients_b1(AX), Y9
	VBROADCASTSS adamCoefficients_c1(AX), Y10
	VBROADCASTSS adamCoefficients_b2(AX), Y11
	VBROADCASTSS adamCoefficients_c2(AX), Y12
	VBROADCASTSS adamCoefficients_step(AX), Y13
	VBROADCASTSS adamCoefficients_root(AX), Y14
	VBROADCASTSS adamCoefficients_eps(AX), Y15

loop8:
	ADAM(Y0, Y1, Y2, Y3, Y9, Y10, Y11, Y12, Y13, Y14, Y15)
	ADDQ $32, DI
	ADDQ $32, SI
	ADDQ $32, DX
	ADDQ $32, BX
	SUBQ $8, CX
	JNE  loop8
	VZEROUPPER
	RET

// func adamAVX512(w, dw, m, v *float32, n int, c *adamCoefficients)
//
// One step of Adam.      needs AVX-512 F
//
//	Z9–Z15  b1, c1, b2, c2, step, root, eps      loop16  one vector per pass
TEXT ·adamAVX512(SB), NOSPLIT, $0-48
	MOVQ         w+0(FP), DI
	MOVQ         dw+8(FP), SI
	MOVQ         m+16(FP), DX
	MOVQ         v+24(FP), BX
	MOVQ         n+32(FP), CX
	MOVQ         c+40(FP), AX
	VBROADCASTSS adamCoefficients_b1(AX), Z9
	VBROADCASTSS adamCoefficients_c1(AX), Z10
	VBROADCASTSS adamCoefficients_b2(AX), Z11
	VBROADCASTSS adamCoefficients_c2(AX), Z12
	VBROADCASTSS adamCoefficients_step(AX), Z13
	VBROADCASTSS adamCoefficients_root(AX), Z14
	VBROADCASTSS adamCoefficients_eps(AX), Z15

loop16:
	ADAM(Z0, Z1, Z2, Z3, Z9, Z10, Z11, Z12, Z13, Z14, Z15)
	ADDQ $64, DI
	ADDQ $64, SI
	ADDQ $64, DX
	ADDQ $64, BX
	SUBQ $16, CX
	JNE  loop16
	VZEROUPPER
	RET
