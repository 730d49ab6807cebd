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
	var rows int
	var tuned, scratch float64
	if _, err := fmt.Sscanf(out.String(), "last layer tuned on %d rows: accuracy %g\ntrained from scratch on %d rows: accuracy %g", &rows, &tuned, &rows, &scratch); err != nil || !(tuned > 0.9 && tuned > scratch) {
		t.Errorf("%v\n%s", err, out.String())
	}
}
