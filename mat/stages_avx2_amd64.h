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
//
//	CX         elements left, in loop8 less 40
//	Y0–Y15 and R8 may be lost
//
//	loop8      a vector per pass; vector i is in LEAVE when i+4 is in ENTER
//	drain      the four vectors in the stages
//	single     a vector per pass: what is less than four vectors, and less than 32 elements
//	last       less than a vector
#define STAGES(LEAVE, y) \
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
	LEAVE(LOAD, (SI))     \
	VMOVUPS y, (DI)       \
	DIVIDE                \
	POLYNOMIAL            \
	REDUCE                \
	ENTER(LOAD, 128(SI))  \
	ADDQ $32, SI          \
	ADDQ $32, DI          \
	SUBQ $8, CX           \
	JAE  loop8            \
drain:                        \
	LEAVE(LOAD, (SI))     \
	VMOVUPS y, (DI)       \
	DIVIDE                \
	POLYNOMIAL            \
	REDUCE                \
	LEAVE(LOAD, 32(SI))   \
	VMOVUPS y, 32(DI)     \
	DIVIDE                \
	POLYNOMIAL            \
	LEAVE(LOAD, 64(SI))   \
	VMOVUPS y, 64(DI)     \
	DIVIDE                \
	LEAVE(LOAD, 96(SI))   \
	VMOVUPS y, 96(DI)     \
	ADDQ $128, SI         \
	ADDQ $128, DI         \
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
	LEAVE(LOAD, (SI))     \
	VMOVUPS y, (DI)       \
	ADDQ    $32, SI       \
	ADDQ    $32, DI       \
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
	LEAVE(LOADLAST, (SI)) \
	VMOVDQU    (R8), V    \
	VMASKMOVPS y, V, (DI) \
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
