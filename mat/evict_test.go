package mat

import (
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
)

// Evict changes nothing, at any place in a line and beside unreadable pages.
func TestEvict(t *testing.T) {
	mem, intact := fenced(t, 3*block)
	for i := range mem {
		mem[i] = float32(i)
	}
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, n := range []int{0, 1, 15, 16, 17, block, block + 1, 2*block + 5} {
			for at := range 17 {
				Evict(mem[at:][:n])
				Evict(mem[len(mem)-n-at:][:n])
			}
		}
		for i, v := range mem {
			if v != float32(i) {
				t.Fatalf("isa %v: element %d is %g", level, i, v)
			}
		}
	})
	if !intact() {
		t.Error("memory beside x is written")
	}
}
