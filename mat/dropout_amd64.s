//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// Dropout: n is a positive multiple of dropoutWidth (32).
//
// Words of the counters stand in the low halves of 64-bit lanes, one block a lane: what
// VPMULUDQ multiplies. Its product is the new low word, with the high word above it that
// the next product ignores; so are the high halves of everything else.
//
// Block numbers are laid out so that interleaving the four words of each lane leaves
// elements in order: AVX-512 has 8 blocks and AVX2 4, and the even lanes give the first
// register of elements.
//
//	DI  next dst     SI  next x     CX  elements left     AX  arguments
//	Y0–Y3, Z0–Z3  words 0–3     Y4, Y5, Z4, Z5  products     Y6, Y7  scratch
//	Y9, Z9   block numbers      Y10, Z10  how many blocks a pass has
//	Y11, Y12  multipliers       Y13, Y14  scale, limit

DATA lanes8<>+0(SB)/8, $0
DATA lanes8<>+8(SB)/8, $4
DATA lanes8<>+16(SB)/8, $1
DATA lanes8<>+24(SB)/8, $5
DATA lanes8<>+32(SB)/8, $2
DATA lanes8<>+40(SB)/8, $6
DATA lanes8<>+48(SB)/8, $3
DATA lanes8<>+56(SB)/8, $7
GLOBL lanes8<>(SB), RODATA|NOPTR, $64

DATA lanes4<>+0(SB)/8, $0
DATA lanes4<>+8(SB)/8, $2
DATA lanes4<>+16(SB)/8, $1
DATA lanes4<>+24(SB)/8, $3
GLOBL lanes4<>(SB), RODATA|NOPTR, $32

// Multipliers 0 and 1, then how many blocks a pass has for AVX2 and AVX-512.
DATA philox<>+0(SB)/4, $0xD2511F53
DATA philox<>+4(SB)/4, $0xCD9E8D57
DATA philox<>+8(SB)/4, $4
DATA philox<>+12(SB)/4, $8
GLOBL philox<>(SB), RODATA|NOPTR, $16

// ROUND: c0 = hi(m1·c2)^c1^k0, c1 = lo(m1·c2), c2 = hi(m0·c0)^c3^k1, c3 = lo(m0·c0). The new c1
// and c3 are p1 and p0: the next round is called with registers exchanged.
#define ROUND256(off, c1, c3, p0, p1) \
	VPMULUDQ     Y0, Y11, p0                      \
	VPMULUDQ     Y2, Y12, p1                      \
	VPBROADCASTD dropoutArgs_keys+off(AX), Y6     \
	VPBROADCASTD dropoutArgs_keys+(off+4)(AX), Y7 \
	VPXOR        c1, Y6, Y6                       \
	VPXOR        c3, Y7, Y7                       \
	VPSRLQ       $32, p1, Y0                      \
	VPSRLQ       $32, p0, Y2                      \
	VPXOR        Y6, Y0, Y0                       \
	VPXOR        Y7, Y2, Y2

#define ROUNDS256(off) \
	ROUND256(off, Y1, Y3, Y4, Y5) \
	ROUND256((off+8), Y5, Y4, Y3, Y1)

// Truth table 0x96 is the exclusive or of three.
#define ROUND512(off, c1, c3, p0, p1) \
	VPMULUDQ        Z0, Z11, p0                             \
	VPMULUDQ        Z2, Z12, p1                             \
	VPSRLQ          $32, p1, Z0                             \
	VPSRLQ          $32, p0, Z2                             \
	VPTERNLOGD.BCST $0x96, dropoutArgs_keys+off(AX), c1, Z0 \
	VPTERNLOGD.BCST $0x96, dropoutArgs_keys+(off+4)(AX), c3, Z2

#define ROUNDS512(off) \
	ROUND512(off, Z1, Z3, Z4, Z5) \
	ROUND512((off+8), Z5, Z4, Z3, Z1)

// KEEP256 sets the elements at byte off of dst: word w decides; it is lost.
#define KEEP256(off, w) \
	VPMINUD  w, Y14, Y6       \
	VPCMPEQD w, Y6, w         \
	VMULPS   off(SI), Y13, Y6 \
	VANDPS   w, Y6, w         \
	VMOVUPS  w, off(DI)

