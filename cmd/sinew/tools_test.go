package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/data"
	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/internal/safetensors"
	"github.com/sinew-ml/sinew/net"
)

// TestSearchKeepsWhatItFound: a trial that cannot be ends the search, and the others' best is written.
func TestSearchKeepsWhatItFound(t *testing.T) {
	t.Chdir(t.TempDir())
	code, out, errs := sinew(t, "", "search", "--data", "wine", "--try", "dropout=0..1.5", "--epochs", "2", "--trials", "6", "--parallel", "1")
	if code != exitError || !strings.Contains(errs, "want a number in [0, 1)") || !strings.Contains(out, "best      trial 1: dropout=0.1337\n") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	if _, err := os.Stat("best.json"); err != nil {
		t.Error(err)
	}
}

// TestSearch looks for a rate; the same command prints the same, whatever the workers.
func TestSearch(t *testing.T) {
	t.Chdir(t.TempDir())
	args := strings.Fields("search --data wine --epochs 4 --trials 6 --try rate=1e-5..1e-1:log --try hidden=4|8,4 --try dropout=0..0.5")
	first, progress := succeed(t, append(args, "--parallel", "1")...)
	best, err := os.ReadFile("best.json")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(progress, "\n") != 6 || !strings.Contains(progress, "trial 6  validation-loss ") {
		t.Errorf("progress:\n%s", progress)
	}
	again, _ := succeed(t, append(args, "--parallel", "3", "--force")...)
	same, err := os.ReadFile("best.json")
	if again != first || err != nil || !bytes.Equal(best, same) {
		t.Errorf("two searches differ:\n%s\n%s", first, again)
	}
	if other, _ := succeed(t, append(args, "--seed", "2", "--output", "")...); other == first {
		t.Error("two seeds give the same search")
	}
	// The table is in order, and the best configuration gives its figure again.
	lines := strings.Split(first[strings.Index(first, "rank"):], "\n")[1:7]
	last := 0.0
	for i, line := range lines {
		fields := strings.Fields(line)
		v, err := strconv.ParseFloat(fields[2], 64)
		if err != nil || fields[0] != fmt.Sprint(i+1) || v < last {
			t.Errorf("line %d of the table: %s", i+1, line)
		}
		last = v
	}
	succeed(t, "train", "--config", "best.json", "--history", "h.json", "--plot", "")
	text, err := os.ReadFile("h.json")
	if err != nil {
		t.Fatal(err)
	}
	var h []struct {
		Epochs []struct{ Validation struct{ Loss float64 } }
	}
	if err := json.Unmarshal(text, &h); err != nil {
		t.Fatal(err)
	}
	lowest := math.Inf(1)
	for _, e := range h[0].Epochs {
		lowest = min(lowest, e.Validation.Loss)
	}
	if want := strings.Fields(lines[0])[2]; fmt.Sprintf("%.5g", lowest) != want {
		t.Errorf("the best configuration reaches %.5g, the table says %s", lowest, want)
	}
	if code, _, errs := sinew(t, "", args...); code != exitError || !strings.Contains(errs, "--output: best.json exists") {
		t.Errorf("a second search without --force: exit status %d, %q", code, errs)
	}
}

// TestHalving halves, with folds, a space in a file and a trial that diverges.
func TestHalving(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "space.json", []byte(`{"rate": ["0.01", "1e30", "cosine:0.01"], "batch": "8..32:int:log", "norm": "none|layer"}`))
	out, _ := succeed(t, strings.Fields("search --data iris --epochs 9 --trials 9 --halving 3 --folds 3 --space space.json --watch validation-accuracy")...)
	for _, want := range []string{"in each of 3 folds", "halving: 9 with 1 epochs, 3 with 3 epochs, 1 with 9 epochs", "diverged", "cosine:0.01", "config    best.json"} {
		if !strings.Contains(out, want) {
			t.Errorf("search does not print %q:\n%s", want, out)
		}
	}
	if strings.Count(out, "%") < 8 {
		t.Errorf("no accuracies:\n%s", out)
	}
	// A space with fewer points than trials.
	out, _ = succeed(t, strings.Fields("search --data iris --epochs 1 --trials 9 --try batch=8|16 --output=")...)
	if !strings.Contains(out, "2 trials, random") {
		t.Errorf("a space of two points:\n%s", out)
	}
	var text, errs bytes.Buffer
	ctx, stderr := onText(t, "trial", &errs)
	code := run(ctx, strings.Fields("search --data wine --epochs 300 --trials 1000 --try l2=0..1 --force --parallel 1"), nil, &text, stderr)
	if code != exitInterrupted || !strings.Contains(text.String(), "config    best.json") || !strings.Contains(errs.String(), "of 1000 trials are finished") {
		t.Errorf("interrupted: exit status %d\n%s%s", code, text.String(), errs.String())
	}
}

func TestSearchErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "list.json", []byte(`[1]`))
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"", exitUsage, "nothing varies: give --try or --space"},
		{"--try rate", exitUsage, `--try "rate": want FLAG=`},
		{"--try speed=1|2", exitUsage, "--try speed: there is no such flag of train"},
		{"--try seed=1|2", exitUsage, "--try seed: trials are compared"},
		{"--try rate=1..1", exitUsage, `range "1..1": want LO..HI with LO below HI`},
		{"--try rate=0..1:log", exitUsage, "a logarithmic range begins above 0"},
		{"--try rate=1..2:lin", exitUsage, `unknown "lin"`},
		{"--try rate=cosine:{a..b}", exitUsage, `range "a..b"`},
		{"--try l2=0..1 --l2 1", exitUsage, "--try l2 and --l2"},
		{"--try l2=0..1 --try l2=1|2", exitUsage, "--try l2 is given twice"},
		{"--try hidden=4|x", exitUsage, `--hidden "x"`},
		{"--try batch=1.5|2.5", exitUsage, "--try batch"},
		{"--try l2=0..1 --trials 0", exitUsage, "--trials 0: want 1..."},
		{"--try l2=0..1 --halving 1", exitUsage, "--halving 1: want 2...100"},
		{"--try l2=0..1 --min-epochs 2", exitUsage, "--min-epochs goes with --halving"},
		{"--try l2=0..1 --halving 2 --min-epochs 50", exitUsage, "--min-epochs 50: want at most the 30"},
		{"--try l2=0..1 --folds 1", exitUsage, "--folds 1: want at least 2"},
		{"--try l2=0..1 --folds 3 --validation 0.2", exitUsage, "--folds and --validation"},
		{"--try l2=0..1 --validation 0", exitUsage, "no validation rows to compare trials on"},
		{"--try dropout=0.5|1.5", exitError, "dropout 1.5: want a number in [0, 1)"},
		{"--space list.json", exitError, "--space list.json"},
		{"--space missing.json", exitError, "--space"},
		{"--try rate=1e30|1e31 --epochs 1", exitError, "every trial diverged"},
	} {
		code, _, errs := sinew(t, "", append([]string{"search"}, strings.Fields(c.args)...)...)
		if code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("sinew search %s: exit status %d, stderr %q\nwant status %d and %q", c.args, code, errs, c.code, c.want)
		}
	}
}

// TestDraws holds the drawn values: on every machine the same.
func TestDraws(t *testing.T) {
	d := drawer{rand.NewPCG(1, 0)}
	space := []dimension{{"a", []string{"{1e-4..1e-1:log}"}}, {"b", []string{"x", "y", "z"}}, {"c", []string{"{1..6:int}"}}}
	if got := strings.Join(append(d.draw(space), d.draw(space)...), " "); got != "0.0001851 z 5 0.02703 y 1" {
		t.Errorf("drawn %s", got)
	}
	counts := map[string]int{}
	for range 6000 {
		counts[d.draw(space)[2]]++
	}
	for i := range 6 {
		if n := counts[fmt.Sprint(i+1)]; n < 850 || n > 1150 {
			t.Errorf("%d is drawn %d times of 6000, want about 1000", i+1, n)
		}
	}
}

