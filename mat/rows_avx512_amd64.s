//go:build !purego

#include "go_asm.h"
#include "textflag.h"
#include "avx512_amd64.h"

// Products of one row for AVX-512. Registers and what else is common: avx512_amd64.h.

// NARROW loads the arguments of a narrow row and makes K1 the mask of the last of its
// columns.
#define NARROW \
	MOVQ         x+0(FP), SI       \
	MOVQ         w+8(FP), BX       \
	MOVQ         bias+16(FP), R9   \
	MOVQ         y+24(FP), R8      \
	MOVQ         n+32(FP), CX      \
	DECQ         CX                \
	ANDQ         $15, CX           \
	MOVL         $2, AX            \
	SHLQ         CX, AX            \
	DECQ         AX                \
	KMOVW        AX, K1            \
	MOVQ         k+40(FP), CX      \
	MOVQ         ldw+48(FP), R12   \
	LEAQ         (R12)(R12*2), R13 \
	VBROADCASTSS floor+56(FP), Z31

// ---- One row ----
//
// Without a second row there is nothing to reuse a row of B for: it goes through memory
// operands, and up to 8 vectors of C cover the latency. There is a body per number of
// vectors, the last of which is masked.
//
// VECTORSn(M) runs M(byte, accumulator) on the n-1 full vectors before the last.

#define VECTORS1(M)

#define VECTORS2(M) \
	M(0, Z0)

#define VECTORS3(M) \
	VECTORS2(M) \
	M(64, Z1)

#define VECTORS4(M) \
	VECTORS3(M) \
	M(128, Z2)

#define VECTORS5(M) \
	VECTORS4(M) \
	M(192, Z3)

#define VECTORS6(M) \
	VECTORS5(M) \
	M(256, Z4)

#define VECTORS7(M) \
	VECTORS6(M) \
	M(320, Z5)

#define VECTORS8(M) \
	VECTORS7(M) \
	M(384, Z6)

#define STARTROW(off, acc) \
	VMOVUPS off(R9), acc

#define MULROW(off, acc) \
	VFMADD231PS off(BX), Z24, acc

#define GATEROW(off, acc) \
	KEEP(off(R10), acc, Z28)

#define STOREROW(off, acc) \
	PUT(off(R8), acc, Z31)

// ROW is one body of rowAVX512, last the byte of the masked vector.
#define ROW(loop, store, VECTORS, last) \
	VECTORS(STARTROW)              \
	VMOVUPS.Z    last(R9), K1, Z7  \
loop:                                  \
	VBROADCASTSS (SI), Z24         \
	ADDQ         DX, SI            \
	VECTORS(MULROW)                \
	VMOVUPS.Z    last(BX), K1, Z25 \
	VFMADD231PS  Z25, Z24, Z7      \
	ADDQ         R12, BX           \
	DECQ         CX                \
	JNZ          loop              \
	CMPQ         R10, $0           \
	JEQ          store             \
	VECTORS(GATEROW)               \
	KEEPLAST(last(R10), Z7, Z28)   \
store:                                 \
	VECTORS(STOREROW)              \
	PUTLAST(last(R8), Z7, Z31)     \
	VZEROUPPER                     \
	RET

// func rowAVX512(p *panel)
//
// panel1AVX512 for m = 1 and 1...128 columns.
// needs AVX-512 F, VL
//
//	DI       panel                 AX       columns - 1
//	SI, BX   a and b at p          R8, R9, R10  c, start, gate
//	DX, R12  their strides, bytes  CX       terms left
//	Z0–Z6    full vectors of c     Z7, K1   the last and its mask
//	Z24, Z25 a at p, last vector of b
//	Z28, Z31 zero, floor
TEXT ·rowAVX512(SB), NOSPLIT, $0-8
	OPEN
	MOVQ panel_cols(DI), AX
	DECQ AX
	MOVQ panel_a(DI), SI
	MOVQ panel_b(DI), BX
	MOVQ panel_c(DI), R8
	MOVQ panel_start(DI), R9
	MOVQ panel_gate(DI), R10
	MOVQ panel_k(DI), CX
	CMPQ AX, $64
	JB   vectors1to4
	CMPQ AX, $96
	JB   vectors5to6
	CMPQ AX, $112
	JB   vectors7
	ROW(loop8, store8, VECTORS8, 448)

vectors7:
	ROW(loop7, store7, VECTORS7, 384)

vectors5to6:
	CMPQ AX, $80
	JB   vectors5
	ROW(loop6, store6, VECTORS6, 320)

vectors5:
	ROW(loop5, store5, VECTORS5, 256)

