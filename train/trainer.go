package train

import (
	"errors"
	"fmt"
	"math"
	"runtime"

	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/net"
)

// Trainer changes the parameters of one network. It must not be used from two
// goroutines at once, nor while others use the network.
type Trainer struct {
	m        *net.Network
	c        Config // with its defaults
	schedule Schedule
	ws       *net.Workspace
	team     *mat.Team // nil with one worker
	pace     pace
	state    [][]float32
	average  []float32 // of the parameters, then of the running averages; nil without EMA and SWA
	averaged int       // how many weights SWA's average is of

	steps   int // updates made
	epoch   int // epochs finished: the next one's order follows from it
	bound   int // steps that Fit gave to a schedule without its own; 0: none
	plateau plateau
	best    []float32 // parameters and running averages of the best epoch

	run     run       // of Fit
	fitting *fit      // nil: outside of Fit
	resumed *digests  // of the run that the next Fit finishes; nil: it begins one
	before  []float32 // parameters before the last step of the epoch; empty: not yet reached
	kept    *kept     // nil: outside of Fit

	first  int  // layer that is not frozen
	params int  // parameters below it, which are never written
	stats  int  // running averages below it
	whole  bool // Fit runs frozen layers each time: for tests

	segments []segment
	decays   bool        // whether one of them decays
	rules    [2]mat.Rule // of the step at hand: for parameters that do not decay, and that do
	steady   bool        // rules stay as they are while the rate does
	ruled    float64     // the rate of rules; NaN: none yet
	clip     float64
	units    int       // weights of a first layer that workers divide by units, else 0
	unitSums []float64 // sums of squares of their gradient's pieces
	partial  []float64 // sums of squares of the other gradient's blocks
	finite   []bool    // by worker
	gradNorm float64   // of the last step, before clipping

	normPart, updatePart, gatherPart func(worker, workers int)

	gathered     *Dataset // whose rows are being gathered
	gatheredRows []int

	batch   net.Batch // gathered rows
	labels  []int
	y       []float32
	weights []float32
}

// segment is a piece of the parameters with the same treatment.
type segment struct {
	from, to int
	l1, l2   float64
	decays   bool
}

// New returns a Trainer for m. A configuration out of range gives an error that names
// the value and the range. [Trainer.Close] ends its workers; a Trainer that is dropped
// without it is cleaned up by the garbage collector.
func New(m *net.Network, c Config) (*Trainer, error) {
	if m == nil {
		return nil, errors.New("train: the network is nil")
	}
	if m.Params() == nil {
		return nil, errors.New("train: the network's weights are mapped from a file, read-only: load it instead")
	}
	c = c.withDefaults()
	if err := c.check(m); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	t := &Trainer{m: m, c: c, schedule: c.LearnRate, ws: m.NewWorkspace(c.BatchSize), clip: 1, plateau: plateau{Scale: 1}}
	t.first = c.firstTrained()
	for i := range t.first {
		w, b := m.Layer(i)
		gamma, beta := m.Norm(i)
		mean, variance := m.Running(i)
		t.params += len(w) + len(b) + len(gamma) + len(beta)
		t.stats += len(mean) + len(variance)
	}
	n := len(m.Params())
	rule := c.Optimizer.rule(1, t.schedule.Rate(0), true)
	for range rule.States() {
		t.state = append(t.state, make([]float32, n))
	}
	c.Optimizer.start(t.state, t.schedule.Rate(0))
	t.segments = segments(m, &c)
	for _, s := range t.segments {
		t.decays = t.decays || s.decays
	}
	t.finite = make([]bool, c.Workers)
	t.steady, t.ruled = steady(c.Optimizer), math.NaN()
	t.normPart, t.updatePart, t.gatherPart = t.squares, t.update, t.gatherInputs
	if c.EMA > 0 || c.SWA > 0 {
		t.average = append(append([]float32(nil), m.Params()...), m.Stats()...)
	}
	if c.Layers != nil {
		frozen := make([]bool, m.Layers())
		for i, l := range c.Layers {
			frozen[i] = l.Frozen
		}
		t.ws.Freeze(frozen)
	}
	if t.units = unitsOf(m, t.ws); t.units > 0 {
		_, b := m.Layer(0)
		t.unitSums = make([]float64, partsOfSum*len(b)/unitsOfSum)
	}
	t.partial = make([]float64, (n-t.units+normBlock-1)/normBlock)
	if c.Workers > 1 {
		t.team = mat.NewTeam(c.Workers)
		t.ws.SetTeam(t.team)
		t.pace.units = t.units > 0
		runtime.AddCleanup(t, (*mat.Team).Close, t.team)
	}
	t.batch.X = make([]float32, c.BatchSize*m.Inputs())
	t.labels = make([]int, c.BatchSize)
	t.y = make([]float32, c.BatchSize*m.Outputs())
	t.weights = make([]float32, c.BatchSize)
	return t, nil
}

// Close ends the Trainer's workers. It may be called twice; Step and Fit after it work
// with one worker.
func (t *Trainer) Close() {
	if t.team != nil {
		t.team.Close()
		t.team = nil
		t.ws.SetTeam(nil)
	}
}

// Network returns the network that t trains.
func (t *Trainer) Network() *net.Network { return t.m }

// Steps returns how many updates t has made.
func (t *Trainer) Steps() int { return t.steps }

// GradNorm returns the 2-norm of the last step's gradient, before clipping.
func (t *Trainer) GradNorm() float64 { return t.gradNorm }

// segments cuts the parameters where their treatment changes; frozen ones are in none.
func segments(m *net.Network, c *Config) []segment {
	var all []segment
	add := func(s segment) {
		if n := len(all); n > 0 && all[n-1].to == s.from && all[n-1].l1 == s.l1 && all[n-1].l2 == s.l2 && all[n-1].decays == s.decays {
			all[n-1].to = s.to
			return
		}
		all = append(all, s)
	}
	_, wd := c.Optimizer.(AdamW)
	from := 0
	for i := range m.Layers() {
		w, b := m.Layer(i)
		gamma, beta := m.Norm(i)
		mid, to := from+len(w), from+len(w)+len(b)+len(gamma)+len(beta)
		l1, l2, frozen := c.L1, c.L2, false
		if c.Layers != nil {
			l := c.Layers[i]
			if frozen = l.Frozen; l.L1 != nil {
				l1 = *l.L1
			}
			if l.L2 != nil {
				l2 = *l.L2
			}
		}
		if !frozen {
			add(segment{from, mid, l1, l2, wd})
			if c.DecayBiases {
				add(segment{mid, to, l1, l2, wd})
			} else {
				add(segment{mid, to, 0, 0, false})
			}
		}
		from = to
	}
	return all
}
