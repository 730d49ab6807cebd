//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Level 1 for NEON. The order of operations is that of internal/ref, bit for bit;
// pointers are to n floats, n from 1 to one block; nothing outside them is read.
//
// A group is 16 floats in four registers; groups g0 to g3 hold the 64 lanes of a
// reduction. Loads of a group stand well before their use, for cores that issue in
// order.

// ZERO clears four registers.
#define ZERO(a, b, c, d) \
	VMOVI $0, a.B16; \
	VMOVI $0, b.B16; \
	VMOVI $0, c.B16; \
	VMOVI $0, d.B16

// ZERO_LANES clears all accumulators, V0 to V15.
#define ZERO_LANES \
	ZERO(V0, V1, V2, V3);   \
	ZERO(V4, V5, V6, V7);   \
	ZERO(V8, V9, V10, V11); \
	ZERO(V12, V13, V14, V15)

// PART loads the last R3 floats at R0, 1 to 15, into V16 to V19 and fills up with
// +0. It loads from the end and moves what it has up, so each set bit of R3 is one
// load at a fixed place.
#define PART \
	ADD     R3<<2, R0, R0;            \
	ZERO(V16, V17, V18, V19);         \
	TBZ     $0, R3, part2;            \
	FMOVS.W -4(R0), F16;              \
part2: \
	TBZ     $1, R3, part4;            \
	SUB     $8, R0;                   \
	VMOV    V16.D[0], V16.D[1];       \
	VLD1    (R0), V16.D[0];           \
part4: \
	TBZ     $2, R3, part8;            \
	VMOV    V16.B16, V17.B16;         \
	FMOVQ.W -16(R0), F16;             \
part8: \
	TBZ     $3, R3, loaded;           \
	VMOV    V17.B16, V19.B16;         \
	VMOV    V16.B16, V18.B16;         \
	FLDPQ   -32(R0), (F16, F17);      \
loaded:

// PART2 is PART for R0 and, in V20 to V23, R1.
#define PART2 \
	ADD     R3<<2, R0, R0;            \
	ADD     R3<<2, R1, R1;            \
	ZERO(V16, V17, V18, V19);         \
	ZERO(V20, V21, V22, V23);         \
	TBZ     $0, R3, part2;            \
	FMOVS.W -4(R0), F16;              \
	FMOVS.W -4(R1), F20;              \
part2: \
	TBZ     $1, R3, part4;            \
	SUB     $8, R0;                   \
	SUB     $8, R1;                   \
	VMOV    V16.D[0], V16.D[1];       \
	VMOV    V20.D[0], V20.D[1];       \
	VLD1    (R0), V16.D[0];           \
	VLD1    (R1), V20.D[0];           \
part4: \
	TBZ     $2, R3, part8;            \
	VMOV    V16.B16, V17.B16;         \
	VMOV    V20.B16, V21.B16;         \
	FMOVQ.W -16(R0), F16;             \
	FMOVQ.W -16(R1), F20;             \
part8: \
	TBZ     $3, R3, loaded;           \
	VMOV    V17.B16, V19.B16;         \
	VMOV    V21.B16, V23.B16;         \
	VMOV    V16.B16, V18.B16;         \
	VMOV    V20.B16, V22.B16;         \
	FLDPQ   -32(R0), (F16, F17);      \
	FLDPQ   -32(R1), (F20, F21);      \
loaded:

// GROUPS adds the groups up, (g0+g1)+(g2+g3), in V0 to V3.
#define GROUPS \
	VFADD_S4(4, 0, 0);    \
	VFADD_S4(5, 1, 1);    \
	VFADD_S4(6, 2, 2);    \
	VFADD_S4(7, 3, 3);    \
	VFADD_S4(12, 8, 8);   \
	VFADD_S4(13, 9, 9);   \
	VFADD_S4(14, 10, 10); \
	VFADD_S4(15, 11, 11); \
	VFADD_S4(8, 0, 0);    \
	VFADD_S4(9, 1, 1);    \
	VFADD_S4(10, 2, 2);   \
	VFADD_S4(11, 3, 3)

// HALVES adds the 16 lanes of V0 to V3 up in F0, halves onto each other: 8, 4, 2, 1.
#define HALVES \
	VFADD_S4(2, 0, 0);                  \
	VFADD_S4(3, 1, 1);                  \
	VFADD_S4(1, 0, 0);                  \
	VEXT $8, V0.B16, V0.B16, V1.B16;    \
	VFADD_S4(1, 0, 0);                  \
	VFADDP_S(0, 0)

// DOT_A and DOT_B multiply and add a group: x in V16 to V19 or V24 to V27, y in the
// four registers after them.
#define DOT_A(a, b, c, d) \
	VFMLA V16.S4, V20.S4, a.S4; \
	VFMLA V17.S4, V21.S4, b.S4; \
	VFMLA V18.S4, V22.S4, c.S4; \
	VFMLA V19.S4, V23.S4, d.S4

