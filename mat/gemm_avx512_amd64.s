//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// Products for AVX-512: see gemm_amd64.go for what a call does and panel for its
// arguments. A tile of C stays in registers over all k terms: per term a row of B is
// loaded once and multiplied by each element of A, broadcast from memory. There is one
// straight body per number of rows, so no row is computed twice, and the loop over the
// tiles of a call is here too: a small product is one call.
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

// Where the next tile begins, and the rows left.
#define nextA (panel_room+0)
#define nextStart (panel_room+8)
#define nextGate (panel_room+16)
#define nextC (panel_room+24)
#define left (panel_room+32)

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

// PICK sets AX to the rows of the next tile.
#define PICK \
	MOVQ    panel_rows(DI), AX \
	CMPQ    AX, left(DI)       \
	CMOVQGT left(DI), AX

// TILEDONE moves on by the AX rows of a tile; the flags say whether rows are left.
#define TILEDONE \
	MOVQ  panel_ars(DI), BX \
	IMULQ AX, BX            \
	ADDQ  BX, nextA(DI)     \
	MOVQ  panel_lds(DI), BX \
	IMULQ AX, BX            \
	ADDQ  BX, nextStart(DI) \
	MOVQ  panel_ldg(DI), BX \
	IMULQ AX, BX            \
	ADDQ  BX, nextGate(DI)  \
	MOVQ  panel_ldc(DI), BX \
	IMULQ AX, BX            \
	ADDQ  BX, nextC(DI)     \
	SUBQ  AX, left(DI)

// ADVANCE goes on to the tile below, or past the jump if there is none.
#define ADVANCE(again) \
	TILEDONE   \
	JNZ  again \
	VZEROUPPER \
	RET

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

// ---- One chain ----

#define START4(at, s, t, u, v) \
	VMOVUPS   at, s     \
	VMOVUPS   64 at, t  \
	VMOVUPS   128 at, u \
	VMOVUPS.Z 192 at, K1, v

#define ROWB4 \
	VMOVUPS   (BX), Z24    \
	VMOVUPS   64(BX), Z25  \
	VMOVUPS   128(BX), Z26 \
	VMOVUPS.Z 192(BX), K1, Z27

#define MUL4(at, s, t, u, v) \
	VFMADD231PS.BCST at, Z24, s \
	VFMADD231PS.BCST at, Z25, t \
	VFMADD231PS.BCST at, Z26, u \
	VFMADD231PS.BCST at, Z27, v

#define GATE4(at, s, t, u, v) \
	KEEP(at, s, Z28)     \
	KEEP(64 at, t, Z28)  \
	KEEP(128 at, u, Z28) \
	KEEPLAST(192 at, v, Z28)

#define STORE4(at, s, t, u, v) \
	PUT(at, s, Z31)     \
	PUT(64 at, t, Z31)  \
	PUT(128 at, u, Z31) \
	PUTLAST(192 at, v, Z31)

#define START2(at, l, r) \
	VMOVUPS   at, l \
	VMOVUPS.Z 64 at, K1, r

#define ROWB2 \
	VMOVUPS   (BX), Z24 \
	VMOVUPS.Z 64(BX), K1, Z25

#define MUL2(at, l, r) \
	VFMADD231PS.BCST at, Z24, l \
	VFMADD231PS.BCST at, Z25, r

#define GATE2(at, l, r) \
	KEEP(at, l, Z28) \
	KEEPLAST(64 at, r, Z28)

#define STORE2(at, l, r) \
	PUT(at, l, Z31) \
	PUTLAST(64 at, r, Z31)

// One and a half.
#define ROWBM \
	VMOVUPS   (BX), Z24 \
	VMOVUPS.Z 64(BX), K1, Y25

#define MULM(at, l, r) \
	VFMADD231PS.BCST at, Z24, l \
	VFMADD231PS.BCST at, Y25, r

#define GATEM(at, l, r) \
	KEEP(at, l, Z28) \
	KEEPLAST(64 at, r, Y28)

#define STOREM(at, l, r) \
	PUT(at, l, Z31) \
	PUTLAST(64 at, r, Y31)

// FETCH brings in the rows of the start that the next tile begins with: from afar they take
// longer than the multiply-adds can wait.
#define FETCH(at, l, r) \
	PREFETCHT0 at \
	PREFETCHT0 64 at

// TILEFAR is TILE for tiles that fetch.
#define TILEFAR(loop, near, store, next, ROWS, STEP) \
	AIM(nextStart, panel_lds) \
	ROWS(START2)              \
	CMPQ panel_far(DI), $0    \
	JEQ  near                 \
	MOVQ R8, BX               \
	IMULQ AX, BX              \
	ADDQ BX, SI               \
	ADDQ BX, R10              \
	ADDQ BX, R11              \
	ROWS(FETCH)               \
near:                             \
	AIM(nextA, panel_ars)     \
	MOVQ panel_b(DI), BX      \
	MOVQ panel_k(DI), CX      \
loop:                             \
	ROWB2                     \
	ADDQ R12, BX              \
	ROWS(MUL2)                \
	STEP                      \
	DECQ CX                   \
	JNZ  loop                 \
	LEAVE(store, ROWS, GATE2, STORE2, next)

#define START1(at, l, r) \
	VMOVUPS.Z at, K1, l

#define ROWB1 \
	VMOVUPS.Z (BX), K1, Z24

#define MUL1(at, l, r) \
	VFMADD231PS.BCST at, Z24, l

#define GATE1(at, l, r) \
	KEEPLAST(at, l, Z28)

#define STORE1(at, l, r) \
	PUTLAST(at, l, Z31)

#define ROWBH \
	VMOVUPS.Z (BX), K1, Y24

#define MULH(at, l, r) \
	VFMADD231PS.BCST at, Y24, l

#define GATEH(at, l, r) \
	KEEPLAST(at, l, Y28)

#define STOREH(at, l, r) \
	PUTLAST(at, l, Y31)

#define TILE(loop, store, next, ROWS, STEP, START, ROWB, MUL, GATE, STORE) \
	ENTER(ROWS, START) \
loop:                      \
	ROWB               \
	ADDQ R12, BX       \
	ROWS(MUL)          \
	STEP               \
	DECQ CX            \
	JNZ  loop          \
	LEAVE(store, ROWS, GATE, STORE, next)

// func panel1AVX512(p *panel)
//
// C[i,j] = sum of A[i,p]*B[p,j] from start[i,j], 0 ≤ p < k, one chain; then gate and floor.
// Tiles of 1...12 rows for 1...32 columns, of 1...6 rows for 49...64; m, k ≥ 1.
// needs AVX-512 F, VL
//
//	quad     49...64 columns, four vectors
//	pair     25...32, two             mixed   17...24, one and a half
//	single   9...16, one              half    1...8, half of one
TEXT ·panel1AVX512(SB), NOSPLIT, $0-8
	OPEN
	MOVQ panel_cols(DI), CX
	CMPQ CX, $16
	JBE  upto16
	CMPQ CX, $32
	JA   quad
	CMPQ CX, $24
	JBE  mixed

