//go:build !purego

#include "textflag.h"

// Products: the micro-kernels behind gemm_amd64.go. A tile of C stays in registers
// over all k terms; per p the row of B is loaded once and each element of A broadcast.
// Nothing outside of the tile's rows and columns is read or written. There is one
// straight body per number of rows, so no row is computed twice.
//
// Registers of all tiles:
//
//	SI, R10, R11  row 0, 4, 8 of C, of A while the loop runs
//	R8, R9        1 and 3 strides of those rows, bytes
//	BX            row p of B            R12, R13  1 and 3 strides of B, bytes
//	DX            stride of p in A      CX        terms left
//	AX            rows
//
// Macros over rows get (address, left, right, left2, right2): the accumulators of the
// first chain or chains and of the others. For AVX-512 b follows, the loaded vector of
// B. ROWSn runs one of them on n rows. Names of AVX2 macros end in Y.

// AIM points the row registers at a matrix.
#define AIM(matrix, stride) \
	MOVQ matrix, SI      \
	MOVQ stride, R8      \
	SHLQ $2, R8          \
	LEAQ (R8)(R8*2), R9  \
	LEAQ (SI)(R8*4), R10 \
	LEAQ (SI)(R8*8), R11

// STEPn moves the row registers of up to 4n rows of A from p to p+1.
#define STEP1 \
	ADDQ DX, SI

#define STEP2 \
	ADDQ DX, SI  \
	ADDQ DX, R10

#define STEP3 \
	ADDQ DX, SI  \
	ADDQ DX, R10 \
	ADDQ DX, R11

// ENTER loads the arguments all tiles share.
#define ENTER \
	AIM(c+64(FP), ldc+72(FP)) \
	MOVQ b+48(FP), BX         \
	MOVQ ldb+56(FP), R12      \
	SHLQ $2, R12              \
	MOVQ acs+40(FP), DX       \
	SHLQ $2, DX               \
	MOVQ rows+0(FP), AX       \
	MOVQ k+16(FP), CX

// ENTERROW is ENTER for one row: here DI is c and SI is a.
#define ENTERROW \
	MOVQ c+48(FP), DI    \
	MOVQ a+16(FP), SI    \
	MOVQ acs+24(FP), DX  \
	SHLQ $2, DX          \
	MOVQ b+32(FP), BX    \
	MOVQ ldb+40(FP), R12 \
	SHLQ $2, R12         \
	MOVQ k+8(FP), CX

// ---- AVX2 ----

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

#define ROWS1Y(M) \
	M((SI), Y0, Y1, Y6, Y7)

#define ROWS2Y(M) \
	ROWS1Y(M)                     \
	M((SI)(R8*1), Y2, Y3, Y8, Y9)

#define ROWS3Y(M) \
	ROWS2Y(M)                       \
	M((SI)(R8*2), Y4, Y5, Y10, Y11)

// From here on only tile1, which has no second chains.
#define ROWS4Y(M) \
	ROWS3Y(M)                     \
	M((SI)(R9*1), Y6, Y7, Y6, Y7)

#define ROWS5Y(M) \
	ROWS4Y(M)                \
	M((R10), Y8, Y9, Y8, Y9)

#define ROWS6Y(M) \
	ROWS5Y(M)                          \
	M((R10)(R8*1), Y10, Y11, Y10, Y11)

// With 9 columns or more the right vector holds the last 8, R13 bytes after the first
// ones. The columns that are in both are computed twice, with the same bits. That is
// faster than masks: on Zen 4 a masked load takes a slot from the multiply-adds (a tenth
// of the speed) and a masked store a dozen cycles.

// ENDS sets R13 for CX columns, 9...16 of them.
#define ENDS \
	LEAQ -32(CX*4), R13

// SHIFT moves the row registers of C from the left to the right vector.
#define SHIFT \
	ADDQ R13, SI  \
	ADDQ R13, R10

// LOAD, MUL, STORE: a vector of a row of C, the row's multiply-adds, and back.
#define LOADLEFTY(at, l, r, l2, r2) \
	VMOVUPS at, l

#define LOADRIGHTY(at, l, r, l2, r2) \
	VMOVUPS at, r

#define LOADMASKEDY(at, l, r, l2, r2) \
	VMASKMOVPS at, Y15, l

#define MULBOTHY(at, l, r, l2, r2) \
	VBROADCASTSS at, Y14     \
	VFMADD231PS  Y12, Y14, l \
	VFMADD231PS  Y13, Y14, r

#define MULLEFTY(at, l, r, l2, r2) \
	VBROADCASTSS at, Y14     \
	VFMADD231PS  Y12, Y14, l

#define STORELEFTY(at, l, r, l2, r2) \
	VMOVUPS l, at

#define STORERIGHTY(at, l, r, l2, r2) \
	VMOVUPS r, at

#define STOREMASKEDY(at, l, r, l2, r2) \
	VMASKMOVPS l, Y15, at

// TILE1WIDEY and TILE1NARROWY are bodies of tile1AVX2.
#define TILE1WIDEY(loop, ROWS, STEP) \
	ROWS(LOADLEFTY)           \
	SHIFT                     \
	ROWS(LOADRIGHTY)          \
	AIM(a+24(FP), ars+32(FP)) \
