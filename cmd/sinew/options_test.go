package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
	"github.com/spf13/pflag"
)

// settled returns the configuration that a command line comes to.
func settled(t *testing.T, args ...string) (*config, error) {
	t.Helper()
	var f runFlags
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.register(fs)
	f.registerEnsemble(fs)
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	return f.settle(fs)
}

// TestEveryOption gives each flag of the configuration and looks at what it becomes.
func TestEveryOption(t *testing.T) {
	c, err := settled(t, "--data", "digits", "--test", "0.3", "--validation", "0.2", "--prep", "center", "--scale-targets=false",
		"--hidden", "20,10", "--activation", "gelu,elu", "--alpha", "0,0.5", "--norm", "batch,layer", "--norm-eps", "1e-3", "--dropout", "0.1,0.2",
		"--init", "gaussian,auto,gaussian", "--std", "0.1,0,0.2", "--loss", "softmax-cross-entropy", "--label-smoothing", "0.1",
		"--optimizer", "adamw:beta1=0.8,amsgrad,eps=1e-6", "--weight-decay", "0.1", "--rate", "cosine:0.01,end=1e-4,cycles=3", "--warmup", "7",
		"--batch", "16", "--epochs", "9", "--seed", "12", "--l1", "1e-5", "--l2", "1e-4", "--layer-l1", "0,,1e-3", "--layer-l2", ",1,", "--freeze", "1",
		"--decay-biases", "--max-norm", "3", "--clip-norm", "2", "--clip-value", "1", "--balanced", "--patience", "4", "--watch", "validation-accuracy",
		"--min-delta", "0.01", "--keep-best", "--ema", "0.9", "--workers", "1", "--ensemble", "3", "--bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"data":{"set":"digits","test":0.3,"validation":0.2},"prep":"center","scale_targets":false,` +
		`"net":{"layers":[` +
		`{"units":20,"activation":"gelu","norm":"batch","eps":0.001,"dropout":0.1,"init":"gaussian","std":0.1},` +
		`{"units":10,"activation":"elu","alpha":0.5,"norm":"layer","eps":0.001,"dropout":0.2},` +
		`{"units":0,"activation":"identity","init":"gaussian","std":0.2}],"loss":"softmax-cross-entropy","label_smoothing":0.1},` +
		`"train":{"optimizer":{"name":"adamw","beta1":0.8,"eps":0.000001,"amsgrad":true,"weight_decay":0.1},` +
		`"learn_rate":{"name":"warmup","steps":7,"then":{"name":"cosine","start":0.01,"end":0.0001,"cycles":3}},` +
		`"batch_size":16,"epochs":9,"seed":12,"clip_value":1,"clip_norm":2,"l2":0.0001,"l1":0.00001,"decay_biases":true,"max_norm":3,` +
		`"layers":[{"l1":0},{"l2":1,"frozen":true},{"l1":0.001}],"balanced":true,"patience":4,"watch":"validation-accuracy","min_delta":0.01,` +
		`"keep_best":true,"ema":0.9,"workers":1},"ensemble":{"members":3,"bootstrap":true}}`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestSpecs has the forms of optimizers and rates.
func TestSpecs(t *testing.T) {
	for _, c := range []struct {
		flag, value string
		want        any // nil: an error with text
		text        string
	}{
		{"optimizer", "sgd", train.SGD{Momentum: 0.9}, ""},
		{"optimizer", "sgd:nesterov,momentum=0.5", train.SGD{Momentum: 0.5, Nesterov: true}, ""},
		{"optimizer", "sgd:nesterov", train.SGD{Momentum: 0.9, Nesterov: true}, ""},
		{"optimizer", "sgd:momentum=0", train.SGD{}, ""},
		{"optimizer", "adagrad:eps=1e-9", train.AdaGrad{Eps: 1e-9}, ""},
		{"optimizer", "rmsprop:alpha=0.9,centered", train.RMSProp{Alpha: 0.9, Centered: true}, ""},
		{"optimizer", "rprop:up=1.3,down=0.4", train.RProp{Up: 1.3, Down: 0.4}, ""},
		{"optimizer", "adam:beta=1", nil, `unknown field "beta"; known: beta1, beta2, eps, amsgrad`},
		{"optimizer", "adam:beta1=x", nil, "beta1 is a string: want a number"},
		{"optimizer", "adam:amsgrad=3", nil, "amsgrad is a number: want true or false"},
		{"optimizer", "adam:beta1=0.8,beta1=0.9", nil, "beta1 is given twice"},
		{"optimizer", "adam:0.1", nil, "adam takes no value of its own"},
		{"rate", "0.25", train.Constant(0.25), ""},
		{"rate", "step:0.1,every=100,factor=0.5", train.StepDecay{Start: 0.1, Factor: 0.5, Every: 100}, ""},
		{"rate", "exponential:0.1,factor=0.999", train.Exponential{Start: 0.1, Factor: 0.999}, ""},
		{"rate", "one-cycle:0.1,rise=0.2,final_divide=1e3", train.OneCycle{Peak: 0.1, Rise: 0.2, FinalDivide: 1000}, ""},
		{"rate", "plateau:0.1,patience=3", train.Plateau{Start: 0.1, Patience: 3}, ""},
		{"rate", "constant:0.1", train.Constant(0.1), ""},
		{"rate", "linear:0.1", nil, "constant, cosine, exponential, one-cycle, plateau, step"},
		{"rate", "cosine", nil, "the first rate is 0"},
		{"rate", "cosine:0.1,length=3", nil, `unknown field "length"`},
		{"rate", "plateau:nan", nil, "start is a string: want a number"},
		{"rate", "step:0.1,every=0.5", nil, "every is a number 0.5: want a whole number"},
		{"rate", "cosine:0.1,,", nil, "want NAME:VALUE,KEY=VALUE"},
	} {
		got, err := settled(t, "--"+c.flag, c.value)
		switch {
		case c.want == nil:
			if err == nil || !strings.Contains(err.Error(), "--"+c.flag) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("--%s %s: error %v, want one with %q", c.flag, c.value, err, c.text)
			}
		case err != nil:
			t.Errorf("--%s %s: %v", c.flag, c.value, err)
		case c.flag == "optimizer" && got.Train.Optimizer != c.want, c.flag == "rate" && got.Train.LearnRate != c.want:
			t.Errorf("--%s %s gives %v and %v, want %v", c.flag, c.value, got.Train.Optimizer, got.Train.LearnRate, c.want)
		}
	}
}

func TestBadOptions(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "iris.csv", irisCSV(true, ","))
	write(t, "semicolons.csv", []byte("a;b;kind\n1;2;x\n"))
	write(t, "unknown.json", []byte(`{"data": {"set": "iris"}, "nets": {}}`))
	write(t, "layers.json", []byte(`{"net": {"layers": [{"unit": 3}]}}`))
	write(t, "train.json", []byte(`{"train": {"epoch": 3}}`))
	write(t, "text.json", []byte(`train`))
	write(t, "twice.json", []byte(`{} {}`))
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"--hidden 8,8 --activation relu,tanh,gelu", exitUsage, "--activation \"relu,tanh,gelu\": 3 values, want one for all or one for each of 2 layers"},
		{"--norm group", exitUsage, `--norm: unknown norm "group"; known:`},
		{"--dropout x", exitUsage, `--dropout: "x" is not a number`},
		{"--dropout 1", exitError, "dropout 1: want a number in [0, 1)"},
		{"--alpha 1", exitError, "alpha 1 goes with activation"},
		{"--init gauss", exitUsage, `--init: unknown initializer "gauss"`},
		{"--loss hinge", exitUsage, `--loss: unknown loss "hinge"; known:`},
		{"--label-smoothing 2", exitError, "label smoothing 2: want a number in [0, 1)"},
		{"--delta 1", exitError, "delta 1 goes with loss"},
		{"--output-activation relu", exitError, "takes logits"},
		{"--l1 -1", exitUsage, "--l1 -1: want a finite number, at least 0"},
		{"--clip-norm Inf", exitUsage, "--clip-norm +Inf"},
		{"--ema 1", exitUsage, "--ema 1: want a number in [0, 1)"},
		{"--ema 0.5 --swa 1", exitError, "both EMA and SWA"},
		{"--swa 2", exitUsage, "--swa 2: want 1...1, an epoch of the run, or 0 for none"},
		{"--patience -1", exitUsage, "--patience -1: want at least 0"},
		{"--watch loss", exitUsage, `--watch: unknown figure "loss"`},
		{"--class-weights 1,x", exitUsage, `--class-weights "1,x"`},
		{"--class-weights 1,2", exitError, "2 class weights: want 10"},
		{"--class-weights 1 --balanced", exitUsage, "want at most one of them"},
		{"--freeze 2", exitUsage, "--freeze 2: want layers 0...1"},
		{"--freeze 0,1", exitError, "all layers are frozen"},
		{"--layer-l1 1", exitUsage, `--layer-l1 "1": 1 values, want 2`},
		{"--weight-decay 0.1", exitUsage, "--weight-decay goes with --optimizer adamw"},
		{"--warmup -1", exitUsage, "--warmup -1"},
		{"--bootstrap", exitUsage, "--bootstrap goes with --ensemble"},
		{"--ensemble 2 --bootstrap --snapshots", exitUsage, "want at most one of them"},
		{"--ensemble 2000", exitUsage, "--ensemble 2000: want 1...1024"},
		{"--precision f8", exitUsage, `--precision "f8": want f32, f16 or bf16`},
		{"--image 8x9", exitUsage, "--image 8x9: want 64 pixels"},
		{"--image 8x8x1", exitUsage, "--image"},
		{"--data diabetes --plot-confusion c.png", exitUsage, "--plot-confusion: want labels"},
		{"--data iris --test 0 --validation 0 --plot-confusion c.png", exitUsage, "neither test nor validation rows"},
		{"--image 8", exitUsage, `--image "8": want HEIGHTxWIDTH`},
		{"--scale-targets", exitUsage, "--scale-targets goes with target values: digits has labels"},
		{"--label kind", exitUsage, "--label goes with a file, not with the bundled data set digits"},
		{"--data iris.csv", exitUsage, "give the column of the class with --label, or the columns to predict with --target; there are id, sepal length"},
		{"--data semicolons.csv", exitUsage, "there are a;b;kind (one column: is --separator right?)"},
		{"--data iris.csv --label colour", exitError, "colour"},
		{"--data iris.csv --label kind --targets y", exitUsage, "--targets goes with IDX, NPY or NPZ"},
		{"--data iris.csv --label kind --separator ab", exitUsage, `--separator "ab": want one character`},
		{"--data iris.csv --label kind --header=maybe", exitUsage, `--header "maybe": want yes, no or auto`},
		{"--data iris.csv --label kind --class-order random", exitUsage, "--class-order"},
		{"--test 0.1 --test-data x", exitUsage, "--test and --test-data: want at most one of them"},
		{"--test-data iris.csv", exitUsage, "go with a file, not with the bundled data set"},
		{"--config missing.json", exitError, "--config: open missing.json"},
		{"--config unknown.json", exitError, `--config unknown.json: json: unknown field "nets"`},
		{"--config layers.json", exitError, `unknown field "unit"`},
		{"--config train.json", exitError, `unknown field "epoch"`},
		{"--config text.json", exitError, "--config text.json"},
		{"--config twice.json", exitError, "more than one value"},
		{"--save-config unknown.json", exitError, "--save-config: unknown.json exists: give another name, or --force"},
		{"--resume", exitUsage, "--resume goes with --checkpoint"},
		{"--checkpoint iris.csv", exitError, "--checkpoint: iris.csv exists"},
		{"--checkpoint c --checkpoint-keep 0", exitUsage, "--checkpoint-keep 0: want 1...100"},
		{"--checkpoint c --ensemble 2", exitUsage, "--checkpoint goes with one network"},
		{"--from missing.safetensors", exitError, "missing.safetensors"},
		{"--from iris.csv --hidden 3", exitUsage, "--hidden does not go with --from"},
	} {
		code, out, errs := sinew(t, "", append([]string{"train", "--plot", "", "--epochs", "1"}, strings.Fields(c.args)...)...)
		if code != c.code || out != "" || !strings.Contains(errs, c.want) {
			t.Errorf("sinew train %s: exit status %d, stdout %q, stderr %q\nwant status %d and an error with %q", c.args, code, out, errs, c.code, c.want)
		}
	}
	if _, err := os.Stat(defaultModel); err == nil {
		t.Error("a model was written")
	}
}

