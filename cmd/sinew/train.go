package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/report"
	"github.com/sinew-ml/sinew/train"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// errInterrupted marks a run that ended by a signal.
var errInterrupted = errors.New("interrupted")

// trainCommand is the command line of train.
type trainCommand struct {
	runFlags
	from, model, precision             string
	plot, schedule, weights, confusion string
	image, report, history, save       string
	force                              bool
	height, width                      int // of --image
	numbers                            net.Precision
	checkpoint                         checkpointFlags
}

func newTrain() *cobra.Command {
	var f trainCommand
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train a network on a data set",
		Long: `Train trains a network on a bundled data set or on your file, tests it on rows that it
held back, and writes the model file and a picture of the learning curves.

A fifth of the rows (of each class) is held back for the test (--test), and a tenth of
the rest measures the validation curves (--validation); neither is trained on. The seed
fixes this split, the initial weights and the order of the rows: the same command gives
the same model file, bit for bit, on every machine with AVX2, AVX-512 or NEON.

  digits         1797 images of 8x8 pixels, 10 classes, values in [0, 1]
  iris           150 flowers, 4 lengths in cm as measured, 3 classes
  wine           178 wines, 13 analyses, 3 cultivars
  breast-cancer  569 images of cells, 30 figures, malignant or benign
  diabetes       442 patients, 10 measurements, a number to predict
  FILE           CSV with --label or --target; IDX, NPY with --targets; NPZ; each also
                 compressed with gzip

Some defaults depend on the data set:

                 --hidden  --batch  --epochs  --rate                      --prep
  digits         256       32       30        0.003 (adam), 0.1 (sgd)     none
  iris           16        16       100       0.01 (adam), 0.02 (sgd)     none
  wine           16        16       40        0.01 (adam), 0.02 (sgd)     standardize
  breast-cancer  16        32       30        0.003 (adam), 0.02 (sgd)    standardize
  diabetes       16        32       40        0.003 (adam), 0.01 (sgd)    standardize, --scale-targets
  FILE           64        32       30        0.001 (adam), 0.01 (sgd)    standardize for CSV, else none;
                                                                         --scale-targets for values

adamw has adam's rates; adagrad, rmsprop and rprop 0.01. A configuration file (--config)
holds the same as the flags, as JSON; "sinew train --save-config run.json" shows one.

Ctrl-C stops after the current step and saves the weights of the best epoch so far by
--watch (of the last step if no epoch has ended, or with --ema and --swa their average
once there is one; of an ensemble the members that are finished); the exit status is
then 130. A second Ctrl-C ends the program at once. A run that comes to its end leaves
the weights of its last epoch, unless --keep-best, --patience, --ema or --swa say
otherwise. A run with --checkpoint that was stopped, by whatever, goes on with
--resume. If the loss becomes infinite or NaN, training stops with an error and the
model file stays as it was.`,
		Example: `  sinew train
  sinew train --hidden 128,64 --activation gelu --norm batch --dropout 0.2 --epochs 50
  sinew train --optimizer sgd --momentum 0.9 --rate 0.05 --seed 7
  sinew train --data iris --model iris.safetensors --plot iris.svg
  sinew train --data houses.csv --target price --loss huber --report report.html
  sinew train --data train-images-idx3-ubyte.gz --targets train-labels-idx1-ubyte.gz --divide 255 \
      --test-data t10k-images-idx3-ubyte.gz --test-targets t10k-labels-idx1-ubyte.gz \
      --hidden 256,128 --optimizer adamw --rate one-cycle:0.003 --epochs 10
  sinew train --data big.csv --label kind --stream 10000 --validation-data small.csv
  sinew train --data survey.csv --label vote --weights count       # a row counts as many times
  sinew train --data wine --ensemble 5 --bootstrap
  sinew train --from digits.safetensors --freeze 0 --epochs 3      # the last layer only
  sinew train --epochs 1000 --checkpoint run.ckpt --resume         # again and again, until it is done
  sinew train --epochs 50 --patience 5 --save-config run.json
  sinew train --config run.json --seed 2
  sinew train --hidden "" --plot ""      # softmax regression, no picture`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	f.register(flags)
	f.registerEnsemble(flags)
	flags.StringVar(&f.from, "from", "", "go on from the weights, layers and preparation of a model `FILE`")
	flags.IntVar(&f.stream, "stream", 0, "read a FILE anew in each epoch instead of holding it in memory, and shuffle it within a window of `ROWS`, at least 1; 0 for all in memory")
	f.checkpoint.register(flags)
	flags.StringVar(&f.model, "model", defaultModel, "`FILE` to write the model to")
	flags.StringVar(&f.precision, "precision", "f32", "`FORMAT` of the weights in it: f32, f16 or bf16")
	flags.StringVar(&f.plot, "plot", "curves.png", "PNG or SVG `FILE` to draw the learning curves to, of an ensemble those of member 0; \"\" for none")
	flags.StringVar(&f.schedule, "plot-schedule", "", "PNG or SVG `FILE` to draw the learning rate to")
	flags.StringVar(&f.weights, "plot-weights", "", "PNG or SVG `FILE` to draw the first layer's weights to")
	flags.StringVar(&f.confusion, "plot-confusion", "", "PNG or SVG `FILE` to draw the confusion matrix of the test (or else the validation) rows to")
	flags.StringVar(&f.image, "image", "", "`HEIGHTxWIDTH` of the inputs as a picture, for --plot-weights and --report (default a square, if they are one)")
	flags.StringVar(&f.report, "report", "", "HTML `FILE` to write a report to: all plots, figures and the diagnosis, in one page")
	flags.StringVar(&f.history, "history", "", "JSON `FILE` to write the history of the epochs to")
	flags.StringVar(&f.save, "save-config", "", "`FILE` to write the whole configuration to, before training")
	flags.BoolVar(&f.force, "force", false, "let --save-config replace another file, and --checkpoint begin anew")
	flags.SortFlags = false
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "curves" { // its name before there were other plots
			name = "plot"
		}
		return pflag.NormalizedName(name)
	})
	return cmd
}

