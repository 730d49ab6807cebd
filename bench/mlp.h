// Calls of the functions of native/step.c and native/onednn.cc, which are compiled and
// opened at run time.
#pragma once
#include "native/step.h"

mlp *call_mlp_new(void *f, blas lib, int layers, const int *dims, int rows, const float *params, const float *x, const int *labels);
void call_mlp_free(void *f, mlp *p);
double call_mlp_train(void *f, mlp *p, int adam, float rate, long reps);
double call_mlp_predict(void *f, mlp *p, long reps);
const float *call_mlp_floats(void *f, const mlp *p);

// onednn.cc
void *call_packed_new(void *f, int layers, const int *dims, int rows, const float *params, const float *x);
void call_packed_free(void *f, void *p);
double call_packed_predict(void *f, void *p, long reps);
const float *call_packed_outputs(void *f, void *p);
