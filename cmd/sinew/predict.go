package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sinew-ml/sinew/data"
	"github.com/sinew-ml/sinew/internal/atomicfile"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
	"github.com/spf13/cobra"
)

// predictCommand is the command line of predict.
type predictCommand struct {
	model, data, output, format string
	row                         int
	probabilities               bool
	inputs, ignore              string
	separator, comment, header  string
	missing, missingTexts, fill string
	inputsName, divide          string
	config                      string
	read                        dataConfig // of the configuration: how training read its files
}

func newPredict() *cobra.Command {
	var f predictCommand
	cmd := &cobra.Command{
		Use:   "predict [FILE]",
		Short: "Predict the rows of a file or of standard input",
		Long: `Predict reads rows from FILE or from standard input ("-", the default): CSV, IDX, NPY or
NPZ, also compressed with gzip; from standard input CSV or NPY. Rows have as many inputs
as the model, no labels: leave columns out with --inputs or --ignore. The model does what
"sinew train" prepared, so rows are given as they were to it. For each row of CSV it
prints one line:

  CLASS,PROBABILITY        for a classifier (CLASS,OUTPUT with a loss that has none)
  OUTPUT,OUTPUT,...        for others

and with --probabilities a header, the class and the probability of each class. Classes
are printed by the names that the model has. With --output FILE.npy, or --format npy, the
result is an array of all outputs, (rows, outputs), of float32.

With --config the rows are read as training read its own: the same separator and names of
missing values, without the columns of the label and of --ignore as far as they are there,
divided by the same number, and with missing values filled by the same means. Flags go
before it. (Its --missing drop does not count: each row gets its prediction, or an error.)

CSV rows are predicted as they arrive; files of any length need little memory. The first
bad row (another number of columns, not a number, NaN or infinite) ends the run with an
error that gives its line, after the predictions of the rows before it; --output then
leaves the file as it was.`,
		Example: `  sinew predict rows.csv
  sinew predict --header --model iris.safetensors flowers.csv
  echo 5.1,3.5,1.4,0.2 | sinew predict --model iris.safetensors
  sinew predict --ignore id,kind --probabilities --output result.csv rows.csv
  sinew predict --output result.npy images.npy
  sinew predict --config run.json rows.csv     # of "sinew train --save-config run.json"
  sinew predict --model torch.onnx rows.csv
  sinew predict --data digits --row 5      # a row of the bundled data, from 0`,
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.model, "model", defaultModel, "model `FILE` to predict with: of sinew, or ONNX")
	flags.StringVar(&f.config, "config", "", "`FILE` with the configuration that the model was trained with: how rows are read (default none)")
	flags.StringVar(&f.data, "data", "", "bundled data `SET` that holds --row, and names the classes of a model that does not: "+bundledNames())
	flags.IntVar(&f.row, "row", -1, "predict row `N` of --data, from 0, instead of a file (default none)")
	flags.Lookup("row").DefValue = "0" // hides the -1 from the help text
	flags.BoolVar(&f.probabilities, "probabilities", false, "print a header and all outputs")
	flags.StringVar(&f.output, "output", "", "`FILE` to write to, as a whole at the end (default standard output)")
	flags.StringVar(&f.format, "format", "", "`FORMAT` of the result: csv or npy (default by the name of --output, else csv)")
	flags.StringVar(&f.inputs, "inputs", "", "CSV `COLUMNS` of the inputs, as a list of names or numbers from 0 (default all)")
	flags.StringVar(&f.ignore, "ignore", "", "CSV `COLUMNS` to leave out, as a list")
	registerCSV(flags, &f.separator, &f.comment, &f.header, &f.missing, &f.missingTexts, &f.fill)
	flags.StringVar(&f.inputsName, "inputs-name", "x", "`NAME` of the inputs in an NPZ file")
	flags.StringVar(&f.divide, "divide", "1", "divide the inputs of an array by `N`, above 0, as in training")
	flags.SortFlags = false
	return cmd
}

