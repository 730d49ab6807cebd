// Package onnx reads and writes ONNX models: dense networks as PyTorch (torch.onnx),
// scikit-learn (skl2onnx), Keras (tf2onnx) and others export them.
//
// [LoadFile] reads a model. [Model.Network] turns one that is a chain of dense layers into
// a network that predicts the same and can be trained further. [Model.NewRunner] runs any
// model that this package understands, chain or not (residual additions, several inputs and
// outputs, label outputs), on the same kernels, in a workspace sized once. [SaveFile] writes
// a network as ONNX.
//
// # What is understood
//
// Operator sets 7 to 25 of the standard domain and 1 to 5 of ai.onnx.ml, with the meaning that
// each version gives to an operator. Functions that the model defines are put in the place
// of their calls. The first dimension of every input counts rows, whatever
// number the file gives it, and rows must not mix: an operator that would make one row
// depend on another is refused. So is everything else that cannot be computed as the file
// says, by an error that names the operator, its node and the operator set's version.
//
// All arithmetic is in float32; float64, float16 and bfloat16 numbers are rounded or widened
// to it when they are read. A cast between these types is no operation. Quantised and
// complex types, sequences, control flow, training information and sparse tensors are
// refused.
//
// Patterns that exporters write for one function are recognised and computed as that
// function: GELU in both forms, SiLU, hard sigmoid, hard swish, ReLU6, softplus, layer
// normalisation, MatMul and Add.
//
// # What is written
//
// IR version 8 and operator set 17: Sub, Mul and MatMul for the input transform, Gemm for each
// layer, BatchNormalization and LayerNormalization as such, the activation in as few nodes as
// that set allows, Softmax or Sigmoid where the network predicts probabilities. Read back, it
// is the same network to the bit, less what ONNX has no place for: the loss, dropout and
// initialisers; names of classes are in the metadata. Network.Fold of package net before
// saving leaves out transform and batch norms.
//
// # Files from elsewhere
//
// Nothing in a file is trusted: sizes are compared with the bytes that are there before memory
// is taken, constants that the file makes from each other are limited, names of external
// data files must lie within the model's folder, links included. Loading takes memory in
// proportion to the file, and [Model.NewRunner] says no before it takes more than its
// documented limit.
package onnx
