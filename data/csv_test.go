package data

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/train"
)

func f32(v ...float32) []float32 { return v }

// csvCases are read from memory and as a stream, with the same result.
var csvCases = []struct {
	name string
	text string
	c    CSV
	want Table
}{
	{
		"labels", "a,b,kind\n1,2,x\n3,4,y\n5,6,x\n", CSV{Label: "kind"},
		Table{Data: &train.Dataset{Inputs: 2, X: f32(1, 2, 3, 4, 5, 6), Labels: []int{0, 1, 0}, Classes: []string{"x", "y"}}, Columns: []string{"a", "b"}},
	},
	{
		"label first, sorted", "kind,a\ny,1\nx,2\n", CSV{Label: "kind"},
		Table{Data: &train.Dataset{Inputs: 1, X: f32(1, 2), Labels: []int{1, 0}, Classes: []string{"x", "y"}}, Columns: []string{"a"}},
	},
	{
		"first seen", "kind,a\ny,1\nx,2\n", CSV{Label: "0", Order: FirstSeen},
		Table{Data: &train.Dataset{Inputs: 1, X: f32(1, 2), Labels: []int{0, 1}, Classes: []string{"y", "x"}}, Columns: []string{"a"}},
	},
	{
		"given classes", "kind,a\ny,1\nx,2\n", CSV{Label: "kind", Classes: []string{"w", "y", "x"}},
		Table{Data: &train.Dataset{Inputs: 1, X: f32(1, 2), Labels: []int{1, 2}, Classes: []string{"w", "y", "x"}}, Columns: []string{"a"}},
	},
	{
		"numbers in order", "1,10\n2,9\n3,-1\n4,9\n", CSV{NoHeader: true, Label: "-1"},
		Table{Data: &train.Dataset{Inputs: 1, X: f32(1, 2, 3, 4), Labels: []int{2, 1, 0, 1}, Classes: []string{"-1", "9", "10"}}, Columns: []string{"0"}},
	},
	{
		"equal numbers", "01,1\n1,2\n", CSV{NoHeader: true, Label: "0"},
		Table{Data: &train.Dataset{Inputs: 1, X: f32(1, 2), Labels: []int{0, 1}, Classes: []string{"01", "1"}}, Columns: []string{"1"}},
	},
	{
		"not all numbers", "9,1\n10,2\nx,3\n", CSV{NoHeader: true, Label: "0"},
		Table{Data: &train.Dataset{Inputs: 1, X: f32(1, 2, 3), Labels: []int{1, 0, 2}, Classes: []string{"10", "9", "x"}}, Columns: []string{"1"}},
	},
	{
		"targets in the order asked for", "a,b,c\n1,2,3\n4,5,6\n", CSV{Targets: []string{"c", "a"}},
		Table{Data: &train.Dataset{Inputs: 1, X: f32(2, 5), Y: f32(3, 1, 6, 4)}, Columns: []string{"b"}, Targets: []string{"c", "a"}},
	},
	{
		"no targets", "a,b\n1,2\n", CSV{},
		Table{Data: &train.Dataset{Inputs: 2, X: f32(1, 2)}, Columns: []string{"a", "b"}},
	},
	{
		"inputs in the order asked for", "a,b,c,d\n1,2,3,4\n", CSV{Inputs: []string{"c", "a"}, Label: "b"},
		Table{Data: &train.Dataset{Inputs: 2, X: f32(3, 1), Labels: []int{0}, Classes: []string{"2"}}, Columns: []string{"c", "a"}},
	},
	{
		"weights", "w,a,kind\n0.5,1,x\n0,2,y\n +3e1 ,3,x\n", CSV{Label: "kind", Weights: "w"},
		Table{Data: &train.Dataset{Inputs: 1, X: f32(1, 2, 3), Labels: []int{0, 1, 0}, Weights: f32(0.5, 0, 30), Classes: []string{"x", "y"}}, Columns: []string{"a"}},
	},
	{
		"weights of a column by number, of dropped rows", "1,2,3\n4,5,NA\n6,,8\n9,10,11\n", CSV{NoHeader: true, Targets: []string{"0"}, Weights: "-1", Missing: MissingDrop},
		Table{Data: &train.Dataset{Inputs: 1, X: f32(2, 10), Y: f32(1, 9), Weights: f32(3, 11)}, Columns: []string{"1"}, Targets: []string{"0"}, Dropped: 2},
	},
	{
		"ignored", "id,a,b\nq,1,2\n", CSV{Ignore: []string{"id"}},
		Table{Data: &train.Dataset{Inputs: 2, X: f32(1, 2)}, Columns: []string{"a", "b"}},
	},
	{
		"names before numbers", "1,0\n5,x\n", CSV{Label: "0"},
		Table{Data: &train.Dataset{Inputs: 1, X: f32(5), Labels: []int{0}, Classes: []string{"x"}}, Columns: []string{"1"}},
	},
	{
		"number of a column whose name comes twice", "a,a\n1,2\n", CSV{Targets: []string{"1"}},
		Table{Data: &train.Dataset{Inputs: 1, X: f32(1), Y: f32(2)}, Columns: []string{"a"}, Targets: []string{"a"}},
	},
	{
		"separator, comment, white space, quotes, CRLF, byte order mark, empty lines, no line end at last",
		"\ufeff# hello\r\n a ; b\r\n\r\n 1 ;\" 2\"\r\n# more\r\n+3e0; .5", CSV{Separator: ";", Comment: "#"},
		Table{Data: &train.Dataset{Inputs: 2, X: f32(1, 2, 3, 0.5)}, Columns: []string{"a", "b"}},
	},
	{
		"tab", "1\t2\n", CSV{Separator: "\t", NoHeader: true},
		Table{Data: &train.Dataset{Inputs: 2, X: f32(1, 2)}, Columns: []string{"0", "1"}},
	},
	{
		"rounded once", "16777217.0000001,1e-50\n", CSV{NoHeader: true},
		Table{Data: &train.Dataset{Inputs: 2, X: f32(16777218, 0)}, Columns: []string{"0", "1"}},
	},
	{
		"drop", "a,b,k\n1,,x\n,2,x\n3,4,\n5,6,y\n7,NA,y\n8,nan,y\n", CSV{Label: "k", Missing: MissingDrop},
		Table{Data: &train.Dataset{Inputs: 2, X: f32(5, 6), Labels: []int{0}, Classes: []string{"y"}}, Columns: []string{"a", "b"}, Dropped: 5},
	},
	{
		"drop, target", "a,y\n1,\n2,3\n", CSV{Targets: []string{"y"}, Missing: MissingDrop},
		Table{Data: &train.Dataset{Inputs: 1, X: f32(2), Y: f32(3)}, Columns: []string{"a"}, Targets: []string{"y"}, Dropped: 1},
	},
	{
		"mean", "a,b\n1,?\nNA,4\n3,?\n8,5\n", CSV{Missing: MissingMean},
		Table{Data: &train.Dataset{Inputs: 2, X: f32(1, 4.5, 4, 4, 3, 4.5, 8, 5)}, Columns: []string{"a", "b"}, Fill: f32(4, 4.5)},
	},
	{
		"fill with 0", "a,b\n1,\n", CSV{Missing: MissingFill},
		Table{Data: &train.Dataset{Inputs: 2, X: f32(1, 0)}, Columns: []string{"a", "b"}, Fill: f32(0, 0)},
	},
	{
		"fill with one", "a,b\n,\n", CSV{Missing: MissingFill, Fill: f32(7)},
		Table{Data: &train.Dataset{Inputs: 2, X: f32(7, 7)}, Columns: []string{"a", "b"}, Fill: f32(7, 7)},
	},
	{
		"fill with each", "a,b\n,\n", CSV{Missing: MissingFill, Fill: f32(7, 8)},
		Table{Data: &train.Dataset{Inputs: 2, X: f32(7, 8)}, Columns: []string{"a", "b"}, Fill: f32(7, 8)},
	},
	{
		"own texts", "a,b\n-999,1\n2,none\n", CSV{Missing: MissingFill, Fill: f32(5), MissingTexts: []string{"-999", "none"}},
		Table{Data: &train.Dataset{Inputs: 2, X: f32(5, 1, 2, 5)}, Columns: []string{"a", "b"}, Fill: f32(5, 5)},
	},
	{
		"a class may be named NA", "k,a\nNA,1\n", CSV{Label: "k"},
		Table{Data: &train.Dataset{Inputs: 1, X: f32(1), Labels: []int{0}, Classes: []string{"NA"}}, Columns: []string{"a"}},
	},
}

