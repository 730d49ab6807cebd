package train

import (
	"testing"
	"time"

	"github.com/sinew-ml/sinew/net"
)

// The fastest way is found from full batches, kept, and looked for again.
func TestPace(t *testing.T) {
	var p pace
	for _, fastest := range []way{apart, alone, together} {
		measured := 0
		for i := range int(ways)*tryWay + keepWay {
			if w, m := p.next(false); m || i > 0 && w != p.way {
				t.Fatalf("step %d of fastest way %d: an incomplete batch is measured or changes the way", i, fastest)
			}
			w, m := p.next(true)
			switch {
			case i >= int(ways)*tryWay:
				if m || w != fastest {
					t.Fatalf("step %d goes way %d, want %d", i, w, fastest)
				}
			case w != way(i/tryWay):
				t.Fatalf("step %d goes way %d", i, w)
			case m:
				measured++
				d := time.Duration(300 + 7*(i%tryWay))
				if w == fastest {
					d -= 100
				}
				p.took(d)
			}
		}
		if measured != int(ways)*(tryWay-settle) {
			t.Errorf("%d steps measured", measured)
		}
	}
}

// No way of sharing a step allocates, nor does the change from one to another.
func TestEveryWayAllocatesNothing(t *testing.T) {
	const in, rows = 100, 64
	m, err := net.New(net.Config{Inputs: in, Layers: []net.Layer{{Units: 300, Activation: net.ReLU, Norm: net.LayerNorm}, {Units: 10}}})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	tr, err := New(m, Config{Workers: 2, BatchSize: rows})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	b := net.Batch{X: make([]float32, rows*in), Y: make([]float32, rows*10)}
	var shared [ways]bool
	if n := testing.AllocsPerRun(5, func() {
		tr.pace = pace{}
		for range int(ways) * tryWay { // a trial
			if _, err := tr.Step(b); err != nil {
				t.Fatal(err)
			}
			shared[tr.pace.way] = tr.ws.Shared()
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if want := [ways]bool{together: true, apart: true}; shared != want {
		t.Errorf("ways that share: %v, want %v", shared, want)
	}
}
