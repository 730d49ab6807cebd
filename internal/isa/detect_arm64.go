//go:build arm64 && !purego

package isa

import "github.com/klauspost/cpuid/v2"

// CPU returns the processor's name.
func CPU() string { return cpuid.CPU.BrandName }

// detect returns NEON always: Go's arm64 port needs it.
func detect() []Level { return []Level{NEON} }
