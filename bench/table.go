package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// table prints rows as Markdown or as aligned columns.
type table struct {
	out      io.Writer
	aligned  *tabwriter.Writer
	markdown bool
}

func newTable(out io.Writer, markdown bool, head ...string) *table {
	t := &table{out: out, markdown: markdown, aligned: tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)}
	t.row(head...)
	if markdown {
		t.row("---" + strings.Repeat(" | ---:", len(head)-1))
	}
	return t
}

func (t *table) row(cells ...string) {
	if t.markdown {
		fmt.Fprintf(t.out, "| %s |\n", strings.Join(cells, " | "))
		return
	}
	fmt.Fprintln(t.aligned, strings.Join(cells, "\t")+"\t")
}

func (t *table) end() {
	t.aligned.Flush()
	fmt.Fprintln(t.out)
}

// number prints v, "-" where there is none.
func number(format string, v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "-"
	}
	return fmt.Sprintf(format, v)
}

// times prints a ratio, with one digit more where it is small.
func times(v float64) string {
	if v < 0.1 {
		return number("%.3f", v)
	}
	return number("%.2f", v)
}
