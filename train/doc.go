// Package train trains a network of package net: the data set type, optimizers, the
// training loop, and the history of a run.
//
// [Trainer.Fit] runs whole epochs; [Trainer.Step] is one update for loops of your own
// and allocates nothing. A seed fixes the order of the rows, so the same seed, data
// and configuration give the same weights, bit for bit, on avx2, avx512 and neon.
//
// With [Config.Checkpoint] Fit keeps its state in a file, from which [Trainer.Resume] goes
// on to the same bits, whatever stopped the run.
//
// Training that stops early leaves usable weights: a cancelled context leaves those of
// the last finished step; if loss, gradient or weights stop being finite, Fit puts back
// weights and optimizer as they were at the end of the last finished epoch. With
// [Config.KeepBest] both leave the weights of the best epoch.
//
// Optimizers and schedules have the formulas and defaults of PyTorch; what differs is said
// where it does. Tests hold training runs to PyTorch's within float32 rounding.
package train
