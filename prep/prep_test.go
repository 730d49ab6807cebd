package prep

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/fixtures"
	"github.com/sinew-ml/sinew/internal/rng"
	"github.com/sinew-ml/sinew/net"
	"github.com/sinew-ml/sinew/train"
)

func digits() *train.Dataset {
	x, labels := fixtures.Digits()
	return &train.Dataset{Inputs: fixtures.DigitsInputs, X: x, Labels: labels}
}

// covariance returns mean and covariance of rows, in float64.
func covariance(x []float32, n int) (mean, c []float64) {
	rows := len(x) / n
	mean, c = make([]float64, n), make([]float64, n*n)
	for i, v := range x {
		mean[i%n] += float64(v) / float64(rows)
	}
	for r := range rows {
		for i := range n {
			for j := range n {
				c[i*n+j] += (float64(x[r*n+i]) - mean[i]) * (float64(x[r*n+j]) - mean[j]) / float64(rows-1)
			}
		}
	}
	return mean, c
}

// The digits have constant columns (the corners are never inked), so that whitening meets
// directions without variance.
func TestWhitening(t *testing.T) {
	d := digits()
	fit := must(t)
	pca := fit(PCA(d, PCAOptions{Whiten: true, Eps: 1e-30}))
	if !slices.Equal(pca.Constant, []int{0, 32, 39}) {
		t.Errorf("constant columns %v", pca.Constant)
	}
	k := len(pca.Variances)
	if k != 61 || pca.Transform.Outputs() != k {
		t.Errorf("%d directions with variance, %d outputs; want 61", k, pca.Transform.Outputs())
	}
	// Float32's rounding of the matrix, over the smallest standard deviation.
	bound := 64 * 0x1p-23 * math.Sqrt(pca.Variances[0]/pca.Variances[k-1])
	mean, c := covariance(apply(pca, d.X), k)
	for i := range k {
		if !(math.Abs(mean[i]) <= bound) {
			t.Errorf("mean %d is %g, want 0 within %g", i, mean[i], bound)
		}
		for j := range k {
			want := 0.0
			if i == j {
				want = 1
			}
			if !(math.Abs(c[i*k+j]-want) <= bound) {
				t.Fatalf("covariance (%d, %d) is %g, want %g within %g", i, j, c[i*k+j], want, bound)
			}
		}
	}

	// ZCA: the projection on the directions with variance, and symmetric.
	zca := fit(ZCA(d, ZCAOptions{Eps: 1e-30}))
	n := d.Inputs
	m := zca.Transform.Matrix
	for i := range n {
		for j := range n {
			if m[i*n+j] != m[j*n+i] && math.Abs(float64(m[i*n+j]-m[j*n+i])) > 1e-9*math.Abs(float64(m[i*n+i])) {
				t.Fatalf("the matrix is not symmetric: (%d, %d) %g and %g", i, j, m[i*n+j], m[j*n+i])
			}
		}
	}
	_, c = covariance(apply(zca, d.X), n)
	for i := range n {
		for j := range n {
			want := 0.0
			if i == j && !slices.Contains(zca.Constant, i) {
				want = 1
			}
			if !(math.Abs(c[i*n+j]-want) <= bound) {
				t.Fatalf("ZCA: covariance (%d, %d) is %g, want %g within %g", i, j, c[i*n+j], want, bound)
			}
		}
	}
	// Eps makes the variances v/(v+eps).
	const eps = 0.01
	pca = fit(PCA(d, PCAOptions{Whiten: true, Eps: eps}))
	_, c = covariance(apply(pca, d.X), k)
	for i, v := range pca.Variances {
		if want := v / (v + eps); !(math.Abs(c[i*k+i]-want) <= 1e-4*want) {
			t.Errorf("variance %d is %g with eps %g, want %g", i, c[i*k+i], eps, want)
		}
	}
	if a, b := fit(PCA(d, PCAOptions{Whiten: true})), fit(PCA(d, PCAOptions{Whiten: true, Eps: DefaultEps})); !slices.Equal(a.Transform.Matrix, b.Transform.Matrix) {
		t.Error("eps 0 is not DefaultEps")
	}
}