// TestConfigFile writes a configuration and trains by it, to the same model.
func TestConfigFile(t *testing.T) {
	for _, args := range []string{
		"--data wine --hidden 8,4 --activation gelu --norm batch --dropout 0.1 --rate one-cycle:0.01 --optimizer adamw --l2 1e-3 --prep pca:0.9,standardize --epochs 3 --seed 4",
		"--data iris.csv --label kind --ignore id --epochs 3 --loss mse --keep-best --class-order first-seen --missing drop",
		"--data iris.csv --target 1,2 --ignore kind --epochs 3 --scale-targets --loss huber --delta 0.5 --seed 0",
		"--data iris --ensemble 2 --snapshots --epochs 3",
	} {
		t.Chdir(t.TempDir())
		write(t, "iris.csv", irisCSV(true, ","))
		succeed(t, append([]string{"train", "--plot", "", "--save-config", "run.json"}, strings.Fields(args)...)...)
		model, err := os.ReadFile(defaultModel)
		if err != nil {
			t.Fatal(err)
		}
		succeed(t, "train", "--plot", "", "--config", "run.json", "--model", "again", "--save-config", "run.json") // equal: not refused
		again, err := os.ReadFile("again")
		if err != nil || !bytes.Equal(model, again) {
			t.Errorf("%s: another model by the configuration it wrote (%v)", args, err)
		}
		// A flag goes before the file.
		out, _ := succeed(t, "train", "--plot", "", "--config", "run.json", "--model", "other", "--epochs", "2", "--batch", "7")
		if !strings.Contains(out, "batch 7, epochs 2,") {
			t.Errorf("%s: flags do not go before the file:\n%s", args, out)
		}
		if !strings.Contains(args, "ensemble") && !strings.Contains(args, "seed") {
			evaluated, _ := succeed(t, "eval", "--config", "run.json")
			if !strings.Contains(evaluated, "30 test rows of seed 1") {
				t.Errorf("%s: eval:\n%s", args, evaluated)
			}
		}
	}
	// Another data set has its own names for its classes.
	write(t, "four.json", []byte(`{"data": {"set": "wine"}, "net": {"layers": [{"units": 4, "activation": "relu"}, {"units": 3, "activation": "identity"}], "loss": "mse", "classes": ["a", "b", "c"]}}`))
	succeed(t, "train", "--plot", "", "--config", "four.json", "--data", "iris", "--epochs", "1")
	if row, _ := succeed(t, "predict", "--data", "iris", "--row", "0"); strings.HasPrefix(row, "a,") || strings.HasPrefix(row, "b,") || strings.HasPrefix(row, "c,") {
		t.Errorf("iris is predicted as %q, a class of wine", row)
	}
	// What a person writes: layers without output units, loss and inputs.
	write(t, "short.json", []byte(`{"data": {"set": "wine"}, "net": {"layers": [{"units": 5, "activation": "tanh"}, {"units": 0, "activation": "identity"}]}, "train": {"epochs": 2, "learn_rate": 0.01, "seed": 3}}`))
	if out, _ := succeed(t, "train", "--plot", "", "--config", "short.json", "--force"); !strings.Contains(out, "13-5-3, tanh, softmax-cross-entropy") || !strings.Contains(out, "rate 0.01, batch 16, epochs 2, seed 3") {
		t.Errorf("a short configuration:\n%s", out)
	}
}

