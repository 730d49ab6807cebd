package main

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/data"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/prep"
	"github.com/sinew-ml/sinew/train"
	"github.com/spf13/pflag"
)

// fieldsReached says by which flag of train a field of the library's configurations is reached, or
// after a colon why there is none.
var fieldsReached = map[reflect.Type]map[string]string{
	reflect.TypeFor[train.Config](): {
		"Optimizer": "optimizer", "LearnRate": "rate", "BatchSize": "batch", "Epochs": "epochs", "Seed": "seed",
		"ClipValue": "clip-value", "ClipNorm": "clip-norm", "L2": "l2", "L1": "l1", "DecayBiases": "decay-biases", "MaxNorm": "max-norm",
		"Layers": "layer-l1", "ClassWeights": "class-weights", "Balanced": "balanced", "Patience": "patience", "Watch": "watch",
		"MinDelta": "min-delta", "KeepBest": "keep-best", "EMA": "ema", "SWA": "swa", "Workers": "workers", "Checkpoint": "checkpoint",
		"Progress": ": the progress that is printed",
	},
	reflect.TypeFor[train.LayerConfig](): {"L1": "layer-l1", "L2": "layer-l2", "Frozen": "freeze"},
	reflect.TypeFor[train.Checkpoint]():  {"Path": "checkpoint", "Keep": "checkpoint-keep", "Steps": "checkpoint-steps", "Interval": "checkpoint-interval", "Note": ": of the program, not of the user"},
	reflect.TypeFor[train.EnsembleConfig](): {
		"Members": "ensemble", "Bootstrap": "bootstrap", "Snapshots": "snapshots", "Workers": "workers", "Progress": ": the progress that is printed",
	},
	reflect.TypeFor[net.Config](): {
		"Inputs": ": follows from the data", "Layers": "hidden", "Loss": "loss", "Delta": "delta", "LabelSmoothing": "label-smoothing", "Classes": ": follows from the data",
	},
	reflect.TypeFor[net.Layer](): {
		"Units": "hidden", "Activation": "activation", "Alpha": "alpha", "Norm": "norm", "Eps": "norm-eps", "Dropout": "dropout", "Init": "init", "Std": "std",
	},
	reflect.TypeFor[data.CSV](): {
		"Separator": "separator", "Comment": "comment", "NoHeader": "header", "Label": "label", "Targets": "target", "Inputs": "inputs", "Ignore": "ignore", "Weights": "weights",
		"Classes": ": follows from the data", "Order": "class-order", "Missing": "missing", "MissingTexts": "missing-texts", "Fill": "fill",
	},
	reflect.TypeFor[data.Arrays](): {
		"Inputs": "data", "Targets": "targets", "InputsName": "inputs-name", "TargetsName": "targets-name", "Kind": "kind", "Divide": "divide", "Classes": ": follows from the data",
	},
	reflect.TypeFor[prep.PCAOptions](): {"Components": "prep", "Share": "prep", "Whiten": "prep", "Eps": "prep", "Standardize": "prep", "Columns": ": all of them"},
	reflect.TypeFor[prep.ZCAOptions](): {"Eps": "prep", "Standardize": "prep", "Columns": ": all of them"},
}

// TestEveryFieldHasAFlag fails when the library learns something that the command line
// cannot say.
func TestEveryFieldHasAFlag(t *testing.T) {
	flags := newTrain().Flags()
	for _, config := range []any{
		train.Config{}, train.LayerConfig{}, train.Checkpoint{}, train.EnsembleConfig{}, net.Config{}, net.Layer{}, data.CSV{}, data.Arrays{}, prep.PCAOptions{}, prep.ZCAOptions{},
	} {
		typ := reflect.TypeOf(config)
		known := fieldsReached[typ]
		for i := range typ.NumField() {
			field := typ.Field(i).Name
			flag, ok := known[field]
			switch {
			case !ok:
				t.Errorf("%s.%s is reached by no flag: add one, and its line to fieldsReached", typ, field)
			case strings.HasPrefix(flag, ":"):
			case flags.Lookup(flag) == nil:
				t.Errorf("%s.%s: train has no flag --%s", typ, field, flag)
			}
		}
		if len(known) != typ.NumField() {
			t.Errorf("fieldsReached knows %d fields of %s, which has %d", len(known), typ, typ.NumField())
		}
	}
	// Optimizers and schedules: their specs take the fields of their JSON, so all of them.
	for _, o := range []train.Optimizer{train.SGD{}, train.AdaGrad{}, train.RMSProp{}, train.Adam{}, train.AdamW{}, train.RProp{}} {
		name := optimizerText(o)
		if _, err := parseOptimizer(name); err != nil || !strings.Contains(flags.Lookup("optimizer").Usage, name) {
			t.Errorf("--optimizer %s: %v, or the help lacks it", name, err)
		}
		typ := reflect.TypeOf(o)
		for _, field := range reflect.VisibleFields(typ) {
			if key, _, _ := strings.Cut(field.Tag.Get("json"), ","); key != "" && !strings.Contains(flags.Lookup("optimizer").Usage, key) && key != "weight_decay" {
				t.Errorf("the help of --optimizer lacks %s of %s", key, name)
			}
		}
	}
	for _, s := range []train.Schedule{train.StepDecay{}, train.Exponential{}, train.Cosine{}, train.OneCycle{}, train.Plateau{}} {
		typ := reflect.TypeOf(s)
		for i := range typ.NumField() {
			key, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if key != "start" && key != "peak" && !strings.Contains(flags.Lookup("rate").Usage, key+"=") {
				t.Errorf("the help of --rate lacks %s of %s", key, typ)
			}
		}
	}
}

// What the help of a number must say: its range, and what 0 stands for if that is the default.
var (
	saysRange   = regexp.MustCompile(`in [\[(]|at least |at most |above |\d\.\.\.| from 0|seconds`)
	saysDefault = regexp.MustCompile(`default|0 for |"" for |0: `)
)

// TestEveryFlagIsExplained holds the help of each flag to a range and a default.
func TestEveryFlagIsExplained(t *testing.T) {
	for _, cmd := range newRoot().Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			name := cmd.Name() + " --" + f.Name
			if f.Usage == "" {
				t.Errorf("%s has no help", name)
			}
			text := f.Value.Type() == "string"
			shown := f.DefValue != "" && (text || f.DefValue != "0" && f.DefValue != "0s" && f.DefValue != "[]") // by pflag
			switch f.Value.Type() {
			case "bool":
				return
			case "int", "uint64", "float64", "duration":
				if !saysRange.MatchString(f.Usage) {
					t.Errorf("%s: the help says no range: %s", name, f.Usage)
				}
			}
			if !shown && !saysDefault.MatchString(f.Usage) {
				t.Errorf("%s: the help says no default: %s", name, f.Usage)
			}
		})
	}
}
