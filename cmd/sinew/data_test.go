package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/data"
	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/net"
)

// write makes a file of the working directory.
func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o666); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func zipped(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(content)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// irisCSV is iris as a table with names, and a column that is of no use.
func irisCSV(header bool, separator string) []byte {
	x, labels := fixtures.Iris()
	var b bytes.Buffer
	if header {
		b.WriteString(strings.Join([]string{"id", "sepal length", "sepal width", "petal length", "petal width", "kind\n"}, separator))
	}
	for i, l := range labels {
		fmt.Fprintf(&b, "%d", i)
		for _, v := range x[i*4:][:4] {
			fmt.Fprintf(&b, "%s%g", separator, v)
		}
		fmt.Fprintf(&b, "%s%s\n", separator, fixtures.IrisClasses[l])
	}
	return b.Bytes()
}

// idx is an IDX file of bytes.
func idx(values []byte, shape ...int) []byte {
	b := []byte{0, 0, 8, byte(len(shape))}
	for _, n := range shape {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return append(b, values...)
}

// digitsIDX are images and labels as MNIST has them.
func digitsIDX() (images, labels []byte) {
	x, l := fixtures.Digits()
	pixels := make([]byte, len(x))
	for i, v := range x {
		pixels[i] = byte(v * 16)
	}
	kinds := make([]byte, len(l))
	for i, v := range l {
		kinds[i] = byte(v)
	}
	return idx(pixels, len(l), 8, 8), idx(kinds, len(l))
}

// TestTrainFiles trains on each kind of file, and measures and predicts with the model.
func TestTrainFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "iris.csv", irisCSV(true, ","))
	write(t, "iris.csv.gz", zipped(t, irisCSV(true, ",")))
	write(t, "plain.tsv", irisCSV(false, "\t"))
	images, labels := digitsIDX()
	write(t, "images.gz", zipped(t, images))
	write(t, "labels", labels)
	x, y := fixtures.Diabetes()
	var npyX, npyY bytes.Buffer
	if err := data.WriteNPY(&npyX, x, len(y), 10); err != nil {
		t.Fatal(err)
	}
	if err := data.WriteNPY(&npyY, y, len(y)); err != nil {
		t.Fatal(err)
	}
	write(t, "x.npy", npyX.Bytes())
	write(t, "y.npy", npyY.Bytes())
	var npz bytes.Buffer
	archive := zip.NewWriter(&npz)
	for name, content := range map[string][]byte{"in.npy": npyX.Bytes(), "y.npy": npyY.Bytes()} {
		w, err := archive.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(content)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, "both.npz", npz.Bytes())
	for _, c := range []struct {
		data, train string
		network     string
		rows        string
		figure      string
	}{
		{"--data iris.csv --label kind --ignore id", "--epochs 20", "4-64-3", "iris.csv: 108 training, 12 validation, 30 test rows", "accuracy"},
		{"--data iris.csv.gz --label -1 --inputs 3,4", "--epochs 20 --hidden 8", "2-8-3", "iris.csv.gz: 108 training", "accuracy"},
		{"--data plain.tsv --separator tab --label 5 --ignore 0", "--epochs 20 --hidden 8", "4-8-3", "plain.tsv: 108 training", "accuracy"},
		{"--data iris.csv --header=yes --target sepal_length", "", "", "", ""},
		{"--data images.gz --targets labels --divide 16", "--epochs 2 --hidden 16 --batch 64", "64-16-10", "images.gz: 1293 training", "accuracy"},
		{"--data x.npy --targets y.npy", "--epochs 5 --prep standardize --scale-targets", "10-64-1", "x.npy: 319 training", "R²"},
		{"--data both.npz --inputs-name in", "--epochs 5 --prep standardize --scale-targets", "10-64-1", "both.npz: 319 training", "R²"},
		{"--data iris.csv --target 3,4 --ignore id,kind", "--epochs 5 --scale-targets", "2-64-2", "iris.csv: 108 training", "R²"},
	} {
		args := append([]string{"train", "--plot", ""}, strings.Fields(c.data+" "+c.train)...)
		code, out, errs := sinew(t, "", args...)
		if c.network == "" {
			if code != exitError || !strings.Contains(errs, "sepal_length") {
				t.Errorf("sinew %q: exit status %d, stderr %q", args, code, errs)
			}
			continue
		}
		if code != 0 || !strings.Contains(out, "network   "+c.network+",") || !strings.Contains(out, c.rows) {
			t.Errorf("sinew %q: exit status %d\n%s%s", args, code, out, errs)
			continue
		}
		evaluated, _ := succeed(t, append([]string{"eval"}, strings.Fields(c.data)...)...)
		if got, want := lineWith(t, evaluated, "test "), lineWith(t, out, "test "); got != want || !strings.Contains(got, c.figure) {
			t.Errorf("%s: eval prints %q, train printed %q: want %s", c.data, got, want, c.figure)
		}
	}
	// The last model but one knows its classes: check with one that has names.
	succeed(t, "train", "--data", "iris.csv", "--label", "kind", "--ignore", "id", "--plot", "")
	out, _ := succeed(t, "predict", "--ignore", "id,kind", "iris.csv")
	if lines := strings.Split(out, "\n"); len(lines) != 151 || !strings.HasPrefix(lines[0], "setosa,0.9") || !strings.HasPrefix(lines[149], "virginica,0.") {
		t.Errorf("predictions of iris.csv:\n%s", out)
	}
	// A bundled set by its name is not the file of that name.
	write(t, "iris", nil)
	if out, _ := succeed(t, "train", "--data", "iris", "--epochs", "1", "--plot", ""); !strings.Contains(out, "iris: 108 training") {
		t.Errorf("a file hides the bundled data set:\n%s", out)
	}
}