// TestLosses trains with each loss on labels and on values.
func TestLosses(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, loss := range net.Losses() {
		out, _ := succeed(t, "train", "--data", "breast-cancer", "--loss", loss.String(), "--epochs", "5", "--plot", "")
		outputs := 2
		if loss == net.BinaryCrossEntropy {
			outputs = 1
		}
		if !strings.Contains(out, fmt.Sprintf("30-16-%d, relu, %s", outputs, loss)) || !strings.Contains(lineWith(t, out, "test "), "accuracy") {
			t.Errorf("--loss %s:\n%s", loss, out)
		}
		row, _ := succeed(t, "predict", "--data", "breast-cancer", "--row", "0")
		if !strings.HasPrefix(row, "malignant,") && !strings.HasPrefix(row, "benign,") {
			t.Errorf("--loss %s: predict prints %q", loss, row)
		}
		if loss == net.SoftmaxCrossEntropy || loss == net.BinaryCrossEntropy {
			continue
		}
		out, _ = succeed(t, "train", "--data", "diabetes", "--loss", loss.String(), "--epochs", "5", "--plot", "")
		if !strings.Contains(lineWith(t, out, "test "), "R²") {
			t.Errorf("--loss %s:\n%s", loss, out)
		}
	}
}

// TestScaledTargets trains on scaled targets; the model predicts in their own unit.
func TestScaledTargets(t *testing.T) {
	t.Chdir(t.TempDir())
	r2 := func(args ...string) (v float64) {
		out, _ := succeed(t, append([]string{"train", "--data", "diabetes", "--epochs", "20", "--plot", ""}, args...)...)
		if _, err := fmt.Sscanf(lineWith(t, out, "test ")[strings.Index(lineWith(t, out, "test "), "R²"):], "R² %f", &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	scaled, raw := r2(), r2("--scale-targets=false")
	if !(scaled > 0.2 && raw < 0) {
		t.Errorf("R² is %g with scaled targets and %g without: want above 0.2 and below 0", scaled, raw)
	}
	// Values are scaled wherever that is possible, and only there.
	for args, wrong := range map[string]string{"--output-activation relu": "", "--loss binary-cross-entropy": "binary-cross-entropy wants 0...1"} {
		code, out, errs := sinew(t, "", append(strings.Fields("train --data diabetes --epochs 1 --plot="), strings.Fields(args)...)...)
		if strings.Contains(out, "targets   scaled") || (code != 0) != (wrong != "") || !strings.Contains(errs, wrong) {
			t.Errorf("diabetes %s: exit status %d\n%s%s", args, code, out, errs)
		}
	}
	var table strings.Builder
	table.WriteString("x,y\n")
	for i := range 200 {
		fmt.Fprintf(&table, "%d,%d\n", i, 1000*i+5000)
	}
	write(t, "far.csv", []byte(table.String()))
	for _, c := range []struct {
		args   string
		scaled bool
	}{
		{"", true}, {"--loss huber", true}, {"--config run.json", true},
		{"--scale-targets=false", false}, {"--output-activation relu", false}, {"--stream 10", false},
	} {
		args := []string{"train", "--data", "far.csv", "--target", "y", "--epochs", "60", "--rate", "0.01", "--plot", ""}
		if strings.Contains(c.args, "config") {
			args = []string{"train", "--plot", ""}
		}
		if c.args == "" {
			args = append(args, "--save-config", "run.json")
		}
		out, _ := succeed(t, append(append(args, "--report", "r.html"), strings.Fields(c.args)...)...)
		if page, err := os.ReadFile("r.html"); err != nil || strings.Contains(string(page), "losses of curves") != c.scaled {
			t.Errorf("far.csv %s: the report says that targets are scaled: want %t (%v)", c.args, c.scaled, err)
		}
		if strings.Contains(out, "targets   scaled") != c.scaled {
			t.Errorf("far.csv %s: want targets scaled: %t\n%s", c.args, c.scaled, out)
		}
		if c.scaled && !strings.Contains(out, "R² 1.0") {
			t.Errorf("far.csv %s: a straight line is not learned:\n%s", c.args, out)
		}
	}
	if code, _, errs := sinew(t, "", "eval", "--config", "run.json", "--plot-confusion", "x.svg"); code != exitUsage || !strings.Contains(errs, "far.csv has values") {
		t.Errorf("eval: exit status %d, %s: want the name of the file", code, errs)
	}
}

// TestFiles asks for every file that train writes.
func TestFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	out, _ := succeed(t, "train", "--hidden", "16", "--epochs", "2", "--curves", "a.svg", "--plot-schedule", "b.svg", "--plot-weights", "c.png", "--plot-confusion", "d.svg",
		"--report", "e.html", "--history", "f.json", "--precision", "bf16", "--rate", "cosine:0.003")
	for _, name := range []string{"c.png"} {
		f, err := os.Open(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := png.Decode(f); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		f.Close()
	}
	for _, name := range []string{"b.svg", "d.svg"} {
		if text, err := os.ReadFile(name); err != nil || xml.Unmarshal(text, new(struct{})) != nil {
			t.Errorf("%s is no XML (%v)", name, err)
		}
	}
	page, err := os.ReadFile("e.html")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(page), "<svg"); n != 5 { // curves, schedule, weights, confusion matrices of test and validation
		t.Errorf("the report has %d drawings, want 5", n)
	}
	for _, want := range []string{"digits: 1293 training", "softmax-cross-entropy", "too few for a diagnosis", "gradient norm", "&#34;set&#34;: &#34;digits&#34;", "cosine"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	text, err := os.ReadFile("f.json")
	if err != nil {
		t.Fatal(err)
	}
	var histories []train.History
	if err := json.Unmarshal(text, &histories); err != nil || len(histories) != 1 || len(histories[0].Epochs) != 2 {
		t.Errorf("history: %v", err)
	}
	info, err := os.Stat(defaultModel)
	if err != nil || info.Size() > 4000 {
		t.Errorf("the model in bf16 has %d bytes (%v)", info.Size(), err)
	}
	if curves, err := os.ReadFile("a.svg"); err != nil || !strings.Contains(string(curves), "<svg") || !strings.Contains(out, "curves    a.svg") {
		t.Errorf("--curves, the old name of --plot: %v", err)
	}
	if temporary, _ := filepath.Glob(".sinew-*"); len(temporary) > 0 {
		t.Errorf("files left: %q", temporary)
	}
}

// TestEnsembles trains each kind; eval and predict take the file as a network's.
func TestEnsembles(t *testing.T) {
	t.Chdir(t.TempDir())
	for i, args := range []string{"--report r.html", "--bootstrap", "--snapshots"} {
		out, errs := succeed(t, append([]string{"train", "--data", "wine", "--ensemble", "3", "--epochs", "6", "--plot", ""}, strings.Fields(args)...)...)
		if !strings.Contains(out, "ensemble of 3: 13-16-3") || !strings.Contains(out, "trained   18 epochs") || !strings.Contains(errs, "member 2") {
			t.Errorf("%s:\n%s%s", args, out, errs)
		}
		evaluated, _ := succeed(t, "eval", "--data", "wine")
		if got, want := lineWith(t, evaluated, "test "), lineWith(t, out, "test "); got != want {
			t.Errorf("%s: eval prints %q, train printed %q", args, got, want)
		}
		succeed(t, "predict", "--data", "wine", "--row", "3")
		if i > 0 {
			continue
		}
		if page, err := os.ReadFile("r.html"); err != nil || !strings.Contains(string(page), "Member 2") {
			t.Errorf("%s: the report lacks members (%v)", args, err)
		}
	}
	var out, errs bytes.Buffer
	ctx, stderr := onText(t, "member", &errs)
	if code := run(ctx, []string{"train", "--data", "wine", "--ensemble", "2", "--epochs", "100000"}, nil, &out, stderr); code != exitInterrupted || !strings.Contains(errs.String(), "nothing saved") {
		t.Errorf("interrupted: exit status %d, stderr %q", code, errs.String())
	}
	// Members that are trained by then are saved.
	out.Reset()
	errs.Reset()
	ctx, stderr = onText(t, "member 1  epoch 10/10", &errs)
	args := []string{"train", "--data", "wine", "--ensemble", "4", "--epochs", "10", "--workers", "1", "--history", "h.json"}
	if code := run(ctx, args, nil, &out, stderr); code != exitInterrupted || !strings.Contains(errs.String(), "sinew: interrupted: model.safetensors holds the 2 of 4 members that were trained\n") || !strings.Contains(out.String(), "trained   20 epochs") {
		t.Errorf("interrupted: exit status %d\n%s%s", code, out.String(), errs.String())
	}
	evaluated, _ := succeed(t, "eval", "--data", "wine")
	if got, want := lineWith(t, evaluated, "test "), lineWith(t, out.String(), "test "); got != want || !strings.Contains(evaluated, "ensemble of 2") {
		t.Errorf("eval prints %q, train printed %q", got, want)
	}
}

// TestFrom goes on from a model and leaves its frozen layer as it was.
func TestFrom(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "train", "--data", "wine", "--hidden", "6", "--epochs", "3", "--plot", "")
	before, err := net.LoadFile(defaultModel)
	if err != nil {
		t.Fatal(err)
	}
	out, _ := succeed(t, "train", "--data", "wine", "--from", defaultModel, "--freeze", "0", "--epochs", "2", "--model", "tuned", "--plot", "")
	if !strings.Contains(out, "network   13-6-3") || strings.Contains(out, "prepared") {
		t.Errorf("train --from:\n%s", out)
	}
	after, err := net.LoadFile("tuned")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		a, _ := before.Layer(i)
		b, _ := after.Layer(i)
		same := true
		for j := range a {
			same = same && a[j] == b[j]
		}
		if same != (i == 0) {
			t.Errorf("layer %d is the same: %t", i, same)
		}
	}
	if after.Transform() == nil {
		t.Error("the preparation is lost")
	}
	// A model of values goes on in their own unit, though it trains on scaled ones.
	first, _ := succeed(t, "train", "--data", "diabetes", "--epochs", "20", "--plot", "", "--model", "d")
	again, _ := succeed(t, "train", "--data", "diabetes", "--from", "d", "--rate", "1e-30", "--epochs", "1", "--plot", "", "--model", "e")
	if got, want := lineWith(t, again, "test "), lineWith(t, first, "test "); got[:20] != want[:20] {
		t.Errorf("after steps of no size a model gives %q, before %q", got, want)
	}
	if code, _, errs := sinew(t, "", "train", "--data", "iris", "--from", defaultModel); code != exitError || !strings.Contains(errs, "4 inputs per row: the network has 13") {
		t.Errorf("--from with other data: exit status %d, %q", code, errs)
	}
}

