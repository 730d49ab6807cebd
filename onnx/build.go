package onnx

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// The operator sets that are understood. Sets 23 to 25 gave operators here new types, not new
// meanings, and added Swish; later ones were not looked at.
const (
	minOpset, maxOpset     = 7, 25
	minMLOpset, maxMLOpset = 1, 5

	mlDomain = "ai.onnx.ml"
)

const (
	// maxWork bounds what one row costs, in multiply-adds: net.MaxParams for each of
	// 16 positions. Small files can reuse one matrix thousands of times.
	maxWork = 1 << 32
	// maxFoldWork bounds what constants made from constants cost, likewise.
	maxFoldWork = 1 << 30
	// minFolded is how many elements such constants, and lists of where elements come
	// from, may have in any file, beside four times those that the file has itself: enough
	// to change the order of a large image's pixels.
	minFolded = 1 << 20
)

// step is one operation of a model that is ready to run. Steps are shared by all Runners:
// what they write is in the memory.
type step interface {
	base() *stepBase
	run(m *memory, rows int)
	work() int64 // arithmetic of one row
}

// stepBase is what all steps have. in[0] is the operand that is not a parameter.
type stepBase struct {
	node *node
	in   []*value
	out  *value
}

func (s *stepBase) base() *stepBase { return s }

// work returns the elements read and written.
func (s *stepBase) work() int64 {
	n := s.out.size()
	for _, v := range s.in {
		n += v.size()
	}
	return int64(n)
}

// builder turns the nodes of a graph into steps: shapes and constants are worked out on
// the way, so only what depends on the inputs is left.
type builder struct {
	opset, mlOpset int64 // 0: not imported
	external       *folder
	batch          int64 // rows that the file fixes, 0 if it leaves them open
	pending        map[string]*tensorProto
	values         map[string]*value
	needed         map[string]bool
	steps          []step
	slots          []int // elements per row
	inputs         int   // slots below hold inputs
	rowTotal       int
	decoded        map[*tensorProto]*value
	changed        map[changed][]float32
	owned          map[*float32]bool // first elements of lists that were counted
	constants      int               // elements of all of them
	foldRoom       int               // elements that may still be made of nothing, see minFolded
	cost, foldCost int64             // arithmetic of one row, and of constants
}

func newBuilder(m *modelProto, external *folder) (*builder, error) {
	b := &builder{external: external, pending: map[string]*tensorProto{}, values: map[string]*value{}, needed: map[string]bool{},
		decoded: map[*tensorProto]*value{}, changed: map[changed][]float32{}, owned: map[*float32]bool{}, foldRoom: minFolded}
	for _, o := range m.opsets {
		var version *int64
		lo, hi := int64(minOpset), int64(maxOpset)
		switch o.domain {
		case "", "ai.onnx":
			version = &b.opset
		case mlDomain:
			version, lo, hi = &b.mlOpset, minMLOpset, maxMLOpset
		default:
			continue // an operator of it, if there is one, is refused by name
		}
		if o.version < lo || o.version > hi {
			return nil, fmt.Errorf("opset %d of domain %q: want %d...%d", o.version, o.domain, lo, hi)
		}
		if *version != 0 {
			return nil, fmt.Errorf("domain %q is imported twice", o.domain)
		}
		*version = o.version
	}
	g := m.graph
	if g.sparse > 0 {
		return nil, errors.New("sparse initializers are not supported")
	}
	for _, t := range g.initializers {
		if t.name == "" || b.pending[t.name] != nil {
			return nil, fmt.Errorf("initializer %.100q: want a name, and once", t.name)
		}
		b.pending[t.name] = t
	}
	return b, nil
}

// build makes a runnable model of a parsed file.
func build(m *modelProto, external *folder) (*Model, error) {
	b, err := newBuilder(m, external)
	if err != nil {
		return nil, err
	}
	g := m.graph
	versions := map[string]int64{}
	for _, o := range m.opsets {
		versions[domainName(o.domain)] = o.version
	}
	for _, n := range g.nodes { // of any domain, for what errors say
		n.opset = versions[domainName(n.domain)]
	}
	if g.nodes, err = inline(m); err != nil {
		return nil, err
	}
	out := &Model{producer: m.producer, opset: b.opset, mlOpset: b.mlOpset}
	for _, in := range g.inputs {
		if b.pending[in.name] != nil {
			continue // an initializer that is listed as an input: its default is what counts
		}
		v, err := b.input(in)
		if err != nil {
			return nil, fmt.Errorf("input %.100q: %w", in.name, err)
		}
		out.inputs = append(out.inputs, v)
		b.inputs++
	}
	if len(out.inputs) == 0 {
		return nil, errors.New("the graph has no inputs")
	}
	if len(g.outputs) == 0 {
		return nil, errors.New("the graph has no outputs")
	}
	for _, o := range g.outputs {
		b.needed[o.name] = true
	}
	for _, n := range b.wanted(g) {
		if err := b.node(n); err != nil {
			return nil, n.fail(err)
		}
	}
	for _, o := range g.outputs {
		v, err := b.output(o.name)
		if err != nil {
			return nil, fmt.Errorf("output %.100q: %w", o.name, err)
		}
		out.outputs = append(out.outputs, v)
	}
	if err := json.Unmarshal([]byte(m.classes), &out.named); err != nil {
		out.named = nil // of no use, and no harm
	}
	out.nameColumns()
	out.slots, out.constants = b.slots, b.constants
	out.steps = b.fuse(out.outputs)
	return out, nil
}

