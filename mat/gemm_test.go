package mat

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/internal/ref"
)

// everyLevel runs f at every level of this machine.
func everyLevel(t *testing.T, f func(t *testing.T, level isa.Level)) {
	for _, level := range isa.Available() {
		t.Run(level.String(), func(t *testing.T) {
			t.Cleanup(isa.Force(level))
			f(t, level)
		})
	}
}

// product is one row of the table that the checks below range over. All of them are
// C = alpha·op(A)·op(B) + beta·C; a vector is a matrix of one row or one column.
type product struct {
	name           string
	transA, transB bool // how A and B lie in memory
	vector         [3]bool
	fits           func(m, n, k int) bool // nil: any shape
	accumulates    bool                   // beta is 1, and the terms are added even if alpha is 0
	call, spec     func(p *problem)
}

// problem is one set of arguments.
type problem struct {
	op          *product
	m, n, k     int
	alpha, beta float32
	dist        string
	a, b, c     matrix
}

func (p *problem) String() string {
	return fmt.Sprintf("%s, m=%d, n=%d, k=%d, lda=%d, ldb=%d, ldc=%d, alpha %g, beta %g, %s inputs",
		p.op.name, p.m, p.n, p.k, p.a.ld, p.b.ld, p.c.ld, p.alpha, p.beta, p.dist)
}

func gemmRow(name string, transA, transB Trans) product {
	return product{
		name: name, transA: bool(transA), transB: bool(transB),
		call: func(p *problem) {
			Gemm(transA, transB, p.m, p.n, p.k, p.alpha, p.a.data, p.a.ld, p.b.data, p.b.ld, p.beta, p.c.data, p.c.ld)
		},
		spec: func(p *problem) {
			ref.Gemm(bool(transA), bool(transB), p.m, p.n, p.k, p.alpha, p.a.data, p.a.ld, p.b.data, p.b.ld, p.beta, p.c.data, p.c.ld)
		},
	}
}

var products = []product{
	gemmRow("Gemm NN", NoTrans, NoTrans),
	gemmRow("Gemm TN", Transpose, NoTrans),
	gemmRow("Gemm NT", NoTrans, Transpose),
	{
		name: "Gemv", vector: [3]bool{1: true, 2: true}, // A·x: x is the column B, y the column C
		fits: func(_, n, _ int) bool { return n == 1 },
		call: func(p *problem) {
			Gemv(NoTrans, p.m, p.k, p.alpha, p.a.data, p.a.ld, p.b.data, p.beta, p.c.data)
		},
		spec: func(p *problem) {
			ref.Gemv(false, p.m, p.k, p.alpha, p.a.data, p.a.ld, p.b.data, p.beta, p.c.data)
		},
	},
	{
		name: "Gemv transposed", vector: [3]bool{0: true, 2: true}, // x·A: x is the row A, y the row C
		fits: func(m, _, _ int) bool { return m == 1 },
		call: func(p *problem) {
			Gemv(Transpose, p.k, p.n, p.alpha, p.b.data, p.b.ld, p.a.data, p.beta, p.c.data)
		},
		spec: func(p *problem) {
			ref.Gemv(true, p.k, p.n, p.alpha, p.b.data, p.b.ld, p.a.data, p.beta, p.c.data)
		},
	},
	{
		name: "Ger", vector: [3]bool{0: true, 1: true}, accumulates: true,
		fits: func(_, _, k int) bool { return k == 1 },
		call: func(p *problem) { Ger(p.alpha, p.a.data, p.b.data, p.c.data, p.c.ld) },
		spec: func(p *problem) { ref.Ger(p.m, p.n, p.alpha, p.a.data, p.b.data, p.c.data, p.c.ld) },
	},
}

// matrix is an operand: its elements lie in poison, between the rows too.
type matrix struct {
	rows, cols, ld int
	mem            []float32 // all memory
	from           int       // where data starts
	data           []float32 // no longer than the documentation demands
}

func layOut(rows, cols, ld, offset int, mem func(n int) []float32) matrix {
	x := matrix{rows: rows, cols: cols, ld: ld, from: offset}
	n := 0
	if rows > 0 && cols > 0 {
		n = (rows-1)*ld + cols
	}
	x.mem = mem(n)
	if offset < 0 { // at the end
		x.from = len(x.mem) - n
	}
	x.data = x.mem[x.from:][:n:n]
	return x
}

// row returns row i, which has no elements in an empty matrix.
func (x *matrix) row(i int) []float32 {
	if len(x.data) == 0 {
		return nil
	}
	return x.data[i*x.ld:][:x.cols]
}

// at returns element i,j of the matrix or of its transpose.
func (x *matrix) at(transposed bool, i, j int) float32 {
	if transposed {
		i, j = j, i
	}
	return x.data[i*x.ld+j]
}

// tight returns the elements without what lies between the rows.
func (x *matrix) tight() []float32 {
	s := make([]float32, 0, x.rows*x.cols)
	for i := range x.rows {
		s = append(s, x.row(i)...)
	}
	return s
}

