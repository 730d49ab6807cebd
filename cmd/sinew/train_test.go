package main

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/net"
)

// quick are flags for a run that takes a fraction of a second and still learns.
var quick = []string{"train", "--hidden", "32", "--epochs", "3"}

// trained runs train in a new directory, which becomes the working directory.
func trained(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	t.Chdir(t.TempDir())
	return succeed(t, append(quick[:len(quick):len(quick)], args...)...)
}

func TestTrainEvalPredict(t *testing.T) {
	out, errs := trained(t, "--seed", "3")
	for _, want := range []string{
		"data      digits: 1293 training, 145 validation, 359 test rows\n",
		"network   64-32-10, relu, softmax-cross-entropy, 2410 parameters\n",
		"training  adam, rate 0.003, batch 32, epochs 3, seed 3, kernels ",
		"model     model.safetensors\n",
		"curves    curves.png\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("train does not print %q:\n%s", want, out)
		}
	}
	// The writer is no terminal: a line for each epoch, and no bar.
	lines := regexp.MustCompile(`^(epoch [123]/3  loss \d\.\d{4}  accuracy  \d\d\.\d\d%  validation loss \d\.\d{4}  accuracy  \d\d\.\d\d%\n){3}$`)
	if !lines.MatchString(errs) {
		t.Errorf("progress on standard error:\n%s", errs)
	}
	f, err := os.Open("curves.png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if img, err := png.Decode(f); err != nil || img.Bounds().Dx() != 1320 || img.Bounds().Dy() != 540 {
		t.Errorf("curves.png: %v", err)
	}

	evaluated, _ := succeed(t, "eval", "--seed", "3")
	if got, want := lineWith(t, evaluated, "test "), lineWith(t, out, "test "); got != want {
		t.Errorf("eval prints %q, train printed %q", got, want)
	}
	other, _ := succeed(t, "eval", "--seed", "4")
	if lineWith(t, other, "test ") == lineWith(t, out, "test ") {
		t.Error("eval of another seed measures the same rows")
	}

	m, err := net.LoadFile("model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	x, _ := fixtures.Digits()
	p := m.NewPredictor(1)
	var csv, want strings.Builder
	for row := range 10 {
		pixels := x[row*64:][:64]
		outputs := p.Predict(pixels)
		line := fmt.Sprintf("%d,%.4f\n", net.Class(outputs), outputs[net.Class(outputs)])
		if got, _ := succeed(t, "predict", "--data", "digits", "--row", fmt.Sprint(row)); got != line {
			t.Errorf("predict --row %d prints %q, the library says %q", row, got, line)
		}
		want.WriteString(line)
		csv.WriteString(strings.ReplaceAll(strings.Trim(fmt.Sprint(pixels), "[]"), " ", ", ") + "\r\n")
	}
	if err := os.WriteFile("rows.csv", []byte(csv.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	if got, _ := succeed(t, "predict", "rows.csv"); got != want.String() {
		t.Errorf("predict of a file prints\n%swant\n%s", got, want.String())
	}
}

// TestAccuracy holds the promise of the documentation: the defaults reach 97 %.
func TestAccuracy(t *testing.T) {
	if testing.Short() {
		t.Skip("trains with the full defaults: long under emulation and the race detector")
	}
	t.Chdir(t.TempDir())
	out, _ := succeed(t, "train", "--seed", "5") // the lowest of 1...10
	var loss, percent float64
	if _, err := fmt.Sscanf(lineWith(t, out, "test "), "test loss %f, accuracy %f%%", &loss, &percent); err != nil {
		t.Fatal(err)
	}
	if !(percent >= 97) {
		t.Errorf("accuracy %g%%, want at least 97%%", percent)
	}
}

func TestIris(t *testing.T) {
	out, errs := trained(t, "--data", "iris", "--hidden", "16", "--epochs", "60", "--optimizer", "sgd", "--activation", "tanh", "--plot", "")
	if !strings.Contains(out, "training  sgd, momentum 0.9, rate 0.02, batch 16, epochs 60,") {
		t.Errorf("configuration:\n%s", out)
	}
	if n := strings.Count(errs, "\n"); n != 21 || !strings.Contains(errs, "epoch  1/60") || !strings.Contains(errs, "epoch 60/60") {
		t.Errorf("%d lines of progress, want those of epochs 1, 3, 6, ... 60:\n%s", n, errs)
	}
	if _, err := os.Stat("curves.png"); err == nil {
		t.Error(`--plot "" drew curves`)
	}
	out, _ = succeed(t, "eval", "--data", "iris")
	if !strings.Contains(out, "virginica     right\n") {
		t.Errorf("eval:\n%s", out)
	}
	out, _ = succeed(t, "predict", "--data", "iris", "--row", "0")
	if !strings.HasPrefix(out, "setosa,0.") {
		t.Errorf("predict prints %q for the first setosa", out)
	}
	if code, _, errs := sinew(t, "", "eval"); code != exitError || !strings.Contains(errs, "model.safetensors has 4 inputs and 3 outputs: digits has 64 and 10") {
		t.Errorf("eval of an iris model on digits: exit status %d, %q", code, errs)
	}
}

func TestNoTestRows(t *testing.T) {
	out, _ := trained(t, "--data", "iris", "--test", "0", "--hidden", "", "--batch", "1000")
	if strings.Contains(out, "test   ") || !strings.Contains(out, "batch 135,") || !strings.Contains(out, "network   4-3, softmax") {
		t.Errorf("train:\n%s", out)
	}
}

func TestDeterminism(t *testing.T) {
	result := func(seed string) (files, text string) {
		out, errs := trained(t, "--seed", seed, "--plot", "curves.svg")
		for _, name := range []string{"model.safetensors", "curves.svg"} {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files += string(data)
		}
		return files, regexp.MustCompile(`in \d+\.\d s`).ReplaceAllString(out, "") + errs
	}
	files, text := result("5")
	again, textAgain := result("5")
	if files != again || text != textAgain {
		t.Errorf("two runs with the same seed differ; they print\n%s\n%s", text, textAgain)
	}
	if other, _ := result("6"); files == other {
		t.Error("two seeds give the same files")
	}
}

func TestInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	var out, errs bytes.Buffer
	ctx, stderr := onText(t, "epoch      1/100000", &errs)
	args := []string{"train", "--hidden", "16", "--epochs", "100000", "--batch", "256"}
	code := run(ctx, args, nil, &out, stderr)
	if code != exitInterrupted || !strings.Contains(errs.String(), "sinew: interrupted in epoch 2 of 100000: model.safetensors holds the weights of epoch 1, the best by validation-loss\n") {
		t.Errorf("exit status %d, stderr:\n%s", code, errs.String())
	}
	for _, want := range []string{"trained   1 epochs, 6 steps", "model     model.safetensors\n", "curves    curves.png\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("stdout lacks %q:\n%s", want, out.String())
		}
	}
	evaluated, _ := succeed(t, "eval")
	if got, want := lineWith(t, evaluated, "test "), lineWith(t, out.String(), "test "); got != want {
		t.Errorf("eval prints %q, train printed %q", got, want)
	}

	before, err := os.ReadFile("model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	errs.Reset()
	code = run(ctx, args, nil, &out, &errs)
	after, err := os.ReadFile("model.safetensors")
	if code != exitInterrupted || err != nil || !bytes.Equal(before, after) || !strings.Contains(errs.String(), "nothing saved") {
		t.Errorf("interrupted before the first step: exit status %d, model kept: %t, stderr %q", code, bytes.Equal(before, after), errs.String())
	}
}

func TestSignal(t *testing.T) {
	switch runtime.GOOS {
	case "windows", "js", "wasip1", "plan9":
		t.Skip("on this system a process cannot send itself an interrupt")
	}
	t.Chdir(t.TempDir())
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	var once sync.Once
	stderr := writerFunc(func(p []byte) (int, error) { // called in training, when the signal is caught
		once.Do(func() {
			if err := self.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
		})
		return errs.Write(p)
	})
	code := run(t.Context(), []string{"train", "--hidden", "16", "--epochs", "100000"}, nil, &out, stderr)
	if _, err := net.LoadFile("model.safetensors"); code != exitInterrupted || err != nil {
		t.Errorf("exit status %d, model: %v, stderr:\n%s", code, err, errs.String())
	}
}

func TestNonFinite(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"train --rate 1e30", "put back to those before the first epoch; nothing saved: try a lower --rate than 1e+30"},
		// One step, and no rows for a validation that could notice.
		{"train --data iris --test 0.95 --epochs 1 --optimizer sgd --rate 3e38", "at epoch 1, step 1, first in the new weights of layer 0; the weights are put back"},
	} {
		t.Run("", func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.WriteFile("model.safetensors", []byte("precious"), 0o666); err != nil {
				t.Fatal(err)
			}
			code, _, errs := sinew(t, "", strings.Fields(c.args)...)
			if code != exitError || !strings.Contains(errs, c.want) {
				t.Errorf("sinew %s: exit status %d, stderr %q, want %q", c.args, code, errs, c.want)
			}
			if data, err := os.ReadFile("model.safetensors"); string(data) != "precious" {
				t.Errorf("the model file was overwritten (%v)", err)
			}
			if files, _ := filepath.Glob("*"); len(files) != 1 {
				t.Errorf("files left: %q", files)
			}
		})
	}
}

func TestCannotWrite(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("dir.png", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("file", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ flag, value, want string }{
		{"--model", "dir.png", "dir.png is not a regular file"},
		{"--curves", "dir.png", "dir.png is not a regular file"},
		{"--model", filepath.Join("missing", "m"), "cannot write"},
		{"--model", filepath.Join("file", "m"), "cannot write"},
	} {
		code, out, errs := sinew(t, "", "train", c.flag, c.value)
		if code != exitError || out != "" || !strings.Contains(errs, c.want) {
			t.Errorf("%s %s: exit status %d, stdout %q, stderr %q: want an error with %q before training", c.flag, c.value, code, out, errs, c.want)
		}
	}
}
