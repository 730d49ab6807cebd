package onnx

import "math"

// Exporters spell functions out that their operator set lacks. fuse finds these patterns
// and puts the function in their place: faster, more exact, and a layer that package net
// knows. Steps that nothing needs any more are dropped.

// fuser looks steps up by what they write and counts what reads it.
type fuser struct {
	steps    []step
	producer []step // by slot; nil for inputs
	uses     []int  // by slot
}

// fuse returns the steps that the outputs need, in order.
func (b *builder) fuse(outputs []*value) []step {
	f := &fuser{steps: b.steps, producer: make([]step, len(b.slots))}
	f.replace(outputs, f.better)
	f.replace(outputs, f.floor) // last, as it would hide ReLU from the others
	return f.steps
}

// replace puts what better returns in place of steps, unless it is nil, and drops those that
// are not needed then.
func (f *fuser) replace(outputs []*value, better func(s step) step) {
	f.uses = make([]int, len(f.producer))
	for _, s := range f.steps {
		for _, v := range s.base().in {
			if v.dynamic {
				f.uses[v.slot]++
			}
		}
	}
	for _, v := range outputs {
		f.uses[v.slot]++
	}
	for i, s := range f.steps {
		out := s.base().out
		f.producer[out.slot] = s
		if t := better(s); t != nil {
			*t.base() = stepBase{node: s.base().node, in: t.base().in, out: out}
			f.steps[i], f.producer[out.slot] = t, t
		}
	}
	// Backwards: what a needed step reads is needed.
	needed := make([]bool, len(f.producer))
	for _, v := range outputs {
		needed[v.slot] = true
	}
	kept := len(f.steps)
	for i := len(f.steps) - 1; i >= 0; i-- {
		s := f.steps[i]
		if !needed[s.base().out.slot] {
			continue
		}
		for _, v := range s.base().in {
			if v.dynamic {
				needed[v.slot] = true
			}
		}
		kept--
		f.steps[kept] = s
	}
	f.steps = f.steps[kept:]
}

// better returns a step that does what s and steps before it do, or nil. Its base has in.
func (f *fuser) better(s step) step {
	switch s := s.(type) {
	case *pair:
		if t := f.bias(s); t != nil {
			return t
		}
		if t := f.bound(s); t != nil {
			return t
		}
		if t := f.normalised(s); t != nil {
			return t
		}
		if t := f.scaledNorm(s); t != nil {
			return t
		}
		if t := f.gated(s); t != nil {
			return t
		}
		return f.hardSigmoid(s.out)
	case *unary:
		if s.f == clipFunc {
			if t := f.clipOfReLU(s); t != nil {
				return t
			}
			return f.hardSigmoid(s.out)
		}
	case *where:
		return f.softplus(s)
	}
	return nil
}

// flat tells whether the operand goes with the result element by element.
func (o *operand) flat(n int) bool { return o.at == nil && o.period == n && o.row == n }

// onConstant returns the constant second operand of x op c, if x is flat.
func (s *pair) onConstant() (c []float32, ok bool) {
	n := s.out.size()
	if s.in[1].dynamic || !s.x.flat(n) || s.y.at != nil {
		return nil, false
	}
	return s.in[1].f, true
}

// scalar is onConstant for a single number.
func (s *pair) scalar() (float64, bool) {
	if c, ok := s.onConstant(); ok && len(c) == 1 {
		return float64(c[0]), true
	}
	return 0, false
}

// perColumn returns the constant second operand as n numbers, one per column.
func (s *pair) perColumn(n int) ([]float32, bool) {
	c, ok := s.onConstant()
	switch {
	case !ok:
		return nil, false
	case len(c) == n:
		return c, true
	case len(c) == 1:
		full := make([]float32, n)
		for i := range full {
			full[i] = c[0]
		}
		return full, true
	}
	return nil, false
}

// bias makes x·W + c one step.
func (f *fuser) bias(s *pair) step {
	if s.op != addOp || !s.in[0].dynamic || f.uses[s.in[0].slot] != 1 {
		return nil
	}
	l, ok := f.producer[s.in[0].slot].(*linear)
	if !ok || l.b != nil {
		return nil
	}
	c, ok := s.perColumn(l.outputs)
	if !ok {
		return nil
	}
	t := *l
	t.b = c
	return &t
}