// wanted returns the nodes that the outputs depend on, in order, and marks the names of
// their inputs as needed.
func (b *builder) wanted(g *graphProto) []*node {
	var nodes []*node
	for _, n := range slices.Backward(g.nodes) {
		if slices.ContainsFunc(n.outputs, func(name string) bool { return name != "" && b.needed[name] }) {
			nodes = append(nodes, n)
			for _, name := range n.inputs {
				b.needed[name] = true
			}
		}
	}
	slices.Reverse(nodes)
	return nodes
}

// input makes the dynamic value of a graph input.
func (b *builder) input(in valueInfo) (*value, error) {
	switch {
	case in.name == "" || b.values[in.name] != nil:
		return nil, errors.New("want a name, and once")
	case in.typ == 0:
		return nil, errors.New("not a tensor, or of no type")
	case !in.shaped:
		return nil, errors.New("no shape: want rows and the number of features")
	case len(in.dims) < 2:
		return nil, fmt.Errorf("%d dimensions: want 2 or more, rows first", len(in.dims))
	}
	k, err := dtype(in.typ).kind()
	if err != nil {
		return nil, err
	}
	if k == texts || k == bools {
		return nil, fmt.Errorf("elements of %v: want numbers", dtype(in.typ))
	}
	if rows := in.dims[0].value; rows > 0 {
		if b.batch != 0 && b.batch != rows {
			return nil, fmt.Errorf("%d rows, and %d in another input", rows, b.batch)
		}
		b.batch = rows
	}
	var shape []int
	for i, d := range in.dims[1:] {
		if d.value < 1 || d.value > maxRow {
			return nil, fmt.Errorf("dimension %d is %d (name %.40q): want a number 1...%d", i+1, d.value, d.param, maxRow)
		}
		shape = append(shape, int(d.value))
	}
	v, err := b.fresh(k, shape, true)
	if err != nil {
		return nil, err
	}
	v.name = in.name
	b.values[in.name] = v
	return v, nil
}

// output returns the value of a graph output, in memory of its own.
func (b *builder) output(name string) (*value, error) {
	v, err := b.value(name)
	switch {
	case err != nil:
		return nil, err
	case !v.dynamic:
		return nil, errors.New("does not depend on the inputs")
	case v.rowsLast:
		return nil, fmt.Errorf("shape %s: want rows first", v.describe())
	}
	w := *v
	if v.slot < b.inputs {
		c, err := b.emit(&pick{stepBase: stepBase{node: &node{op: "Identity"}, in: []*value{v}}}, v.kind, v.shape)
		if err != nil {
			return nil, err
		}
		w = *c
	}
	w.name = name
	return &w, nil
}

// value returns what a name stands for, decoding an initializer at its first use.
func (b *builder) value(name string) (*value, error) {
	if v := b.values[name]; v != nil {
		return v, nil
	}
	t := b.pending[name]
	if t == nil {
		return nil, fmt.Errorf("value %.100q is not defined before its use: the graph lacks it, has a cycle or is not in order", name)
	}
	v, err := b.constant(t)
	if err != nil {
		return nil, fmt.Errorf("initializer %.100q: %w", name, err)
	}
	b.values[name] = v
	return v, nil
}

// constant decodes a tensor, which makes room for constants of constants.
func (b *builder) constant(t *tensorProto) (*value, error) {
	if v := b.decoded[t]; v != nil { // of a function that is called again
		return v, nil
	}
	v, err := t.constant(b.external)
	if err != nil {
		return nil, err
	}
	if v.kind == floats {
		b.own(v.f)
	} else {
		b.foldRoom += 4 * v.size()
	}
	b.decoded[t] = v
	return v, nil
}

// own counts a list of numbers that the file holds, once.
func (b *builder) own(f []float32) {
	if len(f) > 0 && !b.owned[&f[0]] {
		b.owned[&f[0]] = true
		b.constants += len(f)
		b.foldRoom += 4 * len(f)
	}
}

