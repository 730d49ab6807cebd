//go:build !purego

#include "go_asm.h"
#include "textflag.h"
#include "avx512_amd64.h"

// Products for AVX-512 whose vectors run across rows of an operand, which are transposed in
// registers. Registers and what else is common: avx512_amd64.h.

// ---- NT without a panel ----
//
// Few rows do not pay for a transposed copy of B: four terms of 16 columns are transposed
// in registers. The shuffles share units with the multiply-adds only in part: 12 rows run
// at nine tenths of the peak, 4 at two thirds.

// QUARTERS loads 4 terms of columns j, j+4, j+8, j+12 into the quarters of z.
#define QUARTERS(at, at4, at8, at12, x, z) \
	VMOVUPS      at, x         \
	VINSERTF32X4 $1, at4, z, z \
	VINSERTF32X4 $2, at8, z, z \
	VINSERTF32X4 $3, at12, z, z

// QUARTERSLAST loads the terms in K2 only, and reads no others.
#define QUARTERSLAST(at, at4, at8, at12, x, z) \
	VMOVUPS.Z    at, K2, x     \
	VMOVUPS.Z    at4, K2, X29  \
	VINSERTF32X4 $1, X29, z, z \
	VMOVUPS.Z    at8, K2, X29  \
	VINSERTF32X4 $2, X29, z, z \
	VMOVUPS.Z    at12, K2, X29 \
	VINSERTF32X4 $3, X29, z, z

// TERMS turns Z24–Z27, 4 terms of 4 columns each, into a term of 16 columns each.
#define TERMS \
	VUNPCKLPS Z25, Z24, Z29 \
	VUNPCKLPS Z27, Z26, Z30 \
	VUNPCKHPS Z25, Z24, Z25 \
	VUNPCKLPD Z30, Z29, Z24 \
	VUNPCKHPS Z27, Z26, Z27 \
	VUNPCKLPD Z27, Z25, Z26 \
	VUNPCKHPD Z27, Z25, Z27 \
	VUNPCKHPD Z30, Z29, Z25

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

#define SUMTERMS(at, l, r)

// Two chains.
#define START2TERMS(at, l, r) \
	VMOVUPS at, l \
	VPXORD  r, r, r

#define MUL2TERMS(at, l, r) \
	VFMADD231PS.BCST at, Z24, l   \
	VFMADD231PS.BCST 4 at, Z25, r \
	VFMADD231PS.BCST 8 at, Z26, l \
	VFMADD231PS.BCST 12 at, Z27, r

#define MUL2TERM2(at, l, r) \
	VFMADD231PS.BCST 4 at, Z25, r

#define SUM2TERMS(at, l, r) \
	VADDPS r, l, l

// Four chains.
#define START4TERMS(at, s, t, u, v) \
	VMOVUPS at, s   \
	VPXORD  t, t, t \
	VPXORD  u, u, u \
	VPXORD  v, v, v

#define MUL4TERMS(at, s, t, u, v) \
	VFMADD231PS.BCST at, Z24, s   \
	VFMADD231PS.BCST 4 at, Z25, t \
	VFMADD231PS.BCST 8 at, Z26, u \
	VFMADD231PS.BCST 12 at, Z27, v

#define MUL4TERM1(at, s, t, u, v) \
	VFMADD231PS.BCST at, Z24, s

#define MUL4TERM2(at, s, t, u, v) \
	VFMADD231PS.BCST 4 at, Z25, t

#define MUL4TERM3(at, s, t, u, v) \
	VFMADD231PS.BCST 8 at, Z26, u

#define SUM4TERMS(at, s, t, u, v) \
	VADDPS t, s, s \
	VADDPS v, u, u \
	VADDPS u, s, s

#define GATE4TERMS(at, s, t, u, v) \
	GATE1(at, s, t)

#define STORE4TERMS(at, s, t, u, v) \
	STORE1(at, s, t)

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