// Fewer rows than columns: the rows lie in a space of rows-1 directions, and the
// projection keeps their distances.
func TestFewRows(t *testing.T) {
	d := digits()
	few := &train.Dataset{Inputs: 64, X: d.X[:20*64]}
	f := must(t)(PCA(few, PCAOptions{}))
	if f.Transform.Outputs() != 19 || f.Rows != 20 {
		t.Fatalf("%d components of %d rows, want 19 of 20", f.Transform.Outputs(), f.Rows)
	}
	y := apply(f, few.X)
	for i := range 20 {
		for j := range i {
			var before, after float64
			for c := range 64 {
				before += math.Pow(float64(few.X[i*64+c]-few.X[j*64+c]), 2)
			}
			for c := range 19 {
				after += math.Pow(float64(y[i*19+c]-y[j*19+c]), 2)
			}
			if !(math.Abs(before-after) <= 1e-5*before) {
				t.Errorf("squared distance of rows %d and %d was %g and is %g", i, j, before, after)
			}
		}
	}
	if sum := total(f.Shares); math.Abs(sum-1) > 1e-12 {
		t.Errorf("the shares sum to %g", sum)
	}
}

func total(x []float64) (sum float64) {
	for _, v := range x {
		sum += v
	}
	return sum
}

// The numbers of rows at which rows are first reduced, and around it, against the plain
// covariance.
func TestReduction(t *testing.T) {
	const n = 4
	most := newFactor(n).most
	random := rng.New(1, 1, 1)
	for _, rows := range []int{2, n, n + 1, n + 2, n + 3, most - 1, most, most + 1, 2*most - n - 1, 2 * most, 500} {
		var x []float32
		for range rows {
			a, b := random.Normal(), random.Normal()
			x = append(x, float32(1e6+a), float32(a+0.01*random.Normal()), float32(b), float32(100*b-a))
		}
		s, err := NewStats(n, true)
		if err == nil {
			err = s.Add(x)
		}
		if err != nil {
			t.Fatal(err)
		}
		c := s.factor.centred([]int{0, 1, 2, 3}, s.mean, []float64{1, 1, 1, 1})
		_, want := covariance(x, n)
		for i := range n {
			for j := range n {
				got := 0.0
				m, _ := c.Dims()
				for r := range m {
					got += c.At(r, i) * c.At(r, j) / float64(rows-1)
				}
				scale := math.Sqrt(want[i*n+i] * want[j*n+j])
				if !(math.Abs(got-want[i*n+j]) <= 1e-9*scale) {
					t.Errorf("%d rows: covariance (%d, %d) is %g, want %g", rows, i, j, got, want[i*n+j])
				}
			}
		}
		for j := range n {
			if got := s.squares[j] / float64(rows-1); !(math.Abs(got-want[j*n+j]) <= 1e-9*want[j*n+j]) {
				t.Errorf("%d rows: variance of column %d is %g, want %g", rows, j, got, want[j*n+j])
			}
		}
	}
}

