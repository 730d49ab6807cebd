// Command sinew trains a small neural network, measures it, predicts with it, and converts
// models.
//
//	sinew train     train on a bundled data set or a file; write model, curves, report
//	sinew eval      measure a model on the rows that training held back
//	sinew predict   predict the rows of a file
//	sinew search    look for a good configuration
//	sinew check     check the gradients of a configuration
//	sinew inspect   show what a model file holds
//	sinew convert   convert models: Sinew, ONNX, PyTorch state dict
//	sinew info      show the instruction set in use
//
// "sinew help COMMAND" explains each with examples. Results go to standard output, progress
// and errors to standard error. The exit status is 0 for success, 1 for an error, 2 for
// wrong usage and 130 for work that was interrupted, as shells have it for Ctrl-C.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// The exit statuses beside 0.
const (
	exitError       = 1
	exitUsage       = 2
	exitInterrupted = 130 // 128 + SIGINT
)

// defaultModel is the model file that train writes and the other commands read.
const defaultModel = "model.safetensors"

// run is the program without its globals. It returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	out := &stickyWriter{w: stdout}
	root := newRoot()
	root.SetArgs(append([]string{}, args...)) // nil would stand for os.Args
	root.SetIn(stdin)
	root.SetOut(out)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil && out.err != nil {
		err = fmt.Errorf("standard output: %w", out.err)
	}
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "sinew: %s\n", message(err))
	var usage *usageError
	switch {
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "Run '%s --help' for usage.\n", cmd.CommandPath())
		return exitUsage
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	}
	return exitError
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		SuggestionsMinimumDistance: 2,
		Use:                        "sinew",
		Short:                      "Train a small neural network, measure it and predict with it",
		Long: `Sinew trains multi-layer perceptrons with the processor's vector instructions.

Start with "sinew train": in a few seconds it trains on the bundled images of
handwritten digits and writes model.safetensors and curves.png. Then try
"sinew eval" and "sinew predict --data digits --row 0".`,
		Example: `  sinew train                                        # digits, to about 98 % accuracy
  sinew eval                                         # the same test rows, all figures
  sinew predict --data digits --row 0                # classify one bundled image
  sinew train --data flowers.csv --label species --report report.html
  sinew search --data flowers.csv --label species --try rate=1e-4..1e-1:log
  sinew predict --ignore species flowers.csv         # predict the rows of a file
  sinew convert model.safetensors model.onnx
  sinew inspect model.safetensors`,
		Version:       version(),
		SilenceErrors: true, // run prints them, with its prefix
		SilenceUsage:  true,
		Args:          noSuchCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(newTrain(), newEval(), newPredict(), newSearch(), newCheck(), newInspect(), newConvert(), newInfo())
	for _, cmd := range root.Commands() {
		cmd.Flags().VisitAll(sayDefault)
	}
	return root
}

// sayDefault adds to the help of a text that has no default that it has none.
func sayDefault(f *pflag.Flag) {
	if t := f.Value.Type(); (t == "string" || t == "stringArray") && (f.DefValue == "" || f.DefValue == "[]") && !strings.Contains(f.Usage, "default") {
		f.Usage += " (default none)"
	}
}

// usageError is an error in the command line itself.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// usage returns a usageError with a text.
func usage(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// message returns the text of err without the program's name, which some begin with, and in
// the words of the command line.
func message(err error) string {
	return printable(inFlags.Replace(strings.TrimPrefix(err.Error(), "sinew: ")))
}

// printable returns a text that may have pieces of a file in it, with escapes of Go for what a
// terminal would take for a command.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// inFlags says by which flag is done what the library asks for.
var inFlags = strings.NewReplacer(
	"set a policy for missing values", "--missing drop, mean or fill says what to do",
	`only dropping the row (missing "drop") would help`, "only --missing drop, which leaves the row out, would help",
)

// flagError makes pflag's errors ours: without the names of Go's functions.
func flagError(_ *cobra.Command, err error) error {
	if number, ok := errors.AsType[*strconv.NumError](err); ok {
		flag, _ := errors.AsType[*pflag.InvalidValueError](err)
		if flag == nil {
			return &usageError{number}
		}
		return usage("--%s %q: want a %s", flag.GetFlag().Name, number.Num, map[string]string{
			"int": "whole number", "uint64": "whole number in [0, 2⁶⁴)", "float64": "number", "bool": "truth value, true or false",
		}[flag.GetFlag().Value.Type()])
	}
	return &usageError{err}
}

// noSuchCommand refuses arguments that are no command's name, with a guess at what was meant.
func noSuchCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	if names := root.SuggestionsFor(args[0]); len(names) > 0 {
		hint = fmt.Sprintf(": did you mean %s?", strings.Join(names, " or "))
	}
	return usage("unknown command %q%s", args[0], hint)
}

// usageArgs makes the errors of a check of arguments usage errors.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return &usageError{err}
		}
		return nil
	}
}

// stickyWriter keeps the first error and writes nothing after it, so that commands may
// print line by line and run still reports a full disk.
type stickyWriter struct {
	w   io.Writer
	err error
}

func (s *stickyWriter) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	s.err = err
	return n, err
}