#define TILENT(loop, rest, done, store, next, ROWS, STEP, START, ALL, FIRST, SECOND, THIRD, SUM, GATE, STORE) \
	ENTER(ROWS, START)                                                           \
	MOVQ groupB(DI), BX                                                          \
	LEAQ (BX)(R12*4), R14                                                        \
	LEAQ (BX)(R12*8), R15                                                        \
	LEAQ (R14)(R12*8), DX                                                        \
	SUBQ $4, CX                                                                  \
	JB   rest                                                                    \
loop:                                                                                \
	QUARTERS((BX), (R14), (R15), (DX), X24, Z24)                                 \
	QUARTERS((BX)(R12*1), (R14)(R12*1), (R15)(R12*1), (DX)(R12*1), X25, Z25)     \
	QUARTERS((BX)(R12*2), (R14)(R12*2), (R15)(R12*2), (DX)(R12*2), X26, Z26)     \
	QUARTERS((BX)(R13*1), (R14)(R13*1), (R15)(R13*1), (DX)(R13*1), X27, Z27)     \
	ADDQ $16, BX                                                                 \
	ADDQ $16, R14                                                                \
	ADDQ $16, R15                                                                \
	ADDQ $16, DX                                                                 \
	TERMS                                                                        \
	ROWS(ALL)                                                                    \
	STEP                                                                         \
	SUBQ $4, CX                                                                  \
	JAE  loop                                                                    \
rest:                                                                                \
	ADDQ $4, CX                                                                  \
	JZ   done                                                                    \
	QUARTERSLAST((BX), (R14), (R15), (DX), X24, Z24)                             \
	QUARTERSLAST((BX)(R12*1), (R14)(R12*1), (R15)(R12*1), (DX)(R12*1), X25, Z25) \
	QUARTERSLAST((BX)(R12*2), (R14)(R12*2), (R15)(R12*2), (DX)(R12*2), X26, Z26) \
	QUARTERSLAST((BX)(R13*1), (R14)(R13*1), (R15)(R13*1), (DX)(R13*1), X27, Z27) \
	TERMS                                                                        \
	ROWS(FIRST)                                                                  \
	CMPQ CX, $2                                                                  \
	JB   done                                                                    \
	ROWS(SECOND)                                                                 \
	CMPQ CX, $2                                                                  \
	JEQ  done                                                                    \
	ROWS(THIRD)                                                                  \
done:                                                                                \
	ROWS(SUM)                                                                    \
	LEAVE(store, ROWS, GATE, STORE, next)

// OPENTERMS is OPEN for groups of columns, and sets K2.
#define OPENTERMS \
	OPEN                  \
	OPENGROUPS            \
	MOVQ  panel_k(DI), CX \
	ANDQ  $3, CX          \
	MOVL  $1, AX          \
	SHLQ  CX, AX          \
	DECQ  AX              \
	KMOVW AX, K2

// func columnsAVX512(p *panel)
//
// panel1AVX512 for NT: B[p,j] lies at b + j·ldb + 4p, A's terms are contiguous, cols is a
// multiple of 16. Tiles of 1...12 rows and 16 columns.
// needs AVX-512 F, VL
//
//	BX, R14, R15, DX  next terms of columns 0, 4, 8, 12
//	R12, R13          1 and 3 distances of columns
//	Z24–Z27           four terms of 16 columns      Z29, Z30  scratch
//	K2                mask of the last k mod 4 terms
//
//	group    16 columns, all rows
//	loop     4 terms               rest     the last 1...3
TEXT ·columnsAVX512(SB), NOSPLIT, $0-8
	OPENTERMS

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
	TILENT(tileloop12, tilerest12, tiledone12, tilestore12, tilenext, PAIRS12, STEPTERMS3, START1, MULTERMS, MULTERM1, MULTERM2, MULTERM3, SUMTERMS, GATE1, STORE1)

tile11:
	TILENT(tileloop11, tilerest11, tiledone11, tilestore11, tilenext, PAIRS11, STEPTERMS3, START1, MULTERMS, MULTERM1, MULTERM2, MULTERM3, SUMTERMS, GATE1, STORE1)

tile10:
	TILENT(tileloop10, tilerest10, tiledone10, tilestore10, tilenext, PAIRS10, STEPTERMS3, START1, MULTERMS, MULTERM1, MULTERM2, MULTERM3, SUMTERMS, GATE1, STORE1)