// A run that averages its weights leaves the average when it is interrupted, as it says.
func TestInterruptedAverage(t *testing.T) {
	t.Chdir(t.TempDir())
	stopped := func(flags ...string) (model []byte, text string) {
		var out, errs bytes.Buffer
		ctx, stderr := onText(t, "epoch  2/50", &errs)
		args := append([]string{"train", "--data", "wine", "--epochs", "50", "--plot", ""}, flags...)
		if code := run(ctx, args, nil, &out, stderr); code != exitInterrupted {
			t.Fatalf("exit status %d\n%s", code, errs.String())
		}
		model, err := os.ReadFile(defaultModel)
		if err != nil {
			t.Fatal(err)
		}
		return model, errs.String()
	}
	last, _ := stopped("--swa", "40") // which has not begun
	for _, flags := range [][]string{{"--ema", "0.9"}, {"--swa", "1"}} {
		model, text := stopped(flags...)
		if bytes.Equal(model, last) || !strings.Contains(text, "holds the averaged weights after step 16\n") {
			t.Errorf("%v: holds the weights of the last step: %v; %s", flags, bytes.Equal(model, last), text)
		}
	}
}

// A resumed run that is interrupted again has the best weights since then only, and says so.
func TestInterruptedAgain(t *testing.T) {
	t.Chdir(t.TempDir())
	args := []string{"train", "--data", "wine", "--epochs", "200", "--rate", "0.05", "--checkpoint", "run.ckpt", "--resume", "--plot", ""}
	for i, text := range []string{"epoch  80/200", "epoch  88/200"} {
		var out, errs bytes.Buffer
		ctx, stderr := onText(t, text, &errs)
		code := run(ctx, args, nil, &out, stderr)
		if last := errs.String(); code != exitInterrupted || strings.HasSuffix(last, ", the best by validation-loss since the run was resumed\n") != (i == 1) {
			t.Errorf("stop %d: exit status %d, %s", i, code, last)
		}
	}
}

