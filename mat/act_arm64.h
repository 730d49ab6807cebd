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

// POW2: T = 2^n from its halves.
#define POW2 TWO(VFMUL_S4, E, N, T)

// TAIL: Q = q of sigmoid(-a) = q*2^n, from u in X and 2^n in T, which stays. E and N stay.
#define TAIL \
	CONM(VFADD_S4, ONE, X, Y) \
	CONM(VFSUB_S4, ONE, Y, Z) \
	TWO(VFSUB_S4, Z, X, X)    \
	TWO(VFADD_S4, T, Y, Z)    \
	TWO(VFSUB_S4, Y, Z, Y)    \
	TWO(VFSUB_S4, Y, T, Y)    \
	TWO(VFADD_S4, X, Y, X)    \
	CONN(VFDIV_S4, Z, ONE, Q) \
	CONST(kONE, Y)            \
	TWO(VFMLS_S4, Z, Q, Y)    \
	TWO(VFMLS_S4, X, Q, Y)    \
	TWO(VFMLA_S4, Q, Y, Q)

// TAILOF: q and n of sigmoid(-a) for a in X.
#define TAILOF \
	REDUCENEG(kMAGIC) \
	HALVES            \
	EXPM1R            \
	POW2              \
	TAIL

// SIGMOIDTAIL: X = sigmoid(-|ARG|).
#define SIGMOIDTAIL \
	UN(VFABS_S4, ARG, X)     \
	CONM(VFMIN_S4, HI, X, X) \
	TAILOF                   \
	SCALE(Q, X)

// SIDE: X = X where ARG < 0, else 1-X, which is also left in Z.
#define SIDE \
	CONN(VFSUB_S4, X, ONE, Z) \
	UN(VFCMLT0_S4, ARG, Y)    \
	TWO(VBIF_B16, Y, Z, X)

// GATE: X = ARG-m where ARG > 0, else m, for m in X.
#define GATE \
	TWO(VFSUB_S4, X, ARG, Y) \
	UN(VFCMGT0_S4, ARG, Z)   \
	TWO(VBIT_B16, Z, Y, X)

// CLAMPED: C = the argument between limits, A = |C|.
#define CLAMPED \
	CONM(VFMIN_S4, HI, ARG, C) \
	CONM(VFMAX_S4, LO, C, C)   \
	UN(VFABS_S4, C, A)

#define SIGMOID \
	SIGMOIDTAIL \
	SIDE

#define SIGMOIDENTER \
	CONSTANTS \
	VLDR_Q5(kTAILMAX, HI)

#define SIGMOIDGRAD \
	CONN(VFSUB_S4, ARG, ONE, X) \
	TWO(VFMUL_S4, X, ARG, X)

// Beyond EXPM1MAX, where 2^n would be subnormal, 1 - 2*(q*2^n) is 1 anyhow. It is rounded
// once, as the product with a power of 2 is exact.
#define TANH \
	UN(VFABS_S4, ARG, A)          \
	TWO(VFADD_S4, A, A, X)        \
	CONM(VFMIN_S4, HI, X, X)      \
	REDUCENEG(kMAGIC1)            \
	UN(VSHL23_S4, E, T)           \
	EXPM1R                        \
	TAIL                          \
	TWO(VFADD_S4, T, T, T)        \
	CONST(kONE, X)                \
	TWO(VFMLS_S4, T, Q, X)        \
	TWO(VFMUL_S4, A, A, Y)        \
	FIRST(kTANH3, Y, FIT, 0, Z)   \
	STEP(kTANH2, Y, Z, T)         \
	STEP(kTANH1, Y, T, Z)         \
	STEP(kTANH0, Y, Z, T)         \
	TWO(VFMUL_S4, T, Y, Y)        \
	CONN(VFCMGT_S4, A, SMALL, Z)  \
	TWO(VFMLA_S4, A, Y, A)        \
	TWO(VBIT_B16, Z, A, X)        \
	CONM(VBIT_B16, SIGN, ARG, X)

#define SMALL K1
#define SIGN K2

#define TANHENTER \
	CONSTANTS                  \
	VLDR_Q5(kMAGIC1, MAGIC)    \
	VLDR_Q5(kEXPM1MAX, HI)     \
	VLDR_Q5(kTANHS, FIT)       \
	VLDR_Q5(kTANHSMALL, SMALL) \
	VLDR_Q5(kSIGN, SIGN)

