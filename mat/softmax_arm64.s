//go:build !purego

#include "go_asm.h"
#include "textflag.h"
#include "neon_arm64.h"
#include "act_arm64.h"

// Softmax and cross-entropy with NEON; registers and terms are act_arm64.h's. A row's 16 lanes
// are in two pairs of registers. Beyond a row's end lies -Inf, whose exponential, 0, adds
// nothing. Row i's sums go to element i of the fields of a rowSums.
//
//	R0, R3  next p, next dz     R1, R2  next z or x, next t     R4  elements left
//	R5  constants     R6, R8  scratch     R7  next factor     R9  rows left
//	R10  sums     R11  n
#define LEAST HI // below it, Exp gives 0; no argument is above 0

// The fields of a rowSums, at R10.
#define TOPS (0)(R10)
#define SUMS (4*const_rowChunk)(R10)
#define TOTALS (8*const_rowChunk)(R10)
#define BELOWS (12*const_rowChunk)(R10)

#define ENTER \
	CONSTANTS               \
	VLDR_Q5(kEXPMIN, LEAST) \
	VLDR_Q5(kNEGINF, NEGINF)

// BROADCAST sets all lanes of v to a float32 in memory.
#define BROADCAST(mem, v) \
	MOVWU mem, R6 \
	VDUP  R6, v.S4

// EXPROW: X becomes e^x for x not above 0.
#define EXPROW \
	CONM(VFMAX_S4, LEAST, X, X) \
	EXPONENTIAL

// FOLD adds up the eight sums of Y by halves, into lane 0 of its first register, F6.
#define FOLD \
	VFADD_S4(Y+1, Y, Y)                \
	VEXT $8, V6.B16, V6.B16, V8.B16    \
	VFADD_S4(Z, Y, Y)                  \
	VFADDP_S(Y, Y)

// LOAD_ROW loads the R11 elements at an address, 1 to 16, as LOAD_PART does.
#define LOAD_ROW(at, v0, f0, v1, f1, v2, v3) \
	ADD     R11<<2, at, R6            \
	VMOVI   $0, v0.B16                \
	VMOVI   $0, v1.B16                \
	VMOVI   $0, v2.B16                \
	VMOVI   $0, v3.B16                \
	TBZ     $0, R11, 2(PC)            \
	FMOVS.W -4(R6), f0                \
	TBZ     $1, R11, 4(PC)            \
	SUB     $8, R6                    \
	VMOV    v0.D[0], v0.D[1]          \
	VLD1    (R6), v0.D[0]             \
	TBZ     $2, R11, 3(PC)            \
	VMOV    v0.B16, v1.B16            \
	FMOVQ.W -16(R6), f0               \
	TBZ     $3, R11, 4(PC)            \
	VMOV    v0.B16, v2.B16            \
	VMOV    v1.B16, v3.B16            \
	FLDPQ   -32(R6), (f0, f1)         \
	TBZ     $4, R11, 4(PC)            \
	SUB     $64, R6                   \
	VLD1.P  32(R6), [v0.S4, v1.S4]    \
	VLD1    (R6), [v2.S4, v3.S4]

// STORE_ROW stores R11 elements; the rest moves down.
#define STORE_ROW(at, v0, f0, v1, v2, v3) \
	TBZ     $4, R11, 3(PC)            \
	VST1.P  [v0.S4, v1.S4], 32(at)    \
	VST1.P  [v2.S4, v3.S4], 32(at)    \
	TBZ     $3, R11, 4(PC)            \
	VST1.P  [v0.S4, v1.S4], 32(at)    \
	VMOV    v2.B16, v0.B16            \
	VMOV    v3.B16, v1.B16            \
	TBZ     $2, R11, 3(PC)            \
	FMOVQ.P f0, 16(at)                \
	VMOV    v1.B16, v0.B16            \
	TBZ     $1, R11, 3(PC)            \
	FMOVD.P f0, 8(at)                 \
	VMOV    v0.D[1], v0.D[0]          \
	TBZ     $0, R11, 2(PC)            \
	FMOVS.P f0, 4(at)

// ROWMASK sets A and C to the mask of R11 elements, 1 to 16.
#define ROWMASK \
	MOVD $·actMask+64(SB), R6 \
	SUB  R11<<2, R6, R6       \
	VLD1 (R6), [V16.S4, V17.S4, V18.S4, V19.S4]

