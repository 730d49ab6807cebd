package train_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/train"
)

// fill sets every field of a struct that is 0 to something else.
func fill(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		if !f.IsZero() {
			continue
		}
		switch f.Kind() {
		case reflect.Float64:
			f.SetFloat(0.25 + float64(i))
		case reflect.Int:
			f.SetInt(int64(i + 1))
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Struct:
			fill(f)
		case reflect.Interface:
			f.Set(reflect.ValueOf(train.Constant(0.125)))
		default:
			panic(f.Kind())
		}
	}
}

func optimizers() []train.Optimizer {
	return []train.Optimizer{train.SGD{}, train.AdaGrad{}, train.RMSProp{}, train.Adam{}, train.AdamW{}, train.RProp{}}
}

func schedules() []train.Schedule {
	return []train.Schedule{train.StepDecay{}, train.Exponential{}, train.Cosine{}, train.OneCycle{}, train.Plateau{}, train.Warmup{}}
}

// Every configuration comes back as it was.
func TestConfigJSON(t *testing.T) {
	l1, l2 := 0.5, 0.0
	all := train.Config{
		Optimizer: train.Adam{}, LearnRate: train.Constant(0.5), BatchSize: 1, Epochs: 2, Seed: math.MaxUint64, ClipValue: 3, ClipNorm: 4, L2: 5, L1: 6,
		DecayBiases: true, MaxNorm: 7, Layers: []train.LayerConfig{{L1: &l1, L2: &l2, Frozen: true}, {}}, ClassWeights: []float64{1, 0.1}, Balanced: true,
		Patience: 8, Watch: train.TrainAccuracy, MinDelta: 9, KeepBest: true, EMA: 0.5, SWA: 10, Workers: 11,
	}
	v := reflect.ValueOf(all)
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; name != "Progress" && name != "Checkpoint" && v.Field(i).IsZero() {
			t.Errorf("the test does not set %s", name)
		}
	}
	configs := []train.Config{{}, all}
	for _, o := range optimizers() {
		full := reflect.New(reflect.TypeOf(o)).Elem()
		fill(full)
		configs = append(configs, train.Config{Optimizer: o}, train.Config{Optimizer: full.Interface().(train.Optimizer)})
	}
	for _, s := range schedules() {
		full := reflect.New(reflect.TypeOf(s)).Elem()
		fill(full)
		s := full.Interface().(train.Schedule)
		configs = append(configs, train.Config{LearnRate: s}, train.Config{LearnRate: train.Warmup{Steps: 3, Then: train.Warmup{Then: s}}})
	}
	for f := train.ValidationLoss; f <= train.TrainAccuracy; f++ {
		configs = append(configs, train.Config{Watch: f})
	}
	for _, c := range configs {
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		got := train.Config{Epochs: 99, Progress: func(train.Progress) {}}
		if err := json.Unmarshal(text, &got); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if !reflect.DeepEqual(got, c) {
			t.Errorf("%s: read back as %+v", text, got)
		}
	}
	if text, _ := json.Marshal(train.Config{}); string(text) != "{}" {
		t.Errorf("the zero configuration is %s", text)
	}
	const want = `{"optimizer":{"name":"adamw","beta2":0.99,"weight_decay":0.1},"learn_rate":{"name":"warmup","steps":10,"then":{"name":"cosine","start":0.01}},"epochs":3}`
	text, err := json.Marshal(train.Config{Optimizer: train.AdamW{Adam: train.Adam{Beta2: 0.99}, WeightDecay: 0.1}, LearnRate: train.Warmup{Steps: 10, Then: train.Cosine{Start: 0.01}}, Epochs: 3})
	if err != nil || string(text) != want {
		t.Errorf("written as %s, %v\nwant %s", text, err, want)
	}
}

