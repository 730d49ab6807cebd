//go:build !purego

#include "go_asm.h"
#include "textflag.h"
#include "panel_amd64.h"

// NT products in lanes for AVX-512: an element of C is c0 + a sum over 16 lanes, one
// register, so that rows of A and of B are read as they lie. The sums of 16 elements are
// then added up together: blends and shuffles bring together what the tree adds.
//
//	DI            panel                 CX       byte in the rows of A and B
//	Z0–Z15        sums of 16 elements   K2       mask of the last k mod 16 terms

// BEGIN sets K2, K4 (the upper half of doubles) and the constants.
#define BEGIN \
	MOVQ         p+0(FP), DI     \
	MOVQ         panel_k(DI), CX \
	ANDQ         $15, CX         \
	MOVL         $1, AX          \
	SHLQ         CX, AX          \
	DECQ         AX              \
	KMOVW        AX, K2          \
	MOVL         $0xF0, AX       \
	KMOVW        AX, K4          \
	VPXORD       Z28, Z28, Z28   \
	VBROADCASTSS panel_floor(DI), Z31

#define CLEAR16 \
	VPXORD Z0, Z0, Z0    \
	VPXORD Z1, Z1, Z1    \
	VPXORD Z2, Z2, Z2    \
	VPXORD Z3, Z3, Z3    \
	VPXORD Z4, Z4, Z4    \
	VPXORD Z5, Z5, Z5    \
	VPXORD Z6, Z6, Z6    \
	VPXORD Z7, Z7, Z7    \
	VPXORD Z8, Z8, Z8    \
	VPXORD Z9, Z9, Z9    \
	VPXORD Z10, Z10, Z10 \
	VPXORD Z11, Z11, Z11 \
	VPXORD Z12, Z12, Z12 \
	VPXORD Z13, Z13, Z13 \
	VPXORD Z14, Z14, Z14 \
	VPXORD Z15, Z15, Z15

// EIGHTHS adds lanes l and l+8 of a and of b: a's 8 sums are then in a's lower half, b's in
// the upper one.
#define EIGHTHS(a, b) \
	VBLENDMPD  b, a, K4, Z16    \
	VSHUFF64X2 $0x4E, b, a, Z17 \
	VADDPS     Z17, Z16, a

// QUARTERS adds lanes l and l+4: the 4 sums of each of the 4 elements in a and b are then in
// a, in order.
#define QUARTERS(a, b) \
	VSHUFF64X2 $0x88, b, a, Z16 \
	VSHUFF64X2 $0xDD, b, a, Z17 \
	VADDPS     Z17, Z16, a

// HALVES adds lanes l and l+2 of each quarter: the sums of a, then those of b.
#define HALVES(a, b) \
	VSHUFPS $0x44, b, a, Z16 \
	VSHUFPS $0xEE, b, a, Z17 \
	VADDPS  Z17, Z16, a

// LASTS adds the last two: of a's two elements, then of b's.
#define LASTS(a, b) \
	VSHUFPS $0x88, b, a, Z16 \
	VSHUFPS $0xDD, b, a, Z17 \
	VADDPS  Z17, Z16, a

// SUM16 leaves in Z0 the 16 elements whose lanes are Z0–Z15, in order.
#define SUM16 \
	EIGHTHS(Z0, Z4)   \
	EIGHTHS(Z8, Z12)  \
	EIGHTHS(Z1, Z5)   \
	EIGHTHS(Z9, Z13)  \
	EIGHTHS(Z2, Z6)   \
	EIGHTHS(Z10, Z14) \
	EIGHTHS(Z3, Z7)   \
	EIGHTHS(Z11, Z15) \
	QUARTERS(Z0, Z8)  \
	QUARTERS(Z1, Z9)  \
	QUARTERS(Z2, Z10) \
	QUARTERS(Z3, Z11) \
	HALVES(Z0, Z1)    \
	HALVES(Z2, Z3)    \
	LASTS(Z0, Z2)

// FINISH adds the start to x, with columns masked by K1, and stores it. Of two zeros or a
// NaN VMAXPS returns its second source, here the first operand.
#define FINISH(start, gate, c, x, y, zero, floor, store) \
	VMOVUPS.Z start, K1, y              \
	VADDPS    y, x, x                   \
	CMPQ      panel_gate(DI), $0        \
	JEQ       store                     \
	VCMPPS    $0x19, gate, zero, K1, K3 \
	VMOVAPS.Z x, K3, x                  \