// outputs lists the files that a run writes, by flag.
func (f *trainCommand) outputs() [][2]string {
	return [][2]string{{"model", f.model}, {"plot", f.plot}, {"plot-schedule", f.schedule}, {"plot-weights", f.weights},
		{"plot-confusion", f.confusion}, {"report", f.report}, {"history", f.history}, {"save-config", f.save}, {"checkpoint", f.checkpoint.path}}
}

// check finds, before time is spent, what is wrong with the files to write.
func (f *trainCommand) check() error {
	if f.model == "" {
		return usage("--model is empty: want a file's name")
	}
	if err := f.numbers.UnmarshalText([]byte(strings.ToUpper(f.precision))); err != nil {
		return usage("--precision %q: want f32, f16 or bf16", f.precision)
	}
	var err error
	if f.height, f.width, err = parseImage(f.image); err != nil {
		return err
	}
	seen := map[string]string{}
	for _, o := range f.outputs() {
		flag, path := o[0], o[1]
		if path == "" {
			continue
		}
		if strings.HasPrefix(flag, "plot") {
			if err := report.Format(path); err != nil {
				return usage("--%s %w, or \"\" for none", flag, err)
			}
		}
		if other, twice := seen[filepath.Clean(path)]; twice {
			return usage("--%s and --%s are the same file %s", flag, other, path)
		}
		seen[filepath.Clean(path)] = flag
		if err := writable(path); err != nil {
			return err
		}
	}
	return nil
}

// parseImage reads --image.
func parseImage(text string) (height, width int, err error) {
	if text == "" {
		return 0, 0, nil
	}
	if n, err := fmt.Sscanf(text, "%dx%d", &height, &width); err != nil || n != 2 || height < 1 || width < 1 || fmt.Sprintf("%dx%d", height, width) != text {
		return 0, 0, usage("--image %q: want HEIGHTxWIDTH, such as 8x8", text)
	}
	return height, width, nil
}

// writable finds, before time is spent, the usual reasons why path cannot be written.
func writable(path string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file: it cannot be replaced", path)
	}
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	if !info.IsDir() {
		return fmt.Errorf("cannot write %s: %s is not a directory", path, dir)
	}
	return nil
}

