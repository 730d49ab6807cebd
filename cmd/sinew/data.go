package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/sinew-ml/sinew/data"
	"github.com/sinew-ml/sinew/internal/atomicfile"
	"github.com/sinew-ml/sinew/prep"
	"github.com/sinew-ml/sinew/train"
	"github.com/spf13/pflag"
)

// dataFlags are the flags that say which rows there are, and which are held back.
type dataFlags struct {
	data, targets                   string
	label, target, inputs, ignore   string
	rowWeights                      string
	separator, comment, header      string
	missing, missingTexts, fill     string
	order, kind, divide             string
	inputsName, targetsName         string
	test, validation                float64
	testData, testTargets           string
	validationData, validationYFile string
	stream                          int
}

// register adds the flags that name and read the data.
func (f *dataFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.data, "data", "digits", "`SET` of the bundled data ("+bundledNames()+"), or a FILE: CSV, IDX, NPY or NPZ, also with gzip")
	fs.StringVar(&f.targets, "targets", "", "`FILE` with the labels or target values of an IDX or NPY file")
	fs.StringVar(&f.label, "label", "", "CSV `COLUMN` of the class, by name or number from 0; -1 is the last")
	fs.StringVar(&f.target, "target", "", "CSV `COLUMNS` of the numbers to predict, as a list")
	fs.StringVar(&f.inputs, "inputs", "", "CSV `COLUMNS` of the inputs, as a list (default all others)")
	fs.StringVar(&f.ignore, "ignore", "", "CSV `COLUMNS` to leave out, as a list")
	fs.StringVar(&f.rowWeights, "weights", "", "CSV `COLUMN` of how much each row counts in the loss, by name or number: numbers from 0 up")
	registerCSV(fs, &f.separator, &f.comment, &f.header, &f.missing, &f.missingTexts, &f.fill)
	fs.StringVar(&f.order, "class-order", "sorted", "how classes of a CSV file are numbered: `ORDER` sorted or first-seen")
	fs.StringVar(&f.inputsName, "inputs-name", "x", "`NAME` of the inputs in an NPZ file")
	fs.StringVar(&f.targetsName, "targets-name", "y", "`NAME` of the targets in an NPZ file")
	fs.StringVar(&f.kind, "kind", "auto", "what an array of targets holds: `KIND` auto, labels or values")
	fs.StringVar(&f.divide, "divide", "1", "divide the inputs of an array by `N`, above 0; 255 brings bytes into [0, 1]")
}

// registerCSV adds the flags that predict has as well.
func registerCSV(fs *pflag.FlagSet, separator, comment, header, missing, texts, fill *string) {
	fs.StringVar(separator, "separator", ",", "`CHARACTER` between the columns of a CSV file, or the word tab")
	fs.StringVar(comment, "comment", "", "`CHARACTER` at the start of lines of a CSV file to skip")
	fs.StringVar(header, "header", "auto", "whether a CSV file begins with names: `WHEN` yes, no or auto (yes if its first line has no number)")
	fs.Lookup("header").NoOptDefVal = "yes"
	fs.StringVar(missing, "missing", "error", "missing values of a CSV file: `POLICY` error, drop (the row), mean (of the column, over the training rows) or fill")
	fs.StringVar(texts, "missing-texts", "", "`TEXTS` of missing values, as a list (default empty, NA, N/A, NaN, nan, null, NULL, None, ?)")
	fs.StringVar(fill, "fill", "", "`VALUES` that --missing fill puts in: one, or one per input (default 0)")
}

// registerSplit adds the flags that divide the data.
func (f *dataFlags) registerSplit(fs *pflag.FlagSet) {
	fs.Float64Var(&f.test, "test", 0.2, "`SHARE` of the rows held back for the test, in [0, 1)")
	fs.Float64Var(&f.validation, "validation", 0.1, "`SHARE` of the other rows that measures the validation curves, in [0, 1)")
	fs.StringVar(&f.testData, "test-data", "", "`FILE` with the test rows, in the place of --test")
	fs.StringVar(&f.testTargets, "test-targets", "", "`FILE` with its targets, for IDX and NPY")
	fs.StringVar(&f.validationData, "validation-data", "", "`FILE` with the validation rows, in the place of --validation")
	fs.StringVar(&f.validationYFile, "validation-targets", "", "`FILE` with its targets, for IDX and NPY")
}