// BELOWTOP loads a row of z, less the largest, which is stored, into X and U.
#define BELOWTOP \
	LOAD_ROW(R1, V0, F0, V1, F1, V14, V15) \
	ADD   R11<<2, R1, R1                   \
	CONN(VBIF_B16, A, NEGINF, X)           \
	CONN(VBIF_B16, C, NEGINF, U)           \
	TWO(VFMAX_S4, U, X, Y)                 \
	VFMAX_S4(Y+1, Y, Y)                    \
	VFMAXV_S4(Y, Y)                        \
	FMOVS F6, TOPS                         \
	VDUP  V6.S[0], V6.S4                   \
	CONM(VFSUB_S4, Y, X, X)                \
	CONM(VFSUB_S4, Y, U, U)

// func softmax16NEON(p, x *float32, rows, n int, s *rowSums)
//
// p = e^(x-top)/sum per row, 1 <= n <= 16; nothing is written to p = nil.
//
//	A, C  masks     T, X  exponentials
TEXT ·softmax16NEON(SB), NOSPLIT, $0-40
	MOVD p+0(FP), R0
	MOVD x+8(FP), R1
	MOVD rows+16(FP), R9
	MOVD n+24(FP), R11
	MOVD s+32(FP), R10
	ENTER
	ROWMASK

row:
	BELOWTOP
	EXPROW
	MOVE(X, T)
	TWO(VEOR_B16, X, X, X)
	CMP $8, R11
	BLE few
	MOVE(U, X)
	EXPROW

few:
	TWO(VFADD_S4, X, T, Y)
	FOLD
	FMOVS F6, SUMS
	CBZ   R0, next
	FDIVS F6, F29, F6
	LANE(VFMUL_S4E, Y, 0, T, T)
	LANE(VFMUL_S4E, Y, 0, X, X)
	STORE_ROW(R0, V12, F12, V13, V0, V1)

next:
	ADD  $4, R10
	SUBS $1, R9
	BNE  row
	RET

// SMOOTH: d = keep*t + spread.
#define SPREAD K1
#define KEEP K2 // in lane 0
#define SMOOTH(t, d) \
	VORR_B16(SPREAD, SPREAD, d)     \
	VORR_B16(SPREAD, SPREAD, (d)+1) \
	LANE(VFMLA_S4E, KEEP, 0, t, d)

// TERMS adds t'*(top-z) to below where t' is not 0, for z-top in d.
#define TERMS(t, d, below, tmp) \
	UN(VFCMEQ0_S4, t, tmp)     \
	TWO(VBIC_B16, tmp, d, tmp) \
	TWO(VFMLS_S4, tmp, t, below)

// func cross16NEON(p, dz, z, t, factor *float32, rows, n int, keep, spread float32, s *rowSums)
//
// Softmax and cross-entropy per row, 1 <= n <= 16, as crossSum and crossGrad.
//
//	A, C  masks     Q, DY  smoothed targets     E, N  terms of below, then of EXPROW
//	T, X  exponentials, then p     FIT lane 0  total
TEXT ·cross16NEON(SB), NOSPLIT, $0-72
	MOVD  p+0(FP), R0
	MOVD  dz+8(FP), R3
	MOVD  z+16(FP), R1
	MOVD  t+24(FP), R2
	MOVD  factor+32(FP), R7
	MOVD  rows+40(FP), R9
	MOVD  n+48(FP), R11
	FMOVS keep+56(FP), F24
	BROADCAST(spread+60(FP), V25)
	MOVD  s+64(FP), R10
	ENTER
	ROWMASK

row:
	BELOWTOP
	LOAD_ROW(R2, V10, F10, V11, F11, V22, V23)
	ADD R11<<2, R2, R2
	SMOOTH(Q, Y)
	TWO(VAND_B16, A, Y, Q)
	SMOOTH(DY, Y)
	TWO(VAND_B16, C, Y, DY)
	TWO(VEOR_B16, E, E, E)
	TWO(VEOR_B16, N, N, N)
	TERMS(Q, X, E, Y)
	TERMS(DY, U, N, Y)
	TWO(VFADD_S4, N, E, Y)
	FOLD
	FMOVS F6, BELOWS
	TWO(VFADD_S4, DY, Q, Y)
	FOLD
	FMOVS F6, TOTALS
	FMOVS F6, F26
	EXPROW
	MOVE(X, T)
	TWO(VEOR_B16, X, X, X)
	CMP $8, R11
	BLE few
	MOVE(U, X)
	EXPROW

