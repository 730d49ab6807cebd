// Package torch exchanges weights with PyTorch: state dicts of torch.nn.Sequential style
// networks, as safetensors files.
//
//	from safetensors.torch import save_file, load_file
//	save_file(model.state_dict(), "model.safetensors")     # then torch.LoadFile here
//	model.load_state_dict(load_file("out.safetensors"))    # after torch.SaveFile here
//
// A state dict holds arrays, not architecture: which activation lies between two Linear
// modules it does not say. So [Load] takes a net.Config, or fills in what the arrays do
// not tell from [Options]. PyTorch's Linear has its weight as (out, in) and multiplies by
// its transpose; here weights are (in, out), so both directions transpose.
//
// For whole models with their architecture, package onnx is the way.
package torch

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sinew-ml/sinew/internal/atomicfile"
	"github.com/sinew-ml/sinew/internal/safetensors"
	"github.com/sinew-ml/sinew/net"
)

// Options says what a state dict does not.
type Options struct {
	// Config is the architecture, if it is known; the arrays must fit it. With it the other
	// fields are not used.
	Config *net.Config

	// Else the layers follow from the arrays: each two-dimensional weight is a Linear; a
	// one-dimensional one after it is its norm, a batch norm if it has running averages.
	Activation net.Activation // of all layers but the last
	Loss       net.Loss       // of the network; with labels usually SoftmaxCrossEntropy
	Eps        float64        // of the norms; 0: 1e-5, the default of both
}

// LoadFile reads the state dict at path. Weights of other number formats are converted to
// float32, but for FP8 and complex ones. An error names the array that is missing, left over or of another shape.
func LoadFile(path string, o Options) (*net.Network, error) {
	f, err := safetensors.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("torch: %w", err)
	}
	m, err := fromState(f, o)
	if err != nil {
		return nil, fmt.Errorf("torch: %s: %w", path, err)
	}
	return m, nil
}

// maxFile is what the largest network takes in float64, and a header.
const maxFile = 8*net.MaxParams + 1<<20

// Load reads a state dict from r, to its end.
func Load(r io.Reader, o Options) (*net.Network, error) {
	f, err := safetensors.Read(r, maxFile)
	if err != nil {
		return nil, fmt.Errorf("torch: %w", err)
	}
	m, err := fromState(f, o)
	if err != nil {
		return nil, fmt.Errorf("torch: %w", err)
	}
	return m, nil
}

// module is the arrays of one module of a state dict, by the last part of their names.
type module struct {
	name  string
	parts map[string]safetensors.Tensor
}

func (m *module) shape(part string) []int { return m.parts[part].Shape }

// modules groups the arrays of a state dict by module, in the natural order of the
// modules' names: digits count as numbers.
func modules(f *safetensors.File) ([]module, error) {
	by := map[string]*module{}
	var names []string
	for _, t := range f.Tensors {
		name, part := "", t.Name
		if i := strings.LastIndexByte(t.Name, '.'); i >= 0 {
			name, part = t.Name[:i], t.Name[i+1:]
		}
		if part == "num_batches_tracked" {
			continue // a counter of batch norms that nothing here needs
		}
		if by[name] == nil {
			by[name] = &module{name, map[string]safetensors.Tensor{}}
			names = append(names, name)
		}
		by[name].parts[part] = t
	}
	slices.SortFunc(names, natural)
	var all []module
	for _, name := range names {
		m := by[name]
		if _, ok := m.parts["weight"]; !ok {
			return nil, fmt.Errorf("module %.80q has no weight", name)
		}
		for part := range m.parts {
			if !slices.Contains([]string{"weight", "bias", "running_mean", "running_var"}, part) {
				return nil, fmt.Errorf("tensor %.80q: want the parts of Linear, BatchNorm1d and LayerNorm: weight, bias, running_mean, running_var", name+"."+part)
			}
		}
		all = append(all, *m)
	}
	return all, nil
}

