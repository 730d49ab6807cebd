// Package sinew is the root of a library that trains and serves small neural networks
// (multi-layer perceptrons) inside a Go program: flat float32 slices, hand-written
// kernels for AVX-512, AVX2+FMA and NEON chosen at run time, no allocation per step or
// prediction, no cgo. It has no code of its own; open
//
//   - [github.com/sinew-ml/sinew/net] for the network: configuration, parameters,
//     forward and backward pass, prediction, ensembles, the gradient check, model files;
//   - [github.com/sinew-ml/sinew/train] for data sets, optimizers, schedules, the training
//     loop, its history and what it shows;
//   - [github.com/sinew-ml/sinew/data] and [github.com/sinew-ml/sinew/prep] to read files
//     and to fit the input transform;
//   - [github.com/sinew-ml/sinew/metrics] to measure predictions;
//   - [github.com/sinew-ml/sinew/onnx] and [github.com/sinew-ml/sinew/torch] for models from
//     elsewhere and to elsewhere;
//   - [github.com/sinew-ml/sinew/mat] for the kernels alone: vector operations,
//     matrix products, activations, losses, updates;
//   - [github.com/sinew-ml/sinew/fixtures] for small real data sets to try things on.
//
// The command is in cmd/sinew.
//
// # Promises
//
// Equal bits: a seed fixes the initial weights, the order of the rows and dropout, the
// order of operations of every kernel is fixed, and so avx2, avx512 and neon train the same
// network bit for bit, with any number of workers. The generic level (build tag purego, machines without fused
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
