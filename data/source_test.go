package data

import (
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/sinew-ml/sinew/train"
)

// counted returns rows of two inputs that tell their number, with targets.
func counted(rows int, labels bool) *train.Dataset {
	d := &train.Dataset{Inputs: 2}
	for i := range rows {
		d.X = append(d.X, float32(i), -float32(i))
		if labels {
			d.Labels = append(d.Labels, i)
		} else {
			d.Y = append(d.Y, float32(i), float32(i)/2, float32(2*i))
		}
	}
	return d
}

func memorySource(t *testing.T, d *train.Dataset) Source {
	t.Helper()
	s, err := Memory(d)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// order returns the numbers of the rows of a pass, after checking that each row is whole.
func order(t *testing.T, d *train.Dataset) (rows []int) {
	t.Helper()
	out := 0
	if d.Y != nil {
		out = 3
	}
	for i := range d.Rows() {
		n := int(d.X[2*i])
		v := float32(n)
		if d.X[2*i+1] != -v || d.Labels != nil && d.Labels[i] != n || out > 0 && !slices.Equal(d.Y[3*i:3*i+3], []float32{v, v / 2, 2 * v}) {
			t.Fatalf("row %d is mixed: %v", i, d.X[2*i:2*i+2])
		}
		rows = append(rows, n)
	}
	return rows
}

func upTo(n int) (rows []int) {
	for i := range n {
		rows = append(rows, i)
	}
	return rows
}

// Sources that keep the order, over the same rows.
func TestSourcesInOrder(t *testing.T) {
	const rows = 1000 // several pieces of everything
	for _, labels := range []bool{true, false} {
		d := counted(rows, labels)
		a := Arrays{Inputs: npyWith(t, d.X, rows, 2)}
		if labels {
			values := make([]float32, rows)
			for i := range values {
				values[i] = float32(i)
			}
			a.Targets, a.Kind = npyWith(t, values, rows, 1), LabelTargets
		} else {
			a.Targets = npyWith(t, d.Y, rows, 3)
		}
		stream, err := a.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Close()
		if stream.Rows() != rows {
			t.Errorf("%d rows", stream.Rows())
		}
		tall := Prefetch(stream, 2000)
		defer tall.Close()
		inner := Prefetch(memorySource(t, d), 7)
		defer inner.Close()
		for name, s := range map[string]Source{
			"memory":     memorySource(t, d),
			"arrays":     stream,
			"prefetch":   Prefetch(memorySource(t, d), 7),
			"window 1":   Shuffle(memorySource(t, d), 1, 1),
			"in a chain": Prefetch(Shuffle(inner, 1, 1), 10),
		} {
			for pass, n := range []int{1, 3, 10, 300, rows, 5000} {
				if got := drain(t, s, pass, n); !slices.Equal(order(t, got), upTo(rows)) || (got.Labels != nil) != labels {
					t.Errorf("%s, labels %v, %d rows at once: wrong rows", name, labels, n)
				}
			}
			if c, ok := s.(*Prefetcher); ok {
				c.Close()
			}
		}
		if got := drain(t, tall, 0, 100); !slices.Equal(order(t, got), upTo(rows)) {
			t.Error("a buffer of more rows than there are: wrong rows")
		}
	}
}

func TestShuffle(t *testing.T) {
	const rows = 600
	src := memorySource(t, counted(rows, true))
	for _, window := range []int{1, 2, 50, 599, 600, 1000} {
		s := Shuffle(src, window, 5)
		first := order(t, drain(t, s, 0, 13))
		sorted := slices.Clone(first)
		slices.Sort(sorted)
		if !slices.Equal(sorted, upTo(rows)) {
			t.Fatalf("window %d: not every row once", window)
		}
		for place, row := range first {
			if row-place >= window {
				t.Errorf("window %d: row %d is at place %d", window, row, place)
			}
		}
		if again := order(t, drain(t, s, 0, 600)); !slices.Equal(first, again) {
			t.Errorf("window %d: pass 0 differs from itself", window)
		}
		if window == 1 {
			continue
		}
		if next := order(t, drain(t, s, 1, 13)); slices.Equal(first, next) {
			t.Errorf("window %d: pass 1 is pass 0", window)
		}
		if other := order(t, drain(t, Shuffle(src, window, 6), 0, 13)); slices.Equal(first, other) {
			t.Errorf("window %d: the seed does not matter", window)
		}
	}
	// With a window of all rows each row comes to each place equally often.
	const few, passes = 5, 5000
	s := Shuffle(memorySource(t, counted(few, true)), few, 1)
	var counts [few][few]int
	for pass := range passes {
		for place, row := range order(t, drain(t, s, pass, few)) {
			counts[row][place]++
		}
	}
	for row := range counts {
		for place, n := range counts[row] {
			// Five standard deviations of a binomial count.
			if d := math.Abs(float64(n) - passes/few); d > 5*math.Sqrt(passes*0.2*0.8) {
				t.Errorf("row %d came to place %d %d times of %d", row, place, n, passes)
			}
		}
	}
}

// broken gives rows and then an error, or fails to rewind.
type broken struct {
	Source
	rows   int
	rewind error
}

var errBroken = errors.New("broken")

func (b *broken) Rewind(pass int) error {
	if b.rewind != nil {
		return b.rewind
	}
	return b.Source.Rewind(pass)
}

func (b *broken) Read(x []float32, labels []int, y []float32) (int, error) {
	if b.rows -= len(x) / 2; b.rows < 0 {
		return 0, errBroken
	}
	return b.Source.Read(x, labels, y)
}

func TestErrorsPassThrough(t *testing.T) {
	for name, wrap := range map[string]func(Source) Source{
		"shuffle":  func(s Source) Source { return Shuffle(s, 3, 1) },
		"prefetch": func(s Source) Source { return Prefetch(s, 3) },
	} {
		b := &broken{Source: memorySource(t, counted(100, true)), rows: 10}
		s := wrap(b)
		x := make([]float32, 4)
		if n, err := s.Read(x, nil, nil); n != 0 || err != errNotRewound {
			t.Errorf("%s before Rewind: %d, %v", name, n, err)
		}
		if err := s.Rewind(0); err != nil {
			t.Fatal(err)
		}
		rows := 0
		for range 20 {
			n, err := s.Read(x, nil, nil)
			rows += n
			if err != nil {
				if n != 0 || !errors.Is(err, errBroken) {
					t.Errorf("%s: %d, %v", name, n, err)
				}
				break
			}
		}
		if n, err := s.Read(x, nil, nil); n != 0 || !errors.Is(err, errBroken) || rows > 10 {
			t.Errorf("%s after the error: %d, %v; %d rows before", name, n, err, rows)
		}
		b.rewind = errBroken
		if err := s.Rewind(1); !errors.Is(err, errBroken) {
			t.Errorf("%s: Rewind gives %v", name, err)
		}
		if n, err := s.Read(x, nil, nil); n != 0 || err == nil || err == io.EOF {
			t.Errorf("%s after Rewind failed: %d, %v", name, n, err)
		}
		// And then it works again.
		b.rewind, b.rows = nil, 1000
		if got := drain(t, s, 0, 9); got.Rows() != 100 {
			t.Errorf("%s: %d rows", name, got.Rows())
		}
		if p, ok := s.(*Prefetcher); ok {
			p.Close()
		}
	}
}

// gated gives one block of rows for each token.
type gated struct {
	Source
	tokens chan bool
	reads  chan bool // one per Read begun
}

func (g *gated) Read(x []float32, labels []int, y []float32) (int, error) {
	g.reads <- true
	<-g.tokens
	return g.Source.Read(x, labels, y)
}

// In a synctest bubble the test fails if a goroutine is left, and Wait returns when
// all of them are blocked: so nothing here depends on time.
func TestPrefetchReadsAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gated{Source: memorySource(t, counted(100, true)), tokens: make(chan bool, 100), reads: make(chan bool, 100)}
		p := Prefetch(g, 4)
		if err := p.Rewind(0); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(g.reads) != 1 {
			t.Fatalf("%d reads after Rewind, want 1: the first block is not fetched", len(g.reads))
		}
		g.tokens <- true
		synctest.Wait()
		if len(g.reads) != 2 {
			t.Fatalf("%d reads when the first block is there, want 2", len(g.reads))
		}
		// The second block is still being read: rows of the first do not wait for it.
		x, labels := make([]float32, 4), make([]int, 2)
		for i := range 2 {
			if n, err := p.Read(x, labels, nil); n != 2 || err != nil || labels[1] != 2*i+1 {
				t.Fatalf("%d rows, %v, %v", n, labels, err)
			}
		}
		g.tokens <- true
		g.tokens <- true
		synctest.Wait()
		// Both buffers are full: no more is read until one is free.
		if len(g.reads) != 3 {
			t.Fatalf("%d reads with both buffers full, want 3", len(g.reads))
		}
		if _, err := p.Read(x, labels, nil); err != nil || labels[0] != 4 {
			t.Fatalf("%v, %v", labels, err)
		}
		for range 50 {
			g.tokens <- true
		}
		// The next pass begins at its beginning, whatever was read ahead.
		if got := drain(t, p, 1, 5); !slices.Equal(order(t, got), upTo(100)) {
			t.Error("wrong rows after an unfinished pass")
		}
		for range 3 {
			if err := p.Rewind(2); err != nil {
				t.Fatal(err)
			}
		}
		p.Close()
		p.Close()
		if _, err := p.Read(x, labels, nil); err != errNotRewound {
			t.Errorf("Read after Close: %v", err)
		}
		wantError(t, p.Rewind(3), "after Close")
		Prefetch(g, 4).Close() // never begun
	})
}

