//go:build !purego

#include "go_asm.h"
#include "textflag.h"
#include "panel_amd64.h"

// NT products in lanes for AVX2: an element of C is c0 + a sum over 16 lanes, two
// registers, so that rows of A and of B are read as they lie.

// Eight set words, then eight clear ones: those from number 8-r on mask r elements.
DATA dotsMask<>+0(SB)/8, $-1
DATA dotsMask<>+8(SB)/8, $-1
DATA dotsMask<>+16(SB)/8, $-1
DATA dotsMask<>+24(SB)/8, $-1
GLOBL dotsMask<>(SB), RODATA|NOPTR, $64

// MASKOF sets the mask of CX elements, 0...8. SI is lost.
#define MASKOF(y) \
	LEAQ    dotsMask<>+32(SB), SI \
	SHLQ    $2, CX                \
	SUBQ    CX, SI                \
	VMOVDQU (SI), y

// HALF does 8 lanes, from byte off on, of 2 rows and 3 columns.
#define HALF(off, s, t, u, v, w, x) \
	VMOVUPS     off(BX)(CX*1), Y12  \
	VMOVUPS     off(R12)(CX*1), Y13 \
	VMOVUPS     off(R13)(CX*1), Y14 \
	VMOVUPS     off(R8)(CX*1), Y15  \
	VFMADD231PS Y12, Y15, s         \
	VFMADD231PS Y13, Y15, t         \
	VFMADD231PS Y14, Y15, u         \
	VMOVUPS     off(R9)(CX*1), Y15  \
	VFMADD231PS Y12, Y15, v         \
	VFMADD231PS Y13, Y15, w         \
	VFMADD231PS Y14, Y15, x

// HALFLAST does those in the mask Y15, the others with +0, and reads no more.
#define HALFLAST(off, s, t, u, v, w, x) \
	VMASKMOVPS  off(R8)(DX*1), Y15, Y12  \
	VMASKMOVPS  off(R9)(DX*1), Y15, Y13  \
	VMASKMOVPS  off(BX)(DX*1), Y15, Y14  \
	VFMADD231PS Y14, Y12, s              \
	VFMADD231PS Y14, Y13, v              \
	VMASKMOVPS  off(R12)(DX*1), Y15, Y14 \
	VFMADD231PS Y14, Y12, t              \
	VFMADD231PS Y14, Y13, w              \
	VMASKMOVPS  off(R13)(DX*1), Y15, Y14 \
	VFMADD231PS Y14, Y12, u              \
	VFMADD231PS Y14, Y13, x

// FOUR adds lanes l and l+8, then l and l+4: x holds the 4 sums.
#define FOUR(y, y2, x) \
	VADDPS       y2, y, y   \
	VEXTRACTF128 $1, y, X12 \
	VADDPS       X12, x, x

// THREE adds up the 4 sums of each of three elements, l and l+2 first: they are then in x,
// the last one twice.
#define THREE(x, y, z) \
	VSHUFPS $0x44, y, x, X12 \
	VSHUFPS $0xEE, y, x, X13 \
	VADDPS  X13, X12, x      \
	VMOVHLPS z, z, X13       \
	VADDPS  X13, z, z        \
	VSHUFPS $0x88, z, x, X12 \
	VSHUFPS $0xDD, z, x, X13 \
	VADDPS  X13, X12, x

// FINISH adds the start to x, with columns masked by X15, and stores it. Of two zeros or a
// NaN VMAXPS returns its second source, here the first operand.
//
// Three columns, the usual case, are stored in two pieces: on Zen 4 a masked store takes a
// dozen cycles.
#define FINISH(start, gate, c, x, store, few, next) \
	VMASKMOVPS   start, X15, X12      \
	VADDPS       X12, x, x            \
	CMPQ         panel_gate(DI), $0   \
	JEQ          store                \
	VMASKMOVPS   gate, X15, X12       \
	VXORPS       X13, X13, X13        \
	VCMPPS       $0x19, X12, X13, X12 \
	VANDPS       X12, x, x            \
store:                                    \
	VBROADCASTSS panel_floor(DI), X13 \
	VMAXPS       x, X13, x            \
	CMPQ         columns(DI), $3      \
	JB           few                  \
	VMOVLPS      x, c                 \
	VEXTRACTPS   $2, x, 8 c           \
	JMP          next                 \
few:                                      \
	VMASKMOVPS   x, X15, c            \
next:

