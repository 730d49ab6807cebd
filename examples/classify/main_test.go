package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(&out, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	var accuracy, loss, error float64
	lines := strings.Split(out.String(), "\n")
	if _, err := fmt.Sscanf(lines[len(lines)-3], "accuracy %g, log loss %g, calibration error %g", &accuracy, &loss, &error); err != nil || !(accuracy > 0.95 && loss < 0.2 && error < 0.1) {
		t.Errorf("%v\n%s", err, out.String())
	}
	if !strings.Contains(out.String(), "read back, the first digit is a ") {
		t.Error(out.String())
	}
}
