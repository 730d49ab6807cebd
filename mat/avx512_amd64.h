#include "panel_amd64.h"

// What the AVX-512 kernels of products share: lists of rows, the way from tile to tile, the
// ends. See panel for their arguments and gemm_amd64.go for what they do.
//
//	DI            panel
//	AX            rows of this tile
//	SI, R10, R11  row 0, 4, 8 of the start, of A, of the gate, of C, in turn
//	R8, R9        1 and 3 strides of those rows, bytes
//	BX            row p of B            R12, R13  1 and 3 strides of B
//	DX            stride of p in A      CX        terms left
//	K1            mask of the last vector of columns
//	Z24–Z27       rows of B             Z28, Z31  zero, floor
//
// ROWS is a list of rows: PAIRS3(M) runs M(address, registers) on 3 of them. The last
// columns take a whole vector if there are more than 8, else half of one (a Y
// register), which takes half of the time.

#define PAIRS1(M) \
	M((SI), Z0, Z1)

#define PAIRS2(M) \
	PAIRS1(M) \
	M((SI)(R8*1), Z2, Z3)

#define PAIRS3(M) \
	PAIRS2(M) \
	M((SI)(R8*2), Z4, Z5)

#define PAIRS4(M) \
	PAIRS3(M) \
	M((SI)(R9*1), Z6, Z7)

#define PAIRS5(M) \
	PAIRS4(M) \
	M((R10), Z8, Z9)

#define PAIRS6(M) \
	PAIRS5(M) \
	M((R10)(R8*1), Z10, Z11)

#define PAIRS7(M) \
	PAIRS6(M) \
	M((R10)(R8*2), Z12, Z13)

#define PAIRS8(M) \
	PAIRS7(M) \
	M((R10)(R9*1), Z14, Z15)

#define PAIRS9(M) \
	PAIRS8(M) \
	M((R11), Z16, Z17)

#define PAIRS10(M) \
	PAIRS9(M) \
	M((R11)(R8*1), Z18, Z19)

#define PAIRS11(M) \
	PAIRS10(M) \
	M((R11)(R8*2), Z20, Z21)

#define PAIRS12(M) \
	PAIRS11(M) \
	M((R11)(R9*1), Z22, Z23)

// The second vector is a half.
#define MIXED1(M) \
	M((SI), Z0, Y1)

#define MIXED2(M) \
	MIXED1(M) \
	M((SI)(R8*1), Z2, Y3)

#define MIXED3(M) \
	MIXED2(M) \
	M((SI)(R8*2), Z4, Y5)

#define MIXED4(M) \
	MIXED3(M) \
	M((SI)(R9*1), Z6, Y7)

#define MIXED5(M) \
	MIXED4(M) \
	M((R10), Z8, Y9)

#define MIXED6(M) \
	MIXED5(M) \
	M((R10)(R8*1), Z10, Y11)

#define MIXED7(M) \
	MIXED6(M) \
	M((R10)(R8*2), Z12, Y13)

#define MIXED8(M) \
	MIXED7(M) \
	M((R10)(R9*1), Z14, Y15)

#define MIXED9(M) \
	MIXED8(M) \
	M((R11), Z16, Y17)

#define MIXED10(M) \
	MIXED9(M) \
	M((R11)(R8*1), Z18, Y19)

#define MIXED11(M) \
	MIXED10(M) \
	M((R11)(R8*2), Z20, Y21)

#define MIXED12(M) \
	MIXED11(M) \
	M((R11)(R9*1), Z22, Y23)

// The only vector is a half.
#define HALVES1(M) \
	M((SI), Y0, Y1)

#define HALVES2(M) \
	HALVES1(M) \
	M((SI)(R8*1), Y2, Y3)

#define HALVES3(M) \
	HALVES2(M) \
	M((SI)(R8*2), Y4, Y5)

#define HALVES4(M) \
	HALVES3(M) \
	M((SI)(R9*1), Y6, Y7)

#define HALVES5(M) \
	HALVES4(M) \
	M((R10), Y8, Y9)

#define HALVES6(M) \
	HALVES5(M) \
	M((R10)(R8*1), Y10, Y11)

#define HALVES7(M) \
	HALVES6(M) \
	M((R10)(R8*2), Y12, Y13)

#define HALVES8(M) \
	HALVES7(M) \
	M((R10)(R9*1), Y14, Y15)

#define HALVES9(M) \
	HALVES8(M) \
	M((R11), Y16, Y17)

#define HALVES10(M) \
	HALVES9(M) \
	M((R11)(R8*1), Y18, Y19)

#define HALVES11(M) \
	HALVES10(M) \
	M((R11)(R8*2), Y20, Y21)

#define HALVES12(M) \
	HALVES11(M) \
	M((R11)(R9*1), Y22, Y23)

// Four registers per row: four vectors of columns, or two of two chains, or four chains.
#define QUADS1(M) \
	M((SI), Z0, Z1, Z2, Z3)

#define QUADS2(M) \
	QUADS1(M) \
	M((SI)(R8*1), Z4, Z5, Z6, Z7)

#define QUADS3(M) \
	QUADS2(M) \
	M((SI)(R8*2), Z8, Z9, Z10, Z11)

#define QUADS4(M) \
	QUADS3(M) \
	M((SI)(R9*1), Z12, Z13, Z14, Z15)

