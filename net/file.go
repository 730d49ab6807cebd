package net

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sinew-ml/sinew/internal/atomicfile"
	"github.com/sinew-ml/sinew/internal/safetensors"
)

// The metadata of a model file, beside "format", which other tools ask for.
const (
	versionKey = "sinew.version"
	configKey  = "sinew.config"
	version    = "1"

	// maxConfig bounds the text of the configuration before it is decoded: MaxLayers
	// layers of about 100 bytes each stay far below.
	maxConfig = 1 << 20
	// maxFile is what the largest network needs: its parameters and a header.
	maxFile = 4*MaxParams + maxConfig
)

// SaveFile writes the network to a safetensors file: the configuration as JSON in its
// metadata, and for each layer i the float32 tensors "layers.i.weight" (in, out) and
// "layers.i.bias" (out), which any safetensors reader opens. (PyTorch's Linear has its
// weight as (out, in): transpose.)
//
// The file is replaced atomically: written beside path, synced, renamed. Whatever goes
// wrong, path holds either the old content or the new one, whole.
func (m *Network) SaveFile(path string) error {
	if err := atomicfile.Write(path, m.Save); err != nil {
		return fmt.Errorf("net: save model: %w", err)
	}
	return nil
}

// Save writes what SaveFile does to w.
func (m *Network) Save(w io.Writer) error {
	config, err := json.Marshal(m.config)
	if err != nil {
		return fmt.Errorf("net: save model: %w", err)
	}
	var tensors []safetensors.Tensor
	for i, l := range m.layers {
		for part, t := range layerTensors(i, l.in, l.out) {
			tensors = append(tensors, safetensors.NewFloat32(t.name, t.shape, [][]float32{l.w, l.b}[part]))
		}
	}
	return safetensors.Write(w, tensors, map[string]string{
		"format": "pt", versionKey: version, configKey: string(config),
	})
}

// tensor is the name and shape that a model file has for a part of a layer.
type tensor struct {
	name  string
	shape []int
}

// layerTensors returns what layer i has in a file: its weights, then its biases.
func layerTensors(i, in, out int) [2]tensor {
	return [2]tensor{
		{fmt.Sprintf("layers.%d.weight", i), []int{in, out}},
		{fmt.Sprintf("layers.%d.bias", i), []int{out}},
	}
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

// fromFile checks the whole file against its configuration before it makes a network.
func fromFile(f *safetensors.File) (*Network, error) {
	switch v, ok := f.Metadata[versionKey]; {
	case !ok:
		return nil, fmt.Errorf("no %q in the metadata: not a Sinew model", versionKey)
	case v != version:
		return nil, fmt.Errorf("model file version %.20q: this library reads version %q", v, version)
	}
	config, err := parseConfig(f.Metadata[configKey])
	if err != nil {
		return nil, fmt.Errorf("metadata %q: %w", configKey, err)
	}
	in := config.Inputs
	known := map[string]bool{}
	for i, l := range config.Layers {
		for _, want := range layerTensors(i, in, l.Units) {
			t, ok := f.Tensor(want.name)
			switch {
			case !ok:
				return nil, fmt.Errorf("tensor %q is missing", want.name)
			case t.DType != "F32":
				return nil, fmt.Errorf("tensor %q has dtype %.20q: want F32", want.name, t.DType)
			case !slices.Equal(t.Shape, want.shape):
				return nil, fmt.Errorf("tensor %q has shape %v: the configuration wants %v", want.name, t.Shape, want.shape)
			}
			known[want.name] = true
		}
		in = l.Units
	}
	for _, t := range f.Tensors {
		if !known[t.Name] {
			return nil, fmt.Errorf("tensor %.40q belongs to no layer", t.Name)
		}
	}
	// Every shape was checked against the bytes that are there: New takes no more.
	m, err := New(config)
	if err != nil {
		return nil, err
	}
	for i, l := range m.layers {
		for part, want := range layerTensors(i, l.in, l.out) {
			t, _ := f.Tensor(want.name)
			if err := safetensors.DecodeFloat32([][]float32{l.w, l.b}[part], t); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
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