// func dots2x3AVX2(p *panel)
//
// C[i,j] = start[i,j] + sum of A[i,p]*B[p,j] in 16 lanes, 0 ≤ p < k, where B[p,j] lies at
// b + j·ldb + 4p and A[i,p] at a + i·ars + 4p; then gate and floor. Any m, cols and k ≥ 1.
// needs AVX2, FMA3
//
//	R8, R9        2 rows of A      AX      rows of this tile; if only one, it stands in for
//	                                       the other
//	BX, R12, R13  3 columns of B, likewise
//	CX, SI        byte in the rows, bytes of whole groups of lanes
//	Y0–Y11        sums: row i, column j in Y(6i+2j) and the next one
//	Y12–Y15       vectors of A and B, masks
//
//	group    3 columns, all rows    tile    2 rows
//	loop     16 terms               last    the last k mod 16
//	order    lanes 16; then l + (l+8), l + (l+4), l + (l+2), 0 + 1; start + sum
TEXT ·dots2x3AVX2(SB), NOSPLIT, $0-8
	MOVQ p+0(FP), DI
	OPENGROUPS

group:
	TOP

tile:
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	VXORPS Y8, Y8, Y8
	VXORPS Y9, Y9, Y9
	VXORPS Y10, Y10, Y10
	VXORPS Y11, Y11, Y11
	MOVQ   panel_ldb(DI), SI
	MOVQ   groupB(DI), BX
	MOVQ   BX, R12
	MOVQ   columns(DI), CX
	CMPQ   CX, $2
	JB     columns1
	LEAQ   (R12)(SI*1), R12
	MOVQ   R12, R13
	JEQ    rows
	LEAQ   (R13)(SI*1), R13
	JMP    rows

columns1:
	MOVQ R12, R13

rows:
	MOVQ nextA(DI), R8
	MOVQ R8, R9
	MOVL $1, AX
	CMPQ left(DI), $1
	JEQ  terms
	ADDQ panel_ars(DI), R9
	MOVL $2, AX

terms:
	MOVQ panel_k(DI), SI
	ANDQ $~15, SI
	SHLQ $2, SI
	XORL CX, CX
	CMPQ CX, SI
	JEQ  last

loop:
	HALF(0, Y0, Y2, Y4, Y6, Y8, Y10)
	HALF(32, Y1, Y3, Y5, Y7, Y9, Y11)
	ADDQ  $64, CX
	CMPQ  CX, SI
	JB    loop
	TESTQ $15, panel_k(DI)
	JZ    sum

last:
	MOVQ CX, DX
	MOVQ panel_k(DI), CX
	ANDQ $15, CX
	CMPQ CX, $8
	JA   last2
	MASKOF(Y15)
	HALFLAST(0, Y0, Y2, Y4, Y6, Y8, Y10)
	VXORPS Y15, Y15, Y15
	JMP  last3

last2:
	SUBQ     $8, CX
	MOVQ     CX, R10
	VPCMPEQD Y15, Y15, Y15
	HALFLAST(0, Y0, Y2, Y4, Y6, Y8, Y10)
	MOVQ     R10, CX
	MASKOF(Y15)

last3:
	// Also with no element left: it adds +0·+0, which makes a sum of -0 +0.
	HALFLAST(32, Y1, Y3, Y5, Y7, Y9, Y11)

sum:
	FOUR(Y0, Y1, X0)
	FOUR(Y2, Y3, X2)
	FOUR(Y4, Y5, X4)
	FOUR(Y6, Y7, X6)
	FOUR(Y8, Y9, X8)
	FOUR(Y10, Y11, X10)
	THREE(X0, X2, X4)
	THREE(X6, X8, X10)
	MOVQ    columns(DI), CX
	MOVL    $3, SI
	CMPQ    CX, SI
	CMOVQGT SI, CX
	MASKOF(Y15)
	MOVQ    nextStart(DI), R8
	MOVQ    nextGate(DI), R9
	MOVQ    nextC(DI), R10
	FINISH((R8), (R9), (R10), X0, store0, few0, next0)
	CMPQ    AX, $1
	JEQ     tiledone
	ADDQ    panel_lds(DI), R8
	ADDQ    panel_ldg(DI), R9
	ADDQ    panel_ldc(DI), R10
	FINISH((R8), (R9), (R10), X6, store1, few1, next1)

tiledone:
	TILEDONE
	JNZ  tile
	MOVQ panel_ldb(DI), R12
	CMPQ columns(DI), $3
	JLE  done
	NEXTGROUP(3, group)

done:
	VZEROUPPER
	RET