pair:
	PICK
	CMPQ AX, $6
	JB   pair1to5
	JEQ  pair6
	CMPQ AX, $9
	JB   pair7to8
	JEQ  pair9
	CMPQ AX, $11
	JB   pair10
	JEQ  pair11
	TILEFAR(pairloop12, pairnear12, pairstore12, pairnext, PAIRS12, STEP3)

pair11:
	TILEFAR(pairloop11, pairnear11, pairstore11, pairnext, PAIRS11, STEP3)

pair10:
	TILEFAR(pairloop10, pairnear10, pairstore10, pairnext, PAIRS10, STEP3)

pair9:
	TILEFAR(pairloop9, pairnear9, pairstore9, pairnext, PAIRS9, STEP3)

pair7to8:
	CMPQ AX, $8
	JB   pair7
	TILEFAR(pairloop8, pairnear8, pairstore8, pairnext, PAIRS8, STEP2)

pair7:
	TILEFAR(pairloop7, pairnear7, pairstore7, pairnext, PAIRS7, STEP2)

pair6:
	TILEFAR(pairloop6, pairnear6, pairstore6, pairnext, PAIRS6, STEP2)

pair1to5:
	CMPQ AX, $3
	JB   pair1to2
	JEQ  pair3
	CMPQ AX, $5
	JB   pair4
	TILEFAR(pairloop5, pairnear5, pairstore5, pairnext, PAIRS5, STEP2)

pair4:
	TILEFAR(pairloop4, pairnear4, pairstore4, pairnext, PAIRS4, STEP1)

pair3:
	TILEFAR(pairloop3, pairnear3, pairstore3, pairnext, PAIRS3, STEP1)

pair1to2:
	CMPQ AX, $2
	JB   pair1
	TILEFAR(pairloop2, pairnear2, pairstore2, pairnext, PAIRS2, STEP1)

pair1:
	TILEFAR(pairloop1, pairnear1, pairstore1, pairnext, PAIRS1, STEP1)

pairnext:
	ADVANCE(pair)

mixed:
	PICK
	CMPQ AX, $6
	JB   mixed1to5
	JEQ  mixed6
	CMPQ AX, $9
	JB   mixed7to8
	JEQ  mixed9
	CMPQ AX, $11
	JB   mixed10
	JEQ  mixed11
	TILE(mixedloop12, mixedstore12, mixednext, MIXED12, STEP3, START2, ROWBM, MULM, GATEM, STOREM)

mixed11:
	TILE(mixedloop11, mixedstore11, mixednext, MIXED11, STEP3, START2, ROWBM, MULM, GATEM, STOREM)

mixed10:
	TILE(mixedloop10, mixedstore10, mixednext, MIXED10, STEP3, START2, ROWBM, MULM, GATEM, STOREM)

mixed9:
	TILE(mixedloop9, mixedstore9, mixednext, MIXED9, STEP3, START2, ROWBM, MULM, GATEM, STOREM)

mixed7to8:
	CMPQ AX, $8
	JB   mixed7
	TILE(mixedloop8, mixedstore8, mixednext, MIXED8, STEP2, START2, ROWBM, MULM, GATEM, STOREM)

mixed7:
	TILE(mixedloop7, mixedstore7, mixednext, MIXED7, STEP2, START2, ROWBM, MULM, GATEM, STOREM)

mixed6:
	TILE(mixedloop6, mixedstore6, mixednext, MIXED6, STEP2, START2, ROWBM, MULM, GATEM, STOREM)

mixed1to5:
	CMPQ AX, $3
	JB   mixed1to2
	JEQ  mixed3
	CMPQ AX, $5
	JB   mixed4
	TILE(mixedloop5, mixedstore5, mixednext, MIXED5, STEP2, START2, ROWBM, MULM, GATEM, STOREM)

mixed4:
	TILE(mixedloop4, mixedstore4, mixednext, MIXED4, STEP1, START2, ROWBM, MULM, GATEM, STOREM)

mixed3:
	TILE(mixedloop3, mixedstore3, mixednext, MIXED3, STEP1, START2, ROWBM, MULM, GATEM, STOREM)

mixed1to2:
	CMPQ AX, $2
	JB   mixed1
	TILE(mixedloop2, mixedstore2, mixednext, MIXED2, STEP1, START2, ROWBM, MULM, GATEM, STOREM)

mixed1:
	TILE(mixedloop1, mixedstore1, mixednext, MIXED1, STEP1, START2, ROWBM, MULM, GATEM, STOREM)

mixednext:
	ADVANCE(mixed)

upto16:
	CMPQ CX, $8
	JBE  half

single:
	PICK
	CMPQ AX, $6
	JB   single1to5
	JEQ  single6
	CMPQ AX, $9
	JB   single7to8
	JEQ  single9
	CMPQ AX, $11
	JB   single10
	JEQ  single11
	TILE(singleloop12, singlestore12, singlenext, PAIRS12, STEP3, START1, ROWB1, MUL1, GATE1, STORE1)

single11:
	TILE(singleloop11, singlestore11, singlenext, PAIRS11, STEP3, START1, ROWB1, MUL1, GATE1, STORE1)

single10:
	TILE(singleloop10, singlestore10, singlenext, PAIRS10, STEP3, START1, ROWB1, MUL1, GATE1, STORE1)

single9:
	TILE(singleloop9, singlestore9, singlenext, PAIRS9, STEP3, START1, ROWB1, MUL1, GATE1, STORE1)

single7to8:
	CMPQ AX, $8
	JB   single7
	TILE(singleloop8, singlestore8, singlenext, PAIRS8, STEP2, START1, ROWB1, MUL1, GATE1, STORE1)

single7:
	TILE(singleloop7, singlestore7, singlenext, PAIRS7, STEP2, START1, ROWB1, MUL1, GATE1, STORE1)

single6:
	TILE(singleloop6, singlestore6, singlenext, PAIRS6, STEP2, START1, ROWB1, MUL1, GATE1, STORE1)

single1to5:
	CMPQ AX, $3
	JB   single1to2
	JEQ  single3
	CMPQ AX, $5
	JB   single4
	TILE(singleloop5, singlestore5, singlenext, PAIRS5, STEP2, START1, ROWB1, MUL1, GATE1, STORE1)

single4:
	TILE(singleloop4, singlestore4, singlenext, PAIRS4, STEP1, START1, ROWB1, MUL1, GATE1, STORE1)

single3:
	TILE(singleloop3, singlestore3, singlenext, PAIRS3, STEP1, START1, ROWB1, MUL1, GATE1, STORE1)

