package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
	"github.com/spf13/pflag"
)

// checkpointFlags are the flags of train that keep and resume a run.
type checkpointFlags struct {
	path        string
	keep, steps int
	interval    time.Duration
	resume      bool
}

func (f *checkpointFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.path, "checkpoint", "", "`FILE` to keep the state of the run in, after each epoch and when it stops; the ones before are FILE.1, ... (its weights are those of training: with --scale-targets in the unit of training)")
	fs.IntVar(&f.keep, "checkpoint-keep", 2, "keep `N` checkpoints, 1...100")
	fs.IntVar(&f.steps, "checkpoint-steps", 0, "write one after every `N` steps, at least 1, too; 0 for no")
	fs.DurationVar(&f.interval, "checkpoint-interval", 0, "least `TIME` from one to the next, at least 0s, such as 30s; 0 for none")
	fs.BoolVar(&f.resume, "resume", false, "go on from --checkpoint to the same bits as a run that was never stopped; begin if there is none")
}

// settings says what is wrong with the flags, and returns what Fit is to do.
func (f *checkpointFlags) settings(flags *pflag.FlagSet, force bool) (train.Checkpoint, error) {
	c := train.Checkpoint{Path: f.path, Keep: f.keep, Steps: f.steps, Interval: f.interval}
	if f.path == "" {
		if name := changed(flags, "checkpoint-keep", "checkpoint-steps", "checkpoint-interval", "resume"); name != "" {
			return c, usage("--%s goes with --checkpoint", name)
		}
		return c, nil
	}
	switch {
	case f.keep < 1 || f.keep > 100:
		return c, usage("--checkpoint-keep %d: want 1...100", f.keep)
	case f.steps < 0:
		return c, usage("--checkpoint-steps %d: want at least 0", f.steps)
	case f.interval < 0:
		return c, usage("--checkpoint-interval %v: want at least 0", f.interval)
	}
	if _, err := os.Stat(f.path); err == nil && !f.resume && !force {
		return c, fmt.Errorf("--checkpoint: %s exists: --resume goes on from it, --force begins anew in its place", f.path)
	}
	return c, nil
}

// resumeInto puts a run into the state of its checkpoint, if there is one.
func (f *checkpointFlags) resumeInto(r *running) error {
	if !f.resume {
		return nil
	}
	found, err := r.trainer.Resume(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("--resume: %w", err)
	}
	for _, skipped := range found.Skipped {
		fmt.Fprintf(r.cmd.ErrOrStderr(), "sinew: warning: passed over: %v\n", skipped)
	}
	r.resumed = fmt.Sprintf("%s: %d epochs and %d steps of the next are done", found.Path, found.Epochs, found.Step)
	return nil
}

// loadCheckpoint returns the network in a checkpoint.
func loadCheckpoint(path string) (*net.Network, error) { return train.LoadNetwork(path) }
