package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/sinew-ml/sinew/data"
	"github.com/sinew-ml/sinew/internal/atomicfile"
	"github.com/sinew-ml/sinew/train"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// searchCommand is the command line of search.
type searchCommand struct {
	runFlags
	try            []string
	space, output  string
	trials, folds  int
	halving, least int
	parallel       int
	force          bool
	dimensions     []dimension
}

func newSearch() *cobra.Command {
	var f searchCommand
	cmd := &cobra.Command{
		Use:   "search",
		Short: "Look for a good configuration",
		Long: `Search trains many configurations side by side, one on each core, and prints them from
the best to the worst by the watched figure (--watch) of each one's best epoch. The best
is written to a file that "sinew train --config" takes.

What varies are flags of "sinew train", each given with --try (several times), or in a
JSON file with --space as {"rate": "1e-4..1e-1:log", "hidden": ["64", "128,64"]}:

  --try rate=1e-4..1e-1:log        a number, even on a logarithmic scale
  --try batch=16..256:log:int      a whole number
  --try dropout=0..0.5             a number
  --try hidden=64|128|128,64       one of some texts
  --try rate=cosine:{1e-3..1e-1:log}      a number within a text
  --try optimizer=adam|adamw:beta2={0.9..0.999}

All other flags, and --config, hold for every trial. The seed fixes the trials and
everything in them: the same command prints the same table. Trials of --loss have losses
that do not compare: watch the accuracy then. A trial that diverges comes last.

Random search (the default) gives every trial all epochs. Successive halving (--halving 3;
Jamieson and Talwalkar 2016) gives them few at first, keeps the best third, gives these
three times as many, and so on up to all epochs. Each time trials begin anew, so that a
schedule has the length of the run it is in.

The figure is taken on the validation rows, or with --folds K as the mean over K folds of
all rows but the test's: slower, and steadier for small data. Test rows are never used.

Ctrl-C ends the search; what is finished is printed and written. The exit status is
then 130.`,
		Example: `  sinew search --try rate=1e-4..1e-1:log --try hidden=32|64|128,64 --trials 30
  sinew search --data wine --folds 5 --try l2=1e-6..1e-1:log --try dropout=0..0.5
  sinew search --data houses.csv --target price --try loss=mse --try rate=1e-4..1e-2:log --halving 3
  sinew search --config run.json --space space.json --output best.json && sinew train --config best.json`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.try, "try", nil, "flag that varies, and its `VALUES`: FLAG=LO..HI[:log][:int] or FLAG=VALUE|VALUE|...; several times")
	flags.StringVar(&f.space, "space", "", "JSON `FILE` with flags that vary")
	flags.IntVar(&f.trials, "trials", 20, "`N` configurations to try, in [1, 2²⁰]")
	flags.IntVar(&f.halving, "halving", 0, "successive halving that keeps one of `ETA` each time, in [2, 100]; 0 for random search")
	flags.IntVar(&f.least, "min-epochs", 1, "the fewest epochs that --halving gives, `N`, at least 1")
	flags.IntVar(&f.folds, "folds", 0, "mean over `K` folds, at least 2, in the place of the validation rows; 0 for none")
	flags.IntVar(&f.parallel, "parallel", 0, "`N` trials at a time, at least 1; the result does not depend on it (default the number of processors)")
	flags.StringVar(&f.output, "output", "best.json", "`FILE` to write the best configuration to; \"\" for none")
	flags.BoolVar(&f.force, "force", false, "let --output replace another file")
	f.register(flags)
	flags.SortFlags = false
	return cmd
}

// trial is one configuration and what became of it.
type trial struct {
	number int
	values []string
	text   []byte // its configuration
	flags  runFlags
	set    *pflag.FlagSet

	rung   int     // of halving, the last it was in; -1 before the first is finished
	epochs int     // it had
	score  float64 // lower is better; +Inf if it diverged
	err    error
}