single1to2:
	CMPQ AX, $2
	JB   single1
	TILE(singleloop2, singlestore2, singlenext, PAIRS2, STEP1, START1, ROWB1, MUL1, GATE1, STORE1)

single1:
	TILE(singleloop1, singlestore1, singlenext, PAIRS1, STEP1, START1, ROWB1, MUL1, GATE1, STORE1)

singlenext:
	ADVANCE(single)

half:
	PICK
	CMPQ AX, $6
	JB   half1to5
	JEQ  half6
	CMPQ AX, $9
	JB   half7to8
	JEQ  half9
	CMPQ AX, $11
	JB   half10
	JEQ  half11
	TILE(halfloop12, halfstore12, halfnext, HALVES12, STEP3, START1, ROWBH, MULH, GATEH, STOREH)

half11:
	TILE(halfloop11, halfstore11, halfnext, HALVES11, STEP3, START1, ROWBH, MULH, GATEH, STOREH)

half10:
	TILE(halfloop10, halfstore10, halfnext, HALVES10, STEP3, START1, ROWBH, MULH, GATEH, STOREH)

half9:
	TILE(halfloop9, halfstore9, halfnext, HALVES9, STEP3, START1, ROWBH, MULH, GATEH, STOREH)

half7to8:
	CMPQ AX, $8
	JB   half7
	TILE(halfloop8, halfstore8, halfnext, HALVES8, STEP2, START1, ROWBH, MULH, GATEH, STOREH)

half7:
	TILE(halfloop7, halfstore7, halfnext, HALVES7, STEP2, START1, ROWBH, MULH, GATEH, STOREH)

half6:
	TILE(halfloop6, halfstore6, halfnext, HALVES6, STEP2, START1, ROWBH, MULH, GATEH, STOREH)

half1to5:
	CMPQ AX, $3
	JB   half1to2
	JEQ  half3
	CMPQ AX, $5
	JB   half4
	TILE(halfloop5, halfstore5, halfnext, HALVES5, STEP2, START1, ROWBH, MULH, GATEH, STOREH)

half4:
	TILE(halfloop4, halfstore4, halfnext, HALVES4, STEP1, START1, ROWBH, MULH, GATEH, STOREH)

half3:
	TILE(halfloop3, halfstore3, halfnext, HALVES3, STEP1, START1, ROWBH, MULH, GATEH, STOREH)

half1to2:
	CMPQ AX, $2
	JB   half1
	TILE(halfloop2, halfstore2, halfnext, HALVES2, STEP1, START1, ROWBH, MULH, GATEH, STOREH)

half1:
	TILE(halfloop1, halfstore1, halfnext, HALVES1, STEP1, START1, ROWBH, MULH, GATEH, STOREH)

halfnext:
	ADVANCE(half)

quad:
	PICK
	CMPQ AX, $4
	JB   quad1to3
	JEQ  quad4
	CMPQ AX, $6
	JB   quad5
	TILE(quadloop6, quadstore6, quadnext, QUADS6, STEP2, START4, ROWB4, MUL4, GATE4, STORE4)

quad5:
	TILE(quadloop5, quadstore5, quadnext, QUADS5, STEP2, START4, ROWB4, MUL4, GATE4, STORE4)

quad4:
	TILE(quadloop4, quadstore4, quadnext, QUADS4, STEP1, START4, ROWB4, MUL4, GATE4, STORE4)

quad1to3:
	CMPQ AX, $2
	JB   quad1
	JEQ  quad2
	TILE(quadloop3, quadstore3, quadnext, QUADS3, STEP1, START4, ROWB4, MUL4, GATE4, STORE4)

quad2:
	TILE(quadloop2, quadstore2, quadnext, QUADS2, STEP1, START4, ROWB4, MUL4, GATE4, STORE4)

quad1:
	TILE(quadloop1, quadstore1, quadnext, QUADS1, STEP1, START4, ROWB4, MUL4, GATE4, STORE4)

quadnext:
	ADVANCE(quad)

// ---- Two chains: the first starts from the start, the second from +0 ----

#define START22(at, l, r, l2, r2) \
	START2(at, l, r)  \
	VPXORD l2, l2, l2 \
	VPXORD r2, r2, r2

#define FIRST2(at, l, r, l2, r2) \
	MUL2(at, l, r)

#define FIRSTM(at, l, r, l2, r2) \
	MULM(at, l, r)

#define ROWBNEXT2 \
	VMOVUPS   (BX)(R12*1), Z26 \
	VMOVUPS.Z 64(BX)(R12*1), K1, Z27

#define ROWBNEXTM \
	VMOVUPS   (BX)(R12*1), Z26 \
	VMOVUPS.Z 64(BX)(R12*1), K1, Y27

#define SECOND2(at, l, r, l2, r2) \
	VFMADD231PS.BCST at, Z26, l2 \
	VFMADD231PS.BCST at, Z27, r2

#define SECONDM(at, l, r, l2, r2) \
	VFMADD231PS.BCST at, Z26, l2 \
	VFMADD231PS.BCST at, Y27, r2

#define SUM2(at, l, r, l2, r2) \
	VADDPS l2, l, l \
	VADDPS r2, r, r

#define GATE22(at, l, r, l2, r2) \
	GATE2(at, l, r)

#define GATE2M(at, l, r, l2, r2) \
	GATEM(at, l, r)

#define STORE22(at, l, r, l2, r2) \
	STORE2(at, l, r)

#define STORE2M(at, l, r, l2, r2) \
	STOREM(at, l, r)

#define TILE2(loop, odd, done, store, next, ROWS, STEP, ROWB, FIRST, ROWBNEXT, SECOND, GATE, STORE) \
	ENTER(ROWS, START22) \
	SUBQ $2, CX          \
	JB   odd             \
loop:                        \
	ROWB                 \
	ROWS(FIRST)          \
	STEP                 \
	ROWBNEXT             \
	LEAQ (BX)(R12*2), BX \
	ROWS(SECOND)         \
	STEP                 \
	SUBQ $2, CX          \
	JAE  loop            \
odd:                         \
	TESTQ $1, CX         \
	JZ   done            \
	ROWB                 \
	ROWS(FIRST)          \
done:                        \
	ROWS(SUM2)           \
	LEAVE(store, ROWS, GATE, STORE, next)

#define START21(at, l, r, l2, r2) \
	START1(at, l, r) \
	VPXORD l2, l2, l2

#define FIRST1(at, l, r, l2, r2) \
	VFMADD231PS.BCST at, Z24, l

#define SECOND1(at, l, r, l2, r2) \
	VFMADD231PS.BCST at, Z26, l2

#define SUM1(at, l, r, l2, r2) \
	VADDPS l2, l, l

#define GATE21(at, l, r, l2, r2) \
	GATE1(at, l, r)

#define STORE21(at, l, r, l2, r2) \
	STORE1(at, l, r)