func (f *predictCommand) run(cmd *cobra.Command, args []string) error {
	oneRow := cmd.Flags().Changed("row")
	switch {
	case oneRow && f.data == "":
		return usage("--row goes with --data")
	case oneRow && (len(args) > 0 || changed(cmd.Flags(), append(csvFlags, "inputs-name", "divide", "config")...) != ""):
		return usage("--row goes without FILE and without flags of files")
	}
	switch f.format {
	case "":
		if f.format = "csv"; strings.EqualFold(filepath.Ext(f.output), ".npy") {
			f.format = "npy"
		}
	case "csv", "npy":
	default:
		return usage("--format %q: want csv or npy", f.format)
	}
	var set bundled
	if f.data != "" {
		var ok bool
		if set, ok = findBundled(f.data); !ok {
			return usage("--data %q: want %s", f.data, bundledNames())
		}
	}
	if err := writable(f.output); err != nil {
		return err
	}
	if f.config != "" {
		c, err := readConfig(f.config)
		if err != nil {
			return err
		}
		f.read = c.Data
	}
	m, err := loadModel(f.model)
	if err != nil {
		return err
	}
	var d *train.Dataset
	if f.data != "" {
		d = set.load()
		if err := m.fits(f.data, d); err != nil {
			return err
		}
	}
	var read func(p *predictor) error
	switch {
	case oneRow:
		if f.row < 0 || f.row >= d.Rows() {
			return usage("--row %d: want 0...%d, the rows of %s", f.row, d.Rows()-1, f.data)
		}
		read = func(p *predictor) error { return p.add(d.X[f.row*d.Inputs:][:d.Inputs]) }
	case len(args) == 0 || args[0] == "-":
		read = func(p *predictor) error { return f.standardInput(cmd, p) }
	default:
		format, err := data.Detect(args[0])
		if err != nil {
			return err
		}
		if format == data.FormatCSV {
			file, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer file.Close()
			read = func(p *predictor) error { return f.csv(cmd, p, file, args[0]) }
			break
		}
		if name := changed(cmd.Flags(), csvFlags...); name != "" {
			return usage("--%s goes with a CSV file: %s is %s", name, args[0], format)
		}
		read = func(p *predictor) error { return f.arrays(cmd, p, args[0]) }
	}
	write := func(w io.Writer) error {
		p := newPredictor(m, w, f, d)
		err := read(p)
		if flushErr := p.flush(); err == nil {
			err = flushErr
		}
		if err == nil {
			err = p.end()
		}
		if err != nil && errors.Is(err, cmd.Context().Err()) {
			return errInterrupted
		}
		return err
	}
	if f.output != "" {
		return atomicfile.Write(f.output, write)
	}
	return write(cmd.OutOrStdout())
}

// predictRows is how many rows are predicted at once: enough to use the vector units well.
const predictRows = 256

// predictor collects rows and writes what the model says about them.
type predictor struct {
	m       *model
	p       *net.Predictor
	x       []float32
	out     *bufio.Writer
	csv     *data.PredictionWriter // for all outputs
	classes []string               // nil: numbers
	all     []float32              // outputs for npy
	npy     bool
}

// newPredictor returns a predictor that writes to w. named, if not nil, is a data set with
// names for the classes of a model without.
func newPredictor(m *model, w io.Writer, f *predictCommand, named *train.Dataset) *predictor {
	p := &predictor{m: m, p: m.NewPredictor(predictRows), out: bufio.NewWriter(w), npy: f.format == "npy", classes: m.classes()}
	if p.classes == nil && named != nil {
		p.classes = named.Classes
	}
	if f.probabilities && !p.npy {
		p.csv = data.NewPredictionWriter(p.out, m.Outputs(), m.classifies(), p.classes)
	}
	return p
}

// add takes one row.
func (p *predictor) add(x []float32) error {
	p.x = append(p.x, x...)
	if len(p.x) == predictRows*p.m.Inputs() {
		return p.flush()
	}
	return nil
}

// flush predicts the collected rows and writes a line for each.
func (p *predictor) flush() error {
	outputs, n := p.p.Predict(p.x), p.m.Outputs()
	p.x = p.x[:0]
	switch {
	case p.npy:
		p.all = append(p.all, outputs...)
		return nil
	case p.csv != nil:
		var labels []int
		if p.m.classifies() {
			for i := 0; i < len(outputs); i += n {
				labels = append(labels, net.Class(outputs[i:][:n]))
			}
		}
		if err := p.csv.Write(outputs, labels); err != nil {
			return err
		}
		if err := p.csv.Flush(); err != nil {
			return err
		}
	default:
		for ; len(outputs) > 0; outputs = outputs[n:] {
			p.line(outputs[:n])
		}
	}
	return p.out.Flush()
}

