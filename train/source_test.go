package train_test

import (
	"context"
	"errors"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/internal/rng"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// memory is a source of rows in memory, in Fit's order, that reads as many rows at a time
// as it likes and goes wrong where it is told to.
type memory struct {
	data   *train.Dataset
	seed   uint64
	most   int  // rows of a Read
	eof    bool // io.EOF comes with the last rows
	outs   int
	order  []int
	at     int
	passes []int

	rewindErr, readErr error
	failAt             int // row at which Read fails
	extra              int // rows that Read says it has read but has not
}

func (s *memory) Inputs() int { return s.data.Inputs }

func (s *memory) Rewind(pass int) error {
	s.passes = append(s.passes, pass)
	s.order, s.at = make([]int, s.data.Rows()), 0
	for i := range s.order {
		s.order[i] = i
	}
	rng.New(s.seed, rng.Shuffle, uint32(pass)).Shuffle(s.order)
	return s.rewindErr
}

func (s *memory) Read(x []float32, labels []int, y []float32) (rows int, err error) {
	in := s.data.Inputs
	for rows < len(x)/in && rows < s.most && s.at < len(s.order) {
		if s.readErr != nil && s.at == s.failAt {
			return rows, s.readErr
		}
		r := s.order[s.at]
		copy(x[rows*in:][:in], s.data.X[r*in:])
		if labels != nil {
			labels[rows] = s.data.Labels[r]
		}
		if y != nil {
			copy(y[rows*s.outs:][:s.outs], s.data.Y[r*s.outs:])
		}
		rows++
		s.at++
	}
	if rows == 0 || s.eof && s.at == len(s.order) {
		err = io.EOF
	}
	return rows + s.extra, err
}

// To skip the steps of a long pass that are done already can take hours: it ends with the context.
func TestSkipEndsWithContext(t *testing.T) {
	data, _ := irises(false)
	path := filepath.Join(t.TempDir(), "c")
	fit := func(resume bool, stop int) int {
		ctx, cancel := context.WithCancel(context.Background())
		source := &stopping{memory: memory{data: data, most: 1000}, stop: stop, cancel: cancel}
		c := train.Config{BatchSize: 2, Epochs: 1, Checkpoint: train.Checkpoint{Path: path}}
		c.Progress = func(p train.Progress) {
			if p.Step == 9 {
				cancel()
			}
		}
		tr := trainer(t, classifier(t, 4, 5, 3, net.ReLU), c)
		defer tr.Close()
		if resume {
			if r, err := tr.Resume(path); err != nil || r.Step != 9 {
				t.Fatal(r, err)
			}
		}
		if _, err := tr.FitSource(ctx, source, true, nil); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		return source.reads
	}
	fit(false, 0)
	if reads := fit(true, 3); reads != 3 {
		t.Errorf("%d reads, the context ended in the third", reads)
	}
}

// stopping is a source that ends a context in one of its reads.
type stopping struct {
	memory
	reads, stop int
	cancel      func()
}

func (c *stopping) Read(x []float32, labels []int, y []float32) (int, error) {
	if c.reads++; c.reads == c.stop {
		c.cancel()
	}
	return c.memory.Read(x, labels, y)
}

// A Fit that kept the outputs of a frozen layer wider than the inputs leaves larger buffers: a
// source is asked for no more than a batch all the same.
func TestFitSourceAfterFrozenFit(t *testing.T) {
	data, _ := irises(false)
	m := classifier(t, 4, 9, 3, net.ReLU)
	tr := trainer(t, m, train.Config{BatchSize: 8, Epochs: 1, Layers: []train.LayerConfig{{Frozen: true}, {}}})
	defer tr.Close()
	if _, err := tr.Fit(context.Background(), data, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.FitSource(context.Background(), &memory{data: data, most: 1000}, true, nil); err != nil {
		t.Error(err)
	}
}

// FitSource gives the bits of Fit for the same rows in the same order, and its history,
// however the source hands them out.
func TestFitSourceEqualsFit(t *testing.T) {
	data, test := digits()
	values := &train.Dataset{Inputs: 64, X: data.X}
	for _, l := range data.Labels {
		values.Y = append(values.Y, float32(l)/10, float32(l%2))
	}
	c := train.Config{Epochs: 3, BatchSize: 100, Seed: 4, LearnRate: train.Constant(0.01), EMA: 0.9, KeepBest: true}
	weighted := c
	weighted.ClassWeights = []float64{1, 2, 0, 1, 0.5, 1, 1, 3, 1, 1}
	for _, d := range []struct {
		config           train.Config
		data, validation *train.Dataset
		loss             net.Loss
	}{{c, data, test, net.SoftmaxCrossEntropy}, {c, values, nil, net.MSE}, {weighted, data, test, net.SoftmaxCrossEntropy}} {
		if d.config.ClassWeights != nil {
			d.config.BatchSize = 2000 // Fit leaves rows of weight 0 out before it makes batches
		}
		model := func() *net.Network {
			out := 10
			if d.data.Labels == nil {
				out = 2
			}
			return network(t, net.Config{Inputs: 64, Layers: []net.Layer{{Units: 12, Activation: net.ReLU}, {Units: out}}, Loss: d.loss})
		}
		a := model()
		want, err := trainer(t, a, d.config).Fit(context.Background(), d.data, d.validation)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []*memory{{most: 1e6}, {most: 7}, {most: 50, eof: true}, {most: 1e6, eof: true}} {
			s.data, s.seed, s.outs = d.data, 4, 2
			b := model()
			got, err := trainer(t, b, d.config).FitSource(context.Background(), s, d.data.Labels != nil, d.validation)
			if err != nil {
				t.Fatal(err)
			}
			if d.config.ClassWeights != nil {
				sameWithin(t, "parameters", b.Params(), a.Params(), 1e-4) // rows come in another order
				continue
			}
			if hash(a.Params()) != hash(b.Params()) {
				t.Errorf("%d rows at a time: other weights than Fit", s.most)
			}
			if len(s.passes) != 3 || s.passes[0] != 1 || s.passes[2] != 3 {
				t.Errorf("passes %v", s.passes)
			}
			for i := range want.Epochs {
				w, g := want.Epochs[i], got.Epochs[i]
				for l := range w.Layers {
					if w.Layers[l].UpdateRatio != g.Layers[l].UpdateRatio || w.Layers[l].WeightNorm != g.Layers[l].WeightNorm {
						t.Errorf("epoch %d, layer %d: %+v, Fit has %+v", i+1, l, g.Layers[l], w.Layers[l])
					}
				}
				w.Layers, g.Layers, w.Seconds, g.Seconds = nil, nil, 0, 0
				same := w.Train.Loss == g.Train.Loss && w.GradNorm == g.GradNorm && w.MaxGradNorm == g.MaxGradNorm && w.Rows == g.Rows && w.Steps == g.Steps &&
					(d.validation == nil || w.Validation == g.Validation) && (d.data.Labels == nil) == math.IsNaN(g.Train.Accuracy)
				if !same {
					t.Errorf("epoch %d: %+v, Fit has %+v", i+1, g, w)
				}
			}
		}
	}
}

func TestFitSourceErrors(t *testing.T) {
	data := uneven()
	broken := errors.New("the disk is full of eels")
	bad := func(change func(d *train.Dataset)) *train.Dataset {
		d := data.Take([]int{0, 1, 2, 3, 4, 5, 6})
		change(d)
		return d
	}
	for name, c := range map[string]struct {
		source *memory
		config train.Config
		values bool
		is     error
		want   string
	}{
		"rewind":        {source: &memory{data: data, rewindErr: broken}, is: broken, want: "source: the disk"},
		"read":          {source: &memory{data: data, readErr: broken, failAt: 37}, is: broken, want: "source: row 37 (from 0): the disk"},
		"first read":    {source: &memory{data: data, readErr: broken}, is: broken, want: "source: row 0 (from 0): the disk"},
		"too many":      {source: &memory{data: data, extra: 9}, want: "17 rows read: want 0...8"},
		"negative":      {source: &memory{data: data, extra: -60}, want: "-52 rows read: want 0...8"},
		"label":         {source: &memory{data: bad(func(d *train.Dataset) { d.Labels[0] = 3 })}, want: "label 3 in row"},
		"negative one":  {source: &memory{data: bad(func(d *train.Dataset) { d.Labels[0] = -1 })}, want: "label -1 in row"},
		"nan":           {source: &memory{data: bad(func(d *train.Dataset) { d.X[2] = float32(math.NaN()) })}, want: "X is NaN in row"},
		"no rows":       {source: &memory{data: &train.Dataset{Inputs: 4}}, want: "the source has no rows"},
		"inputs":        {source: &memory{data: &train.Dataset{Inputs: 5}}, want: "5 inputs per row: the network has 4"},
		"balanced":      {source: &memory{data: data}, config: train.Config{Balanced: true}, want: "Balanced needs to see all labels first"},
		"no labels":     {source: &memory{data: bad(func(d *train.Dataset) { d.Y = make([]float32, 21) })}, values: true, config: train.Config{ClassWeights: []float64{1, 1, 1}}, want: "has no labels"},
		"infinite":      {source: &memory{data: bad(func(d *train.Dataset) { d.Y = make([]float32, 21); d.Y[4] = float32(math.Inf(-1)) })}, values: true, want: "Y is -Inf in row"},
		"all weights 0": {source: &memory{data: bad(func(d *train.Dataset) {})}, config: train.Config{ClassWeights: []float64{0, 1, 1}}, want: "the source has no rows"},
		"schedule":      {source: &memory{data: data}, config: train.Config{LearnRate: train.Cosine{Start: 1}}, want: "length of a stream is not known"},
		"watch":         {source: &memory{data: bad(func(d *train.Dataset) { d.Y = make([]float32, 21) })}, values: true, config: train.Config{Watch: train.TrainAccuracy}, want: "watch train-accuracy"},
	} {
		m := classifier(t, 4, 6, 3, net.Tanh)
		before := hash(m.Params())
		c.config.BatchSize, c.source.most, c.source.outs = 8, 8, 3
		h, err := trainer(t, m, c.config).FitSource(context.Background(), c.source, !c.values, nil)
		if err == nil || !strings.HasPrefix(err.Error(), "train: ") || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) || h == nil {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
		if name != "read" && hash(m.Params()) != before {
			t.Errorf("%s: the weights have changed", name)
		}
	}
	if _, err := trainer(t, classifier(t, 4, 6, 3, net.Tanh), train.Config{}).FitSource(context.Background(), nil, true, nil); err == nil || !strings.Contains(err.Error(), "source is nil") {
		t.Errorf("no source: error %v", err)
	}
	// A label's row is counted from the start of the pass, not of the batch.
	d := data.Take(make([]int, 20))
	s := &memory{data: d, most: 8}
	if err := s.Rewind(1); err != nil {
		t.Fatal(err)
	}
	d.Labels[s.order[13]] = 7
	for _, c := range []struct {
		labels  bool
		outputs int
		want    string
	}{{true, 3, "3 targets per row (0: class labels): want 0"}, {false, 0, "0 targets per row (0: class labels): want 3"}, {false, 2, "want 3"}} {
		_, err := trainer(t, classifier(t, 4, 6, 3, net.Tanh), train.Config{}).FitSource(context.Background(), counted{s, c.outputs}, c.labels, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("labels %v, %d outputs: error %v, want %q", c.labels, c.outputs, err, c.want)
		}
	}
	_, err := trainer(t, classifier(t, 4, 6, 3, net.Tanh), train.Config{BatchSize: 8}).FitSource(context.Background(), s, true, nil)
	if err == nil || !strings.Contains(err.Error(), "label 7 in row 13 (from 0): want 0...2") {
		t.Errorf("error %v", err)
	}
}

// counted is a source that says how many targets its rows have.
type counted struct {
	train.Source
	outputs int
}

func (c counted) Outputs() int { return c.outputs }