// surrounded reports whether all memory but the elements is still poison.
func (x *matrix) surrounded() bool {
	for i := range x.rows {
		if len(x.data) > 0 && i < x.rows-1 && !poisoned(x.data[i*x.ld+x.cols:(i+1)*x.ld]) {
			return false
		}
	}
	return poisoned(x.mem[:x.from]) && poisoned(x.mem[x.from+len(x.data):])
}

// pools holds the inputs of each distribution; matrices are cut out of them. The
// length is prime, so that what repeats does so in step with nothing.
type pools map[string]vectors

func (ps pools) fill(x *matrix, dist string, j int, r *rand.Rand) {
	from := dist
	switch {
	case dist == oneOdd:
		from = normal
	case dist == underflow && j == 2:
		from = zeros // C decides the sign of what underflows
	}
	v, ok := ps[from]
	if !ok {
		_, v = generate(from, 20011, 3)
		ps[from] = v
	}
	next := r.IntN(len(v[j]))
	for i := range x.rows {
		row := x.row(i)
		for l := range row {
			row[l] = v[j][next]
			next = (next + 1) % len(v[j])
		}
	}
	if dist == oneOdd && len(x.data) > 0 {
		x.data[r.IntN(x.rows)*x.ld+r.IntN(x.cols)] = odd[r.IntN(len(odd))]
	}
}

// build makes the arguments of one call. mem provides poisoned memory for operand j;
// offset < 0 puts the operands at its end, otherwise they start offset + 5·j floats
// after the margin, where the memory is an arena, or at its start.
func (ps pools) build(op *product, m, n, k int, alpha, beta float32, dist string, r *rand.Rand, offset int, mem func(j, n int) []float32) *problem {
	p := &problem{op: op, m: m, n: n, k: k, alpha: alpha, beta: beta, dist: dist}
	if op.accumulates {
		p.beta = 1
	}
	shape := [3][2]int{{m, k}, {k, n}, {m, n}}
	for j, transposed := range []bool{op.transA, op.transB} {
		if transposed {
			shape[j] = [2]int{shape[j][1], shape[j][0]}
		}
	}
	for j, x := range []*matrix{&p.a, &p.b, &p.c} {
		rows, cols := shape[j][0], shape[j][1]
		ld := max(1, cols)
		if !op.vector[j] {
			ld += []int{0, 1, 3, 16}[r.IntN(4)]
		}
		at := offset
		if mem == nil {
			at = margin + (offset+5*j)%16
		}
		*x = layOut(rows, cols, ld, at, func(n int) []float32 {
			if mem == nil {
				return arena(n)
			}
			return mem(j, n)
		})
		if j < 2 || p.beta != 0 { // with beta 0, C keeps its NaN, which must not spread
			ps.fill(x, dist, j, r)
		}
	}
	return p
}

// specified returns the elements of C by the specification.
func (p *problem) specified() []float32 {
	q := *p
	q.c.data = slices.Clone(p.c.data)
	p.op.spec(&q)
	return q.c.tight()
}

// truth returns the elements of C in float64, each with the bound of its error.
func (p *problem) truth() (want, tolerance []float64) {
	const u = 0x1p-24
	for i := range p.m {
		for j := range p.n {
			c0 := 0.0
			if p.beta != 0 {
				c0 = float64(p.beta) * float64(p.c.at(false, i, j))
			}
			sum, size := c0, math.Abs(c0)
			unscaled, largest, sizeB := 0.0, 0.0, 0.0
			for q := range p.k {
				if p.alpha == 0 && !p.op.accumulates {
					break
				}
				x, y := float64(p.a.at(p.op.transA, i, q)), float64(p.b.at(p.op.transB, q, j))
				term := float64(p.alpha) * x * y
				sum += term
				size += math.Abs(term)
				unscaled += math.Abs(x * y)
				largest = max(largest, math.Abs(float64(p.alpha)*x))
				sizeB += math.Abs(y)
			}
			// Beside the documented bound, a rounding to a subnormal is off by up to half of
			// 2⁻¹⁴⁹ whatever the size, and in alpha·a that error is multiplied by b.
			bound := float64(p.k+3)*u*size + 0x1p-149*(2*float64(p.k+3)+sizeB)
			if !(size <= math.MaxFloat32 && unscaled <= math.MaxFloat32 && largest <= math.MaxFloat32) {
				bound = math.Inf(1) // a partial result may overflow, or an element is not finite
			}
			want, tolerance = append(want, sum), append(tolerance, bound)
		}
	}
	return want, tolerance
}

