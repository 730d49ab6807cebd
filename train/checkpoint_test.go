package train_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// small is a short run with something of its own to go wrong in resuming.
type small struct {
	name   string
	net    net.Config
	config train.Config
	values bool // data with values, not labels
	stream bool
	map1   *net.Transform
}

// rows is a source over a data set that has an order of its own for each pass, and reads
// in uneven pieces.
type rows struct {
	d        *train.Dataset
	pass, at int
}

// digested is a source that knows its digest.
type digested struct {
	rows
	digest string
}

func (r *digested) Digest() string { return r.digest }

func (r *rows) Inputs() int { return r.d.Inputs }
func (r *rows) Rewind(pass int) error {
	r.pass, r.at = pass, 0
	return nil
}
func (r *rows) Read(x []float32, labels []int, y []float32) (int, error) {
	n, total := 0, r.d.Rows()-r.pass%2 // passes differ in length, too
	for n < 3 && n*r.d.Inputs < len(x) {
		if r.at == total {
			break
		}
		i := (r.at*7 + r.pass) % r.d.Rows()
		copy(x[n*r.d.Inputs:][:r.d.Inputs], r.d.X[i*r.d.Inputs:])
		if labels != nil {
			labels[n] = r.d.Labels[i]
		} else {
			w := len(r.d.Y) / r.d.Rows()
			copy(y[n*w:][:w], r.d.Y[i*w:])
		}
		n++
		r.at++
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// irises returns 28 training and 7 validation rows.
func irises(values bool) (data, validation *train.Dataset) {
	x, labels := fixtures.Iris()
	all := &train.Dataset{Inputs: 4, X: x, Labels: labels}
	var rows []int
	for i := 0; i < 150; i += 4 {
		rows = append(rows, i)
	}
	data, validation = all.Take(rows).Split(0.2, 1)
	if values {
		for _, d := range []*train.Dataset{data, validation} {
			for _, l := range d.Labels {
				d.Y = append(d.Y, float32(l), float32(l*l)/4)
			}
			d.Labels = nil
		}
	}
	return data, validation
}

// smalls are all optimizers with their forms, and each other option at least once.
func smalls() []small {
	plain := net.Config{Inputs: 4, Layers: []net.Layer{{Units: 5, Activation: net.Tanh}, {Units: 3}}, Loss: net.SoftmaxCrossEntropy}
	relu := net.Config{Inputs: 4, Layers: []net.Layer{{Units: 5, Activation: net.ReLU}, {Units: 3}}, Loss: net.SoftmaxCrossEntropy}
	dropout := net.Config{Inputs: 4, Layers: []net.Layer{{Units: 9, Activation: net.ReLU, Norm: net.BatchNorm, Dropout: 0.3}, {Units: 5, Activation: net.GELU, Norm: net.LayerNorm, Dropout: 0.1}, {Units: 3}},
		Loss: net.SoftmaxCrossEntropy, LabelSmoothing: 0.1}
	values := net.Config{Inputs: 4, Layers: []net.Layer{{Units: 5, Activation: net.Sigmoid, Norm: net.BatchNorm}, {Units: 2}}, Loss: net.Huber}
	third := 1. / 3
	all := []small{
		{name: "cosine over all steps, ema", net: dropout, config: train.Config{Optimizer: train.AdamW{}, LearnRate: train.Cosine{Start: 0.02}, EMA: 0.8, ClipNorm: 0.5}},
		{name: "one cycle, swa", net: dropout, config: train.Config{Optimizer: train.SGD{Momentum: 0.9, Nesterov: true}, LearnRate: train.OneCycle{Peak: 0.1}, SWA: 2, ClipValue: 0.2}},
		{name: "plateau", net: plain, config: train.Config{LearnRate: train.Plateau{Start: 0.05, Factor: 0.5, Patience: 1}, L1: 1e-3, Watch: train.ValidationAccuracy}},
		{name: "warm-up, early stop", net: plain, config: train.Config{LearnRate: train.Warmup{Steps: 5, Then: train.Exponential{Start: 0.3, Factor: 0.9}}, Patience: 1, MinDelta: 0.05, Epochs: 6}},
		{name: "keep best, average", net: dropout, config: train.Config{KeepBest: true, EMA: 0.5, LearnRate: train.Constant(0.2), Balanced: true}},
		{name: "keep best, worse later", net: plain, config: train.Config{KeepBest: true, LearnRate: &rates{0.1, 6, 3}, Optimizer: train.SGD{}}},
		{name: "frozen, own penalties", net: dropout, config: train.Config{Layers: []train.LayerConfig{{Frozen: true}, {L2: &third}, {L1: &third}}, DecayBiases: true, MaxNorm: 0.7, ClassWeights: []float64{1, 2, 0.5}}},
		{name: "steps, values", net: values, values: true, config: train.Config{Optimizer: train.SGD{}, LearnRate: train.StepDecay{Start: 0.1, Every: 4}, L2: 0.01}},
		{name: "stream", net: dropout, stream: true, config: train.Config{LearnRate: train.Constant(0.01), EMA: 0.9}},
		{name: "stream of values", net: values, values: true, stream: true, config: train.Config{KeepBest: true}},
		{name: "transform", net: plain, map1: &net.Transform{Mean: []float32{5, 3, 4, 1}, Scale: []float32{1, 2, 0.5, 1}}, config: train.Config{}},
		{name: "not finite in the third epoch", net: relu, config: train.Config{Optimizer: train.SGD{Momentum: 0.5}, LearnRate: &rates{0.01, 10, 1e30}, SWA: 1, Epochs: 4}},
	}
	for _, o := range []train.Optimizer{train.SGD{}, train.SGD{Momentum: 0.9}, train.SGD{Momentum: 0.9, Nesterov: true}, train.AdaGrad{},
		train.RMSProp{}, train.RMSProp{Momentum: 0.5}, train.RMSProp{Centered: true}, train.RMSProp{Centered: true, Momentum: 0.5},
		train.Adam{}, train.Adam{AMSGrad: true}, train.AdamW{}, train.AdamW{Adam: train.Adam{AMSGrad: true}}, train.RProp{}} {
		all = append(all, small{name: fmt.Sprintf("%T%+v", o, o), net: plain, config: train.Config{Optimizer: o}})
	}
	all = append(all, frozens()...)
	for i := range all {
		c := &all[i].config
		c.Seed = 7
		if c.BatchSize == 0 {
			c.BatchSize = 8
		}
		if c.Epochs == 0 {
			c.Epochs = 3
		}
	}
	return all
}

func (s *small) trainer(t testing.TB, seed uint64, c train.Config) *train.Trainer {
	t.Helper()
	m := network(t, s.net)
	m.Init(seed)
	if err := m.SetTransform(s.map1); err != nil {
		t.Fatal(err)
	}
	tr := trainer(t, m, c)
	t.Cleanup(tr.Close) // other tests count goroutines
	return tr
}

func (s *small) fit(ctx context.Context, tr *train.Trainer) (*train.History, error) {
	data, validation := irises(s.values)
	if s.stream {
		return tr.FitSource(ctx, &rows{d: data}, !s.values, validation)
	}
	return tr.Fit(ctx, data, validation)
}

// outcome is all that a run leaves.
type outcome struct {
	arenas   [][]uint32
	best     []uint32
	counters string
	history  string
	err      string
}

func bitsOf(x []float32) []uint32 {
	var b []uint32
	for _, v := range x {
		b = append(b, math.Float32bits(v))
	}
	return b
}

func outcomeOf(tr *train.Trainer, h *train.History, err error) outcome {
	arenas, best, _ := tr.State()
	o := outcome{best: bitsOf(best), err: fmt.Sprint(err)}
	for _, a := range arenas {
		o.arenas = append(o.arenas, bitsOf(a))
	}
	// %v prints a float64 in the fewest digits that tell it from others.
	o.history = fmt.Sprintf("%+v", withoutSeconds(h))
	if err == nil {
		o.counters = counters(tr)
	}
	return o
}

func withoutSeconds(h *train.History) train.History {
	c := train.History{Epochs: slices.Clone(h.Epochs), Best: h.Best}
	for i := range c.Epochs {
		c.Epochs[i].Seconds = 0
	}
	return c
}

func counters(tr *train.Trainer) string {
	_, _, c := tr.State()
	text := fmt.Sprintf("%+v", c)
	// The history within holds Seconds.
	at := strings.Index(text, " History:")
	return text[:at]
}

func (o *outcome) diff(want *outcome) string {
	switch {
	case o.err != want.err:
		return fmt.Sprintf("error %s, want %s", o.err, want.err)
	case o.history != want.history:
		return fmt.Sprintf("history\n%s, want\n%s", o.history, want.history)
	case o.counters != want.counters:
		return fmt.Sprintf("counters %s, want %s", o.counters, want.counters)
	case !reflect.DeepEqual(o.best, want.best):
		return "other best weights"
	}
	for i := range want.arenas {
		if !slices.Equal(o.arenas[i], want.arenas[i]) {
			return fmt.Sprintf("other bits in arena %d of weights, running averages, average, optimizer", i)
		}
	}
	return ""
}

// A run that is stopped after any step and resumed, by another Trainer, with another number
// of workers and on another level, ends as the run that was never stopped.
func TestResumeAtEveryStep(t *testing.T) {
	for _, s := range smalls() {
		t.Run(s.name, func(t *testing.T) {
			eachLevel(t, func(t *testing.T, level isa.Level) {
				var files [][]byte
				c := s.config
				var tr *train.Trainer
				c.Progress = func(p train.Progress) {
					var b bytes.Buffer
					if err := tr.Encode(&b); err != nil {
						t.Fatal(err)
					}
					files = append(files, b.Bytes())
					// Only where it cannot be told from the steps that are left.
					if before := bytes.Contains(b.Bytes(), []byte("train.before")); !s.stream && before != (p.Done == nil && p.Step == p.Steps) {
						t.Errorf("%+v: weights before the last step in the file: %v", p, before)
					}
				}
				c.Workers = 1
				tr = s.trainer(t, 1, c)
				h, err := s.fit(context.Background(), tr)
				want := outcomeOf(tr, h, err)
				if s.config.Patience > 0 && len(h.Epochs) >= s.config.Epochs {
					t.Fatal("the run was not to come to its last epoch")
				}
				if len(files) < 9 || (err != nil) != strings.Contains(s.name, "not finite") {
					t.Fatalf("%d files, error %v", len(files), err)
				}
				last := isa.Available()[len(isa.Available())-1]
				for i, file := range files {
					c := s.config
					c.Workers = 1 + i%3
					again := s.trainer(t, 99, c)
					if err := again.Decode(file); err != nil {
						t.Fatalf("file %d of %d: %v", i, len(files), err)
					}
					// Written again before it goes on, it is the same file.
					var b bytes.Buffer
					if err := again.Encode(&b); err != nil || !bytes.Equal(b.Bytes(), file) {
						t.Fatalf("file %d of %d: written again it differs (%v)", i, len(files), err)
					}
					back := func() {}
					if level.Fused() && last.Fused() {
						back = isa.Force(last)
					}
					h, err := s.fit(context.Background(), again)
					back()
					got := outcomeOf(again, h, err)
					if d := got.diff(&want); d != "" {
						t.Fatalf("file %d of %d: %s", i, len(files), d)
					}
					again.Close()
				}
			})
		})
	}
}

// checkpointed returns a configuration with all that a checkpoint can hold, and a path.
func checkpointed(t testing.TB) (small, string) {
	s := smalls()[0]
	s.config.KeepBest = true
	s.config.Checkpoint = train.Checkpoint{Path: filepath.Join(t.TempDir(), "c"), Steps: 1}
	return s, s.config.Checkpoint.Path
}

// stopAt returns a context and a Progress that ends it after so many calls.
func stopAt(n int) (context.Context, func(train.Progress)) {
	ctx, cancel := context.WithCancel(context.Background())
	return ctx, func(train.Progress) {
		if n--; n == 0 {
			cancel()
		}
	}
}

// names returns the files of a directory.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

// A run whose context ends after every few steps, each time resumed from its file.
func TestCancelAndResume(t *testing.T) {
	for _, s := range smalls() {
		t.Run(s.name, func(t *testing.T) {
			tr := s.trainer(t, 1, s.config)
			h, err := s.fit(context.Background(), tr)
			want := outcomeOf(tr, h, err)
			c := s.config
			path := filepath.Join(t.TempDir(), "c")
			c.Checkpoint = train.Checkpoint{Path: path, Interval: time.Hour} // written at a stop only
			stops := 0
			for ; ; stops++ {
				ctx, progress := stopAt(stops%3 + 1)
				c.Progress = progress
				tr := s.trainer(t, uint64(1+stops), c)
				r, err := tr.Resume(path)
				if stops == 0 != errors.Is(err, fs.ErrNotExist) || stops > 0 && (err != nil || r.Path != path || r.Skipped != nil) {
					t.Fatalf("stop %d: resumed from %+v, %v", stops, r, err)
				}
				h, err := s.fit(ctx, tr)
				if errors.Is(err, context.Canceled) {
					continue
				}
				got := outcomeOf(tr, h, err)
				if d := got.diff(&want); d != "" {
					t.Fatalf("after %d stops: %s", stops, d)
				}
				break
			}
			if stops < 4 {
				t.Fatalf("%d stops", stops)
			}
			// The run is over: what is resumed has nothing to do.
			c.Progress = func(train.Progress) { t.Error("a step of a finished run") }
			tr = s.trainer(t, 1, c)
			if _, err := tr.Resume(path); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(s.name, "not finite") {
				return // it would try again
			}
			h, err = s.fit(context.Background(), tr)
			got := outcomeOf(tr, h, err)
			if d := got.diff(&want); d != "" {
				t.Errorf("finished and resumed: %s", d)
			}
		})
	}
}

func TestCheckpointKeeps(t *testing.T) {
	for _, c := range []struct {
		checkpoint train.Checkpoint
		want       string
	}{
		{train.Checkpoint{}, "c c.1"},
		{train.Checkpoint{Keep: 1}, "c"},
		{train.Checkpoint{Keep: 3}, "c c.1 c.2"},
		{train.Checkpoint{Keep: 9}, "c c.1 c.2"}, // one an epoch
		{train.Checkpoint{Keep: 100, Steps: 3}, "c c.1 c.2 c.3 c.4 c.5 c.6"},
		{train.Checkpoint{Keep: 9, Steps: 1, Interval: time.Hour}, "c"}, // at the end
	} {
		s, path := checkpointed(t)
		c.checkpoint.Path = path
		s.config.Checkpoint = c.checkpoint
		if _, err := s.fit(context.Background(), s.trainer(t, 1, s.config)); err != nil {
			t.Fatal(err)
		}
		if got := names(t, filepath.Dir(path)); got != c.want {
			t.Errorf("%+v: files %s, want %s", c.checkpoint, got, c.want)
		}
	}
}

// files runs s to its end and returns the newest and the one before, and what must come
// of each of them.
func filesOf(t testing.TB, s small, path string, calls int) (newest, before []byte, want outcome) {
	t.Helper()
	c := s.config
	c.Checkpoint = train.Checkpoint{}
	tr := s.trainer(t, 1, c)
	h, err := s.fit(context.Background(), tr)
	want = outcomeOf(tr, h, err)
	ctx, progress := stopAt(calls)
	c = s.config
	c.Progress = progress
	if _, err := s.fit(ctx, s.trainer(t, 1, c)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for i, b := range []*[]byte{&newest, &before} {
		if *b, err = os.ReadFile(path + []string{"", ".1"}[i]); err != nil {
			t.Fatal(err)
		}
	}
	return newest, before, want
}

// A file that is cut anywhere, or has one wrong bit anywhere, is passed over for the one
// before, from which the run ends as it should.
func TestDamagedCheckpoint(t *testing.T) {
	s, path := checkpointed(t)
	s.net = net.Config{Inputs: 4, Layers: []net.Layer{{Units: 1, Norm: net.BatchNorm}, {Units: 3}}, Loss: net.SoftmaxCrossEntropy}
	s.config.Optimizer = train.SGD{Momentum: 0.9}
	newest, before, want := filesOf(t, s, path, 8)
	write := func(path string, data []byte) {
		t.Helper()
		os.Remove(path) // some file systems wait for the disk when a file is cut and written anew
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tr := s.trainer(t, 2, s.config)
	check := func(what string, at int, data []byte) {
		t.Helper()
		write(path, data)
		r, err := tr.Resume(path)
		if err != nil || r.Path != path+".1" || len(r.Skipped) != 1 || !strings.Contains(r.Skipped[0].Error(), "damaged") {
			t.Fatalf("%s %d: %+v, %v", what, at, r, err)
		}
	}
	step := 1
	if testing.Short() {
		step = 37
	}
	for n := 0; n < len(newest); n += step {
		check("cut at", n, newest[:n])
	}
	for i := 0; i < len(newest); i += step {
		data := bytes.Clone(newest)
		data[i] ^= 1 << (i % 8)
		check("wrong byte", i, data)
	}
	check("longer than", len(newest), append(bytes.Clone(newest), 0))
	h, err := s.fit(context.Background(), tr)
	got := outcomeOf(tr, h, err)
	if d := got.diff(&want); d != "" {
		t.Errorf("from the file before: %s", d)
	}

	// The newest is missing: the process ended between two renames.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	write(path+".1", before)
	tr = s.trainer(t, 2, s.config)
	if r, err := tr.Resume(path); err != nil || r.Path != path+".1" || len(r.Skipped) != 1 || !errors.Is(r.Skipped[0], fs.ErrNotExist) {
		t.Errorf("newest missing: %+v, %v", r, err)
	}
	// All are damaged: that is not the same as none being there.
	write(path+".1", before[:100])
	if r, err := tr.Resume(path); err == nil || r != nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "no checkpoint that is whole") {
		t.Errorf("all damaged: %+v, %v", r, err)
	}
	if err := os.Remove(path + ".1"); err != nil {
		t.Fatal(err)
	}
	if r, err := tr.Resume(path); r != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("none: %+v, %v", r, err)
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if r, err := tr.Resume(path); err == nil || r != nil || !strings.Contains(err.Error(), "want a regular file") {
		t.Errorf("a directory: %+v, %v", r, err)
	}
}

// A path that is a symbolic link into another folder: the files before lie beside what it
// points to, and are found there.
func TestLinkedCheckpoint(t *testing.T) {
	s, _ := checkpointed(t)
	dir := t.TempDir()
	path := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(dir, "c"), path); err != nil {
		t.Skip("no symbolic link to be made here: ", err)
	}
	s.config.Checkpoint.Path = path
	if _, err := s.fit(context.Background(), s.trainer(t, 1, s.config)); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); got != "c c.1" {
		t.Fatalf("files %s", got)
	}
	if err := os.WriteFile(path, []byte("damaged"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := s.trainer(t, 2, s.config).Resume(path)
	if err != nil || r.Path != filepath.Join(dir, "c.1") || len(r.Skipped) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// What does not fit is an error that names it, and changes nothing.
func TestResumeMismatch(t *testing.T) {
	s, path := checkpointed(t)
	newest, _, want := filesOf(t, s, path, 6)
	half := 0.5
	for _, c := range []struct {
		change func(*small)
		want   string
	}{
		{func(s *small) { s.config.Seed = 8 }, `the Config's "seed" is 7 in the file and 8 here`},
		{func(s *small) { s.config.BatchSize = 16 }, `the Config's "batch_size" is 8 in the file and 16 here`},
		{func(s *small) { s.config.Optimizer = train.Adam{} }, `the Config's "optimizer" is {"name":"adamw"} in the file and {"name":"adam"} here`},
		{func(s *small) { s.config.Optimizer = train.AdamW{WeightDecay: 0.5} }, `and {"name":"adamw","weight_decay":0.5} here`},
		{func(s *small) { s.config.LearnRate = train.Constant(0.02) }, `the Config's "learn_rate" is {"name":"cosine","start":0.02} in`},
		{func(s *small) { s.config.LearnRate = &rates{} }, `and {"type":"*train_test.rates"} here`},
		{func(s *small) { s.config.L1 = half }, `the Config's "l1" is not set in the file and 0.5 here`},
		{func(s *small) { s.config.KeepBest = false }, `the Config's "keep_best" is true in the file and not set here`},
		{func(s *small) { s.config.Layers = []train.LayerConfig{{L1: &half}, {}, {}} }, `the Config's "layers" is not set`},
		{func(s *small) { s.net.Layers[0].Units = 8 }, `the network's "layers" is`},
		{func(s *small) { s.net.Loss, s.net.LabelSmoothing = net.MSE, 0 }, `the network's "label_smoothing" is 0.1 in the file and not set here`},
		{func(s *small) { s.map1 = &net.Transform{Mean: make([]float32, 4)} }, "transform"},
	} {
		other := small{net: s.net, config: s.config}
		other.net.Layers = slices.Clone(s.net.Layers)
		c.change(&other)
		tr := other.trainer(t, 3, other.config)
		arenas, _, _ := tr.State()
		before := fmt.Sprint(arenas, counters(tr))
		r, err := tr.Resume(path)
		if err == nil || r != nil || !strings.HasPrefix(err.Error(), "train: checkpoint "+path+": ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v, error %v, want %q", r, err, c.want)
		}
		if arenas, _, _ := tr.State(); fmt.Sprint(arenas, counters(tr)) != before {
			t.Errorf("%s: the Trainer was changed", c.want)
		}
	}
	// What may differ.
	c := s.config
	c.Workers, c.Checkpoint, c.Progress = 2, train.Checkpoint{}, func(train.Progress) {}
	tr := s.trainer(t, 3, c)
	if err := tr.Decode(newest); err != nil {
		t.Fatal(err)
	}
	// Other data: an error, and the run stays to be finished.
	data, validation := irises(false)
	swapped := data.Take(append([]int{1, 0}, slices.Collect(func(yield func(int) bool) {
		for i := 2; i < data.Rows() && yield(i); i++ {
		}
	})...))
	for _, e := range []struct {
		data, validation *train.Dataset
		want             string
	}{
		{swapped, validation, "the training set has digest " + swapped.Digest() + ", that of the checkpoint's run " + data.Digest()},
		{data, nil, "the validation set has digest none (no such set), that of the checkpoint's run " + validation.Digest()},
		{data, data, "the validation set has digest " + data.Digest() + ", that of"},
	} {
		if h, err := tr.Fit(context.Background(), e.data, e.validation); err == nil || len(h.Epochs) != 0 || !strings.Contains(err.Error(), e.want) {
			t.Errorf("%v, error %v, want %q", h, err, e.want)
		}
	}
	if _, err := tr.FitSource(context.Background(), &rows{d: data}, true, validation); err == nil || !strings.Contains(err.Error(), "the training set has digest stream, ") {
		// Balanced or not, a stream is another set.
		t.Errorf("a stream instead: error %v", err)
	}
	h, err := s.fit(context.Background(), tr)
	got := outcomeOf(tr, h, err)
	if d := got.diff(&want); d != "" {
		t.Error(d)
	}
}

// A source's own digest is held against the file's.
func TestSourceDigest(t *testing.T) {
	data, _ := irises(false)
	path := filepath.Join(t.TempDir(), "c")
	ctx, progress := stopAt(2)
	fit := func(ctx context.Context, c train.Config, s train.Source, resume bool) error {
		tr := trainer(t, classifier(t, 4, 3, 3, net.ReLU), c)
		defer tr.Close()
		if resume {
			if _, err := tr.Resume(path); err != nil {
				t.Fatal(err)
			}
		}
		_, err := tr.FitSource(ctx, s, true, nil)
		return err
	}
	c := train.Config{Epochs: 1, BatchSize: 4, Checkpoint: train.Checkpoint{Path: path}, Progress: progress}
	if err := fit(ctx, c, &digested{rows{d: data}, "a"}, false); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	c.Progress, c.Checkpoint = nil, train.Checkpoint{}
	if err := fit(context.Background(), c, &digested{rows{d: data}, "b"}, true); err == nil || !strings.Contains(err.Error(), "digest stream b, that of the checkpoint's run stream a") {
		t.Errorf("error %v", err)
	}
	if err := fit(context.Background(), c, &digested{rows{d: data}, "a"}, true); err != nil {
		t.Error(err)
	}
}

// More epochs extend a run, as a second Fit does; fewer end it.
func TestResumeOtherEpochs(t *testing.T) {
	s := small{net: smalls()[2].net, config: train.Config{Epochs: 2, BatchSize: 8, Optimizer: train.SGD{Momentum: 0.9}}}
	path := filepath.Join(t.TempDir(), "c")
	once := s.config
	once.Epochs = 5
	tr := s.trainer(t, 1, once)
	h, err := s.fit(context.Background(), tr)
	want := outcomeOf(tr, h, err)
	c := s.config
	c.Checkpoint.Path = path
	if _, err := s.fit(context.Background(), s.trainer(t, 1, c)); err != nil {
		t.Fatal(err)
	}
	c.Epochs = 5
	tr = s.trainer(t, 1, c)
	if _, err := tr.Resume(path); err != nil {
		t.Fatal(err)
	}
	h, err = s.fit(context.Background(), tr)
	got := outcomeOf(tr, h, err)
	if d := got.diff(&want); d != "" {
		t.Error(d)
	}
	c.Epochs = 3
	tr = s.trainer(t, 1, c)
	if _, err := tr.Resume(path); err != nil {
		t.Fatal(err)
	}
	if h, err := s.fit(context.Background(), tr); err != nil || len(h.Epochs) != 5 || tr.Steps() != 20 {
		t.Errorf("fewer epochs: %d, %d steps, %v", len(h.Epochs), tr.Steps(), err)
	}
}

// A loop of Steps, saved and resumed at each of them.
func TestSaveBetweenSteps(t *testing.T) {
	data, _ := irises(false)
	s := smalls()[0]
	s.config.LearnRate = train.Cosine{Start: 0.1, Steps: 9}
	path := filepath.Join(t.TempDir(), "c")
	step := func(tr *train.Trainer, i int) {
		t.Helper()
		b := net.Batch{X: data.X[i*8:][:32], Labels: data.Labels[i*2:][:8]}
		if _, err := tr.Step(b); err != nil {
			t.Fatal(err)
		}
	}
	once, again := s.trainer(t, 1, s.config), s.trainer(t, 1, s.config)
	for i := range 8 {
		step(once, i)
		if err := again.Save(path); err != nil {
			t.Fatal(err)
		}
		again = s.trainer(t, 9, s.config)
		if r, err := again.Resume(path); err != nil || r.Path != path || r.Epochs != 0 || r.Step != 0 || r.Skipped != nil {
			t.Fatal(r, err)
		}
		step(again, i)
	}
	want, got := outcomeOf(once, new(train.History), nil), outcomeOf(again, new(train.History), nil)
	if d := got.diff(&want); d != "" {
		t.Error(d)
	}
	// A Fit that follows begins a run; a Step gives one up.
	ctx, progress := stopAt(6)
	s.config.Progress = progress
	s.config.Checkpoint.Path = path
	if _, err := s.fit(ctx, s.trainer(t, 1, s.config)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	tr := s.trainer(t, 1, s.config)
	if r, err := tr.Resume(path); err != nil || r.Epochs != 1 || r.Step != 1 || tr.Steps() != 5 {
		t.Fatalf("%+v, %v, %d steps", r, err, tr.Steps())
	}
	step(tr, 0)
	if h, err := s.fit(context.Background(), tr); err != nil || len(h.Epochs) != 3 || tr.Steps() != 6+12 {
		t.Errorf("%d epochs, %d steps, %v", len(h.Epochs), tr.Steps(), err)
	}
}

func TestCheckpointMisuse(t *testing.T) {
	s, path := checkpointed(t)
	var tr *train.Trainer
	called := false
	s.config.Progress = func(train.Progress) {
		called = true
		if r, err := tr.Resume(path); err == nil || r != nil || !strings.Contains(err.Error(), "while Fit runs") {
			t.Fatalf("Resume in Fit: %+v, %v", r, err)
		}
		if _, err := s.fit(context.Background(), tr); err == nil || !strings.Contains(err.Error(), "while it runs") {
			t.Fatalf("Fit in Fit: %v", err)
		}
	}
	tr = s.trainer(t, 1, s.config)
	if _, err := s.fit(context.Background(), tr); err != nil || !called {
		t.Error(err)
	}
	for _, c := range []struct {
		checkpoint train.Checkpoint
		want       string
	}{
		{train.Checkpoint{Keep: -1}, "checkpoint keep -1: want 1...100"},
		{train.Checkpoint{Keep: 101}, "checkpoint keep 101: want 1...100"},
		{train.Checkpoint{Steps: -1}, "checkpoint steps -1: want at least 0"},
		{train.Checkpoint{Interval: -1}, "checkpoint interval -1ns: want at least 0"},
	} {
		if _, err := train.New(network(t, s.net), train.Config{Checkpoint: c.checkpoint}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	data, _ := irises(false)
	c := train.Config{Checkpoint: train.Checkpoint{Path: path}}
	if _, _, err := train.FitEnsemble(context.Background(), network(t, s.net), c, train.EnsembleConfig{}, data, nil); err == nil || !strings.Contains(err.Error(), "an ensemble has no checkpoint") {
		t.Errorf("an ensemble: error %v", err)
	}
}

// A checkpoint that cannot be written does not end the run, is told, and tried again.
func TestCheckpointNotWritten(t *testing.T) {
	for _, back := range []bool{true, false} {
		s, _ := checkpointed(t)
		c := s.config
		c.Checkpoint = train.Checkpoint{}
		tr := s.trainer(t, 1, c)
		h, err := s.fit(context.Background(), tr)
		want := outcomeOf(tr, h, err)
		dir := filepath.Join(t.TempDir(), "missing")
		c.Checkpoint = train.Checkpoint{Path: filepath.Join(dir, "c"), Steps: 1}
		calls := 0
		c.Progress = func(p train.Progress) {
			calls++
			if calls == 5 && back {
				if err := os.Mkdir(dir, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if (p.NotSaved != nil) != (calls <= 5 || !back) {
				t.Errorf("call %d: NotSaved is %v", calls, p.NotSaved)
			}
		}
		tr = s.trainer(t, 1, c)
		h, err = s.fit(context.Background(), tr)
		_, notSaved := errors.AsType[*train.NotSavedError](err)
		if back != (err == nil) || !back && (!notSaved || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "train: checkpoint: ")) {
			t.Errorf("directory back: %v: error %v", back, err)
		}
		got := outcomeOf(tr, h, nil)
		if d := got.diff(&want); d != "" {
			t.Error(d)
		}
	}
}

// The weights that a run would leave can be taken out of its file.
func TestLoadNetwork(t *testing.T) {
	for _, s := range smalls() {
		t.Run(s.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c")
			c := s.config
			c.Checkpoint.Path = path
			tr := s.trainer(t, 1, c)
			_, err := s.fit(context.Background(), tr)
			m, loadErr := train.LoadNetwork(path)
			if loadErr != nil {
				t.Fatal(loadErr)
			}
			if err == nil && (!slices.Equal(m.Params(), tr.Network().Params()) || !slices.Equal(m.Stats(), tr.Network().Stats())) {
				t.Error("not the weights that Fit left")
			}
			if !reflect.DeepEqual(m.Config(), tr.Network().Config()) || !reflect.DeepEqual(m.Transform(), tr.Network().Transform()) {
				t.Error("another configuration or transform")
			}
			if _, err := net.LoadFile(path); err == nil || !strings.Contains(err.Error(), "a checkpoint of package train: its LoadNetwork") {
				t.Errorf("net.LoadFile: %v", err)
			}
			if err := tr.Save(path); err != nil {
				t.Fatal(err)
			}
			if m, err := train.LoadNetwork(path); err != nil || !slices.Equal(m.Params(), tr.Network().Params()) {
				t.Errorf("after Fit: %v", err)
			}
		})
	}
	if _, err := train.LoadNetwork(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	model := filepath.Join(t.TempDir(), "model")
	if err := classifier(t, 4, 3, 3, 0).SaveFile(model); err != nil {
		t.Fatal(err)
	}
	if _, err := train.LoadNetwork(model); err == nil || !strings.Contains(err.Error(), "a model, not a checkpoint: package net loads it") {
		t.Errorf("a model: error %v", err)
	}
}

// What is put back after a validation that is not finite counts for SWA's average, too.
func TestAverageGoesOn(t *testing.T) {
	data, validation := irises(false)
	huge := &train.Dataset{Inputs: 4, X: []float32{3e38, 3e38, 3e38, 3e38}, Labels: []int{0}}
	c := train.Config{SWA: 1, Epochs: 1, BatchSize: 8}
	params := func(bad bool) []float32 {
		tr := trainer(t, classifier(t, 4, 5, 3, net.ReLU), c)
		defer tr.Close()
		for range 2 {
			if bad {
				if _, err := tr.Fit(context.Background(), data, huge); !errors.Is(err, train.ErrNonFinite) {
					t.Fatal(err)
				}
			}
			if _, err := tr.Fit(context.Background(), data, validation); err != nil {
				t.Fatal(err)
			}
		}
		return tr.Network().Params()
	}
	if !slices.Equal(params(true), params(false)) {
		t.Error("a run that was put back left a trace in the average")
	}
}