// csvFlags are those that only CSV files have, arrayFlags those that only arrays have.
var (
	csvFlags   = []string{"label", "target", "inputs", "ignore", "weights", "separator", "comment", "header", "missing", "missing-texts", "fill", "class-order"}
	arrayFlags = []string{"targets", "inputs-name", "targets-name", "kind", "divide"}
)

// changed returns the first of the flags that was given, "" if none was.
func changed(fs *pflag.FlagSet, names ...string) string {
	for _, name := range names {
		if fs.Changed(name) {
			return name
		}
	}
	return ""
}

// apply changes c by the flags that were given, and finds out what kind of file there is.
func (f *dataFlags) apply(fs *pflag.FlagSet, c *dataConfig) error {
	if fs.Changed("data") || c.Set == "" && c.File == "" {
		// Another file is read as the configuration says, but for the files beside it.
		*c = dataConfig{CSV: c.CSV, Arrays: c.Arrays, Means: c.Means, Test: c.Test, Validation: c.Validation, Stream: c.Stream}
		if c.Arrays != nil {
			c.Arrays.Targets = ""
		}
		if _, ok := findBundled(f.data); ok {
			*c = dataConfig{Set: f.data, Test: c.Test, Validation: c.Validation, Stream: c.Stream}
		} else {
			c.File = f.data
		}
	}
	for _, share := range []struct {
		name  string
		value float64
		to    **float64
	}{{"test", f.test, &c.Test}, {"validation", f.validation, &c.Validation}} {
		if fs.Lookup(share.name) == nil {
			continue
		}
		if fs.Changed(share.name) || *share.to == nil {
			v := share.value
			*share.to = &v
		}
		if v := **share.to; !(v >= 0 && v < 1) {
			return usage("--%s %g: want a share in [0, 1)", share.name, v)
		}
	}
	for _, s := range []struct {
		name, value string
		to          *string
	}{
		{"test-data", f.testData, &c.TestFile}, {"test-targets", f.testTargets, &c.TestTargets},
		{"validation-data", f.validationData, &c.ValidationFile}, {"validation-targets", f.validationYFile, &c.ValidationTargets},
	} {
		if fs.Changed(s.name) {
			*s.to = s.value
		}
	}
	if fs.Changed("stream") {
		c.Stream = f.stream
	}
	if c.Stream < 0 {
		return usage("--stream %d: want a number of rows, or 0 for all in memory", c.Stream)
	}
	for _, both := range [][2]string{{"test", "test-data"}, {"validation", "validation-data"}} {
		if changed(fs, both[0]) != "" && changed(fs, both[1]) != "" {
			return usage("--%s and --%s: want at most one of them", both[0], both[1])
		}
	}
	if c.Set != "" {
		if c.File != "" {
			return usage(`the configuration's data has both "set" and "file": want one of them`)
		}
		if _, ok := findBundled(c.Set); !ok {
			return usage("data set %q: want %s", c.Set, bundledNames())
		}
		if name := changed(fs, append(csvFlags, arrayFlags...)...); name != "" {
			return usage("--%s goes with a file, not with the bundled data set %s", name, c.Set)
		}
		if c.Stream > 0 {
			return usage("--stream goes with a file, not with the bundled data set %s", c.Set)
		}
		return nil
	}
	return f.applyFile(fs, c)
}

