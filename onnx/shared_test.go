package onnx

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// shared returns a model of so many layers that share one matrix of n by n.
func shared(n, layers int, attrs ...attr) *testModel {
	m := newModel(13)
	m.constant("big", make([]float32, n*n), n, n)
	m.constant("first", make([]float32, 4*n), 4, n)
	last := m.node("MatMul", "in", []string{"x", "first"})
	for i := range layers {
		last = m.node("Gemm", fmt.Sprint("p", i), []string{last, "big"}, attrs...)
	}
	m.node("Relu", "y", []string{last})
	return m
}

// TestSharedMatrix wants a matrix to be turned or scaled once for all nodes that share it: a file
// of a megabyte could ask for gigabytes.
func TestSharedMatrix(t *testing.T) {
	for _, attrs := range [][]attr{{intAttr("transB", 1)}, {floatAttr("alpha", 2)}, {intAttr("transB", 1), floatAttr("alpha", 0.5)}, nil} {
		file := shared(256, 900, attrs...).bytes()
		var m *Model
		var err error
		if got, most := allocated(func() { m, err = Load(bytes.NewReader(file)) }), 16*uint64(len(file)); err != nil || got > most {
			t.Errorf("%d bytes allocated for a file of %d, want at most %d; %v", got, len(file), most, err)
			continue
		}
		got := allocated(func() { _, err = m.Network() })
		if err == nil || !strings.Contains(err.Error(), "too many layers share their weights") {
			t.Errorf("error %v", err)
		}
		if most := 32 * uint64(len(file)); got > most {
			t.Errorf("%d bytes allocated for a network of a file of %d, want at most %d", got, len(file), most)
		}
	}
	// Each of another scale: that is counted.
	m := newModel(13)
	m.constant("big", make([]float32, 512*512), 512, 512)
	m.constant("first", make([]float32, 4*512), 4, 512)
	last := m.node("MatMul", "in", []string{"x", "first"})
	for i := range 100 {
		last = m.node("Gemm", fmt.Sprint("p", i), []string{last, "big"}, floatAttr("alpha", float64(2+i)))
	}
	m.node("Relu", "y", []string{last})
	if _, err := Load(bytes.NewReader(m.bytes())); err == nil || !strings.Contains(err.Error(), "the file's constants are too few") {
		t.Errorf("error %v", err)
	}
}

// TestSharedLayers has a network of layers that share their weights, which is fine as long as it
// is no larger than a few times the file.
func TestSharedLayers(t *testing.T) {
	m, err := Load(bytes.NewReader(shared(64, 6, intAttr("transB", 1)).bytes()))
	if err != nil {
		t.Fatal(err)
	}
	n, err := m.Network()
	if err != nil || len(n.Config().Layers) != 7 {
		t.Errorf("a network of %d layers, %v", len(n.Config().Layers), err)
	}
}
