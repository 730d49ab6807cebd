package net_test

import (
	"runtime"
	"testing"

	"github.com/sinew-ml/sinew/net"
)

// What MemoryFor says is what the heap grows by, within 2 % and 4 KiB for headers and the
// allocator's size classes.
func TestMemoryFor(t *testing.T) {
	configs := []net.Config{
		{Inputs: 784, Loss: net.SoftmaxCrossEntropy, Layers: []net.Layer{{Units: 512, Activation: net.ReLU}, {Units: 10}}},
		{Inputs: 64, Loss: net.MSE, Layers: []net.Layer{{Units: 1000, Activation: net.GELU, Norm: net.BatchNorm, Dropout: 0.5}, {Units: 600, Activation: net.ELU, Norm: net.LayerNorm}, {Units: 300, Activation: net.SiLU}, {Units: 100}}},
	}
	for _, c := range configs {
		for _, rows := range []int{1, 64, 1000} {
			want, err := net.MemoryFor(c, rows)
			if err != nil {
				t.Fatal(err)
			}
			var m *net.Network
			var keep []any
			for _, part := range []struct {
				name string
				want int64
				make func()
			}{
				{"Network", want.Network, func() { m = newNetwork(t, c); keep = append(keep, m) }},
				{"Predictor", want.Predictor, func() { keep = append(keep, m.NewPredictor(rows)) }},
				{"Workspace", want.Workspace, func() { keep = append(keep, m.NewWorkspace(rows)) }},
			} {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				part.make()
				runtime.ReadMemStats(&after)
				got := int64(after.TotalAlloc - before.TotalAlloc)
				t.Logf("%d inputs, %d layers, %d rows: %s takes %d bytes, stated %d", c.Inputs, len(c.Layers), rows, part.name, got, part.want)
				// Size classes of up to 32 KiB waste up to an eighth, larger ones up to a page.
				if slack := part.want/50 + 16<<10; got < part.want || got > part.want+slack {
					t.Errorf("%d rows: %s takes %d bytes, MemoryFor says %d", rows, part.name, got, part.want)
				}
			}
			runtime.KeepAlive(keep)
		}
	}
	for _, c := range []struct {
		c    net.Config
		rows int
	}{{net.Config{}, 1}, {configs[0], 0}, {configs[0], -1}} {
		if _, err := net.MemoryFor(c.c, c.rows); err == nil {
			t.Errorf("%+v, %d rows: no error", c.c, c.rows)
		}
	}
}