// floor makes ReLU of x·W + b one step.
func (f *fuser) floor(s step) step {
	r, ok := s.(*unary)
	if !ok || r.f != reluFunc {
		return nil
	}
	l, ok := f.producer[r.in[0].slot].(*linear)
	if !ok || l.b == nil || f.uses[r.in[0].slot] != 1 {
		return nil
	}
	t := *l
	t.relu = true
	return &t
}

// newUnary makes a step without output.
func newUnary(f *function, x *value, alpha, beta float64) step {
	return &unary{stepBase: stepBase{in: []*value{x}}, f: f, alpha: float32(alpha), beta: float32(beta)}
}

// bound makes clips of Min and Max with a number.
func (f *fuser) bound(s *pair) step {
	c, ok := s.scalar()
	if !ok {
		return nil
	}
	switch s.op {
	case minOp:
		t := &unary{stepBase: s.stepBase, f: clipFunc, alpha: float32(math.Inf(-1)), beta: float32(c)}
		t.in = s.in[:1]
		if u := f.clipOfReLU(t); u != nil {
			return u
		}
		return newUnary(clipFunc, s.in[0], math.Inf(-1), c)
	case maxOp:
		if c == 0 {
			return newUnary(reluFunc, s.in[0], 0, 0)
		}
		return newUnary(clipFunc, s.in[0], c, math.Inf(1))
	}
	return nil
}

// clipOfReLU makes one clip of an upper bound of ReLU, and ReLU of a lower bound of 0.
func (f *fuser) clipOfReLU(s *unary) step {
	if r, ok := f.producer[s.in[0].slot].(*unary); ok && r.f == reluFunc && s.alpha <= 0 && s.beta > 0 {
		return newUnary(clipFunc, r.in[0], 0, float64(s.beta))
	}
	if s.alpha == 0 && s.beta >= math.MaxFloat32 {
		return newUnary(reluFunc, s.in[0], 0, 0)
	}
	return nil
}

// softplus undoes x above a threshold, softplus(x) elsewhere. From 15 on the two agree in
// float32.
func (f *fuser) softplus(s *where) step {
	const least = 15
	n := s.out.size()
	c, ok := f.producer[s.in[0].slot].(*compare)
	if !ok || !s.in[0].dynamic || !s.in[1].dynamic || !s.in[2].dynamic || c.op != greaterOp || c.in[1].dynamic || len(c.in[1].f) != 1 {
		return nil
	}
	p, ok := f.producer[s.in[2].slot].(*unary)
	x := s.in[1]
	if !ok || p.f != softplusFunc || p.in[0].slot != x.slot || !s.c.flat(n) || !s.x.flat(n) || !s.y.flat(n) || !c.x.flat(n) {
		return nil
	}
	if u, ok := f.poly(c.in[0], x, polyDepth); !ok || u != (cubic{0, 1}) || !(c.in[1].f[0] >= least) {
		return nil
	}
	return newUnary(softplusFunc, x, 0, 0)
}

// affine returns v as a·F(u) + b for a function F, through steps with numbers.
func (f *fuser) affine(v *value, depth int) (fn *unary, a, b float64, ok bool) {
	if !v.dynamic || depth == 0 {
		return nil, 0, 0, false
	}
	switch s := f.producer[v.slot].(type) {
	case *unary:
		return s, 1, 0, true
	case *pair:
		c, isScalar := s.scalar()
		if !isScalar {
			return nil, 0, 0, false
		}
		fn, a, b, ok = f.affine(s.in[0], depth-1)
		switch s.op {
		case addOp:
			b += c
		case subOp:
			b -= c
		case mulOp:
			a, b = a*c, b*c
		case divOp:
			a, b = a/c, b/c
		default:
			return nil, 0, 0, false
		}
		return fn, a, b, ok
	}
	return nil, 0, 0, false
}

