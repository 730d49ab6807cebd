//go:build unix

package mat

import (
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fenced returns at least n floats that lie between two pages which can be neither
// read nor written: both its first and its last element adjoin one. intact is for
// systems without such pages.
func fenced(t *testing.T, n int) (mem []float32, intact func() bool) {
	t.Helper()
	if os.Getenv("SINEW_GUARD") == "strips" { // for emulators whose masked loads read what is masked off
		return strips(n)
	}
	page := os.Getpagesize()
	size := (4*n + page - 1) / page * page
	raw, err := unix.Mmap(-1, 0, size+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatalf("mmap of %d bytes: %v", size+2*page, err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(raw); err != nil {
			t.Errorf("munmap: %v", err)
		}
	})
	for _, fence := range [][]byte{raw[:page], raw[page+size:]} {
		if err := unix.Mprotect(fence, unix.PROT_NONE); err != nil {
			t.Fatalf("mprotect: %v", err)
		}
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&raw[page])), size/4), func() bool { return true }
}