// TestOtherFiles has test and validation rows in files of their own.
func TestOtherFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	all := strings.SplitAfter(string(irisCSV(true, ",")), "\n")
	write(t, "rest.csv", []byte(strings.Join(all[:121], "")))
	// The classes are numbered as in training although the first is missing here.
	write(t, "some.csv", []byte(all[0]+strings.Join(all[101:121], "")))
	code, out, errs := sinew(t, "", strings.Fields("train --data rest.csv --label kind --ignore id --validation-data some.csv --test-data some.csv --epochs 40 --rate 0.01 --plot=")...)
	if code != 0 || !strings.Contains(out, "rest.csv: 120 training, 20 validation, 20 test rows") {
		t.Fatalf("exit status %d\n%s%s", code, out, errs)
	}
	if test := lineWith(t, out, "test "); !strings.Contains(test, "(20 of 20)") && !strings.Contains(test, "(19 of 20)") {
		t.Errorf("%s: the test rows are of the training set", test)
	}
	evaluated, _ := succeed(t, strings.Fields("eval --data some.csv --label kind --ignore id --all")...)
	if got, want := lineWith(t, evaluated, "test "), lineWith(t, out, "test "); got != want {
		t.Errorf("eval prints %q, train printed %q", got, want)
	}
	if !strings.Contains(evaluated, "virginica ") || !strings.Contains(evaluated, "some.csv: all 20 rows") {
		t.Errorf("eval:\n%s", evaluated)
	}
}

