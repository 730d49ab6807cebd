//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Tiles of C += A·B for NEON: what a driver in Go calls for blocks of a product. The
// order of operations is that of internal/ref: every element is one, two or four chains
// of fused multiply-adds in increasing p. Strides come in elements and are turned into
// bytes; k, rows and cols are at least 1; nothing outside the tile of C, its columns in
// the k rows of B and its elements of A is touched.
//
// A tile has up to 8 rows of 8 columns, two registers each. Smaller ones take the body
// of 8, 4, 2 or 1 rows and of 8, 4, 2 or 1 columns that is next in size, and where that
// has too many, its second half of rows or columns starts earlier and overlaps the
// first: 5 columns are 0-3 and 1-4. All of C is loaded before any is stored, and what is
// computed twice is the same, so no masks are needed and every body runs on full
// registers. Each body is a TEXT of its own, entered by a jump with these registers:
//
//	R0       A; R0-R7 its rows, each moving along p
//	R19      C; R19-R26 its rows
//	V0-V7    A: four p of a row each, or one element of a row in all lanes, or, in TN,
//	         V0 and V1 one p of rows 0-3 and 4-7
//	V8-V15   B: four p of a pair each
//	V16-V31  chains: row i of the first in V(16+2i) and V(17+2i)
//	R16      scratch
//
// R16 and R17 hold nothing across a jump: the linker may use them there.
#define pb    R8  // next row of B
#define pb2   R9  // its second half of columns
#define sb    R10 // bytes from row to row of B
#define sa    R11 // bytes from p to p in A
#define left  R12 // p left
#define ra    R13 // bytes from row to row of A
#define rc    R14 // and of C
#define nrows R15
#define ncols R16 // before a body is entered
#define half  R17 // bytes from the first to the second half of columns; negative at the end

#define NONE

// BYTES turns the strides into bytes.
#define BYTES \
	LSL $2, ra; \
	LSL $2, sa; \
	LSL $2, sb; \
	LSL $2, rc

// HALVES finds the second half of columns, n columns before the end.
#define HALVES(n) \
	SUB $n, ncols;          \
	ADD ncols<<2, pb, pb2

// POINTERS8 finds the rows of A and C if there are 5 to 8, POINTERS4 if 3 or 4.
#define POINTERS8 \
	ADD  ra, R0, R1;           \
	ADD  ra<<1, R0, R2;        \
	ADD  ra, R2, R3;           \
	SUB  $4, nrows, R16;       \
	MADD ra, R0, R16, R4;      \
	ADD  ra, R4, R5;           \
	ADD  ra<<1, R4, R6;        \
	ADD  ra, R6, R7;           \
	ADD  rc, R19, R20;         \
	ADD  rc<<1, R19, R21;      \
	ADD  rc, R21, R22;         \
	MADD rc, R19, R16, R23;    \
	ADD  rc, R23, R24;         \
	ADD  rc<<1, R23, R25;      \
	ADD  rc, R25, R26

#define POINTERS4 \
	SUB  $2, nrows, R16;       \
	ADD  ra, R0, R1;           \
	MADD ra, R0, R16, R2;      \
	ADD  ra, R2, R3;           \
	ADD  rc, R19, R20;         \
	MADD rc, R19, R16, R21;    \
	ADD  rc, R21, R22

#define POINTERS2 \
	ADD ra, R0, R1;   \
	ADD rc, R19, R20

// POINTERS2K also keeps what a second pair of rows starts from.
#define POINTERS2K \
	POINTERS2;        \
	MOVD R0, R4;      \
	MOVD pb, R5;      \
	MOVD left, R6

#define POINTERS1

// EACH8 to EACH1 do one thing with every row of C and its registers.
#define EACH1(ON) \
	ON(R19, V16, V17, F16)

#define EACH2(ON) \
	EACH1(ON);              \
	ON(R20, V18, V19, F18)

#define EACH4(ON) \
	EACH2(ON);              \
	ON(R21, V20, V21, F20); \
	ON(R22, V22, V23, F22)

#define EACH8(ON) \
	EACH4(ON);              \
	ON(R23, V24, V25, F24); \
	ON(R24, V26, V27, F26); \
	ON(R25, V28, V29, F28); \
	ON(R26, V30, V31, F30)

// LOAD8 and STORE8 move a row of 5 to 8 columns, 4 of 4, 2 of 2 or 3, 1 of one.
#define LOAD8(r, v, w, f) \
	VLD1.P (r)(half), [v.S4]; \
	VLD1   (r), [w.S4]

#define STORE8(r, v, w, f) \
	VST1.P [w.S4], (r)(half); \
	VST1   [v.S4], (r)

#define LOAD4(r, v, w, f)  FMOVQ (r), f
#define STORE4(r, v, w, f) FMOVQ f, (r)

#define LOAD2(r, v, w, f) \
	VLD1.P (r)(half), [v.S2]; \
	VLD1   (r), v.D[1]

#define STORE2(r, v, w, f) \
	VST1.P v.D[1], (r)(half); \
	VST1   [v.S2], (r)

#define LOAD1(r, v, w, f)  VLD1R (r), [v.S4]
#define STORE1(r, v, w, f) FMOVS f, (r)

// LOAD_FULL and STORE_FULL move a row of exactly 8 columns.
#define LOAD_FULL(r, v, w, f)  VLD1 (r), [v.S4, w.S4]
#define STORE_FULL(r, v, w, f) VST1 [v.S4, w.S4], (r)

// B8 to B1 load the columns of the next row of B, as LOAD8 to LOAD1 do.
#define B8(v, w) \
	VLD1.P (pb)(sb), [v.S4];  \
	VLD1.P (pb2)(sb), [w.S4]

#define B4(v, w) VLD1.P (pb)(sb), [v.S4]

#define B2(v, w) \
	VLD1.P (pb)(sb), [v.S2];  \
	VLD1.P (pb2)(sb), v.D[1]

#define B1(v, w) VLD1R.P (pb)(sb), [v.S4]

#define B_FULL(v, w) VLD1.P (pb)(sb), [v.S4, w.S4]

// QUAD loads four p of each row of A, ONE one p into all lanes.
#define QUAD1 FMOVQ.P 16(R0), F0

#define QUAD2 \
	QUAD1;             \
	FMOVQ.P 16(R1), F1

