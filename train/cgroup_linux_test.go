package train_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// quotaChild marks the process that works under a limit of TestQuotaUnderLoad.
const quotaChild = "SINEW_TEST_QUOTA"

// Steps and meetings of all workers that the child makes for each number of workers.
const quotaSteps, quotaRuns = 200, 10_000

// TestQuotaChild trains and prints a line for each number of workers: what it made, the hash of
// the weights, and the processor time it took.
func TestQuotaChild(t *testing.T) {
	if os.Getenv(quotaChild) == "" {
		t.Skip("TestQuotaUnderLoad starts it")
	}
	data, _ := digits()
	b := net.Batch{X: data.X[:64*64], Labels: data.Labels[:64]}
	for _, workers := range []int{1, 2, 4} {
		began := processorTime(t)
		m := wholeHouse(t, 100)
		c := everyOption(train.AdamW{})
		// Only full batches are tried in other ways (pace): these are shared, all of them.
		c.Workers, c.BatchSize = workers, 65
		tr := trainer(t, m, c)
		for range quotaSteps {
			if _, err := tr.Step(b); err != nil {
				t.Fatal(err)
			}
		}
		tr.Close()
		team := mat.NewTeam(workers)
		counts := make([][16]int, workers) // a cache line or more each
		for range quotaRuns {
			team.Run(func(worker, _ int) { counts[worker][0]++ })
		}
		team.Close()
		met := 0
		for i := range counts {
			met += counts[i][0]
		}
		fmt.Printf("QUOTA %d %d %d %d %x %d\n", workers, runtime.GOMAXPROCS(0), tr.Steps(), met, hash(m.Params()), processorTime(t)-began)
	}
}

// processorTime is that of all threads so far, in microseconds.
func processorTime(t *testing.T) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return u.Utime.Nano()/1000 + u.Stime.Nano()/1000
}

// TestQuotaUnderLoad trains in a process that gets half a processor, or one, from its control
// group, and in one that is stopped half of the time, as a quota stops all threads. Workers that
// wait for each other lose their processor at any point: still all steps are made, with the bits
// of one worker, and waiting does not use up the quota.
func TestQuotaUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds, and emulators cannot start a child")
	}
	// Short periods interrupt often: 100 times a second at the least.
	const period = 10 * time.Millisecond
	for _, quota := range []time.Duration{period / 2, period} {
		t.Run(fmt.Sprintf("cgroup of %v each %v", quota, period), func(t *testing.T) {
			dir := limitedGroup(t, quota, period)
			// The shell joins the group before it becomes the child: Go looks once, at its start.
			cmd := quotaCommand(t, "/bin/sh", "-c", `echo $$ >"$0/cgroup.procs" || exit 77; exec "$@"`, dir)
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == 77 {
				t.Skipf("the group takes no process: %s", out)
			}
			checkQuota(t, out, err)
			stat, err := os.ReadFile(filepath.Join(dir, "cpu.stat"))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("cpu.stat: %s", strings.Join(strings.Fields(string(stat)), " "))
		})
	}
	t.Run("stopped half of the time", func(t *testing.T) {
		cmd := quotaCommand(t)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- cmd.Wait() }()
		tick := time.NewTicker(period / 2)
		defer tick.Stop()
		stops := 0
		for {
			select {
			case err := <-done:
				checkQuota(t, out.Bytes(), err)
				t.Logf("%d stops", stops/2)
				return
			case <-tick.C:
			}
			s := syscall.SIGCONT
			if stops%2 == 0 {
				s = syscall.SIGSTOP
			}
			stops++
			if err := cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Error(err)
			}
		}
	})
}

// quotaCommand is the child's, with a program before it; it is killed if it does not end.
func quotaCommand(t *testing.T, before ...string) *exec.Cmd {
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	args := append(before, binary, "-test.run=^TestQuotaChild$")
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "GOMAXPROCS=") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, quotaChild+"=1")
	return cmd
}