func TestPieces(t *testing.T) {
	d := digits()
	whole, err := NewStats(64, true)
	if err == nil {
		err = whole.Add(d.X)
	}
	if err != nil {
		t.Fatal(err)
	}
	pieces, _ := NewStats(64, true)
	for from, n := 0, 0; from < d.Rows(); from, n = from+n, n+7 {
		if err := pieces.Add(d.X[from*64 : min(from+n, d.Rows())*64]); err != nil {
			t.Fatal(err)
		}
	}
	if pieces.Rows() != d.Rows() {
		t.Fatalf("%d rows", pieces.Rows())
	}
	fit := must(t)
	for name, f := range map[string]func(*Stats) *Fit{
		"Center":      func(s *Stats) *Fit { return fit(s.Center()) },
		"Standardize": func(s *Stats) *Fit { return fit(s.Standardize()) },
		"MinMax":      func(s *Stats) *Fit { return fit(s.MinMax(-1, 1)) },
		"PCA":         func(s *Stats) *Fit { return fit(s.PCA(PCAOptions{Components: 9})) },
		"ZCA":         func(s *Stats) *Fit { return fit(s.ZCA(ZCAOptions{})) },
	} {
		want := f(whole).Transform
		for round := range 2 { // a fit changes nothing
			got := f(pieces).Transform
			if !slices.Equal(got.Mean, want.Mean) || !slices.Equal(got.Scale, want.Scale) || !slices.Equal(got.Matrix, want.Matrix) {
				t.Errorf("%s: pieces give other bits, round %d", name, round)
			}
		}
	}
	want := fit(PCA(d, PCAOptions{})).Transform.Matrix
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if got := fit(PCA(d, PCAOptions{})).Transform.Matrix; !slices.Equal(got, want) {
		t.Error("the number of processors changes the bits")
	}
}

func TestColumns(t *testing.T) {
	const n = 5
	random := rng.New(2, 1, 1)
	d := &train.Dataset{Inputs: n}
	for range 30 {
		a := random.Normal()
		d.X = append(d.X, float32(3+a), 7, float32(random.Normal()), float32(10*a+random.Normal()), float32(5*random.Normal()))
	}
	fit := must(t)
	chosen := []int{3, 1, 0} // the order does not matter
	part := func(x []float32, columns ...int) *train.Dataset {
		p := &train.Dataset{Inputs: len(columns)}
		for r := range len(x) / n {
			for _, j := range columns {
				p.X = append(p.X, x[r*n+j])
			}
		}
		return p
	}
	alone, rest := part(d.X, 0, 1, 3), part(d.X, 2, 4)
	for name, fits := range map[string][2]*Fit{
		"Center":      {fit(Center(d, chosen...)), fit(Center(alone))},
		"Standardize": {fit(Standardize(d, chosen...)), fit(Standardize(alone))},
		"MinMax":      {fit(MinMax(d, 0, 1, chosen...)), fit(MinMax(alone, 0, 1))},
		"ZCA":         {fit(ZCA(d, ZCAOptions{Columns: chosen})), fit(ZCA(alone, ZCAOptions{}))},
	} {
		got := apply(fits[0], d.X)
		if !slices.Equal(fits[0].Constant, []int{1}) {
			t.Errorf("%s: constant columns %v", name, fits[0].Constant)
		}
		near(t, name, part(got, 0, 1, 3).X, apply(fits[1], alone.X), 1e-5, 1)
		near(t, name+", other columns", part(got, 2, 4).X, rest.X, 0, 0)
	}
	f, g := fit(PCA(d, PCAOptions{Columns: chosen})), fit(PCA(alone, PCAOptions{}))
	if f.Transform.Outputs() != 4 || g.Transform.Outputs() != 2 { // two directions, two other columns
		t.Fatalf("PCA: %d and %d outputs", f.Transform.Outputs(), g.Transform.Outputs())
	}
	got, want := apply(f, d.X), apply(g, alone.X)
	for r := range 30 {
		near(t, "PCA", got[r*4:][:2], want[r*2:][:2], 1e-5, 1)
		near(t, "PCA, other columns", got[r*4+2:][:2], rest.X[r*2:][:2], 0, 0)
	}
	// A choice of columns does not look at the others.
	if f = fit(PCA(d, PCAOptions{Columns: []int{2, 4}})); f.Constant != nil {
		t.Errorf("constant columns %v outside the choice", f.Constant)
	}
}

