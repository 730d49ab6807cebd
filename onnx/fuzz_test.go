package onnx

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"runtime"
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
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Load(bytes.NewReader(data))
		if err != nil {
			return
		}
		if n, err := m.Network(); err == nil && n.Inputs() != m.inputs[0].size() {
			t.Errorf("a network of %d inputs for a model of %d", n.Inputs(), m.inputs[0].size())
		}
		const most = 1 << 16 // elements of a row: larger ones only cost time
		total, work := 0, 0
		for _, n := range m.slots {
			total += n
		}
		for _, s := range m.steps {
			work += s.work()
		}
		if total > most || work > 1<<22 {
			return
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
	})
}
