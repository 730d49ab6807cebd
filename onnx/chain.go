package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// chain is a model as a sequence of dense layers.
type chain struct {
	inputs  int
	pre     *affine   // of the inputs: (x - sub)·mul, or nil; what it adds is in the first biases
	matrix  []float32 // or (x - sub)·matrix, if not nil
	layers  []chainLayer
	head    head
	classes []string // of the columns, or nil
}

// chainLayer is y = act(norm(x·W + b)).
type chainLayer struct {
	in, out int
	w, b    []float32 // (in, out), (out)
	bare    bool      // the file gives no biases
	post    *affine   // what is to be done to x·W + b still, or nil
	norm    step      // *batchNorm, *layerNorm or nil
	act     string    // a name of package net's
	alpha   float64   // of leaky-relu and elu
}

// head is what comes after the last layer.
type head uint8

const (
	noHead head = iota
	softmaxHead
)

// affine is (x - sub)·mul + add, one number per column each. It is kept in this form
// because mul·x - mul·sub would cancel for columns far from zero.
type affine struct{ sub, mul, add []float64 }

func newAffine(n int) *affine {
	a := &affine{make([]float64, n), make([]float64, n), make([]float64, n)}
	for i := range a.mul {
		a.mul[i] = 1
	}
	return a
}

// then applies x op c to column i.
func (a *affine) then(i int, op *pairOp, c float64) {
	pure := a.mul[i] == 1 && a.add[i] == 0
	switch {
	case op == subOp && pure:
		a.sub[i] += c
	case op == addOp && pure:
		a.sub[i] -= c
	case op == subOp:
		a.add[i] -= c
	case op == addOp:
		a.add[i] += c
	case op == mulOp:
		a.mul[i], a.add[i] = a.mul[i]*c, a.add[i]*c
	case op == divOp:
		a.mul[i], a.add[i] = a.mul[i]/c, a.add[i]/c
	}
}

// maxDiagonal is the widest output that may be scaled after the last activation: it takes
// a layer of so many times so many weights.
const maxDiagonal = 1 << 11

// chainBuilder puts steps into layers, in order.
type chainBuilder struct {
	chain
	pending *affine // what was done to the inputs of the next layer, or nil
	width   int
	room    int // weights that the layers may still have
}

// minWeights and maxShared bound the weights of a network: so many, or so many times the
// numbers of the file. Nodes of a small file can share one matrix, where the layers of a network
// each have their own.
const (
	minWeights = 1 << 20
	maxShared  = 8
)

// chain returns the model as layers, or an error that names the first node that is none.
func (m *Model) chain() (*chain, error) {
	out, err := m.chainOutput()
	if err != nil {
		return nil, err
	}
	steps, err := m.path(out)
	if err != nil {
		return nil, err
	}
	width := 0
	for _, in := range m.inputs {
		width += in.size()
	}
	c := &chainBuilder{width: width, room: max(minWeights, maxShared*m.constants)}
	c.inputs = c.width
	c.classes = m.classes(out)
	for _, s := range steps {
		if err := c.add(s); err != nil {
			return nil, notChain(s, err)
		}
	}
	if err := c.end(); err != nil {
		return nil, err
	}
	return &c.chain, nil
}

func notChain(s step, err error) error {
	return fmt.Errorf("not a chain of dense layers: %w", s.base().node.fail(err))
}

// chainOutput returns the output that a network would have: the only one of floats, or else
// what the labels are the largest of.
func (m *Model) chainOutput() (*value, error) {
	for _, in := range m.inputs {
		if in.kind != floats {
			return nil, fmt.Errorf("not a chain of dense layers: input %.100q has %v elements: want floating-point", in.name, in.kind)
		}
	}
	var out, label *value
	for _, v := range m.outputs {
		switch {
		case v.kind != floats:
			label = v
		case out != nil:
			return nil, fmt.Errorf("not a chain of dense layers: outputs %.100q and %.100q are both floating-point", out.name, v.name)
		default:
			out = v
		}
	}
	if out != nil {
		return out, nil
	}
	for i := len(m.steps) - 1; i >= 0; i-- {
		s := m.steps[i]
		if s.base().out.slot != label.slot {
			continue
		}
		label = s.base().in[0]
		if a, ok := s.(*argMax); ok && !a.smallest && a.n == label.size() {
			return label, nil
		}
	}
	return nil, errors.New("not a chain of dense layers: no floating-point output")
}

// classes returns the names of the columns of an output, nil if there are none: as the output
// says itself, or as labels are looked up by the largest.
func (m *Model) classes(out *value) []string {
	if out.columns != nil {
		return out.columns.labels()
	}
	for _, s := range m.steps {
		if l, ok := s.(*lookup); ok && l.table.kind != floats && l.table.size() == out.size() {
			return l.table.labels()
		}
	}
	return m.named
}