loop:                             \
	VMOVUPS (BX), Y12         \
	VMOVUPS (BX)(R13*1), Y13  \
	ADDQ    R12, BX           \
	ROWS(MULBOTHY)            \
	STEP                      \
	DECQ    CX                \
	JNZ     loop              \
	AIM(c+64(FP), ldc+72(FP)) \
	ROWS(STORELEFTY)          \
	SHIFT                     \
	ROWS(STORERIGHTY)         \
	VZEROUPPER                \
	RET

#define TILE1NARROWY(loop, ROWS, STEP) \
	ROWS(LOADMASKEDY)         \
	AIM(a+24(FP), ars+32(FP)) \
loop:                             \
	VMASKMOVPS (BX), Y15, Y12 \
	ADDQ       R12, BX        \
	ROWS(MULLEFTY)            \
	STEP                      \
	DECQ       CX             \
	JNZ        loop           \
	AIM(c+64(FP), ldc+72(FP)) \
	ROWS(STOREMASKEDY)        \
	VZEROUPPER                \
	RET

// func tile1AVX2(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)
//
// C[i,j] += sum of a[i*ars+p*acs]*b[p*ldb+j], 0 ≤ p < k, one chain from C; rows 1...6,
// cols 1...16, k ≥ 1.      needs AVX2, FMA3
//
//	Y0–Y11   row i in Y(2i), Y(2i+1); 8 columns or fewer: Y(2i)
//	Y12, Y13 row of B              Y14      element of A
//	R13      right vector, bytes   Y15      mask of 8 columns or fewer
TEXT ·tile1AVX2(SB), NOSPLIT, $0-80
	MOVQ cols+8(FP), CX
	CMPQ CX, $8
	JBE  narrow
	ENDS
	ENTER
	CMPQ AX, $3
	JB   wide1to2
	JEQ  wide3
	CMPQ AX, $5
	JB   wide4
	JEQ  wide5
	TILE1WIDEY(wideloop6, ROWS6Y, STEP2)

wide5:
	TILE1WIDEY(wideloop5, ROWS5Y, STEP2)

wide4:
	TILE1WIDEY(wideloop4, ROWS4Y, STEP1)

wide3:
	TILE1WIDEY(wideloop3, ROWS3Y, STEP1)

wide1to2:
	CMPQ AX, $2
	JB   wide1
	TILE1WIDEY(wideloop2, ROWS2Y, STEP1)

wide1:
	TILE1WIDEY(wideloop1, ROWS1Y, STEP1)

narrow:
	MASK
	ENTER
	CMPQ AX, $3
	JB   narrow1to2
	JEQ  narrow3
	CMPQ AX, $5
	JB   narrow4
	JEQ  narrow5
	TILE1NARROWY(narrowloop6, ROWS6Y, STEP2)

narrow5:
	TILE1NARROWY(narrowloop5, ROWS5Y, STEP2)

narrow4:
	TILE1NARROWY(narrowloop4, ROWS4Y, STEP1)

narrow3:
	TILE1NARROWY(narrowloop3, ROWS3Y, STEP1)

narrow1to2:
	CMPQ AX, $2
	JB   narrow1
	TILE1NARROWY(narrowloop2, ROWS2Y, STEP1)

narrow1:
	TILE1NARROWY(narrowloop1, ROWS1Y, STEP1)

// Two chains: the first starts from C, the second from +0.
#define CLEARBOTHY(at, l, r, l2, r2) \
	VXORPS l2, l2, l2 \
	VXORPS r2, r2, r2

#define CLEARLEFTY(at, l, r, l2, r2) \
	VXORPS l2, l2, l2

#define MULSECONDBOTHY(at, l, r, l2, r2) \
	VBROADCASTSS at, Y14      \
	VFMADD231PS  Y12, Y14, l2 \
	VFMADD231PS  Y13, Y14, r2

#define MULSECONDLEFTY(at, l, r, l2, r2) \
	VBROADCASTSS at, Y14      \
	VFMADD231PS  Y12, Y14, l2

#define ADDBOTHY(at, l, r, l2, r2) \
	VADDPS l2, l, l \
	VADDPS r2, r, r

#define ADDLEFTY(at, l, r, l2, r2) \
	VADDPS l2, l, l

// TILE2WIDEY and TILE2NARROWY are bodies of tile2AVX2.
#define TILE2WIDEY(loop, odd, done, ROWS) \
	ROWS(LOADLEFTY)           \
	SHIFT                     \
	ROWS(LOADRIGHTY)          \
	ROWS(CLEARBOTHY)          \
	AIM(a+24(FP), ars+32(FP)) \
	SUBQ    $2, CX            \
	JB      odd               \
loop:                             \
	VMOVUPS (BX), Y12         \
	VMOVUPS (BX)(R13*1), Y13  \
	ADDQ    R12, BX           \
	ROWS(MULBOTHY)            \
	STEP1                     \
	VMOVUPS (BX), Y12         \
	VMOVUPS (BX)(R13*1), Y13  \
	ADDQ    R12, BX           \
	ROWS(MULSECONDBOTHY)      \
	STEP1                     \
	SUBQ    $2, CX            \
	JAE     loop              \
