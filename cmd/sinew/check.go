package main

import (
	"fmt"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
	"github.com/spf13/cobra"
)

func newCheck() *cobra.Command {
	var f runFlags
	var sample int
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the gradients of a configuration on your data",
		Long: `Check makes the network of a configuration with its initial weights, takes some training
rows and compares the gradient of back-propagation with central differences of a forward
pass in float64 that shares no code with it: up to 256 parameters of each layer's weights,
biases and norm. Errors up to 1e-3 are those of float32. The exit status is 1 if one is
larger.

All flags of "sinew train" that shape network, data and training count; dropout and batch
norm are as in training.`,
		Example: `  sinew check
  sinew check --data iris --hidden 8,8 --activation gelu --norm layer
  sinew check --data houses.csv --target price --loss huber --rows 64
  sinew check --config run.json`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if sample < 1 || sample > 1<<16 {
				return usage("--rows %d: want 1...%d", sample, 1<<16)
			}
			c, err := f.settle(cmd.Flags())
			if err != nil {
				return err
			}
			c.Data.Stream = 0
			j, err := c.start(nil)
			if err != nil {
				return err
			}
			defer j.parts.close()
			// The rest of the configuration is checked too.
			t, err := j.trainer(nil)
			if err != nil {
				return err
			}
			t.Close()
			out := cmd.OutOrStdout()
			d := spread(j.scaled(j.parts.training), sample)
			fmt.Fprintf(out, "data      %s: %d of %d training rows\n", j.parts.name, d.Rows(), j.parts.rows)
			fmt.Fprintf(out, "network   %s\n\n", describe(j.network))
			result, err := net.CheckGradients(j.network, net.Batch{X: d.X, Labels: d.Labels, Y: d.Y, Weights: d.Weights})
			if err != nil {
				return err
			}
			fmt.Fprint(out, result)
			if err := result.Err(); err != nil {
				return err
			}
			fmt.Fprintln(out, "\nall gradients agree within 1e-3")
			return nil
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().IntVar(&sample, "rows", 32, "`N` training rows to check on, in [1, 65536]")
	cmd.Flags().SortFlags = false
	return cmd
}

// spread returns n rows from all over d, which may be in the order of its classes.
func spread(d *train.Dataset, n int) *train.Dataset {
	all := d.Rows()
	n = min(n, all)
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i * all / n
	}
	return d.Take(rows)
}