#define QUAD4 \
	QUAD2;             \
	FMOVQ.P 16(R2), F2; \
	FMOVQ.P 16(R3), F3

#define QUAD8 \
	QUAD4;             \
	FMOVQ.P 16(R4), F4; \
	FMOVQ.P 16(R5), F5; \
	FMOVQ.P 16(R6), F6; \
	FMOVQ.P 16(R7), F7

#define ONE1 VLD1R.P (R0)(sa), [V0.S4]

#define ONE2 \
	ONE1;                      \
	VLD1R.P (R1)(sa), [V1.S4]

#define ONE4 \
	ONE2;                      \
	VLD1R.P (R2)(sa), [V2.S4]; \
	VLD1R.P (R3)(sa), [V3.S4]

#define ONE8 \
	ONE4;                      \
	VLD1R.P (R4)(sa), [V4.S4]; \
	VLD1R.P (R5)(sa), [V5.S4]; \
	VLD1R.P (R6)(sa), [V6.S4]; \
	VLD1R.P (R7)(sa), [V7.S4]

// PAIR adds lane i of register a times the pair at b to the pair at acc; SINGLE is
// for up to four columns.
#define PAIR(a, i, b, acc) \
	VFMLA_S4E(a, i, b, acc);    \
	VFMLA_S4E(a, i, b+1, acc+1)

#define SINGLE(a, i, b, acc) \
	VFMLA_S4E(a, i, b, acc)

// FMA8 to FMA1 add one p, which is lane i of A, to the chain o after the first.
#define FMA1(ROW, i, b, o) \
	ROW(0, i, b, 16+o)

#define FMA2(ROW, i, b, o) \
	FMA1(ROW, i, b, o); \
	ROW(1, i, b, 18+o)

#define FMA4(ROW, i, b, o) \
	FMA2(ROW, i, b, o); \
	ROW(2, i, b, 20+o); \
	ROW(3, i, b, 22+o)

#define FMA8(ROW, i, b, o) \
	FMA4(ROW, i, b, o); \
	ROW(4, i, b, 24+o); \
	ROW(5, i, b, 26+o); \
	ROW(6, i, b, 28+o); \
	ROW(7, i, b, 30+o)

// TFMA4 and TFMA8 are the same for p in TN, whose rows are lanes from register a on.
#define TFMA4(ROW, a, b) \
	ROW(a, 0, b, 16); \
	ROW(a, 1, b, 18); \
	ROW(a, 2, b, 20); \
	ROW(a, 3, b, 22)

#define TFMA8(ROW, a, b) \
	TFMA4(ROW, a, b);   \
	ROW(a+1, 0, b, 24); \
	ROW(a+1, 1, b, 26); \
	ROW(a+1, 2, b, 28); \
	ROW(a+1, 3, b, 30)

// TILE is the body for any strides: what depends on the number of rows, what depends
// on that of columns, then the chains: START clears all but the first, which lie o1,
// o2, o3 on (or are the first again), and SUM adds them up.
//
//	loop4   rows of A contiguous: four p per pass
//	loop1   other strides, and the last k mod 4: one p at a time, chain after chain
#define TILE(POINTERS, EACH, QUAD, ONE, FMA, LOAD, STORE, LOADB, ROW, START, o1, o2, o3, SUM) \
	POINTERS;                \
	SUB   pb, pb2, half;     \
	START;                   \
	EACH(LOAD);              \
	CMP   $4, sa;            \
	BNE   loop1;             \
	SUBS  $4, left;          \
	BLT   rest;              \
loop4: \
	LOADB(V8, V9);           \
	QUAD;                    \
	LOADB(V10, V11);         \
	FMA(ROW, 0, 8, 0);       \
	LOADB(V12, V13);         \
	FMA(ROW, 1, 10, o1);     \
	LOADB(V14, V15);         \
	FMA(ROW, 2, 12, o2);     \
	FMA(ROW, 3, 14, o3);     \
	SUBS  $4, left;          \
	BGE   loop4;             \
rest: \
	ADDS  $4, left;          \
	BEQ   done;              \
loop1: \
	LOADB(V8, V9);           \
	ONE;                     \
	FMA(ROW, 0, 8, 0);       \
	SUBS  $1, left;          \
	BEQ   done;              \
	LOADB(V10, V11);         \
	ONE;                     \
	FMA(ROW, 0, 10, o1);     \
	SUBS  $1, left;          \
	BEQ   done;              \
	LOADB(V12, V13);         \
	ONE;                     \
	FMA(ROW, 0, 12, o2);     \
	SUBS  $1, left;          \
	BEQ   done;              \
	LOADB(V14, V15);         \
	ONE;                     \
	FMA(ROW, 0, 14, o3);     \
	SUBS  $1, left;          \
	BNE   loop1;             \
done: \
	SUM;                     \
	NEG   half, half;        \
	EACH(STORE)

// One chain: rows×columns in the names are those of the body; full is for exactly 8
// columns, as are LOAD_FULL and so on.

TEXT tile1_full4<>(SB), NOSPLIT, $0-0
	TILE(POINTERS4, EACH4, QUAD4, ONE4, FMA4, LOAD_FULL, STORE_FULL, B_FULL, PAIR, NONE, 0, 0, 0, NONE)
	RET

TEXT tile1_8x8<>(SB), NOSPLIT, $0-0
	TILE(POINTERS8, EACH8, QUAD8, ONE8, FMA8, LOAD8, STORE8, B8, PAIR, NONE, 0, 0, 0, NONE)
	RET

TEXT tile1_4x8<>(SB), NOSPLIT, $0-0
	TILE(POINTERS4, EACH4, QUAD4, ONE4, FMA4, LOAD8, STORE8, B8, PAIR, NONE, 0, 0, 0, NONE)
	RET

TEXT tile1_2x8<>(SB), NOSPLIT, $0-0
	TILE(POINTERS2, EACH2, QUAD2, ONE2, FMA2, LOAD8, STORE8, B8, PAIR, NONE, 0, 0, 0, NONE)
	RET

TEXT tile1_1x8<>(SB), NOSPLIT, $0-0
	TILE(POINTERS1, EACH1, QUAD1, ONE1, FMA1, LOAD8, STORE8, B8, PAIR, NONE, 0, 0, 0, NONE)
	RET

