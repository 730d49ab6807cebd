package mat

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
)

// overlapRow is one function with what may overlap.
type overlapRow struct {
	name   string // the function, and after a blank or a comma the case
	sizes  []int
	writes []int    // operands that are written
	same   [][2]int // a written one and another that it may be
	call   func(v [][]float32)
}

// sameOfMatrices says for the functions of the table matrixOps which operands may be the same.
var sameOfMatrices = map[string][][2]int{
	"Affine": {{0, 1}}, "InvStd": {{0, 1}}, "MoveAverage": {{0, 1}}, "BatchNorm": {{0, 1}}, "LayerNorm": {{0, 1}},
	"BatchNormGrad": {{0, 1}, {0, 2}}, "LayerNormGrad": {{0, 1}, {0, 2}},
	"HalfSquaredError": {{1, 2}, {1, 3}}, "AbsoluteError": {{1, 2}, {1, 3}}, "HuberError": {{1, 2}, {1, 3}},
}

// function is the part of a row's name that is one.
func function(name string) string {
	return strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(" ,(", r) })[0]
}

func overlapRows() []overlapRow {
	var rows []overlapRow
	for i := range operations {
		op := &operations[i]
		if !op.writes || len(op.args) == 1 || !ast.IsExported(op.name) { // what is not exported trusts
			continue
		}
		r := overlapRow{name: op.name, writes: []int{0}, call: func(v [][]float32) {
			var x vectors
			copy(x[:], v)
			op.call(0.5, &x)
		}}
		for j := range op.args {
			r.sizes = append(r.sizes, 37)
			if j > 0 {
				r.same = append(r.same, [2]int{0, j})
			}
		}
		rows = append(rows, r)
	}
	s := shape{3, 20, 20}
	for i := range matrixOps {
		op := &matrixOps[i]
		if function(op.name) == "FillRows" {
			continue // the row may be anywhere: TestFillRowsFromWithin
		}
		r := overlapRow{name: op.name, same: sameOfMatrices[function(op.name)]}
		var wide []int
		for j, a := range op.args {
			n := a.size(s)
			if a.wide {
				wide = append(wide, j)
				n = 0 // float64 cannot overlap
			} else if a.writes {
				r.writes = append(r.writes, j)
			}
			r.sizes = append(r.sizes, n)
		}
		r.call = func(v [][]float32) {
			x := &operands{v, make([][]float64, len(v))}
			for _, j := range wide {
				x.w[j] = make([]float64, op.args[j].size(s))
			}
			op.call(s, x)
		}
		rows = append(rows, r)
	}
	const m, n, k = 5, 18, 20
	loss, labels := make([]float64, m), []int{0, 4, 2, 1, 3}
	team := NewTeam(1)
	inOut := func(name string, size int, f func(dst, x []float32)) overlapRow {
		return overlapRow{name: name, sizes: []int{size, size}, writes: []int{0}, same: [][2]int{{0, 1}}, call: func(v [][]float32) { f(v[0], v[1]) }}
	}
	product := func(name string, sizes []int, call func(v [][]float32)) overlapRow {
		return overlapRow{name: name, sizes: sizes, writes: []int{0}, call: call}
	}
	rows = append(rows,
		product("Gemm NN", []int{m * n, m * k, k * n}, func(v [][]float32) { Gemm(NoTrans, NoTrans, m, n, k, 1, v[1], k, v[2], n, 0, v[0], n) }),
		product("Gemm NN, added", []int{m * n, m * k, k * n}, func(v [][]float32) { Gemm(NoTrans, NoTrans, m, n, k, 0.5, v[1], k, v[2], n, 2, v[0], n) }),
		product("Gemm TN", []int{m * n, m * k, k * n}, func(v [][]float32) { Gemm(Transpose, NoTrans, m, n, k, 1, v[1], m, v[2], n, 1, v[0], n) }),
		product("Gemm NT", []int{m * n, m * k, k * n}, func(v [][]float32) { Gemm(NoTrans, Transpose, m, n, k, 1, v[1], k, v[2], k, 0, v[0], n) }),
		product("Team.Gemm", []int{m * n, m * k, k * n}, func(v [][]float32) { team.Gemm(NoTrans, NoTrans, m, n, k, 1, v[1], k, v[2], n, 0, v[0], n) }),
		product("GemmBias", []int{m * n, m * k, k * n, n}, func(v [][]float32) { GemmBias(true, m, n, k, v[1], k, v[2], n, v[3], v[0], n) }),
		product("GemmReLUGrad", []int{m * n, m * k, k * n, m * n}, func(v [][]float32) { GemmReLUGrad(m, n, k, v[1], k, v[2], k, v[3], n, v[0], n) }),
		product("GemvBias", []int{n, k, k * n, n}, func(v [][]float32) { GemvBias(false, true, n, k, v[1], v[2], n, v[3], v[0]) }),
		product("Gemv", []int{n, n * k, k}, func(v [][]float32) { Gemv(NoTrans, n, k, 1, v[1], k, v[2], 0, v[0]) }),
		product("Gemv transposed", []int{n, n * k, k}, func(v [][]float32) { Gemv(Transpose, k, n, 1, v[1], n, v[2], 0, v[0]) }),
		product("Ger", []int{m * n, m, n}, func(v [][]float32) { Ger(1, v[1], v[2], v[0], n) }),
		inOut("Lerp", 37, func(dst, x []float32) { Lerp(dst, x, 0.5) }),
		inOut("Softmax", n, func(dst, x []float32) { Softmax(dst, x) }),
		inOut("SoftmaxRows", m*n, func(dst, x []float32) { SoftmaxRows(dst, x, m, n, nil) }),
		inOut("SoftmaxRows of one", 10, func(dst, x []float32) { SoftmaxRows(dst, x, 1, 10, nil) }),
		inOut("LogSoftmaxRows", m*n, func(dst, x []float32) { LogSoftmaxRows(dst, x, m, n) }),
		inOut("Dropout", 37, func(dst, x []float32) { Dropout(dst, x, 0.5, 1, 2, 3, 4) }),
	)
	for _, n := range []int{5, n} { // few classes have kernels of their own
		rows = append(rows,
			overlapRow{
				fmt.Sprintf("SoftmaxCrossEntropy, n=%d", n), []int{m * n, m * n, m * n, m * n, m}, []int{0, 1}, [][2]int{{0, 2}, {1, 3}},
				func(v [][]float32) { SoftmaxCrossEntropy(loss, v[0], v[1], v[2], v[3], n, 0.1, 1, v[4]) },
			},
			overlapRow{
				fmt.Sprintf("SoftmaxCrossEntropyLabels, n=%d", n), []int{m * n, m * n, m * n, m}, []int{0, 1}, [][2]int{{0, 2}},
				func(v [][]float32) { SoftmaxCrossEntropyLabels(loss, v[0], v[1], v[2], labels, n, 0, 1, v[3]) },
			},
			overlapRow{
				fmt.Sprintf("BinaryCrossEntropy, n=%d", n), []int{m * n, m * n, m * n, m}, []int{0}, [][2]int{{0, 1}, {0, 2}},
				func(v [][]float32) { BinaryCrossEntropy(loss, v[0], v[1], v[2], n, 1, v[3]) },
			})
	}
	for _, r := range []Rule{Momentum(0.1, 0.9), Adam(1, 0.1, 0.9, 0.999, 1e-8, 0, true)} {
		for name, call := range map[string]func(v [][]float32){
			"Rule.Update":        func(v [][]float32) { r.Update(v[0], v[1], v[2:], Terms{Clip: 1}) },
			"Rule.UpdateColumns": func(v [][]float32) { r.UpdateColumns(v[0], v[1], v[2:], 37, 3, 30, Terms{Clip: 1}) },
		} {
			row := overlapRow{name: fmt.Sprintf("%s, %d states", name, r.States()), sizes: []int{37, 37}, writes: []int{0}, call: call}
			for i := range r.States() {
				row.sizes, row.writes = append(row.sizes, 37), append(row.writes, 2+i)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// TestOverlaps places a written operand so that it shares one element, or all, with another
// one: a panic before anything is written, unless it may be the same and is. Side by side, or
// the same, the results are those of separate slices.
func TestOverlaps(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		rows := overlapRows()
		if len(rows) < 60 {
			t.Fatal("rows are missing")
		}
		for _, r := range rows {
			for _, i := range r.writes {
				for j := range r.sizes {
					if j != i && r.sizes[i] > 0 && r.sizes[j] > 0 {
						r.check(t, i, j)
					}
				}
			}
		}
	})
}

func (r *overlapRow) check(t *testing.T, i, j int) {
	t.Helper()
	si, sj := r.sizes[i], r.sizes[j]
	same := si == sj && (slices.Contains(r.same, [2]int{i, j}) || slices.Contains(r.same, [2]int{j, i}))
	for _, shift := range []int{-sj, -sj + 1, -1, 0, 1, si - 1, si} { // where j begins, counted from i
		mem := make([]float32, si+2*sj)
		v := make([][]float32, len(r.sizes))
		for l, n := range r.sizes {
			switch l {
			case i:
				v[l] = mem[sj:][:n]
			case j:
				v[l] = mem[sj+shift:][:n]
			default:
				v[l] = make([]float32, n)
			}
		}
		fill := func(v [][]float32) { // by place in mem, so that both ways of laying them out agree
			for l := range v {
				for e := range v[l] {
					at := e
					if l == j {
						at += shift
					}
					v[l][e] = 1 + float32((at+si+sj)%5)/4
				}
			}
		}
		fill(v)
		before := make([][]float32, len(v))
		for l := range v {
			before[l] = slices.Clone(v[l])
		}
		got := func() (p any) {
			defer func() { p = recover() }()
			r.call(v)
			return nil
		}()
		overlap := shift > -sj && shift < si && !(same && shift == 0)
		if overlap {
			if got != badOverlap {
				t.Errorf("%s: operand %d begins %d after operand %d of %d: panic %v, want %q", r.name, j, shift, i, si, got, badOverlap)
			}
			for l := range v {
				if !sameBits(v[l], before[l]) {
					t.Errorf("%s: operand %d begins %d after operand %d of %d: operand %d is written", r.name, j, shift, i, si, l)
				}
			}
			continue
		}
		if got != nil {
			t.Errorf("%s: operand %d begins %d after operand %d of %d: panic %v", r.name, j, shift, i, si, got)
			continue
		}
		r.call(before)
		if !sameBits(v[i], before[i]) {
			t.Errorf("%s: operand %d begins %d after operand %d of %d: another result than apart", r.name, j, shift, i, si)
		}
	}
}

// TestOverlapRowsAreAll compares the rows with the exported functions that take several slices.
func TestOverlapRowsAreAll(t *testing.T) {
	known := map[string]bool{"FillRows": true}
	for _, r := range overlapRows() {
		known[function(r.name)] = true
	}
	for _, op := range operations { // reads only
		known[op.name] = known[op.name] || !op.writes
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() {
				continue
			}
			name := f.Name.Name
			if f.Recv != nil {
				name = strings.TrimPrefix(typeName(f.Recv.List[0].Type), "*") + "." + name
			}
			slicesOf := 0
			for _, p := range f.Type.Params.List {
				if typeName(p.Type) == "[]float32" {
					slicesOf += len(p.Names)
				}
			}
			if slicesOf < 2 {
				continue
			}
			found++
			if !known[name] {
				t.Errorf("%s has no row in overlapRows", name)
			}
		}
	}
	if found < 60 {
		t.Errorf("%d functions found", found)
	}
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return "*" + typeName(e.X)
	case *ast.ArrayType:
		if e.Len == nil {
			return "[]" + typeName(e.Elt)
		}
	}
	return ""
}

