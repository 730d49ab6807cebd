package mat

import (
	"math"
	"math/bits"

	"github.com/sinew-ml/sinew/internal/isa"
)

// Trans says whether a matrix operand is taken as it lies or transposed.
type Trans bool

// The two orientations of an operand.
const (
	NoTrans   Trans = false
	Transpose Trans = true
)

// chains returns how many interleaved chains sum one element of an NN or NT product
// with n columns. Few columns leave the multiply-add units waiting for their own
// latency (4 cycles): 16 columns are one 512-bit register and need 4 chains, 32 need
// 2. One column is summed in Dot's lanes, which this does not cover.
func chains(n int) int {
	switch {
	case n <= 16:
		return 4
	case n <= 32:
		return 2
	}
	return 1
}

// laneSums reports whether an element of an NT product is summed in lanes: where rows of A
// and B are long enough to pay for adding up the lanes. Then nothing need be transposed.
func laneSums(n, k int) bool { return n > 1 && (k >= 128 || n <= 32 && k >= 64) }

// lanesBlock is the most terms of one sum in lanes.
const lanesBlock = 1024

// Gemm computes C = alpha·op(A)·op(B) + beta·C with op(A) m×k, op(B) k×n and C m×n,
// all row-major: NN (both NoTrans), TN (A stored k×m) and NT (B stored n×k). It panics
// if both are transposed: a network never needs it.
//
// lda, ldb and ldc are distances between rows as stored, so lda ≥ k (NN, NT) or m
// (TN), ldb ≥ n (NN, TN) or k (NT), ldc ≥ n; each slice holds at least
// (rows-1)·ld + columns elements. C must not share elements with A or B.
//
// Each element starts from c0: +0 if beta is 0 (NaN already in C does not spread), C
// if beta is 1, else beta·C rounded. To it a fixed pattern adds the terms
// alpha·op(A)[i,p] (rounded) times op(B)[p,j] by fused multiply-adds in increasing p:
//
//   - TN: one chain.
//   - NN and NT, n > 32: one chain; n ≤ 32: 2 chains, n ≤ 16: 4 chains, term p in
//     chain p mod 2 or 4, the first from c0, the others from +0, added at the end as
//     s0+s1 or (s0+s1)+(s2+s3).
//   - NN and NT, n = 1: alpha·Dot(row, column) + c0, fused.
//   - NT with n > 1 and k ≥ 128, or n ≤ 32 and k ≥ 64: terms in blocks of 1024, each of which
//     adds alpha·s to c0, fused. s sums the block's products of A and B in 16 lanes, term p in
//     lane p mod 16 from +0, the last 16 filled up with +0·+0; then lanes l and l+8 are added,
//     l and l+4, l and l+2, 0 and 1.
//
// The pattern never depends on m: a row gives the same bits alone and in any batch. If
// alpha or k is 0 the result is c0. The error is at most (k+3)·u·(|c0| + Σ|terms|).
func Gemm(transA, transB Trans, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	rowsA, colsA, rowsB, colsB := m, k, k, n
	if transA {
		rowsA, colsA = k, m
	}
	if transB {
		rowsB, colsB = n, k
	}
	if bool(transA && transB) || !whole(a, rowsA, colsA, lda) || !whole(b, rowsB, colsB, ldb) || !whole(c, m, n, ldc) || shared(c, a) || shared(c, b) {
		checkProduct(transA, transB, m, n, k, a, lda, b, ldb, c, ldc)
		if m == 0 || n == 0 {
			return
		}
	} else if alpha == 1 && (beta == 0 || beta == 1) {
		if kind, rows := oneCall(transA, transB, beta == 1, false, m, n, k, lda); rows > 0 {
			var start *float32
			lds := 0
			if beta == 1 {
				start, lds = &c[0], ldc
			}
			callOnce(kind, rows, transA, m, n, k, &a[0], lda, &b[0], ldb, start, lds, nil, 0, noFloor, &c[0], ldc)
			return
		}
	}
	var g job // field by field: a literal is made elsewhere and copied
	g.transA, g.transB, g.m, g.n, g.k, g.alpha = transA, transB, m, n, k, alpha
	g.a, g.lda, g.b, g.ldb, g.c, g.ldc = a, lda, b, ldb, c, ldc
	g.floor = noFloor
	switch beta {
	case 0:
	case 1:
		g.start, g.lds = c, ldc
	default:
		for i := range m {
			Scal(beta, c[i*ldc:][:n])
		}
		g.start, g.lds = c, ldc
	}
	g.run()
}