// path returns the steps from the input to v, each of which must have one dynamic operand.
// Only [1-p, p], which skl2onnx makes of the probability p, comes as one step.
func (m *Model) path(v *value) ([]step, error) {
	writer := make([]step, len(m.slots)) // nil for inputs
	for _, s := range m.steps {
		writer[s.base().out.slot] = s
	}
	var path []step
	joined := len(m.inputs) == 1
	for s := writer[v.slot]; s != nil; {
		if m.joinsInputs(s) {
			joined = true
			break
		}
		path = append(path, s)
		next := complement(writer, s)
		if next == nil {
			for _, in := range s.base().in {
				if in.dynamic && next != nil {
					return nil, notChain(s, errors.New("two operands depend on the inputs"))
				}
				if in.dynamic {
					next = in
				}
			}
		}
		s = writer[next.slot]
	}
	if !joined {
		return nil, fmt.Errorf("not a chain of dense layers: %d inputs: want one, or all joined in their order", len(m.inputs))
	}
	slices.Reverse(path)
	return path, nil
}

// joinsInputs tells whether a step makes one row of the features of all inputs, in their order:
// what comes before the first layer where each column of a table is an input.
func (m *Model) joinsInputs(s step) bool {
	c, ok := s.(*concat)
	if !ok || len(m.inputs) == 1 || len(c.in) != len(m.inputs) || len(c.out.shape) != 1 {
		return false
	}
	for i, in := range m.inputs {
		if c.in[i].slot != in.slot {
			return false
		}
	}
	return true
}

// complement returns p if s joins 1-p and p.
func complement(writer []step, s step) *value {
	c, ok := s.(*concat)
	if !ok || len(c.in) != 2 || c.in[0].size() != 1 || c.in[1].size() != 1 {
		return nil
	}
	d, ok := writer[c.in[0].slot].(*pair)
	if !ok || d.op != subOp || d.in[0].dynamic || len(d.in[0].f) != 1 || d.in[0].f[0] != 1 || d.in[1].slot != c.in[1].slot {
		return nil
	}
	return c.in[1]
}

// open returns the layer that later steps may still change, or nil.
func (c *chainBuilder) open() *chainLayer {
	if len(c.layers) == 0 || c.pending != nil || c.layers[len(c.layers)-1].act != "" {
		return nil
	}
	return &c.layers[len(c.layers)-1]
}

func (c *chainBuilder) add(s step) error {
	if c.head != noHead {
		if n, ok := s.(*normalizer); ok && n.norm == "L1" {
			return nil // probabilities: their sum is 1 already
		}
		return errors.New("after the softmax")
	}
	switch s := s.(type) {
	case *linear:
		return c.linear(s)
	case *pair:
		return c.scale(s)
	case *batchNorm:
		return c.batchNorm(s)
	case *layerNorm:
		if l := c.open(); l != nil && l.norm == nil && s.n == l.out {
			l.finish("", 0)
			l.norm = s
			return nil
		}
		return errors.New("layer normalisation that does not follow a dense layer")
	case *unary:
		return c.activation(s)
	case *softmax:
		// The logarithm is left out: predictions are the probabilities.
		if s.n != c.width {
			return errors.New("softmax over a part of the outputs")
		}
		if err := c.logits(); err != nil {
			return err
		}
		c.head = softmaxHead
		return nil
	case *concat:
		return c.complement()
	case *normalizer:
		return c.twoSigmoids(s)
	case *pick:
		if s.from == nil {
			return nil
		}
		return errors.New("elements change places")
	}
	return errors.New("no layer of a network")
}

// linear starts a layer; what was done to its inputs goes into its weights.
func (c *chainBuilder) linear(s *linear) error {
	if s.in[0].size() != s.inputs {
		return fmt.Errorf("a layer for parts of %d elements of a row of %d", s.inputs, s.in[0].size())
	}
	if c.room -= len(s.w); c.room < 0 {
		return errors.New("too many layers share their weights: a network has them for each")
	}
	l := chainLayer{in: s.inputs, out: s.outputs, w: s.w, b: s.b, bare: s.b == nil}
	if l.b == nil {
		l.b = make([]float32, l.out)
	}
	c.close()
	c.projection()
	if a := c.pending; a != nil {
		if len(c.layers) == 0 && c.matrix == nil {
			// The shift can follow the weights, as it does not cancel against the inputs.
			l.b = shifted(l.b, a.add, l.w)
			c.pre = a
		} else {
			l.w, l.b = folded(l.w, l.b, a)
		}
		c.pending = nil
	}
	c.layers = append(c.layers, l)
	c.width = l.out
	if s.relu {
		return c.activate("relu", 0)
	}
	return nil
}

