package mat

import (
	"math"
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

// What the rules mean: closed forms, formulas in float64, and what Update promises
// beside the bits.

// apply makes a step on slices as a user has them; it fails unless all is finite.
func apply(t *testing.T, rule Rule, terms Terms, w, g []float32, state ...[]float32) {
	t.Helper()
	if !rule.Update(w, g, state, terms) {
		t.Errorf("not finite: w %v, g %v, state %v", w, g, state)
	}
}

var plain = Terms{Clip: 1}

func TestMomentumClosedForms(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		w, g, v := []float32{1, 2, -3}, []float32{4, -8, 0}, []float32{99, 99, 99}
		apply(t, Momentum(0.25, 0), plain, w, g, v)
		if !slices.Equal(w, []float32{0, 4, -3}) || !slices.Equal(v, g) {
			t.Errorf("Momentum, isa %v: a plain step gives w %v, v %v", level, w, v)
		}
		w = []float32{1, 2, -3}
		apply(t, SGD(0.25), plain, w, g)
		if !slices.Equal(w, []float32{0, 4, -3}) {
			t.Errorf("SGD, isa %v: w %v", level, w)
		}
		// The geometric series of a constant gradient: v is 1, 1.5, 1.75.
		for _, c := range []struct {
			name string
			rule Rule
			want float32
		}{
			{"Momentum", Momentum(0.5, 0.5), -(1 + 1.5 + 1.75) / 2},
			{"Nesterov", Nesterov(0.5, 0.5), -(1.5 + 1.75 + 1.875) / 2},
		} {
			w, g, v := []float32{0}, []float32{1}, []float32{0}
			for range 3 {
				apply(t, c.rule, plain, w, g, v)
			}
			if w[0] != c.want || v[0] != 1.75 {
				t.Errorf("%s, isa %v: after three steps w %v, v %v, want %v and 1.75", c.name, level, w[0], v[0], c.want)
			}
		}
	})
}

