package mat

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The assembly as text: that every function says what it is, and that the declarations in Go
// are what its header says. What the assembler makes of it is asm_code_test.go's.

// stub is a declaration without a body, and so a function of assembly.
type stub struct {
	name, arch, file, signature string
}

// levelOf splits the name of a body into the kernel's and its level; pause has none.
func levelOf(name string) (kernel, level string) {
	for _, level := range []string{"AVX512", "AVX2", "NEON"} {
		if kernel, ok := strings.CutSuffix(name, level); ok {
			return kernel, level
		}
	}
	return name, ""
}

// sources parses the Go files of this package that pass keep.
func sources(t *testing.T, keep func(name string) bool) map[string]*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*ast.File{}
	for _, name := range names {
		if !keep(name) {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = f
	}
	if len(files) == 0 {
		t.Fatal("no Go files here")
	}
	return files
}

// stubs returns all declarations without a body, by name and architecture.
func stubs(t *testing.T) map[[2]string]stub {
	t.Helper()
	all := map[[2]string]stub{}
	for file, f := range sources(t, func(name string) bool { return !strings.HasSuffix(name, "_test.go") }) {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body != nil {
				continue
			}
			archs := []string{"amd64", "arm64"}
			for _, arch := range archs {
				if strings.HasSuffix(file, "_"+arch+".go") {
					archs = []string{arch}
				}
			}
			doc := fn.Doc
			fn.Doc = nil
			var b bytes.Buffer
			if err := format.Node(&b, token.NewFileSet(), fn); err != nil {
				t.Fatal(err)
			}
			if doc == nil || !strings.Contains(textOf(doc), "//go:noescape") {
				t.Errorf("%s: %s lacks //go:noescape: callers' buffers would move to the heap", file, fn.Name.Name)
			}
			for _, arch := range archs {
				all[[2]string{fn.Name.Name, arch}] = stub{fn.Name.Name, arch, file, b.String()}
			}
		}
	}
	return all
}

// textOf returns a comment with its directives, which CommentGroup.Text leaves out.
func textOf(doc *ast.CommentGroup) string {
	var lines []string
	for _, c := range doc.List {
		lines = append(lines, c.Text)
	}
	return strings.Join(lines, "\n")
}

var (
	textLine = regexp.MustCompile(`^TEXT (·?)(\w+)(<>)?\(SB\), ([A-Z|]+), \$(\d+)(?:-(\d+))?$`)
	// A word of machine code says nothing to a reader and nothing is checked about it:
	// in neon_arm64.h each has a name and is compared with another assembler's.
	rawCode = regexp.MustCompile(`^\s*(WORD|BYTE|LONG|QUAD)\s+\$`)
)

// checkSource returns what is wrong with a file of assembly, whose stubs are given.
func checkSource(name, source, arch string, stubs map[[2]string]stub) (faults []string, bodies []string) {
	fault := func(line int, text string, args ...any) {
		faults = append(faults, fmt.Sprintf("%s:%d: ", name, line)+fmt.Sprintf(text, args...))
	}
	lines := strings.Split(source, "\n")
	if lines[0] != "//go:build !purego" {
		fault(1, "the first line is %q: the purego tag would not leave it out", lines[0])
	}
	for i, line := range lines {
		if rawCode.MatchString(line) {
			fault(i+1, "machine code as a number: use a macro of neon_arm64.h")
		}
		if strings.Contains(line, "ABIInternal") {
			fault(i+1, "ABIInternal changes between versions of Go")
		}
		if !strings.HasPrefix(line, "TEXT") {
			continue
		}
		m := textLine.FindStringSubmatch(line)
		if m == nil {
			fault(i+1, "not of the form TEXT ·name(SB), NOSPLIT, $0-size: %s", line)
			continue
		}
		exported, fn, local, flags, frame, size := m[1] != "", m[2], m[3] != "", m[4], m[5], m[6]
		if exported == local {
			fault(i+1, "%s is neither ·%s nor %s<>", fn, fn, fn)
		}
		if flags != "NOSPLIT" || frame != "0" {
			fault(i+1, "%s is %s with a frame of %s bytes, want NOSPLIT and none", fn, flags, frame)
		}
		if local {
			// A part of another function, which jumps to it.
			if size != "0" {
				fault(i+1, "%s<> has arguments", fn)
			}
			continue
		}
		bodies = append(bodies, fn)
		from := i
		for from > 0 && strings.HasPrefix(lines[from-1], "//") {
			from--
		}
		header := lines[from:i]
		s, ok := stubs[[2]string{fn, arch}]
		switch {
		case !ok:
			fault(i+1, "%s is not declared in Go for %s", fn, arch)
		case len(header) < 3 || header[0] != "// "+s.signature:
			fault(i+1, "the header of %s does not start with %q", fn, "// "+s.signature)
		case header[1] != "//" || !regexp.MustCompile(`\w`).MatchString(header[2]):
			fault(i+1, "the header of %s has no empty line and meaning under its first line", fn)
		}
	}
	return faults, bodies
}

