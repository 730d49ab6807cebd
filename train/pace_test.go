package train

import (
	"testing"
	"time"
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