// GemmBias computes C = X·W + bias in every row, X m×k, W k×n, and C = ReLU of that if
// relu is true: a dense layer. Its bits are those of rows of C set to bias, [Gemm] (NN,
// alpha and beta 1) and [ReLU], without passing over C more than once.
//
// len(bias) = n; all else is as in Gemm: strides, lengths, panics. C must not overlap the
// inputs.
func GemmBias(relu bool, m, n, k int, x []float32, ldx int, w []float32, ldw int, bias, c []float32, ldc int) {
	floor := noFloor
	if relu {
		floor = 0
	}
	if !whole(x, m, k, ldx) || !whole(w, k, n, ldw) || !whole(c, m, n, ldc) || shared(c, x) || shared(c, w) {
		checkProduct(NoTrans, NoTrans, m, n, k, x, ldx, w, ldw, c, ldc)
	}
	if len(bias) != n {
		panic("mat: len(bias) != n")
	}
	if m == 0 || n == 0 {
		return
	}
	if shared(c, bias) {
		separateRows(c, m, n, ldc, bias, 1, n, n)
	}
	if kind, rows := oneCall(NoTrans, NoTrans, true, false, m, n, k, ldx); rows > 0 {
		callOnce(kind, rows, NoTrans, m, n, k, &x[0], ldx, &w[0], ldw, &bias[0], 0, nil, 0, floor, &c[0], ldc)
		return
	}
	var g job
	g.m, g.n, g.k, g.alpha = m, n, k, 1
	g.a, g.lda, g.b, g.ldb, g.c, g.ldc = x, ldx, w, ldw, c, ldc
	g.start, g.floor = bias, floor
	g.run()
}

// GemmReLUGrad computes C = (D·Wᵗ) where y is not ≤ 0, else +0, for D m×k, W n×k and y
// m×n: the gradient before a layer with ReLU, whose output is y, from D after the next
// one with weights W. Its bits are those of [Gemm] (NT, alpha 1, beta 0) and [ReLUGrad].
//
// ldy ≥ n is the distance of rows of y; all else is as in Gemm. C must not overlap the
// inputs.
func GemmReLUGrad(m, n, k int, d []float32, ldd int, w []float32, ldw int, y []float32, ldy int, c []float32, ldc int) {
	if !whole(d, m, k, ldd) || !whole(w, n, k, ldw) || !whole(c, m, n, ldc) || shared(c, d) || shared(c, w) {
		checkProduct(NoTrans, Transpose, m, n, k, d, ldd, w, ldw, c, ldc)
	}
	switch {
	case ldy < max(1, n):
		panic("mat: ldy < n")
	case m == 0 || n == 0:
		return
	case !holds(y, m, n, ldy):
		panic("mat: y too short")
	case shared(c, y):
		separateRows(c, m, n, ldc, y, m, n, ldy)
	}
	if kind, rows := oneCall(NoTrans, Transpose, false, true, m, n, k, ldd); rows > 0 {
		callOnce(kind, rows, NoTrans, m, n, k, &d[0], ldd, &w[0], ldw, nil, 0, &y[0], ldy, noFloor, &c[0], ldc)
		return
	}
	var g job
	g.transB, g.m, g.n, g.k, g.alpha = Transpose, m, n, k, 1
	g.a, g.lda, g.b, g.ldb, g.c, g.ldc = d, ldd, w, ldw, c, ldc
	g.gate, g.ldg, g.floor = y, ldy, noFloor
	g.run()
}

// whole reports whether x holds a rows×cols matrix that is not empty, and whose sizes have no
// product that overflows: what checkProduct finds out, but inline.
func whole(x []float32, rows, cols, ld int) bool {
	return uint(rows-1) < safe && cols > 0 && cols <= ld && ld <= safe && len(x) >= (rows-1)*ld+cols
}

