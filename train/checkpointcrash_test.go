package train_test

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sinew-ml/sinew/train"
)

// crashing is a run of 200 checkpoints.
func crashing(dir string) (small, string) {
	s, path := smalls()[0], filepath.Join(dir, "c")
	s.config.Epochs, s.config.KeepBest = 40, true
	s.config.Checkpoint = train.Checkpoint{Path: path, Steps: 1, Keep: 3}
	return s, path
}

const crashDir = "SINEW_TEST_CHECKPOINT_DIR"

// TestCheckpointChild is the process that TestKill kills: it goes on with the run and
// leaves a file when it is done.
func TestCheckpointChild(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("TestKill starts it")
	}
	s, path := crashing(dir)
	tr := s.trainer(t, 1, s.config)
	if _, err := tr.Resume(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if _, err := s.fit(context.Background(), tr); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "done"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

// A process that is killed 100 times at random moments, writing checkpoints all the time,
// ends in the bits of one that was left alone.
func TestKill(t *testing.T) {
	kills := 100
	if testing.Short() {
		kills = 5
	}
	const seed = 3
	random := rand.New(rand.NewPCG(seed, 0))
	s, _ := crashing(t.TempDir())
	s.config.Checkpoint = train.Checkpoint{}
	tr := s.trainer(t, 1, s.config)
	h, err := s.fit(context.Background(), tr)
	want := outcomeOf(tr, h, err)

	runs, left, gaps := 0, 0, 0
	for killed := 0; killed < kills; runs++ {
		dir := t.TempDir()
		for start := 0; ; start++ {
			if start > 1000 {
				t.Fatal("the run does not come to its end")
			}
			cmd := exec.Command(os.Args[0], "-test.run=^TestCheckpointChild$")
			cmd.Env = append(os.Environ(), crashDir+"="+dir)
			var out strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Skip("cannot start a process: ", err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			delay := time.Hour // to its end
			if killed < kills {
				delay = time.Duration(random.Int64N(int64(120 * time.Millisecond)))
			}
			select {
			case err = <-ended:
			case <-time.After(delay):
				if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
					t.Fatal(err)
				}
				err = <-ended
			}
			if err == nil {
				break
			}
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.Exited() {
				if start == 0 && strings.Contains(out.String(), "exec format error") {
					t.Skip("cannot start a process under this emulator")
				}
				t.Fatalf("seed %d, run %d, start %d: %v\n%s", seed, runs, start, err, out.String())
			}
			killed++
			files := names(t, dir)
			if strings.Contains(files, ".tmp") {
				left++
			}
			if !strings.Contains(files+" ", "c ") && strings.Contains(files, "c.1") {
				gaps++
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "done")); err != nil {
			t.Fatal(err)
		}
		s, path := crashing(dir)
		tr := s.trainer(t, 9, s.config)
		if r, err := tr.Resume(path); err != nil || r.Skipped != nil || r.Epochs != 40 {
			t.Fatalf("the finished run: %+v, %v", r, err)
		}
		h, err := s.fit(context.Background(), tr)
		got := outcomeOf(tr, h, err)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d, run %d: %s", seed, runs, got.diff(&want))
		}
		if files := names(t, dir); files != "c c.1 c.2 done" {
			t.Errorf("files %s", files)
		}
	}
	t.Logf("%d kills in %d runs; %d of them while a file was written, %d between two renames", kills, runs, left, gaps)
}
