package mat_test

import (
	"fmt"
	"slices"

	"github.com/sinew-ml/sinew/mat"
)

func ExampleDot() {
	x := []float32{1, 2, 3}
	y := []float32{4, 5, 6}
	fmt.Println(mat.Dot(x, y))
	// Output: 32
}

// A layer's forward pass, y = x·Wᵀ + b, for a batch of two: the weights lie one row
// per output, so they are the transposed operand, and each row of y starts as b.
func ExampleGemm() {
	x := []float32{ // 2×3
		1, 2, 3,
		4, 5, 6,
	}
	w := []float32{ // 2×3
		1, 0, -1,
		0.5, 0.5, 0.5,
	}
	y := []float32{ // 2×2
		10, 20,
		10, 20,
	}
	mat.Gemm(mat.NoTrans, mat.Transpose, 2, 2, 3, 1, x, 3, w, 3, 1, y, 2)
	fmt.Println(y[:2])
	fmt.Println(y[2:])
	// Output:
	// [8 23]
	// [8 27.5]
}

// The loss of a classifier for class 2 is the logarithm of the sum minus the logit
// of the class; no size of logits overflows.
func ExampleSoftmax() {
	logits := []float32{1000, 1001, 1002}
	p := make([]float32, len(logits))
	logSumExp := mat.Softmax(p, logits)
	fmt.Printf("%.4f\n", p)
	fmt.Printf("loss %.4f\n", logSumExp-float64(logits[2]))
	// Output:
	// [0.0900 0.2447 0.6652]
	// loss 0.4076
}

// The level in use is the fastest of the machine unless SINEW_ISA names another;
// generic is available everywhere.
func ExampleISA() {
	info := mat.ISA()
	fmt.Println(info.Available[0], slices.Contains(info.Available, info.Level))
	// Output: generic true
}
