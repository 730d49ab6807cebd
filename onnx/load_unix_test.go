//go:build unix && !aix && !solaris

package onnx

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestLoadPipe would wait for ever if LoadFile opened the pipe.
func TestLoadPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no named pipe to be made here: ", err)
	}
	if _, err := LoadFile(path); err == nil || !strings.Contains(err.Error(), "want a regular file") {
		t.Errorf("error %v", err)
	}
}
