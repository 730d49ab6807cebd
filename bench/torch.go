package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

//go:embed torch_step.py
var torchScript string

// torch is a Python process that answers each line on its input, a case and a number
// of repetitions, with the seconds these took: so PyTorch takes turns like the others.
type torch struct {
	in  io.WriteCloser
	out *bufio.Reader
}

// loadTorch starts the process; stop ends it.
func loadTorch(python string) (p stepPeer, stop func(), err error) {
	stop = func() {}
	pythons := []string{"python3", "/usr/bin/python3"}
	if python != "" {
		pythons = []string{python}
	}
	for _, python := range pythons {
		command := exec.Command(python, "-c", torchScript)
		command.Stderr = os.Stderr
		var t torch
		if t.in, err = command.StdinPipe(); err != nil {
			continue
		}
		out, e := command.StdoutPipe()
		if err = e; err != nil {
			continue
		}
		if err = command.Start(); err != nil {
			continue
		}
		t.out = bufio.NewReader(out)
		end := func() {
			t.in.Close()
			command.Wait()
		}
		version, e := t.out.ReadString('\n') // nothing if torch is missing
		if e == nil {
			return stepPeer{"PyTorch", strings.TrimSpace(version) + ", eager", t.start}, end, nil
		}
		end()
		err = fmt.Errorf("%s has no torch", python)
	}
	return p, stop, err
}

// start does not hand over parameters, so there is no result to compare.
func (t *torch) start(k *stepCase) (stepRun, error) {
	what := k.optimizer
	if what == "" {
		what = "predict"
	}
	return stepRun{close: func() {}, work: func(reps int) float64 {
		fmt.Fprintln(t.in, what, k.rate, k.rows, reps, strings.Trim(fmt.Sprint(k.size), "[]"))
		answer, err := t.out.ReadString('\n')
		if err != nil {
			panic("PyTorch ended early: " + err.Error()) // its own message is on stderr
		}
		seconds, err := strconv.ParseFloat(strings.TrimSpace(answer), 64)
		if err != nil {
			panic("PyTorch answered " + answer)
		}
		return seconds
	}}, nil
}
