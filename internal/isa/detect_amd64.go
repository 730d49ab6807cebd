//go:build amd64 && !purego

package isa

import "github.com/klauspost/cpuid/v2"

// CPU returns the processor's name.
func CPU() string { return cpuid.CPU.BrandName }

// detect returns the levels above Generic, slowest first. cpuid also asks
// whether the operating system saves the wide registers.
func detect() (levels []Level) {
	if !cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3) {
		return nil
	}
	levels = append(levels, AVX2)
	if cpuid.CPU.Supports(cpuid.AVX512F, cpuid.AVX512VL, cpuid.AVX512DQ, cpuid.AVX512BW) {
		levels = append(levels, AVX512)
	}
	return levels
}
