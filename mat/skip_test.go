package mat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/sinew-ml/sinew/internal/isa"
)

// sparseRow draws k inputs, so many percent of them zeros of either sign.
func sparseRow(r *rand.Rand, k, percent int) []float32 {
	x := make([]float32, k)
	for i := range x {
		x[i] = float32(r.NormFloat64())
		if r.IntN(100) < percent {
			x[i] = 0
			if r.IntN(2) == 0 {
				x[i] = negZero
			}
		}
	}
	return x
}

// TestGemvBias compares with GemmBias: all bits if nothing may be left out, else all but
// the sign of zeros.
func TestGemvBias(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		r := rand.New(rand.NewPCG(13, 0))
		draws := 400
		if testing.Short() {
			draws = 120
		}
		for draw := range draws {
			n, k := 1+r.IntN(300), r.IntN(200)
			if draw%10 == 0 {
				k = 1000 + r.IntN(1200)
			}
			x := sparseRow(r, k, []int{0, 20, 50, 90, 100}[r.IntN(5)])
			ldw := n + r.IntN(2)*5
			w, bias := sparseRow(r, k*ldw, 5), sparseRow(r, n, 30)
			relu := draw%2 == 0
			want, mem := make([]float32, n), arena(n)
			got := mem[margin : margin+n]
			GemmBias(relu, 1, n, k, x, max(1, k), w, ldw, bias, want, n)
			for _, finite := range []bool{false, true} {
				poisonAll(mem)
				GemvBias(relu, finite, n, k, x, w, ldw, bias, got)
				for j := range got {
					if got[j] != want[j] || !finite && math.Float32bits(got[j]) != math.Float32bits(want[j]) {
						t.Fatalf("isa %v, n=%d, k=%d, relu %v, finite %v: y[%d] is %g, want %g", level, n, k, relu, finite, j, got[j], want[j])
					}
				}
				if !poisoned(mem[:margin]) || !poisoned(mem[margin+n:]) {
					t.Fatalf("isa %v, n=%d, k=%d: memory beside y is written", level, n, k)
				}
			}
		}
	})
}

// TestGemvBiasGuardPages puts all operands of rows with zeros flush against unreadable memory, for
// every number of columns that a tile has left over and of terms that a vector of x has.
func TestGemvBiasGuardPages(t *testing.T) {
	const widest, deepest, gap = 270, 600, 3
	everyLevel(t, func(t *testing.T, level isa.Level) {
		var mem [4][]float32 // x, w, bias, y
		var intact [4]func() bool
		for i := range mem {
			mem[i], intact[i] = fenced(t, deepest*(widest+gap))
			poisonAll(mem[i])
		}
		r := rand.New(rand.NewPCG(18, 0))
		cases := 0
		for draw := range 300 {
			n, k := skipLeast+draw%128, 2*skipSample+draw%17
			switch r.IntN(20) {
			case 0:
				n = widest - r.IntN(20)
			case 1:
				k = deepest - r.IntN(100) // more than one list
			}
			ldw := n + r.IntN(2)*gap
			sizes := [4]int{k, (k-1)*ldw + n, n, n}
			for _, end := range []bool{false, true} {
				var v [4][]float32
				for i, size := range sizes {
					at := 0
					if end {
						at = len(mem[i]) - size
					}
					v[i] = mem[i][at:][:size:size]
					if i < 3 {
						copy(v[i], sparseRow(r, size, []int{95, 5, 30}[i]))
					}
				}
				want := make([]float32, n)
				GemmBias(draw%2 == 0, 1, n, k, v[0], k, v[1], ldw, v[2], want, n)
				w := &wanted{level: level, op: &operation{name: "GemvBias", call: func(float32, *vectors) float64 {
					GemvBias(draw%2 == 0, true, n, k, v[0], v[1], ldw, v[2], v[3])
					return 0
				}}}
				faultless(t, w, &vectors{v[3]}, fmt.Sprintf("n=%d, k=%d, at the end %v", n, k, end))
				for j, got := range v[3] {
					if got != want[j] {
						t.Fatalf("isa %v, n=%d, k=%d, at the end %v: y[%d] is %g, want %g", level, n, k, end, j, got, want[j])
					}
				}
				for i := range mem {
					poisonAll(v[i])
					if !intact[i]() {
						t.Fatalf("isa %v, n=%d, k=%d, at the end %v: memory beside slice %d is written", level, n, k, end, i)
					}
				}
				cases++
			}
		}
		for i := range mem {
			if !poisoned(mem[i]) {
				t.Errorf("isa %v: memory far beside slice %d is written", level, i)
			}
		}
		if cases == 0 {
			t.Error("no case was run")
		}
	})
}