// TestSeparateRows compares the test of two matrices in one memory with all pairs of elements.
func TestSeparateRows(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	mem := make([]float32, 200)
	met := 0
	for range 20_000 {
		draw := func() (x []float32, rows, n, ld int, at int) {
			rows, n = r.IntN(5), r.IntN(5)
			ld = max(1, n+r.IntN(12))
			at = r.IntN(100)
			if rows > 0 && n > 0 {
				return mem[at:][:(rows-1)*ld+n], rows, n, ld, at
			}
			return mem[at:at], rows, n, ld, at
		}
		c, m, n, ldc, atC := draw()
		x, rows, cols, ld, atX := draw()
		want := false
		for i := range m * n {
			for j := range rows * cols {
				want = want || atC+i/n*ldc+i%n == atX+j/cols*ld+j%cols
			}
		}
		got := func() (p any) {
			defer func() { p = recover() }()
			separateRows(c, m, n, ldc, x, rows, cols, ld)
			return nil
		}()
		if (got != nil) != want {
			t.Fatalf("%d×%d, ld %d at %d and %d×%d, ld %d at %d: panic %v, shared elements: %v", m, n, ldc, atC, rows, cols, ld, atX, got, want)
		}
		if want {
			met++
		}
	}
	if met < 1000 || met > 19_000 {
		t.Errorf("%d of 20000 met", met)
	}
}

