//go:build !amd64 || purego

package mat

func evict(x []float32) {}
