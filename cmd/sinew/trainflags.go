package main

import (
	"strconv"
	"strings"

	"github.com/sinew-ml/sinew/train"
	"github.com/spf13/pflag"
)

// trainFlags are the flags of train.Config.
type trainFlags struct {
	optimizer, rate                      string
	momentum, weightDecay                float64
	warmup, batch, epochs                int
	seed                                 uint64
	l1, l2, maxNorm, clipNorm, clipValue float64
	layerL1, layerL2, freeze             string
	decayBiases, balanced, keepBest      bool
	classWeights, watch                  string
	patience, swa, workers               int
	minDelta, ema                        float64
	ensemble                             int
	bootstrap, snapshots                 bool
}

func (f *trainFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.optimizer, "optimizer", "adam", "`RULE` that updates the weights: sgd (momentum, nesterov), adagrad (eps), rmsprop (alpha, eps, momentum, centered), adam (beta1, beta2, eps, amsgrad), adamw (those and weight_decay) or rprop (up, down, min, max), with options as in adam:beta1=0.8,amsgrad")
	fs.Float64Var(&f.momentum, "momentum", 0.9, "momentum `M` of sgd, in [0, 1); of rmsprop 0 unless given")
	fs.Float64Var(&f.weightDecay, "weight-decay", 0.01, "decoupled weight decay `D` of adamw, in (0, 1000]")
	fs.StringVar(&f.rate, "rate", "", "learning `RATE`: a number above 0, or a schedule step:R,every=N[,factor=0.1], exponential:R,factor=F, cosine:R[,end=0,cycles=1,steps=N], one-cycle:PEAK[,rise=0.3,divide=25,final_divide=1e4,steps=N] or plateau:R[,factor=0.1,patience=10,floor=0], in brackets with the defaults; N counts steps, that of a cosine and one-cycle is the whole run (default by data set and optimizer)")
	fs.IntVar(&f.warmup, "warmup", 0, "raise the rate in a straight line within the first `STEPS`, at least 0; 0 for no warm-up")
	fs.IntVar(&f.batch, "batch", 0, "`ROWS` per step, at least 1 (default by data set)")
	fs.IntVar(&f.epochs, "epochs", 0, "`N` passes over the training rows, at least 1 (default by data set)")
	fs.Uint64Var(&f.seed, "seed", 1, "`SEED` of the split, the initial weights, the order of the rows and dropout, in [0, 2⁶⁴)")
	fs.Float64Var(&f.l1, "l1", 0, "`L` of the penalty L·|w|, which makes weights exactly 0, at least 0; 0 for none")
	fs.Float64Var(&f.l2, "l2", 0, "`L` of the penalty L/2·w², at least 0; 0 for none")
	fs.StringVar(&f.layerL1, "layer-l1", "", "the same per layer, as a `LIST` with the output layer; empty items have --l1's (default --l1 for all)")
	fs.StringVar(&f.layerL2, "layer-l2", "", "the same per layer, as a `LIST` with the output layer; empty items have --l2's (default --l2 for all)")
	fs.StringVar(&f.freeze, "freeze", "", "`LAYERS` that training leaves as they are, as a list of numbers from 0")
	fs.BoolVar(&f.decayBiases, "decay-biases", false, "penalties for biases and norms as well")
	fs.Float64Var(&f.maxNorm, "max-norm", 0, "bring the 2-norm of each unit's weights down to `N`, at least 0; 0 for no bound")
	fs.Float64Var(&f.clipNorm, "clip-norm", 0, "bring the gradient's 2-norm down to `N`, at least 0; 0 for no bound")
	fs.Float64Var(&f.clipValue, "clip-value", 0, "bring each gradient into ±`V`, at least 0; 0 for no bound")
	fs.StringVar(&f.classWeights, "class-weights", "", "how much the rows of each class count, as a `LIST` of numbers of at least 0, one per class (default 1 for each)")
	fs.BoolVar(&f.balanced, "balanced", false, "weigh the classes by the inverse of their rows")
	fs.IntVar(&f.patience, "patience", 0, "end when the watched figure has not become better in `N` epochs, at least 1, and leave the best weights; 0 for never")
	fs.StringVar(&f.watch, "watch", "validation-loss", "`FIGURE` to watch: validation-loss, validation-accuracy, train-loss or train-accuracy")
	fs.Float64Var(&f.minDelta, "min-delta", 0, "by how much the watched figure must be better to count, `D`, at least 0; 0 for any improvement")
	fs.BoolVar(&f.keepBest, "keep-best", false, "leave the weights of the best epoch by the watched figure, not those of the last")
	fs.Float64Var(&f.ema, "ema", 0, "leave the running average of the weights with decay `D` per step, in [0, 1); 0 for none")
	fs.IntVar(&f.swa, "swa", 0, "leave the average of the weights at the end of epochs `N`, N+1, ..., in [1, --epochs]; 0 for none")
	fs.IntVar(&f.workers, "workers", 0, "`N` goroutines that share a step, or train members of an ensemble, in [1, 1024]; results do not depend on it (default the number of processors)")
}