// TILE2SINGLE is TILE2 for one vector of columns.
#define TILE2SINGLE(loop, odd, done, store, next, ROWS, STEP) \
	ENTER(ROWS, START21)           \
	SUBQ $2, CX                    \
	JB   odd                       \
loop:                                  \
	VMOVUPS.Z (BX), K1, Z24        \
	ROWS(FIRST1)                   \
	STEP                           \
	VMOVUPS.Z (BX)(R12*1), K1, Z26 \
	LEAQ (BX)(R12*2), BX           \
	ROWS(SECOND1)                  \
	STEP                           \
	SUBQ $2, CX                    \
	JAE  loop                      \
odd:                                   \
	TESTQ $1, CX                   \
	JZ   done                      \
	VMOVUPS.Z (BX), K1, Z24        \
	ROWS(FIRST1)                   \
done:                                  \
	ROWS(SUM1)                     \
	LEAVE(store, ROWS, GATE21, STORE21, next)

// func panel2AVX512(p *panel)
//
// panel1AVX512 with two chains: term p in chain p mod 2, the first from the start, the
// second from +0; first + second. Tiles of 1...6 rows, 1...32 columns.
// needs AVX-512 F, VL
//
//	pair     25...32 columns, two vectors      mixed   17...24, one and a half
//	single   1...16, one
TEXT ·panel2AVX512(SB), NOSPLIT, $0-8
	OPEN
	CMPQ panel_cols(DI), $16
	JBE  single
	CMPQ panel_cols(DI), $24
	JBE  mixed

pair:
	PICK
	CMPQ AX, $4
	JB   pair1to3
	JEQ  pair4
	CMPQ AX, $6
	JB   pair5
	TILE2(pairloop6, pairodd6, pairdone6, pairstore6, pairnext, QUADS6, STEP2, ROWB2, FIRST2, ROWBNEXT2, SECOND2, GATE22, STORE22)

pair5:
	TILE2(pairloop5, pairodd5, pairdone5, pairstore5, pairnext, QUADS5, STEP2, ROWB2, FIRST2, ROWBNEXT2, SECOND2, GATE22, STORE22)

pair4:
	TILE2(pairloop4, pairodd4, pairdone4, pairstore4, pairnext, QUADS4, STEP1, ROWB2, FIRST2, ROWBNEXT2, SECOND2, GATE22, STORE22)

pair1to3:
	CMPQ AX, $2
	JB   pair1
	JEQ  pair2
	TILE2(pairloop3, pairodd3, pairdone3, pairstore3, pairnext, QUADS3, STEP1, ROWB2, FIRST2, ROWBNEXT2, SECOND2, GATE22, STORE22)

pair2:
	TILE2(pairloop2, pairodd2, pairdone2, pairstore2, pairnext, QUADS2, STEP1, ROWB2, FIRST2, ROWBNEXT2, SECOND2, GATE22, STORE22)

pair1:
	TILE2(pairloop1, pairodd1, pairdone1, pairstore1, pairnext, QUADS1, STEP1, ROWB2, FIRST2, ROWBNEXT2, SECOND2, GATE22, STORE22)

pairnext:
	ADVANCE(pair)

mixed:
	PICK
	CMPQ AX, $4
	JB   mixed1to3
	JEQ  mixed4
	CMPQ AX, $6
	JB   mixed5
	TILE2(mixedloop6, mixedodd6, mixeddone6, mixedstore6, mixednext, TWINS6, STEP2, ROWBM, FIRSTM, ROWBNEXTM, SECONDM, GATE2M, STORE2M)

mixed5:
	TILE2(mixedloop5, mixedodd5, mixeddone5, mixedstore5, mixednext, TWINS5, STEP2, ROWBM, FIRSTM, ROWBNEXTM, SECONDM, GATE2M, STORE2M)

mixed4:
	TILE2(mixedloop4, mixedodd4, mixeddone4, mixedstore4, mixednext, TWINS4, STEP1, ROWBM, FIRSTM, ROWBNEXTM, SECONDM, GATE2M, STORE2M)

mixed1to3:
	CMPQ AX, $2
	JB   mixed1
	JEQ  mixed2
	TILE2(mixedloop3, mixedodd3, mixeddone3, mixedstore3, mixednext, TWINS3, STEP1, ROWBM, FIRSTM, ROWBNEXTM, SECONDM, GATE2M, STORE2M)

mixed2:
	TILE2(mixedloop2, mixedodd2, mixeddone2, mixedstore2, mixednext, TWINS2, STEP1, ROWBM, FIRSTM, ROWBNEXTM, SECONDM, GATE2M, STORE2M)

mixed1:
	TILE2(mixedloop1, mixedodd1, mixeddone1, mixedstore1, mixednext, TWINS1, STEP1, ROWBM, FIRSTM, ROWBNEXTM, SECONDM, GATE2M, STORE2M)

mixednext:
	ADVANCE(mixed)

single:
	PICK
	CMPQ AX, $4
	JB   single1to3
	JEQ  single4
	CMPQ AX, $6
	JB   single5
	TILE2SINGLE(singleloop6, singleodd6, singledone6, singlestore6, singlenext, QUADS6, STEP2)

single5:
	TILE2SINGLE(singleloop5, singleodd5, singledone5, singlestore5, singlenext, QUADS5, STEP2)

single4:
	TILE2SINGLE(singleloop4, singleodd4, singledone4, singlestore4, singlenext, QUADS4, STEP1)

single1to3:
	CMPQ AX, $2
	JB   single1
	JEQ  single2
	TILE2SINGLE(singleloop3, singleodd3, singledone3, singlestore3, singlenext, QUADS3, STEP1)

single2:
	TILE2SINGLE(singleloop2, singleodd2, singledone2, singlestore2, singlenext, QUADS2, STEP1)

single1:
	TILE2SINGLE(singleloop1, singleodd1, singledone1, singlestore1, singlenext, QUADS1, STEP1)

singlenext:
	ADVANCE(single)

// ---- Four chains: the others than the first start from +0 ----

#define START14(at, s, t, u, v) \
	VMOVUPS.Z at, K1, s \
	VPXORD    t, t, t   \
	VPXORD    u, u, u   \
	VPXORD    v, v, v

#define MUL4FIRST(at, s, t, u, v) \
	VFMADD231PS.BCST at, Z24, s

#define MUL4SECOND(at, s, t, u, v) \
	VFMADD231PS.BCST at, Z24, t

#define MUL4THIRD(at, s, t, u, v) \
	VFMADD231PS.BCST at, Z24, u

#define MUL4FOURTH(at, s, t, u, v) \
	VFMADD231PS.BCST at, Z24, v

#define MULHFIRST(at, s, t, u, v) \
	VFMADD231PS.BCST at, Y24, s

#define MULHSECOND(at, s, t, u, v) \
	VFMADD231PS.BCST at, Y24, t

