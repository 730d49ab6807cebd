package train_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// A checkpoint keeps the note, and a run that resumes it may have another.
func TestCheckpointNote(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	c := net.Config{Inputs: 2, Layers: []net.Layer{{Units: 1}}, Loss: net.MSE}
	with := func(note string) *train.Trainer {
		return trainer(t, network(t, c), train.Config{Checkpoint: train.Checkpoint{Path: path, Note: note}})
	}
	for _, note := range []string{"", `{"unit": "m²"}`, strings.Repeat("x", 64<<10)} {
		if err := with(note).Save(path); err != nil {
			t.Fatal(err)
		}
		if got, err := train.LoadNote(path); err != nil || got != note {
			t.Errorf("note %.20q of %d bytes, want %.20q (%v)", got, len(got), note, err)
		}
		if _, err := train.LoadNetwork(path); err != nil {
			t.Error(err)
		}
		if _, err := with("another").Resume(path); err != nil {
			t.Error(err)
		}
	}
	for _, note := range []string{strings.Repeat("x", 64<<10+1), "\xff"} {
		if _, err := train.New(network(t, c), train.Config{Checkpoint: train.Checkpoint{Note: note}}); err == nil || !strings.Contains(err.Error(), "want UTF-8 of at most 65536") {
			t.Errorf("note of %d bytes: error %v", len(note), err)
		}
	}
	model := filepath.Join(t.TempDir(), "m")
	if err := network(t, c).SaveFile(model); err != nil {
		t.Fatal(err)
	}
	if _, err := train.LoadNote(model); err == nil || !strings.Contains(err.Error(), "a model, not a checkpoint") {
		t.Errorf("of a model: error %v", err)
	}
}
