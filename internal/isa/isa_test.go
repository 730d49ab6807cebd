package isa

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for level, want := range map[Level]string{
		Generic: "generic", AVX2: "avx2", AVX512: "avx512", NEON: "neon", NEON + 1: "Level(4)", 255: "Level(255)",
	} {
		if got := level.String(); got != want {
			t.Errorf("Level(%d).String() = %q, want %q", uint8(level), got, want)
		}
	}
	for level := range Level(len(names)) {
		if fused := level != Generic; level.Fused() != fused {
			t.Errorf("%v.Fused() = %v, want %v", level, level.Fused(), fused)
		}
	}
}

func TestAvailable(t *testing.T) {
	levels := Available()
	if len(levels) == 0 || levels[0] != Generic {
		t.Fatalf("Available() = %v, want generic first", levels)
	}
	if !slices.IsSorted(levels) || len(slices.Compact(slices.Clone(levels))) != len(levels) {
		t.Errorf("Available() = %v, want each level once, slowest first", levels)
	}
	belongs := map[string][]Level{"amd64": {Generic, AVX2, AVX512}, "arm64": {Generic, NEON}}[runtime.GOARCH]
	if belongs == nil {
		belongs = []Level{Generic}
	}
	for _, level := range levels {
		if !slices.Contains(belongs, level) {
			t.Errorf("%v is available on %s", level, runtime.GOARCH)
		}
	}
	if !slices.Contains(levels, Active()) {
		t.Errorf("Active() = %v is not in Available() = %v", Active(), levels)
	}
	levels[0] = 255
	if Available()[0] != Generic {
		t.Error("Available returns its own memory: a caller changed it")
	}
}

// TestDetected holds the level chosen at start to be the last available one, or
// the one that the variable names.
func TestDetected(t *testing.T) {
	value := os.Getenv(EnvVar)
	want := available[len(available)-1]
	valid := value == ""
	for _, level := range available {
		if level.String() == value {
			want, valid = level, true
		}
	}
	if Active() != want {
		t.Errorf("%s=%q: level %v, want %v", EnvVar, value, Active(), want)
	}
	if (Err() == nil) != valid {
		t.Errorf("%s=%q: Err() = %v", EnvVar, value, Err())
	}
}

// TestEnvironment starts this test binary anew with the variable set.
func TestEnvironment(t *testing.T) {
	binary, err := os.Executable()
	if err != nil {
		t.Skip("this system starts no programs: ", err)
	}
	for _, value := range []string{"", "generic", available[len(available)-1].String(), "neno", "AVX2", unavailable(t).String()} {
		cmd := exec.Command(binary, "-test.run=^TestDetected$")
		cmd.Env = append(os.Environ(), EnvVar+"="+value)
		out, err := cmd.CombinedOutput()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			t.Skipf("this binary cannot be started again, as in an emulator: %v", err)
		}
		if err != nil {
			t.Errorf("%s=%q: %v\n%s", EnvVar, value, err, out)
		}
	}
}

// unavailable returns a level that this machine and build cannot run; there is
// always one, as avx2 and neon exclude each other.
func unavailable(t *testing.T) Level {
	t.Helper()
	for level := range Level(len(names)) {
		if !runs(level) {
			return level
		}
	}
	t.Fatal("every level is available")
	return 0
}

func TestOverride(t *testing.T) {
	t.Cleanup(Force(Active()))
	for _, level := range available {
		active = available[0]
		if err := override(level.String()); err != nil || active != level {
			t.Errorf("override(%q) = %v, level %v", level, err, active)
		}
	}
	for _, before := range available {
		active = before
		if err := override(""); err != nil || active != before {
			t.Errorf("override of nothing = %v, level %v, want %v kept", err, active, before)
		}
		for _, value := range []string{unavailable(t).String(), "avx", "AVX512", " generic", "Level(1)", "auto"} {
			err := override(value)
			if err == nil {
				t.Errorf("override(%q) = nil, want an error", value)
				continue
			}
			for _, part := range append([]string{EnvVar, value, "available: generic"}, list(available)) {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("override(%q) = %q, want %q in it", value, err, part)
				}
			}
			if active != before {
				t.Errorf("override(%q) failed, but level %v became %v", value, before, active)
			}
		}
	}
}

func TestForce(t *testing.T) {
	start := Active()
	for _, level := range Available() {
		restore := Force(level)
		if Active() != level {
			t.Errorf("Force(%v): level %v", level, Active())
		}
		restoreInner := Force(Generic)
		if Active() != Generic {
			t.Errorf("Force(generic): level %v", Active())
		}
		restoreInner()
		if Active() != level {
			t.Errorf("restored level %v, want %v", Active(), level)
		}
		restore()
		if Active() != start {
			t.Errorf("restored level %v, want %v", Active(), start)
		}
	}
	for _, level := range []Level{unavailable(t), 255} {
		func() {
			defer func() {
				if r := recover(); r != "isa: Force: level not available on this machine" {
					t.Errorf("Force(%v): panic %v", level, r)
				}
			}()
			Force(level)
		}()
		if Active() != start {
			t.Errorf("Force(%v) panicked, but level %v became %v", level, start, Active())
		}
	}
}
