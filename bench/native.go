package main

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// What depends on the CPU or on headers that may be missing is compiled when the
// program runs: so a missing library leaves out its peer and nothing else, and Go's
// build cache never hands code for -march=native of one machine to another.
//
//go:embed native
var nativeSources embed.FS

// compiler makes shared libraries from native/ in a directory of its own.
type compiler struct{ dir string }

func newCompiler() (*compiler, error) {
	dir, err := os.MkdirTemp("", "sinew-bench-")
	if err != nil {
		return nil, err
	}
	sources, err := fs.Sub(nativeSources, "native")
	if err != nil {
		return nil, err
	}
	return &compiler{dir}, os.CopyFS(dir, sources)
}

func (c *compiler) close() { os.RemoveAll(c.dir) }

// Options of the compiler for code that stands for a good C programmer's.
var (
	plainC = []string{"-O3", "-march=native"}
	fastC  = []string{"-O3", "-march=native", "-ffast-math"}
)

// build compiles one source and links it with what link names. Two commands: the
// linker must not see -ffast-math, which would make every thread that opens the
// library flush denormals to zero, Sinew's too.
func (c *compiler) build(source string, options []string, link ...string) (lib, error) {
	compile := cmp.Or(os.Getenv("CC"), "gcc")
	if filepath.Ext(source) == ".cc" {
		compile = cmp.Or(os.Getenv("CXX"), "g++")
	}
	object := filepath.Join(c.dir, source+".o")
	shared := filepath.Join(c.dir, source+".so")
	if err := c.run(compile, append([]string{"-fPIC", "-c", source, "-o", object}, options...)...); err != nil {
		return lib{}, err
	}
	if err := c.run(compile, append(append([]string{"-shared", "-o", shared, object}, link...), "-lm")...); err != nil {
		return lib{}, err
	}
	return openLib(shared)
}

// run gives the first lines of what a failed command printed.
func (c *compiler) run(name string, args ...string) error {
	command := exec.Command(name, args...)
	command.Dir = c.dir
	out, err := command.CombinedOutput()
	if err == nil {
		return nil
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return fmt.Errorf("%s %s: %w: %s", name, args[len(args)-1], err, first)
}