#define MULHTHIRD(at, s, t, u, v) \
	VFMADD231PS.BCST at, Y24, u

#define MULHFOURTH(at, s, t, u, v) \
	VFMADD231PS.BCST at, Y24, v

#define SUM4(at, s, t, u, v) \
	VADDPS t, s, s \
	VADDPS v, u, u \
	VADDPS u, s, s

#define GATE14(at, s, t, u, v) \
	KEEPLAST(at, s, Z28)

#define GATEH4(at, s, t, u, v) \
	KEEPLAST(at, s, Y28)

#define STORE14(at, s, t, u, v) \
	PUTLAST(at, s, Z31)

#define STOREH4(at, s, t, u, v) \
	PUTLAST(at, s, Y31)

#define TILE4(loop, rest, done, store, next, ROWS, STEP, row, FIRST, SECOND, THIRD, FOURTH, GATE, STORE) \
	ENTER(ROWS, START14)           \
	SUBQ      $4, CX               \
	JB        rest                 \
loop:                                  \
	VMOVUPS.Z (BX), K1, row        \
	ROWS(FIRST)                    \
	STEP                           \
	VMOVUPS.Z (BX)(R12*1), K1, row \
	ROWS(SECOND)                   \
	STEP                           \
	VMOVUPS.Z (BX)(R12*2), K1, row \
	ROWS(THIRD)                    \
	STEP                           \
	VMOVUPS.Z (BX)(R13*1), K1, row \
	LEAQ      (BX)(R12*4), BX      \
	ROWS(FOURTH)                   \
	STEP                           \
	SUBQ      $4, CX               \
	JAE       loop                 \
rest:                                  \
	ADDQ      $4, CX               \
	JZ        done                 \
	VMOVUPS.Z (BX), K1, row        \
	ROWS(FIRST)                    \
	STEP                           \
	DECQ      CX                   \
	JZ        done                 \
	VMOVUPS.Z (BX)(R12*1), K1, row \
	ROWS(SECOND)                   \
	STEP                           \
	DECQ      CX                   \
	JZ        done                 \
	VMOVUPS.Z (BX)(R12*2), K1, row \
	ROWS(THIRD)                    \
done:                                  \
	ROWS(SUM4)                     \
	LEAVE(store, ROWS, GATE, STORE, next)

// func panel4AVX512(p *panel)
//
// panel1AVX512 with four chains: term p in chain p mod 4, the first from the start, the
// others from +0; (0+1)+(2+3). Tiles of 1...6 rows, 1...16 columns.
// needs AVX-512 F, VL
//
//	single   9...16 columns, one vector        half    1...8, half of one
TEXT ·panel4AVX512(SB), NOSPLIT, $0-8
	OPEN
	CMPQ panel_cols(DI), $8
	JBE  half

single:
	PICK
	CMPQ AX, $4
	JB   single1to3
	JEQ  single4
	CMPQ AX, $6
	JB   single5
	TILE4(singleloop6, singlerest6, singledone6, singlestore6, singlenext, QUADS6, STEP2, Z24, MUL4FIRST, MUL4SECOND, MUL4THIRD, MUL4FOURTH, GATE14, STORE14)

single5:
	TILE4(singleloop5, singlerest5, singledone5, singlestore5, singlenext, QUADS5, STEP2, Z24, MUL4FIRST, MUL4SECOND, MUL4THIRD, MUL4FOURTH, GATE14, STORE14)

single4:
	TILE4(singleloop4, singlerest4, singledone4, singlestore4, singlenext, QUADS4, STEP1, Z24, MUL4FIRST, MUL4SECOND, MUL4THIRD, MUL4FOURTH, GATE14, STORE14)

single1to3:
	CMPQ AX, $2
	JB   single1
	JEQ  single2
	TILE4(singleloop3, singlerest3, singledone3, singlestore3, singlenext, QUADS3, STEP1, Z24, MUL4FIRST, MUL4SECOND, MUL4THIRD, MUL4FOURTH, GATE14, STORE14)

single2:
	TILE4(singleloop2, singlerest2, singledone2, singlestore2, singlenext, QUADS2, STEP1, Z24, MUL4FIRST, MUL4SECOND, MUL4THIRD, MUL4FOURTH, GATE14, STORE14)

single1:
	TILE4(singleloop1, singlerest1, singledone1, singlestore1, singlenext, QUADS1, STEP1, Z24, MUL4FIRST, MUL4SECOND, MUL4THIRD, MUL4FOURTH, GATE14, STORE14)

singlenext:
	ADVANCE(single)

half:
	PICK
	CMPQ AX, $4
	JB   half1to3
	JEQ  half4
	CMPQ AX, $6
	JB   half5
	TILE4(halfloop6, halfrest6, halfdone6, halfstore6, halfnext, SMALL6, STEP2, Y24, MULHFIRST, MULHSECOND, MULHTHIRD, MULHFOURTH, GATEH4, STOREH4)

half5:
	TILE4(halfloop5, halfrest5, halfdone5, halfstore5, halfnext, SMALL5, STEP2, Y24, MULHFIRST, MULHSECOND, MULHTHIRD, MULHFOURTH, GATEH4, STOREH4)

half4:
	TILE4(halfloop4, halfrest4, halfdone4, halfstore4, halfnext, SMALL4, STEP1, Y24, MULHFIRST, MULHSECOND, MULHTHIRD, MULHFOURTH, GATEH4, STOREH4)

half1to3:
	CMPQ AX, $2
	JB   half1
	JEQ  half2
	TILE4(halfloop3, halfrest3, halfdone3, halfstore3, halfnext, SMALL3, STEP1, Y24, MULHFIRST, MULHSECOND, MULHTHIRD, MULHFOURTH, GATEH4, STOREH4)

half2:
	TILE4(halfloop2, halfrest2, halfdone2, halfstore2, halfnext, SMALL2, STEP1, Y24, MULHFIRST, MULHSECOND, MULHTHIRD, MULHFOURTH, GATEH4, STOREH4)

half1:
	TILE4(halfloop1, halfrest1, halfdone1, halfstore1, halfnext, SMALL1, STEP1, Y24, MULHFIRST, MULHSECOND, MULHTHIRD, MULHFOURTH, GATEH4, STOREH4)

halfnext:
	ADVANCE(half)

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
// The numbers of the elements of x that are not ±0, in order, and how many; n ≥ 1. Up to 15
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

// ---- NT without a panel ----
//
// Few rows do not pay for a transposed copy of B: four terms of 16 columns are transposed
// in registers. The shuffles share units with the multiply-adds only in part: 12 rows run
// at nine tenths of the peak, 4 at two thirds.

// Where the next group of columns begins, and the columns left.
#define groupB (panel_room+40)
#define groupStart (panel_room+48)
#define groupGate (panel_room+56)
#define groupC (panel_room+64)
#define columns (panel_room+72)