// TestMissingKeep reads missing values as NaN, which is equal to nothing, so apart from csvCases.
func TestMissingKeep(t *testing.T) {
	const text = "a,b\n1,?\nNA,4\n"
	c := CSV{Missing: MissingKeep}
	table, err := ReadCSV(strings.NewReader(text), c)
	if err != nil {
		t.Fatal(err)
	}
	s, err := OpenCSV(write(t, "keep.csv", []byte(text)), c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, x := range [][]float32{table.Data.X, drain(t, s, 1, 2).X} {
		if len(x) != 4 || x[0] != 1 || x[1] == x[1] || x[2] == x[2] || x[3] != 4 {
			t.Errorf("%v: want 1 NaN NaN 4", x)
		}
	}
	if table.Fill != nil {
		t.Errorf("Fill %v: nothing is filled", table.Fill)
	}
	if _, err := ReadCSV(strings.NewReader("a,y\n1,\n"), CSV{Targets: []string{"y"}, Missing: MissingKeep}); err == nil || !strings.Contains(err.Error(), "target is missing") {
		t.Errorf("a missing target: %v", err)
	}
}

func TestCSV(t *testing.T) {
	for _, c := range csvCases {
		t.Run(c.name, func(t *testing.T) {
			got, err := ReadCSV(strings.NewReader(c.text), c.c)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, &c.want) {
				t.Errorf("got  %+v %+v\nwant %+v %+v", got, got.Data, c.want, c.want.Data)
			}
			path := write(t, "a.csv.gz", zipped([]byte(c.text)))
			if got, err = LoadCSV(path, c.c); err != nil || !reflect.DeepEqual(got, &c.want) {
				t.Errorf("from a file: %+v, %v", got, err)
			}
			// Whatever fits the data set may be written as JSON.
			text, err := json.Marshal(c.c)
			if err != nil {
				t.Fatal(err)
			}
			var again CSV
			if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(again, c.c) {
				t.Errorf("%s reads back as %+v, %v", text, again, err)
			}

			s, err := OpenCSV(path, c.c)
			if c.c.Weights != "" {
				wantError(t, err, "data: "+path+": a stream has no weights")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			d := c.want.Data
			table := c.want
			table.Data = nil
			if !reflect.DeepEqual(s.Table(), &table) || s.Rows() != d.Rows() || d.Classes != nil && !slices.Equal(s.Classes(), d.Classes) {
				t.Errorf("the stream has %+v, %d rows, classes %q", s.Table(), s.Rows(), s.Classes())
			}
			for pass := range 2 {
				got := drain(t, s, pass, 2)
				if !slices.Equal(got.X, d.X) || !slices.Equal(got.Labels, d.Labels) || !slices.Equal(got.Y, d.Y) {
					t.Errorf("pass %d: the stream gives %+v", pass, got)
				}
			}
		})
	}
}

// drain reads a pass, so many rows at a time, and checks the promises of Read.
func drain(t *testing.T, s Source, pass, rows int) *train.Dataset {
	t.Helper()
	if err := s.Rewind(pass); err != nil {
		t.Fatal(err)
	}
	d := &train.Dataset{Inputs: s.Inputs()}
	x, labels, y := make([]float32, rows*s.Inputs()), make([]int, rows), make([]float32, rows*s.Outputs())
	for last := false; ; {
		n, err := s.Read(x, labels, y)
		if err == io.EOF {
			if n, err := s.Read(x, nil, nil); n != 0 || err != io.EOF {
				t.Errorf("after the end: %d, %v", n, err)
			}
			return d
		}
		if err != nil {
			t.Fatal(err)
		}
		if n < 1 || n > rows || last {
			t.Fatalf("%d rows of %d, after fewer than asked for: %v", n, rows, last)
		}
		last = n < rows
		d.X = append(d.X, x[:n*s.Inputs()]...)
		d.Y = append(d.Y, y[:n*s.Outputs()]...)
		if labels[0] >= 0 {
			d.Labels = append(d.Labels, labels[:n]...)
		} else if slices.Max(labels[:n]) != -1 {
			t.Errorf("labels %v", labels[:n])
		}
	}
}

func TestCSVErrors(t *testing.T) {
	long := strings.Repeat("x", 1000)
	for name, c := range map[string]struct {
		text string
		c    CSV
		want string
	}{
		"empty":             {"", CSV{}, "the file is empty"},
		"no rows":           {"a,b\n", CSV{}, "no rows"},
		"text":              {"a,b\n1,2\n3,x y\n", CSV{}, `line 3, column 2 ("b"): "x y": want a number`},
		"text, no header":   {"1,2\n3,x\n", CSV{NoHeader: true}, `line 2, column 2: "x": want a number`},
		"text, first line":  {"1,x\n", CSV{NoHeader: true}, `line 1, column 2: "x": want a number`},
		"line counts":       {"# 1\na\n\n\"1\"\n# 5\nx\n", CSV{Comment: "#"}, "line 6, column 1"},
		"long text":         {"a\n" + long + "\n", CSV{}, `xxx"...`},
		"infinity":          {"a\ninf\n", CSV{}, `"inf": want a number`},
		"hex":               {"a\n0x10\n", CSV{}, "want a number"},
		"underscore":        {"a\n1_000\n", CSV{}, "want a number"},
		"dots":              {"a\n1.2.3\n", CSV{}, "want a number"},
		"decimal comma":     {"a;b\n1,5;2\n", CSV{Separator: ";"}, `"1,5": want a number`},
		"too large":         {"a\n1e39\n", CSV{}, "beyond float32"},
		"too large, target": {"a,y\n1,-1e39\n", CSV{Targets: []string{"y"}}, `line 2, column 2 ("y"): "-1e39": beyond float32`},
		"missing":           {"a,b\n1,2\n3,\n", CSV{}, `line 3, column 2 ("b"): the value is missing ("")`},
		"missing NaN":       {"a,b\n1,2\nNaN,3\n", CSV{}, `line 3, column 1 ("a"): the value is missing ("NaN")`},
		"missing, other":    {"a\n\"\"\n", CSV{MissingTexts: []string{"NA"}}, `"": want a number`},
		"missing target":    {"a,y\n1,\n", CSV{Targets: []string{"y"}, Missing: MissingMean}, "target is missing"},
		"missing label":     {"a,k\n1,\n", CSV{Label: "k", Missing: MissingFill}, "label is missing"},
		"all dropped":       {"a\nNA\n", CSV{Missing: MissingDrop}, "all 1 rows"},
		"no mean":           {"a,b\n1,\n2,\n", CSV{Missing: MissingMean}, `column 2 ("b") has no values`},
		"more fields":       {"a,b\n1,2\n1,2,3\n", CSV{}, "line 3 has 3 columns: want 2"},
		"fewer fields":      {"a,b\n1\n", CSV{}, "line 2 has 1 columns: want 2"},
		"quote":             {"a,b\n1,\"2\n", CSV{}, "line 2, byte 6"},
		"bare quote":        {"a,b\n1,2\"3\n", CSV{}, "line 2, byte 4"},
		"no column":         {"a,b\n1,2\n", CSV{Label: "c"}, `no column "c": want one of "a", "b"`},
		"no such number":    {"a,b\n1,2\n", CSV{Label: "2"}, "no column 2: want -2...1"},
		"no such number, -": {"a,b\n1,2\n", CSV{Label: "-3"}, "no column -3: want -2...1"},
		"name twice":        {"a,a\n1,2\n", CSV{Label: "a"}, "two columns are named"},
		"used twice":        {"a,b\n1,2\n", CSV{Targets: []string{"a", "0"}}, `column "0" is both a target and a target`},
		"label as input":    {"a,b\n1,2\n", CSV{Label: "a", Inputs: []string{"a"}}, "both the label and an input"},
		"label ignored":     {"a,b\n1,2\n", CSV{Label: "a", Ignore: []string{"a"}}, "both the label and ignored"},
		"no inputs":         {"a\n1\n", CSV{Label: "a"}, "none of them is an input"},
		"unknown class":     {"a,k\n1,z\n", CSV{Label: "k", Classes: []string{"x", "y"}}, `line 2, column 2 ("k"): unknown class "z": want one of "x", "y"`},
		"class twice":       {"a,k\n1,z\n", CSV{Label: "k", Classes: []string{"x", "x"}}, "named twice"},
		"separator":         {"a\n1\n", CSV{Separator: ",,"}, "want one character"},
		"separator, quote":  {"a\n1\n", CSV{Separator: "\""}, "want one character"},
		"separator, bytes":  {"a\n1\n", CSV{Separator: "\xff"}, "want one character"},
		"comment":           {"a\n1\n", CSV{Comment: ","}, "both \",\""},
		"label and targets": {"a,b\n1,2\n", CSV{Label: "a", Targets: []string{"b"}}, "want one of them"},
		"no targets":        {"a,b\n1,2\n", CSV{Targets: []string{}}, "list of columns is empty"},
		"inputs and ignore": {"a,b\n1,2\n", CSV{Inputs: []string{"a"}, Ignore: []string{"b"}}, "both Inputs and Ignore"},
		"fills":             {"a,b\n1,2\n", CSV{Missing: MissingFill, Fill: f32(1, 2, 3)}, "3 fill values for 2 inputs"},
		"fill, policy":      {"a,b\n1,2\n", CSV{Fill: f32(1)}, `not "error"`},
		"fill, infinite":    {"a\n1\n", CSV{Missing: MissingFill, Fill: f32(float32(math.Inf(1)))}, "finite"},
		"policy":            {"a\n1\n", CSV{Missing: 9}, "policy"},
		"order":             {"a\n1\n", CSV{Order: 9}, "class order"},
		"endless quote":     {"a\n\"" + strings.Repeat(long+"\n", maxRecord/900), CSV{}, "is a quote not closed"},
		"endless line":      {strings.Repeat("x", maxRecord+2*bufferSize), CSV{}, "a record of more than"},
		"many columns":      {strings.Repeat(",", MaxColumns) + "\n", CSV{}, "columns: want at most"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadCSV(strings.NewReader(c.text), c.c)
			wantError(t, err, "data: ", c.want)
			if err != nil && len(err.Error()) > 400 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			if len(c.text) > 1<<20 {
				return // files go the same way, and these are long
			}
			path := write(t, "a.csv", []byte(c.text))
			_, err = LoadCSV(path, c.c)
			wantError(t, err, "data: "+path+": ", c.want)
			_, err = OpenCSV(path, c.c)
			wantError(t, err, "data: "+path+": ", c.want)
		})
	}
	_, err := LoadCSV("testdata/none", CSV{})
	wantError(t, err, "data: ", "none")
	_, err = OpenCSV("testdata/none", CSV{})
	wantError(t, err, "data: ", "none")
}