// Test rows that do not fit are refused before time is spent on training, not after it.
func TestTestRowsThatDoNotFit(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "train.csv", []byte("a,b,k,w\n"+strings.Repeat("1,2,x,1\n2,1,y,1\n", 20)))
	write(t, "wide.csv", []byte("a,b,c,k,w\n1,2,3,x,1\n"))
	write(t, "weightless.csv", []byte("a,b,k,w\n1,2,x,0\n"))
	for name, want := range map[string]string{"wide.csv": "3 inputs per row: the network has 2", "weightless.csv": "the weights of the rows sum to 0"} {
		code, _, errs := sinew(t, "", "train", "--data", "train.csv", "--label", "k", "--weights", "w", "--test-data", name, "--epochs", "2", "--plot", "")
		if code != exitError || !strings.HasPrefix(errs, "sinew: test rows: ") || !strings.Contains(errs, want) {
			t.Errorf("%s: exit status %d, %q", name, code, errs)
		}
	}
}

// A checkpoint that cannot be written costs no model, and is not kept from the user.
func TestCheckpointFails(t *testing.T) {
	for _, interrupt := range []bool{false, true} {
		t.Chdir(t.TempDir())
		if err := os.Mkdir("dir", 0o755); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		ctx, cancel := context.WithCancel(t.Context())
		stderr := writerFunc(func(p []byte) (int, error) {
			if bytes.Contains(p, []byte("epoch 1/3")) {
				if err := os.RemoveAll("dir"); err != nil {
					t.Error(err)
				}
			}
			if interrupt && bytes.Contains(p, []byte("epoch 2/3")) {
				cancel()
			}
			return errs.Write(p)
		})
		code := run(ctx, []string{"train", "--data", "iris", "--epochs", "3", "--plot", "", "--checkpoint", "dir/run.ckpt"}, nil, &out, stderr)
		cancel()
		want := exitError
		if interrupt {
			want = exitInterrupted
		}
		text := errs.String()
		if code != want || strings.Count(text, "sinew: warning: train: checkpoint: dir/run.ckpt: ") != 1 || strings.Count(text, "train: checkpoint: ") != 2 {
			t.Errorf("interrupted %v: exit status %d, want %d\n%s", interrupt, code, want, text)
		}
		if _, err := os.Stat(defaultModel); err != nil {
			t.Errorf("interrupted %v: %v", interrupt, err)
		}
	}
}

