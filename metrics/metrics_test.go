package metrics

import (
	"math"
	"testing"
)

var (
	nan = float32(math.NaN())
	inf = float32(math.Inf(1))
)

// equal is exact, and takes NaN for NaN.
func equal(t *testing.T, what string, got, want float64) {
	t.Helper()
	if got != want && !(got != got && want != want) {
		t.Errorf("%s is %.17g, want %.17g", what, got, want)
	}
}

func TestClassRule(t *testing.T) {
	for _, c := range []struct {
		row  []float32
		want int
	}{
		{[]float32{1, 3, 2}, 1},
		{[]float32{3, 3, 1}, 0}, // the first of equals
		{[]float32{1, 3, 3}, 1},
		{[]float32{nan, -inf}, 1}, // NaN loses to every number
		{[]float32{-inf, nan}, 0},
		{[]float32{nan, nan, 0}, 2},
		{[]float32{nan, nan}, 0},
		{[]float32{0.5}, 0},
		{[]float32{0.50001}, 1},
		{[]float32{nan}, 0},
	} {
		for label := range max(len(c.row), 2) {
			want := 0.0
			if label == c.want {
				want = 1
			}
			equal(t, "Accuracy", Accuracy(c.row, len(c.row), []int{label}), want)
			if len(c.row) > 1 {
				equal(t, "TopK", TopK(c.row, len(c.row), []int{label}, 1), want)
			}
		}
	}
}

func TestTopKOrder(t *testing.T) {
	// From the largest to the smallest; equals in the order of the columns, NaN last.
	row, order := []float32{2, nan, 5, 2, -inf, nan}, []int{2, 0, 3, 4, 1, 5}
	for k := 1; k <= len(row); k++ {
		for place, label := range order {
			want := 0.0
			if place < k {
				want = 1
			}
			equal(t, "TopK", TopK(row, len(row), []int{label}, k), want)
		}
	}
}

func TestNoRows(t *testing.T) {
	c := NewConfusion(3)
	for name, v := range map[string]float64{
		"Accuracy":           Accuracy(nil, 3, nil),
		"TopK":               TopK(nil, 3, nil, 1),
		"LogLoss":            LogLoss(nil, 3, nil),
		"CalibrationError":   CalibrationError(nil, 3, nil, 15),
		"ROCAUC":             ROCAUC(nil, nil),
		"ROCAUCMacro":        ROCAUCMacro(nil, 3, nil),
		"R2":                 R2(nil, nil, 2),
		"R2 of one row":      R2([]float32{1}, []float32{1}, 1),
		"MAE":                MAE(nil, nil, 2),
		"RMSE":               RMSE(nil, nil, 2),
		"Confusion.Accuracy": c.Accuracy(),
	} {
		equal(t, name, v, math.NaN())
	}
	for _, s := range append(c.Scores(), c.Macro(), c.Micro(), c.Weighted()) {
		if s != (Scores{}) {
			t.Errorf("scores without rows are %+v, want zeros", s)
		}
	}
}

func TestNaN(t *testing.T) {
	for name, v := range map[string]float64{
		"LogLoss":                   LogLoss([]float32{0.5, 0.5, nan, 0.5}, 2, []int{0, 1}),
		"LogLoss of another column": LogLoss([]float32{0.5, nan}, 2, []int{0}),
		"LogLoss of a logit":        LogLoss([]float32{1.5}, 1, []int{1}),
		"LogLoss below 0":           LogLoss([]float32{-0.5}, 1, []int{0}),
		"CalibrationError":          CalibrationError([]float32{0.5, nan}, 1, []int{0, 1}, 5),
		"CalibrationError, logit":   CalibrationError([]float32{3, -1}, 2, []int{0}, 5),
		"ROCAUC":                    ROCAUC([]float32{1, nan, 2}, []int{0, 0, 1}),
		"ROCAUC of one class":       ROCAUC([]float32{1, 2}, []int{1, 1}),
		"ROCAUCMacro":               ROCAUCMacro([]float32{1, nan, 2, 1}, 2, []int{0, 1}),
		"ROCAUCMacro of one class":  ROCAUCMacro([]float32{1, 0, 2, 1}, 2, []int{0, 0}),
		"R2, output":                R2([]float32{1, nan}, []float32{1, 2}, 1),
		"R2, target":                R2([]float32{1, 2}, []float32{nan, 2}, 1),
		"R2, equal targets":         R2([]float32{1, nan}, []float32{2, 2}, 1),
		"MAE":                       MAE([]float32{1, nan}, []float32{1, 2}, 1),
		"RMSE":                      RMSE([]float32{1, nan}, []float32{1, 2}, 1),
	} {
		equal(t, name, v, math.NaN())
	}
}