// run calls the function under test and compares: to the bit with the specification
// if the level has fused multiply-adds, and with the truth at every level.
func (p *problem) run(t *testing.T, level isa.Level, where string, call func()) {
	t.Helper()
	specified := p.specified()
	truth, tolerance := p.truth()
	a, b := p.a.tight(), p.b.tight()
	call()
	for i := range p.m {
		for j, got := range p.c.row(i) {
			at := i*p.n + j
			if want := specified[at]; level.Fused() && !same(got, want) {
				t.Fatalf("%v, isa %v, %s: C[%d,%d] is %g (%#08x), want %g (%#08x)",
					p, level, where, i, j, got, math.Float32bits(got), want, math.Float32bits(want))
			}
			switch want, bound := truth[at], tolerance[at]; {
			case math.IsNaN(want):
				if got == got {
					t.Fatalf("%v, isa %v, %s: C[%d,%d] is %g, want NaN", p, level, where, i, j, got)
				}
			case math.IsInf(bound, 1):
			case !(math.Abs(float64(got)-want) <= bound):
				t.Fatalf("%v, isa %v, %s: C[%d,%d] is %g, in float64 %g: off by %g, bound %g",
					p, level, where, i, j, got, want, math.Abs(float64(got)-want), bound)
			}
		}
	}
	for j, x := range []*matrix{&p.a, &p.b, &p.c} {
		if !x.surrounded() {
			t.Fatalf("%v, isa %v, %s: memory beside the elements of %c is written", p, level, where, 'A'+j)
		}
	}
	if !sameBits(p.a.tight(), a) || !sameBits(p.b.tight(), b) {
		t.Fatalf("%v, isa %v, %s: an input is changed", p, level, where)
	}
}

// sameBits is stricter than [same]: an input must keep the payload of its NaN.
func sameBits(x, y []float32) bool {
	return slices.EqualFunc(x, y, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) })
}

var (
	rowCounts    = []int{1, 2, 3, 5, 8, 17}
	columnCounts = []int{1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 47, 64, 65, 100}
	innerCounts  = []int{0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 63, 64, 65, 130}
	alphas       = []float32{1, 0, -1, 0.5, 1.7}
	betas        = []float32{0, 1, -0.3}

	// What the lists above leave out: B of NT in more than one tile where C is narrow,
	// some with a tile whose depth is cut to a multiple of the chains (n 3, 13, 21);
	// one column of more than one block; a row of C longer than a block.
	longShapes = [][3]int{
		{2, 2, 2100}, {3, 3, 1400}, {2, 4, 1030}, {2, 13, 330}, {2, 16, 400}, {3, 21, 300}, {2, 32, 200}, {2, 33, 200},
		{2, 1, block}, {5, 1, block - 3}, {2, 1, block + 1}, {2, 1, 2*block + 17}, {1, 2, block + 3}, {2, block + 1, 1}, {1, block + 1, 3},
	}
)

// TestProducts compares every product with the specification over all shapes, with
// the other arguments drawn at random: with all of them only for the smallest shapes.
func TestProducts(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for o := range products {
			op := &products[o]
			t.Run(op.name, func(t *testing.T) {
				ps := pools{}
				r := rand.New(rand.NewPCG(3, uint64(o)))
				cases := 0
				run := func(m, n, k int, alpha, beta float32, dist string) {
					if op.fits != nil && !op.fits(m, n, k) {
						return
					}
					cases++
					offset := r.IntN(16)
					p := ps.build(op, m, n, k, alpha, beta, dist, r, offset, nil)
					p.run(t, level, fmt.Sprintf("offset %d", offset), func() { op.call(p) })
				}
				// Normal inputs show most; the others what is particular about them.
				draw := func() (alpha, beta float32, dist string) {
					dists := []string{normal, normal, normal, wide, oneOdd, underflow, zeros}
					return alphas[r.IntN(len(alphas))], betas[r.IntN(len(betas))], dists[r.IntN(len(dists))]
				}
				for _, m := range rowCounts {
					for _, n := range columnCounts {
						for _, k := range innerCounts {
							if m <= 3 && n <= 4 && k <= 5 {
								for _, alpha := range alphas {
									for _, beta := range betas {
										for _, dist := range []string{normal, oneOdd, underflow, zeros} {
											run(m, n, k, alpha, beta, dist)
										}
									}
								}
								continue
							}
							if testing.Short() && op.fits == nil && r.IntN(12) > 0 {
								continue
							}
							draws := 3
							if testing.Short() {
								draws = 1
							}
							for range draws {
								alpha, beta, dist := draw()
								run(m, n, k, alpha, beta, dist)
							}
						}
					}
				}
				for _, shape := range longShapes {
					for _, dist := range []string{normal, underflow} {
						m, n, k := shape[0], shape[1], shape[2]
						if op.fits != nil && !op.fits(m, n, k) {
							m = 1
						}
						alpha, beta, _ := draw()
						if alpha == 0 {
							alpha = 1.7
						}
						run(m, n, k, alpha, beta, dist)
					}
				}
				if cases < 100 {
					t.Errorf("only %d cases were run", cases)
				}
			})
		}
	})
}