// The coefficients of the functions that are spelled out.
var (
	erfArgument     = cubic{0, math.Sqrt2 / 2}
	tanhArgument    = cubic{0, math.Sqrt2 / math.SqrtPi, 0, math.Sqrt2 / math.SqrtPi * 0.044715}
	plus3           = cubic{3, 1}
	sixthPlusHalf   = cubic{0.5, 1. / 6}
	affineDepth     = 4 // scalings and shifts of one function
	productDepth    = 3 // products that make a gate
	hardSigmoidClip = [2]float32{0, 6}
)

// gated recognises c·x·g(x): GELU, SiLU and hard swish in any order of the factors.
func (f *fuser) gated(s *pair) step {
	if s.op != mulOp && s.op != divOp {
		return nil
	}
	for _, x := range f.factors(s, productDepth, nil) {
		c, g, ok := f.without(s, x, productDepth)
		if !ok || g == nil {
			continue
		}
		fn, a, b, ok := f.affine(g, affineDepth)
		if !ok {
			continue
		}
		u, ok := f.poly(fn.in[0], x, polyDepth)
		if !ok {
			continue
		}
		a, b = a*c, b*c
		half := near(a, 0.5) && near(b, 0.5)
		switch {
		case fn.f == erfFunc && half && u.near(erfArgument):
			return newUnary(geluFunc, x, 0, 0)
		case fn.f == tanhFunc && half && u.near(tanhArgument):
			return newUnary(geluTanhFunc, x, 0, 0)
		case b != 0:
		case fn.f == sigmoidFunc && near(a, 1) && u == cubic{0, 1}:
			return newUnary(siluFunc, x, 0, 0)
		case isHardSigmoidOf(fn, u, a):
			return newUnary(hardSwishFunc, x, 0, 0)
		}
	}
	return nil
}

// isHardSigmoidOf tells whether a·fn(u), where u is a polynomial of x, is the hard sigmoid of x.
func isHardSigmoidOf(fn *unary, u cubic, a float64) bool {
	switch fn.f {
	case hardSigmoidFunc:
		return near(a, 1) && u.near(cubic{0, 1}) && isHardSigmoid(fn.alpha, fn.beta)
	case clipFunc:
		return [2]float32{fn.alpha, fn.beta} == hardSigmoidClip && near(a, 1./6) && u.near(plus3) ||
			[2]float32{fn.alpha, fn.beta} == [2]float32{0, 1} && near(a, 1) && u.near(sixthPlusHalf)
	}
	return false
}

// factors collects what a product is made of, at all depths.
func (f *fuser) factors(s *pair, depth int, list []*value) []*value {
	for i, v := range s.in {
		if !v.dynamic || depth == 0 || s.op == divOp && i == 1 {
			continue
		}
		list = append(list, v)
		if t, ok := f.producer[v.slot].(*pair); ok && (t.op == mulOp || t.op == divOp) {
			list = f.factors(t, depth-1, list)
		}
	}
	return list
}

// without writes the product s as c·x·g with at most one factor g beside x.
func (f *fuser) without(s *pair, x *value, depth int) (c float64, g *value, ok bool) {
	c, found := 1.0, false
	n := s.out.size()
	var walk func(s *pair, depth int) bool
	walk = func(s *pair, depth int) bool {
		for i, v := range s.in {
			o := [2]*operand{&s.x, &s.y}[i]
			t, isProduct := (*pair)(nil), false
			if v.dynamic {
				t, isProduct = f.producer[v.slot].(*pair)
				isProduct = isProduct && (t.op == mulOp || t.op == divOp)
			}
			switch {
			case !v.dynamic && len(v.f) == 1 && s.op == mulOp:
				c *= float64(v.f[0])
			case !v.dynamic && len(v.f) == 1 && i == 1:
				c /= float64(v.f[0])
			case !v.dynamic || !o.flat(n) || s.op == divOp && i == 1:
				return false
			case v.slot == x.slot && !found:
				found = true
			case isProduct && depth > 1:
				if fn, _, _, ok := f.affine(v, affineDepth); ok && fn != nil && g == nil {
					g = v // a scaled function, not a product
				} else if !walk(t, depth-1) {
					return false
				}
			case g == nil:
				g = v
			default:
				return false
			}
		}
		return true
	}
	ok = walk(s, depth)
	return c, g, ok && found
}