few:
	TWO(VFADD_S4, X, T, Y)
	FOLD
	FMOVS   F6, SUMS
	FDIVS   F6, F29, F6
	LANE(VFMUL_S4E, Y, 0, T, T)
	LANE(VFMUL_S4E, Y, 0, X, X)
	UN(VFNEG_S4, Q, Q)
	UN(VFNEG_S4, DY, DY)
	LANE(VFMLA_S4E, FIT, 0, T, Q)
	LANE(VFMLA_S4E, FIT, 0, X, DY)
	FMOVS.P 4(R7), F6
	LANE(VFMUL_S4E, Y, 0, Q, Q)
	LANE(VFMUL_S4E, Y, 0, DY, DY)
	STORE_ROW(R0, V12, F12, V13, V0, V1)
	STORE_ROW(R3, V10, F10, V11, V22, V23)
	ADD     $4, R10
	SUBS    $1, R9
	BNE     row
	RET

// HALFMASK sets Y to the mask of the R4 mod 8 elements of LOAD_PART, for R4 from -7 to -1.
#define HALFMASK \
	MOVD $·actMask+32(SB), R6   \
	SUB  R4<<2, R6, R6          \
	VLD1 (R6), [V6.S4, V7.S4]

// EXPHALF adds the exponentials of X less the top to sum.
#define EXPHALF(sum) \
	CONM(VFSUB_S4, K1, X, X) \
	EXPROW                   \
	TWO(VFADD_S4, X, sum, sum)

// func expSumNEON(e, x *float32, n int, top float32) float32
//
// e[i] = e^(x[i]-top) and their sum, n > 0; nothing is written to e = nil.
//
//	A, C  sums; they change places after 8 of the last elements     K1  top
TEXT ·expSumNEON(SB), NOSPLIT, $0-36
	MOVD e+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R4
	BROADCAST(top+24(FP), V25)
	ENTER
	TWO(VEOR_B16, A, A, A)
	TWO(VEOR_B16, C, C, C)
	SUBS $16, R4
	BLT  rest

loop16:
	VLD1.P 32(R1), [V0.S4, V1.S4]
	EXPHALF(A)
	CBZ    R0, unwritten
	VST1.P [V0.S4, V1.S4], 32(R0)

unwritten:
	VLD1.P 32(R1), [V0.S4, V1.S4]
	EXPHALF(C)
	CBZ    R0, next
	VST1.P [V0.S4, V1.S4], 32(R0)

next:
	SUBS $16, R4
	BGE  loop16

rest:
	ADDS $16, R4
	BEQ  done

rest8:
	SUBS   $8, R4
	BLT    part
	VLD1.P 32(R1), [V0.S4, V1.S4]
	JMP    body

part:
	LOAD_PART(R1, V0, F0, V1)
	HALFMASK
	CONN(VBIF_B16, Y, NEGINF, X)

body:
	EXPHALF(A)
	CBZ    R0, swap
	TBNZ   $63, R4, last
	VST1.P [V0.S4, V1.S4], 32(R0)

swap:
	MOVE(A, T)
	MOVE(C, A)
	MOVE(T, C)
	CMP $0, R4
	BGT rest8
	JMP done

last:
	STORE_PART(R0, V0, F0, V1)

done:
	TWO(VFADD_S4, C, A, Y)
	FOLD
	FMOVS F6, ret+32(FP)
	RET

// CROSSHALF adds up for 8 elements, z in X and t in DY, where MASK sets what t' is beyond
// the row's end.
#define CROSSHALF(MASK, sum, total, below) \
	CONM(VFSUB_S4, ONE, X, X)      \
	SMOOTH(DY, Y)                  \
	MASK                           \
	TWO(VFADD_S4, Y, total, total) \
	TERMS(Y, X, below, Z)          \
	EXPROW                         \
	TWO(VFADD_S4, X, sum, sum)

#define NOMASK
#define MASKED TWO(VAND_B16, T, Y, Y)

// EXCHANGE swaps x and y; Y is lost.
#define EXCHANGE(x, y) \
	MOVE(x, Y) \
	MOVE(y, x) \
	MOVE(Y, y)

