//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Losses of rows and their gradients. The sums are in float64 over 16 lanes, element j of a
// row in lane j mod 16; the last elements of a row are filled up with zeros, which add +0.
//
//	R0  next dy     R1  next y     R2  next t     R8  next loss     R9  rows left
//	R10  n          R11  next c    R7  elements left in the row      R3  n mod 16
//	V0–V7    sums, lanes 0–1, 2–3, ...
//	V8 lane 0  c    V9–V12  constants
//	V16–V19  y, d, then the gradient     V20–V23  t, then |d|     V24–V31  scratch

#define ARGS \
	MOVD losses+0(FP), R8; \
	MOVD dy+8(FP), R0;     \
	MOVD y+16(FP), R1;     \
	MOVD t+24(FP), R2;     \
	MOVD rows+32(FP), R9;  \
	MOVD n+40(FP), R10;    \
	MOVD c+48(FP), R11;    \
	AND  $15, R10, R3

// LOAD_PART loads the last R3 elements of a row of y and t, 1 to 15, filled up with +0. It
// loads from the end and moves what it has up, so each set bit of R3 is one load.
#define LOAD_PART \
	ADD     R3<<2, R1, R1;        \
	ADD     R3<<2, R2, R2;        \
	MOVD    R1, R12;              \
	MOVD    R2, R13;              \
	VMOVI   $0, V16.B16;          \
	VMOVI   $0, V17.B16;          \
	VMOVI   $0, V18.B16;          \
	VMOVI   $0, V19.B16;          \
	VMOVI   $0, V20.B16;          \
	VMOVI   $0, V21.B16;          \
	VMOVI   $0, V22.B16;          \
	VMOVI   $0, V23.B16;          \
	TBZ     $0, R3, part2;        \
	FMOVS.W -4(R12), F16;         \
	FMOVS.W -4(R13), F20;         \
part2:                                \
	TBZ     $1, R3, part4;        \
	SUB     $8, R12;              \
	SUB     $8, R13;              \
	VMOV    V16.D[0], V16.D[1];   \
	VMOV    V20.D[0], V20.D[1];   \
	VLD1    (R12), V16.D[0];      \
	VLD1    (R13), V20.D[0];      \
part4:                                \
	TBZ     $2, R3, part8;        \
	VMOV    V16.B16, V17.B16;     \
	VMOV    V20.B16, V21.B16;     \
	FMOVQ.W -16(R12), F16;        \
	FMOVQ.W -16(R13), F20;        \
part8:                                \
	TBZ     $3, R3, loaded;       \
	VMOV    V17.B16, V19.B16;     \
	VMOV    V21.B16, V23.B16;     \
	VMOV    V16.B16, V18.B16;     \
	VMOV    V20.B16, V22.B16;     \
	FLDPQ   -32(R12), (F16, F17); \
	FLDPQ   -32(R13), (F20, F21); \
loaded:

// STORE_PART stores the first R3 elements of V16–V19, 1 to 15, at R0; the rest moves down.
#define STORE_PART \
	TBZ     $3, R3, store4;           \
	VST1.P  [V16.S4, V17.S4], 32(R0); \
	VMOV    V18.B16, V16.B16;         \
	VMOV    V19.B16, V17.B16;         \
store4:                                   \
	TBZ     $2, R3, store2;           \
	FMOVQ.P F16, 16(R0);              \
	VMOV    V17.B16, V16.B16;         \
store2:                                   \
	TBZ     $1, R3, store1;           \
	FMOVD.P F16, 8(R0);               \
	VMOV    V16.D[1], V16.D[0];       \
store1:                                   \
	TBZ     $0, R3, fold;             \
	FMOVS.P F16, 4(R0)

#define DIFFERENCE \
	VFSUB_S4(20, 16, 16); \
	VFSUB_S4(21, 17, 17); \
	VFSUB_S4(22, 18, 18); \
	VFSUB_S4(23, 19, 19)

// ROWS is the body: OP turns d into the gradient and adds the losses to the lanes.
//
//	row     one row: clear the lanes
//	loop16  16 elements per pass
//	tail    n mod 16 elements
//	fold    halves of 8, 4, 2, 1 lanes
#define ROWS(OP) \
row:                                                      \
	VMOVI   $0, V0.B16;                               \
	VMOVI   $0, V1.B16;                               \
	VMOVI   $0, V2.B16;                               \
	VMOVI   $0, V3.B16;                               \
	VMOVI   $0, V4.B16;                               \
	VMOVI   $0, V5.B16;                               \
	VMOVI   $0, V6.B16;                               \
	VMOVI   $0, V7.B16;                               \
	FMOVS.P 4(R11), F8;                               \
	SUBS    $16, R10, R7;                             \
	BLT     tail;                                     \
loop16:                                                   \
	VLD1.P  64(R1), [V16.S4, V17.S4, V18.S4, V19.S4]; \
	VLD1.P  64(R2), [V20.S4, V21.S4, V22.S4, V23.S4]; \
	DIFFERENCE;                                       \
	OP;                                               \
	VST1.P  [V16.S4, V17.S4, V18.S4, V19.S4], 64(R0); \
	SUBS    $16, R7;                                  \
	BGE     loop16;                                   \
tail:                                                     \
	CBZ     R3, fold;                                 \
	LOAD_PART;                                        \
	DIFFERENCE;                                       \
	OP;                                               \
	STORE_PART;                                       \
