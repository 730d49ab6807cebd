package main

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// applied returns the source after each mutant.
func applied(source string, mutants []mutant) []string {
	var all []string
	for _, m := range mutants {
		all = append(all, source[:m.at]+m.to+source[m.at+len(m.from):])
	}
	return all
}

func TestAssembly(t *testing.T) {
	const source = "// ADDQ $1, AX\n#define M(x) \\\n\tVADDPS 32(SI), Y0, x \\\n\tVMOVUPS.Z x, K1, (DI)\nTEXT ·f(SB), NOSPLIT, $0-8\n\tSUBQ $4, CX // by 4\n\tJAE  loop\n\tRET\n"
	got := applied(source, assembly(source))
	want := []string{
		"// ADDQ $1, AX\n#define M(x) \\\n\tVSUBPS 32(SI), Y0, x \\\n\tVMOVUPS.Z x, K1, (DI)\nTEXT ·f(SB), NOSPLIT, $0-8\n\tSUBQ $4, CX // by 4\n\tJAE  loop\n\tRET\n",
		"// ADDQ $1, AX\n#define M(x) \\\n\tVADDPS 36(SI), Y0, x \\\n\tVMOVUPS.Z x, K1, (DI)\nTEXT ·f(SB), NOSPLIT, $0-8\n\tSUBQ $4, CX // by 4\n\tJAE  loop\n\tRET\n",
		"// ADDQ $1, AX\n#define M(x) \\\n\t \\\n\tVMOVUPS.Z x, K1, (DI)\nTEXT ·f(SB), NOSPLIT, $0-8\n\tSUBQ $4, CX // by 4\n\tJAE  loop\n\tRET\n",
	}
	for i, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("mutant %d is missing: %q in %q", i, w, got)
		}
	}
	if len(got) != 9 {
		t.Errorf("%d mutants, want 9: %q", len(got), got)
	}
}

func TestAssemblyMacros(t *testing.T) {
	const source = "TEXT ·f(SB), NOSPLIT, $0-8\n\tVFADD_S4(1, 2, 3)\n\tTERM(4(SI), $2)\n\tOPEN\n\tRET\n"
	want := []string{
		"TEXT ·f(SB), NOSPLIT, $0-8\n\tVFSUB_S4(1, 2, 3)\n\tTERM(4(SI), $2)\n\tOPEN\n\tRET\n",
		"TEXT ·f(SB), NOSPLIT, $0-8\n\t\n\tTERM(4(SI), $2)\n\tOPEN\n\tRET\n",
		"TEXT ·f(SB), NOSPLIT, $0-8\n\tVFADD_S4(1, 2, 3)\n\tTERM(4(SI), $3)\n\tOPEN\n\tRET\n",
		"TEXT ·f(SB), NOSPLIT, $0-8\n\tVFADD_S4(1, 2, 3)\n\tTERM(8(SI), $2)\n\tOPEN\n\tRET\n",
		"TEXT ·f(SB), NOSPLIT, $0-8\n\tVFADD_S4(1, 2, 3)\n\t\n\tOPEN\n\tRET\n",
	}
	if got := applied(source, assembly(source)); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAssemblyImmediates(t *testing.T) {
	const source = "\tCALL $10, $0xaf, $0xDD, $0x4, f\n"
	want := []string{
		"\tCALL $11, $0xaf, $0xDD, $0x4, f\n", "\tCALL $10, $176, $0xDD, $0x4, f\n",
		"\tCALL $10, $0xaf, $222, $0x4, f\n", "\tCALL $10, $0xaf, $0xDD, $5, f\n",
	}
	if got := applied(source, assembly(source)); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRunsOn(t *testing.T) {
	for file, want := range map[string]bool{"mat/a_amd64.s": false, "mat/a_arm64.s": true, "net/pass.go": true} {
		if got := runsOn(file, "arm64"); got != want {
			t.Errorf("%s: %v, want %v", file, got, want)
		}
	}
}

func TestInHunks(t *testing.T) {
	isNew := inHunks("--- a/f\n+++ b/f\n@@ -3 +4,2 @@ f\n-@@ +1 @@\n+x\n+y\n@@ -9,2 +10,0 @@\n-z\n-z\n@@ -20,0 +19 @@\n+z\n")
	var got []int
	for line := range 30 {
		if isNew(line) {
			got = append(got, line)
		}
	}
	if want := []int{4, 5, 19}; !slices.Equal(got, want) {
		t.Errorf("lines %v, want %v", got, want)
	}
}

func TestGoCode(t *testing.T) {
	const source = "package p\n\nfunc f(a, b int) int {\n\tif a < b {\n\t\ta += 1\n\t}\n\tg()\n\treturn a * b\n}\n"
	got := applied(source, goCode(source))
	for _, want := range []string{
		"package p\n\nfunc f(a, b int) int {\n\tif a <= b {\n\t\ta += 1\n\t}\n\tg()\n\treturn a * b\n}\n",
		"package p\n\nfunc f(a, b int) int {\n\tif !(a < b) {\n\t\ta += 1\n\t}\n\tg()\n\treturn a * b\n}\n",
		"package p\n\nfunc f(a, b int) int {\n\tif a < b {\n\t\ta -= 1\n\t}\n\tg()\n\treturn a * b\n}\n",
		"package p\n\nfunc f(a, b int) int {\n\tif a < b {\n\t\ta += 2\n\t}\n\tg()\n\treturn a * b\n}\n",
		"package p\n\nfunc f(a, b int) int {\n\tif a < b {\n\t\t\n\t}\n\tg()\n\treturn a * b\n}\n",
		"package p\n\nfunc f(a, b int) int {\n\tif a < b {\n\t\ta += 1\n\t}\n\t\n\treturn a * b\n}\n",
		"package p\n\nfunc f(a, b int) int {\n\tif a < b {\n\t\ta += 1\n\t}\n\tg()\n\treturn a / b\n}\n",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("mutant missing: %q", want)
		}
	}
	if len(got) != 7 {
		t.Errorf("%d mutants, want 7: %q", len(got), got)
	}
}

func TestSpread(t *testing.T) {
	all := []mutant{{file: "a", line: 1}, {file: "a", line: 2}, {file: "a", line: 3}, {file: "b", line: 1}}
	var files string
	for _, m := range spread(all) {
		files += m.file
	}
	if files != "abaa" {
		t.Errorf("order %s, want abaa", files)
	}
}

// TestEveryAssemblyIsATarget: a file that no pattern fits would never be changed, unnoticed.
func TestEveryAssemblyIsATarget(t *testing.T) {
	files, err := filepath.Glob("../../mat/*.s")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	for _, file := range files {
		name := "mat/" + filepath.Base(file)
		if strings.HasPrefix(name, "mat/evict_") || strings.HasPrefix(name, "mat/pause_") {
			continue // hints to the processor, which no result shows
		}
		if !slices.ContainsFunc(targets, func(t target) bool { fits, _ := path.Match(t.files, name); return fits }) {
			t.Errorf("no target has %s", name)
		}
	}
}