// natural compares names with runs of digits as numbers: layers.2 comes before layers.10.
func natural(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x > 0 && y > 0 {
			p, q := strings.TrimLeft(a[:x], "0"), strings.TrimLeft(b[:y], "0")
			if len(p) != len(q) {
				return len(p) - len(q)
			}
			if c := strings.Compare(p, q); c != 0 {
				return c
			}
			a, b = a[x:], b[y:]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

// digits returns how many digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// block is a Linear and the norm after it, if there is one.
type block struct {
	linear module
	norm   *module
}

// blocks brings the modules into layers.
func blocks(all []module) ([]block, error) {
	var layers []block
	for i := range all {
		m := &all[i]
		switch n := len(m.shape("weight")); {
		case n == 2 && m.parts["running_mean"].Name == "":
			layers = append(layers, block{linear: *m})
		case n != 1:
			return nil, fmt.Errorf("tensor %.80q has shape %v: want that of a Linear (out, in) or of a norm (out)", m.parts["weight"].Name, m.shape("weight"))
		case len(layers) == 0 || layers[len(layers)-1].norm != nil:
			return nil, fmt.Errorf("module %.80q is a norm that follows no Linear", m.name)
		default:
			layers[len(layers)-1].norm = m
		}
	}
	if len(layers) == 0 {
		return nil, errors.New("no two-dimensional weight: want at least one Linear")
	}
	return layers, nil
}

// guess returns the configuration that the arrays and the options make.
func guess(layers []block, o Options) (net.Config, error) {
	c := net.Config{Loss: o.Loss}
	for i, b := range layers {
		shape := b.linear.shape("weight")
		if i == 0 {
			c.Inputs = shape[1]
		} else if last := c.Layers[i-1].Units; shape[1] != last {
			return c, fmt.Errorf("tensor %.80q has shape %v: the module before it, %.80q, has %d outputs. If the names do not sort in the order of the modules, rename them",
				b.linear.parts["weight"].Name, shape, layers[i-1].linear.name, last)
		}
		l := net.Layer{Units: shape[0]}
		if i < len(layers)-1 {
			l.Activation = o.Activation
		}
		if b.norm != nil {
			l.Norm, l.Eps = net.LayerNorm, o.Eps
			if b.norm.parts["running_mean"].Name != "" {
				l.Norm = net.BatchNorm
			}
		}
		c.Layers = append(c.Layers, l)
	}
	return c, nil
}

func fromState(f *safetensors.File, o Options) (*net.Network, error) {
	if f.Metadata["sinew.version"] != "" {
		return nil, errors.New("a Sinew model, not a state dict: package net loads it")
	}
	all, err := modules(f)
	if err != nil {
		return nil, err
	}
	layers, err := blocks(all)
	if err != nil {
		return nil, err
	}
	c, err := guess(layers, o)
	if err != nil {
		return nil, err
	}
	if o.Config != nil {
		if err := fits(&c, o.Config); err != nil {
			return nil, err
		}
		c = *o.Config
	}
	for i, b := range layers { // before memory is taken for what shapes only claim
		if err := b.check(c.Layers[i].Units); err != nil {
			return nil, err
		}
	}
	m, err := net.New(c)
	if err != nil {
		return nil, err
	}
	for i, b := range layers {
		if err := b.copyTo(m, i); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// fits says where the architecture of the arrays is not the one given.
func fits(found, want *net.Config) error {
	if found.Inputs != want.Inputs || len(found.Layers) != len(want.Layers) {
		return fmt.Errorf("the state dict has %d inputs and %d layers: the configuration wants %d and %d", found.Inputs, len(found.Layers), want.Inputs, len(want.Layers))
	}
	for i, l := range found.Layers {
		if w := want.Layers[i]; l.Units != w.Units || l.Norm != w.Norm {
			return fmt.Errorf("layer %d of the state dict has %d units and norm %q: the configuration wants %d and %q", i, l.Units, l.Norm, w.Units, w.Norm)
		}
	}
	return nil
}

// check compares the shapes of a block with the units of its Linear, and refuses dtypes
// that are not converted: their shapes may claim what the file does not hold.
func (b *block) check(units int) error {
	for _, m := range []*module{&b.linear, b.norm} {
		if m == nil {
			continue
		}
		for part, t := range m.parts {
			if err := safetensors.Convertible(t); err != nil {
				return err
			}
			if m == &b.linear && part == "weight" {
				continue
			}
			if !slices.Equal(t.Shape, []int{units}) {
				return fmt.Errorf("tensor %.80q has shape %v: want [%d]", t.Name, t.Shape, units)
			}
		}
		if _, ok := m.parts["bias"]; !ok && m == b.norm {
			return fmt.Errorf("module %.80q has no bias", m.name)
		}
	}
	if b.norm != nil && (b.norm.parts["running_mean"].Name == "") != (b.norm.parts["running_var"].Name == "") {
		return fmt.Errorf("module %.80q has one of running_mean and running_var: want both or none", b.norm.name)
	}
	return nil
}

// copyTo copies the arrays into layer i of m. A Linear without bias has bias 0.
func (b *block) copyTo(m *net.Network, i int) error {
	w, bias := m.Layer(i)
	gamma, beta := m.Norm(i)
	mean, variance := m.Running(i)
	turned := make([]float32, len(w))
	if err := safetensors.Convert(turned, b.linear.parts["weight"]); err != nil {
		return err
	}
	transpose(w, turned, len(bias))
	for _, part := range []struct {
		to   []float32
		m    *module
		name string
	}{{bias, &b.linear, "bias"}, {gamma, b.norm, "weight"}, {beta, b.norm, "bias"}, {mean, b.norm, "running_mean"}, {variance, b.norm, "running_var"}} {
		if part.to == nil || part.m == nil {
			continue
		}
		t, ok := part.m.parts[part.name]
		if !ok {
			continue // the bias of a Linear
		}
		if err := safetensors.Convert(part.to, t); err != nil {
			return err
		}
		if part.name == "running_var" {
			for j, v := range part.to {
				if !(v >= 0) {
					return fmt.Errorf("tensor %.80q: element %d is %g: want at least 0", t.Name, j, v)
				}
			}
		}
	}
	return nil
}

// transpose sets dst (columns, rows) to the transpose of src (rows, columns).
func transpose(dst, src []float32, rows int) {
	columns := len(src) / rows
	for r := range rows {
		for c, v := range src[r*columns:][:columns] {
			dst[c*rows+r] = v
		}
	}
}

// SaveFile writes m's weights as the state dict of
//
//	torch.nn.Sequential(Linear, [BatchNorm1d or LayerNorm], activation, [Dropout], Linear, ...)
//
// with one module per activation (none for Identity), so that names are numbers as
// Sequential has them. [Modules] prints the Python that makes it. The network must have
// no transform: fold it first (net.Network.Fold). The file is replaced atomically.
func SaveFile(path string, m *net.Network) error {
	if err := atomicfile.Write(path, func(w io.Writer) error { return save(w, m) }); err != nil {
		return fmt.Errorf("torch: save: %w", err)
	}
	return nil
}

// Save writes what SaveFile does to w.
func Save(w io.Writer, m *net.Network) error {
	if err := save(w, m); err != nil {
		return fmt.Errorf("torch: save: %w", err)
	}
	return nil
}

func save(w io.Writer, m *net.Network) error {
	if m == nil {
		return errors.New("the network is nil")
	}
	if m.Transform() != nil {
		return errors.New("the network has a transform, which a state dict cannot hold: save Fold() of it")
	}
	var tensors []safetensors.Tensor
	add := func(name string, shape []int, v []float32) {
		tensors = append(tensors, safetensors.NewFloat32(name, shape, v))
	}
	at := 0
	for i, l := range m.Config().Layers {
		w, b := m.Layer(i)
		turned := make([]float32, len(w))
		transpose(turned, w, len(w)/len(b))
		add(fmt.Sprintf("%d.weight", at), []int{len(b), len(w) / len(b)}, turned)
		add(fmt.Sprintf("%d.bias", at), []int{len(b)}, b)
		if gamma, beta := m.Norm(i); gamma != nil {
			add(fmt.Sprintf("%d.weight", at+1), []int{len(b)}, gamma)
			add(fmt.Sprintf("%d.bias", at+1), []int{len(b)}, beta)
		}
		if mean, variance := m.Running(i); mean != nil {
			add(fmt.Sprintf("%d.running_mean", at+1), []int{len(b)}, mean)
			add(fmt.Sprintf("%d.running_var", at+1), []int{len(b)}, variance)
			tensors = append(tensors, safetensors.Tensor{Name: fmt.Sprintf("%d.num_batches_tracked", at+1), DType: "I64", Shape: []int{}, Data: make([]byte, 8)})
		}
		at += len(pythonModules(&l, 0))
	}
	return safetensors.Write(w, tensors, map[string]string{"format": "pt"})
}

// Modules returns the Python expression of the torch.nn.Sequential whose state dict
// SaveFile writes.
func Modules(c net.Config) string {
	var s strings.Builder
	s.WriteString("torch.nn.Sequential(\n")
	in := c.Inputs
	for i := range c.Layers {
		for _, m := range pythonModules(&c.Layers[i], in) {
			fmt.Fprintf(&s, "    torch.nn.%s,\n", m)
		}
		in = c.Layers[i].Units
	}
	s.WriteString(")")
	return s.String()
}

// pythonModules returns the modules of a layer with so many inputs.
func pythonModules(l *net.Layer, in int) []string {
	all := []string{fmt.Sprintf("Linear(%d, %d)", in, l.Units)}
	eps := l.Eps
	if eps == 0 {
		eps = 1e-5
	}
	switch l.Norm {
	case net.BatchNorm:
		all = append(all, fmt.Sprintf("BatchNorm1d(%d, eps=%g)", l.Units, eps))
	case net.LayerNorm:
		all = append(all, fmt.Sprintf("LayerNorm(%d, eps=%g)", l.Units, eps))
	}
	if a := pythonActivation(l); a != "" {
		all = append(all, a)
	}
	if l.Dropout > 0 {
		all = append(all, fmt.Sprintf("Dropout(%g)", l.Dropout))
	}
	return all
}

func pythonActivation(l *net.Layer) string {
	alpha := l.Alpha
	switch l.Activation {
	case net.Sigmoid:
		return "Sigmoid()"
	case net.Tanh:
		return "Tanh()"
	case net.ReLU:
		return "ReLU()"
	case net.LeakyReLU:
		if alpha == 0 {
			alpha = 0.01
		}
		return fmt.Sprintf("LeakyReLU(%g)", alpha)
	case net.ELU:
		if alpha == 0 {
			alpha = 1
		}
		return fmt.Sprintf("ELU(%g)", alpha)
	case net.SELU:
		return "SELU()"
	case net.GELU:
		return "GELU()"
	case net.GELUTanh:
		return `GELU(approximate="tanh")`
	case net.SiLU:
		return "SiLU()"
	case net.Softplus:
		return "Softplus(threshold=1e9)"
	case net.HardSigmoid:
		return "Hardsigmoid()"
	case net.HardSwish:
		return "Hardswish()"
	case net.ReLU6:
		return "ReLU6()"
	}
	return ""
}
