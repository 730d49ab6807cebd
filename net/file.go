package net

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sinew-ml/sinew/internal/safetensors"
)

// The metadata of a model file, beside "format", which other tools ask for.
const (
	versionKey = "sinew.version"
	configKey  = "sinew.config"

	checkpointKey = "sinew.checkpoint" // a file of package train
	version       = "1"

	// maxConfig bounds the text of the configuration before it is decoded: MaxLayers
	// layers of about 100 bytes each stay far below.
	maxConfig = 1 << 20
	// maxFile is 3 GiB: parameters and a transform's matrix of 1 GiB each, running averages,
	// of which there are at most half as many as parameters, and the rest.
	maxFile = 3 * 4 * MaxParams
)

// SaveFile writes the network to a safetensors file: the configuration as JSON in its
// metadata, and as float32 tensors, which any safetensors reader opens,
//
//	layers.i.weight (in, out)   layers.i.bias (out)                       of each layer i
//	layers.i.norm.weight, layers.i.norm.bias (out)                        a norm's γ and β
//	layers.i.norm.running_mean, layers.i.norm.running_var (out)           batch norm
//	input.mean (features)   input.scale (features)   input.matrix (features, inputs)
//
// the last three of the transform, as far as it has them. (PyTorch's Linear has its weight
// as (out, in): transpose.)
//
// The file is replaced atomically: written beside path, synced, renamed. Whatever goes
// wrong, path holds either the old content or the new one, whole.
func (m *Network) SaveFile(path string) error { return m.SaveFileAs(path, Float32) }

// Save writes what SaveFile does to w.
func (m *Network) Save(w io.Writer) error { return m.SaveAs(w, Float32) }

// fileTensors returns the network's tensors with a prefix to their names.
func (m *Network) fileTensors(prefix string) []safetensors.Tensor {
	var tensors []safetensors.Tensor
	parts := m.parts()
	for i, t := range wantedTensors(&m.config, m.transform, prefix) {
		tensors = append(tensors, safetensors.NewFloat32(t.name, t.shape, *parts[i]))
	}
	return tensors
}

// tensor is the name and shape of a part of a model file.
type tensor struct {
	name  string
	shape []int
}

// wantedTensors returns what the file of such a network has.
func wantedTensors(c *Config, t *Transform, prefix string) []tensor {
	var all []tensor
	add := func(name string, shape ...int) { all = append(all, tensor{prefix + name, shape}) }
	in := c.Inputs
	for i, l := range c.Layers {
		name := fmt.Sprintf("layers.%d.", i)
		add(name+"weight", in, l.Units)
		add(name+"bias", l.Units)
		if l.Norm != NoNorm {
			add(name+"norm.weight", l.Units)
			add(name+"norm.bias", l.Units)
		}
		if l.Norm == BatchNorm {
			add(name+"norm.running_mean", l.Units)
			add(name+"norm.running_var", l.Units)
		}
		in = l.Units
	}
	if t != nil {
		add(inputMean, len(t.Mean))
		if t.Scale != nil {
			add(inputScale, len(t.Scale))
		}
		if t.Matrix != nil {
			add(inputMatrix, len(t.Mean), c.Inputs)
		}
	}
	return all
}

const inputMean, inputScale, inputMatrix = "input.mean", "input.scale", "input.matrix"

// parts returns where the network's tensors are kept, in wantedTensors' order. Their
// lengths are set; what is nil is not there.
func (m *Network) parts() []*[]float32 {
	var all []*[]float32
	for i := range m.layers {
		l := &m.layers[i]
		all = append(all, &l.w, &l.b)
		if l.norm != NoNorm {
			all = append(all, &l.gamma, &l.beta)
		}
		if l.norm == BatchNorm {
			all = append(all, &l.mean, &l.vari)
		}
	}
	if t := m.transform; t != nil {
		all = append(all, &t.Mean)
		if t.Scale != nil {
			all = append(all, &t.Scale)
		}
		if t.Matrix != nil {
			all = append(all, &t.Matrix)
		}
	}
	return all
}

// LoadFile reads a network that SaveFile wrote. A file that is truncated, oversized or
// contradicts itself gives an error that says what and where; memory is taken only
// for what the file really holds.
func LoadFile(path string) (*Network, error) {
	f, err := safetensors.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("net: load model: %w", err)
	}
	m, err := fromFile(f)
	if err != nil {
		return nil, fmt.Errorf("net: load model: %s: %w", path, err)
	}
	return m, nil
}

// Load reads what Save wrote from r, to its end.
func Load(r io.Reader) (*Network, error) {
	f, err := safetensors.Read(r, maxFile)
	if err != nil {
		return nil, fmt.Errorf("net: load model: %w", err)
	}
	m, err := fromFile(f)
	if err != nil {
		return nil, fmt.Errorf("net: load model: %w", err)
	}
	return m, nil
}

// fromFile returns the one network of a file.
func fromFile(f *safetensors.File) (*Network, error) {
	config, transform, err := oneNetwork(f)
	if err != nil {
		return nil, err
	}
	return readNetwork(f, &member{config, ""}, transform)
}

// oneNetwork checks a file that is to hold one network, and returns what it claims.
func oneNetwork(f *safetensors.File) (Config, *Transform, error) {
	if err := checkVersion(f); err != nil {
		return Config{}, nil, err
	}
	if _, ok := f.Metadata[ensembleKey]; ok {
		return Config{}, nil, errors.New("the file holds an ensemble: use LoadEnsemble")
	}
	config, err := parseConfig(f.Metadata[configKey])
	if err != nil {
		return Config{}, nil, fmt.Errorf("metadata %q: %w", configKey, err)
	}
	transforms, err := checkMembers(f, []member{{config, ""}})
	if err != nil {
		return Config{}, nil, err
	}
	return config, transforms[0], nil
}

