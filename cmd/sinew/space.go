package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// dimension is one flag of a search and the values it may have: choices, in which {LO..HI}
// stands for a number of a range.
type dimension struct {
	flag    string
	choices []string
}

var (
	rangePattern = regexp.MustCompile(`\{([^{}]*)\}`)
	barePattern  = regexp.MustCompile(`^[-+.0-9eE]+\.\.[-+.0-9eE]+(:[a-z]+)*$`)
)

const tryHelp = "want FLAG=VALUE|VALUE|..., or FLAG=LO..HI with :log for a logarithmic range or :int for whole numbers, as in rate=1e-4..1e-1:log, hidden=64|128,64 or rate=cosine:{1e-3..1e-1:log}"

// fixedFlags shape what trials are compared on, so they cannot vary.
var fixedFlags = slices.Concat(csvFlags, arrayFlags, []string{"config", "data", "test", "validation", "test-data", "test-targets",
	"validation-data", "validation-targets", "seed", "watch", "workers", "epochs", "scale-targets"})

// parseDimension reads one --try.
func parseDimension(fs *pflag.FlagSet, text string) (dimension, error) {
	flag, values, ok := strings.Cut(text, "=")
	flag = strings.TrimPrefix(strings.TrimSpace(flag), "--")
	if !ok || flag == "" || values == "" {
		return dimension{}, usage("--try %q: %s", text, tryHelp)
	}
	return newDimension(fs, flag, strings.Split(values, "|"))
}

func newDimension(fs *pflag.FlagSet, flag string, choices []string) (dimension, error) {
	d := dimension{flag, nil}
	trial := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(runFlags).register(trial)
	if trial.Lookup(flag) == nil {
		return d, usage("--try %s: there is no such flag of train", flag)
	}
	if slices.Contains(fixedFlags, flag) {
		return d, usage("--try %s: trials are compared on the same rows, figure and epochs: it cannot vary", flag)
	}
	if fs.Changed(flag) {
		return d, usage("--try %s and --%s: want at most one of them", flag, flag)
	}
	for _, c := range choices {
		if c = strings.TrimSpace(c); barePattern.MatchString(c) {
			c = "{" + c + "}"
		}
		d.choices = append(d.choices, c)
		for _, r := range rangePattern.FindAllStringSubmatch(c, -1) {
			if _, err := parseRange(r[1]); err != nil {
				return d, usage("--try %s: %w; %s", flag, err, tryHelp)
			}
		}
	}
	if len(d.choices) == 0 {
		return d, usage("--try %s: no values; %s", flag, tryHelp)
	}
	return d, nil
}

// readSpace reads a file of dimensions: an object from flags to values in the form of
// --try or to lists of them.
func readSpace(fs *pflag.FlagSet, path string) ([]dimension, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--space: %w", err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, fmt.Errorf("--space %s: %w", path, err)
	}
	var all []dimension
	for _, flag := range slices.Sorted(maps.Keys(fields)) {
		var choices []string
		switch v := fields[flag].(type) {
		case string:
			choices = strings.Split(v, "|")
		case []any:
			for _, c := range v {
				choices = append(choices, fmt.Sprint(c))
			}
		default:
			choices = []string{fmt.Sprint(v)}
		}
		d, err := newDimension(fs, flag, choices)
		if err != nil {
			return nil, fmt.Errorf("--space %s: %w", path, err)
		}
		all = append(all, d)
	}
	return all, nil
}

// numbers is a range.
type numbers struct {
	lo, hi       float64
	log, integer bool
}

// parseRange reads LO..HI[:log][:int].
func parseRange(text string) (numbers, error) {
	ends, options, _ := strings.Cut(text, ":")
	a, b, ok := strings.Cut(ends, "..")
	lo, errA := strconv.ParseFloat(a, 64)
	hi, errB := strconv.ParseFloat(b, 64)
	r := numbers{lo: lo, hi: hi}
	if !ok || errA != nil || errB != nil || !(lo < hi) || hi-lo > math.MaxFloat64 || math.IsInf(lo, 0) {
		return r, fmt.Errorf("range %q: want LO..HI with LO below HI", text)
	}
	if options != "" {
		for o := range strings.SplitSeq(options, ":") {
			switch o {
			case "log":
				r.log = true
			case "int":
				r.integer = true
			default:
				return r, fmt.Errorf("range %q: unknown %q, want log or int", text, o)
			}
		}
	}
	if r.log && !(lo > 0) {
		return r, fmt.Errorf("range %q: a logarithmic range begins above 0", text)
	}
	return r, nil
}

// source draws numbers whose order is fixed by a seed on every machine: bits of PCG, and
// arithmetic on them that is exact but for the logarithms.
type drawer struct{ pcg *rand.PCG }

func (d drawer) unit() float64 { return float64(d.pcg.Uint64()>>11) / (1 << 53) }

// pick returns a number in 0...n-1.
func (d drawer) pick(n int) int { return min(n-1, int(d.unit()*float64(n))) }

// in draws a number of a range as text, to four digits.
func (d drawer) in(r numbers) string {
	u := d.unit()
	v := r.lo + u*(r.hi-r.lo)
	if r.integer {
		v = math.Floor(r.lo + u*(r.hi-r.lo+1))
	}
	if r.log {
		v = math.Exp(math.Log(r.lo) + u*(math.Log(r.hi)-math.Log(r.lo)))
	}
	if r.integer {
		return strconv.FormatFloat(math.Min(r.hi, math.Round(v)), 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// draw returns a value for each dimension.
func (d drawer) draw(space []dimension) []string {
	values := make([]string, len(space))
	for i, dim := range space {
		choice := dim.choices[d.pick(len(dim.choices))]
		values[i] = rangePattern.ReplaceAllStringFunc(choice, func(text string) string {
			r, _ := parseRange(text[1 : len(text)-1]) // was checked
			return d.in(r)
		})
	}
	return values
}
