//go:build unix && !aix && !solaris

package safetensors

import (
	"path/filepath"
	"syscall"
	"testing"
)

// TestReadFilePipe would wait for ever if ReadFile opened the pipe.
func TestReadFilePipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no named pipe to be made here: ", err)
	}
	_, err := ReadFile(path)
	wantError(t, err, path, "named pipe", "regular file")
	_, err = ReadFile("/dev/null")
	wantError(t, err, "/dev/null", "device")
}