store:                                      \
	VMAXPS    x, floor, x               \
	VMOVUPS   x, K1, c

// FOURBYFOUR multiplies 4 rows of A, loaded one by one, with Z16–Z19, the columns of B.
#define FOURBYFOUR(LOAD) \
	LOAD((BX)(CX*1), Z16)     \
	LOAD((R12)(CX*1), Z17)    \
	LOAD((R13)(CX*1), Z18)    \
	LOAD((DX)(CX*1), Z19)     \
	LOAD((R8)(CX*1), Z20)     \
	VFMADD231PS Z16, Z20, Z0  \
	VFMADD231PS Z17, Z20, Z1  \
	VFMADD231PS Z18, Z20, Z2  \
	VFMADD231PS Z19, Z20, Z3  \
	LOAD((R9)(CX*1), Z21)     \
	VFMADD231PS Z16, Z21, Z4  \
	VFMADD231PS Z17, Z21, Z5  \
	VFMADD231PS Z18, Z21, Z6  \
	VFMADD231PS Z19, Z21, Z7  \
	LOAD((R10)(CX*1), Z22)    \
	VFMADD231PS Z16, Z22, Z8  \
	VFMADD231PS Z17, Z22, Z9  \
	VFMADD231PS Z18, Z22, Z10 \
	VFMADD231PS Z19, Z22, Z11 \
	LOAD((R11)(CX*1), Z23)    \
	VFMADD231PS Z16, Z23, Z12 \
	VFMADD231PS Z17, Z23, Z13 \
	VFMADD231PS Z18, Z23, Z14 \
	VFMADD231PS Z19, Z23, Z15

#define ALL(at, z) \
	VMOVUPS at, z

#define LAST(at, z) \
	VMOVUPS.Z at, K2, z

// func dots4x4AVX512(p *panel)
//
// C[i,j] = start[i,j] + sum of A[i,p]*B[p,j] in 16 lanes, 0 ≤ p < k, where B[p,j] lies at
// b + j·ldb + 4p and A[i,p] at a + i·ars + 4p; then gate and floor. Any m, cols and k ≥ 1.
// needs AVX-512 F, VL
//
//	R8–R11            4 rows of A      AX      rows of this tile; with fewer than 4 the
//	                                           last one stands in for the others
//	BX, R12, R13, DX  4 columns of B, likewise
//	SI                bytes of whole vectors
//	Z16–Z23           vectors of B and A       K1      mask of the columns
//
//	group    4 columns, all rows    tile    4 rows
//	loop     16 terms               last    the last k mod 16
//	order    lanes 16; then l + (l+8), l + (l+4), l + (l+2), 0 + 1; start + sum
TEXT ·dots4x4AVX512(SB), NOSPLIT, $0-8
	BEGIN
	OPENGROUPS

group:
	TOP
	MOVQ    columns(DI), CX
	MOVL    $4, AX
	CMPQ    CX, AX
	CMOVQGT AX, CX
	MOVL    $1, AX
	SHLQ    CX, AX
	DECQ    AX
	KMOVW   AX, K1

tile:
	CLEAR16
	MOVQ    panel_ldb(DI), SI
	MOVQ    groupB(DI), BX
	MOVQ    BX, R12
	MOVQ    columns(DI), CX
	CMPQ    CX, $2
	JB      columns1
	LEAQ    (R12)(SI*1), R12
	MOVQ    R12, R13
	JEQ     columns2
	LEAQ    (R13)(SI*1), R13
	MOVQ    R13, DX
	CMPQ    CX, $4
	JB      rows
	LEAQ    (DX)(SI*1), DX
	JMP     rows

columns1:
	MOVQ R12, R13

columns2:
	MOVQ R13, DX

rows:
	// LEAQ adds without a change of the flags.
	MOVQ    panel_ars(DI), SI
	MOVQ    nextA(DI), R8
	MOVQ    R8, R9
	MOVQ    left(DI), AX
	CMPQ    AX, $2
	JB      rows1
	LEAQ    (R9)(SI*1), R9
	MOVQ    R9, R10
	JEQ     rows2
	LEAQ    (R10)(SI*1), R10
	MOVQ    R10, R11
	CMPQ    AX, $4
	JB      terms
	LEAQ    (R11)(SI*1), R11
	MOVL    $4, AX
	JMP     terms

