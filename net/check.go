package net

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sinew-ml/sinew/internal/rng"
)

// Constants of the gradient check; see [CheckGradients].
const (
	checkStep      = 1e-5 // h: truncation h²·f‴/6 and rounding 2⁻⁵³·loss/h are both near 1e-11
	checkTolerance = 1e-3
	checkSample    = 256  // parameters per group
	checkShare     = 1e-2 // of the group's largest derivative: below it errors count as absolute
	checkFloor     = 1e-3 // derivatives below it are compared as if they were so large

	// checkRounding is how many standard deviations of rounding64 are accepted. Of 6000
	// networks of all activations, losses and norms with 2 to 6 rows none failed with it; with
	// more rows 99 of 100 errors are below 4 deviations.
	checkRounding = 8
)

// GradientReport is what a gradient check found, one group of parameters at a time.
type GradientReport struct {
	Groups      []GradientGroup // in the order of the parameters
	SkippedRows int             // rows with an input so near an activation's kink, or with MAE an output so near its target, that float32 and float64 differ in its side
}

// GradientGroup is the result for one layer's W or b, or its norm's γ or β.
type GradientGroup struct {
	Name    string  // "layer 0 W"
	Params  int     // in the group
	Checked int     // compared: all, or a sample of 256
	Kinks   int     // left out, because the loss has a kink within the smallest step
	Error   float64 // largest error, as CheckGradients defines it
	Worst   int     // its index within the group
	// The two derivatives at Worst.
	Analytic, Numeric float64
}

// Err returns nil if every group was compared and agrees, else an error that names
// the worst parameter of each group that does not.
func (r *GradientReport) Err() error {
	var errs []error
	for _, g := range r.Groups {
		if !(g.Error <= checkTolerance) {
			errs = append(errs, fmt.Errorf("net: gradient of %s[%d]: back-propagation gives %g, the central difference %g (error %.2g, accepted up to %g)",
				g.Name, g.Worst, g.Analytic, g.Numeric, g.Error, checkTolerance))
		}
		if g.Checked == 0 {
			errs = append(errs, fmt.Errorf("net: gradient of %s: nothing compared, all %d sampled parameters lie at kinks", g.Name, g.Kinks))
		}
	}
	return errors.Join(errs...)
}

// String returns the report as a table.
func (r *GradientReport) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%-12s %8s %8s %6s %10s\n", "group", "params", "checked", "kinks", "error")
	for _, g := range r.Groups {
		fmt.Fprintf(&s, "%-12s %8d %8d %6d %10.2e\n", g.Name, g.Params, g.Checked, g.Kinks, g.Error)
	}
	if r.SkippedRows > 0 {
		fmt.Fprintf(&s, "%d rows skipped: within float32 rounding the input of a unit is at a kink of its activation, or an output of MAE at its target\n", r.SkippedRows)
	}
	return s.String()
}

// CheckGradients compares the gradient of m's mean loss on b, as float32
// back-propagation computes it, with central differences
// (L(p+h) - L(p-h)) / 2h, h = 1e-5, of a float64 forward pass that shares no code
// with it. Up to 256 parameters of each layer's W, b and norm are compared, sampled with
// a fixed seed if there are more. m is not changed. The loss is that of training: with
// batch statistics and with the dropout masks of seed 0, step 0.
//
// The error of a parameter is |analytic-numeric| / max(|analytic|, |numeric|, s), with
// s the largest of 1e-3, a hundredth of the group's largest derivative, and 1000 times what
// rounding explains: float32 resolves small derivatives beside large ones, and those of
// saturated units, no better than that. [GradientReport.Err] accepts 1e-3, so derivatives that are all below
// 1e-6, as in a saturated network, pass whatever they are: check where it still learns.
//
// What rounding explains is eight standard deviations of the derivative if each operation of
// a pass rounds independently, to first order. That is more than the derivative itself where
// its terms cancel: a bias before a batch norm has none, and below a batch norm of two rows,
// whose outputs are 1 and -1 whatever its inputs are, there is little to check. Take more rows.
//
// Kinks. ReLU, for one, has no derivative at 0, where back-propagation takes 0. A
// difference across a kink measures neither side, so if p+h and p-h disagree about the
// side of any unit, h is divided by 10 up to three times, and then the parameter is left
// out and counted. MAE's |z-t| has such a kink at z = t. Rows in which the float32 pass sees a
// unit, or an output of MAE, on another side than the float64 pass are left out altogether; an
// error says if no row is left.
func CheckGradients(m *Network, b Batch) (*GradientReport, error) {
	rows, err := m.checkWhole(b)
	if err != nil {
		return nil, err
	}
	ws := m.NewWorkspace(rows)
	f := newForward64(m)
	kept, n := b, rows
	for {
		if _, err := ws.Gradient(kept); err != nil {
			return nil, err
		}
		f.loss(&kept)
		sides := ws.sides(n)
		left := kept.pick(m, func(r int) bool { return f.sameSides(sides, r, n) })
		if len(left.X) == len(kept.X) {
			break
		}
		// Without some rows a batch norm has other statistics: look again.
		kept, n = left, len(left.X)/m.Inputs()
		if n == 0 {
			return nil, errors.New("net: CheckGradients: in every row, within float32 rounding, the input of a unit is at a kink of its activation, or an output of MAE at its target")
		}
	}
	r := f.compare(kept, ws.Grads())
	r.SkippedRows = rows - n
	return r, nil
}