func (f *searchCommand) run(cmd *cobra.Command) error {
	if err := f.check(cmd); err != nil {
		return err
	}
	base, err := f.settle(cmd.Flags())
	if err != nil {
		return err
	}
	rungs, err := f.plan(base.Train.Epochs)
	if err != nil {
		return err
	}
	sets, err := f.sets(base)
	if err != nil {
		return err
	}
	trials, err := f.draw(cmd, base.Train.Seed)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "data      %s: %d training, %d validation rows", sets[0].name, sets[0].rows, rows(sets[0].validation))
	if len(sets) > 1 {
		fmt.Fprintf(out, " in each of %d folds", len(sets))
	}
	fmt.Fprintf(out, "\nsearch    %d trials, %s, seed %d, by %s\n", len(trials), f.method(rungs), base.Train.Seed, base.Train.Watch)

	ctx, stop := interruptible(cmd.Context())
	defer stop()
	left := trials
	var failed error // of a trial that cannot be: what the others have found is not lost with it
	for i, r := range rungs {
		rank(left)
		left = left[:min(len(left), r.trials)]
		f.runAll(ctx, cmd.ErrOrStderr(), left, sets, i, r.epochs, base.Train.Watch)
		for _, t := range left {
			if t.err != nil && !errors.Is(t.err, context.Canceled) { // of others, when one fails
				failed = fmt.Errorf("trial %d (%s): %w", t.number, f.valuesText(t), t.err)
				break
			}
		}
		if ctx.Err() != nil || failed != nil {
			break
		}
	}
	finished := slices.DeleteFunc(slices.Clone(trials), func(t *trial) bool { return t.rung < 0 })
	rank(finished)
	if len(finished) == 0 {
		if failed != nil {
			return failed
		}
		return fmt.Errorf("%w before a trial was finished: nothing saved", errInterrupted)
	}
	fmt.Fprintln(out)
	f.table(out, finished, base.Train.Watch)
	if err := f.save(out, finished[0]); err != nil {
		return errors.Join(failed, err)
	}
	if failed != nil {
		return failed
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %d of %d trials are finished", errInterrupted, len(finished), len(trials))
	}
	return nil
}

// rung is one round of halving: so many trials with so many epochs.
type rung struct{ trials, epochs int }

// check says what is wrong with the flags.
func (f *searchCommand) check(cmd *cobra.Command) error {
	fs := cmd.Flags()
	switch {
	case f.trials < 1 || f.trials > 1<<20:
		return usage("--trials %d: want 1...%d", f.trials, 1<<20)
	case f.halving != 0 && (f.halving < 2 || f.halving > 100):
		return usage("--halving %d: want 2...100, or 0 for random search", f.halving)
	case f.least < 1:
		return usage("--min-epochs %d: want at least 1", f.least)
	case fs.Changed("min-epochs") && f.halving == 0:
		return usage("--min-epochs goes with --halving")
	case f.folds < 0 || f.folds == 1:
		return usage("--folds %d: want at least 2, or 0 for the validation rows", f.folds)
	case f.folds > 0 && changed(fs, "validation", "validation-data") != "":
		return usage("--folds and --%s: want at most one of them", changed(fs, "validation", "validation-data"))
	case f.parallel < 0:
		return usage("--parallel %d: want at least 1, or 0 for the number of processors", f.parallel)
	}
	if f.space != "" {
		all, err := readSpace(fs, f.space)
		if err != nil {
			return err
		}
		f.dimensions = all
	}
	for _, text := range f.try {
		d, err := parseDimension(fs, text)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(f.dimensions, func(o dimension) bool { return o.flag == d.flag }) {
			return usage("--try %s is given twice", d.flag)
		}
		f.dimensions = append(f.dimensions, d)
	}
	if len(f.dimensions) == 0 {
		return usage("nothing varies: give --try or --space; %s", tryHelp)
	}
	if f.output != "" {
		return checkNew("output", f.output, nil, f.force)
	}
	return nil
}

// plan returns the rounds: one for random search.
func (f *searchCommand) plan(epochs int) ([]rung, error) {
	if f.halving == 0 {
		return []rung{{f.trials, epochs}}, nil
	}
	if f.least > epochs {
		return nil, usage("--min-epochs %d: want at most the %d of --epochs", f.least, epochs)
	}
	rounds := 1
	for n, e := f.trials/f.halving, epochs/f.halving; n >= 1 && e >= f.least; n, e = n/f.halving, e/f.halving {
		rounds++
	}
	all := make([]rung, rounds)
	for i, n := 0, f.trials; i < rounds; i, n = i+1, n/f.halving {
		all[i].trials = n
	}
	for i, e := rounds-1, epochs; i >= 0; i, e = i-1, e/f.halving {
		all[i].epochs = e
	}
	return all, nil
}

