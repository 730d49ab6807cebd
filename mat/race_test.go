//go:build race

package mat

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
)

// raceChild marks the process whose races are counted: one race fails the tests of its own.
const raceChild = "SINEW_RACE_CHILD"

// TestRaceDetector starts this binary anew and reads what TestRaceChild found there.
func TestRaceDetector(t *testing.T) {
	if os.Getenv(raceChild) != "" {
		t.Skip("this is the child")
	}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-test.run=^TestRaceChild$", "-test.v")
	// The same access races once per operand, from the same line: each must count.
	cmd.Env = append(os.Environ(), raceChild+"=1", "GORACE=exitcode=0 suppress_equal_stacks=0 suppress_equal_addresses=0")
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		switch what, rest, _ := strings.Cut(strings.TrimSpace(line), ": "); what {
		case "UNSEEN", "ALARM":
			t.Errorf("%s %s", what, rest)
		case "SEEN":
			seen++
		}
	}
	if want := len(operations) + len(matrixOps); seen < want {
		t.Errorf("%d operands seen, want at least %d\n%.4000s", seen, want, out)
	}
}

// raceFound reports whether the detector objects to f beside g. In time g follows f, as the
// detector can miss two accesses that happen at one moment; for the detector they are not
// ordered, as what they agree by is a plain variable in functions that it does not see.
func raceFound(f, g func()) bool {
	before := runtime.RaceErrors()
	var done bool
	var both sync.WaitGroup
	both.Go(func() {
		f()
		raise(&done)
	})
	both.Go(func() {
		for !raised(&done) {
			runtime.Gosched()
		}
		g()
	})
	both.Wait()
	return runtime.RaceErrors() > before
}

//go:norace
//go:noinline
func raise(flag *bool) { *flag = true }

//go:norace
//go:noinline
func raised(flag *bool) bool { return *flag }

