// Mutate changes single instructions, constants and operators, one at a time, in a copy of
// this repository, and runs the tests that must notice. It lists the survivors: changes
// after which everything still passes.
//
//	go run ./internal/mutate -seed 1 -count 80
//	go run ./internal/mutate -since v0.1.0
//	go run ./internal/mutate -arch arm64 -exec 'qemu-aarch64-static -cpu cortex-a53' -files 'mat/*_arm64.s'
//
// The same seed and count give the same mutants of the same sources. A mutant that does
// not build is replaced by the next one. Run it on a quiet machine: a test that takes
// longer than -timeout counts as a mutant caught in a loop, and is listed apart.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// target is a group of files and the tests that cover it.
type target struct {
	files string   // a pattern from the root
	tests []string // their package, then what of it to run, the quick first
}

// targets are looked through in order: the first pattern that fits decides.
var targets = []target{
	{"mat/gemm*_amd64.s", []string{"./mat", "Tile|Panel|Product|Column|Fused|Transpose", "Assembl"}},
	{"mat/dots*_amd64.s", []string{"./mat", "Tile|Panel|Product|Column", "Assembl"}},
	{"mat/rows_avx512_amd64.s", []string{"./mat", "Tile|Panel|Product|Column|Fused|GemvBias|Row", "Assembl"}},
	{"mat/columns*_amd64.s", []string{"./mat", "Tile|Panel|Product|Column|Fused", "Assembl"}},
	{"mat/pack*_amd64.s", []string{"./mat", "Tile|Product|Copying", "Assembl"}},
	{"mat/turn*_amd64.s", []string{"./mat", "Tile|Panel|Product|Fused", "Assembl"}},
	{"mat/asm_amd64.s", []string{"./mat", "Kernels|GuardPages", "Assembl"}},
	{"mat/act*_amd64.s", []string{"./mat", "Activation|Kernels|Softmax|CrossEntropy", "Assembl"}},
	{"mat/tanh*_amd64.s", []string{"./mat", "Activation|Kernels|GuardPages|CrossEntropy", "Assembl"}},
	{"mat/sigmoid*_amd64.s", []string{"./mat", "Activation|Kernels|GuardPages|CrossEntropy", "Assembl"}},
	{"mat/gelutanh*_amd64.s", []string{"./mat", "Activation|Kernels|GuardPages|CrossEntropy", "Assembl"}},
	{"mat/update*_amd64.s", []string{"./mat", "Update|Arena|Unit|MaxNorm|Finite|Rule|Term|L1", "Assembl"}},
	{"mat/norm*_amd64.s", []string{"./mat", "Matrix|Norm|Moments", "Assembl"}},
	{"mat/loss*_amd64.s", []string{"./mat", "Matrix|Loss|Huber", "Assembl"}},
	{"mat/piecewise*_amd64.s", []string{"./mat", "Kernels|Piecewise|GuardPages", "Assembl"}},
	{"mat/rows_amd64.s", []string{"./mat", "Matrix|Argmax|Column|Rows", "Assembl"}},
	{"mat/dropout_amd64.s", []string{"./mat", "Dropout", "Assembl"}},
	{"mat/gemm_arm64.s", []string{"./mat", "Tile|Product|Column|Fused|GemvBias"}},
	{"mat/dots_arm64.s", []string{"./mat", "Tile|Product|Column"}},
	{"mat/asm_arm64.s", []string{"./mat", "Kernels|GuardPages"}},
	{"mat/act_arm64.s", []string{"./mat", "Activation|Kernels"}},
	{"mat/softmax_arm64.s", []string{"./mat", "Softmax|CrossEntropy"}},
	{"mat/update*_arm64.s", []string{"./mat", "Update|Arena|Unit|MaxNorm|Finite|Rule|Term|L1"}},
	{"mat/norm_arm64.s", []string{"./mat", "Matrix|Norm|Moments"}},
	{"mat/loss_arm64.s", []string{"./mat", "Matrix|Loss|Huber"}},
	{"mat/piecewise_arm64.s", []string{"./mat", "Kernels|Piecewise|GuardPages"}},
	{"mat/rows_arm64.s", []string{"./mat", "Matrix|Argmax|Column|Rows"}},
	{"mat/dropout_arm64.s", []string{"./mat", "Dropout"}},
	{"net/pass.go", []string{"./net", "."}},
	{"net/loss.go", []string{"./net", "."}},
	{"train/step.go", []string{"./train", "."}},
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run() error {
	seed := flag.Uint64("seed", 1, "what chooses the mutants")
	count := flag.Int("count", 80, "how many mutants that build")
	only := flag.String("files", "", "a pattern of files, in place of all targets")
	since := flag.String("since", "", "a revision: only lines that differ from it")
	arch := flag.String("arch", runtime.GOARCH, "GOARCH of the tests; assembly of others is left out")
	with := flag.String("exec", "", "a program, with its arguments, that runs the tests: an emulator")
	timeout := flag.Duration("timeout", 5*time.Minute, "of the tests for one mutant")
	budget := flag.Duration("budget", time.Hour, "no mutant is begun later")
	list := flag.Bool("list", false, "print the mutants and run nothing")
	flag.Parse()
	all, err := mutants(*only, *since, *arch)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(*seed, 0))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	all = spread(all)
	if *list {
		for _, m := range all[:min(*count, len(all))] {
			fmt.Println(m)
		}
		return nil
	}
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := copyTree(dir); err != nil {
		return err
	}
	began := time.Now()
	var caught, late, survived, unbuilt int
	for _, m := range all {
		if caught+late+survived == *count || time.Since(began) > *budget {
			break
		}
		verdict, err := m.try(dir, *arch, strings.Fields(*with), *timeout)
		if err != nil {
			return err
		}
		switch verdict {
		case "caught":
			caught++
		case "late":
			late++
		case "survived":
			survived++
		default:
			unbuilt++
		}
		fmt.Printf("%-9s %s\n", verdict, m)
	}
	tried := caught + late + survived
	if tried == 0 {
		return errors.New("no mutant builds")
	}
	fmt.Printf("\n%d mutants: %d caught, %d out of time, %d survived (%.1f %% noticed); %d did not build; %v\n",
		tried, caught, late, survived, 100*float64(caught+late)/float64(tried), unbuilt, time.Since(began).Round(time.Second))
	return nil
}