odd:                              \
	TESTQ   $1, CX            \
	JZ      done              \
	VMOVUPS (BX), Y12         \
	VMOVUPS (BX)(R13*1), Y13  \
	ROWS(MULBOTHY)            \
done:                             \
	ROWS(ADDBOTHY)            \
	AIM(c+64(FP), ldc+72(FP)) \
	ROWS(STORELEFTY)          \
	SHIFT                     \
	ROWS(STORERIGHTY)         \
	VZEROUPPER                \
	RET

#define TILE2NARROWY(loop, odd, done, ROWS) \
	ROWS(LOADMASKEDY)                \
	ROWS(CLEARLEFTY)                 \
	AIM(a+24(FP), ars+32(FP))        \
	SUBQ       $2, CX                \
	JB         odd                   \
loop:                                    \
	VMASKMOVPS (BX), Y15, Y12        \
	ROWS(MULLEFTY)                   \
	STEP1                            \
	VMASKMOVPS (BX)(R12*1), Y15, Y12 \
	LEAQ       (BX)(R12*2), BX       \
	ROWS(MULSECONDLEFTY)             \
	STEP1                            \
	SUBQ       $2, CX                \
	JAE        loop                  \
odd:                                     \
	TESTQ      $1, CX                \
	JZ         done                  \
	VMASKMOVPS (BX), Y15, Y12        \
	ROWS(MULLEFTY)                   \
done:                                    \
	ROWS(ADDLEFTY)                   \
	AIM(c+64(FP), ldc+72(FP))        \
	ROWS(STOREMASKEDY)               \
	VZEROUPPER                       \
	RET

// func tile2AVX2(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)
//
// C[i,j] += sum of a[i*ars+p*acs]*b[p*ldb+j], 0 ≤ p < k; rows 1...3, cols 1...16, k ≥ 1.
// needs AVX2, FMA3
//
//	Y0–Y5    row i's chain 0       Y6–Y11   row i's chain 1
//	Y12, Y13 row of B              Y14      element of A
//	R13      right vector, bytes   Y15      mask of 8 columns or fewer
//
//	order    chain p mod 2, the first from C, the second from +0; first + second
TEXT ·tile2AVX2(SB), NOSPLIT, $0-80
	MOVQ cols+8(FP), CX
	CMPQ CX, $8
	JBE  narrow
	ENDS
	ENTER
	CMPQ AX, $2
	JB   wide1
	JEQ  wide2
	TILE2WIDEY(wideloop3, wideodd3, widedone3, ROWS3Y)

wide2:
	TILE2WIDEY(wideloop2, wideodd2, widedone2, ROWS2Y)

wide1:
	TILE2WIDEY(wideloop1, wideodd1, widedone1, ROWS1Y)

narrow:
	MASK
	ENTER
	CMPQ AX, $2
	JB   narrow1
	JEQ  narrow2
	TILE2NARROWY(narrowloop3, narrowodd3, narrowdone3, ROWS3Y)

narrow2:
	TILE2NARROWY(narrowloop2, narrowodd2, narrowdone2, ROWS2Y)

narrow1:
	TILE2NARROWY(narrowloop1, narrowodd1, narrowdone1, ROWS1Y)

// Four chains: left, right, left2, right2; the others than the first start from +0.
#define CLEARTHREEY(at, l, r, l2, r2) \
	VXORPS r, r, r    \
	VXORPS l2, l2, l2 \
	VXORPS r2, r2, r2

#define MUL1Y(at, l, r, l2, r2) \
	VBROADCASTSS at, Y14     \
	VFMADD231PS  Y12, Y14, r

#define MUL2Y(at, l, r, l2, r2) \
	VBROADCASTSS at, Y14      \
	VFMADD231PS  Y12, Y14, l2

#define MUL3Y(at, l, r, l2, r2) \
	VBROADCASTSS at, Y14      \
	VFMADD231PS  Y12, Y14, r2

#define ADDFOURY(at, l, r, l2, r2) \
	VADDPS r, l, l    \
	VADDPS r2, l2, l2 \
	VADDPS l2, l, l

#define PLAIN(at, y) \
	VMOVUPS at, y

#define MASKED(at, y) \
	VMASKMOVPS at, Y15, y

// TILE4Y is one body of tile4AVX2; READ loads a row of B.
#define TILE4Y(loop, rest, done, ROWS, READ, LOAD, STORE) \
	ROWS(LOAD)                \
	ROWS(CLEARTHREEY)         \
	AIM(a+24(FP), ars+32(FP)) \
	SUBQ $4, CX               \
	JB   rest                 \
loop:                             \
	READ((BX), Y12)           \
	ROWS(MULLEFTY)            \
	STEP1                     \
	READ((BX)(R12*1), Y12)    \
	ROWS(MUL1Y)               \
	STEP1                     \
	READ((BX)(R12*2), Y12)    \
	ROWS(MUL2Y)               \
	STEP1                     \
	READ((BX)(R13*1), Y12)    \
	LEAQ (BX)(R12*4), BX      \
	ROWS(MUL3Y)               \
	STEP1                     \
	SUBQ $4, CX               \
	JAE  loop                 \