tile9:
	TILENT(tileloop9, tilerest9, tiledone9, tilestore9, tilenext, PAIRS9, STEPTERMS3, START1, MULTERMS, MULTERM1, MULTERM2, MULTERM3, SUMTERMS, GATE1, STORE1)

tile7to8:
	CMPQ AX, $8
	JB   tile7
	TILENT(tileloop8, tilerest8, tiledone8, tilestore8, tilenext, PAIRS8, STEPTERMS2, START1, MULTERMS, MULTERM1, MULTERM2, MULTERM3, SUMTERMS, GATE1, STORE1)

tile7:
	TILENT(tileloop7, tilerest7, tiledone7, tilestore7, tilenext, PAIRS7, STEPTERMS2, START1, MULTERMS, MULTERM1, MULTERM2, MULTERM3, SUMTERMS, GATE1, STORE1)

tile6:
	TILENT(tileloop6, tilerest6, tiledone6, tilestore6, tilenext, PAIRS6, STEPTERMS2, START1, MULTERMS, MULTERM1, MULTERM2, MULTERM3, SUMTERMS, GATE1, STORE1)

tile1to5:
	CMPQ AX, $3
	JB   tile1to2
	JEQ  tile3
	CMPQ AX, $5
	JB   tile4
	TILENT(tileloop5, tilerest5, tiledone5, tilestore5, tilenext, PAIRS5, STEPTERMS2, START1, MULTERMS, MULTERM1, MULTERM2, MULTERM3, SUMTERMS, GATE1, STORE1)

tile4:
	TILENT(tileloop4, tilerest4, tiledone4, tilestore4, tilenext, PAIRS4, STEPTERMS1, START1, MULTERMS, MULTERM1, MULTERM2, MULTERM3, SUMTERMS, GATE1, STORE1)

tile3:
	TILENT(tileloop3, tilerest3, tiledone3, tilestore3, tilenext, PAIRS3, STEPTERMS1, START1, MULTERMS, MULTERM1, MULTERM2, MULTERM3, SUMTERMS, GATE1, STORE1)

tile1to2:
	CMPQ AX, $2
	JB   tile1
	TILENT(tileloop2, tilerest2, tiledone2, tilestore2, tilenext, PAIRS2, STEPTERMS1, START1, MULTERMS, MULTERM1, MULTERM2, MULTERM3, SUMTERMS, GATE1, STORE1)

tile1:
	TILENT(tileloop1, tilerest1, tiledone1, tilestore1, tilenext, PAIRS1, STEPTERMS1, START1, MULTERMS, MULTERM1, MULTERM2, MULTERM3, SUMTERMS, GATE1, STORE1)

tilenext:
	TILEDONE
	JNZ  tile
	NEXTGROUP(16, group)

// func columns2AVX512(p *panel)
//
// columnsAVX512 with two chains, as panel2AVX512 has them.      needs AVX-512 F, VL
TEXT ·columns2AVX512(SB), NOSPLIT, $0-8
	OPENTERMS

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
	TILENT(tileloop12, tilerest12, tiledone12, tilestore12, tilenext, PAIRS12, STEPTERMS3, START2TERMS, MUL2TERMS, MULTERM1, MUL2TERM2, MULTERM3, SUM2TERMS, GATE1, STORE1)

tile11:
	TILENT(tileloop11, tilerest11, tiledone11, tilestore11, tilenext, PAIRS11, STEPTERMS3, START2TERMS, MUL2TERMS, MULTERM1, MUL2TERM2, MULTERM3, SUM2TERMS, GATE1, STORE1)

tile10:
	TILENT(tileloop10, tilerest10, tiledone10, tilestore10, tilenext, PAIRS10, STEPTERMS3, START2TERMS, MUL2TERMS, MULTERM1, MUL2TERM2, MULTERM3, SUM2TERMS, GATE1, STORE1)