func checkVersion(f *safetensors.File) error {
	switch v, ok := f.Metadata[versionKey]; {
	case !ok && f.Metadata[checkpointKey] != "":
		return errors.New("this is a checkpoint of package train: its LoadNetwork takes the network out")
	case !ok:
		return fmt.Errorf("no %q in the metadata: not a Sinew model", versionKey)
	case v != version:
		return fmt.Errorf("model file version %.20q: this library reads version %q", v, version)
	}
	return nil
}

// member is a network that a file claims to hold, its tensors' names having the prefix.
type member struct {
	config Config
	prefix string
}

// checkMembers checks the whole file against its configurations and returns the
// transforms that it claims, before a network is made.
func checkMembers(f *safetensors.File, members []member) ([]*Transform, error) {
	weights, err := filePrecision(f)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	var transforms []*Transform
	for _, m := range members {
		transform, err := claimedTransform(f, m.prefix)
		if err != nil {
			return nil, err
		}
		transforms = append(transforms, transform)
		for _, want := range wantedTensors(&m.config, transform, m.prefix) {
			dtype := Float32.String()
			if len(want.shape) == 2 && want.name != m.prefix+inputMatrix {
				dtype = weights
			}
			t, ok := f.Tensor(want.name)
			switch {
			case !ok:
				return nil, fmt.Errorf("tensor %q is missing", want.name)
			case t.DType != dtype:
				return nil, fmt.Errorf("tensor %q has dtype %.20q: want %s", want.name, t.DType, dtype)
			case !slices.Equal(t.Shape, want.shape):
				return nil, fmt.Errorf("tensor %q has shape %v: the configuration wants %v", want.name, t.Shape, want.shape)
			}
			known[want.name] = true
		}
	}
	for _, t := range f.Tensors {
		if !known[t.Name] {
			return nil, fmt.Errorf("tensor %.40q belongs to no layer", t.Name)
		}
	}
	return transforms, nil
}

// readNetwork makes a network from tensors that were found to fit: it takes no more memory
// than they have.
func readNetwork(f *safetensors.File, from *member, transform *Transform) (*Network, error) {
	m, err := New(from.config)
	if err != nil {
		return nil, err
	}
	wanted := wantedTensors(&from.config, transform, from.prefix)
	m.transform = transform.allocate(from.config.Inputs)
	for i, part := range m.parts() {
		t, _ := f.Tensor(wanted[i].name)
		if err := safetensors.Convert(*part, t); err != nil {
			return nil, err
		}
	}
	return m, m.checkLoaded()
}

// checkLoaded checks the values of which some would do harm.
func (m *Network) checkLoaded() error {
	for i := range m.layers {
		for j, v := range m.layers[i].vari {
			if !(v >= 0) {
				return fmt.Errorf("layers.%d.norm.running_var[%d] is %g: want at least 0", i, j, v)
			}
		}
	}
	if m.transform != nil {
		return m.transform.check(m.config.Inputs)
	}
	return nil
}

// claimedTransform returns a transform with the parts that the file names and slices
// that only have the claimed length, as wantedTensors asks for; nil if it has none.
func claimedTransform(f *safetensors.File, prefix string) (*Transform, error) {
	mean, ok := f.Tensor(prefix + inputMean)
	if !ok {
		return nil, nil
	}
	if mean.DType != Float32.String() { // the shape of an unknown one is not held against its bytes
		return nil, fmt.Errorf("tensor %q has dtype %.20q: want %s", mean.Name, mean.DType, Float32)
	}
	if len(mean.Shape) != 1 || mean.Shape[0] < 1 || mean.Shape[0] > MaxUnits {
		return nil, fmt.Errorf("tensor %q has shape %v: want one dimension of 1...%d", mean.Name, mean.Shape, MaxUnits)
	}
	// The bytes of the mean are in the file: its length is no claim any more.
	t := &Transform{Mean: make([]float32, mean.Shape[0])}
	if _, ok := f.Tensor(prefix + inputScale); ok {
		t.Scale = t.Mean
	}
	if _, ok := f.Tensor(prefix + inputMatrix); ok {
		t.Matrix = t.Mean
	}
	return t, nil
}

// allocate gives the parts of a claimed transform their memory.
func (t *Transform) allocate(outputs int) *Transform {
	if t == nil {
		return nil
	}
	if t.Scale != nil {
		t.Scale = make([]float32, len(t.Mean))
	}
	if t.Matrix != nil {
		t.Matrix = make([]float32, len(t.Mean)*outputs)
	}
	return t
}

// parseConfig decodes and checks the configuration.
func parseConfig(text string) (Config, error) {
	var c Config
	if text == "" {
		return c, errors.New("missing")
	}
	if len(text) > maxConfig {
		return c, fmt.Errorf("%d bytes: want at most %d", len(text), maxConfig)
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields() // a field that this version does not know may change the meaning
	if err := d.Decode(&c); err != nil {
		return c, err
	}
	if _, err := c.check(); err != nil {
		return c, err
	}
	// Decoding is lenient where a contradiction could hide: repeated keys, other
	// spellings of a key, null, a missing field. What was read must be what was written.
	var given bytes.Buffer
	if err := json.Compact(&given, []byte(text)); err != nil {
		return c, err
	}
	if read, err := json.Marshal(c); err != nil || !bytes.Equal(read, given.Bytes()) {
		return c, fmt.Errorf("not as SaveFile writes it: read as %.200s", read)
	}
	return c, nil
}