// TestRaceChild runs every operation of the tables beside a goroutine that uses the last
// element of one operand: a write must race with every use, a read with a write alone.
func TestRaceChild(t *testing.T) {
	if os.Getenv(raceChild) == "" {
		t.Skip("its races would fail this process: see TestRaceDetector")
	}
	var got float32
	check := func(what string, x []float32, written bool, call func()) {
		last := &x[len(x)-1]
		verdict := "SEEN"
		if !raceFound(call, func() { *last = 1 }) {
			verdict = "UNSEEN"
		}
		fmt.Printf("%s: %s beside a write\n", verdict, what)
		found := raceFound(call, func() { got += *last })
		switch {
		case found && !written:
			fmt.Printf("ALARM: %s beside a read\n", what)
		case !found && written:
			fmt.Printf("UNSEEN: %s beside a read\n", what)
		}
	}
	t.Cleanup(isa.Force(isa.Available()[len(isa.Available())-1]))
	const n = 64
	for i := range operations {
		op := &operations[i]
		if op.name == "sumsq" || op.name == "minus" {
			continue // bodies without an exported function: Nrm2 and LogSoftmaxRows declare for them
		}
		for j, arg := range op.args {
			_, v := generate(normal, n, len(op.args))
			check(op.name+": "+arg, v[j], j == 0 && op.writes, func() { op.call(1, &v) })
		}
	}
	for i := range matrixOps {
		op := &matrixOps[i]
		s := shape{5, 48, 50}
		if op.packed {
			s.ld = s.n
		}
		for j, arg := range op.args {
			if arg.wide {
				continue
			}
			v := op.inputs(s, normal)
			check(op.name+": "+arg.name, v.f[j], arg.writes, func() { op.call(s, v) })
		}
	}
	a, b, c, bias := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n), make([]float32, n)
	loss := make([]float64, n)
	labels := make([]int, n)
	const k = 10
	few := func() { SoftmaxCrossEntropyLabels(loss, c[:k*n], a[:k*n], b[:k*n], labels, k, 0, 1, nil) }
	rule := Adam(1, 0.1, 0.9, 0.999, 1e-8, 0, false)
	state := [][]float32{make([]float32, n*n), make([]float32, n*n)}
	for _, c := range []struct {
		what    string
		x       []float32
		written bool
		call    func()
	}{
		{"Gemm: A", a, false, func() { Gemm(NoTrans, NoTrans, n, n, n, 1, a, n, b, n, 0, c, n) }},
		{"Gemm: B", b, false, func() { Gemm(NoTrans, NoTrans, n, n, n, 1, a, n, b, n, 0, c, n) }},
		{"Gemm: C", c, true, func() { Gemm(NoTrans, NoTrans, n, n, n, 1, a, n, b, n, 0, c, n) }},
		{"Gemm TN: A", a, false, func() { Gemm(Transpose, NoTrans, n, n, n, 1, a, n, b, n, 1, c, n) }},
		{"Gemm NT: B", b, false, func() { Gemm(NoTrans, Transpose, n, n, n, 1, a, n, b, n, 1, c, n) }},
		{"GemmBias: bias", bias, false, func() { GemmBias(true, n, n, n, a, n, b, n, bias, c, n) }},
		{"GemmReLUGrad: y", a, false, func() { GemmReLUGrad(n, n, n, b, n, b, n, a, n, c, n) }},
		{"GemvBias: W", b, false, func() { GemvBias(true, true, n, n, a[:n], b, n, bias, c[:n]) }},
		{"Update: w", a, true, func() { rule.Update(a, b, state, Terms{}) }},
		{"Update: dw", b, false, func() { rule.Update(a, b, state, Terms{}) }},
		{"Update: state", state[1], true, func() { rule.Update(a, b, state, Terms{}) }},
		{"UpdateColumns: w", a, true, func() { rule.UpdateColumns(a, b, state, n, 0, n, Terms{}) }},
		{"UpdateColumns: dw", b, false, func() { rule.UpdateColumns(a, b, state, n, 0, n, Terms{}) }},
		{"UpdateColumns: state", state[1], true, func() { rule.UpdateColumns(a, b, state, n, 0, n, Terms{}) }},
		{"SquareSum", a, false, func() { SquareSum(a, n, n, n) }},
		{"ClipValue", a, true, func() { ClipValue(a, 1) }},
		{"AllFinite", a, false, func() { AllFinite(a) }},
		{"Lerp: dst", a, true, func() { Lerp(a, b, 0.5) }},
		{"Lerp: x", b, false, func() { Lerp(a, b, 0.5) }},
		{"MaxNorm", a, true, func() { MaxNorm(a, n, n, 1) }},
		{"Dropout: dst", a, true, func() { Dropout(a, b, 0.5, 1, 2, 3, 0) }},
		{"Dropout: x", b, false, func() { Dropout(a, b, 0.5, 1, 2, 3, 0) }},
		{"SoftmaxRows: dst", a, true, func() { SoftmaxRows(a, b, n, n, nil) }},
		{"SoftmaxRows: x", b, false, func() { SoftmaxRows(a, b, n, n, nil) }},
		{"LogSoftmaxRows: dst", a, true, func() { LogSoftmaxRows(a, b, n, n) }},
		{"SoftmaxCrossEntropyLabels: dz", a, true, func() { SoftmaxCrossEntropyLabels(loss, c, a, b, labels, n, 0, 1, nil) }},
		{"SoftmaxCrossEntropyLabels: z", b, false, func() { SoftmaxCrossEntropyLabels(loss, c, a, b, labels, n, 0, 1, nil) }},
		// With AVX-512 the kernels for few columns.
		{"GemvBias of a narrow W: W", b[:k*n], false, func() { GemvBias(true, true, k, n, a[:n], b, k, bias[:k], c[:k]) }},
		{"GemvBias of a narrow W: y", c[:k], true, func() { GemvBias(true, true, k, n, a[:n], b, k, bias[:k], c[:k]) }},
		{"ColumnSums of a few: dst", a[:k], true, func() { ColumnSums(a[:k], b, n, k, k) }},
		{"ColumnSums of a few: x", b[:k*n], false, func() { ColumnSums(a[:k], b, n, k, k) }},
		{"SoftmaxRows of a row: dst", a[:k], true, func() { SoftmaxRows(a[:k], b[:k], 1, k, nil) }},
		{"SoftmaxRows of a row: x", b[:k], false, func() { SoftmaxRows(a[:k], b[:k], 1, k, nil) }},
		{"SoftmaxCrossEntropyLabels of a few: p", c[:k*n], true, few},
		{"SoftmaxCrossEntropyLabels of a few: dz", a[:k*n], true, few},
		{"SoftmaxCrossEntropyLabels of a few: z", b[:k*n], false, few},
		{"BinaryCrossEntropy: dz", a, true, func() { BinaryCrossEntropy(loss, a, b, c, n, 1, nil) }},
		{"BinaryCrossEntropy: t", c, false, func() { BinaryCrossEntropy(loss, a, b, c, n, 1, nil) }},
	} {
		check(c.what, c.x, c.written, c.call)
	}
	_ = got
}
