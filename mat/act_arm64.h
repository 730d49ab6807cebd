// Bodies of the exponential family for NEON, the operations of internal/ref/exp.go one by
// one, and the terms that they are made of. act_arm64.s and softmax_arm64.s include this
// file after neon_arm64.h.
//
// Two vectors go through together, for the latencies of processors that work in order: of a
// pair of registers the name is the first one's number. A body takes ARG and leaves its
// result in X; it may change X to C. Constants that a fused step adds to are loaded from
// the table for each step, as the step overwrites them; the others stay in registers.
#define X 0    // argument, its remainder, u = e^r - 1, then the result
#define E 2    // half of 2^n
#define N 4    // n, then the other half
#define Y 6    // scratch, as Z, T, U and Q
#define Z 8
#define Q 10
#define T 12
#define U 14
#define A 16   // |argument|
#define C 18   // argument between limits
#define ARG 20
#define DY 22  // what a derivative is multiplied by; targets
#define K2 24  // constants of one function, to LO
#define K1 25
#define FIT 26 // factors of one function, one a lane
#define LO 27
#define HI 28
#define ONE 29
#define MAGIC 30
#define EXPS 31 // 1/ln2, ln2 in two parts, expPoly's last

// Numbers of 16 bytes in the table of constants.
#define kEXPS 0
#define kMAGIC 1
#define kMAGIC1 2
#define kONE 3
#define kEXP0 4
#define kEXP1 5
#define kEXP2 6
#define kEXP3 7
#define kSIGN 8
#define kEXPMAX 9
#define kEXPMIN 10
#define kTAILMAX 11
#define kEXPM1MAX 12
#define kEXPM1MIN 13
#define kNEGHALF 14
#define kTANHS 15
#define kTANHSMALL 16
#define kTANH0 17
#define kTANH1 18
#define kTANH2 19
#define kTANH3 20
#define kLOG1PS 21
#define kLOG1P0 22
#define kLOG1P1 23
#define kLOG1P2 24
#define kLOG1P3 25
#define kLOG1P4 26
#define kLOG1P5 27
#define kLOG1P6 28
#define kLOG1P7 29
#define kLOGS 30
#define kLOG0 31
#define kLOG1 32
#define kLOG2 33
#define kLOG3 34
#define kLOG4 35
#define kLOG5 36
#define kLOG6 37
#define kMINNORMAL 38
#define kNEG23 39
#define kROOT 40
#define kINF 41
#define kNEGINF 42
#define kGELUS 43
#define kGELUMAX 44
#define kGELUMIN 45
#define kTAILP0 46
#define kTAILP1 47
#define kTAILP2 48
#define kTAILP3 49
#define kTAILQ1 50
#define kTAILQ2 51
#define kTAILQ3 52
#define kTAILQ4 53
#define kSILUMAX 54
#define kSILUMIN 55
#define kGTS 56
#define kGTMAX 57
#define kGTMIN 58
#define kGT1 59
#define kGT1LO 60
#define kCOUNT 61

// CONSTANTS loads the table's address and what most bodies need.
#define CONSTANTS \
	MOVD $·actConstants(SB), R5 \
	VLDR_Q5(kEXPS, EXPS)        \
	VLDR_Q5(kMAGIC, MAGIC)      \
	VLDR_Q5(kONE, ONE)

// TWO is an operation with pairs m, n and d; CONM and CONN have the constant c in the
// place of m and of n, LANE lane i of c in that of m; UN has pairs n and d only.
#define TWO(OP, m, n, d) \
	OP(m, n, d) \
	OP((m)+1, (n)+1, (d)+1)

#define CONM(OP, c, n, d) \
	OP(c, n, d) \
	OP(c, (n)+1, (d)+1)

#define CONN(OP, m, c, d) \
	OP(m, c, d) \
	OP((m)+1, c, (d)+1)

#define LANE(OP, c, i, n, d) \
	OP(c, i, n, d) \
	OP(c, i, (n)+1, (d)+1)

#define UN(OP, n, d) \
	OP(n, d) \
	OP((n)+1, (d)+1)

// CONST loads constant k into both registers of d, MOVE copies n there.
#define CONST(k, d) \
	VLDR_Q5(k, d) \
	VLDR_Q5(k, (d)+1)

#define MOVE(n, d) TWO(VORR_B16, n, n, d)

// STEP: d = k + p*x, a step of Horner's. FIRST begins with a factor p in lane i of c.
#define STEP(k, x, p, d) \
	CONST(k, d) \
	TWO(VFMLA_S4, x, p, d)

#define FIRST(k, x, c, i, d) \
	CONST(k, d) \
	LANE(VFMLA_S4E, c, i, x, d)

// REDUCE: x = n*ln2 + r in X becomes r. E holds n in its low bits, with the bias of the
// magic number k, which is also in MAGIC.
#define REDUCE(k) \
	FIRST(k, X, EXPS, 0, E)        \
	CONM(VFSUB_S4, MAGIC, E, N)    \
	LANE(VFMLS_S4E, EXPS, 1, N, X) \
	LANE(VFMLS_S4E, EXPS, 2, N, X)

// REDUCENEG: -x = n*ln2 - r: x becomes r.
#define REDUCENEG(k) \
	CONST(k, E)                    \
	LANE(VFMLS_S4E, EXPS, 0, X, E) \
	CONM(VFSUB_S4, MAGIC, E, N)    \
	LANE(VFMLA_S4E, EXPS, 1, N, X) \
	LANE(VFMLA_S4E, EXPS, 2, N, X)

// HALVES turns E into two powers of 2, E and N, whose product is 2^n: kMAGIC leaves n+254
// in the low bits, so each half of them is a biased exponent.
#define HALVES \
	UN(VUSHR1_S4, E, N)   \
	TWO(VSUB_S4, N, E, E) \
	UN(VSHL23_S4, N, N)   \
	UN(VSHL23_S4, E, E)

// SCALE: d = n*2^n, rounded once.
#define SCALE(n, d) \
	TWO(VFMUL_S4, E, n, n) \
	TWO(VFMUL_S4, N, n, d)

// POLYNOMIAL: Z = c(r) of expPoly for r in X.
#define POLYNOMIAL \
	FIRST(kEXP3, X, EXPS, 3, Y) \
	STEP(kEXP2, X, Y, Z)        \
	STEP(kEXP1, X, Z, Y)        \
	STEP(kEXP0, X, Y, Z)

// EXPM1R: X becomes u = e^r - 1.
#define EXPM1R \
	POLYNOMIAL             \
	TWO(VFMUL_S4, X, X, Y) \
	TWO(VFMLA_S4, Z, Y, X)

// EXPONENTIAL: X becomes e^x for x between the limits of Exp.
#define EXPONENTIAL \
	REDUCE(kMAGIC)      \
	HALVES              \
	POLYNOMIAL          \
	STEP(kONE, X, Z, Y) \
	STEP(kONE, X, Y, Z) \
	SCALE(Z, X)

#define EXP \
	CONM(VFMAX_S4, LO, ARG, X) \
	CONM(VFMIN_S4, HI, X, X)   \
	EXPONENTIAL

#define EXPENTER \
	CONSTANTS            \
	VLDR_Q5(kEXPMAX, HI) \
	VLDR_Q5(kEXPMIN, LO)
