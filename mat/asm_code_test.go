package mat

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The assembly as code: what the assembler makes of it, with all macros resolved, so that a
// register behind a name or in a macro's argument counts too.

// instruction is one line of the assembler's listing.
type instruction struct {
	pc       int
	at       string // file:line
	op, args string
	first    byte // of its machine code
}

// routine is one function of the listing.
type routine struct {
	name, flags string
	code        []instruction
	bytes       []byte
}

var (
	listedFunction    = regexp.MustCompile(`^\S+/mat\.(\S+) STEXT (.*)$`)
	listedInstruction = regexp.MustCompile(`^\t0x[0-9a-f]+ (\d+) \((?:.*[/\\])?([^/\\]+:\d+)\)\t(\S+)(?:\t(.*))?$`)
	listedBytes       = regexp.MustCompile(`^\t0x[0-9a-f]+ ((?:[0-9a-f]{2} )+)`)
)

// parseListing reads what `go tool asm -S` prints.
func parseListing(text []byte) []routine {
	var all []routine
	inside := false
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if m := listedFunction.FindStringSubmatch(line); m != nil {
			all = append(all, routine{name: m[1], flags: m[2]})
			inside = true
			continue
		}
		if !strings.HasPrefix(line, "\t") {
			inside = false
		}
		if !inside {
			continue
		}
		r := &all[len(all)-1]
		if m := listedInstruction.FindStringSubmatch(line); m != nil {
			if m[3] != "TEXT" && m[3] != "FUNCDATA" && m[3] != "PCDATA" && m[3] != "NOP" {
				pc, _ := strconv.Atoi(m[1])
				r.code = append(r.code, instruction{pc: pc, at: m[2], op: m[3], args: m[4]})
			}
		} else if m := listedBytes.FindStringSubmatch(line); m != nil {
			for _, b := range strings.Fields(m[1]) {
				v, _ := strconv.ParseUint(b, 16, 8)
				r.bytes = append(r.bytes, byte(v))
			}
		}
	}
	for _, r := range all {
		for i := range r.code {
			if in := &r.code[i]; in.pc < len(r.bytes) {
				in.first = r.bytes[in.pc]
			}
		}
	}
	return all
}

var (
	register = regexp.MustCompile(`\b(?:[XYZKVRF]\d+|RSP|SP|BP|g)\b`)
	// Beyond the instruction sets that internal/isa asks for: bit manipulation and half
	// precision for AVX2, and what came after Skylake for AVX-512.
	beyond = regexp.MustCompile(`^(ANDN|BEXTR|BLS|BZHI|MULX|PDEP|PEXT|RORX|SARX|SHLX|SHRX|LZCNT|TZCNT|ADCX|ADOX|VCVTPH2PS|VCVTPS2PH|VPDPB|VPDPW|VPERMB|VPERMI2B|VPERMT2B|VPMADD52|VPOPCNT|VPSHLDV|VPSHRDV|VGF2P8|VAES|VPCLMUL|VCVTNE|VDPBF16|VPCOMPRESSB|VPCOMPRESSW|VPEXPANDB|VPEXPANDW|VPCONFLICT|VPLZCNT|VEXP2|VRCP28|VRSQRT28)`)
)