func TestCSVWeightErrors(t *testing.T) {
	c := CSV{Weights: "w"}
	for text, want := range map[string]string{
		"a,w\n1,2\n1,-0.5\n": `line 3, column 2 ("w"): weight "-0.5": want a finite number, at least 0`,
		"a,w\n1,-inf\n":      `line 2, column 2 ("w"): "-inf": want a number`,
		"a,w\n1,Inf\n":       `line 2, column 2 ("w"): "Inf": want a number`,
		"a,w\n1,1e39\n":      `line 2, column 2 ("w"): "1e39": beyond float32`,
		"w,a\nNaN,1\n":       `line 2, column 1 ("w"): the weight is missing ("NaN")`,
		"w,a\n,1\n":          `line 2, column 1 ("w"): the weight is missing ("")`,
		"w,a\nx,1\n":         `line 2, column 1 ("w"): "x": want a number`,
		"a,b\n1,2\n":         `no column "w": want one of "a", "b"`,
		"w\n1\n":             "none of them is an input",
	} {
		for _, policy := range []Missing{MissingError, MissingMean, MissingFill} {
			c.Missing = policy
			_, err := ReadCSV(strings.NewReader(text), c)
			wantError(t, err, "data: ", want)
		}
	}
	for want, c := range map[string]CSV{
		`column "a" is both the label and the weight`: {Label: "a", Weights: "a"},
		`column "1" is both the weight and a target`:  {Targets: []string{"1"}, Weights: "b"},
		`column "b" is both the weight and an input`:  {Inputs: []string{"a", "b"}, Weights: "1"},
		`column "-1" is both the weight and ignored`:  {Ignore: []string{"-1"}, Weights: "b"},
	} {
		_, err := ReadCSV(strings.NewReader("a,b\n1,2\n"), c)
		wantError(t, err, "data: ", want)
	}
	_, err := StreamCSV(strings.NewReader("a,w\n1,2\n"), CSV{Weights: "w"})
	wantError(t, err, "data: ", "a stream has no weights")
}

