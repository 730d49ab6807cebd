package mat_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/mat"
)

// Every worker runs once per call, whether it was awake or asleep.
func TestTeamRuns(t *testing.T) {
	for _, workers := range []int{1, 2, 3, 8} {
		team := mat.NewTeam(workers)
		var calls [8]atomic.Int32
		wrong := atomic.Int32{}
		f := func(worker, of int) {
			if of != workers {
				wrong.Add(1)
			}
			calls[worker].Add(1)
		}
		const runs = 2000
		for i := range runs {
			team.Run(f)
			for w := range calls[:workers] {
				if n := calls[w].Load(); n != int32(i+1) {
					t.Fatalf("%d workers, run %d: worker %d ran %d times", workers, i, w, n)
				}
			}
			if i%200 == 0 {
				time.Sleep(2 * time.Millisecond) // asleep by now
			}
		}
		if wrong.Load() != 0 || team.Workers() != workers {
			t.Errorf("%d workers: told another number", workers)
		}
		team.Close()
		team.Close()
		one := make([]float32, 1)
		for name, use := range map[string]func(){
			"Run":  func() { team.Run(f) },
			"Gemm": func() { team.Gemm(mat.NoTrans, mat.NoTrans, 1, 1, 1, 1, one, 1, one, 1, 0, one, 1) }, // too small to share
		} {
			func() {
				defer func() {
					if p := recover(); p != "mat: Team is closed" {
						t.Errorf("%s of a closed team: panic %v", name, p)
					}
				}()
				use()
			}()
		}
	}
}

// A worker that is late is waited for, on whichever side.
func TestTeamWaits(t *testing.T) {
	team := mat.NewTeam(3)
	defer team.Close()
	for late := range 3 {
		var done atomic.Int32
		team.Run(func(worker, _ int) {
			if worker == late {
				time.Sleep(5 * time.Millisecond)
			}
			done.Add(1)
		})
		if done.Load() != 3 {
			t.Errorf("worker %d late: Run returned with %d of 3 done", late, done.Load())
		}
	}
}

func TestTeamPanics(t *testing.T) {
	team := mat.NewTeam(3)
	defer team.Close()
	for bad := range 3 {
		func() {
			defer func() {
				if p := recover(); p != "stop" {
					t.Errorf("worker %d: recovered %v, want stop", bad, p)
				}
			}()
			team.Run(func(worker, _ int) {
				if worker == bad {
					panic("stop")
				}
			})
		}()
		ran := atomic.Int32{}
		team.Run(func(int, int) { ran.Add(1) })
		if ran.Load() != 3 {
			t.Errorf("after a panic of worker %d %d of 3 run", bad, ran.Load())
		}
	}
}

func TestTeamLeavesNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		team := mat.NewTeam(4)
		team.Run(func(int, int) {})
		team.Close()
	}
	for range 200 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func TestTeamAllocatesNothing(t *testing.T) {
	team := mat.NewTeam(2)
	defer team.Close()
	a, b, c := make([]float32, 128*128), make([]float32, 128*128), make([]float32, 128*128)
	if n := testing.AllocsPerRun(20, func() {
		team.Gemm(mat.NoTrans, mat.NoTrans, 128, 128, 128, 1, a, 128, b, 128, 0, c, 128)
	}); n != 0 {
		t.Errorf("%g allocations a call", n)
	}
}

// The bits do not depend on the number of workers.
func TestTeamGemm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	fill := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return x
	}
	counts := []int{1, 2, 3, 7}
	if testing.Short() {
		counts = []int{2, 7}
	}
	for _, level := range isa.Available() {
		t.Run(level.String(), func(t *testing.T) {
			t.Cleanup(isa.Force(level))
			for _, s := range [][3]int{{128, 96, 100}, {129, 33, 300}, {1, 700, 2000}, {3, 513, 700}, {800, 10, 150}, {2000, 1, 600}, {5, 7, 9}, {25, 130, 400}} {
				m, n, k := s[0], s[1], s[2]
				for _, op := range []struct{ a, b mat.Trans }{{false, false}, {true, false}, {false, true}} {
					rowsA, lda, rowsB, ldb := m, k+1, k, n+2
					if op.a {
						rowsA, lda = k, m+1
					}
					if op.b {
						rowsB, ldb = n, k+2
					}
					a, b, c := fill(rowsA*lda), fill(rowsB*ldb), fill(m*(n+3))
					want := append([]float32(nil), c...)
					mat.Gemm(op.a, op.b, m, n, k, 1, a, lda, b, ldb, 1, want, n+3)
					for _, workers := range counts {
						team := mat.NewTeam(workers)
						got := append([]float32(nil), c...)
						team.Gemm(op.a, op.b, m, n, k, 1, a, lda, b, ldb, 1, got, n+3)
						team.Close()
						for i := range want {
							if got[i] != want[i] {
								t.Fatalf("%s, %d workers: element %d is %g, with one worker %g", fmt.Sprint(s, op), workers, i, got[i], want[i])
							}
						}
					}
				}
			}
		})
	}
}

// Wrong lengths panic before anything is handed out, on the caller.
func TestTeamGemmPanics(t *testing.T) {
	team := mat.NewTeam(2)
	defer team.Close()
	defer func() {
		if p := recover(); p != "mat: b too short" {
			t.Errorf("recovered %v", p)
		}
	}()
	x := make([]float32, 256*256)
	team.Gemm(mat.NoTrans, mat.NoTrans, 256, 256, 256, 1, x, 256, x[1:], 256, 0, x, 256)
}

func BenchmarkTeamRun(b *testing.B) {
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			team := mat.NewTeam(workers)
			defer team.Close()
			f := func(int, int) {}
			b.ReportAllocs()
			for b.Loop() {
				team.Run(f)
			}
		})
	}
}