// OPENGROUPS starts at the first group.
#define OPENGROUPS \
	MOVQ panel_b(DI), AX     \
	MOVQ AX, groupB(DI)      \
	MOVQ panel_start(DI), AX \
	MOVQ AX, groupStart(DI)  \
	MOVQ panel_gate(DI), AX  \
	MOVQ AX, groupGate(DI)   \
	MOVQ panel_c(DI), AX     \
	MOVQ AX, groupC(DI)      \
	MOVQ panel_cols(DI), AX  \
	MOVQ AX, columns(DI)

// TOP goes to the first row of the group.
#define TOP \
	MOVQ panel_a(DI), AX    \
	MOVQ AX, nextA(DI)      \
	MOVQ groupStart(DI), AX \
	MOVQ AX, nextStart(DI)  \
	MOVQ groupGate(DI), AX  \
	MOVQ AX, nextGate(DI)   \
	MOVQ groupC(DI), AX     \
	MOVQ AX, nextC(DI)      \
	MOVQ panel_m(DI), AX    \
	MOVQ AX, left(DI)

// NEXTGROUP goes on to the next group of n columns, or past the jump if there is none.
#define NEXTGROUP(n, again) \
	MOVQ  R12, BX               \
	IMULQ $n, BX                \
	ADDQ  BX, groupB(DI)        \
	MOVQ  panel_scs(DI), BX     \
	IMULQ $n, BX                \
	ADDQ  BX, groupStart(DI)    \
	ADDQ  $(4*n), groupGate(DI) \
	ADDQ  $(4*n), groupC(DI)    \
	SUBQ  $n, columns(DI)       \
	JNZ   again                 \
	VZEROUPPER                  \
	RET

// QUARTERS loads 4 terms of columns j, j+4, j+8, j+12 into the quarters of z.
#define QUARTERS(at, at4, at8, at12, x, z) \
	VMOVUPS      at, x         \
	VINSERTF32X4 $1, at4, z, z \
	VINSERTF32X4 $2, at8, z, z \
	VINSERTF32X4 $3, at12, z, z

// QUARTERSLAST loads the terms in K2 only, and reads no others.
#define QUARTERSLAST(at, at4, at8, at12, x, z, y) \
	VMOVUPS.Z    at, K2, x   \
	VMOVUPS.Z    at4, K2, y  \
	VINSERTF32X4 $1, y, z, z \
	VMOVUPS.Z    at8, K2, y  \
	VINSERTF32X4 $2, y, z, z \
	VMOVUPS.Z    at12, K2, y \
	VINSERTF32X4 $3, y, z, z

// TERMS turns Z24–Z27, 4 terms of 4 columns each, into a term of 16 columns each.
#define TERMS(a, b, c, d) \
	VUNPCKLPS Z25, Z24, a \
	VUNPCKHPS Z25, Z24, b \
	VUNPCKLPS Z27, Z26, c \
	VUNPCKHPS Z27, Z26, d \
	VUNPCKLPD c, a, Z24   \
	VUNPCKHPD c, a, Z25   \
	VUNPCKLPD d, b, Z26   \
	VUNPCKHPD d, b, Z27

#define MULTERMS(at, l, r) \
	VFMADD231PS.BCST at, Z24, l   \
	VFMADD231PS.BCST 4 at, Z25, l \
	VFMADD231PS.BCST 8 at, Z26, l \
	VFMADD231PS.BCST 12 at, Z27, l

#define MULTERM1(at, l, r) \
	VFMADD231PS.BCST at, Z24, l

#define MULTERM2(at, l, r) \
	VFMADD231PS.BCST 4 at, Z25, l

#define MULTERM3(at, l, r) \
	VFMADD231PS.BCST 8 at, Z26, l

// STEPTERMSn moves the row registers of up to 4n rows of A on by 4 terms.
#define STEPTERMS1 \
	ADDQ $16, SI

#define STEPTERMS2 \
	ADDQ $16, SI \
	ADDQ $16, R10

#define STEPTERMS3 \
	ADDQ $16, SI  \
	ADDQ $16, R10 \
	ADDQ $16, R11

#define TILENT(loop, rest, done, store, next, ROWS, STEP) \
	ENTER(ROWS, START1)                                                              \
	MOVQ groupB(DI), BX                                                              \
	LEAQ (BX)(R12*4), R14                                                            \
	LEAQ (BX)(R12*8), R15                                                            \
	LEAQ (R14)(R12*8), DX                                                            \
	SUBQ $4, CX                                                                      \
	JB   rest                                                                        \
loop:                                                                                    \
	QUARTERS((BX), (R14), (R15), (DX), X24, Z24)                                     \
	QUARTERS((BX)(R12*1), (R14)(R12*1), (R15)(R12*1), (DX)(R12*1), X25, Z25)         \
	QUARTERS((BX)(R12*2), (R14)(R12*2), (R15)(R12*2), (DX)(R12*2), X26, Z26)         \
	QUARTERS((BX)(R13*1), (R14)(R13*1), (R15)(R13*1), (DX)(R13*1), X27, Z27)         \
	ADDQ $16, BX                                                                     \
	ADDQ $16, R14                                                                    \
	ADDQ $16, R15                                                                    \
	ADDQ $16, DX                                                                     \
	TERMS(Z1, Z3, Z5, Z7)                                                            \
	ROWS(MULTERMS)                                                                   \
	STEP                                                                             \
	SUBQ $4, CX                                                                      \
	JAE  loop                                                                        \
rest:                                                                                    \
	ADDQ $4, CX                                                                      \
	JZ   done                                                                        \
	QUARTERSLAST((BX), (R14), (R15), (DX), X24, Z24, X1)                             \
	QUARTERSLAST((BX)(R12*1), (R14)(R12*1), (R15)(R12*1), (DX)(R12*1), X25, Z25, X1) \
	QUARTERSLAST((BX)(R12*2), (R14)(R12*2), (R15)(R12*2), (DX)(R12*2), X26, Z26, X1) \
	QUARTERSLAST((BX)(R13*1), (R14)(R13*1), (R15)(R13*1), (DX)(R13*1), X27, Z27, X1) \
	TERMS(Z1, Z3, Z5, Z7)                                                            \
	ROWS(MULTERM1)                                                                   \
	CMPQ CX, $2                                                                      \
	JB   done                                                                        \
	ROWS(MULTERM2)                                                                   \
	CMPQ CX, $2                                                                      \
	JEQ  done                                                                        \
	ROWS(MULTERM3)                                                                   \
done:                                                                                    \
	LEAVE(store, ROWS, GATE1, STORE1, next)

