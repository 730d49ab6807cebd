package mat_test

import (
	"fmt"

	"github.com/sinew-ml/sinew/mat"
)

// Two rows of a data set become a batch, standardised on the way.
func ExampleGatherAffine() {
	data := []float32{
		1, 10,
		2, 20,
		3, 30,
	}
	mean, scale := []float32{2, 20}, []float32{1, 0.1}
	batch := make([]float32, 4)
	mat.GatherAffine(batch, data, []int{2, 0}, 2, mean, scale)
	fmt.Println(batch)
	// Output: [1 1 -1 -1]
}

// Half of the elements are dropped, the others doubled. The gradient has the same mask.
func ExampleDropout() {
	const p, seed, step, layer = 0.5, 1, 7, 0
	x, y := []float32{1, 2, 3, 4, 5, 6, 7, 8}, make([]float32, 8)
	mat.Dropout(y, x, p, seed, step, layer, 0)
	dy, dx := []float32{1, 1, 1, 1, 1, 1, 1, 1}, make([]float32, 8)
	mat.Dropout(dx, dy, p, seed, step, layer, 0)
	fmt.Println(y)
	fmt.Println(dx)
	// Output:
	// [0 4 0 8 0 0 14 16]
	// [0 2 0 2 0 0 2 2]
}

// The columns of a batch get mean 0 and variance 1, then gamma and beta.
func ExampleBatchNorm() {
	const rows, n = 4, 2
	x := []float32{
		1, -6,
		3, 2,
		3, 2,
		1, -6,
	}
	mean, variance, invstd := make([]float32, n), make([]float32, n), make([]float32, n)
	mat.ColumnMoments(mean, variance, x, rows, n, n)
	mat.InvStd(invstd, variance, 0)
	y := make([]float32, rows*n)
	mat.BatchNorm(y, x, mean, invstd, []float32{1, 10}, []float32{0, 5}, rows, n, n)
	fmt.Println("mean", mean, "variance", variance)
	fmt.Println(y)
	// Output:
	// mean [2 -2] variance [1 16]
	// [-1 -5 1 15 1 15 -1 -5]
}

// Errors of two rows of two outputs: ½Σd² of each row, and the mean's gradient.
func ExampleHalfSquaredError() {
	y, target := []float32{1, 2, 3, 4}, []float32{1, 0, 0, 4}
	losses, dy := make([]float64, 2), make([]float32, 4)
	mat.HalfSquaredError(losses, dy, y, target, 2, 1.0/2, nil)
	fmt.Println(losses, dy)
	// Output: [2 4.5] [0 1 1.5 0]
}