// checkProduct panics if the arguments of a product do not fit together.
func checkProduct(transA, transB Trans, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	switch {
	case bool(transA && transB):
		panic("mat: Gemm: both operands transposed")
	case m < 0:
		panic("mat: m < 0")
	case n < 0:
		panic("mat: n < 0")
	case k < 0:
		panic("mat: k < 0")
	}
	rowsA, colsA, rowsB, colsB := m, k, k, n
	if transA {
		rowsA, colsA = k, m
	}
	if transB {
		rowsB, colsB = n, k
	}
	switch {
	case lda < max(1, colsA):
		panic("mat: lda < columns of A")
	case ldb < max(1, colsB):
		panic("mat: ldb < columns of B")
	case ldc < max(1, n):
		panic("mat: ldc < n")
	case m == 0 || n == 0:
	case k > 0 && !holds(a, rowsA, colsA, lda):
		panic("mat: a too short")
	case k > 0 && !holds(b, rowsB, colsB, ldb):
		panic("mat: b too short")
	case !holds(c, m, n, ldc):
		panic("mat: c too short")
	case shared(c, a) || shared(c, b):
		separateRows(c, m, n, ldc, a, rowsA, colsA, lda)
		separateRows(c, m, n, ldc, b, rowsB, colsB, ldb)
	}
}

// safe dimensions have no product that overflows.
const safe = 1 << (bits.UintSize/2 - 1)

// holds reports whether x is long enough for a rows×cols matrix, without overflow. The
// division, which is slow, is only for dimensions whose product might overflow.
func holds(x []float32, rows, cols, ld int) bool {
	if rows <= safe && ld <= safe {
		return len(x) >= (rows-1)*ld+cols
	}
	return len(x) >= cols && (rows == 1 || rows-1 <= (len(x)-cols)/ld)
}

// job is a checked product with at least one element: C = alpha·op(A)·op(B) from start;
// then +0 where the gate is ≤ 0; then no less than floor.
type job struct {
	transA, transB Trans
	m, n, k        int
	alpha          float32
	a              []float32
	lda            int
	b              []float32
	ldb            int
	start          []float32 // nil: +0
	lds            int       // 0: the same row for all
	gate           []float32 // nil: none
	ldg            int
	c              []float32
	ldc            int
	floor          float32
	to, next       *float32 // see panel
}

// noFloor is less than or equal to all numbers.
var noFloor = float32(math.Inf(-1))

func (g *job) run() {
	g.touch()
	if g.k > 0 && g.alpha == 1 && (g.n > 1 || bool(g.transA)) && g.tiled() {
		return
	}
	if g.n == 1 && g.ldc == 1 && g.start == nil {
		clear(g.c[:g.m]) // a column without gaps, at once
	} else {
		g.fill()
	}
	if g.k > 0 && g.alpha != 0 {
		g.plain()
	}
	g.finish()
}

// fill sets C to what the sums start from, where the kernels do not.
func (g *job) fill() {
	for i := range g.m {
		c := g.c[i*g.ldc:][:g.n]
		switch {
		case g.start == nil:
			clear(c)
		case &g.start[0] != &g.c[0]:
			copy(c, g.start[i*g.lds:])
		}
	}
}

// finish applies gate and floor, where the kernels do not.
func (g *job) finish() {
	switch {
	case g.gate == nil && g.floor != 0:
		return
	case g.gate == nil && g.n == 1 && g.ldc == 1:
		ReLU(g.c[:g.m], g.c[:g.m])
		return
	}
	for i := range g.m {
		c := g.c[i*g.ldc:][:g.n]
		if g.gate != nil {
			ReLUGrad(c, c, g.gate[i*g.ldg:][:g.n])
		}
		if g.floor == 0 {
			ReLU(c, c)
		}
	}
}

func (g *job) plain() {
	switch {
	case g.alpha == 1 && (g.n > 1 || bool(g.transA)) && !isa.Active().Fused():
		g.portable()
	case bool(g.transA):
		gemmTN(g.m, g.n, g.k, g.alpha, g.a, g.lda, g.b, g.ldb, g.c, g.ldc)
	case g.n == 1 && bool(g.transB):
		gemmColumn(g.m, g.k, g.alpha, g.a, g.lda, g.b, 1, g.c, g.ldc)
	case g.n == 1:
		gemmColumn(g.m, g.k, g.alpha, g.a, g.lda, g.b, g.ldb, g.c, g.ldc)
	case bool(g.transB) && laneSums(g.n, g.k) && isa.Active().Fused():
		g.scaledDots()
	case bool(g.transB):
		gemmNT(g.m, g.n, g.k, g.alpha, g.a, g.lda, g.b, g.ldb, g.c, g.ldc)
	default:
		gemmNN(g.m, g.n, g.k, g.alpha, g.a, g.lda, g.b, g.ldb, g.c, g.ldc)
	}
}