func (f *trainCommand) run(cmd *cobra.Command) error {
	if err := f.check(); err != nil {
		return err
	}
	var from *net.Network
	if f.from != "" {
		flags := append([]string{"prep", "ensemble"}, netNames...)
		if name := changed(cmd.Flags(), flags...); name != "" {
			return usage("--%s does not go with --from: the model has its own", name)
		}
		m, err := loadModel(f.from)
		if err != nil {
			return err
		}
		if m.all != nil {
			return usage("--from %s: want one network, not an ensemble", f.from)
		}
		from = m.members[0]
	}
	c, err := f.settleFrom(cmd.Flags(), from)
	if err != nil {
		return err
	}
	if c.Train.Checkpoint, err = f.checkpoint.settings(cmd.Flags(), f.force); err != nil {
		return err
	}
	if f.checkpoint.path != "" && c.Ensemble != nil {
		return usage("--checkpoint goes with one network, not with --ensemble")
	}
	j, err := c.start(from)
	if err != nil {
		return err
	}
	defer j.parts.close()
	if c.Train.Checkpoint.Path != "" {
		if c.Train.Checkpoint.Note, err = j.note(); err != nil {
			return err
		}
	}
	r := &running{trainCommand: f, job: j, cmd: cmd}
	if err := r.prepare(); err != nil {
		return err
	}
	if f.save != "" {
		if err := c.save("save-config", f.save, f.force); err != nil {
			return err
		}
	}
	r.announce()
	return r.train()
}

// settleFrom is settle with the layers of a network to go on from.
func (f *runFlags) settleFrom(fs *pflag.FlagSet, from *net.Network) (*config, error) {
	if from == nil {
		return f.settle(fs)
	}
	c := new(config)
	if f.config != "" {
		var err error
		if c, err = readConfig(f.config); err != nil {
			return nil, err
		}
	}
	c.Net, c.Ensemble = netConfig{from.Config(), true}, nil
	none := "none" // the network has its own
	c.Prep = &none
	return f.settleOn(fs, c)
}

// running is one run of train.
type running struct {
	*trainCommand
	*job
	cmd *cobra.Command

	trainer   *train.Trainer // nil for an ensemble
	report    progress
	networks  []*net.Network
	histories []*train.History
	all       *net.Ensemble
	best      best
	resumed   string // from what, "" for a run from its beginning
	warned    bool   // that checkpoints cannot be written
}

// warn says, once for each time that they begin to fail, that checkpoints are not written.
func (r *running) warn(notSaved error) {
	if notSaved != nil && !r.warned {
		fmt.Fprintf(r.cmd.ErrOrStderr(), "\nsinew: warning: %v; training goes on\n", notSaved)
	}
	r.warned = notSaved != nil
}

// best keeps the weights of the best epoch, for a run that is interrupted.
type best struct {
	epoch   int // 0: none yet
	figure  float64
	weights []float32 // parameters and running averages
}

// see takes the weights at the end of an epoch, nil for another moment.
func (b *best) see(m *net.Network, watch train.Figure, e *train.Epoch) {
	if e == nil {
		return
	}
	if f := figureOf(watch, e); b.epoch == 0 || f < b.figure {
		b.epoch, b.figure = e.Epoch, f
		b.weights = append(append(b.weights[:0], m.Params()...), m.Stats()...)
	}
}

// leave puts them into the network.
func (b *best) leave(m *net.Network) {
	n := copy(m.Params(), b.weights)
	copy(m.Stats(), b.weights[n:])
}

// prepare makes what can fail before training.
func (r *running) prepare() error {
	if err := r.checkPlots(); err != nil {
		return err
	}
	if err := r.checkPrecision(); err != nil {
		return err
	}
	if r.parts.test != nil { // which Fit does not look at
		if _, err := train.Evaluate(r.network, r.parts.test); err != nil {
			return fmt.Errorf("test rows: %w", err)
		}
	}
	t := &r.Train
	r.report = newProgress(r.cmd.ErrOrStderr(), t.Epochs, 1)
	if e := r.Ensemble; e != nil {
		if r.parts.source != nil {
			return usage("--ensemble goes without --stream")
		}
		if e.Members == 0 {
			e.Members = 5
		}
		r.report = newProgress(r.cmd.ErrOrStderr(), t.Epochs, e.Members)
	}
	// Also for an ensemble: what is wrong with the configuration shows here.
	trainer, err := r.job.trainer(func(at train.Progress) {
		r.best.see(r.network, r.Train.Watch, at.Done)
		r.report.update(at)
		r.warn(at.NotSaved)
	})
	if err != nil {
		return err
	}
	if r.Ensemble != nil {
		trainer.Close()
		return nil
	}
	r.trainer = trainer
	return r.checkpoint.resumeInto(r)
}

