// What Go needs from C to use shared libraries that may be missing: opening them, and
// calling their functions through pointers. Repetitions and clock are in C, so the cost
// of a call from Go into C is not in any figure.
#pragma once

void *lib_open(const char *path);
const char *lib_error(void);
void *lib_symbol(void *lib, const char *name);

const char *call_string(void *f);
const char *call_string_int(void *f, int v);
int call_int(void *f);
void call_set_int(void *f, int v);
void call_set_long(void *f, long v);
void call_dnnl_version(void *f, int v[3]);

typedef struct {
  int ta, tb, m, n, k, lda, ldb;
} shape;

// Each sets C (m, n) to op(A)·op(B) reps times and returns the seconds.
double repeat_cblas(void *f, shape s, const float *a, const float *b, float *c, long reps);
double repeat_gemv(void *f, shape s, const float *a, const float *b, float *c, long reps);
double repeat_dnnl(void *f, shape s, const float *a, const float *b, float *c, long reps);
double repeat_eigen(void *f, shape s, const float *a, const float *b, float *c, long reps);
double repeat_xsmm(void *kernel, const float *a, const float *b, float *c, long reps);
void *xsmm_kernel(void *dispatch, shape s);

double call_chains(void *f, int lanes, long reps, double *flop);
double call_read(void *f, const float *x, long n, long reps);
double call_axpy(void *f, const float *x, float *y, long n, long reps);
