package data

import (
	"bytes"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestWriteNPY(t *testing.T) {
	values := []float32{0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5}
	numpy, err := os.ReadFile("testdata/x.npy")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteNPY(&b, values, 4, 3); err != nil || !bytes.Equal(b.Bytes(), numpy) {
		t.Errorf("%v: differs from NumPy's file:\n%q\n%q", err, b.Bytes()[:128], numpy[:128])
	}
	for _, shape := range [][]int{{}, {1}, {0}, {3, 0, 2}, {2, 2, 3}, {12}, slices.Repeat([]int{1}, 32)} {
		n := 1
		for _, s := range shape {
			n *= s
		}
		b.Reset()
		if err := WriteNPY(&b, values[:n], shape...); err != nil {
			t.Fatal(err)
		}
		a, err := ReadNPY(&b)
		if err != nil || !slices.Equal(a.Shape, shape) || !slices.Equal(a.Data, values[:n]) || a.Integer {
			t.Errorf("shape %v: %+v, %v", shape, a, err)
		}
	}
	for _, shape := range [][]int{{}, {11}, {4, 4}, {-4, -3}, {math.MaxInt, 2}, append(slices.Repeat([]int{1}, 32), 12)} {
		wantError(t, WriteNPY(&b, values, shape...), "data: WriteNPY: ", "shape")
	}
	wantError(t, WriteNPY(failing{}, values, 12), "data: WriteNPY: no space")
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestPredictionWriter(t *testing.T) {
	for _, c := range []struct {
		name     string
		columns  int
		classify bool
		classes  []string
		outputs  []float32
		labels   []int
		want     string
	}{
		{"classes", 2, true, []string{"a", "b,c"}, []float32{0.25, 0.75, 1, 0}, []int{1, 0}, "class,a,\"b,c\"\n\"b,c\",0.25,0.75\na,1,0\n"},
		{"numbers", 3, true, nil, []float32{0, 0, 1}, []int{2}, "class,0,1,2\n2,0,0,1\n"},
		{"one output", 1, true, []string{"no", "yes"}, []float32{0.75, 0.1}, []int{1, 0}, "class,yes\nyes,0.75\nno,0.1\n"},
		{"regression", 2, false, nil, []float32{1e-7, -3.4028235e38}, nil, "0,1\n1e-07,-3.4028235e+38\n"},
		{"names", 1, false, []string{"price"}, []float32{2, 3}, nil, "price\n2\n3\n"},
		{"no rows", 1, false, nil, nil, nil, "0\n"},
	} {
		var b strings.Builder
		w := NewPredictionWriter(&b, c.columns, c.classify, c.classes)
		for i := 0; i <= len(c.outputs)/c.columns; i++ { // row by row, and once with no row
			var row []float32
			var labels []int
			if i > 0 {
				row = c.outputs[(i-1)*c.columns : i*c.columns]
				if c.classify {
					labels = c.labels[i-1 : i]
				}
			}
			if err := w.Write(row, labels); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil || b.String() != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.name, err, b.String(), c.want)
		}
	}
	w := NewPredictionWriter(failing{}, 1, false, nil)
	w.Write([]float32{1}, nil)
	wantError(t, w.Flush(), "data: writing predictions: no space")
	wantError(t, w.Write([]float32{1}, nil), "no space")
	for name, f := range map[string]func(){
		"columns": func() { NewPredictionWriter(nil, 0, false, nil) },
		"classes": func() { NewPredictionWriter(nil, 1, true, []string{"a"}) },
		"rows":    func() { NewPredictionWriter(nil, 2, false, nil).Write(make([]float32, 3), nil) },
		"labels":  func() { NewPredictionWriter(nil, 2, true, nil).Write(make([]float32, 2), nil) },
	} {
		func() {
			defer func() {
				if _, text := recover().(string); !text {
					t.Errorf("%s: no panic with a text", name)
				}
			}()
			f()
		}()
	}
}