fold:                                                     \
	VFADD_D2(4, 0, 0);                                \
	VFADD_D2(5, 1, 1);                                \
	VFADD_D2(6, 2, 2);                                \
	VFADD_D2(7, 3, 3);                                \
	VFADD_D2(2, 0, 0);                                \
	VFADD_D2(3, 1, 1);                                \
	VFADD_D2(1, 0, 0);                                \
	VFADDP_D(0, 0);                                   \
	FMOVD.P F0, 8(R8);                                \
	SUBS    $1, R9;                                   \
	BNE     row;                                      \
	RET

// WIDEN converts four registers from number x on to float64 in V24 to V31.
#define WIDEN(x) \
	VFCVTL_D2(x, 24);    \
	VFCVTL2_D2(x, 25);   \
	VFCVTL_D2(x+1, 26);  \
	VFCVTL2_D2(x+1, 27); \
	VFCVTL_D2(x+2, 28);  \
	VFCVTL2_D2(x+2, 29); \
	VFCVTL_D2(x+3, 30);  \
	VFCVTL2_D2(x+3, 31)

#define TIMES_C \
	VFMUL_S4E(8, 0, 16, 16); \
	VFMUL_S4E(8, 0, 17, 17); \
	VFMUL_S4E(8, 0, 18, 18); \
	VFMUL_S4E(8, 0, 19, 19)

// SQUARED: the square of a float32 is exact in float64.
#define SQUARED \
	WIDEN(16);                   \
	VFMLA V24.D2, V24.D2, V0.D2; \
	VFMLA V25.D2, V25.D2, V1.D2; \
	VFMLA V26.D2, V26.D2, V2.D2; \
	VFMLA V27.D2, V27.D2, V3.D2; \
	VFMLA V28.D2, V28.D2, V4.D2; \
	VFMLA V29.D2, V29.D2, V5.D2; \
	VFMLA V30.D2, V30.D2, V6.D2; \
	VFMLA V31.D2, V31.D2, V7.D2; \
	TIMES_C

// func squaredNEON(losses *float64, dy, y, t *float32, rows, n int, c *float32)
//
// losses[i] = Σ d², dy = c[i]*d, d = y-t.
TEXT ·squaredNEON(SB), NOSPLIT, $0-56
	ARGS
	ROWS(SQUARED)

// SIGN: where |d| > 0, which is false for NaN, d becomes 1 with its sign.
#define SIGN(d) \
	VFCMGT0_S4(d+4, d+8);     \
	VAND_B16(11, d, d+12);    \
	VORR_B16(12, d+12, d+12); \
	VBIT_B16(d+8, d+12, d)

#define ABSOLUTE \
	VFABS_S4(16, 20);   \
	VFABS_S4(17, 21);   \
	VFABS_S4(18, 22);   \
	VFABS_S4(19, 23);   \
	WIDEN(20);          \
	VFADD_D2(24, 0, 0); \
	VFADD_D2(25, 1, 1); \
	VFADD_D2(26, 2, 2); \
	VFADD_D2(27, 3, 3); \
	VFADD_D2(28, 4, 4); \
	VFADD_D2(29, 5, 5); \
	VFADD_D2(30, 6, 6); \
	VFADD_D2(31, 7, 7); \
	SIGN(16);           \
	SIGN(17);           \
	SIGN(18);           \
	SIGN(19);           \
	TIMES_C

// func absoluteNEON(losses *float64, dy, y, t *float32, rows, n int, c *float32)
//
// losses[i] = Σ |d|, dy = c[i]*sign(d), d = y-t.
//
//	V11, V12  the sign bit, 1
TEXT ·absoluteNEON(SB), NOSPLIT, $0-56
	ARGS
	MOVD $0x80000000, R4
	VDUP R4, V11.S4
	MOVD $0x3F800000, R4
	VDUP R4, V12.S4
	ROWS(ABSOLUTE)

// HUBER1 adds the losses m·(|d|-½m) of register d to sums low and high; d becomes m with
// d's sign. m = min(|d|, delta), and NaN for NaN.
#define HUBER1(d, low, high) \
	VFABS_S4(d, 20);        \
	VFMIN_S4(9, 20, 21);    \
	VAND_B16(11, d, d);     \
	VORR_B16(21, d, d);     \
	VFCVTL_D2(20, 24);      \
	VFCVTL2_D2(20, 25);     \
	VFCVTL_D2(21, 26);      \
	VFCVTL2_D2(21, 27);     \
	VFMUL_D2(10, 26, 28);   \
	VFMUL_D2(10, 27, 29);   \
	VFSUB_D2(28, 24, 24);   \
	VFSUB_D2(29, 25, 25);   \
	VFMUL_D2(26, 24, 24);   \
	VFMUL_D2(27, 25, 25);   \
	VFADD_D2(24, low, low); \
	VFADD_D2(25, high, high)

#define HUBER \
	HUBER1(16, 0, 1); \
	HUBER1(17, 2, 3); \
	HUBER1(18, 4, 5); \
	HUBER1(19, 6, 7); \
	TIMES_C

// func huberNEON(losses *float64, dy, y, t *float32, rows, n int, c *float32, delta float32)
//
// losses[i] = Σ m*(|d|-m/2), dy = c[i]*(m with d's sign), d = y-t, m = min(|d|, delta).
//
//	V9–V11  delta, ½ in float64, the sign bit
TEXT ·huberNEON(SB), NOSPLIT, $0-60
	ARGS
	MOVWU delta+56(FP), R4
	VDUP  R4, V9.S4
	MOVD  $0x3FE0000000000000, R4
	VDUP  R4, V10.D2
	MOVD  $0x80000000, R4
	VDUP  R4, V11.S4
	ROWS(HUBER)