rest:                             \
	ADDQ $4, CX               \
	JZ   done                 \
	READ((BX), Y12)           \
	ROWS(MULLEFTY)            \
	STEP1                     \
	DECQ CX                   \
	JZ   done                 \
	READ((BX)(R12*1), Y12)    \
	ROWS(MUL1Y)               \
	STEP1                     \
	DECQ CX                   \
	JZ   done                 \
	READ((BX)(R12*2), Y12)    \
	ROWS(MUL2Y)               \
done:                             \
	ROWS(ADDFOURY)            \
	AIM(c+64(FP), ldc+72(FP)) \
	ROWS(STORE)               \
	VZEROUPPER                \
	RET

// func tile4AVX2(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)
//
// C[i,j] += sum of a[i*ars+p*acs]*b[p*ldb+j], 0 ≤ p < k; rows 1...3, cols 1...8, k ≥ 1.
// needs AVX2, FMA3
//
//	Y0–Y5    row i's chains 0, 1   Y6–Y11   row i's chains 2, 3
//	Y12      row of B              Y14      element of A
//	Y15      mask of the columns
//
//	order    chain p mod 4, the first from C, the others from +0; (0+1)+(2+3)
TEXT ·tile4AVX2(SB), NOSPLIT, $0-80
	MOVQ cols+8(FP), CX
	CMPQ CX, $8
	JB   masked
	ENTER
	LEAQ (R12)(R12*2), R13
	CMPQ AX, $2
	JB   full1
	JEQ  full2
	TILE4Y(fullloop3, fullrest3, fulldone3, ROWS3Y, PLAIN, LOADLEFTY, STORELEFTY)

full2:
	TILE4Y(fullloop2, fullrest2, fulldone2, ROWS2Y, PLAIN, LOADLEFTY, STORELEFTY)

full1:
	TILE4Y(fullloop1, fullrest1, fulldone1, ROWS1Y, PLAIN, LOADLEFTY, STORELEFTY)

masked:
	MASK
	ENTER
	LEAQ (R12)(R12*2), R13
	CMPQ AX, $2
	JB   masked1
	JEQ  masked2
	TILE4Y(maskedloop3, maskedrest3, maskeddone3, ROWS3Y, MASKED, LOADMASKEDY, STOREMASKEDY)

masked2:
	TILE4Y(maskedloop2, maskedrest2, maskeddone2, ROWS2Y, MASKED, LOADMASKEDY, STOREMASKEDY)

masked1:
	TILE4Y(maskedloop1, maskedrest1, maskeddone1, ROWS1Y, MASKED, LOADMASKEDY, STOREMASKEDY)

// ---- AVX-512 ----

// MASKS sets K1 and K2 for CX columns, 1...32 of them. AX is lost.
#define MASKS \
	MOVL  $1, AX  \
	SHLQ  CX, AX  \
	DECQ  AX      \
	KMOVW AX, K1  \
	SHRQ  $16, AX \
	KMOVW AX, K2

#define ROWS1(M) \
	M((SI), Z0, Z1, Z12, Z13, Z24)

#define ROWS2(M) \
	ROWS1(M)                             \
	M((SI)(R8*1), Z2, Z3, Z14, Z15, Z24)

#define ROWS3(M) \
	ROWS2(M)                             \
	M((SI)(R8*2), Z4, Z5, Z16, Z17, Z24)

#define ROWS4(M) \
	ROWS3(M)                             \
	M((SI)(R9*1), Z6, Z7, Z18, Z19, Z24)

#define ROWS5(M) \
	ROWS4(M)                        \
	M((R10), Z8, Z9, Z20, Z21, Z24)

#define ROWS6(M) \
	ROWS5(M)                                \
	M((R10)(R8*1), Z10, Z11, Z22, Z23, Z24)

// From here on only tile1, which has no second chains.
#define ROWS7(M) \
	ROWS6(M)                                \
	M((R10)(R8*2), Z12, Z13, Z12, Z13, Z24)

#define ROWS8(M) \
	ROWS7(M)                                \
	M((R10)(R9*1), Z14, Z15, Z14, Z15, Z24)

#define ROWS9(M) \
	ROWS8(M)                          \
	M((R11), Z16, Z17, Z16, Z17, Z24)

#define ROWS10(M) \
	ROWS9(M)                                \
	M((R11)(R8*1), Z18, Z19, Z18, Z19, Z24)

#define ROWS11(M) \
	ROWS10(M)                               \
	M((R11)(R8*2), Z20, Z21, Z20, Z21, Z24)

#define ROWS12(M) \
	ROWS11(M)                               \
	M((R11)(R9*1), Z22, Z23, Z22, Z23, Z24)

// Eight columns or fewer, four chains: half a vector takes half the time.
#define HALFROWS1(M) \
	M((SI), Y0, Y1, Y12, Y13, Y24)

#define HALFROWS2(M) \
	HALFROWS1(M)                         \
	M((SI)(R8*1), Y2, Y3, Y14, Y15, Y24)

#define HALFROWS3(M) \
	HALFROWS2(M)                         \
	M((SI)(R8*2), Y4, Y5, Y16, Y17, Y24)

#define HALFROWS4(M) \
	HALFROWS3(M)                         \
	M((SI)(R9*1), Y6, Y7, Y18, Y19, Y24)

