package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/data"
)

// holes is a file whose column a is missing in some rows and huge in others, so that a mean
// tells which rows it was taken over.
func holes() string {
	var b strings.Builder
	b.WriteString("id;a;b;kind\n")
	for i := range 60 {
		a := fmt.Sprint(1 << (i % 20))
		if i%7 == 3 {
			a = "?"
		}
		fmt.Fprintf(&b, "%d;%s;%d;%s\n", i, a, 40-i, []string{"yes", "no"}[i%2])
	}
	return b.String()
}

// TestMissingMeans fills with means that know neither test nor validation rows, and takes
// the same means for what is predicted and measured later.
func TestMissingMeans(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "holes.csv", []byte(holes()))
	args := strings.Fields("--data holes.csv --separator ; --label kind --ignore id --missing mean --epochs 3")
	out, _ := succeed(t, append([]string{"train", "--plot", "", "--save-config", "run.json", "--report", "r.html"}, args...)...)
	if page, err := os.ReadFile("r.html"); err != nil || !bytes.Contains(page, []byte("9, filled with the means")) {
		t.Errorf("the report does not say what was filled (%v)", err)
	}
	if !strings.Contains(out, "filled    9 missing values with the means of the training rows") {
		t.Errorf("train:\n%s", out)
	}
	c, err := readConfig("run.json")
	if err != nil {
		t.Fatal(err)
	}
	own := *c
	own.Data.CSV.Missing = data.MissingKeep
	p, err := own.Data.divide(1)
	if err != nil {
		t.Fatal(err)
	}
	sum, n := 0.0, 0
	for i := 0; i < len(p.training.X); i += 2 {
		if v := p.training.X[i]; v == v {
			sum, n = sum+float64(v), n+1
		}
	}
	if want := float32(sum / float64(n)); len(c.Data.Means) != 2 || c.Data.Means[0] != want {
		t.Fatalf("means %v, those of the training rows begin with %g", c.Data.Means, want)
	}

	// The whole file with its label, one without, and one without names: the same rows.
	predicted, _ := succeed(t, "predict", "--config", "run.json", "holes.csv")
	filled := strings.ReplaceAll(holes(), "?", fmt.Sprint(c.Data.Means[0]))
	write(t, "filled.csv", []byte(filled))
	if want, _ := succeed(t, "predict", "--separator", ";", "--ignore", "id,kind", "filled.csv"); predicted != want || strings.Count(want, "\n") != 60 {
		t.Errorf("predict --config:\n%swant\n%s", predicted, want)
	}
	var fewer, bare strings.Builder
	for i, line := range strings.Split(strings.TrimSpace(holes()), "\n") {
		f := strings.Split(line, ";")
		fewer.WriteString(strings.Join(f[:3], ";") + "\n")
		if i > 0 {
			bare.WriteString(strings.Join(f[1:3], ";") + "\n")
		}
	}
	for _, text := range []string{fewer.String(), bare.String()} {
		code, got, errs := sinew(t, text, "predict", "--config", "run.json")
		if code != 0 || got != predicted {
			t.Errorf("%q: exit status %d\n%s%s", text[:20], code, got, errs)
		}
	}
	if code, _, errs := sinew(t, holes(), "predict", "--config", "run.json", "--missing", "error"); code != exitError || !strings.Contains(errs, `line 5, column 2 ("a")`) || !strings.Contains(errs, "--missing") {
		t.Errorf("a flag goes before the configuration: exit status %d, %s", code, errs)
	}
	measured, _ := succeed(t, "eval", "--config", "run.json", "--all")
	if want, _ := succeed(t, "eval", "--config", "run.json", "--data", "filled.csv", "--all"); lineWith(t, measured, "test ") != lineWith(t, want, "test ") {
		t.Errorf("eval --all:\n%swant\n%s", measured, want)
	}
	// A search has means of its own in each fold.
	succeed(t, append([]string{"search", "--folds", "3", "--try", "rate=1e-3|1e-2", "--output", "best.json"}, args...)...)

	write(t, "short.json", []byte(`{"data": {"file": "holes.csv", "csv": {"label": "kind", "missing": "mean"}}}`))
	if code, _, errs := sinew(t, "", "predict", "--config", "short.json", "filled.csv"); code != exitError || !strings.Contains(errs, "no means of the training rows") {
		t.Errorf("a configuration without means: exit status %d, %s", code, errs)
	}
	if code, _, errs := sinew(t, "", append([]string{"train", "--missing", "keep"}, args[:6]...)...); code != exitUsage || !strings.Contains(errs, "want error, drop, mean or fill") {
		t.Errorf("--missing keep: exit status %d, %s", code, errs)
	}
}

