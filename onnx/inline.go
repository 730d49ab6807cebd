package onnx

import (
	"errors"
	"fmt"
	"strings"
)

// Functions that a model defines, as PyTorch's newer exporter writes them where it is told not to
// optimise, are put in the place of their calls before anything else is done.

const (
	// maxCalls bounds calls within calls; PyTorch has a function for each module and for
	// each operator, of modules in modules.
	maxCalls = 32
	// maxInlined bounds the nodes, names and attributes that calls are replaced by: a small
	// file could double them with each of a few functions.
	maxInlined = 1 << 17
	// inlinedMark is between the name that a value has within a function and the number that it
	// has in the graph.
	inlinedMark = "#"
)

// inline returns the nodes of the graph with those of functions in place of their calls.
func inline(m *modelProto) ([]*node, error) {
	if len(m.functions) == 0 {
		return m.graph.nodes, nil
	}
	e := &inliner{functions: map[functionKey]*definition{}, taken: m.graph.names()}
	for _, f := range m.functions {
		key := functionKey{domainName(f.domain), f.name, f.overload}
		if e.functions[key] != nil {
			return nil, fmt.Errorf("function %.100q of domain %.100q is defined twice", f.name, f.domain)
		}
		e.functions[key] = newDefinition(f)
	}
	for _, n := range m.graph.nodes {
		if err := e.add(n, 0); err != nil {
			return nil, err
		}
	}
	return e.nodes, nil
}

// names returns those of the graph's values that could be what a value within a call is named.
func (g *graphProto) names() map[string]bool {
	taken := map[string]bool{}
	add := func(names ...string) {
		for _, name := range names {
			if strings.Contains(name, inlinedMark) {
				taken[name] = true
			}
		}
	}
	for _, n := range g.nodes {
		add(n.inputs...)
		add(n.outputs...)
	}
	for _, t := range g.initializers {
		add(t.name)
	}
	for _, v := range append(g.inputs[:len(g.inputs):len(g.inputs)], g.outputs...) {
		add(v.name)
	}
	return taken
}

// functionKey is what a call names.
type functionKey struct{ domain, name, overload string }

// domainName gives the standard domain one name.
func domainName(domain string) string {
	if domain == "ai.onnx" {
		return ""
	}
	return domain
}

// definition is a function with its lists as maps: a file could make both long.
type definition struct {
	*functionProto
	declared map[string]*attribute // its default, or one without a name
	imports  map[string]int64      // versions by domain
}

func newDefinition(f *functionProto) *definition {
	d := &definition{f, map[string]*attribute{}, map[string]int64{}}
	for _, name := range f.attrs {
		d.declared[name] = &attribute{}
	}
	for i := range f.defaults {
		d.declared[f.defaults[i].name] = &f.defaults[i]
	}
	for _, o := range f.opsets {
		d.imports[domainName(o.domain)] = o.version
	}
	return d
}

type inliner struct {
	functions map[functionKey]*definition
	nodes     []*node
	items     int             // of what was put in place of calls
	names     int             // given to values within functions
	taken     map[string]bool // names that the graph itself has
}

// add appends a node, or what it calls.
func (e *inliner) add(n *node, depth int) error {
	f := e.functions[functionKey{domainName(n.domain), n.op, n.overload}]
	if f == nil {
		e.nodes = append(e.nodes, n)
		return nil
	}
	if depth == maxCalls {
		return n.fail(fmt.Errorf("a function that calls itself, or more than %d within each other", maxCalls))
	}
	c := &call{e: e, f: f, n: n, names: map[string]string{}, inputs: map[string]bool{}, given: map[string]*attribute{}}
	if err := c.bind(); err != nil {
		return n.fail(err)
	}
	for _, body := range f.nodes {
		inner, err := c.copyOf(body)
		if err != nil {
			return n.fail(err)
		}
		if err := e.add(inner, depth+1); err != nil {
			return err
		}
	}
	for _, pair := range c.same {
		e.nodes = append(e.nodes, &node{op: "Identity", name: n.name, inputs: pair[:1], outputs: pair[1:], opset: minOpset, call: n})
	}
	return nil
}

