package mat

import (
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

// state is what an update reads and writes: parameters, gradients, one or two moments.
type state struct{ w, g, m, v []float32 }

func (s *state) clone() *state {
	return &state{slices.Clone(s.w), slices.Clone(s.g), slices.Clone(s.m), slices.Clone(s.v)}
}

// update is one row of the table of updates, with a choice of coefficients.
type update struct {
	name   string
	adam   bool
	call   func(s *state, t int)
	spec   func(s *state, i, t int)
	stack  func()
	pinned uint32 // CRC-32 of TestUpdatesEverywhere
}

func momentumRow(rate, mu float32, pinned uint32) update {
	return update{
		name: fmt.Sprintf("Momentum(rate %g, mu %g)", rate, mu),
		call: func(s *state, _ int) { Momentum(s.w, s.g, s.v, rate, mu) },
		spec: func(s *state, i, _ int) { s.w[i], s.v[i] = ref.Momentum(s.w[i], s.g[i], s.v[i], rate, mu) },
		stack: func() {
			var w, g, v [stackLen]float32
			Momentum(w[:], g[:], v[:], rate, mu)
		},
		pinned: pinned,
	}
}

func adamRow(rate, beta1, beta2, eps float64, pinned uint32) update {
	return update{
		name: fmt.Sprintf("Adam(rate %g, beta1 %g, beta2 %g, eps %g)", rate, beta1, beta2, eps), adam: true,
		call: func(s *state, t int) { Adam(s.w, s.g, s.m, s.v, t, rate, beta1, beta2, eps) },
		spec: func(s *state, i, t int) {
			s.w[i], s.m[i], s.v[i] = ref.Adam(s.w[i], s.g[i], s.m[i], s.v[i], t, rate, beta1, beta2, eps)
		},
		stack: func() {
			var w, g, m, v [stackLen]float32
			Adam(w[:], g[:], m[:], v[:], 3, rate, beta1, beta2, eps)
		},
		pinned: pinned,
	}
}

var updates = []update{
	momentumRow(0.1, 0.9, 0xa36197ae),
	momentumRow(0.01, 0, 0xca61d1dc),
	momentumRow(0, 0.5, 0x25f711ad),
	momentumRow(1.7, 0.99, 0x655bcea7),
	adamRow(1e-3, 0.9, 0.999, 1e-8, 0x53d7e2e8),
	adamRow(0.1, 0.5, 0.9, 1e-3, 0x10ea4fb7),
	adamRow(0.01, 0, 0, 1e-8, 0x107baa79),
	adamRow(0.02, 0.9, 0.999, 0, 0xbeb445ad),
}

func newState(n int, next func() float32) *state {
	s := &state{make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)}
	for i := range n {
		s.w[i] = next()
	}
	return s
}

// TestUpdates makes many steps, of which each starts from the last one's state.
// Updates promise the same bits at all levels.
func TestUpdates(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, op := range updates {
			for _, n := range []int{0, 1, 7, 15, 16, 17, 31, 32, 65} {
				for _, dist := range []string{normal, wide, special, underflow, zeros} {
					r := rand.New(rand.NewPCG(10, uint64(n)))
					_, pool := generate(dist, 20011, 2)
					got := newState(n, func() float32 { return pool[1][r.IntN(20011)] })
					want := got.clone()
					for step := 1; step <= 200; step++ {
						for i := range n {
							got.g[i] = pool[0][r.IntN(20011)]
							want.g[i] = got.g[i]
							op.spec(want, i, step)
						}
						op.call(got, step)
						for j, pair := range [][2][]float32{{got.w, want.w}, {got.m, want.m}, {got.v, want.v}, {got.g, want.g}} {
							for i, x := range pair[0] {
								if !same(x, pair[1][i]) {
									t.Fatalf("%s, isa %v, length %d, %s inputs, step %d: %c[%d] is %g (%#08x), want %g (%#08x)", op.name, level, n, dist,
										step, "wmvg"[j], i, x, math.Float32bits(x), pair[1][i], math.Float32bits(pair[1][i]))
								}
							}
						}
					}
				}
			}
		}
	})
}

// TestUpdatesEverywhere pins bits: they must not depend on the machine or on where
// its compiler fuses, which would change the specification alike. Inputs are exact.
func TestUpdatesEverywhere(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, op := range updates {
			r := rand.New(rand.NewPCG(11, 0))
			next := func() float32 { return float32(r.IntN(1<<24)-1<<23) * 0x1p-23 }
			s := newState(33, next)
			for step := 1; step <= 100; step++ {
				for i := range s.g {
					s.g[i] = next()
				}
				op.call(s, step)
			}
			if got := crc32.ChecksumIEEE(appendBits(appendBits(appendBits(nil, s.w...), s.m...), s.v...)); got != op.pinned {
				t.Errorf("%s, isa %v: CRC-32 after 100 steps is %#08x, want %#08x", op.name, level, got, op.pinned)
			}
		}
	})
}

// TestMomentumClosedForms has steps whose result is known: plain descent, and the
// geometric series of a constant gradient.
func TestMomentumClosedForms(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		w, g, v := []float32{1, 2, -3}, []float32{4, -8, 0}, []float32{99, 99, 99}
		Momentum(w, g, v, 0.25, 0)
		if !slices.Equal(w, []float32{0, 4, -3}) || !slices.Equal(v, g) {
			t.Errorf("Momentum, isa %v: a plain step gives w %v, v %v", level, w, v)
		}
		w, g, v = []float32{0}, []float32{1}, []float32{0}
		for range 3 {
			Momentum(w, g, v, 0.5, 0.5) // v is 1, 1.5, 1.75
		}
		if w[0] != -2.125 || v[0] != 1.75 {
			t.Errorf("Momentum, isa %v: after three steps w %v, v %v, want -2.125 and 1.75", level, w[0], v[0])
		}
	})
}