// TestGemvBiasSkips: NaN in weights of zero inputs shows unless the caller promises that
// there is none; then it does not at the levels that leave out zeros.
func TestGemvBiasSkips(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		const n, k = 200, 300
		r := rand.New(rand.NewPCG(14, 0))
		x := sparseRow(r, k, 80)
		w, bias, y := sparseRow(r, k*n, 0), make([]float32, n), make([]float32, n)
		for p, v := range x {
			if v == 0 {
				for j := range n {
					w[p*n+j] = nan32
				}
			}
		}
		if AllFinite(w) {
			t.Error("AllFinite is true for NaN")
		}
		GemvBias(false, false, n, k, x, w, n, bias, y)
		for j, v := range y {
			if v == v {
				t.Fatalf("isa %v: NaN in W is hidden in y[%d] = %g", level, j, v)
			}
		}
		GemvBias(false, true, n, k, x, w, n, bias, y)
		if skips := level == isa.AVX2 || level == isa.AVX512; AllFinite(y) != skips {
			t.Errorf("isa %v: rows of W are left out: %v, want %v", level, AllFinite(y), skips)
		}
	})
}

func TestGemvBiasPanics(t *testing.T) {
	for _, row := range []struct {
		want               string
		x, w, ldw, bias, y int
	}{
		{"", 5, 20, 4, 4, 4},
		{"mat: GemvBias: wrong len(x)", 4, 20, 4, 4, 4},
		{"mat: GemvBias: wrong len(x)", 6, 20, 4, 4, 4},
		{"mat: GemvBias: wrong len(y)", 5, 20, 4, 4, 3},
		{"mat: GemvBias: wrong len(y)", 5, 20, 4, 4, 5},
		{"mat: len(bias) != n", 5, 20, 4, 3, 4},
		{"mat: b too short", 5, 19, 4, 4, 4},
		{"mat: ldb < columns of B", 5, 20, 3, 4, 4},
	} {
		y := make([]float32, row.y)
		poisonAll(y)
		var got any
		func() {
			defer func() { got = recover() }()
			GemvBias(true, true, 4, 5, make([]float32, row.x), make([]float32, row.w), row.ldw, make([]float32, row.bias), y)
		}()
		if row.want == "" && got != nil || row.want != "" && (got != row.want || !poisoned(y)) {
			t.Errorf("panic %v, y %v; want %q and y as it was", got, y, row.want)
		}
	}
}

// BenchmarkGemvBias gives the time of one row by the share of zeros in it, as a multiple of
// GemmBias's, measured in turn.
func BenchmarkGemvBias(b *testing.B) {
	for _, percent := range []int{0, 10, 25, 50, 80} {
		b.Run(map[int]string{0: "zeros=0", 10: "zeros=10", 25: "zeros=25", 50: "zeros=50", 80: "zeros=80"}[percent], func(b *testing.B) {
			const n, k = 128, 784
			r := rand.New(rand.NewPCG(15, 0))
			x, w, bias, y := sparseRow(r, k, percent), sparseRow(r, k*n, 0), make([]float32, n), make([]float32, n)
			best, dense := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
			for b.Loop() {
				began := time.Now()
				for range 8 {
					GemvBias(true, true, n, k, x, w, n, bias, y)
				}
				middle := time.Now()
				for range 8 {
					GemmBias(true, 1, n, k, x, k, w, n, bias, y, n)
				}
				best, dense = min(best, middle.Sub(began)), min(dense, time.Since(middle))
			}
			b.ReportMetric(float64(best)/float64(dense), "of-dense")
			b.ReportMetric(float64(best)/8, "ns/row")
			b.ReportMetric(0, "ns/op")
		})
	}
}
