package mat

// The portable products, for alpha = 1: the sums of the plain way in the same order, but held
// in registers over several terms. A processor without assembly here has few units, and
// loading and storing C for every term would be most of its work.

func (g *job) portable() {
	switch {
	case bool(g.transA):
		g.portableTN()
	case chains(g.n) > 1:
		g.portableNarrow()
	case bool(g.transB):
		g.portableNT()
	default:
		for i := range g.m {
			row := g.c[i*g.ldc:][:g.n]
			x := g.a[i*g.lda:][:g.k]
			p := 0
			for ; p+4 <= len(x); p += 4 {
				axpy4Go([4]float32(x[p:]), g.b[p*g.ldb:], g.b[(p+1)*g.ldb:], g.b[(p+2)*g.ldb:], g.b[(p+3)*g.ldb:], row)
			}
			for ; p < len(x); p++ {
				axpyGo(x[p], g.b[p*g.ldb:][:g.n], row)
			}
		}
	}
}

// portableTN takes four rows of A and B at a time.
func (g *job) portableTN() {
	p := 0
	for ; p+4 <= g.k; p += 4 {
		a0, a1, a2, a3 := g.a[p*g.lda:][:g.m], g.a[(p+1)*g.lda:][:g.m], g.a[(p+2)*g.lda:][:g.m], g.a[(p+3)*g.lda:][:g.m]
		for i, v := range a0 {
			v := [4]float32{v, a1[i], a2[i], a3[i]}
			axpy4Go(v, g.b[p*g.ldb:], g.b[(p+1)*g.ldb:], g.b[(p+2)*g.ldb:], g.b[(p+3)*g.ldb:], g.c[i*g.ldc:][:g.n])
		}
	}
	for ; p < g.k; p++ {
		for i, v := range g.a[p*g.lda:][:g.m] {
			axpyGo(v, g.b[p*g.ldb:][:g.n], g.c[i*g.ldc:][:g.n])
		}
	}
}

// portableNT takes four rows of B at a time, along which the terms of an element lie.
func (g *job) portableNT() {
	for i := range g.m {
		x, row := g.a[i*g.lda:][:g.k], g.c[i*g.ldc:][:g.n]
		j := 0
		for ; j+4 <= len(row); j += 4 {
			chain4Go(x, g.b[j*g.ldb:], g.b[(j+1)*g.ldb:], g.b[(j+2)*g.ldb:], g.b[(j+3)*g.ldb:], (*[4]float32)(row[j:]))
		}
		for ; j < len(row); j++ {
			row[j] = interleavedGo(1, x, g.b[j*g.ldb:], 1, row[j])
		}
	}
}

// portableNarrow is NN or NT with interleaved chains, element by element.
func (g *job) portableNarrow() {
	step, next, inc := chains(g.n), 1, g.ldb // from column to column of op(B), and along one
	if g.transB {
		next, inc = g.ldb, 1
	}
	for i := range g.m {
		x, row := g.a[i*g.lda:][:g.k], g.c[i*g.ldc:][:g.n]
		for j, v := range row {
			row[j] = interleavedGo(step, x, g.b[j*next:], inc, v)
		}
	}
}

// axpy4Go adds v[0]·x0 ... v[3]·x3 to y, one after the other: the bits of four axpyGo.
func axpy4Go(v [4]float32, x0, x1, x2, x3, y []float32) {
	x0, x1, x2, x3 = x0[:len(y)], x1[:len(y)], x2[:len(y)], x3[:len(y)]
	v0, v1, v2, v3 := v[0], v[1], v[2], v[3]
	i := 0
	for ; i < len(y)-1; i += 2 { // two sums: a processor that keeps its order waits less
		s, t := y[i], y[i+1]
		s, t = s+float32(v0*x0[i]), t+float32(v0*x0[i+1])
		s, t = s+float32(v1*x1[i]), t+float32(v1*x1[i+1])
		s, t = s+float32(v2*x2[i]), t+float32(v2*x2[i+1])
		s, t = s+float32(v3*x3[i]), t+float32(v3*x3[i+1])
		y[i], y[i+1] = s, t
	}
	if i < len(y) {
		y[i] = y[i] + float32(v0*x0[i]) + float32(v1*x1[i]) + float32(v2*x2[i]) + float32(v3*x3[i])
	}
}

// chain4Go adds to c[0] ... c[3] the products of x and b0 ... b3, term by term.
func chain4Go(x, b0, b1, b2, b3 []float32, c *[4]float32) {
	b0, b1, b2, b3 = b0[:len(x)], b1[:len(x)], b2[:len(x)], b3[:len(x)]
	s0, s1, s2, s3 := c[0], c[1], c[2], c[3]
	for p, v := range x {
		s0 += float32(v * b0[p])
		s1 += float32(v * b1[p])
		s2 += float32(v * b2[p])
		s3 += float32(v * b3[p])
	}
	c[0], c[1], c[2], c[3] = s0, s1, s2, s3
}

// interleavedGo returns c plus the terms x[p]·b[p·inc] in step chains, which are added as
// addChains does.
func interleavedGo(step int, x, b []float32, inc int, c float32) float32 {
	s := [4]float32{c}
	p, at := 0, 0
	switch step {
	case 4:
		s0, s1, s2, s3 := c, float32(0), float32(0), float32(0)
		for ; p+4 <= len(x); p += 4 {
			s0 += float32(x[p] * b[at])
			s1 += float32(x[p+1] * b[at+inc])
			s2 += float32(x[p+2] * b[at+2*inc])
			s3 += float32(x[p+3] * b[at+3*inc])
			at += 4 * inc
		}
		s = [4]float32{s0, s1, s2, s3}
	case 2:
		s0, s1 := c, float32(0)
		for ; p+2 <= len(x); p += 2 {
			s0 += float32(x[p] * b[at])
			s1 += float32(x[p+1] * b[at+inc])
			at += 2 * inc
		}
		s = [4]float32{s0, s1}
	}
	for r := 0; p < len(x); p++ { // fewer than step, or all of one chain
		s[r] += float32(x[p] * b[at])
		at += inc
		if step > 1 {
			r++
		}
	}
	switch step {
	case 4:
		return (s[0] + s[1]) + (s[2] + s[3])
	case 2:
		return s[0] + s[1]
	}
	return s[0]
}