// TestAdamFirstStep: from zero moments the corrected ones are g and g², so the step
// is rate·g/(|g|+eps) whatever the betas.
func TestAdamFirstStep(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, betas := range [][2]float64{{0.9, 0.999}, {0.5, 0.9}, {0, 0}, {0.99, 0.9999}} {
			for _, eps := range []float64{1e-8, 1e-3, 1} {
				for _, g := range []float32{1, -1, 0, 3.7e-4, -250, 1e-9, 0x1p-60} {
					const rate = 0.01
					w, m, v := []float32{0}, []float32{0}, []float32{0}
					Adam(w, []float32{g}, m, v, 1, rate, betas[0], betas[1], eps)
					want := -rate * float64(g) / (math.Abs(float64(g)) + eps)
					// Some ten roundings of 2⁻²⁴; squares of the smallest g are still normal.
					if !(math.Abs(float64(w[0])-want) <= 16*0x1p-24*math.Abs(want)) {
						t.Errorf("Adam, isa %v, betas %v, eps %g: gradient %g moves w by %g, want %g", level, betas, eps, g, w[0], want)
					}
				}
			}
		}
	})
}

// TestAdamLate has step counts at which the correction is over: the step is the
// uncorrected one, and finite.
func TestAdamLate(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, step := range []int{1_000_000, math.MaxInt32, math.MaxInt} {
			const rate, beta1, beta2, eps = 1e-3, 0.9, 0.999, 1e-8
			w, g, m, v := []float32{1}, []float32{0.5}, []float32{0.25}, []float32{0.0625}
			w1, m1, v1 := ref.Adam(w[0], g[0], m[0], v[0], step, rate, beta1, beta2, eps)
			Adam(w, g, m, v, step, rate, beta1, beta2, eps)
			if !same(w[0], w1) || !same(m[0], m1) || !same(v[0], v1) {
				t.Errorf("Adam, isa %v, step %d: w %g, m %g, v %g, want %g, %g, %g", level, step, w[0], m[0], v[0], w1, m1, v1)
			}
			mean, square := beta1*0.25+(1-beta1)*0.5, beta2*0.0625+(1-beta2)*0.25
			if want := 1 - rate*mean/(math.Sqrt(square)+eps); !(math.Abs(float64(w[0])-want) <= 0x1p-23) {
				t.Errorf("Adam, isa %v, step %d: w %v, want %v", level, step, w[0], want)
			}
		}
	})
}

func TestUpdatePanics(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, op := range updates {
			check := func(s *state, step int, want string) {
				t.Helper()
				all := [][]float32{s.w, s.g, s.m, s.v}
				for _, x := range all {
					poisonAll(x)
				}
				got := func() (r any) {
					defer func() { r = recover() }()
					op.call(s, step)
					return nil
				}()
				where := fmt.Sprintf("%s, isa %v, step %d, lengths w %d, g %d, m %d, v %d", op.name, level, step, len(s.w), len(s.g), len(s.m), len(s.v))
				if got != want {
					t.Errorf("%s: panic %v, want %q", where, got, want)
				}
				for j, x := range all {
					if !poisoned(x) {
						t.Errorf("%s: %c is written before the panic", where, "wgmv"[j])
					}
				}
			}
			for _, lengths := range [][2]int{{0, 1}, {1, 0}, {5, 6}, {17, 16}} {
				for j := range 4 {
					if j == 2 && !op.adam {
						continue // Momentum has one moment
					}
					var x [4][]float32
					for i := range x {
						x[i] = make([]float32, lengths[0])
					}
					x[j] = make([]float32, lengths[1])
					check(&state{x[0], x[1], x[2], x[3]}, 1, "mat: parameters, gradients and state differ in length")
				}
			}
			if op.adam {
				for _, step := range []int{0, -1, math.MinInt} {
					check(newState(3, func() float32 { return 0 }), step, "mat: Adam: t < 1")
					check(newState(0, nil), step, "mat: Adam: t < 1")
				}
			}
		}
	})
}

func TestUpdatesDoNotAllocate(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, op := range updates {
			if n := testing.AllocsPerRun(20, op.stack); n != 0 {
				t.Errorf("%s, isa %v: %v allocations on stack buffers, want 0", op.name, level, n)
			}
		}
	})
}

// BenchmarkUpdates measures one step over the parameters of a 784-128-10 network.
func BenchmarkUpdates(b *testing.B) {
	const n = 784*128 + 128 + 128*10 + 10
	for _, op := range []update{updates[0], updates[4]} {
		b.Run(fmt.Sprintf("%.4s/n=%d", op.name, n), func(b *testing.B) {
			_, v := generate(normal, n, 2)
			s := &state{v[0], v[1], make([]float32, n), make([]float32, n)}
			streams := int64(5) // w and v twice, g once
			if op.adam {
				streams += 2
			}
			b.SetBytes(4 * n * streams)
			b.ReportAllocs()
			for b.Loop() {
				op.call(s, 10)
			}
		})
	}
}
