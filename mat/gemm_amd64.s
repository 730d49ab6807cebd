//go:build !purego

#include "go_asm.h"
#include "textflag.h"
#include "panel_amd64.h"

// Products for AVX2 and the transposition for both levels: see gemm_amd64.go for what a
// call does and panel for its arguments. A tile of C stays in registers over all k
// terms; per term the row of B is loaded once and each element of A broadcast. There is
// one straight body per number of rows, so no row is computed twice, and the loop over
// the tiles of a call is here too. Nothing outside of the tile's rows and columns is read
// or written.
//
//	DI            panel
//	AX            rows of this tile
//	SI, R10       row 0, 4 of the start, of A, of the gate, of C, in turn
//	R8, R9        1 and 3 strides of those rows, bytes
//	BX            row p of B            R12      stride of B
//	R13           with two vectors of columns: bytes to the right one; for four chains
//	              3 strides of B
//	DX            stride of p in A      CX       terms left
//	Y12, Y13      row of B              Y14      element of A
//	Y15           mask of 8 columns or fewer
//
// ROWS is a list of rows: PAIRS3(M) runs M(address, registers) on 3 of them.

#define PAIRS1(M) \
	M((SI), Y0, Y1)

#define PAIRS2(M) \
	PAIRS1(M) \
	M((SI)(R8*1), Y2, Y3)

#define PAIRS3(M) \
	PAIRS2(M) \
	M((SI)(R8*2), Y4, Y5)

#define PAIRS4(M) \
	PAIRS3(M) \
	M((SI)(R9*1), Y6, Y7)

#define PAIRS5(M) \
	PAIRS4(M) \
	M((R10), Y8, Y9)

#define PAIRS6(M) \
	PAIRS5(M) \
	M((R10)(R8*1), Y10, Y11)

// Four registers per row: two vectors of columns of two chains, or four chains.
#define QUADS1(M) \
	M((SI), Y0, Y1, Y6, Y7)

#define QUADS2(M) \
	QUADS1(M) \
	M((SI)(R8*1), Y2, Y3, Y8, Y9)

#define QUADS3(M) \
	QUADS2(M) \
	M((SI)(R8*2), Y4, Y5, Y10, Y11)

// AIM points the row registers at a matrix: its next row is at, stride bytes apart.
#define AIM(at, stride) \
	MOVQ at(DI), SI     \
	MOVQ stride(DI), R8 \
	LEAQ (R8)(R8*2), R9 \
	LEAQ (SI)(R8*4), R10

// STEPn moves the row registers of up to 4n rows of A from p to p+1.
#define STEP1 \
	ADDQ DX, SI

#define STEP2 \
	ADDQ DX, SI \
	ADDQ DX, R10

// OPEN loads what stays for all tiles of a call and starts at the first.
#define OPEN \
	MOVQ p+0(FP), DI         \
	MOVQ panel_ldb(DI), R12  \
	MOVQ panel_acs(DI), DX   \
	MOVQ panel_a(DI), AX     \
	MOVQ AX, nextA(DI)       \
	MOVQ panel_start(DI), AX \
	MOVQ AX, nextStart(DI)   \
	MOVQ panel_gate(DI), AX  \
	MOVQ AX, nextGate(DI)    \
	MOVQ panel_c(DI), AX     \
	MOVQ AX, nextC(DI)       \
	MOVQ panel_m(DI), AX     \
	MOVQ AX, left(DI)        \
	MOVQ panel_cols(DI), CX

// Eight set words, then eight clear ones: those from number 8-r on mask r elements.
DATA columnMask<>+0(SB)/8, $-1
DATA columnMask<>+8(SB)/8, $-1
DATA columnMask<>+16(SB)/8, $-1
DATA columnMask<>+24(SB)/8, $-1
GLOBL columnMask<>(SB), RODATA|NOPTR, $64

// MASK sets Y15 for CX columns, 1...8 of them. AX and CX are lost.
#define MASK \
	LEAQ    columnMask<>+32(SB), AX \
	SHLQ    $2, CX                  \
	SUBQ    CX, AX                  \
	VMOVDQU (AX), Y15

// With 9 columns or more the right vector holds the last 8, R13 bytes after the first
// ones. The columns that are in both are computed twice, with the same bits. That is
// faster than masks: on Zen 4 a masked load takes a slot from the multiply-adds (a tenth
// of the speed) and a masked store a dozen cycles.

// ENDS sets R13 for CX columns, 9...16 of them.
#define ENDS \
	LEAQ -32(CX*4), R13

// SHIFT moves the row registers from the left to the right vector.
#define SHIFT \
	ADDQ R13, SI \
	ADDQ R13, R10

// ENTERWIDE, ENTERNARROW, LEAVEWIDE and LEAVENARROW are what bodies begin and end with.
#define ENTERWIDE(ROWS) \
	AIM(nextStart, panel_lds) \
	ROWS(STARTLEFT)           \
	SHIFT                     \
	ROWS(STARTRIGHT)          \
	AIM(nextA, panel_ars)     \
	MOVQ panel_b(DI), BX      \
	MOVQ panel_k(DI), CX

#define ENTERNARROW(ROWS) \
	AIM(nextStart, panel_lds) \
	ROWS(STARTMASKED)         \
	AIM(nextA, panel_ars)     \
	MOVQ panel_b(DI), BX      \
	MOVQ panel_k(DI), CX

#define LEAVEWIDE(store, ROWS, next) \
	CMPQ   panel_gate(DI), $0         \
	JEQ    store                      \
	VXORPS Y12, Y12, Y12              \
	AIM(nextGate, panel_ldg)          \
	ROWS(GATELEFT)                    \
	SHIFT                             \
	ROWS(GATERIGHT)                   \
store:                                    \
	VBROADCASTSS panel_floor(DI), Y13 \
	AIM(nextC, panel_ldc)             \
	ROWS(STORELEFT)                   \
	SHIFT                             \
	ROWS(STORERIGHT)                  \
	JMP    next