// archOf returns the architecture that a file's name stands for.
func archOf(file string) string {
	name := strings.TrimSuffix(file, filepath.Ext(file))
	return name[strings.LastIndex(name, "_")+1:]
}

// TestAssemblySource checks the form of every function of assembly: header, flags, frame,
// and a body for each stub.
func TestAssemblySource(t *testing.T) {
	declared := stubs(t)
	files, err := filepath.Glob("*.s")
	if err != nil || len(files) == 0 {
		t.Fatalf("assembly: %v, %v", files, err)
	}
	missing := map[[2]string]bool{}
	for key := range declared {
		missing[key] = true
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		faults, bodies := checkSource(file, strings.ReplaceAll(string(source), "\r\n", "\n"), archOf(file), declared)
		for _, f := range faults {
			t.Error(f)
		}
		for _, b := range bodies {
			delete(missing, [2]string{b, archOf(file)})
		}
	}
	for key := range missing {
		t.Errorf("%s has no body on %s", key[0], key[1])
	}
}

// TestAssemblySourceFaults shows checkSource what it must find.
func TestAssemblySourceFaults(t *testing.T) {
	declared := map[[2]string]stub{{"fAVX2", "amd64"}: {"fAVX2", "amd64", "f_amd64.go", "func fAVX2(x *float32, n int)"}}
	const good = "//go:build !purego\n\n// func fAVX2(x *float32, n int)\n//\n// Does it.\nTEXT ·fAVX2(SB), NOSPLIT, $0-16\n\tRET\n"
	if faults, bodies := checkSource("f_amd64.s", good, "amd64", declared); len(faults) > 0 || len(bodies) != 1 {
		t.Fatalf("%v, bodies %v", faults, bodies)
	}
	for _, c := range []struct{ old, new, want string }{
		{"!purego", "amd64", "purego tag"},
		{"n int)\n//\n", "n int) int\n//\n", "does not start with"},
		{"// Does it.\n", "", "does not start with"},
		{"//\n// Does it.", "// Does it.\n// And more.", "no empty line"},
		{"NOSPLIT", "NOSPLIT|NOFRAME", "want NOSPLIT and none"},
		{"$0-16", "$8-16", "frame of 8 bytes"},
		{"·fAVX2", "·gAVX2", "not declared"},
		{"·fAVX2(SB)", "f<>(SB)", "has arguments"},
		{"·fAVX2(SB)", "·fAVX2<ABIInternal>(SB)", "ABIInternal"},
		{"\tRET", "\tBYTE $0xc3", "as a number"},
	} {
		bad := strings.Replace(good, c.old, c.new, 1)
		faults, _ := checkSource("f_amd64.s", bad, "amd64", declared)
		if !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, c.want) }) {
			t.Errorf("%q for %q: faults %q, want one with %q", c.new, c.old, faults, c.want)
		}
	}
}

// callers returns for every function of the package the functions whose bodies name it, as
// the given files have them. Methods count by their names.
func callers(files map[string]*ast.File) map[string][]string {
	by := map[string][]string{}
	for _, f := range files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					by[id.Name] = append(by[id.Name], fn.Name.Name)
				}
				return true
			})
		}
	}
	return by
}

