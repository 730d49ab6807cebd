package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// content returns a callback that writes s.
func content(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// put creates a file that a test then tries to replace.
func put(t *testing.T, path, s string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(s), 0o644); err != nil {
		t.Fatal(err)
	}
}

// check compares a file's content, and that its directory holds just the names.
func check(t *testing.T, path, want string, names ...string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %.40q, %v, want %.40q", path, got, err, want)
	}
	checkNames(t, filepath.Dir(path), names...)
}

// checkNames compares the names in a directory: no temporary file may stay.
func checkNames(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if fmt.Sprint(got) != fmt.Sprint(names) {
		t.Errorf("directory holds %v, want %v", got, names)
	}
}

// wantError checks for an error of this package that holds all parts.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", parts)
		return
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q, want %q in it", err, part)
		}
	}
}

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, s := range []string{"new", "", "longer than before", strings.Repeat("large", bufferSize), "short"} {
		if err := Write(path, content(s)); err != nil {
			t.Fatal(err)
		}
		check(t, path, s, "f")
	}
}

func TestRelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("d", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"f", "./f", "d/../f", filepath.Join("d", "f")} {
		if err := Write(path, content(path)); err != nil {
			t.Fatal(err)
		}
		check(t, path, path, map[bool][]string{true: {"f"}, false: {"d", "f"}}[path == filepath.Join("d", "f")]...)
	}
}

// TestWhileWriting looks at the directory from within the callback.
func TestWhileWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	put(t, path, "old")
	err := Write(path, func(w io.Writer) error {
		if _, err := w.Write(make([]byte, 3*bufferSize)); err != nil {
			return err
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
			t.Errorf("while writing, the file holds %.20q, %v, want the old content", got, err)
		}
		temps, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".sinew-*.tmp"))
		if err != nil || len(temps) != 1 {
			t.Errorf("temporary files %v, %v, want one beside the target", temps, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	check(t, path, string(make([]byte, 3*bufferSize)), "f")
}

func TestCallbackFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	full := errors.New("no space left")
	for _, n := range []int{0, 1, bufferSize, 10 * bufferSize} {
		fail := func(w io.Writer) error {
			if _, err := w.Write(make([]byte, n)); err != nil {
				return err
			}
			return full
		}
		missing := filepath.Join(dir, "missing")
		err := Write(missing, fail)
		wantError(t, err, missing, "no space left")
		if !errors.Is(err, full) {
			t.Errorf("error %v does not wrap the callback's", err)
		}
		checkNames(t, dir)

		put(t, path, "old")
		err = Write(path, fail)
		wantError(t, err, path, "no space left")
		check(t, path, "old", "f")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCallbackPanics(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	put(t, path, "old")
	func() {
		defer func() {
			if got := recover(); got != "bug" {
				t.Errorf("recovered %v, want the callback's panic", got)
			}
		}()
		_ = Write(path, func(w io.Writer) error {
			_, _ = w.Write(make([]byte, 2*bufferSize))
			panic("bug")
		})
	}()
	check(t, path, "old", "f")

	// t.FailNow and the like end the goroutine without a panic.
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = Write(path, func(io.Writer) error {
			runtime.Goexit()
			return nil
		})
	}()
	<-done
	check(t, path, "old", "f")
}

func TestBadTargets(t *testing.T) {
	dir := t.TempDir()
	inside := filepath.Join(dir, "d")
	if err := os.Mkdir(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	called := func(io.Writer) error {
		t.Error("callback called")
		return nil
	}
	wantError(t, Write("", called), "the path is empty")
	wantError(t, Write(inside, called), inside, "is a directory", "want a regular file")
	wantError(t, Write(inside+string(filepath.Separator), called), "ends in a separator")

	missing := filepath.Join(dir, "missing", "f")
	err := Write(missing, called)
	wantError(t, err, missing, "directory "+filepath.Join(dir, "missing"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing directory: %v, want fs.ErrNotExist in it", err)
	}
	if strings.Contains(err.Error(), ".tmp") {
		t.Errorf("missing directory: %v names the temporary file", err)
	}
	checkNames(t, dir, "d")

	put(t, filepath.Join(dir, "f"), "old")
	wantError(t, Write(filepath.Join(dir, "f", "g"), called), "f")
	check(t, filepath.Join(dir, "f"), "old", "d", "f")
}

// TestConcurrent lets writers and readers meet: every look at the file must find it whole.
func TestConcurrent(t *testing.T) {
	const writers, rounds, size = 8, 5, 3*bufferSize + 17
	path := filepath.Join(t.TempDir(), "f")
	put(t, path, strings.Repeat("0", size))
	var writing, reading sync.WaitGroup
	done := make(chan struct{})
	for i := range writers {
		writing.Go(func() {
			line := bytes.Repeat([]byte{'a' + byte(i)}, size/16)
			for range rounds {
				err := Write(path, func(w io.Writer) error {
					for rest := size; rest > 0; {
						n, err := w.Write(line[:min(rest, len(line))])
						if err != nil {
							return err
						}
						rest -= n
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	looks := 0
	reading.Go(func() {
		for last := false; !last; looks++ {
			select {
			case <-done:
				last = true
			default:
			}
			runtime.Gosched() // on wasm nobody else takes turns by force
			got, err := os.ReadFile(path)
			if err != nil {
				if runtime.GOOS == "windows" && !last {
					continue // in the moment of replacement
				}
				t.Error(err)
				return
			}
			if len(got) != size || bytes.Count(got, got[:1]) != size {
				t.Errorf("the file holds %d bytes, of which %d like the first, want %d", len(got), bytes.Count(got, got[:1]), size)
				return
			}
		}
	})
	writing.Wait()
	close(done)
	reading.Wait()
	if looks == 0 {
		t.Error("the reader never looked")
	}
	checkNames(t, filepath.Dir(path), "f")
}
