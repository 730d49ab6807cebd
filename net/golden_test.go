package net_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/sinew-ml/sinew/internal/isa"
	"github.com/sinew-ml/sinew/net"
)

// TestGoldenEnsemble is TestGoldenFile for ensembles and half precision, with norms, a transform,
// classes and label smoothing. The predictions' bits are little-endian float32. Written by
//
//	go test ./net -run TestGoldenEnsemble -update
func TestGoldenEnsemble(t *testing.T) {
	const rows = 2
	x := []float32{0, 1, -0.5, 0.25, -2, 3, 100, 0.1, -0.2, 0.3}
	for _, p := range []net.Precision{net.Float32, net.Float16, net.BFloat16} {
		path := filepath.Join("testdata", "ensemble-v1-"+p.String())
		if *update {
			if err := threeMembers(t, net.SoftmaxCrossEntropy).SaveFileAs(path+".safetensors", p); err != nil {
				t.Fatal(err)
			}
		}
		file, err := os.ReadFile(path + ".safetensors")
		if err != nil {
			t.Fatal(err)
		}
		e, err := net.LoadEnsemble(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			var b []byte
			for _, v := range e.NewPredictor(rows).Predict(x) {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
			}
			if err := os.WriteFile(path+".bits", b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		var again bytes.Buffer
		if err := e.SaveAs(&again, p); err != nil || !bytes.Equal(again.Bytes(), file) {
			t.Errorf("%s: saved again it is another file, %v", p, err)
		}
		b, err := os.ReadFile(path + ".bits")
		if err != nil || len(b) != 4*rows*e.Outputs() {
			t.Fatal(len(b), err)
		}
		var want []float32
		for ; len(b) > 0; b = b[4:] {
			want = append(want, math.Float32frombits(binary.LittleEndian.Uint32(b)))
		}
		onEveryLevel(t, func(t *testing.T, level isa.Level) {
			got := e.NewPredictor(rows).Predict(x)
			if level.Fused() {
				sameBits(t, "predictions", got, want)
			}
			for i := range want {
				if !(math.Abs(float64(got[i]-want[i])) <= 1e-6) {
					t.Errorf("%s: prediction %d: %g, want %g", p, i, got[i], want[i])
				}
			}
		})
	}
}
