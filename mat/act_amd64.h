// Bodies of the exponential family for AVX2 and AVX-512, the operations of internal/ref/exp.go
// one by one. act_avx2_amd64.s and act_avx512_amd64.s include this file after they
// have defined for their width
//
//	V0–V9                    vectors
//	LOG2E, MAGIC, ...        constants: memory, or registers with AVX-512
//	CAP(limit, x, tmp)       x = min(limit, x), FLOOR = max(limit, x); NaN stays
//	SELECT(p, x, y, a, b, dst, tmp)  dst = a where x p y (p as for VCMPPS), else b
//	REDUCE(x, e1, e2)        x = n*ln2 + r becomes r; n is kept in e1 and e2
//	REDUCENEG(x, e1, e2)     -x = n*ln2 - r: x becomes r; for AVX2 only
//	SCALE(e1, e2, y)         y = y*2^n
//	POW2(e1, e2, y)          y = 2^n
//
// GELUTANH is for AVX2 only: AVX-512 has it in stages, in a file that includes stages_avx512_amd64.h. What
// is not here is in stages everywhere, with AVX2 in the files that include stages_avx2_amd64.h.
//
// A body takes V0 and leaves its result there. It may use all of V0–V9; V1 and V2 hold n,
// and V9 the argument where its sign is needed.

#define EQ $0
#define LT $1
#define GT $14

// EXPM1R: u = e^r - 1.
#define EXPM1R(r, u, tmp) \
	VMOVUPS     EXP4, u      \
	VFMADD213PS EXP3, r, u   \
	VFMADD213PS EXP2, r, u   \
	VFMADD213PS EXP1, r, u   \
	VFMADD213PS EXP0, r, u   \
	VMULPS      r, r, tmp    \
	VFMADD213PS r, tmp, u

// EXPONENTIAL: y = e^x; x is lost.
#define EXPONENTIAL(x, e1, e2, y) \
	FLOOR(EXPMIN, x, y)      \
	CAP(EXPMAX, x, y)        \
	REDUCE(x, e1, e2)        \
	VMOVUPS     EXP4, y      \
	VFMADD213PS EXP3, x, y   \
	VFMADD213PS EXP2, x, y   \
	VFMADD213PS EXP1, x, y   \
	VFMADD213PS EXP0, x, y   \
	VFMADD213PS ONE, x, y    \
	VFMADD213PS ONE, x, y    \
	SCALE(e1, e2, y)

#define EXP \
	EXPONENTIAL(V0, V1, V2, V3) \
	VMOVAPS V3, V0

// TAIL: q of sigmoid(-a) = q*2^n from the r of a.
//
//	V3  u, what p lost, dl     V4  2^n, which stays     V5  p = 1+u, d-p     V6  d
#define TAIL \
	EXPM1R(V0, V3, V4)       \
	POW2(V1, V2, V4)         \
	VADDPS       ONE, V3, V5 \
	VSUBPS       ONE, V5, V6 \
	VSUBPS       V6, V3, V3  \
	VADDPS       V4, V5, V6  \
	VSUBPS       V5, V6, V5  \
	VSUBPS       V5, V4, V5  \
	VADDPS       V3, V5, V3  \
	VMOVUPS      ONE, V0     \
	VDIVPS       V6, V0, V0  \
	VFNMADD213PS ONE, V0, V6 \
	VFNMADD231PS V3, V0, V6  \
	VFMADD213PS  V0, V0, V6  \
	VMOVAPS      V6, V0

// SIDE: dst = f where V9 < 0, else 1-f, which is also left in one.
#define SIDE(f, dst, one, tmp) \
	VMOVUPS ONE, one         \
	VSUBPS  f, one, one      \
	SELECT(LT, V9, ZERO, f, one, dst, tmp)

// GATE: V0 = V9-m where V9 > 0, else m, for m in V0.
#define GATE \
	VSUBPS V0, V9, V3        \
	SELECT(GT, V9, ZERO, V3, V0, V0, V4)