// TestAdamFirstStep: from zero moments the corrected ones are g and g², so the step
// is rate·g/(|g|+eps) whatever the betas; the largest mean square is the only one.
func TestAdamFirstStep(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, betas := range [][2]float64{{0.9, 0.999}, {0.5, 0.9}, {0, 0}, {0.99, 0.9999}} {
			for _, eps := range []float64{1e-8, 1e-3, 1} {
				for _, g := range []float32{1, -1, 0, 3.7e-4, -250, 1e-9, 0x1p-60} {
					for _, amsgrad := range []bool{false, true} {
						const rate = 0.01
						rule := Adam(1, rate, betas[0], betas[1], eps, 0, amsgrad)
						state := [][]float32{{0}, {0}, {0}}[:rule.States()]
						w := []float32{0}
						apply(t, rule, plain, w, []float32{g}, state...)
						want := -rate * float64(g) / (math.Abs(float64(g)) + eps)
						// Some ten roundings of 2⁻²⁴; squares of the smallest g are still normal.
						if !(math.Abs(float64(w[0])-want) <= 16*0x1p-24*math.Abs(want)) {
							t.Errorf("Adam, isa %v, amsgrad %v, betas %v, eps %g: gradient %g moves w by %g, want %g", level, amsgrad, betas, eps, g, w[0], want)
						}
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
			w1, m1, v1 := ref.Adam(w[0], g[0], m[0], v[0], step, rate, beta1, beta2, eps, 0)
			apply(t, Adam(step, rate, beta1, beta2, eps, 0, false), plain, w, g, m, v)
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

// TestRulesInFloat64 follows each rule for 50 steps beside its formula in float64, as
// its paper and PyTorch write it: some ten roundings a step keep within the bound.
func TestRulesInFloat64(t *testing.T) {
	const rate, steps = 0.01, 50
	sq := func(x float64) float64 { return x * x }
	rows := []struct {
		name string
		rule func(t int) Rule
		// step changes the state and returns the decrement of w.
		step func(t int, w, g float64, s *[3]float64) float64
	}{
		{"SGD", func(int) Rule { return SGD(rate) }, func(_ int, _, g float64, _ *[3]float64) float64 { return rate * g }},
		{"Nesterov", func(int) Rule { return Nesterov(rate, 0.9) }, func(_ int, _, g float64, s *[3]float64) float64 {
			s[0] = 0.9*s[0] + g
			return rate * (g + 0.9*s[0])
		}},
		{"AdaGrad", func(int) Rule { return AdaGrad(rate, 1e-10) }, func(_ int, _, g float64, s *[3]float64) float64 {
			s[0] += g * g
			return rate * g / (math.Sqrt(s[0]) + 1e-10)
		}},
		{"RMSProp", func(int) Rule { return RMSProp(rate, 0.99, 1e-8, 0, false) }, func(_ int, _, g float64, s *[3]float64) float64 {
			s[0] = 0.99*s[0] + 0.01*g*g
			return rate * g / (math.Sqrt(s[0]) + 1e-8)
		}},
		{"RMSProp with momentum", func(int) Rule { return RMSProp(rate, 0.99, 1e-8, 0.9, false) }, func(_ int, _, g float64, s *[3]float64) float64 {
			s[0] = 0.99*s[0] + 0.01*g*g
			s[1] = 0.9*s[1] + g/(math.Sqrt(s[0])+1e-8)
			return rate * s[1]
		}},
		{"RMSProp, centered", func(int) Rule { return RMSProp(rate, 0.99, 1e-3, 0, true) }, func(_ int, _, g float64, s *[3]float64) float64 {
			s[0] = 0.99*s[0] + 0.01*g*g
			s[1] = 0.99*s[1] + 0.01*g
			return rate * g / (math.Sqrt(s[0]-sq(s[1])) + 1e-3)
		}},
		{"RMSProp, centered, with momentum", func(int) Rule { return RMSProp(rate, 0.99, 1e-3, 0.5, true) }, func(_ int, _, g float64, s *[3]float64) float64 {
			s[0] = 0.99*s[0] + 0.01*g*g
			s[1] = 0.99*s[1] + 0.01*g
			s[2] = 0.5*s[2] + g/(math.Sqrt(s[0]-sq(s[1]))+1e-3)
			return rate * s[2]
		}},
		{"Adam", func(t int) Rule { return Adam(t, rate, 0.9, 0.999, 1e-8, 0, false) }, func(t int, _, g float64, s *[3]float64) float64 {
			s[0] = 0.9*s[0] + 0.1*g
			s[1] = 0.999*s[1] + 0.001*g*g
			mean, square := s[0]/(1-math.Pow(0.9, float64(t))), s[1]/(1-math.Pow(0.999, float64(t)))
			return rate * mean / (math.Sqrt(square) + 1e-8)
		}},
		{"AdamW", func(t int) Rule { return Adam(t, rate, 0.9, 0.99, 1e-8, 0.3, false) }, func(t int, w, g float64, s *[3]float64) float64 {
			s[0] = 0.9*s[0] + 0.1*g
			s[1] = 0.99*s[1] + 0.01*g*g
			mean, square := s[0]/(1-math.Pow(0.9, float64(t))), s[1]/(1-math.Pow(0.99, float64(t)))
			return rate*0.3*w + rate*mean/(math.Sqrt(square)+1e-8)
		}},
		{"AMSGrad", func(t int) Rule { return Adam(t, rate, 0.5, 0.6, 1e-8, 0, true) }, func(t int, _, g float64, s *[3]float64) float64 {
			s[0] = 0.5*s[0] + 0.5*g
			s[1] = 0.6*s[1] + 0.4*g*g
			s[2] = max(s[2], s[1])
			mean, square := s[0]/(1-math.Pow(0.5, float64(t))), s[2]/(1-math.Pow(0.6, float64(t)))
			return rate * mean / (math.Sqrt(square) + 1e-8)
		}},
	}
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, row := range rows {
			_, gradients := generate(normal, steps, 1)
			const n = updateWidth + 1 // one by assembly, one by Go
			rule := row.rule(1)
			w, g, state := make([]float32, n), make([]float32, n), make([][]float32, rule.States())
			for i := range state {
				state[i] = make([]float32, n)
			}
			want, s, moved := 0.5, [3]float64{}, 0.0
			for i := range w {
				w[i] = float32(want)
			}
			for step := 1; step <= steps; step++ {
				for i := range g {
					g[i] = gradients[0][step-1]
				}
				d := row.step(step, want, float64(g[0]), &s)
				want -= d
				moved += math.Abs(d)
				apply(t, row.rule(step), plain, w, g, state...)
				for _, i := range []int{0, n - 1} {
					if bound := (16*moved + 1) * float64(step) * 0x1p-23; !(math.Abs(float64(w[i])-want) <= bound) {
						t.Fatalf("%s, isa %v, step %d: w[%d] is %v, in float64 %v, bound %g", row.name, level, step, i, w[i], want, bound)
					}
				}
			}
			if !(moved > 0.05) {
				t.Errorf("%s moved by %g in all", row.name, moved)
			}
		}
	})
}

// A constant gradient leaves a variance of 0 but for roundings: the divisor is eps, not NaN.
func TestRMSPropCenteredConstant(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		n := 3 * updateWidth
		g, w, s, m := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range g {
			g[i] = 0.1 + float32(i)*0.37
		}
		below := 0
		for range 1000 {
			apply(t, RMSProp(1e-9, 0.5, 1, 0, true), plain, w, g, s, m)
			for i := range s {
				if s[i]-float32(m[i]*m[i]) < 0 {
					below++
				}
			}
		}
		if below == 0 {
			t.Errorf("isa %v: no variance is below 0", level)
		}
	})
}

// TestRPropSteps walks through the rule's cases: growing steps, a change of sign that
// skips the update, the step kept after that, and both bounds.
func TestRPropSteps(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		const n = updateWidth + 1
		fill := func(x float32) []float32 { return slices.Repeat([]float32{x}, n) }
		w, p, s := fill(0), fill(0), fill(1)
		for i, c := range []struct{ g, w, p, s float32 }{
			{3, -1, 3, 1},        // first: no product
			{0.5, -3, 0.5, 2},    // same sign: the step doubles
			{-8, -3, 0, 0.5},     // other sign: a quarter, no update, gradient forgotten
			{-8, -2.5, -8, 0.5},  // no product: the step stays
			{-1, -1.5, -1, 1},    // same sign
			{-1, 0.5, -1, 2},     // same sign
			{-1, 3, -1, 2.5},     // at most 2.5
			{2, 3, 0, 0.625},     // other sign
			{0, 3, 0, 0.625},     // no gradient: nothing
			{2, 2.375, 2, 0.625}, //
			{-2, 2.375, 0, 0.5},  // at least 0.5
			{-1e-30, 2.875, -1e-30, 0.5},
			{-1e-30, 3.375, -1e-30, 0.5}, // the product underflows: the step stays
		} {
			apply(t, RProp(1, 2, 0.25, 0.5, 2.5), plain, w, fill(c.g), p, s)
			for _, j := range []int{0, n - 1} {
				if w[j] != c.w || p[j] != c.p || s[j] != c.s {
					t.Fatalf("isa %v, step %d, element %d: w %v, p %v, s %v, want %+v", level, i+1, j, w[j], p[j], s[j], c)
				}
			}
		}
	})
}

