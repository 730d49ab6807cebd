//go:build unix && !aix && !solaris

package main

import (
	"strings"
	"syscall"
	"testing"
)

// TestInspectPipe would wait for ever if the pipe were opened.
func TestInspectPipe(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := syscall.Mkfifo("pipe", 0o600); err != nil {
		t.Skip("no named pipe to be made here: ", err)
	}
	if code, _, errs := sinew(t, "", "inspect", "pipe"); code != exitError || !strings.Contains(errs, "pipe: a named pipe: want a regular file") {
		t.Errorf("exit status %d, %q", code, errs)
	}
}

// TestDataPipe names a pipe as each of the files of a run.
func TestDataPipe(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := syscall.Mkfifo("pipe", 0o600); err != nil {
		t.Skip("no named pipe to be made here: ", err)
	}
	write(t, "holes.csv", []byte(holes()))
	for _, args := range []string{"--data pipe --label kind", "--data holes.csv --separator ; --label kind --test-data pipe", "--data holes.csv --separator ; --label kind --validation-data pipe"} {
		code, _, errs := sinew(t, "", append([]string{"train", "--plot", ""}, strings.Fields(args)...)...)
		if code != exitError || !strings.Contains(errs, "pipe: a named pipe: want a regular file") {
			t.Errorf("%s: exit status %d, %q", args, code, errs)
		}
	}
}
