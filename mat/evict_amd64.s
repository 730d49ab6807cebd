//go:build !purego

#include "textflag.h"

// func evictAVX512(x *float32, n int)
//
// Writes back and drops the cache lines of x[i], 0 ≤ i < n; n > 0.
// needs CLFLUSHOPT: all processors with AVX-512 DQ have it
//
//	SI   next line      CX   end of x
TEXT ·evictAVX512(SB), NOSPLIT, $0-16
	MOVQ x+0(FP), SI
	MOVQ n+8(FP), CX
	LEAQ (SI)(CX*4), CX
	ANDQ $~63, SI

line:
	CLFLUSHOPT (SI)
	ADDQ       $64, SI
	CMPQ       SI, CX
	JB         line
	SFENCE
	RET
