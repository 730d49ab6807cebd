package mat

import (
	"runtime"
	"sync/atomic"

	"github.com/sinew-ml/sinew/internal/parts"
)

// Team is a fixed number of workers, the caller and goroutines of its own, that share
// pieces of work. Run starts nothing and allocates nothing: between calls the
// goroutines look out for work for some tens of microseconds, then sleep.
//
// One goroutine at a time may use a Team. [Team.Close] ends its goroutines.
type Team struct {
	workers int
	spins   int // how often a waiting worker looks before it sleeps
	f       func(worker, workers int)
	used    int // workers of the run at hand

	generation atomic.Uint32 // counts runs
	pending    atomic.Int32  // goroutines that have not finished the run
	waiting    atomic.Bool   // the caller sleeps until pending is 0
	done       chan struct{}
	closed     bool
	failure    atomic.Pointer[any] // the first panic of a goroutine

	helpers []helper

	gemm     gemmArgs
	gemmPart func(worker, workers int)
}

// helper is one goroutine's bell, on a cache line of its own.
type helper struct {
	asleep atomic.Bool
	bell   chan struct{}
	_      [48]byte
}

// MaxWorkers is the most workers that a Team has.
const MaxWorkers = 1024

// spinsAwake is how often a worker looks for work before it sleeps: some 50 µs, longer
// than the pauses within a training step and too short to be noticed.
const spinsAwake = 2000

// NewTeam returns a Team of so many workers; 0 stands for the number of processors that
// Go uses (runtime.GOMAXPROCS). It panics if workers is negative or above MaxWorkers.
func NewTeam(workers int) *Team {
	processors := runtime.GOMAXPROCS(0)
	if workers == 0 {
		workers = min(processors, MaxWorkers)
	}
	if workers < 0 || workers > MaxWorkers {
		panic("mat: NewTeam: workers out of range")
	}
	t := &Team{workers: workers, done: make(chan struct{}, 1), helpers: make([]helper, workers-1)}
	if workers <= processors {
		t.spins = spinsAwake // else a worker that looks keeps another one from its work
	}
	t.gemmPart = t.gemmRows
	for i := range t.helpers {
		t.helpers[i].bell = make(chan struct{}, 1)
		go t.help(i + 1)
	}
	return t
}

// Workers returns the number of workers.
func (t *Team) Workers() int { return t.workers }

// Run calls f(worker, workers) for worker 0 on the calling goroutine and for 1 ...
// workers-1 on the Team's, and returns when all have returned. A panic of f is passed
// on to the caller, after all have ended. f must not use the Team, nor end its goroutine
// (runtime.Goexit, FailNow of a test).
func (t *Team) Run(f func(worker, workers int)) { t.RunUpTo(t.workers, f) }

// RunUpTo is Run with the first so many workers of the Team, at least one.
func (t *Team) RunUpTo(workers int, f func(worker, workers int)) {
	t.checkOpen()
	workers = max(1, min(workers, t.workers))
	if workers == 1 {
		f(0, 1)
		return
	}
	t.f, t.used = f, workers
	t.pending.Store(int32(t.workers - 1))
	t.generation.Add(1)
	t.ring()
	defer t.wait()
	f(0, workers)
}

func (t *Team) checkOpen() {
	if t.closed {
		panic("mat: Team is closed")
	}
}

// ring wakes the helpers that sleep.
func (t *Team) ring() {
	for i := range t.helpers {
		if h := &t.helpers[i]; h.asleep.CompareAndSwap(true, false) {
			h.bell <- struct{}{}
		}
	}
}

// wait returns when all helpers have finished, and passes a panic on.
func (t *Team) wait() {
	for range t.spins {
		if t.pending.Load() == 0 {
			break
		}
		pause()
	}
	// Not once: a helper held up after the run before may wake the caller for this one.
	for t.pending.Load() != 0 {
		t.waiting.Store(true)
		// Whoever turns waiting off, this or the last helper, knows about the other.
		if t.pending.Load() != 0 || !t.waiting.CompareAndSwap(true, false) {
			<-t.done
		}
	}
	t.f = nil
	if p := t.failure.Swap(nil); p != nil {
		panic(*p)
	}
}