func (f *trainFlags) registerEnsemble(fs *pflag.FlagSet) {
	fs.IntVar(&f.ensemble, "ensemble", 0, "train `K` networks of different seeds and average their predictions, in [1, 1024]; 0 for one network")
	fs.BoolVar(&f.bootstrap, "bootstrap", false, "draw each member's rows with replacement")
	fs.BoolVar(&f.snapshots, "snapshots", false, "members are the ends of the cycles of one run with a cosine rate")
}

// apply changes c by the flags that were given. The network has so many layers.
func (f *trainFlags) apply(fs *pflag.FlagSet, c *config, layers int, d defaults) error {
	t := &c.Train
	if err := f.applyOptimizer(fs, t, d); err != nil {
		return err
	}
	for _, v := range []struct {
		name  string
		value float64
		to    *float64
	}{
		{"l1", f.l1, &t.L1}, {"l2", f.l2, &t.L2}, {"max-norm", f.maxNorm, &t.MaxNorm}, {"clip-norm", f.clipNorm, &t.ClipNorm},
		{"clip-value", f.clipValue, &t.ClipValue}, {"min-delta", f.minDelta, &t.MinDelta},
	} {
		if fs.Changed(v.name) {
			if *v.to = v.value; !(v.value >= 0 && v.value <= 3.4e38) {
				return usage("--%s %g: want a finite number, at least 0", v.name, v.value)
			}
		}
	}
	for _, v := range []struct {
		name  string
		value int
		least int
		to    *int
		other int
	}{
		{"batch", f.batch, 1, &t.BatchSize, d.batch}, {"epochs", f.epochs, 1, &t.Epochs, d.epochs},
		{"patience", f.patience, 0, &t.Patience, 0}, {"swa", f.swa, 0, &t.SWA, 0}, {"workers", f.workers, 0, &t.Workers, 0},
	} {
		if fs.Changed(v.name) {
			if *v.to = v.value; v.value < v.least {
				return usage("--%s %d: want at least %d", v.name, v.value, v.least)
			}
		} else if *v.to == 0 {
			*v.to = v.other
		}
	}
	if fs.Changed("ema") {
		if t.EMA = f.ema; !(f.ema >= 0 && f.ema < 1) {
			return usage("--ema %g: want a number in [0, 1)", f.ema)
		}
	}
	for _, v := range []struct {
		name  string
		value bool
		to    *bool
	}{{"decay-biases", f.decayBiases, &t.DecayBiases}, {"balanced", f.balanced, &t.Balanced}, {"keep-best", f.keepBest, &t.KeepBest}} {
		if fs.Changed(v.name) {
			*v.to = v.value
		}
	}
	if fs.Changed("watch") {
		if err := t.Watch.UnmarshalText([]byte(f.watch)); err != nil {
			return usage("--watch: %w", err)
		}
	}
	if fs.Changed("class-weights") {
		weights, err := parseFloats("class-weights", f.classWeights)
		if err != nil {
			return err
		}
		t.ClassWeights = weights
	}
	if t.SWA > t.Epochs {
		return usage("--swa %d: want 1...%d, an epoch of the run, or 0 for none", t.SWA, t.Epochs)
	}
	if t.Balanced && t.ClassWeights != nil {
		return usage("--balanced and --class-weights: want at most one of them")
	}
	if err := f.applyLayers(fs, t, layers); err != nil {
		return err
	}
	return f.applyEnsemble(fs, c)
}

// applyOptimizer is apply for optimizer, rate and seed.
func (f *trainFlags) applyOptimizer(fs *pflag.FlagSet, t *train.Config, d defaults) error {
	if fs.Changed("optimizer") || t.Optimizer == nil {
		o, err := parseOptimizer(f.optimizer)
		if err != nil {
			return usage("--optimizer: %w", err)
		}
		if s, ok := o.(train.SGD); ok && !strings.Contains(f.optimizer, "momentum") {
			s.Momentum = f.momentum
			o = s
		}
		t.Optimizer = o
	}
	if fs.Changed("momentum") {
		if !(f.momentum >= 0 && f.momentum < 1) {
			return usage("--momentum %g: want a number in [0, 1)", f.momentum)
		}
		switch o := t.Optimizer.(type) {
		case train.SGD:
			o.Momentum = f.momentum
			t.Optimizer = o
		case train.RMSProp:
			o.Momentum = f.momentum
			t.Optimizer = o
		default:
			return usage("--momentum goes with --optimizer sgd or rmsprop")
		}
	}
	if fs.Changed("weight-decay") {
		o, ok := t.Optimizer.(train.AdamW)
		switch {
		case !ok:
			return usage("--weight-decay goes with --optimizer adamw; --l2 with all")
		case !(f.weightDecay > 0 && f.weightDecay <= 1e3):
			return usage("--weight-decay %g: want a number in (0, 1000]", f.weightDecay)
		}
		o.WeightDecay = f.weightDecay
		t.Optimizer = o
	}
	switch {
	case fs.Changed("rate"):
		s, err := parseRate(f.rate)
		if err != nil {
			return usage("--rate %w", err)
		}
		t.LearnRate = s
	case t.LearnRate == nil:
		t.LearnRate = train.Constant(defaultRate(t.Optimizer, d))
	}
	if fs.Changed("warmup") {
		if f.warmup < 0 {
			return usage("--warmup %d: want a number of steps, at least 0", f.warmup)
		}
		if w, ok := t.LearnRate.(train.Warmup); ok {
			t.LearnRate = w.Then
		}
		if f.warmup > 0 {
			t.LearnRate = train.Warmup{Steps: f.warmup, Then: t.LearnRate}
		}
	}
	return nil
}

