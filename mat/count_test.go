package mat

import (
	"bufio"
	"debug/elf"
	"debug/gosym"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// The NEON products are held by numbers of instructions, which an emulator counts exactly:
// no clock of an emulated or a shared machine would show that one got worse.

const (
	countTable = "testdata/arm64-instructions.txt"
	countCall  = "SINEW_COUNT_CALL" // "orientation n calls": TestCountedCall makes them
)

// openBLASPerFMA is what OpenBLAS 0.3.21 takes per vector multiply-add of a whole NN call of
// n×n×n, counted in the same way on the same emulator.
var openBLASPerFMA = map[int]float64{64: 1.61, 128: 1.474, 256: 1.414}

var orientations = map[string][2]Trans{"NN": {NoTrans, NoTrans}, "TN": {Transpose, NoTrans}, "NT": {NoTrans, Transpose}}

// TestCountedCall is not a test: another one runs it under the emulator.
func TestCountedCall(t *testing.T) {
	var orientation string
	var n, calls int
	if _, err := fmt.Sscan(os.Getenv(countCall), &orientation, &n, &calls); err != nil {
		t.Skip("only TestInstructionCounts has use for it")
	}
	trans := orientations[orientation]
	a, b, c := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
	for range calls {
		Gemm(trans[0], trans[1], n, n, n, 1, a, n, b, n, 0, c, n)
	}
}

// TestInstructionCounts compares the instructions of whole calls with the table, exactly,
// and those of NN with OpenBLAS's.
func TestInstructionCounts(t *testing.T) {
	emulator := ""
	for _, name := range []string{"qemu-aarch64-static", "qemu-aarch64"} {
		if _, err := exec.LookPath(name); err == nil {
			emulator = name
			break
		}
	}
	_, err := exec.LookPath("go")
	switch {
	case runtime.GOARCH != "amd64" || runtime.GOOS != "linux":
		t.Skip("counted on linux/amd64 only")
	case emulator == "" || err != nil:
		t.Skip("no qemu-aarch64 or no go command on this machine")
	case testing.Short():
		t.Skip("builds this package for arm64 and counts under emulation: not with -short")
	}
	binary := filepath.Join(t.TempDir(), "mat.test")
	build := exec.Command("go", "test", "-c", "-o", binary, ".")
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ranges := countedRanges(t, binary)

	source, err := os.ReadFile(countTable)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, line := range strings.Split(strings.TrimSpace(string(source)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var orientation string
		var n, want int
		if _, err := fmt.Sscan(line, &orientation, &n, &want); err != nil {
			t.Fatalf("%s: %q: %v", countTable, line, err)
		}
		rows++
		once := countInstructions(t, emulator, binary, ranges, orientation, n, 1)
		got := (countInstructions(t, emulator, binary, ranges, orientation, n, 3) - once) / 2
		perFMA := float64(got) / float64(n*n*n/4)
		t.Logf("%s n=%d: %d instructions, %.3f per multiply-add of 4 lanes", orientation, n, got, perFMA)
		// Another compiler may arrange the Go around the kernels differently.
		if d := float64(got)/float64(want) - 1; d > 0.005 || d < -0.005 {
			t.Errorf("%s n=%d: %d instructions, %s says %d", orientation, n, got, countTable, want)
		}
		if limit := openBLASPerFMA[n]; orientation == "NN" && !(perFMA < limit) {
			t.Errorf("%s n=%d: %.3f instructions per multiply-add, OpenBLAS has %.3f", orientation, n, perFMA, limit)
		}
	}
	if rows == 0 {
		t.Errorf("%s has no rows", countTable)
	}
}

// countedRanges returns the emulator's notation for the code of this package without its
// tests, and for what clears and copies memory.
func countedRanges(t *testing.T, binary string) string {
	file, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, table := file.Section(".text"), file.Section(".gopclntab")
	if text == nil || table == nil {
		t.Fatal("no .text or .gopclntab")
	}
	lines, err := table.Data()
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := gosym.NewTable(nil, gosym.NewLineTable(lines, text.Addr))
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	var from, to uint64
	var ranges []string
	flush := func() {
		if to > from {
			ranges = append(ranges, fmt.Sprintf("0x%x+0x%x", from, to-from))
		}
	}
	for i := range symbols.Funcs {
		f := &symbols.Funcs[i]
		source, _, _ := symbols.PCToLine(f.Entry)
		ours := filepath.Dir(source) == here && !strings.HasSuffix(source, "_test.go") ||
			f.Name == "runtime.memclrNoHeapPointers" || f.Name == "runtime.memmove"
		switch {
		case !ours:
		case f.Entry == to:
			to = f.End
		default:
			flush()
			from, to = f.Entry, f.End
		}
	}
	flush()
	if len(ranges) == 0 {
		t.Fatal("no function of this package found")
	}
	return strings.Join(ranges, ",")
}

var (
	countedBlock = regexp.MustCompile(`^0x([0-9a-f]+): `)
	countedTrace = regexp.MustCompile(`^Trace \d+: 0x[0-9a-f]+ \[[0-9a-f]+/([0-9a-f]+)/`)
)

// countInstructions runs the calls under the emulator, which logs each block of code once as
// it translates it, and its address whenever it runs it.
func countInstructions(t *testing.T, emulator, binary, ranges, orientation string, n, calls int) int {
	log := exec.Command(emulator, "-cpu", "neoverse-n1", "-d", "in_asm,exec,nochain", "-dfilter", ranges, binary, "-test.run", "^TestCountedCall$")
	log.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d", countCall, orientation, n, calls), "GOMAXPROCS=1", "GOGC=off", "SINEW_ISA=neon")
	log.Stdout = nil
	pipe, err := log.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Start(); err != nil {
		t.Fatal(err)
	}
	length := map[uint64]int{} // of the block that starts there
	total, start, translating := 0, uint64(0), false
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "IN:"):
			translating, start = true, 0
		case translating && line == "":
			translating = false
		case translating:
			if m := countedBlock.FindStringSubmatch(line); m != nil {
				at, _ := strconv.ParseUint(m[1], 16, 64)
				if start == 0 {
					start, length[at] = at, 0
				}
				length[start]++
			}
		default:
			if m := countedTrace.FindStringSubmatch(line); m != nil {
				at, _ := strconv.ParseUint(m[1], 16, 64)
				if length[at] == 0 {
					t.Fatalf("a block at %#x is run but was not translated", at)
				}
				total += length[at]
			}
		}
	}
	if err := log.Wait(); err != nil {
		t.Fatalf("%s: %v", emulator, err)
	}
	if total == 0 {
		t.Fatalf("%s logged no blocks", emulator)
	}
	return total
}