#define DOT_B(a, b, c, d) \
	VFMLA V24.S4, V28.S4, a.S4; \
	VFMLA V25.S4, V29.S4, b.S4; \
	VFMLA V26.S4, V30.S4, c.S4; \
	VFMLA V27.S4, V31.S4, d.S4

#define LOAD_A \
	VLD1.P 64(R0), [V16.S4, V17.S4, V18.S4, V19.S4]; \
	VLD1.P 64(R1), [V20.S4, V21.S4, V22.S4, V23.S4]

#define LOAD_B \
	VLD1.P 64(R0), [V24.S4, V25.S4, V26.S4, V27.S4]; \
	VLD1.P 64(R1), [V28.S4, V29.S4, V30.S4, V31.S4]

// func dotNEON(x, y *float32, n int) float32
//
// Sum of x[i]*y[i], fused.
//
//	R0, R1   next x, next y        R2   floats left; from tail on n mod 64
//	V0-V15   64 lanes              V16-V31   loaded x, y
//	R3       floats of a group that is not full
//
//	loop64   four groups per pass, loads one group ahead
//	tail     full groups left, into g0, g1, g2
//	part     the rest, filled up with +0: it counts, since +0·+0 turns a lane of -0 into +0
//	few      n ≤ 16: g0 alone, without the empty groups
//	order    (g0+g1)+(g2+g3), halves of 8, 4, 2, 1 lanes
TEXT ·dotNEON(SB), NOSPLIT, $0-28
	MOVD x+0(FP), R0
	MOVD y+8(FP), R1
	MOVD n+16(FP), R2
	CMP  $16, R2
	BLT  few
	BEQ  few16
	ZERO_LANES
	SUBS $64, R2
	BLT  tail

loop64:
	LOAD_A
	LOAD_B
	DOT_A(V0, V1, V2, V3)
	LOAD_A
	DOT_B(V4, V5, V6, V7)
	LOAD_B
	DOT_A(V8, V9, V10, V11)
	DOT_B(V12, V13, V14, V15)
	SUBS $64, R2
	BGE  loop64

tail:
	AND $63, R2
	CMP $16, R2
	BLT part
	LOAD_A
	DOT_A(V0, V1, V2, V3)
	CMP $32, R2
	BLT part
	LOAD_A
	DOT_A(V4, V5, V6, V7)
	CMP $48, R2
	BLT part
	LOAD_A
	DOT_A(V8, V9, V10, V11)

part:
	AND  $15, R2, R3
	CBZ  R3, tree
	PART2
	TBNZ $6, R2, few1
	TBNZ $5, R2, part23 // bits 4 and 5: the group that follows the full ones
	TBNZ $4, R2, part1
	DOT_A(V0, V1, V2, V3)
	B    tree

part1:
	DOT_A(V4, V5, V6, V7)
	B tree

part23:
	TBNZ $4, R2, part3
	DOT_A(V8, V9, V10, V11)
	B    tree

part3:
	DOT_A(V12, V13, V14, V15)

tree:
	GROUPS
	HALVES
	FMOVS F0, ret+24(FP)
	RET

few:
	ORR $64, R2 // a mark: comes back to few1
	B   part

few16:
	LOAD_A

	// The lanes of g1 to g3 are +0, and adding them only makes a zero +0. That is
	// done once, at the end: before it, the sign of a zero cannot change another value.
few1:
	VFMUL_S4(20, 16, 0)
	VFMUL_S4(21, 17, 1)
	VFMUL_S4(22, 18, 2)
	VFMUL_S4(23, 19, 3)
	HALVES
	FMOVS ZR, F1
	FADDS F1, F0, F0
	FMOVS F0, ret+24(FP)
	RET

// ADD_GROUP adds a group to four accumulators; both are given by the number of their
// first register, as in ABSOLUTE and KEEP.
#define ADD_GROUP(x, acc) \
	VFADD_S4(x, acc, acc);       \
	VFADD_S4(x+1, acc+1, acc+1); \
	VFADD_S4(x+2, acc+2, acc+2); \
	VFADD_S4(x+3, acc+3, acc+3)

#define ABSOLUTE(x) \
	VFABS_S4(x, x);     \
	VFABS_S4(x+1, x+1); \
	VFABS_S4(x+2, x+2); \
	VFABS_S4(x+3, x+3)

#define KEEP(x)