#define LEAVENARROW(store, ROWS, next) \
	CMPQ   panel_gate(DI), $0         \
	JEQ    store                      \
	VXORPS Y12, Y12, Y12              \
	AIM(nextGate, panel_ldg)          \
	ROWS(GATEMASKED)                  \
store:                                    \
	VBROADCASTSS panel_floor(DI), Y13 \
	AIM(nextC, panel_ldc)             \
	ROWS(STOREMASKED)                 \
	JMP    next

// Operations on one vector of C: kept where the gate is not ≤ 0 (NaN keeps too), and
// stored. Of two zeros or a NaN VMAXPS returns its second source, here the first operand.
#define KEEP(at, x) \
	VCMPPS $0x19, at, Y12, Y14 \
	VANDPS Y14, x, x

#define PUT(at, x) \
	VMAXPS  x, Y13, x \
	VMOVUPS x, at

#define KEEPMASKED(at, x) \
	VMASKMOVPS at, Y15, Y14         \
	VCMPPS     $0x19, Y14, Y12, Y14 \
	VANDPS     Y14, x, x

#define PUTMASKED(at, x) \
	VMAXPS     x, Y13, x \
	VMASKMOVPS x, Y15, at

// ---- One chain ----

#define STARTLEFT(at, l, r) \
	VMOVUPS at, l

#define STARTRIGHT(at, l, r) \
	VMOVUPS at, r

#define STARTMASKED(at, l, r) \
	VMASKMOVPS at, Y15, l

#define MULBOTH(at, l, r) \
	VBROADCASTSS at, Y14     \
	VFMADD231PS  Y12, Y14, l \
	VFMADD231PS  Y13, Y14, r

#define MULLEFT(at, l, r) \
	VBROADCASTSS at, Y14 \
	VFMADD231PS  Y12, Y14, l

#define GATELEFT(at, l, r) \
	KEEP(at, l)

#define GATERIGHT(at, l, r) \
	KEEP(at, r)

#define GATEMASKED(at, l, r) \
	KEEPMASKED(at, l)

#define STORELEFT(at, l, r) \
	PUT(at, l)

#define STORERIGHT(at, l, r) \
	PUT(at, r)

#define STOREMASKED(at, l, r) \
	PUTMASKED(at, l)

#define TILE1WIDE(loop, store, next, ROWS, STEP) \
	ENTERWIDE(ROWS)          \
loop:                            \
	VMOVUPS (BX), Y12        \
	VMOVUPS (BX)(R13*1), Y13 \
	ADDQ    R12, BX          \
	ROWS(MULBOTH)            \
	STEP                     \
	DECQ    CX               \
	JNZ     loop             \
	LEAVEWIDE(store, ROWS, next)

#define TILE1NARROW(loop, store, next, ROWS, STEP) \
	ENTERNARROW(ROWS)         \
loop:                             \
	VMASKMOVPS (BX), Y15, Y12 \
	ADDQ       R12, BX        \
	ROWS(MULLEFT)             \
	STEP                      \
	DECQ       CX             \
	JNZ        loop           \
	LEAVENARROW(store, ROWS, next)

// func panel1AVX2(p *panel)
//
// C[i,j] = sum of A[i,p]*B[p,j] from start[i,j], 0 ≤ p < k, one chain; then gate and floor.
// Tiles of 1...6 rows, 1...16 columns; m, k ≥ 1.      needs AVX2, FMA3
//
//	Y0–Y11   row i in Y(2i), Y(2i+1); 8 columns or fewer: Y(2i)
//	wide     9...16 columns        narrow   1...8
TEXT ·panel1AVX2(SB), NOSPLIT, $0-8
	OPEN
	CMPQ CX, $8
	JBE  few
	ENDS

wide:
	PICK
	CMPQ AX, $4
	JB   wide1to3
	JEQ  wide4
	CMPQ AX, $6
	JB   wide5
	TILE1WIDE(wideloop6, widestore6, widenext, PAIRS6, STEP2)

wide5:
	TILE1WIDE(wideloop5, widestore5, widenext, PAIRS5, STEP2)

wide4:
	TILE1WIDE(wideloop4, widestore4, widenext, PAIRS4, STEP1)

wide1to3:
	CMPQ AX, $2
	JB   wide1
	JEQ  wide2
	TILE1WIDE(wideloop3, widestore3, widenext, PAIRS3, STEP1)

wide2:
	TILE1WIDE(wideloop2, widestore2, widenext, PAIRS2, STEP1)

wide1:
	TILE1WIDE(wideloop1, widestore1, widenext, PAIRS1, STEP1)

widenext:
	ADVANCE(wide)

few:
	MASK

narrow:
	PICK
	CMPQ AX, $4
	JB   narrow1to3
	JEQ  narrow4
	CMPQ AX, $6
	JB   narrow5
	TILE1NARROW(narrowloop6, narrowstore6, narrownext, PAIRS6, STEP2)

narrow5:
	TILE1NARROW(narrowloop5, narrowstore5, narrownext, PAIRS5, STEP2)

narrow4:
	TILE1NARROW(narrowloop4, narrowstore4, narrownext, PAIRS4, STEP1)

narrow1to3:
	CMPQ AX, $2
	JB   narrow1
	JEQ  narrow2
	TILE1NARROW(narrowloop3, narrowstore3, narrownext, PAIRS3, STEP1)

narrow2:
	TILE1NARROW(narrowloop2, narrowstore2, narrownext, PAIRS2, STEP1)

narrow1:
	TILE1NARROW(narrowloop1, narrowstore1, narrownext, PAIRS1, STEP1)

narrownext:
	ADVANCE(narrow)

// ---- Two chains: the first starts from the start, the second from +0 ----
//
// A macro that is that of one chain on the first is its name after QUAD.

#define QUADSTARTLEFT(at, l, r, l2, r2) \
	VMOVUPS at, l \
	VXORPS  l2, l2, l2