// TestResume stops a run and goes on: the model has the bits of one that was not stopped.
func TestResume(t *testing.T) {
	t.Chdir(t.TempDir())
	args := []string{"train", "--data", "wine", "--epochs", "30", "--norm", "batch", "--dropout", "0.2", "--rate", "cosine:0.01", "--plot", ""}
	succeed(t, args...)
	whole, err := os.ReadFile(defaultModel)
	if err != nil {
		t.Fatal(err)
	}
	args = append(args, "--checkpoint", "run.ckpt", "--checkpoint-steps", "3", "--model", "resumed")
	var out, errs bytes.Buffer
	ctx, stderr := onText(t, "epoch 10/30", &errs)
	if code := run(ctx, args, nil, &out, stderr); code != exitInterrupted {
		t.Fatalf("exit status %d\n%s", code, errs.String())
	}
	if code, _, text := sinew(t, "", args...); code != exitError || !strings.Contains(text, "--resume goes on from it") {
		t.Errorf("without --resume: exit status %d, %q", code, text)
	}
	shown, _ := succeed(t, "inspect", "run.ckpt")
	if !strings.Contains(shown, "kind        checkpoint\n") || !strings.Contains(shown, "parameters") {
		t.Errorf("inspect:\n%s", shown)
	}
	succeed(t, "eval", "--data", "wine", "--model", "run.ckpt")
	resumed, _ := succeed(t, append(args, "--resume")...)
	if !strings.Contains(resumed, "resumed   run.ckpt: 10 epochs and 0 steps of the next are done") {
		t.Errorf("resumed:\n%s", resumed)
	}
	again, err := os.ReadFile("resumed")
	if err != nil || !bytes.Equal(whole, again) {
		t.Errorf("the resumed run gives another model (%v)", err)
	}
	if code, _, text := sinew(t, "", append(args, "--resume", "--l2", "0.1")...); code != exitError || !strings.Contains(text, "--resume") {
		t.Errorf("another configuration: exit status %d, %q", code, text)
	}
	succeed(t, append(args, "--force")...)
}

