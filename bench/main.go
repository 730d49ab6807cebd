// Command bench measures Sinew beside the libraries that a machine has, in one process
// and taking turns: matrix products against OpenBLAS, BLIS, oneDNN, Eigen, LIBXSMM and
// gonum, and with "step" whole training steps and predictions against a C program on
// those libraries and against PyTorch, with "fashion" whole runs on Fashion-MNIST. See README.md.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
)

func main() {
	progress := io.Discard
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		progress = os.Stderr
	}
	err := run(os.Args[1:], os.Stdout, progress)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options of both commands.
type options struct {
	isa, peers string
	markdown   bool
	effort     effort
}

func (o *options) add(f *flag.FlagSet, rounds int, sample time.Duration) {
	f.StringVar(&o.isa, "isa", "", "Sinew's instruction set: generic, avx2, avx512 or neon (default: SINEW_ISA, or the best)")
	f.StringVar(&o.peers, "peers", "", "comma-separated `names` of the peers (default: all)")
	f.BoolVar(&o.markdown, "md", false, "print Markdown tables")
	f.DurationVar(&o.effort.sample, "time", sample, "least `time` of a sample")
	f.IntVar(&o.effort.rounds, "rounds", rounds, "samples of each peer; the best counts")
}

func (o *options) check() error {
	if o.effort.rounds < 1 || o.effort.sample < time.Microsecond || o.effort.sample > time.Minute {
		return fmt.Errorf("rounds %d, time %v: want at least 1 round of 1µs...1m", o.effort.rounds, o.effort.sample)
	}
	return forceISA(o.isa)
}

func run(args []string, out, progress io.Writer) error {
	// One thread for everything: libraries keep their settings per thread, and gonum
	// would share its work out.
	runtime.LockOSThread()
	runtime.GOMAXPROCS(1)
	oneThread()
	if len(args) > 0 && args[0] == "step" {
		return runSteps(args[1:], out, progress)
	}
	if len(args) > 0 && args[0] == "fashion" {
		return runFashion(args[1:], out)
	}
	return runProducts(args, out, progress)
}

func runProducts(args []string, out, progress io.Writer) error {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	o.add(f, 9, 3*time.Millisecond)
	set := f.String("set", "anchors", "shapes: anchors, thin, narrow, random, powers or all")
	list := f.String("shapes", "", "`list` of shapes instead of a set: NN:64x10x128,TN:784x128x64")
	seed := f.Uint64("seed", 1, "of the set random")
	count := f.Int("count", 40, "sizes of the set random, each in three orientations")
	l := limits{}
	f.Float64Var(&l.rival, "limit", 0.97, "list shapes whose ratio to the best rival is below")
	f.Float64Var(&l.exact, "limit-exact", 0.92, "list shapes whose ratio to code for exactly that shape is below")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("argument %q: want step, or flags only", f.Arg(0))
	}
	if err := o.check(); err != nil {
		return err
	}
	cases, err := shapes(*set, *seed, *count)
	if *list != "" {
		cases, err = parseShapes(*list)
	}
	if err != nil {
		return err
	}
	peers, absent, err := loadPeers(o.peers)
	if err != nil {
		return err
	}
	m, err := newMachine()
	if err != nil {
		return err
	}
	rows, err := products(cases, peers, m, o.effort, progress)
	if err != nil {
		return err
	}
	printHost(out, peers, absent, m, o.effort, o.markdown)
	printProducts(out, rows, peers, m.flops, l, o.markdown)
	return nil
}