// projection makes (x - mean)·W, without anything behind it, part of the preparation of the
// inputs: it is a principal component analysis or a whitening.
func (c *chainBuilder) projection() {
	if len(c.layers) != 1 || c.pending != nil || c.pre == nil {
		return
	}
	l := c.layers[0]
	if l.act != "identity" || l.norm != nil || !l.bare {
		return
	}
	for _, m := range c.pre.mul {
		if m != 1 {
			return
		}
	}
	for _, b := range l.b { // a shift of the inputs that was put there
		if b != 0 {
			return
		}
	}
	c.matrix, c.layers = l.w, nil
}

// close gives the last layer its activation: none has come.
func (c *chainBuilder) close() {
	if l := c.open(); l != nil {
		l.finish("identity", 0)
	}
}

// finish puts what is still to be done into the weights: once, as a file may have many
// scales and shifts.
func (l *chainLayer) finish(act string, alpha float64) {
	l.act, l.alpha = act, alpha
	a := l.post
	if a == nil {
		return
	}
	w, b := make([]float32, len(l.w)), make([]float32, l.out)
	for j, m := range a.mul {
		b[j] = float32((float64(l.b[j])-a.sub[j])*m + a.add[j])
		for k := j; k < len(w); k += l.out {
			w[k] = float32(float64(l.w[k]) * m)
		}
	}
	l.w, l.b, l.post = w, b, nil
}

// folded returns the weights and biases for x instead of (x-sub)·mul + add.
func folded(w, b []float32, a *affine) ([]float32, []float32) {
	out := len(b)
	fw, shift := make([]float32, len(w)), make([]float64, len(a.mul))
	for i, m := range a.mul {
		shift[i] = a.add[i] - a.sub[i]*m
		for j := range out {
			fw[i*out+j] = float32(float64(w[i*out+j]) * m)
		}
	}
	return fw, shifted(b, shift, w)
}

// shifted returns b + x·W.
func shifted(b []float32, x []float64, w []float32) []float32 {
	out := len(b)
	fb := make([]float32, out)
	for j := range fb {
		sum := float64(b[j])
		for i, v := range x {
			sum += v * float64(w[i*out+j])
		}
		fb[j] = float32(sum)
	}
	return fb
}

// scale takes x op c.
func (c *chainBuilder) scale(s *pair) error {
	v, ok := s.perColumn(c.width)
	if ok && s.op == preluOp && len(s.in[1].f) == 1 {
		return c.activate("leaky-relu", float64(v[0]))
	}
	if !ok || s.op != addOp && s.op != subOp && s.op != mulOp && s.op != divOp {
		return errors.New("want a constant for each column, added, subtracted, multiplied or divided by")
	}
	c.each(s.op, v)
	return nil
}

// each applies x op v column by column: to the layer at hand, or to the next one's inputs.
func (c *chainBuilder) each(op *pairOp, v []float32) {
	l := c.open()
	switch {
	case l == nil:
		if c.pending == nil {
			c.pending = newAffine(c.width)
		}
		for i, x := range v {
			c.pending.then(i, op, float64(x))
		}
	case l.norm != nil:
		l.norm = scaledNorm(l.norm, op, v)
	default:
		if l.post == nil {
			l.post = newAffine(c.width)
		}
		for i, x := range v {
			l.post.then(i, op, float64(x))
		}
		l.bare = l.bare && op != addOp && op != subOp
	}
}

// scaledNorm returns the norm of which the result is s op v.
func scaledNorm(s step, op *pairOp, v []float32) step {
	change := func(gamma, beta []float32) ([]float32, []float32) {
		g, b := append([]float32(nil), gamma...), append([]float32(nil), beta...)
		for i := range g {
			if b[i] = op.f(b[i], v[i]); op == mulOp || op == divOp {
				g[i] = op.f(g[i], v[i])
			}
		}
		return g, b
	}
	switch s := s.(type) {
	case *batchNorm:
		t := *s
		t.gamma, t.beta = change(s.gamma, s.beta)
		return &t
	case *layerNorm:
		t := *s
		t.gamma, t.beta = change(s.gamma, s.beta)
		return &t
	}
	return s
}

// batchNorm belongs to a layer whose sums it follows; elsewhere it is a scale and a shift.
func (c *chainBuilder) batchNorm(s *batchNorm) error {
	if s.inner != 1 || len(s.gamma) != c.width {
		return errors.New("batch normalisation with several elements per channel")
	}
	if l := c.open(); l != nil && l.norm == nil {
		l.finish("", 0)
		l.norm = s
		return nil
	}
	c.each(subOp, s.mean)
	c.each(mulOp, s.invstd)
	c.each(mulOp, s.gamma)
	c.each(addOp, s.beta)
	return nil
}

