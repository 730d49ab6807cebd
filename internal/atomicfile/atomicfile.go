// Package atomicfile replaces files as a whole: whoever opens the path, also after a crash
// or a loss of power, finds the old content or the new, never a part.
//
// On systems without durable renaming (js, wasip1, plan9) the change is whole as far as the
// system's rename is, but may be lost with the power.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
)

const (
	// newMode is the permission of a file that did not exist, less the process's umask.
	newMode = 0o644

	// privateMode keeps what will replace an existing file from other users' eyes until
	// it has that file's permission.
	privateMode = 0o600

	// bufferSize lets writers of single values and lines make few system calls.
	bufferSize = 64 << 10

	tempPrefix, tempSuffix = ".sinew-", ".tmp"
)

// Write replaces the content of the file at path by what write writes, or creates the file.
//
// The content goes to a temporary file .sinew-*.tmp in the same directory, which takes the
// name once it is safely on disk. If write returns an error or panics, or if anything else
// fails before, the temporary file is removed and the old file is as it was. The one later
// step is to make the new name durable: an error from it says that the content is replaced.
//
// An existing file must be a regular one. Its permission is kept, its owner, access lists
// and hard links are not. Only the directory needs to be writable: a read-only file is
// replaced, except on Windows. A new file gets 0644 less the umask. If path is a symbolic
// link, the file that it points to is replaced or created, and the link stays.
//
// Concurrent writers do not mix: the last one to finish wins. The error wraps that of write
// or of the system.
func Write(path string, write func(io.Writer) error) error {
	target, info, err := resolve(path)
	if err != nil {
		return named(path, err)
	}
	if err := replaceContent(target, info, "", func() error { return nil }, write); err != nil {
		return named(path, err)
	}
	return nil
}

// named puts the path that was given in front of an error.
func named(path string, err error) error {
	if path == "" {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// replaceContent does the work on a target that is no link; info is nil if it is missing.
// ready is called when the new content is on disk and only its name is missing.
func replaceContent(target string, info fs.FileInfo, mark string, ready func() error, write func(io.Writer) error) (err error) {
	mode := fs.FileMode(newMode)
	if info != nil {
		mode = privateMode
	}
	dir := directory(target)
	f, err := createTemp(dir, mark, mode)
	if err != nil {
		return err
	}
	// Also runs when write panics or ends the goroutine.
	renamed := false
	defer func() {
		if !renamed {
			f.Close() // again where all went well: harmless
			os.Remove(f.Name())
		}
	}()

	w := bufio.NewWriterSize(f, bufferSize)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if info != nil {
		if err := setMode(f, info.Mode().Perm()); err != nil {
			return err
		}
	}
	// Before the rename: else a crash may leave the new name with an empty file.
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := ready(); err != nil {
		return err
	}
	if err := rename(f.Name(), target); err != nil {
		return err
	}
	renamed = true
	if err := syncDir(dir); err != nil {
		return fmt.Errorf("content replaced, but a loss of power may undo it: %w", err)
	}
	return nil
}

// setMode changes the permission where it differs: file systems that have none to change
// refuse even a change to the same.
func setMode(f *os.File, perm fs.FileMode) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Mode().Perm() == perm {
		return nil
	}
	return f.Chmod(perm)
}

// createTemp creates a file of a new name. os.CreateTemp would do, but for the permission:
// it always asks for 0600, and a process cannot read its umask without changing it.
func createTemp(dir, mark string, mode fs.FileMode) (*os.File, error) {
	const attempts = 100
	for attempt := 1; ; attempt++ {
		name := dir + tempPrefix + mark + strconv.FormatUint(rand.Uint64(), 36) + tempSuffix
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(err, fs.ErrExist) && attempt < attempts {
			continue
		}
		// The random name would only distract: the directory is what is missing or closed.
		if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
			return nil, fmt.Errorf("cannot create a temporary file in directory %s: %w", filepath.Clean(dir), pathErr.Err)
		}
		return f, err
	}
}

// directory returns the part of path before the last element, with its separator. Unlike
// filepath.Dir it does not drop "x/..", which is another place if x is a symbolic link.
func directory(path string) string {
	dir, _ := filepath.Split(path)
	if dir == "" {
		dir = "." + string(filepath.Separator)
	}
	return dir
}

// resolve follows symbolic links from path to the file that a write must replace. The info
// is nil if that file does not exist.
func resolve(path string) (string, fs.FileInfo, error) {
	if path == "" {
		return "", nil, errors.New("the path is empty, want a file's name")
	}
	const most = 40 // Linux's own limit
	given := path
	for range most {
		if os.IsPathSeparator(path[len(path)-1]) {
			return "", nil, errors.New("path ends in a separator, want a file's name")
		}
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil, nil
		}
		if err != nil {
			return "", nil, err
		}
		mode := info.Mode()
		if mode.IsRegular() {
			return path, info, nil
		}
		if mode&fs.ModeSymlink == 0 {
			// A rename would turn even /dev/null into a file.
			err := fmt.Errorf("is %s, want a regular file or none", Kind(mode))
			if path != given {
				err = fmt.Errorf("links to %s: %w", path, err)
			}
			return "", nil, err
		}
		link, err := os.Readlink(path)
		if err != nil {
			return "", nil, err
		}
		if link == "" {
			return "", nil, errors.New("empty symbolic link")
		}
		switch {
		case filepath.IsAbs(link):
		case os.IsPathSeparator(link[0]): // on Windows: from the root of the same volume
			link = filepath.VolumeName(path) + link
		default:
			link = directory(path) + link
		}
		path = link
	}
	return "", nil, fmt.Errorf("more than %d symbolic links in a row", most)
}

// Kind names what is not a regular file.
func Kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "a special file"
}