// checkCode returns what is wrong with a function of the listing.
//
// On amd64 R14 (g) and X15 (zero) are free: the functions have ABI0, whose wrappers set both
// again. R15 is lost where a shared library reads a global symbol. BP and SP are the
// frame's. On arm64 R18 is the system's, R27 the assembler's, R28 is g.
func checkCode(arch string, r routine) (faults []string) {
	fault := func(in instruction, text string, args ...any) {
		faults = append(faults, fmt.Sprintf("%s: %s: %s %s: ", in.at, r.name, in.op, in.args)+fmt.Sprintf(text, args...))
	}
	if len(r.code) == 0 {
		return []string{r.name + ": no instructions"}
	}
	if !strings.Contains(r.flags, "nosplit") || !strings.Contains(r.flags, "locals=0x0") {
		fault(r.code[0], "want nosplit and no frame, have %s", r.flags)
	}
	_, level := levelOf(r.name)
	uses := map[string]bool{}
	targets := map[int]bool{}
	globals := false
	for _, in := range r.code {
		if arch == "arm64" && in.op == "RET" {
			continue // its R30 is the assembler's doing
		}
		for _, reg := range register.FindAllString(in.args, -1) {
			uses[reg[:1]] = true
			uses[reg] = true
			n, _ := strconv.Atoi(strings.TrimLeft(reg, "XYZKVRF"))
			switch {
			case arch == "arm64" && reg[0] == 'R' && (n == 18 || n > 26 || reg == "RSP"), reg == "g", reg == "BP":
				fault(in, "register %s is not free", reg)
			case arch == "amd64" && level != "AVX512" && (reg[0] == 'Z' || reg[0] == 'K' || strings.Contains("XY", reg[:1]) && n > 15):
				fault(in, "register %s belongs to AVX-512", reg)
			case arch == "amd64" && level == "" && reg[0] == 'Y':
				fault(in, "register %s belongs to AVX", reg)
			}
		}
		if arch == "amd64" {
			// In 64-bit mode nothing but EVEX starts with this byte.
			if level != "AVX512" && in.first == 0x62 {
				fault(in, "is encoded as AVX-512")
			}
			if level == "" && (in.first == 0xc4 || in.first == 0xc5) {
				fault(in, "is encoded as AVX")
			}
			if beyond.MatchString(in.op) || level != "AVX512" && strings.HasPrefix(in.op, "POPCNT") {
				fault(in, "is in no instruction set of the level")
			}
			globals = globals || strings.Contains(in.args, "(SB)") && in.op[0] != 'J'
		}
		if target, err := strconv.Atoi(in.args); err == nil && (in.op[0] == 'J' || in.op[0] == 'B') {
			targets[target] = true
		}
	}
	if arch != "amd64" {
		return faults
	}
	if globals && uses["R15"] {
		fault(r.code[0], "R15 is used, and so is a global symbol: in a shared library that needs R15")
	}
	if uses["Y"] || uses["Z"] {
		exits := 0
		for i, in := range r.code {
			leaves := in.op == "RET" || in.op == "JMP" && strings.Contains(in.args, "(SB)")
			if !leaves {
				continue
			}
			exits++
			if in.op == "RET" && (i == 0 || r.code[i-1].op != "VZEROUPPER" || targets[in.pc]) {
				fault(in, "VZEROUPPER must come before it on every way")
			}
		}
		if exits == 0 {
			fault(r.code[0], "no exit found")
		}
	}
	return faults
}

// listing assembles this package for an architecture. The assembler's output is kept in
// the build cache, so this takes a moment only.
func listing(t *testing.T, arch string) []routine {
	t.Helper()
	path, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command here: ", err)
	}
	cmd := exec.Command(path, "build", "-asmflags=-S", ".")
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=")
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, text)
	}
	return parseListing(text)
}

// TestAssembledCode checks registers, instruction sets and exits of every function.
func TestAssembledCode(t *testing.T) {
	path, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command here: ", err)
	}
	if host, err := exec.Command(path, "env", "GOHOSTARCH").Output(); err != nil || strings.TrimSpace(string(host)) != runtime.GOARCH {
		t.Skipf("this is an emulator (%s for %s): where it runs the same is checked", strings.TrimSpace(string(host)), runtime.GOARCH)
	}
	declared := stubs(t)
	for _, arch := range []string{"amd64", "arm64"} {
		found := map[string]bool{}
		for _, r := range listing(t, arch) {
			found[r.name] = true
			for _, f := range checkCode(arch, r) {
				t.Errorf("%s: %s", arch, f)
			}
		}
		for key := range declared {
			if key[1] == arch && !found[key[0]] {
				t.Errorf("%s: %s is not in the assembler's listing", arch, key[0])
			}
		}
	}
}

