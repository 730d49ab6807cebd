//go:build !purego

#include "textflag.h"

// func pause()
//
// Tells the processor that a loop waits for another one's write.
TEXT ·pause(SB), NOSPLIT, $0
	PAUSE
	RET