// func columnsAVX512(p *panel)
//
// panel1AVX512 for NT: B[p,j] lies at b + j·ldb + 4p, A's terms are contiguous, cols is a
// multiple of 16. Tiles of 1...12 rows and 16 columns.
// needs AVX-512 F, VL
//
//	BX, R14, R15, DX  next terms of columns 0, 4, 8, 12
//	R12, R13          1 and 3 distances of columns
//	Z1, Z3, Z5, Z7    scratch      Z24–Z27  four terms of 16 columns
//	K2                mask of the last k mod 4 terms
//
//	group    16 columns, all rows
//	loop     4 terms               rest     the last 1...3
TEXT ·columnsAVX512(SB), NOSPLIT, $0-8
	OPEN
	OPENGROUPS
	MOVQ  panel_k(DI), CX
	ANDQ  $3, CX
	MOVL  $1, AX
	SHLQ  CX, AX
	DECQ  AX
	KMOVW AX, K2

group:
	TOP

tile:
	PICK
	CMPQ AX, $6
	JB   tile1to5
	JEQ  tile6
	CMPQ AX, $9
	JB   tile7to8
	JEQ  tile9
	CMPQ AX, $11
	JB   tile10
	JEQ  tile11
	TILENT(tileloop12, tilerest12, tiledone12, tilestore12, tilenext, PAIRS12, STEPTERMS3)

tile11:
	TILENT(tileloop11, tilerest11, tiledone11, tilestore11, tilenext, PAIRS11, STEPTERMS3)

tile10:
	TILENT(tileloop10, tilerest10, tiledone10, tilestore10, tilenext, PAIRS10, STEPTERMS3)

tile9:
	TILENT(tileloop9, tilerest9, tiledone9, tilestore9, tilenext, PAIRS9, STEPTERMS3)

tile7to8:
	CMPQ AX, $8
	JB   tile7
	TILENT(tileloop8, tilerest8, tiledone8, tilestore8, tilenext, PAIRS8, STEPTERMS2)

tile7:
	TILENT(tileloop7, tilerest7, tiledone7, tilestore7, tilenext, PAIRS7, STEPTERMS2)

tile6:
	TILENT(tileloop6, tilerest6, tiledone6, tilestore6, tilenext, PAIRS6, STEPTERMS2)

tile1to5:
	CMPQ AX, $3
	JB   tile1to2
	JEQ  tile3
	CMPQ AX, $5
	JB   tile4
	TILENT(tileloop5, tilerest5, tiledone5, tilestore5, tilenext, PAIRS5, STEPTERMS2)

tile4:
	TILENT(tileloop4, tilerest4, tiledone4, tilestore4, tilenext, PAIRS4, STEPTERMS1)

tile3:
	TILENT(tileloop3, tilerest3, tiledone3, tilestore3, tilenext, PAIRS3, STEPTERMS1)

tile1to2:
	CMPQ AX, $2
	JB   tile1
	TILENT(tileloop2, tilerest2, tiledone2, tilestore2, tilenext, PAIRS2, STEPTERMS1)

tile1:
	TILENT(tileloop1, tilerest1, tiledone1, tilestore1, tilenext, PAIRS1, STEPTERMS1)

tilenext:
	TILEDONE
	JNZ  tile
	NEXTGROUP(16, group)

// ---- Few columns of NN, as rows of Cᵗ ----
//
// Columns beyond a multiple of 8 leave most of a vector idle. Here vectors lie along the
// rows of C: 4 terms of 16 rows of A are transposed in registers, as above those of B, and
// an element of B is broadcast to them.

#define CROSS1(M) \
	M(0, Z0, Z1, Z2, Z3)

#define CROSS2(M) \
	CROSS1(M) \
	M(4, Z4, Z5, Z6, Z7)

#define CROSS3(M) \
	CROSS2(M) \
	M(8, Z8, Z9, Z10, Z11)

#define CROSS4(M) \
	CROSS3(M) \
	M(12, Z12, Z13, Z14, Z15)

// CROSSTERM(at, z, acc) multiplies one term: R8 and R9 are 1 and 3 rows of B.
#define CROSSONE(off, s, t, u, v) \
	VFMADD231PS.BCST off(SI), Z24, s       \
	VFMADD231PS.BCST off(SI)(R8*1), Z25, s \
	VFMADD231PS.BCST off(SI)(R8*2), Z26, s \
	VFMADD231PS.BCST off(SI)(R9*1), Z27, s

#define CROSSTWO(off, s, t, u, v) \
	VFMADD231PS.BCST off(SI), Z24, s       \
	VFMADD231PS.BCST off(SI)(R8*1), Z25, t \
	VFMADD231PS.BCST off(SI)(R8*2), Z26, s \
	VFMADD231PS.BCST off(SI)(R9*1), Z27, t

#define CROSSFOUR(off, s, t, u, v) \
	VFMADD231PS.BCST off(SI), Z24, s       \
	VFMADD231PS.BCST off(SI)(R8*1), Z25, t \
	VFMADD231PS.BCST off(SI)(R8*2), Z26, u \
	VFMADD231PS.BCST off(SI)(R9*1), Z27, v

#define CROSSFIRST(off, s, t, u, v) \
	VFMADD231PS.BCST off(SI), Z24, s

#define CROSSSECONDONE(off, s, t, u, v) \
	VFMADD231PS.BCST off(SI)(R8*1), Z25, s

#define CROSSSECOND(off, s, t, u, v) \
	VFMADD231PS.BCST off(SI)(R8*1), Z25, t

#define CROSSTHIRD(off, s, t, u, v) \
	VFMADD231PS.BCST off(SI)(R8*2), Z26, s

#define CROSSTHIRDFOUR(off, s, t, u, v) \
	VFMADD231PS.BCST off(SI)(R8*2), Z26, u

#define CROSSSTART(off, s, t, u, v) \
	VMOVUPS (R10), s \
	ADDQ    R11, R10 \
	VPXORD  t, t, t  \
	VPXORD  u, u, u  \
	VPXORD  v, v, v

#define CROSSSUM1(off, s, t, u, v)

#define CROSSSUM2(off, s, t, u, v) \
	VADDPS t, s, s

#define CROSSSUM4(off, s, t, u, v) \
	VADDPS t, s, s \
	VADDPS v, u, u \
	VADDPS u, s, s

#define CROSSSTORE(off, s, t, u, v) \
	PUT((R10), s, Z31) \
	ADDQ R11, R10

#define CROSS(group, loop, rest, done, ROWS, ALL, SECOND, THIRD, SUM) \
group:                                                                                    \
	MOVQ groupStart(DI), R10                                                          \
	MOVQ panel_lds(DI), R11                                                           \
	ROWS(CROSSSTART)                                                                  \
	MOVQ panel_a(DI), SI                                                              \
	MOVQ panel_k(DI), CX                                                              \
	MOVQ groupB(DI), BX                                                               \
	LEAQ (BX)(R12*4), R14                                                             \
	LEAQ (BX)(R12*8), R15                                                             \
	LEAQ (R14)(R12*8), DX                                                             \
	SUBQ $4, CX                                                                       \
	JB   rest                                                                         \