// applyFile is apply for files.
func (f *dataFlags) applyFile(fs *pflag.FlagSet, c *dataConfig) error {
	for _, path := range []string{c.File, c.TestFile, c.TestTargets, c.ValidationFile, c.ValidationTargets} {
		if err := regular(path); err != nil {
			return err
		}
	}
	format, err := data.Detect(c.File)
	if errors.Is(err, fsNotExist) && fs.Changed("data") {
		return usage("--data %q: want a bundled data set (%s) or a file: there is none of that name", c.File, bundledNames())
	}
	if err != nil {
		return err
	}
	if format != data.FormatCSV {
		if name := changed(fs, csvFlags...); name != "" {
			return usage("--%s goes with a CSV file: %s is %s", name, c.File, format)
		}
		c.CSV = nil
		return f.applyArrays(fs, c)
	}
	if name := changed(fs, arrayFlags...); name != "" {
		return usage("--%s goes with IDX, NPY or NPZ: %s is CSV", name, c.File)
	}
	c.Arrays = nil
	auto := (c.CSV == nil || fs.Changed("data")) && !fs.Changed("header") || fs.Changed("header") && f.header == "auto"
	if c.CSV == nil {
		c.CSV = new(data.CSV)
	}
	if fs.Changed("label") {
		c.CSV.Label, c.CSV.Targets = f.label, nil
	}
	if fs.Changed("target") {
		c.CSV.Targets = splitList(f.target)
		if !fs.Changed("label") {
			c.CSV.Label = ""
		}
	}
	if fs.Changed("inputs") {
		c.CSV.Inputs = splitList(f.inputs)
	}
	if fs.Changed("ignore") {
		c.CSV.Ignore = splitList(f.ignore)
	}
	if fs.Changed("weights") {
		c.CSV.Weights = f.rowWeights
	}
	if c.CSV.Weights != "" && c.Stream > 0 {
		return usage("--weights goes without --stream, which reads no weights")
	}
	if fs.Changed("class-order") {
		if err := c.CSV.Order.UnmarshalText([]byte(f.order)); err != nil {
			return usage("--class-order: %w", err)
		}
	}
	if err := applyCSV(fs, c.CSV, f.separator, f.comment, f.missing, f.missingTexts, f.fill); err != nil {
		return err
	}
	line, err := firstLine(c.File, c.CSV)
	if err != nil {
		return err
	}
	if err := applyHeader(fs, c.CSV, f.header, auto, line); err != nil {
		return err
	}
	if c.CSV.Label == "" && c.CSV.Targets == nil {
		columns := line
		if c.CSV.NoHeader {
			columns = nil
			for i := range line {
				columns = append(columns, strconv.Itoa(i))
			}
		}
		hint := ""
		if len(line) == 1 && strings.ContainsAny(line[0], ";\t|") {
			hint = " (one column: is --separator right?)"
		}
		return usage("--data %s: give the column of the class with --label, or the columns to predict with --target; there are %.400s%s", c.File, strings.Join(columns, ", "), hint)
	}
	return nil
}

// regular refuses what is there but no regular file: data files are opened more than once, and
// to open a pipe waits for who writes to it.
func regular(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s: %v: want a regular file", path, atomicfile.Kind(info.Mode()))
	}
	return nil
}

// applyCSV changes c by the flags of registerCSV but for --header.
func applyCSV(fs *pflag.FlagSet, c *data.CSV, separator, comment, missing, texts, fill string) error {
	if fs.Changed("separator") {
		if c.Separator = separator; separator == "tab" || separator == `\t` {
			c.Separator = "\t"
		}
		if len([]rune(c.Separator)) != 1 {
			return usage("--separator %q: want one character, or the word tab", separator)
		}
	}
	if fs.Changed("comment") {
		c.Comment = comment
	}
	if fs.Changed("missing") {
		if err := c.Missing.UnmarshalText([]byte(missing)); err != nil || c.Missing == data.MissingKeep { // training refuses NaN
			return usage("--missing %q: want error, drop, mean or fill", missing)
		}
	}
	if fs.Changed("missing") && c.Missing != data.MissingFill && !fs.Changed("fill") {
		c.Fill = nil // a configuration's, for the policy that it had
	}
	if fs.Changed("missing-texts") {
		c.MissingTexts = strings.Split(texts, ",")
	}
	if fs.Changed("fill") {
		values, err := parseFloats("fill", fill)
		if err != nil {
			return err
		}
		c.Fill = nil
		for _, v := range values {
			c.Fill = append(c.Fill, float32(v))
		}
	}
	if c.Fill != nil && c.Missing != data.MissingFill {
		return usage("fill values go with --missing fill, not with %s", c.Missing)
	}
	return nil
}

// applyHeader says whether the file has a header; auto asks its first line.
func applyHeader(fs *pflag.FlagSet, c *data.CSV, header string, auto bool, line []string) error {
	switch {
	case auto:
		c.NoHeader = hasNumber(line)
	case !fs.Changed("header"):
	case header == "yes" || header == "no":
		c.NoHeader = header == "no"
	default:
		return usage("--header %q: want yes, no or auto", header)
	}
	return nil
}

// hasNumber reports whether a field is a number, as no name should be.
func hasNumber(line []string) bool {
	for _, field := range line {
		if _, err := strconv.ParseFloat(strings.TrimSpace(field), 64); err == nil && !strings.EqualFold(strings.TrimSpace(field), "nan") {
			return true
		}
	}
	return false
}

// firstLine returns the fields of a CSV file's first line.
func firstLine(path string, c *data.CSV) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := unzipped(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return fieldsOf(r, c)
}