#define QUADSTARTRIGHT(at, l, r, l2, r2) \
	VMOVUPS at, r \
	VXORPS  r2, r2, r2

#define FIRSTBOTH(at, l, r, l2, r2) \
	MULBOTH(at, l, r)

#define SECONDBOTH(at, l, r, l2, r2) \
	MULBOTH(at, l2, r2)

#define SUMBOTH(at, l, r, l2, r2) \
	VADDPS l2, l, l \
	VADDPS r2, r, r

#define QUADGATELEFT(at, l, r, l2, r2) \
	KEEP(at, l)

#define QUADGATERIGHT(at, l, r, l2, r2) \
	KEEP(at, r)

#define QUADSTORELEFT(at, l, r, l2, r2) \
	PUT(at, l)

#define QUADSTORERIGHT(at, l, r, l2, r2) \
	PUT(at, r)

#define TILE2WIDE(loop, odd, done, store, next, ROWS) \
	AIM(nextStart, panel_lds)         \
	ROWS(QUADSTARTLEFT)               \
	SHIFT                             \
	ROWS(QUADSTARTRIGHT)              \
	AIM(nextA, panel_ars)             \
	MOVQ    panel_b(DI), BX           \
	MOVQ    panel_k(DI), CX           \
	SUBQ    $2, CX                    \
	JB      odd                       \
loop:                                     \
	VMOVUPS (BX), Y12                 \
	VMOVUPS (BX)(R13*1), Y13          \
	ADDQ    R12, BX                   \
	ROWS(FIRSTBOTH)                   \
	STEP1                             \
	VMOVUPS (BX), Y12                 \
	VMOVUPS (BX)(R13*1), Y13          \
	ADDQ    R12, BX                   \
	ROWS(SECONDBOTH)                  \
	STEP1                             \
	SUBQ    $2, CX                    \
	JAE     loop                      \
odd:                                      \
	TESTQ   $1, CX                    \
	JZ      done                      \
	VMOVUPS (BX), Y12                 \
	VMOVUPS (BX)(R13*1), Y13          \
	ROWS(FIRSTBOTH)                   \
done:                                     \
	ROWS(SUMBOTH)                     \
	CMPQ    panel_gate(DI), $0        \
	JEQ     store                     \
	VXORPS  Y12, Y12, Y12             \
	AIM(nextGate, panel_ldg)          \
	ROWS(QUADGATELEFT)                \
	SHIFT                             \
	ROWS(QUADGATERIGHT)               \
store:                                    \
	VBROADCASTSS panel_floor(DI), Y13 \
	AIM(nextC, panel_ldc)             \
	ROWS(QUADSTORELEFT)               \
	SHIFT                             \
	ROWS(QUADSTORERIGHT)              \
	JMP     next

#define QUADSTARTMASKED(at, l, r, l2, r2) \
	VMASKMOVPS at, Y15, l \
	VXORPS     l2, l2, l2

#define FIRSTLEFT(at, l, r, l2, r2) \
	MULLEFT(at, l, r)

#define SECONDLEFT(at, l, r, l2, r2) \
	MULLEFT(at, l2, r2)

#define SUMLEFT(at, l, r, l2, r2) \
	VADDPS l2, l, l

#define QUADGATEMASKED(at, l, r, l2, r2) \
	KEEPMASKED(at, l)

#define QUADSTOREMASKED(at, l, r, l2, r2) \
	PUTMASKED(at, l)

#define TILE2NARROW(loop, odd, done, store, next, ROWS) \
	AIM(nextStart, panel_lds)         \
	ROWS(QUADSTARTMASKED)             \
	AIM(nextA, panel_ars)             \
	MOVQ       panel_b(DI), BX        \
	MOVQ       panel_k(DI), CX        \
	SUBQ       $2, CX                 \
	JB         odd                    \
loop:                                     \
	VMASKMOVPS (BX), Y15, Y12         \
	ROWS(FIRSTLEFT)                   \
	STEP1                             \
	VMASKMOVPS (BX)(R12*1), Y15, Y12  \
	LEAQ       (BX)(R12*2), BX        \
	ROWS(SECONDLEFT)                  \
	STEP1                             \
	SUBQ       $2, CX                 \
	JAE        loop                   \
odd:                                      \
	TESTQ      $1, CX                 \
	JZ         done                   \
	VMASKMOVPS (BX), Y15, Y12         \
	ROWS(FIRSTLEFT)                   \
done:                                     \
	ROWS(SUMLEFT)                     \
	CMPQ       panel_gate(DI), $0     \
	JEQ        store                  \
	VXORPS     Y12, Y12, Y12          \
	AIM(nextGate, panel_ldg)          \
	ROWS(QUADGATEMASKED)              \
store:                                    \
	VBROADCASTSS panel_floor(DI), Y13 \
	AIM(nextC, panel_ldc)             \
	ROWS(QUADSTOREMASKED)             \
	JMP        next

// func panel2AVX2(p *panel)
//
// panel1AVX2 with two chains: term p in chain p mod 2, the first from the start, the
// second from +0; first + second. Tiles of 1...3 rows, 1...16 columns.
// needs AVX2, FMA3
//
//	Y0–Y5    row i's chain 0       Y6–Y11   row i's chain 1
//	wide     9...16 columns        narrow   1...8
TEXT ·panel2AVX2(SB), NOSPLIT, $0-8
	OPEN
	CMPQ CX, $8
	JBE  few
	ENDS

wide:
	PICK
	CMPQ AX, $2
	JB   wide1
	JEQ  wide2
	TILE2WIDE(wideloop3, wideodd3, widedone3, widestore3, widenext, QUADS3)

wide2:
	TILE2WIDE(wideloop2, wideodd2, widedone2, widestore2, widenext, QUADS2)

wide1:
	TILE2WIDE(wideloop1, wideodd1, widedone1, widestore1, widenext, QUADS1)

widenext:
	ADVANCE(wide)

few:
	MASK