// TestLongColumn covers both ways to read a column of more than one block of Dot:
// contiguous and strided.
func TestLongColumn(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		ps := pools{}
		r := rand.New(rand.NewPCG(4, 0))
		for _, o := range []int{0, 2} {
			op := &products[o]
			for _, shape := range [][2]int{{17, 64}, {1, block - 1}, {1, block}, {2, block + 1}, {1, 2 * block}, {2, 2*block + 17}} {
				m, k := shape[0], shape[1]
				// Of 64 terms and of whole blocks the sum is -0 if all of them underflow to it.
				for _, dist := range []string{normal, underflow} {
					done := map[bool]bool{} // by whether B has no gaps; its leading dimension is drawn
					for tries := 0; tries < 40 && len(done) < 2; tries++ {
						p := ps.build(op, m, 1, k, 1.7, 1, dist, r, 0, nil)
						if tight := p.b.ld == p.b.cols; !done[tight] {
							done[tight] = true
							p.run(t, level, "one column", func() { op.call(p) })
						}
					}
					if len(done) < 2 {
						t.Errorf("%s, isa %v, k=%d: B was never drawn with and without gaps", op.name, level, k)
					}
				}
			}
		}
	})
}

// TestProductsGuardPages puts all operands flush against unreadable memory.
func TestProductsGuardPages(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		ps := pools{}
		r := rand.New(rand.NewPCG(5, 0))
		const longest = 130 * (100 + 16) // the largest operand below with its padding
		var mem [3][]float32
		var intact [3]func() bool
		for j := range mem {
			mem[j], intact[j] = fenced(t, longest)
			poisonAll(mem[j])
		}
		cases := 0
		for o := range products {
			op := &products[o]
			for _, m := range []int{1, 2, 17} {
				for _, n := range []int{1, 2, 3, 7, 16, 17, 31, 33, 100} {
					for _, k := range []int{0, 1, 2, 5, 16, 17, 67, 130} {
						if op.fits != nil && !op.fits(m, n, k) || testing.Short() && r.IntN(3) > 0 {
							continue
						}
						for _, offset := range []int{-1, 0} {
							cases++
							where := "flush with the start of a page"
							if offset < 0 {
								where = "flush with the end of a page"
							}
							alpha := []float32{1, 1.7}[r.IntN(2)] // on tiles, and the plain way
							p := ps.build(op, m, n, k, alpha, betas[r.IntN(3)], normal, r, offset, func(j, _ int) []float32 { return mem[j] })
							w := &wanted{level: level, op: &operation{name: p.String(), call: func(float32, *vectors) float64 { op.call(p); return 0 }}}
							p.run(t, level, where, func() { faultless(t, w, &vectors{p.c.data}, where) })
							for j, x := range []*matrix{&p.a, &p.b, &p.c} {
								poisonAll(x.data)
								if !intact[j]() {
									t.Fatalf("%v, isa %v, %s: memory beside %c is written", p, level, where, 'A'+j)
								}
							}
						}
					}
				}
			}
		}
		if cases == 0 {
			t.Error("no case was run")
		}
	})
}

// TestRowsDoNotDependOnTheBatch computes rows alone, some at once and all at once:
// the bits must be equal, at the generic level too.
func TestRowsDoNotDependOnTheBatch(t *testing.T) {
	const m = 17
	everyLevel(t, func(t *testing.T, level isa.Level) {
		ps := pools{}
		r := rand.New(rand.NewPCG(6, 0))
		for o := range products[:3] {
			op := &products[o]
			for _, n := range columnCounts {
				for _, k := range []int{1, 5, 64, 130} {
					alpha, beta := float32(1.7), betas[r.IntN(2)+1]
					p := ps.build(op, m, n, k, alpha, beta, normal, r, 0, nil)
					before := slices.Clone(p.c.data)
					op.call(p)
					for _, batch := range []int{1, 2, 5} {
						for i := 0; i+batch <= m; i += batch {
							q := *p
							q.m = batch
							q.c.data = slices.Clone(before[i*p.c.ld:][:(batch-1)*p.c.ld+n])
							if op.transA {
								q.a.data = p.a.data[i:] // rows of op(A) are columns
							} else {
								q.a.data = p.a.data[i*p.a.ld:]
							}
							op.call(&q)
							q.c.rows = batch
							for l, got := range q.c.tight() {
								if want := p.c.row(i + l/n)[l%n]; !same(got, want) {
									t.Fatalf("%v, isa %v: C[%d,%d] is %g (%#08x) in a batch of %d, %g (%#08x) in all %d", p, level, i+l/n, l%n,
										got, math.Float32bits(got), batch, want, math.Float32bits(want), m)
								}
							}
						}
					}
				}
			}
		}
	})
}

