package onnx

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// folder reads external data files of a model. All of them lie within the model's own
// folder: os.Root follows no link and no ".." out of it.
type folder struct {
	path  string
	root  *os.Root
	files map[string]*dataFile // by clean location
}

// dataFile is an open file and how many bytes of it may still be read.
type dataFile struct {
	*os.File
	size, room int64
}

// maxReads bounds what is read of a data file, in times its size: tensors that share bytes, as
// tied weights may, take memory each.
const maxReads = 4

// maxDataFiles bounds how many external files stay open while a model is read; exporters
// write one, or one per tensor.
const maxDataFiles = 256

func (d *folder) close() {
	for _, f := range d.files {
		f.Close()
	}
	if d.root != nil {
		d.root.Close()
	}
}

// read returns the size bytes that the entries location, offset and length describe.
func (d *folder) read(entries map[string]string, size int64) ([]byte, error) {
	location := entries["location"]
	if location == "" {
		return nil, errors.New("no location")
	}
	offset, err := decimal(entries, "offset", 0)
	if err != nil {
		return nil, err
	}
	length, err := decimal(entries, "length", size)
	if err != nil {
		return nil, err
	}
	if length != size {
		return nil, fmt.Errorf("length %d: the tensor's shape wants %d", length, size)
	}
	f, err := d.open(location)
	if err != nil {
		return nil, err
	}
	if offset > f.size || size > f.size-offset {
		return nil, fmt.Errorf("%.200q has %d bytes: want %d at offset %d", location, f.size, size, offset)
	}
	if f.room -= size; f.room < 0 {
		return nil, fmt.Errorf("%.200q: tensors share its bytes, and take more than %d times its size together", location, maxReads)
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(f, offset, size), b); err != nil {
		return nil, fmt.Errorf("%.200q: %w", location, err)
	}
	return b, nil
}

func (d *folder) open(location string) (*dataFile, error) {
	// Root refuses these too; but what ".." means must not depend on the system.
	if !filepath.IsLocal(filepath.FromSlash(location)) || hasDotDot(location) {
		return nil, fmt.Errorf("location %.200q: want a path within the model's folder", location)
	}
	name := filepath.Clean(filepath.FromSlash(location))
	if f := d.files[name]; f != nil {
		return f, nil
	}
	if len(d.files) == maxDataFiles {
		return nil, fmt.Errorf("more than %d files", maxDataFiles)
	}
	if d.root == nil {
		root, err := os.OpenRoot(d.path)
		if err != nil {
			return nil, err
		}
		d.root, d.files = root, map[string]*dataFile{}
	}
	// Before the opening: that of a named pipe would wait for a writer.
	info, err := d.root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("location %.200q is a %v: want a regular file", location, info.Mode().Type())
	}
	f, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err != nil {
		f.Close()
		return nil, err
	}
	d.files[name] = &dataFile{f, info.Size(), maxReads * info.Size()}
	return d.files[name], nil
}

// hasDotDot tells whether any part of a path, by either separator, is "..".
func hasDotDot(path string) bool {
	start := 0
	for i := 0; i <= len(path); i++ {
		if i == len(path) || path[i] == '/' || path[i] == '\\' {
			if path[start:i] == ".." {
				return true
			}
			start = i + 1
		}
	}
	return false
}

// decimal returns a number from 0 on among the entries.
func decimal(entries map[string]string, key string, missing int64) (int64, error) {
	s, ok := entries[key]
	if !ok {
		return missing, nil
	}
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%s %.40q: want a number of bytes", key, s)
	}
	return int64(n), nil
}
