package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/net"
)

// saved writes a model of two inputs to model.safetensors in a new working directory: its
// outputs are the inputs, plus ½ on the first.
func saved(t *testing.T, loss net.Loss) {
	t.Helper()
	t.Chdir(t.TempDir())
	m, err := net.New(net.Config{Inputs: 2, Layers: []net.Layer{{Units: 2}}, Loss: loss})
	if err != nil {
		t.Fatal(err)
	}
	copy(m.Params(), []float32{1, 0, 0, 1, 0.5, 0})
	if err := m.SaveFile(defaultModel); err != nil {
		t.Fatal(err)
	}
}

func TestPredictFormats(t *testing.T) {
	saved(t, net.HalfSquaredError)
	const want = "1.5,2\n-1,0.25\n"
	for name, input := range map[string]string{
		"plain":           "1,2\n-1.5,0.25\n",
		"no newline":      "1,2\n-1.5,0.25",
		"CRLF, spaces":    " 1 , 2\r\n-1.5,\t0.25 \r\n",
		"empty lines":     "\n1,2\n\n\n-1.5,0.25\n\n",
		"quotes":          "\"1\",\"2\"\n-1.5,0.25\n",
		"byte order mark": "\ufeff1,2\n-1.5,0.25\n",
		"exponents":       "1e0,+2\n-15e-1,.25\n",
	} {
		if code, out, errs := sinew(t, input, "predict"); code != 0 || out != want {
			t.Errorf("%s: exit status %d, stdout %q, want %q; %s", name, code, out, want, errs)
		}
	}
	if code, out, errs := sinew(t, "length,width\n1,2\n-1.5,0.25\n", "predict", "--header", "-"); code != 0 || out != want {
		t.Errorf("--header: exit status %d, stdout %q, want %q; %s", code, out, want, errs)
	}
	if code, out, errs := sinew(t, "", "predict"); code != 0 || out != "" || errs != "" {
		t.Errorf("no rows: exit status %d, stdout %q, stderr %q", code, out, errs)
	}
}

func TestPredictClasses(t *testing.T) {
	saved(t, net.SoftmaxCrossEntropy)
	// The logits are 0.5 and 0.5; 9.5 and 0.
	if code, out, errs := sinew(t, "0,0.5\n9,0\n-9,3\n", "predict"); code != 0 || out != "0,0.5000\n0,0.9999\n1,1.0000\n" {
		t.Errorf("exit status %d, stdout %q, stderr %q", code, out, errs)
	}
}

func TestPredictErrors(t *testing.T) {
	saved(t, net.HalfSquaredError)
	for _, c := range []struct{ input, want string }{
		{"3,4\n1\n", "standard input: line 2 has 1 columns: want 2"},
		{"3,4\n1,2,3\n", "standard input: line 2 has 3 columns: want 2"},
		{"3,4\n\n\n1,x\n", `standard input: line 4, column 2: "x": want a number`},
		{"3,4\n,2\n", `line 2, column 1: the value is missing ("")`},
		{"3,4\nNaN,2\n", `line 2, column 1: the value is missing ("NaN")`},
		{"3,4\n1,-Inf\n", `line 2, column 2: "-Inf": want a number`},
		{"3,4\n1,1e39\n", `line 2, column 2: "1e39": beyond float32`},
		{"3,4\n1,1\"\n", `line 2, byte 4: bare`},
	} {
		// What came before the bad row is printed.
		code, out, errs := sinew(t, c.input, "predict")
		if code != exitError || out != "3.5,4\n" || !strings.HasPrefix(errs, "sinew: ") || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: exit status %d, stdout %q, stderr %q, want one line with %q", c.input, code, out, errs, c.want)
		}
	}
	if err := os.WriteFile("rows.csv", []byte("1,y\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("damaged", []byte("not a model"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"predict rows.csv", `rows.csv: line 1, column 2: "y": want a number`},
		{"predict missing.csv", "missing.csv"},
		{"predict --model missing", "missing"},
		{"predict --model damaged", "damaged"},
		{"eval --model missing", "missing"},
		{"eval --model damaged", "damaged"},
		{"eval", "model.safetensors has 2 inputs and 2 outputs: digits has 64 and 10"},
		{"predict --data iris --row 0", "model.safetensors has 2 inputs and 2 outputs: iris has 4 and 3"},
		{"info missing", "missing"},
		{"info damaged", "damaged"},
	} {
		code, _, errs := sinew(t, "", strings.Fields(c.args)...)
		if code != exitError || !strings.HasPrefix(errs, "sinew: ") || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("sinew %s: exit status %d, stderr %q, want one line with %q", c.args, code, errs, c.want)
		}
	}
}

func TestPredictRowRange(t *testing.T) {
	t.Chdir(t.TempDir())
	m, err := net.New(net.Config{Inputs: 4, Layers: []net.Layer{{Units: 3}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.SaveFile(defaultModel); err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{"-1", "150"} {
		code, _, errs := sinew(t, "", "predict", "--data", "iris", "--row", row)
		if code != exitUsage || !strings.Contains(errs, "--row "+row+": want 0...149, the rows of iris") {
			t.Errorf("--row %s: exit status %d, stderr %q", row, code, errs)
		}
	}
	succeed(t, "predict", "--data", "iris", "--row", "149")
}

// TestPredictStreams writes a row only after the prediction of the row before has come.
func TestPredictStreams(t *testing.T) {
	saved(t, net.HalfSquaredError)
	stdin, rows := io.Pipe()
	predictions, stdout := io.Pipe()
	done := make(chan int)
	go func() {
		code := run(t.Context(), []string{"predict"}, stdin, stdout, io.Discard)
		stdout.Close()
		done <- code
	}()
	lines := bufio.NewScanner(predictions)
	for range 3 {
		io.WriteString(rows, "1,2\n")
		if !lines.Scan() || lines.Text() != "1.5,2" {
			t.Fatalf("got %q (%v)", lines.Text(), lines.Err())
		}
	}
	rows.Close()
	if code := <-done; code != 0 {
		t.Errorf("exit status %d", code)
	}
}

// TestPredictBatches predicts more rows than fit into a batch and into the read buffer.
func TestPredictBatches(t *testing.T) {
	saved(t, net.HalfSquaredError)
	const n = 20000
	code, out, errs := sinew(t, strings.Repeat("1,2\n", n)+"4,5\n", "predict")
	if code != 0 || out != strings.Repeat("1.5,2\n", n)+"4.5,5\n" {
		t.Errorf("exit status %d, %d bytes of output, stderr %q", code, len(out), errs)
	}
}

func TestPredictInterrupted(t *testing.T) {
	saved(t, net.HalfSquaredError)
	var out, errs bytes.Buffer
	ctx, stdout := onText(t, "1.5,2", &out)
	code := run(ctx, []string{"predict"}, strings.NewReader(strings.Repeat("1,2\n", 1000)), stdout, &errs)
	if code != exitInterrupted || strings.Count(out.String(), "\n") >= 1000 {
		t.Errorf("exit status %d, %d rows, stderr %q", code, strings.Count(out.String(), "\n"), errs.String())
	}
}
