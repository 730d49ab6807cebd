package mat

import (
	"fmt"
	"go/ast"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
)

// taking are the exported functions that take slices, and what else does.
var taking = map[string]any{
	"AbsoluteError": AbsoluteError, "Add": Add, "AddRows": AddRows, "Affine": Affine, "AllFinite": AllFinite, "Argmax": Argmax,
	"Asum": Asum, "Axpy": Axpy, "BatchNorm": BatchNorm, "BatchNormGrad": BatchNormGrad, "BatchNormSums": BatchNormSums,
	"BinaryCrossEntropy": BinaryCrossEntropy, "ClipValue": ClipValue, "ColumnMoments": ColumnMoments, "ColumnSums": ColumnSums,
	"Correct": Correct, "Dot": Dot, "Dropout": Dropout, "ELU": ELU, "ELUGrad": ELUGrad, "Evict": Evict, "Exp": Exp,
	"FillRows": FillRows, "GELU": GELU, "GELUGrad": GELUGrad, "GELUTanh": GELUTanh, "GELUTanhGrad": GELUTanhGrad, "Gather": Gather,
	"GatherAffine": GatherAffine, "Gemm": Gemm, "GemmBias": GemmBias, "GemmReLUGrad": GemmReLUGrad, "Gemv": Gemv,
	"GemvBias": GemvBias, "Ger": Ger, "HalfSquaredError": HalfSquaredError, "HardSigmoid": HardSigmoid,
	"HardSigmoidGrad": HardSigmoidGrad, "HardSwish": HardSwish, "HardSwishGrad": HardSwishGrad, "HuberError": HuberError,
	"Iamax": Iamax, "InvStd": InvStd, "LayerNorm": LayerNorm, "LayerNormGrad": LayerNormGrad, "LayerNormSums": LayerNormSums,
	"LeakyReLU": LeakyReLU, "LeakyReLUGrad": LeakyReLUGrad, "Lerp": Lerp, "Log": Log, "LogSoftmaxRows": LogSoftmaxRows,
	"LogSumExpRows": LogSumExpRows, "Max": Max, "MaxNorm": MaxNorm, "MoveAverage": MoveAverage, "Mul": Mul, "Nrm2": Nrm2,
	"OneHot": OneHot, "ReLU": ReLU, "ReLU6": ReLU6, "ReLU6Grad": ReLU6Grad, "ReLUGrad": ReLUGrad, "SELU": SELU,
	"SELUGrad": SELUGrad, "Scal": Scal, "SiLU": SiLU, "SiLUGrad": SiLUGrad, "Sigmoid": Sigmoid, "SigmoidGrad": SigmoidGrad,
	"Softmax": Softmax, "SoftmaxCrossEntropy": SoftmaxCrossEntropy, "SoftmaxCrossEntropyLabels": SoftmaxCrossEntropyLabels,
	"SoftmaxRows": SoftmaxRows, "Softplus": Softplus, "SoftplusGrad": SoftplusGrad, "SquareSum": SquareSum, "Sub": Sub, "Sum": Sum, "Tanh": Tanh,
	"TanhGrad": TanhGrad,
	"Update": func(w, dw, m, v []float32, one bool) bool {
		rule := Adam(1, 0.1, 0.9, 0.999, 1e-8, 0, false)
		state := [][]float32{m, v}
		if one {
			state = state[:1]
		}
		return rule.Update(w, dw, state, Terms{Clip: 1})
	},
	"UpdateColumns": func(w, dw, m, v []float32, ld, from, to int) bool {
		rule := Adam(1, 0.1, 0.9, 0.999, 1e-8, 0, false)
		return rule.UpdateColumns(w, dw, [][]float32{m, v}, ld, from, to, Terms{Clip: 1})
	},
	"Team.Gemm": func(transA, transB Trans, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
		sharing.Gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	},
}

// sharing is the Team of the row Team.Gemm.
var sharing *Team

// TestAbsurdArguments calls every function with lengths, sizes and numbers drawn from those that
// are wrong, or so large that products of them overflow to what would be right: it may only panic
// with a text of this package, before it has written anything, and write nothing beside its slices.
func TestAbsurdArguments(t *testing.T) {
	sharing = NewTeam(2)
	defer sharing.Close()
	draws := 4000
	if testing.Short() {
		draws = 400
	}
	everyLevel(t, func(t *testing.T, level isa.Level) {
		for name, function := range taking {
			t.Run(name, func(t *testing.T) {
				f := reflect.ValueOf(function)
				r := rand.New(rand.NewPCG(21, uint64(len(name))))
				panics := 0
				for range draws {
					c := absurd(t, f.Type(), r)
					if c.run(t, f) {
						panics++
					}
				}
				if panics == draws {
					t.Error("every call panics: none has right arguments")
				}
			})
		}
	})
}

