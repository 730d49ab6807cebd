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
	var mean, together float64
	if _, err := fmt.Sscanf(out.String(), "accuracy of a member %g on average, of all together %g", &mean, &together); err != nil || !(mean > 0.9 && together >= mean) {
		t.Errorf("%v\n%s", err, out.String())
	}
}