// mutants returns the mutants of all targets on arch: of files that fit only, in lines
// that are new since a revision, where those are not "".
func mutants(only, since, arch string) ([]mutant, error) {
	var all []mutant
	seen := map[string]bool{}
	for _, t := range targets {
		files, err := filepath.Glob(t.files)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			file = filepath.ToSlash(file)
			fits := true
			if only != "" {
				if fits, err = filepath.Match(only, file); err != nil {
					return nil, err
				}
			}
			if seen[file] || !fits || !runsOn(file, arch) {
				continue
			}
			seen[file] = true
			isNew := func(int) bool { return true }
			if since != "" {
				if isNew, err = newLines(since, file); err != nil {
					return nil, err
				}
			}
			source, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			edits := assembly
			if strings.HasSuffix(file, ".go") {
				edits = goCode
			}
			for _, m := range edits(string(source)) {
				if isNew(m.line) {
					m.file, m.tests = file, t.tests
					all = append(all, m)
				}
			}
		}
	}
	if len(all) == 0 {
		return nil, errors.New("nothing to change: run it from the root of the repository")
	}
	return all, nil
}

// runsOn reports whether a file is part of the program on arch.
func runsOn(file, arch string) bool {
	return !strings.HasSuffix(file, ".s") || strings.HasSuffix(file, "_"+arch+".s")
}

var hunk = regexp.MustCompile(`(?m)^@@ \S+ \+(\d+)(?:,(\d+))? @@`)

// newLines returns which lines of file are not those of the revision.
func newLines(since, file string) (func(line int) bool, error) {
	diff, err := exec.Command("git", "diff", "-U0", since, "--", file).Output()
	if err != nil {
		return nil, fmt.Errorf("the changes since %s: %w", since, err)
	}
	return inHunks(string(diff)), nil
}

// inHunks returns which lines of a file a diff without context adds.
func inHunks(diff string) func(line int) bool {
	added := map[int]bool{}
	for _, h := range hunk.FindAllStringSubmatch(diff, -1) {
		from, _ := strconv.Atoi(h[1])
		n := 1
		if h[2] != "" {
			n, _ = strconv.Atoi(h[2])
		}
		for i := range n {
			added[from+i] = true
		}
	}
	return func(line int) bool { return added[line] }
}

// spread takes from each file in turn, so that the long ones do not get all.
func spread(all []mutant) []mutant {
	byFile := map[string][]mutant{}
	var order []string
	for _, m := range all {
		if byFile[m.file] == nil {
			order = append(order, m.file)
		}
		byFile[m.file] = append(byFile[m.file], m)
	}
	var out []mutant
	for len(out) < len(all) {
		for _, f := range order {
			if q := byFile[f]; len(q) > 0 {
				out, byFile[f] = append(out, q[0]), q[1:]
			}
		}
	}
	return out
}

// try applies the change in dir, runs the tests of arch there by a program, if any, and
// takes it back.
func (m mutant) try(dir, arch string, program []string, timeout time.Duration) (verdict string, err error) {
	name := filepath.Join(dir, filepath.FromSlash(m.file))
	source, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	changed := string(source[:m.at]) + m.to + string(source[m.at+len(m.from):])
	if err := os.WriteFile(name, []byte(changed), 0o644); err != nil {
		return "", err
	}
	defer func() {
		if e := os.WriteFile(name, source, 0o644); err == nil {
			err = e
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	binary := filepath.Join(dir, "mutant.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, m.tests[0])
	build.Dir = dir
	build.Env = append(os.Environ(), "GOARCH="+arch)
	if build.Run() != nil {
		return "unbuilt", nil
	}
	for _, run := range m.tests[1:] {
		args := append(slices.Clone(program), binary, "-test.short", "-test.failfast", "-test.run", run)
		test := exec.CommandContext(ctx, args[0], args[1:]...)
		test.Dir = filepath.Join(dir, filepath.FromSlash(m.tests[0]))
		switch err := test.Run(); {
		case ctx.Err() != nil:
			return "late", nil
		case err != nil:
			return "caught", nil
		}
	}
	return "survived", nil
}

// copyTree copies what git knows or would take, from here to dir.
func copyTree(dir string) error {
	out, err := exec.Command("git", "ls-files", "-co", "--exclude-standard", "-z").Output()
	if err != nil {
		return err
	}
	for file := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		content, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, not yet committed
		}
		if err != nil {
			return err
		}
		to := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