func TestCheckCommand(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range []string{
		"--data iris --hidden 8,8 --activation gelu,tanh --norm layer,batch --dropout 0.2",
		"--data diabetes --loss huber --activation softplus",
		"--data wine --prep pca:3,standardize --loss mse --rows 5",
	} {
		out, _ := succeed(t, append([]string{"check"}, strings.Fields(args)...)...)
		if !strings.Contains(out, "all gradients agree within 1e-3") || !strings.Contains(out, "layer 0 W") {
			t.Errorf("check %s:\n%s", args, out)
		}
	}
	for _, c := range []struct{ args, want string }{
		{"--rows 0", "--rows 0: want 1..."},
		{"--hidden x", `--hidden "x"`},
	} {
		if code, _, errs := sinew(t, "", append([]string{"check"}, strings.Fields(c.args)...)...); code != exitUsage || !strings.Contains(errs, c.want) {
			t.Errorf("check %s: exit status %d, %q", c.args, code, errs)
		}
	}
	if code, _, errs := sinew(t, "", "check", "--epochs", "1", "--class-weights", "1,2"); code != exitError || !strings.Contains(errs, "class weights") {
		t.Errorf("a configuration that cannot be trained: exit status %d, %q", code, errs)
	}
}

// TestConvert goes through all formats and comes back to the same predictions.
func TestConvert(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "train", "--data", "iris", "--norm", "batch", "--prep", "standardize", "--epochs", "10", "--plot", "")
	write(t, "rows.csv", irisCSV(true, ","))
	predictions := func(model string) []string {
		t.Helper()
		out, _ := succeed(t, "predict", "--model", model, "--ignore", "id,kind", "rows.csv")
		return strings.Split(strings.TrimSpace(out), "\n")
	}
	want := predictions(defaultModel)
	for _, c := range []struct{ in, out, args, text string }{
		{defaultModel, "a.onnx", "", "onnx, "},
		{"a.onnx", "b.safetensors", "--classes setosa,versicolor,virginica", "4-16-3, batch norm relu, softmax-cross-entropy"},
		{defaultModel, "c.safetensors", "--fold", "4-16-3, relu, softmax-cross-entropy"},
		{defaultModel, "d.pt", "--fold --to torch", "torch.nn.Sequential("},
		{"d.pt", "e.safetensors", "--loss softmax-cross-entropy --activation relu --classes setosa,versicolor,virginica", "4-16-3, relu"},
		{defaultModel, "f.safetensors", "--precision f16", "sinew, "},
	} {
		out, _ := succeed(t, append([]string{"convert", c.in, c.out}, strings.Fields(c.args)...)...)
		if !strings.Contains(out, c.text) {
			t.Errorf("convert %s %s %s:\n%s", c.in, c.out, c.args, out)
		}
		if c.out == "d.pt" || c.out == "a.onnx" {
			continue
		}
		got := predictions(c.out)
		for i := range want {
			a, x, _ := strings.Cut(want[i], ",")
			b, y, _ := strings.Cut(got[i], ",")
			p, _ := strconv.ParseFloat(x, 64)
			q, err := strconv.ParseFloat(y, 64)
			if a != b || err != nil || !(math.Abs(p-q) <= 0.01) {
				t.Fatalf("%s: row %d is predicted as %s, by the first model %s", c.out, i, got[i], want[i])
			}
		}
	}
	succeed(t, "train", "--data", "iris", "--ensemble", "2", "--epochs", "2", "--plot", "", "--model", "two")
	succeed(t, "convert", "two", "folded", "--fold")
	succeed(t, "convert", "two", "one.onnx", "--member", "1")
	succeed(t, "convert", "two", "half", "--precision", "bf16")
	if out, _ := succeed(t, "inspect", "half"); !strings.Contains(out, "ensemble of 2 networks\n") || !strings.Contains(out, ": BF16, F32\n") {
		t.Errorf("an ensemble in half precision:\n%s", out)
	}
	succeed(t, "train", "--data", "iris", "--ensemble", "2", "--epochs", "2", "--plot", "", "--precision", "bf16", "--model", "born-half")
	if a, b := read(t, "half"), read(t, "born-half"); !bytes.Equal(a, b) {
		t.Error("train --ensemble 2 --precision bf16 writes another file than convert --precision bf16")
	}
	succeed(t, "convert", "two", "two.onnx")
	odd := bytes.Replace(read(t, "two.onnx"), []byte("sinew"), []byte("s\x1bnew"), 1) // the producer
	write(t, "odd.onnx", odd)
	if out, _ := succeed(t, "inspect", "odd.onnx"); strings.Contains(out, "\x1b") || !strings.Contains(out, `producer    "s\x1bnew"`) {
		t.Errorf("a file can write to the terminal:\n%q", out)
	}
	write(t, "odd.onnx", bytes.Replace(read(t, "two.onnx"), []byte("\x22\x03Sum"), []byte("\x22\x03S\x1bm"), 1)) // an operator
	if _, _, errs := sinew(t, "", "inspect", "odd.onnx"); !strings.Contains(errs, `operator S\x1bm (opset 17)`) {
		t.Errorf("a file can write to the terminal by an error:\n%q", errs)
	}
	if out, _ := succeed(t, "inspect", "two.onnx"); !strings.Contains(out, "arithmetic  224 multiply-adds per row\n") || !strings.Contains(out, "parameters  263\n") ||
		!strings.Contains(out, `chain       no: not a chain of dense layers: operator Sum (opset 17), node "mean/Sum"`) {
		t.Errorf("an ensemble in ONNX:\n%s", out)
	}
	before, err := os.ReadFile("a.onnx")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"model.safetensors a.onnx", exitError, "a.onnx exists: give another name, or --force"},
		{"model.safetensors ./model.safetensors --force", exitError, "are the same file"},
		{"model.safetensors x --to keras", exitUsage, `--to "keras": want sinew, onnx or torch`},
		{"model.safetensors x --to torch", exitUsage, "use --fold"},
		{"model.safetensors x.onnx --precision f16", exitUsage, "--precision f16 goes with --to sinew"},
		{"model.safetensors x --precision f8", exitUsage, `--precision "f8"`},
		{"model.safetensors x --loss mse", exitUsage, "--loss goes with an ONNX model or a state dict"},
		{"model.safetensors x --activation relu", exitUsage, "--activation goes with a state dict"},
		{"model.safetensors x --member 0", exitUsage, "--member goes with an ensemble"},
		{"model.safetensors x --classes a,b", exitUsage, "--classes"},
		{"two x --to torch", exitUsage, "take one with --member"},
		{"two.onnx x", exitError, `two.onnx: onnx: not a chain of dense layers: operator Sum (opset 17), node "mean/Sum": two operands depend on the inputs`},
		{"two x --member 2", exitUsage, "--member 2: want 0...1"},
		{"two x --member -1", exitUsage, "--member -1: want a number from 0 up"},
		{"d.pt x --loss hinge", exitUsage, `--loss: unknown loss "hinge"`},
		{"missing x", exitError, "missing"},
		{"model.safetensors missing/x", exitError, "cannot write"},
		{"model.safetensors", exitUsage, "accepts 2 arg(s)"},
		{"rows.csv x", exitError, "rows.csv"},
	} {
		code, _, errs := sinew(t, "", append([]string{"convert"}, strings.Fields(c.args)...)...)
		if code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("convert %s: exit status %d, stderr %q, want %d and %q", c.args, code, errs, c.code, c.want)
		}
	}
	if after, err := os.ReadFile("a.onnx"); err != nil || !bytes.Equal(before, after) {
		t.Error("a file was replaced")
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("a file was written in spite of an error")
	}
}