// SUM is the body of sumNEON and asumNEON, which pass what to do with a loaded group;
// it leaves the sum in F0.
//
//	R0       next x                R2   floats left; from tail on n mod 64
//	V0-V15   64 lanes              V16-V31   loaded x
//	R3       floats of a group that is not full
//
//	few      n ≤ 16: g0 alone; adding +0 once stands for the empty groups
//	loop64   four groups per pass
//	tail     full groups left, into g0, g1, g2
//	part     the rest, filled up with +0
//	order    (g0+g1)+(g2+g3), halves of 8, 4, 2, 1 lanes
#define SUM(PREPARE) \
	CMP  $16, R2; \
	BGT  many;    \
	BLT  few;     \
	VLD1 (R0), [V16.S4, V17.S4, V18.S4, V19.S4]; \
few1: \
	PREPARE(16);          \
	VMOVI $0, V31.B16;    \
	VFADD_S4(31, 16, 0);  \
	VFADD_S4(31, 17, 1);  \
	VFADD_S4(31, 18, 2);  \
	VFADD_S4(31, 19, 3);  \
	B halves;             \
few: \
	ORR $64, R2; \
	B   part;    \
many: \
	ZERO_LANES;   \
	SUBS $64, R2; \
	BLT  tail;    \
loop64: \
	VLD1.P 64(R0), [V16.S4, V17.S4, V18.S4, V19.S4]; \
	VLD1.P 64(R0), [V20.S4, V21.S4, V22.S4, V23.S4]; \
	VLD1.P 64(R0), [V24.S4, V25.S4, V26.S4, V27.S4]; \
	VLD1.P 64(R0), [V28.S4, V29.S4, V30.S4, V31.S4]; \
	PREPARE(16);      \
	PREPARE(20);      \
	PREPARE(24);      \
	PREPARE(28);      \
	ADD_GROUP(16, 0);  \
	ADD_GROUP(20, 4);  \
	ADD_GROUP(24, 8);  \
	ADD_GROUP(28, 12); \
	SUBS $64, R2;     \
	BGE  loop64;      \
tail: \
	AND $63, R2; \
	CMP $16, R2; \
	BLT part;    \
	VLD1.P 64(R0), [V16.S4, V17.S4, V18.S4, V19.S4]; \
	PREPARE(16);      \
	ADD_GROUP(16, 0); \
	CMP $32, R2;      \
	BLT part;         \
	VLD1.P 64(R0), [V16.S4, V17.S4, V18.S4, V19.S4]; \
	PREPARE(16);      \
	ADD_GROUP(16, 4); \
	CMP $48, R2;      \
	BLT part;         \
	VLD1.P 64(R0), [V16.S4, V17.S4, V18.S4, V19.S4]; \
	PREPARE(16);      \
	ADD_GROUP(16, 8); \
part: \
	AND  $15, R2, R3;    \
	CBZ  R3, tree;       \
	PART;                \
	TBNZ $6, R2, few1;   \
	PREPARE(16);         \
	TBNZ $5, R2, part23; \
	TBNZ $4, R2, part1;  \
	ADD_GROUP(16, 0);    \
	B    tree;           \
part1: \
	ADD_GROUP(16, 4); \
	B tree;           \
part23: \
	TBNZ $4, R2, part3; \
	ADD_GROUP(16, 8);   \
	B    tree;          \
part3: \
	ADD_GROUP(16, 12); \
tree: \
	GROUPS; \
halves: \
	HALVES

// func sumNEON(x *float32, n int) float32
//
// Sum of x[i]. See SUM.
TEXT ·sumNEON(SB), NOSPLIT, $0-20
	MOVD  x+0(FP), R0
	MOVD  n+8(FP), R2
	SUM(KEEP)
	FMOVS F0, ret+16(FP)
	RET

// func asumNEON(x *float32, n int) float32
//
// Sum of |x[i]|. See SUM.
TEXT ·asumNEON(SB), NOSPLIT, $0-20
	MOVD  x+0(FP), R0
	MOVD  n+8(FP), R2
	SUM(ABSOLUTE)
	FMOVS F0, ret+16(FP)
	RET

// WIDEN converts the group in V16 to V19 (first 16) or V20 to V23 (first 20) to
// float64 in V24 to V31.
#define WIDEN(first) \
	VFCVTL_D2(first, 24);    \
	VFCVTL2_D2(first, 25);   \
	VFCVTL_D2(first+1, 26);  \
	VFCVTL2_D2(first+1, 27); \
	VFCVTL_D2(first+2, 28);  \
	VFCVTL2_D2(first+2, 29); \
	VFCVTL_D2(first+3, 30);  \
	VFCVTL2_D2(first+3, 31)

#define SQUARES(a, b, c, d, e, f, g, h) \
	VFMLA V24.D2, V24.D2, a.D2; \
	VFMLA V25.D2, V25.D2, b.D2; \
	VFMLA V26.D2, V26.D2, c.D2; \
	VFMLA V27.D2, V27.D2, d.D2; \
	VFMLA V28.D2, V28.D2, e.D2; \
	VFMLA V29.D2, V29.D2, f.D2; \
	VFMLA V30.D2, V30.D2, g.D2; \
	VFMLA V31.D2, V31.D2, h.D2

