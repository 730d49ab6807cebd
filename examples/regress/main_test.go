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
	var mean, network, r2, mae float64
	if _, err := fmt.Sscanf(out.String(), "predicting the mean costs %g, the network %g\non new patients: R2 %g, mean absolute error %g", &mean, &network, &r2, &mae); err != nil || !(network < 0.6*mean && r2 > 0.3 && mae < 60) {
		t.Errorf("%v\n%s", err, out.String())
	}
}
