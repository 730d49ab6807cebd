package onnx

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// addModels makes all models of testdata, and what is written here, the seeds.
func addModels(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("testdata/*.onnx")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, e := range exports(f) {
		var b bytes.Buffer
		if err := Save(&b, e.m); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	for _, m := range hostile() {
		f.Add(m.file)
	}
}

// allocated returns the bytes that f allocates, freed ones included.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// loadLimit is what reading a file of n bytes may allocate: for constants that a file makes of
// nothing minFolded elements of 8 bytes, twice where a list of positions goes with them, and
// what the growth of slices throws away; for the rest a multiple of the file, as a
// dimension or a name of two bytes takes up to 200 in memory.
func loadLimit(n int) uint64 { return 64<<20 + 512*uint64(n) }

// FuzzRead holds for any bytes: no panic, and memory in proportion to them.
func FuzzRead(f *testing.F) {
	addModels(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		var m *Model
		var err error
		if got, most := allocated(func() { m, err = Load(bytes.NewReader(data)) }), loadLimit(len(data)); got > most {
			t.Errorf("%d bytes allocated for a file of %d, want at most %d", got, len(data), most)
		}
		if (m == nil) == (err == nil) {
			t.Fatalf("model %v, error %v", m, err)
		}
	})
}

// FuzzRun runs what is read: no panic, no more memory than announced, and no row that depends
// on another. Where the model is a chain of layers it becomes a network.
func FuzzRun(f *testing.F) {
	addModels(f)
	f.Fuzz(func(t *testing.T, data []byte) { checkRuns(t, data) })
}

// checkRuns tells whether the file is a model.
func checkRuns(t *testing.T, data []byte) bool {
	m, err := Load(bytes.NewReader(data))
	if err != nil {
		return false
	}
	width := 0
	for _, in := range m.inputs {
		width += in.size()
	}
	if n, err := m.Network(); err == nil && n.Inputs() != width {
		t.Errorf("a network of %d inputs for a model of %d", n.Inputs(), width)
	}
	const most = 1 << 16 // elements of a row: larger ones only cost time
	total, work := 0, int64(0)
	for _, n := range m.slots {
		total += n
	}
	for _, s := range m.steps {
		work += s.work()
	}
	if total > most || work > 1<<22 {
		return true
	}
	both, err := m.NewRunner(2)
	if err != nil {
		t.Fatal(err)
	}
	single, err := m.NewRunner(1)
	if err != nil {
		t.Fatal(err)
	}
	var x, first [][]float32
	for _, v := range m.inputs {
		rows := make([]float32, 2*v.size())
		for i := range rows {
			rows[i] = float32(i%7) - 2.5
		}
		x, first = append(x, rows), append(first, rows[:v.size()])
	}
	if err := both.Run(x...); err != nil {
		t.Fatal(err)
	}
	if err := single.Run(first...); err != nil {
		t.Fatal(err)
	}
	for i, info := range m.Outputs() {
		n := info.Size()
		switch info.Type {
		case Float:
			a, b := both.Floats(i), single.Floats(i)
			if len(a) != 2*n || len(b) != n {
				t.Fatalf("output %d: %d and %d numbers, want %d a row", i, len(a), len(b), n)
			}
			for j, v := range b {
				if math.Float32bits(v) != math.Float32bits(a[j]) && (v == v || a[j] == a[j]) {
					t.Fatalf("output %d, element %d: %g alone and %g in a batch", i, j, v, a[j])
				}
			}
		case Int:
			a, b := both.Ints(i), single.Ints(i)
			if len(a) != 2*n || len(b) != n {
				t.Fatalf("output %d: %d and %d numbers, want %d a row", i, len(a), len(b), n)
			}
			for j, v := range b {
				if v != a[j] {
					t.Fatalf("output %d, element %d: %d alone and %d in a batch", i, j, v, a[j])
				}
			}
		case String:
			if a := both.Strings(i); len(a) != 2*n {
				t.Fatalf("output %d: %d strings, want %d a row", i, len(a), n)
			}
		}
	}
	return true
}

