package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/sinew-ml/sinew/train"
	"golang.org/x/term"
)

// progress shows how far training is. update is for train.Config.Progress; close ends the
// display, whether or not training came to its end.
type progress interface {
	update(train.Progress)
	close()
}

// newProgress returns a bar if w is a terminal and plain lines otherwise.
func newProgress(w io.Writer, epochs int) progress {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &bar{w: w}
	}
	const lines = 25 // a few fit on a screen, in a log too
	return &plain{w: w, every: (epochs + lines - 1) / lines}
}

// plain writes a line for every so many epochs, the first and the last.
type plain struct {
	w     io.Writer
	every int
}

func (p *plain) update(at train.Progress) {
	if e := at.Done; e != nil && (e.Epoch%p.every == 0 || e.Epoch == 1 || e.Epoch == at.Epochs) {
		fmt.Fprintf(p.w, "epoch %*d/%d  %s\n", width(at.Epochs), e.Epoch, at.Epochs, epochText(e))
	}
}

func (p *plain) close() {}

// bar draws one bar for all epochs.
type bar struct {
	w    io.Writer
	b    *progressbar.ProgressBar
	last string // result of the last finished epoch
}

func (b *bar) update(at train.Progress) {
	if b.b == nil {
		b.b = progressbar.NewOptions(at.Epochs*at.Steps,
			progressbar.OptionSetWriter(b.w),
			progressbar.OptionSetWidth(20),
			progressbar.OptionThrottle(50*time.Millisecond), // smooth to the eye, free for training
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionSetTheme(progressbar.ThemeASCII),
		)
	}
	if at.Done != nil {
		b.last = "  " + barText(at.Done)
	}
	b.b.Describe(fmt.Sprintf("epoch %*d/%d%s", width(at.Epochs), at.Epoch, at.Epochs, b.last))
	b.b.Set((at.Epoch-1)*at.Steps + at.Step) // a terminal that is gone must not stop training
}

func (b *bar) close() {
	if b.b != nil {
		fmt.Fprintln(b.w)
	}
}

// epochText is the result of an epoch.
func epochText(e *train.Epoch) string {
	s := fmt.Sprintf("loss %.4f  accuracy %6.2f%%", e.Train.Loss, 100*e.Train.Accuracy)
	if v := e.Validation; v.Loss == v.Loss { // NaN stands for no validation
		s += fmt.Sprintf("  validation loss %.4f  accuracy %6.2f%%", v.Loss, 100*v.Accuracy)
	}
	return s
}

// barText is the part of it that leaves room for the bar.
func barText(e *train.Epoch) string {
	s := fmt.Sprintf("loss %.4f", e.Train.Loss)
	if v := e.Validation; v.Loss == v.Loss {
		s += fmt.Sprintf("  val %.2f%%", 100*v.Accuracy)
	}
	return s
}

// width returns the number of digits of n.
func width(n int) int { return len(fmt.Sprint(n)) }
