package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
	"github.com/spf13/cobra"
)

// errInterrupted marks a run that ended by a signal.
var errInterrupted = errors.New("interrupted")

// trainFlags is the command line of train. Values that depend on the data set are filled
// in by complete.
type trainFlags struct {
	dataFlags
	hidden, activation, optimizer string
	momentum, rate                float64
	batch, epochs                 int
	model, curves                 string
}

func newTrain() *cobra.Command {
	var f trainFlags
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train a network on a bundled data set",
		Long: `Train trains a network that classifies a bundled data set, tests it on rows that it
held back, and writes the model file and a picture of the learning curves.

A fifth of each class is held back for the test (--test), and a tenth of the rest
measures the validation curves; neither is trained on. The seed fixes this split,
the initial weights and the order of the rows: the same command gives the same
model file, bit for bit, on every machine with AVX2, AVX-512 or NEON.

  digits   1797 images of 8x8 pixels, 10 classes, values in [0, 1]
  iris     150 flowers, 4 lengths in cm as measured, 3 classes

Some defaults depend on the data set:

           --hidden  --batch  --epochs  --rate
  digits   256       32       30        0.003 (adam), 0.1 (sgd)
  iris     16        16       100       0.01 (adam), 0.02 (sgd)

Ctrl-C stops after the current step and saves the weights so far; the exit status is
then 130. If the loss becomes infinite or NaN, training stops with an error and the
model file stays as it was.`,
		Example: `  sinew train
  sinew train --hidden 128,64 --activation tanh --epochs 50
  sinew train --optimizer sgd --momentum 0.9 --rate 0.05 --seed 7
  sinew train --data iris --model iris.safetensors --curves iris.png
  sinew train --hidden "" --curves ""      # softmax regression, no picture`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	f.register(cmd, "`SEED` of the split, the initial weights and the order of the rows")
	flags := cmd.Flags()
	flags.StringVar(&f.hidden, "hidden", "", "`UNITS` of each hidden layer, as a list 128,64; \"\" for none")
	flags.StringVar(&f.activation, "activation", "relu", "activation `FUNCTION` of the hidden layers: relu, tanh, sigmoid or identity")
	flags.StringVar(&f.optimizer, "optimizer", "adam", "`RULE` that updates the weights: adam or sgd")
	flags.Float64Var(&f.momentum, "momentum", 0.9, "momentum `M` of sgd, in [0, 1)")
	flags.Float64Var(&f.rate, "rate", 0, "learning `RATE` per step, above 0")
	flags.IntVar(&f.batch, "batch", 0, "`ROWS` per step")
	flags.IntVar(&f.epochs, "epochs", 0, "`N` passes over the training rows")
	flags.StringVar(&f.model, "model", defaultModel, "`FILE` to write the model to")
	flags.StringVar(&f.curves, "curves", "curves.png", "PNG `FILE` to draw the learning curves to; \"\" for none")
	flags.SortFlags = false
	return cmd
}

func (f *trainFlags) run(cmd *cobra.Command) error {
	p, err := f.split()
	if err != nil {
		return err
	}
	if err := f.complete(cmd, &p); err != nil {
		return err
	}
	m, t, report, err := f.build(cmd, &p)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "data      %s: %d training, %d validation, %d test rows\n",
		p.name, rows(p.training), rows(p.validation), rows(p.test))
	fmt.Fprintf(out, "network   %s\n", describe(m))
	fmt.Fprintf(out, "training  %s, rate %g, batch %d, epochs %d, seed %d, kernels %s\n",
		f.optimizerText(), f.rate, f.batch, f.epochs, f.seed, mat.ISA().Level)

	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	began := time.Now()
	h, err := t.Fit(ctx, p.training, p.validation)
	report.close()
	interrupted := err != nil && errors.Is(err, ctx.Err())
	switch {
	case interrupted && t.Steps() == 0:
		return fmt.Errorf("%w before the first step: nothing saved", errInterrupted)
	case errors.Is(err, train.ErrNonFinite):
		return fmt.Errorf("%w; nothing saved: try a lower --rate than %g", err, f.rate)
	case err != nil && !interrupted:
		return err
	}
	fmt.Fprintf(out, "trained   %d epochs, %d steps in %.1f s\n", len(h.Epochs), t.Steps(), time.Since(began).Seconds())
	if err := f.finish(cmd, m, h, &p); err != nil {
		return err
	}
	if interrupted {
		return fmt.Errorf("%w in epoch %d of %d: %s holds the weights after step %d",
			errInterrupted, min(len(h.Epochs)+1, f.epochs), f.epochs, f.model, t.Steps())
	}
	return nil
}

