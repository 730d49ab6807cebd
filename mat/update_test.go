package mat

import (
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

// element is one parameter with its gradient and state.
type element struct {
	w, g float32
	s    [3]float32
}

// update is one row of the table of rules, with a choice of coefficients.
type update struct {
	name   string
	kind   kind
	states int
	square int // what must be finite beside w: a state, or noState, gradient
	rule   func(step int) Rule
	spec   func(e *element, step int) // e.g is clipped and has its decay
	rate   float64                    // of L1
	pinned uint32                     // CRC-32 of TestUpdatesEverywhere
}

func sgdRow(rate float64, pinned uint32) update {
	return update{
		name: fmt.Sprintf("SGD(rate %g)", rate), kind: sgd, square: noState, rate: rate, pinned: pinned,
		rule: func(int) Rule { return SGD(rate) },
		spec: func(e *element, _ int) { e.w = ref.SGD(e.w, e.g, rate) },
	}
}

func momentumRow(rate, mu float64, pinned uint32) update {
	return update{
		name: fmt.Sprintf("Momentum(rate %g, mu %g)", rate, mu), kind: momentum, states: 1, square: noState, rate: rate, pinned: pinned,
		rule: func(int) Rule { return Momentum(rate, mu) },
		spec: func(e *element, _ int) { e.w, e.s[0] = ref.Momentum(e.w, e.g, e.s[0], rate, mu) },
	}
}

func nesterovRow(rate, mu float64, pinned uint32) update {
	return update{
		name: fmt.Sprintf("Nesterov(rate %g, mu %g)", rate, mu), kind: nesterov, states: 1, square: noState, rate: rate, pinned: pinned,
		rule: func(int) Rule { return Nesterov(rate, mu) },
		spec: func(e *element, _ int) { e.w, e.s[0] = ref.Nesterov(e.w, e.g, e.s[0], rate, mu) },
	}
}

func adaGradRow(rate, eps float64, pinned uint32) update {
	return update{
		name: fmt.Sprintf("AdaGrad(rate %g, eps %g)", rate, eps), kind: adaGrad, states: 1, square: 0, rate: rate, pinned: pinned,
		rule: func(int) Rule { return AdaGrad(rate, eps) },
		spec: func(e *element, _ int) { e.w, e.s[0] = ref.AdaGrad(e.w, e.g, e.s[0], rate, eps) },
	}
}

func rmsPropRow(k kind, rate, alpha, eps, mu float64, pinned uint32) update {
	centered := k == rmsPropCentered || k == rmsPropCenteredMomentum
	row := update{
		name: fmt.Sprintf("RMSProp(rate %g, alpha %g, eps %g, mu %g, centered %v)", rate, alpha, eps, mu, centered),
		kind: k, states: 1, square: 0, rate: rate, pinned: pinned,
		rule: func(int) Rule { return RMSProp(rate, alpha, eps, mu, centered) },
	}
	var unused float32
	at := func(e *element) (m, u *float32) { return &unused, &unused }
	switch k {
	case rmsPropMomentum:
		row.states = 2
		at = func(e *element) (m, u *float32) { return &unused, &e.s[1] }
	case rmsPropCentered:
		row.states = 2
		at = func(e *element) (m, u *float32) { return &e.s[1], &unused }
	case rmsPropCenteredMomentum:
		row.states = 3
		at = func(e *element) (m, u *float32) { return &e.s[1], &e.s[2] }
	}
	row.spec = func(e *element, _ int) {
		m, u := at(e)
		e.w, e.s[0], *m, *u = ref.RMSProp(e.w, e.g, e.s[0], *m, *u, rate, alpha, eps, mu, centered)
	}
	return row
}

func adamRow(rate, beta1, beta2, eps, decay float64, pinned uint32) update {
	return update{
		name: fmt.Sprintf("Adam(rate %g, beta1 %g, beta2 %g, eps %g, decay %g)", rate, beta1, beta2, eps, decay),
		kind: adam, states: 2, square: 1, rate: rate, pinned: pinned,
		rule: func(step int) Rule { return Adam(step, rate, beta1, beta2, eps, decay, false) },
		spec: func(e *element, step int) {
			e.w, e.s[0], e.s[1] = ref.Adam(e.w, e.g, e.s[0], e.s[1], step, rate, beta1, beta2, eps, decay)
		},
	}
}

func amsGradRow(rate, beta1, beta2, eps, decay float64, pinned uint32) update {
	return update{
		name: fmt.Sprintf("AMSGrad(rate %g, beta1 %g, beta2 %g, eps %g, decay %g)", rate, beta1, beta2, eps, decay),
		kind: amsGrad, states: 3, square: 2, rate: rate, pinned: pinned,
		rule: func(step int) Rule { return Adam(step, rate, beta1, beta2, eps, decay, true) },
		spec: func(e *element, step int) {
			e.w, e.s[0], e.s[1], e.s[2] = ref.AMSGrad(e.w, e.g, e.s[0], e.s[1], e.s[2], step, rate, beta1, beta2, eps, decay)
		},
	}
}

func rPropRow(rate, up, down, lo, hi float64, pinned uint32) update {
	return update{
		name: fmt.Sprintf("RProp(rate %g, up %g, down %g, lo %g, hi %g)", rate, up, down, lo, hi),
		kind: rProp, states: 2, square: gradient, rate: rate, pinned: pinned,
		rule: func(int) Rule { return RProp(rate, up, down, lo, hi) },
		spec: func(e *element, _ int) { e.w, e.s[0], e.s[1] = ref.RProp(e.w, e.g, e.s[0], e.s[1], up, down, lo, hi) },
	}
}

const (
	noState  = -1
	gradient = -2
)

var updates = []update{
	sgdRow(0.1, 0x60588687),
	momentumRow(0.1, 0.9, 0x1d4a043f),
	momentumRow(0.01, 0, 0xbbf03723),
	momentumRow(0, 0.5, 0xeed29b62),
	momentumRow(1.7, 0.99, 0x4d34b3d2),
	nesterovRow(0.1, 0.9, 0xc3087e22),
	adaGradRow(0.1, 1e-10, 0x7ce1d973),
	adaGradRow(0.5, 0, 0x4e2c974a),
	rmsPropRow(rmsProp, 0.01, 0.99, 1e-8, 0, 0x9dfdc3ea),
	rmsPropRow(rmsPropMomentum, 0.01, 0.9, 1e-8, 0.9, 0xd5673298),
	rmsPropRow(rmsPropCentered, 0.01, 0.9, 1e-4, 0, 0xeff22403),
	rmsPropRow(rmsPropCenteredMomentum, 0.01, 0.99, 1e-3, 0.5, 0x3b127c82),
	adamRow(1e-3, 0.9, 0.999, 1e-8, 0, 0x53d7e2e8),
	adamRow(0.1, 0.5, 0.9, 1e-3, 0, 0x10ea4fb7),
	adamRow(0.01, 0, 0, 1e-8, 0, 0x107baa79),
	adamRow(0.02, 0.9, 0.999, 0, 0, 0xbeb445ad),
	adamRow(1e-3, 0.9, 0.999, 1e-8, 0.01, 0x727a6c26),
	amsGradRow(1e-3, 0.9, 0.999, 1e-8, 0, 0xd8af31c5),
	amsGradRow(0.05, 0.5, 0.6, 1e-8, 0.1, 0x177389b4),
	rPropRow(0.01, 1.2, 0.5, 1e-6, 50, 0x4598617f),
	rPropRow(0.1, 2, 0.25, 1e-2, 0.5, 0x12312375),
}

var someTerms = []Terms{
	{Clip: 1},
	{Clip: 0.3},
	{Clip: 1, L2: 0.01},
	{Clip: 1, L1: 0.2},
	{Clip: 0.7, L2: 1e-3, L1: 0.05},
}

// memory are the arrays of an update: parameters, gradients, state.
type memory [5][]float32

const memoryNames = "wgabc"

func (op *update) arrays() int { return 2 + op.states }

func (m *memory) state(op *update) [][]float32 { return m[2:op.arrays()] }

// specify updates m by the specification and returns what Update must.
func (op *update) specify(m *memory, step int, t Terms) (finite bool) {
	finite = true
	for i := range m[0] {
		e := element{w: m[0][i]}
		g := ref.Gradient(m[1][i], e.w, t.Clip, t.L2)
		e.g = g
		for j, s := range m.state(op) {
			e.s[j] = s[i]
		}
		op.spec(&e, step)
		m[0][i] = ref.SoftThreshold(e.w, op.rate, t.L1)
		for j, s := range m.state(op) {
			s[i] = e.s[j]
		}
		finite = finite && isFinite(m[0][i])
		switch op.square {
		case noState:
		case gradient:
			finite = finite && isFinite(g)
		default:
			finite = finite && isFinite(e.s[op.square])
		}
	}
	return finite
}

func isFinite(x float32) bool { return math.Abs(float64(x)) <= math.MaxFloat32 }

// compare fails if the arrays or the reports differ.
func (op *update) compare(t *testing.T, got, want *memory, gotFinite, wantFinite bool, where string) {
	t.Helper()
	for j := range op.arrays() {
		for i, x := range got[j] {
			if !same(x, want[j][i]) {
				t.Fatalf("%s, %s: %c[%d] is %g (%#08x), want %g (%#08x)", op.name, where, memoryNames[j], i,
					x, math.Float32bits(x), want[j][i], math.Float32bits(want[j][i]))
			}
		}
	}
	if gotFinite != wantFinite {
		t.Fatalf("%s, %s: finite is %v, want %v", op.name, where, gotFinite, wantFinite)
	}
}

// TestUpdates makes some steps, of which each starts from the last one's state, at all
// lengths to two groups of the assembly and one, and around a block. Updates promise
// the same bits at all levels. Beside the arrays nothing is written.
func TestUpdates(t *testing.T) {
	lengths := []int{63, 64, 65, block - 1, block, block + 1, block + 17, 2*block + 5}
	for n := range 2*updateWidth + 2 {
		lengths = append(lengths, n)
	}
	longest := slices.Max(lengths)
	pool := map[string][]float32{}
	for _, dist := range []string{normal, wide, special, oneOdd, underflow, zeros} {
		_, v := generate(dist, 20011, 1)
		pool[dist] = v[0]
	}
	everyLevel(t, func(t *testing.T, level isa.Level) {
		cases, finites := 0, 0
		var mem, spec memory
		for j := range mem {
			mem[j], spec[j] = arena(longest), make([]float32, longest)
		}
		for o := range updates {
			op := &updates[o]
			for termsAt, terms := range someTerms {
				for _, n := range lengths {
					for dist, from := range pool {
						steps := 8
						if testing.Short() {
							steps = 2
							if dist != normal && (n+termsAt+len(dist))%5 > 0 {
								continue
							}
						}
						if n >= block-1 {
							if dist != normal || termsAt != (o+n)%len(someTerms) {
								continue
							}
							steps = 2
						}
						r := rand.New(rand.NewPCG(10, uint64(n)))
						var got, want memory
						var at [5]int
						for j := range op.arrays() {
							at[j] = margin + r.IntN(16)
							got[j], want[j] = mem[j][at[j]:][:n:n], spec[j][:n]
							for i := range n {
								got[j][i] = from[r.IntN(len(from))]
								if j >= 2 && dist != special && dist != oneOdd {
									got[j][i] = abs(got[j][i]) // as squares and steps are
								}
							}
							copy(want[j], got[j])
						}
						for step := 1; step <= steps; step++ {
							cases++
							for i := range n {
								got[1][i] = from[r.IntN(len(from))]
							}
							copy(want[1], got[1])
							wantFinite := op.specify(&want, step, terms)
							rule := op.rule(step)
							finite := rule.Update(got[0], got[1], got.state(op), terms)
							if wantFinite {
								finites++
							}
							where := fmt.Sprintf("%+v, isa %v, length %d, offsets %v, %s inputs, step %d", terms, level, n, at, dist, step)
							op.compare(t, &got, &want, finite, wantFinite, where)
						}
						for j := range op.arrays() {
							if !poisoned(mem[j][at[j]-margin:at[j]]) || !poisoned(mem[j][at[j]+n:][:margin]) {
								t.Fatalf("%s, isa %v, length %d: memory beside %c is written", op.name, level, n, memoryNames[j])
							}
							poisonAll(got[j])
						}
					}
				}
			}
		}
		for j := range mem {
			if !poisoned(mem[j]) {
				t.Errorf("isa %v: memory far beside %c is written", level, memoryNames[j])
			}
		}
		if finites < cases/10 || finites == cases {
			t.Errorf("isa %v: %d of %d results are finite", level, finites, cases)
		}
	})
}

// TestUpdateGuardPages puts the arrays flush against unreadable memory on either side.
func TestUpdateGuardPages(t *testing.T) {
	lengths := []int{block - 1, block, block + 1}
	for n := range 4*updateWidth + 2 {
		lengths = append(lengths, n)
	}
	everyLevel(t, func(t *testing.T, level isa.Level) {
		var mem memory
		var intact [5]func() bool
		for j := range mem {
			mem[j], intact[j] = fenced(t, block+1)
		}
		for o := range updates {
			op := &updates[o]
			for _, n := range lengths {
				if testing.Short() && n >= block-1 && (o+n)%3 > 0 {
					continue
				}
				for _, where := range []string{"flush with the end of a page", "flush with the start of a page"} {
					where = fmt.Sprintf("isa %v, length %d, %s", level, n, where)
					_, v := generate(normal, n, 1)
					var got, want memory
					for j := range op.arrays() {
						got[j] = mem[j][:n]
						if strings.Contains(where, "end") {
							got[j] = mem[j][len(mem[j])-n:]
						}
						for i := range n {
							got[j][i] = abs(v[0][(i+j)%n])
						}
						want[j] = slices.Clone(got[j])
					}
					terms := someTerms[n%len(someTerms)]
					rule := op.rule(1)
					finite := func() (finite bool) {
						defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
						defer func() {
							if r := recover(); r != nil {
								t.Fatalf("%s, %s: %v", op.name, where, r)
							}
						}()
						return rule.Update(got[0], got[1], got.state(op), terms)
					}()
					op.compare(t, &got, &want, finite, op.specify(&want, 1, terms), where)
					for j := range op.arrays() {
						if !intact[j]() {
							t.Fatalf("%s, %s: memory beside %c is written", op.name, where, memoryNames[j])
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
	const pinnedWithTerms = 0x0bdaf22d
	everyLevel(t, func(t *testing.T, level isa.Level) {
		var withTerms []byte
		for o := range updates {
			op := &updates[o]
			r := rand.New(rand.NewPCG(11, 0))
			next := func() float32 { return float32(r.IntN(1<<24)-1<<23) * 0x1p-23 }
			var m memory
			for j := range m {
				m[j] = make([]float32, 33)
			}
			for i := range m[0] {
				m[0][i] = next()
				if op.kind == rProp {
					m[3][i] = float32(op.rate)
				}
			}
			run := func(from, to int, terms Terms) (bits []byte) {
				for step := from; step <= to; step++ {
					for i := range m[1] {
						m[1][i] = next()
					}
					rule := op.rule(step)
					if !rule.Update(m[0], m[1], m.state(op), terms) {
						t.Errorf("%s, isa %v: not finite after step %d", op.name, level, step)
					}
				}
				bits = appendBits(nil, m[0]...)
				for _, s := range m.state(op) {
					bits = appendBits(bits, s...)
				}
				return bits
			}
			if got := crc32.ChecksumIEEE(run(1, 100, Terms{Clip: 1})); got != op.pinned {
				t.Errorf("%s, isa %v: CRC-32 after 100 steps is %#08x, want %#08x", op.name, level, got, op.pinned)
			}
			withTerms = append(withTerms, run(101, 110, Terms{Clip: 0.75, L2: 0.03, L1: 0.01})...)
		}
		if got := crc32.ChecksumIEEE(withTerms); got != pinnedWithTerms {
			t.Errorf("isa %v: CRC-32 after 10 steps with terms is %#08x, want %#08x", level, got, uint32(pinnedWithTerms))
		}
	})
}

// BenchmarkUpdates measures one step over 1024 parameters and those of networks
// 784-128-10 and 784-512-512-10 (in round numbers), and a copy as the ceiling. Bytes count
// twice what is read and written.
func BenchmarkUpdates(b *testing.B) {
	for _, n := range []int{1024, 784*128 + 128 + 128*10 + 10, 668672} {
		measured := map[kind]bool{}
		for o := range updates {
			op := &updates[o]
			if measured[op.kind] {
				continue
			}
			measured[op.kind] = true
			name, _, _ := strings.Cut(op.name, "(")
			switch op.kind {
			case rmsPropCentered, rmsPropCenteredMomentum:
				name += "Centered"
			}
			for i, terms := range []Terms{{Clip: 1}, {Clip: 0.5, L2: 1e-4, L1: 1e-4}} {
				for _, level := range isa.Available() {
					b.Run(fmt.Sprintf("%s/states=%d/n=%d/terms=%v/isa=%v", name, op.states, n, i > 0, level), func(b *testing.B) {
						b.Cleanup(isa.Force(level))
						var m memory
						for j := range op.arrays() {
							_, v := generate(normal, n, 1)
							m[j] = v[0]
							for i := range v[0] {
								v[0][i] = abs(v[0][i])
							}
						}
						b.SetBytes(int64(4 * n * (2*op.arrays() - 1)))
						b.ReportAllocs()
						for b.Loop() {
							rule := op.rule(1000)
							rule.Update(m[0], m[1], m.state(op), terms)
						}
					})
				}
			}
		}
		b.Run(fmt.Sprintf("Copy/n=%d", n), func(b *testing.B) {
			_, v := generate(normal, n, 2)
			b.SetBytes(int64(8 * n))
			b.ReportAllocs()
			for b.Loop() {
				copy(v[0], v[1])
			}
		})
	}
}