#define TANHGRAD \
	TWO(VFMUL_S4, ARG, ARG, X) \
	CONN(VFSUB_S4, X, ONE, X)

// LOG1PS: X becomes -log(1-X).
#define LOG1PS \
	FIRST(kLOG1P7, X, FIT, 0, Y) \
	STEP(kLOG1P6, X, Y, Z)       \
	STEP(kLOG1P5, X, Z, Y)       \
	STEP(kLOG1P4, X, Y, Z)       \
	STEP(kLOG1P3, X, Z, Y)       \
	STEP(kLOG1P2, X, Y, Z)       \
	STEP(kLOG1P1, X, Z, Y)       \
	STEP(kLOG1P0, X, Y, Z)       \
	TWO(VFMUL_S4, X, X, Y)       \
	TWO(VFMLA_S4, Z, Y, X)

#define ZERO K1

#define SOFTPLUS \
	SIGMOIDTAIL                  \
	LOG1PS                       \
	CONM(VFMAX_S4, ZERO, ARG, Y) \
	TWO(VFADD_S4, Y, X, X)

#define SOFTPLUSENTER \
	CONSTANTS              \
	VLDR_Q5(kTAILMAX, HI)  \
	VLDR_Q5(kLOG1PS, FIT)  \
	VEOR_B16(ZERO, ZERO, ZERO)

// EXPM1N: u in X and 2^n in T for the argument in X, from EXPM1MIN to 0.
#define EXPM1N \
	CONM(VFMAX_S4, LO, X, X) \
	CONM(VFMIN_S4, HI, X, X) \
	REDUCE(kMAGIC1)          \
	UN(VSHL23_S4, E, T)      \
	EXPM1R

#define EXPM1ENTER \
	CONSTANTS               \
	VLDR_Q5(kMAGIC1, MAGIC) \
	VLDR_Q5(kEXPM1MIN, LO)  \
	VEOR_B16(HI, HI, HI)

#define SOFTPLUSGRAD \
	UN(VFNEG_S4, ARG, X)      \
	EXPM1N                    \
	CONN(VFSUB_S4, T, ONE, Y) \
	TWO(VFMLS_S4, X, T, Y)    \
	MOVE(Y, X)

// FIT holds lambda in lane 0 and scaled in lane 1.
#define ELU \
	MOVE(ARG, X)                    \
	EXPM1N                          \
	CONM(VFSUB_S4, ONE, T, Y)       \
	TWO(VFMLA_S4, X, T, Y)          \
	LANE(VFMUL_S4E, FIT, 1, Y, Y)   \
	LANE(VFMUL_S4E, FIT, 0, ARG, Z) \
	UN(VFCMLT0_S4, ARG, X)          \
	TWO(VBSL_B16, Z, Y, X)

// K1 holds lambda, K2 scaled.
#define ELUGRAD \
	CONM(VFADD_S4, K2, ARG, Y) \
	UN(VFCMGT0_S4, ARG, X)     \
	CONN(VBSL_B16, Y, K1, X)

// NORMALTAIL: e^(-a²/2) = (1+u)*2^n for a in A: u in X and the halves of 2^n.
#define NORMALTAIL \
	TWO(VFMUL_S4, A, A, Y)        \
	LANE(VFMUL_S4E, FIT, 0, Y, X) \
	TWO(VFMLS_S4, A, A, Y)        \
	REDUCE(kMAGIC)                \
	LANE(VFMLS_S4E, FIT, 0, Y, X) \
	HALVES                        \
	EXPM1R

// NORMALRATIO: tailP in T and tailQ in U for a in A.
#define NORMALRATIO \
	FIRST(kTAILP3, A, FIT, 1, Y) \
	FIRST(kTAILQ4, A, FIT, 2, U) \
	STEP(kTAILP2, A, Y, Z)       \
	STEP(kTAILQ3, A, U, T)       \
	STEP(kTAILP1, A, Z, Y)       \
	STEP(kTAILQ2, A, T, U)       \
	STEP(kTAILP0, A, Y, T)       \
	STEP(kTAILQ1, A, U, Z)       \
	STEP(kONE, A, Z, U)

#define GELU \
	CLAMPED                \
	NORMALTAIL             \
	NORMALRATIO            \
	TWO(VFMUL_S4, C, T, T) \
	TWO(VFMLA_S4, X, T, T) \
	TWO(VFDIV_S4, U, T, X) \
	SCALE(X, X)            \
	GATE

