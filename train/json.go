package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Optimizers and schedules have names in JSON: {"name": "adam", "beta1": 0.9}.

var optimizers = map[string]func() any{
	"sgd": func() any { return new(SGD) }, "adagrad": func() any { return new(AdaGrad) }, "rmsprop": func() any { return new(RMSProp) },
	"adam": func() any { return new(Adam) }, "adamw": func() any { return new(AdamW) }, "rprop": func() any { return new(RProp) },
}

var schedules = map[string]func() any{
	"constant": func() any { return new(constantJSON) }, "step": func() any { return new(StepDecay) }, "exponential": func() any { return new(Exponential) },
	"cosine": func() any { return new(Cosine) }, "one-cycle": func() any { return new(OneCycle) }, "warmup": func() any { return new(warmupJSON) },
	"plateau": func() any { return new(Plateau) },
}

// constantJSON and warmupJSON are the forms in which Constant and Warmup are written.
type constantJSON struct {
	Rate float64 `json:"rate"`
}

type warmupJSON struct {
	Steps int             `json:"steps"`
	Then  json.RawMessage `json:"then"`
}

// named writes v as an object with a name.
func named(name string, v any) (json.RawMessage, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf(`{"name":%q`, name)
	if len(text) > len("{}") {
		head += ","
	}
	return append([]byte(head), text[1:]...), nil
}

// read makes what an object with a name describes; other fields than its own are errors.
func read(what string, known map[string]func() any, text []byte) (any, error) {
	var head struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	make, ok := known[head.Name]
	if !ok {
		names := slices.Sorted(maps.Keys(known))
		return nil, fmt.Errorf("%s: unknown name %.40q; known: %s", what, head.Name, strings.Join(names, ", "))
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	delete(fields, "name")
	rest, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	v := make()
	if err := strict(rest, v); err != nil {
		return nil, fmt.Errorf("%s %q: %w", what, head.Name, err)
	}
	return v, nil
}

// strict decodes text, an object or null, which must have no fields that v, a pointer to a
// struct, has not.
func strict(text []byte, v any) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	known := fieldsOf(reflect.TypeOf(v).Elem())
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("unknown field %.40q; known: %s", name, strings.Join(known, ", "))
		}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields() // of structs within
	return d.Decode(v)
}

// fieldsOf returns the names that the fields of a struct have in JSON.
func fieldsOf(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			names = append(names, fieldsOf(f.Type)...)
		} else {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}

// given reports whether there is a value: null stands for none.
func given(text json.RawMessage) bool { return len(text) > 0 && string(text) != "null" }

func writeOptimizer(o Optimizer) (json.RawMessage, error) {
	switch o.(type) {
	case SGD:
		return named("sgd", o)
	case AdaGrad:
		return named("adagrad", o)
	case RMSProp:
		return named("rmsprop", o)
	case Adam:
		return named("adam", o)
	case AdamW:
		return named("adamw", o)
	case RProp:
		return named("rprop", o)
	case nil:
		return nil, nil
	}
	return nil, fmt.Errorf("train: optimizer %T has no name", o)
}

func readOptimizer(text []byte) (Optimizer, error) {
	v, err := read("optimizer", optimizers, text)
	if err != nil {
		return nil, err
	}
	switch o := v.(type) {
	case *SGD:
		return *o, nil
	case *AdaGrad:
		return *o, nil
	case *RMSProp:
		return *o, nil
	case *Adam:
		return *o, nil
	case *AdamW:
		return *o, nil
	default:
		return *v.(*RProp), nil
	}
}

func writeSchedule(s Schedule) (json.RawMessage, error) {
	switch s := s.(type) {
	case Constant:
		return named("constant", constantJSON{float64(s)})
	case StepDecay:
		return named("step", s)
	case Exponential:
		return named("exponential", s)
	case Cosine:
		return named("cosine", s)
	case OneCycle:
		return named("one-cycle", s)
	case Plateau:
		return named("plateau", s)
	case Warmup:
		then, err := writeSchedule(s.Then)
		if err != nil {
			return nil, err
		}
		return named("warmup", warmupJSON{s.Steps, then})
	case nil:
		return nil, nil
	}
	return nil, fmt.Errorf("train: schedule %T is none of this package's: it has no name", s)
}

// maxWarmups bounds warm-ups within each other, one of which is read for each: a hostile file of
// many takes time by the cube of its size.
const maxWarmups = 8