func TestSourcePanics(t *testing.T) {
	s := memorySource(t, counted(3, false))
	if err := s.Rewind(0); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(){
		"no row":   func() { s.Read(make([]float32, 1), nil, nil) },
		"labels":   func() { s.Read(make([]float32, 4), make([]int, 1), nil) },
		"y":        func() { s.Read(make([]float32, 4), nil, make([]float32, 5)) },
		"window":   func() { Shuffle(s, 0, 1) },
		"prefetch": func() { Prefetch(s, 0) },

		"huge window":   func() { Shuffle(s, MaxValues, 1) },
		"huge prefetch": func() { Prefetch(s, MaxValues) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if _, text := recover().(string); !text {
					t.Error("no panic with a text")
				}
			}()
			f()
		})
	}
}

func TestMemoryErrors(t *testing.T) {
	nan := float32(math.NaN())
	for want, d := range map[string]*train.Dataset{
		"nil":                         nil,
		"0 values for rows of 2":      {Inputs: 2},
		"3 values for rows of 2":      {Inputs: 2, X: make([]float32, 3)},
		"rows of 0":                   {X: make([]float32, 3)},
		"1 labels for 2 rows":         {Inputs: 1, X: make([]float32, 2), Labels: []int{1}},
		"3 target values for 2":       {Inputs: 1, X: make([]float32, 2), Y: make([]float32, 3)},
		"both Labels and Y":           {Inputs: 1, X: make([]float32, 2), Labels: []int{1, 1}, Y: make([]float32, 2)},
		"1 weights for 2 rows":        {Inputs: 1, X: make([]float32, 2), Weights: []float32{1}},
		"cannot pass on":              {Inputs: 1, X: make([]float32, 1), Weights: []float32{1}},
		"X is NaN in row 1, column 0": {Inputs: 2, X: []float32{0, 0, nan, 0}},
		"Y is NaN in row 0, column 1": {Inputs: 1, X: []float32{0}, Y: []float32{0, nan}},
	} {
		_, err := Memory(d)
		wantError(t, err, "data: ", want)
	}
	// Without targets.
	if d := drain(t, memorySource(t, &train.Dataset{Inputs: 1, X: []float32{1, 2, 3}}), 0, 2); d.Rows() != 3 || d.Labels != nil {
		t.Errorf("%+v", d)
	}
}