#define GELUENTER \
	CONSTANTS             \
	VLDR_Q5(kGELUS, FIT)  \
	VLDR_Q5(kGELUMAX, HI) \
	VLDR_Q5(kGELUMIN, LO)

#define GELUGRAD \
	UN(VFABS_S4, ARG, A)          \
	CONM(VFMIN_S4, HI, A, A)      \
	NORMALTAIL                    \
	NORMALRATIO                   \
	TWO(VFDIV_S4, U, T, T)        \
	LANE(VFMLS_S4E, FIT, 3, A, T) \
	TWO(VFMLA_S4, X, T, T)        \
	SCALE(T, X)                   \
	SIDE

#define SILU \
	CLAMPED                \
	MOVE(A, X)             \
	TAILOF                 \
	TWO(VFMUL_S4, C, Q, Q) \
	SCALE(Q, X)            \
	GATE

#define SILUENTER \
	CONSTANTS             \
	VLDR_Q5(kSILUMAX, HI) \
	VLDR_Q5(kSILUMIN, LO)

// GATEGRAD: X = SIDE + (t*s)*(1-s) for s in X, t in T.
#define GATEGRAD \
	TWO(VFMUL_S4, X, T, T) \
	SIDE                   \
	TWO(VFMLA_S4, Z, T, X)

#define SILUGRAD \
	CLAMPED     \
	MOVE(A, X)  \
	TAILOF      \
	SCALE(Q, X) \
	MOVE(C, T)  \
	GATEGRAD

#define GT1 K1

// The argument is X - U:
//
//	Y  a², then g     Z  -a2Lo, -pLo, then b     X  p, then w     T  gLo     U  w-a*g, then -lo
#define GELUTANH \
	CLAMPED                       \
	TWO(VFMUL_S4, A, A, Y)        \
	MOVE(Y, Z)                    \
	TWO(VFMLS_S4, A, A, Z)        \
	LANE(VFMUL_S4E, FIT, 0, Y, X) \
	FIRST(kGT1LO, Y, FIT, 1, Q)   \
	LANE(VFMLS_S4E, FIT, 0, Z, Q) \
	MOVE(X, Z)                    \
	LANE(VFMLS_S4E, FIT, 0, Y, Z) \
	TWO(VFSUB_S4, Z, Q, Q)        \
	CONM(VFADD_S4, GT1, X, Y)     \
	CONM(VFSUB_S4, GT1, Y, Z)     \
	TWO(VFSUB_S4, Z, Y, T)        \
	CONN(VFSUB_S4, T, GT1, T)     \
	TWO(VFSUB_S4, Z, X, X)        \
	TWO(VFADD_S4, X, T, T)        \
	TWO(VFADD_S4, Q, T, T)        \
	TWO(VFMUL_S4, Y, A, X)        \
	MOVE(X, U)                    \
	TWO(VFMLS_S4, Y, A, U)        \
	TWO(VFMLS_S4, T, A, U)        \
	REDUCENEG(kMAGIC)             \
	TWO(VFSUB_S4, U, X, X)        \
	HALVES                        \
	EXPM1R                        \
	POW2                          \
	TAIL                          \
	TWO(VFMUL_S4, C, Q, Q)        \
	SCALE(Q, X)                   \
	GATE

#define GTENTER \
	CONSTANTS           \
	VLDR_Q5(kGTS, FIT)  \
	VLDR_Q5(kGTMAX, HI) \
	VLDR_Q5(kGTMIN, LO) \
	VLDR_Q5(kGT1, GT1)

// U is a².
#define GELUTANHGRAD \
	CLAMPED                   \
	TWO(VFMUL_S4, A, A, U)    \
	FIRST(kGT1, U, FIT, 0, Y) \
	TWO(VFMUL_S4, Y, A, X)    \
	TAILOF                    \
	SCALE(Q, X)               \
	FIRST(kGT1, U, FIT, 2, Y) \
	TWO(VFMUL_S4, Y, C, T)    \
	GATEGRAD