TEXT tile1_8x4<>(SB), NOSPLIT, $0-0
	TILE(POINTERS8, EACH8, QUAD8, ONE8, FMA8, LOAD4, STORE4, B4, SINGLE, NONE, 0, 0, 0, NONE)
	RET

TEXT tile1_4x4<>(SB), NOSPLIT, $0-0
	TILE(POINTERS4, EACH4, QUAD4, ONE4, FMA4, LOAD4, STORE4, B4, SINGLE, NONE, 0, 0, 0, NONE)
	RET

TEXT tile1_2x4<>(SB), NOSPLIT, $0-0
	TILE(POINTERS2, EACH2, QUAD2, ONE2, FMA2, LOAD4, STORE4, B4, SINGLE, NONE, 0, 0, 0, NONE)
	RET

TEXT tile1_1x4<>(SB), NOSPLIT, $0-0
	TILE(POINTERS1, EACH1, QUAD1, ONE1, FMA1, LOAD4, STORE4, B4, SINGLE, NONE, 0, 0, 0, NONE)
	RET

TEXT tile1_8x2<>(SB), NOSPLIT, $0-0
	TILE(POINTERS8, EACH8, QUAD8, ONE8, FMA8, LOAD2, STORE2, B2, SINGLE, NONE, 0, 0, 0, NONE)
	RET

TEXT tile1_4x2<>(SB), NOSPLIT, $0-0
	TILE(POINTERS4, EACH4, QUAD4, ONE4, FMA4, LOAD2, STORE2, B2, SINGLE, NONE, 0, 0, 0, NONE)
	RET

TEXT tile1_2x2<>(SB), NOSPLIT, $0-0
	TILE(POINTERS2, EACH2, QUAD2, ONE2, FMA2, LOAD2, STORE2, B2, SINGLE, NONE, 0, 0, 0, NONE)
	RET

TEXT tile1_1x2<>(SB), NOSPLIT, $0-0
	TILE(POINTERS1, EACH1, QUAD1, ONE1, FMA1, LOAD2, STORE2, B2, SINGLE, NONE, 0, 0, 0, NONE)
	RET

TEXT tile1_8x1<>(SB), NOSPLIT, $0-0
	TILE(POINTERS8, EACH8, QUAD8, ONE8, FMA8, LOAD1, STORE1, B1, SINGLE, NONE, 0, 0, 0, NONE)
	RET

TEXT tile1_4x1<>(SB), NOSPLIT, $0-0
	TILE(POINTERS4, EACH4, QUAD4, ONE4, FMA4, LOAD1, STORE1, B1, SINGLE, NONE, 0, 0, 0, NONE)
	RET

TEXT tile1_2x1<>(SB), NOSPLIT, $0-0
	TILE(POINTERS2, EACH2, QUAD2, ONE2, FMA2, LOAD1, STORE1, B1, SINGLE, NONE, 0, 0, 0, NONE)
	RET

TEXT tile1_1x1<>(SB), NOSPLIT, $0-0
	TILE(POINTERS1, EACH1, QUAD1, ONE1, FMA1, LOAD1, STORE1, B1, SINGLE, NONE, 0, 0, 0, NONE)
	RET

// TTILE is the body for TN: the rows of A are contiguous.
#define TTILE(POINTERS, EACH, LOADA, TFMA, LOAD, STORE, LOADB, ROW) \
	POINTERS;            \
	SUB  pb, pb2, half;  \
	EACH(LOAD);          \
loop1: \
	LOADA;               \
	LOADB(V8, V9);       \
	TFMA(ROW, 0, 8);     \
	SUBS $1, left;       \
	BNE  loop1;          \
	NEG  half, half;     \
	EACH(STORE)

#define COLUMN4 VLD1.P (R0)(sa), [V0.S4]

#define COLUMN8 \
	COLUMN4;                  \
	VLD1.P (R4)(sa), [V1.S4]

TEXT tile1T_8x8<>(SB), NOSPLIT, $0-0
	TTILE(POINTERS8, EACH8, COLUMN8, TFMA8, LOAD8, STORE8, B8, PAIR)
	RET

TEXT tile1T_4x8<>(SB), NOSPLIT, $0-0
	TTILE(POINTERS4, EACH4, COLUMN4, TFMA4, LOAD8, STORE8, B8, PAIR)
	RET

TEXT tile1T_8x4<>(SB), NOSPLIT, $0-0
	TTILE(POINTERS8, EACH8, COLUMN8, TFMA8, LOAD4, STORE4, B4, SINGLE)
	RET

TEXT tile1T_4x4<>(SB), NOSPLIT, $0-0
	TTILE(POINTERS4, EACH4, COLUMN4, TFMA4, LOAD4, STORE4, B4, SINGLE)
	RET

TEXT tile1T_8x2<>(SB), NOSPLIT, $0-0
	TTILE(POINTERS8, EACH8, COLUMN8, TFMA8, LOAD2, STORE2, B2, SINGLE)
	RET

TEXT tile1T_4x2<>(SB), NOSPLIT, $0-0
	TTILE(POINTERS4, EACH4, COLUMN4, TFMA4, LOAD2, STORE2, B2, SINGLE)
	RET

TEXT tile1T_8x1<>(SB), NOSPLIT, $0-0
	TTILE(POINTERS8, EACH8, COLUMN8, TFMA8, LOAD1, STORE1, B1, SINGLE)
	RET

TEXT tile1T_4x1<>(SB), NOSPLIT, $0-0
	TTILE(POINTERS4, EACH4, COLUMN4, TFMA4, LOAD1, STORE1, B1, SINGLE)
	RET

// FMA8_NEXT is FMA8 for the last of four p: each row's next four follow its last use.
#define FMA8_NEXT(i, b) \
	PAIR(0, i, b, 16);  \
	FMOVQ.P 16(R0), F0; \
	PAIR(1, i, b, 18);  \
	FMOVQ.P 16(R1), F1; \
	PAIR(2, i, b, 20);  \
	FMOVQ.P 16(R2), F2; \
	PAIR(3, i, b, 22);  \
	FMOVQ.P 16(R3), F3; \
	PAIR(4, i, b, 24);  \
	FMOVQ.P 16(R4), F4; \
	PAIR(5, i, b, 26);  \
	FMOVQ.P 16(R5), F5; \
	PAIR(6, i, b, 28);  \
	FMOVQ.P 16(R6), F6; \
	PAIR(7, i, b, 30);  \
	FMOVQ.P 16(R7), F7

