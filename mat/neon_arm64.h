// NEON instructions that Go's arm64 assembler lacks, as WORD macros.
//
// Arguments are register numbers in Go's operand order, sources first, destination
// last; i is a lane. The comment above each macro is the instruction meant, in the
// syntax of Arm's manual with vm, vn, vd for the arguments m, n, d: neonhdr_test.go
// assembles it with another assembler and compares. Numbers are not masked: 32 spills
// into another field, which the same test looks for in the files that use this one.

// Three registers.

// fadd vd.4s, vn.4s, vm.4s
#define VFADD_S4(m, n, d) WORD $(0x4E20D400 | ((m)<<16) | ((n)<<5) | (d))
// fsub vd.4s, vn.4s, vm.4s
#define VFSUB_S4(m, n, d) WORD $(0x4EA0D400 | ((m)<<16) | ((n)<<5) | (d))
// faddp vd.4s, vn.4s, vm.4s
#define VFADDP_S4(m, n, d) WORD $(0x6E20D400 | ((m)<<16) | ((n)<<5) | (d))
// fmul vd.4s, vn.4s, vm.4s
#define VFMUL_S4(m, n, d) WORD $(0x6E20DC00 | ((m)<<16) | ((n)<<5) | (d))
// fdiv vd.4s, vn.4s, vm.4s
#define VFDIV_S4(m, n, d) WORD $(0x6E20FC00 | ((m)<<16) | ((n)<<5) | (d))
// fmax vd.4s, vn.4s, vm.4s
#define VFMAX_S4(m, n, d) WORD $(0x4E20F400 | ((m)<<16) | ((n)<<5) | (d))
// fmin vd.4s, vn.4s, vm.4s
#define VFMIN_S4(m, n, d) WORD $(0x4EA0F400 | ((m)<<16) | ((n)<<5) | (d))
// fmla vd.4s, vn.4s, vm.4s
#define VFMLA_S4(m, n, d) WORD $(0x4E20CC00 | ((m)<<16) | ((n)<<5) | (d))
// fmls vd.4s, vn.4s, vm.4s
#define VFMLS_S4(m, n, d) WORD $(0x4EA0CC00 | ((m)<<16) | ((n)<<5) | (d))
// sub vd.4s, vn.4s, vm.4s
#define VSUB_S4(m, n, d) WORD $(0x6EA08400 | ((m)<<16) | ((n)<<5) | (d))
// fcmgt vd.4s, vn.4s, vm.4s
#define VFCMGT_S4(m, n, d) WORD $(0x6EA0E400 | ((m)<<16) | ((n)<<5) | (d))
// fcmge vd.4s, vn.4s, vm.4s
#define VFCMGE_S4(m, n, d) WORD $(0x6E20E400 | ((m)<<16) | ((n)<<5) | (d))
// fcmeq vd.4s, vn.4s, vm.4s
#define VFCMEQ_S4(m, n, d) WORD $(0x4E20E400 | ((m)<<16) | ((n)<<5) | (d))
// fadd vd.2d, vn.2d, vm.2d
#define VFADD_D2(m, n, d) WORD $(0x4E60D400 | ((m)<<16) | ((n)<<5) | (d))
// fsub vd.2d, vn.2d, vm.2d
#define VFSUB_D2(m, n, d) WORD $(0x4EE0D400 | ((m)<<16) | ((n)<<5) | (d))
// fmul vd.2d, vn.2d, vm.2d
#define VFMUL_D2(m, n, d) WORD $(0x6E60DC00 | ((m)<<16) | ((n)<<5) | (d))
// bic vd.16b, vn.16b, vm.16b
#define VBIC_B16(m, n, d) WORD $(0x4E601C00 | ((m)<<16) | ((n)<<5) | (d))
// and vd.16b, vn.16b, vm.16b
#define VAND_B16(m, n, d) WORD $(0x4E201C00 | ((m)<<16) | ((n)<<5) | (d))
// orr vd.16b, vn.16b, vm.16b
#define VORR_B16(m, n, d) WORD $(0x4EA01C00 | ((m)<<16) | ((n)<<5) | (d))
// eor vd.16b, vn.16b, vm.16b
#define VEOR_B16(m, n, d) WORD $(0x6E201C00 | ((m)<<16) | ((n)<<5) | (d))
// bit vd.16b, vn.16b, vm.16b
#define VBIT_B16(m, n, d) WORD $(0x6EA01C00 | ((m)<<16) | ((n)<<5) | (d))
// bif vd.16b, vn.16b, vm.16b
#define VBIF_B16(m, n, d) WORD $(0x6EE01C00 | ((m)<<16) | ((n)<<5) | (d))
// bsl vd.16b, vn.16b, vm.16b
#define VBSL_B16(m, n, d) WORD $(0x6E601C00 | ((m)<<16) | ((n)<<5) | (d))
// umull vd.2d, vn.2s, vm.2s
#define VUMULL_D2(m, n, d) WORD $(0x2EA0C000 | ((m)<<16) | ((n)<<5) | (d))
// umull2 vd.2d, vn.4s, vm.4s
#define VUMULL2_D2(m, n, d) WORD $(0x6EA0C000 | ((m)<<16) | ((n)<<5) | (d))
// cmhs vd.4s, vn.4s, vm.4s
#define VCMHS_S4(m, n, d) WORD $(0x6EA03C00 | ((m)<<16) | ((n)<<5) | (d))

