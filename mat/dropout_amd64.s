//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// Dropout: n is a positive multiple of dropoutWidth (32).
//
// Words of the counters stand in the low halves of 64-bit lanes, one block a lane: what
// VPMULUDQ multiplies. Its product is the new low word, with the high word above it that
// the next product ignores; so are the high halves of everything else.
//
// Only word 0 changes from block to block: rounds 1 and 2 are mostly in dropoutArgs_second,
// and the product of word 0 in round 1 is a sum from group to group.
//
// Block numbers are laid out so that the two halves of a block, interleaved, leave elements
// in order: a group has 8 blocks with AVX-512 and 4 with AVX2, and the even lanes give
// the first register of elements. The operations of a group wait for each other, so a pass
// has two groups with AVX2, and with AVX-512 two in rounds 7 to 10 and the next two in rounds
// 1 to 6. Zen 4 has a pass of these in 70 cycles, where four pipes need 61 and two groups alone took 82.
//
//	DI  next dst     SI  next x     CX  elements left     AX  arguments
//	Y0–Y3, Z0–Z3  words of a group     Y4–Y7, Z4–Z7  of the other     Y8, Y9, Z8, Z9  scratch
//	Z20–Z27   words of the groups in rounds 7 to 10
//	Y10, Z10  multiplier 0 times block numbers     Y15, Z15  how much a group adds to it
//	Y11, Y12, Z11, Z12  multipliers                Y13, Y14, Z13, Z14  scale, limit
//	Z16–Z19   dropoutArgs_second                   K2  even words

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

// Multipliers 0 and 1, then how many blocks a group has for AVX2 and AVX-512.
DATA philox<>+0(SB)/4, $0xD2511F53
DATA philox<>+4(SB)/4, $0xCD9E8D57
DATA philox<>+8(SB)/4, $4
DATA philox<>+12(SB)/4, $8
GLOBL philox<>(SB), RODATA|NOPTR, $16

// BEGIN256 is rounds 1 and 2 of the next group.
#define BEGIN256(c0, c1, c2, c3) \
	VPBROADCASTD dropoutArgs_second(AX), Y8   \
	VPSRLQ       $32, Y10, c1                 \
	VPXOR        Y8, c1, c1                   \
	VPMULUDQ     c1, Y12, c1                  \
	VPBROADCASTD dropoutArgs_second+8(AX), Y9 \
	VPXOR        Y9, Y10, c2                  \
	VPADDQ       Y15, Y10, Y10                \
	VPBROADCASTD dropoutArgs_second+4(AX), Y8 \
	VPSRLQ       $32, c1, c0                  \
	VPXOR        Y8, c0, c0                   \
	VPBROADCASTD dropoutArgs_second+12(AX), c3

// ROUND: c0 = hi(m1·c2)^c1^k0, c1 = lo(m1·c2), c2 = hi(m0·c0)^c3^k1, c3 = lo(m0·c0). The new words
// are in c1, c2, c3 and c0: the next round is called with registers in this order.
#define ROUND256(off, a0, a1, a2, a3, b0, b1, b2, b3) \
	VPMULUDQ     a0, Y11, a0                    \
	VPMULUDQ     a2, Y12, a2                    \
	VPMULUDQ     b0, Y11, b0                    \
	VPMULUDQ     b2, Y12, b2                    \
	VPBROADCASTD dropoutArgs_keys+off(AX), Y9   \
	VPXOR        Y9, a1, a1                     \
	VPXOR        Y9, b1, b1                     \
	VPBROADCASTD dropoutArgs_keys+off+4(AX), Y9 \
	VPXOR        Y9, a3, a3                     \
	VPXOR        Y9, b3, b3                     \
	VPSRLQ       $32, a2, Y8                    \
	VPXOR        Y8, a1, a1                     \
	VPSRLQ       $32, a0, Y8                    \
	VPXOR        Y8, a3, a3                     \
	VPSRLQ       $32, b2, Y8                    \
	VPXOR        Y8, b1, b1                     \
	VPSRLQ       $32, b0, Y8                    \
	VPXOR        Y8, b3, b3

