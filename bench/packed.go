package main

// #include "mlp.h"
import "C"

import (
	"errors"
	"strings"
)

// loadPacked is oneDNN's inner product with packed weights: its fastest way to predict,
// and not a way to train.
func loadPacked() (stepPeer, error) {
	l, err := compile("onednn.cc", fastC, "-ldnnl")
	if err != nil {
		return stepPeer{}, err
	}
	f, err := l.need("packed_new", "packed_free", "packed_predict", "packed_outputs")
	if err != nil {
		return stepPeer{}, err
	}
	_, version, err := openOneDNN() // also sets its threads
	if err != nil {
		return stepPeer{}, err
	}
	return stepPeer{"packed", strings.TrimSuffix(version, "dnnl_sgemm") + "oneDNN's inner product on weights packed once", func(k *stepCase) (stepRun, error) {
		if k.optimizer != "" {
			return stepRun{close: func() {}}, nil
		}
		dims := cDims(k.size)
		p := C.call_packed_new(f[0], C.int(len(dims)-1), &dims[0], C.int(k.rows), cFloats(k.params), cFloats(k.batch.X))
		if p == nil {
			return stepRun{}, errors.New("oneDNN refused the network")
		}
		return stepRun{
			work:   func(reps int) float64 { return float64(C.call_packed_predict(f[2], p, C.long(reps))) },
			result: func() []float32 { return cSlice(C.call_packed_outputs(f[3], p), k.rows*k.size[len(k.size)-1]) },
			close:  func() { C.call_packed_free(f[1], p) },
		}, nil
	}}, nil
}