// hardSigmoid recognises clip(x+3, 0, 6)/6 and clip(x/6+1/2, 0, 1), which v is.
func (f *fuser) hardSigmoid(v *value) step {
	fn, a, b, ok := f.affine(v, affineDepth)
	if !ok || fn.f != clipFunc || b != 0 {
		return nil
	}
	// Every value below the shifts and scalings may be x.
	x := fn.in[0]
	for range affineDepth {
		if u, ok := f.poly(fn.in[0], x, polyDepth); ok && isHardSigmoidOf(fn, u, a) {
			return newUnary(hardSigmoidFunc, x, 1./6, 0.5)
		}
		s, ok := f.producer[x.slot].(*pair)
		if !ok {
			return nil
		}
		if _, ok := s.scalar(); !ok {
			return nil
		}
		x = s.in[0]
	}
	return nil
}

// normalised recognises (x-mean)/√(variance+eps) over the last dimensions.
func (f *fuser) normalised(s *pair) step {
	if s.op != divOp || !s.in[0].dynamic || !s.in[1].dynamic || !s.x.flat(s.out.size()) {
		return nil
	}
	root, ok := f.producer[s.in[1].slot].(*unary)
	if !ok || root.f != sqrtFunc {
		return nil
	}
	plus, ok := f.producer[root.in[0].slot].(*pair)
	if !ok || plus.op != addOp {
		return nil
	}
	eps, ok := plus.scalar()
	if !ok || !(eps >= 0) {
		return nil
	}
	variance, ok := f.producer[plus.in[0].slot].(*reduce)
	if !ok || variance.how != meanOf || variance.inner != 1 {
		return nil
	}
	diff, ok := f.producer[s.in[0].slot].(*pair)
	if !ok || diff.op != subOp || !diff.in[0].dynamic || !diff.in[1].dynamic || !diff.x.flat(diff.out.size()) {
		return nil
	}
	x := diff.in[0]
	mean, ok := f.producer[diff.in[1].slot].(*reduce)
	if !ok || mean.how != meanOf || mean.lines != variance.lines || mean.in[0].slot != x.slot {
		return nil
	}
	if p, ok := f.poly(variance.in[0], diff.out, polyDepth); !ok || p != (cubic{0, 0, 1}) {
		return nil
	}
	if !diff.y.perLine(mean.n, diff.out.size()) || !s.y.perLine(mean.n, s.out.size()) {
		return nil
	}
	t := &layerNorm{stepBase: stepBase{in: []*value{x}}, n: mean.n, eps: eps}
	t.gamma, t.beta = make([]float32, t.n), make([]float32, t.n)
	for i := range t.gamma {
		t.gamma[i] = 1
	}
	return t
}

// perLine tells whether the operand is one number for every n elements of a row.
func (o *operand) perLine(n, size int) bool {
	if o.row*n != size {
		return false
	}
	if o.at == nil {
		return o.period == 1 && o.row == 1
	}
	for j, i := range o.at {
		if int(i) != j/n {
			return false
		}
	}
	return true
}

// scaledNorm puts a scale or shift after a layer norm into its gamma and beta.
func (f *fuser) scaledNorm(s *pair) step {
	if !s.in[0].dynamic || f.uses[s.in[0].slot] != 1 || s.op != mulOp && s.op != addOp {
		return nil
	}
	l, ok := f.producer[s.in[0].slot].(*layerNorm)
	if !ok {
		return nil
	}
	c, ok := s.perColumn(l.n)
	if !ok {
		return nil
	}
	t := *l
	t.gamma, t.beta = make([]float32, l.n), make([]float32, l.n)
	for i := range c {
		if s.op == mulOp {
			t.gamma[i], t.beta[i] = l.gamma[i]*c[i], l.beta[i]*c[i]
		} else {
			t.gamma[i], t.beta[i] = l.gamma[i], l.beta[i]+c[i]
		}
	}
	return &t
}