#define HALFROWS5(M) \
	HALFROWS4(M)                    \
	M((R10), Y8, Y9, Y20, Y21, Y24)

#define HALFROWS6(M) \
	HALFROWS5(M)                            \
	M((R10)(R8*1), Y10, Y11, Y22, Y23, Y24)

// LOAD, MUL, STORE: a row of C, its multiply-adds, and back. Wide ones have both
// vectors, narrow ones the left.
#define LOADWIDE(at, l, r, l2, r2, b) \
	VMOVUPS.Z at, K1, l    \
	VMOVUPS.Z 64 at, K2, r

#define MULWIDE(at, l, r, l2, r2, b) \
	VFMADD231PS.BCST at, Z24, l \
	VFMADD231PS.BCST at, Z25, r

#define STOREWIDE(at, l, r, l2, r2, b) \
	VMOVUPS l, K1, at    \
	VMOVUPS r, K2, 64 at

#define LOADNARROW(at, l, r, l2, r2, b) \
	VMOVUPS.Z at, K1, l

#define MULNARROW(at, l, r, l2, r2, b) \
	VFMADD231PS.BCST at, Z24, l

#define STORENARROW(at, l, r, l2, r2, b) \
	VMOVUPS l, K1, at

// TILE1WIDE and TILE1NARROW are bodies of tile1AVX512.
#define TILE1WIDE(loop, ROWS, STEP) \
	ROWS(LOADWIDE)            \
	AIM(a+24(FP), ars+32(FP)) \
loop:                             \
	VMOVUPS.Z (BX), K1, Z24   \
	VMOVUPS.Z 64(BX), K2, Z25 \
	ADDQ      R12, BX         \
	ROWS(MULWIDE)             \
	STEP                      \
	DECQ      CX              \
	JNZ       loop            \
	AIM(c+64(FP), ldc+72(FP)) \
	ROWS(STOREWIDE)           \
	VZEROUPPER                \
	RET

#define TILE1NARROW(loop, ROWS, STEP) \
	ROWS(LOADNARROW)          \
	AIM(a+24(FP), ars+32(FP)) \
loop:                             \
	VMOVUPS.Z (BX), K1, Z24   \
	ADDQ      R12, BX         \
	ROWS(MULNARROW)           \
	STEP                      \
	DECQ      CX              \
	JNZ       loop            \
	AIM(c+64(FP), ldc+72(FP)) \
	ROWS(STORENARROW)         \
	VZEROUPPER                \
	RET

// func tile1AVX512(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)
//
// C[i,j] += sum of a[i*ars+p*acs]*b[p*ldb+j], 0 ≤ p < k, one chain from C; rows 1...12,
// cols 1...32, k ≥ 1.      needs AVX-512 F
//
//	Z0–Z23   row i in Z(2i), Z(2i+1); 16 columns or fewer: Z(2i)
//	Z24, Z25 row of B              K1, K2   masks of the columns
TEXT ·tile1AVX512(SB), NOSPLIT, $0-80
	MOVQ cols+8(FP), CX
	MASKS
	CMPQ CX, $16
	JBE  narrow
	ENTER
	CMPQ AX, $6
	JB   wide1to5
	JEQ  wide6
	CMPQ AX, $9
	JB   wide7to8
	JEQ  wide9
	CMPQ AX, $11
	JB   wide10
	JEQ  wide11
	TILE1WIDE(wideloop12, ROWS12, STEP3)

wide11:
	TILE1WIDE(wideloop11, ROWS11, STEP3)

wide10:
	TILE1WIDE(wideloop10, ROWS10, STEP3)

wide9:
	TILE1WIDE(wideloop9, ROWS9, STEP3)

wide7to8:
	CMPQ AX, $8
	JB   wide7
	TILE1WIDE(wideloop8, ROWS8, STEP2)

wide7:
	TILE1WIDE(wideloop7, ROWS7, STEP2)

wide6:
	TILE1WIDE(wideloop6, ROWS6, STEP2)

wide1to5:
	CMPQ AX, $3
	JB   wide1to2
	JEQ  wide3
	CMPQ AX, $5
	JB   wide4
	TILE1WIDE(wideloop5, ROWS5, STEP2)

wide4:
	TILE1WIDE(wideloop4, ROWS4, STEP1)

wide3:
	TILE1WIDE(wideloop3, ROWS3, STEP1)

wide1to2:
	CMPQ AX, $2
	JB   wide1
	TILE1WIDE(wideloop2, ROWS2, STEP1)

wide1:
	TILE1WIDE(wideloop1, ROWS1, STEP1)

narrow:
	ENTER
	CMPQ AX, $6
	JB   narrow1to5
	JEQ  narrow6
	CMPQ AX, $9
	JB   narrow7to8
	JEQ  narrow9
	CMPQ AX, $11
	JB   narrow10
	JEQ  narrow11
	TILE1NARROW(narrowloop12, ROWS12, STEP3)

narrow11:
	TILE1NARROW(narrowloop11, ROWS11, STEP3)

narrow10:
	TILE1NARROW(narrowloop10, ROWS10, STEP3)

narrow9:
	TILE1NARROW(narrowloop9, ROWS9, STEP3)