// FMA8_B is FMA8 with the load of a later row of B in its middle.
#define FMA8_B(i, b, v, w) \
	FMA4(PAIR, i, b, 0); \
	B_FULL(v, w);        \
	PAIR(4, i, b, 24);   \
	PAIR(5, i, b, 26);   \
	PAIR(6, i, b, 28);   \
	PAIR(7, i, b, 30)

// tile1_full: 5 to 8 rows of 8 columns, rows of A contiguous, k ≥ 4.
//
//	loop4   four p per pass; loads stand two p before their use, as far as registers allow
//	last4   the pass without loads for another one
//	loop1   the last k mod 4
TEXT tile1_full<>(SB), NOSPLIT, $0-0
	POINTERS8
	QUAD8
	B_FULL(V8, V9)
	B_FULL(V10, V11)
	EACH8(LOAD_FULL)
	SUBS $8, left
	BLT  last4

loop4:
	FMA8_B(0, 8, V12, V13)
	FMA8_B(1, 10, V14, V15)
	FMA8_B(2, 12, V8, V9)
	B_FULL(V10, V11)
	FMA8_NEXT(3, 14)
	SUBS $4, left
	BGE  loop4

last4:
	FMA8_B(0, 8, V12, V13)
	FMA8_B(1, 10, V14, V15)
	FMA8(PAIR, 2, 12, 0)
	FMA8(PAIR, 3, 14, 0)
	ADDS $4, left
	BEQ  done

loop1:
	B_FULL(V8, V9)
	ONE8
	FMA8(PAIR, 0, 8, 0)
	SUBS $1, left
	BNE  loop1

done:
	EACH8(STORE_FULL)
	RET

#define COLUMN_FULL(v, w) VLD1.P (R0)(sa), [v.S4, w.S4]

// TFMA8_B is TFMA8 with the loads of a later p in its middle.
#define TFMA8_B(a, b, v, w, x, y) \
	TFMA4(PAIR, a, b);     \
	COLUMN_FULL(v, w);     \
	PAIR(a+1, 0, b, 24);   \
	PAIR(a+1, 1, b, 26);   \
	B_FULL(x, y);          \
	PAIR(a+1, 2, b, 28);   \
	PAIR(a+1, 3, b, 30)

// tile1T_full: 8 rows of 8 columns in TN, k ≥ 4.
//
//	loop4   four p per pass, loads two p before their use
//	last4   the pass without loads for another one
//	loop1   the last k mod 4
TEXT tile1T_full<>(SB), NOSPLIT, $0-0
	COLUMN_FULL(V0, V1)
	B_FULL(V8, V9)
	COLUMN_FULL(V2, V3)
	B_FULL(V10, V11)
	ADD  rc, R19, R20
	ADD  rc<<1, R19, R21
	ADD  rc, R21, R22
	ADD  rc<<2, R19, R23
	ADD  rc, R23, R24
	ADD  rc<<1, R23, R25
	ADD  rc, R25, R26
	EACH8(LOAD_FULL)
	SUBS $8, left
	BLT  last4

loop4:
	TFMA8_B(0, 8, V4, V5, V12, V13)
	TFMA8_B(2, 10, V6, V7, V14, V15)
	TFMA8_B(4, 12, V0, V1, V8, V9)
	TFMA8_B(6, 14, V2, V3, V10, V11)
	SUBS $4, left
	BGE  loop4

last4:
	TFMA8_B(0, 8, V4, V5, V12, V13)
	TFMA8_B(2, 10, V6, V7, V14, V15)
	TFMA8(PAIR, 4, 12)
	TFMA8(PAIR, 6, 14)
	ADDS $4, left
	BEQ  done

loop1:
	COLUMN_FULL(V0, V1)
	B_FULL(V8, V9)
	TFMA8(PAIR, 0, 8)
	SUBS $1, left
	BNE  loop1

done:
	EACH8(STORE_FULL)
	RET

// BY_ROWS goes to the body for nrows, through labels of its own.
#define BY_ROWS(four, two, one, body8, body4, body2, body1) \
	CMP $2, nrows; \
	BLT one;       \
	BEQ two;       \
	CMP $4, nrows; \
	BLE four;      \
	B   body8;     \
four: \
	B   body4;     \
two: \
	B   body2;     \
one: \
	B   body1

// BY_ROWS_T goes to the body for TN, if it is TN with 4 rows or more.
#define BY_ROWS_T(other, four, body8, body4) \
	CMP $4, ra;    \
	BNE other;     \
	CMP $4, nrows; \
	BLT other;     \
	BEQ four;      \
	B   body8;     \
four: \
	B   body4;     \
other:

// func tile1NEON(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)
//
// C[i,j] += A[i,p]·B[p,j], one chain: rows ≤ tile1Rows, cols ≤ tile1Cols. A[i,p] is
// a[i*ars+p*acs]: acs is 1 in NN, ars in TN. Registers as above.
TEXT ·tile1NEON(SB), NOSPLIT, $0-80
	MOVD rows+0(FP), nrows
	MOVD cols+8(FP), ncols
	MOVD k+16(FP), left
	MOVD a+24(FP), R0
	MOVD ars+32(FP), ra
	MOVD acs+40(FP), sa
	MOVD b+48(FP), pb
	MOVD ldb+56(FP), sb
	MOVD c+64(FP), R19
	MOVD ldc+72(FP), rc
	BYTES
	CMP  $4, ncols
	BEQ  cols4
	BGT  cols8
	CMP  $2, ncols
	BGE  cols2
	BY_ROWS_T(n1, t1, tile1T_8x1<>(SB), tile1T_4x1<>(SB))
	BY_ROWS(r41, r21, r11, tile1_8x1<>(SB), tile1_4x1<>(SB), tile1_2x1<>(SB), tile1_1x1<>(SB))

cols2:
	HALVES(2)
	BY_ROWS_T(n2, t2, tile1T_8x2<>(SB), tile1T_4x2<>(SB))
	BY_ROWS(r42, r22, r12, tile1_8x2<>(SB), tile1_4x2<>(SB), tile1_2x2<>(SB), tile1_1x2<>(SB))

