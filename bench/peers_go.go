package main

import (
	"runtime/debug"

	"github.com/sinew-ml/sinew/mat"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

func loadSinew() peer {
	return peer{
		name: "Sinew", version: mat.ISA().Level, class: us,
		product: func(p product, a, b, c []float32) sampler {
			ta, tb := mat.Trans(p.ta), mat.Trans(p.tb)
			return goLoop(func() { mat.Gemm(ta, tb, p.m, p.n, p.k, 1, a, p.lda(), b, p.ldb(), 0, c, p.n) })
		},
	}
}

func loadGonum() peer {
	return peer{
		name: "gonum", version: moduleVersion("gonum.org/v1/gonum"), class: other,
		product: func(p product, a, b, c []float32) sampler {
			orient := map[bool]blas.Transpose{false: blas.NoTrans, true: blas.Trans}
			ta, tb := orient[p.ta], orient[p.tb]
			return goLoop(func() {
				gonum.Implementation{}.Sgemm(ta, tb, p.m, p.n, p.k, 1, a, p.lda(), b, p.ldb(), 0, c, p.n)
			})
		},
	}
}

// moduleVersion returns the version of a module in this build.
func moduleVersion(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == path {
				return m.Version
			}
		}
	}
	return "?"
}