narrow:
	PICK
	CMPQ AX, $2
	JB   narrow1
	JEQ  narrow2
	TILE2NARROW(narrowloop3, narrowodd3, narrowdone3, narrowstore3, narrownext, QUADS3)

narrow2:
	TILE2NARROW(narrowloop2, narrowodd2, narrowdone2, narrowstore2, narrownext, QUADS2)

narrow1:
	TILE2NARROW(narrowloop1, narrowodd1, narrowdone1, narrowstore1, narrownext, QUADS1)

narrownext:
	ADVANCE(narrow)

// ---- Four chains: the others than the first start from +0 ----

#define STARTFOUR(at, s, t, u, v) \
	VMOVUPS at, s   \
	VXORPS  t, t, t \
	VXORPS  u, u, u \
	VXORPS  v, v, v

#define STARTFOURMASKED(at, s, t, u, v) \
	VMASKMOVPS at, Y15, s \
	VXORPS     t, t, t    \
	VXORPS     u, u, u    \
	VXORPS     v, v, v

#define FIRST(at, s, t, u, v) \
	MULLEFT(at, s, t)

#define SECOND(at, s, t, u, v) \
	MULLEFT(at, t, t)

#define THIRD(at, s, t, u, v) \
	MULLEFT(at, u, t)

#define FOURTH(at, s, t, u, v) \
	MULLEFT(at, v, t)

#define SUMFOUR(at, s, t, u, v) \
	VADDPS t, s, s \
	VADDPS v, u, u \
	VADDPS u, s, s

#define PLAIN(at, y) \
	VMOVUPS at, y

#define MASKED(at, y) \
	VMASKMOVPS at, Y15, y

// TILE4 is one body of panel4AVX2; READ loads a row of B.
#define TILE4(loop, rest, done, store, next, ROWS, READ, START, GATE, STORE) \
	AIM(nextStart, panel_lds)         \
	ROWS(START)                       \
	AIM(nextA, panel_ars)             \
	MOVQ   panel_b(DI), BX            \
	MOVQ   panel_k(DI), CX            \
	SUBQ   $4, CX                     \
	JB     rest                       \
loop:                                     \
	READ((BX), Y12)                   \
	ROWS(FIRST)                       \
	STEP1                             \
	READ((BX)(R12*1), Y12)            \
	ROWS(SECOND)                      \
	STEP1                             \
	READ((BX)(R12*2), Y12)            \
	ROWS(THIRD)                       \
	STEP1                             \
	READ((BX)(R13*1), Y12)            \
	LEAQ   (BX)(R12*4), BX            \
	ROWS(FOURTH)                      \
	STEP1                             \
	SUBQ   $4, CX                     \
	JAE    loop                       \
rest:                                     \
	ADDQ   $4, CX                     \
	JZ     done                       \
	READ((BX), Y12)                   \
	ROWS(FIRST)                       \
	STEP1                             \
	DECQ   CX                         \
	JZ     done                       \
	READ((BX)(R12*1), Y12)            \
	ROWS(SECOND)                      \
	STEP1                             \
	DECQ   CX                         \
	JZ     done                       \
	READ((BX)(R12*2), Y12)            \
	ROWS(THIRD)                       \
done:                                     \
	ROWS(SUMFOUR)                     \
	CMPQ   panel_gate(DI), $0         \
	JEQ    store                      \
	VXORPS Y12, Y12, Y12              \
	AIM(nextGate, panel_ldg)          \
	ROWS(GATE)                        \
store:                                    \
	VBROADCASTSS panel_floor(DI), Y13 \
	AIM(nextC, panel_ldc)             \
	ROWS(STORE)                       \
	JMP    next

// func panel4AVX2(p *panel)
//
// panel1AVX2 with four chains: term p in chain p mod 4, the first from the start, the
// others from +0; (0+1)+(2+3). Tiles of 1...3 rows, 1...8 columns.
// needs AVX2, FMA3
//
//	Y0–Y5    row i's chains 0, 1   Y6–Y11   row i's chains 2, 3
//	full     8 columns             masked   fewer
TEXT ·panel4AVX2(SB), NOSPLIT, $0-8
	OPEN
	LEAQ (R12)(R12*2), R13
	CMPQ CX, $8
	JB   few

full:
	PICK
	CMPQ AX, $2
	JB   full1
	JEQ  full2
	TILE4(fullloop3, fullrest3, fulldone3, fullstore3, fullnext, QUADS3, PLAIN, STARTFOUR, QUADGATELEFT, QUADSTORELEFT)

full2:
	TILE4(fullloop2, fullrest2, fulldone2, fullstore2, fullnext, QUADS2, PLAIN, STARTFOUR, QUADGATELEFT, QUADSTORELEFT)

full1:
	TILE4(fullloop1, fullrest1, fulldone1, fullstore1, fullnext, QUADS1, PLAIN, STARTFOUR, QUADGATELEFT, QUADSTORELEFT)

fullnext:
	ADVANCE(full)

few:
	MASK

masked:
	PICK
	CMPQ AX, $2
	JB   masked1
	JEQ  masked2
	TILE4(maskedloop3, maskedrest3, maskeddone3, maskedstore3, maskednext, QUADS3, MASKED, STARTFOURMASKED, QUADGATEMASKED, QUADSTOREMASKED)

masked2:
	TILE4(maskedloop2, maskedrest2, maskeddone2, maskedstore2, maskednext, QUADS2, MASKED, STARTFOURMASKED, QUADGATEMASKED, QUADSTOREMASKED)

masked1:
	TILE4(maskedloop1, maskedrest1, maskeddone1, maskedstore1, maskednext, QUADS1, MASKED, STARTFOURMASKED, QUADGATEMASKED, QUADSTOREMASKED)

maskednext:
	ADVANCE(masked)

// ---- One row ----
//
// Without a second row there is nothing to reuse a row of B for: it goes through memory
// operands, and up to 8 vectors of C cover the latency. There is a body per number of
// vectors, the last of which is masked.
//
// VECTORSn(M) runs M(byte, accumulator) on the n-1 full vectors before the last.