// checkPlots says, before training, what cannot be drawn.
func (r *running) checkPlots() error {
	const most = 200 // classes, what report draws
	switch n := len(r.Net.Classes); {
	case r.height > 0 && r.height*r.width != r.network.Inputs():
		return usage("--image %s: want %d pixels, one for each input", r.image, r.network.Inputs())
	case r.confusion != "" && (r.parts.outputs > 0 || n > most):
		return usage("--plot-confusion: want labels of at most %d classes", most)
	case r.confusion != "" && r.parts.test == nil && r.parts.validation == nil:
		return usage("--plot-confusion: there are neither test nor validation rows")
	}
	return nil
}

// checkPrecision says, before training, that the format of --precision cannot even hold the
// initial weights: with scaled targets those of the last layer are as large as the targets.
func (r *running) checkPrecision() error {
	if r.numbers == net.Float32 {
		return nil
	}
	m := r.network.Clone()
	if r.scaling != nil {
		if err := r.scaling.Undo(m); err != nil {
			return err
		}
	}
	if err := m.SaveAs(io.Discard, r.numbers); err != nil {
		return usage("--precision %s: the weights would not fit, as the initial ones do not (%w): want f32 or bf16", r.precision, err)
	}
	return nil
}

func (r *running) announce() {
	out, p, t := r.cmd.OutOrStdout(), r.parts, &r.Train
	fmt.Fprintf(out, "data      %s: %d training, %d validation, %d test rows\n", p.name, p.rows, rows(p.validation), rows(p.test))
	if p.dropped > 0 {
		fmt.Fprintf(out, "dropped   %d rows with missing values\n", p.dropped)
	}
	if p.filled > 0 {
		fmt.Fprintf(out, "filled    %d missing values with the means of the training rows\n", p.filled)
	}
	if text := r.describeFit(); text != "" {
		fmt.Fprintf(out, "prepared  %s\n", text)
	}
	if r.scaling != nil {
		fmt.Fprintf(out, "targets   scaled to mean 0 and variance 1; losses of epochs are of these\n")
	}
	text := describe(r.network)
	if e := r.Ensemble; e != nil {
		text = fmt.Sprintf("ensemble of %d: %s each", e.Members, text)
	}
	fmt.Fprintf(out, "network   %s\n", text)
	fmt.Fprintf(out, "training  %s, rate %s, batch %d, epochs %d, seed %d, kernels %s\n",
		optimizerText(t.Optimizer), rateText(t.LearnRate), t.BatchSize, t.Epochs, t.Seed, mat.ISA().Level)
	if r.resumed != "" {
		fmt.Fprintf(out, "resumed   %s\n", r.resumed)
	}
}

// train runs Fit and writes what it leaves.
func (r *running) train() error {
	ctx, stop := interruptible(r.cmd.Context())
	defer stop()
	began := time.Now()
	err, notSaved := withoutNotSaved(r.fitAll(ctx))
	r.report.close()
	out := r.cmd.OutOrStdout()
	interrupted := err != nil && errors.Is(err, ctx.Err())
	switch {
	case interrupted && r.Ensemble != nil && r.all == nil:
		return fmt.Errorf("%w before the first member was trained: nothing saved", errInterrupted)
	case interrupted && r.trainer != nil && r.trainer.Steps() == 0:
		return fmt.Errorf("%w before the first step: nothing saved", errInterrupted)
	case errDiverged(err):
		return errors.Join(fmt.Errorf("%w; nothing saved: try a lower --rate than %g", err, peakRate(r.Train.LearnRate)), notSaved)
	case err != nil && !interrupted && r.trainer != nil && r.trainer.Steps() > 0: // rows of a stream
		if failed := r.saveModel(); failed != nil {
			return errors.Join(err, failed, notSaved)
		}
		return errors.Join(fmt.Errorf("%w; %s holds the weights after step %d", err, r.model, r.trainer.Steps()), notSaved)
	case err != nil && !interrupted:
		return errors.Join(err, notSaved)
	}
	epochs, steps := 0, 0
	for _, h := range r.histories {
		epochs += len(h.Epochs)
		for _, e := range h.Epochs {
			steps += e.Steps
		}
	}
	if r.trainer != nil {
		steps = r.trainer.Steps()
	}
	fmt.Fprintf(out, "trained   %d epochs, %d steps in %.1f s\n", epochs, steps, time.Since(began).Seconds())
	for _, h := range r.histories {
		if n := len(h.Epochs); (r.Train.KeepBest || r.Train.Patience > 0) && h.Best > 0 && h.Best < n && r.Ensemble == nil {
			fmt.Fprintf(out, "kept      the weights of epoch %d, the best by %s\n", h.Best, r.Train.Watch)
		}
	}
	if err := r.finish(); err != nil {
		return err
	}
	if interrupted && r.Ensemble != nil {
		return fmt.Errorf("%w: %s holds the %d of %d members that were trained", errInterrupted, r.model, len(r.networks), r.Ensemble.Members)
	}
	if interrupted {
		return errors.Join(r.interruption(), notSaved)
	}
	return notSaved
}