// complete fills in what depends on the data set and checks what the library would take
// for a default or report too late.
func (f *trainFlags) complete(cmd *cobra.Command, p *parts) error {
	given := cmd.Flags().Changed
	if f.optimizer != "adam" && f.optimizer != "sgd" {
		return usage("--optimizer %q: want adam or sgd", f.optimizer)
	}
	if given("momentum") && f.optimizer != "sgd" {
		return usage("--momentum goes with --optimizer sgd")
	}
	if !given("hidden") {
		f.hidden = p.hidden
	}
	if !given("rate") {
		f.rate = p.rates[f.optimizer]
	}
	if !given("batch") {
		f.batch = p.batch
	}
	if !given("epochs") {
		f.epochs = p.epochs
	}
	switch {
	case !(f.rate > 0 && f.rate <= math.MaxFloat32):
		return usage("--rate %g: want a finite number above 0", f.rate)
	case f.batch < 1:
		return usage("--batch %d: want at least 1", f.batch)
	case f.epochs < 1:
		return usage("--epochs %d: want at least 1", f.epochs)
	case f.model == "":
		return usage("--model is empty: want a file's name")
	case f.curves != "" && !strings.EqualFold(filepath.Ext(f.curves), ".png"):
		return usage("--curves %q: want a name that ends in .png, or \"\" for none", f.curves)
	case f.curves != "" && filepath.Clean(f.curves) == filepath.Clean(f.model):
		return usage("--curves and --model are the same file %s", f.model)
	}
	f.batch = min(f.batch, rows(p.training)) // memory for more rows would never be used
	for _, path := range []string{f.model, f.curves} {
		if err := writable(path); err != nil {
			return err
		}
	}
	return nil
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

// build makes the network with its initial weights, and the trainer that reports to report.
func (f *trainFlags) build(cmd *cobra.Command, p *parts) (*net.Network, *train.Trainer, progress, error) {
	config := net.Config{Inputs: p.training.Inputs, Loss: net.SoftmaxCrossEntropy}
	var activation net.Activation
	if err := activation.UnmarshalText([]byte(f.activation)); err != nil {
		return nil, nil, nil, usage("--activation: %w", err)
	}
	units, err := parseUnits(f.hidden)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, n := range append(units, len(p.training.Classes)) {
		config.Layers = append(config.Layers, net.Layer{Units: n, Activation: activation})
	}
	config.Layers[len(config.Layers)-1].Activation = net.Identity // the loss takes logits
	m, err := net.New(config)
	if err != nil {
		return nil, nil, nil, err
	}
	m.Init(f.seed)

	var optimizer train.Optimizer = train.Adam{}
	if f.optimizer == "sgd" {
		optimizer = train.SGD{Momentum: f.momentum}
	}
	report := newProgress(cmd.ErrOrStderr(), f.epochs)
	t, err := train.New(m, train.Config{
		Optimizer: optimizer,
		LearnRate: train.Constant(f.rate),
		BatchSize: f.batch,
		Epochs:    f.epochs,
		Seed:      f.seed,
		Progress:  report.update,
	})
	return m, t, report, err
}

// parseUnits reads a list of layer sizes such as 128,64.
func parseUnits(list string) ([]int, error) {
	if strings.TrimSpace(list) == "" {
		return nil, nil
	}
	var units []int
	for field := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || n < 1 {
			return nil, usage("--hidden %q: %q is not a number of units, want a list such as 128,64", list, field)
		}
		units = append(units, n)
	}
	return units, nil
}

func (f *trainFlags) optimizerText() string {
	if f.optimizer == "sgd" {
		return fmt.Sprintf("sgd, momentum %g", f.momentum)
	}
	return f.optimizer
}

// finish tests the network and writes the files.
func (f *trainFlags) finish(cmd *cobra.Command, m *net.Network, h *train.History, p *parts) error {
	out := cmd.OutOrStdout()
	if p.test != nil {
		result, err := train.Evaluate(m, p.test)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "test      %s\n", metricsText(result, p.test.Rows()))
	}
	if err := m.SaveFile(f.model); err != nil {
		return err
	}
	fmt.Fprintf(out, "model     %s\n", f.model)
	if f.curves != "" && len(h.Epochs) > 0 {
		if err := saveCurves(f.curves, h); err != nil {
			return err
		}
		fmt.Fprintf(out, "curves    %s\n", f.curves)
	}
	return nil
}