vectors1to4:
	CMPQ AX, $32
	JB   vectors1to2
	CMPQ AX, $48
	JB   vectors3
	ROW(loop4, store4, VECTORS4, 192)

vectors3:
	ROW(loop3, store3, VECTORS3, 128)

vectors1to2:
	CMPQ AX, $16
	JB   vectors1
	ROW(loop2, store2, VECTORS2, 64)

vectors1:
	ROW(loop1, store1, VECTORS1, 0)

// ---- One row of up to 32 columns ----

// TERM2 and TERM4 add the term at at, whose row of W is at b, to one chain.
#define TERM2(at, b, l, r) \
	VBROADCASTSS at, Z24        \
	VMOVUPS.Z    64 b, K1, Z25  \
	VFMADD231PS  b, Z24, l      \
	VFMADD231PS  Z25, Z24, r

#define TERM4(at, b, acc, t) \
	VMOVUPS.Z        b, K1, t   \
	VFMADD231PS.BCST at, t, acc

// func row2AVX512(x, w, bias, y *float32, n, k, ldw int, floor float32)
//
// y = bias + x*W, no less than floor, NaN passing, for 17 ≤ n ≤ 32 columns and k ≥ 1 terms; rows of
// W are ldw bytes apart.      needs AVX-512 F
//
//	SI, BX   x and W at p          R8, R9    y, bias
//	R12, R13 1 and 3 strides of W  CX        terms left
//	Z0, Z1   even terms            Z2, Z3    odd terms
//	Z24, Z25 x at p, second half of W's row  Z31  floor    K1  its columns
//
//	loop2    a term of each chain
//	last     k mod 2 terms
TEXT ·row2AVX512(SB), NOSPLIT, $0-60
	NARROW
	VMOVUPS   (R9), Z0
	VMOVUPS.Z 64(R9), K1, Z1
	VXORPS    X2, X2, X2
	VXORPS    X3, X3, X3
	SUBQ      $2, CX
	JB        last

loop2:
	TERM2((SI), (BX), Z0, Z1)
	TERM2(4(SI), (BX)(R12*1), Z2, Z3)
	ADDQ $8, SI
	LEAQ (BX)(R12*2), BX
	SUBQ $2, CX
	JAE  loop2

last:
	ADDQ $2, CX
	JZ   store
	TERM2((SI), (BX), Z0, Z1)

store:
	VADDPS  Z2, Z0, Z0
	VADDPS  Z3, Z1, Z1
	PUT((R8), Z0, Z31)
	PUTLAST(64(R8), Z1, Z31)
	VZEROUPPER
	RET

// func row4AVX512(x, w, bias, y *float32, n, k, ldw int, floor float32)
//
// row2AVX512 for 1 ≤ n ≤ 16 and four chains.      needs AVX-512 F
//
//	Z0–Z3    chains                Z4–Z7     rows of W     others as in row2AVX512
//
//	loop4    a term of each chain
//	last     k mod 4 terms
TEXT ·row4AVX512(SB), NOSPLIT, $0-60
	NARROW
	VMOVUPS.Z (R9), K1, Z0
	VXORPS    X1, X1, X1
	VXORPS    X2, X2, X2
	VXORPS    X3, X3, X3
	SUBQ      $4, CX
	JB        last

loop4:
	TERM4((SI), (BX), Z0, Z4)
	TERM4(4(SI), (BX)(R12*1), Z1, Z5)
	TERM4(8(SI), (BX)(R12*2), Z2, Z6)
	TERM4(12(SI), (BX)(R13*1), Z3, Z7)
	ADDQ $16, SI
	LEAQ (BX)(R12*4), BX
	SUBQ $4, CX
	JAE  loop4

last:
	ADDQ $4, CX
	JZ   store
	TERM4((SI), (BX), Z0, Z4)
	DECQ CX
	JZ   store
	TERM4(4(SI), (BX)(R12*1), Z1, Z5)
	DECQ CX
	JZ   store
	TERM4(8(SI), (BX)(R12*2), Z2, Z6)

store:
	VADDPS Z1, Z0, Z0
	VADDPS Z3, Z2, Z2
	VADDPS Z2, Z0, Z0
	PUTLAST((R8), Z0, Z31)
	VZEROUPPER
	RET

// ---- One row, of some terms ----

DATA iota<>+0(SB)/8, $0x100000000
DATA iota<>+8(SB)/8, $0x300000002
DATA iota<>+16(SB)/8, $0x500000004
DATA iota<>+24(SB)/8, $0x700000006
DATA iota<>+32(SB)/8, $0x900000008
DATA iota<>+40(SB)/8, $0xB0000000A
DATA iota<>+48(SB)/8, $0xD0000000C
DATA iota<>+56(SB)/8, $0xF0000000E
GLOBL iota<>(SB), RODATA|NOPTR, $64