// END256 is round 10 and leaves words in the order of elements in c1 and c3: with its halves
// exchanged, a product is two words side by side.
#define END256(c0, c1, c2, c3) \
	VPMULUDQ     c0, Y11, c0                  \
	VPMULUDQ     c2, Y12, c2                  \
	VPBROADCASTD dropoutArgs_keys+72(AX), Y8  \
	VPBROADCASTD dropoutArgs_keys+76(AX), Y9  \
	VPXOR        Y8, c1, c1                   \
	VPXOR        Y9, c3, c3                   \
	VPXOR        Y8, Y8, Y8                   \
	VPBLENDD     $0xaa, Y8, c1, c1            \
	VPBLENDD     $0xaa, Y8, c3, c3            \
	VPSHUFD      $0xb1, c2, c2                \
	VPSHUFD      $0xb1, c0, c0                \
	VPXOR        c1, c2, c2                   \
	VPXOR        c3, c0, c0                   \
	VPUNPCKLQDQ  c0, c2, c1                   \
	VPUNPCKHQDQ  c0, c2, c3

#define BEGIN512(c0, c1, c2, c3) \
	VPSRLQ    $32, Z10, c1  \
	VPXORD    Z16, c1, c1   \
	VPMULUDQ  c1, Z12, c1   \
	VPXORD    Z18, Z10, c2  \
	VPADDQ    Z15, Z10, Z10 \
	VPSRLQ    $32, c1, c0   \
	VPXORD    Z17, c0, c0   \
	VMOVDQA32 Z19, c3

// Truth table 0x96 is the exclusive or of three.
#define ROUND512(off, c0, c1, c2, c3) \
	VPMULUDQ        c0, Z11, c0                                 \
	VPMULUDQ        c2, Z12, c2                                 \
	VPSRLQ          $32, c2, Z8                                 \
	VPSRLQ          $32, c0, Z9                                 \
	VPTERNLOGD.BCST $0x96, dropoutArgs_keys+off(AX), Z8, c1     \
	VPTERNLOGD.BCST $0x96, dropoutArgs_keys+(off+4)(AX), Z9, c3

#define END512(c0, c1, c2, c3) \
	VPMULUDQ        c0, Z11, c0                              \
	VPMULUDQ        c2, Z12, c2                              \
	VPSHUFD         $0xb1, c2, c2                            \
	VPSHUFD         $0xb1, c0, c0                            \
	VPTERNLOGD.BCST $0x96, dropoutArgs_keys+72(AX), c1, K2, c2 \
	VPTERNLOGD.BCST $0x96, dropoutArgs_keys+76(AX), c3, K2, c0 \
	VPUNPCKLQDQ     c0, c2, c1                               \
	VPUNPCKHQDQ     c0, c2, c3