func (f *searchCommand) method(rungs []rung) string {
	if f.halving == 0 {
		return fmt.Sprintf("random, %d epochs each", rungs[0].epochs)
	}
	var parts []string
	for _, r := range rungs {
		parts = append(parts, fmt.Sprintf("%d with %d epochs", r.trials, r.epochs))
	}
	return "halving: " + strings.Join(parts, ", ")
}

// sets loads the rows and divides them: one training and validation set, or the folds.
func (f *searchCommand) sets(c *config) ([]*parts, error) {
	if c.Data.Stream > 0 {
		return nil, usage("search holds all rows in memory: the configuration streams them")
	}
	d := c.Data
	if f.folds > 0 {
		zero := 0.0
		d.Validation, d.ValidationFile = &zero, ""
	}
	p, err := d.divide(c.Train.Seed)
	if err != nil {
		return nil, err
	}
	if f.folds == 0 {
		if err := p.fillMissing(); err != nil {
			return nil, err
		}
		if w := c.Train.Watch; p.validation == nil && (w == train.ValidationLoss || w == train.ValidationAccuracy) {
			return nil, usage("no validation rows to compare trials on: give --validation, --validation-data or --folds")
		}
		return []*parts{p}, nil
	}
	folds, err := data.KFold(p.training, f.folds, c.Train.Seed)
	if p.training.Labels != nil {
		folds, err = data.StratifiedKFold(p.training, f.folds, c.Train.Seed)
	}
	if err != nil {
		return nil, usage("--folds: %w", err)
	}
	var all []*parts
	for _, fold := range folds {
		one := *p
		one.training, one.validation = fold.Of(p.training)
		one.rows, one.test = one.training.Rows(), nil // of all rows but the test's
		if err := one.fillMissing(); err != nil {
			return nil, err
		}
		all = append(all, &one)
	}
	return all, nil
}

