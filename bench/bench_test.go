package main

import (
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/mat"
)

// quick is an effort whose figures mean nothing.
var quick = []string{"-time", "20us", "-rounds", "1"}

// command runs the program as main does and returns what it prints.
func command(t *testing.T, args ...string) string {
	t.Helper()
	t.Cleanup(isa.Force(isa.Active()))
	var out strings.Builder
	if err := run(append(args, quick...), &out, io.Discard); err != nil {
		t.Fatalf("bench %v: %v", args, err)
	}
	return out.String()
}

// TestProducts compares one tiny shape in each orientation on whatever peers there are.
func TestProducts(t *testing.T) {
	for _, level := range isa.Available() {
		out := command(t, "-shapes", "NN:5x7x9,NT:5x7x9,TN:5x7x9,NN:1x7x9", "-isa", level.String(), "-peers", "openblas,blis,onednn,libxsmm,gonum")
		for _, want := range []string{"NN 5x7x9", "NT 5x7x9", "TN 5x7x9", "NN 1x7x9", "Sinew      " + level.String(), "gonum      v", "FMA peak"} {
			if !strings.Contains(out, want) {
				t.Errorf("%q is not in\n%s", want, out)
			}
		}
	}
}

// TestEigen compiles for some seconds.
func TestEigen(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles Eigen, for ten seconds or more: not with -short")
	}
	out := command(t, "-shapes", "NN:5x7x9,NT:5x7x9,TN:5x7x9", "-peers", "eigen", "-md")
	if !strings.Contains(out, "| NN 5x7x9 |") || !strings.Contains(strings.ToLower(out), "eigen ") {
		t.Errorf("no table, or no word about Eigen:\n%s", out)
	}
}

func TestSteps(t *testing.T) {
	out := command(t, "step", "-cases", "64-32-10", "-peers", "openblas,onednn,packed")
	for _, want := range []string{"64-32-10 b16 sgdm", "64-32-10 b16 adam", "64-32-10 b1 predict", "64-32-10 b256 predict", "floor"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
}

func TestArguments(t *testing.T) {
	t.Cleanup(isa.Force(isa.Active()))
	for _, args := range [][]string{
		{"-set", "none"}, {"-shapes", "NN:1x1"}, {"-isa", "sse"}, {"-peers", "mkl"}, {"-rounds", "0"}, {"-time", "0s"}, {"steps"},
		{"step", "-cases", "none"}, {"step", "-peers", "blis"}, {"step", "more"},
	} {
		var out strings.Builder
		if err := run(args, &out, io.Discard); err == nil {
			t.Errorf("bench %v: no error, printed %q", args, out.String())
		}
	}
}

// TestMissing: a library that is not there leaves out its peer.
func TestMissing(t *testing.T) {
	if _, err := openLib("libsinew-no-such-library.so", "libsinew-nor-this.so"); err == nil || !strings.Contains(err.Error(), "no-such-library") {
		t.Errorf("openLib: %v, want an error that names the first library", err)
	}
	if _, err := compile("no-such-source.c", plainC); err == nil {
		t.Error("compile: no error")
	}
	old := loaders
	t.Cleanup(func() { loaders = old })
	loaders = slices.Clone(old)
	loaders[1].load = func() ([]peer, error) { return nil, io.ErrUnexpectedEOF }
	peers, absent, err := loadPeers("openblas,gonum")
	if err != nil || len(peers) != 2 || len(absent) != 1 || absent[0].name != "openblas" {
		t.Errorf("loadPeers: %v, %v, %v, want Sinew and gonum, without openblas", peers, absent, err)
	}
}

// TestWrongPeer: whoever gives another product, or leaves some of it out, stops the run.
func TestWrongPeer(t *testing.T) {
	p := product{m: 3, n: 4, k: 50}
	a, b, c := operands(p)
	sinew := loadSinew()
	right := sinew.product(p, a, b, c)
	for name, spoil := range map[string]func(){
		"right":      func() {},
		"last digit": func() { c[5] = math.Nextafter32(c[5], 10) },
		"term":       func() { c[0] -= a[0] * b[0] },
		"NaN":        func() { c[11] = float32(math.NaN()) },
		"unwritten":  func() { clear(c[8:]); c[8] = float32(math.NaN()) },
		"transposed": func() { c[1], c[4] = c[4], c[1] },
	} {
		wrong := func(reps int) float64 { s := right(reps); spoil(); return s }
		err := agree(p, []peer{sinew, {name: "peer"}}, []sampler{right, wrong}, a, b, c)
		if good := name == "right" || name == "last digit"; (err == nil) != good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWrongStep: a peer that trains otherwise stops the run.
func TestWrongStep(t *testing.T) {
	for _, optimizer := range []string{"", "sgdm", "adam"} {
		k := &stepCase{size: []int{8, 6, 3}, rows: 4, optimizer: optimizer}
		k.fill()
		sinew := stepPeer{"Sinew", "", startSinew}
		if err := sameResults(k, []stepPeer{sinew, sinew}); err != nil {
			t.Errorf("%v against itself: %v", k, err)
		}
		other := stepPeer{"peer", "", func(k *stepCase) (stepRun, error) {
			changed := *k
			changed.batch.X = slices.Clone(k.batch.X)
			for i := range changed.batch.X[:8] {
				changed.batch.X[i] = 0
			}
			return startSinew(&changed)
		}}
		if err := sameResults(k, []stepPeer{sinew, other}); err == nil {
			t.Errorf("%v: a row of other data went unnoticed", k)
		}
	}
}

func TestFloor(t *testing.T) {
	k := &stepCase{size: []int{784, 128, 10}, rows: 64, optimizer: "adam"}
	if w, f := k.weights(), k.flop(); w != 101632 || f != 64*(4*784*128+6*128*10) {
		t.Errorf("%v: %d weights, %g flop", k, w, f)
	}
	k.optimizer = ""
	if f := k.flop(); f != 2*64*101632 {
		t.Errorf("%v: %g flop", k, f)
	}
}

func TestMachine(t *testing.T) {
	m, err := newMachine()
	if err != nil {
		t.Fatal(err)
	}
	if mat.ISA().Level != "generic" && !(m.flops > 1e8) {
		t.Errorf("FMA peak %g flop/s", m.flops)
	}
	e := effort{20 * time.Microsecond, 1}
	for n := range 70 { // every tail of the loops
		if r, a := m.readRate(e, n+1), m.axpyRate(e, n+1); !(r > 0 && a > 0) {
			t.Errorf("n = %d: read %g, axpy %g bytes/s", n+1, r, a)
		}
	}
}