// func crossSumNEON(e, z, t *float32, n int, top, keep, spread float32, s *[3]float32)
//
// e[i] = e^(z[i]-top) for targets t' = keep*t + spread; s becomes the sums of e, of t'
// and of t'*(top-z) where t' is not 0; n > 0.
//
//	A, C  sums of e     Q, U  of t'     ARG, FIT (and LO)  of the terms; pairs change places
//	after 8 of the last elements     ONE  top     T  mask
TEXT ·crossSumNEON(SB), NOSPLIT, $0-56
	MOVD  e+0(FP), R0
	MOVD  z+8(FP), R1
	MOVD  t+16(FP), R2
	MOVD  n+24(FP), R4
	FMOVS keep+36(FP), F24
	BROADCAST(spread+40(FP), V25)
	MOVD  s+48(FP), R10
	ENTER
	BROADCAST(top+32(FP), V29)
	TWO(VEOR_B16, A, A, A)
	TWO(VEOR_B16, C, C, C)
	TWO(VEOR_B16, Q, Q, Q)
	TWO(VEOR_B16, U, U, U)
	TWO(VEOR_B16, ARG, ARG, ARG)
	TWO(VEOR_B16, FIT, FIT, FIT)
	SUBS  $16, R4
	BLT   rest

loop16:
	VLD1.P 32(R1), [V0.S4, V1.S4]
	VLD1.P 32(R2), [V22.S4, V23.S4]
	CROSSHALF(NOMASK, A, Q, ARG)
	VST1.P [V0.S4, V1.S4], 32(R0)
	VLD1.P 32(R1), [V0.S4, V1.S4]
	VLD1.P 32(R2), [V22.S4, V23.S4]
	CROSSHALF(NOMASK, C, U, FIT)
	VST1.P [V0.S4, V1.S4], 32(R0)
	SUBS   $16, R4
	BGE    loop16

rest:
	ADDS  $16, R4
	BEQ   done

rest8:
	SUBS   $8, R4
	BLT    part
	VLD1.P 32(R1), [V0.S4, V1.S4]
	VLD1.P 32(R2), [V22.S4, V23.S4]
	VMOVI  $255, V12.B16
	VMOVI  $255, V13.B16
	JMP    body

part:
	LOAD_PART(R1, V0, F0, V1)
	LOAD_PART(R2, V22, F22, V23)
	HALFMASK
	VLDR_Q5(kNEGINF, Z)
	CONN(VBIF_B16, Y, Z, X)
	MOVE(Y, T)

body:
	CROSSHALF(MASKED, A, Q, ARG)
	TBNZ   $63, R4, last
	VST1.P [V0.S4, V1.S4], 32(R0)
	EXCHANGE(A, C)
	EXCHANGE(Q, U)
	EXCHANGE(ARG, FIT)
	CMP    $0, R4
	BGT    rest8
	JMP    done

last:
	STORE_PART(R0, V0, F0, V1)

done:
	TWO(VFADD_S4, C, A, Y)
	FOLD
	FMOVS F6, 0(R10)
	TWO(VFADD_S4, U, Q, Y)
	FOLD
	FMOVS F6, 4(R10)
	TWO(VFADD_S4, FIT, ARG, Y)
	FOLD
	FMOVS F6, 8(R10)
	RET

// func crossGradNEON(p, dz, t *float32, n int, inv, total, factor, keep, spread float32)
//
// p[i] = p[i]*inv, dz[i] = (p[i]*total - (keep*t[i]+spread))*factor; n > 0.
//
//	X, Y, DY  p, dz, t     A, A+1, C  inv, total, factor in lane 0
TEXT ·crossGradNEON(SB), NOSPLIT, $0-52
	MOVD  p+0(FP), R0
	MOVD  dz+8(FP), R3
	MOVD  t+16(FP), R2
	MOVD  n+24(FP), R4
	FMOVS inv+32(FP), F16
	FMOVS total+36(FP), F17
	FMOVS factor+40(FP), F18
	FMOVS keep+44(FP), F24
	BROADCAST(spread+48(FP), V25)

#define GRAD \
	LANE(VFMUL_S4E, A, 0, X, X)     \
	SMOOTH(DY, Y)                   \
	UN(VFNEG_S4, Y, Y)              \
	LANE(VFMLA_S4E, A+1, 0, X, Y)   \
	LANE(VFMUL_S4E, C, 0, Y, Y)

loop8:
	SUBS   $8, R4
	BLT    part
	VLD1   (R0), [V0.S4, V1.S4]
	VLD1.P 32(R2), [V22.S4, V23.S4]
	GRAD
	VST1.P [V0.S4, V1.S4], 32(R0)
	VST1.P [V6.S4, V7.S4], 32(R3)
	CBNZ   R4, loop8
	RET

part:
	LOAD_PART(R0, V0, F0, V1)
	LOAD_PART(R2, V22, F22, V23)
	GRAD
	STORE_PART(R0, V0, F0, V1)
	STORE_PART(R3, V6, F6, V7)
	RET