// graphOf makes a graph of any bytes: operators that exist, with inputs that do and attributes
// that some operator knows. Nearly all bytes of a file serve its structure; here they choose.
// With filter, nodes that cannot be read are left out, so that what is left can be.
func graphOf(data []byte, filter bool) []byte {
	next := func(n int) int {
		if len(data) == 0 {
			return 0
		}
		b := int(data[0])
		data = data[1:]
		return b % n
	}
	m := newModel([]int64{7, 9, 11, 13, 15, 17, 18, 20, 21}[next(9)])
	m.constant("col", []float32{1, -2, 3}, 3, 1)
	m.constant("cube", []float32{1, 2, 3, 4, -1, -2, -3, -4}, 2, 2, 2)
	m.constant("empty", nil, 0)
	m.constant("row", []float32{0.5, 6, 1. / 6, 3}, 1, 4)
	m.constant("square", []float32{1, 0.5, -1, 2, 0, 3, -2, 0.25, 1, 1, 1, -1, 4, 0, -0.5, 0.75}, 4, 4)
	m.ints("minus", -1)
	m.ints("shape", 0, -1)
	m.ints("none")
	values := []string{"x", "x", "", "w", "m", "v", "one", "i", "j", "col", "cube", "empty", "row", "minus", "shape", "none", "square"}
	names := make([]string, 0, len(operators))
	for name := range operators {
		names = append(names, name)
	}
	slices.Sort(names)
	attributes := []string{"axis", "alpha", "beta", "transA", "transB", "perm", "axes", "keepdims", "to", "start", "end", "starts", "ends",
		"epsilon", "min", "max", "offset", "scale", "coefficients", "intercepts", "classlabels_ints", "norm", "post_transform", "targets",
		"allowzero", "select_last_index", "value_float", "value_int", "value_ints", "approximate", "noop_with_empty_axes", "threshold"}
	last := "x"
	with := func(out string) []byte {
		parts, size := m.graph.parts, m.graph.size
		m.node("Identity", "y", []string{out})
		b := m.bytes()
		m.graph.parts, m.graph.size = parts, size
		return b
	}
	for i := 0; len(data) > 0 && i < 40; i++ {
		name := names[next(len(names))]
		op := operators[name]
		count := op.least + next(min(op.most, 4)-min(op.least, 4)+1)
		in := []string{}
		for range count {
			v := values[next(len(values))]
			if next(2) == 0 {
				v = last
			}
			in = append(in, v)
		}
		var attrs []attr
		for range max(0, next(5)-2) {
			a, v := attributes[next(len(attributes))], next(12)
			switch next(5) {
			case 0, 1:
				attrs = append(attrs, intAttr(a, int64(v)-3))
			case 2:
				attrs = append(attrs, floatAttr(a, float64(v)/6))
			case 3:
				attrs = append(attrs, intsAttr(a, int64(v)-3, int64(next(4))))
			case 4:
				attrs = append(attrs, textAttr(a, []string{"none", "tanh", "L1", "L2", "MAX", "LOGISTIC", "SOFTMAX"}[v%7]))
			}
		}
		domain, short := "", name
		if cut, ok := strings.CutPrefix(name, mlDomain+"."); ok {
			domain, short = mlDomain, cut
		}
		parts, size := m.graph.parts, m.graph.size
		out := fmt.Sprint("n", i)
		m.node1(domain, short, out, in, []string{out}, attrs...)
		if filter {
			if _, err := Load(bytes.NewReader(with(out))); err != nil && !strings.Contains(err.Error(), `output "y"`) {
				m.graph.parts, m.graph.size = parts, size
				continue
			}
		}
		last = out
		values = append(values, out)
	}
	return with(last)
}

// choices returns random bytes for graphOf.
func choices(seed, stream uint64, most int) []byte {
	rng := rand.New(rand.NewPCG(seed, stream))
	b := make([]byte, 4+rng.IntN(most))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// FuzzGraph is FuzzRead and FuzzRun for graphs that go wrong in what they say, not in how.
func FuzzGraph(f *testing.F) {
	for i := range 64 {
		f.Add(choices(uint64(i), 0, 60))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		data := graphOf(b, false)
		if got, most := allocated(func() { checkRuns(t, data) }), 2*loadLimit(len(data)); got > most {
			t.Errorf("%d bytes allocated for a file of %d, want at most %d", got, len(data), most)
		}
		checkRuns(t, graphOf(b, true))
	})
}

// TestGraphs runs graphs made of random choices; most of them are models.
func TestGraphs(t *testing.T) {
	runs, graphs := 0, 500
	if testing.Short() {
		graphs = 100
	}
	for i := range graphs {
		if checkRuns(t, graphOf(choices(uint64(i), 1, 300), true)) {
			runs++
		}
	}
	if runs < graphs/3 {
		t.Errorf("%d of %d graphs run, want at least a third", runs, graphs)
	}
}