// The constants are LOGENTER's; T is the normal argument, then f, U the part of n for
// subnormal arguments.
#define LOG \
	CONN(VFCMGT_S4, ARG, MINNORMAL, T) \
	LANE(VFMUL_S4E, FIT, 0, ARG, Y)    \
	CONM(VAND_B16, NEG23, T, U)        \
	TWO(VBSL_B16, ARG, Y, T)           \
	CONM(VSUB_S4, ROOT, T, N)          \
	UN(VSSHR23_S4, N, N)               \
	UN(VSHL23_S4, N, E)                \
	TWO(VSUB_S4, E, T, T)              \
	CONM(VFSUB_S4, ONE, T, T)          \
	UN(VSCVTF_S4, N, N)                \
	TWO(VFADD_S4, U, N, N)             \
	FIRST(kLOG6, T, FIT, 1, Y)         \
	STEP(kLOG5, T, Y, Z)               \
	STEP(kLOG4, T, Z, Y)               \
	STEP(kLOG3, T, Y, Z)               \
	STEP(kLOG2, T, Z, Y)               \
	STEP(kLOG1, T, Y, Z)               \
	STEP(kLOG0, T, Z, Y)               \
	STEP(kNEGHALF, T, Y, Z)            \
	TWO(VFMUL_S4, T, T, Y)             \
	LANE(VFMUL_S4E, FIT, 2, N, X)      \
	TWO(VFMLA_S4, Y, Z, X)             \
	TWO(VFADD_S4, T, X, X)             \
	LANE(VFMLA_S4E, FIT, 3, N, X)      \
	CONN(VFCMGT_S4, ARG, INF, Y)       \
	TWO(VBIF_B16, Y, ARG, X)           \
	UN(VFCMLT0_S4, ARG, Y)             \
	TWO(VORR_B16, Y, X, X)             \
	UN(VFCMEQ0_S4, ARG, Y)             \
	CONN(VBIT_B16, Y, NEGINF, X)

#define MINNORMAL HI
#define NEG23 MAGIC
#define ROOT K1
#define INF K2
#define NEGINF LO

#define LOGENTER \
	CONSTANTS                      \
	VLDR_Q5(kLOGS, FIT)            \
	VLDR_Q5(kMINNORMAL, MINNORMAL) \
	VLDR_Q5(kNEG23, NEG23)         \
	VLDR_Q5(kROOT, ROOT)           \
	VLDR_Q5(kINF, INF)             \
	VLDR_Q5(kNEGINF, NEGINF)

// CROSSBINARY: the loss in X and its gradient in U for z in ARG and t in DY. Lane 0 of LO
// holds the factor.
#define CROSSBINARY \
	SIGMOIDTAIL                   \
	CONN(VFSUB_S4, X, ONE, Z)     \
	UN(VFCMLT0_S4, ARG, U)        \
	TWO(VBSL_B16, Z, X, U)        \
	TWO(VFSUB_S4, DY, U, U)       \
	LANE(VFMUL_S4E, LO, 0, U, U)  \
	LOG1PS                        \
	CONM(VFMAX_S4, ZERO, ARG, Y)  \
	TWO(VFMLS_S4, DY, ARG, Y)     \
	TWO(VFADD_S4, X, Y, X)

// LOAD_PART loads the last elements at an address, R4 mod 8 of them, into a pair of
// registers that it fills up with +0. It loads from the end and moves what it has up, so
// each set bit of R4 is one load. R6 is lost.
#define LOAD_PART(at, v0, f0, v1) \
	AND     $7, R4, R6          \
	ADD     R6<<2, at, R6       \
	VMOVI   $0, v0.B16          \
	VMOVI   $0, v1.B16          \
	TBZ     $0, R4, 2(PC)       \
	FMOVS.W -4(R6), f0          \
	TBZ     $1, R4, 4(PC)       \
	SUB     $8, R6              \
	VMOV    v0.D[0], v0.D[1]    \
	VLD1    (R6), v0.D[0]       \
	TBZ     $2, R4, 3(PC)       \
	VMOV    v0.B16, v1.B16      \
	FMOVQ.W -16(R6), f0

// STORE_PART stores the first R4 mod 8 elements of a pair; the rest moves down.
#define STORE_PART(at, v0, f0, v1) \
	TBZ     $2, R4, 3(PC)       \
	FMOVQ.P f0, 16(at)          \
	VMOV    v1.B16, v0.B16      \
	TBZ     $1, R4, 3(PC)       \
	FMOVD.P f0, 8(at)           \
	VMOV    v0.D[1], v0.D[0]    \
	TBZ     $0, R4, 2(PC)       \
	FMOVS.P f0, 4(at)
