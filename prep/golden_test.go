package prep

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/sinew-ml/sinew/train"
)

// golden is one case of what testdata/golden.py made with scikit-learn.
type golden struct {
	Name     string
	Inputs   int
	X        []float32
	Standard struct{ Mean, Scale []float64 }
	MinMax   map[string][]float64 // by "lo,hi": the scaled rows
	PCA      struct {
		Components, Variances, Shares []float64
		K                             int
	}
	Share       map[string]int
	Whitened    []float64
	ZCA         map[string][]float64
	Correlation struct{ Components, Variances []float64 }
}

func loadGolden(t *testing.T) (cases []golden) {
	t.Helper()
	text, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 8 {
		t.Fatalf("%d cases", len(cases))
	}
	return cases
}

// near compares element by element: |got - want| <= bound·max(|want|, floor).
func near[T, U float32 | float64](t *testing.T, what string, got []T, want []U, bound, floor float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	for i, g := range got {
		w := float64(want[i])
		if d := math.Abs(float64(g) - w); !(d <= bound*max(math.Abs(w), floor)) {
			t.Errorf("%s[%d] is %.17g, want %.17g: off by %.3g", what, i, float64(g), w, d)
			return
		}
	}
}

// Bounds. half is the rounding of one number to float32. The decompositions of Go and
// scikit-learn differ by float64's rounding times the condition of the case, whose
// singular values span five decades at most, and the gaps between them.
const (
	half   = 0x1p-24 * (1 + 1e-6)
	double = 1e-9
)

func apply(f *Fit, x []float32) []float32 {
	t := f.Transform
	dst := make([]float32, len(x)/t.Inputs()*t.Outputs())
	t.Apply(dst, x, make([]float32, len(x)))
	return dst
}

// columnsOf returns the sizes of the largest centred value of each column.
func columnsOf(c golden) []float64 {
	size := make([]float64, c.Inputs)
	for i, v := range c.X {
		size[i%c.Inputs] = max(size[i%c.Inputs], math.Abs(float64(v)-c.Standard.Mean[i%c.Inputs]), math.Abs(float64(v)))
	}
	return size
}

func must(t *testing.T) func(*Fit, error) *Fit {
	return func(f *Fit, err error) *Fit {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
}

func TestGolden(t *testing.T) {
	for _, c := range loadGolden(t) {
		t.Run(c.Name, func(t *testing.T) {
			d := &train.Dataset{Inputs: c.Inputs, X: c.X}
			fit := must(t)
			size := columnsOf(c)

			f := fit(Standardize(d))
			near(t, "Standardize: Scale", f.Transform.Scale, c.Standard.Scale, half, 0)
			for j, m := range f.Transform.Mean {
				near(t, "Standardize: Mean", []float32{m}, []float64{c.Standard.Mean[j]}, half, 1e-7*size[j])
				near(t, "Center: Mean", []float32{fit(Center(d)).Transform.Mean[j]}, []float32{m}, 0, 0)
			}
			for key, want := range c.MinMax {
				var lo, hi float64
				if _, err := fmt.Sscanf(key, "%f,%f", &lo, &hi); err != nil {
					t.Fatal(err)
				}
				f := fit(MinMax(d, lo, hi))
				for i, v := range apply(f, c.X) {
					// The mean, the difference, the scale and the product are rounded.
					j := i % c.Inputs
					shifted := float64(f.Transform.Scale[j]) * (math.Abs(float64(f.Transform.Mean[j])) + size[j])
					near(t, "MinMax "+key, []float32{v}, want[i:i+1], 4*half, max(shifted, hi))
				}
			}

			f = fit(PCA(d, PCAOptions{}))
			k := len(f.Variances)
			if k != c.PCA.K {
				t.Fatalf("PCA: %d directions, want %d", k, c.PCA.K)
			}
			near(t, "PCA: Variances", f.Variances, c.PCA.Variances, double, 0)
			near(t, "PCA: Shares", f.Shares, c.PCA.Shares, double, 0)
			near(t, "PCA: Matrix", f.Transform.Matrix, transposed(c.PCA.Components, k), half, double/half)
			f = fit(PCA(d, PCAOptions{Standardize: true}))
			near(t, "PCA, standardised: Variances", f.Variances, c.Correlation.Variances, double, 0)
			scaled := transposed(c.Correlation.Components, k)
			for i := range scaled {
				scaled[i] *= c.Standard.Scale[i/k]
			}
			for i, v := range f.Transform.Matrix {
				near(t, "PCA, standardised: Matrix", []float32{v}, scaled[i:i+1], half, double/half*c.Standard.Scale[i/k])
			}
			for share, want := range c.Share {
				var s float64
				if _, err := fmt.Sscan(share, &s); err != nil {
					t.Fatal(err)
				}
				f := fit(PCA(d, PCAOptions{Share: s}))
				if f.Transform.Outputs() != want || len(f.Variances) != want || len(f.Shares) != want {
					t.Errorf("PCA: %d components for a share of %s, want %d", f.Transform.Outputs(), share, want)
				}
			}

			f = fit(PCA(d, PCAOptions{Whiten: true, Eps: 1e-30}))
			for i, v := range apply(f, c.X) {
				near(t, "PCA, whitened rows", []float32{v}, c.Whitened[i:i+1], float64(2+c.Inputs)*half, terms(f, c, size, i))
			}
			for key, want := range c.ZCA {
				var eps float64
				if _, err := fmt.Sscan(key, &eps); err != nil {
					t.Fatal(err)
				}
				f := fit(ZCA(d, ZCAOptions{Eps: eps}))
				largest := 0.0
				for _, w := range want {
					largest = max(largest, math.Abs(w))
				}
				// numpy's side squares the singular values: it is good to about 1e-16 of the largest
				// variance, relative to the smallest.
				squared := 1e-14 * c.PCA.Variances[0] / c.PCA.Variances[k-1]
				near(t, "ZCA "+key, f.Transform.Matrix, want, half, max(double, squared)/half*largest)
			}
		})
	}
}

// terms is the sum of the magnitudes of what is added up to element i of the mapped rows.
func terms(f *Fit, c golden, size []float64, i int) float64 {
	out := f.Transform.Outputs()
	sum := 0.0
	for j := range c.Inputs {
		sum += 2 * size[j] * math.Abs(float64(f.Transform.Matrix[j*out+i%out]))
	}
	return sum
}

// transposed turns components (k, inputs) into a matrix (inputs, k).
func transposed(components []float64, k int) []float64 {
	n := len(components) / k
	m := make([]float64, len(components))
	for c := range k {
		for j := range n {
			m[j*k+c] = components[c*n+j]
		}
	}
	return m
}