// SIGNED: V8 = V0 with the sign of V9.
#define SIGNED \
	VANDPS SIGN, V9, V8      \
	VORPS  V8, V0, V8

#define SIGMOIDGRAD \
	VMOVUPS ONE, V1          \
	VSUBPS  V0, V1, V1       \
	VMULPS  V1, V0, V0

#define TANHGRAD \
	VMULPS  V0, V0, V0       \
	VMOVUPS ONE, V1          \
	VSUBPS  V0, V1, V0

#define SOFTPLUSGRAD \
	VXORPS       SIGN, V0, V0 \
	FLOOR(EXPM1MIN, V0, V1)  \
	CAP(ZERO, V0, V1)        \
	REDUCE(V0, V1, V2)       \
	EXPM1R(V0, V3, V4)       \
	POW2(V1, V2, V4)         \
	VMOVUPS      ONE, V0     \
	VSUBPS       V4, V0, V0  \
	VFNMADD231PS V3, V4, V0

#define ELU \
	VMOVAPS     V0, V9         \
	FLOOR(EXPM1MIN, V0, V1)    \
	CAP(ZERO, V0, V1)          \
	REDUCE(V0, V1, V2)         \
	EXPM1R(V0, V3, V4)         \
	POW2(V1, V2, V4)           \
	VSUBPS      ONE, V4, V5    \
	VFMADD213PS V5, V4, V3     \
	VMULPS      SCALED, V3, V3 \
	VMULPS      LAMBDA, V9, V4 \
	SELECT(LT, V9, ZERO, V3, V4, V0, V5)

#define ELUGRAD \
	VADDPS  SCALED, V0, V1   \
	VMOVUPS LAMBDA, V2       \
	VXORPS  V3, V3, V3       \
	SELECT(LT, V3, V0, V2, V1, V0, V4)

// NORMALTAIL: e^(-a²/2) = (1+u)*2^n for a in V8, u in V3.
#define NORMALTAIL \
	VMULPS      V8, V8, V6      \
	VMULPS      NEGHALF, V6, V0 \
	VMOVAPS     V8, V5          \
	VFMSUB213PS V6, V8, V5      \
	REDUCE(V0, V1, V2)          \
	VFMADD231PS NEGHALF, V5, V0 \
	EXPM1R(V0, V3, V4)

// NORMALRATIO: tailP in V4 and tailQ in V5 for a in V8.
#define NORMALRATIO \
	VMOVUPS     TAILP4, V4     \
	VFMADD213PS TAILP3, V8, V4 \
	VFMADD213PS TAILP2, V8, V4 \
	VFMADD213PS TAILP1, V8, V4 \
	VFMADD213PS TAILP0, V8, V4 \
	VMOVUPS     TAILQ5, V5     \
	VFMADD213PS TAILQ4, V8, V5 \
	VFMADD213PS TAILQ3, V8, V5 \
	VFMADD213PS TAILQ2, V8, V5 \
	VFMADD213PS TAILQ1, V8, V5 \
	VFMADD213PS ONE, V8, V5

// V8 is the clamped |x|, V7 that with the sign of x.
#define GELU \
	VMOVAPS     V0, V9            \
	VANDPS      MAGNITUDE, V0, V8 \
	CAP(GELUMAX, V8, V1)          \
	VANDPS      SIGN, V9, V7      \
	VORPS       V8, V7, V7        \
	NORMALTAIL                    \
	NORMALRATIO                   \
	VMULPS      V7, V4, V4        \
	VFMADD213PS V4, V4, V3        \
	VDIVPS      V5, V3, V0        \
	SCALE(V1, V2, V0)             \
	GATE