func TestByHand(t *testing.T) {
	// 0 and 1 are moved to 2⁻²³ and 1-2⁻²³.
	equal(t, "LogLoss of a certain error", LogLoss([]float32{1, 0}, 2, []int{1}), -math.Log(0x1p-23))
	equal(t, "LogLoss of a certain error, one column", LogLoss([]float32{0}, 1, []int{1}), -math.Log(0x1p-23))
	equal(t, "LogLoss when certain", LogLoss([]float32{1, 0}, 2, []int{0}), -math.Log(1-0x1p-23))

	// Two bins: (0, ½] holds 0.25, 0.5 and 0; (½, 1] holds 0.75 and 1.
	p := []float32{
		0.25, 0.125, 0.125, // right
		0.5, 0.25, 0.25, // wrong
		0, 0, 0, // right
		0.25, 0.75, 0, // right
		0, 0, 1, // wrong
	}
	equal(t, "CalibrationError", CalibrationError(p, 3, []int{0, 1, 0, 1, 0}, 2), (2-0.75+(1.75-1))/5)
	// An empty bin adds nothing; one column chooses 0 with confidence 0.75.
	equal(t, "CalibrationError, one column", CalibrationError([]float32{0.25}, 1, []int{0}, 100), 0.25)

	equal(t, "ROCAUC", ROCAUC([]float32{3, 1, 2, inf}, []int{1, 0, 0, 1}), 1)
	equal(t, "ROCAUC reversed", ROCAUC([]float32{-3, -1, -2, -inf}, []int{1, 0, 0, 1}), 0)
	equal(t, "ROCAUC of ties", ROCAUC([]float32{1, 1, 1, 1}, []int{1, 0, 0, 1}), 0.5)
	equal(t, "ROCAUC", ROCAUC([]float32{1, 2, 2, 3}, []int{0, 1, 0, 0}), 1.5/3)
	// Class 2 has no rows and is left out: 1 for class 0 and 1 for class 1.
	equal(t, "ROCAUCMacro", ROCAUCMacro([]float32{2, 1, 9, 1, 2, 3}, 3, []int{0, 1}), 1)

	y, targets := []float32{1, 10, 3, 10, 5, 16}, []float32{1, 10, 2, 12, 3, 14}
	// Columns: errors 0, 1, 2 about mean 2; 0, -2, 2 about mean 12.
	equal(t, "R2", R2(y, targets, 2), ((1-5.0/2)+(1-8.0/8))/2)
	equal(t, "MAE", MAE(y, targets, 2), 7.0/6)
	equal(t, "RMSE", RMSE(y, targets, 2), (math.Sqrt(5.0/3)+math.Sqrt(8.0/3))/2)
	equal(t, "R2 of equal targets, hit", R2([]float32{2, 2}, []float32{2, 2}, 1), 1)
	equal(t, "R2 of equal targets, missed", R2([]float32{2, 3}, []float32{2, 2}, 1), 0)
	// The mean of these is not exact: they are equal all the same.
	equal(t, "R2 of equal targets", R2([]float32{0.1, 0.1, 0.1}, []float32{0.1, 0.1, 0.1}, 1), 1)
}

func TestConfusion(t *testing.T) {
	c := NewConfusion(3)
	for _, p := range [][2]int{{0, 0}, {0, 0}, {0, 1}, {1, 1}, {2, 0}} {
		c.Add(p[0], p[1])
	}
	if c.At(0, 0) != 2 || c.At(0, 1) != 1 || c.At(1, 0) != 0 || c.At(2, 0) != 1 {
		t.Errorf("counts %v", c.Counts)
	}
	s := c.Scores()
	if want := (Scores{2.0 / 3, 2.0 / 3, 4.0 / 6, 3}); s[0] != want {
		t.Errorf("class 0: %+v, want %+v", s[0], want)
	}
	if want := (Scores{0, 0, 0, 1}); s[2] != want { // never predicted
		t.Errorf("class 2: %+v, want %+v", s[2], want)
	}
	if want := (Scores{0.6, 0.6, 0.6, 5}); c.Micro() != want {
		t.Errorf("micro %+v, want %+v", c.Micro(), want)
	}
}

func TestPanics(t *testing.T) {
	c := NewConfusion(2)
	for name, f := range map[string]func(){
		"columns":           func() { Accuracy([]float32{1}, 0, []int{0}) },
		"columns, targets":  func() { MAE([]float32{1}, []float32{1}, 0) },
		"rows":              func() { Accuracy(make([]float32, 6), 3, []int{0}) },
		"part of a row":     func() { Accuracy(make([]float32, 7), 3, []int{0, 0}) },
		"label":             func() { Accuracy(make([]float32, 3), 3, []int{3}) },
		"label below 0":     func() { LogLoss(make([]float32, 3), 3, []int{-1}) },
		"label, one column": func() { ROCAUC(make([]float32, 1), []int{2}) },
		"k":                 func() { TopK(make([]float32, 3), 3, []int{0}, 4) },
		"k below 1":         func() { TopK(make([]float32, 3), 3, []int{0}, 0) },
		"k, one column":     func() { TopK(make([]float32, 1), 1, []int{0}, 1) },
		"bins":              func() { CalibrationError(make([]float32, 1), 1, []int{0}, 0) },
		"bins, huge":        func() { CalibrationError(make([]float32, 1), 1, []int{0}, math.MaxInt) },
		"one column":        func() { ROCAUCMacro(make([]float32, 1), 1, []int{0}) },
		"targets":           func() { R2(make([]float32, 2), make([]float32, 4), 2) },
		"targets, row":      func() { RMSE(make([]float32, 3), make([]float32, 3), 2) },
		"classes":           func() { NewConfusion(0) },
		"classes, huge":     func() { NewConfusion(math.MaxInt) },
		"add":               func() { c.Add(2, 0) },
		"add, predicted":    func() { c.Add(0, -1) },
		"add outputs":       func() { c.AddOutputs(make([]float32, 3), 3, []int{0}) },
		"add, late label":   func() { c.AddOutputs(make([]float32, 2), 1, []int{0, 2}) },
		"names":             func() { c.Report([]string{"a"}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if _, text := recover().(string); !text {
					t.Error("no panic with a text")
				}
			}()
			f()
		})
	}
	if c.Rows() != 0 {
		t.Errorf("%d rows were counted before a panic", c.Rows())
	}
}
