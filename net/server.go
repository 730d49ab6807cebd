package net

import (
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

// served is one model with the Predictors that are not in use.
type served struct {
	model model
	idle  sync.Pool
}

// model is what a Server serves: a Network or an Ensemble.
type model interface {
	Inputs() int
	Outputs() int
	NewPredictor(maxRows int) *Predictor
}

// NewServer returns a Server of m, a [*Network] or an [*Ensemble], for up to maxRows rows a
// call. It panics if maxRows < 1.
func NewServer(m model, maxRows int) *Server {
	s := &Server{maxRows: maxRows}
	s.current.Store(s.serve(m))
	return s
}

func (s *Server) serve(m model) *served {
	next := &served{model: m}
	next.idle.New = func() any { return m.NewPredictor(s.maxRows) }
	next.idle.Put(next.idle.New()) // a size that cannot be had panics here, not in a request
	return next
}

// Swap replaces the network. An error says what differs if it takes other inputs or gives
// other outputs; the old one stays then.
func (s *Server) Swap(m model) error {
	old := s.current.Load().model
	if m.Inputs() != old.Inputs() || m.Outputs() != old.Outputs() {
		return fmt.Errorf("net: server: a network of %d inputs and %d outputs: want %d and %d", m.Inputs(), m.Outputs(), old.Inputs(), old.Outputs())
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