func TestConfigJSONForms(t *testing.T) {
	for text, want := range map[string]train.Config{
		`{"learn_rate": 0.5}`:                                          {LearnRate: train.Constant(0.5)},
		`{"learn_rate": null, "optimizer": null}`:                      {},
		`{"learn_rate": {"name": "warmup", "steps": 2, "then": 0.25}}`: {LearnRate: train.Warmup{Steps: 2, Then: train.Constant(0.25)}},
		`null`: {Epochs: 5}, // as encoding/json has it: no effect
	} {
		got := train.Config{Epochs: 5}
		if want.Epochs == 0 {
			got = train.Config{}
		}
		if err := json.Unmarshal([]byte(text), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

func TestConfigJSONErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"epoch": 3}`:                                              `unknown field "epoch"; known: optimizer, learn_rate, batch_size, epochs, seed, clip_value, clip_norm, l2, l1, decay_biases, max_norm, layers, class_weights, balanced, patience, watch, min_delta, keep_best, ema, swa, workers`,
		`{"layers": [{"frosen": 1}]}`:                               `unknown field "frosen"`,
		`{"optimizer": {"name": "adamax"}}`:                         `optimizer: unknown name "adamax"; known: adagrad, adam, adamw, rmsprop, rprop, sgd`,
		`{"optimizer": {}}`:                                         `unknown name ""; known: adagrad`,
		`{"optimizer": "adam"}`:                                     `optimizer: json: cannot unmarshal string`,
		`{"optimizer": {"name": "adam", "beta": 1}}`:                `optimizer "adam": unknown field "beta"; known: beta1, beta2, eps, amsgrad`,
		`{"optimizer": {"name": "adamw", "decay": 1}}`:              `optimizer "adamw": unknown field "decay"; known: beta1, beta2, eps, amsgrad, weight_decay`,
		`{"optimizer": {"name": "sgd", "momentum": "high"}}`:        `optimizer "sgd": json: cannot unmarshal string`,
		`{"learn_rate": {"name": "cosinus"}}`:                       `schedule: unknown name "cosinus"; known: constant, cosine, exponential, one-cycle, plateau, step, warmup`,
		`{"learn_rate": {"name": "cosine", "rate": 1}}`:             `schedule "cosine": unknown field "rate"; known: start, end, steps, cycles`,
		`{"learn_rate": {"name": "warmup", "steps": 3}}`:            `schedule "warmup": "then" is missing`,
		`{"learn_rate": {"name": "warmup", "then": {"name": "x"}}}`: `schedule "warmup": then: schedule: unknown name "x"`,
		`{"learn_rate": "fast"}`:                                    `schedule: json: cannot unmarshal string`,
		`{"watch": "loss"}`:                                         `unknown figure "loss"; known: ["validation-loss" "validation-accuracy" "train-loss" "train-accuracy"]`,
		`{"epochs": 1.5}`:                                           `cannot unmarshal number 1.5`,
		`[]`:                                                        `cannot unmarshal array`,
	} {
		got := train.Config{Epochs: 7}
		err := json.Unmarshal([]byte(text), &got)
		if err == nil || !strings.HasPrefix(err.Error(), "train: configuration: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
		if !reflect.DeepEqual(got, train.Config{Epochs: 7}) {
			t.Errorf("%s: the configuration has changed to %+v", text, got)
		}
	}
	for _, c := range []train.Config{
		{LearnRate: &rates{}}, {LearnRate: &train.Cosine{}}, {LearnRate: train.Warmup{Then: &rates{}}}, {Optimizer: &train.Adam{}},
		{L1: math.NaN()}, {LearnRate: train.Constant(math.Inf(1))}, {Watch: 9},
	} {
		if text, err := json.Marshal(c); err == nil {
			t.Errorf("%+v is written as %s", c, text)
		}
	}
}

// Metrics keep what JSON has no number for.
// Warm-ups within each other are read one at a time, so there must be few: a hostile file of 350 kB
// would be read for an hour.
func TestConfigJSONDeep(t *testing.T) {
	nested := func(n int) error {
		var c train.Config
		return json.Unmarshal([]byte(`{"learn_rate":`+strings.Repeat(`{"name":"warmup","steps":1,"then":`, n)+"0.1"+strings.Repeat("}", n)+"}"), &c)
	}
	if err := nested(8); err != nil {
		t.Error(err)
	}
	if err := nested(9); err == nil || !strings.Contains(err.Error(), `schedule "warmup": more than 8 within each other`) {
		t.Errorf("error %v", err)
	}
}

func TestHistoryJSON(t *testing.T) {
	h := train.History{Best: 1, Epochs: []train.Epoch{{Epoch: 1, MaxGradNorm: 3, Train: train.Metrics{Loss: 0.5, Accuracy: 1}, Validation: train.Metrics{Loss: math.NaN(), Accuracy: math.NaN()},
		Layers: []train.LayerStats{{UpdateRatio: 1, WeightNorm: 2, Sparsity: 3, Dead: 4, Saturated: 5}}}}}
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var back train.History
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	v := back.Epochs[0].Validation
	if !math.IsNaN(v.Loss) || !math.IsNaN(v.Accuracy) {
		t.Errorf("%s: validation %+v", text, v)
	}
	back.Epochs[0].Validation, h.Epochs[0].Validation = train.Metrics{}, train.Metrics{}
	if !reflect.DeepEqual(back, h) {
		t.Errorf("%s: read back as %+v", text, back)
	}
	// What histories were written with, not the field's name.
	if !strings.Contains(string(text), `"max_norm":3`) {
		t.Errorf("%s: no max_norm", text)
	}
}

// Every field out of range is refused, with its name and range.
func TestConfigRanges(t *testing.T) {
	m := classifier(t, 4, 3, 3, 0)
	nan := math.NaN()
	for _, c := range []struct {
		config train.Config
		want   string
	}{
		{train.Config{Workers: -1}, "workers -1: want 1...1024"},
		{train.Config{Workers: 1025}, "workers 1025"},
		{train.Config{Patience: -1}, "patience -1: want at least 0"},
		{train.Config{EMA: 1}, "EMA 1: want a number in [0, 1)"},
		{train.Config{EMA: nan}, "EMA NaN"},
		{train.Config{SWA: -1}, "SWA -1"},
		{train.Config{SWA: 1, EMA: 0.5}, "both EMA and SWA"},
		{train.Config{Balanced: true, ClassWeights: []float64{1, 1, 1}}, "both Balanced and ClassWeights"},
		{train.Config{ClassWeights: []float64{1, 1}}, "2 class weights: want 3, one per class"},
		{train.Config{ClassWeights: []float64{1, -1, 1}}, "weight of class 1 -1: want a finite number, at least 0"},
		{train.Config{Layers: make([]train.LayerConfig, 3)}, "3 layer configurations: the network has 2 layers"},
		{train.Config{Layers: []train.LayerConfig{{Frozen: true}, {Frozen: true}}}, "all layers are frozen"},
		{train.Config{Layers: []train.LayerConfig{{}, {L1: &nan}}}, "L1 or L2 of layer 1 NaN"},
		{train.Config{ClipValue: -1}, "clip value -1"}, {train.Config{ClipNorm: nan}, "clip norm NaN"}, {train.Config{MaxNorm: -1}, "max norm -1"},
		{train.Config{L1: -1}, "L1 -1"}, {train.Config{L2: math.Inf(1)}, "L2 +Inf"}, {train.Config{MinDelta: -1}, "min delta -1"},
		{train.Config{Watch: 7}, "unknown figure 7"},
		{train.Config{Optimizer: &train.AdamW{}}, "optimizer of type *train.AdamW: want a value of SGD"},
		{train.Config{Optimizer: (*train.Adam)(nil)}, "optimizer of type *train.Adam: want a value of SGD"},
		{train.Config{Optimizer: struct{ train.Adam }{}}, "optimizer of type struct"},
		{train.Config{Optimizer: train.SGD{Nesterov: true}}, "nesterov wants a momentum above 0"},
		{train.Config{Optimizer: train.AdaGrad{Eps: 2}}, "eps 2: want a number in [1e-30, 1]"},
		{train.Config{Optimizer: train.RMSProp{Alpha: 1}}, "alpha 1: want a number in (0, 1)"},
		{train.Config{Optimizer: train.RMSProp{Momentum: 1}}, "momentum 1"},
		{train.Config{Optimizer: train.AdamW{WeightDecay: -1}}, "weight_decay -1"},
		{train.Config{Optimizer: train.AdamW{Adam: train.Adam{Beta2: 1}}}, "beta2 1"},
		{train.Config{Optimizer: train.RProp{Up: 1}}, "up 1: want a number in (1, 1000]"},
		{train.Config{Optimizer: train.RProp{Down: 1}}, "down 1: want a number in (0, 1)"},
		{train.Config{Optimizer: train.RProp{Min: 60}}, "min 60, max 50"},
		{train.Config{LearnRate: &train.Plateau{Start: 1}}, "learning rate of type *train.Plateau: want a value"},
		{train.Config{LearnRate: train.Warmup{Then: &train.Cosine{}}}, "learning rate of type *train.Cosine"},
		{train.Config{LearnRate: train.StepDecay{Start: 1, Factor: 2, Every: 1}}, "factor 2: want a number in (0, 1]"},
		{train.Config{LearnRate: train.StepDecay{Start: 1}}, "every 0: want at least 1"},
		{train.Config{LearnRate: train.Exponential{Start: 1}}, "factor 0"},
		{train.Config{LearnRate: train.Cosine{Start: 1, Steps: -1}}, "steps -1"},
		{train.Config{LearnRate: train.Cosine{Start: 1, Cycles: -1}}, "cycles -1"},
		{train.Config{LearnRate: train.Cosine{Start: 1, End: -1}}, "end -1"},
		{train.Config{LearnRate: train.Cosine{Start: -1, Steps: 3}}, "learning rate -1 at step 0"},
		{train.Config{LearnRate: train.OneCycle{Peak: 1, Rise: 1}}, "rise 1: want a number in (0, 1)"},
		{train.Config{LearnRate: train.OneCycle{Peak: 1, Divide: 0.5}}, "divide 0.5: want at least 1"},
		{train.Config{LearnRate: train.OneCycle{Peak: 1, FinalDivide: nan}}, "final_divide NaN"},
		{train.Config{LearnRate: train.OneCycle{Peak: -1}}, "learning rate -"},
		{train.Config{LearnRate: train.Warmup{Steps: 3}}, "warm-up without a schedule"},
		{train.Config{LearnRate: train.Warmup{Steps: -3, Then: train.Constant(1)}}, "steps -3"},
		{train.Config{LearnRate: train.Plateau{Start: nan}}, "learning rate NaN at step 0: want a finite number"},
		{train.Config{LearnRate: train.Plateau{Start: -1}}, "learning rate -1 at step 0"},
		{train.Config{LearnRate: train.Plateau{Start: 1, Factor: 1}}, "factor 1: want a number in (0, 1)"},
		{train.Config{LearnRate: train.Plateau{Start: 1, Patience: -1}}, "patience -1"},
		{train.Config{LearnRate: train.Plateau{Start: 1, Floor: 2}}, "floor 2: want a number in [0, 1], the start"},
	} {
		if _, err := train.New(m, c.config); err == nil || !strings.HasPrefix(err.Error(), "train: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.config, err, c.want)
		}
	}
	if _, err := train.New(nil, train.Config{}); err == nil || !strings.Contains(err.Error(), "network is nil") {
		t.Errorf("no network: error %v", err)
	}
}
