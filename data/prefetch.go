package data

import (
	"errors"
	"io"
)

// Prefetcher is a Source that reads ahead of its user; see [Prefetch].
type Prefetcher struct {
	src    Source
	rows   int // per buffer
	closed bool

	// Of the present pass. The goroutine takes buffers from free, fills them and sends
	// them on full; it closes full when the pass or src has ended, after setting err.
	free, full chan *block
	stop       chan struct{} // closed: the goroutine must end
	err        error         // why it ended; read only after full was seen closed

	now  *block // rows being given, nil if none
	used int    // rows of now that were given
}

// Prefetch returns a Source with the rows of src, in their order, that has two buffers of
// so many rows: one is read from while a goroutine fills the other from src. So who uses
// the rows waits only if reading them takes longer than using them. Some batches,
// say a thousand rows, are a good size; small ones cost a change of goroutine each.
//
// Until Close, src belongs to the Prefetcher. The goroutine lives from Rewind to the end of
// the pass, the next Rewind or Close. Prefetch panics if rows < 1 or if they take more than
// MaxValues values.
func Prefetch(src Source, rows int) *Prefetcher {
	if rows < 1 {
		panic("data: Prefetch: rows < 1")
	}
	if rows > most(src) {
		panic("data: Prefetch: the rows take more than MaxValues values")
	}
	return &Prefetcher{src: src, rows: rows}
}

// Inputs returns the number of features per row.
func (p *Prefetcher) Inputs() int { return p.src.Inputs() }

// Outputs returns the number of target values per row, 0 for labels.
func (p *Prefetcher) Outputs() int { return p.src.Outputs() }

// Rewind begins a pass and reads ahead at once.
func (p *Prefetcher) Rewind(pass int) error {
	if p.closed {
		return errors.New("data: Prefetcher: Rewind after Close")
	}
	p.halt()
	if err := p.src.Rewind(pass); err != nil {
		return err
	}
	if p.free == nil {
		p.free = make(chan *block, 2)
		p.free <- newBlock(p.src, p.rows)
		p.free <- newBlock(p.src, p.rows)
	}
	p.full, p.stop = make(chan *block, 2), make(chan struct{})
	go p.fill()
	return nil
}

// fill is the goroutine of a pass.
func (p *Prefetcher) fill() {
	defer close(p.full)
	for {
		select {
		case <-p.stop:
			return
		case b := <-p.free:
			if p.err = b.fill(p.src); p.err != nil {
				p.free <- b // has room for both
				return
			}
			p.full <- b // has room for both
		}
	}
}

// halt ends the pass, if there is one, and its goroutine.
func (p *Prefetcher) halt() {
	if p.stop == nil {
		return
	}
	close(p.stop)
	for b := range p.full {
		p.free <- b
	}
	if p.now != nil {
		p.free <- p.now
	}
	p.now, p.stop = nil, nil
}

// Read gives the next rows; see [Source].
func (p *Prefetcher) Read(x []float32, labels []int, y []float32) (int, error) {
	rows := room(p, x, labels, y)
	if p.stop == nil {
		return 0, errNotRewound
	}
	n := 0
	for n < rows {
		if p.now == nil {
			b, more := <-p.full
			if !more {
				break
			}
			p.now, p.used = b, 0
		}
		k := min(rows-n, p.now.rows-p.used)
		p.now.give(p.used, k, x, labels, y, n)
		n += k
		if p.used += k; p.used == p.now.rows {
			p.free <- p.now
			p.now = nil
		}
	}
	switch {
	case n == rows:
		return n, nil
	case !errors.Is(p.err, io.EOF):
		return 0, p.err
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// Close ends the goroutine and waits for it: as long as a Read of src under way takes. It
// does not close src. Closing again does nothing.
func (p *Prefetcher) Close() error {
	p.halt()
	p.closed = true
	return nil
}