// help is the life of a helper.
func (t *Team) help(worker int) {
	h := &t.helpers[worker-1]
	seen := uint32(0)
	for {
		for range t.spins {
			if t.generation.Load() != seen {
				break
			}
			pause()
		}
		for t.generation.Load() == seen {
			h.asleep.Store(true)
			// Whoever turns asleep off, this or ring, knows about the other.
			if t.generation.Load() == seen || !h.asleep.CompareAndSwap(true, false) {
				<-h.bell
			}
		}
		seen++
		if t.closed {
			return
		}
		if worker < t.used {
			t.part(worker)
		}
		if t.pending.Add(-1) == 0 && t.waiting.CompareAndSwap(true, false) {
			t.done <- struct{}{}
		}
	}
}

func (t *Team) part(worker int) {
	defer func() {
		if p := recover(); p != nil {
			first := p // only a panic costs an allocation
			t.failure.CompareAndSwap(nil, &first)
		}
	}()
	t.f(worker, t.used)
}

// Close ends the Team's goroutines; it may be called twice. A closed Team panics when it
// is used.
func (t *Team) Close() {
	if t.closed {
		return
	}
	t.closed = true
	t.generation.Add(1)
	t.ring()
}

// gemmArgs are the operands of a product that a Team shares.
type gemmArgs struct {
	transA, transB Trans
	m, n, k        int
	alpha, beta    float32
	a, b, c        []float32
	lda, ldb, ldc  int
	byColumns      bool
}

// sharedFlops is the arithmetic for which a second worker pays: 2·m·n·k, some 20 µs of
// one core, of which handing out the work takes about one.
const sharedFlops = 2 << 20

// Gemm is the function [Gemm], shared by the workers: the same bits. Each takes rows of C,
// or columns if there are few rows; a product too small to gain is done by the caller.
func (t *Team) Gemm(transA, transB Trans, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	t.checkOpen()
	workers := t.workers
	if float64(m)*float64(n)*float64(k) < sharedFlops/2 {
		workers = 1
	}
	// Rows of whole tiles; columns beyond those numbers for which the order of the sums
	// is another (see chains).
	const leastRows, leastColumns = 12, 64
	byColumns := m < leastRows*workers && n >= leastColumns*workers
	if !byColumns {
		workers = min(workers, max(1, m/leastRows))
	}
	if workers < 2 {
		Gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	checkProduct(transA, transB, m, n, k, a, lda, b, ldb, c, ldc)
	t.gemm = gemmArgs{transA, transB, m, n, k, alpha, beta, a, b, c, lda, ldb, ldc, byColumns}
	t.RunUpTo(workers, t.gemmPart)
	t.gemm = gemmArgs{}
}

// gemmRows is one worker's part of the product at hand.
func (t *Team) gemmRows(worker, workers int) {
	g := &t.gemm
	m, n, a, b, c := g.m, g.n, g.a, g.b, g.c
	if g.byColumns {
		const whole = 32 // columns of a tile
		from, to := cut(n, whole, worker, workers)
		if n = to - from; n == 0 {
			return
		}
		c = c[from:]
		if g.transB {
			b = b[from*g.ldb:]
		} else {
			b = b[from:]
		}
	} else {
		const whole = 4
		from, to := cut(m, whole, worker, workers)
		if m = to - from; m == 0 {
			return
		}
		c = c[from*g.ldc:]
		if g.transA {
			a = a[from:]
		} else {
			a = a[from*g.lda:]
		}
	}
	Gemm(g.transA, g.transB, m, n, g.k, g.alpha, a, g.lda, b, g.ldb, g.beta, c, g.ldc)
}

// cut returns worker's part of n in pieces of whole.
func cut(n, whole, worker, workers int) (from, to int) {
	from, to = parts.Of((n+whole-1)/whole, worker, workers)
	return min(n, from*whole), min(n, to*whole)
}