// TestExactProducts has products without rounding: every level must give the same.
func TestExactProducts(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		ps := pools{}
		r := rand.New(rand.NewPCG(7, 0))
		for o := range products[:3] {
			op := &products[o]
			for _, n := range columnCounts {
				// A·I = A
				p := ps.build(op, 5, n, n, 1, 0, normal, r, 3, nil)
				for i := range n {
					clear(p.b.row(i))
					p.b.row(i)[i] = 1
				}
				op.call(p)
				for i := range 5 {
					for j, got := range p.c.row(i) {
						if want := p.a.at(op.transA, i, j); !same(got, want) {
							t.Fatalf("%v, isa %v: element %d,%d of A·I is %g, want %g", p, level, i, j, got, want)
						}
					}
				}
				// I·B = B
				p = ps.build(op, 17, n, 17, 1, 0, normal, r, 3, nil)
				for i := range 17 {
					clear(p.a.row(i))
					p.a.row(i)[i] = 1
				}
				op.call(p)
				for i := range 17 {
					for j, got := range p.c.row(i) {
						if want := p.b.at(op.transB, i, j); !same(got, want) {
							t.Fatalf("%v, isa %v: element %d,%d of I·B is %g, want %g", p, level, i, j, got, want)
						}
					}
				}
				// Integers: |C| ≤ 2·(130·8·8 + 8) < 2²⁴.
				for _, k := range innerCounts {
					alpha, beta := float32(r.IntN(5)-2), float32(r.IntN(5)-2)
					p := ps.build(op, 3, n, k, alpha, beta, normal, r, 7, nil)
					for _, x := range []*matrix{&p.a, &p.b, &p.c} {
						for i := range x.rows {
							for l := range x.row(i) {
								x.row(i)[l] = float32(r.IntN(17) - 8)
							}
						}
					}
					exact, _ := p.truth() // integers below 2⁵³
					op.call(p)
					for l, got := range p.c.tight() {
						if float64(got) != exact[l] {
							t.Fatalf("%v, isa %v: integer element %d,%d is %g, want %g", p, level, l/n, l%n, got, exact[l])
						}
					}
				}
			}
		}
	})
}

// TestGenericProductsEverywhere pins the bits of the generic level, which no
// specification has: they must not depend on the machine or the compiler, which
// fuses multiplication and addition on some. Inputs are exact fractions, since
// package rand's normal numbers may differ in the last bit.
func TestGenericProductsEverywhere(t *testing.T) {
	t.Cleanup(isa.Force(isa.Generic))
	r := rand.New(rand.NewPCG(8, 0))
	ps := pools{}
	var bits []byte
	for o := range products {
		op := &products[o]
		for _, n := range []int{1, 2, 7, 16, 17, 33, 65} {
			for _, k := range []int{1, 5, 64, 131} {
				for _, m := range []int{1, 3} {
					if op.fits != nil && !op.fits(m, n, k) {
						continue
					}
					p := ps.build(op, m, n, k, 1.7, -0.3, zeros, r, 0, nil)
					for _, x := range []*matrix{&p.a, &p.b, &p.c} {
						for i := range x.rows {
							for l := range x.row(i) {
								x.row(i)[l] = float32(r.IntN(1<<24)-1<<23) * 0x1p-23
							}
						}
					}
					op.call(p)
					for _, v := range p.c.tight() {
						bits = binary.LittleEndian.AppendUint32(bits, math.Float32bits(v))
					}
				}
			}
		}
	}
	if got, want := crc32.ChecksumIEEE(bits), uint32(0x86096ee6); got != want {
		t.Errorf("CRC-32 of %d results at the generic level is %#08x, want %#08x", len(bits)/4, got, want)
	}
}

