package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/sinew-ml/sinew/net"
	"github.com/spf13/cobra"
)

// predictFlags is the command line of predict.
type predictFlags struct {
	model, data string
	row         int
	header      bool
}

func newPredict() *cobra.Command {
	var f predictFlags
	cmd := &cobra.Command{
		Use:   "predict [FILE]",
		Short: "Classify the rows of a CSV file",
		Long: `Predict reads rows of numbers, separated by commas, from FILE or from standard input
("-", the default): as many per row as the model has inputs, no labels. For each row
it prints one line:

  CLASS,PROBABILITY        for a classifier; classes count from 0
  OUTPUT,OUTPUT,...        for a network with another loss than softmax-cross-entropy

With --data the classes of that data set are printed by name. Rows are predicted as
they arrive; files of any length need little memory. The first bad row (another number
of columns, not a number, NaN or infinite) ends the run with an error that gives its
line, after the predictions of the rows before it.`,
		Example: `  sinew predict rows.csv
  sinew predict --header --model iris.safetensors --data iris flowers.csv
  echo 5.1,3.5,1.4,0.2 | sinew predict --model iris.safetensors
  sinew predict --data digits --row 5      # a row of the bundled data, from 0`,
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	cmd.Flags().StringVar(&f.model, "model", defaultModel, "model `FILE` to predict with")
	cmd.Flags().StringVar(&f.data, "data", "", "bundled data `SET` that names the classes and holds --row: digits or iris")
	cmd.Flags().IntVar(&f.row, "row", -1, "predict row `N` of --data, counted from 0, instead of a file")
	cmd.Flags().BoolVar(&f.header, "header", false, "skip the first line")
	cmd.Flags().Lookup("row").DefValue = "0" // hides the -1 from the help text
	cmd.Flags().SortFlags = false
	return cmd
}

func (f *predictFlags) run(cmd *cobra.Command, args []string) error {
	oneRow := cmd.Flags().Changed("row")
	switch {
	case oneRow && f.data == "":
		return usage("--row goes with --data")
	case oneRow && (len(args) > 0 || f.header):
		return usage("--row goes without FILE and --header")
	}
	var set bundled
	if f.data != "" {
		var err error
		if set, err = findBundled(f.data); err != nil {
			return err
		}
	}
	m, err := net.LoadFile(f.model)
	if err != nil {
		return err
	}
	p := &predictor{m: m, p: m.NewPredictor(predictRows), out: bufio.NewWriter(cmd.OutOrStdout())}
	if f.data != "" {
		if err := set.fits(m, f.model); err != nil {
			return err
		}
		d := set.load()
		p.classes = d.Classes
		if oneRow {
			if f.row < 0 || f.row >= d.Rows() {
				return usage("--row %d: want 0...%d, the rows of %s", f.row, d.Rows()-1, f.data)
			}
			p.x = d.X[f.row*d.Inputs:][:d.Inputs]
			return p.flush()
		}
	}
	if len(args) == 0 || args[0] == "-" {
		return p.stream(cmd.Context(), cmd.InOrStdin(), "standard input", f.header)
	}
	file, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer file.Close()
	return p.stream(cmd.Context(), file, args[0], f.header)
}

// predictRows is how many rows are predicted at once: enough to use the vector units well.
const predictRows = 256

// predictor collects rows and prints what the network says about them.
type predictor struct {
	m       *net.Network
	p       *net.Predictor
	classes []string // nil: numbers
	x       []float32
	out     *bufio.Writer
}

// stream predicts the rows of r; name stands for it in errors.
func (p *predictor) stream(ctx context.Context, r io.Reader, name string, header bool) error {
	buffered := bufio.NewReaderSize(r, 64<<10) // csv uses it as it is
	if bom, err := buffered.Peek(3); err == nil && string(bom) == "\ufeff" {
		buffered.Discard(len(bom)) // spreadsheets put it before UTF-8
	}
	records := csv.NewReader(buffered)
	records.FieldsPerRecord = -1 // row says it more clearly
	records.ReuseRecord = true
	records.TrimLeadingSpace = true
	for {
		record, err := records.Read()
		if err == nil && header {
			header = false
			continue
		}
		if err == nil {
			err = p.row(record, records)
		}
		if err == nil {
			err = ctx.Err()
		}
		// What is complete is printed before a wait for more input, and before an error.
		if err != nil || len(p.x) == predictRows*p.m.Inputs() || buffered.Buffered() == 0 {
			if err := p.flush(); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil && errors.Is(err, ctx.Err()):
			return errInterrupted
		case err != nil:
			return fmt.Errorf("%s: %w", name, err)
		}
	}
}

// row appends the numbers of a record to p.x; an error gives line and column.
func (p *predictor) row(record []string, records *csv.Reader) error {
	line, _ := records.FieldPos(0)
	if len(record) != p.m.Inputs() {
		return fmt.Errorf("line %d has %d columns: the model has %d inputs", line, len(record), p.m.Inputs())
	}
	from := len(p.x)
	for i, field := range record {
		v, err := strconv.ParseFloat(strings.TrimSpace(field), 32)
		text := ""
		switch {
		case errors.Is(err, strconv.ErrRange):
			text = "is out of the range of float32"
		case err != nil:
			text = "is not a number"
		case v-v != 0:
			text = "is not finite"
		}
		if text != "" {
			p.x = p.x[:from]
			line, _ := records.FieldPos(i)
			return fmt.Errorf("line %d, column %d: %.40q %s", line, i+1, field, text)
		}
		p.x = append(p.x, float32(v))
	}
	return nil
}

// flush predicts the collected rows and prints a line for each.
func (p *predictor) flush() error {
	outputs, n := p.p.Predict(p.x), p.m.Outputs()
	softmax := p.m.Config().Loss == net.SoftmaxCrossEntropy
	for ; len(outputs) > 0; outputs = outputs[n:] {
		row := outputs[:n]
		if softmax {
			class := net.Class(row)
			name := strconv.Itoa(class)
			if p.classes != nil {
				name = p.classes[class]
			}
			fmt.Fprintf(p.out, "%s,%.4f\n", name, row[class])
			continue
		}
		for j, v := range row {
			if j > 0 {
				p.out.WriteByte(',')
			}
			p.out.WriteString(strconv.FormatFloat(float64(v), 'g', -1, 32))
		}
		p.out.WriteByte('\n')
	}
	p.x = p.x[:0]
	if err := p.out.Flush(); err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	return nil
}