// TestTerms: each term alone, on plain descent with exact numbers.
func TestTerms(t *testing.T) {
	rows := []struct {
		terms         Terms
		w, g, updated float32
	}{
		{Terms{Clip: 1}, 1, 2, 0},
		{Terms{Clip: 0.25}, 1, 2, 0.75},
		{Terms{Clip: 0}, 1, 2, 1},
		{Terms{Clip: 1, L2: 0.5}, 2, 0, 1.5},
		{Terms{Clip: 0.5, L2: 0.5}, 2, 4, 0.5}, // clipping leaves L2 alone
		{Terms{Clip: 1, L1: 0.5}, 2, 0, 1.75},
		{Terms{Clip: 1, L1: 0.5}, -2, 0, -1.75},
		{Terms{Clip: 1, L1: 0.5}, 2, 3, 0.25},
		{Terms{Clip: 1, L1: 0.5}, 2, 3.5, 0},
		{Terms{Clip: 1, L1: 0.5}, 2, 4, 0},
		{Terms{Clip: 1, L1: 0.5}, 2, 4.5, 0},
		{Terms{Clip: 1, L1: 0.5}, 2, 5, -0.25},
		{Terms{Clip: 1, L1: 0.5}, 0.25, 0, 0},
		{Terms{Clip: 1, L1: 0.5}, -0.25, 0, 0},
		{Terms{Clip: 1, L1: 0.5}, -0x1p-149, 0, 0},
		{Terms{Clip: 1, L1: 0.5}, negZero, 0, 0},
		{Terms{Clip: 1}, negZero, 0, negZero},
		{Terms{Clip: 1, L2: 0.5, L1: 0.5}, 2, 2, 0.25},
		{Terms{Clip: 1, L1: 1e-46}, negZero, 0, negZero}, // rounds to no threshold
		{Terms{Clip: 1, L2: -1e-46}, 1, negZero, 1},
	}
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, c := range rows {
			n := updateWidth + 1
			w, g := slices.Repeat([]float32{c.w}, n), slices.Repeat([]float32{c.g}, n)
			apply(t, SGD(0.5), c.terms, w, g)
			for _, i := range []int{0, n - 1} {
				if math.Float32bits(w[i]) != math.Float32bits(c.updated) {
					t.Errorf("isa %v, %+v: w[%d] %g, gradient %g: %g (%#08x), want %g", level, c.terms, i, c.w, c.g,
						w[i], math.Float32bits(w[i]), c.updated)
				}
			}
		}
	})
}

