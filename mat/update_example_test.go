package mat_test

import (
	"fmt"

	"github.com/sinew-ml/sinew/mat"
)

// One step with momentum and L1: the second weight is within rate·L1 of 0.
func ExampleRule_Update() {
	w, dw, v := []float32{1, 0.125}, []float32{0.5, 0}, []float32{0, 0}
	rule := mat.Momentum(0.5, 0.9)
	finite := rule.Update(w, dw, [][]float32{v}, mat.Terms{Clip: 1, L1: 0.5})
	fmt.Println(w, v, finite)
	// Output: [0.5 0] [0.5 0] true
}

// Units whose incoming weights are longer than 1 are scaled down to that.
func ExampleMaxNorm() {
	w := []float32{
		3, 0.5,
		4, 0,
	}
	mat.MaxNorm(w, 2, 2, 1)
	fmt.Printf("%.1f\n", w)
	// Output: [0.6 0.5 0.8 0.0]
}
