//go:build purego || !(amd64 || arm64)

package mat

// tiled reports that there are no tile kernels.
func (g *job) tiled() bool { return false }

// dots is not called: the only level is generic.
func (g *job) dots() bool { return false }
