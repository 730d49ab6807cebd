// The way of AVX-512 kernels whose operations wait for each other: from end to end a vector
// takes four times what its operations take the pipes of Zen 4, which was seen to overlap less
// than three vectors that follow each other. So a vector's operations are cut into five stages
//
//	ENTER(x), REDUCE, POLYNOMIAL, DIVIDE, LEAVE(x)      x in memory or in X
//
// and a pass of the loop has a vector in each, the oldest first: no stage waits for the one
// before. Registers take what a stage leaves to the next; what a later one needs is copied
// on from stage to stage. The name of a copy has the number of the stage that makes it.

#define C(i) ·actConstants+(64*i)(SB)

// STAGES is all of a function after its constants: CX elements at SI, to DI. LEAVE has its results in y.
#define STAGES(LEAVE, y) \
	PIPELINE(LEAVE, y, STORE, STORELAST, NEXT)

#define STORE(LEAVE, y, off) \
	LEAVE(off(SI))       \
	VMOVUPS y, off(DI)

#define STORELAST(LEAVE, y) \
	LEAVE(X)            \
	VMOVUPS y, K1, (DI)

#define NEXT(bytes) \
	ADDQ bytes, SI \
	ADDQ bytes, DI

// GRADIENTSTAGES is STAGES for a derivative and multiplies it by dy at DX.
#define GRADIENTSTAGES(LEAVE, y) \
	PIPELINE(LEAVE, y, STOREGRADIENT, STORELASTGRADIENT, NEXTGRADIENT)

#define STOREGRADIENT(LEAVE, y, off) \
	LEAVE(off(SI))          \
	VMULPS  off(DX), y, y   \
	VMOVUPS y, off(DI)

#define STORELASTGRADIENT(LEAVE, y) \
	LEAVE(X)                \
	VMOVUPS.Z (DX), K1, X   \
	VMULPS    X, y, y       \
	VMOVUPS   y, K1, (DI)

#define NEXTGRADIENT(bytes) \
	ADDQ bytes, SI \
	ADDQ bytes, DX \
	ADDQ bytes, DI

// PIPELINE is the loops: PUT(LEAVE, y, off) runs LEAVE for the vector at byte off and stores its results,
// PUTLAST does it for the elements of K1, whose argument is in X, and ADVANCE moves the pointers.
//
//	CX         elements left, in loop16 less 80      K1   the last ones
//	Z0–Z31, K1–K3 and R8 may be lost; K2 and K3 are for the stages
//
//	loop16     a vector per pass; vector i is in LEAVE when i+4 is in ENTER
//	drain      the four vectors in the stages
//	single     a vector per pass: what is less than four vectors, and less than 64 elements
//	last       less than a vector
#define PIPELINE(LEAVE, y, PUT, PUTLAST, ADVANCE) \
	CMPQ CX, $64          \
	JB   rest             \
	ENTER((SI))           \
	REDUCE                \
	ENTER(64(SI))         \
	POLYNOMIAL            \
	REDUCE                \
	ENTER(128(SI))        \
	DIVIDE                \
	POLYNOMIAL            \
	REDUCE                \
	ENTER(192(SI))        \
	SUBQ $80, CX          \
	JB   drain            \
loop16:                       \
	PUT(LEAVE, y, 0)      \
	DIVIDE                \
	POLYNOMIAL            \
	REDUCE                \
	ENTER(256(SI))        \
	ADVANCE($64)          \
	SUBQ $16, CX          \
	JAE  loop16           \
drain:                        \
	PUT(LEAVE, y, 0)      \
	DIVIDE                \
	POLYNOMIAL            \
	REDUCE                \
	PUT(LEAVE, y, 64)     \
	DIVIDE                \
	POLYNOMIAL            \
	PUT(LEAVE, y, 128)    \
	DIVIDE                \
	PUT(LEAVE, y, 192)    \
	ADVANCE($256)         \
	ADDQ $16, CX          \
	JZ   done             \
rest:                         \
	SUBQ $16, CX          \
	JB   last             \
single:                       \
	ENTER((SI))           \
	REDUCE                \
	POLYNOMIAL            \
	DIVIDE                \
	PUT(LEAVE, y, 0)      \
	ADVANCE($64)          \
	SUBQ    $16, CX       \
	JAE     single        \
last:                         \
	ADDQ      $16, CX     \
	JZ        done        \
	MOVL      $1, R8      \
	SHLL      CX, R8      \
	DECL      R8          \
	KMOVW     R8, K1      \
	VMOVUPS.Z (SI), K1, X \
	ENTER(X)              \
	REDUCE                \
	POLYNOMIAL            \
	DIVIDE                \
	PUTLAST(LEAVE, y)     \
done:                         \
	VZEROUPPER            \
	RET

// DIVISOR: 1/(s+e^r) as Q = 1/D for the sum D+DL, as in internal/ref's tail. U is e^r-1.
#define DIVISOR(s) \
	VADDPS U, ONE, V \
	VADDPS V, s, D   \
	VDIVPS D, ONE, Q \
	VSUBPS ONE, V, W \
	VSUBPS W, U, W   \
	VSUBPS V, D, DL  \
	VSUBPS DL, s, DL \
	VADDPS DL, W, DL

// QUOTIENT: D = 1/(D+DL).
#define QUOTIENT \
	VFNMADD213PS ONE, Q, D \
	VFNMADD231PS DL, Q, D  \
	VFMADD213PS  Q, Q, D

// GATED is the end of x*sigmoid: D = c*D*2^N4 for c = x in -LIMIT...LIMIT, taken from x where x > 0.
// VRANGEPS gives the smaller magnitude with the sign of x. Of NaN it makes LIMIT, but D is NaN then.
#define GATED(x) \
	VMOVUPS   x, W              \
	VRANGEPS  $2, LIMIT, W, V   \
	VMULPS    V, D, D           \
	VSCALEFPS N4, D, D          \
	VSUBPS    D, W, V           \
	VCMPPS    $14, ZERO, W, K2  \
	VBLENDMPS V, D, K2, D
