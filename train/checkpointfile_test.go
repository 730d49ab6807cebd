package train_test

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/safetensors"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

const goldenPath = "testdata/checkpoint-v1.safetensors"

// goldenSmall is the run whose third step of the second epoch the golden file holds.
func goldenSmall() small {
	s := smalls()[0]
	s.config.KeepBest, s.config.L1, s.config.Patience = true, 1e-4, 5
	s.map1 = &net.Transform{Mean: []float32{5, 3, 4, 1}, Scale: []float32{1, 2, 0.5, 1}}
	return s
}

func goldenFile(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile(goldenPath)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A file written by the first version that had checkpoints goes on to the same bits, on all
// platforms and in all later versions. With SINEW_WRITE_GOLDEN=1 the file is written;
// that is for a new version of the format, under a new name.
func TestGoldenCheckpoint(t *testing.T) {
	s := goldenSmall()
	if os.Getenv("SINEW_WRITE_GOLDEN") == "1" {
		c := s.config
		ctx, progress := stopAt(4 + 1 + 3)
		c.Progress = progress
		c.Checkpoint = train.Checkpoint{Path: goldenPath, Keep: 1}
		_, _ = s.fit(ctx, s.trainer(t, 1, c))
	}
	data := goldenFile(t)
	const fused, generic = 0x33fa9a8227e51ed6, 0x051867f741268f9e
	eachLevel(t, func(t *testing.T, level isa.Level) {
		tr := s.trainer(t, 2, s.config)
		if err := tr.Decode(data); err != nil {
			t.Fatal(err)
		}
		if tr.Steps() != 7 {
			t.Errorf("%d steps", tr.Steps())
		}
		var again bytes.Buffer
		if err := tr.Encode(&again); err != nil || !bytes.Equal(again.Bytes(), data) {
			t.Errorf("written again, the file differs (%v)", err)
		}
		h, err := s.fit(context.Background(), tr)
		if err != nil || len(h.Epochs) != 3 {
			t.Fatal(h, err)
		}
		o := outcomeOf(tr, h, err)
		sum := fnv.New64a()
		fmt.Fprintln(sum, o.arenas, o.best)
		for _, e := range h.Epochs {
			fmt.Fprintln(sum, e.Rate, e.Train, e.Validation, e.GradNorm)
		}
		want := uint64(generic)
		if level.Fused() {
			want = fused
		}
		if got := sum.Sum64(); got != want {
			t.Errorf("the end hashes to %#016x, want %#016x", got, want)
		}
	})
}

// rewrite returns the golden file with its parts changed and the checksum made right.
func rewrite(t *testing.T, change func(tensors *[]safetensors.Tensor, meta map[string]string)) []byte {
	t.Helper()
	f, err := safetensors.Parse(bytes.Clone(goldenFile(t)))
	if err != nil {
		t.Fatal(err)
	}
	change(&f.Tensors, f.Metadata)
	var b bytes.Buffer
	if err := safetensors.Write(&b, f.Tensors, f.Metadata); err != nil {
		t.Fatal(err)
	}
	return train.Sum(b.Bytes())
}

// Files that are whole and lie.
func TestHostileCheckpoint(t *testing.T) {
	type tensors = *[]safetensors.Tensor
	replace := func(key, old, new string) func(tensors, map[string]string) {
		return func(_ tensors, meta map[string]string) {
			if !strings.Contains(meta[key], old) {
				t.Fatalf("no %q in %s", old, meta[key])
			}
			meta[key] = strings.Replace(meta[key], old, new, 1)
		}
	}
	position := func(old, new string) func(tensors, map[string]string) {
		return replace("sinew.position", old, new)
	}
	tensor := func(name string, change func(*safetensors.Tensor)) func(tensors, map[string]string) {
		return func(all tensors, _ map[string]string) {
			for i := range *all {
				if (*all)[i].Name == name {
					change(&(*all)[i])
					return
				}
			}
			t.Fatalf("no tensor %q", name)
		}
	}
	drop := func(name string) func(tensors, map[string]string) {
		return func(all tensors, _ map[string]string) {
			*all = slices.DeleteFunc(*all, func(x safetensors.Tensor) bool { return x.Name == name })
		}
	}
	shorter := func(x *safetensors.Tensor) {
		width := len(x.Data)
		for _, d := range x.Shape {
			width /= d
		}
		x.Shape = slices.Clone(x.Shape)
		x.Shape[0]--
		rest := width
		for _, d := range x.Shape {
			rest *= d
		}
		x.Data = x.Data[:rest]
	}
	for _, c := range []struct {
		name   string
		change func(tensors, map[string]string)
		want   string
	}{
		{"newer version", replace("sinew.checkpoint", "1", "2"), `version "2": this library reads version "1"`},
		{"no version", func(_ tensors, m map[string]string) { delete(m, "sinew.checkpoint") }, "not a checkpoint"},
		{"newer model", replace("sinew.model", "1", "7"), `model file version "7"`},
		{"no model version", func(_ tensors, m map[string]string) { delete(m, "sinew.model") }, `model file version ""`},
		{"giant network", replace("sinew.config", `"units":9`, `"units":16777216`), "the configuration wants"},
		{"no network", func(_ tensors, m map[string]string) { delete(m, "sinew.config") }, "missing"},
		{"weights missing", drop("layers.0.weight"), `"layers.0.weight" is missing`},
		{"no Config", func(_ tensors, m map[string]string) { delete(m, "sinew.train") }, "configuration: "},
		{"Config is no object", replace("sinew.train", "{", "[{"), "configuration: "},
		{"no position", func(_ tensors, m map[string]string) { delete(m, "sinew.position") }, "position: "},
		{"long position", position("{", strings.Repeat(" ", 1<<17)+"{"), "bytes: want at most 65536"},
		{"unknown field", position(`{"steps":`, `{"stepz":1,"steps":`), "stepz"},
		{"field twice", position(`{"steps":`, `{"steps":1,"steps":`), "not as it is written"},
		{"other spelling", position(`{"steps":`, `{"Steps":`), `unknown field "Steps"`},
		{"negative", position(`"steps":7`, `"steps":-7`), "steps is -7: want 0...2⁵³"},
		{"too large", position(`"epoch":1`, `"epoch":4294967295`), map[int]string{64: "epoch is 4294967295: want less than", 32: "cannot unmarshal number 4294967295"}[strconv.IntSize]},
		{"scale", position(`"scale":1`, `"scale":-1`), "plateau.scale is -1"},
		{"best of none", position(`"best_epoch":1`, `"best_epoch":2`), "best epoch is 2 of 1"},
		{"no kept", position(`"kept":{`, `"kept":null,"x":{`), `"x"`},
		{"kept without steps", position(`"step":3`, `"step":0`), "what is kept goes with"},
		{"no rows", position(`"rows":24`, `"rows":0`), "0 rows of weight"},
		{"giant history", position(`"done":1`, `"done":1000000000`), `"train.history" has dtype "F64" and shape [1 11]: want F64 and [1000000000 11]`},
		{"no history", drop("train.history"), `"train.history" has dtype "" and shape []`},
		{"short layers", tensor("train.history.layers", shorter), `"train.history.layers" has`},
		{"fractional epoch", tensor("train.history", func(x *safetensors.Tensor) { x.Data[5] ^= 8 }), "want an integer"},
		{"no checksum", drop("train.sha256"), "no tensor"},
		{"optimizer missing", drop("train.optimizer.1"), `"train.optimizer.1" is missing`},
		{"optimizer short", tensor("train.optimizer.0", shorter), `"train.optimizer.0" has dtype "F32"`},
		{"optimizer of integers", tensor("train.optimizer.0", func(x *safetensors.Tensor) { x.DType = "I32" }), `has dtype "I32"`},
		{"average missing", drop("train.average"), `"train.average" is missing`},
		{"kept missing", drop("train.kept.3"), `"train.kept.3" is missing`},
		{"best short", tensor("train.best", shorter), `"train.best" has`},
		{"unknown tensor", tensor("train.average", func(x *safetensors.Tensor) { x.Name = "train.optimizer.9" }), "is missing"},
		{"one more", func(all tensors, _ map[string]string) {
			*all = append(*all, safetensors.NewFloat32("train.optimizer.2", []int{1}, []float32{1}))
		}, `tensor "train.optimizer.2" is none of this run`},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := rewrite(t, c.change)
			s := goldenSmall()
			tr := s.trainer(t, 2, s.config)
			arenas, _, _ := tr.State()
			before := fmt.Sprint(arenas, counters(tr))
			var err error
			most := uint64(1<<18 + 16*len(data))
			if got := allocated(func() { err = tr.Decode(data) }); got > most {
				t.Errorf("%d bytes allocated for a file of %d, want at most %d", got, len(data), most)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if arenas, _, _ := tr.State(); fmt.Sprint(arenas, counters(tr)) != before {
				t.Error("the Trainer was changed")
			}
		})
	}
	// An epoch that is over, or longer than the data.
	for _, c := range []struct {
		change func(tensors, map[string]string)
		want   string
	}{
		{position(`"step":3`, `"step":4`), "the epoch has no step left"},
		{position(`"step":3`, `"step":2147483647`), "step 2147483647 of an epoch of 4"},
	} {
		s := goldenSmall()
		tr := s.trainer(t, 2, s.config)
		if err := tr.Decode(rewrite(t, c.change)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.fit(context.Background(), tr); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	// A newer version is not damage: the file before must not take its place.
	path := filepath.Join(t.TempDir(), "c")
	for i, data := range [][]byte{rewrite(t, replace("sinew.checkpoint", "1", "2")), goldenFile(t)} {
		if err := os.WriteFile(path+[]string{"", ".1"}[i], data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := goldenSmall()
	if r, err := s.trainer(t, 1, s.config).Resume(path); err == nil || !strings.Contains(err.Error(), `version "2"`) {
		t.Errorf("%+v, error %v", r, err)
	}
	if m, err := train.LoadNetwork(path); err == nil || !strings.Contains(err.Error(), `version "2"`) {
		t.Errorf("LoadNetwork: %v, error %v", m, err)
	}
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Reading and writing take a small multiple of the file's size.
func TestCheckpointMemory(t *testing.T) {
	m := func() *net.Network { return classifier(t, 200, 1000, 10, net.ReLU) }
	var b bytes.Buffer
	tr := trainer(t, m(), train.Config{EMA: 0.9, Workers: 1})
	if err := tr.Encode(&b); err != nil {
		t.Fatal(err)
	}
	size := uint64(b.Len())
	again := trainer(t, m(), train.Config{EMA: 0.9, Workers: 1})
	if got := allocated(func() {
		if err := again.Decode(b.Bytes()); err != nil {
			t.Fatal(err)
		}
	}); got > 5*size {
		t.Errorf("reading a file of %d bytes takes %d", size, got)
	}
	b.Reset()
	if got := allocated(func() {
		if err := tr.Encode(&b); err != nil {
			t.Fatal(err)
		}
	}); got > 3*size {
		t.Errorf("writing a file of %d bytes takes %d", size, got)
	}
}

// FuzzCheckpoint holds for any bytes that follow a right checksum: an error and an
// unchanged Trainer, or a state from which training goes on without a panic and which
// is written again as it was read.
func FuzzCheckpoint(f *testing.F) {
	data := goldenFile(f)
	f.Add(data)
	s := goldenSmall()
	for calls := range 6 {
		c := s.config
		ctx, progress := stopAt(calls + 1)
		c.Progress = progress
		tr := s.trainer(f, 1, c)
		_, _ = s.fit(ctx, tr)
		var b bytes.Buffer
		if err := tr.Encode(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 32 {
			return
		}
		data = train.Sum(data)
		ctx, progress := stopAt(3)
		s := goldenSmall()
		c := s.config
		c.Progress = progress
		c.Workers = 1
		tr := s.trainer(t, 2, c)
		arenas, _, _ := tr.State()
		before := fmt.Sprint(arenas, counters(tr))
		var err error
		most := uint64(1<<18 + 1536*len(data))
		if got := allocated(func() { err = tr.Decode(data) }); got > most {
			t.Errorf("%d bytes allocated for a file of %d, want at most %d", got, len(data), most)
		}
		if err != nil {
			if arenas, _, _ := tr.State(); fmt.Sprint(arenas, counters(tr)) != before {
				t.Errorf("changed in spite of %v", err)
			}
			return
		}
		var b, twice bytes.Buffer
		if err := tr.Encode(&b); err != nil {
			t.Fatal(err)
		}
		again := s.trainer(t, 3, c)
		if err := again.Decode(b.Bytes()); err != nil {
			t.Fatalf("written again: %v", err)
		}
		if err := again.Encode(&twice); err != nil || !bytes.Equal(b.Bytes(), twice.Bytes()) {
			t.Fatalf("written again it differs (%v)", err)
		}
		_, _ = s.fit(ctx, tr)
	})
}

func TestDigest(t *testing.T) {
	base := func() *train.Dataset {
		return &train.Dataset{Inputs: 2, X: []float32{1, 2, 3, 4, 5, 6}, Labels: []int{0, 1, 0}}
	}
	// By a program of its own (Python's struct and hashlib).
	weighted := base()
	weighted.Labels, weighted.Y, weighted.Weights = nil, []float32{0, 1, 0, 0, 0, 0}, []float32{1, 2, 0.5}
	for i, d := range []*train.Dataset{base(), weighted} {
		if got := d.Digest(); got != pinnedDigests[i] {
			t.Errorf("digest %s, want %s", got, pinnedDigests[i])
		}
	}
	seen := map[string]string{base().Digest(): "itself"}
	for name, change := range map[string]func(*train.Dataset){
		"a value":       func(d *train.Dataset) { d.X[5] = 7 },
		"order of rows": func(d *train.Dataset) { *d = *d.Take([]int{1, 0, 2}) },
		"other width":   func(d *train.Dataset) { d.Inputs = 3 },
		"a label":       func(d *train.Dataset) { d.Labels[0] = 2 },
		"one row less":  func(d *train.Dataset) { *d = *d.Take([]int{0, 1}) },
		"weights":       func(d *train.Dataset) { d.Weights = []float32{1, 1, 1} },
		"other weights": func(d *train.Dataset) { d.Weights = []float32{1, 1, 2} },
		"values":        func(d *train.Dataset) { d.Labels, d.Y = nil, []float32{0, 1, 0} },
		"two values":    func(d *train.Dataset) { d.Labels, d.Y = nil, []float32{0, 1, 0, 0, 0, 0} },
		"nothing":       func(d *train.Dataset) { *d = train.Dataset{Inputs: 2} },
	} {
		d := base()
		change(d)
		if other, ok := seen[d.Digest()]; ok {
			t.Errorf("%s has the digest of %s", name, other)
		}
		seen[d.Digest()] = name
	}
	named := base()
	named.Classes = []string{"a", "b"}
	if named.Digest() != base().Digest() {
		t.Error("names of classes change the digest")
	}
	long := &train.Dataset{Inputs: 1, X: make([]float32, 5000), Labels: make([]int, 5000)}
	first := long.Digest()
	long.Labels[4999] = 1
	if long.Digest() == first {
		t.Error("the last label of many does not count")
	}
}

var pinnedDigests = []string{
	"sha256:31fe22e374d7c1a723d4afefd4d9382285eb5b4ffb4389267f1c26cd09440992",
	"sha256:303f62eeb0225be3dd8b2e0a5596f6ff52925fd0ddcfa49f19b271106352d318",
}

// Every field of a history comes back, also one that is added to the type later.
func TestHistoryInCheckpoint(t *testing.T) {
	s, _ := checkpointed(t)
	var tr *train.Trainer
	next := 1.0
	var fill func(v reflect.Value)
	fill = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Int:
			v.SetInt(int64(next))
			next++
		case reflect.Float64:
			v.SetFloat(next + 0.1)
			next++
		case reflect.Struct:
			for i := range v.NumField() {
				fill(v.Field(i))
			}
		case reflect.Slice:
			for i := range v.Len() {
				fill(v.Index(i))
			}
		default:
			t.Fatalf("a field of kind %s: teach the checkpoint", v.Kind())
		}
	}
	done := false
	s.config.Progress = func(p train.Progress) {
		if p.Done == nil || done {
			return
		}
		done = true
		epochs := tr.RunHistory().Epochs
		for i := range epochs {
			fill(reflect.ValueOf(&epochs[i]).Elem())
		}
		var b bytes.Buffer
		if err := tr.Encode(&b); err != nil {
			t.Fatal(err)
		}
		again := s.trainer(t, 1, s.config)
		if err := again.Decode(b.Bytes()); err != nil {
			t.Fatal(err)
		}
		if got := again.RunHistory(); !reflect.DeepEqual(got, tr.RunHistory()) || len(got.Epochs) == 0 || next < 20 {
			t.Errorf("history %+v, want %+v", got, tr.RunHistory())
		}
	}
	tr = s.trainer(t, 1, s.config)
	if _, err := s.fit(context.Background(), tr); err != nil || !done {
		t.Fatal(err)
	}
}

func BenchmarkCheckpoint(b *testing.B) {
	m := classifier(b, 784, 512, 10, net.ReLU)
	tr := trainer(b, m, train.Config{Workers: 1})
	path := filepath.Join(b.TempDir(), "c")
	size := func(b *testing.B) {
		if err := tr.Save(path); err != nil {
			b.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(info.Size())
		b.ReportAllocs()
	}
	b.Run("save", func(b *testing.B) {
		size(b)
		for b.Loop() {
			if err := tr.Save(path); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("resume", func(b *testing.B) {
		size(b)
		for b.Loop() {
			if _, err := tr.Resume(path); err != nil {
				b.Fatal(err)
			}
		}
	})
}