// func sumsqNEON(x *float32, n int) float64
//
// Sum of x[i]² in float64, where the squares are exact. A square is never -0, so
// adding the +0 of empty lanes changes nothing and is left out.
//
//	R0       next x                R2   floats left; from tail on n mod 32
//	V0-V15   32 lanes in float64   V16-V23   loaded x    V24-V31   x in float64
//	R3       floats of a group that is not full
//
//	loop32   two groups of 16 per pass
//	tail     a full group left, into lanes 0-15
//	part     the rest, filled up with +0
//	few      n ≤ 16: lanes 0-15 alone
//	order    (V0+V4)+(V8+V12) and so on, halves of 4, 2, 1 lanes
TEXT ·sumsqNEON(SB), NOSPLIT, $0-24
	MOVD x+0(FP), R0
	MOVD n+8(FP), R2
	CMP  $16, R2
	BLT  few
	BEQ  few16
	ZERO_LANES
	SUBS $32, R2
	BLT  tail

loop32:
	VLD1.P 64(R0), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1.P 64(R0), [V20.S4, V21.S4, V22.S4, V23.S4]
	WIDEN(16)
	SQUARES(V0, V1, V2, V3, V4, V5, V6, V7)
	WIDEN(20)
	SQUARES(V8, V9, V10, V11, V12, V13, V14, V15)
	SUBS   $32, R2
	BGE    loop32

tail:
	AND    $31, R2
	TBZ    $4, R2, part
	VLD1.P 64(R0), [V16.S4, V17.S4, V18.S4, V19.S4]
	WIDEN(16)
	SQUARES(V0, V1, V2, V3, V4, V5, V6, V7)

part:
	AND  $15, R2, R3
	CBZ  R3, tree
	PART
	TBNZ $5, R2, few1
	WIDEN(16)
	TBNZ $4, R2, part1
	SQUARES(V0, V1, V2, V3, V4, V5, V6, V7)
	B    tree

part1:
	SQUARES(V8, V9, V10, V11, V12, V13, V14, V15)

tree:
	VFADD_D2(4, 0, 0)
	VFADD_D2(5, 1, 1)
	VFADD_D2(6, 2, 2)
	VFADD_D2(7, 3, 3)
	VFADD_D2(12, 8, 8)
	VFADD_D2(13, 9, 9)
	VFADD_D2(14, 10, 10)
	VFADD_D2(15, 11, 11)
	VFADD_D2(8, 0, 0)
	VFADD_D2(9, 1, 1)
	VFADD_D2(10, 2, 2)
	VFADD_D2(11, 3, 3)

halves:
	VFADD_D2(2, 0, 0)
	VFADD_D2(3, 1, 1)
	VFADD_D2(1, 0, 0)
	VFADDP_D(0, 0)
	FMOVD F0, ret+16(FP)
	RET

few:
	ORR $32, R2 // a mark: comes back to few1
	B   part

few16:
	VLD1 (R0), [V16.S4, V17.S4, V18.S4, V19.S4]

few1:
	WIDEN(16)
	VFMUL_D2(24, 24, 0)
	VFMUL_D2(25, 25, 1)
	VFMUL_D2(26, 26, 2)
	VFMUL_D2(27, 27, 3)
	VFMUL_D2(28, 28, 4)
	VFMUL_D2(29, 29, 5)
	VFMUL_D2(30, 30, 6)
	VFMUL_D2(31, 31, 7)
	VFADD_D2(4, 0, 0)
	VFADD_D2(5, 1, 1)
	VFADD_D2(6, 2, 2)
	VFADD_D2(7, 3, 3)
	B halves

// func maxNEON(x *float32, n int) float32
//
// Largest x[i], NaN if there is one, +0 above -0: FMAX does both. The order does not
// matter, and neither does taking an element twice, so the last vector overlaps.
//
//	R0   next x      R2   floats left      V0-V3   maxima      V16-V31   loaded x
//
//	loop64   four groups per pass, pairwise before they meet the maxima
//	loop16   one group per pass; last16: the last 16 floats, n ≥ 16
//	loop4    one vector per pass; last4: the last 4 floats, 4 ≤ n < 16
//	loop1    one float per pass, n < 4
TEXT ·maxNEON(SB), NOSPLIT, $0-20
	MOVD x+0(FP), R0
	MOVD n+8(FP), R2
	CMP  $16, R2
	BLT  short

	VLD1.P 64(R0), [V0.S4, V1.S4, V2.S4, V3.S4]
	SUB    $16, R2
	SUBS   $64, R2
	BLT    groups

