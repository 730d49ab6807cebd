// Command sweep measures how close mat's exponential family comes to the truth: every
// float32 as an argument, at every level of this machine, against float64.
//
//	go run ./internal/sweep [-f exp] [-level avx512] [-step 1]
//
// It prints the largest error in units in the last place (of the true value, rounded
// to float32's spacing there) and the argument that has it; for derivatives, which
// cross zero where cancellation leaves no relative accuracy, the largest error in
// units of 2⁻²⁴. All arguments of one function take about two minutes at one level with two cores.
// The exit status is 1 if a bound in the documentation of package mat does not hold.
package main

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"
	"sync"

	"github.com/sinew-ml/sinew/internal/isa"
)

func main() {
	name := flag.String("f", "", "one function, by its name in package mat in any case; all if empty")
	levelName := flag.String("level", "", "one level; all of this machine if empty")
	step := flag.Uint64("step", 1, "distance of the bit patterns that are tried")
	flag.Parse()
	if err := run(*name, *levelName, *step); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(name, levelName string, step uint64) error {
	if step == 0 {
		return errors.New("sweep: -step 0: a positive number is needed")
	}
	var failed error
	ran := 0
	for _, f := range functions {
		if name != "" && !strings.EqualFold(name, f.name) {
			continue
		}
		for _, level := range isa.Available() {
			if levelName != "" && level.String() != levelName {
				continue
			}
			ran++
			restore := isa.Force(level)
			r := sweep(f, step)
			restore()
			unit := "ulp"
			if f.absolute {
				unit = "·2⁻²⁴"
			}
			fmt.Printf("%-13s %-8v max %.4f %s at %g (%#08x), bound %g, %d arguments\n",
				f.name, level, r.worst, unit, r.at, math.Float32bits(r.at), f.bound(level), r.count)
			if !(r.worst <= f.bound(level)) {
				failed = errors.New("sweep: a documented bound does not hold")
			}
		}
	}
	if ran == 0 {
		return fmt.Errorf("sweep: no function %q or level %q here", name, levelName)
	}
	return failed
}

// result is the largest error found.
type result struct {
	worst float64
	at    float32
	count uint64
}

// chunk is the number of arguments per call.
const chunk = 1 << 12

// sweep runs f over every step-th bit pattern, on all cores.
func sweep(f function, step uint64) result {
	workers := runtime.GOMAXPROCS(0)
	parts := make([]result, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			x, y := make([]float32, chunk), make([]float32, chunk)
			r := result{at: float32(math.NaN())}
			for from := uint64(w) * chunk * step; from < 1<<32; from += uint64(workers) * chunk * step {
				n := 0
				for bits := from; n < chunk && bits < 1<<32; bits += step {
					x[n] = math.Float32frombits(uint32(bits))
					n++
				}
				f.call(y[:n], x[:n])
				for i, x := range x[:n] {
					if e := f.distance(x, y[i]); !(e <= r.worst) {
						r.worst, r.at = e, x
					}
				}
				r.count += uint64(n)
			}
			parts[w] = r
		}()
	}
	wg.Wait()
	total := parts[0]
	for _, r := range parts[1:] {
		total.count += r.count
		if !(r.worst <= total.worst) {
			total.worst, total.at = r.worst, r.at
		}
	}
	return total
}