// Matrices side by side in one memory are products' operands like any others.
func TestProductsSideBySide(t *testing.T) {
	everyLevel(t, func(t *testing.T, level isa.Level) {
		const m, n, k, ld = 6, 5, 7, 30
		mem, apart := make([]float32, m*ld), make([]float32, m*ld)
		for i := range mem {
			mem[i] = float32(i%11) - 5
		}
		copy(apart, mem)
		b := make([]float32, k*n)
		for i := range b {
			b[i] = float32(i%7) - 3
		}
		Gemm(NoTrans, NoTrans, m, n, k, 1, apart, ld, b, n, 0, mem[k:], ld)
		c := make([]float32, m*n)
		Gemm(NoTrans, NoTrans, m, n, k, 1, apart, ld, b, n, 0, c, n)
		Gemm(NoTrans, NoTrans, m, n, k, 1, apart, ld, b, n, 0, apart[k:], ld) // A and C in one
		if !sameBits(mem, apart) {
			t.Errorf("isa %v: another result in the columns beside A", level)
		}
		for i := range m {
			if !sameBits(mem[i*ld+k:][:n], c[i*n:][:n]) {
				t.Errorf("isa %v: row %d is %g, want %g", level, i, mem[i*ld+k:][:n], c[i*n:][:n])
			}
		}
	})
}

// The row that FillRows copies may lie anywhere, also in what it fills.
func TestFillRowsFromWithin(t *testing.T) {
	for at := range 12 {
		mem := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
		row := slices.Clone(mem[at:][:3])
		FillRows(mem[:12], mem[at:][:3])
		for i, v := range mem[:12] {
			if math.Float32bits(v) != math.Float32bits(row[i%3]) {
				t.Fatalf("row at %d: %v", at, mem)
			}
		}
	}
}

// A vector that is longer than its own address, as on 32-bit Arm and in WebAssembly, where
// the heap begins low, overlaps no operand that is nil.
func TestOverlapNil(t *testing.T) {
	x := make([]float32, 24<<20) // its pages are never touched
	touch(x, nil, nil)
	touch(nil, x, x)
	touch(x, x, nil)
}
