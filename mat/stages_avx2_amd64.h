// The stages of stages_avx512_amd64.h for AVX2, whose vectors have 8 elements: a pass of the loop has a vector
// in each stage, the oldest first. Sixteen registers leave none for arguments, so ENTER(LOAD, x) and
// LEAVE(LOAD, x) both load theirs, from x in memory.

#define C(i) ·actConstants+(64*i)(SB)

// LOAD or, for the last elements, LOADLAST is what ENTER and LEAVE take: R8 points at the mask.
#define LOAD(x, y) \
	VMOVUPS x, y

#define LOADLAST(x, y) \
	VMOVDQU    (R8), y \
	VMASKMOVPS x, y, y

// STAGES is all of a function: CX elements at SI, to DI. LEAVE has its results in y; V is scratch.
#define STAGES(LEAVE, y) \
	PIPELINE(LEAVE, y, STORE, STORELAST, NEXT)

#define STORE(LEAVE, y, off) \
	LEAVE(LOAD, off(SI)) \
	VMOVUPS y, off(DI)

#define STORELAST(LEAVE, y) \
	LEAVE(LOADLAST, (SI))  \
	VMOVDQU    (R8), V     \
	VMASKMOVPS y, V, (DI)

#define NEXT(bytes) \
	ADDQ bytes, SI \
	ADDQ bytes, DI

// GRADIENTSTAGES is STAGES for a derivative and multiplies it by dy at DX.
#define GRADIENTSTAGES(LEAVE, y) \
	PIPELINE(LEAVE, y, STOREGRADIENT, STORELASTGRADIENT, NEXTGRADIENT)

#define STOREGRADIENT(LEAVE, y, off) \
	LEAVE(LOAD, off(SI))    \
	VMULPS  off(DX), y, y   \
	VMOVUPS y, off(DI)

#define STORELASTGRADIENT(LEAVE, y) \
	LEAVE(LOADLAST, (SI))   \
	VMOVDQU    (R8), V      \
	VMASKMOVPS (DX), V, W   \
	VMULPS     W, y, y      \
	VMASKMOVPS y, V, (DI)

#define NEXTGRADIENT(bytes) \
	ADDQ bytes, SI \
	ADDQ bytes, DX \
	ADDQ bytes, DI

// PIPELINE is the loops: PUT(LEAVE, y, off) runs LEAVE for the vector at byte off and stores its results,
// PUTLAST does it for the last elements, and ADVANCE moves the pointers.
//
//	CX         elements left, in loop8 less 40
//	Y0–Y15 and R8 may be lost
//
//	loop8      a vector per pass; vector i is in LEAVE when i+4 is in ENTER
//	drain      the four vectors in the stages
//	single     a vector per pass: what is less than four vectors, and less than 32 elements
//	last       less than a vector
#define PIPELINE(LEAVE, y, PUT, PUTLAST, ADVANCE) \
	CMPQ CX, $32          \
	JB   rest             \
	ENTER(LOAD, (SI))     \
	REDUCE                \
	ENTER(LOAD, 32(SI))   \
	POLYNOMIAL            \
	REDUCE                \
	ENTER(LOAD, 64(SI))   \
	DIVIDE                \
	POLYNOMIAL            \
	REDUCE                \
	ENTER(LOAD, 96(SI))   \
	SUBQ $40, CX          \
	JB   drain            \
loop8:                        \
	PUT(LEAVE, y, 0)      \
	DIVIDE                \
	POLYNOMIAL            \
	REDUCE                \
	ENTER(LOAD, 128(SI))  \
	ADVANCE($32)          \
	SUBQ $8, CX           \
	JAE  loop8            \
drain:                        \
	PUT(LEAVE, y, 0)      \
	DIVIDE                \
	POLYNOMIAL            \
	REDUCE                \
	PUT(LEAVE, y, 32)     \
	DIVIDE                \
	POLYNOMIAL            \
	PUT(LEAVE, y, 64)     \
	DIVIDE                \
	PUT(LEAVE, y, 96)     \
	ADVANCE($128)         \
	ADDQ $8, CX           \
	JZ   done             \
rest:                         \
	SUBQ $8, CX           \
	JB   last             \
single:                       \
	ENTER(LOAD, (SI))     \
	REDUCE                \
	POLYNOMIAL            \
	DIVIDE                \
	PUT(LEAVE, y, 0)      \
	ADVANCE($32)          \
	SUBQ    $8, CX        \
	JAE     single        \
last:                         \
	ADDQ       $8, CX     \
	JZ         done       \
	LEAQ       ·actMask+32(SB), R8 \
	SHLQ       $2, CX     \
	SUBQ       CX, R8     \
	ENTER(LOADLAST, (SI)) \
	REDUCE                \
	POLYNOMIAL            \
	DIVIDE                \
	PUTLAST(LEAVE, y)     \
done:                         \
	VZEROUPPER            \
	RET

// DIVISOR: 1/(s+e^r) as Q = 1/D for the sum D+DL, as in internal/ref's tail. U is e^r-1.
#define DIVISOR(s) \
	VMOVUPS ONE, W   \
	VADDPS  U, W, V  \
	VADDPS  s, V, D  \
	VDIVPS  D, W, Q  \
	VSUBPS  W, V, W  \
	VSUBPS  W, U, W  \
	VSUBPS  V, D, DL \
	VSUBPS  DL, s, DL \
	VADDPS  W, DL, DL

// QUOTIENT: D = 1/(D+DL).
#define QUOTIENT \
	VFNMADD213PS ONE, Q, D \
	VFNMADD231PS DL, Q, D  \
	VFMADD213PS  Q, Q, D
