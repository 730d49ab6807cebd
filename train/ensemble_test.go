package train_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// Members are the networks that Fit gives with their seeds, whatever the number of
// workers, and together they are no worse than the mean of them.
func TestFitEnsemble(t *testing.T) {
	data, test := digits()
	m := classifier(t, data.Inputs, 16, 10, net.ReLU)
	before := hash(m.Params())
	c := train.Config{Epochs: 3, Seed: 5}
	var hashes [2][]uint64
	for i, workers := range []int{1, 3} {
		e, h, err := train.FitEnsemble(context.Background(), m, c, train.EnsembleConfig{Members: 3, Workers: workers}, data, test)
		if err != nil || len(h) != 3 {
			t.Fatal(h, err)
		}
		mean := 0.0
		for k, member := range e.Members() {
			hashes[i] = append(hashes[i], hash(member.Params()))
			mean += h[k].Epochs[2].Validation.Accuracy / 3
		}
		classes := e.NewPredictor(test.Rows()).Classify(test.X)
		right := 0
		for r, l := range test.Labels {
			if classes[r] == l {
				right++
			}
		}
		if accuracy := float64(right) / float64(test.Rows()); accuracy < mean {
			t.Errorf("accuracy %g, mean of the members %g", accuracy, mean)
		}
	}
	for k := range 3 {
		alone := classifier(t, data.Inputs, 16, 10, net.ReLU)
		alone.Init(5 + uint64(k))
		own := c
		own.Seed += uint64(k)
		if _, err := trainer(t, alone, own).Fit(context.Background(), data, test); err != nil {
			t.Fatal(err)
		}
		if want := hash(alone.Params()); hashes[0][k] != want || hashes[1][k] != want {
			t.Errorf("member %d: %x with one worker, %x with three, %x alone", k, hashes[0][k], hashes[1][k], want)
		}
	}
	if hash(m.Params()) != before {
		t.Error("the network given was changed")
	}
}

func TestFitEnsembleKinds(t *testing.T) {
	data, test := digits()
	m := classifier(t, data.Inputs, 12, 10, net.Tanh)
	for _, e := range []train.EnsembleConfig{{Members: 2, Bootstrap: true}, {Members: 3, Snapshots: true}} {
		calls := 0
		e.Progress = func(member int, p train.Progress) {
			if member < 0 || member >= e.Members {
				t.Errorf("member %d", member)
			}
			calls++
		}
		all, h, err := train.FitEnsemble(context.Background(), m, train.Config{Epochs: 2, LearnRate: train.Constant(0.01)}, e, data, test)
		if err != nil || len(all.Members()) != e.Members || len(h) != e.Members || calls == 0 {
			t.Fatalf("%+v: %v, %d histories, %d calls", e, err, len(h), calls)
		}
		seen := map[uint64]bool{}
		for k, member := range all.Members() {
			seen[hash(member.Params())] = true
			if last := h[k].Epochs[1]; !(last.Validation.Accuracy > 0.7) {
				t.Errorf("%+v: member %d: %+v", e, k, last)
			}
			if e.Snapshots && !(h[k].Epochs[0].Rate == 0.01 && h[k].Epochs[1].Rate < 0.0051) {
				t.Errorf("member %d: rates %g, %g: want a cycle from 0.01", k, h[k].Epochs[0].Rate, h[k].Epochs[1].Rate)
			}
		}
		if len(seen) != e.Members {
			t.Errorf("%+v: %d different members", e, len(seen))
		}
	}
}