narrow7to8:
	CMPQ AX, $8
	JB   narrow7
	TILE1NARROW(narrowloop8, ROWS8, STEP2)

narrow7:
	TILE1NARROW(narrowloop7, ROWS7, STEP2)

narrow6:
	TILE1NARROW(narrowloop6, ROWS6, STEP2)

narrow1to5:
	CMPQ AX, $3
	JB   narrow1to2
	JEQ  narrow3
	CMPQ AX, $5
	JB   narrow4
	TILE1NARROW(narrowloop5, ROWS5, STEP2)

narrow4:
	TILE1NARROW(narrowloop4, ROWS4, STEP1)

narrow3:
	TILE1NARROW(narrowloop3, ROWS3, STEP1)

narrow1to2:
	CMPQ AX, $2
	JB   narrow1
	TILE1NARROW(narrowloop2, ROWS2, STEP1)

narrow1:
	TILE1NARROW(narrowloop1, ROWS1, STEP1)

// Two chains: the first starts from C, the second from +0.
#define LOADTWO(at, l, r, l2, r2, b) \
	LOADWIDE(at, l, r, l2, r2, b) \
	VPXORD l2, l2, l2             \
	VPXORD r2, r2, r2

#define MULSECOND(at, l, r, l2, r2, b) \
	VFMADD231PS.BCST at, Z26, l2 \
	VFMADD231PS.BCST at, Z27, r2

#define STORETWO(at, l, r, l2, r2, b) \
	VADDPS l2, l, l                \
	VADDPS r2, r, r                \
	STOREWIDE(at, l, r, l2, r2, b)

// TILE2 is one body of tile2AVX512.
#define TILE2(loop, odd, done, ROWS, STEP) \
	ROWS(LOADTWO)                    \
	AIM(a+24(FP), ars+32(FP))        \
	SUBQ      $2, CX                 \
	JB        odd                    \
loop:                                    \
	VMOVUPS.Z (BX), K1, Z24          \
	VMOVUPS.Z 64(BX), K2, Z25        \
	ROWS(MULWIDE)                    \
	STEP                             \
	VMOVUPS.Z (BX)(R12*1), K1, Z26   \
	VMOVUPS.Z 64(BX)(R12*1), K2, Z27 \
	LEAQ      (BX)(R12*2), BX        \
	ROWS(MULSECOND)                  \
	STEP                             \
	SUBQ      $2, CX                 \
	JAE       loop                   \
odd:                                     \
	TESTQ     $1, CX                 \
	JZ        done                   \
	VMOVUPS.Z (BX), K1, Z24          \
	VMOVUPS.Z 64(BX), K2, Z25        \
	ROWS(MULWIDE)                    \
done:                                    \
	AIM(c+64(FP), ldc+72(FP))        \
	ROWS(STORETWO)                   \
	VZEROUPPER                       \
	RET

// func tile2AVX512(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)
//
// C[i,j] += sum of a[i*ars+p*acs]*b[p*ldb+j], 0 ≤ p < k; rows 1...6, cols 1...32, k ≥ 1.
// needs AVX-512 F
//
//	Z0–Z11   row i's chain 0       Z12–Z23  row i's chain 1
//	Z24–Z27  two rows of B         K1, K2   masks of the columns
//
//	order    chain p mod 2, the first from C, the second from +0; first + second
TEXT ·tile2AVX512(SB), NOSPLIT, $0-80
	MOVQ cols+8(FP), CX
	MASKS
	ENTER
	CMPQ AX, $3
	JB   rows1to2
	JEQ  rows3
	CMPQ AX, $5
	JB   rows4
	JEQ  rows5
	TILE2(loop6, odd6, done6, ROWS6, STEP2)

rows5:
	TILE2(loop5, odd5, done5, ROWS5, STEP2)

rows4:
	TILE2(loop4, odd4, done4, ROWS4, STEP1)

rows3:
	TILE2(loop3, odd3, done3, ROWS3, STEP1)

rows1to2:
	CMPQ AX, $2
	JB   rows1
	TILE2(loop2, odd2, done2, ROWS2, STEP1)

rows1:
	TILE2(loop1, odd1, done1, ROWS1, STEP1)

// Four chains: left, right, left2, right2; the others than the first start from +0.
#define LOADFOUR(at, l, r, l2, r2, b) \
	VMOVUPS.Z at, K1, l  \
	VPXORD    r, r, r    \
	VPXORD    l2, l2, l2 \
	VPXORD    r2, r2, r2

#define MUL0(at, l, r, l2, r2, b) \
	VFMADD231PS.BCST at, b, l

#define MUL1(at, l, r, l2, r2, b) \
	VFMADD231PS.BCST at, b, r

#define MUL2(at, l, r, l2, r2, b) \
	VFMADD231PS.BCST at, b, l2

#define MUL3(at, l, r, l2, r2, b) \
	VFMADD231PS.BCST at, b, r2

#define STOREFOUR(at, l, r, l2, r2, b) \
	VADDPS  r, l, l    \
	VADDPS  r2, l2, l2 \
	VADDPS  l2, l, l   \
	VMOVUPS l, K1, at

