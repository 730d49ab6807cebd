package mat

import (
	"bytes"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const neonHeader = "neon_arm64.h"

// neonMacro is one macro of neon_arm64.h: its parameters in order, and the instruction
// that its comment says, with a parameter's letter where its number belongs.
type neonMacro struct {
	name   string
	params []string
	text   string
}

var (
	neonDefine  = regexp.MustCompile(`^#define (\w+)\(([a-z](?:, [a-z])*)\) WORD \$\((.+)\)$`)
	neonComment = regexp.MustCompile(`^// ([a-z][a-z0-9]* .+)$`)
	// neonOperand finds what stands for an argument: the letter of vd.4s, sd, dd or qd, a
	// lane's in [i] and that of a number of 16 bytes in #16*k.
	neonOperand = regexp.MustCompile(`\b([vsdq])([dnm])\b|\[([ij])\]|#16\*(k)\b`)
)

// parseNEONHeader returns the macros of the header. It fails for one whose comment
// does not name every parameter, in Go's order: Arm's operands from last to first.
func parseNEONHeader(header string) ([]neonMacro, error) {
	var macros []neonMacro
	seen := map[string]bool{}
	lines := strings.Split(header, "\n")
	for i, line := range lines {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		at := fmt.Sprintf("%s:%d: ", neonHeader, i+1)
		def := neonDefine.FindStringSubmatch(line)
		if def == nil {
			return nil, errors.New(at + "not of the form #define NAME(m, n, d) WORD $(...): " + line)
		}
		var comment []string
		if i > 0 {
			comment = neonComment.FindStringSubmatch(lines[i-1])
		}
		if comment == nil {
			return nil, errors.New(at + "no instruction in a comment above " + def[1])
		}
		m := neonMacro{name: def[1], params: strings.Split(def[2], ", "), text: comment[1]}
		operands := strings.Split(m.text, ",")
		slices.Reverse(operands)
		var want []string
		for _, o := range operands {
			for _, f := range neonOperand.FindAllStringSubmatch(o, -1) {
				want = append(want, f[2]+f[3]+f[4])
			}
		}
		if !slices.Equal(want, m.params) {
			return nil, fmt.Errorf("%s%s has parameters %v, but %q makes them %v", at, m.name, m.params, m.text, want)
		}
		if seen[m.name] {
			return nil, errors.New(at + m.name + " is defined twice")
		}
		seen[m.name] = true
		macros = append(macros, m)
	}
	if len(macros) == 0 {
		return nil, errors.New(neonHeader + ": no macros")
	}
	return macros, nil
}

// neonLimit is how many values an argument has: registers, the S lanes of one, or what
// an offset counts.
func neonLimit(param string) int {
	switch param {
	case "i":
		return 4
	case "k":
		return 4096
	}
	return 32
}

// use returns the instruction and the macro call with the given arguments.
func (m neonMacro) use(args []int) (text, call string) {
	value := map[string]string{}
	var list []string
	for i, p := range m.params {
		value[p] = strconv.Itoa(args[i])
		list = append(list, value[p])
	}
	text = neonOperand.ReplaceAllStringFunc(m.text, func(s string) string {
		f := neonOperand.FindStringSubmatch(s)
		switch {
		case f[3] != "":
			return "[" + value[f[3]] + "]"
		case f[4] != "":
			return "#16*" + value[f[4]]
		}
		return f[1] + value[f[2]]
	})
	return text, m.name + "(" + strings.Join(list, ", ") + ")"
}

// goTool returns a function that runs the go command for arm64 in a folder. go test has
// put it on the PATH, so it is missing only where the tests were built for another machine.
func goTool(t *testing.T) func(dir string, args ...string) ([]byte, error) {
	t.Helper()
	path, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command here: ", err)
	}
	return func(dir string, args ...string) ([]byte, error) {
		c := exec.Command(path, args...)
		c.Dir = dir
		c.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64")
		return c.CombinedOutput()
	}
}

