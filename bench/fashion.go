package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/sinew-ml/sinew/data"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// fashionSizes is the network of the comparison on Fashion-MNIST.
var fashionSizes = []int{784, 256, 128, 10}

// runFashion trains on Fashion-MNIST: a plain network with each seed, an ensemble of five
// with dropout and L2 with each seed, and one epoch of PyTorch on the same rows.
func runFashion(args []string, out io.Writer) error {
	f := flag.NewFlagSet("bench fashion", flag.ContinueOnError)
	dir := f.String("dir", "/usr/share/datasets/fashion-mnist", "`folder` of the four IDX files (Debian: dataset-fashion-mnist)")
	epochs := f.Int("epochs", 10, "of each network")
	seeds := f.Int("seeds", 3, "seeds 1 ... of the plain networks and of the ensembles")
	members := f.Int("members", 5, "of an ensemble; 0: none")
	python := f.String("python", "python3", "with torch, for its time of an epoch; \"\": none")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 || *epochs < 1 || *seeds < 1 || *members < 0 {
		return errors.New("fashion: want at least 1 epoch and 1 seed, no negative members, and no arguments")
	}
	training, test, err := loadFashion(*dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Fashion-MNIST, %d training and %d test rows, 784-256-128-10, batch 64, Adam, cosine from 0.001 over %d epochs\n\n", training.Rows(), test.Rows(), *epochs)

	best := 0.0
	for seed := 1; seed <= *seeds; seed++ {
		m, err := net.New(fashionNet(0))
		if err != nil {
			return err
		}
		m.Init(uint64(seed))
		t, err := train.New(m, fashionTraining(*epochs, uint64(seed), 0, 1))
		if err != nil {
			return err
		}
		h, err := t.Fit(context.Background(), training, test)
		if err != nil {
			return err
		}
		for _, e := range h.Epochs {
			if best == 0 || e.Seconds < best {
				best = e.Seconds
			}
		}
		fmt.Fprintf(out, "one network, seed %d: test accuracy %.4f\n", seed, h.Epochs[len(h.Epochs)-1].Validation.Accuracy)
	}
	fmt.Fprintf(out, "best epoch, one thread, validation included: %.2f s\n", best)
	if *python != "" {
		const script = "fashion.py"
		text, err := exec.Command(*python, script, *dir).CombinedOutput()
		if err != nil {
			fmt.Fprintf(out, "PyTorch: not measured: %v: %.200s\n", err, text)
		} else {
			fmt.Fprintf(out, "PyTorch, best epoch, one thread, no validation: %s", strings.TrimLeft(string(text), "\n"))
		}
	}
	if *members == 0 {
		return nil
	}
	runtime.GOMAXPROCS(runtime.NumCPU()) // members train side by side
	for seed := 1; seed <= *seeds; seed++ {
		m, err := net.New(fashionNet(0.2))
		if err != nil {
			return err
		}
		// Members have seeds of their own: 100, 101, ... for the first ensemble.
		e, _, err := train.FitEnsemble(context.Background(), m, fashionTraining(2*(*epochs), uint64(100*seed), 1e-5, 1), train.EnsembleConfig{Members: *members}, training, nil)
		if err != nil {
			return err
		}
		right := 0
		p := e.NewPredictor(1000)
		for from := 0; from < test.Rows(); from += 1000 {
			to := min(test.Rows(), from+1000)
			for i, c := range p.Classify(test.X[from*784 : to*784]) {
				if c == test.Labels[from+i] {
					right++
				}
			}
		}
		fmt.Fprintf(out, "%d networks with dropout 0.2, L2 1e-5 and %d epochs, seeds %d...%d, averaged: test accuracy %.4f\n", *members, 2*(*epochs), 100*seed, 100*seed+*members-1, float64(right)/float64(test.Rows()))
	}
	return nil
}

func fashionNet(dropout float64) net.Config {
	return net.Config{Inputs: fashionSizes[0], Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{
		{Units: fashionSizes[1], Activation: net.ReLU, Dropout: dropout},
		{Units: fashionSizes[2], Activation: net.ReLU, Dropout: dropout},
		{Units: fashionSizes[3]},
	}}
}

func fashionTraining(epochs int, seed uint64, l2 float64, workers int) train.Config {
	return train.Config{BatchSize: 64, Epochs: epochs, LearnRate: train.Cosine{Start: 0.001}, L2: l2, Seed: seed, Workers: workers}
}

func loadFashion(dir string) (training, test *train.Dataset, err error) {
	load := func(name string) (*train.Dataset, error) {
		return data.Arrays{
			Inputs:  filepath.Join(dir, name+"-images-idx3-ubyte.gz"),
			Targets: filepath.Join(dir, name+"-labels-idx1-ubyte.gz"), Divide: 255,
		}.Load()
	}
	if training, err = load("train"); err != nil {
		return nil, nil, err
	}
	test, err = load("t10k")
	return training, test, err
}