// TILE4 is one body of tile4AVX512; row is the register of a row of B.
#define TILE4(loop, rest, done, ROWS, STEP, row) \
	ROWS(LOADFOUR)                 \
	AIM(a+24(FP), ars+32(FP))      \
	SUBQ      $4, CX               \
	JB        rest                 \
loop:                                  \
	VMOVUPS.Z (BX), K1, row        \
	ROWS(MUL0)                     \
	STEP                           \
	VMOVUPS.Z (BX)(R12*1), K1, row \
	ROWS(MUL1)                     \
	STEP                           \
	VMOVUPS.Z (BX)(R12*2), K1, row \
	ROWS(MUL2)                     \
	STEP                           \
	VMOVUPS.Z (BX)(R13*1), K1, row \
	LEAQ      (BX)(R12*4), BX      \
	ROWS(MUL3)                     \
	STEP                           \
	SUBQ      $4, CX               \
	JAE       loop                 \
rest:                                  \
	ADDQ      $4, CX               \
	JZ        done                 \
	VMOVUPS.Z (BX), K1, row        \
	ROWS(MUL0)                     \
	STEP                           \
	DECQ      CX                   \
	JZ        done                 \
	VMOVUPS.Z (BX)(R12*1), K1, row \
	ROWS(MUL1)                     \
	STEP                           \
	DECQ      CX                   \
	JZ        done                 \
	VMOVUPS.Z (BX)(R12*2), K1, row \
	ROWS(MUL2)                     \
done:                                  \
	AIM(c+64(FP), ldc+72(FP))      \
	ROWS(STOREFOUR)                \
	VZEROUPPER                     \
	RET

// func tile4AVX512(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)
//
// C[i,j] += sum of a[i*ars+p*acs]*b[p*ldb+j], 0 ≤ p < k; rows 1...6, cols 1...16, k ≥ 1.
// needs AVX-512 F, VL
//
//	Z0–Z11   row i's chains 0, 1   Z12–Z23  row i's chains 2, 3
//	Z24      row of B              K1       mask of the columns
//
//	order    chain p mod 4, the first from C, the others from +0; (0+1)+(2+3)
TEXT ·tile4AVX512(SB), NOSPLIT, $0-80
	MOVQ cols+8(FP), CX
	MASKS
	CMPQ CX, $8
	JBE  half
	ENTER
	LEAQ (R12)(R12*2), R13
	CMPQ AX, $3
	JB   rows1to2
	JEQ  rows3
	CMPQ AX, $5
	JB   rows4
	JEQ  rows5
	TILE4(loop6, rest6, done6, ROWS6, STEP2, Z24)

rows5:
	TILE4(loop5, rest5, done5, ROWS5, STEP2, Z24)

rows4:
	TILE4(loop4, rest4, done4, ROWS4, STEP1, Z24)

rows3:
	TILE4(loop3, rest3, done3, ROWS3, STEP1, Z24)

rows1to2:
	CMPQ AX, $2
	JB   rows1
	TILE4(loop2, rest2, done2, ROWS2, STEP1, Z24)

rows1:
	TILE4(loop1, rest1, done1, ROWS1, STEP1, Z24)

half:
	ENTER
	LEAQ (R12)(R12*2), R13
	CMPQ AX, $3
	JB   half1to2
	JEQ  half3
	CMPQ AX, $5
	JB   half4
	JEQ  half5
	TILE4(halfloop6, halfrest6, halfdone6, HALFROWS6, STEP2, Y24)

half5:
	TILE4(halfloop5, halfrest5, halfdone5, HALFROWS5, STEP2, Y24)

half4:
	TILE4(halfloop4, halfrest4, halfdone4, HALFROWS4, STEP1, Y24)

half3:
	TILE4(halfloop3, halfrest3, halfdone3, HALFROWS3, STEP1, Y24)

half1to2:
	CMPQ AX, $2
	JB   half1
	TILE4(halfloop2, halfrest2, halfdone2, HALFROWS2, STEP1, Y24)

half1:
	TILE4(halfloop1, halfrest1, halfdone1, HALFROWS1, STEP1, Y24)

// ---- One row ----
//
// Without a second row there is nothing to reuse a row of B for: it goes through
// memory operands, and up to 8 vectors of C cover the latency. There is a body per
// number of vectors, the last of which is masked.
//
// VECTORSn(M) runs M(byte, accumulator) on the n-1 full vectors before the last.

#define LOADROW(off, acc) \
	VMOVUPS off(DI), acc

#define STOREROW(off, acc) \
	VMOVUPS acc, off(DI)

#define VECTORS1Y(M)

#define VECTORS2Y(M) \
	M(0, Y0)

#define VECTORS3Y(M) \
	VECTORS2Y(M) \
	M(32, Y1)

#define VECTORS4Y(M) \
	VECTORS3Y(M) \
	M(64, Y2)

#define VECTORS5Y(M) \
	VECTORS4Y(M) \
	M(96, Y3)

#define VECTORS6Y(M) \
	VECTORS5Y(M) \
	M(128, Y4)

#define VECTORS7Y(M) \
	VECTORS6Y(M) \
	M(160, Y5)

#define VECTORS8Y(M) \
	VECTORS7Y(M) \
	M(192, Y6)

