package main

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/mat"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

func TestInfo(t *testing.T) {
	out, _ := succeed(t, "info")
	isa := mat.ISA()
	for _, want := range []string{
		runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH,
		"kernels     " + isa.Level + ", available: " + strings.Join(isa.Available, ", ") + "\n",
		"GOMAXPROCS", "cpu         " + isa.CPU, "sinew       " + version() + "\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("info lacks %q:\n%s", want, out)
		}
	}
	saved(t, net.HalfSquaredError)
	out, _ = succeed(t, "info", defaultModel)
	if !strings.Contains(out, "loss        half-squared-error\nparameters  6\n") {
		t.Errorf("info of a model:\n%s", out)
	}
	inspected, _ := succeed(t, "inspect", defaultModel)
	if !strings.HasSuffix(out, inspected) {
		t.Errorf("info does not print what inspect does:\n%s", inspected)
	}
}

// history makes up a history; NaN stands for a run without validation.
func history(epochs int, loss, accuracy, validation float64) *train.History {
	h := new(train.History)
	for i := range epochs {
		h.Epochs = append(h.Epochs, train.Epoch{
			Epoch:      i + 1,
			Train:      train.Metrics{Loss: loss / float64(i+1), Accuracy: accuracy},
			Validation: train.Metrics{Loss: validation, Accuracy: validation},
		})
	}
	return h
}

func TestBar(t *testing.T) {
	var w bytes.Buffer
	b := &bar{w: &w, members: 1}
	epochs := history(2, 1, 0.5, 0.25).Epochs
	for i := range epochs {
		for step := 1; step <= 4; step++ {
			b.update(train.Progress{Epoch: i + 1, Epochs: 2, Step: step, Steps: 4})
		}
		b.update(train.Progress{Epoch: i + 1, Epochs: 2, Step: 4, Steps: 4, Done: &epochs[i]})
	}
	b.close()
	frames := strings.Split(w.String(), "\r")
	last := frames[len(frames)-1]
	if len(frames) < 3 || !strings.HasPrefix(last, "epoch 2/2  loss 0.5000  val 25.00% 100% [====================]") || !strings.HasSuffix(last, "\n") {
		t.Errorf("frames: %q", frames)
	}
	w.Reset()
	(&bar{w: &w, members: 1}).close() // an error before the first step leaves no empty line
	if w.Len() != 0 {
		t.Errorf("a bar that was never drawn prints %q", w.String())
	}
}
