package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

// TestStreamFails: a file that can no longer be read in the middle of a run ends it with an
// error, and the model file has what was learned.
func TestStreamFails(t *testing.T) {
	t.Chdir(t.TempDir())
	rows := "a,b,kind\n" + strings.Repeat("1,2,x\n3,4,y\n", 200)
	if err := os.WriteFile("rows.csv", []byte(rows), 0o666); err != nil {
		t.Fatal(err)
	}
	trained := make(chan struct{})
	go func() {
		defer close(trained)
		for range 10_000 { // until a step has been made
			if _, err := os.Stat("run.ckpt"); err == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		os.WriteFile("rows.csv.new", []byte(rows+"5,five,x\n"), 0o666)
		os.Rename("rows.csv.new", "rows.csv")
	}()
	var out, errs bytes.Buffer
	code := run(t.Context(), strings.Fields("train --data rows.csv --label kind --stream 50 --epochs 1000000 --test 0 --plot= --checkpoint run.ckpt"), nil, &out, &errs)
	<-trained
	for _, want := range []string{`rows.csv: line 402, column 2 ("b"): "five": want a number`, "; model.safetensors holds the weights after step "} {
		if code != 1 || !strings.Contains(errs.String(), want) {
			t.Errorf("exit status %d, %q: want 1 and %q", code, errs.String(), want)
		}
	}
	succeed(t, "inspect", "model.safetensors")
}
