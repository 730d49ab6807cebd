//go:build purego || !(amd64 || arm64)

package isa

// CPU returns "": without kernels there is no reason to ask.
func CPU() string { return "" }

func detect() []Level { return nil }