#define VECTORS1(M)

#define VECTORS2(M) \
	M(0, Y0)

#define VECTORS3(M) \
	VECTORS2(M) \
	M(32, Y1)

#define VECTORS4(M) \
	VECTORS3(M) \
	M(64, Y2)

#define VECTORS5(M) \
	VECTORS4(M) \
	M(96, Y3)

#define VECTORS6(M) \
	VECTORS5(M) \
	M(128, Y4)

#define VECTORS7(M) \
	VECTORS6(M) \
	M(160, Y5)

#define VECTORS8(M) \
	VECTORS7(M) \
	M(192, Y6)

#define STARTROW(off, acc) \
	VMOVUPS off(R9), acc

#define MULROW(off, acc) \
	VFMADD231PS off(BX), Y14, acc

#define GATEROW(off, acc) \
	KEEP(off(R10), acc)

#define STOREROW(off, acc) \
	PUT(off(R8), acc)

// ROW is one body of rowAVX2, last the byte of the masked vector.
#define ROW(loop, store, VECTORS, last) \
	VECTORS(STARTROW)                 \
	VMASKMOVPS   last(R9), Y15, Y7    \
loop:                                     \
	VBROADCASTSS (SI), Y14            \
	ADDQ         DX, SI               \
	VECTORS(MULROW)                   \
	VMASKMOVPS   last(BX), Y15, Y12   \
	VFMADD231PS  Y12, Y14, Y7         \
	ADDQ         R12, BX              \
	DECQ         CX                   \
	JNZ          loop                 \
	VXORPS       Y12, Y12, Y12        \
	CMPQ         R10, $0              \
	JEQ          store                \
	VECTORS(GATEROW)                  \
	KEEPMASKED(last(R10), Y7)         \
store:                                    \
	VBROADCASTSS panel_floor(DI), Y13 \
	VECTORS(STOREROW)                 \
	PUTMASKED(last(R8), Y7)           \
	VZEROUPPER                        \
	RET

// func rowAVX2(p *panel)
//
// panel1AVX2 for m = 1 and 1...64 columns.      needs AVX2, FMA3
//
//	DI       panel                 R11      columns - 1
//	SI, BX   a and b at p          R8, R9, R10  c, start, gate
//	DX, R12  their strides, bytes  CX       terms left
//	Y0–Y6    full vectors of c     Y7, Y15  the last and its mask
//	Y14, Y12 a at p, last vector of b
TEXT ·rowAVX2(SB), NOSPLIT, $0-8
	OPEN
	DECQ CX
	MOVQ CX, R11
	ANDQ $7, CX
	INCQ CX
	MASK
	MOVQ panel_a(DI), SI
	MOVQ panel_b(DI), BX
	MOVQ panel_c(DI), R8
	MOVQ panel_start(DI), R9
	MOVQ panel_gate(DI), R10
	MOVQ panel_k(DI), CX
	CMPQ R11, $32
	JB   vectors1to4
	CMPQ R11, $48
	JB   vectors5to6
	CMPQ R11, $56
	JB   vectors7
	ROW(loop8, store8, VECTORS8, 224)

vectors7:
	ROW(loop7, store7, VECTORS7, 192)

vectors5to6:
	CMPQ R11, $40
	JB   vectors5
	ROW(loop6, store6, VECTORS6, 160)

vectors5:
	ROW(loop5, store5, VECTORS5, 128)

vectors1to4:
	CMPQ R11, $16
	JB   vectors1to2
	CMPQ R11, $24
	JB   vectors3
	ROW(loop4, store4, VECTORS4, 96)

vectors3:
	ROW(loop3, store3, VECTORS3, 64)

vectors1to2:
	CMPQ R11, $8
	JB   vectors1
	ROW(loop2, store2, VECTORS2, 32)

vectors1:
	ROW(loop1, store1, VECTORS1, 0)

// ---- One row, of some terms ----

#define MULSKIP(off, acc) \
	VFMADD231PS off(BX)(R11*1), Y14, acc

// SKIP is one body of rowSkipAVX2, last the byte of the masked vector.
#define SKIP(loop, VECTORS, last) \
	VECTORS(STARTROW)                      \
	VMASKMOVPS   last(R9), Y15, Y7         \
loop:                                          \
	MOVL         (DX), R11                 \
	ADDQ         $4, DX                    \
	VBROADCASTSS (SI)(R11*4), Y14          \
	IMULQ        R12, R11                  \
	VECTORS(MULSKIP)                       \
	VMASKMOVPS   last(BX)(R11*1), Y15, Y12 \
	VFMADD231PS  Y12, Y14, Y7              \
	DECQ         CX                        \
	JNZ          loop                      \
	VBROADCASTSS panel_floor(DI), Y13      \
	VECTORS(STOREROW)                      \
	PUTMASKED(last(R8), Y7)                \
	VZEROUPPER                             \
	RET

// func rowSkipAVX2(p *panel, terms *uint32)
//
// rowAVX2 for the k terms whose numbers are listed, A's 4 bytes apart, without gate.
// needs AVX2, FMA3
//
//	SI, BX   a and b at term 0     R8, R9   c, start
//	DX, R11  next number, that term's byte in b
//	R12      stride of b           CX       terms left
//	R10      columns - 1           Y0–Y7, Y12–Y15  as in rowAVX2
TEXT ·rowSkipAVX2(SB), NOSPLIT, $0-16
	OPEN
	DECQ CX
	MOVQ CX, R10
	ANDQ $7, CX
	INCQ CX
	MASK
	MOVQ panel_a(DI), SI
	MOVQ panel_b(DI), BX
	MOVQ panel_c(DI), R8
	MOVQ panel_start(DI), R9
	MOVQ panel_k(DI), CX
	MOVQ terms+8(FP), DX
	CMPQ R10, $32
	JB   vectors1to4
	CMPQ R10, $48
	JB   vectors5to6
	CMPQ R10, $56
	JB   vectors7
	SKIP(loop8, VECTORS8, 224)

