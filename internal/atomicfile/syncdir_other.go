//go:build !unix

package atomicfile

// syncDir has nothing to do: Windows's rename is durable itself, and the other systems know
// no way.
func syncDir(string) error { return nil }