tile9:
	TILENT(tileloop9, tilerest9, tiledone9, tilestore9, tilenext, PAIRS9, STEPTERMS3, START2TERMS, MUL2TERMS, MULTERM1, MUL2TERM2, MULTERM3, SUM2TERMS, GATE1, STORE1)

tile7to8:
	CMPQ AX, $8
	JB   tile7
	TILENT(tileloop8, tilerest8, tiledone8, tilestore8, tilenext, PAIRS8, STEPTERMS2, START2TERMS, MUL2TERMS, MULTERM1, MUL2TERM2, MULTERM3, SUM2TERMS, GATE1, STORE1)

tile7:
	TILENT(tileloop7, tilerest7, tiledone7, tilestore7, tilenext, PAIRS7, STEPTERMS2, START2TERMS, MUL2TERMS, MULTERM1, MUL2TERM2, MULTERM3, SUM2TERMS, GATE1, STORE1)

tile6:
	TILENT(tileloop6, tilerest6, tiledone6, tilestore6, tilenext, PAIRS6, STEPTERMS2, START2TERMS, MUL2TERMS, MULTERM1, MUL2TERM2, MULTERM3, SUM2TERMS, GATE1, STORE1)

tile1to5:
	CMPQ AX, $3
	JB   tile1to2
	JEQ  tile3
	CMPQ AX, $5
	JB   tile4
	TILENT(tileloop5, tilerest5, tiledone5, tilestore5, tilenext, PAIRS5, STEPTERMS2, START2TERMS, MUL2TERMS, MULTERM1, MUL2TERM2, MULTERM3, SUM2TERMS, GATE1, STORE1)

tile4:
	TILENT(tileloop4, tilerest4, tiledone4, tilestore4, tilenext, PAIRS4, STEPTERMS1, START2TERMS, MUL2TERMS, MULTERM1, MUL2TERM2, MULTERM3, SUM2TERMS, GATE1, STORE1)

tile3:
	TILENT(tileloop3, tilerest3, tiledone3, tilestore3, tilenext, PAIRS3, STEPTERMS1, START2TERMS, MUL2TERMS, MULTERM1, MUL2TERM2, MULTERM3, SUM2TERMS, GATE1, STORE1)

tile1to2:
	CMPQ AX, $2
	JB   tile1
	TILENT(tileloop2, tilerest2, tiledone2, tilestore2, tilenext, PAIRS2, STEPTERMS1, START2TERMS, MUL2TERMS, MULTERM1, MUL2TERM2, MULTERM3, SUM2TERMS, GATE1, STORE1)

tile1:
	TILENT(tileloop1, tilerest1, tiledone1, tilestore1, tilenext, PAIRS1, STEPTERMS1, START2TERMS, MUL2TERMS, MULTERM1, MUL2TERM2, MULTERM3, SUM2TERMS, GATE1, STORE1)

tilenext:
	TILEDONE
	JNZ  tile
	NEXTGROUP(16, group)

// func columns4AVX512(p *panel)
//
// columnsAVX512 with four chains, as panel4AVX512 has them. Tiles of 1...6 rows.
// needs AVX-512 F, VL
TEXT ·columns4AVX512(SB), NOSPLIT, $0-8
	OPENTERMS

group:
	TOP

tile:
	PICK
	CMPQ AX, $4
	JB   tile1to3
	JEQ  tile4
	CMPQ AX, $6
	JB   tile5
	TILENT(tileloop6, tilerest6, tiledone6, tilestore6, tilenext, QUADS6, STEPTERMS2, START4TERMS, MUL4TERMS, MUL4TERM1, MUL4TERM2, MUL4TERM3, SUM4TERMS, GATE4TERMS, STORE4TERMS)

tile5:
	TILENT(tileloop5, tilerest5, tiledone5, tilestore5, tilenext, QUADS5, STEPTERMS2, START4TERMS, MUL4TERMS, MUL4TERM1, MUL4TERM2, MUL4TERM3, SUM4TERMS, GATE4TERMS, STORE4TERMS)

tile4:
	TILENT(tileloop4, tilerest4, tiledone4, tilestore4, tilenext, QUADS4, STEPTERMS1, START4TERMS, MUL4TERMS, MUL4TERM1, MUL4TERM2, MUL4TERM3, SUM4TERMS, GATE4TERMS, STORE4TERMS)

