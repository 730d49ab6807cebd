//go:build linux || darwin

package train_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/sinew-ml/sinew/train"
)

const fullDir = "SINEW_TEST_CHECKPOINT_FULL"

// full is a run of which the disk has room for the first seven checkpoints.
func full(dir string) (small, string) {
	s, path := smalls()[0], filepath.Join(dir, "c")
	s.config.Checkpoint = train.Checkpoint{Path: path, Steps: 1}
	return s, path
}

// TestCheckpointFullChild is the process of TestCheckpointDiskFull whose files may not grow:
// the limit would also hit what the test command writes.
func TestCheckpointFullChild(t *testing.T) {
	dir := os.Getenv(fullDir)
	if dir == "" {
		t.Skip("TestCheckpointDiskFull starts it")
	}
	signal.Ignore(syscall.SIGXFSZ)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	s, _ := full(dir)
	calls := 0
	s.config.Progress = func(p train.Progress) {
		if calls++; calls == 7 {
			limit := syscall.Rlimit{Cur: 3000, Max: old.Max}
			if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
				t.Fatal(err)
			}
		}
		if (p.NotSaved != nil) != (calls > 7) {
			t.Errorf("call %d: NotSaved is %v", calls, p.NotSaved)
		}
	}
	if _, err := s.fit(context.Background(), s.trainer(t, 1, s.config)); !errors.Is(err, syscall.EFBIG) || calls != 15 {
		t.Errorf("%d calls, error %v, want %v in it", calls, err, syscall.EFBIG)
	}
}

// TestCheckpointDiskFull uses the limit on file sizes as a disk that runs full in the middle
// of a run: the newest file that was written whole stays, and the run goes on from it.
func TestCheckpointDiskFull(t *testing.T) {
	dir := t.TempDir()
	s, path := full(dir)
	c := s.config
	c.Checkpoint = train.Checkpoint{}
	tr := s.trainer(t, 1, c)
	h, err := s.fit(context.Background(), tr)
	want := outcomeOf(tr, h, err)

	cmd := exec.Command(os.Args[0], "-test.run=^TestCheckpointFullChild$")
	cmd.Env = append(os.Environ(), fullDir+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		if _, ran := errors.AsType[*exec.ExitError](err); !ran || strings.Contains(string(out), "exec format error") {
			t.Skip("cannot start a process: ", err)
		}
		t.Fatalf("%v\n%s", err, out)
	}
	if files := names(t, dir); files != "c c.1" {
		t.Errorf("files %s", files)
	}
	tr = s.trainer(t, 2, s.config)
	// Calls are four steps and an end an epoch.
	if r, err := tr.Resume(path); err != nil || r.Path != path || r.Skipped != nil || r.Epochs != 1 || r.Step != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	h, err = s.fit(context.Background(), tr)
	got := outcomeOf(tr, h, err)
	if d := got.diff(&want); d != "" {
		t.Error(d)
	}
}
