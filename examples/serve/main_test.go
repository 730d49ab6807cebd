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
	if want := "30000 requests answered, model replaced 1 time, the first flower is of class 0\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}