// The rows of errors are counted from the beginning of the pass.
func TestStreamErrorRows(t *testing.T) {
	const rows, bad = 2000, 1234
	for want, spoil := range map[string]func(x, y []float32){
		"in row 1234, column 1": func(x, _ []float32) { x[2*bad+1] = float32(math.NaN()) },
		"in row 1234, column 0": func(_, y []float32) { y[bad] = float32(math.Inf(1)) },
		"label 0.5 in row 1234": func(_, y []float32) { y[bad] = 0.5 },
	} {
		x, y := make([]float32, 2*rows), make([]float32, rows)
		spoil(x, y)
		a := Arrays{Inputs: npyWith(t, x, rows, 2), Targets: npyWith(t, y, rows)}
		if strings.HasPrefix(want, "label") {
			a.Kind = LabelTargets
		}
		_, err := a.Load()
		wantError(t, err, want)
		s, err := a.Open()
		if err == nil {
			err = s.Rewind(0)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		// Some are read in batches of 300, more than is taken from the targets at once.
		for range 20 {
			if _, err = s.Read(make([]float32, 600), make([]int, 300), make([]float32, 300)); err != nil {
				break
			}
		}
		wantError(t, err, want)
	}
}

func TestReadAllocations(t *testing.T) {
	d := counted(100, true)
	a, err := Arrays{Inputs: npyWith(t, d.X, 100, 2)}.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	p := Prefetch(memorySource(t, d), 30)
	defer p.Close()
	x, labels := make([]float32, 10), make([]int, 5)
	for name, s := range map[string]Source{
		"memory": memorySource(t, d), "shuffle": Shuffle(memorySource(t, d), 20, 1), "prefetch": p, "arrays": a,
	} {
		if err := s.Rewind(0); err != nil {
			t.Fatal(err)
		}
		s.Read(x, labels, nil)
		if n := testing.AllocsPerRun(10, func() {
			if _, err := s.Read(x, labels, nil); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %g allocations per Read", name, n)
		}
	}
}