// KEEP512 is KEEP256; predicate 2 is "at most".
#define KEEP512(off, w) \
	VPCMPUD  $2, Z14, w, K1      \
	VMULPS.Z off(SI), Z13, K1, w \
	VMOVUPS  w, off(DI)

// func dropoutAVX2(dst, x *float32, n int, a *dropoutArgs)
//
// dst[i] = scale*x[i] if word i is at most limit, else +0.      needs AVX2
//
//	loop16  4 blocks per pass
TEXT ·dropoutAVX2(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	MOVQ         a+24(FP), AX
	VPBROADCASTD philox<>+0(SB), Y11
	VPBROADCASTD philox<>+4(SB), Y12
	VPBROADCASTD philox<>+8(SB), Y10
	VBROADCASTSS dropoutArgs_scale(AX), Y13
	VPBROADCASTD dropoutArgs_limit(AX), Y14
	VPBROADCASTD dropoutArgs_ctr(AX), Y9
	VPADDD       lanes4<>(SB), Y9, Y9

loop16:
	VMOVDQA      Y9, Y0
	VPBROADCASTD dropoutArgs_ctr+4(AX), Y1
	VPBROADCASTD dropoutArgs_ctr+8(AX), Y2
	VPBROADCASTD dropoutArgs_ctr+12(AX), Y3
	VPADDD       Y10, Y9, Y9
	ROUNDS256(0)
	ROUNDS256(16)
	ROUNDS256(32)
	ROUNDS256(48)
	ROUNDS256(64)
	VPUNPCKLDQ  Y1, Y0, Y4
	VPUNPCKHDQ  Y1, Y0, Y5
	VPUNPCKLDQ  Y3, Y2, Y6
	VPUNPCKHDQ  Y3, Y2, Y7
	VPUNPCKLQDQ Y6, Y4, Y4
	VPUNPCKLQDQ Y7, Y5, Y5
	KEEP256(0, Y4)
	KEEP256(32, Y5)
	ADDQ $64, SI
	ADDQ $64, DI
	SUBQ $16, CX
	JNE  loop16
	VZEROUPPER
	RET

// func dropoutAVX512(dst, x *float32, n int, a *dropoutArgs)
//
// dst[i] = scale*x[i] if word i is at most limit, else +0.      needs AVX-512 F
//
//	loop32  8 blocks per pass
TEXT ·dropoutAVX512(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	MOVQ         a+24(FP), AX
	VPBROADCASTD philox<>+0(SB), Z11
	VPBROADCASTD philox<>+4(SB), Z12
	VPBROADCASTD philox<>+12(SB), Z10
	VBROADCASTSS dropoutArgs_scale(AX), Z13
	VPBROADCASTD dropoutArgs_limit(AX), Z14
	VPBROADCASTD dropoutArgs_ctr(AX), Z9
	VPADDD       lanes8<>(SB), Z9, Z9

loop32:
	VMOVDQA32    Z9, Z0
	VPBROADCASTD dropoutArgs_ctr+4(AX), Z1
	VPBROADCASTD dropoutArgs_ctr+8(AX), Z2
	VPBROADCASTD dropoutArgs_ctr+12(AX), Z3
	VPADDD       Z10, Z9, Z9
	ROUNDS512(0)
	ROUNDS512(16)
	ROUNDS512(32)
	ROUNDS512(48)
	ROUNDS512(64)
	VPUNPCKLDQ  Z1, Z0, Z4
	VPUNPCKHDQ  Z1, Z0, Z5
	VPUNPCKLDQ  Z3, Z2, Z6
	VPUNPCKHDQ  Z3, Z2, Z7
	VPUNPCKLQDQ Z6, Z4, Z4
	VPUNPCKLQDQ Z7, Z5, Z5
	KEEP512(0, Z4)
	KEEP512(64, Z5)
	ADDQ $128, SI
	ADDQ $128, DI
	SUBQ $32, CX
	JNE  loop32
	VZEROUPPER
	RET
