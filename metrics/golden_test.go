package metrics

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

// golden holds what testdata/golden.py made with scikit-learn.
type golden struct {
	Classification []struct {
		Columns   int
		Outputs   []float32
		Labels    []int
		Accuracy  float64
		TopK      []float64
		Confusion []int
		// Precision, recall, F1.
		Classes                [3][]float64
		Macro, Micro, Weighted [3]float64
		AUC                    float64
		LogLoss                float64 `json:"log_loss"`
		ECE                    float64
	}
	Binary []struct {
		Outputs       []float32
		Labels        []int
		Accuracy, AUC float64
		Positive      [3]float64
		LogLoss       float64 `json:"log_loss"`
		ECE           float64
	}
	Regression []struct {
		Columns          int
		Outputs, Targets []float32
		R2, MAE, RMSE    float64
	}
}

func loadGolden(t *testing.T) (g golden) {
	t.Helper()
	text, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Classification) == 0 || len(g.Binary) == 0 || len(g.Regression) == 0 {
		t.Fatal("golden.json is empty")
	}
	return g
}

// near allows for sums of up to 60 numbers of order 1 in another order, in float64.
func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 60*0x1p-52*max(1, math.Abs(want))) {
		t.Errorf("%s is %.17g, want %.17g", what, got, want)
	}
}

func nearScores(t *testing.T, what string, got Scores, want [3]float64) {
	t.Helper()
	near(t, what+" precision", got.Precision, want[0])
	near(t, what+" recall", got.Recall, want[1])
	near(t, what+" F1", got.F1, want[2])
}

func TestGoldenClassification(t *testing.T) {
	for _, c := range loadGolden(t).Classification {
		near(t, "Accuracy", Accuracy(c.Outputs, c.Columns, c.Labels), c.Accuracy)
		for k := 1; k <= c.Columns; k++ {
			near(t, "TopK", TopK(c.Outputs, c.Columns, c.Labels, k), c.TopK[k-1])
		}
		m := NewConfusion(c.Columns)
		half := len(c.Labels) / 2
		m.AddOutputs(c.Outputs[:half*c.Columns], c.Columns, c.Labels[:half])
		m.AddOutputs(c.Outputs[half*c.Columns:], c.Columns, c.Labels[half:])
		if !slices.Equal(m.Counts, c.Confusion) {
			t.Errorf("confusion matrix %v, want %v", m.Counts, c.Confusion)
		}
		near(t, "Confusion.Accuracy", m.Accuracy(), c.Accuracy)
		if m.Rows() != len(c.Labels) {
			t.Errorf("%d rows, want %d", m.Rows(), len(c.Labels))
		}
		for i, s := range m.Scores() {
			nearScores(t, "class", s, [3]float64{c.Classes[0][i], c.Classes[1][i], c.Classes[2][i]})
		}
		nearScores(t, "macro", m.Macro(), c.Macro)
		nearScores(t, "micro", m.Micro(), c.Micro)
		nearScores(t, "weighted", m.Weighted(), c.Weighted)
		near(t, "ROCAUCMacro", ROCAUCMacro(c.Outputs, c.Columns, c.Labels), c.AUC)
		near(t, "LogLoss", LogLoss(c.Outputs, c.Columns, c.Labels), c.LogLoss)
		near(t, "CalibrationError", CalibrationError(c.Outputs, c.Columns, c.Labels, 15), c.ECE)
	}
}

func TestGoldenBinary(t *testing.T) {
	for _, c := range loadGolden(t).Binary {
		near(t, "Accuracy", Accuracy(c.Outputs, 1, c.Labels), c.Accuracy)
		m := NewConfusion(2)
		m.AddOutputs(c.Outputs, 1, c.Labels)
		nearScores(t, "class 1", m.Scores()[1], c.Positive)
		near(t, "ROCAUC", ROCAUC(c.Outputs, c.Labels), c.AUC)
		near(t, "LogLoss", LogLoss(c.Outputs, 1, c.Labels), c.LogLoss)
		near(t, "CalibrationError", CalibrationError(c.Outputs, 1, c.Labels, 10), c.ECE)
		// Two columns of the same probabilities say the same.
		var two []float32
		for _, p := range c.Outputs {
			two = append(two, 1-p, p)
		}
		near(t, "ROCAUCMacro", ROCAUCMacro(two, 2, c.Labels), c.AUC)
		near(t, "LogLoss of two columns", LogLoss(two, 2, c.Labels), c.LogLoss)
		near(t, "Accuracy of two columns", Accuracy(two, 2, c.Labels), c.Accuracy)
	}
}

func TestGoldenRegression(t *testing.T) {
	for _, c := range loadGolden(t).Regression {
		near(t, "R2", R2(c.Outputs, c.Targets, c.Columns), c.R2)
		near(t, "MAE", MAE(c.Outputs, c.Targets, c.Columns), c.MAE)
		near(t, "RMSE", RMSE(c.Outputs, c.Targets, c.Columns), c.RMSE)
	}
}