// TestProductPanics passes one wrong argument at a time: a panic with its constant
// text and nothing written, and no panic with slices as short as is documented.
func TestProductPanics(t *testing.T) {
	const huge = math.MaxInt/2 + 1 // 2⁶² or 2³⁰: times 4 it overflows
	type row struct {
		name, want string
		lengths    [3]int
		call       func(a, b, c []float32)
	}
	var rows []row
	gemm := func(want string, transA, transB Trans, m, n, k, lda, ldb, ldc, lenA, lenB, lenC int) {
		name := fmt.Sprintf("Gemm(%v, %v, %d, %d, %d), lda %d, ldb %d, ldc %d", transA, transB, m, n, k, lda, ldb, ldc)
		rows = append(rows, row{name, want, [3]int{lenA, lenB, lenC}, func(a, b, c []float32) {
			Gemm(transA, transB, m, n, k, 1, a, lda, b, ldb, 0, c, ldc)
		}})
	}
	const (
		N, T = NoTrans, Transpose
		ldA  = "mat: lda < columns of A"
		ldB  = "mat: ldb < columns of B"
		ldC  = "mat: ldc < n"
		badA = "mat: a too short"
		badB = "mat: b too short"
		badC = "mat: c too short"
	)
	// C is 3×4 throughout and k is 5; lengths are (rows-1)·ld + columns.
	gemm("", N, N, 3, 4, 5, 6, 7, 8, 17, 32, 20)
	gemm("", T, N, 3, 4, 5, 6, 7, 8, 27, 32, 20)
	gemm("", N, T, 3, 4, 5, 6, 7, 8, 17, 26, 20)
	gemm("", N, N, 3, 4, 5, 5, 4, 4, 15, 20, 12)
	gemm("", T, N, 3, 4, 5, 3, 4, 4, 15, 20, 12)
	gemm("", N, T, 3, 4, 5, 5, 5, 4, 15, 20, 12)
	gemm("", N, N, 1, 4, 5, huge, 4, huge, 5, 20, 4) // the stride of one row is not used
	gemm("mat: Gemm: both operands transposed", T, T, 3, 4, 5, 6, 7, 8, 40, 40, 40)
	gemm("mat: Gemm: both operands transposed", T, T, 0, 0, 0, 1, 1, 1, 0, 0, 0)
	for _, trans := range [][2]Trans{{N, N}, {T, N}, {N, T}} {
		x, y := trans[0], trans[1]
		for _, negative := range []int{-1, -huge} {
			gemm("mat: m < 0", x, y, negative, 4, 5, 6, 7, 8, 40, 40, 40)
			gemm("mat: n < 0", x, y, 3, negative, 5, 6, 7, 8, 40, 40, 40)
			gemm("mat: k < 0", x, y, 3, 4, negative, 6, 7, 8, 40, 40, 40)
			gemm(ldA, x, y, 3, 4, 5, negative, 7, 8, 40, 40, 40)
			gemm(ldB, x, y, 3, 4, 5, 6, negative, 8, 40, 40, 40)
			gemm(ldC, x, y, 3, 4, 5, 6, 7, negative, 40, 40, 40)
		}
		gemm(ldA, x, y, 0, 0, 0, 0, 1, 1, 0, 0, 0) // 0 is no stride, even of nothing
		gemm(ldB, x, y, 0, 0, 0, 1, 0, 1, 0, 0, 0)
		gemm(ldC, x, y, 0, 0, 0, 1, 1, 0, 0, 0, 0)
		gemm(ldC, x, y, 3, 4, 5, 6, 7, 3, 40, 40, 40)
		for _, length := range []int{0, 3, 19} {
			gemm(badC, x, y, 3, 4, 5, 6, 7, 8, 40, 40, length)
			gemm(badC, x, y, 3, 4, 0, 6, 7, 8, 0, 0, length)
		}
		gemm(badA, x, y, 3, 4, 5, huge, 7, 8, 40, 40, 40)
		gemm(badB, x, y, 3, 4, 5, 6, huge, 8, 40, 40, 40)
		gemm(badC, x, y, 3, 4, 5, 6, 7, huge, 40, 40, 40)
		gemm(badC, x, y, 5, 4, 5, 6, 7, huge, 60, 40, 40) // 4·2⁶² is 0
		gemm(badA, x, y, huge, 4, 5, huge, 7, 8, 40, 40, 40)
		gemm(badA, x, y, 3, 4, huge, huge, huge, 8, 40, 40, 40)
		gemm(badB, x, y, 3, huge, 5, 6, huge, huge, 40, 40, 40)
		gemm(badC, x, y, huge, 4, 0, huge, 7, 8, 0, 0, 40)
		gemm(badC, x, y, 3, huge, 0, 6, huge, huge, 0, 0, 40)
		gemm(badA, x, y, huge, huge, huge, huge, huge, huge, 40, 40, 40)
	}
	gemm(ldA, N, N, 3, 4, 5, 4, 7, 8, 40, 40, 40)
	gemm(ldA, T, N, 3, 4, 5, 2, 7, 8, 40, 40, 40)
	gemm(ldA, N, T, 3, 4, 5, 4, 7, 8, 40, 40, 40)
	gemm(ldB, N, N, 3, 4, 5, 6, 3, 8, 40, 40, 40)
	gemm(ldB, T, N, 3, 4, 5, 6, 3, 8, 40, 40, 40)
	gemm(ldB, N, T, 3, 4, 5, 6, 4, 8, 40, 40, 40)
	gemm(badA, N, N, 3, 4, 5, 6, 7, 8, 16, 32, 20)
	gemm(badA, T, N, 3, 4, 5, 6, 7, 8, 26, 32, 20)
	gemm(badA, N, T, 3, 4, 5, 6, 7, 8, 16, 26, 20)
	gemm(badB, N, N, 3, 4, 5, 6, 7, 8, 17, 31, 20)
	gemm(badB, T, N, 3, 4, 5, 6, 7, 8, 27, 31, 20)
	gemm(badB, N, T, 3, 4, 5, 6, 7, 8, 17, 25, 20)
	gemm(badA, N, N, 1, 4, 5, 6, 7, 8, 4, 32, 20)
	gemm(badB, N, T, 3, 1, 5, 6, 7, 8, 17, 4, 20)
	gemm(badC, N, N, 1, 4, 5, 6, 7, 8, 17, 32, 3)

	gemv := func(want string, trans Trans, m, n, lda, lenA, lenX, lenY int) {
		name := fmt.Sprintf("Gemv(%v, %d, %d), lda %d", trans, m, n, lda)
		rows = append(rows, row{name, want, [3]int{lenA, lenX, lenY}, func(a, x, y []float32) {
			Gemv(trans, m, n, 1, a, lda, x, 0, y)
		}})
	}
	const badX, badY = "mat: Gemv: wrong len(x)", "mat: Gemv: wrong len(y)"
	gemv("", N, 3, 5, 6, 17, 5, 3)
	gemv("", T, 3, 5, 6, 17, 3, 5)
	for _, trans := range []Trans{N, T} {
		lenX, lenY := 5, 3
		if trans {
			lenX, lenY = 3, 5
		}
		gemv("mat: m < 0", trans, -1, 5, 6, 40, lenX, lenY)
		gemv("mat: n < 0", trans, 3, -1, 6, 40, lenX, lenY)
		gemv("mat: lda < n", trans, 3, 5, 4, 40, lenX, lenY)
		gemv("mat: lda < n", trans, 3, 5, -huge, 40, lenX, lenY)
		gemv("mat: lda < n", trans, 0, 0, 0, 0, 0, 0)
		gemv(badX, trans, 3, 5, 6, 40, lenX-1, lenY)
		gemv(badX, trans, 3, 5, 6, 40, lenX+1, lenY)
		gemv(badY, trans, 3, 5, 6, 40, lenX, lenY-1)
		gemv(badY, trans, 3, 5, 6, 40, lenX, lenY+1)
		gemv(badA, trans, 3, 5, 6, 16, lenX, lenY)
		gemv(badA, trans, 3, 5, 6, 0, lenX, lenY)
		gemv(badA, trans, 3, 5, huge, 40, lenX, lenY)
	}
	gemv(badX, N, 3, huge, huge, 40, 5, 3)
	gemv(badY, N, huge, 5, 6, 40, 5, 3)
	gemv(badX, T, huge, 5, 6, 40, 3, 5)
	gemv(badY, T, 3, huge, huge, 40, 3, 5)

	ger := func(want string, m, n, lda, lenA int) {
		rows = append(rows, row{fmt.Sprintf("Ger of %d×%d, lda %d", m, n, lda), want, [3]int{m, n, lenA}, func(x, y, a []float32) {
			Ger(1, x, y, a, lda)
		}})
	}
	ger("", 3, 5, 6, 17)
	ger("", 1, 5, huge, 5)
	ger("", 0, 5, 5, 0)
	ger("", 3, 0, 1, 0)
	for _, ld := range []int{4, 0, -1, -huge} {
		ger("mat: lda < n", 3, 5, ld, 40)
	}
	ger("mat: lda < n", 0, 0, 0, 0)
	ger(badA, 3, 5, 6, 16)
	ger(badA, 3, 5, 6, 0)
	ger(badA, 3, 5, huge, 40)
	ger(badA, 5, 5, huge, 40)

	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, row := range rows {
			var v vectors
			for j, n := range row.lengths {
				v[j] = make([]float32, n)
				poisonAll(v[j])
			}
			got := func() (r any) {
				defer func() { r = recover() }()
				row.call(v[0], v[1], v[2])
				return nil
			}()
			if row.want == "" {
				if got != nil {
					t.Errorf("%s, isa %v, lengths %v: panic %v, want none", row.name, level, row.lengths, got)
				}
				continue
			}
			if got != row.want {
				t.Errorf("%s, isa %v, lengths %v: panic %v, want %q", row.name, level, row.lengths, got, row.want)
			}
			for j := range v {
				if !poisoned(v[j]) {
					t.Errorf("%s, isa %v, lengths %v: argument %d is written before the panic", row.name, level, row.lengths, j)
				}
			}
		}
	})
}

