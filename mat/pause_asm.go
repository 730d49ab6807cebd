//go:build (amd64 || arm64) && !purego

package mat

//go:noescape
func pause()
