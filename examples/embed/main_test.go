package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(&out); err != nil {
		t.Fatal(err)
	}
	const want = "[5.1 3.5 1.4 0.2] is setosa\n[6 2.9 4.5 1.5] is versicolor\n[6.7 3.1 5.6 2.4] is virginica\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}