vectors7:
	SKIP(loop7, VECTORS7, 192)

vectors5to6:
	CMPQ R10, $40
	JB   vectors5
	SKIP(loop6, VECTORS6, 160)

vectors5:
	SKIP(loop5, VECTORS5, 128)

vectors1to4:
	CMPQ R10, $16
	JB   vectors1to2
	CMPQ R10, $24
	JB   vectors3
	SKIP(loop4, VECTORS4, 96)

vectors3:
	SKIP(loop3, VECTORS3, 64)

vectors1to2:
	CMPQ R10, $8
	JB   vectors1
	SKIP(loop2, VECTORS2, 32)

vectors1:
	SKIP(loop1, VECTORS1, 0)

// ---- NT without a panel ----
//
// One row, or very few, do not pay for a transposed copy of B: four terms of 8 columns are
// transposed in registers.

// HALVES4 loads 4 terms of columns j and j+4 into the halves of y.
#define HALVES4(at, at4, x, y) \
	VMOVUPS     at, x \
	VINSERTF128 $1, at4, y, y

#define HALVESLAST(at, at4, x, y) \
	VMASKMOVPS  at, X7, x    \
	VMASKMOVPS  at4, X7, X12 \
	VINSERTF128 $1, X12, y, y

// TERMS turns Y8–Y11, 4 terms of 2 columns each, into a term of 8 columns each.
#define TERMS \
	VUNPCKLPS Y9, Y8, Y12   \
	VUNPCKHPS Y9, Y8, Y13   \
	VUNPCKLPS Y11, Y10, Y14 \
	VUNPCKHPS Y11, Y10, Y15 \
	VUNPCKLPD Y14, Y12, Y8  \
	VUNPCKHPD Y14, Y12, Y9  \
	VUNPCKLPD Y15, Y13, Y10 \
	VUNPCKHPD Y15, Y13, Y11

// EIGHT does 4 terms of the 8 columns from SI on; SI moves to the next 8.
#define EIGHT(acc) \
	LEAQ (SI)(R12*4), R10                        \
	HALVES4((SI), (R10), X8, Y8)                 \
	HALVES4((SI)(R12*1), (R10)(R12*1), X9, Y9)   \
	HALVES4((SI)(R12*2), (R10)(R12*2), X10, Y10) \
	HALVES4((SI)(R13*1), (R10)(R13*1), X11, Y11) \
	LEAQ (SI)(R12*8), SI                         \
	TERMS                                        \
	VFMADD231PS Y8, Y4, acc                      \
	VFMADD231PS Y9, Y5, acc                      \
	VFMADD231PS Y10, Y6, acc                     \
	VFMADD231PS Y11, Y7, acc

// EIGHTLAST does the last CX terms, 1...3, whose mask is X7.
#define EIGHTLAST(acc, done) \
	LEAQ (SI)(R12*4), R10                           \
	HALVESLAST((SI), (R10), X8, Y8)                 \
	HALVESLAST((SI)(R12*1), (R10)(R12*1), X9, Y9)   \
	HALVESLAST((SI)(R12*2), (R10)(R12*2), X10, Y10) \
	HALVESLAST((SI)(R13*1), (R10)(R13*1), X11, Y11) \
	LEAQ (SI)(R12*8), SI                            \
	TERMS                                           \
	VFMADD231PS Y8, Y4, acc                         \
	CMPQ CX, $2                                     \
	JB   done                                       \
	VFMADD231PS Y9, Y5, acc                         \
	JEQ  done                                       \
	VFMADD231PS Y10, Y6, acc                        \
done:

// func columnsAVX2(p *panel)
//
// panel1AVX2 for NT: B[p,j] lies at b + j·ldb + 4p, A's terms are contiguous, cols is a
// multiple of 32, rows is 1.      needs AVX2, FMA3
//
//	R8       next terms of A       BX       next terms of column 0
//	SI, R10  those of other columns
//	R12, R13 1 and 3 distances of columns
//	Y0–Y3    32 columns of C       Y4–Y7    4 terms of A; Y7 the mask of the last ones
//	Y8–Y11   4 terms of 8 columns  Y12–Y15  scratch
//
//	group    32 columns, all rows
//	loop     4 terms               rest     the last 1...3
TEXT ·columnsAVX2(SB), NOSPLIT, $0-8
	OPEN
	OPENGROUPS
	LEAQ (R12)(R12*2), R13

group:
	TOP

tile:
	MOVQ    nextStart(DI), SI
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VMOVUPS 64(SI), Y2
	VMOVUPS 96(SI), Y3
	MOVQ    nextA(DI), R8
	MOVQ    groupB(DI), BX
	MOVQ    panel_k(DI), CX
	SUBQ    $4, CX
	JB      rest

loop:
	VBROADCASTSS (R8), Y4
	VBROADCASTSS 4(R8), Y5
	VBROADCASTSS 8(R8), Y6
	VBROADCASTSS 12(R8), Y7
	MOVQ         BX, SI
	EIGHT(Y0)
	EIGHT(Y1)
	EIGHT(Y2)
	EIGHT(Y3)
	ADDQ         $16, R8
	ADDQ         $16, BX
	SUBQ         $4, CX
	JAE          loop

rest:
	ADDQ         $4, CX
	JZ           done
	LEAQ         columnMask<>+32(SB), AX
	MOVQ         CX, SI
	SHLQ         $2, SI
	SUBQ         SI, AX
	VMOVDQU      (AX), X7
	VBROADCASTSS (R8), Y4
	CMPQ         CX, $2
	JB           last
	VBROADCASTSS 4(R8), Y5
	JEQ          last
	VBROADCASTSS 8(R8), Y6

last:
	MOVQ BX, SI
	EIGHTLAST(Y0, last0)
	EIGHTLAST(Y1, last1)
	EIGHTLAST(Y2, last2)
	EIGHTLAST(Y3, last3)

