//go:build unix && (386 || amd64 || arm || arm64 || loong64 || mipsle || mips64le || ppc64le || riscv64)

package net_test

import (
	"path/filepath"
	"runtime"
	"testing"

	"github.com/sinew-ml/sinew/net"
)

// A network of a mapped file takes no memory for its weights: they stay in the file.
func TestMapFileTakesNoMemory(t *testing.T) {
	m := randomNetwork(t, net.Config{Inputs: 1000, Layers: []net.Layer{{Units: 1000, Norm: net.BatchNorm, Activation: net.ReLU}, {Units: 10}}})
	path := filepath.Join(t.TempDir(), "large.safetensors")
	if err := m.SaveFile(path); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p, err := net.MapFile(path)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	const most = 1 << 16
	if took := after.TotalAlloc - before.TotalAlloc; took > most {
		t.Errorf("%d bytes taken for %d of weights, want at most %d", took, 4*len(m.Params()), most)
	}
	x := randomBatch(m, 3, values).X
	sameBits(t, "predictions", p.NewPredictor(3).Predict(x), m.NewPredictor(3).Predict(x))
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
