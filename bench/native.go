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

// Options of the compiler for code that stands for a good C programmer's.
var (
	plainC = []string{"-O3", "-march=native"}
	fastC  = []string{"-O3", "-march=native", "-ffast-math"}
)

// compile makes a shared library of one source in native/ and of what link names, and
// opens it. Its files are gone when it returns.
func compile(source string, options []string, link ...string) (lib, error) {
	dir, err := os.MkdirTemp("", "sinew-bench-")
	if err != nil {
		return lib{}, err
	}
	defer os.RemoveAll(dir)
	sources, err := fs.Sub(nativeSources, "native")
	if err != nil {
		return lib{}, err
	}
	if err := os.CopyFS(dir, sources); err != nil {
		return lib{}, err
	}
	compiler := cmp.Or(os.Getenv("CC"), "gcc")
	if filepath.Ext(source) == ".cc" {
		compiler = cmp.Or(os.Getenv("CXX"), "g++")
	}
	object, shared := source+".o", filepath.Join(dir, source+".so")
	// Two commands: the linker must not see -ffast-math, which would make every thread
	// that opens the library flush denormals to zero, Sinew's too.
	for _, args := range [][]string{
		append([]string{"-fPIC", "-c", source, "-o", object}, options...),
		append(append([]string{"-shared", "-o", shared, object}, link...), "-lm"),
	} {
		command := exec.Command(compiler, args...)
		command.Dir = dir
		if out, err := command.CombinedOutput(); err != nil {
			first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
			return lib{}, fmt.Errorf("%s %s: %w: %s", compiler, source, err, first)
		}
	}
	return openLib(shared)
}
