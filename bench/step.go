package main

import (
	"flag"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"time"

	"github.com/sinew-ml/sinew/net"
)

// stepCase is a training step or, without an optimizer, a prediction.
type stepCase struct {
	size      []int // features, units of the layers; ReLU inside, logits out
	rows      int
	optimizer string // sgdm, adam or ""
	rate      float64

	params []float32
	batch  net.Batch
}

func (k *stepCase) String() string {
	what := k.optimizer
	if what == "" {
		what = "predict"
	}
	return fmt.Sprintf("%s b%d %s", strings.Trim(strings.ReplaceAll(fmt.Sprint(k.size), " ", "-"), "[]"), k.rows, what)
}

// weights without biases, as the floors count them.
func (k *stepCase) weights() (n int) {
	for l, in := range k.size[:len(k.size)-1] {
		n += in * k.size[l+1]
	}
	return n
}

// flop of the products: forward 2 per weight and row; a step has as much again for the
// weight gradient, and for the input gradient of all layers but the first.
func (k *stepCase) flop() float64 {
	if k.optimizer == "" {
		return 2 * float64(k.rows*k.weights())
	}
	return float64(k.rows) * float64(6*k.weights()-2*k.size[0]*k.size[1])
}

// floor is the least time in seconds that the machine allows. A prediction does its
// products or reads the weights once, whichever takes longer. A step does its products
// and then streams the optimizer's arrays: w, gradient and v in, w and v out; Adam has
// one more.
func (k *stepCase) floor(m *machine, e effort) float64 {
	products := k.flop() / m.flops
	weights := k.weights()
	switch k.optimizer {
	case "":
		return max(products, 4*float64(weights)/m.readRate(e, weights))
	case "adam":
		return products + 28*float64(weights)/m.axpyRate(e, 4*weights)
	default:
		return products + 20*float64(weights)/m.axpyRate(e, 3*weights)
	}
}

func stepCases() (cases []*stepCase) {
	small, middle, large, wide := []int{64, 32, 10}, []int{784, 128, 10}, []int{784, 512, 512, 10}, []int{1024, 1024, 1024, 1024, 10}
	for _, optimizer := range []string{"sgdm", "adam"} {
		for _, c := range []struct {
			size []int
			rows int
		}{{small, 16}, {middle, 64}, {large, 64}} {
			cases = append(cases, &stepCase{size: c.size, rows: c.rows, optimizer: optimizer})
		}
	}
	for _, size := range [][]int{small, middle, large, wide} {
		for _, rows := range []int{1, 32, 256} {
			cases = append(cases, &stepCase{size: size, rows: rows})
		}
	}
	return cases
}

// A stepPeer trains and predicts; Sinew is the first of them.
type stepPeer struct {
	name, version string
	start         func(*stepCase) (stepRun, error)
}

// stepRun is a case set up in one peer.
type stepRun struct {
	work   sampler          // nil if the peer does not do this
	result func() []float32 // parameters, or probabilities; nil if the peer cannot say
	close  func()
}

func runSteps(args []string, out, progress io.Writer) error {
	var o options
	f := flag.NewFlagSet("bench step", flag.ContinueOnError)
	o.add(f, 9, 10*time.Millisecond)
	only := f.String("cases", "", "measure the cases whose name contains `text`, as in \"b64 adam\"")
	python := f.String("python", "", "Python interpreter that has torch (default: python3 in the PATH, or in /usr/bin)")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("argument %q: want flags only", f.Arg(0))
	}
	if err := o.check(); err != nil {
		return err
	}
	var cases []*stepCase
	for _, k := range stepCases() {
		if strings.Contains(k.String(), *only) {
			cases = append(cases, k)
		}
	}
	if len(cases) == 0 {
		return fmt.Errorf("cases %q: no case has that in its name", *only)
	}
	peers, absent, stop, err := loadStepPeers(o.peers, *python)
	if err != nil {
		return err
	}
	defer stop()
	m, err := newMachine()
	if err != nil {
		return err
	}
	rows, err := steps(cases, peers, m, o.effort, progress)
	if err != nil {
		return err
	}
	var named []peer
	for _, p := range peers {
		named = append(named, peer{name: p.name, version: p.version})
	}
	printHost(out, named, absent, m, o.effort, o.markdown)
	printSteps(out, rows, peers, o.markdown)
	return nil
}

// stepRow is the result of one case: seconds of each peer.
type stepRow struct {
	*stepCase
	seconds []float64
	least   float64 // the floor
}

func steps(cases []*stepCase, peers []stepPeer, m *machine, e effort, progress io.Writer) ([]stepRow, error) {
	var rows []stepRow
	for i, k := range cases {
		k.fill()
		if err := sameResults(k, peers); err != nil {
			return nil, err
		}
		// A rate of almost 0: steps on one batch over and over must not change which
		// units are active.
		k.rate = 1e-12
		var samplers []sampler
		var runs []stepRun
		for _, p := range peers {
			r, err := p.start(k)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", k, p.name, err)
			}
			runs, samplers = append(runs, r), append(samplers, r.work)
		}
		seconds := e.best(append(samplers, m.sampler()))
		rows = append(rows, stepRow{k, seconds[:len(peers)], k.floor(m, e)})
		for _, r := range runs {
			r.close()
		}
		fmt.Fprintf(progress, "\r%d of %d: %-36s", i+1, len(cases), k)
		runtime.GC()
	}
	fmt.Fprintf(progress, "\r%50s\r", "")
	return rows, nil
}

// sameResults holds each peer's predictions, or its parameters after three steps,
// against Sinew's.
func sameResults(k *stepCase, peers []stepPeer) error {
	k.rate = 1e-3
	var want []float32
	for _, p := range peers {
		r, err := p.start(k)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", k, p.name, err)
		}
		if r.result != nil {
			r.work(3)
			got := r.result()
			if want == nil {
				want = got
			}
			if err := k.close(got, want); err != nil {
				return fmt.Errorf("%s: %s and Sinew: %w", k, p.name, err)
			}
		}
		r.close()
	}
	return nil
}

// close compares probabilities one by one. Of parameters it compares the change as a
// whole: Adam makes a full step of a gradient that is only rounding, so single ones differ.
func (k *stepCase) close(got, want []float32) error {
	if k.optimizer == "" {
		for i, v := range got {
			if diff := math.Abs(float64(v) - float64(want[i])); !(diff <= 1e-5) {
				return fmt.Errorf("probability %d is %g and %g", i, v, want[i])
			}
		}
		return nil
	}
	var diff, change float64
	for i, v := range got {
		d, c := float64(v)-float64(want[i]), float64(want[i])-float64(k.params[i])
		diff, change = diff+d*d, change+c*c
	}
	if r := math.Sqrt(diff / change); !(r <= 1e-2) {
		return fmt.Errorf("three updates differ by %.2g of their norm", r)
	}
	return nil
}

func printSteps(w io.Writer, rows []stepRow, peers []stepPeer, markdown bool) {
	head := []string{"µs"}
	for _, p := range peers {
		head = append(head, p.name)
	}
	t := newTable(w, markdown, append(head, "floor", "Sinew / floor", "best peer / Sinew")...)
	for _, r := range rows {
		cells := []string{r.String()}
		for _, s := range r.seconds {
			cells = append(cells, number("%.4g", s*1e6))
		}
		best := lowest(r.seconds[1:])
		t.row(append(cells, number("%.4g", r.least*1e6), times(r.seconds[0]/r.least), times(best/r.seconds[0]))...)
	}
	t.end()
}