// interruption says what an interrupted run of one network has saved.
func (r *running) interruption() error {
	h := r.histories[0]
	which := fmt.Sprintf("the weights after step %d", r.trainer.Steps())
	switch t := &r.Train; {
	case r.keepsLast() && r.best.epoch > 0:
		which = fmt.Sprintf("the weights of epoch %d, the best by %s", r.best.epoch, t.Watch)
		if r.resumed != "" && h.Best != r.best.epoch { // whose weights no checkpoint keeps
			which += " since the run was resumed"
		}
	case (t.KeepBest || t.Patience > 0) && h.Best > 0:
		which = fmt.Sprintf("the weights of epoch %d, the best by %s", h.Best, t.Watch)
	case t.EMA > 0, t.SWA > 0 && len(h.Epochs) >= t.SWA:
		which = fmt.Sprintf("the averaged weights after step %d", r.trainer.Steps())
	}
	return fmt.Errorf("%w in epoch %d of %d: %s holds %s",
		errInterrupted, min(len(h.Epochs)+1, r.Train.Epochs), r.Train.Epochs, r.model, which)
}

// withoutNotSaved takes apart what Fit returns: what ended the run, and why the last checkpoint
// could not be written, which is no reason to lose the model.
func withoutNotSaved(err error) (ended, notSaved error) {
	switch e := err.(type) {
	case *train.NotSavedError:
		return nil, e
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			left, lost := withoutNotSaved(part)
			ended, notSaved = errors.Join(ended, left), errors.Join(notSaved, lost)
		}
		return ended, notSaved
	}
	return err, nil
}

// interruptible returns a context that Ctrl-C ends. A second one ends the program at once.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// fitAll trains the network, or the members of an ensemble.
func (r *running) fitAll(ctx context.Context) error {
	p := r.parts
	if e := r.Ensemble; e != nil {
		c := r.Train
		all, histories, err := train.FitEnsemble(ctx, r.network, c, train.EnsembleConfig{
			Members: e.Members, Bootstrap: e.Bootstrap, Snapshots: e.Snapshots, Workers: c.Workers,
			Progress: r.report.member,
		}, r.scaled(p.training), r.scaled(p.validation))
		r.histories = histories
		if all == nil {
			return err
		}
		r.all, r.networks = all, all.Members()
		for _, m := range r.networks {
			if r.scaling != nil {
				err = errors.Join(err, r.scaling.Undo(m))
			}
		}
		return err
	}
	defer r.trainer.Close()
	var h *train.History
	var err error
	if p.source != nil {
		h, err = r.trainer.FitSource(ctx, p.source, p.outputs == 0, p.validation)
	} else {
		h, err = r.trainer.Fit(ctx, r.scaled(p.training), r.scaled(p.validation))
	}
	r.histories, r.networks = []*train.History{h}, []*net.Network{r.network}
	if err != nil && errors.Is(err, ctx.Err()) && r.keepsLast() && r.best.epoch > 0 {
		r.best.leave(r.network)
	}
	if r.scaling != nil {
		m := r.network.Clone()
		r.networks[0], err = m, errors.Join(err, r.scaling.Undo(m))
	}
	return err
}

// keepsLast reports whether a run leaves the weights of its last step.
func (r *running) keepsLast() bool {
	t := &r.Train
	return !t.KeepBest && t.Patience == 0 && t.EMA == 0 && t.SWA == 0
}
