//go:build !purego

#include "go_asm.h"
#include "textflag.h"
#include "avx512_amd64.h"

// The first tile of a product on copies: see pack.go. Registers and what else is common:
// avx512_amd64.h.

#define START2(at, l, r) \
	VMOVUPS at, l \
	VMOVUPS 64 at, r

#define MUL2(at, l, r) \
	VFMADD231PS.BCST at, Z24, l \
	VFMADD231PS.BCST at, Z25, r

#define GATE2(at, l, r) \
	KEEP(at, l, Z28) \
	KEEP(64 at, r, Z28)

#define STORE2(at, l, r) \
	PUT(at, l, Z31) \
	PUT(64 at, r, Z31)

// TILECOPY fetches three lines of a row of B to come: 128 bytes that begin anywhere.
#define TILECOPY(loop, store, ROWS, STEP) \
	ENTER(ROWS, START2)            \
loop:                                  \
	VMOVUPS    (BX), Z24           \
	VMOVUPS    64(BX), Z25         \
	PREFETCHT1 (R14)               \
	PREFETCHT1 64(R14)             \
	PREFETCHT1 124(R14)            \
	ADDQ       R12, BX             \
	ADDQ       R12, R14            \
	DECQ       R15                 \
	CMOVQEQ    panel_next(DI), R14 \
	ROWS(MUL2)                     \
	VMOVUPS    Z24, (R13)          \
	VMOVUPS    Z25, 64(R13)        \
	SUBQ       $-128, R13          \
	STEP                           \
	DECQ       CX                  \
	JNZ        loop                \
	LEAVE(store, ROWS, GATE2, STORE2, done)

// func panelCopyAVX512(p *panel)
//
// panel1AVX512 for one tile of packLeastRows...12 rows and 32 columns, and
// to[p*32+j] = B[p,j]. Rows of B are fetched to the second-level cache packAhead rows ahead, at
// the end those from next on.
// needs AVX-512 F, VL
//
//	R13   next row of the copy
//	R14   row of B to fetch           R15   rows until that is next
TEXT ·panelCopyAVX512(SB), NOSPLIT, $0-8
	OPEN
	MOVQ  panel_to(DI), R13
	MOVQ  R12, R14
	IMULQ $const_packAhead, R14
	ADDQ  panel_b(DI), R14
	MOVQ  panel_k(DI), R15
	SUBQ  $const_packAhead, R15
	PICK
	CMPQ AX, $9
	JB   rows7to8
	JEQ  rows9
	CMPQ AX, $11
	JB   rows10
	JEQ  rows11
	TILECOPY(loop12, store12, PAIRS12, STEP3)

rows11:
	TILECOPY(loop11, store11, PAIRS11, STEP3)

rows10:
	TILECOPY(loop10, store10, PAIRS10, STEP3)

rows9:
	TILECOPY(loop9, store9, PAIRS9, STEP3)

rows7to8:
	CMPQ AX, $8
	JB   rows7
	TILECOPY(loop8, store8, PAIRS8, STEP2)

rows7:
	TILECOPY(loop7, store7, PAIRS7, STEP2)

done:
	VZEROUPPER
	RET