#define MULROWY(off, acc) \
	VFMADD231PS off(BX), Y14, acc

// ROWY is one body of row1AVX2, last the byte of the masked vector.
#define ROWY(loop, VECTORS, last) \
	VECTORS(LOADROW)                \
	VMASKMOVPS   last(DI), Y15, Y7  \
loop:                                   \
	VBROADCASTSS (SI), Y14          \
	ADDQ         DX, SI             \
	VECTORS(MULROWY)                \
	VMASKMOVPS   last(BX), Y15, Y12 \
	VFMADD231PS  Y12, Y14, Y7       \
	ADDQ         R12, BX            \
	DECQ         CX                 \
	JNZ          loop               \
	VECTORS(STOREROW)               \
	VMASKMOVPS   Y7, Y15, last(DI)  \
	VZEROUPPER                      \
	RET

// func row1AVX2(cols, k int, a *float32, acs int, b *float32, ldb int, c *float32)
//
// c[j] += sum of a[p*acs]*b[p*ldb+j], 0 ≤ p < k, one chain from c; cols 1...64, k ≥ 1.
// needs AVX2, FMA3
//
//	SI, BX   a and b at p          DI       c
//	DX, R12  their strides, bytes  CX       terms left
//	Y0–Y6    full vectors of c     Y7, Y15  the last and its mask
//	Y14, Y12 a[p*acs], last vector of b
TEXT ·row1AVX2(SB), NOSPLIT, $0-56
	MOVQ cols+0(FP), R8
	DECQ R8
	MOVQ R8, CX
	ANDQ $7, CX
	INCQ CX
	MASK
	ENTERROW
	CMPQ R8, $32
	JB   vectors1to4
	CMPQ R8, $48
	JB   vectors5to6
	CMPQ R8, $56
	JB   vectors7
	ROWY(loop8, VECTORS8Y, 224)

vectors7:
	ROWY(loop7, VECTORS7Y, 192)

vectors5to6:
	CMPQ R8, $40
	JB   vectors5
	ROWY(loop6, VECTORS6Y, 160)

vectors5:
	ROWY(loop5, VECTORS5Y, 128)

vectors1to4:
	CMPQ R8, $16
	JB   vectors1to2
	CMPQ R8, $24
	JB   vectors3
	ROWY(loop4, VECTORS4Y, 96)

vectors3:
	ROWY(loop3, VECTORS3Y, 64)

vectors1to2:
	CMPQ R8, $8
	JB   vectors1
	ROWY(loop2, VECTORS2Y, 32)

vectors1:
	ROWY(loop1, VECTORS1Y, 0)

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

#define MULROW(off, acc) \
	VFMADD231PS off(BX), Z24, acc

// ROW is one body of row1AVX512, last the byte of the masked vector.
#define ROW(loop, VECTORS, last) \
	VECTORS(LOADROW)               \
	VMOVUPS.Z    last(DI), K1, Z7  \
loop:                                  \
	VBROADCASTSS (SI), Z24         \
	ADDQ         DX, SI            \
	VECTORS(MULROW)                \
	VMOVUPS.Z    last(BX), K1, Z25 \
	VFMADD231PS  Z25, Z24, Z7      \
	ADDQ         R12, BX           \
	DECQ         CX                \
	JNZ          loop              \
	VECTORS(STOREROW)              \
	VMOVUPS      Z7, K1, last(DI)  \
	VZEROUPPER                     \
	RET

// func row1AVX512(cols, k int, a *float32, acs int, b *float32, ldb int, c *float32)
//
// c[j] += sum of a[p*acs]*b[p*ldb+j], 0 ≤ p < k, one chain from c; cols 1...128, k ≥ 1.
// needs AVX-512 F
//
//	SI, BX   a and b at p          DI       c
//	DX, R12  their strides, bytes  CX       terms left
//	Z0–Z6    full vectors of c     Z7, K1   the last and its mask
//	Z24, Z25 a[p*acs], last vector of b
TEXT ·row1AVX512(SB), NOSPLIT, $0-56
	MOVQ  cols+0(FP), AX
	DECQ  AX
	MOVQ  AX, CX
	ANDQ  $15, CX
	INCQ  CX
	MOVL  $1, R8
	SHLQ  CX, R8
	DECQ  R8
	KMOVW R8, K1
	ENTERROW
	CMPQ  AX, $64
	JB    vectors1to4
	CMPQ  AX, $96
	JB    vectors5to6
	CMPQ  AX, $112
	JB    vectors7
	ROW(loop8, VECTORS8, 448)

vectors7:
	ROW(loop7, VECTORS7, 384)

vectors5to6:
	CMPQ AX, $80
	JB   vectors5
	ROW(loop6, VECTORS6, 320)

vectors5:
	ROW(loop5, VECTORS5, 256)

vectors1to4:
	CMPQ AX, $32
	JB   vectors1to2
	CMPQ AX, $48
	JB   vectors3
	ROW(loop4, VECTORS4, 192)

vectors3:
	ROW(loop3, VECTORS3, 128)

vectors1to2:
	CMPQ AX, $16
	JB   vectors1
	ROW(loop2, VECTORS2, 64)

vectors1:
	ROW(loop1, VECTORS1, 0)

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
