package net

import (
	"errors"
	"fmt"
	"math"
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
)

// GradientReport is what a gradient check found, one group of parameters at a time.
type GradientReport struct {
	Groups      []GradientGroup
	SkippedRows int // rows with a ReLU input so near 0 that float32 and float64 differ in its sign
}

// GradientGroup is the result for one layer's W or b.
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
		fmt.Fprintf(&s, "%d rows skipped: a ReLU input is 0 within float32 rounding\n", r.SkippedRows)
	}
	return s.String()
}

// CheckGradients compares the gradient of m's mean loss on b, as float32
// back-propagation computes it, with central differences
// (L(p+h) - L(p-h)) / 2h, h = 1e-5, of a float64 forward pass that shares no code
// with it. Up to 256 parameters of each layer's W and b are compared, sampled with a
// fixed seed if there are more. m is not changed.
//
// The error of a parameter is |analytic-numeric| / max(|analytic|, |numeric|, s), with
// s the larger of 1e-3 and a hundredth of the group's largest derivative: float32
// resolves small derivatives beside large ones, and those of saturated units, no
// better than that. [GradientReport.Err] accepts 1e-3, so derivatives that are all below
// 1e-6, as in a saturated network, pass whatever they are: check where it still learns.
//
// Kinks. ReLU has no derivative at 0, where back-propagation takes 0. A difference
// across a kink measures neither side, so if p+h and p-h disagree about which units
// are active, h is divided by 10 up to three times, and then the parameter is left out
// and counted. Rows in which the float32 pass sees another set of active units than
// the float64 pass are left out altogether; an error says if no row is left.
func CheckGradients(m *Network, b Batch) (*GradientReport, error) {
	rows, err := m.Check(b)
	if err != nil {
		return nil, err
	}
	ws := m.NewWorkspace(rows)
	f := newForward64(m)
	kept := f.sameUnits(ws, b, rows)
	n := len(kept.X) / m.Inputs()
	if n == 0 {
		return nil, errors.New("net: CheckGradients: in every row a ReLU input is 0 within float32 rounding")
	}
	if _, err := ws.Gradient(kept); err != nil {
		return nil, err
	}
	r := f.compare(kept, ws.Grads())
	r.SkippedRows = rows - n
	return r, nil
}

// CompareGradients is [CheckGradients] for a gradient of your own: grads has the
// layout of [Network.Params] and claims to be the gradient of m's mean loss on b.
// Rows at a kink are not left out.
func CompareGradients(m *Network, b Batch, grads []float32) (*GradientReport, error) {
	if _, err := m.Check(b); err != nil {
		return nil, err
	}
	if len(grads) != len(m.params) {
		return nil, fmt.Errorf("net: len(grads) = %d: want %d, the number of parameters", len(grads), len(m.params))
	}
	return newForward64(m).compare(b, grads), nil
}

// forward64 is the network in plain float64, loss only.
type forward64 struct {
	m      *Network
	params []float64
	a, z   []float64
	active []bool // of the last call: ReLU units with z > 0, in order of rows, then layers
}

func newForward64(m *Network) *forward64 {
	f := &forward64{m: m, params: make([]float64, len(m.params))}
	for i, p := range m.params {
		f.params[i] = float64(p)
	}
	return f
}

// loss returns the mean loss of b and records the active units.
func (f *forward64) loss(b *Batch) float64 {
	in := f.m.Inputs()
	rows := len(b.X) / in
	f.active = f.active[:0]
	total := 0.0
	for r := range rows {
		f.a = f.a[:0]
		for _, v := range b.X[r*in:][:in] {
			f.a = append(f.a, float64(v))
		}
		for i := range f.m.layers {
			f.layer(&f.m.layers[i])
		}
		total += f.rowLoss(b, r)
	}
	return total / float64(rows)
}

// layer replaces f.a by the layer's output.
func (f *forward64) layer(l *dense) {
	w := f.params[l.from:]
	f.z = append(f.z[:0], w[l.in*l.out:][:l.out]...)
	for i, v := range f.a {
		for j := range f.z {
			f.z[j] += v * w[i*l.out+j]
		}
	}
	for j, z := range f.z {
		switch l.activation {
		case Sigmoid:
			f.z[j] = 1 / (1 + math.Exp(-z))
		case Tanh:
			f.z[j] = math.Tanh(z)
		case ReLU:
			f.active = append(f.active, z > 0)
			f.z[j] = math.Max(z, 0)
		}
	}
	f.a, f.z = f.z, f.a
}

// rowLoss returns the loss of row r, whose output is f.a.
func (f *forward64) rowLoss(b *Batch, r int) float64 {
	sum := 0.0
	if f.m.config.Loss == HalfSquaredError {
		for j, y := range f.a {
			e := y - float64(b.target(r, j, len(f.a)))
			sum += e * e / 2
		}
		return sum
	}
	top := math.Inf(-1)
	for _, z := range f.a {
		top = math.Max(top, z)
	}
	for _, z := range f.a {
		sum += math.Exp(z - top)
	}
	lse := top + math.Log(sum)
	loss := 0.0
	for j, z := range f.a {
		if t := float64(b.target(r, j, len(f.a))); t != 0 {
			loss += t * (lse - z)
		}
	}
	return loss
}

// sameUnits returns the rows of b in which the float32 forward pass of ws has the
// same active ReLU units as the float64 pass.
func (f *forward64) sameUnits(ws *Workspace, b Batch, rows int) (kept Batch) {
	in, out := f.m.Inputs(), f.m.Outputs()
	ws.forward(b.X, rows)
	f.loss(&b)
	active := f.active
	for r := range rows {
		same := true
		for i, l := range f.m.layers {
			if l.activation != ReLU {
				continue
			}
			for _, y := range ws.acts[i][r*l.out:][:l.out] {
				same = same && (y > 0) == active[0]
				active = active[1:]
			}
		}
		if !same {
			continue
		}
		kept.X = append(kept.X, b.X[r*in:][:in]...)
		if b.Labels != nil {
			kept.Labels = append(kept.Labels, b.Labels[r])
		} else {
			kept.Y = append(kept.Y, b.Y[r*out:][:out]...)
		}
	}
	return kept
}

// compare checks grads against central differences on b.
func (f *forward64) compare(b Batch, grads []float32) *GradientReport {
	r := new(GradientReport)
	for i := range f.m.layers {
		l := &f.m.layers[i]
		bias := l.from + l.in*l.out
		for g, part := range []struct {
			name     string
			from, to int
		}{{"W", l.from, bias}, {"b", bias, bias + l.out}} {
			group := GradientGroup{Name: fmt.Sprintf("layer %d %s", i, part.name), Params: part.to - part.from}
			f.compareGroup(&group, b, grads, part.from, sample(group.Params, uint32(2*i+g)))
			r.Groups = append(r.Groups, group)
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

func (f *forward64) compareGroup(g *GradientGroup, b Batch, grads []float32, from int, indices []int) {
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
		right := append([]bool(nil), f.active...)
		f.params[i] = p - h
		down := f.loss(&b)
		same := true
		for j, a := range f.active {
			same = same && a == right[j]
		}
		if same {
			return (up - down) / (2 * h), true
		}
	}
	return 0, false
}