// line writes one row in the short form.
func (p *predictor) line(row []float32) {
	if p.m.classifies() {
		class := net.Class(row)
		name, probability := strconv.Itoa(class), float32(0)
		switch {
		case len(row) > 1:
			probability = row[class]
		case class == 1:
			probability = row[0]
		default:
			probability = 1 - row[0]
		}
		if p.classes != nil {
			name = quoteCSV(p.classes[class])
		}
		fmt.Fprintf(p.out, "%s,%.4f\n", name, probability)
		return
	}
	for j, v := range row {
		if j > 0 {
			p.out.WriteByte(',')
		}
		p.out.WriteString(strconv.FormatFloat(float64(v), 'g', -1, 32))
	}
	p.out.WriteByte('\n')
}

// quoteCSV quotes a field that needs it.
func quoteCSV(s string) string {
	if strings.ContainsAny(s, ",\"\r\n") || s != strings.TrimSpace(s) {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}

// end writes what is written at the end only.
func (p *predictor) end() error {
	if !p.npy {
		return nil
	}
	n := p.m.Outputs()
	if err := data.WriteNPY(p.out, p.all, len(p.all)/n, n); err != nil {
		return err
	}
	return p.out.Flush()
}

// flusher is a reader that has what is complete written before it waits for more input.
type flusher struct {
	r io.Reader
	p *predictor
}

func (f *flusher) Read(b []byte) (int, error) {
	if err := f.p.flush(); err != nil {
		return 0, err
	}
	return f.r.Read(b)
}

// standardInput predicts what comes from standard input: CSV, or NPY by its first bytes.
func (f *predictCommand) standardInput(cmd *cobra.Command, p *predictor) error {
	r, err := unzipped(&flusher{r: cmd.InOrStdin(), p: p})
	if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	if head, _ := r.Peek(1); len(head) > 0 && head[0] == 0x93 {
		a, err := data.ReadNPY(r)
		if err != nil {
			return plainly("standard input", err)
		}
		return f.array(cmd, p, a, "standard input")
	}
	return f.csv(cmd, p, r, "standard input")
}

// array predicts the rows of an array in memory.
func (f *predictCommand) array(cmd *cobra.Command, p *predictor, a *data.Array, name string) error {
	divide, err := f.divisor(cmd)
	if err != nil {
		return err
	}
	in := p.m.Inputs()
	rows := 1
	if len(a.Shape) > 0 {
		rows = a.Shape[0]
	}
	if rows*in != len(a.Data) {
		return fmt.Errorf("%s: shape %v: the model has %d inputs", name, a.Shape, in)
	}
	for i, v := range a.Data {
		if v-v != 0 {
			return fmt.Errorf("%s: row %d, column %d (from 0) is %g: want finite values", name, i/in, i%in, v)
		}
		a.Data[i] = v / divide
	}
	for x := a.Data; len(x) > 0; x = x[in:] {
		if err := p.add(x[:in]); err != nil {
			return err
		}
	}
	return nil
}

// divisor is --divide, or what the configuration divides by.
func (f *predictCommand) divisor(cmd *cobra.Command) (float32, error) {
	if a := f.read.Arrays; a != nil && a.Divide != 0 && !cmd.Flags().Changed("divide") {
		return a.Divide, nil
	}
	v, err := strconv.ParseFloat(f.divide, 32)
	if err != nil || !(v > 0) || v-v != 0 {
		return 0, usage("--divide %q: want a finite number above 0", f.divide)
	}
	return float32(v), nil
}

// arrays predicts the rows of an IDX, NPY or NPZ file.
func (f *predictCommand) arrays(cmd *cobra.Command, p *predictor, path string) error {
	divide, err := f.divisor(cmd)
	if err != nil {
		return err
	}
	name := f.inputsName
	if a := f.read.Arrays; a != nil && a.InputsName != "" && !cmd.Flags().Changed("inputs-name") {
		name = a.InputsName
	}
	s, err := data.Arrays{Inputs: path, InputsName: name, Divide: divide}.Open()
	if err != nil {
		return err
	}
	defer s.Close()
	return predictSource(cmd.Context(), p, s, path, predictRows)
}

// csv predicts the rows of a CSV file.
func (f *predictCommand) csv(cmd *cobra.Command, p *predictor, r io.Reader, name string) error {
	fs := cmd.Flags()
	c, err := f.trainedCSV()
	if err != nil {
		return err
	}
	if err := applyCSV(fs, &c, f.separator, f.comment, f.missing, f.missingTexts, f.fill); err != nil {
		return err
	}
	if fs.Changed("missing") && c.Missing != data.MissingFill && !fs.Changed("fill") {
		c.Fill = nil // the configuration's
	}
	if c.Missing == data.MissingMean {
		return usage("--missing mean: rows that are predicted as they come have no mean; want error, drop or fill, or --config for the means of training")
	}
	b, err := unzipped(r)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	auto := f.header == "auto"
	var line []string
	if auto || f.config != "" {
		if line, err = fieldsOf(strings.NewReader(peekLine(b)), &c); err != nil {
			return err
		}
	}
	if err := applyHeader(fs, &c, f.header, auto, line); err != nil {
		return err
	}
	switch {
	case changed(fs, "inputs", "ignore") != "":
		c.Inputs, c.Ignore = splitList(f.inputs), splitList(f.ignore)
	case c.Inputs == nil && len(line) != p.m.Inputs():
		c.Ignore = presentColumns(f.read.CSV, &c, line)
	}
	if auto && line == nil { // nothing but empty lines, or what is no CSV
		c.NoHeader = true
	}
	if _, err := b.Peek(1); err == io.EOF {
		return nil // no rows give no predictions
	}
	s, err := data.StreamCSV(b, c)
	if err != nil {
		return plainly(name, err)
	}
	defer s.Close()
	// Row by row: what is complete is written before a wait for more, and before an error.
	return predictSource(cmd.Context(), p, s, name, 1)
}

// trainedCSV is how the configuration reads CSV, as far as that is the same for rows to
// predict: without label and targets, and with values for what is missing.
func (f *predictCommand) trainedCSV() (c data.CSV, err error) {
	t := f.read.CSV
	if t == nil {
		return c, nil
	}
	c = data.CSV{Separator: t.Separator, Comment: t.Comment, Inputs: t.Inputs, MissingTexts: t.MissingTexts}
	switch {
	case t.Missing == data.MissingFill:
		c.Missing, c.Fill = t.Missing, t.Fill
	case t.Missing == data.MissingMean && f.read.Means == nil:
		return c, fmt.Errorf(`--config %s: it has no means of the training rows, for "missing": "mean": let "sinew train --save-config" write it`, f.config)
	case t.Missing == data.MissingMean:
		c.Missing, c.Fill = data.MissingFill, f.read.Means
	}
	return c, nil
}

// presentColumns returns those columns that training did not take for inputs, nil without a
// configuration: names as far as the line has them, and all numbers.
func presentColumns(trained, c *data.CSV, line []string) (columns []string) {
	if trained == nil {
		return nil
	}
	for _, name := range slices.Concat(trained.Ignore, trained.Targets, []string{trained.Label, trained.Weights}) {
		if name == "" {
			continue // no label, no weights; but a column may have an empty name
		}
		_, notNumber := strconv.Atoi(name)
		if notNumber == nil || !c.NoHeader && slices.ContainsFunc(line, func(s string) bool { return strings.TrimSpace(s) == name }) {
			columns = append(columns, name)
		}
	}
	return columns
}

// predictSource predicts all rows of a source, so many at a time.
func predictSource(ctx context.Context, p *predictor, s data.Source, name string, rows int) error {
	in := p.m.Inputs()
	if s.Inputs() != in {
		hint := ""
		if s.Inputs() > in {
			hint = "; --inputs or --ignore, or --config, leave the others out"
		}
		return fmt.Errorf("%s has %d columns: the model has %d inputs%s", name, s.Inputs(), in, hint)
	}
	if err := s.Rewind(1); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	x := make([]float32, rows*in)
	for {
		n, err := s.Read(x, nil, nil)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			if flushErr := p.flush(); flushErr != nil {
				return flushErr
			}
			return plainly(name, err)
		}
		for i := range n {
			if err := p.add(x[i*in:][:in]); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// plainly puts the name of the input in the place of the library's.
func plainly(name string, err error) error {
	text := strings.TrimPrefix(err.Error(), "data: ")
	return fmt.Errorf("%s: %s", name, strings.TrimPrefix(text, name+": "))
}

// peekLine returns the first line of r that is not empty, as far as r holds it, without
// reading it.
func peekLine(r *bufio.Reader) string {
	for n := 1; ; {
		head, err := r.Peek(n)
		text := strings.TrimLeft(string(head), "\r\n\ufeff \t")
		if i := strings.IndexByte(text, '\n'); i >= 0 {
			return text[:i]
		}
		if err != nil {
			return text
		}
		n = max(n+1, r.Buffered())
	}
}