// TestEmptyProducts: without elements nothing is touched, without terms C = beta·C,
// and neither needs the slices that it does not use.
func TestEmptyProducts(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for _, trans := range [][2]Trans{{NoTrans, NoTrans}, {Transpose, NoTrans}, {NoTrans, Transpose}} {
			c := []float32{1, 2, 3, 4}
			Gemm(trans[0], trans[1], 0, 2, 2, 1, nil, 2, nil, 2, 0, nil, 2)
			Gemm(trans[0], trans[1], 2, 0, 2, 1, nil, 2, nil, 2, 0, c, 2)
			Gemm(trans[0], trans[1], 0, 2, 2, 1, nil, 2, nil, 2, 0, c, 2)
			if !slices.Equal(c, []float32{1, 2, 3, 4}) {
				t.Errorf("Gemm, isa %v: C without rows or columns is written: %v", level, c)
			}
			Gemm(trans[0], trans[1], 2, 2, 0, 1, nil, 2, nil, 2, 2, c, 2)
			if !slices.Equal(c, []float32{2, 4, 6, 8}) {
				t.Errorf("Gemm, isa %v: without terms and with beta 2 C is %v", level, c)
			}
			Gemm(trans[0], trans[1], 2, 2, 0, 1, nil, 2, nil, 2, 1, c, 2)
			if !slices.Equal(c, []float32{2, 4, 6, 8}) {
				t.Errorf("Gemm, isa %v: without terms and with beta 1 C is %v", level, c)
			}
			for i := range c {
				c[i] = nan32
			}
			Gemm(trans[0], trans[1], 2, 2, 0, 1, nil, 2, nil, 2, 0, c, 2)
			if !sameBits(c, make([]float32, 4)) {
				t.Errorf("Gemm, isa %v: without terms and with beta 0 C is %v, want +0", level, c)
			}
		}
		y := []float32{1, 2}
		Gemv(NoTrans, 2, 0, 1, nil, 1, nil, 2, y)
		Gemv(Transpose, 0, 2, 1, nil, 2, nil, 2, y)
		if !slices.Equal(y, []float32{4, 8}) {
			t.Errorf("Gemv, isa %v: without terms y is %v", level, y)
		}
	})
}

