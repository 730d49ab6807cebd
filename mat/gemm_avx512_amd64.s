//go:build !purego

#include "go_asm.h"
#include "textflag.h"
#include "avx512_amd64.h"

// Products for AVX-512: see gemm_amd64.go for what a call does and panel for its
// arguments. A tile of C stays in registers over all k terms: per term a row of B is
// loaded once and multiplied by each element of A, broadcast from memory. There is one
// straight body per number of rows, so no row is computed twice, and the loop over the
// tiles of a call is here too: a small product is one call.
// Registers and what else is common: avx512_amd64.h.

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

#define ROWB1 \
	VMOVUPS.Z (BX), K1, Z24

#define MUL1(at, l, r) \
	VFMADD231PS.BCST at, Z24, l

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