// activation translates a function into one that package net has.
func (c *chainBuilder) activation(s *unary) error {
	alpha, beta := float64(s.alpha), float64(s.beta)
	name := s.f.name
	switch s.f {
	case reluFunc, sigmoidFunc, tanhFunc, geluFunc, geluTanhFunc, siluFunc, softplusFunc, hardSwishFunc:
	case leakyReLUFunc, eluFunc:
		return c.activate(name, alpha)
	case celuFunc:
		if alpha != 1 {
			return fmt.Errorf("celu with alpha %g: want 1", alpha)
		}
		return c.activate("elu", 1)
	case seluFunc:
		if !isSELU(s.alpha, s.beta) {
			return fmt.Errorf("selu with alpha %g and gamma %g: want %g and %g", alpha, beta, seluAlpha, seluGamma)
		}
	case clipFunc:
		if alpha != 0 || beta != 6 {
			return fmt.Errorf("clip to %g...%g: want 0...6", alpha, beta)
		}
		name = "relu6"
	case hardSigmoidFunc:
		// clamp(alpha·x + beta) is clamp(x'/6 + ½) for x' = 6·alpha·x + (6·beta - 3).
		if !isHardSigmoid(s.alpha, s.beta) {
			if c.open() == nil {
				return errors.New("a hard sigmoid that does not follow a dense layer")
			}
			c.each(mulOp, repeat(6*alpha, c.width))
			c.each(addOp, repeat(6*beta-3, c.width))
		}
	default:
		return fmt.Errorf("the function %s", name)
	}
	return c.activate(name, 0)
}

func repeat(x float64, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(x)
	}
	return v
}

func (c *chainBuilder) activate(name string, alpha float64) error {
	l := c.open()
	if l == nil {
		return errors.New("an activation that does not follow a dense layer")
	}
	l.finish(name, alpha)
	return nil
}

// logits makes sure that the softmax that follows has a layer to itself.
func (c *chainBuilder) logits() error {
	if c.open() == nil {
		return errors.New("softmax of something else than a layer's sums")
	}
	c.close()
	return nil
}

// complement makes a softmax over two classes of the probabilities 1-p and p with
// p = sigmoid(z): its logits are 0 and z.
func (c *chainBuilder) complement() error {
	n := len(c.layers)
	if n == 0 || c.pending != nil || c.layers[n-1].act != "sigmoid" || c.layers[n-1].out != 1 || c.layers[n-1].norm != nil {
		return errors.New("two outputs, 1-p and p, where p is no sigmoid of a layer's sum")
	}
	l := &c.layers[n-1]
	w := make([]float32, 2*l.in)
	for i, x := range l.w {
		w[2*i+1] = x
	}
	l.w, l.b, l.out, l.act = w, []float32{0, l.b[0]}, 2, "identity"
	c.width, c.head = 2, softmaxHead
	return nil
}

// twoSigmoids makes a softmax of sigmoid(-z) and sigmoid(z), which skl2onnx writes for two
// classes: its logits are -z/2 and z/2.
func (c *chainBuilder) twoSigmoids(s *normalizer) error {
	n := len(c.layers)
	if s.norm != "L1" || n == 0 || c.pending != nil || c.width != 2 || c.layers[n-1].act != "sigmoid" || c.layers[n-1].norm != nil {
		return errors.New("rows are normalised")
	}
	l := &c.layers[n-1]
	for i := 0; i < len(l.w); i += 2 {
		if l.w[i] != -l.w[i+1] {
			return errors.New("rows of sigmoids are normalised")
		}
	}
	if l.b[0] != -l.b[1] {
		return errors.New("rows of sigmoids are normalised")
	}
	l.w, l.b = scaled(l.w, 0.5), scaled(l.b, 0.5)
	l.act, c.head = "identity", softmaxHead
	return nil
}

// end completes the last layer. A scale or shift of the outputs becomes a layer of its own.
func (c *chainBuilder) end() error {
	if len(c.layers) == 0 {
		return errors.New("not a chain of dense layers: there is none")
	}
	c.close()
	a := c.pending
	if a == nil {
		return nil
	}
	if c.width > maxDiagonal {
		return fmt.Errorf("not a chain of dense layers: %d outputs are scaled after the last activation: want at most %d", c.width, maxDiagonal)
	}
	l := chainLayer{in: c.width, out: c.width, w: make([]float32, c.width*c.width), b: make([]float32, c.width), act: "identity"}
	for i, m := range a.mul {
		l.w[i*c.width+i] = float32(m)
		l.b[i] = float32(a.add[i] - a.sub[i]*m)
	}
	c.layers = append(c.layers, l)
	return nil
}
