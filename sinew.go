// Package sinew is the root of a library that trains and serves small neural networks
// (multi-layer perceptrons) inside a Go program: flat float32 slices, hand-written
// kernels for AVX-512, AVX2+FMA and NEON chosen at run time, no allocation per step or
// prediction, no cgo. It has no code of its own; open
//
//   - [github.com/sinew-ml/sinew/net] for the network: configuration, parameters,
//     forward and backward pass, prediction, the gradient check, the model file;
//   - [github.com/sinew-ml/sinew/train] for data sets, optimizers, the training loop
//     and its history;
//   - [github.com/sinew-ml/sinew/mat] for the kernels alone: vector operations,
//     matrix products, activations;
//   - [github.com/sinew-ml/sinew/fixtures] for small real data sets to try things on.
//
// The command is in cmd/sinew.
//
// # Promises
//
// Equal bits: a seed fixes the initial weights and the order of the rows, the order of
// operations of every kernel is fixed, and so avx2, avx512 and neon train the same
// network bit for bit. The generic level (build tag purego, machines without fused
// multiply-add) gives one other set of bits, the same on every platform.
//
// No allocation: a training step and a prediction allocate nothing, in every build.
//
// Safe sharing: inference only reads the parameters, so goroutines share a network.
//
// Errors: wrong lengths in calls of kernels and predictors are bugs and panic with a
// constant text; whatever comes from outside (configuration, data, files) gives an
// error that names the value and what is accepted.
package sinew
