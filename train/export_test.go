package train

import (
	"crypto/sha256"
	"io"
)

// For tests of package train_test.

func (t *Trainer) Encode(w io.Writer) error { return t.encode(w) }

func (t *Trainer) Decode(data []byte) error {
	f, err := parseCheckpoint(data)
	if err != nil {
		return err
	}
	return t.decode(f)
}

// State returns all that an update changes, the best weights, and the counters.
func (t *Trainer) State() (arenas [][]float32, best []float32, counters any) {
	return t.arenas(), t.best, [...]any{t.steps, t.epoch, t.averaged, t.bound, t.plateau, t.run}
}

// RunFrozen makes Fit run frozen layers in each epoch, as if their outputs took too much memory.
func (t *Trainer) RunFrozen() { t.whole = true }

// KeepsFrozen is whether Fit keeps frozen layers' outputs for so many rows.
func KeepsFrozen(rows, inputs, units int) bool { return keeps(rows, inputs, units) }

// Sum returns data with the checksum that it should have.
func Sum(data []byte) []byte {
	n := len(data) - sha256.Size
	sum := sha256.Sum256(data[:n])
	return append(append([]byte(nil), data[:n]...), sum[:]...)
}

// RunHistory returns the history of the run at hand.
func (t *Trainer) RunHistory() *History { return &t.run.History }

// PlateauRates returns the rate after each figure, lower being better.
func PlateauRates(s Plateau, figures []float64) (rates []float64) {
	p := plateau{Scale: 1}
	for _, f := range figures {
		p.after(s, f)
		rates = append(rates, s.Start*p.Scale)
	}
	return rates
}
