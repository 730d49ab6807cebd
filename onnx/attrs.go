package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// Attributes: each getter marks what its operator knows; the rest is refused at the end.

func (n *node) attr(name string, typ int64) (*attribute, error) {
	for i := range n.attrs {
		a := &n.attrs[i]
		if a.name != name {
			continue
		}
		a.used = true
		if a.ref != "" {
			return nil, fmt.Errorf("attribute %s refers to another, %.40q, outside of a function", name, a.ref)
		}
		if a.other || a.typ != typ && a.typ != 0 {
			return nil, fmt.Errorf("attribute %s is of type %d: want %d", name, a.typ, typ)
		}
		return a, nil
	}
	return nil, nil
}

func (n *node) checkAttrs() error {
	for _, a := range n.attrs {
		if !a.used {
			return fmt.Errorf("attribute %.100q is not supported, or given twice", a.name)
		}
	}
	return nil
}

// attrs reads several attributes and keeps the first error.
type attrs struct {
	n   *node
	err error
}

func (a *attrs) get(name string, typ int64) *attribute {
	at, err := a.n.attr(name, typ)
	if err != nil && a.err == nil {
		a.err = err
	}
	return at
}

func (a *attrs) float(name string, missing float64) float64 {
	if at := a.get(name, attrFloat); at != nil {
		return float64(at.f)
	}
	return missing
}

func (a *attrs) int(name string, missing int64) int64 {
	if at := a.get(name, attrInt); at != nil {
		return at.i
	}
	return missing
}

// flag reads a bool written as 0 or another number.
func (a *attrs) flag(name string, missing bool) bool {
	if at := a.get(name, attrInt); at != nil {
		return at.i != 0
	}
	return missing
}

func (a *attrs) text(name, missing string) string {
	if at := a.get(name, attrString); at != nil {
		return string(at.s)
	}
	return missing
}

func (a *attrs) ints(name string) ([]int64, bool) {
	if at := a.get(name, attrInts); at != nil {
		return at.ints, true
	}
	return nil, false
}

func (a *attrs) floats(name string) []float32 {
	if at := a.get(name, attrFloats); at != nil {
		return at.floats
	}
	return nil
}

func (a *attrs) texts(name string) []string {
	if at := a.get(name, attrStrings); at != nil {
		return at.texts
	}
	return nil
}

// ignore marks attributes that do not change the result.
func (a *attrs) ignore(names ...string) {
	for i := range a.n.attrs {
		if slices.Contains(names, a.n.attrs[i].name) {
			a.n.attrs[i].used = true
		}
	}
}

// Checks of inputs.

var errConstant = errors.New("an input that should be constant depends on the model's inputs")

// wantFloats refuses operands of other kinds; nil ones pass.
func wantFloats(in ...*value) error {
	for _, v := range in {
		if v != nil && v.kind != floats {
			return fmt.Errorf("an operand of %v elements: want floating-point", v.kind)
		}
	}
	return nil
}

// constInts returns the elements of a constant of integers without the symbol for rows.
func constInts(v *value) ([]int64, error) {
	switch {
	case v.dynamic:
		return nil, errConstant
	case v.kind != ints:
		return nil, fmt.Errorf("an operand of %v elements: want integer", v.kind)
	case slices.Contains(v.i, rowsSymbol):
		return nil, errors.New("a number that depends on the number of rows")
	}
	return v.i, nil
}

// constFloat returns a constant's only element.
func constFloat(v *value) (float64, error) {
	switch {
	case v.dynamic:
		return 0, errConstant
	case v.kind != floats || len(v.f) != 1:
		return 0, fmt.Errorf("an operand of %d %v elements: want one number", v.size(), v.kind)
	}
	return float64(v.f[0]), nil
}
