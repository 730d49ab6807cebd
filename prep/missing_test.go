package prep

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/sinew-ml/sinew/train"
)

func TestFillMissing(t *testing.T) {
	nan := float32(math.NaN())
	data := &train.Dataset{Inputs: 2, X: []float32{1, nan, nan, 4, 4, 8}}
	test := &train.Dataset{Inputs: 2, X: []float32{100, nan, nan, 200}}
	means, filled, err := FillMissing(data, test)
	if err != nil || filled != 4 || !slices.Equal(means, []float32{2.5, 6}) {
		t.Errorf("means %v, %d filled, %v: want 2.5 and 6, 4 filled", means, filled, err)
	}
	if !slices.Equal(data.X, []float32{1, 6, 2.5, 4, 4, 8}) || !slices.Equal(test.X, []float32{100, 6, 2.5, 200}) {
		t.Errorf("filled to %v and %v", data.X, test.X)
	}
	if _, filled, err := FillMissing(data, nil); err != nil || filled != 0 {
		t.Errorf("others that are nil: %d filled, %v", filled, err)
	}
	if _, _, err := FillMissing(nil); err == nil || !strings.Contains(err.Error(), "is nil") {
		t.Errorf("no data: error %v", err)
	}
	for _, c := range []struct {
		data, other *train.Dataset
		want        string
	}{
		{&train.Dataset{Inputs: 2, X: []float32{1, nan, 2, nan}}, nil, "column 1 has no values in 2 rows"},
		{&train.Dataset{Inputs: 2, X: []float32{nan, 1}}, &train.Dataset{Inputs: 1, X: []float32{1}}, "rows of 1 inputs"},
		{&train.Dataset{Inputs: 2, X: []float32{nan, 1, 1}}, nil, "want whole rows of 2"},
		{&train.Dataset{}, nil, "0 inputs"},
	} {
		var others []*train.Dataset
		if c.other != nil {
			others = append(others, c.other)
		}
		before := slices.Clone(c.data.X)
		if _, _, err := FillMissing(c.data, others...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
		for i, v := range c.data.X {
			if math.Float32bits(v) != math.Float32bits(before[i]) {
				t.Errorf("%q: changed element %d", c.want, i)
			}
		}
	}
}
