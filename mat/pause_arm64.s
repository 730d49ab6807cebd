//go:build !purego

#include "textflag.h"

// func pause()
//
// Tells the processor that a loop waits for another one's write: ISB, which takes some
// tens of cycles, where YIELD takes none on most cores.
TEXT ·pause(SB), NOSPLIT, $0
	ISB $15
	RET
