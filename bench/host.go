package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/mat"
)

// forceISA puts a level in use, by name; "" keeps what SINEW_ISA or the CPU gives.
func forceISA(name string) error {
	if name == "" {
		return mat.ISA().Err
	}
	for _, level := range isa.Available() {
		if level.String() == name {
			isa.Force(level)
			return nil
		}
	}
	return fmt.Errorf("isa %q: want one of %s", name, strings.Join(mat.ISA().Available, ", "))
}

// printHost says what was measured on what.
func printHost(w io.Writer, peers []peer, absent []missing, m *machine, e effort, markdown bool) {
	if markdown {
		fmt.Fprintln(w, "```")
		defer fmt.Fprint(w, "```\n\n")
	}
	info := mat.ISA()
	fmt.Fprintf(w, "CPU        %s, %s/%s\n", info.CPU, runtime.GOOS, runtime.GOARCH)
	fmt.Fprintf(w, "Go         %s\n", runtime.Version())
	for _, p := range peers {
		fmt.Fprintf(w, "%-10s %s\n", p.name, p.version)
	}
	for _, a := range absent {
		fmt.Fprintf(w, "%-10s left out: %v\n", a.name, a.why)
	}
	fmt.Fprintf(w, "FMA peak   %.1f GFLOP/s of one core, best of this run\n", m.flops/1e9)
	fmt.Fprintf(w, "Method     one thread, best of %d samples of %v, peers taking turns\n\n", e.rounds, e.sample)
}