// The plain way, on top of the vector kernels: for the generic level, and on the others
// for alpha other than 1, one column, and narrow products too long for one tile call.

// gemmNN: row i of C takes k multiples of rows of B.
func gemmNN(m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	for i := range m {
		rowChains(alpha, a[i*lda:][:k], b, ldb, c[i*ldc:][:n])
	}
}

// rowChains adds to c the product of the row x with the len(x)×len(c) matrix b.
func rowChains(alpha float32, x, b []float32, ldb int, c []float32) {
	n, step := len(c), chains(len(c))
	if step == 1 {
		for p, v := range x {
			Axpy(alpha*v, b[p*ldb:][:n], c)
		}
		return
	}
	var more [3 * 16]float32 // chains 1...3, n ≤ 16 apart, or chain 1 of n ≤ 32
	for p, v := range x {
		s := c
		if q := p % step; q > 0 {
			s = more[(q-1)*16:][:n]
		}
		Axpy(alpha*v, b[p*ldb:][:n], s)
	}
	addChains(step, more[:], c)
}

// addChains adds chains 1... in more, 16 apart, to chain 0 in c.
func addChains(step int, more, c []float32) {
	n := len(c)
	Add(c, c, more[:n])
	if step == 4 {
		Add(more[16:][:n], more[16:][:n], more[32:][:n])
		Add(c, c, more[16:][:n])
	}
}

// gemmNT: B is brought into NN's orientation in tiles that fit a stack buffer; the
// chains go on from tile to tile.
func gemmNT(m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	const cols, depth = 32, 64 // 8 KiB; 32 columns or fewer are all of a narrow C
	var tile [depth * cols]float32
	step := chains(n)
	if step > 1 {
		for i := range m {
			narrowNT(step, alpha, a[i*lda:][:k], b, ldb, c[i*ldc:][:n], tile[:])
		}
		return
	}
	for j := 0; j < n; j += cols {
		w := min(cols, n-j)
		for p := 0; p < k; p += depth {
			d := min(depth, k-p)
			transposeInto(tile[:], b[j*ldb+p:], ldb, w, d)
			for i := range m {
				ci := c[i*ldc+j:][:w]
				for q, v := range a[i*lda+p:][:d] {
					Axpy(alpha*v, tile[q*w:][:w], ci)
				}
			}
		}
	}
}

// narrowNT is one row of gemmNT with interleaved chains.
func narrowNT(step int, alpha float32, x, b []float32, ldb int, c, tile []float32) {
	n := len(c)
	depth := len(tile) / n / step * step // a multiple of step keeps p mod step in order
	var more [3 * 16]float32
	for p := 0; p < len(x); p += depth {
		d := min(depth, len(x)-p)
		transposeInto(tile, b[p:], ldb, n, d)
		for q, v := range x[p:][:d] {
			s := c
			if r := q % step; r > 0 {
				s = more[(r-1)*16:][:n]
			}
			Axpy(alpha*v, tile[q*n:][:n], s)
		}
	}
	addChains(step, more[:], c)
}

// transposeInto sets dst[q*w+j] = b[j*ldb+q] for j < w, q < d.
func transposeInto(dst, b []float32, ldb, w, d int) {
	for j := range w {
		for q, v := range b[j*ldb:][:d] {
			dst[q*w+j] = v
		}
	}
}

// scaledDots is a product in lanes with alpha: each block's sums, then alpha times those.
func (g *job) scaledDots() {
	var sums, start [64]float32
	for l := range start {
		start[l] = math.Float32frombits(1 << 31) // -0 leaves a sum as it is, +0 would lose its sign
	}
	for i := range g.m {
		for at := 0; at < g.k; at += lanesBlock {
			for j := 0; j < g.n; j += len(sums) {
				h := *g
				h.m, h.n, h.k = 1, min(len(sums), g.n-j), min(lanesBlock, g.k-at)
				h.a, h.b = g.a[i*g.lda+at:], g.b[j*g.ldb+at:]
				h.start, h.lds, h.gate, h.floor = start[:], 0, nil, noFloor
				h.c, h.ldc = sums[:], len(sums)
				h.dots()
				Axpy(g.alpha, sums[:h.n], g.c[i*g.ldc+j:][:h.n])
			}
		}
	}
}

