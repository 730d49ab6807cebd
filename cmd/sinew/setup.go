package main

import (
	"errors"
	"fmt"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/prep"
	"github.com/sinew-ml/sinew/report"
	"github.com/sinew-ml/sinew/train"
	"github.com/spf13/pflag"
)

// runFlags are the flags that make a configuration: those of train, check and search.
type runFlags struct {
	config string
	dataFlags
	prep  string
	scale bool
	netFlags
	trainFlags
}

// register adds them, in the order of the help text.
func (f *runFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.config, "config", "", "`FILE` with a configuration, as --save-config writes it; flags go before it")
	f.dataFlags.register(fs)
	f.registerSplit(fs)
	fs.StringVar(&f.prep, "prep", "", "`PREPARATION` of the inputs, part of the model: "+prepHelp+" (default by data set)")
	fs.BoolVar(&f.scale, "scale-targets", false, "train on target values of mean 0 and variance 1; losses shown during training are of these, the model predicts in their own unit (default for values, where it can be undone in the model and they are not streamed)")
	f.netFlags.register(fs)
	f.trainFlags.register(fs)
}

// settle returns the configuration of file and flags, complete but for what the rows say.
func (f *runFlags) settle(fs *pflag.FlagSet) (*config, error) {
	c := new(config)
	if f.config != "" {
		var err error
		if c, err = readConfig(f.config); err != nil {
			return nil, err
		}
	}
	return f.settleOn(fs, c)
}

// settleOn changes a configuration by the flags, and fills in defaults.
func (f *runFlags) settleOn(fs *pflag.FlagSet, c *config) (*config, error) {
	if f.config == "" || fs.Changed("seed") {
		c.Train.Seed = f.seed
	}
	if err := f.dataFlags.apply(fs, &c.Data); err != nil {
		return nil, err
	}
	if fs.Changed("data") && c.Data.Set != "" { // it has names of its own, and numbers the classes itself
		c.Net.Classes = nil
	}
	d := c.Data.defaults()
	if fs.Changed("prep") || c.Prep == nil {
		spec := d.prep
		if fs.Changed("prep") {
			spec = f.prep
		}
		c.Prep = &spec
	}
	if fs.Changed("scale-targets") { // otherwise scaleTargets decides, when the targets are known
		c.Scale = &f.scale
	}
	if err := f.netFlags.apply(fs, &c.Net, d.hidden); err != nil {
		return nil, err
	}
	if err := f.trainFlags.apply(fs, c, len(c.Net.Layers), d); err != nil {
		return nil, err
	}
	c.Data.classNames(c.Net.Classes)
	return c, nil
}

// job is a configuration with its rows and a network to train on them.
type job struct {
	*config
	parts   *parts
	fit     *prep.Fit     // nil without one
	scaling *prep.Targets // of the target values for training; nil without one
	network *net.Network
}

// start loads the rows, fits the preparation, completes the configuration and makes the
// network with its initial weights. from, if not nil, is a network to go on from.
func (c *config) start(from *net.Network) (*job, error) {
	how, err := parsePrep(*c.Prep)
	if err != nil {
		return nil, err
	}
	p, err := c.Data.open(c.Train.Seed)
	if err != nil {
		return nil, err
	}
	j, err := c.startOn(p, how, from)
	if err != nil {
		p.close()
	}
	return j, err
}

// startOn is start for rows that are there.
func (c *config) startOn(p *parts, how *preparation, from *net.Network) (*job, error) {
	j := &job{config: c, parts: p}
	c.Data.Means = p.means
	var err error
	if from == nil || p.source != nil {
		if from != nil {
			how = &preparation{name: "none"}
		}
		if j.fit, err = p.prepare(how); err != nil {
			return nil, err
		}
	}
	inputs := 0
	switch {
	case j.fit != nil:
		inputs = j.fit.Transform.Outputs()
	case p.source != nil:
		inputs = p.source.Inputs()
	default:
		inputs = p.training.Inputs
	}
	if from != nil {
		j.network = from
		c.Net = netConfig{from.Config(), true}
	} else {
		c.Net.complete(inputs, p.outputs, p.classes)
		c.Data.classNames(c.Net.Classes)
		if j.network, err = net.New(c.Net.Config); err != nil {
			return nil, err
		}
		j.network.Init(c.Train.Seed)
		if j.fit != nil {
			if err := j.network.SetTransform(j.fit.Transform); err != nil {
				return nil, err
			}
		}
	}
	if err := j.scaleTargets(from != nil); err != nil {
		return nil, err
	}
	c.Train.BatchSize = min(c.Train.BatchSize, max(1, p.rows)) // memory for more rows would never be used
	if p.source != nil {                                       // whose length the trainer does not know
		steps := (p.rows + c.Train.BatchSize - 1) / c.Train.BatchSize
		c.Train.LearnRate = report.Bounded(c.Train.LearnRate, steps*c.Train.Epochs)
	}
	return j, nil
}

// scaleTargets fits the scaling, if there is to be one; from says whether the network was
// trained before. Values, which may have any size, are scaled wherever that is possible, unless
// the configuration says otherwise.
func (j *job) scaleTargets(from bool) error {
	cannot := j.cannotScale()
	switch {
	case j.Scale == nil:
		scale := cannot == nil
		j.Scale = &scale
	case *j.Scale && cannot != nil:
		return cannot
	}
	if !*j.Scale {
		return nil
	}
	var err error
	if j.scaling, err = prep.ScaleTargets(j.parts.training); err != nil {
		return fmt.Errorf("--scale-targets: %w", err)
	}
	if from {
		return j.scaling.Redo(j.network)
	}
	return nil
}

// scaled returns rows as training sees them; d may be nil.
func (j *job) scaled(d *train.Dataset) *train.Dataset {
	if j.scaling == nil || d == nil || len(d.Y) != d.Rows()*len(j.scaling.Mean) { // Fit says what does not fit
		return d
	}
	return j.scaling.Apply(d)
}

// cannotScale says why the targets cannot be scaled, nil if they can.
func (j *job) cannotScale() error {
	last := j.Net.Layers[len(j.Net.Layers)-1]
	switch p := j.parts; {
	case p.outputs == 0:
		return usage("--scale-targets goes with target values: %s has labels", p.name)
	case p.source != nil:
		return usage("--scale-targets goes without --stream")
	case last.Activation != net.Identity || last.Norm != net.NoNorm || j.Net.Loss == net.BinaryCrossEntropy || j.Net.Loss == net.SoftmaxCrossEntropy:
		return usage("--scale-targets: want an output layer of identity without a norm, and a loss other than the cross entropies")
	}
	return nil
}

// trainer returns a trainer of the job's network.
func (j *job) trainer(progress func(train.Progress)) (*train.Trainer, error) {
	c := j.Train
	c.Progress = progress
	return train.New(j.network, c)
}

// describeFit says what the preparation found.
func (j *job) describeFit() string {
	if j.fit == nil {
		return ""
	}
	text := *j.Prep
	if n := len(j.fit.Variances); n > 0 {
		share := 0.0
		for _, s := range j.fit.Shares {
			share += s
		}
		text += fmt.Sprintf(": %d of %d directions, %.1f%% of the variance", n, j.fit.Transform.Inputs(), 100*share)
	}
	if n := len(j.fit.Constant); n > 0 {
		text += fmt.Sprintf("; %d constant columns", n)
	}
	return text
}

// errDiverged says whether a run left the range of numbers.
func errDiverged(err error) bool { return errors.Is(err, train.ErrNonFinite) }