// TestL1Zeros: where the gradient is small, every rule brings weights to +0 exactly and
// keeps them there.
func TestL1Zeros(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for o := range updates {
			op := &updates[o]
			if op.rate == 0 || op.rate > 1 {
				continue
			}
			n := 2*updateWidth + 1
			var m memory
			for j := range op.arrays() {
				m[j] = make([]float32, n)
			}
			for i := range n {
				m[0][i] = float32(op.rate) * float32(i-n/2) // up to 16 thresholds away
			}
			if op.kind == rProp {
				m[3] = slices.Repeat([]float32{float32(op.rate)}, n)
			}
			if op.name == "AdaGrad(rate 0.5, eps 0)" || op.name == "Adam(rate 0.02, beta1 0.9, beta2 0.999, eps 0, decay 0)" {
				continue // 0/0
			}
			for step := 1; step <= 20; step++ {
				rule := op.rule(step)
				apply(t, rule, Terms{Clip: 1, L1: 1}, m[0], m[1], m.state(op)...)
			}
			for i, w := range m[0] {
				if math.Float32bits(w) != 0 {
					t.Errorf("%s, isa %v: w[%d] is %g (%#08x), want +0", op.name, level, i, w, math.Float32bits(w))
				}
			}
		}
	})
}

// TestUpdateReports plants one value that is not finite, in every array and at every place.
func TestUpdateReports(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for o := range updates {
			op := &updates[o]
			for _, n := range []int{2*updateWidth + 3, block + updateWidth + 1} {
				for j := range op.arrays() {
					for i := 0; i < n; i++ {
						if n > block && i%(block/4+1) != 0 && i != n-1 {
							continue
						}
						for _, x := range []float32{nan32, inf32, -inf32} {
							if testing.Short() && n > block && x == x {
								continue
							}
							terms := someTerms[(i+j)%len(someTerms)]
							var got, want memory
							for k := range op.arrays() {
								got[k] = slices.Repeat([]float32{0.5}, n)
							}
							got[j][i] = x
							// One element decides: the others are finite.
							for k := range op.arrays() {
								want[k] = []float32{got[k][i]}
							}
							wantFinite := op.specify(&want, 3, terms)
							rule := op.rule(3)
							if finite := rule.Update(got[0], got[1], got.state(op), terms); finite != wantFinite {
								t.Fatalf("%s, %+v, isa %v, length %d: %g in %c[%d]: finite is %v", op.name, terms, level, n, x, memoryNames[j], i, finite)
							}
							if j < 2 && wantFinite {
								t.Fatalf("%s, %+v, isa %v: %g in %c goes unnoticed", op.name, terms, level, x, memoryNames[j])
							}
						}
					}
				}
			}
		}
	})
}

