package net

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/sinew-ml/sinew/internal/atomicfile"
	"github.com/sinew-ml/sinew/internal/safetensors"
)

// Precision is the format of the numbers in a model file. Computation is in float32
// whatever the file's.
type Precision uint8

// The precisions.
const (
	Float32  Precision = iota // 4 bytes, exact
	Float16                   // IEEE 754 binary16: 2 bytes, 11 significant bits, up to 65504
	BFloat16                  // bfloat16: 2 bytes, 8 significant bits, float32's range
)

var precisionNames = []string{Float32: "F32", Float16: "F16", BFloat16: "BF16"}

// String returns the name that model files use: F32, F16 or BF16.
func (p Precision) String() string { return enumName("Precision", precisionNames, p) }

// MarshalText writes the name.
func (p Precision) MarshalText() ([]byte, error) { return enumText("precision", precisionNames, p) }

// UnmarshalText reads the name.
func (p *Precision) UnmarshalText(text []byte) error {
	return enumParse("precision", precisionNames, p, text)
}

// precisionKey is in the metadata of a file whose numbers are not float32: a file whose
// tensors were converted by another tool does not pass for exact.
const precisionKey = "sinew.precision"

// SaveFileAs is [Network.SaveFile] with weights in the given precision, rounded to the
// nearest, ties to even: half the size for a model whose predictions may differ in the
// third digit. Biases, norms and the transform stay float32. A weight that would become
// infinite is an error, and the file stays as it was.
func (m *Network) SaveFileAs(path string, p Precision) error {
	if err := atomicfile.Write(path, func(w io.Writer) error { return m.save(w, p) }); err != nil {
		return fmt.Errorf("net: save model: %w", err)
	}
	return nil
}

// SaveAs writes what SaveFileAs does to w.
func (m *Network) SaveAs(w io.Writer, p Precision) error {
	if err := m.save(w, p); err != nil {
		return fmt.Errorf("net: save model: %w", err)
	}
	return nil
}

func (m *Network) save(w io.Writer, p Precision) error {
	config, err := json.Marshal(m.config)
	if err != nil {
		return err
	}
	tensors, err := m.tensorsAs("", p)
	if err != nil {
		return err
	}
	return safetensors.Write(w, tensors, p.metadata(configKey, string(config)))
}

// SaveFileAs is [Ensemble.SaveFile] with weights in the given precision, as
// [Network.SaveFileAs] has them.
func (e *Ensemble) SaveFileAs(path string, p Precision) error {
	if err := atomicfile.Write(path, func(w io.Writer) error { return e.save(w, p) }); err != nil {
		return fmt.Errorf("net: save ensemble: %w", err)
	}
	return nil
}

// SaveAs writes what SaveFileAs does to w.
func (e *Ensemble) SaveAs(w io.Writer, p Precision) error {
	if err := e.save(w, p); err != nil {
		return fmt.Errorf("net: save ensemble: %w", err)
	}
	return nil
}

func (e *Ensemble) save(w io.Writer, p Precision) error {
	var configs []Config
	var tensors []safetensors.Tensor
	for k, m := range e.members {
		more, err := m.tensorsAs(memberPrefix(k), p)
		if err != nil {
			return err
		}
		configs, tensors = append(configs, m.config), append(tensors, more...)
	}
	text, err := json.Marshal(configs)
	if err != nil {
		return err
	}
	if len(text) > maxConfigs {
		return fmt.Errorf("the configurations take %d bytes: want at most %d", len(text), maxConfigs)
	}
	return safetensors.Write(w, tensors, p.metadata(ensembleKey, string(text)))
}

// metadata returns that of a file with weights of the precision, and the given entry.
func (p Precision) metadata(key, value string) map[string]string {
	all := map[string]string{"format": "pt", versionKey: version, key: value}
	if p != Float32 {
		all[precisionKey] = p.String()
	}
	return all
}

// tensorsAs is fileTensors with weights in the precision.
func (m *Network) tensorsAs(prefix string, p Precision) ([]safetensors.Tensor, error) {
	name, err := p.MarshalText()
	if err != nil {
		return nil, err
	}
	tensors := m.fileTensors(prefix)
	if p == Float32 {
		return tensors, nil
	}
	for i := range m.layers {
		weight := fmt.Sprintf("%slayers.%d.weight", prefix, i)
		for k, t := range tensors {
			if t.Name == weight {
				if tensors[k], err = safetensors.NewHalf(string(name), weight, t.Shape, m.layers[i].w); err != nil {
					return nil, err
				}
			}
		}
	}
	return tensors, nil
}

// filePrecision returns the dtype that the weights of a file have.
func filePrecision(f *safetensors.File) (dtype string, err error) {
	name, ok := f.Metadata[precisionKey]
	if !ok {
		return Float32.String(), nil
	}
	var p Precision
	if err := p.UnmarshalText([]byte(name)); err != nil {
		return "", fmt.Errorf("metadata %q: %w", precisionKey, err)
	}
	return name, nil
}
