//go:build !purego

#include "go_asm.h"
#include "textflag.h"
#include "avx512_amd64.h"

// TN of 9...15 columns for AVX-512. Vectors along the rows of C, as A has them, are full, where
// those along the columns would be partly idle; the tile is transposed on its way to C.

// COLUMNSn(M) runs M(address of B's element, register) on n columns.
#define COLUMNS9(M) \
	M((BX), Z0) \
	M(4(BX), Z1) \
	M(8(BX), Z2) \
	M(12(BX), Z3) \
	M(16(BX), Z4) \
	M(20(BX), Z5) \
	M(24(BX), Z6) \
	M(28(BX), Z7) \
	M(32(BX), Z8)

#define COLUMNS10(M) \
	COLUMNS9(M) \
	M(36(BX), Z9)

#define COLUMNS11(M) \
	COLUMNS10(M) \
	M(40(BX), Z10)

#define COLUMNS12(M) \
	COLUMNS11(M) \
	M(44(BX), Z11)

#define COLUMNS13(M) \
	COLUMNS12(M) \
	M(48(BX), Z12)

#define COLUMNS14(M) \
	COLUMNS13(M) \
	M(52(BX), Z13)

#define COLUMNS15(M) \
	COLUMNS14(M) \
	M(56(BX), Z14)

#define CLEAR(at, z) \
	VPXORD z, z, z

#define MUL(at, z) \
	VFMADD231PS.BCST at, Z24, z

#define TURN(loop, COLUMNS) \
	COLUMNS(CLEAR)            \
loop:                             \
	VMOVUPS.Z (SI), K2, Z24   \
	ADDQ      DX, SI          \
	COLUMNS(MUL)              \
	ADDQ      R12, BX         \
	DECQ      CX              \
	JNZ       loop            \
	JMP       transpose

// FOURS turns 4 columns of 16 rows into 4 vectors: the i-th has rows i, i+4, i+8, i+12.
#define FOURS(a, b, c, d) \
	VUNPCKLPS b, a, Z16     \
	VUNPCKHPS b, a, Z17     \
	VUNPCKLPS d, c, Z18     \
	VUNPCKHPS d, c, Z19     \
	VUNPCKLPD Z18, Z16, a   \
	VUNPCKHPD Z18, Z16, b   \
	VUNPCKLPD Z19, Z17, c   \
	VUNPCKHPD Z19, Z17, d

// WHOLE turns the i-th vectors of all columns into rows i, i+4, i+8, i+12.
#define WHOLE(a, b, c, d) \
	VSHUFF32X4 $0x88, b, a, Z16     \
	VSHUFF32X4 $0xDD, b, a, Z17     \
	VSHUFF32X4 $0x88, d, c, Z18     \
	VSHUFF32X4 $0xDD, d, c, Z19     \
	VSHUFF32X4 $0x88, Z18, Z16, a   \
	VSHUFF32X4 $0x88, Z19, Z17, b   \
	VSHUFF32X4 $0xDD, Z18, Z16, c   \
	VSHUFF32X4 $0xDD, Z19, Z17, d

#define ROW(z) \
	VMOVUPS z, K1, (DI) \
	ADDQ    R11, DI     \
	DECQ    AX          \
	JZ      next

// func turnAVX512(p *panel)
//
// panel1AVX512 for 9...15 columns and A's rows 4 bytes apart, from +0 whatever the start is, with
// neither gate nor floor. Tiles of 16 rows whatever their number is; any m and k ≥ 1.
// needs AVX-512 F
//
//	R8, SI    row 0 of this tile of A, next term of it      DX  distance of terms
//	R9, BX    B, next row of it       R12     distance of its rows
//	DI, R11   next row of C, distance of those
//	R10       rows left               AX      rows of this tile
//	R13       columns                 CX      terms left
//	K1, K2    masks of the columns, of the rows
//	Z0–Z14    columns, then Z0–Z15 rows       Z24  a term of 16 rows     Z16–Z19  scratch
TEXT ·turnAVX512(SB), NOSPLIT, $0-8
	MOVQ  p+0(FP), DI
	MOVQ  panel_a(DI), R8
	MOVQ  panel_acs(DI), DX
	MOVQ  panel_b(DI), R9
	MOVQ  panel_ldb(DI), R12
	MOVQ  panel_m(DI), R10
	MOVQ  panel_cols(DI), R13
	MOVQ  panel_ldc(DI), R11
	MOVQ  panel_k(DI), R14
	MOVQ  panel_c(DI), DI
	MOVQ  R13, CX
	MOVL  $1, AX
	SHLQ  CX, AX
	DECQ  AX
	KMOVW AX, K1
	MOVL  $0xFFFF, AX
	KMOVW AX, K2

tile:
	MOVL  $16, AX
	CMPQ  R10, AX
	JAE   whole
	MOVQ  R10, CX
	MOVL  $1, AX
	SHLQ  CX, AX
	DECQ  AX
	KMOVW AX, K2
	MOVQ  R10, AX

whole:
	MOVQ R8, SI
	MOVQ R9, BX
	MOVQ R14, CX
	CMPQ R13, $12
	JEQ  columns12
	JA   columns13to15
	CMPQ R13, $10
	JB   columns9
	JEQ  columns10
	TURN(loop11, COLUMNS11)

columns9:
	TURN(loop9, COLUMNS9)

columns10:
	TURN(loop10, COLUMNS10)

columns12:
	TURN(loop12, COLUMNS12)

columns13to15:
	CMPQ R13, $14
	JB   columns13
	JEQ  columns14
	TURN(loop15, COLUMNS15)

columns13:
	TURN(loop13, COLUMNS13)

columns14:
	TURN(loop14, COLUMNS14)

transpose:
	FOURS(Z0, Z1, Z2, Z3)
	FOURS(Z4, Z5, Z6, Z7)
	FOURS(Z8, Z9, Z10, Z11)
	FOURS(Z12, Z13, Z14, Z15)
	WHOLE(Z0, Z4, Z8, Z12)
	WHOLE(Z1, Z5, Z9, Z13)
	WHOLE(Z2, Z6, Z10, Z14)
	WHOLE(Z3, Z7, Z11, Z15)
	SUBQ AX, R10
	ADDQ $64, R8
	ROW(Z0)
	ROW(Z1)
	ROW(Z2)
	ROW(Z3)
	ROW(Z4)
	ROW(Z5)
	ROW(Z6)
	ROW(Z7)
	ROW(Z8)
	ROW(Z9)
	ROW(Z10)
	ROW(Z11)
	ROW(Z12)
	ROW(Z13)
	ROW(Z14)
	ROW(Z15)

next:
	TESTQ R10, R10
	JNZ   tile
	VZEROUPPER
	RET
