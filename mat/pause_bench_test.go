package mat

import (
	"math"
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"testing"
)

// BenchmarkGCStop measures how long the garbage collector waits until all goroutines have
// stopped, while one of them does nothing, a loop in Go, or products: assembly cannot be
// interrupted, so a call of it is short (see callWork). p50, p99 and max are buckets' upper ends.
func BenchmarkGCStop(b *testing.B) {
	const n = 512
	x, y, z := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
	for _, work := range []struct {
		name string
		do   func()
	}{
		{"nothing", nil},
		{"Go", func() { sumGo(x) }},
		{"Gemm", func() { Gemm(NoTrans, NoTrans, n, n, n, 1, x, n, y, n, 0, z, n) }},
		{"Exp", func() { Exp(z, x) }},
	} {
		b.Run(work.name, func(b *testing.B) {
			var stop atomic.Bool
			done := make(chan struct{})
			go func() {
				defer close(done)
				for work.do != nil && !stop.Load() {
					work.do()
				}
			}()
			sample := []metrics.Sample{{Name: "/sched/pauses/stopping/gc:seconds"}}
			counts := func() []uint64 {
				metrics.Read(sample)
				return append([]uint64(nil), sample[0].Value.Float64Histogram().Counts...)
			}
			before := counts()
			for b.Loop() {
				runtime.GC()
			}
			after := counts()
			stop.Store(true)
			<-done
			total := uint64(0)
			for i := range after {
				after[i] -= before[i]
				total += after[i]
			}
			if total == 0 {
				b.Fatal("no collection stopped anything")
			}
			buckets := sample[0].Value.Float64Histogram().Buckets
			seen, p50, p99, most := uint64(0), math.NaN(), math.NaN(), 0.0
			for i, c := range after {
				if c == 0 {
					continue
				}
				seen += c
				most = buckets[i+1]
				if math.IsNaN(p50) && 2*seen >= total {
					p50 = most
				}
				if math.IsNaN(p99) && 100*seen >= 99*total {
					p99 = most
				}
			}
			b.ReportMetric(p50*1e6, "p50-µs")
			b.ReportMetric(p99*1e6, "p99-µs")
			b.ReportMetric(most*1e6, "max-µs")
		})
	}
}