rows1:
	MOVQ R9, R10

rows2:
	MOVQ R10, R11

terms:
	MOVQ panel_k(DI), SI
	ANDQ $~15, SI
	SHLQ $2, SI
	XORL CX, CX
	CMPQ CX, SI
	JEQ  last

loop:
	FOURBYFOUR(ALL)
	ADDQ $64, CX
	CMPQ CX, SI
	JB   loop
	TESTQ $15, panel_k(DI)
	JZ   sum

last:
	FOURBYFOUR(LAST)

sum:
	SUM16
	MOVQ          nextStart(DI), R8
	MOVQ          panel_lds(DI), R9
	MOVQ          nextGate(DI), R10
	MOVQ          panel_ldg(DI), R11
	MOVQ          nextC(DI), R12
	MOVQ          panel_ldc(DI), R13
	VEXTRACTF32X4 $1, Z0, X1
	VEXTRACTF32X4 $2, Z0, X2
	VEXTRACTF32X4 $3, Z0, X3
	FINISH((R8), (R10), (R12), X0, X4, X28, X31, store0)
	CMPQ          AX, $2
	JB            tiledone
	FINISH((R8)(R9*1), (R10)(R11*1), (R12)(R13*1), X1, X4, X28, X31, store1)
	CMPQ          AX, $3
	JB            tiledone
	FINISH((R8)(R9*2), (R10)(R11*2), (R12)(R13*2), X2, X4, X28, X31, store2)
	CMPQ          AX, $4
	JB            tiledone
	LEAQ          (R8)(R9*2), R8
	LEAQ          (R10)(R11*2), R10
	LEAQ          (R12)(R13*2), R12
	FINISH((R8)(R9*1), (R10)(R11*1), (R12)(R13*1), X3, X4, X28, X31, store3)

tiledone:
	TILEDONE
	JNZ   tile
	MOVQ  panel_ldb(DI), R12
	CMPQ  columns(DI), $4
	JLE   done
	NEXTGROUP(4, group)

done:
	VZEROUPPER
	RET

// COLUMNS4 multiplies Z24, of A, with 4 columns of B.
#define COLUMNS4(LOAD, base, a, b, c, d) \
	LOAD(base, Z16)         \
	LOAD(base(R12*1), Z17)  \
	LOAD(base(R12*2), Z18)  \
	LOAD(base(R13*1), Z19)  \
	VFMADD231PS Z16, Z24, a \
	VFMADD231PS Z17, Z24, b \
	VFMADD231PS Z18, Z24, c \
	VFMADD231PS Z19, Z24, d

// COLUMNS4TWICE multiplies Z25, of a second row, as well.
#define COLUMNS4TWICE(LOAD, base, a, b, c, d, e, f, g, h) \
	COLUMNS4(LOAD, base, a, b, c, d) \
	VFMADD231PS Z16, Z25, e          \
	VFMADD231PS Z17, Z25, f          \
	VFMADD231PS Z18, Z25, g          \
	VFMADD231PS Z19, Z25, h

#define ONEBYSIXTEEN(LOAD) \
	LOAD((SI), Z24)                         \
	COLUMNS4(LOAD, (BX), Z0, Z1, Z2, Z3)    \
	COLUMNS4(LOAD, (R14), Z4, Z5, Z6, Z7)   \
	COLUMNS4(LOAD, (R15), Z8, Z9, Z10, Z11) \
	COLUMNS4(LOAD, (DX), Z12, Z13, Z14, Z15)

#define TWOBYEIGHT(LOAD) \
	LOAD((SI), Z24)                                             \
	LOAD((SI)(R8*1), Z25)                                       \
	COLUMNS4TWICE(LOAD, (BX), Z0, Z1, Z2, Z3, Z8, Z9, Z10, Z11) \
	COLUMNS4TWICE(LOAD, (R14), Z4, Z5, Z6, Z7, Z12, Z13, Z14, Z15)