func TestProductsDoNotAllocate(t *testing.T) {
	// Through the table of products the buffers would move to the heap.
	calls := map[string]func(){
		"Gemm NN, one chain": func() {
			var a, b, c [10 * 40]float32
			Gemm(NoTrans, NoTrans, 10, 40, 10, 1, a[:], 10, b[:], 40, 0.5, c[:], 40)
		},
		"Gemm NN, four chains": func() {
			var a, b, c [100]float32
			Gemm(NoTrans, NoTrans, 10, 10, 10, 1, a[:], 10, b[:], 10, 0.5, c[:], 10)
		},
		"Gemm NN, one column": func() {
			var a, b, c [100]float32
			Gemm(NoTrans, NoTrans, 10, 1, 10, 1, a[:], 10, b[:], 10, 0.5, c[:], 10)
		},
		"Gemm TN": func() {
			var a, b, c [100]float32
			Gemm(Transpose, NoTrans, 10, 10, 10, 1, a[:], 10, b[:], 10, 0.5, c[:], 10)
		},
		"Gemm NT, one chain": func() {
			var a, b, c [10 * 40]float32
			Gemm(NoTrans, Transpose, 10, 40, 10, 1, a[:], 10, b[:], 10, 0.5, c[:], 40)
		},
		"Gemm NT, two chains": func() {
			var a, b, c [10 * 20]float32
			Gemm(NoTrans, Transpose, 10, 20, 10, 1, a[:], 10, b[:], 10, 0.5, c[:], 20)
		},
		"Gemv": func() {
			var a [100]float32
			var x, y [10]float32
			Gemv(NoTrans, 10, 10, 1, a[:], 10, x[:], 0.5, y[:])
		},
		"Gemv transposed": func() {
			var a [100]float32
			var x, y [10]float32
			Gemv(Transpose, 10, 10, 1, a[:], 10, x[:], 0.5, y[:])
		},
		"Ger": func() {
			var a [100]float32
			var x, y [10]float32
			Ger(1, x[:], y[:], a[:], 10)
		},
	}
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for name, call := range calls {
			if n := testing.AllocsPerRun(20, call); n != 0 {
				t.Errorf("%s, isa %v: %v allocations on stack buffers, want 0", name, level, n)
			}
		}
	})
}

func benchmarkProduct(b *testing.B, op *product, name string, m, n, k int) {
	for _, level := range isa.Available() {
		b.Run(fmt.Sprintf("%s/m=%d,n=%d,k=%d/isa=%v", name, m, n, k, level), func(b *testing.B) {
			b.Cleanup(isa.Force(level))
			r := rand.New(rand.NewPCG(9, 0))
			p := pools{}.build(op, m, n, k, 1, 0, normal, r, 0, nil)
			for _, x := range []*matrix{&p.a, &p.b, &p.c} { // rows without gaps, as the network has them
				x.ld = max(1, x.cols)
			}
			b.ReportAllocs()
			for b.Loop() {
				op.call(p)
			}
			b.ReportMetric(2*float64(m)*float64(n)*float64(k)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
		})
	}
}

// BenchmarkGemm measures the products of a 784-128-10 network: one image, a batch of
// 64, and the batch through the narrow last layer.
func BenchmarkGemm(b *testing.B) {
	for o, name := range []string{"NN", "TN", "NT"} {
		for _, shape := range [][3]int{{1, 128, 784}, {64, 128, 784}, {64, 10, 128}} {
			benchmarkProduct(b, &products[o], name, shape[0], shape[1], shape[2])
		}
	}
}

// BenchmarkGemv measures y = A·x (N) and y = Aᵀ·x (T) for A 128×784.
func BenchmarkGemv(b *testing.B) {
	benchmarkProduct(b, &products[3], "N", 128, 1, 784)
	benchmarkProduct(b, &products[4], "T", 1, 784, 128)
}