// node builds one node.
func (b *builder) node(n *node) error {
	name := n.op
	opset, lo, hi := b.opset, int64(minOpset), int64(maxOpset)
	switch n.domain {
	case "", "ai.onnx":
	case mlDomain:
		opset, lo, hi = b.mlOpset, minMLOpset, maxMLOpset
		name = mlDomain + "." + n.op
	default:
		return fmt.Errorf("domain %.100q is not supported", n.domain)
	}
	if n.call == nil {
		n.opset = opset
	}
	switch {
	case n.opset == 0:
		return fmt.Errorf("no opset of domain %q is imported", n.domain)
	case n.opset < lo || n.opset > hi: // of a function: the model's are checked
		return fmt.Errorf("want opset %d...%d", lo, hi)
	}
	op, ok := operators[name]
	if !ok {
		return errors.New("this operator is not supported")
	}
	if n.opset < op.since {
		return fmt.Errorf("the operator exists from opset %d on", op.since)
	}
	most := op.most
	if n.opset < op.single {
		most = 1
	}
	if len(n.inputs) < op.least || len(n.inputs) > most {
		return fmt.Errorf("%d inputs: want %d...%d", len(n.inputs), op.least, most)
	}
	size := len(n.inputs)
	if op.most < variadic {
		size = op.most // omitted ones are nil
	}
	in := make([]*value, size)
	for i, name := range n.inputs {
		if name == "" {
			if i < op.least {
				return fmt.Errorf("input %d is missing", i)
			}
			continue
		}
		v, err := b.value(name)
		if err != nil {
			return err
		}
		if v.rowsLast && !op.rowsLast {
			return fmt.Errorf("input %q of shape %s: want rows first", name, v.describe())
		}
		in[i] = v
	}
	out, err := op.build(b, n, in)
	if err != nil {
		return err
	}
	if err := n.checkAttrs(); err != nil {
		return err
	}
	n.attrs = nil // views of the file, which would stay in memory with them
	for i, name := range n.outputs {
		if name == "" || i >= len(out) && !b.needed[name] {
			continue
		}
		if i >= len(out) {
			return fmt.Errorf("output %d (%.100q) is not supported", i, name)
		}
		if b.values[name] != nil || b.pending[name] != nil {
			return fmt.Errorf("value %.100q is defined twice", name)
		}
		v := *out[i]
		v.name = name
		b.values[name] = &v
	}
	return nil
}

// fresh returns a new value: dynamic with a slot, or a constant with memory.
func (b *builder) fresh(k kind, shape []int, dynamic bool) (*value, error) {
	limit := maxElements
	if dynamic {
		limit = maxRow
	}
	n := 1
	for _, d := range shape {
		if d < 0 || d > 0 && n > limit/d {
			return nil, fmt.Errorf("a result of shape %v: want at most %d elements", shape, limit)
		}
		n *= d
	}
	v := &value{kind: k, shape: shape, dynamic: dynamic}
	if dynamic {
		if n == 0 {
			return nil, fmt.Errorf("a result of shape %v for each row: want at least one element", shape)
		}
		if b.rowTotal += n; b.rowTotal > maxRowTotal {
			return nil, fmt.Errorf("more than %d elements in all values for one row", maxRowTotal)
		}
		v.slot = len(b.slots)
		b.slots = append(b.slots, n)
		return v, nil
	}
	if err := b.take(shape); err != nil {
		return nil, err
	}
	if k == floats {
		v.f = make([]float32, n)
	} else {
		v.i = make([]int64, n)
	}
	return v, nil
}

// take counts memory of so many elements that the file does not hold itself.
func (b *builder) take(shapes ...[]int) error {
	for _, shape := range shapes {
		n := 1
		for _, d := range shape {
			if d > 0 && n > b.foldRoom/d {
				return fmt.Errorf("a constant of shape %v: the file's constants are too few for it", shape)
			}
			n *= d
		}
		b.foldRoom -= n
	}
	return nil
}

// emit gives the step its output. A step on constants runs at once.
func (b *builder) emit(s step, k kind, shape []int) (*value, error) {
	c := s.base()
	dynamic := slices.ContainsFunc(c.in, func(v *value) bool { return v.dynamic })
	out, err := b.fresh(k, shape, dynamic)
	if err != nil {
		return nil, err
	}
	c.out = out
	if !dynamic {
		if b.foldCost += s.work(); b.foldCost > maxFoldWork {
			return nil, errors.New("constants made from constants take too long to compute")
		}
		s.run(nil, 1)
		return out, nil
	}
	if b.cost += s.work(); b.cost > maxWork {
		return nil, fmt.Errorf("more than %d operations for one row", int64(maxWork))
	}
	b.steps = append(b.steps, s)
	return out, nil
}

// number returns a new constant of one element and no dimensions.
func number(x float64) *value { return &value{f: []float32{float32(x)}} }

// vector returns a new constant of one dimension.
func vector(f []float32) *value { return &value{f: f, shape: []int{len(f)}} }

// fail says which node an error is about.
func (n *node) fail(err error) error {
	return fmt.Errorf("%s: %w", n.describe(), err)
}

// describe names the operator, its opset and the node, and the functions that the node is of.
func (n *node) describe() string {
	op := n.op
	if n.domain != "" {
		op = n.domain + "." + n.op
	}
	text := fmt.Sprintf("operator %.100s", op)
	if n.opset != 0 { // 0: its domain is not imported
		text += fmt.Sprintf(" (opset %d)", n.opset)
	}
	if n.name == "" && len(n.outputs) > 0 {
		text += fmt.Sprintf(", unnamed node of output %.100q", n.outputs[0])
	} else {
		text += fmt.Sprintf(", node %.100q", n.name)
	}
	for c := n.call; c != nil; c = c.call {
		text += fmt.Sprintf(" of the function %.100s.%.100s that node %.100q calls", c.domain, c.op, c.name)
	}
	return text
}