// func dots1x16AVX512(p *panel)
//
// dots4x4AVX512 for m = 1 and a multiple of 16 columns: there is only B to read, 16 rows of
// it at once.      needs AVX-512 F, VL
//
//	SI       next terms of A       BX, R14, R15, DX  those of columns 0, 4, 8, 12
//	R12, R13 1 and 3 distances of columns
//	CX       vectors left          Z16–Z19, Z24      vectors of B, of A
//
//	group    16 columns            loop    16 terms            last    the last k mod 16
TEXT ·dots1x16AVX512(SB), NOSPLIT, $0-8
	BEGIN
	OPENGROUPS
	MOVL  $0xFFFF, AX
	KMOVW AX, K1
	MOVQ  panel_ldb(DI), R12
	LEAQ  (R12)(R12*2), R13

group:
	CLEAR16
	MOVQ panel_a(DI), SI
	MOVQ groupB(DI), BX
	LEAQ (BX)(R12*4), R14
	LEAQ (BX)(R12*8), R15
	LEAQ (R14)(R12*8), DX
	MOVQ panel_k(DI), CX
	SHRQ $4, CX
	JZ   last

loop:
	ONEBYSIXTEEN(ALL)
	ADDQ  $64, SI
	ADDQ  $64, BX
	ADDQ  $64, R14
	ADDQ  $64, R15
	ADDQ  $64, DX
	DECQ  CX
	JNZ   loop
	TESTQ $15, panel_k(DI)
	JZ    sum

last:
	ONEBYSIXTEEN(LAST)

sum:
	SUM16
	MOVQ groupStart(DI), R8
	MOVQ groupGate(DI), R10
	MOVQ groupC(DI), R11
	FINISH((R8), (R10), (R11), Z0, Z4, Z28, Z31, store)
	NEXTGROUP(16, group)

// func dots2x8AVX512(p *panel)
//
// dots4x4AVX512 for m = 2 and a multiple of 8 columns.      needs AVX-512 F, VL
//
//	SI, R8   next terms of A, distance of its rows
//	BX, R14  next terms of columns 0, 4 of B
//	R12, R13 1 and 3 distances of columns
//	CX       vectors left          Z16–Z19, Z24, Z25  vectors of B, of A
//
//	group    8 columns             loop    16 terms            last    the last k mod 16
TEXT ·dots2x8AVX512(SB), NOSPLIT, $0-8
	BEGIN
	OPENGROUPS
	MOVL  $0xFF, AX
	KMOVW AX, K1
	MOVQ  panel_ldb(DI), R12
	LEAQ  (R12)(R12*2), R13

group:
	CLEAR16
	MOVQ panel_a(DI), SI
	MOVQ panel_ars(DI), R8
	MOVQ groupB(DI), BX
	LEAQ (BX)(R12*4), R14
	MOVQ panel_k(DI), CX
	SHRQ $4, CX
	JZ   last

loop:
	TWOBYEIGHT(ALL)
	ADDQ  $64, SI
	ADDQ  $64, BX
	ADDQ  $64, R14
	DECQ  CX
	JNZ   loop
	TESTQ $15, panel_k(DI)
	JZ    sum

last:
	TWOBYEIGHT(LAST)

sum:
	SUM16
	VEXTRACTF64X4 $1, Z0, Y1
	MOVQ          groupStart(DI), R8
	MOVQ          panel_lds(DI), R9
	MOVQ          groupGate(DI), R10
	MOVQ          panel_ldg(DI), R11
	MOVQ          groupC(DI), R14
	MOVQ          panel_ldc(DI), R15
	FINISH((R8), (R10), (R14), Y0, Y4, Y28, Y31, store0)
	FINISH((R8)(R9*1), (R10)(R11*1), (R14)(R15*1), Y1, Y4, Y28, Y31, store1)
	NEXTGROUP(8, group)

// FOURROWS multiplies the vector of x at off with that of 4 rows.
#define FOURROWS(off, LOAD, a, b, c, d) \
	LOAD(off(BX), Z16)        \
	LOAD(off(SI), Z17)        \
	VFMADD231PS Z17, Z16, a   \
	LOAD(off(SI)(R8*1), Z18)  \
	VFMADD231PS Z18, Z16, b   \
	LOAD(off(SI)(R8*2), Z19)  \
	VFMADD231PS Z19, Z16, c   \
	LOAD(off(SI)(R9*1), Z20)  \
	VFMADD231PS Z20, Z16, d

// GROUPS adds the four groups of 16 lanes of a row pairwise.
#define GROUPS(a, b, c, d) \
	VADDPS b, a, a \
	VADDPS d, c, c \
	VADDPS c, a, a