// CompareGradients is [CheckGradients] for a gradient of your own: grads has the
// layout of [Network.Params] and claims to be the gradient of m's mean loss on b.
// Rows at a kink are not left out.
func CompareGradients(m *Network, b Batch, grads []float32) (*GradientReport, error) {
	if _, err := m.checkWhole(b); err != nil {
		return nil, err
	}
	if len(grads) != m.size {
		return nil, fmt.Errorf("net: len(grads) = %d: want %d, the number of parameters", len(grads), m.size)
	}
	return newForward64(m).compare(b, grads), nil
}

// checkWhole is Check for a batch of the network's own inputs.
func (m *Network) checkWhole(b Batch) (rows int, err error) {
	if b.From != 0 {
		return 0, fmt.Errorf("net: a gradient check of a batch with From = %d: want 0", b.From)
	}
	if rows, err = m.Check(b); err == nil && b.Weights != nil && !slices.ContainsFunc(b.Weights, func(w float32) bool { return w > 0 }) {
		err = errNoWeight // the mean loss is 0/0
	}
	return rows, err
}

// compare checks grads against central differences on b.
func (f *forward64) compare(b Batch, grads []float32) *GradientReport {
	r := new(GradientReport)
	roundings := f.roundings(&b)
	for i := range f.m.layers {
		l := &f.m.layers[i]
		from := l.from
		for g, part := range []struct {
			name string
			size int
		}{{"W", l.in * l.out}, {"b", l.out}, {"γ", len(l.gamma)}, {"β", len(l.beta)}} {
			if part.size == 0 {
				continue
			}
			group := GradientGroup{Name: fmt.Sprintf("layer %d %s", i, part.name), Params: part.size}
			f.compareGroup(&group, b, grads, roundings, from, sample(part.size, uint32(4*i+g)))
			r.Groups = append(r.Groups, group)
			from += part.size
		}
	}
	return r
}

// sample returns up to checkSample different indices below n, all of them in order if n
// is not larger.
func sample(n int, group uint32) []int {
	p := make([]int, 0, min(n, checkSample))
	if n <= checkSample {
		for i := range n {
			p = append(p, i)
		}
		return p
	}
	src, taken := rng.New(0, rng.Check, group), map[int]bool{}
	for len(p) < checkSample {
		if i := src.IntN(n); !taken[i] {
			taken[i] = true
			p = append(p, i)
		}
	}
	return p
}

func (f *forward64) compareGroup(g *GradientGroup, b Batch, grads []float32, roundings []float64, from int, indices []int) {
	numeric := make([]float64, 0, len(indices))
	checked := indices[:0]
	largest := 0.0
	for _, i := range indices {
		d, ok := f.difference(from+i, b)
		if !ok {
			g.Kinks++
			continue
		}
		checked = append(checked, i)
		numeric = append(numeric, d)
		largest = math.Max(largest, math.Abs(d))
	}
	g.Checked = len(checked)
	for k, i := range checked {
		a, d := float64(grads[from+i]), numeric[k]
		scale := max(math.Abs(a), math.Abs(d), checkShare*largest, checkFloor)
		if noise := checkRounding * 0x1p-24 / checkTolerance * roundings[from+i]; noise <= math.MaxFloat64 {
			scale = max(scale, noise)
		}
		if e := math.Abs(a-d) / scale; k == 0 || !(e <= g.Error) {
			g.Error, g.Worst, g.Analytic, g.Numeric = e, i, a, d
			if e != e {
				return // NaN is as wrong as it gets
			}
		}
	}
}

// difference returns the central difference for parameter i; ok is false if a kink
// lies between the two ends, however near.
func (f *forward64) difference(i int, b Batch) (d float64, ok bool) {
	p := f.params[i]
	defer func() { f.params[i] = p }()
	for h := checkStep; h > checkStep/2e3; h /= 10 {
		f.params[i] = p + h
		up := f.loss(&b)
		right := slices.Clone(f.side)
		f.params[i] = p - h
		down := f.loss(&b)
		if slices.Equal(f.side, right) {
			return (up - down) / (2 * h), true
		}
	}
	return 0, false
}
