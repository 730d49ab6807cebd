package train

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/sinew-ml/sinew/internal/rng"
	"github.com/sinew-ml/sinew/net"
)

// EnsembleConfig says how the members of an ensemble come to differ. Each has Config's
// Epochs and its own seed: Config.Seed for member 0, one more for each further member.
type EnsembleConfig struct {
	Members int // 0: 5

	// Bootstrap trains each member on as many rows as there are, drawn with replacement
	// (bagging, Breiman 1996).
	Bootstrap bool

	// Snapshots trains one network, whose rate follows a cosine from the first rate of
	// Config.LearnRate down to 0 for each member anew; a member is what it is at the end of
	// a cycle (Huang et al. 2017). Members share the weights they start from.
	Snapshots bool

	// Workers is how many members train at a time, each on one processor; 0 stands for the
	// number of processors. Config.Workers does not count, but for Snapshots.
	Workers int

	// Progress is called as Config.Progress would be, with the member; calls do not overlap.
	Progress func(member int, p Progress)
}

const defaultMembers = 5

// FitEnsemble trains networks with m's configuration and transform, starting from weights
// drawn anew, and returns them as an ensemble, with the history of each. m is not
// changed. The result does not depend on the number of workers.
//
// If ctx ends or a member fails, the others stop. Members that are finished by then are not
// lost: beside the error, ctx's or that of the first member that failed, FitEnsemble
// returns the ensemble of these, in their order, with the history of each, or nil if there
// are none. Training that was stopped within a member leaves nothing of it.
func FitEnsemble(ctx context.Context, m *net.Network, c Config, e EnsembleConfig, data, validation *Dataset) (*net.Ensemble, []*History, error) {
	if m == nil {
		return nil, nil, errors.New("train: the network is nil")
	}
	if e.Members == 0 {
		e.Members = defaultMembers
	}
	switch {
	case e.Members < 1 || e.Members > net.MaxMembers:
		return nil, nil, fmt.Errorf("train: members %d: want 1...%d, or 0 for %d", e.Members, net.MaxMembers, defaultMembers)
	case e.Workers < 0:
		return nil, nil, fmt.Errorf("train: workers %d: want at least 0", e.Workers)
	case c.Checkpoint.Path != "":
		return nil, nil, errors.New("train: an ensemble has no checkpoint: want an empty Checkpoint.Path")
	case e.Bootstrap && e.Snapshots:
		return nil, nil, errors.New("train: both Bootstrap and Snapshots are given: want at most one of them")
	}
	if err := data.check(m, "training"); err != nil {
		return nil, nil, err
	}
	if e.Snapshots {
		return fitSnapshots(ctx, m, c, e, data, validation)
	}
	workers := e.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	networks, histories, errs := make([]*net.Network, e.Members), make([]*History, e.Members), make([]error, e.Members)
	var report sync.Mutex
	members := make(chan int)
	var wait sync.WaitGroup
	for range min(workers, e.Members) {
		wait.Go(func() {
			for i := range members {
				own := c
				own.Seed, own.Workers = c.Seed+uint64(i), 1
				own.Progress = nil
				if e.Progress != nil {
					own.Progress = func(p Progress) {
						report.Lock()
						defer report.Unlock()
						e.Progress(i, p)
					}
				}
				networks[i], histories[i], errs[i] = fitMember(ctx, m, own, e.Bootstrap, data, validation)
				if errs[i] != nil {
					cancel()
				}
			}
		})
	}
	for i := range e.Members {
		members <- i
	}
	close(members)
	wait.Wait()
	var failed error
	finished := 0
	for i, err := range errs {
		switch {
		case err == nil:
			networks[finished], histories[finished] = networks[i], histories[i]
			finished++
		case failed == nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded):
			failed = fmt.Errorf("train: member %d: %w", i, err)
		}
	}
	if failed == nil && finished < e.Members {
		failed = outer.Err()
	}
	return ensembleOf(networks[:finished], histories[:finished], failed)
}

// ensembleOf returns an ensemble of the networks that are finished, and err.
func ensembleOf(networks []*net.Network, histories []*History, err error) (*net.Ensemble, []*History, error) {
	if len(networks) == 0 {
		return nil, nil, err
	}
	all, bad := net.NewEnsemble(networks...)
	if bad != nil {
		return nil, nil, bad
	}
	return all, histories, err
}

// fitMember trains one network of its own.
func fitMember(ctx context.Context, m *net.Network, c Config, bootstrap bool, data, validation *Dataset) (*net.Network, *History, error) {
	if err := ctx.Err(); err != nil {
		return nil, new(History), err
	}
	member := m.Clone()
	member.Init(c.Seed)
	if bootstrap {
		src := rng.New(c.Seed, rng.Bootstrap, 0)
		rows := make([]int, data.Rows())
		for i := range rows {
			rows[i] = src.IntN(len(rows))
		}
		data = data.Take(rows)
	}
	t, err := New(member, c)
	if err != nil {
		return nil, new(History), err
	}
	defer t.Close()
	h, err := t.Fit(ctx, data, validation)
	return member, h, err
}

// fitSnapshots runs one network through the cycles.
func fitSnapshots(ctx context.Context, m *net.Network, c Config, e EnsembleConfig, data, validation *Dataset) (*net.Ensemble, []*History, error) {
	if c.Patience > 0 || c.KeepBest || c.SWA > 0 {
		return nil, nil, errors.New("train: Snapshots go with neither Patience, KeepBest nor SWA: a member is the end of a cycle")
	}
	c = c.withDefaults()
	if err := c.check(m); err != nil { // before its rate is asked for
		return nil, nil, fmt.Errorf("train: %w", err)
	}
	member := m.Clone()
	member.Init(c.Seed)
	c.LearnRate = Constant(c.LearnRate.Rate(0))
	at := 0
	if e.Progress != nil {
		c.Progress = func(p Progress) { e.Progress(at, p) }
	}
	t, err := New(member, c)
	if err != nil {
		return nil, nil, err
	}
	defer t.Close()
	classes, err := t.classWeights(data)
	if err != nil {
		return nil, nil, err
	}
	steps, err := newShuffled(t, data, data.weighted(classes)).begin(ctx, 1, 0)
	if err != nil {
		return nil, nil, err
	}
	t.schedule = Cosine{Start: t.schedule.Rate(0), Steps: times(times(steps, t.c.Epochs), e.Members), Cycles: e.Members}
	var networks []*net.Network
	var histories []*History
	for at = range e.Members {
		h, err := t.Fit(ctx, data, validation)
		if err != nil {
			return ensembleOf(networks, histories, err)
		}
		networks, histories = append(networks, member.Clone()), append(histories, h)
	}
	return ensembleOf(networks, histories, nil)
}