// By element: lane i of m, 0 to 3, with every lane of n.

// fmla vd.4s, vn.4s, vm.s[i]
#define VFMLA_S4E(m, i, n, d) WORD $(0x4F801000 | ((m)<<16) | (((i)&1)<<21) | (((i)>>1)<<11) | ((n)<<5) | (d))
// fmls vd.4s, vn.4s, vm.s[i]
#define VFMLS_S4E(m, i, n, d) WORD $(0x4F805000 | ((m)<<16) | (((i)&1)<<21) | (((i)>>1)<<11) | ((n)<<5) | (d))
// fmul vd.4s, vn.4s, vm.s[i]
#define VFMUL_S4E(m, i, n, d) WORD $(0x4F809000 | ((m)<<16) | (((i)&1)<<21) | (((i)>>1)<<11) | ((n)<<5) | (d))

// Two registers.

// fabs vd.4s, vn.4s
#define VFABS_S4(n, d) WORD $(0x4EA0F800 | ((n)<<5) | (d))
// fneg vd.4s, vn.4s
#define VFNEG_S4(n, d) WORD $(0x6EA0F800 | ((n)<<5) | (d))
// fsqrt vd.4s, vn.4s
#define VFSQRT_S4(n, d) WORD $(0x6EA1F800 | ((n)<<5) | (d))
// fcmlt vd.4s, vn.4s, #0.0
#define VFCMLT0_S4(n, d) WORD $(0x4EA0E800 | ((n)<<5) | (d))
// fcmle vd.4s, vn.4s, #0.0
#define VFCMLE0_S4(n, d) WORD $(0x6EA0D800 | ((n)<<5) | (d))
// fcmgt vd.4s, vn.4s, #0.0
#define VFCMGT0_S4(n, d) WORD $(0x4EA0C800 | ((n)<<5) | (d))
// fcmeq vd.4s, vn.4s, #0.0
#define VFCMEQ0_S4(n, d) WORD $(0x4EA0D800 | ((n)<<5) | (d))
// scvtf vd.4s, vn.4s
#define VSCVTF_S4(n, d) WORD $(0x4E21D800 | ((n)<<5) | (d))
// ushr vd.4s, vn.4s, #1
#define VUSHR1_S4(n, d) WORD $(0x6F3F0400 | ((n)<<5) | (d))
// sshr vd.4s, vn.4s, #23
#define VSSHR23_S4(n, d) WORD $(0x4F290400 | ((n)<<5) | (d))
// shl vd.4s, vn.4s, #23
#define VSHL23_S4(n, d) WORD $(0x4F375400 | ((n)<<5) | (d))
// fcvtl vd.2d, vn.2s
#define VFCVTL_D2(n, d) WORD $(0x0E617800 | ((n)<<5) | (d))
// fcvtl2 vd.2d, vn.4s
#define VFCVTL2_D2(n, d) WORD $(0x4E617800 | ((n)<<5) | (d))

// Across the lanes of one register.

// faddp sd, vn.2s
#define VFADDP_S(n, d) WORD $(0x7E30D800 | ((n)<<5) | (d))
// faddp dd, vn.2d
#define VFADDP_D(n, d) WORD $(0x7E70D800 | ((n)<<5) | (d))
// fmaxv sd, vn.4s
#define VFMAXV_S4(n, d) WORD $(0x6E30F800 | ((n)<<5) | (d))
// umaxv sd, vn.4s
#define VUMAXV_S4(n, d) WORD $(0x6EB0A800 | ((n)<<5) | (d))

// Memory: 16 bytes of a table at R5, the number k of which is 0 to 4095.

// ldr qd, [x5, #16*k]
#define VLDR_Q5(k, d) WORD $(0x3DC000A0 | ((k)<<10) | (d))