done:
	VXORPS Y12, Y12, Y12
	MOVQ   nextGate(DI), R10
	CMPQ   panel_gate(DI), $0
	JEQ    store
	KEEP((R10), Y0)
	KEEP(32(R10), Y1)
	KEEP(64(R10), Y2)
	KEEP(96(R10), Y3)

store:
	VBROADCASTSS panel_floor(DI), Y13
	MOVQ         nextC(DI), R8
	PUT((R8), Y0)
	PUT(32(R8), Y1)
	PUT(64(R8), Y2)
	PUT(96(R8), Y3)
	MOVL         $1, AX
	TILEDONE
	JNZ          tile
	NEXTGROUP(32, group)

// ---- Copies ----

// func copyAVX2(rows, cols int, src *float32, lds int, dst *float32)
//
// dst[i*cols+j] = src[i*lds+j], i < rows, j < cols; rows ≥ 1, cols 16 or 32; no overlap.
// needs AVX
//
//	SI, R8   next row of src, distance of its rows in bytes
//	DI, CX   next row of dst, rows left
//
// Rows far apart are not foreseen by the processor: they are fetched 8 ahead.
TEXT ·copyAVX2(SB), NOSPLIT, $0-40
	MOVQ rows+0(FP), CX
	MOVQ src+16(FP), SI
	MOVQ lds+24(FP), R8
	SHLQ $2, R8
	MOVQ dst+32(FP), DI
	CMPQ cols+8(FP), $32
	JEQ  row32

row16:
	PREFETCHT0 (SI)(R8*8)
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	ADDQ    R8, SI
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ    $64, DI
	DECQ    CX
	JNZ     row16
	VZEROUPPER
	RET

row32:
	PREFETCHT0 (SI)(R8*8)
	PREFETCHT0 64(SI)(R8*8)
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VMOVUPS 64(SI), Y2
	VMOVUPS 96(SI), Y3
	ADDQ    R8, SI
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	ADDQ    $128, DI
	DECQ    CX
	JNZ     row32
	VZEROUPPER
	RET

// ---- Transposition ----

// BLOCK transposes the 8×8 elements in Y0–Y7 into Y8–Y15: pairs of rows are
// interleaved by elements, then pairs of those by twos, then halves change places.
#define BLOCK \
	VUNPCKLPS  Y1, Y0, Y8         \
	VUNPCKHPS  Y1, Y0, Y9         \
	VUNPCKLPS  Y3, Y2, Y10        \
	VUNPCKHPS  Y3, Y2, Y11        \
	VUNPCKLPS  Y5, Y4, Y12        \
	VUNPCKHPS  Y5, Y4, Y13        \
	VUNPCKLPS  Y7, Y6, Y14        \
	VUNPCKHPS  Y7, Y6, Y15        \
	VUNPCKLPD  Y10, Y8, Y0        \
	VUNPCKHPD  Y10, Y8, Y1        \
	VUNPCKLPD  Y11, Y9, Y2        \
	VUNPCKHPD  Y11, Y9, Y3        \
	VUNPCKLPD  Y14, Y12, Y4       \
	VUNPCKHPD  Y14, Y12, Y5       \
	VUNPCKLPD  Y15, Y13, Y6       \
	VUNPCKHPD  Y15, Y13, Y7       \
	VPERM2F128 $0x20, Y4, Y0, Y8  \
	VPERM2F128 $0x20, Y5, Y1, Y9  \
	VPERM2F128 $0x20, Y6, Y2, Y10 \
	VPERM2F128 $0x20, Y7, Y3, Y11 \
	VPERM2F128 $0x31, Y4, Y0, Y12 \
	VPERM2F128 $0x31, Y5, Y1, Y13 \
	VPERM2F128 $0x31, Y6, Y2, Y14 \
	VPERM2F128 $0x31, Y7, Y3, Y15

// func transposeAVX2(rows, cols int, src *float32, lds int, dst *float32, ldd int)
//
// dst[j*ldd+i] = src[i*lds+j], i < rows, j < cols, both ≥ 1; no overlap.      needs AVX2
//
//	AX       rows left             CX       columns left
//	SI, R10  next column of src, and 4 rows below
//	R8, R9   1 and 3 row strides of src, bytes
//	DI, R11  next row of dst, and 4 rows below
//	R12, R13 1 and 3 row strides of dst, bytes
//	BX, DX   column 0 of src, row 0 of dst
//
//	band     8 rows of src; the last band starts at rows-8 and does some rows again
//	block    8 columns of a band; the last one starts at cols-8 likewise
//	thin     fewer than 8 columns: masked loads, as many stores
//	four     4...7 rows: a band of 4, and one that starts at rows-4
//	single   fewer rows, or few of both: element by element
TEXT ·transposeAVX2(SB), NOSPLIT, $0-48
	MOVQ rows+0(FP), AX
	MOVQ src+16(FP), BX
	MOVQ lds+24(FP), R8
	SHLQ $2, R8
	LEAQ (R8)(R8*2), R9
	MOVQ dst+32(FP), DX
	MOVQ ldd+40(FP), R12
	SHLQ $2, R12
	LEAQ (R12)(R12*2), R13
	CMPQ AX, $8
	JB   few
	CMPQ cols+8(FP), $8
	JB   thin

band:
	MOVQ BX, SI
	MOVQ DX, DI
	MOVQ cols+8(FP), CX

