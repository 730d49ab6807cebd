package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// TestDevice must leave the device as it is. It makes one of its own: were the check lost, a
// test run by root on /dev/null would put a file in its place for the whole machine.
func TestDevice(t *testing.T) {
	dir := t.TempDir()
	device := filepath.Join(dir, "device")
	const null = 1<<8 | 3 // major and minor number of /dev/null
	if err := syscall.Mknod(device, syscall.S_IFCHR|0o600, null); err != nil {
		t.Skip("only root may make a device: ", err)
	}
	link := filepath.Join(dir, "link")
	symlink(t, "device", link)
	for _, path := range []string{device, link} {
		wantError(t, Write(path, content("x")), "is a device", device, "want a regular file")
	}
	if got := mode(t, device); got&fs.ModeDevice == 0 {
		t.Errorf("the device is now %v", got)
	}
	checkNames(t, dir, "device", "link")
}

// TestDiskFull uses the limit on file sizes as a disk that runs full, for a callback that
// ignores the error and for one whose last bytes meet it after its return.
func TestDiskFull(t *testing.T) {
	const space = 1 << 20
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	limit := syscall.Rlimit{Cur: space, Max: old.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Skip("no limit on file sizes to be set here: ", err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
			t.Error(err)
		}
	}()

	path := filepath.Join(t.TempDir(), "f")
	put(t, path, "old")
	for name, write := range map[string]func(io.Writer) error{
		"ignored": func(w io.Writer) error {
			for range 4 * space / 1000 {
				_, _ = w.Write(make([]byte, 1000))
			}
			return nil
		},
		"at the end": func(w io.Writer) error {
			for range space/bufferSize - 1 {
				if _, err := w.Write(make([]byte, bufferSize)); err != nil {
					t.Errorf("too early: %v", err)
				}
			}
			for range 2 {
				if _, err := w.Write(make([]byte, bufferSize/2+1)); err != nil {
					t.Errorf("too early: %v", err)
				}
			}
			return nil
		},
	} {
		err := Write(path, write)
		if !errors.Is(err, syscall.EFBIG) {
			t.Errorf("%s: %v, want %v in it", name, err, syscall.EFBIG)
		}
		check(t, path, "old", "f")
	}
	if err := Write(path, content("new")); err != nil {
		t.Error(err)
	}
	check(t, path, "new", "f")
}
