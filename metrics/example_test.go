package metrics_test

import (
	"fmt"

	"github.com/sinew-ml/sinew/metrics"
)

// Probabilities of three classes for four rows, and what is true.
func Example() {
	probabilities := []float32{
		0.75, 0.125, 0.125,
		0.25, 0.5, 0.25,
		0.5, 0.375, 0.125,
		0.125, 0.125, 0.75,
	}
	labels := []int{0, 1, 1, 2}
	fmt.Printf("accuracy %.3f\n", metrics.Accuracy(probabilities, 3, labels))
	fmt.Printf("top 2    %.3f\n", metrics.TopK(probabilities, 3, labels, 2))
	fmt.Printf("log loss %.3f\n", metrics.LogLoss(probabilities, 3, labels))
	fmt.Printf("AUC      %.3f\n", metrics.ROCAUCMacro(probabilities, 3, labels))
	fmt.Printf("ECE      %.3f\n", metrics.CalibrationError(probabilities, 3, labels, 15))
	// Output:
	// accuracy 0.750
	// top 2    1.000
	// log loss 0.562
	// AUC      1.000
	// ECE      0.125
}

func ExampleConfusion() {
	c := metrics.NewConfusion(2)
	for range 8 {
		c.Add(0, 0)
	}
	c.Add(0, 1)
	c.Add(1, 1)
	fmt.Println("missed:", c.At(1, 0))
	fmt.Print(c.Report([]string{"healthy", "ill"}))
	// Output:
	// missed: 0
	//                precision  recall      F1     rows
	// healthy           1.0000  0.8889  0.9412        9
	// ill               0.5000  1.0000  0.6667        1
	// macro mean        0.7500  0.9444  0.8039       10
	// weighted mean     0.9500  0.9000  0.9137       10
	// accuracy                          0.9000       10
}

// One probability per row, of class 1.
func ExampleROCAUC() {
	fmt.Println(metrics.ROCAUC([]float32{0.9, 0.4, 0.4, 0.1}, []int{1, 1, 0, 0}))
	// Output: 0.875
}

func ExampleR2() {
	outputs, targets := []float32{1, 2, 3, 5}, []float32{1, 2, 3, 4}
	fmt.Printf("R2 %.2f, MAE %.2f, RMSE %.2f\n",
		metrics.R2(outputs, targets, 1), metrics.MAE(outputs, targets, 1), metrics.RMSE(outputs, targets, 1))
	// Output: R2 0.80, MAE 0.25, RMSE 0.50
}