loop64:
	VLD1.P 64(R0), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1.P 64(R0), [V20.S4, V21.S4, V22.S4, V23.S4]
	VLD1.P 64(R0), [V24.S4, V25.S4, V26.S4, V27.S4]
	VLD1.P 64(R0), [V28.S4, V29.S4, V30.S4, V31.S4]
	VFMAX_S4(20, 16, 16)
	VFMAX_S4(21, 17, 17)
	VFMAX_S4(22, 18, 18)
	VFMAX_S4(23, 19, 19)
	VFMAX_S4(28, 24, 24)
	VFMAX_S4(29, 25, 25)
	VFMAX_S4(30, 26, 26)
	VFMAX_S4(31, 27, 27)
	VFMAX_S4(24, 16, 16)
	VFMAX_S4(25, 17, 17)
	VFMAX_S4(26, 18, 18)
	VFMAX_S4(27, 19, 19)
	VFMAX_S4(16, 0, 0)
	VFMAX_S4(17, 1, 1)
	VFMAX_S4(18, 2, 2)
	VFMAX_S4(19, 3, 3)
	SUBS   $64, R2
	BGE    loop64

groups:
	AND  $63, R2
	SUBS $16, R2
	BLT  last16

loop16:
	VLD1.P 64(R0), [V16.S4, V17.S4, V18.S4, V19.S4]
	VFMAX_S4(16, 0, 0)
	VFMAX_S4(17, 1, 1)
	VFMAX_S4(18, 2, 2)
	VFMAX_S4(19, 3, 3)
	SUBS   $16, R2
	BGE    loop16

last16:
	CMN  $16, R2
	BEQ  across
	ADD  R2<<2, R0, R0 // R2 is the floats left - 16
	VLD1 (R0), [V16.S4, V17.S4, V18.S4, V19.S4]
	VFMAX_S4(16, 0, 0)
	VFMAX_S4(17, 1, 1)
	VFMAX_S4(18, 2, 2)
	VFMAX_S4(19, 3, 3)

across:
	VFMAX_S4(2, 0, 0)
	VFMAX_S4(3, 1, 1)
	VFMAX_S4(1, 0, 0)
	VFMAXV_S4(0, 0)
	FMOVS F0, ret+16(FP)
	RET

short:
	CMP     $4, R2
	BLT     single
	FMOVQ.P 16(R0), F0
	SUB     $4, R2
	SUBS    $4, R2
	BLT     last4

loop4:
	FMOVQ.P 16(R0), F16
	VFMAX_S4(16, 0, 0)
	SUBS    $4, R2
	BGE     loop4

last4:
	ADD   R2<<2, R0, R0 // R2 is the floats left - 4
	FMOVQ (R0), F16
	VFMAX_S4(16, 0, 0)
	VFMAXV_S4(0, 0)
	FMOVS F0, ret+16(FP)
	RET

single:
	FMOVS.P 4(R0), F0
	SUBS    $1, R2
	BEQ     done

loop1:
	FMOVS.P 4(R0), F16
	FMAXS   F16, F0, F0
	SUBS    $1, R2
	BNE     loop1

done:
	FMOVS F0, ret+16(FP)
	RET

// LARGEST sets size to the largest magnitude in V16 (four floats, sign bits already
// cleared), at most the first NaN's, and makes the chunk at R3 the best if it is larger.
#define LARGEST(next) \
	VUMAXV_S4(16, 16);       \
	VMOV V16.S[0], R6;       \
	CMP  cap, R6;            \
	CSEL LO, R6, cap, R6;    \
	CMP  size, R6;           \
	BLS  next;               \
	MOVD R6, size;           \
	MOVD R3, best

// MAGNITUDES clears the sign bits of V16 to V19 and leaves their maxima in V16.
#define MAGNITUDES \
	VAND  V30.B16, V16.B16, V16.B16; \
	VAND  V30.B16, V17.B16, V17.B16; \
	VAND  V30.B16, V18.B16, V18.B16; \
	VAND  V30.B16, V19.B16, V19.B16; \
	VUMAX V17.S4, V16.S4, V16.S4;    \
	VUMAX V19.S4, V18.S4, V18.S4;    \
	VUMAX V18.S4, V16.S4, V16.S4

#define best R4
#define size R5
#define cap  R7

