package main

// #include "lib.h"
import "C"

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"unsafe"
)

// A peer multiplies matrices; Sinew is the first of them.
type peer struct {
	name    string
	version string
	class   class

	// product returns a sampler of c = op(a)·op(b), nil if the peer does not have it.
	product func(p product, a, b, c []float32) sampler
}

// class says what a peer's figures are held against.
type class int

const (
	us    class = iota // Sinew
	rival              // a library that takes any shape: the best of these is the mark
	exact              // code made for exactly one shape: a mark of its own
	other              // shown only
)

// missing is a peer that this machine does not have.
type missing struct {
	name string
	why  error
}

// oneThread must run before any library is opened: their thread pools read these when
// they are loaded.
func oneThread() {
	for _, name := range []string{"OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "OMP_NUM_THREADS", "DNNL_NUM_THREADS", "MKL_NUM_THREADS"} {
		os.Setenv(name, "1")
	}
}

// loaders of the peers, in the order of the columns.
var loaders = []struct {
	name string
	load func() ([]peer, error)
}{
	{"sinew", func() ([]peer, error) { return []peer{loadSinew()}, nil }},
	{"openblas", loadOpenBLAS},
	{"blis", loadBLIS},
	{"onednn", loadOneDNN},
	{"eigen", loadEigen},
	{"libxsmm", loadXSMM},
	{"gonum", func() ([]peer, error) { return []peer{loadGonum()}, nil }},
}

// loadPeers opens the peers of a comma-separated list, all for "". Sinew is always there.
func loadPeers(list string) (peers []peer, absent []missing, err error) {
	var names []string
	for _, l := range loaders {
		names = append(names, l.name)
	}
	wanted := names
	if list != "" {
		wanted = strings.Split(list, ",")
	}
	for _, name := range wanted {
		if !slices.Contains(names, name) {
			return nil, nil, fmt.Errorf("peer %q: want some of %s", name, strings.Join(names, ","))
		}
	}
	for _, l := range loaders {
		if l.name != "sinew" && !slices.Contains(wanted, l.name) {
			continue
		}
		found, err := l.load()
		if err != nil {
			absent = append(absent, missing{l.name, err})
		}
		peers = append(peers, found...)
	}
	return peers, absent, nil
}

// cShape is what the loops in C take.
func cShape(p product) C.shape {
	flag := func(b bool) C.int {
		if b {
			return 1
		}
		return 0
	}
	return C.shape{
		ta: flag(p.ta), tb: flag(p.tb), m: C.int(p.m), n: C.int(p.n), k: C.int(p.k),
		lda: C.int(p.lda()), ldb: C.int(p.ldb()),
	}
}

func cFloats(x []float32) *C.float { return (*C.float)(unsafe.Pointer(&x[0])) }
