package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/sinew-ml/sinew/data"
	"github.com/sinew-ml/sinew/internal/atomicfile"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

// config is a configuration file: what a run is made of. Flags change it, complete fills
// in what is left, and --save-config writes all of it.
type config struct {
	Data     dataConfig      `json:"data"`
	Prep     *string         `json:"prep,omitempty"`          // as --prep; nil: the data set's default
	Scale    *bool           `json:"scale_targets,omitempty"` // as --scale-targets; nil: for values, where it is possible
	Net      netConfig       `json:"net"`
	Train    train.Config    `json:"train"`
	Ensemble *ensembleConfig `json:"ensemble,omitempty"`
}

// netConfig is a net.Config that knows whether its loss was given: the zero Loss is one.
type netConfig struct {
	net.Config
	hasLoss bool
}

func (c *netConfig) UnmarshalJSON(text []byte) error {
	var fields struct {
		Loss *json.RawMessage `json:"loss"`
	}
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	c.hasLoss = fields.Loss != nil
	return strict(text, &c.Config)
}

// MarshalJSON leaves out what is not known yet.
func (c netConfig) MarshalJSON() ([]byte, error) {
	if c.hasLoss && c.Inputs > 0 {
		return json.Marshal(c.Config)
	}
	open := struct {
		Inputs         int         `json:"inputs,omitempty"`
		Layers         []net.Layer `json:"layers,omitempty"`
		Loss           *net.Loss   `json:"loss,omitempty"`
		Delta          float64     `json:"delta,omitempty"`
		LabelSmoothing float64     `json:"label_smoothing,omitempty"`
		Classes        []string    `json:"classes,omitempty"`
	}{c.Inputs, c.Layers, nil, c.Delta, c.LabelSmoothing, c.Classes}
	if c.hasLoss {
		open.Loss = &c.Loss
	}
	return json.Marshal(open)
}

// ensembleConfig are the fields of train.EnsembleConfig that a file has.
type ensembleConfig struct {
	Members   int  `json:"members"`
	Bootstrap bool `json:"bootstrap,omitempty"`
	Snapshots bool `json:"snapshots,omitempty"`
}

// dataConfig says which rows there are and how they are divided.
type dataConfig struct {
	Set  string `json:"set,omitempty"`  // name of a bundled data set
	File string `json:"file,omitempty"` // or a file

	CSV    *data.CSV    `json:"csv,omitempty"`    // how to read it, if it is CSV
	Arrays *data.Arrays `json:"arrays,omitempty"` // or if it is arrays; Inputs stays empty

	// Means are what --missing mean puts in, one per input: the means of the training rows,
	// which training finds and predict and "eval --all" use.
	Means []float32 `json:"means,omitempty"`

	Test              *float64 `json:"test,omitempty"`       // share of the rows; nil: 0.2
	Validation        *float64 `json:"validation,omitempty"` // share of the others; nil: 0.1
	TestFile          string   `json:"test_file,omitempty"`
	TestTargets       string   `json:"test_targets,omitempty"`
	ValidationFile    string   `json:"validation_file,omitempty"`
	ValidationTargets string   `json:"validation_targets,omitempty"`

	Stream int `json:"stream,omitempty"` // window of rows that are shuffled; 0: all in memory
}

// strict decodes one JSON value whose objects have no unknown fields.
func strict(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one value")
	}
	return nil
}

// maxConfigFile bounds what is read of a configuration file.
const maxConfigFile = 16 << 20

// readConfig reads a configuration file.
func readConfig(path string) (*config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxConfigFile+1))
	if err != nil {
		return nil, fmt.Errorf("--config %s: %w", path, err)
	}
	if len(text) > maxConfigFile {
		return nil, fmt.Errorf("--config %s: more than %d bytes", path, maxConfigFile)
	}
	c := new(config)
	if err := strict(text, c); err != nil {
		return nil, fmt.Errorf("--config %s: %w", path, err)
	}
	return c, nil
}

// text returns the configuration as a file has it.
func (c *config) text() ([]byte, error) {
	text, err := json.MarshalIndent(c, "", "  ")
	return append(text, '\n'), err
}

// checkNew refuses a file that exists and has other content, unless force is given.
func checkNew(flag, path string, content []byte, force bool) error {
	if path == "" || force {
		return writable(path)
	}
	old, err := os.ReadFile(path)
	if err == nil && content != nil && bytes.Equal(old, content) {
		return nil
	}
	if err == nil {
		return fmt.Errorf("--%s: %s exists: give another name, or --force to replace it", flag, path)
	}
	return writable(path)
}

// save writes the configuration to a file; see checkNew.
func (c *config) save(flag, path string, force bool) error {
	text, err := c.text()
	if err != nil {
		return fmt.Errorf("--%s: %w", flag, err)
	}
	if err := checkNew(flag, path, text, force); err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}