// func columnDotsAVX512(m, k int, a *float32, lda int, x, c *float32, ldc int)
//
// c[i*ldc] += Dot of row i of A and x, for m rows, a multiple of 4; k ≥ 1, no more than a
// block of Dot's.      needs AVX-512 F, VL
//
//	AX, CX   rows, terms left      DX       row 0 of the four
//	SI, BX   next terms of it, of x        R8, R9   1 and 3 distances of rows
//	DI, R10, R11  next element of c, x, distance of those
//	Z0–Z15   row r's lanes in Z(4r) to Z(4r+3)
//
//	rows     4 rows
//	loop64   64 terms              vectors  the last k mod 64, by 16; K2 masks the last
//	order    Dot's: the last 16 filled up with +0·+0; groups of lanes pairwise, then halves
TEXT ·columnDotsAVX512(SB), NOSPLIT, $0-56
	MOVQ  m+0(FP), AX
	MOVQ  a+16(FP), DX
	MOVQ  lda+24(FP), R8
	SHLQ  $2, R8
	LEAQ  (R8)(R8*2), R9
	MOVQ  x+32(FP), R10
	MOVQ  c+40(FP), DI
	MOVQ  ldc+48(FP), R11
	SHLQ  $2, R11
	MOVL  $0xF0, CX
	KMOVW CX, K4
	MOVQ  k+8(FP), CX
	ANDQ  $15, CX
	MOVL  $1, BX
	SHLQ  CX, BX
	DECQ  BX
	KMOVW BX, K2

rows:
	CLEAR16
	MOVQ DX, SI
	MOVQ R10, BX
	MOVQ k+8(FP), CX
	SUBQ $64, CX
	JB   vectors

loop64:
	FOURROWS(0, ALL, Z0, Z4, Z8, Z12)
	FOURROWS(64, ALL, Z1, Z5, Z9, Z13)
	FOURROWS(128, ALL, Z2, Z6, Z10, Z14)
	FOURROWS(192, ALL, Z3, Z7, Z11, Z15)
	ADDQ $256, SI
	ADDQ $256, BX
	SUBQ $64, CX
	JAE  loop64

vectors:
	ADDQ $64, CX
	JZ   sum
	CMPQ CX, $16
	JB   last0
	FOURROWS(0, ALL, Z0, Z4, Z8, Z12)
	SUBQ $16, CX
	JZ   sum
	CMPQ CX, $16
	JB   last1
	FOURROWS(64, ALL, Z1, Z5, Z9, Z13)
	SUBQ $16, CX
	JZ   sum
	CMPQ CX, $16
	JB   last2
	FOURROWS(128, ALL, Z2, Z6, Z10, Z14)
	SUBQ $16, CX
	JZ   sum
	FOURROWS(192, LAST, Z3, Z7, Z11, Z15)
	JMP  sum

last0:
	FOURROWS(0, LAST, Z0, Z4, Z8, Z12)
	JMP sum

last1:
	FOURROWS(64, LAST, Z1, Z5, Z9, Z13)
	JMP sum

last2:
	FOURROWS(128, LAST, Z2, Z6, Z10, Z14)

sum:
	GROUPS(Z0, Z1, Z2, Z3)
	GROUPS(Z4, Z5, Z6, Z7)
	GROUPS(Z8, Z9, Z10, Z11)
	GROUPS(Z12, Z13, Z14, Z15)
	EIGHTHS(Z0, Z4)
	EIGHTHS(Z8, Z12)
	QUARTERS(Z0, Z8)
	HALVES(Z0, Z0)
	LASTS(Z0, Z0)
	VEXTRACTF32X4 $1, Z0, X1
	VEXTRACTF32X4 $2, Z0, X2
	VEXTRACTF32X4 $3, Z0, X3
	VADDSS        (DI), X0, X0
	VMOVSS        X0, (DI)
	ADDQ          R11, DI
	VADDSS        (DI), X1, X1
	VMOVSS        X1, (DI)
	ADDQ          R11, DI
	VADDSS        (DI), X2, X2
	VMOVSS        X2, (DI)
	ADDQ          R11, DI
	VADDSS        (DI), X3, X3
	VMOVSS        X3, (DI)
	ADDQ          R11, DI
	LEAQ          (DX)(R8*4), DX
	SUBQ          $4, AX
	JNZ           rows
	VZEROUPPER
	RET