func TestManyClasses(t *testing.T) {
	var b strings.Builder
	b.WriteString("a,k\n")
	for i := range MaxClasses + 1 {
		fmt.Fprintf(&b, "1,%d.5\n", i)
	}
	_, err := ReadCSV(strings.NewReader(b.String()), CSV{Label: "k"})
	wantError(t, err, "line 65538, column 2", "more than 65536 classes")
}

// Classes that are found are kept in memory: long ones are refused, given ones may be as long as
// their giver likes.
func TestLongClass(t *testing.T) {
	longest := strings.Repeat("a", maxClass)
	d, err := ReadCSV(strings.NewReader("k,a\n"+longest+",1\n"), CSV{Label: "k"})
	if err != nil || !slices.Equal(d.Data.Classes, []string{longest}) {
		t.Error(err)
	}
	text := "k,a\n" + longest + "a,1\n"
	_, err = ReadCSV(strings.NewReader(text), CSV{Label: "k"})
	wantError(t, err, "line 2, column 1", "a class of 257 bytes: want at most 256")
	if _, err := ReadCSV(strings.NewReader(text), CSV{Label: "k", Classes: []string{longest + "a"}}); err != nil {
		t.Error(err)
	}
}

func TestStreamCSV(t *testing.T) {
	const text = "a,k\n1,y\n,x\n"
	c := CSV{Label: "k", Classes: []string{"x", "y"}, Missing: MissingFill, Fill: f32(9)}
	for _, b := range [][]byte{[]byte(text), zipped([]byte(text))} {
		s, err := StreamCSV(strings.NewReader(string(b)), c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Read(make([]float32, 1), nil, nil); err != errNotRewound {
			t.Errorf("before Rewind: %v", err)
		}
		d := drain(t, s, 0, 3)
		if !slices.Equal(d.X, f32(1, 9)) || !slices.Equal(d.Labels, []int{1, 0}) || s.Rows() != -1 {
			t.Errorf("%+v, %d rows", d, s.Rows())
		}
		wantError(t, s.Rewind(1), "no second pass")
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	for want, c := range map[string]CSV{
		"needs the classes": {Label: "k"},
		"no means":          {Missing: MissingMean},
		"no column":         {Targets: []string{"z"}},
	} {
		_, err := StreamCSV(strings.NewReader(text), c)
		wantError(t, err, "data: ", want)
	}
	_, err := StreamCSV(strings.NewReader("\x1f\x8b"), c)
	wantError(t, err, "data: ")
}
