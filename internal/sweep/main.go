// Command sweep measures how close mat's exponential family comes to the truth: every
// float32 as an argument, at every level of this machine, against float64.
//
//	go run ./internal/sweep [-f exp] [-level avx512] [-step 1] [-min 0] [-max NaN]
//
// It prints the largest error in units in the last place (of the true value, rounded
// to float32's spacing there) and the argument that has it; for derivatives, which
// cross zero where cancellation leaves no relative accuracy, the largest error in
// units of 2⁻²⁴. All arguments of one function take about two minutes of a core at one level;
// most of them are where a function is 0, 1, x or infinite, so -min 1e-8 -max 120, a limit to the
// argument's magnitude, takes a seventh of that and has all the rest.
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
	least := flag.Float64("min", 0, "smallest magnitude of an argument")
	most := flag.Float64("max", math.NaN(), "largest magnitude of an argument; NaN has them all")
	flag.Parse()
	// Magnitudes are in the order of their bits; NaN comes after +Inf.
	lo, hi := math.Float32bits(float32(*least)), uint32(1<<31-1)
	if !math.IsNaN(*most) {
		hi = math.Float32bits(float32(*most))
	}
	if err := run(*name, *levelName, arguments{lo, hi, *step}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// arguments are the float32 of both signs whose magnitudes have the bits lo, lo+step ... hi.
type arguments struct {
	lo, hi uint32
	step   uint64
}

func run(name, levelName string, args arguments) error {
	if args.step == 0 {
		return errors.New("sweep: -step 0: a positive number is needed")
	}
	if args.lo > args.hi || args.hi >= 1<<31 {
		return errors.New("sweep: -min and -max: want 0 ≤ min ≤ max")
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
			r := sweep(f, args)
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

// sweep runs f over args, on all cores.
func sweep(f function, args arguments) result {
	workers := runtime.GOMAXPROCS(0)
	parts := make([]result, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			x, y := make([]float32, chunk), make([]float32, chunk)
			r := result{at: float32(math.NaN())}
			stride := chunk / 2 * args.step
			for from := uint64(args.lo) + uint64(w)*stride; from <= uint64(args.hi); from += uint64(workers) * stride {
				n := 0
				for bits := from; n < chunk && bits <= uint64(args.hi); bits += args.step {
					x[n] = math.Float32frombits(uint32(bits))
					x[n+1] = -x[n]
					n += 2
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
