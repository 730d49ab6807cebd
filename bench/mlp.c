#include "mlp.h"

mlp *call_mlp_new(void *f, blas lib, int layers, const int *dims, int rows, const float *params, const float *x, const int *labels) {
  return ((mlp_new_f *)f)(&lib, layers, dims, rows, params, x, labels);
}
void call_mlp_free(void *f, mlp *p) { ((mlp_free_f *)f)(p); }
double call_mlp_train(void *f, mlp *p, int adam, float rate, long reps) { return ((mlp_train_f *)f)(p, adam, rate, reps); }
double call_mlp_predict(void *f, mlp *p, long reps) { return ((mlp_predict_f *)f)(p, reps); }
const float *call_mlp_floats(void *f, const mlp *p) { return ((mlp_params_f *)f)(p); }

void *call_packed_new(void *f, int layers, const int *dims, int rows, const float *params, const float *x) {
  return ((void *(*)(int, const int *, int, const float *, const float *))f)(layers, dims, rows, params, x);
}
void call_packed_free(void *f, void *p) { ((void (*)(void *))f)(p); }
double call_packed_predict(void *f, void *p, long reps) { return ((double (*)(void *, long))f)(p, reps); }
const float *call_packed_outputs(void *f, void *p) { return ((const float *(*)(void *))f)(p); }
