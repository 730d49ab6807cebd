//go:build unix && !aix && !solaris

package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// mode returns a file's type and permission, without following a link.
func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

func TestPermission(t *testing.T) {
	dir := t.TempDir()
	for _, perm := range []fs.FileMode{0o644, 0o600, 0o666, 0o640, 0o444, 0o755, 0o200, 0} {
		path := filepath.Join(dir, "f")
		put(t, path, "old")
		if err := os.Chmod(path, perm); err != nil {
			t.Fatal(err)
		}
		err := Write(path, func(w io.Writer) error {
			temps, _ := filepath.Glob(filepath.Join(dir, ".sinew-*.tmp"))
			if len(temps) != 1 || mode(t, temps[0])&^privateMode != 0 {
				t.Errorf("temporary files %v: one wanted, readable by the owner only", temps)
			}
			return content("new")(w)
		})
		if err != nil {
			t.Errorf("permission %o: %v", perm, err)
		}
		if got := mode(t, path); got != perm {
			t.Errorf("permission %o, want %o as before", got, perm)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		check(t, path, "new", "f")
	}
}

func TestUmask(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		umask int
		want  fs.FileMode
	}{{0, 0o644}, {0o22, 0o644}, {0o27, 0o640}, {0o77, 0o600}} {
		path := filepath.Join(dir, "f")
		old := syscall.Umask(c.umask)
		err := Write(path, content("new"))
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		if got := mode(t, path); got != c.want {
			t.Errorf("umask %o: permission %o, want %o", c.umask, got, c.want)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func symlink(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}

func TestSymlink(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"links", "files", "files/deep"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "files", "f")
	link := func(name string) string { return filepath.Join(dir, "links", name) }
	symlink(t, file, link("absolute"))
	symlink(t, "../files/f", link("relative"))
	symlink(t, "relative", link("twice"))
	symlink(t, "../files/deep", link("dir"))
	// Cleaning "dir/../f" before use would make it links/f.
	symlink(t, "dir/../f", link("through"))
	names := []string{"absolute", "dir", "relative", "through", "twice"}
	for _, name := range []string{"absolute", "relative", "twice", "through"} {
		for _, before := range []string{"missing", "there"} {
			if err := os.Remove(file); err != nil && before == "there" {
				t.Fatal(err)
			}
			if before == "there" {
				put(t, file, "old")
			}
			s := name + before
			if err := Write(link(name), content(s)); err != nil {
				t.Errorf("%s, file %s: %v", name, before, err)
			}
			check(t, file, s, "deep", "f")
			checkNames(t, filepath.Join(dir, "links"), names...)
			if mode(t, link(name))&fs.ModeSymlink == 0 {
				t.Errorf("%s is no link any more", name)
			}
		}
	}
	// A link to a directory as part of the path, with "..": the file's own directory counts.
	if err := Write(link("dir")+"/../g", content("g")); err != nil {
		t.Error(err)
	}
	check(t, filepath.Join(dir, "files", "g"), "g", "deep", "f", "g")
}

func TestBadSymlink(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	symlink(t, "b", path("a"))
	symlink(t, "a", path("b"))
	symlink(t, ".", path("dir"))
	symlink(t, "missing/f", path("missing"))
	names := []string{"a", "b", "dir", "missing"}
	wantError(t, Write(path("a"), content("")), "symbolic links")
	wantError(t, Write(path("dir"), content("")), path("dir")+": links to ", "is a directory")
	wantError(t, Write(path("missing"), content("")), "missing")
	checkNames(t, dir, names...)
}

// TestPipe must leave the pipe as it is: a rename would put a file in its place.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip("no named pipe to be made here: ", err)
	}
	wantError(t, Write(pipe, content("x")), "is a named pipe", "want a regular file")
	if got := mode(t, pipe); got&fs.ModeNamedPipe == 0 {
		t.Errorf("the pipe is now %v", got)
	}
	checkNames(t, dir, "pipe")
}

// asNobody starts a test of this package again as a user whom permissions hold back, in a folder
// of that user's.
func asNobody(t *testing.T, test string) {
	t.Helper()
	const nobody = 65534
	dir, err := os.MkdirTemp("", "") // t.TempDir's parent is for its owner only, as is that of this binary
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "test")
	if err := errors.Join(os.WriteFile(copied, program, 0o755), os.Chown(dir, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(copied, "-test.run=^"+test+"$", "-test.v")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Skip("root may write everywhere, and no other user can start this program here, as in an emulator: ", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+test) {
		t.Errorf("as user %d: %v\n%s", nobody, err, out)
	}
}

// TestUnwritableDirectory needs a user whom permissions hold back: root is none.
func TestUnwritableDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		asNobody(t, t.Name())
		return
	}
	dir := filepath.Join(t.TempDir(), "d")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "f")
	put(t, path, "old")
	for _, c := range []struct {
		perm fs.FileMode
		ok   bool
	}{{0o555, false}, {0o333, true}} {
		if err := os.Chmod(dir, c.perm); err != nil {
			t.Fatal(err)
		}
		err := Write(path, content("new"))
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if c.ok != (err == nil) {
			t.Errorf("directory of permission %o: %v", c.perm, err)
		}
		if !c.ok && !strings.Contains(err.Error(), dir) {
			t.Errorf("directory of permission %o: %v does not name it", c.perm, err)
		}
		check(t, path, map[bool]string{false: "old", true: "new"}[c.ok], "f")
	}
}