// A mean square that overflows would leave its parameter where it is, unnoticed.
func TestUpdateReportsOverflow(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for o := range updates {
			op := &updates[o]
			if op.square < 0 {
				continue
			}
			n := updateWidth + 1
			for i := range n {
				var m memory
				for j := range op.arrays() {
					m[j] = slices.Repeat([]float32{1}, n)
				}
				m[1][i] = 1e30
				rule := op.rule(1)
				if rule.Update(m[0], m[1], m.state(op), plain) {
					t.Errorf("%s, isa %v: a gradient of 1e30 at %d: finite, w %g, state %g", op.name, level, i, m[0][i], m[2+op.square][i])
				}
			}
		}
	})
}

func TestUpdatePanics(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for o := range updates {
			op := &updates[o]
			check := func(m *memory, state [][]float32, want string) {
				t.Helper()
				for _, x := range m {
					poisonAll(x)
				}
				rule := op.rule(1)
				if rule.States() != op.states || rule.kind != op.kind {
					t.Fatalf("%s: kind %d with %d states", op.name, rule.kind, rule.States())
				}
				got := func() (r any) {
					defer func() { r = recover() }()
					rule.Update(m[0], m[1], state, plain)
					return nil
				}()
				if got != want {
					t.Errorf("%s, isa %v: panic %v, want %q", op.name, level, got, want)
				}
				for j, x := range m {
					if !poisoned(x) {
						t.Errorf("%s, isa %v: %c is written before the panic", op.name, level, memoryNames[j])
					}
				}
			}
			for _, lengths := range [][2]int{{0, 1}, {1, 0}, {5, 6}, {17, 16}, {2*block + 7, block}} {
				for j := range op.arrays() {
					var m memory
					for i := range op.arrays() {
						m[i] = make([]float32, lengths[0])
					}
					m[j] = make([]float32, lengths[1])
					check(&m, m.state(op), "mat: parameters, gradients and state differ in length")
				}
			}
			var m memory
			for i := range m {
				m[i] = make([]float32, 17)
			}
			for count := range 4 {
				if count != op.states {
					check(&m, append(m[2:], m[0])[:count:count], "mat: Update: len(state) is not the rule's States")
				}
			}
		}
	})
	for _, step := range []int{0, -1, math.MinInt} {
		got := func() (r any) {
			defer func() { r = recover() }()
			Adam(step, 0.1, 0.9, 0.999, 1e-8, 0, false)
			return nil
		}()
		if got != "mat: Adam: t < 1" {
			t.Errorf("Adam, step %d: panic %v", step, got)
		}
	}
}

// TestEveryRuleHasARow: what is not in the table is not tested.
func TestEveryRuleHasARow(t *testing.T) {
	for k := sgd; k <= rProp; k++ {
		if !slices.ContainsFunc(updates, func(op update) bool { return op.kind == k }) {
			t.Errorf("rule of kind %d has no row", k)
		}
	}
}

func TestUpdatesDoNotAllocate(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for o := range updates {
			op := &updates[o]
			if n := testing.AllocsPerRun(20, func() {
				var w, g, a, b, c [stackLen]float32
				state := [3][]float32{a[:], b[:], c[:]}
				rule := op.rule(3)
				rule.Update(w[:], g[:], state[:rule.States()], Terms{Clip: 1, L2: 0.1, L1: 0.1})
			}); n != 0 {
				t.Errorf("%s, isa %v: %v allocations on stack buffers, want 0", op.name, level, n)
			}
		}
	})
}
