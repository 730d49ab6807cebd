package report

import (
	"errors"
	"fmt"

	"github.com/sinew-ml/sinew/train"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Rates draws the learning rate of each epoch's first step, as it was: what a
// [train.Plateau] did too.
func Rates(h *train.History) (*Plot, error) {
	if len(h.Epochs) == 0 {
		return nil, errNoEpochs
	}
	var points plotter.XYs
	for _, e := range h.Epochs {
		points = append(points, plotter.XY{X: float64(e.Epoch), Y: e.Rate})
	}
	return rates("epoch", points)
}

// Schedule draws the learning rate of each of a run's steps. A schedule whose length is
// left to Fit has that of the run. Of a Plateau it knows the start only: see [Rates].
func Schedule(s train.Schedule, steps int) (*Plot, error) {
	if s == nil || steps < 1 {
		return nil, errors.New("report: schedule: want a schedule and at least one step")
	}
	s = Bounded(s, steps)
	const most = 1000 // points, more than the eye parts
	var points plotter.XYs
	n := min(steps, most)
	for i := range n {
		step := i
		if n > 1 {
			step = i * (steps - 1) / (n - 1)
		}
		rate := s.Rate(step)
		if rate-rate != 0 {
			return nil, fmt.Errorf("report: schedule: the rate of step %d is %g", step, rate)
		}
		points = append(points, plotter.XY{X: float64(step + 1), Y: rate})
	}
	return rates("step", points)
}

// Bounded gives a schedule whose length is left to Fit a length of so many steps, as Fit
// does; others stay as they are.
func Bounded(s train.Schedule, steps int) train.Schedule {
	switch s := s.(type) {
	case train.Cosine:
		if s.Steps == 0 {
			s.Steps = steps
		}
		return s
	case train.OneCycle:
		if s.Steps == 0 {
			s.Steps = steps
		}
		return s
	case train.Warmup:
		s.Then = Bounded(s.Then, max(1, steps-s.Steps))
		return s
	}
	return s
}

func rates(unit string, points plotter.XYs) (*Plot, error) {
	p := plot.New()
	styled(p, "Learning rate", unit, "rate")
	p.X.Tick.Marker = plot.TickerFunc(func(lo, hi float64) []plot.Tick { return ticks(lo, hi, 1) })
	p.Y.Tick.Marker = plot.TickerFunc(func(lo, hi float64) []plot.Tick { return ticks(lo, hi, 0) })
	addGrid(p)
	line, err := plotter.NewLine(points)
	if err != nil {
		return nil, err
	}
	line.Color, line.Width = trainingColor, 1.75
	p.Add(line)
	p.Y.Min, p.Y.Max = 0, roundOut(p.Y.Max, p.Y.Max)
	if p.X.Min = points[0].X; len(points) == 1 {
		p.X.Min, p.X.Max = points[0].X-1, points[0].X+1
	}
	return tiled(6*vg.Inch, 3.5*vg.Inch, p), nil
}