loop:                                                                                     \
	QUARTERS((BX), (R14), (R15), (DX), X24, Z24)                                      \
	QUARTERS((BX)(R12*1), (R14)(R12*1), (R15)(R12*1), (DX)(R12*1), X25, Z25)          \
	QUARTERS((BX)(R12*2), (R14)(R12*2), (R15)(R12*2), (DX)(R12*2), X26, Z26)          \
	QUARTERS((BX)(R13*1), (R14)(R13*1), (R15)(R13*1), (DX)(R13*1), X27, Z27)          \
	ADDQ $16, BX                                                                      \
	ADDQ $16, R14                                                                     \
	ADDQ $16, R15                                                                     \
	ADDQ $16, DX                                                                      \
	TERMS(Z16, Z17, Z18, Z19)                                                         \
	ROWS(ALL)                                                                         \
	LEAQ (SI)(R8*4), SI                                                               \
	SUBQ $4, CX                                                                       \
	JAE  loop                                                                         \
rest:                                                                                     \
	ADDQ $4, CX                                                                       \
	JZ   done                                                                         \
	QUARTERSLAST((BX), (R14), (R15), (DX), X24, Z24, X16)                             \
	QUARTERSLAST((BX)(R12*1), (R14)(R12*1), (R15)(R12*1), (DX)(R12*1), X25, Z25, X16) \
	QUARTERSLAST((BX)(R12*2), (R14)(R12*2), (R15)(R12*2), (DX)(R12*2), X26, Z26, X16) \
	QUARTERSLAST((BX)(R13*1), (R14)(R13*1), (R15)(R13*1), (DX)(R13*1), X27, Z27, X16) \
	TERMS(Z16, Z17, Z18, Z19)                                                         \
	ROWS(CROSSFIRST)                                                                  \
	CMPQ CX, $2                                                                       \
	JB   done                                                                         \
	ROWS(SECOND)                                                                      \
	CMPQ CX, $2                                                                       \
	JEQ  done                                                                         \
	ROWS(THIRD)                                                                       \
done:                                                                                     \
	ROWS(SUM)                                                                         \
	MOVQ groupC(DI), R10                                                              \
	MOVQ panel_ldc(DI), R11                                                           \
	ROWS(CROSSSTORE)                                                                  \
	NEXTGROUP(16, group)

#define OPENCROSS \
	OPEN                    \
	OPENGROUPS              \
	MOVQ  panel_k(DI), CX   \
	ANDQ  $3, CX            \
	MOVL  $1, AX            \
	SHLQ  CX, AX            \
	DECQ  AX                \
	KMOVW AX, K2            \
	MOVQ  panel_acs(DI), R8 \
	LEAQ  (R8)(R8*2), R9    \
	MOVQ  panel_m(DI), AX

// func cross1AVX512(p *panel)
//
// panel1AVX512 for 1...4 rows, whose elements of A lie 4 bytes apart, without gate; B[p,j]
// lies at b + j·ldb + 4p, cols is a multiple of 16. In terms of C = A·B this is Cᵗ = Bᵗ·Aᵗ.
// needs AVX-512 F, VL
//
//	SI, R8, R9        next row of B, 1 and 3 distances of its rows
//	BX, R14, R15, DX  next terms of rows 0, 4, 8, 12 of A
//	R12, R13          1 and 3 distances of those
//	Z0–Z15            column i of C: chains in Z(4i) to Z(4i+3)
//	Z16–Z19           scratch      Z24–Z27  four terms of 16 rows
//	K2                mask of the last k mod 4 terms
//
//	group    16 rows of C
//	loop     4 terms               rest     the last 1...3
TEXT ·cross1AVX512(SB), NOSPLIT, $0-8
	OPENCROSS
	CMPQ AX, $2
	JB   one
	JEQ  two
	CMPQ AX, $4
	JB   three

four:
	CROSS(fourgroup, fourloop, fourrest, fourdone, CROSS4, CROSSONE, CROSSSECONDONE, CROSSTHIRD, CROSSSUM1)

three:
	CROSS(threegroup, threeloop, threerest, threedone, CROSS3, CROSSONE, CROSSSECONDONE, CROSSTHIRD, CROSSSUM1)

two:
	CROSS(twogroup, twoloop, tworest, twodone, CROSS2, CROSSONE, CROSSSECONDONE, CROSSTHIRD, CROSSSUM1)

one:
	CROSS(onegroup, oneloop, onerest, onedone, CROSS1, CROSSONE, CROSSSECONDONE, CROSSTHIRD, CROSSSUM1)

// func cross2AVX512(p *panel)
//
// cross1AVX512 with two chains, as panel2AVX512 has them.      needs AVX-512 F, VL
TEXT ·cross2AVX512(SB), NOSPLIT, $0-8
	OPENCROSS
	CMPQ AX, $2
	JB   one
	JEQ  two
	CMPQ AX, $4
	JB   three

four:
	CROSS(fourgroup, fourloop, fourrest, fourdone, CROSS4, CROSSTWO, CROSSSECOND, CROSSTHIRD, CROSSSUM2)

three:
	CROSS(threegroup, threeloop, threerest, threedone, CROSS3, CROSSTWO, CROSSSECOND, CROSSTHIRD, CROSSSUM2)

two:
	CROSS(twogroup, twoloop, tworest, twodone, CROSS2, CROSSTWO, CROSSSECOND, CROSSTHIRD, CROSSSUM2)

one:
	CROSS(onegroup, oneloop, onerest, onedone, CROSS1, CROSSTWO, CROSSSECOND, CROSSTHIRD, CROSSSUM2)

// func cross4AVX512(p *panel)
//
// cross1AVX512 with four chains, as panel4AVX512 has them.      needs AVX-512 F, VL
TEXT ·cross4AVX512(SB), NOSPLIT, $0-8
	OPENCROSS
	CMPQ AX, $2
	JB   one
	JEQ  two
	CMPQ AX, $4
	JB   three

four:
	CROSS(fourgroup, fourloop, fourrest, fourdone, CROSS4, CROSSFOUR, CROSSSECOND, CROSSTHIRDFOUR, CROSSSUM4)

three:
	CROSS(threegroup, threeloop, threerest, threedone, CROSS3, CROSSFOUR, CROSSSECOND, CROSSTHIRDFOUR, CROSSSUM4)

two:
	CROSS(twogroup, twoloop, tworest, twodone, CROSS2, CROSSFOUR, CROSSSECOND, CROSSTHIRDFOUR, CROSSSUM4)

one:
	CROSS(onegroup, oneloop, onerest, onedone, CROSS1, CROSSFOUR, CROSSSECOND, CROSSTHIRDFOUR, CROSSSUM4)