// func iamaxNEON(x *float32, n int) int
//
// First index of the largest |x[i]|, of the first NaN if there is one. Magnitudes
// compare as unsigned integers, with every NaN cut to the smallest, so that the
// first counts. Only a chunk larger than all before becomes the best; its first
// element of that size is looked up at the end. A last chunk that overlaps the one
// before is harmless: the elements met twice are not larger.
//
//	R0   next x      R1   x      R2   floats left      R3   chunk at hand
//	best, size   the best chunk and its magnitude      cap   the smallest NaN's
//	V0-V3, V16-V27   loaded x      V30   0x7fffffff       V29   size, in find
//	R6   scratch
//
//	loop64   chunks of 64
//	loop16   chunks of 16; last16: the last 16 floats, n ≥ 16
//	loop4    chunks of 4; last4: the last 4 floats, 4 ≤ n < 16
//	loop1    one float per pass, n < 4
//	find     first vector, then first lane, of the best chunk that is not below size
TEXT ·iamaxNEON(SB), NOSPLIT, $0-24
	MOVD x+0(FP), R1
	MOVD n+8(FP), R2
	MOVD R1, R0
	MOVD R1, best
	MOVD $0, size
	MOVD $0x7f800001, cap
	MOVD $0x7fffffff, R6
	VDUP R6, V30.S4
	CMP  $16, R2
	BLT  short
	SUBS $64, R2
	BLT  groups

loop64:
	MOVD   R0, R3
	VLD1.P 64(R0), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1.P 64(R0), [V20.S4, V21.S4, V22.S4, V23.S4]
	VLD1.P 64(R0), [V24.S4, V25.S4, V26.S4, V27.S4]
	VLD1.P 64(R0), [V0.S4, V1.S4, V2.S4, V3.S4]
	VAND   V30.B16, V20.B16, V20.B16
	VAND   V30.B16, V21.B16, V21.B16
	VAND   V30.B16, V22.B16, V22.B16
	VAND   V30.B16, V23.B16, V23.B16
	VAND   V30.B16, V24.B16, V24.B16
	VAND   V30.B16, V25.B16, V25.B16
	VAND   V30.B16, V26.B16, V26.B16
	VAND   V30.B16, V27.B16, V27.B16
	VAND   V30.B16, V0.B16, V0.B16
	VAND   V30.B16, V1.B16, V1.B16
	VAND   V30.B16, V2.B16, V2.B16
	VAND   V30.B16, V3.B16, V3.B16
	VUMAX  V20.S4, V24.S4, V20.S4
	VUMAX  V21.S4, V25.S4, V21.S4
	VUMAX  V22.S4, V26.S4, V22.S4
	VUMAX  V23.S4, V27.S4, V23.S4
	VUMAX  V0.S4, V20.S4, V20.S4
	VUMAX  V1.S4, V21.S4, V21.S4
	VUMAX  V2.S4, V22.S4, V22.S4
	VUMAX  V3.S4, V23.S4, V23.S4
	VUMAX  V21.S4, V20.S4, V20.S4
	VUMAX  V23.S4, V22.S4, V22.S4
	MAGNITUDES
	VUMAX  V22.S4, V20.S4, V20.S4
	VUMAX  V20.S4, V16.S4, V16.S4
	LARGEST(next64)

next64:
	SUBS $64, R2
	BGE  loop64

groups:
	AND  $63, R2
	SUBS $16, R2
	BLT  last16

loop16:
	MOVD   R0, R3
	VLD1.P 64(R0), [V16.S4, V17.S4, V18.S4, V19.S4]
	MAGNITUDES
	LARGEST(next16)

next16:
	SUBS $16, R2
	BGE  loop16

last16:
	CMN  $16, R2
	BEQ  find
	ADD  R2<<2, R0, R3 // R2 is the floats left - 16
	VLD1 (R3), [V16.S4, V17.S4, V18.S4, V19.S4]
	MAGNITUDES
	LARGEST(find)

find:
	VDUP R5, V29.S4

find4:
	FMOVQ.P 16(best), F16
	VAND    V30.B16, V16.B16, V16.B16
	VCMHS_S4(29, 16, 16)
	VUZP1   V16.H8, V16.H8, V16.H8     // 16 bits a lane
	VMOV    V16.D[0], R6
	CBZ     R6, find4
	RBIT    R6, R6
	CLZ     R6, R6                     // 16 times the lane
	SUB     R1, best, R0
	SUB     $16, R0
	LSR     $2, R0
	ADD     R6>>4, R0, R0
	MOVD    R0, ret+16(FP)
	RET

short:
	CMP  $4, R2
	BLT  loop1
	SUB  $4, R2

loop4:
	MOVD    R0, R3
	FMOVQ.P 16(R0), F16
	VAND    V30.B16, V16.B16, V16.B16
	LARGEST(next4)

next4:
	SUBS $4, R2
	BGE  loop4

last4:
	CMN   $4, R2
	BEQ   find
	ADD   R2<<2, R0, R3 // R2 is the floats left - 4
	FMOVQ (R3), F16
	VAND  V30.B16, V16.B16, V16.B16
	LARGEST(find)
	B     find

loop1:
	MOVD    R0, R3
	MOVWU.P 4(R0), R6
	AND     $0x7fffffff, R6
	CMP     cap, R6
	CSEL    LO, R6, cap, R6
	CMP     size, R6
	BLS     next1
	MOVD    R6, size
	MOVD    R3, best

