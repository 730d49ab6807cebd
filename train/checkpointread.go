package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/sinew-ml/sinew/internal/safetensors"
	"github.com/sinew-ml/sinew/net"
)

// checkpoint is a file that is whole; nothing else about it is known.
type checkpoint struct {
	*safetensors.File
}

// readCheckpoint reads a file into memory of its size. Any error but that it is missing
// means that it is damaged or cannot be read.
func readCheckpoint(path string) (*checkpoint, error) {
	info, err := os.Stat(path) // before opening, which waits on a named pipe
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: want a regular file", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := parseCheckpoint(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// parseCheckpoint checks that the file is whole.
func parseCheckpoint(data []byte) (*checkpoint, error) {
	n := len(data) - sha256.Size
	if n < 0 {
		return nil, fmt.Errorf("%d bytes: damaged, or not a checkpoint", len(data))
	}
	if sum := sha256.Sum256(data[:n]); !bytes.Equal(sum[:], data[n:]) {
		if f, err := safetensors.Parse(data); err == nil && f.Metadata["sinew.version"] != "" {
			return nil, errors.New("a model, not a checkpoint: package net loads it")
		}
		return nil, errors.New("the checksum does not fit: damaged, or not a checkpoint")
	}
	f, err := safetensors.Parse(data)
	if err != nil {
		return nil, err
	}
	return &checkpoint{f}, nil
}

// version says whether the file can be understood.
func (f *checkpoint) version() error {
	switch v, ok := f.Metadata[checkpointKey]; {
	case !ok:
		return fmt.Errorf("no %q in the metadata: not a checkpoint", checkpointKey)
	case v != checkpointVersion:
		return fmt.Errorf("version %.20q: this library reads version %q", v, checkpointVersion)
	}
	return nil
}

// network returns the network in the file, by way of a model file.
func (f *checkpoint) network() (*net.Network, error) {
	meta := maps.Clone(f.Metadata)
	meta[modelVersionKey] = meta[modelKey]
	for _, key := range []string{checkpointKey, trainKey, positionKey, noteKey, modelKey} {
		delete(meta, key)
	}
	var model []safetensors.Tensor
	for _, t := range f.Tensors {
		if !strings.HasPrefix(t.Name, own) {
			model = append(model, t)
		}
	}
	var b bytes.Buffer
	if err := safetensors.Write(&b, model, meta); err != nil {
		return nil, err
	}
	return net.Load(&b)
}

// floats checks that an arena of n is there.
func (f *checkpoint) floats(name string, n int) (safetensors.Tensor, error) {
	x, ok := f.Tensor(name)
	if !ok {
		return x, fmt.Errorf("tensor %q is missing", name)
	}
	if x.DType != "F32" || !slices.Equal(x.Shape, []int{n}) {
		return x, fmt.Errorf("tensor %q has dtype %.20q and shape %v: want F32 and [%d]", name, x.DType, x.Shape, n)
	}
	return x, nil
}

// position reads the position. What was read must be what was written: decoding is lenient
// where a contradiction could hide.
func (f *checkpoint) position() (position, error) {
	var p position
	text := f.Metadata[positionKey]
	const most = 1 << 16
	if len(text) > most {
		return p, fmt.Errorf("position of %d bytes: want at most %d", len(text), most)
	}
	if err := strict([]byte(text), &p); err != nil {
		return p, fmt.Errorf("position: %w", err)
	}
	if again, err := json.Marshal(p); err != nil || string(again) != text {
		return p, fmt.Errorf("position is not as it is written: read as %.300s", again)
	}
	return p, p.check()
}

// check says what no run leaves.
func (p *position) check() error {
	r := p.Run
	if r == nil {
		r = new(run)
	}
	kept := p.Kept
	if kept == nil {
		kept = new(keptPosition)
	}
	for name, v := range map[string]int{
		"steps": p.Steps, "epoch": p.Epoch, "averaged": p.Averaged, "bound": p.Bound, "plateau.waited": p.Plateau.Waited,
		"run.epochs": r.Epochs, "run.done": r.Done, "run.step": r.Step, "run.rows": r.Rows, "run.right": r.Right,
		"best epoch": p.BestEpoch, "run.waited": r.Waited, "run.last": r.Last, "kept.steps": kept.Steps, "kept.averaged": kept.Averaged,
	} {
		if v < 0 || uint64(v) > 1<<53 {
			return fmt.Errorf("position: %s is %d: want 0...2⁵³", name, v)
		}
	}
	switch {
	case uint64(p.Epoch) >= math.MaxUint32:
		return fmt.Errorf("position: epoch is %d: want less than 2³²-1", p.Epoch)
	case p.BestEpoch > r.Done:
		return fmt.Errorf("position: best epoch is %d of %d", p.BestEpoch, r.Done)
	case !(p.Plateau.Scale >= 0 && p.Plateau.Scale <= math.MaxFloat32):
		return fmt.Errorf("position: plateau.scale is %g: want a finite number, at least 0", p.Plateau.Scale)
	case (p.Kept != nil) != (r.Step > 0):
		return errors.New("position: what is kept goes with a run within an epoch")
	case r.Step > 0 && (r.Rows < 1 || !(r.Weight > 0)):
		return fmt.Errorf("position: %d rows of weight %g in %d steps", r.Rows, r.Weight, r.Step)
	}
	return nil
}

// sameConfig says what the file's configuration has otherwise.
func (f *checkpoint) sameConfig(c Config) error {
	want, err := c.fields()
	if err != nil {
		return err
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal([]byte(f.Metadata[trainKey]), &got); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	delete(got, "epochs") // those of t hold
	delete(want, "epochs")
	return different("Config", got, want)
}

// sameNetwork says what the file's network has otherwise.
func sameNetwork(got, want *net.Network) error {
	var fields [2]map[string]json.RawMessage
	for i, m := range []*net.Network{got, want} {
		text, err := json.Marshal(m.Config())
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &fields[i]); err != nil {
			return err
		}
	}
	if err := different("network", fields[0], fields[1]); err != nil {
		return err
	}
	a, b := got.Transform(), want.Transform()
	if a == nil && b == nil {
		return nil
	}
	if a == nil || b == nil || !sameBits(a.Mean, b.Mean) || !sameBits(a.Scale, b.Scale) || !sameBits(a.Matrix, b.Matrix) {
		return errors.New("the network's transform is not that in the file")
	}
	return nil
}

func sameBits(a, b []float32) bool {
	return (a == nil) == (b == nil) && slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// different names the first field in which two objects differ.
func different(what string, got, want map[string]json.RawMessage) error {
	keys := map[string]bool{}
	for _, m := range []map[string]json.RawMessage{got, want} {
		for key := range m {
			keys[key] = true
		}
	}
	text := func(v json.RawMessage) string {
		if v == nil {
			return "not set"
		}
		return string(v)
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if a, b := text(got[key]), text(want[key]); a != b {
			return fmt.Errorf("the %s's %.40q is %.300s in the file and %.300s here", what, key, a, b)
		}
	}
	return nil
}

// decode puts t into the state of the file, or returns an error and changes nothing.
func (t *Trainer) decode(f *checkpoint) error {
	if err := f.version(); err != nil {
		return err
	}
	m, err := f.network()
	if err != nil {
		return err
	}
	if err := sameNetwork(m, t.m); err != nil {
		return err
	}
	if err := f.sameConfig(t.c); err != nil {
		return err
	}
	p, err := f.position()
	if err != nil {
		return err
	}
	to, err := f.receive(t, &p)
	if err != nil {
		return err
	}

	// Nothing fails from here.
	for _, part := range to.parts {
		x, _ := f.Tensor(part.name)
		if err := safetensors.DecodeFloat32(part.data, x); err != nil {
			panic("train: decode: " + err.Error()) // dtype and length were checked
		}
	}
	copy(t.m.Params(), m.Params())
	copy(t.m.Stats(), m.Stats())
	t.steps, t.epoch, t.averaged, t.plateau = p.Steps, p.Epoch, p.Averaged, p.Plateau
	t.best, t.before, t.kept = to.best, to.before, to.kept
	t.schedule = t.c.LearnRate
	if t.bound = 0; p.Bound > 0 {
		t.bind(p.Bound)
	}
	t.run, t.resumed = run{}, nil
	if p.Run != nil {
		t.run, t.resumed = *p.Run, &p.Sets
		t.run.History = to.history
		t.run.History.Best, t.run.History.Baseline = p.BestEpoch, p.Baseline
		t.run.Epochs = t.c.Epochs
	}
	return nil
}

// left returns the network with the weights that a run that ends here leaves.
func (f *checkpoint) left() (*net.Network, error) {
	if err := f.version(); err != nil {
		return nil, err
	}
	m, err := f.network()
	if err != nil {
		return nil, err
	}
	p, err := f.position()
	if err != nil {
		return nil, err
	}
	name := ""
	switch _, best := f.Tensor(bestPart); {
	case p.Run == nil:
	case best:
		name = bestPart
	case p.Averages:
		name = averagePart
	}
	if name == "" {
		return m, nil
	}
	n := len(m.Params())
	x, err := f.floats(name, n+len(m.Stats()))
	if err != nil {
		return nil, err
	}
	all := make([]float32, n+len(m.Stats()))
	if err := safetensors.DecodeFloat32(all, x); err != nil {
		return nil, err
	}
	copy(m.Params(), all)
	copy(m.Stats(), all[n:])
	return m, nil
}

// received is the memory that a checkpoint is decoded to.
type received struct {
	parts        []part
	best, before []float32
	kept         *kept
	history      History
}

// receive checks all tensors but the network's, and only then takes memory: no more than
// the file has.
func (f *checkpoint) receive(t *Trainer, p *position) (*received, error) {
	n, stats := len(t.m.Params()), len(t.m.Stats())
	sum, ok := f.Tensor(sumTensor)
	if !ok || sum.DType != "U8" || !slices.Equal(sum.Shape, []int{sha256.Size}) {
		return nil, fmt.Errorf("no tensor %q of 32 bytes", sumTensor)
	}
	known := map[string]bool{sumTensor: true}
	to := new(received)
	want := func(name string, n int) error {
		known[name] = true
		_, err := f.floats(name, n)
		return err
	}
	var errs []error
	for i, s := range t.state {
		name := own + "optimizer." + strconv.Itoa(i)
		errs = append(errs, want(name, n))
		to.parts = append(to.parts, part{name, s})
	}
	if t.average != nil {
		errs = append(errs, want(averagePart, n+stats))
		to.parts = append(to.parts, part{averagePart, t.average})
	}
	// Within a run there is more.
	_, best := f.Tensor(bestPart)
	if best = best && p.BestEpoch > 0; best {
		errs = append(errs, want(bestPart, n+stats))
	}
	_, before := f.Tensor(beforePart)
	if before = before && p.Kept != nil; before {
		errs = append(errs, want(beforePart, n))
	}
	arenas := t.arenas()
	if p.Kept != nil {
		for i, a := range arenas {
			errs = append(errs, want(keptPart(i), len(a)))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if p.Run != nil {
		known[historyPart], known[layersPart] = true, true
		var err error
		if to.history, err = f.history(t.m.Layers(), p.Run.Done); err != nil {
			return nil, err
		}
	}
	for _, x := range f.Tensors {
		if strings.HasPrefix(x.Name, own) && !known[x.Name] {
			return nil, fmt.Errorf("tensor %.40q is none of this run", x.Name)
		}
	}
	if best {
		to.best = make([]float32, n+stats)
		to.parts = append(to.parts, part{bestPart, to.best})
	}
	if before {
		to.before = make([]float32, n)
		to.parts = append(to.parts, part{beforePart, to.before})
	}
	if p.Kept != nil {
		to.kept = &kept{steps: p.Kept.Steps, averaged: p.Kept.Averaged}
		for i, a := range arenas {
			to.kept.arenas = append(to.kept.arenas, make([]float32, len(a)))
			to.parts = append(to.parts, part{keptPart(i), to.kept.arenas[i]})
		}
	}
	return to, nil
}