// Every fit goes into a network, and folded into its first layer predicts the same.
func TestFold(t *testing.T) {
	x, _ := fixtures.Iris()
	d := &train.Dataset{Inputs: 4, X: x}
	fit := must(t)
	for name, f := range map[string]*Fit{
		"Center":      fit(Center(d)),
		"Standardize": fit(Standardize(d, 0, 2)),
		"MinMax":      fit(MinMax(d, -1, 1)),
		"PCA":         fit(PCA(d, PCAOptions{Components: 2, Whiten: true})),
		"ZCA":         fit(ZCA(d, ZCAOptions{})),
	} {
		m, err := net.New(net.Config{Inputs: f.Transform.Outputs(), Layers: []net.Layer{{Units: 7, Activation: net.Tanh}, {Units: 2}}})
		if err != nil {
			t.Fatal(err)
		}
		m.Init(1)
		plain := m.NewPredictor(150).Predict(apply(f, x))
		if err := m.SetTransform(f.Transform); err != nil {
			t.Fatal(err)
		}
		near(t, name+" in the network", m.NewPredictor(150).Predict(x), plain, 0, 0)
		// ZCA multiplies by 10 at most here, and centring takes one digit of ten.
		near(t, name+" folded", m.Fold().NewPredictor(150).Predict(x), plain, 1e-4, 1)
	}
}

// Standardising within PCA and ZCA is standardising before them.
func TestStandardizeFirst(t *testing.T) {
	x, _ := fixtures.Iris()
	for i := range x {
		x[i] *= []float32{1, 1000, 0.01, 1}[i%4]
	}
	fit := must(t)
	d := &train.Dataset{Inputs: 4, X: x}
	scaled := &train.Dataset{Inputs: 4, X: apply(fit(Standardize(d)), x)}
	for name, pair := range map[string][2]*Fit{
		"PCA":      {fit(PCA(d, PCAOptions{Standardize: true})), fit(PCA(scaled, PCAOptions{}))},
		"whitened": {fit(PCA(d, PCAOptions{Standardize: true, Whiten: true})), fit(PCA(scaled, PCAOptions{Whiten: true}))},
		"ZCA":      {fit(ZCA(d, ZCAOptions{Standardize: true})), fit(ZCA(scaled, ZCAOptions{}))},
	} {
		// The smallest standard deviation of a component is 0.14.
		near(t, name, apply(pair[0], d.X), apply(pair[1], scaled.X), 3e-6, 7)
		near(t, name+": Variances", pair[0].Variances, pair[1].Variances, 1e-6, 0)
	}
}

func TestConstantColumns(t *testing.T) {
	d := &train.Dataset{Inputs: 2, X: []float32{0.1, 1, 0.1, 2, 0.1, 4}} // 0.1+0.1+0.1 is not 3·0.1
	fit := must(t)
	for name, c := range map[string]struct {
		f     *Fit
		value float32
	}{
		"Center":       {fit(Center(d)), 0},
		"Standardize":  {fit(Standardize(d)), 0},
		"MinMax 0, 1":  {fit(MinMax(d, 0, 1)), 0},
		"MinMax -1, 1": {fit(MinMax(d, -1, 1)), -1},
		"ZCA":          {fit(ZCA(d, ZCAOptions{})), 0},
	} {
		if !slices.Equal(c.f.Constant, []int{0}) {
			t.Errorf("%s: constant columns %v", name, c.f.Constant)
		}
		if s := c.f.Transform.Scale; s != nil && s[0] != 1 {
			t.Errorf("%s: scale %g", name, s[0])
		}
		y := apply(c.f, d.X)
		for r := range 3 {
			near(t, name, y[2*r:][:1], []float32{c.value}, 0x1p-24, 1)
		}
	}
	// One row is constant in every column.
	one := &train.Dataset{Inputs: 2, X: []float32{3, -4}}
	f := fit(Standardize(one))
	if !slices.Equal(f.Constant, []int{0, 1}) || !slices.Equal(apply(f, one.X), []float32{0, 0}) || f.Rows != 1 {
		t.Errorf("one row: %+v", f)
	}
	if f = fit(MinMax(one, 2, 3)); !slices.Equal(apply(f, one.X), []float32{2, 2}) {
		t.Errorf("one row: %+v", f)
	}
}

