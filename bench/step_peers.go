package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// config is the network in Sinew.
func (k *stepCase) config() net.Config {
	c := net.Config{Inputs: k.size[0], Loss: net.SoftmaxCrossEntropy}
	for _, units := range k.size[1:] {
		c.Layers = append(c.Layers, net.Layer{Units: units, Activation: net.ReLU})
	}
	c.Layers[len(c.Layers)-1].Activation = net.Identity
	return c
}

// fill draws what all peers start from.
func (k *stepCase) fill() {
	m, err := net.New(k.config())
	if err != nil {
		panic(err) // a case of the table above is wrong
	}
	m.Init(1)
	k.params = m.Params()
	src := rand.New(rand.NewPCG(1, uint64(k.rows)))
	k.batch = net.Batch{X: aligned(k.rows * k.size[0]), Labels: make([]int, k.rows)}
	for i := range k.batch.X {
		k.batch.X[i] = src.Float32()
	}
	for i := range k.batch.Labels {
		k.batch.Labels[i] = src.IntN(k.size[len(k.size)-1])
	}
	if k.optimizer == "" {
		k.batch.Labels = make([]int, k.rows)
	}
}

func startSinew(k *stepCase) (stepRun, error) {
	m, err := net.New(k.config())
	if err != nil {
		return stepRun{}, err
	}
	copy(m.Params(), k.params)
	run := stepRun{close: func() {}}
	if k.optimizer == "" {
		p := m.NewPredictor(k.rows)
		var out []float32
		run.work = goLoop(func() { out = p.Predict(k.batch.X) })
		run.result = func() []float32 { return slices.Clone(out) }
		return run, nil
	}
	c := train.Config{Optimizer: train.SGD{Momentum: 0.9}, BatchSize: k.rows, LearnRate: train.Constant(k.rate)}
	if k.optimizer == "adam" {
		c.Optimizer = train.Adam{}
	}
	t, err := train.New(m, c)
	if err != nil {
		return stepRun{}, err
	}
	run.work = goLoop(func() {
		if _, err := t.Step(k.batch); err != nil {
			panic(err) // the batch is ours, and the rate is almost 0
		}
	})
	run.result = func() []float32 { return slices.Clone(m.Params()) }
	return run, nil
}

// loadStepPeers opens the peers of a comma-separated list, all for "". stop ends the
// Python process.
func loadStepPeers(list, python string) (peers []stepPeer, absent []missing, stop func(), err error) {
	stop = func() {}
	peers = []stepPeer{{"Sinew", mat.ISA().Level, startSinew}}
	names := []string{"sinew", "openblas", "onednn", "packed", "torch"}
	wanted := names
	if list != "" {
		wanted = strings.Split(list, ",")
	}
	for _, name := range wanted {
		var p stepPeer
		var err error
		switch name {
		case "sinew":
			continue
		case "openblas":
			p, err = loadStepOpenBLAS()
		case "onednn":
			p, err = loadStepOneDNN()
		case "packed":
			p, err = loadPacked()
		case "torch":
			p, stop, err = loadTorch(python)
		default:
			stop()
			return nil, nil, nil, fmt.Errorf("peer %q: want some of %s", name, strings.Join(names, ","))
		}
		if err != nil {
			absent = append(absent, missing{name, err})
		} else {
			peers = append(peers, p)
		}
	}
	return peers, absent, stop, nil
}
