//go:build unix && (386 || amd64 || arm || arm64 || loong64 || mipsle || mips64le || ppc64le || riscv64)

package safetensors

import (
	"fmt"
	"math"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// MapFile is ReadFile with the file mapped into memory, read-only and shared with all
// processes that map it; unmap ends the mapping, and with it all Data of the tensors. The
// file must not be truncated while it is mapped; one that is replaced, as this library's
// writers do, stays as it was.
func MapFile(path string) (f *File, unmap func() error, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, fmt.Errorf("safetensors: %w", err)
	}
	if err := checkRegular(path, info); err != nil {
		return nil, nil, err
	}
	r, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("safetensors: %w", err)
	}
	defer r.Close()
	if info, err = r.Stat(); err != nil {
		return nil, nil, fmt.Errorf("safetensors: %w", err)
	}
	if err := checkRegular(path, info); err != nil {
		return nil, nil, err
	}
	if info.Size() < lengthSize {
		return nil, nil, fmt.Errorf("safetensors: file of %d bytes, want at least %d (file %s)", info.Size(), lengthSize, path)
	}
	if info.Size() > math.MaxInt {
		return nil, nil, fmt.Errorf("safetensors: file of %d bytes, want at most %d on this machine (file %s)", info.Size(), math.MaxInt, path)
	}
	data, err := unix.Mmap(int(r.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, fmt.Errorf("safetensors: map %s: %w", path, err)
	}
	if f, err = Parse(data); err != nil {
		_ = unix.Munmap(data) // the file is no use: nothing more to say
		return nil, nil, fmt.Errorf("%w (file %s)", err, path)
	}
	return f, func() error { return unix.Munmap(data) }, nil
}

// View returns the values of an F32 tensor without a copy, as far as this machine can: nil
// if the tensor has another dtype or lies where float32 may not.
func View(t Tensor) []float32 {
	const size = 4
	if t.DType != float32DType || len(t.Data) == 0 || uintptr(unsafe.Pointer(&t.Data[0]))%size != 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&t.Data[0])), len(t.Data)/size)
}