func TestMinMaxExact(t *testing.T) {
	x, _ := fixtures.Iris()
	f := must(t)(MinMax(&train.Dataset{Inputs: 4, X: x}, 0, 1))
	y := apply(f, x)
	if slices.Min(y) != 0 {
		t.Errorf("the least value is %g, want 0 exactly", slices.Min(y))
	}
	if m := slices.Max(y); math.Abs(float64(m)-1) > 2*0x1p-23 {
		t.Errorf("the largest value is %g", m)
	}
}

func TestErrors(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	good := &train.Dataset{Inputs: 2, X: []float32{1, 2, 3, 5, 4, 4}}
	rows := func(x ...float32) *train.Dataset { return &train.Dataset{Inputs: 2, X: x} }
	all := map[string]func(*train.Dataset) error{
		"Center":      func(d *train.Dataset) error { _, err := Center(d); return err },
		"Standardize": func(d *train.Dataset) error { _, err := Standardize(d); return err },
		"MinMax":      func(d *train.Dataset) error { _, err := MinMax(d, 0, 1); return err },
		"PCA":         func(d *train.Dataset) error { _, err := PCA(d, PCAOptions{}); return err },
		"ZCA":         func(d *train.Dataset) error { _, err := ZCA(d, ZCAOptions{}); return err },
	}
	check := func(name string, err error, want string) {
		t.Helper()
		if err == nil || !strings.HasPrefix(err.Error(), "prep: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", name, err, want)
		}
	}
	for want, d := range map[string]*train.Dataset{
		"is nil":             nil,
		"no rows":            rows(),
		"want whole rows":    rows(1, 2, 3),
		"0 inputs":           {X: []float32{1}},
		"16777217 inputs":    {Inputs: MaxInputs + 1},
		"NaN in row 1, col":  rows(1, 2, nan, 3),
		"+Inf in row 0, col": rows(1, inf, 2, 3),
	} {
		for name, f := range all {
			if !strings.Contains(want, "16777217") || name == "Center" {
				check(name, f(d), want)
			}
		}
	}
	for _, c := range []struct {
		name string
		want string
		f    func() (*Fit, error)
	}{
		{"column", "column 2: want 0...1", func() (*Fit, error) { return Center(good, 2) }},
		{"column below 0", "column -1: want 0...1", func() (*Fit, error) { return Standardize(good, 0, -1) }},
		{"column twice", "column 1 is chosen twice", func() (*Fit, error) { return MinMax(good, 0, 1, 1, 1) }},
		{"range", "range 1...0", func() (*Fit, error) { return MinMax(good, 1, 0) }},
		{"range, NaN", "range NaN", func() (*Fit, error) { return MinMax(good, math.NaN(), 0) }},
		{"range, infinite", "range 0...+Inf", func() (*Fit, error) { return MinMax(good, 0, math.Inf(1)) }},
		{"range, far", "range 1e+300", func() (*Fit, error) { return MinMax(good, 1e300, 2e300) }},
		{"small spread", "column 0", func() (*Fit, error) { return Standardize(rows(1e-45, 1, 0, 2)) }},
		{"large range", "column 0", func() (*Fit, error) { return MinMax(rows(-3e38, 1, 3e38, 2), 10, 11) }},
		{"tiny range", "column 0", func() (*Fit, error) { return MinMax(rows(-3e38, 1, 3e38, 2), 0, 1e-40) }},
		{"components", "5 components: want 1...2", func() (*Fit, error) { return PCA(good, PCAOptions{Components: 5}) }},
		{"components below 0", "-1 components", func() (*Fit, error) { return PCA(good, PCAOptions{Components: -1}) }},
		{"rank", "2 components: want 1...1", func() (*Fit, error) { return PCA(rows(1, 2, 3, 6), PCAOptions{Components: 2}) }},
		{"share", "share of the variance 1.5", func() (*Fit, error) { return PCA(good, PCAOptions{Share: 1.5}) }},
		{"share, NaN", "share of the variance NaN", func() (*Fit, error) { return PCA(good, PCAOptions{Share: math.NaN()}) }},
		{"both", "want one of them", func() (*Fit, error) { return PCA(good, PCAOptions{Components: 1, Share: 0.5}) }},
		{"eps", "eps -1", func() (*Fit, error) { return ZCA(good, ZCAOptions{Eps: -1}) }},
		{"eps, NaN", "eps NaN", func() (*Fit, error) { return PCA(good, PCAOptions{Whiten: true, Eps: math.NaN()}) }},
		{"eps alone", "without whitening", func() (*Fit, error) { return PCA(good, PCAOptions{Eps: 1}) }},
		{"one row", "one row", func() (*Fit, error) { return PCA(rows(1, 2), PCAOptions{}) }},
		{"equal rows", "no variance", func() (*Fit, error) { return ZCA(rows(1, 2, 1, 2), ZCAOptions{}) }},
		{"constant choice", "no variance", func() (*Fit, error) { return PCA(rows(1, 2, 1, 3), PCAOptions{Columns: []int{0}}) }},
		{"small variance", "beyond float32", func() (*Fit, error) {
			return PCA(rows(1e-45, 0, 0, 0), PCAOptions{Whiten: true, Eps: 1e-100})
		}},
		{"wide", "8193 inputs: want 1...8192", func() (*Fit, error) {
			return PCA(&train.Dataset{Inputs: MaxCovarianceInputs + 1}, PCAOptions{})
		}},
	} {
		f, err := c.f()
		check(c.name, err, c.want)
		if f != nil {
			t.Errorf("%s: a fit beside the error", c.name)
		}
	}
	s, err := NewStats(2, false)
	if err != nil {
		t.Fatal(err)
	}
	check("no covariance, empty", func() error { _, err := s.PCA(PCAOptions{}); return err }(), "no rows")
	if err := s.Add(good.X); err != nil {
		t.Fatal(err)
	}
	check("no covariance", func() error { _, err := s.PCA(PCAOptions{}); return err }(), "without covariance")
	// The rows of an error count over all calls, and nothing of a bad piece is taken.
	check("later piece", s.Add([]float32{100, 2, 3, nan}), "row 4, column 1")
	if s.Rows() != 3 || s.most[0] != 4 {
		t.Errorf("a bad piece was taken: %d rows", s.Rows())
	}
}

// Components whose largest elements are equal but for their signs and rounding.
func TestSigns(t *testing.T) {
	random := rng.New(3, 1, 1)
	d := &train.Dataset{Inputs: 2}
	for range 50 {
		a, b := float32(random.Normal()), float32(random.Normal())
		d.X = append(d.X, a+b, a-b, a-b, a+b) // symmetric: the components are (1, 1)/√2 and (1, -1)/√2
	}
	m := must(t)(PCA(d, PCAOptions{})).Transform.Matrix
	for c := range 2 {
		if !(m[c] > 0.7) || math.Abs(float64(m[2+c])) < 0.7 {
			t.Errorf("component %d is (%g, %g): want the first element positive", c, m[c], m[2+c])
		}
	}
}

func BenchmarkPCA(b *testing.B) {
	for _, n := range []int{16, 64, 256} {
		b.Run(fmt.Sprintf("rows=5000,inputs=%d", n), func(b *testing.B) {
			random := rng.New(1, 1, 1)
			d := &train.Dataset{Inputs: n, X: make([]float32, 5000*n)}
			for i := range d.X {
				d.X[i] = float32(random.Normal())
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := PCA(d, PCAOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