cols4:
	BY_ROWS_T(n4, t4, tile1T_8x4<>(SB), tile1T_4x4<>(SB))
	BY_ROWS(r44, r24, r14, tile1_8x4<>(SB), tile1_4x4<>(SB), tile1_2x4<>(SB), tile1_1x4<>(SB))

cols8:
	HALVES(4)
	CMP  $4, ncols // less 4 by now: full rows
	BNE  edge
	CMP  $4, left
	BLT  edge
	CMP  $4, sa
	BNE  trans
	CMP  $4, nrows
	BLE  full4
	B    tile1_full<>(SB)

full4:
	CMP $2, nrows
	BLE edge
	B   tile1_full4<>(SB)

trans:
	CMP $8, nrows
	BNE edge
	CMP $4, ra
	BNE edge
	B   tile1T_full<>(SB)

edge:
	BY_ROWS_T(n8, t8, tile1T_8x8<>(SB), tile1T_4x8<>(SB))
	BY_ROWS(r48, r28, r18, tile1_8x8<>(SB), tile1_4x8<>(SB), tile1_2x8<>(SB), tile1_1x8<>(SB))

// Two chains: the second lies 8 registers on.

#define CLEAR2 \
	VMOVI $0, V24.B16; \
	VMOVI $0, V25.B16; \
	VMOVI $0, V26.B16; \
	VMOVI $0, V27.B16; \
	VMOVI $0, V28.B16; \
	VMOVI $0, V29.B16; \
	VMOVI $0, V30.B16; \
	VMOVI $0, V31.B16

#define SUM2 \
	VFADD_S4(24, 16, 16); \
	VFADD_S4(25, 17, 17); \
	VFADD_S4(26, 18, 18); \
	VFADD_S4(27, 19, 19); \
	VFADD_S4(28, 20, 20); \
	VFADD_S4(29, 21, 21); \
	VFADD_S4(30, 22, 22); \
	VFADD_S4(31, 23, 23)

TEXT tile2_full4<>(SB), NOSPLIT, $0-0
	TILE(POINTERS4, EACH4, QUAD4, ONE4, FMA4, LOAD_FULL, STORE_FULL, B_FULL, PAIR, CLEAR2, 8, 0, 8, SUM2)
	RET

TEXT tile2_4x8<>(SB), NOSPLIT, $0-0
	TILE(POINTERS4, EACH4, QUAD4, ONE4, FMA4, LOAD8, STORE8, B8, PAIR, CLEAR2, 8, 0, 8, SUM2)
	RET

TEXT tile2_2x8<>(SB), NOSPLIT, $0-0
	TILE(POINTERS2, EACH2, QUAD2, ONE2, FMA2, LOAD8, STORE8, B8, PAIR, CLEAR2, 8, 0, 8, SUM2)
	RET

TEXT tile2_1x8<>(SB), NOSPLIT, $0-0
	TILE(POINTERS1, EACH1, QUAD1, ONE1, FMA1, LOAD8, STORE8, B8, PAIR, CLEAR2, 8, 0, 8, SUM2)
	RET

TEXT tile2_4x4<>(SB), NOSPLIT, $0-0
	TILE(POINTERS4, EACH4, QUAD4, ONE4, FMA4, LOAD4, STORE4, B4, SINGLE, CLEAR2, 8, 0, 8, SUM2)
	RET

TEXT tile2_2x4<>(SB), NOSPLIT, $0-0
	TILE(POINTERS2, EACH2, QUAD2, ONE2, FMA2, LOAD4, STORE4, B4, SINGLE, CLEAR2, 8, 0, 8, SUM2)
	RET

TEXT tile2_1x4<>(SB), NOSPLIT, $0-0
	TILE(POINTERS1, EACH1, QUAD1, ONE1, FMA1, LOAD4, STORE4, B4, SINGLE, CLEAR2, 8, 0, 8, SUM2)
	RET

TEXT tile2_4x2<>(SB), NOSPLIT, $0-0
	TILE(POINTERS4, EACH4, QUAD4, ONE4, FMA4, LOAD2, STORE2, B2, SINGLE, CLEAR2, 8, 0, 8, SUM2)
	RET

TEXT tile2_2x2<>(SB), NOSPLIT, $0-0
	TILE(POINTERS2, EACH2, QUAD2, ONE2, FMA2, LOAD2, STORE2, B2, SINGLE, CLEAR2, 8, 0, 8, SUM2)
	RET

TEXT tile2_1x2<>(SB), NOSPLIT, $0-0
	TILE(POINTERS1, EACH1, QUAD1, ONE1, FMA1, LOAD2, STORE2, B2, SINGLE, CLEAR2, 8, 0, 8, SUM2)
	RET

TEXT tile2_4x1<>(SB), NOSPLIT, $0-0
	TILE(POINTERS4, EACH4, QUAD4, ONE4, FMA4, LOAD1, STORE1, B1, SINGLE, CLEAR2, 8, 0, 8, SUM2)
	RET

TEXT tile2_2x1<>(SB), NOSPLIT, $0-0
	TILE(POINTERS2, EACH2, QUAD2, ONE2, FMA2, LOAD1, STORE1, B1, SINGLE, CLEAR2, 8, 0, 8, SUM2)
	RET

TEXT tile2_1x1<>(SB), NOSPLIT, $0-0
	TILE(POINTERS1, EACH1, QUAD1, ONE1, FMA1, LOAD1, STORE1, B1, SINGLE, CLEAR2, 8, 0, 8, SUM2)
	RET

// BY_ROWS4 is BY_ROWS for up to 4 rows.
#define BY_ROWS4(two, one, body4, body2, body1) \
	CMP $2, nrows; \
	BLT one;       \
	BEQ two;       \
	B   body4;     \
two: \
	B   body2;     \
one: \
	B   body1

