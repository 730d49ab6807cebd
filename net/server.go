package net

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// Server answers predictions from any number of goroutines and lets the network behind
// them be replaced at any time: requests that have begun end with the old one, later ones
// have the new one, and none waits.
//
//	s := net.NewServer(m, 1)
//	go func() { ... s.Swap(better) }()
//	probabilities = s.Predict(probabilities[:0], x) // on each request's goroutine
//
// The network given must not be trained while it is served: train a Clone, then Swap.
type Server struct {
	maxRows int
	current atomic.Pointer[served]
}

// Model is what a [Server] serves: a [*Network], a [*Mapped] or an [*Ensemble].
type Model interface {
	Inputs() int                         // features per row
	Outputs() int                        // outputs per row
	NewPredictor(maxRows int) *Predictor // panics if maxRows < 1

	meaning() meaning
}

// meaning is what a prediction says, beside its length.
type meaning struct {
	outputs string   // what the numbers are
	classes []string // names of the classes; nil: not known
}

func (m *Network) meaning() meaning {
	outputs := "values"
	switch m.config.Loss {
	case SoftmaxCrossEntropy:
		outputs = "probabilities of one class each"
	case BinaryCrossEntropy:
		outputs = "probabilities of yes, each for itself"
	}
	return meaning{outputs, m.config.Classes}
}

func (e *Ensemble) meaning() meaning {
	all := e.members[0].meaning()
	for _, m := range e.members {
		if all.classes == nil { // those that have names agree
			all.classes = m.config.Classes
		}
	}
	return all
}

// served is one model with the Predictors that are not in use.
type served struct {
	model Model
	idle  sync.Pool
}

// NewServer returns a Server of m for up to maxRows rows a call. It panics if maxRows < 1.
func NewServer(m Model, maxRows int) *Server {
	s := &Server{maxRows: maxRows}
	s.current.Store(s.serve(m))
	return s
}

func (s *Server) serve(m Model) *served {
	next := &served{model: m}
	next.idle.New = func() any { return m.NewPredictor(s.maxRows) }
	next.idle.Put(next.idle.New()) // a size that cannot be had panics here, not in a request
	return next
}

// Swap replaces the network by one whose answers are read the same way. An error says what
// differs, and the old one stays, if m takes other inputs, gives other outputs, gives
// probabilities in the place of values or the other way round, or has other names of
// classes, or the same in another order, where both have names: clients would take its
// answers for something else. For such a change make a new Server. A network that is nil is an
// error too.
func (s *Server) Swap(m Model) error {
	switch m {
	case nil, Model((*Network)(nil)), Model((*Mapped)(nil)), Model((*Ensemble)(nil)): // as of an ensemble that was interrupted
		return errors.New("net: server: the network is nil")
	}
	old := s.current.Load().model
	if m.Inputs() != old.Inputs() || m.Outputs() != old.Outputs() {
		return fmt.Errorf("net: server: a network of %d inputs and %d outputs: want %d and %d", m.Inputs(), m.Outputs(), old.Inputs(), old.Outputs())
	}
	is, was := m.meaning(), old.meaning()
	if is.outputs != was.outputs {
		return fmt.Errorf("net: server: the network's outputs are %s: want %s", is.outputs, was.outputs)
	}
	if is.classes != nil && was.classes != nil {
		for i, name := range is.classes { // as many as outputs, or 2
			if name != was.classes[i] {
				return fmt.Errorf("net: server: the network's class %d is %.40q: want %.40q", i, name, was.classes[i])
			}
		}
	}
	s.current.Store(s.serve(m))
	return nil
}

// Inputs returns the number of features per row.
func (s *Server) Inputs() int { return s.current.Load().model.Inputs() }

// Outputs returns the number of outputs per row.
func (s *Server) Outputs() int { return s.current.Load().model.Outputs() }

// Predict appends the outputs for the rows of x to dst, as [Predictor.Predict] gives them,
// and returns the result: all of one call from the same network. It allocates nothing
// if dst has room, but for a Predictor now and then, as many as calls run at a time.
// It panics as Predictor.Predict does.
func (s *Server) Predict(dst, x []float32) []float32 {
	now := s.current.Load()
	p := now.idle.Get().(*Predictor)
	dst = append(dst, p.Predict(x)...)
	now.idle.Put(p)
	return dst
}

// Classify appends the class of each row of x to dst and returns the result; see
// [Predictor.Classify].
func (s *Server) Classify(dst []int, x []float32) []int {
	now := s.current.Load()
	p := now.idle.Get().(*Predictor)
	dst = append(dst, p.Classify(x)...)
	now.idle.Put(p)
	return dst
}
