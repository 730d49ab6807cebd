package main

import (
	"fmt"

	"github.com/sinew-ml/sinew/net"
	"github.com/spf13/pflag"
)

// checkpointFlags are the flags of train that keep and resume a run.
type checkpointFlags struct{ path string }

func (f *checkpointFlags) register(*pflag.FlagSet) {}

func (f *checkpointFlags) apply(*pflag.FlagSet, *config) error { return nil }

func (f *checkpointFlags) resumeInto(*running) error { return nil }

// loadCheckpoint returns the network in a checkpoint.
func loadCheckpoint(path string) (*net.Network, error) {
	return nil, fmt.Errorf("%s: checkpoints are not read by this version", path)
}