// func tile2NEON(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)
//
// tile1NEON with two chains, term p in chain p mod 2: s0 from C, s1 from +0, s0+s1.
// rows ≤ tile2Rows, cols ≤ tile2Cols. Registers as above.
TEXT ·tile2NEON(SB), NOSPLIT, $0-80
	MOVD rows+0(FP), nrows
	MOVD cols+8(FP), ncols
	MOVD k+16(FP), left
	MOVD a+24(FP), R0
	MOVD ars+32(FP), ra
	MOVD acs+40(FP), sa
	MOVD b+48(FP), pb
	MOVD ldb+56(FP), sb
	MOVD c+64(FP), R19
	MOVD ldc+72(FP), rc
	BYTES
	CMP  $4, ncols
	BEQ  cols4
	BGT  cols8
	CMP  $2, ncols
	BGE  cols2
	BY_ROWS4(r21, r11, tile2_4x1<>(SB), tile2_2x1<>(SB), tile2_1x1<>(SB))

cols2:
	HALVES(2)
	BY_ROWS4(r22, r12, tile2_4x2<>(SB), tile2_2x2<>(SB), tile2_1x2<>(SB))

cols4:
	BY_ROWS4(r24, r14, tile2_4x4<>(SB), tile2_2x4<>(SB), tile2_1x4<>(SB))

cols8:
	HALVES(4)
	CMP $4, ncols // less 4 by now: full rows
	BNE edge
	CMP $2, nrows
	BLE edge
	B   tile2_full4<>(SB)

edge:
	BY_ROWS4(r28, r18, tile2_4x8<>(SB), tile2_2x8<>(SB), tile2_1x8<>(SB))

// Four chains: 4, 8 and 12 registers on for 8 columns and two rows; for up to 4 columns
// and four rows 1, 8 and 9 on, where the second of a pair is free.

#define CLEAR4 \
	VMOVI $0, V17.B16; \
	VMOVI $0, V19.B16; \
	VMOVI $0, V20.B16; \
	VMOVI $0, V21.B16; \
	VMOVI $0, V22.B16; \
	VMOVI $0, V23.B16; \
	CLEAR2

#define SUM4 \
	VFADD_S4(20, 16, 16); \
	VFADD_S4(21, 17, 17); \
	VFADD_S4(22, 18, 18); \
	VFADD_S4(23, 19, 19); \
	VFADD_S4(28, 24, 24); \
	VFADD_S4(29, 25, 25); \
	VFADD_S4(30, 26, 26); \
	VFADD_S4(31, 27, 27); \
	VFADD_S4(24, 16, 16); \
	VFADD_S4(25, 17, 17); \
	VFADD_S4(26, 18, 18); \
	VFADD_S4(27, 19, 19)

#define SUM4_NARROW \
	VFADD_S4(17, 16, 16); \
	VFADD_S4(19, 18, 18); \
	VFADD_S4(21, 20, 20); \
	VFADD_S4(23, 22, 22); \
	VFADD_S4(25, 24, 24); \
	VFADD_S4(27, 26, 26); \
	VFADD_S4(29, 28, 28); \
	VFADD_S4(31, 30, 30); \
	VFADD_S4(24, 16, 16); \
	VFADD_S4(26, 18, 18); \
	VFADD_S4(28, 20, 20); \
	VFADD_S4(30, 22, 22)

// NEXT_ROWS goes on with the next two rows, or the one that is left.
#define NEXT_ROWS(again, body1) \
	SUBS $2, nrows;       \
	BEQ  finished;        \
	ADD  ra<<1, R4, R0;   \
	ADD  rc<<1, R19;      \
	MOVD R5, pb;          \
	SUB  half, pb, pb2;   \
	MOVD R6, left;        \
	CMP  $2, nrows;       \
	BGE  again;           \
	B    body1;           \
finished: \
	RET

TEXT tile4_full2<>(SB), NOSPLIT, $0-0
again:
	TILE(POINTERS2K, EACH2, QUAD2, ONE2, FMA2, LOAD_FULL, STORE_FULL, B_FULL, PAIR, CLEAR4, 4, 8, 12, SUM4)
	NEXT_ROWS(again, tile4_1x8<>(SB))

TEXT tile4_2x8<>(SB), NOSPLIT, $0-0
again:
	TILE(POINTERS2K, EACH2, QUAD2, ONE2, FMA2, LOAD8, STORE8, B8, PAIR, CLEAR4, 4, 8, 12, SUM4)
	NEXT_ROWS(again, tile4_1x8<>(SB))

TEXT tile4_1x8<>(SB), NOSPLIT, $0-0
	TILE(POINTERS1, EACH1, QUAD1, ONE1, FMA1, LOAD8, STORE8, B8, PAIR, CLEAR4, 4, 8, 12, SUM4)
	RET

TEXT tile4_4x4<>(SB), NOSPLIT, $0-0
	TILE(POINTERS4, EACH4, QUAD4, ONE4, FMA4, LOAD4, STORE4, B4, SINGLE, CLEAR4, 1, 8, 9, SUM4_NARROW)
	RET

TEXT tile4_2x4<>(SB), NOSPLIT, $0-0
	TILE(POINTERS2, EACH2, QUAD2, ONE2, FMA2, LOAD4, STORE4, B4, SINGLE, CLEAR4, 1, 8, 9, SUM4_NARROW)
	RET

TEXT tile4_1x4<>(SB), NOSPLIT, $0-0
	TILE(POINTERS1, EACH1, QUAD1, ONE1, FMA1, LOAD4, STORE4, B4, SINGLE, CLEAR4, 1, 8, 9, SUM4_NARROW)
	RET

TEXT tile4_4x2<>(SB), NOSPLIT, $0-0
	TILE(POINTERS4, EACH4, QUAD4, ONE4, FMA4, LOAD2, STORE2, B2, SINGLE, CLEAR4, 1, 8, 9, SUM4_NARROW)
	RET

TEXT tile4_2x2<>(SB), NOSPLIT, $0-0
	TILE(POINTERS2, EACH2, QUAD2, ONE2, FMA2, LOAD2, STORE2, B2, SINGLE, CLEAR4, 1, 8, 9, SUM4_NARROW)
	RET

TEXT tile4_1x2<>(SB), NOSPLIT, $0-0
	TILE(POINTERS1, EACH1, QUAD1, ONE1, FMA1, LOAD2, STORE2, B2, SINGLE, CLEAR4, 1, 8, 9, SUM4_NARROW)
	RET