// readSchedule reads a schedule within so many warm-ups.
func readSchedule(text []byte, warmups int) (Schedule, error) {
	rate := Constant(0)
	if given(text) && json.Unmarshal(text, &rate) == nil {
		return rate, nil
	}
	v, err := read("schedule", schedules, text)
	if err != nil {
		return nil, err
	}
	switch s := v.(type) {
	case *constantJSON:
		return Constant(s.Rate), nil
	case *StepDecay:
		return *s, nil
	case *Exponential:
		return *s, nil
	case *Cosine:
		return *s, nil
	case *OneCycle:
		return *s, nil
	case *Plateau:
		return *s, nil
	default:
		w := v.(*warmupJSON)
		if !given(w.Then) {
			return nil, errors.New(`schedule "warmup": "then" is missing: the schedule that follows`)
		}
		if warmups == maxWarmups {
			return nil, fmt.Errorf(`schedule "warmup": more than %d within each other`, maxWarmups)
		}
		then, err := readSchedule(w.Then, warmups+1)
		if err != nil {
			return nil, fmt.Errorf(`schedule "warmup": then: %w`, err)
		}
		return Warmup{w.Steps, then}, nil
	}
}

// configJSON is Config as it is written.
type configJSON struct {
	Optimizer    json.RawMessage `json:"optimizer,omitempty"`
	LearnRate    json.RawMessage `json:"learn_rate,omitempty"`
	BatchSize    int             `json:"batch_size,omitempty"`
	Epochs       int             `json:"epochs,omitempty"`
	Seed         uint64          `json:"seed,omitempty"`
	ClipValue    float64         `json:"clip_value,omitempty"`
	ClipNorm     float64         `json:"clip_norm,omitempty"`
	L2           float64         `json:"l2,omitempty"`
	L1           float64         `json:"l1,omitempty"`
	DecayBiases  bool            `json:"decay_biases,omitempty"`
	MaxNorm      float64         `json:"max_norm,omitempty"`
	Layers       []LayerConfig   `json:"layers,omitempty"`
	ClassWeights []float64       `json:"class_weights,omitempty"`
	Balanced     bool            `json:"balanced,omitempty"`
	Patience     int             `json:"patience,omitempty"`
	Watch        Figure          `json:"watch,omitempty"`
	MinDelta     float64         `json:"min_delta,omitempty"`
	KeepBest     bool            `json:"keep_best,omitempty"`
	EMA          float64         `json:"ema,omitempty"`
	SWA          int             `json:"swa,omitempty"`
	Workers      int             `json:"workers,omitempty"`
}

// MarshalJSON writes the configuration, but for Checkpoint and Progress. A Schedule of your own has no
// name and gives an error.
func (c Config) MarshalJSON() ([]byte, error) {
	o, err := writeOptimizer(c.Optimizer)
	if err != nil {
		return nil, err
	}
	s, err := writeSchedule(c.LearnRate)
	if err != nil {
		return nil, err
	}
	return json.Marshal(configJSON{o, s, c.BatchSize, c.Epochs, c.Seed, c.ClipValue, c.ClipNorm, c.L2, c.L1, c.DecayBiases, c.MaxNorm,
		c.Layers, c.ClassWeights, c.Balanced, c.Patience, c.Watch, c.MinDelta, c.KeepBest, c.EMA, c.SWA, c.Workers})
}

// UnmarshalJSON reads what MarshalJSON writes; a learning rate may be a plain number, for a
// constant one. Names and fields that it does not know give errors that list what it
// knows, and leave c as it was; otherwise all of c is replaced, and null does nothing. It
// does not check values: New does.
func (c *Config) UnmarshalJSON(text []byte) error {
	if !given(text) {
		return nil
	}
	var j configJSON
	if err := strict(text, &j); err != nil {
		return fmt.Errorf("train: configuration: %w", err)
	}
	n := Config{nil, nil, j.BatchSize, j.Epochs, j.Seed, j.ClipValue, j.ClipNorm, j.L2, j.L1, j.DecayBiases, j.MaxNorm,
		j.Layers, j.ClassWeights, j.Balanced, j.Patience, j.Watch, j.MinDelta, j.KeepBest, j.EMA, j.SWA, j.Workers, Checkpoint{}, nil}
	var err error
	if given(j.Optimizer) {
		if n.Optimizer, err = readOptimizer(j.Optimizer); err != nil {
			return fmt.Errorf("train: configuration: %w", err)
		}
	}
	if given(j.LearnRate) {
		if n.LearnRate, err = readSchedule(j.LearnRate, 0); err != nil {
			return fmt.Errorf("train: configuration: %w", err)
		}
	}
	*c = n
	return nil
}
