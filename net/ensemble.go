package net

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/sinew-ml/sinew/internal/safetensors"
	"github.com/sinew-ml/sinew/mat"
)

// Ensemble is networks whose predictions are averaged: probabilities where the loss has
// them, outputs otherwise. It is used like a network: one object, one file, a
// [Predictor]. Any number of goroutines may share it as they share a Network.
type Ensemble struct {
	members []*Network
}

// MaxMembers is the most networks that an Ensemble holds.
const MaxMembers = 1 << 10

// NewEnsemble returns the ensemble of the given networks, which it does not copy. They
// must agree in inputs, outputs and loss, and in the names of classes as far as they have
// them; they may differ in everything else.
func NewEnsemble(members ...*Network) (*Ensemble, error) {
	if err := inRange("members", len(members), 1, MaxMembers); err != nil {
		return nil, fmt.Errorf("net: ensemble: %w", err)
	}
	var classes []string
	for i, m := range members {
		if m == nil {
			return nil, fmt.Errorf("net: ensemble: member %d is nil", i)
		}
		first := members[0]
		if m.Inputs() != first.Inputs() || m.Outputs() != first.Outputs() || m.config.Loss != first.config.Loss {
			return nil, fmt.Errorf("net: ensemble: member %d has %d inputs, %d outputs and loss %s: want those of member 0, %d, %d and %s",
				i, m.Inputs(), m.Outputs(), m.config.Loss, first.Inputs(), first.Outputs(), first.config.Loss)
		}
		if classes == nil {
			classes = m.config.Classes
		}
		for j, name := range m.config.Classes {
			if name != classes[j] {
				return nil, fmt.Errorf("net: ensemble: member %d has class %d %.40q: another member has %.40q there", i, j, name, classes[j])
			}
		}
	}
	return &Ensemble{append([]*Network(nil), members...)}, nil
}

// Members returns the networks.
func (e *Ensemble) Members() []*Network { return append([]*Network(nil), e.members...) }

// Inputs returns the number of features per row.
func (e *Ensemble) Inputs() int { return e.members[0].Inputs() }

// Outputs returns the number of outputs per row.
func (e *Ensemble) Outputs() int { return e.members[0].Outputs() }

// NewPredictor returns a Predictor for up to maxRows rows a call. It panics if
// maxRows < 1.
func (e *Ensemble) NewPredictor(maxRows int) *Predictor {
	p := e.members[0].NewPredictor(maxRows)
	for _, m := range e.members[1:] {
		p.others = append(p.others, m.NewPredictor(maxRows))
	}
	return p
}

// average turns the outputs of the first member for x into the mean over all members:
// added in their order, then multiplied by 1/members, in float32.
func (p *Predictor) average(out, x []float32) {
	for _, o := range p.others {
		mat.Add(out, out, o.Predict(x))
	}
	mat.Scal(1/float32(len(p.others)+1), out)
}

const ensembleKey = "sinew.ensemble"

// maxConfigs bounds the text of all configurations of an ensemble.
const maxConfigs = 16 * maxConfig

// SaveFile writes the ensemble to a safetensors file as [Network.SaveFile] does: the
// tensors of member k are named "members.k." and what they are in a network's file.
func (e *Ensemble) SaveFile(path string) error { return e.SaveFileAs(path, Float32) }

// Save writes what SaveFile does to w.
func (e *Ensemble) Save(w io.Writer) error { return e.SaveAs(w, Float32) }

func memberPrefix(k int) string { return fmt.Sprintf("members.%d.", k) }

// LoadEnsembleFile reads an ensemble that SaveFile wrote, or a network's file as an
// ensemble of one. Errors are those of [LoadFile].
func LoadEnsembleFile(path string) (*Ensemble, error) {
	f, err := safetensors.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("net: load ensemble: %w", err)
	}
	e, err := ensembleFromFile(f)
	if err != nil {
		return nil, fmt.Errorf("net: load ensemble: %s: %w", path, err)
	}
	return e, nil
}

// LoadEnsemble reads what Save wrote from r, to its end; more than 3 GiB are an error
// here, not for [LoadEnsembleFile].
func LoadEnsemble(r io.Reader) (*Ensemble, error) {
	f, err := safetensors.Read(r, maxFile)
	if err != nil {
		return nil, fmt.Errorf("net: load ensemble: %w", err)
	}
	e, err := ensembleFromFile(f)
	if err != nil {
		return nil, fmt.Errorf("net: load ensemble: %w", err)
	}
	return e, nil
}

func ensembleFromFile(f *safetensors.File) (*Ensemble, error) {
	text, ok := f.Metadata[ensembleKey]
	if !ok {
		m, err := fromFile(f)
		if err != nil {
			return nil, err
		}
		return NewEnsemble(m)
	}
	if err := checkVersion(f); err != nil {
		return nil, err
	}
	if len(text) > maxConfigs {
		return nil, fmt.Errorf("metadata %q: %d bytes: want at most %d", ensembleKey, len(text), maxConfigs)
	}
	parts, err := configTexts(text)
	if err != nil {
		return nil, fmt.Errorf("metadata %q: %w", ensembleKey, err)
	}
	var members []member
	for k, part := range parts {
		config, err := parseConfig(string(part))
		if err != nil {
			return nil, fmt.Errorf("metadata %q: member %d: %w", ensembleKey, k, err)
		}
		members = append(members, member{config, memberPrefix(k)})
	}
	transforms, err := checkMembers(f, members)
	if err != nil {
		return nil, err
	}
	var networks []*Network
	for k := range members {
		m, err := readNetwork(f, &members[k], transforms[k])
		if err != nil {
			return nil, err
		}
		networks = append(networks, m)
	}
	return NewEnsemble(networks...)
}

// configTexts divides a list of configurations. It stops at MaxMembers: the items of a hostile
// list, of two bytes each, would take fifty times the memory of its text.
func configTexts(text string) (parts []json.RawMessage, err error) {
	var whole json.RawMessage
	if err := json.Unmarshal([]byte(text), &whole); err != nil {
		return nil, err
	}
	d := json.NewDecoder(strings.NewReader(text))
	if open, err := d.Token(); err != nil || open != json.Delim('[') {
		return nil, errors.New("want a list")
	}
	for d.More() {
		if len(parts) == MaxMembers {
			return nil, fmt.Errorf("more than %d members", MaxMembers)
		}
		var part json.RawMessage
		if err := d.Decode(&part); err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, inRange("members", len(parts), 1, MaxMembers)
}