func TestInspect(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "train", "--data", "wine", "--hidden", "5", "--norm", "layer", "--prep", "pca:4,standardize", "--epochs", "1", "--plot", "")
	out, _ := succeed(t, "inspect", "--tensors", defaultModel)
	for _, want := range []string{
		"kind        network\n", "preparation (x - mean) · matrix, 13 inputs to 4\n", "classes     class_0, class_1, class_2\n", "parameters  53\n",
		"arithmetic  87 multiply-adds per row\n", "loss        softmax-cross-entropy\n", "layers.0.weight", "[4 5]", "input.matrix",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("inspect does not print %q:\n%s", want, out)
		}
	}
	succeed(t, "convert", defaultModel, "m.onnx")
	text, _ := succeed(t, "inspect", "--json", defaultModel, "m.onnx")
	var found []inspection
	for line := range strings.Lines(text) {
		var v inspection
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		found = append(found, v)
	}
	if len(found) != 2 || found[0].Networks[0].Weights != found[1].Networks[0].Weights || found[0].SHA256 == found[1].SHA256 || found[0].Networks[0].Inputs != 13 {
		t.Errorf("inspect --json:\n%s", text)
	}
	var b bytes.Buffer
	err := safetensors.Write(&b, []safetensors.Tensor{safetensors.NewFloat32("a\x1b[2J", []int{2, 3}, make([]float32, 6))}, map[string]string{"by": "someone", "b\x1b[2J": "x"})
	if err != nil {
		t.Fatal(err)
	}
	write(t, "other.safetensors", b.Bytes())
	out, _ = succeed(t, "inspect", "--tensors", "other.safetensors")
	for _, want := range []string{"kind        safetensors\n", "tensors     1, of 6 numbers: F32\n", `metadata    by: "someone"`, `"a\x1b[2J"`, `metadata    "b\x1b[2J": "x"`, "[2 3]"} {
		if !strings.Contains(out, want) {
			t.Errorf("inspect does not print %q:\n%q", want, out)
		}
	}
	header := `{"a":{"dtype":"\u001b[2J","shape":[1],"data_offsets":[0,0]}}`
	write(t, "odd.safetensors", append([]byte{byte(len(header)), 0, 0, 0, 0, 0, 0, 0}, header...))
	if out, _ = succeed(t, "inspect", "--tensors", "odd.safetensors"); strings.Contains(out, "\x1b") || strings.Count(out, `"\x1b[2J"`) != 2 {
		t.Errorf("inspect prints %q", out)
	}
	succeed(t, "train", "--data", "iris", "--hidden", "4", "--epochs", "3", "--plot", "", "--checkpoint", "run.ckpt", "--model", "x")
	out, _ = succeed(t, "inspect", "run.ckpt")
	for _, want := range []string{"kind        checkpoint\n", "run         3 of 3 epochs, 21 updates\n", "data        sha256:", "validation  sha256:", "parameters  35\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("inspect does not print %q:\n%s", want, out)
		}
	}
	for name, c := range map[string]struct{ content, want string }{
		"missing":   {"", "missing"},
		"empty":     {"", "empty"},
		"data.csv":  {"sepal,petal\n1,2\n", "data.csv: neither a safetensors file nor an ONNX model"},
		"state.pt":  {"PK\x03\x04\x00\x00\x08\x08\x00\x00", "state.pt: a zip archive, as .pt, .keras and .npz files are: want safetensors or ONNX. In PyTorch save with safetensors.torch.save_file("},
		"model.h5":  {"\x89HDF\r\n\x1a\n\x00\x00", "model.h5: an HDF5 file"},
		"model.pkl": {"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00", "model.pkl: a Python pickle"},
		"cut.onnx":  {"\x08\x08\x3a\x7f", "cut.onnx: damaged, or not an ONNX model: unexpected EOF"},
		".":         {"", "a directory: want a regular file"},
	} {
		if name != "missing" && name != "." {
			write(t, name, []byte(c.content))
		}
		if code, _, errs := sinew(t, "", "inspect", name); code != exitError || !strings.Contains(errs, c.want) {
			t.Errorf("inspect %s: exit status %d, %q, want %q", name, code, errs, c.want)
		}
	}
}

