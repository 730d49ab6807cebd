package net

import (
	"errors"
	"fmt"

	"github.com/sinew-ml/sinew/internal/safetensors"
)

// Mapped is a network whose weights lie in a file that is mapped into memory: it is ready
// at once, and processes that map the same file share its memory. It is for prediction
// only: Params and Stats are nil, and writing to a layer's weights, as Init does, ends the
// program.
type Mapped struct {
	*Network
	unmap func() error
}

// MapFile opens a model file, written by [Network.SaveFile], as a Mapped network. Where
// the system cannot map files, or for weights in half precision, it is read instead, so
// that the result is used the same way everywhere. The file must not be written to while
// it is mapped; SaveFile replaces files and so does not.
func MapFile(path string) (*Mapped, error) {
	f, unmap, err := safetensors.MapFile(path)
	if err != nil {
		return nil, fmt.Errorf("net: map model: %w", err)
	}
	m, views, err := mapped(f)
	if err != nil {
		return nil, fmt.Errorf("net: map model: %s: %w", path, errors.Join(err, unmap()))
	}
	if !views {
		if err := unmap(); err != nil {
			return nil, fmt.Errorf("net: map model: %s: %w", path, err)
		}
		unmap = func() error { return nil }
	}
	return &Mapped{m, unmap}, nil
}

// Close ends the mapping. The network, and what was made of it, must not be used after it.
func (m *Mapped) Close() error {
	unmap := m.unmap
	m.unmap = func() error { return nil }
	if err := unmap(); err != nil {
		return fmt.Errorf("net: unmap model: %w", err)
	}
	return nil
}

// mapped returns the network of a file, with views of the file's tensors if there can be.
func mapped(f *safetensors.File) (m *Network, views bool, err error) {
	config, transform, err := oneNetwork(f)
	if err != nil {
		return nil, false, err
	}
	wanted := wantedTensors(&config, transform, "")
	data := make([][]float32, len(wanted))
	for i, want := range wanted {
		t, _ := f.Tensor(want.name)
		if data[i] = safetensors.View(t); data[i] == nil {
			m, err := fromFile(f)
			if err == nil {
				m.params, m.stats = nil, nil // as where the weights are views
			}
			return m, false, err
		}
	}
	m, err = layOut(config)
	if err != nil {
		return nil, false, err
	}
	m.transform = transform
	for _, part := range m.parts() {
		*part, data = data[0], data[1:]
	}
	return m, true, m.checkLoaded()
}