// namedByTests returns the identifiers in tests; benchmarks and examples compare nothing,
// and what a table calls for its allocations alone (stack) does not either.
func namedByTests(files map[string]*ast.File) map[string]bool {
	named := map[string]bool{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				return !strings.HasPrefix(n.Name.Name, "Benchmark") && !strings.HasPrefix(n.Name.Name, "Example")
			case *ast.KeyValueExpr:
				key, ok := n.Key.(*ast.Ident)
				return !ok || key.Name != "stack"
			case *ast.Ident:
				named[n.Name] = true
			}
			return true
		})
	}
	return named
}

// entries returns the nearest exported functions through which a stub is reached.
func entries(stub string, by map[string][]string) []string {
	var found []string
	seen := map[string]bool{stub: true}
	for todo := []string{stub}; len(todo) > 0; todo = todo[1:] {
		for _, caller := range by[todo[0]] {
			if seen[caller] {
				continue
			}
			seen[caller] = true
			if ast.IsExported(caller) {
				found = append(found, caller)
			} else {
				todo = append(todo, caller)
			}
		}
	}
	slices.Sort(found)
	return found
}

// TestEveryBodyIsTested: a stub is tested if a test names it, or all exported functions
// nearest to it. The tables then run it at every level (everyKernel, everyLevel).
func TestEveryBodyIsTested(t *testing.T) {
	tests := namedByTests(sources(t, func(name string) bool { return strings.HasSuffix(name, "_test.go") }))
	for _, arch := range []string{"amd64", "arm64"} {
		by := callers(sources(t, func(name string) bool {
			other := archOf(name) == "arm64" && arch == "amd64" || archOf(name) == "amd64" && arch == "arm64"
			return !strings.HasSuffix(name, "_test.go") && !strings.HasSuffix(name, "_noasm.go") && !other
		}))
		for key := range stubs(t) {
			name := key[0]
			if key[1] != arch || tests[name] || name == "pause" { // which only passes time
				continue
			}
			through := entries(name, by)
			if len(through) == 0 {
				t.Errorf("%s: nothing exported calls %s", arch, name)
			}
			for _, e := range through {
				if !tests[e] {
					t.Errorf("%s: no test names %s nor %s, which calls it", arch, name, e)
				}
			}
		}
	}
}

// TestEveryLevelHasTheKernel compares the levels' lists of kernels, products apart: their
// tiles follow the registers of each level.
func TestEveryLevelHasTheKernel(t *testing.T) {
	have := map[string][]string{}
	for key, s := range stubs(t) {
		kernel, level := levelOf(key[0])
		switch {
		case level == "" && kernel != "pause":
			t.Errorf("%s: %s has no level in its name", s.file, key[0])
		case level != "" && !strings.HasPrefix(s.file, "gemm_") && !strings.HasPrefix(s.file, "tiled_"):
			have[kernel] = append(have[kernel], level)
		}
	}
	if len(have) == 0 {
		t.Fatal("no kernels")
	}
	_, neonActivations := stubs(t)[[2]string{"tanhNEON", "arm64"}]
	for kernel, levels := range have {
		slices.Sort(levels)
		want := []string{"AVX2", "AVX512", "NEON"}
		switch {
		case kernel == "unitSquares" || kernel == "columnScale":
			// Conversions and the distance of rows bound them, so AVX-512 takes AVX2's.
			want = []string{"AVX2", "NEON"}
		case kernel == "squares":
			// NEON's dot takes both from the same line and is bound by its multiply-adds.
			want = []string{"AVX2", "AVX512"}
		case kernel == "narrowSums":
			// The others have no masks that cost nothing.
			want = []string{"AVX512"}
		case kernel == "labels16" || kernel == "softmaxRow":
			// For the registers of AVX-512: the others take cross16 with targets of 0 and 1, and softmax16.
			want = []string{"AVX512"}
		case kernel == "evict":
			want = []string{"AVX512"} // whose processors all have the instruction
		case !neonActivations && !slices.Contains(levels, "NEON"):
			// act_arm64.go has the exponential family as the specification in Go.
			want = []string{"AVX2", "AVX512"}
		}
		if !slices.Equal(levels, want) {
			t.Errorf("%s has bodies for %v, want %v", kernel, levels, want)
		}
	}
}
