package main

import (
	"fmt"
	"strings"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
	"github.com/spf13/cobra"
)

func newEval() *cobra.Command {
	var f dataFlags
	var model string
	cmd := &cobra.Command{
		Use:   "eval",
		Short: "Measure a model on the rows that training held back",
		Long: `Eval prints a model's loss and accuracy on the test rows of a bundled data set, and
its confusion matrix: how many rows of each class the model takes for which.

The model file does not say which rows were held back from training. Give --data,
--seed and --test as they were given to "sinew train": with others, some of the test
rows are ones that the model was trained on, and the result is too good.`,
		Example: `  sinew eval
  sinew eval --model iris.safetensors --data iris
  sinew train --seed 7 && sinew eval --seed 7`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := f.split()
			if err != nil {
				return err
			}
			if p.test == nil {
				return usage("--test %g: leaves no rows of %s to test on", f.test, p.name)
			}
			m, err := net.LoadFile(model)
			if err != nil {
				return err
			}
			if err := p.fits(m, model); err != nil {
				return err
			}
			result, err := train.Evaluate(m, p.test)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "data      %s: %d test rows of seed %d\n", p.name, p.test.Rows(), f.seed)
			fmt.Fprintf(out, "network   %s\n", describe(m))
			fmt.Fprintf(out, "test      %s\n", metricsText(result, p.test.Rows()))
			fmt.Fprintf(out, "\nconfusion matrix: a row for each true class, a column for each predicted one\n\n")
			fmt.Fprint(out, confusionText(confusion(m, p.test), p.test.Classes))
			return nil
		},
	}
	f.register(cmd, "`SEED` that the model was trained with")
	cmd.Flags().StringVar(&model, "model", defaultModel, "model `FILE` to measure")
	cmd.Flags().SortFlags = false
	return cmd
}

// confusion counts the rows of d by class and predicted class.
func confusion(m *net.Network, d *train.Dataset) [][]int {
	counts := make([][]int, len(d.Classes))
	for i := range counts {
		counts[i] = make([]int, len(d.Classes))
	}
	classes := m.NewPredictor(d.Rows()).Classify(d.X)
	for i, predicted := range classes {
		counts[d.Labels[i]][predicted]++
	}
	return counts
}

// confusionText formats the counts as a table, with each class's share of right rows.
// Dots for zeros let the errors stand out.
func confusionText(counts [][]int, classes []string) string {
	var s strings.Builder
	names, cell := 0, 5
	for _, name := range classes {
		names = max(names, len(name))
	}
	cell = max(cell, names+2)
	fmt.Fprintf(&s, "%*s", names, "")
	for _, name := range classes {
		fmt.Fprintf(&s, "%*s", cell, name)
	}
	fmt.Fprintf(&s, "%10s\n", "right")
	for i, row := range counts {
		fmt.Fprintf(&s, "%*s", names, classes[i])
		total := 0
		for _, n := range row {
			total += n
			text := "."
			if n > 0 {
				text = fmt.Sprint(n)
			}
			fmt.Fprintf(&s, "%*s", cell, text)
		}
		if total > 0 {
			fmt.Fprintf(&s, "%9.1f%%", 100*float64(row[i])/float64(total))
		}
		s.WriteByte('\n')
	}
	return s.String()
}
