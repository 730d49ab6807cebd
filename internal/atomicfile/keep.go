package atomicfile

import (
	"errors"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// WriteKeeping is [Write] that keeps what the file held before: once the new content is
// safely on disk the file becomes path.1 (see [Kept]), that one path.2, and so on, up to keep files
// in all; the oldest is overwritten. With keep 1 or less it is Write. As long as writing
// fails, no file changes its name.
//
// A crash in the moment of renaming can leave no file at path, but then the one before is
// whole at path.1. Temporary files that a killed process left behind for the same path
// are removed, so there must be one process at a time that writes it.
func WriteKeeping(path string, keep int, write func(io.Writer) error) error {
	target, info, err := resolve(path)
	if err != nil {
		return named(path, err)
	}
	own := mark(target)
	removeLeft(directory(target), own)
	shift := func() error {
		if info == nil {
			return nil
		}
		return shiftKept(target, keep)
	}
	if err := replaceContent(target, info, own, shift, write); err != nil {
		return named(path, err)
	}
	return nil
}

// Kept returns the name of the file that was at path, no symbolic link, i writings ago: path
// itself for 0.
func Kept(path string, i int) string {
	if i == 0 {
		return path
	}
	return path + "." + strconv.Itoa(i)
}

// Target returns the file that a writing to path replaces or creates: what path points to if it
// is a symbolic link, and beside which the files before it are kept.
func Target(path string) string {
	if target, _, err := resolve(path); err == nil {
		return target
	}
	return path
}

// shiftKept makes way at target. It moves no more files than it must: those behind a gap stay.
func shiftKept(target string, keep int) error {
	free := 1
	for ; free < keep-1; free++ {
		if _, err := os.Lstat(Kept(target, free)); errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	for i := min(free, keep-1); i > 0; i-- {
		if err := rename(Kept(target, i-1), Kept(target, i)); err != nil {
			return err
		}
	}
	return nil
}

// mark returns what the names of a file's temporary files have in common: short, whatever
// the file's name.
func mark(target string) string {
	h := fnv.New64a()
	h.Write([]byte(filepath.Base(target)))
	return strconv.FormatUint(h.Sum64(), 36) + "-"
}

// removeLeft removes temporary files of a mark. What cannot be removed does no harm.
func removeLeft(dir, mark string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), tempPrefix+mark) && strings.HasSuffix(e.Name(), tempSuffix) {
			os.Remove(dir + e.Name())
		}
	}
}