// peakRate is the largest rate of a schedule of the command line.
func peakRate(s train.Schedule) float64 {
	switch s := s.(type) {
	case train.Warmup:
		return peakRate(s.Then)
	case train.OneCycle:
		return s.Peak
	}
	return s.Rate(0) // the others only fall
}

// defaultRate is the data set's for the optimizer, or the library's.
func defaultRate(o train.Optimizer, d defaults) float64 {
	name, library := "", 0.001
	switch o.(type) {
	case train.SGD:
		name, library = "sgd", 0.01
	case train.Adam:
		name = "adam"
	case train.AdamW:
		name = "adam"
	case train.AdaGrad, train.RMSProp, train.RProp:
		library = 0.01
	}
	if r := d.rates[name]; r > 0 {
		return r
	}
	return library
}

// applyLayers is apply for what layers have of their own.
func (f *trainFlags) applyLayers(fs *pflag.FlagSet, t *train.Config, layers int) error {
	if changed(fs, "layer-l1", "layer-l2", "freeze") == "" {
		return nil
	}
	if t.Layers == nil {
		t.Layers = make([]train.LayerConfig, layers)
	}
	if len(t.Layers) != layers {
		return usage("the configuration has %d layers in train, the network has %d", len(t.Layers), layers)
	}
	for _, l := range []struct {
		name, list string
		of         func(*train.LayerConfig) **float64
	}{
		{"layer-l1", f.layerL1, func(l *train.LayerConfig) **float64 { return &l.L1 }},
		{"layer-l2", f.layerL2, func(l *train.LayerConfig) **float64 { return &l.L2 }},
	} {
		if !fs.Changed(l.name) {
			continue
		}
		parts := splitList(l.list)
		if len(parts) != layers {
			return usage("--%s %q: %d values, want %d, one for each layer", l.name, l.list, len(parts), layers)
		}
		for i, part := range parts {
			if part == "" {
				continue
			}
			v, err := strconv.ParseFloat(part, 64)
			if err != nil || !(v >= 0 && v <= 3.4e38) {
				return usage("--%s %q: %q is not a finite number of at least 0", l.name, l.list, part)
			}
			*l.of(&t.Layers[i]) = &v
		}
	}
	if !fs.Changed("freeze") {
		return nil
	}
	frozen, err := parseInts("freeze", f.freeze, 0, "layer")
	if err != nil {
		return err
	}
	for i := range t.Layers {
		t.Layers[i].Frozen = false
	}
	for _, i := range frozen {
		if i >= layers {
			return usage("--freeze %d: want layers 0...%d", i, layers-1)
		}
		t.Layers[i].Frozen = true
	}
	return nil
}

// applyEnsemble is apply for the flags of registerEnsemble, if they are there.
func (f *trainFlags) applyEnsemble(fs *pflag.FlagSet, c *config) error {
	if fs.Lookup("ensemble") == nil {
		return nil
	}
	if fs.Changed("ensemble") {
		switch {
		case f.ensemble < 0 || f.ensemble > 1024:
			return usage("--ensemble %d: want 1...1024 members, or 0 for one network", f.ensemble)
		case f.ensemble == 0:
			c.Ensemble = nil
		case c.Ensemble == nil:
			c.Ensemble = new(ensembleConfig)
			fallthrough
		default:
			c.Ensemble.Members = f.ensemble
		}
	}
	if name := changed(fs, "bootstrap", "snapshots"); name != "" && c.Ensemble == nil {
		return usage("--%s goes with --ensemble", name)
	}
	if fs.Changed("bootstrap") {
		c.Ensemble.Bootstrap = f.bootstrap
	}
	if fs.Changed("snapshots") {
		c.Ensemble.Snapshots = f.snapshots
	}
	if e := c.Ensemble; e != nil && e.Bootstrap && e.Snapshots {
		return usage("--bootstrap and --snapshots: want at most one of them")
	}
	return nil
}
