package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"time"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/prep"
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
	fs.StringVar(&f.path, "checkpoint", "", "`FILE` to keep the state of the run in, after each epoch and when it stops; the ones before are FILE.1, ... (with --scale-targets its tensors are those of training, but what sinew reads of it is in the targets' own unit)")
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

// checkpointNote is what checkpoints of this program say beside the state of the run.
type checkpointNote struct {
	Targets *prep.Targets `json:"targets"` // that the network was trained on
}

// note returns that of the job's checkpoints.
func (j *job) note() (string, error) {
	if j.scaling == nil {
		return "", nil
	}
	text, err := json.Marshal(checkpointNote{j.scaling})
	return string(text), err
}

// loadCheckpoint returns the network in a checkpoint. If it was trained on scaled targets it
// predicts in their own unit, as the model does that the run would leave.
func loadCheckpoint(path string) (*net.Network, error) {
	m, err := train.LoadNetwork(path)
	if err != nil {
		return nil, err
	}
	text, err := train.LoadNote(path)
	if err != nil || text == "" {
		return m, err
	}
	var note checkpointNote
	if err := json.Unmarshal([]byte(text), &note); err != nil || note.Targets == nil {
		return m, nil // of another program
	}
	if n := m.Outputs(); len(note.Targets.Mean) != n || len(note.Targets.Scale) != n {
		return nil, fmt.Errorf("%s: scaled targets of %d and %d values: want %d", path, len(note.Targets.Mean), len(note.Targets.Scale), n)
	}
	for _, s := range note.Targets.Scale {
		if !(s > 0 && s <= math.MaxFloat32) {
			return nil, fmt.Errorf("%s: scale %g of the targets: want a finite number above 0", path, s)
		}
	}
	if err := note.Targets.Undo(m); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}