// TestPredictUnnamed has a column without a name, as spreadsheets and pandas write, for an input.
func TestPredictUnnamed(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "rows.csv", []byte(",a,y\n0,1,3\n1,2,5\n2,3,6\n3,5,5\n"))
	write(t, "inputs.csv", []byte(",a\n0,1\n1,2\n2,3\n3,5\n"))
	succeed(t, strings.Fields("train --data rows.csv --target y --test 0 --validation 0 --epochs 1 --plot= --save-config run.json")...)
	want, _ := succeed(t, "predict", "inputs.csv")
	if got, _ := succeed(t, "predict", "--config", "run.json", "rows.csv"); got != want || strings.Count(want, "\n") != 4 {
		t.Errorf("predict --config:\n%swant\n%s", got, want)
	}
}

// TestPredictDivides takes the divisor of arrays from the configuration, and NPY from
// standard input compressed as well.
func TestPredictDivides(t *testing.T) {
	t.Chdir(t.TempDir())
	images, labels := digitsIDX()
	write(t, "images", images)
	write(t, "labels", labels)
	succeed(t, strings.Fields("train --data images --targets labels --divide 16 --epochs 2 --hidden 8 --plot= --save-config run.json")...)
	got, _ := succeed(t, "predict", "--config", "run.json", "images")
	want, _ := succeed(t, "predict", "--divide", "16", "images")
	other, _ := succeed(t, "predict", "--config", "run.json", "--divide", "1", "images")
	if got != want || got == other {
		t.Error("predict --config does not divide as training did")
	}

	var npy, packed bytes.Buffer
	if err := data.WriteNPY(&npy, []float32{1, 2, 3, 4}, 1, 4); err != nil {
		t.Fatal(err)
	}
	w := gzip.NewWriter(&packed)
	w.Write(npy.Bytes())
	w.Close()
	succeed(t, "train", "--data", "iris", "--epochs", "1", "--plot", "")
	plain, _ := succeed(t, "predict", "--data", "iris", "--row", "0")
	code, out, errs := sinew(t, packed.String(), "predict")
	if code != 0 || strings.Count(out, "\n") != strings.Count(plain, "\n") {
		t.Errorf("NPY with gzip from standard input: exit status %d\n%s%s", code, out, errs)
	}
	if _, err := os.Stat("curves.png"); err == nil {
		t.Error("--plot= drew curves")
	}
}

// TestMissingPolicyOfConfig changes the policy of a configuration that fills with values.
func TestMissingPolicyOfConfig(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "holes.csv", []byte(holes()))
	data := strings.Fields("train --data holes.csv --separator ; --label kind --ignore id --epochs 1 --plot=")
	succeed(t, append(data, strings.Fields("--missing fill --fill 3 --save-config run.json")...)...)
	for policy, want := range map[string]string{"mean": "filled    9 missing values", "drop": "dropped   9 rows", "fill": "data      "} {
		out, _ := succeed(t, "train", "--config", "run.json", "--missing", policy, "--plot", "", "--save-config", policy+".json")
		if !strings.Contains(out, want) {
			t.Errorf("--missing %s:\n%s", policy, out)
		}
		if c, err := readConfig(policy + ".json"); err != nil || (c.Data.CSV.Fill != nil) != (policy == "fill") {
			t.Errorf("--missing %s: fill %v (%v)", policy, c.Data.CSV.Fill, err)
		}
	}
	for _, args := range []string{"--config mean.json --fill 2", "--config run.json --missing drop --fill 2"} {
		code, _, errs := sinew(t, "", append([]string{"train", "--plot", ""}, strings.Fields(args)...)...)
		if code != exitUsage || !strings.Contains(errs, "fill values go with --missing fill, not with "+map[bool]string{true: "mean", false: "drop"}[strings.Contains(args, "mean")]) {
			t.Errorf("%s: exit status %d, %s", args, code, errs)
		}
	}
}