// TestPredictArrays predicts arrays, to arrays and to text.
func TestPredictArrays(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "train", "--data", "iris", "--epochs", "5", "--plot", "")
	x, _ := fixtures.Iris()
	var npy bytes.Buffer
	if err := data.WriteNPY(&npy, x, 150, 4); err != nil {
		t.Fatal(err)
	}
	write(t, "x.npy", npy.Bytes())
	write(t, "x.csv", irisCSV(true, ","))
	fromCSV, _ := succeed(t, "predict", "--inputs", "1,2,3,4", "x.csv")
	fromNPY, _ := succeed(t, "predict", "x.npy")
	if code, piped, errs := sinew(t, npy.String(), "predict"); code != 0 || fromCSV != fromNPY || piped != fromNPY {
		t.Errorf("CSV, NPY and NPY from standard input differ: %s", errs)
	}
	succeed(t, "predict", "--output", "y.npy", "x.npy")
	f, err := os.Open("y.npy")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := net.LoadFile(defaultModel)
	if err != nil {
		t.Fatal(err)
	}
	a, err := data.ReadNPY(f)
	if err != nil || len(a.Shape) != 2 || a.Shape[0] != 150 || a.Shape[1] != 3 {
		t.Fatalf("y.npy: %v, %v", a, err)
	}
	for i, v := range m.NewPredictor(150).Predict(x) {
		if a.Data[i] != v {
			t.Fatalf("y.npy has %g at %d, the library says %g", a.Data[i], i, v)
		}
	}
	out, _ := succeed(t, "predict", "--probabilities", "x.npy")
	lines := strings.Split(out, "\n")
	if len(lines) != 152 || !strings.Contains(lines[0], "setosa,versicolor,virginica") || !strings.HasPrefix(lines[1], "setosa,0.") || strings.Count(lines[1], ",") != 3 {
		t.Errorf("--probabilities:\n%s", out)
	}
	succeed(t, "predict", "--output", "y.csv", "--probabilities", "x.npy")
	if text, err := os.ReadFile("y.csv"); err != nil || string(text) != out {
		t.Errorf("--output y.csv differs from standard output (%v)", err)
	}
	write(t, "bad.csv", []byte("1,2,3,4\n1,2,x,4\n"))
	write(t, "holes.csv", []byte("1,2,,4\n1,2,3,4\n"))
	if out, _ := succeed(t, "predict", "--missing", "fill", "--fill", "3", "holes.csv"); strings.Count(out, "\n") != 2 || strings.Split(out, "\n")[0] != strings.Split(out, "\n")[1] {
		t.Errorf("--missing fill:\n%s", out)
	}
	if out, _ := succeed(t, "predict", "--missing", "drop", "holes.csv"); strings.Count(out, "\n") != 1 {
		t.Errorf("--missing drop:\n%s", out)
	}
	var wide bytes.Buffer
	if err := data.WriteNPY(&wide, x, 300, 2); err != nil {
		t.Fatal(err)
	}
	write(t, "wide.npy", wide.Bytes())
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"predict --output y.csv bad.csv", exitError, "bad.csv: line 2, column 3"},
		{"predict wide.npy", exitError, "wide.npy has 2 columns: the model has 4 inputs"},
		{"predict --ignore 1 x.npy", exitUsage, "--ignore goes with a CSV file: x.npy is npy"},
		{"predict --format json x.npy", exitUsage, `--format "json": want csv or npy`},
		{"predict --divide 0 x.npy", exitUsage, `--divide "0"`},
		{"predict --missing mean x.csv", exitUsage, "--missing mean"},
		{"predict --header=maybe x.csv", exitUsage, `--header "maybe"`},
		{"predict --inputs nine x.csv", exitError, "nine"},
	} {
		code, _, errs := sinew(t, "", strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("sinew %s: exit status %d, stderr %q, want %d and %q", c.args, code, errs, c.code, c.want)
		}
	}
	if text, err := os.ReadFile("y.csv"); err != nil || string(text) != out {
		t.Error("an error replaced the file of --output")
	}
}