// absurdCall is a list of arguments; untouched says whether the i-th slice is as it was, enclosed
// whether the memory beside it is.
type absurdCall struct {
	args                []reflect.Value
	untouched, enclosed []func() bool
}

func absurd(t *testing.T, f reflect.Type, r *rand.Rand) (c absurdCall) {
	lengths := []int{0, 1, 2, 3, 4, 5, 16, 17, 40}
	// 4·(2⁶²+1) is 4 in 64 bits, and 16·(2⁶⁰+1) is 16.
	sizes := []int{math.MinInt, math.MinInt + 1, -1, math.MaxInt, math.MaxInt/2 + 1, math.MaxInt/2 + 2, math.MaxInt/8 + 1, math.MaxInt/8 + 2, 1 << 16}
	pick := func(from []int) int { return from[r.IntN(len(from))] }
	common := pick(lengths)
	length := func() int { // so that all fit together now and then
		if r.IntN(4) > 0 {
			return common
		}
		return pick(lengths)
	}
	for i := range f.NumIn() {
		var arg any
		switch kind := f.In(i).String(); kind {
		case "[]float32":
			n := length()
			mem := arena(n)
			x := mem[margin:][:n:n]
			for j := range x {
				x[j] = float32(r.NormFloat64())
			}
			if n == 0 && r.IntN(2) == 0 {
				x = nil
			}
			before := slices.Clone(x)
			c.untouched = append(c.untouched, func() bool { return sameBits(x, before) })
			c.enclosed = append(c.enclosed, func() bool { return poisoned(mem[:margin]) && poisoned(mem[margin+n:]) })
			arg = x
		case "[]float64":
			x := slices.Repeat([]float64{7}, length())
			before := slices.Clone(x)
			c.untouched = append(c.untouched, func() bool { return slices.Equal(x, before) })
			arg = x
		case "[]int":
			x := make([]int, length())
			for j := range x {
				if x[j] = r.IntN(2); r.IntN(40) == 0 {
					x[j] = pick(sizes)
				}
			}
			before := slices.Clone(x)
			c.untouched = append(c.untouched, func() bool { return slices.Equal(x, before) })
			arg = x
		case "int":
			arg = []int{pick(sizes), 1, length()}[r.IntN(3)]
		case "float32":
			arg = []float32{1, odd[r.IntN(len(odd))]}[r.IntN(2)]
		case "float64":
			arg = []float64{0, 0.5, 1, -1, math.NaN(), math.Inf(1)}[r.IntN(6)]
		case "uint64":
			arg = r.Uint64()
		case "bool":
			arg = r.IntN(2) == 0
		case "mat.Trans":
			arg = Trans(r.IntN(3) == 0)
		default:
			t.Fatalf("no argument of type %s", kind)
		}
		c.args = append(c.args, reflect.ValueOf(arg))
	}
	return c
}

// String has the lengths of slices in place of their elements.
func (c *absurdCall) String() string {
	var s []string
	for _, a := range c.args {
		if a.Kind() == reflect.Slice {
			s = append(s, fmt.Sprint("len ", a.Len()))
		} else {
			s = append(s, fmt.Sprint(a))
		}
	}
	return strings.Join(s, ", ")
}

func (c *absurdCall) run(t *testing.T, f reflect.Value) (panicked bool) {
	defer func() {
		p := recover()
		for _, enclosed := range c.enclosed {
			if !enclosed() {
				t.Fatalf("arguments %v: memory beside a slice is written", c)
			}
		}
		if panicked = p != nil; !panicked {
			return
		}
		if text, ok := p.(string); !ok || !strings.HasPrefix(text, "mat: ") {
			t.Fatalf("arguments %v: panic %v, want a text of this package", c, p)
		}
		for i, untouched := range c.untouched {
			if !untouched() {
				t.Fatalf("arguments %v: panic %v, but slice %d is written", c, p, i)
			}
		}
	}()
	f.Call(c.args)
	return false
}

// TestEveryFunctionIsThere compares the table with the source.
func TestEveryFunctionIsThere(t *testing.T) {
	for _, file := range sources(t, func(name string) bool { return !strings.HasSuffix(name, "_test.go") }) {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() || f.Recv != nil {
				continue
			}
			takes := slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool { _, is := p.Type.(*ast.ArrayType); return is })
			if takes && taking[f.Name.Name] == nil {
				t.Errorf("%s takes a slice and is not in the table", f.Name.Name)
			}
		}
	}
}