// Members that are finished when the run is interrupted, or when another one fails, come back.
func TestFitEnsembleInterrupted(t *testing.T) {
	data, test := digits()
	m := classifier(t, data.Inputs, 8, 10, net.ReLU)
	for _, e := range []train.EnsembleConfig{{Workers: 1}, {Workers: 2}, {Workers: 1, Bootstrap: true}, {Snapshots: true}} {
		e.Members = 5
		c := train.Config{Epochs: 2, Seed: 5}
		whole, histories, err := train.FitEnsemble(context.Background(), m, c, e, data, test)
		if err != nil {
			t.Fatal(err)
		}
		known := map[uint64]int{}
		for k, member := range whole.Members() {
			known[hash(member.Params())] = k
		}
		for _, timeout := range []bool{false, true} {
			ctx, cancel := context.WithCancelCause(context.Background())
			if timeout {
				ctx = expired{ctx}
			}
			finished := 0
			e.Progress = func(member int, p train.Progress) {
				if p.Done != nil && p.Epoch == p.Epochs {
					if finished++; finished == 3 {
						cancel(nil)
					}
				}
			}
			part, h, err := train.FitEnsemble(ctx, m, c, e, data, test)
			if want := ctx.Err(); !errors.Is(err, want) || part == nil {
				t.Fatalf("%+v: %v, error %v, want %v", e, part, err, want)
			}
			// With two workers a fourth may have come to its end meanwhile.
			if n := len(part.Members()); n != len(h) || n < 3 || n > 3 && e.Workers != 2 || n > 4 {
				t.Errorf("%+v: %d members, %d histories", e, n, len(h))
			}
			last := -1
			for i, member := range part.Members() {
				k, ok := known[hash(member.Params())]
				if !ok || k <= last || h[i].Epochs[1].Train != histories[k].Epochs[1].Train {
					t.Errorf("%+v: member %d is member %d (%v) of the whole run, history %+v", e, i, k, ok, h[i].Epochs)
				}
				last = k
			}
		}
	}
	// The third member diverges.
	rate := switched(0.01)
	e := train.EnsembleConfig{Members: 4, Workers: 1, Progress: func(member int, p train.Progress) {
		if member == 1 && p.Done != nil {
			rate = 1e30
		}
	}}
	all, h, err := train.FitEnsemble(context.Background(), m, train.Config{Epochs: 1, LearnRate: &rate}, e, data, nil)
	if !errors.Is(err, train.ErrNonFinite) || !strings.Contains(err.Error(), "member 2") || all == nil || len(all.Members()) != 2 || len(h) != 2 {
		t.Errorf("%v, %d histories, error %v", all, len(h), err)
	}
}

// switched is a rate that may be changed.
type switched float64

func (s *switched) Rate(int) float64 { return float64(*s) }

// expired ends as a context whose time is up.
type expired struct{ context.Context }

func (e expired) Err() error {
	if e.Context.Err() != nil {
		return context.DeadlineExceeded
	}
	return nil
}

func TestFitEnsembleErrors(t *testing.T) {
	data, _ := digits()
	m := classifier(t, data.Inputs, 4, 10, net.ReLU)
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		ctx  context.Context
		m    *net.Network
		c    train.Config
		e    train.EnsembleConfig
		data *train.Dataset
		want string
	}{
		{context.Background(), nil, train.Config{}, train.EnsembleConfig{}, data, "the network is nil"},
		{context.Background(), m, train.Config{}, train.EnsembleConfig{Members: -1}, data, "members -1: want 1...1024"},
		{context.Background(), m, train.Config{}, train.EnsembleConfig{Workers: -1}, data, "workers -1"},
		{context.Background(), m, train.Config{}, train.EnsembleConfig{Bootstrap: true, Snapshots: true}, data, "both Bootstrap and Snapshots"},
		{context.Background(), m, train.Config{KeepBest: true}, train.EnsembleConfig{Snapshots: true}, data, "Snapshots go with neither"},
		{context.Background(), m, train.Config{Optimizer: &train.Adam{}}, train.EnsembleConfig{Snapshots: true}, data, "optimizer of type *train.Adam"},
		{context.Background(), m, train.Config{LearnRate: train.Warmup{Steps: 3}}, train.EnsembleConfig{Snapshots: true}, data, "warm-up without a schedule"},
		{context.Background(), m, train.Config{}, train.EnsembleConfig{}, nil, "training set: is nil"},
		{context.Background(), m, train.Config{Epochs: -1}, train.EnsembleConfig{}, data, "member 0: train: epochs -1"},
		{cancelled, m, train.Config{}, train.EnsembleConfig{}, data, "context canceled"},
	} {
		e, _, err := train.FitEnsemble(c.ctx, c.m, c.c, c.e, c.data, nil)
		if err == nil || e != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	// A member that diverges stops the others.
	_, _, err := train.FitEnsemble(context.Background(), m, train.Config{LearnRate: train.Constant(1e30)}, train.EnsembleConfig{Workers: 2}, data, nil)
	if !errors.Is(err, train.ErrNonFinite) {
		t.Errorf("error %v", err)
	}
}
