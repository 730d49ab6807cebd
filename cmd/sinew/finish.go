package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/sinew-ml/sinew/internal/atomicfile"
	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/report"
	"github.com/sinew-ml/sinew/train"
)

// finish writes the files and tests the network.
func (r *running) finish() error {
	out, p := r.cmd.OutOrStdout(), r.parts
	if err := r.saveModel(); err != nil { // first, whatever fails behind it
		return err
	}
	var measured report.Model = r.networks[0]
	if r.all != nil {
		measured = r.all
	}
	var results []*report.Measurement
	for _, set := range []struct {
		name string
		rows *train.Dataset
	}{{"test", p.test}, {"validation", p.validation}} {
		if set.rows == nil {
			continue
		}
		m, err := report.Measure(set.name, measured, r.Net.Loss, set.rows)
		if err != nil {
			return err
		}
		m.Classes = r.Net.Classes
		if set.name == "test" {
			fmt.Fprintf(out, "test      %s\n", metricsText(m))
		}
		results = append(results, m)
	}
	fmt.Fprintf(out, "model     %s\n", r.model)
	if err := r.draw(results); err != nil {
		return err
	}
	if r.history != "" {
		if err := saveJSON(r.history, r.histories); err != nil {
			return err
		}
		fmt.Fprintf(out, "history   %s\n", r.history)
	}
	if err := r.writeReport(results); err != nil {
		return err
	}
	r.diagnose()
	return nil
}

// saveModel writes the model. What was trained is not lost because a weight has outgrown the
// format: then it is written in float32, and the user hears of it.
func (r *running) saveModel() error {
	err := r.saveModelAs(r.numbers)
	if err == nil || r.numbers == net.Float32 || r.saveModelAs(net.Float32) != nil {
		return err
	}
	fmt.Fprintf(r.cmd.ErrOrStderr(), "sinew: warning: %v: written with --precision f32 instead\n", err)
	return nil
}

func (r *running) saveModelAs(numbers net.Precision) error {
	if r.all != nil {
		return r.all.SaveFileAs(r.model, numbers)
	}
	return r.networks[0].SaveFileAs(r.model, numbers)
}

// saveJSON writes v to a file.
func saveJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

// draw writes the plots that were asked for, as far as there is something to draw.
func (r *running) draw(results []*report.Measurement) error {
	out, h := r.cmd.OutOrStdout(), r.histories[0]
	steps := 0
	for _, e := range h.Epochs {
		steps += e.Steps
	}
	for _, p := range []struct {
		name, path string
		some       bool
		plot       func() (*report.Plot, error)
	}{
		{"curves", r.plot, len(h.Epochs) > 0, func() (*report.Plot, error) { return report.Curves(h) }},
		{"schedule", r.schedule, len(h.Epochs) > 0, func() (*report.Plot, error) {
			if r.ratesVary() {
				return report.Rates(h)
			}
			return report.Schedule(r.Train.LearnRate, r.plannedSteps())
		}},
		{"weights", r.weights, true, func() (*report.Plot, error) { return report.Weights(r.networks[0], r.height, r.width) }},
		{"confusion", r.confusion, len(results) > 0 && results[0].Confusion != nil, func() (*report.Plot, error) {
			return report.Confusion(results[0].Confusion, results[0].Classes)
		}},
	} {
		if p.path == "" || !p.some {
			continue
		}
		plot, err := p.plot()
		if err != nil {
			return err
		}
		if err := plot.Save(p.path); err != nil {
			return err
		}
		fmt.Fprintf(out, "%-9s %s\n", p.name, p.path)
	}
	return nil
}

// ratesVary reports whether the rate follows from more than the step.
func (r *running) ratesVary() bool {
	s := r.Train.LearnRate
	for {
		w, ok := s.(train.Warmup)
		if !ok {
			break
		}
		s = w.Then
	}
	_, plateau := s.(train.Plateau)
	return plateau || r.Ensemble != nil
}

// plannedSteps is how many steps all epochs have.
func (r *running) plannedSteps() int {
	h := r.histories[0]
	if len(h.Epochs) == 0 {
		return 0
	}
	return h.Epochs[0].Steps * r.Train.Epochs
}

