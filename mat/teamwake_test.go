package mat

import (
	"testing"
	"time"
)

// A helper that is held up between finishing a run and looking whether the caller sleeps
// may find it asleep in the next run: that wakes the caller, but must not end the run.
func TestTeamLateWake(t *testing.T) {
	team := &Team{workers: 2, done: make(chan struct{}, 1)}
	team.pending.Store(1) // the helper's part of the run at hand
	returned := make(chan struct{})
	go func() {
		team.wait()
		close(returned)
	}()
	// sleeping turns waiting off as help does, once the caller sleeps.
	sleeping := func() {
		for range 10_000 {
			if team.waiting.CompareAndSwap(true, false) {
				return
			}
			select {
			case <-returned:
				t.Fatal("the caller went on before the helper had finished")
			case <-time.After(time.Millisecond):
			}
		}
		t.Fatal("the caller does not sleep")
	}
	for range 3 { // late, for the run before
		sleeping()
		team.done <- struct{}{}
	}
	sleeping() // in time
	team.pending.Store(0)
	team.done <- struct{}{}
	select {
	case <-returned:
	case <-time.After(10 * time.Second):
		t.Fatal("the caller sleeps on")
	}
}
