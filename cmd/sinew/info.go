package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/sinew-ml/sinew/mat"
	"github.com/spf13/cobra"
)

func newInfo() *cobra.Command {
	return &cobra.Command{
		Use:   "info [MODEL]",
		Short: "Show the instruction set in use, and what a model file holds",
		Long: `Info shows the processor, which of its instruction sets Sinew uses and could use,
and the versions of Sinew and Go. With MODEL it also shows what "sinew inspect" does.

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
			fmt.Fprintln(out)
			found, err := inspect(args[0])
			if err != nil {
				return err
			}
			found.print(out, false)
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