func (r *running) writeReport(results []*report.Measurement) error {
	if r.trainCommand.report == "" {
		return nil
	}
	text, err := r.text()
	if err != nil {
		return err
	}
	p := r.parts
	facts := []report.Fact{
		{Name: "data", Value: fmt.Sprintf("%s: %d training, %d validation, %d test rows", p.name, p.rows, rows(p.validation), rows(p.test))},
	}
	if s := r.describeFit(); s != "" {
		facts = append(facts, report.Fact{Name: "preparation", Value: s})
	}
	if p.filled > 0 {
		facts = append(facts, report.Fact{Name: "missing values", Value: fmt.Sprintf("%d, filled with the means of the training rows", p.filled)})
	}
	if p.dropped > 0 {
		facts = append(facts, report.Fact{Name: "dropped", Value: fmt.Sprintf("%d rows with missing values", p.dropped)})
	}
	if r.scaling != nil {
		facts = append(facts, report.Fact{Name: "targets", Value: "scaled to mean 0 and variance 1 for training; the losses of curves, history and diagnosis are of these"})
	}
	if r.Net.Classes != nil {
		facts = append(facts, report.Fact{Name: "classes", Value: shortList(r.Net.Classes)})
	}
	if p.columns != nil {
		facts = append(facts, report.Fact{Name: "inputs", Value: shortList(p.columns)})
	}
	facts = append(facts,
		report.Fact{Name: "model", Value: r.model},
		report.Fact{Name: "kernels", Value: mat.ISA().Level},
		report.Fact{Name: "sinew", Value: version()})
	c := r.Train
	run := &report.Run{
		Title: "Sinew: " + p.name, Facts: facts, Networks: r.networks, Histories: r.histories, Config: &c, Configuration: text,
		Measurements: results, Height: r.height, Width: r.width,
	}
	if !r.ratesVary() {
		run.Steps = r.plannedSteps()
	}
	if err := report.SaveHTML(r.trainCommand.report, run); err != nil {
		return err
	}
	fmt.Fprintf(r.cmd.OutOrStdout(), "report    %s\n", r.trainCommand.report)
	return nil
}

// shortList joins names, the first ones if there are many.
func shortList(names []string) string {
	const most = 50
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(", ... (%d)", len(names))
	}
	return strings.Join(names, ", ")
}

// diagnose prints what the curves say, if they say something.
func (r *running) diagnose() {
	for i, h := range r.histories {
		for _, f := range h.Diagnose() {
			name := "diagnosis"
			if len(r.histories) > 1 {
				name = fmt.Sprintf("member %d", i)
			}
			fmt.Fprintf(r.cmd.OutOrStdout(), "%-9s %s\n", name, f)
		}
	}
}

// metricsText is how train prints a result; eval's first line is the same.
func metricsText(m *report.Measurement) string {
	var parts []string
	for _, f := range m.Figures {
		switch f.Name {
		case "loss", "R²", "root mean squared error", "outputs right", "most probable class right":
			parts = append(parts, f.Name+" "+f.String())
		case "log loss":
			if len(parts) == 0 {
				parts = append(parts, f.Name+" "+f.String())
			}
		}
	}
	if c := m.Confusion; c != nil {
		right := 0
		for i := range c.Classes {
			right += c.At(i, i)
		}
		parts = append(parts, fmt.Sprintf("accuracy %.2f%% (%d of %d)", 100*c.Accuracy(), right, m.Rows))
	}
	return strings.Join(parts, ", ")
}

// optimizerText is the optimizer in a line.
func optimizerText(o train.Optimizer) string {
	return objectText(train.Config{Optimizer: o}, "optimizer")
}

// rateText is the schedule in a line.
func rateText(s train.Schedule) string {
	if c, ok := s.(train.Constant); ok {
		return fmt.Sprintf("%g", float64(c))
	}
	return objectText(train.Config{LearnRate: s}, "learn_rate")
}

// objectText is a named part of a configuration as words: sgd, momentum 0.9.
func objectText(c train.Config, part string) string {
	text, err := json.Marshal(c)
	if err != nil {
		return err.Error()
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return err.Error()
	}
	return report.Words(fields[part])
}
