package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWriteKeeping(t *testing.T) {
	for keep, want := range [][]string{{"e"}, {"e"}, {"e", "d"}, {"e", "d", "c"}, {"e", "d", "c", "b"}, {"e", "d", "c", "b", "a"}, {"e", "d", "c", "b", "a"}} {
		path := filepath.Join(t.TempDir(), "f")
		for _, s := range strings.Split("abcde", "") {
			if err := WriteKeeping(path, keep, content(s)); err != nil {
				t.Fatal(err)
			}
		}
		names := []string{"f", "f.1", "f.2", "f.3", "f.4"}[:len(want)]
		for i, s := range want {
			if Kept(path, i) != filepath.Join(filepath.Dir(path), names[i]) {
				t.Errorf("file %d is %s, want %s", i, Kept(path, i), names[i])
			}
			check(t, Kept(path, i), s, names...)
		}
	}
}

// A writer that fails again and again must not push the good files out.
func TestKeepingFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	put(t, path, "b")
	put(t, path+".1", "a")
	full := errors.New("no space left")
	for range 3 {
		err := WriteKeeping(path, 2, func(io.Writer) error { return full })
		wantError(t, err, path, "no space left")
		check(t, path, "b", "f", "f.1")
		check(t, path+".1", "a", "f", "f.1")
	}
	// Nor does a name that cannot be taken.
	put(t, path+".2", "x")
	if err := os.Remove(path + ".1"); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path+".1", "d"), 0o755); err != nil {
		t.Fatal(err)
	}
	wantError(t, WriteKeeping(path, 2, content("c")), "f.1")
	check(t, path, "b", "f", "f.1", "f.2")
}

// What a crash between two renames leaves: the next writing goes on from there.
func TestKeepingAfterCrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	put(t, path+".1", "c") // f was renamed, the new file was not
	put(t, path+".2", "b")
	if err := WriteKeeping(path, 3, content("d")); err != nil {
		t.Fatal(err)
	}
	check(t, path, "d", "f", "f.1", "f.2")
	check(t, path+".1", "c", "f", "f.1", "f.2")
	check(t, path+".2", "b", "f", "f.1", "f.2")
	if err := os.Remove(path + ".1"); err != nil { // f.1 was renamed, f was not
		t.Fatal(err)
	}
	if err := WriteKeeping(path, 3, content("e")); err != nil {
		t.Fatal(err)
	}
	check(t, path, "e", "f", "f.1", "f.2")
	check(t, path+".1", "d", "f", "f.1", "f.2")
	check(t, path+".2", "b", "f", "f.1", "f.2")
}

// A killed process's temporary file goes with the next writing of the same file, and only
// that.
func TestKeepingRemovesLeft(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	left := func(name string) string {
		f, err := createTemp(dir+string(filepath.Separator), mark(name), newMode)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		return filepath.Base(f.Name())
	}
	left("f")
	left(path)
	other := left("g")
	if err := WriteKeeping(path, 2, content("new")); err != nil {
		t.Fatal(err)
	}
	check(t, path, "new", other, "f")
}