block:
	LEAQ    (SI)(R8*4), R10
	LEAQ    (DI)(R12*4), R11
	VMOVUPS (SI), Y0
	VMOVUPS (SI)(R8*1), Y1
	VMOVUPS (SI)(R8*2), Y2
	VMOVUPS (SI)(R9*1), Y3
	VMOVUPS (R10), Y4
	VMOVUPS (R10)(R8*1), Y5
	VMOVUPS (R10)(R8*2), Y6
	VMOVUPS (R10)(R9*1), Y7
	BLOCK
	VMOVUPS Y8, (DI)
	VMOVUPS Y9, (DI)(R12*1)
	VMOVUPS Y10, (DI)(R12*2)
	VMOVUPS Y11, (DI)(R13*1)
	VMOVUPS Y12, (R11)
	VMOVUPS Y13, (R11)(R12*1)
	VMOVUPS Y14, (R11)(R12*2)
	VMOVUPS Y15, (R11)(R13*1)
	ADDQ    $32, SI
	LEAQ    (DI)(R12*8), DI
	SUBQ    $8, CX
	JZ      nextband
	CMPQ    CX, $8
	JAE     block

	// Back by the 8-CX columns that are done already.
	SUBQ  $8, CX
	LEAQ  (SI)(CX*4), SI
	IMULQ R12, CX
	ADDQ  CX, DI
	MOVQ  $8, CX
	JMP   block

nextband:
	LEAQ (BX)(R8*8), BX
	ADDQ $32, DX
	SUBQ $8, AX
	JZ   done
	CMPQ AX, $8
	JAE  band

	// Back by the 8-AX rows that are done already.
	SUBQ  $8, AX
	LEAQ  (DX)(AX*4), DX
	IMULQ R8, AX
	ADDQ  AX, BX
	MOVQ  $8, AX
	JMP   band

thin:
	LEAQ       columnMask<>+32(SB), SI
	MOVQ       cols+8(FP), CX
	SHLQ       $2, CX
	SUBQ       CX, SI
	VMOVDQU    (SI), Y15
	LEAQ       (BX)(R8*4), R10
	LEAQ       (DX)(R12*4), R11
	VMASKMOVPS (BX), Y15, Y0
	VMASKMOVPS (BX)(R8*1), Y15, Y1
	VMASKMOVPS (BX)(R8*2), Y15, Y2
	VMASKMOVPS (BX)(R9*1), Y15, Y3
	VMASKMOVPS (R10), Y15, Y4
	VMASKMOVPS (R10)(R8*1), Y15, Y5
	VMASKMOVPS (R10)(R8*2), Y15, Y6
	VMASKMOVPS (R10)(R9*1), Y15, Y7
	BLOCK
	MOVQ       cols+8(FP), CX
	VMOVUPS    Y8, (DX)
	CMPQ       CX, $2
	JB         nextthin
	VMOVUPS    Y9, (DX)(R12*1)
	JEQ        nextthin
	VMOVUPS    Y10, (DX)(R12*2)
	CMPQ       CX, $4
	JB         nextthin
	VMOVUPS    Y11, (DX)(R13*1)
	JEQ        nextthin
	VMOVUPS    Y12, (R11)
	CMPQ       CX, $6
	JB         nextthin
	VMOVUPS    Y13, (R11)(R12*1)
	JEQ        nextthin
	VMOVUPS    Y14, (R11)(R12*2)

nextthin:
	LEAQ (BX)(R8*8), BX
	ADDQ $32, DX
	SUBQ $8, AX
	JZ   done
	CMPQ AX, $8
	JAE  thin

	// Back by the 8-AX rows that are done already.
	SUBQ  $8, AX
	LEAQ  (DX)(AX*4), DX
	IMULQ R8, AX
	ADDQ  AX, BX
	MOVQ  $8, AX
	JMP   thin

few:
	CMPQ AX, $4
	JB   single
	CMPQ cols+8(FP), $8
	JB   single

four:
	MOVQ BX, SI
	MOVQ DX, DI
	MOVQ cols+8(FP), CX

fourblock:
	LEAQ         (DI)(R12*4), R11
	VMOVUPS      (SI), Y0
	VMOVUPS      (SI)(R8*1), Y1
	VMOVUPS      (SI)(R8*2), Y2
	VMOVUPS      (SI)(R9*1), Y3
	VUNPCKLPS    Y1, Y0, Y4
	VUNPCKHPS    Y1, Y0, Y5
	VUNPCKLPS    Y3, Y2, Y6
	VUNPCKHPS    Y3, Y2, Y7
	VUNPCKLPD    Y6, Y4, Y0
	VUNPCKHPD    Y6, Y4, Y1
	VUNPCKLPD    Y7, Y5, Y2
	VUNPCKHPD    Y7, Y5, Y3
	VMOVUPS      X0, (DI)
	VMOVUPS      X1, (DI)(R12*1)
	VMOVUPS      X2, (DI)(R12*2)
	VMOVUPS      X3, (DI)(R13*1)
	VEXTRACTF128 $1, Y0, (R11)
	VEXTRACTF128 $1, Y1, (R11)(R12*1)
	VEXTRACTF128 $1, Y2, (R11)(R12*2)
	VEXTRACTF128 $1, Y3, (R11)(R13*1)
	ADDQ         $32, SI
	LEAQ         (DI)(R12*8), DI
	SUBQ         $8, CX
	JZ           nextfour
	CMPQ         CX, $8
	JAE          fourblock

	// Back by the 8-CX columns that are done already.
	SUBQ  $8, CX
	LEAQ  (SI)(CX*4), SI
	IMULQ R12, CX
	ADDQ  CX, DI
	MOVQ  $8, CX
	JMP   fourblock

nextfour:
	SUBQ $4, AX
	JZ   done

	// On by the AX rows that are left: 4-AX are done again.
	LEAQ  (DX)(AX*4), DX
	IMULQ R8, AX
	ADDQ  AX, BX
	MOVQ  $4, AX
	JMP   four

single:
	MOVQ BX, SI
	MOVQ DX, DI
	MOVQ cols+8(FP), CX

element:
	MOVL (SI), R9
	MOVL R9, (DI)
	ADDQ $4, SI
	ADDQ R12, DI
	DECQ CX
	JNZ  element
	ADDQ R8, BX
	ADDQ $4, DX
	DECQ AX
	JNZ  single

done:
	VZEROUPPER
	RET
