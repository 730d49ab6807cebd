package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

// sinew runs the command and returns what it gave.
func sinew(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

// succeed runs the command and fails the test if the command does.
func succeed(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	code, stdout, stderr := sinew(t, "", args...)
	if code != 0 {
		t.Fatalf("sinew %q: exit status %d\n%s", args, code, stderr)
	}
	return stdout, stderr
}

// lineWith returns the line of text that begins with prefix.
func lineWith(t *testing.T, text, prefix string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, prefix) {
			return line
		}
	}
	t.Fatalf("no line begins with %q in:\n%s", prefix, text)
	return ""
}

func TestWrongUsage(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		args string
		want string
	}{
		{"trian", `unknown command "trian": did you mean train?`},
		{"train extra", `unknown command "extra" for "sinew train"`},
		{"train --bogus", "unknown flag: --bogus"},
		{"train --seed x", `--seed "x": want a whole number in [0, 2⁶⁴)`},
		{"train --seed -1", `--seed "-1": want a whole number in [0, 2⁶⁴)`},
		{"train --data mnist", `--data "mnist": want a bundled data set (digits, iris, wine, breast-cancer, diabetes) or a file`},
		{"train --hidden 12,x", `--hidden "12,x": "x" is not a number of units`},
		{"train --hidden 0", `--hidden "0"`},
		{"train --activation swish", `--activation: unknown activation "swish"`},
		{"train --optimizer lion", `--optimizer: optimizer: unknown name "lion"; known: adagrad, adam, adamw, rmsprop, rprop, sgd`},
		{"train --momentum 0.5", "--momentum goes with --optimizer sgd or rmsprop"},
		{"train --rate 0", "--rate 0: want a finite number above 0"},
		{"train --rate NaN", "--rate NaN"},
		{"train --rate +Inf", "--rate +Inf"},
		{"train --batch 0", "--batch 0: want at least 1"},
		{"train --epochs 0", "--epochs 0: want at least 1"},
		{"train --test 1", "--test 1: want a share in [0, 1)"},
		{"train --test NaN", "--test NaN"},
		{"train --test 0.999", "--test 0.999, --validation 0.1: leave no rows of digits to train on"},
		{"train --model=", "--model is empty"},
		{"train --plot curves.gif", `--plot "curves.gif": want a name that ends in .png or .svg`},
		{"train --plot a.png --model ./a.png", "are the same file"},
		{"eval --test 0", "leaves no rows of digits to test on"},
		{"eval extra", "unknown command"},
		{"predict a b", "accepts at most 1 arg(s)"},
		{"predict --row 1", "--row goes with --data"},
		{"predict --row 1 --data iris x.csv", "--row goes without FILE"},
		{"predict --data mnist", `--data "mnist"`},
		{"info a b", "accepts at most 1 arg(s)"},
	} {
		code, out, errs := sinew(t, "", strings.Fields(c.args)...)
		if code != exitUsage || out != "" || !strings.HasPrefix(errs, "sinew: ") || !strings.Contains(errs, c.want) {
			t.Errorf("sinew %s: exit status %d, stdout %q, stderr %q\nwant status %d and an error with %q", c.args, code, out, errs, exitUsage, c.want)
		}
		if strings.Count(errs, "\n") != 2 || !strings.Contains(errs, "--help' for usage.") {
			t.Errorf("sinew %s: stderr %q: want the error and where to find help, no more", c.args, errs)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{nil, {"--help"}, {"help"}, {"help", "train"}, {"train", "--help"}, {"eval", "-h"}, {"predict", "--help"}, {"info", "--help"}, {"search", "--help"}, {"check", "--help"}, {"inspect", "--help"}, {"convert", "--help"}} {
		out, errs := succeed(t, args...)
		if !strings.Contains(out, "Examples:\n") || errs != "" {
			t.Errorf("sinew %q: want help with examples on standard output, got %q and %q", args, out, errs)
		}
	}
	out, _ := succeed(t, "--version")
	if out != "sinew version "+version()+"\n" {
		t.Errorf("sinew --version: %q", out)
	}
}

func TestFullDisk(t *testing.T) {
	broken := writerFunc(func([]byte) (int, error) { return 0, errors.New("no space left") })
	var errs bytes.Buffer
	code := run(t.Context(), []string{"info"}, nil, broken, &errs)
	if code != exitError || errs.String() != "sinew: standard output: no space left\n" {
		t.Errorf("exit status %d, stderr %q", code, errs.String())
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// onText returns a context and a writer that ends it when it is given the text.
func onText(t *testing.T, text string, w io.Writer) (context.Context, io.Writer) {
	ctx, cancel := context.WithCancel(t.Context())
	return ctx, writerFunc(func(p []byte) (int, error) {
		if bytes.Contains(p, []byte(text)) {
			cancel()
		}
		return w.Write(p)
	})
}