TEXT tile4_4x1<>(SB), NOSPLIT, $0-0
	TILE(POINTERS4, EACH4, QUAD4, ONE4, FMA4, LOAD1, STORE1, B1, SINGLE, CLEAR4, 1, 8, 9, SUM4_NARROW)
	RET

TEXT tile4_2x1<>(SB), NOSPLIT, $0-0
	TILE(POINTERS2, EACH2, QUAD2, ONE2, FMA2, LOAD1, STORE1, B1, SINGLE, CLEAR4, 1, 8, 9, SUM4_NARROW)
	RET

TEXT tile4_1x1<>(SB), NOSPLIT, $0-0
	TILE(POINTERS1, EACH1, QUAD1, ONE1, FMA1, LOAD1, STORE1, B1, SINGLE, CLEAR4, 1, 8, 9, SUM4_NARROW)
	RET

// func tile4NEON(rows, cols, k int, a *float32, ars, acs int, b *float32, ldb int, c *float32, ldc int)
//
// tile1NEON with four chains, term p in chain p mod 4: s0 from C, the others from +0,
// (s0+s1)+(s2+s3). rows ≤ tile4Rows, cols ≤ tile4Cols. Registers as above.
TEXT ·tile4NEON(SB), NOSPLIT, $0-80
	MOVD rows+0(FP), nrows
	MOVD cols+8(FP), ncols
	MOVD k+16(FP), left
	MOVD a+24(FP), R0
	MOVD ars+32(FP), ra
	MOVD acs+40(FP), sa
	MOVD b+48(FP), pb
	MOVD ldb+56(FP), sb
	MOVD c+64(FP), R19
	MOVD ldc+72(FP), rc
	BYTES
	CMP  $4, ncols
	BEQ  cols4
	BGT  cols8
	CMP  $2, ncols
	BGE  cols2
	BY_ROWS4(r21, r11, tile4_4x1<>(SB), tile4_2x1<>(SB), tile4_1x1<>(SB))

cols2:
	HALVES(2)
	BY_ROWS4(r22, r12, tile4_4x2<>(SB), tile4_2x2<>(SB), tile4_1x2<>(SB))

cols4:
	BY_ROWS4(r24, r14, tile4_4x4<>(SB), tile4_2x4<>(SB), tile4_1x4<>(SB))

cols8:
	HALVES(4)
	CMP $1, nrows
	BEQ single
	CMP $4, ncols // less 4 by now: full rows
	BNE edge
	B   tile4_full2<>(SB)

edge:
	B tile4_2x8<>(SB)

single:
	B tile4_1x8<>(SB)

// ROW_TILE is the body of row1NEON: STEP(i) adds one p, which is lane i of V0.
#define ROW_TILE(STEP) \
	CMP  $4, sa;     \
	BNE  loop1;      \
	SUBS $4, left;   \
	BLT  rest;       \
loop4: \
	QUAD1;           \
	STEP(0);         \
	STEP(1);         \
	STEP(2);         \
	STEP(3);         \
	SUBS $4, left;   \
	BGE  loop4;      \
rest: \
	ADDS $4, left;   \
	BEQ  done;       \
loop1: \
	ONE1;            \
	STEP(0);         \
	SUBS $1, left;   \
	BNE  loop1;      \
done:

// GROUP adds lane i of V0 times the four registers from b on to those from acc on.
#define GROUP(i, b, acc) \
	VFMLA_S4E(0, i, b, acc);     \
	VFMLA_S4E(0, i, b+1, acc+1); \
	VFMLA_S4E(0, i, b+2, acc+2); \
	VFMLA_S4E(0, i, b+3, acc+3)

#define LOAD_4(r)  VLD1.P (r)(sb), [V4.S4, V5.S4, V6.S4, V7.S4]
#define LOAD_8(r)  VLD1.P (r)(sb), [V8.S4, V9.S4, V10.S4, V11.S4]
#define LOAD_12(r) VLD1.P (r)(sb), [V12.S4, V13.S4, V14.S4, V15.S4]

#define STEP64(i) \
	LOAD_4(R8);       \
	LOAD_8(R2);       \
	GROUP(i, 4, 16);  \
	LOAD_12(R3);      \
	GROUP(i, 8, 20);  \
	LOAD_4(R9);       \
	GROUP(i, 12, 24); \
	GROUP(i, 4, 28)

#define STEP48(i) \
	LOAD_4(R8);       \
	LOAD_8(R2);       \
	GROUP(i, 4, 16);  \
	LOAD_12(R9);      \
	GROUP(i, 8, 20);  \
	GROUP(i, 12, 28)

#define STEP32(i) \
	LOAD_4(R8);      \
	LOAD_8(R9);      \
	GROUP(i, 4, 16); \
	GROUP(i, 8, 28)

#define STEP16(i) \
	VLD1.P (R8)(sb), [V4.S4, V5.S4]; \
	VLD1.P (R9)(sb), [V6.S4, V7.S4]; \
	GROUP(i, 4, 16)

// func row1NEON(cols, k int, a *float32, acs int, b *float32, ldb int, c *float32)
//
// One row of tile1NEON, cols ≤ row1Cols. Groups of 16 columns; the last one overlaps
// the one before. Up to 8 columns are tile1NEON's.
//
//	R0         next A             R19    C; R20 its last group
//	R8         next row of B      R2, R3, R9   its groups: second, third, last
//	V0         A                  V4-V15       loaded B
//	V16-V27    groups but the last             V28-V31   the last; V18, V19 if cols ≤ 16
TEXT ·row1NEON(SB), NOSPLIT, $0-56
	MOVD cols+0(FP), ncols
	MOVD k+8(FP), left
	MOVD a+16(FP), R0
	MOVD acs+24(FP), sa
	MOVD b+32(FP), pb
	MOVD ldb+40(FP), sb
	MOVD c+48(FP), R19
	BYTES
	CMP  $8, ncols
	BLE  few
	ADD  ncols<<2, pb, pb2 // the end, as yet
	ADD  ncols<<2, R19, R20
	CMP  $16, ncols
	BLE  cols16
	SUB  $64, pb2
	SUB  $64, R20
	ADD  $64, pb, R2
	ADD  $128, pb, R3
	VLD1 (R19), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1 (R20), [V28.S4, V29.S4, V30.S4, V31.S4]
	CMP  $32, ncols
	BLE  cols32
	ADD  $64, R19, R21
	VLD1 (R21), [V20.S4, V21.S4, V22.S4, V23.S4]
	CMP  $48, ncols
	BLE  cols48
	ADD  $128, R19, R22
	VLD1 (R22), [V24.S4, V25.S4, V26.S4, V27.S4]
	B    row1_64<>(SB)

