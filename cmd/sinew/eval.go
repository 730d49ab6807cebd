package main

import (
	"encoding/json"
	"fmt"

	"github.com/sinew-ml/sinew/report"
	"github.com/sinew-ml/sinew/train"
	"github.com/spf13/cobra"
)

// evalCommand is the command line of eval.
type evalCommand struct {
	dataFlags
	config, model, plot string
	seed                uint64
	all, json           bool
}

func newEval() *cobra.Command {
	var f evalCommand
	cmd := &cobra.Command{
		Use:   "eval",
		Short: "Measure a model on the rows that training held back",
		Long: `Eval prints all that can be measured of a model on the test rows of a data set. For a
classifier: loss, accuracy, top-k accuracy, log loss, calibration error, area under the
ROC curve, precision, recall and F1 of each class, and the confusion matrix: how many
rows of each class the model takes for which. For numbers: R², mean absolute and root
mean squared error. With --weights the loss of a network, which is the mean that training
minimises, counts each row by its weight; all else is of the rows as they are.

The model file does not say which rows were held back from training. Give --data (or
--config), --seed and --test as they were given to "sinew train": with others, some of
the test rows are ones that the model was trained on, and the result is too good. --all
measures on all rows of a file that training never saw.

The model is a file of "sinew train", a checkpoint, or an ONNX model that is a chain of
layers.`,
		Example: `  sinew eval
  sinew eval --model iris.safetensors --data iris
  sinew train --seed 7 && sinew eval --seed 7
  sinew eval --data new.csv --label kind --all --model kinds.safetensors
  sinew eval --config run.json --json
  sinew eval --plot-confusion confusion.svg`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.model, "model", defaultModel, "model `FILE` to measure")
	flags.StringVar(&f.config, "config", "", "`FILE` with the configuration that the model was trained with")
	f.register(flags)
	f.registerSplit(flags)
	flags.Uint64Var(&f.seed, "seed", 1, "`SEED` that the model was trained with, in [0, 2⁶⁴)")
	flags.BoolVar(&f.all, "all", false, "measure on all rows, not only on those held back")
	flags.BoolVar(&f.json, "json", false, "print the figures as JSON")
	flags.StringVar(&f.plot, "plot-confusion", "", "PNG or SVG `FILE` to draw the confusion matrix to")
	flags.SortFlags = false
	return cmd
}

func (f *evalCommand) run(cmd *cobra.Command) error {
	if f.plot != "" {
		if err := report.Format(f.plot); err != nil {
			return usage("--plot-confusion %w", err)
		}
		if err := writable(f.plot); err != nil {
			return err
		}
	}
	c, err := f.settle(cmd)
	if err != nil {
		return err
	}
	m, err := loadModel(f.model)
	if err != nil {
		return err
	}
	d, text, err := f.rows(c, m)
	if err != nil {
		return err
	}
	if err := m.fits(c.Data.name(), d); err != nil {
		return err
	}
	var measured report.Model = m.members[0]
	if m.all != nil {
		measured = m.all
	}
	result, err := report.Measure(text, measured, m.loss(), d)
	if err != nil {
		return err
	}
	if result.Classes == nil {
		result.Classes = m.classes()
	}
	if c := result.Confusion; c != nil && len(result.Classes) != c.Classes {
		result.Classes = nil
	}
	if f.plot != "" {
		if result.Confusion == nil {
			return usage("--plot-confusion goes with labels: %s has values", c.Data.name())
		}
		plot, err := report.Confusion(result.Confusion, result.Classes)
		if err != nil {
			return err
		}
		if err := plot.Save(f.plot); err != nil {
			return err
		}
	}
	out := cmd.OutOrStdout()
	if f.json {
		return json.NewEncoder(out).Encode(evalJSON(result, m))
	}
	fmt.Fprintf(out, "data      %s\n", text)
	fmt.Fprintf(out, "network   %s\n", m.describe())
	fmt.Fprintf(out, "test      %s\n\n", metricsText(result))
	fmt.Fprint(out, result.Text())
	return nil
}

// settle returns the configuration of file and flags, as far as it says which rows there are.
func (f *evalCommand) settle(cmd *cobra.Command) (*config, error) {
	c := new(config)
	if f.config != "" {
		var err error
		if c, err = readConfig(f.config); err != nil {
			return nil, err
		}
		if !cmd.Flags().Changed("seed") {
			f.seed = c.Train.Seed
		}
	}
	if err := f.apply(cmd.Flags(), &c.Data); err != nil {
		return nil, err
	}
	switch name := changed(cmd.Flags(), "test", "test-data", "validation", "validation-data"); {
	case f.all && name != "":
		return nil, usage("--%s does not go with --all", name)
	case f.all:
	case c.Data.TestFile == "" && *c.Data.Test == 0:
		return nil, usage("--test 0: leaves no rows of %s to test on; --all takes all of them", c.Data.name())
	case c.Data.TestFile == "" && c.Data.Stream > 0:
		return nil, usage("the configuration streams its data and has no test file: give --test-data, or --data FILE --all")
	}
	return c, nil
}

// rows returns the rows to measure on and what they are.
func (f *evalCommand) rows(c *config, m *model) (*train.Dataset, string, error) {
	c.Data.classNames(m.classes())
	if f.all {
		d, err := c.Data.whole()
		if err != nil {
			return nil, "", err
		}
		return d, fmt.Sprintf("%s: all %d rows", c.Data.name(), d.Rows()), nil
	}
	p, err := c.Data.open(f.seed)
	if err != nil {
		return nil, "", err
	}
	defer p.close()
	if p.test == nil {
		return nil, "", usage("--test %g: leaves no rows of %s to test on; --all takes all of them", *c.Data.Test, p.name)
	}
	if c.Data.TestFile != "" {
		return p.test, fmt.Sprintf("%s: %d rows", c.Data.TestFile, p.test.Rows()), nil
	}
	return p.test, fmt.Sprintf("%s: %d test rows of seed %d", p.name, p.test.Rows(), f.seed), nil
}

// fits says whether the model can be used with the data set.
func (m *model) fits(name string, d *train.Dataset) error {
	outputs := m.Outputs()
	switch {
	case d.Labels == nil && d.Rows() > 0:
		outputs = len(d.Y) / d.Rows()
	case d.Classes != nil && !(outputs == 1 && len(d.Classes) == 2):
		outputs = len(d.Classes)
	}
	if m.Inputs() != d.Inputs || m.Outputs() != outputs {
		return fmt.Errorf("%s has %d inputs and %d outputs: %s has %d and %d; was it trained on another --data?",
			m.path, m.Inputs(), m.Outputs(), name, d.Inputs, outputs)
	}
	return nil
}

// evalJSON is what eval --json prints; what is not finite is null.
func evalJSON(r *report.Measurement, m *model) any {
	figures := map[string]*float64{}
	for _, f := range r.Figures {
		figures[f.Name] = finiteOrNull(f.Value)
	}
	v := map[string]any{"data": r.Name, "model": m.path, "rows": r.Rows, "figures": figures}
	if c := r.Confusion; c != nil {
		v["classes"] = r.Classes
		v["confusion"] = c.Counts
		var all []classScores
		for _, s := range c.Scores() {
			all = append(all, classScores(s))
		}
		v["scores"] = all
	}
	return v
}

// classScores are the figures of a class; they come in the order of the classes.
type classScores struct {
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	Rows      int     `json:"rows"`
}

func finiteOrNull(v float64) *float64 {
	if v-v != 0 {
		return nil
	}
	return &v
}