// checkQuota reads the child's lines.
func checkQuota(t *testing.T, out []byte, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("child: %v\n%.2000s", err, out)
	}
	lines, want, alone := 0, "", int64(0)
	for line := range strings.Lines(string(out)) {
		var workers, procs, steps, met int
		var bits string
		var spent int64
		if n, _ := fmt.Sscanf(line, "QUOTA %d %d %d %d %s %d", &workers, &procs, &steps, &met, &bits, &spent); n != 6 {
			continue
		}
		lines++
		if workers == 1 {
			want, alone = bits, spent
		}
		t.Logf("%d workers, GOMAXPROCS %d: %d steps, %d meetings, weights %s, %d ms of processor time", workers, procs, steps, met, bits, spent/1000)
		if steps != quotaSteps || met != quotaRuns*workers {
			t.Errorf("%d workers: %d steps and %d meetings, want %d and %d", workers, steps, met, quotaSteps, quotaRuns*workers)
		}
		if bits != want {
			t.Errorf("%d workers: weights %s, those of one worker are %s", workers, bits, want)
		}
		// Steps cost several workers up to four times as much where their caches are far apart. In a
		// meeting, of which a step has fewer than 50, each worker looks 2000 times, some 50 to 150 µs,
		// and sleeps: if others use the processors, that is what a meeting costs. With more workers
		// than processors none looks, and sleeping and waking take a few µs. If they did, those that
		// wait would take the time from those that work.
		each := int64(200)
		if workers > procs {
			each = 10
		}
		if most := 4*alone + each*(quotaRuns+50*quotaSteps)*int64(workers); spent > most {
			t.Errorf("%d workers take %d µs of processor time, want at most %d (one worker takes %d)", workers, spent, most, alone)
		}
	}
	if lines != 3 {
		t.Fatalf("%d lines of the child\n%.2000s", lines, out)
	}
}

// limitedGroup makes a control group below the process's own with a limit on processor time, and
// removes it at the end. Where that is not allowed the test is skipped.
func limitedGroup(t *testing.T, quota, period time.Duration) string {
	parent, version, err := ownGroup()
	if err != nil {
		t.Skip(err)
	}
	dir, err := os.MkdirTemp(parent, "sinew-test-")
	if err != nil {
		t.Skip("no control group can be made: ", err)
	}
	t.Cleanup(func() {
		var err error
		for range 100 { // a process that has ended leaves its group a little later
			if err = os.Remove(dir); err == nil || errors.Is(err, fs.ErrNotExist) {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Error(err)
	})
	us := func(d time.Duration) string { return strconv.FormatInt(d.Microseconds(), 10) }
	limits := map[string]string{"cpu.max": us(quota) + " " + us(period)}
	if version == 1 {
		limits = map[string]string{"cpu.cfs_period_us": us(period), "cpu.cfs_quota_us": us(quota)}
	}
	for name, value := range limits {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Skip("the controller of processor time is not passed on to groups below this one: ", err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(value), 0); err != nil {
			t.Skip("no limit can be set: ", err)
		}
	}
	return dir
}

// ownGroup returns the directory of the process's group for processor time, and the version of
// its hierarchy.
func ownGroup() (dir string, version int, err error) {
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", 0, err
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", 0, err
	}
	for line := range strings.Lines(string(groups)) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3) // number, controllers, path
		if len(f) < 3 {
			continue
		}
		kind, v := "cgroup2", 2
		if f[1] != "" {
			kind, v = "cgroup", 1
			if !hasWord(f[1], "cpu") {
				continue
			}
		}
		for line := range strings.Lines(string(mounts)) {
			// Two lists of fields: ... root, mount point ... - type, source, options.
			left, right, _ := strings.Cut(strings.TrimSpace(line), " - ")
			l, r := strings.Fields(left), strings.Fields(right)
			if len(l) < 5 || len(r) < 3 || r[0] != kind || v == 1 && !hasWord(r[2], "cpu") {
				continue
			}
			within, below := strings.CutPrefix(f[2], strings.TrimSuffix(l[3], "/"))
			if !below || strings.HasPrefix(within, "/..") {
				return "", 0, fmt.Errorf("group %s is not below %s, which is mounted", f[2], l[3])
			}
			if dir == "" || v == 1 { // a controller of version 1 is not in version 2's hierarchy
				dir, version = filepath.Join(l[4], within), v
			}
			break
		}
	}
	if dir == "" {
		return "", 0, errors.New("no control groups are mounted")
	}
	return dir, version, nil
}

func hasWord(list, word string) bool {
	for w := range strings.SplitSeq(list, ",") {
		if w == word {
			return true
		}
	}
	return false
}