tile1to3:
	CMPQ AX, $2
	JB   tile1
	JEQ  tile2
	TILENT(tileloop3, tilerest3, tiledone3, tilestore3, tilenext, QUADS3, STEPTERMS1, START4TERMS, MUL4TERMS, MUL4TERM1, MUL4TERM2, MUL4TERM3, SUM4TERMS, GATE4TERMS, STORE4TERMS)

tile2:
	TILENT(tileloop2, tilerest2, tiledone2, tilestore2, tilenext, QUADS2, STEPTERMS1, START4TERMS, MUL4TERMS, MUL4TERM1, MUL4TERM2, MUL4TERM3, SUM4TERMS, GATE4TERMS, STORE4TERMS)

tile1:
	TILENT(tileloop1, tilerest1, tiledone1, tilestore1, tilenext, QUADS1, STEPTERMS1, START4TERMS, MUL4TERMS, MUL4TERM1, MUL4TERM2, MUL4TERM3, SUM4TERMS, GATE4TERMS, STORE4TERMS)

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
group:                                                                               \
	MOVQ groupStart(DI), R10                                                     \
	MOVQ panel_lds(DI), R11                                                      \
	ROWS(CROSSSTART)                                                             \
	MOVQ panel_a(DI), SI                                                         \
	MOVQ panel_k(DI), CX                                                         \
	MOVQ groupB(DI), BX                                                          \
	LEAQ (BX)(R12*4), R14                                                        \
	LEAQ (BX)(R12*8), R15                                                        \
	LEAQ (R14)(R12*8), DX                                                        \
	SUBQ $4, CX                                                                  \
	JB   rest                                                                    \
loop:                                                                                \
	QUARTERS((BX), (R14), (R15), (DX), X24, Z24)                                 \
	QUARTERS((BX)(R12*1), (R14)(R12*1), (R15)(R12*1), (DX)(R12*1), X25, Z25)     \
	QUARTERS((BX)(R12*2), (R14)(R12*2), (R15)(R12*2), (DX)(R12*2), X26, Z26)     \
	QUARTERS((BX)(R13*1), (R14)(R13*1), (R15)(R13*1), (DX)(R13*1), X27, Z27)     \
	ADDQ $16, BX                                                                 \
	ADDQ $16, R14                                                                \
	ADDQ $16, R15                                                                \
	ADDQ $16, DX                                                                 \
	TERMS                                                                        \
	ROWS(ALL)                                                                    \
	LEAQ (SI)(R8*4), SI                                                          \
	SUBQ $4, CX                                                                  \
	JAE  loop                                                                    \
rest:                                                                                \
	ADDQ $4, CX                                                                  \
	JZ   done                                                                    \
	QUARTERSLAST((BX), (R14), (R15), (DX), X24, Z24)                             \
	QUARTERSLAST((BX)(R12*1), (R14)(R12*1), (R15)(R12*1), (DX)(R12*1), X25, Z25) \
	QUARTERSLAST((BX)(R12*2), (R14)(R12*2), (R15)(R12*2), (DX)(R12*2), X26, Z26) \
	QUARTERSLAST((BX)(R13*1), (R14)(R13*1), (R15)(R13*1), (DX)(R13*1), X27, Z27) \
	TERMS                                                                        \
	ROWS(CROSSFIRST)                                                             \
	CMPQ CX, $2                                                                  \
	JB   done                                                                    \
	ROWS(SECOND)                                                                 \
	CMPQ CX, $2                                                                  \
	JEQ  done                                                                    \
	ROWS(THIRD)                                                                  \
done:                                                                                \
	ROWS(SUM)                                                                    \
	MOVQ groupC(DI), R10                                                         \
	MOVQ panel_ldc(DI), R11                                                      \
	ROWS(CROSSSTORE)                                                             \
	NEXTGROUP(16, group)

#define OPENCROSS \
	OPENTERMS               \
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
//	Z24–Z27           four terms of 16 rows         Z29, Z30  scratch
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
