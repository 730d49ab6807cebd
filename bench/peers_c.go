package main

// #include "lib.h"
import "C"

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"
)

// openOpenBLAS returns cblas_sgemm and cblas_sgemv.
func openOpenBLAS() (f []unsafe.Pointer, version string, err error) {
	l, err := openLib("libopenblas.so.0", "libopenblas.so")
	if err != nil {
		return nil, "", err
	}
	f, err = l.need("cblas_sgemm", "cblas_sgemv", "openblas_set_num_threads")
	if err != nil {
		return nil, "", err
	}
	C.call_set_int(f[2], 1)
	config := strings.Fields(l.text("openblas_get_config")) // OpenBLAS 0.3.21 ...
	if len(config) > 1 {
		version = config[1]
	}
	return f, version + ", " + l.text("openblas_get_corename"), nil
}

func loadOpenBLAS() ([]peer, error) {
	f, version, err := openOpenBLAS()
	if err != nil {
		return nil, err
	}
	// One row is slow in its gemm from m·n·k = 10⁶: a good programmer calls gemv.
	return []peer{
		{name: "OpenBLAS", version: version, class: rival, product: cblas(f[0])},
		{name: "gemv", version: "cblas_sgemv of OpenBLAS, for one row", class: rival, product: func(p product, a, b, c []float32) sampler {
			if p.m > 1 || p.ta {
				return nil
			}
			s := cShape(p)
			return func(reps int) float64 {
				return float64(C.repeat_gemv(f[1], s, cFloats(a), cFloats(b), cFloats(c), C.long(reps)))
			}
		}},
	}, nil
}

func loadBLIS() ([]peer, error) {
	l, err := openLib("libblis.so.4", "libblis.so")
	if err != nil {
		return nil, err
	}
	f, err := l.need("cblas_sgemm", "bli_thread_set_num_threads", "bli_arch_query_id", "bli_arch_string")
	if err != nil {
		return nil, err
	}
	C.call_set_long(f[1], 1)
	// It looks at the CPU in its first product.
	one := []float32{1}
	cblas(f[0])(product{m: 1, n: 1, k: 1}, one, one, aligned(1))(1)
	arch := C.GoString(C.call_string_int(f[3], C.call_int(f[2])))
	return []peer{{name: "BLIS", version: l.text("bli_info_get_version_str") + ", " + arch, class: rival, product: cblas(f[0])}}, nil
}

func cblas(gemm unsafe.Pointer) func(p product, a, b, c []float32) sampler {
	return func(p product, a, b, c []float32) sampler {
		s := cShape(p)
		return func(reps int) float64 {
			return float64(C.repeat_cblas(gemm, s, cFloats(a), cFloats(b), cFloats(c), C.long(reps)))
		}
	}
}

// openOneDNN returns dnnl_sgemm.
func openOneDNN() (gemm unsafe.Pointer, version string, err error) {
	l, err := openLib("libdnnl.so.3", "libdnnl.so.2", "libdnnl.so")
	if err != nil {
		return nil, "", err
	}
	f, err := l.need("dnnl_sgemm", "dnnl_version")
	if err != nil {
		return nil, "", err
	}
	if omp := l.find("omp_set_num_threads"); omp != nil {
		C.call_set_int(omp, 1)
	}
	var v [3]C.int
	C.call_dnnl_version(f[1], &v[0])
	return f[0], fmt.Sprintf("%d.%d.%d, dnnl_sgemm", v[0], v[1], v[2]), nil
}

func loadOneDNN() ([]peer, error) {
	gemm, version, err := openOneDNN()
	if err != nil {
		return nil, err
	}
	return []peer{{name: "oneDNN", version: version, class: rival, product: func(p product, a, b, c []float32) sampler {
		s := cShape(p)
		return func(reps int) float64 {
			return float64(C.repeat_dnnl(gemm, s, cFloats(a), cFloats(b), cFloats(c), C.long(reps)))
		}
	}}}, nil
}

func loadEigen() ([]peer, error) {
	l, err := compile("eigen.cc", slices.Concat(plainC, []string{"-DNDEBUG", "-I/usr/include/eigen3", "-I/usr/local/include/eigen3"}))
	if err != nil {
		return nil, err
	}
	f, err := l.need("eigen_sgemm")
	if err != nil {
		return nil, err
	}
	version := fmt.Sprintf("%s, -O3 -march=native: %s", l.text("eigen_version"), l.text("eigen_simd"))
	return []peer{{name: "Eigen", version: version, class: rival, product: func(p product, a, b, c []float32) sampler {
		s := cShape(p)
		return func(reps int) float64 {
			return float64(C.repeat_eigen(f[0], s, cFloats(a), cFloats(b), cFloats(c), C.long(reps)))
		}
	}}}, nil
}

// loadXSMM links the archive that distributions ship into a shared library. It has no
// kernels for NT.
func loadXSMM() ([]peer, error) {
	l, err := compile("xsmm.c", plainC, "-Wl,--whole-archive", "-l:libxsmm.a", "-Wl,--no-whole-archive",
		"-l:libxsmmnoblas.a", "-ldl", "-lpthread")
	if err != nil {
		return nil, err
	}
	f, err := l.need("libxsmm_smmdispatch")
	if err != nil {
		return nil, err
	}
	version := l.text("xsmm_version") + ", " + l.text("libxsmm_get_target_arch")
	return []peer{{name: "LIBXSMM", version: version, class: exact, product: func(p product, a, b, c []float32) sampler {
		kernel := C.xsmm_kernel(f[0], cShape(p))
		if kernel == nil {
			return nil
		}
		return func(reps int) float64 {
			return float64(C.repeat_xsmm(kernel, cFloats(a), cFloats(b), cFloats(c), C.long(reps)))
		}
	}}}, nil
}
