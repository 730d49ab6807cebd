package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/net"
	"github.com/spf13/cobra"
)

func newInfo() *cobra.Command {
	return &cobra.Command{
		Use:   "info [MODEL]",
		Short: "Show the instruction set in use, and what a model file holds",
		Long: `Info shows the processor, which of its instruction sets Sinew uses and could use,
and the versions of Sinew and Go. With MODEL it also shows the layers, the loss and
the number of parameters of that file.

The environment variable SINEW_ISA (generic, avx2, avx512 or neon) chooses another
instruction set for any command.`,
		Example: `  sinew info
  sinew info model.safetensors
  SINEW_ISA=generic sinew info`,
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			machineInfo(out)
			if err := mat.ISA().Err; err != nil || len(args) == 0 {
				return err // after the list of what there is
			}
			m, err := net.LoadFile(args[0])
			if err != nil {
				return err
			}
			stat, err := os.Stat(args[0])
			if err != nil {
				return err
			}
			fmt.Fprintln(out)
			modelInfo(out, m, args[0], stat.Size())
			return nil
		},
	}
}

// version returns the module's version as the build recorded it.
func version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		return b.Main.Version
	}
	return "(devel)"
}

func machineInfo(w io.Writer) {
	isa := mat.ISA()
	cpu := isa.CPU
	if cpu == "" {
		cpu = "unknown"
	}
	fmt.Fprintf(w, "sinew       %s\n", version())
	fmt.Fprintf(w, "go          %s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fmt.Fprintf(w, "cpu         %s\n", cpu)
	fmt.Fprintf(w, "cores       %d, GOMAXPROCS %d\n", runtime.NumCPU(), runtime.GOMAXPROCS(0))
	fmt.Fprintf(w, "kernels     %s, available: %s\n", isa.Level, strings.Join(isa.Available, ", "))
}

func modelInfo(w io.Writer, m *net.Network, path string, size int64) {
	c := m.Config()
	fmt.Fprintf(w, "model       %s, %d bytes\n", path, size)
	fmt.Fprintf(w, "loss        %s\n", c.Loss)
	fmt.Fprintf(w, "parameters  %d\n\n", len(m.Params()))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "layer\tinputs\tunits\tactivation\tparameters\t\n")
	in := c.Inputs
	for i, l := range c.Layers {
		fmt.Fprintf(t, "%d\t%d\t%d\t%s\t%d\t\n", i, in, l.Units, l.Activation, (in+1)*l.Units)
		in = l.Units
	}
	t.Flush()
}

// describe returns the network in a line: 64-256-10, relu, ...
func describe(m *net.Network) string {
	c := m.Config()
	sizes := fmt.Sprint(c.Inputs)
	var activations []string
	for i, l := range c.Layers {
		sizes += fmt.Sprintf("-%d", l.Units)
		if name := l.Activation.String(); i < len(c.Layers)-1 && (len(activations) == 0 || activations[len(activations)-1] != name) {
			activations = append(activations, name)
		}
	}
	text := sizes
	if len(activations) > 0 {
		text += ", " + strings.Join(activations, " ")
	}
	return fmt.Sprintf("%s, %s, %d parameters", text, c.Loss, len(m.Params()))
}