// call is a function being put in place of a node.
type call struct {
	e      *inliner
	f      *definition
	n      *node
	given  map[string]*attribute // by the call
	names  map[string]string     // of the function's values in the graph
	inputs map[string]bool       // names that are inputs
	same   [][]string            // inputs that are outputs too, and what the latter are called
}

// bind gives inputs and outputs of the function the names that they have in the call.
func (c *call) bind() error {
	f, n := c.f, c.n
	if len(n.inputs) > len(f.inputs) || len(n.outputs) > len(f.outputs) {
		return fmt.Errorf("%d inputs and %d outputs: the function has %d and %d", len(n.inputs), len(n.outputs), len(f.inputs), len(f.outputs))
	}
	for i := range n.attrs {
		a := &n.attrs[i]
		if f.declared[a.name] == nil || c.given[a.name] != nil {
			return fmt.Errorf("attribute %.100q: the function has none of that name, or it is given twice", a.name)
		}
		c.given[a.name] = a
	}
	if err := c.count(len(f.inputs) + len(f.outputs)); err != nil {
		return err
	}
	for i, name := range f.inputs {
		if name == "" || c.inputs[name] {
			return fmt.Errorf("input %.100q of the function: want a name, and once", name)
		}
		c.inputs[name] = true
		c.names[name] = ""
		if i < len(n.inputs) {
			c.names[name] = n.inputs[i]
		}
	}
	for i, name := range f.outputs {
		if i >= len(n.outputs) || n.outputs[i] == "" {
			continue
		}
		if name == "" {
			return errors.New("an output of the function has no name")
		}
		if known, ok := c.names[name]; ok {
			c.same = append(c.same, []string{known, n.outputs[i]})
			continue
		}
		c.names[name] = n.outputs[i]
	}
	return nil
}

// count adds to what is put in place of calls.
func (c *call) count(items int) error {
	if c.e.items += items; c.e.items > maxInlined {
		return fmt.Errorf("functions stand for more than %d nodes, names and attributes", maxInlined)
	}
	return nil
}

// copyOf returns a node of the function as it is in this call.
func (c *call) copyOf(body *node) (*node, error) {
	if err := c.count(1 + len(body.inputs) + len(body.outputs) + len(body.attrs)); err != nil {
		return nil, err
	}
	n := &node{op: body.op, name: body.name, domain: body.domain, overload: body.overload, call: c.n, opset: c.f.imports[domainName(body.domain)]}
	n.inputs, n.outputs, n.attrs = make([]string, 0, len(body.inputs)), make([]string, 0, len(body.outputs)), make([]attribute, 0, len(body.attrs))
	for _, name := range body.inputs {
		n.inputs = append(n.inputs, c.name(name))
	}
	for _, name := range body.outputs {
		if c.inputs[name] {
			return nil, fmt.Errorf("value %.100q of the function is an input, and computed", name)
		}
		n.outputs = append(n.outputs, c.name(name))
	}
	for _, a := range body.attrs {
		if a.ref != "" {
			given, err := c.attribute(a.ref)
			if err != nil {
				return nil, err
			}
			if given == nil {
				continue // left to the operator's default
			}
			name := a.name
			a = *given
			a.name = name
		}
		n.attrs = append(n.attrs, a)
	}
	return n, nil
}

// name returns what a value of the function is called in the graph. A function knows no values
// but its own.
func (c *call) name(name string) string {
	if name == "" {
		return ""
	}
	known, ok := c.names[name]
	if !ok {
		for known == "" || c.e.taken[known] {
			c.e.names++
			known = fmt.Sprintf("%.40s%s%d", name, inlinedMark, c.e.names)
		}
		c.names[name] = known
	}
	return known
}

// attribute returns what the call has for an attribute of the function, nil for nothing.
func (c *call) attribute(name string) (*attribute, error) {
	if a := c.given[name]; a != nil {
		return a, nil
	}
	a := c.f.declared[name]
	switch {
	case a == nil:
		return nil, fmt.Errorf("the function refers to attribute %.100q, which it does not have", name)
	case a.name == "":
		return nil, nil
	}
	return a, nil
}