// KEEP256 sets the elements at byte off of dst: word w decides; it is lost.
#define KEEP256(off, w) \
	VPMINUD  w, Y14, Y8       \
	VPCMPEQD w, Y8, w         \
	VMULPS   off(SI), Y13, Y8 \
	VANDPS   w, Y8, w         \
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
//	loop32  two groups of 4 blocks per pass
TEXT ·dropoutAVX2(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	MOVQ         a+24(FP), AX
	VPBROADCASTD philox<>+0(SB), Y11
	VPBROADCASTD philox<>+4(SB), Y12
	VPBROADCASTD philox<>+8(SB), Y15
	VBROADCASTSS dropoutArgs_scale(AX), Y13
	VPBROADCASTD dropoutArgs_limit(AX), Y14
	VPBROADCASTD dropoutArgs_ctr(AX), Y10
	VPADDD       lanes4<>(SB), Y10, Y10
	VPMULUDQ     Y11, Y10, Y10
	VPMULUDQ     Y11, Y15, Y15

loop32:
	BEGIN256(Y0, Y1, Y2, Y3)
	BEGIN256(Y4, Y5, Y6, Y7)
	ROUND256(16, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7)
	ROUND256(24, Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4)
	ROUND256(32, Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5)
	ROUND256(40, Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6)
	ROUND256(48, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7)
	ROUND256(56, Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4)
	ROUND256(64, Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5)
	END256(Y3, Y0, Y1, Y2)
	END256(Y7, Y4, Y5, Y6)
	KEEP256(0, Y0)
	KEEP256(32, Y2)
	KEEP256(64, Y4)
	KEEP256(96, Y6)
	ADDQ $128, SI
	ADDQ $128, DI
	SUBQ $32, CX
	JNE  loop32
	VZEROUPPER
	RET

// The rounds of two groups.
#define ROUNDS1AND2 \
	BEGIN512(Z0, Z1, Z2, Z3) \
	BEGIN512(Z4, Z5, Z6, Z7)

#define ROUND3 \
	ROUND512(16, Z0, Z1, Z2, Z3) \
	ROUND512(16, Z4, Z5, Z6, Z7)

#define ROUND4 \
	ROUND512(24, Z1, Z2, Z3, Z0) \
	ROUND512(24, Z5, Z6, Z7, Z4)

#define ROUND5 \
	ROUND512(32, Z2, Z3, Z0, Z1) \
	ROUND512(32, Z6, Z7, Z4, Z5)

#define ROUND6 \
	ROUND512(40, Z3, Z0, Z1, Z2) \
	ROUND512(40, Z7, Z4, Z5, Z6)

#define HANDON \
	VMOVDQA32 Z0, Z20 \
	VMOVDQA32 Z1, Z21 \
	VMOVDQA32 Z2, Z22 \
	VMOVDQA32 Z3, Z23 \
	VMOVDQA32 Z4, Z24 \
	VMOVDQA32 Z5, Z25 \
	VMOVDQA32 Z6, Z26 \
	VMOVDQA32 Z7, Z27

#define ROUND7 \
	ROUND512(48, Z20, Z21, Z22, Z23) \
	ROUND512(48, Z24, Z25, Z26, Z27)

#define ROUND8 \
	ROUND512(56, Z21, Z22, Z23, Z20) \
	ROUND512(56, Z25, Z26, Z27, Z24)

#define ROUND9 \
	ROUND512(64, Z22, Z23, Z20, Z21) \
	ROUND512(64, Z26, Z27, Z24, Z25)

// ROUND10 stores elements too.
#define ROUND10 \
	END512(Z23, Z20, Z21, Z22) \
	END512(Z27, Z24, Z25, Z26) \
	KEEP512(0, Z20)            \
	KEEP512(64, Z22)           \
	KEEP512(128, Z24)          \
	KEEP512(192, Z26)          \
	ADDQ $256, SI              \
	ADDQ $256, DI

// func dropoutAVX512(dst, x *float32, n int, a *dropoutArgs)
//
// dst[i] = scale*x[i] if word i is at most limit, else +0.      needs AVX-512 F
//
//	loop64  two groups of 8 blocks per pass, and half of the next two
//	rest    one group
TEXT ·dropoutAVX512(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	MOVQ         a+24(FP), AX
	VPBROADCASTD philox<>+0(SB), Z11
	VPBROADCASTD philox<>+4(SB), Z12
	VPBROADCASTD philox<>+12(SB), Z15
	VBROADCASTSS dropoutArgs_scale(AX), Z13
	VPBROADCASTD dropoutArgs_limit(AX), Z14
	VPBROADCASTD dropoutArgs_second(AX), Z16
	VPBROADCASTD dropoutArgs_second+4(AX), Z17
	VPBROADCASTD dropoutArgs_second+8(AX), Z18
	VPBROADCASTD dropoutArgs_second+12(AX), Z19
	VPBROADCASTD dropoutArgs_ctr(AX), Z10
	VPADDD       lanes8<>(SB), Z10, Z10
	VPMULUDQ     Z11, Z10, Z10
	VPMULUDQ     Z11, Z15, Z15
	MOVL         $0x5555, R8
	KMOVW        R8, K2
	SUBQ         $64, CX
	JB           rest
	ROUNDS1AND2
	ROUND3
	ROUND4
	ROUND5
	ROUND6
	JMP next

loop64:
	HANDON
	ROUNDS1AND2
	ROUND7
	ROUND3
	ROUND8
	ROUND4
	ROUND9
	ROUND5
	ROUND6
	ROUND10

next:
	SUBQ $64, CX
	JAE  loop64
	HANDON
	ROUND7
	ROUND8
	ROUND9
	ROUND10

rest:
	ADDQ $64, CX
	JZ   done
	BEGIN512(Z0, Z1, Z2, Z3)
	ROUND512(16, Z0, Z1, Z2, Z3)
	ROUND512(24, Z1, Z2, Z3, Z0)
	ROUND512(32, Z2, Z3, Z0, Z1)
	ROUND512(40, Z3, Z0, Z1, Z2)
	ROUND512(48, Z0, Z1, Z2, Z3)
	ROUND512(56, Z1, Z2, Z3, Z0)
	ROUND512(64, Z2, Z3, Z0, Z1)
	END512(Z3, Z0, Z1, Z2)
	KEEP512(0, Z0)
	KEEP512(64, Z2)

done:
	VZEROUPPER
	RET