next1:
	SUBS $1, R2
	BNE  loop1
	SUB  R1, best, R0
	LSR  $2, R0
	MOVD R0, ret+16(FP)
	RET

#undef best
#undef size
#undef cap

// MAP1 and MAP2 are the bodies of the element-wise functions. They apply OP to every
// register, after TEST to every register where an operation takes two steps: side
// by side they would wait for each other on a core that issues in order.
//
// All loads of a pass come before its stores, so dst may be x or y. The count in R2
// or R3 goes below 0; its low five bits stay n mod 32, one bit for each tail.

#define NONE(r)

// MAP1 sets dst[i] = OP(x[i]). OP(x) changes register x in place; register x+8 is free.
//
//	R0   next dst    R1   next x    R2   floats left    V0-V7   x
//
//	loop32   8 vectors per pass
//	tail16, tail8, tail4, tail2, tail1   once each, by the bits of n mod 32
#define MAP1(TEST, OP) \
	SUBS $32, R2; \
	BLT  tail16;  \
loop32: \
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]; \
	VLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4]; \
	TEST(0); TEST(1); TEST(2); TEST(3);          \
	TEST(4); TEST(5); TEST(6); TEST(7);          \
	OP(0); OP(1); OP(2); OP(3);                  \
	OP(4); OP(5); OP(6); OP(7);                  \
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0); \
	VST1.P [V4.S4, V5.S4, V6.S4, V7.S4], 64(R0); \
	SUBS   $32, R2;                              \
	BGE    loop32;                               \
tail16: \
	TBZ    $4, R2, tail8;                        \
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]; \
	TEST(0); TEST(1); TEST(2); TEST(3);          \
	OP(0); OP(1); OP(2); OP(3);                  \
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0); \
tail8: \
	TBZ    $3, R2, tail4;                        \
	VLD1.P 32(R1), [V0.S4, V1.S4];               \
	TEST(0); TEST(1);                            \
	OP(0); OP(1);                                \
	VST1.P [V0.S4, V1.S4], 32(R0);               \
tail4: \
	TBZ     $2, R2, tail2;                       \
	FMOVQ.P 16(R1), F0;                          \
	TEST(0);                                     \
	OP(0);                                       \
	FMOVQ.P F0, 16(R0);                          \
tail2: \
	TBZ     $1, R2, tail1;                       \
	FMOVD.P 8(R1), F0;                           \
	TEST(0);                                     \
	OP(0);                                       \
	FMOVD.P F0, 8(R0);                           \
tail1: \
	TBZ   $0, R2, done;                          \
	FMOVS (R1), F0;                              \
	TEST(0);                                     \
	OP(0);                                       \
	FMOVS F0, (R0);                              \
done: \
	RET

// MAP2 sets dst[i] = OP(x[i], y[i]). OP(x, y) leaves its result in register y; register
// y+8 is free.
//
//	R0   next dst    R1, R2   next x, next y    R3   floats left
//	V0-V7   x        V8-V15   y
//
//	loop32   8 vectors per pass
//	tail16, tail8, tail4, tail2, tail1   once each, by the bits of n mod 32
#define MAP2(TEST, OP) \
	SUBS $32, R3; \
	BLT  tail16;  \
loop32: \
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4];     \
	VLD1.P 64(R2), [V8.S4, V9.S4, V10.S4, V11.S4];   \
	VLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4];     \
	VLD1.P 64(R2), [V12.S4, V13.S4, V14.S4, V15.S4]; \
	TEST(8); TEST(9); TEST(10); TEST(11);            \
	TEST(12); TEST(13); TEST(14); TEST(15);          \
	OP(0, 8); OP(1, 9); OP(2, 10); OP(3, 11);        \
	OP(4, 12); OP(5, 13); OP(6, 14); OP(7, 15);      \
	VST1.P [V8.S4, V9.S4, V10.S4, V11.S4], 64(R0);   \
	VST1.P [V12.S4, V13.S4, V14.S4, V15.S4], 64(R0); \
	SUBS   $32, R3;                                  \
	BGE    loop32;                                   \
tail16: \
	TBZ    $4, R3, tail8;                            \
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4];     \
	VLD1.P 64(R2), [V8.S4, V9.S4, V10.S4, V11.S4];   \
	TEST(8); TEST(9); TEST(10); TEST(11);            \
	OP(0, 8); OP(1, 9); OP(2, 10); OP(3, 11);        \
	VST1.P [V8.S4, V9.S4, V10.S4, V11.S4], 64(R0);   \
tail8: \
	TBZ    $3, R3, tail4;                            \
	VLD1.P 32(R1), [V0.S4, V1.S4];                   \
	VLD1.P 32(R2), [V8.S4, V9.S4];                   \
	TEST(8); TEST(9);                                \
	OP(0, 8); OP(1, 9);                              \
	VST1.P [V8.S4, V9.S4], 32(R0);                   \
