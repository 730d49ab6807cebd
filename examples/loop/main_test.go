package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(&out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var step int
	var loss, inside, outside float64
	if _, err := fmt.Sscanf(lines[3], "step %d: loss %g", &step, &loss); err != nil || !(loss < 0.15) {
		t.Errorf("%v\n%s", err, out.String())
	}
	if _, err := fmt.Sscanf(lines[4], "[0 0] lies inside with probability %g", &inside); err != nil || !(inside > 0.9) {
		t.Errorf("%v\n%s", err, out.String())
	}
	if _, err := fmt.Sscanf(lines[5], "[0.9 0.9] lies inside with probability %g", &outside); err != nil || !(outside < 0.1) {
		t.Errorf("%v\n%s", err, out.String())
	}
}