// draw makes the trials, and their configurations, which shows what is wrong with them.
func (f *searchCommand) draw(cmd *cobra.Command, seed uint64) ([]*trial, error) {
	var all []*trial
	seen := map[string]bool{}
	for n := range f.trials {
		d := drawer{rand.NewPCG(seed, uint64(n))}
		values := d.draw(f.dimensions)
		for tries := 0; seen[strings.Join(values, "\x00")] && tries < 1000; tries++ {
			values = d.draw(f.dimensions)
		}
		key := strings.Join(values, "\x00")
		if seen[key] {
			break // there are no more
		}
		seen[key] = true
		t := &trial{number: n + 1, values: values, rung: -1}
		t.set = pflag.NewFlagSet("", pflag.ContinueOnError)
		t.flags.register(t.set)
		var err error
		cmd.Flags().Visit(func(g *pflag.Flag) {
			if t.set.Lookup(g.Name) != nil && err == nil {
				err = t.set.Set(g.Name, g.Value.String())
			}
		})
		for i, dim := range f.dimensions {
			if dim.flag == "output-activation" && !cmd.Flags().Changed("scale-targets") && err == nil { // not all of them allow it, and losses of scaled targets do not compare with others
				err = t.set.Set("scale-targets", "false")
			}
			if err == nil {
				if err = t.set.Set(dim.flag, values[i]); err != nil {
					err = usage("--try %s: %w", dim.flag, err)
				}
			}
		}
		if err != nil {
			return nil, err
		}
		c, err := t.flags.settle(t.set)
		if err != nil {
			return nil, err
		}
		if t.text, err = c.text(); err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// runAll runs a round of trials on all processors.
func (f *searchCommand) runAll(ctx context.Context, w io.Writer, trials []*trial, sets []*parts, round, epochs int, watch train.Figure) {
	workers := f.parallel
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	queue := make(chan *trial)
	var wait sync.WaitGroup
	var print sync.Mutex
	for range min(workers, len(trials)) {
		wait.Go(func() {
			for t := range queue {
				score, err := t.run(ctx, sets, epochs)
				if t.err = err; err != nil {
					cancel()
					continue
				}
				t.score, t.rung, t.epochs = score, round, epochs
				print.Lock()
				fmt.Fprintf(w, "trial %d  %s %s  %s\n", t.number, watch, f.scoreText(t, watch), f.valuesText(t))
				print.Unlock()
			}
		})
	}
	for _, t := range trials {
		queue <- t
	}
	close(queue)
	wait.Wait()
}

// run trains the trial on each of the sets, and returns the mean of the watched figure.
func (t *trial) run(ctx context.Context, sets []*parts, epochs int) (float64, error) {
	sum := 0.0
	for _, p := range sets {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		c, err := t.flags.settle(t.set)
		if err != nil {
			return 0, err
		}
		how, err := parsePrep(*c.Prep)
		if err != nil {
			return 0, err
		}
		c.Ensemble = nil
		c.Train.Epochs, c.Train.Workers = epochs, 1
		j, err := c.startOn(p, how, nil)
		if err != nil {
			return 0, err
		}
		trainer, err := j.trainer(nil)
		if err != nil {
			return 0, err
		}
		h, err := trainer.Fit(ctx, j.scaled(p.training), j.scaled(p.validation))
		trainer.Close()
		if errDiverged(err) {
			return math.Inf(1), nil
		}
		if err != nil {
			return 0, err
		}
		sum += figureOf(c.Train.Watch, &h.Epochs[h.Best-1])
	}
	return sum / float64(len(sets)), nil
}

// figureOf returns the watched figure of an epoch, turned so that lower is better.
func figureOf(f train.Figure, e *train.Epoch) float64 {
	m := e.Validation
	if f == train.TrainLoss || f == train.TrainAccuracy || math.IsNaN(m.Loss) { // the training set stands in
		m = e.Train
	}
	if f == train.ValidationAccuracy || f == train.TrainAccuracy {
		return -m.Accuracy
	}
	return m.Loss
}

// rank puts the trials in order: later rounds first, then by score, then by number.
func rank(trials []*trial) {
	slices.SortStableFunc(trials, func(a, b *trial) int {
		switch {
		case a.rung != b.rung:
			return b.rung - a.rung
		case a.score < b.score:
			return -1
		case a.score > b.score:
			return 1
		}
		return a.number - b.number
	})
}

func (f *searchCommand) valuesText(t *trial) string {
	var parts []string
	for i, d := range f.dimensions {
		parts = append(parts, d.flag+"="+t.values[i])
	}
	return strings.Join(parts, " ")
}

func (f *searchCommand) scoreText(t *trial, watch train.Figure) string {
	switch {
	case math.IsInf(t.score, 1):
		return "diverged"
	case watch == train.ValidationAccuracy || watch == train.TrainAccuracy:
		return fmt.Sprintf("%.2f%%", -100*t.score)
	}
	return fmt.Sprintf("%.5g", t.score)
}

// table prints the trials from the best to the worst.
func (f *searchCommand) table(w io.Writer, trials []*trial, watch train.Figure) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "rank\ttrial\t%s\tepochs", watch)
	for _, d := range f.dimensions {
		fmt.Fprintf(t, "\t%s", d.flag)
	}
	fmt.Fprintln(t)
	for i, one := range trials {
		fmt.Fprintf(t, "%d\t%d\t%s\t%d", i+1, one.number, f.scoreText(one, watch), one.epochs)
		for _, v := range one.values {
			fmt.Fprintf(t, "\t%s", v)
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}

// save writes the configuration of the best trial.
func (f *searchCommand) save(w io.Writer, best *trial) error {
	if f.output == "" {
		return nil
	}
	if math.IsInf(best.score, 1) {
		return errors.New("every trial diverged: nothing saved; try lower rates")
	}
	err := atomicfile.Write(f.output, func(w io.Writer) error {
		_, err := w.Write(best.text)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nbest      trial %d: %s\n", best.number, f.valuesText(best))
	fmt.Fprintf(w, "config    %s: sinew train --config %s\n", f.output, f.output)
	return nil
}
