package onnx

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/sinew-ml/sinew/internal/atomicfile"
	"github.com/sinew-ml/sinew/net"
)

// What is written: the oldest versions that have LayerNormalization, so that programs of
// 2022 and later read it.
const (
	writtenIR    = 8
	writtenOpset = 17
)

// classesKey is the metadata that name the classes, as a JSON list: ONNX has no other place.
const classesKey = "sinew.classes"

// SaveFile writes the network as an ONNX model: input "input" (rows, inputs), output
// "output" (rows, outputs), which holds what Predict gives. Names of classes go into the
// metadata, as a JSON list under "sinew.classes". The file is replaced atomically.
func SaveFile(path string, m *net.Network) error {
	err := atomicfile.Write(path, func(w io.Writer) error { return save(w, m) })
	if err != nil {
		return fmt.Errorf("onnx: save model: %w", err)
	}
	return nil
}

// Save writes what SaveFile does to w.
func Save(w io.Writer, m *net.Network) error {
	if err := save(w, m); err != nil {
		return fmt.Errorf("onnx: save model: %w", err)
	}
	return nil
}

// SaveEnsembleFile is [SaveFile] for an ensemble: its members side by side in one graph, and
// the mean of what they predict. That is no chain of layers: read back, a [Runner] gives
// the bits of the ensemble's Predictor, and [Model.Network] says no.
func SaveEnsembleFile(path string, e *net.Ensemble) error {
	err := atomicfile.Write(path, func(w io.Writer) error { return saveEnsemble(w, e) })
	if err != nil {
		return fmt.Errorf("onnx: save ensemble: %w", err)
	}
	return nil
}

// SaveEnsemble writes what SaveEnsembleFile does to w.
func SaveEnsemble(w io.Writer, e *net.Ensemble) error {
	if err := saveEnsemble(w, e); err != nil {
		return fmt.Errorf("onnx: save ensemble: %w", err)
	}
	return nil
}

func save(w io.Writer, m *net.Network) error {
	if m == nil {
		return errors.New("the network is nil")
	}
	g, err := fromNet(m)
	if err != nil {
		return err
	}
	return g.writeTo(w)
}

func saveEnsemble(w io.Writer, e *net.Ensemble) error {
	if e == nil {
		return errors.New("the ensemble is nil")
	}
	g, err := fromEnsemble(e)
	if err != nil {
		return err
	}
	return g.writeTo(w)
}

// writeTo writes the file around the graph.
func (g *graphWriter) writeTo(w io.Writer) error {
	opset, model := &message{}, &message{}
	opset.text(1, "")
	opset.int(2, writtenOpset)
	model.int(1, writtenIR)
	model.text(2, "sinew")
	model.message(7, &g.graph)
	model.message(8, opset)
	if g.classes != nil {
		text, err := json.Marshal(g.classes)
		if err != nil {
			return err
		}
		entry := &message{}
		entry.text(1, classesKey)
		entry.text(2, string(text))
		model.message(14, entry)
	}
	if model.size > maxFile {
		return fmt.Errorf("the model takes %d bytes: want at most %d, protobuf's limit", model.size, maxFile)
	}
	return model.writeTo(w)
}

// activate adds the nodes of an activation, by package net's name, and returns the name of
// the result. Names of nodes begin with prefix.
func (g *graphWriter) activate(prefix, x, name string, alpha float64) (string, error) {
	one := func(op string, attrs ...attr) (string, error) {
		return g.node(op, prefix+"/"+op, []string{x}, attrs...), nil
	}
	number := func(name string, v float64) string { return g.constant(prefix+"/"+name, []float32{float32(v)}) }
	switch name {
	case "identity":
		return x, nil
	case "sigmoid":
		return one("Sigmoid")
	case "tanh":
		return one("Tanh")
	case "relu":
		return one("Relu")
	case "leaky-relu":
		return one("LeakyRelu", floatAttr("alpha", alpha))
	case "elu":
		return one("Elu", floatAttr("alpha", alpha))
	case "selu":
		return one("Selu", floatAttr("alpha", seluAlpha), floatAttr("gamma", seluGamma))
	case "softplus":
		return one("Softplus")
	case "hard-sigmoid":
		return one("HardSigmoid", floatAttr("alpha", 1./6), floatAttr("beta", 0.5))
	case "hard-swish":
		return one("HardSwish")
	case "relu6":
		return g.node("Clip", prefix+"/Clip", []string{x, number("min", 0), number("max", 6)}), nil
	case "silu":
		s := g.node("Sigmoid", prefix+"/Sigmoid", []string{x})
		return g.node("Mul", prefix+"/Mul", []string{x, s}), nil
	case "gelu": // ½·x·(1 + erf(x/√2)); an operator of its own only from opset 20 on
		u := g.node("Div", prefix+"/Div", []string{x, number("sqrt2", math.Sqrt2)})
		u = g.node("Erf", prefix+"/Erf", []string{u})
		return g.halfGate(prefix, x, u, number("one", 1)), nil
	case "gelu-tanh": // ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
		u := g.node("Pow", prefix+"/Pow", []string{x, number("three", 3)})
		u = g.node("Mul", prefix+"/Mul_cubic", []string{u, number("cubic", 0.044715)})
		u = g.node("Add", prefix+"/Add_cubic", []string{x, u})
		u = g.node("Mul", prefix+"/Mul_scale", []string{u, number("scale", math.Sqrt(2/math.Pi))})
		u = g.node("Tanh", prefix+"/Tanh", []string{u})
		return g.halfGate(prefix, x, u, number("one", 1)), nil
	}
	return "", fmt.Errorf("activation %q has no form in ONNX here", name)
}

// halfGate adds ½·x·(u + 1).
func (g *graphWriter) halfGate(prefix, x, u, one string) string {
	u = g.node("Add", prefix+"/Add", []string{u, one})
	u = g.node("Mul", prefix+"/Mul_gate", []string{x, u})
	return g.node("Mul", prefix+"/Mul_half", []string{u, g.constant(prefix+"/half", []float32{0.5})})
}