// fieldsOf reads the first line of r; none if it cannot be read: who reads the file says why.
func fieldsOf(r io.Reader, c *data.CSV) ([]string, error) {
	const most = 16 << 20
	lines := csv.NewReader(io.LimitReader(r, most))
	if c.Separator != "" {
		lines.Comma = []rune(c.Separator)[0]
	}
	if c.Comment != "" {
		lines.Comment = []rune(c.Comment)[0]
	}
	lines.FieldsPerRecord, lines.LazyQuotes, lines.TrimLeadingSpace = -1, true, true
	line, err := lines.Read()
	if err != nil {
		return nil, nil
	}
	line[0] = strings.TrimPrefix(line[0], "\ufeff") // spreadsheets put it before UTF-8
	return line, nil
}

// applyArrays is apply for arrays.
func (f *dataFlags) applyArrays(fs *pflag.FlagSet, c *dataConfig) error {
	if c.Arrays == nil {
		c.Arrays = new(data.Arrays)
	}
	a := c.Arrays
	for _, s := range []struct {
		name, value string
		to          *string
	}{{"targets", f.targets, &a.Targets}, {"inputs-name", f.inputsName, &a.InputsName}, {"targets-name", f.targetsName, &a.TargetsName}} {
		if fs.Changed(s.name) {
			*s.to = s.value
		}
	}
	if fs.Changed("kind") {
		if err := a.Kind.UnmarshalText([]byte(f.kind)); err != nil {
			return usage("--kind: %w", err)
		}
	}
	if err := regular(a.Targets); err != nil {
		return err
	}
	if fs.Changed("divide") {
		v, err := strconv.ParseFloat(f.divide, 32)
		if err != nil || !(v > 0) || v-v != 0 {
			return usage("--divide %q: want a finite number above 0", f.divide)
		}
		a.Divide = float32(v)
	}
	format, err := data.Detect(c.File)
	if err == nil && a.Targets == "" && format != data.FormatNPZ {
		return usage("--data %s: give the file of its labels or target values with --targets", c.File)
	}
	return err
}

// name is how the data is called in what is printed.
func (c *dataConfig) name() string {
	if c.Set != "" {
		return c.Set
	}
	return c.File
}

// defaults returns what the data set adds to a silent configuration.
func (c *dataConfig) defaults() defaults {
	if b, ok := findBundled(c.Set); ok {
		return b.defaults
	}
	return fileDefaults(c.CSV != nil)
}

// parts is a data set divided. Parts without rows are nil.
type parts struct {
	name                       string
	training, validation, test *train.Dataset
	columns                    []string // names of the inputs, nil if there are none
	dropped                    int      // rows left out for missing values
	outputs                    int      // target values per row; 0 with labels
	classes                    []string

	holes  bool      // missing values are still NaN: see fillMissing
	means  []float32 // what they were replaced by
	filled int       // how many

	// Of a stream, in the place of training.
	source data.Source
	rows   int
	close  func()
}

// classNames makes c read labels as the given classes.
func (c *dataConfig) classNames(classes []string) {
	if classes == nil {
		return
	}
	if c.CSV != nil && c.CSV.Label != "" {
		c.CSV.Classes = classes
	}
	if c.Arrays != nil {
		c.Arrays.Classes = classes
	}
}

// load reads all of the rows of the main file or of the set: CSV as the given one says.
func (c *dataConfig) load(how *data.CSV) (*train.Dataset, *data.Table, error) {
	if b, ok := findBundled(c.Set); ok {
		return b.load(), nil, nil
	}
	return c.read(c.File, "", how)
}

// whole reads all of the rows, to be measured: missing values become what training put in,
// if the configuration has that.
func (c *dataConfig) whole() (*train.Dataset, error) {
	how := c.CSV
	if how != nil && how.Missing == data.MissingMean && c.Means != nil {
		own := *how
		own.Missing, own.Fill = data.MissingFill, c.Means
		how = &own
	}
	d, _, err := c.load(how)
	return d, err
}

// read reads one of the files: CSV as the given one says.
func (c *dataConfig) read(path, targets string, how *data.CSV) (*train.Dataset, *data.Table, error) {
	if c.CSV != nil {
		t, err := data.LoadCSV(path, *how)
		if err != nil {
			return nil, nil, err
		}
		return t.Data, t, nil
	}
	a := *c.Arrays
	if a.Inputs = path; targets != "" || path != c.File {
		a.Targets = targets
	}
	d, err := a.Load()
	if err == nil && d.Labels == nil && d.Y == nil {
		err = fmt.Errorf("%s has no targets: give their file with --targets, or their name in the archive with --targets-name", path)
	}
	return d, nil, err
}