// TestRowWeights has a column of weights: a row of weight 0 might as well not be there, and
// in the loss one of weight 2 counts as two rows.
func TestRowWeights(t *testing.T) {
	t.Chdir(t.TempDir())
	lines := strings.SplitAfter(strings.TrimSuffix(string(irisCSV(true, ",")), "\n"), "\n")
	var all, some, twice strings.Builder
	for i, line := range lines {
		text := strings.TrimSuffix(line, "\n")
		n := i % 3
		if i == 0 {
			text, n = strings.Replace(text, "kind", "kind,count", 1), 1
			fmt.Fprintln(&all, text)
		} else {
			text = fmt.Sprintf("%s,%d", text, n)
			fmt.Fprintln(&all, text)
		}
		if n > 0 {
			fmt.Fprintln(&some, text)
		}
		for range n {
			fmt.Fprintln(&twice, text)
		}
	}
	write(t, "all.csv", []byte(all.String()))
	write(t, "some.csv", []byte(some.String()))
	write(t, "twice.csv", []byte(twice.String()))
	const how = " --label kind --ignore id"
	model := func(data string) string {
		succeed(t, strings.Fields("train --plot= --test 0 --validation 0 --epochs 5 --prep none --label kind --data "+data)...)
		file, err := os.ReadFile(defaultModel)
		if err != nil {
			t.Fatal(err)
		}
		return string(file)
	}
	want := model("some.csv --ignore id --weights count")
	if model("some.csv --ignore id,count") == want {
		t.Error("train: weights do not count")
	}
	if model("all.csv --ignore id --weights -1") != want {
		t.Error("train: rows of weight 0 count")
	}
	loss := func(data string) string {
		out, _ := succeed(t, strings.Fields("eval --all --data "+data)...)
		test, _, _ := strings.Cut(lineWith(t, out, "test "), ",")
		return test
	}
	want = loss("some.csv --weights count" + how)
	for _, data := range []string{"all.csv --weights 6" + how, "twice.csv --label kind --ignore id,count"} {
		if got := loss(data); got != want {
			t.Errorf("eval of %s prints %q, want %q", data, got, want)
		}
	}
	if got := loss("all.csv --label kind --ignore id,count"); got == want {
		t.Errorf("eval: weights do not count: %q", got)
	}
	// A configuration keeps the column, other files have it too, and check takes it.
	succeed(t, strings.Fields("train --plot= --epochs 2 --validation-data some.csv --save-config c.json --data all.csv --weights count"+how)...)
	evaluated, _ := succeed(t, "eval", "--config", "c.json")
	again, _ := succeed(t, strings.Fields("eval --data all.csv --weights count --validation 0"+how)...)
	if got, want := lineWith(t, evaluated, "test "), lineWith(t, again, "test "); got != want {
		t.Errorf("eval of the configuration prints %q, of the flags %q", got, want)
	}
	succeed(t, strings.Fields("check --data some.csv --weights count"+how)...)
	predicted, _ := succeed(t, "predict", "--config", "c.json", "all.csv")
	if want, _ := succeed(t, "predict", "--ignore", "id,kind,count", "all.csv"); predicted != want {
		t.Errorf("predict --config:\n%swant\n%s", predicted, want)
	}

	write(t, "bad.csv", []byte("x,kind,w\n1,setosa,1\n2,virginica,-2\n"))
	write(t, "nan.csv", []byte("x,kind,w\n1,setosa,1\n2,virginica,NaN\n"))
	write(t, "inf.csv", []byte("x,kind,w\n1,setosa,1\n2,virginica,Inf\n"))
	write(t, "none.csv", []byte("x,kind,w\n1,setosa,0\n2,virginica,0\n"))
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"train --label kind --weights w --data bad.csv", exitError, `bad.csv: line 3, column 3 ("w"): weight "-2": want a finite number, at least 0`},
		{"eval --all --label kind --weights w --data bad.csv", exitError, `bad.csv: line 3, column 3 ("w"): weight "-2"`},
		{"train --label kind --weights w --data nan.csv", exitError, `nan.csv: line 3, column 3 ("w"): the weight is missing ("NaN")`},
		{"train --label kind --weights w --data inf.csv", exitError, `inf.csv: line 3, column 3 ("w"): "Inf": want a number`},
		{"train --label kind --weights w --data none.csv --test 0 --validation 0", exitError, "weights of the rows sum to 0"},
		{"train --label kind --weights v --data bad.csv", exitError, `no column "v"`},
		{"train --label kind --weights kind --data bad.csv", exitError, "both the label and the weight"},
		{"train --label kind --weights w --data bad.csv --stream 10", exitUsage, "--weights goes without --stream"},
		{"train --weights w --data iris", exitUsage, "--weights goes with a file"},
	} {
		code, _, errs := sinew(t, "", strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("sinew %s: exit status %d, stderr %q: want %d, %q", c.args, code, errs, c.code, c.want)
		}
	}
}

// TestMissing goes through the policies.
func TestMissing(t *testing.T) {
	t.Chdir(t.TempDir())
	var b strings.Builder
	b.WriteString("a,b,kind\n")
	for i := range 40 {
		fmt.Fprintf(&b, "%d,%d,%s\n", i, 40-i, []string{"yes", "no"}[i%2])
	}
	b.WriteString("?,3,yes\n5,NA,no\n")
	write(t, "holes.csv", []byte(b.String()))
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"", exitError, "line 42, column 1"},
		{"--missing drop", 0, "dropped   2 rows with missing values"},
		{"--missing mean", 0, "holes.csv: 30 training, 4 validation, 8 test rows"},
		{"--missing fill --fill 1,2", 0, "holes.csv: 30 training"},
		{"--missing guess", exitUsage, `--missing "guess": want error, drop, mean or fill`},
		{"--fill x --missing fill", exitUsage, `--fill "x"`},
		{"--missing drop --missing-texts NA", exitError, `"?": want a number`},
		{"--missing drop --missing-texts NA,?", 0, "dropped   2 rows"},
	} {
		code, out, errs := sinew(t, "", append([]string{"train", "--data", "holes.csv", "--label", "kind", "--epochs", "1", "--plot", ""}, strings.Fields(c.args)...)...)
		if code != c.code || !strings.Contains(out+errs, c.want) {
			t.Errorf("%s: exit status %d, want %d and %q:\n%s%s", c.args, code, c.code, c.want, out, errs)
		}
	}
}