cols48:
	B row1_48<>(SB)

cols32:
	B row1_32<>(SB)

cols16:
	B row1_16<>(SB)

few:
	CMP $4, ncols
	BEQ cols4
	BGT cols8
	CMP $2, ncols
	BGE cols2
	B   tile1_1x1<>(SB)

cols2:
	HALVES(2)
	B tile1_1x2<>(SB)

cols4:
	B tile1_1x4<>(SB)

cols8:
	HALVES(4)
	B tile1_1x8<>(SB)

TEXT row1_64<>(SB), NOSPLIT, $0-0
	ROW_TILE(STEP64)
	VST1 [V16.S4, V17.S4, V18.S4, V19.S4], (R19)
	VST1 [V20.S4, V21.S4, V22.S4, V23.S4], (R21)
	VST1 [V24.S4, V25.S4, V26.S4, V27.S4], (R22)
	VST1 [V28.S4, V29.S4, V30.S4, V31.S4], (R20)
	RET

TEXT row1_48<>(SB), NOSPLIT, $0-0
	ROW_TILE(STEP48)
	VST1 [V16.S4, V17.S4, V18.S4, V19.S4], (R19)
	VST1 [V20.S4, V21.S4, V22.S4, V23.S4], (R21)
	VST1 [V28.S4, V29.S4, V30.S4, V31.S4], (R20)
	RET

TEXT row1_32<>(SB), NOSPLIT, $0-0
	ROW_TILE(STEP32)
	VST1 [V16.S4, V17.S4, V18.S4, V19.S4], (R19)
	VST1 [V28.S4, V29.S4, V30.S4, V31.S4], (R20)
	RET

// 9 to 16 columns: two pairs of registers.
TEXT row1_16<>(SB), NOSPLIT, $0-0
	SUB  $32, pb2
	SUB  $32, R20
	VLD1 (R19), [V16.S4, V17.S4]
	VLD1 (R20), [V18.S4, V19.S4]
	ROW_TILE(STEP16)
	VST1 [V16.S4, V17.S4], (R19)
	VST1 [V18.S4, V19.S4], (R20)
	RET

// BLOCK transposes 4×4 floats: from R0-R3, which move right, to R4-R7, which move down.
#define BLOCK \
	FMOVQ.P 16(R0), F0;          \
	FMOVQ.P 16(R1), F1;          \
	FMOVQ.P 16(R2), F2;          \
	FMOVQ.P 16(R3), F3;          \
	VTRN1 V1.S4, V0.S4, V4.S4;   \
	VTRN2 V1.S4, V0.S4, V5.S4;   \
	VTRN1 V3.S4, V2.S4, V6.S4;   \
	VTRN2 V3.S4, V2.S4, V7.S4;   \
	VTRN1 V6.D2, V4.D2, V16.D2;  \
	VTRN1 V7.D2, V5.D2, V17.D2;  \
	VTRN2 V6.D2, V4.D2, V18.D2;  \
	VTRN2 V7.D2, V5.D2, V19.D2;  \
	VST1.P [V16.S4], (R4)(R14);  \
	VST1.P [V17.S4], (R5)(R14);  \
	VST1.P [V18.S4], (R6)(R14);  \
	VST1.P [V19.S4], (R7)(R14)

// func transposeNEON(rows, cols int, src *float32, lds int, dst *float32, ldd int)
//
// dst[j*ldd+i] = src[i*lds+j]. Blocks of 4×4; the last ones of rows and columns
// overlap those before.
//
//	R8, R9     src, dst at the rows' first column     R10, R11   bytes from row to row
//	R0-R3      next columns of four rows of src       R4-R7      next rows of dst
//	R12, R15   rows, columns left                     R14        bytes of four rows of dst
//	R13        columns                                V0-V7, V16-V19   the block
//
//	band     four rows of src
//	loop4    a block per pass
//	thin     fewer than 4 rows or columns: float by float, at most 3 of them per row of
//	         one side
TEXT ·transposeNEON(SB), NOSPLIT, $0-48
	MOVD rows+0(FP), R12
	MOVD cols+8(FP), R13
	MOVD src+16(FP), R8
	MOVD lds+24(FP), R10
	MOVD dst+32(FP), R9
	MOVD ldd+40(FP), R11
	LSL  $2, R10
	LSL  $2, R11
	LSL  $2, R11, R14
	CMP  $4, R12
	BLT  thin
	CMP  $4, R13
	BLT  thin

band:
	MOVD R8, R0
	ADD  R10, R0, R1
	ADD  R10<<1, R0, R2
	ADD  R10, R2, R3
	MOVD R9, R4
	ADD  R11, R4, R5
	ADD  R11<<1, R4, R6
	ADD  R11, R6, R7
	SUB  $4, R13, R15

loop4:
	BLOCK
	SUBS $4, R15
	BGE  loop4
	CMN  $4, R15
	BEQ  next
	ADD  R15<<2, R0 // R15 is the columns left - 4
	ADD  R15<<2, R1
	ADD  R15<<2, R2
	ADD  R15<<2, R3
	MADD R11, R4, R15, R4
	MADD R11, R5, R15, R5
	MADD R11, R6, R15, R6
	MADD R11, R7, R15, R7
	BLOCK

next:
	SUBS $4, R12
	BEQ  done
	ADD  R10<<2, R8
	ADD  $16, R9
	CMP  $4, R12
	BGE  band
	SUB  $4, R12, R16 // back so many rows that four are left
	MADD R10, R8, R16, R8
	ADD  R16<<2, R9
	MOVD $4, R12
	B    band

thin:
	MOVD R8, R0
	MOVD R9, R4
	MOVD R13, R15

loop1:
	FMOVS.P 4(R0), F0
	FMOVS   F0, (R4)
	ADD     R11, R4
	SUBS    $1, R15
	BNE     loop1
	ADD     R10, R8
	ADD     $4, R9
	SUBS    $1, R12
	BNE     thin

done:
	RET
