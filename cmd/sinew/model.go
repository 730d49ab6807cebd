package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/sinew-ml/sinew/internal/atomicfile"
	"github.com/sinew-ml/sinew/internal/safetensors"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/onnx"
)

// kind is what a model file is.
type kind int

const (
	kindNetwork kind = iota
	kindEnsemble
	kindCheckpoint
	kindTensors // safetensors of another program
	kindONNX
)

func (k kind) String() string {
	return [...]string{"network", "ensemble", "checkpoint", "safetensors", "ONNX"}[k]
}

// model is what eval and predict work on.
type model struct {
	kind    kind
	path    string
	members []*net.Network // one, or those of an ensemble
	all     *net.Ensemble  // nil for one network
}

func (m *model) Inputs() int  { return m.members[0].Inputs() }
func (m *model) Outputs() int { return m.members[0].Outputs() }

// loss returns the loss of the first member: all have the same.
func (m *model) loss() net.Loss { return m.members[0].Config().Loss }

// classes returns the names that the model has for its classes, or nil.
func (m *model) classes() []string { return m.members[0].Config().Classes }

// classifies reports whether predictions are probabilities of classes.
func (m *model) classifies() bool {
	c := m.members[0].Config()
	return c.Loss == net.SoftmaxCrossEntropy || c.Classes != nil || c.Loss == net.BinaryCrossEntropy && m.Outputs() == 1
}

// NewPredictor is that of the network or the ensemble.
func (m *model) NewPredictor(rows int) *net.Predictor {
	if m.all != nil {
		return m.all.NewPredictor(rows)
	}
	return m.members[0].NewPredictor(rows)
}

// describe returns the model in a line.
func (m *model) describe() string {
	text := describe(m.members[0])
	if m.all != nil {
		text = fmt.Sprintf("ensemble of %d: %s each", len(m.members), text)
	}
	return text
}

// loadModel reads a network, an ensemble, a checkpoint or an ONNX model that is a chain of
// layers.
func loadModel(path string) (*model, error) {
	k, err := detect(path)
	if err != nil {
		return nil, err
	}
	m := &model{kind: k, path: path}
	var one *net.Network
	switch k {
	case kindEnsemble:
		if m.all, err = net.LoadEnsembleFile(path); err == nil {
			m.members = m.all.Members()
		}
		return m, err
	case kindCheckpoint:
		one, err = loadCheckpoint(path)
	case kindONNX:
		var o *onnx.Model
		if o, err = onnx.LoadFile(path); err == nil {
			if one, err = o.Network(); err != nil {
				err = fmt.Errorf("%s: %w", path, err)
			}
		}
	default: // tensors of another program: the error says what is missing
		one, err = net.LoadFile(path)
	}
	m.members = []*net.Network{one}
	return m, err
}

// detect tells what a file is by its first bytes, and by its name where they do not tell.
func detect(path string) (kind, error) {
	info, err := os.Stat(path) // before opening, which waits on a named pipe
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, fmt.Errorf("%s: %v: want a regular file", path, atomicfile.Kind(info.Mode()))
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	head, err := bufio.NewReader(f).Peek(16)
	if err != nil && err != io.EOF {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	// safetensors: eight bytes of length, then JSON. ONNX: the field of its version.
	if len(head) < 9 || head[8] != '{' {
		if strings.EqualFold(filepath.Ext(path), ".onnx") || len(head) > 2 && head[0] == 0x08 && head[1] < 0x20 && !bytes.HasPrefix(head[2:], []byte{0, 0, 0}) {
			return kindONNX, nil
		}
	}
	if why := noModel(head); why != "" {
		return 0, fmt.Errorf("%s: %s", path, why)
	}
	file, unmap, err := safetensors.MapFile(path)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	defer unmap()
	return kindOf(file.Metadata), nil
}

// kindOf tells what a safetensors file is by its metadata.
func kindOf(metadata map[string]string) kind {
	for _, k := range []struct {
		key  string
		kind kind
	}{{"sinew.checkpoint", kindCheckpoint}, {"sinew.ensemble", kindEnsemble}, {"sinew.config", kindNetwork}} {
		if _, ok := metadata[k.key]; ok {
			return k.kind
		}
	}
	return kindTensors
}

// describe returns the network in a line: 64-256-10, relu, ...
func describe(m *net.Network) string {
	c := m.Config()
	sizes := fmt.Sprint(c.Inputs)
	if m.Inputs() != c.Inputs {
		sizes = fmt.Sprintf("%d>%d", m.Inputs(), c.Inputs)
	}
	var words []string
	add := func(word string) {
		if len(words) == 0 || words[len(words)-1] != word {
			words = append(words, word)
		}
	}
	for i, l := range c.Layers {
		sizes += fmt.Sprintf("-%d", l.Units)
		if i < len(c.Layers)-1 {
			word := l.Activation.String()
			if l.Norm != net.NoNorm {
				word = l.Norm.String() + " norm " + word
			}
			if l.Dropout > 0 {
				word += fmt.Sprintf(" dropout %g", l.Dropout)
			}
			add(word)
		}
	}
	text := sizes
	if len(words) > 0 {
		text += ", " + strings.Join(words, " ")
	}
	return fmt.Sprintf("%s, %s, %d parameters", text, c.Loss, len(m.Params()))
}