// open divides the data set as training does, in memory or as a stream.
func (c *dataConfig) open(seed uint64) (*parts, error) {
	if c.Stream > 0 {
		return c.openStream(seed)
	}
	return c.split(seed)
}

// split loads and divides the data set. The same configuration and seed give the same rows,
// so that eval measures on rows that train never saw.
func (c *dataConfig) split(seed uint64) (*parts, error) {
	p, err := c.divide(seed)
	if err != nil {
		return nil, err
	}
	return p, p.fillMissing()
}

// fillMissing puts the means of the training rows in the place of missing values: test and
// validation rows must not have a share in them.
func (p *parts) fillMissing() (err error) {
	if !p.holes {
		return nil
	}
	var others []*train.Dataset
	for _, d := range []*train.Dataset{p.validation, p.test} {
		if d != nil {
			others = append(others, d)
		}
	}
	p.holes = false
	p.means, p.filled, err = prep.FillMissing(p.training, others...)
	if err != nil {
		return fmt.Errorf("--missing mean: %s, training rows: %w", p.name, err)
	}
	return nil
}

// divide is split that leaves missing values that are to become means as NaN.
func (c *dataConfig) divide(seed uint64) (*parts, error) {
	how := c.CSV
	holes := how != nil && how.Missing == data.MissingMean
	if holes {
		own := *how
		own.Missing = data.MissingKeep
		how = &own
	}
	d, table, err := c.load(how)
	if err != nil {
		return nil, err
	}
	p := &parts{name: c.name(), training: d, close: func() {}, holes: holes}
	others := how
	if table != nil {
		p.columns, p.dropped = table.Columns, table.Dropped
		own := *how
		if own.Label != "" {
			own.Classes = d.Classes
		}
		others = &own
	}
	if err := c.readOthers(p, others); err != nil {
		return nil, err
	}
	if c.TestFile == "" && *c.Test > 0 {
		p.training, p.test = p.training.Split(*c.Test, seed)
	}
	if c.ValidationFile == "" && *c.Validation > 0 {
		p.training, p.validation = p.training.Split(*c.Validation, ^seed) // drawn apart from the test rows
	}
	for _, part := range []**train.Dataset{&p.training, &p.validation, &p.test} {
		if *part != nil && (*part).Rows() == 0 {
			*part = nil
		}
	}
	if p.training == nil {
		return nil, usage("--test %g, --validation %g: leave no rows of %s to train on", *c.Test, *c.Validation, p.name)
	}
	p.rows, p.classes = p.training.Rows(), d.Classes
	if d.Labels == nil {
		p.outputs = len(d.Y) / d.Rows()
	} else if p.classes == nil {
		p.classes = numbered(largestLabel(d, p.validation, p.test) + 1)
	}
	return p, nil
}

// readOthers reads the files of test and validation rows.
func (c *dataConfig) readOthers(p *parts, how *data.CSV) (err error) {
	if c.Set != "" && (c.TestFile != "" || c.ValidationFile != "") {
		return usage("--test-data and --validation-data go with a file, not with the bundled data set %s", c.Set)
	}
	if c.TestFile != "" {
		if p.test, _, err = c.read(c.TestFile, c.TestTargets, how); err != nil {
			return err
		}
	}
	if c.ValidationFile != "" {
		if p.validation, _, err = c.read(c.ValidationFile, c.ValidationTargets, how); err != nil {
			return err
		}
	}
	return nil
}

// maxNamed is how many classes are given numbers for names; a network holds as many names.
const maxNamed = 1 << 16

// numbered returns the names of classes that have none.
func numbered(n int) []string {
	if n < 2 {
		n = 2
	}
	if n > maxNamed {
		return nil
	}
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}

func largestLabel(sets ...*train.Dataset) int {
	largest := 0
	for _, d := range sets {
		if d != nil {
			for _, l := range d.Labels {
				largest = max(largest, l)
			}
		}
	}
	return largest
}

// rows returns the number of rows of d, which may be nil.
func rows(d *train.Dataset) int {
	if d == nil {
		return 0
	}
	return d.Rows()
}

var fsNotExist = fs.ErrNotExist