// gemmTN: outer products of the rows of A and B, one chain per element.
func gemmTN(m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	for p := range k {
		bp := b[p*ldb:][:n]
		for i, v := range a[p*lda:][:m] {
			Axpy(alpha*v, bp, c[i*ldc:][:n])
		}
	}
}

// gemmColumn: n = 1, the only column of op(B) has stride inc.
func gemmColumn(m, k int, alpha float32, a []float32, lda int, b []float32, inc int, c []float32, ldc int) {
	done := 0
	if inc == 1 && alpha == 1 {
		done = columnDots(m, k, a, lda, b, c, ldc)
	}
	for i := done; i < m; i++ {
		var s float32
		if inc == 1 {
			s = Dot(a[i*lda:][:k], b[:k])
		} else {
			s = dotStrided(a[i*lda:][:k], b, inc)
		}
		if alpha == 1 {
			c[i*ldc] += s // what the fused multiply-add gives
			continue
		}
		one := [1]float32{s}
		Axpy(alpha, one[:], c[i*ldc:][:1])
	}
}

// dotStrided is Dot with a strided second operand, block by block as Dot has it. The
// copy lies on the stack: 64 KiB, which only this rare case pays.
func dotStrided(x, y []float32, inc int) float32 {
	var column [block]float32
	var s float32
	for from := 0; from < len(x); from += block {
		n := min(block, len(x)-from)
		for i := range column[:n] {
			column[i] = y[(from+i)*inc]
		}
		d := Dot(x[from:][:n], column[:n])
		if from == 0 {
			s = d
		} else {
			s += d
		}
	}
	return s
}

// Gemv computes y = alpha·op(A)·x + beta·y for a row-major m×n matrix A with row
// stride lda ≥ n; len(x) = n and len(y) = m, exchanged if A is transposed. y must not
// overlap a or x. Its bits are Gemm's: for NoTrans those of one column, so each
// element is alpha·Dot(row, x) + beta·y; for Transpose those of the one row x·A.
func Gemv(trans Trans, m, n int, alpha float32, a []float32, lda int, x []float32, beta float32, y []float32) {
	switch {
	case m < 0:
		panic("mat: m < 0")
	case n < 0:
		panic("mat: n < 0")
	case lda < max(1, n):
		panic("mat: lda < n")
	}
	lenX, lenY := n, m
	if trans {
		lenX, lenY = m, n
	}
	if len(x) != lenX {
		panic("mat: Gemv: wrong len(x)")
	}
	if len(y) != lenY {
		panic("mat: Gemv: wrong len(y)")
	}
	if m > 0 && n > 0 && !holds(a, m, n, lda) {
		panic("mat: a too short")
	}
	if trans {
		Gemm(NoTrans, NoTrans, 1, n, m, alpha, x, max(1, m), a, lda, beta, y, max(1, n))
	} else {
		Gemm(NoTrans, NoTrans, m, 1, n, alpha, a, lda, x, 1, beta, y, 1)
	}
}

// Ger computes A = alpha·x·yᵀ + A for a row-major m×n matrix A with row stride
// lda ≥ n, m = len(x), n = len(y): one fused multiply-add of alpha·x[i] (rounded) and
// y[j] per element. a must not overlap x or y. Panics if a is too short.
func Ger(alpha float32, x, y []float32, a []float32, lda int) {
	m, n := len(x), len(y)
	if lda < max(1, n) {
		panic("mat: lda < n")
	}
	if m == 0 || n == 0 {
		return
	}
	if !holds(a, m, n, lda) {
		panic("mat: a too short")
	}
	if shared(a, x) || shared(a, y) {
		separateRows(a, m, n, lda, x, 1, m, m)
		separateRows(a, m, n, lda, y, 1, n, n)
	}
	for i, v := range x {
		Axpy(alpha*v, y, a[i*lda:][:n])
	}
}