#define QUADS5(M) \
	QUADS4(M) \
	M((R10), Z16, Z17, Z18, Z19)

#define QUADS6(M) \
	QUADS5(M) \
	M((R10)(R8*1), Z20, Z21, Z22, Z23)

// Two chains, the second vector of columns a half.
#define TWINS1(M) \
	M((SI), Z0, Y1, Z2, Y3)

#define TWINS2(M) \
	TWINS1(M) \
	M((SI)(R8*1), Z4, Y5, Z6, Y7)

#define TWINS3(M) \
	TWINS2(M) \
	M((SI)(R8*2), Z8, Y9, Z10, Y11)

#define TWINS4(M) \
	TWINS3(M) \
	M((SI)(R9*1), Z12, Y13, Z14, Y15)

#define TWINS5(M) \
	TWINS4(M) \
	M((R10), Z16, Y17, Z18, Y19)

#define TWINS6(M) \
	TWINS5(M) \
	M((R10)(R8*1), Z20, Y21, Z22, Y23)

// Four chains of half a vector.
#define SMALL1(M) \
	M((SI), Y0, Y1, Y2, Y3)

#define SMALL2(M) \
	SMALL1(M) \
	M((SI)(R8*1), Y4, Y5, Y6, Y7)

#define SMALL3(M) \
	SMALL2(M) \
	M((SI)(R8*2), Y8, Y9, Y10, Y11)

#define SMALL4(M) \
	SMALL3(M) \
	M((SI)(R9*1), Y12, Y13, Y14, Y15)

#define SMALL5(M) \
	SMALL4(M) \
	M((R10), Y16, Y17, Y18, Y19)

#define SMALL6(M) \
	SMALL5(M) \
	M((R10)(R8*1), Y20, Y21, Y22, Y23)

// AIM points the row registers at a matrix: its next row is at, stride bytes apart.
#define AIM(at, stride) \
	MOVQ at(DI), SI      \
	MOVQ stride(DI), R8  \
	LEAQ (R8)(R8*2), R9  \
	LEAQ (SI)(R8*4), R10 \
	LEAQ (SI)(R8*8), R11

// STEPn moves the row registers of up to 4n rows of A from p to p+1.
#define STEP1 \
	ADDQ DX, SI

#define STEP2 \
	ADDQ DX, SI \
	ADDQ DX, R10

#define STEP3 \
	ADDQ DX, SI  \
	ADDQ DX, R10 \
	ADDQ DX, R11

// OPEN loads what stays for all tiles of a call and starts at the first.
#define OPEN \
	MOVQ         p+0(FP), DI          \
	MOVQ         panel_cols(DI), CX   \
	DECQ         CX                   \
	ANDQ         $15, CX              \
	MOVL         $2, AX               \
	SHLQ         CX, AX               \
	DECQ         AX                   \
	KMOVW        AX, K1               \
	VPXORD       Z28, Z28, Z28        \
	VBROADCASTSS panel_floor(DI), Z31 \
	MOVQ         panel_ldb(DI), R12   \
	LEAQ         (R12)(R12*2), R13    \
	MOVQ         panel_acs(DI), DX    \
	MOVQ         panel_a(DI), AX      \
	MOVQ         AX, nextA(DI)        \
	MOVQ         panel_start(DI), AX  \
	MOVQ         AX, nextStart(DI)    \
	MOVQ         panel_gate(DI), AX   \
	MOVQ         AX, nextGate(DI)     \
	MOVQ         panel_c(DI), AX      \
	MOVQ         AX, nextC(DI)        \
	MOVQ         panel_m(DI), AX      \
	MOVQ         AX, left(DI)

// ENTER and LEAVE are what all bodies begin and end with.
#define ENTER(ROWS, START) \
	AIM(nextStart, panel_lds) \
	ROWS(START)               \
	AIM(nextA, panel_ars)     \
	MOVQ panel_b(DI), BX      \
	MOVQ panel_k(DI), CX

#define LEAVE(store, ROWS, GATE, STORE, next) \
	CMPQ panel_gate(DI), $0  \
	JEQ  store               \
	AIM(nextGate, panel_ldg) \
	ROWS(GATE)               \
store:                           \
	AIM(nextC, panel_ldc)    \
	ROWS(STORE)              \
	JMP  next

// Operations on one vector of C: kept where the gate is not ≤ 0 (NaN keeps too), and
// stored. Of two zeros or a NaN VMAXPS returns its second source, here the first operand.
#define KEEP(at, x, zero) \
	VCMPPS     $0x19, at, zero, K3 \
	VMOVAPS.Z  x, K3, x

#define KEEPLAST(at, x, zero) \
	VCMPPS     $0x19, at, zero, K1, K3 \
	VMOVAPS.Z  x, K3, x

#define PUT(at, x, floor) \
	VMAXPS  x, floor, x \
	VMOVUPS x, at

#define PUTLAST(at, x, floor) \
	VMAXPS  x, floor, x \
	VMOVUPS x, K1, at

// Start, gate and store of one vector of columns.
#define START1(at, l, r) \
	VMOVUPS.Z at, K1, l

#define GATE1(at, l, r) \
	KEEPLAST(at, l, Z28)

#define STORE1(at, l, r) \
	PUTLAST(at, l, Z31)
