// Package isa says which instruction set the kernels of this process use.
//
// Detection runs once, at start, through cpuid. The environment variable
// SINEW_ISA overrides the choice; a value that is unknown or that this machine
// cannot run leaves the detected level in use and is reported by [Err], which
// every constructor of package net passes on. Package initialisation never panics.
package isa

import (
	"fmt"
	"os"
	"strings"
)

// Level is one instruction set for which every kernel has a body.
type Level uint8

// The levels. Each names all it needs: a CPU with AVX2 but without FMA3 runs Generic.
const (
	Generic Level = iota // portable Go, any machine
	AVX2                 // amd64: AVX2 and FMA3
	AVX512               // amd64: AVX-512 F, VL, DQ and BW, beside AVX2 and FMA3
	NEON                 // arm64 baseline (ASIMD)
)

// EnvVar is the environment variable that overrides the choice.
const EnvVar = "SINEW_ISA"

var names = [...]string{Generic: "generic", AVX2: "avx2", AVX512: "avx512", NEON: "neon"}

// String returns the level's name as SINEW_ISA takes it.
func (l Level) String() string {
	if int(l) < len(names) {
		return names[l]
	}
	return fmt.Sprintf("Level(%d)", uint8(l))
}

// Fused reports whether the level's kernels use fused multiply-adds and so give
// the bits of the specification (internal/ref).
func (l Level) Fused() bool { return l != Generic }

var (
	available = append([]Level{Generic}, detect()...) // slowest first
	active    = available[len(available)-1]
	envErr    = override(os.Getenv(EnvVar))
)

// Active returns the level in use.
func Active() Level { return active }

// Available returns the levels that this machine and build can run, slowest first.
func Available() []Level { return append([]Level(nil), available...) }

// Err returns what is wrong with SINEW_ISA, or nil.
func Err() error { return envErr }

// Force puts level in use and returns a function that puts back what was there.
// It is for tests: it must not run while another goroutine uses a kernel. It
// panics if the machine cannot run the level.
func Force(level Level) (restore func()) {
	if !runs(level) {
		panic("isa: Force: level not available on this machine")
	}
	old := active
	active = level
	return func() { active = old }
}

func runs(level Level) bool {
	for _, l := range available {
		if l == level {
			return true
		}
	}
	return false
}

// override applies the value of SINEW_ISA; "" keeps the detected level.
func override(value string) error {
	if value == "" {
		return nil
	}
	for l, name := range names {
		if name != value {
			continue
		}
		if !runs(Level(l)) {
			return fmt.Errorf("sinew: %s=%s: not available on this machine or in this build; available: %s", EnvVar, value, list(available))
		}
		active = Level(l)
		return nil
	}
	return fmt.Errorf("sinew: %s=%q: unknown instruction set; available: %s", EnvVar, value, list(available))
}

func list(levels []Level) string {
	s := make([]string, len(levels))
	for i, l := range levels {
		s[i] = l.String()
	}
	return strings.Join(s, ", ")
}
