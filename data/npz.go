package data

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ReadNPZ reads all arrays of a NumPy archive (savez or savez_compressed) of size bytes, by
// name: a zip file whose members are NPY files, each with the suffix ".npy". Together
// they hold at most MaxValues values.
func ReadNPZ(r io.ReaderAt, size int64) (map[string]*Array, error) {
	arrays, err := readNPZ(r, size)
	if err != nil {
		return nil, fmt.Errorf("data: NPZ: %w", err)
	}
	return arrays, nil
}

func readNPZ(r io.ReaderAt, size int64) (map[string]*Array, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, err
	}
	arrays := map[string]*Array{}
	left := MaxValues
	for _, f := range z.File {
		name := memberName(f)
		if arrays[name] != nil {
			return nil, fmt.Errorf("two members are named %s", quote(name))
		}
		a, err := readMember(f, left)
		if err != nil {
			return nil, fmt.Errorf("member %s: %w", quote(name), err)
		}
		arrays[name] = a
		left -= len(a.Data)
	}
	return arrays, nil
}

func memberName(f *zip.File) string { return strings.TrimSuffix(f.Name, ".npy") }

func readMember(f *zip.File, most int) (*Array, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	a, err := openNPY(r, most)
	if err != nil {
		return nil, err
	}
	return a.all() // to the end, where zip compares the checksum
}

var errNoMember = errors.New("no member")

// findMember returns the member of that name.
func findMember(z *zip.Reader, name string) (found *zip.File, err error) {
	var known []string
	for _, f := range z.File {
		if memberName(f) == name {
			if found != nil {
				return nil, fmt.Errorf("two members are named %s", quote(name))
			}
			found = f
		}
		known = append(known, memberName(f))
	}
	if found == nil {
		return nil, fmt.Errorf("%w %s: want one of %s", errNoMember, quote(name), listNames(known))
	}
	return found, nil
}
