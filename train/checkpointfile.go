package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/sinew-ml/sinew/internal/safetensors"
)

// A checkpoint is a safetensors file, version 1:
//
//	the tensors of the model file (see net.Network.SaveFile)
//	train.optimizer.i (params)           state i of the optimizer's rule
//	train.average (params + averages)    of EMA and SWA
//	train.best (params + averages)       of the best epoch
//	train.before (params)                before the last step of the epoch
//	train.kept.0, .1, .2, .3 ... (n)     within an epoch: params, running averages,
//	                                     train.average and optimizer at its beginning
//	train.history, train.history.layers  (epochs, columns), (epochs, layers, columns) in F64
//	train.sha256 (32)                    U8, the last bytes: SHA-256 of all before
//
// each as far as the run has it, and in the metadata the version, the network's
// configuration as in the model file with that file's version, the Config, the position,
// and the note if there is one. A later version may change all but the last 32 bytes, which say of every
// version whether the file is whole.
const (
	checkpointKey = "sinew.checkpoint" // the version
	trainKey      = "sinew.train"      // Config
	positionKey   = "sinew.position"
	noteKey       = "sinew.note"
	modelKey      = "sinew.model" // the version of the model file

	// In the model file.
	modelVersionKey = "sinew.version"

	checkpointVersion = "1"

	own         = "train."
	sumTensor   = own + "sha256"
	historyPart = own + "history"
	layersPart  = own + "history.layers"
	averagePart = own + "average"
	bestPart    = own + "best"
	beforePart  = own + "before"
)

// position is what a checkpoint has beside arenas, history and configuration.
type position struct {
	Steps    int     `json:"steps"`
	Epoch    int     `json:"epoch"`
	Averaged int     `json:"averaged"`
	Bound    int     `json:"bound"`
	Averages bool    `json:"averages"` // train.average is what Fit would leave
	Plateau  plateau `json:"plateau"`

	Run       *run          `json:"run"` // null: between runs
	BestEpoch int           `json:"best_epoch"`
	Baseline  float64       `json:"baseline"`
	Kept      *keptPosition `json:"kept"` // null: not within an epoch
	Sets      digests       `json:"sets"`
}

type keptPosition struct {
	Steps    int `json:"steps"`
	Averaged int `json:"averaged"`
}

// part is an arena and its name in the file.
type part struct {
	name string
	data []float32
}

// parts lists the arenas that a file of t in this state has beside the network.
func (t *Trainer) parts() []part {
	var all []part
	for i, s := range t.state {
		all = append(all, part{own + "optimizer." + strconv.Itoa(i), s})
	}
	if t.average != nil {
		all = append(all, part{averagePart, t.average})
	}
	if !t.inRun() {
		return all
	}
	if t.best != nil && t.run.History.Best > 0 {
		all = append(all, part{bestPart, t.best})
	}
	if t.run.Step == 0 {
		return all
	}
	if len(t.before) > 0 {
		all = append(all, part{beforePart, t.before})
	}
	for i, a := range t.kept.arenas {
		all = append(all, part{keptPart(i), a})
	}
	return all
}

func keptPart(i int) string { return own + "kept." + strconv.Itoa(i) }

// inRun reports whether there is a run to be finished.
func (t *Trainer) inRun() bool { return t.fitting != nil || t.resumed != nil }

func (t *Trainer) position() position {
	p := position{Steps: t.steps, Epoch: t.epoch, Averaged: t.averaged, Bound: t.bound, Averages: t.averages(), Plateau: t.plateau}
	if !t.inRun() {
		return p
	}
	p.Run, p.BestEpoch, p.Baseline = &t.run, t.run.History.Best, t.run.History.Baseline
	if t.run.Step > 0 {
		p.Kept = &keptPosition{t.kept.steps, t.kept.averaged}
	}
	if t.fitting != nil {
		p.Sets = t.fitting.digests()
	} else {
		p.Sets = *t.resumed
	}
	return p
}

// encode writes a checkpoint of t.
func (t *Trainer) encode(w io.Writer) error {
	var model bytes.Buffer
	if err := t.m.Save(&model); err != nil {
		return err
	}
	f, err := safetensors.Parse(model.Bytes())
	if err != nil {
		return err
	}
	config, err := t.c.fields()
	if err != nil {
		return err
	}
	meta := maps.Clone(f.Metadata)
	meta[checkpointKey], meta[modelKey] = checkpointVersion, meta[modelVersionKey]
	delete(meta, modelVersionKey) // it is not a model file
	for key, v := range map[string]any{trainKey: config, positionKey: t.position()} {
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		meta[key] = string(text)
	}
	if note := t.c.Checkpoint.Note; note != "" {
		meta[noteKey] = note
	}
	tensors := slices.Clone(f.Tensors)
	for _, p := range t.parts() {
		tensors = append(tensors, safetensors.NewFloat32(p.name, []int{len(p.data)}, p.data))
	}
	if t.inRun() {
		tensors = append(tensors, t.run.History.tensors(t.m.Layers())...)
	}
	// Tensors are in the order of their width: a single U8 is the last.
	sum := &summed{w: w, hash: sha256.New(), place: make([]byte, sha256.Size)}
	tensors = append(tensors, safetensors.Tensor{Name: sumTensor, DType: "U8", Shape: []int{sha256.Size}, Data: sum.place})
	return safetensors.Write(sum, tensors, meta)
}

// summed passes bytes on, and in the place of the checksum the sum of those before it.
type summed struct {
	w     io.Writer
	hash  hash.Hash
	place []byte
}

func (s *summed) Write(p []byte) (int, error) {
	if len(p) > 0 && &p[0] == &s.place[0] {
		return s.w.Write(s.hash.Sum(nil))
	}
	s.hash.Write(p)
	return s.w.Write(p)
}

// fields returns the configuration by its names in JSON, without what a resumed run may
// have otherwise, but for the number of epochs.
func (c Config) fields() (map[string]json.RawMessage, error) {
	c.Workers = 0
	var custom json.RawMessage
	if _, err := writeSchedule(c.LearnRate); err != nil {
		if custom, err = json.Marshal(map[string]string{"type": fmt.Sprintf("%T", c.LearnRate)}); err != nil {
			return nil, err
		}
		c.LearnRate = nil
	}
	text, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	if custom != nil {
		fields["learn_rate"] = custom
	}
	return fields, nil
}
