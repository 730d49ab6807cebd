package net

import (
	"fmt"
	"math"
	"math/bits"
)

// Memory is what a network of some configuration takes, in bytes of its long slices.
type Memory struct {
	Network   int64 // parameters and running averages
	Predictor int64 // what each Predictor adds
	Workspace int64 // what each Workspace adds
}

// MemoryFor returns the memory of a network without transform, and of a Predictor and a
// Workspace for so many rows. Nothing is allocated. An error says what is wrong with the
// configuration or with rows.
func MemoryFor(c Config, rows int) (Memory, error) {
	params, err := c.check()
	if err != nil {
		return Memory{}, fmt.Errorf("net: %w", err)
	}
	if err := inRange("rows", rows, 1, math.MaxInt32); err != nil {
		return Memory{}, fmt.Errorf("net: %w", err)
	}
	const float, double, word = 4, 8, bits.UintSize / 8
	n := int64(rows)
	m := Memory{Network: float * int64(params)}
	var turn [2]int64
	widest, norms, wide := int64(0), int64(0), int64(0)
	for i, l := range c.Layers {
		units := int64(l.Units)
		turn[i%2] = max(turn[i%2], units)
		widest = max(widest, units)
		perRow := 2 * units // outputs and their gradients
		if l.Norm != NoNorm {
			perRow += units
		}
		if l.Activation.fromInput() {
			perRow += units
		}
		if l.Dropout > 0 {
			perRow += units
		}
		switch l.Norm {
		case BatchNorm:
			m.Network += 2 * float * units
			norms += 3 * units
			wide = max(wide, units)
		case LayerNorm:
			perRow += units + 2
		}
		m.Workspace += float * n * perRow
	}
	outputs := int64(c.Layers[len(c.Layers)-1].Units)
	m.Workspace += float * n * outputs // one-hot targets
	if c.Loss.logits() {
		m.Workspace += float * n * outputs
		m.Predictor += float * n * outputs
	}
	m.Workspace += float*(int64(params)+norms+widest+wide) + double*n
	m.Predictor += float*(n*(turn[0]+turn[1])+wide) + word*n
	return m, nil
}
