//go:build !windows

package atomicfile

import "os"

// rename gives the file at from the name to, in one step, in place of the file there.
func rename(from, to string) error { return os.Rename(from, to) }