#define GELUGRAD \
	VMOVAPS      V0, V9            \
	VANDPS       MAGNITUDE, V0, V8 \
	CAP(GELUMAX, V8, V1)           \
	NORMALTAIL                     \
	NORMALRATIO                    \
	VDIVPS       V5, V4, V0        \
	VFNMADD231PS DENSITY, V8, V0   \
	VFMADD213PS  V0, V0, V3        \
	SCALE(V1, V2, V3)              \
	SIDE(V3, V0, V4, V5)

// The argument is V0 + V7:
//
//	V1  a², then w    V2  a2Lo    V3  p, then gLo    V4  pLo    V5  g, then lo    V6  b, scratch    V7  g-b, then lo
#define GELUTANH \
	VMOVAPS     V0, V9            \
	VANDPS      MAGNITUDE, V0, V0 \
	CAP(GTMAX, V0, V1)            \
	SIGNED                        \
	VMULPS      V0, V0, V1        \
	VMOVAPS     V0, V2            \
	VFMSUB213PS V1, V0, V2        \
	VMULPS      GT3, V1, V3       \
	VMOVUPS     GT3, V4           \
	VFMSUB213PS V3, V1, V4        \
	VADDPS      GT1, V3, V5       \
	VSUBPS      GT1, V5, V6       \
	VSUBPS      V6, V5, V7        \
	VSUBPS      GT1, V7, V7       \
	VSUBPS      V6, V3, V3        \
	VSUBPS      V7, V3, V3        \
	VMOVUPS     GT3LO, V6         \
	VFMADD213PS GT1LO, V1, V6     \
	VFMADD231PS GT3, V2, V6       \
	VADDPS      V6, V4, V4        \
	VADDPS      V4, V3, V3        \
	VMULPS      V5, V0, V1        \
	VFMSUB213PS V1, V0, V5        \
	VFMADD231PS V3, V0, V5        \
	VMOVAPS     V5, V7            \
	VMOVAPS     V1, V0            \
	REDUCENEG(V0, V1, V2)         \
	VADDPS      V7, V0, V0        \
	TAIL                          \
	VMULPS      V8, V0, V0        \
	SCALE(V1, V2, V0)             \
	GATE

// V1 is n, V5 its part for subnormal arguments.
#define LOG \
	VMOVAPS     V0, V9          \
	VMULPS      TWO23, V0, V3   \
	VMOVUPS     NEG23, V5       \
	VXORPS      V6, V6, V6      \
	SELECT(LT, V9, MINNORMAL, V3, V0, V0, V4) \
	SELECT(LT, V9, MINNORMAL, V5, V6, V5, V4) \
	VPSUBD      ROOT, V0, V1    \
	VPSRAD      $23, V1, V1     \
	VPSLLD      $23, V1, V2     \
	VPSUBD      V2, V0, V0      \
	VSUBPS      ONE, V0, V0     \
	VCVTDQ2PS   V1, V1          \
	VADDPS      V5, V1, V1      \
	VMOVUPS     LOG7, V3        \
	VFMADD213PS LOG6, V0, V3    \
	VFMADD213PS LOG5, V0, V3    \
	VFMADD213PS LOG4, V0, V3    \
	VFMADD213PS LOG3, V0, V3    \
	VFMADD213PS LOG2, V0, V3    \
	VFMADD213PS LOG1, V0, V3    \
	VFMADD213PS LOG0, V0, V3    \
	VFMADD213PS NEGHALF, V0, V3 \
	VMULPS      V0, V0, V4      \
	VMULPS      LN2LO, V1, V5   \
	VFMADD213PS V5, V4, V3      \
	VADDPS      V3, V0, V0      \
	VFMADD231PS LN2HI, V1, V0   \
	VMOVUPS     NAN, V3         \
	VMOVUPS     NEGINF, V4      \
	SELECT(LT, V9, INF, V0, V9, V0, V5)  \
	SELECT(LT, V9, ZERO, V3, V0, V0, V5) \
	SELECT(EQ, V9, ZERO, V4, V0, V0, V5)
