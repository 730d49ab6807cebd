package main

// #include "mlp.h"
import "C"

import (
	"errors"
	"sync"
	"unsafe"
)

// cMLP is the network in C of native/step.c on one library.
type cMLP struct {
	lib                                          C.blas
	create, free, train, predict, params, output unsafe.Pointer
}

// loadMLP compiles the step once for all libraries.
var loadMLP = sync.OnceValues(func() (cMLP, error) {
	l, err := compile("step.c", fastC)
	if err != nil {
		return cMLP{}, err
	}
	f, err := l.need("mlp_new", "mlp_free", "mlp_train", "mlp_predict", "mlp_params", "mlp_outputs")
	if err != nil {
		return cMLP{}, err
	}
	return cMLP{create: f[0], free: f[1], train: f[2], predict: f[3], params: f[4], output: f[5]}, nil
})

func (c cMLP) on(kind C.int, gemm, gemv unsafe.Pointer) cMLP {
	c.lib = C.blas{kind: kind, gemm: gemm, gemv: gemv}
	return c
}

// start copies the case into C.
func (c cMLP) start(k *stepCase) (stepRun, error) {
	dims := cDims(k.size)
	labels := make([]C.int, len(k.batch.Labels))
	for i, class := range k.batch.Labels {
		labels[i] = C.int(class)
	}
	p := C.call_mlp_new(c.create, c.lib, C.int(len(dims)-1), &dims[0], C.int(k.rows), cFloats(k.params), cFloats(k.batch.X), &labels[0])
	if p == nil {
		return stepRun{}, errors.New("too many layers for native/step.c")
	}
	run := stepRun{close: func() { C.call_mlp_free(c.free, p) }}
	if k.optimizer == "" {
		run.work = func(reps int) float64 { return float64(C.call_mlp_predict(c.predict, p, C.long(reps))) }
		run.result = func() []float32 { return cSlice(C.call_mlp_floats(c.output, p), k.rows*k.size[len(k.size)-1]) }
		return run, nil
	}
	adam := C.int(0)
	if k.optimizer == "adam" {
		adam = 1
	}
	run.work = func(reps int) float64 {
		return float64(C.call_mlp_train(c.train, p, adam, C.float(k.rate), C.long(reps)))
	}
	run.result = func() []float32 { return cSlice(C.call_mlp_floats(c.params, p), len(k.params)) }
	return run, nil
}

func cDims(size []int) []C.int {
	dims := make([]C.int, len(size))
	for i, d := range size {
		dims[i] = C.int(d)
	}
	return dims
}

// cSlice copies n floats out of C.
func cSlice(x *C.float, n int) []float32 {
	return append([]float32(nil), unsafe.Slice((*float32)(unsafe.Pointer(x)), n)...)
}

func loadStepOpenBLAS() (stepPeer, error) {
	c, err := loadMLP()
	if err != nil {
		return stepPeer{}, err
	}
	f, version, err := openOpenBLAS()
	if err != nil {
		return stepPeer{}, err
	}
	return stepPeer{"C+OpenBLAS", version, c.on(C.use_cblas, f[0], f[1]).start}, nil
}

func loadStepOneDNN() (stepPeer, error) {
	c, err := loadMLP()
	if err != nil {
		return stepPeer{}, err
	}
	gemm, version, err := openOneDNN()
	if err != nil {
		return stepPeer{}, err
	}
	return stepPeer{"C+oneDNN", version, c.on(C.use_dnnl, gemm, nil).start}, nil
}