tail4: \
	TBZ     $2, R3, tail2;                           \
	FMOVQ.P 16(R1), F0;                              \
	FMOVQ.P 16(R2), F8;                              \
	TEST(8);                                         \
	OP(0, 8);                                        \
	FMOVQ.P F8, 16(R0);                              \
tail2: \
	TBZ     $1, R3, tail1;                           \
	FMOVD.P 8(R1), F0;                               \
	FMOVD.P 8(R2), F8;                               \
	TEST(8);                                         \
	OP(0, 8);                                        \
	FMOVD.P F8, 8(R0);                               \
tail1: \
	TBZ   $0, R3, done;                              \
	FMOVS (R1), F0;                                  \
	FMOVS (R2), F8;                                  \
	TEST(8);                                         \
	OP(0, 8);                                        \
	FMOVS F8, (R0);                                  \
done: \
	RET

#define MUL_ADD(x, y) VFMLA_S4E(31, 0, x, y)

// func axpyNEON(alpha float32, x, y *float32, n int)
//
// y[i] = alpha*x[i] + y[i], fused. V31 lane 0: alpha. See MAP2.
TEXT ·axpyNEON(SB), NOSPLIT, $0-32
	FMOVS alpha+0(FP), F31
	MOVD  x+8(FP), R1
	MOVD  y+16(FP), R2
	MOVD  n+24(FP), R3
	MOVD  R2, R0
	MAP2(NONE, MUL_ADD)

#define SCALE(x) VFMUL_S4E(31, 0, x, x)

// func scalNEON(alpha float32, x *float32, n int)
//
// x[i] = alpha*x[i]. V31 lane 0: alpha. See MAP1.
TEXT ·scalNEON(SB), NOSPLIT, $0-24
	FMOVS alpha+0(FP), F31
	MOVD  x+8(FP), R1
	MOVD  n+16(FP), R2
	MOVD  R1, R0
	MAP1(NONE, SCALE)

#define ADD_XY(x, y) VFADD_S4(y, x, y)

// func addNEON(dst, x, y *float32, n int)
//
// dst[i] = x[i] + y[i]. See MAP2.
TEXT ·addNEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD y+16(FP), R2
	MOVD n+24(FP), R3
	MAP2(NONE, ADD_XY)

#define SUB_XY(x, y) VFSUB_S4(y, x, y)

// func subNEON(dst, x, y *float32, n int)
//
// dst[i] = x[i] - y[i]. See MAP2.
TEXT ·subNEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD y+16(FP), R2
	MOVD n+24(FP), R3
	MAP2(NONE, SUB_XY)

#define MUL_XY(x, y) VFMUL_S4(y, x, y)

// func mulNEON(dst, x, y *float32, n int)
//
// dst[i] = x[i] * y[i]. See MAP2.
TEXT ·mulNEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD y+16(FP), R2
	MOVD n+24(FP), R3
	MAP2(NONE, MUL_XY)

// FMAX would turn -0 into +0, so comparison and mask.
#define LESS_A(x) VFSUB_S4(31, x, x)
#define LESS_B(x) VFSUB_S4(30, x, x)

// func minusNEON(dst, x *float32, n int, a, b float32)
//
// dst[i] = (x[i] - a) - b. V31: a. V30: b. See MAP1.
TEXT ·minusNEON(SB), NOSPLIT, $0-32
	MOVD  dst+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  n+16(FP), R2
	MOVWU a+24(FP), R3
	MOVWU b+28(FP), R4
	VDUP  R3, V31.S4
	VDUP  R4, V30.S4
	MAP1(LESS_A, LESS_B)

#define NEGATIVE(x) VFCMLT0_S4(x, x+8)
#define CLEAR(x) VBIC_B16(x+8, x, x)

// func reluNEON(dst, x *float32, n int)
//
// dst[i] = +0 where x[i] < 0, else x[i]; NaN and -0 pass. See MAP1.
TEXT ·reluNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R2
	MAP1(NEGATIVE, CLEAR)

#define NOT_POSITIVE(y) VFCMLE0_S4(y, y+8)
#define CLEAR_XY(x, y) VBIC_B16(y+8, x, y)

// func reluGradNEON(dx, dy, y *float32, n int)
//
// dx[i] = +0 where y[i] <= 0, else dy[i]; a NaN y[i] passes dy[i]. See MAP2, with dy as x.
TEXT ·reluGradNEON(SB), NOSPLIT, $0-32
	MOVD dx+0(FP), R0
	MOVD dy+8(FP), R1
	MOVD y+16(FP), R2
	MOVD n+24(FP), R3
	MAP2(NOT_POSITIVE, CLEAR_XY)