// TestStream trains on files that are not held in memory.
func TestStream(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "iris.csv", irisCSV(true, ","))
	images, labels := digitsIDX()
	write(t, "images", images)
	write(t, "labels", labels)
	for _, c := range []struct{ args, want string }{
		{"--data iris.csv --label kind --ignore id --stream 150 --epochs 30 --test-data iris.csv --validation-data iris.csv --prep pca:0.99 --rate cosine:0.01", "150 training, 150 validation, 150 test rows"},
		{"--data images --targets labels --divide 16 --stream 500 --epochs 2 --hidden 16", "1797 training, 0 validation, 0 test rows"},
		{"--data iris.csv --target 1 --ignore id,kind --stream 10 --epochs 3", "150 training, 0 validation, 0 test rows"},
		{"--data iris.csv --target 1 --ignore id,kind --stream 2000000000 --epochs 1", "150 training, 0 validation, 0 test rows"}, // all of them
	} {
		run := func() string {
			out, _ := succeed(t, append([]string{"train", "--plot", "", "--save-config", "stream.json", "--force"}, strings.Fields(c.args)...)...)
			if !strings.Contains(out, c.want) {
				t.Errorf("%s:\n%s", c.args, out)
			}
			model, err := os.ReadFile(defaultModel)
			if err != nil {
				t.Fatal(err)
			}
			return string(model)
		}
		if first, second := run(), run(); first != second {
			t.Errorf("%s: two runs give two models", c.args)
		}
	}
	// Eval fills in what training did, the means of all rows of the stream.
	write(t, "holes.csv", []byte(holes()))
	write(t, "few.csv", []byte(strings.Join(strings.SplitAfter(holes(), "\n")[:20], "")))
	trained, _ := succeed(t, strings.Fields("train --data holes.csv --separator ; --label kind --ignore id --missing mean --stream 50 --test-data few.csv --epochs 2 --plot= --save-config holes.json")...)
	measured, _ := succeed(t, "eval", "--config", "holes.json")
	if got, want := lineWith(t, measured, "test "), lineWith(t, trained, "test "); got != want {
		t.Errorf("eval of a stream prints %q, train %q", got, want)
	}
	for _, c := range []struct{ args, want string }{
		{"train --stream 10", "--stream goes with a file, not with the bundled data set digits"},
		{"train --data iris.csv --label kind --stream -1", "--stream -1"},
		{"train --data iris.csv --label kind --stream 5 --ensemble 2", "--ensemble goes without --stream"},
		{"train --data iris.csv --target 1 --ignore kind --stream 5 --scale-targets", "--scale-targets goes without --stream"},
	} {
		if code, _, errs := sinew(t, "", strings.Fields(c.args)...); code != exitUsage || !strings.Contains(errs, c.want) {
			t.Errorf("sinew %s: exit status %d, stderr %q", c.args, code, errs)
		}
	}
}

// TestPrep fits each preparation, which becomes part of the model.
func TestPrep(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct{ prep, prepared, network string }{
		{"none", "", "network   13-4-3"},
		{"center", "prepared  center", "network   13-4-3"},
		{"standardize", "prepared  standardize", "network   13-4-3"},
		{"minmax", "prepared  minmax", "network   13-4-3"},
		{"minmax:-1,1", "prepared  minmax:-1,1", "network   13-4-3"},
		{"pca:5,standardize,whiten", "5 of 13 directions", "network   13>5-4-3"},
		{"pca:0.9,standardize", "of 13 directions", "network   13>"},
		{"pca", "13 of 13 directions, 100.0% of the variance", "network   13-4-3"},
		{"zca:eps=0.1,standardize", "prepared  zca", "network   13-4-3"},
	} {
		out, _ := succeed(t, "train", "--data", "wine", "--hidden", "4", "--epochs", "2", "--plot", "", "--prep", c.prep)
		if !strings.Contains(out, c.prepared) || !strings.Contains(out, c.network) {
			t.Errorf("--prep %s:\n%s", c.prep, out)
		}
		m, err := net.LoadFile(defaultModel)
		if err != nil || (m.Transform() == nil) != (c.prep == "none") || m.Inputs() != 13 {
			t.Errorf("--prep %s: %v, transform %v", c.prep, err, m.Transform())
		}
		succeed(t, "predict", "--data", "wine", "--row", "0")
	}
	for _, bad := range []string{"scale", "none:1", "minmax:1", "minmax:2,1", "minmax:a,b", "pca:0", "pca:1.5", "pca:x", "pca:eps=0", "zca:5", "zca:whiten", ""} {
		code, _, errs := sinew(t, "", "train", "--data", "wine", "--prep", bad)
		if code != exitUsage || !strings.Contains(errs, fmt.Sprintf("--prep %q", bad)) || !strings.Contains(errs, "standardize") {
			t.Errorf("--prep %q: exit status %d, stderr %q", bad, code, errs)
		}
	}
	if code, _, errs := sinew(t, "", "train", "--data", "wine", "--prep", "pca:14"); code != exitError || !strings.Contains(errs, "--prep pca") {
		t.Errorf("--prep pca:14: exit status %d, stderr %q", code, errs)
	}
}