// TestAssembledCodeFaults shows checkCode what it must find.
func TestAssembledCodeFaults(t *testing.T) {
	body := func(name, flags string, lines ...string) routine {
		r := routine{name: name, flags: flags}
		for i, line := range lines {
			op, args, _ := strings.Cut(line, " ")
			r.code = append(r.code, instruction{pc: i, at: "f.s:1", op: op, args: args, first: 0x90})
		}
		return r
	}
	evex := body("fAVX2", "nosplit locals=0x0", "VPTERNLOGD $255, Y0, Y0, Y0", "VZEROUPPER ", "RET ")
	evex.code[0].first = 0x62
	avx := body("pause", "nosplit locals=0x0", "VPXOR X0, X0, X0", "RET ")
	avx.code[0].first = 0xc5
	const flags = "nosplit asm locals=0x0"
	for _, c := range []struct {
		arch string
		r    routine
		want string // "": nothing
	}{
		{"amd64", body("fAVX2", flags, "VADDPS (SI), Y1, Y15", "VZEROUPPER ", "RET "), ""},
		{"amd64", body("fAVX512", flags, "VADDPS (SI), Z31, K1, Z1", "VZEROUPPER ", "RET "), ""},
		{"amd64", body("fAVX512", flags, "VADDPS Y0, Y0, Y0", "JMP mod/mat.fAVX2(SB)"), ""},
		{"amd64", body("fAVX2", "asm locals=0x0", "RET "), "want nosplit"},
		{"amd64", body("fAVX2", "nosplit asm locals=0x8", "RET "), "want nosplit"},
		{"amd64", body("fAVX2", flags), "no instructions"},
		{"amd64", body("fAVX2", flags, "VADDPS Y0, Y1, Y2", "RET "), "VZEROUPPER"},
		{"amd64", body("fAVX2", flags, "JEQ 3", "VADDPS Y0, Y1, Y2", "VZEROUPPER ", "RET "), "VZEROUPPER"},
		{"amd64", body("fAVX2", flags, "VADDPS Y0, Y1, Y2", "JMP 0"), "no exit"},
		{"amd64", body("fAVX2", flags, "VADDPS Z0, Z1, Z2", "VZEROUPPER ", "RET "), "register Z0"},
		{"amd64", body("fAVX2", flags, "VADDPS X16, X1, X2", "RET "), "register X16"},
		{"amd64", body("fAVX2", flags, "KMOVW AX, K1", "RET "), "register K1"},
		{"amd64", body("fAVX2", flags, "SHLXL AX, BX, CX", "RET "), "no instruction set"},
		{"amd64", body("fAVX512", flags, "VPERMB Z0, Z1, Z2", "VZEROUPPER ", "RET "), "no instruction set"},
		{"amd64", body("fAVX2", flags, "MOVQ BP, AX", "RET "), "register BP"},
		{"amd64", body("fAVX2", flags, "LEAQ mod/mat.table(SB), AX", "MOVQ AX, R15", "RET "), "R15"},
		{"amd64", body("fAVX2", flags, "MOVQ AX, R15", "MOVQ AX, R14", "RET "), ""},
		{"amd64", evex, "encoded as AVX-512"},
		{"amd64", avx, "encoded as AVX"},
		{"arm64", body("fNEON", flags, "VADD V1.S4, V2.S4, V3.S4", "MOVD R26, R17", "RET "), ""},
		{"arm64", body("fNEON", flags, "MOVD R18, R0", "RET "), "register R18"},
		{"arm64", body("fNEON", flags, "MOVD R0, R27", "RET "), "register R27"},
		{"arm64", body("fNEON", flags, "MOVD g, R0", "RET "), "register g"},
		{"arm64", body("fNEON", flags, "MOVD R30, R0", "RET "), "register R30"},
		{"arm64", body("fNEON", flags, "SUB $16, RSP", "RET "), "register RSP"},
	} {
		faults := checkCode(c.arch, c.r)
		ok := len(faults) == 0
		if c.want != "" {
			ok = slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, c.want) })
		}
		if !ok {
			t.Errorf("%s %v: faults %q, want one with %q", c.arch, c.r.code, faults, c.want)
		}
	}
}
