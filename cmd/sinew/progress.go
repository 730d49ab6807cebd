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
	member(i int, at train.Progress) // the same for a member of an ensemble
	close()
}

// newProgress returns a bar if w is a terminal and plain lines otherwise, for so many
// epochs of each of so many networks.
func newProgress(w io.Writer, epochs, members int) progress {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &bar{w: w, members: members}
	}
	const lines = 25 // a few fit on a screen, in a log too
	return &plain{w: w, every: (epochs*members + lines - 1) / lines}
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

func (p *plain) member(i int, at train.Progress) {
	if e := at.Done; e != nil && (e.Epoch%p.every == 0 || e.Epoch == at.Epochs) {
		fmt.Fprintf(p.w, "member %d  epoch %*d/%d  %s\n", i, width(at.Epochs), e.Epoch, at.Epochs, epochText(e))
	}
}

func (p *plain) close() {}

// bar draws one bar for all epochs.
type bar struct {
	w       io.Writer
	b       *progressbar.ProgressBar
	last    string // result of the last finished epoch
	members int
	steps   int // of all members so far
}

// draw makes the bar for so many steps; -1, not known, is a spinner.
func (b *bar) draw(steps int) {
	if b.b == nil {
		b.b = progressbar.NewOptions(steps,
			progressbar.OptionSetWriter(b.w),
			progressbar.OptionSetWidth(20),
			progressbar.OptionThrottle(50*time.Millisecond), // smooth to the eye, free for training
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionSetTheme(progressbar.ThemeASCII),
		)
	}
}

func (b *bar) member(i int, at train.Progress) {
	b.draw(at.Epochs * at.Steps * b.members)
	if at.Done != nil {
		b.last = "  " + barText(at.Done)
	} else {
		b.steps++
	}
	b.b.Describe(fmt.Sprintf("member %d of %d%s", i+1, b.members, b.last))
	b.b.Set(b.steps)
}

func (b *bar) update(at train.Progress) {
	total := at.Epochs * at.Steps
	if at.Steps == 0 { // a stream's first epoch
		total = -1
	}
	b.draw(total)
	if at.Done != nil && b.b.GetMax() < 0 {
		b.b.ChangeMax(at.Epochs * at.Steps)
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
	s := resultText(e.Train)
	if v := e.Validation; v.Loss == v.Loss { // NaN stands for no validation
		s += "  validation " + resultText(v)
	}
	return s
}

func resultText(m train.Metrics) string {
	s := fmt.Sprintf("loss %.4f", m.Loss)
	if m.Accuracy == m.Accuracy { // NaN stands for no labels
		s += fmt.Sprintf("  accuracy %6.2f%%", 100*m.Accuracy)
	}
	return s
}

// barText is the part of it that leaves room for the bar.
func barText(e *train.Epoch) string {
	s := fmt.Sprintf("loss %.4f", e.Train.Loss)
	if v := e.Validation; v.Loss == v.Loss {
		if v.Accuracy == v.Accuracy {
			s += fmt.Sprintf("  val %.2f%%", 100*v.Accuracy)
		} else {
			s += fmt.Sprintf("  val %.4f", v.Loss)
		}
	}
	return s
}

// width returns the number of digits of n.
func width(n int) int { return len(fmt.Sprint(n)) }