func readNEONHeader(t *testing.T) (header string, macros []neonMacro) {
	t.Helper()
	b, err := os.ReadFile(neonHeader)
	if err != nil {
		t.Fatal(err)
	}
	header = strings.ReplaceAll(string(b), "\r\n", "\n")
	macros, err = parseNEONHeader(header)
	if err != nil {
		t.Fatal(err)
	}
	return header, macros
}

// goWords assembles calls of the header's macros with Go's assembler.
func goWords(t *testing.T, run func(string, ...string) ([]byte, error), header string, calls []string) []uint32 {
	t.Helper()
	dir := t.TempDir()
	const nosplit = "4"
	write(t, filepath.Join(dir, "all_arm64.s"), header+"\nTEXT ·all(SB), "+nosplit+", $0\n"+strings.Join(calls, "\n")+"\nRET\n")
	listing, err := run(dir, "tool", "asm", "-S", "-p", "all", "-o", "all.o", "all_arm64.s")
	if err != nil {
		t.Fatalf("go tool asm: %v\n%s", err, listing)
	}
	var code []byte
	for _, dump := range regexp.MustCompile(`(?m)^\t0x[0-9a-f]+ ((?:[0-9a-f]{2} )+)`).FindAllSubmatch(listing, -1) {
		b, err := hex.DecodeString(strings.ReplaceAll(string(dump[1]), " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		code = append(code, b...)
	}
	return words(code)
}

// otherWords assembles instructions with the first of LLVM's and GNU's assemblers on the PATH.
func otherWords(t *testing.T, lines []string) []uint32 {
	t.Helper()
	dir := t.TempDir()
	source, object := filepath.Join(dir, "all.s"), filepath.Join(dir, "all.o")
	write(t, source, strings.Join(lines, "\n")+"\n")
	llvm := []string{"-triple=aarch64-linux-gnu", "-filetype=obj", "-o", object, source}
	for _, tool := range []struct {
		name string
		args []string
	}{
		{"llvm-mc", llvm},
		{"llvm-mc-19", llvm},
		{"aarch64-linux-gnu-as", []string{"-o", object, source}},
	} {
		path, err := exec.LookPath(tool.name)
		if err != nil {
			continue
		}
		if out, err := exec.Command(path, tool.args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", tool.name, err, out)
		}
		f, err := elf.Open(object)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		code, err := f.Section(".text").Data()
		if err != nil {
			t.Fatal(err)
		}
		return words(code)
	}
	const missing = "no llvm-mc, llvm-mc-19 or aarch64-linux-gnu-as on the PATH to compare with"
	if os.Getenv("CI") != "" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return nil
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func words(code []byte) []uint32 {
	var w []uint32
	for ; len(code) >= 4; code = code[4:] {
		w = append(w, uint32(code[0])|uint32(code[1])<<8|uint32(code[2])<<16|uint32(code[3])<<24)
	}
	return w
}

// TestNEONHeader compares what Go assembles from each macro with what another
// assembler makes of the instruction in its comment.
func TestNEONHeader(t *testing.T) {
	run := goTool(t)
	header, macros := readNEONHeader(t)
	r := rand.New(rand.NewPCG(1, 2))
	var texts, calls []string
	for _, m := range macros {
		for try := range 8 {
			args := make([]int, len(m.params))
			for i, p := range m.params {
				args[i] = r.IntN(neonLimit(p))
				if try == 0 {
					args[i] = neonLimit(p) - 1 // every bit of every field
				}
			}
			text, call := m.use(args)
			texts, calls = append(texts, text), append(calls, call)
		}
	}
	want := otherWords(t, texts)
	got := goWords(t, run, header, calls)
	const ret = 0xD65F03C0 // follows the last macro, so each one was one word
	if len(want) != len(texts) || len(got) <= len(texts) || got[len(texts)] != ret {
		t.Fatalf("%d instructions, but %d words of the other assembler, and Go's are %08x", len(texts), len(want), got)
	}
	for i, text := range texts {
		if got[i] != want[i] {
			t.Errorf("%s is %08x, but %s is %08x", calls[i], got[i], text, want[i])
		}
	}
}

// TestNEONHeaderRange assembles the kernels with a header whose macros divide by
// zero where an argument is out of range: through all macros around them, 32 as a
// register number becomes an error instead of another instruction.
func TestNEONHeaderRange(t *testing.T) {
	run := goTool(t)
	_, macros := readNEONHeader(t)
	var strict strings.Builder
	for _, m := range macros {
		var checks []string
		for _, p := range m.params {
			limit := neonLimit(p)
			checks = append(checks, fmt.Sprintf("1/(1 - ((%s)/%d + 1023)/1024)", p, limit))
		}
		fmt.Fprintf(&strict, "#define %s(%s) WORD $(%s)\n", m.name, strings.Join(m.params, ", "), strings.Join(checks, " + "))
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, neonHeader), strict.String())
	headers, err := filepath.Glob("*_arm64.h")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range headers {
		if name == neonHeader {
			continue
		}
		header, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(header))
	}
	root, err := run(dir, "env", "GOROOT")
	if err != nil {
		t.Fatalf("go env GOROOT: %v\n%s", err, root)
	}
	include := filepath.Join(string(bytes.TrimSpace(root)), "pkg", "include")
	assemble := func(name, source string) ([]byte, error) {
		// Sizes from Go constants: their values do not matter here.
		var sizes strings.Builder
		found := regexp.MustCompile(`\bconst_\w+`).FindAllString(source, -1)
		slices.Sort(found)
		for _, c := range slices.Compact(found) {
			fmt.Fprintf(&sizes, "#define %s 1\n", c)
		}
		write(t, filepath.Join(dir, "go_asm.h"), sizes.String())
		write(t, filepath.Join(dir, name), source)
		return run(dir, "tool", "asm", "-e", "-p", "mat", "-I", include, "-o", "out.o", name)
	}

	// Every argument one too large: each line must be an error.
	bad := []string{`#include "` + neonHeader + `"`, "TEXT ·bad(SB), 4, $0"}
	for _, m := range macros {
		for i, p := range m.params {
			args := make([]int, len(m.params))
			args[i] = neonLimit(p)
			_, call := m.use(args)
			bad = append(bad, call)
		}
	}
	out, err := assemble("bad_arm64.s", strings.Join(bad, "\n")+"\nRET\n")
	if err == nil {
		t.Error("no argument is found out of range")
	}
	for i, call := range bad[2:] {
		if want := fmt.Sprintf("bad_arm64.s:%d: division by zero", i+3); !bytes.Contains(out, []byte(want)) {
			t.Errorf("%s is not found out of range", call)
		}
	}

	files, err := filepath.Glob("*_arm64.s")
	if err != nil || len(files) == 0 {
		t.Fatalf("no *_arm64.s: %v", err)
	}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := assemble(name, string(source)); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestNEONHeaderParse holds that a header that cannot be checked is refused.
func TestNEONHeaderParse(t *testing.T) {
	const define = "#define VFADD_S4(m, n, d) WORD $(1 | ((m)<<16) | ((n)<<5) | (d))\n"
	if _, err := parseNEONHeader("// fadd vd.4s, vn.4s, vm.4s\n" + define); err != nil {
		t.Error(err)
	}
	for _, header := range []string{
		"",
		"// fadd vd.4s, vn.4s, vm.4s\n",
		define,
		"// Adds.\n" + define,
		"// fadd vd.4s, vn.4s, vm.4s\n\n" + define,
		"// fadd vd.4s, vn.4s, v3.4s\n" + define,
		"// fadd vd.4s, vm.4s, vn.4s\n" + define,
		"// fadd vd.4s, vn.4s, vm.4s\n" + define + "// fadd vd.4s, vn.4s, vm.4s\n" + define,
		"// fadd vd.4s, vn.4s, vm.4s\n#define VFADD_S4 WORD $1\n",
	} {
		if m, err := parseNEONHeader(header); err == nil {
			t.Errorf("accepted %q as %v", header, m)
		}
	}
}
