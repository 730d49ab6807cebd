package main

// #cgo LDFLAGS: -ldl
// #include "lib.h"
// #include <stdlib.h>
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"
)

// lib is a shared library, opened with its names hidden from the others.
type lib struct{ handle unsafe.Pointer }

// openLib opens the first of the names that is there.
func openLib(names ...string) (l lib, err error) {
	runtime.LockOSThread() // dlerror speaks of the last call of its thread
	defer runtime.UnlockOSThread()
	for _, name := range names {
		path := C.CString(name)
		l.handle = C.lib_open(path)
		C.free(unsafe.Pointer(path))
		if l.handle != nil {
			return l, nil
		}
		if err == nil { // that of the usual name says most
			err = errors.New(C.GoString(C.lib_error()))
		}
	}
	return l, err
}

// find returns the address of a function, nil if the library does not have it.
func (l lib) find(name string) unsafe.Pointer {
	symbol := C.CString(name)
	defer C.free(unsafe.Pointer(symbol))
	return C.lib_symbol(l.handle, symbol)
}

// need is find for what a peer cannot do without.
func (l lib) need(names ...string) (f []unsafe.Pointer, err error) {
	for _, name := range names {
		p := l.find(name)
		if p == nil {
			return nil, fmt.Errorf("no function %s", name)
		}
		f = append(f, p)
	}
	return f, nil
}

// text calls a function without arguments that returns a string.
func (l lib) text(name string) string {
	f := l.find(name)
	if f == nil {
		return "?"
	}
	return C.GoString(C.call_string(f))
}