// TestEvalOutputs has eval's other ways out.
func TestEvalOutputs(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "train", "--data", "breast-cancer", "--loss", "binary-cross-entropy", "--epochs", "5", "--plot", "")
	text, _ := succeed(t, "eval", "--data", "breast-cancer", "--json", "--plot-confusion", "c.svg")
	var v struct {
		Rows      int
		Figures   map[string]float64
		Classes   []string
		Confusion []int
		Scores    []classScores
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	if v.Rows != 113 || !(v.Figures["accuracy"] > 0.8 && v.Figures["ROC AUC"] > 0.9) || len(v.Confusion) != 4 || v.Classes[0] != "malignant" || len(v.Scores) != 2 || !(v.Scores[1].F1 > 0.8) || !strings.Contains(text, `"precision":`) {
		t.Errorf("eval --json: %s", text)
	}
	if picture, err := os.ReadFile("c.svg"); err != nil || !bytes.Contains(picture, []byte("malignant")) {
		t.Errorf("c.svg: %v", err)
	}
	if code, _, errs := sinew(t, "", "eval", "--data", "breast-cancer", "--all", "--test", "0.5"); code != exitUsage || !strings.Contains(errs, "--test does not go with --all") {
		t.Errorf("exit status %d, %q", code, errs)
	}
	succeed(t, "train", "--data", "diabetes", "--epochs", "2", "--plot", "")
	if code, _, errs := sinew(t, "", "eval", "--data", "diabetes", "--plot-confusion", "d.svg"); code != exitUsage || !strings.Contains(errs, "--plot-confusion goes with labels") {
		t.Errorf("exit status %d, %q", code, errs)
	}
	if out, _ := succeed(t, "eval", "--data", "diabetes", "--all"); !strings.Contains(out, "root mean squared error") || !strings.Contains(out, "diabetes: all 442 rows") {
		t.Errorf("eval:\n%s", out)
	}
}