#define MULSKIP(off, acc) \
	VFMADD231PS off(BX)(R11*1), Z24, acc

// SKIP is one body of rowSkipAVX512, last the byte of the masked vector.
#define SKIP(loop, VECTORS, last) \
	VECTORS(STARTROW)                     \
	VMOVUPS.Z    last(R9), K1, Z7         \
loop:                                         \
	MOVL         (DX), R11                \
	ADDQ         $4, DX                   \
	VBROADCASTSS (SI)(R11*4), Z24         \
	IMULQ        R12, R11                 \
	VECTORS(MULSKIP)                      \
	VMOVUPS.Z    last(BX)(R11*1), K1, Z25 \
	VFMADD231PS  Z25, Z24, Z7             \
	DECQ         CX                       \
	JNZ          loop                     \
	VECTORS(STOREROW)                     \
	PUTLAST(last(R8), Z7, Z31)            \
	VZEROUPPER                            \
	RET

// func rowSkipAVX512(p *panel, terms *uint32)
//
// rowAVX512 for the k terms whose numbers are listed, A's 4 bytes apart, without gate.
// needs AVX-512 F, VL
//
//	SI, BX   a and b at term 0     R8, R9   c, start
//	DX, R11  next number, that term's byte in b
//	R12      stride of b           CX       terms left
//	Z0–Z7, Z24, Z25, Z31, K1       as in rowAVX512
TEXT ·rowSkipAVX512(SB), NOSPLIT, $0-16
	OPEN
	MOVQ panel_cols(DI), AX
	DECQ AX
	MOVQ panel_a(DI), SI
	MOVQ panel_b(DI), BX
	MOVQ panel_c(DI), R8
	MOVQ panel_start(DI), R9
	MOVQ panel_k(DI), CX
	MOVQ terms+8(FP), DX
	CMPQ AX, $64
	JB   vectors1to4
	CMPQ AX, $96
	JB   vectors5to6
	CMPQ AX, $112
	JB   vectors7
	SKIP(loop8, VECTORS8, 448)

vectors7:
	SKIP(loop7, VECTORS7, 384)

vectors5to6:
	CMPQ AX, $80
	JB   vectors5
	SKIP(loop6, VECTORS6, 320)

vectors5:
	SKIP(loop5, VECTORS5, 256)

vectors1to4:
	CMPQ AX, $32
	JB   vectors1to2
	CMPQ AX, $48
	JB   vectors3
	SKIP(loop4, VECTORS4, 192)

vectors3:
	SKIP(loop3, VECTORS3, 128)

vectors1to2:
	CMPQ AX, $16
	JB   vectors1
	SKIP(loop2, VECTORS2, 64)

vectors1:
	SKIP(loop1, VECTORS1, 0)

// func listAVX512(list *uint32, x *float32, n int) int
//
// The numbers of the elements of x that are not ±0, in order, and how many; n ≥ 1. Up to 16
// words behind the last number are written too.      needs AVX-512 F, POPCNT
//
//	SI, CX   next element, elements left      DI, R8   next number, the first
//	Z0, Z1   numbers of 16 elements, 16       Z2, Z3   elements, numbers; Z4 zero
//	K1, K2   not zero, elements there are
TEXT ·listAVX512(SB), NOSPLIT, $0-32
	MOVQ         list+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	MOVQ         DI, R8
	VMOVDQU32    iota<>(SB), Z0
	MOVL         $16, AX
	VPBROADCASTD AX, Z1
	VPXORD       Z4, Z4, Z4
	MOVL         $0xFFFF, AX

loop:
	CMPQ         CX, $16
	JAE          whole
	MOVL         $1, AX
	SHLQ         CX, AX
	DECQ         AX

whole:
	KMOVW        AX, K2
	VMOVUPS.Z    (SI), K2, Z2
	VCMPPS       $4, Z4, Z2, K2, K1
	VPCOMPRESSD.Z Z0, K1, Z3
	VMOVDQU32    Z3, (DI)
	KMOVW        K1, BX
	POPCNTL      BX, BX
	LEAQ         (DI)(BX*4), DI
	VPADDD       Z1, Z0, Z0
	ADDQ         $64, SI
	SUBQ         $16, CX
	JA           loop
	SUBQ         R8, DI
	SHRQ         $2, DI
	MOVQ         DI, ret+24(FP)
	VZEROUPPER
	RET