// TestBestOnInterrupt has a run whose first epochs are its best: they are what is saved.
func TestBestOnInterrupt(t *testing.T) {
	t.Chdir(t.TempDir())
	var out, errs bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	best := ""
	stderr := writerFunc(func(p []byte) (int, error) {
		if strings.Contains(string(p), "epoch 100/100") || strings.Contains(string(p), " 96/") {
			cancel()
		}
		return errs.Write(p)
	})
	code := run(ctx, []string{"train", "--data", "iris", "--rate", "0.05", "--epochs", "400", "--history", "h.json", "--plot", ""}, nil, &out, stderr)
	if code != exitInterrupted {
		t.Fatalf("exit status %d\n%s", code, errs.String())
	}
	text, err := os.ReadFile("h.json")
	if err != nil {
		t.Fatal(err)
	}
	var h []train.History
	if err := json.Unmarshal(text, &h); err != nil {
		t.Fatal(err)
	}
	best = fmt.Sprintf("holds the weights of epoch %d, the best by validation-loss", h[0].Best)
	if !strings.Contains(errs.String(), best) {
		t.Errorf("stderr lacks %q:\n%s", best, errs.String())
	}
	// The validation loss of the saved model is that epoch's.
	c := &config{Data: dataConfig{Set: "iris"}}
	test, validation := 0.2, 0.1
	c.Data.Test, c.Data.Validation = &test, &validation
	p, err := c.Data.split(1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := net.LoadFile(defaultModel)
	if err != nil {
		t.Fatal(err)
	}
	r, err := train.Evaluate(m, p.validation)
	if want := h[0].Epochs[h[0].Best-1].Validation.Loss; err != nil || r.Loss != want {
		t.Errorf("validation loss %g, want %g of epoch %d (%v)", r.Loss, want, h[0].Best, err)
	}
}

// far writes a table whose targets lie so far apart.
func far(t *testing.T, path string, step float64) {
	t.Helper()
	var table strings.Builder
	table.WriteString("x,y\n")
	for i := range 200 {
		fmt.Fprintf(&table, "%d,%g\n", i, step*float64(i)+5*step)
	}
	write(t, path, []byte(table.String()))
}

// TestPrecisionTooSmall has targets whose weights do not fit into float16: that is said before
// training where it shows in the initial weights, and else what was trained is kept.
func TestPrecisionTooSmall(t *testing.T) {
	t.Chdir(t.TempDir())
	far(t, "huge.csv", 1e6)
	code, out, errs := sinew(t, "", strings.Fields("train --data huge.csv --target y --epochs 2 --plot= --precision f16")...)
	if code != exitUsage || !strings.Contains(errs, "--precision f16: the weights would not fit") || !strings.Contains(errs, "want f32 or bf16") || strings.Contains(out, "trained") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	succeed(t, strings.Fields("train --data huge.csv --target y --epochs 2 --plot= --precision bf16")...)
	// Initial weights near 0 fit, and training passes the largest number of float16.
	far(t, "large.csv", 2000)
	code, out, errs = sinew(t, "", append(strings.Fields("train --data large.csv --target y --epochs 60 --rate 0.05 --init gaussian --std 0.01 --plot= --precision f16 --model m"), "--hidden", "")...)
	if code != 0 || !strings.Contains(errs, "F16 holds up to 65504: written with --precision f32 instead") || !strings.Contains(out, "model     m") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	if out, _ := succeed(t, "inspect", "m"); !strings.Contains(out, "F32") {
		t.Errorf("inspect:\n%s", out)
	}
}

// TestScaledCheckpoint predicts with a checkpoint of a run with scaled targets what the model
// that the run leaves predicts.
func TestScaledCheckpoint(t *testing.T) {
	t.Chdir(t.TempDir())
	far(t, "far.csv", 1000)
	succeed(t, strings.Fields("train --data far.csv --target y --epochs 30 --rate 0.01 --plot= --checkpoint c --model m --save-config run.json")...)
	want, _ := succeed(t, "predict", "--config", "run.json", "--model", "m", "far.csv")
	if got, _ := succeed(t, "predict", "--config", "run.json", "--model", "c", "far.csv"); got != want || strings.Count(want, "\n") < 200 {
		t.Errorf("the checkpoint predicts\n%.200s\nthe model\n%.200s", got, want)
	}
	succeed(t, "convert", "c", "n.safetensors")
	if got, _ := succeed(t, "predict", "--config", "run.json", "--model", "n.safetensors", "far.csv"); got != want {
		t.Error("the converted checkpoint predicts something else")
	}
	// Further training begins where the run ended.
	out, _ := succeed(t, strings.Fields("train --data far.csv --target y --epochs 1 --rate 1e-9 --plot= --from c --model f")...)
	if !strings.Contains(out, "R² 1.0") && !strings.Contains(out, "R² 0.99") {
		t.Errorf("train --from c:\n%s", out)
	}
	// And resuming is as it was.
	succeed(t, strings.Fields("train --data far.csv --target y --epochs 31 --rate 0.01 --plot= --checkpoint c --resume --model m")...)
}
